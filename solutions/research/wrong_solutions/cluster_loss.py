"""cluster_loss: wrong and right solutions in students' styles."""

from solutions.research.wrong_solutions import Right, Wrong

WRONG = [
    Wrong(
        name="F.triplet_margin_loss",
        kind="not squared",
        cause="F.triplet_margin_loss takes plain distances, not squared ones.",
        says="not squared|squares? (?:\\w+ )*(?:missing|forgotten|left out)|unsquared|\\bplain\\b|(?:without|no|missing|forg\\w+|lacks?) (?:the |to )?squar|square root|instead of (?:the |its |their )?(?:squared|square)|(?:should|must|have to|need to|are to) be squared|norms?\\b|triplet_margin_loss|\\|a ?[-−–] ?p\\|(?!\\|?(?:²|\\^2))",
        source='''
class ClusterLoss(nn.Module):
    """The hard cluster loss as in the paper: squared distances, summed over the classes of the batch."""

    def __init__(self, alpha: float) -> None:
        super().__init__()
        self.alpha = alpha

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        a, p, n = HardClusterTripletsSampler().sample(features, labels)
        return F.triplet_margin_loss(a, p, n, margin=self.alpha, reduction="sum")
''',
    ),
    Wrong(
        name="mean",
        kind="sum/mean",
        cause="The hinges are averaged over the classes, not summed.",
        says="(?:hinges?|classes|terms?\\b|triplets?|(?-i:\\bP\\b)|\\bthe loss\\b|\\bthe sum\\b).{0,60}(?:averag|\\bmean\\b|divid)|(?:averag|\\bmean\\b|divid).{0,60}(?:hinges?|classes|terms?\\b|triplets?|(?-i:\\bP\\b)|\\bthe loss\\b|\\bthe sum\\b)|mean.{0,12}(?:instead of|, not) (?:the |a )?sum(?! over the c| of)|\\.mean|reduction|1 ?/ ?(?-i:P)",
        source='''
class ClusterLoss(nn.Module):
    """The hard cluster loss as in the paper: squared distances, summed over the classes of the batch."""

    def __init__(self, alpha: float) -> None:
        super().__init__()
        self.alpha = alpha

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        classes, y = torch.unique(labels, return_inverse=True)
        P = len(classes)
        onehot = F.one_hot(y, P).to(features.dtype)
        means = onehot.T @ features / onehot.sum(0)[:, None]
        r = (features - means[y]).square().sum(1)
        intra = torch.zeros(P, dtype=features.dtype, device=features.device).scatter_reduce(0, y, r, reduce="amax", include_self=False)
        gaps = (means[:, None] - means[None]).square().sum(-1)
        gaps = gaps + torch.diag(torch.full((P,), float("inf"), dtype=features.dtype, device=features.device))
        inter = gaps.min(dim=1).values
        return F.relu(intra - inter + self.alpha).mean()
''',
    ),
    Wrong(
        name="hinge of the sum",
        kind="hinge misplaced",
        cause="The hinge is taken of the whole sum, not of each class.",
        says="hinges? .{0,40}before|(?:hinge\\b|max\\(|clamp|relu|cut off|zero).{0,110}(?:\\bsum|summ|\\bmean|averag|total|whole|outside|\\bonce\\b|each (?:class|term|triplet)|per (?:class|triplet)|(?:class|triplet) by|cancel|make up|single (?:class|triplet)|every (?:class|triplet)|loss as a whole)|(?:\\bsum|summ|\\bmean|averag|total|whole|outside|\\bonce\\b|each (?:class|term|triplet)|per (?:class|triplet)|(?:class|triplet) by|cancel|make up|single (?:class|triplet)|every (?:class|triplet)|loss as a whole).{0,110}(?:hinge\\b|max\\(|clamp|relu|cut off|zero)",
        source='''
class ClusterLoss(nn.Module):
    """The hard cluster loss as in the paper: squared distances, summed over the classes of the batch."""

    def __init__(self, alpha: float) -> None:
        super().__init__()
        self.alpha = alpha

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        centers = {}
        for y in labels.tolist():
            if y not in centers:
                centers[y] = features[labels == y].mean(dim=0)
        terms = []
        for y, center in centers.items():
            spread = torch.stack([torch.sum((x - center) ** 2) for x in features[labels == y]]).max()
            nearest = min(torch.sum((center - centers[z]) ** 2) for z in centers if z != y)
            terms.append(spread - nearest + self.alpha)
        return torch.clamp(torch.stack(terms).sum(), min=0.0)
''',
    ),
    Wrong(
        name="no hinge",
        kind="hinge",
        cause="The hinge is missing: terms below 0 are added too.",
        says="(?:\\bno|without|missing|lacks?|forg\\w+|omit\\w*|leaves? out|drops?)\\b.{0,15}(?:hinge|max\\(|clamp|relu)|(?:hinge|max\\([^)]*\\)|clamp|relu).{0,40}(?:missing|left out|not (?:taken|applied|used|there)|forg|omit|dropped|absent|never|lacking)|(?:negative (?:terms?|values?|hinges?|costs?|parts?)|below (?:0|zero)|satisfied triplets)(?!.{0,20}\\bnot\\b).{0,60}(?:count|add|sum|kept|not cut|stay|remain|lower|enter|includ|averag|reduc)|(?:not|never) cut (?:off )?at (?:0|zero)|can (?:be|get|become) negative",
        source='''
class ClusterLoss(nn.Module):
    """The hard cluster loss as in the paper: squared distances, summed over the classes of the batch."""

    def __init__(self, alpha: float) -> None:
        super().__init__()
        self.alpha = alpha

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        classes = labels.unique()
        centroids = torch.stack([features[labels == c].mean(0) for c in classes])
        loss = 0
        for i, c in enumerate(classes):
            intra = ((features[labels == c] - centroids[i]) ** 2).sum(1).max()
            others = torch.cat([centroids[:i], centroids[i + 1 :]])
            inter = ((others - centroids[i]) ** 2).sum(1).min()
            loss = loss + (intra - inter + self.alpha)
        return loss
''',
    ),
    Wrong(
        name="sign of the distances",
        kind="sign",
        cause="d_intra and d_inter are swapped: inter - intra + alpha.",
        says="swap|exchang|sign|revers|interchang|wrong way round|inter\\S* ?[-−–] ?d?\\S*intra|(?:intra\\S*|within) .{0,40}subtracted|subtract\\w* .{0,30}intra|opposite",
        source='''
class ClusterLoss(nn.Module):
    """The hard cluster loss as in the paper: squared distances, summed over the classes of the batch."""

    def __init__(self, alpha: float) -> None:
        super().__init__()
        self.alpha = alpha

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        classes, y = torch.unique(labels, return_inverse=True)
        P = len(classes)
        onehot = F.one_hot(y, P).to(features.dtype)
        means = onehot.T @ features / onehot.sum(0)[:, None]
        r = (features - means[y]).square().sum(1)
        intra = torch.zeros(P, dtype=features.dtype, device=features.device).scatter_reduce(0, y, r, reduce="amax", include_self=False)
        gaps = (means[:, None] - means[None]).square().sum(-1)
        gaps = gaps + torch.diag(torch.full((P,), float("inf"), dtype=features.dtype, device=features.device))
        inter = gaps.min(dim=1).values
        return F.relu(inter - intra + self.alpha).sum()
''',
    ),
    Wrong(
        name="alpha subtracted",
        kind="sign",
        cause="alpha is subtracted instead of added.",
        says="(?:α|alpha|margin).{0,60}(?:subtract|sign|minus|instead of (?:being )?added|[-−–] ?(?:α|alpha))|(?:subtract|sign|minus).{0,60}(?:α|alpha|margin)|[-−–] ?(?:α|alpha)\\b",
        source='''
class ClusterLoss(nn.Module):
    """The hard cluster loss as in the paper: squared distances, summed over the classes of the batch."""

    def __init__(self, alpha: float) -> None:
        super().__init__()
        self.alpha = alpha

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        classes = labels.unique()
        centroids = torch.stack([features[labels == c].mean(0) for c in classes])
        loss = 0
        for i, c in enumerate(classes):
            intra = ((features[labels == c] - centroids[i]) ** 2).sum(1).max()
            others = torch.cat([centroids[:i], centroids[i + 1 :]])
            inter = ((others - centroids[i]) ** 2).sum(1).min()
            loss = loss + torch.clamp(intra - inter - self.alpha, min=0)
        return loss
''',
    ),
    Wrong(
        name="alpha missing",
        kind="term dropped",
        cause="alpha is not added.",
        says="(?:α|alpha|margin).{0,60}(?:missing|not added|left out|not used|dropp|forg|omit|ignor|absent|lack|never|unused|= ?0(?!\\.?\\d))|(?:without|\\bno|missing|lacks?|forg\\w+|omit\\w*|ignor\\w*|leaves? out|drop\\w*|not add\\w*) (?:the |of the )?(?:α|alpha|margin)",
        source='''
class ClusterLoss(nn.Module):
    """The hard cluster loss as in the paper: squared distances, summed over the classes of the batch."""

    def __init__(self, alpha: float) -> None:
        super().__init__()
        self.alpha = alpha

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        anchor, positive, negative = HardClusterTripletsSampler().sample(features, labels)
        d_intra = (anchor - positive).pow(2).sum(dim=1)
        d_inter = (anchor - negative).pow(2).sum(dim=1)
        return torch.relu(d_intra - d_inter).sum()
''',
    ),
    Wrong(
        name="mean spread",
        kind="min/max",
        cause="d_intra is the mean of the squared distances to the centroid, not the largest.",
        says="(?:intra|spread|within|own class|to the centroid|from (?:the|its) centroid|positive).{0,110}(?:mean\\b|averag|not the (?:max|largest|farthest)|instead of (?:the )?(?:max|largest|farthest))|(?:mean\\b|averag|not the (?:max|largest|farthest)|instead of (?:the )?(?:max|largest|farthest)).{0,110}(?:intra|spread|within|own class|to the centroid|from (?:the|its) centroid|positive)",
        source='''
class ClusterLoss(nn.Module):
    """The hard cluster loss as in the paper: squared distances, summed over the classes of the batch."""

    def __init__(self, alpha: float) -> None:
        super().__init__()
        self.alpha = alpha

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        classes = labels.unique()
        centroids = torch.stack([features[labels == c].mean(0) for c in classes])
        loss = 0
        for i, c in enumerate(classes):
            intra = ((features[labels == c] - centroids[i]) ** 2).sum(1).mean()
            others = torch.cat([centroids[:i], centroids[i + 1 :]])
            inter = ((others - centroids[i]) ** 2).sum(1).min()
            loss = loss + torch.clamp(intra - inter + self.alpha, min=0)
        return loss
''',
    ),
    Wrong(
        name="diagonal",
        kind="diagonal",
        cause="The distance of a centroid to itself is not excluded, so d_inter is 0.",
        says="itself|own (?:class|centroid)|diagonal|(?:inter\\S*|negative).{0,40}(?:is|are|=|always) ?(?:0|zero)|j\\s*=\\s*i\\b|j ?(?:≠|!=) ?i|d_?\\^?inter.{0,40}(?:left out|not subtracted|missing)",
        source='''
class ClusterLoss(nn.Module):
    """The hard cluster loss as in the paper: squared distances, summed over the classes of the batch."""

    def __init__(self, alpha: float) -> None:
        super().__init__()
        self.alpha = alpha

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        classes, y = torch.unique(labels, return_inverse=True)
        P = len(classes)
        onehot = F.one_hot(y, P).to(features.dtype)
        means = onehot.T @ features / onehot.sum(0)[:, None]
        r = (features - means[y]).square().sum(1)
        intra = torch.zeros(P, dtype=features.dtype, device=features.device).scatter_reduce(0, y, r, reduce="amax", include_self=False)
        gaps = (means[:, None] - means[None]).square().sum(-1)
        inter = gaps.min(dim=1).values
        return F.relu(intra - inter + self.alpha).sum()
''',
    ),
    Wrong(
        name="eye times inf",
        kind="mask arithmetic",
        cause="eye * inf gives 0 * inf = NaN off the diagonal.",
        says="\\bnan\\b|0 ?[*·×] ?(?:inf|∞)|not a number|inf.{0,20}(?:times|multipl)|multipl.{0,40}inf",
        source='''
class ClusterLoss(nn.Module):
    """The hard cluster loss as in the paper: squared distances, summed over the classes of the batch."""

    def __init__(self, alpha: float) -> None:
        super().__init__()
        self.alpha = alpha

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        classes = torch.unique(labels)
        c = torch.stack([features[labels == k].mean(dim=0) for k in classes])
        intra = torch.stack([(features[labels == k] - c[i]).pow(2).sum(1).max() for i, k in enumerate(classes)])
        inter = torch.cdist(c, c, compute_mode="donot_use_mm_for_euclid_dist") ** 2
        inter = inter + torch.eye(len(c), device=c.device) * float("inf")
        return torch.clamp(intra - inter.min(1)[0] + self.alpha, min=0).sum()
''',
    ),
    Wrong(
        name="mse",
        kind="mean over coordinates",
        cause="The squared differences are averaged over the coordinates, not summed.",
        says="coordinates?|dimensions?|components?|(?-i:\\b[/·] ?D\\b|\\bby D\\b|\\bD times)|\\bdim\\b|\\bmse|feature (?:axis|numbers)",
        source='''
class ClusterLoss(nn.Module):
    """The hard cluster loss as in the paper: squared distances, summed over the classes of the batch."""

    def __init__(self, alpha: float) -> None:
        super().__init__()
        self.alpha = alpha

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        anchor, pos, neg = HardClusterTripletsSampler().sample(features, labels)
        intra = F.mse_loss(anchor, pos, reduction="none").mean(1)
        inter = F.mse_loss(anchor, neg, reduction="none").mean(1)
        hinge = intra - inter + self.alpha
        return hinge[hinge > 0].sum()
''',
    ),
    Wrong(
        name="inter not squared",
        kind="squares",
        cause="d_inter is not squared, d_intra is.",
        says="(?:inter\\b|negative|between|centroids).{0,110}(?:not squared|plain|unsquared|without (?:the )?square|square is missing|norm|instead of (?:its |the )?square|square root|(?:should|must) be squared)|(?:not squared|plain|unsquared|without (?:the )?square|square is missing|norm|instead of (?:its |the )?square|square root|(?:should|must) be squared).{0,110}(?:inter\\b|negative|between|centroids)",
        source='''
class ClusterLoss(nn.Module):
    """The hard cluster loss as in the paper: squared distances, summed over the classes of the batch."""

    def __init__(self, alpha: float) -> None:
        super().__init__()
        self.alpha = alpha

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        classes = labels.unique()
        centroids = torch.stack([features[labels == c].mean(0) for c in classes])
        loss = 0
        for i, c in enumerate(classes):
            intra = ((features[labels == c] - centroids[i]) ** 2).sum(1).max()
            others = torch.cat([centroids[:i], centroids[i + 1 :]])
            inter = (others - centroids[i]).norm(dim=1).min()
            loss = loss + torch.clamp(intra - inter + self.alpha, min=0)
        return loss
''',
    ),
    Wrong(
        name="centroids detached",
        kind="gradient",
        cause="The centroids are detached: the gradient flows through the positive samples only.",
        says="(?:gradients?|detach\\w*|no_grad|constants?).{0,110}(?:anchors?|centroids?|negatives?|means?\\b|f\\^m|f_\\S*\\^m|f_i)|(?:anchors?|centroids?|negatives?|means?\\b|f\\^m|f_\\S*\\^m|f_i).{0,110}(?:gradients?|detach\\w*|no_grad|constants?)",
        source='''
class ClusterLoss(nn.Module):
    """The hard cluster loss as in the paper: squared distances, summed over the classes of the batch."""

    def __init__(self, alpha: float) -> None:
        super().__init__()
        self.alpha = alpha

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        classes, y = torch.unique(labels, return_inverse=True)
        P = len(classes)
        onehot = F.one_hot(y, P).to(features.dtype)
        means = onehot.T @ features / onehot.sum(0)[:, None]
        means = means.detach()
        r = (features - means[y]).square().sum(1)
        intra = torch.zeros(P, dtype=features.dtype, device=features.device).scatter_reduce(0, y, r, reduce="amax", include_self=False)
        gaps = (means[:, None] - means[None]).square().sum(-1)
        gaps = gaps + torch.diag(torch.full((P,), float("inf"), dtype=features.dtype, device=features.device))
        inter = gaps.min(dim=1).values
        return F.relu(intra - inter + self.alpha).sum()
''',
    ),
    Wrong(
        name="spread of the batch",
        kind="wrong reduction",
        cause="d_intra is one maximum over the whole batch instead of one per class.",
        says="(?:intra|spread|max\\w*|farthest|positive).{0,110}(?:whole batch|all (?:the )?classes|of the batch|any class|global|one (?:number|value|maximum) for|same for|over the batch|not (?:of|per|for) (?:each|its|every)|widest|loosest|largest of all|another class)|(?:whole batch|all (?:the )?classes|of the batch|any class|global|one (?:number|value|maximum) for|same for|over the batch|not (?:of|per|for) (?:each|its|every)|widest|loosest|largest of all|another class).{0,110}(?:intra|spread|max\\w*|farthest|positive)",
        source='''
class ClusterLoss(nn.Module):
    """The hard cluster loss as in the paper: squared distances, summed over the classes of the batch."""

    def __init__(self, alpha: float) -> None:
        super().__init__()
        self.alpha = alpha

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        classes, y = torch.unique(labels, return_inverse=True)
        P = len(classes)
        onehot = F.one_hot(y, P).to(features.dtype)
        means = onehot.T @ features / onehot.sum(0)[:, None]
        r = (features - means[y]).square().sum(1)
        intra = r.max()
        gaps = (means[:, None] - means[None]).square().sum(-1)
        gaps = gaps + torch.diag(torch.full((P,), float("inf"), dtype=features.dtype, device=features.device))
        inter = gaps.min(dim=1).values
        return F.relu(intra - inter + self.alpha).sum()
''',
    ),
    Wrong(
        name="item",
        kind="no gradient",
        cause="It returns a float, without gradient.",
        says="(?:result|loss|value|return\\w*|scalar).{0,60}(?:float|Python number|gradient|detach|item)|\\bfloat\\b|\\.item|not a tensor|no gradient(?! (?:flows |goes )?(?:through|to|in))|without (?:a |any )?gradient",
        source='''
class ClusterLoss(nn.Module):
    """The hard cluster loss as in the paper: squared distances, summed over the classes of the batch."""

    def __init__(self, alpha: float) -> None:
        super().__init__()
        self.alpha = alpha

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        centers = {}
        for y in labels.tolist():
            if y not in centers:
                centers[y] = features[labels == y].mean(dim=0)
        terms = []
        for y, center in centers.items():
            spread = torch.stack([torch.sum((x - center) ** 2) for x in features[labels == y]]).max()
            nearest = min(torch.sum((center - centers[z]) ** 2) for z in centers if z != y)
            terms.append(torch.clamp(spread - nearest + self.alpha, min=0.0))
        return sum(t.item() for t in terms)
''',
    ),
    Wrong(
        name="alpha fixed",
        kind="parameter",
        cause="alpha is fixed at 0.3 instead of the given one.",
        says="0\\.3|(?:α|alpha|margin).{0,60}(?:fixed|constant|given|param|argument|not used|ignor|hard|whatever)|(?:ignor\\w*|fixed|hard-?coded|constant).{0,40}(?:α|alpha|margin)",
        source='''
class ClusterLoss(nn.Module):
    """The hard cluster loss as in the paper: squared distances, summed over the classes of the batch."""

    def __init__(self, alpha: float) -> None:
        super().__init__()
        self.alpha = 0.3

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        centers = {}
        for y in labels.tolist():
            if y not in centers:
                centers[y] = features[labels == y].mean(dim=0)
        terms = []
        for y, center in centers.items():
            spread = torch.stack([torch.sum((x - center) ** 2) for x in features[labels == y]]).max()
            nearest = min(torch.sum((center - centers[z]) ** 2) for z in centers if z != y)
            terms.append(torch.clamp(spread - nearest + self.alpha, min=0.0))
        return torch.stack(terms).sum()
''',
    ),
    Wrong(
        name="two: mean and plain",
        kind="two faults",
        cause="The distances are plain, not squared, and the hinges are averaged, not summed.",
        says="not squared|squares? (?:\\w+ )*(?:missing|forgotten|left out)|unsquared|\\bplain\\b|(?:without|no|missing|forg\\w+|lacks?) (?:the |to )?squar|square root|instead of (?:the |its |their )?(?:squared|square)|(?:should|must|have to|need to|are to) be squared|norms?\\b|triplet_margin_loss|\\|a ?[-−–] ?p\\|(?!\\|?(?:²|\\^2))|(?:hinges?|classes|terms?\\b|triplets?|(?-i:\\bP\\b)|\\bthe loss\\b|\\bthe sum\\b).{0,60}(?:averag|\\bmean\\b|divid)|(?:averag|\\bmean\\b|divid).{0,60}(?:hinges?|classes|terms?\\b|triplets?|(?-i:\\bP\\b)|\\bthe loss\\b|\\bthe sum\\b)|\\.mean|reduction|1 ?/ ?(?-i:P)|instead of (?:the |a )?sum",
        source='''
class ClusterLoss(nn.Module):
    """The hard cluster loss as in the paper: squared distances, summed over the classes of the batch."""

    def __init__(self, alpha: float) -> None:
        super().__init__()
        self.alpha = alpha

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        a, p, n = HardClusterTripletsSampler().sample(features, labels)
        dp = torch.norm(a - p, dim=1)
        dn = torch.norm(a - n, dim=1)
        return torch.maximum(dp - dn + self.alpha, torch.zeros_like(dp)).mean()
''',
    ),
    Wrong(
        name="two: no hinge, mean spread",
        kind="two faults",
        cause="The hinge is missing, and d_intra is the mean squared distance instead of the largest.",
        says="(?:\\bno|without|missing|lacks?|forg\\w+|omit\\w*|leaves? out|drops?)\\b.{0,15}(?:hinge|max\\(|clamp|relu)|(?:hinge|max\\([^)]*\\)|clamp|relu).{0,40}(?:missing|left out|not (?:taken|applied|used|there)|forg|omit|dropped|absent|never|lacking)|(?:negative (?:terms?|values?|hinges?|costs?|parts?)|below (?:0|zero)|satisfied triplets)(?!.{0,20}\\bnot\\b).{0,60}(?:count|add|sum|kept|not cut|stay|remain|lower|enter|includ|averag|reduc)|(?:not|never) cut (?:off )?at (?:0|zero)|can (?:be|get|become) negative|(?:intra|spread|to the centroid|from (?:the|its) centroid|positive).{0,110}(?:mean\\b|averag|not the (?:max|largest|farthest))|(?:mean\\b|averag|not the (?:max|largest|farthest)).{0,110}(?:intra|spread|to the centroid|from (?:the|its) centroid|positive)",
        source='''
class ClusterLoss(nn.Module):
    """The hard cluster loss as in the paper: squared distances, summed over the classes of the batch."""

    def __init__(self, alpha: float) -> None:
        super().__init__()
        self.alpha = alpha

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        centers = {}
        for y in labels.tolist():
            if y not in centers:
                centers[y] = features[labels == y].mean(dim=0)
        terms = []
        for y, center in centers.items():
            spread = torch.stack([torch.sum((x - center) ** 2) for x in features[labels == y]]).mean()
            nearest = min(torch.sum((center - centers[z]) ** 2) for z in centers if z != y)
            terms.append(spread - nearest + self.alpha)
        return torch.stack(terms).sum()
''',
    ),
]

RIGHT = [
    Right(
        name="sampler",
        source='''
class ClusterLoss(nn.Module):
    """The hard cluster loss as in the paper: squared distances, summed over the classes of the batch."""

    def __init__(self, alpha: float) -> None:
        super().__init__()
        self.alpha = alpha

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        anchor, positive, negative = HardClusterTripletsSampler().sample(features, labels)
        d_intra = (anchor - positive).pow(2).sum(dim=1)
        d_inter = (anchor - negative).pow(2).sum(dim=1)
        return torch.relu(d_intra - d_inter + self.alpha).sum()
''',
    ),
    Right(
        name="loop",
        source='''
class ClusterLoss(nn.Module):
    """The hard cluster loss as in the paper: squared distances, summed over the classes of the batch."""

    def __init__(self, alpha: float) -> None:
        super().__init__()
        self.alpha = alpha

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        classes = labels.unique()
        centroids = torch.stack([features[labels == c].mean(0) for c in classes])
        loss = 0
        for i, c in enumerate(classes):
            intra = ((features[labels == c] - centroids[i]) ** 2).sum(1).max()
            others = torch.cat([centroids[:i], centroids[i + 1 :]])
            inter = ((others - centroids[i]) ** 2).sum(1).min()
            loss = loss + torch.clamp(intra - inter + self.alpha, min=0)
        return loss
''',
    ),
    Right(
        name="scatter_reduce",
        source='''
class ClusterLoss(nn.Module):
    """The hard cluster loss as in the paper: squared distances, summed over the classes of the batch."""

    def __init__(self, alpha: float) -> None:
        super().__init__()
        self.alpha = alpha

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        classes, y = torch.unique(labels, return_inverse=True)
        P = len(classes)
        onehot = F.one_hot(y, P).to(features.dtype)
        means = onehot.T @ features / onehot.sum(0)[:, None]
        r = (features - means[y]).square().sum(1)
        intra = torch.zeros(P, dtype=features.dtype, device=features.device).scatter_reduce(0, y, r, reduce="amax", include_self=False)
        gaps = (means[:, None] - means[None]).square().sum(-1)
        gaps = gaps + torch.diag(torch.full((P,), float("inf"), dtype=features.dtype, device=features.device))
        inter = gaps.min(dim=1).values
        return F.relu(intra - inter + self.alpha).sum()
''',
    ),
    Right(
        name="dict",
        source='''
class ClusterLoss(nn.Module):
    """The hard cluster loss as in the paper: squared distances, summed over the classes of the batch."""

    def __init__(self, alpha: float) -> None:
        super().__init__()
        self.alpha = alpha

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        centers = {}
        for y in labels.tolist():
            if y not in centers:
                centers[y] = features[labels == y].mean(dim=0)
        terms = []
        for y, center in centers.items():
            spread = torch.stack([torch.sum((x - center) ** 2) for x in features[labels == y]]).max()
            nearest = min(torch.sum((center - centers[z]) ** 2) for z in centers if z != y)
            terms.append(torch.clamp(spread - nearest + self.alpha, min=0.0))
        return torch.stack(terms).sum()
''',
    ),
    Right(
        name="float64, hinge by a mask",
        source='''
class ClusterLoss(nn.Module):
    """The hard cluster loss as in the paper: squared distances, summed over the classes of the batch."""

    def __init__(self, alpha: float) -> None:
        super().__init__()
        self.alpha = alpha

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        x = features.double()
        total = x.new_zeros(())
        ids = sorted({int(l) for l in labels})
        where = [torch.nonzero(labels == i).flatten() for i in ids]
        mean = [x[w].sum(0) / len(w) for w in where]
        for k, w in enumerate(where):
            intra = torch.stack([(x[r] - mean[k]) @ (x[r] - mean[k]) for r in w]).max()
            inter = torch.stack([(mean[j] - mean[k]) @ (mean[j] - mean[k]) for j in range(len(ids)) if j != k]).min()
            cost = intra - inter + self.alpha
            if cost > 0:
                total = total + cost
        if not total.requires_grad:
            total = total + 0 * x.sum()
        return total.to(features.dtype)
''',
    ),
    Right(
        name="loop, again",
        source='''
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
        source="""
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
        source="""
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
        source="""
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
        name="scatter_reduce, again",
        source="""
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
        source="""
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
