"""class_distances: wrong and right solutions."""

from wrong_solutions import Right, Wrong

WRONG = [
    Wrong(
        name="centroid_distances",
        kind="centroid distances",
        cause="d is the squared distance of the centroids instead of the mean over all pairs of samples.",
        says=r"(between|of|distances?) (of |the )?(class )?(centroids|centres|centers|means|mean (vectors|embeddings))|centroids? (distance|instead)|\bd\b.{0,40}centroid|centroids?\b.{0,60}(pairs|instead)|mean embeddings?|spread\w* .{0,20}not in d",
        source="""\
def class_distances(features: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    def per_class(fn):
        return torch.stack([fn(x[labels == c]) for c in classes])

    x = features.double()
    classes = torch.tensor(sorted(set(labels.tolist())), device=labels.device)
    n = (labels[:, None] == classes).sum(0)
    mu = per_class(lambda own: own.mean(0))
    var = per_class(lambda own: (own - own.mean(0)).square().sum(1).mean())
    d = (mu[:, None] - mu).square().sum(-1)
    s = 2 * n / (n - 1) * var
    return classes, d.type_as(features), s.type_as(features)
""",
    ),
    Wrong(
        name="s_over_n_squared",
        kind="n² for n²-n",
        cause="s is divided by n² instead of n² - n: a sample with itself is counted.",
        says=r"\bs\b.{0,60}(n ?(²|\^2|\*\* ?2|squared)|itself)|n ?(²|\^2|\*\* ?2|squared)( |_p)?(instead|for|where|not)|(sample|picture) with itself (is )?count|n ?(²|\^2) ?(-|−|–) ?n|\bs\b.{0,40}(denominator|pairs of (two )?different)",
        source="""\
def class_distances(features: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    classes, inverse, n = labels.unique(return_inverse=True, return_counts=True)
    onehot = F.one_hot(inverse, len(classes)).to(features.dtype)  # [B, P]
    squared = (features[:, None, :] - features[None, :, :]).square().sum(dim=2)  # [B, B]
    total = onehot.T @ squared @ onehot  # [P, P]
    d = total / (n[:, None] * n[None, :])
    s = total.diagonal() / n**2
    return classes, d, s
""",
    ),
    Wrong(
        name="s_is_d_diagonal",
        kind="n² for n²-n",
        cause="s is taken to be the diagonal of d, in which a sample with itself counts.",
        says=r"\bs\b.{0,40}diagonal|\bs\b.{0,60}(n ?(²|\^2|\*\* ?2|squared)|itself)|n ?(²|\^2|\*\* ?2|squared) (instead|for|where|not)|(sample|picture) with itself|n ?(²|\^2) ?(-|−|–) ?n|\bs\b.{0,40}(denominator|pairs of (two )?different)",
        source="""\
def class_distances(features, labels):
    x = features.double()
    classes, n = torch.unique(labels, sorted=True, return_counts=True)
    m = (labels == classes[:, None]).double()
    sq = torch.cdist(x, x, compute_mode="donot_use_mm_for_euclid_dist") ** 2
    d = torch.einsum("pi,ij,qj->pq", m / n[:, None], sq, m / n[:, None])
    s = d.diag()
    return classes, d.to(features.dtype), s.to(features.dtype)
""",
    ),
    Wrong(
        name="each_pair_once",
        kind="pair counted once",
        cause="Each pair within a class is counted once (triu) but divided by n² - n, so s is half of what it should be.",
        says=r"\bs\b.{0,40}\bhalf\b|\bhalf (of )?(what|s\b|the|as)|(pair|counted).{0,20}(once|only once)|pairs? (counts?|is counted) once|\btriu\b|ordered pairs|factor (of )?2|too small by (a factor of )?2",
        source="""\
def class_distances(features: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    classes = labels.unique()
    d, s = [], []
    for p in classes:
        own = features[labels == p]
        row = []
        for q in classes:
            other = features[labels == q]
            row.append(((own.unsqueeze(1) - other.unsqueeze(0)) ** 2).sum(2).mean())
        d.append(torch.stack(row))
        n = own.shape[0]
        pair = ((own.unsqueeze(1) - own.unsqueeze(0)) ** 2).sum(2)
        s.append(torch.triu(pair, diagonal=1).sum() / (n * n - n))
    return classes, torch.stack(d), torch.stack(s)
""",
    ),
    Wrong(
        name="plain_distances",
        kind="squares forgotten",
        cause="Plain distances are averaged instead of squared ones.",
        says=r"(not|n.t|instead of|without|un|forg[eo]t\w*|missing|no) ?(the )?(be(en)? )?squar|plain distance|squares? (is|are) (missing|forgotten)|\broot\b|\bnorm|Euclidean (length|distance)s? (itself|not)|needs? squar|(must|should|to|have to|not) be squar|squared distances? (is|are) (asked|wanted)|square the|square them",
        source="""\
def class_distances(features, labels):
    x = features.double()
    classes, n = torch.unique(labels, sorted=True, return_counts=True)
    m = (labels == classes[:, None]).double()
    dist = torch.cdist(x, x, compute_mode="donot_use_mm_for_euclid_dist")
    d = torch.einsum("pi,ij,qj->pq", m / n[:, None], dist, m / n[:, None])
    s = torch.diag(d) * n / (n - 1)
    return classes, d.to(features.dtype), s.to(features.dtype)
""",
    ),
    Wrong(
        name="square_of_mean",
        kind="squares misplaced",
        cause="The mean distance is squared instead of the mean taken of squared distances.",
        says=r"mean (distance )?(is )?squared|squar\w* (of )?the mean|squar\w+ (after|the average)|mean (taken )?of (the )?squared?|(first|before).{0,30}(square|mean)|square first|average of (the )?squares",
        source="""\
def class_distances(features: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    classes = labels.unique()
    P = len(classes)
    d = torch.zeros(P, P, dtype=features.dtype, device=features.device)
    s = torch.zeros(P, dtype=features.dtype, device=features.device)
    for i in range(P):
        xi = features[labels == classes[i]]
        for j in range(P):
            xj = features[labels == classes[j]]
            d[i, j] = (xi[:, None] - xj[None]).norm(dim=-1).mean() ** 2
        n = len(xi)
        s[i] = ((xi[:, None] - xi[None]).norm(dim=-1).sum() / (n * n - n)) ** 2
    return classes, d, s
""",
    ),
    Wrong(
        name="mean_over_coordinates",
        kind="mean over coordinates",
        cause="The mean also runs over the coordinates, so all is divided by D.",
        says=r"coordinate|divided by D\b|(mean|average)\w* (also )?(runs )?over (the )?(dimensions|D\b|last axis|features)|times too small|(sum|add)\w* (over|up) the (dimensions|D)",
        source="""\
def class_distances(features: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    classes = labels.unique()
    P = len(classes)
    d = torch.zeros(P, P, dtype=features.dtype, device=features.device)
    s = torch.zeros(P, dtype=features.dtype, device=features.device)
    for i in range(P):
        own = features[labels == classes[i]]
        for j in range(P):
            other = features[labels == classes[j]]
            d[i, j] = (own[:, None] - other[None]).pow(2).mean()
        n = len(own)
        s[i] = (own[:, None] - own[None]).pow(2).mean(-1).sum() / (n * n - n)
    return classes, d, s
""",
    ),
    Wrong(
        name="order_of_appearance",
        kind="order of classes",
        cause="The classes come in the order in which they appear in the batch, not ascending.",
        says=r"ascending|(not|un) ?sorted|sort\w* (the )?(classes|labels)|classes .{0,40}(order|sorted)|order of appearance|in which they appear",
        source="""\
def class_distances(features: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    def sq(a, b):
        return ((a - b) ** 2).sum(-1)

    labels_list = labels.tolist()
    names = list(dict.fromkeys(labels_list))
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
    Wrong(
        name="diagonal_zero",
        kind="diagonal",
        cause="The diagonal of d is 0 instead of the formula with p = q.",
        says=r"diagonal|p ?=+ ?q|class with itself",
        source="""\
def class_distances(features: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    classes = labels.unique()
    P = len(classes)
    D2 = (features[:, None] - features[None]).square().sum(-1)
    d = features.new_zeros(P, P)
    s = features.new_zeros(P)
    for p in range(P):
        for q in range(P):
            block = D2[labels == classes[p]][:, labels == classes[q]]
            if p == q:
                s[p] = block.sum() / (block.numel() - len(block))
            else:
                d[p, q] = block.mean()
    return classes, d, s
""",
    ),
    Wrong(
        name="diagonal_is_s",
        kind="diagonal",
        cause="The diagonal of d leaves out a sample with itself, so it equals s.",
        says=r"diagonal (of d|leaves|is|equals|counts?|should)|diagonal\b(?!.*\bs is\b)|p ?= ?q|d\(p, ?p\)",
        source="""\
def class_distances(features: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    classes, inv, n = labels.unique(return_inverse=True, return_counts=True)
    B = len(labels)
    sq = (features[:, None] - features[None]).square().sum(-1)
    off = ~torch.eye(B, dtype=torch.bool, device=features.device)
    total = features.new_zeros(len(n) ** 2)
    count = torch.zeros_like(total)
    cell = inv[:, None] * len(n) + inv[None, :]
    total = total.index_add(0, cell[off], sq[off])
    count = count.index_add(0, cell[off], torch.ones_like(sq[off]))
    d = (total / count).view(len(n), len(n))
    return classes, d, d.diagonal()
""",
    ),
    Wrong(
        name="outputs_swapped",
        kind="order of outputs",
        cause="d and s are returned in the wrong order.",
        says=r"swap|exchang|interchang|mixed up|wrong way|(d and s|s and d)|return\w*.{0,30}order|order of (the )?(outputs|results|returned)|second and third",
        source="""\
def class_distances(features: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    classes, idx = labels.unique(return_inverse=True)
    k = torch.bincount(idx).to(features.dtype)
    B, P = len(labels), len(classes)
    pairwise = torch.stack([(features - row).pow(2).sum(1) for row in features])
    half = features.new_zeros(P, B).index_add(0, idx, pairwise)
    full = features.new_zeros(P, P).index_add(1, idx, half)
    return classes, torch.diag(full) / (k**2 - k), full / torch.outer(k, k)
""",
    ),
    Wrong(
        name="divided_by_one_count",
        kind="wrong count",
        cause="d is divided by n_p only, not by n_p n_q.",
        says=r"\bd\b.{0,60}(divi|denominator|n_?p ?n_?q|number of pairs)|n_?p ?[*·×]? ?n_?q|n_p only|only (by )?(one|n_?p|n_?q)|both (counts|sizes)|(divi\w*|denominator).{0,40}\bd\b",
        source="""\
def class_distances(features: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    classes, inverse, n = labels.unique(return_inverse=True, return_counts=True)
    member = F.one_hot(inverse, len(classes)).to(features.dtype)  # [B, P]
    sqdist = (features[:, None, :] - features[None, :, :]).square().sum(dim=2)  # [B, B]
    total = member.T @ sqdist @ member  # [P, P]
    d = total / n[:, None]
    s = total.diagonal() / (n * (n - 1))
    return classes, d, s
""",
    ),
    Wrong(
        name="sums_not_means",
        kind="sum for mean",
        cause="d is the sum over the pairs instead of the mean.",
        says=r"\bd\b.{0,40}(sum\b|not divided|mean of all|divided)|(sum|total) (over|of).{0,30}(instead|not)|not (been )?(divided|averaged)|forg[eo]t\w* to (divide|average)|n_?p ?[*·×]? ?n_?q",
        source="""\
def class_distances(features: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    classes = labels.unique()
    mask = (classes[:, None] == labels).to(features.dtype)
    sq = (features[:, None] - features).pow(2).sum(-1)
    d = torch.einsum("pi,ij,qj->pq", mask, sq, mask)
    n = mask.sum(1)
    return classes, d, d.diagonal() / (n**2 - n)
""",
    ),
    Wrong(
        name="equal_sizes",
        kind="equal sizes",
        cause="The sorted distances are reshaped to [P, K, P, K], so all classes are assumed to have equally many samples.",
        says=r"(equal|same|different|unequal|differ\w*|vary\w*)\b.{0,30}\b(sizes?|numbers? of (samples|pictures)|counts?|many)\b|(sizes?|numbers?)\b.{0,30}\b(equal|differ|vary|unequal)|equally (many|large)|\bview\b|reshape",
        source="""\
def class_distances(features: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    classes = labels.unique()
    P, K = len(classes), len(labels) // len(classes)
    x = features[labels.argsort(stable=True)]
    sq = (x[:, None] - x[None]).pow(2).sum(-1).reshape(P, K, P, K)
    d = sq.mean(dim=(1, 3))
    s = d.diagonal() * K / (K - 1)
    return classes, d, s
""",
    ),
    Wrong(
        name="sorted_assumed",
        kind="sorted labels assumed",
        cause="The batch is not sorted by class before it is cut into blocks, so samples of different classes are mixed.",
        says=r"stand in the order of the classes|(batch|rows|labels|samples|features).{0,40}(sorted|any order|shuffl|in order|consecutive|mixed)|not sorted by|mix\w* (of )?(different )?class|consecutive|contiguous|shuffl|different classes are mixed",
        source="""\
def class_distances(features: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    classes, counts = labels.unique(return_counts=True)
    parts = torch.split(features, counts.tolist())
    d = torch.stack([torch.stack([(a[:, None] - b).square().sum(-1).mean() for b in parts]) for a in parts])
    s = torch.stack([d[i, i] * len(a) / (len(a) - 1) for i, a in enumerate(parts)])
    return classes, d, s
""",
    ),
    Wrong(
        name="all_numbers_as_classes",
        kind="labels as rows",
        cause="Rows and columns run over all numbers up to the largest label, also over those that do not occur.",
        says=r"\bgaps?\b|largest label|(do(es)? not|don.t|never) occur|missing (classes|labels|numbers)|labels?\b.{0,30}(as|for) .{0,15}(row|index)|one_hot|(too many|extra|more) (rows|classes)|negative",
        source="""\
def class_distances(features: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    onehot = F.one_hot(labels).to(features.dtype)
    n = onehot.sum(0)
    sq = (features[:, None] - features).pow(2).sum(-1)
    sums = onehot.T @ sq @ onehot
    return labels.unique(), sums / n[:, None] / n, sums.diag() / (n * n - n)
""",
    ),
    Wrong(
        name="bincount_gaps",
        kind="labels as rows",
        cause="bincount of the labels also counts numbers that do not occur, so with gaps its length does not fit the classes.",
        says=r"bincount|\bgaps?\b|(do(es)? not|don.t|never) occur|missing (classes|labels|numbers)|negative",
        source="""\
def class_distances(features: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    classes, idx = labels.unique(return_inverse=True)
    k = torch.bincount(labels).to(features.dtype)
    B, P = len(labels), len(classes)
    pairwise = torch.stack([(features - row).pow(2).sum(1) for row in features])
    half = features.new_zeros(P, B).index_add(0, idx, pairwise)
    full = features.new_zeros(P, P).index_add(1, idx, half)
    return classes, full / torch.outer(k, k), torch.diag(full) / (k**2 - k)
""",
    ),
    Wrong(
        name="integer_result",
        kind="dtype",
        cause="d is filled into a tensor of the labels' integer dtype, so its values are truncated.",
        says=r"integer|dtype|\bint\b|\blong\b|truncat|rounded|whole numbers?|new_zeros",
        source="""\
def class_distances(features: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    classes = labels.unique()
    P = len(classes)
    d = labels.new_zeros(P, P)
    s = features.new_zeros(P)
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
    Wrong(
        name="manhattan",
        kind="wrong distance",
        cause="cdist with p=1 is squared, so the distances are Manhattan and not Euclidean.",
        says=r"manhattan|p ?= ?1|L1|absolute|euclid|wrong distance|cdist",
        source="""\
def class_distances(features, labels):
    x = features.double()
    classes, n = torch.unique(labels, sorted=True, return_counts=True)
    m = (labels == classes[:, None]).double()
    sq = torch.cdist(x, x, p=1) ** 2
    d = torch.einsum("pi,ij,qj->pq", m / n[:, None], sq, m / n[:, None])
    s = torch.diag(d) * n / (n - 1)
    return classes, d.to(features.dtype), s.to(features.dtype)
""",
    ),
    Wrong(
        name="variance_for_s",
        kind="wrong quantity",
        cause="s is the mean squared distance from the centroid instead of over pairs: the factor 2 n / (n - 1) is missing.",
        says=r"variance|factor (of )?2|2 ?n|\bs\b.{0,60}(centroid|half|factor|pairs|from the mean)|twice|from the (centroid|mean)|half",
        source="""\
def class_distances(features: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    def per_class(fn):
        return torch.stack([fn(x[labels == c]) for c in classes])

    x = features.double()
    classes = torch.tensor(sorted(set(labels.tolist())), device=labels.device)
    n = (labels[:, None] == classes).sum(0)
    mu = per_class(lambda own: own.mean(0))
    var = per_class(lambda own: (own - own.mean(0)).square().sum(1).mean())
    d = (mu[:, None] - mu).square().sum(-1) + var[:, None] + var[None, :]
    s = var
    return classes, d.type_as(features), s.type_as(features)
""",
    ),
    Wrong(
        name="upper_triangle_only",
        kind="half filled",
        cause="Only the upper triangle of d is filled, the lower one stays 0.",
        says=r"triang|upper|lower|half|symmetr|(stays?|is|are|left) (0|zero)|p ?[<>] ?q",
        source="""\
def class_distances(features: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    classes = labels.unique()
    P = len(classes)
    d = torch.zeros(P, P, dtype=features.dtype)
    s = torch.zeros(P, dtype=features.dtype)
    sq = lambda a, b: (a[:, None] - b[None]).pow(2).sum(-1)
    for i in range(P):
        a = features[labels == classes[i]]
        s[i] = sq(a, a).sum() / (len(a) ** 2 - len(a))
        for j in range(i, P):
            d[i, j] = sq(a, features[labels == classes[j]]).mean()
    return classes, d, s
""",
    ),
    Wrong(
        name="s_counts_samples",
        kind="wrong count",
        cause="s is divided by n - 1 instead of n² - n.",
        says=r"\bs\b.{0,60}(n ?(²|\^2|\*\* ?2|squared)|n ?(-|−|–) ?1|denominator|divi|number of pairs|too (large|big)|n times)|n times too|n ?(-|−|–) ?1 instead",
        source="""\
def class_distances(features: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    classes, idx = labels.unique(return_inverse=True)
    sizes = torch.bincount(idx).to(features.dtype)
    B, P = len(labels), len(classes)
    pairwise = torch.stack([(features - row).pow(2).sum(1) for row in features])
    half = features.new_zeros(P, B).index_add(0, idx, pairwise)
    full = features.new_zeros(P, P).index_add(1, idx, half)
    return classes, full / torch.outer(sizes, sizes), torch.diag(full) / (sizes - 1)
""",
    ),
    Wrong(
        name="mean_of_row_max",
        kind="max for mean",
        cause="s is the mean of the farthest distances of each sample instead of the mean over all pairs.",
        says=r"\bmax\w*|farthest|largest",
        source="""\
def class_distances(features: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    classes = torch.unique(labels)
    sq = torch.cdist(features, features, compute_mode="donot_use_mm_for_euclid_dist") ** 2
    block = lambda p, q: sq[labels == p][:, labels == q]
    d = torch.stack([torch.stack([block(p, q).mean() for q in classes]) for p in classes])
    s = torch.stack([block(p, p).max(dim=1).values.mean() for p in classes])
    return classes, d, s
""",
    ),
    Wrong(
        name="returns_list",
        kind="wrong return",
        cause="classes is a Python list instead of a LongTensor.",
        says=r"\blists?\b|not a (Long)?Tensor|no tensor|LongTensor",
        source="""\
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
    return names, torch.stack(d), torch.stack(s)
""",
    ),
    Wrong(
        name="p_index_as_class",
        kind="index",
        cause="The position of a class is compared with the labels instead of the class itself, which fails for other labels than 0 to P - 1.",
        says=r"position|\bgaps?\b|(0|zero) (to|through|\.\.\.?) ?P|range\(|labels? .{0,30}(are|as) (row|number|0)|consecutive|contiguous|(class|label) (itself|number)|classes\[p\]",
        source="""\
def class_distances(features: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    classes = labels.unique()
    sq = ((features.unsqueeze(0) - features.unsqueeze(1)) ** 2).sum(2)
    d = torch.zeros(len(classes), len(classes), dtype=features.dtype)
    s = torch.zeros(len(classes), dtype=features.dtype)
    for p in range(len(classes)):
        for q in range(len(classes)):
            d[p, q] = sq[labels == p][:, labels == q].mean()
        n = (labels == p).sum()
        s[p] = d[p, p] * n**2 / (n**2 - n)
    return classes, d, s
""",
    ),
    Wrong(
        name="two_centroid_and_n",
        kind="two faults",
        cause="d is between centroids, and s is divided by n² instead of n² - n.",
        says=r"centroid|mean embeddings?|\bs\b.{0,60}(n ?(²|\^2|\*\* ?2|squared)|itself)|n ?(²|\^2) (instead|where)|n ?(²|\^2) ?(-|−|–) ?n",
        source="""\
def class_distances(features: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    classes = labels.unique()
    groups = [features[labels == c] for c in classes]
    centers = torch.stack([g.mean(0) for g in groups])
    d = (centers[:, None, :] - centers).pow(2).sum(-1)
    s = torch.stack([(g[:, None] - g).pow(2).sum(-1).mean() for g in groups])
    return classes, d, s
""",
    ),
    Wrong(
        name="two_plain_and_once",
        kind="two faults",
        cause="Distances are not squared, and in s each pair counts once but is divided by n² - n.",
        says=r"(not|n.t|instead of|without|un|forg[eo]t\w*|missing|no) ?(the )?(be(en)? )?squar|plain distance|squares? (is|are) (missing|forgotten)|\broot\b|\bnorm|Euclidean (length|distance)s? (itself|not)|needs? squar|(must|should|to|have to|not) be squar|squared distances? (is|are) (asked|wanted)|square the|square them|\bhalf\b|once|\btriu\b|ordered pairs|factor (of )?2",
        source="""\
def class_distances(features: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    classes, n = labels.unique(return_counts=True)
    D = (features[:, None] - features).norm(dim=-1)
    d = torch.stack([torch.stack([D[labels == p][:, labels == q].mean() for q in classes]) for p in classes])
    s = torch.stack([D[labels == p][:, labels == p].triu(1).sum() for p in classes]) / (n * n - n)
    return classes, d, s
""",
    ),
]

RIGHT = [
    Right(
        name="double_loop",
        source="""\
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
        source="""\
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
        source="""\
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
        name="moments",
        source="""\
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
        source="""\
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
        source="""\
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
