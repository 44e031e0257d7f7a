"""Numbers as students read them, in sentences and pictures alike."""

from typing import Any

import numpy as np


def number(value: Any) -> str:
    if np.asarray(value).dtype.kind != "f":
        return str(np.asarray(value).item())
    # Far from the origin six digits would hide the difference.
    return f"{float(value) + 0.0:.6g}" if abs(float(value)) < 1e5 else f"{float(value):.9g}"  # no -0


def numbers(row: np.ndarray) -> str:
    """A number, or the first of a row of them."""
    row = np.asarray(row)
    if row.ndim == 0:
        return number(row)
    shown = ", ".join(number(value) for value in row.reshape(-1)[:6])
    return f"({shown}{', …' if row.size > 6 else ''})"


def array(values: np.ndarray) -> str:
    """All of an array, with its dtype."""
    digits = np.array2string(values, separator=", ", formatter={"all": number}, max_line_width=10**9)
    return f"{digits.replace(chr(10), '')} ({values.dtype})"
