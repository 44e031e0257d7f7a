import numpy as np
import pytest
import torch

import data
from data import digits, glyphs, idx, strokes


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """A root folder in which the digits were drawn."""
    root = tmp_path_factory.mktemp("drawn")
    data.load("digits", root=root)
    return root


@pytest.fixture
def few(monkeypatch):
    monkeypatch.setattr(digits, "DRAWERS", {idx.TRAIN: 3, idx.VALID: 2})


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_there_are_150_drawings_of_each_of_ten_digits(drawn):
    loaded = data.load("digits", root=drawn)
    assert loaded.name == "digits"
    for split, drawers in ((loaded.train, 100), (loaded.valid, 50)):
        assert split.images.shape == (10 * drawers, 28, 28)
        assert split.images.dtype == torch.uint8
        assert split.labels.dtype == torch.int64
        assert split.labels.bincount().tolist() == [drawers] * 10
        assert split.characters == ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]
        assert split.alphabets == ["digits"]
        assert split.alphabet_of.tolist() == [0] * 10
        assert split.paths == []
    assert loaded.train.is_query is None
    # a fifth of the 50 drawings of each digit
    assert loaded.valid.labels[loaded.valid.is_query].bincount().tolist() == [10] * 10


def test_digits_are_ink_on_paper_and_as_thick_as_those_of_mnist(drawn):
    images = data.load("digits", root=drawn).train.images.float() / 255
    # on average 13 % of an MNIST picture is ink; white paper mistaken for ink would give nearly all of it
    assert 0.10 < images.mean() < 0.20
    assert images.amax(dim=(1, 2)).min() > 0.9
    assert images[:, 0, 0].max() == 0
    # grey edges, not two colours
    assert ((images > 0.2) & (images < 0.8)).float().mean() > 0.02


def test_no_two_drawings_are_alike(drawn):
    loaded = data.load("digits", root=drawn)
    images = torch.cat([loaded.train.images, loaded.valid.images]).flatten(1)
    assert len(images.unique(dim=0)) == 1500


def test_there_is_something_to_learn_and_it_can_be_learned(drawn):
    # the nearest picture, pixel by pixel, is of the same digit far more often than by chance (.1), and far from always
    valid = data.load("digits", root=drawn).valid
    pixels = valid.images.flatten(1).float()
    nearest = torch.cdist(pixels[valid.is_query], pixels[~valid.is_query]).argmin(dim=1)
    found = (valid.labels[~valid.is_query][nearest] == valid.labels[valid.is_query]).float().mean()
    assert 0.5 < found < 0.85


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path, few):
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        digits.render(tmp_path / name, seed=seed)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    images = "train-images-idx3-ubyte"
    assert contents(tmp_path / "a")[images] != contents(tmp_path / "c")[images]


def test_who_validates_has_not_trained(monkeypatch, tmp_path, few):
    hired = []
    monkeypatch.setattr(digits, "hire", lambda seed, number: hired.append(number) or glyphs.hire(seed)[0])
    digits.render(tmp_path / "digits")
    assert hired == [0, 1, 2, 3, 4]  # three train, two others validate


def test_every_font_has_the_ten_digits_each_with_a_shape_of_its_own():
    for font in digits.FONTS:
        paths = [strokes.pen_path(str(digit), font).points for digit in range(10)]
        assert all(len(points) > 50 for points in paths)
        assert len({points.tobytes() for points in paths}) == 10
    assert len({strokes.pen_path("4", font).points.tobytes() for font in digits.FONTS}) == len(digits.FONTS)


def test_drawers_are_used_to_different_fonts(monkeypatch):
    pen_path, fonts = strokes.pen_path, set()
    monkeypatch.setattr(strokes, "pen_path", lambda digit, font: fonts.add(font) or pen_path(digit, font))
    for number in range(50):
        digits.draw(4, digits.hire(0, 0), np.random.default_rng(number))
    assert fonts == set(digits.FONTS)  # one of seven is missed fifty times with probability (6 / 7) ** 50 = .0004


def test_digits_are_drawn_once(drawn, monkeypatch):
    monkeypatch.setattr(digits, "render", None)
    data.load("digits", root=drawn)


def test_an_interrupted_drawing_leaves_nothing_that_is_taken_for_whole(tmp_path, monkeypatch, few):
    draw, drawn = digits.draw, []

    def interrupted(*args):
        drawn.append(args)
        if len(drawn) == 40:  # in the middle of the second split
            raise KeyboardInterrupt
        return draw(*args)

    monkeypatch.setattr(digits, "draw", interrupted)
    with pytest.raises(KeyboardInterrupt):
        digits.render(tmp_path / "digits")
    assert list(tmp_path.iterdir()) == []


def test_drawing_leaves_the_global_random_state_alone():
    state = np.random.get_state()[1].copy()
    digits.draw(4, digits.hire(0, 0), np.random.default_rng(0))
    assert (np.random.get_state()[1] == state).all()
