"""How long a student waits for `check`, picture included: `python -m solutions.research.check`.

Median and worst of REPEATS, in milliseconds, for the right solution and for the wrong one that is slowest to report.
The first call of a session also imports torch, which a notebook has done long before.
"""

import statistics
import time

from rich.console import Console
from rich.table import Table

from grader import assignments, check
from solutions import mutants

ASSIGNMENT = "homework3"
REPEATS = 20


def milliseconds(name: str, target: object) -> list[float]:
    check(name, target)._repr_html_()  # warm up
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        check(name, target)._repr_html_()
        times.append(1000 * (time.perf_counter() - start))
    return times


def main() -> None:
    table = Table("exercise", "right, median", "slowest wrong, median", "worst", title="check, in ms")
    for name, exercise in assignments.graded(ASSIGNMENT).items():
        right = milliseconds(name, mutants.plain(ASSIGNMENT, exercise.target.name))
        wrong = [
            milliseconds(name, mutant.object)
            for mutant in mutants.of(ASSIGNMENT)
            if mutant.target == exercise.target.name
        ]
        slowest = max(wrong, key=statistics.median)
        worst = max(max(times) for times in [right, *wrong])
        table.add_row(
            name, *(f"{value:.1f}" for value in (statistics.median(right), statistics.median(slowest), worst))
        )
    Console().print(table)


if __name__ == "__main__":
    main()
