"""The channel between a grader and a student's kernel: questions go in as a file of inputs, answers come out as data.

Both ends and their constants stand here. `ask` and `published` are the trusted one's; `asked` and `publish` are called in
the kernel. Arrays travel as JSON, `{"dtype", "shape", "data"}`, data being base64 of their raw little-endian bytes, so
every bit of a float survives, NaN included. `decode` is run on untrusted input: it allocates nothing before the declared
size has been checked, and it never unpickles.
"""

import base64
import binascii
import json
import math
import os
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from grader.model import Arrays, Case

INPUTS_VARIABLE = "GRADER_INPUTS"  # the environment variable that names the file of questions
QUESTIONS = os.environ.get(INPUTS_VARIABLE)  # as the kernel was started with; its cells may change the environment
# The options with which a kernel is started: it answers, and nobody's history of commands is filled by it.
KERNEL = ["--IPKernelApp.kernel_class=grader.kernel.AnsweringKernel", "--HistoryManager.enabled=False"]
ANSWER_MIME = "application/vnd.grader.answer+json"
THIRD_PARTY = "peers"  # the key under which an answer names the libraries that were called
HELPED = "helped"  # the key under which it holds another, with right earlier parts in place of the student's own
# Without bfloat16, which has no NumPy counterpart.
DTYPES = frozenset(["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"])
MAX_BYTES = 4 * 2**20  # the largest honest answer, 64 rows of three times 512 float64, is below 1 MB
MAX_DIMENSIONS = 8
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")  # all but tabs and line ends
OBEYED = re.compile(rf"{CONTROLS.pattern}|[\u202a-\u202e\u2066-\u2069]")  # or turns the direction of text
TEXT_LIMIT = 500  # characters of an exception's message, a line, or a sentence that are passed on


class MalformedArray(ValueError):
    """What came back is no array of ours; the message says why."""


def encode(array: np.ndarray) -> dict[str, Any]:
    array = np.asarray(array)
    little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    return {
        "dtype": array.dtype.name,
        "shape": list(array.shape),
        "data": base64.b64encode(little.tobytes()).decode("ascii"),
    }


def encode_tensor(tensor: Any) -> dict[str, Any]:
    """`encode` for a torch.Tensor, of a dtype in DTYPES, on any device."""
    return encode(tensor.detach().cpu().contiguous().numpy())


def decode(wire: Any) -> np.ndarray:
    """The array that `encode` was given.

    Raises:
        MalformedArray: not such a mapping, a dtype outside DTYPES, a shape or size out of bounds,
            broken base64, or a number of bytes that does not fit the shape.
    """
    if not isinstance(wire, dict):
        raise MalformedArray(f"an array was expected, not a {type(wire).__name__}")
    dtype, shape, data = wire.get("dtype"), wire.get("shape"), wire.get("data")
    if not isinstance(dtype, str) or dtype not in DTYPES:
        raise MalformedArray(f"the dtype {str(dtype)[:40]} is not one that an answer may have")
    if not isinstance(shape, list) or len(shape) > MAX_DIMENSIONS:
        raise MalformedArray("its shape is not a short list")
    if not all(type(size) is int and 0 <= size <= MAX_BYTES for size in shape):
        raise MalformedArray("its shape holds something that is no size")
    item = np.dtype(dtype).itemsize
    expected_bytes = math.prod(shape) * item
    if math.prod(size or 1 for size in shape) * item > MAX_BYTES:  # nor may an empty array be huge in its other sizes
        raise MalformedArray(f"it holds more than {MAX_BYTES // 2**20} MB")
    if not isinstance(data, str) or len(data) != 4 * math.ceil(expected_bytes / 3):
        raise MalformedArray("its data do not have the length that its shape declares")
    try:
        raw = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        raise MalformedArray("its data are not base64") from None
    if len(raw) != expected_bytes:
        raise MalformedArray("its data do not have the length that its shape declares")
    return np.frombuffer(raw, dtype=np.dtype(dtype).newbyteorder("<")).reshape(shape)


def encodable(text: str) -> str:
    """A text without the lone surrogates that no file can hold."""
    return text.encode("utf-8", "replace").decode()


def clean(text: str, limit: int | None = None) -> str:
    """At most `limit` characters of a student's text, fit for a page, a log and a terminal: it has no control characters
    but tabs and line ends, and marks that turn the direction of what follows are spelt out."""
    lines = encodable(text[:limit]).replace("\r\n", "\n").replace("\r", "\n")
    return spelt_out(CONTROLS.sub("", lines))[:limit]


def spelt_out(text: str) -> str:
    """A text in which one sees the characters that would be obeyed and not shown, as in ⟨U+202E⟩."""
    return OBEYED.sub(lambda match: f"⟨U+{ord(match[0]):04X}⟩", text)


@dataclass(frozen=True)
class Question:
    """A case as the kernel sees it; see `Case`."""

    id: str
    inputs: dict[str, Any]
    gradient: bool
    before: dict[str, Any]
    earlier: dict[str, list[Arrays]]


Ids = dict[str, dict[str, str]]  # exercise -> id of a question -> name of the case it asks


def ask(path: Path, cases: Mapping[str, Iterable[Case]]) -> Ids:
    """Write the cases' inputs and what is right for earlier parts there, and nothing else of them, as a read-only JSON file.

    The questions of an exercise stand in random order under random ids, which are returned: a name such as "one
    class" would tell that the input is to be refused.
    """
    questions, ids = {}, {}
    for exercise, of_exercise in cases.items():
        asked = {secrets.token_hex(8): case for case in of_exercise}
        ids[exercise] = {id_: case.name for id_, case in asked.items()}
        questions[exercise] = [
            {
                "id": id_,
                "inputs": encode_inputs(case.inputs),
                "gradient": case.gradient,
                "before": encode_inputs(case.before),
                "earlier": {name: list(map(encode_inputs, outputs)) for name, outputs in case.earlier.items()},
            }
            for id_, case in sorted(asked.items())
        ]
    path.write_text(json.dumps(questions))
    path.chmod(0o444)
    return ids


def encode_inputs(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Arrays are wrapped, lists and numbers stand as they are."""
    return {
        name: {"array": encode(value)} if isinstance(value, np.ndarray) else value for name, value in inputs.items()
    }


def answering() -> bool:
    """Is this kernel answering for the grader, rather than talking to a student?"""
    return QUESTIONS is not None


def asked(exercise: str) -> list[Question]:
    """What this kernel is to answer about an exercise; nothing where it is not graded."""
    return [
        Question(
            id=question["id"],
            inputs=_decode_inputs(question["inputs"]),
            gradient=question["gradient"],
            before=_decode_inputs(question["before"]),
            earlier={name: list(map(_decode_inputs, outputs)) for name, outputs in question["earlier"].items()},
        )
        for question in _questions(QUESTIONS).get(exercise, [])
    ]


@cache
def _questions(file: str) -> dict[str, Any]:
    return json.loads(Path(file).read_text())


def _decode_inputs(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {name: decode(value["array"]) if isinstance(value, dict) else value for name, value in inputs.items()}


def publish(exercise: str, answers: Mapping[str, Any]) -> None:
    """Display the answers of this kernel: id of a question -> what `grader.answer` made of it."""
    from IPython.display import publish_display_data

    publish_display_data({ANSWER_MIME: {"exercise": exercise, "answers": dict(answers)}})


class Unanswered(Exception):
    """A cell holds no usable answers; the message says why, for the student."""


def published(cell: Mapping[str, Any], exercise: str, ids: Ids) -> dict[str, Any]:
    """The answers that one graded cell published: case name -> answer, still to be judged.

    Raises:
        Unanswered: the cell did not finish, published nothing, several times, or something of another form.
    """
    outputs = [output for output in cell.get("outputs", []) if isinstance(output, Mapping)]
    bundles = [
        output["data"][ANSWER_MIME]
        for output in outputs
        if isinstance(output.get("data"), Mapping) and ANSWER_MIME in output["data"]
    ]
    if not bundles:
        error = next((output for output in outputs if output.get("output_type") == "error"), None)
        if error is None:
            raise Unanswered("This cell's check did not run, so there are no answers.")
        stopped = f"This cell stopped with {error.get('ename')}: {error.get('evalue')}"
        raise Unanswered(clean(stopped, TEXT_LIMIT).removesuffix(": "))
    if len(bundles) > 1:
        raise Unanswered("This cell published answers more than once; none of them counts.")
    bundle = bundles[0]
    if not isinstance(bundle, Mapping) or bundle.get("exercise") != exercise:
        raise Unanswered("This cell published answers to another exercise.")
    answers = bundle.get("answers")
    if not isinstance(answers, Mapping):
        raise Unanswered("This cell's answers have no readable form.")
    return {name: answers.get(id_) for id_, name in ids[exercise].items()}
