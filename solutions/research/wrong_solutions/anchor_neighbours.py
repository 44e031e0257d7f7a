"""anchor_neighbours: wrong and right solutions."""

from wrong_solutions import Right, Wrong

WRONG = [
    Wrong(
        name="anchors_not_reserved",
        kind="missing reservation",
        cause="The anchors are not taken from the start, so an anchor may become another anchor's neighbour and stand twice.",
        says=r"anchors?\b.{0,50}(from the start|reserv|another anchor.s|as neighbou?r|taken|twice|before)|(other|later) anchors?|reserv",
        source="""\
def anchor_neighbours(d: Tensor, anchors: Tensor, m: int) -> Tensor:
    taken = set()
    out = []
    for a in anchors.tolist():
        taken.add(a)
        out.append(a)
        free = [c for c in range(len(d)) if c not in taken]
        chosen = sorted(free, key=lambda c: d[a, c].item())[: m - 1]
        out += chosen
        taken |= set(chosen)
    return torch.tensor(out, device=anchors.device)
""",
    ),
    Wrong(
        name="neighbours_repeated",
        kind="missing condition",
        cause="Classes already taken by an earlier anchor are taken again.",
        says=r"twice|again|already|free|repeat|duplicat|more than once|taken",
        source="""\
def anchor_neighbours(d: Tensor, anchors: Tensor, m: int) -> Tensor:
    d = d.clone()
    d[:, anchors] = float("inf")
    near = d[anchors].argsort(dim=1, stable=True)[:, : m - 1]
    return torch.cat([anchors[:, None], near], dim=1).flatten()
""",
    ),
    Wrong(
        name="farthest",
        kind="min/max",
        cause="The farthest classes are taken instead of the nearest.",
        says=r"far|large|descend|max|nearest|revers|sign",
        source="""\
def anchor_neighbours(d: Tensor, anchors: Tensor, m: int) -> Tensor:
    taken = set(anchors.tolist())
    out = []
    for a in anchors.tolist():
        out.append(a)
        free = [c for c in range(len(d)) if c not in taken]
        chosen = sorted(free, key=lambda c: -d[a, c].item())[: m - 1]
        out += chosen
        taken |= set(chosen)
    return torch.tensor(out, device=anchors.device)
""",
    ),
    Wrong(
        name="own_column",
        kind="wrong assumption",
        cause="The anchor is assumed to be its own nearest class, but what stands on the diagonal of d need not be the smallest.",
        says=r"nearest to itself|for the anchor itself|diagonal|own nearest|(anchor|itself).{0,40}(nearest to|smallest|first|own|diagonal)|d\(a, ?a\)|assum",
        source="""\
def anchor_neighbours(d: Tensor, anchors: Tensor, m: int) -> Tensor:
    used = []
    for a in anchors.tolist():
        row = d[a].clone()
        others = [x for x in anchors.tolist() if x != a] + used
        row[others] = float("inf")
        used += torch.sort(row, stable=True).indices[:m].tolist()
    return torch.tensor(used)
""",
    ),
    Wrong(
        name="m_neighbours",
        kind="off by one",
        cause="Each anchor takes m neighbours instead of m - 1.",
        says=r"m ?(-|−) ?1|off by one|one too many|too many|shape|length|number of|m neighbou?rs",
        source="""\
def anchor_neighbours(d: Tensor, anchors: Tensor, m: int) -> Tensor:
    busy = torch.zeros(len(d), dtype=torch.bool, device=d.device)
    busy[anchors] = True
    parts = []
    for a in anchors:
        row = d[a].masked_fill(busy, torch.inf)
        nearest = torch.sort(row, stable=True).indices[:m]
        busy[nearest] = True
        parts.append(torch.cat([a.view(1), nearest]))
    return torch.cat(parts)
""",
    ),
    Wrong(
        name="two_dimensional",
        kind="shape",
        cause="It returns a table [l', m] instead of one row of l' m.",
        says=r"shape|flat|\[l|2-?D|1-?D|dimension|table|matrix",
        source="""\
def anchor_neighbours(d: Tensor, anchors: Tensor, m: int) -> Tensor:
    busy = torch.zeros(len(d), dtype=torch.bool, device=d.device)
    busy[anchors] = True
    parts = []
    for a in anchors:
        row = d[a].masked_fill(busy, torch.inf)
        nearest = torch.sort(row, stable=True).indices[: m - 1]
        busy[nearest] = True
        parts.append(torch.cat([a.view(1), nearest]))
    return torch.stack(parts)
""",
    ),
    Wrong(
        name="anchors_first",
        kind="wrong order",
        cause="All anchors come first and then all neighbours, instead of each anchor followed by its neighbours.",
        says=r"order|anchors (come |stand )?first|followed|after|position|each anchor|interleav",
        source="""\
def anchor_neighbours(d: Tensor, anchors: Tensor, m: int) -> Tensor:
    batch = anchors.tolist()
    for a in anchors.tolist():
        ranked = sorted(range(len(d)), key=lambda c: (d[a, c].item(), c))
        batch += [c for c in ranked if c not in batch][: m - 1]
    return torch.tensor(batch)
""",
    ),
    Wrong(
        name="ties_highest_first",
        kind="ties",
        cause="Of equally near classes the one with the highest number comes first.",
        says=r"\bties?\b|equal|lowest|highest|stable",
        source="""\
def anchor_neighbours(d: Tensor, anchors: Tensor, m: int) -> Tensor:
    taken = set(anchors.tolist())
    out = []
    for a in anchors.tolist():
        out.append(a)
        free = [c for c in range(len(d)) if c not in taken]
        chosen = sorted(free[::-1], key=lambda c: d[a, c].item())[: m - 1]
        out += chosen
        taken |= set(chosen)
    return torch.tensor(out, device=anchors.device)
""",
    ),
    Wrong(
        name="turns",
        kind="wrong order",
        cause="The anchors take one class each in turns, instead of each anchor all of its m - 1 before the next one.",
        says=r"turns?|round|one (class )?(each|at a time)|before the next|alternat|order|each anchor|all (of )?its",
        source="""\
def anchor_neighbours(d: Tensor, anchors: Tensor, m: int) -> Tensor:
    groups = [[a] for a in anchors.tolist()]
    taken = set(anchors.tolist())
    for _ in range(m - 1):
        for group in groups:
            free = [c for c in range(len(d)) if c not in taken]
            best = min(free, key=lambda c: d[group[0], c].item())
            group.append(best)
            taken.add(best)
    return torch.tensor([c for group in groups for c in group])
""",
    ),
]

RIGHT = [
    Right(
        name="lists",
        source="""\
def anchor_neighbours(d: Tensor, anchors: Tensor, m: int) -> Tensor:
    taken = set(anchors.tolist())
    out = []
    for a in anchors.tolist():
        out.append(a)
        free = [c for c in range(len(d)) if c not in taken]
        chosen = sorted(free, key=lambda c: d[a, c].item())[: m - 1]
        out += chosen
        taken |= set(chosen)
    return torch.tensor(out, device=anchors.device)
""",
    ),
    Right(
        name="masked_sort",
        source="""\
def anchor_neighbours(d: Tensor, anchors: Tensor, m: int) -> Tensor:
    busy = torch.zeros(len(d), dtype=torch.bool, device=d.device)
    busy[anchors] = True
    parts = []
    for a in anchors:
        row = d[a].masked_fill(busy, torch.inf)
        nearest = torch.sort(row, stable=True).indices[: m - 1]
        busy[nearest] = True
        parts.append(torch.cat([a.view(1), nearest]))
    return torch.cat(parts)
""",
    ),
]
