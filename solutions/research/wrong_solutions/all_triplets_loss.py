"""all_triplets_loss: wrong and right solutions in students' styles."""

from solutions.research.wrong_solutions import Right, Wrong

WRONG = [
    Wrong(
        name="not halved",
        kind="factor",
        cause="1 / Z, not 1 / 2Z.",
        says="half|halv|twice|2 ?Z|factor|doubl|two times|too large|1 ?/ ?2",
        source="""
def all_triplets_loss(features, labels, margin):
    d = (features[:, None] - features[None]).square().sum(-1)
    same = labels[:, None] == labels[None]
    pos = same & ~torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    alpha = margin[labels][:, labels]  # anchor x negative
    hinge = (d[:, :, None] - d[:, None, :] + alpha[:, None, :]).clamp(min=0)
    valid = pos[:, :, None] & ~same[:, None, :]
    return hinge[valid].mean()
""",
    ),
    Wrong(
        name="anchor as positive",
        kind="diagonal",
        cause="The anchor is taken as its own positive.",
        says="(?:positive|anchor|diagonal).{0,110}(?:itself|own positive|diagonal|same (?:row|sample|picture)|two different|not excluded)|(?:itself|own positive|diagonal|same (?:row|sample|picture)|two different|not excluded).{0,110}(?:positive|anchor|diagonal)|\\ba ?(?:=|≠|!=|and) ?p\\b|\\bp ?(?:=|≠|!=) ?a\\b",
        source="""
def all_triplets_loss(features, labels, margin):
    d = (features[:, None] - features[None]).square().sum(-1)
    same = labels[:, None] == labels[None]
    pos = same
    alpha = margin[labels][:, labels]  # anchor x negative
    hinge = (d[:, :, None] - d[:, None, :] + alpha[:, None, :]).clamp(min=0)
    valid = pos[:, :, None] & ~same[:, None, :]
    return hinge[valid].mean() / 2
""",
    ),
    Wrong(
        name="margin transposed",
        kind="arguments",
        cause="margin is indexed with the negative's class as row.",
        says="transpos|row|column|swap|exchang|negative'?s class|y_n|anchor'?s class",
        source="""
def all_triplets_loss(features, labels, margin):
    d = (features[:, None] - features[None]).square().sum(-1)
    same = labels[:, None] == labels[None]
    pos = same & ~torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    alpha = margin.T[labels][:, labels]  # anchor x negative
    hinge = (d[:, :, None] - d[:, None, :] + alpha[:, None, :]).clamp(min=0)
    valid = pos[:, :, None] & ~same[:, None, :]
    return hinge[valid].mean() / 2
""",
    ),
    Wrong(
        name="mean over violated",
        kind="wrong count",
        cause="The mean is over violated triplets only.",
        says="violated|active|non-?zero|greater than|above (?:0|zero)|only (?:the |those )?triplets|> ?0|(?:over|all) (?-i:Z)|triplets that violate",
        source="""
def all_triplets_loss(features, labels, margin):
    d = (features[:, None] - features[None]).square().sum(-1)
    same = labels[:, None] == labels[None]
    pos = same & ~torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    alpha = margin[labels][:, labels]  # anchor x negative
    hinge = (d[:, :, None] - d[:, None, :] + alpha[:, None, :]).clamp(min=0)
    valid = pos[:, :, None] & ~same[:, None, :]
    hinge = hinge * valid
    return hinge.sum() / (2 * (hinge > 0).sum().clamp(min=1))
""",
    ),
    Wrong(
        name="mean over the cube",
        kind="wrong count",
        cause="The mean is over all B³ entries, not over the Z triplets.",
        says="B³|B\\^3|B ?[·*×] ?B|all entries|whole (?:table|cube|tensor)|invalid|(?:over|by|all|the) (?-i:Z)\\b|not (?:a )?triplets?|number of (?:valid )?triplets|combinations|masked",
        source="""
def all_triplets_loss(features, labels, margin):
    d = (features[:, None] - features[None]).square().sum(-1)
    same = labels[:, None] == labels[None]
    pos = same & ~torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    alpha = margin[labels][:, labels]  # anchor x negative
    hinge = (d[:, :, None] - d[:, None, :] + alpha[:, None, :]).clamp(min=0)
    valid = pos[:, :, None] & ~same[:, None, :]
    return (hinge * valid).mean() / 2
""",
    ),
]

RIGHT = [
    Right(
        name="table",
        source="""
def all_triplets_loss(features: Tensor, labels: Tensor, margin: Tensor) -> Tensor:
    sq = (features[:, None] - features[None]).square().sum(-1)
    same = labels[:, None] == labels[None]
    eye = torch.eye(len(labels), dtype=torch.bool, device=features.device)
    valid = (same & ~eye)[:, :, None] & ~same[:, None, :]
    hinge = sq[:, :, None] - sq[:, None, :] + margin[labels][:, labels][:, None, :]
    return hinge.clamp(min=0)[valid].mean() / 2
""",
    ),
    Right(
        name="anchor_by_anchor",
        source="""
def all_triplets_loss(features: Tensor, labels: Tensor, margin: Tensor) -> Tensor:
    total, count = 0, 0
    rows = torch.arange(len(labels), device=labels.device)
    for a in range(len(labels)):
        sq = (features - features[a]).pow(2).sum(1)
        pos = (labels == labels[a]) & (rows != a)
        neg = labels != labels[a]
        h = F.relu(sq[pos][:, None] - (sq[neg] - margin[labels[a], labels[neg]])[None, :])
        total = total + h.sum()
        count += h.numel()
    return total / (2 * count)
""",
    ),
]
