"""hard_cluster_triplets_sampler: wrong and right solutions."""

from wrong_solutions import Right, Wrong

WRONG = [
    Wrong(
        name="own_centroid",
        kind="diagonal",
        cause="A class's own centroid is not excluded, so it is its own nearest negative.",
        says=r"diagonal|own (class|cent)|(class|cent\w+|anchor) (with|to|and) itself|(is|as) its own|(exclud|skip|leav|left).{0,30}(anchor|own|itself)|j ?(!=|≠) ?i|negatives? (is|are|equals?) (the |its )?(own )?anchor|same as the anchor",
        source='''\
class HardClusterTripletsSampler(IInbatchTripletSampler):
    """One triplet per class: its centroid, its sample farthest from there, the nearest other centroid."""

    def _check_input_labels(self, labels):
        classes, counts = torch.unique(labels, return_counts=True)
        if len(classes) < 2:
            raise ValueError(f"need at least 2 classes in a batch, got {len(classes)}")
        for c, n in zip(classes.tolist(), counts.tolist()):
            if n == 1:
                raise ValueError(f"class {c} has only one sample")

    def sample(self, features, labels):
        labels = torch.as_tensor(labels, device=features.device)
        if features.ndim != 2:
            raise ValueError(f"features must be [B, D], not {tuple(features.shape)}")
        if len(features) != len(labels):
            raise ValueError(f"{len(features)} features, but {len(labels)} labels")
        if not torch.isfinite(features).all():
            raise ValueError("features contain NaN or infinity")
        self._check_input_labels(labels)
        classes = labels.unique()
        centroids = torch.stack([features[labels == c].mean(dim=0) for c in classes])
        positives, negatives = [], []
        for i, c in enumerate(classes):
            own = features[labels == c]
            intra = (own - centroids[i]).pow(2).sum(dim=1)
            positives.append(own[intra.argmax()])
            inter = (centroids - centroids[i]).pow(2).sum(dim=1)
            negatives.append(centroids[inter.argmin()])
        return centroids, torch.stack(positives), torch.stack(negatives)
''',
    ),
    Wrong(
        name="eye_times_inf",
        kind="inf times 0",
        cause="The diagonal is masked by adding torch.eye * inf, and 0 * inf is NaN, so that argmin works on NaN.",
        says=r"\bnan\b.{0,60}(diagonal|mask|\beye|argmin)|(0|zero) ?([*×·]|times) ?inf|inf\w* ?(\*|×|·|times) ?(0|zero|eye)|\binf \* 0|eye \* inf|argmin (works )?(on|of) nan|diagonal|own (class|cent)",
        source="""\
class HardClusterTripletsSampler(IInbatchTripletSampler):
    def _check_input_labels(self, labels):
        pass  # all in sample

    def sample(self, features, labels):
        if not isinstance(labels, torch.Tensor):
            labels = torch.tensor(labels)
        labels = labels.to(features.device)
        if features.dim() != 2:
            raise ValueError("I want a matrix of embeddings, but this is a tensor of rank %d" % features.dim())
        if features.size(0) != labels.numel():
            raise ValueError("%d embeddings but %d targets" % (features.size(0), labels.numel()))
        if features.isnan().any() or features.isinf().any():
            raise ValueError("some embeddings are not finite (nan or inf)")
        uniq, counts = labels.unique(return_counts=True)
        if uniq.numel() < 2:
            raise ValueError("all targets are the same")
        if (counts < 2).any():
            raise ValueError("single sample in class(es) " + str(uniq[counts < 2].tolist()))

        x = features.double()
        mask = uniq[:, None] == labels[None, :]  # [P, B]
        mu = (mask.double() @ x) / counts[:, None]  # [P, D]
        to_samples = (mu[:, None, :] - x[None, :, :]).norm(dim=2)  # [P, B]
        far = to_samples.masked_fill(~mask, -1.0).argmax(dim=1)
        between = (mu[:, None, :] - mu[None, :, :]).norm(dim=2)  # [P, P]
        between = between + torch.eye(len(uniq)) * float("inf")
        near = between.argmin(dim=1)
        mu = mu.to(features.dtype)
        return mu, features[far], mu[near]
""",
    ),
    Wrong(
        name="nearest_positive",
        kind="min/max",
        cause="The positive is the sample nearest to the centroid instead of the farthest.",
        says=r"(nearest|closest|smallest|minim\w+|argmin|\bmin\b).{0,40}(positive|sample|picture)|(positives?|sample|picture)\b.{0,40}(nearest|closest|smallest|minim|argmin|\bmin\b|not the far)|not the farthest (sample|picture|positive)",
        source="""\
class HardClusterTripletsSampler(IInbatchTripletSampler):
    def _check_input_labels(self, labels: Tensor) -> None:
        _, counts = labels.unique(return_counts=True)
        if counts.numel() < 2:
            raise ValueError("The batch has to have at least two different labels")
        if counts.min() == 1:
            raise ValueError(f"Labels with a single sample: {labels.unique()[counts == 1].tolist()}")

    def sample(self, features: Tensor, labels) -> tuple[Tensor, Tensor, Tensor]:
        labels = torch.as_tensor(labels, device=features.device)
        if features.dim() != 2:
            raise ValueError("Features: [B, D] expected")
        if labels.shape != features.shape[:1]:
            raise ValueError(f"Got {features.shape[0]} features and {len(labels)} labels")
        if not features.isfinite().all():
            raise ValueError("Features: infinite or NaN")
        self._check_input_labels(labels)
        order = labels.argsort(stable=True)
        sizes = labels.unique(return_counts=True)[1].tolist()
        blocks = features[order].split(sizes)
        anchor = torch.stack([block.mean(0) for block in blocks])
        positive = torch.stack(
            [block[torch.linalg.vector_norm(block - a, dim=1).argmin()] for block, a in zip(blocks, anchor)]
        )
        P = len(blocks)
        others = ~torch.eye(P, dtype=torch.bool, device=features.device)
        columns = torch.arange(P, device=features.device).expand(P, P)[others].view(P, P - 1)
        dist = torch.linalg.vector_norm(anchor[:, None] - anchor[columns], dim=2)
        nearest = columns.gather(1, dist.argmin(1, keepdim=True)).squeeze(1)
        return anchor, positive, anchor[nearest]
""",
    ),
    Wrong(
        name="index_within_class",
        kind="index",
        cause="The argmax is an index within the class, but it is used as a row of the whole batch.",
        says=r"(index|row|position|number|arg ?max).{0,40}(within|inside|in|of) (the|its|a|that) (own )?(class|subset|block)|(another|the wrong|other) class.{0,20}(sample|row)?|positives?.{0,40}(other|another|wrong|different) (class|row|sample)|sample of (another|the wrong) class",
        source='''\
class HardClusterTripletsSampler(IInbatchTripletSampler):
    """One triplet per class: its centroid, its sample farthest from there, the nearest other centroid."""

    def _check_input_labels(self, labels):
        classes, counts = torch.unique(labels, return_counts=True)
        if len(classes) < 2:
            raise ValueError(f"need at least 2 classes in a batch, got {len(classes)}")
        for c, n in zip(classes.tolist(), counts.tolist()):
            if n == 1:
                raise ValueError(f"class {c} has only one sample")

    def sample(self, features, labels):
        labels = torch.as_tensor(labels, device=features.device)
        if features.ndim != 2:
            raise ValueError(f"features must be [B, D], not {tuple(features.shape)}")
        if len(features) != len(labels):
            raise ValueError(f"{len(features)} features, but {len(labels)} labels")
        if not torch.isfinite(features).all():
            raise ValueError("features contain NaN or infinity")
        self._check_input_labels(labels)
        classes = labels.unique()
        centroids = torch.stack([features[labels == c].mean(dim=0) for c in classes])
        positives, negatives = [], []
        for i, c in enumerate(classes):
            members = features[labels == c]
            d_intra = (members - centroids[i]).pow(2).sum(dim=1)
            positives.append(features[d_intra.argmax()])
            inter = (centroids - centroids[i]).pow(2).sum(dim=1)
            inter[i] = float("inf")
            negatives.append(centroids[inter.argmin()])
        return centroids, torch.stack(positives), torch.stack(negatives)
''',
    ),
    Wrong(
        name="farthest_negative",
        kind="min/max",
        cause="The negative is the centroid farthest from the anchor instead of the nearest.",
        says=r"(farthest|furthest|largest|maxim\w+|argmax|\bmax\b).{0,40}(negative|centroid|centre|other class)|(negatives?|centroids?)\b.{0,40}(farthest|furthest|largest|maxim|argmax|\bmax\b|not the near)|not the nearest (other )?(centroid|class)",
        source="""\
class HardClusterTripletsSampler(IInbatchTripletSampler):
    def _check_input_labels(self, labels):
        cls, cnt = torch.unique(labels, return_counts=True)
        if len(cls) < 2:
            raise ValueError("less than two classes")
        if (cnt < 2).any():
            raise ValueError(f"classes with one sample: {cls[cnt < 2].tolist()}")

    def sample(self, features, labels):
        labels = torch.as_tensor(labels)
        if features.ndim != 2:
            raise ValueError("features not 2-D")
        if len(labels) != len(features):
            raise ValueError("labels and features of different lengths")
        if not features.isfinite().all():
            raise ValueError("NaN or inf in features")
        self._check_input_labels(labels)
        cls = labels.unique()
        c = torch.stack([features[labels == k].mean(0) for k in cls])
        pos = []
        for m, k in zip(c, cls):
            mine = features[labels == k]
            pos.append(mine[((mine - m) ** 2).sum(1).argmax()])
        D = ((c[:, None] - c[None]) ** 2).sum(-1)
        D.fill_diagonal_(0)
        neg = c[D.argmax(dim=1)]
        return c, torch.stack(pos), neg
""",
    ),
    Wrong(
        name="label_as_row",
        kind="label as row",
        cause="The label itself is used as the row of the table of centroids, which fails or misplaces rows when labels have gaps or are negative.",
        says=r"labels?\b.{0,30}(as|for|is|are) .{0,15}(row|index|position)|\bgaps?\b|negative labels?|labels? (may|can) be negative|(0|zero) (to|through) P|out of (bounds|range)|IndexError|(row|position) of (the|a) label",
        source="""\
class HardClusterTripletsSampler(IInbatchTripletSampler):
    def _check_input_labels(self, labels):
        values, sizes = labels.unique(return_counts=True)
        if len(values) < 2:
            raise ValueError("at least two classes needed")
        if sizes.min() < 2:
            raise ValueError(f"one sample only in class {values[sizes.argmin()].item()}")

    def sample(self, features, labels):
        labels = torch.as_tensor(labels)
        if features.ndim != 2 or len(features) != len(labels):
            raise ValueError(f"features {tuple(features.shape)} must be 2-D and as long as labels ({len(labels)})")
        if not features.isfinite().all():
            raise ValueError("features have NaN or inf")
        self._check_input_labels(labels)
        classes = labels.unique()
        P = len(classes)
        centroids = torch.zeros(P, features.shape[1], dtype=features.dtype)
        for c in classes:
            centroids[c] = features[labels == c].mean(0)
        positive = torch.zeros_like(centroids)
        for c in classes:
            rows = torch.where(labels == c)[0]
            d = (features[rows] - centroids[c]).norm(dim=1)
            positive[c] = features[rows[d.argmax()]]
        dist = (centroids[:, None] - centroids[None]).norm(dim=2)
        dist = dist.masked_fill(torch.eye(P).bool(), float("inf"))
        return centroids, positive, centroids[dist.argmin(1)]
""",
    ),
    Wrong(
        name="reshape_equal_sizes",
        kind="equal sizes",
        cause="The sorted batch is reshaped to [P, K, D], so all classes are assumed to have the same number of samples.",
        says=r"(equal|same|different|unequal|differ\w*|vary\w*)\b.{0,30}\b(sizes?|numbers? of (samples|pictures)|counts?|many)\b|(sizes?|numbers?)\b.{0,30}\b(equal|differ|vary|unequal)|equally many|equally large|\.?view\b|reshape",
        source="""\
class HardClusterTripletsSampler(IInbatchTripletSampler):
    def _check_input_labels(self, labels):
        u, n = labels.unique(return_counts=True)
        if len(u) < 2:
            raise ValueError("only one class")
        for a, b in zip(u, n):
            if b < 2:
                raise ValueError(f"class {a.item()} has a single sample")

    def sample(self, features, labels):
        labels = torch.as_tensor(labels)
        if features.ndim != 2:
            raise ValueError("features must be 2-D")
        if labels.shape[0] != features.shape[0]:
            raise ValueError("lengths of features and labels differ")
        if not torch.isfinite(features).all():
            raise ValueError("infinite or NaN features")
        self._check_input_labels(labels)
        P = len(labels.unique())
        K = len(labels) // P
        f = features[labels.argsort(stable=True)].view(P, K, -1)
        anchors = f.mean(dim=1)
        which = (f - anchors[:, None]).pow(2).sum(-1).argmax(1)
        positives = f[torch.arange(P), which]
        d = (anchors[:, None] - anchors).pow(2).sum(-1)
        d[range(P), range(P)] = float("inf")
        return anchors, positives, anchors[d.argmin(1)]
""",
    ),
    Wrong(
        name="blocks_in_order",
        kind="sorted labels assumed",
        cause="The batch is cut into blocks by class sizes without sorting, so the rows of a class are assumed to stand together in the order of the labels.",
        says=r"stand in the order of the classes|sort|order (in which|of the (rows|batch|labels|samples))|in order|shuffl|consecutive|contiguous|neighbou?ring rows|stand together|mix\w* (of )?(the )?(classes|samples)|(rows|samples) of (other|another|different) class|(labels|rows|samples).{0,30}in (any|another) order",
        source="""\
class HardClusterTripletsSampler(IInbatchTripletSampler):
    def _check_input_labels(self, labels: Tensor) -> None:
        _, counts = labels.unique(return_counts=True)
        if counts.numel() < 2:
            raise ValueError("The batch has to have at least two different labels")
        if counts.min() == 1:
            raise ValueError(f"Labels with a single sample: {labels.unique()[counts == 1].tolist()}")

    def sample(self, features: Tensor, labels) -> tuple[Tensor, Tensor, Tensor]:
        labels = torch.as_tensor(labels, device=features.device)
        if features.dim() != 2:
            raise ValueError("Features: [B, D] expected")
        if labels.shape != features.shape[:1]:
            raise ValueError(f"Got {features.shape[0]} features and {len(labels)} labels")
        if not features.isfinite().all():
            raise ValueError("Features: infinite or NaN")
        self._check_input_labels(labels)
        sizes = torch.unique(labels, return_counts=True)[1].tolist()
        clusters = features.split(sizes)
        anchor = torch.stack([block.mean(0) for block in clusters])
        positive = torch.stack(
            [block[torch.linalg.vector_norm(block - a, dim=1).argmax()] for block, a in zip(clusters, anchor)]
        )
        P = len(clusters)
        others = ~torch.eye(P, dtype=torch.bool, device=features.device)
        columns = torch.arange(P, device=features.device).expand(P, P)[others].view(P, P - 1)
        dist = torch.linalg.vector_norm(anchor[:, None] - anchor[columns], dim=2)
        nearest = columns.gather(1, dist.argmin(1, keepdim=True)).squeeze(1)
        return anchor, positive, anchor[nearest]
""",
    ),
    Wrong(
        name="list_not_converted",
        kind="list of labels",
        cause="A list of labels is not turned into a tensor, so lists fail.",
        says=r"\b(a |plain |python )?lists?\b(?! of (floats|vectors))(?! s are copied)",
        source='''\
class HardClusterTripletsSampler(IInbatchTripletSampler):
    """One triplet per class: its centroid, its sample farthest from there, the nearest other centroid."""

    def _check_input_labels(self, labels):
        classes, counts = torch.unique(labels, return_counts=True)
        if len(classes) < 2:
            raise ValueError(f"need at least 2 classes in a batch, got {len(classes)}")
        for c, n in zip(classes.tolist(), counts.tolist()):
            if n == 1:
                raise ValueError(f"class {c} has only one sample")

    def sample(self, features, labels):
        if features.ndim != 2:
            raise ValueError(f"features must be [B, D], not {tuple(features.shape)}")
        if len(features) != len(labels):
            raise ValueError(f"{len(features)} features, but {len(labels)} labels")
        if not torch.isfinite(features).all():
            raise ValueError("features contain NaN or infinity")
        self._check_input_labels(labels)
        classes = labels.unique()
        means = torch.stack([features[labels == c].mean(dim=0) for c in classes])
        positives, negatives = [], []
        for i, c in enumerate(classes):
            own = features[labels == c]
            intra = (own - means[i]).pow(2).sum(dim=1)
            positives.append(own[intra.argmax()])
            inter = (means - means[i]).pow(2).sum(dim=1)
            inter[i] = float("inf")
            negatives.append(means[inter.argmin()])
        return means, torch.stack(positives), torch.stack(negatives)
''',
    ),
    Wrong(
        name="detached_everything",
        kind="detached",
        cause="The centroids are computed from detached features, so no gradient flows through anchors and negatives.",
        says=r"(anchor|negative|centroid|mean|all).{0,60}(detach|no_grad|gradient|graph)|(detach\w*|no_grad|gradients?|graph).{0,60}(anchor|negative|centroid|mean|features)|no gradient|detached",
        source="""\
class HardClusterTripletsSampler(IInbatchTripletSampler):
    def _check_input_labels(self, labels):
        pass  # all in sample

    def sample(self, features, labels):
        if not isinstance(labels, torch.Tensor):
            labels = torch.tensor(labels)
        labels = labels.to(features.device)
        if features.dim() != 2:
            raise ValueError("I want a matrix of embeddings, but this is a tensor of rank %d" % features.dim())
        if features.size(0) != labels.numel():
            raise ValueError("%d embeddings but %d targets" % (features.size(0), labels.numel()))
        if features.isnan().any() or features.isinf().any():
            raise ValueError("some embeddings are not finite (nan or inf)")
        uniq, counts = labels.unique(return_counts=True)
        if uniq.numel() < 2:
            raise ValueError("all targets are the same")
        if (counts < 2).any():
            raise ValueError("single sample in class(es) " + str(uniq[counts < 2].tolist()))

        x = features.detach().double()
        mask = uniq[:, None] == labels[None, :]  # [P, B]
        centers = (mask.double() @ x) / counts[:, None]  # [P, D]
        to_samples = (centers[:, None, :] - x[None, :, :]).norm(dim=2)  # [P, B]
        far = to_samples.masked_fill(~mask, -1.0).argmax(dim=1)
        between = (centers[:, None, :] - centers[None, :, :]).norm(dim=2)  # [P, P]
        between.fill_diagonal_(float("inf"))
        near = between.argmin(dim=1)
        centers = centers.to(features.dtype)
        return centers, features[far], centers[near]
""",
    ),
    Wrong(
        name="nearest_sample",
        kind="wrong quantity",
        cause="The negative is the nearest single sample of another class instead of the nearest centroid.",
        says=r"negatives?\b.{0,60}(sample|picture|row of the batch|single)|(sample|picture|row)s?\b.{0,60}(as|for|is the|are the|taken as) (the )?negatives?|(nearest|closest) (single )?(sample|picture|row) of (another|any other|a different)|negatives? .{0,20}(no|not a) (centroid|mean)",
        source="""\
class TooFewClasses(ValueError):
    pass


class HardClusterTripletsSampler(IInbatchTripletSampler):
    def _check_input_labels(self, labels):
        names, index, amount = torch.unique(labels, return_inverse=True, return_counts=True)
        if names.shape[0] <= 1:
            raise TooFewClasses("Triplets need two classes or more; this batch has " + str(names.shape[0]))
        lonely = names[amount == 1].tolist()
        if lonely:
            raise ValueError(f"Only one sample of class {lonely[0]}: it needs two.")
        return names, index, amount

    def sample(self, features, labels):
        labels = torch.as_tensor(labels).to(features.device)
        if features.ndim != 2:
            raise ValueError("features should have 2 dimensions and have " + str(features.ndim))
        if labels.shape[0] != features.shape[0]:
            raise ValueError("labels and features have different lengths")
        if torch.isfinite(features).logical_not().any():
            raise ValueError("features with NaN or infinity")
        names, index, amount = self._check_input_labels(labels)
        onehot = F.one_hot(index, len(names)).to(torch.float64)  # [B, P]
        weights = onehot / amount
        centers = torch.einsum("bp,bd->pd", weights, features.to(torch.float64))
        with torch.no_grad():
            spread = (features - centers[index]).square().sum(-1)  # [B]
            table = torch.where(onehot.T.bool(), spread, torch.full_like(spread, -math.inf))
            hardest = table.max(dim=1).indices
            gaps = (centers.unsqueeze(1) - features.unsqueeze(0)).square().sum(-1)  # [P, B]
            gaps = gaps.masked_fill(onehot.T.bool(), math.inf)
            closest = gaps.min(dim=1).indices
        return centers.type_as(features), features[hardest], features[closest]
""",
    ),
    Wrong(
        name="positive_of_any_class",
        kind="mask",
        cause="The positive is the farthest sample of the whole batch, since samples of other classes are not masked out.",
        says=r"positives?\b.{0,60}(any|other|another|wrong|all|whole|different).{0,20}(class|batch|sample)|(whole|entire) batch|not (of|from|in) the (anchor.?s |same |own )class|(other|all) classes.{0,30}not (been )?masked|farthest (sample|picture) of (all|the batch|any class)",
        source="""\
class HardClusterTripletsSampler(IInbatchTripletSampler):
    def _check_input_labels(self, labels):
        _, n = labels.unique(return_counts=True)
        if len(n) < 2:
            raise ValueError("Fewer than two classes in the batch.")
        if n.min() < 2:
            raise ValueError(f"Single sample of class {labels.unique()[n.argmin()]}.")

    def sample(self, features, labels):
        labels = torch.as_tensor(labels, device=features.device)
        if features.dim() != 2:
            raise ValueError("Features are not 2-D.")
        if len(features) != len(labels):
            raise ValueError("Features and labels have different lengths.")
        if not features.isfinite().all():
            raise ValueError("Features with NaN or infinity.")
        self._check_input_labels(labels)
        same = (labels.unique()[:, None] == labels).to(features.dtype)
        centre = same @ features / same.sum(1, keepdim=True)
        dist = torch.cdist(centre, features, compute_mode="donot_use_mm_for_euclid_dist")
        positive = features[dist.argmax(dim=1)]
        cc = torch.cdist(centre, centre, compute_mode="donot_use_mm_for_euclid_dist")
        cc.diagonal().fill_(float("inf"))
        return centre, positive, centre[cc.argmin(dim=1)]
""",
    ),
    Wrong(
        name="mask_times_zero",
        kind="mask times 0",
        cause="The diagonal is multiplied with 0 instead of filled with infinity, so argmin finds the class itself.",
        says=r"diagonal|(times|multipl\w*|\*) ?(by|with)? ?(0|zero|the mask|a mask)|own (class|cent)|(class|cent\w+) (with|to|and) itself|(is|as) its own|negatives? (is|are|equals?) (the |its )?(own )?anchor|same as the anchor",
        source="""\
class HardClusterTripletsSampler(IInbatchTripletSampler):
    def _check_input_labels(self, labels):
        if len(set(labels)) < 2:
            raise ValueError(f"There is a single class in the batch: {sorted(set(labels))}")
        for label in sorted(set(labels)):
            if labels.count(label) < 2:
                raise ValueError(f"label {label} occurs once, at least 2 are needed")

    def sample(self, features, labels):
        if len(features.shape) != 2:
            raise ValueError(f"expected 2-D features, got {len(features.shape)}-D")
        labels = labels.tolist() if torch.is_tensor(labels) else list(labels)
        if len(labels) != len(features):
            raise ValueError(f"Length mismatch: {len(features)} vs. {len(labels)} labels")
        if not bool(features.isfinite().all()):
            raise ValueError("Non-finite values (NaN / inf) in features")
        self._check_input_labels(labels)
        order = sorted(set(labels))
        row_of = {label: row for row, label in enumerate(order)}
        idx = torch.tensor([row_of[label] for label in labels], device=features.device)
        counts = torch.bincount(idx)
        sums = torch.zeros(len(order), features.shape[1], dtype=features.dtype, device=features.device)
        centers = sums.index_add(0, idx, features) / counts.unsqueeze(1).to(features.dtype)
        dist = (features - centers[idx]).pow(2).sum(1).detach()
        pos = []
        for row in range(len(order)):
            members = (idx == row).nonzero().flatten()
            pos.append(members[dist[members].argmax()].item())
        d = torch.cdist(centers.detach(), centers.detach(), compute_mode="donot_use_mm_for_euclid_dist")
        d = d * (1 - torch.eye(len(d), dtype=d.dtype))
        neg = d.argmin(1)
        return centers, features[pos], centers[neg]
""",
    ),
    Wrong(
        name="cdist_default",
        kind="numerics",
        cause="torch.cdist in its default mode computes |x|² - 2xy + |y|², which is too inexact for embeddings that lie close together or far from 0.",
        says=r"cdist'?s? (in its )?default|default (mode|way)|compute_mode|precis|numeric|inexact|(last )?digits|round(ing|ed)|accura|close together|coincide|far from (0|zero|the origin)|cancel|2 ?xy",
        source="""\
class HardClusterTripletsSampler(IInbatchTripletSampler):
    def _check_input_labels(self, labels):
        if len(set(labels)) < 2:
            raise ValueError(f"There is a single class in the batch: {sorted(set(labels))}")
        for label in sorted(set(labels)):
            if labels.count(label) < 2:
                raise ValueError(f"label {label} occurs once, at least 2 are needed")

    def sample(self, features, labels):
        if len(features.shape) != 2:
            raise ValueError(f"expected 2-D features, got {len(features.shape)}-D")
        labels = labels.tolist() if torch.is_tensor(labels) else list(labels)
        if len(labels) != len(features):
            raise ValueError(f"Length mismatch: {len(features)} vs. {len(labels)} labels")
        if not bool(features.isfinite().all()):
            raise ValueError("Non-finite values (NaN / inf) in features")
        self._check_input_labels(labels)
        order = sorted(set(labels))
        row_of = {label: row for row, label in enumerate(order)}
        idx = torch.tensor([row_of[label] for label in labels], device=features.device)
        counts = torch.bincount(idx)
        sums = torch.zeros(len(order), features.shape[1], dtype=features.dtype, device=features.device)
        centers = sums.index_add(0, idx, features) / counts.unsqueeze(1).to(features.dtype)
        dist = (features - centers[idx]).pow(2).sum(1).detach()
        pos = []
        for row in range(len(order)):
            members = (idx == row).nonzero().flatten()
            pos.append(members[dist[members].argmax()].item())
        d = torch.cdist(centers.detach(), centers.detach())
        d[torch.arange(len(d)), torch.arange(len(d))] = torch.inf
        nearest = d.argmin(1)
        return centers, features[pos], centers[nearest]
""",
    ),
    Wrong(
        name="expanded_square",
        kind="numerics",
        cause="Distances are computed as |x|² + |y|² - 2xy in single precision, which loses the digits for embeddings close together or far from 0.",
        says=r"precis|numeric|inexact|(last |the )digits|round(ing|ed)|accura|close together|coincide|far from (0|zero|the origin)|cancel|expan|2 ?xy|cdist.s default",
        source="""\
class HardClusterTripletsSampler(IInbatchTripletSampler):
    def _check_input_labels(self, labels):
        k, n = labels.unique(return_counts=True)
        if len(k) < 2:
            raise ValueError("fewer than 2 classes")
        if n.min() < 2:
            raise ValueError(f"only a single sample of class {int(k[n.argmin()])}")

    @staticmethod
    def dist2(x, y):
        return (x * x).sum(1)[:, None] + (y * y).sum(1)[None, :] - 2 * x @ y.T

    def sample(self, features, labels):
        labels = torch.as_tensor(labels, device=features.device)
        if features.ndim != 2:
            raise ValueError("features not 2-D")
        if len(labels) != len(features):
            raise ValueError("different lengths of features and labels")
        if not features.isfinite().all():
            raise ValueError("NaN or infinite features")
        self._check_input_labels(labels)
        k, inv = labels.unique(return_inverse=True)
        means = torch.stack([features[inv == i].mean(0) for i in range(len(k))])
        own = inv[None, :] == torch.arange(len(k))[:, None]
        far = self.dist2(means, features).masked_fill(~own, -float("inf")).argmax(1)
        mm = self.dist2(means, means).fill_diagonal_(float("inf"))
        return means, features[far], means[mm.argmin(1)]
""",
    ),
    Wrong(
        name="keepdim_shapes",
        kind="shape",
        cause="argmax with keepdim leaves an extra dimension, so positives and negatives are [P, 1, D] instead of [P, D].",
        says=r"\[P, 1, D\]|keepdim|squeeze|extra (dimension|axis)|(wrong|3-D|shape).{0,40}(shape|\[P, D\]|\[\d|\(\d|positive|negative)|shapes? of|one dimension too many|wrong shape",
        source="""\
class HardClusterTripletsSampler(IInbatchTripletSampler):
    def _check_input_labels(self, labels):
        pass  # all in sample

    def sample(self, features, labels):
        if not isinstance(labels, torch.Tensor):
            labels = torch.tensor(labels)
        labels = labels.to(features.device)
        if features.dim() != 2:
            raise ValueError("I want a matrix of embeddings, but this is a tensor of rank %d" % features.dim())
        if features.size(0) != labels.numel():
            raise ValueError("%d embeddings but %d targets" % (features.size(0), labels.numel()))
        if features.isnan().any() or features.isinf().any():
            raise ValueError("some embeddings are not finite (nan or inf)")
        uniq, counts = labels.unique(return_counts=True)
        if uniq.numel() < 2:
            raise ValueError("all targets are the same")
        if (counts < 2).any():
            raise ValueError("single sample in class(es) " + str(uniq[counts < 2].tolist()))

        x = features.double()
        mask = uniq[:, None] == labels[None, :]  # [P, B]
        mu = (mask.double() @ x) / counts[:, None]  # [P, D]
        to_samples = (mu[:, None, :] - x[None, :, :]).norm(dim=2)  # [P, B]
        hardest_idx = to_samples.masked_fill(~mask, -1.0).argmax(dim=1, keepdim=True)
        between = (mu[:, None, :] - mu[None, :, :]).norm(dim=2)  # [P, P]
        between.fill_diagonal_(float("inf"))
        near = between.topk(1, largest=False).indices
        mu = mu.to(features.dtype)
        return mu, features[hardest_idx], mu[near]
""",
    ),
    Wrong(
        name="order_of_outputs",
        kind="order of outputs",
        cause="Negatives and positives are returned in the wrong order.",
        says=r"order asked for|swap|exchang|mixed up|interchang|permut|wrong way (a?round)|wrong order|order of the (outputs|returns?|three|tensors)|(positives? and negatives?|negatives? and positives?).{0,30}order|second and third|return\w* in .{0,30}order",
        source="""\
class TooFewClasses(ValueError):
    pass


class HardClusterTripletsSampler(IInbatchTripletSampler):
    def _check_input_labels(self, labels):
        names, index, amount = torch.unique(labels, return_inverse=True, return_counts=True)
        if names.shape[0] <= 1:
            raise TooFewClasses("Triplets need two classes or more; this batch has " + str(names.shape[0]))
        lonely = names[amount == 1].tolist()
        if lonely:
            raise ValueError(f"Only one sample of class {lonely[0]}: it needs two.")
        return names, index, amount

    def sample(self, features, labels):
        labels = torch.as_tensor(labels).to(features.device)
        if features.ndim != 2:
            raise ValueError("features should have 2 dimensions and have " + str(features.ndim))
        if labels.shape[0] != features.shape[0]:
            raise ValueError("labels and features have different lengths")
        if torch.isfinite(features).logical_not().any():
            raise ValueError("features with NaN or infinity")
        names, index, amount = self._check_input_labels(labels)
        onehot = F.one_hot(index, len(names)).to(torch.float64)  # [B, P]
        weights = onehot / amount
        centers = torch.einsum("bp,bd->pd", weights, features.to(torch.float64))
        with torch.no_grad():
            spread = (features - centers[index]).square().sum(-1)  # [B]
            table = torch.where(onehot.T.bool(), spread, torch.full_like(spread, -math.inf))
            hardest = table.max(dim=1).indices
            gaps = (centers.unsqueeze(0) - centers.unsqueeze(1)).square().sum(-1)
            gaps = gaps + torch.diag(torch.full((len(names),), math.inf, dtype=gaps.dtype, device=gaps.device))
            closest = gaps.min(dim=1).indices
        return centers.type_as(features), centers[closest].type_as(features), features[hardest]
""",
    ),
    Wrong(
        name="divided_by_mean_size",
        kind="wrong count",
        cause="The sums are divided by B / P instead of by the number of samples of each class, so centroids are wrong when sizes differ.",
        says=r"B ?/ ?P|(divi\w+|denominator).{0,60}(number|count|size|many|B\b|P\b|K\b)|(equal|same|unequal|differ\w*) (in )?(size|number of)|sizes? (differ|are not equal)|(average|mean) (class )?size|centroids?.{0,40}(wrong|not the mean)|(wrong|not the) (mean|average)",
        source="""\
class HardClusterTripletsSampler(IInbatchTripletSampler):
    def _check_input_labels(self, labels):
        if len(set(labels)) < 2:
            raise ValueError(f"There is a single class in the batch: {sorted(set(labels))}")
        for label in sorted(set(labels)):
            if labels.count(label) < 2:
                raise ValueError(f"label {label} occurs once, at least 2 are needed")

    def sample(self, features, labels):
        if len(features.shape) != 2:
            raise ValueError(f"expected 2-D features, got {len(features.shape)}-D")
        labels = labels.tolist() if torch.is_tensor(labels) else list(labels)
        if len(labels) != len(features):
            raise ValueError(f"Length mismatch: {len(features)} vs. {len(labels)} labels")
        if not bool(features.isfinite().all()):
            raise ValueError("Non-finite values (NaN / inf) in features")
        self._check_input_labels(labels)
        order = sorted(set(labels))
        row_of = {label: row for row, label in enumerate(order)}
        idx = torch.tensor([row_of[label] for label in labels], device=features.device)
        counts = torch.bincount(idx)
        sums = torch.zeros(len(order), features.shape[1], dtype=features.dtype, device=features.device)
        centers = sums.index_add(0, idx, features) / (len(features) / len(counts))
        dist = (features - centers[idx]).pow(2).sum(1).detach()
        pos = []
        for row in range(len(order)):
            members = (idx == row).nonzero().flatten()
            pos.append(members[dist[members].argmax()].item())
        d = torch.cdist(centers.detach(), centers.detach(), compute_mode="donot_use_mm_for_euclid_dist")
        d[torch.arange(len(d)), torch.arange(len(d))] = torch.inf
        neg = d.argmin(1)
        return centers, features[pos], centers[neg]
""",
    ),
    Wrong(
        name="no_finite_check",
        kind="missing error",
        cause="Features with NaN or infinity raise no ValueError.",
        says=r"(features?|embeddings?|input|batch).{0,40}(nan|infinit|finite|\binf\b)|(nan|infinit\w*|\binf\b|non-?finite).{0,60}(not|no|refus|reject|rais|accept|error|unnoticed|check|features)",
        source='''\
class HardClusterTripletsSampler(IInbatchTripletSampler):
    """One triplet per class: its centroid, its sample farthest from there, the nearest other centroid."""

    def _check_input_labels(self, labels):
        classes, counts = torch.unique(labels, return_counts=True)
        if len(classes) < 2:
            raise ValueError(f"need at least 2 classes in a batch, got {len(classes)}")
        for c, n in zip(classes.tolist(), counts.tolist()):
            if n == 1:
                raise ValueError(f"class {c} has only one sample")

    def sample(self, features, labels):
        labels = torch.as_tensor(labels, device=features.device)
        if features.ndim != 2:
            raise ValueError(f"features must be [B, D], not {tuple(features.shape)}")
        if len(features) != len(labels):
            raise ValueError(f"{len(features)} features, but {len(labels)} labels")
        self._check_input_labels(labels)
        classes = labels.unique()
        centroids = torch.stack([features[labels == c].mean(dim=0) for c in classes])
        pos, neg = [], []
        for i, c in enumerate(classes):
            own = features[labels == c]
            intra = (own - centroids[i]).pow(2).sum(dim=1)
            pos.append(own[intra.argmax()])
            inter = (centroids - centroids[i]).pow(2).sum(dim=1)
            inter[i] = float("inf")
            neg.append(centroids[inter.argmin()])
        return centroids, torch.stack(pos), torch.stack(neg)
''',
    ),
    Wrong(
        name="nan_check_misses_inf",
        kind="missing error",
        cause="Only NaN is checked, features with infinity raise no ValueError.",
        says=r"infinit\w*.{0,60}(not|no|refus|reject|rais|accept|error|unnoticed|check)|(only|but) NaN|features?.{0,40}(infinit|\binf\b|finite)",
        source="""\
import numpy as np


class HardClusterTripletsSampler(IInbatchTripletSampler):
    def _check_input_labels(self, labels):
        y = np.asarray(labels.cpu() if torch.is_tensor(labels) else labels)
        names, n = np.unique(y, return_counts=True)
        if names.size < 2:
            raise ValueError(f"Can't form triplets: {names.size} class(es) only.")
        if n.min() < 2:
            raise ValueError(f"Class {names[n.argmin()]} is alone: one sample.")
        return y, names

    def sample(self, features, labels):
        if features.ndim != 2:
            raise ValueError(f"bad shape of features: {tuple(features.shape)}, want two axes")
        if features.shape[0] != len(labels):
            raise ValueError(f"batch of {features.shape[0]} but {len(labels)} labels")
        f = features.detach().cpu().double().numpy()
        if np.isnan(f).any():
            raise ValueError("there is a nan in the features")
        y, names = self._check_input_labels(labels)
        m = np.stack([f[y == name].mean(axis=0) for name in names])
        hard, neg = [], []
        for i, name in enumerate(names):
            rows = np.flatnonzero(y == name)
            hard.append(int(rows[((f[rows] - m[i]) ** 2).sum(1).argmax()]))
            gap = ((m - m[i]) ** 2).sum(1)
            gap[i] = np.inf
            neg.append(int(gap.argmin()))
        means = torch.stack([features[torch.from_numpy(y == name).to(features.device)].mean(0) for name in names])
        return means, features[hard], means[neg]
""",
    ),
    Wrong(
        name="assertions",
        kind="wrong exception",
        cause="Bad input raises AssertionError where ValueError is asked for.",
        says=r"assert|ValueError (is|was|where|instead|expected|not)|not (a )?ValueError|(kind|type|wrong) (of )?(the )?(exception|error)|(raise|expected?) ?(a )?ValueError",
        source="""\
class HardClusterTripletsSampler(IInbatchTripletSampler):
    def _check_input_labels(self, labels):
        cls, counts = labels.unique(return_counts=True)
        assert len(cls) >= 2, "fewer than two classes"
        for c, n in zip(cls.tolist(), counts.tolist()):
            assert n > 1, f"class {c} has a single sample"

    def sample(self, features, labels):
        labels = torch.as_tensor(labels, device=features.device)
        assert features.ndim == 2, "features must be 2-D"
        assert len(features) == len(labels), "features and labels must have the same length"
        assert torch.isfinite(features).all(), "features have NaN or infinity"
        self._check_input_labels(labels)
        a, p = [], []
        for c in labels.unique():
            block = features[labels == c]
            a.append(block.mean(0))
            p.append(block[(block - a[-1]).norm(dim=1).argmax()])
        a, p = torch.stack(a), torch.stack(p)
        n = []
        for i in range(len(a)):
            rest = torch.cat([a[:i], a[i + 1 :]])
            n.append(rest[(rest - a[i]).norm(dim=1).argmin()])
        return a, p, torch.stack(n)
""",
    ),
    Wrong(
        name="one_per_sample",
        kind="shape",
        cause="It returns one triplet for every sample of the batch instead of one for every class.",
        says=r"(per|every|each|for (a|each|every)) (sample|picture|row|anchor picture)|one (row|triplet) (per|for (each|every)|for a) class|once per class|\[B, D\]|B (rows|triplets)|instead of (one for every class|P)|P (rows|triplets)|too many (rows|triplets)|number of (rows|triplets)|rows instead",
        source="""\
class HardClusterTripletsSampler(IInbatchTripletSampler):
    def _check_input_labels(self, labels):
        u, n = labels.unique(return_counts=True)
        if len(u) < 2:
            raise ValueError("there must be two classes or more")
        if n.min() < 2:
            raise ValueError(f"class {u[n.argmin()].item()} consists of one sample")

    def sample(self, features, labels):
        labels = torch.as_tensor(labels, device=features.device)
        if features.ndim != 2:
            raise ValueError("not a 2-D tensor")
        if len(features) != len(labels):
            raise ValueError("as many labels as features, please (lengths differ)")
        if not features.isfinite().all():
            raise ValueError("NaN/inf in features")
        self._check_input_labels(labels)
        u, inverse = labels.unique(return_inverse=True)
        centroids = torch.stack([features[inverse == i].mean(0) for i in range(len(u))])
        same = labels[:, None] == labels
        to_own = (features - centroids[inverse]).norm(dim=1)
        farthest = torch.where(same, to_own[None, :], -torch.inf).argmax(1)
        between = (centroids[:, None] - centroids).norm(dim=-1).fill_diagonal_(torch.inf)
        return centroids[inverse], features[farthest], centroids[between.argmin(1)][inverse]
""",
    ),
    Wrong(
        name="returns_indices",
        kind="wrong return",
        cause="It returns row numbers instead of embeddings.",
        says=r"(index|indices|row numbers?|numbers|ids).{0,40}(instead|not|rather|where|return)|return\w*.{0,40}(index|indices|row numbers?|ids)|vectors.{0,40}(asked|expected|not|want)|(not|no) (vectors|embeddings)",
        source="""\
class HardClusterTripletsSampler(IInbatchTripletSampler):
    def _check_input_labels(self, labels):
        pass  # all in sample

    def sample(self, features, labels):
        if not isinstance(labels, torch.Tensor):
            labels = torch.tensor(labels)
        labels = labels.to(features.device)
        if features.dim() != 2:
            raise ValueError("I want a matrix of embeddings, but this is a tensor of rank %d" % features.dim())
        if features.size(0) != labels.numel():
            raise ValueError("%d embeddings but %d targets" % (features.size(0), labels.numel()))
        if features.isnan().any() or features.isinf().any():
            raise ValueError("some embeddings are not finite (nan or inf)")
        uniq, counts = labels.unique(return_counts=True)
        if uniq.numel() < 2:
            raise ValueError("all targets are the same")
        if (counts < 2).any():
            raise ValueError("single sample in class(es) " + str(uniq[counts < 2].tolist()))

        x = features.double()
        mask = uniq[:, None] == labels[None, :]  # [P, B]
        mu = (mask.double() @ x) / counts[:, None]  # [P, D]
        to_samples = (mu[:, None, :] - x[None, :, :]).norm(dim=2)  # [P, B]
        far = to_samples.masked_fill(~mask, -1.0).argmax(dim=1)
        between = (mu[:, None, :] - mu[None, :, :]).norm(dim=2)  # [P, P]
        between.fill_diagonal_(float("inf"))
        near = between.argmin(dim=1)
        mu = mu.to(features.dtype)
        return torch.arange(len(uniq)), far, near
""",
    ),
    Wrong(
        name="cdist_p1",
        kind="wrong distance",
        cause="Distances are Manhattan distances (cdist with p=1) instead of Euclidean ones.",
        says=r"manhattan|p ?= ?1\b|\bL1\b|city|absolute (value|differ)|not euclidean|instead of euclid|should be euclid|euclidean distances? (is|are) (asked|wanted)|sums? of (coordinates|absolute)",
        source="""\
class HardClusterTripletsSampler(IInbatchTripletSampler):
    def _check_input_labels(self, labels):
        if len(set(labels)) < 2:
            raise ValueError(f"There is a single class in the batch: {sorted(set(labels))}")
        for label in sorted(set(labels)):
            if labels.count(label) < 2:
                raise ValueError(f"label {label} occurs once, at least 2 are needed")

    def sample(self, features, labels):
        if len(features.shape) != 2:
            raise ValueError(f"expected 2-D features, got {len(features.shape)}-D")
        labels = labels.tolist() if torch.is_tensor(labels) else list(labels)
        if len(labels) != len(features):
            raise ValueError(f"Length mismatch: {len(features)} vs. {len(labels)} labels")
        if not bool(features.isfinite().all()):
            raise ValueError("Non-finite values (NaN / inf) in features")
        self._check_input_labels(labels)
        order = sorted(set(labels))
        row_of = {label: row for row, label in enumerate(order)}
        idx = torch.tensor([row_of[label] for label in labels], device=features.device)
        counts = torch.bincount(idx)
        sums = torch.zeros(len(order), features.shape[1], dtype=features.dtype, device=features.device)
        centers = sums.index_add(0, idx, features) / counts.unsqueeze(1).to(features.dtype)
        dist = (features - centers[idx]).abs().sum(1).detach()
        pos = []
        for row in range(len(order)):
            members = (idx == row).nonzero().flatten()
            pos.append(members[dist[members].argmax()].item())
        d = torch.cdist(centers.detach(), centers.detach(), p=1)
        d[torch.arange(len(d)), torch.arange(len(d))] = torch.inf
        neg = d.argmin(1)
        return centers, features[pos], centers[neg]
""",
    ),
    Wrong(
        name="normalised_centroid",
        kind="extra step",
        cause="The centroids are normalised to length 1, but a centroid is just the mean.",
        says=r"normali[sz]|length 1|unit (length|sphere|vector)|divided by (its|their|the) (length|norm)|(centroid|anchor)\w*.{0,30}(not|no|isn.t|just) .{0,10}mean|not the mean",
        source="""\
class HardClusterTripletsSampler(IInbatchTripletSampler):
    def _check_input_labels(self, labels: Tensor) -> None:
        _, counts = labels.unique(return_counts=True)
        if counts.numel() < 2:
            raise ValueError("The batch has to have at least two different labels")
        if counts.min() == 1:
            raise ValueError(f"Labels with a single sample: {labels.unique()[counts == 1].tolist()}")

    def sample(self, features: Tensor, labels) -> tuple[Tensor, Tensor, Tensor]:
        labels = torch.as_tensor(labels, device=features.device)
        if features.dim() != 2:
            raise ValueError("Features: [B, D] expected")
        if labels.shape != features.shape[:1]:
            raise ValueError(f"Got {features.shape[0]} features and {len(labels)} labels")
        if not features.isfinite().all():
            raise ValueError("Features: infinite or NaN")
        self._check_input_labels(labels)
        order = labels.argsort(stable=True)
        sizes = labels.unique(return_counts=True)[1].tolist()
        blocks = features[order].split(sizes)
        anchor = F.normalize(torch.stack([block.mean(0) for block in blocks]), dim=1)
        positive = torch.stack(
            [block[torch.linalg.vector_norm(block - a, dim=1).argmax()] for block, a in zip(blocks, anchor)]
        )
        P = len(blocks)
        others = ~torch.eye(P, dtype=torch.bool, device=features.device)
        columns = torch.arange(P, device=features.device).expand(P, P)[others].view(P, P - 1)
        dist = torch.linalg.vector_norm(anchor[:, None] - anchor[columns], dim=2)
        nearest = columns.gather(1, dist.argmin(1, keepdim=True)).squeeze(1)
        return anchor, positive, anchor[nearest]
""",
    ),
    Wrong(
        name="new_tensor",
        kind="detached",
        cause="The positives are copied into a new tensor with torch.tensor of Python lists, so no gradient reaches them.",
        says=r"(detach|no_grad|gradient|requires_grad|graph).{0,60}positive|positives?.{0,80}(detach|no_grad|gradient|graph|copied|tolist|new tensor)|torch\.tensor|tolist",
        source="""\
class HardClusterTripletsSampler(IInbatchTripletSampler):
    def _check_input_labels(self, labels):
        groups = {}
        for row, label in enumerate(labels):
            groups.setdefault(int(label), []).append(row)
        if len(groups) < 2:
            raise ValueError("fewer than two classes")
        for label, rows in groups.items():
            if len(rows) < 2:
                raise ValueError(f"class {label}: just one picture")
        return groups

    def sample(self, features, labels):
        if features.dim() != 2:
            raise ValueError("features are not 2-D")
        if features.size(0) != len(labels):
            raise ValueError("features and labels differ in length")
        if not all(math.isfinite(number) for row in features.tolist() for number in row):
            raise ValueError("features are not finite")
        groups = self._check_input_labels(labels)
        anchors, positives, negatives = [], [], []
        centroid = {label: features[rows].mean(0) for label, rows in groups.items()}
        for label, rows in groups.items():
            a = centroid[label]
            best, far = None, -1.0
            for row in rows:
                dist = (features[row] - a).double().pow(2).sum().item()
                if dist > far:
                    best, far = row, dist
            other, near = None, float("inf")
            for name in sorted(centroid):
                dist = (centroid[name] - a).double().pow(2).sum().item()
                if name != label and dist < near:
                    other, near = name, dist
            anchors.append(a)
            positives.append(features[best].tolist())
            negatives.append(centroid[other])
        return torch.stack(anchors), torch.tensor(positives, dtype=features.dtype), torch.stack(negatives)
""",
    ),
    Wrong(
        name="max_returns_tuple",
        kind="raises",
        cause="max(dim) returns values and indices, and the pair is used as an index, which raises.",
        says=r"tuple|\bpair\b|values and (indices|indexes)|\.indices|\bmax\(|return_types|TypeError|IndexError",
        source="""\
class HardClusterTripletsSampler(IInbatchTripletSampler):
    def _check_input_labels(self, labels):
        v, n = labels.unique(return_counts=True)
        if len(v) < 2:
            raise ValueError("two classes needed, fewer given")
        if n.min() < 2:
            raise ValueError(f"single sample in class {v[n.argmin()].item()}")

    def sample(self, features, labels):
        labels = torch.as_tensor(labels)
        if features.ndim != 2:
            raise ValueError("2-D features, please")
        if len(features) != len(labels):
            raise ValueError("different lengths")
        if not features.isfinite().all():
            raise ValueError("NaN or infinite")
        self._check_input_labels(labels)
        v = labels.unique()
        M = torch.stack([features[labels == c].mean(0) for c in v])
        pos = []
        for m, c in zip(M, v):
            f = features[labels == c]
            pos.append(f[(f - m).norm(dim=1).max(dim=0)])
        D = torch.cdist(M, M, compute_mode="donot_use_mm_for_euclid_dist").fill_diagonal_(torch.inf)
        return M, torch.stack(pos), M[D.min(dim=1)]
""",
    ),
    Wrong(
        name="last_of_ties",
        kind="ties",
        cause="Of equally far samples it takes the last one instead of the first.",
        says=r"\b(ties?|equal\w*|last|first|lowest)\b|>=",
        source="""\
class HardClusterTripletsSampler(IInbatchTripletSampler):
    def _check_input_labels(self, labels):
        groups = {}
        for row, label in enumerate(labels):
            groups.setdefault(int(label), []).append(row)
        if len(groups) < 2:
            raise ValueError("fewer than two classes")
        for label, rows in groups.items():
            if len(rows) < 2:
                raise ValueError(f"class {label}: just one picture")
        return groups

    def sample(self, features, labels):
        if features.dim() != 2:
            raise ValueError("features are not 2-D")
        if features.size(0) != len(labels):
            raise ValueError("features and labels differ in length")
        if not all(math.isfinite(number) for row in features.tolist() for number in row):
            raise ValueError("features are not finite")
        groups = self._check_input_labels(labels)
        anchors, positives, negatives = [], [], []
        centroid = {label: features[rows].mean(0) for label, rows in groups.items()}
        for label, rows in groups.items():
            a = centroid[label]
            best, far = None, -1.0
            for row in rows:
                dist = (features[row] - a).double().pow(2).sum().item()
                if dist >= far:
                    best, far = row, dist
            other, near = None, float("inf")
            for name in sorted(centroid):
                dist = (centroid[name] - a).double().pow(2).sum().item()
                if name != label and dist < near:
                    other, near = name, dist
            anchors.append(a)
            positives.append(features[best])
            negatives.append(centroid[other])
        return torch.stack(anchors), torch.stack(positives), torch.stack(negatives)
""",
    ),
    Wrong(
        name="length_not_checked",
        kind="missing error",
        cause="Features and labels of different lengths raise no ValueError.",
        says=r"lengths?\b.{0,60}(differ|not|no|error|mismatch|unequal|refus|accept)|differ\w* (in )?lengths?|as many (labels|features)|(too (few|many)|missing|surplus) (labels|features)|number of labels|mismatch",
        source="""\
class HardClusterTripletsSampler(IInbatchTripletSampler):
    def _check_input_labels(self, labels):
        for label in labels:
            if labels.count(label) < 2:
                raise ValueError(f"a single sample of class {label}")
        if len(set(labels)) < 2:
            raise ValueError("fewer than two classes")

    def sample(self, features, labels):
        if features.ndim != 2:
            raise ValueError("features have to be 2-D")
        if not features.isfinite().all():
            raise ValueError("NaN or infinity in the features")
        labels = [int(label) for label in labels]
        self._check_input_labels(labels)
        groups = {}
        for vector, label in zip(features, labels):
            groups.setdefault(label, []).append(vector)
        groups = {label: torch.stack(groups[label]) for label in sorted(groups)}
        means = {label: group.mean(0) for label, group in groups.items()}
        anchors = torch.stack(list(means.values()))
        positives = torch.stack([g[torch.argmax((g - means[k]).norm(dim=1))] for k, g in groups.items()])
        negatives = []
        for k in means:
            rest = [m for j, m in means.items() if j != k]
            negatives.append(min(rest, key=lambda m: (m - means[k]).norm().item()))
        return anchors, positives, torch.stack(negatives)
""",
    ),
    Wrong(
        name="one_class_accepted",
        kind="off by one",
        cause="A batch of a single class raises no ValueError, since the check asks for fewer than one class instead of fewer than two.",
        says=r"(one|single|same|fewer than two|less than two|two) (different )?class(es)?\b.{0,60}(error|rais|refus|accept|check|ValueError|not|unnoticed)|(error|rais\w*|refus\w*|accept\w*|check\w*|ValueError).{0,60}(one|single|fewer than two|less than two|two) (different )?class",
        source='''\
class HardClusterTripletsSampler(IInbatchTripletSampler):
    """One triplet per class: its centroid, its sample farthest from there, the nearest other centroid."""

    def _check_input_labels(self, labels):
        classes, counts = torch.unique(labels, return_counts=True)
        if len(classes) < 1:
            raise ValueError(f"need at least 2 classes in a batch, got {len(classes)}")
        for c, n in zip(classes.tolist(), counts.tolist()):
            if n == 1:
                raise ValueError(f"class {c} has only one sample")

    def sample(self, features, labels):
        labels = torch.as_tensor(labels, device=features.device)
        if features.ndim != 2:
            raise ValueError(f"features must be [B, D], not {tuple(features.shape)}")
        if len(features) != len(labels):
            raise ValueError(f"{len(features)} features, but {len(labels)} labels")
        if not torch.isfinite(features).all():
            raise ValueError("features contain NaN or infinity")
        self._check_input_labels(labels)
        classes = labels.unique()
        centroids = torch.stack([features[labels == c].mean(dim=0) for c in classes])
        positives, negatives = [], []
        for i, c in enumerate(classes):
            x_own = features[labels == c]
            intra = (x_own - centroids[i]).pow(2).sum(dim=1)
            positives.append(x_own[intra.argmax()])
            inter = (centroids - centroids[i]).pow(2).sum(dim=1)
            inter[i] = float("inf")
            negatives.append(centroids[inter.argmin()])
        return centroids, torch.stack(positives), torch.stack(negatives)
''',
    ),
    Wrong(
        name="not_2d_accepted",
        kind="missing error",
        cause="Features that are not 2-D raise no ValueError.",
        says=r"2-?D|3-?D|1-?D|dimension|shape|matrix|rank|axes",
        source="""\
class TooFewClasses(ValueError):
    pass


class HardClusterTripletsSampler(IInbatchTripletSampler):
    def _check_input_labels(self, labels):
        names, index, amount = torch.unique(labels, return_inverse=True, return_counts=True)
        if names.shape[0] <= 1:
            raise TooFewClasses("Triplets need two classes or more; this batch has " + str(names.shape[0]))
        lonely = names[amount == 1].tolist()
        if lonely:
            raise ValueError(f"Only one sample of class {lonely[0]}: it needs two.")
        return names, index, amount

    def sample(self, features, labels):
        labels = torch.as_tensor(labels).to(features.device)
        if labels.shape[0] != features.shape[0]:
            raise ValueError("labels and features have different lengths")
        if torch.isfinite(features).logical_not().any():
            raise ValueError("features with NaN or infinity")
        names, index, amount = self._check_input_labels(labels)
        onehot = F.one_hot(index, len(names)).to(torch.float64)  # [B, P]
        weights = onehot / amount
        centers = torch.einsum("bp,b...->p...", weights, features.to(torch.float64))
        with torch.no_grad():
            spread = (features - centers[index]).square().sum(-1)  # [B]
            table = torch.where(onehot.T.bool(), spread, torch.full_like(spread, -math.inf))
            hardest = table.max(dim=1).indices
            gaps = (centers.unsqueeze(0) - centers.unsqueeze(1)).square().sum(-1)
            gaps = gaps + torch.diag(torch.full((len(names),), math.inf, dtype=gaps.dtype, device=gaps.device))
            closest = gaps.min(dim=1).indices
        return centers.type_as(features), features[hardest], centers[closest].type_as(features)
""",
    ),
    Wrong(
        name="mean_over_wrong_dim",
        kind="wrong dim",
        cause="The centroid is a mean over the coordinates (dim=1) instead of over the samples.",
        says=r"\bdim\b|dim ?=|\baxis\b|coordinate|columns?|wrong (dim|axis|direction)|centroids?.{0,40}(wrong|not the mean)|(over|across) the (coordinates|samples|wrong)|shape|sizes? of tensor",
        source="""\
class HardClusterTripletsSampler(IInbatchTripletSampler):
    def _check_input_labels(self, labels: Tensor) -> None:
        _, counts = labels.unique(return_counts=True)
        if counts.numel() < 2:
            raise ValueError("The batch has to have at least two different labels")
        if counts.min() == 1:
            raise ValueError(f"Labels with a single sample: {labels.unique()[counts == 1].tolist()}")

    def sample(self, features: Tensor, labels) -> tuple[Tensor, Tensor, Tensor]:
        labels = torch.as_tensor(labels, device=features.device)
        if features.dim() != 2:
            raise ValueError("Features: [B, D] expected")
        if labels.shape != features.shape[:1]:
            raise ValueError(f"Got {features.shape[0]} features and {len(labels)} labels")
        if not features.isfinite().all():
            raise ValueError("Features: infinite or NaN")
        self._check_input_labels(labels)
        order = labels.argsort(stable=True)
        sizes = labels.unique(return_counts=True)[1].tolist()
        blocks = features[order].split(sizes)
        anchor = torch.stack([block.mean(1) for block in blocks])
        positive = torch.stack(
            [block[torch.linalg.vector_norm(block - a, dim=1).argmax()] for block, a in zip(blocks, anchor)]
        )
        P = len(blocks)
        others = ~torch.eye(P, dtype=torch.bool, device=features.device)
        columns = torch.arange(P, device=features.device).expand(P, P)[others].view(P, P - 1)
        dist = torch.linalg.vector_norm(anchor[:, None] - anchor[columns], dim=2)
        nearest = columns.gather(1, dist.argmin(1, keepdim=True)).squeeze(1)
        return anchor, positive, anchor[nearest]
""",
    ),
    Wrong(
        name="two_detached_and_own",
        kind="two faults",
        cause="Anchors are detached, and a class's own centroid is not excluded from the negatives.",
        says=r"detach|no_grad|gradient|requires_grad|backprop|comput\w+ graph|diagonal|own (class|cent)|(class|cent\w+) (with|to|and) itself|(is|as) its own|negatives? (is|are|equals?) (the |its )?(own )?anchor",
        source="""\
class HardClusterTripletsSampler(IInbatchTripletSampler):
    def _check_input_labels(self, labels: Tensor) -> None:
        _, counts = labels.unique(return_counts=True)
        if counts.numel() < 2:
            raise ValueError("The batch has to have at least two different labels")
        if counts.min() == 1:
            raise ValueError(f"Labels with a single sample: {labels.unique()[counts == 1].tolist()}")

    def sample(self, features: Tensor, labels) -> tuple[Tensor, Tensor, Tensor]:
        labels = torch.as_tensor(labels, device=features.device)
        if features.dim() != 2:
            raise ValueError("Features: [B, D] expected")
        if labels.shape != features.shape[:1]:
            raise ValueError(f"Got {features.shape[0]} features and {len(labels)} labels")
        if not features.isfinite().all():
            raise ValueError("Features: infinite or NaN")
        self._check_input_labels(labels)
        order = labels.argsort(stable=True)
        sizes = labels.unique(return_counts=True)[1].tolist()
        blocks = features[order].split(sizes)
        anchor = torch.stack([block.mean(0) for block in blocks]).detach()
        positive = torch.stack(
            [block[torch.linalg.vector_norm(block - a, dim=1).argmax()] for block, a in zip(blocks, anchor)]
        )
        P = len(blocks)
        dist = torch.linalg.vector_norm(anchor.view(P, 1, -1) - anchor.view(1, P, -1), dim=2)
        nearest = dist.argmin(1)
        return anchor, positive, anchor[nearest]
""",
    ),
    Wrong(
        name="two_list_and_finite",
        kind="two faults",
        cause="A list of labels is not converted, and NaN or infinite features are not refused.",
        says=r"\b(a |as )lists?\b|lists? (of labels|is|are|fail)|(features?|embeddings?).{0,40}(nan|infinit|finite)|(nan|infinit\w*).{0,60}(not|refus|reject|rais|accept|error|features)",
        source="""\
class HardClusterTripletsSampler(IInbatchTripletSampler):
    def _check_input_labels(self, labels):
        _, how_many = labels.unique(return_counts=True)
        if len(how_many) < 2:
            raise ValueError("two classes at least")
        if how_many.min() == 1:
            raise ValueError(f"single sample: class {labels.unique()[how_many == 1][0].item()}")

    def sample(self, features, labels):
        if features.ndim != 2:
            raise ValueError("2-D features expected")
        if len(features) != len(labels):
            raise ValueError("length of labels differs from that of features")
        self._check_input_labels(labels)
        classes, index = labels.unique(return_inverse=True)
        onehot = torch.nn.functional.one_hot(index).T.to(features.dtype)
        mean = onehot @ features / onehot.sum(1, keepdim=True)
        r = torch.cdist(mean, features, compute_mode="donot_use_mm_for_euclid_dist")
        r[onehot == 0] = -1
        q = torch.cdist(mean, mean, compute_mode="donot_use_mm_for_euclid_dist")
        q[torch.eye(len(q)) == 1] = float("inf")
        return mean, features[r.max(1)[1]], mean[q.min(1)[1]]
""",
    ),
]

RIGHT = [
    Right(
        name="loop_over_classes",
        source='''\
class HardClusterTripletsSampler(IInbatchTripletSampler):
    """One triplet per class: its centroid, its sample farthest from there, the nearest other centroid."""

    def _check_input_labels(self, labels):
        classes, counts = torch.unique(labels, return_counts=True)
        if len(classes) < 2:
            raise ValueError(f"need at least 2 classes in a batch, got {len(classes)}")
        for c, n in zip(classes.tolist(), counts.tolist()):
            if n == 1:
                raise ValueError(f"class {c} has only one sample")

    def sample(self, features, labels):
        labels = torch.as_tensor(labels, device=features.device)
        if features.ndim != 2:
            raise ValueError(f"features must be [B, D], not {tuple(features.shape)}")
        if len(features) != len(labels):
            raise ValueError(f"{len(features)} features, but {len(labels)} labels")
        if not torch.isfinite(features).all():
            raise ValueError("features contain NaN or infinity")
        self._check_input_labels(labels)
        classes = labels.unique()
        centroids = torch.stack([features[labels == c].mean(dim=0) for c in classes])
        positives, negatives = [], []
        for i, c in enumerate(classes):
            own = features[labels == c]
            intra = (own - centroids[i]).pow(2).sum(dim=1)
            positives.append(own[intra.argmax()])
            inter = (centroids - centroids[i]).pow(2).sum(dim=1)
            inter[i] = float("inf")
            negatives.append(centroids[inter.argmin()])
        return centroids, torch.stack(positives), torch.stack(negatives)
''',
    ),
    Right(
        name="masks_in_double",
        source="""\
class HardClusterTripletsSampler(IInbatchTripletSampler):
    def _check_input_labels(self, labels):
        pass  # all in sample

    def sample(self, features, labels):
        if not isinstance(labels, torch.Tensor):
            labels = torch.tensor(labels)
        labels = labels.to(features.device)
        if features.dim() != 2:
            raise ValueError("I want a matrix of embeddings, but this is a tensor of rank %d" % features.dim())
        if features.size(0) != labels.numel():
            raise ValueError("%d embeddings but %d targets" % (features.size(0), labels.numel()))
        if features.isnan().any() or features.isinf().any():
            raise ValueError("some embeddings are not finite (nan or inf)")
        uniq, counts = labels.unique(return_counts=True)
        if uniq.numel() < 2:
            raise ValueError("all targets are the same")
        if (counts < 2).any():
            raise ValueError("single sample in class(es) " + str(uniq[counts < 2].tolist()))

        x = features.double()
        mask = uniq[:, None] == labels[None, :]  # [P, B]
        mu = (mask.double() @ x) / counts[:, None]  # [P, D]
        to_samples = (mu[:, None, :] - x[None, :, :]).norm(dim=2)  # [P, B]
        far = to_samples.masked_fill(~mask, -1.0).argmax(dim=1)
        between = (mu[:, None, :] - mu[None, :, :]).norm(dim=2)  # [P, P]
        between.fill_diagonal_(float("inf"))
        near = between.argmin(dim=1)
        mu = mu.to(features.dtype)
        return mu, features[far], mu[near]
""",
    ),
    Right(
        name="one_hot_einsum",
        source="""\
class TooFewClasses(ValueError):
    pass


class HardClusterTripletsSampler(IInbatchTripletSampler):
    def _check_input_labels(self, labels):
        names, index, amount = torch.unique(labels, return_inverse=True, return_counts=True)
        if names.shape[0] <= 1:
            raise TooFewClasses("Triplets need two classes or more; this batch has " + str(names.shape[0]))
        lonely = names[amount == 1].tolist()
        if lonely:
            raise ValueError(f"Only one sample of class {lonely[0]}: it needs two.")
        return names, index, amount

    def sample(self, features, labels):
        labels = torch.as_tensor(labels).to(features.device)
        if features.ndim != 2:
            raise ValueError("features should have 2 dimensions and have " + str(features.ndim))
        if labels.shape[0] != features.shape[0]:
            raise ValueError("labels and features have different lengths")
        if torch.isfinite(features).logical_not().any():
            raise ValueError("features with NaN or infinity")
        names, index, amount = self._check_input_labels(labels)
        onehot = F.one_hot(index, len(names)).to(torch.float64)  # [B, P]
        weights = onehot / amount
        centers = torch.einsum("bp,bd->pd", weights, features.to(torch.float64))
        with torch.no_grad():
            spread = (features - centers[index]).square().sum(-1)  # [B]
            table = torch.where(onehot.T.bool(), spread, torch.full_like(spread, -math.inf))
            hardest = table.max(dim=1).indices
            gaps = (centers.unsqueeze(0) - centers.unsqueeze(1)).square().sum(-1)
            gaps = gaps + torch.diag(torch.full((len(names),), math.inf, dtype=gaps.dtype, device=gaps.device))
            closest = gaps.min(dim=1).indices
        return centers.type_as(features), features[hardest], centers[closest].type_as(features)
""",
    ),
    Right(
        name="index_add",
        source="""\
class HardClusterTripletsSampler(IInbatchTripletSampler):
    def _check_input_labels(self, labels):
        if len(set(labels)) < 2:
            raise ValueError(f"There is a single class in the batch: {sorted(set(labels))}")
        for label in sorted(set(labels)):
            if labels.count(label) < 2:
                raise ValueError(f"label {label} occurs once, at least 2 are needed")

    def sample(self, features, labels):
        if len(features.shape) != 2:
            raise ValueError(f"expected 2-D features, got {len(features.shape)}-D")
        labels = labels.tolist() if torch.is_tensor(labels) else list(labels)
        if len(labels) != len(features):
            raise ValueError(f"Length mismatch: {len(features)} vs. {len(labels)} labels")
        if not bool(features.isfinite().all()):
            raise ValueError("Non-finite values (NaN / inf) in features")
        self._check_input_labels(labels)
        order = sorted(set(labels))
        row_of = {label: row for row, label in enumerate(order)}
        idx = torch.tensor([row_of[label] for label in labels], device=features.device)
        counts = torch.bincount(idx)
        sums = torch.zeros(len(order), features.shape[1], dtype=features.dtype, device=features.device)
        centers = sums.index_add(0, idx, features) / counts.unsqueeze(1).to(features.dtype)
        dist = (features - centers[idx]).pow(2).sum(1).detach()
        pos = []
        for row in range(len(order)):
            members = (idx == row).nonzero().flatten()
            pos.append(members[dist[members].argmax()].item())
        d = torch.cdist(centers.detach(), centers.detach(), compute_mode="donot_use_mm_for_euclid_dist")
        d[torch.arange(len(d)), torch.arange(len(d))] = torch.inf
        neg = d.argmin(1)
        return centers, features[pos], centers[neg]
""",
    ),
    Right(
        name="plain_python_search",
        source="""\
class HardClusterTripletsSampler(IInbatchTripletSampler):
    def _check_input_labels(self, labels):
        groups = {}
        for row, label in enumerate(labels):
            groups.setdefault(int(label), []).append(row)
        if len(groups) < 2:
            raise ValueError("fewer than two classes")
        for label, rows in groups.items():
            if len(rows) < 2:
                raise ValueError(f"class {label}: just one picture")
        return groups

    def sample(self, features, labels):
        if features.dim() != 2:
            raise ValueError("features are not 2-D")
        if features.size(0) != len(labels):
            raise ValueError("features and labels differ in length")
        if not all(math.isfinite(number) for row in features.tolist() for number in row):
            raise ValueError("features are not finite")
        groups = self._check_input_labels(labels)
        anchors, positives, negatives = [], [], []
        centroid = {label: features[rows].mean(0) for label, rows in groups.items()}
        for label, rows in groups.items():
            a = centroid[label]
            best, far = None, -1.0
            for row in rows:
                dist = (features[row] - a).double().pow(2).sum().item()
                if dist > far:
                    best, far = row, dist
            other, near = None, float("inf")
            for name in sorted(centroid):
                dist = (centroid[name] - a).double().pow(2).sum().item()
                if name != label and dist < near:
                    other, near = name, dist
            anchors.append(a)
            positives.append(features[best])
            negatives.append(centroid[other])
        return torch.stack(anchors), torch.stack(positives), torch.stack(negatives)
""",
    ),
    Right(
        name="numpy_inside",
        source="""\
import numpy as np


class HardClusterTripletsSampler(IInbatchTripletSampler):
    def _check_input_labels(self, labels):
        y = np.asarray(labels.cpu() if torch.is_tensor(labels) else labels)
        names, n = np.unique(y, return_counts=True)
        if names.size < 2:
            raise ValueError(f"Can't form triplets: {names.size} class(es) only.")
        if n.min() < 2:
            raise ValueError(f"Class {names[n.argmin()]} is alone: one sample.")
        return y, names

    def sample(self, features, labels):
        if features.ndim != 2:
            raise ValueError(f"bad shape of features: {tuple(features.shape)}, want two axes")
        if features.shape[0] != len(labels):
            raise ValueError(f"batch of {features.shape[0]} but {len(labels)} labels")
        f = features.detach().cpu().double().numpy()
        if not np.isfinite(f).all():
            raise ValueError("there is a nan or an inf in the features")
        y, names = self._check_input_labels(labels)
        m = np.stack([f[y == name].mean(axis=0) for name in names])
        hard, neg = [], []
        for i, name in enumerate(names):
            rows = np.flatnonzero(y == name)
            hard.append(int(rows[((f[rows] - m[i]) ** 2).sum(1).argmax()]))
            gap = ((m - m[i]) ** 2).sum(1)
            gap[i] = np.inf
            neg.append(int(gap.argmin()))
        means = torch.stack([features[torch.from_numpy(y == name).to(features.device)].mean(0) for name in names])
        return means, features[hard], means[neg]
""",
    ),
    Right(
        name="sort_and_split",
        source="""\
class HardClusterTripletsSampler(IInbatchTripletSampler):
    def _check_input_labels(self, labels: Tensor) -> None:
        _, counts = labels.unique(return_counts=True)
        if counts.numel() < 2:
            raise ValueError("The batch has to have at least two different labels")
        if counts.min() == 1:
            raise ValueError(f"Labels with a single sample: {labels.unique()[counts == 1].tolist()}")

    def sample(self, features: Tensor, labels) -> tuple[Tensor, Tensor, Tensor]:
        labels = torch.as_tensor(labels, device=features.device)
        if features.dim() != 2:
            raise ValueError("Features: [B, D] expected")
        if labels.shape != features.shape[:1]:
            raise ValueError(f"Got {features.shape[0]} features and {len(labels)} labels")
        if not features.isfinite().all():
            raise ValueError("Features: infinite or NaN")
        self._check_input_labels(labels)
        order = labels.argsort(stable=True)
        sizes = labels.unique(return_counts=True)[1].tolist()
        blocks = features[order].split(sizes)
        anchor = torch.stack([block.mean(0) for block in blocks])
        positive = torch.stack(
            [block[torch.linalg.vector_norm(block - a, dim=1).argmax()] for block, a in zip(blocks, anchor)]
        )
        P = len(blocks)
        others = ~torch.eye(P, dtype=torch.bool, device=features.device)
        columns = torch.arange(P, device=features.device).expand(P, P)[others].view(P, P - 1)
        dist = torch.linalg.vector_norm(anchor[:, None] - anchor[columns], dim=2)
        nearest = columns.gather(1, dist.argmin(1, keepdim=True)).squeeze(1)
        return anchor, positive, anchor[nearest]
""",
    ),
    Right(
        name="does_not_say_which",
        source="""\
class HardClusterTripletsSampler(IInbatchTripletSampler):
    def _check_input_labels(self, labels: Tensor) -> None:
        _, counts = labels.unique(return_counts=True)
        if counts.numel() < 2:
            raise ValueError("The batch has to have at least two different labels")
        if counts.min() == 1:
            raise ValueError("There is a class with a single sample, every class needs at least two.")

    def sample(self, features: Tensor, labels) -> tuple[Tensor, Tensor, Tensor]:
        labels = torch.as_tensor(labels, device=features.device)
        if features.dim() != 2:
            raise ValueError("Features: [B, D] expected")
        if labels.shape != features.shape[:1]:
            raise ValueError(f"Got {features.shape[0]} features and {len(labels)} labels")
        if not features.isfinite().all():
            raise ValueError("Features: infinite or NaN")
        self._check_input_labels(labels)
        order = labels.argsort(stable=True)
        sizes = labels.unique(return_counts=True)[1].tolist()
        blocks = features[order].split(sizes)
        anchor = torch.stack([block.mean(0) for block in blocks])
        positive = torch.stack(
            [block[torch.linalg.vector_norm(block - a, dim=1).argmax()] for block, a in zip(blocks, anchor)]
        )
        P = len(blocks)
        others = ~torch.eye(P, dtype=torch.bool, device=features.device)
        columns = torch.arange(P, device=features.device).expand(P, P)[others].view(P, P - 1)
        dist = torch.linalg.vector_norm(anchor[:, None] - anchor[columns], dim=2)
        nearest = columns.gather(1, dist.argmin(1, keepdim=True)).squeeze(1)
        return anchor, positive, anchor[nearest]
""",
    ),
    Right(
        name="float32_zeros",
        source="""\
class HardClusterTripletsSampler(IInbatchTripletSampler):
    def _check_input_labels(self, labels):
        if len(set(labels)) < 2:
            raise ValueError("need two classes")
        for x in set(labels):
            if labels.count(x) == 1:
                raise ValueError(f"{x}: a class of one sample")

    def sample(self, features, labels):
        if features.ndim != 2:
            raise ValueError("features are no matrix (2-D)")
        if len(labels) != len(features):
            raise ValueError("lengths differ")
        if (~features.isfinite()).any():
            raise ValueError("NaN or infinity")
        labels = torch.as_tensor(labels).tolist()
        self._check_input_labels(labels)
        names = sorted(set(labels))
        P, D = len(names), features.shape[1]
        anchors, positives, negatives = torch.zeros(P, D), torch.zeros(P, D), torch.zeros(P, D)
        labels = torch.tensor(labels)
        for i, name in enumerate(names):
            anchors[i] = features[labels == name].mean(dim=0)
        centroids = anchors.clone()
        for i, name in enumerate(names):
            rows = (labels == name).nonzero()[:, 0]
            positives[i] = features[rows[(features[rows] - centroids[i]).norm(dim=1).argmax()]]
            d = (centroids - centroids[i]).norm(dim=1).detach()
            d[i] = float("inf")
            negatives[i] = centroids[d.argmin()]
        return anchors, positives, negatives
""",
    ),
]
