"""What a notebook calls: `check` a piece of work, ask for a `hint`, open a training cell when `ready`, see the `progress`.

In a student's own session `check` runs the visible cases and reports. While grading, the same call only answers: it
publishes what the student's object made of each input that it is given (see `grader.protocol`). It cannot judge there,
because no expected value is at hand.
"""

import difflib
from collections.abc import Mapping
from dataclasses import replace
from itertools import takewhile
from typing import Any

from grader import assignments, protocol
from grader.judge import judge
from grader.model import Diagnosis, Exercise, Hints, Report, State, batches
from grader.show import Shown
from grader.student import hiding
from grader.student.progress import Progress

# What this session remembers: the last report on each exercise, and the highest level seen of each set of hints.
_reports: dict[str, Report] = {}
_hinted: dict[Hints, int] = {}

hiding.warn()  # once, by the cell that imports this: further down, what is missing would be no more than missing


def check(name: str, target: Any) -> Report | None:
    """Check one piece of work.

    Args:
        name: of an exercise, "chapter.part".
        target: the student's class or function.

    Returns:
        The report, which displays itself; None while grading.

    Raises:
        ValueError: there is no such exercise.
    """
    __tracebackhide__ = True  # where a student interrupts it, IPython shows their cell and none of our lines
    exercise = _exercise(name)
    if protocol.answering():
        if questions := protocol.asked(name):
            _publish_answers(exercise, target, questions)
        return None
    _reports.pop(name, None)  # what is interrupted has not passed
    report = judge(exercise, exercise.cases, _answers(exercise, target))
    _reports[name] = report  # on which the advice depends
    if report.state is State.FAILED:
        first, report = with_where_to_start(report, _reports)
        report = replace(report, advice=_advice(first))
    _reports[name] = Shown(**vars(report))
    return _reports[name]


def _advice(first: str) -> str:
    """Where the next hint is to be had."""
    hints = _hints(first)
    again = " again" if _hinted.get(hints) == len(hints) else ""
    return f'Stuck? hint("{first}") gives hint {_next_level(hints)} of {len(hints)}{again}.'


def with_where_to_start(report: Report, reports: Mapping[str, Report]) -> tuple[str, Report]:
    """Of a check that failed: the exercise to mend first, and the report. It says so where others have their diagnosis if
    that is an earlier one: what is wrong there may be all that is wrong here."""
    first, mend = where_to_start(report.exercise, reports)
    if mend and (first in report.exercise.needs or report.diagnosis is None):
        report = replace(report, diagnosis=Diagnosis((), mend))
    return first, report


def where_to_start(exercise: Exercise, reports: Mapping[str, Report]) -> tuple[str, str]:
    """Of a check that failed: the exercise to mend first, and a sentence on it if that is an earlier one."""
    earlier = takewhile(lambda name: name != exercise.name, assignments.everything())
    for name in (name for name in earlier if name in reports and not reports[name].passed):
        if name in exercise.needs:
            return (
                name,
                f"Start with {name}, which is not there yet: if this code calls that one, the fault may lie there. "
                "Grading tries it with a right one, too, so that a fault there costs nothing here.",
            )
        if reports[name].exercise.target is exercise.target:
            return name, f"Start with {name}, which checks the same code and is not there yet."
    return exercise.name, ""


def _answers(exercise: Exercise, target: Any) -> dict[str, Any]:
    """The answers to the visible cases, by case name."""
    from grader.answer import answer, within_the_students

    __tracebackhide__ = True
    answers = {}
    for case in exercise.cases:
        try:
            answers[case.name] = answer(exercise.target, target, case.inputs, case.gradient, case.before)
        except KeyboardInterrupt as interrupt:
            interrupt.add_note(f"The check was stopped in the case “{case.name}”.")
            raise interrupt.with_traceback(within_the_students(interrupt.__traceback__)) from None
    return answers


def _publish_answers(exercise: Exercise, target: Any, questions: list[protocol.Question]) -> None:
    protocol.publish(exercise.name, {asked.id: _answer_for_grading(exercise, target, asked) for asked in questions})


def _answer_for_grading(exercise: Exercise, target: Any, asked: protocol.Question) -> dict[str, Any]:
    from grader import stand_ins
    from grader.answer import answer

    def now() -> dict[str, Any]:
        return answer(exercise.target, target, asked.inputs, asked.gradient, asked.before)

    own = now()
    if asked.earlier:
        needed = {part.target.name: part.target for part in map(_exercise, exercise.needs)}
        parts = [(needed[name], right) for name, right in asked.earlier.items()]
        with stand_ins.put_in(target, parts, batches(asked)):
            own[protocol.HELPED] = now()
    return own


def ready(*names: str) -> bool:
    """May a training cell start?

    Args:
        names: exercises, or what their names begin with: the name of a chapter stands for all of its parts.

    Returns:
        True when every check of `names` has passed in this session (so `ready()` is True at once). Otherwise it
        prints what is still missing. Always False while grading: nothing is trained then.
    """
    if protocol.answering():
        return False
    missing = [part for name in names for part in _parts(name) if part not in _reports or not _reports[part].passed]
    if missing:
        print("This training cell opens when these checks are green:")
        for part in missing:
            state = State.FAILED if part in _reports else State.NOT_RUN
            print(f"  {part:<32}{state.words}")
    return not missing


def hint(name: str, level: int | None = None) -> None:
    """Print a hint on an exercise, or on what fails of it: level 1 nudges, 2 explains, 3 nearly gives the code.

    Args:
        name: of an exercise, "chapter.part".
        level: None for the next one that this session has not seen, and the last one from then on.

    Raises:
        ValueError: no such exercise, or a level outside 1 to 3.
    """
    hints = _hints(_exercise(name).name)
    level = _next_level(hints) if level is None else level
    if not isinstance(level, int) or level not in range(1, len(hints) + 1):
        raise ValueError(f"hints have the levels 1 to {len(hints)}, got {level}")
    _hinted[hints] = max(level, _hinted.get(hints, 0))
    print(f"Hint {level} of {len(hints)}: {hints[level - 1]}")


def _hints(name: str) -> Hints:
    """Those of the first case that failed in the last check, if it has some of its own and is not one of all; else those
    of the exercise."""
    report = _reports.get(name)
    failed = [verdict.case for verdict in report.verdicts if not verdict.passed] if report else []
    special = failed[0].hints if failed and report.passed_cases else None
    return special or assignments.everything()[name].hints


def _next_level(hints: Hints) -> int:
    return min(_hinted.get(hints, 0) + 1, len(hints))


def progress(*names: str) -> Progress | None:
    """The parts of the work with their points so far, as a table that displays itself; None while grading.

    Args:
        names: exercises, or what their names begin with, as for `ready`. Without any: all that is graded of the
            assignments of which something was checked in this session, and whatever else was checked.

    Raises:
        ValueError: there is no such exercise.
    """
    if protocol.answering():
        return None
    parts = [part for name in names for part in _parts(name)] or _parts_at_hand()
    known = assignments.everything()
    return Progress(tuple((known[part], _reports.get(part)) for part in dict.fromkeys(parts)))


def _parts_at_hand() -> list[str]:
    """What is graded of the assignments of this session, all of them before the first check, and what else was checked."""
    at_hand = {assignments.assignment_of(name) for name in _reports} or set(assignments.names())
    return [
        name
        for assignment in assignments.names()
        for name, exercise in assignments.exercises(assignment).items()
        if (exercise.points and assignment in at_hand) or name in _reports
    ]


def _exercise(name: str) -> Exercise:
    __tracebackhide__ = True
    if not isinstance(name, str) or name not in assignments.everything():
        raise _no_exercise(name)
    return assignments.everything()[name]


def _parts(prefix: str) -> list[str]:
    __tracebackhide__ = True
    parts = [name for name in assignments.everything() if name == prefix or name.startswith(f"{prefix}.")]
    if not parts:
        raise _no_exercise(prefix)
    return parts


def _no_exercise(name: Any) -> ValueError:
    if not isinstance(name, str):
        example = next(iter(assignments.everything().values())).check
        return ValueError(f"an exercise is named by a string, as in {example}")
    names = list(assignments.everything())
    close = difflib.get_close_matches(name, names, n=1)
    known = f"did you mean {close[0]!r}?" if close else f"there are: {', '.join(names)}"
    return ValueError(f"there is no exercise {name!r}; {known}")
