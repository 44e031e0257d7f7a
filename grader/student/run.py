"""Runs a student's notebook on the visible cases: behind `grader check` and `pytest --submission`."""

import asyncio
import atexit
import os
import re
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import nbclient
import nbformat

from grader import assignments
from grader.judge import judge
from grader.limits import Limits
from grader.model import Exercise, Report, State
from grader.protocol import INPUTS_VARIABLE, KERNEL, Unanswered, ask, published
from grader.student.check import with_where_to_start
from grader.student.hiding import hiding

CELL_TIMEOUT = Limits().seconds_per_cell  # by the clock on the wall; grading is more patient on a busy machine


class NotANotebook(ValueError):
    """The file cannot be run; the message says what is wrong with it."""


def kernel_environment(questions: Path) -> dict[str, str]:
    """The environment of a kernel that answers: this process's own, and the file of questions."""
    return {**os.environ, INPUTS_VARIABLE: str(questions)}


@dataclass(frozen=True)
class Outcome:
    """What became of a notebook.

    reports: one for each exercise that is graded in this notebook; of state NOT_RUN, with the reason, where it has no
        answers.
    faults: a sentence for what hides a module from it, for each cell that raised, and for whatever stopped the notebook.
    """

    reports: dict[str, Report]
    faults: list[str]


def run(notebook: Path) -> Outcome:
    """Execute `notebook` in a kernel of its own, in its folder, and judge what its check cells answer.

    Cells that raise do not stop the others; a cell that runs too long, or a kernel that dies, does. The file is not
    changed.

    Raises:
        NotANotebook: the file is missing, no JSON, no notebook, or one that checks nothing of what is graded; or no
            kernel starts here.
    """
    cells = read(notebook)
    graded = [assignments.graded(name) for name in assignments.with_points()]
    asked = {name: part for parts in graded if _checks_any(cells, parts) for name, part in parts.items()}
    if not asked:
        raise NotANotebook(f"{notebook}: no cell of it checks a graded exercise, so there is nothing to run it for")
    for cell in cells.cells:
        if cell.cell_type == "code":
            cell.update(outputs=[], execution_count=None)  # forget an earlier run
    cases = {name: exercise.cases for name, exercise in asked.items()}
    running = ""

    def note_start(cell: nbformat.NotebookNode, cell_index: int) -> None:
        nonlocal running
        running = _name(cell_index, cell)

    folder = notebook.resolve().parent
    hidden = [sentence for _, sentence in hiding(folder)]
    client = nbclient.NotebookClient(
        cells,
        on_cell_start=note_start,
        timeout=CELL_TIMEOUT,
        allow_errors=True,
        kernel_name="python3",
        extra_arguments=KERNEL,
        shutdown_kernel="immediate",
        resources={"metadata": {"path": str(folder)}},
    )
    stopped = None
    with tempfile.TemporaryDirectory(prefix="grader-") as scratch:
        questions = Path(scratch, "questions.json")
        ids = ask(questions, cases)
        try:
            _execute(client, kernel_environment(questions))
        except nbclient.exceptions.CellTimeoutError:
            stopped = f"the notebook was stopped: {running} ran for more than {CELL_TIMEOUT} seconds"
        except nbclient.exceptions.DeadKernelError:
            stopped = f"the notebook did not finish: its kernel died in {running}"
        except Exception as problem:  # of jupyter_client, which has no common one, as where there is no kernel to start
            why = "; ".join(hidden) or "`grader doctor` may say why"
            raise NotANotebook(
                f"{notebook}: it cannot be run ({type(problem).__name__}: {problem}); {why}"
            ) from problem
    reports = {
        name: _not_run(exercise, stopped or "no cell of the notebook checks it") for name, exercise in asked.items()
    }
    faults = [*hidden, *([stopped] if stopped else [])]
    for number, cell in enumerate(cells.cells):
        if cell.cell_type != "code":
            continue
        faults += [_fault(number, cell, output) for output in cell.outputs if output.output_type == "error"]
        for name, exercise in asked.items():
            if _checks(cell, name):
                try:
                    reports[name] = judge(exercise, cases[name], published(cell, name, ids))
                except Unanswered as reason:
                    reports[name] = _not_run(exercise, stopped or str(reason))
    return Outcome(_with_advice(reports), faults)


def _not_run(exercise: Exercise, reason: str) -> Report:
    return Report.without_answers(exercise, exercise.cases, State.NOT_RUN, reason)


def _with_advice(reports: dict[str, Report]) -> dict[str, Report]:
    judged = {name: report for name, report in reports.items() if report.state is not State.NOT_RUN}
    advised = {}
    for name, report in judged.items():
        if not report.passed:
            first, report = with_where_to_start(report, judged)
            advised[name] = replace(report, advice=f'Stuck? hint("{first}") in the notebook helps.')
    return reports | advised


def _checks_any(notebook: nbformat.NotebookNode, names: Iterable[str]) -> bool:
    return any(_checks(cell, name) for cell in notebook.cells for name in names)


def _checks(cell: nbformat.NotebookNode, name: str) -> bool:
    call = rf"\bcheck\(\s*(name\s*=\s*)?[\"']{re.escape(name)}[\"']"
    return cell.cell_type == "code" and re.search(call, cell.source) is not None


class _Loop(asyncio.SelectorEventLoop):
    def add_signal_handler(self, *_: object) -> None:
        """nbclient would answer Ctrl-C by ending the kernel under its own feet. So `asyncio.Runner` answers: it cancels
        the execution, which cleans up, and raises KeyboardInterrupt."""
        raise NotImplementedError


def _execute(client: nbclient.NotebookClient, environment: dict[str, str]) -> None:
    async def execute() -> None:
        try:
            # What a kernel writes to stderr, and does not publish, are its own complaints, above all about its end.
            await client.async_execute(env=environment, stderr=subprocess.DEVNULL)
        except nbclient.exceptions.DeadKernelError:
            if asyncio.current_task().cancelling():  # which is all that nbclient makes of Ctrl-C
                raise asyncio.CancelledError from None
            raise
        finally:
            atexit.unregister(client._cleanup_kernel)  # of a kernel that did not start, it would fail there, and say so

    with asyncio.Runner(loop_factory=_Loop) as runner:
        runner.run(execute())


def _fault(number: int, cell: nbformat.NotebookNode, error: nbformat.NotebookNode) -> str:
    raised = f"{error.ename}: {error.evalue.partition(chr(10))[0][:200]}".removesuffix(": ")
    return f"{_name(number, cell)} raised {raised}"


def _name(number: int, cell: nbformat.NotebookNode) -> str:
    first_line = next(iter(cell.source.strip().splitlines()), "")
    return f"cell {number + 1} ({first_line[:60]})"


def read(notebook: Path) -> nbformat.NotebookNode:
    try:
        cells = nbformat.read(notebook, as_version=4)
        if not all(isinstance(cell.source, str) for cell in cells.cells):
            raise ValueError("the source of a cell is no text")
        return cells
    except FileNotFoundError:
        raise NotANotebook(f"{notebook}: there is no such file") from None
    except Exception as problem:  # nbformat says AttributeError, TypeError and more of what is JSON and no notebook
        raise NotANotebook(f"{notebook}: not a readable notebook ({str(problem).splitlines()[0][:120]})") from None
