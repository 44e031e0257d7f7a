"""Fuzzes collecting, copying, restoring, judging and the whole of `nbgrader autograde` with mutated submissions.

    python -m solutions.research.fuzz [--seed 0] [--examples 10000] [--whole 300] [--finds FOLDER]
    python -m solutions.research.fuzz --again FOLDER/FIND/recipe.json

Each submission must be graded with the points that its code is worth, or be refused with a reason; nothing may fail, take
too much memory or time, or change what a neighbour gets. What does not is shrunk and written to FOLDER, one folder a find.
Exit code 0: nothing was found; 1: something was; 2: called in a wrong way.
"""

import argparse
import sys
from pathlib import Path

from rich.console import Console
from tqdm import tqdm

from solutions.research.fuzz import recipes, search, whole


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m solutions.research.fuzz", description=__doc__.partition("\n")[0])
    parser.add_argument("--seed", type=int, default=0, help="the same seed draws the same submissions")
    parser.add_argument("--examples", type=int, default=10_000, help="without a kernel")
    parser.add_argument("--whole", type=int, default=300, help="through the whole of `nbgrader autograde`")
    parser.add_argument("--finds", type=Path, default=Path("fuzz-finds"), help="a new folder for what is found")
    parser.add_argument("--again", type=Path, help="a recipe that was found, to be tried once more")
    options = parser.parse_args(arguments)
    if options.again:
        return again(options.again, parser)
    if options.finds.exists() and any(options.finds.iterdir()):
        parser.error(f"{options.finds} holds finds of an earlier run: name another folder with --finds")
    console, found = Console(highlight=False), []
    for unit, count, run in (
        ("example", options.examples, search.without_kernel),
        ("submission", options.whole, whole.graded),
    ):
        if count > 0:
            with tqdm(total=count, unit=unit, mininterval=1) as bar:
                outcome = run(count, options.seed, options.finds, bar.update)
            found += outcome.finds
            console.print(outcome.summary, soft_wrap=True)
    for find in found:
        console.print(f"{find.folder}: {find.problem!a}", markup=False, soft_wrap=True)
    return 1 if found else 0


def again(path: Path, parser: argparse.ArgumentParser) -> int:
    """Of one that was found through the whole of grading, only what comes before the kernel is tried."""
    try:
        recipe = recipes.from_json(path.read_text())
    except (OSError, ValueError, KeyError, TypeError) as problem:
        parser.error(f"{path} holds no recipe: {problem}")
    problems = search.attempt(recipe).problems
    print("\n".join(map(ascii, problems)) or "nothing is found any more")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
