"""The register as quantities: verdicts counted, published numbers that differ, ranges of p-values."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from dscp.ledger.formulas import derive
from dscp.ledger.rows import quantities, values_of
from dscp.reproduction.numbers import PROSE
from dscp.reproduction.relations import BROKEN, HOLDS, UNKNOWN
from dscp.reproduction.verdicts import DIFFERS, VERDICTS, Mapped

RULE = "reproduction"
REGISTER, RELATIONS, RANGES = "reproduction.csv", "relations.csv", "count_ranges.csv"
PRINTED = "as printed in the evaluation's final report"
CONSEQUENCES = {"clients": "count", "pounds": "gbp"}


def counted(
    register: pd.DataFrame, related: pd.DataFrame, rule: str = RULE, relations: str = RELATIONS
) -> list[pd.DataFrame]:
    """Ledger leaves: how many published numbers and relations there are, and of each verdict.

    Parameters
    ----------
    rule, relations : that writes them; the file that it writes relations to
    """
    rows = [("numbers", len(register), REGISTER, "all rows")]
    prose = int(register["key"].str.startswith(f"{PROSE}/").sum())
    rows += [("tables", len(register) - prose, REGISTER, "numbers of tables")]
    rows += [("prose", prose, REGISTER, "figures of the prose")]
    rows += [(f"verdict.{_name(v)}", (register["verdict"] == v).sum(), REGISTER, f"verdict: {v}") for v in VERDICTS]
    of_tables = register.loc[~register["key"].str.startswith(f"{PROSE}/"), "verdict"]
    rows += [(f"table.{_name(v)}", (of_tables == v).sum(), REGISTER, f"tables, verdict: {v}") for v in VERDICTS]
    rows += [("relations", len(related), relations, "all rows")]
    judged = (HOLDS, BROKEN, UNKNOWN)
    rows += [(f"relation.{_name(v)}", (related["verdict"] == v).sum(), relations, f"verdict: {v}") for v in judged]
    frame = pd.DataFrame(rows, columns=["name", "rows", "file", "filter"])
    texts = {"extract": "{file}", "filter": "{filter}", "source": "Appendix E", "rule": rule, "function": "counted"}
    return [quantities(frame, id="reproduction.{name}", value="rows", unit="count", rows="rows", **texts)]


def _name(verdict: str) -> str:
    return verdict.replace(" ", "_")


def differences(
    register: pd.DataFrame,
    mapped: Mapping[str, Mapped],
    ledger: pd.DataFrame,
    confirmed: pd.DataFrame,
    rule: str = RULE,
    print_: str = PRINTED,
) -> list[pd.DataFrame]:
    """Ledger rows of every published number that differs and that a person has looked at.

    The number is a cited constant, in our unit; its difference from ours is derived, with the place as its source and
    the reason as its note; what it would change is counted from the register. A claim in words is a row of the
    register.

    Parameters
    ----------
    ledger : our quantities
    confirmed : by key: what the number is, cause, why
    rule : that writes them
    print_ : what the print is, in the citation of its numbers
    """
    rows = register[(register["verdict"] == DIFFERS) & register["key"].isin(confirmed.index)].join(confirmed, on="key")
    rows = rows.assign(slug=[_slug(key) for key in rows["key"]], one=1)
    rows["number"] = rows["slug"]
    numeric = [mapped[key].kind == "ledger" and not mapped[key].test for key in rows["key"]]
    found, claims = rows[numeric].copy(), rows[[not one for one in numeric]]
    known = ledger.set_index("id")
    found["unit"] = known["unit"].reindex(found["our_id"]).tolist()
    found["published"] = [float(mapped[key].number.value / mapped[key].scale) for key in found["key"]]
    common = {"rule": rule, "function": "differences"}
    place = {"source": "{where}: {what}", **common}
    cited = quantities(
        found,
        id="constant.published.{slug}",
        value="published",
        unit="{unit}",
        source="{where}: {what}, " + print_,
        filter="{what}, as printed",
        **common,
    )
    parts = [
        cited,
        derive(
            found,
            known["value"].to_dict() | values_of(cited),
            id="reproduction.difference.{number}",
            unit="{unit}",
            formula="published - ours",
            inputs={"published": "constant.published.{slug}", "ours": "{our_id}"},
            note="{why}",
            **place,
        ),
        quantities(
            claims,
            id="reproduction.claim.{slug}",
            value="one",
            unit="count",
            rows="one",
            extract=REGISTER,
            filter="{key}",
            note="{why}",
            **place,
        ),
    ]
    for name, unit in CONSEQUENCES.items():
        moved = found[found[name].abs() >= 0.5]
        text = "{key}: what follows when the published number stands in place of ours"
        at = {"id": f"reproduction.{name}.{{number}}", "value": name, "unit": unit, "rows": "one"}
        parts.append(quantities(moved, **at, extract=REGISTER, filter=text, **place))
    return parts


def _slug(key: str) -> str:
    table, *rest = key.split("/")
    return ".".join([table.replace(".", "_"), *rest])


def ranges_told(ranges: pd.DataFrame) -> list[pd.DataFrame]:
    """Ledger leaves: how many sets of counts print alike, and the range of the unadjusted p-value, by site."""
    common = {"rule": RULE, "function": "ranges_told", "extract": RANGES, "filter": "{site}", "rows": "sets"}
    return [
        quantities(ranges, id=f"reproduction.{name}.{{site}}", value=name, unit=unit, source="{table}", **common)
        for name, unit in (("sets", "count"), ("p_low", "p"), ("p_high", "p"))
    ]
