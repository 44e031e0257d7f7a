"""Slips in the four parts of the hierarchical loss, for `solutions.mutations`."""

from solutions.mutations import constant, slip, squared, terms

SQUARED = "(features[:, None] - features).square().sum(dim=2)"
BLOCK = "block.mean() for block in row"
TABLE = f"d = torch.stack([torch.stack([{BLOCK}]) for row in blocks])"
SPREAD = "within.sum() / (n * n - n)"
STACKED = "torch.stack(s)"
CLASSES = "classes = labels.unique()"


def _in_d(words: str, kind: str, says: str) -> object:
    """d from another entry for each block."""
    return slip("d", kind, {BLOCK: f"{words} for block in row"}, says)


CLASS_DISTANCES = [
    *squared({SQUARED: "The distances between pictures"}),
    slip(
        "d",
        "not squared",
        {"block.mean()": "block.sqrt().mean()"},
        "d is the mean of distances that are not squared (s is right); it is the mean of squared ones.",
    ),
    slip("d", "root of the mean", {"block.mean()": "block.mean().sqrt()"}, "d is the root of the mean; leave the root out."),
    _in_d("block.sum()", "sum", "d is summed; it is a mean: divide by n_p · n_q."),
    slip(
        "d",
        "centroids",
        {TABLE: "means = torch.stack([features[labels == p].mean(dim=0) for p in classes])\n    d = (means[:, None] - means).square().sum(dim=2)"},
        "d is the squared distance of two centroids; it is the mean over all pairs of pictures.",
    ),
    slip(
        "d",
        "of unit vectors",
        {TABLE: "means = torch.stack([features[labels == p].mean(dim=0) for p in classes])\n    d = 2 - 2 * means @ means.T"},
        "d holds for vectors of length 1 only, as 2 − 2ab does; take the squared difference.",
    ),
    slip(
        "The distances between pictures",
        "of unit vectors",
        {SQUARED: "2 - 2 * features @ features.T"},
        "The distances hold for vectors of length 1 only, as 2 − 2ab does; take the squared difference.",
    ),
    slip(
        "the pictures of a class",
        "rows within the class",
        {"squared[labels == p][:, labels == q]": "squared[: (labels == p).sum(), : (labels == q).sum()]"},
        "Rows are counted within each class, and then looked up in the whole batch.",
    ),
    slip("d", "divided by n_p", {BLOCK: "block.sum() / len(block) for block in row"}, "d is divided by n_p alone; divide by n_p · n_q."),
    slip("d", "divided by n_q", {BLOCK: "block.sum() / len(block.T) for block in row"}, "d is divided by n_q alone; divide by n_p · n_q."),
    slip("d", "divided by n_p + n_q", {BLOCK: "block.sum() / sum(block.shape) for block in row"}, "d is divided by n_p + n_q; divide by n_p · n_q."),
    slip("d", "divided by n_p squared", {BLOCK: "block.sum() / len(block) ** 2 for block in row"}, "d is divided by n_p²; divide by n_p · n_q."),
    slip(
        "d",
        "divided by pairs of different pictures",
        {BLOCK: "block.sum() / (len(block) * (len(block.T) - 1)) for block in row"},
        "d is divided by n_p (n_q − 1); divide by n_p · n_q.",
    ),
    slip("d", "divided by B", {BLOCK: "block.sum() / len(labels) for block in row"}, "d is divided by the size of the batch; divide by n_p · n_q."),
    slip("d", "divided by B squared", {BLOCK: "block.sum() / len(labels) ** 2 for block in row"}, "d is divided by the number of all pairs of the batch; divide by n_p · n_q."),
    _in_d("block.max()", "max", "d is the largest distance of two pictures; it is the mean over all pairs."),
    _in_d("block.min()", "min", "d is the smallest distance of two pictures; it is the mean over all pairs."),
    _in_d("block.median()", "median", "d is a median; it is the mean over all pairs."),
    _in_d("block.diagonal().mean()", "first with first", "d pairs the first picture with the first, the second with the second; it is the mean over all pairs."),
    _in_d("block.mean() / 2", "halved", "d is halved; nothing divides it by 2."),
    _in_d("2 * block.mean()", "doubled", "d is twice as large as it is."),
    slip("the diagonal of d", "0", {"return classes, d,": "d = d.clone().fill_diagonal_(0)\n    return classes, d,"}, "The diagonal of d is 0; it is the formula with p = q."),
    slip("the diagonal of d", "s", {"return classes, d, torch.stack(s)": "s = torch.stack(s)\n    return classes, d - d.diagonal().diag() + s.diag(), s"}, "The diagonal of d is s; in d a picture with itself counts, too: divide by n_p²."),
    slip("the diagonal of d", "infinite", {"return classes, d,": "d = d.clone().fill_diagonal_(torch.inf)\n    return classes, d,"}, "The diagonal of d is infinite; it is the formula with p = q."),
    slip("the diagonal of d", "halved", {"return classes, d,": "d = d - d.diagonal().diag() / 2\n    return classes, d,"}, "The diagonal of d is half of what it is: each pair counts twice there, (x, x′) and (x′, x)."),
    slip("d below its diagonal", "missing", {"return classes, d,": "d = d.triu()\n    return classes, d,"}, "d is 0 below its diagonal; d(q, p) is d(p, q)."),
    slip("d below its diagonal", "missing too", {"return classes, d,": "d = d.triu(1)\n    return classes, d,"}, "d is 0 on and below its diagonal; d(q, p) is d(p, q), and the diagonal is the formula with p = q."),
    slip("s", "divided by n squared", {SPREAD: "within.sum() / (n * n)"}, "s is divided by n_p²; divide by n_p² − n_p."),
    slip("s", "halved", {SPREAD: "within.sum() / (n * n - n) / 2"}, "s is half of what it is: both (x, x′) and (x′, x) count. (The variance is half of it, too.)"),
    slip("s", "doubled", {SPREAD: "2 * within.sum() / (n * n - n)"}, "s is twice as large as it is: n_p² − n_p is the number of all ordered pairs, and the sum runs over these."),
    slip("s", "not squared", {SPREAD: "within.sqrt().sum() / (n * n - n)"}, "s is the mean of distances that are not squared (d is right); it is the mean of squared ones."),
    slip("s", "root of the mean", {SPREAD: "(within.sum() / (n * n - n)).sqrt()"}, "s is the root of the mean; leave the root out."),
    slip("s", "sum", {SPREAD: "within.sum()"}, "s is summed; it is a mean: divide by n_p² − n_p."),
    slip("s", "divided by n", {SPREAD: "within.sum() / n"}, "s is divided by n_p; divide by n_p² − n_p."),
    slip("s", "divided by n - 1", {SPREAD: "within.sum() / (n - 1)"}, "s is divided by n_p − 1; divide by n_p² − n_p."),
    slip("s", "divided by n squared - 1", {SPREAD: "within.sum() / (n * n - 1)"}, "s is divided by n_p² − 1; divide by n_p² − n_p."),
    slip("s", "divided by B", {SPREAD: "within.sum() / len(labels)"}, "s is divided by the size of the batch; divide by n_p² − n_p."),
    slip("s", "from the centroid", {SPREAD: "within.sum() / (2 * n * n)"}, "s is the mean squared distance to the centroid; it is the mean over pairs of pictures."),
    slip("s", "from the centroid, summed", {SPREAD: "within.sum() / (2 * n)"}, "s is the sum of squared distances to the centroid; it is the mean over pairs of pictures."),
    slip("s", "max", {SPREAD: "within.max()"}, "s is the largest distance within the class; it is the mean over pairs of different pictures."),
    slip("s", "radius", {SPREAD: "(features[labels == classes[i]] - features[labels == classes[i]].mean(dim=0)).square().sum(dim=1).max()"}, "s is the largest squared distance to the centroid; it is the mean over pairs of pictures."),
    slip("s", "variance averaged", {SPREAD: "features[labels == classes[i]].var(dim=0).mean()"}, "s is the variance, averaged over the coordinates; it is the mean squared distance over pairs of pictures."),
    slip("s", "deviation", {SPREAD: "features[labels == classes[i]].std(dim=0).sum()"}, "s is the standard deviation, summed over the coordinates; it is the mean squared distance over pairs of pictures."),
    slip("s", "sums of another class", {STACKED: f"{STACKED}.flip(0)"}, "s stands in the opposite order of the classes."),
    slip("the classes", "by appearance", {CLASSES: "classes = torch.tensor(list(dict.fromkeys(labels.tolist())))"}, "The classes stand in the order in which they appear; let them ascend."),
    slip("the classes", "rows by appearance", {CLASSES: "classes = torch.tensor(list(dict.fromkeys(labels.tolist())))", "return classes,": "return classes.sort().values,"}, "The classes ascend, but d and s stand in the order in which the classes appear."),
    slip("the classes", "sorted rows not", {"return classes,": "return torch.tensor(list(dict.fromkeys(labels.tolist()))),"}, "The classes stand in the order in which they appear; let them ascend, like d and s."),
    slip("the classes", "descending", {CLASSES: "classes = labels.unique().flip(0)"}, "The classes descend; let them ascend."),
    slip("the classes", "row numbers", {"return classes,": "return torch.arange(len(classes)),"}, "The classes are numbered 0, 1, …; return their labels."),
    slip("the classes", "labels", {"return classes,": "return labels,"}, "The classes are the labels of all pictures; return each once, ascending."),
    slip("the classes", "counted from 0", {CLASSES: "classes = torch.arange(len(labels.unique()))"}, "The classes are taken to be 0, 1, 2, …; labels are names, and may be negative or have gaps."),
    slip("the classes", "runs", {CLASSES: "labels = labels.unique_consecutive(return_inverse=True)[1]\n    classes = labels.unique()"}, "A run of equal labels is taken for a class; pictures of a class may stand anywhere."),
    slip("the classes", "equal parts", {CLASSES: "classes = labels.unique()\n    labels = classes.repeat_interleave(-(-len(labels) // len(classes)))[: len(labels)]"}, "The batch is cut into parts of equal size; a class is where its label stands."),
]

RELATIONS = {
    "the same character": ("level[class_a == class_b] = ", 0, (1, 2, 3)),
    "two characters of one alphabet": ("level[alphabet_of[class_a] == alphabet_of[class_b]] = ", 1, (0, 2, 3)),
    "two alphabets": ("torch.full_like(class_a, ", 2, (1, 0, 3, 16)),
}
TREE_LEVEL = [
    slip(
        f"the level of {relation}",
        f"{wrong}",
        {f"{code}{right}": f"{code}{wrong}"},
        f"For {relation} the level is {right}, not {wrong}.",
    )
    for relation, (code, right, wrongs) in RELATIONS.items()
    for wrong in wrongs
] + [
    slip("the levels", "from the root", {"return level": "return 2 - level"}, "The levels are counted from the root down; the character itself is level 0, the root 2."),
    slip("the levels", "from 1", {"return level": "return level + 1"}, "The levels are counted from 1; the character itself is level 0."),
    slip("the levels", "neighbours", {"alphabet_of[class_a] == alphabet_of[class_b]": "(class_a - class_b).abs() == 1"}, "Neighbouring class numbers are taken for one alphabet; look it up in alphabet_of."),
    slip("the levels", "half looked up", {"alphabet_of[class_a] == alphabet_of[class_b]": "alphabet_of[class_a] == class_b"}, "An alphabet is compared with a class; look up the alphabets of both classes."),
    slip("the levels", "difference", {"return level": "return (alphabet_of[class_a] - alphabet_of[class_b]).abs()"}, "The difference of alphabet numbers is no level: it is 0, 1 or 2."),
    slip("the levels", "float", {"return level": "return level.float()"}, "The levels are floating point numbers; return integers (see torch.Tensor.long)."),
    slip("the levels", "bool", {"return level": "return level > 0"}, "The levels are true or false; they are 0, 1 or 2."),
    slip("the levels", "one for all", {"return level": "return torch.full_like(level, int(level.max()))"}, "All pairs have one level, the highest of them; each pair has its own."),
    slip("the levels", "flat", {"return level": "return level.flatten()"}, "The levels are flattened; give them the shape of class_a."),
    slip("the levels", "table", {"return level": "return 2 - (alphabet_of[class_a.flatten()][:, None] == alphabet_of[class_b.flatten()]).long() - (class_a.flatten()[:, None] == class_b.flatten()).long()"}, "Every entry of class_a is compared with every entry of class_b; compare them in pairs."),
]

THRESHOLD = "level * (4 - d_0) / levels + d_0"
SUM = "beta + d_l - s[row]"
D_0 = "d_0 = s.mean()"
SIZES = "torch.stack([(labels == c).sum() for c in classes])"

VIOLATE_MARGIN = [
    *terms(SUM, {"beta": "β", "d_l": "d_l", "s[row]": "s of the anchor's class"}),
    slip("d_0 in d_l", "left out", {THRESHOLD: "level * (4 - d_0) / levels"}, "d_0 is not added: d_l starts from it."),
    slip("4 - d_0", "4", {"(4 - d_0)": "4"}, "d_l climbs by 4/L a level; it climbs by (4 − d_0)/L."),
    slip("4 - d_0", "4 + d_0", {"(4 - d_0)": "(4 + d_0)"}, "d_l climbs by (4 + d_0)/L a level; it climbs by (4 − d_0)/L."),
    slip("4 - d_0", "d_0 - 4", {"(4 - d_0)": "(d_0 - 4)"}, "d_l falls by (4 − d_0)/L a level; it climbs by that."),
    slip("4 - d_0", "2 - d_0", {"(4 - d_0)": "(2 - d_0)"}, "d_l climbs to 2; it climbs to 4, the largest squared distance on the sphere."),
    slip("4 - d_0", "1 - d_0", {"(4 - d_0)": "(1 - d_0)"}, "d_l climbs to 1; it climbs to 4, the largest squared distance on the sphere."),
    slip("d_0 in d_l", "4", {THRESHOLD: "level * (4 - d_0) / levels + 4"}, "d_l starts from 4; it starts from d_0."),
    slip("d_0 in d_l", "times the level", {THRESHOLD: "level * ((4 - d_0) / levels + d_0)"}, "d_0 is multiplied by l; it is added once."),
    slip("d_0 in d_l", "subtracted", {THRESHOLD: "level * (4 - d_0) / levels - d_0"}, "d_0 is subtracted in d_l; add it."),
    slip("d_0 in d_l", "divided by L", {THRESHOLD: "(level * (4 - d_0) + d_0) / levels"}, "d_0 is divided by L; it is added as it is."),
    slip("d_0 in d_l", "s", {THRESHOLD: "level * (4 - d_0) / levels + s[row]"}, "d_l starts from s of the anchor's class; it starts from d_0."),
    slip("L", "left out", {"(4 - d_0) / levels": "(4 - d_0)"}, "d_l is not divided by L."),
    *constant("(4 - d_0) / levels", "levels", "L", 16, 2, 3),
    slip("L", "plus 1", {"/ levels": "/ (levels + 1)"}, "d_l climbs in L + 1 steps; it climbs in L."),
    slip("L", "minus 1", {"/ levels": "/ (levels - 1)"}, "d_l climbs in L − 1 steps; it climbs in L."),
    slip("L", "multiplied", {"/ levels": "* levels"}, "You multiply by L; divide by it."),
    slip("l", "added", {THRESHOLD: "level + (4 - d_0) / levels + d_0"}, "l is added; it multiplies (4 − d_0)/L."),
    slip("l", "left out", {THRESHOLD: "(4 - d_0) / levels + d_0 + 0 * level"}, "All triplets have d_1; take d_l of their own level l."),
    slip("l", "from the root", {"d_l = level *": "d_l = (levels - level) *"}, "d_l is that of level L − l; take that of l."),
    slip("l", "of the tree from the root", {"d_l = level *": "d_l = (2 - level) *"}, "d_l is that of level 2 − l; take that of l."),
    slip("l", "plus 1", {"d_l = level *": "d_l = (level + 1) *"}, "d_l is that of the next level; take that of l."),
    slip("l", "2", {"tree_level(anchor_labels, negative_labels, alphabet_of)": "torch.full_like(anchor_labels, 2)"}, "The level is 2 for every pair; ask tree_level for each."),
    slip("l", "0", {"tree_level(anchor_labels, negative_labels, alphabet_of)": "torch.zeros_like(anchor_labels)"}, "The level is 0 for every pair; ask tree_level for each anchor's class and negative's class."),
    slip("l", "max", {"tree_level(anchor_labels, negative_labels, alphabet_of)": "tree_level(anchor_labels, negative_labels, alphabet_of).max()"}, "All triplets have the highest level among them; each has its own."),
    slip("d_0", "all distances", {D_0: "d_0 = d.mean()"}, "d_0 is the mean of all of d; it is the mean of s."),
    slip("d_0", "diagonal of d", {D_0: "d_0 = d.diagonal().mean()"}, "d_0 is the mean of d's diagonal; it is the mean of s."),
    slip("d_0", "between the classes", {D_0: "d_0 = (d.sum() - d.diagonal().sum()) / (len(d) ** 2 - len(d))"}, "d_0 is the mean distance between different classes; it is the mean of s."),
    slip("d_0", "sum", {D_0: "d_0 = s.sum()"}, "d_0 is the sum of s; divide by the number of classes."),
    slip("d_0", "weighted", {D_0: f"n = {SIZES}\n        d_0 = (n * s).sum() / n.sum()"}, "d_0 is a mean over the pictures; it is the mean of s over the classes."),
    slip("d_0", "weighted by pairs", {D_0: f"n = {SIZES}\n        d_0 = ((n * n - n) * s).sum() / (n * n - n).sum()"}, "d_0 is a mean over all pairs of pictures of a class; it is the mean of s over the classes."),
    slip("d_0", "of the anchors", {D_0: "d_0 = s[torch.searchsorted(classes, anchor_labels)].mean()"}, "d_0 is the mean of s over the triplets' anchors; it is the mean over the classes of the batch."),
    slip("d_0", "of the whole batch", {D_0: "d_0 = (features[:, None] - features).square().sum(dim=2).mean()"}, "d_0 is the mean squared distance of all pairs of the batch; it is the mean of s."),
    slip("d_0", "of all different pairs", {D_0: "d_0 = (features[:, None] - features).square().sum() / (len(features) ** 2 - len(features))"}, "d_0 is the mean squared distance of all pairs of the batch; it is the mean of s."),
    slip("d_0", "min", {D_0: "d_0 = s.min()"}, "d_0 is the smallest s; it is the mean."),
    slip("d_0", "max", {D_0: "d_0 = s.max()"}, "d_0 is the largest s; it is the mean."),
    slip("d_0", "median", {D_0: "d_0 = s.median()"}, "d_0 is the median of s; it is the mean."),
    slip("d_0", "own", {D_0: "d_0 = s[torch.searchsorted(classes, anchor_labels)]"}, "d_0 is s of the anchor's class; it is the mean of s over the classes."),
    slip("d_0", "of the negative", {D_0: "d_0 = s[torch.searchsorted(classes, negative_labels)]"}, "d_0 is s of the negative's class; it is the mean of s over the classes."),
    slip("d_0", "0", {D_0: "d_0 = 0"}, "d_0 is 0; it is the mean of s."),
    slip("s of the anchor's class", "the negative's", {"searchsorted(classes, anchor_labels)": "searchsorted(classes, negative_labels)"}, "s of the negative's class is subtracted; take the anchor's."),
    slip("s of the anchor's class", "label as row", {"s[row]": "s[anchor_labels]"}, "The label is used as a row of s; the rows follow classes, which may have gaps."),
    slip("s of the anchor's class", "mean", {"s[row]": "s.mean()"}, "The mean of s is subtracted; subtract s of the anchor's class."),
    slip("s of the anchor's class", "d", {"s[row]": "d[row, row]"}, "d(p, p) of the anchor's class is subtracted; subtract s: a picture with itself does not count."),
    slip("s of the anchor's class", "distance of the classes", {"s[row]": "d[row, torch.searchsorted(classes, negative_labels)]"}, "The distance of the two classes is subtracted; subtract s of the anchor's class."),
    slip("s of the anchor's class", "root", {"s[row]": "s[row].sqrt()"}, "The root of s is subtracted; subtract s."),
    slip("s of the anchor's class", "halved", {"s[row]": "s[row] / 2"}, "Half of s is subtracted; subtract s of the anchor's class."),
    slip("s of the anchor's class", "both", {"s[row]": "s[row] - s[torch.searchsorted(classes, negative_labels)]"}, "s of both classes is subtracted; subtract that of the anchor's class alone."),
    slip("s of the anchor's class", "mean of both", {"s[row]": "(s[row] + s[torch.searchsorted(classes, negative_labels)]) / 2"}, "The mean of both classes' s is subtracted; subtract that of the anchor's class alone."),
    *constant(SUM, "beta", "β", 0.1, 0.3, 0.2, 1),
    slip("β", "multiplied", {SUM: "beta * d_l - s[row]"}, "β multiplies d_l; add it."),
    slip("the margin", "clamped", {SUM: "(beta + d_l - s[row]).clamp(min=0)"}, "The margin is clamped at 0; it may be negative."),
    slip("the margin", "absolute", {SUM: "(beta + d_l - s[row]).abs()"}, "The margin is never negative here; it may be."),
    slip("the margin", "mean", {SUM: "(beta + d_l - s[row]).mean()"}, "One mean margin is returned; return that of each triplet."),
    slip("the margin", "mean for all", {SUM: "(beta + d_l - s[row]).mean().expand(len(row))"}, "All triplets have the mean margin; each has its own."),
    slip("the margin", "column", {SUM: "(beta + d_l - s[row])[:, None]"}, "The margins are a column; return one dimension, (T,)."),
    slip("the margin", "table", {SUM: "beta + d_l[:, None] - s[row]"}, "The margins are a table: each d_l with each s. Combine them triplet by triplet."),
    slip("the gradient", "kept", {"torch.no_grad()": "torch.enable_grad()"}, "The margin carries a gradient; compute it under torch.no_grad(), or detach it."),
]

TO_POSITIVE = "(features[a] - features[p]).square().sum(dim=1)"
TO_NEGATIVE = "(features[a] - features[n]).square().sum(dim=1)"
HINGE = "(to_positive - to_negative + margin).clamp(min=0)"
TERMS = "to_positive - to_negative + margin"
CALL = "labels[a], labels[n], self.alphabet_of, self.beta, self.levels)"
MARGIN = "margin = violate_margin(features, labels, labels[a], labels[n], self.alphabet_of, self.beta, self.levels)"
DRAWN = "a, p, n = self.sampler.sample_ids(features, labels)"


def _called(arguments: str) -> dict[str, str]:
    return {CALL: arguments + ")"}


CRITERION = [
    *squared({TO_POSITIVE: "|a − p|²", TO_NEGATIVE: "|a − n|²"}, "|a − p|² and |a − n|²"),
    slip(
        "|a − p|² and |a − n|²",
        "halved",
        {TO_POSITIVE: f"{TO_POSITIVE} / 2", TO_NEGATIVE: f"{TO_NEGATIVE} / 2"},
        "|a − p|² and |a − n|² are half of what they are (as 1 − a·p is, on the unit sphere).",
    ),
    slip("the mean", "sum", {"return terms.mean()": "return terms.sum()"}, "You sum over the triplets; take the mean."),
    slip("the mean", "violated only", {"return terms.mean()": "return terms.sum() / (terms > 0).sum().clamp(min=1)"}, "You average over the triplets that violate their margin; average over all."),
    slip("the mean", "divided by B", {"return terms.mean()": "return terms.sum() / len(features)"}, "You divide by the size of the batch; divide by T, the number of triplets."),
    slip("the mean", "divided by P", {"return terms.mean()": "return terms.sum() / len(labels.unique())"}, "You divide by the number of classes; divide by T, the number of triplets."),
    slip("the mean", "divided by 2T", {"return terms.mean()": "return terms.mean() / 2"}, "You divide by 2T; divide by T."),
    slip("the mean", "max", {"return terms.mean()": "return terms.max()"}, "You take the largest term; take the mean."),
    slip("the mean", "not taken", {"return terms.mean()": "return terms"}, "You return a term for each triplet; return their mean."),
    slip("the hinge", "missing", {HINGE: f"({TERMS})"}, "max(·, 0) is missing."),
    slip("the hinge", "of the batch", {HINGE: f"({TERMS})", "return terms.mean()": "return terms.mean().clamp(min=0)"}, "max(·, 0) acts on the mean; each triplet has its own."),
    slip("the hinge", "margin outside", {HINGE: "(to_positive - to_negative).clamp(min=0) + margin"}, "The margin is added after max(·, 0); it belongs inside."),
    slip("the hinge", "absolute", {HINGE: f"({TERMS}).abs()"}, "A negative term counts with its absolute value; it counts 0."),
    slip("the hinge", "softplus", {HINGE: f"nn.functional.softplus({TERMS})"}, "The hinge is rounded off, log(1 + exp(·)); take max(·, 0)."),
    slip("the hinge", "min", {HINGE: f"({TERMS}).clamp(max=0)"}, "You take min(·, 0); take max(·, 0)."),
    slip("the hinge", "squared", {HINGE: f"({TERMS}).clamp(min=0).square()"}, "The terms are squared after max(·, 0); average them as they are."),
    *terms(TERMS, {"to_positive": "|a − p|²", "to_negative": "|a − n|²", "margin": "The margin"}),
    slip("L", "not passed on", _called("labels[a], labels[n], self.alphabet_of, self.beta"), "L is not passed on to violate_margin, which then takes 16."),
    slip("β and L", "not passed on", _called("labels[a], labels[n], self.alphabet_of"), "β and L are not passed on to violate_margin, which then takes 0.1 and 16."),
    slip("β", "not passed on", _called("labels[a], labels[n], self.alphabet_of, levels=self.levels"), "β is not passed on to violate_margin, which then takes 0.1."),
    slip("β and L", "exchanged", _called("labels[a], labels[n], self.alphabet_of, self.levels, self.beta"), "β and L are passed on in each other's place."),
    slip("the classes of the margin", "exchanged", _called("labels[n], labels[a], self.alphabet_of, self.beta, self.levels"), "The margin is that of the negative's class; the anchor's labels come first."),
    slip("the classes of the margin", "the positive's", _called("labels[a], labels[p], self.alphabet_of, self.beta, self.levels"), "The level of the margin is that of anchor and positive; take anchor and negative."),
    slip("the classes of the margin", "rows", _called("a, n, self.alphabet_of, self.beta, self.levels"), "violate_margin gets rows of the batch; it needs their classes, labels[a] and labels[n]."),
    slip("the classes of the margin", "row of the anchor", _called("a, labels[n], self.alphabet_of, self.beta, self.levels"), "violate_margin gets the anchors' rows; it needs their classes, labels[a]."),
    slip("the classes of the margin", "row of the negative", _called("labels[a], n, self.alphabet_of, self.beta, self.levels"), "violate_margin gets the negatives' rows; it needs their classes, labels[n]."),
    slip("the classes of the margin", "the first triplets'", _called("labels[: len(a)], labels[n], self.alphabet_of, self.beta, self.levels"), "violate_margin gets the first labels of the batch; it needs those of the anchors, labels[a]."),
    slip("the classes of the margin", "the negative's twice", _called("labels[n], labels[n], self.alphabet_of, self.beta, self.levels"), "The margin is that of the negative's class with itself; pass on the anchor's class, then the negative's."),
    slip("the margin", "mean", {TERMS: "to_positive - to_negative + margin.mean()"}, "All triplets have the mean margin; each has its own."),
    slip("the margin", "largest", {TERMS: "to_positive - to_negative + margin.max()"}, "All triplets have the largest margin; each has its own."),
    slip("the margin", "first", {TERMS: "to_positive - to_negative + margin[0]"}, "All triplets have the margin of the first; each has its own."),
    slip("the margin", "clamped", {TERMS: "to_positive - to_negative + margin.clamp(min=0)"}, "The margin is clamped at 0; it may be negative."),
    slip("the margin", "β alone", {TERMS: "to_positive - to_negative + self.beta"}, "The margin is β alone; ask violate_margin for that of each triplet."),
    slip("the margin", "β twice", {TERMS: "to_positive - to_negative + margin + self.beta"}, "β is added twice; the margin already holds it."),
    slip("the margin", "root", {TERMS: "to_positive - to_negative + margin.clamp(min=0).sqrt()"}, "The root of the margin is added; add the margin."),
    slip("the margin", "0.3", {TERMS: "to_positive - to_negative + 0.3"}, "The margin is 0.3 for all triplets; ask violate_margin for that of each triplet."),
    slip("the margin", "0.2", {TERMS: "to_positive - to_negative + 0.2"}, "The margin is 0.2 for all triplets; ask violate_margin for that of each triplet."),
    slip("the margin", "1", {TERMS: "to_positive - to_negative + 1"}, "The margin is 1 for all triplets; ask violate_margin for that of each triplet."),
    slip("the margin", "table", {TERMS: "(to_positive - to_negative)[:, None] + margin"}, "Each margin is added to each triplet, a table; add them triplet by triplet."),
    slip(
        "the margin",
        "gradient",
        {
            MARGIN: "classes, _, s = class_distances(features, labels)\n"
            "        d_l = tree_level(labels[a], labels[n], self.alphabet_of) * (4 - s.mean()) / self.levels + s.mean()\n"
            "        margin = self.beta + d_l - s[torch.searchsorted(classes, labels[a])]"
        },
        "The gradient also runs through the margin; it is a constant.",
    ),
    slip("the roles", "positive and negative", {DRAWN: "a, n, p = self.sampler.sample_ids(features, labels)"}, "Positive and negative are exchanged."),
    slip("the roles", "anchor and negative", {DRAWN: "n, p, a = self.sampler.sample_ids(features, labels)"}, "Anchor and negative are exchanged."),
    slip("|a − n|²", "from the positive", {TO_NEGATIVE: "(features[p] - features[n]).square().sum(dim=1)"}, "The negative's distance is that to the positive; take that to the anchor."),
    slip("|a − n|²", "nearer of two", {TO_NEGATIVE: "torch.minimum((features[a] - features[n]).square().sum(dim=1), (features[p] - features[n]).square().sum(dim=1))"}, "The negative's distance is the smaller of those to anchor and positive; take that to the anchor."),
    slip("the gradient", "not to the anchor", {"(features[a] - features[p])": "(features[a].detach() - features[p])", "(features[a] - features[n])": "(features[a].detach() - features[n])"}, "No gradient flows through the anchor."),
    slip("the gradient", "not to the positive", {"features[a] - features[p]": "features[a] - features[p].detach()"}, "No gradient flows through the positive."),
    slip("the gradient", "not to the negative", {"features[a] - features[n]": "features[a] - features[n].detach()"}, "No gradient flows through the negative."),
    slip("the gradient", "only to the anchor", {"features[a] - features[p]": "features[a] - features[p].detach()", "features[a] - features[n]": "features[a] - features[n].detach()"}, "Gradient flows through the anchor alone; it must flow through positive and negative, too."),
    slip("the gradient", "not through |a − p|²", {"to_positive -": "to_positive.detach() -"}, "No gradient flows through |a − p|²."),
    slip("the gradient", "not through |a − n|²", {"- to_negative +": "- to_negative.detach() +"}, "No gradient flows through |a − n|²."),
    slip("the gradient", "none", {"return terms.mean()": "return terms.mean().detach()"}, "No gradient flows at all: the loss is detached."),
    slip("what stays of the last batch", "triplets kept", {DRAWN: "a, p, n = self.__dict__.setdefault('ids', self.sampler.sample_ids(features, labels))"}, "The triplets of the first batch are kept; ask the sampler for each batch."),
    slip("what stays of the last batch", "margins kept", {MARGIN: MARGIN.replace("margin = ", "margin = self.__dict__.setdefault('margin', ") + ")"}, "The margins of the first batch are kept; they are made of each batch anew."),
    slip("what stays of the last batch", "terms kept", {"return terms.mean()": "self.__dict__.setdefault('terms', []).append(terms)\n        return torch.cat(self.terms).mean()"}, "The terms of the batch before are still there; begin each batch with none."),
]

MUTATIONS = {
    "class_distances": CLASS_DISTANCES,
    "tree_level": TREE_LEVEL,
    "violate_margin": VIOLATE_MARGIN,
    "HierarchicalTripletMarginLossWithSampler": CRITERION,
}
