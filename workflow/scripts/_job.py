"""What every job does around its work: send its words to its log."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path


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
                    traceback.print_tb(error.__traceback__)
                print(f"error: {told(error)}")
                raise
    except (Exception, SystemExit):
        sys.exit(1)


def told(error: BaseException) -> str:
    """What may be said of an error: all of it where this project raised it, else its kind and place.

    The words of a library may quote the values that it stumbled over.
    """
    if isinstance(error, SystemExit):
        return str(error)
    raised = traceback.extract_tb(error.__traceback__)[-1]
    ours = Path(raised.filename).parent == Path(__file__).parent
    if ours and (raised.line or "").startswith("raise "):
        return str(error)
    place = f"{Path(raised.filename).name}, line {raised.lineno}"
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}{f': {error.filename}' if error.filename else ''} ({place})"
    return f"{type(error).__name__} ({place}); the log has the way there"
