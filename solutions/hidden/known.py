"""The known wrong outputs of a hidden case: what the wrong solutions of `solutions.zoo` make of its input.

They are computed when somebody looks, which is `grader.judge` once a case has failed: right work never waits for them.
It is our own code that runs then, on our own input; nothing of a student's.
"""

from collections.abc import Iterator, Mapping
from functools import cache, cached_property

from grader.exercises.model import Case, Exercise
from grader.matching import Arrays, same


class KnownMistakes(Mapping[str, Arrays]):
    """Name of a wrong solution -> its outputs on this case.

    Left out are the wrong solutions that do no harm here, raise, alter the input, or cannot be told from another one.
    """

    def __init__(self, exercise: Exercise, case: Case):
        self.exercise = exercise
        self.case = case

    @cached_property
    def outputs(self) -> dict[str, Arrays]:
        from grader.answer import answer
        from grader.judge import judge_case

        exercise, case, found = self.exercise, self.case, {}
        for name, target in _wrong_solutions(exercise.target).items():
            verdict = judge_case(exercise, case, answer(exercise.call, target, case.inputs, case.gradient, case.again))
            if not verdict.passed and verdict.given is not None:
                found[name] = verdict.given
        return {
            name: given
            for name, given in found.items()
            if not any(same(exercise, case, given, other) for other in found.values() if other is not given)
        }

    def __getitem__(self, name: str) -> Arrays:
        return self.outputs[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.outputs)

    def __len__(self) -> int:
        return len(self.outputs)


@cache
def _wrong_solutions(target: str) -> dict[str, object]:
    from solutions.zoo import ZOO  # imports torch and Catalyst, which takes seconds

    return {wrong.name: wrong.object for wrong in ZOO if wrong.target == target}
