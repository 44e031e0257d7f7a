"""Builds the tables by which mistakes are recognised: `python -m solutions.tools.mistakes`, or `make mistakes`.

For every chapter, grader/exercises/ASSIGNMENT/CHAPTER.mistakes.json: what each known wrong solution, one of the MUTANTS or
of `solutions.mutations`, answers to the visible cases of all exercises with its target (see `grader.diagnosis`).

`--check` builds again without writing, and fails if a table holds other answers, by more than a case's tolerance.
"""

import argparse
import json
import math
import sys
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch

from grader import assignments, diagnosis, messages, protocol
from grader.diagnosis import Wrong, same
from grader.files import ROOT
from grader.judge import judge_case
from grader.matching import differing
from grader.model import Case, Exercise
from solutions import mutants, mutations

DRAWS = 4  # of inputs like those of a case, to tell apart what answers alike to all cases
BROKEN = {"told": 1, "answers": 3, "patterns": 2}  # levels of a part of the table that are broken into lines


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m solutions.tools.mistakes", description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="change nothing; fail if a table has drifted")
    parser.add_argument("names", nargs="*", metavar="NAME", help="an assignment, such as homework3; none named: all")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)  # among so few numbers more take longer
    drifted = []
    for chapter in (each for name in options.names or assignments.names() for each in assignments.chapters(name)):
        path = Path(chapter.__file__).with_suffix(diagnosis.SUFFIX)
        if not options.check:
            path.write_text(dumps(table(chapter)))
            print(path.relative_to(ROOT))
        elif difference := drift(chapter, path):
            drifted.append(f"{path.relative_to(ROOT)}: {difference}")
    if drifted:
        print("\n".join([*drifted, "Run `make mistakes` and commit what it writes."]), file=sys.stderr)
    return bool(drifted)


@cache
def table(chapter: ModuleType) -> dict[str, Any]:
    """What is stored beside a chapter.

    answers: exercise -> case -> the different wrong answers to it.
    patterns: exercise -> [names of the mistakes that answer alike, for each case which of its wrong answers they give,
        None where they are right].
    told: mistake of one fault -> [its sentence, the part of the formula]; what is told of pairs is made of these.
    """
    assignment = chapter.__name__.split(".")[-2]
    answers = {each.name: {case.name: [] for case in each.cases} for each in chapter.EXERCISES}
    patterns = {each.name: {} for each in chapter.EXERCISES}
    told = {}
    for target in dict.fromkeys(exercise.target.name for exercise in chapter.EXERCISES):
        exercises = [exercise for exercise in chapter.EXERCISES if exercise.target.name == target]
        alike: dict[tuple[tuple[str, str, int], ...], list[Any]] = {}  # by their wrong answers to all exercises
        for mistake in known(assignment, target):
            wrong = tuple(
                (exercise.name, case.name, _number(exercise, case, found, answers[exercise.name][case.name]))
                for exercise in exercises
                for case in exercise.cases
                if (found := _wrong(mistake, exercise, case)) is not None
            )
            if len(mistake.faults) == 1:  # what is told of several is made of these
                told[mistake.name] = [mistake.faults, mistake.place]
            others = alike.setdefault(wrong, [])
            if wrong and not any(_never_differ(mistake, other, assignment, exercises) for other in others):
                others.append(mistake)
        for wrong, mistakes in alike.items():
            for exercise in exercises:
                pattern = tuple((case, number) for name, case, number in wrong if name == exercise.name)
                if pattern:
                    patterns[exercise.name].setdefault(pattern, []).extend(mistake.name for mistake in mistakes)
    return {
        "told": told,
        "answers": {
            each.name: {
                case.name: [_entry(each, case, wrong) for wrong in answers[each.name][case.name]] for case in each.cases
            }
            for each in chapter.EXERCISES
        },
        "patterns": {
            each.name: [
                [names, [dict(pattern).get(case.name) for case in each.cases]]
                for pattern, names in patterns[each.name].items()
            ]
            for each in chapter.EXERCISES
        },
    }


def known(assignment: str, target: str) -> list[Any]:
    """The known wrong solutions of a target: those written by hand come first, their sentences are the better ones."""
    found = (*mutants.of(assignment), *mutations.of(assignment))
    return [mistake for mistake in found if mistake.target == target]


def wrong_answer(student: Any, exercise: Exercise, case: Case) -> Wrong | None:
    """What an object answers to a case; None if that is right."""
    return _compared(
        exercise, case, mutations.unwatched(exercise.target, student, case.inputs, case.gradient, case.before)
    )


def _wrong(mistake: Any, exercise: Exercise, case: Case) -> Wrong | None:
    """The same of a known mistake and a visible case, whose answer may be known already."""
    return _compared(exercise, case, mutations.answered(mistake.object, mistake.assignment, exercise.name, case.name))


def _compared(exercise: Exercise, case: Case, given: dict[str, Any]) -> Wrong | None:
    verdict = judge_case(exercise, case, given)
    return None if verdict.passed else diagnosis.wrong_answer(verdict, given)


def _number(exercise: Exercise, case: Case, wrong: Wrong, known: list[Wrong]) -> int:
    """The place of an answer among the known ones; a new one becomes the last."""
    for number, other in enumerate(known):
        if same(exercise, case, other, wrong):
            return number
    known.append(wrong)
    return len(known) - 1


def _never_differ(one: Any, other: Any, assignment: str, exercises: list[Exercise]) -> bool:
    """Do two wrong solutions answer alike to inputs like those of the cases, too? Then they are one mistake."""
    for exercise in exercises:
        for case in _like_the_cases(assignment, exercise.name):
            theirs = [wrong_answer(each.object, exercise, case) for each in (one, other)]
            if None in theirs and theirs != [None, None]:
                return False
            if None not in theirs and not same(exercise, case, *theirs):
                return False
    return True


@cache
def _like_the_cases(assignment: str, name: str) -> list[Case]:
    """Cases of random inputs, which expect what the plain solution answers; where it refuses them there is none."""
    exercise, rng, found = assignments.exercises(assignment)[name], np.random.default_rng(0), []
    for case in [case for case in exercise.cases if not case.raises] * DRAWS:
        inputs = {name: _like(rng, value) for name, value in case.inputs.items()}
        plain = mutants.plain(assignment, exercise.target.name)
        given = mutations.unwatched(exercise.target, plain, inputs, case.gradient, case.before)
        if "outputs" in given:
            expected = {name: protocol.decode(value) for name, value in given["outputs"].items()}
            found.append(replace(case, inputs=inputs, expected=expected))
    return found


def _like(rng: np.random.Generator, value: Any) -> Any:
    """Another value of the kind: floats moved, truths turned, whole numbers in another order."""
    if isinstance(value, float):
        return value * rng.uniform(0.5, 2)
    if isinstance(value, int):
        return value + int(rng.integers(3))
    array = np.asarray(value)
    if array.dtype.kind == "f":
        return (array + (array.std() + 0.1) * rng.normal(size=array.shape)).astype(array.dtype)
    if array.dtype.kind == "b":
        return array ^ (rng.random(array.shape) < 0.2)
    mixed = rng.permutation(array, axis=-1)
    return mixed if isinstance(value, np.ndarray) else mixed.tolist()


def _entry(exercise: Exercise, case: Case, wrong: Wrong) -> Any:
    """An answer as JSON; see `grader.diagnosis.stored`."""
    if isinstance(wrong, str):
        return wrong
    wrong = messages.aligned(exercise, case, case.expected, wrong)
    digits = 2 - math.floor(math.log10(case.tolerance))  # two more than the case can tell apart
    return {
        name: _values(wrong[name], case.expected[name].dtype.kind, digits)
        for name in differing(case.expected, wrong, case.tolerance)
    }


def _values(array: np.ndarray, kind: str, digits: int) -> Any:
    values = [float(f"{value:.{digits}g}") if array.dtype.kind == "f" else value for value in array.ravel().tolist()]
    values = [int(value) if float(value).is_integer() else value for value in values]
    if array.dtype.kind == kind and array.size:
        return np.array(values, object).reshape(array.shape).tolist()
    return {"dtype": array.dtype.name, "shape": array.shape, "values": values}


def drift(chapter: ModuleType, path: Path) -> str:
    """How the table beside a chapter differs from what it should hold; nothing if it does not."""
    if not path.exists():
        return "is missing"
    tracked, built = (diagnosis.parse(text) for text in (path.read_text(), dumps(table(chapter))))
    for exercise in chapter.EXERCISES:
        if tracked.keys() != built.keys() or tracked[exercise.name].told != built[exercise.name].told:
            return "has other exercises or sentences"
        one, other = (by_mistake(exercise, known) for known in (tracked[exercise.name], built[exercise.name]))
        if one.keys() != other.keys():
            return f"{exercise.name}, {next(iter(one.keys() ^ other.keys()))}: is in one of them only"
        for mistake in one:
            if not alike(exercise, one[mistake], other[mistake]):
                return f"{exercise.name}, {mistake}: answers differ"
    return ""


def alike(exercise: Exercise, one: Mapping[str, Wrong], other: Mapping[str, Wrong]) -> bool:
    """Are these the same wrong answers to the same cases?"""
    cases = [case for case in exercise.cases if case.name in one]
    return one.keys() == other.keys() and all(same(exercise, case, one[case.name], other[case.name]) for case in cases)


def by_mistake(exercise: Exercise, known: diagnosis.Known) -> dict[str, dict[str, Wrong]]:
    """mistake -> case -> the wrong answer that the table holds."""
    cases = {case.name: case for case in exercise.cases}
    return {
        name: {case: diagnosis.stored(cases[case], known.answers[case][number]) for case, number in pattern.items()}
        for names, pattern in known.patterns
        for name in names
    }


def dumps(table: Mapping[str, Any]) -> str:
    """As JSON, a line for each answer, pattern and sentence."""
    parts = (f"{json.dumps(name)}: {_lines(value, BROKEN[name])}" for name, value in table.items())
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _lines(value: Any, levels: int) -> str:
    if not levels or not value:
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, dict):
        inner = [f"{json.dumps(name, ensure_ascii=False)}: {_lines(item, levels - 1)}" for name, item in value.items()]
        return "{\n" + ",\n".join(inner) + "\n}"
    return "[\n" + ",\n".join(_lines(item, levels - 1) for item in value) + "\n]"


if __name__ == "__main__":
    sys.exit(main())
