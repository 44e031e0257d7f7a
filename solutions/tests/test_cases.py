"""The proof that the visible cases are worth something: right solutions pass, every known wrong one is caught by name."""

import re

import numpy as np
import pytest

from grader.answer import answer
from grader.exercises import BONUS, EXERCISES, Case, Exercise
from grader.exercises.mistakes import MISTAKES
from grader.judge import Verdict, explain, judge_case
from solutions import zoo

ALL = EXERCISES | BONUS
CASES = [
    pytest.param(exercise, case, id=f"{name}-{case.name}") for name, exercise in ALL.items() for case in exercise.cases
]
WRONG = {wrong.name: wrong for wrong in zoo.ZOO}


def verdict_on(exercise: Exercise, case: Case, target: object) -> Verdict:
    return judge_case(exercise, case, answer(exercise.call, target, dict(case.inputs), case.gradient, case.again))


@pytest.mark.parametrize(("exercise", "case"), CASES)
def test_the_reference_passes(exercise: Exercise, case: Case, reference: dict):
    assert verdict_on(exercise, case, reference[exercise.target]).reason == ""


@pytest.mark.parametrize(("exercise", "case"), CASES)
def test_an_independent_loop_passes(exercise: Exercise, case: Case):
    assert verdict_on(exercise, case, zoo.build(exercise.target)).reason == ""


@pytest.mark.parametrize(("exercise", "case"), CASES)
def test_a_stub_fails_as_not_implemented_yet(exercise: Exercise, case: Case):
    def stub(*arguments, **named):
        raise NotImplementedError("Return three tensors.")

    stub.sample = stub
    verdict = verdict_on(exercise, case, stub)
    assert not verdict.passed
    assert re.fullmatch(
        r"Not implemented yet \(stub, line \d+, raises NotImplementedError\)\. Return three tensors\.", verdict.reason
    )


CLAIMS = [
    pytest.param(exercise, case, mistake, id=f"{name}-{case.name}-{mistake}")
    for name, exercise in ALL.items()
    for case in exercise.cases
    for mistake in case.mistakes
]


@pytest.mark.parametrize(("exercise", "case", "mistake"), CLAIMS)
def test_a_wrong_solution_is_recognised_by_the_case_that_names_it(exercise: Exercise, case: Case, mistake: str):
    assert WRONG[mistake].target == exercise.target
    verdict = verdict_on(exercise, case, WRONG[mistake].object)
    assert not verdict.passed
    assert verdict.mistake == mistake, verdict.reason
    assert explain(verdict) == MISTAKES[mistake]


@pytest.mark.parametrize("wrong", zoo.ZOO, ids=lambda wrong: wrong.name)
def test_no_wrong_solution_is_called_by_anothers_name(wrong: zoo.Wrong):
    for exercise in ALL.values():
        if exercise.target == wrong.target:
            for case in exercise.cases:
                verdict = verdict_on(exercise, case, wrong.object)
                assert verdict.mistake in (None, wrong.name), case.name


def test_every_wrong_solution_has_a_case_made_for_it():
    made_for = {mistake for exercise in ALL.values() for case in exercise.cases for mistake in case.mistakes}
    assert made_for == set(WRONG) == set(MISTAKES)


def test_known_wrong_outputs_differ_from_the_right_ones_and_from_each_other():
    for exercise in ALL.values():
        for case in exercise.cases:
            outputs = [case.expected, *({**case.expected, **wrong} for wrong in case.mistakes.values() if wrong)]
            for i, one in enumerate(outputs):
                for other in outputs[:i]:
                    assert not all(
                        one[key].shape == other[key].shape
                        and one[key].dtype == other[key].dtype
                        and np.allclose(one[key], other[key])
                        for key in one
                    ), (exercise.name, case.name)


def test_both_chapters_have_five_points_over_at_least_eight_cells_and_eight_cases_each():
    assert len(EXERCISES) >= 8
    for chapter in ("hard_cluster", "hierarchical"):
        parts = [exercise for name, exercise in EXERCISES.items() if name.startswith(f"{chapter}.")]
        assert sum(exercise.points for exercise in parts) == 5
        assert sum(len(exercise.cases) for exercise in parts) >= 8


def test_what_nobody_must_do_has_no_points_and_is_not_among_the_graded():
    assert [exercise.points for exercise in BONUS.values()] == [0] * 7  # four of the class tree, three of the tutorial
    assert not set(BONUS) & set(EXERCISES)
    assert all(3 <= len(exercise.cases) <= 5 for exercise in BONUS.values())
