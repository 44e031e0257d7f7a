"""Where the other libraries are installed (make third-party), they do what we do: else timing them would say nothing."""

import subprocess
import sys

import pytest
import torch

from solutions.homework3.hard_cluster import HardClusterTripletsSampler
from solutions.homework3.losses import TripletMarginLossWithSampler
from solutions.homework3.samplers import HardTripletsSampler
from solutions.research import third_party

OURS = {"triplets": HardTripletsSampler, "clusters": HardClusterTripletsSampler}
OF = [
    ("catalyst", "triplets", third_party.catalyst_hard_triplets_sampler, third_party.catalyst_hard_triplets),
    ("catalyst", "clusters", third_party.catalyst_hard_clusters_sampler, third_party.catalyst_hard_clusters),
    ("oml", "triplets", third_party.oml_hard_triplets_sampler, third_party.oml_hard_triplets),
    ("oml", "clusters", third_party.oml_hard_clusters_sampler, third_party.oml_hard_clusters),
    ("pytorch_metric_learning", "triplets", third_party.PMLBatchHardSampler, third_party.pml_batch_hard),
]


def batch() -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(0)
    return torch.randn(60, 8, dtype=torch.float64), torch.randperm(60) % 12


@pytest.mark.parametrize(("library", "kind", "sampler", "criterion"), OF)
def test_another_library_chooses_the_triplets_that_we_choose(library, kind, sampler, criterion):
    pytest.importorskip(library)
    features, labels = batch()
    for theirs, ours in zip(sampler().sample(features, labels), OURS[kind]().sample(features, labels), strict=True):
        torch.testing.assert_close(theirs, ours)


@pytest.mark.parametrize(("library", "kind", "sampler", "criterion"), OF)
def test_another_librarys_loss_is_our_loss_with_the_same_gradient(library, kind, sampler, criterion):
    pytest.importorskip(library)
    features, labels = batch()
    results = []
    for loss in (criterion(2.0), TripletMarginLossWithSampler(2.0, OURS[kind]())):
        points = features.clone().requires_grad_()
        value = loss(points, labels)
        value.backward()
        results.append((value.detach(), points.grad))
    # torch's TripletMarginLoss adds 1e-6 to each of 8 differences: a distance changes by 1e-6 * sqrt(8) at most.
    torch.testing.assert_close(results[0][0], results[1][0], atol=2 * 1e-6 * 8**0.5, rtol=0)
    torch.testing.assert_close(results[0][1], results[1][1], atol=1e-5, rtol=0)


def test_a_missing_library_is_named_with_what_installs_it(monkeypatch):
    monkeypatch.setattr(third_party.importlib.util, "find_spec", lambda name: None)
    for make, library in (
        (third_party.oml_hard_triplets, "oml"),
        (third_party.pml_batch_hard, "pytorch_metric_learning"),
    ):
        with pytest.raises(ImportError, match=f"{library} is not installed; `make third-party`"):
            make(0.3)


def test_importing_the_adapters_imports_no_other_library():
    code = "import sys, solutions.research.third_party; sys.exit(any(n in sys.modules for n in ('oml', 'catalyst')))"
    subprocess.run([sys.executable, "-c", code], check=True)
