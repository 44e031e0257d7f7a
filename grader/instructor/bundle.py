"""The zip file that students get: an instructor's command, `grader bundle`.

A bundle is a course of its own, made of the same files: the notebook of one assignment and the tutorial, `grader` with
the visible cases of these two, `data`, and what sets them up. Nothing of `solutions` goes into it. Grading's own code
does: it is small, students may read how they are graded, and its safety is not secrecy (see SECURITY.md). All of it is
as it was committed last, which is what the tests have passed: what lies about in the folders, or is being worked on,
stays out.
"""

import io
import os
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from grader import assignments
from grader.assignments import TUTORIAL
from grader.files import ROOT, write_zip

PACKAGES = ("grader", "data")
SETTING_UP = ("LICENSE", "environment.yml", "pyproject.toml", "requirements.lock", "setup.mk")
GIVEN = ("notebooks", *PACKAGES, *SETTING_UP)
OWN = "grader/instructor/given"  # the bundle's own README.md and Makefile
CODE = {".py", ".j2", ".json"}
LEFT_OUT = {"tests", "given"}  # folders of packages
EXERCISES = ("grader", "exercises")  # of which there are some for each assignment


class CannotBundle(Exception):
    """There is no bundle to be made; the message says why and what helps."""


def bundle(name: str, target: Path, force: bool = False, root: Path = ROOT) -> int:
    """Write the bundle of the assignment `name` to `target`; the number of files in it.

    force: replace a file that is there.

    Raises:
        CannotBundle: this is no checkout of the course, there is no such assignment, its notebook holds more than
            stubs, or `target` is there or cannot be written.
    """
    if not (root / "solutions").is_dir():
        raise CannotBundle(
            f"{root} is no checkout of the course: it has no solutions/, and so is a bundle already. Run this in the "
            "instructor's checkout."
        )
    if name not in assignments.with_points():
        known = ", ".join(assignments.with_points())
        raise CannotBundle(f"{name} is no assignment; what can be handed in is: {known}")
    if target.exists() and not force:
        raise CannotBundle(f"{target} is there already; --force replaces it, --out FILE.zip names another")
    content = {f"{name}/{path}": text for path, text in files(name, root)}
    try:
        write_zip(target, content)
    except OSError as problem:
        raise CannotBundle(f"{target} cannot be written: {problem.strerror or problem}") from None
    return len(content)


def files(name: str, root: Path = ROOT) -> Iterator[tuple[str, bytes]]:
    """(path in the bundle's folder, content) of every file."""
    committed = _committed(root)
    if f"notebooks/{name}/{name}.ipynb" not in committed:
        raise CannotBundle(f"no notebooks/{name}/{name}.ipynb was committed")
    for path, content in committed.items():
        parts = PurePosixPath(path).parts
        of_another = parts[:2] == EXERCISES and len(parts) > 3 and parts[2] not in (name, TUTORIAL)
        if of_another or any(part.startswith(".") for part in parts):
            continue
        if parts[0] in PACKAGES and PurePosixPath(path).suffix in CODE and not LEFT_OUT & set(parts):
            yield path, content
        if parts[0] == "notebooks" and parts[1] in (name, TUTORIAL) and len(parts) == 3:
            if path.endswith(".ipynb"):
                _require_stubs(path, content)
            if path.endswith((".ipynb", ".png")):
                yield path, content
        if path in SETTING_UP:
            yield path, content
    for path in ("README.md", "Makefile"):
        yield path, committed[f"{OWN}/{path}"].replace(b"@NAME@", name.encode())


def changed(root: Path = ROOT) -> set[str]:
    """What is given out and is not as it was committed."""
    named = _git(root, "diff", "--name-only", "--relative", "HEAD", "--", *GIVEN)
    return set(named.decode().splitlines())


def _committed(root: Path) -> dict[str, bytes]:
    """The regular files below the folders that are given out, as they were committed last: path -> content."""
    packed = _git(root, "archive", "--format=tar", "HEAD", "--", *GIVEN)
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        return {entry.name: tar.extractfile(entry).read() for entry in tar if entry.isfile()}


def _git(root: Path, *command: str) -> bytes:
    """What a command of git's prints.

    Raises:
        CannotBundle
    """
    # In a hook of git's own, its variables name another repository.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        return subprocess.run(["git", "-C", root, *command], capture_output=True, check=True, env=environment).stdout
    except OSError as problem:
        said = str(problem)
    except subprocess.CalledProcessError as problem:
        said = problem.stderr.decode(errors="replace").strip()
    raise CannotBundle(f"students get what was committed last, and git cannot tell what that is: {said}")


def _require_stubs(path: str, content: bytes) -> None:
    """Instructors try things in the notebooks that they give out.

    Raises:
        CannotBundle: a solution cell is not as nbgrader made it, or it is no notebook.
    """
    import nbformat
    from nbgrader.utils import compute_checksum, is_solution

    try:
        cells = nbformat.reads(content.decode(), as_version=4).cells
    except Exception as problem:  # nbformat says AttributeError, TypeError and more of what is JSON and no notebook
        raise CannotBundle(f"{path} is not a readable notebook ({str(problem).splitlines()[0][:120]})") from None
    filled_in = [
        cell.metadata.nbgrader.get("grade_id", "a cell without a name")
        for cell in cells
        if is_solution(cell) and compute_checksum(cell) != cell.metadata.nbgrader.get("checksum")
    ]
    if filled_in:
        raise CannotBundle(
            f"{path} holds more than stubs, in {', '.join(filled_in)}: `make notebooks` makes it anew; then commit it"
        )
