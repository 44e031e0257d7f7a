"""The drawings show what the text beside them says: what a sampler chose, which classes a batch has."""

import pytest
import torch
from catalyst.contrib.data import AllTripletsSampler, HardClusterSampler, HardTripletsSampler

from data.notebook import points, samples, sketches
from data.notebook.draw import GREEN, RED


def arrows(ax) -> list[tuple[str, tuple, tuple]]:
    """(colour, from, to) of every arrow."""
    drawn = [text for text in ax.texts if getattr(text, "arrowprops", None)]
    return [(text.arrowprops["color"], rounded(text.xyann), rounded(text.xy)) for text in drawn]


def rounded(place) -> tuple[float, ...]:
    return tuple(round(float(number), 3) for number in place)


def picture(figure) -> torch.Tensor:
    return torch.tensor(figure.axes[0].images[0].get_array())  # [H, W, 3]


def names(figure) -> list[str]:
    return [label.get_text() for label in figure.axes[0].get_yticklabels()]


@pytest.mark.parametrize(
    ("draw", "words"),
    [
        (sketches.show_pipeline, {"train split", "valid split", "CMC@k", "loss", "same weights"}),
        (sketches.show_training_pipeline, {"dataset", "triplet loss"}),
        (sketches.show_violation, {"$a$", "$p$", "$n$"}),
        (sketches.show_hinge, {"the positive\n$\\|a - p\\|$"}),
        (sketches.show_margins, {"a class of mean spread, $s = d_0$"}),
        (points.show_clusters, {"$f_1^m$", "$f_2^m$", "$f_3^m$"}),
    ],
)
def test_a_sketch_is_drawn_with_its_words(draw, words, shown):
    draw()
    (figure,) = shown
    assert words <= {text.get_text() for ax in figure.axes for text in ax.texts}


def test_the_hinge_ends_where_the_negative_is_a_margin_behind_the_positive(shown):
    sketches.show_hinge(to_positive=0.8, margin=0.5)
    line = shown[0].axes[0].lines[0]
    loss = dict(zip((round(x, 2) for x in line.get_xdata()), line.get_ydata()))
    assert (loss[0.3], loss[0.8], loss[1.3], loss[2.0]) == pytest.approx((1.0, 0.5, 0, 0), abs=1e-6)


def test_margins_of_two_levels_are_a_step_apart(shown):
    """d_l = l (4 - 0.5)/16 + 0.5; a class of spread 0 has margin 0.1 + d_l."""
    sketches.show_margins()
    starts = [line.get_ydata()[0] for line in shown[0].axes[0].lines[:2]]
    assert starts == pytest.approx([0.1 + 3.5 / 16 + 0.5, 0.1 + 7 / 16 + 0.5])


def test_the_hard_triplet_is_the_one_that_the_sampler_chose(shown):
    points.show_hard_triplet(HardTripletsSampler(norm_required=False))
    anchor, positive, negative = (1.5, 0.1), (-0.5, 0.6), (2.4, 0.9)
    assert arrows(shown[0].axes[0]) == [(GREEN, anchor, positive), (RED, anchor, negative)]


def test_each_sampler_shows_the_triplets_of_one_anchor(shown):
    points.show_samplers(AllTripletsSampler(), HardTripletsSampler(), HardClusterSampler())
    every, hard, cluster = (arrows(ax) for ax in shown[0].axes)
    assert [sum(colour == wanted for colour, *_ in every) for wanted in (GREEN, RED)] == [3, 8]
    assert [colour for colour, *_ in hard] == [RED, GREEN]
    assert {start for _, start, _ in every + hard} == {(0.3, 0.4)}
    mean = rounded(points.TWELVE[0].mean(dim=0))
    assert {start for _, start, _ in cluster} == {mean}
    assert [colour for colour, *_ in cluster] == [RED, GREEN]


def test_alphabets_stand_in_rows_and_short_ones_are_filled_up(letters, shown):
    samples.show_alphabets(letters, alphabets=2, characters=4)
    assert picture(shown[0]).shape == (2 * 42, 4 * 42, 3)
    assert names(shown[0]) == ["Old Greek", "Lao"]
    ink = 255 * (1 - picture(shown[0])[21::42, 21::42, 0])  # [2, 4], in the middle of each picture
    assert ink.round().tolist() == [[50, 70, 90, 0], [110, 130, 150, 0]]


def test_every_drawing_of_a_character(letters, shown):
    samples.show_character(letters, "Lao/character02")
    ink = 255 * (1 - picture(shown[0])[21, 21::42, 0])  # [10]
    assert ink.round().tolist() == [130, 130, 130, 130, 0, 0, 0, 0, 0, 0]
    with pytest.raises(ValueError, match="Lao/character09"):
        samples.show_character(letters, "Lao/character09")


def test_some_of_every_class(letters, shown):
    samples.show_classes(letters, each=3)
    assert picture(shown[0]).shape == (9 * 42, 3 * 42, 3)


def test_the_classes_of_a_batch_have_their_names(letters, shown):
    rows = [0, 1, 20, 21, 4, 5]  # classes 0, 5 and 1
    batch = {"features": letters.images[rows, None].float() / 255, "targets": letters.labels[rows]}
    samples.show_batch(batch, 2, "a batch", classes=2, names=letters.characters)
    samples.show_batch(batch, 2, "a batch")
    assert names(shown[0]) == ["Old Greek/character01", "Lao/character03"]
    assert [len(picture(figure)) // 42 for figure in shown] == [2, 3]
    assert names(shown[1]) == []
