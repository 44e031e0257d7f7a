"""Slips in the four parts of the paper's whole method, for `solutions.mutations`."""

from solutions.mutations import at, constant, slip, squared, terms

BELOW = "joined = d < l * (4 - d_0) / levels + d_0"
CLIMB = "l * (4 - d_0) / levels + d_0"
D_0 = "d_0 = s.mean()"
DIAGONAL = "level.fill_diagonal_(0)"
CHAINS = """\
        for via in range(len(d)):
            joined = joined | (joined[:, via, None] & joined[via])
"""

MERGE_LEVELS = [
    *at(
        "the chains",
        CHAINS,
        {
            "": "The distance of the two classes alone decides; they also meet by way of others.",
            "        joined = joined | (joined.float() @ joined.float() > 0)\n": "One class in between is allowed; a "
            "chain may have any number of steps.",
            "        joined = torch.linalg.matrix_power(joined.float() + torch.eye(len(d)), 3) > 0\n": "Two classes "
            "in between are allowed; a chain may have any number of steps.",
        },
    ),
    slip(
        "the chains",
        {
            BELOW: "way = d.clone()\n        for via in range(len(d)):\n"
            "            way = torch.minimum(way, way[:, via, None] + way[via])\n"
            "        joined = way < l * (4 - d_0) / levels + d_0",
            CHAINS: "",
        },
        "The steps of a chain are added up; each step by itself must be shorter than d_l.",
    ),
    slip(
        "the root",
        {
            "torch.full(d.shape, levels)": "torch.zeros_like(d).long()",
            "range(levels - 1, -1, -1)": "range(levels, -1, -1)",
        },
        "What is not nearer than d_L = 4 is never joined; at level L, the root, all classes are together.",
    ),
    slip(
        "the chains",
        {
            D_0: f"{D_0}\n    from scipy.cluster.hierarchy import cophenet, linkage\n"
            "    from scipy.spatial.distance import squareform\n"
            "    d = torch.tensor(squareform(cophenet(linkage(squareform(d, checks=False), 'average'))))"
        },
        "The mean distance of two nodes decides; their nearest two classes do.",
    ),
    *at(
        "the threshold",
        "joined = d < l",
        {
            "joined = d.sqrt() < l": "The root of d is compared with d_l; d and d_l are squared distances both.",
            "joined = d.square() < l": "d is squared once more; d and d_l are squared distances both.",
            "joined = d < (l + 1)": "d_l is that of the next level.",
            "joined = d < (l - 1)": "d_l is that of the level below.",
            "joined = d <= l": "Classes at exactly d_l are joined; they must be nearer: d < d_l.",
            "joined = d > l": "Classes farther than d_l are joined; join those that are nearer.",
        },
    ),
    *at(
        "d_0 in d_l",
        CLIMB,
        {
            "l * (4 - d_0) / levels": "d_0 is not added: d_l starts from it.",
            "l * ((4 - d_0) / levels + d_0)": "d_0 is multiplied by l; it is added once.",
            "l * (4 - d_0) / levels - d_0": "d_0 is subtracted in d_l; add it.",
            "(l * (4 - d_0) + d_0) / levels": "d_0 is divided by L; it is added as it is.",
        },
    ),
    *at(
        "d_0",
        D_0,
        {
            "d_0 = s.median()": "d_0 is the median of s; it is the mean.",
            "d_0 = 0": "d_0 is 0; it is the mean of s.",
            "d_0 = d.diagonal().mean()": "d_0 is the mean of d's diagonal; it is the mean of s.",
            "d_0 = d.mean()": "d_0 is the mean of all of d; it is the mean of s.",
            "d_0 = s.sum()": "d_0 is the sum of s; it is the mean.",
            "d_0 = s.min()": "d_0 is the smallest s; it is the mean.",
            "d_0 = s.max()": "d_0 is the largest s; it is the mean.",
            "d_0 = s[:, None]": "d_0 is s of the row's class; it is the mean of s.",
        },
    ),
    slip(
        "(4 − d_0)/L",
        {"(4 - d_0)": "4"},
        "d_l climbs by 4/L a level; it climbs by (4 − d_0)/L.",
    ),
    *constant("(4 - d_0) / levels", "levels", "L", 16, 2),
    *at(
        "L",
        "/ levels",
        {
            "/ (levels + 1)": "d_l climbs in L + 1 steps; it climbs in L.",
            "/ (levels - 1)": "d_l climbs in L − 1 steps; it climbs in L.",
        },
    ),
    *at(
        "the diagonal",
        DIAGONAL,
        {
            "pass": "A class and itself have another level than 0.",
            "level.fill_diagonal_(1)": "A class and itself have level 1; it is 0.",
        },
    ),
    *at(
        "the levels",
        DIAGONAL,
        {
            "level += 1\n    level.fill_diagonal_(0)": "All levels of two classes are one too high.",
            "level -= 1\n    level.fill_diagonal_(0)": "All levels of two classes are one too low.",
            "level = level.clamp(min=1)\n    level.fill_diagonal_(0)": "The lowest level of two classes is 1; they "
            "meet at level 0 if they are nearer than d_0.",
            "level = levels - level\n    level.fill_diagonal_(0)": "The levels count from the root down; they count "
            "from the leaves up.",
        },
    ),
    *at(
        "the levels",
        "torch.full(d.shape, levels)",
        {
            "torch.full(d.shape, 16)": "The root is level 16 whatever is asked for; use the argument levels.",
            "torch.full(d.shape, levels + 1)": "What the thresholds do not join gets level L + 1; the root is L.",
            "torch.full(d.shape, levels - 1)": "What the thresholds do not join gets level L − 1; the root is L.",
            "torch.zeros_like(d).long()": "What the thresholds do not join gets level 0; the root is L.",
        },
    ),
    *at(
        "the levels",
        "return level",
        {
            "return level.float()": "The levels are floating point numbers; return integers.",
            "return level.triu()": "The table is 0 below its diagonal; the levels of (p, q) and (q, p) are the same.",
        },
    ),
]

MARGIN = "beta + d_l - s[:, None]"
LEVEL = "level * (4 - d_0) / levels + d_0"
TREE_MARGIN = [
    *at(
        "s of the anchor's class",
        "s[:, None]",
        {
            "s": "s of the negative's class is subtracted; take the anchor's, that of the row.",
            "d_0": "d_0 is subtracted; subtract s of the anchor's class.",
            "s[:, None] - s": "s of both classes is subtracted; subtract that of the anchor's class alone.",
        },
    ),
    *terms(MARGIN, {"beta": "β", "d_l": "d_H", "s[:, None]": "s of the anchor's class"}),
    *at(
        "s of the anchor's class",
        "s[:, None]",
        {
            "(s[:, None] + s) / 2": "The mean of both classes' s is subtracted; subtract that of the anchor's class alone.",
            "s[:, None].sqrt()": "The root of s is subtracted; subtract s.",
            "s.mean()": "The mean of s is subtracted; subtract s of the anchor's class.",
        },
    ),
    slip(
        "β",
        {MARGIN: "beta * d_l - s[:, None]"},
        "β multiplies d_l; add it.",
    ),
    *at(
        "d_0 in d_H",
        LEVEL,
        {
            "(level * 4 - d_0) / levels + d_0": "The level multiplies 4 alone; it multiplies 4 − d_0.",
            "level * (4 - d_0) / levels": "d_0 is not added: d_l starts from it.",
            "level * 4 / levels": "d_l is 4·l/L, without d_0; it climbs from d_0 to 4.",
            "level * ((4 - d_0) / levels + d_0)": "d_0 is multiplied by the level; it is added once.",
            "level * (4 - d_0) / levels - d_0": "d_0 is subtracted in d_l; add it.",
            "(level * (4 - d_0) + d_0) / levels": "d_0 is divided by L; it is added as it is.",
            "level * (4 - d_0) // levels + d_0": "The quotient is cut to a whole number; divide with /.",
            "level // levels * (4 - d_0) + d_0": "H/L is cut to a whole number; divide with /.",
        },
    ),
    *at(
        "(4 − d_0)/L",
        "(4 - d_0)",
        {
            "4": "d_l climbs by 4/L a level; it climbs by (4 − d_0)/L.",
            "(4 + d_0)": "d_l climbs by (4 + d_0)/L a level; it climbs by (4 − d_0)/L.",
        },
    ),
    *constant("(4 - d_0) / levels", "levels", "L", 16, 2),
    slip(
        "L",
        {"(4 - d_0) / levels": "(4 - d_0)"},
        "d_l is not divided by L.",
    ),
    *at(
        "L",
        "/ levels",
        {
            "/ level.max()": "L is the highest level that occurs; use the argument levels.",
            "/ (level.max() + 1)": "L is one more than the highest level that occurs; use the argument levels.",
            "/ len(s)": "L is the number of classes; use the argument levels.",
            "/ (levels + 1)": "d_l climbs in L + 1 steps; it climbs in L.",
            "/ (levels - 1)": "d_l climbs in L − 1 steps; it climbs in L.",
        },
    ),
    *at(
        "d_0",
        D_0,
        {
            "d_0 = s[:, None]": "d_0 is s of the anchor's class; it is the mean of s.",
            "d_0 = s": "d_0 is s of the negative's class; it is the mean of s.",
            "d_0 = s.sum()": "d_0 is the sum of s; it is the mean.",
            "d_0 = s.min()": "d_0 is the smallest s; it is the mean.",
            "d_0 = s.max()": "d_0 is the largest s; it is the mean.",
            "d_0 = s.median()": "d_0 is the median of s; it is the mean.",
            "d_0 = 0": "d_0 is 0; it is the mean of s.",
        },
    ),
    *constant(MARGIN, "beta", "β", 0.1, 0.3, 0.2),
    *at(
        "the level",
        "d_l = level *",
        {
            "d_l = (level + 1) *": "d_H is that of the next level.",
            "d_l = (levels - level) *": "d_H is that of level L − H.",
        },
    ),
    *at(
        "the margin",
        MARGIN,
        {
            "(beta + d_l - s[:, None]).clamp(min=0)": "The margin is clamped at 0; it may be negative.",
            "(beta + d_l - s[:, None]).abs()": "The margin is never negative here; it may be.",
        },
    ),
    slip(
        "the margin",
        {f"return {MARGIN}": f"return ({MARGIN}).fill_diagonal_(0)"},
        "The diagonal is 0; it is the formula with p = q.",
    ),
]

ANCHOR_NEIGHBOURS = [
    *at(
        "the neighbours",
        "d[anchor, q].item()",
        {
            "-d[anchor, q].item()": "The farthest classes are taken; take the nearest.",
            "(d[anchor, q].item(), -q)": "Of equally near classes the highest number is taken; take the lowest.",
        },
    ),
    *at(
        "the neighbours",
        "[: m - 1]",
        {
            "[: m - 1]\n        nearest = sorted(nearest)": "The neighbours stand in the order of their numbers; let "
            "them stand from near to far.",
            "[: m - 1][::-1]": "The neighbours stand from far to near; let them stand from near to far.",
            "[:m]": "m neighbours are taken; with the anchor itself there are m classes, so m − 1.",
            "[: m - 2]": "m − 2 neighbours are taken; with the anchor itself there are m classes, so m − 1.",
            "[1:m]": "The nearest free class is left out.",
        },
    ),
    slip(
        "the neighbours",
        {
            "nearest = sorted(free, key=lambda q: d[anchor, q].item())[: m - 1]": "nearest = []\n"
            "        while len(nearest) < m - 1:\n            last = [anchor, *nearest][-1]\n"
            "            nearest.append(min(set(free) - set(nearest), key=lambda q: (d[last, q].item(), q)))"
        },
        "The next neighbour is the nearest to the last one; take the nearest to the anchor.",
    ),
    slip(
        "the neighbours",
        {"d[anchor, q].item()": "d[anchors, q].sum().item()"},
        "The classes nearest to all anchors together are taken; take the nearest to this anchor.",
    ),
    slip(
        "the neighbours",
        {"d[anchor, q].item()": "d[anchors, q].min().item()"},
        "The classes nearest to any anchor are taken; take the nearest to this anchor.",
    ),
    slip(
        "the neighbours",
        {"sorted(free, key=lambda q: d[anchor, q].item())": "free"},
        "The lowest free numbers are taken; take the nearest classes.",
    ),
    slip(
        "what is taken",
        {"        taken.update(nearest)\n": ""},
        "A class is taken twice; what an earlier anchor took is gone.",
    ),
    slip(
        "what is taken",
        {"set(anchors.tolist())": "set()", "free = [": "taken.add(anchor)\n        free = ["},
        "An anchor is taken as a neighbour; all anchors are in the batch from the start.",
    ),
    slip(
        "what is taken",
        {"set(anchors.tolist())": "set()", "        taken.update(nearest)\n": "", "q not in taken": "q != anchor"},
        "Each anchor takes its nearest classes whatever is taken; anchors and what earlier ones took are gone.",
    ),
    slip(
        "the anchors",
        {"for anchor in anchors.tolist()": "for anchor in sorted(anchors.tolist())"},
        "The anchors stand in ascending order; keep that in which they were given.",
    ),
    slip(
        "the anchors",
        {"not in taken]": "not in taken or q == anchor]", "[: m - 1]": "[:m]", "[anchor, *nearest]": "nearest"},
        "The nearest class is taken for the anchor itself; d(p, p) is not 0, so put the anchor in by name.",
    ),
    slip(
        "the anchors",
        {"batch += [anchor, *nearest]": "batch += nearest"},
        "The anchors are left out; each stands before its neighbours.",
    ),
    slip(
        "the anchors",
        {"[anchor, *nearest]": "[*nearest, anchor]"},
        "Each anchor stands behind its neighbours; it comes first.",
    ),
    slip(
        "the anchors",
        {"batch = []": "batch = anchors.tolist()", "[anchor, *nearest]": "nearest"},
        "All anchors stand first; let each be followed by its own neighbours.",
    ),
    *at(
        "the batch",
        "torch.tensor(batch)",
        {
            "torch.tensor(batch).sort().values": "The batch is sorted; each anchor is followed by its neighbours, "
            "from near to far.",
            "torch.tensor(batch).view(len(anchors), -1)": "The batch is a table with a row for each anchor; return "
            "one dimension.",
            "torch.tensor(batch).view(len(anchors), -1).T.flatten()": "The anchors' neighbours alternate; let each "
            "anchor be followed by all of its own.",
        },
    ),
    slip(
        "the batch",
        {
            "    for anchor in anchors.tolist():\n": "    group = {anchor: [anchor] for anchor in "
            "anchors.tolist()}\n    for anchor in anchors.tolist() * (m - 1):\n",
            "[: m - 1]": "[:1]",
            "batch += [anchor, *nearest]": "group[anchor] += nearest",
            "torch.tensor(batch)": "torch.tensor([q for own in group.values() for q in own])",
        },
        "The anchors take one class each in turn; the first anchor takes all of its own, then the second.",
    ),
]

OUT = "squared[a, p] - squared[a, n] + margin[labels[a], labels[n]]"
LOOKED_UP = "margin[labels[a], labels[n]]"
CLAMPED = "torch.stack(terms).clamp(min=0)"
HALF = "terms.sum() / (2 * len(terms))"
ALL_TRIPLETS_LOSS = [
    *squared({"(features[:, None] - features).square().sum(dim=2)": "the distances"}),
    slip(
        "|a − p|²",
        {"squared[a, p]": "squared[a, p].sqrt()"},
        "|a − p| is not squared (|a − n|² is).",
    ),
    slip(
        "|a − n|²",
        {"squared[a, n]": "squared[a, n].sqrt()"},
        "|a − n| is not squared (|a − p|² is).",
    ),
    *at(
        "1 / (2Z)",
        HALF,
        {
            "terms.mean()": "You divide by Z; the paper divides by 2Z.",
            "terms.median() / 2": "You take the median; divide the sum by 2Z.",
            "terms.sum() / (2 * (len(terms) - 1))": "You divide by 2(Z − 1); divide by 2Z.",
            "terms.sum() / (2 * len(margin))": "You divide by twice the number of classes; divide by 2Z.",
            "terms.max() / 2": "You take the largest term; divide the sum by 2Z.",
            "terms.sum() / 2": "You do not divide by Z, the number of triplets.",
            "terms.sum()": "You sum over the triplets; divide by 2Z.",
            "terms.sum() / (2 * (terms > 0).sum().clamp(min=1))": "You divide by the violated triplets; Z counts all.",
            "terms.sum() / (terms > 0).sum().clamp(min=1)": "You average over the violated triplets; divide by 2Z, "
            "and Z counts all.",
            "terms.sum() / (2 * len(labels))": "You divide by twice the size of the batch; divide by 2Z.",
            "terms.sum() / len(labels)": "You divide by the size of the batch; divide by 2Z.",
            "terms.sum() / len(labels) ** 3": "You divide by B³, a table with all rows; Z counts the triplets.",
            "terms.sum() / (2 * len(labels) ** 3)": "You divide by 2B³, a table with all rows; Z counts the triplets.",
        },
    ),
    *(
        slip(
            "1 / (2Z)",
            {
                "terms = []": "terms, group = [], []",
                "terms.append(": f"group.append(int({of}))\n                terms.append(",
                HALF: "torch.stack([terms[torch.tensor(group) == g].mean() for g in set(group)]).mean()" + half,
            },
            f"The mean over {whose} triplets is taken first, then that over {all_}{also}; divide the sum of all by 2Z.",
        )
        for of, whose, all_ in (("a", "each anchor's", "the anchors"), ("labels[a]", "each class's", "the classes"))
        for half, also in ((" / 2", ""), ("", ", and the half is missing"))
    ),
    slip(
        "the hinge",
        {CLAMPED: "torch.stack(terms)"},
        "max(·, 0) is missing.",
    ),
    slip(
        "the hinge",
        {OUT: f"(squared[a, p] - squared[a, n]).clamp(min=0) + {LOOKED_UP}"},
        "The margin is added after max(·, 0); it belongs inside.",
    ),
    slip(
        "the hinge",
        {CLAMPED: "torch.stack(terms)", HALF: "(terms.sum() / (2 * len(terms))).clamp(min=0)"},
        "max(·, 0) acts on the sum; each triplet has its own.",
    ),
    *at(
        "the hinge",
        CLAMPED,
        {
            "torch.stack(terms).abs()": "A negative term counts with its absolute value; it counts 0.",
            "nn.functional.softplus(torch.stack(terms))": "The hinge is rounded off, log(1 + exp(·)); take max(·, 0).",
            "torch.stack(terms).clamp(min=0).square()": "The terms are squared after max(·, 0); add them as they are.",
            "torch.stack(terms).clamp(max=0)": "You take min(·, 0); take max(·, 0).",
        },
    ),
    slip(
        "|a − p|² and |a − n|²",
        {OUT: f"squared[a, n] - squared[a, p] + {LOOKED_UP}"},
        "|a − p|² and |a − n|² stand in each other's place: |a − p|² is added, |a − n|² subtracted.",
    ),
    *terms(OUT, {"squared[a, p]": "|a − p|²", "squared[a, n]": "|a − n|²", LOOKED_UP: "the margin"}),
    *at(
        "the margin",
        LOOKED_UP,
        {
            "margin[labels[n], labels[a]]": "The margin's row is the negative's class; rows are for anchors.",
            "margin[a % len(margin), n % len(margin)]": "The margin is looked up by rows of the batch; look it up by "
            "classes.",
            "margin[labels[a], labels[p]]": "The margin is that of anchor and positive; take anchor and negative.",
            "margin.mean()": "All triplets have the mean margin; each has that of its classes.",
            "margin.max()": "All triplets have the largest margin; each has that of its classes.",
            "margin[labels[a]].mean()": "The mean margin of the anchor's class is added; look it up for both classes.",
            "margin[labels[p], labels[p]]": "The margin is that of the positive's class with itself; take anchor and "
            "negative.",
            f"{LOOKED_UP}.clamp(min=0)": "The margin is clamped at 0; it may be negative.",
        },
    ),
    slip(
        "the positives",
        {" and p != a": ""},
        "The anchor is a positive of its own; leave it out.",
    ),
    slip(
        "the positives",
        {"p != a": "p > a"},
        "Each pair of one class counts once; (a, p, n) and (p, a, n) are two triplets.",
    ),
    slip(
        "the positives",
        {"for p in positives:": "for p in sorted(positives, key=lambda p: squared[a, p].item())[-1:]:"},
        "Only the farthest positive of each anchor counts; take all of them.",
    ),
    slip(
        "the negatives",
        {"for n in negatives:": "for n in sorted(negatives, key=lambda n: squared[a, n].item())[:1]:"},
        "Only the nearest negative of each anchor counts; take all of them.",
    ),
    slip(
        "the triplets",
        {
            "for n in negatives:": "for n in sorted(negatives, key=lambda n: squared[a, n].item())[:1]:",
            "for p in positives:": "for p in sorted(positives, key=lambda p: squared[a, p].item())[-1:]:",
        },
        "Only the hard triplet of each anchor counts; take all triplets.",
    ),
    slip(
        "the negatives",
        {"if labels[n] != labels[a]": "if n != a"},
        "Pictures of the anchor's own class are negatives; take those of other classes.",
    ),
    *at(
        "the gradient",
        "squared[a, p]",
        {
            "(features[a] - features[p].detach()).square().sum()": "No gradient flows through the positive.",
            "squared[a, p].detach()": "No gradient flows through |a − p|².",
        },
    ),
    *at(
        "the gradient",
        "squared[a, n]",
        {
            "(features[a] - features[n].detach()).square().sum()": "No gradient flows through the negative.",
            "squared[a, n].detach()": "No gradient flows through |a − n|².",
        },
    ),
    slip(
        "the gradient",
        {
            "squared[a, p]": "(features[a].detach() - features[p]).square().sum()",
            "squared[a, n]": "(features[a].detach() - features[n]).square().sum()",
        },
        "No gradient flows through the anchor.",
    ),
]

MUTATIONS = {
    "merge_levels": MERGE_LEVELS,
    "tree_margin": TREE_MARGIN,
    "anchor_neighbours": ANCHOR_NEIGHBOURS,
    "all_triplets_loss": ALL_TRIPLETS_LOSS,
}
