"""`pytest --submission NOTEBOOK`: every visible case of every exercise as a test, on a student's notebook.

`-m CHAPTER` narrows it to one chapter. Without the option the plug-in only makes these marks known.
"""

from pathlib import Path

import pytest

from grader import assignments

CASES = Path(__file__).with_name("submission_cases.py")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--submission", metavar="NOTEBOOK", type=Path, help="run the visible cases on this notebook")


def pytest_configure(config: pytest.Config) -> None:
    for chapter in (path.stem for path in assignments.chapter_files()):
        config.addinivalue_line("markers", f"{chapter}: the exercises of that chapter (with --submission)")
    if config.getoption("--submission") is not None:
        config.args = [str(CASES)]
