"""Trails through the ledger, and the program that prints them: `make trace`."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import trace  # ours, not the standard library's
from pathlib import Path

import pandas as pd
import pypdfium2
import pytest

from dscp.ledger.rows import read_ledger
from dscp.ledger.trail import BrokenTrail, dependents, filled, rows_by_id, tree, walk
from dscp.printing.forms import printed as printed_form
from ledger_checks import faults
from trace_find import NotFound, Run, find, places
from trace_listed import listed
from trace_records import records_of

TOOLS = Path(__file__).parents[2] / "workflow" / "tools"
RATE = "effective_treatment.rate.pilot_3.pre"
NAMED_AS_A_WHOLE = (
    "excluded.",
    "cases.",  # steps on the way to a cohort, whose own records are named
    "claims.",
    "reproduction.",
    "validation.information.",
    "validation.excluded.",
    "validation.rows_in.",
    "varied.",  # which clients are counted changes with the definition
    "follow_up.left.",  # every new journey of an arm tells of each day
)


@pytest.fixture(scope="module")
def ledger(default_run) -> pd.DataFrame:
    return read_ledger(default_run / "ledger.csv")


@pytest.fixture(scope="module")
def run(default_study, default_run):
    return trace.Run(default_study, default_run.name)


def printed(run, text: str, records: bool = False) -> str:
    return "\n".join(trace.trail(run, *trace.find(run, text), records))


def test_simple_formulas_filled_in_give_the_value(ledger):
    rows = rows_by_id(ledger)
    values = {identifier: row["value"] for identifier, row in rows.items()}
    checked = 0
    for row in rows.values():
        text = filled(row, values)
        if row["formula"] and not re.search(r"[a-z;\[]|\be", text) and "," not in row["formula"]:
            checked += 1
            assert eval(text.replace(",", "")) == pytest.approx(row["value"], rel=1e-4, abs=1e-4), row["id"]
    assert checked > 500


def test_every_printed_cell_leads_to_records_citations_and_settings(run):
    ids = set(run.cells["id"]) - {""}
    kinds = {node.kind for identifier in ids for node in walk(tree(run.rows, identifier)) if not node.inputs}
    assert len(ids) > 900
    assert kinds == {"records", "constant", "setting"}


def test_what_rests_on_a_setting(ledger):
    found = dependents(ledger, ["setting.economics.discount_rates.from_year_1"])
    assert "benefit.total.site_3" in found
    assert "effective_treatment.did.site_3" not in found
    assert found == [identifier for identifier in ledger["id"] if identifier in set(found)]


# Broken on purpose


def test_a_value_changed_by_a_millionth_is_named(ledger):
    broken = ledger.copy()
    broken.loc[broken["id"] == RATE, "value"] += 1e-6
    found = "\n".join(faults(broken))
    assert f"{RATE}: stored" in found
    assert "100 * count / base" in found


def test_a_counted_value_changed_by_a_millionth_is_named_and_what_rests_on_it(ledger):
    broken = ledger.copy()
    broken.loc[broken["id"] == "effective_treatment.count.pilot_3.pre", "value"] *= 1 + 1e-6
    found = "\n".join(faults(broken))
    assert f"{RATE}: stored" in found
    assert "effective_treatment.count.pilot_3.pre: counts records and is not a whole number" in found


def test_every_count_of_records_changed_by_a_thousand_millionth_is_named(ledger):
    counted = (ledger["extract"] != "") & (ledger["unit"] == "count") & (ledger["value"] > 0)
    counted &= ~ledger["extract"].str.endswith(".csv")  # the register counts clients that an error would change, too
    broken = ledger.assign(value=ledger["value"].mask(counted, ledger["value"] * (1 + 1e-9)))
    named = {fault.split(": ")[0] for fault in faults(broken) if "not a whole number" in fault}
    assert named == set(ledger.loc[counted, "id"])


def test_a_dropped_input_is_named(ledger):
    leaf = "effective_treatment.count.pilot_3.pre"
    broken = ledger[ledger["id"] != leaf]
    message = f"{RATE}: input {leaf} is not in the ledger"
    assert message in list(faults(broken))
    with pytest.raises(BrokenTrail, match=re.escape(message)):
        tree(broken, "effective_treatment.did.site_3")


# make trace


def test_a_cell_by_its_row_and_column_in_either_order(run):
    by_row, by_column = (trace.find(run, f"7.10/{name}")[0] for name in ("value_total/site_3", "site_3/value_total"))
    assert by_row == by_column == "benefit.total.site_3"


@pytest.mark.parametrize(
    "text",
    [
        "Figure S.1/effective_treatment/site_3/did",
        "S.1/effective_treatment/site_3/did",
        "S.1/did/effective_treatment/site_3",
    ],
)
def test_a_cell_of_a_figure(run, text):
    assert printed(run, text).splitlines()[:2] == [
        'printed "+3.6" in Figure S.1/effective_treatment/site_3/did',
        "effective_treatment.did.site_3 = 3.584131148075045 percentage points",
    ]


def test_a_number_of_the_text_is_found_where_a_cell_prints_it_otherwise(run):
    """Appendix E prints in thousands what Figure E.1 has in millions."""
    in_text = printed_form(run.amounts["steps.end.site_3"], "gbp_k")
    assert in_text not in set(run.cells["printed"])
    assert {place.identifier for place in trace.sentences(run) if place.printed == in_text} == {"steps.end.site_3"}
    assert trace.find(run, in_text)[0] == "steps.end.site_3"
    held = run.cells["id"] + " " + run.cells["printed"].str.replace("-", "\N{MINUS SIGN}")
    assert not {f"{place.identifier} {place.printed}" for place in trace.sentences(run)} & set(held)


def test_a_tree_goes_down_to_leaves_and_prints_each_quantity_once(run):
    text = printed(run, "7.10/site_3/value_total")
    assert text.startswith(
        'printed "20,678" in 7.10/value_total/site_3\nbenefit.total.site_3 = 20,677,780.953 pounds\n'
    )
    assert "= effective_treatment + completions" in text
    assert "rule benefits, function benefit_of; Section 7.5" in text
    assert "part: 12 quantities" in text
    assert re.search(r"setting: config.yaml, line \d+: - \{from_year: 1, rate: 0.035\}", text)
    assert "cited: DTORS, Davies et al. (2009)" in text
    heads = re.findall(r"^ *(?:[\w ]+: )?([a-z_]+\.[\w.]+) = (?!.*\(see)", text, re.M)
    assert len(heads) == len(set(heads)) == len(walk(tree(run.rows, "benefit.total.site_3")))


def test_a_tree_names_extracts_with_their_checksums(run, default_study):
    import hashlib

    text = printed(run, RATE)
    path = run.files("journeys")[0]
    assert path in text
    assert hashlib.sha256((default_study / path).read_bytes()).hexdigest() in text


def test_a_printed_number_in_a_table_or_a_sentence(run):
    assert trace.find(run, "20,678")[0] == "benefit.total.site_3"
    assert trace.find(run, "+20%")[0] == "prison_pickup.did.site_7"
    assert trace.find(run, "112%")[0] == "stated.referral_growth.pilot_5"
    assert trace.find(run, "\N{MINUS SIGN}37,544")[0] == "benefit.total.site_2"


@pytest.mark.parametrize("text", ["Table 3.1", "table 3.1"])
def test_a_table_is_listed_with_the_names_of_its_numbers(run, text):
    head, *lines = listed(run, text)
    assert head == f"Table 3.1 has {len(lines)} numbers; make trace ID=<the name of one>:"
    ours = run.cells[(run.cells["exhibit"] == "3.1") & (run.cells["id"] != "")]
    assert [line.split()[-1] for line in lines] == [f"3.1/{one.row}/{one.column}" for one in ours.itertuples()]
    assert find(run, lines[3].split()[-1])[0] == ours["id"].iloc[3]
    assert listed(run, "7.10/site_3/value_total") == []
    with pytest.raises(NotFound, match=r"no numbers in Table 99\.9; exhibits: 1\.1, "):
        listed(run, "Table 99.9")


def test_a_page_of_the_pdf_is_listed_with_its_heads_and_numbers(run):
    """Of the page that Table 3.1 stands on: its heads, and every number of it, by its id."""
    with pypdfium2.PdfDocument(run.folder / "report.pdf") as pdf:
        texts = [page.get_textpage().get_text_bounded() for page in pdf]
    (number,) = [
        at for at, text in enumerate(texts, 1) if re.search(r"^Table 3\.1\b", text, re.M) and "Comparison 6" in text
    ]
    lines = listed(run, f"page {number}")
    assert lines == listed(run, f"p. {number}") and any(line.startswith("  Table 3.1 ") for line in lines)
    named = {word.strip(",") for line in lines[1:] for word in line.split()} & run.rows.keys()
    ours = run.cells[(run.cells["exhibit"] == "3.1") & (run.cells["id"] != "")]
    alike = ours.groupby("printed")["id"].nunique()
    alone = set(ours.loc[ours["printed"].map(alike) == 1, "id"])
    assert len(alone) > 15 and alone <= named
    with pytest.raises(NotFound, match=rf"report\.pdf has the pages 1 to {len(texts)}, not 999"):
        listed(run, "page 999")


def test_a_share_is_found_with_its_sign_where_its_head_says_per_cent(run):
    """Table 6.4 prints per cent without the sign, or a sentence "44 per cent"."""
    plain = [one for one in places(run) if run.rows[one.identifier]["unit"] == "percent" and one.printed[-1].isdigit()]
    alone = [one for one in plain if sum(other.printed == one.printed for other in plain) == 1]
    found = next((one for one in alone if _asked(run, f"{one.printed}%") == one.identifier), None)
    assert found is not None


def _asked(run: Run, text: str) -> str:
    try:
        return find(run, text)[0]
    except NotFound:
        return ""


def test_a_number_printed_for_several_quantities_lists_them(run):
    with pytest.raises(trace.NotFound) as error:
        trace.find(run, "5.7%")
    lines = str(error.value).splitlines()
    found = set(run.cells.loc[run.cells["printed"] == "5.7%", "id"])
    assert len(found) > 1
    assert re.fullmatch(r'"5.7%" is printed for \d+ quantities; choose one by its id:', lines[0])
    assert all(any(line.endswith(identifier) for line in lines[1:]) for identifier in found)


@pytest.mark.parametrize(
    "text, known, absent",
    [
        ("benefit.totl.site_3", "; nearest: benefit.total.site_3", "7.10"),
        ("7.10/site_3/total_benefits", "; column site_3 of 7.10 has the rows cost_year_1, ", "site_2"),
        ("7.10/value_total/site_9", "; row value_total of 7.10 has the columns site_2, site_3, ", "cost_total"),
        ("7.10/total/site_9", "; 7.10 has the rows cost_year_1, ", "pilot_3"),
        ("9.9/site_3/value_total", "; exhibits: 1.1, 1.2, ", "site_2"),
        ("Figure S.1/site_3/did", "; column did of Figure S.1 has the rows prison_pickup/site_2, ", "did_low"),
        (
            "Figure S.1/effective_treatment/site_3/dd",
            "; row effective_treatment/site_3 of Figure S.1 has the columns did, ",
            "/site_2",
        ),
        ("Figure 7.10/site_3/value_total", "; exhibits: 1.1, 1.2, ", "site_2"),
        ("Table E.1/site_3/net", "; exhibits: 1.1, 1.2, ", "site_2"),
    ],
)
def test_what_nothing_is_called_is_answered_in_one_line_with_what_is(run, text, known, absent):
    with pytest.raises(trace.NotFound) as error:
        trace.find(run, text)
    said = str(error.value)
    assert said.startswith(f'nothing is called "{text}"{known}')
    assert absent not in said.removeprefix(f'nothing is called "{text}"{known}')
    assert "\n" not in said


@pytest.mark.parametrize(
    "name, table, not_in",
    [
        ("setting.definitions.pickup_days", "Table 3.1: 24 numbers", "Table 6.1"),
        ("setting.definitions.latest_journey", "Table 6.1: 24 numbers", "Table 3.1"),
        ("setting.economics.benefit_share", "Table 7.10: ", "Table 7.9"),
        ("extract.cjit_forms", "Table 3.1: 24 numbers", "Table 6.1"),
        ("constant.recovery_probability", "Table C.6.1: ", "Table 6.1"),
        ("setting.models.confidence", "Figure S.1: 34 numbers", "Figure S.2"),
    ],
)
def test_what_rests_on_a_setting_a_constant_or_an_extract(run, name, table, not_in):
    lines = list(trace.resting(run, name))
    assert lines[1] == f"{len(dependents(run.rows, [name])):,} quantities rest on {name}"
    assert any(line.strip().startswith(table) for line in lines)
    assert not any(not_in in line for line in lines)


def test_a_setting_in_words_and_an_extract_have_names(run):
    assert trace.is_named(run, "setting.definitions.latest_journey")
    assert trace.is_named(run, "extract.dirs")
    assert not trace.is_named(run, "setting.definitions.minimum_age"), "a quantity, with a trail of its own"
    assert not trace.is_named(run, "setting.definitions.nothing")
    assert not trace.is_named(run, "extract.nothing")


def test_a_trail_names_the_settings_with_their_lines_and_every_extract(run):
    text = printed(run, "prison_pickup.count.pilot_7.pre")
    assert "34 rows of extract carat_referrals, read with cjit_forms: local referrals" in text
    assert re.search(r"\n    definitions\.pickup_days, line \d+: pickup_days: 42\n", text)
    assert "extract cjit_forms:\n" in text
    assert "rest on" not in text
    assert "quantities rest on setting.definitions.pickup_days" in printed(run, "setting.definitions.pickup_days")


def test_a_text_of_a_table_is_no_number(run):
    with pytest.raises(trace.NotFound, match="is a text, not a number"):
        trace.find(run, "1.3/site_1/system_change")


def test_records_are_named_for_every_leaf_that_the_analysis_counts(run):
    counted = [row for row in run.rows.values() if row["extract"] and not row["id"].startswith(NAMED_AS_A_WHOLE)]
    assert len(counted) > 900
    for row in counted:
        found = records_of(row, run.folder, run.config)
        if "model_rows_dropped" in row["id"] and row["rows"]:
            assert "does not name them" in found.unknown
            continue
        assert not found.unknown, row["id"]
        assert len(found.places) == row["rows"], row["id"]


def test_where_records_cannot_be_named_one_by_one_the_message_says_so(run):
    text = printed(run, "excluded.not_latest.journeys", records=True)
    assert "records: only the extract as a whole can be named" in text


def lines_named(run, identifier: str) -> list[str]:
    """The lines of the extract that a leaf's records stand on."""
    row = run.rows[identifier]
    lines = (run.study / run.files(row["extract"])[0]).read_text(encoding="utf-8").splitlines()
    return [lines[line - 1] for line in records_of(row, run.folder, run.config).places["line"]]


def test_the_lines_named_hold_what_was_counted(run):
    spent = [line.split(",") for line in lines_named(run, "spending_item.non_pay.training.amount")]
    assert {line[3] for line in spent} == {"training"}
    assert sum(float(line[4]) for line in spent) == run.amounts["spending_item.non_pay.training.amount"]
    clients = [line.split(",") for line in lines_named(run, "effective_treatment.base.pilot_3.pre")]
    assert {line[1] for line in clients} == {"P03"}
    assert len({line[0] for line in clients}) == len(clients) == 1914
    triaged = [line.split(",") for line in lines_named(run, "community_triage.base.pilot_5.post")]
    assert sum(int(line[2]) for line in triaged) == 423


def test_no_client_is_named(run, default_study):
    clients = pd.read_csv(default_study / run.files("journeys")[0], usecols=["client"], dtype=str)["client"]
    text = printed(run, RATE, records=True)
    assert "lines " in text
    assert not set(clients) & set(re.findall(r"[\w-]+", text))


def test_a_machine_without_the_restricted_files_says_so(run, tmp_path):
    folder = tmp_path / "results" / run.name
    folder.mkdir(parents=True)
    shutil.copy(run.study / "config.yaml", tmp_path)
    for name in ("ledger.csv", "cells.csv", "validation.csv"):
        shutil.copy(run.folder / name, folder)
    text = printed(trace.Run(tmp_path, run.name), RATE, records=True)
    assert "records: this machine has no" in text
    assert "SHA-256 not known: the file is not on this machine" in text


@pytest.mark.parametrize("recorded", [True, False])
def test_a_trail_has_the_settings_of_its_run_and_names_what_has_changed_since(run, tmp_path, recorded):
    """The config that the record keeps is the run's; without a record, the ledger knows its numbers at least."""
    folder = tmp_path / "results" / run.name
    folder.mkdir(parents=True)
    for name in ("ledger.csv", "cells.csv", "validation.csv"):
        shutil.copy(run.folder / name, folder)
    if recorded:
        shutil.copytree(run.folder / "code", folder / "code")
    config = (run.study / "config.yaml").read_text(encoding="utf-8")
    moved = f"# one line more\n{config}".replace("effective_days: 83", "effective_days: 90")
    (tmp_path / "config.yaml").write_text(moved.replace("minimum_age: 18", "minimum_age: 21"), encoding="utf-8")
    old = trace.Run(tmp_path, run.name)
    row = run.rows["setting.definitions.effective_days"]
    line = config.splitlines().index(next(one for one in config.splitlines() if "effective_days:" in one)) + 1
    of_run, now = f"line {line}: effective_days: 83", f"line {line + 1}: effective_days: 90"
    assert trace.setting_line(old, row) == (
        f"setting: config.yaml, {of_run if recorded else now}  (config.yaml has 90 now; this run had 83)"
    )
    changed = [
        text.partition(",")[0].strip() for text in printed(old, RATE).splitlines() if "another value now" in text
    ]
    assert sorted(changed) == (["definitions.effective_days", "definitions.minimum_age"] if recorded else [])
    assert "another value" not in printed(run, RATE)


def test_the_program_ends_with_a_status(default_study):
    def ended(*arguments: str) -> subprocess.CompletedProcess:
        command = [sys.executable, str(TOOLS / "trace.py"), "--study", str(default_study), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    found, unknown = ended("--", RATE), ended("--", "no.such.id")
    assert (found.returncode, found.stderr) == (0, "")
    assert unknown.returncode == 1
    assert unknown.stderr.startswith('error: nothing is called "no.such.id"')
    assert ended("--run", "nope", "--", RATE).stderr.count("\n") == 1


# The auditor's guide


GUIDE = (Path(__file__).parents[2] / "docs" / "auditors-guide.md").read_text(encoding="utf-8")


def asked() -> list[str]:
    """What the sentences of the documents have `make trace` asked for, of the default run."""
    folder = Path(__file__).parents[2]
    pages = [
        path for place in ("*.md", "docs/*.md") for path in sorted(folder.glob(place)) if path.name != "first-study.md"
    ]
    spans = [span for path in pages for span in re.findall(r"`([^`\n]+)`", path.read_text(encoding="utf-8"))]
    found = [re.search(r"\bID=(?:\"([^\"]+)\"|([^\s<…]+)$)", span) for span in spans]
    return list(dict.fromkeys(one[1] or one[2] for one in found if one))


@pytest.mark.parametrize("text", asked())
def test_what_documents_ask_for_is_found(default_study, text):
    assert trace.main(["--study", str(default_study), "--", text]) == 0


def test_documents_ask_for_a_table_a_page_a_cell_and_a_number():
    assert {"Table 3.1", "page 6", "20,678"} < set(asked())


def guide() -> list[tuple[str, str]]:
    """The commands of the guide, each with the output it shows."""
    return re.findall(r"```sh\n(.*?)```\n\n```text\n(.*?)```", GUIDE, re.S)


@pytest.mark.parametrize("command, shown", guide(), ids=[block[:40].split("\n")[0] for block, _ in guide()])
def test_the_guide_shows_what_its_commands_give(default_study, command, shown):
    program = f"{sys.executable} {TOOLS / 'trace.py'}"
    command = command.replace(".venv/bin/python", sys.executable)
    command = re.sub(r"make trace ID=(\S+) RECORDS=1", rf"{program} --records -- '\1'", command)
    command = re.sub(r"make trace ID=(\S+)", rf"{program} -- '\1'", command)
    done = subprocess.run(["bash", "-c", command], cwd=default_study, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for part in shown.split("…\n"):
        assert part in done.stdout
