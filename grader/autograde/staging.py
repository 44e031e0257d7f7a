"""Clean copies of submissions: what nbgrader is given instead of the folders that students filled.

A folder that was handed in may hold anything: links to other students' work, FIFOs, files without end, a notebook that
is none. The copies hold regular files of bounded size and notebooks that open. Of a notebook that cannot be read, the
copy is empty, and the reason goes with it; the original is never changed.
"""

import fnmatch
import json
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell
from nbgrader.utils import parse_utc

from grader import wire
from grader.autograde.limits import MB, Limits

NEW_CELL = {"code": new_code_cell, "markdown": new_markdown_cell, "raw": new_raw_cell}
NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
MOST_FILES, MOST_NOTICES = 1000, 10
DEEPEST = 10  # folders in folders
# Neither a link nor a pipe. Windows has no such flags, but there nobody grades: students look at their own notebooks.
PLAIN = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
TIMESTAMP = "timestamp.txt"
MARK, GRADED = "grader", {"graded": True}  # in the metadata of a notebook that was graded to the end


class Unreadable(Exception):
    """The notebook cannot be read; the message says why, as a sentence that goes on after its name."""


@dataclass
class Copy:
    """What became of one submission.

    unreadable: name of a notebook -> why it could not be read, as a sentence.
    notices: sentences for the student and the instructor.
    """

    unreadable: dict[str, str] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)


def copy(submission: Path, to: Path, files: Path, names: list[str], limits: Limits) -> Copy:
    """Copy the folder `submission` to two folders that do not exist yet.

    Args:
        to: for the notebooks that belong to the assignment, and the timestamp. This is all that nbgrader sees: what it
            sees, it copies to autograded/ and feedback/.
        files: for everything else.
        names: the notebooks that belong to the assignment, without ".ipynb". All of them will be in `to`.
    """
    result = Copy()
    to.mkdir(parents=True)
    files.mkdir(parents=True)
    found: dict[str, Path] = {}
    try:
        if submission.is_symlink() or not submission.is_dir():
            raise OSError(f"{submission.name} is {_kind(submission)}")
        found = _find(submission, names, result)
        _copy_timestamp(submission / TIMESTAMP, to, result)
        _copy_files(submission, files, set(found.values()), limits, result)
    except OSError as problem:
        result.unreadable = dict.fromkeys(names, f"What was handed in cannot be read: {problem.strerror or problem}.")
    for name in names:
        notebook = new_notebook()
        try:
            if name in found:
                notebook = read(found[name], limits)
        except Unreadable as problem:
            result.unreadable[name] = f"The notebook {name}.ipynb {problem}."
        nbformat.write(notebook, to / f"{name}.ipynb")
    return result


def _find(folder: Path, names: list[str], result: Copy) -> dict[str, Path]:
    """The file of each notebook: the one of its name, else the only one that is left over."""
    # macOS leaves ._NAME.ipynb beside NAME.ipynb
    all_files = (path for path in sorted(folder.iterdir()) if not path.name.startswith("."))
    files = {path.name: path for path in all_files if path.suffix.lower() == ".ipynb"}
    found = {name: files.pop(f"{name}.ipynb") for name in names if f"{name}.ipynb" in files}
    missing = [name for name in names if name not in found]
    if len(missing) == 1 and len(files) == 1:
        ((file, path),) = files.items()
        result.notices.append(f"The notebook was handed in as {_quoted(file)}; it was taken for {missing[0]}.ipynb.")
        return {**found, missing[0]: path}
    if not missing:
        result.notices += [f"{_quoted(file)} was handed in besides, and not graded." for file in files][:MOST_NOTICES]
    for name in missing:
        others = ", ".join(map(_quoted, list(files)[:MOST_NOTICES]))
        which = f" under this name; there are {others}, and it is not clear which is meant" if files else ""
        result.unreadable[name] = f"The notebook {name}.ipynb was not handed in{which}."
    return found


def read(path: Path, limits: Limits) -> nbformat.NotebookNode:
    """The notebook in a file: its cells with their type, source and, where they are usable, id and grade_id.

    Raises:
        Unreadable: it is no regular file, too large, no JSON, or not of notebook format 4 or older.
    """
    raw = _bytes(path, limits.notebook * MB, f"{limits.notebook} MB")
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
    types = list(NEW_CELL)  # a list, which can be asked for what cannot be hashed
    if not isinstance(cell, dict) or cell.get("cell_type") not in types:
        raise Unreadable(f"is not a notebook: its cell {number} is none")
    source = cell.get("source")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        raise Unreadable(f"is not a notebook: its cell {number} has no text")
    clean = NEW_CELL[cell["cell_type"]](wire.clean(source, len(source)))
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


def _bytes(path: Path, most: int, limit: str) -> bytes:
    """The content of a regular file of at most `most` bytes; nothing else is opened, let alone waited for.

    Raises:
        Unreadable
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | PLAIN)
    except OSError as problem:
        why = f"it is {_kind(path)}" if path.is_symlink() else problem.strerror
        raise Unreadable(f"cannot be read: {why}") from None
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise Unreadable(f"cannot be read: it is {_kind(path)}")
    with os.fdopen(descriptor, "rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise Unreadable(f"is too large: {status.st_size / MB:.1f} MB, and the limit is {limit}")
    return content


def _kind(path: Path) -> str:
    kinds = {
        stat.S_ISLNK: "a symbolic link",
        stat.S_ISREG: "a file",
        stat.S_ISDIR: "a folder",
        stat.S_ISFIFO: "a named pipe",
        stat.S_ISSOCK: "a socket",
    }
    mode = path.lstat().st_mode
    return next((kind for is_kind, kind in kinds.items() if is_kind(mode)), "a device")


def _copy_files(folder: Path, to: Path, without: set[Path], limits: Limits, result: Copy) -> None:
    """The other files, as regular files; links, pipes, devices and what is too much stay behind, with a notice."""
    left, most_files = limits.files * MB, MOST_FILES
    for path in _files(folder):
        if path in without or path == folder / TIMESTAMP:
            continue
        relative = path.relative_to(folder)
        try:
            if most_files == 0:
                raise Unreadable(f"is one of more than {MOST_FILES} files")
            content = _bytes(path, left, f"{limits.files} MB for all files together")
            target = to / relative
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        except (Unreadable, OSError) as problem:
            why = problem if isinstance(problem, Unreadable) else f"cannot be copied: {problem.strerror}"
            result.notices.append(f"{_quoted(str(relative))} was left out: it {why}.")
            if len(result.notices) > MOST_NOTICES:
                result.notices[-1] = "More files were left out."
                return
            continue
        left -= len(content)
        most_files -= 1


def _files(folder: Path) -> Iterator[Path]:
    """All files; and the folders that are not entered, because they are links or too deep."""
    for parent, folders, files in os.walk(folder):
        here = sorted(set(folders) - {".ipynb_checkpoints"})
        deep = len(Path(parent).relative_to(folder).parts) >= DEEPEST
        folders[:] = [name for name in here if not deep and not Path(parent, name).is_symlink()]
        yield from (Path(parent, name) for name in here if name not in folders)
        yield from (Path(parent, name) for name in sorted(files))


def _copy_timestamp(path: Path, to: Path, result: Copy) -> None:
    """nbgrader gives up on a whole submission whose timestamp it cannot parse."""
    if not os.path.lexists(path):
        return
    try:
        text = _bytes(path, 1000, "1000 bytes").decode()
        if re.search(r"(^|\s)/|\.\.", text):
            raise ValueError("dateutil would look for a file of this name, as for a time zone")
        if not 2000 <= parse_utc(text.strip()).year < 2100:
            raise ValueError("in another time zone nbgrader's pages could not show it")
    except Exception:  # whatever dateutil makes of it
        result.notices.append(f"The file {TIMESTAMP} holds no time that can be read; it was graded without one.")
    else:
        (to / TIMESTAMP).write_text(text)


def _quoted(name: str) -> str:
    return f"“{''.join(letter if letter.isprintable() else '?' for letter in name[:100])}”"


def expected(notebooks: list[str], pattern: str) -> list[str]:
    return [name for name in sorted(notebooks) if fnmatch.fnmatchcase(name, pattern)]


def is_graded(notebook: Path) -> bool:
    """Was this file in autograded/ written at the end of grading? One without the mark was left by a run cut short."""
    try:
        return json.loads(notebook.read_bytes())["metadata"][MARK]["graded"] is True
    except (OSError, ValueError, RecursionError, KeyError, TypeError):
        return False
