"""Run a module or a script that Ctrl-C ends without a stack trace, until it hears signals itself.

`python workflow/tools/until_told.py snakemake ARGUMENTS`; a name that ends in .py is a script. Snakemake takes seconds
to load, and the run's own handlers stand only when it begins (dscp/run/stopping.py); before, nothing has been changed.
Python is told not to look for packages (-S), which takes long enough for a key: that is done here.
"""

from __future__ import annotations

import _signal  # without what signal loads: Ctrl-C may come while that is loaded

if __name__ == "__main__" and _signal.getsignal(_signal.SIGINT) != _signal.SIG_IGN:  # as under nohup
    _signal.signal(_signal.SIGINT, _signal.SIG_DFL)

import runpy
import site
import sys
from pathlib import Path

if __name__ == "__main__":
    site.main()
    del sys.argv[0]
    named = sys.argv[0]
    if named.endswith(".py"):
        sys.path[0] = str(Path(named).parent)
        runpy.run_path(named, run_name="__main__")
    else:
        sys.path.pop(0)
        runpy.run_module(named, run_name="__main__", alter_sys=True)
