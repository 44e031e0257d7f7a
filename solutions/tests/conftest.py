import pytest

from solutions import hierarchy, losses, samplers


@pytest.fixture(scope="session")
def reference() -> dict[str, object]:
    """The reference solutions, by the names that students' objects have."""
    return {
        "HardClusterTripletsSampler": samplers.HardClusterTripletsSampler,
        "ClusterLoss": losses.ClusterLoss,
        "class_distances": hierarchy.class_distances,
        "tree_level": hierarchy.tree_level,
        "violate_margin": hierarchy.violate_margin,
        "HierarchicalTripletMarginLossWithSampler": losses.HierarchicalTripletMarginLossWithSampler,
        "merge_levels": hierarchy.merge_levels,
        "tree_margin": hierarchy.tree_margin,
        "anchor_neighbours": hierarchy.anchor_neighbours,
        "all_triplets_loss": losses.all_triplets_loss,
    }
