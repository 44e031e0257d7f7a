"""Starts the sandbox with `kernel_runner` in it, and reads what the cells of a notebook put out: the trusted end.

What comes back is hostile. It is read up to a size and up to a time, decoded as JSON, and `outputs` takes from it what
is harmless; nothing in it ends this process.
"""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nbformat import NotebookNode

from grader.autograde.sandbox import bubblewrap, cgroup, kernel_runner, outputs, syscalls
from grader.autograde.sandbox.channel import UNREADABLE, Channel, Stop
from grader.autograde.sandbox.clock import Clock, Limit
from grader.limits import KB, MB, Limits

INIT = 1  # the first process in the sandbox, from which all others there descend
MARGIN = 3  # seconds that `kernel_runner` has to keep a limit itself, before it is kept here


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
    cells: Sequence[tuple[int, str]],
    questions: Path,
    files: Path,
    limits: Limits,
    bwrap: Path | None,
    readable: Sequence[str] = (),
    covered: Sequence[Path] = (),
) -> Ran:
    """Run `cells`, each a number and its source, one after the other in one kernel.

    Args:
        questions: the file of inputs that check cells answer.
        files: a folder whose content is copied to where the notebook runs; in a sandbox, a user without rights reads it.
        bwrap: bubblewrap's program; None: run without a sandbox, with nothing but the limits of time and output.
        readable: more folders that a sandboxed notebook may read.
        covered: folders that are empty to it, wherever they lie.

    Raises:
        BrokenSandbox: the kernel did not start.
    """
    group = cgroup.find(limits) if bwrap else None
    read_end, write_end = os.pipe()
    with tempfile.TemporaryDirectory(prefix=f"grader-{os.getpid()}-") as private:
        job = Path(private, "job")
        job.mkdir()
        (job / "questions.json").write_bytes(questions.read_bytes())
        scratch = bubblewrap.SCRATCH if bwrap else Path(private, "scratch")
        job_inside = Path("/job") if bwrap else job
        description = {
            "cells": cells,
            "root": INIT if bwrap else None,
            "scratch": str(scratch),
            "files": "/files" if bwrap else str(files),
            "questions": str(job_inside / "questions.json"),
            "rlimits": _rlimits(limits, group) if bwrap else {},
            "seconds_per_cell": limits.seconds_per_cell,
            "grace": limits.grace,
            "stretch": limits.stretch,
            "cell_output": limits.cell_output * KB,
            "notebook_output": limits.notebook_output * KB,
            "answers": limits.answers * MB,
        }
        (job / "job.json").write_text(json.dumps(description))
        for path in (job, *job.iterdir()):  # whatever the umask: where root grades, another user reads it
            path.chmod(0o755 if path.is_dir() else 0o644)
        # -P: no file of the notebook's is taken for a module of Python's.
        arguments = [sys.executable, "-P", "-m", kernel_runner.__name__, str(job_inside / "job.json"), str(write_end)]
        with syscalls.filter_file() if bwrap else contextlib.nullcontext() as file:
            if bwrap:
                arguments = bubblewrap.command(bwrap, arguments, job, files, limits, file.fileno(), readable, covered)
            else:
                scratch.mkdir()
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
            return _follow(cells, process, Channel(read_end, limits), limits, group)
        finally:
            os.close(read_end)
            _end(process, boxed=bwrap is not None)
            if group:
                group.close()


def _rlimits(limits: Limits, group: cgroup.ControlGroup | None) -> dict[str, int]:
    """By the names of the module `resource`. Processes are the control group's business where there is one."""
    values = {
        "RLIMIT_DATA": limits.memory * MB,
        "RLIMIT_FSIZE": limits.file_size * MB,
        "RLIMIT_NOFILE": limits.open_files,
        "RLIMIT_CORE": 0,
    }
    return values if group else {**values, "RLIMIT_NPROC": limits.processes}


def _follow(
    cells: Sequence[tuple[int, str]],
    process: subprocess.Popen,
    channel: Channel,
    limits: Limits,
    group: cgroup.ControlGroup | None,
) -> Ran:
    """Collect the records of a process that has just been started: first that its kernel is ready, then one a cell."""
    clock = Clock(process.pid, lambda: group.cpu_seconds(process.pid) if group else None)

    def limit(seconds: float) -> Limit:
        return Limit(clock, seconds, limits.stretch)

    try:
        if not channel.record({"It took too long.": limit(kernel_runner.STARTUP + MARGIN)}).get("ready"):
            raise EOFError
    except (Stop, EOFError) as problem:
        process.kill()
        said = process.stderr.read(10_000).decode(errors="replace").strip()
        raise BrokenSandbox(f"The kernel did not start. {problem} {said}".strip()) from None
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
                if group and group.ran_out_of_memory(process.pid):
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


def _end(process: subprocess.Popen, boxed: bool) -> None:
    """Kill the sandbox with all that runs in it. Without one, let `kernel_runner` end its kernel first."""
    process.stdin.close()
    if not boxed:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=MARGIN)
    process.kill()
    process.wait()
    process.stderr.close()
