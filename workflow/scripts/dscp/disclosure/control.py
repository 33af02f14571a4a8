"""Disclosure control: which counts of people may be published, and what follows from those that may not.

A policy is applied once, to the whole ledger, before anything is printed: all that prints reads the ledger that comes
out of it. Which counts are withheld is said in disclosure.withholding. Everything that is computed is computed again
from what is published, and so tells nothing more.
"""

from __future__ import annotations

import math
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from types import MappingProxyType

import pandas as pd

from dscp.disclosure.attack import Fact, Range, attack
from dscp.disclosure.facts import (
    ANY,
    Sum,
    counts,
    is_of_model,
    left_of,
    links,
    months,
    of_people,
    sums,
    totals,
    within,
)
from dscp.disclosure.models import (
    CONFIDENCE,
    Cell,
    Fitted,
    digits_of,
    fitted,
    is_clustered,
    is_result,
    leads_nowhere,
    safe_digits,
    shortened,
)
from dscp.disclosure.policies import NONE, Policy
from dscp.disclosure.withholding import Ties, enough_left, modelled, not_nought, small
from dscp.ledger.formulas import recompute
from dscp.ledger.rows import inputs_of
from dscp.ledger.withheld import WITHHELD_SIGN

NOTE = f"{WITHHELD_SIGN} confidential: withheld so that no small number of people can be told"
LOST = "not computed: the published numbers do not allow it"
UNTOLD = "not computed: the reason is not given, as it could tell of few people"
PROTECTS = "would give"  # how the reason of a count begins that is withheld for another's sake
SEVERAL = "would tell how many clients have several rows"
WITHHELD, ROUNDED, RECOMPUTED = "withheld", "rounded", "recomputed"
DECISIONS = ["id", "decision", "reason"]


class CannotProtect(ValueError):
    """A policy cannot be kept with this ledger."""


@dataclass(frozen=True)
class Control:
    """A policy, and the setting that decides how referrals add up (definitions.missing_release)."""

    policy: Policy
    missing_release: str = "not_successful"

    def disclose(
        self, ledger: pd.DataFrame, few: Mapping[str, str] = MappingProxyType({})
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Apply the policy to a whole ledger.

        Parameters
        ----------
        ledger : the fields of ledger.rows.FIELDS, one row per quantity; values in full, but for the results of models,
            which are those of `published_models`
        few : id of a model's result that rests on too few cases -> why it is withheld

        Returns
        -------
        The ledger to publish: the same rows in the same order, values rounded, recomputed or missing (the note then
        begins with "[c]"). And one row per quantity that is withheld, rounded or recomputed, changed or not:
        id, decision, and the reason, which is not for publication: it tells which counts are small.

        Raises
        ------
        CannotProtect
            A count can be told whatever else is withheld.
        """
        if self.policy == NONE:
            return ledger, pd.DataFrame(columns=DECISIONS)
        made, withheld = self.decided(by_id(ledger), few)
        made = {name: made[name] for name in ledger["id"]}
        table = pd.DataFrame(made.values(), columns=ledger.columns)
        return table.astype(ledger.dtypes), _decisions(made, withheld, self.policy)

    def decided(
        self, full: Mapping[str, Mapping], few: Mapping[str, str] = MappingProxyType({})
    ) -> tuple[dict[str, dict], dict[str, str]]:
        """The rows of a ledger as they are published, with the decision on each; and id -> why one is withheld.

        full : id -> row, in full, each after those that it is computed from; few, and errors : as of `disclose`
        """
        if unruled := _unruled(full):
            raise CannotProtect(unruled[0])
        rows, telling = self._cut(full)
        ties = Ties(rows, self.policy, self.missing_release)
        found = ties.closed({**telling, **few, **small(rows, self.policy)})
        found = ties.closed({**small(self._published(rows, found), self.policy), **found})
        withheld = self._secondary(rows, ties, found)
        return self._published(rows, withheld), withheld

    def _cut(self, rows: Mapping[str, Mapping]) -> tuple[dict[str, Mapping], dict[str, str]]:
        """Results of models with digits that tell nothing; and those that tell with any: id -> reason."""
        cut = dict(rows)
        telling = dict.fromkeys(filter(lambda one: is_clustered(rows[one]), rows), SEVERAL)
        for model in fitted(rows):
            digits = self._digits(model, rows)
            if digits == 0:
                telling |= dict.fromkeys(model.results.values(), "would tell of the counts that its model is fitted to")
            cut |= {
                one: {**rows[one], "value": shortened(rows[one]["value"], digits)} for one in model.results.values()
            }
        return cut, telling

    def _digits(self, model: Fitted, rows: Mapping[str, Mapping]) -> int:
        """With how many digits the results of a model may be published, 0 where they may not be."""
        values = {name: rows[one]["value"] for name, one in model.results.items()}
        known = {name: value for name, value in values.items() if not math.isnan(value)}
        if self.policy.base > 1 and (not model.cells or CONFIDENCE not in rows):
            return 0
        if not known or self.policy.base == 1:
            return self.policy.model_digits
        return safe_digits(known, self._cells(model, rows), rows[CONFIDENCE]["value"], self.policy.model_digits)

    def _cells(self, model: Fitted, rows: Mapping[str, Mapping]) -> list[Cell]:
        """What is known of the counts and bases of a model, all of them rounded."""
        return [self._cell(*(self.policy.rounded(rows[one]["value"]) for one in pair)) for pair in model.cells]

    def _cell(self, count: float, base: float) -> Cell:
        return Cell(*(Range(*self.policy.ends(shown)) for shown in (count, base)), (round(count), round(base)))

    def _leading(self, published: Mapping[str, Mapping]) -> Iterator[str]:
        """Results of a model that would lead somebody to counts, with the digits that they have: one of each."""
        for model in fitted(published) if self.policy.base > 1 else []:
            values = {name: published[one]["value"] for name, one in model.results.items()}
            known = {name: value for name, value in values.items() if not math.isnan(value)}
            if not known:
                continue
            counted = model.cells and not any(
                math.isnan(published[one]["value"]) for pair in model.cells for one in pair
            )
            given = range(max(map(digits_of, known.values())), self.policy.model_digits + 1)
            if not (counted and CONFIDENCE in published) or not any(
                leads_nowhere(known, self._cells(model, published), published[CONFIDENCE]["value"], digits)
                for digits in given
            ):
                yield model.results[next(iter(known))]

    def _secondary(self, rows: Mapping[str, Mapping], ties: Ties, withheld: dict[str, str]) -> dict[str, str]:
        """Withhold more until no count can be told from what is published."""
        linked = [fact for fact in links(rows, self.missing_release) if len(fact.weights) > 1]
        while told := self.given_away(self._published(rows, withheld)):
            added: dict[str, str] = {}
            for name, span in told.items():
                chain, other = ties.partner(linked, name, withheld)
                if added.keys().isdisjoint(chain):
                    other = other or name
                    if other in withheld:
                        raise CannotProtect(f"{name} can be told from other numbers, and none of these can be withheld")
                    added[other] = f"{PROTECTS} {name} away ({span})"
            withheld = ties.closed({**withheld, **added})
        return withheld

    def _published(self, rows: Mapping[str, Mapping], withheld: Container[str]) -> dict[str, dict]:
        """The rows of the ledger as they are published, with the decision on each ("" for a row that stays as it is).

        A decision follows from the rule and from what is published, never from a value that is not, and so does a note.
        """
        summed, made = set(totals(rows)), {}

        def publish(name: str, row: Mapping) -> None:
            resting = [made[one] for one in inputs_of(row)]
            decision = WITHHELD if name in withheld else self._decision(row, name in summed, resting)
            value = self._value(row, decision, made)
            if decision == RECOMPUTED and math.isnan(value) and any(one["note"] == NOTE for one in resting):
                decision = WITHHELD
            rest = {"rows": pd.NA if of_people(row) else row["rows"], "decision": decision}
            made[name] = {**row, **rest, "value": value, "note": _note(row, decision, value)}

        for name in (one for one in rows if not rows[one]["inputs"]):
            publish(name, rows[name])
        if self.policy.base > 1:
            self._add_up(rows, made)
        for name in (one for one in rows if rows[one]["inputs"]):
            publish(name, rows[name])
        return made

    def _decision(self, row: Mapping, summed: bool, resting: Sequence[Mapping]) -> str:
        """What becomes of a quantity that is not withheld: a sum of counts goes as they do."""
        if of_people(row) or summed:
            return ROUNDED if row["unit"] != "count" or self.policy.base > 1 else ""
        return RECOMPUTED if any(one["decision"] for one in resting) else ""

    def _value(self, row: Mapping, decision: str, made: Mapping[str, Mapping]) -> float:
        if decision == WITHHELD:
            return math.nan
        values = {one: made[one]["value"] for one in inputs_of(row)}
        summed = decision == ROUNDED and values and not any(math.isnan(value) for value in values.values())
        if decision == RECOMPUTED or summed:
            return _computed(row, values)
        if decision == ROUNDED:
            return self.policy.rounded(row["value"]) if row["unit"] == "count" else row["value"]
        return row["value"]

    def _add_up(self, rows: Mapping[str, Mapping], made: dict[str, dict]) -> None:
        """Rounded counts that are tied to each other are published so that together they tell no more than alone.

        One that is the sum of others is the sum of what is published of them, and a part is at most what is published
        of its whole, less the other parts.
        """
        self._sum(rows, made)
        for whole, parts in within(rows):
            left = left_of(made, whole, parts)
            if made[parts[-1]]["value"] > left:
                made[parts[-1]] = {**made[parts[-1]], "value": left}
        self._sum(rows, made)  # again: such a part may be part of a sum

    def _sum(self, rows: Mapping[str, Mapping], made: dict[str, dict]) -> None:
        for one in (one for one in self._added(rows) if one.whole in made):  # others are computed from their parts
            true, published = one.of(rows) == rows[one.whole]["value"], one.of(made)
            if true and not any(math.isnan(value) for value in (published, made[one.whole]["value"])):
                made[one.whole] = {**made[one.whole], "value": published}

    def _added(self, rows: Mapping[str, Mapping]) -> list[Sum]:
        """Counts that are sums of others: where counts are rounded, published as the sums of what is published."""
        return [*sums(rows, self.missing_release), *months(rows)]

    def told(self, published: Mapping[str, Mapping]) -> dict[str, Range]:
        """What a reader of the published rows can tell of each count that is not published exactly."""
        return attack(self.known(published), self.hidden(published))

    def known(self, published: Mapping[str, Mapping]) -> list[Fact]:
        """What a reader of the published rows knows of counts, and of how they hang together."""
        left = enough_left(published, self.policy) if self.policy.base > 1 else []
        return [*self._facts(published), *links(published, self.missing_release), *left]

    def hidden(self, published: Mapping[str, Mapping]) -> list[str]:
        """The counts that are not published exactly, and sums that are withheld."""
        sums_withheld = [name for name in totals(published) if _is_withheld(published[name])]
        return [name for name in counts(published) if self._hidden(published[name])] + sums_withheld

    def given_away(self, published: Mapping[str, Mapping]) -> dict[str, Range]:
        """Those of which more can be told than the policy allows."""
        return {name: span for name, span in self.told(published).items() if span.width < self.width(published[name])}

    def width(self, row: Mapping) -> int:
        """How many values a count must be able to have: the policy's number; of a rounded one, those it rounds."""
        if _is_withheld(row):
            return self.policy.smallest or self.policy.base
        return Range(*self.policy.ends(row["value"])).width

    def _hidden(self, row: Mapping) -> bool:
        return _is_withheld(row) or (not math.isnan(row["value"]) and self.width(row) > 1)

    def _facts(self, published: Mapping[str, Mapping]) -> list[Fact]:
        """What each count says by itself: its value, up to rounding; that it is withheld, and so not nought.

        A sum of published counts says nothing more; a part that is all that its whole leaves may have been more.
        Noughts are withheld of a base whose outcomes may not be told.
        """
        rounds = self.policy.base > 1
        added = {
            one.whole for one in self._added(published) if rounds and published[one.whole]["value"] == one.of(published)
        }
        at_most = {
            parts[-1]
            for whole, parts in within(published)
            if rounds and published[parts[-1]]["value"] == left_of(published, whole, parts)
        }
        named = [name for name in [*counts(published), *totals(published)] if name not in added]
        withheld = {name for name in named if _is_withheld(published[name])}
        return [
            *(Fact({name: 1}, 1, ANY) for name in not_nought(published, withheld, self.policy)),
            *(
                Fact({name: 1}, low, ANY if name in at_most else high)
                for name in named
                if not math.isnan(published[name]["value"])
                for low, high in [self.policy.ends(published[name]["value"])]
            ),
        ]

    def faults(self, published: Mapping[str, Mapping]) -> list[str]:
        """What is published and may not be, but for what the attack finds: one line each.

        A small count or remainder; a quantity that cannot be computed from what is published; what a model says of
        a count that is withheld, with more digits than the policy lets through, or so that it leads to rounded counts;
        what no rule is for.
        """
        few = [f"{name} is published and {why}" for name, why in small(published, self.policy).items()]
        values = {name: row["value"] for name, row in published.items()}
        summed = set(totals(published))
        derived = [name for name, row in published.items() if row["inputs"] and name not in summed]
        other = [
            f"{name} is published and does not follow from published numbers"
            for name in derived
            if not math.isnan(values[name]) and not _same(values[name], _computed(published[name], values))
        ]
        withheld = [published[name] for name in counts(published) if _is_withheld(published[name])]
        models = [
            f"{name} is published and is about {about}"
            for name, row in published.items()
            if not math.isnan(row["value"]) and (about := modelled(row, withheld))
        ]
        exact = [
            f"{name} is published with more than {self.policy.model_digits} digits"
            for name, row in published.items()
            if is_result(row) and digits_of(row["value"]) > self.policy.model_digits
        ]
        clustered = [
            f"{name} is published and {SEVERAL}"
            for name, row in published.items()
            if is_clustered(row) and not math.isnan(row["value"])
        ]
        leading = [f"{name} is published and leads to the counts behind its model" for name in self._leading(published)]
        return [*few, *other, *models, *exact, *clustered, *leading, *_unruled(published)]


def _unruled(rows: Mapping[str, Mapping]) -> list[str]:
    """Quantities read from records of people that are neither counts nor results of models: one line each."""
    return [
        f"{name} is read from records of people, in {row['unit']}, and no rule says how it may be published"
        for name, row in rows.items()
        if of_people(row) and row["unit"] != "count" and not is_result(row)
    ]


def by_id(ledger: pd.DataFrame) -> dict[str, Mapping]:
    """The rows of a ledger by their ids, each after those that it is computed from."""
    return ordered({row["id"]: row for row in ledger.to_dict("records")})


def ordered(rows: Mapping[str, Mapping]) -> dict[str, Mapping]:
    """Rows of a ledger, id -> row, each after those that it is computed from."""
    graph = {name: inputs_of(row) for name, row in rows.items()}
    return {name: rows[name] for name in TopologicalSorter(graph).static_order()}


def _is_withheld(row: Mapping) -> bool:
    return row["note"].startswith(WITHHELD_SIGN)


def _computed(row: Mapping, values: Mapping[str, float]) -> float:
    """A quantity from its inputs; missing where they do not allow it."""
    try:
        return recompute(row, values)
    except (ArithmeticError, ValueError):
        return math.nan


def _note(row: Mapping, decision: str, value: float) -> str:
    """The note of a published row; what a model remarks on its clients is not told, nor why a count is lacking."""
    if decision == WITHHELD:
        return NOTE
    if of_people(row) and (row["unit"] != "count" or is_of_model(row)):
        return UNTOLD if math.isnan(value) else ""
    if decision == RECOMPUTED:
        return LOST if math.isnan(value) else ""
    return row["note"]


def _decisions(made: Mapping[str, Mapping], withheld: Mapping[str, str], policy: Policy) -> pd.DataFrame:
    found = []
    for name, row in made.items():
        if row["decision"] == WITHHELD:
            resting = (one for one in inputs_of(row) if _is_withheld(made[one]))
            found.append((name, WITHHELD, withheld.get(name) or f"rests on {next(resting)}"))
        elif row["decision"] == ROUNDED:
            rounded = f"to the nearest {policy.base}" if row["unit"] == "count" else f"to {policy.model_digits} digits"
            found.append((name, ROUNDED, rounded))
        elif row["decision"]:
            found.append((name, RECOMPUTED, "from what is published"))
    return pd.DataFrame(found, columns=DECISIONS)


def _same(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12) or (math.isnan(one) and math.isnan(other))
