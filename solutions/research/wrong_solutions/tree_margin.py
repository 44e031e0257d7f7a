"""tree_margin: wrong and right solutions in students' styles."""

from solutions.research.wrong_solutions import Right, Wrong

WRONG = [
    Wrong(
        name="s of the column",
        kind="wrong class",
        cause="s is taken of the negative's class (column), not of the anchor's (row).",
        says="column|row|negative'?s|anchor'?s|s_q|s_p|transpos|broadcast",
        source="""
def tree_margin(level, s, beta=0.1, levels=16):
    d_0 = s.mean()
    d_l = level * (4 - d_0) / levels + d_0
    return beta + d_l - s
""",
    ),
    Wrong(
        name="levels from the table",
        kind="parameter",
        cause="L is the largest level in the table, not the parameter.",
        says="(?-i:\\bL\\b)|\\blevels\\b|largest|highest|number of levels",
        source="""
def tree_margin(level, s, beta=0.1, levels=16):
    d0 = s.mean()
    thr = torch.stack([l * (4 - d0) / level.max() + d0 for l in range(levels + 1)])
    return beta + thr[level] - s[:, None]
""",
    ),
    Wrong(
        name="beta missing",
        kind="term dropped",
        cause="beta is not added.",
        says="β|beta|constant (?:part|term)",
        source="""
def tree_margin(level, s, beta=0.1, levels=16):
    d0 = s.sum() / len(s)
    step = (4 - d0) / levels
    return level * step + d0 - s.unsqueeze(1)
""",
    ),
    Wrong(
        name="d_0 not added",
        kind="term dropped",
        cause="d_l lacks + d_0.",
        says="(?:d_?_?0|d₀|start|threshold|d_l|climb).{0,110}(?:missing|left out|not added|dropp|forg|omit|without|lack|\\+ ?d_?0|start\\w* (?:from|at)|from 0|zero|not used|never)|(?:missing|left out|not added|dropp|forg|omit|without|lack|\\+ ?d_?0|start\\w* (?:from|at)|from 0|zero|not used|never).{0,110}(?:d_?_?0|d₀|start|threshold|d_l|climb)",
        source="""
def tree_margin(level, s, beta=0.1, levels=16):
    C = len(s)
    d0 = s.mean()
    out = torch.zeros(C, C)
    for p in range(C):
        for q in range(C):
            out[p, q] = beta + level[p, q] * (4 - d0) / levels - s[p]
    return out
""",
    ),
]

RIGHT = [
    Right(
        name="broadcast",
        source="""
def tree_margin(level: Tensor, s: Tensor, beta: float = 0.1, levels: int = 16) -> Tensor:
    d0 = s.mean()
    return beta + level * (4 - d0) / levels + d0 - s[:, None]
""",
    ),
    Right(
        name="double_loop",
        source="""
def tree_margin(level: Tensor, s: Tensor, beta: float = 0.1, levels: int = 16) -> Tensor:
    d0 = float(sum(s)) / len(s)
    out = torch.zeros(level.shape, dtype=s.dtype)
    for p, row in enumerate(level.tolist()):
        for q, l in enumerate(row):
            out[p, q] = beta + l * (4 - d0) / levels + d0 - s[p]
    return out
""",
    ),
]
