"""The hidden cases: the one place where the grader learns of `solutions`, on the instructor's machine only."""

from dataclasses import replace
from functools import lru_cache

from grader.assignments import Cases

SUFFIX = " (hidden)"  # ends the name of a hidden case


@lru_cache(maxsize=1)  # all notebooks of a run have one seed
def graded_cases(assignment: str, seed: int) -> Cases:
    """The visible cases of what is graded in an assignment, and the hidden ones of a seed.

    Raises:
        ModuleNotFoundError: `solutions` is not installed here.
    """
    from solutions import hidden

    unseen = hidden.cases(assignment, seed)
    return {
        # A hidden case may be named like a visible one, but answers are told apart by name.
        name: (*cases, *(replace(case, name=f"{case.name}{SUFFIX}") for case in unseen[name]))
        for name, cases in hidden.visible_cases(assignment).items()
    }
