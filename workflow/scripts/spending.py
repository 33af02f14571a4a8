"""Rule spending: what the pilots cost, and the treatment budgets around them.

Tables 7.1-7.3, the cost rows of Table 7.10, Tables C.7.1 and C.7.2; report sections 7.1 and C7.
"""

from collections.abc import Mapping

import pandas as pd

from dscp.ledger.rows import quantities, write_ledger
from dscp.run.job import writing
from dscp.study.days import year_key

RULE = "spending"
OF_YEARS = "economics.spending_years"  # the setting that decides which years count
NO_TOTAL = "not computed: the total is not above 0"


def spending(lines: pd.DataFrame, budgets: pd.DataFrame, shares: pd.DataFrame, years: list[str]) -> list[pd.DataFrame]:
    """Ledger rows of spending and budgets.

    Parameters
    ----------
    lines : spending ledger: site, fiscal_year, category (pay, non_pay, start_up), item, amount_gbp
    budgets : fiscal_year, adult_pooled_gbp_m, local_gbp_m, adults_in_effective_treatment
    shares : site, head, amount_gbp
    years : fiscal years of the programme, in order
    """
    lines = lines[lines["fiscal_year"].isin(years)]
    return [
        *by_category(lines, years),
        *by_item(lines),
        *by_site(lines, years),
        *budget_rows(budgets),
        *budget_shares(shares),
    ]


def _sum_lines(lines: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    return lines.groupby(by, sort=False)["amount_gbp"].agg(amount="sum", rows="size").reset_index()


def shares_of(amounts: pd.Series, total: pd.Series | float) -> pd.Series:
    """Amounts as per cents of their total; nan where that is not above 0 (nothing spent, or more repaid than spent)."""
    totals = pd.Series(total, index=amounts.index, dtype=float)
    return 100 * amounts / totals.where(totals > 0)


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
    keys = [year_key(year) for year in years]
    down = pd.DataFrame({"year": keys, "amount": [cells.loc[cells["year"] == key, "amount"].sum() for key in keys]})
    across = cells.groupby("category", sort=False)["amount"].sum().reset_index()
    across.loc[len(across)] = ["total", cells["amount"].sum()]
    across["share"] = shares_of(across["amount"], cells["amount"].sum())
    return [
        _leaf(cells, "spending.{category}.{year}", "{category}, {fiscal_year}: amounts", "by_category", source),
        quantities(
            down,
            id="spending.total.{year}",
            value="amount",
            unit="gbp",
            formula="sum(part)",
            source=source,
            inputs={"part": [f"spending.{category}.{{year}}" for category in categories]},
            **common,
        ),
        quantities(
            across,
            id="spending.{category}.both_years",
            value="amount",
            unit="gbp",
            formula="sum(part)",
            inputs={"part": [f"spending.{{category}}.{key}" for key in keys]},
            settings=OF_YEARS,
            source=source,
            **common,
        ),
        quantities(
            across,
            id="spending.{category}.share",
            value="share",
            missing=NO_TOTAL,
            unit="percent",
            formula="100 * part / total",
            inputs={"part": "spending.{category}.both_years", "total": "spending.total.both_years"},
            source=source,
            **common,
        ),
    ]


def by_item(lines: pd.DataFrame) -> list[pd.DataFrame]:
    """Spending by item within pay and non-pay, over all years (Tables 7.2 and 7.3)."""
    items = _sum_lines(lines[lines["category"] != "start_up"], ["category", "item"])
    ids = items.assign(part="spending_item." + items["category"] + "." + items["item"] + ".amount")
    totals = ids.groupby("category", sort=False).agg(amount=("amount", "sum"), parts=("part", list)).reset_index()
    totals["item"] = "total"
    shares = pd.concat([items, totals], ignore_index=True).merge(
        totals[["category", "amount"]], on="category", suffixes=("", "_all")
    )
    shares["share"] = shares_of(shares["amount"], shares["amount_all"])
    source, common = "Tables 7.2 and 7.3", {"rule": RULE, "function": "by_item"}
    name = "spending_item.{category}.{item}"
    return [
        _leaf(items, f"{name}.amount", "{category}, {item}: amounts of all years", "by_item", source),
        quantities(
            totals,
            id=f"{name}.amount",
            value="amount",
            unit="gbp",
            formula="sum(part)",
            inputs={"part": "@parts"},
            source=source,
            **common,
        ),
        quantities(
            shares,
            id=f"{name}.share",
            value="share",
            missing=NO_TOTAL,
            unit="percent",
            formula="100 * part / total",
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
    ids = cells.assign(part="cost." + cells["site"] + "." + cells["year"])
    totals = ids.groupby("site", sort=False).agg(amount=("amount", "sum"), parts=("part", list)).reset_index()
    return [
        _leaf(cells, "cost.{site}.{year}", "{site}, {fiscal_year}: amounts", "by_site", "Table 7.10"),
        _leaf(
            recurrent,
            "cost_recurrent.{site}.{year}",
            "{site}, {fiscal_year}: amounts without start-up",
            "by_site",
            "Section 7.1.2",
        ),
        quantities(
            totals,
            id="cost.{site}.total",
            value="amount",
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
    frame["total"] = frame["adult_pooled_gbp_m"] + frame["local_gbp_m"]
    frame["per_adult"] = 1e6 * frame["total"] / frame["adults_in_effective_treatment"]
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
    return [
        *leaves,
        quantities(
            frame,
            id="budget.total_funding.{year}",
            value="total",
            unit="gbp_m",
            formula="pooled + local",
            inputs={"pooled": "budget.adult_pooled_treatment_budget.{year}", "local": "budget.local_funding.{year}"},
            **common,
        ),
        quantities(
            frame,
            id="budget.funding_per_adult.{year}",
            value="per_adult",
            unit="gbp",
            formula="1000000 * total / adults",
            inputs={"total": "budget.total_funding.{year}", "adults": "budget.adults_in_effective_treatment.{year}"},
            **common,
        ),
    ]


def budget_shares(amounts: pd.DataFrame) -> list[pd.DataFrame]:
    """Shares of each head in the pooled budget, per site and over all sites (Table C.7.2)."""
    cells = amounts.groupby(["site", "head"], sort=False)["amount_gbp"].agg(amount="sum", rows="size").reset_index()
    ids = cells.assign(part="budget_amount." + cells["head"] + "." + cells["site"])
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
    heads = (
        ids.groupby("head", sort=False)
        .agg(amount=("amount", "sum"), parts=("part", list))
        .reset_index()
        .assign(site="all")
    )
    sites = (
        ids.groupby("site", sort=False)
        .agg(amount=("amount", "sum"), parts=("part", list))
        .reset_index()
        .assign(head="total")
    )
    whole = pd.DataFrame(
        {"site": ["all"], "head": ["total"], "amount": [cells["amount"].sum()], "parts": [ids["part"].tolist()]}
    )
    sums = pd.concat([heads, sites, whole], ignore_index=True)
    every = pd.concat([cells, sums], ignore_index=True)
    base = every[every["head"] == "total"].set_index("site")["amount"]
    every["share"] = shares_of(every["amount"], every["site"].map(base))
    return [
        leaf,
        quantities(
            sums,
            id="budget_amount.{head}.{site}",
            value="amount",
            unit="gbp",
            formula="sum(part)",
            inputs={"part": "@parts"},
            **common,
        ),
        quantities(
            every,
            id="budget_share.{head}.{site}",
            value="share",
            missing=NO_TOTAL,
            unit="percent",
            formula="100 * part / total",
            inputs={"part": "budget_amount.{head}.{site}", "total": "budget_amount.total.{site}"},
            **common,
        ),
    ]


if __name__ == "__main__":
    with writing(snakemake.log[0], snakemake.output) as out:
        tables = {name: pd.read_parquet(getattr(snakemake.input, name)) for name in ("lines", "budgets", "shares")}
        write_ledger(spending(**tables, years=snakemake.params.years), out.ledger)
