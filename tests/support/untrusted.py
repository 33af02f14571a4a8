"""Studies that nobody should trust: faults in records and settings, each put into the small study of chain.py.

`PYTHONPATH=workflow/scripts python tests/support/untrusted.py [fault ...]` prints what the faults, or those named, make
of the ledger and of the paragraphs on results.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

import chain
import findings_text as ft
from chain import Study
from dscp.config.checked import completed, plain

PRE = (pd.Timestamp("2012-01-01"), pd.Timestamp("2013-06-30"))
POST = (pd.Timestamp("2014-01-01"), pd.Timestamp("2015-06-30"))
LONG_AGO = pd.Timestamp("2000-01-12")
Change = Callable[[Study], Study]
Values = dict[str, float]


@dataclass(frozen=True)
class Fault:
    """What is done to the study, and what that may change.

    Attributes
    ----------
    change : the study with the fault
    touched : which leaves may differ from those of the study without it (regular expression on ids)
    missing : which quantities must be missing, and no others (regular expressions on ids, each of which finds some)
    then : what must hold of the values with the fault, and without it
    says : what the report must say, in its plain text
    """

    change: Change
    touched: str
    missing: tuple[str, ...] = ()
    then: Callable[[Values, Values], bool] = lambda values, before: True
    says: tuple[str, ...] = ()


# What is done ---------------------------------------------------------------------------------------------------------


def of(study: Study, *dats: str) -> pd.Series:
    """The journeys of some DATs."""
    return study.extracts["journeys"]["dat"].isin(dats)


def within(journeys: pd.DataFrame, period: tuple[pd.Timestamp, pd.Timestamp]) -> pd.Series:
    """The journeys that touch a period."""
    return (journeys["journey_start"] <= period[1]) & (journeys["journey_end"].fillna(period[0]) >= period[0])


def out_of_time(study: Study, which: pd.Series) -> Study:
    """The study with some journeys long ended before either period."""
    journeys = study.extracts["journeys"].copy()
    journeys.loc[which, ["journey_start", "journey_end"]] = LONG_AGO
    journeys.loc[which, "date_of_birth"] = pd.Timestamp("1960-01-12")
    journeys.loc[which, "exit_reason"] = 13
    return study.but(journeys=journeys)


def without_clients(*dats: str, periods: tuple = (PRE, POST)) -> Change:
    """No client of some DATs in some periods."""

    def change(study: Study) -> Study:
        journeys = study.extracts["journeys"]
        hit = pd.concat([within(journeys, period) for period in periods], axis=1).any(axis=1)
        return out_of_time(study, of(study, *dats) & hit)

    return change


def without_clients_anywhere(study: Study) -> Study:
    """No client of the study in either period."""
    return out_of_time(study, study.extracts["journeys"]["client"].notna())


def one_client(*dats: str) -> Change:
    """One client of some DATs in all, with one journey through both periods."""

    def change(study: Study) -> Study:
        chosen = of(study, *dats)
        other = out_of_time(study, chosen).extracts["journeys"].copy()
        at = other.index[other["dat"] == dats[0]][0]
        one = {"journey_start": pd.Timestamp("2012-02-01"), "journey_end": pd.Timestamp("2014-06-01"), "exit_reason": 1}
        other.loc[at, list(one)] = list(one.values())
        return study.but(journeys=other)

    return change


def one_client_in_all(study: Study) -> Study:
    """One client in the whole study."""
    dats = [dat for dat in study.extracts["journeys"]["dat"].unique() if dat != "P03"]
    return one_client("P03", *dats)(study)


def effective(share: float, *dats: str) -> Change:
    """All or none of the journeys of some DATs completed, in two weeks each, in the middle of the periods."""

    def change(study: Study) -> Study:
        journeys, hit = study.extracts["journeys"].copy(), of(study, *dats)
        start = pd.Series(np.where(np.arange(len(journeys)) % 2, PRE[0], POST[0]), journeys.index) + pd.Timedelta(
            99, "D"
        )
        journeys.loc[hit, "journey_start"] = start[hit]
        journeys.loc[hit, "journey_end"] = start[hit] + pd.Timedelta(14, "D")
        journeys.loc[hit, "exit_reason"] = 1 if share else 13
        return study.but(journeys=journeys)

    return change


def identical(study: Study) -> Study:
    """The comparison area of Site 3 has the journeys of its pilot."""
    journeys = study.extracts["journeys"]
    pilot, others = journeys[of(study, "P03")], journeys[~of(study, "C03")]
    twin = pilot.assign(dat="C03", client="T" + pilot["client"], journey=pilot["journey"] + len(journeys))
    return study.but(journeys=pd.concat([others, twin], ignore_index=True))


def extreme(study: Study) -> Study:
    """In Site 3 a tenth is effective at first, later all but a tenth; the other way round in its comparison area."""
    journeys = study.extracts["journeys"]
    pattern, parts = journeys[of(study, "P03")].iloc[:300], [journeys[~of(study, "P03", "C03")]]
    rng = np.random.default_rng(1)
    for n, (dat, period, good) in enumerate((("P03", PRE, 10), ("P03", POST, 90), ("C03", PRE, 90), ("C03", POST, 10))):
        start = period[0] + pd.Timedelta(99, "D")
        many = pd.concat([pattern] * 4, ignore_index=True).assign(dat=dat, journey_start=start)
        number = np.arange(len(many))
        many = many.assign(
            client=[f"E{n}{one}" for one in number],
            journey=number + 90_000,
            journey_end=start + pd.Timedelta(14, "D"),
            exit_reason=np.where(rng.permutation(number) % 100 < good, 1, 13),
        )
        parts.append(many)
    return study.but(journeys=pd.concat(parts, ignore_index=True))


def one_sex(study: Study) -> Study:
    """Everybody is a man."""
    return study.but(**{name: study.extracts[name].assign(sex="M") for name in ("journeys", "dirs")})


def separated(study: Study) -> Study:
    """In Site 3 the older half completes, the younger half leaves: age decides everything."""
    made = effective(0, "P03", "C03")(study)
    journeys = made.extracts["journeys"].copy()
    older = of(made, "P03", "C03") & (journeys["date_of_birth"] < "1975-01-01")
    journeys.loc[older, "exit_reason"] = 1
    return study.but(journeys=journeys)


def lines(edit: Callable[[pd.DataFrame], pd.DataFrame]) -> Change:
    """A change of the spending ledger."""
    return lambda study: study.but(pilot_spending=edit(study.extracts["pilot_spending"].copy()))


def spent(amount: float, **where: str) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """Lines with some values in some columns have an amount."""

    def edit(ledger: pd.DataFrame) -> pd.DataFrame:
        hit = pd.Series(True, ledger.index)
        for column, value in where.items():
            hit &= ledger[column] == value
        ledger.loc[hit, "amount_gbp"] = amount
        return ledger

    return edit


def refund(ledger: pd.DataFrame) -> pd.DataFrame:
    """One line more: training that was paid back."""
    more = pd.DataFrame([("site_3", "2014-15", "non_pay", "training_repaid", -1234.5)], columns=ledger.columns)
    return pd.concat([ledger, more], ignore_index=True)


def counts(extract: str, value: float, *columns: str, **where: str) -> Change:
    """Cells of an extract of counts have a value."""

    def change(study: Study) -> Study:
        frame = study.extracts[extract].copy()
        hit = pd.Series(True, frame.index)
        for column, wanted in where.items():
            hit &= frame[column].isin([wanted] if isinstance(wanted, str) else wanted)
        frame.loc[hit, list(columns)] = value
        return study.but(**{extract: frame})

    return change


def economics(**given: object) -> Change:
    """Other settings of the economics."""
    return lambda study: study.settings(**{f"economics__{key}": value for key, value in given.items()})


def one_site(study: Study) -> Study:
    """Only Site 3 is analysed."""
    sites = {
        name: site if name == "site_3" else {"label": site["label"], "analysed": False}
        for name, site in study.config["sites"].items()
    }
    monthly = study.extracts["new_journeys_monthly"]
    return study.but({**study.config, "sites": sites}).but(
        new_journeys_monthly=monthly[monthly["area"].isin(["pilot_3", "comparison_3"])]
    )


def no_referrals(study: Study) -> Study:
    """No referral from prison in the first period of Site 2's pilot."""
    referrals = study.extracts["carat_referrals"].copy()
    hit = (referrals["referred_to_dat"] == "P02") & (referrals["referral_date"] < "2013-12-31")
    referrals.loc[hit, "residence_dat"] = referrals.loc[hit, "referred_to_dat"] = "ELSE"
    return study.but(carat_referrals=referrals)


# What may change, and what must be missing ----------------------------------------------------------------------------

EVERY = r"(effective_treatment|successful_completion|completion_of_treated|retained_12_weeks)"
TESTED = r"(effective_treatment|successful_completion|retained_12_weeks)"
MODEL = r"(p|p_clustered|odds_ratio\w*|effect|effect_low|effect_high|tested_low|tested_high)"
UNTESTED = (
    r"(p|p_clustered|odds_ratio\w*|effect|effect_low|effect_high|tested_\w+|p_unadjusted|log_odds_did|log_odds_se)"
)
JOURNEYS = r"excluded\.\w+\.journeys|validation\.\w+\.journeys.*"
# Of all sites, and of other times.
MIX = r"case_mix\.(count|complete_\w+)\..*|varied\.did\..*|(flows|over_time|follow_up|cases)\..*"
YEARLY = ("started", "retained_12_weeks", "completed_under_12_weeks")
SPENDING = r"spending\..*|spending_item\..*|cost(_recurrent)?\..*|validation\..*pilot_spending.*"
RATIOS = r"benefit\.(cost_ratio|cost_ratio_sensitivity|net_cost_ratio)"
TOTALS = r"stated\.(benefit_total|additional_effective_treatment|additional_completions)"
OF_TOTALS = r"sensitivity\.(additional|total|effect_se|covariance|joint_se|swing)\..*"
NO_BENEFIT = (TOTALS, OF_TOTALS, r"benefit\..*", r"additional\..*")
PERCENT_SPENT = r"spending(_item)?\..*\.share"


def clients_of(numbers: str) -> str:
    """The leaves that rest on the journeys of some sites."""
    counts = rf"{TESTED}\.(base|count)\.(pilot|comparison)_{numbers}\.(pre|post)"
    models = rf"{TESTED}\.({MODEL}|model_rows(_dropped)?)\.site_{numbers}"
    return rf"{JOURNEYS}|{MIX}|{counts}|{models}|{by_client(numbers)}"


def by_client(numbers: str) -> str:
    """The errors that are read from the records of some sites: missing where nobody of a cell completed."""
    return rf"completion_of_treated\.did_se_clustered\.site_{numbers}"


def not_compared(number: int, area: str, *periods: str) -> tuple[str, ...]:
    """What is missing of a site when an area of it has no client in some periods."""
    return (
        *(rf"{EVERY}\.rate\.{area}\.{period}" for period in periods),
        rf"{EVERY}\.change\.{area}",
        rf"{EVERY}\.(did|did_low|did_high|did_se|did_added|did_mid|p_difference)\.site_{number}",
        by_client(str(number)),
        rf"{TESTED}\.{UNTESTED}\.site_{number}",
        rf"additional\.(did_used\.)?(effective_treatment|completions)\.site_{number}",
        rf"benefit\.\w+\.site_{number}",
        TOTALS,
    )


def no_spread(number: int) -> tuple[str, ...]:
    """What is missing when everybody in both areas of a site has the same outcome: tests on odds."""
    return (rf"{TESTED}\.{UNTESTED}\.site_{number}",)


def every(test: Callable[[float], bool], values: Values, start: str) -> bool:
    """Whether something holds of all quantities whose ids start so, and there are some."""
    found = [value for identifier, value in values.items() if identifier.startswith(start)]
    return bool(found) and all(map(test, found))


def alike(value: float, other: float) -> bool:
    return abs(value - other) <= 1e-9 * max(1, abs(value), abs(other))


def all_counted(values: Values, area: str, share: float) -> bool:
    """Whether a share of all clients of an area, who are more than none, has both outcomes in both periods."""
    names = [(m, t) for m in ("effective_treatment", "successful_completion") for t in ("pre", "post")]
    return all(
        values[f"{m}.count.{area}.{t}"] == share * values[f"{m}.base.{area}.{t}"] and values[f"{m}.base.{area}.{t}"] > 0
        for m, t in names
    )


def undiscounted(values: Values, before: Values) -> bool:
    """Four years in treatment and eight of recovery, added up without discounting (Tables C.5.1 and C.6.1)."""
    in_treatment = values["constant.harm_in_treatment_crime"] + values["constant.harm_in_treatment_health"]
    treated = 4 * (values["constant.harm_untreated"] - in_treatment)
    recovered = 8 * (values["constant.harm_untreated"] - values["constant.harm_in_recovery"])
    worth = treated + values["constant.recovery_probability"] * recovered
    kept = [
        alike(values["unit_value.discounted_value_treatment.pv"], treated),
        alike(values["unit_value.discounted_value_abstain.pv"], recovered),
        alike(values["unit_value.expected_value.pv"], worth),
        alike(values["unit_value.discounted_cost.pv"], 4 * values["constant.treatment_cost"]),
        values["unit_value.completion"] == round(worth),
        every(lambda factor: factor == 1, values, "discount_factor."),
    ]
    return all(kept)


def halved(values: Values, before: Values) -> bool:
    """At a rate of a hundred per cent every year is worth half the year before."""
    return all(values[f"discount_factor.year_{year}"] == 0.5**year for year in range(1, 13))


def one_year(values: Values, before: Values) -> bool:
    """One year in treatment, one of recovery."""
    first = values["unit_value.discounted_value_treatment.year_1"]
    return values["unit_value.discounted_value_treatment.pv"] == first and "discount_factor.year_3" not in values


def paid_back(values: Values, before: Values) -> bool:
    """The refund lowers the totals that it belongs to, and no others."""
    less = {name: before[name] - values[name] for name in ("spending.total.both_years", "cost.site_3.total")}
    less |= {name: before[name] - values[name] for name in ("spending.non_pay.y2014_15", "cost.site_3.year_2")}
    shares = sum(values[f"spending.{category}.share"] for category in ("pay", "non_pay", "start_up"))
    return all(alike(amount, 1234.5) for amount in less.values()) and alike(shares, 100)


SEVERAL = ("P02", "C02", "P03", "C03", "P05", "C05E", "C05W", "P07", "C07N", "C07S")
OTHERS = r"(pilot_[257]|comparison_\d|all_comparisons)"
FAULTS = {
    "no client of a pilot before": Fault(
        without_clients("P02", periods=(PRE,)),
        clients_of("2"),
        not_compared(2, "pilot_2", "pre"),
        lambda values, before: every(lambda n: n == 0, values, "effective_treatment.base.pilot_2.pre"),
        ("the difference in Site 2 cannot be given", "In Site 2 the benefits cannot be given."),
    ),
    "no comparison clients": Fault(
        without_clients("C05E", "C05W"),
        clients_of("5"),
        not_compared(5, "comparison_5", "pre", "post"),
        lambda values, before: every(lambda n: n == 0, values, "effective_treatment.base.comparison_5."),
        ("; for its comparison area no change can be given", "The totals over all sites cannot be given."),
    ),
    "no comparison clients after": Fault(
        without_clients("C07N", "C07S", periods=(POST,)),
        clients_of("7"),
        not_compared(7, "comparison_7", "post"),
        says=("the difference in Site 7 cannot be given",),
    ),
    "no client anywhere": Fault(
        without_clients_anywhere,
        clients_of(r"\d"),
        (
            rf"{EVERY}\.(rate|change)\..*",
            rf"{EVERY}\.(did(_\w+)?|p_difference)\..*",
            rf"{TESTED}\.{UNTESTED}\..*",
            r"stated\.(effective_treatment|completion_of_treated)\.rate\.(min|max)",
            r"follow_up\.left\..*",
            *NO_BENEFIT,
        ),
        lambda values, before: values["stated.compared.all"] == 3 and values["sensitivity.treatment_value.base"] > 0,
        (
            "the share in effective treatment cannot be given",
            "In all pilots together, effective treatment cannot be compared",
            "In all four sites the benefits cannot be given.",
            "Not all of these numbers can be given.",
            "The differences in differences cannot be given.",
            "How new journeys end cannot be given",
        ),
    ),
    "one client in an area": Fault(
        one_client("C03"),
        clients_of("3"),
        (
            r"successful_completion\.rate\.comparison_3\.pre",
            r"retained_12_weeks\.rate\.comparison_3\.post",
            r"(successful_completion|retained_12_weeks)\.change\.comparison_3",
            r"(successful_completion|retained_12_weeks)\.(did|did_low|did_high|did_se|did_added|did_mid|p_difference)\.site_3",
            rf"{TESTED}\.{UNTESTED}\.site_3",
            by_client("3"),
        ),
        lambda values, before: all(
            values[f"effective_treatment.{what}.comparison_3.{when}"] == 1
            for what in ("base", "count")
            for when in ("pre", "post")
        ),
        ("but no test can be given",),
    ),
    "one client in all": Fault(
        one_client_in_all,
        clients_of(r"\d"),
        (
            rf"{EVERY}\.(rate|change)\.{OTHERS}.*",
            r"successful_completion\.(rate\.(pilot_3|all_pilots)\.pre|change\.(pilot_3|all_pilots))",
            r"retained_12_weeks\.(rate\.(pilot_3|all_pilots)\.post|change\.(pilot_3|all_pilots))",
            rf"{EVERY}\.(did(_\w+)?|p_difference)\..*",
            rf"{TESTED}\.{UNTESTED}\..*",
            r"follow_up\.left\.\w+\.(all_comparisons\.\w+|all_pilots\.post)\..*",
            *NO_BENEFIT,
        ),
        lambda values, before: values["effective_treatment.base.all_pilots.pre"] == 1,
        ("was 100.0 per cent",),
    ),
    "all effective in a pilot": Fault(
        effective(1, "P03"),
        clients_of("3"),
        (rf"{TESTED}\.{UNTESTED}\.site_3",),
        lambda values, before: all_counted(values, "pilot_3", 1) and values["effective_treatment.did_se.site_3"] > 0,
        ("the difference in Site 3 cannot be tested", "(100.0 per cent in either period)"),
    ),
    "none effective in a pilot": Fault(
        effective(0, "P03"),
        clients_of("3"),
        (rf"{TESTED}\.{UNTESTED}\.site_3", by_client("3")),
        lambda values, before: all_counted(values, "pilot_3", 0),
        ("(0.0 per cent in either period)",),
    ),
    "all effective in both areas": Fault(
        effective(1, "P03", "C03"),
        clients_of("3"),
        no_spread(3),
        lambda values, before: all_counted(values, "comparison_3", 1) and values["effective_treatment.did.site_3"] == 0,
        ("did not change (100.0 per cent in either period), nor did it in its comparison area",),
    ),
    "none effective anywhere": Fault(
        effective(0, *SEVERAL),
        clients_of(r"\d"),
        (*no_spread(r"\d"), by_client(r"\d"), r"sensitivity\.swing\..*"),
        lambda values, before: every(lambda n: n == 0, values, "benefit.total."),
        ("In all four sites the benefits are nil.", "effective treatment did not change"),
    ),
    "identical areas": Fault(
        identical,
        clients_of("3"),
        then=lambda values, before: (
            values["effective_treatment.did.site_3"] == 0
            and values["effective_treatment.p_unadjusted.site_3"] == 1
            and abs(values["effective_treatment.p.site_3"] - 1) < 1e-6
            and abs(values["effective_treatment.odds_ratio.site_3"] - 1) < 1e-6
        ),
        says=(" 1.00 ", "It is nil at the printed precision in Site 3."),
    ),
    "extreme": Fault(
        extreme,
        clients_of("3"),
        then=lambda values, before: (
            values["effective_treatment.p.site_3"] == 0 and values["effective_treatment.p_difference.site_3"] == 0
        ),
        says=("(p <0.01), statistically significant",),
    ),
    "one sex": Fault(
        one_sex,
        rf"{MIX}|{TESTED}\.{MODEL}\..*|prison_pickup\.{MODEL}\..*|validation\.\w+\.(journeys|dirs).*",
        then=lambda values, before: every(lambda p: 0 < p < 1, values, "effective_treatment.p."),
        says=("sex has a single level, left out of the model",),
    ),
    "age decides": Fault(
        separated,
        clients_of("3"),
        (rf"{TESTED}\.{MODEL}\.site_3",),
        lambda values, before: 0 < values["effective_treatment.p_unadjusted.site_3"] < 1,
        ("the characteristics separate outcomes",),
    ),
    "a refund": Fault(lines(refund), SPENDING, then=paid_back, says=("The largest parts of pay",)),
    "all repaid": Fault(
        lines(spent(-500.0)),
        SPENDING,
        (PERCENT_SPENT, rf"{RATIOS}\..*"),
        lambda values, before: values["spending.total.both_years"] == -28_000,
        ("went on items whose shares cannot be given", "The pilots spent −£28k"),
    ),
    "a site repaid": Fault(
        lines(spent(-500.0, site="site_3")),
        SPENDING,
        (rf"{RATIOS}\.site_3",),
        lambda values, before: values["cost.site_3.total"] == -4000 and values["stated.break_even.site_3"] == 0,
        ("additional completions or fewer to pay for any of these pilots",),
    ),
    "nothing spent": Fault(
        lines(spent(0.0)),
        SPENDING,
        (PERCENT_SPENT, rf"{RATIOS}\..*"),
        lambda values, before: values["spending.total.both_years"] == values["stated.cost_total"] == 0,
        ("of which [z] per cent went on pay", "the spending of a site lay at £0 in"),
    ),
    "no pay": Fault(
        lines(spent(0.0, category="pay")),
        SPENDING,
        (r"spending_item\.pay\..*\.share",),
        lambda values, before: values["spending.pay.share"] == 0 and values["spending_item.non_pay.total.share"] == 100,
        ("The largest parts of pay went on items whose shares cannot be given;",),
    ),
    "no discounting": Fault(
        economics(discount_rates=[{"from_year": 1, "rate": 0.0}]), r"setting\..*discount.*", then=undiscounted
    ),
    "discount of a hundred per cent": Fault(
        economics(discount_rates=[{"from_year": 1, "rate": 1.0}]), r"setting\..*discount.*", then=halved
    ),
    "one year each": Fault(
        economics(treatment_years=1, recovery_years=1),
        r"setting\.economics\.(treatment|recovery)_years",
        then=one_year,
        says=(
            "Then 1 year is spent in treatment",
            "In the last 1 year some who",
            "takes one year on average",
        ),
    ),
    "no benefit counted": Fault(
        economics(benefit_share=0.0),
        r"setting\.economics\.benefit_share",
        then=lambda values, before: every(lambda n: n == 0, values, "benefit.total_sensitivity."),
        says=("Counting only 0% of them, the benefits would no longer exceed the cost in",),
    ),
    "eighty days": Fault(
        lambda study: study.settings(definitions__effective_days=80, definitions__pickup_days=40),
        rf"{MIX}|setting\.definitions\..*|{clients_of('[0-9]')}|prison_pickup\..*|excluded\..*",
        then=lambda values, before: alike(values["stated.effective_weeks"], 81 / 7),
        says=("stay in it for at least 80 days", "within 40 days of their release", "Retained beyond twelve weeks"),
    ),
    "no triage referrals": Fault(
        counts("triage_quarters", 0, "referrals", "triaged_within_6_weeks", dat="P05"),
        r"community_triage\.(base|count)\.pilot_5\..*",
        (
            r"community_triage\.rate\.pilot_5\..*",
            r"community_triage\.change\.pilot_5",
            r"community_triage\.(did|did_low|did_high|did_se|did_added|did_mid|p_difference)\.site_5",
            r"community_triage\.(p|p_unadjusted|log_odds_did|log_odds_se|tested_low|tested_high)\.site_5",
            r"stated\.referral_growth\.pilot_5",
        ),
        says=("Referrals to treatment in Site 5 stayed at 0.", "0 in the second, a change of [z]"),
    ),
    "none triaged": Fault(
        counts("triage_quarters", 0, "triaged_within_6_weeks"),
        r"community_triage\.count\..*",
        (r"community_triage\.(p|p_unadjusted|log_odds_did|log_odds_se|tested_low|tested_high)\.site_5",),
        says=("There was no clear difference between Site 5 and its comparison area.",),
    ),
    "no new journeys in the first year": Fault(
        counts("new_journeys_yearly", 0, *YEARLY, fiscal_year="2011-12", site="site_2"),
        r"new_journeys\.\w+\.site_2\.y2011_12",
        (r"new_journeys\.index\.site_2\..*", r"new_journeys\.(retained|completed|effective)_share\.site_2\.y2011_12"),
        says=("cannot be compared in Site 2",),
    ),
    "no new journeys at all": Fault(
        counts("new_journeys_yearly", 0, *YEARLY),
        r"new_journeys\..*",
        (r"new_journeys\.(index|\w+_share)\..*",),
        says=("cannot be compared in any of the seven", "went from [z] in 2011-12 and 2012-13 to [z] in"),
    ),
    "no new journeys by month": Fault(
        counts("new_journeys_monthly", 0, "new_journeys"),
        r"new_journeys_monthly\..*",
        then=lambda values, before: every(lambda n: n == 0, values, "stated.new_journeys_trend."),
        says=("stays level in all four",),
    ),
    "no budget": Fault(
        counts("treatment_budgets", 0, "adult_pooled_gbp_m", "local_gbp_m"),
        r"budget\..*",
        (r"restated\.local_funding_share\.(first|last)",),
        lambda values, before: every(lambda n: n == 0, values, "budget.funding_per_adult."),
        ("the money for each stayed at £0 a year",),
    ),
    "no budget of a site": Fault(
        counts("budget_shares", 0, "amount_gbp", site="site_3"),
        r"budget_amount\..*",
        (r"budget_share\.\w+\.site_3",),
        lambda values, before: values["budget_share.total.all"] == 100,
    ),
    "no referrals from prison before": Fault(
        no_referrals,
        rf"{MIX}|prison_pickup\.(base|count|uncut|with_\w+|model_rows(_dropped)?|{MODEL})\..*_2(\.\w+)?|excluded\..*|validation\..*carat_referrals.*",
        (
            r"prison_pickup\.(rate|share_with_\w+)\.pilot_2\.pre",
            r"prison_pickup\.change\.pilot_2",
            rf"prison_pickup\.(did|uncut_did|did_low|did_high|did_se|did_added|did_mid|p_difference|{UNTESTED})\.site_2",
        ),
        says=("For Site 2 no change in the share of referrals picked up can be given.",),
    ),
    "one site": Fault(
        one_site,
        rf"{MIX}|excluded\..*|validation\..*",
        (r"evidence\.area_sd\.\w+",),
        then=lambda values, before: values["effective_treatment.p.site_3"] == before["effective_treatment.p.site_3"],
        says=("Of the two comparisons that can be tested, both show no clear difference.",),
    ),
    "no fieldwork": Fault(counts("fieldwork", 0, "encounters"), r"fieldwork\..*"),
}


# Faults that leave each other's quantities alone go through the chain together.
TOGETHER = (
    ("no client of a pilot before", "no new journeys in the first year", "no fieldwork"),
    ("no comparison clients", "a refund", "no discounting"),
    ("no comparison clients after", "no pay"),
    ("no client anywhere", "no new journeys at all"),
    ("one client in an area", "no budget"),
    ("one client in all", "no new journeys by month"),
    ("all effective in a pilot", "no triage referrals"),
    ("none effective in a pilot", "none triaged", "no referrals from prison before"),
    ("all effective in both areas", "no benefit counted"),
    ("none effective anywhere", "no budget of a site"),
    ("identical areas", "a site repaid", "discount of a hundred per cent"),
    ("extreme", "one year each"),
    ("one sex", "nothing spent"),
    ("age decides", "all repaid"),
    ("eighty days",),
    ("one site",),
)


def joined(names: Iterable[str]) -> Fault:
    """Several faults as one."""
    chosen = [FAULTS[name] for name in names]

    def change(study: Study) -> Study:
        for fault in chosen:
            study = fault.change(study)
        return study

    return Fault(
        change,
        "|".join(f"(?:{fault.touched})" for fault in chosen),
        tuple(pattern for fault in chosen for pattern in fault.missing),
        lambda values, before: all(fault.then(values, before) for fault in chosen),
        tuple(words for fault in chosen for words in fault.says),
    )


def main(names: Iterable[str]) -> None:
    """Print what is missing and why, and the paragraphs that differ from those of the study without the fault."""
    config = completed(plain(yaml.safe_load((chain.PROJECT / "config.yaml").read_text(encoding="utf-8"))))
    study, folder = chain.study(config), Path(tempfile.mkdtemp())
    known = {paragraph.text for paragraph in ft.paragraphs(chain.render(chain.run(study, folder)).page)}
    for name in names or FAULTS:
        print(f"\n{'=' * 20} {name} {'=' * 20}")
        made = chain.run(FAULTS[name].change(study), folder)
        for note, ids in made.ledger[made.ledger["value"].isna()].groupby("note")["id"]:
            print(f"  [{note}] {' '.join(ids)}")
        for paragraph in ft.paragraphs(chain.render(made).page):
            if paragraph.text not in known:
                print(f"  {paragraph.chapter}: {paragraph.text}")


if __name__ == "__main__":
    main(sys.argv[1:])
