"""Successful completions as a share of all clients in treatment (report, Tables 7.5 to 7.7)."""

from dscp.measures.catalogue.successful_completion import MEASURE as COMPLETION
from dscp.measures.cohorts import TREATED
from dscp.measures.types import Forms, Measure, every_site

MEASURE = Measure(
    name="completion_of_treated",
    label="Successful completion of all in treatment",
    in_text="Successful completions of all in treatment",
    base_head="Clients in treatment",
    rate_head="Successful completions",
    cohort=TREATED,
    outcome=COMPLETION.outcome,
    counted=COMPLETION.name,
    also_reads=(),
    words=COMPLETION.words,
    settings=COMPLETION.settings,
    better="up",
    forms=Forms(rate="percent1", points="signed_ppt1", p="p2", decimals=1),
    model=None,
    tested=False,  # no table prints a test of it
    only=every_site,
    source="Tables 7.5 to 7.7",
    table="7.5",
    says="",
)
