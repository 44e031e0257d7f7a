"""What is handed in while fuzzing: a seed, whose worth is known, and what was done to it, step by step.

A step is a mutation's name and a number from which the mutation draws what it needs. So a recipe is plain data: it can be
shrunk step by step, kept, and followed again. Steps are taken in the order of the STAGES.
"""

import copy
import json
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

NAME = "homework3"
FILE = f"{NAME}.ipynb"
TIME = "20260503T233007Z"  # at which all is handed in
# In this order: JSON of the notebook, how that is written, text of its file, bytes of its file, files beside it, entries of
# the archive, bytes of the archive; and outputs, which are no part of a submission.
STAGES = ("notebook", "form", "text", "bytes", "folder", "entries", "archive", "outputs")
MINE = "# mine"  # begins each cell of code that a mutation adds without changing what the notebook is worth

Step = tuple[str, int]


@dataclass(frozen=True)
class Recipe:
    """kind: "folder" or "archive", in which a notebook is handed in, or "outputs" of a check cell."""

    kind: str
    seed: str
    steps: tuple[Step, ...]

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.steps]


@dataclass(frozen=True)
class Seed:
    """A notebook as nbformat's JSON, or the outputs of a check cell.

    lost: the graded cells that earn nothing; None: see `worth`.
    worth: of all of it, in points. most: that any mutation of it may earn.
    plain: each solution stands in its own cell, and every cell of the master is where it was.
    calm: grading it ends as grading any notebook does, and not by a limit.
    """

    name: str
    content: dict[str, Any]
    lost: frozenset[str] | None
    worth: float
    most: float
    plain: bool = False
    calm: bool = True


@dataclass
class Work:
    """A seed on its way through the mutations.

    student: who hands it in. certain: is it still known what it is worth?
    notebook, text, content: of the stages up to "bytes", the later ones made of the former.
    file: the notebook's name, or where it lies in the folder.
    others: files beside it, name -> content, or a function that makes it of its path.
    entries, archive: see `archives`. outputs: see `outputs`.
    lost: graded cells that mutations took the points from.
    replaced: solution cell -> the text that will run in its place.
    did: what was done, in words.
    """

    seed: Seed
    student: str
    certain: bool
    notebook: Any
    text: str = ""
    content: bytes = b""
    file: str = FILE
    others: dict[str, Any] = field(default_factory=dict)
    entries: list[Any] = field(default_factory=list)
    archive: bytes = b""
    outputs: list[Any] = field(default_factory=list)
    lost: set[str] = field(default_factory=set)
    replaced: dict[str, str] = field(default_factory=dict)
    did: list[str] = field(default_factory=list)

    @property
    def cells(self) -> list[Any]:
        """What earlier mutations left of the list of cells."""
        cells = self.notebook.get("cells") if isinstance(self.notebook, dict) else None
        return cells if isinstance(cells, list) else []

    def whole(self) -> list[dict[str, Any]]:
        """The cells that are still cells."""
        types = {"cell_type": str, "source": str, "metadata": dict}
        cells = (cell for cell in self.cells if isinstance(cell, dict))
        return [cell for cell in cells if all(isinstance(cell.get(key), kind) for key, kind in types.items())]

    def code(self) -> list[dict[str, Any]]:
        return [cell for cell in self.whole() if cell["cell_type"] == "code"]


@dataclass(frozen=True)
class Mutation:
    """keeps: it leaves the notebook its worth, or takes a known part of it (`Work.lost`).

    touches: what of a submission it changes; of those that keep the worth, two that touch the same leave it open.
    """

    name: str
    stage: str
    keeps: bool
    touches: frozenset[str]
    change: Callable[[Work, random.Random], str | None]


MUTATIONS: dict[str, Mutation] = {}


def mutation(stage: str, keeps: str | None = None) -> Callable:
    """Registers a function that changes a `Work`, and may say how. keeps: the worth, and what it touches, in words."""

    def register(change: Callable[[Work, random.Random], str | None]) -> Callable[[Work, random.Random], str | None]:
        touches = frozenset((keeps or "").split())
        MUTATIONS[change.__name__] = Mutation(change.__name__, stage, keeps is not None, touches, change)
        return change

    return register


def compatible(names: Iterable[str], seed: Seed) -> bool:
    """Is it known what these mutations leave of the worth of a seed?"""
    touched: set[str] = set()
    for each in (MUTATIONS[name] for name in names):
        if not each.keeps or each.touches & touched or ("order" in each.touches and not seed.plain):
            return False
        touched |= each.touches
    return True


def follow(recipe: Recipe, seed: Seed, student: str, finish: Callable[[Work, str], None]) -> Work:
    """Take the steps. `finish` is called at the end of each stage, to make of it what the next one begins with."""
    work = Work(seed, student, compatible(recipe.names, seed), copy.deepcopy(seed.content))
    for stage in STAGES:
        for name, number in recipe.steps:
            if MUTATIONS[name].stage == stage:
                work.did.append(_take(work, name, number))
        finish(work, stage)
    return work


def _take(work: Work, name: str, number: int) -> str:
    try:
        said = MUTATIONS[name].change(work, random.Random(number))
    except (TypeError, ValueError, LookupError, AttributeError, StopIteration):
        if work.certain:
            raise
        said = "there was nothing left of it to change"
    return f"{name}: {said}" if said else name


def to_json(recipe: Recipe) -> str:
    return json.dumps({"kind": recipe.kind, "seed": recipe.seed, "steps": recipe.steps})


def from_json(text: str) -> Recipe:
    """What `to_json` was given.

    Raises:
        ValueError, KeyError, TypeError: it is another thing.
    """
    content = json.loads(text)
    steps = tuple((str(name), int(number)) for name, number in content["steps"])
    if unknown := [name for name, _ in steps if name not in MUTATIONS]:
        raise ValueError(f"there is no mutation {unknown[0]}")
    return Recipe(content["kind"], content["seed"], steps)
