"""Rule output_check: a page per table for whoever checks the output and signs for it. It holds every count."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import yaml

from dscp.disclosure.attack import LARGEST
from dscp.disclosure.control import PROTECTS, by_id
from dscp.disclosure.facts import of_people
from dscp.disclosure.policies import POLICIES, Policy
from dscp.exhibits.book import Book, open_book, read_activity
from dscp.exhibits.declared import entries
from dscp.ledger.rows import inputs_of, read_ledger, value_of
from dscp.ledger.trail import plain
from dscp.pdf.typesetting import typeset
from dscp.report.panel import label, names_of
from dscp.report.render import environment
from dscp.report.styles import embed_fonts
from dscp.run.job import writing
from dscp.study.reports import report_of

WITH_ANOTHER = (PROTECTS, "is a sum with", "is of the year of", "is the year of", "is the same as", "is part of")
MANY = 40  # counts that are more than a column holds
REST = "Counts that stand in no table, of which something was decided"


@dataclass(frozen=True)
class Count:
    """A count of people under a table: in full, as published, what was decided and why, what a reader can tell."""

    label: str
    full: str
    published: str
    decision: str
    reason: str
    told: str


@dataclass(frozen=True)
class Sheet:
    """What a person signs for: a table, the counts that it rests on, and how many of its cells follow from others."""

    name: str
    title: str
    counts: Sequence[Count]
    cells: int
    withheld: int
    recomputed: int

    @property
    def many(self) -> bool:
        """Whether its counts take a wide page, in columns."""
        return len(self.counts) > MANY

    @property
    def changed(self) -> int:
        """How many of the counts are not published as they are."""
        return sum(bool(count.decision) for count in self.counts)


class Check:
    """All decisions on a run's quantities, for the pages of the output checker."""

    def __init__(
        self,
        full: Mapping[str, Mapping],
        published: Mapping[str, Mapping],
        decisions: pd.DataFrame,
        audit: pd.DataFrame,
        config: Mapping,
    ) -> None:
        """`full`, `published` : id -> row of the ledger; `decisions` : with reasons; `audit` : of rule release."""
        self._full, self._published, self._names = full, published, names_of(config)
        self._decisions = decisions.set_index("id")
        self._audit = audit.set_index("id")

    def sheets(self, book: Book, titles: Mapping[str, str]) -> list[Sheet]:
        """One for each table, and one for what stands in no table."""
        found, seen = [], set()
        for number, title in titles.items():
            ids = list(dict.fromkeys(entry.id for entry in entries(book.exhibits[number]) if entry.id))
            counts = list(dict.fromkeys(count for one in ids for count in self._counts_below(one)))
            seen.update(counts)
            found.append(self._sheet(f"Table {number}", title, ids, counts))
        every = [one for name in self._full for one in self._counts_below(name)]
        others = [one for one in dict.fromkeys(every) if one not in seen and one in self._decisions.index]
        return [*found, self._sheet("Text and figures", REST, others, others)]

    def _counts_below(self, identifier: str) -> list[str]:
        """The counts of people that a quantity is, or is computed from."""
        row = self._full[identifier]
        if row["inputs"]:
            return [count for one in inputs_of(row) for count in self._counts_below(one)]
        return [identifier] if row["unit"] == "count" and of_people(row) else []

    def _sheet(self, name: str, title: str, ids: Sequence[str], counts: Sequence[str]) -> Sheet:
        decided = [self._decided(one, "decision") for one in ids]
        return Sheet(
            name, title, [self._count(one) for one in counts], len(ids), decided.count("withheld"),
            decided.count("recomputed"),
        )  # fmt: skip

    def _count(self, identifier: str) -> Count:
        full, published = plain(self._full[identifier]["value"]), plain(value_of(self._published[identifier]))
        told = self._audit.loc[identifier] if identifier in self._audit.index else None
        return Count(
            label(self._full[identifier], self._names),
            full,
            published,
            self._decided(identifier, "decision"),
            _brief(self._decided(identifier, "reason")),
            published if told is None else _span(told["smallest"], told["largest"]),
        )

    def _decided(self, identifier: str, what: str) -> str:
        return self._decisions.loc[identifier, what] if identifier in self._decisions.index else ""


def _span(low: int, high: int) -> str:
    return f"{low:,} or more" if high >= LARGEST else f"{low:,} to {high:,}"


def _brief(reason: str) -> str:
    """A reason as it fits beside a count; the whole of it stands among the decisions."""
    return "protects another" if reason.startswith(WITH_ANOTHER) else reason.partition(" of ")[0]


def output_check(
    check: Check, book: Book, policy: Policy, audit: pd.DataFrame, templates: Mapping[str, Path], cores: int
) -> bytes:
    """The pages, typeset.

    Parameters
    ----------
    check : all decisions
    book : the tables, as published
    policy : the one in force
    audit : of rule release
    templates : file name -> file
    cores : how many pages are typeset at the same time; none is kept
    """
    folder = report_of(book.config).root(templates["exhibits.yaml"])
    env = environment(str(folder), book)
    printed = [number for number, exhibit in book.exhibits.items() if exhibit.has_rows]
    titles = {number: env.globals["table_data"](number).title.striptags() for number in printed}
    written = [templates[name].read_text(encoding="utf-8") for name in ("report.css", "check.css")]
    style = embed_fonts("".join(written), folder)
    page = env.get_template("output_check.html.j2").render(
        sheets=check.sheets(book, titles),
        left_out=[number for number in book.exhibits if number not in titles],
        policy=policy,
        audit=audit,
        style=style,
    )
    return typeset(page, cores=cores)


if __name__ == "__main__":
    with writing(snakemake.log[0], snakemake.output) as out:
        given, config = snakemake.input, snakemake.params.config
        files = {Path(name).name: Path(name) for name in given.templates}
        declared = yaml.safe_load(files["exhibits.yaml"].read_text(encoding="utf-8"))["exhibits"]
        published, audit = read_ledger(given.ledger), pd.read_csv(given.audit)
        check = Check(
            by_id(read_ledger(given.full)),
            by_id(published),
            pd.read_csv(given.decisions, keep_default_na=False),
            audit,
            config,
        )
        book = open_book(published, read_activity(given.activity), declared, config)
        policy = POLICIES[snakemake.params.policy]
        Path(out.pdf).write_bytes(output_check(check, book, policy, audit, files, snakemake.threads))
