"""hierarchical_triplet_margin_loss_with_sampler: wrong and right solutions in students' styles."""

from solutions.research.wrong_solutions import Right, Wrong

WRONG = [
    Wrong(
        name="plain distances",
        kind="not squared",
        cause="The distances are not squared.",
        says="not squared|squares? (?:\\w+ )*(?:missing|forgotten|left out)|unsquared|\\bplain\\b|(?:without|no|missing|forg\\w+|lacks?) (?:the |to )?squar|square root|instead of (?:the |its |their )?(?:squared|square)|(?:should|must|have to|need to|are to) be squared|norms?\\b|triplet_margin_loss|\\|a ?[-−–] ?p\\|(?!\\|?(?:²|\\^2))",
        source='''
class HierarchicalTripletMarginLossWithSampler(nn.Module):
    """The mean triplet loss over the sampler's triplets, with squared distances and a margin from the tree."""

    def __init__(self, sampler_inbatch: RowSampler, alphabet_of: Tensor, beta: float = 0.1, levels: int = 16) -> None:
        """sampler_inbatch: has `sample_ids(features, labels)`. alphabet_of: LongTensor [n_classes]."""
        super().__init__()
        self.sampler_inbatch = sampler_inbatch
        self.alphabet_of = alphabet_of
        self.beta = beta
        self.levels = levels

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        a, p, n = self.sampler_inbatch.sample_ids(features, labels)
        margin = violate_margin(features, labels, labels[a], labels[n], self.alphabet_of, self.beta, self.levels)
        fa, fp, fn = features[a], features[p], features[n]
        pos = (fa - fp).norm(dim=1)
        neg = (fa - fn).norm(dim=1)
        return F.relu(pos - neg + margin).mean()
''',
    ),
    Wrong(
        name="no hinge",
        kind="hinge",
        cause="The hinge is missing.",
        says="(?:\\bno|without|missing|lacks?|forg\\w+|omit\\w*|leaves? out|drops?)\\b.{0,15}(?:hinge|max\\(|clamp|relu)|(?:hinge|max\\([^)]*\\)|clamp|relu).{0,40}(?:missing|left out|not (?:taken|applied|used|there)|forg|omit|dropped|absent|never|lacking)|(?:negative (?:terms?|values?|hinges?|costs?|parts?)|below (?:0|zero)|satisfied triplets)(?!.{0,20}\\bnot\\b).{0,60}(?:count|add|sum|kept|not cut|stay|remain|lower|enter|includ|averag|reduc)|(?:not|never) cut (?:off )?at (?:0|zero)|can (?:be|get|become) negative",
        source='''
class HierarchicalTripletMarginLossWithSampler(nn.Module):
    """The mean triplet loss over the sampler's triplets, with squared distances and a margin from the tree."""

    def __init__(self, sampler_inbatch: RowSampler, alphabet_of: Tensor, beta: float = 0.1, levels: int = 16) -> None:
        """sampler_inbatch: has `sample_ids(features, labels)`. alphabet_of: LongTensor [n_classes]."""
        super().__init__()
        self.sampler_inbatch = sampler_inbatch
        self.alphabet_of = alphabet_of
        self.beta = beta
        self.levels = levels

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        rows = self.sampler_inbatch.sample_ids(features, labels)
        anchor, positive, negative = (features.index_select(0, r) for r in rows)
        y_a, _, y_n = (labels[r] for r in rows)
        margin = violate_margin(features, labels, y_a, y_n, self.alphabet_of, self.beta, self.levels)
        diff_p, diff_n = anchor - positive, anchor - negative
        d_ap = torch.einsum("td,td->t", diff_p, diff_p)
        d_an = torch.einsum("td,td->t", diff_n, diff_n)
        hinge = d_ap - d_an + margin
        return hinge.mean()
''',
    ),
    Wrong(
        name="hinge of the mean",
        kind="hinge misplaced",
        cause="The hinge is taken of the mean, not of each triplet.",
        says="hinges? .{0,40}before|(?:hinge\\b|max\\(|clamp|relu|cut off|zero).{0,110}(?:\\bsum|summ|\\bmean|averag|total|whole|outside|\\bonce\\b|each (?:class|term|triplet)|per (?:class|triplet)|(?:class|triplet) by|cancel|make up|single (?:class|triplet)|every (?:class|triplet)|loss as a whole)|(?:\\bsum|summ|\\bmean|averag|total|whole|outside|\\bonce\\b|each (?:class|term|triplet)|per (?:class|triplet)|(?:class|triplet) by|cancel|make up|single (?:class|triplet)|every (?:class|triplet)|loss as a whole).{0,110}(?:hinge\\b|max\\(|clamp|relu|cut off|zero)",
        source='''
class HierarchicalTripletMarginLossWithSampler(nn.Module):
    """The mean triplet loss over the sampler's triplets, with squared distances and a margin from the tree."""

    def __init__(self, sampler_inbatch: RowSampler, alphabet_of: Tensor, beta: float = 0.1, levels: int = 16) -> None:
        """sampler_inbatch: has `sample_ids(features, labels)`. alphabet_of: LongTensor [n_classes]."""
        super().__init__()
        self.sampler_inbatch = sampler_inbatch
        self.alphabet_of = alphabet_of
        self.beta = beta
        self.levels = levels

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        anchor, positive, negative = self.sampler_inbatch.sample_ids(features, labels)
        alpha = violate_margin(
            features, labels, labels[anchor], labels[negative], self.alphabet_of, beta=self.beta, levels=self.levels
        )
        total = features.new_zeros(())
        for t in range(len(anchor)):
            ap = ((features[anchor[t]] - features[positive[t]]) ** 2).sum()
            an = ((features[anchor[t]] - features[negative[t]]) ** 2).sum()
            total = total + ap - an + alpha[t]
        return torch.clamp(total / len(anchor), min=0)
''',
    ),
    Wrong(
        name="sum",
        kind="sum/mean",
        cause="The hinges are summed, not averaged.",
        says="summed(?! over (?:the )?coord)|not averaged|not (?:the )?mean\\b|instead of (?:the |a )?mean|not divided by (?:(?-i:T)|the number)|\\bthe sum (?:over|of)|\\bsum\\b.{0,30}(?:instead|not|rather)|1 ?/ ?(?-i:T)|times too large|(?-i:\\bT) times|sum over the triplets",
        source='''
class HierarchicalTripletMarginLossWithSampler(nn.Module):
    """The mean triplet loss over the sampler's triplets, with squared distances and a margin from the tree."""

    def __init__(self, sampler_inbatch: RowSampler, alphabet_of: Tensor, beta: float = 0.1, levels: int = 16) -> None:
        """sampler_inbatch: has `sample_ids(features, labels)`. alphabet_of: LongTensor [n_classes]."""
        super().__init__()
        self.sampler_inbatch = sampler_inbatch
        self.alphabet_of = alphabet_of
        self.beta = beta
        self.levels = levels

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        ids_a, ids_p, ids_n = self.sampler_inbatch.sample_ids(features, labels)
        sq = (features[:, None, :] - features[None, :, :]).square().sum(-1)  # B x B
        alpha = violate_margin(features, labels, labels[ids_a], labels[ids_n], self.alphabet_of, self.beta, self.levels)
        loss = sq[ids_a, ids_p] - sq[ids_a, ids_n] + alpha
        loss = torch.max(loss, torch.zeros_like(loss))
        return loss.sum()
''',
    ),
    Wrong(
        name="mean over violated",
        kind="wrong count",
        cause="The mean is over violated triplets only, not over all T.",
        says="violated|active|positive (?:terms|hinges?|losses|values)|only (?:the |those )?(?:triplets|hinges|terms)|non-?zero|greater than|above (?:0|zero)|all (?-i:T)|number of triplets|> ?0|triplets that violate",
        source='''
class HierarchicalTripletMarginLossWithSampler(nn.Module):
    """The mean triplet loss over the sampler's triplets, with squared distances and a margin from the tree."""

    def __init__(self, sampler_inbatch: RowSampler, alphabet_of: Tensor, beta: float = 0.1, levels: int = 16) -> None:
        """sampler_inbatch: has `sample_ids(features, labels)`. alphabet_of: LongTensor [n_classes]."""
        super().__init__()
        self.sampler_inbatch = sampler_inbatch
        self.alphabet_of = alphabet_of
        self.beta = beta
        self.levels = levels

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        rows = self.sampler_inbatch.sample_ids(features, labels)
        anchor, positive, negative = (features.index_select(0, r) for r in rows)
        y_a, _, y_n = (labels[r] for r in rows)
        margin = violate_margin(features, labels, y_a, y_n, self.alphabet_of, self.beta, self.levels)
        diff_p, diff_n = anchor - positive, anchor - negative
        d_ap = torch.einsum("td,td->t", diff_p, diff_p)
        d_an = torch.einsum("td,td->t", diff_n, diff_n)
        hinge = d_ap - d_an + margin
        hinge = hinge[hinge > 0]
        return hinge.sum() / max(len(hinge), 1)
''',
    ),
    Wrong(
        name="margin subtracted",
        kind="sign",
        cause="The margin is subtracted.",
        says="(?:α|alpha|margin).{0,60}(?:subtract|sign|minus|not added|instead of added|[-−–] ?(?:α|alpha))|(?:subtract|sign|minus).{0,60}(?:α|alpha|margin)|[-−–] ?(?:α|alpha)",
        source='''
class HierarchicalTripletMarginLossWithSampler(nn.Module):
    """The mean triplet loss over the sampler's triplets, with squared distances and a margin from the tree."""

    def __init__(self, sampler_inbatch: RowSampler, alphabet_of: Tensor, beta: float = 0.1, levels: int = 16) -> None:
        """sampler_inbatch: has `sample_ids(features, labels)`. alphabet_of: LongTensor [n_classes]."""
        super().__init__()
        self.sampler_inbatch = sampler_inbatch
        self.alphabet_of = alphabet_of
        self.beta = beta
        self.levels = levels

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        anchor, positive, negative = self.sampler_inbatch.sample_ids(features, labels)
        alpha = violate_margin(
            features, labels, labels[anchor], labels[negative], self.alphabet_of, beta=self.beta, levels=self.levels
        )
        total = features.new_zeros(())
        for t in range(len(anchor)):
            ap = ((features[anchor[t]] - features[positive[t]]) ** 2).sum()
            an = ((features[anchor[t]] - features[negative[t]]) ** 2).sum()
            total = total + torch.clamp(ap - an - alpha[t], min=0)
        return total / len(anchor)
''',
    ),
    Wrong(
        name="signs swapped",
        kind="sign",
        cause="Positive and negative distances are swapped.",
        says="(?:swap|exchang|revers|interchang|wrong way|opposite|confus|\\bsigns?\\b).{0,70}(?:distances?|positives?|\\|a|terms)|(?:distances?|positives?|\\|a|terms).{0,70}(?:swap|exchang|revers|interchang|wrong way|opposite|confus|\\bsigns?\\b)|\\|a ?[-−–] ?n\\|.{0,12} ?[-−–] ?\\|a ?[-−–] ?p|positives? .{0,30}(?:as|for|in place of) (?:the )?negatives?|in each other.s place",
        source='''
class HierarchicalTripletMarginLossWithSampler(nn.Module):
    """The mean triplet loss over the sampler's triplets, with squared distances and a margin from the tree."""

    def __init__(self, sampler_inbatch: RowSampler, alphabet_of: Tensor, beta: float = 0.1, levels: int = 16) -> None:
        """sampler_inbatch: has `sample_ids(features, labels)`. alphabet_of: LongTensor [n_classes]."""
        super().__init__()
        self.sampler_inbatch = sampler_inbatch
        self.alphabet_of = alphabet_of
        self.beta = beta
        self.levels = levels

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        ids_a, ids_p, ids_n = self.sampler_inbatch.sample_ids(features, labels)
        sq = (features[:, None, :] - features[None, :, :]).square().sum(-1)  # B x B
        alpha = violate_margin(features, labels, labels[ids_a], labels[ids_n], self.alphabet_of, self.beta, self.levels)
        loss = sq[ids_a, ids_n] - sq[ids_a, ids_p] + alpha
        loss = torch.max(loss, torch.zeros_like(loss))
        return loss.sum() / loss.numel()
''',
    ),
    Wrong(
        name="rows for classes",
        kind="index",
        cause="violate_margin gets row numbers where it wants classes.",
        says="rows?\\b.{0,60}(?:labels?|classes|class numbers)|(?:labels?|classes)\\b.{0,60}rows?\\b|row numbers|\\bind(?:ex|ices)\\b|labels\\[|instead of (?:the |their )?(?:labels|classes)",
        source='''
class HierarchicalTripletMarginLossWithSampler(nn.Module):
    """The mean triplet loss over the sampler's triplets, with squared distances and a margin from the tree."""

    def __init__(self, sampler_inbatch: RowSampler, alphabet_of: Tensor, beta: float = 0.1, levels: int = 16) -> None:
        """sampler_inbatch: has `sample_ids(features, labels)`. alphabet_of: LongTensor [n_classes]."""
        super().__init__()
        self.sampler_inbatch = sampler_inbatch
        self.alphabet_of = alphabet_of
        self.beta = beta
        self.levels = levels

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        a, p, n = self.sampler_inbatch.sample_ids(features, labels)
        margin = violate_margin(features, labels, a, n, self.alphabet_of, self.beta, self.levels)
        fa, fp, fn = features[a], features[p], features[n]
        pos = (fa - fp).pow(2).sum(1)
        neg = (fa - fn).pow(2).sum(1)
        return F.relu(pos - neg + margin).mean()
''',
    ),
    Wrong(
        name="levels not passed",
        kind="parameter",
        cause="levels is not passed on, so L is always 16.",
        says="\\b16\\b|(?-i:\\bL\\b)|\\blevels\\b",
        source='''
class HierarchicalTripletMarginLossWithSampler(nn.Module):
    """The mean triplet loss over the sampler's triplets, with squared distances and a margin from the tree."""

    def __init__(self, sampler_inbatch: RowSampler, alphabet_of: Tensor, beta: float = 0.1, levels: int = 16) -> None:
        """sampler_inbatch: has `sample_ids(features, labels)`. alphabet_of: LongTensor [n_classes]."""
        super().__init__()
        self.sampler_inbatch = sampler_inbatch
        self.alphabet_of = alphabet_of
        self.beta = beta
        self.levels = levels

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        ids_a, ids_p, ids_n = self.sampler_inbatch.sample_ids(features, labels)
        sq = (features[:, None, :] - features[None, :, :]).square().sum(-1)  # B x B
        alpha = violate_margin(features, labels, labels[ids_a], labels[ids_n], self.alphabet_of, self.beta)
        loss = sq[ids_a, ids_p] - sq[ids_a, ids_n] + alpha
        loss = torch.max(loss, torch.zeros_like(loss))
        return loss.sum() / loss.numel()
''',
    ),
    Wrong(
        name="margin of the positive",
        kind="wrong class",
        cause="The margin is taken for the positive's class instead of the negative's: the level is always 0.",
        says="positive['’]?s? (?:class|label)|y_\\{?p|level.{0,60}(?:is|always|=) ?(?:always )?0(?!\\.?\\d)|level 0|negative['’]?s class .{0,40}(?:not used|ignor|unused|never)|(?:labels?|class) of (?:the )?positive|labels\\[p|always d_?\\{?0|that of anchor and positive",
        source='''
class HierarchicalTripletMarginLossWithSampler(nn.Module):
    """The mean triplet loss over the sampler's triplets, with squared distances and a margin from the tree."""

    def __init__(self, sampler_inbatch: RowSampler, alphabet_of: Tensor, beta: float = 0.1, levels: int = 16) -> None:
        """sampler_inbatch: has `sample_ids(features, labels)`. alphabet_of: LongTensor [n_classes]."""
        super().__init__()
        self.sampler_inbatch = sampler_inbatch
        self.alphabet_of = alphabet_of
        self.beta = beta
        self.levels = levels

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        anchor, positive, negative = self.sampler_inbatch.sample_ids(features, labels)
        alpha = violate_margin(
            features, labels, labels[anchor], labels[positive], self.alphabet_of, beta=self.beta, levels=self.levels
        )
        total = features.new_zeros(())
        for t in range(len(anchor)):
            ap = ((features[anchor[t]] - features[positive[t]]) ** 2).sum()
            an = ((features[anchor[t]] - features[negative[t]]) ** 2).sum()
            total = total + torch.clamp(ap - an + alpha[t], min=0)
        return total / len(anchor)
''',
    ),
    Wrong(
        name="anchor and negative classes swapped",
        kind="arguments",
        cause="The classes of anchor and negative are swapped: s is that of the negative.",
        says="(?:class|label|argument|y_\\{?[an]).{0,60}(?:swap|exchang|interchang|revers|wrong order)|(?:swap|exchang|interchang|revers|wrong order).{0,60}(?:class|label|argument|y_\\{?[an])|(?:(?<!['’])\\bs\\b|s_|spread).{0,80}(?:negative(?:['’]s|s['’]| class)|of the negative|s_n\\b|y_\\{?n|wrong class)|(?:negative(?:['’]s|s['’]| class)|of the negative|s_n\\b|y_\\{?n|wrong class).{0,80}(?:(?<!['’])\\bs\\b|s_|spread)|order of (?:the )?arguments|those of the negatives. classes",
        source='''
class HierarchicalTripletMarginLossWithSampler(nn.Module):
    """The mean triplet loss over the sampler's triplets, with squared distances and a margin from the tree."""

    def __init__(self, sampler_inbatch: RowSampler, alphabet_of: Tensor, beta: float = 0.1, levels: int = 16) -> None:
        """sampler_inbatch: has `sample_ids(features, labels)`. alphabet_of: LongTensor [n_classes]."""
        super().__init__()
        self.sampler_inbatch = sampler_inbatch
        self.alphabet_of = alphabet_of
        self.beta = beta
        self.levels = levels

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        ids_a, ids_p, ids_n = self.sampler_inbatch.sample_ids(features, labels)
        sq = (features[:, None, :] - features[None, :, :]).square().sum(-1)  # B x B
        alpha = violate_margin(features, labels, labels[ids_n], labels[ids_a], self.alphabet_of, self.beta, self.levels)
        loss = sq[ids_a, ids_p] - sq[ids_a, ids_n] + alpha
        loss = torch.max(loss, torch.zeros_like(loss))
        return loss.sum() / loss.numel()
''',
    ),
    Wrong(
        name="batch of anchors",
        kind="arguments",
        cause="violate_margin gets the triplets' rows in place of the whole batch, so s and d_0 are of repeated rows.",
        says="whole batch|repeat|weigh|(?:rows|features|embeddings) of (?:the )?(?:anchors|triplets)|(?:(?<!['’])\\bs\\b|s_|spread|d_?\\{?_?0).{0,80}(?:\\banchors\\b|\\btriplets\\b|sampled|\\bbatch\\b)|(?:\\banchors\\b|\\btriplets\\b|sampled|\\bbatch\\b).{0,80}(?:(?<!['’])\\bs\\b|s_|spread|d_?\\{?_?0)",
        source='''
class HierarchicalTripletMarginLossWithSampler(nn.Module):
    """The mean triplet loss over the sampler's triplets, with squared distances and a margin from the tree."""

    def __init__(self, sampler_inbatch: RowSampler, alphabet_of: Tensor, beta: float = 0.1, levels: int = 16) -> None:
        """sampler_inbatch: has `sample_ids(features, labels)`. alphabet_of: LongTensor [n_classes]."""
        super().__init__()
        self.sampler_inbatch = sampler_inbatch
        self.alphabet_of = alphabet_of
        self.beta = beta
        self.levels = levels

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        rows = self.sampler_inbatch.sample_ids(features, labels)
        anchor, positive, negative = (features.index_select(0, r) for r in rows)
        y_a, _, y_n = (labels[r] for r in rows)
        margin = violate_margin(anchor, y_a, y_a, y_n, self.alphabet_of, self.beta, self.levels)
        diff_p, diff_n = anchor - positive, anchor - negative
        d_ap = torch.einsum("td,td->t", diff_p, diff_p)
        d_an = torch.einsum("td,td->t", diff_n, diff_n)
        hinge = d_ap - d_an + margin
        hinge = torch.where(hinge > 0, hinge, torch.zeros_like(hinge))
        return hinge.mean()
''',
    ),
    Wrong(
        name="mean over coordinates",
        kind="mean over coordinates",
        cause="Squared differences are averaged over coordinates.",
        says="coordinates?|dimensions?|components?|(?-i:\\b[/·] ?D\\b|\\bby D\\b|\\bD times)|\\bdim\\b|\\bmse|feature (?:axis|numbers)",
        source='''
class HierarchicalTripletMarginLossWithSampler(nn.Module):
    """The mean triplet loss over the sampler's triplets, with squared distances and a margin from the tree."""

    def __init__(self, sampler_inbatch: RowSampler, alphabet_of: Tensor, beta: float = 0.1, levels: int = 16) -> None:
        """sampler_inbatch: has `sample_ids(features, labels)`. alphabet_of: LongTensor [n_classes]."""
        super().__init__()
        self.sampler_inbatch = sampler_inbatch
        self.alphabet_of = alphabet_of
        self.beta = beta
        self.levels = levels

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        anchor, positive, negative = self.sampler_inbatch.sample_ids(features, labels)
        alpha = violate_margin(features, labels, labels[anchor], labels[negative], self.alphabet_of, self.beta, self.levels)
        a, p, n = [features.index_select(0, i) for i in (anchor, positive, negative)]
        ap = F.mse_loss(a, p, reduction="none").mean(dim=1)
        an = F.mse_loss(a, n, reduction="none").mean(dim=1)
        return torch.clamp(ap - an + alpha, min=0.0).mean()
''',
    ),
    Wrong(
        name="samples twice",
        kind="sampling",
        cause="The sampler is asked twice: classes and embeddings are of different triplets if it draws at random.",
        says="(?:sampl\\w*|draw\\w*|triplets|call\\w*).{0,110}(?:twice|two times|second|again|\\bonce\\b|another|not (?:of|for) the same)|(?:twice|two times|second|again|\\bonce\\b|another|not (?:of|for) the same).{0,110}(?:sampl\\w*|draw\\w*|triplets|call\\w*)|(?:different|other) triplets",
        source='''
class HierarchicalTripletMarginLossWithSampler(nn.Module):
    """The mean triplet loss over the sampler's triplets, with squared distances and a margin from the tree."""

    def __init__(self, sampler_inbatch: RowSampler, alphabet_of: Tensor, beta: float = 0.1, levels: int = 16) -> None:
        """sampler_inbatch: has `sample_ids(features, labels)`. alphabet_of: LongTensor [n_classes]."""
        super().__init__()
        self.sampler_inbatch = sampler_inbatch
        self.alphabet_of = alphabet_of
        self.beta = beta
        self.levels = levels

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        a_ids, _, n_ids = self.sampler_inbatch.sample_ids(features, labels)
        anchor, positive, negative = self.sampler_inbatch.sample(features, labels)
        margin = violate_margin(features, labels, labels[a_ids], labels[n_ids], self.alphabet_of, self.beta, self.levels)
        hinge = (anchor - positive).pow(2).sum(1) - (anchor - negative).pow(2).sum(1) + margin
        return hinge.clamp(min=0).mean()
''',
    ),
    Wrong(
        name="positive to negative",
        kind="wrong pair",
        cause="The negative distance is |p - n|², not |a - n|².",
        says="\\|?\\|?p(?:_t)? ?[-−–] ?n|positive (?:to|and|from|with) (?:the |its )?negative|negative['’]?s? .{0,40}(?:to|from|and) (?:the |its )?positive|between (?:the )?(?:positive|p) and",
        source='''
class HierarchicalTripletMarginLossWithSampler(nn.Module):
    """The mean triplet loss over the sampler's triplets, with squared distances and a margin from the tree."""

    def __init__(self, sampler_inbatch: RowSampler, alphabet_of: Tensor, beta: float = 0.1, levels: int = 16) -> None:
        """sampler_inbatch: has `sample_ids(features, labels)`. alphabet_of: LongTensor [n_classes]."""
        super().__init__()
        self.sampler_inbatch = sampler_inbatch
        self.alphabet_of = alphabet_of
        self.beta = beta
        self.levels = levels

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        anchor, positive, negative = self.sampler_inbatch.sample_ids(features, labels)
        alpha = violate_margin(
            features, labels, labels[anchor], labels[negative], self.alphabet_of, beta=self.beta, levels=self.levels
        )
        total = features.new_zeros(())
        for t in range(len(anchor)):
            ap = ((features[anchor[t]] - features[positive[t]]) ** 2).sum()
            an = ((features[positive[t]] - features[negative[t]]) ** 2).sum()
            total = total + torch.clamp(ap - an + alpha[t], min=0)
        return total / len(anchor)
''',
    ),
    Wrong(
        name="detached",
        kind="no gradient",
        cause="The loss is detached: a tensor without gradient.",
        says="gradient|detach|float|no_grad|requires_grad|item|\\.data",
        source='''
class HierarchicalTripletMarginLossWithSampler(nn.Module):
    """The mean triplet loss over the sampler's triplets, with squared distances and a margin from the tree."""

    def __init__(self, sampler_inbatch: RowSampler, alphabet_of: Tensor, beta: float = 0.1, levels: int = 16) -> None:
        """sampler_inbatch: has `sample_ids(features, labels)`. alphabet_of: LongTensor [n_classes]."""
        super().__init__()
        self.sampler_inbatch = sampler_inbatch
        self.alphabet_of = alphabet_of
        self.beta = beta
        self.levels = levels

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        a, p, n = self.sampler_inbatch.sample_ids(features, labels)
        margin = violate_margin(features, labels, labels[a], labels[n], self.alphabet_of, self.beta, self.levels)
        x = features.detach().double()
        hinges = []
        for i, j, k, m in zip(a, p, n, margin):
            hinges.append(max(float((x[i] - x[j]).square().sum() - (x[i] - x[k]).square().sum() + m), 0.0))
        return torch.tensor(sum(hinges) / len(hinges), requires_grad=True)
''',
    ),
    Wrong(
        name="two: plain, sum",
        kind="two faults",
        cause="Plain distances, and a sum instead of a mean.",
        says="not squared|squares? (?:\\w+ )*(?:missing|forgotten|left out)|unsquared|\\bplain\\b|(?:without|no|missing|forg\\w+|lacks?) (?:the |to )?squar|square root|instead of (?:the |its |their )?(?:squared|square)|(?:should|must|have to|need to|are to) be squared|norms?\\b|triplet_margin_loss|\\|a ?[-−–] ?p\\|(?!\\|?(?:²|\\^2))|summed|not averaged|not (?:the )?mean\\b|instead of (?:the |a )?mean|\\bthe sum (?:over|of)|1 ?/ ?(?-i:T)|not divided",
        source='''
class HierarchicalTripletMarginLossWithSampler(nn.Module):
    """The mean triplet loss over the sampler's triplets, with squared distances and a margin from the tree."""

    def __init__(self, sampler_inbatch: RowSampler, alphabet_of: Tensor, beta: float = 0.1, levels: int = 16) -> None:
        """sampler_inbatch: has `sample_ids(features, labels)`. alphabet_of: LongTensor [n_classes]."""
        super().__init__()
        self.sampler_inbatch = sampler_inbatch
        self.alphabet_of = alphabet_of
        self.beta = beta
        self.levels = levels

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        a, p, n = self.sampler_inbatch.sample_ids(features, labels)
        margin = violate_margin(features, labels, labels[a], labels[n], self.alphabet_of, self.beta, self.levels)
        fa, fp, fn = features[a], features[p], features[n]
        pos = (fa - fp).norm(dim=1)
        neg = (fa - fn).norm(dim=1)
        return F.relu(pos - neg + margin).sum()
''',
    ),
    Wrong(
        name="two: levels not passed, no hinge",
        kind="two faults",
        cause="levels is not passed on, and the hinge is missing.",
        says="(?:\\bno|without|missing|lacks?|forg\\w+|omit\\w*|leaves? out|drops?)\\b.{0,15}(?:hinge|max\\(|clamp|relu)|(?:hinge|max\\([^)]*\\)|clamp|relu).{0,40}(?:missing|left out|not (?:taken|applied|used|there)|forg|omit|dropped|absent|never|lacking)|(?:negative (?:terms?|values?|hinges?|costs?|parts?)|below (?:0|zero)|satisfied triplets)(?!.{0,20}\\bnot\\b).{0,60}(?:count|add|sum|kept|not cut|stay|remain|lower|enter|includ|averag|reduc)|(?:not|never) cut (?:off )?at (?:0|zero)|can (?:be|get|become) negative|\\b16\\b|(?-i:\\bL\\b)|\\blevels\\b",
        source='''
class HierarchicalTripletMarginLossWithSampler(nn.Module):
    """The mean triplet loss over the sampler's triplets, with squared distances and a margin from the tree."""

    def __init__(self, sampler_inbatch: RowSampler, alphabet_of: Tensor, beta: float = 0.1, levels: int = 16) -> None:
        """sampler_inbatch: has `sample_ids(features, labels)`. alphabet_of: LongTensor [n_classes]."""
        super().__init__()
        self.sampler_inbatch = sampler_inbatch
        self.alphabet_of = alphabet_of
        self.beta = beta
        self.levels = levels

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        ids_a, ids_p, ids_n = self.sampler_inbatch.sample_ids(features, labels)
        sq = (features[:, None, :] - features[None, :, :]).square().sum(-1)  # B x B
        alpha = violate_margin(features, labels, labels[ids_a], labels[ids_n], self.alphabet_of, self.beta)
        loss = sq[ids_a, ids_p] - sq[ids_a, ids_n] + alpha
        return loss.sum() / loss.numel()
''',
    ),
]

RIGHT = [
    Right(
        name="relu",
        source='''
class HierarchicalTripletMarginLossWithSampler(nn.Module):
    """The mean triplet loss over the sampler's triplets, with squared distances and a margin from the tree."""

    def __init__(self, sampler_inbatch: RowSampler, alphabet_of: Tensor, beta: float = 0.1, levels: int = 16) -> None:
        """sampler_inbatch: has `sample_ids(features, labels)`. alphabet_of: LongTensor [n_classes]."""
        super().__init__()
        self.sampler_inbatch = sampler_inbatch
        self.alphabet_of = alphabet_of
        self.beta = beta
        self.levels = levels

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        a, p, n = self.sampler_inbatch.sample_ids(features, labels)
        margin = violate_margin(features, labels, labels[a], labels[n], self.alphabet_of, self.beta, self.levels)
        fa, fp, fn = features[a], features[p], features[n]
        pos = (fa - fp).pow(2).sum(1)
        neg = (fa - fn).pow(2).sum(1)
        return F.relu(pos - neg + margin).mean()
''',
    ),
    Right(
        name="loop",
        source='''
class HierarchicalTripletMarginLossWithSampler(nn.Module):
    """The mean triplet loss over the sampler's triplets, with squared distances and a margin from the tree."""

    def __init__(self, sampler_inbatch: RowSampler, alphabet_of: Tensor, beta: float = 0.1, levels: int = 16) -> None:
        """sampler_inbatch: has `sample_ids(features, labels)`. alphabet_of: LongTensor [n_classes]."""
        super().__init__()
        self.sampler_inbatch = sampler_inbatch
        self.alphabet_of = alphabet_of
        self.beta = beta
        self.levels = levels

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        anchor, positive, negative = self.sampler_inbatch.sample_ids(features, labels)
        alpha = violate_margin(
            features, labels, labels[anchor], labels[negative], self.alphabet_of, beta=self.beta, levels=self.levels
        )
        total = features.new_zeros(())
        for t in range(len(anchor)):
            ap = ((features[anchor[t]] - features[positive[t]]) ** 2).sum()
            an = ((features[anchor[t]] - features[negative[t]]) ** 2).sum()
            total = total + torch.clamp(ap - an + alpha[t], min=0)
        return total / len(anchor)
''',
    ),
    Right(
        name="einsum",
        source='''
class HierarchicalTripletMarginLossWithSampler(nn.Module):
    """The mean triplet loss over the sampler's triplets, with squared distances and a margin from the tree."""

    def __init__(self, sampler_inbatch: RowSampler, alphabet_of: Tensor, beta: float = 0.1, levels: int = 16) -> None:
        """sampler_inbatch: has `sample_ids(features, labels)`. alphabet_of: LongTensor [n_classes]."""
        super().__init__()
        self.sampler_inbatch = sampler_inbatch
        self.alphabet_of = alphabet_of
        self.beta = beta
        self.levels = levels

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        rows = self.sampler_inbatch.sample_ids(features, labels)
        anchor, positive, negative = (features.index_select(0, r) for r in rows)
        y_a, _, y_n = (labels[r] for r in rows)
        margin = violate_margin(features, labels, y_a, y_n, self.alphabet_of, self.beta, self.levels)
        diff_p, diff_n = anchor - positive, anchor - negative
        d_ap = torch.einsum("td,td->t", diff_p, diff_p)
        d_an = torch.einsum("td,td->t", diff_n, diff_n)
        hinge = d_ap - d_an + margin
        hinge = torch.where(hinge > 0, hinge, torch.zeros_like(hinge))
        return hinge.mean()
''',
    ),
    Right(
        name="table",
        source='''
class HierarchicalTripletMarginLossWithSampler(nn.Module):
    """The mean triplet loss over the sampler's triplets, with squared distances and a margin from the tree."""

    def __init__(self, sampler_inbatch: RowSampler, alphabet_of: Tensor, beta: float = 0.1, levels: int = 16) -> None:
        """sampler_inbatch: has `sample_ids(features, labels)`. alphabet_of: LongTensor [n_classes]."""
        super().__init__()
        self.sampler_inbatch = sampler_inbatch
        self.alphabet_of = alphabet_of
        self.beta = beta
        self.levels = levels

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        ids_a, ids_p, ids_n = self.sampler_inbatch.sample_ids(features, labels)
        sq = (features[:, None, :] - features[None, :, :]).square().sum(-1)  # B x B
        alpha = violate_margin(features, labels, labels[ids_a], labels[ids_n], self.alphabet_of, self.beta, self.levels)
        loss = sq[ids_a, ids_p] - sq[ids_a, ids_n] + alpha
        loss = torch.max(loss, torch.zeros_like(loss))
        return loss.sum() / loss.numel()
''',
    ),
    Right(
        name="autograd of the sum over kept",
        source='''
class HierarchicalTripletMarginLossWithSampler(nn.Module):
    """The mean triplet loss over the sampler's triplets, with squared distances and a margin from the tree."""

    def __init__(self, sampler_inbatch: RowSampler, alphabet_of: Tensor, beta: float = 0.1, levels: int = 16) -> None:
        """sampler_inbatch: has `sample_ids(features, labels)`. alphabet_of: LongTensor [n_classes]."""
        super().__init__()
        self.sampler_inbatch = sampler_inbatch
        self.alphabet_of = alphabet_of
        self.beta = beta
        self.levels = levels

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        a, p, n = self.sampler_inbatch.sample_ids(features, labels)
        y = labels
        margins = violate_margin(
            labels=y, features=features, negative_labels=y[n], anchor_labels=y[a], alphabet_of=self.alphabet_of, levels=self.levels, beta=self.beta
        ).double()
        x = features.double()
        # |a-p|^2 - |a-n|^2 = (n - p)(2a - p - n)
        gap = ((x[n] - x[p]) * (2 * x[a] - x[p] - x[n])).sum(1) + margins
        keep = gap > 0
        return (gap * keep).sum().div(len(a)).to(features.dtype)
''',
    ),
    Right(
        name="straight",
        source='''
class HierarchicalTripletMarginLossWithSampler(nn.Module):
    """The mean triplet loss over the sampler's triplets, with squared distances and a margin from the tree."""

    def __init__(self, sampler_inbatch, alphabet_of: Tensor, beta: float = 0.1, levels: int = 16) -> None:
        super().__init__()
        self.sampler_inbatch = sampler_inbatch
        self.alphabet_of = alphabet_of
        self.beta = beta
        self.levels = levels

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        anchor, positive, negative = self.sampler_inbatch.sample_ids(features, labels)
        margin = violate_margin(
            features, labels, labels[anchor], labels[negative], self.alphabet_of, self.beta, self.levels
        )
        a, p, n = features[anchor], features[positive], features[negative]
        d_ap = (a - p).pow(2).sum(dim=1)
        d_an = (a - n).pow(2).sum(dim=1)
        return torch.clamp(d_ap - d_an + margin, min=0).mean()
''',
    ),
    Right(
        name="loop_over_triplets",
        source="""
class HierarchicalTripletMarginLossWithSampler(nn.Module):
    def __init__(self, sampler_inbatch, alphabet_of, beta=0.1, levels=16):
        super().__init__()
        self.sampler_inbatch = sampler_inbatch
        self.alphabet_of = alphabet_of
        self.beta = beta
        self.levels = levels

    def forward(self, features, labels):
        triplets = list(zip(*(ids.tolist() for ids in self.sampler_inbatch.sample_ids(features, labels))))
        total = features.sum() * 0
        for a, p, n in triplets:
            alpha = violate_margin(
                features, labels, labels[a].view(1), labels[n].view(1), self.alphabet_of, self.beta, self.levels
            )[0]
            term = ((features[a] - features[p]) ** 2).sum() - ((features[a] - features[n]) ** 2).sum() + alpha
            if term > 0:
                total = total + term
        return total / len(triplets)
""",
    ),
    Right(
        name="table_of_distances",
        source="""
class HierarchicalTripletMarginLossWithSampler(nn.Module):
    def __init__(self, sampler_inbatch, alphabet_of: Tensor, beta: float = 0.1, levels: int = 16) -> None:
        super().__init__()
        self.sampler_inbatch = sampler_inbatch
        self.register_buffer("alphabet_of", alphabet_of)
        self.options = {"beta": beta, "levels": levels}

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        a, p, n = self.sampler_inbatch.sample_ids(features, labels)
        x = features.double()
        squared = torch.einsum("ijd,ijd->ij", x[:, None] - x[None], x[:, None] - x[None])
        margins = violate_margin(x, labels, labels[a], labels[n], self.alphabet_of, **self.options)
        hinge = F.relu(squared[a, p] - squared[a, n] + margins)
        return (hinge.sum() / hinge.numel()).to(features.dtype)
""",
    ),
    Right(
        name="index_select",
        source="""
class HierarchicalTripletMarginLossWithSampler(nn.Module):
    def __init__(self, sampler_inbatch, alphabet_of: Tensor, beta: float = 0.1, levels: int = 16) -> None:
        super().__init__()
        self.sampler_inbatch = sampler_inbatch
        self.alphabet_of = alphabet_of
        self.beta = beta
        self.levels = levels

    def margins(self, features, labels, rows):
        y_a, _, y_n = [labels.take(r) for r in rows]
        return violate_margin(
            features.detach(),
            labels,
            anchor_labels=y_a,
            negative_labels=y_n,
            alphabet_of=self.alphabet_of,
            beta=self.beta,
            levels=self.levels,
        )

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        rows = self.sampler_inbatch.sample_ids(features.detach(), labels)
        anchor, positive, negative = (features.index_select(0, r) for r in rows)
        # |a - p|² - |a - n|² = (n - p) · (2a - p - n)
        difference = ((negative - positive) * (2 * anchor - positive - negative)).sum(1)
        hinge = difference + self.margins(features, labels, rows)
        return torch.where(hinge > 0, hinge, torch.zeros_like(hinge)).mean()
""",
    ),
    Right(
        name="helper_sq",
        source="""
class HierarchicalTripletMarginLossWithSampler(nn.Module):
    def __init__(self, sampler_inbatch, alphabet_of, beta=0.1, levels=16):
        super().__init__()
        self.sampler_inbatch, self.alphabet_of = sampler_inbatch, alphabet_of
        self.beta, self.levels = beta, levels

    def sq(self, x, i, j):
        return torch.sum((x[i] - x[j]) * (x[i] - x[j]), dim=-1)

    def forward(self, features, labels):
        i, j, k = self.sampler_inbatch.sample_ids(features, labels)
        alpha = violate_margin(features, labels, labels[i], labels[k], self.alphabet_of, self.beta, self.levels)
        violation = self.sq(features, i, j) - self.sq(features, i, k) + alpha.detach()
        return (violation * (violation > 0)).mean()
""",
    ),
    Right(
        name="mse_loss",
        source="""
class HierarchicalTripletMarginLossWithSampler(nn.Module):
    def __init__(self, sampler_inbatch, alphabet_of: Tensor, beta: float = 0.1, levels: int = 16) -> None:
        super().__init__()
        self.sampler_inbatch = sampler_inbatch
        self.alphabet_of = alphabet_of
        self.beta = beta
        self.levels = levels

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        ids = torch.stack(list(self.sampler_inbatch.sample_ids(features, labels)))  # [3, T]
        with torch.no_grad():
            margin = violate_margin(features, labels, *labels[ids[[0, 2]]], self.alphabet_of, self.beta, self.levels)
        a, p, n = features[ids]  # [T, D]
        to_p = F.mse_loss(a, p, reduction="none").sum(-1)
        to_n = F.mse_loss(a, n, reduction="none").sum(-1)
        return torch.stack([to_p - to_n + margin, torch.zeros_like(margin)]).max(dim=0).values.mean()
""",
    ),
]
