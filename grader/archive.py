"""Zip files that are made in one step, and of the same bytes whenever they are made of the same files."""

import zipfile
from collections.abc import Mapping
from pathlib import Path

EARLIEST = (1980, 1, 1, 0, 0, 0)  # that a zip file can say
READ = 0o100644 << 16  # a regular file, for all to read; as a zip file says it
UNIX = 3


def write(target: Path, files: Mapping[str, bytes]) -> None:
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
