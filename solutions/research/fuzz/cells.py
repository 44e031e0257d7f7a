"""The cells of a notebook that mutations change, and what they put in the place of something else."""

import copy
from random import Random
from typing import Any

from solutions.research.fuzz.recipes import Work
from solutions.research.fuzz.seeds import student_version


def nested(depth: int) -> Any:
    value: Any = 0
    for _ in range(depth):
        value = {"a": [value]}
    return value


# What a place may hold instead of what belongs there, and what no program writes.
JUNK = [None, True, 0, -1, 1.5, "", "x", [], {}, ["a"], {"a": {"b": 1}}, float("nan"), float("inf"), 2**63, nested(10)]
JUNK += [10**30, "\ud800", "\x00", "\x1b[31m\r\x07\u202e\x9b", "x" * 100_000, [[]] * 1000, "code", "3", "solution"]
JUNK += [[None], {"": ""}, "../../../etc/passwd", 1e308, "=1+1", "<script>alert(1)</script>"]
EXTREMES = [10**4000, nested(200), "x" * 2 * 10**6, [{}] * 10**5]


def junk(rng: Random) -> Any:
    return copy.deepcopy(rng.choice(JUNK))


def anything(rng: Random) -> Any:
    return junk(rng) if rng.random() < 0.9 else copy.deepcopy(rng.choice(EXTREMES))


def short(value: Any) -> str:
    try:
        return ascii(value)[:60]
    except ValueError:
        return "an integer of many digits"


def stubs() -> dict[str, str]:
    """The texts of the solution cells as students get them, by name."""
    cells = student_version().cells
    return {cell.id: cell.source for cell in cells if cell.metadata.get("nbgrader", {}).get("solution")}


def claimed(cell: dict[str, Any]) -> dict[str, Any]:
    """nbgrader's metadata."""
    claims = cell["metadata"].get("nbgrader")
    return claims if isinstance(claims, dict) else {}


def checks(work: Work) -> list[dict[str, Any]]:
    return [cell for cell in work.whole() if claimed(cell).get("grade") is True]


def named(work: Work) -> list[dict[str, Any]]:
    return [cell for cell in work.whole() if claimed(cell)]


def solutions(work: Work) -> list[dict[str, Any]]:
    return [cell for cell in named(work) if claimed(cell).get("grade_id") in stubs()]


def some(cells: list[Any], rng: Random, most: int = 3) -> list[Any]:
    return rng.sample(cells, min(most, len(cells)))


def place_of(cell: Any, work: Work) -> int:
    return next(number for number, other in enumerate(work.cells) if other is cell)
