"""What lies in the course's folders and in its gradebook before grading: who handed in, and what the masters say."""

import glob
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory

from grader.autograde.restore import UNGRADED


@dataclass(frozen=True)
class Texts:
    """What the master of a notebook has besides nbgrader's cells: the code that no graded work needs, and the prose."""

    ungraded: frozenset[str] = frozenset()
    prose: frozenset[str] = frozenset()


def submissions(course: CourseDirectory) -> Iterator[tuple[str, Path]]:
    """The students who handed in something, and their folders."""
    step, assignment = course.submitted_directory, course.assignment_id
    student_of = re.compile(course.format_path(step, "(?P<student>.*)", assignment, escape=True))
    for path in sorted(glob.glob(course.format_path(step, course.student_id, assignment))):
        match = student_of.fullmatch(path)  # not with a line break
        if match and _is_text(match["student"]):
            yield match["student"], Path(path)
        else:  # it must not end the grading of all others
            course.log.warning("%r is no name of a student: it is not graded", path)
    if course.student_id == "*":
        for path in sorted(glob.glob(course.format_path(step, ".*", assignment))):
            course.log.warning("%r begins with a dot, and nbgrader would never find it again: it is not graded", path)


def _is_text(name: str) -> bool:
    """Else the gradebook cannot hold it."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


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
