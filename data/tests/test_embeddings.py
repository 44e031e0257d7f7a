"""Pictures of an embedding show what is nearest, what is hardest, and where the classes lie."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from matplotlib.colors import to_rgb
from matplotlib.offsetbox import AnnotationBbox

from data.notebook import embeddings
from data.notebook.draw import BLUE, GREEN, RED

TILE = 42  # pixels: a picture of 32 and its frame


@pytest.fixture
def features(letters) -> torch.Tensor:
    """On a line: each class at its number, so that a query's nearest are its own class, then the classes beside it."""
    return torch.stack([letters.labels, 0 * letters.labels, 0 * letters.labels], dim=1).float()  # [36, 3]


@pytest.fixture
def trained() -> dict[str, dict]:
    return {"mine": {"model": torch.nn.Identity()}}


def frames(figure) -> list[list[str]]:
    """The colours of the frames of the mosaic in a figure, row by row."""
    picture = torch.tensor(figure.axes[0].images[0].get_array())  # [rows * TILE, columns * TILE, 3]
    corners = picture[1::TILE, 1::TILE]  # [rows, columns, 3]
    names = {colour: name for name, colour in {"blue": BLUE, "green": GREEN, "red": RED}.items()}
    return [
        [next(names[c] for c in names if torch.allclose(torch.tensor(to_rgb(c)), tile, atol=1e-3)) for tile in row]
        for row in corners.float()
    ]


def test_neighbours_are_the_nearest_of_the_gallery_and_the_wrong_ones_are_orange(letters, features, shown):
    embeddings.show_nearest(letters, features, torch.tensor([0, 20]), "nearest", ["zero", "five"], neighbours=4)
    assert frames(shown[0]) == 2 * [["blue", "green", "green", "green", "red"]]  # a class has three in the gallery
    assert [label.get_text() for label in shown[0].axes[0].get_yticklabels()] == ["zero", "five"]


def test_of_a_small_gallery_all_are_neighbours(letters, features, shown):
    letters = replace(letters, is_query=torch.arange(len(features)) > 1)
    embeddings.show_nearest(letters, features, torch.tensor([20]), "nearest")
    assert len(frames(shown[0])[0]) == 3  # the query, and a gallery of two


def test_neighbours_of_a_collapsed_embedding_are_not_a_matter_of_rounding(letters, features, shown):
    embeddings.show_nearest(letters, 0.125 + 1e-6 * features, torch.tensor([0, 20]), "nearest", neighbours=3)
    assert frames(shown[0]) == 2 * [["blue", "green", "green", "green"]]


def test_the_queries_of_a_method_go_from_the_first_alphabet_to_the_last(letters, features, trained, shown):
    embeddings.show_neighbours(trained, letters, lambda model: features, "mine", queries=3, neighbours=2)
    names = [label.get_text() for label in shown[0].axes[0].get_yticklabels()]
    assert names == ["Old Greek", "Lao", "NKo"]
    assert shown[0].axes[0].get_title(loc="left").startswith("mine: ")


def test_a_map_has_each_class_around_its_mean(letters, features, trained, shown):
    features[:, 1] = torch.arange(36) % 4
    embeddings.show_map(trained, letters, lambda model: features, "mine", classes=3)
    ax = shown[0].axes[0]
    assert [len(line.get_xdata()) for line in ax.lines] == [4, 4, 4]
    thumbnails = [artist.xy for artist in ax.artists if isinstance(artist, AnnotationBbox)]
    means = [(line.get_xdata().mean(), line.get_ydata().mean()) for line in ax.lines]
    assert torch.allclose(torch.tensor(thumbnails), torch.tensor(means, dtype=torch.float), atol=1e-4)
    assert means[0][0] + means[2][0] == pytest.approx(0, abs=1e-4)  # classes 0, 4 and 8, of which 4 is the middle
    assert ax.get_title() == "mine: 3 unseen characters, 3 dimensions seen in two"


def test_of_the_hardest_triplets_each_has_a_class_of_its_own(shown, trained):
    """Four pictures whose first pixels are the embedding, on a line at 0, 3 | 4, 5: the triplet of 3 violates most."""
    pictures = torch.zeros(4, 1, 32, 32)
    pictures[:, 0, 0, 0] = torch.tensor([0.0, 0.3, 0.4, 0.5])
    batch = {"features": pictures, "targets": torch.tensor([7, 7, 9, 9])}
    rows = torch.tensor([0, 1, 2, 3]), torch.tensor([1, 0, 3, 2]), torch.tensor([2, 2, 1, 1])
    sampler = SimpleNamespace(sample_ids=lambda features, targets: rows)
    trained["mine"]["model"] = lambda features: features[:, 0, 0, :1]
    embeddings.show_hardest(trained, batch, sampler, "mine", triplets=6)
    ax = shown[0].axes[0]
    assert frames(shown[0]) == [["blue", "blue"], ["green", "green"], ["red", "red"]]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["0.30 to p\n0.10 to n", "0.10 to p\n0.10 to n"]


def test_without_a_network_there_is_a_sentence_or_nothing(letters, shown, capsys):
    embeddings.show_neighbours({}, letters, None, "mine")
    embeddings.show_hardest({}, {}, None, "mine")
    assert capsys.readouterr().out == 2 * "Nothing has been trained here yet.\n"
    embeddings.show_map({}, letters, None, "mine")
    assert (capsys.readouterr().out, shown) == ("", [])
