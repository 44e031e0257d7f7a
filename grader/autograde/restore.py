"""Puts a submitted notebook back into the form that the assignment had.

What belongs to the instructor, the graded cells and all of nbgrader's metadata, comes from the master in the gradebook;
what belongs to the student, the text of every other cell, stays. Which cell is which is decided in `grader.cells`.
`staging` has already dropped all metadata but the names that cells claim to have.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import takewhile
from typing import Any

from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor

from grader.autograde import grading, record
from grader.autograde.texts import FITTING, Texts, as_typed
from grader.cells import Master, Place, arrange
from grader.limits import Limits
from grader.notebooks import new_cell
from grader.sources import without_formatting

# Tags of code cells that grading leaves out.
NOT_RUN = "grader-not-run"  # always: a stub that was put back
UNGRADED = "ungraded"  # unless the rest needs it; the author of a master puts it on what no graded work needs

BELOW = "This cell is as it was given out; what stands below it may be the answer."


class Restore(NbGraderPreprocessor):
    """The first preprocessor of a submission."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        at_hand = grading.of(resources)
        masters = at_hand.masters
        notices = list(at_hand.notices)
        written = any(master.is_answer or master.task for master in masters)
        texts = Texts(at_hand.prose, written, at_hand.files, Limits(parent=self).pictures)
        nb.cells, found = restore(nb.cells, masters, texts)
        if at_hand.unreadable is None:
            notices += found
        else:  # it goes without saying that all cells were missing
            notices.append(at_hand.unreadable)
        tag_ungraded(nb.cells, at_hand.ungraded)
        nb.metadata = {record.MARK: {"notices": []}}
        tell(nb, notices)
        if any("attachments" in cell for cell in nb.cells):
            nb.cells.insert(0, new_cell("markdown", FITTING))
        for sentence in notices:
            self.log.warning("%s: %s", resources["nbgrader"]["student"], sentence)
        return nb, resources


def tell(nb: NotebookNode, notices: list[str]) -> None:
    """Put notices at the head of a notebook, for the student, and into its metadata, for the Judge."""
    nb.cells[:0] = [new_cell("markdown", _notice(sentence)) for sentence in notices]
    mark = nb.metadata[record.MARK]
    mark["notices"] = record.short([*mark["notices"], *notices])


def restore(cells: list[NotebookNode], masters: list[Master], texts: Texts) -> tuple[list[NotebookNode], list[str]]:
    """The cells of a notebook with those of the master in their place, and what was done, in sentences (see `arrange`)."""
    places, notices = arrange(cells, masters)
    found = []
    for number, place in enumerate(places):
        found += _restored(place, texts)
        if _is_answered_below(places[number:], texts):  # a cell other than the master's is left for a person to grade
            found[-1].source += f"\n\n{_notice(BELOW) if found[-1].cell_type == 'markdown' else f'# {BELOW}'}"
    return found, list(map(str, notices))


def _is_answered_below(places: Sequence[Place], texts: Texts) -> bool:
    """Is the first of these to be answered and graded by hand, as it was given out, with a text of the student's below?"""
    question, *others = places
    if question.master is None or not question.master.is_answer or not question.is_untouched:
        return False
    below = takewhile(lambda place: place.master is None and not texts.knows(place.cell), others)
    return any(place.cell.cell_type != "code" and place.cell.source.strip() for place in below)


def _restored(place: Place, texts: Texts) -> Iterator[NotebookNode]:
    master, cell = place.master, place.cell
    if master is None:
        yield new_cell("code", cell.source) if cell.cell_type == "code" else texts.of_student(cell)
        return
    takes_master = not master.solution or place.is_untouched
    if master.cell_type == "code":
        restored = new_cell("code", master.source if takes_master else cell.source)
    else:
        restored = texts.of_master(master.source, cell) if takes_master else texts.answer(cell)
    restored.id, restored.metadata = master.name, master.metadata
    if cell is None and master.solution and master.cell_type == "code":
        restored.metadata["tags"] = [NOT_RUN]  # the work may stand elsewhere, under this name, and must not be undone
    yield restored
    if master.is_answer and master.cell_type == "code" and not takes_master:
        yield from texts.behind(cell)


def tag_ungraded(cells: Iterable[NotebookNode], ungraded: Collection[str]) -> None:
    """Tag the cells that are the master's and that no graded work needs. They are known by their text, which may have been
    formatted anew; one with another text is the student's, whatever its name."""
    known = {without_formatting(text): text for text in ungraded}
    for cell in cells:
        if cell.cell_type == "code" and not cell.metadata and (text := known.get(without_formatting(cell.source))):
            cell.source, cell.metadata["tags"] = text, [UNGRADED]


def _notice(sentence: str) -> str:
    return f"**From the grader:**\n\n{as_typed(sentence)}"


def masters_of(notebook: Any) -> Iterator[Master]:
    """nbgrader's cells of a notebook in the gradebook, in their order."""
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
