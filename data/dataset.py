"""From what lies on disk to tensors: `load` is the one call that notebooks, grader and solutions make.

Characters come in Omniglot's layout (`folders`): every drawing is decoded once, shrunk to 32 x 32, and kept in one file
beside the dataset; the next call reads only that file. Digits come in MNIST's layout (`idx`), which needs no decoding.
Ink is 255 and paper 0, so what rotation or padding adds around a picture (zeros) is paper.
"""

import functools
import math
import os
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from tqdm.auto import tqdm

from data import folders, idx
from data.folders import DataError, Index

DIGITS = ("digits", "mnist")  # in MNIST's layout
CHARACTERS = ("glyphs", "omniglot")  # in Omniglot's
DRAWN = ("glyphs", "digits")  # by us, without a network
# Every dataset that there is, with where it comes from, in a sentence: told where it is not there yet.
REMEDIES = {
    "glyphs": f"Drawn when a notebook first asks for them, or by: {sys.executable} -m data.glyphs",
    "digits": "Drawn when the tutorial first asks for them",
    "omniglot": f"Only for the real training: {sys.executable} -m data.omniglot, or with --from PATH where you have it",
    "mnist": f"Only for the tutorial on real digits: {sys.executable} -m data.mnist, or with --from PATH where you have it",
}
SIZE = 32  # pixels; the side of a character as networks see it
RECIPE = "LongestMaxSize(32, area), PadIfNeeded(32, 0)"  # part of the cache's key: another recipe, other pictures
QUERY_SHARE = 0.2
QUERY_SEED = 0


@dataclass(frozen=True)
class Split:
    """N pictures of C characters from A alphabets. The ten digits are ten characters of one alphabet.

    images: uint8 [N, H, W], ink 255, paper 0; 32 x 32 for characters, 28 x 28 for digits. labels: long [N], 0 .. C - 1.
    characters: C names ("Greek/character01", "7"). alphabets: A names. alphabet_of: long [C], indices into alphabets.
    paths: the N files the pictures came from; empty for digits, which have none of their own.
    is_query: bool [N]; True for the pictures to look up, False for the gallery; None where nothing is looked up.
    """

    images: Tensor
    labels: Tensor
    characters: list[str]
    alphabets: list[str]
    alphabet_of: Tensor
    paths: list[Path]
    is_query: Tensor | None = None


@dataclass(frozen=True)
class Dataset:
    """train: the background alphabets. valid: other alphabets, none of whose characters were trained on.

    Of digits, which are always the same ten, valid holds those that other people wrote.
    """

    name: str
    train: Split
    valid: Split


def load(dataset: str = "glyphs", root: Path | None = None) -> Dataset:
    """Loads "glyphs" or "digits" (drawn on first use), "omniglot" or "mnist" (after `python -m data.NAME`) from `root`.

    root: the folder datasets lie in; `data.root()` when left out.
    Raises ValueError for another name, DataError for a dataset that is missing or damaged.
    """
    if dataset not in CHARACTERS + DIGITS:
        raise ValueError(f'There is no dataset "{dataset}": choose "glyphs", "omniglot", "digits" or "mnist".')
    folder = Path(root or folders.root()) / dataset
    if not folder.is_dir():
        _make(dataset, folder)
    if dataset in DIGITS:
        return Dataset(dataset, _digits(folder, idx.TRAIN), _digits(folder, idx.VALID, looked_up=True))
    train, valid = (folders.index(folder / split) for split in (folders.BACKGROUND, folders.EVALUATION))
    if dataset == "omniglot":
        from data import omniglot

        omniglot.verify(train, valid, folder)
    train_images, valid_images = _images(folder, train, valid)
    return Dataset(dataset, _split(train, train_images), _split(valid, valid_images, looked_up=True))


@functools.cache
def prepare() -> None:
    """Draws what can be drawn, "glyphs" and "digits", for those who will load them where nothing may be written. Once."""
    for dataset in DRAWN:
        load(dataset)


def _make(dataset: str, folder: Path) -> None:
    """Draws what we draw ourselves; for the others DataError says how to get them."""
    if dataset == "omniglot":
        raise DataError(
            f"Omniglot is not in {folder}: download it with `python -m data.omniglot`, or take it from a folder or "
            "from its archives with `python -m data.omniglot --from PATH`."
        )
    if dataset == "mnist":
        raise DataError(
            f"MNIST is not in {folder}: download it with `python -m data.mnist`, or take it from a folder with "
            '`python -m data.mnist --from FOLDER`. Without a network, load "digits" in its place.'
        )
    from filelock import FileLock

    from data import digits, glyphs

    drawn = {"glyphs": glyphs, "digits": digits}[dataset]
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        # two notebooks that start together: one draws, the other waits for it
        with FileLock(folder.with_name(f".{folder.name}.lock")):
            if not folder.is_dir():
                drawn.render(folder)
    except OSError as error:
        raise DataError(
            f"The {dataset} could not be drawn into {folder} ({error.strerror}): name a folder you may write to in the "
            "environment variable METRIC_LEARNING_DATA."
        ) from error


def _digits(folder: Path, split: str, looked_up: bool = False) -> Split:
    images, labels = (torch.from_numpy(array) for array in idx.read_split(folder, split))  # [N, 28, 28], [N]
    labels = labels.long()
    return Split(
        images=images,
        labels=labels,
        characters=[str(digit) for digit in range(idx.CLASSES)],
        alphabets=["digits"],
        alphabet_of=torch.zeros(idx.CLASSES, dtype=torch.long),
        paths=[],
        is_query=choose_queries(labels) if looked_up else None,
    )


def _split(index: Index, images: np.ndarray, looked_up: bool = False) -> Split:
    labels = torch.tensor(index.labels)  # [N]
    return Split(
        images=torch.from_numpy(images),
        labels=labels,
        characters=index.characters,
        alphabets=index.alphabets,
        alphabet_of=torch.tensor(index.alphabet_of),  # [C]
        paths=index.paths,
        is_query=choose_queries(labels) if looked_up else None,
    )


def choose_queries(labels: Tensor, share: float = QUERY_SHARE, seed: int = QUERY_SEED) -> Tensor:
    """bool [N]: True for ceil(share * n) random samples of every class of n, the same ones for the same seed.

    Raises DataError when a class would be left without a gallery.
    """
    generator = torch.Generator().manual_seed(seed)
    is_query = torch.zeros(len(labels), dtype=torch.bool)
    for label in labels.unique():
        members = (labels == label).nonzero().squeeze(1)  # [n]
        queries = math.ceil(share * len(members))
        if queries == len(members):
            raise DataError(f"Class {int(label)} has {len(members)} drawing(s): too few for queries and a gallery.")
        is_query[members[torch.randperm(len(members), generator=generator)[:queries]]] = True
    return is_query


def _images(folder: Path, train: Index, valid: Index) -> tuple[np.ndarray, np.ndarray]:
    """Both splits' pictures, uint8 [N, 32, 32], from the cache when it was made of exactly these drawings."""
    cache = folder.with_name(f"{folder.name}-{SIZE}.npz")
    key = f"{RECIPE} {train.fingerprint} {valid.fingerprint}"
    cached = _read_cache(cache, key, len(train.paths), len(valid.paths))
    if cached is not None:
        return cached
    pictures = _decode(train.paths + valid.paths, folder.name)
    images = pictures[: len(train.paths)], pictures[len(train.paths) :]
    try:
        folders.write_atomically(cache, lambda file: np.savez(file, key=key, train=images[0], valid=images[1]))
    except OSError as error:  # a shared, read-only dataset still loads, only not as fast
        warnings.warn(f"The decoded pictures could not be kept in {cache} ({error.strerror}).", stacklevel=3)
    return images


def _read_cache(cache: Path, key: str, n_train: int, n_valid: int) -> tuple[np.ndarray, np.ndarray] | None:
    try:
        # opened here: np.load would leave a file that it cannot read open
        with cache.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            if stored["key"].item() != key:
                return None
            train, valid = stored["train"], stored["valid"]
    except Exception:
        # a half-written, foreign or damaged file makes NumPy raise nearly anything; the drawings are there, so
        # whatever it was, the answer is to decode them again
        return None
    expected = (n_train, SIZE, SIZE), (n_valid, SIZE, SIZE)
    if (train.shape, valid.shape) != expected or {train.dtype, valid.dtype} != {np.dtype(np.uint8)}:
        return None
    return train, valid


def _decode(paths: list[Path], name: str) -> np.ndarray:
    """uint8 [len(paths), 32, 32]. The first damaged drawing raises DataError with its name."""
    shrink = _shrinker()
    pictures = np.empty((len(paths), SIZE, SIZE), dtype=np.uint8)

    def decode(position: int) -> None:
        pictures[position] = shrink(image=folders.read_ink(paths[position]))["image"]

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        try:
            for _ in tqdm(pool.map(decode, range(len(paths))), total=len(paths), desc=f"decoding {name}"):
                pass
        except BaseException:
            pool.shutdown(cancel_futures=True)  # do not decode 32,000 more before saying which one is damaged
            raise
    return pictures


def _shrinker():
    os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")  # it asks the network for its latest version on import
    import albumentations
    import cv2

    return albumentations.Compose(
        [
            # area: every pixel is the mean of what it covers; strokes three pixels wide survive 105 -> 32
            albumentations.LongestMaxSize(SIZE, interpolation=cv2.INTER_AREA),
            albumentations.PadIfNeeded(SIZE, SIZE, border_mode=cv2.BORDER_CONSTANT, fill=0),
        ]
    )
