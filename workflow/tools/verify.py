"""Check a results folder against its run record: name whatever was altered, is missing or was added, and who signed.

`make verify [RUN=dscp-2009-11] [STUDY=folder]`
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from dscp.config.checked import read_config
from dscp.record.forms import RUN_NAME
from dscp.record.reading import one_line
from dscp.record.signing import signature
from dscp.record.verify import set_aside, verify
from dscp.run.last_good import places, put_back
from dscp.run.lock import lock
from dscp.run.said import say


def main(arguments: list[str] | None = None) -> int:
    """Print one line per problem, or one line if there is none."""
    parser = argparse.ArgumentParser(description="Check a results folder against its run record.")
    parser.add_argument("--study", type=Path, default=Path(), help="folder of the study (default: here)")
    parser.add_argument("--run", default="", help="name of the run (default: the one of config.yaml)")
    parser.add_argument("--set-aside", action="store_true", help="rename altered outputs, so that they are made anew")
    chosen = parser.parse_args(arguments)
    run = chosen.run or str(read_config(chosen.study / "config.yaml").get("run", ""))
    if chosen.set_aside and not re.fullmatch(RUN_NAME, run):
        return 0  # the workflow says what is wrong with it
    if chosen.set_aside:
        with lock(chosen.study / "results", run):
            if put_back(*places(chosen.study, run)):
                say(f"{run}: a run was killed half way; the finished one before it is there again")
            for line in set_aside(chosen.study, run):
                say(line)
        return 0
    if not re.fullmatch(RUN_NAME, run):
        raise SystemExit(f'error: which run? found "{one_line(run)}", allowed: RUN= with the name of one')
    problems, checked = verify(chosen.study, run)
    fault, signed = signature(chosen.study / "results" / run, chosen.study)
    problems += [fault] if fault else []
    say(*(problems or [f"{checked}; {signed}"]))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
