"""merge_levels: wrong and right solutions."""

from wrong_solutions import Right, Wrong

WRONG = [
    Wrong(
        name="no_chains",
        kind="dropped condition",
        cause="Only the direct distance is compared with the thresholds, chains over other classes are not followed.",
        says=r"chain|direct|transitiv|step|via|through (other|a third)|indirect",
        source="""\
def merge_levels(d: Tensor, s: Tensor, levels: int = 16) -> Tensor:
    d0 = s.mean()
    H = torch.full_like(d, levels, dtype=torch.long)
    for l in range(levels - 1, -1, -1):
        H[d < l * (4 - d0) / levels + d0] = l
    H.fill_diagonal_(0)
    return H
""",
    ),
    Wrong(
        name="one_step_chains",
        kind="dropped condition",
        cause="Only chains of two steps are followed, longer ones are not.",
        says=r"chain|two steps|longer|once|transitiv|closure|repeat",
        source="""\
def merge_levels(d: Tensor, s: Tensor, levels: int = 16) -> Tensor:
    d0 = s.mean()
    H = torch.full(d.shape, levels, dtype=torch.long)
    for l in reversed(range(levels)):
        near = (d < d0 + l * (4 - d0) / levels).double()
        near.fill_diagonal_(1)
        H = torch.where(near @ near > 0, l, H)
    return H.fill_diagonal_(0)
""",
    ),
    Wrong(
        name="less_or_equal",
        kind="wrong comparison",
        cause="Classes are joined at d <= d_l instead of d < d_l.",
        says=r"<=|≤|equal|strict|exactly|boundary",
        source="""\
def merge_levels(d: Tensor, s: Tensor, levels: int = 16) -> Tensor:
    d0 = s.mean()
    H = torch.full(d.shape, levels, dtype=torch.long, device=d.device)
    for l in range(levels - 1, -1, -1):
        near = d <= l * (4 - d0) / levels + d0
        near.fill_diagonal_(True)
        reach = near.float()
        for _ in range(len(s).bit_length()):
            reach = (reach @ reach > 0).float()
        H[reach > 0] = l
    return H.fill_diagonal_(0)
""",
    ),
    Wrong(
        name="diagonal_one",
        kind="diagonal",
        cause="The diagonal is 1 instead of 0.",
        says=r"class and itself|diagonal|class with itself|H\(p, ?p\)|same class",
        source="""\
def merge_levels(d: Tensor, s: Tensor, levels: int = 16) -> Tensor:
    width = d.clone()
    for k in range(len(d)):
        width = torch.minimum(width, torch.maximum(width[:, k : k + 1], width[k : k + 1, :]))
    d0 = s.mean()
    thresholds = [l * (4 - d0) / levels + d0 for l in range(levels)]
    joined = [width < t for t in thresholds] + [torch.ones_like(width, dtype=torch.bool)]
    return torch.stack(joined).int().argmax(dim=0).fill_diagonal_(1)
""",
    ),
    Wrong(
        name="root_left_open",
        kind="dropped case",
        cause="At the last level not everything is joined, classes farther apart than the last threshold keep 0.",
        says=r"root|last level|level L|all that is left|top|farther than 4|\b4\b|unjoined|never (met|joined|merged)|stay|keep",
        source="""\
def merge_levels(d: Tensor, s: Tensor, levels: int = 16) -> Tensor:
    C = len(s)
    d0 = s.mean()
    node = list(range(C))
    H = torch.zeros(C, C, dtype=torch.long)
    for l in range(levels + 1):
        threshold = l * (4 - d0) / levels + d0
        for p in range(C):
            for q in range(C):
                if node[p] != node[q] and d[p, q] < threshold:
                    old, new = node[q], node[p]
                    for x in range(C):
                        for y in range(C):
                            if node[x] == new and node[y] == old:
                                H[x, y] = H[y, x] = l
                    node = [new if k == old else k for k in node]
    return H.to(d.device)
""",
    ),
    Wrong(
        name="thresholds_four_over_l",
        kind="wrong threshold",
        cause="The thresholds climb by 4 / L instead of (4 - d_0) / L.",
        says=r"4 ?(-|−|–) ?d_?0|4 ?/ ?L|\bsteps? (is|are|of)|thresholds? (climb|are|grow|exceed)|d_?l .{0,20}(wrong|formula)",
        source="""\
def merge_levels(d: Tensor, s: Tensor, levels: int = 16) -> Tensor:
    d0 = s.mean()
    H = torch.full(d.shape, levels, dtype=torch.long, device=d.device)
    for l in range(levels - 1, -1, -1):
        near = d < l * 4 / levels + d0
        near.fill_diagonal_(True)
        reachable = near.float()
        for _ in range(len(s).bit_length()):
            reachable = (reachable @ reachable > 0).float()
        H[reachable > 0] = l
    return H.fill_diagonal_(0)
""",
    ),
    Wrong(
        name="off_by_one",
        kind="off by one",
        cause="Levels are counted from 1, so they are one too high.",
        says=r"one too (high|large)|off by one|(start|count)\w* (at|from) [01]|too (high|large)|shift|\+ ?1",
        source="""\
def merge_levels(d: Tensor, s: Tensor, levels: int = 16) -> Tensor:
    width = d.clone()
    for k in range(len(d)):
        width = torch.minimum(width, torch.maximum(width[:, k : k + 1], width[k : k + 1, :]))
    d0 = s.mean()
    thresholds = [l * (4 - d0) / levels + d0 for l in range(levels)]
    joined = [width < t for t in thresholds] + [torch.ones_like(width, dtype=torch.bool)]
    return torch.stack(joined).int().argmax(dim=0).add(1).fill_diagonal_(0)
""",
    ),
    Wrong(
        name="complete_linkage",
        kind="wrong comparison",
        cause="Nodes are joined when all pairs of their classes are near, instead of some pair.",
        says=r"all (pairs|of|classes|their)|some pair|every pair|largest|max|complete|single|chain|any",
        source="""\
def merge_levels(d: Tensor, s: Tensor, levels: int = 16) -> Tensor:
    C, d0 = len(s), s.mean().item()
    nodes = [[c] for c in range(C)]
    H = torch.zeros(C, C, dtype=torch.long)
    for l in range(levels + 1):
        t = l * (4 - d0) / levels + d0 if l < levels else float("inf")
        merged = True
        while merged:
            merged = False
            for i in range(len(nodes)):
                for j in range(i + 1, len(nodes)):
                    if max(d[p, q].item() for p in nodes[i] for q in nodes[j]) < t:
                        for p in nodes[i]:
                            for q in nodes[j]:
                                H[p, q] = H[q, p] = l
                        nodes[i] = nodes[i] + nodes.pop(j)
                        merged = True
                        break
                if merged:
                    break
    return H
""",
    ),
]

RIGHT = [
    Right(
        name="union_find",
        source="""\
def merge_levels(d: Tensor, s: Tensor, levels: int = 16) -> Tensor:
    C = len(s)
    d0 = s.mean()
    node = list(range(C))
    H = torch.zeros(C, C, dtype=torch.long)
    for l in range(levels + 1):
        threshold = l * (4 - d0) / levels + d0
        for p in range(C):
            for q in range(C):
                if node[p] != node[q] and (l == levels or d[p, q] < threshold):
                    old, new = node[q], node[p]
                    for x in range(C):
                        for y in range(C):
                            if node[x] == new and node[y] == old:
                                H[x, y] = H[y, x] = l
                    node = [new if k == old else k for k in node]
    return H.to(d.device)
""",
    ),
    Right(
        name="matrix_closure",
        source="""\
def merge_levels(d: Tensor, s: Tensor, levels: int = 16) -> Tensor:
    d0 = s.mean()
    H = torch.full(d.shape, levels, dtype=torch.long, device=d.device)
    for l in range(levels - 1, -1, -1):
        near = d < l * (4 - d0) / levels + d0
        near.fill_diagonal_(True)
        reach = near.float()
        for _ in range(len(s).bit_length()):
            reach = (reach @ reach > 0).float()
        H[reach > 0] = l
    return H.fill_diagonal_(0)
""",
    ),
    Right(
        name="minimax_path",
        source="""\
def merge_levels(d: Tensor, s: Tensor, levels: int = 16) -> Tensor:
    width = d.clone()
    for k in range(len(d)):
        width = torch.minimum(width, torch.maximum(width[:, k : k + 1], width[k : k + 1, :]))
    d0 = s.mean()
    thresholds = [l * (4 - d0) / levels + d0 for l in range(levels)]
    joined = [width < t for t in thresholds] + [torch.ones_like(width, dtype=torch.bool)]
    return torch.stack(joined).int().argmax(dim=0).fill_diagonal_(0)
""",
    ),
]
