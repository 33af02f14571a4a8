"""What the texts of figures.yaml may call: sentences that follow from a figure's numbers, without elements."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from markupsafe import Markup

from dscp.exhibits.book import Book, shown
from dscp.figures import words
from dscp.figures.data import FigureData
from dscp.measures.registry import FOLLOWED, MEASURES, POOLED, TOLD
from dscp.printing.forms import printed
from dscp.study.areas import PERIODS, site_label


class FigureTexts:
    """Sentences for alternative texts, and the source of a constant for a note."""

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
