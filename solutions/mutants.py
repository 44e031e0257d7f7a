"""The plain right solutions of an assignment and the known mistakes, each a plain solution with an edit, as objects.

The chapters hold both as text (see `solutions`); here they are found and built: for hidden cases, whose expected values the
plain ones compute, for sample submissions, and for the tests, which prove that every exercise accepts the plain solution and
that the case made for a mistake recognises it by name. None of it may come near a student's kernel.
"""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from types import ModuleType
from typing import Any

from grader import assignments


@dataclass(frozen=True)
class Mutant:
    """A known wrong solution.

    name: of the mistake, unique in its assignment.
    target: whose plain solution is edited.
    edits: text of the plain solution, which stands there once -> what stands there instead.
    assignment: filled in when it is found.
    base: another right solution that is edited instead.
    faults: of one that is generated (see `solutions.mutations`), a sentence for the student on each thing that is wrong.
    place: the part of the formula that they concern.
    """

    name: str
    target: str
    edits: Mapping[str, str]
    assignment: str = ""
    base: str = ""
    faults: tuple[str, ...] = ()
    place: str = ""

    @property
    def says(self) -> str:
        return " ".join(self.faults)

    @property
    def source(self) -> str:
        """Raises ValueError: an edit does not apply."""
        source = self.base or sources(self.assignment)[self.target]
        for old, new in self.edits.items():
            if source.count(old) != 1:
                raise ValueError(
                    f"{self.name}: the edited text stands {source.count(old)} times in {self.target}: {old}"
                )
            source = source.replace(old, new)
        return source

    @cached_property
    def object(self) -> Any:
        """Amid the plain solutions of the other targets."""
        namespace = dict(_plain(self.assignment))
        exec(self.source, namespace)
        return namespace[self.target]


@cache
def chapters(assignment: str) -> tuple[ModuleType, ...]:
    """The secret halves of an assignment's chapters, in the order of the notebook."""
    visible = assignments.chapters(assignment)
    return tuple(
        importlib.import_module(chapter.__name__.replace("grader.exercises", "solutions", 1)) for chapter in visible
    )


@cache
def sources(assignment: str) -> Mapping[str, str]:
    """target -> the text of its plain solution."""
    return {target: source for chapter in chapters(assignment) for target, source in chapter.PLAIN.items()}


@cache
def of(assignment: str) -> tuple[Mutant, ...]:
    """All mutants of an assignment."""
    return tuple(
        replace(mutant, assignment=assignment) for chapter in chapters(assignment) for mutant in chapter.MUTANTS
    )


def named(assignment: str, name: str) -> Mutant:
    return next(mutant for mutant in of(assignment) if mutant.name == name)


def plain(assignment: str, target: str) -> Any:
    """The plain solution, as an object. It is built once: it keeps nothing of what it is called with."""
    return _plain(assignment)[target]


@cache
def _plain(assignment: str) -> dict[str, Any]:
    """The namespace in which all plain solutions of an assignment are defined; they may call each other."""
    import torch
    from catalyst.contrib.data import IInbatchTripletSampler

    namespace = {"torch": torch, "nn": torch.nn, "IInbatchTripletSampler": IInbatchTripletSampler}
    for source in sources(assignment).values():
        exec(source, namespace)
    return namespace
