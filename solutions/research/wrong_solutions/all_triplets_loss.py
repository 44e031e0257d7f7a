"""all_triplets_loss: wrong and right solutions."""

from wrong_solutions import Right, Wrong

WRONG = [
    Wrong(
        name="factor_half_missing",
        kind="wrong factor",
        cause="The factor 1/2 is missing.",
        says=r"half|1 ?/ ?\(?2|twice|factor|\b2\b|0\.5",
        source="""\
def all_triplets_loss(features: Tensor, labels: Tensor, margin: Tensor) -> Tensor:
    dist2 = (features[:, None] - features[None]).square().sum(-1)
    same = labels[:, None] == labels[None]
    eye = torch.eye(len(labels), dtype=torch.bool, device=features.device)
    valid = (same & ~eye)[:, :, None] & ~same[:, None, :]
    hinge = dist2[:, :, None] - dist2[:, None, :] + margin[labels][:, labels][:, None, :]
    return hinge.clamp(min=0)[valid].mean()
""",
    ),
    Wrong(
        name="anchor_as_positive",
        kind="diagonal",
        cause="The anchor itself is counted as a positive.",
        says=r"(anchor|picture) (itself|with itself)|own positive|positive of its own|diagonal|a ?=+ ?p|p ?(!=|≠) ?a|is its own",
        source="""\
def all_triplets_loss(features: Tensor, labels: Tensor, margin: Tensor) -> Tensor:
    total, count = 0, 0
    rows = torch.arange(len(labels), device=labels.device)
    for a in range(len(labels)):
        sq = (features - features[a]).pow(2).sum(1)
        pos = labels == labels[a]
        neg = labels != labels[a]
        h = F.relu(sq[pos][:, None] - (sq[neg] - margin[labels[a], labels[neg]])[None, :])
        total = total + h.sum()
        count += h.numel()
    return total / (2 * count)
""",
    ),
    Wrong(
        name="margin_transposed",
        kind="transposed",
        cause="The margin is looked up with row and column exchanged.",
        says=r"margin\[negative, anchor\]|row is the negative.s|transpos|rows? and columns?|columns? and rows?|margin\b.{0,40}(exchang|swap|order|revers)|(exchang|swap)\w* .{0,30}margin",
        source="""\
def all_triplets_loss(features: Tensor, labels: Tensor, margin: Tensor) -> Tensor:
    total, count = 0, 0
    rows = torch.arange(len(labels), device=labels.device)
    for a in range(len(labels)):
        sq = (features - features[a]).pow(2).sum(1)
        pos = (labels == labels[a]) & (rows != a)
        neg = labels != labels[a]
        h = F.relu(sq[pos][:, None] - (sq[neg] - margin[labels[neg], labels[a]])[None, :])
        total = total + h.sum()
        count += h.numel()
    return total / (2 * count)
""",
    ),
    Wrong(
        name="mean_over_active",
        kind="wrong count",
        cause="The sum is divided by the number of active triplets instead of all.",
        says=r"active|violated|non.?zero|all triplets|divi|count|number of|\bZ\b|mean over",
        source="""\
def all_triplets_loss(features: Tensor, labels: Tensor, margin: Tensor) -> Tensor:
    x2 = torch.cdist(features, features, compute_mode="donot_use_mm_for_euclid_dist").pow(2)
    eq = labels.unsqueeze(0) == labels.unsqueeze(1)
    pos = eq.clone().fill_diagonal_(False)
    a, p, n = torch.nonzero(pos.unsqueeze(2) & ~eq.unsqueeze(1), as_tuple=True)
    loss = F.relu(x2[a, p] - x2[a, n] + margin[labels[a], labels[n]])
    return 0.5 * loss.sum() / (loss > 0).sum().clamp(min=1)
""",
    ),
    Wrong(
        name="divided_by_b_cubed",
        kind="wrong count",
        cause="The mean runs over the whole [B, B, B] table instead of the Z triplets.",
        says=r"B ?(³|\^3|\*\* ?3)|\[B, B, B\]|whole|table|divi|count|\bZ\b|number of|mean over",
        source="""\
def all_triplets_loss(features: Tensor, labels: Tensor, margin: Tensor) -> Tensor:
    sq = (features[:, None] - features[None]).square().sum(-1)
    same = labels[:, None] == labels[None]
    eye = torch.eye(len(labels), dtype=torch.bool, device=features.device)
    valid = (same & ~eye)[:, :, None] & ~same[:, None, :]
    losses = sq[:, :, None] - sq[:, None, :] + margin[labels][:, labels][:, None, :]
    return (losses.clamp(min=0) * valid).mean() / 2
""",
    ),
    Wrong(
        name="plain_distances",
        kind="squares forgotten",
        cause="Plain distances are used instead of squared ones.",
        says=r"squar|plain|root|norm|cdist",
        source="""\
def all_triplets_loss(features: Tensor, labels: Tensor, margin: Tensor) -> Tensor:
    total, count = 0, 0
    rows = torch.arange(len(labels), device=labels.device)
    for a in range(len(labels)):
        dist = (features - features[a]).norm(dim=1)
        pos = (labels == labels[a]) & (rows != a)
        neg = labels != labels[a]
        h = F.relu(dist[pos][:, None] - (dist[neg] - margin[labels[a], labels[neg]])[None, :])
        total = total + h.sum()
        count += h.numel()
    return total / (2 * count)
""",
    ),
    Wrong(
        name="margin_by_position",
        kind="label as row",
        cause="The labels are turned into positions of the batch's classes before the margin is looked up, though it has a row for each of all C classes.",
        says=r"position|inverse|(has|is|with) a row for (each|every|all)|\bgaps?\b|all C\b|(class|label) numbers?|number of the class|own labels|indexed by (the )?label",
        source="""\
def all_triplets_loss(features: Tensor, labels: Tensor, margin: Tensor) -> Tensor:
    _, y = labels.unique(return_inverse=True)
    sq = (features[:, None] - features).pow(2).sum(2)
    same = y[:, None] == y
    pos = same & ~torch.eye(len(y), dtype=torch.bool)
    terms = []
    for i, j in pos.nonzero().tolist():
        neg = ~same[i]
        terms.append(torch.relu(sq[i, j] - sq[i][neg] + margin[y[i], y[neg]]))
    return torch.cat(terms).mean() / 2
""",
    ),
    Wrong(
        name="mean_of_means",
        kind="mean of means",
        cause="The means of the anchors are averaged, so that triplets of anchors with few triplets weigh more when classes differ in size.",
        says=r"mean of (the )?(mean|average)s?|average of averages|weigh|per anchor|each anchor|size|\bZ\b|averag|anchors?",
        source="""\
def all_triplets_loss(features: Tensor, labels: Tensor, margin: Tensor) -> Tensor:
    total, count = 0, 0
    rows = torch.arange(len(labels), device=labels.device)
    for a in range(len(labels)):
        sq = (features - features[a]).pow(2).sum(1)
        pos = (labels == labels[a]) & (rows != a)
        neg = labels != labels[a]
        h = F.relu(sq[pos][:, None] - (sq[neg] - margin[labels[a], labels[neg]])[None, :])
        total = total + h.mean()
        count += 1
    return total / (2 * count)
""",
    ),
    Wrong(
        name="two_half_and_hinge",
        kind="two faults",
        cause="The factor 1/2 is missing, and the margin is added outside of the hinge.",
        says=r"half|1 ?/ ?\(?2|factor|margin\b.{0,30}(outside|after)|outside of the hinge",
        source="""\
def all_triplets_loss(features: Tensor, labels: Tensor, margin: Tensor) -> Tensor:
    B = len(labels)
    diff = features.view(B, 1, -1) - features.view(1, B, -1)
    D = (diff * diff).sum(-1)
    same = labels.view(B, 1) == labels.view(1, B)
    triplet = (same & ~torch.eye(B).bool()).view(B, B, 1) & (~same).view(B, 1, B)
    hinge = torch.relu(D.view(B, B, 1) - D.view(B, 1, B)) + margin[labels][:, labels].view(B, 1, B)
    return hinge[triplet].sum() / triplet.sum()
""",
    ),
]

RIGHT = [
    Right(
        name="table",
        source="""\
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
        source="""\
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
