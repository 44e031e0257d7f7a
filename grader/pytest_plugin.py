"""`pytest --submission NOTEBOOK`: every visible case of every exercise as a test, on a student's notebook.

`-m hard_cluster` or `-m hierarchical` narrows it to one chapter. Without the option the plug-in does nothing.
"""

from pathlib import Path

import pytest

from grader.exercises import EXERCISES

CASES = Path(__file__).with_name("submission_cases.py")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--submission", metavar="NOTEBOOK", type=Path, help="run the visible cases on this notebook")


def pytest_configure(config: pytest.Config) -> None:
    for chapter in dict.fromkeys(name.split(".")[0] for name in EXERCISES):
        config.addinivalue_line("markers", f"{chapter}: the exercises of that chapter (with --submission)")
    if config.getoption("--submission") is not None:
        config.args = [str(CASES)]
