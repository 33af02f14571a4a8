"""One, two, ten and forty pairs of areas through the whole chain: what is computed, how, and what the page says."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from itertools import product
from typing import NamedTuple

import numpy as np
import pytest

import chain
import many_sites
from dscp.extracts.registry import samples
from dscp.ledger.estimators import DRAWS, MOST
from dscp.measures.pairs import ONE_PAIR
from dscp.printing.html import read_html
from dscp.printing.words import spelt
from dscp.study.areas import ARMS
from evidence import DRAWN
from thorough import some
from words_of_ids import Page

EXTRACTS = ("journeys", "pilot_spending")
RULES = ("evidence", "over_time", "follow_up", "scenarios", "uncertainty")
JOURNEYS = 150  # of an area
TRIED = {"flips": "flip_p", "permutations": "permutation_p", "bootstrap": "bootstrap_p"}
MEASURES = ("effective_treatment", "successful_completion", "completion_of_treated")


class Report(NamedTuple):
    pairs: int
    made: chain.Made
    printed: chain.Printed

    @property
    def text(self) -> str:
        """The page as it reads."""
        return re.sub(r"\s+", " ", read_html(self.printed.page).text_content())


def study(config: Mapping, pairs: int) -> chain.Study:
    """So many sites of every kind, on journeys and spending drawn at random."""
    small = chain.study(config).without(*(name for name in config["extracts"] if name not in EXTRACTS))
    sites = many_sites.study(config, pairs)["sites"]
    for n, arm in product(range(1, pairs + 1), ARMS):
        sites[f"site_{n}"][arm]["dats"] = [f"{arm[0].upper()}{n}"]
    whole = small.but({**small.config, "sites": sites})
    of = whole.settings(economics__worked_example="site_1", models__treatment_covariates=["sex"]).config
    return chain.Study(of, samples(of, np.random.default_rng(pairs), JOURNEYS * 2 * pairs, EXTRACTS))


@pytest.fixture(scope="module", params=some([1, 2, 10, 40], []))
def report(request, config, tmp_path_factory) -> Report:
    made = chain.run(study(config, request.param), tmp_path_factory.mktemp("pairs"))
    return Report(request.param, made, chain.render(made))


def test_it_runs_to_the_end_and_every_number_stands_with_its_words(report):
    assert set(RULES) <= set(report.made.ledger["rule"])
    assert report.printed.faults == []
    rows = {row["id"]: row for row in report.made.ledger.to_dict("records")}
    page = Page(report.printed.page, rows, report.made.config)
    found = [one for one in page.readings if rows[one.id]["rule"] in RULES]
    assert len(found) > 150 and page.faults_of(found) == []


def test_what_takes_two_pairs_is_missing_of_one_and_says_so(report):
    known, notes = report.made.known, report.made.notes
    of_areas = [f"evidence.{name}.{measure}" for name in ("pooled", *TRIED.values()) for measure in MEASURES]
    of_areas += ["over_time.placebo_low", "follow_up.difference_low.other_exit", "uncertainty.pays.areas.all"]
    for name in of_areas:
        assert math.isnan(known[name]) == (report.pairs == 1), name
        assert (notes[name] == ONE_PAIR) == (report.pairs == 1), name
    # Of two pairs one may be left where nobody left treatment in a quarter: then the page says so, too.
    assert report.pairs > 1 or ONE_PAIR.removeprefix("not computed: ") in report.text
    own = ["evidence.breakdown.effective_treatment", "scenarios.total.base", "uncertainty.pays.counts"]
    assert not any(math.isnan(known[f"{name}.site_{n}"]) for name in own for n in range(1, report.pairs + 1))


def test_many_arrangements_are_drawn_with_a_seed_and_the_note_says_so(report):
    for what, name in TRIED.items():
        drawn = report.pairs > MOST[what]
        for measure in MEASURES:
            p, note = (of[f"evidence.{name}.{measure}"] for of in (report.made.known, report.made.notes))
            assert (DRAWN in note) == drawn, name
            if report.pairs > 1:
                ways = 1 + DRAWS if drawn else ENUMERATED[what](report.pairs)
                assert p * ways == pytest.approx(round(p * ways), abs=1e-6) and p * ways >= 1
    assert (DRAWN in report.text) == (report.pairs > min(MOST.values()))


ENUMERATED: dict[str, Callable[[int], int]] = {
    "flips": lambda pairs: 2**pairs,
    "permutations": lambda pairs: math.comb(2 * pairs, pairs),
    "bootstrap": lambda pairs: 4**pairs,
}


def test_the_sentences_are_those_of_so_many_pairs(report):
    pairs = report.pairs
    if pairs > 1:
        assert f"the mean of the {spelt(pairs)} pairs is" in report.text
        assert f"ways of calling {spelt(pairs)} areas pilots the difference is as large" in report.text
        assert "the chances that the benefits of all sites together exceed the costs are" in report.text
    else:
        assert "the mean of the pairs cannot be given" in report.text
        assert re.search(r"the chances that the benefits of Site 1 exceed its costs are \S+", report.text)
    assert "In all pilots together, clients came back within" in report.text
    assert "nan" not in report.text.lower().split()
