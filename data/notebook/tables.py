"""Tables, as Markdown that the notebook renders."""

from collections.abc import Iterable, Sequence

from IPython.display import Markdown, display


def show_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """One line a row, under the names of the columns; all but the first column flush right."""
    lines = [columns, ["---", *["---:"] * (len(columns) - 1)], *rows]
    display(Markdown("\n".join(f"| {' | '.join(cells)} |" for cells in lines)))


def show_cmc(scores: dict[str, dict[int, float]]) -> None:
    """One row a method, one column a k. scores: method -> {k: CMC@k}, with the same k for all."""
    topk = next(iter(scores.values()))
    rows = [[name, *(f"{score[k]:.3f}" for k in topk)] for name, score in scores.items()]
    show_table(["", *(f"CMC@{k}" for k in topk)], rows)
