"""Pictures of an embedding: what lies nearest to a query, which triplets are hardest, a map of some classes.

`show_neighbours`, `show_map` and `show_hardest` take a method of `trained`; the other two take any embedding.
"""

from collections.abc import Callable, Sequence
from typing import Any

import matplotlib.pyplot as plt
import torch
from torch import Tensor, nn

from data.dataset import Split
from data.notebook.draw import BLUE, CLASS_COLOURS, GREEN, RED, mosaic, show_mosaic, thumbnail, to_images

NOTHING = "Nothing has been trained here yet."
Embed = Callable[[nn.Module], Tensor]  # the embeddings of a whole split, [N, D], on the CPU


def show_nearest(
    split: Split,
    features: Tensor,
    shown: Tensor,
    title: str,
    names: Sequence[str] = (),
    neighbours: int = 9,
    width: float = 9,
) -> None:
    """Queries in blue, and what is nearest to them in the gallery: green is right, orange is wrong.

    features: float [N, D], of the whole split. shown: long [Q], rows of queries. names: Q of them, left of the rows.
    neighbours: so many, or all there are. width: in inches.
    """
    gallery_rows = (~split.is_query).nonzero().flatten()  # [G]
    # not by a matrix product, which loses the digits that tell near from nearer where all lie close together
    apart = torch.cdist(features[shown], features[gallery_rows], compute_mode="donot_use_mm_for_euclid_dist")  # [Q, G]
    neighbours = min(neighbours, len(gallery_rows))
    nearest = apart.topk(neighbours, largest=False).indices
    rows = torch.cat([shown[:, None], gallery_rows[nearest]], dim=1)  # [Q, 1 + neighbours]
    right = (split.labels[rows] == split.labels[shown][:, None]).tolist()
    frames = [BLUE if not place else GREEN if hit else RED for row in right for place, hit in enumerate(row)]
    show_mosaic(mosaic(split.images[rows.flatten()], 1 + neighbours, frames), title, names, width=width)


def show_projection(
    split: Split, features: Tensor, classes: Sequence[int], title: str, size: tuple[float, float] = (7, 5.2)
) -> None:
    """Some classes in the two directions in which their embeddings differ most, a picture of each at its mean.

    features: float [N, D], of the whole split. classes: numbers of at most ten. size: in inches. At most a hundred points
    of a class are drawn.
    """
    some = torch.isin(split.labels, torch.as_tensor(classes))  # [N]
    centred = features - features[some].mean(dim=0)
    directions = torch.linalg.svd(centred[some], full_matrices=False).Vh[:2]  # [2, D]
    flat = centred @ directions.T  # [N, 2]
    _, ax = plt.subplots(figsize=size)
    for label, colour in zip(classes, CLASS_COLOURS):
        rows = (split.labels == label).nonzero().flatten()
        ax.plot(*flat[rows[:100]].T.tolist(), "o", color=colour, alpha=0.45, markersize=5)
        thumbnail(ax, split.images[rows[:1]], flat[rows].mean(dim=0).tolist(), colour)
    ax.set(title=title, xticks=[], yticks=[])
    plt.show()


def show_neighbours(
    trained: dict[str, dict], split: Split, embed: Embed, method: str, queries: int = 6, neighbours: int = 9
) -> None:
    """Queries from the first alphabet to the last, and what the network of this method finds nearest to them."""
    if method not in trained:
        print(NOTHING)
        return
    query_rows = split.is_query.nonzero().flatten()
    shown = query_rows[torch.linspace(0, len(query_rows) - 1, queries).long()]
    names = [split.alphabets[split.alphabet_of[label]].replace("_", " ") for label in split.labels[shown]]
    title = f"{method}: a query and its nearest, left to right"
    show_nearest(split, embed(trained[method]["model"]), shown, title, names, neighbours)


def show_map(trained: dict[str, dict], split: Split, embed: Embed, method: str, classes: int = 8) -> None:
    """A map of so many classes, from the first to the last, as the network of this method sees them; ten at most."""
    if method not in trained:
        return
    chosen = torch.linspace(0, len(split.characters) - 1, classes).long().tolist()
    features = embed(trained[method]["model"])
    title = f"{method}: {classes} unseen characters, {features.shape[1]} dimensions seen in two"
    show_projection(split, features, chosen, title)


@torch.no_grad()
def show_hardest(trained: dict[str, dict], batch: dict, sampler: Any, method: str, triplets: int = 6) -> None:
    """The triplets of a batch that the network of this method violates most, at most one for each class of the anchor.

    batch: "features" float [B, 1, S, S] and "targets" long [B], where the network is.
    sampler: its sample_ids(embeddings float [B, D], targets) returns rows of anchors, positives and negatives, three
        LongTensors [T].
    """
    if method not in trained:
        print(NOTHING)
        return
    features, targets = trained[method]["model"](batch["features"]), batch["targets"]  # [B, D], [B]
    ids = torch.stack(sampler.sample_ids(features, targets))  # [3, T], rows of the batch
    anchor, positive, negative = features[ids]  # [T, D] each
    to_positive, to_negative = (anchor - positive).norm(dim=1), (anchor - negative).norm(dim=1)  # [T]
    hardest: dict[int, int] = {}  # class -> its worst triplet, from the worst class on
    for number in (to_positive - to_negative).argsort(descending=True).tolist():
        hardest.setdefault(int(targets[ids[0, number]]), number)
    shown = list(hardest.values())[:triplets]
    show_mosaic(
        mosaic(
            to_images(batch["features"][ids[:, shown].flatten()]),  # [3 * triplets, S, S]
            len(shown),
            frames=[colour for colour in (BLUE, GREEN, RED) for _ in shown],
        ),
        f"{method}: the hardest triplets of a batch, and the distances from the anchor",
        ["anchor", "positive", "negative"],
        [f"{far:.2f} to p\n{near:.2f} to n" for far, near in zip(to_positive[shown], to_negative[shown])],
        width=9,
    )
