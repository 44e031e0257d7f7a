"""The trees show the classes that they should, at the heights at which they meet."""

import pytest
import torch
from matplotlib.offsetbox import AnnotationBbox

from data.notebook import tree


def thumbnails(ax) -> list[tuple[float, float]]:
    return [artist.xy for artist in ax.artists if isinstance(artist, AnnotationBbox)]


def texts(ax) -> list[str]:
    return [text.get_text() for text in ax.texts]


def test_the_static_tree_has_three_characters_of_three_alphabets(letters, shown):
    tree.show_static_tree(letters)
    (ax,) = shown[0].axes
    assert len(thumbnails(ax)) == 9
    assert {"Old Greek", "Lao", "NKo", "all characters"} <= set(texts(ax))


def test_the_static_tree_leaves_out_alphabets_that_are_too_small(letters, shown):
    letters.alphabet_of[5] = 2  # two are left of the second
    tree.show_static_tree(letters)
    (ax,) = shown[0].axes
    assert len(thumbnails(ax)) == 6
    assert "Lao" not in texts(ax)


def test_the_grown_tree_joins_classes_at_their_distance(letters, shown):
    """Classes on a line, at 0, 1, 2 | 10, 11, 12 | 30, 31, 32: alphabets are joined inside at 1, then at 64 and 324."""
    place = torch.tensor([0.0, 1, 2, 10, 11, 12, 30, 31, 32])
    d = (place[:, None] - place).square()
    level = torch.full((9, 9), 2)
    level[:3, :3] = 0  # 3 of the 36 pairs
    tree.show_grown_tree(letters, d, torch.full((9,), 0.5), level, "after training", alphabets=3, levels=16)
    (ax,) = shown[0].axes
    heights = sorted({height for line in ax.collections for path in line.get_paths() for height in path.vertices[:, 1]})
    assert heights == pytest.approx([0, 1, 64, 324])
    assert len(thumbnails(ax)) == 9
    assert "after training (of all pairs of training classes, 8.3% at level 0, 91.7% at level 2)" in ax.get_title(
        "left"
    )
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == ["Old Greek", "Lao", "NKo"]


def test_thresholds_stand_where_they_fall_into_the_picture(letters, shown):
    """With d_0 = 0.5 and four levels, thresholds are at 0.5, 1.375, 2.25, 3.125 and 4; bars from 1 to 3."""
    d = torch.full((9, 9), 3.0)
    for alphabet in range(3):
        block = slice(3 * alphabet, 3 * alphabet + 3)
        d[block, block] = 1.0
    d.fill_diagonal_(0)
    tree.show_grown_tree(letters, d, torch.full((9,), 0.5), torch.ones(9, 9).long(), "", alphabets=3, levels=4)
    bottom, top = shown[0].axes[0].get_ylim()
    assert bottom == pytest.approx(1 - 0.35 * 2)
    inside = [name for name, height in zip("01234", (0.5, 1.375, 2.25, 3.125, 4)) if bottom < height < top]
    assert (
        texts(shown[0].axes[0])
        == [f"$d_{{{name}}}$" for name in inside]
        == ["$d_{0}$", "$d_{1}$", "$d_{2}$", "$d_{3}$"]
    )
