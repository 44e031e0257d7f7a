"""Slips in the sampler of hard clusters and in its loss, for `solutions.mutations`."""

from solutions.homework3.hard_cluster import PLAIN
from solutions.mutations import at, constant, detached, edited, slip, squared, terms

# Another right sampler, of tables: some slips can only be made in these.
CHECKS = PLAIN["HardClusterTripletsSampler"].partition("        points = features.double()")[0]
TABLES = (
    CHECKS
    + """\
        classes, row, counts = labels.unique(return_inverse=True, return_counts=True)
        centroids = features.new_zeros(len(classes), features.shape[1]).index_add(0, row, features) / counts[:, None]
        to_samples = (features - centroids[:, None]).square().sum(dim=2)
        other = row != torch.arange(len(classes))[:, None]
        positive = to_samples.masked_fill(other, -torch.inf).argmax(dim=1)
        between = (centroids[:, None] - centroids).square().sum(dim=2)
        itself = torch.eye(len(classes), dtype=torch.bool)
        negative = between.masked_fill(itself, torch.inf).argmin(dim=1)
        return centroids, features[positive], centroids[negative]
"""
)

CENTROID = "points[labels == c].mean(dim=0) for c"
OWN = "positives.append(own[to_own.argmax()])"
TO_OWN = "to_own = (own - anchor).square().sum(dim=1)"
CHOSEN = "negatives.append(centroids[to_centroids.argmin()])"
EXCLUDED = "            to_centroids[i] = torch.inf\n"
TO_CENTROIDS = "to_centroids = (centroids - anchor).square().sum(dim=1)"
OTHERS = "others = points[labels != c]\n            to_others = (others - anchor).square().sum(dim=1)"
SUMS = "index_add(0, row, features)"
CENTROIDS = f"{SUMS} / counts[:, None]"


def _before(line: str) -> dict[str, str]:
    """The plain sampler with a line before its loop."""
    return {"        anchors, positives, negatives": f"        {line}\n        anchors, positives, negatives"}


SAMPLER = [
    *at(
        "f^m",
        CENTROID,
        {
            "points[labels == c].sum(dim=0) for c": "f^m is a sum; divide by K_i.",
            "points[labels == c].median(dim=0).values for c": "f^m is the median of the class, coordinate by "
            "coordinate; it is the mean.",
            "points[labels == c].sum(dim=0) / ((labels == c).sum() - 1) for c": "f^m is divided by K_i − 1; divide "
            "by K_i.",
            "points[labels == c].sum(dim=0) / len(classes) for c": "f^m is divided by the number of classes; divide "
            "by K_i, the number of pictures of class i.",
            "points[labels == c].sum(dim=0) / len(labels) for c": "f^m is divided by the size of the batch; divide "
            "by K_i, the number of pictures of class i.",
            "points[labels == c].sum(dim=0) / (labels == classes[0]).sum() for c": "Each f^m is divided by the size "
            "of the first class; divide by K_i, the class's own.",
            "points[labels != c].mean(dim=0) for c": "f^m is the mean of all other classes; it is that of class i.",
            "(points[labels == c].amax(dim=0) + points[labels == c].amin(dim=0)) / 2 for c": "f^m is the middle between the "
            "smallest and the largest coordinates; it is the mean.",
            "points[labels == c][1:].mean(dim=0) for c": "The first picture of each class is left out of f^m.",
            "points[labels == c][:-1].mean(dim=0) for c": "The last picture of each class is left out of f^m.",
            "points[labels == c][0] for c": "The anchor is the first picture of its class; it is the class's "
            "centroid f^m.",
        },
    ),
    slip(
        "f^m",
        _before("centroids = nn.functional.normalize(centroids)"),
        "f^m is scaled to length 1; it is the plain mean.",
    ),
    slip(
        "f^m",
        _before(
            "centroids = torch.stack([p[(p - p.mean(0)).square().sum(1).argmin()] for p in (points[labels == c] for "
            "c in classes)])"
        ),
        "The anchor is the picture nearest to the centroid; it is the centroid f^m itself.",
    ),
    *at(
        "the positive",
        OWN,
        {
            "positives.append(own[to_own.argmin()])": "The positive is the nearest of its class; take the farthest.",
            "positives.append(points[to_own.argmax()])": "The positive's row is counted within its class, and then "
            "looked up in the whole batch.",
            "positives.append(own.mean(dim=0))": "The positive is the mean of its class; it is the picture farthest "
            "from there.",
            "positives.append(own[to_own.topk(2).indices[-1]])": "The positive is the second farthest of its class; take "
            "the farthest.",
            "positives.append(own[to_own.argsort()[len(own) // 2]])": "The positive is the median picture of its class; "
            "take the farthest.",
            "positives.append((to_own.softmax(dim=0)[:, None] * own).sum(dim=0))": "The positive is a softmax-weighted mean "
            "of its class; take the farthest picture itself.",
            "positives.append(own[0])": "The positive is the first picture of its class; take the farthest from the "
            "anchor.",
            "positives.append(own[-1])": "The positive is the last picture of its class; take the farthest from the "
            "anchor.",
        },
    ),
    *at(
        "the positive",
        "own = points[labels == c]",
        {
            "own = points": "The positive is the farthest of the whole batch; look within the anchor's class.",
            "own = points[labels != c]": "The positive is the farthest picture of the other classes; look within the "
            "anchor's class.",
            "own = points[labels == c].flip(0)": "Of equally far pictures the last is the positive; take the lowest "
            "row.",
        },
    ),
    *at(
        "the positive",
        "to_own.argmax()",
        {
            "(own @ anchor).argmin()": "The positive is that of the smallest scalar product; take the farthest from the "
            "anchor.",
            "(nn.functional.normalize(own) @ nn.functional.normalize(anchor, dim=0)).argmin()": "The positive is that of "
            "the smallest cosine; take the farthest from the anchor.",
            "torch.cdist(own, own).amax(dim=1).argmax()": "The positive is the picture farthest from another one of its "
            "class; take the farthest from the anchor.",
            "own.square().sum(dim=1).argmax()": "The positive is the picture of its class farthest from 0; take the "
            "farthest from the anchor.",
            "(own - points.mean(dim=0)).square().sum(dim=1).argmax()": "The positive is the picture of its class "
            "farthest from the mean of the batch; take the farthest from the anchor.",
        },
    ),
    *at(
        "the positive",
        TO_OWN,
        {
            "to_own = (own - anchor).sum(dim=1)": "The distances within the class are sums of signed differences; "
            "square them before you sum.",
            "to_own = (own - anchor).abs().sum(dim=1)": "The distances within the class are sums of absolute "
            "differences; square them before you sum.",
        },
    ),
    slip(
        "the negative",
        {EXCLUDED: ""},
        "The negative is the anchor's own centroid; leave out the diagonal.",
    ),
    slip(
        "the negative",
        {
            "to_centroids[i] = torch.inf": "to_centroids[i] = -torch.inf",
            "to_centroids.argmin()": "to_centroids.argmax()",
        },
        "The negative is the farthest centroid; take the nearest.",
    ),
    slip(
        "the negative",
        {TO_CENTROIDS: OTHERS, EXCLUDED: "", CHOSEN: "negatives.append(others[to_others.argmin()])"},
        "The negative is the nearest picture of the other classes; take the nearest centroid.",
    ),
    slip(
        "the negative",
        {TO_CENTROIDS: OTHERS, EXCLUDED: "", CHOSEN: "negatives.append(others[to_others.argmax()])"},
        "The negative is the farthest picture of the other classes; take the nearest centroid.",
    ),
    slip(
        "the negative",
        {CHOSEN: "negatives.append(points[labels != c].mean(dim=0))"},
        "The negative is the mean of all pictures of other classes; take the nearest centroid.",
    ),
    slip(
        "the negative",
        {CHOSEN: "negatives.append(centroids[classes != c].mean(dim=0))"},
        "The negative is the mean of all other centroids; take the nearest.",
    ),
    slip(
        "the negative",
        {CHOSEN: "negatives.append(points[labels == classes[to_centroids.argmin()]][0])"},
        "The negative is the first picture of the nearest class; take its centroid.",
    ),
    slip(
        "the negative",
        {
            CHOSEN: "rival = points[labels == classes[to_centroids.argmin()]]\n"
            "            negatives.append(rival[(rival - anchor).square().sum(dim=1).argmin()])"
        },
        "The negative is the picture of the nearest class that is nearest to the anchor; take the centroid of that class.",
    ),
    slip(
        "the negative",
        {
            TO_CENTROIDS: "to_centroids = torch.stack([(points[labels == q] - anchor).square().sum(dim=1).min() for q in "
            "classes])"
        },
        "The negative's class is that of the picture nearest to the anchor; take the nearest centroid.",
    ),
    slip(
        "the negative",
        {TO_CENTROIDS: "to_centroids = torch.stack([torch.cdist(points[labels == q], own).min() for q in classes])"},
        "The negative's class is that of the nearest pictures of two classes; take the nearest centroid.",
    ),
    slip(
        "the distances",
        {
            TO_OWN: "to_own = (own - anchor).abs().sum(dim=1)",
            TO_CENTROIDS: "to_centroids = (centroids - anchor).abs().sum(dim=1)",
        },
        "The distances are sums of absolute differences; square them before you sum.",
    ),
    slip(
        "the distances",
        {
            TO_OWN: "to_own = (own - anchor).abs().amax(dim=1)",
            TO_CENTROIDS: "to_centroids = (centroids - anchor).abs().amax(dim=1)",
        },
        "The distances are the largest difference of a coordinate; sum the squares of all coordinates.",
    ),
    slip(
        "the distances",
        {
            TO_OWN: "to_own = 1 - nn.functional.cosine_similarity(own, anchor[None])",
            TO_CENTROIDS: "to_centroids = 1 - nn.functional.cosine_similarity(centroids, anchor[None])",
        },
        "The distances are 1 − cosine; take the squared difference.",
    ),
    slip(
        "the distances",
        {TO_OWN: "to_own = -own @ anchor", TO_CENTROIDS: "to_centroids = -centroids @ anchor"},
        "The distances are scalar products; take the squared difference.",
    ),
    *at(
        "the negative",
        "to_centroids.argmin()",
        {
            "int(i == 0)": "The negative is the first other class, however far it is. (eye * inf makes such a table: "
            "0 · ∞ is NaN; fill_diagonal_ or masked_fill put infinity on the diagonal alone.)",
            "to_centroids.argsort(stable=True)[min(1, len(classes) - 2)]": "The negative is the second nearest other "
            "centroid; take the nearest.",
            "int(to_centroids.masked_fill(to_centroids == torch.inf, -torch.inf).argmax())": "The negative is the farthest "
            "centroid; take the nearest.",
            "(centroids @ anchor).index_fill(0, torch.tensor([i]), -torch.inf).argmax()": "The negative is that of the "
            "largest scalar product; take the nearest to the anchor.",
            "(nn.functional.normalize(centroids) @ nn.functional.normalize(anchor, dim=0)).index_fill(0, "
            "torch.tensor([i]), -torch.inf).argmax()": "The negative is that of the largest cosine; take the nearest to "
            "the anchor.",
            "(i + 1) % len(classes)": "The negative is the next class in order; take the nearest.",
        },
    ),
    *at(
        "the negative",
        TO_CENTROIDS,
        {
            "to_centroids = (centroids - own[to_own.argmax()]).square().sum(dim=1)": "The negative is the centroid "
            "nearest to the positive; take the nearest to the anchor.",
            "to_centroids = centroids.square().sum(dim=1)": "The negative is the other centroid nearest to 0; take "
            "the nearest to the anchor.",
            "to_centroids = (centroids - anchor).sum(dim=1)": "The distances between centroids are sums of signed "
            "differences; square them before you sum.",
            "to_centroids = (centroids - anchor).abs().sum(dim=1)": "The distances between centroids are sums of "
            "absolute differences; square them before you sum.",
        },
    ),
    *at(
        "the positive",
        CHOSEN,
        {
            "positives[-1] = own[(own - centroids[to_centroids.argmin()]).square().sum(dim=1).argmin()]\n            "
            + CHOSEN: "The positive is the picture of its class nearest to the negative; take the "
            "farthest from the anchor.",
            "positives[-1] = own[(own - centroids[to_centroids.argmin()]).square().sum(dim=1).argmax()]\n            "
            + CHOSEN: "The positive is the picture of its class farthest from the negative; take "
            "the farthest from the anchor.",
        },
    ),
    slip(
        "the negative",
        {"to_centroids[i] = torch.inf": "to_centroids[to_centroids == 0] = torch.inf"},
        "All centroids at distance 0 are left out; leave out the class's own only.",
    ),
    slip(
        "the negative",
        {"centroids[to_centroids.argmin()]": "centroids.flip(0)[to_centroids.flip(0).argmin()]"},
        "Of equally near centroids the last is the negative; take that of the lowest label.",
    ),
    slip(
        "the negative",
        _before("nearest = int(torch.cdist(centroids, centroids).fill_diagonal_(torch.inf).argmin() % len(classes))")
        | {"to_centroids.argmin()": "nearest"},
        "All classes have the same negative; take the centroid nearest to each anchor.",
    ),
    slip(
        "the labels",
        {"for i, c in enumerate(classes)": "for i, c in zip(classes, classes)"},
        "A label is used as a row number; labels are names, and may be negative or have gaps.",
    ),
    slip(
        "the labels",
        {
            "own = points[labels == c]": "own = points[labels == i]",
            "[labels == c].mean(dim=0) for c in classes": "[labels == i].mean(dim=0) for i in range(len(classes))",
        },
        "The position of a class is compared with the labels; compare the class itself.",
    ),
    *at(
        "the labels",
        "classes = labels.unique()",
        {
            "classes = torch.arange(len(labels.unique()))": "The classes are taken to be 0, 1, 2, …; labels are "
            "names, and may be negative or have gaps.",
            "labels = labels.unique_consecutive(return_inverse=True)[1]\n"
            "        classes = labels.unique()": "A run of equal labels is taken for a class; pictures of a class "
            "may stand "
            "anywhere.",
            "classes = labels.unique()\n"
            "        labels = classes.repeat_interleave(-(-len(points) // len(classes)))[: len(points)]": "The "
            "batch is cut into parts of equal size; a class is where its label stands.",
            "labels = labels.sort().values\n        classes = labels.unique()": "The pictures are taken to stand in the "
            "order of the classes; pictures of a class may stand anywhere.",
            "classes = torch.tensor(list(dict.fromkeys(labels.tolist())))": "Of equally near classes the first to "
            "appear is the negative; take that of the lowest label.",
        },
    ),
    slip(
        "the labels",
        {
            "classes = labels.unique()": "classes = labels.unique()\n"
            "        size = len(labels) // len(classes)\n"
            "        points = points[labels.argsort(stable=True)][: size * len(classes)]\n"
            "        labels = classes.repeat_interleave(size)"
        },
        "The batch is cut into parts of equal size; a class is where its label stands.",
    ),
    slip(
        "the labels",
        {"        labels = torch.as_tensor(labels, device=features.device)\n": ""},
        "Labels may be a list: make a tensor of them first, torch.as_tensor(labels, device=features.device).",
    ),
    *at(
        "the features",
        "points = features.double()",
        {
            "points = nn.functional.normalize(features.double())": "The features are scaled to length 1 first; take "
            "them as they come.",
            "points = features.double() - features.double().mean(dim=0)": "All that is returned is shifted by the "
            "mean of the batch; add it again.",
        },
    ),
    slip(
        "the gradient",
        {"mean(dim=0) for c": "mean(dim=0).detach() for c"},
        "No gradient flows through the centroids, neither as anchors nor as negatives.",
    ),
    *detached(
        {
            "anchors.append(anchor": "the anchor",
            "positives.append(own[to_own.argmax()]": "the positive",
            "negatives.append(centroids[to_centroids.argmin()]": "the negative",
        }
    ),
    slip(
        "the gradient",
        {
            "anchors.append(anchor)": "anchors.append(anchor.detach())",
            OWN: "positives.append(own[to_own.argmax()].detach())",
        },
        "Gradient flows through the negative alone; it must flow through anchor and positive, too.",
    ),
    slip(
        "the gradient",
        {
            OWN: "positives.append(own[to_own.argmax()].detach())",
            CHOSEN: "negatives.append(centroids[to_centroids.argmin()].detach())",
        },
        "Gradient flows through the anchor alone; it must flow through positive and negative, too.",
    ),
    slip(
        "the gradient",
        {"points = features.double()": "points = features.detach().double()"},
        "No gradient flows at all: choose rows without it, and take what they point to from the features themselves.",
    ),
    slip(
        "the distances",
        {
            "points = features.double()": "points = features",
            TO_CENTROIDS: "to_centroids = torch.cdist(centroids, centroids)[i]",
        },
        "The distances between centroids lose their digits with many classes, as torch.cdist's default does; see its "
        "compute_mode.",
    ),
    slip(
        "the distances",
        {
            "points = features.double()": "points = features",
            TO_OWN: "to_own = own.square().sum(dim=1) + anchor.square().sum() - 2 * own @ anchor",
            TO_CENTROIDS: "to_centroids = centroids.square().sum(dim=1) + anchor.square().sum() - 2 * centroids @ "
            "anchor",
        },
        "The distances lose their digits far from 0, as |a|² + |b|² − 2ab does; subtract first, then square.",
    ),
    slip(
        "the distances",
        {
            "points = features.double()": "points = features",
            TO_CENTROIDS: "to_centroids = centroids.square().sum(dim=1) + anchor.square().sum() - 2 * centroids @ "
            "anchor",
        },
        "The distances between centroids lose their digits far from 0, as |a|² + |b|² − 2ab does; subtract first, "
        "then square.",
    ),
    slip(
        "the distances",
        {
            "points = features.double()": "points = features",
            TO_OWN: "to_own = own.square().sum(dim=1) + anchor.square().sum() - 2 * own @ anchor",
        },
        "The distances within the class lose their digits far from 0, as |a|² + |b|² − 2ab does; subtract first, "
        "then square.",
    ),
    *edited(
        TABLES,
        (
            slip(
                "the positive",
                {"masked_fill(other, -torch.inf)": "mul(~other)"},
                "Where a class is one point, the first row of the batch is its positive: a mask that is multiplied "
                "leaves 0 everywhere. Fill with −∞.",
            ),
            *at(
                "f^m",
                CENTROIDS,
                {
                    f"{SUMS}.cumsum(0) / counts[:, None]": "Each f^m also holds the pictures of the classes before it; "
                    "begin each class at 0.",
                    f"{SUMS}.cumsum(0) / counts.cumsum(0)[:, None]": "Each f^m is the mean of its class and of all "
                    "classes before it; it is the mean of its class.",
                },
            ),
            slip(
                "the rows",
                {
                    "return centroids, features[positive], centroids[negative]": "return features, "
                    "features[positive[row]], centroids[negative[row]]"
                },
                "Each picture is an anchor; each class has one triplet, and its anchor is the centroid.",
            ),
            slip(
                "the rows",
                {
                    "return centroids, features[positive], centroids[negative]": "return centroids[row], "
                    "features[positive[row]], centroids[negative[row]]"
                },
                "There is a triplet for each picture; each class has one.",
            ),
        ),
    ),
    slip(
        "what stays of the last batch",
        {"= [], [], []": "= self.__dict__.setdefault('rows', ([], [], []))"},
        "The triplets of the batch before are still there; begin each batch with none.",
    ),
    slip(
        "what stays of the last batch",
        {"classes = labels.unique()": "classes = self.__dict__.setdefault('classes', labels.unique())"},
        "The classes of the first batch are kept; look for them in each batch.",
    ),
]

INTRA = "(features[labels == c] - centroids[i]).square().sum(dim=1)"
INTER = "(centroids[classes != c] - centroids[i]).square().sum(dim=1)"
MOST = f"{INTRA}.max(dim=0).values"
LEAST = f"{INTER}.min(dim=0).values"
HINGE = "(intra - inter + self.alpha).clamp(min=0)"
TOTAL = "torch.stack(terms).sum()"
MEAN = "features[labels == c].mean(dim=0) for c"

CLUSTER_LOSS = [
    *squared({INTRA: "d^intra", INTER: "d^inter"}, "d^intra and d^inter"),
    *at(
        "the sum",
        TOTAL,
        {
            "torch.stack(terms).mean()": "You average over the classes; sum them.",
            "torch.stack(terms).sum() / len(labels)": "You divide by the number of pictures; sum over the classes.",
            "torch.stack(terms).sum() / (torch.stack(terms) > 0).sum().clamp(min=1)": "You average over the classes "
            "that violate the margin; sum over the classes.",
            "torch.stack(terms).sum() / (len(classes) - 1)": "You divide by the number of other classes; sum over the "
            "classes.",
            "torch.stack(terms[:-1]).sum()": "The last class is left out of the sum.",
            "torch.stack(terms[1:]).sum()": "The first class is left out of the sum.",
            "torch.stack(terms).max()": "You take the largest term; sum over the classes.",
            "torch.stack(terms).sum() / 2": "The sum is halved; nothing divides it here.",
        },
    ),
    *at(
        "the hinge",
        HINGE,
        {
            "(intra - inter + self.alpha)": "max(·, 0) is missing.",
            "(intra - inter).clamp(min=0) + self.alpha": "α is added after max(·, 0); it belongs inside.",
            "(intra - inter + self.alpha).abs()": "A negative term counts with its absolute value; it counts 0.",
            "intra + (self.alpha - inter).clamp(min=0)": "max(·, 0) acts on α − d^inter alone; it acts on the whole term.",
            "(intra - inter).clamp(min=self.alpha)": "max(·, α) is taken; add α, and take max(·, 0).",
            "(intra / inter + self.alpha).clamp(min=0)": "d^intra is divided by d^inter; subtract d^inter.",
            "(self.alpha * intra - inter).clamp(min=0)": "α multiplies; add it.",
            "(intra - inter + self.alpha).clamp(min=0, max=1)": "The terms are cut off at 1; they have no upper end.",
            "(intra - inter + self.alpha).clamp(min=0).square()": "The terms are squared after max(·, 0); sum them "
            "as they are.",
            "(intra - inter + self.alpha).clamp(max=0)": "You take min(·, 0); take max(·, 0).",
            "nn.functional.softplus(intra - inter + self.alpha)": "The hinge is rounded off, log(1 + exp(·)); take "
            "max(·, 0).",
        },
    ),
    slip(
        "the hinge",
        {HINGE: "(intra - inter + self.alpha)", TOTAL: "torch.stack(terms).sum().clamp(min=0)"},
        "max(·, 0) acts on the sum over the classes; each class has its own.",
    ),
    slip(
        "the hinge",
        {LEAST: INTER, HINGE: "(intra - inter + self.alpha).clamp(min=0).sum()"},
        "Each class has a hinge for every other class; only the nearest one counts.",
    ),
    slip(
        "the hinge",
        {LEAST: INTER, HINGE: "(intra - inter + self.alpha).clamp(min=0).mean()"},
        "Each class has a hinge for every other class, and you average them; only the nearest one counts.",
    ),
    slip(
        "the hinge",
        {MOST: INTRA, HINGE: "(intra - inter + self.alpha).clamp(min=0).sum()"},
        "Each picture has a hinge of its own; only the farthest of each class counts.",
    ),
    *at(
        "d^inter",
        "centroids[classes != c] - centroids[i]",
        {
            "centroids - centroids[i]": "d^inter counts as 0. Is the class's own centroid left out, and is d^inter "
            "subtracted?",
            "features[labels != c].mean(dim=0, keepdim=True) - centroids[i]": "d^inter is measured to the mean of all other "
            "pictures; take the nearest centroid.",
            "centroids[classes != c].mean(dim=0, keepdim=True) - centroids[i]": "d^inter is measured to the mean of all "
            "other centroids; take the nearest.",
            "features.mean(dim=0, keepdim=True) - centroids[i]": "d^inter is measured to the mean of the batch; take the "
            "nearest centroid.",
            "centroids[(i + 1) % len(classes)][None] - centroids[i]": "d^inter is measured to the next class in order; take "
            "the nearest.",
            "features[labels != c] - centroids[i]": "d^inter is that of the nearest picture of another class; take "
            "the nearest centroid.",
        },
    ),
    slip(
        "d^intra and d^inter",
        {HINGE: "(inter - intra + self.alpha).clamp(min=0)"},
        "d^intra and d^inter stand in each other's place: d^intra is added, d^inter subtracted.",
    ),
    slip(
        "d^intra and d^inter",
        {HINGE: "intra - inter", TOTAL: "(torch.stack(terms).sum() + self.alpha).clamp(min=0)"},
        "d^intra and d^inter are summed over the classes before max(·, 0); each class has its own hinge.",
    ),
    slip(
        "d^intra and d^inter",
        {HINGE: "intra - inter", TOTAL: "(torch.stack(terms).mean() + self.alpha).clamp(min=0)"},
        "d^intra and d^inter are averaged over the classes before max(·, 0); each class has its own hinge.",
    ),
    slip(
        "d^intra and d^inter",
        {HINGE: "intra - inter", TOTAL: "(torch.stack(terms).mean() / features.shape[1] + self.alpha).clamp(min=0)"},
        "d^intra and d^inter are averaged over classes and coordinates before max(·, 0); sum over the coordinates, "
        "with a "
        "hinge for each class.",
    ),
    slip(
        "the hinge",
        {HINGE: "(intra - inter).relu() + self.alpha"},
        "α is added after max(·, 0); it belongs inside.",
    ),
    *terms("intra - inter + self.alpha", {"intra": "d^intra", "inter": "d^inter", "self.alpha": "α"}),
    *constant("intra - inter + self.alpha", "alpha", "α", 0.3, 1, 0.1, 0.2, 0.5),
    *at(
        "d^intra",
        MOST,
        {
            f"{INTRA}.sqrt().mean(dim=0).square()": "d^intra is the square of the mean distance of the class; take the "
            "farthest picture.",
            f"{INTRA}.median(dim=0).values": "d^intra is the median of the class; take the farthest picture.",
            f"{INTRA}.logsumexp(dim=0)": "d^intra is the log of a sum of exponentials; take the largest distance itself.",
            f"{INTRA}[0]": "d^intra is that of the first picture; take the farthest.",
            "features[labels == c].var(dim=0).sum()": "d^intra is the variance of the class; take the farthest picture.",
            "features[labels == c].std(dim=0).sum()": "d^intra is the standard deviation of the class; take the farthest "
            "picture.",
            f"{INTRA}.mean(dim=0)": "d^intra is the mean over the class; take the farthest picture.",
            f"{INTRA}.min(dim=0).values": "d^intra is that of the nearest picture; take the farthest.",
            f"{INTRA}.sum(dim=0)": "d^intra is the sum over the class; take the farthest picture.",
            "(features[labels == c][:, None] - features[labels == c]).square().sum(dim=2).max()": "d^intra is the "
            "largest distance of two pictures of the class; it is that of "
            "centroid and farthest picture.",
        },
    ),
    slip(
        "d^intra",
        {INTRA: "(features - centroids[i]).square().sum(dim=1)"},
        "d^intra is that of the farthest picture of the batch; look within the class.",
    ),
    *at(
        "d^inter",
        LEAST,
        {
            "(features[labels != c][:, None] - features[labels == c]).square().sum(dim=2).min()": "d^inter is that of the "
            "nearest pictures of two classes; take that of their centroids.",
            "(features[labels != c][:, None] - features[labels == c]).square().sum(dim=2).mean()": "d^inter is the mean "
            "over pairs of pictures; take the distance to the nearest centroid.",
            f"{INTER}.sort().values[min(1, len(classes) - 2)]": "d^inter is that of the second nearest class; take the "
            "nearest.",
            f"{INTER}.mean(dim=0)": "d^inter is the mean over the other classes; take the nearest.",
            f"{INTER}.max(dim=0).values": "d^inter is that of the farthest class; take the nearest.",
            f"{INTER}.sum(dim=0)": "d^inter is the sum over the other classes; take the nearest.",
            "min((centroids[q] - centroids[p]).square().sum() for p in range(len(classes)) for q in "
            "range(p))": "d^inter is that of the nearest two classes of the batch; each class has its own.",
        },
    ),
    slip(
        "d^inter",
        {
            INTER: "(centroids[classes != c] - features[labels == c][(features[labels == c] - "
            "centroids[i]).square().sum(1).argmax()]).square().sum(dim=1)"
        },
        "d^inter is measured from the farthest picture; measure it from the class's centroid.",
    ),
    *at(
        "f^m",
        MEAN,
        {
            "features[labels == c].sum(dim=0) for c": "f^m is a sum; divide by K_i.",
            "nn.functional.normalize(features[labels == c].mean(dim=0), dim=0) for c": "f^m is scaled to length 1; "
            "it is the plain mean.",
            "features[labels == c].median(dim=0).values for c": "f^m is the median of the class; it is the mean.",
            "features[labels == c].sum(dim=0) / len(classes) for c": "f^m is divided by the number of classes; divide by "
            "K_i, the number of pictures of class i.",
            "features[labels == c].sum(dim=0) / ((labels == c).sum() - 1) for c": "f^m is divided by K_i − 1; "
            "divide by K_i.",
            "features[labels == c].sum(dim=0) / (len(labels) // len(classes)) for c": "f^m is divided by the mean size of a "
            "class; divide by K_i, the class's own.",
            "features[labels == c][0] for c": "f^m is the first picture of the class; it is the mean.",
        },
    ),
    *at(
        "the features",
        "        terms = []",
        {
            "        features = nn.functional.normalize(features)\n        terms = []": "The features are scaled to length "
            "1 for d^intra; take them as they come.",
        },
    ),
    slip(
        "the features",
        {
            "classes = labels.unique()": "features = nn.functional.normalize(features)\n"
            "        classes = labels.unique()"
        },
        "The features are scaled to length 1 first; take them as they come.",
    ),
    *at(
        "the labels",
        "classes = labels.unique()",
        {
            "labels = labels.sort().values\n        classes = labels.unique()": "The pictures are taken to stand in the "
            "order of the classes; pictures of a class may stand anywhere.",
            "labels = labels.unique_consecutive(return_inverse=True)[1]\n"
            "        classes = labels.unique()": "A run of equal labels is taken for a class; pictures of a class may stand "
            "anywhere.",
            "classes = labels.unique()\n"
            "        labels = classes.repeat_interleave(-(-len(labels) // len(classes)))[: len(labels)]": "The batch is cut "
            "into parts of equal size; a class is where its label stands.",
            "classes = torch.arange(len(labels.unique()))": "The classes are taken to be 0, 1, 2, …; labels are names, and "
            "may be negative or have gaps.",
        },
    ),
    slip(
        "the labels",
        {"enumerate(classes)": "zip(classes, classes)"},
        "A label is used as a row number; labels are names, and may be negative or have gaps.",
    ),
    slip(
        "the gradient",
        {MEAN: "features[labels == c].mean(dim=0).detach() for c"},
        "No gradient flows through the centroids.",
    ),
    *detached({MOST: "d^intra", LEAST: "d^inter"}),
    slip(
        "the gradient",
        {
            LEAST: "(centroids - centroids[i]).square().sum(dim=1).sqrt().masked_fill(classes == c, "
            "torch.inf).min(dim=0).values.square()"
        },
        "The gradient of a root (or a norm) is NaN at 0, as from a centroid to itself: square without a root.",
    ),
    slip(
        "the gradient",
        {
            "- centroids[i]).square().sum(dim=1).max": "- centroids[i].detach()).square().sum(dim=1).max",
            "- centroids[i]).square().sum(dim=1).min": "- centroids[i].detach()).square().sum(dim=1).min",
        },
        "No gradient flows through the anchor.",
    ),
    slip(
        "the gradient",
        {"(features[labels == c] -": "(features[labels == c].detach() -"},
        "No gradient flows through the positive.",
    ),
    slip(
        "the gradient",
        {"(centroids[classes != c] -": "(centroids[classes != c].detach() -"},
        "No gradient flows through the negative.",
    ),
    slip(
        "what stays of the last batch",
        {"terms = []": "terms = self.__dict__.setdefault('terms', [])"},
        "The terms of the batch before are still there; begin each batch with none.",
    ),
    slip(
        "what stays of the last batch",
        {"classes = labels.unique()": "classes = self.__dict__.setdefault('classes', labels.unique())"},
        "The classes of the first batch are kept; look for them in each batch.",
    ),
    slip(
        "what stays of the last batch",
        {
            "        terms = []": "        centroids = self.__dict__.setdefault('centroids', centroids)\n"
            "        terms = []"
        },
        "The centroids of the first batch are kept; they are made of each batch anew.",
    ),
]

MUTATIONS = {"HardClusterTripletsSampler": SAMPLER, "ClusterLoss": CLUSTER_LOSS}
