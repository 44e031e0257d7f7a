"""tree_level: wrong and right solutions."""

from wrong_solutions import Right, Wrong

WRONG = [
    Wrong(
        name="no_level_zero",
        kind="dropped case",
        cause="There is no level 0, the same character gets 1.",
        says=r"(no|missing|without) (level )?(0|zero)\b|same (character|class)|(level )?(0|zero) (is )?(missing|never|not)|class\w* with itself|level 0",
        source="""\
def tree_level(class_a: Tensor, class_b: Tensor, alphabet_of: Tensor) -> Tensor:
    return torch.where(alphabet_of[class_a] == alphabet_of[class_b], 1, 2)
""",
    ),
    Wrong(
        name="no_alphabet",
        kind="dropped case",
        cause="Level 1 is missing: two characters of one alphabet get 2.",
        says=r"level 1|(no|missing|never) .{0,15}\b1\b|\b1 (is )?(missing|never)|(one|same|an|share\w* .{0,5}) ?alphabet|alphabet\w* (is|are) (not|ignored|unused|never)",
        source="""\
def tree_level(class_a: Tensor, class_b: Tensor, alphabet_of: Tensor) -> Tensor:
    return (class_a != class_b).long() * 2
""",
    ),
    Wrong(
        name="levels_exchanged",
        kind="swapped",
        cause="Levels 1 and 2 are exchanged.",
        says=r"exchang|swap|levels? (1 and 2|2 and 1)|(same|one) alphabet|different alphabet|interchang|mixed up|wrong way",
        source="""\
def tree_level(class_a: Tensor, class_b: Tensor, alphabet_of: Tensor) -> Tensor:
    out = (alphabet_of[class_a] == alphabet_of[class_b]).long() + 1
    out[class_a == class_b] = 0
    return out
""",
    ),
    Wrong(
        name="whole_reversed",
        kind="reversed",
        cause="The levels are counted from the root: 2 for the same character and 0 for different alphabets.",
        says=r"revers|upside|from the root|\bdepth|0 and 2|2 and 0|wrong (way|end)|2 ?(-|−|minus)|(2|two) for the same|swap|exchang",
        source="""\
def tree_level(class_a: Tensor, class_b: Tensor, alphabet_of: Tensor) -> Tensor:
    same_char = (class_a == class_b).int()
    same_alph = (alphabet_of[class_a] == alphabet_of[class_b]).int()
    return (same_char + same_alph).long()
""",
    ),
    Wrong(
        name="booleans",
        kind="dtype",
        cause="It returns booleans instead of 0, 1 and 2.",
        says=r"bool|dtype|LongTensor|True\b",
        source="""\
def tree_level(class_a: Tensor, class_b: Tensor, alphabet_of: Tensor) -> Tensor:
    return (class_a != class_b) | (alphabet_of[class_a] != alphabet_of[class_b])
""",
    ),
    Wrong(
        name="float_levels",
        kind="dtype",
        cause="It returns floats instead of a LongTensor.",
        says=r"float|dtype|LongTensor|int64",
        source="""\
def tree_level(class_a: Tensor, class_b: Tensor, alphabet_of: Tensor) -> Tensor:
    level = torch.full(class_a.shape, 2.0)
    level[alphabet_of[class_a] == alphabet_of[class_b]] = 1.0
    level[class_a == class_b] = 0.0
    return level
""",
    ),
    Wrong(
        name="one_dimensional_loop",
        kind="shape",
        cause="The loop assumes 1-D tensors, and fails for others.",
        says=r"shape|\b1-?D|\b2-?D|dimension|scalar|matri|ambiguous",
        source="""\
def tree_level(class_a: Tensor, class_b: Tensor, alphabet_of: Tensor) -> Tensor:
    result = torch.zeros(len(class_a), dtype=torch.long)
    for i, (a, b) in enumerate(zip(class_a, class_b)):
        if a == b:
            result[i] = 0
        elif alphabet_of[a] == alphabet_of[b]:
            result[i] = 1
        else:
            result[i] = 2
    return result
""",
    ),
    Wrong(
        name="flattened",
        kind="shape",
        cause="The result is flattened, its shape is not that of the input.",
        says=r"shape|flat|1-?D|2-?D|dimension",
        source="""\
def tree_level(class_a: Tensor, class_b: Tensor, alphabet_of: Tensor) -> Tensor:
    pairs = zip(class_a.flatten().tolist(), class_b.flatten().tolist())
    return torch.tensor([0 if a == b else 1 if alphabet_of[a] == alphabet_of[b] else 2 for a, b in pairs])
""",
    ),
    Wrong(
        name="if_on_tensor",
        kind="raises",
        cause="`if` on a tensor of several elements raises.",
        says=r"\bif\b|ambiguous|more than one (value|element)|several elements|RuntimeError|element-?wise|one by one|Boolean value",
        source="""\
def tree_level(class_a: Tensor, class_b: Tensor, alphabet_of: Tensor) -> Tensor:
    if class_a == class_b:
        return 0
    elif alphabet_of[class_a] == alphabet_of[class_b]:
        return 1
    return 2
""",
    ),
    Wrong(
        name="alphabet_with_class",
        kind="typo",
        cause="The alphabet of class_a is compared with class_b itself, not with its alphabet.",
        says=r"alphabet\w* .{0,40}(itself|class_b|looked up|not its|number of the class|with (a|the) class)|class_b.{0,30}(itself|alphabet|looked)|alphabet_of\[class_b\]|compar\w+ .{0,30}alphabet|alphabets? .{0,30}compar",
        source="""\
def tree_level(class_a: Tensor, class_b: Tensor, alphabet_of: Tensor) -> Tensor:
    level = 2 * torch.ones_like(class_a)
    level = torch.where(alphabet_of[class_a] == class_b, torch.ones_like(level), level)
    return torch.where(class_a == class_b, torch.zeros_like(level), level)
""",
    ),
    Wrong(
        name="alphabet_overrides",
        kind="order of cases",
        cause="The case of the same alphabet comes last and overrides the same character, which gets 1.",
        says=r"overrid|overwr|(same|one) (character|class)\b.{0,40}(\b1\b|0|last|after|level)|order of|last|level 0",
        source="""\
def tree_level(class_a: Tensor, class_b: Tensor, alphabet_of: Tensor) -> Tensor:
    levels = torch.full_like(class_b, 2)
    levels[class_a == class_b] = 0
    levels[alphabet_of[class_a] == alphabet_of[class_b]] = 1
    return levels
""",
    ),
    Wrong(
        name="starts_at_one",
        kind="off by one",
        cause="Levels are counted from 1 to 3 instead of from 0 to 2.",
        says=r"one too (many|high|large)|too (high|large)|from 1\b|off by one|1, 2 (and|or|,) 3|\b1 to 3|\b3\b|shifted|\+ ?1|plus (1|one)",
        source="""\
def tree_level(class_a: Tensor, class_b: Tensor, alphabet_of: Tensor) -> Tensor:
    chain = [class_a != class_b, alphabet_of[class_a] != alphabet_of[class_b]]
    return 1 + sum(step.long() for step in chain)
""",
    ),
    Wrong(
        name="changes_input",
        kind="in-place",
        cause="It writes the levels into class_a, which changes the caller's tensor.",
        says=r"in.?place|input|caller|overwr\w* class_a|changes? (its|the|class_a)|modif|argument|writes? .{0,25}class_a",
        source="""\
def tree_level(class_a: Tensor, class_b: Tensor, alphabet_of: Tensor) -> Tensor:
    same = class_a == class_b
    related = alphabet_of[class_a] == alphabet_of[class_b]
    level = class_a
    level[:] = 2
    level[related] = 1
    level[same] = 0
    return level
""",
    ),
    Wrong(
        name="difference_of_alphabets",
        kind="wrong formula",
        cause="It adds the difference of the alphabets' numbers, not whether they differ.",
        says=r"differences? of|subtract|\babs\b|absolute|minus|number of the alphabet|alphabets?.? numbers|larger than 2|more than 2|whether",
        source="""\
def tree_level(class_a: Tensor, class_b: Tensor, alphabet_of: Tensor) -> Tensor:
    return (class_a != class_b).long() + (alphabet_of[class_a] - alphabet_of[class_b]).abs()
""",
    ),
    Wrong(
        name="two_float_and_zero",
        kind="two faults",
        cause="Same characters get 1 instead of 0, and the result is float.",
        says=r"float|dtype|LongTensor|same (character|class)|level 0",
        source="""\
def tree_level(class_a: Tensor, class_b: Tensor, alphabet_of: Tensor) -> Tensor:
    return 2 - (alphabet_of[class_a] == alphabet_of[class_b]).float()
""",
    ),
]

RIGHT = [
    Right(
        name="where_where",
        source="""\
def tree_level(class_a: Tensor, class_b: Tensor, alphabet_of: Tensor) -> Tensor:
    same_alphabet = alphabet_of[class_a] == alphabet_of[class_b]
    return torch.where(class_a == class_b, 0, torch.where(same_alphabet, 1, 2))
""",
    ),
    Right(
        name="sum_of_differences",
        source="""\
def tree_level(class_a: Tensor, class_b: Tensor, alphabet_of: Tensor) -> Tensor:
    return (class_a != class_b).long() + (alphabet_of[class_a] != alphabet_of[class_b]).long()
""",
    ),
    Right(
        name="flat_loop",
        source="""\
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
        source="""\
def tree_level(class_a, class_b, alphabet_of):
    level = torch.full_like(class_a, 2)
    level[alphabet_of[class_a] == alphabet_of[class_b]] = 1
    level[class_a == class_b] = 0
    return level
""",
    ),
    Right(
        name="lookup_table",
        source="""\
def tree_level(class_a: Tensor, class_b: Tensor, alphabet_of: Tensor) -> Tensor:
    table = 2 - (alphabet_of[:, None] == alphabet_of[None, :]).int()
    table.fill_diagonal_(0)
    return table[class_a, class_b].to(torch.int64)
""",
    ),
    Right(
        name="two_minus",
        source="""\
def tree_level(class_a: Tensor, class_b: Tensor, alphabet_of: Tensor) -> Tensor:
    together = torch.stack([class_a == class_b, alphabet_of.take(class_a).eq(alphabet_of.take(class_b))])
    return 2 - together.sum(dim=0)
""",
    ),
]
