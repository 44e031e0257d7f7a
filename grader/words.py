"""What a failed case says of an answer: which output, which row or pair of it, what was given, what was expected.

Called by `grader.judge`. A hidden case quotes nothing: no number, no shape, none of the student's words.
"""

from typing import Any

import numpy as np

from grader.exercises.model import Case, Exercise
from grader.matching import Arrays, aligned, misses

IN_FEATURE_SPACE = ("anchor", "positive", "negative", "gradient")  # a row of these is one point, not many entries


def difference(exercise: Exercise, case: Case, given: Arrays) -> str:
    """The first output that differs from `case.expected`, and how: in shape, in dtype, or in which rows or entries."""
    for name, expected in case.expected.items():
        if name == "keeps_gradient" and not np.array_equal(expected, given[name]):
            return "The margin still carries a gradient; expected is a constant (see torch.Tensor.detach)."
        if given[name].shape != expected.shape:
            return _other_shape(exercise, case, name, given[name])
        if given[name].dtype != expected.dtype:
            return _other_dtype(case, name, given[name])
    given = aligned(exercise, case.expected, given)
    wrong = {name: misses(value, given[name], case.tolerance) for name, value in case.expected.items()}
    name, *others = (name for name in wrong if wrong[name].any())
    if case.hidden:
        return f"Your {name} is not what was expected."
    first, count = _entries(name, wrong[name])
    is_, should = numbers(given[name][first]), numbers(case.expected[name][first])
    cause = _cause(name, given[name])
    also = f" Your {' and '.join(others)} {'differs' if len(others) == 1 else 'differ'}, too." if others else ""
    return f"{_subject(case, name, first)} is {is_}; expected is {should}.{count}{also}{cause}"


def _cause(name: str, given: np.ndarray) -> str:
    if given.dtype.kind == "f" and np.isnan(given).any():
        return " NaN comes from 0/0, from ∞ − ∞, or from the gradient of a square root (or a norm) at 0."
    if name == "gradient" and not given.any():
        return " It is 0 everywhere: the features were copied or detached on the way."
    return ""


def called(exercise: Exercise, case: Case) -> str:
    """How `grader.answer` calls the student's object, as code."""
    forms = {
        "sampler": "{}().sample(features, labels)",
        "cluster_loss": "{}(alpha)(features, labels)",
        "hierarchical_loss": "{}(sampler, alphabet_of, beta, levels)(features, labels)",
    }
    return forms.get(exercise.call, f"{{}}({', '.join(case.inputs)})").format(exercise.target)


def other_order(exercise: Exercise, order: tuple[str, ...]) -> str:
    """The right outputs, returned in another order."""
    return f"You return the right outputs as ({', '.join(order)}); expected is ({', '.join(exercise.outputs)})."


def _other_shape(exercise: Exercise, case: Case, name: str, given: np.ndarray) -> str:
    meaning = "The gradient has the shape of the features." if name == "gradient" else exercise.shapes
    is_, should = given.shape, case.expected[name].shape
    shapes = "not what was expected" if case.hidden else f"{is_}; expected is {should}"
    return f"The shape of your {name} is {shapes}. {meaning}".strip()


def _other_dtype(case: Case, name: str, given: np.ndarray) -> str:
    is_, should = given.dtype, case.expected[name].dtype
    remedy = "that of the input (see torch.Tensor.to)" if should.kind == "f" else "see torch.Tensor.long"
    dtypes = f"not what was expected: {remedy}" if case.hidden else f"{is_}; expected is {should}, {remedy}"
    return f"The dtype of your {name} is {dtypes}."


def _entries(name: str, wrong: np.ndarray) -> tuple[tuple[int, ...], str]:
    """The place of the first wrong row or entry of an output, and a sentence on how many there are, if there are more."""
    points = name in IN_FEATURE_SPACE and wrong.ndim == 2
    what = "rows" if points else "entries"
    wrong = wrong.any(axis=-1) if points else wrong
    first = tuple(int(index) for index in np.argwhere(wrong)[0])
    return first, f" {wrong.sum()} of {wrong.size} {what} are wrong." if wrong.sum() > 1 else ""


def _subject(case: Case, name: str, place: tuple[int, ...]) -> str:
    """What a place of an output stands for: the class, the pair or the triplet, where the case tells."""
    if not place:
        return f"Your {name}"
    inputs, expected, row = case.inputs, case.expected, place[0]
    if name == "gradient":
        return f"Your gradient for row {row} of the features"
    if "anchor" in expected and expected["anchor"].ndim == 1:  # rows of the batch, not points
        roles = list(expected)[: list(expected).index(name)]
        known = " and ".join(f"{role} {expected[role][row]}" for role in roles)
        return f"Your {name} of the triplet with {known}" if known else f"Entry {row} of your {name}"
    if "anchor" in expected:
        samples = zip(inputs["features"], inputs["labels"])  # the positive is one of them, and tells the class
        owners = {int(label) for sample, label in samples if np.array_equal(sample, expected["positive"][row])}
        of_class = f"class {owners.pop()}" if len(owners) == 1 else f"row {row}"
        anchor = "" if name == "anchor" else f" (anchor {numbers(expected['anchor'][row])})"
        return f"Your {name} for {of_class}{anchor}"
    if "class_a" in inputs:
        pair = f"pair {row if len(place) == 1 else place}"
        return f"Your {name} for the {pair}, classes {inputs['class_a'][place]} and {inputs['class_b'][place]},"
    if "anchor_labels" in inputs:
        anchor, negative = inputs["anchor_labels"][row], inputs["negative_labels"][row]
        return f"Your {name} for triplet {row}, its anchor of class {anchor}, its negative of class {negative},"
    if len(place) == 2:
        one, other = (expected["classes"][index] if "classes" in expected else index for index in place)
        return f"Your {name} for the classes {one} (row) and {other} (column)"
    if "classes" in expected and name != "classes":
        return f"Your {name} for class {expected['classes'][row]}"
    return f"Entry {row} of your {name}"


def number(value: Any) -> str:
    if np.asarray(value).dtype.kind != "f":
        return str(np.asarray(value).item())
    # Far from the origin six digits would hide the difference.
    return f"{float(value) + 0.0:.6g}" if abs(float(value)) < 1e5 else f"{float(value):.9g}"  # no -0


def numbers(row: np.ndarray) -> str:
    row = np.asarray(row)
    if row.ndim == 0:
        return number(row)
    shown = ", ".join(number(value) for value in row.reshape(-1)[:6])
    return f"({shown}{', …' if row.size > 6 else ''})"
