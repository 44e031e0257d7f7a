"""Right solutions in many styles lose no point: neither in the visible cases nor in the hidden ones of any seed."""

import pytest

from grader import assignments
from grader.answer import answer
from grader.judge import judge
from solutions.research import wrong_solutions
from solutions.research.diagnosis import built

RIGHT = [solution for module in wrong_solutions.modules() for solution in module.RIGHT]


@pytest.mark.parametrize("solution", RIGHT, ids=lambda solution: solution.name)
def test_it_passes_all_cases(solution, hidden_cases):
    assignment, target, student = built(solution)
    for name, exercise in assignments.exercises(assignment).items():
        if exercise.target.name == target:
            unseen = [case for seed in range(3) for case in hidden_cases(assignment, seed).get(name, ())]
            for cases in (exercise.cases, *(unseen[i : i + 1] for i in range(len(unseen)))):
                answers = {
                    case.name: answer(exercise.target, student, case.inputs, case.gradient, case.before)
                    for case in cases
                }
                failed = [verdict for verdict in judge(exercise, cases, answers).verdicts if not verdict.passed]
                assert not failed, f"{failed[0].case.name}: {failed[0].reason}"
