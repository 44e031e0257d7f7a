import numpy as np
import pytest

from data import strokes


def thick_cross():
    """Two bars 9 pixels wide that cross in the middle of 61 x 61 pixels."""
    ink = np.zeros((61, 61), dtype=bool)
    ink[26:35, 5:56] = True
    ink[5:56, 26:35] = True
    return ink


def test_thinning_leaves_lines_one_pixel_wide_in_the_middle_of_the_strokes():
    lines = strokes._thin(thick_cross())
    # away from the ends and the crossing each bar is its middle row or column, give or take one pixel
    assert lines[:, 15].sum() == 1
    assert lines[29:32, 15].any()
    assert lines[45, :].sum() == 1
    assert lines[45, 29:32].any()


def test_half_the_width_is_counted_in_peels():
    # 9 pixels wide: after 4 peels one pixel is left, the 5th takes it; where the bars cross the ink is thicker, but
    # the square of 9 x 9 in the corner of two bars peels no slower than the bars by more than one
    assert strokes._half_width(thick_cross()[:, :20]) == 5


def test_pruning_removes_forks_and_keeps_dots():
    lines = np.zeros((40, 40), dtype=bool)
    lines[20, 5:35] = True
    lines[17:20, 20] = True  # a fork three pixels long
    lines[30, 10] = True  # a dot
    pruned = strokes._prune(lines, 3)
    assert not pruned[17:19, 20].any()
    assert pruned[20, 8:32].all()
    assert pruned[30, 10]
    assert pruned[28:33].sum() == 1


def test_a_dot_that_thinned_to_a_short_line_stays_one_dot():
    lines = np.zeros((20, 20), dtype=bool)
    lines[10, 8:12] = True
    assert strokes._prune(lines, 5).sum() == 1


def test_strokes_end_where_lines_meet():
    lines = np.zeros((41, 41), dtype=bool)
    lines[20, 5:36] = True
    lines[5:36, 20] = True
    stroke = strokes._strokes(lines)
    arms = stroke[20, 6], stroke[20, 34], stroke[6, 20], stroke[34, 20]
    assert len(set(arms)) == 4
    assert set(np.unique(stroke[lines])) == set(range(4))  # the crossing belongs to one of them


def test_a_ring_is_one_stroke():
    path = strokes.pen_path("o")
    assert set(path.stroke) == {0}


@pytest.mark.parametrize("letter", "lwoأ")
def test_paths_are_centred_and_one_long(letter):
    points = strokes.pen_path(letter).points
    span = points.max(axis=0) - points.min(axis=0)
    assert span.max() == pytest.approx(1)
    np.testing.assert_allclose(points.max(axis=0) + points.min(axis=0), 0, atol=1e-12)
