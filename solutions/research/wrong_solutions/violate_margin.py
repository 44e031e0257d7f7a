"""violate_margin: wrong and right solutions in students' styles."""

from solutions.research.wrong_solutions import Right, Wrong

WRONG = [
    Wrong(
        name="s added",
        kind="sign",
        cause="s of the anchor's class is added, not subtracted.",
        says="(?:(?<!['’])\\bs\\b|s_|spread).{0,60}(?:\\badd(?:ed|s|ing)\\b|\\bsign\\b|plus|\\+ ?s|not subtracted|instead of (?:being )?subtract|positive sign)|(?:\\badd(?:ed|s|ing)\\b|\\bsign\\b|plus|\\+ ?s|not subtracted|instead of (?:being )?subtract|positive sign).{0,60}(?:(?<!['’])\\bs\\b|s_|spread)",
        source="""
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
        classes, d, s = class_distances(features, labels)
        d_0 = s.mean()
        level = tree_level(anchor_labels, negative_labels, alphabet_of)
        d_l = level * (4 - d_0) / levels + d_0
        s_a = s[torch.searchsorted(classes, anchor_labels)]
        return beta + d_l + s_a
""",
    ),
    Wrong(
        name="s missing",
        kind="term dropped",
        cause="s of the anchor's class is not subtracted.",
        says="(?:(?<!['’])\\bs\\b|s_\\S*|spread)[^.;]{0,50}(?:missing|left out|not subtracted|dropp|forg|omit|ignor|never|absent|lack|not used|unused)|(?:without|\\bno|missing|lacks?|forg\\w+|omit\\w*|ignor\\w*|leaves? out|drops?|not subtract\\w*)\\b.{0,25}(?:(?<!['’])\\bs\\b|s_|spread)",
        source="""
@torch.no_grad()
def violate_margin(features, labels, anchor_labels, negative_labels, alphabet_of, beta=0.1, levels=16):
    classes, d, spread = class_distances(features, labels)
    start = spread.sum() / len(classes)
    thresholds = start + torch.arange(levels + 1, device=features.device) * (4 - start) / levels
    which = (anchor_labels[:, None] == classes[None, :]).to(spread.dtype)  # [T, P]
    own = (which * spread).sum(1)
    l = tree_level(anchor_labels, negative_labels, alphabet_of)
    return beta + thresholds[l]
""",
    ),
    Wrong(
        name="s of the negative",
        kind="wrong class",
        cause="The spread is that of the negative's class.",
        says="(?:(?<!['’])\\bs\\b|s_|spread).{0,90}(?:negative(?:['’]s|s['’]| class|_labels)|class of the negative|y_\\{?n|s_n\\b|wrong class|columns?)|(?:negative(?:['’]s|s['’]| class|_labels)|class of the negative|y_\\{?n|s_n\\b|wrong class|columns?).{0,90}(?:(?<!['’])\\bs\\b|s_|spread)",
        source="""
def violate_margin(features, labels, anchor_labels, negative_labels, alphabet_of, beta=0.1, levels=16):
    classes, _, s = class_distances(features.detach(), labels)
    d0 = s.mean()
    row = {c: i for i, c in enumerate(classes.tolist())}
    lev = tree_level(anchor_labels, negative_labels, alphabet_of)
    margins = torch.zeros(len(anchor_labels), dtype=features.dtype, device=features.device)
    for t in range(len(anchor_labels)):
        l = lev[t]
        thr = l * (4 - d0) / levels + d0
        margins[t] = beta + thr - s[row[negative_labels[t].item()]]
    return margins
""",
    ),
    Wrong(
        name="beta fixed",
        kind="parameter",
        cause="beta is always 0.1, whatever is given.",
        says="(?:β|beta).{0,60}(?:0\\.1|fixed|given|param|ignor|default|not used|whatever|argument|passed|constant|unused|hard)|(?:0\\.1|fixed|given|param|ignor|default|not used|whatever|argument|passed|constant|unused|hard).{0,60}(?:β|beta)",
        source="""
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
        classes, d, s = class_distances(features, labels)
        d_0 = s.mean()
        level = tree_level(anchor_labels, negative_labels, alphabet_of)
        d_l = level * (4 - d_0) / levels + d_0
        s_a = s[torch.searchsorted(classes, anchor_labels)]
        return 0.1 + d_l - s_a
""",
    ),
    Wrong(
        name="levels fixed",
        kind="parameter",
        cause="L is always 16, the parameter levels is not used.",
        says="\\b16\\b|(?:(?-i:\\bL\\b)|levels\\b).{0,60}(?:param|argument|not used|ignor|given|fixed|passed|constant|hard|default|unused)|(?:ignor|fixed|hard)\\w* .{0,30}(?:(?-i:\\bL\\b)|levels)|number of levels",
        source="""
def violate_margin(features, labels, anchor_labels, negative_labels, alphabet_of, beta=0.1, levels=16):
    classes, _, s = class_distances(features.detach(), labels)
    d0 = s.mean()
    row = {c: i for i, c in enumerate(classes.tolist())}
    lev = tree_level(anchor_labels, negative_labels, alphabet_of)
    margins = torch.zeros(len(anchor_labels), dtype=features.dtype, device=features.device)
    for t in range(len(anchor_labels)):
        l = lev[t]
        thr = l * (4 - d0) / 16 + d0
        margins[t] = beta + thr - s[row[anchor_labels[t].item()]]
    return margins
""",
    ),
    Wrong(
        name="d_0 not added",
        kind="term dropped",
        cause="d_l lacks + d_0: it climbs from 0.",
        says="(?:d_?_?0|d₀|start|threshold|d_l).{0,110}(?:missing|left out|not added|dropp|forg|omit|without|lack|\\+ ?d_?0|start\\w* (?:from|at)|from 0|zero|no longer|never|again|only once|not used)|(?:missing|left out|not added|dropp|forg|omit|without|lack|\\+ ?d_?0|start\\w* (?:from|at)|from 0|zero|no longer|never|again|only once|not used).{0,110}(?:d_?_?0|d₀|start|threshold|d_l)",
        source="""
def violate_margin(features, labels, anchor_labels, negative_labels, alphabet_of, beta=0.1, levels=16):
    classes, _, s = class_distances(features, labels)
    d0 = s.mean()
    l = tree_level(anchor_labels, negative_labels, alphabet_of).float()
    dl = l * (4 - d0) / levels
    idx = [int((classes == a).nonzero()) for a in anchor_labels]
    return (beta + dl - s[idx]).detach()
""",
    ),
    Wrong(
        name="4 not less d_0",
        kind="formula",
        cause="l · 4 / L instead of l (4 - d_0) / L.",
        says="4 ?[-−–] ?d_?\\{?_?0|4 ?[·*×]? ?l\\b|l ?[·*×]? ?4\\b|d_?\\{?_?0.{0,40}(?:subtracted|from (?:the )?4)|(?:beyond|above|exceed\\w*|more than) 4|from 4\\b|less d_?0|4 ?/ ?(?-i:L)",
        source="""
def violate_margin(features, labels, anchor_labels, negative_labels, alphabet_of, beta=0.1, levels=16):
    classes, d, s = class_distances(features, labels)
    s_full = torch.zeros(len(alphabet_of), dtype=s.dtype, device=s.device)
    s_full[classes] = s
    d_0 = torch.mean(s)
    same = alphabet_of[anchor_labels] == alphabet_of[negative_labels]
    level = torch.where(anchor_labels == negative_labels, 0, torch.where(same, 1, 2))
    alpha = beta + level * 4.0 / levels + d_0 - s_full[anchor_labels]
    return alpha.detach()
""",
    ),
    Wrong(
        name="labels as rows of s",
        kind="index",
        cause="s is indexed by the label, not by its row in classes.",
        says="index\\w* .{0,40}(?:by|with) (?:the )?(?:labels?|class)|labels? .{0,60}(?:as|for) (?:an? )?(?:rows?|ind|positions?)|\\bgaps?\\b|row of (?:the )?(?:label|class)|s\\[(?:label|anchor|y)|consecutive|0\\s*(?:,|to|\\.\\.|…|-|–)\\s*(?:1, ?)?(?-i:P|n_|C)|position|rows? .{0,40}(?:in classes|labels?\\b)|spread of another class|labels? .{0,40}(?:row|position)",
        source="""
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
        classes, d, s = class_distances(features, labels)
        d_0 = s.mean()
        level = tree_level(anchor_labels, negative_labels, alphabet_of)
        d_l = level * (4 - d_0) / levels + d_0
        s_a = s[anchor_labels]
        return beta + d_l - s_a
""",
    ),
    Wrong(
        name="gradient through s",
        kind="gradient",
        cause="The margin is not detached: gradient flows through s and d_0.",
        says="gradient|detach|no_grad|constant|requires_grad|backprop|differentiat",
        source="""
def violate_margin(features, labels, anchor_labels, negative_labels, alphabet_of, beta=0.1, levels=16):
    classes, d, s = class_distances(features, labels)
    s_full = torch.zeros(len(alphabet_of), dtype=s.dtype, device=s.device)
    s_full[classes] = s
    d_0 = torch.mean(s)
    same = alphabet_of[anchor_labels] == alphabet_of[negative_labels]
    level = torch.where(anchor_labels == negative_labels, 0, torch.where(same, 1, 2))
    alpha = beta + level * (4.0 - d_0) / levels + d_0 - s_full[anchor_labels]
    return alpha
""",
    ),
    Wrong(
        name="gradient through d_0",
        kind="gradient",
        cause="s is detached, but d_0 still carries a gradient.",
        says="gradient|detach|no_grad|requires_grad|backprop|differentiat",
        source="""
def violate_margin(features, labels, anchor_labels, negative_labels, alphabet_of, beta=0.1, levels=16):
    classes, d, s = class_distances(features, labels)
    d_0 = s.mean()
    s = s.detach()
    level = tree_level(anchor_labels, negative_labels, alphabet_of)
    threshold = d_0 + level * (4 - d_0) / levels
    return beta + threshold - s[torch.searchsorted(classes, anchor_labels)]
""",
    ),
    Wrong(
        name="not below zero",
        kind="clamp",
        cause="The margin is cut off at 0; it may be negative.",
        says="negative margin|margin.{0,60}(?:below (?:0|zero)|clamp|cut|max\\(|hinge|relu|negative|at least (?:0|zero))|(?:clamp|cut off|max\\(|hinge|relu).{0,60}margin|(?:may|can|could|should|must|never|not) be (?:below (?:0|zero)|negative)|non-?negative|(?:cut|clamp|clipp?ed|stop\\w*|limited|bounded)\\b.{0,20}(?:0|zero)|max\\(",
        source="""
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
        classes, d, s = class_distances(features, labels)
        d_0 = s.mean()
        level = tree_level(anchor_labels, negative_labels, alphabet_of)
        d_l = level * (4 - d_0) / levels + d_0
        s_a = s[torch.searchsorted(classes, anchor_labels)]
        return (beta + d_l - s_a).clamp(min=0)
""",
    ),
    Wrong(
        name="d_0 from d",
        kind="wrong d_0",
        cause="d_0 is the mean of all class distances, not of the spreads.",
        says="(?:d_?\\{?_?0|d₀).{0,110}(?:(?:mean|averag\\w*) (?:\\w+ )*(?:of|over) (?:all |the )*(?:entries of )?d\\b|class distances?|d\\(p, ?q\\)|distances? (?:of|between) |instead of (?:the )?(?:s\\b|spreads?)|not (?:the )?(?:mean )?(?:of )?(?:the )?(?:s\\b|spreads?)|all pairs|matrix|mean distance|of d\\b|entries)|(?:(?:mean|averag\\w*) (?:\\w+ )*(?:of|over) (?:all |the )*(?:entries of )?d\\b|class distances?|d\\(p, ?q\\)|distances? (?:of|between) |instead of (?:the )?(?:s\\b|spreads?)|not (?:the )?(?:mean )?(?:of )?(?:the )?(?:s\\b|spreads?)|all pairs|matrix|mean distance|of d\\b|entries).{0,110}(?:d_?\\{?_?0|d₀)",
        source="""
def violate_margin(features, labels, anchor_labels, negative_labels, alphabet_of, beta=0.1, levels=16):
    classes, d, s = class_distances(features.detach(), labels)
    d0 = d.mean()
    row = {c: i for i, c in enumerate(classes.tolist())}
    lev = tree_level(anchor_labels, negative_labels, alphabet_of)
    margins = torch.zeros(len(anchor_labels), dtype=features.dtype, device=features.device)
    for t in range(len(anchor_labels)):
        l = lev[t]
        thr = l * (4 - d0) / levels + d0
        margins[t] = beta + thr - s[row[anchor_labels[t].item()]]
    return margins
""",
    ),
    Wrong(
        name="d_0 weighted",
        kind="wrong d_0",
        cause="d_0 weights classes by their number of samples (mean over rows of the batch or of triplets).",
        says="(?:d_?\\{?_?0|d₀).{0,110}(?:weigh|per (?:sample|row|picture|triplet)|over (?:the |all )*(?:samples|rows|pictures|triplets|anchors)|of (?:the )?(?:triplets|anchors)|as often|anchors?['’]|sizes?\\b|several times|each class (?:once|equally)|triplets?)|(?:weigh|per (?:sample|row|picture|triplet)|over (?:the |all )*(?:samples|rows|pictures|triplets|anchors)|of (?:the )?(?:triplets|anchors)|as often|anchors?['’]|sizes?\\b|several times|each class (?:once|equally)|triplets?).{0,110}(?:d_?\\{?_?0|d₀)",
        source="""
def violate_margin(features, labels, anchor_labels, negative_labels, alphabet_of, beta=0.1, levels=16):
    with torch.no_grad():
        classes, _, s = class_distances(features, labels)
        s_of = dict(zip(classes.tolist(), s))
        s_anchor = torch.stack([s_of[a] for a in anchor_labels.tolist()])
        d0 = s_anchor.mean()
        level = tree_level(anchor_labels, negative_labels, alphabet_of)
        return beta + level * (4 - d0) / levels + d0 - s_anchor
""",
    ),
    Wrong(
        name="d_0 of own class",
        kind="wrong d_0",
        cause="d_0 is the spread of the anchor's class, not the mean over classes.",
        says="(?:d_?\\{?_?0|d₀).{0,110}(?:anchor|own (?:class|spread)|s_?\\{?y|\\bits own|not averaged|instead of (?:the |a )?mean over|single class)|(?:anchor|own (?:class|spread)|s_?\\{?y|\\bits own|not averaged|instead of (?:the |a )?mean over|single class).{0,110}(?:d_?\\{?_?0|d₀)",
        source="""
def violate_margin(features, labels, anchor_labels, negative_labels, alphabet_of, beta=0.1, levels=16):
    classes, _, s = class_distances(features.detach(), labels)
    d0 = s.mean()
    row = {c: i for i, c in enumerate(classes.tolist())}
    lev = tree_level(anchor_labels, negative_labels, alphabet_of)
    margins = torch.zeros(len(anchor_labels), dtype=features.dtype, device=features.device)
    for t in range(len(anchor_labels)):
        l = lev[t]
        d0 = s[row[anchor_labels[t].item()]]
        thr = l * (4 - d0) / levels + d0
        margins[t] = beta + thr - s[row[anchor_labels[t].item()]]
    return margins
""",
    ),
    Wrong(
        name="anchor with itself",
        kind="arguments",
        cause="tree_level gets the anchor's class twice, so the level is always 0.",
        says="level.{0,60}(?:is|always|=|as|at) ?(?:always )?0(?!\\.?\\d)|level 0|with itself|to itself|twice|d_l .{0,30}(?:is|=|equals) (?:always )?d_?\\{?0|negative['’]?s? (?:class )?.{0,40}(?:not used|ignor|unused|never)|negative_labels|\\bl ?= ?0|always d_?\\{?0",
        source="""
@torch.no_grad()
def violate_margin(features, labels, anchor_labels, negative_labels, alphabet_of, beta=0.1, levels=16):
    classes, d, spread = class_distances(features, labels)
    start = spread.sum() / len(classes)
    thresholds = start + torch.arange(levels + 1, device=features.device) * (4 - start) / levels
    which = (anchor_labels[:, None] == classes[None, :]).to(spread.dtype)  # [T, P]
    own = (which * spread).sum(1)
    l = tree_level(anchor_labels, anchor_labels, alphabet_of)
    return beta + thresholds[l] - own
""",
    ),
    Wrong(
        name="distance for threshold",
        kind="formula",
        cause="d(p, q) of the two classes takes the place of the threshold d_l.",
        says="(?:threshold|d_\\{?l|level|\\bplace\\b|instead|demand).{0,110}(?:d\\(p, ?q\\)|d\\(y_?a|(?<!the mean of )(?<!all )class distances?|(?:measured|actual|mean) distances?|d\\[)|(?:d\\(p, ?q\\)|d\\(y_?a|(?<!the mean of )(?<!all )class distances?|(?:measured|actual|mean) distances?|d\\[).{0,110}(?:threshold|d_\\{?l|level|\\bplace\\b|instead|demand)",
        source="""
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
        classes, d, s = class_distances(features, labels)
        d_0 = s.mean()
        level = tree_level(anchor_labels, negative_labels, alphabet_of)
        d_l = level * (4 - d_0) / levels + d_0
        i, j = torch.searchsorted(classes, anchor_labels), torch.searchsorted(classes, negative_labels)
        d_l = d[i, j]
        s_a = s[torch.searchsorted(classes, anchor_labels)]
        return beta + d_l - s_a
""",
    ),
    Wrong(
        name="two: s added, levels - 1",
        kind="two faults",
        cause="s is added instead of subtracted, and the steps divide by L - 1.",
        says="(?:(?<!['’])\\bs\\b|s_|spread).{0,60}(?:\\badd(?:ed|s|ing)\\b|\\bsign\\b|plus|\\+ ?s|not subtracted|positive sign)|(?:\\badd(?:ed|s|ing)\\b|\\bsign\\b|plus|\\+ ?s|not subtracted|positive sign).{0,60}(?:(?<!['’])\\bs\\b|s_|spread)|(?:(?-i:\\bL\\b)|levels) ?[-−–] ?1|(?:(?-i:\\bL\\b)|levels|steps?).{0,40}(?:one (?:too|less|fewer)|too (?:few|large|small)|instead|wrong)",
        source="""
def violate_margin(features, labels, anchor_labels, negative_labels, alphabet_of, beta=0.1, levels=16):
    classes, _, s = class_distances(features.detach(), labels)
    d0 = s.mean()
    row = {c: i for i, c in enumerate(classes.tolist())}
    lev = tree_level(anchor_labels, negative_labels, alphabet_of)
    margins = torch.zeros(len(anchor_labels), dtype=features.dtype, device=features.device)
    for t in range(len(anchor_labels)):
        l = lev[t]
        thr = l * (4 - d0) / (levels - 1) + d0
        margins[t] = beta + thr + s[row[anchor_labels[t].item()]]
    return margins
""",
    ),
    Wrong(
        name="two: beta and gradient",
        kind="two faults",
        cause="beta is missing, and the margin is not detached.",
        says="β|beta|gradient|detach|no_grad|requires_grad",
        source="""
def violate_margin(features, labels, anchor_labels, negative_labels, alphabet_of, beta=0.1, levels=16):
    classes, d, s = class_distances(features, labels)
    s_full = torch.zeros(len(alphabet_of), dtype=s.dtype, device=s.device)
    s_full[classes] = s
    d_0 = torch.mean(s)
    same = alphabet_of[anchor_labels] == alphabet_of[negative_labels]
    level = torch.where(anchor_labels == negative_labels, 0, torch.where(same, 1, 2))
    alpha = level * (4.0 - d_0) / levels + d_0 - s_full[anchor_labels]
    return alpha
""",
    ),
]

RIGHT = [
    Right(
        name="no_grad",
        source="""
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
        classes, d, s = class_distances(features, labels)
        d_0 = s.mean()
        level = tree_level(anchor_labels, negative_labels, alphabet_of)
        d_l = level * (4 - d_0) / levels + d_0
        s_a = s[torch.searchsorted(classes, anchor_labels)]
        return beta + d_l - s_a
""",
    ),
    Right(
        name="loop",
        source="""
def violate_margin(features, labels, anchor_labels, negative_labels, alphabet_of, beta=0.1, levels=16):
    classes, _, s = class_distances(features.detach(), labels)
    d0 = s.mean()
    row = {c: i for i, c in enumerate(classes.tolist())}
    lev = tree_level(anchor_labels, negative_labels, alphabet_of)
    margins = torch.zeros(len(anchor_labels), dtype=features.dtype, device=features.device)
    for t in range(len(anchor_labels)):
        l = lev[t]
        thr = l * (4 - d0) / levels + d0
        margins[t] = beta + thr - s[row[anchor_labels[t].item()]]
    return margins
""",
    ),
    Right(
        name="table of thresholds",
        source="""
@torch.no_grad()
def violate_margin(features, labels, anchor_labels, negative_labels, alphabet_of, beta=0.1, levels=16):
    classes, d, spread = class_distances(features, labels)
    start = spread.sum() / len(classes)
    thresholds = start + torch.arange(levels + 1, device=features.device) * (4 - start) / levels
    which = (anchor_labels[:, None] == classes[None, :]).to(spread.dtype)  # [T, P]
    own = (which * spread).sum(1)
    l = tree_level(anchor_labels, negative_labels, alphabet_of)
    return beta + thresholds[l] - own
""",
    ),
    Right(
        name="spread table",
        source="""
def violate_margin(features, labels, anchor_labels, negative_labels, alphabet_of, beta=0.1, levels=16):
    classes, d, s = class_distances(features, labels)
    s_full = torch.zeros(len(alphabet_of), dtype=s.dtype, device=s.device)
    s_full[classes] = s
    d_0 = torch.mean(s)
    same = alphabet_of[anchor_labels] == alphabet_of[negative_labels]
    level = torch.where(anchor_labels == negative_labels, 0, torch.where(same, 1, 2))
    alpha = beta + level * (4.0 - d_0) / levels + d_0 - s_full[anchor_labels]
    return alpha.detach()
""",
    ),
    Right(
        name="torch.tensor of a list",
        source="""
def violate_margin(features, labels, anchor_labels, negative_labels, alphabet_of, beta=0.1, levels=16):
    classes, _, s = class_distances(features.detach().double(), labels)
    spread = {int(c): float(v) for c, v in zip(classes, s)}
    d0 = math.fsum(spread.values()) / len(spread)
    out = []
    for a, n in zip(anchor_labels.tolist(), negative_labels.tolist()):
        if a == n:
            l = 0
        elif int(alphabet_of[a]) == int(alphabet_of[n]):
            l = 1
        else:
            l = 2
        out.append(beta + (l * (4 - d0) / levels + d0) - spread[a])
    return torch.tensor(out, dtype=features.dtype, device=features.device)
""",
    ),
    Right(
        name="no_grad_block",
        source="""
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
        source="""
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
        source="""
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
        source="""
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
        source="""
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
        source="""
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
