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
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from grader.limits import MB, Limits

MOUNT = Path("/sys/fs/cgroup")
_number = itertools.count()


class ControlGroup(Protocol):
    """One group, for one sandbox. `prefix` put before a command starts it in the group."""

    name: str
    prefix: list[str]

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

    def ran_out_of_memory(self, pid: int) -> bool:
        folder = self._folder(pid)
        return folder is not None and _oom_kills(folder / "memory.events") > 0

    def cpu_seconds(self, pid: int) -> float | None:
        folder = self._folder(pid)
        return _cpu_seconds(folder) if folder else None

    def _folder(self, pid: int) -> Path | None:
        try:
            path = _own_paths(Path(f"/proc/{pid}/cgroup").read_text())[""]
        except (OSError, KeyError):
            return None  # the scope has gone
        return MOUNT / path.lstrip("/")

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


def find(limits: Limits) -> ControlGroup | None:
    """A new control group with these limits, or None where there is none to be had."""
    return _scope(limits) or _folders(limits)


def _scope(limits: Limits) -> Scope | None:
    if not Path("/run/systemd/system").is_dir() or shutil.which("systemd-run") is None:
        return None
    manager = [] if os.geteuid() == 0 else ["--user"]
    properties = (
        f"MemoryMax={limits.memory}M",
        "MemorySwapMax=0",
        f"TasksMax={limits.processes}",
        "OOMPolicy=continue",
    )
    settings = [argument for setting in properties for argument in ("--property", setting)]
    prefix = ["systemd-run", *manager, "--scope", "--quiet", "--collect", *settings, "--"]
    works = subprocess.run([*prefix, "true"], stdin=subprocess.DEVNULL, capture_output=True).returncode == 0
    return Scope(prefix) if works else None


def _folders(limits: Limits) -> Folders | None:
    own = _own_paths(Path("/proc/self/cgroup").read_text())
    name = f"grader-{os.getpid()}-{next(_number)}"
    memory, tasks = str(limits.memory * MB), str(limits.processes)
    if "memory" in own and "pids" in own:
        settings = {
            MOUNT / "memory" / own["memory"].lstrip("/") / name: {"memory.limit_in_bytes": memory},
            MOUNT / "pids" / own["pids"].lstrip("/") / name: {"pids.max": tasks},
        }
        if "cpuacct" in own:
            settings[MOUNT / "cpuacct" / own["cpuacct"].lstrip("/") / name] = {}
        return _made(settings, "control groups, version 1")
    if "" in own:
        path = MOUNT / own[""].lstrip("/") / name
        values = {"memory.max": memory, "memory.swap.max": "0", "pids.max": tasks}
        return _made({path: values}, "control group, version 2")
    return None


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
