"""The drawing tools: pictures of any size side by side, dark ink on white, each in the frame that was asked for."""

import matplotlib.pyplot as plt
import pytest
import torch
from matplotlib.colors import to_rgb

from data.notebook import draw


@pytest.mark.parametrize("side", [28, 32])
def test_pictures_of_any_size_stand_in_rows_and_the_last_row_is_filled_up(side):
    images = torch.zeros(5, side, side, dtype=torch.uint8)
    images[4] = 255
    picture = draw.mosaic(images, columns=3)
    tile = side + 10
    assert picture.shape == (2 * tile, 3 * tile, 3)  # 5 pictures and a gap make 2 rows of 3
    middle = picture[tile // 2 :: tile, tile // 2 :: tile, 0]  # [2, 3]: paper is white, ink is dark
    assert middle.tolist() == [[1, 1, 1], [1, 0, 1]]


def test_a_frame_has_the_colour_of_its_picture():
    picture = draw.mosaic(torch.zeros(2, 28, 28, dtype=torch.uint8), columns=2, frames=[draw.GREEN, draw.RED])
    for place, colour in enumerate([draw.GREEN, draw.RED]):
        tile = picture[:, 38 * place : 38 * (place + 1)]  # [38, 38, 3]
        assert torch.allclose(tile[1:3, 1:-1], torch.tensor(to_rgb(colour)))
        assert (tile[[0, -1]] == 1).all()
        assert (tile[3:-3, 3:-3] == 1).all()


def test_a_frame_for_each_picture_or_none():
    with pytest.raises(ValueError, match="shorter"):
        draw.mosaic(torch.zeros(2, 28, 28, dtype=torch.uint8), columns=2, frames=[draw.GREEN])


def test_names_stand_in_the_middle_of_their_rows_and_columns(monkeypatch):
    monkeypatch.setattr(plt, "show", lambda: None)
    picture = draw.mosaic(torch.zeros(6, 32, 32, dtype=torch.uint8), columns=3)  # 2 x 3 tiles of 42
    draw.show_mosaic(picture, "letters", ["anchor", "positive"], ["a", "b", "c"])
    axes = plt.gca()
    assert axes.get_xticks().tolist() == [21, 63, 105]
    assert axes.get_yticks().tolist() == [21, 63]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["a", "b", "c"]
    plt.close()
