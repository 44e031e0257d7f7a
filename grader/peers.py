"""Libraries that hold what the exercises ask for. Code that calls them instead is scored as usual, and reported."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

MODULES = (
    "catalyst.contrib.data.sampler_inbatch",
    "catalyst.contrib.losses",
    "oml",
    "pytorch_metric_learning",
)


def peer(module: Any) -> str | None:
    """Which of MODULES a module is, or lies in."""
    if not isinstance(module, str):
        return None
    return next((name for name in MODULES if module == name or module.startswith(f"{name}.")), None)


@contextmanager
def watch() -> Iterator[set[str]]:
    """Collects which of MODULES are called, by whatever name they were imported. It sees one thread, and code that
    wants to hide from it can: it is for the instructor's eye, not for the score."""
    called: set[str] = set()

    def note(frame: FrameType, event: str, _: Any) -> None:
        if event == "call" and (name := peer(frame.f_globals.get("__name__"))):
            called.add(name)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield called
    finally:
        sys.setprofile(before)
