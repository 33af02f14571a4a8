"""What tests of every folder share: the config, the order, and the finished runs of those that may ask for one."""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as Snakemake sets it for jobs; many threads on few cores are slow

import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from filelock import FileLock
from hypothesis import settings

from other_study import write_study
from running import PROJECT, RUN, copy_project, finish
from thorough import few

os.environ["PYTHONPATH"] = str(PROJECT / "workflow" / "scripts")  # as the Makefile sets it for the tools

# As under nohup and in the background of a shell: the runs that tests start would not hear these signals.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

settings.register_profile("check", max_examples=25)  # of 100: the share of cases that make check draws

FINISHED = {"default_study", "default_run", "other_study", "protected_study"}  # fixtures that take a minute each
WITHOUT = ("unit", "rules", "oracle")  # folders of tests that do without

# What takes longest goes first, so that the workers end at about the same time.
FIRST = [
    "runs/test_survival",
    "runs/test_default_run",
    "attacks/test_canaries",
    "attacks/test_hostile_runs",
    "attacks/test_hostile_texts",
    "attacks/test_outside",
    "attacks/test_disclosure",
    "attacks/test_releases",
    "attacks/test_models_told",
    "rules/test_untrusted_numbers",
    "rules/test_left_out",
    "rules/test_findings_text",
    "rules/test_messy",
    "rules/test_rules_matter",
    "unit/test_pdf_parts",
    "runs/test_panel",
    "runs/test_page_access",
    "runs/test_new_study",
    "oracle/test_derivations",
    "attacks/test_hostile_files",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option of make check."""
    parser.addoption("--few", action="store_true", help="of each test its first case, and none that takes long")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Refuse a finished run where tests do without; put modules in the order of FIRST, then the others."""
    asking = {item: FINISHED.intersection(item.fixturenames) for item in items if item.path.parent.name in WITHOUT}
    if said := [f"{item.nodeid} asks for {min(asked)}" for item, asked in asking.items() if asked]:
        raise pytest.UsageError("\n".join([*said, "finished runs are for tests/runs and tests/attacks"]))
    names = {item: f"{item.path.parent.name}/{item.path.stem}" for item in items}
    order = {name: FIRST.index(name) if name in FIRST else len(FIRST) for name in names.values()}
    items.sort(key=lambda item: order[names[item]])
    if config.getoption("few"):
        kept = set(few(items))
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = [item for item in items if item in kept]


@pytest.fixture(scope="session")
def config() -> dict:
    """The default config, dates as ISO text."""
    from dscp.config.checked import completed, plain

    return completed(plain(yaml.safe_load((PROJECT / "config.yaml").read_text(encoding="utf-8"))))


@pytest.fixture(scope="session")
def default_study(tmp_path_factory) -> Path:
    """A copy of the project in which the default study has been run from nothing."""

    def make(folder: Path) -> None:
        finish(copy_project(folder), folder)

    return made_once(tmp_path_factory, "study", make)


@pytest.fixture(scope="session")
def other_study(tmp_path_factory, config) -> Path:
    """The study of other_study.py, run by the project from nothing."""

    def make(folder: Path) -> None:
        write_study(folder, config)
        finish(PROJECT, folder)

    return made_once(tmp_path_factory, "other", make)


@pytest.fixture(scope="session")
def protected_study(tmp_path_factory, config) -> Path:
    """A study with few clients on extracts of its own, run under a policy that withholds and rounds."""

    def make(folder: Path) -> None:
        write_study(folder, config, share=0.15, disclosure="suppress_below_8_round_to_5")
        finish(PROJECT, folder)

    return made_once(tmp_path_factory, "protected", make)


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A folder that is made once for all workers; each has a copy of its own, as deep in the tree."""
    if not os.environ.get("PYTEST_XDIST_WORKER"):
        folder = factory.mktemp(name)
        make(folder)
        return folder
    shared = factory.getbasetemp().parent / "shared" / name
    shared.parent.mkdir(exist_ok=True)
    with FileLock(f"{shared}.lock"):
        if not shared.exists():
            part = shared.with_suffix(".part")
            part.mkdir()
            make(part)
            part.rename(shared)
    return shutil.copytree(shared, factory.mktemp(name), symlinks=True, dirs_exist_ok=True)


@pytest.fixture(scope="session")
def default_run(default_study) -> Path:
    """Its results folder."""
    return default_study / RUN


@pytest.fixture(scope="session")
def rebuilt(tmp_path_factory, config) -> Path:
    """The default study by its rules in one process: ledger.csv, extracts/, and in validated/ their typed copies.

    A test of the finished run shows that it has the same.
    """

    def make(folder: Path) -> None:
        import chain
        from dscp.ledger.rows import write_ledger

        study = chain.rebuilt(config)
        (folder / "extracts").mkdir()
        for name, rows in study.extracts.items():
            rows.to_csv(folder / "extracts" / f"{name}.csv", index=False, lineterminator="\n")
        made = chain.run(study, folder, register=True)
        write_ledger([made.ledger], folder / "ledger.csv")
        (folder / "validated").mkdir()
        for path in made.typed.values():
            path.rename(folder / "validated" / path.name)

    return made_once(tmp_path_factory, "rebuilt", make)


@pytest.fixture(scope="session")
def programme(config):
    """The evaluated programme on small extracts drawn at random (chain.Study); each is validated once, then kept."""
    import chain

    return chain.study(config)


@pytest.fixture(scope="session")
def programme_made(programme, tmp_path_factory):
    """What the chain makes of it (chain.Made)."""
    import chain

    return chain.run(programme, tmp_path_factory.mktemp("programme"))


@pytest.fixture(scope="session")
def programme_printed(programme_made):
    """All that is printed of it (chain.Printed)."""
    import chain

    return chain.render(programme_made)
