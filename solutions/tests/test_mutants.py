"""The hidden cases catch every mutant, and charge a single fault a single point; plain and reference are independent."""

import ast
import builtins
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from grader import assignments
from grader.judge import judge
from grader.model import Exercise
from solutions import mutants
from solutions.mutants import Mutant
from solutions.tools import samples

SEEDS = range(5)


def exercises_of(assignment: str, target: str) -> dict[str, Exercise]:
    """The graded exercises that check a target."""
    graded = assignments.graded(assignment)
    return {name: exercise for name, exercise in graded.items() if exercise.target.name == target}


ALL = [mutant for assignment in assignments.names() for mutant in mutants.of(assignment)]
GRADED = [mutant for mutant in ALL if exercises_of(mutant.assignment, mutant.target)]
# Faults that one exercise alone is about: a student who makes one loses that point and no other.
COST_ONE_POINT = {
    "homework3": {
        "detached_centroids": "hard_cluster.training",
        "detached_positive": "hard_cluster.training",
        "remembers_the_last_batch": "hard_cluster.training",
        "keeps_the_classes": "hard_cluster.training",
        "keeps_the_rows": "hard_cluster.training",
        "running_mean": "hard_cluster.training",
        "excludes_by_distance": "hard_cluster.triplets",
        "ties_by_appearance": "hard_cluster.labels",
        "labels_assumed_sorted": "hard_cluster.labels",
        "equal_class_sizes_assumed": "hard_cluster.labels",
        "label_used_as_index": "hard_cluster.labels",
        "cdist_default": "hard_cluster.training",
        "matrix_product_distances": "hard_cluster.training",
        "no_input_checks": "hard_cluster.errors",
        "gradient_through_margin": "hierarchical.gradients",
    },
}


@pytest.fixture
def failed(answered, hidden_cases) -> Callable[[str, str, Any, int], set[str]]:
    """The exercises of which the student's object fails the hidden cases of a seed."""

    def failed(assignment: str, target: str, student: Any, seed: int) -> set[str]:
        result = set()
        for name, exercise in exercises_of(assignment, target).items():
            cases = hidden_cases(assignment, seed)[name]
            answers = {
                case.name: answered(exercise.target, student, case.inputs, case.gradient, case.before) for case in cases
            }
            if not judge(exercise, cases, answers).passed:
                result.add(name)
        return result

    return failed


def ids(mutant: Mutant) -> str:
    return f"{mutant.assignment}-{mutant.name}"


@pytest.mark.parametrize("mutant", GRADED, ids=ids)
def test_hidden_cases_of_every_seed_catch_every_mutant(mutant, failed):
    only = COST_ONE_POINT.get(mutant.assignment, {}).get(mutant.name)
    for seed in SEEDS:
        exercises = failed(mutant.assignment, mutant.target, mutant.object, seed)
        assert exercises
        assert exercises == {only} or only is None


@pytest.mark.parametrize(
    ("assignment", "target"), dict.fromkeys((mutant.assignment, mutant.target) for mutant in GRADED)
)
def test_hidden_cases_accept_the_plain_solutions(assignment, target, failed):
    for seed in SEEDS:
        assert failed(assignment, target, mutants.plain(assignment, target), seed) == set()


def test_there_are_mutants_enough():
    assert len(GRADED) >= 16


@pytest.mark.parametrize("assignment", assignments.names())
def test_names_are_unique_and_every_target_has_a_reference_a_plain_solution_and_mutants(assignment):
    found, chapters = mutants.of(assignment), mutants.chapters(assignment)
    targets = {exercise.target.name for exercise in assignments.exercises(assignment).values()}
    assert set(Counter(mutant.name for mutant in found).values()) == {1}
    assert {mutant.target for mutant in found} == set(mutants.sources(assignment)) == targets
    assert sum(len(chapter.PLAIN) for chapter in chapters) == len(targets)
    for visible, chapter in zip(assignments.chapters(assignment), chapters, strict=True):
        assert set(chapter.PLAIN) == {exercise.target.name for exercise in visible.EXERCISES}
        assert all(getattr(chapter, target).__module__ == chapter.__name__ for target in chapter.PLAIN)


@pytest.mark.parametrize("mutant", ALL, ids=ids)
def test_every_edit_applies_and_what_it_makes_is_an_object_of_that_name(mutant):
    assert mutant.source != mutants.sources(mutant.assignment)[mutant.target]
    assert mutant.object.__name__ == mutant.target
    assert mutant.object is not mutants.plain(mutant.assignment, mutant.target)


def test_an_edit_that_does_not_apply_is_an_error():
    with pytest.raises(ValueError, match="stands 0 times"):
        _ = Mutant("nothing", "tree_level", {"no such text": ""}, "homework3").source


@pytest.mark.parametrize("assignment", assignments.names())
def test_the_plain_solutions_know_nothing_of_the_reference(assignment):
    """What they name is torch's, Python's, another plain solution, or their own: they are run where nothing else is."""
    given = {"torch", "nn", "IInbatchTripletSampler", *mutants.sources(assignment), *dir(builtins)}
    for target, source in mutants.sources(assignment).items():
        nodes = list(ast.walk(ast.parse(source)))
        assert not any(isinstance(node, ast.Import | ast.ImportFrom) for node in nodes), target
        loaded = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
        own = {node.id for node in nodes if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}
        own |= {node.arg for node in nodes if isinstance(node, ast.arg)}
        assert loaded - own <= given, target


@pytest.mark.parametrize("assignment", assignments.names())
def test_the_reference_knows_nothing_of_the_plain_solutions(assignment):
    """All that it uses, from whichever module, names neither them nor what finds and builds them."""
    secret = {"PLAIN", "MUTANTS", "HIDDEN", "mutants", "plain", "sources", "Mutant", "exec", "eval", "import_module"}
    for source in samples.reference_sources(assignment).values():
        nodes = list(ast.walk(ast.parse(source)))
        named = {node.id for node in nodes if isinstance(node, ast.Name)}
        named |= {node.attr for node in nodes if isinstance(node, ast.Attribute)}
        assert not named & secret
        imported = {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
        assert not any(module.startswith("solutions") for module in imported)
