"""Questions go into a kernel as a file of inputs, answers come out of its cells as data: both ends of that channel.

`questions` may be shown to the student's process: it holds no expected value. `published` reads what that process
displayed and trusts nothing about it.
"""

import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from grader import wire
from grader.check import ANSWER_MIME
from grader.exercises import EXERCISES, Case


def graded_cases(seed: int) -> dict[str, tuple[Case, ...]]:
    """Every exercise's visible cases and the hidden ones of a seed.

    This is the one place where the grader learns of `solutions`, and it is called on the instructor's machine only.

    Raises:
        ModuleNotFoundError: `solutions` is not installed here.
    """
    from solutions import hidden

    unseen = hidden.cases(seed)
    return {
        # A hidden case may be named like a visible one, but answers are told apart by name.
        name: (*exercise.cases, *(replace(case, name=f"{case.name} (hidden)") for case in unseen[name]))
        for name, exercise in EXERCISES.items()
    }


def visible_cases() -> dict[str, tuple[Case, ...]]:
    return {name: exercise.cases for name, exercise in EXERCISES.items()}


Ids = dict[str, dict[str, str]]  # exercise -> id of a question -> name of the case it asks


def ask(path: Path, cases: Mapping[str, Iterable[Case]]) -> Ids:
    """Write the cases' inputs, and nothing else of them, as a read-only JSON file.

    The questions of an exercise stand in random order under random ids, which are returned: a name such as "one
    class" would tell that the input is to be refused.
    """
    questions, ids = {}, {}
    for exercise, of_exercise in cases.items():
        asked = {secrets.token_hex(8): case for case in of_exercise}
        ids[exercise] = {id_: case.name for id_, case in asked.items()}
        questions[exercise] = [
            {
                "id": id_,
                "inputs": wire.encode_inputs(dict(case.inputs)),
                "gradient": case.gradient,
                "again": case.again,
            }
            for id_, case in sorted(asked.items())
        ]
    path.write_text(json.dumps(questions))
    path.chmod(0o444)
    return ids


class Unanswered(Exception):
    """A cell holds no usable answers; the message says why, for the student."""


def published(cell: Mapping[str, Any], exercise: str, ids: Ids) -> dict[str, Any]:
    """The answers that one graded cell published: case name -> answer, still to be judged.

    Raises:
        Unanswered: the cell did not finish, published nothing, several times, or something of another form.
    """
    outputs = [output for output in cell.get("outputs", []) if isinstance(output, Mapping)]
    bundles = [
        output["data"][ANSWER_MIME]
        for output in outputs
        if isinstance(output.get("data"), Mapping) and ANSWER_MIME in output["data"]
    ]
    if not bundles:
        error = next((output for output in outputs if output.get("output_type") == "error"), None)
        if error is None:
            raise Unanswered("This cell's check did not run, so there are no answers.")
        stopped = f"This cell stopped with {error.get('ename')}: {error.get('evalue')}"
        raise Unanswered(wire.clean(stopped, 500).removesuffix(": "))
    if len(bundles) > 1:
        raise Unanswered("This cell published answers more than once; none of them counts.")
    bundle = bundles[0]
    if not isinstance(bundle, Mapping) or bundle.get("exercise") != exercise:
        raise Unanswered("This cell published answers to another exercise.")
    answers = bundle.get("answers")
    if not isinstance(answers, Mapping):
        raise Unanswered("This cell's answers have no readable form.")
    return {name: answers.get(id_) for id_, name in ids[exercise].items()}
