"""A run record that somebody forged, damaged or mistyped: one line says so, and no file outside its run moves."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dscp.record.crate import CRATE, keyed
from dscp.record.reading import LARGEST, NoRecord, read_graph
from dscp.record.verify import KEY, set_aside, verify
from recorded import JOB, OUTSIDE, make, write


@pytest.fixture
def study(tmp_path) -> Path:
    make(tmp_path)
    return tmp_path


def edit(study: Path, change) -> None:
    path = study / "results" / "r" / CRATE
    document = json.loads(path.read_text(encoding="utf-8"))
    change({entity["@id"]: entity for entity in document["@graph"]}, document)
    path.write_text(json.dumps(document), encoding="utf-8")


def problems(study: Path) -> list[str]:
    return verify(study, "r", project=study / "results" / "r" / "code")[0]


def others(study: Path) -> dict[str, str]:
    """Files outside the run's folder, and their texts."""
    found = [path for path in study.rglob("*") if path.is_file() and not path.is_relative_to(study / "results" / "r")]
    return {str(path.relative_to(study)): path.read_text(encoding="utf-8") for path in found}


def test_a_true_record_is_verified_in_whole(study):
    assert verify(study, "r", project=study / "results" / "r" / "code") == ([], "8 files verified")
    assert set_aside(study, "r") == []


def test_what_is_referred_to_and_not_described_is_named(study):
    """Of each entity, in a property of its own or in a list: whatever the link is for."""
    for listed in (False, True):
        link = {"@id": "#nowhere"}
        edit(study, lambda of, _, link=[link] if listed else link: of["./"].update(mentions=link))
        (said,) = problems(study)
        assert said.endswith('mentions of "./" refers to "#nowhere", which the record does not describe')


def test_an_entity_that_is_described_twice_is_named(study):
    edit(study, lambda of, document: document["@graph"].append(dict(of["./"])))
    (said,) = problems(study)
    assert said.endswith('"./" is described 2 times')


# --- forged names ----------------------------------------------------------------------------------------------------

ELSEWHERE = ["../s/report.pdf", "../../config.yaml", "figures/../../../above", "{study}/above", "%2e%2e/s/report.pdf",
             "..%2Fs%2Freport.pdf", "a\nb", "a\0b", "%00", "\udc80", "x" * 300, "a/" * 900, "", ".",
             "//above"]  # fmt: skip


def names(study: Path) -> Iterator[tuple[str, str]]:
    for name in ELSEWHERE:
        yield "File", name.format(study=study)
        if "%" not in name:  # it stands for itself there
            yield "CreativeWork", f"results/r/{name}" if ".." in name else name.format(study=study)


def test_a_forged_name_moves_nothing_outside_its_run(study):
    """As a file of the crate, and as one that is described; whatever checksum it bears."""
    before, record = others(study), study / "results" / "r" / CRATE
    true = record.read_text(encoding="utf-8")
    for kind, name in names(study):
        forged = {"@id": name if kind == "File" else "#restricted/x", "@type": kind, "sha256": "0" * 64}
        forged |= {"alternateName": name, "identifier": "hmac-sha256:0"} if kind != "File" else {}
        edit(study, lambda _, document, forged=forged: document["@graph"].append(forged))
        (said,) = problems(study)
        assert "is not a run record" in said and "names a file elsewhere" in said and said.isprintable(), name
        (said,) = set_aside(study, "r")
        assert said.endswith(f"it is now {CRATE}.altered and is made anew") and said.isprintable()
        assert not record.exists() and others(study) == before
        assert (record.parent / "report.pdf").exists()
        record.write_text(true, encoding="utf-8")


@pytest.mark.parametrize("link", ["a folder of the crate", "a file of the crate", "a described folder", "a loop"])
def test_a_link_in_a_name_moves_nothing_outside_its_run(study, link):
    run, before = study / "results" / "r", others(study)
    away = {"a folder of the crate": "figures", "a file of the crate": "report.pdf", "a described folder": "restricted"}
    if link == "a loop":
        (run / "report.pdf").unlink()
        (run / "report.pdf").symlink_to("report.pdf")
        named = ["report.pdf"]
    else:
        (run / away[link]).rename(study.parent / f"{study.name} {away[link]}")
        (run / away[link]).symlink_to(study.parent / f"{study.name} {away[link]}")
        named = [name for name in ("figures/S 1.svg", "report.pdf", "restricted/j.parquet") if away[link] in name]
    if link == "a described folder":
        edit(study, lambda entities, _: entities["#restricted/j.parquet"].update(identifier="0"))
    kept = {path: path.read_bytes() for path in study.parent.glob(f"{study.name} *") if path.is_file()}
    said = [line for line in problems(study) if "not in the record" not in line]
    assert said == [
        f"results/r/{name}: a link leads elsewhere, allowed: files of the run and of its study" for name in named
    ]
    set_aside(study, "r")
    assert others(study) == before and {path: path.read_bytes() for path in kept} == kept
    assert list(study.parent.glob(f"{study.name} *")) == [] or not list(
        study.parent.glob(f"{study.name} */**/*.altered")
    )


def test_a_forged_checksum_moves_files_of_the_run_only_and_no_code(study):
    before = others(study)

    def forge(entities: dict, _: dict) -> None:
        for entity in entities.values():
            if "sha256" in entity:
                entity["sha256"] = "0" * 64
            if "alternateName" in entity:
                entity["identifier"] = "hmac-sha256:0"

    edit(study, forge)
    said = set_aside(study, "r")
    assert sorted(line.split(": ")[0] for line in said) == sorted(JOB["outputs"])
    assert others(study) == before
    assert [path.name for path in (study / "results" / "r" / "code").rglob("*.altered")] == []


# --- records that are none -------------------------------------------------------------------------------------------

NONE = {
    "nothing": "",
    "no JSON": "{",
    "a list": "[]",
    "a number": "1",
    "10,000 lists": "[" * 10_000 + "]" * 10_000,
    "10,000 objects": '{"@graph":' * 10_000 + "1" + "}" * 10_000,
    "500 lists in an entity": '{"@graph": [{"@id": "a", "@type": "b", "c": ' + "[" * 500 + "]" * 500 + "}]}",
    "a number of 5,000 digits": '{"@graph": ' + "1" * 5_000 + "}",
    "no graph": "{}",
    "an empty graph": '{"@graph": []}',
    "an object for a graph": '{"@graph": {"a": 1}}',
    "numbers for entities": '{"@graph": [1, 2]}',
    "an entity without a name": '{"@graph": [{"@type": "File"}]}',
    "a number for a name": '{"@graph": [{"@id": 1, "@type": "File"}]}',
    "no type": '{"@graph": [{"@id": "a"}]}',
    "numbers for types": '{"@graph": [{"@id": "a", "@type": [1]}]}',
    "a number for a checksum": '{"@graph": [{"@id": "a", "@type": "File", "sha256": 1}]}',
    "a list for a date": '{"@graph": [{"@id": "a", "@type": "File", "dateModified": []}]}',
    "a number for a place": '{"@graph": [{"@id": "#a", "@type": "A", "alternateName": 1}]}',
    "a list for a keyed checksum": '{"@graph": [{"@id": "#a", "@type": "A", "alternateName": "b", "identifier": []}]}',
    "a number for a reference": '{"@graph": [{"@id": "a", "@type": "A", "object": {"@id": 1}}]}',
    "a list for a reference": '{"@graph": [{"@id": "a", "@type": "A", "object": [{"@id": []}]}]}',
}


@pytest.mark.parametrize("case", NONE)
def test_what_is_no_record_is_said_in_one_line_and_set_aside(study, case):
    path = study / "results" / "r" / CRATE
    path.write_text(NONE[case], encoding="utf-8")
    (said,) = problems(study)
    assert said.startswith(f"results/r/{CRATE}: is not a run record (") and said.isprintable()
    assert set_aside(study, "r") == [f"{said}; it is now {CRATE}.altered and is made anew"]
    assert not path.exists() and (study / "results" / "r" / "report.pdf").exists()


def test_a_record_that_is_not_text_or_without_measure_is_refused_unread(study):
    path = study / "results" / "r" / CRATE
    path.write_bytes(b'{"@graph": "\xff"}')
    with pytest.raises(NoRecord, match="not UTF-8"):
        read_graph(path)
    os.truncate(path, LARGEST + 1)
    with pytest.raises(NoRecord, match="has 50 million bytes, allowed: 50 million"):
        read_graph(path)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(NoRecord, match="no file"):
        read_graph(path)
    assert problems(study) == [f"results/r/{CRATE}: missing"]


with TemporaryDirectory() as _folder:
    TRUE = json.loads((make(Path(_folder)) / CRATE).read_text(encoding="utf-8"))

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from([*ELSEWHERE, CRATE, KEY]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["@id", "@type", "x"]), inner),
    max_leaves=6,
)


def places(value: object, way: tuple = ()) -> Iterator[tuple]:
    """The way to every value of a record."""
    yield way
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(inner, (*way, key))


PLACES = list(places(TRUE))[1:]
KEYS = ["@id", "@type", "alternateName", "identifier", "sha256", "dateModified", "object"]


@st.composite
def mutated(draw: st.DrawFn) -> dict:
    """A true record with up to four values replaced, taken away or added."""
    record = copy.deepcopy(TRUE)
    for _ in range(draw(st.integers(1, 4))):
        *way, last = draw(st.sampled_from(PLACES))
        try:
            here = record
            for key in way:
                here = here[key]
            if draw(st.booleans()):
                here[last] = draw(JSON)
            elif draw(st.booleans()):
                del here[last]
            else:
                here[draw(st.sampled_from(KEYS))] = draw(JSON | st.sampled_from(OUTSIDE))
        except (KeyError, IndexError, TypeError):  # an earlier change took it away
            continue
    return record


@settings(deadline=None)
@given(mutated())
def test_whatever_a_record_says_it_ends_in_lines_and_moves_nothing_outside_its_run(record):
    with TemporaryDirectory() as folder:
        study = Path(folder) / "study"
        run = make(study)
        (run / CRATE).write_text(json.dumps(record), encoding="utf-8")
        before = others(study)
        kept = {str(path.relative_to(run)) for path in run.rglob("*") if path.is_file()}
        said = [*problems(study), *set_aside(study, "r")]
        assert [line for line in said if not line.isprintable()] == []
        assert others(study) == before
        now = {str(path.relative_to(run)).removesuffix(".altered") for path in run.rglob("*") if path.is_file()}
        assert now | {CRATE} == kept


# --- files that the record does not know -----------------------------------------------------------------------------


def test_any_added_file_is_named_in_every_folder(study):
    run = study / "results" / "r"
    folders = sorted({path for path in [run, *run.rglob("*")] if path.is_dir()})
    assert {"logs", "restricted", "work", "code", "figures", "made", "frozen"} <= {path.name for path in folders}
    added = [folder / "added" for folder in folders]
    for path in added:
        write(path)
    (run / "logs" / "link").symlink_to("nowhere")
    (run / "restricted" / "away").symlink_to(study / "extracts")
    write(run / "restricted" / "new\nfolder" / "x")
    named = [*(path.relative_to(study) for path in added), "results/r/logs/link", "results/r/restricted/away"]
    assert sorted(problems(study)) == sorted(
        f"{name}: not in the record" for name in [*named, r"results/r/restricted/new\nfolder/x"]
    )


def test_the_seals_of_a_released_run_are_no_added_files(study):
    seals = study / "results" / "r" / "restricted" / "released"
    write(seals / "0001")
    assert problems(study) == []
    write(seals / "first")
    assert problems(study) == ["results/r/restricted/released/first: not in the record"]


# --- extracts --------------------------------------------------------------------------------------------------------


def test_an_extract_and_the_run_s_own_copy_of_it_are_both_verified(study):
    name = "results/r/restricted/frozen/journeys/1-journeys.csv"
    write(study / name, "another")
    assert problems(study) == [f"{name}: altered since the record was written"]
    write(study / "extracts" / "journeys.csv", "another")
    said = ["extracts/journeys.csv: altered since the record was written"]
    assert problems(study) == [*said, f"{name}: altered since the record was written"]
    (study / name).unlink()
    assert problems(study) == said
    (study / name).symlink_to(study / "above")
    assert problems(study)[1].startswith(f"{name}: a link leads elsewhere")


# --- the key ---------------------------------------------------------------------------------------------------------


def test_a_run_whose_key_is_gone_says_what_it_needs(study):
    run = study / "results" / "r"
    (run / KEY).unlink()
    found, checked = verify(study, "r", project=run / "code")
    need = f"results/r/{KEY}: missing; without it 2 confidential files are not checked"
    assert found == []
    assert checked == f"6 files verified (2 confidential or intermediate ones cannot be checked here); {need}"
    write(run / "report.pdf", "altered")
    first, second = set_aside(study, "r")
    assert first.startswith("results/r/report.pdf: altered since it was made") and second == need


@pytest.mark.parametrize("text", ["", "\n", "ab", "ab" * 31, "zz" * 32, "é"])
def test_a_key_that_is_none_hides_nothing_and_is_made_anew(study, text):
    """An empty key would make of a keyed checksum one that anybody can try guesses on."""
    run = study / "results" / "r"
    write(run / KEY, text)
    (said,) = problems(study)
    assert said == f"{run / KEY}: is no key, allowed: 32 bytes in hexadecimal digits"
    assert set_aside(study, "r") == [f"{said}; it is now record.key.altered and is made anew, with the run record"]
    assert not (run / KEY).exists() and not (run / CRATE).exists()


def test_a_keyed_checksum_needs_the_key(study):
    path = study / "extracts" / "journeys.csv"
    assert keyed(path, b"a" * 32) != keyed(path, b"b" * 32)


def test_a_folder_that_only_its_owner_enters_cannot_be_checked_by_others(study, monkeypatch):
    run, exists = study / "results" / "r", Path.exists

    def refusing(path: Path) -> bool:
        if path.is_relative_to(run / "restricted"):
            raise PermissionError(13, "Permission denied")
        return exists(path)

    monkeypatch.setattr(Path, "exists", refusing)
    assert problems(study) == []


def test_names_with_blanks_are_files_of_the_crate(study):
    assert quote("figures/S 1.svg") in (study / "results" / "r" / CRATE).read_text(encoding="utf-8")
