"""Where the project lies; and zip files, made in one step, whose bytes depend on nothing but what is in them."""

import zipfile
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parent.parent  # of a checkout or a bundle
# What students hand in lies in a folder STUDENT_attempt_TIME, by which nbgrader knows whose it is; it makes the id the
# name of a folder.
STUDENT = r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}"
TIME = r"[0-9]{8}T[0-9]{6}Z"
EARLIEST = (1980, 1, 1, 0, 0, 0)  # that a zip file can say
READ = 0o100644 << 16  # a regular file, for all to read; as a zip file says it
UNIX = 3


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
