"""Mutations of a notebook's JSON after which it may be worth anything, or be no notebook any more."""

import copy
from collections.abc import Iterator
from random import Random
from typing import Any

from solutions.research.fuzz.cells import anything, claimed, named, place_of, short, some
from solutions.research.fuzz.recipes import Work, mutation


def _walk(value: Any, rng: Random) -> Iterator[tuple[Any, Any]]:
    """From the outside to a place within: a container, and the key or number of what is in it."""
    while isinstance(value, dict | list) and value:
        key = rng.choice(list(value)) if isinstance(value, dict) else rng.randrange(len(value))
        yield value, key
        value = value[key]


def somewhere(value: Any, rng: Random) -> tuple[Any, Any]:
    """At any depth.

    Raises:
        IndexError: there is no place.
    """
    return rng.choice(list(_walk(value, rng)))


@mutation("notebook")
def junk_anywhere(work: Work, rng: Random) -> str:
    said = []
    for _ in range(rng.choice([1, 1, 1, 3, 10])):
        container, key = somewhere(work.notebook, rng)
        container[key] = value = anything(rng)
        said.append(f"{short(key)} = {short(value)}")
    return ", ".join(said)


@mutation("notebook")
def a_key_gone(work: Work, rng: Random) -> str:
    container, key = somewhere(work.notebook, rng)
    del container[key]
    return short(key)


@mutation("notebook")
def other_notebook_format(work: Work, rng: Random) -> str:
    work.notebook["nbformat"] = version = rng.choice([1, 2, 3, 0, -1, 5, 99, "4", 4.0, True, None, 10**30, [4]])
    if rng.random() < 0.5:
        work.notebook["worksheets"] = rng.choice([[{"cells": work.cells}], [], None, [None], [{"cells": 3}], [[]], "x"])
    return short(version)


@mutation("notebook")
def cells_in_any_order(work: Work, rng: Random) -> None:
    rng.shuffle(work.cells)


@mutation("notebook")
def cells_dropped_and_doubled(work: Work, rng: Random) -> None:
    work.cells[:] = [copy.deepcopy(cell) for cell in work.cells for _ in range(rng.choice([0, 1, 1, 1, 2]))]


@mutation("notebook")
def names_exchanged(work: Work, rng: Random) -> None:
    here = [claimed(cell) for cell in named(work) if "grade_id" in claimed(cell)]
    names = [claims["grade_id"] for claims in here]
    rng.shuffle(names)
    for claims, name in zip(here, names):
        claims["grade_id"] = name


@mutation("notebook")
def cells_cut(work: Work, rng: Random) -> None:
    for cell in some(work.code(), rng):
        cut = rng.randrange(len(cell["source"]) + 1)
        work.cells.insert(place_of(cell, work) + 1, copy.deepcopy({**cell, "source": cell["source"][cut:]}))
        cell["source"] = cell["source"][:cut]


@mutation("notebook")
def large_in_one_way(work: Work, rng: Random) -> str:
    """More than a notebook may have, or nearly."""
    many, cell = rng.choice([10**3, 10**5, 10**6]), rng.choice(work.code())
    what = rng.choice(["cells", "source", "lines", "metadata", "outputs", "name"])
    match what:
        case "cells":
            empty = {"cell_type": "code", "source": "", "metadata": {}, "outputs": []}
            work.cells.extend(dict(empty) for _ in range(min(many, 10**5)))
        case "source":
            cell["source"] = "a = 1" + "+1" * many
        case "lines":
            cell["source"] = ["a=1\n"] * many
        case "metadata":
            cell["metadata"] = {str(number): [] for number in range(many)}
        case "outputs":
            cell["outputs"] = [{}] * many
        case "name":
            cell["metadata"] = {"nbgrader": {"grade_id": "x" * many}}
    return f"{what} × {many}"
