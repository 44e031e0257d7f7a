"""Omniglot's folder layout, which the glyphs have too, and how the folder of a dataset comes into being.

    NAME/images_background/Greek/character01/0394_07.png    for training
    NAME/images_evaluation/Angelic/character20/0984_20.png  for validation: other alphabets

A dataset folder either is not there or is whole: `building` is the only way to make one.
"""

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image

BACKGROUND = "images_background"
EVALUATION = "images_evaluation"
SIDE = 105  # pixels; a drawing is SIDE x SIDE, 1 bit, black ink on white paper


class DataError(RuntimeError):
    """A dataset is missing, damaged or not what it should be: one sentence that says what, where and what now."""


def root() -> Path:
    """The folder all datasets lie in: METRIC_LEARNING_DATA if that is set, else `cache` beside this file."""
    configured = os.environ.get("METRIC_LEARNING_DATA")
    return Path(configured).expanduser() if configured else Path(__file__).parent / "cache"


@dataclass(frozen=True)
class Index:
    """What lies in one split folder, in sorted order. N drawings, C characters, A alphabets.

    alphabets: A names. characters: C names, "Greek/character01". alphabet_of: C indices into alphabets.
    paths: N files. labels: N indices into characters.
    fingerprint: changes when a drawing is added, removed, renamed or rewritten.
    """

    alphabets: list[str]
    characters: list[str]
    alphabet_of: list[int]
    paths: list[Path]
    labels: list[int]
    fingerprint: str


def index(split: Path) -> Index:
    """Lists a split folder without opening a single drawing. DataError when there is nothing to list."""
    if not split.is_dir():
        raise DataError(f"There is no folder {split}.")
    alphabets, characters, alphabet_of, paths, labels = [], [], [], [], []
    digest = hashlib.sha256()
    for alphabet in _entries(split, folders=True):
        for character in _entries(alphabet.path, folders=True):
            drawings = [entry for entry in _entries(character.path, folders=False) if entry.name.endswith(".png")]
            if not drawings:
                continue
            if alphabet.name not in alphabets[-1:]:
                alphabets.append(alphabet.name)
            for drawing in drawings:
                stat = drawing.stat()
                digest.update(f"{alphabet.name}/{character.name}/{drawing.name}".encode())
                digest.update(f" {stat.st_size} {stat.st_mtime_ns}\n".encode())
                paths.append(Path(drawing.path))
                labels.append(len(characters))
            characters.append(f"{alphabet.name}/{character.name}")
            alphabet_of.append(len(alphabets) - 1)
    if not paths:
        raise DataError(f"{split} holds no drawings (alphabet/character/drawing.png).")
    return Index(alphabets, characters, alphabet_of, paths, labels, digest.hexdigest())


def _entries(folder: str | Path, *, folders: bool) -> list[os.DirEntry]:
    # hidden files are what file managers leave behind, never drawings
    with os.scandir(folder) as found:
        visible = (entry for entry in found if not entry.name.startswith("."))
        return sorted((entry for entry in visible if entry.is_dir() == folders), key=lambda entry: entry.name)


def read_ink(path: Path) -> np.ndarray:
    """One drawing as uint8 [SIDE, SIDE], ink 255 and paper 0. DataError names the file that is damaged."""
    try:
        with Image.open(path) as picture:
            if picture.size != (SIDE, SIDE):
                size = "{} x {}".format(*picture.size)
                raise DataError(f"{path} is {size} pixels, not {SIDE} x {SIDE}: this is not a drawing of the dataset.")
            return 255 - np.asarray(picture.convert("L"))
    except (OSError, ValueError, SyntaxError) as error:  # Pillow raises each of them for damaged PNGs
        raise DataError(f"{path} cannot be read as a PNG: delete the dataset's folder and make it again.") from error


@contextmanager
def building(target: Path) -> Iterator[Path]:
    """Yields an empty folder beside `target` that takes its name at the end, all at once.

    When the block raises, or the machine dies, `target` is what it was before. A folder that was there is replaced.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as temporary:
        unfinished = Path(temporary) / "new"
        unfinished.mkdir()
        yield unfinished
        # os.replace cannot put a folder over a full one: the old one steps aside into what is deleted anyway
        with suppress(FileNotFoundError):
            os.replace(target, Path(temporary) / "old")
        os.replace(unfinished, target)


def write_atomically(target: Path, write: Callable[[BinaryIO], None]) -> None:
    """Calls `write(file)` on a new binary file beside `target`, which takes its name only when all went well."""
    # in a folder of its own rather than by mkstemp, whose files nobody but their owner may read
    with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as temporary:
        unfinished = Path(temporary) / "new"
        with unfinished.open("wb") as file:
            write(file)
        os.replace(unfinished, target)


def write_files(folder: Path, files: Iterable[tuple[str, bytes]]) -> None:
    """Writes (path relative to `folder`, content) pairs, making the folders they need."""
    made = set()
    for relative, content in files:
        path = folder / relative
        if path.parent not in made:
            path.parent.mkdir(parents=True, exist_ok=True)
            made.add(path.parent)
        path.write_bytes(content)
