"""The run record: a valid crate, true in every checksum, silent about clients; and `make verify`, which checks it."""

from __future__ import annotations

import ast
import io
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from urllib.parse import unquote

import pandas as pd
import pytest
import requests
import rocrate
from requests_cache import CachedSession
from rocrate_validator import services
from rocrate_validator.models import Severity, ValidationSettings
from urllib3 import HTTPResponse

import run_record
import verify
from attached_record import attached_record, imported
from dscp.record.crate import CRATE, Facts, crate, is_confidential, keyed, own_key, reproducible
from dscp.record.jobs import extract_names
from dscp.record.verify import Record, graph_problems
from dscp.run.made import noted_in
from running import ELSEWHERE, PROJECT, RUN, snakemake

NAME = Path(RUN).name
CONTEXT = "https://w3id.org/ro/crate/1.1/context"
JOURNEYS = "results/reference_extracts/restricted/journeys.csv"


@pytest.fixture(scope="module")
def graph(default_run) -> dict[str, dict]:
    """The default run's record: entities by identifier."""
    entities = json.loads((default_run / CRATE).read_text(encoding="utf-8"))["@graph"]
    return {entity["@id"]: entity for entity in entities}


@pytest.fixture
def study(default_study, tmp_path) -> Path:
    """A copy of the run study that a test may edit."""
    return Path(shutil.copytree(default_study, tmp_path / "copy", ignore=shutil.ignore_patterns(".snakemake")))


def problems(study: Path) -> list[str]:
    return verify.verify(study, NAME, project=study)[0]


def edit_record(study: Path, change) -> None:
    path = study / RUN / CRATE
    document = json.loads(path.read_text(encoding="utf-8"))
    change({entity["@id"]: entity for entity in document["@graph"]})
    path.write_text(json.dumps(document), encoding="utf-8")


def flip(path: Path) -> None:
    """Alter one byte in the middle."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def as_list(value) -> list:
    return value if isinstance(value, list) else [value]


# --- a valid crate ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def offline_cache(tmp_path_factory) -> Path:
    """The validator's HTTP cache, holding the RO-Crate context that the package rocrate ships: no network."""
    content = (Path(rocrate.__file__).parent / "data" / "ro-crate.jsonld").read_bytes()
    answer = requests.Response()
    answer.status_code, answer.url, answer._content = 200, CONTEXT, content
    answer.headers["Content-Type"] = "application/ld+json"
    answer.request = requests.Request("GET", CONTEXT).prepare()
    answer.raw = HTTPResponse(io.BytesIO(content), dict(answer.headers), 200, preload_content=False)
    path = tmp_path_factory.mktemp("validator") / "cache"
    with CachedSession(cache_name=str(path), expire_after=-1) as session:
        session.cache.save_response(answer)
    return path


@pytest.mark.parametrize(
    ("profile", "inherited"),
    [
        ("process-run-crate", {"ro-crate-1.1"}),
        ("provenance-run-crate", {"ro-crate-1.1", "workflow-ro-crate-1.0", "workflow-run-crate-0.5"}),
    ],
)
def test_the_record_is_a_valid_crate(default_run, offline_cache, profile, inherited):
    """Against the profile and all that it builds on, every requirement."""
    assert inherited | {f"{profile}-0.5"} <= assert_valid(default_run, profile, offline_cache)


def assert_valid(folder: Path, profile: str, cache: Path) -> set[str]:
    """Fail with every issue of a crate; return the profiles that were checked."""
    result = services.validate(
        ValidationSettings(
            rocrate_uri=str(folder),
            profile_identifier=profile,
            requirement_severity=Severity.REQUIRED,
            offline=True,
            cache_path=cache,
            cache_max_age=-1,
        )
    )
    assert not [issue.message for issue in result.get_issues()]
    assert not result.skipped_checks
    return {check.requirement.profile.identifier for check in result.executed_checks}


# --- what it says ----------------------------------------------------------------------------------------------------


def test_every_job_is_recorded_with_its_files_settings_and_times(graph):
    jobs = {name: entity for name, entity in graph.items() if name.startswith("#job/")}
    assert {name.split("/")[1] for name in jobs} >= {"reference_extracts", "validate", "outcomes", "report_pdf"}
    assert sum(name.startswith("#job/validate/") for name in jobs) == 12
    for name, job in jobs.items():
        assert job["startTime"] < job["endTime"], name
        assert job["agent"] and job["instrument"] and job["object"] and job["result"], name
    benefits = jobs["#job/benefits"]
    assert {"@id": "#restricted/ledger/impact.csv"} in benefits["object"]
    assert benefits["result"] == {"@id": "#restricted/ledger/benefits.csv"}
    assert json.loads(graph["#setting/benefits/economics"]["value"])["method"] == "as_published"
    assert graph["#run"]["startTime"] == min(job["startTime"] for job in jobs.values())


def test_every_rule_is_a_step_and_a_tool(graph, default_study):
    scripts = {path.stem for path in (default_study / "workflow" / "scripts").glob("[!_]*.py")}
    scripts -= {"run_record", *ELSEWHERE}  # which writes it, and those of other studies
    steps = {entity["name"]: entity for entity in graph.values() if entity["@type"] == "HowToStep"}
    assert set(steps) == scripts
    for name, step in steps.items():
        assert step["workExample"]["@id"] == f"code/workflow/scripts/{name}.py"
        assert "SoftwareApplication" in graph[step["workExample"]["@id"]]["@type"]


def test_code_and_packages_are_recorded(graph, default_study, default_run):
    assert len(graph["code/Snakefile"]["version"]) == 64
    names = {entity.get("name"): entity for entity in graph.values() if "softwareVersion" in entity}
    assert {"python", "snakemake", "pandas", "duckdb", "weasyprint"} <= set(names)
    for name in ("config.yaml", "Snakefile", "workflow/scripts/dscp/measures/models.py", "templates/exhibits.yaml"):
        assert (default_run / "code" / name).read_bytes() == (default_study / name).read_bytes()


def test_every_file_of_the_crate_says_what_it_is_and_how_large_and_the_crate_whose_it_is(graph, default_run):
    files = [one for one in graph.values() if "File" in one["@type"] and one["@id"] != "ro-crate-metadata.json"]
    assert len(files) > 300
    for one in files:
        assert one["description"], one["@id"]
        assert int(one["contentSize"]) == (default_run / unquote(one["@id"])).stat().st_size, one["@id"]
    assert not [one["@id"] for one in graph.values() if "contentSize" in one and "File" not in one["@type"]]
    author = graph[graph["./"]["author"]["@id"]]
    assert author["@type"] == "Organization" and author["name"]


def test_confidential_files_are_described_and_no_files(graph, default_study):
    closed = {name: entity for name, entity in graph.items() if is_confidential(name)}
    assert {"#extract/journeys", "#extract/fieldwork", "#restricted/outcomes.parquet"} <= set(closed)
    key = bytes.fromhex((default_study / RUN / "restricted" / "record.key").read_text())
    for entity in closed.values():
        assert entity["@type"] == "CreativeWork"
        assert entity["conditionsOfAccess"]
        assert entity["identifier"] == keyed(default_study / entity["alternateName"], key)
        assert "sha256" not in entity
    parts = [part["@id"] for part in graph["./"]["hasPart"]]
    assert not [part for part in parts if "restricted" in part or part.startswith("#")]


def test_no_client_and_no_unkeyed_checksum_of_an_extract_is_in_the_record(default_run, default_study):
    text = (default_run / CRATE).read_text(encoding="utf-8")
    clients = pd.read_parquet(default_run / "restricted" / "validated" / "journeys.parquet")["client"].unique()
    assert not [client for client in clients[:: len(clients) // 500] if client in text]
    assert run_record.sha256(default_study / JOURNEYS) not in text


# --- make verify -----------------------------------------------------------------------------------------------------


def test_an_untouched_run_is_verified_in_one_line(study, capsys, monkeypatch):
    monkeypatch.setattr(verify, "verify", partial(verify.verify, project=study))
    assert verify.main(["--study", str(study)]) == 0
    out = capsys.readouterr().out
    assert (
        out.endswith(" files verified; the record is not signed\n")
        and out.count("\n") == 1
        and int(out.split()[0]) > 150
    )


def test_without_its_confidential_files_the_rest_is_verified(study, graph):
    closed = [name for name in graph if is_confidential(name)]
    assert len(closed) > 50
    shutil.rmtree(study / RUN / "restricted")
    found, checked = verify.verify(study, NAME, project=study)
    assert not found
    said, need = checked.split("; ", 1)
    assert said.endswith(f"({len(closed)} confidential or intermediate ones cannot be checked here)")
    assert need == f"{RUN}/restricted/record.key: missing; without it 12 confidential files are not checked"


@pytest.mark.parametrize(
    "path",
    [
        f"{RUN}/report.html",
        f"{RUN}/report.pdf",
        f"{RUN}/restricted/ledger/impact.csv",
        f"{RUN}/code/workflow/scripts/outcomes.py",
        f"{RUN}/work/report_print.html",
        f"{RUN}/restricted/outcomes.parquet",
        JOURNEYS,
        "workflow/resources/constants.csv",
        "config.yaml",
    ],
)
def test_one_altered_byte_is_named(study, path):
    flip(study / path)
    (found,) = problems(study)
    assert found.startswith(f"{path}: altered since the r")


def test_a_removed_and_an_added_file_are_named(study):
    (study / RUN / "cells.csv").unlink()
    (study / RUN / "figures" / "notes.txt").write_text("mine")
    (study / RUN / "logs" / "mine.log").write_text("mine")
    named = [f"{RUN}/{name}: not in the record" for name in ("figures/notes.txt", "logs/mine.log")]
    assert problems(study) == [f"{RUN}/cells.csv: missing", *named]


def test_a_reference_to_nothing_is_named(study):
    edit_record(study, lambda entities: entities["#job/benefits"]["object"].append({"@id": "ledger/nowhere.csv"}))
    (found,) = problems(study)
    assert 'object of "#job/benefits" refers to "ledger/nowhere.csv", which the record does not describe' in found


def test_a_file_without_a_checksum_and_an_altered_checksum_are_named(study):
    edit_record(study, lambda entities: entities["report.html"].pop("sha256"))
    edit_record(study, lambda entities: entities["report.pdf"].update(sha256="0" * 64))
    found = problems(study)
    assert sorted(line.split(": ")[1] for line in found) == [
        "altered since the record was written",
        "the record holds no checksum of it",
    ]


def test_a_file_written_again_before_the_record_is_named(study):
    edit_record(study, lambda entities: entities["cells.csv"].update(dateModified="2030-01-01T00:00:00+00:00"))
    assert problems(study) == [f"{RUN}/cells.csv: written again at 2030-01-01T00:00:00+00:00, after its job had ended"]


def test_a_config_that_is_no_yaml_any_more_is_named(study):
    (study / "config.yaml").write_text("run: [")
    assert problems(study) == ["config.yaml: altered since the run, which keeps it as it was in code/"]


def test_the_config_of_another_run_is_no_input_of_this_one(study):
    path = study / "config.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace(f"run: {NAME}", "run: another"), encoding="utf-8")
    assert not problems(study)


def test_a_run_without_a_readable_record_is_refused(study):
    path = study / RUN / CRATE
    path.write_text("{}")
    assert "is not a run record" in problems(study)[0]
    path.unlink()
    assert problems(study) == [f"{RUN}/{CRATE}: missing"]


def test_trace_tells_of_the_frozen_copies_and_says_when_an_extract_is_another_one_now(study):
    """Lines come from the validated copies, checksums from the frozen ones: neither follows the live file."""

    def traced() -> list[str]:
        program = str(PROJECT / "workflow" / "tools" / "trace.py")
        command = [
            sys.executable,
            program,
            "--study",
            str(study),
            "--records",
            "--",
            "effective_treatment.rate.pilot_3.pre",
        ]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()

    before = traced()
    frozen = study / RUN / "restricted" / "frozen" / "journeys" / "1-journeys.csv"
    assert any(run_record.sha256(frozen) in line for line in before)
    (study / JOURNEYS).write_text("client\nsomebody\n", encoding="utf-8")
    after = traced()
    added = [line for line in after if line not in before]
    assert added == [f"    the file is another one now: the run rests on its copy in {RUN}/restricted/frozen/journeys"]
    assert [line for line in after if line not in added] == before


def test_the_record_tells_of_the_frozen_copy_of_an_extract(tmp_path):
    live, restricted = tmp_path / "journeys.csv", tmp_path / "restricted"
    copy = restricted / "frozen" / "journeys" / "1-journeys.csv"
    copy.parent.mkdir(parents=True)
    copy.write_text("as it was read")
    live.write_text("as it is now")
    copies = run_record.frozen_copies({str(live): "journeys"}, restricted)
    assert copies == {str(live): str(copy)}
    sums = run_record.gather([str(live)], lambda _: "#extract/journeys", b"key", copies)
    assert sums == {str(live): keyed(copy, b"key")}


# --- what the PDF carries of it ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def carried(default_run) -> dict[str, dict]:
    """The record that is attached to the PDF: entities by identifier."""
    entities = json.loads((default_run / "work" / CRATE).read_text(encoding="utf-8"))["@graph"]
    return {entity["@id"]: entity for entity in entities}


def test_every_checksum_that_the_pdf_carries_is_true(carried, default_run, default_study):
    summed = {name: entity["sha256"] for name, entity in carried.items() if "sha256" in entity}
    assert {"ledger.csv", "cells.csv", "report.html", "validation.csv", "code/config.yaml"} <= set(summed)
    assert sum(name.startswith("code/") for name in summed) > 100
    for name, told in summed.items():
        path = default_study / carried[name]["alternateName"] if name.startswith("#") else default_run / name
        assert run_record.sha256(path) == told, name
    assert not [name for name in summed if is_confidential(name)]


def test_what_the_pdf_carries_is_a_valid_crate_beside_the_files_it_names(default_run, offline_cache, tmp_path):
    folder = Path(shutil.copytree(default_run, tmp_path / "run", ignore=shutil.ignore_patterns("restricted", "logs")))
    shutil.copy(default_run / "work" / CRATE, folder / CRATE)
    assert_valid(folder, "provenance-run-crate", offline_cache)


def test_the_pdf_carries_every_job_before_it_and_refers_to_nothing_else(carried, graph):
    jobs = {name for name in graph if name.startswith("#job/")}
    assert jobs - set(carried) == {"#job/report_pdf", "#job/attached_record"}
    document = Record(Path(), NAME, Path())
    document.__dict__["graph"] = list(carried.values())
    assert list(graph_problems(document)) == []
    told = json.dumps(list(carried.values()))
    assert "startTime" not in told and "hmac" not in told and "reference_extracts/restricted" not in told
    assert "weasyprint" in told and "pkg:generic/python" not in told


def test_an_altered_output_or_code_file_alters_what_the_pdf_carries(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    files = [*FACTS.code, "results/r/ledger.csv"]
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x = 1\n")
    parts = {"jobs": [JOB], "study": {**FACTS.study, "run": "r", "title": "R"}, "extracts": FACTS.extracts}
    first = attached_record(**parts, code=FACTS.code)
    assert attached_record(**parts, code=FACTS.code) == first
    for name in files:
        (tmp_path / name).write_text("x = 2\n")
        assert attached_record(**parts, code=FACTS.code) != first, name
        (tmp_path / name).write_text("x = 1\n")


def test_packages_are_those_that_the_code_imports(tmp_path):
    (tmp_path / "a.py").write_text("import pandas as pd\nfrom markupsafe import Markup\nimport json\nimport _own\n")
    (tmp_path / "b.css").write_text("import x")
    assert set(imported([tmp_path / "a.py", tmp_path / "b.css"])) == {"pandas", "markupsafe"}


# --- the parts -------------------------------------------------------------------------------------------------------

JOB = {
    "name": "count",
    "rule": "count",
    "does": "Count.",
    "script": "count",
    "digest": "d",
    "inputs": ["given/j.csv", "results/r/restricted/j.parquet"],
    "outputs": ["results/r/ledger.csv"],
    "settings": {"days": 83},
}
PRINT = {**JOB, "name": "typeset", "rule": "typeset", "script": "typeset", "outputs": ["results/r/report.pdf"]}
FACTS = Facts(
    run="r",
    title="Report",
    date="2026-01-02T03:04:05+00:00",
    study={"days": 83, "programme": {"end": "2011-03-31"}},
    extracts={"given/j.csv": "journeys"},
    code={f"../p/{name}": name for name in ("Snakefile", "workflow/scripts/count.py", "workflow/scripts/typeset.py")},
    checksums={"given/j.csv": "hmac-sha256:1", "results/r/ledger.csv": "2"},
    code_version="v",
    commit="git:c",
    times={"count": ("2026-01-02T03:00:00+00:00", "2026-01-02T03:04:05+00:00")},
)


def test_the_reproducible_part_knows_no_time_key_or_folder():
    other = replace(FACTS, date="2027-01-01", checksums={**FACTS.checksums, "given/j.csv": "hmac-sha256:9"})
    other = replace(other, times={}, commit="")
    job = {**JOB, "settings": {**JOB["settings"], "extracts": {"journeys": "given/j.csv"}}}
    part = reproducible([job, PRINT], FACTS)
    assert (
        part == reproducible([job, PRINT], other) == reproducible([job, PRINT], replace(other, numbers={"count": "9"}))
    )
    text = json.dumps(part)
    assert not [word for word in ("2026", "hmac", "keyed", "given/") if word in text]
    assert crate([JOB, PRINT], FACTS) != crate([JOB, PRINT], other)
    graph = {entity["@id"]: entity for entity in part["@graph"]}
    assert graph["ledger.csv"]["sha256"] == "2"
    assert as_list(graph["#job/count"]["object"]) == [
        {"@id": "#extract/journeys"},
        {"@id": "#restricted/j.parquet"},
        {"@id": "#setting/days"},
    ]


def test_a_record_names_no_account(graph):
    assert graph["#agent"]["@type"] == "Organization"
    assert not [name for name, entity in graph.items() if entity["@type"] == "Person"]
    assert {entity["agent"]["@id"] for name, entity in graph.items() if name.startswith("#job/")} == {"#agent"}


def test_an_extract_of_several_files_has_a_name_for_each():
    assert extract_names({"a": "x.csv", "b": ["y.csv", "z.csv"]}) == {"x.csv": "a", "y.csv": "b", "z.csv": "b/2"}


def test_no_job_ends_before_it_starts_or_starts_before_the_jobs_of_its_inputs_ended(graph):
    jobs = {name: entity for name, entity in graph.items() if name.startswith("#job/")}
    makers = {made["@id"]: name for name, job in jobs.items() for made in as_list(job["result"])}
    used = [(name, one["@id"]) for name, job in jobs.items() for one in as_list(job["object"])]
    pairs = [(name, makers[path]) for name, path in used if path in makers]
    assert len(pairs) > 50
    assert [name for name, job in jobs.items() if not job["startTime"] < job["endTime"]] == []
    assert [pair for pair in pairs if jobs[pair[0]]["startTime"] < jobs[pair[1]]["endTime"]] == []


def noted(run: Path, name: str, **note: object) -> None:
    """A note that a job left in a run's folder."""
    path = noted_in(run) / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"token": "", "job": "", "outputs": [], "checksums": {}, **note}), encoding="utf-8")


def test_times_and_numbers_come_from_the_jobs_own_notes(tmp_path):
    noted(tmp_path, "validate_a", started=100.0, ended=102.5, job="812")
    noted(tmp_path, "count", started=103.0, ended=104.0)
    (noted_in(tmp_path) / "gone.json").write_text('{"results/r/of an earlier version.csv": "0"}', encoding="utf-8")
    known = run_record.noted_of([{"name": name} for name in ("validate/a", "count", "unknown", "gone")], tmp_path)
    assert run_record.times(known) == {
        "validate/a": ("1970-01-01T00:01:40.000+00:00", "1970-01-01T00:01:42.500+00:00"),
        "count": ("1970-01-01T00:01:43.000+00:00", "1970-01-01T00:01:44.000+00:00"),
    }
    assert run_record.numbers(known) == {"validate/a": "job 812 of the batch system"}
    graph = {one["@id"]: one for one in crate([JOB], replace(FACTS, numbers={JOB["name"]: "job 812"}))["@graph"]}
    assert graph[f"#job/{JOB['name']}"]["identifier"] == "job 812"


def test_later_writes_are_told_by_the_jobs_own_notes_and_not_by_dates(tmp_path):
    paths = {name: tmp_path / name for name in ("a.csv", "b.csv", "c.csv")}
    for path in paths.values():
        path.write_text("as made")
    sums = {str(path): run_record.sha256(path) for name, path in paths.items() if name != "c.csv"}
    noted(tmp_path, "job", checksums=sums)
    os.utime(paths["a.csv"], (0, 0))
    before = paths["b.csv"].stat()
    paths["b.csv"].write_text("altered")
    os.utime(paths["b.csv"], ns=(before.st_atime_ns, before.st_mtime_ns))
    assert list(run_record.rewritten(map(str, paths.values()), tmp_path)) == [str(paths["b.csv"])]


def test_the_key_is_made_once_kept_closed_and_shared_by_the_runs_of_a_study(tmp_path):
    paths = [tmp_path / "results" / run / "restricted" / "record.key" for run in ("a", "b")]
    for path in paths:
        path.parent.mkdir(parents=True)
    key = own_key(paths[0])
    assert len(key) == 32 and own_key(paths[0]) == key == own_key(paths[1])
    assert {path.stat().st_mode & 0o777 for path in paths} == {0o600}


def test_a_key_that_was_kept_when_a_run_was_released_is_taken_once_the_runs_are_purged(tmp_path):
    own, kept = tmp_path / "results" / "c" / "restricted" / "record.key", tmp_path / "releases" / "record.key"
    for path in (own, kept):
        path.parent.mkdir(parents=True)
    kept.write_text("5a" * 32 + "\n", encoding="ascii")
    assert own_key(own) == bytes.fromhex("5a" * 32) and own.read_text() == kept.read_text()


def test_the_commit_is_known_in_a_checkout_only(tmp_path):
    (tmp_path / "Snakefile").write_text("")
    assert run_record.commit(tmp_path, ["Snakefile"]) == ""
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b.c"]
    for command in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message", "one"]):
        subprocess.run([*git, *command], check=True)
    found = run_record.commit(tmp_path, ["Snakefile"])
    assert found.startswith("git:") and len(found) == 44
    (tmp_path / "Snakefile").write_text("rule all:")
    assert run_record.commit(tmp_path, ["Snakefile"]) == f"{found} with changes not committed"


def test_a_changed_output_renews_the_record_only(default_study, tmp_path):
    study = Path(shutil.copytree(default_study, tmp_path / "copy", symlinks=True))
    with open(study / RUN / "report.pdf", "ab") as stream:  # nothing else rests on it
        stream.write(b"\n")
    done = snakemake(study, study, "--dry-run")
    assert "would run run_record" in done.stderr and done.stderr.count("would run") == 2  # and the rule all


def test_no_rule_s_script_opens_the_config_or_an_extract_by_itself():
    """What a script reads comes by its rule's inputs and params: only these are watched."""
    scripts = PROJECT / "workflow" / "scripts"
    rules = set(scripts.glob("*.py"))
    for path in scripts.rglob("*.py"):
        names = {
            node.id for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Name)
        }
        assert path == scripts / "dscp" / "config" / "checked.py" or "read_config" not in names, path.name
        assert "snakemake" not in names or path in rules, path.name
    for rule in rules:
        opened = re.findall(r"""\b(?:open|read_\w+|Path)\(\s*["']([^"']+)""", rule.read_text(encoding="utf-8"))
        assert [path for path in opened if not path.startswith((".snakemake", "{"))] == [], rule.name
