"""Work done side by side by processes of their own, none of which outlives the job that started it."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import traceback
from collections.abc import Callable, Iterable
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import TypeVar

from dscp.run.ended import signalled
from dscp.run.job import told
from dscp.run.stopping import end_with

Item, Result = TypeVar("Item"), TypeVar("Result")
FORKED = multiprocessing.get_context("fork")  # a worker begins with all that the job holds


class Unfinished(RuntimeError):
    """A worker ended without a result; the message says how."""


def side_by_side(work: Callable[[Item], Result], items: Iterable[Item], cores: int) -> list[Result]:
    """Do the same work on several items, each in a process of its own.

    Parameters
    ----------
    work : what is done; its results go through a pipe
    items : begun in their order
    cores : how many processes work at the same time

    Returns
    -------
    The results, in the order of the items.

    Raises
    ------
    Unfinished
        The first worker that was killed or raised an error; the others are ended.
    """
    waiting, results = list(enumerate(items))[::-1], {}
    at_work: dict[Connection, tuple[int, BaseProcess]] = {}
    try:
        while waiting or at_work:
            while waiting and len(at_work) < cores:
                number, item = waiting.pop()
                pipe, process = _begun(work, item)
                at_work[pipe] = number, process
            for pipe in wait([*at_work]):
                number, process = at_work[pipe]
                results[number] = _result(pipe, process)
                del at_work[pipe]
    finally:
        for _, process in at_work.values():
            process.kill()
            process.join()
    return [results[number] for number in sorted(results)]


def _begun(work: Callable, item: object) -> tuple[Connection, BaseProcess]:
    ours, theirs = FORKED.Pipe(duplex=False)
    process = FORKED.Process(target=_work, args=(work, item, theirs, os.getpid()), daemon=True)
    process.start()
    theirs.close()
    return ours, process


def _work(work: Callable, item: object, pipe: Connection, job: int) -> None:
    """What a worker does: it has no time to collect garbage, and ends with its job."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    end_with(job)
    gc.disable()
    try:
        found = work(item), ""
    except Exception as error:
        traceback.print_tb(error.__traceback__)
        found = None, told(error)
    pipe.send(found)


def _result(pipe: Connection, process: BaseProcess) -> object:
    try:
        result, error = pipe.recv()
    except EOFError:
        process.join()
        result, error = None, signalled(-process.exitcode)
    pipe.close()
    process.join()
    if error:
        raise Unfinished(error)
    return result
