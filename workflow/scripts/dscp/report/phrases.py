"""What the templates call to print quantities, words that depend on them, and settings of the study."""

from __future__ import annotations

import math
from collections.abc import Sequence

from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from dscp.disclosure.policies import NONE, POLICIES
from dscp.exhibits.book import DEFAULT_FORMS, Book, setting, time
from dscp.exhibits.declared import figure_sites, ledger_items
from dscp.exhibits.tables import lettered
from dscp.extracts.registry import READ, called
from dscp.extracts.types import WITH
from dscp.ledger.ids import dims_of, identifier
from dscp.ledger.withheld import WITHHELD_SIGN
from dscp.measures.counting import links_of
from dscp.measures.registry import MEASURES
from dscp.printing import words
from dscp.printing.called import category
from dscp.printing.forms import IN_WORDS, MAGNITUDE, printed
from dscp.study.areas import PERIODS, analysed, arms_of, site_label, value_at
from dscp.study.days import day, months_touched, year_key
from dscp.study.given import mapped, sources
from dscp.study.kinds import evaluated
from dscp.study.own_values import priced

TREND = "stated.new_journeys_trend.{site}"


VARIED = {  # a definition, and what it is changed to -> the head of its row in Table B.5
    "as_defined": "As defined",
    "age_at.later_of_start_and_period_start": "Age at the later of the journey’s and the period’s start",
    "age_at.journey_start": "Age at the journey’s start",
    "age_at.period_start": "Age at the period’s start",
    "age_at.period_end": "Age at the period’s end",
    "effective_days": "Effective treatment: {choice}",
    "start_cutoff.before_latest": "Late starters left out before the latest journey is chosen",
    "start_cutoff.after_latest": "Late starters left out after the latest journey is chosen",
    "latest_journey.start": "Latest journey by its start",
    "latest_journey.end": "Latest journey by its end",
    "exit_reason_counts.ended_in_period": "Exit reason counts if the journey ended in the period",
    "exit_reason_counts.always": "Exit reason counts whenever the journey ended",
    "completed_exit_reasons": "Exit reasons that are no completion: {choice}",
    "pickup_days": "Until a pick-up: {choice}",
    "pickup_from.release_date": "Pick-up from the day of release",
    "pickup_from.referral_date": "Pick-up from the day of referral",
    "missing_release.not_successful": "Without a release date: not successful",
    "missing_release.excluded": "Without a release date: left out",
    "one_form_answers.several_referrals": "One form answers several referrals",
    "one_form_answers.one_referral": "One form answers one referral",
    "pickups_until": "Pick-ups whenever the form was filled in",
}


def spent_on(item: str) -> str:
    """What money went on, in a sentence: other_exceptional -> other exceptional items."""
    text = item.replace("_", " ")
    return f"{text} items" if text.split()[-1] in ("exceptional", "other") else text


class Study:
    """Labels, dates and counts of the config, each in its element."""

    def __init__(self, book: Book) -> None:
        self._sites = book.config["sites"]
        self._periods = book.config["periods"]
        self._config = book.config
        self._ids = list(book.values)

    def label(self, period: str) -> Markup:
        """A period's label."""
        return setting(self._periods[period]["label"])

    def change_label(self) -> Markup:
        """The label in the heads of the change columns."""
        return setting(self._config["change_label"])

    def site_label(self, site: str) -> Markup:
        """A site's label."""
        return setting(self._sites[site]["label"])

    def area_label(self, site: str, arm: str) -> Markup:
        """An area's label."""
        return setting(self._sites[site][arm]["label"])

    def own_value(self, name: str) -> bool:
        """Whether the study has a unit value of its own in the place of a cited one."""
        return name in self._config["economics"].get("unit_values", {})

    def price_year(self) -> Markup:
        """The year in whose prices all unit values are; "" where no such year is named."""
        return setting(priced(self._config["economics"]))

    def worked_label(self) -> Markup:
        """The label of the worked example's site."""
        return self.site_label(self._config["economics"]["worked_example"])

    def sites_listed(self, sites: Sequence[str]) -> Markup:
        """Labels of sites as a list in a sentence."""
        return setting(words.listed([self._sites[site]["label"] for site in sites]))

    def site_names(self, *sites: str) -> Markup:
        """Sites of the evaluated programme in a sentence: by label, or by name where the study leaves a site out."""
        return setting(words.listed([site_label(self._sites, site) for site in sites]), f"sites {' '.join(sites)}")

    def sites(self, **where: str) -> list[str]:
        """Names of the analysed sites with these settings, in their order."""
        chosen = analysed(self._sites).items()
        return [name for name, site in chosen if all(site.get(key) == value for key, value in where.items())]

    def sites_that_have(self, pattern: str) -> list[str]:
        """Names of the analysed sites that have a quantity, its id with {site} for the name."""
        return [name for name in analysed(self._sites) if pattern.format(site=name) in self._ids]

    def periods_that_have(self, pattern: str) -> list[str]:
        """Names of the periods that have a quantity, its id with {period} for the name."""
        return [name for name in PERIODS if pattern.format(period=name) in self._ids]

    def has_number(self, identifier: str) -> bool:
        """Whether the run has a quantity."""
        return identifier in self._ids

    def reference_run(self) -> bool:
        """Whether the extracts are rebuilt from published counts."""
        return bool(self._config.get("reference_run", False))

    def policy(self) -> str:
        """The disclosure policy."""
        return self._config.get("disclosure", NONE.name)

    def policy_sets(self, name: str) -> bool:
        """Whether the disclosure policy sets a number: smallest, base."""
        return name in POLICIES[self.policy()].numbers()

    def protection(self) -> list[tuple[str, str, str, str]]:
        """Of each extract of the study: what it is called, what its numbers are about, their fate, and why."""
        declared = (READ[name] for name in self._config["extracts"])
        return [(called(one.name), str(one.about), one.fate, one.protection) for one in declared]

    def sources(self) -> list[tuple[str, Markup]]:
        """Where the files of the extracts come from, as the config says: what an extract is, and its source."""
        return [(READ[name].says, setting(source)) for name, source in sources(self._config["extracts"]).items()]

    def mapped(self) -> list[tuple[Markup, ...]]:
        """How the files of the extracts are written, as the config says: file, column, words."""
        return [tuple(map(setting, told)) for told in mapped(self._config["extracts"])]

    def all_or_none(self) -> bool:
        """Whether the disclosure policy withholds that nobody or everybody of a base has the outcome."""
        return POLICIES[self.policy()].all_or_none

    def withheld_sign(self) -> str:
        """What stands in the place of a withheld number."""
        return WITHHELD_SIGN

    def evaluated_programme(self) -> bool:
        """Whether the study is of the programme that some cited constants are about."""
        return evaluated(self._config)

    def not_analysed(self) -> list[str]:
        """Names of the sites that are not analysed."""
        return [name for name in self._sites if name not in analysed(self._sites)]

    def how_many(self, items: Sequence[str] | str, one: str, many: str, start: bool = False) -> Markup:
        """A count of sites, or of the items at a path of the config, with what follows it: three pilots.

        `start` opens a sentence.
        """
        paths = [items] if isinstance(items, str) else [f"sites.{site}" for site in items]
        number = len(value_at(self._config, items)) if isinstance(items, str) else len(items)
        count = words.spelt(number)
        element = setting(count.capitalize() if start else count, " ".join(["count", *paths]))
        return Markup("{} {}").format(element, words.plural(number, one, many))

    def date(self, path: str, style: str = "%-d %B %Y") -> Markup:
        """A date of the config by its path, such as programme.start."""
        return time(day(value_at(self._config, path)), style)

    def authors(self) -> Markup:
        """Who answers for the report, as the config says, as a list."""
        *most, last = map(setting, self._config["front"]["authors"])
        return Markup("{} and {}").format(Markup(", ").join(most), last) if most else last

    def span(self, window: str, period: str) -> Markup:
        """From first to last day of a window of a period."""
        first, last = self._window(window, period)
        return Markup("{} to {}").format(time(first), time(last))

    def month_span(self, window: str, period: str) -> Markup:
        """From first to last month of a window of a period."""
        first, last = self._window(window, period)
        return Markup("{} to {}").format(time(first, "%B %Y"), time(last, "%B %Y"))

    def months_in(self, window: str, period: str) -> Markup:
        """The number of months that a window touches, in words."""
        months = words.spelt(months_touched(*self._window(window, period)))
        return setting(months, f"months periods.{period}.{window}")

    def _window(self, window: str, period: str) -> tuple:
        return tuple(day(value) for value in self._periods[period][window])

    def stage(self, period: str) -> str:
        """What the stage columns of the outcome tables call a period."""
        return {"pre": "Pre", "post": "Pilot"}[period]

    def years_of(self, when: str) -> Markup:
        """The journey years before or during the programme, as a list."""
        return setting(words.listed(self._config["economics"]["journey_years"][when]))

    def first_journey_year(self) -> Markup:
        """The base year of the index of new journeys."""
        return setting(self._config["economics"]["journey_years"]["before"][0])

    def first_index(self) -> str:
        """The id of the index of new journeys in its base year."""
        year = year_key(self._config["economics"]["journey_years"]["before"][0])
        ids = (f"new_journeys.index.{site}.{year}" for site in self._sites)
        return next(one for one in ids if one in self._ids)

    def spending_year(self, position: int) -> Markup:
        """A programme year's label, counted from one."""
        return setting(self._config["economics"]["spending_years"][position - 1])

    def year_name(self, key: str) -> Markup:
        """y2004_05 as 2004-05."""
        return setting(key.removeprefix("y").replace("_", "-"))

    def budget_years(self) -> Markup:
        """First and last year of the national budgets."""
        years = [found["item"] for found in ledger_items(self._ids, "budget.total_funding.{item}")]
        return Markup("{} to {}").format(self.year_name(min(years)), self.year_name(max(years)))

    def covariates(self, key: str) -> Markup:
        """The characteristics that a model allows for, as a list."""
        return setting(words.characteristics(self._config["models"][key]), f"characteristics models.{key}")

    def characteristic_label(self, name: str) -> str:
        """What a characteristic of a model is called at the head of a row."""
        return words.characteristics([name]).capitalize()

    def category_label(self, name: str) -> Markup:
        """What a category of a characteristic is called at the head of a row: Not known, Female, 5 to 9."""
        said = category(name)
        return setting(said[:1].upper() + said[1:])

    def measure_in_text(self, measure: str) -> str:
        """What a measure is called in figures and sentences."""
        return MEASURES[measure].in_text

    def variant_label(self, name: str, choice: str) -> Markup:
        """What a definition is changed to in a row of Table B.5."""
        said = VARIED.get(f"{name}.{choice}") or VARIED[name]
        return setting(said.format(choice=choice.replace("_", " ")))

    def measure_label(self, measure: str) -> str:
        """A measure's name in the table of tests."""
        return MEASURES[measure].label


class Results:
    """Quantities in their elements, and the words that depend on them."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._labels = {name: site["label"] for name, site in book.config["sites"].items()}

    @pass_context
    def q(self, context: Context, identifier: str, form: str = "", magnitude: bool = False) -> Markup:
        """A quantity in its unit's form, or in a named one; `magnitude` drops the sign."""
        return self._element(context, identifier, form, magnitude) + self._book.note_on(identifier)

    @pass_context
    def marked(self, context: Context, identifier: str, marks: dict[str, str]) -> Markup:
        """A quantity in a cell, with the letter of its note; `marks` (note -> letter) gets those that are new."""
        element, note = self._element(context, identifier), self._book.notes.get(identifier)
        if not note:
            return element
        mark = '<sup class="mark"><span class="plain-text"> [</span>{}<span class="plain-text">]</span></sup>'
        return element + Markup(mark).format(marks.setdefault(note, lettered(len(marks))))

    def _element(self, context: Context, identifier: str, form: str = "", magnitude: bool = False) -> Markup:
        value = self._book.value(identifier, context.name)
        form = form or DEFAULT_FORMS[self._book.units[identifier]]
        text = printed(value, form)
        self._book.prints.append((context.name or "", identifier, text))
        shape = (f"{form} {MAGNITUDE}", text.lstrip("+-")) if magnitude else (form, text)
        return self._book.data(identifier, value, *shape)

    @pass_context
    def spelt(self, context: Context, identifier: str) -> Markup:
        """A count in words."""
        value = self._book.value(identifier, context.name)
        self._book.prints.append((context.name or "", identifier, words.spelt(value)))
        return self._book.data(identifier, value, IN_WORDS, words.spelt(value)) + self._book.note_on(identifier)

    @pass_context
    def weeks(self, context: Context, name: str) -> Markup:
        """A span of the definitions ("effective", "pickup"): twelve weeks; 80 days where these are no whole weeks."""
        found = f"stated.{name}_weeks"
        number = self._book.value(found, context.name)
        if not number.is_integer():
            days = f"setting.definitions.{name}_days"
            return Markup("{} {}").format(self.q(context, days), words.plural(self._book.values[days], "day", "days"))
        return Markup("{} {}").format(self.spelt(context, found), words.plural(number, "week", "weeks"))

    @pass_context
    def shift(self, context: Context, identifier: str, decimals: int = 1) -> Markup:
        """rose by 2.8 percentage points; did not change; cannot be compared."""
        change = self._book.value(identifier, context.name)
        verb = self._book.words(context.name, words.moved(change, decimals), identifier)
        if math.isnan(change):
            return verb + self._book.note_on(identifier)
        if words.direction(change, decimals) == words.FLAT:
            return verb
        return Markup("{} by {}").format(verb, self.points(context, identifier, f"points{decimals}", True))

    @pass_context
    def points(self, context: Context, identifier: str, form: str, magnitude: bool = False) -> Markup:
        """A difference with its unit: +3.6 percentage points; 1 percentage point."""
        text = printed(self._book.value(identifier, context.name), form)
        unit = "percentage point" if text.lstrip("+-") == "1" else "percentage points"
        return Markup("{} {}").format(self.q(context, identifier, form, magnitude), unit)

    @pass_context
    def went(self, context: Context, before: str, after: str, decimals: int = 1) -> Markup:
        """rose, fell or did not change, from one quantity to another."""
        change = self._book.value(after, context.name) - self._book.value(before, context.name)
        return self._book.words(context.name, words.moved(change, decimals), before, after)

    @pass_context
    def course(
        self, context: Context, before: str, after: str, form: str, decimals: int = 0, when: Sequence[str] = ()
    ) -> Markup:
        """From one quantity to another: rose from 157 to 208; stayed at 157; went from [z] to 208.

        `when`: the times of both, where they are to be told: rose from 100.0 in 2007-08 to 104.2 in 2009-10.
        """
        ends = [self.q(context, identifier, form) for identifier in (before, after)]
        values = [self._book.values[identifier] for identifier in (before, after)]
        way = words.direction(values[1] - values[0], decimals)
        first, last = (Markup(" in {}").format(time) for time in when) if when else ("", "")
        if len({printed(value, form) for value in values}) == 1 and way != words.UNKNOWN:
            stayed = self._book.words(context.name, "stayed at", before, after)
            return Markup("{} {}").format(stayed, ends[1]) + (f"{first}, as{last}" if when else "")
        verb = {words.UP: "rose", words.DOWN: "fell"}.get(way, "went")
        return Markup("{} from {}{} to {}{}").format(
            self._book.words(context.name, verb, before, after), ends[0], first, ends[1], last
        )

    @pass_context
    def between(self, context: Context, finding: str, form: str) -> Markup:
        """The range of a finding after "lay": between £14,011 and £80,257; at £0 where both ends print alike."""
        ends = [f"{finding}.{end}" for end in ("min", "max")]
        values = [self._book.value(end, context.name) for end in ends]
        alike = len({printed(value, form) for value in values}) == 1 and not math.isnan(values[0])
        told = [self.q(context, end, form) for end in ends]
        return Markup("at {1}" if alike else "between {0} and {1}").format(*told)

    @pass_context
    def largest(self, context: Context, pattern: str, count: int) -> Markup:
        """The items with the largest shares: training (22.8 per cent) and consultancy (16.6 per cent)."""
        ids = [pattern.format(**found) for found in ledger_items(self._book.values, pattern)]
        if not any(self._book.values[identifier] > 0 for identifier in ids):
            return self._book.words(context.name, "items whose shares cannot be given", *ids)
        items = [
            found["item"]
            for found in ledger_items(self._book.values, pattern)
            if self._book.values[pattern.format(**found)] > 0
        ]
        ranked = sorted(items, key=lambda item: -self._book.values[pattern.format(item=item)])[:count]
        parts = [
            Markup("{} ({} per cent)").format(
                self._book.words(context.name, spent_on(item), pattern.format(item=item)),
                self.q(context, pattern.format(item=item), "plain_percent1"),
            )
            for item in ranked
        ]
        return Markup(words.listed(parts))

    @pass_context
    def peak(self, context: Context, pattern: str) -> Markup:
        """The fiscal year with the largest value."""
        ids = {found["item"]: pattern.format(**found) for found in ledger_items(self._book.values, pattern)}
        known = [key for key in ids if not math.isnan(self._book.values[ids[key]])]
        if not known:
            return self._book.words(context.name, "a year that could not be told", *ids.values())
        year = max(known, key=lambda key: self._book.values[ids[key]])
        return self._book.words(context.name, year.removeprefix("y").replace("_", "-"), *ids.values())

    def ends(self, pattern: str) -> list[str]:
        """The ids of a yearly quantity in its first and its last year."""
        years = sorted(found["item"] for found in ledger_items(self._book.values, pattern))
        return [pattern.format(item=year) for year in (years[0], years[-1])]

    def registered(self) -> bool:
        """Whether this run has published numbers to be compared with."""
        return "reproduction.numbers" in self._book.values

    @pass_context
    def without_note(self, context: Context, identifier: str, form: str = "") -> Markup:
        """A quantity as `q` prints it, but for its note, where the words beside it say what the note says."""
        value = self._book.value(identifier, context.name)
        form = form or DEFAULT_FORMS[self._book.units[identifier]]
        text = printed(value, form)
        self._book.prints.append((context.name or "", identifier, text))
        return self._book.data(identifier, value, form, text)

    def walk_start(self, site: str) -> str:
        """The id of the published total benefit of a site: the quantity that prints it, where one does."""
        start = f"steps.start.{site}"
        printed_so = (f"constant.published.7_10.value_total.{site}", f"benefit.total.{site}")
        known = (one for one in printed_so if self._book.values.get(one) == self._book.values[start])
        return next(known, start)

    def registered_range(self, site: str) -> bool:
        """Whether rounded percentages leave the counts of a site open."""
        return f"reproduction.sets.{site}" in self._book.values

    def first_claims(self) -> list[dict[str, str]]:
        """Ids of what Appendix E says of the claims of the print on which most depends, in that order.

        `row` has place and claim as its source and the reason as its note; `clients` and `pounds` are missing where
        nothing follows from the claim.
        """
        names = [one for one in self._book.values if one.startswith("claims.told.")]
        return [self._claim(name, name.removeprefix("claims.told.")) for name in names]

    def _claim(self, name: str, claim: str) -> dict[str, str]:
        found = {"row": name, "source": self._book.sources[name], "why": self._book.notes[name]}
        moved = {unit: f"claims.{unit}.{claim}" for unit in ("clients", "pounds")}
        return found | {unit: known if known in self._book.values else "" for unit, known in moved.items()}

    def swing_of(self, setting_path: str) -> str:
        """The id of how much hangs on an assumption that is varied, "" of one that is not."""
        identifier = f"sensitivity.swing.{setting_path.rpartition('.')[2]}"
        varied = setting_path.startswith("economics.sensitivity.") and identifier in self._book.values
        return identifier if varied else ""

    def exclusions(self) -> list[tuple[Markup, str, str]]:
        """What the method leaves out or treats specially: rule in words, extract, id of the number of records."""
        ledger = self._book.ledger
        rows = ledger[ledger["family"] == "excluded"].to_dict("records")
        found = [(dims_of(row), row["id"]) for row in rows]
        return [
            (setting(dims["excluded_by"].replace("_", " ").capitalize()), called(dims["extract"]), identifier)
            for dims, identifier in found
        ]

    def linked_members(self) -> list[tuple]:
        """Who of a cohort is in another extract: labels of area and period, the extract, ids of base, count and share.

        Areas in the order of the config, for each the periods.
        """
        ledger, config = self._book.ledger, self._book.config
        known = set(ledger["id"])
        patterns = {(one.cohort, name): one.cohort.linked(name) for one in MEASURES.values() for name in links_of(one)}
        return [
            (setting(config["sites"][site][arm]["label"]), setting(config["periods"][period]["label"]), called(name),
             identifier(cohort.base, **place), found, found.replace(f".{WITH}", f".share_{WITH}"))
            for (cohort, name), pattern in patterns.items()
            for site in analysed(config["sites"])
            for arm, area in arms_of(site).items()
            for period in PERIODS
            for place in [{"area": area, "period": period}]
            if (found := identifier(pattern, **place)) in known
        ]  # fmt: skip

    def journeys_alt(self, site: str) -> str:
        """The alternative text of a figure of new journeys."""
        return words.journeys_alt(
            *(self._book.config["sites"][site][arm]["label"] for arm in arms_of(site)),
            *(words.month_name(month) for month in self._book.config["economics"]["monthly_window"]),
            self._book.values[TREND.format(site=site)],
        )

    @pass_context
    def trends(self, context: Context) -> Markup:
        """Which way the fitted lines of the pilots go, as a clause."""
        sites = list(figure_sites(self._book.config).values())
        ids = [TREND.format(site=site) for site in sites]
        slopes = [words.direction(self._book.values[identifier], 2) for identifier in ids]
        ways = {self._labels[site]: words.TRENDS[slope] for site, slope in zip(sites, slopes, strict=True)}
        return self._book.words(context.name, words.shared_out(ways), *ids)


def functions_of(thing: object) -> dict:
    """The public methods of an object by name, for a template's globals."""
    names = (name for name in dir(thing) if not name.startswith("_"))
    return {name: method for name in names if callable(method := getattr(thing, name))}
