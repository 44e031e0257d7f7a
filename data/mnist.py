"""MNIST, digits written by some 500 people: downloads it, or takes it from where you have it, and checks every byte.

    python -m data.mnist                  # from a public mirror, 12 MB
    python -m data.mnist --from FOLDER    # with the four files, packed or not, also packed anew

The published files are known by their checksums; what you have is known by its content, so it does not matter who
packed it. Nothing is unpacked beyond the size that MNIST's files have. The dataset's folder holds the files unpacked,
and takes its name only when all four are right.
"""

import gzip
import hashlib
import math
import zlib
from dataclasses import dataclass
from pathlib import Path

from tqdm.auto import tqdm

from data import command, downloads, folders, idx
from data.folders import DataError

HOMES = ("https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/")


@dataclass(frozen=True)
class Published:
    """One of the four files. md5: of NAME.gz, as it is published. sha256: of what is in it, an array of this shape."""

    md5: str
    sha256: str
    shape: tuple[int, ...]


FILES = {
    idx.images_file(idx.TRAIN): Published(
        md5="f68b3c2dcbeaaa9fbdd348bbdeb94873",
        sha256="ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        shape=(60_000, 28, 28),
    ),
    idx.labels_file(idx.TRAIN): Published(
        md5="d53e105ee54ea40749a09fcbcd1e9432",
        sha256="65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        shape=(60_000,),
    ),
    idx.images_file(idx.VALID): Published(
        md5="9fb629c4189551a2d022fa330f9573f3",
        sha256="0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        shape=(10_000, 28, 28),
    ),
    idx.labels_file(idx.VALID): Published(
        md5="ec29112dd5afa0611ce80d1b7f02629c",
        sha256="ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        shape=(10_000,),
    ),
}


def install(root: Path | None = None, source: Path | None = None) -> Path:
    """Makes the folder `root`/mnist and returns it; from the network, or from a folder you have.

    An MNIST that is already there is kept, unless a source is given. Raises DataError and changes nothing when what
    comes is not MNIST, or when there is no room for it.
    """
    root = Path(root or folders.root())
    target = root / "mnist"
    if source is None:
        if is_whole(target):
            return target
        source = root / "downloads"
        downloads.fetch(source, {f"{name}.gz": f"md5:{file.md5}" for name, file in FILES.items()}, HOMES)
    found = {name: find(source, name) for name in FILES}
    try:
        with folders.building(target) as folder:
            for name, path in tqdm(found.items(), desc="checking mnist"):
                (folder / name).write_bytes(read(path, name))
    except OSError as error:
        raise downloads.unwritable(target, error) from error
    return target


def is_whole(folder: Path) -> bool:
    try:
        for name in FILES:
            read(folder / name, name)
    except DataError:
        return False
    return True


def find(folder: Path, name: str) -> Path:
    """Where below the folder one of the four files is, packed or not; some write a dot for the hyphen before idx."""
    dotted = name.replace("-idx", ".idx")
    for spelling in (f"{name}.gz", name, f"{dotted}.gz", dotted):
        for path in sorted(folder.rglob(spelling)):
            if path.is_file():
                return path
    raise DataError(f"There is no {name}.gz in the folder {folder}, packed or not: MNIST is {', '.join(FILES)}.")


def read(path: Path, name: str) -> bytes:
    """The bytes of one of the four files, unpacked if need be. DataError unless they are MNIST's."""
    file = FILES[name]
    header = idx.header(*file.shape)
    size = len(header) + math.prod(file.shape)
    content = _unpacked(path, at_most=size + 1)
    if content[:4] != header[:4]:
        raise DataError(f"{path} is not {name}: it begins with the bytes {content[:4].hex()}, not {header[:4].hex()}.")
    if len(content) != size or not content.startswith(header):
        shape = " x ".join(map(str, file.shape))
        raise DataError(f"{path} is not MNIST's {name}: it does not hold {shape} bytes, no more and no less.")
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise DataError(
            f"{path} is not MNIST's {name}: it has the right size but other content. Either it is damaged, or it "
            "belongs to another dataset with files of the same names, such as Fashion-MNIST."
        )
    return content


def _unpacked(path: Path, at_most: int) -> bytes:
    """The first bytes of what is in a file, which may be packed with gzip whatever its name says."""
    try:
        with path.open("rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            return (gzip.GzipFile(fileobj=file) if packed else file).read(at_most)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{path} is not a whole gzip file ({error}): get it again.") from error
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}).") from error


def main(arguments: list[str] | None = None) -> None:
    parser = command.parser(
        "data.mnist",
        "Downloads MNIST (or takes it from where you have it), checks it, and puts it where "
        'data.load("mnist") finds it.',
    )
    parser.add_argument(
        "--from",
        dest="source",
        type=Path,
        metavar="FOLDER",
        help="a folder that holds MNIST's four files, packed or not",
    )
    options = parser.parse_args(arguments)
    with command.failing_in_one_sentence("data.mnist"):
        folder = install(options.root, options.source)
    n_train, n_valid = (FILES[idx.labels_file(split)].shape[0] for split in (idx.TRAIN, idx.VALID))
    print(f"{folder}: {n_train} digits to train, {n_valid} to validate.")


if __name__ == "__main__":
    main()
