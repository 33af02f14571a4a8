"""Checks beyond a single cell: within a row, between rows, and against what the study needs of an extract."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dscp.extracts import columns as rules
from dscp.extracts.columns import OLDEST_CLIENT, personal
from dscp.extracts.faults import (
    FAULT,
    INFORMATION,
    LISTED,
    SHOWN,
    cell,
    count,
    excluded,
    fault,
    information,
    nearest,
    place,
)
from dscp.extracts.sql import literal
from dscp.study.areas import COMMUNITY_CONTINUITY, PRISON_CONTINUITY, areas, areas_called, sites_called
from dscp.study.days import day

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

    from dscp.extracts.files import Source
    from dscp.extracts.types import ExtractType

TOTAL = "total"  # the category of a row that sums others
NOT_REFUSED = "(file, record) NOT IN (SELECT file, record FROM refused)"
LOOKS = 3  # ways in which cells look that one line names
Finding = dict[str, Any]


@dataclass(frozen=True)
class RowCheck:
    """A condition on one row that must not hold.

    Attributes
    ----------
    column : the cell that is named
    fails : the condition, in SQL
    found : what is wrong, in words, where it does not stop the run; else the cell itself is shown
    allowed : what is allowed, or what is made of the row where it does not stop the run
    """

    severity: str
    column: str
    fails: str
    allowed: str
    found: str = ""


def old_enough(start: str) -> tuple[RowCheck, ...]:
    """Checks of date of birth against the day on which a row begins."""
    age = f"date_sub('year', date_of_birth, {start})"
    return (
        RowCheck(FAULT, "date_of_birth", f"date_of_birth > {start}", f"a date not after {start}"),
        RowCheck(
            FAULT,
            "date_of_birth",
            f"{age} > {OLDEST_CLIENT} AND {start} <= getvariable('today')",
            f"a date that makes the client at most {OLDEST_CLIENT} years old at {start}",
        ),
    )


def client_checks(start: str) -> tuple[RowCheck, ...]:
    """Checks of date of birth and age at first use against the day on which a row begins."""
    age = f"date_sub('year', date_of_birth, {start})"
    return (
        *old_enough(start),
        RowCheck(
            INFORMATION,
            "age_first_use",
            f"age_first_use > {age}",
            "treated as missing where it is above the age that counts",
            f"an age above that at {start}",
        ),
    )


@dataclass(frozen=True)
class Extract:
    """An extract while it is checked: its rows (view `records`), its files and the study."""

    declared: ExtractType
    con: duckdb.DuckDBPyConnection
    sources: list[Source]
    config: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Its name in the config."""
        return self.declared.name

    @property
    def file(self) -> str:
        """What findings about the extract as a whole name: its file, or the files joined."""
        return " and ".join(source.name for source in self.sources)

    def query(self, statement: str) -> list[tuple]:
        """Return all rows of a statement."""
        return self.con.execute(statement).fetchall()

    def areas(self) -> pd.DataFrame:
        """Return the areas of the analysed sites, one row each."""
        return areas(self.config["sites"])

    def sites(self) -> dict[str, str]:
        """Return the study's sites with what the config calls them."""
        return sites_called(self.config["sites"])

    def located(self, column: str, condition: str) -> list[tuple[str, str, Any]]:
        """Return file, line and cell of the first rows for which a condition holds."""
        rows = self.query(f"""
            SELECT file, record, "{column}" FROM records WHERE {condition} ORDER BY file, record LIMIT {SHOWN}
        """)
        return [(self.sources[file].name, self.sources[file].line(record), found) for file, record, found in rows]


def cross_checks(extract: Extract) -> list[Finding]:
    """Return the findings of every check beyond a single cell."""
    findings = row_checks(extract)
    for check in extract.declared.checks:
        findings += check(extract)
    return findings


def row_checks(extract: Extract) -> list[Finding]:
    """Count all row checks in one pass, then name the rows of those that failed.

    A row with a cell that is not allowed has been named for it, and is not checked again.
    """
    checks = extract.declared.row_checks
    if not checks:
        return []
    counts = ", ".join(f"count_if({check.fails})" for check in checks)
    findings = []
    for check, rows in zip(checks, extract.query(f"SELECT {counts} FROM records WHERE {NOT_REFUSED}")[0], strict=True):
        if rows:
            findings += _row_findings(extract, check, rows)
    return findings


def _row_findings(extract: Extract, check: RowCheck, rows: int) -> list[Finding]:
    places = extract.located(check.column, f"({check.fails}) AND {NOT_REFUSED}")
    if check.severity == INFORMATION:
        file, line, _ = places[0]
        return [information(extract.name, file, check.column, check.found, check.allowed, rows=rows, line=line)]
    return faults_at(extract, check.column, places, check.allowed, rows)


def faults_at(
    extract: Extract, column: str, places: list[tuple[str, str, Any]], allowed: str, rows: int
) -> list[Finding]:
    """Return one fault per place, or one for all where they are many: what they look like, how many, and the first."""
    name, told, known = extract.name, column in personal(extract.declared), codes_of(extract, column)
    if rows <= LISTED:
        return [fault(name, file, column, cell(found, told), allowed + nearest(found, known), line=line)
                for file, line, found in places]  # fmt: skip
    file, line, found = places[0]
    shown = list(dict.fromkeys(cell(one, told) for _, _, one in places))
    looks = " or ".join(shown[:LOOKS]) + (" or others" if len(shown) > LOOKS else "")
    others = ", ".join(place for where, place, _ in places[1 : LISTED + 1] if where == file)
    also = f" (also {'lines ' if others[:1].isdigit() else ''}{others}, ...)" if others else ""
    words = f"{looks} in {rows:,} rows{also}"
    return [fault(name, file, column, words, allowed + nearest(found, known), line=line, rows=rows)]


def codes_of(extract: Extract, column: str) -> list[str]:
    """The codes that a column may have, or the names of the study's sites or areas; none where it has no list."""
    found = next((one for one in extract.declared.columns if one.name == column), None)
    study = {rules.site: extract.sites().values(), rules.area: areas_called(extract.config["sites"]).values()}
    return [*(found.codes or ()), *(name for rule in found.rules for name in study.get(rule, ()))] if found else []


def duplicates(extract: Extract, key: list[str]) -> list[Finding]:
    """Name every row that has the key of an earlier row. A key with a missing part is no key."""
    columns = ", ".join(f'"{name}"' for name in key)
    complete = " AND ".join(f'"{name}" IS NOT NULL' for name in key)
    repeated = f"SELECT hash({columns}) FROM records WHERE {complete} GROUP BY ALL HAVING count(*) > 1"
    if not extract.query(f"SELECT 1 FROM ({repeated}) LIMIT 1"):
        return []
    later = f"""
        SELECT file, record,
            first_value(file) OVER earlier AS first_file, first_value(record) OVER earlier AS first_record
        FROM records WHERE {complete} AND hash({columns}) IN ({repeated})
        WINDOW earlier AS (PARTITION BY {columns} ORDER BY file, record)
        QUALIFY (file, record) <> (first_file, first_record)
    """
    rows = extract.query(f"SELECT count(*) FROM ({later})")[0][0]
    names = " and ".join([", ".join(key[:-1]), key[-1]] if len(key) > 1 else key)
    allowed, faults = f"one row for each {names}", []
    told = extract.query(f"{later} ORDER BY ALL LIMIT {rows if rows <= LISTED else 1}")
    for file, record, first_file, first_record in told:
        source, first = extract.sources[file], extract.sources[first_file]
        elsewhere = place("" if first is source else first.name, first.line(first_record))
        found = f"the same {names} as in {elsewhere}" + (f", and {rows - 1:,} more such rows" if rows > LISTED else "")
        line, number = source.line(record), rows if rows > LISTED else 1
        faults.append(fault(extract.name, source.name, ", ".join(key), found, allowed, line=line, rows=number))
    return faults


def study_dats(extract: Extract) -> list[Finding]:
    """Every DAT of the study must have journeys; DATs outside the study are counted and left out."""
    rows = dict(extract.query("SELECT dat, count(*) FROM records WHERE dat IS NOT NULL GROUP BY dat"))
    findings, inside = [], 0
    for area in extract.areas().itertuples():
        for dat in area.dats:
            inside += rows.get(dat, 0)
            if dat not in rows:
                allowed = f"at least one, {dat} being a DAT of {area.named} in the config"
                findings.append(fault(extract.name, extract.file, "dat", f"no journey of {dat}", allowed))
    outside = sum(rows.values()) - inside
    findings.append(count(extract.name, "rows of the study's DATs", inside))
    if outside:
        others = len(set(rows) - {dat for dats in extract.areas()["dats"] for dat in dats})
        findings.append(
            excluded(extract.name, "dat", f"{others} {'DAT' if others == 1 else 'DATs'} outside the study", outside)
        )
    return findings


def own_dat(extract: Extract) -> list[Finding]:
    """The partnership of a profile must have forms; those of other DATs are counted and left out."""
    rows = dict(extract.query("SELECT dat, count(*) FROM records WHERE dat IS NOT NULL GROUP BY dat"))
    of = extract.areas()
    own = {dat for area in of[of["named"] == "partnership"].itertuples() for dat in area.dats}
    findings = [
        fault(extract.name, extract.file, "dat", f"no form of {dat}", "at least one, as the profile is of that DAT")
        for dat in sorted(own - rows.keys())
    ]
    others = rows.keys() - own
    if others:
        words = f"{len(others)} {'DAT' if len(others) == 1 else 'DATs'} other than the profile's"
        findings.append(excluded(extract.name, "dat", words, sum(rows[dat] for dat in others)))
    return findings


def study_prisons(extract: Extract) -> list[Finding]:
    """Every prison of the study must have referrals; other prisons are counted and left out."""
    rows = dict(extract.query("SELECT prison, count(*) FROM records WHERE prison IS NOT NULL GROUP BY prison"))
    areas_with_prisons = _with_continuity(extract, PRISON_CONTINUITY)
    findings = []
    for area in areas_with_prisons.itertuples():
        for prison in area.prisons:
            if prison not in rows:
                allowed = f"at least one, {prison} being a prison of {area.named} in the config"
                findings.append(fault(extract.name, extract.file, "prison", f"no referral from {prison}", allowed))
    named = {prison for prisons in areas_with_prisons["prisons"] for prison in prisons}
    outside = sum(number for prison, number in rows.items() if prison not in named)
    if outside:
        others = len(set(rows) - named)
        rule = f"{others} {'prison' if others == 1 else 'prisons'} outside the study"
        findings.append(excluded(extract.name, "prison", rule, outside))
    return findings


def study_forms(extract: Extract) -> list[Finding]:
    """An area in which pick-ups are counted must have forms from at least one of its DATs."""
    present = {dat for (dat,) in extract.query("SELECT DISTINCT dat FROM records")}
    return [
        fault(extract.name, extract.file, "dat", f"no form of {' or '.join(area.dats)}",
              f"at least one for {area.named}, whose pick-ups are counted")
        for area in _with_continuity(extract, PRISON_CONTINUITY).itertuples()
        if not present & set(area.dats)
    ]  # fmt: skip


def repeated_dirs(extract: Extract) -> list[Finding]:
    """Leave out a DIR when a later record has the same client and date."""
    repeated = """
        SELECT file, record FROM records WHERE client IS NOT NULL AND dir_date IS NOT NULL
        QUALIFY row_number() OVER (PARTITION BY client, dir_date ORDER BY file DESC, record DESC) > 1
    """
    rows = extract.query(f"SELECT count(*) FROM ({repeated})")[0][0]
    if not rows:
        return []
    extract.con.execute(f"INSERT INTO dropped {repeated}")
    file, record = extract.query("SELECT file, record FROM dropped ORDER BY ALL LIMIT 1")[0]
    source = extract.sources[file]
    found, effect = "the client and date of a later row", "the later row is used"
    return [
        information(extract.name, source.name, "client, dir_date", found, effect, rows=rows, line=source.line(record)),
        excluded(extract.name, "", "a later row has the same client and date", rows),
    ]


def study_quarters(extract: Extract) -> list[Finding]:
    """Every quarter of both periods must be there for every DAT of a site with embedded provision."""
    import pandas as pd

    present = set(extract.query("SELECT dat, quarter_start FROM records"))
    faults = []
    for area in _with_continuity(extract, COMMUNITY_CONTINUITY).itertuples():
        for period in extract.config["periods"].values():
            first, last = (day(value) for value in period["triage_quarters"])
            allowed = f"every quarter from {first} to {last} for every DAT of {area.named}"
            for dat in area.dats:
                for quarter in pd.date_range(first, last, freq="3MS").date:
                    if (dat, quarter) not in present:
                        found = f"no row of {dat} for the quarter from {quarter}"
                        faults.append(fault(extract.name, extract.file, "quarter_start", found, allowed))
    return faults


def study_months(extract: Extract) -> list[Finding]:
    """Every month of the window must be there for every area analysed."""
    import pandas as pd

    present = set(extract.query("SELECT area, strftime(month, '%Y-%m') FROM records"))
    first, last = (str(month)[:7] for month in extract.config["economics"]["monthly_window"])
    window = pd.period_range(first, last, freq="M").strftime("%Y-%m")
    faults = []
    for area, called in areas_called(extract.config["sites"]).items():
        if absent := [month for month in window if (area, month) not in present]:
            several = f" and {len(absent) - 1} more {'month' if len(absent) == 2 else 'months'}" if absent[1:] else ""
            found = f"no row of {called} for {absent[0]}{several}"
            allowed = f"every month from {first} to {last}"
            faults.append(fault(extract.name, extract.file, "month", found, allowed, rows=len(absent)))
    return faults


def study_years(*named: str) -> Callable[[Extract], list[Finding]]:
    """Every fiscal year that the config names must be there for every site that has any; those of others are counted.

    A site without any row is left out of what rests on the extract, which is said; without any site there is a fault.

    Parameters
    ----------
    named : where the economics of the config name the years: a list, or a group of lists
    """

    def check(extract: Extract) -> list[Finding]:
        years = [year for name in named for year in _listed(extract.config["economics"][name])]
        found = extract.query("SELECT site, fiscal_year, count(*) FROM records GROUP BY ALL ORDER BY ALL")
        rows = {(site, year): number for site, year, number in found}
        keys = " and ".join(f"economics.{name}" for name in named)
        allowed = f"{', '.join(years)}, the years of {keys} in the config, for every site"
        sites = extract.sites()
        present = [site for site in sites if any(site == one for one, _ in rows)]
        absent = [sites[site] for site in sites if site not in present] if present else []
        outside = sum(number for (_, year), number in rows.items() if year and year not in years)
        left_out = [excluded(extract.name, "fiscal_year", "fiscal years outside the study", outside)] if outside else []
        return [
            *left_out,
            *(
                information(extract.name, extract.file, "site", f"no row of {site}", "the site is left out", rows=0)
                for site in absent
            ),
            *(
                fault(extract.name, extract.file, "fiscal_year", f"no row of {sites[site]} for {year}", allowed)
                for site in present or sites
                for year in years
                if (site, year) not in rows
            ),
        ]

    return check


def _listed(years: list[str] | Mapping[str, list[str]]) -> list[str]:
    return [year for group in years.values() for year in group] if isinstance(years, Mapping) else list(years)


def worked_example(extract: Extract) -> list[Finding]:
    """The site that the economics go through step by step must be there."""
    site = extract.config["economics"]["worked_example"]
    if extract.query(f"SELECT 1 FROM records WHERE site = {literal(site)} LIMIT 1"):
        return []
    called = extract.sites()[site]
    allowed = f"at least one, {called} being economics.worked_example in the config"
    return [fault(extract.name, extract.file, "site", f"no row of {called}", allowed)]


def study_sites(extract: Extract) -> list[Finding]:
    """Say which sites of the config have no row: their cells stay empty."""
    present = {site for (site,) in extract.query("SELECT DISTINCT site FROM records")}
    return [
        information(extract.name, extract.file, "site", f"no row of {called}", "its cells stay empty", rows=0)
        for site, called in extract.sites().items()
        if site not in present
    ]


SAYS_TOTAL = r"(?i)(.+[ -])?(grand|sub)?[ -]?totals?([ :-].*)?"  # a cell of a row that sums others
TOTAL_WORDS = r"^(?:(?:grand_|sub_|sub)?total|all|sum|overall)$"  # a text that names nothing else
MAY_BE_TOTAL = r"(?:^|_)(?:sub|grand)?(?:total|sum|all|overall)(?:_|$)"
MANY_GROUPS, PARTS = 4, 2  # a label that is the sum of two others or more, in all of so many groups, is a sum
HALF_A_PENNY = 0.005


def sums(label: str, *groups: str, what: str, amount: str = "amount_gbp") -> Callable[[Extract], list[Finding]]:
    """A row that repeats the sum of others is left out, not to count twice: its amount tells.

    A row with the name of a total, and of nothing else, must be the sum. One that has such a word in its name is a
    total where it is the sum. Whatever else is the sum of the others in every group is refused.

    Parameters
    ----------
    label : the column whose text may tell that a row is a total
    groups : the columns within which rows are summed; `category` may itself say that a row is a total
    what : what is summed, in words
    amount : the column that is summed
    """
    levels = [list(groups), *([[name for name in groups if name != "category"]] if "category" in groups else [])]

    def check(extract: Extract) -> list[Finding]:
        columns = ", ".join(f'"{name}"' for name in ("file", "record", label, *groups, amount))
        rows = extract.con.execute(f"SELECT {columns} FROM records ORDER BY file, record").df()
        rows = rows[rows[amount].notna() & rows[label].notna()]
        by_category = rows["category"] == TOTAL if "category" in groups else False
        text = rows[label].str.lower()
        of_category = tuple(f"total_{name}" for name in (rows["category"].unique() if "category" in groups else ()))
        named = by_category | text.str.fullmatch(TOTAL_WORDS) | text.isin(of_category)
        maybe = named | text.str.contains(MAY_BE_TOTAL)
        stated = _compared(rows, maybe, levels, amount)
        totals = rows[maybe & stated["equal"]]
        if len(totals):
            extract.con.register("totals", totals[["file", "record"]])
            extract.con.execute("INSERT INTO dropped SELECT file, record FROM totals")
            extract.con.unregister("totals")
        wrong = stated[named & ~stated["equal"]]
        faults = [
            fault(extract.name, extract.sources[row.file].name, amount, f"a total of {_pounds(row.stated)}",
                  f"{_pounds(row.summed)}, the sum of its parts; the {what} does not sum",
                  line=extract.sources[row.file].line(row.record))
            for row in wrong.itertuples()
        ]  # fmt: skip
        faults += _sums_by_any_name(extract, rows[~maybe], label, levels, amount)
        left_out = [excluded(extract.name, label, "totals, which repeat the rows they sum", len(totals))]
        return faults + (left_out if len(totals) else [])

    return check


def _compared(rows: pd.DataFrame, maybe: pd.Series, levels: list[list[str]], amount: str) -> pd.DataFrame:
    """Amounts beside the sum of the rows that they may stand for: file, record, stated, summed, equal."""
    found = rows[["file", "record"]].assign(stated=rows[amount], summed=0.0, equal=False)
    for level in reversed(levels):
        parts = rows[~maybe].groupby(level)[amount].sum()
        keys = rows.set_index(level).index
        summed = parts.reindex(keys).to_numpy()
        usable = (summed == summed) & (rows["category"].ne(TOTAL) if "category" in level else True)
        found["summed"] = found["summed"].where(~usable, summed)
        found["equal"] |= usable & ((found["stated"] - summed).abs() <= HALF_A_PENNY)
    return found


def _sums_by_any_name(
    extract: Extract, rows: pd.DataFrame, label: str, levels: list[list[str]], amount: str
) -> list[Finding]:
    """A label whose amount is the sum of all others in each of many groups."""
    found = {}
    for level in levels:
        if not level:
            continue
        groups = rows.groupby(level)[amount]
        others = groups.transform("sum") - rows[amount]
        is_sum = (
            (others - rows[amount]).abs().le(HALF_A_PENNY) & groups.transform("size").gt(PARTS) & rows[amount].ne(0)
        )
        in_all = is_sum.groupby(rows[label]).agg(["all", "size"])
        found |= dict.fromkeys(in_all.index[in_all["all"] & in_all["size"].ge(MANY_GROUPS)], level)
    faults = []
    for name, level in found.items():
        first, number = rows[rows[label] == name].iloc[0], int((rows[label] == name).sum())
        source = extract.sources[first["file"]]
        text = f"{cell(name)}, the sum of the other rows of its {' and '.join(level)} in all {number} of them"
        allowed = "rows that repeat no others, or the name total"
        faults.append(
            fault(extract.name, source.name, label, text, allowed, line=source.line(first["record"]), rows=number)
        )
    return faults


def _pounds(amount: float) -> str:
    return f"{amount:,.0f}" if amount == round(amount) else f"{amount:,.2f}"


def _with_continuity(extract: Extract, models: tuple[str, ...]) -> pd.DataFrame:
    every = extract.areas()
    return every[every["continuity"].isin(models)]
