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
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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


def grade(run: str, process: str, pickled: bytes, course: Any) -> Any:
    """The work.Graded of a pickled work.Work.

    Raises:
        Restarted: this is not the process that was meant.
        Exception: whatever grading fails with.
    """
    from grader.autograde import work

    global _at_hand
    if process != PROCESS:
        raise Restarted
    with _alone:
        _at_hand = run
        try:
            if run not in _ended:
                return work.grade(course, pickle.loads(pickled))
        finally:
            _at_hand = None


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
