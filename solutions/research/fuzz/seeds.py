"""What is mutated: notebooks as students hand them in, and what each is worth, known from elsewhere than grading.

Some have each solution in its own cell, where it is known of each which points hang on it; the others are the gallery's.
"""

import copy
import json
import tempfile
from collections.abc import Collection, Iterable
from functools import cache
from pathlib import Path

import nbformat

from grader import assignments
from grader.tests.hostile import GALLERY
from solutions import mutants
from solutions.research.fuzz.recipes import FILE, NAME, Seed
from solutions.tools import course, samples

EXERCISES = assignments.graded(NAME)
ALL = frozenset(exercise.grade_id for exercise in EXERCISES.values())
CLUSTERS = {"HardClusterTripletsSampler", "ClusterLoss"}
TARGETS = {exercise.target.name for exercise in EXERCISES.values()}
LARGEST = 500_000  # bytes of a notebook of the gallery: larger ones would only be copied


def hanging_on(targets: Collection[str]) -> frozenset[str]:
    """The graded cells that earn nothing where these targets are missing: those that check them, and no later ones."""
    return frozenset(exercise.grade_id for exercise in EXERCISES.values() if exercise.target.name in targets)


def points(cells: Iterable[str]) -> int:
    return sum(exercise.points for exercise in EXERCISES.values() if exercise.grade_id in set(cells))


@cache
def student_version() -> nbformat.NotebookNode:
    return nbformat.read(course.STUDENTS / NAME / FILE, as_version=4)


@cache
def seeds() -> dict[str, Seed]:
    """By name."""
    right = dict(mutants.sources(NAME))
    found = [
        _plain("right", samples.solve(student_version(), right), frozenset()),
        _plain("gus_warns", samples.warns(student_version()), frozenset()),
        _plain("half_done", samples.half_done(student_version()), hanging_on(TARGETS - CLUSTERS)),
        _plain(
            "cleo_own_centroid",
            _sample("cleo_own_centroid"),
            hanging_on(["HardClusterTripletsSampler"]) - {"hard_cluster-errors"},
        ),
        _plain("eva_gradient_through_margin", _sample("eva_gradient_through_margin"), {"hierarchical-gradients"}),
        _plain("untouched", student_version(), ALL),
        *_gallery(),
    ]
    return {seed.name: seed for seed in found}


def _sample(name: str) -> nbformat.NotebookNode:
    return samples.SAMPLES[name](student_version())


def _plain(name: str, notebook: nbformat.NotebookNode, lost: Iterable[str]) -> Seed:
    worth = points(ALL - set(lost))
    return Seed(name, _json(notebook), frozenset(lost), worth, worth, plain=True)


def _gallery() -> list[Seed]:
    found = []
    for name, (build, expected) in GALLERY.items():
        with tempfile.TemporaryDirectory() as outside:
            folder = Path(outside, "submitted", "student", NAME)
            folder.mkdir(parents=True)
            notebook = build(copy.deepcopy(student_version()), folder)
            alone = not folder.is_dir() or not any(folder.iterdir())
        if notebook is None or not alone or expected.outcome == "unreadable":
            continue  # it is about files, of which mutations bring others
        content, worth, calm = _json(notebook), expected.score, expected.outcome == "graded"
        if len(json.dumps(content)) < LARGEST:
            found.append(Seed(name, content, None, worth, _most(notebook, worth), calm=calm))
    return found


def _most(notebook: nbformat.NotebookNode, worth: float) -> float:
    """The points for the right code that stands in a notebook; all points, where it is right in words of its own."""
    texts = "\n".join(cell.source for cell in notebook.cells)
    missing = [target for target, source in mutants.sources(NAME).items() if source.strip() not in texts]
    known = points(ALL - hanging_on(missing))
    return known if worth <= known else points(ALL)


def _json(notebook: nbformat.NotebookNode) -> dict:
    """Without outputs, which are pictures: mutations bring others; and without ids that nbformat drew."""
    content, known = json.loads(json.dumps(notebook)), {cell.id for cell in student_version().cells}
    for number, cell in enumerate(content["cells"]):
        if cell["id"] not in known:
            cell["id"] = f"new-{number}"
        if cell["cell_type"] == "code":
            cell.update(outputs=[], execution_count=None)
    return content
