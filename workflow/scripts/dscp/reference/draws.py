"""Drawing dates, births, codes and client numbers for the reference extracts. All dates are whole days since 1970."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from dscp.study.days import day

NEVER = 2**31 - 1  # a date that has not come: an open journey, a release that nobody recorded
LETTERS = np.frombuffer(b"0123456789BCDFGHJKLMNPQRSTVWXYZ", dtype="S1")
CLIENT_LENGTH = 8

Days = np.ndarray


def days(value) -> int:
    """A date of the config as days."""
    return int(np.datetime64(day(value), "D").astype(int))


def iso(values: Days) -> np.ndarray:
    """Days as ISO dates, NEVER as an empty string."""
    known = values < NEVER
    text = np.datetime_as_string(np.where(known, values, 0).astype("datetime64[D]"))
    return np.where(known, text, "")


def draw_days(rng: np.random.Generator, text: str, anchors: Mapping[str, int | Days], n: int) -> Days:
    """Draw n days from an expression over anchors.

    "S" is a day, "S+20..K" a range with both ends included, "S|s1+5..E" a range from the later of two days;
    with "|" on the right the range ends with the earlier. An empty text and "open" stand for NEVER; "after" is a day
    after the period's end E and before the next period N, or, where no period follows, mostly NEVER.
    """
    if text in ("", "open"):
        return np.full(n, NEVER)
    if text == "after":
        if "N" in anchors:
            return draw_days(rng, "E+1..N-1", anchors, n)
        return np.where(rng.random(n) < 0.75, NEVER, draw_days(rng, "E+1..E+240", anchors, n))
    first, _, last = text.partition("..")
    low = np.maximum.reduce(_terms(first, anchors, n))
    high = np.minimum.reduce(_terms(last or first, anchors, n))
    if (low > high).any():
        raise ValueError(f"no day lies in {text}")
    return rng.integers(low, high + 1)


def _terms(text: str, anchors: Mapping[str, int | Days], n: int) -> list[Days]:
    found = [re.fullmatch(r"([A-Za-z]\w*)([+-]\d+)?", term) for term in text.split("|")]
    return [np.broadcast_to(anchors[term[1]] + int(term[2] or 0), n) for term in found]


def years_before(values: Days, years: int) -> Days:
    """The same day of the year some years earlier; 29 February becomes 1 March where there is none."""
    dates = values.astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    return ((months - 12 * years).astype("datetime64[D]") + (dates - months.astype("datetime64[D]"))).astype(int)


def completed_years(born: Days, at: Days) -> np.ndarray:
    """Age in completed years; somebody born on 29 February completes a year on 1 March of other years."""
    (birth_year, birthday), (year, today) = _year_and_day(born), _year_and_day(at)
    return year - birth_year - (today < birthday)


def _year_and_day(values: Days) -> tuple[np.ndarray, np.ndarray]:
    dates = values.astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    year = dates.astype("datetime64[Y]").astype(int)
    return year, 40 * (months.astype(int) - 12 * year) + (dates - months.astype("datetime64[D]")).astype(int)


def even_uniforms(rng: np.random.Generator, strata: np.ndarray) -> np.ndarray:
    """Uniform numbers spread evenly within each stratum, so that a code's share is nearly the same in all strata."""
    order = np.lexsort((rng.random(len(strata)), strata))
    _, starts, sizes = np.unique(strata[order], return_index=True, return_counts=True)
    uniforms = np.empty(len(strata))
    uniforms[order] = (np.arange(len(strata)) - np.repeat(starts, sizes) + rng.random(len(strata))) / np.repeat(
        sizes, sizes
    )
    return uniforms


def draw_codes(uniforms: np.ndarray, weights: pd.Series) -> np.ndarray:
    """Codes (the index of weights) by their relative weights."""
    bounds = np.cumsum(weights.to_numpy()) / weights.sum()
    at = np.searchsorted(bounds, uniforms, side="right").clip(max=len(weights) - 1)
    return weights.index.to_numpy(dtype=object)[at]


def stacked(parts: Sequence[Mapping[str, np.ndarray]]) -> pd.DataFrame:
    """Join parts, each a column name -> array, into one frame (far quicker than joining many small frames)."""
    return pd.DataFrame({name: np.concatenate([part[name] for part in parts]) for name in parts[0]})


def tidy_drugs(rows: pd.DataFrame) -> None:
    """Record no drug twice, and none at all where the first is missing."""
    first, second, third = (rows[f"drug_{place}"] for place in (1, 2, 3))
    rows.loc[(third == second) | (third == first) | (first == ""), "drug_3"] = ""
    rows.loc[(second == first) | (first == ""), "drug_2"] = ""


def client_numbers(rng: np.random.Generator, n: int) -> np.ndarray:
    """n different client numbers of letters and digits, in no order."""
    numbers = np.unique(rng.integers(0, len(LETTERS) ** CLIENT_LENGTH, n + 1000))
    digits = rng.permutation(numbers)[:n, None] // len(LETTERS) ** np.arange(CLIENT_LENGTH) % len(LETTERS)
    return LETTERS[digits].view(f"S{CLIENT_LENGTH}").ravel().astype(str)
