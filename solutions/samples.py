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

from solutions import hierarchy, losses, samplers, zoo

# The first target of each module of the reference: its cell holds all that the notebook needs of the module. Who uses
# names of others comes first.
REFERENCE_MODULES = {
    "ClusterLoss": losses,
    "class_distances": hierarchy,
    "HardClusterTripletsSampler": samplers,
}


def reference_sources() -> dict[str, str]:
    """target -> the cell that defines it as the reference does."""
    sources = {target: f"# {target}: defined above, with others of its module" for target in zoo.RIGHT}
    needed = set(zoo.RIGHT)
    for target, module in REFERENCE_MODULES.items():
        sources[target] = _needed_part(inspect.getsource(module), needed)
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

    Raises:
        ValueError: no solution cell of the notebook defines a target.
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
