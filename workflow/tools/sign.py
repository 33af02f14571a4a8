"""Sign the record of a finished run, once the run is what its record says.

`make sign RUN=dscp-2009-11 KEY=~/.ssh/id_ed25519 [STUDY=folder]`
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from dscp.config.checked import read_config
from dscp.record.forms import RUN_NAME
from dscp.record.reading import one_line
from dscp.record.signing import SIGNATURE, sign
from dscp.record.verify import verify
from dscp.run.said import say


def main(arguments: list[str] | None = None) -> int:
    """Print one line: what was signed, and with which key."""
    parser = argparse.ArgumentParser(description="Sign the record of a finished run.")
    parser.add_argument("--study", type=Path, default=Path(), help="folder of the study (default: here)")
    parser.add_argument("--run", default="", help="name of the run (default: the one of config.yaml)")
    parser.add_argument("--key", default="", help="file of the key, or of its public part if an agent holds it")
    chosen = parser.parse_args(arguments)
    run = chosen.run or str(read_config(chosen.study / "config.yaml").get("run", ""))
    if not re.fullmatch(RUN_NAME, run):
        raise SystemExit(f'error: which run? found "{one_line(run)}", allowed: RUN= with the name of one')
    key = Path(chosen.key).expanduser()
    if not chosen.key or not key.is_file():
        raise SystemExit(
            f'error: which key? found "{one_line(chosen.key)}", allowed: make sign KEY=<file of an SSH key>'
        )
    problems, _ = verify(chosen.study, run)
    if problems:
        raise SystemExit("\n".join([*problems, "error: not signed: the run is not what its record says"]))
    folder = chosen.study / "results" / run
    say(f"{folder / SIGNATURE}: signed with {sign(folder, key)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
