"""What a command says: to a reader who may have read enough before the end, as `head` does."""

from __future__ import annotations

import os
import sys


def say(*lines: str) -> None:
    """Print lines; where nobody reads any more, print nothing more and go on with the work and its status."""
    try:
        print("\n".join(lines), flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
