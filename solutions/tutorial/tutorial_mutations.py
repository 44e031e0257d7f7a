"""Slips in the functions of the tutorial, for `solutions.mutations`."""

from solutions.mutations import at, edited, slip

POSITIVE = "if labels[p] == labels[a] and p != a"
NEGATIVE = "if labels[n] != labels[a]"
FOUND = "triplets.append((a, p, n))"

ALL_TRIPLETS = [
    *at(
        "the positives",
        "p != a",
        {
            "p > a": "Each pair of one class is taken once; (a, p, n) and (p, a, n) are two triplets.",
            "p < a": "Each pair of one class is taken once, the higher row first; (a, p, n) and (p, a, n) are two "
            "triplets.",
        },
    ),
    slip(
        "the positives",
        {" and p != a": ""},
        "The anchor is a positive of its own; leave out the diagonal.",
    ),
    *at(
        "the positives",
        POSITIVE,
        {
            "if p == a": "The anchor is its own positive, and nothing else is; take the others of its class.",
            "if p != a": "Pictures of other classes are positives; take those of the anchor's class.",
            "if labels[p] != labels[a]": "The positives are of other classes; take those of the anchor's class.",
        },
    ),
    slip(
        "the positives",
        {"for p in positives": "for p in positives[:1]"},
        "Each anchor has one positive; it goes with each other picture of its class.",
    ),
    slip(
        "the negatives",
        {"for n in negatives": "for n in negatives[:1]"},
        "Each pair (a, p) has one negative; it goes with each picture of another class.",
    ),
    slip(
        "the negatives",
        {NEGATIVE: "if n != a", FOUND: f"{FOUND} if p != n else None"},
        "Pictures of the anchor's own class are negatives; take those of other classes.",
    ),
    *at(
        "the negatives",
        NEGATIVE,
        {
            "if True": "All rows are negatives; take those of other classes.",
            "if labels[n] == labels[a]": "The negatives are of the anchor's own class; take those of other classes.",
            "if labels[n] != labels[a] and labels.count(labels[n]) > 1": "Classes of one picture are left out; it is "
            "nobody's positive, but a negative like any other.",
        },
    ),
    *at(
        "the triplets",
        FOUND,
        {
            "triplets.append((labels[a], labels[p], labels[n]))": "The triplets hold labels; return row numbers.",
            "triplets.append((a, n, p))": "Positive and negative are exchanged.",
        },
    ),
    slip(
        "the triplets",
        {".unbind(dim=1)": ""},
        "You return one table; return three tensors, (T,) each.",
    ),
    slip(
        "the triplets",
        {"return torch": "triplets = triplets[:0]\n    return torch"},
        "There is not a single triplet.",
    ),
    slip(
        "the labels",
        {"labels = labels.tolist()": "labels = labels.unique_consecutive(return_inverse=True)[1].tolist()"},
        "A run of equal labels is taken for a class; pictures of a class may stand anywhere.",
    ),
]

TABLE = """
def hard_triplets(features, labels):
    apart = (features[:, None] - features).square().sum(dim=2)
    same = labels[:, None] == labels
    itself = torch.eye(len(labels), dtype=torch.bool)
    positive = apart.masked_fill(~same | itself, -torch.inf).argmax(dim=1)
    negative = apart.masked_fill(same, torch.inf).argmin(dim=1)
    return torch.arange(len(labels)), positive, negative
"""
FARTHEST = "apart.masked_fill(~same | itself, -torch.inf).argmax(dim=1)"
NEAREST = "apart.masked_fill(same, torch.inf).argmin(dim=1)"

HARD_TRIPLETS = list(
    edited(
        TABLE,
        (
            *at(
                "the positive",
                FARTHEST,
                {
                    "(apart * (same & ~itself)).argmax(dim=1)": "Where a class is one point, the first row of the "
                    "batch is the positive: a mask that is multiplied leaves 0 everywhere. Fill with −∞.",
                    "apart.masked_fill(~same | itself, torch.inf).argmin(dim=1)": "The positive is the nearest of "
                    "its class; take the farthest.",
                    "apart.masked_fill(~same, torch.inf).argmin(dim=1)": "The positive is the anchor itself, at "
                    "distance 0; take the farthest of its class.",
                    "apart.argmax(dim=1)": "The positive is the farthest of the whole batch; look within the "
                    "anchor's class.",
                    "apart.masked_fill(same, -torch.inf).argmax(dim=1)": "The positive is the farthest of the other "
                    "classes; look within the anchor's class.",
                    "(same & ~itself).long().argmax(dim=1)": "The positive is the first other picture of its class; "
                    "take the farthest. (A mask times ∞ makes NaN of 0 · ∞; see masked_fill.)",
                    "len(labels) - 1 - apart.masked_fill(~same | itself, "
                    "-torch.inf).flip(1).argmax(dim=1)": "Of equally far rows the last is the positive; take the "
                    "lowest.",
                    "torch.stack([(features[labels == c] - x).square().sum(dim=1).argmax() for x, c in "
                    "zip(features, labels)])": "The positive's row is counted within its class; count it in the batch.",
                    "(apart.masked_fill(~same | itself, -torch.inf).argmax() % "
                    "len(labels)).expand(len(labels))": "All anchors have the same positive; each has the farthest "
                    "of its own class.",
                },
            ),
            slip(
                "the positive",
                {"~same | itself": "~same"},
                "Where a class is one point, the anchor is its own positive; leave out the diagonal.",
            ),
            *at(
                "the negative",
                NEAREST,
                {
                    "(apart * ~same).argmin(dim=1)": "The negative is the first row of the anchor's own class: a "
                    "mask that is multiplied leaves 0 there. Fill with ∞.",
                    "same.long().argmin(dim=1)": "The negative is the first row of another class, however far. (A "
                    "mask times ∞ makes NaN of 0 · ∞; see masked_fill.)",
                    "apart.masked_fill(same, -torch.inf).argmax(dim=1)": "The negative is the farthest of the other "
                    "classes; take the nearest.",
                    "apart.argmin(dim=1)": "The negative is the anchor itself, at distance 0; leave out its class.",
                    "apart.masked_fill(itself, torch.inf).argmin(dim=1)": "The negative is the nearest other picture "
                    "of any class; leave out the anchor's class.",
                    "torch.zeros(len(labels), dtype=torch.long)": "The negative is row 0 for each anchor. (A mask "
                    "times ∞ makes NaN of 0 · ∞; see masked_fill.)",
                    "apart[positive].masked_fill(same, torch.inf).argmin(dim=1)": "The negative is the nearest to "
                    "the positive; take the nearest to the anchor.",
                    "len(labels) - 1 - apart.masked_fill(same, torch.inf).flip(1).argmin(dim=1)": "Of equally near "
                    "rows the last is the negative; take the lowest.",
                    "torch.stack([(features[labels != c] - x).square().sum(dim=1).argmin() for x, c in "
                    "zip(features, labels)])": "The negative's row is counted among the other classes; count it in "
                    "the batch.",
                    "(apart.masked_fill(same, torch.inf).argmin() % len(labels)).expand(len(labels))": "All anchors "
                    "have the same negative; each has its own nearest.",
                },
            ),
            *at(
                "the distances",
                ".square().sum(dim=2)",
                {
                    ".abs().sum(dim=2)": "The distances are sums of absolute differences; square them before you sum.",
                    ".sum(dim=2)": "The distances are sums of signed differences; square them before you sum.",
                    ".abs().amax(dim=2)": "The distances are those of the largest coordinate; sum the squares of all.",
                },
            ),
            slip(
                "the distances",
                {"(features[:, None] - features).square().sum(dim=2)": "features @ features.T"},
                "The products of embeddings are taken for distances; the larger a product, the nearer the two.",
            ),
            slip(
                "the classes",
                {"labels[:, None] == labels": "(labels[:, None] == labels) & False | itself_"}
                | {"    same =": "    itself_ = torch.eye(len(labels), dtype=torch.bool)\n    same ="},
                "Each picture is taken for a class of its own; compare labels.",
            ),
            slip(
                "the rows",
                {
                    "    apart =": "    order = labels.argsort(stable=True)\n"
                    "    features, labels = features[order], labels[order]\n    apart ="
                },
                "The row numbers count in a batch sorted by class; translate them back.",
            ),
            slip(
                "the rows",
                {
                    "return torch.arange(len(labels)), positive, negative": "return labels, labels[positive], "
                    "labels[negative]"
                },
                "The triplets hold labels; return row numbers.",
            ),
        ),
    )
)

NEAR = "nearest = distances[q].argsort()[:k]"
HIT = "any(gallery_labels[g] == query_labels[q] for g in nearest)"
MEAN = "torch.tensor(hits).float().mean()"
QUERIES = "    for q in range(len(query_labels)):\n"

CMC_AT = [
    slip(
        "the nearest",
        {"argsort()": "argsort(descending=True)"},
        "The farthest gallery pictures are looked at; take the nearest (topk takes the largest unless told "
        "largest=False).",
    ),
    *at(
        "the nearest",
        NEAR,
        {
            "nearest = distances.argsort(dim=0)[q, :k]": "The distances are sorted over the queries, dimension 0; "
            "sort each "
            "query's row, dimension 1.",
            "nearest = distances[:, q].argsort()[:k]": "The columns of the distances are sorted; a query is a row.",
        },
    ),
    slip(
        "the nearest",
        {"distances[q].argsort()": "torch.arange(len(gallery_labels))"},
        "The first k rows of the gallery are looked at; take the nearest k.",
    ),
    *at(
        "k",
        "[:k]",
        {
            "[:1]": "The nearest picture alone is looked at; look at the nearest k.",
            "[k - 1 : k]": "Place k alone is looked at; places 1 to k count.",
            "[: k + 1]": "k + 1 places are looked at; take k.",
            "[: k - 1]": "k − 1 places are looked at; take k.",
            "[1 : k + 1]": "The nearest picture is left out, as if it were the query itself; queries are not in the "
            "gallery.",
            "": "The whole gallery is looked at; take the nearest k.",
        },
    ),
    slip(
        "a hit",
        {"any(": "all("},
        "All of the nearest k must be of the right class; one is enough.",
    ),
    *at(
        "a hit",
        f"hits.append({HIT})",
        {
            "hits.append(sum(gallery_labels[g] == query_labels[q] for g in nearest))": "Each picture of the right "
            "class among the k counts; a query counts once.",
            "hits.append(sum(gallery_labels[g] == query_labels[q] for g in nearest) / k)": "The share of the "
            "nearest k is averaged; one picture of the right class is "
            "enough (see any).",
        },
    ),
    *at(
        "a hit",
        MEAN,
        {
            "torch.tensor(any(hits)).float()": "One hit of any query counts for all; each query counts by itself "
            "(see any's dim).",
            "torch.tensor(all(hits)).float()": "The answer is 1 only if all queries hit; it is the share that does.",
        },
    ),
    slip(
        "a hit",
        {"gallery_labels[g] ==": "g =="},
        "Row numbers of the gallery are compared with labels; look up gallery_labels.",
    ),
    *at(
        "a hit",
        HIT,
        {
            "any(g == q for g in nearest)": "Row numbers are compared with each other; compare labels.",
            f"not {HIT}": "The share of misses is returned; take that of hits.",
        },
    ),
    *at(
        "the share",
        MEAN,
        {
            "torch.tensor(hits).float().sum()": "The hits are counted; take their share of all queries.",
            "torch.tensor(hits).float().sum() / len(gallery_labels)": "The hits are divided by the size of the "
            "gallery; divide by the number of queries.",
            "torch.tensor(hits).float().mean() / k": "The share is divided by k; divide by the number of queries "
            "alone.",
            "100 * torch.tensor(hits).float().mean()": "The share is in per cent; let it run from 0 to 1.",
            "torch.tensor(hits).float()": "A number is returned for each query; return their mean.",
            "torch.tensor(hits).long().sum() // len(hits)": "The share is rounded down to 0 or 1; divide as floating "
            "point numbers.",
        },
    ),
    slip(
        "the queries",
        {QUERIES: f"{QUERIES}        if query_labels[q] not in gallery_labels:\n            continue\n"},
        "Queries whose class the gallery lacks are left out; they are misses, and count.",
    ),
]

MUTATIONS = {"all_triplets": ALL_TRIPLETS, "hard_triplets": HARD_TRIPLETS, "cmc_at": CMC_AT}
