"""What scores depend on besides the work itself: the code here, and that of a few packages."""

import hashlib
import platform
from collections.abc import Mapping
from functools import cache
from importlib import metadata

from grader.files import ROOT

OURS = ("data", "grader", "solutions")
PACKAGES = ("nbformat", "nbgrader", "numpy", "torch")
# Folders that grading does not use; of notebooks it uses what the course sends.
BESIDE = {"tests", "notebooks", "tools", "research", "student", "instructor", "__pycache__"}
NONE = "none"


@cache
def here() -> dict[str, str]:
    """Name -> version; of our own code, a digest of what grading uses of it."""
    packages = {name: _version(name) for name in PACKAGES}
    python = ".".join(platform.python_version_tuple()[:2])
    return {**{name: _digest(name) for name in OURS}, **packages, "Python": python}


def differences(ours: Mapping[str, str], theirs: Mapping[str, str]) -> str:
    """What differs, as in "torch 2.13.0 (here: 2.12.1)"; empty if nothing does."""
    names = sorted({*ours, *theirs}, key=str.lower)
    pairs = ((name, theirs.get(name, NONE), ours.get(name, NONE)) for name in names)
    return ", ".join(f"{name} {other} (here: {own})" for name, other, own in pairs if other != own)


def _version(package: str) -> str:
    """Without what a build of its own adds, as in 2.13.0+cpu."""
    try:
        return metadata.version(package).partition("+")[0]
    except metadata.PackageNotFoundError:
        return NONE


def _digest(package: str) -> str:
    files = sorted(
        path
        for pattern in ("*.py", "*.json")
        for path in (ROOT / package).rglob(pattern)
        if BESIDE.isdisjoint(path.relative_to(ROOT).parts)
    )
    if not files:
        return NONE
    digest = hashlib.sha256()
    for path in files:
        digest.update(f"{path.relative_to(ROOT).as_posix()}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]
