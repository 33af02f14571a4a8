"""Hostile extracts and configs: one clear line each, in little time and memory, before anything is computed."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from dscp.config.checked import check_files, read_config
from hostile_files import csv_files, names, parquet_files, workbooks
from validate import validate

PROJECT = Path(__file__).parents[2]

SECONDS, MEGABYTES = 10, 1000  # of one file's refusal
ONE_FILE = """
    import json, resource, sys
    sys.path.insert(0, "workflow/scripts")
    from dscp.config.checked import plain, read_config
    from validate import validate
    extract, path = sys.argv[1:]
    findings = validate(extract, [path], plain(read_config("config.yaml")), path + ".out", names=[path.split("/")[-1]])
    peak = [line for line in open("/proc/self/status") if line.startswith("VmHWM")][0].split()[1]
    used = resource.getrusage(resource.RUSAGE_SELF)
    faults = findings.loc[findings["severity"] == "fault", "message"].to_list()
    print(json.dumps([faults, used.ru_utime + used.ru_stime, int(peak) / 1000]))
"""


@pytest.fixture(scope="module")
def hostile(tmp_path_factory) -> dict:
    """Name -> extract, file, and what is said of it."""
    folder = tmp_path_factory.mktemp("hostile")
    found = {}
    for name, (content, said) in csv_files().items():
        (folder / name).write_bytes(content)
        found[name] = ("journeys", folder / name, said)
    found |= {name: ("triage_quarters", *case) for name, case in workbooks(folder).items()}
    return found | {name: ("journeys", *case) for name, case in parquet_files(folder).items()}


@pytest.mark.parametrize("name", names())
def test_a_hostile_extract_is_refused_in_one_line(name, hostile):
    """Each in a process of its own, whose time and memory are its own."""
    extract, path, expected = hostile[name]
    command = [sys.executable, "-c", textwrap.dedent(ONE_FILE), extract, str(path)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-500:]
    faults, seconds, megabytes = json.loads(done.stdout)
    assert any(expected in fault for fault in faults), faults[:3]
    assert all(fault.isprintable() and fault.startswith(name) and len(fault) < 400 for fault in faults)
    assert seconds < SECONDS and megabytes < MEGABYTES


def test_no_hostile_extract_is_left_out(hostile):
    assert sorted(hostile) == sorted(names())


CONFIGS = {
    "a key twice": ("run: a\nrun: b\n", 'line 2: found duplicate key "run"'),
    "aliases that multiply": ("a: &a [x, x]\nb: &b [*a, *a]\n", "line 2: found the alias *a, allowed: values in full"),
    "too many aliases": (f"a: &a [x]\nb: [{'*a, ' * 51}]\n", "line 2: found the alias *a"),
    "an object of Python": (
        'a: !!python/object/apply:os.system ["true"]\n',
        "line 1: could not determine a constructor",
    ),
    "lists without end": (f"a: {'[' * 50_000}\n", "line 1: found lists within lists, allowed: 20 levels"),
    "a tab": ("a:\n\tb: 1\n", "line 2: found character"),
    "two documents": ("a: 1\n---\nb: 2\n", "line 2: but found another document"),
    "a day that is not": ("a: 2009-02-30\n", "day is out of range"),
    "nothing": ("", "found no settings"),
    "a list": ("- a\n", "found no settings"),
    "a NUL byte": ('a: "\0"\n', "unacceptable character"),
    "not text": (b"a: \xff\xfe\n", "found bytes that are not text"),
    "a huge file": (b"#" * 1_000_001, "found 1,000,001 bytes, allowed: at most 200,000"),
}


@pytest.mark.parametrize("case", CONFIGS)
def test_hostile_configs_are_refused_in_one_line(case, tmp_path):
    content, said = CONFIGS[case]
    path = tmp_path / "config.yaml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(SystemExit) as stop:
        read_config(path)
    assert said in str(stop.value)
    assert str(stop.value).startswith("config.yaml") and "\n" not in str(stop.value)


def test_a_plain_alias_is_its_value(tmp_path):
    (tmp_path / "config.yaml").write_text("a: &a [x]\nb: *a\n", encoding="utf-8")
    assert read_config(tmp_path / "config.yaml") == {"a": ["x"], "b": ["x"]}


def test_a_missing_config_is_said(tmp_path):
    with pytest.raises(SystemExit, match=r"^config\.yaml: there is no such file$"):
        read_config(tmp_path / "config.yaml")


def test_words_stay_words_and_nothing_in_a_config_is_run(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("label: NO\ntime: 1:30\nswitch: yes\n__use_yte__: true\n?1 + 1: x\n", encoding="utf-8")
    assert read_config(path) == {
        "label": "NO", "time": "1:30", "switch": "yes", "__use_yte__": True, "?1 + 1": "x",
    }  # fmt: skip


@pytest.mark.parametrize(
    "value", ["../journeys.csv", "/etc/hostname", "extracts/../../journeys.csv", "link.csv", "folder/j.csv"]
)
def test_extracts_outside_the_study_are_refused(value, tmp_path, monkeypatch):
    study = tmp_path / "study"
    (study / "extracts").mkdir(parents=True)
    (tmp_path / "journeys.csv").write_text("x\n")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "j.csv").write_text("x\n")
    (study / "link.csv").symlink_to(tmp_path / "journeys.csv")
    (study / "folder").symlink_to(tmp_path / "outside")
    (study / "good.csv").write_text("x\n")
    (study / "config.yaml").write_text("extracts: {journeys: good.csv}\n", encoding="utf-8")
    monkeypatch.chdir(study)
    check_files({"extracts": {"journeys": "good.csv"}, "disclosure": "none"}, "config.yaml", [])
    with pytest.raises(SystemExit) as stop:
        check_files({"extracts": {"journeys": value}}, "config.yaml", [])
    assert "extracts.journeys: found " in str(stop.value)
    assert "allowed: a file in the study's folder, by its path from there" in str(stop.value)


NAMES = {
    "Office costs": "office_costs", "IT & equipment (all)": "it_&_equipment_(all)", "café": "café",
    "a.b": "", "a=b": "", "{0.__class__}": "", "<b>": "", "a\tb": "", "x" * 61: "", "a\n": "", "_a": "",
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_what_becomes_part_of_an_id_is_a_plain_name(name, tmp_path, config):
    """Ids are split at dots and blanks, and filled in by str.format."""
    path = tmp_path / "pilot_spending.csv"
    path.write_text(f'site,fiscal_year,category,item,amount_gbp\nsite_1,2009-10,pay,"{name}",1\n', encoding="utf-8")
    findings = validate("pilot_spending", [str(path)], config, str(tmp_path / "typed.parquet"))
    refused = findings[(findings["severity"] == "fault") & (findings["column"] == "item")]
    assert len(refused) == (not NAMES[name])
    if NAMES[name]:
        assert pq.read_table(tmp_path / "typed.parquet")["item"].to_pylist() == [NAMES[name]]
    else:
        assert "an item: at most 60 letters, digits, blanks and & / ' , ( ) -" in refused["message"].iloc[0]


@pytest.mark.parametrize("sign", ["\u202e", "\u200b", "\x1b", "\ufeff", "\x85", "\ufffe"])
def test_what_is_printed_holds_no_character_that_cannot_be_seen(sign, tmp_path, config):
    path = tmp_path / "pilot_activity.csv"
    header = "site,freedoms_and_flexibilities,structural_change,system_change,delivery_change"
    path.write_text(f"{header}\nsite_1,one{sign}two,,,\n", encoding="utf-8")
    findings = validate("pilot_activity", [str(path)], config, str(tmp_path / "typed.parquet"))
    said = findings.loc[findings["column"].eq("freedoms_and_flexibilities"), "message"].to_list()
    assert any("allowed: text without NUL bytes, control characters and invisible ones" in text for text in said)
    assert all(text.isprintable() for text in said)
