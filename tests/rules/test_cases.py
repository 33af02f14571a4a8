"""Table B.6: from the rows read to the cases that each measure counts, in each area; the oracle says who is left."""

from __future__ import annotations

import dataclasses

import pytest

import chain
from dscp.exhibits.declared import resolve, with_sheets
from dscp.ledger.ids import dims_of
from dscp.measures.registry import MEASURES
from dscp.study.areas import PERIODS, areas


def counted_in(config, measure) -> list[str]:
    """The areas in which there is a measure, and both arms."""
    every = areas(config["sites"])
    own = every[[measure.only(config["sites"][site]) for site in every["site"]]]
    return [*own["area"], *(f"all_{arm}s" for arm in dict.fromkeys(own["arm"]))]


@pytest.mark.thorough
def test_what_the_steps_leave_out_is_all_that_is_not_counted(programme, programme_made):
    known, cohorts, seen = programme_made.known, {}, set()
    for measure in (one for one in MEASURES.values() if one.outcome and one.of_its_own):
        cohorts.setdefault(measure.cohort.family, measure)
    assert len(cohorts) >= 4
    for family, measure in cohorts.items():
        steps, extract = measure.cohort.steps, measure.cohort.reads[0]
        for area in counted_in(programme.config, measure):
            for period in PERIODS:
                names = [*((one.name, one.of) for one in steps[1:]), ("counted", family)]
                out = [known[f"cases.left_out.{name}.{of}.{area}.{period}"] for name, of in names]
                assert min(out) >= 0, (family, area, period)
                assert known[f"cases.in_file.{extract}.{area}"] - sum(out) == known[f"{family}.base.{area}.{period}"]
                seen |= {name for name, number in zip(names, out, strict=True) if number}
    assert len(seen) >= 8, seen  # most steps leave somebody out


@pytest.mark.thorough
def test_arms_are_the_sums_of_their_areas(programme_made):
    rows = [row for row in programme_made.ledger.to_dict("records") if row["family"] == "cases"]
    whole = [row for row in rows if dims_of(row)["area"].startswith("all_")]
    assert len(whole) > 40
    for row in whole:
        arm = dims_of(row)["area"].removeprefix("all_").removesuffix("s")
        like = row["id"].split(f"all_{arm}s")
        parts = [one for one in rows if one["id"].startswith(f"{like[0]}{arm}_") and one["id"].endswith(like[1])]
        assert row["value"] == sum(one["value"] for one in parts), row["id"]


@pytest.mark.thorough
def test_the_workbook_has_the_table_for_each_area_with_the_ids_of_that_area(programme, programme_made):
    made = with_sheets(chain.EXHIBITS, programme.config)
    places = areas(programme.config["sites"])["area"].tolist()
    numbers = [number for number in made if number.startswith("B.6.")]
    assert numbers == [f"B.6.{n}" for n in range(1, len(places) + 1)]
    assert list(made)[list(made).index("B.6") + 1] == "B.6.1"
    for number, place in zip(numbers, places, strict=True):
        table = resolve(number, made[number], programme.config, list(programme_made.known), {})
        ids = [entry.id for row in table.rows for cell in row.cells for entry in cell]
        assert ids and all(f".{place}" in one or one.startswith("validation.") for one in ids), number
        assert any(one.startswith("cases.left_out.early_enough.") for one in ids)


@pytest.mark.thorough
def test_under_a_policy_no_step_is_told_and_bases_are_as_they_are_published(programme, tmp_path):
    small = {**programme.config, "disclosure": {"policy": "suppress_below_5"}}
    made = chain.run(dataclasses.replace(programme, config=small), tmp_path)
    assert not [name for name in made.known if name.startswith("cases.")]
    tables = with_sheets(chain.EXHIBITS, small)
    for number in ("B.6", "B.6.1"):
        table = resolve(number, tables[number], small, list(made.known), {})
        told = [entry.id for row in table.rows for cell in row.cells for entry in cell]
        place = "all_pilots" if number == "B.6" else areas(small["sites"])["area"].iloc[0]
        assert f"effective_treatment.base.{place}.post" in told and "validation.rows_in.journeys" in told
        assert set(told) <= set(made.known)
