"""What a notebook calls: `check` a piece of work, ask for a `hint`, and open a training cell when `ready`.

In a student's own session `check` runs the visible cases and reports. While grading, the environment variable
GRADER_INPUTS names a file of inputs, and the same call only answers: it publishes what the student's object made of
each input, as data for `grader.autograde.judge`. It cannot judge there, because no expected value is at hand.
"""

import difflib
import json
import os
from pathlib import Path
from typing import Any

from grader import wire
from grader.exercises import BONUS, EXERCISES, Exercise
from grader.judge import Report, judge

INPUTS_VARIABLE = "GRADER_INPUTS"
ANSWER_MIME = "application/vnd.grader.answer+json"

ALL = EXERCISES | BONUS  # what a notebook may check; the grader asks for EXERCISES only

_passed: dict[str, bool] = {}  # exercise name -> did its last check in this session pass?


def grading() -> bool:
    """Is this kernel answering for the grader, rather than talking to a student?"""
    return INPUTS_VARIABLE in os.environ


def check(name: str, target: Any) -> Report | None:
    """Check one piece of work.

    Args:
        name: an exercise, such as "hard_cluster.triplets".
        target: the student's class or function.

    Returns:
        The report, which displays itself; None while grading.

    Raises:
        ValueError: there is no such exercise.
    """
    exercise = _exercise(name)
    if grading():
        if name in EXERCISES:
            _publish_answers(exercise, target)
        return None
    report = judge(exercise, exercise.cases, _answers(exercise, target))
    _passed[name] = report.passed
    return report


def _answers(exercise: Exercise, target: Any) -> dict[str, Any]:
    """The answers to the visible cases, by case name."""
    from grader.answer import answer

    return {
        case.name: answer(exercise.call, target, dict(case.inputs), case.gradient, case.again)
        for case in exercise.cases
    }


def _publish_answers(exercise: Exercise, target: Any) -> None:
    from IPython.display import publish_display_data

    from grader.answer import answer

    questions = json.loads(Path(os.environ[INPUTS_VARIABLE]).read_text())[exercise.name]
    answers = {
        question["id"]: answer(
            exercise.call, target, wire.decode_inputs(question["inputs"]), question["gradient"], question["again"]
        )
        for question in questions
    }
    publish_display_data({ANSWER_MIME: {"exercise": exercise.name, "answers": answers}})


def ready(*names: str) -> bool:
    """May a training cell start?

    Args:
        names: exercises, or what their names begin with: "hard_cluster" stands for all of its parts.

    Returns:
        True when every check of `names` has passed in this session (so `ready()` is True at once). Otherwise it
        prints what is still missing. Always False while grading: nothing is trained then.
    """
    if grading():
        return False
    missing = [part for name in names for part in _parts(name) if not _passed.get(part)]
    if missing:
        print("This training cell opens when these checks are green:")
        for part in missing:
            state = "not there yet" if part in _passed else "not run yet"
            print(f"  {part:<32}{state}")
    return not missing


def hint(name: str, level: int = 1) -> None:
    """Print a hint on an exercise: level 1 nudges, 2 explains, 3 nearly gives the code.

    Raises:
        ValueError: no such exercise, or a level outside 1 to 3.
    """
    hints = _exercise(name).hints
    if level not in range(1, len(hints) + 1):
        raise ValueError(f"hints have the levels 1 to {len(hints)}, got {level}")
    print(f"Hint {level} of {len(hints)}: {hints[level - 1]}")


def _exercise(name: str) -> Exercise:
    if name not in ALL:
        raise ValueError(f"there is no exercise {name!r}; {_suggestion(name)}")
    return ALL[name]


def _parts(prefix: str) -> list[str]:
    parts = [name for name in ALL if name == prefix or name.startswith(f"{prefix}.")]
    if not parts:
        raise ValueError(f"there is no exercise {prefix!r}; {_suggestion(prefix)}")
    return parts


def _suggestion(name: str) -> str:
    close = difflib.get_close_matches(name, ALL, n=1)
    return f"did you mean {close[0]!r}?" if close else f"there are: {', '.join(ALL)}"
