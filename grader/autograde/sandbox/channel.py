"""Reads what `kernel_runner` reports: up to a size, up to limits of time, and nothing but records."""

import os
import select
from collections.abc import Mapping
from typing import Any

from grader import bounded
from grader.autograde.sandbox.clock import INTERVAL, Limit
from grader.limits import KB, MB, Limits

MOST_VALUES = 200_000  # of one record; honest ones have less than a tenth, and so many empty lists take 15 MB
UNREADABLE = "The notebook put out something that cannot be read."


class Stop(Exception):
    """No further record will come; the message says why, for the student. `limit`: that of time which is over."""

    def __init__(self, why: str, limit: Limit | None = None) -> None:
        super().__init__(why)
        self.starved = limit is not None and limit.is_starved()


def wait(descriptor: int, limits: Mapping[str, Limit]) -> None:
    """Until there is something to be read. `limits`: by what is said when they are over.

    Raises:
        Stop: a limit is over.
    """
    while True:
        for why, limit in limits.items():
            if limit.is_over():
                raise Stop(why, limit)
        if select.select([descriptor], [], [], INTERVAL)[0]:
            return


class Channel:
    """The reports, one JSON document a line."""

    def __init__(self, descriptor: int, limits: Limits) -> None:
        self.descriptor = descriptor
        self.left = limits.answers * MB + limits.notebook_output * KB + 4 * MB  # the last for what surrounds them
        self.buffer = bytearray()

    def record(self, limits: Mapping[str, Limit]) -> dict[str, Any]:
        """The next record. `limits`: by what is said when they are over.

        Raises:
            Stop: a limit is over, or there is too much, or nothing that can be read.
            EOFError: the other end was closed.
        """
        while (end := self.buffer.find(b"\n")) < 0:
            wait(self.descriptor, limits)
            read = os.read(self.descriptor, 2**16)
            if not read:
                raise EOFError
            self.left -= len(read)
            if self.left < 0:
                raise Stop("Output limit: the notebook put out more than the grader reads.")
            self.buffer += read
        line = bytes(self.buffer[:end])
        del self.buffer[: end + 1]
        try:
            record = bounded.loads(line, MOST_VALUES)
        except (ValueError, RecursionError):
            record = None
        if not isinstance(record, dict):
            raise Stop(UNREADABLE)
        return record
