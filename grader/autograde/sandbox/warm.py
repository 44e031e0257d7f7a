"""Notebooks in forks of a `zygote`, which has imported already what they need: the trusted end of it.

There is one zygote for this process, started when the first notebook needs it and made anew after many, or when what it
must show or hide has changed. The next fork is always made ahead, with its kernel started, in its control group.

What goes wrong here costs no notebook anything: it is run the cold way, in a sandbox and with a Python of its own. After
two failures in a row all are, until `stop`.
"""

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
from collections.abc import Iterator, Sequence
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


class Cold(Exception):
    """This notebook is to be run the cold way; the message says why."""


class Broken(Exception):
    """The zygote does not start or answer, or could not fork; the message says more."""


@dataclass
class Child:
    """A fork that waits for its job. sandbox: a pidfd of its sandbox's process."""

    zygote: "Zygote"
    folder: Path
    running: Running
    sandbox: int

    def give(self, cells: Cells, questions: Path, files: Path) -> None:
        """
        Raises:
            OSError
        """
        shutil.copytree(files, self.folder / "files", dirs_exist_ok=True)
        job.write_cells(self.folder / "job", cells, questions)

    def close(self) -> None:
        _kill(self.sandbox)
        os.close(self.sandbox)
        with contextlib.suppress(BrokenPipeError):
            self.running.go.close()
        self.running.said.close()
        os.close(self.running.reports.descriptor)
        if self.running.group:
            self.running.group.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def _kill(sandbox: int) -> None:
    """Kill a sandbox with all that runs in it, and wait until it is gone."""
    with contextlib.suppress(ProcessLookupError):
        signal.pidfd_send_signal(sandbox, signal.SIGKILL)
    select.select([sandbox], [], [])


class Zygote:
    """Its sandbox dies with the thread that started it, so there is one for this alone, `keeper`, in which also all is done
    that follows, one thing after the other."""

    def __init__(self, bwrap: Path, limits: Limits, readable: Sequence[str], covered: Sequence[Path]) -> None:
        self.bwrap, self.limits, self.readable, self.covered = bwrap, limits, readable, covered
        self.forks = 0
        self.private = tempfile.TemporaryDirectory(prefix=f"grader-{os.getpid()}-")
        self.jobs = Path(self.private.name, "jobs")
        job.make(self.jobs)
        self.keeper = ThreadPoolExecutor(1, thread_name_prefix="zygote")
        self.process = self.keeper.submit(self._open).result()
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
        self.control.close()
        self.process.wait()
        self.process.stderr.close()
        self.private.cleanup()

    def _open(self) -> subprocess.Popen:
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        arguments = [sys.executable, "-P", "-m", zygote.__name__, str(theirs.fileno())]
        with theirs, syscalls.filter_file() as file:
            command = bubblewrap.outer_command(
                self.bwrap, arguments, self.jobs, self.limits, file.fileno(), self.readable, self.covered
            )
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                pass_fds=[theirs.fileno(), file.fileno()],
                start_new_session=True,
            )

    def _first(self) -> Child:
        try:
            self._expect(zygote.ANSWER, Limit(self.clock, STARTUP, self.limits.stretch))
        except Broken as problem:
            self.process.kill()
            raise Broken(f"{problem} {self.process.stderr.read().decode(errors='replace')}".strip()) from None
        return self._fork()

    def _ask(self) -> None:
        with _breaking():
            self.control.send(zygote.ASK)
        self._expect(zygote.ANSWER, self._patience())

    def _patience(self) -> Limit:
        return Limit(self.clock, PATIENCE, self.limits.stretch)

    def _expect(self, answer: bytes, limit: Limit) -> list[int]:
        """Wait for this answer; the descriptors that come with it.

        Raises:
            Broken: there is another, or none.
        """
        with _breaking():
            wait(self.control.fileno(), {"It does not answer.": limit})
            message, descriptors, _, _ = socket.recv_fds(self.control, 2000, 1)
        if message != answer:
            raise Broken(message.decode(errors="replace") or "It has ended.")
        return descriptors

    def _fork(self) -> Child:
        self.forks += 1
        folder = self.jobs / str(self.forks)
        for place in (folder, folder / "job", folder / "files"):
            job.make(place)
        group = cgroup.find(self.limits)
        job.write_settings(folder / "job", job.settings(self.limits, group))
        inside = Path("/jobs", folder.name)
        command = bubblewrap.nested_command(
            self.bwrap, zygote.HOLDER, inside / "job", inside / "files", self.limits, self.readable, self.covered
        )
        ours, theirs = socket.socketpair()
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        (input_end, go), (reports, reports_end), (said, error_end) = os.pipe(), os.pipe(), os.pipe()
        with _breaking():
            given = [input_end, error_end, reports_end, theirs.fileno()]
            socket.send_fds(self.control, [json.dumps(command).encode()], given)
            for descriptor in given[:-1]:
                os.close(descriptor)
            theirs.close()
            (sandbox,) = self._expect(zygote.FORKED, self._patience())
            with ours:
                pid = self._hello(ours)
                if group:
                    group.add(pid)
                root = psutil.Process(pid).ppid()  # the sandbox's first process
                ours.send(b"\n")
        running = Running(
            root,
            open(go, "wb"),
            Channel(reports, self.limits),
            open(said, "rb"),
            group,
            kill=lambda: _kill(sandbox),
        )
        return Child(self, folder, running, sandbox)

    def _hello(self, fork: socket.socket) -> int:
        """Its process, in the numbers of this side."""
        wait(fork.fileno(), {"Its fork says nothing.": self._patience()})
        message, extras, _, _ = fork.recvmsg(1, socket.CMSG_SPACE(CREDENTIALS.size))
        if not message:
            raise Broken("Its fork has ended.")
        return CREDENTIALS.unpack(extras[0][2])[0]


CREDENTIALS = struct.Struct("3i")  # process, user, group


@contextlib.contextmanager
def _breaking() -> Iterator[None]:
    """What goes wrong between this process and a zygote breaks the latter."""
    try:
        yield
    except (OSError, Stop, psutil.Error) as problem:
        raise Broken(str(problem)) from None


@dataclass
class State:
    """zygote: the one in use; made: what of. failures: in a row. said: what the log has been told."""

    zygote: Zygote | None = None
    made: Any = None
    failures: int = 0
    said: set[str] = field(default_factory=set)


_state = State()
_lock = threading.Lock()


@contextlib.contextmanager
def child(limits: Limits, bwrap: Path, readable: Sequence[str], covered: Sequence[Path]) -> Iterator[Child]:
    """
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
    """Stop the zygote, and say why once."""
    stop_it()
    _state.failures += 1
    if why not in _state.said:
        _state.said.add(why)
        get_logger().warning("A notebook runs in a Python of its own, because the one to be forked failed: %s", why)
    return Cold(why)


def _zygote(bwrap: Path, limits: Limits, readable: Sequence[str], covered: Sequence[Path]) -> Zygote:
    nowhere = Path("/")
    shown = bubblewrap.nested_command(bwrap, [], nowhere, nowhere, limits, readable, covered)
    made = shown, limits.trait_values()
    if _state.zygote and (_state.made != made or _state.zygote.forks >= MOST_FORKS):
        stop_it()
    if not _state.zygote:
        _state.zygote, _state.made = Zygote(bwrap, limits, readable, covered), made
    return _state.zygote


def stop_it() -> None:
    zygote, _state.zygote = _state.zygote, None
    if zygote:
        zygote.stop()


def stop() -> None:
    """At the end of a run."""
    stop_it()
    _state.failures, _state.said = 0, set()
