"""Right earlier parts in the place of a student's own, so that a later part never fails for an earlier one's fault.

While grading, a case of an exercise that needs earlier ones is answered twice: by the student's code as it is, and once
more while the names of those parts stand for what answers this case's questions rightly. It does so from data that come
into the kernel like the case's inputs; nothing comes that could answer other questions, which the student's own answers as
before. A case is passed if either answer is right, since the part in question has done its own work then.
"""

import inspect
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from grader.model import Arrays, Inputs, Target

# Earlier targets, and what is right there for each of a case's batches.
Parts = Iterable[tuple[Target, Iterable[Arrays]]]


@contextmanager
def put_in(student: Any, parts: Parts, batches: Iterable[Inputs]) -> Iterator[None]:
    """Let the names of earlier parts, where the student's code looks them up, stand for right ones for a while; also where
    they stand for nothing, since the part is missing."""
    parts, before = list(parts), []
    try:
        for names in _namespaces(student):
            for target, right in parts:
                if target.name in names or "__file__" not in names:  # a library's module knows none
                    own = names.get(target.name, _missing)
                    before.append((names, target.name, own))
                    for inputs, outputs in zip(batches, right, strict=True):
                        own = target.stand_in.made(_tensors(target.stand_in.asked(inputs)), _tensors(outputs), own)
                    names[target.name] = own
        yield
    finally:
        for names, name, own in before:
            names[name] = own
            if own is _missing:
                del names[name]


def _missing(*_: Any, **__: Any) -> None:
    raise NameError("an earlier part is missing, and is asked what no right answer is known for")


def _namespaces(student: Any) -> list[dict[str, Any]]:
    """Where the student's functions look names up: in a notebook, one for all."""
    kind = student if isinstance(student, type) else type(student)
    methods = (value for base in kind.__mro__ for value in vars(base).values() if callable(value))
    functions = [student] if inspect.isroutine(student) else methods
    found = (getattr(inspect.unwrap(function), "__globals__", None) for function in functions)
    return list({id(names): names for names in found if names is not None}.values())


def _tensors(values: Mapping[str, Any]) -> dict[str, Any]:
    import torch

    return {
        name: torch.from_numpy(np.array(value)) if isinstance(value, np.ndarray) else value
        for name, value in values.items()
    }


def same(given: Any, asked: Any) -> bool:
    """Is this the tensor that was asked about? It may have another dtype or a graph, and labels may come as a list."""
    given = asked.new_tensor(given) if isinstance(given, list) else given.detach().to(asked)
    return given.shape == asked.shape and bool((given == asked).all())
