"""Reads the file of a notebook that nobody trusts: what stands in its cells, or a sentence on why it cannot be read.

Grading reads what was handed in, and `grader submit` what will be. Of a notebook's JSON only the cells are taken over, and
of a cell only its type, its text and its name. Nothing is opened but a regular file of bounded size, and nothing is waited
for.
"""

import json
import os
import random
import re
import stat
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_notebook

from grader import bounded, images, protocol
from grader.limits import MB, Limits

KINDS = ("code", "markdown", "raw")
NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
# What is taken over, by its keys; formats 2 and 3 have worksheets.
CELL = {"cell_type": True, "source": True, "id": True, "metadata": {"nbgrader": {"grade_id": True}}}
NOTEBOOK = {"nbformat": True, "cells": CELL, "worksheets": {"cells": {**CELL, "input": True, "level": True}}}
CLEAR = "(clear the outputs of its cells)"
A_FOLDER = "a folder"
ARCHIVES = {b"PK\3\4": "zip", b"\x1f\x8b": "gzip"}
# Neither a link nor a pipe. Windows has no such flags, but there nobody grades: students look at their own notebooks.
PLAIN = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class Unreadable(Exception):
    """A file cannot be read; the message says why, as a sentence that goes on after its name."""


def new_cell(kind: str, source: str, **more: Any) -> NotebookNode:
    """What nbformat.v4.new_code_cell and its like make. They validate each cell, and ask the system for chance, which takes
    longer than all else that is done to a notebook; who puts cells into one validates it when it is whole."""
    cell = NotebookNode(id=f"{random.getrandbits(64):016x}", cell_type=kind, source=source, metadata=NotebookNode())
    if kind == "code":
        cell.update(outputs=[], execution_count=None)
    cell.update(more)
    return cell


def read(path: Path, limits: Limits) -> NotebookNode:
    """The notebook in a file: its cells with their type, source and, where they are usable, id and grade_id.

    Raises:
        Unreadable: it is no regular file, too large, no JSON, or of no notebook format from 2 to 4.
    """
    return parse(read_bytes(path, limits.notebook_file * MB, f"{limits.notebook_file} MB {CLEAR}"), limits)


def parse(raw: bytes, limits: Limits) -> NotebookNode:
    """`read`, of the content of a file.

    Raises:
        Unreadable
    """
    for magic, kind in ARCHIVES.items():
        if raw.startswith(magic):
            raise Unreadable(f"is not a notebook: it is a {kind} archive; hand in the notebook that is in it")
    text = essence(raw, limits)
    try:
        content = bounded.loads(text)
    except bounded.TooComplex as problem:
        raise Unreadable(f"is not a notebook: its JSON {problem}") from None
    except UnicodeDecodeError as problem:
        line = text.count(b"\n", 0, problem.start) + 1
        raise Unreadable(f"is not text in UTF-8 (line {line} cannot be read)") from None
    except ValueError as problem:
        if re.search(rb"^(<{7}|>{7}) ", raw, re.MULTILINE):
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


def essence(raw: bytes, limits: Limits) -> bytes:
    """What is taken over of a notebook's JSON, as JSON: above all no outputs. Attachments are, unless they are too large.

    Raises:
        Unreadable: it is too large nevertheless.
    """
    try:
        text = bounded.select(raw, {**NOTEBOOK, "cells": {**CELL, "attachments": True}})
        if len(text) > limits.notebook * MB:
            text = bounded.select(text, NOTEBOOK)
    except bounded.TooComplex as problem:
        raise Unreadable(f"is not a notebook: its JSON {problem}") from None
    if len(text) > limits.notebook * MB:
        raise Unreadable(
            f"is too large: {len(text) / MB:.1f} MB even without its outputs, and the limit is {limits.notebook} MB"
        )
    return text


def _cells(content: dict[str, Any]) -> list[Any]:
    version = content.get("nbformat")
    if type(version) is not int:
        raise Unreadable("is not a notebook: it does not say which notebook format it has")
    if version > 4:
        raise Unreadable(f"has notebook format {version}, which is newer than 4: save it as format 4")
    if version < 2:
        raise Unreadable(f"has notebook format {version}, which is not read any more: save it as format 4")
    parts = [content] if version == 4 else content.get("worksheets")
    if not isinstance(parts, list) or not all(
        isinstance(part, dict) and isinstance(part.get("cells"), list) for part in parts
    ):
        raise Unreadable("is not a notebook: it has no list of cells")
    cells = [cell for part in parts for cell in part["cells"]]
    return cells if version == 4 else list(map(_upgraded, cells))


def _upgraded(cell: Any) -> Any:
    """A cell of format 2 or 3 as one of format 4."""
    kind = cell.get("cell_type") if isinstance(cell, dict) else None
    if kind == "code":
        return {**cell, "source": cell.get("input")}
    if kind == "heading" and (text := _text(cell)) is not None:
        level = cell.get("level")
        marks = "#" * (level if level in range(1, 7) else 1)
        return {**cell, "cell_type": "markdown", "source": f"{marks} {' '.join(text.splitlines())}"}
    return {**cell, "cell_type": "markdown"} if kind in ("heading", "html") else cell


def _text(cell: dict[str, Any]) -> str | None:
    """The source of a cell, or None where it has none. Lines end with a line feed, in whatever way the file ends them."""
    source = cell.get("source")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    return re.sub("\r\n?", "\n", source) if isinstance(source, str) else None


def _clean(number: int, cell: Any, ids: set[str]) -> NotebookNode:
    """`ids`: those of the cells before; an id is for one cell."""
    if not isinstance(cell, dict) or cell.get("cell_type") not in KINDS:
        raise Unreadable(f"is not a notebook: its cell {number} is none")
    source = _text(cell)
    if source is None:
        raise Unreadable(f"is not a notebook: its cell {number} has no text")
    clean = new_cell(cell["cell_type"], protocol.encodable(source))
    if _is_name(cell.get("id")) and cell["id"] not in ids:
        clean.id = cell["id"]
        ids.add(clean.id)
    metadata = cell.get("metadata")
    claims = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    if isinstance(claims, dict) and _is_name(claims.get("grade_id")):
        clean.metadata["nbgrader"] = {"grade_id": claims["grade_id"]}
    pasted = _pasted(cell.get("attachments")) if cell["cell_type"] != "code" else {}
    if pasted:
        clean.attachments = pasted
    return clean


def _pasted(attachments: Any) -> dict[str, dict[str, str]]:
    """The pictures that were pasted into a text, as base64 that nobody has looked at: name -> MIME type -> data."""
    named = attachments.items() if isinstance(attachments, dict) else ()
    pasted = {}
    for name, bundle in named:
        kinds = {kind: bundle.get(kind) for kind in images.MAGIC} if isinstance(bundle, dict) else {}
        taken = {kind: data for kind, data in kinds.items() if isinstance(data, str) and data.isascii()}
        if taken:
            pasted[protocol.encodable(name)] = taken
    return pasted


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
        if status.st_size > most:
            raise Unreadable(f"is too large: {status.st_size / MB:.1f} MB, and the limit is {limit}")
        return file.read(status.st_size)  # and no more, if somebody goes on writing


def kind_of(path: Path) -> str:
    """What there is, in words. Links are not followed."""
    kinds = {
        stat.S_ISLNK: "a symbolic link",
        stat.S_ISREG: "a file",
        stat.S_ISDIR: A_FOLDER,
        stat.S_ISFIFO: "a named pipe",
        stat.S_ISSOCK: "a socket",
    }
    mode = path.lstat().st_mode
    return next((kind for is_kind, kind in kinds.items() if is_kind(mode)), "a device")
