"""Criteria that are given to students or compared with, and what the reference's criteria are made of."""

import pytest
import torch
from catalyst.contrib.data import HardClusterSampler
from catalyst.contrib.losses import TripletMarginLossWithSampler as CatalystLoss
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.functional import normalize

from solutions.homework3.hard_cluster import HardClusterTripletsSampler
from solutions.homework3.losses import AllTripletsLoss, TripletMarginLossWithSampler
from solutions.homework3.samplers import AllTripletsSampler
from solutions.tests.tensors import unequal_batch

# On a line: class 0 at 0, 1, 5, centroid 2, farthest 5; class 1 at 9, 10, 14, centroid 11, farthest 14.
LINE = torch.tensor([[0.0], [1], [5], [9], [10], [14]])
LABELS = [0, 0, 0, 1, 1, 1]


def test_the_homework_loss_is_a_mean_of_unsquared_distances():
    # |2 - 5| - |2 - 11| + 7 = 3 - 9 + 7 = 1, and |11 - 14| - |11 - 2| + 7 = 1 as well: their mean is 1.
    loss = TripletMarginLossWithSampler(7.0, HardClusterTripletsSampler())(LINE, LABELS)
    assert loss.item() == pytest.approx(1, abs=1e-4)  # torch adds 1e-6 to each difference


def test_the_homework_loss_agrees_with_catalyst():
    torch.manual_seed(0)
    features = torch.randn(40, 8)
    labels = torch.arange(10).repeat(4)
    ours = TripletMarginLossWithSampler(0.3, HardClusterTripletsSampler())(features, labels)
    torch.testing.assert_close(ours, CatalystLoss(0.3, HardClusterSampler())(features, labels))


def test_the_loss_over_all_triplets_of_two_classes_of_two():
    # Squared distances: 1 within class 0 (at 0, 1), 4 within class 1 (at 3, 5); 9, 25, 4, 16 between.
    features, labels = torch.tensor([[0.0], [1], [3], [5]]), [0, 0, 1, 1]
    # With margin 3: class 0: 1-4+3 = 0; class 1: 4-4+3 = 3, all else below 0. So 3 / 8.
    assert AllTripletsLoss(3.0)(features, labels).item() == 3 / 8
    # Lengths: 1; 2; 3, 5, 2, 4. Class 0: 1-3+3 = 1, 1-5+3 < 0, 1-2+3 = 2, 1-4+3 = 0; class 1: 2-3+3 = 2, 2-2+3 = 3,
    # 2-5+3 = 0, 2-4+3 = 1. So (1 + 2 + 2 + 3 + 1) / 8.
    assert AllTripletsLoss(3.0, squared=False)(features, labels).item() == pytest.approx(9 / 8)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_the_loss_over_all_triplets_and_its_gradient_equal_that_over_a_list(seed):
    features, labels, _ = unequal_batch(seed)
    labels = torch.tensor(labels)
    same = labels[:, None] == labels  # [B, B]
    triplets = (same & ~torch.eye(len(labels), dtype=torch.bool))[:, :, None] & ~same[:, None]  # [B, B, B]
    a, p, n = triplets.nonzero(as_tuple=True)
    features.requires_grad_()
    for squared, exponent in ((True, 2), (False, 1)):
        to_positive, to_negative = ((features[a] - features[other]).norm(dim=1) ** exponent for other in (p, n))
        listed = (to_positive - to_negative + 0.4).relu().mean()
        loss = AllTripletsLoss(0.4, squared)(features, labels)
        torch.testing.assert_close(loss, listed)
        gradients = [torch.autograd.grad(value, features)[0] for value in (loss, listed)]
        torch.testing.assert_close(*gradients, rtol=1e-7, atol=1e-10)


def test_the_loss_over_all_triplets_is_the_mean_over_the_samplers_list():
    torch.manual_seed(0)
    labels = torch.arange(6).repeat(5)
    features = normalize(torch.randn(30, 8), dim=1)
    a, p, n = (features[rows] for rows in AllTripletsSampler().sample_ids(features, labels))
    assert len(a) == 30 * 4 * 25
    terms = (a - p).square().sum(1) - (a - n).square().sum(1) + 0.3
    torch.testing.assert_close(AllTripletsLoss(0.3)(features, labels), terms.relu().mean())
    plain = nn.TripletMarginLoss(margin=0.3, eps=0)(a, p, n)
    torch.testing.assert_close(AllTripletsLoss(0.3, squared=False)(features, labels), plain)


def test_the_gradients_over_all_triplets_pass_gradcheck():
    features, labels, _ = unequal_batch(1)
    features.requires_grad_()
    assert torch.autograd.gradcheck(lambda f: AllTripletsLoss(0.4)(f, labels), features)
    assert torch.autograd.gradcheck(lambda f: AllTripletsLoss(0.4, squared=False)(f, labels), features)


@pytest.mark.parametrize("squared", [True, False], ids=["squared", "plain"])
@pytest.mark.parametrize("outlier", [1, -1], ids=["one cloud", "but one class"])
def test_the_loss_over_all_triplets_keeps_its_digits_when_the_embedding_collapses(squared, outlier):
    torch.manual_seed(0)
    labels = torch.arange(32).repeat_interleave(4)
    features = normalize(normalize(torch.randn(64), dim=0) + 0.0005 * torch.randn(128, 64), dim=1)
    features[:4] *= outlier
    scale = (features[5] - features[99]).square().sum().item() ** (1 if squared else 0.5)  # about 3e-5 or 0.006
    single, double = features.clone().requires_grad_(), features.double().requires_grad_()
    # With margin 0 nothing but the distances themselves is left.
    for points in (single, double):
        loss = AllTripletsLoss(0.0, squared)(points, labels)
        loss.backward()
        assert 0 < loss.item() < scale
    torch.testing.assert_close(single.grad.double(), double.grad, rtol=1e-3, atol=1e-4 * double.grad.abs().max().item())


def test_points_that_coincide_have_a_finite_gradient():
    for criterion in (AllTripletsLoss(0.3), AllTripletsLoss(0.3, squared=False)):
        features = normalize(torch.ones(6, 7), dim=1).requires_grad_()
        loss = criterion(features, [0, 0, 0, 1, 1, 1])
        loss.backward()
        assert loss.item() == pytest.approx(0.3)
        assert features.grad.abs().max() < 1e-6
