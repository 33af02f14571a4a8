"""What every job does around its work: send its words to its log."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout


@contextmanager
def logged(path: str) -> Iterator[None]:
    """Send output and errors to a log file; on an error end with status 1 and without a stack trace on the terminal.

    The last line of the log is then "error: …", which the run prints when it stops.
    """
    try:
        with open(path, "w", encoding="utf-8") as log, redirect_stderr(log), redirect_stdout(log):
            try:
                yield
            except (Exception, SystemExit) as error:
                if not isinstance(error, SystemExit):
                    traceback.print_exc()
                print(f"error: {error}")
                raise
    except (Exception, SystemExit):
        sys.exit(1)
