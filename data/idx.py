"""MNIST's layout on disk, which the digits we draw have too: four files of plain bytes in one folder.

    NAME/train-images-idx3-ubyte    for training: 16 bytes of header, then 28 x 28 bytes a picture
    NAME/train-labels-idx1-ubyte    8 bytes of header, then one byte a label
    NAME/t10k-images-idx3-ubyte     for validation: the same ten digits, by other people
    NAME/t10k-labels-idx1-ubyte

The header is the magic number (0x0803 for images, 0x0801 for labels) and the size of every axis, each four bytes, the
highest first. Ink is 255 and paper 0 already.
"""

from pathlib import Path

import numpy as np

from data.folders import DataError

SIDE = 28
CLASSES = 10
TRAIN, VALID = "train", "t10k"


def images_file(split: str) -> str:
    return f"{split}-images-idx3-ubyte"


def labels_file(split: str) -> str:
    return f"{split}-labels-idx1-ubyte"


def header(*shape: int) -> bytes:
    """The first bytes of a file that holds uint8 [*shape]: 0x0801 for one axis, 0x0803 for three."""
    return np.array([0x0800 + len(shape), *shape], dtype=">u4").tobytes()


def write_split(folder: Path, split: str, images: np.ndarray, labels: np.ndarray) -> None:
    """images: uint8 [N, 28, 28]. labels: uint8 [N]."""
    for name, array in ((images_file(split), images), (labels_file(split), labels)):
        (folder / name).write_bytes(header(*array.shape) + array.tobytes())


def read_split(folder: Path, split: str) -> tuple[np.ndarray, np.ndarray]:
    """images uint8 [N, 28, 28] and labels uint8 [N], 0 .. 9. DataError names the file that is missing or damaged."""
    images = _read(folder / images_file(split), SIDE, SIDE)
    labels = _read(folder / labels_file(split))
    if len(images) != len(labels) or labels.max(initial=0) >= CLASSES:
        raise DataError(
            f"{folder / labels_file(split)} does not hold a digit for each of {len(images)} pictures: delete the folder "
            "and make it again."
        )
    return images, labels


def _read(path: Path, *item: int) -> np.ndarray:
    """uint8 [N, *item]."""
    try:
        content = np.fromfile(path, dtype=np.uint8)
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}): delete the folder and make it again.") from error
    begin = len(header(0, *item))
    n = (len(content) - begin) // int(np.prod(item))
    if n < 0 or content[:begin].tobytes() != header(n, *item) or len(content) != begin + n * int(np.prod(item)):
        raise DataError(f"{path} is damaged: delete the folder and make it again.")
    return content[begin:].reshape(n, *item)
