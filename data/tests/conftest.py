"""What the tests of `data` share: one small rendered dataset a session, and the way to the real Omniglot."""

import os
import shutil
from pathlib import Path

import pytest

from data import glyphs
from data.folders import BACKGROUND, EVALUATION
from data.omniglot import ARCHIVES

# 5 + 4 characters of two alphabets train, 3 + 2 of two others validate: 14 characters, 280 drawings
FEW = {
    BACKGROUND: {"Greek": "αβγδε", "Hebrew": "אבגד"},
    EVALUATION: {"Lao": "ກຂຄ", "NKo": "߂߃"},
}


@pytest.fixture(scope="session")
def rendered(tmp_path_factory) -> Path:
    """A folder with the small glyph dataset; tests must not change it."""
    folder = tmp_path_factory.mktemp("rendered") / "glyphs"
    glyphs.render(folder, alphabets=FEW)
    return folder


@pytest.fixture
def root(tmp_path, rendered, monkeypatch) -> Path:
    """A root folder of the test's own with a copy of the small glyph dataset, and what `data.root()` returns."""
    shutil.copytree(rendered, tmp_path / "root" / "glyphs")
    monkeypatch.setenv("METRIC_LEARNING_DATA", str(tmp_path / "root"))
    return tmp_path / "root"


@pytest.fixture(scope="session")
def real_archives() -> list[Path]:
    folder = os.environ.get("OMNIGLOT")
    if not folder:
        pytest.skip("the environment variable OMNIGLOT names no folder with Omniglot's archives")
    return [Path(folder) / name for name in ARCHIVES]
