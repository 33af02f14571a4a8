"""Whether each printed number stands with the words that its id asks for: heads of its cell, or its sentence.

What the words are is declared in words_of_ids.yaml; labels come from the config, words of a measure from its
declaration.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise, product
from pathlib import Path

import yaml

from dscp.ledger.ids import dims_of, general
from dscp.measures.registry import MEASURES
from dscp.printing.forms import FORMS
from dscp.printing.html import read_html
from dscp.printing.words import listed, month_name
from dscp.study.areas import ARMS
from dscp.study.partnerships import partnerships

DECLARED = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
ENDS = [("min", "max"), ("low", "high"), ("pre", "post"), ("before", "during"), ("start", "end")]
LIMITS = [("low", "high")]  # of which a paragraph of a profile tells both
PARTNERSHIP, PEERS = "partnership", "peers"
GOES_ON = 1200  # characters of the paragraphs before that a paragraph may go on from
BLOCKS = ("p", "li", "td", "figcaption", "dd")
ANY_MEASURE = "{measure}"


@dataclass(frozen=True)
class Reading:
    """A printed number where it stands.

    said : heads of its cell, or its sentence; before : the block's text up to it; after : what follows in the block
    """

    id: str
    form: str
    said: str
    before: str
    after: str
    in_table: bool
    block: int
    unit: str = ""


@dataclass(frozen=True)
class Page:
    """A page of a study, read for the words around its numbers."""

    html: str
    rows: Mapping[str, Mapping]  # the ledger by id
    config: Mapping

    @cached_property
    def declared(self) -> Mapping[str, Mapping]:
        """What words are asked for: those of a profile before those of the evaluation."""
        own = DECLARED["profile"] if PARTNERSHIP in self.config else {}
        return {
            name: {**part, **own.get(name, {})} if isinstance(part, dict) else part for name, part in DECLARED.items()
        }

    @cached_property
    def readings(self) -> list[Reading]:
        """Every number of the numbered tables, the figures' tables and the text, Appendix D aside."""
        tree = read_html(self.html)
        found = [one for table in tree.iter("table") for one in of_table(table)]
        before = ""
        for number, block in enumerate(tree.iter(*BLOCKS, "h2", "h3")):
            if in_text(block):
                found += of_block(block, number, before)
                before = before[-GOES_ON:] + flat(block.text_content()) + " "
        return found

    def faults(self) -> list[str]:
        """A line for each number, and each reference, whose words are not there."""
        return [*self.faults_of(self.readings), *self._references()]

    def faults_of(self, readings: Sequence[Reading]) -> list[str]:
        """A line for each of these numbers whose words are not there, and for ends in the wrong order."""
        said = [fault for one in readings for fault in self._missing(one)]
        return list(dict.fromkeys([*said, *self._out_of_order(readings)]))

    @cached_property
    def titles(self) -> dict[str, str]:
        """Place in the page of a table, figure, section or chapter -> its title."""
        tree = read_html(self.html)
        named = {one.get("id"): flat(one.text_content()) for one in tree.iter("h1", "h2", "h3", "h4") if one.get("id")}
        tables = {one.getparent().get("id"): flat(one.text_content()) for one in tree.iter("caption")}
        figures = {one.getparent().get("id"): flat(one.text_content()) for one in tree.iter("figcaption")}
        return {place: title for place, title in {**named, **tables, **figures}.items() if place}

    def _references(self) -> Iterator[str]:
        """References whose paragraph has no word of what they lead to."""
        for block in read_html(self.html).iter("p", "li"):
            links = [one for one in block.iter("a") if one.get("class", "").split()[:1] == ["n"]]
            text = flat(block.text_content())
            for link in links:
                name, place = flat(link.text_content()), link.get("href", "")[1:]
                words = self.declared["references"].get(name) or "|".join(stems(self.titles.get(place, "")))
                if not re.search(
                    words or "(?!)", re.sub(r"(Table|Figure|Section|Chapters?|Appendix) [\w.]+", "", text), re.I
                ):
                    yield f"reference to {name}: {words!r} is not in {text[:200]!r}"

    def _missing(self, one: Reading) -> Iterator[str]:
        for what, words in self._asked(one):
            if not re.search(words, one.said, re.IGNORECASE | re.DOTALL):
                yield f"{one.id} ({what}): {words!r} is not in {one.said!r}"
        if (fault := self._of_measure(one)) or (fault := self._of_place(one)):
            yield f"{one.id}: {fault} in {(one.before[-150:] + '#' + one.after[:60])!r}"
        if fault := of_unit(one):
            yield f"{one.id}: {fault}"

    def _asked(self, one: Reading) -> Iterator[tuple[str, str]]:
        """What an id asks for: its pattern's words, then those of each of its names."""
        row = self.rows[one.id]
        dims, pattern = dims_of(row), general(row)
        if row["family"] in MEASURES:
            pattern = pattern.replace(row["family"], ANY_MEASURE, 1)
        if pattern not in ("constant.{name}", "setting.{path}"):
            yield pattern, self.declared["patterns"].get(pattern, f"no words are declared for {pattern}")
        for name, value in dims.items():
            if name in ("site", "area") or value.startswith("site_"):
                continue
            whole = any(f"{key}.{value}" in self.declared["values"] for key in (row["family"], name))
            for part in [value] if whole else value.removeprefix("economics.sensitivity.").split("."):
                yield name, self._words(row["family"], name, part, one.in_table)

    def _words(self, family: str, name: str, value: str, in_table: bool) -> str:
        """The words of what stands for a name in an id, or for a part of it."""
        for key in (f"{family}.{value}", f"{name}.{value}"):
            if key in self.declared["values"]:
                return self.declared["values"][key]
        if name == "period":
            label = re.escape(self.config["periods"][value]["label"])
            return (
                rf"{label}|\| {'Pre' if value == 'pre' else 'Pilot'}$|{DECLARED['periods'][value]}" if in_table else ""
            )
        if name == "year" and value in (years := self.config["economics"]["journey_years"]):
            return rf"\| {re.escape(listed(years[value]))}$" if in_table else ""
        if name == "year" and re.fullmatch(r"y\d{4}_\d\d", value):
            label = value[1:].replace("_", "-")
            return rf"\| {label}($| \|)" if in_table else ""
        if name == "year" and (found := re.fullmatch(r"year_(\d+)", value)):
            years = self.config["economics"]["spending_years"]
            number = int(found[1])
            spent = re.escape(years[number - 1]) if number <= len(years) else "-"
            return rf"\| {number}$|\| {spent}$|less harm a year|(# and \S+|and #) in {spent}"
        if name in ("month", "back"):
            return month_name(value.replace("_", "-"))[: None if name == "month" else 3]
        return re.escape(value).replace("_", "[ -]")

    def _of_measure(self, one: Reading) -> str:
        """Why a number is of another measure than the last one named before it (in a cell: than one in its heads)."""
        family = self.rows[one.id]["family"]
        if family not in MEASURES:
            return ""
        of_base = f"{family}.base." in one.id
        said = one.said if one.in_table else one.before
        named = {name: last(words_of_measure(name, one.in_table, of_base), said) for name in MEASURES}
        return "" if named[family] == max(named.values()) >= 0 else f"the measure named last is not {family}"

    def _of_place(self, one: Reading) -> str:
        """Why a number is of another site or area than what is named with it."""
        dims = dims_of(self.rows[one.id])
        if PARTNERSHIP in self.config:
            return self._of_partnership(one, dims.get("area", ""))
        place = dims.get("site") or dims.get("area") or dims.get("place", "").removeprefix("all")
        arm, _, number = place.partition("_")
        if not arm:
            return ""
        if not number.isdigit():
            told = re.search(self.declared["all"], one.said, re.IGNORECASE)
            arms = {
                arm: last(f"{arm[:-1]} areas|all {arm}", one.said.split("#")[0]) for arm in ("pilots", "comparisons")
            }
            right = number not in arms or arms[number] == max(arms.values()) >= 0
            right &= not (one.in_table and any(self._labels().keys() & set(one.said.split(" | "))))
            return "" if told and right else "nothing says that it is of all"
        site = self.config["sites"][f"site_{number}"]
        areas = [site[kind]["label"] for kind in ("pilot", "comparison") if kind in site and arm in (kind, "site")]
        if one.in_table:
            heads = re.split(r" [|] |: ", one.said)
            of_arm = arm == "site" or (arm == "comparison") == (
                "comparison area" in one.said.split(" | ", 1)[-1].lower()
            )
            named = any(label in heads for label in areas) or (site["label"] in heads and of_arm)
            return "" if named else f"{site['label']} is not among the heads"
        follows = re.match(r"(?:(?! and |\. )[^();])*? in (Site \w+)", one.after)
        named = follows[1] if follows else self._site_before(one)
        if named != site["label"] and not (arm == "comparison" and has(site["label"], one.said)):
            return f"{named} is named, not {site['label']}"
        clause = re.split(r"[;,(]|\. ", one.before)[-1] + re.split(r"[;,)]|\. ", one.after)[0]
        by_label = any(has(label, one.said) for label in areas)
        if arm == "comparison" and "omparison" not in one.before[-60:] + one.after[:60] and not by_label:
            return "no comparison area is named"
        return "a comparison area is named" if arm == "pilot" and "comparison area" in clause else ""

    def _of_partnership(self, one: Reading, area: str) -> str:
        """Why a number of a profile is of another partnership than what is named with it; its own need not be named."""
        labels = {**partnerships(self.config), PEERS: "All others together"}
        named = [code for code, label in labels.items() if label in one.said.split(" | ")]
        if not one.in_table:
            named = [PEERS] if re.search("all other", one.said.split("#")[0], re.IGNORECASE) else []
        own = not named and area == self.config[PARTNERSHIP]
        return "" if not area or own or named == [area] else f"{labels[area]} is not what is named"

    def _site_before(self, one: Reading) -> str:
        """The label of the site named last before a number."""
        labels = self._labels()
        return labels[max(labels, key=lambda label: last(rf"{re.escape(label)}(?!\w)", one.before))]

    def _labels(self) -> dict[str, str]:
        """Label of a site or of one of its areas -> label of the site."""
        sites = self.config["sites"].values()
        return {part["label"]: site["label"] for site in sites for part in (site, *map(site.get, ARMS)) if part}

    def _out_of_order(self, readings: Sequence[Reading]) -> Iterator[str]:
        """Ends of which a paragraph tells one, or both the wrong way round."""
        blocks: dict[int, list[str]] = {}
        for one in readings:
            if not one.in_table and "in either period" not in one.after:
                blocks.setdefault(one.block, []).append(one.id)
        for ids in blocks.values():
            for one, (first, second) in product(ids, LIMITS if PARTNERSHIP in self.config else ENDS):
                for other, allowed in (
                    (swapped(one, second, first), ids[: ids.index(one)]),
                    (swapped(one, first, second), ids),
                ):
                    if other != one and other in self.rows and other not in allowed:
                        yield f"{one}: {other} does not stand with it, or in the wrong place"


def swapped(identifier: str, word: str, other: str) -> str:
    """An id with one end in the place of the other: odds_ratio_low for odds_ratio_high."""
    return re.sub(rf"(?<=[._]){word}(?=$|\.)", other, identifier)


def stems(title: str) -> list[str]:
    """The beginnings of a title's longer words, without its number."""
    return [rf"\b{word[:6]}" for word in re.findall(r"[A-Za-z]{5,}", re.sub(r"^(Table|Figure|Appendix) ", "", title))]


def has(label: str, text: str) -> bool:
    """Whether a text has a label as whole words."""
    return last(rf"(?<!\w){re.escape(label)}(?!\w)", text) >= 0


def last(words: str, text: str) -> int:
    """Where words begin for the last time in a text; -1: nowhere."""
    return max((found.start() for found in re.finditer(words, text, re.IGNORECASE)), default=-1)


def words_of_measure(name: str, in_table: bool, of_base: bool) -> str:
    """What names a measure: its declaration's words and those of the YAML file; a base by the head of its column."""
    one, more = MEASURES[name], {**DECLARED["measures"], **(DECLARED["in_tables"] if in_table else {})}
    own = [re.escape(text) for text in (one.label, one.in_text, *([one.base_head] if of_base else []))]
    return "|".join([*own, *([more[name]] if name in more else [])])


def of_unit(one: Reading) -> str:
    """Why the unit in the head of a cell, or what follows a number in a sentence, is not that of its form."""
    form = FORMS.get(one.form.split()[0])
    if one.in_table:
        asked = DECLARED["units"].get(form.unit, "")
        shown = bool(form.prefix or form.suffix) and not one.unit
        told = shown or re.search(asked, one.unit or one.said, re.IGNORECASE)
        return "" if told else f"unit {form.unit}, and {asked!r} is not in {one.unit or one.said!r}"
    asked = DECLARED["after"].get(one.form.split()[0], "")
    return "" if re.match(asked, one.after) else f"after it {asked!r}, not {one.after[:40]!r}"


def of_table(table) -> Iterator[Reading]:
    """The numbers of a numbered table, each with all its heads."""
    caption = table.find("caption")
    if caption is None or not (label := caption.find_class("n")):
        return
    title = flat(caption.text_content()).removeprefix(label[0].text_content()).strip()
    heads, units, section, group = [""] * 99, [], "", ""
    for line in table.iter("tr"):
        cells = list(line)
        if line.getparent().tag == "thead":
            heads = with_heads(heads, cells)
            units = ["".join(one.text_content() for one in cell.find_class("unit")) for cell in cells]
            continue
        if "section" in (line.get("class") or ""):
            section = pieces(cells[0])
            continue
        stubs = [cell for cell in cells if cell.tag == "th"]
        group = pieces(stubs[0]) if len(stubs) > 1 or "group" in (stubs[0].get("class") or "") else group
        own = [group, pieces(stubs[-1])] if "inner" in (stubs[-1].get("class") or "") else [pieces(stubs[-1])]
        width = len(cells) - len(stubs)
        for head, unit, cell in zip(heads[-width:], units[-width:], cells[len(stubs) :], strict=True):
            said = " | ".join(part for part in (title, section, head, *own) if part)
            for number, line_of_it in enumerate(cell.iter("p"), start=1):
                yield from of_block(line_of_it, -number, heads=f"{said} | ")
            for element in [cell, *cell.xpath(".//data[not(ancestor::p)]")]:
                if element.get("data-q"):
                    yield Reading(element.get("data-q"), element.get("data-form"), said, "", "", True, -1, unit)


def with_heads(above: list[str], cells: list) -> list[str]:
    """The heads of each column with those above them."""
    row: list[str] = []
    for cell in cells:
        row += [pieces(cell)] * int(cell.get("colspan", 1))
    return [" | ".join(part for part in pair if part) for pair in zip(above[: len(row)], row, strict=True)]


def in_text(block) -> bool:
    """Whether a block is prose: not in a numbered table with heads, in Appendix D, or in a list of the appendices."""
    around = [block, *block.iterancestors()]
    if block.tag == "td" or any(one.tag == "table" for one in around):
        return False
    return not any(
        (one.get("id") or "").startswith("origins") or "origins" in (one.get("class") or "") for one in around
    )


def of_block(block, number: int, above: str = "", heads: str = "") -> Iterator[Reading]:
    """The numbers of a paragraph, each with its sentence, what stands before it and what follows.

    above : the paragraphs before, which it may go on from; heads : of a cell that holds sentences
    """
    text, places = "", []

    def walk(element) -> None:
        nonlocal text
        quantity = element.get("data-q")
        start = len(text)
        text += element.text or ""
        for child in element:
            if (
                isinstance(child.tag, str)
                and child.tag not in BLOCKS
                and "fn" not in (child.get("class") or "").split()
            ):
                walk(child)
            text += child.tail or ""
        if quantity:
            places.append((quantity, element.get("data-form"), start, len(text)))

    walk(block)
    ends = [0, *(found.end() for found in re.finditer(r"[.?:!]\s+(?=[A-Z“])", text)), len(text) + 1]
    for quantity, form, start, end in places:
        first, beyond = next((a, b) for a, b in pairwise(ends) if a <= start < b)
        said = flat(text[first:start] + " # " + text[end:beyond])
        yield Reading(
            quantity, form, heads + said, above + flat(text[:start]) + " ", " " + flat(text[end:]), False, number
        )


def pieces(cell) -> str:
    """The texts of a head, those of elements of their own apart: Referrals | number."""
    own = "".join(text for text in cell.xpath(".//text()[not(ancestor::span[@class='unit' or @class='plain-text'])]"))
    return " | ".join(
        part for part in (flat(own), *(flat(one.text_content()) for one in cell.find_class("unit"))) if part
    )


def flat(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
