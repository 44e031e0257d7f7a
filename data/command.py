"""What the commands `python -m data.NAME` have in common: where datasets lie, and how they fail."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from data import folders
from data.folders import DataError


def parser(name: str, description: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"python -m {name}", description=description)
    parser.add_argument("--root", type=Path, help=f"the folder datasets lie in (default: {folders.root()})")
    return parser


@contextmanager
def failing_in_one_sentence(name: str) -> Iterator[None]:
    """What goes wrong in the block ends the command with exit code 1 and a sentence in place of a traceback."""
    try:
        yield
    except (DataError, OSError) as error:
        sys.exit(f"{name}: {error}")
    except KeyboardInterrupt:
        sys.exit(f"{name}: interrupted; nothing was changed.")
