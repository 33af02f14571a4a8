"""Claims of the print: each with its place, what it is judged against, a verdict and the sum behind it.

holds                  it can be so, by the print's own rounding and by our quantities; or the text bears it out
equal by construction  the same, but only because ours was made so (see verdicts)
judged loosely         not as the words say, but as they may be meant
cannot hold            neither
cannot be judged       nothing printed or computed decides it; the reason is given
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from dscp.reproduction import verdicts
from dscp.reproduction.intervals import Interval
from dscp.reproduction.relations import BROKEN, HOLDS, UNKNOWN, Judged, judge, relation, side, span
from dscp.reproduction.verdicts import CONSTRUCTED
from dscp.reproduction.weights import weighted

LOOSELY, UNJUDGED = "judged loosely", "cannot be judged"
VERDICTS = (HOLDS, CONSTRUCTED, LOOSELY, BROKEN, UNJUDGED)
OURS = "our"  # the first word of a reference to a quantity of ours
NUMBER, REFERENCE, CITATION = "number", "reference", "citation"
KINDS = (NUMBER, "span", "comparison", "definition", "consistency", "caption", "note", "shares", REFERENCE, CITATION)
OF_PROSE = {
    verdicts.EQUAL: HOLDS,
    CONSTRUCTED: CONSTRUCTED,
    verdicts.WITHIN: LOOSELY,
    verdicts.DIFFERS: BROKEN,
    verdicts.NOT: UNJUDGED,
}
SITES = range(1, 8)
SHOWN = 0.00005  # the least multiplier that is told
RANGE = re.compile(r"([A-Z]?)([\d.]*?)(\d+) to \1\2(\d+)")


@dataclass(frozen=True)
class Claim:
    """One row of the register of claims; `line` is its place in the copy at hand, `moves` what it changes by unit."""

    id: str
    line: int
    place: str
    kind: str
    claim: str
    judged_against: str
    verdict: str
    arithmetic: str
    hangs_on: str
    reason: str
    moves: Mapping[str, str]


# -- claims declared one by one


def declared_claims(data: Mapping, values: Mapping[str, Interval | None], made: Collection[str]) -> list[Claim]:
    """Every declared claim with its verdict.

    Parameters
    ----------
    data : claims and weights, as claims.yaml has them
    values : key of a published number, or "our/" and an id -> its values
    made : keys of ours that were made to be what the print says
    """
    return [_declared(one, data["weights"], values, made) for one in data["claims"]]


def _declared(one: Mapping, weights: Mapping, values: Mapping, made: Collection[str]) -> Claim:
    if "holds" in one:
        verdict, sums, against = _related(one, values, made)
    elif "weights" in one:
        verdict, sums = _pooled(weights[one["weights"]], values)
        against = one["against"]
    else:
        verdict, sums, against = one["found"], one.get("sum", ""), one["against"]
    if verdict not in VERDICTS or one["kind"] not in KINDS:
        raise ValueError(f"claim {one['id']}: no such verdict or kind: {verdict}, {one['kind']}")
    moves = {unit: one[unit] for unit in ("clients", "pounds") if unit in one}
    place = (one["id"], one["line"], one["place"], one["kind"], one["claim"])
    return Claim(*place, against, verdict, sums, one["hangs"], one.get("why", "") or _reason(verdict), moves)


def _reason(verdict: str) -> str:
    reasons = {
        HOLDS: "the sum or the place bears it out",
        CONSTRUCTED: "ours is a setting or a constant that was taken from the print",
    }
    return reasons.get(verdict, "")


def _related(one: Mapping, values: Mapping, made: Collection[str]) -> tuple[str, str, str]:
    """Verdict, sum and what it is judged against of a claim that is a relation."""
    literal = judge(relation(one["id"], one["claim"], one["holds"]), values)
    against = _against(literal.keys)
    if literal.verdict == HOLDS:
        ours = [key for key in literal.keys if key.startswith(f"{OURS}/")]
        constructed = bool(ours) and len(ours) + _of_prose(literal.keys) == len(literal.keys) and set(ours) <= set(made)
        return CONSTRUCTED if constructed else HOLDS, _sum(literal), against
    if literal.verdict == UNKNOWN:
        return UNJUDGED, literal.filled, against
    if "loosely" in one:
        meant = judge(relation(one["id"], one["claim"], one["loosely"]), values)
        return (LOOSELY if meant.verdict == HOLDS else BROKEN), f"{_sum(literal)} | {_sum(meant)}", against
    return BROKEN, _sum(literal), against


def _of_prose(keys: Iterable[str]) -> int:
    return sum(key.startswith("text/") for key in keys)


def _sum(one: Judged) -> str:
    return f"{one.filled}; {span(one.left)} against {span(one.right)}"


def _against(keys: Sequence[str]) -> str:
    """Tables, the prose and ours, as the keys of a relation name them."""
    names = {
        f"{OURS}": "quantities of this program: " + ", ".join(k.split("/", 1)[1] for k in keys if k.startswith(OURS)),
        "text": "figures of the prose",
    }
    found = dict.fromkeys(names.get(table, f"Table {table}") for table in (key.split("/")[0] for key in keys))
    return "; ".join(found)


def _pooled(conditions: Sequence[Mapping], values: Mapping) -> tuple[str, str]:
    """Verdict and sum of a claim that rows of sites make a row of all of them."""
    parts, whole = [], []
    for condition in conditions:
        for head in condition.get("for", [""]):
            each, of_all = (condition[name].replace("<head>", head) for name in ("each", "whole"))
            parts.append([side(each.replace("<n>", str(site)), values) for site in SITES])
            whole.append(side(of_all, values))
    found = weighted(parts, whole)
    if not found.possible:
        taken = ", ".join(f"{by:+.4f} of condition {place}" for place, by in found.proof if abs(by) > SHOWN)
        return BROKEN, f"{taken}: each site has at least {found.gap:.2f} more than all of them"
    shares = (
        f"site {site} {100 * low:.1f} to {100 * high:.1f}"
        for site, (low, high) in zip(SITES, found.shares, strict=True)
    )
    return HOLDS, f"{len(parts)} conditions; possible weights in per cent: {', '.join(shares)}"


# -- what the text says about itself


def places(data: Mapping) -> set[str]:
    """Every heading, table and figure of the print by name, such as "Appendix C4"."""
    found = set()
    for line in data["places"]:
        kind, _, names = line.partition(" ")
        for name in names.split(", "):
            found |= {f"{kind} {one}" for one in _each(name)}
    return found


def _each(name: str) -> Iterator[str]:
    """ "7.1 to 7.11" one by one."""
    if " to " not in name:
        yield name
        return
    first, last = name.split(" to ")
    stem = first.rstrip("0123456789")
    if not last.startswith(stem):
        raise ValueError(f"places: {name}")
    for number in range(int(first[len(stem) :]), int(last[len(stem) :]) + 1):
        yield f"{stem}{number}"


def references(data: Mapping) -> list[Claim]:
    """Every reference of the text to one of its places."""
    known = places(data)
    return [_reference(number, one, known) for number, one in enumerate(data["references"], start=1)]


def _reference(number: int, one: Mapping, known: Collection[str]) -> Claim:
    there, at_odds = one["to"] in known, one.get("but", "")
    verdict = HOLDS if there and not at_odds else BROKEN
    sums = at_odds or (f"{one['to']} is there" if there else f"no heading, table or figure is {one['to']}")
    reason = "the place exists and has it" if verdict == HOLDS else ""
    claim = f"{one['to']} has {one['for']}"
    hangs = one.get("hangs", "nothing that is counted")
    at = (f"reference_{number}", one["line"], one["place"], REFERENCE, claim)
    return Claim(*at, "headings, captions and what stands below them", verdict, sums, hangs, reason, {})


def citations(data: Mapping) -> list[Claim]:
    """Every work cited against the list of references, and every listed work against the text."""
    listed = [(one["work"], one["year"]) for one in data["works"]]
    found = [
        _citation(number, one, listed.count((one["work"], one["year"])))
        for number, one in enumerate(data["citations"], start=1)
    ]
    cited = {_work(one) for one in data["citations"] if "but" not in one}
    for number, one in enumerate(data["works"], start=1):
        if _work(one) not in cited:
            what = f", {one['what']}," if "what" in one else ""
            at = (f"listed_{number}", LAST, "References", CITATION, f"{one['work']} ({one['year']}){what} is cited")
            sums = "no citation in the text has this author, year and subject"
            found.append(Claim(*at, "citations of the text", BROKEN, sums, "nothing that is counted", "", {}))
    return found


def _work(one: Mapping) -> tuple[str, str, str]:
    return one["work"], one["year"], one.get("what", "")


LAST = 10**6  # a line after the last


def _citation(number: int, one: Mapping, times: int) -> Claim:
    name = f"{one['work']} ({one['year']})"
    about = f", {one['for']}," if "for" in one else ""
    counted = f"listed {times} times with this year" if times != 1 else "listed once"
    if one.get("but") or not times:
        verdict, reason = BROKEN, ""
    elif times > 1:
        verdict, reason = LOOSELY, "several works share author and year, without letters"
    else:
        verdict, reason = HOLDS, "author and year stand once in the list"
    at = (f"citation_{number}", one["line"], one["place"], CITATION, f"{name}{about} is in the list of references")
    hangs = one.get("hangs", "nothing that is counted")
    return Claim(*at, "list of references", verdict, one.get("but", counted), hangs, reason, {})


# -- figures of the prose, as the register of numbers judges them


def of_prose(register: Iterable[Mapping[str, str]], told: Mapping[str, Mapping], named: Collection[str]) -> list[Claim]:
    """Every figure of the prose that no declared claim names.

    Parameters
    ----------
    register : rows of reproduction.csv
    told : row of the prose -> line and paraphrase
    named : keys that declared claims name
    """
    found = []
    for row in register:
        table, _, name = row["key"].partition("/")
        if table != "text" or row["key"] in named:
            continue
        verdict = OF_PROSE[row["verdict"]]
        sums = row["evidence"] or (f"printed {row['printed']}, ours {row['our_printed']}" if row["our_printed"] else "")
        reason = row["reason"] or {HOLDS: "ours prints so", LOOSELY: row["rounding"]}.get(verdict, "")
        moves = {unit: f"reproduction.{unit}.text.{name}" for unit in ("clients", "pounds")}  # where there are such
        at = (
            f"prose_{name}",
            int(told[name]["line"]),
            row["where"],
            NUMBER,
            f"{told[name]['paraphrase']}: {row['printed']}",
        )
        against = row["our_id"] or "nothing that is computed"
        found.append(Claim(*at, against, verdict, sums, row["cause_confirmed"], reason, moves))
    return found
