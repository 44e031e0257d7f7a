"""merge_levels: wrong and right solutions in students' styles."""

from solutions.research.wrong_solutions import Right, Wrong

WRONG = [
    Wrong(
        name="no chains",
        kind="chains",
        cause="Only the direct distance of two classes counts, chains are not followed.",
        says="chain|direct|transitiv|through (?:a |another |other )?(?:third )?class|indirect|step|via\\b|in between",
        source="""
def merge_levels(d, s, levels=16):
    d0 = s.mean()
    thresholds = torch.arange(levels, device=d.device) * (4 - d0) / levels + d0
    H = (d.unsqueeze(-1) >= thresholds).sum(-1)
    H.fill_diagonal_(0)
    return H
""",
    ),
    Wrong(
        name="starts at level 1",
        kind="off by one",
        cause="The levels start at 1: nothing is joined at level 0.",
        says="level 0|\\b0\\b.{0,40}(?:skip|left out|missing|never|nothing|start)|start\\w* (?:at|with|from) (?:level )?1|from 1|first level|l ?= ?[01]\\b",
        source="""
def merge_levels(d, s, levels=16):
    C = d.shape[0]
    d0 = float(s.mean())
    node = list(range(C))
    H = torch.zeros(C, C, dtype=torch.long)
    for l in range(1, levels + 1):
        d_l = l * (4 - d0) / levels + d0
        for p in range(C):
            for q in range(C):
                if node[p] != node[q] and (d[p, q] < d_l or l == levels):
                    old, new = node[q], node[p]
                    left = [i for i in range(C) if node[i] == new]
                    right = [i for i in range(C) if node[i] == old]
                    for i in left:
                        for j in right:
                            H[i, j] = H[j, i] = l
                    for j in right:
                        node[j] = new
    return H.to(d.device)
""",
    ),
    Wrong(
        name="root does not join the rest",
        kind="last level",
        cause="What is still apart at level L is not joined: it stays 0.",
        says="\\broot\\b|level (?-i:L)\\b|at the last level|whatever the distance|(?:still|remain\\w*|left) (?:apart|over)|never join|not joined|farther than 4|all that is left",
        source="""
def merge_levels(d, s, levels=16):
    C = d.shape[0]
    d0 = float(s.mean())
    node = list(range(C))
    H = torch.zeros(C, C, dtype=torch.long)
    for l in range(levels + 1):
        d_l = l * (4 - d0) / levels + d0
        for p in range(C):
            for q in range(C):
                if node[p] != node[q] and (d[p, q] < d_l):
                    old, new = node[q], node[p]
                    left = [i for i in range(C) if node[i] == new]
                    right = [i for i in range(C) if node[i] == old]
                    for i in left:
                        for j in right:
                            H[i, j] = H[j, i] = l
                    for j in right:
                        node[j] = new
    return H.to(d.device)
""",
    ),
    Wrong(
        name="overwritten by later levels",
        kind="min/max",
        cause="Later levels overwrite earlier ones: H is the last level, not the lowest.",
        says="overwr|lowest|first level|last|highest|later|higher level|min|not the smallest|largest level|max|always L",
        source="""
def merge_levels(d, s, levels=16):
    C = len(s)
    d0 = s.mean()
    H = torch.full((C, C), levels, dtype=torch.long, device=d.device)
    together = torch.eye(C, dtype=torch.bool, device=d.device)
    H.fill_diagonal_(0)
    for l in range(levels):
        thr = l * (4 - d0) / levels + d0
        reach = (d < thr) | together
        for _ in range(C):
            reach = (reach.float() @ reach.float()) > 0
        H[reach] = l
        H.fill_diagonal_(0)
    return H
""",
    ),
    Wrong(
        name="d_0 from all distances",
        kind="wrong d_0",
        cause="d_0 is the mean of d, not of s.",
        says="(?:d_?_?0|d₀|start).{0,110}(?:mean (?:\\w+ )*(?:of|over) (?:all )?d\\b|distances|spread|\\bs\\b|of d\\b|diagonal|matrix)|(?:mean (?:\\w+ )*(?:of|over) (?:all )?d\\b|distances|spread|\\bs\\b|of d\\b|diagonal|matrix).{0,110}(?:d_?_?0|d₀|start)",
        source="""
def merge_levels(d, s, levels=16):
    C = len(s)
    d0 = d.mean()
    H = torch.full((C, C), levels, dtype=torch.long, device=d.device)
    together = torch.eye(C, dtype=torch.bool, device=d.device)
    H.fill_diagonal_(0)
    for l in range(levels):
        thr = l * (4 - d0) / levels + d0
        reach = (d < thr) | together
        for _ in range(C):
            reach = (reach.float() @ reach.float()) > 0
        H[reach & ~together] = l
        together = reach
    return H
""",
    ),
    Wrong(
        name="two: no chains, level 1",
        kind="two faults",
        cause="No chains, and the levels start at 1.",
        says="chain|direct|transitiv|indirect|via\\b|in between|level 0|start\\w* (?:at|with|from)|from 1|one too|off by one|first level",
        source="""
def merge_levels(d, s, levels=16):
    C = len(s)
    d0 = s.mean()
    H = torch.full((C, C), levels, device=d.device)
    for l in range(levels - 1, 0, -1):
        H[d < d0 + l * (4 - d0) / levels] = l
    for c in range(C):
        H[c, c] = 0
    return H
""",
    ),
]

RIGHT = [
    Right(
        name="union_find",
        source="""
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
        source="""
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
        source="""
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
