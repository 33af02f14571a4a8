"""Appendix D: where every figure comes from. One entry stands for a statistic, not for a cell.

The id of a quantity without its area, site, period, year or item is the id of its entry, so that a printed number can
link to its entry before the entry is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from dscp.extracts.registry import EXTRACTS, READ
from dscp.extracts.types import WITH
from dscp.ledger.ids import general
from dscp.ledger.rows import extracts_of, inputs_of, kind, shaped_by
from dscp.ledger.trail import rows_by_id
from dscp.printing.words import listed

# What differs between the quantities of an entry: names of what ids are made of.
WITHIN = frozenset(
    {
        *("area", "site", "period", "year", "month", "stage", "group", "category", "item", "head", "number"),
        *("assumption", "variant", "note", "excluded_by", "extract", "nth", "column", "claim", "sort", "verdict"),
        "characteristic",
        *("measure", "bin", "scenario", "savings", "spent", "stock", "flow", "part", "place"),
        *("setting", "choice"),
        *("outcome", "way", "at", "arm"),
        *("span", "comparison", "step", "of"),
    }
)
# Statistics of a measure and a site that have one entry for all measures; those of a model have one together.
MODEL = (
    *("model_rows", "odds_ratio", "odds_ratio_low", "odds_ratio_high"),
    *("effect", "effect_low", "effect_high", "p", "p_clustered"),
)
UNADJUSTED = (
    *("log_odds_did", "log_odds_se", "did_added", "did_mid", "did_se", "did_se_clustered"),
    *("did_low", "did_high", "tested_low", "tested_high", "p_unadjusted", "p_difference"),
)
OF_MEASURES = {
    **dict.fromkeys((f"{part}.{{site}}" for part in MODEL), "{measure}.model.{site}"),
    **{f"{part}.{{site}}": f"{{measure}}.{part}.{{site}}" for part in UNADJUSTED},
}
SITE, ALL = ".{measure}.{site}", ".{measure}"
TOGETHER = {  # of Appendix F: ends of an interval, and the same with and without areas, have one entry
    **{f"evidence.{name}_high{ALL}": f"evidence.{name}_low{ALL}" for name in ("pooled", "next", "area_variance")},
    **{f"evidence.area_sd_{end}{ALL}": f"evidence.area_sd{ALL}" for end in ("low", "high")},
    f"evidence.high_areas{SITE}": f"evidence.low_areas{SITE}",
    "over_time.difference_high.{month}": "over_time.difference_low.{month}",
    **{f"over_time.{name}_high": f"over_time.{name}_low" for name in ("moved", "placebo")},
    "follow_up.difference_high.{outcome}": "follow_up.difference_low.{outcome}",
    f"evidence.detectable_areas{SITE}": f"evidence.detectable{SITE}",
    **{f"evidence.{name}{SITE}.at_{n}": f"evidence.power{SITE}" for name in ("power", "power_areas") for n in (1, 2)},
    **{f"evidence.{name}{ALL}.at_{n}": f"evidence.{name}{ALL}" for name in ("mean_power", "missed") for n in (1, 2)},
}
TOGETHER |= {  # of what is known of worth: with and without areas
    f"uncertainty.{name}.areas.{{place}}": f"uncertainty.{name}.counts.{{place}}"
    for name in (
        "variance.effective_treatment",
        "variance.completions",
        "covariance",
        "sd",
        "pays",
        "gain",
        "effects_alone",
    )
}
TOGETHER |= {  # of a study of areas
    f"against_others.{name}high.{{{dim}}}": f"against_others.{name}low.{{{dim}}}"
    for name, dim in (("", "comparison"), ("scaled_", "comparison"), ("without_", "area"), ("year_", "year"))
}
TOGETHER |= {"against_others.without_did.max": "against_others.without_did.min"}
LINKED = [name for name, extract in EXTRACTS.items() if extract.links]
PROSE, FIGURE = "text", "Figure "
OF_THE_RUN = {  # files that a run makes and counts
    "reproduction.csv": "the register of the print’s numbers",
    "relations.csv": "the register of relations between its numbers",
    "claims.csv": "the register of the print’s claims",
    "count_ranges.csv": "the counts that the print allows",
    "review_relations.csv": "the register of relations between the review’s numbers",
}
TITLES = {
    "fieldwork.{stage}.{group}.{site}": "Encounters",
    ".change.{area}": "Change in percentage points",
    **{
        f".{WITH}{other}.{{area}}.{{period}}": f"Records of a client who is in another file: {READ[other].says}"
        for other in LINKED
    },
    **{f".share_{WITH}{other}.{{area}}.{{period}}": f"Share of those records: {READ[other].says}" for other in LINKED},
    ".did.{site}": "Difference in differences in percentage points",
    "{measure}.model.{site}": "Adjusted logistic model: rows, odds ratio, effect, their intervals, p-values",
    "prison_pickup.uncut_did.{site}": "Difference in differences without the last day of forms",
    "{measure}.log_odds_did.{site}": "Difference in differences of log odds",
    "{measure}.log_odds_se.{site}": "Standard error of the difference in differences of log odds",
    "{measure}.did_added.{site}": "Cases added to each cell where one has nobody or everybody with the outcome",
    "{measure}.did_mid.{site}": "Middle of the interval of the difference in differences",
    "{measure}.did_se.{site}": "Standard error of the difference in differences, counts only",
    "{measure}.did_se_clustered.{site}": "Standard error of the difference in differences, by client",
    "{measure}.tested_low.{site}": "Left end of the interval that goes with the test",
    "{measure}.tested_high.{site}": "Right end of the interval that goes with the test",
    "{measure}.did_low.{site}": "Left end of the interval of the difference in differences",
    "{measure}.did_high.{site}": "Right end of the interval of the difference in differences",
    "over_time.quarter_base.{area}.{month}": "Clients whose latest journey ended in the quarter",
    "over_time.quarter_count.{area}.{month}": "Those of them who completed it",
    "over_time.quarter_rate.{area}.{month}": "Successful completions in the quarter, per cent",
    "over_time.quarter_gap.{site}.{month}": "Gap between a pilot and its comparison area in the quarter",
    "over_time.since.{site}.{month}": "That gap less the one of the last quarter before the pilots",
    "over_time.part_base.{area}.{part}": "Clients whose latest journey ended in a part of the earlier period",
    "over_time.part_count.{area}.{part}": "Those of them who completed it",
    "over_time.part_rate.{area}.{part}": "Successful completions in a part of the earlier period, per cent",
    "over_time.part_gap.{site}.{part}": "Gap between a pilot and its comparison area in that part",
    "over_time.placebo_did.{site}": "Difference in differences of a pretended start, of a site",
    "over_time.difference.{month}": "Gap between pilots and comparison areas, less that of the last quarter before",
    "over_time.difference_low.{month}": "Ends of its interval",
    "over_time.moved": "How far the gap moved before the pilots",
    "over_time.moved_low": "Ends of the interval of how far it moved",
    "over_time.placebo": "Difference in differences of a pretended start",
    "over_time.placebo_low": "Ends of the interval of the pretended start",
    "over_time.placebo_p": "Chance of as large a mean with signs turned",
    "follow_up.base.{outcome}.{area}.{period}": "Journeys that can be followed, by what is asked of them",
    "follow_up.count.{outcome}.{area}.{period}": "Those of them of which it is so",
    "follow_up.rate.{outcome}.{area}.{period}": "Their share, per cent",
    "follow_up.mean.{outcome}.{arm}.{period}": "Mean of that share over areas",
    "follow_up.did.{outcome}.{site}": "Difference in differences of that share, of a site",
    "follow_up.difference.{outcome}": "Difference in differences of that share, mean of the pairs",
    "follow_up.difference_low.{outcome}": "Ends of the interval of that mean",
    "follow_up.left.{way}.{area}.{period}.{at}": "New journeys that have ended after so many days, per cent",
    "follow_up.still.{area}.{period}.{at}": "New journeys that go on after so many days, per cent",
    "flows.{flow}.{stock}.{area}.{period}": "Journeys of the last year of a period, by how they ended",
    "flows.stock.{stock}.{area}.{period}": "Journeys in treatment as that year began, or started in it",
    "flows.stock.{area}.{period}": "Journeys in treatment in that year, of all areas",
    "flows.in_no_part.{area}.{period}": "Those that were left later, without completion, of all areas",
    "flows.effective.{area}.{period}": "Those that were not left early",
    "flows.planned.{area}.{period}": "Those that were completed",
    "evidence.pooled.{measure}": "Mean of the pairs of areas, the precise ones weighing more",
    "evidence.pooled_error.{measure}": "Standard error of that mean, after Hartung, Knapp, Sidik and Jonkman",
    "evidence.pooled_low.{measure}": "Ends of the interval of the mean of the pairs",
    "evidence.next_low.{measure}": "Ends of the range of the next pilot",
    "evidence.fixed.{measure}": "Mean of the pairs as if they differed by counts alone",
    "evidence.apart.{measure}": "How far the pairs are apart from it, in squared standard errors",
    "evidence.beyond_counts.{measure}": "Share of the scatter of the pairs that counts do not explain",
    "evidence.plain_mean.{measure}": "Mean of the pairs, all weighing the same",
    "evidence.lagged.{measure}": "Difference allowing for where areas began",
    "evidence.lagged_slope.{measure}": "How much of where an area began stays until after",
    "evidence.area_scatter.{measure}": "Variance of the changes of comparison areas",
    "evidence.area_noise.{measure}": "How much of it counts alone explain",
    "evidence.area_variance.{measure}": "Variance of the changes of comparison areas beyond counts",
    "evidence.area_variance_low.{measure}": "Ends of the interval of that variance",
    "evidence.area_sd.{measure}": "Standard deviation of the changes of comparison areas beyond counts",
    "evidence.between_variance.{measure}": "Variance between the pairs beyond counts, after Paule and Mandel",
    "evidence.reach.{measure}": "Largest difference when other areas are called pilots",
    "evidence.se_areas.{measure}.{site}": "Standard error where each area moves by itself",
    "evidence.low_areas.{measure}.{site}": "Ends of the interval where each area moves by itself",
    "evidence.detectable.{measure}.{site}": "Effect that would be found with the power sought",
    "evidence.power.{measure}.{site}": "Chance that an effect is found",
    "evidence.mean_power.{measure}": "Mean over the sites of the chance that an effect is found",
    "evidence.missed.{measure}": "How often an effect would be missed",
    "evidence.relabelled_middle.{measure}.{bin}": "Middle of a range of differences",
    "evidence.relabelled.{measure}.{bin}": "Ways to call areas pilots that give a difference in the range",
    "evidence.ways.{measure}": "Ways to call areas pilots",
    "evidence.ways_as_far.{measure}": "Those of them that give as large a difference",
    "evidence.false_alarms.{measure}": "Significant differences that areas alone would give",
    "evidence.found.{measure}": "Significant differences that were found",
    "evidence.significant.adjusted": "Significant differences by the adjusted tests",
    "evidence.remain.holm.adjusted": "Those of them that remain after Holm’s correction",
    "evidence.remain.benjamini_hochberg.adjusted": "Those of them that remain after Benjamini and Hochberg’s",
    "evidence.odds_scale.{measure}.{site}": "Difference between odds, in percentage points",
    "evidence.ratio_scale.{measure}.{site}": "Difference between ratios, in percentage points",
    "evidence.scatter_ratio.{measure}": "Scatter of pilots, in times that of untreated areas",
    "scenarios.value.effective_treatment.{scenario}": "Value of one more client in effective treatment by scenario",
    "scenarios.value.completions.{scenario}": "Value of one more completion by scenario",
    "scenarios.total.{scenario}.{site}": "Benefits of a site by scenario",
    "scenarios.all_sites.{scenario}": "Benefits of all sites by scenario",
    "scenarios.paying.{scenario}": "Sites whose benefits exceed their costs, by scenario",
    "scenarios.number": "Scenarios that have a total",
    "scenarios.paying_number": "Those of them in which the benefits of all sites exceed the costs",
    "scenarios.cost": "Costs of all sites that have benefits",
    "scenarios.transferred": "Share of savings in crime that only changed hands",
    "scenarios.treatment_kept": "Discounted value of treatment without transfers",
    "scenarios.abstinence_kept": "Discounted value of abstinence without transfers",
    "scenarios.ntors.{savings}.{spent}": "Savings over costs in the National Treatment Outcome Research Study",
    "uncertainty.area_covariation": "How changes of comparison areas in both outcomes move together beyond counts",
    "uncertainty.area_covariance": "How they move together, no more than their variances allow",
    "uncertainty.clients.effective_treatment.{place}": "Additional clients in effective treatment, unrounded",
    "uncertainty.clients.completions.{place}": "Additional completions, unrounded",
    "uncertainty.variance.effective_treatment.counts.{place}": "Variance of additional clients in effective treatment",
    "uncertainty.variance.completions.counts.{place}": "Variance of additional completions",
    "uncertainty.covariance.counts.{place}": "Covariance of additional clients in effective treatment and completions",
    "uncertainty.value.{place}": "Mean benefit over all that is not known",
    "uncertainty.sd.counts.{place}": "Standard deviation of the benefit",
    "uncertainty.pays.counts.{place}": "Chance that benefits exceed costs",
    "uncertainty.gain.counts.{place}": "What it was worth at most to know whether they do",
    "uncertainty.effects_alone.counts.{place}": "Chance that benefits exceed costs, values as estimated",
    "against_others.people.{area}.{year}": "People in treatment in an area and year, as published",
    "against_others.prevalence.{area}.{year}": "Estimated number dependent on alcohol, as published",
    "against_others.people.{area}.{span}": "People in treatment in an area, years added",
    "against_others.prevalence.{area}.{span}": "Estimated number dependent on alcohol in an area, years added",
    "against_others.coverage.{area}.{span}": "Coverage of an area",
    "against_others.change.{area}": "Change in coverage of an area, percentage points",
    "against_others.areas.{number}": "Numbers of areas",
    "against_others.areas.named": "Areas that the file names",
    "against_others.areas.left_out": "Areas without figures of every year before and after",
    "against_others.pooled_people.{arm}.{span}": "People in treatment, areas added",
    "against_others.pooled_prevalence.{arm}.{span}": "Estimated number dependent on alcohol, areas added",
    "against_others.pooled_coverage.{arm}.{span}": "Coverage of areas together",
    "against_others.pooled_change.{arm}.{comparison}": "Change in coverage of areas together, percentage points",
    "against_others.panel_people.{arm}.{span}": "People in treatment by year, areas followed",
    "against_others.panel_prevalence.{arm}.{span}": "Estimated number dependent on alcohol by year, areas followed",
    "against_others.panel_coverage.{arm}.{span}": "Coverage by year, areas followed",
    "against_others.did.{comparison}": "Difference in differences of coverage, percentage points",
    "against_others.ratio.{comparison}": "Ratio of coverage after and before, pilots over others",
    "against_others.spread.{arm}.{comparison}": "What the areas of an arm add to the clustered variance",
    "against_others.error.{comparison}": "Standard error of the logarithm of the ratio, clustered by area",
    "against_others.low.{comparison}": "Ends of the interval of the ratio, clustered by area",
    "against_others.pearson.{arm}.{comparison}": "How far the areas of an arm scatter, in Pearson’s chi squared",
    "against_others.dispersion.{comparison}": "How far areas scatter, in times what chance among people gives",
    "against_others.scaled_error.{comparison}": "Standard error of the logarithm of the ratio, scaled by the scatter",
    "against_others.scaled_low.{comparison}": "Ends of the interval of the ratio, scaled by the scatter",
    "against_others.placebo_share.{comparison}": "Share of sets of areas with as large a difference",
    "against_others.sets": "Sets of areas, the pilots among them",
    "against_others.sets_as_far": "Those of them with as large a difference",
    "against_others.placebo_reach": "Largest difference that any set gives",
    "against_others.placebo_middle.{bin}": "Middle of a range of differences",
    "against_others.placebo_sets.{bin}": "Sets of areas that give a difference in the range",
    "against_others.mean_change.{arm}": "Mean change in coverage, each area counted alike",
    "against_others.mean_did": "Difference of the mean changes",
    "against_others.mean_placebo_share": "Share of sets of areas with as large a difference of means",
    "against_others.pilots_that_rose": "Pilots whose coverage rose",
    "against_others.without_coverage.{area}.before": "Coverage of the pilots before, without one of them",
    "against_others.without_coverage.{area}.after": "Coverage of the pilots after, without one of them",
    "against_others.without_did.{area}": "Difference in differences without one pilot",
    "against_others.without_did.min": "Smallest and largest difference without one pilot",
    "against_others.without_ratio.{area}": "Ratio of coverage without one pilot",
    "against_others.without_spread.{area}": "What the other pilots add to the clustered variance",
    "against_others.without_error.{area}": "Standard error of the logarithm of that ratio",
    "against_others.without_low.{area}": "Ends of the interval of that ratio",
    "against_others.year_did.{year}": "Difference in differences of a year against the base year",
    "against_others.year_ratio.{year}": "Ratio of coverage of a year against the base year",
    "against_others.year_spread.{arm}.{year}": "What the areas of an arm add to the clustered variance of a year",
    "against_others.year_error.{year}": "Standard error of the logarithm of the ratio of a year",
    "against_others.year_low.{year}": "Ends of the interval of the ratio of a year",
    "reproduction.clients.{number}": "Additional clients that a published number would change",
    "reproduction.pounds.{number}": "Benefits that a published number would change",
    "claims.{sort}.{verdict}": "Claims of the print, by kind and verdict",
    "claims.clients.{claim}": "Additional clients that rest on a claim",
    "claims.pounds.{claim}": "Benefits that rest on a claim",
    "review.place.{place}.{verdict}": "Numbers of the review, by place and verdict",
    "review.without.{item}": "Numbers of the review without anything to compare, by reason",
    "review.one_in.returned": "Clients who completed, for each who came back",
    "review.mean_months": "Mean months from completion to re-presentation",
    "review.back_after.{part}": "Clients who came back, by the months between",
    "steps.start.{site}": "Total benefits as printed",
    "steps.end.{site}": "Total benefits with all notes on the method",
    "steps.step.{note}.{site}": "What a note on the method changes after those before it",
    "steps.alone.{note}.{site}": "What a note on the method changes alone",
    "steps.total.{variant}.{site}": "Total benefits of a method",
    "steps.value.effective_treatment.{variant}": "Value of a client in effective treatment by method",
    "steps.value.completions.{variant}": "Value of a successful completion by method",
    "in_detail.stayed_mean.{period}": "Mean years in treatment of clients still in treatment on the last day",
    "in_detail.stayed_days.{period}": "Days in treatment of these clients together",
    "in_detail.justice_stayed_mean.{period}": "Mean years in treatment of those referred by criminal justice",
    "in_detail.justice_stayed_days.{period}": "Days in treatment of those together",
    "partnership.apart.completed.{period}": "Distance of the share of completions from that of all others",
    "partnership.apart.returned.{period}": "Distance of the share of re-presentations from that of all others",
    "partnership.apart.waited_long.{period}": "Distance of the share of long waits from that of all others",
    "partnership.apart_low.waited_long": "One end of what that distance of long waits may be",
    "partnership.apart_high.waited_long": "The other end of what that distance of long waits may be",
    "partnership.expected.waited_long": "Share of long waits of all partnerships together",
    "partnership.between.waited_long": "Variance of the share of long waits between partnerships, beyond chance",
    "partnership.dispersion.waited_long": "How far partnerships scatter in long waits, in what chance would give",
    "partnership.outside_by_chance.waited_long": "Partnerships beyond limits of chance alone, long waits",
    "partnership.outside.waited_long": "Partnerships beyond limits of what is usual, long waits",
    "partnership.count.new.peers.{period}": "New presentations of all others together",
    "partnership.count.waited.peers.{period}": "New presentations of all others together whose wait is known",
    "in_detail.quarter_before.waited": "New presentations whose wait is known, the year that ended a quarter before",
    "partnership.apart_low.completed": "One end of what that distance of completions may be",
    "partnership.apart_high.completed": "The other end of what that distance of completions may be",
    "partnership.apart_low.returned": "One end of what that distance of re-presentations may be",
    "partnership.apart_high.returned": "The other end of what that distance of re-presentations may be",
    "partnership.expected.completed": "Share of completions of all partnerships together",
    "partnership.expected.returned": "Share of re-presentations of all partnerships together",
    "partnership.between.completed": "Variance of the share of completions between partnerships, beyond chance",
    "partnership.between.returned": "Variance of the share of re-presentations between partnerships, beyond chance",
    "partnership.dispersion.completed": "How far partnerships scatter in completions, in what chance would give",
    "partnership.dispersion.returned": "How far partnerships scatter in re-presentations, in what chance would give",
    "partnership.outside_by_chance.completed": "Partnerships beyond limits of chance alone, completions",
    "partnership.outside_by_chance.returned": "Partnerships beyond limits of chance alone, re-presentations",
    "partnership.outside.completed": "Partnerships beyond the whole lines, completions",
    "partnership.outside.returned": "Partnerships beyond the whole lines, re-presentations",
    **{
        f"partnership.usual_{end}_{place}.{name}.{{area}}": f"Limits of what is usual, {called}, {words} end"
        for name, called in (
            ("completed", "completions"),
            ("returned", "re-presentations"),
            ("waited_long", "long waits"),
        )
        for place in ("near", "far")
        for end, words in (("low", "left"), ("high", "right"))
    },
    "published.apart.completed.{group}.{period}": "Distance of the share of completions from that of all others",
    "published.apart.returned.{group}.{period}": "Distance of the share of re-presentations from that of all others",
    "cases.in_file.{of}.{area}": "Rows of an area in a file",
    "cases.kept.{step}.{of}.{area}.{period}": "Rows that a step leaves",
    "cases.left_out.{step}.{of}.{area}.{period}": "Rows that a step leaves out",
    "excluded.{excluded_by}.{extract}": "Records that the method leaves out or treats specially",
    "prison_pickup.count.{area}.{period}": "Referrals picked up in time",
    "prison_pickup.uncut.{area}.{period}": "Referrals picked up in time, whenever the form was filled in",
    "community_triage.count.{area}.{period}": "Referrals triaged in time",
    "retained_12_weeks.count.{area}.{period}": "New journeys that were retained",
    "case_mix.base.treatment.{area}.{period}": "Clients counted in treatment",
    "case_mix.count.treatment.{characteristic}.{category}.{area}.{period}": "Clients in treatment by characteristic",
    "case_mix.share.treatment.{characteristic}.{category}.{area}.{period}": "Their share of all in treatment, per cent",
    "case_mix.base.prison.{area}.{period}": "Referrals counted from prison",
    "case_mix.count.prison.{characteristic}.{category}.{area}.{period}": "Referrals from prison by characteristic",
    "case_mix.share.prison.{characteristic}.{category}.{area}.{period}": "Their share of all from prison, per cent",
    "varied.tried": "Differences with a definition changed",
    "varied.turned": "Those of them with another sign than as defined",
    "varied.farthest": "How far the farthest of them is from the one as defined",
    "cost_recurrent.{site}.{year}": "Costs of running a pilot in a year",
    "budget_amount.{head}.{site}": "Amount of a head of the budget",
    "new_journeys.started.{site}.{year}": "New journeys started in a year",
    "new_journeys.retained.{site}.{year}": "Those of them that were retained",
    "new_journeys.completed.{site}.{year}": "Those of them that were completed before",
    "new_journeys_monthly.{area}.{month}": "New journeys started in a month",
    "unit_value.harm_in_treatment": "Harm done in a year by a client in treatment",
    "unit_value.crime_saving_per_year": "Saving in offending in a year",
    "unit_value.saving_per_year_by_component": "Saving in a year by kind of harm",
    "unit_value.return_planned_exit": "Share of clients who return after a planned exit",
    "unit_value.return_unplanned_exit": "Share of clients who return after an unplanned exit",
    "unit_value.sensitivity_decay": "Value of treatment where harm fades by itself",
    "unit_value.sensitivity_decline": "Value of treatment where harm falls by itself, too",
    "unit_value.net_short_term": "Value of treatment in the short term, less its cost",
    "unit_value.{outcome}.as_published": "Value per client by the conventions of the published tables",
    "unit_value.{outcome}.corrected": "Value per client without rounding on the way",
    "additional.did_used.{outcome}.{site}": "Difference in differences that is valued",
    "benefit.net.{site}": "Benefits less costs",
    "benefit.net_cost_ratio.{site}": "Benefits less costs, for each pound of cost",
    "benefit.total_as_published.{site}": "Total benefits by the conventions of the published tables",
    "benefit.total_corrected.{site}": "Total benefits without rounding on the way",
    "sensitivity.additional.{outcome}": "Additional clients of all sites",
    "sensitivity.total.{assumption}": "Benefit of all sites with an assumption changed",
    "sensitivity.treatment_value.{assumption}": "Value of treatment with an assumption changed",
    "sensitivity.completion_value.{assumption}": "Value of a completion with an assumption changed",
    "sensitivity.swing.{assumption}": "How far an assumption moves the benefit at most",
    "sensitivity.effect_se.{outcome}": "Standard error of the benefit, from the differences",
    "sensitivity.covariance.{site}": "Covariance of the two differences that are valued",
    "sensitivity.joint_se.{site}": "Standard error of a site’s benefit, from both differences",
    "stated.effective_weeks": "Weeks after which treatment is effective",
    "stated.pickup_weeks": "Weeks within which a pick-up counts",
    "stated.referral_growth.{area}": "Growth of referrals, per cent",
    "stated.cost_recurrent.{year}.min": "Least costs of running a pilot in a year",
    "stated.cost_recurrent.{year}.max": "Greatest costs of running a pilot in a year",
    "stated.effective_treatment.rate.min": "Least share in effective treatment",
    "stated.effective_treatment.rate.max": "Greatest share in effective treatment",
    "stated.completion_of_treated.rate.min": "Least share of successful completions",
    "stated.completion_of_treated.rate.max": "Greatest share of successful completions",
    "stated.sensitivity_decay_fall": "Fall of the value of treatment where harm fades by itself, per cent",
    "stated.new_journeys_trend.{site}": "Trend of new journeys, a month",
    "stated.better.all": "Comparisons that came out better",
    "stated.worse.all": "Comparisons that came out worse",
    "stated.compared.all": "Comparisons that can be tested",
    "stated.unclear.all": "Comparisons without a clear difference",
    **{
        f"stated.{verdict}.{measure}": f"{what}: {outcome}"
        for verdict, what in (
            ("better", "Comparisons that came out better"),
            ("worse", "Comparisons that came out worse"),
            ("compared", "Comparisons that can be tested"),
        )
        for measure, outcome in (
            ("prison_pickup", "pick-ups after prison"),
            ("community_triage", "triage in the community"),
            ("effective_treatment", "effective treatment"),
            ("successful_completion", "successful completions"),
        )
    },
    "stated.clear_by_chance": "Clear results that chance alone would bring",
    "stated.benefit_total": "Total benefits of all sites",
    "stated.cost_total": "Total costs of all sites",
    "stated.additional_effective_treatment": "Additional clients in effective treatment, all sites",
    "stated.additional_completions": "Additional successful completions, all sites",
    "stated.break_even.{site}": "Completions that would pay for a pilot",
    "stated.break_even.min": "Fewest completions that would pay for a pilot",
    "stated.break_even.max": "Most completions that would pay for a pilot",
    "stated.budget_peak": "Greatest total funding of a year",
    "reproduction.numbers": "Numbers of the print that are compared",
    "reproduction.tables": "Numbers of its tables",
    "reproduction.prose": "Figures of its prose",
    "reproduction.verdict.equal_as_printed": "Numbers equal as printed",
    "reproduction.verdict.equal_by_construction": "Numbers equal by construction",
    "reproduction.verdict.within_printed_rounding": "Numbers equal within printed rounding",
    "reproduction.verdict.differs": "Numbers that differ",
    "reproduction.verdict.not_computable": "Numbers that cannot be compared",
    "reproduction.table.equal_as_printed": "Numbers of tables equal as printed",
    "reproduction.table.equal_by_construction": "Numbers of tables equal by construction",
    "reproduction.table.within_printed_rounding": "Numbers of tables equal within printed rounding",
    "reproduction.table.differs": "Numbers of tables that differ",
    "reproduction.table.not_computable": "Numbers of tables that cannot be compared",
    "reproduction.relations": "Relations between numbers of the print",
    "reproduction.relation.holds": "Relations that can hold",
    "reproduction.relation.cannot_hold": "Relations that cannot hold",
    "reproduction.relation.cannot_be_checked": "Relations that cannot be checked",
    "reproduction.sets.{site}": "Sets of counts that print as a table does",
    "reproduction.p_low.{site}": "Least p-value of these sets",
    "reproduction.p_high.{site}": "Greatest p-value of these sets",
    **{f"validation.linked.{{extract}}.{other}": f"Rows of a client who is in {of.says}" for other, of in READ.items()},
    "validation.rows_in.{extract}": "Rows read",
    "validation.rows_kept.{extract}": "Rows kept",
    "validation.linked.{extract}.{other}": "Rows of a client who is in another file",
    "validation.excluded.{extract}.{nth}": "Rows left out, by rule",
    "validation.joined.{extract}.{nth}": "From submissions to journeys",
    "validation.missing.{extract}.{column}": "Missing values",
    "validation.information.{extract}.{nth}": "Other remarks",
}


def statistic(row: Mapping) -> str:
    """The id of a quantity without what differs within a statistic: effective_treatment.rate.{area}.{period}."""
    pattern = general(row, WITHIN)
    return TOGETHER.get(pattern) or OF_MEASURES.get(pattern.removeprefix(f"{row['family']}."), pattern)


def anchor_of(row: Mapping) -> str:
    """The anchor of the entry of a quantity: d-effective_treatment-rate-area-period."""
    return _anchor(statistic(row))


def _anchor(name: str) -> str:
    return "d-" + re.sub(r"[{}]", "", name).replace(".", "-")


@dataclass(frozen=True)
class Place:
    """Where a cell of a numbered table stands: heads of its row and column, and those above them.

    A head that only names an area, a year or an item is left empty: it says nothing of the statistic.
    """

    table: str
    id: str
    row: str
    column: str
    section: str = ""
    over: str = ""


@dataclass(frozen=True)
class Way:
    """One way in which quantities of a statistic come about, told on one of them as the example."""

    row: Mapping
    pieces: list[tuple[str, str]]  # text, and the anchor of the entry that it is the title of, if it is one


@dataclass(frozen=True)
class Origin:
    """An entry of Appendix D."""

    anchor: str
    title: str
    tables: list[str]
    figures: list[str]
    in_prose: bool
    ways: list[Way]


def origins(ledger: pd.DataFrame, places: Sequence[Place], prints: Iterable[tuple[str, str, str]]) -> dict[str, list]:
    """All entries of Appendix D, in the order of the report.

    Parameters
    ----------
    ledger : every quantity
    places : every cell drawn so far, in order
    prints : every print so far: template, table or figure, id, text

    Returns
    -------
    Section -> its entries. A section is the number of the first table that prints the statistic or rests on it,
    "text" for those that only sentences and figures print, "constant" or "setting".
    """
    rows = rows_by_id(ledger)
    names = {identifier: statistic(row) for identifier, row in rows.items()}
    members = _grouped((name, identifier) for identifier, name in names.items())
    prints = list(prints)
    of_places = _grouped((names[place.id], place) for place in places)
    of_figures = _grouped((names[one[1]], one) for one in prints if one[0].startswith(FIGURE))
    printed_first = [place.id for place in places]
    outside = [(where, identifier) for where, identifier, _ in prints if not where.startswith("Table ")]
    in_prose = [identifier for _, identifier in outside]
    sections = _sections([*printed_first, *in_prose], names, of_places, members, rows)
    titles = {
        name: in_words(rows[members[name][0]]) or title_of(name, of_places.get(name, ()))
        for found in sections.values()
        for name in found
    }
    prose = {names[identifier] for where, identifier in outside if not where.startswith(FIGURE)}
    examples = {name: [*(p.id for p in of_places.get(name, ())), *members[name]] for name in titles}
    return {
        section: [
            Origin(
                _anchor(name),
                titles[name],
                list(dict.fromkeys(place.table for place in of_places.get(name, ()))),
                list(dict.fromkeys(where.removeprefix(FIGURE) for where, *_ in of_figures.get(name, ()))),
                name in prose,
                _ways([rows[one] for one in examples[name]], rows, titles),
            )
            for name in found
        ]
        for section, found in sections.items()
    }


def _grouped(pairs: Iterable[tuple]) -> dict[str, list]:
    found: dict[str, list] = {}
    for name, item in pairs:
        found.setdefault(name, []).append(item)
    return found


def _sections(printed, names, of_places, members, rows) -> dict[str, list[str]]:
    """Section -> statistics: each where it is first printed, what it rests on after it unless printed elsewhere."""
    everywhere = {names[identifier] for identifier in printed}
    sections: dict[str, list[str]] = {}
    seen: set[str] = set()
    for identifier in printed:
        name = names[identifier]
        section = of_places[name][0].table if name in of_places else PROSE
        for one in _with_inputs(name, names, members, rows, everywhere, seen):
            leaf = kind(rows[members[one][0]])
            sections.setdefault(leaf if leaf in ("constant", "setting") else section, []).append(one)
    ends = (PROSE, "constant", "setting")
    ordered = {section: names for section, names in sections.items() if section not in ends}
    return ordered | {section: sections[section] for section in ends if section in sections}


def _with_inputs(name: str, names, members, rows, everywhere: set[str], seen: set[str]) -> Iterator[str]:
    """A statistic, then those that it rests on and that are not printed themselves, each once in the report."""
    if name in seen:
        return
    seen.add(name)
    yield name
    for identifier in members[name]:
        for below in [*inputs_of(rows[identifier]), *_shaping_ids(rows[identifier], rows)]:
            if names[below] not in everywhere:
                yield from _with_inputs(names[below], names, members, rows, everywhere, seen)


def _shaping_ids(row: Mapping, rows: Mapping) -> list[str]:
    """Ids of the numbers of the config that shape a quantity without being its inputs."""
    return [identifier for path in shaped_by(row) if (identifier := f"setting.{path}") in rows]


def _ways(examples: Sequence[Mapping], rows: Mapping, titles: Mapping[str, str]) -> list[Way]:
    """The ways in which those of a statistic come about, other than as sums of others of it; at most two."""
    ways: dict[tuple, Way] = {}
    for row in examples:
        if kind(row) != "derived" or _made_of(row, rows):
            told = tell(row, rows)
            pieces = [(titles[statistic(rows[one])], anchor_of(rows[one])) if one else (text, "") for text, one in told]
            ways.setdefault(tuple(pieces), Way(row, pieces))
    return list(ways.values())[:2]


def tell(row: Mapping, rows: Mapping) -> list[tuple[str, str]]:
    """What a quantity is counted in or made of, in pieces: a text, or the id of one whose entry's title stands there.

    Formula, values, rule and settings are in the panel, in the ledger and in `make trace`.
    """
    defined = f". {row['source']}." if row["source"] != PROSE else "."
    if kind(row) == "records":
        read = [READ[name].says if name in READ else OF_THE_RUN.get(name, name) for name in extracts_of(row)]
        return [(f"Counted in {listed(read)}{defined}", "")]
    pieces = [("From ", "")]
    for identifier in _made_of(row, rows):
        pieces += [("", identifier), ("; ", "")]
    return [*pieces[:-1], (defined, "")]


def _made_of(row: Mapping, rows: Mapping) -> list[str]:
    """One quantity of each statistic that a quantity is computed from, but for its own."""
    firsts: dict[str, str] = {}
    for identifier in inputs_of(row):
        firsts.setdefault(statistic(rows[identifier]), identifier)
    firsts.pop(statistic(row), None)
    return list(firsts.values())


def in_words(row: Mapping) -> str:
    """What a constant or setting is, as the ledger says it, or its id as words; "" for others."""
    if kind(row) not in ("constant", "setting"):
        return ""
    return row["filter"][:1].upper() + row["filter"][1:] or _read(row["id"])


def title_of(name: str, places: Sequence[Place]) -> str:
    """What a statistic is called: as the heads of its cells, or as its id reads."""
    if known := next((title for end, title in TITLES.items() if name.endswith(end)), ""):
        return known
    if not places:
        return _read(name)
    here = [place for place in places if place.table == places[0].table]
    columns, rows, over, sections = (
        {getattr(place, part) for place in here} for part in ("column", "row", "over", "section")
    )
    if len(columns) == 1 and columns != {""}:
        return _joined(over, rows, columns)
    return _joined(sections, rows) or _joined(over) or _read(name)


def _joined(*parts: set[str]) -> str:
    """Heads that all cells share, from the outer to the inner one."""
    return ": ".join(shared for part in parts if len(part) == 1 and (shared := min(part)))


def _read(name: str) -> str:
    """A statistic's id as words: stated.cost_recurrent.{year}.min -> Cost recurrent: min."""
    leaf = ("stated", "constant", "setting")
    first, *parts = [part for part in name.split(".") if not part.startswith("{") and part not in leaf]
    words = [part.replace("_", " ") for part in (first, *parts)]
    return (words[0].capitalize() + ": " + ", ".join(words[1:])).removesuffix(": ")


def said_of(row: Mapping, field: str, rows: Mapping) -> str:
    """What Appendix D says of a quantity: its origin without the titles of other entries, what it is, or a field."""
    if field == "origin":
        return "".join(text for text, _ in tell(row, rows))
    return in_words(row) if field == "what" else row[field]
