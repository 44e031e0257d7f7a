"""The graded parts of the homework as nbgrader and otter-grader teach to write tests: asserts that run in the student's
kernel, of which some are hidden from students.

`ASSERTS` has for each graded cell, by its grade_id, what students see and what is hidden; each part is worth one point.
`WRONG` answers every part, and wrongly: it earns nothing from anybody.
"""

TRIPLETS = """\
features = torch.tensor([[0.0, 0], [1, 0], [5, 0], [10, 0], [11, 0], [18, 0], [0, 20], [0, 22], [0, 30]])
anchor, positive, negative = HardClusterTripletsSampler().sample(features, torch.tensor([0, 0, 0, 1, 1, 1, 2, 2, 2]))
order = (anchor[:, 0] + anchor[:, 1]).argsort()
assert torch.allclose(anchor[order], torch.tensor([[2.0, 0], [13, 0], [0, 24]]))
"""
TRIPLETS_HIDDEN = """\
assert torch.allclose(positive[order], torch.tensor([[5.0, 0], [18, 0], [0, 30]]))
assert torch.allclose(negative[order], torch.tensor([[13.0, 0], [2, 0], [2, 0]]))
features = torch.tensor([[0.0, 0], [0, 3], [0, 9], [20, 0], [20, 6], [29, 0]])
anchor, positive, negative = HardClusterTripletsSampler().sample(features, torch.tensor([0, 0, 0, 1, 1, 1]))
order = anchor[:, 0].argsort()
assert torch.allclose(positive[order], torch.tensor([[0.0, 9], [29, 0]]))
"""
LABELS = """\
features = torch.tensor([[0.0, 0], [10, 0], [1, 0], [10, 3], [10, 9], [5, 0]])
anchor, positive, negative = HardClusterTripletsSampler().sample(features, [7, -2, 7, -2, -2, 7])
order = anchor[:, 0].argsort()
assert torch.allclose(anchor[order], torch.tensor([[2.0, 0], [10, 4]]))
"""
LABELS_HIDDEN = """\
assert torch.allclose(positive[order], torch.tensor([[5.0, 0], [10, 9]]))
features = torch.tensor([[0.0, 0], [30, 0], [1, 0], [34, 0], [5, 0]])
anchor, positive, negative = HardClusterTripletsSampler().sample(features, torch.tensor([3, 900, 3, 900, 3]))
order = anchor[:, 0].argsort()
assert torch.allclose(negative[order], torch.tensor([[32.0, 0], [2, 0]]))
"""
TRAINING = """\
features = torch.tensor([[0.0, 0], [2, 0], [10, 0], [14, 0]], dtype=torch.float64, requires_grad=True)
anchor, positive, negative = HardClusterTripletsSampler().sample(features, torch.tensor([0, 0, 1, 1]))
assert anchor.dtype == positive.dtype == negative.dtype == torch.float64
"""
TRAINING_HIDDEN = """\
anchor.sum().backward()
assert torch.allclose(features.grad, torch.full((4, 2), 0.5, dtype=torch.float64))
close = 1000 + 1e-3 * torch.tensor([[0.0, 0], [1, 0], [5, 0], [10, 0], [11, 0], [18, 0]], dtype=torch.float64)
anchor, positive, negative = HardClusterTripletsSampler().sample(close, torch.tensor([0, 0, 0, 1, 1, 1]))
assert torch.allclose(positive.sum(dim=1).sort().values - 2000, torch.tensor([0.005, 0.018], dtype=torch.float64))
"""
ERRORS = """\
try:
    HardClusterTripletsSampler().sample(torch.zeros(4, 2), torch.tensor([0, 0, 0, 0]))
    refused = False
except ValueError:
    refused = True
assert refused
"""
ERRORS_HIDDEN = """\
refused = []
for features, labels in (
    (torch.zeros(5, 2), [0, 0, 1, 1, 2]),
    (torch.zeros(5, 2), [0, 0, 1, 1]),
    (torch.zeros(4), [0, 0, 1, 1]),
    (torch.full((4, 2), torch.nan), [0, 0, 1, 1]),
):
    try:
        refused.append(HardClusterTripletsSampler().sample(features, torch.tensor(labels)))
    except ValueError:
        refused.append(True)
assert refused == [True] * 4
"""
CLUSTER_LOSS = """\
features = torch.tensor([[0.0, 0], [4, 0], [5, 0], [7, 0]])
assert torch.isclose(ClusterLoss(0.0)(features, torch.tensor([0, 0, 1, 1])), torch.tensor(0.0))
"""
CLUSTER_LOSS_HIDDEN = """\
assert torch.isclose(ClusterLoss(14.0)(features, torch.tensor([0, 0, 1, 1])), torch.tensor(2.0))
assert torch.isclose(ClusterLoss(20.0)(features, torch.tensor([0, 0, 1, 1])), torch.tensor(13.0))
"""
CLASS_DISTANCES = """\
features = torch.tensor([[0.0, 0], [2, 0], [3, 0], [3, 4]])
classes, d, s = class_distances(features, torch.tensor([4, 4, 9, 9]))
assert classes.tolist() == [4, 9]
assert torch.allclose(s, torch.tensor([4.0, 16.0]))
"""
CLASS_DISTANCES_HIDDEN = """\
assert torch.allclose(d, torch.tensor([[2.0, 13.0], [13.0, 8.0]]))
classes, d, s = class_distances(torch.tensor([[0.0], [5], [2], [1], [7]]), torch.tensor([1, 0, 1, 1, 0]))
assert torch.allclose(s, torch.tensor([4.0, 2.0]))
"""
TREE_LEVEL = """\
alphabets = torch.tensor([0, 0, 1, 1])
assert torch.equal(tree_level(torch.tensor([0, 0]), torch.tensor([0, 1]), alphabets), torch.tensor([0, 1]))
"""
TREE_LEVEL_HIDDEN = """\
assert torch.equal(tree_level(torch.tensor([3, 3, 3]), torch.tensor([3, 2, 1]), alphabets), torch.tensor([0, 1, 2]))
assert torch.equal(tree_level(torch.tensor([[1, 0]]), torch.tensor([[2, 1]]), alphabets), torch.tensor([[2, 1]]))
"""
VIOLATE_MARGIN = """\
features, labels = torch.tensor([[0.0], [1], [0], [0.5]]), torch.tensor([0, 0, 1, 1])
margin = violate_margin(features, labels, torch.tensor([0]), torch.tensor([1]), torch.tensor([0, 0]), 0.5, 2)
assert torch.allclose(margin, torch.tensor([1.8125]))
"""
VIOLATE_MARGIN_HIDDEN = """\
margin = violate_margin(features, labels, torch.tensor([0, 1]), torch.tensor([1, 0]), torch.tensor([0, 1]), 0.5, 2)
assert torch.allclose(margin, torch.tensor([3.5, 4.25]))
margin = violate_margin(features.requires_grad_(), labels, torch.tensor([0]), torch.tensor([1]), torch.tensor([0, 1]))
assert not margin.requires_grad
"""
FIXED = """\
class Fixed:
    def sample_ids(self, features, labels):
        return torch.tensor([0]), torch.tensor([1]), torch.tensor([2])
features, labels = torch.tensor([[0.0], [1], [0], [0.5]]), torch.tensor([0, 0, 1, 1])
criterion = HierarchicalTripletMarginLossWithSampler(Fixed(), torch.tensor([0, 0]), 0.5, 2)
"""
LOSS = f"""\
{FIXED}\
assert criterion(features, labels).shape == ()
"""
LOSS_HIDDEN = """\
assert torch.isclose(criterion(features, labels), torch.tensor(2.8125))
"""
GRADIENTS = f"""\
{FIXED}\
features = features.requires_grad_()
loss = criterion(features, labels)
assert loss.requires_grad
"""
GRADIENTS_HIDDEN = """\
loss.backward()
assert torch.allclose(features.grad, torch.tensor([[-2.0], [2], [0], [0]]))
"""
ASSERTS = {
    "hard_cluster-triplets": (TRIPLETS, TRIPLETS_HIDDEN),
    "hard_cluster-labels": (LABELS, LABELS_HIDDEN),
    "hard_cluster-training": (TRAINING, TRAINING_HIDDEN),
    "hard_cluster-errors": (ERRORS, ERRORS_HIDDEN),
    "hard_cluster-loss": (CLUSTER_LOSS, CLUSTER_LOSS_HIDDEN),
    "hierarchical-class_distances": (CLASS_DISTANCES, CLASS_DISTANCES_HIDDEN),
    "hierarchical-tree_level": (TREE_LEVEL, TREE_LEVEL_HIDDEN),
    "hierarchical-violate_margin": (VIOLATE_MARGIN, VIOLATE_MARGIN_HIDDEN),
    "hierarchical-loss": (LOSS, LOSS_HIDDEN),
    "hierarchical-gradients": (GRADIENTS, GRADIENTS_HIDDEN),
}
WRONG = {
    "HardClusterTripletsSampler": """
class HardClusterTripletsSampler(IInbatchTripletSampler):
    def _check_input_labels(self, labels):
        pass
    def sample(self, features, labels):
        return features[:2] - 1, features[:2] - 1, features[:2] - 1
""",
    "ClusterLoss": """
class ClusterLoss(nn.Module):
    def __init__(self, alpha):
        super().__init__()
    def forward(self, features, labels):
        return features.sum() - 1000
""",
    "class_distances": """
def class_distances(features, labels):
    classes = labels.unique()
    return classes, -torch.ones(len(classes), len(classes)), -torch.ones(len(classes))
""",
    "tree_level": """
def tree_level(class_a, class_b, alphabet_of):
    return torch.full_like(class_a, -1)
""",
    "violate_margin": """
def violate_margin(features, labels, anchor_labels, negative_labels, alphabet_of, beta=0.1, levels=16):
    return features.sum() - 1000 * torch.ones(len(anchor_labels))
""",
    "HierarchicalTripletMarginLossWithSampler": """
class HierarchicalTripletMarginLossWithSampler(nn.Module):
    def __init__(self, sampler_inbatch, alphabet_of, beta=0.1, levels=16):
        super().__init__()
    def forward(self, features, labels):
        return features.sum() - 1000
""",
}
