"""Pictures of the data themselves: some of each alphabet or class, all of one class, a batch."""

from collections.abc import Sequence

import torch

from data.dataset import Split
from data.notebook.draw import mosaic, show_mosaic, to_images


def show_alphabets(split: Split, alphabets: int = 8, characters: int = 10) -> None:
    """One drawing of each of the first characters of the first alphabets, an alphabet a row."""
    rows, names = [], []
    for alphabet, name in enumerate(split.alphabets[:alphabets]):
        classes = (split.alphabet_of == alphabet).nonzero().flatten()[:characters]
        firsts = [int((split.labels == label).nonzero()[0]) for label in classes]
        blank = torch.zeros(characters - len(firsts), *split.images.shape[1:], dtype=torch.uint8)
        rows.append(torch.cat([split.images[firsts], blank]))
        names.append(name.replace("_", " "))
    picture = mosaic(torch.cat(rows), columns=characters)
    show_mosaic(picture, f"{characters} characters of each alphabet", names, width=8)


def show_classes(split: Split, each: int = 12) -> None:
    """The first pictures of each class, a class a row."""
    firsts = [(split.labels == label).nonzero().flatten()[:each] for label in range(len(split.characters))]
    picture = mosaic(split.images[torch.cat(firsts)], columns=each)
    show_mosaic(picture, f"{len(split.images)} training pictures, {each} of each class", width=6)


def show_character(split: Split, name: str) -> None:
    """Every drawing of the character of that name, such as "Latin/character01", ten a row."""
    drawings = split.images[split.labels == split.characters.index(name)]  # [n, S, S]
    show_mosaic(mosaic(drawings, columns=10), f"{name}, every drawing", width=8)


def show_batch(
    batch: dict, k: int, title: str, classes: int | None = None, names: Sequence[str] = (), width: float = 10
) -> None:
    """The first classes of a batch, or all of them, as the network will see them, a class a row.

    batch: "features" float [P * k, 1, S, S] and "targets" long [P * k], the k pictures of a class together.
    names: of all classes, by number; to stand left of the rows. width: in inches.
    """
    rows = slice(None if classes is None else classes * k)
    row_names = [names[target].replace("_", " ") for target in batch["targets"][rows][::k]] if names else []
    show_mosaic(mosaic(to_images(batch["features"][rows]), columns=k), title, row_names, width=width)
