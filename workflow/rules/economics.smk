"""Chapter 7 and Appendix C: costs, activity, unit values and benefits."""

if "spending" in PARTS:

    rule spending:
        """Tables 7.1-7.3, C.7.1, C.7.2 and the costs of Table 7.10."""
        input:
            **held(lines="pilot_spending", budgets="treatment_budgets", shares="budget_shares"),
            accepted=ACCEPTED,
        output:
            ledger=f"{RUN}/restricted/ledger/spending.csv",
        log:
            f"{RUN}/logs/spending.log",
        params:
            years=STUDY["economics"]["spending_years"],
            digest=digest("spending"),
        script:
            "../scripts/spending.py"


if "new_journeys" in PARTS:

    rule new_journeys:
        """Table 7.4 and the series of Figures C.8.1-C.8.6."""
        input:
            **held(yearly="new_journeys_yearly", monthly="new_journeys_monthly"),
            accepted=ACCEPTED,
        output:
            ledger=f"{RUN}/restricted/ledger/new_journeys.csv",
        log:
            f"{RUN}/logs/new_journeys.log",
        params:
            years=STUDY["economics"]["journey_years"],
            window=STUDY["economics"]["monthly_window"],
            digest=digest("new_journeys"),
        script:
            "../scripts/new_journeys.py"


if "flows" in PARTS:

    rule flows:
        """Table C.3.1: stocks of journeys, and where they go."""
        input:
            accepted=ACCEPTED,
            journeys=validated("journeys"),
        output:
            members=f"{RUN}/restricted/flows.parquet",
            ledger=f"{RUN}/restricted/ledger/flows.csv",
        log:
            f"{RUN}/logs/flows.log",
        params:
            study={**study("sites", "periods", "definitions", "codes"), "bands": STUDY["models"]["length_of_use_bands"]},
            digest=digest("flows"),
        script:
            "../scripts/flows.py"


if STUDY.get("economics", {}).get("unit_values"):

    rule own_values:
        """The study's own unit values among the cited constants, in the prices of one year."""
        input:
            constants=source(CONSTANTS),
        output:
            constants=constants(),
        log:
            f"{RUN}/logs/own_values.log",
        params:
            economics=pick(STUDY["economics"], "unit_values", *(["prices"] if "prices" in STUDY["economics"] else [])),
            digest=digest("own_values", CONSTANTS),
        script:
            "../scripts/own_values.py"


rule unit_values:
    """Tables C.5.1 and C.6.1: the value of effective treatment and of a successful completion."""
    input:
        constants=constants(),
    output:
        ledger=f"{RUN}/restricted/ledger/unit_values.csv",
    log:
        f"{RUN}/logs/unit_values.log",
    params:
        economics=pick(STUDY["economics"], "method", "discount_rates", "treatment_years", "recovery_years"),
        digest=digest("unit_values", CONSTANTS),
    script:
        "../scripts/unit_values.py"


if "benefits" in PARTS:

    rule benefits:
        """Tables 7.8-7.11: additional clients, their value, and benefits against costs."""
        input:
            outcomes=rules.outcomes.output.ledger,
            impact=rules.impact.output.ledger,
            unit_values=rules.unit_values.output.ledger,
            spending=rules.spending.output.ledger,
        output:
            ledger=f"{RUN}/restricted/ledger/benefits.csv",
        log:
            f"{RUN}/logs/benefits.log",
        params:
            sites=SITES,
            economics=pick(STUDY["economics"], "method", "benefit_share"),
            digest=digest("benefits"),
        script:
            "../scripts/benefits.py"


if "sensitivity" in PARTS:

    rule sensitivity:
        """Figure S.4: how the benefit of all sites moves with each assumption."""
        input:
            parts=[
                rules.outcomes.output.ledger,
                rules.impact.output.ledger,
                rules.unit_values.output.ledger,
                rules.benefits.output.ledger,
            ],
            constants=constants(),
        output:
            ledger=f"{RUN}/restricted/ledger/sensitivity.csv",
        log:
            f"{RUN}/logs/sensitivity.log",
        params:
            sites=SITES,
            assumed=pick(STUDY["economics"], "discount_rates", "treatment_years", "recovery_years"),
            varied=pick(STUDY["economics"], "benefit_share", "sensitivity"),
            models=pick(STUDY["models"], "confidence"),
            leaves_out=not under_a_policy(STUDY),
            published=STUDY.get("reference_run", False),
            digest=digest("sensitivity", CONSTANTS),
        script:
            "../scripts/sensitivity.py"


if "scenarios" in PARTS:

    rule scenarios:
        """Table S.15: what the pilots are worth under other sets of assumptions."""
        input:
            parts=[
                rules.outcomes.output.ledger,
                rules.impact.output.ledger,
                rules.evidence.output.ledger,
                rules.spending.output.ledger,
                rules.unit_values.output.ledger,
                rules.benefits.output.ledger,
            ],
            constants=constants(),
        output:
            ledger=f"{RUN}/restricted/ledger/scenarios.csv",
        log:
            f"{RUN}/logs/scenarios.log",
        params:
            sites=SITES,
            assumed=pick(STUDY["economics"], "discount_rates", "treatment_years", "recovery_years"),
            leaves_out=not under_a_policy(STUDY),
            digest=digest("scenarios", CONSTANTS),
        script:
            "../scripts/scenarios.py"


if "uncertainty" in PARTS:

    rule uncertainty:
        """Figure S.9: what is known of the worth of the pilots."""
        input:
            parts=[*rules.scenarios.input.parts, rules.sensitivity.output.ledger],
            constants=constants(),
        output:
            ledger=f"{RUN}/restricted/ledger/uncertainty.csv",
        log:
            f"{RUN}/logs/uncertainty.log",
        params:
            sites=SITES,
            economics=pick(
                STUDY["economics"],
                "discount_rates",
                "treatment_years",
                "recovery_years",
                "sensitivity",
                "uncertainty",
            ),
            leaves_out=not under_a_policy(STUDY),
            digest=digest("uncertainty", CONSTANTS),
        script:
            "../scripts/uncertainty.py"
