"""Another study: two other periods, four sites, one area with two DATs. Only config.yaml differs."""

from __future__ import annotations

import json
import re
import shutil
import trace  # ours, not the standard library's
import zipfile
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pandas as pd
import pypdfium2 as pdfium
import pytest
from lxml import etree

from dscp.ledger.rows import read_ledger
from dscp.printing.html import read_html
from ledger_checks import assert_closed
from other_study import OWN, PERIODS, SITES, SURVEY, TEXTS, other_config
from running import PROJECT, snakemake
from tables import read_cells


@pytest.fixture(scope="module")
def other(other_study, config):
    return other_study, other_config(config)


@pytest.fixture(scope="module")
def ledger(other):
    return read_ledger(other[0] / "results" / "other-2012-15" / "ledger.csv")


@pytest.fixture(scope="module")
def html(other):
    return (other[0] / "results" / "other-2012-15" / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def cells(other):
    return read_cells(other[0] / "results" / "other-2012-15" / "cells.csv", dtype=str)


def test_it_has_its_own_folder(other):
    assert {path.name for path in (other[0] / "results").iterdir()} == {"other-2012-15", ".lock"}
    assert not (other[0] / "results" / "reference_extracts").exists()


def test_its_ledger_is_closed(ledger):
    assert_closed(ledger)


def test_counts_by_hand(other, ledger):
    """Clients in treatment of the area with two DATs, counted row by row from the CSV."""
    folder, study = other
    values = ledger.set_index("id")["value"]
    dates = ["journey_start", "journey_end", "date_of_birth"]
    rows = pd.read_csv(folder / "extracts" / "journeys.csv", parse_dates=dates)
    dats = study["sites"]["site_1"]["pilot"]["dats"]
    assert len(dats) == 2
    for period, settings in PERIODS.items():
        starts, ends = map(pd.Timestamp, settings["outcomes"])
        clients = {}
        for row in rows[rows["dat"].isin(dats)].itertuples():
            ended = row.journey_end if pd.notna(row.journey_end) else pd.Timestamp.max
            if row.journey_start > ends - pd.Timedelta(83, "D") or ended < starts:
                continue
            at, born = max(row.journey_start, starts), row.date_of_birth
            if at.year - born.year - ((at.month, at.day) < (born.month, born.day)) < 18:
                continue
            clients[row.client] = max(
                clients.get(row.client, (pd.Timestamp.min, ended, 0, 0)),
                (row.journey_start, ended, row.journey, row.exit_reason),
            )
        effective = 0
        for start, ended, _, reason in clients.values():
            completed = ended <= ends and reason in (1, 2, 80)
            effective += completed or (min(ended, ends) - start).days >= 83
        assert values[f"effective_treatment.base.pilot_1.{period}"] == len(clients)
        assert values[f"effective_treatment.count.pilot_1.{period}"] == effective


def test_rows_follow_the_sites(cells):
    def rows(exhibit):
        return list(dict.fromkeys(cells.loc[cells["exhibit"] == exhibit, "row"]))

    assert rows("3.1") == ["pilot_1", "comparison_1"]
    assert rows("3.2") == ["pilot_2", "comparison_2"]
    assert rows("3.3") == ["pilot_3", "comparison_3"]
    assert rows("6.1") == ["pilot_1", "comparison_1", "pilot_4", "comparison_4"]
    assert rows("6.3") == ["pilot_2", "comparison_2", "pilot_3", "comparison_3"]
    assert rows("7.7") == list(SITES)


def test_headings_and_words(html):
    text = re.sub(r"<[^>]+>", " ", re.sub(r"<(style|script)[^>]*>.*?</\1>", " ", html, flags=re.S))
    assert "2012-13" in text and "2014-15" in text and "'13-'15" in text.replace("\u2019", "'").replace("&#39;", "'")
    assert "North pilot" in text and "West comparison" in text and "Other Pilots" in text
    for foreign in (
        "2007-09",
        "2009-11",
        "Pilot 2",
        "Site 7",
        "rebuilt from published counts",
        "Drug System Change Pilots (",
    ):
        assert foreign not in text, foreign


# What only the evaluation of 2012 is: its names, places, years, labels and agencies, and phrases on what it published.
OF_2012 = (
    *("Regenerated", "regenerated", "regenerates", "Drug System Change"),
    *("Essex", "Hampshire", "Leicester", "Lambeth", "Hertfordshire", "Bradford", "Sefton"),
    *("2007-08", "2008-09", "2009-10", "2010-11", "2007-09", "2009-11"),
    *(f"{kind} {n}" for kind in ("Site", "Pilot", "Comparison") for n in range(1, 8)),
    *("1 April 2009", "31 March 2011", "DSCP"),
    *("As published", "as published", "published tables", "the published table", "published counts"),
    *("the evaluation published", "The evaluation’s report", "the evaluation’s report", "the print"),
    *(
        "NTA",
        "NTA’s",
        "National Treatment Agency",
        "NDTMS",
        "DIMIS",
        "Drug Interventions Management Information System",
    ),
    *("CARAT", "NOMS", "NatCen", "National Audit Office", "Home Office", "University of York", "Primary Care Trust"),
)


def all_words(run: Path) -> Iterator[tuple[str, str]]:
    """Each published form of a report, and its words; works that are cited, and what explains their names, left out."""
    html = read_html((run / "report.html").read_text(encoding="utf-8"))
    for one in [*html.iter("style", "script")]:
        one.drop_tree()
    cited = {" ".join(one.text_content().split()) for one in html.iter("cite")}
    cited |= {" ".join(one.text_content().split()) for one in html.xpath("//*[@data-field='source']")}
    listed = {" ".join(one.text_content().split()) for one in html.find_class("references")[0].iter("li")}
    explained = {" ".join(one.text_content().split()) for one in html.find_class("glossary")[0].iter("dt", "dd")}
    for one in [*html.iter("cite"), *html.find_class("references"), html.find_class("glossary")[0]]:
        one.drop_tree()
    for one in html.xpath("//*[@data-field='source']"):
        one.text = ""
    yield "report.html", " ".join(html.text_content().split())
    with pdfium.PdfDocument(run / "report.pdf") as document:
        pages = (page.get_textpage().get_text_range() for page in document)
        text = " ".join(" ".join(pages).replace("\N{SOFT HYPHEN}", "").replace("\ufffe\r\n", "").split())
    for one in sorted(cited | listed | explained, key=len, reverse=True):
        text = text.replace(one, "") if len(one) > len("NTA, 2011") - 1 else text
    yield "report.pdf", re.sub(r"Abbreviations\b(?:(?!Abbreviations).)*?\bTerms Base\b", "", text)
    book = openpyxl.load_workbook(run / "report.xlsx", read_only=True)
    cells = (str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row if cell)
    yield "report.xlsx", " ".join(cells)
    with zipfile.ZipFile(run / "report.ods") as parts:
        yield "report.ods", " ".join(etree.fromstring(parts.read("content.xml")).itertext())
    for name in ("cells.csv", "validation.csv"):
        yield name, (run / name).read_text(encoding="utf-8")


def found_of_2012(run: Path) -> set[tuple[str, str, str]]:
    """What of the evaluation of 2012 stands in a report: the form, the phrase, and what is around it."""
    return {
        (form, phrase, text[max(0, at.start() - 60) : at.end() + 40])
        for form, text in all_words(run)
        for phrase in OF_2012
        for at in re.finditer(rf"(?<![\w-]){re.escape(phrase)}(?!\w|,\d)", text)
    }


def test_nothing_of_the_evaluation_of_2012_stands_in_another_study(other):
    assert found_of_2012(other[0] / "results" / "other-2012-15") == set()


def test_every_form_of_the_evaluation_s_own_report_would_be_found(default_run):
    found = found_of_2012(default_run)
    assert {form for form, *_ in found} == {form for form, _ in all_words(default_run)} - {"validation.csv"}
    assert {phrase for form, phrase, _ in found if form == "report.pdf"} >= {"NDTMS", "CARAT", "Site 2", "2009-11"}


def test_a_source_stands_under_every_exhibit_that_rests_on_its_file_and_under_no_other(other, html, cells, ledger):
    """Which extracts a cell rests on is found here by walking from it to its leaves."""
    own = ledger.set_index("id")["extract"].to_dict()
    inputs = {
        one: re.findall(r"[\w.]+", re.sub(r"\w+=", " ", text)) for one, text in ledger.set_index("id")["inputs"].items()
    }

    def extracts(identifier: str) -> set[str]:
        below = (extracts(one) for one in inputs[identifier] if one in own)
        return set(own[identifier].split()).union(*below)

    rests = {
        exhibit: "triage_quarters" in set().union(*map(extracts, filter(None, of["id"])))
        for exhibit, of in cells.fillna("").groupby("exhibit")
    }
    said = {}
    page = read_html(html)
    for one in page.xpath("//table[caption]/.. | //figure[figcaption]"):
        head = one.xpath("(.//caption | .//figcaption)[1]/span[@class='n']")
        if head:
            name = head[0].text_content().removeprefix("Table ")
            told = "Source: Returns of the health board, as of 4 May 2016." in one.text_content()
            said[name] = said.get(name, False) or told  # the numbers of a figure stand in it as a table
    assert any(rests.values()) and not all(rests.values())
    assert {name for name, yes in said.items() if yes} == {name for name, yes in rests.items() if yes}


def test_texts_of_the_authors_stand_as_theirs_and_chapters_without_any_are_left_out(html):
    page = read_html(html)
    heads = {one.text_content() for level in ("h1", "h2", "h3") for one in page.iter(level)}
    assert {"2 Structural changes", "2.1 One board", "Recommendations", "3 System changes: continuity of care"} <= heads
    assert not {one for one in heads if re.match(r"4|5|Appendix A", one)}
    contents = {one.text_content().strip() for one in page.xpath("//nav[@id='contents']//li")}
    assert "2.1 One board" in contents and not {one for one in contents if re.match(r"[45] ", one)}
    own = " ".join(one.text_content() for one in page.xpath("//*[@data-own]"))
    for said in ("met 11 times", "1 from <b>care</b>", "[our notes](https://example.org)", "Keep 3 of the 4 boards"):
        assert said in own
    assert not page.xpath("//a[contains(@href, 'example.org')]")
    assert len(page.find_class("own-note")) == len(TEXTS)


def test_the_title_page_says_whose_the_report_is_and_how_to_cite_it(html):
    page = read_html(html)
    (title,) = page.find_class("title-page")
    said, cited = (
        " ".join("".join(one.itertext()).replace("\N{NO-BREAK SPACE}", " ").split())
        for one in (title, title.find_class("cite")[0])
    )
    assert "A. Author and The Board of Other Pilots" in said and "4 May 2016. Version 2.1." in said
    assert cited == (
        "How to cite. A. Author and The Board of Other Pilots (2016), Evaluation of the Other Pilots: final report, "
        "version 2.1, run other-2012-15."
    )
    assert page.xpath("//meta[@name='author']/@content") == ["A. Author, The Board of Other Pilots"]


def test_the_glossary_explains_what_the_report_says_and_nothing_else(html):
    page = read_html(html)
    (listed,) = page.find_class("short")
    terms = {one.text_content() for one in listed.iter("dt")}
    told = {one.text_content(): one.getnext().text_content() for one in listed.iter("dt")}
    for one in [*page.iter("style", "script"), listed]:
        one.drop_tree()
    text = " ".join([*page.itertext(), *told.values()])
    assert {term for term in terms if not re.search(rf"\b{re.escape(term)}s?\b", text)} == set()
    assert {"NTA", "DAT", "CJIT"} <= terms and not {"CARAT", "DIMIS", "NOMS", "PCT"} & terms


def test_values_of_its_own_are_told_as_such_and_enter_the_worth(html, ledger):
    text = " ".join(re.sub(r"<[^>]+>", " ", html).split())
    assert "The yearly amounts are this study’s own" in text and "in the prices of 2014-15" in text
    assert f"{SURVEY}; Deflator of the Treasury" in text and "DTORS found" not in text
    value = ledger.set_index("id")["value"]
    assert value["unit_value.short_term_value.year_1"] == pytest.approx(15_000 * 100 / 96.5)


def test_where_a_file_comes_from_is_printed(html):
    assert re.search(
        r"referrals and triages by DAT and quarter: <span[^>]*>Returns of the health board, as of 4 May", html
    )
    assert "ran by the NTA" not in html and "NDTMS, which the NTA ran" not in html


def test_how_a_file_is_written_is_printed_traced_and_recorded(other, html, capsys):
    said = ["under the header Quarter beginning", "days written as DD.MM.YYYY", "Northern means N1"]
    assert [text for text in said if text not in html] == []
    folder, name = str(other[0]), "community_triage.base.pilot_3.pre"
    assert trace.main([name, "--study", folder, "--run", "other-2012-15", "--records"]) == 0
    lines = capsys.readouterr().out
    assert [text for text in said if f"{text}\n" not in lines] == []
    assert re.search(r"triage.xlsx: lines 4", lines)
    assert trace.main(["effective_treatment.base.pilot_1.pre", "--study", folder, "--run", "other-2012-15"]) == 0
    assert "by the config" not in capsys.readouterr().out
    record = (other[0] / "results" / "other-2012-15" / "ro-crate-metadata.json").read_text(encoding="utf-8")
    setting = "#setting/validate/mapping.triage_quarters"
    value = next(one["value"] for one in json.loads(record)["@graph"] if one["@id"] == setting)
    assert json.loads(value) == [
        {key: part for key, part in OWN["triage_quarters"].items() if key not in ("files", "source")}
    ]


def test_a_copy_is_made_again_when_it_is_said_to_be_written_otherwise_and_only_then(other, tmp_path):
    shutil.copytree(other[0], tmp_path, dirs_exist_ok=True, symlinks=True)
    path = tmp_path / "config.yaml"
    text = path.read_text(encoding="utf-8")

    def planned() -> set[str]:
        done = snakemake(PROJECT, tmp_path, "--dry-run")
        return set(re.findall(r"^would run validate (\w+)", done.stderr, flags=re.M))

    path.write_text(text.replace("North site", "Northern site"), encoding="utf-8")
    assert planned() == set()
    path.write_text(text.replace("Northern: N1", "Northern: N2"), encoding="utf-8")
    assert planned() == {"triage_quarters"}


def test_an_unknown_key_names_key_line_and_what_is_allowed(other, tmp_path):
    folder, _ = other
    text = (folder / "config.yaml").read_text(encoding="utf-8").replace("effective_days: 83", "efective_days: 83")
    (tmp_path / "config.yaml").write_text(text, encoding="utf-8")
    done = snakemake(PROJECT, tmp_path)
    assert done.returncode != 0
    line = next(n for n, row in enumerate(text.splitlines(), start=1) if "efective_days" in row)
    said = done.stdout + done.stderr
    told = "definitions.efective_days: unknown key (did you mean effective_days?), allowed: "
    assert f"config.yaml, line {line}, {told}" in said
    assert "Traceback" not in said


def test_a_missing_extract_is_named(other, tmp_path):
    text = (other[0] / "config.yaml").read_text(encoding="utf-8")
    (tmp_path / "config.yaml").write_text(text, encoding="utf-8")
    done = snakemake(PROJECT, tmp_path)
    assert done.returncode != 0
    assert "extracts.journeys: found extracts/journeys.csv, which is not there" in done.stdout + done.stderr


def test_faults_are_listed_and_nothing_is_computed(other, tmp_path):
    shutil.copytree(other[0] / "extracts", tmp_path / "extracts")
    shutil.copy(other[0] / "config.yaml", tmp_path)
    for name, old, new in (("journeys", ",M,", ",Q,"), ("carat_referrals", "2012-", "2O12-")):
        path = tmp_path / "extracts" / f"{name}.csv"
        path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    done = snakemake(PROJECT, tmp_path)
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert re.search(r"extracts/journeys.csv, line \d+, sex: found Q, allowed: M or F", said)
    assert re.search(
        r"extracts/carat_referrals.csv, line \d+, \w+: found a value like 9A99-99-99, allowed: a date", said
    )
    assert "2 faults: nothing was computed" in said
    assert "Traceback" not in said
    assert not (tmp_path / "results" / "other-2012-15" / "ledger.csv").exists()
