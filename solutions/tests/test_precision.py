"""What the references promise of features of any dtype and scale, on any device, with and without autocast: each against a
slow loop in float64. So is the code that the notebook gives to students.

On a machine with a GPU everything here runs there as well.
"""

import itertools

import pytest
import torch
from torch import Tensor
from torch.nn.functional import normalize

from solutions.homework3.class_tree import all_triplets_loss
from solutions.homework3.hard_cluster import ClusterLoss, HardClusterTripletsSampler
from solutions.homework3.hierarchical import (
    HierarchicalTripletMarginLossWithSampler,
    class_distances,
    violate_margin,
)
from solutions.homework3.losses import AllTripletsLoss, TripletMarginLossWithSampler
from solutions.homework3.samplers import AllTripletsSampler, HardTripletsSampler
from solutions.tests.tensors import DEVICES, DTYPES, given, random_batch
from solutions.tutorial import tutorial

ALPHABET_OF = torch.tensor([3, 3, 5, 3, 5, 5])


@pytest.fixture(params=DEVICES)
def device(request):
    return request.param


@pytest.fixture(params=[None, torch.bfloat16, torch.float16], ids=["plain", "autocast bf16", "autocast fp16"])
def autocast(request, device):
    with torch.autocast(device, dtype=request.param or torch.bfloat16, enabled=request.param is not None):
        yield


@pytest.fixture(params=DTYPES, ids=lambda dtype: str(dtype).removeprefix("torch."))
def features(request, device, autocast):
    """Clusters far from the origin compared with their size, rounded to the dtype; their labels are `labels`."""
    return (random_batch(0)[0] + 20).to(device, request.param)


@pytest.fixture
def unit(features):
    return normalize(features.double() - 20, dim=1).to(features.dtype)


@pytest.fixture
def labels():
    return random_batch(0)[1]


def wide(features: Tensor) -> torch.dtype:
    return torch.float64 if features.dtype == torch.float64 else torch.float32


def agree(value: Tensor, right: Tensor, dtype: torch.dtype) -> None:
    """The value has that dtype and is right to some of its roundings."""
    assert value.dtype == dtype
    few = 8 * torch.finfo(dtype).eps
    torch.testing.assert_close(
        value.double().cpu(), right.detach().cpu(), rtol=few, atol=few * right.abs().max().item()
    )


# Loops, in float64 -----------------------------------------------------------------------------------------------------


def squared(points: Tensor) -> Tensor:
    return torch.stack([torch.stack([(a - b).square().sum() for b in points]) for a in points])  # [B, B]


def hard_clusters(points: Tensor, labels: list[int]) -> tuple[Tensor, Tensor, Tensor]:
    """Each class's centroid, the centroid's distance to the farthest sample, squared, and the nearest other centroid."""
    members = {c: [row for row, label in enumerate(labels) if label == c] for c in sorted(set(labels))}
    centroids = {c: points[rows].mean(dim=0) for c, rows in members.items()}
    radii = [max((points[row] - centroids[c]).square().sum() for row in rows) for c, rows in members.items()]
    nearest = [
        min((centroids[other] for other in members if other != c), key=lambda m: (m - centroids[c]).square().sum())
        for c in members
    ]
    return torch.stack(list(centroids.values())), torch.stack(radii), torch.stack(nearest)


def triplets(labels: list[int]) -> list[tuple[int, int, int]]:
    return [
        (a, p, n)
        for a, p, n in itertools.product(range(len(labels)), repeat=3)
        if a != p and labels[a] == labels[p] != labels[n]
    ]


def mean_hinge(distance: Tensor, labels: list[int], margin) -> Tensor:
    terms = [(distance[a, p] - distance[a, n] + margin(a, n)).clamp(min=0) for a, p, n in triplets(labels)]
    return torch.stack(terms).mean()


def spreads(distance: Tensor, labels: list[int]) -> tuple[Tensor, Tensor]:
    """d and s of the classes, from the distances of the samples."""
    rows = [[row for row, label in enumerate(labels) if label == c] for c in sorted(set(labels))]
    d = torch.stack([torch.stack([distance[p][:, q].mean() for q in rows]) for p in rows])
    return d, torch.stack([distance[p][:, p].sum() / (len(p) * (len(p) - 1)) for p in rows])


def margins(distance: Tensor, labels: list[int], beta: float = 0.1, levels: int = 16) -> Tensor:
    """For each class of an anchor and of a negative."""
    _, s = spreads(distance, labels)
    d_0 = s.mean()
    height = (ALPHABET_OF[:, None] != ALPHABET_OF).long() + 1
    return beta + height * (4 - d_0) / levels + d_0 - s[:, None]


def loss_and_gradient_agree(criterion, features: Tensor, right) -> None:
    """right: function of the squared distances in float64."""
    features = features.clone().requires_grad_()
    loss = criterion(features)
    loss.backward()
    points = features.detach().double().cpu().requires_grad_()
    expected = right(squared(points))
    expected.backward()
    agree(loss, expected, wide(features))
    largest = points.grad.abs().max().item()
    assert largest > 1e-3
    few = 16 * torch.finfo(features.dtype).eps
    torch.testing.assert_close(features.grad.double().cpu(), points.grad, rtol=few, atol=few * largest)


# In any precision ------------------------------------------------------------------------------------------------------


def test_hard_clusters_are_right(features, labels):
    anchor, positive, negative = HardClusterTripletsSampler().sample(features, labels)
    points = features.double().cpu()
    centroids, radii, nearest = hard_clusters(points, labels)
    agree(anchor, centroids, features.dtype)
    agree(negative, nearest, features.dtype)
    torch.testing.assert_close((positive.double().cpu() - centroids).square().sum(dim=1), radii, rtol=1e-9, atol=0)
    assert all((features == row).all(dim=1).any() for row in positive)


def test_numbers_are_widened_before_they_are_subtracted(device):
    # 129 - 0.5 = 128.5 is no bfloat16, 132 - 0.5 = 131.5 is none either: they round to 128 and 132. The centroid of
    # 129, 130, 132 is 130 1/3: 132 is 5/3 from it, 129 is 4/3.
    features = torch.tensor([[0.5], [0.5], [129], [130], [132]], dtype=torch.bfloat16, device=device)
    assert HardClusterTripletsSampler().sample(features, [0, 0, 1, 1, 1])[1].tolist() == [[0.5], [132]]


def test_centroids_of_float64_are_right_to_their_last_digit_far_from_the_origin(device):
    # Near 2^40, float64 numbers are 2^-12 apart: rounded once, a mean is off by 2^-13 at most. Sums of 3 to 5 lie near 2^42,
    # where numbers are 2^-10 apart.
    features, labels = random_batch(0, size=3)
    features = features.mul(2**12).round() / 2**12
    right, _, _ = hard_clusters(features, labels)
    anchor, _, _ = HardClusterTripletsSampler().sample((features + 2.0**40).to(device), labels)
    assert (anchor.cpu() - 2.0**40 - right).abs().max() <= 2**-13 + 2**-30


@pytest.mark.parametrize("dtype", DTYPES[:3])
def test_of_a_class_of_two_the_lower_row_is_the_farthest(dtype, device):
    # Both are equally far from their mean. In float64 half the sum of two shorter numbers is exact.
    torch.manual_seed(0)
    features = torch.randn(1000, 6, device=device).to(dtype)
    _, positive, _ = HardClusterTripletsSampler().sample(features, torch.arange(500).repeat_interleave(2))
    assert torch.equal(positive, features[::2])


@pytest.mark.parametrize("sampler", [HardTripletsSampler, tutorial.hard_triplets, "given"])
def test_hard_triplets_are_right(features, labels, sampler):
    if sampler == "given":
        sampler = given("HardTripletsSampler")
    labels = torch.tensor(labels, device=features.device)
    choose = sampler if sampler == tutorial.hard_triplets else sampler().sample_ids
    distance, same = squared(features.double().cpu()), (labels[:, None] == labels).cpu()
    anchor, positive, negative = (rows.cpu() for rows in choose(features, labels))
    assert torch.equal(anchor, torch.arange(len(labels)))
    farthest = distance.masked_fill(~same, -1).fill_diagonal_(-1).amax(dim=1)
    torch.testing.assert_close(distance[anchor, positive], farthest, rtol=1e-9, atol=0)
    torch.testing.assert_close(
        distance[anchor, negative], distance.masked_fill(same, torch.inf).amin(dim=1), rtol=1e-9, atol=0
    )


def test_class_distances_are_right(features, labels):
    classes, d, s = class_distances(features, labels)
    right = spreads(squared(features.double().cpu()), labels)
    assert classes.tolist() == sorted(set(labels))
    for value, expected in zip((d, s), right, strict=True):
        agree(value, expected, wide(features))


def test_margins_are_right(unit, labels):
    a, n = torch.cartesian_prod(torch.arange(6), torch.arange(6)).T
    a, n = a[a != n], n[a != n]
    margin = violate_margin(unit, labels, a, n, ALPHABET_OF)
    agree(margin, margins(squared(unit.double().cpu()), labels)[a, n], wide(unit))


def test_the_hierarchical_loss_is_right(unit, labels):
    criterion = HierarchicalTripletMarginLossWithSampler(AllTripletsSampler(), ALPHABET_OF)

    def right(distance: Tensor) -> Tensor:
        margin = margins(distance.detach(), labels)
        return mean_hinge(distance, labels, lambda a, n: margin[labels[a], labels[n]])

    loss_and_gradient_agree(lambda features: criterion(features, labels), unit, right)


@pytest.mark.parametrize("squares", [True, False], ids=["squared", "plain"])
def test_the_loss_over_all_triplets_is_right(unit, labels, squares):
    def right(distance: Tensor) -> Tensor:
        return mean_hinge(distance if squares else distance.clamp(min=1e-12).sqrt(), labels, lambda a, n: 0.3)

    loss_and_gradient_agree(lambda features: AllTripletsLoss(0.3, squares)(features, labels), unit, right)


def test_the_loss_with_a_margin_for_each_two_classes_is_right(unit, labels):
    margin = torch.rand(6, 6, dtype=torch.float64)

    def right(distance: Tensor) -> Tensor:
        return mean_hinge(distance, labels, lambda a, n: margin[labels[a], labels[n]]) / 2

    criterion = lambda features: all_triplets_loss(features, labels, margin.to(features.device))  # noqa: E731
    loss_and_gradient_agree(criterion, unit, right)


def test_the_cluster_loss_is_right(unit, labels):
    _, radii, nearest = hard_clusters(unit.double().cpu(), labels)
    centroids = hard_clusters(unit.double().cpu(), labels)[0]
    right = (radii - (centroids - nearest).square().sum(dim=1) + 1).clamp(min=0).sum()
    agree(ClusterLoss(1.0)(unit, labels), right, wide(unit))


def test_the_homework_loss_is_right(unit, labels):
    loss = TripletMarginLossWithSampler(0.3, HardClusterTripletsSampler())(unit, labels)
    centroids, radii, nearest = hard_clusters(unit.double().cpu(), labels)
    right = (radii.sqrt() - (centroids - nearest).norm(dim=1) + 0.3).clamp(min=0).mean()
    assert loss.dtype == wide(unit)
    assert loss.item() == pytest.approx(right.item(), abs=1e-5)  # torch adds 1e-6 to each difference


@pytest.mark.parametrize("squares", [True, False], ids=["squared", "plain"])
def test_the_loss_over_all_triplets_keeps_the_digits_of_float64_far_from_the_origin(squares, labels, device):
    # Squares near 1e14 are 1/64 apart, the points themselves 1e-9.
    features = random_batch(0)[0].to(device) + 1e7

    def right(distance: Tensor) -> Tensor:
        return mean_hinge(distance if squares else distance.clamp(min=1e-12).sqrt(), labels, lambda a, n: 0.3)

    loss_and_gradient_agree(lambda features: AllTripletsLoss(0.3, squares)(features, labels), features, right)


@pytest.mark.parametrize("dtype", DTYPES)
def test_fifteen_million_triplets_of_half_precision_have_a_finite_mean(dtype, device):
    # Of these unit vectors 0.33874 in float64. Their sum, 5 million, is infinite in float16.
    torch.manual_seed(0)
    features = normalize(torch.randn(1024, 64), dim=1).to(device, dtype)
    loss = AllTripletsLoss(0.3)(features, torch.arange(64).repeat_interleave(16))
    assert loss.item() == pytest.approx(0.33874, abs=1e-5)


@pytest.mark.parametrize("squares", [True, False], ids=["squared", "plain"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_points_that_coincide_have_a_finite_gradient_in_any_precision(dtype, squares, device):
    features = normalize(torch.ones(6, 7), dim=1).to(device, dtype).requires_grad_()
    AllTripletsLoss(0.3, squares)(features, [0, 0, 0, 1, 1, 1]).backward()
    assert features.grad.abs().max() < 1e-6


# Of any scale ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dtype", "exponent"),
    [
        (torch.bfloat16, 120),
        (torch.bfloat16, -100),
        (torch.float32, 67),  # 1.5e20: squares are infinite in float32
        (torch.float32, 127),  # as large as can be: so are differences
        (torch.float32, -77),  # 7e-24: squares are 0
        (torch.float64, 532),  # 1.4e160
        (torch.float64, 1023),
        (torch.float64, -532),
        (torch.float64, -1000),
    ],
)
def test_samplers_choose_the_same_whatever_the_scale(dtype, exponent, device):
    torch.manual_seed(0)
    features = (2 * torch.rand(60, 5, device=device) - 1).to(dtype)
    labels = torch.randperm(60, device=device) % 12
    large = features.double().mul(2.0**exponent).to(dtype)
    assert large.isfinite().all()
    few = 4 * torch.finfo(dtype).eps
    for x, y in zip(*(HardClusterTripletsSampler().sample(f, labels) for f in (features, large)), strict=True):
        torch.testing.assert_close(y.double() / 2.0**exponent, x.double(), rtol=few, atol=few)
    for x, y in zip(*(HardTripletsSampler().sample_ids(f, labels) for f in (features, large)), strict=True):
        assert torch.equal(x, y)
    if dtype == torch.float32:
        for choose in (tutorial.hard_triplets, given("HardTripletsSampler")().sample_ids):
            for x, y in zip(choose(features, labels), choose(large, labels), strict=True):
                assert torch.equal(x, y)


def test_the_smallest_numbers_have_a_scale():
    # On a line: class 0 at 0, 1, 5, centroid 2, farthest 5; class 1 at 9, 10, 14, centroid 11, farthest 14.
    features = torch.tensor([[0.0], [1], [5], [9], [10], [14]], dtype=torch.float64) * 2.0**-1074
    anchor, positive, negative = HardClusterTripletsSampler().sample(features, [0, 0, 0, 1, 1, 1])
    assert torch.equal(anchor / 2.0**-1074, torch.tensor([[2.0], [11]], dtype=torch.float64))
    assert torch.equal(positive, features[[2, 5]])
    assert torch.equal(negative, anchor.flip(0))


def test_points_in_one_place_have_no_scale():
    for dtype in DTYPES:
        features = torch.zeros(4, 3, dtype=dtype)
        assert HardTripletsSampler().sample_ids(features, [0, 0, 1, 1])[1].tolist() == [1, 0, 3, 2]
        assert torch.equal(HardClusterTripletsSampler().sample(features, [0, 0, 1, 1])[0], features[:2])
