"""Rule spending: what the pilots cost, and the treatment budgets around them.

Tables 7.1-7.3, the cost rows of Table 7.10, Tables C.7.1 and C.7.2; report sections 7.1 and C7.
"""

from collections.abc import Mapping

import pandas as pd

from dscp.ledger.formulas import derive, summed
from dscp.ledger.rows import quantities, values_of, write_ledger
from dscp.run.job import writing
from dscp.study.days import year_key

RULE = "spending"
OF_YEARS = "economics.spending_years"  # the setting that decides which years count
NO_TOTAL = "not computed: the total is not above 0"  # nothing spent, or more repaid than spent
SHARE = "100 * part / above_0(total)"


def spending(
    lines: pd.DataFrame | None, budgets: pd.DataFrame | None, shares: pd.DataFrame | None, years: list[str]
) -> list[pd.DataFrame]:
    """Ledger rows of spending and budgets; None for an extract that the study does not have.

    Parameters
    ----------
    lines : spending ledger: site, fiscal_year, category (pay, non_pay, start_up), item, amount_gbp
    budgets : fiscal_year, adult_pooled_gbp_m, local_gbp_m, adults_in_effective_treatment
    shares : site, head, amount_gbp
    years : fiscal years of the programme, in order
    """
    parts = []
    if lines is not None:
        lines = lines[lines["fiscal_year"].isin(years)]
        parts += [*by_category(lines, years), *by_item(lines), *by_site(lines, years)]
    parts += budget_rows(budgets) if budgets is not None else []
    return [*parts, *(budget_shares(shares) if shares is not None else [])]


def _sum_lines(lines: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    return lines.groupby(by, sort=False)["amount_gbp"].agg(amount="sum", rows="size").reset_index()


def _leaf(frame: pd.DataFrame, id: str, filter: str, function: str, source: str) -> pd.DataFrame:
    """Ledger rows of sums over lines of the spending ledger, pounds."""
    return quantities(
        frame,
        id=id,
        value="amount",
        unit="gbp",
        rows="rows",
        extract="pilot_spending",
        filter=filter,
        settings=OF_YEARS,
        source=source,
        rule=RULE,
        function=function,
    )


def by_category(lines: pd.DataFrame, years: list[str]) -> list[pd.DataFrame]:
    """Spending by category and year, with totals and shares (Table 7.1). A category without spending in a year is 0."""
    categories = ["pay", "non_pay", "start_up"]
    every = pd.MultiIndex.from_product([categories, years], names=["category", "fiscal_year"]).to_frame(index=False)
    cells = every.merge(_sum_lines(lines, ["category", "fiscal_year"]), how="left").fillna({"amount": 0, "rows": 0})
    cells = cells.assign(year=cells["fiscal_year"].map(year_key), rows=cells["rows"].astype(int))
    source, common = "Table 7.1", {"rule": RULE, "function": "by_category"}
    leaf = _leaf(cells, "spending.{category}.{year}", "{category}, {fiscal_year}: amounts", "by_category", source)
    values, keys = values_of(leaf), [year_key(year) for year in years]
    across = pd.DataFrame({"category": [*categories, "total"]})
    return [
        leaf,
        derive(
            pd.DataFrame({"year": keys, "category": "total"}),
            values,
            id="spending.{category}.{year}",
            unit="gbp",
            formula="sum(part)",
            source=source,
            inputs={"part": [f"spending.{one}.{{year}}" for one in categories]},
            **common,
        ),
        derive(
            across,
            values,
            id="spending.{category}.both_years",
            unit="gbp",
            formula="sum(part)",
            inputs={"part": [f"spending.{{category}}.{key}" for key in keys]},
            settings=OF_YEARS,
            source=source,
            **common,
        ),
        derive(
            across,
            values,
            id="spending.{category}.share",
            missing=NO_TOTAL,
            unit="percent",
            formula=SHARE,
            inputs={"part": "spending.{category}.both_years", "total": "spending.total.both_years"},
            source=source,
            **common,
        ),
    ]


def by_item(lines: pd.DataFrame) -> list[pd.DataFrame]:
    """Spending by item within pay and non-pay, over all years (Tables 7.2 and 7.3)."""
    items = _sum_lines(lines[lines["category"] != "start_up"], ["category", "item"])
    source, common = "Tables 7.2 and 7.3", {"rule": RULE, "function": "by_item"}
    name = "spending_item.{category}.{item}"
    leaf = _leaf(items, f"{name}.amount", "{category}, {item}: amounts of all years", "by_item", source)
    values, totals = values_of(leaf), summed(items, leaf, "category").assign(item="total")
    return [
        leaf,
        derive(
            totals,
            values,
            id=f"{name}.amount",
            unit="gbp",
            formula="sum(part)",
            inputs={"part": "@parts"},
            source=source,
            **common,
        ),
        derive(
            pd.concat([items, totals], ignore_index=True),
            values,
            id=f"{name}.share",
            missing=NO_TOTAL,
            unit="percent",
            formula=SHARE,
            inputs={"part": f"{name}.amount", "total": "spending_item.{category}.total.amount"},
            source=source,
            **common,
        ),
    ]


def by_site(lines: pd.DataFrame, years: list[str]) -> list[pd.DataFrame]:
    """Cost of each site per programme year, and in all (Table 7.10); and without start-up (report section 7.1.2)."""
    ordinal = {year: f"year_{position}" for position, year in enumerate(years, start=1)}
    cells = _sum_lines(lines, ["site", "fiscal_year"]).assign(year=lambda frame: frame["fiscal_year"].map(ordinal))
    recurrent = _sum_lines(lines[lines["category"] != "start_up"], ["site", "fiscal_year"])
    recurrent["year"] = recurrent["fiscal_year"].map(ordinal)
    costs = _leaf(cells, "cost.{site}.{year}", "{site}, {fiscal_year}: amounts", "by_site", "Table 7.10")
    return [
        costs,
        _leaf(
            recurrent,
            "cost_recurrent.{site}.{year}",
            "{site}, {fiscal_year}: amounts without start-up",
            "by_site",
            "Section 7.1.2",
        ),
        derive(
            summed(cells, costs, "site"),
            values_of(costs),
            id="cost.{site}.total",
            unit="gbp",
            formula="sum(part)",
            inputs={"part": "@parts"},
            settings=OF_YEARS,
            source="Table 7.10",
            rule=RULE,
            function="by_site",
        ),
    ]


BUDGET_COLUMNS: Mapping[str, tuple[str, str]] = {
    "adult_pooled_treatment_budget": ("adult_pooled_gbp_m", "gbp_m"),
    "local_funding": ("local_gbp_m", "gbp_m"),
    "adults_in_effective_treatment": ("adults_in_effective_treatment", "count"),
}


def budget_rows(budgets: pd.DataFrame) -> list[pd.DataFrame]:
    """National treatment budgets by fiscal year, total and per adult in effective treatment (Table C.7.1)."""
    frame = budgets.assign(rows=1, year=budgets["fiscal_year"].map(year_key))
    common = {"source": "Table C.7.1", "rule": RULE, "function": "budget_rows"}
    leaves = [
        quantities(
            frame,
            id=f"budget.{name}.{{year}}",
            value=column,
            unit=unit,
            rows="rows",
            extract="treatment_budgets",
            filter=f"{{fiscal_year}}: {column}",
            **common,
        )
        for name, (column, unit) in BUDGET_COLUMNS.items()
    ]
    values = values_of(pd.concat(leaves))
    return [
        *leaves,
        derive(
            frame,
            values,
            id="budget.total_funding.{year}",
            unit="gbp_m",
            formula="pooled + local",
            inputs={"pooled": "budget.adult_pooled_treatment_budget.{year}", "local": "budget.local_funding.{year}"},
            **common,
        ),
        derive(
            frame,
            values,
            id="budget.funding_per_adult.{year}",
            unit="gbp",
            formula="1000000 * total / adults",
            inputs={"total": "budget.total_funding.{year}", "adults": "budget.adults_in_effective_treatment.{year}"},
            **common,
        ),
    ]


def budget_shares(amounts: pd.DataFrame) -> list[pd.DataFrame]:
    """Shares of each head in the pooled budget, per site and over all sites (Table C.7.2)."""
    cells = amounts.groupby(["site", "head"], sort=False)["amount_gbp"].agg(amount="sum", rows="size").reset_index()
    common = {"source": "Table C.7.2", "rule": RULE, "function": "budget_shares"}
    leaf = quantities(
        cells,
        id="budget_amount.{head}.{site}",
        value="amount",
        unit="gbp",
        rows="rows",
        extract="budget_shares",
        filter="{site}, {head}: amounts",
        **common,
    )
    whole = pd.DataFrame({"site": ["all"], "head": ["total"], "parts": [leaf["id"].to_list()]})
    by_head, by_site = summed(cells, leaf, "head").assign(site="all"), summed(cells, leaf, "site").assign(head="total")
    sums, values = pd.concat([by_head, by_site, whole], ignore_index=True), values_of(leaf)
    return [
        leaf,
        derive(
            sums,
            values,
            id="budget_amount.{head}.{site}",
            unit="gbp",
            formula="sum(part)",
            inputs={"part": "@parts"},
            **common,
        ),
        derive(
            pd.concat([cells, sums], ignore_index=True),
            values,
            id="budget_share.{head}.{site}",
            missing=NO_TOTAL,
            unit="percent",
            formula=SHARE,
            inputs={"part": "budget_amount.{head}.{site}", "total": "budget_amount.total.{site}"},
            **common,
        ),
    ]


if __name__ == "__main__":
    with writing(snakemake.log[0], snakemake.output) as out:
        paths = {name: getattr(snakemake.input, name, None) for name in ("lines", "budgets", "shares")}
        tables = {name: pd.read_parquet(path) if path else None for name, path in paths.items()}
        write_ledger(spending(**tables, years=snakemake.params.years), out.ledger)
