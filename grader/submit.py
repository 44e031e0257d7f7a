"""Packs a student's notebook for handing in, and says beforehand what of it will be graded. Behind `grader submit`.

It reads the notebook as grading does, and refuses what grading could not read; what grading puts right it only says,
since a student should not be kept from handing in. It never runs anything. The zip file holds one folder,
STUDENT_attempt_TIME, by which `nbgrader zip_collect` knows whose it is, whatever becomes of the file's own name on its
way (see `named_regexp` in nbgrader_config.py).
"""

import ast
import getpass
import re
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from nbformat import NotebookNode
from rich.console import Console
from rich.table import Table

from grader import archive
from grader.autograde.limits import MB, Limits
from grader.bundle import ROOT
from grader.exercises import NOTEBOOKS, Exercise

STUDENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}")  # of which nbgrader makes the name of a folder

NOTE = """\
Graded is what your code does when the notebook is run anew, on the visible cases and on hidden ones of the same kind.
What it printed when you ran it does not count, and neither do other files: pack what the code needs into its cells."""
ANOTHER = "--student ID names another"


class CannotSubmit(Exception):
    """There is nothing to be packed; the message says why and what helps."""


@dataclass(frozen=True)
class Part:
    """What will become of one exercise.

    done: is there something to be graded? work: in words.
    graded_cells: how many cells of the notebook are taken for its check cell.
    amiss: what grading will have to put right about that cell, in words, or nothing.
    """

    exercise: str
    done: bool
    work: str
    graded_cells: int
    amiss: str


def submit(assignment: str, notebook: Path | None, student: str | None, folder: Path) -> int:
    """Examine, print, pack: 0 packed, 1 packed with something amiss, 2 not packed.

    notebook: None for the course's own. student: None for the name of the user. folder: for the zip file.
    """
    console = Console(highlight=False)
    try:
        if assignment not in NOTEBOOKS:
            graded = ", ".join(NOTEBOOKS)
            raise CannotSubmit(f"{assignment} is no assignment; what can be handed in is: {graded}")
        notebook = notebook or ROOT / "notebooks" / assignment / f"{assignment}.ipynb"
        parts = examine(notebook, NOTEBOOKS[assignment].values())
        target = pack(assignment, notebook, student or _user(), folder)
    except CannotSubmit as problem:
        print(f"grader submit: {problem}. Nothing was packed.", file=sys.stderr)
        return 2
    saved = datetime.fromtimestamp(notebook.stat().st_mtime)
    console.print(f"{notebook}, last saved on {saved:%Y-%m-%d at %H:%M:%S}", markup=False, soft_wrap=True)
    console.print(_table(parts))
    console.print(NOTE, soft_wrap=True)
    who = f"for the student {student}" if student else f"for the student {_user()}, which is your user name; {ANOTHER}"
    console.print(f"\nPacked {who}, to be handed in:\n{target}", markup=False, soft_wrap=True)
    return 1 if any(part.amiss for part in parts) else 0


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a user id without a name, as in some containers
        raise CannotSubmit("your user has no name here: name your student id with --student ID") from None


def _table(parts: Sequence[Part]) -> Table:
    table = Table("part", "what will become of it")
    for part in parts:
        words = [part.work, part.amiss] if part.amiss else [part.work]
        style = "yellow" if part.amiss else "green" if part.done else "red"
        table.add_row(part.exercise, "; ".join(words), style=style)
    return table


def examine(notebook: Path, exercises: Collection[Exercise]) -> list[Part]:
    """What will become of each of the exercises when this notebook is graded.

    Raises:
        CannotSubmit: grading could not read it, or it is another notebook.
    """
    from grader.autograde.staging import Unreadable, read

    limits = Limits()
    if not notebook.is_file():
        raise CannotSubmit(f"there is no file {notebook}")
    if notebook.stat().st_size > limits.notebook * MB:
        raise CannotSubmit(
            f"{notebook} has {notebook.stat().st_size / MB:.1f} MB, and grading reads no more than {limits.notebook} MB: "
            "clear the outputs of all cells, save, and try again"
        )
    try:
        cells = read(notebook.resolve(), limits).cells
    except Unreadable as problem:
        raise CannotSubmit(f"{notebook} {problem}") from None
    parts = [_part(exercise, cells) for exercise in exercises]
    if not any(part.graded_cells or _defining(exercise.target, cells) for part, exercise in zip(parts, exercises)):
        raise CannotSubmit(
            f"{notebook} has none of the {len(parts)} graded cells and nothing that they check: it is another notebook"
        )
    return parts


def pack(assignment: str, notebook: Path, student: str, folder: Path, now: datetime | None = None) -> Path:
    """Write the zip file for `nbgrader zip_collect` into `folder`; its path.

    Raises:
        CannotSubmit: `student` is no id, or the file is there already or cannot be written.
    """
    if not STUDENT.fullmatch(student):
        raise CannotSubmit(
            f"{student!r} is no student id (letters, digits and _ . @ -, at most 64): name yours with --student ID, or in "
            "make submit STUDENT=ID"
        )
    attempt = f"{student}_attempt_{(now or datetime.now(UTC)).astimezone(UTC):%Y%m%dT%H%M%SZ}"
    target = folder / f"{assignment}_{attempt}.zip"
    if target.exists():
        raise CannotSubmit(f"{target} is there already: it was packed in this very second")
    try:
        archive.write(target, {f"{attempt}/{assignment}.ipynb": notebook.read_bytes()})
    except OSError as problem:
        raise CannotSubmit(f"{target} cannot be written: {problem.strerror or problem}") from None
    return target


def _part(exercise: Exercise, cells: Sequence[NotebookNode]) -> Part:
    name = exercise.name.replace(".", "-")  # as nbgrader knows it, and the cell's id
    graded = [
        cell
        for cell in cells
        if name in (cell.metadata.get("nbgrader", {}).get("grade_id"), cell.get("id"))
        or cell.source.strip() == _check(exercise)  # some editors keep neither
    ]
    return Part(exercise.name, *_work(exercise.target, cells), len(graded), _amiss(exercise, graded))


def _amiss(exercise: Exercise, graded: Sequence[NotebookNode]) -> str:
    if not graded:
        return "its check cell is missing and will be put back"
    if len(graded) > 1:
        return f"its check cell is there {len(graded)} times; one will count"
    if graded[0].source.strip() != _check(exercise):
        return "its check cell was changed; the original will be run"
    return ""


def _check(exercise: Exercise) -> str:
    return f'check("{exercise.name}", {exercise.target})'


def _defining(target: str, cells: Sequence[NotebookNode]) -> list[ast.stmt]:
    """The statements that define the target. Grading also finds them in a cell that was turned into text."""
    return [statement for cell in cells for statement in _statements(cell.source) if target in _names(statement)]


def _statements(source: str) -> list[ast.stmt]:
    try:
        return ast.parse(source).body
    except (SyntaxError, ValueError):  # prose, magics, or a slip, of which grading will say more
        return []


def _names(statement: ast.stmt) -> set[str]:
    if isinstance(statement, ast.ClassDef | ast.FunctionDef):
        return {statement.name}
    stores = (node for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
    return {node.id for node in stores}


def _work(target: str, cells: Sequence[NotebookNode]) -> tuple[bool, str]:
    """Is something done, and in what state is it, as far as the text shows?"""
    found = _defining(target, cells)
    if not found:
        return False, f"no cell defines {target}, or it has a syntax error: 0 points"
    if all(map(_is_stub, found)):
        return False, "still raises NotImplementedError: 0 points"
    return True, "will be graded"


def _is_stub(statement: ast.stmt) -> bool:
    """Has it a function that does nothing but raise NotImplementedError?"""
    functions = (node for node in ast.walk(statement) if isinstance(node, ast.FunctionDef))
    bodies = ([part for part in function.body if not _is_docstring(part)] for function in functions)
    return any(len(body) == 1 and "NotImplementedError" in ast.unparse(body[0]) for body in bodies)


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
