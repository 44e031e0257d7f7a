"""Slips in the four parts of the hierarchical loss, for `solutions.mutations`."""

from solutions.mutations import at, constant, slip, squared, terms

SQUARED = "(features[:, None] - features).square().sum(dim=2)"
BLOCK = "block.mean() for block in row"
TABLE = f"d = torch.stack([torch.stack([{BLOCK}]) for row in blocks])"
SPREAD = "within.sum() / (n * n - n)"
STACKED = "torch.stack(s)"
CLASSES = "classes = labels.unique()"


MEANS = "means = torch.stack([features[labels == p].mean(dim=0) for p in classes])"
CENTRES = "(means[:, None] - means).square().sum(dim=2)"
OF_CLASS = "features[labels == classes[i]]"

CLASS_DISTANCES = [
    *squared({SQUARED: "the distances between pictures"}),
    slip(
        "the distances between pictures",
        {"block.mean()": "block.sqrt().mean().square()", SPREAD: "(within.sqrt().sum() / (n * n - n)).square()"},
        "The mean distance is squared; square each distance, then take the mean.",
    ),
    *at(
        "the distances between pictures",
        SQUARED,
        {
            "1 - nn.functional.cosine_similarity(features[:, None], features, dim=2)": "The distances are 1 − cosine; "
            "take the squared difference.",
            "(features[:, None] - features).abs().amax(dim=2).square()": "The distances are the largest difference of a "
            "coordinate, squared; sum the squares of all coordinates.",
        },
    ),
    slip(
        "the distances between pictures",
        {CLASSES: f"features = nn.functional.normalize(features)\n    {CLASSES}"},
        "The features are scaled to length 1 first; take them as they come.",
    ),
    *at(
        "d",
        TABLE,
        {
            "means = torch.stack([features[labels == p].mean(dim=0) for p in classes])\n"
            "    d = (means[:, None] - means).square().sum(dim=2)": "d is the squared distance of two centroids; it "
            "is the mean over all pairs "
            "of pictures.",
            "means = torch.stack([features[labels == p].mean(dim=0) for p in classes])\n"
            "    d = 2 - 2 * means @ means.T": "d holds for vectors of length 1 only, as 2 − 2ab does; take the "
            "squared "
            "difference.",
        },
    ),
    *at(
        "d",
        "block.mean()",
        {
            "block.sqrt().mean()": "d is the mean of distances that are not squared (s is right); it is the mean of "
            "squared ones.",
            "block.mean().sqrt()": "d is the root of the mean; leave the root out.",
            "block.sqrt().mean().square()": "d is the square of a mean (s is right); square each distance, then take the "
            "mean.",
        },
    ),
    *at(
        "d",
        BLOCK,
        {
            "block.sum() for block in row": "d is summed; it is a mean: divide by n_p · n_q.",
            "block.sum() / len(block) for block in row": "d is divided by n_p alone; divide by n_p · n_q.",
            "block.sum() / len(block.T) for block in row": "d is divided by n_q alone; divide by n_p · n_q.",
            "block.sum() / sum(block.shape) for block in row": "d is divided by n_p + n_q; divide by n_p · n_q.",
            "block.sum() / len(block) ** 2 for block in row": "d is divided by n_p²; divide by n_p · n_q.",
            "block.sum() / (len(block) * (len(block.T) - 1)) for block in row": "d is divided by n_p (n_q − 1); "
            "divide by n_p · n_q.",
            "block.sum() / len(labels) for block in row": "d is divided by the size of the batch; divide by n_p · n_q.",
            "block.sum() / len(labels) ** 2 for block in row": "d is divided by the number of all pairs of the "
            "batch; divide by n_p · n_q.",
            "block.max() for block in row": "d is the largest distance of two pictures; it is the mean over all pairs.",
            "block.min() for block in row": "d is the smallest distance of two pictures; it is the mean over all "
            "pairs.",
            "block.median() for block in row": "d is a median; it is the mean over all pairs.",
            "block.max(dim=1).values.mean() for block in row": "d is the mean over pictures of the farthest one of the "
            "other class; it is the mean over all pairs.",
            "block.min(dim=1).values.mean() for block in row": "d is the mean over pictures of the nearest one of the "
            "other class; it is the mean over all pairs.",
            "block.sum() / (block > 0).sum() for block in row": "d is divided by the number of distances above 0; two "
            "pictures at one place, and a picture with itself, count, too: divide by n_p · n_q.",
            "block.diagonal().mean() for block in row": "d pairs the first picture with the first, the second with "
            "the second; it is the mean over all pairs.",
            "block.mean() / 2 for block in row": "d is halved; nothing divides it by 2.",
            "2 * block.mean() for block in row": "d is twice as large as it is.",
        },
    ),
    slip(
        "the distances between pictures",
        {SQUARED: "2 - 2 * features @ features.T"},
        "The distances hold for vectors of length 1 only, as 2 − 2ab does; take the squared difference.",
    ),
    slip(
        "the pictures of a class",
        {"squared[labels == p][:, labels == q]": "squared[: (labels == p).sum(), : (labels == q).sum()]"},
        "Rows are counted within each class, and then looked up in the whole batch.",
    ),
    *at(
        "the diagonal of d",
        "return classes, d,",
        {
            "d = d.clone().fill_diagonal_(0)\n    return classes, d,": "The diagonal of d is 0; it is the formula "
            "with p = q.",
            "d = d.clone().fill_diagonal_(torch.inf)\n    return classes, d,": "The diagonal of d is infinite; it is "
            "the formula with p = q.",
            "d = d - d.diagonal().diag() / 2\n    return classes, d,": "The diagonal of d is half of what it is: "
            "each pair counts twice there, (x, x′) and (x′, x).",
        },
    ),
    slip(
        "the diagonal of d",
        {
            "return classes, d, torch.stack(s)": "s = torch.stack(s)\n"
            "    return classes, d - d.diagonal().diag() + s.diag(), s"
        },
        "The diagonal of d is s; in d a picture with itself counts, too: divide by n_p².",
    ),
    *at(
        "d below its diagonal",
        "return classes, d,",
        {
            "d = d.triu()\n    return classes, d,": "d is 0 below its diagonal; d(q, p) is d(p, q).",
            "d = d.triu(1)\n    return classes, d,": "d is 0 on and below its diagonal; d(q, p) is d(p, q), and the "
            "diagonal is the formula with p = q.",
        },
    ),
    *at(
        "s",
        SPREAD,
        {
            "within.sum() / (n * n)": "s is divided by n_p²; divide by n_p² − n_p.",
            "within.sum() / (2 * n * n)": "s is the mean squared distance to the centroid; it is the mean over pairs "
            "of pictures.",
            "within.sum() / (n * n - n) / 2": "s is half of what it is: both (x, x′) and (x′, x) count. (The "
            "variance is half of it, too.)",
            "2 * within.sum() / (n * n - n)": "s is twice as large as it is: n_p² − n_p is the number of all ordered "
            "pairs, and the sum runs over these.",
            "within.sqrt().sum() / (n * n - n)": "s is the mean of distances that are not squared (d is right); it "
            "is the mean of squared ones.",
            "(within.sum() / (n * n - n)).sqrt()": "s is the root of the mean; leave the root out.",
            "within.sum()": "s is summed; it is a mean: divide by n_p² − n_p.",
            "within.sum() / n": "s is divided by n_p; divide by n_p² − n_p.",
            "within.sum() / (n - 1)": "s is divided by n_p − 1; divide by n_p² − n_p.",
            "within.sum() / (n * n - 1)": "s is divided by n_p² − 1; divide by n_p² − n_p.",
            "within.sum() / len(labels)": "s is divided by the size of the batch; divide by n_p² − n_p.",
            "within.sum() / (2 * n)": "s is the sum of squared distances to the centroid; it is the mean over pairs "
            "of pictures.",
            "within.max(dim=1).values.mean()": "s is the mean over pictures of the farthest one of their class; it is the "
            "mean over all pairs of different pictures.",
            "(within.sqrt().sum() / (n * n - n)).square()": "s is the square of a mean (d is right); square each distance, "
            "then take the mean.",
            "within.sum() / (within > 0).sum()": "s is divided by the number of distances above 0; two pictures at one "
            "place count, too: divide by n_p² − n_p.",
            "within.median()": "s is a median; it is the mean over pairs of different pictures.",
            "within[0].sum() / (n - 1)": "s is the mean distance of the first picture to the others; it is the mean over "
            "all pairs of different pictures.",
            f"({OF_CLASS} - {OF_CLASS}.mean(dim=0)).square().sum() / (n * n - n)": "s is made of distances to the "
            "centroid; it is the mean over pairs of pictures.",
            "within.max()": "s is the largest distance within the class; it is the mean over pairs of different "
            "pictures.",
            "(features[labels == classes[i]] - features[labels == "
            "classes[i]].mean(dim=0)).square().sum(dim=1).max()": "s is the largest squared distance to the "
            "centroid; it is the mean over "
            "pairs of pictures.",
            "features[labels == classes[i]].var(dim=0).mean()": "s is the variance, averaged over the coordinates; "
            "it is the mean squared distance over pairs of pictures.",
            f"{OF_CLASS}.var(dim=0, unbiased=False).mean()": "s is the variance, averaged over the coordinates; "
            "it is the mean squared distance over pairs of pictures.",
            f"{OF_CLASS}.var()": "s is the variance of all numbers of the class; it is the mean squared distance over "
            "pairs of pictures.",
            f"{OF_CLASS}.std()": "s is the standard deviation of all numbers of the class; it is the mean squared distance "
            "over pairs of pictures.",
            f"{OF_CLASS}.std(dim=0).mean()": "s is the standard deviation, averaged over the coordinates; it is the mean "
            "squared distance over pairs of pictures.",
            "features[labels == classes[i]].std(dim=0).sum()": "s is the standard deviation, summed over the "
            "coordinates; it is the mean squared distance over pairs of pictures.",
        },
    ),
    *at(
        "d",
        "return classes, d, torch.stack(s)",
        {
            f"s = torch.stack(s)\n    {MEANS}\n    return classes, {CENTRES} + s[:, None] + s, s": "d is the distance of "
            "the centroids with both s added; it is the mean over all pairs of pictures.",
            f"s = torch.stack(s)\n    {MEANS}\n    return classes, {CENTRES} + (s[:, None] + s) / 2, s": "d is the "
            "distance of the centroids with half of both s added; it is the mean over all pairs of pictures.",
            f"{MEANS}\n    return classes, {CENTRES}.sqrt(), torch.stack(s)": "d is the distance of two centroids, not "
            "squared; it is the mean squared distance over all pairs of pictures.",
        },
    ),
    slip(
        "the classes",
        {"for q in classes] for p in classes]": "for q in range(len(classes))] for p in range(len(classes))]"},
        "The position of a class is compared with the labels; compare the class, classes[p].",
    ),
    slip(
        "the classes",
        {
            TABLE: "size = len(labels) // len(classes)\n    together = features[labels.argsort(stable=True)]\n"
            "    together = (together[:, None] - together).square().sum(dim=2)\n"
            "    d = together.reshape(len(classes), size, len(classes), size).mean(dim=(1, 3))"
        },
        "The batch is cut into parts of equal size; a class is where its label stands.",
    ),
    slip(
        "the classes",
        {CLASSES: f"labels = labels.sort().values\n    {CLASSES}"},
        "The pictures are taken to stand in the order of the classes; pictures of a class may stand anywhere.",
    ),
    slip(
        "s",
        {STACKED: f"{STACKED}.flip(0)"},
        "s stands in the opposite order of the classes.",
    ),
    *at(
        "the classes",
        CLASSES,
        {
            "classes = torch.tensor(list(dict.fromkeys(labels.tolist())))": "The classes stand in the order in which "
            "they appear; let them ascend.",
            "classes = labels.unique().flip(0)": "The classes descend; let them ascend.",
            "classes = torch.arange(len(labels.unique()))": "The classes are taken to be 0, 1, 2, …; labels are "
            "names, and may be negative or have gaps.",
            "labels = labels.unique_consecutive(return_inverse=True)[1]\n    classes = labels.unique()": "A run of "
            "equal labels is taken for a class; pictures of a class may stand "
            "anywhere.",
            "classes = labels.unique()\n"
            "    labels = classes.repeat_interleave(-(-len(labels) // len(classes)))[: len(labels)]": "The batch is "
            "cut into parts of equal size; a class is where its label stands.",
        },
    ),
    slip(
        "the classes",
        {
            CLASSES: "classes = torch.tensor(list(dict.fromkeys(labels.tolist())))",
            "return classes,": "return classes.sort().values,",
        },
        "The classes ascend, but d and s stand in the order in which the classes appear.",
    ),
    *at(
        "the classes",
        "return classes,",
        {
            "return torch.tensor(list(dict.fromkeys(labels.tolist()))),": "The classes alone stand in the order in "
            "which they appear; let them ascend, like d and s.",
            "return torch.arange(len(classes)),": "The classes are numbered 0, 1, …; return their labels.",
            "return labels,": "The classes are the labels of all pictures; return each once, ascending.",
        },
    ),
]

RELATIONS = {
    "the same character": ("level[class_a == class_b] = ", 0, (1, 2, 3)),
    "two characters of one alphabet": ("level[alphabet_of[class_a] == alphabet_of[class_b]] = ", 1, (0, 2, 3)),
    "two alphabets": ("torch.full_like(class_a, ", 2, (1, 0, 3, 16)),
}
TREE_LEVEL = [
    *(
        slip(
            f"the level of {relation}",
            {f"{code}{right}": f"{code}{wrong}"},
            f"For {relation} the level is {right}, not {wrong}.",
        )
        for relation, (code, right, wrongs) in RELATIONS.items()
        for wrong in wrongs
    ),
    *at(
        "the levels",
        "return level",
        {
            "return 2 - level": "The levels are counted from the root down; the character itself is level 0, the "
            "root 2.",
            "return level + 1": "The levels are counted from 1; the character itself is level 0.",
            "return (alphabet_of[class_a] - alphabet_of[class_b]).abs()": "The difference of alphabet numbers is no "
            "level: it is 0, 1 or 2.",
            "return level.float()": "The levels are floating point numbers; return integers (see torch.Tensor.long).",
            "return (class_a != class_b).long() + (alphabet_of[class_a] - alphabet_of[class_b]).abs()": "The difference of "
            "the alphabets' numbers is added; what counts is whether they differ.",
            "return torch.full_like(level, int(level.flatten()[0]))": "All pairs have the level of the first; each pair "
            "has its own.",
            "return torch.full_like(level, int(level.min()))": "All pairs have one level, the lowest of them; each pair "
            "has its own.",
            "return level > 0": "The levels are true or false; they are 0, 1 or 2.",
            "return torch.full_like(level, int(level.max()))": "All pairs have one level, the highest of them; each "
            "pair has its own.",
            "return level.flatten()": "The levels are flattened; give them the shape of class_a.",
            "return 2 - (alphabet_of[class_a.flatten()][:, None] == alphabet_of[class_b.flatten()]).long() - "
            "(class_a.flatten()[:, None] == class_b.flatten()).long()": "Every entry of class_a is compared with "
            "every entry of class_b; compare them in pairs.",
        },
    ),
    *at(
        "the levels",
        "alphabet_of[class_a] == alphabet_of[class_b]",
        {
            "(class_a - class_b).abs() == 1": "Neighbouring class numbers are taken for one alphabet; look it up in "
            "alphabet_of.",
            "alphabet_of[class_a] == class_b": "An alphabet is compared with a class; look up the alphabets of both "
            "classes.",
        },
    ),
]

THRESHOLD = "level * (4 - d_0) / levels + d_0"
SUM = "beta + d_l - s[row]"
D_0 = "d_0 = s.mean()"
SIZES = "torch.stack([(labels == c).sum() for c in classes])"

VIOLATE_MARGIN = [
    slip(
        "s of the anchor's class",
        {"searchsorted(classes, anchor_labels)": "searchsorted(classes, negative_labels)"},
        "s of the negative's class is subtracted; take the anchor's.",
    ),
    *constant("(4 - d_0) / levels", "levels", "L", 16, 2, 3),
    slip(
        "the classes",
        {
            "classes, d, s =": "anchor_labels, negative_labels = labels[anchor_labels], labels[negative_labels]\n"
            "        classes, d, s ="
        },
        "anchor_labels and negative_labels are taken for rows of the batch; they are the classes already.",
    ),
    *terms(SUM, {"beta": "β", "d_l": "d_l", "s[row]": "s of the anchor's class"}),
    *at(
        "d_0 in d_l",
        THRESHOLD,
        {
            "(level * 4 - d_0) / levels + d_0": "l multiplies 4 alone; it multiplies 4 − d_0.",
            "level * 4 - d_0 / levels + d_0": "l multiplies 4 alone, and only d_0 is divided by L; mind the brackets.",
            "level * (4 - d_0) / levels": "d_0 is not added: d_l starts from it.",
            "level * 4 / levels": "d_l is 4·l/L, without d_0; it climbs from d_0 to 4.",
            "level * (4 - d_0) / levels + 4": "d_l starts from 4; it starts from d_0.",
            "level * ((4 - d_0) / levels + d_0)": "d_0 is multiplied by l; it is added once.",
            "level * (4 - d_0) / levels - d_0": "d_0 is subtracted in d_l; add it.",
            "d[torch.searchsorted(classes, anchor_labels), torch.searchsorted(classes, negative_labels)]": "d(p, q) of the "
            "two classes stands in the place of d_l; d_l is that of their level.",
            "level * (d.max() - d_0) / levels + d_0": "d_l climbs to the largest d; it climbs to 4.",
            "level * (4 - d_0) // levels + d_0": "The quotient is cut to a whole number; divide with /.",
            "level // levels * (4 - d_0) + d_0": "d_l is d_0 whatever the level; perhaps l/L is cut to a whole number, or "
            "the level is that of one class with itself.",
            "(level * (4 - d_0) / levels + d_0).square()": "d_l is squared; it is one already.",
            "(level * (4 - d_0) / levels + d_0).sqrt()": "The root of d_l is taken; leave it out.",
            "(level * (4 - d_0) + d_0) / levels": "d_0 is divided by L; it is added as it is.",
            "level * (4 - d_0) / levels + s[row]": "d_l starts from s of the anchor's class; it starts from d_0.",
        },
    ),
    *at(
        "(4 − d_0)/L",
        "(4 - d_0)",
        {
            "4": "d_l climbs by 4/L a level; it climbs by (4 − d_0)/L.",
            "(4 + d_0)": "d_l climbs by (4 + d_0)/L a level; it climbs by (4 − d_0)/L.",
            "(d_0 - 4)": "d_l falls by (4 − d_0)/L a level; it climbs by that.",
            "(2 - d_0)": "d_l climbs to 2; it climbs to 4, the largest squared distance on the sphere.",
            "(1 - d_0)": "d_l climbs to 1; it climbs to 4, the largest squared distance on the sphere.",
        },
    ),
    slip(
        "L",
        {"(4 - d_0) / levels": "(4 - d_0)"},
        "d_l is not divided by L.",
    ),
    *at(
        "L",
        "/ levels",
        {
            "/ (levels + 1)": "d_l climbs in L + 1 steps; it climbs in L.",
            "/ (levels - 1)": "d_l climbs in L − 1 steps; it climbs in L.",
            "* levels": "You multiply by L; divide by it.",
        },
    ),
    *at(
        "l",
        THRESHOLD,
        {
            "level + (4 - d_0) / levels + d_0": "l is added; it multiplies (4 − d_0)/L.",
            "(4 - d_0) / levels + d_0 + 0 * level": "All triplets have d_1; take d_l of their own level l.",
        },
    ),
    *at(
        "l",
        "d_l = level *",
        {
            "d_l = (levels - level) *": "d_l is that of level L − l; take that of l.",
            "d_l = (2 - level) *": "d_l is that of level 2 − l; take that of l.",
            "d_l = (level + 1) *": "d_l is that of the next level; take that of l.",
        },
    ),
    *at(
        "l",
        "tree_level(anchor_labels, negative_labels, alphabet_of)",
        {
            "torch.full_like(anchor_labels, 2)": "The level is 2 for every pair; ask tree_level for each.",
            "tree_level(anchor_labels, negative_labels, alphabet_of[labels])": "alphabet_of[labels] is passed on; pass on "
            "the whole table, tree_level looks up classes in it.",
            "tree_level(anchor_labels, negative_labels, alphabet_of).max()": "All triplets have the highest level "
            "among them; each has its own.",
        },
    ),
    *at(
        "d_0",
        D_0,
        {
            "d_0 = d.mean()": "d_0 is the mean of all of d; it is the mean of s.",
            "d_0 = d.diagonal().mean()": "d_0 is the mean of d's diagonal; it is the mean of s.",
            "d_0 = (d.sum() - d.diagonal().sum()) / (len(d) ** 2 - len(d))": "d_0 is the mean distance between "
            "different classes; it is the mean of s.",
            "d_0 = s.sum()": "d_0 is the sum of s; divide by the number of classes.",
            f"n = {SIZES}\n        d_0 = (n * s).sum() / n.sum()": "d_0 is a mean over the pictures; it is the mean "
            "of s over the classes.",
            f"n = {SIZES}\n        d_0 = ((n * n - n) * s).sum() / (n * n - n).sum()": "d_0 is a mean over all pairs "
            "of pictures of a class; it is the mean of s over the classes.",
            "d_0 = s[torch.searchsorted(classes, anchor_labels)].mean()": "d_0 is the mean of s over the triplets' "
            "anchors; it is the mean over the classes of the batch.",
            "d_0 = (features[:, None] - features).square().sum(dim=2).mean()": "d_0 is the mean squared distance of "
            "all pairs of the batch; it is the mean of s.",
            "d_0 = (features[:, None] - features).square().sum() / (len(features) ** 2 - len(features))": "d_0 is "
            "the mean squared distance of two different pictures of the batch; it is the mean of s.",
            "d_0 = d[torch.searchsorted(classes, anchor_labels), torch.searchsorted(classes, negative_labels)]": "d_0 is "
            "d(p, q) of the two classes; it is the mean of s.",
            "d_0 = d.min()": "d_0 is the smallest entry of d; it is the mean of s.",
            "d_0 = s[torch.searchsorted(classes, negative_labels)].mean()": "d_0 is the mean of s over the triplets' "
            "negatives; it is the mean over the classes of the batch.",
            "d_0 = s.sqrt().mean()": "d_0 is the mean of roots; it is the mean of s.",
            "d_0 = s.min()": "d_0 is the smallest s; it is the mean.",
            "d_0 = s.max()": "d_0 is the largest s; it is the mean.",
            "d_0 = s.median()": "d_0 is the median of s; it is the mean.",
            "d_0 = s[torch.searchsorted(classes, anchor_labels)]": "d_0 is s of the anchor's class; it is the mean "
            "of s over the classes.",
            "d_0 = s[torch.searchsorted(classes, negative_labels)]": "d_0 is s of the negative's class; it is the "
            "mean of s over the classes.",
            "d_0 = 0": "d_0 is 0; it is the mean of s.",
        },
    ),
    *at(
        "s of the anchor's class",
        "s[row]",
        {
            "s[anchor_labels]": "The label is used as a row of s; the rows follow classes, which may have gaps.",
            "s.mean()": "The mean of s is subtracted; subtract s of the anchor's class.",
            "d[row, row]": "d(p, p) of the anchor's class is subtracted; subtract s: a picture with itself does not "
            "count.",
            "d[row, torch.searchsorted(classes, negative_labels)]": "The distance of the two classes is subtracted; "
            "subtract s of the anchor's class.",
            "s[row].sqrt()": "The root of s is subtracted; subtract s.",
            "s[row] / 2": "Half of s is subtracted; subtract s of the anchor's class.",
            "s[row] - s[torch.searchsorted(classes, negative_labels)]": "s of both classes is subtracted; subtract "
            "that of the anchor's class alone.",
            "(s[row] + s[torch.searchsorted(classes, negative_labels)]) / 2": "The mean of both classes' s is "
            "subtracted; subtract that of the anchor's class alone.",
        },
    ),
    *constant(SUM, "beta", "β", 0.1, 0.3, 0.2, 1),
    slip(
        "β",
        {SUM: "beta * d_l - s[row]"},
        "β multiplies d_l; add it.",
    ),
    *at(
        "the margin",
        SUM,
        {
            "(beta + d_l - s[row]).clamp(min=0)": "The margin is clamped at 0; it may be negative.",
            "(beta + d_l - s[row]).abs()": "The margin is never negative here; it may be.",
            "(beta + d_l - s[row]).sqrt()": "The root of the margin is returned; leave it out.",
            "(beta + d_l - s[row]).clamp(min=beta)": "The margin is β at least; it may be smaller, and negative.",
            "(beta + d_l - s[row]).mean()": "One mean margin is returned; return that of each triplet.",
            "(beta + d_l - s[row]).mean().expand(len(row))": "All triplets have the mean margin; each has its own.",
            "(beta + d_l - s[row])[:, None]": "The margins are a column; return one dimension, (T,).",
            "beta + d_l[:, None] - s[row]": "The margins are a table: each d_l with each s. Combine them triplet by "
            "triplet.",
        },
    ),
    slip(
        "the gradient",
        {"torch.no_grad()": "torch.enable_grad()"},
        "The margin carries a gradient; compute it under torch.no_grad(), or detach it.",
    ),
    slip(
        "the gradient",
        {"torch.no_grad()": "torch.enable_grad()", "s[row]": "s[row].detach()"},
        "d_0 carries a gradient; the whole margin is a constant: compute it under torch.no_grad(), or detach it.",
    ),
    slip(
        "the gradient",
        {"torch.no_grad()": "torch.enable_grad()", D_0: f"{D_0}.detach()"},
        "s carries a gradient; the whole margin is a constant: compute it under torch.no_grad(), or detach it.",
    ),
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
    slip(
        "|a − p|² and |a − n|²",
        {
            TO_POSITIVE: "(features[a] - features[p]).norm(dim=1)",
            TO_NEGATIVE: "(features[a] - features[n]).norm(dim=1)",
            TERMS: "(to_positive - to_negative).square() + margin",
        },
        "The difference of |a − p| and |a − n| is squared; square each of them.",
    ),
    *squared({TO_POSITIVE: "|a − p|²", TO_NEGATIVE: "|a − n|²"}, "|a − p|² and |a − n|²"),
    slip(
        "|a − p|² and |a − n|²",
        {TO_POSITIVE: f"{TO_POSITIVE} / 2", TO_NEGATIVE: f"{TO_NEGATIVE} / 2"},
        "|a − p|² and |a − n|² are half of what they are (as 1 − a·p is, on the unit sphere).",
    ),
    *at(
        "the mean",
        "return terms.mean()",
        {
            "return terms.sum()": "You sum over the triplets; take the mean.",
            "return terms.sum() / (terms > 0).sum().clamp(min=1)": "You average over the triplets that violate their "
            "margin; average over all.",
            "return terms.sum() / len(features)": "You divide by the size of the batch; divide by T, the number of "
            "triplets.",
            "return terms.sum() / len(labels.unique())": "You divide by the number of classes; divide by T, the "
            "number of triplets.",
            "return terms.sum() / (len(terms) - 1)": "You divide by T − 1; divide by T, the number of triplets.",
            "return torch.stack([terms[a == row].mean() for row in a.unique()]).mean()": "You average over the triplets of "
            "each anchor, and then over the anchors; take one mean over all triplets.",
            "return torch.stack([terms[labels[a] == c].mean() for c in labels[a].unique()]).mean()": "You average over the "
            "triplets of each class, and then over the classes; take one mean over all triplets.",
            "return torch.stack([terms[labels[a] == c].sum() for c in labels[a].unique()]).mean()": "You divide by the "
            "number of classes; divide by T, the number of triplets.",
            "return terms[:-1].mean()": "The last triplet is left out.",
            "return terms.median()": "You take the median; take the mean.",
            "return terms.mean() / 2": "You divide by 2T; divide by T.",
            "return terms.max()": "You take the largest term; take the mean.",
            "return terms": "You return a term for each triplet; return their mean.",
        },
    ),
    *at(
        "the hinge",
        HINGE,
        {
            f"({TERMS})": "max(·, 0) is missing.",
            "(to_positive - to_negative).clamp(min=0) + margin": "The margin is added after max(·, 0); it belongs "
            "inside.",
            f"({TERMS}).abs()": "A negative term counts with its absolute value; it counts 0.",
            f"nn.functional.softplus({TERMS})": "The hinge is rounded off, log(1 + exp(·)); take max(·, 0).",
            f"({TERMS}).clamp(max=0)": "You take min(·, 0); take max(·, 0).",
            "to_positive + (margin - to_negative).clamp(min=0)": "max(·, 0) acts on the margin less |a − n|² alone; it acts "
            "on the whole sum.",
            "torch.maximum(to_positive - to_negative, margin)": "The margin is the least of a term; add it, and take "
            "max(·, 0).",
            f"({TERMS}).clamp(min=0, max=1)": "The terms are cut off at 1; they have no upper end.",
            f"({TERMS}).clamp(min=0).square()": "The terms are squared after max(·, 0); average them as they are.",
        },
    ),
    slip(
        "the hinge",
        {HINGE: f"({TERMS})", "return terms.mean()": "return terms.mean().clamp(min=0)"},
        "max(·, 0) acts on the mean; each triplet has its own.",
    ),
    slip(
        "the hinge",
        {HINGE: "(to_positive - to_negative).relu() + margin"},
        "The margin is added after max(·, 0); it belongs inside.",
    ),
    slip(
        "|a − p|² and |a − n|²",
        {TERMS: "to_negative - to_positive + margin"},
        "|a − p|² and |a − n|² stand in each other's place: |a − p|² is added, |a − n|² subtracted.",
    ),
    slip(
        "|a − p|² and |a − n|²",
        {TERMS: "to_positive.sum() - to_negative.sum() + margin"},
        "|a − p|² and |a − n|² are summed over all triplets; each triplet has its own.",
    ),
    slip(
        "|a − p|² and |a − n|²",
        {TERMS: "to_positive.mean() - to_negative.mean() + margin"},
        "|a − p|² and |a − n|² are averaged over all triplets before max(·, 0); each triplet has its own.",
    ),
    slip(
        "the loss",
        {
            TO_POSITIVE: "nn.functional.pairwise_distance(features[a], features[p])",
            TO_NEGATIVE: "nn.functional.pairwise_distance(features[a], features[n])",
            TERMS: "to_positive - to_negative + self.beta",
        },
        "The distances are not squared, and the margin is β for all triplets, as in triplet_margin_loss; each "
        "triplet has a "
        "margin of its own.",
    ),
    slip(
        "the loss",
        {
            TO_POSITIVE: "nn.functional.pairwise_distance(features[a], features[p])",
            TO_NEGATIVE: "nn.functional.pairwise_distance(features[a], features[n])",
            TERMS: "to_positive - to_negative + margin.mean()",
        },
        "The distances are not squared, and all triplets have the mean margin, as in triplet_margin_loss; each "
        "triplet has a margin of its own.",
    ),
    slip(
        "the loss",
        {
            TO_POSITIVE: "nn.functional.pairwise_distance(features[a], features[p])",
            TO_NEGATIVE: "nn.functional.pairwise_distance(features[a], features[n])",
            TERMS: "to_positive - to_negative + 1",
        },
        "The distances are not squared, and the margin is 1 for all triplets, as in triplet_margin_loss; each "
        "triplet has a "
        "margin of its own.",
    ),
    *terms(TERMS, {"to_positive": "|a − p|²", "to_negative": "|a − n|²", "margin": "the margin"}),
    slip(
        "L",
        _called("labels[a], labels[n], self.alphabet_of, self.beta"),
        "L = 16 is used whatever is asked for; pass self.levels on to violate_margin.",
    ),
    slip(
        "β and L",
        _called("labels[a], labels[n], self.alphabet_of"),
        "β = 0.1 and L = 16 are used whatever is asked for; pass self.beta and self.levels on to violate_margin.",
    ),
    slip(
        "β",
        _called("labels[a], labels[n], self.alphabet_of, levels=self.levels"),
        "β = 0.1 is used whatever is asked for; pass self.beta on to violate_margin.",
    ),
    slip(
        "β and L",
        _called("labels[a], labels[n], self.alphabet_of, self.levels, self.beta"),
        "β and L are passed on in each other's place.",
    ),
    slip(
        "the classes of the margin",
        _called("labels[n], labels[a], self.alphabet_of, self.beta, self.levels"),
        "The margin is that of the negative's class; the anchor's labels come first.",
    ),
    slip(
        "the classes of the margin",
        _called("labels[a], labels[p], self.alphabet_of, self.beta, self.levels"),
        "The level of the margin is that of anchor and positive; take anchor and negative.",
    ),
    slip(
        "the classes of the margin",
        _called("a, n, self.alphabet_of, self.beta, self.levels"),
        "violate_margin gets rows of the batch; it needs their classes, labels[a] and labels[n].",
    ),
    slip(
        "the classes of the margin",
        _called("a, labels[n], self.alphabet_of, self.beta, self.levels"),
        "violate_margin gets the anchors' rows; it needs their classes, labels[a].",
    ),
    slip(
        "the classes of the margin",
        _called("labels[a], n, self.alphabet_of, self.beta, self.levels"),
        "violate_margin gets the negatives' rows; it needs their classes, labels[n].",
    ),
    slip(
        "the classes of the margin",
        _called("labels[: len(a)], labels[n], self.alphabet_of, self.beta, self.levels"),
        "violate_margin gets the first labels of the batch; it needs those of the anchors, labels[a].",
    ),
    slip(
        "the classes of the margin",
        _called("labels[a], labels[n], self.alphabet_of[labels], self.beta, self.levels"),
        "alphabet_of[labels] is passed on; pass on the whole table, tree_level looks up classes in it.",
    ),
    slip(
        "the batch of the margin",
        {"violate_margin(features, labels, ": "violate_margin(features[a], labels[a], "},
        "violate_margin gets the anchors alone; s and d_0 are those of the whole batch: pass on features and labels.",
    ),
    slip(
        "the batch of the margin",
        {
            "violate_margin(features, labels, ": "violate_margin(features[torch.cat((a, p, n))], "
            "labels[torch.cat((a, p, n))], "
        },
        "violate_margin gets the triplets' pictures, some of them several times; s and d_0 are those of the batch: pass "
        "on features and labels.",
    ),
    slip(
        "the classes of the margin",
        _called("labels[n], labels[n], self.alphabet_of, self.beta, self.levels"),
        "The margin is that of the negative's class with itself; pass on the anchor's class, then the negative's.",
    ),
    *at(
        "the margin",
        TERMS,
        {
            "to_positive - to_negative + margin.mean()": "All triplets have the mean margin; each has its own.",
            "to_positive - to_negative + margin.sum()": "All triplets have the sum of the margins; each has its own.",
            "to_positive - to_negative + margin.square()": "The margin is squared; it is in squared units already.",
            "margin * to_positive - to_negative": "The margin multiplies; add it.",
            "to_positive - to_negative + margin.max()": "All triplets have the largest margin; each has its own.",
            "to_positive - to_negative + margin[0]": "All triplets have the margin of the first; each has its own.",
            "to_positive - to_negative + margin.clamp(min=0)": "The margin is clamped at 0; it may be negative.",
            "to_positive - to_negative + self.beta": "The margin is β alone; ask violate_margin for that of each "
            "triplet.",
            "to_positive - to_negative + margin + self.beta": "β is added twice; the margin already holds it.",
            "to_positive - to_negative + margin.clamp(min=0).sqrt()": "The root of the margin is added; add the "
            "margin.",
            "to_positive - to_negative + 0.3": "The margin is 0.3 for all triplets; ask violate_margin for that of "
            "each triplet.",
            "to_positive - to_negative + 0.2": "The margin is 0.2 for all triplets; ask violate_margin for that of "
            "each triplet.",
            "to_positive - to_negative + 1": "The margin is 1 for all triplets; ask violate_margin for that of each "
            "triplet.",
            "(to_positive - to_negative)[:, None] + margin": "Each margin is added to each triplet, a table; add "
            "them triplet by triplet.",
        },
    ),
    slip(
        "the margin",
        {
            MARGIN: "classes, _, s = class_distances(features, labels)\n"
            "        d_l = tree_level(labels[a], labels[n], self.alphabet_of) * (4 - s.mean()) / self.levels + "
            "s.mean()\n        margin = self.beta + d_l - s[torch.searchsorted(classes, labels[a])]"
        },
        "The gradient also runs through the margin; it is a constant.",
    ),
    *at(
        "the roles",
        DRAWN,
        {
            "a, n, p = self.sampler.sample_ids(features, labels)": "Positive and negative are exchanged.",
            "n, p, a = self.sampler.sample_ids(features, labels)": "Anchor and negative are exchanged.",
            "p, a, n = self.sampler.sample_ids(features, labels)": "Anchor and positive are exchanged.",
            "a, p, n = self.sampler.sample(features, labels)": "sample gives vectors; sample_ids gives rows, of which "
            "labels[a] and features[a] are made.",
        },
    ),
    *at(
        "|a − n|²",
        TO_NEGATIVE,
        {
            "(features[p] - features[n]).square().sum(dim=1)": "The negative's distance is that to the positive; "
            "take that to the anchor.",
            "torch.minimum((features[a] - features[n]).square().sum(dim=1), (features[p] - "
            "features[n]).square().sum(dim=1))": "The negative's distance is the smaller of those to anchor and "
            "positive; "
            "take that to the anchor.",
        },
    ),
    slip(
        "the gradient",
        {
            "(features[a] - features[p])": "(features[a].detach() - features[p])",
            "(features[a] - features[n])": "(features[a].detach() - features[n])",
        },
        "No gradient flows through the anchor.",
    ),
    slip(
        "the gradient",
        {"features[a] - features[p]": "features[a] - features[p].detach()"},
        "No gradient flows through the positive.",
    ),
    slip(
        "the gradient",
        {"features[a] - features[n]": "features[a] - features[n].detach()"},
        "No gradient flows through the negative.",
    ),
    slip(
        "the gradient",
        {
            "features[a] - features[p]": "features[a] - features[p].detach()",
            "features[a] - features[n]": "features[a] - features[n].detach()",
        },
        "Gradient flows through the anchor alone; it must flow through positive and negative, too.",
    ),
    slip(
        "the gradient",
        {"to_positive -": "to_positive.detach() -"},
        "No gradient flows through |a − p|².",
    ),
    slip(
        "the gradient",
        {"- to_negative +": "- to_negative.detach() +"},
        "No gradient flows through |a − n|².",
    ),
    slip(
        "the gradient",
        {"return terms.mean()": "return terms.mean().detach()"},
        "No gradient flows at all: the loss is detached.",
    ),
    slip(
        "what stays of the last batch",
        {DRAWN: "a, p, n = self.__dict__.setdefault('ids', self.sampler.sample_ids(features, labels))"},
        "The triplets of the first batch are kept; ask the sampler for each batch.",
    ),
    slip(
        "what stays of the last batch",
        {MARGIN: MARGIN.replace("margin = ", "margin = self.__dict__.setdefault('margin', ") + ")"},
        "The margins of the first batch are kept; they are made of each batch anew.",
    ),
    slip(
        "what stays of the last batch",
        {
            "return terms.mean()": "self.__dict__.setdefault('terms', []).append(terms)\n"
            "        return torch.cat(self.terms).mean()"
        },
        "The terms of the batch before are still there; begin each batch with none.",
    ),
]

MUTATIONS = {
    "class_distances": CLASS_DISTANCES,
    "tree_level": TREE_LEVEL,
    "violate_margin": VIOLATE_MARGIN,
    "HierarchicalTripletMarginLossWithSampler": CRITERION,
}
