"""The untrusted side: runs a case's inputs through the student's object and returns what came out, as data.

It is called in the student's own session by `grader.check`, and while grading in the sandboxed kernel, where it
sees inputs only. It must never hold an expected value, and never decide whether an answer is right.
"""

import copy
import linecache
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from grader import peers, wire

MESSAGE_LIMIT = 500  # characters of a student's exception that are passed on


class NotAnAnswer(Exception):
    """The student's code returned something of the wrong kind; the message says what to return."""


def answer(
    call: str, target: Any, inputs: dict[str, Any], gradient: bool = False, again: bool = False
) -> dict[str, Any]:
    """Run one case.

    Args:
        call: a key of CALLS.
        target: the student's class or function.
        inputs: argument name -> NumPy array (handed over as a tensor) or plain value, as in `Case.inputs`.
        gradient: also return the gradient with respect to the features.
        again: use the student's object on another batch first.

    Returns:
        JSON-ready: `{"outputs": {name: wire array}, "changed": [names of inputs altered in place]}`,
        or `{"raised": {"type", "bases", "message", "line"}}`, or `{"malformed": sentence}`;
        and with each `"peers"`, the libraries that the student's code called for its work.
    """
    with peers.watch() as called:
        outcome = _answer(call, target, inputs, gradient, again)
    return {**outcome, "peers": sorted(called)}


def _answer(call: str, target: Any, inputs: dict[str, Any], gradient: bool, again: bool) -> dict[str, Any]:
    arguments = {
        name: torch.from_numpy(np.array(value)) if isinstance(value, np.ndarray) else copy.deepcopy(value)
        for name, value in inputs.items()
    }
    leaf = arguments.get("features")
    try:
        with torch.enable_grad():
            if leaf is not None:
                # A product with one keeps the values and makes a non-leaf: changing it in place is then possible,
                # as it would be for a network's output, and noticed below.
                leaf.requires_grad_(leaf.is_floating_point())
                arguments["features"] = leaf * 1
            run = CALLS[call](target, arguments)
            if again:
                run(_other_batch(arguments))
            outputs, scalar = run(arguments)
            if gradient:
                outputs["gradient"] = _gradient(scalar, leaf)
            return {
                "outputs": {name: wire.encode_tensor(value) for name, value in outputs.items()},
                "changed": [name for name, value in inputs.items() if not _same(value, arguments[name])],
            }
    except NotAnAnswer as problem:
        return {"malformed": str(problem)}
    except (Exception, SystemExit) as error:
        return {"raised": _describe(error)}


def _other_batch(arguments: dict[str, Any]) -> dict[str, Any]:
    """The same samples in reverse order, and of given triplets the first only."""
    other = {**arguments, "features": arguments["features"].detach().flip(0)}
    labels = arguments["labels"]
    other["labels"] = labels.flip(0) if isinstance(labels, torch.Tensor) else labels[::-1]
    if "ids" in arguments:
        other["ids"] = arguments["ids"][:, :1]
    return other


def _gradient(scalar: torch.Tensor, leaf: torch.Tensor) -> torch.Tensor:
    if not scalar.requires_grad:
        raise NotAnAnswer(
            "no gradient flows back to the features, so loss.backward() would fail: the result is detached"
        )
    (gradient,) = torch.autograd.grad(scalar, leaf, allow_unused=True)
    return torch.zeros_like(leaf) if gradient is None else gradient


def _same(before: Any, after: Any) -> bool:
    if isinstance(after, torch.Tensor):
        return np.array_equal(before, after.detach().numpy(), equal_nan=before.dtype.kind == "f")
    return before == after


def _describe(error: BaseException) -> dict[str, Any]:
    """The exception, of which of Python's own it is one, and the innermost line that the student wrote, none of ours."""
    ours = str(Path(__file__).parent)
    installed = ("site-packages", str(Path(torch.__file__).parent), sys.prefix)
    line = ""
    for frame in traceback.extract_tb(error.__traceback__):
        if not frame.filename.startswith(ours) and not any(part in frame.filename for part in installed):
            source = linecache.getline(frame.filename, frame.lineno or 0).strip()
            line = f"{frame.name}, line {frame.lineno}: {source}"
    try:
        message = str(error)
    except Exception:  # a student's exception class may be broken itself
        message = "(its message cannot be shown)"
    bases = [base.__name__ for base in type(error).__mro__ if base.__module__ == "builtins"]
    return {
        "type": type(error).__name__,
        "bases": bases,
        "message": message[:MESSAGE_LIMIT],
        "line": line[:MESSAGE_LIMIT],
    }


def _tensors(result: Any, names: tuple[str, ...]) -> dict[str, torch.Tensor]:
    """What the student returned, as one tensor per name.

    Raises:
        NotAnAnswer: another number of values than names, or a value that is no tensor.
    """
    values = (result,) if len(names) == 1 else result
    expected = names[0] if len(names) == 1 else f"{len(names)} values ({', '.join(names)})"
    if not isinstance(values, tuple | list) or len(values) != len(names):
        count = f"{len(values)} values" if isinstance(values, tuple | list) else f"a {type(result).__name__}"
        raise NotAnAnswer(f"your code returned {count}; expected are {expected}")
    for name, value in zip(names, values, strict=True):
        if not isinstance(value, torch.Tensor):
            raise NotAnAnswer(f"your {name} is a {type(value).__name__}; expected is a torch.Tensor")
    return dict(zip(names, values, strict=True))


Outcome = tuple[dict[str, torch.Tensor], torch.Tensor]  # the outputs, and the scalar a gradient is asked of
Run = Callable[[dict[str, Any]], Outcome]  # uses the student's object on one batch


def _sampler(target: Any, inputs: dict[str, Any]) -> Run:
    sampler = target() if isinstance(target, type) else target

    def run(inputs: dict[str, Any]) -> Outcome:
        outputs = _tensors(sampler.sample(inputs["features"], inputs["labels"]), ("anchor", "positive", "negative"))
        anchor, positive, negative = outputs.values()  # each (P, D)
        if not anchor.shape == positive.shape == negative.shape:
            shapes = ", ".join(f"{name} {tuple(value.shape)}" for name, value in outputs.items())
            raise NotAnAnswer(f"anchor, positive and negative need one common shape (P, D); yours are {shapes}")
        return outputs, (anchor - positive).square().sum() - (anchor - negative).square().sum()

    return run


def _cluster_loss(target: Any, inputs: dict[str, Any]) -> Run:
    return _criterion(target(inputs["alpha"]))


def _criterion(criterion: Any) -> Run:
    def run(inputs: dict[str, Any]) -> Outcome:
        outputs = _tensors(criterion(inputs["features"], inputs["labels"]), ("loss",))
        return outputs, outputs["loss"].sum()

    return run


def _class_distances(target: Any, inputs: dict[str, Any]) -> Run:
    def run(inputs: dict[str, Any]) -> Outcome:
        outputs = _tensors(target(inputs["features"], inputs["labels"]), ("classes", "d", "s"))
        return outputs, outputs["s"].sum()

    return run


def _tree_level(target: Any, inputs: dict[str, Any]) -> Run:
    def run(inputs: dict[str, Any]) -> Outcome:
        outputs = _tensors(target(inputs["class_a"], inputs["class_b"], inputs["alphabet_of"]), ("level",))
        return outputs, outputs["level"]

    return run


def _violate_margin(target: Any, inputs: dict[str, Any]) -> Run:
    def run(inputs: dict[str, Any]) -> Outcome:
        outputs = _tensors(target(**inputs), ("margin",))
        margin = outputs["margin"]
        return {**outputs, "keeps_gradient": torch.tensor(margin.requires_grad)}, margin.sum()

    return run


class GivenTriplets:
    """An in-batch sampler whose triplets are given: `ids` is a LongTensor (3, T) of rows."""

    ids: torch.Tensor

    def sample_ids(self, features: torch.Tensor, labels: Any) -> tuple[torch.Tensor, ...]:
        return tuple(self.ids)  # three (T,)

    def sample(self, features: torch.Tensor, labels: Any) -> tuple[torch.Tensor, ...]:
        return tuple(features[rows] for rows in self.ids)  # three (T, D)


def _hierarchical_loss(target: Any, inputs: dict[str, Any]) -> Run:
    sampler = GivenTriplets()
    run_criterion = _criterion(target(sampler, inputs["alphabet_of"], inputs["beta"], inputs["levels"]))

    def run(inputs: dict[str, Any]) -> Outcome:
        sampler.ids = inputs["ids"]
        return run_criterion(inputs)

    return run


def _merge_levels(target: Any, inputs: dict[str, Any]) -> Run:
    def run(inputs: dict[str, Any]) -> Outcome:
        outputs = _tensors(target(inputs["d"], inputs["s"], inputs["levels"]), ("level",))
        return outputs, outputs["level"]

    return run


def _tree_margin(target: Any, inputs: dict[str, Any]) -> Run:
    def run(inputs: dict[str, Any]) -> Outcome:
        outputs = _tensors(target(inputs["level"], inputs["s"], inputs["beta"], inputs["levels"]), ("margin",))
        return outputs, outputs["margin"]

    return run


def _anchor_neighbours(target: Any, inputs: dict[str, Any]) -> Run:
    def run(inputs: dict[str, Any]) -> Outcome:
        outputs = _tensors(target(inputs["d"], inputs["anchors"], inputs["m"]), ("classes",))
        return outputs, outputs["classes"]

    return run


def _all_triplets_loss(target: Any, inputs: dict[str, Any]) -> Run:
    def run(inputs: dict[str, Any]) -> Outcome:
        outputs = _tensors(target(inputs["features"], inputs["labels"], inputs["margin"]), ("loss",))
        return outputs, outputs["loss"].sum()

    return run


CALLS: dict[str, Callable[[Any, dict[str, Any]], Run]] = {
    "sampler": _sampler,
    "cluster_loss": _cluster_loss,
    "class_distances": _class_distances,
    "tree_level": _tree_level,
    "violate_margin": _violate_margin,
    "hierarchical_loss": _hierarchical_loss,
    "merge_levels": _merge_levels,
    "tree_margin": _tree_margin,
    "anchor_neighbours": _anchor_neighbours,
    "all_triplets_loss": _all_triplets_loss,
}
