"""Where the project lies; what names students may have, and how names are told; and zip files, made in one step, whose bytes
depend on nothing but what is in them."""

import re
import zipfile
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parent.parent  # of a checkout or a bundle
# What students hand in lies in a folder STUDENT_attempt_TIME, by which nbgrader knows whose it is; it makes the id the
# name of a folder.
STUDENT = r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}"
A_STUDENT_IS = "letters, digits and _ . @ -, at most 64, with a letter or a digit first"
TIME = r"[0-9]{8}T[0-9]{6}Z"
EARLIEST = (1980, 1, 1, 0, 0, 0)  # that a zip file can say
READ = 0o100644 << 16  # a regular file, for all to read; as a zip file says it
UNIX = 3


def printable(text: str, most: int) -> str:
    """The first characters of a text that somebody else wrote, with ? for those that do something on a terminal, turn the
    direction of writing, or are none."""
    return "".join(letter if letter.isprintable() else "?" for letter in text[:most])


def quoted(name: str) -> str:
    """A name that somebody else chose, to stand in a sentence."""
    return f"“{printable(name, 100)}”"


def why_not_gradable(student: str) -> str | None:
    """Why nbgrader cannot grade the folder of a student that is called so, as a sentence that goes on after the name; None:
    it can. This is less than STUDENT asks of the ids that `grader submit` takes: only what nbgrader itself fails at."""
    if student.startswith("."):
        return "begins with a dot, and nbgrader overlooks it"
    if re.search(r"[*?[]", student):
        return "has a * or ? or [, which nbgrader takes for a pattern of names"
    if student != student.strip():
        return "begins or ends with a space, which nbgrader cuts off"
    if not student.isprintable():
        return "has characters that cannot be printed, or is no UTF-8"
    return None


def write_zip(target: Path, files: Mapping[str, bytes]) -> None:
    """Write `files`, path in the archive -> content, to `target`; all of it or, where that fails, nothing.

    Raises:
        OSError: there is no such folder, or it cannot be written.
    """
    from data.folders import write_atomically

    def pack(file) -> None:
        with zipfile.ZipFile(file, "w") as archive:
            for name, content in sorted(files.items()):
                entry = zipfile.ZipInfo(name, EARLIEST)
                entry.create_system, entry.external_attr = UNIX, READ
                archive.writestr(entry, content, zipfile.ZIP_DEFLATED)

    write_atomically(target, pack)
