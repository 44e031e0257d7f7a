"""Sample submissions: what students might hand in, made from the student notebook. `make demo` grades them, the tests
too, and the solved one is what trains.

A submission carries its own code, because the kernel that grades it does not have `solutions`.
"""

import ast
import copy
import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from types import ModuleType

from nbformat import NotebookNode

from solutions import mutants

HOMEWORK = "homework3"


def reference_sources(assignment: str = HOMEWORK) -> dict[str, str]:
    """target -> the cell that defines it as the reference does.

    The first of a chapter holds all that the chapter needs and no chapter before it has: a page of feedback has no room
    for it twice.
    """
    sources, above = {}, set()
    for chapter in mutants.chapters(assignment):
        first, *others = chapter.PLAIN
        imports, definitions = _needed(chapter, set(chapter.PLAIN))
        sources[first] = _joined(imports, [part for part in definitions if part not in above])
        above |= set(definitions)
        sources |= {target: f"# {target}: defined above, with others of its chapter" for target in others}
    return sources


def _joined(imports: Iterable[str], definitions: Iterable[str]) -> str:
    """Each once, by whatever ways it is needed."""
    return "\n\n\n".join(filter(None, ["\n".join(dict.fromkeys(imports)), *dict.fromkeys(definitions)]))


def _needed(module: ModuleType, names: set[str]) -> tuple[list[str], list[str]]:
    """The code behind these names of a module of ours, as it runs without `solutions`: imports, and definitions.

    What the definitions use themselves is among them, from whichever of our modules they import it; so are the imports
    from elsewhere, as far as they are used.
    """
    statements = ast.parse(inspect.getsource(module)).body
    kept: list[ast.stmt] = []
    while more := [part for part in statements if part not in kept and _defined(part) & names]:
        kept += more
        names = names | {node.id for part in more for node in ast.walk(part) if isinstance(node, ast.Name)}
    imports, definitions = [], []
    for part in statements:
        if not isinstance(part, ast.Import | ast.ImportFrom):
            continue
        aliases = [alias for alias in part.names if (alias.asname or alias.name).partition(".")[0] in names]
        if not aliases:
            continue
        if not (isinstance(part, ast.ImportFrom) and part.module.partition(".")[0] == "solutions"):
            imports += [ast.unparse(_with(part, alias)) for alias in aliases]
            continue
        ours = _needed(import_module(part.module), {alias.name for alias in aliases})
        imports, definitions = imports + ours[0], definitions + ours[1]
    return imports, definitions + [ast.unparse(part) for part in statements if part in kept]


def _with(part: ast.Import | ast.ImportFrom, alias: ast.alias) -> ast.stmt:
    """The import of this name alone."""
    narrow = copy.copy(part)
    narrow.names = [alias]
    return narrow


def _defined(part: ast.stmt) -> set[str]:
    """What a statement of a module defines."""
    if isinstance(part, ast.Assign):
        return {target.id for target in part.targets if isinstance(target, ast.Name)}
    return {part.name} if isinstance(part, ast.ClassDef | ast.FunctionDef) else set()


def solve(notebook: NotebookNode, sources: Mapping[str, str]) -> NotebookNode:
    """A copy of a student notebook, with the cells of these targets replaced by these sources.

    Raises:
        ValueError: no solution cell of the notebook, or more than one, defines a target.
    """
    solved = copy.deepcopy(notebook)
    for target, source in sources.items():
        places = [index for index, cell in enumerate(notebook.cells) if _defines(cell, target)]
        if len(places) != 1:
            raise ValueError(f"{len(places)} solution cells of the notebook define {target}; there should be one")
        solved.cells[places[0]].source = source.strip()
    return solved


def _defines(cell: NotebookNode, target: str) -> bool:
    is_solution = cell.metadata.get("nbgrader", {}).get("solution", False)
    return is_solution and re.search(rf"^(class|def) {target}\b", cell.source, re.MULTILINE) is not None


# What the students of the homework hand in -----------------------------------------------------------------------------


def reference(notebook: NotebookNode) -> NotebookNode:
    return solve(notebook, reference_sources())


def half_done(notebook: NotebookNode) -> NotebookNode:
    plain = mutants.sources(HOMEWORK)
    return solve(notebook, {target: plain[target] for target in ("HardClusterTripletsSampler", "ClusterLoss")})


def untouched(notebook: NotebookNode) -> NotebookNode:
    return copy.deepcopy(notebook)


def with_mistake(name: str) -> Callable[[NotebookNode], NotebookNode]:
    """All right but for one known mistake."""
    mutant = mutants.named(HOMEWORK, name)
    return lambda notebook: solve(notebook, {**mutants.sources(HOMEWORK), mutant.target: mutant.source})


def warns(notebook: NotebookNode) -> NotebookNode:
    """All right, and noisy: a print and a warning, which goes to stderr, from within the graded code."""
    noise = 'points = features.double()\n        print("sampling"); import warnings; warnings.warn("noisy but right")'
    plain = mutants.sources(HOMEWORK)
    noisy = plain["HardClusterTripletsSampler"].replace("points = features.double()", noise)
    return solve(notebook, {**plain, "HardClusterTripletsSampler": noisy})


SAMPLES: dict[str, Callable[[NotebookNode], NotebookNode]] = {
    "ada_reference": reference,
    "ben_half_done": half_done,
    "cleo_own_centroid": with_mistake("own_centroid_not_excluded"),
    "dan_centroid_distances": with_mistake("centroid_distances"),
    "eva_gradient_through_margin": with_mistake("gradient_through_margin"),
    "finn_untouched": untouched,
    "gus_warns": warns,
}
