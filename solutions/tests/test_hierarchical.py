"""The reference for the hierarchical triplet loss: by hand, against the plain solution, and where numbers are awkward."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import normalize

from solutions import mutants
from solutions.homework3.hierarchical import (
    HierarchicalTripletMarginLossWithSampler,
    class_distances,
    terms_and_margins,
    tree_level,
    violate_margin,
)
from solutions.homework3.samplers import AllTripletsSampler
from solutions.tests.tensors import three_classes, unit_batch

PlainLoss = mutants.plain("homework3", "HierarchicalTripletMarginLossWithSampler")

# class 1: (0,0) (4,0), s = (16 + 16) / 2 = 16, d with itself 32 / 4 = 8
# class 2: (0,3) (0,3), s = 0; between them (9 + 9 + 25 + 25) / 4 = 17
POINTS = torch.tensor([[0.0, 0], [0, 3], [4, 0], [0, 3]])
LABELS = [1, 2, 1, 2]


@pytest.mark.parametrize("labels", [LABELS, torch.tensor(LABELS)], ids=["list", "tensor"])
def test_class_distances_of_four_points(labels):
    classes, d, s = class_distances(POINTS, labels)
    assert classes.tolist() == [1, 2]
    torch.testing.assert_close(d, torch.tensor([[8.0, 17], [17, 0]]))
    torch.testing.assert_close(s, torch.tensor([16.0, 0]))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_class_distances_equal_the_plain_solution(seed):
    features, labels = three_classes(seed)
    expected = mutants.plain("homework3", "class_distances")(features, labels)
    for value, right in zip(class_distances(features, labels), expected, strict=True):
        torch.testing.assert_close(value, right, rtol=1e-12, atol=1e-12)


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
    features, labels = three_classes(1)
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
    features, labels = three_classes(2)
    anchor, negative = torch.tensor([4, 0]), torch.tensor([0, 7])
    margin = violate_margin(features.requires_grad_(), labels, anchor, negative, torch.zeros(8).long())
    assert not margin.requires_grad
    assert margin.dtype == torch.float64


@pytest.mark.parametrize("stranger", [3, 5, 9], ids=["below", "between", "above"])
def test_an_anchor_of_a_class_outside_the_batch_is_refused(stranger):
    anchor, negative = torch.tensor([4, stranger]), torch.tensor([6, 6])
    with pytest.raises(ValueError, match=f"class {stranger} is not among the labels"):
        violate_margin(torch.eye(4), [4, 4, 6, 6], anchor, negative, torch.zeros(10).long())


def test_the_hierarchical_loss_and_its_gradient_equal_the_plain_solution():
    features, labels, alphabet_of = unit_batch()
    sampler = AllTripletsSampler()
    ids = torch.stack(sampler.sample_ids(features, labels)).numpy()
    terms, _ = terms_and_margins(features.numpy(), labels.numpy(), ids, alphabet_of.numpy(), 0.2, 5)
    ours, plain = (
        criterion(sampler, alphabet_of, beta=0.2, levels=5)(features.requires_grad_(), labels)
        for criterion in (HierarchicalTripletMarginLossWithSampler, PlainLoss)
    )
    assert min(terms) < 0 < plain  # open and closed hinges
    torch.testing.assert_close(ours, plain)
    gradients = [torch.autograd.grad(loss, features)[0] for loss in (ours, plain)]
    torch.testing.assert_close(*gradients, rtol=1e-7, atol=1e-12)


def test_an_infinitesimal_step_along_the_gradient_is_what_the_gradient_says():
    # Of the plain solution, which says what hidden cases expect; by differences of a loss whose margins stay what they were.
    features, labels, alphabet_of = unit_batch()
    sampler = AllTripletsSampler()
    a, p, n = torch.stack(sampler.sample_ids(features, labels)).numpy()
    margin = violate_margin(features, labels, labels[a], labels[n], alphabet_of).numpy()

    def loss(points: np.ndarray) -> float:
        apart = np.square(points[a] - points[p]).sum(axis=1) - np.square(points[a] - points[n]).sum(axis=1)
        return np.maximum(apart + margin, 0).mean()

    points, slope = features.numpy().copy(), np.zeros(features.shape)
    for place in np.ndindex(points.shape):
        up, down = points.copy(), points.copy()
        up[place] += 1e-6
        down[place] -= 1e-6
        slope[place] = (loss(up) - loss(down)) / 2e-6
    (gradient,) = torch.autograd.grad(PlainLoss(sampler, alphabet_of)(features.requires_grad_(), labels), features)
    np.testing.assert_allclose(gradient, slope, atol=1e-7)
    assert np.abs(slope).max() > 0.01


def test_labels_may_be_a_list():
    features, labels, alphabet_of = unit_batch()
    criterion = HierarchicalTripletMarginLossWithSampler(AllTripletsSampler(), alphabet_of)
    assert criterion(features, labels.tolist()) == criterion(features, labels)


def test_the_alphabets_move_with_the_criterion_but_are_no_weights():
    criterion = HierarchicalTripletMarginLossWithSampler(AllTripletsSampler(), torch.zeros(3).long())
    assert criterion.to("meta").alphabet_of.device.type == "meta"
    assert not criterion.state_dict()
