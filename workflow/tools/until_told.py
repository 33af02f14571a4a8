"""Run a module or a script that Ctrl-C ends without a stack trace, until it hears signals itself.

`python workflow/tools/until_told.py snakemake ARGUMENTS`; a name that ends in .py is a script. Snakemake takes seconds
to load, and the run's own handlers stand only when it begins (dscp/run/stopping.py); before, nothing has been changed.
"""

from __future__ import annotations

import runpy
import signal
import sys
from pathlib import Path

if __name__ == "__main__":
    if signal.getsignal(signal.SIGINT) != signal.SIG_IGN:  # as under nohup
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    del sys.argv[0]
    named = sys.argv[0]
    if named.endswith(".py"):
        sys.path[0] = str(Path(named).parent)
        runpy.run_path(named, run_name="__main__")
    else:
        sys.path.pop(0)
        runpy.run_module(named, run_name="__main__", alter_sys=True)
