"""Where the other libraries are installed (make peers), they do what we do: else timing them would say nothing."""

import subprocess
import sys

import pytest
import torch

from solutions.benchmarks import peers
from solutions.losses import TripletMarginLossWithSampler
from solutions.samplers import HardClusterTripletsSampler, HardTripletsSampler

OURS = {"triplets": HardTripletsSampler, "clusters": HardClusterTripletsSampler}
OF = [
    ("catalyst", "triplets", peers.catalyst_hard_triplets_sampler, peers.catalyst_hard_triplets),
    ("catalyst", "clusters", peers.catalyst_hard_clusters_sampler, peers.catalyst_hard_clusters),
    ("oml", "triplets", peers.oml_hard_triplets_sampler, peers.oml_hard_triplets),
    ("oml", "clusters", peers.oml_hard_clusters_sampler, peers.oml_hard_clusters),
    ("pytorch_metric_learning", "triplets", peers.PMLBatchHardSampler, peers.pml_batch_hard),
]


def batch() -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(0)
    return torch.randn(60, 8, dtype=torch.float64), torch.randperm(60) % 12


@pytest.mark.parametrize(("library", "kind", "sampler", "criterion"), OF)
def test_a_peer_chooses_the_triplets_that_we_choose(library, kind, sampler, criterion):
    pytest.importorskip(library)
    features, labels = batch()
    for theirs, ours in zip(sampler().sample(features, labels), OURS[kind]().sample(features, labels), strict=True):
        torch.testing.assert_close(theirs, ours)


@pytest.mark.parametrize(("library", "kind", "sampler", "criterion"), OF)
def test_a_peers_loss_is_our_loss_with_the_same_gradient(library, kind, sampler, criterion):
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


def test_a_missing_peer_is_named_with_what_installs_it(monkeypatch):
    monkeypatch.setattr(peers.importlib.util, "find_spec", lambda name: None)
    for make, library in ((peers.oml_hard_triplets, "oml"), (peers.pml_batch_hard, "pytorch_metric_learning")):
        with pytest.raises(ImportError, match=f"{library} is not installed; `make peers`"):
            make(0.3)


def test_importing_the_adapters_imports_no_peer():
    code = "import sys, solutions.benchmarks.peers; sys.exit(any(n in sys.modules for n in ('oml', 'catalyst')))"
    subprocess.run([sys.executable, "-c", code], check=True)
