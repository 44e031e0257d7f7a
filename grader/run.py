"""Runs a student's notebook on the visible cases: behind `grader check` and `pytest --submission`."""

import os
import tempfile
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


def run(notebook: Path) -> dict[str, Report | str]:
    """Execute `notebook` in a kernel of its own, in its folder, and judge what its check cells answer.

    Cells that raise do not stop the others. The file is not changed.

    Returns:
        For each exercise its report, or the reason why there is none.

    Raises:
        NotANotebook: the file is missing, no JSON, or no notebook.
    """
    cells = nbformat.NotebookNode(read(notebook))
    cases = visible_cases()
    client = nbclient.NotebookClient(
        cells,
        timeout=CELL_TIMEOUT,
        allow_errors=True,
        kernel_name="python3",
        resources={"metadata": {"path": str(notebook.resolve().parent)}},
    )
    with tempfile.TemporaryDirectory(prefix="grader-") as folder:
        questions = Path(folder, "questions.json")
        ids = ask(questions, cases)
        try:
            client.execute(env=kernel_environment(questions))
        except (nbclient.exceptions.CellTimeoutError, nbclient.exceptions.DeadKernelError) as problem:
            stopped = f"the notebook did not finish: {str(problem).strip().splitlines()[0]}"
        else:
            stopped = "no cell of the notebook checks it"
    reports: dict[str, Report | str] = dict.fromkeys(EXERCISES, stopped)
    for cell in cells.cells:
        for name in EXERCISES:
            if cell.cell_type == "code" and f'check("{name}"' in cell.source.replace("'", '"'):
                try:
                    reports[name] = judge(EXERCISES[name], cases[name], published(cell, name, ids))
                except Unanswered as reason:
                    reports[name] = str(reason)
    return reports


def read(notebook: Path) -> nbformat.NotebookNode:
    try:
        return nbformat.read(notebook, as_version=4)
    except FileNotFoundError:
        raise NotANotebook(f"{notebook}: there is no such file") from None
    except (OSError, UnicodeDecodeError, nbformat.reader.NotJSONError, nbformat.ValidationError) as problem:
        raise NotANotebook(f"{notebook}: not a readable notebook ({str(problem).splitlines()[0][:120]})") from None
