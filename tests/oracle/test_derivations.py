"""The SQL of the derivations against the slow row-by-row implementation, on thousands of small generated extracts.

An extract here is one site: a pilot area of two DATs, a comparison area of one, a handful of clients, dates around
every bound of the rules. Several dozen extracts go through the database together, each as a site of its own. Bytes
decide everything about a row, one byte a field.
"""

import copy
import datetime as dt
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import strategies as st

import continuity
import outcomes
import reference_derivations as slow
from dscp.measures import derivations, of_referrals
from dscp.measures.registry import MEASURES
from thorough import drawn

DEFAULT = yaml.safe_load((Path(__file__).parents[2] / "config.yaml").read_text(encoding="utf-8"))
CODES = DEFAULT["codes"]
OTHER_CODES = {
    **copy.deepcopy(CODES),
    "completed_exit_reasons": [3, 29, 82],
    "criminal_justice_referral_sources": [1, 13],
    "ethnicity": {"white": ["A"], "elsewhere": ["B", "D", "H", "M", "R"], "not_stated": ["Z", "S"]},
    "drugs": {**CODES["drugs"], "opiates": [[1011, 1105]], "other": [[2500, 2500], [9004, 9005]]},
}

# Two studies: the default periods, and two that touch each other and end on 28 and 29 February.
STUDIES = {
    "default": {
        "outcomes": {"pre": ("2007-10-01", "2009-03-31"), "post": ("2009-10-01", "2011-03-31")},
        "referrals": {"pre": ("2007-10-01", "2009-02-17"), "post": ("2009-10-01", "2011-02-17")},
        "pickups_until": {"pre": "2009-03-31", "post": "2011-03-31"},
        "triage_quarters": {"pre": ("2007-12-01", "2009-02-28"), "post": ("2009-12-01", "2011-02-28")},
    },
    "touching": {
        "outcomes": {"pre": ("2014-03-01", "2015-02-28"), "post": ("2015-03-01", "2016-02-29")},
        "referrals": {"pre": ("2014-03-01", "2015-01-17"), "post": ("2015-03-01", "2016-01-17")},
        "pickups_until": {"pre": "2015-02-28", "post": "2016-02-29"},
        "triage_quarters": {"pre": ("2014-03-01", "2015-02-28"), "post": ("2015-03-01", "2016-02-29")},
    },
}
DAY = dt.timedelta(days=1)
NEAR = [0, 1, -1, 2, -2, 40, -40, 200]
TREATMENT = [MEASURES[name] for name in slow.TREATMENT]
CONTINUITY = [MEASURES[name] for name in ("prison_pickup", "community_triage")]
EXTRACTS = 40  # in one run of the database
WHOLE = 40
BATCHES = drawn(WHOLE)

DEFINITIONS = st.fixed_dictionaries(
    {
        "minimum_age": st.sampled_from([18, 0, 21]),
        "age_at": st.sampled_from(list(derivations.AGE_AT)),
        "effective_days": st.sampled_from([83, 1, 84, 300]),
        "start_cutoff": st.sampled_from(["before_latest", "after_latest"]),
        "latest_journey": st.sampled_from(list(derivations.LATEST_BY)),
        "exit_reason_counts": st.sampled_from(list(derivations.COMPLETED_WHEN)),
        "pickup_days": st.sampled_from([42, 0, 7]),
        "pickup_from": st.sampled_from(list(of_referrals.PICKUP_FROM)),
        "missing_release": st.sampled_from(list(of_referrals.KEPT)),
        "one_form_answers": st.sampled_from(list(of_referrals.ANSWERS)),
    }
)
CHOICES = {
    "study": st.sampled_from(list(STUDIES)),
    "definitions": DEFINITIONS,
    "codes": st.sampled_from([CODES, OTHER_CODES]),
    "bands": st.sampled_from([[5, 10, 20], [1], [2, 7]]),
}
PROPERTY = settings(
    derandomize=True,
    deadline=None,
    phases=[Phase.generate],  # extracts are small already: a failure shows the one that differs
    verbosity=Verbosity.quiet,
    max_examples=BATCHES,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)


class Dice:
    """A string of bytes, read as choices from lists."""

    def __init__(self, thrown: bytes):
        self.thrown = iter(thrown)

    def of(self, choices):
        """One of the choices; the first one for a zero."""
        return choices[next(self.thrown) % len(choices)]


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def windows(study: str, name: str) -> dict:
    return {period: tuple(map(day, window)) for period, window in STUDIES[study][name].items()}


def configured(study: str) -> dict:
    """The periods of a study as its config has them."""
    return {
        period: {"label": period, **{name: window[period] for name, window in STUDIES[study].items()}}
        for period in ("pre", "post")
    }


def sites(count: int) -> dict:
    """One site per extract. A prison may serve several areas."""
    kinds = ["integrated_system", "independent_case_manager", "embedded_provision", "integrated_system"]
    found = {"site_1": {"label": "Site 1", "analysed": False}}
    for n in range(2, count + 2):
        pilot = {"label": "", "dats": [f"P{n}A", f"P{n}B"], "prisons": [f"H{n}", "HALL"]}
        comparison = {"label": "", "dats": [f"C{n}"], "prisons": [f"HC{n}", "HALL", "HBOTH"]}
        found[f"site_{n}"] = {
            "label": "",
            "kind": "whole_system",
            "continuity": kinds[n % 4],
            "pilot": pilot,
            "comparison": comparison,
        }
    return found


def placed(rows: list[dict]) -> list[dict]:
    """Number the rows as records of two files, so that line numbers repeat."""
    half = (len(rows) + 1) // 2
    return [{**row, "file": int(at >= half), "line": 2 + at % max(half, 1)} for at, row in enumerate(rows)]


def some_years_before(date: dt.date, years: int) -> dt.date:
    try:
        return date.replace(year=date.year - years)
    except ValueError:
        return date.replace(year=date.year - years, day=28)


def characteristics(dice: Dice) -> dict:
    """What both kinds of client record hold."""
    drugs = [None, 1011, 3201, 3200, 3150, 5000, 2500, 9005, 7000, 9996, 1999, 1105, 5999]
    return {
        "sex": dice.of("MF"),
        "ethnicity": dice.of([None, "A", "B", "D", "H", "M", "R", "S", "Z"]),
        **{f"drug_{n}": dice.of(drugs) for n in (1, 2, 3)},
        "age_first_use": dice.of([None, 0, 8, 11, 12, 13, 14, 16, 17, 18, 19, 21, 30, 70]),
    }


# Treatment outcomes -------------------------------------------------------------------------------------------------

JOURNEY_TYPES = {
    "file": pa.uint8(),
    "line": pa.int32(),
    "client": pa.string(),
    "dat": pa.string(),
    "journey": pa.int32(),
    "journey_start": pa.date32(),
    "journey_end": pa.date32(),
    "exit_reason": pa.int32(),
    "date_of_birth": pa.date32(),
    "sex": pa.string(),
    "ethnicity": pa.string(),
    "drug_1": pa.int32(),
    "drug_2": pa.int32(),
    "drug_3": pa.int32(),
    "age_first_use": pa.int32(),
    "referral_source": pa.int32(),
    "dip_flag": pa.string(),
    "previously_treated": pa.string(),
    "dual_diagnosis": pa.string(),
}
JOURNEYS = 6
THROWS = st.binary(min_size=1 + 23 * JOURNEYS, max_size=1 + 23 * JOURNEYS)


def journeys_of(n: int, thrown: bytes, periods: dict, definitions: dict) -> list[dict]:
    """Up to six journeys of up to three clients."""
    dice = Dice(thrown)
    rows, keys = [], set()
    bounds = [bound for window in periods.values() for bound in window]
    days = definitions["effective_days"]
    anchors = bounds + [ends - days * DAY for _, ends in periods.values()]
    for _ in range(dice.of(range(JOURNEYS + 1))):
        start = dice.of(anchors) + dice.of(NEAR) * DAY
        lasting = start + dice.of([0, days, days - 1, days + 1, 500]) * DAY
        end, shift = dice.of([lasting, None, *bounds]), dice.of([0, 0, 1, -1]) * DAY
        birthday = dice.of([start, *bounds])
        years = dice.of([definitions["minimum_age"], definitions["minimum_age"], 18, 30, 45])
        born = some_years_before(birthday, years) + dice.of([0, 1, -1, 2]) * DAY
        row = {
            "client": f"{n}-{dice.of('abc')}",
            "dat": dice.of([f"P{n}A", f"P{n}B", f"C{n}", f"P{n}A", "X99"]),
            "journey": dice.of([1, 2, 3]),
            "journey_start": start,
            "journey_end": end and max(start, end + shift),
            "exit_reason": dice.of([None, 1, 2, 3, 14, 15, 28, 29, 79, 80, 82, 83, 0, 999]),
            "date_of_birth": dice.of([born, born, dt.date(1988, 2, 29), dt.date(1992, 2, 29)]),
            **characteristics(dice),
            "referral_source": dice.of([None, 5, 6, 8, 13, 1, 7]),
            "dip_flag": dice.of([None, "Y", "N"]),
            "previously_treated": dice.of([None, "Y", "N"]),
            "dual_diagnosis": dice.of([None, "Y", "N"]),
        }
        while (key := (row["client"], row["dat"], row["journey"])) in keys:
            row["journey"] += 1
        keys.add(key)
        rows.append(row)
    return rows


# What the generated extracts must have held at least once for the comparison to mean something.
JOURNEY_SITUATIONS = {
    "start on the last day of a period": lambda row, starts, ends, days: row["journey_start"] == ends,
    "start on the cutoff": lambda row, starts, ends, days: row["journey_start"] == ends - days * DAY,
    "start a day after the cutoff": lambda row, starts, ends, days: row["journey_start"] == ends - (days - 1) * DAY,
    "end on the first day of a period": lambda row, starts, ends, days: row["journey_end"] == starts,
    "end the day before a period": lambda row, starts, ends, days: row["journey_end"] == starts - DAY,
    "end on the last day of a period": lambda row, starts, ends, days: row["journey_end"] == ends,
    "end the day after a period": lambda row, starts, ends, days: row["journey_end"] == ends + DAY,
    "open journey": lambda row, starts, ends, days: row["journey_end"] is None,
    "lasted exactly long enough": lambda row, starts, ends, days: (
        row["journey_end"] == row["journey_start"] + days * DAY
    ),
    "one day short": lambda row, starts, ends, days: row["journey_end"] == row["journey_start"] + (days - 1) * DAY,
    "18 on the day of the start": lambda row, starts, ends, days: (
        slow.birthday(row["date_of_birth"], 18) == row["journey_start"]
    ),
    "18 the day after the period's start": lambda row, starts, ends, days: (
        slow.birthday(row["date_of_birth"], 18) == starts + DAY
    ),
    "born on 29 February": lambda row, starts, ends, days: (
        (row["date_of_birth"].month, row["date_of_birth"].day) == (2, 29)
    ),
}


def write(folder: Path, name: str, rows: list[dict], types: dict) -> str:
    """A validated extract."""
    path = folder / f"{name}.parquet"
    pq.write_table(pa.Table.from_pylist(rows, schema=pa.schema(list(types.items()))), path)
    return str(path)


def as_rows(frame) -> list[dict]:
    """The rows of a frame as plain values, missing ones None."""
    return frame.astype(object).where(frame.notna(), None).to_dict("records")


def members(frame, extract: list[dict]) -> list[dict]:
    """The rows of a frame without the number that stands for the client; two rows share it if their client is one."""
    clients = {(row["file"], row["line"]): row["client"] for row in extract}
    known = {(clients[row["file"], row["line"]], row["person"]) for row in as_rows(frame)}
    assert len(known) == len({client for client, _ in known}) == len({person for _, person in known})
    return as_rows(frame.drop(columns="person"))


def differing(ours: list[dict], theirs: list[dict], extract: list[dict]) -> str:
    """The first area in which two results differ, with what the extract holds of its site."""
    for site in dict.fromkeys(row["site"] for row in [*ours, *theirs]):
        pair = [[row for row in rows if row["site"] == site] for rows in (ours, theirs)]
        if pair[0] != pair[1]:
            n = site.removeprefix("site_")
            held = [row for row in extract if row["client"].startswith(f"{n}-")]
            return "\n".join([f"in {site} the rule has", *map(str, pair[0]), "but the method", *map(str, pair[1]), "on",
                              *map(str, held)])  # fmt: skip
    return "the same rows in another order"


def left_after(steps) -> dict[tuple, int]:
    """How many are left after each step, as the rules count them."""
    return {tuple(place): number for *place, number in steps.to_numpy().tolist()}


def above_nought(found: dict[tuple, int]) -> dict[tuple, int]:
    """The counts of those that there are any of: the rules have no row of none."""
    return {place: number for place, number in found.items() if number}


def test_outcomes_are_those_of_the_method(tmp_path):
    seen = Counter()

    @PROPERTY
    @given(st.fixed_dictionaries(CHOICES), st.lists(THROWS, min_size=EXTRACTS, max_size=EXTRACTS))
    def compare(chosen, throws):
        definitions, study = chosen["definitions"], chosen["study"]
        periods = windows(study, "outcomes")
        rows = [row for n, thrown in enumerate(throws, 2) for row in journeys_of(n, thrown, periods, definitions)]
        rows = placed(rows)
        shared = {"definitions": definitions, "codes": chosen["codes"], "bands": chosen["bands"]}
        path = write(tmp_path, "journeys", rows, JOURNEY_TYPES)
        clients, excluded, steps = outcomes.outcomes(
            path, sites(EXTRACTS), configured(study), **shared, measures=TREATMENT
        )
        expected, left_out = slow.outcomes(rows, sites(EXTRACTS), periods, **shared)
        found = members(clients, rows)
        assert found == expected, differing(found, expected, rows)
        assert dict(excluded.to_numpy().tolist()) == left_out
        assert left_after(steps) == above_nought(slow.journeys_left(rows, sites(EXTRACTS), periods, definitions))
        seen.update(extracts=EXTRACTS, rows=len(expected))
        seen.update(f"{row['measure']} {row['outcome']}" for row in expected)
        for row in rows:
            for starts, ends in periods.values():
                days = definitions["effective_days"]
                seen.update(name for name, met in JOURNEY_SITUATIONS.items() if met(row, starts, ends, days))

    compare()
    outcomes_seen = [f"{measure} {outcome}" for measure in slow.TREATMENT for outcome in (True, False)]
    assert not [name for name in [*JOURNEY_SITUATIONS, *outcomes_seen] if seen[name] < BATCHES // 2], seen
    assert seen["extracts"] >= EXTRACTS * BATCHES


# Continuity ---------------------------------------------------------------------------------------------------------

REFERRAL_TYPES = {
    "file": pa.uint8(),
    "line": pa.int32(),
    "referral": pa.string(),
    "client": pa.string(),
    "prison": pa.string(),
    "referral_date": pa.date32(),
    "release_date": pa.date32(),
    "residence_dat": pa.string(),
    "referred_to_dat": pa.string(),
}
FORM_TYPES = {
    "file": pa.uint8(),
    "line": pa.int32(),
    "form": pa.string(),
    "client": pa.string(),
    "prison": pa.string(),
    "dat": pa.string(),
    "care_plan_date": pa.date32(),
}
DIR_TYPES = {
    "file": pa.uint8(),
    "line": pa.int32(),
    "client": pa.string(),
    "dir_date": pa.date32(),
    "date_of_birth": pa.date32(),
    "sex": pa.string(),
    "ethnicity": pa.string(),
    "drug_1": pa.int32(),
    "drug_2": pa.int32(),
    "drug_3": pa.int32(),
    "age_first_use": pa.int32(),
    "no_fixed_abode": pa.string(),
    "treated_last_two_years": pa.string(),
}
TRIAGE_TYPES = {
    "file": pa.uint8(),
    "line": pa.int32(),
    "quarter_start": pa.date32(),
    "dat": pa.string(),
    "referrals": pa.int32(),
    "triaged_within_6_weeks": pa.int32(),
}
REFERRALS = FORMS = 4
DIRS = 3
PRISON_BYTES = 4 + REFERRALS * 10 + FORMS * 9 + DIRS * 15
PRISON_THROWS = st.binary(min_size=PRISON_BYTES, max_size=PRISON_BYTES)
QUARTERS = 6
TRIAGE_THROWS = st.binary(min_size=1 + QUARTERS * 4, max_size=1 + QUARTERS * 4)


def prison_records(n: int, thrown: bytes, study: str, definitions: dict) -> tuple[list[dict], list[dict], list[dict]]:
    """Up to four referrals and four forms of two clients, and up to three DIRs of the first."""
    dice = Dice(thrown)
    days = definitions["pickup_days"]
    bounds = [bound for window in windows(study, "referrals").values() for bound in window]
    last_days = [day(until) for until in STUDIES[study]["pickups_until"].values()]
    own, other = dice.of([([f"P{n}A", f"P{n}B"], [f"C{n}"]), ([f"C{n}"], [f"P{n}A"])])
    dats = [*own, *own, *own, *other, "X99", None]
    prison = f"HC{n}" if own == [f"C{n}"] else f"H{n}"
    prisons = [prison, prison, prison, "HALL", "HBOTH", f"HC{n}", "H99"]
    clients = [f"{n}-a", f"{n}-a", f"{n}-b"]
    referrals = []
    for number in range(dice.of(range(REFERRALS + 1))):
        referred = dice.of(bounds) + dice.of([0, 5, 1, -1, 0, -20]) * DAY
        late = [last - before * DAY for last in last_days for before in (days, 5)]  # with all days left, and with five
        released = dice.of([referred + 20 * DAY, referred, None, *late])
        to = dice.of(dats)
        home = dice.of([to, to, to, *dats])
        referrals.append(
            {
                "referral": f"{dice.of(range(9))}-{n}-{number}",
                "client": dice.of(clients),
                "prison": dice.of(prisons),
                "referral_date": referred,
                "release_date": released and max(released, referred),
                "residence_dat": home,
                "referred_to_dat": to,
            }
        )
        if dice.of([False, True]):  # referred again from the same stay
            first, referral = referrals[0], referrals[-1]["referral"]
            again = min(first["referral_date"] + dice.of([1, 0]) * DAY, first["release_date"] or dt.date.max)
            referrals[-1] = {**first, "referral": referral, "referral_date": again}
    forms = []
    for _ in range(dice.of(range(FORMS + 1))):
        meant = dice.of(referrals or [None])
        matching = meant is not None and dice.of([True, True, True, False])
        release = (meant and (meant["release_date"] or meant["referral_date"])) or dice.of(bounds)
        around = [release, release + days * DAY, release - DAY, release + (days + 1) * DAY, *last_days, None]
        planned, shift = dice.of(around), dice.of([0, 0, 1]) * DAY
        forms.append(
            {
                "form": dice.of(["AF5", "AF7"]),
                "client": meant["client"] if matching else dice.of(clients),
                "prison": meant["prison"] if matching else dice.of([*prisons, None]),
                "dat": (meant["referred_to_dat"] if matching else None) or dice.of(dats[:-1]),
                "care_plan_date": planned and planned + shift,
            }
        )
    dirs = []
    for _ in range(dice.of(range(DIRS + 1))):
        meant = dice.of(referrals or [None])
        on = meant["referral_date"] if meant else dice.of(bounds)
        date = on + dice.of([0, 0, -1, 1, -300]) * DAY
        birthday = some_years_before(on, dice.of([30, 18, 45])) + dice.of([0, 1, -1]) * DAY
        dirs.append(
            {
                "client": meant["client"] if meant else clients[0],
                "dir_date": date,
                "date_of_birth": dice.of([birthday, None, dt.date(1988, 2, 29)]),
                **characteristics(dice),
                "no_fixed_abode": dice.of([None, "Y", "N"]),
                "treated_last_two_years": dice.of([None, "Y", "N"]),
            }
        )
        dirs[-1]["sex"] = dice.of([dirs[-1]["sex"], None])
    return referrals, forms, dirs


def triage_records(n: int, thrown: bytes, study: str) -> list[dict]:
    """Up to six quarters and DATs, some outside the periods."""
    dice, rows, keys = Dice(thrown), [], set()
    first = [starts for starts, _ in windows(study, "triage_quarters").values()]
    for _ in range(dice.of(range(QUARTERS + 1))):
        start, later = dice.of(first), dice.of([0, 3, 12, 15, -3])
        months = start.year * 12 + start.month - 1 + later
        quarter, dat = dt.date(months // 12, months % 12 + 1, 1), dice.of([f"P{n}A", f"P{n}B", f"C{n}", "X99"])
        referrals = dice.of(range(200))
        if (quarter, dat) not in keys:
            keys.add((quarter, dat))
            rows.append({"quarter_start": quarter, "dat": dat, "referrals": referrals,
                         "triaged_within_6_weeks": referrals * 2 // 3})  # fmt: skip
    return rows


PRISON_SITUATIONS = {
    "picked up on the last day allowed": lambda form, referral, days: (
        form["care_plan_date"] == referral["release_date"] + days * DAY
    ),
    "picked up a day too late": lambda form, referral, days: (
        form["care_plan_date"] == referral["release_date"] + (days + 1) * DAY
    ),
    "picked up on the day of release": lambda form, referral, days: form["care_plan_date"] == referral["release_date"],
    "picked up before the release": lambda form, referral, days: form["care_plan_date"] < referral["release_date"],
}


def test_prison_pickups_are_those_of_the_method(tmp_path):
    seen = Counter()
    triage_file = write(tmp_path, "triage_quarters", [], TRIAGE_TYPES)

    @PROPERTY
    @given(st.fixed_dictionaries(CHOICES), st.lists(PRISON_THROWS, min_size=EXTRACTS, max_size=EXTRACTS))
    def compare(chosen, throws):
        definitions, study = chosen["definitions"], chosen["study"]
        found = [prison_records(n, thrown, study, definitions) for n, thrown in enumerate(throws, 2)]
        referrals, forms, dirs = (placed([row for part in parts for row in part]) for parts in zip(*found, strict=True))
        extracts = {
            "carat_referrals": write(tmp_path, "carat_referrals", referrals, REFERRAL_TYPES),
            "cjit_forms": write(tmp_path, "cjit_forms", forms, FORM_TYPES),
            "dirs": write(tmp_path, "dirs", dirs, DIR_TYPES),
            "triage_quarters": triage_file,
        }
        shared = {"definitions": definitions, "codes": chosen["codes"], "bands": chosen["bands"]}
        rows, counts, cases, steps = continuity.continuity(
            extracts, sites(EXTRACTS), configured(study), **shared, measures=CONTINUITY
        )
        until = {period: day(date) for period, date in STUDIES[study]["pickups_until"].items()}
        expected, special = slow.continuity(
            referrals, forms, dirs, sites(EXTRACTS), windows(study, "referrals"), until, **shared
        )
        ours = members(rows, referrals)
        assert ours == expected, differing(ours, expected, [*referrals, *forms, *dirs])
        assert dict(cases.to_numpy().tolist()) == special
        of_referrals = slow.referrals_left(referrals, sites(EXTRACTS), windows(study, "referrals"))
        assert left_after(steps) == above_nought(of_referrals)
        assert counts["community_triage"].empty
        seen.update(extracts=EXTRACTS, **special)
        seen.update(f"successful: {row['outcome']}" for row in expected)
        seen.update("cut off" for row in expected if row["uncut"] and not row["outcome"])
        seen.update("age unknown" if row["age"] is None else "age known" for row in expected)
        for form in forms:
            for referral in referrals:
                dates = form["care_plan_date"] and referral["release_date"]
                if dates and (form["client"], form["prison"]) == (referral["client"], referral["prison"]):
                    days = definitions["pickup_days"]
                    seen.update(name for name, met in PRISON_SITUATIONS.items() if met(form, referral, days))

    compare()
    wanted = [*PRISON_SITUATIONS, "successful: True", "successful: False", "age unknown", "age known"]
    wanted += ["not_local_or_not_in_period", "missing_release_date"]
    if BATCHES == WHOLE:  # too rare for the quarter that make check draws
        wanted += ["cut off", "released_too_late_to_have_all_days", "form_answers_several_referrals"]
    assert not [name for name in wanted if seen[name] < BATCHES // 2], seen
    assert seen["extracts"] >= EXTRACTS * BATCHES


def test_triage_counts_are_those_of_the_method(tmp_path):
    seen = Counter()
    nothing = {
        "carat_referrals": write(tmp_path, "carat_referrals", [], REFERRAL_TYPES),
        "cjit_forms": write(tmp_path, "cjit_forms", [], FORM_TYPES),
        "dirs": write(tmp_path, "dirs", [], DIR_TYPES),
    }

    @settings(PROPERTY, max_examples=BATCHES // 2)
    @given(st.sampled_from(list(STUDIES)), st.lists(TRIAGE_THROWS, min_size=EXTRACTS, max_size=EXTRACTS))
    def compare(study, throws):
        rows = placed([row for n, thrown in enumerate(throws, 2) for row in triage_records(n, thrown, study)])
        extracts = {**nothing, "triage_quarters": write(tmp_path, "triage_quarters", rows, TRIAGE_TYPES)}
        referrals, ours, _, steps = continuity.continuity(
            extracts, sites(EXTRACTS), configured(study), DEFAULT["definitions"], CODES, [5, 10, 20], CONTINUITY
        )
        counted = as_rows(ours["community_triage"])
        found = {(row["area"], row["period"]): (row["rows"], row["base"], row["count"]) for row in counted}
        triaged = slow.triage(rows, sites(EXTRACTS), windows(study, "triage_quarters"))
        assert found == triaged
        left = {place: number for place, number in left_after(steps).items() if place[0] == "in_period"}
        assert left == {("in_period", "triage_quarters", *place): one for place, (one, _, _) in triaged.items()}
        assert referrals.empty
        seen.update(extracts=EXTRACTS, areas=len(found), sums=sum(quarters > 1 for quarters, _, _ in found.values()))

    compare()
    assert min(seen["areas"], seen["sums"]) > BATCHES // 2
