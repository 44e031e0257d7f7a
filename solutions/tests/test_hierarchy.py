import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import normalize

from solutions import naive
from solutions.hierarchy import (
    anchor_neighbours,
    class_distances,
    merge_levels,
    tree_level,
    tree_margin,
    violate_margin,
)

# class 1: (0,0) (4,0), s = (16 + 16) / 2 = 16, d with itself 32 / 4 = 8
# class 2: (0,3) (0,3), s = 0; between them (9 + 9 + 25 + 25) / 4 = 17
POINTS = torch.tensor([[0.0, 0], [0, 3], [4, 0], [0, 3]])
LABELS = [1, 2, 1, 2]


def batch(seed: int) -> tuple[torch.Tensor, list[int]]:
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.repeat([4, 0, 7], rng.integers(2, 5, 3)))
    return normalize(torch.from_numpy(rng.normal(size=(len(labels), 3))), dim=1), labels.tolist()


@pytest.mark.parametrize("labels", [LABELS, torch.tensor(LABELS)], ids=["list", "tensor"])
def test_class_distances_of_four_points(labels):
    classes, d, s = class_distances(POINTS, labels)
    assert classes.tolist() == [1, 2]
    torch.testing.assert_close(d, torch.tensor([[8.0, 17], [17, 0]]))
    torch.testing.assert_close(s, torch.tensor([16.0, 0]))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_class_distances_equal_a_loop_over_pairs(seed):
    features, labels = batch(seed)
    for value, expected in zip(
        class_distances(features, labels), naive.class_distances(features.numpy(), labels).values(), strict=True
    ):
        np.testing.assert_allclose(value.numpy(), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("offset", "outlier"), [(0, 1), (0, -1), (1000, 1)], ids=["unit vectors", "but one class", "far from the origin"]
)
def test_class_distances_keep_their_digits_when_the_embedding_collapses(offset, outlier):
    torch.manual_seed(0)
    pole = normalize(torch.randn(64), dim=0)
    labels = torch.arange(30).repeat_interleave(3)
    features = normalize(pole + 0.0005 * torch.randn(30, 64).repeat_interleave(3, dim=0), dim=1) + offset
    features = features + 0.0001 * torch.randn(90, 64)  # squared distances of about 3e-5, and 1e-6 within a class
    features[:3] *= outlier
    _, d, s = class_distances(features, labels)
    _, d64, s64 = class_distances(features.double(), labels)
    torch.testing.assert_close(d.double(), d64, rtol=1e-4, atol=0)
    torch.testing.assert_close(s.double(), s64, rtol=1e-4, atol=0)


def test_class_distances_are_differentiable():
    features, labels = batch(1)
    assert torch.autograd.gradcheck(lambda f: class_distances(f, labels)[1:], features.requires_grad_())


def test_coinciding_classes_have_a_finite_gradient():
    features = torch.ones(4, 2, requires_grad=True)
    _, d, s = class_distances(features, [0, 0, 1, 1])
    (d.sum() + s.sum()).backward()
    assert torch.equal(features.grad, torch.zeros(4, 2))


def test_a_class_with_one_sample_has_no_s():
    with pytest.raises(ValueError, match="Class 9 has one sample"):
        class_distances(torch.zeros(3, 2), [4, 4, 9])


def test_tree_level_is_the_height_of_the_common_ancestor():
    alphabet_of = torch.tensor([5, 5, 2])
    classes = torch.arange(3)
    assert tree_level(classes[:, None], classes, alphabet_of).tolist() == [[0, 1, 2], [1, 0, 2], [2, 2, 0]]


def test_violate_margin_of_two_classes():
    # s = 16 and 0, d_0 = 8; L = 4: (4 - 8) / 4 = -1 a level, d_1 = 7, d_2 = 6.
    # In one alphabet: 0.5 + 7 - 16 = -8.5 and 0.5 + 7 - 0 = 7.5; in two: 0.5 + 6 - 16 = -9.5.
    anchor, negative = torch.tensor([1, 2]), torch.tensor([2, 1])
    one, two = torch.tensor([9, 3, 3]), torch.tensor([9, 3, 1])
    assert violate_margin(POINTS, LABELS, anchor, negative, one, beta=0.5, levels=4).tolist() == [-8.5, 7.5]
    assert violate_margin(POINTS, LABELS, anchor[:1], negative[:1], two, beta=0.5, levels=4).tolist() == [-9.5]


def test_the_margin_is_a_constant_and_has_the_dtype_of_the_features():
    features, labels = batch(2)
    anchor, negative = torch.tensor([4, 0]), torch.tensor([0, 7])
    margin = violate_margin(features.requires_grad_(), labels, anchor, negative, torch.zeros(8).long())
    assert not margin.requires_grad
    assert margin.dtype == torch.float64


@pytest.mark.parametrize("stranger", [3, 5, 9], ids=["below", "between", "above"])
def test_an_anchor_of_a_class_outside_the_batch_is_refused(stranger):
    anchor, negative = torch.tensor([4, stranger]), torch.tensor([6, 6])
    with pytest.raises(ValueError, match=f"class {stranger} is not among the labels"):
        violate_margin(torch.eye(4), [4, 4, 6, 6], anchor, negative, torch.zeros(10).long())


def test_a_chain_of_near_classes_is_one_node():
    # s = 1, so d_0 = 1; L = 6: (4 - 1) / 6 = 0.5 a level: d_l = 1.5, 2, 2.5, 3, 3.5, 4.
    # 0-1: 1.25 < 1.5: level 1. 1-2: 2.25 < 2.5: level 3, and 0-2 with it, though 3.75 < 4 alone would be level 6.
    # Class 3: 3.5 is exactly d_5, so it joins at level 6, as it would at any distance. The diagonal is not read.
    d = torch.tensor([[9, 1.25, 3.75, 3.5], [1.25, 9, 2.25, 3.9], [3.75, 2.25, 9, 3.9], [3.5, 3.9, 3.9, 9]])
    expected = [[0, 1, 3, 6], [1, 0, 3, 6], [3, 3, 0, 6], [6, 6, 6, 0]]
    assert merge_levels(d, torch.ones(4), levels=6).tolist() == expected
    d[3, :3] = d[:3, 3] = 99
    assert merge_levels(d, torch.ones(4), levels=6).tolist() == expected


def test_with_one_level_there_is_the_root_alone():
    assert merge_levels(torch.tensor([[0.0, 0.1], [0.1, 0]]), torch.zeros(2), levels=1).tolist() == [[0, 1], [1, 0]]


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([1, 2, 5, 16]))
def test_the_tree_its_margins_and_neighbours_equal_plain_loops(seed, levels):
    rng = np.random.default_rng(seed)
    count = int(rng.integers(2, 9))
    # Eighths and d_0 = 1 put many distances exactly onto thresholds, and make ties.
    d = rng.integers(0, 33, (count, count)) / 8
    d = np.maximum(d, d.T)
    s = np.ones(count) if seed % 2 else rng.uniform(0, 2, count)
    level = merge_levels(torch.from_numpy(d), torch.from_numpy(s), levels)
    assert level.tolist() == naive.merge_levels(d, s.tolist(), levels)
    margin = tree_margin(level, torch.from_numpy(s), 0.3, levels)
    np.testing.assert_allclose(margin, naive.tree_margin(level.tolist(), s.tolist(), 0.3, levels))
    anchors = rng.permutation(count)[: rng.integers(1, count + 1)]
    m = int(rng.integers(1, count // len(anchors) + 1))
    batch = anchor_neighbours(torch.from_numpy(d), torch.from_numpy(anchors), m)
    assert batch.tolist() == naive.anchor_neighbours(d, anchors.tolist(), m)
    assert len(set(batch.tolist())) == len(anchors) * m


def test_levels_and_margins_do_not_depend_on_the_order_of_the_classes():
    features, labels = batch(3)
    _, d, s = class_distances(features, labels)
    order = torch.tensor([2, 0, 1])
    level, margin = merge_levels(d, s), tree_margin(merge_levels(d, s), s)
    shuffled = merge_levels(d[order][:, order], s[order])
    assert torch.equal(shuffled, level[order][:, order])
    torch.testing.assert_close(tree_margin(shuffled, s[order]), margin[order][:, order])


def test_the_grown_tree_of_a_batch_gives_the_margins_of_the_static_one_where_their_levels_agree():
    # Two alphabets at opposite poles, two characters each at 0.1 from the pole: levels 1 within and L = 16 across.
    features = torch.tensor([[0.1, 1], [-0.1, 1], [0.1, -1], [-0.1, -1]]).repeat_interleave(2, dim=0)
    features = normalize(features, dim=1)
    labels = torch.arange(4).repeat_interleave(2)
    _, d, s = class_distances(features, labels)
    level = merge_levels(d, s)
    assert level.tolist() == [[0, 1, 16, 16], [1, 0, 16, 16], [16, 16, 0, 1], [16, 16, 1, 0]]
    one, other = torch.tensor([0]), torch.tensor([1])
    static = violate_margin(features, labels, one, other, torch.tensor([0, 0, 1, 1]))
    torch.testing.assert_close(tree_margin(level, s)[0, 1], static[0])


def test_the_tree_and_its_margins_are_constants():
    features, labels = batch(4)
    _, d, s = class_distances(features.requires_grad_(), labels)
    level = merge_levels(d, s)
    assert level.dtype == torch.int64
    assert not tree_margin(level, s).requires_grad
    assert tree_margin(level, s).dtype == torch.float64
    assert not anchor_neighbours(d, torch.tensor([1]), 2).requires_grad


def test_neighbours_leave_the_distances_as_they_were():
    d = torch.rand(5, 5)
    before = d.clone()
    anchor_neighbours(d, torch.tensor([0, 3]), 2)
    assert torch.equal(d, before)


def test_too_few_classes_and_repeated_anchors_are_refused():
    with pytest.raises(ValueError, match="2 anchors and 2 neighbours of each are more than the 5 classes"):
        anchor_neighbours(torch.rand(5, 5), torch.tensor([0, 1]), 3)
    with pytest.raises(ValueError, match=r"stands twice among \[1, 1\]"):
        anchor_neighbours(torch.rand(5, 5), torch.tensor([1, 1]), 2)
