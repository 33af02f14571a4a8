"""What a reader of two runs sees differ: conclusions that turned, tables as printed with old and new, and why."""

from __future__ import annotations

import re
from pathlib import Path

from lxml.html import tostring

import compare
import compare_printed
from compare_printed import Printed
from dscp.printing.html import read_html
from ledger_checks import ledger_of

TABLE = """<table id="table-1"><caption><span class="n">Table 1</span> Shares</caption>
<thead><tr><td></td><th scope="col">Share</th><th scope="col">Verdict</th></tr></thead>
<tbody><tr><th scope="rowgroup" rowspan="2" class="group">Site 1</th><th scope="row">Pilot</th>
<td data-q="rate.pilot_1"><a href="#d">{pilot}</a></td><td class="text">{verdict}</td></tr>
<tr><th scope="row">Comparison</th><td data-q="rate.comparison_1"><a href="#d">{other}</a></td><td></td></tr>
</tbody></table>"""
TEXT = """<h2 id="s">1.1 Findings</h2>
<p>First, as said. Site 1 did <span data-w="rate.pilot_1 rate.comparison_1">{words}</span>,
by <data data-q="rate.pilot_1">{pilot}</data> points; more is not known.</p>"""


def page(pilot: str, other: str, verdict: str, words: str, more: str = "") -> Printed:
    parts = {"pilot": pilot, "other": other, "verdict": verdict, "words": words}
    return Printed(
        read_html(f"<html><body><main>{TEXT.format(**parts)}{TABLE.format(**parts)}{more}</main></body></html>")
    )


def ledger(run: Path, share: float) -> None:
    """A run's folder with a ledger of two counts."""
    run.mkdir(parents=True)
    count = {"extract": "journeys", "filter": "clients", "rows": 8, "rule": "outcomes"}
    rows = ({"id": "rate.pilot_1", "value": share, **count}, {"id": "rate.comparison_1", "value": 40.0, **count})
    ledger_of(*rows).to_csv(run / "ledger.csv", index=False)


OLD = page("44%", "40%", "better", "better")


def test_nothing_differs_between_equal_pages():
    again = page("44%", "40%", "better", "better")
    assert compare_printed.conclusions(OLD, again) == compare_printed.changed(OLD, again) == []


def test_another_number_is_no_conclusion_and_its_table_shows_old_and_new():
    new = page("44%", "41%", "better", "better")
    assert compare_printed.conclusions(OLD, new) == []
    (table,) = compare_printed.changed(OLD, new)
    assert (table.caption, table.cells, table.ids, table.new) == ("Table 1 Shares", 1, ["rate.comparison_1"], False)
    cells = [(cell.text, cell.before) for row in table.rows for cell in row if not cell.head]
    assert cells == [("44%", None), ("better", None), ("41%", "40%"), ("", None)]
    assert [cell.text for row in table.heads for cell in row] == ["", "Share", "Verdict"]
    assert [cell.down for row in table.rows for cell in row if cell.head] == [2, 1, 1]


def test_a_verdict_and_a_sentence_that_turned_are_told_with_what_they_rest_on():
    new = page("39%", "40%", "worse", "worse")
    verdict, sentence = compare_printed.conclusions(OLD, new)
    assert (verdict.where, verdict.before, verdict.after) == ("Table 1, Site 1, Pilot", "better", "worse")
    assert verdict.ids == ["rate.pilot_1"]
    assert sentence.where == "1.1 Findings" and sentence.ids == ["rate.pilot_1", "rate.comparison_1"]
    assert (sentence.before, sentence.after) == (
        "Site 1 did better, by 44% points;",
        "Site 1 did worse, by 39% points;",
    )


def test_what_only_one_run_says_or_prints_is_told():
    more = TEXT.format(words="alike", pilot="44%").replace("rate.pilot_1 rate", "rate.site_2 rate") + TABLE.format(
        pilot="1%", other="2%", verdict="x").replace("Table 1", "Table 2")  # fmt: skip
    new = page("44%", "40%", "better", "better", more)
    (come,) = compare_printed.conclusions(OLD, new)
    (gone,) = compare_printed.conclusions(new, OLD)
    assert (come.before, gone.after) == ("", "") and come.after == gone.before == "Site 1 did alike, by 44% points;"
    (table,) = compare_printed.changed(OLD, new)
    assert table.new and table.caption == "Table 2 Shares" and compare_printed.changed(new, OLD) == []


def test_reasons_are_those_of_most_numbers_first_and_few():
    reasons = {"a": ["r1", "r2"], "b": ["r2"], "c": ["r3", "r4", "r5", "r6"]}
    said = compare_printed.why(["a", "b", "c", "c"], lambda one: reasons[one])
    assert said[0] == "r2" and len(said) == 5 and said[-1] == "and 2 more, below"
    assert compare_printed.why(["d"], lambda _: []) == []


def test_the_log_begins_with_what_turned_and_folds_the_quantities_away(tmp_path, capsys):
    for name, share, printed in (("old", 44.0, OLD), ("new", 39.0, page("39%", "40%", "worse", "worse"))):
        run = tmp_path / "results" / name
        ledger(run, share)
        (run / "report.html").write_text(tostring(printed.page, encoding="unicode"), encoding="utf-8")
    assert compare.main(["old", "new", "--study", str(tmp_path)]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[:2] == ["Conclusions that turned:", "  Table 1, Site 1, Pilot: better → worse"]
    assert said[-2] == "  Table 1 Shares: 2 cells" and said[-1].startswith("1 changed, 0 added, 0 removed: ")
    log = (tmp_path / "results" / "compare-old-new" / "changes.html").read_text(encoding="utf-8")
    heads = re.findall(r"<h2>(.*?)</h2>", log)
    assert heads == ["Conclusions that turned", "Tables as printed", "What was compared", "Reasons", "Quantities"]
    assert "<del>44%</del> <ins>39%</ins>" in log and "<del>better</del> <ins>worse</ins>" in log
    assert log.index("<details>") < log.index("Every quantity that moved (1)") < log.index("rate.pilot_1</th>")


def test_a_run_without_its_page_is_named(tmp_path, capsys):
    for name, share in (("old", 1.0), ("new", 2.0)):
        ledger(tmp_path / "results" / name, share)
    assert compare.main(["old", "new", "--study", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "old has no report.html: nothing can be said of what it printed." in said and "No conclusion" not in said
