"""What the tests of the exercises share: the reference, hidden cases, and answers that are computed once."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import torch

from grader import assignments
from grader.model import Case, Inputs, Target
from solutions import hidden, mutants
from solutions.mutations import unwatched
from solutions.tests import jupyter, scratch

if TYPE_CHECKING:
    from playwright.sync_api import Browser

HOMEWORK = "homework3"


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Batches here are small: a second thread of torch's takes more time than it saves."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def with_toy(once) -> Path:
    """A copy of the repository in which CONTRIBUTING.md was followed: take a copy of it, since it is everybody's."""

    def make(folder: Path) -> None:
        scratch.copy_of_the_repository(folder)
        scratch.follow(folder)
        for command in scratch.commands()[:3]:
            scratch.well(folder, command)

    return once("with_toy", make)


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """For no longer than a module: as long as it lives, nothing else in this process can start an event loop."""
    with jupyter.headless() as browser:
        yield browser


@pytest.fixture(scope="session")
def server(assigned, tmp_path_factory) -> Iterator[jupyter.Server]:
    """JupyterLab, which knows nothing of the user's own, on a scratch course."""
    jupyter.chromium()
    home = tmp_path_factory.mktemp("home")
    assigned(home / "course")
    with jupyter.serving(home, home / "course") as server:
        yield server


@pytest.fixture(scope="session")
def reference() -> dict[tuple[str, str], Any]:
    """The reference solutions, by assignment and the name that a student's object has there."""
    return {
        (assignment, target): getattr(chapter, target)
        for assignment in assignments.names()
        for chapter in mutants.chapters(assignment)
        for target in chapter.PLAIN
    }


@pytest.fixture(scope="session")
def answered() -> Callable[..., dict]:
    """`unwatched`, but the same object is asked for the same inputs once in a session."""
    kept: dict[tuple, tuple] = {}

    def once(
        target: Target, student: Any, inputs: Inputs, gradient: bool = False, before: Inputs | None = None
    ) -> dict:
        key = id(target), id(student), id(inputs), gradient, id(before or None)
        if key not in kept:  # with what was asked, so that its ids are given to nothing else
            kept[key] = unwatched(target, student, inputs, gradient, before), target, student, inputs, before
        return kept[key][0]

    return once


@pytest.fixture(scope="session")
def hidden_cases() -> Callable[[str, int], dict[str, tuple[Case, ...]]]:
    """`hidden.cases`, of which each seed is drawn once."""
    return cache(hidden.cases)
