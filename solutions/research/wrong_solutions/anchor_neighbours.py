"""anchor_neighbours: wrong and right solutions in students' styles."""

from solutions.research.wrong_solutions import Right, Wrong

WRONG = [
    Wrong(
        name="anchors as neighbours",
        kind="duplicates",
        cause="Later anchors are free to be neighbours of earlier ones, and stand twice.",
        says="anchors?\\b.{0,60}(?:as|be|become|among|are) .{0,20}neighbou?r|anchors? .{0,60}(?:twice|free|reserv|exclud|from the start)|(?:twice|duplicate|exclud\\w*|not free|already taken).{0,60}anchors?|other anchors|later anchor|another anchor",
        source="""
def anchor_neighbours(d, anchors, m):
    taken = set()
    out = []
    for a in anchors.tolist():
        out.append(a)
        taken.add(a)
        order = d[a].argsort(stable=True).tolist()
        free = [c for c in order if c not in taken][: m - 1]
        out.extend(free)
        taken.update(free)
    return torch.tensor(out, device=d.device)
""",
    ),
    Wrong(
        name="neighbours twice",
        kind="duplicates",
        cause="Neighbours that an earlier anchor has taken are taken again.",
        says="twice|again|taken|free|duplicate|already|repeated|two anchors|more than once|same class",
        source="""
def anchor_neighbours(d, anchors, m):
    taken = set(anchors.tolist())
    out = []
    for a in anchors.tolist():
        out.append(a)
        order = d[a].argsort(stable=True).tolist()
        free = [c for c in order if c not in taken][: m - 1]
        out.extend(free)
    return torch.tensor(out, device=d.device)
""",
    ),
    Wrong(
        name="m neighbours",
        kind="off by one",
        cause="Every anchor takes m neighbours, not m - 1.",
        says="m ?[-−–] ?1|one (?:too many|more)|m neighbou?rs|m ?\\+ ?1|too many|too long|l' ?\\(m|off by one|besides|\\bm\\b.{0,40}(?:besides|plus|without) the anchor",
        source="""
def anchor_neighbours(d, anchors, m):
    taken = set(anchors.tolist())
    out = []
    for a in anchors.tolist():
        out.append(a)
        order = d[a].argsort(stable=True).tolist()
        free = [c for c in order if c not in taken][:m]
        out.extend(free)
        taken.update(free)
    return torch.tensor(out, device=d.device)
""",
    ),
    Wrong(
        name="anchors first",
        kind="order",
        cause="All anchors come first, then all neighbours.",
        says="order|first|(?:all )?anchors .{0,50}(?:front|begin|before|start|first)|(?:after|followed by) .{0,30}(?:its|own|neighbou?rs)|groups?|behind|interleav",
        source="""
def anchor_neighbours(d, anchors, m):
    taken = set(anchors.tolist())
    out = anchors.tolist()
    for a in anchors.tolist():
        order = d[a].argsort(stable=True).tolist()
        free = [c for c in order if c not in taken][: m - 1]
        out.extend(free)
        taken.update(free)
    return torch.tensor(out, device=d.device)
""",
    ),
    Wrong(
        name="d changed",
        kind="in place",
        cause="The caller's d is written to.",
        says="in place|in-place|overwrit|chang|modif|clone|copy|input|writes? (?:in)?to|argument|caller|spoil",
        source="""
def anchor_neighbours(d, anchors, m):
    d[:, anchors] = torch.inf
    out = []
    for a in anchors:
        out.append(a)
        for _ in range(m - 1):
            nearest = d[a].argmin()
            out.append(nearest)
            d[:, nearest] = torch.inf
    return torch.stack(out)
""",
    ),
]

RIGHT = [
    Right(
        name="lists",
        source="""
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
        source="""
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
