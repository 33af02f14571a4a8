"""What the texts of figures.yaml may call: sentences that follow from a figure's numbers, without elements."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from markupsafe import Markup

from dscp.exhibits.book import Book, shown
from dscp.figures import words
from dscp.figures.data import Datum, FigureData
from dscp.measures.registry import FOLLOWED, MEASURES, POOLED, TOLD
from dscp.printing.forms import printed
from dscp.study.areas import PERIODS, site_label


class FigureTexts:
    """Sentences for titles and alternative texts, and the source of a constant for a note."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._labels = {name: site["label"] for name, site in book.config["sites"].items()}

    def _data(self, number: str) -> FigureData:
        return FigureData.of(self._book.plans[number], self._book.values)

    def verdicts_told(self) -> str:
        """Figure S.1: the verdict on each outcome in each site."""
        data = self._data("S.1")
        told = []
        for measure, outcome in ((one.name, one.in_text) for one in TOLD):
            rows = {row["label"]: name for name, row in data.rows.items() if row["measure"] == measure}
            if rows:
                verdicts = {label: data.at(name, "verdict").text for label, name in rows.items()}
                told.append(words.verdicts_told(outcome, verdicts))
        return " ".join(told)

    def slopes_told(self, measure: str, outcome: str) -> str:
        """Figure S.2: which pilots gained on their comparison areas."""
        data = self._data("S.2")
        found = {}
        for name, row in data.rows.items():
            if row["measure"] == measure:
                change = {
                    arm: data.at(name, f"{arm}_post").value - data.at(name, f"{arm}_pre").value
                    for arm in ("pilot", "comparison")
                }
                found[row["label"]] = change["pilot"] - change["comparison"]
        return words.slopes_told(outcome, found)

    def methods_told(self) -> str:
        """Figure S.3: what the corrected method changes."""
        data = self._data("S.3")
        either = (
            {row["label"]: data.at(name, method).value for name, row in data.rows.items()}
            for method in ("as_published", "corrected")
        )
        return words.methods_told(*either)

    def assumptions_told(self) -> str:
        """Figure S.4: what moves the benefit most."""
        data = self._data("S.4")
        base, reached = math.nan, {}
        for name, row in data.rows.items():
            found = [datum.value for end in ("low", "high") if (datum := data.get(name, f"{end}_total"))]
            if name == "base":
                base = found[0]
            else:
                reached[row["heads"][0][:1].lower() + row["heads"][0][1:]] = found
        return words.assumptions_told(base, reached)

    def agreement_told(self) -> str:
        """Figure S.5: where the intervals lie that allow for areas."""
        return self._of_pooled("S.5", words.intervals_told, ("low_areas", "high_areas"))

    def relabelled_alt(self) -> str:
        """Figure S.6: in how many ways other areas differ as much."""
        ids = {one: [f"evidence.{name}.{one.name}" for name in ("ways_as_far", "ways")] for one in POOLED}
        known = {one: pair for one, pair in ids.items() if pair[0] in self._book.values}
        told = (
            words.relabelled_told(one.in_text, *(self.said_as(name, "count") for name in known[one])) for one in known
        )
        return " ".join(told)

    def power_alt(self) -> str:
        """Figure S.7: where the larger effect would be found more often than not."""
        return self._of_pooled("S.7", lambda outcome, found: words.power_told(
            outcome, {label: chance for label, (chance,) in found.items()}), ("areas_2",))  # fmt: skip

    def exits_alt(self) -> str:
        """Figure S.11: how the largest part of new journeys stands after the longest time."""
        data, most = self._data("S.11"), {}
        for name, row in data.rows.items():
            if row["at"] == "at_3":
                ways = {way: data.at(name, way).value for way in ("completed", "other", "still")}
                known = not any(map(math.isnan, ways.values()))
                when = self._book.config["periods"][row["period"]]["label"]
                most[f"{row['who'].lower()} in {when}"] = max(ways, key=ways.get) if known else ""
        return words.exits_told(most)

    def quarters_alt(self) -> str:
        """Figure S.12: where the intervals lie, but for the quarter that all are compared with."""
        data = self._data("S.12")
        ends = {
            row["month_label"]: tuple(data.at(name, end).value for end in ("low", "high"))
            for name, row in data.rows.items()
        }
        before = [row["month_label"] for row in data.rows.values() if row["period"] == PERIODS[0]]
        others = {label: found for label, found in ends.items() if label not in before[-1:]}
        return words.intervals_told(MEASURES[FOLLOWED].in_text, others) if others else ""

    def scales_alt(self) -> str:
        """Figure S.8: where the scale decides."""
        return self._of_pooled("S.8", words.scales_told, ("points", "odds", "ratio", "alone"))

    def worth_alt(self) -> str:
        """Figure S.9: where benefits more likely than not exceed costs, with areas."""
        data = self._data("S.9")
        found = {
            row.get("label", row["heads"][-1]): data.at(name, "pays_areas").value for name, row in data.rows.items()
        }
        return words.worth_told(found)

    def _of_pooled(self, number: str, told: Callable[..., str], columns: Sequence[str]) -> str:
        """A sentence for each measure on some columns of its sites."""
        data, said = self._data(number), []
        for measure in POOLED:
            names = [name for name, row in data.rows.items() if row["measure"] == measure.name and "label" in row]
            found = {data.rows[name]["label"]: tuple(data.at(name, one).value for one in columns) for name in names}
            said += [told(measure.in_text, found)] if found else []
        return " ".join(said)

    def verdicts_found(self) -> Markup:
        """Figure S.1: how many comparisons came out clearly."""
        ids = [f"stated.{name}.all" for name in ("better", "worse", "compared")]
        return self._found("S.1", words.verdicts_found(*(self._book.values[one] for one in ids)), ids)

    def gained_found(self) -> Markup:
        """Figure S.2: in how many sites the pilot gained on its comparison area."""
        found, ids = {}, []
        for row in self._data("S.2").rows.values():
            identifier = f"{row['measure']}.did.{row['site']}"
            found.setdefault(_lower(row["measure"]), {})[row["label"]] = self._book.values[identifier]
            ids.append(identifier)
        return self._found("S.2", words.gained_found(found), ids)

    def methods_found(self) -> Markup:
        """Figure S.3: where the corrected method gives more or less."""
        return self._between("S.3", ("as_published", "corrected"), "Corrected")

    def notes_found(self) -> Markup:
        """Figure E.1: where all notes together give more or less."""
        data = self._data("E.1")
        first, *_, last = data.rows
        sites = [site for row, site in data.cells if row == first]
        labels = {site: self._labels[site] for site in sites}
        either = [{labels[site]: data.at(row, site) for site in sites} for row in (first, last)]
        text = words.methods_found(*({n: one.value for n, one in of.items()} for of in either), "With all notes")
        return self._found("E.1", text, [one.id for of in either for one in of.values()])

    def assumptions_found(self) -> Markup:
        """Figure S.4: what moves the benefit most, and whether its sign turns."""
        data = self._data("S.4")
        totals = {
            name: [datum for end in ("low", "high") if (datum := data.get(name, f"{end}_total"))] for name in data.rows
        }
        heads = {name: row["heads"][0] for name, row in data.rows.items() if name != "base"}
        reached = {head[:1].lower() + head[1:]: [one.value for one in totals[name]] for name, head in heads.items()}
        ids = [one.id for found in totals.values() for one in found]
        return self._found("S.4", words.assumptions_found(totals["base"][0].value, reached), ids)

    def agreement_found(self) -> Markup:
        """Figure S.5: how many of the intervals that allow for areas exclude zero."""
        data = self._data("S.5")
        ends = [
            tuple(data.at(name, end) for end in ("low_areas", "high_areas"))
            for name, row in data.rows.items()
            if "label" in row
        ]
        return self._intervals("S.5", ends, "With areas allowed for", "interval")

    def quarters_found(self) -> Markup:
        """Figure S.12: how many quarters differ clearly from the one that all are compared with."""
        data = self._data("S.12")
        before = [name for name, row in data.rows.items() if row["period"] == PERIODS[0]]
        others = [name for name in data.rows if name not in before[-1:]]
        ends = [tuple(data.at(name, end) for end in ("low", "high")) for name in others]
        return self._intervals("S.12", ends, "Set against the last quarter before the pilots", "quarterly interval")

    def relabelled_found(self) -> Markup:
        """Figure S.6: in how many ways other areas differ as much."""
        ids = {one: [f"evidence.{name}.{one.name}" for name in ("ways_as_far", "ways")] for one in POOLED}
        known = {one: pair for one, pair in ids.items() if pair[0] in self._book.values}
        hits = {_lower(one.name): tuple(self.said_as(name, "count") for name in pair) for one, pair in known.items()}
        return self._found("S.6", words.relabelled_found(hits), [name for pair in known.values() for name in pair])

    def power_found(self) -> Markup:
        """Figure S.7: how often the larger effect would be missed."""
        data = self._data("S.7")
        chances = [data.at(name, "areas_2") for name in data.rows]
        return self._found("S.7", words.power_found([one.value for one in chances]), [one.id for one in chances])

    def scales_found(self) -> Markup:
        """Figure S.8: in how many comparisons the scale does not decide."""
        data = self._data("S.8")
        columns = ("points", "odds", "ratio", "alone")
        scales = [[data.at(name, one) for one in columns] for name, row in data.rows.items() if "label" in row]
        text = words.scales_found([[one.value for one in of] for of in scales])
        return self._found("S.8", text, [one.id for of in scales for one in of])

    def worth_found(self) -> Markup:
        """Figure S.9: where benefits more likely than not exceed costs, with areas."""
        data = self._data("S.9")
        chances = {row["label"]: data.at(name, "pays_areas") for name, row in data.rows.items() if "label" in row}
        text = words.worth_found({label: one.value for label, one in chances.items()})
        return self._found("S.9", text, [one.id for one in chances.values()])

    def exits_found(self) -> Markup:
        """Figure S.11: how the largest part of new journeys stands after the longest time."""
        data = self._data("S.11")
        last = [name for name, row in data.rows.items() if row["at"] == "at_3"]
        cells = {name: {way: data.at(name, way) for way in ("completed", "other", "still")} for name in last}
        most = {}
        for name, ways in cells.items():
            known = all(one.known for one in ways.values())
            most[name] = max(ways, key=lambda way, of=ways: of[way].value) if known else ""
        return self._found("S.11", words.exits_found(most), [one.id for of in cells.values() for one in of.values()])

    def stayed_found(self) -> Markup:
        """Figure C.1.1: how those who completed compare with those who left otherwise."""
        either = [self._data("C.1.1").at(exit_, "likelihood") for exit_ in ("planned", "unplanned")]
        text = words.stayed_found(*(one.value for one in either), [one.text for one in either])
        return self._found("C.1.1", text, [one.id for one in either])

    def trend_found(self, site: str) -> Markup:
        """Figures C.8: how new journeys in a pilot move."""
        identifier = f"stated.new_journeys_trend.{site}"
        pilot = self._book.config["sites"][site]["pilot"]["label"]
        return self._found("C.8", words.trend_found(pilot, self._book.values[identifier]), [identifier])

    def _between(self, number: str, columns: Sequence[str], what: str) -> Markup:
        data = self._data(number)
        either = [{row["label"]: data.at(name, column) for name, row in data.rows.items()} for column in columns]
        text = words.methods_found(*({n: one.value for n, one in of.items()} for of in either), what)
        return self._found(number, text, [one.id for of in either for one in of.values()])

    def _intervals(self, number: str, ends: Sequence[tuple[Datum, Datum]], opening: str, of: str) -> Markup:
        text = words.intervals_found([tuple(one.value for one in pair) for pair in ends], opening, of)
        return self._found(number, text, [one.id for pair in ends for one in pair])

    def _found(self, number: str, text: str, ids: Sequence[str]) -> Markup:
        """What a figure shows, as words that rest on quantities."""
        return self._book.words(f"Figure {number}", text, *dict.fromkeys(ids)) if ids else Markup.escape(text)

    def named(self, site: str) -> str:
        """A site of the evaluated programme by name."""
        return site_label(self._book.config["sites"], site)

    def said_as(self, identifier: str, form: str) -> str:
        """A quantity's printed form as plain text, for a description that is read out."""
        return shown(printed(self._book.values[identifier], form))

    def source_of(self, identifier: str) -> Markup:
        """Where a constant is from."""
        source = self._book.ledger.set_index("id").at[identifier, "source"]
        return Markup('<span data-of="{}" data-field="source">{}</span>').format(identifier, source)


def _lower(measure: str) -> str:
    """What a measure is called within a sentence."""
    label = MEASURES[measure].label
    return label[:1].lower() + label[1:]
