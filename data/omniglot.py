"""Omniglot, drawn by twenty people: downloads it, or takes it from where you have it, and checks every drawing.

    python -m data.omniglot                # from the dataset's public repository, 14 MB
    python -m data.omniglot --from PATH    # the folder that holds it, or its archives, also repacked ones

A download counts only when its checksum is right. An archive is hostile until proven otherwise: nothing in it is
written but drawings, by names without dots, into a temporary folder that becomes the dataset only when it holds exactly
what Omniglot holds.
"""

import os
import re
import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath

from tqdm.auto import tqdm

from data import command, downloads, folders
from data.folders import BACKGROUND, EVALUATION, DataError, Index

URL = "https://github.com/brendenlake/omniglot/raw/master/python/"
ARCHIVES = {
    f"{BACKGROUND}.zip": "md5:68d2efa1b9178cc56df9314c21c6e718",
    f"{EVALUATION}.zip": "md5:6b91aef0f799c5bb55b94e3f2daec811",
}
CHARACTERS = {BACKGROUND: 964, EVALUATION: 659}
DRAWINGS = 20  # of each character, one by each drawer
LARGEST = 16 * 1024  # bytes of one drawing; Omniglot's have a few hundred
MOST_ENTRIES = 100_000  # in one archive; Omniglot's larger one has about 20,000

# .../images_background/.../Greek/character01/0394_07.png; the alphabet's name can hold no dot and no slash
DRAWING = re.compile(rf"(?:^|.*/)({BACKGROUND}|{EVALUATION})/(?:.+/)?(\w[\w()' -]*/character\d+/\d+_\d+\.png)")


def install(root: Path | None = None, sources: Iterable[Path] = ()) -> Path:
    """Makes the folder `root`/omniglot and returns it; from the network, or from folders and archives you have.

    An Omniglot that is already there is kept, unless sources are given. Raises DataError and changes nothing when what
    comes is not Omniglot.
    """
    root = Path(root or folders.root())
    target = root / "omniglot"
    sources = list(sources)
    if not sources:
        if is_whole(target):
            return target
        sources = downloads.fetch(root / "downloads", ARCHIVES, [URL])
    drawings: dict[str, bytes] = {}
    for source in sources:
        for name, content in read_source(source):
            if name in drawings:
                raise DataError(f"{name} is there twice; the second time in {source}.")
            drawings[name] = content
            if len(drawings) > sum(CHARACTERS.values()) * DRAWINGS:
                raise DataError(f"{source} holds more drawings than Omniglot: refused.")
    where = " and ".join(map(str, sources))
    check_counts(Counter(name.rpartition("/")[0] for name in drawings), where)
    with folders.building(target) as folder:
        folders.write_files(folder, tqdm(drawings.items(), desc="unpacking omniglot"))
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            reads = pool.map(folders.read_ink, (folder / name for name in drawings))
            try:
                for _ in tqdm(reads, total=len(drawings), desc="checking omniglot"):
                    pass
            except DataError as error:
                pool.shutdown(cancel_futures=True)
                # the temporary folder's name would help nobody
                raise DataError(f"In {where}: {str(error).replace(f'{folder}/', '')}") from error
    return target


def is_whole(folder: Path) -> bool:
    try:
        verify(folders.index(folder / BACKGROUND), folders.index(folder / EVALUATION), folder)
    except DataError:
        return False
    return True


def verify(train: Index, valid: Index, folder: Path) -> None:
    """DataError unless the two splits have Omniglot's number of characters and of drawings."""
    counts: Counter[str] = Counter()
    for split, index in ((BACKGROUND, train), (EVALUATION, valid)):
        counts.update(f"{split}/{index.characters[label]}" for label in index.labels)
    check_counts(counts, str(folder))


def check_counts(drawings: Mapping[str, int], where: str) -> None:
    """drawings: "images_background/Greek/character01" -> how many. DataError when they are not Omniglot's."""
    for split, expected in CHARACTERS.items():
        found = sum(character.startswith(f"{split}/") for character in drawings)
        if found != expected:
            raise DataError(f"{where} is not Omniglot: {split} has {found} characters instead of {expected}.")
    for character, found in drawings.items():
        if found != DRAWINGS:
            raise DataError(f"{where} is not Omniglot: {character} has {found} drawings instead of {DRAWINGS}.")


def read_source(source: Path) -> Iterator[tuple[str, bytes]]:
    """(images_background/Greek/character01/0394_07.png, content) for every drawing in a folder or an archive."""
    if source.is_dir():
        yield from _read_folder(source)
    elif source.is_file():
        yield from _read_archive(source)
    else:
        raise DataError(f"There is neither a folder nor an archive at {source}.")


def _read_folder(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Drawings as files, wherever below the folder; if there are none, those of the archives in it."""
    found = False
    # images_background itself may have been named: with its own name before them its drawings are recognised
    base = folder.resolve()
    for path in sorted(base.rglob("character*/*.png")):
        name = _name_of_drawing(path.relative_to(base.parent).as_posix())
        if name and path.is_file():
            found = True
            yield name, _bounded(path.read_bytes, path.stat().st_size, str(path))
    if not found:
        archives = [path for name in ARCHIVES for path in sorted(folder.rglob(name))]
        if not archives:
            raise DataError(f"{folder} holds neither Omniglot's drawings nor {' and '.join(ARCHIVES)}.")
        for archive in archives:
            yield from _read_archive(archive)


def _read_archive(path: Path) -> Iterator[tuple[str, bytes]]:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if len(entries) > MOST_ENTRIES:
                raise DataError(f"{path} has {len(entries)} entries, which is not Omniglot: refused.")
            for entry in entries:
                place = PurePosixPath(entry.filename)
                if place.is_absolute() or ".." in place.parts:
                    raise DataError(f"{path}: the entry {entry.filename!r} leaves the folder: refused.")
                if stat.S_ISLNK(entry.external_attr >> 16):
                    raise DataError(f"{path}: the entry {entry.filename!r} is a symbolic link: refused.")
            for entry in entries:
                # the archive's own name stands in for a top folder that a repack left out
                name = _name_of_drawing(f"{path.stem}/{entry.filename}")
                if name:
                    yield name, _bounded(lambda entry=entry: archive.read(entry), entry.file_size, entry.filename)
    except DataError:
        raise
    # the ways zipfile has of saying that an archive is damaged, encrypted, or packed by a method it does not know
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        raise DataError(f"{path} is not a whole zip archive ({error}): get it again.") from error


def _name_of_drawing(path: str) -> str | None:
    match = DRAWING.fullmatch(path)
    return f"{match[1]}/{match[2]}" if match else None


def _bounded(read: Callable[[], bytes], size: int, name: str) -> bytes:
    if size > LARGEST:
        raise DataError(f"{name} has {size} bytes, too many for a drawing: refused.")
    return read()


def main(arguments: list[str] | None = None) -> None:
    parser = command.parser(
        "data.omniglot",
        "Downloads Omniglot (or takes it from where you have it), checks it, and puts it where "
        'data.load("omniglot") finds it.',
    )
    parser.add_argument(
        "--from",
        dest="sources",
        type=Path,
        nargs="+",
        default=[],
        metavar="PATH",
        help="a folder that holds Omniglot or its archives, or the archives; also repacked ones",
    )
    options = parser.parse_args(arguments)
    with command.failing_in_one_sentence("data.omniglot"):
        folder = install(options.root, options.sources)
    print(f"{folder}: {CHARACTERS[BACKGROUND]} characters to train, {CHARACTERS[EVALUATION]} to validate.")


if __name__ == "__main__":
    main()
