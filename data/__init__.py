"""Handwritten characters as tensors: who calls `data.load` never learns where they came from.

    import data

    glyphs = data.load()             # rendered on first use, no network
    omniglot = data.load("omniglot") # after `python -m data.omniglot`
    glyphs.train.images              # uint8 [N, 32, 32], ink 255 on paper 0

The tree, by what you may be looking for: `folders` the layout on disk, `glyphs` and `strokes` the characters we
draw ourselves, `omniglot` the ones people drew, `dataset` from folders to tensors, `batches` from tensors to
training batches. Nothing here knows of notebooks, exercises or grading.
"""

from data.dataset import Dataset, Split, load
from data.folders import DataError, root

__all__ = ["DataError", "Dataset", "Split", "load", "root"]
