"""Amounts in another unit: those of a site or a year a thousandfold off from those beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dscp.extracts.faults import OTHER_UNIT, information

if TYPE_CHECKING:
    from dscp.extracts.checks import Extract

FEWEST = 3  # amounts of a site or year, and of the others
THOUSANDFOLD = (400, 2500)  # times
EFFECT = "taken as they are; pounds, thousands and millions may not stand in one column"


def other_units(extract: Extract) -> list[dict[str, Any]]:
    """Tell of a site, area or year whose amounts are about a thousand times those of the others, or a thousandth.

    Compared are the medians of what is not nought, in every column of amounts.
    """
    declared = extract.declared.columns
    amounts = [column.name for column in declared if column.kind == "amount"]
    groups = [column.name for column in declared
              if column.name in extract.declared.key and column.name in ("site", "area", "fiscal_year")]  # fmt: skip
    return [finding for amount in amounts for group in groups for finding in _of_groups(extract, amount, group)]


def _of_groups(extract: Extract, amount: str, group: str) -> list[dict[str, Any]]:
    findings, low, high = [], *THOUSANDFOLD
    for name, own, others, rows, file, record in extract.query(f"""
        WITH given AS (SELECT "{group}" AS one, abs("{amount}") AS amount, file, record FROM records
            WHERE "{amount}" <> 0 AND "{group}" IS NOT NULL),
        groups AS (SELECT one, median(amount) AS own, count(*) AS rows, min(struct_pack(file, record)) AS first
            FROM given GROUP BY one HAVING count(*) >= {FEWEST})
        SELECT groups.one, own, median(given.amount) AS others, any_value(rows), any_value(first).file,
            any_value(first).record
        FROM groups JOIN given ON given.one <> groups.one GROUP BY groups.one, own
        HAVING count(*) >= {FEWEST} AND greatest(own / others, others / own) BETWEEN {low} AND {high}
        ORDER BY groups.one
    """):
        times = "a thousand times" if own > others else "a thousandth of"
        found = f"amounts of {name} about {times} those of the others (medians {own:,.4g} and {others:,.4g})"
        source = extract.sources[file]
        findings.append(information(extract.name, source.name, f"{amount}, {group}", found, EFFECT, rows=rows,
                                    line=source.line(record), kind=OTHER_UNIT))  # fmt: skip
    return findings
