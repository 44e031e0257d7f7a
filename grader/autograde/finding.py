"""Which of the files that were handed in is the notebook that was asked for.

Browsers, portals and file managers change names on the way, and whoever unpacks and packs again adds folders. A file is
taken where nothing else can be meant.
"""

import hashlib
import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from enum import IntEnum

from grader.autograde import archives
from grader.autograde.archives import Budget, File, is_archive
from grader.files import quoted
from grader.limits import Limits
from grader.notebooks import Unreadable, parse

MOST_QUOTED = 10
LONGEST_NAME = 255
COPY = r"[_-]*(?:copy\d*|\(\d+\)|-\d+)"  # what the names of copies have, in small letters and without spaces
ENDING = r"\.(?:ipynb|json|txt)"  # browsers add one to what they take for text


class Likeness(IntEnum):
    """How a file's name is like that of the notebook; the nearest counts."""

    SAME = 0
    CHANGED = 1  # as programs change it
    OTHER = 2  # another notebook's


NAMED = (Likeness.SAME, Likeness.CHANGED)


def likeness(path: str, notebook: str) -> Likeness | None:
    """`notebook`: its name without ".ipynb". None: the file is not called like a notebook."""
    name = path.rpartition("/")[2]
    if name == f"{notebook}.ipynb":
        return Likeness.SAME
    plain = _plain(name)
    if re.fullmatch(rf"(?:copyof)?{re.escape(_plain(notebook))}(?:{COPY}|{ENDING})*", plain):
        return Likeness.CHANGED
    return Likeness.OTHER if ".ipynb" in plain and not is_archive(name) else None


def _plain(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name[:LONGEST_NAME]).casefold().split())


def meant(files: Sequence[File], notebook: str) -> list[File]:
    """One file, which must be the notebook; or several that are equally like it and differ; or none. `files`: what may be a
    notebook."""
    for wanted in Likeness:
        group = [file for file in files if likeness(file.path, notebook) == wanted]
        if 1 < len(group) <= MOST_QUOTED and len(set(map(_digest, group))) == 1:
            return group[:1]
        if group:
            return group
    return []


def why_none(file: File, limits: Limits) -> str:
    """Why a file cannot be a notebook, as a sentence that goes on after its name; empty: it may be one. What has another
    ending than a notebook's must be readable as one."""
    if _plain(file.path.rpartition("/")[2]).endswith(".ipynb"):
        return ""
    try:
        parse(file.read(), limits)
    except Unreadable as problem:
        return str(problem)
    return ""


def _digest(file: File) -> bytes:
    try:
        return hashlib.sha256(file.read()).digest()
    except Unreadable:
        return file.path.encode(errors="replace")


def search(
    files: list[File], names: list[str], missing: list[str], budget: Budget, limits: Limits
) -> tuple[dict[str, File], dict[str, str], list[File]]:
    """What must be meant by each missing one of the notebooks `names`; for the others why nothing must, as a sentence that
    goes on after the name; and all files that were seen. Archives are opened for what cannot be meant outside of them."""
    found: dict[str, File] = {}
    why_not: dict[str, str] = {}
    layer, seen = files, list(files)
    problems: dict[str, str] = {}  # of the files that are called like one of the notebooks, or like any; by path
    amiss: dict[str, str] = {}  # of the archives that cannot be opened
    for _ in range(1 + archives.NESTED):
        alike = [file for file in layer if any(likeness(file.path, name) is not None for name in missing)]
        problems |= {file.path: why_none(file, limits) for file in alike}
        for name, group in _groups([file for file in alike if not problems[file.path]], names, missing).items():
            if len(group) == 1:
                found[name] = group[0]
            elif group:
                why_not[name] = _unclear(group)
        missing = [name for name in missing if name not in found and name not in why_not]
        layer = list(_unpacked(layer, budget, amiss)) if missing else []
        seen += layer
    return found, why_not | dict.fromkeys(missing, _absent(seen, problems | amiss)), seen


def besides(
    files: list[File], names: list[str], taken: Collection[str], budget: Budget, limits: Limits
) -> Iterator[str]:
    """A sentence on each notebook that was handed in besides those of the paths `taken`: what lies at the top, or is called
    like one of the notebooks `names`, also in an archive; and on each archive that may hold one but cannot be opened."""
    layer, amiss = files, {}
    for _ in range(1 + archives.NESTED):
        for file in layer:
            alike = {likeness(file.path, name) for name in names}
            may_be_meant = alike.intersection(NAMED) or ("/" not in file.path and Likeness.OTHER in alike)
            if may_be_meant and file.path not in taken and not why_none(file, limits):
                yield f"{quoted(file.path)} was handed in besides, and not graded."
        layer = list(_unpacked(layer, budget, amiss))
    for path, problem in amiss.items():
        yield f"{quoted(path)} was handed in besides, and not looked into: it {problem}."


def _groups(files: list[File], names: list[str], missing: list[str]) -> dict[str, list[File]]:
    """See `meant`. What is not called like any of the notebooks may be the only one that is missing."""
    like = {file.path: [name for name in names if likeness(file.path, name) in NAMED] for file in files}
    groups = {name: meant([file for file in files if like[file.path] == [name]], name) for name in missing}
    rest = [name for name in missing if not groups[name]]
    if len(rest) == 1:
        groups[rest[0]] = meant([file for file in files if not like[file.path]], rest[0])
    return groups


def _unpacked(files: list[File], budget: Budget, amiss: dict[str, str]) -> Iterator[File]:
    """What is in the archives among the files. `amiss` gets the reason of each that cannot be opened."""
    for file in files:
        if is_archive(file.path):
            try:
                yield from archives.opened(file, budget)
            except Unreadable as problem:
                amiss[file.path] = str(problem)


def _unclear(files: Collection[File]) -> str:
    there = f"there {'is' if len(files) == 1 else 'are'} {listed(files)}"
    return f"was not handed in under this name; {there}, and it is not clear which is meant"


def _absent(files: list[File], problems: dict[str, str]) -> str:
    possible = [file for file in files if problems.get(file.path) == ""]
    if possible:
        return _unclear(possible)
    sentences = [f"{quoted(path)} {problem}" for path, problem in problems.items()][:MOST_QUOTED]
    if sentences:
        return f"was not handed in under this name: {'; '.join(sentences)}"
    return f"was not handed in; there is only {listed(files)}" if files else "was not handed in"


def listed(files: Collection[File]) -> str:
    """The names of files, in quotation marks."""
    more = f" and {len(files) - MOST_QUOTED} more" if len(files) > MOST_QUOTED else ""
    return ", ".join(quoted(file.path) for file in list(files)[:MOST_QUOTED]) + more
