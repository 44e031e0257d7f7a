"""Control groups, where the system gives them: the limits that hold for all processes of a sandbox together.

Three ways to get one, in this order: a scope of systemd (version 2, for a user or for root), a folder under
/sys/fs/cgroup that this process may write (root in a container or a small virtual machine; version 2 or 1). Where
none works, `find` returns None and the sandbox has rlimits alone.
"""

import contextlib
import itertools
import os
import re
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from grader.limits import MB, Limits

MOUNT = Path("/sys/fs/cgroup")
_number = itertools.count()


class ControlGroup(Protocol):
    """One group, for one sandbox. `prefix` put before a command starts it in the group. shares_cpu: each such group has the
    same share of the CPU, however many processes are in it."""

    name: str
    prefix: list[str]
    shares_cpu: bool

    def ran_out_of_memory(self, pid: int) -> bool:
        """Has the kernel killed a process of the group for its memory? `pid`: the first process of the group."""

    def cpu_seconds(self, pid: int) -> float | None:
        """What all processes of the group have used, those that are gone, too; None: nobody counts."""

    def close(self) -> None:
        """Remove the group, whose processes have been killed."""


@dataclass
class Scope:
    """A transient scope of systemd's; it vanishes with its last process."""

    prefix: list[str]
    name = "systemd scope"
    shares_cpu = True

    def ran_out_of_memory(self, pid: int) -> bool:
        folder = self._folder(pid)
        return folder is not None and _oom_kills(folder / "memory.events") > 0

    def cpu_seconds(self, pid: int) -> float | None:
        folder = self._folder(pid)
        return _cpu_seconds(folder) if folder else None

    def _folder(self, pid: int) -> Path | None:
        try:
            return _unified_folder(pid)
        except (OSError, KeyError):
            return None  # the scope has gone

    def close(self) -> None:
        pass


@dataclass
class Folders:
    """Folders under /sys/fs/cgroup: one in version 2; in version 1 one for each controller, cpuacct last."""

    paths: tuple[Path, ...]
    name: str

    @property
    def prefix(self) -> list[str]:
        join = " && ".join(f'echo $$ > "${number}/cgroup.procs"' for number in range(len(self.paths)))
        shift = len(self.paths) - 1  # the first path is $0
        return ["/bin/sh", "-c", f'{join} && shift {shift} && exec "$@"', *map(str, self.paths)]

    @property
    def shares_cpu(self) -> bool:
        return any((path / file).exists() for path in self.paths for file in ("cpu.shares", "cpu.weight"))

    def add(self, pid: int) -> None:
        for path in self.paths:
            (path / "cgroup.procs").write_text(str(pid))

    def ran_out_of_memory(self, pid: int) -> bool:
        return _oom_kills(self.paths[0] / "memory.events") + _oom_kills(self.paths[0] / "memory.oom_control") > 0

    def cpu_seconds(self, pid: int) -> float | None:
        return _cpu_seconds(self.paths[-1])

    def close(self) -> None:
        for path in self.paths:
            for _ in range(100):  # the last processes take a moment to be gone
                try:
                    path.rmdir()
                except FileNotFoundError:
                    break
                except OSError:
                    time.sleep(0.02)
                else:
                    break


@dataclass
class Nursery:
    """For a program that makes many sandboxes, of which each shall have a group. Its own goes before the program: `prefix`.

    scope: the folder in which the groups are made, where systemd has to give it; by `settle`.
    """

    prefix: list[str]
    scope: Path | None = None

    def settle(self, pid: int) -> None:
        """When the program runs. pid: its first process.

        Raises:
            OSError, KeyError: the scope cannot be divided.
        """
        if self.prefix:
            self.scope = _divided(_unified_folder(pid))

    def group(self, limits: Limits) -> "Folders | None":
        """A new one, into which processes of the program's can be moved."""
        return _folder(self.scope, limits) if self.scope else _folders(limits)


def _divided(scope: Path) -> Path:
    """A folder has groups with limits in it only while there is no process in itself.

    Raises:
        OSError
    """
    own = scope / "grader"
    own.mkdir()
    while processes := (scope / "cgroup.procs").read_text().split():
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                (own / "cgroup.procs").write_text(process)
    (scope / "cgroup.subtree_control").write_text("+memory +pids")
    with contextlib.suppress(OSError):  # not everybody is given it
        (scope / "cgroup.subtree_control").write_text("+cpu")
    return scope


def nursery() -> Nursery:
    return Nursery(_systemd_run(["Delegate=yes", "OOMPolicy=continue"]) or [])


def find(limits: Limits) -> ControlGroup | None:
    """A new control group with these limits, or None where there is none to be had."""
    return _scope(limits) or _folders(limits)


def _scope(limits: Limits) -> Scope | None:
    properties = (
        f"MemoryMax={limits.memory}M",
        "MemorySwapMax=0",
        f"TasksMax={limits.processes}",
        "CPUWeight=100",
        "OOMPolicy=continue",
    )
    prefix = _systemd_run(properties)
    return Scope(prefix) if prefix else None


def _systemd_run(properties: Sequence[str]) -> list[str] | None:
    """What put before a command starts it in a scope with these properties, if that works."""
    if not Path("/run/systemd/system").is_dir() or shutil.which("systemd-run") is None:
        return None
    manager = [] if os.geteuid() == 0 else ["--user"]
    settings = [argument for setting in properties for argument in ("--property", setting)]
    prefix = ["systemd-run", *manager, "--scope", "--quiet", "--collect", *settings, "--"]
    works = subprocess.run([*prefix, "true"], stdin=subprocess.DEVNULL, capture_output=True).returncode == 0
    return prefix if works else None


def _folders(limits: Limits) -> Folders | None:
    own, group = _own_paths(Path("/proc/self/cgroup").read_text()), _name()
    if "memory" in own and "pids" in own:
        values = {
            "memory": {"memory.limit_in_bytes": str(limits.memory * MB)},
            "pids": {"pids.max": str(limits.processes)},
            **{name: {} for name in ("cpu", "cpuacct") if name in own},  # whose groups all get the same share
        }
        # Two may be one folder, under two names.
        settings = {(MOUNT / name).resolve() / own[name].lstrip("/") / group: files for name, files in values.items()}
        return _made(settings, "control groups, version 1")
    return _folder(MOUNT / own[""].lstrip("/"), limits) if "" in own else None


def _folder(parent: Path, limits: Limits) -> Folders | None:
    values = {"memory.max": str(limits.memory * MB), "memory.swap.max": "0", "pids.max": str(limits.processes)}
    return _made({parent / _name(): values}, "control group, version 2")


def _name() -> str:
    return f"grader-{os.getpid()}-{next(_number)}"


def _made(settings: Mapping[Path, Mapping[str, str]], name: str) -> Folders | None:
    try:
        for path, values in settings.items():
            _remove_leftovers(path.parent)
            path.mkdir()
            for file, value in values.items():
                (path / file).write_text(value)
    except OSError:
        for path in settings:
            if path.is_dir():
                path.rmdir()
        return None
    return Folders(tuple(settings), name)


def _remove_leftovers(parent: Path) -> None:
    """Groups of runs that were killed: their processes died with them, the empty folders stayed."""
    for path in parent.glob("grader-*-*"):
        pid = path.name.split("-")[1]
        if not Path("/proc", pid).exists():
            with contextlib.suppress(OSError):
                path.rmdir()


def _unified_folder(pid: int) -> Path:
    """Of a process, in version 2.

    Raises:
        OSError, KeyError: the process is gone, or there is none.
    """
    return MOUNT / _own_paths(Path(f"/proc/{pid}/cgroup").read_text())[""].lstrip("/")


def _own_paths(text: str) -> dict[str, str]:
    """Controller -> path, from /proc/PID/cgroup; version 2 has the empty name."""
    lines = (line.split(":", 2) for line in text.splitlines())
    return {controller: path for _, controllers, path in lines for controller in controllers.split(",")}


def _cpu_seconds(folder: Path) -> float | None:
    with contextlib.suppress(OSError):  # version 1
        return int((folder / "cpuacct.usage").read_text()) / 1e9
    with contextlib.suppress(OSError):
        if found := re.search(r"^usage_usec (\d+)", (folder / "cpu.stat").read_text(), re.MULTILINE):
            return int(found[1]) / 1e6
    return None


def _oom_kills(events: Path) -> int:
    try:
        found = re.search(r"^oom_kill (\d+)", events.read_text(), re.MULTILINE)
    except OSError:
        return 0
    return int(found[1]) if found else 0
