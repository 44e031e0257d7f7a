"""Packs a student's notebook for handing in, and says beforehand what of it will be graded. Behind `grader submit`.

It reads the notebook as grading does (`grader.notebooks`) and arranges its cells as grading does (`grader.cells`). What
grading could not read it refuses; what grading puts right it only says, since a student should not be kept from handing
in. It never runs anything. The zip file holds one folder,
STUDENT_attempt_TIME, by which `nbgrader zip_collect` knows whose it is, whatever becomes of the file's own name on its
way (see `grader.autograde.collect`).
"""

import ast
import getpass
import re
import sys
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from nbformat import NotebookNode
from rich.console import Console
from rich.table import Table

from grader import assignments
from grader.cells import Change, Master, Notice, Place, arrange, claim, identify
from grader.files import A_STUDENT_IS, ROOT, STUDENT, write_zip
from grader.limits import Limits
from grader.model import Exercise, Target
from grader.notebooks import Unreadable, read
from grader.sources import STUB as RAISE
from grader.sources import definitions, provides, stubs, undone

NOTE = """\
Graded is what your code does when the notebook is run anew, on the visible cases and on hidden ones of the same kind.
What it printed when you ran it does not count, and neither do other files: pack what the code needs into its cells."""
ANOTHER = "--student ID names another"
DONE, STUB = "will be graded", "still raises NotImplementedError: 0 points"
# What grading will put right, if it concerns the cell of the work or the check cell.
REMEDIES = {
    Change.SEVERAL: "there are several cells for it, and all are run, one after the other",
    Change.STUB_MOVED: "its stub stands below the cell that answers it and will be moved above that one",
    Change.CHECK_MOVED: "its check cell stands before the work that it checks and will be moved behind it",
}
MAGIC = re.compile(r"^([ \t]*)[%!].*$", re.MULTILINE)  # a line of IPython's


class CannotSubmit(Exception):
    """There is nothing to be packed; the message says why and what helps."""


@dataclass(frozen=True)
class Part:
    """What will become of one exercise.

    done: is there something to be graded? work: in words.
    graded_cells: how many cells of the notebook are taken for its check cell.
    amiss: what grading will have to put right, in words, or nothing.
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
        if assignment not in assignments.with_points():
            graded = ", ".join(assignments.with_points())
            raise CannotSubmit(f"{assignment} is no assignment; what can be handed in is: {graded}")
        notebook = notebook or ROOT / "notebooks" / assignment / f"{assignment}.ipynb"
        parts = examine(notebook, assignments.graded(assignment).values())
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
    return 1 if any(part.amiss or part.work not in (DONE, STUB) for part in parts) else 0


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
    if not notebook.is_file():
        raise CannotSubmit(f"there is no file {notebook}")
    try:
        cells = read(notebook.resolve(), Limits()).cells
    except Unreadable as problem:
        raise CannotSubmit(f"{notebook} {problem}") from None
    masters = _masters(exercises, cells)
    names, (places, notices) = identify(cells, masters), arrange(cells, masters)
    parts = [_part(exercise, names, places, notices) for exercise in exercises]
    defined = set().union(*(definitions(cell.source) for cell in cells))
    if not any(part.graded_cells for part in parts) and not defined & {exercise.target.name for exercise in exercises}:
        raise CannotSubmit(
            f"{notebook} has none of the {len(parts)} graded cells and nothing that they check: it is another notebook"
        )
    return parts


def pack(assignment: str, notebook: Path, student: str, folder: Path, now: datetime | None = None) -> Path:
    """Write the zip file for `nbgrader zip_collect` into `folder`; its path.

    Raises:
        CannotSubmit: `student` is no id, or the file is there already or cannot be written.
    """
    if not re.fullmatch(STUDENT, student):
        raise CannotSubmit(
            f"{student!r} is no student id ({A_STUDENT_IS}): name yours with --student ID, or in make submit STUDENT=ID"
        )
    if f"{assignment}_" in student:
        raise CannotSubmit(
            f"{student!r} is no student id: {assignment}_ stands before it in the name of what is packed"
        )
    attempt = f"{student}_attempt_{(now or datetime.now(UTC)).astimezone(UTC):%Y%m%dT%H%M%SZ}"
    target = folder / f"{assignment}_{attempt}.zip"
    if target.exists():
        raise CannotSubmit(f"{target} is there already: it was packed in this very second")
    try:
        write_zip(target, {f"{attempt}/{assignment}.ipynb": notebook.read_bytes()})
    except OSError as problem:
        raise CannotSubmit(f"{target} cannot be written: {problem.strerror or problem}") from None
    return target


def _masters(exercises: Collection[Exercise], cells: Sequence[NotebookNode]) -> list[Master]:
    """The cells of the assignment, as far as they can be known without its gradebook: for each target the one in which it
    is to be written, and each exercise's check cell, in their order; then what else claims to be one."""
    masters: dict[str, Master] = {}
    graded = {exercise.grade_id for exercise in exercises}
    others = [cell for cell in cells if claim(cell) not in graded]
    for exercise in exercises:
        work = _solution(exercise.target, others)
        check = Master(exercise.grade_id, "code", exercise.check, locked=True, grade=True, points=exercise.points)
        for master in (work, check):
            masters.setdefault(master.name, master)
    for cell in filter(claim, others):
        masters.setdefault(claim(cell), Master(claim(cell), cell.cell_type, cell.source, solution=True))
    return list(masters.values())


def _solution(target: Target, cells: Sequence[NotebookNode]) -> Master:
    """The cell in which a target is to be written. Its name is the one that a cell claims which is a stub of it still, or
    else defines it. Its text before it was worked on is not at hand, unless it is a stub still."""
    asked = stubs(_stub(target))
    defining = [cell for cell in cells if target.name in definitions(cell.source)]
    unwritten = [cell for cell in defining if undone(cell.source, asked)]
    named = next((claim(cell) for cell in [*unwritten, *defining] if claim(cell)), None)
    texts = (cell.source for cell in unwritten if claim(cell) == named)
    given_out = min(texts, key=len, default=_stub(target))  # what was done to a copy has most often made it longer
    return Master(named or target.name, "code", given_out, solution=True)


def _stub(target: Target) -> str:
    """What was asked for, in short: a function, or of a class the method by which it is called."""
    if method := re.search(r"\)(?:\.(\w+))?\(", target.called):
        return f"class {target.name}:\n    def {method[1] or 'forward'}(self):\n        {RAISE}"
    return f"def {target.name}():\n    {RAISE}"


def _part(exercise: Exercise, names: Sequence[str | None], places: Sequence[Place], notices: Sequence[Notice]) -> Part:
    target, count = exercise.target.name, names.count(exercise.grade_id)
    here = next(number for number, place in enumerate(places) if place.name == exercise.grade_id)
    of_part = {
        exercise.grade_id,
        *(place.name for place in places if place.is_solution and target in place.master.defines),
    }
    remedies = [REMEDIES[notice.change] for notice in notices if notice.name in of_part and notice.change in REMEDIES]
    done, work = _work(exercise.target, places[:here])
    elsewhere = _elsewhere(exercise.target, places) if work == STUB else ""
    amiss = "; ".join(filter(None, [_amiss(count, places[here]), *remedies, elsewhere]))
    return Part(exercise.name, done, work, count, amiss)


def _amiss(count: int, check: Place) -> str:
    if check.cell is None:
        return "its check cell is missing and will be put back"
    if count > 1:
        return f"its check cell is there {count} times; one will count"
    if check.master.is_extended(check.cell):
        return "its check cell was changed; it will be run as it is, and then the original"
    if not check.master.is_untouched(check.cell):
        return "its check cell was changed; the original will be run"
    return ""


def _work(target: Target, above: Sequence[Place]) -> tuple[bool, str]:
    """Is something done, and in what state is it, as far as the text shows? `above`: the places before its check cell."""
    asked = stubs(_stub(target))
    texts = [text for place in above for text in _defining(target.name, place.work)]
    if not texts:
        return False, f"no cell defines {target.name}, or it has a syntax error: 0 points"
    return (False, STUB) if undone(texts[-1], asked) else (True, DONE)


def _elsewhere(target: Target, places: Sequence[Place]) -> str:
    """What to say if a cell that is no stub gives the name of the target a meaning, in whatever way."""
    name, asked = target.name, stubs(_stub(target))
    binding = re.compile(rf"\b{name}\b[ \t]*:?=(?!=)|\b(?:def|class|import|as|for)[ \t]+{name}\b|[\"']{name}[\"']")
    if any(binding.search(place.work) and not undone(place.work, asked) for place in places):
        return f"some cell gives {name} a meaning, but not as grading knows it: write {name} into its own cell"
    return ""


def _defining(target: str, source: str) -> Iterator[str]:
    """The statements that define the target, without comments."""
    if target in provides(source):
        texts = map(ast.unparse, _statements(source))
        yield from (text for text in texts if target in provides(text))


def _statements(source: str) -> list[ast.stmt]:
    for text in (source, MAGIC.sub(r"\1pass", source)):
        try:
            return ast.parse(text).body
        except (SyntaxError, ValueError):
            continue
    return []  # prose, or a slip, of which grading will say more
