"""What lies in the course's folders and in its gradebook before grading: who handed in, what is due, and the masters."""

import fnmatch
import glob
import os
import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook, Notebook
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import find_all_files

from grader.autograde import carried, record
from grader.autograde.restore import UNGRADED, masters_of
from grader.cells import Master
from grader.files import why_not_gradable


@dataclass(frozen=True)
class Given:
    """What was given out as one notebook: nbgrader's cells, the code that no graded work needs, and the prose."""

    masters: tuple[Master, ...] = ()
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


def given(course: CourseDirectory, book: Gradebook) -> dict[str, Given]:
    """What was given out, by the names of the notebooks that the assignment has in the gradebook.

    Raises:
        nbgrader.api.MissingEntry: there is no such assignment.
    """
    notebooks = book.find_assignment(course.assignment_id).notebooks
    return {notebook.name: _given(course, notebook) for notebook in sorted(notebooks, key=lambda each: each.name)}


def _given(course: CourseDirectory, notebook: Notebook) -> Given:
    """Neither code nor prose where the master is not at hand."""
    master = _masters(course) / f"{notebook.name}.ipynb"
    cells = nbformat.read(master, as_version=4).cells if master.is_file() else []
    prose = frozenset(cell.source for cell in cells if cell.cell_type == "markdown")
    ungraded = frozenset(cell.source for cell in cells if UNGRADED in cell.metadata.get("tags", [])) - prose
    return Given(tuple(masters_of(notebook)), ungraded, prose)


def files(course: CourseDirectory, excluded: Iterable[str]) -> dict[str, bytes]:
    """The assignment's files beside its notebooks, by their paths, which take the place of what was handed in; as nbgrader
    chooses them. excluded: paths of those that do not (`c.Autograde.exclude_overwriting`)."""
    masters = _masters(course)
    found = (Path(path) for path in find_all_files(str(masters), [*course.ignore, "*.ipynb"]))
    paths = {str(path.relative_to(masters)): path for path in found}
    return {name: path.read_bytes() for name, path in paths.items() if name not in set(excluded)}


def _masters(course: CourseDirectory) -> Path:
    return Path(course.format_path(course.source_directory, ".", course.assignment_id))


def is_due(course: CourseDirectory, student: str, submission: Path, names: list[str], force: bool) -> bool:
    """nbgrader grades what has not been graded, or was handed in later than that; by the times in both folders.

    names: of the notebooks that are to be graded.

    Raises:
        OSError: there is no room for a copy of the time.
    """
    if student in course.student_id_exclude.split(","):
        return False
    graded = Path(course.format_path(course.autograded_directory, student, course.assignment_id))
    if not graded.exists():
        return True
    if not all(record.is_graded(graded / f"{name}.ipynb") for name in names):
        course.log.warning("%s was left half graded by an earlier run: it is graded again", graded)
        return True
    if force:
        course.log.warning("Replacing existing assignment: %s", graded)
        return True
    with tempfile.TemporaryDirectory(prefix=f"grader-{os.getpid()}-") as folder:
        if not submission.is_symlink():
            carried.carry(submission, Path(folder))
        times = [course.get_existing_timestamp(str(place)) for place in (folder, graded)]
    if None not in times and times[0] > times[1]:
        course.log.warning("Updating existing assignment: %s", graded)
        return True
    course.log.info("Skipping existing assignment: %s", graded)
    return False
