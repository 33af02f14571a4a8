"""The rules in one process, on which tests of rules rest, give what the finished run has."""

from __future__ import annotations

import pandas as pd

from dscp.ledger.rows import read_ledger


def test_one_process_gives_the_ledger_of_the_run(default_run, rebuilt):
    ours, of_run = (read_ledger(folder / "ledger.csv") for folder in (rebuilt, default_run / "restricted"))
    pd.testing.assert_frame_equal(ours, of_run, check_exact=True)


def test_one_process_gives_the_typed_extracts_of_the_run(default_run, rebuilt, config):
    for name in config["extracts"]:
        ours, of_run = (
            pd.read_parquet(folder / "validated" / f"{name}.parquet")
            for folder in (rebuilt, default_run / "restricted")
        )
        pd.testing.assert_frame_equal(ours, of_run, check_exact=True)
