"""A case's samples by class, as pictures show them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from grader.drawing import MARKERS, Drawing, Point
from grader.model import Case

MOST_SAMPLES = 60  # that a picture has room for


@dataclass(frozen=True)
class Batch:
    """features: float64 (B, 2). row: (B,), the position of each sample's class in classes (P,), ascending."""

    features: np.ndarray
    classes: np.ndarray
    row: np.ndarray

    @property
    def centroids(self) -> np.ndarray:
        """(P, 2)."""
        return np.stack([self.features[self.row == position].mean(axis=0) for position in range(len(self.classes))])

    def legend(self, card: Drawing) -> list[tuple[Callable[[Point], None], str]]:
        return [(partial(card.marker, position=p), f"class {label}") for p, label in enumerate(self.classes.tolist())]


def batch(case: Case) -> Batch | None:
    """The samples of a case; None where they do not lie in the plane, or are too many for a picture."""
    features = case.inputs.get("features")
    if not isinstance(features, np.ndarray) or features.shape[1:] != (2,) or len(features) > MOST_SAMPLES:
        return None
    classes, row = np.unique(np.asarray(case.inputs["labels"]), return_inverse=True)
    return Batch(features.astype(np.float64), classes, row) if len(classes) <= len(MARKERS) else None
