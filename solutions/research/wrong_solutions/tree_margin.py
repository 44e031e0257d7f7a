"""tree_margin: wrong and right solutions."""

from wrong_solutions import Right, Wrong

WRONG = [
    Wrong(
        name="columns",
        kind="transposed",
        cause="s is subtracted by columns: it is that of the negative's class instead of the anchor's.",
        says=r"column|row|transpos|negative|anchor|None|broadcast|(wrong|other) class",
        source="""\
def tree_margin(level: Tensor, s: Tensor, beta: float = 0.1, levels: int = 16) -> Tensor:
    d0 = s.mean()
    d_h = level * (4 - d0) / levels + d0
    return beta + d_h - s
""",
    ),
    Wrong(
        name="beta_dropped",
        kind="dropped term",
        cause="beta is not added.",
        says=r"beta|β|constant",
        source="""\
def tree_margin(level: Tensor, s: Tensor, beta: float = 0.1, levels: int = 16) -> Tensor:
    d0 = s.mean()
    return level * (4 - d0) / levels + d0 - s.unsqueeze(1)
""",
    ),
    Wrong(
        name="levels_from_tree",
        kind="wrong threshold",
        cause="L is taken to be the largest level that occurs instead of the parameter levels.",
        says=r"levels?\b|\bL\b|max|largest|parameter",
        source="""\
def tree_margin(level: Tensor, s: Tensor, beta: float = 0.1, levels: int = 16) -> Tensor:
    L = level.max()
    d0 = s.mean()
    thresholds = torch.arange(L + 1) * (4 - d0) / L + d0
    return beta + thresholds[level] - s.view(-1, 1)
""",
    ),
    Wrong(
        name="d0_missing",
        kind="dropped term",
        cause="d_0 is not added back to the threshold.",
        says=r"d_?0|threshold|d_?H",
        source="""\
def tree_margin(level: Tensor, s: Tensor, beta: float = 0.1, levels: int = 16) -> Tensor:
    d0 = float(sum(s)) / len(s)
    out = torch.zeros(level.shape, dtype=s.dtype)
    for p, row in enumerate(level.tolist()):
        for q, l in enumerate(row):
            out[p, q] = beta + l * (4 - d0) / levels - s[p]
    return out
""",
    ),
    Wrong(
        name="clamped",
        kind="extra step",
        cause="Margins below zero are cut off, though a margin may be negative.",
        says=r"negative|clamp|below|cut|relu|max|hinge",
        source="""\
def tree_margin(level: Tensor, s: Tensor, beta: float = 0.1, levels: int = 16) -> Tensor:
    d0 = s.mean()
    return (beta + level * (4 - d0) / levels + d0 - s[:, None]).clamp_min(0)
""",
    ),
    Wrong(
        name="d0_per_class",
        kind="wrong d_0",
        cause="The class's own spread is used in place of d_0, the mean.",
        says=r"d_?0|mean|average|own spread",
        source="""\
def tree_margin(level: Tensor, s: Tensor, beta: float = 0.1, levels: int = 16) -> Tensor:
    s = s.reshape(-1, 1)
    d = level / levels * (4 - s) + s
    return beta + d - s
""",
    ),
]

RIGHT = [
    Right(
        name="broadcast",
        source="""\
def tree_margin(level: Tensor, s: Tensor, beta: float = 0.1, levels: int = 16) -> Tensor:
    d0 = s.mean()
    return beta + level * (4 - d0) / levels + d0 - s[:, None]
""",
    ),
    Right(
        name="double_loop",
        source="""\
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
