"""Sites by the user's own names, in the config and in the extracts: the same study as with keys of the product's."""

from __future__ import annotations

import copy
import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from dscp.config.checked import as_run, checked, plain, read_config
from dscp.config.schema import config_schema
from dscp.extracts.columns import area, site
from dscp.extracts.registry import EXTRACTS, samples
from dscp.study.areas import ARMS
from other_study import other_config
from validate import validate

PROJECT = Path(__file__).parents[2]

NAMES = {"site_1": "Site 1: Northtown", "site_2": "St. Helens & district", "site_3": "Ynys Môn", "site_4": "WEST"}
CALLED = ("site", "area")  # columns that name sites and areas
NAMED = [name for name, extract in EXTRACTS.items() if any({site, area} & {*one.rules} for one in extract.columns)]
TODAY = dt.date(2026, 1, 1)


@pytest.fixture(scope="module")
def keyed(config) -> dict:
    return other_config(config)


def by_names(study: dict) -> dict:
    """The study as a user writes it: sites under their names, without labels, codes in letters of either case."""
    study = copy.deepcopy(study)
    sites = {NAMES[key]: {**site, "pilot": {**site["pilot"]}} for key, site in study["sites"].items()}
    for name, one in sites.items():
        del one["label"]
        one["pilot"] |= {"label": f"{name} itself", "dats": [code.lower() for code in one["pilot"]["dats"]]}
    study["economics"]["worked_example"] = NAMES[study["economics"]["worked_example"]]
    return {**study, "sites": sites}


def read(config: dict, folder) -> dict:
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(config, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return checked(read_config(path), path, config_schema(PROJECT))


@pytest.fixture
def named(keyed, tmp_path) -> dict:
    return read(by_names(keyed), tmp_path)


def without_words(sites: dict) -> dict:
    """Sites without what only names them."""
    bare = copy.deepcopy(sites)
    for one in bare.values():
        for place in (one, *(one[arm] for arm in ARMS)):
            for key in ("label", "named", "called"):
                place.pop(key, None)
    return bare


def test_named_sites_are_numbered_in_their_order_and_keep_their_names_as_labels(keyed, named, tmp_path):
    assert without_words(named["sites"]) == without_words(keyed["sites"])
    assert [site["label"] for site in named["sites"].values()] == list(NAMES.values())
    assert named["economics"]["worked_example"] == keyed["economics"]["worked_example"]
    assert as_run(plain(read_config(tmp_path / "config.yaml")))["sites"] == named["sites"]


def test_a_site_may_be_left_without_a_label_and_the_economics_without_an_example(keyed, tmp_path):
    study = copy.deepcopy(keyed)
    del study["sites"]["site_1"]["label"], study["economics"]["worked_example"]
    study = read(study, tmp_path)
    assert study["sites"]["site_1"]["label"] == "Site 1" and study["economics"]["worked_example"] == "site_1"


def cells(frame: pd.DataFrame, named: dict) -> pd.DataFrame:
    """An extract with sites and areas as the config calls them, in another letter case and with blanks around."""
    called = {name: one["called"] for name, one in named["sites"].items()}
    for number, one in named["sites"].items():
        called |= {f"{arm}_{number.removeprefix('site_')}": one[arm]["label"] for arm in ARMS}
    new = frame.copy()
    for column in set(CALLED) & set(frame):
        new[column] = [f" {called[cell].swapcase()} " for cell in frame[column]]
    return new


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize("suffix", ["csv", "xlsx", "parquet"])
def test_extracts_that_call_sites_and_areas_by_name_are_read_as_those_that_use_keys(
    name, suffix, keyed, named, tmp_path
):
    frame = samples(keyed, np.random.default_rng(1), 200, [name])[name].astype(object)
    read = []
    for number, (rows, config) in enumerate(((frame, keyed), (cells(frame, named), named))):
        path, copied = tmp_path / f"{number}.{suffix}", tmp_path / f"{number}.typed"
        if suffix == "csv":
            rows.to_csv(path, index=False)
        elif suffix == "xlsx":
            rows.to_excel(path, index=False)
        else:
            rows.astype("string").to_parquet(path)
        found = validate(name, [str(path)], config, str(copied), today=TODAY)
        assert found.loc[found["severity"] == "fault", "message"].tolist() == []
        read.append((found["found"].tolist(), pd.read_parquet(copied)))
    assert read[0][0] == read[1][0]
    pd.testing.assert_frame_equal(read[0][1], read[1][1])


def test_what_the_config_says_of_a_file_may_lead_to_a_name(keyed, named, tmp_path):
    frame = samples(keyed, np.random.default_rng(1), 200, ["budget_shares"])["budget_shares"]
    path, typed = tmp_path / "a.csv", tmp_path / "typed"
    cells(frame, named).replace({"site": {f" {NAMES['site_3'].swapcase()} ": "MON"}}).to_csv(path, index=False)
    ways = [{"values": {"site": {"Mon": NAMES["site_3"]}}}]
    found = validate("budget_shares", [str(path)], named, str(typed), mappings=ways, today=TODAY)
    assert found.loc[found["severity"] == "fault", "message"].tolist() == []
    assert pd.read_parquet(typed)["site"].tolist() == frame["site"].tolist()


def said(name: str, frame: pd.DataFrame, config: dict, folder) -> list[str]:
    path = folder / f"{name}.csv"
    frame.to_csv(path, index=False)
    found = validate(name, [str(path)], config, str(folder / "typed"), names=[path.name], today=TODAY)
    return found.loc[found["severity"] == "fault", "message"].tolist()


def test_a_name_that_the_config_has_not_is_refused_with_those_that_it_has(keyed, named, tmp_path):
    frame = cells(samples(keyed, np.random.default_rng(1), 200, ["budget_shares"])["budget_shares"], named)
    frame.loc[0, "site"] = "Ynys Mon"
    (told,) = said("budget_shares", frame, named, tmp_path)
    assert told.startswith("budget_shares.csv, line 2, site: found a value like AAAA AAA, allowed: Site 1: Northtown, ")
    assert told.endswith("Ynys Môn or WEST; did you mean Ynys Môn?")


def test_what_a_site_or_an_area_lacks_is_said_by_its_name(keyed, named, tmp_path):
    drawn = samples(keyed, np.random.default_rng(1), 200, ["new_journeys_monthly", "pilot_spending"])
    months = cells(drawn["new_journeys_monthly"], named).drop(index=0)
    (told,) = said("new_journeys_monthly", months, named, tmp_path)
    assert "found no row of Site 1: Northtown itself for 2012-04, allowed" in told
    lines = drawn["pilot_spending"]
    lines = lines[(lines["site"] != "site_2") | (lines["fiscal_year"] != lines["fiscal_year"].iloc[0])]
    assert (
        "found no row of St. Helens & district for 2013-14"
        in said("pilot_spending", cells(lines, named), named, tmp_path)[0]
    )


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (("North", "north "), "sites.north : found the name of sites.North, allowed: a name of its own"),
        (("North", "site_1"), "sites.site_1: found beside names, allowed: all sites by names, or all as site_1, "),
        (("North", "--"), "sites.--: found a name without a letter or digit, allowed: a name"),
    ],
)
def test_names_that_could_be_taken_for_another_s_are_refused_with_their_line(keyed, tmp_path, names, told):
    study = copy.deepcopy(keyed)
    of = list(study["sites"].values())
    study["sites"] = {**dict(zip(names, of[:2], strict=True)), "East": of[2]}
    study["economics"]["worked_example"] = "East"
    with pytest.raises(SystemExit) as stop:
        read(study, tmp_path)
    lines = (tmp_path / "config.yaml").read_text(encoding="utf-8").splitlines()
    number = next(at for at, line in enumerate(lines, start=1) if names[1].strip() in line and line.endswith(":"))
    assert told in str(stop.value) and f"config.yaml, line {number}, " in str(stop.value)


def test_faults_of_a_named_site_are_told_by_its_name(keyed, tmp_path):
    study = by_names(keyed)
    study["sites"]["WEST"]["pilot"]["dats"] = ["n1"]
    with pytest.raises(SystemExit, match=r"sites.WEST.pilot.dats: DAT N1 already belongs to Site 1: Northtown.pilot"):
        read(study, tmp_path)
