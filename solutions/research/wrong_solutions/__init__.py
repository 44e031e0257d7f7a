"""Solutions as students would write them: wrong ones, each with its true fault, and right ones. A module for each target.

They were written by somebody who knew the notebook, and neither the known mistakes nor the cases; nothing was fitted to the
wrong ones before they were first measured, and one sentence since (see RESULTS.md). Whoever mends the diagnosis by them needs others to measure it.
"""

import importlib
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType


@dataclass(frozen=True)
class Wrong:
    """A wrong solution.

    name: unique within its target.
    cause: the true fault in one sentence.
    says: a regular expression (case-insensitive, to be searched) for sentences that rightly name this fault.
    source: the text of the cell as the student wrote it; it defines the target by its name.
    kind: a short tag of the fault; "two faults" where there are two.
    """

    name: str
    cause: str
    says: str
    source: str
    kind: str


@dataclass(frozen=True)
class Right:
    """A right solution.

    name: unique within its target.
    source: the text of the cell as the student wrote it; it defines the target by its name.
    """

    name: str
    source: str


def modules() -> list[ModuleType]:
    """Those of all targets, each with WRONG and RIGHT."""
    return [
        importlib.import_module(f"{__name__}.{path.stem}") for path in sorted(Path(__file__).parent.glob("[!_]*.py"))
    ]
