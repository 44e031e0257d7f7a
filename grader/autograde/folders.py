"""What lies in the course's folders and in its gradebook before grading: who handed in, and what the masters say."""

import fnmatch
import glob
import re
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory

from grader.autograde.restore import UNGRADED
from grader.files import why_not_gradable


@dataclass(frozen=True)
class Texts:
    """What the master of a notebook has besides nbgrader's cells: the code that no graded work needs, and the prose."""

    ungraded: frozenset[str] = frozenset()
    prose: frozenset[str] = frozenset()


def submissions(course: CourseDirectory) -> tuple[dict[str, Path], list[str]]:
    """The folders of the students who handed in something, by student, as far as they are chosen (`--student`); and the
    names of those that nbgrader cannot grade, which are told in the log and must not end the grading of all others."""
    step, assignment, chosen = course.submitted_directory, course.assignment_id, course.student_id
    pattern = course.format_path(re.escape(step), "(?P<student>.*)", re.escape(assignment), escape=True)
    found: dict[str, Path] = {}
    passed_over = []
    for path in sorted(glob.glob(course.format_path(step, "*", assignment), include_hidden=True)):
        student = re.fullmatch(pattern, path, re.DOTALL)["student"]
        if student != chosen and not fnmatch.fnmatchcase(student, chosen):
            continue
        if why := why_not_gradable(student):
            course.log.error("%r is not graded: it %s. Rename the folder %r", student, why, path)
            passed_over.append(student)
        else:
            found[student] = Path(path)
    return found, passed_over


def notebooks(course: CourseDirectory) -> list[str]:
    """The names of those that the assignment has in the gradebook.

    Raises:
        nbgrader.api.MissingEntry: there is no such assignment.
    """
    with Gradebook(course.db_url, course.course_id) as gradebook:
        return sorted(notebook.name for notebook in gradebook.find_assignment(course.assignment_id).notebooks)


def texts(course: CourseDirectory, name: str) -> Texts:
    """Nothing where the master of the notebook is not at hand."""
    master = Path(course.format_path(course.source_directory, ".", course.assignment_id), f"{name}.ipynb")
    cells = nbformat.read(master, as_version=4).cells if master.is_file() else []
    prose = frozenset(cell.source for cell in cells if cell.cell_type == "markdown")
    ungraded = frozenset(cell.source for cell in cells if UNGRADED in cell.metadata.get("tags", [])) - prose
    return Texts(ungraded, prose)
