"""class_distances: wrong and right solutions in students' styles."""

from solutions.research.wrong_solutions import Right, Wrong

WRONG = [
    Wrong(
        name="itself counted in s",
        kind="pair counts",
        cause="s is divided by n_p², so the pairs of a sample with itself are counted.",
        says="(?:(?<!['’])\\bs\\b|s_|spread).{0,110}(?:n_?\\{?p?\\}?(?:²|\\^2|\\^\\{2\\}|\\*\\*2)(?! ?[-−–])|itself|two different|\\bdifferent (?:samples|pictures)|diagonal|all (?:ordered )?pairs|too many pairs|mean over all)|(?:n_?\\{?p?\\}?(?:²|\\^2|\\^\\{2\\}|\\*\\*2)(?! ?[-−–])|itself|two different|\\bdifferent (?:samples|pictures)|diagonal|all (?:ordered )?pairs|too many pairs|mean over all).{0,110}(?:(?<!['’])\\bs\\b|s_|spread)",
        source="""
def class_distances(features, labels):
    classes = torch.unique(labels)
    groups = [features[labels == c] for c in classes]
    def pairs(a, b):
        return torch.cdist(a, b, compute_mode="donot_use_mm_for_euclid_dist").square()
    d = torch.stack([torch.stack([pairs(a, b).mean() for b in groups]) for a in groups])
    s = torch.stack([pairs(a, a).mean() for a in groups])
    return classes, d, s
""",
    ),
    Wrong(
        name="cdist not squared",
        kind="not squared",
        cause="torch.cdist gives plain distances; they are not squared.",
        says="not squared|squares? (?:\\w+ )*(?:missing|forgotten|left out)|unsquared|\\bplain\\b|(?:without|no|missing|forg\\w+|lacks?) (?:the |to )?squar|square root|instead of (?:the |its |their )?(?:squared|square)|(?:should|must|have to|need to|are to) be squared|norms?\\b|triplet_margin_loss|\\|a ?[-−–] ?p\\|(?!\\|?(?:²|\\^2))",
        source="""
def class_distances(features, labels):
    classes = torch.unique(labels)
    groups = [features[labels == c] for c in classes]
    def pairs(a, b):
        return torch.cdist(a, b, compute_mode="donot_use_mm_for_euclid_dist")
    d = torch.stack([torch.stack([pairs(a, b).mean() for b in groups]) for a in groups])
    s = torch.stack([pairs(a, a).sum() / (len(a) * (len(a) - 1)) for a in groups])
    return classes, d, s
""",
    ),
    Wrong(
        name="mean over coordinates",
        kind="mean over coordinates",
        cause="The squared differences are averaged over the coordinates.",
        says="coordinates?|dimensions?|components?|(?-i:\\b[/·] ?D\\b|\\bby D\\b|\\bD times)|\\bdim\\b|\\bmse|feature (?:axis|numbers)",
        source="""
def class_distances(features, labels):
    classes = labels.unique()
    P = len(classes)
    d = torch.zeros(P, P, dtype=features.dtype, device=features.device)
    s = torch.zeros(P, dtype=features.dtype, device=features.device)
    for i, p in enumerate(classes):
        xp = features[labels == p]
        for j, q in enumerate(classes):
            xq = features[labels == q]
            sq = (xp[:, None] - xq[None]).pow(2).mean(-1)
            d[i, j] = sq.mean()
        n = len(xp)
        own = (xp[:, None] - xp[None]).pow(2).mean(-1)
        s[i] = own.sum() / (n * n - n)
    return classes, d, s
""",
    ),
    Wrong(
        name="centroids",
        kind="centroids",
        cause="d is the squared distance of the centroids, not the mean over pairs.",
        says="centroids\\b|class means|means of (?:the )?(?:two )?classes|(?:between|of) (?:the )?(?:two )?(?:means|centres|centers|mean embeddings)|(?:scatter|spreads?|variances?) .{0,30}(?:left out|missing|not added)",
        source="""
def class_distances(features, labels):
    classes, y, n = labels.unique(return_inverse=True, return_counts=True)
    x = features.double()
    x = x - x.mean(0)  # nothing changes, but fewer digits are lost
    onehot = F.one_hot(y, len(classes)).to(x.dtype)
    mu = torch.einsum("bp,bd->pd", onehot, x) / n[:, None]
    v = torch.einsum("bp,b->p", onehot, (x * x).sum(1)) / n
    d = (mu[:, None] - mu[None]).square().sum(-1)
    s = 2 * n / (n - 1) * (v - (mu * mu).sum(1))
    return classes, d.to(features.dtype), s.to(features.dtype)
""",
    ),
    Wrong(
        name="spread from the centroid",
        kind="centroids",
        cause="s is the mean squared distance to the centroid, about half of the mean over pairs.",
        says="(?:(?<!['’])\\bs\\b|s_|spread).{0,110}(?:centroid|centre|center|half|halv|class mean|mean of (?:the|its) class|variance|factor|too small)|(?:centroid|centre|center|half|halv|class mean|mean of (?:the|its) class|variance|factor|too small).{0,110}(?:(?<!['’])\\bs\\b|s_|spread)",
        source="""
def class_distances(features, labels):
    classes = labels.unique()
    xs = [features[labels == c] for c in classes]
    s = torch.stack([(x - x.mean(0, keepdim=True)).pow(2).sum(1).mean() for x in xs])
    d = features.new_zeros(len(xs), len(xs))
    for i in range(len(xs)):
        for j in range(len(xs)):
            d[i, j] = (xs[i][:, None, :] - xs[j][None, :, :]).pow(2).sum(2).mean()
    return classes, d, s
""",
    ),
    Wrong(
        name="variance",
        kind="factor",
        cause="s is the sum of variances: the factor 2 is missing.",
        says="(?:(?<!['’])\\bs\\b|s_|spread).{0,110}(?:half|halv|factor|variance|centroid|centre|too small|not doubled|2 ?[·*×]|times 2)|(?:half|halv|factor|variance|centroid|centre|too small|not doubled|2 ?[·*×]|times 2).{0,110}(?:(?<!['’])\\bs\\b|s_|spread)",
        source="""
def class_distances(features, labels):
    classes = torch.unique(labels)
    split = [features[labels == c] for c in classes]
    d = torch.stack([torch.stack([distances(a, b).square().mean() for b in split]) for a in split])
    s = torch.stack([a.var(dim=0).sum() for a in split])
    return classes, d.to(features.dtype), s
""",
    ),
    Wrong(
        name="diagonal zero",
        kind="diagonal",
        cause="The diagonal of d is left at 0.",
        says="(?:(?<!below the )(?<!above the )(?<!under the )diagonal|d\\(p, ?p\\)|p = q|d\\[p, ?p\\]|class with itself|own class|same class).{0,110}(?:\\b0\\b|zeros?|left (?:out|empty|at)|not (?:filled|computed|set)|empty|missing|skip|exclud)|(?:\\b0\\b|zeros?|left (?:out|empty|at)|not (?:filled|computed|set)|empty|missing|skip|exclud).{0,110}(?:(?<!below the )(?<!above the )(?<!under the )diagonal|d\\(p, ?p\\)|p = q|d\\[p, ?p\\]|class with itself|own class|same class)",
        source="""
def class_distances(features, labels):
    classes = labels.unique()
    P = len(classes)
    d = torch.zeros((P, P), device=features.device)
    s = torch.zeros(P, device=features.device)
    for i in range(P):
        a = features[labels == classes[i]]
        for j in range(i + 1, P):
            b = features[labels == classes[j]]
            d[i, j] = d[j, i] = (distances(a, b) ** 2).mean()
        s[i] = (distances(a, a) ** 2).sum() / (len(a) ** 2 - len(a))
    return classes, d, s
""",
    ),
    Wrong(
        name="diagonal is s",
        kind="diagonal",
        cause="The diagonal of d is s: a sample with itself is not included.",
        says="(?:diagonal|d\\(p, ?p\\)|p = q|d\\[p, ?p\\]).{0,110}(?:\\bs\\b|s_p|spread|itself|n_?p?²? ?[-−–] ?|different|includ|exclud|too large|own pair)|(?:\\bs\\b|s_p|spread|itself|n_?p?²? ?[-−–] ?|different|includ|exclud|too large|own pair).{0,110}(?:diagonal|d\\(p, ?p\\)|p = q|d\\[p, ?p\\])",
        source="""
def class_distances(features, labels):
    classes, y, n = labels.unique(return_inverse=True, return_counts=True)
    P = len(classes)
    D2 = (features.unsqueeze(0) - features.unsqueeze(1)).square().sum(2)
    cell = (y[:, None] * P + y[None, :]).flatten()
    total = torch.zeros(P * P, dtype=D2.dtype, device=D2.device).index_add_(0, cell, D2.flatten()).view(P, P)
    d = total / (n[:, None] * n[None, :])
    s = torch.diagonal(total) / (n * (n - 1))
    d = d - torch.diag(torch.diagonal(d)) + torch.diag(s)
    return classes, d, s
""",
    ),
    Wrong(
        name="upper triangle",
        kind="symmetry",
        cause="Only half of d is filled; below the diagonal it is 0.",
        says="triang|half of d|(?:below|above|under|over) (?:the|its) diagonal|symmetr|d\\(q, ?p\\)|one side|lower|transpos|mirrored",
        source="""
def class_distances(features, labels):
    classes = labels.unique()
    P = len(classes)
    d = torch.zeros(P, P, dtype=features.dtype, device=features.device)
    s = torch.zeros(P, dtype=features.dtype, device=features.device)
    for i, p in enumerate(classes):
        xp = features[labels == p]
        for j, q in enumerate(classes):
            if j < i:
                continue
            xq = features[labels == q]
            sq = (xp[:, None] - xq[None]).pow(2).sum(-1)
            d[i, j] = sq.mean()
        n = len(xp)
        own = (xp[:, None] - xp[None]).pow(2).sum(-1)
        s[i] = own.sum() / (n * n - n)
    return classes, d, s
""",
    ),
    Wrong(
        name="sum over pairs",
        kind="sum/mean",
        cause="d is the sum over pairs, not divided by n_p n_q.",
        says="\\bsum (?:over|of) (?:all |the )*(?:pairs|squared)|summed|not averaged|not divided|(?:sum|total).{0,30}(?:instead of|not|rather than) .{0,12}mean|instead of (?:the |a )?mean|division .{0,40}(?:missing|left out)|(?:missing|without|no|forg\\w+) .{0,20}(?:division|dividing|divide)",
        source="""
def class_distances(features: Tensor, labels: Tensor):
    dist = distances(features, features) ** 2
    classes, counts = torch.unique(labels, return_counts=True)
    member = (labels[None, :] == classes[:, None]).double()  # P x B
    sums = member @ dist @ member.T
    d = sums
    s = sums.diagonal() / (counts**2 - counts)
    return classes, d.to(features.dtype), s.to(features.dtype)
""",
    ),
    Wrong(
        name="order of appearance",
        kind="order",
        cause="Classes come in order of appearance, not ascending.",
        says="ascend|\\bsort|order of (?:the |their )?(?:first )?(?:appearance|occurrence|labels|classes)|(?:in|wrong|other|another) order\\b|first (?:seen|occur)",
        source="""
def class_distances(features, labels):
    classes = torch.tensor(list(dict.fromkeys(labels.tolist())), device=labels.device)
    x = [features[labels == c] for c in classes]
    sq = lambda a, b: ((a[:, None] - b[None, :]) ** 2).sum(dim=2)
    d = torch.stack([torch.stack([sq(a, b).mean() for b in x]) for a in x])
    s = torch.stack([sq(a, a).sum() / (a.shape[0] ** 2 - a.shape[0]) for a in x])
    return classes, d, s
""",
    ),
    Wrong(
        name="divides by n_p squared",
        kind="pair counts",
        cause="d is divided by n_p² instead of n_p n_q.",
        says="(?:\\bd\\b|d\\(p|d\\[|n_?\\{?q|\\bdistances?\\b).{0,110}(?:n_?\\{?p\\}?(?:²|\\^2|\\^\\{2\\}|\\*\\*2)(?! ?[-−–])|n_?p ?[·*×] ?n_?p|only (?:one|the) (?:class|row)|one class'?s? size|symmetr)|(?:n_?\\{?p\\}?(?:²|\\^2|\\^\\{2\\}|\\*\\*2)(?! ?[-−–])|n_?p ?[·*×] ?n_?p|only (?:one|the) (?:class|row)|one class'?s? size|symmetr).{0,110}(?:\\bd\\b|d\\(p|d\\[|n_?\\{?q|\\bdistances?\\b)|(?:instead of|rather than|, not) (?:by )?(?:their |the )?(?:product|n_?\\{?p\\}? ?[·*×]? ?n_?\\{?q)",
        source="""
def class_distances(features: Tensor, labels: Tensor):
    dist = distances(features, features) ** 2
    classes, counts = torch.unique(labels, return_counts=True)
    member = (labels[None, :] == classes[:, None]).double()  # P x B
    sums = member @ dist @ member.T
    d = sums / (counts**2)[:, None]
    s = sums.diagonal() / (counts**2 - counts)
    return classes, d.to(features.dtype), s.to(features.dtype)
""",
    ),
    Wrong(
        name="s and d exchanged",
        kind="output order",
        cause="It returns classes, s, d.",
        says="order of (?:the )?(?:outputs?|results?|three|returned)|swap|exchang|wrong order|classes, ?s, ?d|revers|interchang|(?:second|third)|return the right outputs|in the order asked",
        source="""
def class_distances(features, labels):
    classes, y, n = labels.unique(return_inverse=True, return_counts=True)
    x = features.double()
    x = x - x.mean(0)  # nothing changes, but fewer digits are lost
    onehot = F.one_hot(y, len(classes)).to(x.dtype)
    mu = torch.einsum("bp,bd->pd", onehot, x) / n[:, None]
    v = torch.einsum("bp,b->p", onehot, (x * x).sum(1)) / n
    d = v[:, None] + v[None, :] - 2 * mu @ mu.T
    s = 2 * n / (n - 1) * (v - (mu * mu).sum(1))
    return classes, s.to(features.dtype), d.to(features.dtype)
""",
    ),
    Wrong(
        name="n_p - 1",
        kind="pair counts",
        cause="s is divided by n_p - 1 instead of n_p² - n_p.",
        says="(?:(?<!['’])\\bs\\b|s_|spread).{0,110}(?:(?<!\\()(?<!\\( )n_?\\{?p?\\}? ?[-−–] ?1\\b|one (?:fewer|less))|(?:(?<!\\()(?<!\\( )n_?\\{?p?\\}? ?[-−–] ?1\\b|one (?:fewer|less)).{0,110}(?:(?<!['’])\\bs\\b|s_|spread)",
        source="""
def class_distances(features, labels):
    classes = labels.unique()
    P = len(classes)
    d = torch.zeros(P, P, dtype=features.dtype, device=features.device)
    s = torch.zeros(P, dtype=features.dtype, device=features.device)
    for i, p in enumerate(classes):
        xp = features[labels == p]
        for j, q in enumerate(classes):
            xq = features[labels == q]
            sq = (xp[:, None] - xq[None]).pow(2).sum(-1)
            d[i, j] = sq.mean()
        n = len(xp)
        own = (xp[:, None] - xp[None]).pow(2).sum(-1)
        s[i] = own.sum() / (n - 1)
    return classes, d, s
""",
    ),
    Wrong(
        name="pairs counted once",
        kind="pair counts",
        cause="The sum runs over ordered pairs, but is divided by n(n-1)/2: s is twice too large.",
        says="(?:(?<!['’])\\bs\\b|s_|spread).{0,110}(?:twice|doubl|unordered|\\) ?/ ?2|half (?:of )?the (?:number of )?pairs|each pair|factor|too large|both ways|combinations)|(?:twice|doubl|unordered|\\) ?/ ?2|half (?:of )?the (?:number of )?pairs|each pair|factor|too large|both ways|combinations).{0,110}(?:(?<!['’])\\bs\\b|s_|spread)",
        source="""
from itertools import combinations

def class_distances(features, labels):
    classes = labels.unique()
    d, s = [], []
    for p in classes:
        d.append(torch.stack([distances(features[labels == p], features[labels == q]).pow(2).mean() for q in classes]))
        x = features[labels == p]
        n_pairs = len(list(combinations(range(len(x)), 2)))
        s.append(distances(x, x).pow(2).sum() / n_pairs)
    return classes, torch.stack(d).to(features.dtype), torch.stack(s).to(features.dtype)
""",
    ),
    Wrong(
        name="labels as rows",
        kind="index",
        cause="It assumes labels 0..P-1 and indexes the tables with them.",
        says="labels? .{0,60}(?:row|ind|consecutive|gap|0)|gaps?|0\\s*(?:,|to|\\.\\.|…|-|–)|consecutive|as (?:an? )?(?:row|ind)|index|range|absent|do(?:es)? not occur|rows? .{0,30}labels?",
        source="""
def class_distances(features, labels):
    classes = labels.unique()
    P = len(classes)
    groups = [features[labels == p] for p in range(P)]
    d = torch.zeros(P, P)
    s = torch.zeros(P)
    for p in range(P):
        for q in range(P):
            d[p, q] = torch.cdist(groups[p], groups[q]).pow(2).mean()
        k = len(groups[p])
        s[p] = torch.cdist(groups[p], groups[p]).pow(2).sum() / max(k * (k - 1), 1)
    return classes, d, s
""",
    ),
    Wrong(
        name="two: plain and itself",
        kind="two faults",
        cause="Plain distances, and s counts the pairs of a sample with itself.",
        says="not squared|squares? (?:\\w+ )*(?:missing|forgotten|left out)|unsquared|\\bplain\\b|(?:without|no|missing|forg\\w+|lacks?) (?:the |to )?squar|square root|instead of (?:the |its |their )?(?:squared|square)|(?:should|must|have to|need to|are to) be squared|norms?\\b|triplet_margin_loss|\\|a ?[-−–] ?p\\|(?!\\|?(?:²|\\^2))|(?:(?<!['’])\\bs\\b|s_|spread).{0,110}(?:n_?\\{?p?\\}?(?:²|\\^2|\\^\\{2\\}|\\*\\*2)(?! ?[-−–])|itself|diagonal|all pairs|mean over all|different (?:samples|pictures))|(?:n_?\\{?p?\\}?(?:²|\\^2|\\^\\{2\\}|\\*\\*2)(?! ?[-−–])|itself|diagonal|all pairs|mean over all|different (?:samples|pictures)).{0,110}(?:(?<!['’])\\bs\\b|s_|spread)",
        source="""
def class_distances(features, labels):
    classes = torch.unique(labels)
    groups = [features[labels == c] for c in classes]
    def pairs(a, b):
        return torch.cdist(a, b, compute_mode="donot_use_mm_for_euclid_dist")
    d = torch.stack([torch.stack([pairs(a, b).mean() for b in groups]) for a in groups])
    s = torch.stack([pairs(a, a).mean() for a in groups])
    return classes, d, s
""",
    ),
    Wrong(
        name="two: coordinates and diagonal",
        kind="two faults",
        cause="Squared differences are averaged over the coordinates, and the diagonal of d is set to 0.",
        says="coordinates?|dimensions?|components?|(?-i:\\b[/·] ?D\\b|\\bby D\\b|\\bD times)|\\bdim\\b|\\bmse|feature (?:axis|numbers)|(?:diagonal|d\\(p, ?p\\)|p = q).{0,110}(?:\\b0\\b|zeros?|left|not (?:filled|set)|empty|missing|skip|exclud)|(?:\\b0\\b|zeros?|left|not (?:filled|set)|empty|missing|skip|exclud).{0,110}(?:diagonal|d\\(p, ?p\\)|p = q)",
        source="""
def class_distances(features, labels):
    classes, y, n = labels.unique(return_inverse=True, return_counts=True)
    P = len(classes)
    D2 = (features.unsqueeze(0) - features.unsqueeze(1)).square().mean(2)
    cell = (y[:, None] * P + y[None, :]).flatten()
    total = torch.zeros(P * P, dtype=D2.dtype, device=D2.device).index_add_(0, cell, D2.flatten()).view(P, P)
    d = total / (n[:, None] * n[None, :])
    s = torch.diagonal(total) / (n * (n - 1))
    d.fill_diagonal_(0)
    return classes, d, s
""",
    ),
]

RIGHT = [
    Right(
        name="loops",
        source="""
def class_distances(features, labels):
    classes = labels.unique()
    P = len(classes)
    d = torch.zeros(P, P, dtype=features.dtype, device=features.device)
    s = torch.zeros(P, dtype=features.dtype, device=features.device)
    for i, p in enumerate(classes):
        xp = features[labels == p]
        for j, q in enumerate(classes):
            xq = features[labels == q]
            sq = (xp[:, None] - xq[None]).pow(2).sum(-1)
            d[i, j] = sq.mean()
        n = len(xp)
        own = (xp[:, None] - xp[None]).pow(2).sum(-1)
        s[i] = own.sum() / (n * n - n)
    return classes, d, s
""",
    ),
    Right(
        name="membership",
        source="""
def class_distances(features: Tensor, labels: Tensor):
    dist = distances(features, features) ** 2
    classes, counts = torch.unique(labels, return_counts=True)
    member = (labels[None, :] == classes[:, None]).double()  # P x B
    sums = member @ dist @ member.T
    d = sums / (counts[:, None] * counts[None, :])
    s = sums.diagonal() / (counts**2 - counts)
    return classes, d.to(features.dtype), s.to(features.dtype)
""",
    ),
    Right(
        name="moments",
        source="""
def class_distances(features, labels):
    classes, y, n = labels.unique(return_inverse=True, return_counts=True)
    x = features.double()
    x = x - x.mean(0)  # nothing changes, but fewer digits are lost
    onehot = F.one_hot(y, len(classes)).to(x.dtype)
    mu = torch.einsum("bp,bd->pd", onehot, x) / n[:, None]
    v = torch.einsum("bp,b->p", onehot, (x * x).sum(1)) / n
    d = v[:, None] + v[None, :] - 2 * mu @ mu.T
    s = 2 * n / (n - 1) * (v - (mu * mu).sum(1))
    return classes, d.to(features.dtype), s.to(features.dtype)
""",
    ),
    Right(
        name="index_add",
        source="""
def class_distances(features, labels):
    classes, y, n = labels.unique(return_inverse=True, return_counts=True)
    P = len(classes)
    D2 = (features.unsqueeze(0) - features.unsqueeze(1)).square().sum(2)
    cell = (y[:, None] * P + y[None, :]).flatten()
    total = torch.zeros(P * P, dtype=D2.dtype, device=D2.device).index_add_(0, cell, D2.flatten()).view(P, P)
    d = total / (n[:, None] * n[None, :])
    s = torch.diagonal(total) / (n * (n - 1))
    return classes, d, s
""",
    ),
    Right(
        name="torch.tensor of lists",
        source="""
def class_distances(features, labels):
    names = sorted(set(labels.tolist()))
    rows = {c: [i for i, y in enumerate(labels.tolist()) if y == c] for c in names}
    x = features.detach().cpu().double().numpy()
    def mean(pairs):
        pairs = list(pairs)
        return sum(((x[i] - x[j]) ** 2).sum() for i, j in pairs) / len(pairs)
    d = [[mean((i, j) for i in rows[p] for j in rows[q]) for q in names] for p in names]
    s = [mean((i, j) for i in rows[p] for j in rows[p] if i != j) for p in names]
    kind = dict(dtype=features.dtype, device=features.device)
    return torch.tensor(names, device=labels.device), torch.tensor(d, **kind), torch.tensor(s, **kind)
""",
    ),
    Right(
        name="double_loop",
        source="""
def class_distances(features: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    classes = labels.unique()
    P = len(classes)
    d = torch.zeros(P, P, dtype=features.dtype, device=features.device)
    s = torch.zeros(P, dtype=features.dtype, device=features.device)
    for i in range(P):
        xi = features[labels == classes[i]]
        for j in range(P):
            xj = features[labels == classes[j]]
            d[i, j] = (xi[:, None] - xj[None]).pow(2).sum(-1).mean()
        n = len(xi)
        s[i] = (xi[:, None] - xi[None]).pow(2).sum(-1).sum() / (n * n - n)
    return classes, d, s
""",
    ),
    Right(
        name="one_hot_matrices",
        source="""
def class_distances(features: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    classes, inverse, n = labels.unique(return_inverse=True, return_counts=True)
    member = F.one_hot(inverse, len(classes)).to(features.dtype)  # [B, P]
    squared = (features[:, None, :] - features[None, :, :]).square().sum(dim=2)  # [B, B]
    total = member.T @ squared @ member  # [P, P]
    d = total / (n[:, None] * n[None, :])
    s = total.diagonal() / (n * (n - 1))
    return classes, d, s
""",
    ),
    Right(
        name="einsum_double",
        source="""
def class_distances(features, labels):
    x = features.double()
    classes, n = torch.unique(labels, sorted=True, return_counts=True)
    m = (labels == classes[:, None]).double()
    sq = torch.cdist(x, x, compute_mode="donot_use_mm_for_euclid_dist") ** 2
    d = torch.einsum("pi,ij,qj->pq", m / n[:, None], sq, m / n[:, None])
    s = torch.diag(d) * n / (n - 1)
    return classes, d.to(features.dtype), s.to(features.dtype)
""",
    ),
    Right(
        name="moments, again",
        source="""
def class_distances(features: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    def per_class(fn):
        return torch.stack([fn(x[labels == c]) for c in classes])

    x = features.double()
    classes = torch.tensor(sorted(set(labels.tolist())), device=labels.device)
    n = (labels[:, None] == classes).sum(0)
    mu = per_class(lambda own: own.mean(0))
    var = per_class(lambda own: (own - own.mean(0)).square().sum(1).mean())
    d = (mu[:, None] - mu).square().sum(-1) + var[:, None] + var[None, :]
    s = 2 * n / (n - 1) * var
    return classes, d.type_as(features), s.type_as(features)
""",
    ),
    Right(
        name="index_add_twice",
        source="""
def class_distances(features: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    classes, idx = labels.unique(return_inverse=True)
    k = torch.bincount(idx).to(features.dtype)
    B, P = len(labels), len(classes)
    pairwise = torch.stack([(features - row).pow(2).sum(1) for row in features])
    half = features.new_zeros(P, B).index_add(0, idx, pairwise)
    full = features.new_zeros(P, P).index_add(1, idx, half)
    return classes, full / torch.outer(k, k), torch.diag(full) / (k**2 - k)
""",
    ),
    Right(
        name="combinations",
        source="""
def class_distances(features: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    def sq(a, b):
        return ((a - b) ** 2).sum(-1)

    labels_list = labels.tolist()
    names = sorted(set(labels_list))
    rows = {name: [i for i, y in enumerate(labels_list) if y == name] for name in names}
    d, s = [], []
    for p in names:
        d.append(torch.stack([sq(features[rows[p]].unsqueeze(1), features[rows[q]].unsqueeze(0)).mean() for q in names]))
        pairs = torch.combinations(torch.arange(len(rows[p])), r=2)
        own = features[rows[p]]
        s.append(sq(own[pairs[:, 0]], own[pairs[:, 1]]).mean())
    return torch.tensor(names, device=labels.device), torch.stack(d), torch.stack(s)
""",
    ),
]
