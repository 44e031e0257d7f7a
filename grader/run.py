"""Runs a student's notebook on the visible cases: behind `grader check` and `pytest --submission`."""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import nbclient
import nbformat

from grader.check import INPUTS_VARIABLE
from grader.exercises import EXERCISES
from grader.judge import Report, judge
from grader.questions import Unanswered, ask, published, visible_cases

CELL_TIMEOUT = 120  # seconds


class NotANotebook(ValueError):
    """The file cannot be run; the message says what is wrong with it."""


def kernel_environment(questions: Path) -> dict[str, str]:
    """The environment of a kernel that answers: this process's own, and the file of questions."""
    return {**os.environ, INPUTS_VARIABLE: str(questions)}


@dataclass(frozen=True)
class Outcome:
    """What became of a notebook.

    reports: for each exercise its report, or the reason why there is none.
    faults: a sentence for each cell that raised, and for whatever stopped the notebook.
    """

    reports: dict[str, Report | str]
    faults: list[str]


def run(notebook: Path) -> Outcome:
    """Execute `notebook` in a kernel of its own, in its folder, and judge what its check cells answer.

    Cells that raise do not stop the others; a cell that runs too long, or a kernel that dies, does. The file is not
    changed.

    Raises:
        NotANotebook: the file is missing, no JSON, or no notebook.
    """
    cells = read(notebook)
    for cell in cells.cells:
        if cell.cell_type == "code":
            cell.update(outputs=[], execution_count=None)  # forget an earlier run
    cases = visible_cases()
    client = nbclient.NotebookClient(
        cells,
        timeout=CELL_TIMEOUT,
        allow_errors=True,
        kernel_name="python3",
        resources={"metadata": {"path": str(notebook.resolve().parent)}},
    )
    stopped = None
    with tempfile.TemporaryDirectory(prefix="grader-") as folder:
        questions = Path(folder, "questions.json")
        ids = ask(questions, cases)
        try:
            client.execute(env=kernel_environment(questions))
        except nbclient.exceptions.CellTimeoutError:
            stopped = f"the notebook was stopped: a cell ran for more than {CELL_TIMEOUT} seconds"
        except nbclient.exceptions.DeadKernelError:
            stopped = "the notebook did not finish: its kernel died"
    reports: dict[str, Report | str] = dict.fromkeys(EXERCISES, stopped or "no cell of the notebook checks it")
    faults = [stopped] if stopped else []
    for number, cell in enumerate(cells.cells):
        if cell.cell_type != "code":
            continue
        faults += [_fault(number, cell, output) for output in cell.outputs if output.output_type == "error"]
        for name in EXERCISES:
            if f'check("{name}"' in cell.source.replace("'", '"'):
                try:
                    reports[name] = judge(EXERCISES[name], cases[name], published(cell, name, ids))
                except Unanswered as reason:
                    reports[name] = stopped or str(reason)
    return Outcome(reports, faults)


def _fault(number: int, cell: nbformat.NotebookNode, error: nbformat.NotebookNode) -> str:
    first_line = next(iter(cell.source.strip().splitlines()), "")
    return f"cell {number + 1} ({first_line[:60]}) raised {error.ename}: {error.evalue.partition(chr(10))[0][:200]}"


def read(notebook: Path) -> nbformat.NotebookNode:
    try:
        return nbformat.read(notebook, as_version=4)
    except FileNotFoundError:
        raise NotANotebook(f"{notebook}: there is no such file") from None
    except (OSError, UnicodeDecodeError, nbformat.reader.NotJSONError, nbformat.ValidationError) as problem:
        raise NotANotebook(f"{notebook}: not a readable notebook ({str(problem).splitlines()[0][:120]})") from None
