"""Which cell of a notebook is which of the assignment's, and what becomes of it: the one rule for both ends.

Grading puts a notebook back into its form by this rule (see `grader.autograde.restore`), and `grader submit` says by it
what grading will do. Only names and texts are looked at, see `grader.sources`. Cells are nbformat's, as
`grader.notebooks.read` returns them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from nbformat import NotebookNode

from grader.sources import (
    definitions,
    provides,
    stubs,
    undone,
    without_comments,
    without_formatting,
    without_layout,
    words,
)


@dataclass(frozen=True)
class Master:
    """One of nbgrader's cells, as the instructor wrote it.

    solution: the student writes it. points: of a graded cell or a task, else None.
    """

    name: str
    cell_type: str
    source: str
    checksum: str | None = None
    locked: bool = False
    grade: bool = False
    solution: bool = False
    task: bool = False
    points: float | None = None

    @property
    def defines(self) -> set[str]:
        """The names that its code defines."""
        return definitions(self.source) if self.cell_type == "code" else set()

    @property
    def asks(self) -> set[str]:
        """The functions and methods that the student is to write, as `stubs` names them."""
        return stubs(self.source) if self.solution and self.cell_type == "code" else set()

    @property
    def is_fixed(self) -> bool:
        """Is its text the instructor's, which a student has no reason to change?"""
        return (self.grade or self.locked) and not self.solution

    @property
    def is_answer(self) -> bool:
        """Does the student write it, and a person grade it?"""
        return self.grade and self.solution

    def is_untouched(self, cell: NotebookNode) -> bool:
        return without_layout(cell.source) == without_layout(self.source)

    def is_extended(self, cell: NotebookNode) -> bool:
        """Is it the instructor's code, and was other code written into it? Comments and formatting are none."""
        if not self.is_fixed or self.cell_type != "code" or cell.cell_type != "code":
            return False
        given, found = (without_formatting(without_comments(text)) for text in (self.source, cell.source))
        return found not in ("", given)

    @property
    def metadata(self) -> dict[str, Any]:
        marks = {
            "schema_version": 3,
            "grade_id": self.name,
            "grade": self.grade,
            "solution": self.solution,
            "locked": self.locked,
            "task": self.task,
            "cell_type": self.cell_type,
            "checksum": self.checksum,
            "points": self.points,
        }
        return {"nbgrader": {key: value for key, value in marks.items() if value is not None}}


@dataclass(frozen=True, eq=False)  # two places are two, whatever stands there
class Place:
    """One cell of a notebook that was put back into its form.

    master: the cell of the assignment that it is; None: one of the student's own.
    cell: the one that was handed in for it; None: there was none, and the master's is put back.
    """

    master: Master | None
    cell: NotebookNode | None

    @property
    def name(self) -> str | None:
        return self.master.name if self.master else None

    @property
    def is_untouched(self) -> bool:
        return self.cell is None or self.master.is_untouched(self.cell)

    @property
    def is_solution(self) -> bool:
        return self.master is not None and self.master.solution

    @property
    def work(self) -> str:
        """The student's code in it; nothing where it is of another kind or was not handed in."""
        is_work = self.master.solution if self.master else self.cell.cell_type == "code"
        return self.cell.source if is_work and self.cell else ""


class Change(StrEnum):
    """What was done to a cell, as a sentence with room for its name."""

    SEVERAL = "There are several cells “{}”. All are run, one after the other."
    DROPPED = "A copy of the cell “{}” was dropped."
    PUT_BACK = "The cell “{}” was missing; it was put back."
    EXTENDED = "The code of the cell “{}” was changed; it is run in a cell of its own, before the original."
    STUB_MOVED = "The cell “{}” is a stub still, and stood below a cell that answers it; it was moved above that one."
    CHECK_MOVED = "The graded cell “{}” stood before the work that it checks; it was moved."


@dataclass(frozen=True)
class Notice:
    change: Change
    name: str

    def __str__(self) -> str:
        return self.change.format(self.name)


def claim(cell: NotebookNode) -> str | None:
    """The name that nbgrader's metadata give to a cell."""
    return cell.metadata.get("nbgrader", {}).get("grade_id")


def identify(cells: Sequence[NotebookNode], masters: Sequence[Master]) -> list[str | None]:
    """The name of the master's cell that each cell is; None: it is the student's own. Several may have one name.

    A cell is the one whose name it claims, by grade_id or else by id. Of those whose name no cell claims, a graded or
    locked one is known by its exact text (the last cell that has it), a solution by what it defines (the first that is a
    stub of it, else the first).
    """
    known = {master.name for master in masters}
    names = [next((name for name in (claim(cell), cell.get("id")) if name in known), None) for cell in cells]
    lost = [master for master in masters if master.name not in names]
    for master in (master for master in lost if master.is_fixed and master.source.strip()):
        for number, cell in reversed(list(enumerate(cells))):
            if names[number] is None and cell.cell_type == master.cell_type and master.is_untouched(cell):
                names[number] = master.name
                break
    solutions = [master for master in lost if master.solution and master.defines]
    asked = _asked(masters)
    nameless = [number for number, cell in enumerate(cells) if names[number] is None and cell.cell_type == "code"]
    texts = [(number, cells[number].source) for number in nameless if solutions]
    found = [(number, undone(text, asked)) for number, text in texts]
    found += [(number, definitions(text)) for number, text in texts]
    for master in solutions:
        for number, defined in found:
            if names[number] is None and defined & master.defines:
                names[number] = master.name
                break
    return names


def _counting(master: Master, cells: Sequence[NotebookNode], names: Sequence[str | None]) -> int | None:
    """The number of the one that counts among the cells that are `master`; None: there are none.

    Of solutions the first that was worked on; of other cells the last, which has all the work before it, and of these
    rather one that is as it was given out.
    """
    numbers = [number for number, name in enumerate(names) if name == master.name]
    if not numbers:
        return None
    if master.solution:
        return next((number for number in numbers if not master.is_untouched(cells[number])), numbers[0])
    return next((number for number in reversed(numbers) if not master.is_extended(cells[number])), numbers[-1])


def arrange(cells: Sequence[NotebookNode], masters: Sequence[Master]) -> tuple[list[Place], list[Notice]]:
    """The notebook in its form, and what was done to it.

    - Of several solutions of one name, as JupyterLab makes them when a cell is split or copied, the first that was worked
      on is the solution. Untouched copies of the stub are dropped; the others stay where they are as cells of the student's
      own, to be run as they were in the student's session. Of several other cells of one name the last is kept.
    - What is missing is put back: a graded cell before the next of the master's cells, a solution right behind the one
      before it.
    - A cell of the instructor's into which other code was written is run as it is, as a cell of the student's own, before
      the master's; so are such copies, in their place.
    - A solution that is a stub still is moved above all cells that answer it, so as not to undo them.
    - A graded cell that stands before the work that it checks is moved behind it: behind the solutions that precede it in
      the assignment, and where one of them lacks what it needs, behind an answer to that (see `_answer`). Where a solution
      was worked on, whatever stands elsewhere moves nothing.
    """
    notices: list[Notice] = []
    names = identify(cells, masters)
    by_name = {master.name: master for master in masters}
    counting = {master.name: _counting(master, cells, names) for master in masters}
    places: list[Place] = []
    for number, (name, cell) in enumerate(zip(names, cells, strict=True)):
        if name is None:
            places.append(Place(None, cell))
        elif counting[name] == number:
            if by_name[name].is_extended(cell):
                places.append(Place(None, cell))
                notices.append(Notice(Change.EXTENDED, name))
            places.append(Place(by_name[name], cell))
        elif by_name[name].is_extended(cell) or (by_name[name].solution and not by_name[name].is_untouched(cell)):
            places.append(Place(None, cell))
            notices.append(Notice(Change.SEVERAL, name))
        else:
            notices.append(Notice(Change.DROPPED, name))
    for position, master in enumerate(masters):
        if counting[master.name] is None:
            places.insert(_where(places, masters, position), Place(master, None))
            notices.append(Notice(Change.PUT_BACK, master.name))

    asked = _asked(masters)
    provided = {place: provides(place.work, asked) for place in places}
    mentioned = {place: words(place.work) for place in places}
    for stub in [place for place in places if place.is_solution]:
        lacking, here = undone(stub.work, asked), places.index(stub)
        first = next((number for number in range(here) if lacking & provided[places[number]]), here)
        if first < here:
            places.insert(first, places.pop(here))
            notices.append(Notice(Change.STUB_MOVED, stub.name))
    for position, master in enumerate(masters):
        if not master.grade or master.solution:
            continue
        earlier = {other.name for other in masters[:position]}
        before = [place for place in places if place.is_solution and place.name in earlier]
        here = next(number for number, place in enumerate(places) if place.master is master)
        needed = words(master.source)
        for place in reversed(places):  # and what the code behind these names mentions in its turn
            if provided[place] & needed:
                needed |= mentioned[place]
        lacking = needed & set().union(*(_lacks(place, mentioned[place]) for place in before))
        answers = [_answer(here, [name in provided[place] for place in places], places) for name in lacking]
        last = max([*map(places.index, before), *answers], default=-1)
        if here < last:
            places.insert(last, places.pop(here))
            notices.append(Notice(Change.CHECK_MOVED, master.name))
    return places, list(dict.fromkeys(notices))


def _asked(masters: Sequence[Master]) -> set[str]:
    return set().union(*(master.asks for master in masters))


def _lacks(solution: Place, mentioned: set[str]) -> set[str]:
    """What was asked for in a solution, and is a stub still or is not mentioned any more."""
    asked = solution.master.asks
    return undone(solution.work, asked) | ({name.partition(".")[0] for name in asked} - mentioned)


def _answer(here: int, provides_it: Sequence[bool], places: Sequence[Place]) -> int:
    """The place behind which a check at `here` has an answer, -1 if there is none.

    It is the first that provides it, or below the check and that one the last, as far as no other cell of the assignment
    stands between: the drafts above are superseded, and what is written after other exercises is an experiment.
    """
    first = next((number for number, it_does in enumerate(provides_it) if it_does), None)
    if first is None:
        return -1
    start = max(here, first)
    end = next((number for number in range(start + 1, len(places)) if places[number].master), len(places))
    return max(number for number in range(end) if provides_it[number])


def _where(places: Sequence[Place], masters: Sequence[Master], position: int) -> int:
    """Where a missing cell goes: behind all that precede it, and if it is no solution, before the next of the master's."""
    earlier = {master.name for master in masters[:position]}
    later = {master.name for master in masters[position + 1 :]}
    behind = 1 + max((number for number, place in enumerate(places) if place.name in earlier), default=-1)
    if masters[position].solution:
        return behind
    return next((number for number in range(behind, len(places)) if places[number].name in later), len(places))
