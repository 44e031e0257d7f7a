"""The untrusted side: runs a case's inputs through the student's object and returns what came out, as data.

It is called in the student's own session by `grader.check`, and while grading in the sandboxed kernel, where it
sees inputs only. It must never hold an expected value, and never decide whether an answer is right.
"""

import copy
import linecache
import re
import sys
import sysconfig
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import torch

from grader import peers, wire

TRIPLET = ("anchor", "positive", "negative")
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
        or `{"raised": {"type", "bases", "message", "line", "nested"}}`, or `{"malformed": sentence}`;
        and with each `"peers"`, the libraries that the student's code called for its work.
    """
    with peers.watch() as called, torch.random.fork_rng(devices=[]):  # a check must not change what a training draws
        outcome = _answer(call, target, inputs, gradient, again)
    return {**outcome, "peers": sorted(called)}


def _answer(call: str, target: Any, inputs: dict[str, Any], gradient: bool, again: bool) -> dict[str, Any]:
    try:
        with torch.inference_mode(False), torch.enable_grad():
            arguments = {
                name: torch.from_numpy(np.array(value)) if isinstance(value, np.ndarray) else copy.deepcopy(value)
                for name, value in inputs.items()
            }
            leaf = arguments.get("features")
            if leaf is not None:
                # A product with one keeps the values and makes a non-leaf: changing it in place is then possible,
                # as it would be for a network's output, and noticed below.
                leaf.requires_grad_(leaf.is_floating_point())
                arguments["features"] = leaf * 1
            run = CALLS[call](target, arguments)
            if again:
                run(_other_batch(arguments))
            outputs, of = run(arguments)
            changed = [name for name, value in inputs.items() if not _same(value, arguments[name])]
            if gradient and not changed:  # after a change in place there may be no way back through the graph
                outputs["gradient"] = _gradient(of, leaf)
            encoded = {name: wire.encode_tensor(value) for name, value in outputs.items()}
            return {"outputs": encoded, "changed": changed}
    except NotAnAnswer as problem:
        return {"malformed": str(problem)}
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return {"raised": _describe(error)}


def _other_batch(arguments: dict[str, Any]) -> dict[str, Any]:
    """The same samples in reverse order, and of given triplets the first only."""
    other = {**arguments, "features": arguments["features"].detach().flip(0).requires_grad_() * 1}
    labels = arguments["labels"]
    other["labels"] = labels.flip(0) if isinstance(labels, torch.Tensor) else labels[::-1]
    if "ids" in arguments:
        other["ids"] = arguments["ids"][:, :1]
    return other


def _gradient(of: torch.Tensor, leaf: torch.Tensor) -> torch.Tensor:
    if not of.requires_grad:
        raise NotAnAnswer(
            "no gradient flows back to the features, so loss.backward() would fail: the result is detached"
        )
    (gradient,) = torch.autograd.grad(of.sum(), leaf, allow_unused=True)
    return torch.zeros_like(leaf) if gradient is None else gradient


def _same(before: Any, after: Any) -> bool:
    if isinstance(after, torch.Tensor):
        return np.array_equal(before, after.detach().numpy(), equal_nan=before.dtype.kind == "f")
    try:
        return bool(before == after)
    except Exception:  # a list that now holds something else than numbers
        return False


def _describe(error: BaseException) -> dict[str, Any]:
    """The exception, of which of Python's own it is one, the innermost line that the student wrote, none of ours, and
    whether another function of theirs called it."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not _installed(frame.filename)]
    try:
        message = str(error)
    except BaseException:  # a student's exception class may be broken itself
        message = "(its message cannot be shown)"
    bases = [base.__name__ for base in type(error).__mro__ if base.__module__ == "builtins"]
    return {
        "type": type(error).__name__,
        "bases": bases,
        "message": message[:MESSAGE_LIMIT],
        "line": _line(frames[-1]) if frames else "",
        "nested": len(frames) > 1,
    }


def _line(frame: traceback.FrameSummary) -> str:
    source = linecache.getline(frame.filename, frame.lineno or 0).strip()
    where = f"line {frame.lineno}{' of its cell' if CELL.search(frame.filename) else ''}"
    return f"{frame.name}, {where}: {source}"[:MESSAGE_LIMIT]


def within_the_students(trace: TracebackType | None) -> TracebackType | None:
    """What is left of a traceback without the frames that called the student's code; None if it was not called."""
    while trace and _installed(trace.tb_frame.f_code.co_filename):
        trace = trace.tb_next
    return trace


CELL = re.compile(r"ipykernel_\d+|<ipython-input-")  # in the file name that Jupyter or IPython gives to a cell's code
OURS = {str(Path(__file__).with_name(f"{name}.py")) for name in ("answer", "check", "peers")}
LIBRARIES = (str(Path(torch.__file__).parent), sys.prefix, sysconfig.get_path("stdlib"), "site-packages", "<frozen ")


def _installed(filename: str) -> bool:
    """Is it our file or a library's, rather than the student's?"""
    return filename in OURS or any(part in filename for part in LIBRARIES)


def _tensors(result: Any, names: tuple[str, ...]) -> dict[str, torch.Tensor]:
    """What the student returned, as one tensor per name.

    Raises:
        NotAnAnswer: another number of values than names, or a value that is no tensor that can be sent.
    """
    expected = names[0] if len(names) == 1 else f"{len(names)} values ({', '.join(names)})"
    if result is None:
        raise NotAnAnswer(f"your code returns nothing: is a `return` missing? Expected: {expected}")
    values = (result,) if len(names) == 1 and not isinstance(result, tuple) else result
    if not isinstance(values, tuple | list) or len(values) != len(names):
        count = _kind(result)[0]
        if isinstance(values, tuple | list):
            count = f"{len(values)} value{'s' if len(values) != 1 else ''}"
        raise NotAnAnswer(f"your code returned {count}; expected: {expected}")
    if len(names) == 1 and values is result:
        raise NotAnAnswer(
            f"your code returned a tuple; expected: {expected} (a comma after a value makes a tuple of it)"
        )
    for name, value in zip(names, values, strict=True):
        _insist_on_a_tensor(name, value)
    return dict(zip(names, values, strict=True))


def _kind(value: Any) -> tuple[str, str]:
    """What is returned instead of a tensor, in words, and what helps."""
    if isinstance(value, list | tuple):
        of_tensors = value and all(isinstance(item, torch.Tensor) for item in value)
        remedy = "torch.stack makes one of tensors" if of_tensors else "torch.tensor makes one of numbers"
        return f"a {'list' if isinstance(value, list) else 'tuple'}", remedy
    if isinstance(value, np.ndarray | np.generic):
        return "of NumPy", "torch.as_tensor makes one; NumPy keeps no gradient"
    if isinstance(value, float | int):
        return "a Python number", "do without .item(), float() and int(); a number keeps no gradient"
    return "None" if value is None else f"an object of type {type(value).__name__}", ""


def _insist_on_a_tensor(name: str, value: Any) -> None:
    if not isinstance(value, torch.Tensor):
        kind, remedy = _kind(value)
        raise NotAnAnswer(f"your {name} is {kind}; expected is a torch.Tensor{remedy and f' ({remedy})'}")
    if value.device.type != "cpu":
        raise NotAnAnswer(
            f"your {name} lies on the device {value.device}; expected is that of the input, cpu "
            "(new tensors take device=features.device)"
        )
    if value.layout != torch.strided:
        raise NotAnAnswer(f"your {name} is sparse; expected is a dense tensor (see torch.Tensor.to_dense)")
    if str(value.dtype).removeprefix("torch.") not in wire.DTYPES:
        raise NotAnAnswer(f"your {name} has the dtype {value.dtype}; expected is that of the input")


Outcome = tuple[dict[str, torch.Tensor], torch.Tensor]  # the outputs, and of whose sum a gradient is asked
Run = Callable[[dict[str, Any]], Outcome]  # uses the student's object on one batch


def _sampler(target: Any, inputs: dict[str, Any]) -> Run:
    sampler = target() if isinstance(target, type) else target

    def run(inputs: dict[str, Any]) -> Outcome:
        outputs = _tensors(sampler.sample(inputs["features"], inputs["labels"]), TRIPLET)
        anchor, positive, negative = (value.double() for value in outputs.values())  # (P, D); one cannot subtract bools
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
        return outputs, outputs["loss"]

    return run


def _function(*arguments: str, gives: tuple[str, ...]) -> Callable[[Any, dict[str, Any]], Run]:
    """A plain function of these inputs, by position; a gradient is asked of the last thing it gives."""

    def call(target: Any, inputs: dict[str, Any]) -> Run:
        def run(inputs: dict[str, Any]) -> Outcome:
            outputs = _tensors(target(*(inputs[name] for name in arguments)), gives)
            return outputs, outputs[gives[-1]]

        return run

    return call


def _violate_margin(target: Any, inputs: dict[str, Any]) -> Run:
    def run(inputs: dict[str, Any]) -> Outcome:
        outputs = _tensors(target(**inputs), ("margin",))
        margin = outputs["margin"]
        return {**outputs, "keeps_gradient": torch.tensor(margin.requires_grad)}, margin

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


CALLS: dict[str, Callable[[Any, dict[str, Any]], Run]] = {
    "sampler": _sampler,
    "cluster_loss": _cluster_loss,
    "class_distances": _function("features", "labels", gives=("classes", "d", "s")),
    "tree_level": _function("class_a", "class_b", "alphabet_of", gives=("level",)),
    "violate_margin": _violate_margin,
    "hierarchical_loss": _hierarchical_loss,
    "merge_levels": _function("d", "s", "levels", gives=("level",)),
    "tree_margin": _function("level", "s", "beta", "levels", gives=("margin",)),
    "anchor_neighbours": _function("d", "anchors", "m", gives=("classes",)),
    "all_triplets_loss": _function("features", "labels", "margin", gives=("loss",)),
    "all_triplets": _function("labels", gives=TRIPLET),
    "hard_triplets": _function("features", "labels", gives=TRIPLET),
    "cmc_at": _function("k", "distances", "query_labels", "gallery_labels", gives=("cmc",)),
}
