"""What the references take for features and labels, and what they refuse in a sentence; so the code that the notebook gives.

On a machine with a GPU most of this runs there as well.
"""

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.functional import normalize

from solutions.homework3.class_tree import all_triplets_loss
from solutions.homework3.hard_cluster import ClusterLoss, HardClusterTripletsSampler
from solutions.homework3.hierarchical import (
    HierarchicalTripletMarginLossWithSampler,
    class_distances,
    tree_level,
    violate_margin,
)
from solutions.homework3.losses import AllTripletsLoss
from solutions.homework3.samplers import AllTripletsSampler, HardTripletsSampler, check_batch
from solutions.tests.tensors import DEVICES, given, random_batch

INTEGERS = [torch.uint8, torch.int8, torch.int16, torch.uint16, torch.int32, torch.uint32, torch.int64]
ALPHABET_OF = torch.tensor([3, 3, 5, 3, 5, 5])


@pytest.fixture(params=DEVICES)
def device(request):
    return request.param


# Features --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "layout",
    [lambda f: f.T.contiguous().T, lambda f: f.repeat_interleave(2, dim=1)[:, ::2], lambda f: f.flip(0).flip(0)],
    ids=["by columns", "with gaps", "reversed twice"],
)
def test_the_layout_in_memory_does_not_matter(layout, device):
    features, labels = random_batch(0)
    features = features.to(device)
    calls = (
        HardClusterTripletsSampler().sample,
        HardTripletsSampler().sample,
        AllTripletsSampler().sample,
        class_distances,
        lambda f, y: [AllTripletsLoss(0.3)(f, y), ClusterLoss(0.3)(f, y)],
    )
    for call in calls:
        for x, y in zip(call(features, labels), call(layout(features), labels), strict=True):
            torch.testing.assert_close(x, y, rtol=1e-12, atol=1e-12)


# Labels ----------------------------------------------------------------------------------------------------------------


def answers(labels, few, device: str) -> list[Tensor]:
    """What everything that takes labels makes of them. few: labels of the classes 0, 1, 2 in the same manner."""
    features = normalize(random_batch(0)[0], dim=1).to(device)
    back = few.long().flip(0).to(few)
    results = [check_batch(features, labels)]
    for sampler in (HardClusterTripletsSampler(), HardTripletsSampler(), AllTripletsSampler()):
        sampler._check_input_labels(labels)
        results += sampler.sample(features, labels)
    results += class_distances(features, labels)
    results += [tree_level(few[:, None], few, few), tree_level(few, back, few)]
    results += [violate_margin(features, labels, few, back, few)]
    results += [criterion(features, labels) for criterion in (AllTripletsLoss(0.3), ClusterLoss(0.3))]
    results += [HierarchicalTripletMarginLossWithSampler(AllTripletsSampler(), ALPHABET_OF.to(few))(features, labels)]
    results += [
        all_triplets_loss(features, labels, torch.rand(6, 6, generator=torch.Generator().manual_seed(0)).to(device))
    ]
    return results


@pytest.mark.parametrize("dtype", INTEGERS)
def test_integers_of_every_dtype_are_labels(dtype, device):
    labels, few = torch.tensor(random_batch(0)[1]), torch.tensor([0, 1, 2])
    right = answers(labels.to(device), few.to(device), device)
    given_ = answers(labels.to(device, dtype), few.to(device, dtype), device)
    for x, y in zip(given_, right, strict=True):
        torch.testing.assert_close(x, y, rtol=1e-12, atol=1e-12)


def test_bytes_are_no_mask():
    classes, alphabet_of = torch.arange(3, dtype=torch.uint8), torch.tensor([5, 5, 2], dtype=torch.uint8)
    assert tree_level(classes[:, None], classes, alphabet_of).tolist() == [[0, 1, 2], [1, 0, 2], [2, 2, 0]]


@pytest.mark.parametrize("kind", ["list", "numpy ints", "array", "on the CPU"])
def test_labels_may_be_a_list_or_an_array_or_elsewhere(kind, device):
    labels = random_batch(0)[1]
    right = answers(torch.tensor(labels, device=device), torch.arange(3, device=device), device)
    labels = {"list": labels, "numpy ints": list(np.array(labels)), "array": np.array(labels)}.get(
        kind, torch.tensor(labels)
    )
    for x, y in zip(answers(labels, torch.arange(3, device=device), device), right, strict=True):
        torch.testing.assert_close(x, y, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("dtype", [torch.bool, torch.float16, torch.float32, torch.float64, torch.complex64])
def test_other_labels_are_refused_in_a_sentence(dtype):
    features, right = torch.rand(4, 2), torch.tensor([0, 0, 1, 1])
    wrong = right.to(dtype)
    calls = [
        *(lambda s=s: s().sample(features, wrong) for s in (HardClusterTripletsSampler, HardTripletsSampler)),
        lambda: AllTripletsSampler().sample(features, wrong),
        lambda: AllTripletsSampler()._check_input_labels(wrong),
        lambda: class_distances(features, wrong),
        lambda: AllTripletsLoss(0.3)(features, wrong),
        lambda: all_triplets_loss(features, wrong, torch.zeros(2, 2)),
        *(lambda place=place: tree_level(*(wrong if i == place else right for i in range(3))) for place in range(3)),
        *(
            lambda place=place: violate_margin(features, *(wrong if i == place else right for i in range(4)))
            for place in range(4)
        ),
    ]
    for call in calls:
        with pytest.raises(ValueError, match=rf"integers, not {dtype}: labels\.long\(\)"):
            call()


@pytest.mark.parametrize(
    ("features", "message"),
    [
        (torch.zeros(4, 2).long(), r"floating-point numbers.*torch\.int64"),
        (torch.zeros(4, 0), r"2-D.*\(4, 0\)"),
        (torch.full((4, 2), torch.nan), "row 0"),
        (torch.zeros(5, 2), "5 rows"),
    ],
)
def test_bad_features_are_refused_by_everything(features, message):
    labels = torch.tensor([0, 0, 1, 1])
    for call in (
        HardClusterTripletsSampler().sample,
        HardTripletsSampler().sample,
        AllTripletsSampler().sample,
        class_distances,
        AllTripletsLoss(0.3),
        lambda f, y: violate_margin(f, y, y, y, y),
    ):
        with pytest.raises(ValueError, match=message):
            call(features, labels)


def test_an_empty_batch_has_no_class_distances():
    classes, d, s = class_distances(torch.zeros(0, 3), [])
    assert (classes.shape, d.shape, s.shape) == ((0,), (0, 0), (0,))


def test_one_class_has_a_spread():
    # (0, 0) and (3, 4): 25 apart; s = 25, and d with itself 50 / 4.
    _, d, s = class_distances(torch.tensor([[0.0, 0], [3, 4]]), [7, 7])
    assert (d.tolist(), s.tolist()) == ([[12.5]], [25])


# What the notebook gives -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", INTEGERS)
def test_the_samplers_of_the_notebook_take_integers_of_every_dtype(dtype):
    features, labels = random_batch(0)
    for name, ours in (("HardTripletsSampler", HardTripletsSampler), ("AllTripletsSampler", AllTripletsSampler)):
        theirs = given(name)().sample_ids(features, torch.tensor(labels, dtype=dtype))
        rows = [sorted(torch.stack(some).T.tolist()) for some in (theirs, ours().sample_ids(features, labels))]
        assert rows[0] == rows[1]


@pytest.mark.parametrize("size", [1, 3, 9, 10, 12])
def test_cmc_of_a_small_gallery_takes_what_there_is(size):
    # A query at 0, the gallery at 1, 2, ..., and only the last of it is of the query's class.
    features = torch.arange(size + 1.0)[:, None]
    labels = torch.tensor([1] + [0] * (size - 1) + [1])
    is_query = torch.arange(size + 1) == 0
    assert given("cmc")(features, labels, is_query) == {k: float(size <= k) for k in (1, 5, 10)}
