"""Lets a run that is asked to end by a signal put away its folders, control groups and sandbox first."""

import contextlib
import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

SIGNALS = [signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]  # Windows has no SIGHUP


class Ended(BaseException):
    """A signal asks for the end: no Exception, so that nothing takes it for a fault of a submission."""


@contextlib.contextmanager
def in_order() -> Iterator[None]:
    """SIGTERM and SIGHUP raise Ended inside of this, and take effect as always after it.

    Those that somebody else handles or ignores stay theirs (the formgrader grades in a server, `nohup` lives on), and
    outside of the main thread Python lets nobody handle any.
    """
    received: list[int] = []

    def end(number: int, frame: Any) -> None:
        received.append(number)
        for other in ours:  # a second one must not disturb the putting away
            signal.signal(other, signal.SIG_IGN)
        raise Ended

    in_main = threading.current_thread() is threading.main_thread()
    ours = [number for number in SIGNALS if in_main and signal.getsignal(number) is signal.SIG_DFL]
    try:
        for number in ours:
            signal.signal(number, end)
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)
        for number in received:
            signal.raise_signal(number)


def remove_leftovers() -> None:
    """Remove the temporary folders of runs that were killed, and could not."""
    for path in Path(tempfile.gettempdir()).glob("grader-*-*"):
        pid = path.name.split("-")[1]
        with contextlib.suppress(OSError):  # another run may have removed it by now
            if pid.isdigit() and not psutil.pid_exists(int(pid)) and path.lstat().st_uid == os.getuid():
                shutil.rmtree(path, ignore_errors=True)
