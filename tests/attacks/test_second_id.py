"""The same people under a second id, by the command that everybody runs: refused, or with the same fate."""

from __future__ import annotations

import numpy as np
import pytest
import yaml

from dscp.extracts.registry import samples
from other_study import FOLDER, other_config
from running import PROJECT, copy_project, snakemake

JOURNEYS = 150
CATALOGUE = "workflow/scripts/dscp/measures/catalogue"
FIRST = "retained_12_weeks"


@pytest.fixture(scope="module")
def study(config, tmp_path_factory):
    """The other study with few journeys and nothing else, and the added measure, under a policy."""
    folder = tmp_path_factory.mktemp("again")
    other = other_config(dict(config))
    own = {
        **other,
        "extracts": {"journeys": f"{FOLDER}/journeys.csv"},
        "disclosure": "suppress_below_5",
        "measures": [*other["measures"], "again"],
    }
    (folder / FOLDER).mkdir()
    drawn = samples(own, np.random.default_rng(5), JOURNEYS, own["extracts"])
    drawn["journeys"].to_csv(folder / FOLDER / "journeys.csv", index=False)
    (folder / "config.yaml").write_text(yaml.safe_dump(own, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A measure's file copied, every name in it another, the words too: who is counted is the same."""
    folder = copy_project(tmp_path_factory.mktemp("project"))
    text = (PROJECT / CATALOGUE / f"{FIRST}.py").read_text(encoding="utf-8")
    text = text.replace(FIRST, "again").replace("journeys in {label}", "other journeys in {label}")
    (folder / CATALOGUE / "again.py").write_text(text, encoding="utf-8")
    return folder


def published(study) -> list:
    """The tables outside what is confidential."""
    return [path for path in (study / "results").rglob("*.csv") if "restricted" not in path.parts]


def test_a_cohort_under_a_second_id_is_refused(project, study):
    done = snakemake(project, study)
    assert done.returncode != 0
    assert f"cohort {FIRST}: counts whom again counts, allowed: one cohort, declared once" in done.stdout + done.stderr
    assert published(study) == []


@pytest.mark.thorough
def test_where_the_catalogue_lets_it_through_the_ledger_does_not(project, study):
    registry = project / "workflow" / "scripts" / "dscp" / "measures" / "registry.py"
    text, check = (
        registry.read_text(encoding="utf-8"),
        "    _one_id_per_cohort(measure.cohort for measure in known.values())\n",
    )
    assert check in text
    registry.write_text(text.replace(check, ""), encoding="utf-8")
    done = snakemake(project, study)
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert f"ledger: error: again.base.pilot_1.pre: counts what {FIRST}.base.pilot_1.pre counts" in said
    assert published(study) == []
