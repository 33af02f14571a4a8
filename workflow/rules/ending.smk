"""How a run begins and ends: the lock, the last finished run kept until this one is whole, what is said at the end."""

import asyncio
import atexit
import logging
import shutil
import time

from snakemake.shell import shell

from dscp.record.crate import sha256
from dscp.record.forms import line, listed, made_forms
from dscp.record.purge import refuse_purged
from dscp.record.verify import set_aside, verify
from dscp.run.closed import close, folders
from dscp.run.ended import Endings
from dscp.run.forks import Forks
from dscp.run.last_good import KEPT, forget, keep, places, put_back
from dscp.run.lock import lock
from dscp.run.stopping import STOPPED, Stopping

LITTLE = 1_000_000  # bytes: with less left on the disk a run that stopped has stopped for want of room
LAST_GOOD = places(Path(), STUDY["run"])
FORMS = made_forms(STUDY, recorded_jobs(own_rules(), EXTRACTS, RUN), RUN)
refuse_purged(Path(), STUDY["run"])
STARTED = []  # the lock of the results folder, and what ends the run on a signal, while it is at work
ENDINGS = Endings()


def written(path):
    """What tells a file from one that was written in its place; nothing where there is none."""
    found = Path(path).stat() if Path(path).exists() else None
    return found and (found.st_ino, found.st_mtime_ns)


RECORD = rules.run_record.output.crate
RECORD_BEFORE = written(RECORD)


def verification():
    """What is not as the run's record says, and how much was verified: of a run that has made its record, all files."""
    if written(RECORD) == RECORD_BEFORE:
        return [], ""
    planned = PLAN.digests("CODE", CODE)
    late = [f"{CODE[path]}: changed since the run was planned" for path in CODE if sha256(path) != planned[path]]
    problems, checked = verify(Path(), STUDY["run"], others=False)
    return [*late, *problems], checked


def refused(problems):
    """Why a run that came to its end is none: what is not as its record says. Altered outputs do not stay in place."""
    moved = set_aside(Path(), STUDY["run"])
    advice = "run again to make anew what is set aside" if moved else "run again"
    return "\n".join([*problems, f"The run is not whole: {advice}."])


def summary(checked):
    """What was made and where, and what was verified: the last lines of a run."""
    lines = [f"Made run {STUDY['run']}:", *listed(FORMS, RUN), *([line("checksums", checked)] if checked else [])]
    return "\n".join(lines)


def shut():
    """Close the folders that nobody else is to read: those that the workflow manager made, and those of earlier runs."""
    Path(RUN, "restricted").mkdir(parents=True, exist_ok=True, mode=0o700)
    for folder in folders(Path()):
        close(folder)


def begin():
    """Keep the last finished run until this one has come to its end; forget why earlier ones stopped."""
    held = lock(Path("results"), STUDY["run"])
    STARTED.append(held)
    atexit.register(held.close)
    shut()
    PLAN.begin()
    atexit.register(PLAN.end)
    forks = Forks()
    atexit.register(forks.close)
    # Keys that stop a run are for the run, which ends its jobs. Braces are doubled: the workflow manager fills them in.
    called = f"set -euo pipefail; trap '' INT; exec {forks.before_command()} "
    shell.prefix(called.replace("{", "{{").replace("}", "}}"))
    STARTED.append(Stopping(workflow.scheduler.exit_gracefully, None if workflow.local_exec else cancelled()))
    logger.addHandler(ENDINGS)
    logging.raiseExceptions = False  # a log that a full disk does not take is told of by what stops the run
    atexit.register(put_back, *LAST_GOOD)  # whatever a run may stumble over; where all is in place it does nothing
    keep(*LAST_GOOD)
    Path(FAULTS).unlink(missing_ok=True)
    for path in _failed_logs():
        path.unlink()


def cancelled():
    """What takes from a batch system the jobs that it has of this run, each once.

    The executor sleeps up to three minutes between two looks at its jobs: not once the run is to end.
    """
    executor, asked = workflow.scheduler._executor, set()

    async def sleep():
        until = time.monotonic() + executor.next_seconds_between_status_checks
        while time.monotonic() < until and executor.wait and not getattr(STARTED[-1], "by", ""):
            await asyncio.sleep(min(1, executor.next_seconds_between_status_checks))

    executor.sleep = sleep

    def cancel():
        found = [job for job in list(executor.active_jobs) if job.external_jobid not in asked]
        asked.update(job.external_jobid for job in found)
        if found:
            executor.cancel_jobs(found)

    return cancel


def _failed_logs():
    """Path of each failed job's log -> the line that says why."""
    logs = {path: path.read_text(encoding="utf-8").splitlines() for path in sorted(Path(RUN, "logs").glob("*.log"))}
    said = {path: [line for line in lines if line.startswith("error: ")] for path, lines in logs.items()}
    return {path: lines[-1] for path, lines in said.items() if lines}


def failure():
    """Why a run stopped: a signal, every fault of the extracts, or the last line of each failed rule's log.

    A job that could not write why it failed is told of by the way its process ended, or by what a batch system says.
    """
    if STARTED[-1].by:
        kept = Path(RUN, KEPT).exists()
        left = "the last finished run is as it was" if kept else "no run was finished before"
        return f"Stopped by {STARTED[-1].by}, and the jobs at work with it; {left}."
    if Path(RUN).exists() and shutil.disk_usage(RUN).free < LITTLE:
        return f"No space left on device: {RUN}"
    if Path(FAULTS).exists():
        return Path(FAULTS).read_text(encoding="utf-8").rstrip()
    logs = {path: end for path, end in _failed_logs().items() if end != STOPPED or str(path) not in ENDINGS.of}
    mute = {Path(path): said for path, said in ENDINGS.of.items() if Path(path) not in logs}
    said = [f"{path.stem}: {end}  (more in {path})" for path, end in logs.items()]
    return "\n".join([*said, *(f"{path.stem}: {end}" for path, end in mute.items())]) or "The run stopped."


def then(own, other):
    """A handler of Snakemake that does ours and then another."""

    def both(log):
        own()
        other(log)

    return both


def end():
    """Say what was made, once it is as the record says."""
    PLAN.end()
    forget(Path(RUN))
    shut()
    problems, checked = verification()
    if problems:
        logger.error(refused(problems), extra={"result": True})
        raise SystemExit(1)
    logger.info(summary(checked), extra={"result": True})


def stopped():
    """Say why the run stopped; what was finished before is in its place again."""
    PLAN.end()
    said = failure()
    put_back(*LAST_GOOD)
    logger.error(said, extra={"result": True})
    shut()


onstart:
    begin()


onsuccess:
    end()


onerror:
    stopped()


if not workflow.modifier.is_main_snakefile():  # of a module Snakemake calls none of these by itself
    workflow._onstart = then(begin, workflow._onstart)
    workflow._onsuccess = then(end, workflow._onsuccess)
    workflow._onerror = then(stopped, workflow._onerror)
