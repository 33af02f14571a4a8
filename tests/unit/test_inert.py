"""What a CSV file holds of a text that could start a formula, and of numbers, which stay."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dscp.ledger.rows import FIELDS, write_ledger
from dscp.run.inert import tabled, unmarked

RUN = ["-ve", "-ve.", "−ve", "−1.21 / 0.226", "-1.21 / 0.226", "-6 = 29 - 35", "-6.5 to -5.5", "+/-1", "-£m0.102",
       "=1", "=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3", "\t=1", "\r=1", "\n-1", "＝1", "＋a", "-", "+", "--1",
       "-1e", "+1,2,", "-1%%", "+44 20 7946 0000", "-١ "]  # fmt: skip
NUMBERS = ["-1", "+43%", "-4,767.114024", "−2", "-1.5e-07", "+1E5", "-0.5%", "12", "0", ""]


def as_tabled(*texts: str) -> list[str]:
    return list(tabled(pd.DataFrame({"text": texts, "value": range(len(texts))}))["text"])


@pytest.mark.parametrize("text", RUN)
def test_a_text_that_could_start_a_formula_is_marked_and_read_as_it_was(text):
    assert as_tabled(text) == [f"'{text}"]
    assert unmarked(f"'{text}") == text


@pytest.mark.parametrize("text", [*NUMBERS, "Site 1", "a=1", "'x", "<0.01", "[c]", "£44", "(-1)", " "])
def test_numbers_and_other_texts_stay(text):
    assert as_tabled(text) == [text] and unmarked(text) == text


@given(st.text(alphabet="=+-@−＝\t'0123456789.,%eE a/", max_size=8))
def test_no_text_starts_a_formula_and_each_is_marked_once(text):
    (written,) = as_tabled(text)
    assert written in (text, f"'{text}")
    assert as_tabled(written) == [written]
    if written.startswith(("=", "@", "\t", "＝")):
        pytest.fail(f"{written!r} starts a formula")
    assert text.startswith("'") or unmarked(written) == text


def test_columns_of_numbers_and_missing_cells_stay_what_they_are():
    table = pd.DataFrame({"n": [-1, 2], "x": [-0.5, float("nan")], "t": ["-ve", None], "whole": [True, False]})
    written = tabled(table)
    assert written.drop(columns="t").equals(table.drop(columns="t"))
    assert written["t"][0] == "'-ve" and written["t"].isna()[1]


@pytest.mark.parametrize("column", ["formula", "note", "filter", "source"])
def test_a_ledger_holds_no_text_that_could_start_a_formula(tmp_path, column):
    row = dict.fromkeys(FIELDS, "") | {"id": "a.b", "value": -1.0, "rows": 1}
    write_ledger([pd.DataFrame([row])], tmp_path / "ledger.csv")
    with pytest.raises(ValueError, match=r"^a text of a\.b could start a formula, allowed: words before the sign$"):
        write_ledger([pd.DataFrame([row | {column: "=1+1"}])], tmp_path / "ledger.csv")
