"""Clean copies of submissions: what nbgrader is given instead of the folders that students filled.

A folder that was handed in may hold anything: links to other students' work, FIFOs, files without end, a notebook that
is none. The copies hold regular files of bounded size and notebooks that open. Of a notebook that cannot be read, the
copy is empty, and the reason goes with it; the original is never changed.
"""

import fnmatch
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat.v4 import new_notebook
from nbgrader.utils import parse_utc

from grader.limits import MB, Limits
from grader.notebooks import Unreadable, kind_of, read, read_bytes

MOST_FILES, MOST_NOTICES = 1000, 10
DEEPEST = 10  # folders in folders
TIMESTAMP = "timestamp.txt"


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
            raise OSError(f"{submission.name} is {kind_of(submission)}")
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
            content = read_bytes(path, left, f"{limits.files} MB for all files together")
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
        text = read_bytes(path, 1000, "1000 bytes").decode()
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
    """The notebooks of an assignment that this run is to grade: `--notebook` may name some of them."""
    return [name for name in sorted(notebooks) if fnmatch.fnmatchcase(name, pattern)]
