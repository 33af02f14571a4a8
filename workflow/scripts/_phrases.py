"""What the templates call to print quantities, words that depend on them, and settings of the study."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import _words as words
from _book import DEFAULT_FORMS, Book, data, said, setting, site_label, time
from _exhibits import ledger_items
from _print import printed
from _study import analysed, day, year_key
from jinja2 import pass_context
from markupsafe import Markup


def results(book: Book) -> dict:
    """What prints quantities and the words that depend on them."""

    def quote(context, identifier: str, form: str, magnitude: bool = False) -> Markup:
        value = book.value(identifier, context.name)
        text = printed(value, form)
        book.prints.append((context.name, identifier, text))
        element = data(identifier, value, text.lstrip("+-") if magnitude else text)
        note = book.notes.get(identifier)
        return element + Markup('<span class="fn" role="note">{}</span>').format(note) if note else element

    @pass_context
    def q(context, identifier: str, form: str = "", magnitude: bool = False) -> Markup:
        """A quantity in its unit's form, or in a named one; `magnitude` drops the sign."""
        book.value(identifier, context.name)
        return quote(context, identifier, form or DEFAULT_FORMS[book.units[identifier]], magnitude)

    @pass_context
    def v(context, identifier: str) -> float:
        """A quantity's value, for a template's conditions."""
        return book.value(identifier, context.name)

    @pass_context
    def spelt(context, identifier: str) -> Markup:
        """A count in words."""
        return data(identifier, value := book.value(identifier, context.name), words.spelt(value))

    @pass_context
    def shift(context, identifier: str, decimals: int = 1, verbs=("rose", "fell", "did not change")) -> Markup:
        """rose by 2.8 percentage points; did not change; could not be compared."""
        change = book.value(identifier, context.name)
        verb = said(words.moved(change, decimals, verbs), identifier)
        if words.direction(change, decimals) not in (words.UP, words.DOWN):
            return verb
        amount = quote(context, identifier, f"points{decimals}", magnitude=True)
        unit = words.plural(abs(float(printed(change, f"points{decimals}"))), "point", "points")
        return Markup("{} by {} percentage {}").format(verb, amount, unit)

    @pass_context
    def p_value(context, identifier: str, form: str = "p2") -> Markup:
        """p = 0.04, p < 0.01, or that it could not be tested."""
        value = book.value(identifier, context.name)
        if math.isnan(value):
            return Markup("p = {}").format(quote(context, identifier, form))
        sign = "" if printed(value, form).startswith("<") else "= "
        return Markup("p {}{}").format(sign, quote(context, identifier, form))

    @pass_context
    def significance(context, identifier: str) -> Markup:
        """Statistically significant or not at the level of the config."""
        level = book.value("setting.models.significance", context.name)
        text = words.significance(book.value(identifier, context.name), level)
        return said(text, identifier, "setting.models.significance")

    @pass_context
    def verdicts(context, measure: str, sites: Sequence[str], decimals: int = 1) -> Markup:
        """What the differences in differences of several sites say, as one clause."""
        level = book.value("setting.models.significance", context.name)
        found = {
            site_label(book, site): words.verdict(
                book.value(f"{measure}.did.{site}", context.name),
                book.value(f"{measure}.p.{site}", context.name),
                level,
                decimals,
            )
            for site in sites
        }
        ids = [f"{measure}.{part}.{site}" for site in sites for part in ("did", "p")]
        return said(words.verdict_sentence(found), *ids, "setting.models.significance")

    @pass_context
    def against(context, pilot: str, comparison: str, decimals: int = 1) -> Markup:
        """also or by contrast."""
        text = words.against(book.value(pilot, context.name), book.value(comparison, context.name), decimals)
        return said(text, pilot, comparison)

    @pass_context
    def sites_where(context, pattern: str, sites: Sequence[str], way: str, decimals: int = 0) -> list[str]:
        """The sites whose quantity goes up, down or flat at printed precision."""
        ids = {site: pattern.format(site=site) for site in sites}
        return [site for site, i in ids.items() if words.direction(book.value(i, context.name), decimals) == way]

    def sites_listed(sites: Sequence[str], pattern: str = "") -> Markup:
        """Labels of sites as a list in a sentence; `pattern` names the quantities that chose them."""
        text = words.listed([site_label(book, site) for site in sites])
        return said(text, *(pattern.format(site=site) for site in book.config["sites"])) if pattern else setting(text)

    functions = (q, v, spelt, shift, p_value, significance, verdicts, against, sites_where, sites_listed)
    return {function.__name__: function for function in functions}


def settings(book: Book) -> dict:
    """What prints labels, dates and counts of the config."""
    config = book.config

    def label(period: str) -> Markup:
        """A period's label."""
        return setting(config["periods"][period]["label"])

    def change_label() -> Markup:
        """The label of the change and difference columns."""
        return setting(config["change_label"])

    def site_label(site: str) -> Markup:
        """A site's label."""
        return setting(_label(book, site))

    def area_label(site: str, arm: str) -> Markup:
        """An area's label."""
        return setting(config["sites"][site][arm]["label"])

    def worked_label() -> Markup:
        """The label of the worked example's site."""
        return site_label(config["economics"]["worked_example"])

    def date(path: str) -> Markup:
        """A date of the config by its path, such as programme.start."""
        value = config
        for key in path.split("."):
            value = value[key]
        return time(day(value))

    def span(window: str, period: str) -> Markup:
        """From first to last day of a window of a period."""
        first, last = (day(value) for value in config["periods"][period][window])
        return Markup("{} to {}").format(time(first), time(last))

    def month_span(window: str, period: str) -> Markup:
        """From first to last month of a window of a period."""
        first, last = (day(value) for value in config["periods"][period][window])
        return Markup("{} to {}").format(time(first, "%B %Y"), time(last, "%B %Y"))

    def months_in(window: str, period: str) -> Markup:
        """The number of months that a window touches, in words."""
        first, last = (day(value) for value in config["periods"][period][window])
        return setting(words.spelt((last.year - first.year) * 12 + last.month - first.month + 1))

    def how_many(items: Sequence, one: str, many: str) -> Markup:
        """A count of sites or areas with its noun: three pilot areas."""
        return Markup("{} {}").format(setting(words.spelt(len(items))), words.plural(len(items), one, many))

    def sites(**where) -> list[str]:
        """Names of the analysed sites with these settings, in their order."""
        chosen = analysed(config["sites"]).items()
        return [name for name, site in chosen if all(site.get(key) == value for key, value in where.items())]

    def not_analysed() -> list[str]:
        """Names of the sites that are not analysed."""
        return [name for name in config["sites"] if name not in analysed(config["sites"])]

    def stage(period: str) -> str:
        """What the stage columns of the outcome tables call a period."""
        return {"pre": "Pre", "post": "Pilot"}[period]

    def years_of(when: str) -> Markup:
        """The journey years before or during the programme, as a list."""
        return setting(words.listed(config["economics"]["journey_years"][when]))

    def first_journey_year() -> Markup:
        """The base year of the index of new journeys."""
        return setting(config["economics"]["journey_years"]["before"][0])

    def first_index() -> str:
        """The id of the index in its base year."""
        first = next(iter(config["sites"]))
        return f"new_journeys.index.{first}.{year_key(config['economics']['journey_years']['before'][0])}"

    def spending_year(position: int) -> Markup:
        """A programme year's label, counted from one."""
        return setting(config["economics"]["spending_years"][position - 1])

    def year_name(key: str) -> Markup:
        """y2004_05 as 2004-05."""
        return setting(key.removeprefix("y").replace("_", "-"))

    def budget_years() -> Markup:
        """First and last year of the national budgets in the ledger."""
        keys = sorted({i.split(".")[2] for i in book.values if i.startswith("budget.total_funding.")})
        return Markup("{} to {}").format(year_name(keys[0]), year_name(keys[-1]))

    def measure_label(measure: str) -> str:
        """A measure's name in the table of tests."""
        return {
            "prison_pickup": "Prison to CJIT",
            "community_triage": "CJIT to community",
            "effective_treatment": "Effective treatment",
            "successful_completion": "Successful completion",
        }[measure]

    functions = (
        label, change_label, site_label, area_label, worked_label, date, span, month_span, months_in, how_many, sites,
        not_analysed, stage, years_of, first_journey_year, first_index, spending_year, year_name, budget_years,
        measure_label,
    )  # fmt: skip
    return {"config": config, **{function.__name__: function for function in functions}}


