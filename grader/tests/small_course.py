"""A made-up course on disk: a gradebook with an assignment of one notebook, of no subject, that is soon graded."""

from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader import api
from nbgrader.api import Base, Gradebook
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import AssignLatePenalties, OverwriteKernelspec, SaveAutoGrades
from sqlalchemy import create_engine, insert
from traitlets.config import Config

from grader.autograde.execute import SandboxedExecute
from grader.autograde.judge import FlagForReview, Judge
from grader.autograde.restore import Restore
from grader.autograde.run import Run
from grader.autograde.truncate import TruncateFeedback

WEEK = "week1"
CHECKSUM = "0" * 32  # of no text


class Course:
    """A cell "loss" to fill, and its tests, by nbgrader's own kind of assertions, for two points. `config`: nbgrader's."""

    def __init__(self, folder: Path, url: str | None = None) -> None:
        """url: of the gradebook, if it is not to be the course's own file."""
        self.folder, self.url, self.config = folder, url or f"sqlite:///{folder / 'gradebook.db'}", Config()
        engine = create_engine(self.url)
        Base.metadata.create_all(engine)  # else nbgrader runs alembic, which takes a second
        with engine.begin() as connection:  # PostgreSQL minds if the course is not there
            connection.execute(insert(api.Course).values(id=""))
        engine.dispose()
        with Gradebook(self.url, "") as book:
            book.add_assignment(WEEK)
            book.add_notebook(WEEK, WEEK)
            book.add_solution_cell("loss", WEEK, WEEK)
            self._add_text(book, "loss", "loss = ...", locked=False)
            book.add_grade_cell("tests", WEEK, WEEK, max_score=2, cell_type="code")
            self._add_text(book, "tests", "assert loss == 1", locked=True)

    def _add_text(self, book: Gradebook, name: str, source: str, locked: bool) -> None:
        book.add_source_cell(name, WEEK, WEEK, locked=locked, source=source, checksum=CHECKSUM, cell_type="code")

    def notebook(self, work: str) -> str:
        """The text of one in which the cell to fill holds `work`."""
        cells = {"loss": work, "tests": "assert loss == 1"}
        made = [new_code_cell(text, metadata={"nbgrader": {"grade_id": name}}) for name, text in cells.items()]
        return nbformat.writes(new_notebook(cells=made))

    def submit(self, student: str, content: str | None = None, timestamp: str | None = None) -> Path:
        """By default, a notebook whose first line says whose it is."""
        folder = self.folder / "submitted" / student / WEEK
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{WEEK}.ipynb").write_text(content or self.notebook(f"# {student}"))
        if timestamp:
            (folder / "timestamp.txt").write_text(timestamp)
        return folder

    def autograde(self, **folders) -> None:
        """As nbgrader's commands and its formgrader do it, in this process, without a sandbox; folders: their settings."""
        config = Config(
            Autograde={
                "sanitize_preprocessors": [Restore, OverwriteKernelspec],
                "autograde_preprocessors": [
                    *(SandboxedExecute, Judge, SaveAutoGrades, FlagForReview, AssignLatePenalties),
                    TruncateFeedback,
                ],
            },
            SandboxedExecute={"sandbox": "off"},
            CourseDirectory={"root": str(self.folder), "assignment_id": WEEK, "db_url": self.url, **folders},
        )
        config.merge(self.config)
        Run(coursedir=CourseDirectory(config=config), config=config).start()

    def grade(self, student: str) -> tuple[float | None, float | None, bool]:
        """Automatic score, manual score, and whether it waits for the instructor."""
        with Gradebook(self.url, "") as book:
            grade = book.find_grade("tests", WEEK, WEEK, student)
            return grade.auto_score, grade.manual_score, grade.needs_manual_grade

    def graded(self, student: str) -> Path:
        return self.folder / "autograded" / student / WEEK / f"{WEEK}.ipynb"

    def page(self, student: str) -> str:
        return "\n".join(cell.source for cell in nbformat.read(self.graded(student), as_version=4).cells)
