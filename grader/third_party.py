"""Libraries that hold what an exercise asks for. Code that calls them instead is scored as usual, and reported."""

import cProfile
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any


def library(module: Any, libraries: Sequence[str]) -> str | None:
    """Which of the libraries a module is, or lies in."""
    if not isinstance(module, str):
        return None
    return next((name for name in libraries if module == name or module.startswith(f"{name}.")), None)


@contextmanager
def watch(libraries: Sequence[str]) -> Iterator[set[str]]:
    """Collects which of the libraries are called, by whatever name they were imported. It sees one thread, and code that
    wants to hide from it can: it is for the instructor's eye, not for the score."""
    called: set[str] = set()

    def note(frame: FrameType, event: str, _: Any) -> None:
        if event == "call" and (name := library(frame.f_globals.get("__name__"), libraries)):
            called.add(name)

    if not libraries:
        yield called
        return
    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield called
    finally:
        sys.setprofile(before if callable(before) else None)
        if isinstance(before, cProfile.Profile):  # no function, but written in C; it knows how to go on itself
            before.enable()
