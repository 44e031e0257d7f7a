"""The samplers that are given to students, and what all samplers promise."""

import numpy as np
import pytest
import torch
from catalyst.contrib.data import HardTripletsSampler as CatalystHardTripletsSampler
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import normalize
from torch.utils._python_dispatch import TorchDispatchMode

from solutions.homework3 import samplers
from solutions.homework3.hard_cluster import HardClusterTripletsSampler
from solutions.homework3.losses import TripletMarginLossWithSampler
from solutions.homework3.samplers import AllTripletsSampler, HardTripletsSampler
from solutions.tests.tensors import Largest, random_batch

SAMPLERS = [HardClusterTripletsSampler, HardTripletsSampler, AllTripletsSampler]

POINTS = torch.tensor([[0, 0], [2, 9], [6, 0], [2, 11], [0, 3], [2, 16], [20, 1], [22, 1]], dtype=torch.float32)
LABELS = [4, -1, 4, -1, 4, -1, 7, 7]
ANCHOR = [[2, 12], [2, 1], [21, 1]]  # the classes' means, ascending: -1, 4, 7


def test_hard_triplets_are_the_farthest_positive_and_the_nearest_negative():
    # On a line: class 0 at 0, 1, 3; class 1 at 4, 10. Row 1 (at 1): positives at 0 and 3, the farther is 3;
    # row 2 (at 3): the positive is 0; nearest other of rows 0, 1, 2 is 4, and of 4 and 10 it is 3.
    features = torch.tensor([[0.0], [1], [3], [4], [10]])
    anchor, positive, negative = HardTripletsSampler().sample_ids(features, [0, 0, 0, 1, 1])
    assert anchor.tolist() == [0, 1, 2, 3, 4]
    assert positive.tolist() == [2, 2, 0, 4, 3]
    assert negative.tolist() == [3, 3, 3, 2, 2]


def test_a_sample_is_not_its_own_positive_even_among_equals():
    features = torch.tensor([[0.0], [0], [5], [5]])
    _, positive, _ = HardTripletsSampler().sample_ids(features, [0, 0, 1, 1])
    assert positive.tolist() == [1, 0, 3, 2]


def test_hard_triplets_give_ties_to_the_lowest_row():
    # Around row 2 (at 0) positives at -2 and 2 tie, negatives at -1 and 1 tie.
    features = torch.tensor([[-2.0], [2], [0], [-1], [1]])
    _, positive, negative = HardTripletsSampler().sample_ids(features, [0, 0, 0, 1, 1])
    assert (positive[2].item(), negative[2].item()) == (0, 3)


def test_ties_go_to_the_lowest_index_in_wide_rows_too():
    # 300 equal samples a class: vectorised reductions over long rows must keep the first as well.
    rows = HardTripletsSampler().sample_ids(torch.zeros(600, 1), [0] * 300 + [1] * 300)
    assert rows[1].tolist() == [1] + [0] * 299 + [301] + [300] * 299
    assert rows[2].tolist() == [300] * 300 + [0] * 300


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_hard_triplets_equal_a_plain_loop(seed):
    features, labels = random_batch(seed, size=2)
    _, positive, negative = HardTripletsSampler().sample_ids(features, labels)
    points = features.numpy()
    for a, label in enumerate(labels):
        distance = [np.square(points[a] - other).sum() for other in points]
        same = [i for i in range(len(labels)) if labels[i] == label and i != a]
        other = [i for i in range(len(labels)) if labels[i] != label]
        assert positive[a] == max(same, key=distance.__getitem__)
        assert negative[a] == min(other, key=distance.__getitem__)


@pytest.mark.parametrize("seed", range(3))
def test_agreement_with_catalyst_on_equal_classes_about_the_origin(seed):
    torch.manual_seed(seed)
    labels = torch.randperm(20 * 5).remainder(20).tolist()
    features = torch.randn(100, 8, dtype=torch.float64)
    for x, y in zip(
        HardTripletsSampler().sample(features, labels),
        CatalystHardTripletsSampler().sample(features, labels),
        strict=True,
    ):
        torch.testing.assert_close(x, y)


def test_hard_triplets_survive_far_from_the_origin():
    features, labels = random_batch(0)
    moved = (features + 2**14).float()
    expected = HardTripletsSampler().sample_ids(moved.double(), labels)
    for x, y in zip(HardTripletsSampler().sample_ids(moved, labels), expected, strict=True):
        assert x.tolist() == y.tolist()


def hard_triplets_by_subtraction(features: torch.Tensor, labels: torch.Tensor) -> tuple[list[int], list[int]]:
    """A row at a time, in float64: the first of the farthest positives and of the nearest negatives."""
    points, positives, negatives = features.double().numpy(), [], []
    for a, point in enumerate(points):
        distance = np.square(points - point).sum(axis=1)
        same = (labels == labels[a]).numpy()
        negatives.append(int(np.where(same, np.inf, distance).argmin()))
        same[a] = False
        positives.append(int(np.where(same, distance, -1).argmax()))
    return positives, negatives


def collapsed() -> torch.Tensor:
    """64 classes of unit vectors about .005 apart, far smaller than what float32 leaves of their products near 1."""
    classes = normalize(normalize(torch.randn(64), dim=0) + 0.0005 * torch.randn(64, 64), dim=1)
    return normalize(classes.repeat_interleave(4, dim=0) + 0.0001 * torch.randn(256, 64), dim=1)


def tight_and_far() -> torch.Tensor:
    """Groups of two classes 2^-8 wide, 16 away from each other: no origin is near all of them.

    Squared distances in a group are about 16 * 2 * 2^-16 = 2^-11; float32 products near 16^2 are 2^-16 apart, and with
    16 of them in a sum choices go wrong. Float64 products are 2^-45 apart.
    """
    return 16 * torch.eye(32, 16).repeat_interleave(8, dim=0) + 2**-8 * torch.randn(256, 16)


def one_long_coordinate() -> torch.Tensor:
    """One coordinate is -2^24 or 2^24, the others are about 2^-4: so are distances, 2^-8 squared.

    Products of 2^48 are 2^-4 apart in float64, too: what is right shows only after subtracting.
    """
    sign = torch.tensor([-1.0, 1]).repeat_interleave(128)[:, None]
    return torch.cat([2**24 * sign, 2**-4 * torch.randn(256, 15)], dim=1)


def some_coincide() -> torch.Tensor:
    """Every row of the second half is one of the first: ties among numbers that are no round ones."""
    return torch.randn(128, 16).repeat(2, 1)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize("draw", [collapsed, tight_and_far, one_long_coordinate, some_coincide])
def test_hard_triplets_are_right_where_products_round(draw, dtype):
    torch.manual_seed(0)
    # Each half has its own classes: across the halves of one_long_coordinate, float64 has no digits left at all.
    labels = torch.cat([torch.randperm(128) % 32, 32 + torch.randperm(128) % 32])
    features = draw().to(dtype)
    _, positive, negative = HardTripletsSampler().sample_ids(features, labels)
    assert (positive.tolist(), negative.tolist()) == hard_triplets_by_subtraction(features, labels)


@pytest.mark.parametrize("scale", [1e-42, 1e-22, 1e18, 3e38])
def test_hard_triplets_are_right_where_squares_leave_the_range_of_float32(scale):
    # Squares of 1e-22 are 0 in float32, those of 1e18 in sums of 1000 about 1e39, infinite.
    torch.manual_seed(0)
    features, labels = scale * (2 * torch.rand(256, 1000) - 1), torch.arange(64).repeat(4)
    _, positive, negative = HardTripletsSampler().sample_ids(features, labels)
    assert (positive.tolist(), negative.tolist()) == hard_triplets_by_subtraction(features, labels)


def test_hard_triplets_in_float64_survive_where_float32_has_few_digits_left():
    # Near 2^30 float32 numbers are 2^7 apart, float64 ones 2^-22; the samples are about 2^10 apart.
    torch.manual_seed(0)
    features, labels = 2**10 * torch.randn(256, 16, dtype=torch.float64) + 2**30, torch.arange(64).repeat(4)
    _, positive, negative = HardTripletsSampler().sample_ids(features, labels)
    assert (positive.tolist(), negative.tolist()) == hard_triplets_by_subtraction(features, labels)


def test_hard_triplets_of_unequal_classes_in_blocks(monkeypatch):
    # 2 + 3 + 90 + 5 rows in blocks of 32, the last of them of 4.
    monkeypatch.setattr(samplers, "BLOCK", 32)
    torch.manual_seed(0)
    labels = torch.tensor([0] * 2 + [5] * 3 + [-3] * 90 + [9] * 5)[torch.randperm(100)]
    features = torch.randn(100, 3).mul(4).round()  # with many ties
    _, positive, negative = HardTripletsSampler().sample_ids(features, labels)
    assert (positive.tolist(), negative.tolist()) == hard_triplets_by_subtraction(features, labels)


def test_hard_triplets_do_not_depend_on_how_coarse_matrix_products_may_be():
    torch.manual_seed(0)
    features, labels = torch.randn(256, 64), torch.arange(64).repeat(4)
    expected = hard_triplets_by_subtraction(features, labels)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        _, positive, negative = HardTripletsSampler().sample_ids(features, labels)
    assert (positive.tolist(), negative.tolist()) == expected
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium")
    try:
        measured = [dtype_of(distances) for distances, _ in samplers.measures(features)]
    finally:
        torch.set_float32_matmul_precision(before)
    assert measured == [torch.float64] * 2


def dtype_of(distances) -> torch.dtype:
    return distances(torch.arange(2)).dtype


@pytest.mark.parametrize("draw", [collapsed, tight_and_far, one_long_coordinate, some_coincide])
def test_no_measure_is_off_by_more_than_it_says(draw):
    # Differences between an anchor's distances, against the same in float64 after subtracting.
    torch.manual_seed(0)
    features, rows = draw(), torch.arange(256)
    exact = torch.cdist(features.double(), features.double(), compute_mode=samplers.SUBTRACT_FIRST).square()
    exact = exact - exact[:, :1]
    *products, _ = samplers.measures(features)
    assert len(products) == 2
    for distances, error in products:
        measured = distances(rows).double()
        assert (measured - measured[:, :1] - exact).abs().max() < error


def test_an_ordinary_batch_needs_no_subtracting():
    # 1024 unit vectors: after two products no choice is open, after the first few are.
    torch.manual_seed(0)
    features, labels = normalize(torch.randn(1024, 64), dim=1), torch.arange(64).repeat(16)
    with Operations() as operations:
        HardTripletsSampler().sample_ids(features, labels)
    assert "aten::_cdist_forward" not in operations.names
    assert operations.names.count("aten::mm") == 2


def test_gradients_flow_through_anchor_positive_and_negative():
    features, labels = random_batch(3, classes=3, size=3, dimensions=2)
    assert torch.autograd.gradcheck(lambda f: HardTripletsSampler().sample(f, labels), features.requires_grad_())


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_the_result_has_the_dtype_of_the_features_and_leaves_them_alone(dtype):
    features = POINTS.to(dtype)
    copy = features.clone()
    for sampler in SAMPLERS:
        assert {part.dtype for part in sampler().sample(features, LABELS)} == {dtype}
    assert HardClusterTripletsSampler().sample(features, LABELS)[0].tolist() == ANCHOR
    assert torch.equal(features, copy)


class Operations(TorchDispatchMode):
    """The names of all operations, in order."""

    def __init__(self):
        super().__init__()
        self.names: list[str] = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.names.append(func.name())
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("sampler", [HardClusterTripletsSampler, HardTripletsSampler])
def test_no_tensor_is_larger_than_the_batch_or_its_distances(sampler):
    labels = torch.arange(64).repeat_interleave(16)
    features = torch.randn(1024, 64, requires_grad=True)
    with Largest() as largest:
        TripletMarginLossWithSampler(0.3, sampler())(features, labels).backward()
    limit = 1024 * 64 if sampler is HardClusterTripletsSampler else 1024 * 1024
    assert largest.elements <= limit


@pytest.mark.parametrize("value", [torch.nan, torch.inf, -torch.inf])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_only_numbers_pass_and_the_largest_do(dtype, value):
    features = torch.full((4, 3), torch.finfo(dtype).max, dtype=dtype)
    assert torch.equal(samplers.check_batch(features, [0, 0, 1, 1]), torch.tensor([0, 0, 1, 1]))
    features[2, 1] = value
    with pytest.raises(ValueError, match="row 2"):
        samplers.check_batch(features, [0, 0, 1, 1])


def test_millions_of_triplets_are_never_listed():
    labels = torch.arange(64).repeat_interleave(16)
    with Largest() as largest:
        rows = AllTripletsSampler(1000).sample_ids(torch.zeros(1024, 2), labels)
    assert [len(part) for part in rows] == [1000] * 3
    assert largest.elements <= 1024 * 2


def every_triplet(labels: list[int]) -> list[tuple[int, int, int]]:
    n = range(len(labels))
    return [(a, p, q) for a in n for p in n for q in n if a != p and labels[a] == labels[p] and labels[a] != labels[q]]


def test_all_triplets_are_listed_once_when_they_fit():
    labels = [3, -1, 3, 0, -1, 3, 0, 0, 0]
    # sizes 3, 2, 4 of 9: 3 * 2 * 6 + 2 * 1 * 7 + 4 * 3 * 5 = 36 + 14 + 60 = 110
    rows = AllTripletsSampler(110).sample_ids(torch.zeros(9, 1), labels)
    triplets = list(zip(*(part.tolist() for part in rows), strict=True))
    assert len(triplets) == 110
    assert sorted(triplets) == every_triplet(labels)


def test_a_part_of_all_triplets_is_drawn_uniformly_whatever_the_class_sizes():
    labels = [0, 0, 1, 1, 1, 1]  # 2 * 1 * 4 + 4 * 3 * 2 = 32 triplets, a quarter of them with anchors of class 0
    generator = torch.Generator().manual_seed(0)
    count = torch.zeros(6, 6, 6)
    for _ in range(1000):
        rows = AllTripletsSampler(31, generator).sample_ids(torch.zeros(6, 1), labels)
        count.index_put_(rows, torch.ones(31), accumulate=True)
    drawn = torch.stack([count[triplet] for triplet in every_triplet(labels)])
    assert count.sum() == drawn.sum() == 31_000
    # Each expects 31000 / 32 = 969, with a standard deviation of 31: five of those at most.
    assert (drawn - 31_000 / 32).abs().max() < 5 * 31


def test_a_seeded_generator_repeats_its_triplets():
    features, labels = random_batch(0)
    first, second = (
        AllTripletsSampler(50, torch.Generator().manual_seed(7)).sample_ids(features, labels) for _ in range(2)
    )
    assert torch.equal(torch.stack(first), torch.stack(second))


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize(
    ("features", "labels", "message"),
    [
        (torch.zeros(4, 2), [3, 3, 3, 3], r"at least two classes.*\[3\]"),
        (torch.zeros(0, 2), [], "at least two classes"),
        (torch.zeros(5, 2), [0, 0, 17, 1, 1], "Class 17 has one sample"),
        (torch.zeros(4, 2), [0, 0, 1, 1, 1], r"4 rows.*\(5,\)"),
        (torch.zeros(4, 2), torch.zeros(4, 1).long(), r"4 rows.*\(4, 1\)"),
        (torch.zeros(4, 2, 3), [0, 0, 1, 1], r"2-D.*\(4, 2, 3\)"),
        (torch.zeros(4), [0, 0, 1, 1], r"2-D.*\(4,\)"),
        (torch.tensor([[0.0], [1], [torch.nan], [torch.nan]]), [0, 0, 1, 1], "row 2"),
        (torch.tensor([[0.0], [-torch.inf], [1], [2]]), [0, 0, 1, 1], "row 1"),
    ],
)
def test_bad_input_is_refused_with_the_fault_named(sampler, features, labels, message):
    with pytest.raises(ValueError, match=message):
        sampler().sample(features, labels)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_labels_alone_can_be_checked(sampler):
    sampler()._check_input_labels([5, 5, 8, 8])
    with pytest.raises(ValueError, match="Class 8 has one sample"):
        sampler()._check_input_labels([5, 5, 8])


def test_hard_triplets_are_right_where_torch_will_not_tell_its_precision(monkeypatch):
    """Set by torch's newer settings, the precision cannot be read by the older function: it raises."""
    torch.manual_seed(0)
    features, labels = torch.randn(24, 8), torch.arange(6).repeat_interleave(4)
    expected = samplers.HardTripletsSampler().sample_ids(features, labels)

    def refuse():
        raise RuntimeError("mix of the legacy and new APIs")

    monkeypatch.setattr(torch, "get_float32_matmul_precision", refuse)
    for rows, right in zip(samplers.HardTripletsSampler().sample_ids(features, labels), expected, strict=True):
        assert torch.equal(rows, right)
