import numpy as np
import pytest
import torch
from catalyst.contrib.data import HardClusterSampler
from catalyst.contrib.losses import TripletMarginLossWithSampler as CatalystLoss
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.functional import normalize

from solutions import naive
from solutions.losses import (
    AllTripletsLoss,
    ClusterLoss,
    HierarchicalTripletMarginLossWithSampler,
    TripletMarginLossWithSampler,
    all_triplets_loss,
)
from solutions.samplers import AllTripletsSampler, HardClusterTripletsSampler

# On a line: class 0 at 0, 1, 5, centroid 2, farthest 5; class 1 at 9, 10, 14, centroid 11, farthest 14.
LINE = torch.tensor([[0.0], [1], [5], [9], [10], [14]])
LABELS = [0, 0, 0, 1, 1, 1]


def unit_batch() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    torch.manual_seed(0)
    labels = torch.tensor([6, 1, 4, 6, 4, 1, 1])
    features = normalize(torch.randn(7, 3, dtype=torch.float64), dim=1)
    return features, labels, torch.tensor([0, 2, 0, 0, 2, 1, 3])


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


def test_the_cluster_loss_is_a_sum_of_squared_distances():
    # 3^2 - 9^2 + 80 = 8, twice: 16.
    assert ClusterLoss(80.0)(LINE, LABELS).item() == 16
    # With alpha = 72 both terms are exactly 0, with less they are closed.
    assert ClusterLoss(72.0)(LINE, LABELS).item() == ClusterLoss(1.0)(LINE, torch.tensor(LABELS)).item() == 0


@pytest.mark.parametrize("alpha", [0.1, 2.0])
def test_the_cluster_loss_and_its_gradient_equal_a_plain_loop(alpha):
    features, labels, _ = unit_batch()
    features = features[[0, 1, 2, 3, 4, 5, 6, 0, 2]] + 0.2 * torch.randn(9, 3, dtype=torch.float64)
    labels = labels[[0, 1, 2, 3, 4, 5, 6, 0, 2]]
    loss = ClusterLoss(alpha)(features.requires_grad_(), labels)
    loss.backward()
    expected, gradient = naive.cluster_loss(features.detach().numpy(), labels.tolist(), alpha)
    assert loss.item() == pytest.approx(expected)
    np.testing.assert_allclose(features.grad.numpy(), gradient, atol=1e-12)


def test_the_hierarchical_loss_and_its_gradient_equal_a_plain_loop():
    features, labels, alphabet_of = unit_batch()
    sampler = AllTripletsSampler()
    ids = [part.tolist() for part in sampler.sample_ids(features, labels)]
    criterion = HierarchicalTripletMarginLossWithSampler(sampler, alphabet_of, beta=0.2, levels=5)
    loss = criterion(features.requires_grad_(), labels)
    loss.backward()
    setting = (features.detach().numpy(), labels.tolist(), ids, alphabet_of.tolist(), 0.2, 5)
    expected, gradient = naive.hierarchical_loss(*setting)
    assert min(naive.hierarchical_terms(*setting)) < 0 < expected  # open and closed hinges
    assert loss.item() == pytest.approx(expected)
    np.testing.assert_allclose(features.grad.numpy(), gradient, atol=1e-12)


def test_labels_may_be_a_list():
    features, labels, alphabet_of = unit_batch()
    criterion = HierarchicalTripletMarginLossWithSampler(AllTripletsSampler(), alphabet_of)
    assert criterion(features, labels.tolist()) == criterion(features, labels)


def test_the_alphabets_move_with_the_criterion_but_are_no_weights():
    criterion = HierarchicalTripletMarginLossWithSampler(AllTripletsSampler(), torch.zeros(3).long())
    assert criterion.to("meta").alphabet_of.device.type == "meta"
    assert not criterion.state_dict()


def test_an_infinitesimal_step_along_the_gradient_is_what_the_gradient_says():
    # The loop's formulas against differences of the loop's own loss: neither torch nor the reference is involved.
    features, labels, alphabet_of = unit_batch()
    points, names, alphabets = features.numpy(), labels.tolist(), alphabet_of.tolist()
    ids = [part.tolist() for part in AllTripletsSampler().sample_ids(features, labels)]
    margins = naive.violate_margin(
        points, names, [names[a] for a in ids[0]], [names[n] for n in ids[2]], alphabets, 0.1, 16
    )

    def hierarchical(points: np.ndarray) -> float:  # the margins stay what they were
        distance = [
            naive.squared(points[a], points[p]) - naive.squared(points[a], points[n]) + margin
            for a, p, n, margin in zip(*ids, margins, strict=True)
        ]
        return sum(max(term, 0.0) for term in distance) / len(distance)

    def cluster(points: np.ndarray) -> float:
        return naive.cluster_loss(points, names, 0.5)[0]

    def numeric(loss, points: np.ndarray) -> np.ndarray:
        slope = np.zeros_like(points)
        for place in np.ndindex(points.shape):
            up, down = points.copy(), points.copy()
            up[place] += 1e-6
            down[place] -= 1e-6
            slope[place] = (loss(up) - loss(down)) / 2e-6
        return slope

    _, gradient = naive.hierarchical_loss(points, names, ids, alphabets, 0.1, 16)
    np.testing.assert_allclose(gradient, numeric(hierarchical, points), atol=1e-7)
    # Classes of two have their samples equally far from the centroid: take three of each, so that one is farthest.
    points = np.concatenate([points, points[[0, 2]] + [[0.3, 0.1, 0.2], [0.1, 0.4, 0.2]]])
    names = [*names, names[0], names[2]]
    _, gradient = naive.cluster_loss(points, names, 0.5)
    np.testing.assert_allclose(gradient, numeric(cluster, points), atol=1e-7)


def test_the_loss_over_all_triplets_of_two_classes_of_two():
    # Squared distances: 1 within class 0 (at 0, 1), 4 within class 1 (at 3, 5); 9, 25, 4, 16 between.
    # Anchors of class 0 with margin 10: 1-9+10 = 2, 1-25+10 < 0; 1-4+10 = 7, 1-16+10 < 0: together 9.
    # Anchors of class 1 with margin -1: 4-9-1 < 0, 4-4-1 = -1 < 0; 4-25-1 < 0, 4-16-1 < 0. So 9 / (2 * 8).
    features, labels = torch.tensor([[0.0], [1], [3], [5]]), [0, 0, 1, 1]
    margin = torch.tensor([[0.0, 10], [-1, 0]])
    assert all_triplets_loss(features, labels, margin).item() == 9 / 16
    # With 3 for all: class 0: 1-4+3 = 0; class 1: 4-4+3 = 3, all else below 0. So 3 / 8.
    assert AllTripletsLoss(3.0)(features, labels).item() == 3 / 8
    # Lengths: 1; 2; 3, 5, 2, 4. Class 0: 1-3+3 = 1, 1-5+3 < 0, 1-2+3 = 2, 1-4+3 = 0; class 1: 2-3+3 = 2, 2-2+3 = 3,
    # 2-5+3 = 0, 2-4+3 = 1. So (1 + 2 + 2 + 3 + 1) / 8.
    assert AllTripletsLoss(3.0, squared=False)(features, labels).item() == pytest.approx(9 / 8)


def unequal_batch(seed: int) -> tuple[torch.Tensor, list[int], np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.repeat([4, 0, 2], rng.integers(2, 6, 3)))
    features = normalize(torch.from_numpy(rng.normal(size=(len(labels), 3))), dim=1)
    return features, labels.tolist(), rng.normal(0, 1, (5, 5))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_the_loss_over_all_triplets_and_its_gradient_equal_a_plain_loop(seed):
    features, labels, margin = unequal_batch(seed)
    for loss, setting in [
        (all_triplets_loss(features.requires_grad_(), labels, torch.from_numpy(margin)), (margin, True)),
        (AllTripletsLoss(0.4)(features, labels) / 2, (np.full((5, 5), 0.4), True)),
        (AllTripletsLoss(0.4, squared=False)(features, labels) / 2, (np.full((5, 5), 0.4), False)),
    ]:
        (gradient,) = torch.autograd.grad(loss, features)
        expected, expected_gradient = naive.all_triplets_loss(features.detach().numpy(), labels, *setting)
        assert loss.item() == pytest.approx(expected)
        np.testing.assert_allclose(gradient, expected_gradient, atol=1e-10)


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
    features, labels, margin = unequal_batch(1)
    assert torch.autograd.gradcheck(
        lambda f: all_triplets_loss(f, labels, torch.from_numpy(margin)), features.requires_grad_()
    )
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


def test_a_batch_without_triplets_is_refused():
    for labels in ([0, 0, 0], [0, 0, 1]):
        with pytest.raises(ValueError, match="at least two"):
            all_triplets_loss(torch.eye(3), labels, torch.zeros(2, 2))
