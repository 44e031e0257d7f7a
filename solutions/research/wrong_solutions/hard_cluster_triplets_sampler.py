"""hard_cluster_triplets_sampler: wrong and right solutions in students' styles."""

from solutions.research.wrong_solutions import Right, Wrong

WRONG = [
    Wrong(
        name="diagonal left in",
        kind="diagonal",
        cause="The own centroid is not excluded, so each class is its own negative.",
        says="(?:negative|nearest|diagonal|inter).{0,110}(?:itself|own (?:class|centroid|centre)|diagonal|anchor'?s? (?:own|centroid)|equals? the anchor|same as the anchor|is the anchor|j\\s*=\\s*i\\b|distance 0|0 distance)|(?:itself|own (?:class|centroid|centre)|diagonal|anchor'?s? (?:own|centroid)|equals? the anchor|same as the anchor|is the anchor|j\\s*=\\s*i\\b|distance 0|0 distance).{0,110}(?:negative|nearest|diagonal|inter)|diagonal",
        source="""
class HardClusterTripletsSampler(IInbatchTripletSampler):
    def _check_input_labels(self, labels):
        classes, counts = labels.unique(return_counts=True)
        if len(classes) < 2:
            raise ValueError(f"need at least two classes, got {len(classes)}")
        for c, n in zip(classes.tolist(), counts.tolist()):
            if n < 2:
                raise ValueError(f"class {c} has only a single sample")

    def sample(self, features, labels):
        labels = torch.as_tensor(labels, device=features.device)
        if features.dim() != 2:
            raise ValueError(f"features must be 2-D, but have shape {tuple(features.shape)}")
        if len(features) != len(labels):
            raise ValueError(f"{len(features)} features but {len(labels)} labels: different lengths")
        if not torch.isfinite(features).all():
            raise ValueError("features contain NaN or infinity")
        self._check_input_labels(labels)

        classes = labels.unique()
        centroids = torch.stack([features[labels == c].double().mean(dim=0) for c in classes])
        positives = []
        for i, c in enumerate(classes):
            members = features[labels == c]
            dist = distances(centroids[i : i + 1], members)[0]
            positives.append(members[dist.argmax()])
        positives = torch.stack(positives)
        between = distances(centroids, centroids).detach()
        centroids = centroids.to(features.dtype)
        negatives = centroids[between.argmin(dim=1)]
        return centroids, positives, negatives
""",
    ),
    Wrong(
        name="mask times distances",
        kind="mask arithmetic",
        cause="Multiplying by 1 - eye sets the own distance to 0, so the nearest centroid is the anchor itself.",
        says="(?:negative|nearest|diagonal|inter).{0,110}(?:itself|own (?:class|centroid|centre)|diagonal|anchor'?s? (?:own|centroid)|equals? the anchor|same as the anchor|is the anchor|j\\s*=\\s*i\\b|distance 0|0 distance)|(?:itself|own (?:class|centroid|centre)|diagonal|anchor'?s? (?:own|centroid)|equals? the anchor|same as the anchor|is the anchor|j\\s*=\\s*i\\b|distance 0|0 distance).{0,110}(?:negative|nearest|diagonal|inter)|diagonal",
        source="""
class HardClusterTripletsSampler(IInbatchTripletSampler):
    def _check_input_labels(self, labels):
        pass

    def sample(self, features, labels):
        y = torch.as_tensor(labels, device=features.device).long()
        if features.ndim != 2:
            raise ValueError(f"expected 2-D features, got {features.ndim}-D")
        if y.numel() != features.size(0):
            raise ValueError(f"labels and features have different lengths, {y.numel()} and {features.size(0)}")
        if not bool(features.isfinite().all()):
            raise ValueError("non-finite features (NaN / infinity)")
        names, idx, cnt = y.unique(return_inverse=True, return_counts=True)
        if names.numel() < 2:
            raise ValueError("batch has fewer than two classes")
        if int(cnt.min()) == 1:
            raise ValueError(f"class {int(names[cnt.argmin()])} has a single sample")
        x = features.double()
        total = torch.zeros(len(names), x.shape[1], dtype=x.dtype, device=x.device)
        mean = total.index_add(0, idx, x) / cnt[:, None]
        # squared distance of each sample to the centroid of its own class
        r = (x - mean[idx]).pow(2).sum(dim=1)
        P = names.numel()
        same = idx[None, :] == torch.arange(P, device=x.device)[:, None]  # [P, B]
        far = torch.where(same, r[None, :], torch.full_like(r, -1.0)[None, :]).argmax(dim=1)
        gap = ((mean[:, None, :] - mean[None, :, :]) ** 2).sum(dim=-1)
        gap = gap * (1 - torch.eye(P, device=x.device))  # without the class itself
        near = gap.argmin(dim=1)
        anchor = mean.to(features.dtype)
        return anchor, features[far], anchor[near]
""",
    ),
    Wrong(
        name="nearest positive",
        kind="min/max",
        cause="The positive is the sample nearest to the centroid, not the farthest.",
        says="(?:positive|intra)[^.;]{0,80}(?:nearest|closest|argmin|minim|smallest|instead of the farthest|not the farthest)|(?:nearest|closest|smallest)[^.;]{0,60}(?:of (?:its|the|their) (?:own )?class|own class|positive)|argmin.{0,30}argmax",
        source="""
class HardClusterTripletsSampler(IInbatchTripletSampler):
    def _check_input_labels(self, labels):
        pass

    def sample(self, features, labels):
        y = torch.as_tensor(labels, device=features.device).long()
        if features.ndim != 2:
            raise ValueError(f"expected 2-D features, got {features.ndim}-D")
        if y.numel() != features.size(0):
            raise ValueError(f"labels and features have different lengths, {y.numel()} and {features.size(0)}")
        if not bool(features.isfinite().all()):
            raise ValueError("non-finite features (NaN / infinity)")
        names, idx, cnt = y.unique(return_inverse=True, return_counts=True)
        if names.numel() < 2:
            raise ValueError("batch has fewer than two classes")
        if int(cnt.min()) == 1:
            raise ValueError(f"class {int(names[cnt.argmin()])} has a single sample")
        x = features.double()
        total = torch.zeros(len(names), x.shape[1], dtype=x.dtype, device=x.device)
        mean = total.index_add(0, idx, x) / cnt[:, None]
        # squared distance of each sample to the centroid of its own class
        r = (x - mean[idx]).pow(2).sum(dim=1)
        P = names.numel()
        same = idx[None, :] == torch.arange(P, device=x.device)[:, None]  # [P, B]
        far = torch.where(same, r[None, :], torch.full_like(r, math.inf)[None, :]).argmin(dim=1)
        gap = ((mean[:, None, :] - mean[None, :, :]) ** 2).sum(dim=-1)
        gap = gap.masked_fill(torch.eye(P, dtype=torch.bool, device=x.device), math.inf)
        near = gap.argmin(dim=1)
        anchor = mean.to(features.dtype)
        return anchor, features[far], anchor[near]
""",
    ),
    Wrong(
        name="row within the class",
        kind="index",
        cause="The index within the class is used as a row of the whole batch.",
        says="(?:index|number|position|row|argmax|place|counted)\\b.{0,60}(?:within|inside|in|among) (?:the|its|their|each|one|a) (?:own )?class|class.{0,40}(?:index|number|position).{0,60}(?:batch|features)|(?:local|relative) (?:index|row|number|position)|(?:as|for|of) (?:an? )?rows? of the (?:whole )?batch",
        source="""
class HardClusterTripletsSampler(IInbatchTripletSampler):
    def _check_input_labels(self, labels):
        classes, counts = labels.unique(return_counts=True)
        if len(classes) < 2:
            raise ValueError(f"need at least two classes, got {len(classes)}")
        for c, n in zip(classes.tolist(), counts.tolist()):
            if n < 2:
                raise ValueError(f"class {c} has only a single sample")

    def sample(self, features, labels):
        labels = torch.as_tensor(labels, device=features.device)
        if features.dim() != 2:
            raise ValueError(f"features must be 2-D, but have shape {tuple(features.shape)}")
        if len(features) != len(labels):
            raise ValueError(f"{len(features)} features but {len(labels)} labels: different lengths")
        if not torch.isfinite(features).all():
            raise ValueError("features contain NaN or infinity")
        self._check_input_labels(labels)

        classes = labels.unique()
        centroids = torch.stack([features[labels == c].double().mean(dim=0) for c in classes])
        positives = []
        for i, c in enumerate(classes):
            members = features[labels == c]
            dist = distances(centroids[i : i + 1], members)[0]
            positives.append(features[dist.argmax()])
        positives = torch.stack(positives)
        between = distances(centroids, centroids).detach()
        between.fill_diagonal_(float("inf"))
        centroids = centroids.to(features.dtype)
        negatives = centroids[between.argmin(dim=1)]
        return centroids, positives, negatives
""",
    ),
    Wrong(
        name="label as row",
        kind="index",
        cause="Labels are used as rows of the table of centroids, which only works for labels 0..P-1.",
        says="index\\w* .{0,40}(?:by|with) (?:the )?(?:labels?|class)|(?:labels?|class numbers?) .{0,60}(?:as|for) (?:an? )?(?:rows?|ind|positions?)|(?:labels?|class numbers?) .{0,40}(?:indices|index)|\\bgaps?\\b|row of (?:the )?(?:label|class)|consecutive|contiguous|0\\s*(?:,|to|\\.\\.|…|-|–)\\s*(?:1, ?)?(?:\\.+,? ?)?(?-i:P|n_|C)|negative labels?|labels? .{0,40}(?:their|its) (?:row|position)",
        source="""
class HardClusterTripletsSampler(IInbatchTripletSampler):
    def _check_input_labels(self, labels):
        classes, counts = labels.unique(return_counts=True)
        if len(classes) < 2:
            raise ValueError("less than two classes")
        if counts.min() < 2:
            raise ValueError(f"class {classes[counts.argmin()].item()} has just one sample")

    def sample(self, features, labels):
        labels = torch.as_tensor(labels, device=features.device)
        if features.dim() != 2:
            raise ValueError("features not 2-D")
        if len(features) != len(labels):
            raise ValueError("features and labels differ in length")
        if not features.isfinite().all():
            raise ValueError("NaN or infinity in the features")
        self._check_input_labels(labels)
        classes = labels.unique()
        means = torch.stack([features[labels == c].double().mean(0) for c in classes])
        own = means[labels]  # centroid of each sample's class
        dist = (features.double() - own).norm(dim=1)
        pos = []
        for c in classes:
            d = dist.clone()
            d[labels != c] = -1
            pos.append(int(d.argmax()))
        inter = distances(means, means).detach() + torch.diag(torch.full((len(classes),), torch.inf, device=means.device))
        neg = inter.argmin(1)
        means = means.to(features.dtype)
        return means, features[pos], means[neg]
""",
    ),
    Wrong(
        name="reshape to P K D",
        kind="equal sizes",
        cause="The batch is reshaped to [P, K, D]: it assumes sorted labels and equal sizes.",
        says="sorted|in order|order of the (?:labels|rows)|shuffl|equal(?:ly)? (?:size|large|many)|same (?:size|number)|sizes?\\b.{0,30}(?:differ|equal|unequal|same)|consecutive|adjacent|blocks?\\b|reshap|neighbou?ring rows",
        source="""
class HardClusterTripletsSampler(IInbatchTripletSampler):
    def _check_input_labels(self, labels):
        classes, counts = torch.unique(labels, return_counts=True)
        if len(classes) < 2:
            raise ValueError("fewer than two classes in the batch")
        if (counts == 1).any():
            raise ValueError(f"class {classes[counts == 1][0].item()} has only one sample")

    def sample(self, features, labels):
        labels = torch.as_tensor(labels, device=features.device)
        if features.dim() != 2:
            raise ValueError("features must be 2-D")
        if features.shape[0] != labels.shape[0]:
            raise ValueError("different lengths of features and labels")
        if not torch.isfinite(features).all():
            raise ValueError("features with NaN or inf")
        self._check_input_labels(labels)
        P = len(labels.unique())
        K = len(labels) // P
        x = features.view(P, K, -1)
        c = x.double().mean(1)  # [P, D]
        d = (x.double() - c[:, None]).pow(2).sum(-1)  # [P, K]
        pos = x[torch.arange(P), d.argmax(1)]
        inter = torch.stack([(c - ci).pow(2).sum(-1) for ci in c]).detach()
        inter.fill_diagonal_(torch.inf)
        c = c.to(features.dtype)
        return c, pos, c[inter.argmin(1)]
""",
    ),
    Wrong(
        name="split without sorting",
        kind="sorted labels",
        cause="torch.split by class sizes assumes that the batch is sorted by label.",
        says="sorted|order of (?:the )?(?:labels|rows|batch)|shuffl|consecutive|adjacent|blocks?\\b|stand(?:s|ing)? (?:together|side by side)|neighbou?ring rows|in any order|unsorted|stand in the order of the classes",
        source="""
class HardClusterTripletsSampler(IInbatchTripletSampler):
    def _check_input_labels(self, labels):
        classes, counts = labels.unique(return_counts=True)
        if len(classes) < 2:
            raise ValueError(f"need at least two classes, got {len(classes)}")
        for c, n in zip(classes.tolist(), counts.tolist()):
            if n < 2:
                raise ValueError(f"class {c} has only a single sample")

    def sample(self, features, labels):
        labels = torch.as_tensor(labels, device=features.device)
        if features.dim() != 2:
            raise ValueError(f"features must be 2-D, but have shape {tuple(features.shape)}")
        if len(features) != len(labels):
            raise ValueError(f"{len(features)} features but {len(labels)} labels: different lengths")
        if not torch.isfinite(features).all():
            raise ValueError("features contain NaN or infinity")
        self._check_input_labels(labels)

        classes = labels.unique()
        counts = labels.unique(return_counts=True)[1]
        chunks = features.split(counts.tolist())
        centroids = torch.stack([chunk.double().mean(dim=0) for chunk in chunks])
        positives = []
        for i, c in enumerate(classes):
            members = chunks[i]
            dist = distances(centroids[i : i + 1], members)[0]
            positives.append(members[dist.argmax()])
        positives = torch.stack(positives)
        between = distances(centroids, centroids).detach()
        between.fill_diagonal_(float("inf"))
        centroids = centroids.to(features.dtype)
        negatives = centroids[between.argmin(dim=1)]
        return centroids, positives, negatives
""",
    ),
    Wrong(
        name="centroids detached",
        kind="gradient",
        cause="The centroids are detached, so no gradient flows through anchors and negatives.",
        says="(?:gradients?|detach\\w*|no_grad|constant).{0,110}(?:anchors?|centroids?|negatives?|means?\\b)|(?:anchors?|centroids?|negatives?|means?\\b).{0,110}(?:gradients?|detach\\w*|no_grad|constant)",
        source="""
class HardClusterTripletsSampler(IInbatchTripletSampler):
    def _check_input_labels(self, labels):
        if len(set(labels.tolist())) < 2:
            raise ValueError("at least two different classes are needed")
        u, n = torch.unique(labels, return_counts=True)
        if (n < 2).any():
            raise ValueError(f"classes with one sample only: {u[n < 2].tolist()}")

    def sample(self, features, labels):
        if features.ndim != 2:
            raise ValueError("features should be a matrix [B, D], they are not 2-D")
        if not torch.is_tensor(labels):
            labels = torch.tensor(labels)
        labels = labels.to(features.device)
        B = features.shape[0]
        if labels.shape[0] != B:
            raise ValueError(f"lengths differ: {B} features, {labels.shape[0]} labels")
        if features.isnan().any() or features.isinf().any():
            raise ValueError("NaN or inf in features")
        self._check_input_labels(labels)
        u, y = torch.unique(labels, return_inverse=True)
        P = len(u)
        onehot = F.one_hot(y, P).double()  # B x P
        with torch.no_grad():
            centers = (onehot.T @ features.double()) / onehot.sum(0).unsqueeze(1)
            d_pos = distances(centers, features)  # P x B
            d_pos[onehot.T == 0] = -1
            pos_idx = d_pos.max(dim=1).indices
            d_neg = distances(centers, centers)
            d_neg[torch.arange(P), torch.arange(P)] = 1e18
            neg_idx = d_neg.min(dim=1).indices
        centers = centers.type_as(features)
        return centers, features[pos_idx], centers[neg_idx]
""",
    ),
    Wrong(
        name="positive from any class",
        kind="mask",
        cause="The positive is the farthest sample of the whole batch, not of the own class.",
        says="(?:positive|farthest).{0,110}(?:whole batch|any class|other class|another class|all (?:the )?(?:samples|rows|pictures|classes)|of the batch|not (?:only )?(?:of|from|in) (?:its|the) own|not restricted|outside)|(?:whole batch|any class|other class|another class|all (?:the )?(?:samples|rows|pictures|classes)|of the batch|not (?:only )?(?:of|from|in) (?:its|the) own|not restricted|outside).{0,110}(?:positive|farthest)",
        source="""
class HardClusterTripletsSampler(IInbatchTripletSampler):
    def _check_input_labels(self, labels):
        if len(set(labels.tolist())) < 2:
            raise ValueError("at least two different classes are needed")
        u, n = torch.unique(labels, return_counts=True)
        if (n < 2).any():
            raise ValueError(f"classes with one sample only: {u[n < 2].tolist()}")

    def sample(self, features, labels):
        if features.ndim != 2:
            raise ValueError("features should be a matrix [B, D], they are not 2-D")
        if not torch.is_tensor(labels):
            labels = torch.tensor(labels)
        labels = labels.to(features.device)
        B = features.shape[0]
        if labels.shape[0] != B:
            raise ValueError(f"lengths differ: {B} features, {labels.shape[0]} labels")
        if features.isnan().any() or features.isinf().any():
            raise ValueError("NaN or inf in features")
        self._check_input_labels(labels)
        u, y = torch.unique(labels, return_inverse=True)
        P = len(u)
        onehot = F.one_hot(y, P).double()  # B x P
        centers = (onehot.T @ features.double()) / onehot.sum(0).unsqueeze(1)
        with torch.no_grad():
            d_pos = distances(centers, features)  # P x B
            pos_idx = d_pos.max(dim=1).indices
            d_neg = distances(centers, centers)
            d_neg[torch.arange(P), torch.arange(P)] = 1e18
            neg_idx = d_neg.min(dim=1).indices
        centers = centers.type_as(features)
        return centers, features[pos_idx], centers[neg_idx]
""",
    ),
    Wrong(
        name="list labels",
        kind="list",
        cause="A list of labels is not converted to a tensor.",
        says="\\blists?\\b|as_tensor|not a tensor|convert\\w* to (?:a )?tensor|tolist",
        source="""
class HardClusterTripletsSampler(IInbatchTripletSampler):
    def _check_input_labels(self, labels):
        classes, counts = labels.unique(return_counts=True)
        if len(classes) < 2:
            raise ValueError(f"need at least two classes, got {len(classes)}")
        for c, n in zip(classes.tolist(), counts.tolist()):
            if n < 2:
                raise ValueError(f"class {c} has only a single sample")

    def sample(self, features, labels):
        if features.dim() != 2:
            raise ValueError(f"features must be 2-D, but have shape {tuple(features.shape)}")
        if len(features) != len(labels):
            raise ValueError(f"{len(features)} features but {len(labels)} labels: different lengths")
        if not torch.isfinite(features).all():
            raise ValueError("features contain NaN or infinity")
        self._check_input_labels(labels)

        classes = labels.unique()
        centroids = torch.stack([features[labels == c].double().mean(dim=0) for c in classes])
        positives = []
        for i, c in enumerate(classes):
            members = features[labels == c]
            dist = distances(centroids[i : i + 1], members)[0]
            positives.append(members[dist.argmax()])
        positives = torch.stack(positives)
        between = distances(centroids, centroids).detach()
        between.fill_diagonal_(float("inf"))
        centroids = centroids.to(features.dtype)
        negatives = centroids[between.argmin(dim=1)]
        return centroids, positives, negatives
""",
    ),
    Wrong(
        name="one triplet per sample",
        kind="shape",
        cause="It returns one triplet per row of the batch ([B, D]), not one per class ([P, D]).",
        says="per (?:sample|row|picture|embedding)|(?:for|of) (?:each|every) (?:sample|row|picture|embedding)|(?-i:\\bB (?:rows|triplets)|\\[B,? ?D\\])|(?:one|each|a) (?:row|triplet|anchor)s? (?:per|for each|for every) class|(?-i:\\bP (?:rows|triplets))|repeated|several times|too many|\\bshape\\b|number of (?:rows|triplets)|K_i times",
        source="""
class HardClusterTripletsSampler(IInbatchTripletSampler):
    def _check_input_labels(self, labels):
        pass

    def sample(self, features, labels):
        y = torch.as_tensor(labels, device=features.device).long()
        if features.ndim != 2:
            raise ValueError(f"expected 2-D features, got {features.ndim}-D")
        if y.numel() != features.size(0):
            raise ValueError(f"labels and features have different lengths, {y.numel()} and {features.size(0)}")
        if not bool(features.isfinite().all()):
            raise ValueError("non-finite features (NaN / infinity)")
        names, idx, cnt = y.unique(return_inverse=True, return_counts=True)
        if names.numel() < 2:
            raise ValueError("batch has fewer than two classes")
        if int(cnt.min()) == 1:
            raise ValueError(f"class {int(names[cnt.argmin()])} has a single sample")
        x = features.double()
        total = torch.zeros(len(names), x.shape[1], dtype=x.dtype, device=x.device)
        mean = total.index_add(0, idx, x) / cnt[:, None]
        # squared distance of each sample to the centroid of its own class
        r = (x - mean[idx]).pow(2).sum(dim=1)
        P = names.numel()
        same = idx[None, :] == torch.arange(P, device=x.device)[:, None]  # [P, B]
        far = torch.where(same, r[None, :], torch.full_like(r, -1.0)[None, :]).argmax(dim=1)
        gap = ((mean[:, None, :] - mean[None, :, :]) ** 2).sum(dim=-1)
        gap = gap.masked_fill(torch.eye(P, dtype=torch.bool, device=x.device), math.inf)
        near = gap.argmin(dim=1)
        anchor = mean.to(features.dtype)
        return anchor[idx], features[far][idx], anchor[near][idx]
""",
    ),
    Wrong(
        name="negative before positive",
        kind="output order",
        cause="It returns anchor, negative, positive: positive and negative are swapped.",
        says="swap|exchang|order of the (?:outputs?|results?|three|returned)|wrong order|anchor, negative(?:s)?,? (?:and )?positive|(?:positives?|second) .{0,50}(?:is|are|holds?|comes?) .{0,30}(?:negatives?|third|other centroid)|(?:negatives?|positives?) and (?:positives?|negatives?) .{0,30}(?:wrong|other|revers|interchang|mixed|confus)|revers|in the order asked",
        source="""
class HardClusterTripletsSampler(IInbatchTripletSampler):
    def _check_input_labels(self, labels):
        counts = {}
        for l in labels:
            counts[l] = counts.get(l, 0) + 1
        if len(counts) < 2:
            raise ValueError("There must be two classes or more in the batch")
        for l, n in counts.items():
            if n == 1:
                raise ValueError("Class " + str(l) + " has one sample, needs two")

    def sample(self, features, labels):
        if isinstance(labels, Tensor):
            labels = labels.tolist()
        if len(features.shape) != 2:
            raise ValueError("Features are not 2-D")
        if len(labels) != len(features):
            raise ValueError("Features and labels must have the same length")
        if not torch.isfinite(features).all():
            raise ValueError("Features have nan or inf values")
        self._check_input_labels(labels)
        groups = {}
        for row, l in enumerate(labels):
            groups.setdefault(l, []).append(row)
        keys = sorted(groups)
        centroid = {l: features[groups[l]].double().mean(0) for l in keys}
        anchor, positive, negative = [], [], []
        for l in keys:
            best, best_row = -1, None
            for row in groups[l]:
                dist = (features[row].double() - centroid[l]).norm().item()
                if dist > best:
                    best, best_row = dist, row
            closest, other = float("inf"), None
            for k in keys:
                if k == l:
                    continue
                dist = (centroid[k] - centroid[l]).norm().item()
                if dist < closest:
                    closest, other = dist, k
            anchor.append(centroid[l])
            positive.append(features[best_row])
            negative.append(centroid[other])
        anchor, positive, negative = torch.stack(anchor), torch.stack(positive), torch.stack(negative)
        return anchor.to(features.dtype), negative.to(features.dtype), positive
""",
    ),
    Wrong(
        name="plain cdist",
        kind="precision",
        cause="torch.cdist with its default computes by matrix product and loses the digits of nearly equal embeddings.",
        says="cdist|precision|digits?|round(?:ing|ed|s)|close together|nearly (?:coincide|equal)|far from (?:0|zero|the origin)|matrix product|multiplied out|donot_use_mm|float32",
        source="""
class HardClusterTripletsSampler(IInbatchTripletSampler):
    def _check_input_labels(self, labels):
        classes, counts = labels.unique(return_counts=True)
        if len(classes) < 2:
            raise ValueError("at least 2 classes needed")
        bad = classes[counts < 2]
        if len(bad):
            raise ValueError(f"only one sample of {bad.tolist()}")

    def sample(self, features, labels):
        labels = torch.as_tensor(labels).to(features.device)
        if features.ndim != 2:
            raise ValueError("2-D features expected")
        if len(labels) != len(features):
            raise ValueError("lengths of features and labels are different")
        if not features.isfinite().all():
            raise ValueError("NaN/inf in features")
        self._check_input_labels(labels)
        classes, counts = labels.unique(return_counts=True)
        mask = classes[:, None] == labels[None, :]
        anchor = mask.to(features.dtype) @ features / counts[:, None]
        intra = torch.cdist(anchor, features).masked_fill(~mask, -1)
        inter = torch.cdist(anchor, anchor).masked_fill(torch.eye(len(classes), dtype=torch.bool, device=mask.device), torch.inf)
        return anchor, features[intra.argmax(1)], anchor[inter.argmin(1)]
""",
    ),
    Wrong(
        name="centroids kept",
        kind="state",
        cause="The centroids of the first batch are kept and used for later batches.",
        says="(?:first|previous|earlier|last|old|another|former) (?:batch|call)|kept|cach\\w+|remember|stor(?:ed|es)|state|from batch to batch|between (?:batches|calls)|second (?:batch|call)|stale",
        source="""
class HardClusterTripletsSampler(IInbatchTripletSampler):
    def _check_input_labels(self, labels):
        classes, counts = labels.unique(return_counts=True)
        if len(classes) < 2:
            raise ValueError(f"need at least two classes, got {len(classes)}")
        for c, n in zip(classes.tolist(), counts.tolist()):
            if n < 2:
                raise ValueError(f"class {c} has only a single sample")

    def sample(self, features, labels):
        labels = torch.as_tensor(labels, device=features.device)
        if features.dim() != 2:
            raise ValueError(f"features must be 2-D, but have shape {tuple(features.shape)}")
        if len(features) != len(labels):
            raise ValueError(f"{len(features)} features but {len(labels)} labels: different lengths")
        if not torch.isfinite(features).all():
            raise ValueError("features contain NaN or infinity")
        self._check_input_labels(labels)

        classes = labels.unique()
        if not hasattr(self, "centroids") or len(self.centroids) != len(classes):
            self.centroids = torch.stack([features[labels == c].double().mean(dim=0) for c in classes])
        centroids = self.centroids
        positives = []
        for i, c in enumerate(classes):
            members = features[labels == c]
            dist = distances(centroids[i : i + 1], members)[0]
            positives.append(members[dist.argmax()])
        positives = torch.stack(positives)
        between = distances(centroids, centroids).detach()
        between.fill_diagonal_(float("inf"))
        centroids = centroids.to(features.dtype)
        negatives = centroids[between.argmin(dim=1)]
        return centroids, positives, negatives
""",
    ),
    Wrong(
        name="infinity passes",
        kind="errors",
        cause="Only NaN is refused; infinite features pass.",
        says="infinit|\\binf\\b|∞|isfinite|non-?finite",
        source="""
class HardClusterTripletsSampler(IInbatchTripletSampler):
    def _check_input_labels(self, labels):
        pass

    def sample(self, features, labels):
        y = torch.as_tensor(labels, device=features.device).long()
        if features.ndim != 2:
            raise ValueError(f"expected 2-D features, got {features.ndim}-D")
        if y.numel() != features.size(0):
            raise ValueError(f"labels and features have different lengths, {y.numel()} and {features.size(0)}")
        if bool(torch.isnan(features).any()):
            raise ValueError("non-finite features (NaN / infinity)")
        names, idx, cnt = y.unique(return_inverse=True, return_counts=True)
        if names.numel() < 2:
            raise ValueError("batch has fewer than two classes")
        if int(cnt.min()) == 1:
            raise ValueError(f"class {int(names[cnt.argmin()])} has a single sample")
        x = features.double()
        total = torch.zeros(len(names), x.shape[1], dtype=x.dtype, device=x.device)
        mean = total.index_add(0, idx, x) / cnt[:, None]
        # squared distance of each sample to the centroid of its own class
        r = (x - mean[idx]).pow(2).sum(dim=1)
        P = names.numel()
        same = idx[None, :] == torch.arange(P, device=x.device)[:, None]  # [P, B]
        far = torch.where(same, r[None, :], torch.full_like(r, -1.0)[None, :]).argmax(dim=1)
        gap = ((mean[:, None, :] - mean[None, :, :]) ** 2).sum(dim=-1)
        gap = gap.masked_fill(torch.eye(P, dtype=torch.bool, device=x.device), math.inf)
        near = gap.argmin(dim=1)
        anchor = mean.to(features.dtype)
        return anchor, features[far], anchor[near]
""",
    ),
    Wrong(
        name="nearest foreign sample",
        kind="wrong negative",
        cause="The negative is the nearest picture of another class, not the nearest centroid.",
        says="(?:negative).{0,110}(?:picture|sample|row of the batch|single|embedding|not (?:a|the|its) (?:centroid|mean)|instead of (?:a|the|its) (?:nearest )?(?:centroid|mean))|(?:picture|sample|row of the batch|single|embedding|not (?:a|the|its) (?:centroid|mean)|instead of (?:a|the|its) (?:nearest )?(?:centroid|mean)).{0,110}(?:negative)",
        source="""
class HardClusterTripletsSampler(IInbatchTripletSampler):
    def _check_input_labels(self, labels):
        if len(set(labels.tolist())) < 2:
            raise ValueError("at least two different classes are needed")
        u, n = torch.unique(labels, return_counts=True)
        if (n < 2).any():
            raise ValueError(f"classes with one sample only: {u[n < 2].tolist()}")

    def sample(self, features, labels):
        if features.ndim != 2:
            raise ValueError("features should be a matrix [B, D], they are not 2-D")
        if not torch.is_tensor(labels):
            labels = torch.tensor(labels)
        labels = labels.to(features.device)
        B = features.shape[0]
        if labels.shape[0] != B:
            raise ValueError(f"lengths differ: {B} features, {labels.shape[0]} labels")
        if features.isnan().any() or features.isinf().any():
            raise ValueError("NaN or inf in features")
        self._check_input_labels(labels)
        u, y = torch.unique(labels, return_inverse=True)
        P = len(u)
        onehot = F.one_hot(y, P).double()  # B x P
        centers = (onehot.T @ features.double()) / onehot.sum(0).unsqueeze(1)
        with torch.no_grad():
            d_pos = distances(centers, features)  # P x B
            d_pos[onehot.T == 0] = -1
            pos_idx = d_pos.max(dim=1).indices
            d_neg = distances(centers, features)
            d_neg[onehot.T == 1] = 1e18
            neg_idx = d_neg.min(dim=1).indices
        centers = centers.type_as(features)
        return centers, features[pos_idx], features[neg_idx]
""",
    ),
    Wrong(
        name="two: own negative and nearest positive",
        kind="two faults",
        cause="The diagonal is not excluded (own centroid as negative), and the positive is the nearest sample.",
        says="(?:negative|nearest|diagonal|inter).{0,110}(?:itself|own (?:class|centroid|centre)|diagonal|anchor'?s? (?:own|centroid)|equals? the anchor|same as the anchor|is the anchor|j\\s*=\\s*i\\b|distance 0|0 distance)|(?:itself|own (?:class|centroid|centre)|diagonal|anchor'?s? (?:own|centroid)|equals? the anchor|same as the anchor|is the anchor|j\\s*=\\s*i\\b|distance 0|0 distance).{0,110}(?:negative|nearest|diagonal|inter)|diagonal|(?:positive|intra)[^.;]{0,80}(?:nearest|closest|argmin|minim|smallest|not the farthest|instead of the farthest)",
        source="""
class HardClusterTripletsSampler(IInbatchTripletSampler):
    def _check_input_labels(self, labels):
        pass

    def sample(self, features, labels):
        y = torch.as_tensor(labels, device=features.device).long()
        if features.ndim != 2:
            raise ValueError(f"expected 2-D features, got {features.ndim}-D")
        if y.numel() != features.size(0):
            raise ValueError(f"labels and features have different lengths, {y.numel()} and {features.size(0)}")
        if not bool(features.isfinite().all()):
            raise ValueError("non-finite features (NaN / infinity)")
        names, idx, cnt = y.unique(return_inverse=True, return_counts=True)
        if names.numel() < 2:
            raise ValueError("batch has fewer than two classes")
        if int(cnt.min()) == 1:
            raise ValueError(f"class {int(names[cnt.argmin()])} has a single sample")
        x = features.double()
        total = torch.zeros(len(names), x.shape[1], dtype=x.dtype, device=x.device)
        mean = total.index_add(0, idx, x) / cnt[:, None]
        # squared distance of each sample to the centroid of its own class
        r = (x - mean[idx]).pow(2).sum(dim=1)
        P = names.numel()
        same = idx[None, :] == torch.arange(P, device=x.device)[:, None]  # [P, B]
        far = torch.where(same, r[None, :], torch.full_like(r, 1e9)[None, :]).argmin(dim=1)
        gap = ((mean[:, None, :] - mean[None, :, :]) ** 2).sum(dim=-1)
        near = gap.argmin(dim=1)
        anchor = mean.to(features.dtype)
        return anchor, features[far], anchor[near]
""",
    ),
    Wrong(
        name="two: no gradient and swapped",
        kind="two faults",
        cause="The anchors and negatives carry no gradient, and positive and negative are swapped in the output.",
        says="swap|exchang|wrong order|anchor, negative|revers|interchang|mixed|(?:gradients?|detach\\w*|no_grad|constant|\\.item|\\.data).{0,110}(?:anchors?|centroids?|negatives?|means?\\b|features)|(?:anchors?|centroids?|negatives?|means?\\b|features).{0,110}(?:gradients?|detach\\w*|no_grad|constant|\\.item|\\.data)|in the order asked",
        source="""
class HardClusterTripletsSampler(IInbatchTripletSampler):
    def _check_input_labels(self, labels):
        counts = {}
        for l in labels:
            counts[l] = counts.get(l, 0) + 1
        if len(counts) < 2:
            raise ValueError("There must be two classes or more in the batch")
        for l, n in counts.items():
            if n == 1:
                raise ValueError("Class " + str(l) + " has one sample, needs two")

    def sample(self, features, labels):
        if isinstance(labels, Tensor):
            labels = labels.tolist()
        if len(features.shape) != 2:
            raise ValueError("Features are not 2-D")
        if len(labels) != len(features):
            raise ValueError("Features and labels must have the same length")
        if not torch.isfinite(features).all():
            raise ValueError("Features have nan or inf values")
        self._check_input_labels(labels)
        groups = {}
        for row, l in enumerate(labels):
            groups.setdefault(l, []).append(row)
        keys = sorted(groups)
        centroid = {l: features[groups[l]].double().mean(0).detach() for l in keys}
        anchor, positive, negative = [], [], []
        for l in keys:
            best, best_row = -1, None
            for row in groups[l]:
                dist = (features[row].double() - centroid[l]).norm().item()
                if dist > best:
                    best, best_row = dist, row
            closest, other = float("inf"), None
            for k in keys:
                if k == l:
                    continue
                dist = (centroid[k] - centroid[l]).norm().item()
                if dist < closest:
                    closest, other = dist, k
            anchor.append(centroid[l])
            positive.append(features[best_row])
            negative.append(centroid[other])
        return torch.stack(anchor).to(features.dtype), torch.stack(negative).to(features.dtype), torch.stack(positive)
""",
    ),
]

RIGHT = [
    Right(
        name="filled in loops",
        source="""
class HardClusterTripletsSampler(IInbatchTripletSampler):
    class BadBatch(ValueError):
        pass

    def _check_input_labels(self, labels):
        seen = list(labels)
        if len(set(seen)) < 2:
            raise self.BadBatch("All of these belong to one class (or there are none): two classes are the minimum.")
        lonely = [y for y in set(seen) if seen.count(y) == 1]
        if lonely:
            raise self.BadBatch(f"Just one sample of class {lonely[0]}.")

    def sample(self, features, labels):
        y = labels.tolist() if torch.is_tensor(labels) else [int(l) for l in labels]
        if features.dim() != 2:
            raise self.BadBatch(f"features: I want 2-D, [B, D], not {features.dim()}-D")
        if len(y) != features.shape[0]:
            raise self.BadBatch(f"the length of labels ({len(y)}) is not the length of features ({features.shape[0]})")
        if (features != features).any() or features.abs().max() == torch.inf:
            raise self.BadBatch("there is NaN or infinity among the features")
        self._check_input_labels(y)
        names = sorted(set(y), reverse=True)  # rows may come in any order, so: downwards
        P, D = len(names), features.shape[1]
        center = torch.zeros(P, D, dtype=torch.float64, device=features.device)
        for i, name in enumerate(names):
            rows = [r for r in range(len(y)) if y[r] == name]
            center[i] = features[rows].double().sum(0) / len(rows)
        pos = torch.zeros(P, D, dtype=features.dtype, device=features.device)
        neg = torch.zeros(P, D, dtype=torch.float64, device=features.device)
        frozen = center.detach()
        for i, name in enumerate(names):
            far = max((r for r in range(len(y)) if y[r] == name), key=lambda r: ((features[r].detach().double() - frozen[i]) ** 2).sum().item())
            close = min((j for j in range(P - 1, -1, -1) if j != i), key=lambda j: ((frozen[j] - frozen[i]) ** 2).sum().item())
            pos[i] = features[far]
            neg[i] = center[close]
        return center.to(features.dtype), pos, neg.to(features.dtype)
""",
    ),
    Right(
        name="one hot",
        source="""
class HardClusterTripletsSampler(IInbatchTripletSampler):
    def _check_input_labels(self, labels):
        if len(set(labels.tolist())) < 2:
            raise ValueError("at least two different classes are needed")
        u, n = torch.unique(labels, return_counts=True)
        if (n < 2).any():
            raise ValueError(f"classes with one sample only: {u[n < 2].tolist()}")

    def sample(self, features, labels):
        if features.ndim != 2:
            raise ValueError("features should be a matrix [B, D], they are not 2-D")
        if not torch.is_tensor(labels):
            labels = torch.tensor(labels)
        labels = labels.to(features.device)
        B = features.shape[0]
        if labels.shape[0] != B:
            raise ValueError(f"lengths differ: {B} features, {labels.shape[0]} labels")
        if features.isnan().any() or features.isinf().any():
            raise ValueError("NaN or inf in features")
        self._check_input_labels(labels)
        u, y = torch.unique(labels, return_inverse=True)
        P = len(u)
        onehot = F.one_hot(y, P).double()  # B x P
        centers = (onehot.T @ features.double()) / onehot.sum(0).unsqueeze(1)
        with torch.no_grad():
            d_pos = distances(centers, features)  # P x B
            d_pos[onehot.T == 0] = -1
            pos_idx = d_pos.max(dim=1).indices
            d_neg = distances(centers, centers)
            d_neg[torch.arange(P), torch.arange(P)] = 1e18
            neg_idx = d_neg.min(dim=1).indices
        centers = centers.type_as(features)
        return centers, features[pos_idx], centers[neg_idx]
""",
    ),
    Right(
        name="index add",
        source="""
class HardClusterTripletsSampler(IInbatchTripletSampler):
    def _check_input_labels(self, labels):
        pass

    def sample(self, features, labels):
        y = torch.as_tensor(labels, device=features.device).long()
        if features.ndim != 2:
            raise ValueError(f"expected 2-D features, got {features.ndim}-D")
        if y.numel() != features.size(0):
            raise ValueError(f"labels and features have different lengths, {y.numel()} and {features.size(0)}")
        if not bool(features.isfinite().all()):
            raise ValueError("non-finite features (NaN / infinity)")
        names, idx, cnt = y.unique(return_inverse=True, return_counts=True)
        if names.numel() < 2:
            raise ValueError("batch has fewer than two classes")
        if int(cnt.min()) == 1:
            raise ValueError(f"class {int(names[cnt.argmin()])} has a single sample")
        x = features.double()
        total = torch.zeros(len(names), x.shape[1], dtype=x.dtype, device=x.device)
        mean = total.index_add(0, idx, x) / cnt[:, None]
        # squared distance of each sample to the centroid of its own class
        r = (x - mean[idx]).pow(2).sum(dim=1)
        P = names.numel()
        same = idx[None, :] == torch.arange(P, device=x.device)[:, None]  # [P, B]
        far = torch.where(same, r[None, :], torch.full_like(r, -1.0)[None, :]).argmax(dim=1)
        gap = ((mean[:, None, :] - mean[None, :, :]) ** 2).sum(dim=-1)
        gap = gap.masked_fill(torch.eye(P, dtype=torch.bool, device=x.device), math.inf)
        near = gap.argmin(dim=1)
        anchor = mean.to(features.dtype)
        return anchor, features[far], anchor[near]
""",
    ),
    Right(
        name="dict of rows",
        source="""
class HardClusterTripletsSampler(IInbatchTripletSampler):
    def _check_input_labels(self, labels):
        counts = {}
        for l in labels:
            counts[l] = counts.get(l, 0) + 1
        if len(counts) < 2:
            raise ValueError("There must be two classes or more in the batch")
        for l, n in counts.items():
            if n == 1:
                raise ValueError("Class " + str(l) + " has one sample, needs two")

    def sample(self, features, labels):
        if isinstance(labels, Tensor):
            labels = labels.tolist()
        if len(features.shape) != 2:
            raise ValueError("Features are not 2-D")
        if len(labels) != len(features):
            raise ValueError("Features and labels must have the same length")
        if not torch.isfinite(features).all():
            raise ValueError("Features have nan or inf values")
        self._check_input_labels(labels)
        groups = {}
        for row, l in enumerate(labels):
            groups.setdefault(l, []).append(row)
        keys = sorted(groups)
        centroid = {l: features[groups[l]].double().mean(0) for l in keys}
        anchor, positive, negative = [], [], []
        for l in keys:
            best, best_row = -1, None
            for row in groups[l]:
                dist = (features[row].double() - centroid[l]).norm().item()
                if dist > best:
                    best, best_row = dist, row
            closest, other = float("inf"), None
            for k in keys:
                if k == l:
                    continue
                dist = (centroid[k] - centroid[l]).norm().item()
                if dist < closest:
                    closest, other = dist, k
            anchor.append(centroid[l])
            positive.append(features[best_row])
            negative.append(centroid[other])
        return torch.stack(anchor).to(features.dtype), torch.stack(positive), torch.stack(negative).to(features.dtype)
""",
    ),
    Right(
        name="numpy chooses",
        source="""
import numpy as np

class HardClusterTripletsSampler(IInbatchTripletSampler):
    def _check_input_labels(self, labels):
        names, counts = np.unique(labels, return_counts=True)
        if names.size < 2:
            raise ValueError("only one class (two classes at least, please)")
        if counts.min() < 2:
            raise ValueError("class %d comes with a single sample" % names[counts.argmin()])

    def sample(self, features, labels):
        y = np.asarray(labels.cpu() if isinstance(labels, torch.Tensor) else labels)
        if features.ndim != 2:
            raise ValueError("features have %d dimensions; 2-D is needed" % features.ndim)
        if len(y) != len(features):
            raise ValueError("%d labels for %d features: lengths differ" % (len(y), len(features)))
        x = features.detach().cpu().double().numpy()
        if not np.isfinite(x).all():
            raise ValueError("NaN or infinity found in features")
        self._check_input_labels(y)
        names = np.unique(y)
        weights = (y[None, :] == names[:, None]).astype(float)
        weights /= weights.sum(1, keepdims=True)
        mean = weights @ x
        far, close = [], []
        for i in range(len(names)):
            rows = np.flatnonzero(y == names[i])
            far.append(int(rows[np.argmax(((x[rows] - mean[i]) ** 2).sum(1))]))
            gap = ((mean - mean[i]) ** 2).sum(1)
            gap[i] = np.inf
            close.append(int(np.argmin(gap)))
        center = (torch.from_numpy(weights).to(features.device) @ features.double()).to(features.dtype)
        return center, features[far], center[close]
""",
    ),
    Right(
        name="loop_over_classes",
        source='''
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
        source="""
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
        source="""
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
        source="""
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
        source="""
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
        source="""
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
        source="""
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
        source="""
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
        source="""
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
