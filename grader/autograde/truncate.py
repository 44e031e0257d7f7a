"""Keeps a graded notebook small enough for a feedback page of less than 1 MB, whatever it holds.

The pictures of answers in writing come on top of it: they have a limit of their own (see `texts`). The original stays in
submitted/, whole.
"""

import re
from collections.abc import Callable
from html import escape
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Integer

from grader.autograde import grading
from grader.limits import KB
from grader.protocol import spelt_out

TOKEN = re.compile(r"\w+|[^\w\s]")
# Bytes of HTML around a token of highlighted code, an output and a cell.
TOKEN_FRAME, OUTPUT_FRAME, CELL_FRAME = 26, 600, 1700
NAME_LIMIT = 500  # characters of an exception's message that are kept beside its traceback
CUT = "\n… cut here: the page would grow too large. What was handed in is whole."


class TruncateFeedback(NbGraderPreprocessor):
    """The last of the preprocessors. Cuts the student's outputs and texts where the room for them ends.

    All of nbgrader's cells stay, with their scores, and so does each of the master's texts. Code has been run by now: that
    characters in it are spelt out which would make it look like other code changes only how it is shown.
    """

    outputs = Integer(150, help="KB of HTML for all that a notebook's cells put out, besides reports.").tag(config=True)
    reports = Integer(135, help="KB of HTML for all reports; they need fewer, but quote the student.").tag(config=True)
    sources = Integer(240, help="KB of HTML for the texts of the student's cells.").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        outputs, reports, sources = (Room(size * KB) for size in (self.outputs, self.reports, self.sources))
        at_hand = grading.of(resources)
        masters = set(at_hand.ungraded | at_hand.prose)
        kept = []
        for cell in nb.cells:
            if cell.source in masters:
                masters.remove(cell.source)  # a copy of it is the student's
            elif "nbgrader" in cell.metadata or sources.left > CELL_FRAME:
                cost = _code_cost if cell.cell_type == "code" else _text_cost
                cell.source = sources.fit(spelt_out(cell.source), CELL_FRAME, cost)
            else:
                continue
            kept.append(cell)
            if cell.cell_type == "code":
                cell.outputs = [output for output in cell.outputs if _truncate(output, reports, outputs)]
        if len(kept) < len(nb.cells):
            kept.append(
                new_markdown_cell(f"**From the grader:** {len(nb.cells) - len(kept)} more cells are not shown here.")
            )
        nb.cells = kept
        return nb, resources


class Room:
    """A number of bytes, and what is left of it after each text that was fitted in."""

    def __init__(self, size: int) -> None:
        self.left = size

    def fit(self, text: str, frame: int, cost: Callable[[str], int]) -> str:
        """`text`, or as much of its start as there is room for; `frame` and the cost are taken off what is left."""
        room = self.left - frame - len(CUT)
        if cost(text) > room:
            low, high = 0, len(text)  # by halves
            while low < high:
                middle = (low + high + 1) // 2
                low, high = (middle, high) if cost(text[:middle]) <= room else (low, middle - 1)
            text = text[:low] + CUT
        self.left -= frame + cost(text)
        return text


def _truncate(output: NotebookNode, reports: Room, room: Room) -> bool:
    """Cut an output to what there is room for; False if there is none, and the output is to be dropped."""
    if output.output_type == "execute_result":  # the Judge's: those of the sandbox have been made display data
        cost = len(output.data.get("text/html", "").encode())
        if cost > reports.left:
            output.data["text/html"] = (
                f"<strong>{output.data['text/plain']} points.</strong> The report is too long to show."
            )
        else:
            reports.left -= cost
        return True
    if room.left < OUTPUT_FRAME + len(CUT):
        return False
    if output.output_type == "display_data":
        cost = OUTPUT_FRAME + sum(_text_cost(data) for data in output.data.values() if isinstance(data, str))
        if cost > room.left:
            return False
        room.left -= cost
    elif output.output_type == "error":
        output.evalue = output.evalue[:NAME_LIMIT]
        output.traceback = [room.fit("\n".join(output.traceback) or output.ename, OUTPUT_FRAME, _text_cost)]
    else:
        output.text = room.fit(output.text, OUTPUT_FRAME, _text_cost)
    return True


def _text_cost(text: str) -> int:
    return len(escape(text).encode())


def _code_cost(text: str) -> int:
    return _text_cost(text) + TOKEN_FRAME * len(TOKEN.findall(text))
