"""tree_level: wrong and right solutions in students' styles."""

from solutions.research.wrong_solutions import Right, Wrong

WRONG = [
    Wrong(
        name="overwritten",
        kind="order of statements",
        cause="Same alphabet is written after same character, so a class with itself gets 1.",
        says="(?:same (?:character|class)|one and the same|equal class|identical|class with itself|class_a ?==? ?class_b|level 0|own class).{0,110}(?:\\b1\\b|level 1|overwrit\\w*|never|not (?:told|checked|distinguish)|later|missing|no 0|lost|same alphabet)|(?:\\b1\\b|level 1|overwrit\\w*|never|not (?:told|checked|distinguish)|later|missing|no 0|lost|same alphabet).{0,110}(?:same (?:character|class)|one and the same|equal class|identical|class with itself|class_a ?==? ?class_b|level 0|own class)|\\b0 (?:is )?never|never .{0,10}\\b0\\b|meet at the leaf",
        source="""
def tree_level(class_a, class_b, alphabet_of):
    level = torch.full_like(class_a, 2)
    level[class_a == class_b] = 0
    level[alphabet_of[class_a] == alphabet_of[class_b]] = 1
    return level
""",
    ),
    Wrong(
        name="alphabets only",
        kind="term dropped",
        cause="The same character is not told from the same alphabet: level 1 for both.",
        says="(?:same (?:character|class)|one and the same|equal class|identical|class with itself|class_a ?==? ?class_b|level 0|own class).{0,110}(?:\\b1\\b|level 1|overwrit\\w*|never|not (?:told|checked|distinguish)|later|missing|no 0|lost|same alphabet)|(?:\\b1\\b|level 1|overwrit\\w*|never|not (?:told|checked|distinguish)|later|missing|no 0|lost|same alphabet).{0,110}(?:same (?:character|class)|one and the same|equal class|identical|class with itself|class_a ?==? ?class_b|level 0|own class)|\\b0 (?:is )?never|never .{0,10}\\b0\\b|meet at the leaf",
        source="""
def tree_level(class_a: Tensor, class_b: Tensor, alphabet_of: Tensor) -> Tensor:
    return 1 + (alphabet_of[class_a] != alphabet_of[class_b]).long()
""",
    ),
    Wrong(
        name="classes as alphabets",
        kind="wrong comparison",
        cause="The classes themselves are compared in place of their alphabets: levels 0 and 2 only.",
        says="alphabets?\\b.{0,60}(?:not (?:used|looked|compared|consulted|asked)|never|ignor|unused|left out|forg)|(?:ignor\\w*|without|forg\\w*|\\bno) .{0,40}alphabet|(?:never|\\bno) .{0,20}\\b1\\b|level 1 .{0,30}(?:never|missing|not occur)|\\b1\\b .{0,20}never|same alphabet[^,;]{0,40}\\b2\\b|(?:class|character)(?:es|s)? [^.]{0,40}(?:instead|in place|rather)|instead of (?:\\w+ )*alphabets?|0 (?:or|and) 2\\b|meet at that alphabet, level 1",
        source="""
def tree_level(class_a, class_b, alphabet_of):
    same_char = class_a == class_b
    same_alpha = class_a == class_b
    return torch.where(same_char, 0, torch.where(same_alpha, 1, 2))
""",
    ),
    Wrong(
        name="1 and 2 swapped",
        kind="wrong levels",
        cause="Levels 1 and 2 are swapped.",
        says="(?:1 and 2|2 and 1|alphabets?)[^.]{0,60}(?:swap|exchang|interchang|mixed|confus|wrong way|revers|invert|negat)|(?:swap|exchang|interchang|mixed|confus|wrong way|revers|invert|negat)[^.]{0,60}(?:1 and 2|2 and 1|alphabet)|\\b2\\b[^,;]{0,50}same alphabet|same alphabet[^,;]{0,50}\\b2\\b|(?:different|other|another|two) alphabets?[^,;]{0,50}\\b1\\b|\\b1\\b[^,;]{0,50}(?:different|other|another|two) alphabet|is 1, not 2",
        source="""
def tree_level(class_a, class_b, alphabet_of):
    same_char = class_a == class_b
    same_alpha = alphabet_of[class_a] == alphabet_of[class_b]
    return torch.where(same_char, 0, torch.where(same_alpha, 2, 1))
""",
    ),
    Wrong(
        name="depth not height",
        kind="wrong levels",
        cause="Levels are counted from the root (depth), so 2 for the same character and 0 at the root.",
        says="from the root|depth|revers|upside|opposite|2 ?[-−–] ?(?:the )?level|backward|wrong way|inver|same (?:character|class)[^,;]{0,40}\\b2\\b|\\b2\\b[^,;]{0,40}same (?:character|class)|0 and 2|2 and 0|other alphabets?[^,;]{0,30}\\b0\\b|\\b0\\b[^,;]{0,30}(?:other|different) alphabets?|similar|agree|in common",
        source="""
def tree_level(class_a, class_b, alphabet_of):
    same_alphabet = alphabet_of[class_a].eq(alphabet_of[class_b])
    return same_alphabet.long() + class_a.eq(class_b).long()
""",
    ),
    Wrong(
        name="1 2 3",
        kind="off by one",
        cause="The levels are 1, 2, 3.",
        says="off by one|one too (?:high|large|many|big)|1, ?2,? (?:and |or )?3|start\\w* (?:at|from|with) 1|too (?:high|large) by (?:one|1)|plus (?:one|1)|\\+ ?1|count\\w* from 1|by (?:one|1)\\b|instead of 0",
        source="""
def tree_level(class_a: Tensor, class_b: Tensor, alphabet_of: Tensor) -> Tensor:
    return 1 + (class_a != class_b).long() + (alphabet_of[class_a] != alphabet_of[class_b]).long()
""",
    ),
    Wrong(
        name="level 3",
        kind="wrong levels",
        cause="Different alphabets get 3, not 2.",
        says="(?<!2, )(?<!and )\\b3\\b(?!\\])|three|instead of 2|not 2\\b",
        source="""
def tree_level(class_a, class_b, alphabet_of):
    out = torch.zeros(class_a.numel(), dtype=torch.long, device=class_a.device)
    for i, (a, b) in enumerate(zip(class_a.flatten().tolist(), class_b.flatten().tolist())):
        if a == b:
            out[i] = 0
        elif alphabet_of[a] == alphabet_of[b]:
            out[i] = 1
        else:
            out[i] = 3
    return out.view(class_a.shape)
""",
    ),
    Wrong(
        name="float",
        kind="dtype",
        cause="It returns floats, not a LongTensor.",
        says="float|LongTensor|dtype|integer|int64|\\blong\\b",
        source="""
def tree_level(class_a, class_b, alphabet_of):
    level = torch.full(class_a.shape, 2.0)
    level[alphabet_of[class_a] == alphabet_of[class_b]] = 1
    level[class_a == class_b] = 0
    return level
""",
    ),
    Wrong(
        name="bool",
        kind="dtype",
        cause="It returns booleans / loses level 2 by | in place of +.",
        says="\\bbool|\\bTrue\\b|\\bFalse\\b|dtype|\\b2 (?:never|is (?:never|missing|lost))|(?:never|no) .{0,20}\\b2\\b|logical|only 0 and 1|0 or 1\\b|LongTensor",
        source="""
def tree_level(class_a, class_b, alphabet_of):
    diff_class = class_a != class_b
    diff_alphabet = alphabet_of[class_a] != alphabet_of[class_b]
    return diff_class | diff_alphabet
""",
    ),
    Wrong(
        name="if on tensors",
        kind="tensor as scalar",
        cause="if on a tensor of several values raises (works for single numbers only).",
        says="\\bif\\b|ambiguous|several|more than one|single|scalar|elementwise|element-wise|one (?:by|number|pair|value)|whole tensor|Boolean value|many",
        source="""
def tree_level(class_a, class_b, alphabet_of):
    if class_a == class_b:
        return torch.zeros_like(class_a)
    if alphabet_of[class_a] == alphabet_of[class_b]:
        return torch.ones_like(class_a)
    return torch.ones_like(class_a) * 2
""",
    ),
    Wrong(
        name="torch.equal",
        kind="tensor as scalar",
        cause="torch.equal compares whole tensors: one answer for all pairs.",
        says="torch\\.equal|whole tensors?|scalar|one (?:answer|number|level|value)|all (?:pairs|elements|of them)|elementwise|element-wise|at once|same level|pair by pair|each (?:pair|element)|per (?:pair|element)",
        source="""
def tree_level(class_a, class_b, alphabet_of):
    level = torch.full_like(class_a, 2)
    if torch.equal(class_a, class_b):
        level[:] = 0
    elif torch.equal(alphabet_of[class_a], alphabet_of[class_b]):
        level[:] = 1
    return level
""",
    ),
    Wrong(
        name="list",
        kind="return type",
        cause="It returns a Python list, not a tensor.",
        says="\\blists?\\b|not a (?:torch )?tensor|no tensor|instead of a (?:Long)?tensor|return type",
        source="""
def tree_level(class_a, class_b, alphabet_of):
    res = []
    for a, b in zip(class_a, class_b):
        if torch.all(a == b):
            res.append(0)
        elif torch.all(alphabet_of[a] == alphabet_of[b]):
            res.append(1)
        else:
            res.append(2)
    return res
""",
    ),
    Wrong(
        name="flattened",
        kind="shape",
        cause="The result is flat, whatever the shape of the input.",
        says="shape|flat|1-?D|dimension|one-dimensional|vector|reshap|2-?D|\\[C, ?C\\]|table",
        source="""
def tree_level(class_a, class_b, alphabet_of):
    out = torch.zeros(class_a.numel(), dtype=torch.long, device=class_a.device)
    for i, (a, b) in enumerate(zip(class_a.flatten().tolist(), class_b.flatten().tolist())):
        if a == b:
            out[i] = 0
        elif alphabet_of[a] == alphabet_of[b]:
            out[i] = 1
        else:
            out[i] = 2
    return out
""",
    ),
    Wrong(
        name="input changed",
        kind="in place",
        cause="The given class_a is overwritten.",
        says="in place|in-place|clone|\\bcopy|(?:class_a|inputs?|arguments?|caller|given)\\b.{0,40}(?:overwrit|chang|modif|written)|(?:chang|modif|overwrit|writes|destroy)\\w*.{0,40}(?:class_a|inputs?|arguments?|given|caller)",
        source="""
def tree_level(class_a, class_b, alphabet_of):
    same = class_a == class_b
    same_alphabet = alphabet_of[class_a] == alphabet_of[class_b]
    level = class_a
    level[:] = 2
    level[same_alphabet] = 1
    level[same] = 0
    return level
""",
    ),
    Wrong(
        name="difference of numbers",
        kind="arithmetic",
        cause="The difference of the alphabets' numbers is taken for a level.",
        says="\\bdifferences?\\b|subtract|how far|(?:more|larger|greater|higher) than 2|above 2|> ?2|beyond 2|exceed|clamp|\\babs\\b|by their numbers|\\] ?[-−–] ?alphabet_of",
        source="""
def tree_level(class_a, class_b, alphabet_of):
    gap = (alphabet_of[class_a] - alphabet_of[class_b]).abs()
    return (class_a != class_b).long() + gap
""",
    ),
    Wrong(
        name="class as alphabet number",
        kind="index",
        cause="The alphabet of class_a is compared with class_b itself, not with its alphabet.",
        says="class_b\\b.{0,60}alphabet|alphabet.{0,60}class_b|alphabets? .{0,60}(?:with|to|and) (?:a |the |its )?(?:other |second )?(?:class|character|label)\\b|(?:second|b)'?s? (?:class'?s? )?alphabet|b itself|only one (?:of the )?(?:class|alphabet)|class number .{0,40}alphabet number|not (?:its|the|b's) alphabet",
        source="""
def tree_level(class_a: Tensor, class_b: Tensor, alphabet_of: Tensor) -> Tensor:
    return (class_a != class_b).long() + (alphabet_of[class_a] != class_b).long()
""",
    ),
    Wrong(
        name="two: swapped and float",
        kind="two faults",
        cause="Levels 1 and 2 are swapped, and the result is float.",
        says="swap|exchang|interchang|revers|mixed up|wrong way|float|dtype|long|integer|\\b2\\b.{0,60}same alphabet|same alphabet.{0,60}\\b2\\b",
        source="""
def tree_level(class_a, class_b, alphabet_of):
    level = torch.ones(class_a.shape)
    level[alphabet_of[class_a] == alphabet_of[class_b]] = 2
    level[class_a == class_b] = 0
    return level
""",
    ),
]

RIGHT = [
    Right(
        name="masks",
        source="""
def tree_level(class_a, class_b, alphabet_of):
    level = torch.full_like(class_a, 2)
    level[alphabet_of[class_a] == alphabet_of[class_b]] = 1
    level[class_a == class_b] = 0
    return level
""",
    ),
    Right(
        name="sum",
        source="""
def tree_level(class_a: Tensor, class_b: Tensor, alphabet_of: Tensor) -> Tensor:
    return (class_a != class_b).long() + (alphabet_of[class_a] != alphabet_of[class_b]).long()
""",
    ),
    Right(
        name="where",
        source="""
def tree_level(class_a, class_b, alphabet_of):
    same_char = class_a == class_b
    same_alpha = alphabet_of[class_a] == alphabet_of[class_b]
    return torch.where(same_char, 0, torch.where(same_alpha, 1, 2))
""",
    ),
    Right(
        name="loop",
        source="""
def tree_level(class_a, class_b, alphabet_of):
    out = torch.zeros(class_a.numel(), dtype=torch.long, device=class_a.device)
    for i, (a, b) in enumerate(zip(class_a.flatten().tolist(), class_b.flatten().tolist())):
        if a == b:
            out[i] = 0
        elif alphabet_of[a] == alphabet_of[b]:
            out[i] = 1
        else:
            out[i] = 2
    return out.view(class_a.shape)
""",
    ),
    Right(
        name="table",
        source="""
def tree_level(class_a, class_b, alphabet_of):
    C = len(alphabet_of)
    table = 2 - (alphabet_of[:, None] == alphabet_of[None, :]).long() - torch.eye(C, dtype=torch.long, device=alphabet_of.device)
    return torch.take(table.to(class_a.device), class_a * C + class_b)
""",
    ),
    Right(
        name="where_where",
        source="""
def tree_level(class_a: Tensor, class_b: Tensor, alphabet_of: Tensor) -> Tensor:
    same_alphabet = alphabet_of[class_a] == alphabet_of[class_b]
    return torch.where(class_a == class_b, 0, torch.where(same_alphabet, 1, 2))
""",
    ),
    Right(
        name="sum_of_differences",
        source="""
def tree_level(class_a: Tensor, class_b: Tensor, alphabet_of: Tensor) -> Tensor:
    return (class_a != class_b).long() + (alphabet_of[class_a] != alphabet_of[class_b]).long()
""",
    ),
    Right(
        name="flat_loop",
        source="""
def tree_level(class_a: Tensor, class_b: Tensor, alphabet_of: Tensor) -> Tensor:
    def level(a, b):
        if a == b:
            return 0
        return 1 if alphabet[a] == alphabet[b] else 2

    alphabet = alphabet_of.tolist()
    values = [level(a, b) for a, b in zip(class_a.flatten().tolist(), class_b.flatten().tolist())]
    return torch.tensor(values, dtype=torch.long, device=class_a.device).reshape(class_a.shape)
""",
    ),
    Right(
        name="masks_in_order",
        source="""
def tree_level(class_a, class_b, alphabet_of):
    level = torch.full_like(class_a, 2)
    level[alphabet_of[class_a] == alphabet_of[class_b]] = 1
    level[class_a == class_b] = 0
    return level
""",
    ),
    Right(
        name="lookup_table",
        source="""
def tree_level(class_a: Tensor, class_b: Tensor, alphabet_of: Tensor) -> Tensor:
    table = 2 - (alphabet_of[:, None] == alphabet_of[None, :]).int()
    table.fill_diagonal_(0)
    return table[class_a, class_b].to(torch.int64)
""",
    ),
    Right(
        name="two_minus",
        source="""
def tree_level(class_a: Tensor, class_b: Tensor, alphabet_of: Tensor) -> Tensor:
    together = torch.stack([class_a == class_b, alphabet_of.take(class_a).eq(alphabet_of.take(class_b))])
    return 2 - together.sum(dim=0)
""",
    ),
]
