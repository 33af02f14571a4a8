"""Jobs forked from one process that holds the libraries, so that they are loaded once a run and not once a job.

A run starts that process (`Forks`) and calls its jobs by way of this file, `forks.py ADDRESS python SCRIPT`: it asks
for a fork that runs the script, hands on what it is told by signals, and ends as the fork does. Where nobody answers,
it runs the script itself: nothing rests on the process but time. It holds libraries only; this project's own modules
each job reads for itself. Whoever asks is to be quick, and loads next to nothing.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import struct
import sys

# Loaded in this order while nobody asks: first what the first jobs need.
LIBRARIES = [
    "snakemake.script",
    "numpy",
    "pandas",
    "duckdb",
    "pandera.pandas",
    "pyarrow.parquet",
    "scipy.optimize",
    "scipy.stats",
    "yaml",
    "statsmodels.genmod.generalized_linear_model",
    "jinja2",
    "lxml.html",
    "matplotlib.figure",
    "matplotlib.backends.backend_svg",
    "weasyprint",
    "openpyxl",
    "gptables",
    "odfdo",
    "pikepdf",
]
ADDRESS = ".snakemake/forks"  # in the study's folder, closed to others; relative, for a socket's name has to be short
ASKED_BY = "REPORT_PROCESS"  # the process with whose end a job ends (run/stopping.py)
STREAMS = (0, 1, 2)
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Forks:
    """The process that holds the libraries, as a run sees it; it ends with the run, however that ends."""

    def __init__(self) -> None:
        """Start it. Jobs may ask at once; they wait until the first libraries are there."""
        import subprocess
        from contextlib import suppress

        self.process = None
        with suppress(OSError), _listening(ADDRESS) as listening:  # no sockets here, no memory: jobs run alone
            self.process = subprocess.Popen(
                [sys.executable, "-P", __file__, str(listening.fileno())],
                stdin=subprocess.PIPE,
                pass_fds=[listening.fileno()],
                env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},  # as jobs have them
            )

    @staticmethod
    def before_command() -> str:
        """What stands before the command of a job."""
        from shlex import join

        return join([sys.executable, "-I", "-S", os.path.abspath(__file__), ADDRESS])

    def close(self) -> None:
        """End it, and wait for its end."""
        if self.process:
            self.process.stdin.close()
            self.process.wait()


def _listening(address: str) -> socket.socket:
    if os.path.lexists(address):
        os.unlink(address)  # a run was killed
    listening = socket.socket(socket.AF_UNIX)
    before = os.umask(0o077)
    try:
        listening.bind(address)
    finally:
        os.umask(before)
    listening.listen()
    return listening


# The process that holds the libraries ---------------------------------------------------------------------------------


def serve(listening: socket.socket) -> None:
    """Fork a job for whoever asks, until the run closes standard input."""
    import select
    from contextlib import suppress

    for number in STOPPING:
        signal.signal(number, signal.SIG_IGN)  # a run that is stopped ends its jobs first
    left = LIBRARIES[::-1]
    jobs: dict[int, tuple[int, socket.socket]] = {}  # a descriptor of a job's process -> its number, and who asked
    while True:
        ready = select.select([STREAMS[0], listening, *jobs], [], [], 0 if left else None)[0]
        if STREAMS[0] in ready:
            with suppress(OSError):  # its folder may be gone
                os.unlink(ADDRESS)  # whoever copies the folder of a study stumbles over it
            return
        for job in jobs.keys() & set(ready):
            _report(job, *jobs.pop(job))
        if listening in ready:
            asker = listening.accept()[0]
            number = os.fork() or _fork(asker, listening)
            jobs[os.pidfd_open(number)] = number, asker
        elif left and not ready:
            _hold(left.pop())


def _hold(library: str) -> None:
    """Load a library. Without it, jobs that need it load it themselves, and say what is wrong."""
    import gc
    from contextlib import suppress
    from importlib import import_module

    with suppress(Exception):
        import_module(library)
    gc.freeze()  # what a library holds is no garbage of a job


def _report(job: int, number: int, asker: socket.socket) -> None:
    """Tell who asked how the job ended."""
    ended = os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])
    os.close(job)
    with asker:
        try:
            asker.sendall(struct.pack("i", ended))
        except OSError:
            return  # who asked is gone


def _fork(asker: socket.socket, listening: socket.socket) -> int:
    """In the fork: do what is asked, and end without a look back."""
    ended = 1
    try:
        listening.close()
        ended = _ended(_taken(asker))
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(ended)


def _taken(asker: socket.socket) -> str:
    """Take over folder, streams and environment of who asks; the script that is to be run."""
    import tempfile

    process, user, _ = struct.unpack("3i", asker.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    if user != os.geteuid():
        raise SystemExit("only its owner asks a run for jobs")
    text, streams, *_ = socket.recv_fds(asker, 1 << 20, len(STREAMS))
    while more := asker.recv(1 << 20):
        text += more
    asked = json.loads(text)
    for stream, place in zip(streams, STREAMS, strict=True):
        os.dup2(stream, place)
        os.close(stream)
    for number in STOPPING:
        signal.signal(number, signal.SIG_IGN if number in asked["ignored"] else signal.SIG_DFL)
    os.environ.clear()
    os.environ.update(asked["environment"], **{ASKED_BY: str(process)})
    tempfile.tempdir = None
    os.chdir(asked["folder"])
    asker.sendall(struct.pack("i", os.getpid()))
    asker.close()
    return asked["script"]


def _ended(script: str) -> int:
    """Run a script as Python would; the status of its end."""
    import runpy
    import traceback

    sys.argv = [script]
    named = os.path.basename(script).removesuffix(".py").rpartition(".")[2]
    with open("/proc/self/comm", "w") as name:  # what a list of processes shows
        name.write(named)
    try:
        runpy.run_path(script, run_name="__main__")
    except SystemExit as ending:
        if ending.code is None or isinstance(ending.code, int):
            return ending.code or 0
        print(ending.code, file=sys.stderr)
        return 1
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


# Who asks -------------------------------------------------------------------------------------------------------------


def ask(address: str, python: str, script: str) -> int:
    """Have a script run in a fork; without anybody to ask, run it in place of this process. How it ended.

    A negative number is that of the signal which killed it.
    """
    asking = socket.socket(socket.AF_UNIX)
    try:
        asking.connect(address)
        ignored = [number for number in STOPPING if signal.getsignal(number) == signal.SIG_IGN]
        asked = {"script": script, "folder": os.getcwd(), "environment": dict(os.environ), "ignored": ignored}
        text = json.dumps(asked).encode()
        sent = socket.send_fds(asking, [text], STREAMS)
        asking.sendall(text[sent:])
        asking.shutdown(socket.SHUT_WR)
        job = _number(asking)
    except OSError:
        job = 0
    if not job:
        os.execv(python, [python, script])
    for number in set(STOPPING) - set(ignored):
        signal.signal(number, lambda number, _: _hand_on(job, number))
    ended = _number(asking)
    return -signal.SIGKILL if ended is None else ended


def _hand_on(job: int, number: int) -> None:
    try:
        os.kill(job, number)
    except ProcessLookupError:
        return  # it has ended by itself


def _number(asking: socket.socket) -> int | None:
    """The next number that is told; None where nobody is left to tell it."""
    told = asking.recv(4, socket.MSG_WAITALL)
    return struct.unpack("i", told)[0] if len(told) == 4 else None


def _end(ended: int) -> None:
    """End as a job did."""
    if ended < 0:
        if -ended != signal.SIGKILL:
            signal.signal(-ended, signal.SIG_DFL)
        os.kill(os.getpid(), -ended)
    os._exit(ended)


if __name__ == "__main__":
    if sys.argv[1:2] == [ADDRESS]:
        _end(ask(*sys.argv[1:4]))
    else:
        serve(socket.socket(fileno=int(sys.argv[1])))
        os._exit(0)
