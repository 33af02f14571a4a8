"""Relations that are declared by their kind: what a kind asks of the printed numbers, and how it is told.

A declaration names the printed figure (`left`) and what it follows from (`right`). It becomes comparisons, which
`relations` judges, with the figures as they are printed: only what is rounded in the print may be anything that rounds
to it. All numbers are those of one table, row and column, joined by strokes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from dscp.reproduction.intervals import Interval, interval
from dscp.reproduction.numbers import Number
from dscp.reproduction.relations import BROKEN, HOLDS, UNKNOWN, Judged, judge, relation, short, span
from dscp.reproduction.reviewed import place_of

NO_FIGURE = "none"  # the left side of a relation with a whole of 100
CAUSES = ("rounding", "other base", "net figure", "not all printed", "slip", "not found")
AGAINST = {
    "<=": ">",
    "<": "is not below",
    ">": "is not above",
}  # what stands between the sides of a comparison that cannot hold
SIGNS = {"<=": "≤"}
DIGITS = 2  # decimals of what a calculation gives

Right = Sequence[str | Sequence[str]]


@dataclass(frozen=True)
class Kind:
    """What relations of one kind ask for.

    Attributes
    ----------
    asks : left and right side (texts of one term each) -> comparisons
    rounded : which side the print rounds: "left", "right", or "" where all is as printed
    says : why it holds where it does
    """

    asks: Callable[[str, Sequence[str]], list[str]]
    rounded: str
    says: str


def _added(terms: Sequence[str]) -> str:
    return " + ".join(terms)


def _bare(term: str) -> str:
    """A term without brackets around it: it stands alone."""
    return term.removeprefix("(").removesuffix(")")


KINDS: Mapping[str, Kind] = {
    "same": Kind(lambda a, b: [f"{a} = {_bare(b[0])}"], "", "Both places print the same."),
    "sum": Kind(lambda a, b: [f"{a} = {_added(b)}"], "", "The parts add up to the printed total."),
    "difference": Kind(lambda a, b: [f"{a} = {' - '.join(b)}"], "", "The printed difference is that of the figures."),
    "percent": Kind(
        lambda a, b: [f"{a} = 100 * {b[0]} / {b[1]}"], "left", "The printed share is that of the figures, rounded."
    ),
    "percent_rest": Kind(
        lambda a, b: [f"{a} = 100 - 100 * {b[0]} / {b[1]}"], "left", "The printed share is what the figures leave."
    ),
    "growth": Kind(
        lambda a, b: [f"{a} = 100 * ({b[1]} / {b[0]} - 1)"], "left", "The printed growth is that of the figures."
    ),
    "sum_pct": Kind(lambda a, b: [f"{a} = {_added(b)}"], "right", "The rounded shares add up to the printed one."),
    "sum_pct_100": Kind(lambda a, b: [f"100 = {_added(b)}"], "right", "The rounded shares can add up to the whole."),
    "one_in": Kind(lambda a, b: [f"{a} = {b[1]} / {b[0]}"], "left", "One in so many is what the figures give."),
    "one_in_pct": Kind(lambda a, b: [f"{a} = 100 / {b[0]}"], "left", "One in so many is what the share gives."),
    "at_most": Kind(lambda a, b: [f"{a} <= {b[0]}"], "", "The part is no larger than its whole."),
    "at_most_sum": Kind(lambda a, b: [f"{a} <= {_added(b)}"], "", "The whole is no larger than its parts together."),
    "sum_at_most": Kind(lambda a, b: [f"{_added(b)} <= {a}"], "", "The parts together are no more than the whole."),
    "less_than": Kind(lambda a, b: [f"{a} < {b[0]}"], "", "The figures stand in the order that the text gives them."),
    "inside": Kind(lambda a, b: [f"{b[0]} <= {a}", f"{a} <= {b[1]}"], "", "The estimate lies between its bounds."),
    "only_largest": Kind(
        lambda a, b: [f"{a} > {b[0]}", f"{b[1]} <= {b[2]}"], "", "Of the two, only the one has more planned exits."
    ),
    "mean_lag": Kind(lambda a, b: [f"{a} = {b[0]}"], "left", "The printed mean is that of the months between."),
}
ADDED = ("sum", "sum_at_most", "at_most_sum")  # where a cell without a number counts as nothing


@dataclass(frozen=True)
class OfKind:
    """A relation of some kind with its verdict.

    Attributes
    ----------
    judged : its comparisons; it holds where all of them do
    why : why it holds, or what is the matter
    cause : one of CAUSES; "" where it holds
    about : what it is about, in words
    """

    id: str
    kind: str
    judged: tuple[Judged, ...]
    about: str
    cause: str
    why: str

    @property
    def verdict(self) -> str:
        """The verdict of the comparisons together."""
        found = [one.verdict for one in self.judged]
        return next(one for one in (BROKEN, UNKNOWN, HOLDS) if one in found)

    @property
    def arithmetic(self) -> str:
        """What a pocket calculator repeats: 100 × 118 / 866 = 13.63, printed 12."""
        return "; ".join(_told(one) for one in self.judged)


def judged_by_kind(
    specs: Sequence[Mapping], published: Mapping[str, Number], explained: pd.DataFrame, places: Mapping[str, str]
) -> list[OfKind]:
    """Every declared relation with its verdict and why it is so.

    Parameters
    ----------
    specs : id, kind, left, right of each relation
    explained : of those that cannot hold, by id: cause, what (it is about), why
    places : table -> what it is called in words

    Raises
    ------
    ValueError
        A kind or a cause that there is not, a number that is not in the print, two relations of one id; one that cannot
        hold and is not explained, or one that is explained and holds.
    """
    found = [_of_kind(spec, published, explained, places) for spec in specs]
    ids = [one.id for one in found]
    if twice := {one for one in ids if ids.count(one) > 1}:
        raise ValueError(f"relation {min(twice)} stands twice")
    broken = {one.id for one in found if one.verdict == BROKEN}
    if odd := broken ^ set(explained.index):
        how = "cannot hold and is not explained" if min(odd) in broken else "is explained and does not fail"
        raise ValueError(f"relation {min(odd)} {how} (and {len(odd) - 1} more)")
    if unknown := set(explained["cause"]) - set(CAUSES):
        raise ValueError(f"cause {min(unknown)!r}, allowed: {', '.join(CAUSES)}")
    return found


def _of_kind(
    spec: Mapping, published: Mapping[str, Number], explained: pd.DataFrame, places: Mapping[str, str]
) -> OfKind:
    name = spec["kind"]
    if name not in KINDS:
        raise ValueError(f"relation {spec['id']}: kind {name!r}, allowed: {', '.join(KINDS)}")
    kind, left = KINDS[name], spec["left"]
    right = [_lag(spec, published)] if name == "mean_lag" else [_term(one, name, published) for one in spec["right"]]
    print_ = {key: _interval(one, kind.rounded == "right") for key, one in published.items()}
    if left != NO_FIGURE:
        print_[left] = _interval(_known(published, left, spec), kind.rounded == "left")
    texts = kind.asks(f"[{_name(left)}]", [one for one in right if one])
    judged = tuple(judge(relation(spec["id"], name, text), print_) for text in texts)
    told = explained.loc[spec["id"]] if spec["id"] in explained.index else None
    about = place_of(left if left != NO_FIGURE else spec["right"][0], places) if told is None else told["what"]
    cause, why = ("", kind.says) if told is None else (told["cause"], told["why"])
    return OfKind(spec["id"], name, judged, about, cause, why)


def _known(published: Mapping[str, Number], key: str, spec: Mapping) -> Number:
    if key not in published:
        raise ValueError(f"relation {spec['id']}: there is no published number {key}")
    return published[key]


def _interval(number: Number, rounded: bool) -> Interval | None:
    """All values that print so, or the printed one alone."""
    return number.interval if rounded or number.value is None else interval(number.value)


def _name(key: str) -> str:
    return " ".join(key.split("/"))


def _term(one: str | Sequence[str], kind: str, published: Mapping[str, Number]) -> str:
    """A number, or several in brackets, those with a leading "-" taken away; "" for one without a value in a sum."""
    if isinstance(one, str):
        nothing = kind in ADDED and one in published and published[one].value is None
        return "" if nothing else f"[{_name(one)}]"
    signed = "".join(f" - [{_name(key[1:])}]" if key.startswith("-") else f" + [{_name(key)}]" for key in one)
    return f"({signed.removeprefix(' + ')})"


def _lag(spec: Mapping, published: Mapping[str, Number]) -> str:
    """Mean months from the row to the column of a triangle of months, of all that it counts."""
    (table,) = spec["right"]
    cells = [one for one in published.values() if one.table == table]
    months = list(dict.fromkeys(one.row for one in cells))
    counted = [one for one in cells if one.column.rpartition("_")[2] in months and one.value]
    lags = [months.index(one.column.rpartition("_")[2]) - months.index(one.row) for one in counted]
    terms = [f"[{_name(one.key)}]" for one in counted]
    by_lag = {
        lag: [term for term, own in zip(terms, lags, strict=True) if own == lag] for lag in sorted(set(lags) - {0})
    }
    weighted = [f"{lag} * ({_added(own)})" if len(own) > 1 else f"{lag} * {own[0]}" for lag, own in by_lag.items()]
    return f"({_added(weighted)}) / ({_added(terms)})"


def _told(one: Judged) -> str:
    """A comparison with its figures: what they give, and what is printed."""
    left, right = one.filled.split(f" {one.relation.operator} ")
    if one.verdict == UNKNOWN:
        return one.filled
    if one.relation.operator == "=":
        return signs(f"{_worked(right, one.right)}, printed {left}" if _is_sum(right) else f"{left} and {right}")
    sign = AGAINST if one.verdict == BROKEN else SIGNS
    between = sign.get(one.relation.operator, one.relation.operator)
    return signs(f"{_worked(left, one.left)} {between} {_worked(right, one.right)}")


def _is_sum(text: str) -> bool:
    return re.search(r"[-+*/]", text.lstrip("-")) is not None


def _worked(text: str, value: Interval) -> str:
    """A calculation with its result; a single number as it is."""
    return f"{text} = {short(value.middle, DIGITS)}" if _is_sum(text) else text


def signs(text: str) -> str:
    """A calculation with the signs of print."""
    return re.sub(r"(?<![\w])-|(?<= )-(?= )", "−", text.replace("*", "×"))


def relation_rows(found: Sequence[OfKind]) -> pd.DataFrame:
    """What is written of relations: id, about, relation, printed, left, right, verdict, cause, why."""
    rows = [
        (
            one.id,
            one.about,
            "; ".join(part.relation.text for part in one.judged),
            one.arithmetic,
            "; ".join(span(part.left) for part in one.judged if part.left),
            "; ".join(span(part.right) for part in one.judged if part.right),
            one.verdict,
            one.cause,
            one.why,
        )
        for one in found
    ]
    return pd.DataFrame(
        rows, columns=["id", "about", "relation", "printed", "left", "right", "verdict", "cause", "why"]
    )
