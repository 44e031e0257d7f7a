"""`nbgrader export`: nbgrader's own table of grades, byte for byte, but for names that would do something in it.

A spreadsheet takes a cell that begins like a formula for one, and a comma in a name would move the scores behind it.
"""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.plugins import ExportPlugin

COLUMNS = ["assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email"]
COLUMNS += ["raw_score", "late_submission_penalty", "score", "max_score"]
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
# Not every program heeds white space before it, and the wide forms of the signs are taken for them.
FORMULA = re.compile(r"\s*[=+@＝＋－＠-]")
NUMBER = re.compile(r"[+-]?[\d.]*")  # or a sign alone


class ExportGrades(ExportPlugin):
    """Names that begin a formula get an apostrophe before them, as spreadsheets ask for; no number does. A control
    character, such as the end of a line, becomes a space."""

    def export(self, gradebook: Gradebook) -> None:
        """To `--to`, which may be a device or a pipe; by default to grades.csv.

        Raises:
            SystemExit: the file cannot be written; with the reason.
        """
        path = Path(self.to or "grades.csv")
        table = io.StringIO()
        writer = csv.writer(table, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows([_cell(value) for value in row] for row in self._rows(gradebook))
        try:
            path.write_text(table.getvalue(), encoding="utf-8", newline="")
        except OSError as problem:
            raise SystemExit(f"nbgrader export: {path} cannot be written: {problem.strerror or problem}") from None
        self.log.info("Grades are exported to %s", path)

    def _rows(self, gradebook: Gradebook) -> Iterator[tuple[Any, ...]]:
        """In the order of COLUMNS; zeros for who handed in nothing."""
        for assignment in _asked(gradebook.assignments, self.assignment, "name"):
            for student in _asked(gradebook.students, self.student, "id"):
                try:
                    submission = gradebook.find_submission(assignment.name, student.id)
                    penalty = submission.late_submission_penalty
                    scores = submission.timestamp, submission.score, penalty, max(0.0, submission.score - penalty)
                except MissingEntry:
                    scores = None, 0.0, 0.0, 0.0
                timestamp, *scores = scores
                person = student.id, student.last_name, student.first_name, student.email
                yield assignment.name, assignment.duedate, timestamp, *person, *scores, assignment.max_score


def _asked(entries: list[Any], names: list[Any], attribute: str) -> list[Any]:
    """Those that were named on the command line; all, if none was."""
    return [entry for entry in entries if not names or getattr(entry, attribute) in map(str, names)]


def _cell(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    text = CONTROL.sub(" ", value)
    return f"'{text}" if FORMULA.match(text) and not NUMBER.fullmatch(text) else text
