"""One run a course: two at once would take each other's half-graded work for left behind, and remove it."""

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout
from nbgrader.converters.base import NbGraderException

NAME = ".grading"  # in the folder of the course; it stays there, since a lock that is removed may be held twice


class Busy(NbGraderException):
    """Another run has the course; the message says which, and what to do."""


@contextlib.contextmanager
def held(course: Path) -> Iterator[None]:
    """Inside of this no other run grades in the course, in whatever process and for whatever assignment.

    The system lets go of the lock when its holder ends, however that ends.

    Raises:
        Busy: one does so now, or there is no locking the folder.
    """
    path = course / NAME
    lock = FileLock(path, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise Busy(
            f"The course {course} is being graded already, by {_holder(path)}: wait until that run has ended, or end it "
            "with Ctrl-C; what it has finished is kept."
        ) from None
    except OSError as problem:
        raise Busy(
            f"{path} cannot be locked: {problem.strerror or problem}. Two runs at once need that file."
        ) from None
    try:
        with contextlib.suppress(OSError):  # it is only for the message above
            path.write_text(f"process {os.getpid()} on {socket.gethostname()}\n")
        yield
    finally:
        lock.release()


def _holder(path: Path) -> str:
    try:
        return path.read_text().strip() or "another process"
    except (OSError, ValueError):
        return "another process"
