"""Puts a submitted notebook back into the form that the assignment had.

What belongs to the instructor, the graded cells and all of nbgrader's metadata, comes from the master in the gradebook;
what belongs to the student, the text of every other cell, stays. Which cell is which is decided in `grader.cells`.
`staging` has already dropped all metadata but the names that cells claim to have.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.preprocessors import NbGraderPreprocessor

from grader.autograde import grading, record
from grader.cells import Master, Place, arrange
from grader.sources import without_formatting, without_layout

# Tags of code cells that grading leaves out.
NOT_RUN = "grader-not-run"  # always: a stub that was put back
UNGRADED = "ungraded"  # unless the rest needs it; the author of a master puts it on what no graded work needs
LONGEST_LINE = 1000  # characters


class Restore(NbGraderPreprocessor):
    """The first preprocessor of a submission; it also takes back the automatic scores of an earlier grading.

    So a score never outlives the work that it was given for. Manual scores and comments stay.
    """

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        names = resources["nbgrader"]
        with Gradebook(names["db_url"]) as gradebook:
            masters = list(_masters(gradebook.find_notebook(names["notebook"], names["assignment"])))
            _forget_scores(gradebook, names)
        at_hand = grading.of(resources)
        notices = list(at_hand.notices)
        nb.cells, found = restore(nb.cells, masters, at_hand.prose)
        if at_hand.unreadable is None:
            notices += found
        else:  # it goes without saying that all cells were missing
            notices.append(at_hand.unreadable)
        tag_ungraded(nb.cells, at_hand.ungraded)
        nb.metadata = {record.MARK: {"notices": []}}
        tell(nb, notices)
        for sentence in notices:
            self.log.warning("%s: %s", names["student"], sentence)
        return nb, resources


def tell(nb: NotebookNode, notices: list[str]) -> None:
    """Put notices at the head of a notebook, for the student, and into its metadata, for the Judge."""
    nb.cells[:0] = [new_markdown_cell(_notice(sentence)) for sentence in notices]
    mark = nb.metadata[record.MARK]
    mark["notices"] = record.short([*mark["notices"], *notices])


def restore(
    cells: list[NotebookNode], masters: list[Master], known: Collection[str] = ()
) -> tuple[list[NotebookNode], list[str]]:
    """The cells of a notebook with those of the master in their place, and what was done, in sentences (see `arrange`).

    `known`: the master's other texts, which may be rendered. Others are shown as they were typed.
    """
    places, notices = arrange(cells, masters)
    prose = {without_layout(text): text for text in known}
    return [_restored(place, prose) for place in places], list(map(str, notices))


def _restored(place: Place, prose: Mapping[str, str]) -> NotebookNode:
    if place.master is None:
        return _students(place.cell, prose)
    return _put_back(place.master) if place.cell is None else _from_master(place.master, place.cell)


def _from_master(master: Master, cell: NotebookNode) -> NotebookNode:
    if not master.solution or master.is_untouched(cell):
        return _cell(master, master.source)
    return _cell(master, _as_typed(cell.source) if master.cell_type == "markdown" else cell.source)


def _put_back(master: Master) -> NotebookNode:
    cell = _cell(master, master.source)
    if master.solution and master.cell_type == "code":
        cell.metadata["tags"] = [NOT_RUN]  # the work may stand elsewhere, under this name, and must not be undone
    return cell


def _cell(master: Master, source: str) -> NotebookNode:
    new = new_code_cell if master.cell_type == "code" else new_markdown_cell
    return new(source, id=master.name, metadata=master.metadata)


def _students(cell: NotebookNode, prose: Mapping[str, str]) -> NotebookNode:
    """A cell of the student's own. Text is rendered if it is the master's; else it could do things on a page."""
    if cell.cell_type == "code":
        return new_code_cell(cell.source)
    return new_markdown_cell(prose.get(without_layout(cell.source)) or _as_typed(cell.source))


def tag_ungraded(cells: Iterable[NotebookNode], ungraded: Collection[str]) -> None:
    """Tag the cells that are the master's and that no graded work needs. They are known by their text, which may have been
    formatted anew; one with another text is the student's, whatever its name."""
    known = {without_formatting(text): text for text in ungraded}
    for cell in cells:
        if cell.cell_type == "code" and not cell.metadata and (text := known.get(without_formatting(cell.source))):
            cell.source, cell.metadata["tags"] = text, [UNGRADED]


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
