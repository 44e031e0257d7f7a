"""Starts the sandbox with `kernel_runner` in it, and reads what the cells of a notebook put out: the trusted end.

What comes back is hostile. It is read up to a size and up to a time, decoded as JSON, and `outputs` takes from it what
is harmless; nothing in it ends this process.
"""

import contextlib
import os
import select
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from nbformat import NotebookNode

from grader.autograde.sandbox import bubblewrap, cgroup, job, kernel_runner, outputs, syscalls
from grader.autograde.sandbox import warm as zygotes
from grader.autograde.sandbox.channel import UNREADABLE, Channel, Stop
from grader.autograde.sandbox.clock import INTERVAL, Clock, Limit
from grader.autograde.sandbox.job import Cells, Running
from grader.limits import Limits

MARGIN = 3  # seconds that `kernel_runner` has to keep a limit itself, before it is kept here
MOST_WORDS = 10_000


class BrokenSandbox(Exception):
    """The kernel did not start: a fault of ours or of this machine's, not of the notebook; the message says more."""


@dataclass
class Ran:
    """What became of a notebook.

    outputs: number of a cell -> its outputs, for the cells that ended.
    late: the cells among them that were interrupted, because they ran too long.
    stopped: why the others did not run, as a sentence for the student; None: all ran.
    starved: a limit of time was hit while the processes waited for a CPU for a considerable share of that time: the machine
        had too much to do, and another run may come to another end.
    """

    outputs: dict[int, list[NotebookNode]] = field(default_factory=dict)
    late: set[int] = field(default_factory=set)
    stopped: str | None = None
    starved: bool = False


def run(
    cells: Cells,
    questions: Path,
    files: Path,
    limits: Limits,
    bwrap: Path | None,
    readable: Sequence[str] = (),
    covered: Sequence[Path] = (),
    warm: bool = False,
) -> Ran:
    """Run `cells`, each a number and its source, one after the other in one kernel.

    Args:
        questions: the file of inputs that check cells answer.
        files: a folder whose content is copied to where the notebook runs; in a sandbox, a user without rights reads it.
        bwrap: bubblewrap's program; None: run without a sandbox, with nothing but the limits of time and output.
        readable: more folders that a sandboxed notebook may read.
        covered: folders that are empty to it, wherever they lie.
        warm: in a sandbox, by a process that has been started before (see `warm`); if that is not to be had, by a new one.

    Raises:
        BrokenSandbox: the kernel did not start.
    """
    if warm and bwrap:
        with contextlib.suppress(zygotes.Cold):
            return _run_warm(cells, questions, files, limits, bwrap, readable, covered)
    with _started(cells, questions, files, limits, bwrap, readable, covered) as running:
        return _follow(cells, running, limits)


def _run_warm(
    cells: Cells,
    questions: Path,
    files: Path,
    limits: Limits,
    bwrap: Path,
    readable: Sequence[str],
    covered: Sequence[Path],
) -> Ran:
    """
    Raises:
        Cold: something went wrong that is no fault of the notebook's.
    """
    with zygotes.child(limits, bwrap, readable, covered) as child:
        try:
            child.give(cells, questions, files)
            ran = _follow(cells, child.running, limits)
        except (BrokenSandbox, OSError) as problem:
            raise zygotes.failed(str(problem)) from None
        if ran.stopped is not None and not child.zygote.answers():
            raise zygotes.failed("it ended while a notebook ran")
        return ran


@contextlib.contextmanager
def _started(
    cells: Cells,
    questions: Path,
    files: Path,
    limits: Limits,
    bwrap: Path | None,
    readable: Sequence[str],
    covered: Sequence[Path],
) -> Iterator[Running]:
    group = cgroup.find(limits) if bwrap else None
    read_end, write_end = os.pipe()
    with tempfile.TemporaryDirectory(prefix=f"grader-{os.getpid()}-") as private:
        folder = Path(private, "job")
        job.make(folder)
        settings = job.settings(limits, group)
        if not bwrap:
            (scratch := Path(private, "scratch")).mkdir()
            settings |= {"root": None, "scratch": str(scratch), "files": str(files), "rlimits": {}, "niceness": 0}
        job.write_settings(folder, settings)
        job.write_cells(folder, cells, questions)
        # -P: no file of the notebook's is taken for a module of Python's.
        arguments = [
            sys.executable,
            "-P",
            "-m",
            kernel_runner.__name__,
            "/job" if bwrap else str(folder),
            str(write_end),
        ]
        with syscalls.filter_file() if bwrap else contextlib.nullcontext() as file:
            if bwrap:
                arguments = bubblewrap.command(
                    bwrap, arguments, folder, files, limits, file.fileno(), readable, covered
                )
            process = subprocess.Popen(
                [*(group.prefix if group else []), *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                pass_fds=[write_end, file.fileno()] if bwrap else [write_end],
                cwd=private,
                start_new_session=True,
            )
        os.close(write_end)
        try:
            yield Running(
                process.pid, process.stdin, Channel(read_end, limits), process.stderr, group, kill=process.kill
            )
        finally:
            os.close(read_end)
            _end(process, boxed=bwrap is not None)
            if group:
                group.close()


def _follow(cells: Cells, running: Running, limits: Limits) -> Ran:
    """Let it go, and collect its records: first that it is ready, then one a cell.

    Raises:
        BrokenSandbox: it did not get ready.
    """
    channel, group = running.reports, running.group
    clock = Clock(running.root, lambda: group.cpu_seconds(running.root) if group else None)

    def limit(seconds: float) -> Limit:
        return Limit(clock, seconds, limits.stretch)

    try:
        running.go.write(b"\n")
        running.go.flush()
        if not channel.record({"It took too long.": limit(kernel_runner.STARTUP + MARGIN)}).get("ready"):
            raise EOFError
    except (Stop, EOFError, BrokenPipeError) as problem:
        running.kill()
        raise BrokenSandbox(f"The kernel did not start. {problem} {_last_words(running.said)}".strip()) from None
    ran = Ran()
    whole = limit(limits.seconds_per_notebook)
    try:
        for number, _ in cells:
            here = f"cell {number + 1}"
            late = (
                f"Time limit: {here} ran for more than {limits.seconds_per_cell} seconds and could not be interrupted."
            )
            all_too_late = (
                f"Time limit: the notebook ran for more than {limits.seconds_per_notebook} seconds; "
                f"it was stopped in {here}."
            )
            cell = limit(limits.seconds_per_cell + limits.grace + MARGIN)
            try:
                record = channel.record({all_too_late: whole, late: cell})
            except EOFError:
                record = {"stopped": "died"}
            if record.get("stopped") == "late":
                raise Stop(late, cell)
            if "stopped" in record:
                if group and group.ran_out_of_memory(running.root):
                    raise Stop(f"Memory limit: {here} needed more than {limits.memory} MB, and the kernel was killed.")
                raise Stop(f"The kernel died in {here}.")
            if record.get("cell") != number:
                raise Stop(UNREADABLE)
            ran.outputs[number] = outputs.readable(record.get("outputs"))
            if record.get("late"):
                ran.late.add(number)
                ran.starved |= cell.is_starved()
    except Stop as stop:
        ran.stopped = str(stop)
        ran.starved |= stop.starved
    except outputs.MalformedOutput:
        ran.stopped = UNREADABLE
    return ran


def _last_words(said: IO[bytes]) -> str:
    """What it says until it ends, or falls silent."""
    words = b""
    while len(words) < MOST_WORDS and select.select([said], [], [], INTERVAL)[0]:
        if not (read := os.read(said.fileno(), MOST_WORDS)):
            break
        words += read
    return words.decode(errors="replace").strip()


def _end(process: subprocess.Popen, boxed: bool) -> None:
    """Kill the sandbox with all that runs in it. Without one, let `kernel_runner` end its kernel first."""
    with contextlib.suppress(BrokenPipeError):
        process.stdin.close()
    if not boxed:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=MARGIN)
    process.kill()
    process.wait()
    process.stderr.close()
