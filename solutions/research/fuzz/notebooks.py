"""Mutations of a notebook's JSON after which it is known what it is worth: most often, as much as before."""

import copy
from random import Random

from solutions.research.fuzz.cells import checks, claimed, junk, named, nested, place_of, short, solutions, some, stubs
from solutions.research.fuzz.recipes import MINE, Work, mutation
from solutions.research.fuzz.seeds import hanging_on

TARGETS = {  # of the solution cells on which points hang
    "hard_cluster_sampler": "HardClusterTripletsSampler",
    "cluster_loss": "ClusterLoss",
    "class_distances": "class_distances",
    "tree_level": "tree_level",
    "violate_margin": "violate_margin",
    "hierarchical_loss": "HierarchicalTripletMarginLossWithSampler",
}

# What belongs to nobody's work: metadata, ids, outputs ----------------------------------------------------------------


@mutation("notebook", keeps="metadata")
def metadata_of_other_tools(work: Work, rng: Random) -> str:
    keys = ["tags", "collapsed", "slideshow", "trusted", "vscode", "papermill", "kernelspec", "grader", "jupyter", "id"]
    for holder in [work.notebook, *some(work.whole(), rng, 10)]:
        holder["metadata"][rng.choice(keys)] = value = junk(rng)
    return short(value)


@mutation("notebook", keeps="metadata")
def claims_of_other_kinds(work: Work, rng: Random) -> str:
    """All that nbgrader's metadata say but the name of the cell."""
    said = []
    for cell in some(named(work), rng, 5):
        key = rng.choice(
            ["schema_version", "points", "checksum", "grade", "solution", "locked", "task", "cell_type", "x"]
        )
        claimed(cell)[key] = value = junk(rng)
        said.append(f"{key} = {short(value)}")
    return ", ".join(said)


@mutation("notebook", keeps="metadata ids identity order")
def without_metadata(work: Work, rng: Random) -> str:
    empty = rng.choice([{}, None, "gone", {"nbgrader": None}, {"nbgrader": {"grade_id": 3}}, {"nbgrader": []}])
    for cell in work.whole():
        cell["metadata"] = copy.deepcopy(empty)
    return short(empty)


@mutation("notebook", keeps="ids identity")
def other_ids(work: Work, rng: Random) -> str:
    kind, value = rng.choice(["none", "new", "the same", "junk"]), junk(rng)
    for number, cell in enumerate(work.whole()):
        cell["id"] = {"new": f"new-{number}", "the same": "same"}.get(kind, value)
        if kind == "none":
            del cell["id"]
    return f"{kind} {short(value)}" if kind == "junk" else kind


@mutation("notebook", keeps="outputs")
def outputs_of_all_kinds(work: Work, rng: Random) -> None:
    stream = {"output_type": "stream", "name": "stdout", "text": ["a\n", "b"]}
    picture = {"output_type": "display_data", "data": {"image/png": "iVBORw0KGgo="}, "metadata": {}}
    html = {"output_type": "execute_result", "data": {"text/html": "<b>1.0</b>"}, "metadata": {}, "execution_count": 1}
    error = {"output_type": "error", "ename": "E", "evalue": "\x1b[31m", "traceback": ["\x1b[31mE\x1b[0m"]}
    kinds = [stream, picture, html, error, {**stream, "text": "x" * 1000}, {**html, "execution_count": nested(10)}]
    for cell in work.code():
        cell["outputs"] = copy.deepcopy(rng.choices(kinds, k=rng.randint(0, 5)))
        cell["execution_count"] = rng.choice([None, 1, 10**6])


@mutation("notebook", keeps="outputs")
def outputs_that_are_none(work: Work, rng: Random) -> str:
    for cell in some(work.code(), rng):
        cell["outputs"], cell["execution_count"], cell["attachments"] = junk(rng), junk(rng), junk(rng)
    return short(cell["outputs"])


# How the same cells may be written ------------------------------------------------------------------------------------


@mutation("notebook", keeps="line-ends")
def line_ends_of_windows(work: Work, rng: Random) -> None:
    share = rng.choice([1.0, 0.5])
    for cell in work.whole():
        if rng.random() < share:
            cell["source"] = cell["source"].replace("\n", "\r\n")


@mutation("notebook", keeps="blank-lines")
def blank_lines_around(work: Work, rng: Random) -> None:
    for cell in work.whole():
        cell["source"] = rng.choice(["", "\n", "\n\n"]) + cell["source"] + rng.choice(["", "\n", "\n\n\n", "\n  "])


@mutation("notebook", keeps="version")
def other_minor_version(work: Work, rng: Random) -> str:
    work.notebook["nbformat_minor"] = value = rng.choice([0, 2, 4, 5, 6, 99, -1, None, "5", 10**30])
    if rng.random() < 0.3:
        del work.notebook["nbformat_minor"]
    return short(value)


@mutation("form", keeps="lines")
def sources_as_lists(work: Work, rng: Random) -> None:
    """Of lines, as nbformat writes them, or cut anywhere."""
    anywhere = rng.random() < 0.5
    for cell in work.whole():
        text = cell["source"]
        cuts = sorted(some(range(len(text) + 1), rng))
        parts = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)])]
        cell["source"] = parts if anywhere else text.splitlines(keepends=True)


@mutation("form", keeps="version metadata outputs lines ids identity order")
def notebook_format_3(work: Work, rng: Random) -> str:
    cells = []
    for cell in work.whole():
        text, code = cell["source"], {"language": "python", "outputs": [], "collapsed": False}
        old = {"cell_type": cell["cell_type"], "metadata": cell["metadata"]}
        cells.append({**old, **code, "input": text} if cell["cell_type"] == "code" else {**old, "source": text})
    cut = rng.choice([0, rng.randrange(len(cells) + 1)])
    worksheets = [{"cells": part, "metadata": {}} for part in (cells[:cut], cells[cut:]) if part]
    work.notebook = {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}, "worksheets": worksheets}
    return f"{len(worksheets)} worksheets"


# Cells that came, went and moved, and no work was lost ----------------------------------------------------------------


@mutation("notebook", keeps="prose")
def prose_changed(work: Work, rng: Random) -> None:
    texts = ["", "\ud800", "\x00\x1b[2J\u202e", "x" * 20_000, "<script>alert(1)</script>", "a\x0cb\x85c\u2028d"]
    for cell in [cell for cell in work.whole() if cell["cell_type"] == "markdown"]:
        match rng.choice(["gone", "raw", "another text", "twice", "kept", "kept"]):
            case "gone":
                del work.cells[place_of(cell, work)]
            case "raw":
                cell["cell_type"] = "raw"
            case "another text":
                cell["source"] = rng.choice(texts)
            case "twice":
                work.cells.insert(rng.randrange(len(work.cells)), copy.deepcopy(cell))


@mutation("notebook", keeps="additions")
def cells_of_their_own(work: Work, rng: Random) -> None:
    sources = ["", "\nx_1 = 1", "\n# é ∞ \U0001f600", "\n1 / 0", "\nprint('1.0')", "\nfrom math import pi", "\n)("]
    for _ in range(rng.randint(1, 8)):
        cell = {"cell_type": "code", "source": MINE + rng.choice(sources), "metadata": {}, "outputs": []}
        work.cells.insert(rng.randrange(len(work.cells) + 1), {**cell, "execution_count": None})


@mutation("notebook", keeps="order")
def checks_elsewhere(work: Work, rng: Random) -> str:
    """Their order and place are the master's to say, and their text."""
    here, what = checks(work), rng.choice(["first", "last", "anywhere", "twice", "gone", "other texts"])
    rest = [cell for cell in work.cells if not any(cell is check for check in here)]
    scattered = list(rest)
    for check in here:
        scattered.insert(rng.randrange(len(scattered) + 1), check)
        if what == "other texts":
            check["source"] = rng.choice(["", "1.0", "check = lambda *a: 1.0", "raise SystemExit"])
    work.notebook["cells"] = {
        "first": [*here, *rest],
        "last": [*rest, *here],
        "anywhere": scattered,
        "twice": [*copy.deepcopy(here[:5]), *work.cells, *copy.deepcopy(here)],
        "gone": rest,
        "other texts": work.cells,
    }[what]
    return what


@mutation("notebook", keeps="order")
def stubs_again(work: Work, rng: Random) -> None:
    """Untouched copies of stubs, behind the cells that were worked on."""
    for cell in some(solutions(work), rng):
        stub = copy.deepcopy({**cell, "source": stubs()[claimed(cell)["grade_id"]]})
        work.cells.insert(rng.randint(place_of(cell, work) + 1, len(work.cells)), stub)


@mutation("notebook", keeps="order")
def solutions_twice(work: Work, rng: Random) -> None:
    for cell in some(solutions(work), rng):
        work.cells.insert(place_of(cell, work) + 1, copy.deepcopy(cell))


@mutation("notebook", keeps="order")
def named_cells_converted(work: Work, rng: Random) -> None:
    for cell in named(work):
        cell["cell_type"] = rng.choice(["code", "code", "markdown", "raw"])


@mutation("notebook", keeps="order")
def ungraded_cells_gone(work: Work, rng: Random) -> None:
    for cell in work.code():
        if "ungraded" in str(cell["metadata"].get("tags")) and rng.random() < 0.7:
            del work.cells[place_of(cell, work)]


@mutation("notebook", keeps="order")
def a_solution_lost(work: Work, rng: Random) -> str:
    """Right or wrong: the points that hang on it are not earned."""
    cell = rng.choice(solutions(work))
    name, how = claimed(cell)["grade_id"], rng.choice(["deleted", "emptied", "a stub again", "broken"])
    text = {"a stub again": stubs()[name], "broken": f")(\n{cell['source']}"}.get(how, "")
    if how == "deleted":
        del work.cells[place_of(cell, work)]
    else:
        cell["source"] = text
    work.replaced[name] = text
    work.lost |= hanging_on([TARGETS[name]] if name in TARGETS else [])
    return f"{name} {how}"
