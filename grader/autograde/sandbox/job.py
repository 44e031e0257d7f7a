"""What `kernel_runner` is told, as files in a folder in which it can only read; and what is known of it while it runs."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from grader.autograde.sandbox.bubblewrap import SCRATCH
from grader.autograde.sandbox.cgroup import ControlGroup
from grader.autograde.sandbox.channel import Channel
from grader.limits import KB, MB, Limits

INIT = 1  # the first process in the sandbox, from which all others there descend
NICENESS = 5  # of notebooks that no control group gives their share of the CPU
Cells = Sequence[tuple[int, str]]  # each a number and its source


@dataclass
class Running:
    """A `kernel_runner`, waiting for the line that says that its job is there.

    root: the process from which all others of the notebook descend.
    go: its standard input. reports: what it reports. said: its standard error.
    group: None: there are rlimits alone.
    kill: ends it with all that it has started.
    """

    root: int
    go: IO[bytes]
    reports: Channel
    said: IO[bytes]
    group: ControlGroup | None
    kill: Callable[[], None]


def make(folder: Path) -> None:
    folder.mkdir()
    folder.chmod(0o755)  # whatever the umask: where root grades, another user reads it


def settings(limits: Limits, group: ControlGroup | None) -> dict[str, Any]:
    """Of one that is in the sandbox."""
    return {
        "root": INIT,
        "scratch": str(SCRATCH),
        "files": "/files",
        "rlimits": _rlimits(limits, group),
        "niceness": 0 if group and group.shares_cpu else NICENESS,
        "seconds_per_cell": limits.seconds_per_cell,
        "grace": limits.grace,
        "stretch": limits.stretch,
        "cell_output": limits.cell_output * KB,
        "notebook_output": limits.notebook_output * KB,
        "answers": limits.answers * MB,
    }


def _rlimits(limits: Limits, group: ControlGroup | None) -> dict[str, int]:
    """By the names of the module `resource`. Processes are the control group's business where there is one."""
    values = {
        "RLIMIT_DATA": limits.memory * MB,
        "RLIMIT_FSIZE": limits.file_size * MB,
        "RLIMIT_NOFILE": limits.open_files,
        "RLIMIT_CORE": 0,
    }
    return values if group else {**values, "RLIMIT_NPROC": limits.processes}


def write_settings(job: Path, settings: dict[str, Any]) -> None:
    _write(job / "settings.json", json.dumps(settings).encode())


def write_cells(job: Path, cells: Cells, questions: Path) -> None:
    _write(job / "questions.json", questions.read_bytes())
    _write(job / "cells.json", json.dumps(cells).encode())


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    path.chmod(0o644)
