"""The reference for hard clusters: by hand, against the plain solution, and where numbers are awkward."""

import numpy as np
import pytest
import torch
from catalyst.contrib.data import HardClusterSampler, IInbatchTripletSampler
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import normalize

from solutions import mutants
from solutions.homework3.hard_cluster import ClusterLoss, HardClusterTripletsSampler
from solutions.tests.tensors import Largest, random_batch, unit_batch

PlainSampler = mutants.plain("homework3", "HardClusterTripletsSampler")
PlainLoss = mutants.plain("homework3", "ClusterLoss")

# class 4: (0,0) (6,0) (0,3): centroid (2,1), squared distances to it 5, 17, 8: the farthest is (6,0), row 2
# class -1: (2,9) (2,11) (2,16): centroid (2,12), 9, 1, 16: the farthest is (2,16), row 5
# class 7: (20,1) (22,1): centroid (21,1), a tie, which row 6 wins
# |c_4 - c_-1|^2 = 121, |c_4 - c_7|^2 = 361, |c_-1 - c_7|^2 = 361 + 121 = 482
POINTS = torch.tensor([[0, 0], [2, 9], [6, 0], [2, 11], [0, 3], [2, 16], [20, 1], [22, 1]], dtype=torch.float32)
LABELS = [4, -1, 4, -1, 4, -1, 7, 7]
ANCHOR = [[2, 12], [2, 1], [21, 1]]  # classes ascending: -1, 4, 7
POSITIVE = [[2, 16], [6, 0], [20, 1]]
NEGATIVE = [[2, 1], [2, 12], [2, 1]]


# On a line: class 0 at 0, 1, 5, centroid 2, farthest 5; class 1 at 9, 10, 14, centroid 11, farthest 14.
LINE = torch.tensor([[0.0], [1], [5], [9], [10], [14]])
LINE_LABELS = [0, 0, 0, 1, 1, 1]


def choices(sampler: IInbatchTripletSampler, features: torch.Tensor, labels: list[int]) -> tuple[list[int], list[int]]:
    """Which rows and which classes a sampler picked, found by comparing values."""
    anchor, positive, negative = sampler.sample(features, labels)
    rows = [int((features == p).all(dim=1).nonzero()[0]) for p in positive]
    classes = [int((anchor == n).all(dim=1).nonzero()[0]) for n in negative]
    return rows, classes


def rotation(dimensions: int) -> torch.Tensor:
    return torch.linalg.qr(torch.randn(dimensions, dimensions, dtype=torch.float64))[0]


@pytest.mark.parametrize("labels", [LABELS, torch.tensor(LABELS)], ids=["list", "tensor"])
def test_hard_clusters_of_interleaved_unequal_negative_labels(labels):
    anchor, positive, negative = HardClusterTripletsSampler().sample(POINTS, labels)
    assert anchor.tolist() == ANCHOR
    assert positive.tolist() == POSITIVE
    assert negative.tolist() == NEGATIVE


def test_hard_clusters_give_ties_to_the_lowest_index():
    # Centroids 0, 8, -8: class 0 is as far from both. Each class has its two farthest samples at +3 and -3.
    features = torch.tensor([[1.0], [-1], [3], [-3], [9], [7], [5], [11], [-8], [-8], [-5], [-11]])
    _, positive, negative = HardClusterTripletsSampler().sample(features, [0] * 4 + [1] * 4 + [2] * 4)
    assert positive.flatten().tolist() == [3, 5, -5]
    assert negative.flatten().tolist() == [8, 0, 0]


def test_ties_go_to_the_lowest_index_in_wide_rows_too():
    # 300 equal samples a class: vectorised reductions over long rows must keep the first as well.
    features = torch.zeros(600, 1)
    features[300:] = 1
    features[1], features[5], features[7] = 2, -2, 0  # centroid 0
    _, positive, _ = HardClusterTripletsSampler().sample(features, [0] * 300 + [1] * 300)
    assert positive.flatten().tolist() == [2, 1]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_hard_clusters_equal_the_plain_solution(seed):
    features, labels = random_batch(seed)
    expected = PlainSampler().sample(features, labels)
    for given_, right in zip(HardClusterTripletsSampler().sample(features, labels), expected, strict=True):
        torch.testing.assert_close(given_, right, rtol=0, atol=1e-12)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_permuting_the_batch_permutes_nothing_but_its_rows(seed):
    features, labels = random_batch(seed)
    order = np.random.default_rng(seed + 1).permutation(len(labels))
    before = HardClusterTripletsSampler().sample(features, labels)
    after = HardClusterTripletsSampler().sample(features[order], [labels[i] for i in order])
    for x, y in zip(before, after, strict=True):
        torch.testing.assert_close(x, y)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.floats(-1e6, 1e6))
def test_rotating_and_moving_the_embedding_moves_the_triplets_along(seed, offset):
    features, labels = random_batch(seed)
    turn = rotation(features.shape[1])
    before = HardClusterTripletsSampler().sample(features, labels)
    after = HardClusterTripletsSampler().sample(features @ turn + offset, labels)
    for x, y in zip(before, after, strict=True):
        torch.testing.assert_close(x @ turn + offset, y, rtol=1e-9, atol=1e-7)


@pytest.mark.parametrize("seed", range(3))
def test_agreement_with_catalyst_on_equal_classes_about_the_origin(seed):
    torch.manual_seed(seed)
    labels = torch.randperm(20 * 5).remainder(20).tolist()
    features = torch.randn(100, 8, dtype=torch.float64)
    for x, y in zip(
        HardClusterTripletsSampler().sample(features, labels),
        HardClusterSampler().sample(features, labels),
        strict=True,
    ):
        torch.testing.assert_close(x, y)


@pytest.mark.parametrize("seed", range(3))
def test_choices_survive_a_collapsed_embedding(seed):
    # 64 classes of unit vectors about .005 apart: in float32 their dot products are all 1 to four digits.
    torch.manual_seed(seed)
    pole = normalize(torch.randn(64), dim=0)
    classes = normalize(pole + 0.0005 * torch.randn(64, 64), dim=1)
    features = normalize(classes.repeat_interleave(4, dim=0) + 0.0001 * torch.randn(256, 64), dim=1)  # float32
    labels = [c for c in range(64) for _ in range(4)]
    assert choices(HardClusterTripletsSampler(), features, labels) == choices(PlainSampler(), features.double(), labels)


@pytest.mark.parametrize("outlier", [False, True], ids=["together", "but one class"])
def test_choices_and_centroids_survive_far_from_the_origin(outlier):
    torch.manual_seed(0)
    labels = [c for c in range(40) for _ in range(5)]
    near = 3 * torch.randn(40, 16).repeat_interleave(5, dim=0) + torch.randn(200, 16)
    features = near + 4000
    if outlier:  # whose first row is of no use as an origin
        features[:5] = near[:5]
    assert choices(HardClusterTripletsSampler(), features, labels) == choices(PlainSampler(), features.double(), labels)
    # Float32 numbers near 4000 are 2^-12 apart: a centroid is the nearest one of them or a neighbour. With the origin
    # elsewhere, sums of five near 20000 are 2^-9 apart: four roundings, by half of that, over five.
    anchor = HardClusterTripletsSampler().sample(features, labels)[0]
    expected = PlainSampler().sample(features.double(), labels)[0]
    assert (anchor - expected).abs().max() < (2**-9 if outlier else 2**-12)


def test_gradients_flow_through_anchor_positive_and_negative():
    features, labels = random_batch(3, classes=3, size=3, dimensions=2)
    assert torch.autograd.gradcheck(lambda f: HardClusterTripletsSampler().sample(f, labels), features.requires_grad_())


def test_a_centroid_moves_with_its_own_samples_only():
    features, labels = random_batch(0)
    features = features.float().requires_grad_()
    anchor, _, _ = HardClusterTripletsSampler().sample(features, labels)
    (anchor * torch.randn_like(anchor))[[c != labels[0] for c in sorted(set(labels))]].sum().backward()
    assert not features.grad[0].any()


def test_clusters_of_two_need_no_matrix_of_classes_by_samples():
    # P = 512 classes of 2, D = 4: B * D = 4096, P^2 = 262,144, P * B would be 524,288.
    with Largest() as largest:
        HardClusterTripletsSampler().sample(torch.randn(1024, 4), torch.arange(512).repeat(2))
    assert largest.elements == 512**2


def test_the_cluster_loss_is_a_sum_of_squared_distances():
    # 3^2 - 9^2 + 80 = 8, twice: 16.
    assert ClusterLoss(80.0)(LINE, LINE_LABELS).item() == 16
    # With alpha = 72 both terms are exactly 0, with less they are closed.
    assert ClusterLoss(72.0)(LINE, LINE_LABELS).item() == ClusterLoss(1.0)(LINE, torch.tensor(LINE_LABELS)).item() == 0


@pytest.mark.parametrize("alpha", [0.1, 2.0])
def test_the_cluster_loss_and_its_gradient_equal_the_plain_solution(alpha):
    features, labels, _ = unit_batch()
    features = features[[0, 1, 2, 3, 4, 5, 6, 0, 2]] + 0.2 * torch.randn(9, 3, dtype=torch.float64)
    labels = labels[[0, 1, 2, 3, 4, 5, 6, 0, 2]]
    ours, plain = (criterion(alpha)(features.requires_grad_(), labels) for criterion in (ClusterLoss, PlainLoss))
    torch.testing.assert_close(ours, plain)
    gradients = [torch.autograd.grad(loss, features)[0] for loss in (ours, plain)]
    torch.testing.assert_close(*gradients, rtol=1e-7, atol=1e-12)


def test_an_infinitesimal_step_along_the_gradient_is_what_the_gradient_says():
    # Of the plain solution, which says what hidden cases expect; by differences of its own loss.
    points, labels, _ = unit_batch()
    # Classes of two have their samples equally far from the centroid: take three of each, so that one is farthest.
    more = points[[0, 2]] + torch.tensor([[0.3, 0.1, 0.2], [0.1, 0.4, 0.2]])
    points, labels = torch.cat([points, more]).requires_grad_(), torch.cat([labels, labels[[0, 2]]])
    assert torch.autograd.gradcheck(lambda features: PlainLoss(0.5)(features, labels), points, atol=1e-7)
    assert PlainLoss(0.5)(points, labels) > 0
