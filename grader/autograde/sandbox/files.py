"""The files that lie beside a notebook while it runs: the student's and the assignment's in one folder, for all to read."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from grader.files import quoted

BLOCK = 4096  # bytes; no file takes less


def merge(folders: Sequence[Path], to: Path, room: int) -> list[str]:
    """Copy what is in `folders` to `to`, which is not there yet. Of two things of one name the later folder's counts.

    Args:
        room: bytes for all of it. What is beyond is left out, of the first folder first.

    Returns:
        What was left out, in sentences; but not what goes without saying, one file for another of its name.

    Raises:
        OSError
    """
    left_out = []
    _make(to)
    for folder in reversed(folders):
        for parent, names, files in os.walk(folder, onerror=_fail):
            here = Path(parent).relative_to(folder)
            for name in names.copy():
                target = to / here / name
                if target.is_file():
                    names.remove(name)  # is not entered
                    left_out.append(f"{quoted(str(here / name))} was left out: the assignment has a file of this name.")
                elif not target.is_dir():
                    _make(target)
            for name in files:
                source, target = Path(parent, name), to / here / name
                size = -(-source.stat().st_size // BLOCK) * BLOCK
                if target.is_dir():
                    left_out.append(
                        f"{quoted(str(here / name))} was left out: the assignment has a folder of this name."
                    )
                elif target.exists():
                    continue
                elif size > room:
                    left_out.append(f"{quoted(str(here / name))} was left out: the grader has no room for it.")
                else:
                    shutil.copyfile(source, target)
                    target.chmod(0o644)
                    room -= size
    return left_out


def _make(folder: Path) -> None:
    folder.mkdir()
    folder.chmod(0o755)  # whatever the umask: where root grades, another user reads it


def _fail(error: OSError) -> NoReturn:
    raise error
