"""cluster_loss: wrong and right solutions."""

from wrong_solutions import Right, Wrong

WRONG = [
    Wrong(
        name="plain_distances",
        kind="squares forgotten",
        cause="Plain distances are used instead of squared ones.",
        says=r"(not|n.t|instead of|without|un|forg[eo]t\w*|missing|no) ?(the )?(be(en)? )?squar|plain distance|squares? (is|are) (missing|forgotten)|\broot\b|\bnorm|Euclidean (length|distance)s? (itself|not)|needs? squar|(must|should|to|have to|not) be squar|squared distances? (is|are) (asked|wanted)|square the|square them",
        source="""\
class ClusterLoss(nn.Module):
    def __init__(self, alpha: float) -> None:
        super().__init__()
        self.alpha = alpha

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        classes, counts = labels.unique(return_counts=True)
        mask = classes[:, None] == labels[None, :]  # [P, B]
        means = mask.to(features.dtype) @ features / counts[:, None]
        to_mean = (means[:, None] - features[None]).norm(dim=-1)  # [P, B]
        intra = to_mean.masked_fill(~mask, 0).amax(dim=1)
        gaps = (means[:, None] - means[None]).norm(dim=-1)
        inter = gaps.masked_fill(torch.eye(len(classes), dtype=torch.bool, device=features.device), torch.inf).amin(dim=1)
        return F.relu(intra - inter + self.alpha).sum()
""",
    ),
    Wrong(
        name="mean_for_sum",
        kind="mean for sum",
        cause="The loss is the mean over the classes instead of the sum.",
        says=r"(mean|average) (over|of) the classes|sum (up )?(over )?the classes|(do not|don.t|not) average|(instead of|not|where) (a|the)? ?sum|sum.{0,20}(not|instead of|rather than).{0,10}(mean|average)|divided by (P|the number of classes)|(mean|average) (instead|where|in place)|1 ?/ ?P\b|P times",
        source='''\
class ClusterLoss(nn.Module):
    """The hard cluster loss as in the paper: squared distances, summed over the classes of the batch."""

    def __init__(self, alpha: float) -> None:
        super().__init__()
        self.alpha = alpha

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        classes = labels.unique()
        centroids = torch.stack([features[labels == c].mean(dim=0) for c in classes])
        loss = 0
        for i, c in enumerate(classes):
            d_intra = (features[labels == c] - centroids[i]).pow(2).sum(dim=1).max()
            rest = torch.cat([centroids[:i], centroids[i + 1 :]])
            d_inter = (rest - centroids[i]).pow(2).sum(dim=1).min()
            loss = loss + (d_intra - d_inter + self.alpha).clamp(min=0)
        return loss / len(classes)
''',
    ),
    Wrong(
        name="clamp_after_sum",
        kind="hinge place",
        cause="The hinge is taken after the sum instead of for each class.",
        says=r"(hinge|clamp|max|relu|cut\w*).{0,40}(after|outside|before|each|every|per|whole|total)|(each|every|per) class.{0,40}(hinge|own|clamp)|(sum\w*).{0,20}(before|then) .{0,15}(hinge|clamp|max|relu)|hinge (of|around) the sum",
        source="""\
class ClusterLoss(nn.Module):
    def __init__(self, alpha):
        super().__init__()
        self.alpha = alpha

    def find(self, x, inverse, m):
        with torch.no_grad():
            r = (x - m[inverse]).norm(dim=1)
            farthest = [max((inverse == i).nonzero()[:, 0].tolist(), key=lambda row: r[row].item()) for i in range(len(m))]
            d = torch.cdist(m, m, compute_mode="donot_use_mm_for_euclid_dist")
            d.fill_diagonal_(float("inf"))
            return farthest, d.argmin(dim=1)

    def forward(self, features, labels):
        _, inverse = torch.unique(labels, return_inverse=True)
        n = torch.bincount(inverse)[:, None]
        m = torch.zeros(len(n), features.size(1), dtype=features.dtype, device=features.device)
        m = m.index_add(0, inverse, features) / n
        farthest, near = self.find(features, inverse, m)
        hinge = ((features[farthest] - m) ** 2).sum(1) - ((m[near] - m) ** 2).sum(1) + self.alpha
        return hinge.sum().clamp(min=0)
""",
    ),
    Wrong(
        name="alpha_outside",
        kind="margin outside",
        cause="alpha is added outside of the hinge.",
        says=r"(alpha|margin|α).*(outside|after|inside|in the hinge|within|before|place|added)|(outside|after|inside|before).*(alpha|margin|α)",
        source="""\
class ClusterLoss(nn.Module):
    def __init__(self, alpha: float) -> None:
        super().__init__()
        self.alpha = alpha

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        classes, counts = labels.unique(return_counts=True)
        mask = classes[:, None] == labels[None, :]  # [P, B]
        mu = mask.to(features.dtype) @ features / counts[:, None]
        to_mean = (mu[:, None] - features[None]).square().sum(-1)  # [P, B]
        intra = to_mean.masked_fill(~mask, 0).amax(dim=1)
        gaps = (mu[:, None] - mu[None]).square().sum(-1)
        inter = gaps.masked_fill(torch.eye(len(classes), dtype=torch.bool, device=features.device), torch.inf).amin(dim=1)
        return (F.relu(intra - inter) + self.alpha).sum()
""",
    ),
    Wrong(
        name="alpha_dropped",
        kind="dropped term",
        cause="alpha is not added.",
        says=r"(alpha|margin|α).{0,40}(missing|miss|drop|forg[eo]t|left out|leaves? out|lacks?|without|ignor|unused|absent|never|not (been )?(added|used|there|in it|passed|counted))|(missing|drop\w*|forg[eo]t\w*|left out|leaves? out|lacks?|without|ignor\w*|no) (the |any |a |its )?(alpha|margin|α)",
        source="""\
class ClusterLoss(nn.Module):
    def __init__(self, alpha: float) -> None:
        super().__init__()
        self.alpha = alpha

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        uniq, inv, cnt = labels.unique(return_inverse=True, return_counts=True)
        P, D = len(uniq), features.shape[1]
        mean = features.new_zeros(P, D).scatter_add(0, inv[:, None].expand(-1, D), features).div(cnt.view(-1, 1))
        own = (features - mean.index_select(0, inv)).pow(2).sum(1)
        intra = features.new_zeros(P).scatter_reduce(0, inv, own, reduce="amax")
        pairs = torch.combinations(torch.arange(P, device=features.device))
        between = (mean[pairs[:, 0]] - mean[pairs[:, 1]]).pow(2).sum(1)
        inter = features.new_full((P,), math.inf)
        inter = inter.scatter_reduce(0, pairs[:, 0], between, reduce="amin")
        inter = inter.scatter_reduce(0, pairs[:, 1], between, reduce="amin")
        return torch.clamp_min(intra - inter, 0.0).sum()
""",
    ),
    Wrong(
        name="alpha_minus",
        kind="sign",
        cause="alpha is subtracted instead of added.",
        says=r"(alpha|margin|α).{0,40}(subtract|minus|sign|instead of added)|(subtract\w*|minus|sign (of|in front of)) .{0,10}(alpha|margin|α)|- ?alpha|-α|a sign is",
        source="""\
class ClusterLoss(nn.Module):
    def __init__(self, alpha: float) -> None:
        super().__init__()
        self.alpha = alpha

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        groups = {}
        for vector, label in zip(features, labels.tolist()):
            groups.setdefault(label, []).append(vector)
        centre = {label: sum(vectors) / len(vectors) for label, vectors in groups.items()}
        terms = []
        for label, vectors in groups.items():
            intra = max(((v - centre[label]) ** 2).sum() for v in vectors)
            inter = min(((centre[label] - centre[other]) ** 2).sum() for other in groups if other != label)
            terms.append(max(intra - (inter + self.alpha), features.sum() * 0))
        return torch.stack(terms).sum()
""",
    ),
    Wrong(
        name="alpha_hard_coded",
        kind="parameter not used",
        cause="alpha is fixed to 0.3 instead of the parameter being used.",
        says=r"(alpha|margin|α).*(fixed|0\.3|constant|hard|ignor|not used|parameter|given|always)|(fixed|hard.coded|ignor\w*|unused|parameter).*(alpha|margin|α)|self\.alpha|0\.3",
        source="""\
class ClusterLoss(nn.Module):
    def __init__(self, alpha: float = 0.3) -> None:
        super().__init__()

    def forward(self, features: Tensor, labels: Tensor, alpha: float = 0.3) -> Tensor:
        total = features.new_zeros(())
        centroids = {}
        for label in labels.unique().tolist():
            centroids[label] = features[labels == label].mean(0)
        for label, centroid in centroids.items():
            intra = ((features[labels == label] - centroid) ** 2).sum(1).max()
            inter = torch.stack([((centroid - c) ** 2).sum() for k, c in centroids.items() if k != label]).min()
            total = total + torch.clamp(intra - inter + alpha, min=0)
        return total
""",
    ),
    Wrong(
        name="mean_spread",
        kind="max/mean",
        cause="d_intra is the mean distance from the centroid instead of the largest.",
        says=r"(intra|spread)\b.{0,60}(mean|average|max|farthest|largest)|(mean|average) (distance|over the samples).{0,30}(largest|max|farthest|cent)|(max\w*|farthest|largest).{0,30}(not|instead of|rather than) .{0,10}(mean|average)",
        source="""\
class ClusterLoss(nn.Module):
    def __init__(self, alpha):
        super().__init__()
        self.alpha = alpha

    def forward(self, features, labels):
        ids = torch.unique(labels)
        mu = torch.stack([features[labels == k].mean(0) for k in ids])
        intra = torch.stack([(features[labels == k] - m).pow(2).sum(1).mean() for k, m in zip(ids, mu)])
        d = torch.cdist(mu, mu, compute_mode="donot_use_mm_for_euclid_dist") ** 2
        inter = (d + torch.diag(torch.full_like(intra, 1e9))).min(1)[0]
        return (intra - inter + self.alpha).clamp(0).sum()
""",
    ),
    Wrong(
        name="swapped",
        kind="arguments swapped",
        cause="d_inter and d_intra are swapped, the difference has the wrong sign.",
        says=r"\bswap|exchang|revers|interchang|wrong way|inter ?(-|−|minus) ?(d_)?intra|(difference|intra|inter)\b.{0,40}\bsign|sign (of the difference|is wrong)|intra.{0,20}subtracted",
        source="""\
class ClusterLoss(nn.Module):
    def __init__(self, alpha: float) -> None:
        super().__init__()
        self.alpha = alpha

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        x = features.double()
        names = sorted(set(labels.tolist()))
        index = torch.tensor([names.index(y) for y in labels.tolist()], device=x.device)
        w = F.one_hot(index, len(names)).double()
        c = torch.einsum("bp,bd->pd", w / w.sum(0), x)
        diff = x - c[index]
        r = torch.einsum("bd,bd->b", diff, diff)
        intra = torch.stack([r[index == k].max() for k in range(len(names))])
        g = c.unsqueeze(1) - c.unsqueeze(0)
        g = torch.einsum("pqd,pqd->pq", g, g)
        inter = torch.stack([min(g[p, q] for q in range(len(names)) if q != p) for p in range(len(names))])
        return torch.maximum(inter - intra + self.alpha, torch.zeros_like(intra)).sum().to(features.dtype)
""",
    ),
    Wrong(
        name="own_centroid",
        kind="diagonal",
        cause="A class's own centroid is not excluded, so that d_inter is always 0.",
        says=r"diagonal|own (class|cent)|(class|cent\w+) (with|to|and) itself|j ?(!=|≠) ?i|inter\b.{0,20}(is|=|always|be) .{0,10}(0|zero)|(exclud|skip|leav|left).{0,30}(own|itself)",
        source="""\
class ClusterLoss(nn.Module):
    def __init__(self, alpha: float) -> None:
        super().__init__()
        self.alpha = alpha

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        classes, counts = labels.unique(return_counts=True)
        mask = classes[:, None] == labels[None, :]  # [P, B]
        means = mask.to(features.dtype) @ features / counts[:, None]
        spread = (means[:, None] - features[None]).square().sum(-1)  # [P, B]
        intra = spread.masked_fill(~mask, 0).amax(dim=1)
        gaps = (means[:, None] - means[None]).square().sum(-1)
        inter = gaps.amin(dim=1)
        return F.relu(intra - inter + self.alpha).sum()
""",
    ),
    Wrong(
        name="detached_centroids",
        kind="detached",
        cause="The centroids are detached, no gradient flows through them.",
        says=r"(centroid|mean)s?.{0,40}(detach|no_grad|gradient|graph|constant)|(detach\w*|no_grad|gradients?|graph).{0,40}(centroid|mean)|detached",
        source="""\
class ClusterLoss(nn.Module):
    def __init__(self, alpha: float) -> None:
        super().__init__()
        self.alpha = alpha

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        uniq, inv, cnt = labels.unique(return_inverse=True, return_counts=True)
        P, D = len(uniq), features.shape[1]
        mean = features.new_zeros(P, D).scatter_add(0, inv[:, None].expand(-1, D), features).div(cnt.view(-1, 1)).detach()
        own = (features - mean.index_select(0, inv)).pow(2).sum(1)
        intra = features.new_zeros(P).scatter_reduce(0, inv, own, reduce="amax")
        pairs = torch.combinations(torch.arange(P, device=features.device))
        between = (mean[pairs[:, 0]] - mean[pairs[:, 1]]).pow(2).sum(1)
        inter = features.new_full((P,), math.inf)
        inter = inter.scatter_reduce(0, pairs[:, 0], between, reduce="amin")
        inter = inter.scatter_reduce(0, pairs[:, 1], between, reduce="amin")
        return torch.clamp_min(intra - inter + self.alpha, 0.0).sum()
""",
    ),
    Wrong(
        name="sqrt_nan_gradient",
        kind="nan gradient",
        cause="The root of the zero diagonal is taken before it is filled and squared, and the gradient of the root at 0 is NaN.",
        says=r"\bnan\b|(root|sqrt).{0,60}(0|zero|gradient|derivative|diagonal)|(gradient|derivative).{0,40}(root|sqrt|nan|at 0|at zero|infinite)",
        source="""\
class ClusterLoss(nn.Module):
    def __init__(self, alpha: float) -> None:
        super().__init__()
        self.alpha = alpha

    def dist(self, a, b):
        return torch.sqrt(((a[:, None, :] - b[None, :, :]) ** 2).sum(dim=2))

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        classes = labels.unique()
        c = torch.stack([features[labels == k].mean(dim=0) for k in classes])
        outside = classes[:, None] != labels[None, :]
        intra = self.dist(c, features).masked_fill(outside, 0).max(dim=1).values ** 2
        inter = self.dist(c, c).masked_fill(torch.eye(len(c), dtype=torch.bool), 1e6).min(dim=1).values ** 2
        return torch.relu(intra - inter + self.alpha).sum()
""",
    ),
    Wrong(
        name="mean_over_coordinates",
        kind="mean over coordinates",
        cause="The squared differences are averaged over the coordinates instead of summed.",
        says=r"coordinate|divided by D\b|(mean|average)\w* (over|of) (the )?(dimensions|D|last|squared differences|features|numbers)|times too small|(sum|add)\w* (over|up) the (dimensions|D)",
        source='''\
class ClusterLoss(nn.Module):
    """The hard cluster loss as in the paper: squared distances, summed over the classes of the batch."""

    def __init__(self, alpha: float) -> None:
        super().__init__()
        self.alpha = alpha

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        classes = labels.unique()
        centroids = torch.stack([features[labels == c].mean(dim=0) for c in classes])
        loss = 0
        for i, c in enumerate(classes):
            d_intra = (features[labels == c] - centroids[i]).pow(2).mean(dim=1).max()
            others = torch.cat([centroids[:i], centroids[i + 1 :]])
            d_inter = (others - centroids[i]).pow(2).mean(dim=1).min()
            loss = loss + (d_intra - d_inter + self.alpha).clamp(min=0)
        return loss
''',
    ),
    Wrong(
        name="python_float",
        kind="Python float",
        cause="It returns a Python float instead of a tensor with a gradient.",
        says=r"\bfloat\b|\.item|no tensor|not a tensor|instead of a tensor|no gradient|python number|without (a )?gradient",
        source="""\
class ClusterLoss(nn.Module):
    def __init__(self, alpha: float) -> None:
        super().__init__()
        self.alpha = alpha

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        classes = sorted(set(labels.tolist()))
        means = {c: features[labels == c].mean(0) for c in classes}
        loss = 0.0
        for c in classes:
            intra = max((x - means[c]).square().sum().item() for x in features[labels == c])
            inter = min((means[c] - means[k]).square().sum().item() for k in classes if k != c)
            loss += max(intra - inter + self.alpha, 0)
        return loss
""",
    ),
    Wrong(
        name="squared_twice",
        kind="squares doubled",
        cause="The distances are squared twice.",
        says=r"twice|fourth|already squared|doubl|square of (a|the) square|squares? (are|is) squared|two times|again",
        source="""\
class ClusterLoss(nn.Module):
    def __init__(self, alpha: float) -> None:
        super().__init__()
        self.alpha = alpha

    def sq(self, a, b):
        return (a - b).pow(2).sum(-1)

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        classes, inv = labels.unique(return_inverse=True)
        cents = torch.stack([features[inv == i].mean(0) for i in range(len(classes))])
        own = self.sq(features, cents[inv])
        intra = torch.stack([own[inv == i].max() for i in range(len(classes))])
        inter = self.sq(cents[:, None], cents[None])
        inter = inter.masked_fill(torch.eye(len(classes)).bool(), float("inf")).min(1).values
        return (intra**2 - inter**2 + self.alpha).clamp(min=0).sum()
""",
    ),
    Wrong(
        name="builtin_max",
        kind="raises",
        cause="Python's max compares a tensor of several elements with 0, which raises.",
        says=r"\bmax\b.{0,60}(tensor|ambiguous|element|rais|clamp|builtin|python|several)|ambiguous|more than one (value|element)|Boolean value|python.s max|RuntimeError|\brais",
        source="""\
class ClusterLoss(nn.Module):
    def __init__(self, alpha: float) -> None:
        super().__init__()
        self.alpha = alpha

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        classes, counts = labels.unique(return_counts=True)
        mask = classes[:, None] == labels[None, :]  # [P, B]
        means = mask.to(features.dtype) @ features / counts[:, None]
        to_mean = (means[:, None] - features[None]).square().sum(-1)  # [P, B]
        d_intra = to_mean.masked_fill(~mask, 0).amax(dim=1)
        gaps = (means[:, None] - means[None]).square().sum(-1)
        d_inter = gaps.masked_fill(torch.eye(len(classes), dtype=torch.bool, device=features.device), torch.inf).amin(dim=1)
        return sum(max(d_intra - d_inter + self.alpha, 0))
""",
    ),
    Wrong(
        name="nearest_sample",
        kind="wrong quantity",
        cause="d_inter is the distance to the nearest single sample of another class instead of the nearest centroid.",
        says=r"inter\b.{0,60}(sample|picture|point|row)|(nearest|closest) (single )?(sample|picture|point).{0,30}(other|another)|(sample|picture)s? .{0,40}instead of .{0,25}centroid|inter\b.{0,40}from the (nearest )?(other )?centroid|inter.{0,60}between centroids",
        source="""\
class ClusterLoss(nn.Module):
    def __init__(self, alpha: float) -> None:
        super().__init__()
        self.alpha = alpha

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        out = []
        for c in labels.unique():
            mask = labels == c
            centre = features[mask].mean(0, keepdim=True)
            dist = (features - centre).square().sum(1)
            out.append(torch.relu(dist[mask].max() - dist[~mask].min() + self.alpha))
        return sum(out)
""",
    ),
    Wrong(
        name="diameter",
        kind="wrong quantity",
        cause="d_intra is the largest distance of two samples of the class instead of the largest from the centroid.",
        says=r"(two|pairs? of) (samples|pictures|points|members|embeddings)|diameter|(intra|spread)\b.{0,60}(pair|centroid)|from the centroid",
        source="""\
class ClusterLoss(nn.Module):
    def __init__(self, alpha: float) -> None:
        super().__init__()
        self.alpha = alpha

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        sq = (features[:, None] - features[None]).pow(2).sum(-1)
        same = labels[:, None] == labels
        ids = labels.unique()
        intra = torch.stack([(sq * same)[labels == i].max() for i in ids])
        means = torch.stack([features[labels == i].mean(0) for i in ids])
        inter = (means[:, None] - means).pow(2).sum(-1)
        inter = inter[~torch.eye(len(ids)).bool()].view(len(ids), -1).min(dim=1).values
        return (intra - inter + self.alpha).clamp_min(0).sum()
""",
    ),
    Wrong(
        name="no_hinge",
        kind="hinge forgotten",
        cause="The hinge is missing, negative terms lower the loss.",
        says=r"(hinge|clamp|relu|max\(|maximum with 0).{0,40}(missing|miss|drop|forg[eo]t|left out|leaves? out|lacks?|without|ignor|unused|absent|never|not (been )?(added|used|there|in it|passed|counted))|(missing|drop\w*|forg[eo]t\w*|left out|leaves? out|lacks?|without|ignor\w*|no) (the |any |a |its )?(hinge|clamp|relu|max\(|maximum with 0)|(negative|satisfied) (terms|classes|values|ones).{0,30}(lower|count|subtract|add|enter|not cut)|below (0|zero)",
        source="""\
class ClusterLoss(nn.Module):
    def __init__(self, alpha: float) -> None:
        super().__init__()
        self.alpha = alpha

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        x = features.double()
        classes = sorted(set(labels.tolist()))
        index = torch.tensor([classes.index(y) for y in labels.tolist()], device=x.device)
        w = F.one_hot(index, len(classes)).double()
        c = torch.einsum("bp,bd->pd", w / w.sum(0), x)
        diff = x - c[index]
        r = torch.einsum("bd,bd->b", diff, diff)
        intra = torch.stack([r[index == k].max() for k in range(len(classes))])
        g = c.unsqueeze(1) - c.unsqueeze(0)
        g = torch.einsum("pqd,pqd->pq", g, g)
        inter = torch.stack([min(g[p, q] for q in range(len(classes)) if q != p) for p in range(len(classes))])
        return (intra - inter + self.alpha).sum().to(features.dtype)
""",
    ),
    Wrong(
        name="label_as_row",
        kind="label as row",
        cause="The label is used as the row of the centroid, which fails with gaps.",
        says=r"labels?.*(as|for) (an? )?(the )?(row|index|position)|gaps?|consecutive|contiguous|out of (bounds|range)|IndexError|(0|zero) (to|through) ?P",
        source="""\
class ClusterLoss(nn.Module):
    def __init__(self, alpha: float) -> None:
        super().__init__()
        self.alpha = alpha

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        n_classes = len(labels.unique())
        centroids = torch.stack([features[labels == c].mean(0) for c in range(n_classes)])
        intra = [(features[labels == c] - centroids[c]).square().sum(1).max() for c in range(n_classes)]
        d = (centroids[:, None] - centroids).square().sum(2) + 1e4 * torch.eye(n_classes)
        return (torch.stack(intra) - d.min(dim=1).values + self.alpha).clamp(min=0).sum()
""",
    ),
    Wrong(
        name="zero_filled_min",
        kind="mask",
        cause="The diagonal of centroid distances is multiplied by 0, so that d_inter is 0.",
        says=r"diagonal|own (class|cent)|(class|cent\w+) (with|to|and) itself|inter\b.{0,20}(is|=|always|be) .{0,10}(0|zero)|(times|multipl\w*|filled).{0,20}(0|zero|mask)",
        source="""\
class ClusterLoss(nn.Module):
    def __init__(self, alpha: float) -> None:
        super().__init__()
        self.alpha = alpha

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        classes, counts = labels.unique(return_counts=True)
        mask = classes[:, None] == labels[None, :]  # [P, B]
        means = mask.to(features.dtype) @ features / counts[:, None]
        to_mean = (means[:, None] - features[None]).square().sum(-1)  # [P, B]
        intra = to_mean.masked_fill(~mask, 0).amax(dim=1)
        gaps = (means[:, None] - means[None]).square().sum(-1)
        off = 1 - torch.eye(len(classes), dtype=features.dtype)
        inter = (gaps * off).amin(dim=1)
        return F.relu(intra - inter + self.alpha).sum()
""",
    ),
    Wrong(
        name="global_min",
        kind="min over all",
        cause="d_inter is the smallest distance of any two centroids of the batch, one number for all classes.",
        says=r"(any two|same|one number|single|global|overall|common).{0,60}(class|batch|centroid|inter|min)|smallest (distance )?of (all|any)|(each|every) class.{0,40}(own|its|inter|nearest)|inter\b.{0,60}(same|all|one (number|value)|each|every|whole|over all)",
        source="""\
class ClusterLoss(nn.Module):
    def __init__(self, alpha):
        super().__init__()
        self.alpha = alpha

    def find(self, x, inverse, m):
        with torch.no_grad():
            r = (x - m[inverse]).norm(dim=1)
            far = [max((inverse == i).nonzero()[:, 0].tolist(), key=lambda row: r[row].item()) for i in range(len(m))]
            d = torch.cdist(m, m, compute_mode="donot_use_mm_for_euclid_dist")
            d.fill_diagonal_(float("inf"))
            return far, d.argmin(dim=1)

    def forward(self, features, labels):
        _, inverse = torch.unique(labels, return_inverse=True)
        n = torch.bincount(inverse)[:, None]
        m = torch.zeros(len(n), features.size(1), dtype=features.dtype, device=features.device)
        m = m.index_add(0, inverse, features) / n
        far, near = self.find(features, inverse, m)
        hinge = ((features[far] - m) ** 2).sum(1) - ((m[near] - m) ** 2).sum(1).min() + self.alpha
        return hinge[hinge > 0].sum()
""",
    ),
    Wrong(
        name="two_homework_loss",
        kind="two faults",
        cause="It is the homework's loss and not the paper's: plain distances, and the mean over the classes.",
        says=r"(not|n.t|instead of|without|un|forg[eo]t\w*|missing|no) ?(the )?(be(en)? )?squar|plain distance|squares? (is|are) (missing|forgotten)|\broot\b|\bnorm|Euclidean (length|distance)s? (itself|not)|needs? squar|(must|should|to|have to|not) be squar|squared distances? (is|are) (asked|wanted)|square the|square them|(mean|average) (over|of|instead)|(instead of|not) (a|the)? ?sum|homework.s",
        source="""\
class ClusterLoss(nn.Module):
    def __init__(self, alpha: float) -> None:
        super().__init__()
        self.alpha = alpha
        self.loss = nn.TripletMarginLoss(margin=alpha)

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        ids = labels.unique()
        c = torch.stack([features[labels == i].mean(0) for i in ids])
        p = torch.stack([f[(f - m).norm(dim=1).argmax()] for f, m in ((features[labels == i], m) for i, m in zip(ids, c))])
        d = torch.cdist(c, c).fill_diagonal_(float("inf"))
        return self.loss(c, p, c[d.argmin(1)])
""",
    ),
    Wrong(
        name="two_alpha_and_diagonal",
        kind="two faults",
        cause="A class's own centroid counts as the nearest one, and alpha is added outside of the hinge.",
        says=r"(alpha|margin|α)\b.{0,30}(outside|after|added|inside)|outside of the hinge|diagonal|own (class|cent)|(class|cent\w+) (with|to|and) itself|inter\b.{0,20}(0|zero)",
        source="""\
class ClusterLoss(nn.Module):
    def __init__(self, alpha: float) -> None:
        super().__init__()
        self.alpha = alpha

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        loss = torch.tensor(0.0)
        uniq = labels.unique()
        means = [features[labels == u].mean(0) for u in uniq]
        for u, m in zip(uniq, means):
            intra = torch.max(((features[labels == u] - m) ** 2).sum(1))
            inter = torch.min(torch.stack([((m - other) ** 2).sum() for other in means]))
            loss = loss + torch.relu(intra - inter) + self.alpha
        return loss
""",
    ),
]

RIGHT = [
    Right(
        name="loop",
        source='''\
class ClusterLoss(nn.Module):
    """The hard cluster loss as in the paper: squared distances, summed over the classes of the batch."""

    def __init__(self, alpha: float) -> None:
        super().__init__()
        self.alpha = alpha

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        classes = labels.unique()
        centroids = torch.stack([features[labels == c].mean(dim=0) for c in classes])
        loss = 0
        for i, c in enumerate(classes):
            d_intra = (features[labels == c] - centroids[i]).pow(2).sum(dim=1).max()
            others = torch.cat([centroids[:i], centroids[i + 1 :]])
            d_inter = (others - centroids[i]).pow(2).sum(dim=1).min()
            loss = loss + (d_intra - d_inter + self.alpha).clamp(min=0)
        return loss
''',
    ),
    Right(
        name="masks",
        source="""\
class ClusterLoss(nn.Module):
    def __init__(self, alpha: float) -> None:
        super().__init__()
        self.alpha = alpha

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        classes, counts = labels.unique(return_counts=True)
        mask = classes[:, None] == labels[None, :]  # [P, B]
        means = mask.to(features.dtype) @ features / counts[:, None]
        to_mean = (means[:, None] - features[None]).square().sum(-1)  # [P, B]
        intra = to_mean.masked_fill(~mask, 0).amax(dim=1)
        gaps = (means[:, None] - means[None]).square().sum(-1)
        inter = gaps.masked_fill(torch.eye(len(classes), dtype=torch.bool, device=features.device), torch.inf).amin(dim=1)
        return F.relu(intra - inter + self.alpha).sum()
""",
    ),
    Right(
        name="indices_first",
        source="""\
class ClusterLoss(nn.Module):
    def __init__(self, alpha):
        super().__init__()
        self.alpha = alpha

    def find(self, x, inverse, m):
        with torch.no_grad():
            r = (x - m[inverse]).norm(dim=1)
            far = [max((inverse == i).nonzero()[:, 0].tolist(), key=lambda row: r[row].item()) for i in range(len(m))]
            d = torch.cdist(m, m, compute_mode="donot_use_mm_for_euclid_dist")
            d.fill_diagonal_(float("inf"))
            return far, d.argmin(dim=1)

    def forward(self, features, labels):
        _, inverse = torch.unique(labels, return_inverse=True)
        n = torch.bincount(inverse)[:, None]
        m = torch.zeros(len(n), features.size(1), dtype=features.dtype, device=features.device)
        m = m.index_add(0, inverse, features) / n
        far, near = self.find(features, inverse, m)
        hinge = ((features[far] - m) ** 2).sum(1) - ((m[near] - m) ** 2).sum(1) + self.alpha
        return hinge[hinge > 0].sum()
""",
    ),
    Right(
        name="double_einsum",
        source="""\
class ClusterLoss(nn.Module):
    def __init__(self, alpha: float) -> None:
        super().__init__()
        self.alpha = alpha

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        x = features.double()
        names = sorted(set(labels.tolist()))
        index = torch.tensor([names.index(y) for y in labels.tolist()], device=x.device)
        w = F.one_hot(index, len(names)).double()
        c = torch.einsum("bp,bd->pd", w / w.sum(0), x)
        diff = x - c[index]
        r = torch.einsum("bd,bd->b", diff, diff)
        intra = torch.stack([r[index == k].max() for k in range(len(names))])
        g = c.unsqueeze(1) - c.unsqueeze(0)
        g = torch.einsum("pqd,pqd->pq", g, g)
        inter = torch.stack([min(g[p, q] for q in range(len(names)) if q != p) for p in range(len(names))])
        return torch.maximum(intra - inter + self.alpha, torch.zeros_like(intra)).sum().to(features.dtype)
""",
    ),
    Right(
        name="scatter_reduce",
        source="""\
class ClusterLoss(nn.Module):
    def __init__(self, alpha: float) -> None:
        super().__init__()
        self.alpha = alpha

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        uniq, inv, cnt = labels.unique(return_inverse=True, return_counts=True)
        P, D = len(uniq), features.shape[1]
        mean = features.new_zeros(P, D).scatter_add(0, inv[:, None].expand(-1, D), features).div(cnt.view(-1, 1))
        own = (features - mean.index_select(0, inv)).pow(2).sum(1)
        intra = features.new_zeros(P).scatter_reduce(0, inv, own, reduce="amax")
        pairs = torch.combinations(torch.arange(P, device=features.device))
        between = (mean[pairs[:, 0]] - mean[pairs[:, 1]]).pow(2).sum(1)
        inter = features.new_full((P,), math.inf)
        inter = inter.scatter_reduce(0, pairs[:, 0], between, reduce="amin")
        inter = inter.scatter_reduce(0, pairs[:, 1], between, reduce="amin")
        return torch.clamp_min(intra - inter + self.alpha, 0.0).sum()
""",
    ),
    Right(
        name="dict_of_groups",
        source="""\
class ClusterLoss(nn.Module):
    def __init__(self, alpha: float) -> None:
        super().__init__()
        self.alpha = alpha

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        groups = {}
        for vector, label in zip(features, labels.tolist()):
            groups.setdefault(label, []).append(vector)
        centre = {label: sum(vectors) / len(vectors) for label, vectors in groups.items()}
        terms = []
        for label, vectors in groups.items():
            intra = max(((v - centre[label]) ** 2).sum() for v in vectors)
            inter = min(((centre[label] - centre[other]) ** 2).sum() for other in groups if other != label)
            terms.append(max(intra - inter + self.alpha, features.sum() * 0))
        return torch.stack(terms).sum()
""",
    ),
]
