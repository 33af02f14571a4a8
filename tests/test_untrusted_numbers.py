"""Numbers that nobody should trust: what cannot be computed is missing with its reason, and nothing else changes.

Each fault is put into a small study (chain.py), and the whole chain is run on it in one process.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

import chain
import findings_text as ft
import numpy as np
import pandas as pd
from chain import Study
from ledger_checks import assert_closed

PRE, POST = (
    (pd.Timestamp("2012-01-01"), pd.Timestamp("2013-06-30")),
    (pd.Timestamp("2014-01-01"), pd.Timestamp("2015-06-30")),
)
LONG_AGO = pd.Timestamp("2000-01-12")
TREATMENT = r"(effective_treatment|successful_completion|completion_of_treated)"
OF_CLIENTS = r"(effective_treatment|successful_completion)"


# Faults ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fault:
    """What is done to the study, and what that is allowed to change.

    Attributes
    ----------
    change : the study with the fault
    touched : which leaves may differ from those of the study without it (regular expression on ids)
    missing : which quantities must be missing, and no others (regular expressions on ids)
    """

    change: Callable[[Study], Study]
    touched: str = "-"
    missing: tuple[str, ...] = ()


def of(study: Study, *dats: str) -> pd.Series:
    """The journeys of some DATs."""
    return study.extracts["journeys"]["dat"].isin(dats)


def within(journeys: pd.DataFrame, period: tuple[pd.Timestamp, pd.Timestamp]) -> pd.Series:
    """The journeys that touch a period."""
    return (journeys["journey_start"] <= period[1]) & (journeys["journey_end"].fillna(period[0]) >= period[0])


def out_of_time(study: Study, which: pd.Series) -> Study:
    """The study with some journeys long ended before either period."""
    journeys = study.extracts["journeys"].copy()
    journeys.loc[which, ["journey_start", "journey_end"]] = LONG_AGO
    journeys.loc[which, "date_of_birth"] = pd.Timestamp("1960-01-12")
    journeys.loc[which, "exit_reason"] = 13
    return study.but(journeys=journeys)


def without_clients(*dats: str, periods: tuple = (PRE, POST)) -> Callable[[Study], Study]:
    """No client of some DATs in some periods."""

    def change(study: Study) -> Study:
        journeys = study.extracts["journeys"]
        hit = pd.concat([within(journeys, period) for period in periods], axis=1).any(axis=1)
        return out_of_time(study, of(study, *dats) & hit)

    return change


def without_clients_anywhere(study: Study) -> Study:
    """No client of the study in either period."""
    return out_of_time(study, study.extracts["journeys"]["client"].notna())


def one_client(*dats: str) -> Callable[[Study], Study]:
    """One client of some DATs in all, with one journey through both periods."""

    def change(study: Study) -> Study:
        chosen = of(study, *dats)
        other = out_of_time(study, chosen).extracts["journeys"].copy()
        at = other.index[other["dat"] == dats[0]][0]
        one = {"journey_start": pd.Timestamp("2012-02-01"), "journey_end": pd.Timestamp("2014-06-01"), "exit_reason": 1}
        other.loc[at, list(one)] = list(one.values())
        return study.but(journeys=other)

    return change


def one_client_in_all(study: Study) -> Study:
    """One client in the whole study."""
    dats = [dat for dat in study.extracts["journeys"]["dat"].unique() if dat != "P03"]
    return one_client("P03", *dats)(study)


def effective(share: float, *dats: str) -> Callable[[Study], Study]:
    """All or none of the journeys of some DATs completed, in two weeks each, in the middle of the periods."""

    def change(study: Study) -> Study:
        journeys, hit = study.extracts["journeys"].copy(), of(study, *dats)
        start = pd.Series(np.where(np.arange(len(journeys)) % 2, PRE[0], POST[0]), journeys.index) + pd.Timedelta(
            99, "D"
        )
        journeys.loc[hit, "journey_start"] = start[hit]
        journeys.loc[hit, "journey_end"] = start[hit] + pd.Timedelta(14, "D")
        journeys.loc[hit, "exit_reason"] = 1 if share else 13
        return study.but(journeys=journeys)

    return change


def identical(study: Study) -> Study:
    """The comparison area of Site 3 has the journeys of its pilot."""
    journeys = study.extracts["journeys"]
    pilot, others = journeys[of(study, "P03")], journeys[~of(study, "C03")]
    twin = pilot.assign(dat="C03", client="T" + pilot["client"], journey=pilot["journey"] + len(journeys))
    return study.but(journeys=pd.concat([others, twin], ignore_index=True))


def extreme(study: Study) -> Study:
    """In Site 3 a tenth is effective at first, later all but a tenth; the other way round in its comparison area."""
    journeys = study.extracts["journeys"]
    pattern, parts = journeys[of(study, "P03")].iloc[:300], [journeys[~of(study, "P03", "C03")]]
    rng = np.random.default_rng(1)
    for n, (dat, period, good) in enumerate((("P03", PRE, 10), ("P03", POST, 90), ("C03", PRE, 90), ("C03", POST, 10))):
        start = period[0] + pd.Timedelta(99, "D")
        many = pd.concat([pattern] * 4, ignore_index=True).assign(dat=dat, journey_start=start)
        number = np.arange(len(many))
        many = many.assign(
            client=[f"E{n}{one}" for one in number],
            journey=number + 90_000,
            journey_end=start + pd.Timedelta(14, "D"),
            exit_reason=np.where(rng.permutation(number) % 100 < good, 1, 13),
        )
        parts.append(many)
    return study.but(journeys=pd.concat(parts, ignore_index=True))


def one_sex(study: Study) -> Study:
    """Everybody is a man."""
    return study.but(**{name: study.extracts[name].assign(sex="M") for name in ("journeys", "dirs")})


def separated(study: Study) -> Study:
    """In Site 3 the older half completes, the younger half leaves: age decides everything."""
    made = effective(0, "P03", "C03")(study)
    journeys = made.extracts["journeys"].copy()
    older = of(made, "P03", "C03") & (journeys["date_of_birth"] < "1975-01-01")
    journeys.loc[older, "exit_reason"] = 1
    return study.but(journeys=journeys)


def lines(edit: Callable[[pd.DataFrame], pd.DataFrame]) -> Callable[[Study], Study]:
    """A change of the spending ledger."""
    return lambda study: study.but(pilot_spending=edit(study.extracts["pilot_spending"].copy()))


def spent(amount: float, **where: str) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """Lines with some values in some columns have an amount."""

    def edit(ledger: pd.DataFrame) -> pd.DataFrame:
        hit = pd.Series(True, ledger.index)
        for column, value in where.items():
            hit &= ledger[column] == value
        ledger.loc[hit, "amount_gbp"] = amount
        return ledger

    return edit


def refund(ledger: pd.DataFrame) -> pd.DataFrame:
    """One line more: training that was paid back."""
    more = pd.DataFrame([("site_3", "2014-15", "non_pay", "training_repaid", -1234.5)], columns=ledger.columns)
    return pd.concat([ledger, more], ignore_index=True)


def counts(extract: str, value: float, *columns: str, **where: str) -> Callable[[Study], Study]:
    """Cells of an extract of counts have a value."""

    def change(study: Study) -> Study:
        frame = study.extracts[extract].copy()
        hit = pd.Series(True, frame.index)
        for column, wanted in where.items():
            hit &= frame[column].isin([wanted] if isinstance(wanted, str) else wanted)
        frame.loc[hit, list(columns)] = value
        return study.but(**{extract: frame})

    return change


def economics(**given: object) -> Callable[[Study], Study]:
    """Other settings of the economics."""
    return lambda study: study.settings(**{f"economics__{key}": value for key, value in given.items()})


def one_site(study: Study) -> Study:
    """Only Site 3 is analysed."""
    sites = {
        name: site if name == "site_3" else {"label": site["label"], "analysed": False}
        for name, site in study.config["sites"].items()
    }
    monthly = study.extracts["new_journeys_monthly"]
    return study.but({**study.config, "sites": sites}).but(
        new_journeys_monthly=monthly[monthly["area"].isin(["pilot_3", "comparison_3"])]
    )


def no_referrals(study: Study) -> Study:
    """No referral from prison in the first period of Site 2's pilot."""
    referrals = study.extracts["carat_referrals"].copy()
    hit = (referrals["referred_to_dat"] == "P02") & (referrals["referral_date"] < "2013-12-31")
    referrals.loc[hit, "residence_dat"] = referrals.loc[hit, "referred_to_dat"] = "ELSE"
    return study.but(carat_referrals=referrals)


SEVERAL = ("P02", "C02", "P03", "C03", "P05", "C05E", "C05W", "P07", "C07N", "C07S")
FAULTS = {
    "no client of a pilot before": Fault(without_clients("P02", periods=(PRE,))),
    "no comparison clients": Fault(without_clients("C05E", "C05W")),
    "no comparison clients after": Fault(without_clients("C07N", "C07S", periods=(POST,))),
    "no client anywhere": Fault(without_clients_anywhere),
    "one client in an area": Fault(one_client("C03")),
    "one client in all": Fault(one_client_in_all),
    "all effective in a pilot": Fault(effective(1, "P03")),
    "none effective in a pilot": Fault(effective(0, "P03")),
    "all effective in both areas": Fault(effective(1, "P03", "C03")),
    "none effective anywhere": Fault(effective(0, *SEVERAL)),
    "identical areas": Fault(identical),
    "extreme": Fault(extreme),
    "one sex": Fault(one_sex),
    "age decides": Fault(separated),
    "a refund": Fault(lines(refund)),
    "all repaid": Fault(lines(spent(-500.0))),
    "a site repaid": Fault(lines(spent(-500.0, site="site_3"))),
    "nothing spent": Fault(lines(spent(0.0))),
    "no pay": Fault(lines(spent(0.0, category="pay"))),
    "nothing spent in a site": Fault(lines(spent(0.0, site="site_3"))),
    "no discounting": Fault(economics(discount_rates=[{"from_year": 1, "rate": 0.0}])),
    "discount of a hundred per cent": Fault(economics(discount_rates=[{"from_year": 1, "rate": 1.0}])),
    "one year each": Fault(economics(treatment_years=1, recovery_years=1)),
    "no benefit counted": Fault(economics(benefit_share=0.0)),
    "no triage referrals before": Fault(counts("triage_quarters", 0, "referrals", "triaged_within_6_weeks", dat="P05")),
    "none triaged": Fault(counts("triage_quarters", 0, "triaged_within_6_weeks")),
    "no new journeys in the first year": Fault(
        counts(
            "new_journeys_yearly",
            0,
            "started",
            "retained_12_weeks",
            "completed_under_12_weeks",
            fiscal_year="2011-12",
            site="site_2",
        )
    ),
    "no new journeys at all": Fault(
        counts("new_journeys_yearly", 0, "started", "retained_12_weeks", "completed_under_12_weeks")
    ),
    "no new journeys by month": Fault(counts("new_journeys_monthly", 0, "new_journeys")),
    "no budget": Fault(counts("treatment_budgets", 0, "adult_pooled_gbp_m", "local_gbp_m")),
    "no budget of a site": Fault(counts("budget_shares", 0, "amount_gbp", site="site_3")),
    "no referrals from prison before": Fault(no_referrals),
    "one site": Fault(one_site),
    "no fieldwork": Fault(counts("fieldwork", 0, "encounters")),
}


def plain_text(page: str) -> str:
    return re.sub(
        r"\s+", " ", re.sub(r"<[^>]+>", " ", re.sub(r"<(style|script|svg)[^>]*>.*?</\1>", " ", page, flags=re.S))
    )


def main(names) -> None:
    """Print what every fault makes of the ledger and of the paragraphs."""
    import tempfile
    import traceback
    from pathlib import Path

    import yaml
    from _config import plain

    config = plain(yaml.safe_load((chain.PROJECT / "config.yaml").read_text()))
    base = chain.study(config)
    folder = Path(tempfile.mkdtemp())
    whole = chain.run(base, folder)
    known = {p.text for p in ft.paragraphs(chain.render(whole, False).page)}
    for name in names or FAULTS:
        print(f"\n{'=' * 10} {name}")
        try:
            made = chain.run(FAULTS[name].change(base), folder)
            nans = made.ledger[made.ledger.value.isna()]
            for note, ids in nans.groupby("note")["id"]:
                print("  NOTE", note or "<NONE>", len(ids), " ".join(ids)[:1500])
            print("  INF", [i for i, v in made.values.items() if math.isinf(v)])
            try:
                assert_closed(made.ledger)
            except AssertionError as e:
                print("  CLOSED?", str(e)[:600])
            out = chain.render(made)
            print("  LINT", out.faults[:3])
            for p in ft.paragraphs(out.page):
                if p.text not in known:
                    print("   ", p.chapter, "|", p.text)
            for m in re.finditer(r".{60}\b(nan|inf|None|NaN)\b.{40}", plain_text(out.page)):
                print("  !!", m[0])
            for n, svg in out.figures.items():
                if re.search(r"\bnan\b|\binf\b", svg):
                    print("  !! svg", n)
        except (Exception, SystemExit) as e:
            print("  CRASH", "".join(traceback.format_exception(e)[-4:]))


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
