"""violate_margin: wrong and right solutions."""

from wrong_solutions import Right, Wrong

WRONG = [
    Wrong(
        name="gradient_kept",
        kind="gradient through the margin",
        cause="The margin is not detached, it carries a gradient.",
        says=r"detach|no_grad|gradient|requires_grad|constant|graph",
        source="""\
def violate_margin(
    features: Tensor,
    labels: Tensor,
    anchor_labels: Tensor,
    negative_labels: Tensor,
    alphabet_of: Tensor,
    beta: float = 0.1,
    levels: int = 16,
) -> Tensor:
    classes, d, s = class_distances(features, labels)
    thresholds = torch.stack([l * (4 - s.mean()) / levels + s.mean() for l in range(levels + 1)])
    row = (anchor_labels[:, None] == classes[None, :]).int().argmax(dim=1)
    return beta + thresholds[tree_level(anchor_labels, negative_labels, alphabet_of)] - s[row]
""",
    ),
    Wrong(
        name="gradient_through_d0",
        kind="gradient through the margin",
        cause="Only s of the anchor is detached, d_0 still carries a gradient.",
        says=r"detach|no_grad|gradient|requires_grad|constant|graph",
        source="""\
def violate_margin(features, labels, anchor_labels, negative_labels, alphabet_of, beta=0.1, levels=16):
    classes, _, spreads = class_distances(features, labels)
    d0 = spreads.mean()
    dl = tree_level(anchor_labels, negative_labels, alphabet_of) * (4 - d0) / levels + d0
    position = torch.searchsorted(classes, anchor_labels)
    return beta + dl - spreads.detach()[position]
""",
    ),
    Wrong(
        name="beta_dropped",
        kind="dropped term",
        cause="beta is not added.",
        says=r"(beta|β|constant part).{0,40}(missing|miss|drop|forg[eo]t|left out|leaves? out|lacks?|without|ignor|unused|absent|never|not (been )?(added|used|there|in it|passed|counted))|(missing|drop\w*|forg[eo]t\w*|left out|leaves? out|lacks?|without|ignor\w*|no) (the |any |a |its )?(beta|β|constant part)",
        source="""\
def violate_margin(
    features: Tensor,
    labels: Tensor,
    anchor_labels: Tensor,
    negative_labels: Tensor,
    alphabet_of: Tensor,
    beta: float = 0.1,
    levels: int = 16,
) -> Tensor:
    with torch.no_grad():
        classes, _, s = class_distances(features, labels)
        d_0 = s.mean()
        level = tree_level(anchor_labels, negative_labels, alphabet_of)
        d_l = level * (4 - d_0) / levels + d_0
        s_anchor = s[torch.searchsorted(classes, anchor_labels)]
        return d_l - s_anchor
""",
    ),
    Wrong(
        name="beta_fixed",
        kind="parameter not used",
        cause="beta is fixed to 0.1, the parameter is not used.",
        says=r"(beta|β).{0,40}(fixed|always|0\.1|constant|parameter|ignor|not used|hard|default|given|unused)|0\.1|(ignor\w*|unused|fixed).{0,20}(beta|β)",
        source="""\
def violate_margin(features, labels, anchor_labels, negative_labels, alphabet_of, beta=0.1, levels=16):
    x = features.detach().double()
    sq = (x[:, None] - x[None]).square().sum(-1)
    same = (labels[:, None] == labels[None]).double()
    n = same.sum(1)
    s_of_sample = (sq * same).sum(1)  # summed over the class below
    classes, inv = labels.unique(return_inverse=True)
    size = torch.bincount(inv).double()
    s = torch.zeros_like(size).index_add(0, inv, s_of_sample) / (size**2 - size)
    assert torch.equal(n, size[inv])
    d0 = s.sum() / len(classes)
    pick = (anchor_labels[:, None] == classes).double()
    l = tree_level(anchor_labels, negative_labels, alphabet_of).double()
    return (0.1 + l * (4 - d0) / levels + d0 - pick @ s).to(features.dtype)
""",
    ),
    Wrong(
        name="levels_fixed",
        kind="parameter not used",
        cause="The number of levels is fixed to 16, the parameter is not used.",
        says=r"(levels|\bL\b).{0,40}(fixed|always|16|parameter|ignor|not used|hard|default|given|unused)|\b16\b|(ignor\w*|unused|fixed).{0,20}(levels|\bL\b)",
        source="""\
def violate_margin(features, labels, anchor_labels, negative_labels, alphabet_of, beta=0.1, levels=16):
    classes, _, s = class_distances(features.detach(), labels)
    s_of = {c: v for c, v in zip(classes.tolist(), s.tolist())}
    d0 = sum(s_of.values()) / len(s_of)
    step = (4 - d0) / 16
    heights = tree_level(anchor_labels, negative_labels, alphabet_of).tolist()
    return torch.tensor(
        [beta + l * step + d0 - s_of[a] for l, a in zip(heights, anchor_labels.tolist())],
        dtype=features.dtype,
        device=features.device,
    )
""",
    ),
    Wrong(
        name="levels_of_the_tree",
        kind="wrong threshold",
        cause="L is taken to be 2, the height of the static tree, instead of levels.",
        says=r"divide by 2, the depth|L = 2|(levels|\bL\b).{0,40}(ignor|not used|parameter|height|unused|\b2\b|two|instead|fixed)|height of|instead of levels|divided by 2\b|\b16\b|L ?= ?2|(ignor\w*|unused).{0,20}(levels|\bL\b)",
        source="""\
def violate_margin(features, labels, anchor_labels, negative_labels, alphabet_of, beta=0.1, levels=16):
    with torch.no_grad():
        classes, _, s = class_distances(features, labels)
        level = tree_level(anchor_labels, negative_labels, alphabet_of)
        n_levels = 2  # character, alphabet, root
        threshold = s.mean() + level / n_levels * (4 - s.mean())
        which = torch.stack([torch.nonzero(classes == a).squeeze() for a in anchor_labels])
        return threshold + beta - s[which]
""",
    ),
    Wrong(
        name="four_over_levels",
        kind="wrong threshold",
        cause="The step is 4 / L instead of (4 - d_0) / L.",
        says=r"4 ?(-|−|–) ?d_?0|\bstep|4 ?/ ?(L|levels)|thresholds?.{0,30}(climb|exceed|beyond|above|end|reach)|d_?l\b.{0,50}(4|formula|l \* 4)|minus d_?0",
        source="""\
def violate_margin(
    features: Tensor,
    labels: Tensor,
    anchor_labels: Tensor,
    negative_labels: Tensor,
    alphabet_of: Tensor,
    beta: float = 0.1,
    levels: int = 16,
) -> Tensor:
    with torch.no_grad():
        classes, _, s = class_distances(features, labels)
        d_0 = s.mean()
        level = tree_level(anchor_labels, negative_labels, alphabet_of)
        d_l = level * 4 / levels + d_0
        s_a = s[torch.searchsorted(classes, anchor_labels)]
        return beta + d_l - s_a
""",
    ),
    Wrong(
        name="d0_not_added_back",
        kind="dropped term",
        cause="In d_l the last + d_0 is missing.",
        says=r"(d_?0).{0,40}(missing|miss|drop|forg[eo]t|left out|leaves? out|lacks?|without|ignor|unused|absent|never|not (been )?(added|used|there|in it|passed|counted))|(missing|drop\w*|forg[eo]t\w*|left out|leaves? out|lacks?|without|ignor\w*|no) (the |any |a |its )?(d_?0)|d_?l.{0,30}(last|start|begin).{0,20}d_?0|starts? (at|from) (0|d_?0)|\+ ?d_?0|d_?0 .{0,15}(not )?(added )back",
        source="""\
def violate_margin(features, labels, anchor_labels, negative_labels, alphabet_of, beta=0.1, levels=16):
    classes, _, s = class_distances(features, labels)
    classes = classes.tolist()
    s = [value.item() for value in s]
    d_0 = math.fsum(s) / len(s)
    margins = []
    for a, n in zip(anchor_labels, negative_labels):
        l = tree_level(a, n, alphabet_of).item()
        margins.append(beta + l * (4 - d_0) / levels - s[classes.index(a.item())])
    return torch.tensor(margins, dtype=features.dtype)
""",
    ),
    Wrong(
        name="negative_spread",
        kind="wrong class",
        cause="The spread of the negative's class is subtracted instead of the anchor's.",
        says=r"spread\w* .{0,30}negative|negative.?s? (class|spread)|(\bs\b|spread).{0,40}(wrong class|anchor.?s|negative|y_?n)|s_?\{?y_?n",
        source="""\
@torch.no_grad()
def violate_margin(
    features: Tensor,
    labels: Tensor,
    anchor_labels: Tensor,
    negative_labels: Tensor,
    alphabet_of: Tensor,
    beta: float = 0.1,
    levels: int = 16,
) -> Tensor:
    classes, _, s = class_distances(features, labels)
    spread_of = torch.zeros(len(alphabet_of), dtype=s.dtype, device=s.device)
    spread_of[classes] = s
    fraction = tree_level(anchor_labels, negative_labels, alphabet_of) / levels
    thresholds = torch.lerp(s.mean(), torch.full_like(s.mean(), 4.0), fraction.to(s.dtype))
    return thresholds - spread_of[negative_labels] + beta
""",
    ),
    Wrong(
        name="d0_weighted_by_samples",
        kind="wrong d_0",
        cause="d_0 is the mean over the samples of the batch instead of over classes, so that large classes count more.",
        says=r"d_?0.{0,60}(sample|picture|weigh|classes|batch)|weigh|(larger|bigger|large|big) class\w* .{0,10}count|over the (samples|classes)",
        source="""\
def violate_margin(features, labels, anchor_labels, negative_labels, alphabet_of, beta=0.1, levels=16):
    features = features.detach()
    classes, _, s = class_distances(features, labels)
    d0 = s[torch.searchsorted(classes, labels)].mean()
    l = tree_level(anchor_labels, negative_labels, alphabet_of)
    d_l = l * (4 - d0) / levels + d0
    return beta + d_l - s[torch.searchsorted(classes, anchor_labels)]
""",
    ),
    Wrong(
        name="d0_over_triplets",
        kind="wrong d_0",
        cause="d_0 is the mean over the triplets' anchors instead of over the classes.",
        says=r"d_?0.{0,60}(triplet|anchors|classes)|over the (triplets|anchors|classes)",
        source="""\
def violate_margin(
    features: Tensor,
    labels: Tensor,
    anchor_labels: Tensor,
    negative_labels: Tensor,
    alphabet_of: Tensor,
    beta: float = 0.1,
    levels: int = 16,
) -> Tensor:
    with torch.no_grad():
        classes, _, s = class_distances(features, labels)
        s_anchor = s[torch.searchsorted(classes, anchor_labels)]
        d_0 = s_anchor.mean()
        level = tree_level(anchor_labels, negative_labels, alphabet_of)
        d_l = d_0 + (4 - d_0) / levels * level
        return beta + d_l - s_anchor
""",
    ),
    Wrong(
        name="d0_of_the_anchor",
        kind="wrong d_0",
        cause="d_0 is the spread of the anchor's class instead of the mean over all classes.",
        says=r"d_?0.{0,60}(mean|average|all classes|anchor)|mean spread",
        source="""\
def violate_margin(
    features: Tensor,
    labels: Tensor,
    anchor_labels: Tensor,
    negative_labels: Tensor,
    alphabet_of: Tensor,
    beta: float = 0.1,
    levels: int = 16,
) -> Tensor:
    classes, _, s = class_distances(features.detach(), labels)
    out = []
    for a, n in zip(anchor_labels, negative_labels):
        s_a = s[classes == a][0]
        l = tree_level(a, n, alphabet_of)
        d_l = l * (4 - s_a) / levels + s_a
        out.append(beta + d_l - s_a)
    return torch.stack(out)
""",
    ),
    Wrong(
        name="d0_from_d",
        kind="wrong d_0",
        cause="d_0 is the mean of the distances d between classes instead of the mean of the spreads s.",
        says=r"d_?0.{0,60}(spread|\bs\b|distances|\bd\b|mean of (d|s))|mean of (the )?(d\b|distances)|d\.mean",
        source="""\
def violate_margin(
    features: Tensor,
    labels: Tensor,
    anchor_labels: Tensor,
    negative_labels: Tensor,
    alphabet_of: Tensor,
    beta: float = 0.1,
    levels: int = 16,
) -> Tensor:
    classes, d, s = class_distances(features, labels)
    d, s = d.detach(), s.detach()
    table = torch.stack([l * (4 - d.mean()) / levels + d.mean() for l in range(levels + 1)])
    row = (anchor_labels[:, None] == classes[None, :]).int().argmax(dim=1)
    return beta + table[tree_level(anchor_labels, negative_labels, alphabet_of)] - s[row]
""",
    ),
    Wrong(
        name="d0_max",
        kind="wrong d_0",
        cause="d_0 is the largest spread instead of the mean.",
        says=r"d_?0.{0,60}(max|largest|mean)|(largest|max\w*) (of the )?spread",
        source="""\
def violate_margin(features, labels, anchor_labels, negative_labels, alphabet_of, beta=0.1, levels=16):
    classes, _, s = class_distances(features.detach(), labels)
    spread = {c: v for c, v in zip(classes.tolist(), s.tolist())}
    d0 = max(spread.values())
    step = (4 - d0) / levels
    lev = tree_level(anchor_labels, negative_labels, alphabet_of).tolist()
    return torch.tensor(
        [beta + l * step + d0 - spread[a] for l, a in zip(lev, anchor_labels.tolist())],
        dtype=features.dtype,
        device=features.device,
    )
""",
    ),
    Wrong(
        name="plus_s",
        kind="sign",
        cause="s of the anchor's class is added instead of subtracted.",
        says=r"(\bs\b|spread).{0,40}(sign|added|plus|subtract)|\+ ?s\b|(sign|subtract|added).{0,20}(\bs\b|spread)|a sign is|minus s",
        source="""\
def violate_margin(features, labels, anchor_labels, negative_labels, alphabet_of, beta=0.1, levels=16):
    with torch.no_grad():
        names, _, s = class_distances(features, labels)
        index = {name: i for i, name in enumerate(names.tolist())}
        s_y = torch.stack([s[index[y]] for y in anchor_labels.tolist()])
        d_0 = s.sum() / s.numel()
        d_l = tree_level(anchor_labels, negative_labels, alphabet_of).mul(4 - d_0).div(levels).add(d_0)
        return beta + d_l + s_y
""",
    ),
    Wrong(
        name="s_by_label",
        kind="label as row",
        cause="s is indexed by the label instead of the position of the label in classes.",
        says=r"labels?\b.{0,40}(as|for|instead of) .{0,15}(row|index|position)|by the label|\bgaps?\b|out of (bounds|range)|position of (the|a) (label|class)|where the class stands|(class|label) number|by class\b|spread of (the wrong|another) class|IndexError",
        source="""\
def violate_margin(features, labels, anchor_labels, negative_labels, alphabet_of, beta=0.1, levels=16):
    classes, d, s = class_distances(features, labels)
    d_0 = s.mean()
    d_l = tree_level(anchor_labels, negative_labels, alphabet_of) * (4 - d_0) / levels + d_0
    return (beta + d_l - s[anchor_labels]).detach()
""",
    ),
    Wrong(
        name="classes_as_rows",
        kind="class as row",
        cause="The classes of the triplets are taken for rows of the batch: labels[anchor_labels].",
        says=r"rows? of the batch|(taken|used|treated) (for|as) (rows|indices|positions)|labels\[|already (classes|labels)|looked up|are classes",
        source="""\
def violate_margin(features, labels, anchor_labels, negative_labels, alphabet_of, beta=0.1, levels=16):
    classes, _, s = class_distances(features.detach(), labels)
    y_a, y_n = labels[anchor_labels], labels[negative_labels]
    d_0 = s.mean()
    d_l = tree_level(y_a, y_n, alphabet_of) * (4 - d_0) / levels + d_0
    return beta + d_l - s[torch.searchsorted(classes, y_a)]
""",
    ),
    Wrong(
        name="unpacked_wrongly",
        kind="wrong order of outputs",
        cause="The outputs of class_distances are unpacked in the wrong order, d is taken for s.",
        says=r"unpack|swap|exchang|d (is )?(taken|used) for s|order of (the )?(outputs|results)|s and d|d and s|wrong order|size of tensor",
        source="""\
def violate_margin(features, labels, anchor_labels, negative_labels, alphabet_of, beta=0.1, levels=16):
    classes, s, d = class_distances(features.detach(), labels)
    d_0 = s.mean()
    l = tree_level(anchor_labels, negative_labels, alphabet_of)
    row = (classes == anchor_labels[:, None]).long().argmax(1)
    return beta + l * (4 - d_0) / levels + d_0 - s[row]
""",
    ),
    Wrong(
        name="no_alphabets_passed",
        kind="raises",
        cause="tree_level is called without alphabet_of, which raises.",
        says=r"alphabet_of|alphabet\w* .{0,20}(missing|not passed)|tree_level\b.{0,50}(argument|without|alphabet|rais|call|TypeError)|TypeError|missing .{0,25}argument",
        source="""\
def violate_margin(features, labels, anchor_labels, negative_labels, alphabet_of, beta=0.1, levels=16):
    classes, _, s = class_distances(features.detach(), labels)
    d = tree_level(anchor_labels, negative_labels) * (4 - s.mean()) / levels + s.mean()
    return beta + d - s[torch.searchsorted(classes, anchor_labels)]
""",
    ),
    Wrong(
        name="clamped",
        kind="extra step",
        cause="The margin is cut off at 0, though it may be negative.",
        says=r"clamp|cut off|relu|below (0|zero)|(may|can|must|could) be negative|negative margins?|hinge|never negative",
        source="""\
@torch.no_grad()
def violate_margin(
    features: Tensor,
    labels: Tensor,
    anchor_labels: Tensor,
    negative_labels: Tensor,
    alphabet_of: Tensor,
    beta: float = 0.1,
    levels: int = 16,
) -> Tensor:
    classes, _, s = class_distances(features, labels)
    spread_of = torch.zeros(len(alphabet_of), dtype=s.dtype, device=s.device)
    spread_of[classes] = s
    weight = tree_level(anchor_labels, negative_labels, alphabet_of) / levels
    thresholds = torch.lerp(s.mean(), torch.full_like(s.mean(), 4.0), weight.to(s.dtype))
    return torch.relu(thresholds - spread_of[anchor_labels] + beta)
""",
    ),
    Wrong(
        name="scalar_mean",
        kind="shape",
        cause="It returns the mean of the margins, one number, instead of one for each triplet.",
        says=r"mean of the margins|one (number|margin)\b|scalar|each triplet|every triplet|per triplet|shape|\[T\]|averaged",
        source="""\
def violate_margin(
    features: Tensor,
    labels: Tensor,
    anchor_labels: Tensor,
    negative_labels: Tensor,
    alphabet_of: Tensor,
    beta: float = 0.1,
    levels: int = 16,
) -> Tensor:
    with torch.no_grad():
        classes, _, s = class_distances(features, labels)
        d_0 = s.mean()
        level = tree_level(anchor_labels, negative_labels, alphabet_of)
        d_l = level * (4 - d_0) / levels + d_0
        s_anchor = s[torch.searchsorted(classes, anchor_labels)]
        return (beta + d_l - s_anchor).mean()
""",
    ),
    Wrong(
        name="level_off_by_one",
        kind="off by one",
        cause="The level is one too high, l + 1 is used.",
        says=r"off by one|one (level )?too|l ?\+ ?1|levels? .{0,20}too (high|large)|\+ ?1\b|next level|wrong level",
        source="""\
def violate_margin(
    features: Tensor,
    labels: Tensor,
    anchor_labels: Tensor,
    negative_labels: Tensor,
    alphabet_of: Tensor,
    beta: float = 0.1,
    levels: int = 16,
) -> Tensor:
    classes, d, s = class_distances(features, labels)
    s = s.detach()
    table = torch.stack([l * (4 - s.mean()) / levels + s.mean() for l in range(levels + 1)])
    row = (anchor_labels[:, None] == classes[None, :]).int().argmax(dim=1)
    return beta + table[tree_level(anchor_labels, negative_labels, alphabet_of) + 1] - s[row]
""",
    ),
    Wrong(
        name="linspace",
        kind="off by one",
        cause="linspace takes L points instead of L + 1, so the steps are (4 - d_0) / (L - 1).",
        says=r"linspace|off by one|L ?(\+|-|−|–) ?1|levels ?(\+|-|−|–) ?1|\bsteps?\b|L \+ 1|number of (thresholds|points|steps)|fence",
        source="""\
def violate_margin(features, labels, anchor_labels, negative_labels, alphabet_of, beta=0.1, levels=16):
    classes, _, s = class_distances(features.detach(), labels)
    d = torch.linspace(s.mean().item(), 4, levels)
    sa = s[torch.bucketize(anchor_labels, classes)]
    return d[tree_level(anchor_labels, negative_labels, alphabet_of)] + beta - sa
""",
    ),
    Wrong(
        name="integer_division",
        kind="integer division",
        cause="The level is divided by levels with //, which is 0.",
        says=r"integer|//|floor|round(ed|s|ing)|whole number|(levels?|l / L|l/L|threshold).{0,40}(\bis 0|always|no effect|ignored|does not)|d_?l .{0,20}(always|is) d_?0",
        source="""\
def violate_margin(
    features: Tensor,
    labels: Tensor,
    anchor_labels: Tensor,
    negative_labels: Tensor,
    alphabet_of: Tensor,
    beta: float = 0.1,
    levels: int = 16,
) -> Tensor:
    with torch.no_grad():
        classes, _, s = class_distances(features, labels)
        d_0 = s.mean()
        height = tree_level(anchor_labels, negative_labels, alphabet_of)
        d_l = height // levels * (4 - d_0) + d_0
        s_anchor = s[torch.searchsorted(classes, anchor_labels)]
        return beta + d_l - s_anchor
""",
    ),
    Wrong(
        name="column_shape",
        kind="shape",
        cause="The spreads keep an extra dimension, so that the margins come out as [T, T] instead of [T].",
        says=r"shape|\[T, ?(T|1)\]|extra dimension|broadcast|squeeze",
        source="""\
def violate_margin(features, labels, anchor_labels, negative_labels, alphabet_of, beta=0.1, levels=16):
    classes, _, s = class_distances(features.detach(), labels)
    d_0 = s.mean()
    index = torch.nonzero(anchor_labels[:, None] == classes)[:, 1:]
    d_l = tree_level(anchor_labels, negative_labels, alphabet_of) * (4 - d_0) / levels + d_0
    return beta + d_l - s[index]
""",
    ),
    Wrong(
        name="class_distance_for_threshold",
        kind="wrong quantity",
        cause="The distance d(p, q) of the two classes is used instead of the threshold d_l of their level.",
        says=r"distances? (d|of the (two )?classes|between)|class distance|d\(p, ?q\)|d\[|d_?l.{0,30}(instead|not the)|instead of .{0,20}(threshold|d_?l)|where d_?0",
        source="""\
def violate_margin(features, labels, anchor_labels, negative_labels, alphabet_of, beta=0.1, levels=16):
    classes, d, s = class_distances(features.detach(), labels)
    a = torch.searchsorted(classes, anchor_labels)
    n = torch.searchsorted(classes, negative_labels)
    l = tree_level(anchor_labels, negative_labels, alphabet_of)
    return beta + l * (4 - d[a, n]) / levels + d[a, n] - s[a]
""",
    ),
    Wrong(
        name="two_for_four",
        kind="wrong constant",
        cause="The largest squared distance is taken to be 2 instead of 4.",
        says=r"\b4\b.{0,30}(not|instead|is|largest)|(2|two|wrong) (instead of|for|where) (4|four)|instead of (4|four)|largest (squared )?distance|climb\w* to (2|4)|\b2 - d_?0|4 ?(-|−|–) ?d_?0|\bstep",
        source="""\
def violate_margin(features, labels, anchor_labels, negative_labels, alphabet_of, beta=0.1, levels=16):
    x = features.detach().double()
    sq = (x[:, None] - x[None]).square().sum(-1)
    same = (labels[:, None] == labels[None]).double()
    n = same.sum(1)
    s_of_sample = (sq * same).sum(1)  # summed over the class below
    classes, inv = labels.unique(return_inverse=True)
    size = torch.bincount(inv).double()
    s = torch.zeros_like(size).index_add(0, inv, s_of_sample) / (size**2 - size)
    assert torch.equal(n, size[inv])
    d0 = s.sum() / len(classes)
    pick = (anchor_labels[:, None] == classes).double()
    l = tree_level(anchor_labels, negative_labels, alphabet_of).double()
    return (beta + l * (2 - d0) / levels + d0 - pick @ s).to(features.dtype)
""",
    ),
    Wrong(
        name="searchsorted_swapped",
        kind="arguments swapped",
        cause="The arguments of searchsorted are swapped: it looks for the classes among the anchors' labels, which gives P positions and wrong ones.",
        says=r"searchsorted|swap|(arguments?) (are|of)|P positions|wrong (positions?|rows?|class)|position\w* of|out of (bounds|range)|IndexError|exchang",
        source="""\
def violate_margin(features, labels, anchor_labels, negative_labels, alphabet_of, beta=0.1, levels=16):
    with torch.no_grad():
        classes, _, s = class_distances(features, labels)
        rows = torch.searchsorted(anchor_labels, classes)
        d_0 = s.mean()
        return beta + tree_level(anchor_labels, negative_labels, alphabet_of) * (4 - d_0) / levels + d_0 - s[rows]
""",
    ),
    Wrong(
        name="two_grad_and_beta",
        kind="two faults",
        cause="The margin carries a gradient, and beta is not added.",
        says=r"detach|no_grad|gradient|requires_grad|backprop|comput\w+ graph|constant|(beta|β).{0,40}(missing|miss|drop|forg[eo]t|left out|leaves? out|lacks?|without|ignor|unused|absent|never|not (been )?(added|used|there|in it|passed|counted))|(missing|drop\w*|forg[eo]t\w*|left out|leaves? out|lacks?|without|ignor\w*|no) (the |any |a |its )?(beta|β)",
        source="""\
def violate_margin(features, labels, anchor_labels, negative_labels, alphabet_of, beta=0.1, levels=16):
    classes, _, s = class_distances(features, labels)
    mean_s = torch.mean(s)
    l = tree_level(anchor_labels, negative_labels, alphabet_of)
    i = torch.tensor([classes.tolist().index(y) for y in anchor_labels.tolist()])
    return mean_s + l * (4 - mean_s) / levels - s[i]
""",
    ),
    Wrong(
        name="two_step_and_class",
        kind="two faults",
        cause="The step is 4 / L instead of (4 - d_0) / L, and the spread is that of the negative's class.",
        says=r"4 ?(-|−|–) ?d_?0|\bstep|4 ?/ ?(L|levels)|spread\w* .{0,30}negative|negative.?s? (class|spread)|(\bs\b|spread).{0,40}(wrong class|anchor.?s|negative)",
        source="""\
def violate_margin(features, labels, anchor_labels, negative_labels, alphabet_of, beta=0.1, levels=16):
    classes, _, s = class_distances(features.detach(), labels)
    lvl = tree_level(anchor_labels, negative_labels, alphabet_of)
    idx = (negative_labels[:, None] == classes[None]).nonzero()[:, 1]
    return beta + (lvl * 4 / levels + s.mean()) - s[idx]
""",
    ),
]

RIGHT = [
    Right(
        name="no_grad_block",
        source="""\
def violate_margin(
    features: Tensor,
    labels: Tensor,
    anchor_labels: Tensor,
    negative_labels: Tensor,
    alphabet_of: Tensor,
    beta: float = 0.1,
    levels: int = 16,
) -> Tensor:
    with torch.no_grad():
        classes, _, s = class_distances(features, labels)
        d_0 = s.mean()
        level = tree_level(anchor_labels, negative_labels, alphabet_of)
        d_l = level * (4 - d_0) / levels + d_0
        s_anchor = s[torch.searchsorted(classes, anchor_labels)]
        return beta + d_l - s_anchor
""",
    ),
    Right(
        name="dictionary_of_spreads",
        source="""\
def violate_margin(features, labels, anchor_labels, negative_labels, alphabet_of, beta=0.1, levels=16):
    classes, _, s = class_distances(features.detach(), labels)
    spread = {c: v for c, v in zip(classes.tolist(), s.tolist())}
    d0 = sum(spread.values()) / len(spread)
    step = (4 - d0) / levels
    heights = tree_level(anchor_labels, negative_labels, alphabet_of).tolist()
    return torch.tensor(
        [beta + l * step + d0 - spread[a] for l, a in zip(heights, anchor_labels.tolist())],
        dtype=features.dtype,
        device=features.device,
    )
""",
    ),
    Right(
        name="threshold_table",
        source="""\
def violate_margin(
    features: Tensor,
    labels: Tensor,
    anchor_labels: Tensor,
    negative_labels: Tensor,
    alphabet_of: Tensor,
    beta: float = 0.1,
    levels: int = 16,
) -> Tensor:
    classes, d, s = class_distances(features, labels)
    s = s.detach()
    table = torch.stack([l * (4 - s.mean()) / levels + s.mean() for l in range(levels + 1)])
    row = (anchor_labels[:, None] == classes[None, :]).int().argmax(dim=1)
    return beta + table[tree_level(anchor_labels, negative_labels, alphabet_of)] - s[row]
""",
    ),
    Right(
        name="own_spread_one_hot",
        source="""\
def violate_margin(features, labels, anchor_labels, negative_labels, alphabet_of, beta=0.1, levels=16):
    x = features.detach().double()
    sq = (x[:, None] - x[None]).square().sum(-1)
    same = (labels[:, None] == labels[None]).double()
    n = same.sum(1)
    s_of_sample = (sq * same).sum(1)  # summed over the class below
    classes, inv = labels.unique(return_inverse=True)
    size = torch.bincount(inv).double()
    s = torch.zeros_like(size).index_add(0, inv, s_of_sample) / (size**2 - size)
    assert torch.equal(n, size[inv])
    d0 = s.sum() / len(classes)
    pick = (anchor_labels[:, None] == classes).double()
    l = tree_level(anchor_labels, negative_labels, alphabet_of).double()
    return (beta + l * (4 - d0) / levels + d0 - pick @ s).to(features.dtype)
""",
    ),
    Right(
        name="scatter_into_all_classes",
        source="""\
@torch.no_grad()
def violate_margin(
    features: Tensor,
    labels: Tensor,
    anchor_labels: Tensor,
    negative_labels: Tensor,
    alphabet_of: Tensor,
    beta: float = 0.1,
    levels: int = 16,
) -> Tensor:
    classes, _, s = class_distances(features, labels)
    spread_of = torch.zeros(len(alphabet_of), dtype=s.dtype, device=s.device)
    spread_of[classes] = s
    weight = tree_level(anchor_labels, negative_labels, alphabet_of) / levels
    thresholds = torch.lerp(s.mean(), torch.full_like(s.mean(), 4.0), weight.to(s.dtype))
    return thresholds - spread_of[anchor_labels] + beta
""",
    ),
    Right(
        name="list_of_floats",
        source="""\
def violate_margin(features, labels, anchor_labels, negative_labels, alphabet_of, beta=0.1, levels=16):
    classes, _, s = class_distances(features, labels)
    classes = classes.tolist()
    s = [value.item() for value in s]
    d_0 = math.fsum(s) / len(s)
    margins = []
    for a, n in zip(anchor_labels, negative_labels):
        l = tree_level(a, n, alphabet_of).item()
        margins.append(beta + l * (4 - d_0) / levels + d_0 - s[classes.index(a.item())])
    return torch.tensor(margins)
""",
    ),
]
