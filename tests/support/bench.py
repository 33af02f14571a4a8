"""How long a run takes and how much memory it needs: `bench.py report`, `waits`, `national` or `submissions`.

report    a cold run of the default study in a fresh folder: seconds and peak memory by rule, and of the whole
waits     what a user waits for, each with `make report` in a copy of the project: a cold run, the same again, after
          edits of a sentence, a label and a threshold; a study of journeys alone, and one of 60 sites under a policy
national  ten million generated journeys through validate, outcomes and impact, one after the other
submissions  a million generated rows of providers' submissions through validate and joined

Memory is the sum of what a job's processes hold, sampled every tenth of a second; of pages that processes share, each
counts its part. Files are made under bench/ and removed afterwards, unless KEEP=1 is set. ROWS=n generates fewer
journeys.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import psutil
import yaml

PROJECT = Path(__file__).parents[2]
BENCH = PROJECT / "bench"
INTERVAL = 0.1  # seconds
RULES = {
    path.stem[:15]: path.stem for path in (PROJECT / "workflow" / "scripts").glob("*.py")
}  # as processes are called
MB = 1e6
ROWS = int(os.environ.get("ROWS", 10_000_000))
SEED = 2012
NATIONAL_DATS = 149
TARGET_SECONDS, TARGET_MB = 60, 4 * 1024**3 / MB


# Measuring ----------------------------------------------------------------------------------------------------------


class Watch(threading.Thread):
    """Peak memory of a process and its children: in all, and by the rule whose script they run."""

    def __init__(self, root: int):
        super().__init__(daemon=True)
        self.root = psutil.Process(root)
        self.peak = 0
        self.by_rule: dict[str, int] = defaultdict(int)
        self.over = threading.Event()

    def run(self) -> None:
        """Sample until told to stop."""
        while not self.over.wait(INTERVAL):
            self.sample()

    def sample(self) -> None:
        """Look once."""
        now: dict[str, int] = defaultdict(int)
        for process in self._tree():
            try:
                now[RULES.get(process.name(), "snakemake")] += process.memory_full_info().pss
            except psutil.Error:
                continue
        self.peak = max(self.peak, sum(now.values()))
        for rule, size in now.items():
            self.by_rule[rule] = max(self.by_rule[rule], size)

    def _tree(self) -> list[psutil.Process]:
        try:
            return [self.root, *self.root.children(recursive=True)]
        except psutil.Error:
            return []


def run(folder: Path, *targets: str) -> tuple[float, Watch]:
    """Run the workflow on the study in a folder; seconds and memory. Ends with its words where it fails."""
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(PROJECT / "Snakefile"), "--directory", str(folder)]
    command += ["--workflow-profile", str(PROJECT / "workflow" / "profiles" / "default"), "--cores", "all", *targets]
    plugins = {"PYTHONPATH": str(PROJECT / "workflow" / "plugins")}
    started = time.perf_counter()
    with open(folder / "bench.log", "a", encoding="utf-8") as log:
        job = subprocess.Popen(command, cwd=PROJECT, env={**os.environ, **plugins}, stdout=log, stderr=log)
        watch = Watch(job.pid)
        watch.start()
        status = job.wait()
    seconds = time.perf_counter() - started
    watch.over.set()
    watch.join()
    if status:
        sys.exit(f"{(folder / 'bench.log').read_text(encoding='utf-8')}\nthe run failed, see above")
    return seconds, watch


def durations(folder: Path) -> dict[str, list[float]]:
    """Rule -> seconds of each of its jobs, from what Snakemake recorded of their outputs."""
    jobs = {}
    for path in (folder / ".snakemake" / "metadata").rglob("*"):
        if path.is_file():
            record = json.loads(path.read_text(encoding="utf-8"))
            jobs[record["rule"], str(record["log"])] = record["endtime"] - record["starttime"]  # a job has its own log
    found = defaultdict(list)
    for (rule, _), seconds in jobs.items():
        found[rule].append(seconds)
    return found


@contextmanager
def study_folder(name: str) -> Iterator[Path]:
    """A fresh folder under bench/ that goes afterwards."""
    folder = BENCH / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        if os.environ.get("KEEP") == "1":
            print(f"kept: {folder.relative_to(PROJECT)}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
            if not any(BENCH.iterdir()):
                BENCH.rmdir()


def line(name: str, seconds: float, memory: float, jobs: str = "") -> None:
    """Print one line of a table."""
    print(f"{name:<22}{jobs:>5}{seconds:>9.1f} s{memory:>8.0f} MB")


# The default study --------------------------------------------------------------------------------------------------


def report() -> None:
    """A cold run of the default study."""
    with study_folder("report") as folder:
        shutil.copy(PROJECT / "config.yaml", folder)
        seconds, watch = run(folder)
        print(f"{'rule':<22}{'jobs':>5}{'time':>11}{'peak':>11}   (jobs run side by side on {os.cpu_count()} cores)")
        spent = durations(folder)
        for rule, jobs in sorted(spent.items(), key=lambda item: -sum(item[1])):
            line(rule, sum(jobs), watch.by_rule.get(rule, 0) / MB, str(len(jobs)))
        line("the whole run", seconds, watch.peak / MB, str(sum(map(len, spent.values()))))


# What a user waits for ----------------------------------------------------------------------------------------------

PARTS = ("Snakefile", "Makefile", "setup.sh", "requirements.lock", "config.yaml", "workflow", "templates")
EDITS = {  # what is edited -> file, old text, new text
    "a sentence": ("templates/chapters/introduction.html.j2", "</p>", " This sentence is new.</p>"),
    "a label": ("config.yaml", "label: Site 4\n", "label: The fourth site\n"),
    "a threshold": ("config.yaml", "effective_days: 83", "effective_days: 84"),
}
MANY_SITES = 60
JOURNEYS_OF_A_SITE = 600


def make_report(project: Path, study: Path, what: str) -> None:
    """One `make report`, and a line on it: seconds to its end, to its HTML and of processors; memory."""
    html = next(iter(study.glob("results/*/report.html")), None)
    before = html and html.stat().st_mtime
    spent, started = os.times(), time.time()
    with open(study / "bench.log", "a", encoding="utf-8") as log:
        job = subprocess.Popen(["make", "--silent", "report", f"STUDY={study}"], cwd=project, stdout=log, stderr=log)
        watch = Watch(job.pid)
        watch.start()
        status = job.wait()
    seconds, used = time.time() - started, os.times()
    watch.over.set()
    watch.join()
    if status:
        sys.exit(f"{(study / 'bench.log').read_text(encoding='utf-8')}\nthe run failed, see above")
    html = next(study.glob("results/*/report.html"))
    page = f"{html.stat().st_mtime - started:.1f} s" if html.stat().st_mtime != before else ""
    work = used.children_user + used.children_system - spent.children_user - spent.children_system
    print(f"{what:<32}{seconds:>8.1f} s{page:>12}{work:>10.1f} s{watch.peak / MB:>9.0f} MB", flush=True)


def waits() -> None:
    """What a user waits for."""
    from other_study import FOLDER, extracts, other_config

    default = yaml.safe_load((PROJECT / "config.yaml").read_text(encoding="utf-8"))
    print(f"{'what':<32}{'wall':>10}{'its HTML':>12}{'processors':>12}{'peak':>12}   (on {os.cpu_count()} cores)")
    with study_folder("waits") as folder:
        project = folder / "project"
        project.mkdir()
        for name in PARTS:
            copy = shutil.copytree if (PROJECT / name).is_dir() else shutil.copy
            copy(PROJECT / name, project / name)
        (project / ".venv").symlink_to(PROJECT / ".venv")
        make_report(project, project, "cold run, default study")
        make_report(project, project, "nothing changed")
        for what, (name, old, new) in EDITS.items():
            text = (project / name).read_text(encoding="utf-8")
            (project / name).write_text(text.replace(old, new, 1), encoding="utf-8")
            make_report(project, project, f"{what} edited")
        small = {**other_config(default), "extracts": {"journeys": f"{FOLDER}/journeys.csv"}, "run": "journeys-only"}
        sites = list(small["sites"].values())
        many = {f"site_{number}": _site(number, sites[number % len(sites)]) for number in range(1, MANY_SITES + 1)}
        large = {**other_config(default), "sites": many, "run": "many-sites", "disclosure": "minimum_10"}
        for config, rows in ((small, 1500), (large, JOURNEYS_OF_A_SITE * MANY_SITES)):
            study = folder / config["run"]
            (study / FOLDER).mkdir(parents=True)
            text = yaml.safe_dump(config, sort_keys=False, allow_unicode=True)
            (study / "config.yaml").write_text(text, encoding="utf-8")
            share = rows / 6000
            for name, frame in extracts(config, np.random.default_rng(SEED), share).items():
                frame.to_csv(study / FOLDER / f"{name}.csv", index=False)
            make_report(project, study, config["run"].replace("-", " "))


def _site(number: int, like: dict) -> dict:
    """A site like another, with areas of its own."""
    arms = {}
    for arm in ("pilot", "comparison"):
        of_arm = like[arm]
        own = {"label": f"{arm.capitalize()} {number}", "dats": [f"{dat}{number}" for dat in of_arm["dats"]]}
        prisons = {"prisons": [f"{prison}{number}" for prison in of_arm["prisons"]]} if "prisons" in of_arm else {}
        arms[arm] = own | prisons
    return {**like, "label": f"Site {number}", **arms}


# Submissions ----------------------------------------------------------------------------------------------------------

SUBMITTED = 1_000_000
JOINS = {"structured_modalities": [1, 2, 3, 4, 5, 6, 11, 12, 94, 95], "join_days": 21, "journey_start": "triage"}


def submissions() -> None:
    """A million rows, each of them an episode, two of a person at two agencies: no provider's file is as hard."""
    from dscp.extracts.registry import samples

    config = yaml.safe_load((PROJECT / "config.yaml").read_text(encoding="utf-8"))
    with study_folder("submissions") as folder:
        first = samples(config, np.random.default_rng(SEED), SUBMITTED // 2, ["submissions"])["submissions"]
        day = np.timedelta64(1, "D")
        second = first.assign(agency="X0001", triage=first["triage"] + 30 * day, discharge=first["triage"] + 120 * day)
        second = second.assign(modality_start=second["triage"], exit_reason=80)
        pd.concat([first, second]).to_csv(folder / "submissions.csv", index=False)
        config |= {"extracts": {"submissions": "submissions.csv"}, "reference_run": False, "assumed": {}}
        config["economics"]["method"], config["definitions"]["submissions"] = "corrected", JOINS
        (folder / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
        seconds, watch = run(folder, f"results/{config['run']}/restricted/journeys.csv")
        print(f"{'rule':<22}{'':>5}{'time':>11}{'peak':>11}   ({SUBMITTED:,} rows, on {os.cpu_count()} cores)")
        for rule, jobs in durations(folder).items():
            line(rule, sum(jobs), watch.by_rule[rule] / MB)
        line("from start to end", seconds, watch.peak / MB)


# Ten million journeys -----------------------------------------------------------------------------------------------

# Everything is drawn from hashes of a row's or client's number, so that the file is the same whatever the threads.
# Four journeys a client in sequence, one client in ten with the last in another DAT; one journey in fourteen is open.
JOURNEYS = """
create macro draw(number, stream) as (hash(number * 64 + stream, {seed}) % 1000000) / 1000000.0;
create macro below(bound, number, stream) as floor(draw(number, stream) * bound)::integer;
create macro one_of(choices, number, stream) as choices[1 + below(len(choices), number, stream)];
copy (
    with numbered as (
        select range as journey_row, range // 4 as person, (range % 4)::integer as nth from range({rows})
    ),
    people as (
        select *, date '1950-01-01' + below(14000, person, 1) as born,
            date '2004-01-01' + below(1500, person, 2) as first_start,
            case when nth = 3 and draw(person, 3) < 0.1 then journey_row else person end as place
        from numbered
    ),
    dated as (
        select *, first_start + nth * 420 + below(120, journey_row, 5) as started,
            case when draw(journey_row, 6) > 0.07 then floor(draw(journey_row, 7) ** 2 * 290)::integer end as lasted
        from people
    )
    select
        'N' || lpad(person::varchar, 8, '0') as client,
        one_of({dats}, place, 4) as dat,
        nth + 1 as journey,
        started as journey_start,
        started + lasted as journey_end,
        case when lasted is not null then one_of([1, 2, 15, 80, 82, 3, 4, 5, 6, 29, 83, 99], journey_row, 18) end
            as exit_reason,
        born as date_of_birth,
        case when draw(person, 8) < 0.72 then 'M' else 'F' end as sex,
        one_of(['A', 'A', 'A', 'A', 'A', 'A', 'B', 'C', 'D', 'H', 'J', 'M', 'N', 'S', 'Z'], person, 19) as ethnicity,
        case when draw(journey_row, 9) > 0.03
            then one_of([1011, 1011, 1011, 3201, 1105, 3200, 5000, 3101, 7000], journey_row, 20) end as drug_1,
        case when draw(journey_row, 10) < 0.5 then one_of([3201, 5000, 1105, 2102], journey_row, 21) end as drug_2,
        case when draw(journey_row, 11) < 0.2 then one_of([5000, 3200, 9005, 7000], journey_row, 22) end as drug_3,
        case when draw(journey_row, 12) > 0.08 then 11 + below(5, person, 13) end as age_first_use,
        case when draw(journey_row, 14) > 0.05 then 1 + below(20, journey_row, 23) end as referral_source,
        case when draw(journey_row, 15) < 0.25 then 'Y' when draw(journey_row, 15) < 0.9 then 'N' end as dip_flag,
        case when draw(journey_row, 16) < 0.5 then 'Y' when draw(journey_row, 16) < 0.94 then 'N' end
            as previously_treated,
        case when draw(journey_row, 17) < 0.2 then 'Y' when draw(journey_row, 17) < 0.9 then 'N' end as dual_diagnosis
    from dated
) to '{path}' (format csv, header)
"""


def national_dats(sites: dict) -> list[str]:
    """The study's DATs among as many as there are in England."""
    study = [
        dat
        for site in sites.values()
        if site.get("analysed", True)
        for arm in ("pilot", "comparison")
        for dat in site[arm]["dats"]
    ]
    return study + [f"N{number:03d}" for number in range(NATIONAL_DATS - len(study))]


def generate(folder: Path) -> dict:
    """Write the journeys and a config that names them; returns the config."""
    config = yaml.safe_load((PROJECT / "config.yaml").read_text(encoding="utf-8"))
    path = folder / "national.csv"
    started = time.perf_counter()
    with duckdb.connect(config={"memory_limit": "2GB", "temp_directory": str(folder / "spill")}) as con:
        con.execute(JOURNEYS.format(seed=SEED, rows=ROWS, dats=national_dats(config["sites"]), path=path))
    print(f"generated {ROWS:,} journeys, {path.stat().st_size / MB:,.0f} MB, in {time.perf_counter() - started:.0f} s")
    config["extracts"]["journeys"] = "national.csv"
    config["reference_run"] = False
    config["economics"]["method"] = "corrected"
    (folder / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    return config


def national() -> None:
    """Ten million journeys through the three rules that read them or what is made of them, one rule at a time."""
    with study_folder("national") as folder:
        config = generate(folder)
        results = Path("results") / config["run"]
        others = [name for name in config["extracts"] if name != "journeys"]
        steps = {
            "": [f"{results}/restricted/validation/{name}.csv" for name in others],
            "validate": [f"{results}/restricted/validation/journeys.csv"],
            " ": [f"{results}/restricted/validation/accepted", f"{results}/restricted/ledger/continuity.csv"],
            "outcomes": [f"{results}/restricted/ledger/outcomes.csv"],
            "impact": [f"{results}/restricted/ledger/impact.csv"],
        }
        before: dict[str, float] = defaultdict(float)
        total, whole, peak = 0.0, 0.0, 0.0
        print(f"{'rule':<22}{'':>5}{'time':>11}{'peak':>11}")
        for rule, targets in steps.items():
            wall, watch = run(folder, *targets)
            spent = {name: sum(jobs) for name, jobs in durations(folder).items()}
            if rule.strip():
                seconds = spent[rule] - before[rule]
                line(rule, seconds, watch.by_rule[rule] / MB)
                total, whole, peak = total + seconds, whole + wall, max(peak, watch.by_rule[rule] / MB)
            before.update(spent)
        line("together", total, peak)
        within = "within" if total <= TARGET_SECONDS and peak <= TARGET_MB else "NOT within"
        print(f"{within} {TARGET_SECONDS} s and {TARGET_MB:,.0f} MB; {whole:.1f} s with three starts of Snakemake")


if __name__ == "__main__":
    every = {"report": report, "waits": waits, "national": national, "submissions": submissions}
    every[sys.argv[1] if len(sys.argv) > 1 else "report"]()
