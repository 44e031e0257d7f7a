"""Takes what students handed in out of archives, for `nbgrader zip_collect`, which finds this plug-in through
nbgrader_config.py.

An archive is hostile: it may hold links, programs, gigabytes, or other students' names. From each one comes at most one
notebook; a portal's archive, which holds those of students, is opened, too. Whose it is says the folder that `grader submit`
puts it into or, where that was lost on the way, the name that it gives the archive. What cannot be taken is named with the
reason and passed over, and never keeps others from being collected.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from nbgrader.plugins import ExtractorPlugin

from grader.autograde import archives, finding, logs
from grader.autograde.archives import Budget, File
from grader.files import A_STUDENT_IS, STUDENT, TIME, printable, quoted
from grader.limits import MB, Limits
from grader.notebooks import Unreadable, essence, read_bytes

LONGEST, MOST_AROUND = 255, 10  # letters of a name, and names around a file, in which an id is looked for
# In the folder of extracted archives, as nbgrader's collector takes it (`named_regexp`).
EXTRACTED = rf".*/(?P<student_id>{STUDENT})_attempt_(?P<timestamp>{TIME})/(?P<file_id>[^/\n]+\.ipynb)\Z"
LONGEST_REASON = 1000
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
AHEAD = timedelta(days=1)  # that a student's clock may be


@dataclass(frozen=True)
class Attempt:
    """A notebook that was handed in. file: what was taken for it; content: its bytes, without outputs if it is large."""

    student: str
    time: str
    file: str
    content: bytes


class ExtractAttempts(ExtractorPlugin):
    """Of each archive the one notebook, as a plain file of bounded size, in a folder that is the archive's own."""

    def extract(self, archive_path: str, extracted_path: str) -> None:
        logs.guard(self.log)
        limits, folder = Limits(parent=self), Path(archive_path)
        notebook = self.parent.coursedir.assignment_id
        students: dict[str, dict[str, list[str]]] = {}  # id in small letters -> id -> archives
        paths = sorted(path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
        for number, path in enumerate(paths):
            name = path.relative_to(folder).as_posix()
            if archives.LEFT_BY_PROGRAMS.search(name):
                continue
            for place, (archive, found) in enumerate(read(path, name, notebook, limits)):
                if isinstance(found, Unreadable):
                    self.log.warning("%s %s. Nothing of it is collected.", quoted(archive), found)
                    continue
                own = name if name.isprintable() else f"archive {number}"  # nbgrader logs it
                target = Path(extracted_path, own, str(place or ""), f"{found.student}_attempt_{found.time}")
                target.mkdir(parents=True)
                (target / f"{notebook}.ipynb").write_bytes(found.content)
                if not found.file.endswith(f"/{notebook}.ipynb"):
                    self.log.warning("%s was taken for %s.ipynb", quoted(found.file), notebook)
                students.setdefault(found.student.lower(), {}).setdefault(found.student, []).append(archive)
        for spellings in students.values():
            self._tell(spellings)

    def _tell(self, spellings: dict[str, list[str]]) -> None:
        """Name the archives of one id, where there are several. `spellings`: of the id -> archives."""
        for student, names in spellings.items():
            if len(names) > 1:
                named = ", ".join(map(quoted, names))
                self.log.warning("%s is the student of several archives, and the newest counts: %s", student, named)
        if len(spellings) > 1:
            self.log.warning(
                "%s are collected as different students; on a file system that does not tell capitals from small letters, "
                "one takes the place of the other. If they are one student, leave one spelling among the archives.",
                " and ".join(spellings),
            )


def read(path: Path, name: str, notebook: str, limits: Limits) -> Iterator[tuple[str, Attempt | Unreadable]]:
    """The notebook in an archive, or those of the archives in it; each with the name of the archive it was in.

    Args:
        name: that of the archive, with the folders that it lies in.
        notebook: the notebook's, without ".ipynb".
    """
    file = File(name, partial(read_bytes, path, limits.notebook_file * MB, f"{limits.notebook_file} MB"))
    return _read(file, notebook, Budget(limits), limits, archives.NESTED)


def _read(
    file: File, notebook: str, budget: Budget, limits: Limits, nested: int
) -> Iterator[tuple[str, Attempt | Unreadable]]:
    try:
        unpacked = finding.likeness(file.path, notebook) is not None  # as some browsers do
        files = [file] if unpacked else archives.opened(file, budget)
        inner = [each for each in files if archives.is_archive(each.path)] if nested else []
        attempt = _attempt(files, notebook, limits, may_lie_deeper=bool(inner))
    except Unreadable as problem:
        yield file.path, problem
        return
    if attempt is not None:
        yield file.path, attempt
        return
    for each in inner:
        yield from _read(each, notebook, budget, limits, nested - 1)


def _attempt(files: list[File], notebook: str, limits: Limits, may_lie_deeper: bool) -> Attempt | None:
    """The notebook among the files of an archive, which are those of one student. None: it may lie deeper.

    Raises:
        Unreadable: there is none, it is not clear which it is or whose, or it is too large.
    """
    found = [file for file in files if finding.likeness(file.path, notebook) is not None]
    whose = {file.path: match for file in found if (match := _whose(file.path, notebook))}
    if not whose and may_lie_deeper:
        return None
    if not found:
        raise Unreadable(f"holds no {notebook}.ipynb" + (f"; it holds {finding.listed(files)}" if files else ""))
    if not whose:
        raise Unreadable(
            f"does not say whose it is: {quoted(found[0].path)} lies in no folder STUDENT_attempt_TIME, as `grader submit` "
            "packs it, and in no archive that is named so"
        )
    students = {match["student"] for match in whose.values()}
    for student in students:
        if not re.fullmatch(STUDENT, student):
            raise Unreadable(f"is of {quoted(student)}, which is no student's id ({A_STUDENT_IS})")
    if len(students) > 1:
        raise Unreadable(f"holds {notebook}.ipynb of {len(students)} students, where there should be one")
    time = max(match["time"] for match in whose.values())
    newest = [file for file in found if file.path in whose and whose[file.path]["time"] == time]
    problems = {file.path: finding.why_none(file, limits) for file in newest}
    meant = finding.meant([file for file in newest if not problems[file.path]], notebook)
    if not meant:
        told = "; ".join(f"{quoted(path)} {problem}" for path, problem in problems.items())
        raise Unreadable(f"holds no {notebook}.ipynb: {printable(told, LONGEST_REASON)}")
    if len(meant) > 1:
        raise Unreadable(f"holds {finding.listed(meant)}, and it is not clear which is meant")
    _check_time(time)
    content = meant[0].read()
    return Attempt(
        student=students.pop(),
        time=time,
        file=meant[0].path,
        content=content if len(content) <= limits.notebook * MB else essence(content, limits),
    )


def _whose(path: str, notebook: str) -> re.Match | None:
    """What the nearest folder or archive around a file says of it: STUDENT_attempt_TIME, perhaps between what an archive's
    name has before it, the assignment last, and what was added to that."""
    pattern = rf"(?:.*{re.escape(notebook)}_)?(?P<student>.+)_attempt_(?P<time>{TIME})(?![0-9A-Za-z]).*"
    names = [name for name in path.split("/")[-2 : -2 - MOST_AROUND : -1] if len(name) <= LONGEST]
    return next(filter(None, (re.fullmatch(pattern, name) for name in names)), None)


def _check_time(text: str) -> None:
    try:
        time = datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise Unreadable(f"has the time {text}, which is none") from None
    if not EARLIEST <= time <= datetime.now(UTC) + AHEAD:
        raise Unreadable(f"has the time {text}, which cannot be right")
