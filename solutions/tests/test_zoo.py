"""The hidden cases catch every wrong solution, and charge a single fault a single point."""

from dataclasses import replace

import pytest

from grader.answer import answer
from grader.exercises import BONUS, EXERCISES
from grader.judge import judge, judge_case
from solutions import hidden
from solutions.zoo import RIGHT, ZOO, Wrong, build

GRADED = {exercise.target for exercise in EXERCISES.values()}
# Without the known wrong outputs, which would be computed for every failure.
HIDDEN = {
    seed: {name: [replace(case, mistakes={}) for case in cases] for name, cases in hidden.cases(seed).items()}
    for seed in range(5)
}
# Faults that one exercise alone is about: a student who makes one loses that point and no other.
COST_ONE_POINT = {
    "detached_centroids": "hard_cluster.training",
    "detached_positive": "hard_cluster.training",
    "remembers_the_last_batch": "hard_cluster.training",
    "excludes_by_distance": "hard_cluster.triplets",
    "ties_by_appearance": "hard_cluster.labels",
    "labels_assumed_sorted": "hard_cluster.labels",
    "equal_class_sizes_assumed": "hard_cluster.labels",
    "label_used_as_index": "hard_cluster.labels",
    "cdist_default": "hard_cluster.training",
    "matrix_product_distances": "hard_cluster.training",
    "no_input_checks": "hard_cluster.errors",
    "casts_to_float32": "hard_cluster.training",
    "gradient_through_margin": "hierarchical.gradients",
}


def failed(target: str, student, cases) -> set[str]:
    """The exercises that the student's object fails."""
    result = set()
    for name, exercise in EXERCISES.items():
        if exercise.target == target:
            answers = {
                case.name: answer(exercise.call, student, case.inputs, case.gradient, case.again)
                for case in cases[name]
            }
            if not judge(exercise, cases[name], answers).passed:
                result.add(name)
    return result


def ids(wrong: Wrong) -> str:
    return wrong.name


@pytest.mark.parametrize("wrong", [wrong for wrong in ZOO if wrong.target in GRADED], ids=ids)
def test_hidden_cases_of_every_seed_catch_every_wrong_solution(wrong):
    for cases in HIDDEN.values():
        exercises = failed(wrong.target, wrong.object, cases)
        assert exercises
        assert exercises == {COST_ONE_POINT.get(wrong.name)} or wrong.name not in COST_ONE_POINT


RECOGNISED_BY = hidden.cases(0)
# They raise there, or do no harm that no other mistake does, too; the visible cases know them all.
UNNAMED = {"excludes_by_distance", "label_as_row", "label_used_as_index", "ties_by_appearance"}


@pytest.mark.parametrize("wrong", [wrong for wrong in ZOO if wrong.target in GRADED], ids=ids)
def test_a_hidden_case_names_the_mistake_or_nothing(wrong):
    named = set()
    for name, exercise in EXERCISES.items():
        if exercise.target == wrong.target:
            for case in RECOGNISED_BY[name]:
                given = answer(exercise.call, wrong.object, case.inputs, case.gradient, case.again)
                named.add(judge_case(exercise, case, given).mistake)
    assert named - {None} == (set() if wrong.name in UNNAMED else {wrong.name})


@pytest.mark.parametrize("target", [target for target in RIGHT if target in GRADED])
def test_hidden_cases_accept_the_right_loops(target):
    for cases in HIDDEN.values():
        assert failed(target, build(target), cases) == set()


def test_names_are_unique_and_every_object_has_its_wrong_solutions():
    assert len({wrong.name for wrong in ZOO}) == len(ZOO) >= 16
    assert {wrong.target for wrong in ZOO} == set(RIGHT) == GRADED | {exercise.target for exercise in BONUS.values()}


def test_an_edit_that_does_not_apply_is_an_error():
    with pytest.raises(ValueError, match="stands 0 times"):
        _ = Wrong("nothing", "tree_level", {"no such text": ""}).source
