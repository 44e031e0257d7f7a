"""Reads the file of a notebook that nobody trusts: what stands in its cells, or a sentence on why it cannot be read.

Grading reads what was handed in, and `grader submit` what will be. Of a notebook's JSON only the cells are taken over, and
of a cell only its type, its text and its name. Nothing is opened but a regular file of bounded size, and nothing is waited
for.
"""

import json
import os
import re
import stat
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell

from grader import protocol
from grader.limits import MB, Limits

NEW_CELL = {"code": new_code_cell, "markdown": new_markdown_cell, "raw": new_raw_cell}
NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
# Neither a link nor a pipe. Windows has no such flags, but there nobody grades: students look at their own notebooks.
PLAIN = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class Unreadable(Exception):
    """A file cannot be read; the message says why, as a sentence that goes on after its name."""


def read(path: Path, limits: Limits) -> nbformat.NotebookNode:
    """The notebook in a file: its cells with their type, source and, where they are usable, id and grade_id.

    Raises:
        Unreadable: it is no regular file, too large, no JSON, or not of notebook format 4 or older.
    """
    raw = read_bytes(path, limits.notebook * MB, f"{limits.notebook} MB")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise Unreadable(f"is not text in UTF-8 (byte {problem.start + 1} cannot be read)") from None
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as problem:
        if re.search(r"^(<{7}|>{7}) ", text, re.MULTILINE):
            raise Unreadable("holds merge markers (<<<<<<<) that git left there: merge it by hand") from None
        where = f" at line {problem.lineno}" if isinstance(problem, json.JSONDecodeError) else ""
        raise Unreadable(f"is not a notebook: its JSON is broken{where}") from None
    if not isinstance(content, dict):
        raise Unreadable("is not a notebook: it holds JSON of another kind")
    cells = _cells(content)
    if len(cells) > limits.cells:
        raise Unreadable(f"has {len(cells)} cells; the limit is {limits.cells}")
    ids: set[str] = set()
    return new_notebook(cells=[_clean(number, cell, ids) for number, cell in enumerate(cells, start=1)])


def _cells(content: dict[str, Any]) -> list[Any]:
    version = content.get("nbformat")
    if type(version) is not int:
        raise Unreadable("is not a notebook: it does not say which notebook format it has")
    if version > 4:
        raise Unreadable(f"has notebook format {version}, which is newer than 4: save it as format 4")
    if version < 4:
        try:
            content = nbformat.convert(nbformat.from_dict(content), 4)
        except Exception:  # whatever the conversion makes of something hostile
            raise Unreadable(f"has notebook format {version} and cannot be converted to 4") from None
    cells = content.get("cells")
    if not isinstance(cells, list):
        raise Unreadable("is not a notebook: it has no list of cells")
    return cells


def _clean(number: int, cell: Any, ids: set[str]) -> nbformat.NotebookNode:
    """`ids`: those of the cells before; an id is for one cell."""
    if not isinstance(cell, dict) or cell.get("cell_type") not in list(
        NEW_CELL
    ):  # a list: what cannot be hashed is not in it
        raise Unreadable(f"is not a notebook: its cell {number} is none")
    source = cell.get("source")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        raise Unreadable(f"is not a notebook: its cell {number} has no text")
    clean = NEW_CELL[cell["cell_type"]](protocol.clean(source, len(source)))
    if _is_name(cell.get("id")) and cell["id"] not in ids:
        clean.id = cell["id"]
        ids.add(clean.id)
    metadata = cell.get("metadata")
    claims = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    if isinstance(claims, dict) and _is_name(claims.get("grade_id")):
        clean.metadata["nbgrader"] = {"grade_id": claims["grade_id"]}
    return clean


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and NAME.fullmatch(value) is not None


def read_bytes(path: Path, most: int, limit: str) -> bytes:
    """The content of a regular file of at most `most` bytes; nothing else is opened, let alone waited for.

    Raises:
        Unreadable
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | PLAIN)
    except OSError as problem:
        why = f"it is {kind_of(path)}" if path.is_symlink() else problem.strerror
        raise Unreadable(f"cannot be read: {why}") from None
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise Unreadable(f"cannot be read: it is {kind_of(path)}")
    with os.fdopen(descriptor, "rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise Unreadable(f"is too large: {status.st_size / MB:.1f} MB, and the limit is {limit}")
    return content


def kind_of(path: Path) -> str:
    """What there is, in words. Links are not followed."""
    kinds = {
        stat.S_ISLNK: "a symbolic link",
        stat.S_ISREG: "a file",
        stat.S_ISDIR: "a folder",
        stat.S_ISFIFO: "a named pipe",
        stat.S_ISSOCK: "a socket",
    }
    mode = path.lstat().st_mode
    return next((kind for is_kind, kind in kinds.items() if is_kind(mode)), "a device")
