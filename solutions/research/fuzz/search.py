"""Draws recipes with hypothesis, tries them without a kernel, and keeps what was found, shrunk."""

import json
import re
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import torch
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st
from hypothesis.errors import Flaky

from solutions.research.fuzz import anything, archives, child, doors, files, notebooks, outputs, seeds
from solutions.research.fuzz.recipes import MUTATIONS, Recipe, Seed, Work, compatible, follow, to_json

ROUND = 250  # examples of a run of hypothesis, which ends with its first find
PATIENCE = 80  # smaller examples that are tried in the place of one that failed
MOST_STEPS = 6
LARGEST_NUMBER = 2**16
STAGES = {
    "folder": ("notebook", "form", "text", "bytes", "folder"),
    "archive": ("notebook", "form", "text", "bytes", "entries", "archive"),
    "outputs": ("outputs",),
}
REGISTERED = (notebooks, anything, files, archives, outputs)  # whose mutations there are once they are imported
SEEDS = {"folder": seeds.seeds, "archive": seeds.seeds, "outputs": outputs.seeds}


def seed_of(recipe: Recipe) -> Seed:
    return SEEDS[recipe.kind]()[recipe.seed]


def is_certain(recipe: Recipe) -> bool:
    """Is it known what it is worth?"""
    return compatible(recipe.names, seed_of(recipe))


@st.composite
def recipes(
    draw: st.DrawFn, kinds: Iterable[str] = tuple(STAGES), of: Callable[[Seed], bool] = lambda seed: True
) -> Recipe:
    """Half of them of steps that leave it known what the submission is worth. of: which seeds."""
    kind = draw(st.sampled_from(list(kinds)))
    seeds_here = SEEDS[kind]()
    name = draw(st.sampled_from([name for name, seed in seeds_here.items() if of(seed)]))
    certain, seed = draw(st.booleans()), seeds_here[name]
    here = [each.name for each in MUTATIONS.values() if each.stage in STAGES[kind]]
    usable = [step for step in here if not certain or compatible([step], seed)]
    names: list[str] = []
    for step in draw(st.lists(st.sampled_from(usable), min_size=1, max_size=MOST_STEPS)):
        if not certain or compatible([*names, step], seed):
            names.append(step)
    return Recipe(kind, name, tuple((step, draw(st.integers(0, LARGEST_NUMBER))) for step in names))


def drawing(seed: int, examples: int, *phases: Phase) -> Callable:
    """Decorates a test of hypothesis's: so many examples, the same for the same seed, and nothing kept on disk."""

    def decorate(test: Callable) -> Callable:
        quiet = {"database": None, "deadline": None, "suppress_health_check": list(HealthCheck)}
        limited = settings(max_examples=examples, phases=phases, report_multiple_bugs=False, **quiet)
        return seeded(seed)(limited(test))

    return decorate


def made(recipe: Recipe, student: str = "eve") -> Work:
    """What is handed in by this recipe."""
    return follow(recipe, seed_of(recipe), student, outputs.finish if recipe.kind == "outputs" else doors.finish)


def attempt(recipe: Recipe) -> child.Ran:
    """Hand it in, in a child process, to all that comes before the kernel or after it."""
    seed_of(recipe), doors.masters(), outputs.questions()  # once, and not in each child
    checks = {"outputs": lambda work, folder: outputs.problems(work), "archive": doors.problems_of_archive}
    check = checks.get(recipe.kind, doors.problems_of_folder)
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        return child.run(lambda: made(recipe), lambda work: check(work, Path(folder)))


# Finds ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Find:
    """problem: what is wrong, in a sentence. folder: where what was handed in lies."""

    recipe: Recipe
    problem: str
    folder: Path

    def explains(self, recipe: Recipe, problem: str) -> bool:
        """Is this the same problem, of a recipe that has all of these steps?"""
        return kind_of(problem) == kind_of(self.problem) and set(self.recipe.names) <= set(recipe.names)


def kind_of(problem: str) -> str:
    """A problem without what differs from example to example."""
    return re.sub(r"[\d.]+|'[^']*'|\"[^\"]*\"|“[^”]*”|\[.*\]", "…", problem)[:60]


def keep(recipe: Recipe, problem: str, finds: Path, number: int) -> Find:
    """Write what is handed in by a recipe, and the recipe, into a folder of its own."""
    name = re.sub(r"[^a-z0-9]+", "-", kind_of(problem).lower()).strip("-")
    folder, work = finds / f"{number:03}-{recipe.kind}-{name}"[:80], made(recipe)
    folder.mkdir(parents=True)
    (folder / "recipe.json").write_text(f"{to_json(recipe)}\n")
    (folder / "problem.txt").write_text("\n".join([problem, f"seed: {recipe.seed}", *map(ascii, work.did), ""]))
    match recipe.kind:
        case "archive":
            (folder / "theirs.zip").write_bytes(work.archive)
        case "outputs":
            (folder / "outputs.json").write_text(json.dumps(work.outputs))
        case "folder":
            doors.fill(work, folder / "handed-in")
    return Find(recipe, problem, folder)


@dataclass
class Outcome:
    """examples: how many were tried, `certain` of them with known worth. again: how many showed what was known already.
    memory, seconds: the most of one, in bytes and of the processor."""

    examples: int = 0
    certain: int = 0
    again: int = 0
    memory: int = 0
    seconds: float = 0
    finds: list[Find] = field(default_factory=list)

    @property
    def summary(self) -> str:
        return (
            f"{self.examples} examples without a kernel, of {self.certain} of which it is known what they are worth: "
            f"{len(self.finds)} finds, and {self.again} times the same again. One example held at most "
            f"{self.memory / child.MB:.0f} MB and took at most {self.seconds:.1f} seconds of the processor."
        )


class Failed(AssertionError):
    """An example showed a problem that was not found before."""

    def __init__(self, recipe: Recipe, problem: str) -> None:
        super().__init__(problem)
        self.recipe, self.problem = recipe, problem


def without_kernel(examples: int, seed: int, finds: Path, progress: Callable[[int], object]) -> Outcome:
    """Try so many examples. What is found is written to the folder `finds`."""
    torch.set_num_threads(1)  # threads of torch's would not be there in the children
    outcome, number = Outcome(), 0
    while outcome.examples < examples:
        number += 1
        size = min(ROUND, examples - outcome.examples)
        if failed := _round(size, seed * 100_000 + number, outcome, progress):
            outcome.finds.append(keep(failed.recipe, failed.problem, finds, len(outcome.finds) + 1))
    return outcome


def _round(examples: int, seed: int, outcome: Outcome, progress: Callable[[int], object]) -> Failed | None:
    """One run of hypothesis; the smallest example that shows a new problem."""
    failed: Failed | None = None
    shrinking = 0

    @drawing(seed, examples, Phase.generate, Phase.shrink)
    @given(recipes())
    def try_one(recipe: Recipe) -> None:
        nonlocal failed, shrinking
        shrinking += failed is not None
        if shrinking > PATIENCE:
            return
        ran = attempt(recipe)
        new = [problem for problem in ran.problems if not any(find.explains(recipe, problem) for find in outcome.finds)]
        if failed is None:
            outcome.examples += 1
            outcome.certain += is_certain(recipe)
            outcome.again += bool(ran.problems) and not new
            outcome.memory, outcome.seconds = max(outcome.memory, ran.memory), max(outcome.seconds, ran.seconds)
            progress(1)
        else:  # it is being shrunk, and not to another problem
            new = [problem for problem in new if kind_of(problem) == kind_of(failed.problem)]
        if new:
            failed = Failed(recipe, new[0])
            raise failed

    try:
        try_one()
    except (Failed, Flaky):
        return failed
    return None
