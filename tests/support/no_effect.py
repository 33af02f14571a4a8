"""Sets of areas in which no pilot did anything: how often do tests find something?

`PYTHONPATH=workflow/scripts python tests/support/no_effect.py` draws them, prints the rates and stores them in
tests/oracle/no_effect.json, which a test reads. Each set has six pairs of areas; all areas change by chance, each by
itself, and their clients are counted.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np

from dscp.ledger.estimators import paule_mandel, permutation_p, sign_flip_p, student_tail, wild_bootstrap_p
from dscp.ledger.formulas import normal_quantile, normal_tail

STORED = Path(__file__).parents[1] / "oracle" / "no_effect.json"
SETS, SEED, PAIRS, LEVEL = 2000, 20120501, 6, 0.05
AREA_SD = 3.0  # points, of the change of an area without any pilot
TESTS = ("hartung_knapp", "permutation", "sign_flip", "wild_bootstrap")


def drawn(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Changes of pilots and of others, the weights of both, and each pair's standard error, in points."""
    bases = rng.integers(400, 2000, (2, PAIRS, 2))
    before = rng.uniform(0.3, 0.6, (2, PAIRS))
    rates = np.stack([before, before + rng.normal(0, AREA_SD / 100, (2, PAIRS))], axis=2)
    shares = rng.binomial(bases, rates) / bases
    changes = 100 * (shares[..., 1] - shares[..., 0])
    weights = bases.prod(axis=2) / bases.sum(axis=2)
    errors = 100 * np.sqrt((shares * (1 - shares) / bases).sum(axis=(0, 2)))
    return changes[0], changes[1], weights[0], weights[1], errors


def p_values(pilots: np.ndarray, others: np.ndarray, v: np.ndarray, w: np.ndarray, errors: np.ndarray) -> list[float]:
    """Of each of TESTS."""
    y = pilots - others
    weight = 1 / (errors**2 + paule_mandel(y, errors))
    mean = (weight * y).sum() / weight.sum()
    error = math.sqrt((weight * (y - mean) ** 2).sum() / ((PAIRS - 1) * weight.sum()))
    return [
        2 * student_tail(abs(mean) / error, PAIRS - 1),
        permutation_p(pilots, others, SEED),
        sign_flip_p(y, SEED),
        wild_bootstrap_p(pilots, others, v, w, SEED),
    ]


def simulated(sets: int) -> dict[str, float]:
    """Share of sets in which each test is significant; of clients' tests the share found, and the share foreseen."""
    rng, z = np.random.default_rng(SEED), normal_quantile(1 - LEVEL / 2)
    found, alarms, foreseen = np.zeros(len(TESTS)), 0, 0.0
    for _ in range(sets):
        pilots, others, v, w, errors = drawn(rng)
        found += np.array(p_values(pilots, others, v, w, errors)) <= LEVEL
        alarms += int((np.abs(pilots - others) > z * errors).sum())
        foreseen += sum(2 * normal_tail(z * s / math.sqrt(s**2 + 2 * AREA_SD**2)) for s in errors)
    rates = {name: round(float(number) / sets, 6) for name, number in zip(TESTS, found, strict=True)}
    return rates | {"clients": round(alarms / sets / PAIRS, 6), "clients_foreseen": round(foreseen / sets / PAIRS, 6)}


def main() -> None:
    """Draw all sets, print and store the rates, and those of the first few, which a test draws again."""
    told = {"sets": SETS, "seed": SEED, "pairs": PAIRS, "area_sd": AREA_SD, "rates": simulated(SETS)}
    told |= {"first_sets": 25, "first_rates": simulated(25)}
    STORED.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(told["rates"], indent=2))


if __name__ == "__main__":
    main()
