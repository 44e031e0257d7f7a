"""Clean copies of submissions: what nbgrader is given instead of the folders that students filled.

A folder that was handed in may hold anything: links to other students' work, FIFOs, files without end, a notebook that
is none. The copies hold regular files of bounded size and notebooks that open. Of a notebook that cannot be read, the
copy is empty, and the reason goes with it; the original is never changed.
"""

import errno
import fnmatch
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, islice
from pathlib import Path

import nbformat
from nbformat.v4 import new_notebook

from grader.autograde import archives
from grader.autograde.archives import File
from grader.autograde.carried import SECRET, TIMESTAMP, carry
from grader.autograde.finding import besides, search
from grader.files import quoted
from grader.limits import MB, Limits
from grader.notebooks import A_FOLDER, CLEAR, Unreadable, kind_of, parse, read_bytes

MOST_FILES, MOST_NOTICES = 1000, 10
MOST_SEARCHED = 10_000  # files that may be a notebook under another name
DEEPEST = 10  # folders in folders
FULL = (errno.ENOSPC, errno.EDQUOT)  # there is no room for a copy: no fault of the submission's


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
        to: for the notebooks that belong to the assignment, and what nbgrader carries beside them (see `carried`). This is
            all that nbgrader sees: what it sees, it copies to autograded/ and feedback/.
        files: for everything else.
        names: the notebooks that belong to the assignment, without ".ipynb". All of them will be in `to`.

    Raises:
        OSError: there is no room for the copy.
    """
    result = Copy()
    to.mkdir(parents=True)
    files.mkdir(parents=True)
    notebooks: dict[str, nbformat.NotebookNode] = {}
    try:
        if submission.is_symlink() or not submission.is_dir():
            raise OSError(f"{submission.name} is {kind_of(submission)}")
        found, seen = _find(submission, names, limits, result)
        for name, file in found.items():  # before other files, which take from what may be read
            try:
                notebooks[name] = parse(file.read(), limits)
            except Unreadable as problem:
                result.unreadable[name] = f"The notebook {name}.ipynb {problem}."
        result.notices += carry(submission, to)
        _copy_files(submission, files, list(found.values()), seen, limits, result)
        if len(found) == len(names):
            taken = [file.path for file in found.values()]
            there = _search_in(submission, archives.Budget(limits))
            result.notices += islice(besides(there, names, taken, archives.Budget(limits), limits), MOST_NOTICES)
    except OSError as problem:
        if problem.errno in FULL:
            raise
        result.unreadable = dict.fromkeys(names, f"What was handed in cannot be read: {problem.strerror or problem}.")
    for name in names:
        (to / f"{name}.ipynb").write_text(json.dumps(notebooks.get(name, new_notebook())))
    return result


def _find(folder: Path, names: list[str], limits: Limits, result: Copy) -> tuple[dict[str, File], list[File]]:
    """The file of each notebook: the one of its name, else what must be meant (see `finding`); and all that were seen."""
    most, limit = limits.notebook_file * MB, f"{limits.notebook_file} MB {CLEAR}"
    right = {name: folder / f"{name}.ipynb" for name in names}
    there = {name: kind_of(path) for name, path in right.items() if os.path.lexists(path)}
    found = {
        name: File(right[name].name, partial(read_bytes, right[name], most, limit))
        for name, kind in there.items()
        if kind != A_FOLDER
    }
    budget = archives.Budget(limits)
    taken = {file.path for file in found.values()}
    others = [file for file in _search_in(folder, budget) if file.path not in taken]
    renamed, why_not, seen = search(others, names, [name for name in names if name not in found], budget, limits)
    for name, file in renamed.items():
        result.notices.append(f"The notebook was handed in as {quoted(file.path)}; it was taken for {name}.ipynb.")
    for name, why in why_not.items():
        instead = f"cannot be read: it is {A_FOLDER}" if name in there else why
        result.unreadable[name] = f"The notebook {name}.ipynb {instead}."
    return found | renamed, seen


def _search_in(folder: Path, budget: archives.Budget) -> list[File]:
    """The files that may be a notebook, or an archive that holds one."""
    paths = (str(path.relative_to(folder)) for path in islice(_files(folder), MOST_SEARCHED))
    return [
        File(path, partial(_read, folder / path, budget))
        for path in paths
        if path not in (TIMESTAMP, SECRET) and not archives.LEFT_BY_PROGRAMS.search(path)
    ]


def _read(path: Path, budget: archives.Budget) -> bytes:
    return budget.take(
        lambda most: read_bytes(path, most, f"{most / MB:.0f} MB that are left for what may be a notebook")
    )


def _copy_files(folder: Path, to: Path, notebooks: list[File], seen: list[File], limits: Limits, result: Copy) -> None:
    """The other files, as regular files; links, pipes, devices and what is too much stay behind, with a notice.

    What lies beside the notebooks lies beside them again, also out of an archive: a folder in which all of them were handed
    in is left out, and so is the archive itself. `seen`: what the search for notebooks has seen.
    """
    paths = [Path(notebook.path) for notebook in notebooks]
    parents = {path.parent for path in paths}
    around = parents.pop() if len(parents) == 1 else Path()
    not_copied = {Path(TIMESTAMP), Path(SECRET), *paths, *(parent for path in paths for parent in path.parents)}
    left, most_files = limits.files * MB, MOST_FILES
    limit = f"{limits.files} MB for all files together"
    on_disk = ((path.relative_to(folder), partial(read_bytes, path, limit=limit)) for path in _files(folder))
    for relative, read in chain(_beside_in_archives(notebooks, seen, limit), on_disk):
        if relative in not_copied:
            continue
        try:
            if most_files == 0:
                raise Unreadable(f"is one of more than {MOST_FILES} files")
            content = read(most=left)
            target = to / (relative.relative_to(around) if relative.is_relative_to(around) else relative)
            if target.exists() and not relative.is_relative_to(around):
                raise Unreadable("has the name of a file beside the notebook")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        except (Unreadable, OSError) as problem:
            if isinstance(problem, OSError) and problem.errno in FULL:
                raise
            why = problem if isinstance(problem, Unreadable) else f"cannot be copied: {problem.strerror}"
            result.notices.append(f"{quoted(str(relative))} was left out: it {why}.")
            if len(result.notices) > MOST_NOTICES:
                result.notices[-1] = "More files were left out."
                return
            continue
        left -= len(content)
        most_files -= 1


def _beside_in_archives(
    notebooks: list[File], seen: list[File], limit: str
) -> Iterator[tuple[Path, Callable[..., bytes]]]:
    """The path and the content of what lies in the folder of a notebook in an archive, or below. No name in an archive leads
    out of it."""
    places = {(file.archive, Path(file.path).parent) for file in notebooks if file.archive is not None}
    for file in seen if places else ():
        path = Path(file.path)
        if any(file.archive == archive and path.is_relative_to(parent) for archive, parent in places):
            yield path, partial(_read_beside, file, limit=limit)


def _read_beside(file: File, most: int, limit: str) -> bytes:
    parts = Path(file.path).parts
    if ".." in parts or "\0" in file.path or len(parts) > 2 * DEEPEST:
        raise Unreadable("has a path that leads out of the archive, or too deep")
    content = file.read()
    if len(content) > most:
        raise Unreadable(f"is too large: {len(content) / MB:.1f} MB, and the limit is {limit}")
    return content


def _files(folder: Path) -> Iterator[Path]:
    """All files; and the folders that are not entered, because they are links, too deep, or closed.

    Raises:
        OSError: this is so of `folder` itself.
    """
    closed: list[OSError] = []
    for parent, folders, files in os.walk(folder, onerror=closed.append):
        here = sorted(set(folders) - {".ipynb_checkpoints"})
        deep = len(Path(parent).relative_to(folder).parts) >= DEEPEST
        folders[:] = [name for name in here if not deep and not Path(parent, name).is_symlink()]
        yield from (Path(parent, name) for name in here if name not in folders)
        yield from (Path(parent, name) for name in sorted(files))
    for problem in closed:
        if Path(problem.filename) == folder:
            raise problem
        yield Path(problem.filename)


def expected(notebooks: list[str], pattern: str) -> list[str]:
    """The notebooks of an assignment that this run is to grade: `--notebook` may name some of them."""
    return [name for name in sorted(notebooks) if fnmatch.fnmatchcase(name, pattern)]
