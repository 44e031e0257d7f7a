"""What a check cell may put out: the answers of right and of wrong code, mutated, and how they are to be judged."""

import copy
import html
import json
import tempfile
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

from grader import protocol, show
from grader.answer import answer
from grader.autograde import grading, record
from grader.autograde.grading import Outcome
from grader.autograde.sandbox.outputs import MalformedOutput, readable
from grader.autograde.truncate import TruncateFeedback
from grader.hidden import graded_cases
from grader.judge import judge
from grader.model import Exercise
from grader.protocol import ANSWER_MIME
from solutions import mutants
from solutions.research.fuzz.anything import somewhere
from solutions.research.fuzz.cells import anything, short
from solutions.research.fuzz.recipes import NAME, Seed, Work, mutation
from solutions.research.fuzz.seeds import EXERCISES

PAGE = 700_000  # bytes of HTML that cells and outputs may take of a page of feedback


@cache
def questions() -> tuple[dict, protocol.Ids]:
    """The cases of all exercises, for one seed, and under which ids a kernel is asked for them: the same each time."""
    cases = graded_cases(NAME, 0)
    with tempfile.TemporaryDirectory() as folder:
        drawn = protocol.ask(Path(folder, "questions.json"), cases)
    return cases, {
        name: {f"{number:016x}": case for number, case in enumerate(sorted(ids.values()))}
        for name, ids in drawn.items()
    }


@cache
def seeds() -> dict[str, Seed]:
    """What right code answers to each exercise, and what wrong code does."""
    found = {}
    for name, exercise in EXERCISES.items():
        wrong = [mutant.object for mutant in mutants.of(NAME) if mutant.target == exercise.target.name]
        right = mutants.plain(NAME, exercise.target.name)
        for kind, student in {"right": right, "wrong": wrong[0], "wrong in another way": wrong[-1]}.items():
            answers = _answers(exercise, student)
            worth = judge(exercise, questions()[0][name], answers).score if student is not right else exercise.points
            bundle = {"exercise": name, "answers": {id_: answers[case] for id_, case in questions()[1][name].items()}}
            content = {"outputs": [{"output_type": "display_data", "data": {ANSWER_MIME: bundle}}]}
            found[f"{name}, {kind}"] = Seed(name, content, None, worth, worth)
    return found


def _answers(exercise: Exercise, student: Any) -> dict[str, Any]:
    cases = questions()[0][exercise.name]
    made = {case.name: answer(exercise.target, student, case.inputs, case.gradient, case.before) for case in cases}
    return json.loads(json.dumps(made))


def finish(work: Work, stage: str) -> None:
    if stage == "archive":
        work.outputs = work.notebook["outputs"]


def bundle_of(work: Work) -> dict[str, Any]:
    return next(output["data"][ANSWER_MIME] for output in work.outputs if ANSWER_MIME in output.get("data", {}))


# Mutations ------------------------------------------------------------------------------------------------------------


@mutation("outputs", keeps="noise")
def noise_beside_answers(work: Work, rng: Random) -> None:
    texts = ["a", "\x1b[31m\r\x07\u202e\x9b", "\ud800", "x" * 100_000, "<script>alert(1)</script>", "1.0", ""]
    for _ in range(rng.randint(1, 10)):
        kinds = [
            {"output_type": "stream", "name": rng.choice(["stdout", "stderr", None]), "parts": [rng.choice(texts), 3]},
            {"output_type": "display_data", "data": {"text/html": rng.choice(texts), "text/plain": rng.choice(texts)}},
            {"output_type": "display_data", "data": {"image/png": rng.choice(texts), "image/jpeg": anything(rng)}},
            {"output_type": "execute_result", "data": {"text/plain": anything(rng)}, "metadata": anything(rng)},
            {"output_type": "error", "ename": anything(rng), "evalue": rng.choice(texts), "traceback": anything(rng)},
        ]
        work.outputs.insert(rng.randrange(len(work.outputs) + 1), copy.deepcopy(rng.choice(kinds)))


@mutation("outputs", keeps="answers")
def an_answer_gone(work: Work, rng: Random) -> str:
    bundle = bundle_of(work)
    id_ = rng.choice(sorted(bundle["answers"]))
    how = rng.choice(["gone", "null", "raised", "empty", "all", "twice", "of another exercise"])
    match how:
        case "gone":
            del bundle["answers"][id_]
        case "all":
            bundle["answers"] = rng.choice([{}, anything(rng)])
        case "twice":
            work.outputs.append(copy.deepcopy({"output_type": "display_data", "data": {ANSWER_MIME: bundle}}))
        case "of another exercise":
            bundle["exercise"] = anything(rng)
        case _:
            raised = {"raised": {"type": "KeyError", "message": "1"}}
            bundle["answers"][id_] = {"null": None, "empty": {}, "raised": raised}[how]
    work.lost.add(work.seed.name)
    return how


@mutation("outputs")
def junk_in_outputs(work: Work, rng: Random) -> str:
    said = []
    for _ in range(rng.choice([1, 1, 1, 5])):
        container, key = somewhere(rng.choice([work.outputs, bundle_of(work)]), rng)
        container[key] = value = anything(rng)
        said.append(f"{short(key)} = {short(value)}")
    return ", ".join(said)


@mutation("outputs")
def junk_in_an_array(work: Work, rng: Random) -> str:
    answers = bundle_of(work)["answers"]
    array = rng.choice(list(answers[rng.choice(sorted(answers))]["outputs"].values()))
    values = ["object", "bool", "float16", "int64", "V8", [], [0], [2**40, 0], [1] * 40, [-1], [1.0], [True], [10**30]]
    values += ["", "AAAA", "====", "\ud800", "A" * 10**6, "f8,f8", [3, 2], [2, 2]]
    key = rng.choice(["dtype", "shape", "data"])
    array[key] = value = rng.choice(values)
    return f"{key} = {short(value)}"


# Judging --------------------------------------------------------------------------------------------------------------


def problems(work: Work) -> list[str]:
    """What is wrong with the way these outputs are read, judged, recorded and shown."""
    exercise = EXERCISES[work.seed.name]
    cases, ids = questions()[0][exercise.name], questions()[1]
    worth = 0 if work.lost else work.seed.worth
    try:
        cell = new_code_cell("check(…)", outputs=readable(work.outputs))
        report = judge(exercise, cases, protocol.published(cell, exercise.name, ids))
    except (MalformedOutput, protocol.Unanswered) as refused:
        return [f"right answers were refused: {refused}"] if work.certain and worth else []
    found = []
    if not 0 <= report.score <= work.seed.most or (work.certain and report.score != worth):
        found.append(f"{report.score} points for answers that are worth {worth}")
    if not all(verdict.reason for verdict in report.verdicts if not verdict.passed):
        found.append("a case failed without a reason")
    if len(show.html(report)) > PAGE:
        found.append("the report is too large")
    kept = record.Record(Outcome.GRADED, None, 1.0, 0, (), (record.of_exercise(exercise.name, report),))
    if record.from_metadata(json.loads(json.dumps(record.to_metadata(kept)))) != kept:
        found.append("the record cannot be read again")
    return [*found, *_shown(cell)]


def _shown(cell: nbformat.NotebookNode) -> list[str]:
    cell.outputs = [output for output in cell.outputs if ANSWER_MIME not in output.get("data", {})]
    notebook, _ = TruncateFeedback().preprocess(new_notebook(cells=[cell]), {grading.KEY: grading.Grading()})
    nbformat.validate(notebook)
    size = len(html.escape(nbformat.writes(notebook)).encode())
    return [f"{size} bytes of outputs are left for a page of feedback"] if size > PAGE else []
