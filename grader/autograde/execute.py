"""Runs a submitted notebook in the sandbox with a file of questions at hand, so that its check cells answer."""

import json
import os
import re
import secrets
import tempfile
import time
from pathlib import Path
from typing import Any

from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool, Enum, Integer, List, Unicode

import data
from data.dataset import DRAWN
from grader import assignments
from grader.autograde import grading
from grader.autograde.grading import Grading, Outcome
from grader.autograde.restore import NOT_RUN, UNGRADED, tell
from grader.autograde.sandbox import bubblewrap, files, runner, trial
from grader.hidden import graded_cases
from grader.limits import MB, Limits
from grader.protocol import ask


class SandboxedExecute(NbGraderPreprocessor):
    """In the place of nbgrader's Execute. What it leaves for the Judge stands in `Grading`."""

    sandbox = Enum(
        ["bubblewrap", "off"],
        "bubblewrap",
        help='"off" runs notebooks with all that you may do and see yourself: only for notebooks that you trust.',
    ).tag(config=True)

    warm = Bool(
        True,
        help="Run notebooks in forks of a process in the sandbox that has imported what they need; False starts a Python "
        "for each, which takes some three seconds longer.",
    ).tag(config=True)

    readable = List(
        Unicode(), help="Folders, besides Python's own and the course's, that notebooks may read while they are graded."
    ).tag(config=True)

    seed = Integer(
        None,
        allow_none=True,
        help="Seed of the hidden cases; None draws a new one for each run, so that all students of a run get the same, "
        "and inputs which leak from it are of no use in the next. With a fixed seed they would be: use one to reproduce a "
        "grade, not to grade.",
    ).tag(config=True)

    def prepare(self, course: Path, assignment: str) -> None:
        """Draw the datasets that notebooks may load, and look for a sandbox that does not show the folder `course`, before
        anything is graded.

        Raises:
            bubblewrap.NoSandbox: there is none, or it cannot have the datasets.
        """
        self._draw()
        if self.sandbox == "off":
            self.log.warning("The sandbox is off: notebooks run with all that you may do and see yourself.")
            return
        bwrap = bubblewrap.find_bwrap()
        bubblewrap.check_place(course, self.readable)
        trial.try_out(bwrap, Limits(parent=self), self.readable, assignments.others(assignment), self.warm)
        self.log.info("Sandbox: %s, %s", bwrap, bubblewrap.means_of_limiting(Limits(parent=self)))

    def _draw(self) -> None:
        if missing := [name for name in DRAWN if not (data.root() / name).is_dir()]:
            self.log.info("Drawing %s into %s, once", " and ".join(missing), data.root())
        umask = os.umask(0o022)  # where root grades, another user reads them
        try:
            data.prepare()
        except data.DataError as problem:
            raise bubblewrap.NoSandbox(str(problem)) from None
        finally:
            os.umask(umask)

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        assignment, at_hand = resources["nbgrader"]["assignment"], grading.of(resources)
        at_hand.seed = self.drawn_seed()
        if assignments.graded(assignment):  # else there is nothing to ask, and there need be no solutions
            at_hand.cases = graded_cases(assignment, at_hand.seed)
        if at_hand.unreadable is not None:
            at_hand.outcome, at_hand.why = Outcome.UNREADABLE, at_hand.unreadable
            at_hand.reasons = dict.fromkeys(range(len(nb.cells)), at_hand.unreadable)
            return nb, resources
        self.log.info("Hidden cases of seed %d", at_hand.seed)
        with tempfile.TemporaryDirectory(prefix=f"grader-{os.getpid()}-") as folder:
            questions = Path(folder, "questions.json")
            at_hand.ids = ask(questions, at_hand.cases)
            beside = self._files(nb, resources, Path(folder, "files"))
            covered = assignments.others(assignment)
            started = time.monotonic()
            ran = self._run(nb, questions, beside, covered, without={NOT_RUN, UNGRADED})
            left_out = " ".join(cell.source for cell in nb.cells if UNGRADED in cell.metadata.get("tags", []))
            if ran.stopped is None and _missing_names(ran) & set(re.findall(r"\w+", left_out)):
                self.log.info("The notebook uses names from cells that grading leaves out: all of it is run")
                ran = self._run(nb, questions, beside, covered, without={NOT_RUN})
            at_hand.seconds = time.monotonic() - started
        for number, outputs in ran.outputs.items():
            nb.cells[number].update(outputs=outputs, execution_count=number + 1)
        self._explain(nb, ran, at_hand, resources["nbgrader"]["student"])
        return nb, resources

    def drawn_seed(self) -> int:
        return secrets.randbits(32) if self.seed is None else self.seed

    def _files(self, nb: Any, resources: Any, to: Path) -> Path:
        """What lies beside the notebook: the student's files, and over them the master's, which nbgrader has put there."""
        room = Limits(parent=self).scratch * MB // 2  # the rest is for what the notebook writes
        if left_out := files.merge([grading.of(resources).files, Path(resources["metadata"]["path"])], to, room):
            for sentence in left_out:
                self.log.warning("%s: %s", resources["nbgrader"]["student"], sentence)
            tell(nb, left_out)
        return to

    def _run(self, nb: Any, questions: Path, beside: Path, covered: list[Path], without: set[str]) -> runner.Ran:
        """Run the code cells that have none of the tags `without`."""
        cells = [
            (number, cell.source)
            for number, cell in enumerate(nb.cells)
            if cell.cell_type == "code" and cell.source.strip() and without.isdisjoint(cell.metadata.get("tags", []))
        ]
        bwrap = bubblewrap.find_bwrap() if self.sandbox == "bubblewrap" else None
        return runner.run(cells, questions, beside, Limits(parent=self), bwrap, self.readable, covered, self.warm)

    def _explain(self, nb: Any, ran: runner.Ran, at_hand: Grading, student: str) -> None:
        seconds = Limits(parent=self).seconds_per_cell
        late = f"Time limit: this cell ran for more than {seconds} seconds and was interrupted."
        at_hand.starved = ran.starved
        at_hand.outcome, at_hand.reasons = Outcome.GRADED, dict.fromkeys(ran.late, late)
        if ran.stopped is not None:
            not_run = (number for number in range(len(nb.cells)) if number not in ran.outputs)
            at_hand.reasons |= dict.fromkeys(not_run, ran.stopped)
        if ran.late or ran.stopped:
            late_cells = ", ".join(str(number + 1) for number in sorted(ran.late))
            at_hand.outcome = Outcome.LIMITED
            at_hand.why = ran.stopped or f"Time limit: interrupted in cell {late_cells}."
            self.log.warning("%s: %s", student, at_hand.why)
        for output in (output for outputs in ran.outputs.values() for output in outputs):
            if output.get("ename") == "DataError":  # of the package `data`: no fault of the student's
                self.log.warning("%s: lacks data on this machine: %s", student, output.evalue)


def _missing_names(ran: runner.Ran) -> set[str]:
    """The names that code missed, in a cell or while it answered, as Python's messages tell."""
    texts = (json.dumps(output) for outputs in ran.outputs.values() for output in outputs)
    return {name for text in texts for name in re.findall(r"name '(\w+)' is not defined", text)}
