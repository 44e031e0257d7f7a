"""The reference for the tree grown from distances: by hand, against the plain solution, and what may not matter."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import normalize

from solutions import mutants
from solutions.homework3.class_tree import all_triplets_loss, anchor_neighbours, merge_levels, tree_margin
from solutions.homework3.hierarchical import class_distances, violate_margin
from solutions.tests.tensors import three_classes, unequal_batch

PLAIN = {target: mutants.plain("homework3", target) for target in mutants.sources("homework3")}


def test_a_chain_of_near_classes_is_one_node():
    # s = 1, so d_0 = 1; L = 6: (4 - 1) / 6 = 0.5 a level: d_l = 1.5, 2, 2.5, 3, 3.5, 4.
    # 0-1: 1.25 < 1.5: level 1. 1-2: 2.25 < 2.5: level 3, and 0-2 with it, though 3.75 < 4 alone would be level 6.
    # Class 3: 3.5 is exactly d_5, so it joins at level 6, as it would at any distance. The diagonal is not read.
    d = torch.tensor([[9, 1.25, 3.75, 3.5], [1.25, 9, 2.25, 3.9], [3.75, 2.25, 9, 3.9], [3.5, 3.9, 3.9, 9]])
    expected = [[0, 1, 3, 6], [1, 0, 3, 6], [3, 3, 0, 6], [6, 6, 6, 0]]
    assert merge_levels(d, torch.ones(4), levels=6).tolist() == expected
    d[3, :3] = d[:3, 3] = 99
    assert merge_levels(d, torch.ones(4), levels=6).tolist() == expected


def test_classes_nearer_than_their_mean_spread_and_chains_of_them_meet_at_level_zero():
    # d_0 = 0.5: 0-1 and 1-2 are below it, 0-2 in two steps; 2-3 is exactly at it, so level 1: d_1 = 3.5 / 16 + 0.5.
    d = torch.tensor([[9, 0.25, 1, 2], [0.25, 9, 0.375, 2], [1, 0.375, 9, 0.5], [2, 2, 0.5, 9]])
    s = torch.full((4,), 0.5)
    level = merge_levels(d, s)
    assert level.tolist() == [[0, 0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 1], [1, 1, 1, 0]]
    # beta + d_0 - s = 0.1 + 0.5 - 0.5
    assert tree_margin(level, s)[0, 1].item() == pytest.approx(0.1)


def test_with_one_level_there_are_the_near_and_the_root():
    d = torch.tensor([[0, 0.1, 0.9], [0.1, 0, 0.9], [0.9, 0.9, 0]])
    assert merge_levels(d, torch.full((3,), 0.5), levels=1).tolist() == [[0, 0, 1], [0, 0, 1], [1, 1, 0]]
    assert merge_levels(d, torch.zeros(3), levels=1).tolist() == [[0, 1, 1], [1, 0, 1], [1, 1, 0]]


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([1, 2, 5, 16]))
def test_the_tree_its_margins_and_neighbours_equal_the_plain_solutions(seed, levels):
    rng = np.random.default_rng(seed)
    count = int(rng.integers(2, 9))
    # Eighths and d_0 = 1 put many distances exactly onto thresholds, and make ties.
    d = rng.integers(0, 33, (count, count)) / 8
    d = np.maximum(d, d.T)
    s = np.ones(count) if seed % 2 else rng.uniform(0, 2, count)
    d, s = torch.from_numpy(d), torch.from_numpy(s)
    level = merge_levels(d, s, levels)
    assert torch.equal(level, PLAIN["merge_levels"](d, s, levels))
    torch.testing.assert_close(tree_margin(level, s, 0.3, levels), PLAIN["tree_margin"](level, s, 0.3, levels))
    anchors = torch.from_numpy(rng.permutation(count)[: rng.integers(1, count + 1)])
    m = int(rng.integers(1, count // len(anchors) + 1))
    batch = anchor_neighbours(d, anchors, m)
    assert torch.equal(batch, PLAIN["anchor_neighbours"](d, anchors, m))
    assert len(set(batch.tolist())) == len(anchors) * m


def test_levels_and_margins_do_not_depend_on_the_order_of_the_classes():
    features, labels = three_classes(3)
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
    features, labels = three_classes(4)
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


def test_the_loss_over_all_triplets_of_two_classes_of_two():
    # Squared distances: 1 within class 0 (at 0, 1), 4 within class 1 (at 3, 5); 9, 25, 4, 16 between.
    # Anchors of class 0 with margin 10: 1-9+10 = 2, 1-25+10 < 0; 1-4+10 = 7, 1-16+10 < 0: together 9.
    # Anchors of class 1 with margin -1: 4-9-1 < 0, 4-4-1 = -1 < 0; 4-25-1 < 0, 4-16-1 < 0. So 9 / (2 * 8).
    features, labels = torch.tensor([[0.0], [1], [3], [5]]), [0, 0, 1, 1]
    margin = torch.tensor([[0.0, 10], [-1, 0]])
    assert all_triplets_loss(features, labels, margin).item() == 9 / 16


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_the_loss_over_all_triplets_and_its_gradient_equal_the_plain_solution(seed):
    features, labels, margin = unequal_batch(seed)
    ours, plain = (
        loss(features.requires_grad_(), torch.tensor(labels), torch.from_numpy(margin))
        for loss in (all_triplets_loss, PLAIN["all_triplets_loss"])
    )
    torch.testing.assert_close(ours, plain)
    gradients = [torch.autograd.grad(loss, features)[0] for loss in (ours, plain)]
    torch.testing.assert_close(*gradients, rtol=1e-7, atol=1e-10)


def test_the_gradients_over_all_triplets_pass_gradcheck():
    features, labels, margin = unequal_batch(1)
    for loss in (all_triplets_loss, PLAIN["all_triplets_loss"]):
        assert torch.autograd.gradcheck(
            lambda f, loss=loss: loss(f, torch.tensor(labels), torch.from_numpy(margin)), features.requires_grad_()
        )


def test_a_batch_without_triplets_is_refused():
    for labels in ([0, 0, 0], [0, 0, 1]):
        with pytest.raises(ValueError, match="at least two"):
            all_triplets_loss(torch.eye(3), labels, torch.zeros(2, 2))
