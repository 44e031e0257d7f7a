"""An earlier part's fault costs its own point and no later one's; a later part's own fault is not covered up."""

import json

import numpy as np
import pytest

from grader import assignments, protocol, stand_ins
from grader.hidden import graded_cases
from grader.judge import judge
from grader.model import Report
from grader.student import check
from solutions import mutants

CASES = graded_cases("homework3", 3)
GRADED = assignments.graded("homework3")

# A loss that leaves the triplets to the student's own sampler, as the hints have it.
WITH_THE_SAMPLER = """
class ClusterLoss(nn.Module):
    def __init__(self, alpha):
        super().__init__()
        self.alpha = alpha
        self.sampler = HardClusterTripletsSampler()

    def forward(self, features, labels):
        a, p, n = self.sampler.sample(features, labels)
        return ((a - p).square().sum(1) - (a - n).square().sum(1) + self.alpha).clamp(min=0).sum()
"""


@pytest.fixture
def graded(tmp_path, monkeypatch):
    """What grading makes of a notebook with the plain solutions, after some edits: report by name of the exercise."""
    ids = protocol.ask(tmp_path / "questions.json", CASES)
    monkeypatch.setattr(protocol, "QUESTIONS", str(tmp_path / "questions.json"))
    published: dict[str, dict] = {}
    monkeypatch.setattr(protocol, "publish", lambda name, answers: published.update({name: answers}))

    def graded(*edits: tuple[str, str, str], **instead: str) -> dict[str, Report]:
        notebook = {**mutants._plain("homework3")}
        sources = {**mutants.sources("homework3"), **instead}
        for target, old, new in edits:
            assert sources[target].count(old) == 1
            sources[target] = sources[target].replace(old, new)
        for source in sources.values():
            exec(source, notebook)
        reports = {}
        for name, exercise in GRADED.items():
            check.check(name, notebook.get(exercise.target.name))
            answers = json.loads(json.dumps(published[name]))  # as it travels
            named = {ids[name][id_]: answer for id_, answer in answers.items()}
            reports[name] = judge(exercise, CASES[name], named)
        return reports

    return graded


def lost(reports: dict[str, Report]) -> set[str]:
    return {name for name, report in reports.items() if not report.passed}


def test_right_work_needs_no_help(graded):
    reports = graded()
    assert not lost(reports)
    assert not any(verdict.helped for report in reports.values() for verdict in report.verdicts)


@pytest.mark.parametrize(
    ("edit", "part"),
    [
        (("class_distances", "(n * n - n)", "(n * n)"), "hierarchical.class_distances"),
        (
            ("class_distances", "return classes, d, torch.stack(s)", "raise NotImplementedError"),
            "hierarchical.class_distances",
        ),
        (("tree_level", "level[class_a == class_b] = 0", "pass"), "hierarchical.tree_level"),
        (("violate_margin", "beta + d_l", "d_l"), "hierarchical.violate_margin"),
        (("violate_margin", "torch.no_grad()", "torch.enable_grad()"), "hierarchical.violate_margin"),
    ],
)
def test_a_fault_of_an_earlier_part_costs_its_own_point_only(edit, part, graded):
    assert lost(graded(edit)) == {part}


def test_a_loss_that_makes_its_margins_itself_does_not_pay_for_what_it_makes_them_of(graded):
    call = "violate_margin(features, labels, labels[a], labels[n], self.alphabet_of, self.beta, self.levels)"
    margin = mutants.sources("homework3")["violate_margin"].split("\n", 2)[2].replace("\n", "\n    ")
    for old, new in (
        ("anchor_labels", "labels[a]"),
        ("negative_labels", "labels[n]"),
        ("alphabet_of)", "self.alphabet_of)"),
    ):
        margin = margin.replace(old, new)
    margin = margin.replace("return", "margin =").replace("beta", "self.beta").replace("levels", "self.levels")
    own = ("HierarchicalTripletMarginLossWithSampler", f"        margin = {call}", f"    {margin.rstrip()}")
    for fault, part in (
        (("class_distances", "(n * n - n)", "(n * n)"), "hierarchical.class_distances"),
        (("tree_level", "level[class_a == class_b] = 0", "level += 1"), "hierarchical.tree_level"),
    ):
        assert lost(graded(own, fault)) == {part}


def test_a_sampler_that_is_not_there_yet_costs_the_loss_nothing(graded):
    reports = graded(
        ("HardClusterTripletsSampler", "if features.ndim", "raise NotImplementedError\n        if features.ndim"),
        ClusterLoss=WITH_THE_SAMPLER,
    )
    assert lost(reports) == {
        name for name, exercise in GRADED.items() if exercise.target.name == "HardClusterTripletsSampler"
    }
    assert all(verdict.helped for verdict in reports["hard_cluster.loss"].verdicts)


@pytest.mark.parametrize(
    ("edit", "part"),
    [
        (("violate_margin", "s[row]", "s.mean()"), "hierarchical.violate_margin"),
        (("HierarchicalTripletMarginLossWithSampler", ".clamp(min=0)", ""), "hierarchical.loss"),
        (("HierarchicalTripletMarginLossWithSampler", ", self.beta, self.levels)", ")"), "hierarchical.loss"),
        (("HierarchicalTripletMarginLossWithSampler", "labels[n], self", "labels[p], self"), "hierarchical.loss"),
    ],
)
def test_right_earlier_parts_do_not_cover_up_a_fault(edit, part, graded):
    faulty = ("class_distances", "(n * n - n)", "(n * n)")
    assert part in lost(graded(faulty, edit))


def test_a_gradient_that_the_sampler_loses_is_not_the_losses_fault_but_one_that_the_loss_loses_is(graded):
    detached = ("HardClusterTripletsSampler", "points = features.double()", "points = features.detach().double()")
    assert "hard_cluster.loss" not in lost(graded(detached, ClusterLoss=WITH_THE_SAMPLER))
    assert "hard_cluster.loss" in lost(
        graded(detached, ClusterLoss=WITH_THE_SAMPLER.replace("(a - n)", "(a - n.detach())"))
    )


def test_a_part_that_is_missing_altogether_costs_the_later_ones_nothing(graded):
    reports = graded(tree_level="tree_level = None; del tree_level")
    assert lost(reports) == {"hierarchical.tree_level"}


def test_the_students_own_names_are_back_afterwards():
    notebook: dict = {}
    exec("def class_distances(): ...\ndef violate_margin(): return class_distances", notebook)
    own, margin = notebook["class_distances"], notebook["violate_margin"]
    right = [{"classes": np.array([0]), "d": np.eye(1), "s": np.zeros(1)}]
    batch = {"features": np.ones((2, 1)), "labels": np.array([0, 0])}
    put_in = stand_ins.put_in(margin, [(GRADED["hierarchical.class_distances"].target, right)], [batch])
    with put_in:
        assert margin() is not own
    assert margin() is own


def test_the_kernel_gets_nothing_that_an_exercise_asks_itself():
    """What is right for earlier parts is so for inputs that these parts are not asked themselves."""
    for name, cases in CASES.items():
        for case in cases:
            for part in GRADED[name].needs:
                asked = GRADED[part].target.stand_in.asked(case.inputs)
                own = [other.inputs for other in CASES[part] if other.hidden]
                assert not any(
                    all(np.array_equal(asked[key], inputs[key]) for key in asked if key in inputs) for inputs in own
                ), (name, case.name)
