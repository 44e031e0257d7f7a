"""What lies beside a notebook and is imported in place of a module: its folder comes before the packages where Python looks.

A folder without an `__init__.py`, such as the `data` that a download makes, hides nothing: the project's folder is a line
of `sys.path`, and a package in any of those comes before such a folder. (Where the course was installed by an earlier
version, it is none, and the folder hides the package.)
"""

import sys
import warnings
from collections.abc import Iterator
from importlib.machinery import PathFinder
from pathlib import Path

from grader.files import ROOT

OURS = ("data", "grader")
# What Python and ipykernel load before the kernel takes its folder off the path, to put it back behind Python's own modules.
STARTING = ("collections", "contextlib", "copyreg", "enum", "fnmatch", "functools", "importlib", "ipaddress", "keyword")
STARTING += ("operator", "pathlib", "pkgutil", "re", "reprlib", "types", "urllib", "warnings")


def hiding(folder: Path) -> Iterator[tuple[str, str]]:
    """(module, sentence) for what hides a module from the notebooks in `folder`; nothing where that cannot be read."""
    for name, path in _importable(folder):
        what = "folder" if path.is_dir() else "file"
        if name in OURS and not _same(path.parent, ROOT):
            yield name, f"the {what} {path} hides the course's package {name}: rename it, then restart the kernel"
        elif name not in OURS and _found_elsewhere(name, folder):
            yield name, f"the {what} {path} hides the module {name}: rename it, then restart the kernel"


def warn() -> None:
    """Of what hides a module from this session. In the project's own folder nothing does: it may be a copy of the one that
    is installed."""
    folder = Path()
    if not _same(folder, ROOT) and any(_same(entry, folder) for entry in sys.path):
        for _, sentence in hiding(folder):
            warnings.warn(sentence, stacklevel=2)


def _importable(folder: Path) -> Iterator[tuple[str, Path]]:
    mere_folders = () if any(_same(entry, ROOT) for entry in sys.path) else OURS
    try:
        for path in sorted(folder.iterdir()):
            name = path.name.removesuffix(".py")
            importable = path.suffix == ".py" or path.name in mere_folders or (path / "__init__.py").is_file()
            if importable and name.isidentifier():
                yield name, path
    except OSError:
        return


def _found_elsewhere(name: str, folder: Path) -> bool:
    """Is there another module of this name, which a kernel in `folder` would not find?"""
    entries = [entry for entry in sys.path if not _same(entry, folder)]
    packages = next((place for place, entry in enumerate(entries) if entry.endswith("-packages")), 0)
    before, behind = entries[:packages], entries[packages:]  # where IPython puts the kernel's folder
    if name in STARTING or PathFinder.find_spec(name, before):
        return name in STARTING
    spec = PathFinder.find_spec(name, behind)
    return spec is not None and spec.origin is not None  # a folder without __init__.py has none


def _same(one: str | Path, other: Path) -> bool:
    try:
        return Path(one).samefile(other)
    except OSError:  # not there, as the zip file of Python's own
        return False
