"""Rule published_models: the adjusted models as a policy lets them be published.

Fitted to the records themselves, a model would tell the counts that the policy rounds. It is fitted to the published
counts instead: each record stands for as many as make the counts of its area, period and outcome those published. What
comes out rests on these, and on how characteristics are spread within them. Categories of few people,
or of people who all have the same outcome, are pooled: what they change could be counted back.
"""

from collections.abc import Mapping, Sequence

import pandas as pd

from dscp.disclosure.control import Control
from dscp.disclosure.models import CELLS, FIELDS, P_CLUSTERED, RESULTS
from dscp.disclosure.policies import POLICIES
from dscp.ledger.ids import identifier
from dscp.ledger.rows import read_ledger
from dscp.measures.models import Interaction, fit_site
from dscp.measures.registry import MEASURES
from dscp.measures.types import Measure
from dscp.run.job import writing
from dscp.study.areas import analysed, arms_of


def published_models(
    counts: Mapping[str, float],
    members: pd.DataFrame,
    sites: Sequence[str],
    models: Mapping,
    measures: Sequence[Measure],
    control: Control,
) -> pd.DataFrame:
    """Fit every adjusted model to the published counts.

    Parameters
    ----------
    counts : ledger id -> value in full, of counts and bases
    members : clients and referrals: measure, site, arm, period, outcome and characteristics
    sites : analysed sites, in order
    models : of the config
    measures : of the study
    control : the policy

    Returns
    -------
    One row per result of a model: its id in the ledger, its value (nan where there is none), and why it is withheld
    ("" where it is not).
    """
    found, needed = [], control.policy.cases_per_parameter
    for measure in (one for one in measures if one.model):
        own = members[members["measure"] == measure.name]
        covariates = models[f"{measure.model.covariates}_covariates"]
        for site in sites:
            cells = _cells(measure, site)
            if not counts.keys() >= {one for pair in cells.values() for one in pair}:
                continue  # a site without this measure
            weights = weights_of(
                {place: (counts[count], counts[base]) for place, (count, base) in cells.items()}, control
            )
            fit = fit_site(own[own["site"] == site], covariates, models, weights, needed)
            why = _too_few(fit, needed)
            found += [(f"{measure.name}.{name}.{site}", getattr(fit, name), why) for name in (*RESULTS, P_CLUSTERED)]
    return pd.DataFrame(found, columns=FIELDS)


def weights_of(
    cells: Mapping[tuple[str, str], tuple[float, float]], control: Control
) -> dict[tuple[str, str, bool], float]:
    """How many published records each record stands for.

    Parameters
    ----------
    cells : (arm, period) -> count and base, in full
    control : the policy

    Returns
    -------
    (arm, period, outcome) -> weight; 0 where there is no record.
    """
    found = {}
    for place, (count, base) in cells.items():
        with_it, among = control.policy.rounded(count), control.policy.rounded(base)
        for outcome, full, published in ((True, count, with_it), (False, base - count, among - with_it)):
            found[*place, outcome] = published / full if full else 0.0
    return found


def _cells(measure: Measure, site: str) -> dict[tuple[str, str], tuple[str, str]]:
    """(arm, period) -> ids of count and base."""
    areas = arms_of(site)
    return {
        (arm, period): tuple(
            identifier(pattern, area=areas[arm], period=period) for pattern in (measure.count, measure.cohort.base)
        )
        for arm, period in CELLS
    }


def _too_few(fit: Interaction, needed: int) -> str:
    """Why the results of a model are withheld that rests on too few; "" where it does not."""
    few = fit.cases < needed * fit.parameters
    return f"fewer than {needed} cases for each of its {fit.parameters} parameters" if few else ""


if __name__ == "__main__":
    with writing(snakemake.log[0], snakemake.output) as out:
        given = snakemake.params
        ledger = read_ledger(snakemake.input.ledger).set_index("id")
        members = pd.concat([pd.read_parquet(path) for path in snakemake.input.members], ignore_index=True)
        made = published_models(
            ledger["value"].to_dict(),
            members,
            list(analysed(given.study["sites"])),
            given.study["models"],
            [MEASURES[name] for name in given.measures],
            Control(POLICIES[given.policy], given.missing_release),
        )
        made.to_csv(out.models, index=False)
