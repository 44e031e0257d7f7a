"""Starts the sandbox with `kernel_runner` in it, and reads what the cells of a notebook put out: the trusted end.

What comes back is hostile. It is read up to a size and up to a time, decoded as JSON, and `outputs` takes from it what
is harmless; nothing in it ends this process.
"""

import contextlib
import json
import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from grader.autograde.sandbox import bubblewrap, cgroup, kernel_runner, outputs, syscalls
from grader.limits import KB, MB, Limits

MARGIN = 3  # seconds that `kernel_runner` has to keep a limit itself, before it is kept here


class BrokenSandbox(Exception):
    """The kernel did not start: a fault of ours or of this machine's, not of the notebook; the message says more."""


@dataclass
class Ran:
    """What became of a notebook.

    outputs: number of a cell -> its outputs, for the cells that ended.
    late: the cells among them that were interrupted, because they ran too long.
    stopped: why the others did not run, as a sentence for the student; None: all ran.
    """

    outputs: dict[int, list[NotebookNode]] = field(default_factory=dict)
    late: set[int] = field(default_factory=set)
    stopped: str | None = None


class _Stop(Exception):
    """No further record will come; the message says why, for the student."""


def run(
    cells: Sequence[tuple[int, str]],
    questions: Path,
    files: Sequence[Path],
    limits: Limits,
    bwrap: Path | None,
    readable: Sequence[str] = (),
    covered: Sequence[Path] = (),
) -> Ran:
    """Run `cells`, each a number and its source, one after the other in one kernel.

    Args:
        questions: the file of inputs that check cells answer.
        files: folders whose content is copied to where the notebook runs, one over the other.
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
        job.chmod(0o755)  # where root grades, another user reads it
        (job / "questions.json").write_bytes(questions.read_bytes())
        scratch = bubblewrap.SCRATCH if bwrap else Path(private, "scratch")
        job_inside = Path("/job") if bwrap else job
        description = {
            "cells": cells,
            "scratch": str(scratch),
            "files": [f"/files/{number}" if bwrap else str(folder) for number, folder in enumerate(files)],
            "questions": str(job_inside / "questions.json"),
            "rlimits": _rlimits(limits, group) if bwrap else {},
            "seconds_per_cell": limits.seconds_per_cell,
            "grace": limits.grace,
            "cell_output": limits.cell_output * KB,
            "notebook_output": limits.notebook_output * KB,
            "answers": limits.answers * MB,
        }
        (job / "job.json").write_text(json.dumps(description))
        arguments = [sys.executable, "-m", kernel_runner.__name__, str(job_inside / "job.json"), str(write_end)]
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
            return _follow(cells, process, _Channel(read_end, limits), limits, group)
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


class _Channel:
    """The reports of `kernel_runner`, one JSON document a line, up to a size in all and each up to a time."""

    def __init__(self, descriptor: int, limits: Limits) -> None:
        self.descriptor = descriptor
        self.left = limits.answers * MB + limits.notebook_output * KB + 4 * MB  # the last for what surrounds them
        self.buffer = bytearray()

    def record(self, deadline: float, too_late: str) -> dict[str, Any]:
        """The next record.

        Raises:
            _Stop: with `too_late`, or because there is none, or nothing that can be read.
            EOFError: the other end was closed.
        """
        while (end := self.buffer.find(b"\n")) < 0:
            if not select.select([self.descriptor], [], [], max(0.0, deadline - time.monotonic()))[0]:
                raise _Stop(too_late)
            read = os.read(self.descriptor, 2**16)
            if not read:
                raise EOFError
            self.left -= len(read)
            if self.left < 0:
                raise _Stop("Output limit: the notebook put out more than the grader reads.")
            self.buffer += read
        line = bytes(self.buffer[:end])
        del self.buffer[: end + 1]
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            record = None
        if not isinstance(record, dict):
            raise _Stop("The notebook put out something that cannot be read.")
        return record


def _follow(
    cells: Sequence[tuple[int, str]],
    process: subprocess.Popen,
    channel: _Channel,
    limits: Limits,
    group: cgroup.ControlGroup | None,
) -> Ran:
    """Collect the records of a process that has just been started: first that its kernel is ready, then one a cell."""
    try:
        if not channel.record(time.monotonic() + kernel_runner.STARTUP + MARGIN, "the kernel did not start").get(
            "ready"
        ):
            raise EOFError
    except (_Stop, EOFError) as problem:
        process.kill()
        said = process.stderr.read(10_000).decode(errors="replace").strip()
        raise BrokenSandbox(f"The kernel did not start. {problem} {said}".strip()) from None
    ran = Ran()
    end = time.monotonic() + limits.seconds_per_notebook
    whole = f"Time limit: the notebook ran for more than {limits.seconds_per_notebook} seconds"
    try:
        for number, _ in cells:
            here = f"cell {number + 1}"
            late = (
                f"Time limit: {here} ran for more than {limits.seconds_per_cell} seconds and could not be interrupted."
            )
            cell_end = time.monotonic() + limits.seconds_per_cell + limits.grace + MARGIN
            deadline, too_late = min((cell_end, late), (end, f"{whole}; it was stopped in {here}."))
            try:
                record = channel.record(deadline, too_late)
            except EOFError:
                record = {"stopped": "died"}
            if "stopped" in record:
                if group and group.ran_out_of_memory(process.pid):
                    raise _Stop(f"Memory limit: {here} needed more than {limits.memory} MB, and the kernel was killed.")
                raise _Stop(late if record["stopped"] == "late" else f"The kernel died in {here}.")
            if record.get("cell") != number:
                raise _Stop("The notebook put out something that cannot be read.")
            ran.outputs[number] = outputs.readable(record.get("outputs"))
            if record.get("late"):
                ran.late.add(number)
    except _Stop as stop:
        ran.stopped = str(stop)
    except outputs.MalformedOutput:
        ran.stopped = "The notebook put out something that cannot be read."
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
