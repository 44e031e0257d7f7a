"""Runs a submitted notebook in the sandbox with a file of questions at hand, so that its check cells answer."""

import functools
import json
import os
import re
import secrets
import tempfile
import time
from pathlib import Path
from typing import Any

from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Enum, Integer, List, Unicode

from grader.autograde import runner, sandbox
from grader.autograde.limits import Limits
from grader.autograde.restore import NOT_RUN, SCENERY
from grader.questions import ask, graded_cases


class SandboxedExecute(NbGraderPreprocessor):
    """In the place of nbgrader's Execute.

    Leaves in `resources`, for the Judge: the cases that were asked ("grader_cases") and under which ids
    ("grader_ids"), which never leave this process; why a cell that has no answers has none, by its number
    ("grader_reasons"); "grader_outcome": graded, limited (by time, memory, output, or the death of its kernel), or
    unreadable, and "grader_why" if it is one of the latter two; how long the notebook ran ("grader_seconds", None if it
    did not), and "grader_seed".
    """

    sandbox = Enum(
        ["bubblewrap", "off"],
        "bubblewrap",
        help='"off" runs notebooks with all that you may do and see yourself: only for notebooks that you trust.',
    ).tag(config=True)

    readable = List(
        Unicode(), help="Folders, besides Python's own and the course's, that notebooks may read while they are graded."
    ).tag(config=True)

    seed = Integer(
        None,
        allow_none=True,
        help="Seed of the hidden cases; None draws a new one for each notebook, so that inputs which leak from one "
        "run are of no use in the next. With a fixed seed they would be: use one to reproduce a grade, not to grade.",
    ).tag(config=True)

    def prepare(self, course: Path) -> None:
        """Look for a sandbox that does not show the folder `course`, before anything is graded.

        Raises:
            sandbox.NoSandbox
        """
        if self.sandbox == "off":
            self.log.warning("The sandbox is off: notebooks run with all that you may do and see yourself.")
            return
        bwrap = sandbox.find_bwrap()
        sandbox.check_place(course, self.readable)
        sandbox.try_out(bwrap, Limits(parent=self), self.readable)
        self.log.info("Sandbox: %s, %s", bwrap, sandbox.means_of_limiting(Limits(parent=self)))

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        seed = secrets.randbits(32) if self.seed is None else self.seed
        resources["grader_cases"] = cases = graded_cases(seed)
        resources["grader_ids"], resources["grader_reasons"] = {}, {}
        resources["grader_outcome"], resources["grader_why"] = "graded", None
        resources["grader_seed"], resources["grader_seconds"] = seed, None
        unreadable = resources["grader_unreadable"]
        if unreadable is not None:
            resources["grader_outcome"], resources["grader_why"] = "unreadable", unreadable
            resources["grader_reasons"] = dict.fromkeys(range(len(nb.cells)), unreadable)
            return nb, resources
        self.log.info("Hidden cases of seed %d", seed)
        with tempfile.TemporaryDirectory(prefix=f"grader-{os.getpid()}-") as folder:
            questions = Path(folder, "questions.json")
            resources["grader_ids"] = ask(questions, cases)
            # The student's files, and over them the master's, which nbgrader has put beside the notebook.
            files = [resources["grader_files"], Path(resources["metadata"]["path"])]
            started = time.monotonic()
            ran = self._run(nb, questions, files, without={NOT_RUN, SCENERY})
            left_out = " ".join(cell.source for cell in nb.cells if SCENERY in cell.metadata.get("tags", []))
            if ran.stopped is None and _missing_names(ran) & set(re.findall(r"\w+", left_out)):
                self.log.info("The notebook uses names from cells that grading leaves out: all of it is run")
                _prepare_glyphs()
                ran = self._run(nb, questions, files, without={NOT_RUN})
            resources["grader_seconds"] = time.monotonic() - started
        for number, outputs in ran.outputs.items():
            nb.cells[number].update(outputs=outputs, execution_count=number + 1)
        self._explain(nb, ran, resources)
        return nb, resources

    def _run(self, nb: Any, questions: Path, files: list[Path], without: set[str]) -> runner.Ran:
        """Run the code cells that have none of the tags `without`."""
        cells = [
            (number, cell.source)
            for number, cell in enumerate(nb.cells)
            if cell.cell_type == "code" and cell.source.strip() and without.isdisjoint(cell.metadata.get("tags", []))
        ]
        bwrap = sandbox.find_bwrap() if self.sandbox == "bubblewrap" else None
        return runner.run(cells, questions, files, Limits(parent=self), bwrap, self.readable)

    def _explain(self, nb: Any, ran: runner.Ran, resources: Any) -> None:
        seconds = Limits(parent=self).seconds_per_cell
        late = f"Time limit: this cell ran for more than {seconds} seconds and was interrupted."
        resources["grader_reasons"] = dict.fromkeys(ran.late, late)
        if ran.stopped is not None:
            resources["grader_reasons"] |= {
                number: ran.stopped for number in range(len(nb.cells)) if number not in ran.outputs
            }
        if ran.late or ran.stopped:
            late_cells = ", ".join(str(number + 1) for number in sorted(ran.late))
            why = ran.stopped or f"Time limit: interrupted in cell {late_cells}."
            resources["grader_outcome"], resources["grader_why"] = "limited", why
            self.log.warning("%s: %s", resources["nbgrader"]["student"], why)
        for output in (output for outputs in ran.outputs.values() for output in outputs):
            if output.get("ename") == "DataError":  # of the package `data`: no fault of the student's
                self.log.warning("%s: lacks data on this machine: %s", resources["nbgrader"]["student"], output.evalue)


@functools.cache
def _prepare_glyphs() -> None:
    """In the sandbox they can only be read, so they must have been drawn before."""
    import data

    data.load("glyphs")


def _missing_names(ran: runner.Ran) -> set[str]:
    """The names that were not defined, in a cell or in an answer."""
    texts = (json.dumps(output) for outputs in ran.outputs.values() for output in outputs)
    return {name for text in texts for name in re.findall(r"name '(\w+)' is not defined", text)}
