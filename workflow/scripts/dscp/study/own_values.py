"""Unit values of a study's own: which there may be, what they need beside them, and in which prices they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

# Those that are given together, as one is the sum of the others, or none means anything without the other.
TOGETHER = (
    ("harm_untreated", "harm_untreated_crime", "harm_untreated_health"),
    ("harm_in_treatment_crime", "harm_in_treatment_health"),
)
# In pounds, and part of what a client is worth.
MONEY = (*TOGETHER[0], *TOGETHER[1], "harm_in_recovery", "treatment_cost")
ROUNDED = 1  # pound: parts that were rounded each for itself may miss their sum by so much
Fault = tuple[tuple, str]


def priced(economics: Mapping) -> str:
    """The year in whose prices all values in pounds are; "" where some of them name none."""
    own = economics.get("unit_values", {})
    if "prices" in economics:
        return economics["prices"]["year"]
    years = {own.get(name, {}).get("price_year", "") for name in MONEY}
    return years.pop() if len(years) == 1 else ""


def unfit(economics: Mapping) -> Iterator[Fault]:
    """Own values that cannot be computed with, as path and what was found and is allowed."""
    own, prices = economics.get("unit_values", {}), economics.get("prices")
    path = ("economics", "unit_values")
    if own and economics["method"] == "as_published":
        yield path, "found values beside method as_published, allowed: with method corrected only"
    for together in TOGETHER:
        given = [name for name in together if name in own]
        if given and len(given) < len(together):
            lacking = next(name for name in together if name not in own)
            yield path, f"found {given[0]} without {lacking}, allowed: {', '.join(together)} together"
    whole, *parts = TOGETHER[0]
    if all(name in own for name in TOGETHER[0]):
        total = sum(own[name]["value"] for name in parts)
        if abs(total - own[whole]["value"]) > ROUNDED:
            yield (*path, whole), f"found {own[whole]['value']:,}, allowed: the sum of {' and '.join(parts)}, {total:,}"
    years = {one["price_year"] for one in own.values() if "price_year" in one}
    if prices:
        yield from _prices(own, prices)
    elif len(years) > 1:
        listed = ", ".join(sorted(years))
        yield path, f"found price years {listed}, allowed: one, or economics.prices with an index between them"


def _prices(own: Mapping, prices: Mapping) -> Iterator[Fault]:
    path = ("economics", "prices")
    if prices["year"] not in prices["index"]:
        yield (*path, "year"), f"found {prices['year']}, allowed: a year of prices.index"
    for name in MONEY:
        if name not in own:
            said = "the value of the evaluation names no price year; economics.unit_values gives one's own"
            yield path, f"found no price year of {name}, allowed: prices of one year for all values: {said}"
        elif own[name].get("price_year") not in prices["index"]:
            found = own[name].get("price_year", "none")
            yield ("economics", "unit_values", name, "price_year"), f"found {found}, allowed: a year of prices.index"
