"""What a failed case says of an answer: which output, which row or entry of it, what was given, what was expected.

Called by `grader.judge`. A hidden case quotes nothing: no number, no shape, none of the student's words.
"""

import re

import numpy as np

from grader.formatting import numbers
from grader.matching import in_order, mismatches, of_one_kind
from grader.model import FEATURES, GRADIENT, Arrays, Case, Exercise, Report, Verdict

# Mistakes that can be made in any exercise: the judge recognises them by itself.
NO_INPUT_CHECKS, CHANGES_INPUT = "no_input_checks", "changes_input_in_place"
OUTPUTS_IN_ANOTHER_ORDER = "outputs_in_another_order"
ANYWHERE = {
    CHANGES_INPUT: "What you are given belongs to others, the features to the network's graph: work on a copy, without "
    "in-place operations.",
    OUTPUTS_IN_ANOTHER_ORDER: "Whoever calls you takes the outputs by their position: return them in the order asked for.",
    NO_INPUT_CHECKS: "Check the input before you use it, and raise ValueError with a sentence that names the fault.",
}
# What Python and torch say, and what is behind it where their words do not tell.
RAISED = {
    r"expected Tensor as element \d+ .* but got (float|int)": "One of them is a plain number. max(x, 0.0) is one where x is "
    "below 0.0; torch.clamp(x, min=0) keeps a tensor.",
    r"Boolean value of Tensor with more than one value": "Python's max, min, if, and, or want one answer; entry by entry "
    "there are torch.clamp and torch.maximum, torch.where, & and |.",
    r"modified by an inplace operation": "The gradient needs a value that was overwritten in place, as by fill_diagonal_, "
    "+= or x[i] = …: use masked_fill, or change a copy, x.clone().",
    r"Can't call numpy\(\) on Tensor that requires grad": "NumPy keeps no gradient: stay with torch's functions.",
    r"tensors used as indices must be": "What is used as an index is no row number. A function with a dim, such as max, "
    "returns a pair (values, indices); a sampler's sample returns vectors, its sample_ids rows.",
    r"index -?\d+ is out of bounds": "There is no such row. A label is no row number, and a row within a class is none of "
    "the batch.",
    r"numel\(\) == 0|non-zero size": "There is nothing to choose from, as where a label is looked for that no picture has: "
    "labels are names, which need not be 0, 1, 2, ….",
    r"must be non-negative|non-negative integral": "Labels are names, which may be negative and have gaps; "
    "labels.unique(return_inverse=True) numbers the classes.",
    r"is invalid for input of size|expects each tensor to be equal size": "Classes may differ in size, so that they do not "
    "fill a table of equal parts.",
    r"The size of tensor a|shapes cannot be multiplied": "Two shapes do not fit each other. Over which dim was a mean, sum "
    "or max taken before, and where does [:, None] have to make a column?",
    r"same dtype, but got: (long|int|bool|unsigned)": "A mask or a count takes the dtype of the features first: "
    ".to(features.dtype).",
    r"could not infer output dtype": "mean needs floating-point numbers: .float() first.",
    r"(?i)float.*double|double.*float": "A tensor that your code makes has another dtype than the features: new ones "
    "take dtype=features.dtype.",
}
# What they say of a list that is used as a tensor; to compare it gives one bool.
LIST = re.compile(
    r"'(list|bool)' object|list indices|must be Tensor, not (list|bool)|got \(list|integer tensors of a single element"
)


def mistake(exercise: Exercise, name: str) -> str:
    """What to tell whoever made a known mistake; nothing where it is not known any more."""
    return exercise.target.mistakes.get(name) or ANYWHERE.get(name, "")


def explain(exercise: Exercise, verdict: Verdict) -> str | None:
    """The sentence on the recognised mistake, if one was recognised."""
    return mistake(exercise, verdict.mistake) if verdict.mistake else None


def behind(message: str) -> str:
    """What is behind the message of an exception, as a sentence to go on with; nothing where that is not known."""
    return next((f". {sentence}" for pattern, sentence in RAISED.items() if re.search(pattern, message)), "")


def list_of_labels(report: Report, verdict: Verdict) -> str | None:
    """What to say of a case whose labels are a list, if that is what it fails for: no such case passes, and those whose
    labels are a tensor all do, or raise nothing of the kind."""
    if verdict.case.hidden or not isinstance(verdict.case.inputs.get("labels"), list):
        return None
    others = [other for other in report.verdicts if not other.case.hidden and not other.case.raises]
    tensors = [other for other in others if isinstance(other.case.inputs.get("labels"), np.ndarray)]
    if any(other.passed and isinstance(other.case.inputs.get("labels"), list) for other in others):
        return None
    all_pass = tensors and all(other.passed for other in tensors)
    named = LIST.search(verdict.reason) and not any(LIST.search(other.reason) for other in tensors)
    if not all_pass and not named:
        return None
    return (
        "The labels are a plain list here: torch.as_tensor(labels, device=features.device) makes a tensor of them, and "
        "leaves a tensor as it is."
    )


def aligned(exercise: Exercise, case: Case, expected: Arrays, given: Arrays) -> Arrays:
    """`given`, its rows in the order of the expected ones where the exercise leaves the order free."""
    if not expected or not exercise.target.free_row_order:
        return given
    return in_order(exercise.target.outputs, expected, given, case.tolerance)


def difference(exercise: Exercise, case: Case, given: Arrays) -> str:
    """The first output that differs from `case.expected`, and how: in shape, in kind, or in which rows or entries."""
    for name, expected in case.expected.items():
        if given[name].shape != expected.shape:
            return _other_shape(exercise, case, name, given[name])
        if not of_one_kind(expected, given[name]):
            return _other_dtype(case, name, given[name])
    given = aligned(exercise, case, case.expected, given)
    wrong = {name: mismatches(value, given[name], case.tolerance) for name, value in case.expected.items()}
    name, *others = (name for name in wrong if wrong[name].any())
    meaning = f" {exercise.target.gradient}" if name == GRADIENT and exercise.target.gradient else ""
    if case.hidden:
        return f"Your {name} is not what was expected.{meaning}"
    first, count = _entries(exercise, name, wrong[name])
    is_, should = numbers(given[name][first]), numbers(case.expected[name][first])
    cause = _cause(name, given[name])
    also = f" Your {' and '.join(others)} {'differs' if len(others) == 1 else 'differ'}, too." if others else ""
    return f"{_subject(exercise, case, name, first)} is {is_}; expected is {should}.{count}{also}{cause}{meaning}"


def _cause(name: str, given: np.ndarray) -> str:
    if given.dtype.kind == "f" and np.isnan(given).any():
        return " NaN comes from 0/0, from ∞ − ∞, or from the gradient of a square root (or a norm) at 0."
    if name == GRADIENT and not given.any():
        return " It is 0 everywhere: the features were copied or detached on the way."
    return ""


def called(exercise: Exercise, case: Case) -> str:
    """How the student's object is called, as code."""
    return exercise.target.called or f"{exercise.target.name}({', '.join(case.inputs)})"


def other_order(exercise: Exercise, order: tuple[str, ...]) -> str:
    """The right outputs, returned in another order."""
    return f"You return the right outputs as ({', '.join(order)}); expected is ({', '.join(exercise.target.outputs)})."


def _other_shape(exercise: Exercise, case: Case, name: str, given: np.ndarray) -> str:
    meaning = "The gradient has the shape of the features." if name == GRADIENT else exercise.target.shapes
    is_, should = given.shape, case.expected[name].shape
    shapes = "not what was expected" if case.hidden else f"{is_}; expected is {should}"
    rows = name in exercise.target.points and given.dtype.kind in "iu" and not case.hidden
    also = "Yours are whole numbers: row numbers, where the vectors themselves are asked for?" if rows else ""
    return " ".join(f"The shape of your {name} is {shapes}. {meaning} {also}".split())


def _other_dtype(case: Case, name: str, given: np.ndarray) -> str:
    floating = case.expected[name].dtype.kind == "f"
    should = "floating-point numbers (see torch.Tensor.float)" if floating else "whole numbers (see torch.Tensor.long)"
    is_ = "not what was expected" if case.hidden else given.dtype
    return f"The dtype of your {name} is {is_}; expected are {should}."


def _entries(exercise: Exercise, name: str, wrong: np.ndarray) -> tuple[tuple[int, ...], str]:
    """The place of the first wrong row or entry of an output, and a sentence on how many there are, if there are more."""
    points = name in (*exercise.target.points, GRADIENT) and wrong.ndim == 2
    what = "rows" if points else "entries"
    wrong = wrong.any(axis=-1) if points else wrong
    first = tuple(int(index) for index in np.argwhere(wrong)[0])
    return first, f" {wrong.sum()} of {wrong.size} {what} are wrong." if wrong.sum() > 1 else ""


def _subject(exercise: Exercise, case: Case, name: str, place: tuple[int, ...]) -> str:
    """What stands at a place of an output, in the words of the exercise where it has some."""
    if not place:
        return f"Your {name}"
    if name == GRADIENT:
        return f"Your gradient for row {place[0]} of the {FEATURES}"
    special = exercise.target.place(case, name, place) if exercise.target.place else None
    return special or f"Entry {place[0]} of your {name}"
