"""Every exercise once more, slowly: loops over classes and samples in float64, gradients from formulas.

`solutions.hidden` takes its expected values from here, and the tests hold the reference against it. So nothing here may use
torch or the reference, and nothing may be clever.
"""

import numpy as np


def squared(a: np.ndarray, b: np.ndarray) -> float:
    return float(((a - b) ** 2).sum())


def rows_of(labels: list[int]) -> dict[int, list[int]]:
    """class -> its rows; classes ascending."""
    return {c: [row for row, label in enumerate(labels) if label == c] for c in sorted(set(labels))}


def centroids(features: np.ndarray, labels: list[int]) -> dict[int, np.ndarray]:
    result = {}
    for c, rows in rows_of(labels).items():
        total = np.zeros(features.shape[1])
        for row in rows:
            total = total + features[row]
        result[c] = total / len(rows)
    return result


def radii(features: np.ndarray, labels: list[int]) -> dict[int, list[float]]:
    """class -> squared distance of each of its samples to its centroid."""
    means = centroids(features, labels)
    return {c: [squared(features[row], means[c]) for row in rows] for c, rows in rows_of(labels).items()}


def between(features: np.ndarray, labels: list[int]) -> dict[int, dict[int, float]]:
    """class -> every other class -> squared distance of the centroids."""
    means = centroids(features, labels)
    return {c: {k: squared(means[c], means[k]) for k in means if k != c} for c in means}


def hard_clusters(features: np.ndarray, labels: list[int]) -> list[tuple[int, int, int]]:
    """Per class, ascending: the class, the row of its positive, the class of its negative."""
    rows, radius, distance = rows_of(labels), radii(features, labels), between(features, labels)
    result = []
    for c in rows:
        farthest = 0
        for k in range(1, len(rows[c])):
            if radius[c][k] > radius[c][farthest]:  # strictly: of equals, the first
                farthest = k
        nearest = None
        for k in distance[c]:
            if nearest is None or distance[c][k] < distance[c][nearest]:
                nearest = k
        result.append((c, rows[c][farthest], nearest))
    return result


def sampler(features: np.ndarray, labels: list[int]) -> dict[str, np.ndarray]:
    features = features.astype(np.float64)
    means = centroids(features, labels)
    triplets = hard_clusters(features, labels)
    return {
        "anchor": np.stack([means[c] for c, _, _ in triplets]),
        "positive": np.stack([features[row] for _, row, _ in triplets]),
        "negative": np.stack([means[k] for _, _, k in triplets]),
    }


def cluster_gradient(features: np.ndarray, labels: list[int], active: list[bool]) -> np.ndarray:
    """Gradient of the sum, over the active classes, of |c - p|^2 - |c - n|^2, c and n being centroids.

    Towards c: 2 (c - p) - 2 (c - n). Towards p: -2 (c - p). Towards n: 2 (c - n).
    A centroid hands to each of its samples its own gradient divided by their number.
    """
    features = features.astype(np.float64)
    rows, means = rows_of(labels), centroids(features, labels)
    to_centroid = {c: np.zeros(features.shape[1]) for c in rows}
    gradient = np.zeros(features.shape)
    for (c, row, k), counts in zip(hard_clusters(features, labels), active, strict=True):
        if counts:
            to_centroid[c] += 2 * (means[c] - features[row]) - 2 * (means[c] - means[k])
            gradient[row] += -2 * (means[c] - features[row])
            to_centroid[k] += 2 * (means[c] - means[k])
    for c in rows:
        for row in rows[c]:
            gradient[row] += to_centroid[c] / len(rows[c])
    return gradient


def sampler_gradient(features: np.ndarray, labels: list[int]) -> np.ndarray:
    return cluster_gradient(features, labels, [True] * len(set(labels)))


def cluster_terms(features: np.ndarray, labels: list[int], alpha: float) -> list[float]:
    """Per class, d_intra - d_inter + alpha, before the hinge."""
    features = features.astype(np.float64)
    radius, distance = radii(features, labels), between(features, labels)
    return [max(radius[c]) - min(distance[c].values()) + alpha for c in radius]


def cluster_loss(features: np.ndarray, labels: list[int], alpha: float) -> tuple[float, np.ndarray]:
    terms = cluster_terms(features, labels, alpha)
    loss = sum(max(term, 0.0) for term in terms)
    return loss, cluster_gradient(features, labels, [term > 0 for term in terms])


def class_distances(features: np.ndarray, labels: list[int]) -> dict[str, np.ndarray]:
    features = features.astype(np.float64)
    rows = rows_of(labels)
    d = np.zeros((len(rows), len(rows)))
    s = np.zeros(len(rows))
    for x, p in enumerate(rows):
        for y, q in enumerate(rows):
            total = 0.0
            for i in rows[p]:
                for j in rows[q]:
                    total += squared(features[i], features[j])
            d[x, y] = total / (len(rows[p]) * len(rows[q]))
            if p == q:
                s[x] = total / (len(rows[p]) ** 2 - len(rows[p]))
    return {"classes": np.array(list(rows)), "d": d, "s": s}


def tree_level(a: int, b: int, alphabet_of: list[int]) -> int:
    if a == b:
        return 0
    if alphabet_of[a] == alphabet_of[b]:
        return 1
    return 2


def violate_margin(
    features: np.ndarray,
    labels: list[int],
    anchor_labels: list[int],
    negative_labels: list[int],
    alphabet_of: list[int],
    beta: float,
    levels: int,
) -> list[float]:
    s = {}
    for c, rows in rows_of(labels).items():
        total = 0.0
        for i in rows:
            for j in rows:
                total += squared(features[i].astype(np.float64), features[j].astype(np.float64))
        s[c] = total / (len(rows) ** 2 - len(rows))
    d_0 = sum(s.values()) / len(s)
    margins = []
    for a, n in zip(anchor_labels, negative_labels, strict=True):
        level = tree_level(a, n, alphabet_of)
        margins.append(beta + level * (4 - d_0) / levels + d_0 - s[a])
    return margins


def hierarchical_terms(
    features: np.ndarray, labels: list[int], ids: list[list[int]], alphabet_of: list[int], beta: float, levels: int
) -> list[float]:
    """Per triplet, |a - p|^2 - |a - n|^2 + margin, before the hinge."""
    features = features.astype(np.float64)
    anchor_labels, negative_labels = [labels[row] for row in ids[0]], [labels[row] for row in ids[2]]
    margins = violate_margin(features, labels, anchor_labels, negative_labels, alphabet_of, beta, levels)
    return [
        squared(features[a], features[p]) - squared(features[a], features[n]) + margin
        for a, p, n, margin in zip(*ids, margins, strict=True)
    ]


def hierarchical_loss(
    features: np.ndarray, labels: list[int], ids: list[list[int]], alphabet_of: list[int], beta: float, levels: int
) -> tuple[float, np.ndarray]:
    """The loss and its gradient: of an active term, 2 (n - p) for a, -2 (a - p) for p, 2 (a - n) for n."""
    features = features.astype(np.float64)
    terms = hierarchical_terms(features, labels, ids, alphabet_of, beta, levels)
    loss = 0.0
    gradient = np.zeros(features.shape)
    for a, p, n, term in zip(*ids, terms, strict=True):
        if term > 0:
            loss += term / len(terms)
            gradient[a] += 2 * (features[n] - features[p]) / len(terms)
            gradient[p] += -2 * (features[a] - features[p]) / len(terms)
            gradient[n] += 2 * (features[a] - features[n]) / len(terms)
    return loss, gradient


def threshold(level: int, s: list[float], levels: int) -> float:
    d_0 = sum(s) / len(s)
    return level * (4 - d_0) / levels + d_0


def merge_levels(d: np.ndarray, s: list[float], levels: int) -> list[list[int]]:
    """Level by level, join nodes until no two are near enough; then see who has newly met whom."""
    nodes = [{p} for p in range(len(d))]
    meet = [[0] * len(d) for _ in d]
    for level in range(1, levels + 1):
        joined = True
        while joined:
            joined = False
            for one in nodes:
                for other in nodes:
                    near = any(d[p][q] < threshold(level, s, levels) for p in one for q in other)
                    if one is not other and not joined and (near or level == levels):
                        nodes = [node for node in nodes if node is not one and node is not other] + [one | other]
                        for p in one:
                            for q in other:
                                meet[p][q] = meet[q][p] = level
                        joined = True
    return meet


def tree_margin(level: list[list[int]], s: list[float], beta: float, levels: int) -> list[list[float]]:
    return [[beta + threshold(h, s, levels) - s[p] for h in row] for p, row in enumerate(level)]


def anchor_neighbours(d: np.ndarray, anchors: list[int], m: int) -> list[int]:
    batch = []
    for anchor in anchors:
        batch.append(anchor)
        for _ in range(m - 1):
            nearest = None
            for q in range(len(d)):
                if q not in batch and q not in anchors and (nearest is None or d[anchor][q] < d[anchor][nearest]):
                    nearest = q
            batch.append(nearest)
    return batch


def all_triplets(labels: list[int]) -> list[tuple[int, int, int]]:
    rows = range(len(labels))
    return [
        (a, p, n)
        for a in rows
        for p in rows
        for n in rows
        if p != a and labels[p] == labels[a] and labels[n] != labels[a]
    ]


def all_triplets_loss(
    features: np.ndarray, labels: list[int], margin: np.ndarray, squared_distances: bool = True
) -> tuple[float, np.ndarray]:
    """The loss and its gradient. Of |a - p|^2: 2 (a - p) for a, the opposite for p; of |a - p|: (a - p) / |a - p|."""
    features = features.astype(np.float64)
    triplets = all_triplets(labels)
    loss = 0.0
    gradient = np.zeros(features.shape)
    for a, p, n in triplets:
        to_positive, to_negative = squared(features[a], features[p]), squared(features[a], features[n])
        pull, push = 2 * (features[a] - features[p]), 2 * (features[a] - features[n])
        if not squared_distances:
            to_positive, to_negative = to_positive**0.5, to_negative**0.5
            pull, push = pull / (2 * to_positive), push / (2 * to_negative)
        term = to_positive - to_negative + margin[labels[a]][labels[n]]
        if term > 0:
            loss += term / (2 * len(triplets))
            gradient[a] += (pull - push) / (2 * len(triplets))
            gradient[p] -= pull / (2 * len(triplets))
            gradient[n] += push / (2 * len(triplets))
    return loss, gradient
