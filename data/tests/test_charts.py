"""Curves and tables show the numbers that they are given, at the epochs that have them."""

import pytest
from matplotlib.colors import to_hex

from data.notebook import charts
from data.notebook.tables import show_cmc

HISTORY = [
    {"epoch": 1, "loss": 0.5, "within": 0.1, "between": 0.2},
    {"epoch": 2, "loss": 0.25, "within": 0.2, "between": 0.8, "cmc01": 0.75, "cmc05": 1.0},
]
TRAINED = {name: {"history": HISTORY, "cmc": {1: 0.75, 5: 1.0}} for name in ("hard triplets", "mine")}
BASELINES = {charts.PIXELS: {1: 0.25, 5: 0.5}}


def heights(lines) -> list[list[float]]:
    return [list(line.get_ydata()) for line in lines]


def test_the_curves_of_a_training_and_the_table_of_its_cmc(shown, tables):
    charts.show_training(TRAINED, BASELINES, "hard triplets", "mine", "of nobody")
    (figure,) = shown
    loss, pairs, score = figure.axes
    assert heights(loss.lines) == 2 * [[0.5, 0.25]]
    assert heights(pairs.lines[:2]) == [[0.2, 0.8], [0.1, 0.2]]  # between, within
    assert heights(score.lines) == [[0.75], [0.75], [0.25, 0.25]]
    assert list(score.lines[0].get_xdata()) == [2]
    assert [text.get_text() for text in loss.get_legend().get_texts()] == ["hard triplets", "mine"]
    for ax in figure.axes:  # one colour a method
        assert to_hex(ax.lines[0].get_color()) == to_hex(loss.lines[0].get_color())
    (table,) = tables
    assert table.splitlines()[2:] == [
        "| raw pixels, 16 × 16 | 0.250 | 0.500 |",
        "| **hard triplets** | 0.750 | 1.000 |",
        "| **mine** | 0.750 | 1.000 |",
    ]


def test_what_was_not_trained_is_a_sentence(shown, tables, capsys):
    charts.show_training(TRAINED, BASELINES, "of nobody")
    assert capsys.readouterr().out == "Nothing has been trained here yet.\n"
    assert shown == tables == []


def test_the_curves_of_one_history(shown):
    charts.show_curves(HISTORY, margin=0.5, baseline=0.25)
    loss, score = shown[0].axes
    assert heights(loss.lines) == [[0.5, 0.25], [0.5, 0.5]]
    assert heights(score.lines) == [[0.75], [0.25, 0.25]]
    assert loss.get_ylim() == pytest.approx((0, 0.8))


def test_a_table_of_cmc_has_a_column_for_each_k(tables):
    show_cmc({"pixels": {1: 0.12345, 10: 0.5}, "mine": {1: 0.5, 10: 1.0}})
    assert tables == [
        "|  | CMC@1 | CMC@10 |\n| --- | ---: | ---: |\n| pixels | 0.123 | 0.500 |\n| mine | 0.500 | 1.000 |"
    ]
