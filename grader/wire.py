"""Arrays as JSON, and back under strict limits: the only form in which anything leaves a student's kernel.

An array is `{"dtype", "shape", "data"}`, data being base64 of its raw little-endian bytes, so every bit of a
float survives, NaN included. `decode` is run by the trusted side on untrusted input: it allocates nothing
before the declared size has been checked, and it never unpickles.
"""

import base64
import binascii
import math
from typing import Any

import numpy as np

# Without bfloat16, which has no NumPy counterpart.
DTYPES = frozenset(["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"])
MAX_BYTES = 4 * 2**20  # the largest honest answer, 64 triplets of 512 float64, is 0.25 MB
MAX_DIMENSIONS = 8


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


def clean(text: str, limit: int) -> str:
    """At most `limit` characters of a student's text, without the lone surrogates that no file can hold."""
    return text[:limit].encode("utf-8", "replace").decode()


def encode_inputs(inputs: dict[str, Any]) -> dict[str, Any]:
    """A case's inputs: arrays are wrapped, lists and numbers stand as they are."""
    return {
        name: {"array": encode(value)} if isinstance(value, np.ndarray) else value for name, value in inputs.items()
    }


def decode_inputs(wire: dict[str, Any]) -> dict[str, Any]:
    return {name: decode(value["array"]) if isinstance(value, dict) else value for name, value in wire.items()}
