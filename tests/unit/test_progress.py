"""What the progress of a run says when Snakemake itself stumbles."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
sys.path.append(str(PROJECT / "workflow" / "plugins"))

from snakemake_logger_plugin_report import last_line  # noqa: E402


@pytest.mark.parametrize("error", [OSError(30, "Read-only file system", "x"), RuntimeError("can't start new thread")])
def test_a_stack_trace_is_said_by_its_last_line(error):
    """As Snakemake formats an error of no kind that it knows."""
    try:
        raise error
    except Exception as raised:
        message = "\n".join(traceback.format_exception(raised))
    assert last_line(message) == f"{type(error).__name__}: {error}"


def test_other_words_are_said_in_full():
    assert last_line("config.yaml: one\n  two\n") == "config.yaml: one\n  two"
