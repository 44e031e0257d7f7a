"""What a worker does: it grades, one submission at a time.

`work.grade` has the process to itself while it grades, so a worker of Dask's with several threads uses one of them. Several
runs may share a worker; each has a name.
"""

import contextlib
import os
import pickle
import socket
import threading
import time
import traceback
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cloudpickle
import psutil

from grader.autograde import versions
from grader.autograde.sandbox import warm
from grader.autograde.sandbox.bubblewrap import NoSandbox

PROCESS = uuid.uuid4().hex  # another one after a restart, also where the address stays

_alone = threading.Lock()
_at_hand: str | None = None  # the run for which this worker grades just now
_ended: set[str] = set()  # runs


class Unfit(Exception):
    """A worker that must not grade; the message says why."""


class Restarted(Exception):
    """The process that a task was meant for has died."""


@dataclass(frozen=True)
class Met:
    """What a worker says of itself. name: for messages."""

    process: str
    name: str
    versions: dict[str, str]


def meet() -> Met:
    return Met(PROCESS, f"process {os.getpid()} on {socket.gethostname()}", versions.here())


def equip(pickled: bytes, folder: str | None) -> Any:
    """The work.Course, which the worker keeps from then on. folder: the course's, from which this machine has to keep
    notebooks away; None: somebody has seen to that already.

    Raises:
        Unfit: there is no sandbox to be had here.
    """
    course = pickle.loads(pickled)
    if folder is not None:
        from grader.autograde.execute import SandboxedExecute

        try:
            SandboxedExecute(config=course.config).prepare(Path(folder), course.assignment)
        except NoSandbox as problem:
            raise Unfit(str(problem)) from None
    return course


def grade(run: str, process: str, pickled: bytes, course: Any) -> bytes:
    """The work.Graded of a pickled work.Work, or the Exception that grading failed with. It is pickled here: where Dask
    cannot pickle a result or an exception, it may wait for ever.

    Raises:
        Restarted: this is not the process that was meant.
    """
    from grader.autograde import work

    global _at_hand
    if process != PROCESS:
        raise Restarted
    with _alone:
        _at_hand = run
        try:
            if run not in _ended:
                return cloudpickle.dumps(work.grade(course, pickle.loads(pickled)))
        except Exception as problem:
            return _pickled(problem)
        finally:
            _at_hand = None
    return b""


def _pickled(problem: Exception) -> bytes:
    """With its traceback, which may be too deep to travel itself, as a note."""
    told = "".join(traceback.format_exception(problem))
    problem.__traceback__ = problem.__cause__ = problem.__context__ = None
    problem.add_note(f"\n{told}")
    try:
        pickle.loads(pickled := pickle.dumps(problem))
    except Exception:
        return pickle.dumps(RuntimeError(told))
    return pickled


def end(run: str) -> None:
    """Have this worker grade no more for a run: kill the sandbox at hand, and each that is still started for it."""
    _ended.add(run)
    while _at_hand == run:
        for child in psutil.Process().children():
            with contextlib.suppress(psutil.Error, OSError):
                if os.getsid(child.pid) == child.pid:  # so are sandboxes started, and nothing else is here
                    child.kill()
        time.sleep(0.05)
    warm.stop()
