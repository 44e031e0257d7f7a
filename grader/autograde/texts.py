"""How a student's texts are shown on a page: as they were typed, and behind each the pictures to which it refers.

A picture may have been pasted into a cell, where it is an attachment, or handed in beside the notebook. What a page shows
are attachments, under names of ours.
"""

import base64
import binascii
import posixpath
import re
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import unquote

from nbformat import NotebookNode

from grader import images, protocol
from grader.images import NotShown
from grader.limits import MB
from grader.notebooks import Unreadable, new_cell, read_bytes
from grader.sources import without_layout

LONGEST_LINE = 1000  # characters
MOST_PICTURES = 20  # of a notebook
# ![any words](photo (1).png "any words"), ![any words][label] or ![label], and <img src="photo.png">; each ends where
# another begins, so that no text is read again and again.
REFERENCE = re.compile(
    r"!\[(?P<words>(?:[^\[\]\n]|\[[^\[\]\n]{0,50}\]){0,300})\]"
    r"(?:\((?P<path>[^()\n]{1,300}(?:\([^()\n]{0,100}\)[^()\n]{0,100}){0,3})\)|\[(?P<label>[^\[\]\n]{0,100})\])?"
    # of attributes before, = and what is in quotation marks are one
    r"|<img\b(?:[^<>=]|=\s{0,9}+(?:\"[^\"<]{0,300}\"|'[^'<]{0,300}')?+){0,300}?(?<![\w-])src\s{0,9}=\s{0,9}"
    r"(?:\"(?P<double>[^\"<>\n]{1,300})|'(?P<single>[^'<>\n]{1,300})|(?P<bare>[^\"'<>\s]{1,300}))",
    re.IGNORECASE,
)
# [label]: photo.png "any words"
DEFINITION = re.compile(r"^ {0,3}\[([^\[\]\n]{1,100})\]:[ \t]{0,9}(<[^<>\n]{1,300}>|[^\s<>]{1,300})", re.MULTILINE)
TITLE = re.compile(r"""\s+("[^"]*"|'[^']*')$""")
PASTED = "attachment:"
# Photos are wider than pages.
FITTING = "<style>.rendered_html img {max-width: 100%; height: auto}</style>"
Attachments = dict[str, dict[str, str]]  # name -> MIME type -> base64, as nbformat has them


def as_typed(text: str) -> str:
    """Markdown that shows a text as it is: no HTML, no links, no formulas. What renders it is slow on long lines."""
    lines = (
        line[start : start + LONGEST_LINE]
        for line in text.splitlines()
        for start in range(0, len(line) or 1, LONGEST_LINE)
    )
    return "\n".join(f"    {line}" for line in lines)


class Texts:
    """Makes the cells that show the texts of one notebook."""

    def __init__(self, known: Iterable[str], written: bool, files: Path | None, megabytes: int) -> None:
        """
        known: the master's texts, which may be rendered.
        written: is something to be answered in writing, so that pictures may be shown with the student's texts?
        files: the folder of the other files that were handed in.
        megabytes: of all pictures together.
        """
        self.known = {without_layout(text): text for text in known}
        self.written = written
        paths = [path for path in sorted(files.rglob("*")) if path.is_file()] if files and written else []
        self.files = {_plain(path.relative_to(files).as_posix()): path for path in reversed(paths)}
        self.left, self.left_bytes = MOST_PICTURES, megabytes * MB
        self.limit = f"{megabytes} MB for all pictures together"

    def knows(self, cell: NotebookNode) -> bool:
        """Is it one of the master's?"""
        return without_layout(cell.source) in self.known

    def of_student(self, cell: NotebookNode) -> NotebookNode:
        """A text is rendered if it is the master's; else it could do things on a page."""
        return self.of_master(self.known[without_layout(cell.source)], cell) if self.knows(cell) else self.answer(cell)

    def of_master(self, text: str, cell: NotebookNode | None) -> NotebookNode:
        """A text of the master's with what was pasted into it, as far as the student's cell still holds that."""
        names = set(re.findall(rf"{PASTED}([\w.%-]*)", text))
        try:
            shown = {name: self._taken(_pasted(name, cell)) for name in sorted(names)}
        except NotShown:
            return new_cell("markdown", as_typed(text))  # it cannot be rendered without them
        return _markdown(text, shown)

    def answer(self, cell: NotebookNode) -> NotebookNode:
        """A text of the student's, and its pictures. One that cannot be shown leaves a sentence."""
        paragraphs, shown = self._pictures(cell)
        return _markdown("\n\n".join([as_typed(cell.source), *paragraphs]), shown)

    def behind(self, code: NotebookNode) -> list[NotebookNode]:
        """The cell that shows the pictures to which an answer refers that is no text but code, if it does."""
        paragraphs, shown = self._pictures(code)
        return [_markdown("\n\n".join(paragraphs), shown)] if paragraphs else []

    def _pictures(self, cell: NotebookNode) -> tuple[list[str], Attachments]:
        """Paragraphs of Markdown, and the attachments that they show."""
        paragraphs, shown = [], {}
        for reference in dict.fromkeys(_references(cell.source)) if self.written else ():
            if self.left == 0:
                paragraphs.append(as_typed(f"No more than {MOST_PICTURES} pictures of a notebook are shown."))
                break
            self.left -= 1
            name = f"picture-{len(shown) + 1}"
            try:
                pasted = reference.startswith(PASTED)
                shown[name] = self._taken(_pasted(reference[len(PASTED) :], cell) if pasted else self._file(reference))
                paragraphs.append(f"![{name}]({PASTED}{name})")
            except (NotShown, Unreadable) as problem:
                sentence = f"The picture “{protocol.clean(reference, 100)}” is not shown here: it {problem}."
                paragraphs.append(as_typed(sentence))
        return paragraphs, shown

    def _file(self, reference: str) -> bytes:
        for name in (reference, re.split("[?#]", reference)[0]):  # without what is for a browser
            path = self.files.get(_plain(posixpath.normpath(unquote(name).replace("\\", "/"))))
            if path is not None:
                return read_bytes(path, self.left_bytes, self.limit)
        raise NotShown("was not handed in")

    def _taken(self, picture: bytes) -> dict[str, str]:
        """A picture as an attachment; it takes its place.

        Raises:
            NotShown
        """
        kind = images.kind(picture)
        if len(picture) > self.left_bytes:
            raise NotShown(f"is too large: {len(picture) / MB:.1f} MB, and the limit is {self.limit}")
        self.left_bytes -= len(picture)
        return {kind: base64.b64encode(picture).decode()}


def _plain(name: str) -> str:
    """Most students' systems tell neither capital letters from small ones in the names of files, nor the ways in which
    Unicode writes a letter with an accent."""
    return unicodedata.normalize("NFC", name.casefold())


def _markdown(text: str, attachments: Attachments) -> NotebookNode:
    return new_cell("markdown", text, **({"attachments": attachments} if attachments else {}))


def _pasted(name: str, cell: NotebookNode | None) -> bytes:
    """
    Raises:
        NotShown
    """
    pasted = cell.get("attachments", {}) if cell else {}
    for data in (pasted.get(name) or pasted.get(unquote(name)) or {}).values():
        try:
            return base64.b64decode(data.replace("\n", ""), validate=True)
        except (binascii.Error, ValueError):
            raise NotShown("is damaged") from None
    raise NotShown("was not handed in as PNG or JPEG")


def _references(text: str) -> Iterator[str]:
    """The pictures to which a text refers, but for those on the web."""
    defined = {_label(match[1]): match[2] for match in reversed(list(DEFINITION.finditer(text)))}  # the first counts
    for match in REFERENCE.finditer(text):
        given = match["path"] or match["double"] or match["single"] or match["bare"]
        given = given or defined.get(_label(match["label"] or match["words"] or ""), "")
        reference = TITLE.sub("", given.strip()).strip("<>")
        if reference and "://" not in reference and not reference.startswith("data:"):
            yield reference


def _label(text: str) -> str:
    return " ".join(text.casefold().split())
