"""What the templates of a partnership's profile call where a published review stands beside it."""

from __future__ import annotations

from dscp.exhibits.book import Book
from dscp.ledger.rows import parse_inputs


class Review:
    """What the ledger says of the review's numbers."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def review_rows(self, family: str) -> list[dict[str, str]]:
        """Quantities whose ids begin so: `row`, the id, and what the ledger says of it: source, filter and note."""
        names = [one for one in self._book.values if one.startswith(family)]
        rows = self._book.ledger.set_index("id").loc[names, ["source", "filter", "note"]]
        return [{"row": name, **row} for name, row in zip(names, rows.to_dict("records"), strict=True)]

    def review_differences(self) -> list[dict[str, str]]:
        """Numbers that differ from the review's, with the ids of both and the printed form that their unit has."""
        found = self.review_rows("reproduction.difference.")
        inputs = self._book.ledger.set_index("id")["inputs"]
        for one in found:
            named = parse_inputs(inputs[one["row"]])
            one |= {name: named[name][0] for name in ("published", "ours")}
            one["form"] = "percent" if self._book.units[one["ours"]] == "percent" else "ratio"
        return found

    def review_places(self) -> list[str]:
        """The places of the review, as in ids, in order."""
        names = [row["row"].split(".") for row in self.review_rows("review.place.")]
        return list(dict.fromkeys(name[2] for name in names))

    def source_of(self, identifier: str) -> str:
        """The source of a quantity."""
        return self._book.sources[identifier]
