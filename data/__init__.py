"""Handwritten characters and digits as tensors: who calls `data.load` never learns where they came from.

    import data

    glyphs = data.load()             # rendered on first use, no network
    omniglot = data.load("omniglot") # after `python -m data.omniglot`
    glyphs.train.images              # uint8 [N, 32, 32], ink 255 on paper 0
    digits = data.load("digits")     # uint8 [N, 28, 28]; drawn on first use as well
    mnist = data.load("mnist")       # after `python -m data.mnist`

The tree, by what you may be looking for: `folders` and `idx` the two layouts on disk, Omniglot's and MNIST's; `glyphs`,
`digits` and `strokes` what we draw ourselves, `omniglot` and `mnist` what people wrote; `dataset` from disk to tensors,
`batches` from tensors to training batches; `downloads` and `command` what the commands share; `notebook` what the
notebooks show and keep. Nothing here knows of exercises or grading.
"""

from data.dataset import REMEDIES, Dataset, Split, load, prepare
from data.folders import DataError, root

__all__ = ["REMEDIES", "DataError", "Dataset", "Split", "load", "prepare", "root"]
