"""The untrusted side: runs a case's inputs through the student's object and returns what came out, as data.

It is called in the student's own session by `check`, and while grading in the sandboxed kernel, where it sees inputs
only. It must never hold an expected value, and never decide whether an answer is right.
"""

import copy
import json
import linecache
import re
import sys
import sysconfig
import traceback
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import torch

from grader import protocol, third_party
from grader.model import FEATURES, GRADIENT, Inputs, NotAnAnswer, Target, Use


def answer(
    target: Target, student: Any, inputs: Inputs, gradient: bool = False, before: Inputs | None = None
) -> dict[str, Any]:
    """Run one case.

    Args:
        target: what the student was to write.
        student: the class or function that they wrote.
        inputs: argument name -> NumPy array (handed over as a tensor) or plain value, as in `Case.inputs`.
        gradient: also return the gradient with respect to the features.
        before: inputs of another batch, as in `Case.before`, on which the same object is used first.

    Returns:
        JSON-ready: `{"outputs": {name: array}, "inputs": {name: value}}`, the inputs as they are after the call, and with
        another batch before, `"before"`: the same of that;
        or `{"raised": {"type", "bases", "message", "line", "caller"}}`, or `{"malformed": sentence}`;
        and with each the libraries that the student's code called for its work.
    """
    with (
        third_party.watch(target.third_party) as called,
        usual_settings(),
        torch.random.fork_rng(devices=[]),  # a check must not change what a training draws
    ):
        outcome = _answer(target, student, inputs, gradient, before or {})
    return {**outcome, protocol.THIRD_PARTY: sorted(called)}


def outputs(target: Target, solution: Any, inputs: Inputs, gradient: bool = False) -> dict[str, torch.Tensor]:
    """What `answer` makes arrays of, for a solution that is known, from which nothing has to be kept. Raises what it
    raises."""
    with torch.set_grad_enabled(gradient):
        leaf, arguments = _arguments(inputs)
        return _outputs(target, target.prepare(solution, arguments), leaf, arguments, gradient)


def _is_usual_device() -> bool:
    """Are tensors made where they are made usually? To be told so costs as much as most operations on small ones."""
    try:
        return torch.get_default_device().type == "cpu"
    except (AssertionError, RuntimeError):  # one that is not here
        return False


@contextmanager
def usual_settings() -> Iterator[None]:
    """Torch as it starts, and warnings that cost nothing, whatever the notebook has set.

    An exercise asks for what a function makes of its input, in that input's dtype and on its device, the CPU. A notebook
    may work in double precision or on a GPU besides, in a session that has one; its settings are back afterwards.
    """
    dtype = torch.get_default_dtype()
    with ExitStack() as settings:
        settings.callback(torch.set_default_dtype, dtype)
        torch.set_default_dtype(torch.float32)
        if not _is_usual_device():
            settings.enter_context(torch.device("cpu"))
        settings.enter_context(torch.autocast("cpu", enabled=False))
        settings.enter_context(torch.inference_mode(False))
        settings.enter_context(torch.enable_grad())
        if any(action == "error" for action, *_ in warnings.filters):
            settings.enter_context(warnings.catch_warnings())
            warnings.simplefilter("default")
        yield


def _answer(target: Target, student: Any, inputs: Inputs, gradient: bool, before: Inputs) -> dict[str, Any]:
    try:
        leaf, arguments = _arguments(inputs)
        use = target.prepare(student, arguments)
        first = {"before": _used(target, use, *_arguments(before))} if before else {}
        return {**_used(target, use, leaf, arguments, gradient), **first}
    except NotAnAnswer as problem:
        return {"malformed": str(problem)}
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return {"raised": _describe(error)}


def _arguments(inputs: Inputs) -> tuple[torch.Tensor | None, dict[str, Any]]:
    """The features as a leaf, if there are some, and copies of all inputs, of the features with what is made of the leaf:
    the same values as no leaf, so that changing them in place is possible, as for a network's output, and noticed."""
    arguments = {
        name: torch.from_numpy(np.array(value)) if isinstance(value, np.ndarray) else copy.deepcopy(value)
        for name, value in inputs.items()
    }
    if FEATURES not in arguments:
        return None, arguments
    leaf = arguments[FEATURES]
    leaf.requires_grad_(leaf.is_floating_point())
    return leaf, {**arguments, FEATURES: leaf * 1}


def _used(
    target: Target, use: Use, leaf: torch.Tensor | None, arguments: Inputs, gradient: bool = False
) -> dict[str, Any]:
    """What the student's object makes of a batch, and what it leaves of the inputs."""
    outputs = _outputs(target, use, leaf, arguments, gradient)
    return {
        "outputs": {name: protocol.encode_tensor(value) for name, value in outputs.items()},
        "inputs": protocol.encode_inputs({name: _left(value) for name, value in arguments.items()}),
    }


def _outputs(
    target: Target, use: Use, leaf: torch.Tensor | None, arguments: Inputs, gradient: bool
) -> dict[str, torch.Tensor]:
    outputs = _tensors(use(arguments), target.outputs)
    scalar = target.scalar(outputs, arguments) if target.scalar else outputs[target.outputs[-1]]
    # After a change in place there may be no way back through the graph.
    if gradient and torch.equal(arguments[FEATURES], leaf):
        outputs[GRADIENT] = _gradient(scalar, leaf)
    return outputs


def _left(value: Any) -> Any:
    """An argument after the call, as an array or as what JSON makes of it: a list may hold anything now."""
    if isinstance(value, torch.Tensor):
        return value.detach().numpy()
    try:
        return json.loads(json.dumps(value))
    except (TypeError, ValueError, RecursionError):
        return None


def _gradient(of: torch.Tensor, leaf: torch.Tensor) -> torch.Tensor:
    if not of.requires_grad:
        raise NotAnAnswer(
            "no gradient flows back to the features, so loss.backward() would fail: the result is detached "
            "(by torch.tensor, .item(), .detach() or torch.no_grad(), for instance)"
        )
    (gradient,) = torch.autograd.grad(of.sum(), leaf, allow_unused=True)
    return torch.zeros_like(leaf) if gradient is None else gradient


def _describe(error: BaseException) -> dict[str, Any]:
    """The exception, of which of Python's own it is one, the innermost line that the student wrote, none of ours, and
    where that lies in a function that another one of theirs called, the line under check that led there."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not _installed(frame.filename)]
    try:
        message = str(error)
    except BaseException:  # a student's exception class may be broken itself
        message = "(its message cannot be shown)"
    bases = [base.__name__ for base in type(error).__mro__ if base.__module__ == "builtins"]
    # A comprehension is a part of its function.
    name = next((frame.name for frame in reversed(frames) if frame.name not in COMPREHENSIONS), "your code")
    nested = frames and (frames[0].filename, frames[0].name) != (frames[-1].filename, name)
    return {
        "type": type(error).__name__,
        "bases": bases,
        "message": message[: protocol.TEXT_LIMIT],
        "line": _line(name, frames[-1]) if frames else "",
        "caller": _line(frames[0].name, frames[0]) if nested else "",
    }


def _line(name: str, frame: traceback.FrameSummary) -> str:
    source = linecache.getline(frame.filename, frame.lineno or 0).strip()
    where = f"line {frame.lineno}{' of its cell' if CELL.search(frame.filename) else ''}"
    return f"{name}, {where}: {source}"[: protocol.TEXT_LIMIT]


def within_the_students(trace: TracebackType | None) -> TracebackType | None:
    """What is left of a traceback without the frames that called the student's code; None if it was not called."""
    while trace and _installed(trace.tb_frame.f_code.co_filename):
        trace = trace.tb_next
    return trace


COMPREHENSIONS = ("<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>")  # names of their frames
CELL = re.compile(r"ipykernel_\d+|<ipython-input-")  # in the file name that Jupyter or IPython gives to a cell's code
PACKAGE = Path(__file__).parent
OURS = tuple(str(PACKAGE / name) for name in ("answer.py", "model.py", "third_party.py", "exercises", "student"))
LIBRARIES = (str(Path(torch.__file__).parent), sys.prefix, sysconfig.get_path("stdlib"), "site-packages", "<frozen ")


def _installed(filename: str) -> bool:
    """Is it our file or a library's, rather than the student's?"""
    return filename.startswith(OURS) or any(part in filename for part in LIBRARIES)


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
    if type(value).__module__ == "torch.return_types":
        return "a pair (values, indices)", "take the one you need: .values or .indices"
    if isinstance(value, list | tuple):
        of_tensors = value and all(isinstance(item, torch.Tensor) for item in value)
        remedy = "torch.stack makes one of tensors" if of_tensors else "torch.tensor makes one of numbers"
        return f"a {'list' if isinstance(value, list) else 'tuple'}", remedy
    if isinstance(value, np.ndarray | np.generic):
        kind = "an array" if isinstance(value, np.ndarray) else "a number"
        return f"{kind} of NumPy", "torch.as_tensor makes one; NumPy keeps no gradient"
    if isinstance(value, bool):
        return f"Python's {value}", "compare and combine tensors with ==, & and |, which give tensors"
    if isinstance(value, float | int) and value == 0:
        return "the plain number 0", ZERO
    if isinstance(value, float | int):
        return "a Python number", "do without .item(), float() and int(); a number keeps no gradient"
    if isinstance(value, torch.Tensor):
        return "one tensor", ""
    return "None" if value is None else f"an object of type {type(value).__name__}", ""


# What most likely became of a loss that is Python's number 0.
ZERO = (
    "max(x, 0) returns the number 0 where x is below it: torch.clamp(x, min=0) keeps a tensor; a sum without terms, .item() "
    "and float() give numbers, too"
)


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
    if str(value.dtype).removeprefix("torch.") not in protocol.DTYPES:
        raise NotAnAnswer(f"your {name} has the dtype {value.dtype}; expected is that of the input")
