"""Sample submissions: what students might hand in, made from the student notebook. `make demo` grades them, the tests
too, and the solved one is what trains.

A submission carries its own code, because the kernel that grades it does not have `solutions`.
"""

import ast
import copy
import inspect
import re
from collections.abc import Callable, Mapping

from nbformat import NotebookNode

from solutions import hierarchy, losses, samplers, tutorial, zoo

# The modules of the reference; who uses names of others comes first.
REFERENCE_MODULES = (
    losses,
    hierarchy,
    samplers,
    tutorial,
)


def reference_sources() -> dict[str, str]:
    """target -> the cell that defines it as the reference does: the first of a module holds all that is needed of it."""
    sources = {target: f"# {target}: defined above, with others of its module" for target in zoo.RIGHT}
    needed = set(zoo.RIGHT)
    for module in REFERENCE_MODULES:
        source = inspect.getsource(module)
        defined = {name for part in ast.parse(source).body for name in _names(part)}
        first = next(target for target in zoo.RIGHT if target in defined)
        sources[first] = _needed_part(source, needed)
    return sources


def _needed_part(source: str, needed: set[str]) -> str:
    """The imports from elsewhere and the definitions of `needed` names; what these use themselves is added to it."""
    statements = ast.parse(source).body
    kept: list[ast.stmt] = []
    while more := [part for part in statements if part not in kept and _names(part) & needed]:
        kept += more
        needed |= {node.id for part in more for node in ast.walk(part) if isinstance(node, ast.Name)}
    imports = [
        part
        for part in statements
        if isinstance(part, ast.Import | ast.ImportFrom) and "solutions" not in ast.unparse(part)
    ]
    return "\n\n".join(ast.unparse(part) for part in statements if part in kept or part in imports)


def _names(part: ast.stmt) -> set[str]:
    """What a statement of a module defines."""
    if isinstance(part, ast.Assign):
        return {target.id for target in part.targets}
    return {part.name} if isinstance(part, ast.ClassDef | ast.FunctionDef) else set()


def solve(notebook: NotebookNode, sources: Mapping[str, str]) -> NotebookNode:
    """A copy of a student notebook, with the cells of these targets replaced by these sources.

    Targets of other notebooks are passed over: `zoo.RIGHT` holds those of all.

    Raises:
        ValueError: several solution cells of the notebook define a target, or there is no such target at all.
    """
    solved = copy.deepcopy(notebook)
    for target, source in sources.items():
        places = [index for index, cell in enumerate(notebook.cells) if _defines(cell, target)]
        if len(places) > 1 or (not places and target not in zoo.RIGHT):
            raise ValueError(f"{len(places)} solution cells of the notebook define {target}; there should be one")
        for place in places:
            solved.cells[place].source = source.strip()
    return solved


def _defines(cell: NotebookNode, target: str) -> bool:
    is_solution = cell.metadata.get("nbgrader", {}).get("solution", False)
    return is_solution and re.search(rf"^(class|def) {target}\b", cell.source, re.MULTILINE) is not None


def reference(notebook: NotebookNode) -> NotebookNode:
    return solve(notebook, reference_sources())


def half_done(notebook: NotebookNode) -> NotebookNode:
    chapter = ("HardClusterTripletsSampler", "ClusterLoss")
    return solve(notebook, {target: zoo.RIGHT[target] for target in chapter})


def untouched(notebook: NotebookNode) -> NotebookNode:
    return copy.deepcopy(notebook)


def with_mistake(name: str) -> Callable[[NotebookNode], NotebookNode]:
    """All right but for one known mistake."""
    wrong = next(wrong for wrong in zoo.ZOO if wrong.name == name)
    return lambda notebook: solve(notebook, {**zoo.RIGHT, wrong.target: wrong.source})


def warns(notebook: NotebookNode) -> NotebookNode:
    """All right, and noisy: a print and a warning, which goes to stderr, from within the graded code."""
    noise = 'points = features.double()\n        print("sampling"); import warnings; warnings.warn("noisy but right")'
    noisy = zoo.RIGHT["HardClusterTripletsSampler"].replace("points = features.double()", noise)
    return solve(notebook, {**zoo.RIGHT, "HardClusterTripletsSampler": noisy})


SAMPLES: dict[str, Callable[[NotebookNode], NotebookNode]] = {
    "ada_reference": reference,
    "ben_half_done": half_done,
    "cleo_own_centroid": with_mistake("own_centroid_not_excluded"),
    "dan_centroid_distances": with_mistake("centroid_distances"),
    "eva_gradient_through_margin": with_mistake("gradient_through_margin"),
    "finn_untouched": untouched,
    "gus_warns": warns,
}
