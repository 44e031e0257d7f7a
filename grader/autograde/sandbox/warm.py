"""Notebooks in forks of a `zygote`, which has imported already what they need: the trusted end of it.

There is one zygote for this process, started when the first notebook needs it, and made anew after many, or when what it
must show or hide has changed. The next fork is always made ahead, in its control group and with its kernel started.

What goes wrong with a zygote costs no notebook anything: the notebook runs the cold way, in a Python of its own. After two
failures in a row all do, until `stop`.
"""

import atexit
import contextlib
import json
import os
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from traitlets.log import get_logger

from grader.autograde.sandbox import bubblewrap, cgroup, job, syscalls, zygote
from grader.autograde.sandbox.channel import Channel, Stop, wait
from grader.autograde.sandbox.clock import Clock, Limit
from grader.autograde.sandbox.job import Cells, Running
from grader.autograde.sandbox.kernel_runner import STARTUP
from grader.limits import Limits

PATIENCE = 20  # seconds in which it answers
MOST_FORKS = 300
MOST_FAILURES = 2  # in a row
CREDENTIALS = struct.Struct("3i")  # process, user, group


class Cold(Exception):
    """This notebook is to be run the cold way; the message says why."""


class Broken(Exception):
    """A zygote does not start, answer or fork; the message says more."""


@contextlib.contextmanager
def _breaking() -> Iterator[None]:
    """Whatever goes wrong between this process and a zygote breaks the latter."""
    try:
        yield
    except (OSError, Stop, psutil.Error) as problem:
        raise Broken(str(problem)) from None


@dataclass
class Child:
    """A fork that waits for its job. close: kills it, and puts away what was made for it."""

    zygote: "Zygote"
    folder: Path
    running: Running
    close: Callable[[], None]

    def give(self, cells: Cells, questions: Path, files: Path) -> None:
        """
        Raises:
            OSError
        """
        shutil.copytree(files, self.folder / "files", dirs_exist_ok=True)
        job.write_cells(self.folder / "job", cells, questions)


class Zygote:
    """Its sandbox dies with the thread that started it. So there is one for that, `keeper`, and in it is done also all that
    follows, one thing after the other."""

    def __init__(self, bwrap: Path, limits: Limits, readable: Sequence[str], covered: Sequence[Path]) -> None:
        """
        Raises:
            OSError: bubblewrap cannot be started.
        """
        self.bwrap, self.limits, self.readable, self.covered = bwrap, limits, readable, covered
        self.forks = 0
        self.closing = contextlib.ExitStack()
        private = self.closing.enter_context(tempfile.TemporaryDirectory(prefix=f"grader-{os.getpid()}-"))
        self.jobs = Path(private, "jobs")
        job.make(self.jobs)
        self.said = self.closing.enter_context(tempfile.TemporaryFile())  # noqa: SIM115
        self.groups = cgroup.nursery()
        self.keeper = ThreadPoolExecutor(1, thread_name_prefix="zygote")
        try:
            self.process = self.keeper.submit(self._open).result()
        except BaseException:
            self.keeper.shutdown()
            self.closing.close()
            raise
        # Only the time in which it could have run counts: its CPU time would be that of all notebooks in it.
        self.clock = Clock(self.process.pid, lambda: 0.0)
        self.next = self.keeper.submit(self._first)

    def take(self) -> Child:
        """
        Raises:
            Broken
        """
        child = self.next.result()
        self.next = self.keeper.submit(self._fork)
        return child

    def answers(self) -> bool:
        """Is it still there?"""
        try:
            self.keeper.submit(self._ask).result()
        except (Broken, RuntimeError):  # the latter: it has been stopped
            return False
        return True

    def stop(self) -> None:
        """Kill it, and all that runs in it."""
        self.process.kill()
        self.keeper.shutdown(cancel_futures=True)
        if not self.next.cancelled() and not self.next.exception():
            self.next.result().close()
        self.process.wait()
        self.closing.close()

    # In the keeper

    def _open(self) -> subprocess.Popen:
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.closing.enter_context(self.control)
        arguments = [sys.executable, "-P", "-m", zygote.__name__, str(theirs.fileno())]
        with theirs, syscalls.filter_file() as file:
            command = bubblewrap.outer_command(
                self.bwrap, arguments, self.jobs, self.limits, file.fileno(), self.readable, self.covered
            )
            return subprocess.Popen(
                [*self.groups.prefix, *command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self.said,
                pass_fds=[theirs.fileno(), file.fileno()],
                cwd=self.jobs,
                start_new_session=True,
            )

    def _first(self) -> Child:
        try:
            self._expect(zygote.ANSWER, Limit(self.clock, STARTUP, self.limits.stretch))
            with _breaking():
                self.groups.settle(self.process.pid)
        except Broken as problem:
            self.process.kill()
            self.said.seek(0)
            raise Broken(f"{problem} {self.said.read(1000).decode(errors='replace')}".strip()) from None
        return self._fork()

    def _ask(self) -> None:
        with _breaking():
            self.control.send(zygote.ASK)
        self._expect(zygote.ANSWER, self._patience())

    def _fork(self) -> Child:
        self.forks += 1
        with contextlib.ExitStack() as made, _breaking():
            folder = self.jobs / str(self.forks)
            made.callback(shutil.rmtree, folder, ignore_errors=True)
            for place in (folder, folder / "job", folder / "files"):
                job.make(place)
            if group := self.groups.group(self.limits):
                made.callback(group.close)
            job.write_settings(folder / "job", job.settings(self.limits, group))
            (input_end, go), (reports, reports_end), (said, error_end) = (_pipe(made) for _ in range(3))
            ours, theirs = map(made.enter_context, socket.socketpair())
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
            inside = Path("/jobs", folder.name)
            command = bubblewrap.nested_command(
                self.bwrap, zygote.HOLDER, inside / "job", inside / "files", self.limits, self.readable, self.covered
            )
            given = [end.fileno() for end in (input_end, error_end, reports_end, theirs)]
            socket.send_fds(self.control, [json.dumps(command).encode()], given)
            for end in (input_end, error_end, reports_end, theirs):
                end.close()
            (sandbox,) = self._expect(zygote.FORKED, self._patience())
            made.callback(os.close, sandbox)
            made.callback(_kill, sandbox)
            process = self._first_word(ours)
            if group:
                group.add(process)
            first = psutil.Process(process).ppid()
            ours.send(b"\n")
            running = Running(
                first, go, Channel(reports.fileno(), self.limits), said, group, kill=lambda: _kill(sandbox)
            )
            return Child(self, folder, running, made.pop_all().close)

    def _first_word(self, fork: socket.socket) -> int:
        """Waits for it; the fork's process, in the numbers of this side."""
        wait(fork.fileno(), {"Its fork says nothing.": self._patience()})
        message, extras, _, _ = fork.recvmsg(1, socket.CMSG_SPACE(CREDENTIALS.size))
        if not message:
            raise Broken("Its fork has ended.")
        return CREDENTIALS.unpack(extras[0][2])[0]

    def _patience(self) -> Limit:
        return Limit(self.clock, PATIENCE, self.limits.stretch)

    def _expect(self, answer: bytes, limit: Limit) -> list[int]:
        """Waits for this answer; the descriptors that come with it.

        Raises:
            Broken: there is another, or none.
        """
        with _breaking():
            wait(self.control.fileno(), {"It does not answer.": limit})
            message, descriptors, _, _ = socket.recv_fds(self.control, 2000, 1)
        if message != answer:
            raise Broken(message.decode(errors="replace") or "It has ended.")
        return descriptors


def _pipe(made: contextlib.ExitStack) -> tuple[Any, Any]:
    """A pipe's end to read from, and the other, both without a buffer."""
    read_end, write_end = os.pipe()
    return made.enter_context(open(read_end, "rb", 0)), made.enter_context(open(write_end, "wb", 0))


def _kill(sandbox: int) -> None:
    """Kill a sandbox, by the pidfd of its process, with all that runs in it."""
    with contextlib.suppress(ProcessLookupError):
        signal.pidfd_send_signal(sandbox, signal.SIGKILL)
    select.select([sandbox], [], [])


# The one of this process


@dataclass
class State:
    """made: what the zygote was made of. failures: in a row. said: what the log has been told."""

    zygote: Zygote | None = None
    made: Any = None
    failures: int = 0
    said: set[str] = field(default_factory=set)


_state = State()
_lock = threading.RLock()


@contextlib.contextmanager
def child(limits: Limits, bwrap: Path, readable: Sequence[str], covered: Sequence[Path]) -> Iterator[Child]:
    """A fork that waits for its job; arguments as for `runner.run`.

    Raises:
        Cold
    """
    with _lock:
        if _state.failures >= MOST_FAILURES:
            raise Cold
        try:
            taken = _zygote(bwrap, limits, readable, covered).take()
        except (Broken, OSError) as problem:
            raise failed(str(problem)) from None
    try:
        yield taken
        _state.failures = 0
    finally:
        taken.close()


def failed(why: str) -> Cold:
    """Have the zygote made anew, and say why, once."""
    with _lock:
        _stop_zygote()
        _state.failures += 1
        if why not in _state.said:
            _state.said.add(why)
            get_logger().warning("This notebook gets a Python of its own; the one to fork for it failed: %s", why)
        if _state.failures == MOST_FAILURES:
            get_logger().warning("It failed %d times in a row: all others of this run get one as well", MOST_FAILURES)
    return Cold(why)


def stop() -> None:
    """Stop the zygote, and forget failures: at the end of a run."""
    with _lock:
        _stop_zygote()
        _state.failures, _state.said = 0, set()


def _zygote(bwrap: Path, limits: Limits, readable: Sequence[str], covered: Sequence[Path]) -> Zygote:
    anywhere = Path("/")
    shown = bubblewrap.nested_command(bwrap, [], anywhere, anywhere, limits, readable, covered)
    made = shown, limits.trait_values(config=True)
    if _state.zygote and (_state.made != made or _state.zygote.forks >= MOST_FORKS):
        _stop_zygote()
    if not _state.zygote:
        _state.zygote, _state.made = Zygote(bwrap, limits, readable, covered), made
    return _state.zygote


def _stop_zygote() -> None:
    old, _state.zygote = _state.zygote, None
    if old:
        old.stop()


def _forget() -> None:
    """A fork of this process has no keeper: it makes a zygote of its own."""
    global _state, _lock
    _state, _lock = State(), threading.RLock()


atexit.register(stop)
os.register_at_fork(after_in_child=_forget)
