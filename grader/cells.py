"""Which cell of a notebook is which of the assignment's, and what becomes of it: the one rule for both ends.

Grading puts a notebook back into its form by this rule (see `grader.autograde.restore`), and `grader submit` says by it
what grading will do. Only names and texts are looked at. The texts are hostile, so nothing here parses Python: its parser
can be crashed. Cells are nbformat's, as `grader.notebooks.read` returns them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nbformat import NotebookNode

# At the beginning of a line: a function, a class, or the names to which something is assigned.
DEFINED = re.compile(
    r"^(?:(?:async[ \t]+)?def|class)[ \t]+(\w+)|^((?:\w+[ \t]*,[ \t]*)*\w+)[ \t]*(?::[^=\n]*)?=(?!=)", re.MULTILINE
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
    def is_fixed(self) -> bool:
        """Is its text the instructor's, which a student has no reason to change?"""
        return (self.grade or self.locked) and not self.solution

    def is_untouched(self, cell: NotebookNode) -> bool:
        return cell.source.strip() == self.source.strip()

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


@dataclass(frozen=True)
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


def definitions(source: str) -> set[str]:
    """The functions, classes and variables that a text defines, indented ones aside."""
    found = (match[1] or match[2] for match in DEFINED.finditer(source))
    return {name.strip() for names in found for name in names.split(",")}


def claim(cell: NotebookNode) -> str | None:
    """The name that nbgrader's metadata give to a cell."""
    return cell.metadata.get("nbgrader", {}).get("grade_id")


def identify(cells: Sequence[NotebookNode], masters: Sequence[Master]) -> list[str | None]:
    """The name of the master's cell that each cell is; None: it is the student's own. Several may have one name.

    A cell is the one whose name it claims, by grade_id or else by id. Of those whose name no cell claims, a graded or
    locked one is known by its exact text (the last cell that has it), a solution by what it defines (the first).
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
    nameless = [number for number, cell in enumerate(cells) if names[number] is None and cell.cell_type == "code"]
    defined = {number: definitions(cells[number].source) for number in nameless if solutions}
    for master in solutions:
        for number in nameless:
            if names[number] is None and defined[number] & master.defines:
                names[number] = master.name
                break
    return names


def _counting(master: Master, cells: Sequence[NotebookNode], names: Sequence[str | None]) -> int | None:
    """The number of the one that counts among the cells that are `master`; None: there are none.

    Of solutions the first that was worked on; of other cells the last, which has all the work before it.
    """
    numbers = [number for number, name in enumerate(names) if name == master.name]
    if not numbers or not master.solution:
        return numbers[-1] if numbers else None
    return next((number for number in numbers if not master.is_untouched(cells[number])), numbers[0])


def arrange(cells: Sequence[NotebookNode], masters: Sequence[Master]) -> tuple[list[Place], list[str]]:
    """The notebook in its form, and what was done to it, in sentences.

    - Of several solutions of one name, as JupyterLab makes them when a cell is split or copied, the first that was worked
      on is the solution. Untouched copies of the stub are dropped; the others stay where they are as cells of the student's
      own, to be run as they were in the student's session. Of several other cells of one name the last is kept.
    - What is missing is put back: a graded cell before the next of the master's cells, a solution right behind the one
      before it.
    - A graded cell that stands before the work that it checks is moved behind it.
    """
    notices: list[str] = []
    names = identify(cells, masters)
    by_name = {master.name: master for master in masters}
    counting = {master.name: _counting(master, cells, names) for master in masters}

    places: list[Place] = []
    for number, (name, cell) in enumerate(zip(names, cells, strict=True)):
        if name is None:
            places.append(Place(None, cell))
        elif counting[name] == number:
            places.append(Place(by_name[name], cell))
        elif by_name[name].solution and not by_name[name].is_untouched(cell):
            places.append(Place(None, cell))
            notices.append(f"There are several cells “{name}”. All are run, one after the other.")
        else:
            notices.append(f"A copy of the cell “{name}” was dropped.")
    for position, master in enumerate(masters):
        if counting[master.name] is None:
            places.insert(_where(places, masters, position), Place(master, None))
            notices.append(f"The cell “{master.name}” was missing; it was put back.")
    for position, master in enumerate(masters):
        order = [place.name for place in places]
        work = {other.name for other in masters[:position] if other.solution}
        last = max((number for number, name in enumerate(order) if name in work), default=-1)
        here = order.index(master.name)
        if master.grade and not master.solution and here < last:
            places.insert(last, places.pop(here))
            notices.append(f"The graded cell “{master.name}” stood before the work that it checks; it was moved.")
    return places, list(dict.fromkeys(notices))


def _where(places: Sequence[Place], masters: Sequence[Master], position: int) -> int:
    """Where a missing cell goes: behind all that precede it, and if it is no solution, before the next of the master's."""
    earlier = {master.name for master in masters[:position]}
    later = {master.name for master in masters[position + 1 :]}
    behind = 1 + max((number for number, place in enumerate(places) if place.name in earlier), default=-1)
    if masters[position].solution:
        return behind
    return next((number for number in range(behind, len(places)) if places[number].name in later), len(places))
