"""Named wrong solutions, the grader's own test: each is a right, slow solution with one edit, the mistake itself.

RIGHT holds, for every object that a student writes, such a plain solution as source text; ZOO lists the edits. Both
become sample submissions (`solutions.samples`), and the tests prove that every exercise accepts the first and that
the case made for a mistake recognises it by name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from catalyst.contrib.data import IInbatchTripletSampler
from torch import nn

RIGHT: dict[str, str] = {
    "HardClusterTripletsSampler": """
class HardClusterTripletsSampler(IInbatchTripletSampler):
    def _check_input_labels(self, labels):
        classes, counts = torch.unique(torch.as_tensor(labels), return_counts=True)
        if len(classes) < 2:
            raise ValueError(f"a batch needs two classes, this one has {len(classes)}")
        if counts.min() < 2:
            raise ValueError(f"class {classes[counts.argmin()]} has one sample only")

    def sample(self, features, labels):
        if features.ndim != 2:
            raise ValueError(f"features must be 2-D, their shape is {tuple(features.shape)}")
        if len(features) != len(labels):
            raise ValueError(f"lengths differ: {len(features)} features, {len(labels)} labels")
        if not features.isfinite().all():
            raise ValueError("features must be finite, without NaN and infinity")
        self._check_input_labels(labels)
        labels = torch.as_tensor(labels, device=features.device)
        points = features.double()
        classes = labels.unique()
        centroids = torch.stack([points[labels == c].mean(dim=0) for c in classes])
        anchors, positives, negatives = [], [], []
        for i, c in enumerate(classes):
            anchor = centroids[i]
            own = points[labels == c]
            to_own = (own - anchor).square().sum(dim=1)
            to_centroids = (centroids - anchor).square().sum(dim=1)
            to_centroids[i] = torch.inf
            anchors.append(anchor)
            positives.append(own[to_own.argmax()])
            negatives.append(centroids[to_centroids.argmin()])
        return tuple(torch.stack(rows).to(features.dtype) for rows in (anchors, positives, negatives))
""",
    "ClusterLoss": """
class ClusterLoss(nn.Module):
    def __init__(self, alpha):
        super().__init__()
        self.alpha = alpha

    def forward(self, features, labels):
        labels = torch.as_tensor(labels, device=features.device)
        classes = labels.unique()
        centroids = torch.stack([features[labels == c].mean(dim=0) for c in classes])
        terms = []
        for i, c in enumerate(classes):
            intra = (features[labels == c] - centroids[i]).square().sum(dim=1).max(dim=0).values
            inter = (centroids[classes != c] - centroids[i]).square().sum(dim=1).min(dim=0).values
            terms.append((intra - inter + self.alpha).clamp(min=0))
        return torch.stack(terms).sum()
""",
    "class_distances": """
def class_distances(features, labels):
    labels = torch.as_tensor(labels, device=features.device)
    classes = labels.unique()
    squared = (features[:, None] - features).square().sum(dim=2)
    blocks = [[squared[labels == p][:, labels == q] for q in classes] for p in classes]
    d = torch.stack([torch.stack([block.mean() for block in row]) for row in blocks])
    s = []
    for i in range(len(classes)):
        within = blocks[i][i]
        n = len(within)
        s.append(within.sum() / (n * n - n))
    return classes, d, torch.stack(s)
""",
    "tree_level": """
def tree_level(class_a, class_b, alphabet_of):
    level = torch.full_like(class_a, 2)
    level[alphabet_of[class_a] == alphabet_of[class_b]] = 1
    level[class_a == class_b] = 0
    return level
""",
    "violate_margin": """
def violate_margin(features, labels, anchor_labels, negative_labels, alphabet_of, beta=0.1, levels=16):
    with torch.no_grad():
        classes, d, s = class_distances(features, labels)
        d_0 = s.mean()
        level = tree_level(anchor_labels, negative_labels, alphabet_of)
        d_l = level * (4 - d_0) / levels + d_0
        row = torch.searchsorted(classes, anchor_labels)
        return beta + d_l - s[row]
""",
    "HierarchicalTripletMarginLossWithSampler": """
class HierarchicalTripletMarginLossWithSampler(nn.Module):
    def __init__(self, sampler_inbatch, alphabet_of, beta=0.1, levels=16):
        super().__init__()
        self.sampler = sampler_inbatch
        self.alphabet_of = alphabet_of
        self.beta = beta
        self.levels = levels

    def forward(self, features, labels):
        labels = torch.as_tensor(labels, device=features.device)
        a, p, n = self.sampler.sample_ids(features, labels)
        margin = violate_margin(features, labels, labels[a], labels[n], self.alphabet_of, self.beta, self.levels)
        to_positive = (features[a] - features[p]).square().sum(dim=1)
        to_negative = (features[a] - features[n]).square().sum(dim=1)
        terms = (to_positive - to_negative + margin).clamp(min=0)
        return terms.mean()
""",
    "merge_levels": """
def merge_levels(d, s, levels=16):
    d_0 = s.mean()
    level = torch.full(d.shape, levels)
    for l in range(levels - 1, 0, -1):
        joined = d < l * (4 - d_0) / levels + d_0
        for via in range(len(d)):
            joined = joined | (joined[:, via, None] & joined[via])
        level[joined] = l
    level.fill_diagonal_(0)
    return level
""",
    "tree_margin": """
def tree_margin(level, s, beta=0.1, levels=16):
    d_0 = s.mean()
    d_l = level * (4 - d_0) / levels + d_0
    return beta + d_l - s[:, None]
""",
    "anchor_neighbours": """
def anchor_neighbours(d, anchors, m):
    batch = []
    taken = set(anchors.tolist())
    for anchor in anchors.tolist():
        free = [q for q in range(len(d)) if q not in taken]
        nearest = sorted(free, key=lambda q: d[anchor, q].item())[: m - 1]
        taken.update(nearest)
        batch += [anchor, *nearest]
    return torch.tensor(batch)
""",
    "all_triplets_loss": """
def all_triplets_loss(features, labels, margin):
    squared = (features[:, None] - features).square().sum(dim=2)
    terms = []
    for a in range(len(labels)):
        positives = [p for p in range(len(labels)) if labels[p] == labels[a] and p != a]
        negatives = [n for n in range(len(labels)) if labels[n] != labels[a]]
        for p in positives:
            for n in negatives:
                terms.append(squared[a, p] - squared[a, n] + margin[labels[a], labels[n]])
    terms = torch.stack(terms).clamp(min=0)
    return terms.sum() / (2 * len(terms))
""",
    "all_triplets": """
def all_triplets(labels):
    labels = labels.tolist()
    triplets = []
    for a in range(len(labels)):
        positives = [p for p in range(len(labels)) if labels[p] == labels[a] and p != a]
        negatives = [n for n in range(len(labels)) if labels[n] != labels[a]]
        for p in positives:
            for n in negatives:
                triplets.append((a, p, n))
    return torch.tensor(triplets, dtype=torch.long).view(-1, 3).unbind(dim=1)
""",
    "hard_triplets": """
def hard_triplets(features, labels):
    positives, negatives = [], []
    for a in range(len(labels)):
        apart = (features - features[a]).square().sum(dim=1).tolist()
        own = [row for row in range(len(labels)) if labels[row] == labels[a] and row != a]
        others = [row for row in range(len(labels)) if labels[row] != labels[a]]
        positives.append(max(own, key=lambda row: apart[row]))
        negatives.append(min(others, key=lambda row: apart[row]))
    return torch.arange(len(labels)), torch.tensor(positives), torch.tensor(negatives)
""",
    "cmc_at": """
def cmc_at(k, distances, query_labels, gallery_labels):
    hits = []
    for q in range(len(query_labels)):
        nearest = distances[q].argsort()[:k]
        hits.append(any(gallery_labels[g] == query_labels[q] for g in nearest))
    return torch.tensor(hits).float().mean()
""",
}


@dataclass(frozen=True)
class Wrong:
    """name: of the mistake; target: whose solution is edited; edits: text of its right source -> what stands there."""

    name: str
    target: str
    edits: Mapping[str, str]

    @property
    def source(self) -> str:
        source = RIGHT[self.target]
        for old, new in self.edits.items():
            if source.count(old) != 1:
                raise ValueError(
                    f"{self.name}: the edited text stands {source.count(old)} times in {self.target}: {old}"
                )
            source = source.replace(old, new)
        return source

    @property
    def object(self) -> Any:
        return build(self.target, self.source)


def build(target: str, source: str | None = None) -> Any:
    """The object named `target`, made from `source` (None: the right one) amid the right solutions of the others."""
    namespace = {"torch": torch, "nn": nn, "IInbatchTripletSampler": IInbatchTripletSampler}
    for text in RIGHT.values():
        exec(text, namespace)
    exec(RIGHT[target] if source is None else source, namespace)
    return namespace[target]


def _sampler(name: str, edits: Mapping[str, str]) -> Wrong:
    return Wrong(name, "HardClusterTripletsSampler", edits)


NEGATIVE = "to_centroids = (centroids - anchor).square().sum(dim=1)"
POSITIVE = "to_own = (own - anchor).square().sum(dim=1)"
EXCLUDED = "            to_centroids[i] = torch.inf\n"
CHAINS = """\
        for via in range(len(d)):
            joined = joined | (joined[:, via, None] & joined[via])
"""

ZOO: tuple[Wrong, ...] = (
    _sampler("own_centroid_not_excluded", {EXCLUDED: ""}),
    _sampler("excludes_by_distance", {"to_centroids[i] = torch.inf": "to_centroids[to_centroids == 0] = torch.inf"}),
    _sampler("nearest_positive", {"to_own.argmax()": "to_own.argmin()"}),
    _sampler("global_mean", {"anchor = centroids[i]": "anchor = points.mean(dim=0)"}),
    _sampler("positive_from_whole_batch", {"own = points[labels == c]": "own = points"}),
    _sampler("detached_centroids", {"mean(dim=0) for c": "mean(dim=0).detach() for c"}),
    _sampler("detached_positive", {"own[to_own.argmax()]": "own[to_own.argmax()].detach()"}),
    _sampler(
        "remembers_the_last_batch",
        {"= [], [], []": "= self.__dict__.setdefault('rows', ([], [], []))"},
    ),
    _sampler(
        "labels_assumed_sorted",
        {
            "classes = labels.unique()": "_, labels = labels.unique_consecutive(return_inverse=True)\n"
            "        classes = labels.unique()"
        },
    ),
    _sampler(
        "equal_class_sizes_assumed",
        {
            "classes = labels.unique()": "classes = labels.unique()\n"
            "        points = points[labels.argsort(stable=True)]\n"
            "        labels = classes.repeat_interleave(len(points) // len(classes))"
        },
    ),
    _sampler(
        "ties_by_appearance",
        {"classes = labels.unique()": "classes = torch.tensor(list(dict.fromkeys(labels.tolist())))"},
    ),
    _sampler("label_used_as_index", {"for i, c in enumerate(classes)": "for i, c in zip(classes, classes)"}),
    _sampler(
        "sample_as_negative",
        {
            NEGATIVE: "others = points[labels != c]\n            to_others = (others - anchor).square().sum(dim=1)",
            EXCLUDED: "",
            "centroids[to_centroids.argmin()]": "others[to_others.argmin()]",
        },
    ),
    _sampler("farthest_negative", {"= torch.inf": "= -torch.inf", "to_centroids.argmin()": "to_centroids.argmax()"}),
    _sampler(
        "matrix_product_distances",
        {
            "points = features.double()": "points = features",
            POSITIVE: "to_own = own.square().sum(dim=1) + anchor.square().sum() - 2 * own @ anchor",
            NEGATIVE: "to_centroids = centroids.square().sum(dim=1) + anchor.square().sum() - 2 * centroids @ anchor",
        },
    ),
    _sampler(
        "cdist_default",
        {
            "points = features.double()": "points = features",
            NEGATIVE: "to_centroids = torch.cdist(centroids, centroids)[i]",
        },
    ),
    _sampler(
        "changes_input_in_place",
        {"points = features.double()": "points = features.sub_(features.detach().mean(dim=0)).double()"},
    ),
    _sampler(
        "no_input_checks",
        {
            "if len(classes) < 2": "if False",
            "if counts.min() < 2": "if False",
            "if features.ndim != 2": "if False",
            "if len(features) != len(labels)": "if False",
            "if not features.isfinite().all()": "if False",
        },
    ),
    _sampler(
        "normalised_centroids",
        {
            "anchors, positives, negatives = [], [], []": "centroids = nn.functional.normalize(centroids)\n"
            "        anchors, positives, negatives = [], [], []"
        },
    ),
    _sampler("sum_not_mean", {"mean(dim=0) for c": "sum(dim=0) for c"}),
    _sampler("casts_to_float32", {".to(features.dtype)": ".float()"}),
    _sampler(
        "outputs_in_another_order",
        {"rows in (anchors, positives, negatives)": "rows in (anchors, negatives, positives)"},
    ),
    Wrong(
        "unsquared_cluster_loss",
        "ClusterLoss",
        {
            "square().sum(dim=1).max": "norm(dim=1).max",
            "square().sum(dim=1).min": "norm(dim=1).min",
        },
    ),
    Wrong("mean_over_classes", "ClusterLoss", {"torch.stack(terms).sum()": "torch.stack(terms).mean()"}),
    Wrong("terms_pile_up", "ClusterLoss", {"terms = []": "terms = self.__dict__.setdefault('terms', [])"}),
    Wrong("no_hinge", "ClusterLoss", {".clamp(min=0)": ""}),
    Wrong("one_hinge_for_the_batch", "ClusterLoss", {".clamp(min=0)": "", "terms).sum()": "terms).sum().clamp(min=0)"}),
    Wrong("s_divided_by_n_squared", "class_distances", {"(n * n - n)": "(n * n)"}),
    Wrong(
        "centroid_distances",
        "class_distances",
        {
            "    d = torch.stack([torch.stack([block.mean() for block in row]) for row in blocks])": "    centroids = "
            "torch.stack([features[labels == p].mean(dim=0) for p in classes])\n"
            "    d = (centroids[:, None] - centroids).square().sum(dim=2)"
        },
    ),
    Wrong("unsquared_class_distances", "class_distances", {".square().sum(dim=2)": ".norm(dim=2)"}),
    Wrong("pairs_counted_once", "class_distances", {"within.sum()": "within.triu().sum()"}),
    Wrong(
        "order_of_appearance",
        "class_distances",
        {"classes = labels.unique()": "classes = torch.tensor(list(dict.fromkeys(labels.tolist())))"},
    ),
    Wrong("level_counted_from_root", "tree_level", {"return level": "return 2 - level"}),
    Wrong("same_character_is_level_one", "tree_level", {"    level[class_a == class_b] = 0\n": ""}),
    Wrong("alphabets_ignored", "tree_level", {"    level[alphabet_of[class_a] == alphabet_of[class_b]] = 1\n": ""}),
    Wrong(
        "constant_level",
        "violate_margin",
        {"tree_level(anchor_labels, negative_labels, alphabet_of)": "torch.full_like(anchor_labels, 2)"},
    ),
    Wrong("anchor_negative_swapped", "violate_margin", {"(classes, anchor_labels)": "(classes, negative_labels)"}),
    Wrong("keeps_gradient", "violate_margin", {"torch.no_grad()": "torch.enable_grad()"}),
    Wrong("d0_over_all_distances", "violate_margin", {"d_0 = s.mean()": "d_0 = d.mean()"}),
    Wrong("clamped_at_zero", "violate_margin", {"beta + d_l - s[row]": "(beta + d_l - s[row]).clamp(min=0)"}),
    Wrong("levels_ignored", "violate_margin", {"(4 - d_0) / levels": "(4 - d_0) / 16"}),
    Wrong("levels_of_the_tree", "violate_margin", {"(4 - d_0) / levels": "(4 - d_0) / 2"}),
    Wrong("label_as_row", "violate_margin", {"s[row]": "s[anchor_labels]"}),
    Wrong(
        "gradient_through_margin",
        "HierarchicalTripletMarginLossWithSampler",
        {
            "margin = violate_margin(features, labels, labels[a], labels[n], self.alphabet_of, self.beta, self.levels)": (
                "classes, _, s = class_distances(features, labels)\n"
                "        level = tree_level(labels[a], labels[n], self.alphabet_of)\n"
                "        d_l = level * (4 - s.mean()) / self.levels + s.mean()\n"
                "        margin = self.beta + d_l - s[torch.searchsorted(classes, labels[a])]"
            )
        },
    ),
    Wrong(
        "mean_over_active",
        "HierarchicalTripletMarginLossWithSampler",
        {"terms.mean()": "terms.sum() / (terms > 0).sum().clamp(min=1)"},
    ),
    Wrong(
        "unsquared_distances",
        "HierarchicalTripletMarginLossWithSampler",
        {
            "features[p]).square().sum(dim=1)": "features[p]).norm(dim=1)",
            "features[n]).square().sum(dim=1)": "features[n]).norm(dim=1)",
        },
    ),
    Wrong("margin_clamped", "HierarchicalTripletMarginLossWithSampler", {"+ margin)": "+ margin.clamp(min=0))"}),
    Wrong(
        "keeps_the_first_triplets",
        "HierarchicalTripletMarginLossWithSampler",
        {
            "a, p, n = self.sampler.sample_ids(features, labels)": "if 'ids' not in self.__dict__:\n"
            "            self.ids = self.sampler.sample_ids(features, labels)\n"
            "        a, p, n = self.ids"
        },
    ),
    Wrong("mean_margin", "HierarchicalTripletMarginLossWithSampler", {"+ margin)": "+ margin.mean())"}),
    Wrong(
        "anchor_and_negative_labels_swapped",
        "HierarchicalTripletMarginLossWithSampler",
        {"labels[a], labels[n]": "labels[n], labels[a]"},
    ),
    Wrong("sum_not_mean_loss", "HierarchicalTripletMarginLossWithSampler", {"terms.mean()": "terms.sum()"}),
    Wrong("direct_distances", "merge_levels", {CHAINS: ""}),
    Wrong(
        "complete_linkage",
        "merge_levels",
        {
            "d_0 = s.mean()": "d_0 = s.mean()\n"
            "    from scipy.cluster.hierarchy import cophenet, linkage\n"
            "    from scipy.spatial.distance import squareform\n"
            "    d = torch.tensor(squareform(cophenet(linkage(squareform(d, checks=False), 'complete'))))"
        },
    ),
    Wrong("own_class_has_a_level", "merge_levels", {"    level.fill_diagonal_(0)\n": ""}),
    Wrong("one_detour", "merge_levels", {CHAINS: "        joined = joined | (joined.float() @ joined.float() > 0)\n"}),
    Wrong("threshold_included", "merge_levels", {"d < l": "d <= l"}),
    Wrong("always_sixteen_levels", "merge_levels", {"(4 - d_0) / levels": "(4 - d_0) / 16"}),
    Wrong("thresholds_from_zero", "merge_levels", {"d_0 = s.mean()": "d_0 = 0"}),
    Wrong("beyond_the_root", "merge_levels", {"levels - 1, 0": "levels, 0", "d.shape, levels": "d.shape, levels + 1"}),
    Wrong("level_zero_for_two_classes", "merge_levels", {"levels - 1, 0": "levels - 1, -1"}),
    Wrong("spread_of_the_negative", "tree_margin", {"s[:, None]": "s"}),
    Wrong("margins_of_sixteen_levels", "tree_margin", {"(4 - d_0) / levels": "(4 - d_0) / 16"}),
    Wrong("start_at_own_spread", "tree_margin", {"s.mean()": "s[:, None]"}),
    Wrong("tree_margin_clamped", "tree_margin", {"beta + d_l - s[:, None]": "(beta + d_l - s[:, None]).clamp(min=0)"}),
    Wrong("fixed_beta", "tree_margin", {"return beta": "return 0.1"}),
    Wrong("farthest_classes", "anchor_neighbours", {"d[anchor, q].item()": "-d[anchor, q].item()"}),
    Wrong("anchors_sorted", "anchor_neighbours", {"for anchor in anchors.tolist()": "for anchor in sorted(taken)"}),
    Wrong("one_class_too_many", "anchor_neighbours", {"[: m - 1]": "[:m]"}),
    Wrong("classes_twice", "anchor_neighbours", {"        taken.update(nearest)\n": ""}),
    Wrong(
        "anchors_as_neighbours",
        "anchor_neighbours",
        {"set(anchors.tolist())": "set()", "free = [": "taken.add(anchor)\n        free = ["},
    ),
    Wrong("ties_to_the_last", "anchor_neighbours", {"d[anchor, q].item()": "(d[anchor, q].item(), -q)"}),
    Wrong(
        "anchor_taken_for_nearest",
        "anchor_neighbours",
        {"not in taken]": "not in taken or q == anchor]", "[: m - 1]": "[:m]", "[anchor, *nearest]": "nearest"},
    ),
    Wrong("half_forgotten", "all_triplets_loss", {"(2 * len(terms))": "len(terms)"}),
    Wrong("mean_over_violated", "all_triplets_loss", {"len(terms))": "(terms > 0).sum().clamp(min=1))"}),
    Wrong("triplets_summed", "all_triplets_loss", {"(2 * len(terms))": "2"}),
    Wrong("margin_transposed", "all_triplets_loss", {"margin[labels[a], labels[n]]": "margin[labels[n], labels[a]]"}),
    Wrong("unsquared_triplets", "all_triplets_loss", {"square().sum(dim=2)": "norm(dim=2)"}),
    Wrong("anchor_as_positive", "all_triplets_loss", {" and p != a": ""}),
    Wrong("triplet_margin_clamped", "all_triplets_loss", {"labels[n]])": "labels[n]].clamp(min=0))"}),
    Wrong(
        "positive_without_gradient",
        "all_triplets_loss",
        {"squared[a, p]": "(features[a] - features[p].detach()).square().sum()"},
    ),
    Wrong("each_pair_once", "all_triplets", {" and p != a": " and p > a"}),
    Wrong("own_positive", "all_triplets", {" and p != a": ""}),
    Wrong("one_negative_a_pair", "all_triplets", {"for n in negatives": "for n in negatives[:1]"}),
    Wrong(
        "negatives_from_own_class",
        "all_triplets",
        {"labels[n] != labels[a]": "n != a", "p, n))": "p, n)) if p != n else None"},
    ),
    Wrong(
        "lonely_left_out",
        "all_triplets",
        {"labels[n] != labels[a]": "labels[n] != labels[a] and labels.count(labels[n]) > 1"},
    ),
    Wrong("easy_positive", "hard_triplets", {"max(own": "min(own"}),
    Wrong("easy_negative", "hard_triplets", {"min(others": "max(others"}),
    Wrong("positive_of_any_class", "hard_triplets", {"labels[row] == labels[a] and row != a": "row != a"}),
    Wrong("negative_of_any_class", "hard_triplets", {"min(others": "min(range(len(labels))"}),
    Wrong(
        "rows_of_the_sorted_batch",
        "hard_triplets",
        {
            "    positives, negatives = [], []": "    order = labels.argsort(stable=True)\n"
            "    features, labels = features[order], labels[order]\n"
            "    positives, negatives = [], []"
        },
    ),
    Wrong("itself_as_positive", "hard_triplets", {" and row != a": ""}),
    Wrong("last_of_equals", "hard_triplets", {"min(others": "min(others[::-1]"}),
    Wrong("farthest_first", "cmc_at", {"argsort()": "argsort(descending=True)"}),
    Wrong("hits_counted", "cmc_at", {".mean()": ".sum()"}),
    Wrong("row_taken_for_label", "cmc_at", {"gallery_labels[g] ==": "g =="}),
    Wrong(
        "share_of_the_nearest",
        "cmc_at",
        {
            "any(gallery_labels[g] == query_labels[q] for g in nearest)": "gallery_labels[nearest] == query_labels[q]",
            "torch.tensor(hits)": "torch.stack(hits)",
        },
    ),
    Wrong("always_the_nearest", "cmc_at", {"[:k]": "[:1]"}),
    Wrong("kth_place_only", "cmc_at", {"[:k]": "[k - 1 : k]"}),
    Wrong(
        "only_answerable_queries",
        "cmc_at",
        {
            "    for q in range(len(query_labels)):\n": "    for q in range(len(query_labels)):\n"
            "        if query_labels[q] not in gallery_labels:\n"
            "            continue\n"
        },
    ),
)
