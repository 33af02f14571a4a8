"""Means over pairs of areas and their intervals, for rules that count areas as the clusters that they are."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence

import pandas as pd

from dscp.ledger.formulas import derive

ONE_PAIR = "not computed: one pair of areas, two are needed"
NO_PAIR = "not computed: no pair of areas can be used, two are needed"
LEFT_OUT = "left out: {}, where nobody could be counted"
CONFIDENCE = "setting.models.confidence"
_REACH = "student_quantile((1 + confidence) / 2, len(each) - 1) * sqrt(variance(each) / len(each))"
Values = MutableMapping[str, float]


def averaged(
    name: str,
    groups: Sequence[tuple[Mapping, pd.DataFrame]],
    values: Values,
    labels: Mapping[str, str],
    **told: str,
) -> list[pd.DataFrame]:
    """Ledger rows of means over pairs of areas, in percentage points, and their intervals, Student's t.

    Parameters
    ----------
    name : head of the ids of the means; their ends are name_low and name_high
    groups : of each mean what else its id takes, and its pairs: site, id
    values : id -> value; a pair that has none is left out, as the note says
    labels : site -> label
    told : as `derive` takes it
    """
    frame = pd.DataFrame([{**more, **used(each, values, labels)} for more, each in groups])
    tail = "".join(f".{{{key}}}" for key in groups[0][0])
    told = {"unit": "ppt", "note": "{note}", "missing": "{why}", **told}
    made = [derive(frame, values, id=name + tail, formula="mean(each)", inputs={"each": "@each"}, **told)]
    for end, sign in {"low": "-", "high": "+"}.items():
        inputs = {"middle": name + tail, "each": "@each", "confidence": CONFIDENCE}
        formula = f"middle {sign} {_REACH}"
        made.append(derive(frame, values, id=f"{name}_{end}{tail}", formula=formula, inputs=inputs, **told))
    return made


def used(each: pd.DataFrame, values: Values, labels: Mapping[str, str]) -> dict:
    """Which pairs enter a mean (ids), which do not (note), and why there is none; parameters as of `averaged`."""
    known = each[[values[one] == values[one] for one in each["id"]]]
    lost = [labels[site] for site in each["site"] if site not in set(known["site"])]
    return {
        "each": (known if len(known) else each)["id"].to_list(),
        "note": "; ".join(LEFT_OUT.format(one) for one in lost),
        "why": "" if len(known) > 1 else ONE_PAIR if len(known) else NO_PAIR,
    }
