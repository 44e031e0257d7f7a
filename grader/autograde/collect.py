"""Unpacks what students handed in for `nbgrader zip_collect`, which finds this plug-in through nbgrader_config.py.

An archive is hostile: it may hold links, programs, other archives, gigabytes, or other students' names. From each one
comes at most one notebook, in the one place where `grader submit` puts it; an archive of another kind is named and passed
over, and never keeps others from being collected.
"""

import re
import stat
import zipfile
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from nbgrader.plugins import ExtractorPlugin

from grader.files import STUDENT, TIME
from grader.limits import MB, Limits

# STUDENT_attempt_TIME/ASSIGNMENT.ipynb, perhaps in other folders.
ATTEMPT = re.compile(rf"(?:.*/)?(?P<folder>(?P<student>{STUDENT})_attempt_(?P<time>{TIME}))/(?P<file>[^/]+)")
# The same in the folder of extracted archives, as nbgrader's collector takes it (`named_regexp`).
EXTRACTED = rf".*/(?P<student_id>{STUDENT})_attempt_(?P<timestamp>{TIME})/(?P<file_id>[^/\n]+\.ipynb)\Z"
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
AHEAD = timedelta(days=1)  # that a student's clock may be


class Refused(Exception):
    """Nothing of an archive is collected; the message says why, as a sentence that goes on after its name."""


class ExtractAttempts(ExtractorPlugin):
    """Of each archive the one notebook, as a plain file of bounded size, in a folder that is the archive's own."""

    def extract(self, archive_path: str, extracted_path: str) -> None:
        limits, folder = Limits(parent=self), Path(archive_path)
        notebook = f"{self.parent.coursedir.assignment_id}.ipynb"
        archives: dict[str, list[str]] = {}  # of each student
        for path in sorted(path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir()):
            name = path.relative_to(folder)
            try:
                student, attempt, content = read(path, notebook, limits)
            except Refused as problem:
                self.log.warning("%s %s. Nothing of it is collected.", name, problem)
                continue
            target = Path(extracted_path) / name / attempt
            target.mkdir(parents=True)
            (target / notebook).write_bytes(content)
            archives.setdefault(student, []).append(str(name))
        for student, names in archives.items():
            if len(names) > 1:
                self.log.warning("%s is the student of several archives, and the newest counts: %s", student, names)


def read(path: Path, notebook: str, limits: Limits) -> tuple[str, str, bytes]:
    """Student, STUDENT_attempt_TIME, and the content of the file `notebook` in an archive.

    Raises:
        Refused
    """
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            raise Refused("is no regular file")
        if path.stat().st_size > limits.files * MB:
            raise Refused(f"has more than {limits.files} MB")
        with zipfile.ZipFile(path) as archive:
            entry, attempt = _the_notebook(archive.infolist(), notebook)
            _check_time(attempt["time"])
            with archive.open(entry) as file:
                content = file.read(limits.notebook * MB + 1)
    except Refused:
        raise
    except Exception as problem:  # whatever zipfile and its decompressors make of it
        raise Refused(f"cannot be read as a zip file: {problem}") from None
    if len(content) > limits.notebook * MB:
        raise Refused(f"holds a notebook of more than {limits.notebook} MB")
    return attempt["student"], attempt["folder"], content


def _the_notebook(entries: Iterable[zipfile.ZipInfo], notebook: str) -> tuple[zipfile.ZipInfo, re.Match]:
    matches = ((entry, ATTEMPT.fullmatch(entry.filename)) for entry in entries)
    found = [(entry, match) for entry, match in matches if match and match["file"] == notebook]
    if not found:
        raise Refused(
            f"holds no STUDENT_attempt_TIME/{notebook}, as `grader submit` packs it (the archive of a portal that holds "
            "those of students has to be unpacked first)"
        )
    if len(found) > 1:
        raise Refused(f"holds {notebook} of {len(found)} attempts, where there should be one")
    return found[0]


def _check_time(text: str) -> None:
    try:
        time = datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise Refused(f"has the time {text}, which is none") from None
    if not EARLIEST <= time <= datetime.now(UTC) + AHEAD:
        raise Refused(f"has the time {text}, which cannot be right")
