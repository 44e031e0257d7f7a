"""The time that a notebook is charged: seconds of CPU that it used, or seconds in which it could have used one.

By the clock on the wall, right work runs too long on a machine that has other things to do. Counted in CPU time alone, work
that sleeps never ends. So a group of processes has a time of its own, the larger one of

- the CPU time that all of them used, and
- the time that passed, without that for which they were kept waiting for a CPU.

Linux tells how long each thread has been ready to run and did not (`run_delay` in /proc/PID/task/TID/schedstat). Of an
interval, the wait of the thread that waited longest is left out, not the sum: so whoever makes his own threads wait for
each other is charged for what they run meanwhile. Where there is no such file, the load of the machine tells how much of
an interval is to be left out. What nobody can cheat is the clock on the wall: it has a limit, too, far behind the other.
"""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psutil

INTERVAL = 0.25  # seconds between two looks at the processes
CONSIDERABLE = 0.25  # share of the time in which a process that got no CPU was starved


@dataclass(frozen=True)
class Time:
    """Seconds. cpu: of all processes together. wall: that passed. waited: of these, for which they waited for a CPU."""

    cpu: float = 0.0
    wall: float = 0.0
    waited: float = 0.0

    def __sub__(self, other: "Time") -> "Time":
        return Time(self.cpu - other.cpu, self.wall - other.wall, self.waited - other.waited)

    @property
    def own(self) -> float:
        return max(self.cpu, self.wall - self.waited)


class Clock:
    """Of a process and all that descend from it, beginning now."""

    def __init__(self, root: int, cpu: Callable[[], float | None] = lambda: None) -> None:
        """`cpu`: the seconds of CPU that they have used, from whoever counts them also for those that are gone; None: adds
        up what the processes themselves say, in which children that nobody waited for are lost."""
        self.root = root
        self.cpu = cpu
        self.time = Time()
        self.looked = time.monotonic()
        self.delays: dict[tuple[int, int], float] = {}  # of each thread
        self.used: dict[int, tuple[float, float]] = {}  # by each process, and by its children that are gone

    def read(self) -> Time:
        """The time now, or that of a moment ago: looking at the processes costs time itself."""
        passed = time.monotonic() - self.looked
        if passed >= INTERVAL:
            self.looked += passed
            processes = list(_tree(self.root))
            added = self._used(processes)
            counted = self.cpu()
            self.time = Time(
                cpu=self.time.cpu + added if counted is None else max(self.time.cpu, counted),
                wall=self.time.wall + passed,
                waited=self.time.waited + min(passed, self._waited(processes, passed)),
            )
        return self.time

    def _used(self, processes: list[psutil.Process]) -> float:
        """CPU time since the last look."""
        before, self.used = self.used, {}
        for process in processes:
            try:
                times = process.cpu_times()
            except psutil.Error:
                continue  # it has gone
            children = getattr(times, "children_user", 0.0) + getattr(times, "children_system", 0.0)  # not on macOS
            self.used[process.pid] = times.user + times.system, children
        old = {pid: before.get(pid, (0.0, 0.0)) for pid in self.used}
        own = sum(max(0.0, used[0] - old[pid][0]) for pid, used in self.used.items())
        of_children = sum(max(0.0, used[1] - old[pid][1]) for pid, used in self.used.items())
        seen = sum(sum(used) for pid, used in before.items() if pid not in self.used)  # while they lived
        return own + max(0.0, of_children - seen)

    def _waited(self, processes: list[psutil.Process], passed: float) -> float:
        """The longest wait of a thread since the last look."""
        before, self.delays = self.delays, dict(_delays(processes))
        if self.delays:
            return max(delay - before.get(thread, 0.0) for thread, delay in self.delays.items())
        return passed * _share_of_others()


@dataclass
class Limit:
    """So many seconds, from now on; and `stretch` times as many by the clock on the wall."""

    clock: Clock
    seconds: float
    stretch: float

    def __post_init__(self) -> None:
        self.start = self.clock.read()

    def is_over(self) -> bool:
        spent = self.clock.read() - self.start
        return spent.own > self.seconds or spent.wall > self.seconds * self.stretch

    def is_starved(self) -> bool:
        """Did the processes wait for a CPU for a considerable share of the time until now?"""
        spent = self.clock.read() - self.start
        return spent.waited > CONSIDERABLE * spent.wall


def _tree(root: int) -> Iterator[psutil.Process]:
    try:
        first = psutil.Process(root)
        yield first
        yield from first.children(recursive=True)
    except psutil.Error:
        return  # it has gone


def _delays(processes: list[psutil.Process]) -> Iterator[tuple[tuple[int, int], float]]:
    """(process, thread) -> seconds for which it was ready to run, and did not."""
    for process in processes:
        folder = f"/proc/{process.pid}/task"
        try:
            for thread in os.listdir(folder):
                with open(f"{folder}/{thread}/schedstat") as file:
                    _, delay, count = file.read().split()
                if int(count):  # always 0 where the kernel does not count
                    yield (process.pid, int(thread)), int(delay) / 1e9
        except (OSError, ValueError):
            continue  # it has gone, or there is no such file


def _share_of_others() -> float:
    """How much of the CPU time that a process could use others have, if all get the same."""
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return 1 - 1 / max(1.0, os.getloadavg()[0] / cpus)
