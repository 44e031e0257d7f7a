"""report: wrong and right solutions."""

from wrong_solutions import Right, Wrong

WRONG = []

RIGHT = []
