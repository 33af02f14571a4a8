"""Rule new_journeys: how many new journeys started and how many of them were effective.

Table 7.4 and Figures C.8.1-C.8.6; report sections 7.2.1 and 7.2.2.
"""

from collections.abc import Mapping

import pandas as pd

from dscp.ledger.formulas import derive
from dscp.ledger.rows import quantities, values_of, write_ledger
from dscp.run.job import writing
from dscp.study.days import year_key

RULE = "new_journeys"
SOURCE = "Section 7.2.2"
OF_YEARS = "economics.journey_years"  # the setting that decides which years count, and which is the base
COLUMNS = {"started": "started", "retained": "retained_12_weeks", "completed": "completed_under_12_weeks"}


def new_journeys(
    yearly: pd.DataFrame | None, monthly: pd.DataFrame | None, years: Mapping[str, list[str]], window: list[str]
) -> list[pd.DataFrame]:
    """Ledger rows of new journeys; None for an extract that the study does not have.

    Parameters
    ----------
    yearly : site, fiscal_year, started, retained_12_weeks, completed_under_12_weeks (counts)
    monthly : area, month (date), new_journeys (count)
    years : "before" and "during" -> fiscal years; the first of "before" is the index base
    window : first and last month drawn, "2008-04"
    """
    by_month = [months(monthly, window)] if monthly is not None else []
    if yearly is None:
        return by_month
    wanted = [*years["before"], *years["during"]]
    cells = yearly[yearly["fiscal_year"].isin(wanted)].rename(columns={v: k for k, v in COLUMNS.items()})
    cells = cells.assign(year=cells["fiscal_year"].map(year_key), rows=1)
    counted = {
        name: quantities(
            cells,
            id=f"new_journeys.{name}.{{site}}.{{year}}",
            value=name,
            unit="count",
            rows="rows",
            extract="new_journeys_yearly",
            filter=f"{{site}}, {{fiscal_year}}: {column}",
            settings=OF_YEARS,
            source=SOURCE,
            rule=RULE,
            function="new_journeys",
        )
        for name, column in COLUMNS.items()
    }
    values = values_of(pd.concat(counted.values()))
    return [
        *counted.values(),
        *all_sites(cells, counted, years, values),
        *ratios(cells, year_key(years["before"][0]), values),
        *ratios(pd.DataFrame({"site": "all", "year": [*years]}), "before", values),
        *by_month,
    ]


def all_sites(
    cells: pd.DataFrame, counted: Mapping[str, pd.DataFrame], years: Mapping[str, list[str]], values: dict[str, float]
) -> list[pd.DataFrame]:
    """Ledger rows of the counts of all sites, over the years before and during the programme."""
    parts = []
    for name, rows in counted.items():
        chosen = {when: rows["id"][cells["fiscal_year"].isin(group).to_numpy()] for when, group in years.items()}
        pooled = [{"site": "all", "year": when, "parts": ids.to_list()} for when, ids in chosen.items()]
        parts.append(
            derive(
                pd.DataFrame(pooled),
                values,
                id=f"new_journeys.{name}.{{site}}.{{year}}",
                unit="count",
                formula="sum(part)",
                inputs={"part": "@parts"},
                settings=OF_YEARS,
                source=SOURCE,
                rule=RULE,
                function="all_sites",
            )
        )
    return parts


def ratios(cells: pd.DataFrame, base: str, values: dict[str, float]) -> list[pd.DataFrame]:
    """Index of journeys started (base = 100) and shares retained, completed early, and effective, per cent.

    Parameters
    ----------
    cells : site, year
    base : the year that the index is 100 in
    values : id -> value of the counts
    """
    part = {name: f"new_journeys.{name}.{{site}}.{{year}}" for name in COLUMNS}
    of_started = {"started": part["started"]}
    declared = [
        ("index", "index", "100 * started / first", {**of_started, "first": f"new_journeys.started.{{site}}.{base}"}),
        ("retained_share", "percent", "100 * retained / started", {**of_started, "retained": part["retained"]}),
        ("completed_share", "percent", "100 * completed / started", {**of_started, "completed": part["completed"]}),
        ("effective_share", "percent", "100 * (retained + completed) / started", part),
    ]
    return [
        derive(
            cells,
            values,
            id=f"new_journeys.{name}.{{site}}.{{year}}",
            unit=unit,
            formula=formula,
            inputs=inputs,
            settings=OF_YEARS if name == "index" else "",
            source=SOURCE,
            rule=RULE,
            function="ratios",
            missing="not computed: no journey started" + (" in the base period" if name == "index" else ""),
        )
        for name, unit, formula, inputs in declared
    ]


def months(monthly: pd.DataFrame, window: list[str]) -> pd.DataFrame:
    """New journeys per area and month of the window (Figures C.8.1-C.8.6)."""
    month = pd.to_datetime(monthly["month"]).dt.strftime("%Y-%m")
    cells = monthly.assign(month=month.str.replace("-", "_"), text=month, rows=1)[month.between(*window)]
    return quantities(
        cells,
        id="new_journeys_monthly.{area}.{month}",
        value="new_journeys",
        unit="count",
        rows="rows",
        extract="new_journeys_monthly",
        filter="{area}, {text}: new journeys",
        settings="economics.monthly_window",
        source="Section 7.2.1",
        rule=RULE,
        function="months",
    )


if __name__ == "__main__":
    with writing(snakemake.log[0], snakemake.output) as out:
        paths = {name: getattr(snakemake.input, name, None) for name in ("yearly", "monthly")}
        tables = {name: pd.read_parquet(path) if path else None for name, path in paths.items()}
        parts = new_journeys(**tables, years=snakemake.params.years, window=snakemake.params.window)
        write_ledger(parts, out.ledger)
