import numpy as np
import pytest
import torch
from catalyst.contrib.data import HardClusterSampler
from catalyst.contrib.losses import TripletMarginLossWithSampler as CatalystLoss
from torch.nn.functional import normalize

from solutions import naive
from solutions.losses import ClusterLoss, HierarchicalTripletMarginLossWithSampler, TripletMarginLossWithSampler
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
