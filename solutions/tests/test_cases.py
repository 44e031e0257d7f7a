"""The proof that the visible cases are worth something: right solutions pass, every known wrong one is caught by name."""

import re
from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest

from grader import assignments, messages
from grader.answer import answer
from grader.judge import judge, judge_case
from grader.matching import differing
from grader.model import Case, Exercise, Verdict
from solutions import mutants
from solutions.mutants import Mutant

ALL = [(name, exercise) for name in assignments.names() for exercise in assignments.exercises(name).values()]
CASES = [
    pytest.param(assignment, exercise, case, id=f"{exercise.name}-{case.name}")
    for assignment, exercise in ALL
    for case in exercise.cases
]
MUTANTS = [mutant for assignment in assignments.names() for mutant in mutants.of(assignment)]


@pytest.fixture
def verdict_on(answered) -> Callable[[Exercise, Case, object], Verdict]:
    return lambda exercise, case, student: judge_case(
        exercise, case, answered(exercise.target, student, case.inputs, case.gradient, case.before)
    )


@pytest.mark.parametrize(("assignment", "exercise", "case"), CASES)
def test_the_reference_passes(assignment: str, exercise: Exercise, case: Case, reference: dict, verdict_on):
    assert verdict_on(exercise, case, reference[assignment, exercise.target.name]).reason == ""


@pytest.mark.parametrize(("assignment", "exercise", "case"), CASES)
def test_the_plain_solution_passes(assignment: str, exercise: Exercise, case: Case, verdict_on):
    assert verdict_on(exercise, case, mutants.plain(assignment, exercise.target.name)).reason == ""


@pytest.mark.parametrize(("assignment", "exercise", "case"), CASES)
def test_a_stub_fails_as_not_implemented_yet(assignment: str, exercise: Exercise, case: Case):
    def stub(*arguments, **named):
        raise NotImplementedError("Return three tensors.")

    stub.sample = stub
    verdict = judge_case(exercise, case, answer(exercise.target, stub, case.inputs, case.gradient, case.before))
    assert not verdict.passed
    assert re.fullmatch(
        r"Not implemented yet \(stub, line \d+, raises NotImplementedError\)\. Return three tensors\.", verdict.reason
    )


CLAIMS = [
    pytest.param(assignment, exercise, case, mistake, id=f"{exercise.name}-{case.name}-{mistake}")
    for assignment, exercise in ALL
    for case in exercise.cases
    for mistake in case.mistakes
]


@pytest.mark.parametrize(("assignment", "exercise", "case", "mistake"), CLAIMS)
def test_a_wrong_solution_gives_what_was_worked_out_for_it(assignment, exercise, case, mistake, verdict_on):
    mutant = mutants.named(assignment, mistake)
    assert mutant.target == exercise.target.name
    verdict = verdict_on(exercise, case, mutant.object)
    assert not verdict.passed
    if outputs := case.mistakes[mistake]:
        expected = {**case.expected, **outputs}
        given = messages.aligned(exercise, case, expected, verdict.given)
        assert differing(expected, given, case.tolerance) == []


def own_exercises(mutant: Mutant) -> list[Exercise]:
    exercises = assignments.exercises(mutant.assignment).values()
    return [exercise for exercise in exercises if exercise.target.name == mutant.target]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: f"{mutant.assignment}-{mutant.name}")
def test_every_exercise_that_a_wrong_solution_fails_tells_the_student_its_mistake(mutant: Mutant, answered):
    told = set()
    for exercise in own_exercises(mutant):
        answers = {
            case.name: answered(exercise.target, mutant.object, case.inputs, case.gradient, case.before)
            for case in exercise.cases
        }
        report = judge(exercise, exercise.cases, answers)
        if not report.passed:
            assert mutant.name in report.diagnosis.mistakes, exercise.name
            told.add(report.diagnosis.sentence)
        else:
            assert report.diagnosis is None
    assert messages.mistake(own_exercises(mutant)[0], mutant.name) in " ".join(told)


@pytest.mark.parametrize("assignment", assignments.names())
def test_every_wrong_solution_has_a_case_made_for_it_and_a_sentence(assignment):
    exercises = assignments.exercises(assignment).values()
    made_for = {mistake for exercise in exercises for case in exercise.cases for mistake in case.mistakes}
    known = {(mutant.target, mutant.name) for mutant in mutants.of(assignment)}
    told = {(exercise.target.name, mistake) for exercise in exercises for mistake in exercise.target.mistakes}
    assert made_for == {name for _, name in known}
    # what can go wrong anywhere is told by the engine
    assert {pair for pair in known if pair[1] not in messages.ANYWHERE} == told


def test_known_wrong_outputs_differ_from_the_right_ones_and_from_each_other():
    for _, exercise in ALL:
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


def test_homework3_gives_five_points_for_each_of_two_chapters_of_at_least_four_cells_and_eight_cases():
    """That is how this one is planned, and the only place where it stands; whoever plans otherwise changes it here."""
    points, cells, cases = Counter(), Counter(), Counter()
    for name, exercise in assignments.graded("homework3").items():
        chapter = name.split(".")[0]
        points[chapter] += exercise.points
        cells[chapter] += 1
        cases[chapter] += len(exercise.cases)
    assert points == {"hard_cluster": 5, "hierarchical": 5}
    assert min(cells.values()) >= 4
    assert min(cases.values()) >= 8


def test_what_nobody_must_do_has_no_points_and_is_not_among_the_graded():
    for assignment, exercise in ALL:
        assert (exercise.name in assignments.graded(assignment)) == (exercise.points > 0)
    assert not assignments.graded(assignments.TUTORIAL)
    assert any(not exercise.points for exercise in assignments.exercises("homework3").values())


def test_every_exercise_has_visible_cases_with_names_of_their_own():
    for _, exercise in ALL:
        assert exercise.cases, exercise.name
        assert len({case.name for case in exercise.cases}) == len(exercise.cases), exercise.name
