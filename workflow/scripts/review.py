"""Rule review: every number of a published review of the partnership beside the profile's, and the print beside itself.

The profile, Appendix E. Steps: what only the review's text counts -> what each printed number is compared with ->
verdicts -> relations among the printed numbers -> what the report says of them.
"""

import math
from collections.abc import Mapping, MutableMapping, Sequence
from pathlib import Path

import pandas as pd
import yaml

from dscp.ledger.formulas import ONE, derive
from dscp.ledger.rows import quantities, read_ledger, values_of, write_ledger
from dscp.reproduction.compared import FIELDS, read_data, value_text, verdicts
from dscp.reproduction.kinds import OfKind, judged_by_kind, relation_rows
from dscp.reproduction.numbers import Number
from dscp.reproduction.published import read_published
from dscp.reproduction.registered import REGISTER, counted, differences
from dscp.reproduction.relations import BROKEN
from dscp.reproduction.reviewed import mapped, reviewed
from dscp.reproduction.verdicts import DIFFERS, VERDICTS, Mapped
from dscp.run.inert import tabled
from dscp.run.job import writing
from dscp.study.partnerships import months_of_year

RULE = "review"
REVIEW = "as printed in the strategic review of October 2012"
OCTOBER = "2011_10"
RELATIONS = "review_relations.csv"
TOLD = {"source": "Appendix E", "rule": RULE}


# -- what only the review's text counts


def stated(config: Mapping, values: MutableMapping[str, float]) -> list[pd.DataFrame]:
    """Ledger rows of what the profile does not print and the review does.

    Parameters
    ----------
    values : id -> value of the profile's quantities; those made here join them
    """
    own = config["partnership"]
    months = [key for key, _ in months_of_year(config["year"])]
    told = {"function": "stated", **TOLD}
    completed, returned = (f"partnership.count.{name}.{own}.post" for name in ("completed", "returned"))
    in_treatment = f"partnership.count.in_treatment.{own}.post"

    def share(name: str, formula: str, inputs: Mapping) -> pd.DataFrame:
        return derive(ONE, values, id=name, unit="percent", formula=formula, inputs=inputs, **told)

    def one_in(name: str, formula: str, inputs: Mapping) -> pd.DataFrame:
        return derive(ONE, values, id=f"review.one_in.{name}", unit="ratio", formula=formula, inputs=inputs, **told)

    ages, stayed = "in_detail.age_share.{}.post".format, "in_detail.stayed_share.{}.post".format
    longer = ("2_to_under_4", "4_to_under_6", "6_and_over")
    return [
        derive(pd.DataFrame({"month": months}), values, id="review.stayed_away.{month}", unit="count",
               formula="completed - returned", inputs={"completed": "in_detail.completions.{month}",
                                                       "returned": "in_detail.returned_of.{month}"}, **told),
        share("review.share.under_40", "sum(part)", {"part": [ages("under_30"), ages("30_to_39")]}),
        share("review.share.aged_40", "sum(part)", {"part": [ages("40_to_49"), ages("50_and_over")]}),
        share("review.share.over_two_years", "sum(part)", {"part": [stayed(one) for one in longer]}),
        share("review.share.back_in_october", "100 * october / returned",
              {"october": f"in_detail.returned_in.{OCTOBER}", "returned": returned}),
        one_in("female", "base / count", {"base": in_treatment, "count": "in_detail.sex.female.post"}),
        one_in("returned", "base / count", {"base": completed, "count": returned}),
        one_in("opiate_completed", "base / count", {"base": "in_detail.by_drug.in_treatment.opiate.post",
                                                    "count": "in_detail.by_drug.completed.opiate.post"}),
        one_in("over_six_years", "100 / share", {"share": stayed("6_and_over")}),
        *_lags(months, returned, values, told),
    ]  # fmt: skip


def _lags(
    months: Sequence[str], returned: str, values: MutableMapping[str, float], told: Mapping
) -> list[pd.DataFrame]:
    """Clients who came back by the months between, and the mean of these."""
    apart = pd.DataFrame(
        [
            {
                "part": lag,
                "parts": [f"in_detail.returns.{one}.{other}" for one, other in zip(months, months[lag:], strict=False)],
            }
            for lag in range(len(months))
        ]
    )
    by_lag = derive(apart, values, id="review.back_after.{part}", unit="count", formula="sum(part)",
                    inputs={"part": "@parts"}, **told)  # fmt: skip
    weighted = " + ".join(f"{lag} * back_{lag}" for lag in range(1, len(months)))
    inputs = {f"back_{lag}": f"review.back_after.{lag}" for lag in range(1, len(months))} | {"returned": returned}
    mean = derive(ONE, values, id="review.mean_months", unit="ratio", formula=f"({weighted}) / returned", inputs=inputs,
                  **told)  # fmt: skip
    return [by_lag, mean]


# -- the register


def register(
    published: Mapping[str, Number], compared: Mapping[str, Mapped], ledger: pd.DataFrame, rebuilt: Mapping[str, str],
    causes: Mapping[str, str],
) -> pd.DataFrame:  # fmt: skip
    """One row per printed number, as FIELDS.

    Parameters
    ----------
    causes : key of a number that differs -> cause, as a person put it

    Raises
    ------
    ValueError
        A number that differs and has no cause, or one with a cause that does not differ.
    """
    rows = {row["id"]: row for row in ledger.to_dict("records")}
    values = {identifier: row["value"] for identifier, row in rows.items()}
    found = verdicts(compared, rows, values, {}, {}, rebuilt)
    differing = set(found.loc[found["verdict"] == DIFFERS, "key"])
    if odd := differing ^ set(causes):
        how = "differs and has no cause" if min(odd) in differing else "has a cause and does not differ"
        raise ValueError(f"{min(odd)} {how} (and {len(odd) - 1} more)")
    own = [(one.where, one.printed, value_text(one), one.unit) for one in published.values()]
    found[["where", "printed", "value", "unit"]] = pd.DataFrame(own)
    empty = {"evidence": "", "cause_proposed": "", "clients": math.nan, "pounds": math.nan}
    return found.assign(**empty, cause_confirmed=[causes.get(key, "") for key in found["key"]])[FIELDS]


# -- what the report says of it


def told(
    found: pd.DataFrame,
    compared: Mapping[str, Mapped],
    judged: Sequence[OfKind],
    places: Mapping[str, str],
    reasons: pd.DataFrame,
    assumed: pd.DataFrame,
) -> list[pd.DataFrame]:
    """Ledger leaves: verdicts by place, numbers without anything to compare by reason, relations that cannot hold.

    Parameters
    ----------
    found : the register
    judged : the relations
    places : table -> what it is called in words
    reasons : name, what, why
    assumed : name, value, why
    """
    table = found["key"].str.split("/").str[0]
    by_place = [
        {"place": place, "verdict": verdict.replace(" ", "_"), "words": words, "said": verdict,
         "rows": int(((table == place) & (found["verdict"] == verdict)).sum())}
        for place, words in places.items()
        for verdict in VERDICTS
    ]  # fmt: skip
    why = pd.Series({key: one.expected for key, one in compared.items()})
    numbers = why.value_counts()
    without = reasons.assign(item=reasons["name"], rows=[int(numbers.get(name, 0)) for name in reasons["name"]])
    without = without.sort_values("rows", ascending=False, kind="stable")
    broken = [
        {
            "relation": one.id,
            "rows": 1,
            "about": one.about,
            "why": f"{one.cause.capitalize()}. {one.why}",
            "arithmetic": one.arithmetic,
        }
        for one in judged
        if one.verdict == BROKEN
    ]
    common = {"value": "rows", "unit": "count", "rows": "rows", "function": "told", "rule": RULE}
    return [
        quantities(pd.DataFrame(by_place), id="review.place.{place}.{verdict}", extract=REGISTER,
                   filter="{words}, verdict: {said}", source="{words}", **common),
        quantities(without, id="review.without.{item}", extract=REGISTER, filter="reason: {why}", source="{what}",
                   note="{why}", **common),
        quantities(pd.DataFrame(broken), id="review.broken.{relation}", extract=RELATIONS, filter="{arithmetic}",
                   source="{about}", note="{why}", **common),
        quantities(assumed.assign(value=assumed["value"].astype(float)), id="constant.review.{name}", value="value",
                   unit="count", source="assumed where the review of October 2012 is silent", filter="{what}",
                   note="{why}", function="told", rule=RULE),
    ]  # fmt: skip


def _sorted(found: pd.DataFrame, causes: pd.DataFrame) -> pd.DataFrame:
    """The register with the numbers that differ in the order of their causes, those that matter first."""
    place = {key: number for number, key in enumerate(causes.index)}
    return found.sort_values("key", key=lambda keys: keys.map(place), kind="stable", ignore_index=True)


def in_order(judged: Sequence[OfKind], order: Sequence[str]) -> list[OfKind]:
    """Relations that cannot hold first, those that matter most before the others; then the rest."""
    place = {name: number for number, name in enumerate(order)}
    return sorted(judged, key=lambda one: place.get(one.id, len(place)))


# -- all together


def review(
    config: Mapping,
    ledger: pd.DataFrame,
    tables: Mapping[str, pd.DataFrame],
    relations: Sequence[Mapping],
    decided: Mapping[str, pd.DataFrame],
) -> tuple[pd.DataFrame, pd.DataFrame, list[pd.DataFrame]]:
    """The register of the review's numbers, the relations among them, and the ledger rows of both.

    Parameters
    ----------
    config : partnership and year of the study
    ledger : the profile's quantities
    tables : of the print, as `read_published` gives them
    relations : as declared: id, kind, left, right
    decided : by name, as text: places, compared, reasons, rebuilt, causes, explained, assumed
    """
    values = values_of(ledger)
    own = stated(config, values)
    whole = pd.concat([ledger, *own], ignore_index=True)
    places = decided["places"].set_index("table")["words"].to_dict()
    published = reviewed(tables, places)
    months = {f"{day:%B}".lower(): key for key, day in months_of_year(config["year"])}
    compared = mapped(
        published,
        decided["compared"],
        decided["reasons"].set_index("name")["why"].to_dict(),
        {**months, "own": config["partnership"]},
        dict(zip(whole["id"], whole["unit"], strict=True)),
    )
    causes, explained = decided["causes"].set_index("key"), decided["explained"].set_index("id")
    found = register(
        published, compared, whole, decided["rebuilt"].set_index("key")["why"].to_dict(), causes["cause"].to_dict()
    )
    judged = in_order(judged_by_kind(relations, published, explained, places), list(explained.index))
    related = relation_rows(judged)
    rows = [
        *own,
        *counted(found, related, RULE, RELATIONS),
        *differences(_sorted(found, causes), compared, whole, causes, RULE, REVIEW),
        *told(found, compared, judged, places, decided["reasons"], decided["assumed"]),
    ]
    return found, related, rows


if __name__ == "__main__":
    with writing(snakemake.log[0], snakemake.output) as out:
        files = snakemake.input
        rows, related, quantities_of = review(
            snakemake.params.study,
            read_ledger(*files.parts),
            read_published(files.published),
            yaml.safe_load(Path(files.relations).read_text(encoding="utf-8")),
            {Path(path).stem: read_data(path) for path in files.decided},
        )
        tabled(rows).to_csv(out.register, index=False, lineterminator="\n")
        tabled(related).to_csv(out.relations, index=False, lineterminator="\n")
        write_ledger(quantities_of, out.ledger)
        print(rows["verdict"].value_counts().to_string())
        print(related["verdict"].value_counts().to_string())
