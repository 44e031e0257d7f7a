"""hierarchical_triplet_margin_loss_with_sampler: wrong and right solutions."""

from wrong_solutions import Right, Wrong

WRONG = [
    Wrong(
        name="plain_distances",
        kind="squares forgotten",
        cause="Plain distances are used instead of squared ones.",
        says=r"(not|n.t|instead of|without|un|forg[eo]t\w*|missing|no) ?(the )?(be(en)? )?squar|plain distance|squares? (is|are) (missing|forgotten)|\broot\b|\bnorm|Euclidean (length|distance)s? (itself|not)|needs? squar|(must|should|to|have to|not) be squar|squared distances? (is|are) (asked|wanted)|square the|square them",
        source='''\
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
        d_ap = (a - p).norm(dim=1)
        d_an = (a - n).norm(dim=1)
        return torch.clamp(d_ap - d_an + margin, min=0).mean()
''',
    ),
    Wrong(
        name="sum_over_triplets",
        kind="sum for mean",
        cause="The loss is the sum over the triplets instead of the mean.",
        says=r"(sum|total) (over|of) (the )?(triplets|hinges|all)|(not|instead of|rather than) (a|the)? ?(mean|averag)|mean .{0,10}(not|instead of) .{0,8}sum|not (been )?(divided|averaged)|1 ?/ ?T\b|divide .{0,15}(number of triplets|T\b)|T times too",
        source="""\
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
        return total
""",
    ),
    Wrong(
        name="margin_outside",
        kind="margin outside",
        cause="The margin is added outside of the hinge.",
        says=r"(?<!_)margins?\b.{0,40}(outside|after|inside|within|in the hinge|before)|outside of the hinge|inside (of )?the hinge|(after|outside) .{0,20}(hinge|clamp|relu|max)",
        source="""\
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
        hinge = F.relu(squared[a, p] - squared[a, n]) + margins
        return (hinge.sum() / hinge.numel()).to(features.dtype)
""",
    ),
    Wrong(
        name="no_hinge",
        kind="hinge forgotten",
        cause="The hinge is missing, satisfied triplets count as negative.",
        says=r"(hinge|clamp|relu|max\(|maximum with 0).{0,40}(missing|miss|drop|forg[eo]t|left out|leaves? out|lacks?|without|ignor|unused|absent|never|not (been )?(added|used|there|in it|passed|counted))|(missing|drop\w*|forg[eo]t\w*|left out|leaves? out|lacks?|without|ignor\w*|no) (the |any |a |its )?(hinge|clamp|relu|max\(|maximum with 0)|satisfied triplets|below (0|zero)|negative (terms|values)|not cut off",
        source="""\
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
        return hinge.mean()
""",
    ),
    Wrong(
        name="margin_dropped",
        kind="dropped term",
        cause="The margin is computed and then not added.",
        says=r"((?<!_)margins?\b|α|alpha).{0,40}(missing|miss|drop|forg[eo]t|left out|leaves? out|lacks?|without|ignor|unused|absent|never|not (been )?(added|used|there|in it|passed|counted))|(missing|drop\w*|forg[eo]t\w*|left out|leaves? out|lacks?|without|ignor\w*|no) (the |any |a |its )?((?<!_)margins?\b|α|alpha)|(?<!_)margin .{0,20}computed and",
        source="""\
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
        violation = self.sq(features, i, j) - self.sq(features, i, k)
        return (violation * (violation > 0)).mean()
""",
    ),
    Wrong(
        name="margin_subtracted",
        kind="sign",
        cause="The margin is subtracted instead of added.",
        says=r"((?<!_)margin|α|alpha).{0,40}(subtract|minus|sign\b|instead of added)|(subtract\w*|minus|sign (of|in front of)) .{0,10}((?<!_)margin|α|alpha)|a sign is",
        source="""\
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
            term = ((features[a] - features[p]) ** 2).sum() - ((features[a] - features[n]) ** 2).sum() - alpha
            if term > 0:
                total = total + term
        return total / len(triplets)
""",
    ),
    Wrong(
        name="beta_not_passed",
        kind="parameter not passed on",
        cause="beta is not passed on to violate_margin, which takes its default.",
        says=r"beta|β|0\.1",
        source='''\
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
            features, labels, labels[anchor], labels[negative], self.alphabet_of, levels=self.levels
        )
        a, p, n = features[anchor], features[positive], features[negative]
        d_ap = (a - p).pow(2).sum(dim=1)
        d_an = (a - n).pow(2).sum(dim=1)
        return torch.clamp(d_ap - d_an + margin, min=0).mean()
''',
    ),
    Wrong(
        name="levels_not_passed",
        kind="parameter not passed on",
        cause="levels is not passed on to violate_margin, which takes its default of 16.",
        says=r"levels?|\bL\b|16",
        source="""\
class HierarchicalTripletMarginLossWithSampler(nn.Module):
    def __init__(self, sampler_inbatch, alphabet_of: Tensor, beta: float = 0.1, levels: int = 16) -> None:
        super().__init__()
        self.sampler_inbatch = sampler_inbatch
        self.register_buffer("alphabet_of", alphabet_of)
        self.options = {"beta": beta}

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        a, p, n = self.sampler_inbatch.sample_ids(features, labels)
        x = features.double()
        squared = torch.einsum("ijd,ijd->ij", x[:, None] - x[None], x[:, None] - x[None])
        margins = violate_margin(x, labels, labels[a], labels[n], self.alphabet_of, **self.options)
        hinge = F.relu(squared[a, p] - squared[a, n] + margins)
        return (hinge.sum() / hinge.numel()).to(features.dtype)
""",
    ),
    Wrong(
        name="both_not_passed",
        kind="parameter not passed on",
        cause="Neither beta nor levels is passed on to violate_margin.",
        says=r"beta|β|levels?|\bL\b|default|parameters?",
        source="""\
class HierarchicalTripletMarginLossWithSampler(nn.Module):
    def __init__(self, sampler_inbatch, alphabet_of, beta=0.1, levels=16):
        super().__init__()
        self.sampler = sampler_inbatch
        self.alphabets = alphabet_of

    def forward(self, features, labels):
        ia, ip, in_ = self.sampler.sample_ids(features, labels)
        m = violate_margin(features, labels, labels[ia], labels[in_], self.alphabets)
        A, Pos, N = features[ia], features[ip], features[in_]
        return (((A - Pos) ** 2).sum(1) - ((A - N) ** 2).sum(1) + m).relu().mean()
""",
    ),
    Wrong(
        name="beta_levels_swapped",
        kind="arguments swapped",
        cause="beta and levels are passed on in the wrong order.",
        says=r"(beta|β|levels?).{0,40}(swap|order|exchang|interchang|mixed|place)|(swap|exchang|interchang|order of)\w* .{0,30}(beta|β|levels?)",
        source="""\
class HierarchicalTripletMarginLossWithSampler(nn.Module):
    def __init__(self, sampler_inbatch, alphabet_of, beta=0.1, levels=16):
        super().__init__()
        self.sampler_inbatch, self.alphabet_of = sampler_inbatch, alphabet_of
        self.beta, self.levels = beta, levels

    def sq(self, x, i, j):
        return torch.sum((x[i] - x[j]) * (x[i] - x[j]), dim=-1)

    def forward(self, features, labels):
        i, j, k = self.sampler_inbatch.sample_ids(features, labels)
        alpha = violate_margin(features, labels, labels[i], labels[k], self.alphabet_of, self.levels, self.beta)
        violation = self.sq(features, i, j) - self.sq(features, i, k) + alpha.detach()
        return (violation * (violation > 0)).mean()
""",
    ),
    Wrong(
        name="rows_as_classes",
        kind="row as class",
        cause="The rows of the triplets are passed to violate_margin where it wants their classes.",
        says=r"rows?\b.{0,60}(class|label|violate)|(ids|indices|row numbers?)\b.{0,50}(instead|where|not|class)|labels\[|labels of|(class|label)\w* .{0,40}(not|instead of|rather than) .{0,10}(rows|ids|indices)",
        source="""\
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
            margin = violate_margin(features, labels, ids[0], ids[2], self.alphabet_of, self.beta, self.levels)
        a, p, n = features[ids]  # [T, D]
        to_p = F.mse_loss(a, p, reduction="none").sum(-1)
        to_n = F.mse_loss(a, n, reduction="none").sum(-1)
        return torch.stack([to_p - to_n + margin, torch.zeros_like(margin)]).max(dim=0).values.mean()
""",
    ),
    Wrong(
        name="positive_class",
        kind="wrong class",
        cause="The class of the positive is passed as that of the negative, so the level is always 0.",
        says=r"positive.?s?\b.{0,40}(class|label|as|instead|negative)|levels? .{0,20}(0|zero)|(class|label)\w* of the positive",
        source="""\
class HierarchicalTripletMarginLossWithSampler(nn.Module):
    def __init__(self, sampler_inbatch, alphabet_of: Tensor, beta: float = 0.1, levels: int = 16) -> None:
        super().__init__()
        self.sampler_inbatch = sampler_inbatch
        self.alphabet_of = alphabet_of
        self.beta = beta
        self.levels = levels

    def margins(self, features, labels, rows):
        y_a, y_n, _ = [labels.take(r) for r in rows]
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
    Wrong(
        name="anchor_negative_swapped",
        kind="arguments swapped",
        cause="The classes of anchor and negative are swapped in the call of violate_margin, so the spread is the negative's.",
        says=r"margins? (are those|is that) of the negative|(anchor|negative)s?.{0,30}(swap|exchang|interchang|wrong order|mixed)|(swap|exchang|interchang)\w* .{0,30}(anchor|negative)|spread\b.{0,30}negative|negative.?s? spread|(anchor_labels|negative_labels)",
        source='''\
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
            features, labels, labels[negative], labels[anchor], self.alphabet_of, self.beta, self.levels
        )
        a, p, n = features[anchor], features[positive], features[negative]
        d_ap = (a - p).pow(2).sum(dim=1)
        d_an = (a - n).pow(2).sum(dim=1)
        return torch.clamp(d_ap - d_an + margin, min=0).mean()
''',
    ),
    Wrong(
        name="difference_reversed",
        kind="sign",
        cause="The two distances are subtracted the wrong way round: the negative's minus the positive's.",
        says=r"in each other.s place|wrong way|revers|(distances?|difference|positive).{0,40}(swap|exchang|interchang|sign)|(swap|exchang|interchang|sign of)\w* .{0,30}(distance|difference|positive)|negative.?s? minus|minus the positive|a sign is",
        source="""\
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
        hinge = self.sq(features, i, k) - self.sq(features, i, j) + alpha.detach()
        return (hinge * (hinge > 0)).mean()
""",
    ),
    Wrong(
        name="mean_over_coordinates",
        kind="mean over coordinates",
        cause="The squared differences are averaged over the coordinates instead of summed.",
        says=r"coordinate|divided by D\b|(mean|average)\w* over (the )?(dimensions|D\b|last axis|features)|(sum|add)\w* (over|up) the (dimensions|D)|mse",
        source="""\
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
        to_p = F.mse_loss(a, p, reduction="none").mean(-1)
        to_n = F.mse_loss(a, n, reduction="none").mean(-1)
        return torch.stack([to_p - to_n + margin, torch.zeros_like(margin)]).max(dim=0).values.mean()
""",
    ),
    Wrong(
        name="mean_over_active",
        kind="wrong count",
        cause="The sum is divided by the number of active triplets instead of all.",
        says=r"average over the triplets that violate|\bactive|violated (triplets|ones)|non-?zero|positive (terms|hinges|ones)|all (T )?triplets|satisfied",
        source="""\
class HierarchicalTripletMarginLossWithSampler(nn.Module):
    def __init__(self, sampler_inbatch, alphabet_of, beta=0.1, levels=16):
        super().__init__()
        self.sampler_inbatch = sampler_inbatch
        self.alphabet_of = alphabet_of
        self.beta, self.levels = beta, levels

    def forward(self, features, labels):
        a, p, n = self.sampler_inbatch.sample_ids(features, labels)
        alpha = violate_margin(features, labels, labels[a], labels[n], self.alphabet_of, self.beta, self.levels)
        loss = (features[a] - features[p]).square().sum(1) - (features[a] - features[n]).square().sum(1) + alpha
        active = loss > 0
        if active.sum() == 0:
            return loss.sum() * 0
        return loss[active].mean()
""",
    ),
    Wrong(
        name="sample_for_sample_ids",
        kind="raises",
        cause="It asks the sampler for vectors with sample instead of rows with sample_ids.",
        says=r"sample_ids|vectors?\b|\.sample\b|sample\(|`sample`|with sample\b",
        source="""\
class HierarchicalTripletMarginLossWithSampler(nn.Module):
    def __init__(self, sampler_inbatch, alphabet_of, beta=0.1, levels=16):
        super().__init__()
        self.sampler_inbatch = sampler_inbatch
        self.alphabet_of = alphabet_of
        self.beta = beta
        self.levels = levels

    def forward(self, features, labels):
        a, p, n = self.sampler_inbatch.sample(features, labels)
        margin = violate_margin(features, labels, labels[a], labels[n], self.alphabet_of, self.beta, self.levels)
        return F.relu((a - p).pow(2).sum(1) - (a - n).pow(2).sum(1) + margin).mean()
""",
    ),
    Wrong(
        name="sampled_twice",
        kind="sampled twice",
        cause="The sampler is called twice, for the margin and for the distances, so a random sampler gives two different sets of triplets.",
        says=r"twice|two (times|calls|different|sets)|again|second time|called .{0,15}(once|only)|\bonce\b|other triplets|different (set of )?triplets",
        source="""\
class HierarchicalTripletMarginLossWithSampler(nn.Module):
    def __init__(self, sampler_inbatch, alphabet_of, beta=0.1, levels=16):
        super().__init__()
        self.sampler_inbatch = sampler_inbatch
        self.alphabet_of = alphabet_of
        self.beta = beta
        self.levels = levels

    def get_margin(self, features, labels):
        rows, _, others = self.sampler_inbatch.sample_ids(features, labels)
        return violate_margin(features, labels, labels[rows], labels[others], self.alphabet_of, self.beta, self.levels)

    def forward(self, features, labels):
        a, p, n = [features[rows] for rows in self.sampler_inbatch.sample_ids(features, labels)]
        return (((a - p) ** 2).sum(1) - ((a - n) ** 2).sum(1) + self.get_margin(features, labels)).clamp(min=0).mean()
""",
    ),
    Wrong(
        name="anchor_detached",
        kind="detached",
        cause="The anchors are detached, no gradient flows through them.",
        says=r"anchors?.{0,50}(detach|no_grad|gradient|requires_grad|backprop|comput\w+ graph)|(detach|no_grad|gradient|requires_grad|backprop|comput\w+ graph|detached).{0,40}anchors?",
        source="""\
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
        anchor = anchor.detach()
        # |a - p|² - |a - n|² = (n - p) · (2a - p - n)
        difference = ((negative - positive) * (2 * anchor - positive - negative)).sum(1)
        hinge = difference + self.margins(features, labels, rows)
        return torch.where(hinge > 0, hinge, torch.zeros_like(hinge)).mean()
""",
    ),
    Wrong(
        name="negatives_no_grad",
        kind="detached",
        cause="The negatives' distances are computed in no_grad, so that no gradient pushes negatives away.",
        says=r"gradient flows through (\|a − n\|²|the negative)|negatives?.{0,50}(detach|no_grad|gradient|requires_grad|backprop|comput\w+ graph|constant)|(detach|no_grad|gradient|requires_grad|backprop|comput\w+ graph|detached).{0,40}negatives?",
        source="""\
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
        with torch.no_grad():
            to_n = F.mse_loss(a, n, reduction="none").sum(-1)
        return torch.stack([to_p - to_n + margin, torch.zeros_like(margin)]).max(dim=0).values.mean()
""",
    ),
    Wrong(
        name="all_no_grad",
        kind="detached",
        cause="The whole loss is computed without gradient.",
        says=r"no_grad|(whole|loss|entire|result|all).{0,40}(gradient|detach|grad\b)|(no|without) (a )?gradient|requires_grad|detached",
        source="""\
class HierarchicalTripletMarginLossWithSampler(nn.Module):
    def __init__(self, sampler_inbatch, alphabet_of, beta=0.1, levels=16):
        super().__init__()
        self.sampler_inbatch = sampler_inbatch
        self.alphabet_of = alphabet_of
        self.beta = beta
        self.levels = levels

    @torch.no_grad()
    def forward(self, features, labels):
        a, p, n = self.sampler_inbatch.sample_ids(features, labels)
        alpha = violate_margin(features, labels, labels[a], labels[n], self.alphabet_of, self.beta, self.levels)
        ap = torch.sum((features[a] - features[p]) ** 2, 1)
        an = torch.sum((features[a] - features[n]) ** 2, 1)
        return torch.mean(torch.max(ap - an + alpha, torch.zeros_like(alpha)))
""",
    ),
    Wrong(
        name="hinge_after_mean",
        kind="hinge place",
        cause="The hinge is applied to the mean instead of to each triplet.",
        says=r"(hinge|clamp|max|relu|cut).{0,40}(after|outside|before|each|every|per|whole|to the mean|of the mean)|(each|every|per) triplet.{0,40}hinge|mean (is )?taken (first|before)|(mean|average) .{0,15}before .{0,15}hinge",
        source="""\
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
        hinge = squared[a, p] - squared[a, n] + margins
        return F.relu(hinge.mean()).to(features.dtype)
""",
    ),
    Wrong(
        name="margin_kept",
        kind="state between batches",
        cause="The margins of the first batch are kept and used for all later ones.",
        says=r"first (batch|call)|(is|are|be) kept|stored|cach|later (batch|ones|call)|earlier|between (batches|calls)|second (batch|call)|remember|previous|\bstate\b|(new|next|every|each) batch",
        source="""\
class HierarchicalTripletMarginLossWithSampler(nn.Module):
    def __init__(self, sampler_inbatch, alphabet_of, beta=0.1, levels=16):
        super().__init__()
        self.sampler_inbatch = sampler_inbatch
        self.alphabet_of = alphabet_of
        self.beta = beta
        self.levels = levels
        self.margin = None

    def forward(self, features, labels):
        a, p, n = self.sampler_inbatch.sample_ids(features, labels)
        if self.margin is None:
            self.margin = violate_margin(
                features, labels, labels[a], labels[n], self.alphabet_of, self.beta, self.levels
            )
        d1 = ((features[a] - features[p]) ** 2).sum(1)
        d2 = ((features[a] - features[n]) ** 2).sum(1)
        return F.relu(d1 - d2 + self.margin).mean()
""",
    ),
    Wrong(
        name="half",
        kind="wrong factor",
        cause="The loss is half of what it should be: the paper's 1 / (2 T) instead of 1 / T.",
        says=r"\bhalf\b|1 ?/ ?\(?2|factor|2 ?T\b|0\.5|too small by|paper.s",
        source="""\
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
        return (violation * (violation > 0)).mean() / 2
""",
    ),
    Wrong(
        name="square_of_difference",
        kind="squares misplaced",
        cause="The difference of the plain distances is squared, instead of each distance.",
        says=r"squar\w* (of )?the difference|difference .{0,40}squar|(each|both) distances? .{0,20}squar|square each|plain distances? (is|are) squared|squared? .{0,10}before",
        source="""\
class HierarchicalTripletMarginLossWithSampler(nn.Module):
    def __init__(self, sampler_inbatch, alphabet_of, beta=0.1, levels=16):
        super().__init__()
        self.sampler_inbatch = sampler_inbatch
        self.alphabet_of = alphabet_of
        self.beta = beta
        self.levels = levels

    def forward(self, features, labels):
        a, p, n = self.sampler_inbatch.sample_ids(features, labels)
        alpha = violate_margin(features, labels, labels[a], labels[n], self.alphabet_of, self.beta, self.levels)
        pos = torch.norm(features[a] - features[p], dim=1)
        neg = torch.norm(features[a] - features[n], dim=1)
        return torch.clamp((pos - neg) ** 2 + alpha, min=0).mean()
""",
    ),
    Wrong(
        name="torch_triplet_loss",
        kind="torch function misused",
        cause="F.triplet_margin_loss takes plain distances and one margin for all triplets, here the mean of the margins.",
        says=r"triplet_margin_loss|one (single )?margin|single margin|same margin|mean of the margins|margin for all|(not|n.t|instead of|without|un|forg[eo]t\w*|missing|no) ?(the )?(be(en)? )?squar|plain distance|squares? (is|are) (missing|forgotten)|\broot\b|\bnorm|Euclidean (length|distance)s? (itself|not)|needs? squar|(must|should|to|have to|not) be squar|squared distances? (is|are) (asked|wanted)|square the|square them",
        source="""\
class HierarchicalTripletMarginLossWithSampler(nn.Module):
    def __init__(self, sampler_inbatch, alphabet_of, beta=0.1, levels=16):
        super().__init__()
        self.sampler_inbatch = sampler_inbatch
        self.alphabet_of = alphabet_of
        self.beta = beta
        self.levels = levels

    def forward(self, features, labels):
        a, p, n = self.sampler_inbatch.sample_ids(features, labels)
        alpha = violate_margin(features, labels, labels[a], labels[n], self.alphabet_of, self.beta, self.levels)
        return F.triplet_margin_loss(features[a], features[p], features[n], margin=max(alpha.mean().item(), 1e-6))
""",
    ),
    Wrong(
        name="mean_margin",
        kind="mean too early",
        cause="The mean of the margins is used for all triplets instead of each triplet's own.",
        says=r"(mean|average|one|single|same|common)\b.{0,25}(?<!_)margins?\b|(?<!_)margins?\b.{0,40}(averag|each|every|own|same|all triplets)",
        source='''\
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
        return torch.clamp(d_ap - d_an + margin.mean(), min=0).mean()
''',
    ),
    Wrong(
        name="returns_vector",
        kind="wrong return",
        cause="It returns the hinges of all triplets instead of their mean.",
        says=r"a term for each triplet|scalar|\[T\]|vector|(all|each) .{0,20}instead of their mean|not (been )?averaged|mean (is )?(missing|forgotten)|hinges of all|shape",
        source="""\
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
        return torch.stack([to_p - to_n + margin, torch.zeros_like(margin)]).max(dim=0).values
""",
    ),
    Wrong(
        name="python_float",
        kind="Python float",
        cause="It returns a Python float, without a gradient.",
        says=r"\bfloat\b|\.item|no tensor|not a tensor|python number|(no|without) (a )?gradient",
        source="""\
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
        return total.item() / len(triplets)
""",
    ),
    Wrong(
        name="broadcast",
        kind="shape",
        cause="keepdim makes the distances [T, 1], and adding the margins [T] broadcasts to [T, T].",
        says=r"to each triplet, a table|broadcast|keepdim|\[T, ?(T|1)\]|squeeze|shapes?\b|every margin (meets|with)|all combinations|each (triplet )?with (every|each) margin",
        source="""\
class HierarchicalTripletMarginLossWithSampler(nn.Module):
    def __init__(self, sampler_inbatch, alphabet_of, beta=0.1, levels=16):
        super().__init__()
        self.sampler_inbatch = sampler_inbatch
        self.alphabet_of = alphabet_of
        self.beta = beta
        self.levels = levels

    def forward(self, features, labels):
        anchors, positives, negatives = self.sampler_inbatch.sample_ids(features, labels)
        alphas = violate_margin(
            features, labels, labels[anchors], labels[negatives], self.alphabet_of, self.beta, self.levels
        )
        pos = (features[anchors] - features[positives]).pow(2).sum(1, keepdim=True)
        neg = (features[anchors] - features[negatives]).pow(2).sum(1, keepdim=True)
        return F.relu(pos - neg + alphas).mean()
""",
    ),
    Wrong(
        name="positive_to_negative",
        kind="wrong distance",
        cause="The negative's distance is measured from the positive instead of the anchor.",
        says=r"distance is that to the positive|(from|between) the positive|positive (to|and|-|−) (the )?negative|p ?(-|−) ?n\b|(negative|distance)\w* .{0,40}from the (anchor|positive)|\|p - n",
        source='''\
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
        d_an = (p - n).pow(2).sum(dim=1)
        return torch.clamp(d_ap - d_an + margin, min=0).mean()
''',
    ),
    Wrong(
        name="margin_of_anchors_only",
        kind="wrong argument",
        cause="violate_margin gets only the anchors' rows instead of the whole batch, so s and d_0 are wrong.",
        says=r"whole batch|only the (anchors|triplets)|(anchor|triplet)s?.{0,3} (rows|features) (only|alone)|features\[|(\bs\b|spread\w*|d_?0).{0,40}(wrong|batch|anchors)|all of the batch",
        source="""\
class HierarchicalTripletMarginLossWithSampler(nn.Module):
    def __init__(self, sampler_inbatch, alphabet_of, beta=0.1, levels=16):
        super().__init__()
        self.sampler_inbatch = sampler_inbatch
        self.alphabet_of = alphabet_of
        self.beta = beta
        self.levels = levels

    def forward(self, features, labels):
        a, p, n = self.sampler_inbatch.sample_ids(features, labels)
        fa, fp, fn = features[a], features[p], features[n]
        margin = violate_margin(
            fa, labels[a], labels[a], labels[n], self.alphabet_of, self.beta, self.levels
        )
        return F.relu(((fa - fp) ** 2).sum(1) - ((fa - fn) ** 2).sum(1) + margin).mean()
""",
    ),
    Wrong(
        name="alphabets_of_labels",
        kind="wrong argument",
        cause="alphabet_of[labels] is passed instead of the table alphabet_of, so alphabets are looked up by row.",
        says=r"alphabet",
        source="""\
class HierarchicalTripletMarginLossWithSampler(nn.Module):
    def __init__(self, sampler_inbatch, alphabet_of: Tensor, beta: float = 0.1, levels: int = 16) -> None:
        super().__init__()
        self.sampler_inbatch = sampler_inbatch
        self.alphabet_of = alphabet_of
        self.beta = beta
        self.levels = levels

    def get_margins(self, features, labels, rows):
        y_a, _, y_n = [labels.take(r) for r in rows]
        return violate_margin(
            features.detach(),
            labels,
            anchor_labels=y_a,
            negative_labels=y_n,
            alphabet_of=self.alphabet_of[labels],
            beta=self.beta,
            levels=self.levels,
        )

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        rows = self.sampler_inbatch.sample_ids(features.detach(), labels)
        anchor, positive, negative = (features.index_select(0, r) for r in rows)
        # |a - p|² - |a - n|² = (n - p) · (2a - p - n)
        difference = ((negative - positive) * (2 * anchor - positive - negative)).sum(1)
        hinge = difference + self.get_margins(features, labels, rows)
        return torch.where(hinge > 0, hinge, torch.zeros_like(hinge)).mean()
""",
    ),
    Wrong(
        name="own_margin_with_gradient",
        kind="gradient through the margin",
        cause="The margin is computed anew without detach, so that gradients flow through it.",
        says=r"margin.{0,60}(detach|no_grad|gradient|requires_grad|backprop|comput\w+ graph|constant)|(detach|no_grad|gradient|requires_grad|backprop|comput\w+ graph).{0,40}margin|\bconstant\b",
        source="""\
class HierarchicalTripletMarginLossWithSampler(nn.Module):
    def __init__(self, sampler_inbatch, alphabet_of, beta=0.1, levels=16):
        super().__init__()
        self.sampler_inbatch = sampler_inbatch
        self.alphabet_of = alphabet_of
        self.beta = beta
        self.levels = levels

    def forward(self, features, labels):
        a, p, n = self.sampler_inbatch.sample_ids(features, labels)
        classes, _, s = class_distances(features, labels)
        l = tree_level(labels[a], labels[n], self.alphabet_of)
        d_l = l * (4 - s.mean()) / self.levels + s.mean()
        alpha = self.beta + d_l - s[torch.searchsorted(classes, labels[a])]
        ap = (features[a] - features[p]).pow(2).sum(1)
        an = (features[a] - features[n]).pow(2).sum(1)
        return F.relu(ap - an + alpha).mean()
""",
    ),
    Wrong(
        name="two_sum_and_plain",
        kind="two faults",
        cause="Plain distances are used, and the loss is a sum over the triplets.",
        says=r"(not|n.t|instead of|without|un|forg[eo]t\w*|missing|no) ?(the )?(be(en)? )?squar|plain distance|squares? (is|are) (missing|forgotten)|\broot\b|\bnorm|Euclidean (length|distance)s? (itself|not)|needs? squar|(must|should|to|have to|not) be squar|squared distances? (is|are) (asked|wanted)|square the|square them|(sum|total) (over|of)|is a sum|(not|instead of) (a|the)? ?(mean|averag)|1 ?/ ?T\b|not (been )?(divided|averaged)",
        source="""\
class HierarchicalTripletMarginLossWithSampler(nn.Module):
    def __init__(self, sampler_inbatch, alphabet_of, beta=0.1, levels=16):
        super().__init__()
        self.sampler_inbatch = sampler_inbatch
        self.alphabet_of = alphabet_of
        self.beta = beta
        self.levels = levels
        self.distance = nn.PairwiseDistance()

    def forward(self, features, labels):
        a, p, n = self.sampler_inbatch.sample_ids(features, labels)
        alpha = violate_margin(features, labels, labels[a], labels[n], self.alphabet_of, self.beta, self.levels)
        x = self.distance(features[a], features[p]) - self.distance(features[a], features[n]) + alpha
        return x.clamp(min=0).sum()
""",
    ),
    Wrong(
        name="two_beta_and_hinge",
        kind="two faults",
        cause="beta is not passed on, and the margin is added outside of the hinge.",
        says=r"beta|β|(?<!_)margins?\b.{0,30}(outside|after|inside)|outside of the hinge",
        source="""\
class HierarchicalTripletMarginLossWithSampler(nn.Module):
    def __init__(self, sampler_inbatch, alphabet_of, beta=0.1, levels=16):
        super().__init__()
        self.sampler_inbatch = sampler_inbatch
        self.alphabet_of = alphabet_of
        self.levels = levels

    def forward(self, features, labels):
        a, p, n = self.sampler_inbatch.sample_ids(features, labels)
        alpha = violate_margin(features, labels, labels[a], labels[n], self.alphabet_of, levels=self.levels)
        gap = ((features[a] - features[p]) ** 2).sum(1) - ((features[a] - features[n]) ** 2).sum(1)
        return (gap.clamp(min=0) + alpha).mean()
""",
    ),
]

RIGHT = [
    Right(
        name="straight",
        source='''\
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
        source="""\
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
        source="""\
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
        source="""\
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
        source="""\
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
        source="""\
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
