"""Takes what was handed in through all that comes before the kernel: collecting, copying, reading, restoring.

What must come of it is said here without the grader's help: the texts of the seed's own cells, in their order.
"""

import logging
import os
import stat
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.apps.zipcollectapp import ZipCollectApp
from nbgrader.coursedir import CourseDirectory

from grader.autograde import staging
from grader.autograde.collect import ExtractAttempts
from grader.autograde.restore import NOT_RUN, UNGRADED, restore
from grader.autograde.texts import Texts
from grader.cells import Master
from grader.limits import Limits
from solutions.research.fuzz import archives
from solutions.research.fuzz.files import write
from solutions.research.fuzz.recipes import FILE, MINE, NAME, TIME, Work
from solutions.research.fuzz.seeds import student_version

NEIGHBOUR = "zoe"
LONGEST = 2000  # characters of a sentence
MOST_BYTES = 64 * 2**20  # that the grader may copy of a submission


def finish(work: Work, stage: str) -> None:
    """What each stage leaves to the next one."""
    match stage:
        case "form":
            work.text = write(work.notebook)
        case "text":
            work.content = work.text.encode("utf-8", "surrogatepass")
        case "folder":
            work.entries = archives.begin(work)
        case "entries":
            work.archive = archives.pack(work.entries)


def fill(work: Work, folder: Path) -> None:
    """Write what was handed in into a new folder."""
    folder.mkdir(parents=True)
    for name, content in {work.file: work.content, **work.others}.items():
        path = folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content) if isinstance(content, bytes) else content(path)
        except OSError:
            continue  # two mutations want different things there, and the first has it


# What comes in --------------------------------------------------------------------------------------------------------


class Said(logging.Handler):
    """The lines of a log."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, line: logging.LogRecord) -> None:
        self.lines.append(line.getMessage())


def problems_of_archive(work: Work, folder: Path) -> list[str]:
    """Collect an archive beside that of a neighbour, and go on with the notebook that comes of it."""
    archive, extracted, said = folder / "archive", folder / "extracted", Said()
    archive.mkdir()
    (archive / "theirs.zip").write_bytes(work.archive)
    (archive / "good.zip").write_bytes(archives.pack([archives.entry(f"{NEIGHBOUR}_attempt_{TIME}/{FILE}", b"good")]))
    app = ZipCollectApp(coursedir=CourseDirectory(assignment_id=NAME), log=logging.Logger("collect"))
    app.log.addHandler(said)
    ExtractAttempts(parent=app).extract(str(archive), str(extracted))
    problems = [*_odd_files(extracted), *_unprintable(said.lines)]
    files = (path for path in extracted.rglob("*") if path.is_file())
    found = {path.relative_to(extracted).as_posix(): path.read_bytes() for path in files}
    if found.pop(f"good.zip/{NEIGHBOUR}_attempt_{TIME}/{FILE}", None) != b"good":
        problems.append("the neighbour's archive was not collected")
    if not found and not any("theirs.zip" in line for line in said.lines):
        problems.append("an archive was passed over without a word")
    if len(found) > len({Path(name).parent.name for name in found}):
        problems.append("several notebooks of one student came of one archive")
    if work.certain and not any(name.endswith(f"/{archives.attempt(work)}/{FILE}") for name in found):
        problems.append(f"the notebook was not collected: {' '.join(said.lines)[:300]}")
    for number, work.content in enumerate(found.values()):
        problems += problems_of_folder(work, folder / str(number))
    return problems


def problems_of_folder(work: Work, folder: Path) -> list[str]:
    """Copy what was handed in, read the notebook, and put its cells back."""
    submission, to, files = folder / "submitted" / work.student / NAME, folder / "copy", folder / "files"
    fill(work, submission)
    copy = staging.copy(submission, to, files, [NAME], Limits())
    problems = [*_odd_files(to), *_odd_files(files), *_unprintable([*copy.notices, *copy.unreadable.values()])]
    if {path.name for path in to.iterdir()} - {FILE, "timestamp.txt"}:
        problems.append("nbgrader is given other files")
    notebook = nbformat.read(to / FILE, as_version=4)
    cells, notices = restore(notebook.cells, masters(), texts())
    nbformat.validate(nbformat.v4.new_notebook(cells=cells))
    problems += [*_unprintable(notices), *_form(cells)]
    if not work.certain:
        return problems
    if NAME in copy.unreadable:
        return [*problems, f"refused: {copy.unreadable[NAME]}"]
    return [*problems, *_work(work, cells)]


def _odd_files(folder: Path) -> list[str]:
    """Of what the grader wrote: links, pipes and programs, and too much."""
    size, problems = 0, []
    for path in (Path(parent, name) for parent, _, names in os.walk(folder) for name in names):
        status = path.lstat()
        size += status.st_size
        if not stat.S_ISREG(status.st_mode) or status.st_mode & (stat.S_ISUID | stat.S_ISGID | 0o111):
            problems.append(f"{path.name} was copied as no plain file")
    return [*problems, f"{size} bytes were copied"] if size > MOST_BYTES else problems


def _unprintable(sentences: Iterable[str]) -> list[str]:
    """What a student could do to a log, a terminal or a page by sentences that quote them."""
    return [
        f"a sentence of {len(sentence)} characters: {ascii(sentence)[:200]}"
        for sentence in sentences
        if not sentence.isprintable() or len(sentence) > LONGEST
    ]


# What must come of it -------------------------------------------------------------------------------------------------


@cache
def masters() -> list[Master]:
    """As nbgrader's gradebook holds them."""
    flags = ("checksum", "locked", "grade", "solution", "task", "points")
    claims = ((cell, cell.metadata.get("nbgrader")) for cell in student_version().cells)
    return [
        Master(claim["grade_id"], cell.cell_type, cell.source, **{key: claim.get(key) for key in flags})
        for cell, claim in claims
        if claim
    ]


@cache
def prose() -> frozenset[str]:
    return frozenset(cell.source for cell in student_version().cells if cell.cell_type == "markdown")


def texts() -> Texts:
    """Of a notebook in which nothing is to be answered in writing."""
    return Texts(prose(), written=False, files=None, megabytes=1)


@cache
def ungraded() -> frozenset[str]:
    """The code that no graded work needs."""
    cells = student_version().cells
    return frozenset(_same(cell.source) for cell in cells if UNGRADED in cell.metadata.get("tags", []))


def _form(cells: list[Any]) -> list[str]:
    """Whatever was handed in: each of the master's cells once, as the master has it, and no other that claims to be one."""
    named = [cell for cell in cells if "nbgrader" in cell.metadata]
    found = {cell.metadata.nbgrader.get("grade_id"): cell for cell in named}
    problems = [] if len(named) == len(found) == len(masters()) else ["nbgrader's cells are not those of the master"]
    for master in masters():
        cell = found.get(master.name)
        if cell is None or cell.metadata["nbgrader"] != master.metadata["nbgrader"]:
            problems.append(f"{master.name} is missing, or has metadata of its own")
        elif master.is_fixed and _same(cell.source) != _same(master.source):
            problems.append(f"{master.name} has a text of its own")
    if any(set(cell.metadata) - {"nbgrader", "tags"} or cell.get("outputs") for cell in cells):
        problems.append("metadata or outputs of the student's were taken over")
    return problems


def _work(work: Work, cells: list[Any]) -> list[str]:
    """The code that will run is the seed's, in its order, and each check stands behind the work that it checks."""
    expected, program, problems = _program(_expected(work)), _program(cells), []
    if program != expected:
        lost, new = ([text for text in a if text not in b] for a, b in ((expected, program), (program, expected)))
        what = f"lost {ascii(lost)[:200]}, new {ascii(new)[:200]}" if lost or new else "in another order"
        problems.append(f"other code will run: {what}")
    names = [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in cells]
    for position, master in enumerate(masters()):
        before = [names.index(other.name) for other in masters()[:position] if other.solution and other.name in names]
        if master.grade and master.name in names and names.index(master.name) < max(before, default=-1):
            problems.append(f"{master.name} stands before the work that it checks")
    return problems


def _expected(work: Work) -> list[Any]:
    """The seed's own cells. The gallery's have other forms: theirs are what restoring makes of them without mutations."""
    cells = nbformat.from_dict(work.seed.content).cells
    for cell in cells:
        claims = cell.metadata.get("nbgrader")
        cell.metadata = {"nbgrader": claims} if claims else {}
        if work.seed.plain and claims:
            cell.source = work.replaced.get(claims["grade_id"], cell.source)
    return cells if work.seed.plain else restore(cells, masters(), texts())[0]


def _program(cells: list[Any]) -> list[str]:
    """The texts that will run, checks and what mutations added without harm aside; each once, since twice does no harm."""
    texts = (
        _same(cell.source)
        for cell in cells
        if cell.cell_type == "code"
        and not cell.metadata.get("nbgrader", {}).get("grade")
        and NOT_RUN not in cell.metadata.get("tags", [])
    )
    return list(dict.fromkeys(text for text in texts if text and text not in ungraded() and not text.startswith(MINE)))


def _same(source: str) -> str:
    """A text as what it says."""
    return source.replace("\r\n", "\n").strip()
