"""Puts a submitted notebook back into the form that the assignment had.

What belongs to the instructor, the graded cells and all of nbgrader's metadata, comes from the master in the gradebook;
what belongs to the student, the text of every other cell, stays. `staging` has already dropped all metadata but the
names that cells claim to have.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.preprocessors import NbGraderPreprocessor

from grader.autograde import record
from grader.autograde.staging import MARK

# Tags of code cells that are shown and not run, or only if need be.
NOT_RUN = "grader-not-run"
SCENERY = "scenery"  # the author's tag, too, in the master
TEXT = "text"
LONGEST_LINE = 1000  # characters


@dataclass(frozen=True)
class Master:
    """One of nbgrader's cells, as the gradebook has it.

    solution: the student writes it. points: of a graded cell or a task, else None.
    """

    name: str
    cell_type: str
    source: str
    checksum: str | None
    locked: bool
    grade: bool
    solution: bool
    task: bool
    points: float | None

    @property
    def defines(self) -> set[str]:
        """The classes and functions that its text defines."""
        return _definitions(self.source) if self.cell_type == "code" else set()

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


class Restore(NbGraderPreprocessor):
    """The first preprocessor of a submission; it also takes back the automatic scores of an earlier grading.

    So a score never outlives the work that it was given for. Manual scores and comments stay.
    """

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        names = resources["nbgrader"]
        with Gradebook(names["db_url"]) as gradebook:
            masters = list(_masters(gradebook.find_notebook(names["notebook"], names["assignment"])))
            _forget_scores(gradebook, names)
        notices = list(resources["grader_notices"])
        if resources["grader_unreadable"] is not None:
            notices.append(resources["grader_unreadable"])
        master_texts = resources["grader_texts"]
        nb.cells, found = restore(nb.cells, masters, master_texts[TEXT])
        if resources["grader_unreadable"] is not None:
            found = []  # it goes without saying that all cells were missing
        for cell in nb.cells:
            if cell.cell_type == "code" and not cell.metadata and cell.source in master_texts[SCENERY]:
                cell.metadata["tags"] = [SCENERY]
        nb.cells[:0] = [new_markdown_cell(_notice(sentence)) for sentence in notices + found]
        for sentence in notices + found:
            self.log.warning("%s: %s", names["student"], sentence)
        nb.metadata = {MARK: {"notices": record.short(notices + found)}}  # for the Judge
        return nb, resources


def restore(
    cells: list[NotebookNode], masters: list[Master], known: Collection[str] = ()
) -> tuple[list[NotebookNode], list[str]]:
    """The cells of a notebook with those of the master in their place, and what was done, in sentences.

    `known`: the master's other texts, which may be rendered. Others are shown as they were typed.

    - A cell is the master's cell whose name it claims, by grade_id or by id. A solution that has lost its name is
      known by what it defines.
    - Of several solutions with one name, as JupyterLab makes them when a cell is split or copied, untouched stubs are
      dropped; the first of the others is the solution, and the rest are run as cells of the student's own, as they were in
      the student's session. Of several graded cells with one name the last is kept, which has all the work before it.
    - What is missing is put back: a graded cell before the next of the master's cells, work as a stub that is not run.
    - A graded cell that stands before the work that it checks is moved behind it.
    """
    notices: list[str] = []
    names = _names(cells, masters)
    by_name = {master.name: master for master in masters}
    places: dict[str, list[int]] = {}
    for number, name in enumerate(names):
        if name is not None:
            places.setdefault(name, []).append(number)
    counts = {name: _counting(by_name[name], where, cells) for name, where in places.items()}

    restored: list[tuple[str | None, NotebookNode]] = []
    for number, (name, cell) in enumerate(zip(names, cells, strict=True)):
        if name is None:
            restored.append((None, _students(cell, known)))
        elif counts[name] == number:
            restored.append((name, _from_master(by_name[name], cell)))
        elif by_name[name].solution and not by_name[name].is_untouched(cell):
            restored.append((None, _students(cell, known)))
            notices.append(f"There are several cells “{name}”. All are run, one after the other.")
        else:
            notices.append(f"A copy of the cell “{name}” was dropped.")
    for position, master in enumerate(masters):
        if master.name not in places:
            restored.insert(_place(restored, masters, position), (master.name, _put_back(master)))
            notices.append(f"The cell “{master.name}” was missing; it was put back.")
    for position, master in enumerate(masters):
        order = [name for name, _ in restored]
        before = {other.name for other in masters[:position] if other.solution}
        last = max((place for place, name in enumerate(order) if name in before), default=-1)
        here = order.index(master.name)
        if master.grade and not master.solution and here < last:
            restored.insert(last, restored.pop(here))
            notices.append(f"The graded cell “{master.name}” stood before the work that it checks; it was moved.")
    return [cell for _, cell in restored], list(dict.fromkeys(notices))


def _names(cells: list[NotebookNode], masters: list[Master]) -> list[str | None]:
    known = {master.name for master in masters}
    names: list[str | None] = []
    for cell in cells:
        claimed = [cell.metadata.get("nbgrader", {}).get("grade_id"), cell.get("id")]
        names.append(next((name for name in claimed if name in known), None))
    for master in masters:
        if master.solution and master.name not in names and master.defines:
            for number, cell in enumerate(cells):
                if names[number] is None and cell.cell_type == "code" and _definitions(cell.source) & master.defines:
                    names[number] = master.name
                    break
    return names


def _counting(master: Master, places: list[int], cells: list[NotebookNode]) -> int:
    if not master.solution:
        return places[-1]
    return next((place for place in places if not master.is_untouched(cells[place])), places[0])


def _definitions(source: str) -> set[str]:
    return set(re.findall(r"^(?:class|def)\s+(\w+)", source, re.MULTILINE))


def _place(restored: list[tuple[str | None, NotebookNode]], masters: list[Master], position: int) -> int:
    """Where a missing cell goes: before the next of the master's cells, and behind all that precede it."""
    order = [name for name, _ in restored]
    earlier = {master.name for master in masters[:position]}
    later = {master.name for master in masters[position + 1 :]}
    behind = 1 + max((place for place, name in enumerate(order) if name in earlier), default=-1)
    before = next((place for place, name in enumerate(order) if name in later and place >= behind), len(order))
    return behind if masters[position].solution else before


def _from_master(master: Master, cell: NotebookNode) -> NotebookNode:
    source = cell.source if master.solution else master.source
    if master.cell_type == "markdown" and source != master.source:
        source = _as_typed(source)
    return _cell(master, source)


def _put_back(master: Master) -> NotebookNode:
    cell = _cell(master, master.source)
    if master.solution and master.cell_type == "code":
        cell.metadata["tags"] = [NOT_RUN]  # the work may stand elsewhere, under this name, and must not be undone
    return cell


def _cell(master: Master, source: str) -> NotebookNode:
    new = new_code_cell if master.cell_type == "code" else new_markdown_cell
    return new(source, id=master.name, metadata=master.metadata)


def _students(cell: NotebookNode, known: Collection[str]) -> NotebookNode:
    """A cell of the student's own. Text is rendered if it is the master's; else it could do things on a page."""
    if cell.cell_type == "code":
        return new_code_cell(cell.source)
    return new_markdown_cell(cell.source if cell.source in known else _as_typed(cell.source))


def _notice(sentence: str) -> str:
    return f"**From the grader:**\n\n{_as_typed(sentence)}"


def _as_typed(text: str) -> str:
    """Markdown that shows a text as it is: no HTML, no links, no formulas. What renders it is slow on long lines."""
    lines = (
        line[start : start + LONGEST_LINE]
        for line in text.splitlines()
        for start in range(0, len(line) or 1, LONGEST_LINE)
    )
    return "\n".join(f"    {line}" for line in lines)


def _masters(notebook: Any) -> Iterator[Master]:
    grades = {cell.name: cell.max_score for cell in notebook.grade_cells}
    tasks = {cell.name: cell.max_score for cell in notebook.task_cells}
    solutions = {cell.name for cell in notebook.solution_cells}
    for cell in notebook.source_cells:
        yield Master(
            name=cell.name,
            cell_type=cell.cell_type,
            source=cell.source,
            checksum=cell.checksum,
            locked=cell.locked,
            grade=cell.name in grades,
            solution=cell.name in solutions,
            task=cell.name in tasks,
            points=grades.get(cell.name, tasks.get(cell.name)),
        )


def _forget_scores(gradebook: Gradebook, names: Any) -> None:
    try:
        submission = gradebook.find_submission_notebook(names["notebook"], names["assignment"], names["student"])
    except MissingEntry:
        return  # nothing was handed in before
    for grade in submission.grades:
        grade.auto_score = None
        grade.needs_manual_grade = True
    gradebook.db.commit()
