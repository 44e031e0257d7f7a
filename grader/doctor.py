"""Can this machine grade notebooks that nobody trusts? Behind `grader doctor`: one line per finding."""

import platform
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from grader.autograde import cgroup, sandbox
from grader.autograde.limits import Limits


@dataclass(frozen=True)
class Finding:
    """good: True, False, or None for what is worth knowing and no fault. remedy: lines on what to do."""

    good: bool | None
    what: str
    remedy: str = ""


def findings() -> Iterator[Finding]:
    yield Finding(True, f"Python {platform.python_version()} in {sys.prefix}, {platform.system()} {platform.release()}")
    try:
        yield Finding(True, f"nbgrader {version('nbgrader')}")
    except PackageNotFoundError:
        yield Finding(False, "nbgrader is not installed", "make setup")
    if find_spec("solutions") is None:
        yield Finding(None, "solutions is not installed: hidden cases need it, so grading does; checking does not")
    else:
        yield Finding(True, "solutions is installed: the hidden cases are at hand")
    yield from _sandbox()


def _sandbox() -> Iterator[Finding]:
    limits = Limits()
    try:
        bwrap = sandbox.find_bwrap()
        yield Finding(True, f"bubblewrap: {bwrap}")
        sandbox.try_out(bwrap, limits)
    except sandbox.NoSandbox as problem:
        what, _, remedy = str(problem).partition("\n")
        yield Finding(False, what, remedy)
        return
    yield Finding(True, "a notebook's kernel can start in the sandbox")
    group = cgroup.find(limits)
    if group is None:
        yield Finding(
            None,
            "no control groups: memory is limited for each process of a notebook, not for all together",
            "Where systemd runs, log in as a user with a session of its own (loginctl enable-linger), or grade as root.",
        )
    else:
        group.close()
        yield Finding(True, f"memory and processes are limited by {group.name}")
