"""report: wrong and right solutions."""

WRONG = []

RIGHT = []
