"""What a student reads of a case that failed: what, where, why, and what now."""

import re
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

from grader import assignments, check, hint, protocol, ready
from grader.answer import answer
from grader.judge import judge, judge_case
from grader.messages import behind
from grader.model import State, f32, i64
from grader.show import Shown, sentences
from grader.tests.wire import answering

ALL = assignments.everything()


@pytest.fixture(autouse=True)
def fresh_session(monkeypatch):
    monkeypatch.setattr(sys.modules["grader.student.check"], "_reports", {})
    monkeypatch.setattr(sys.modules["grader.student.check"], "_hinted", {})


def reason(name: str, number: int, **wrong: np.ndarray) -> str:
    """What the case of that number says when these outputs are wrong."""
    case = ALL[name].cases[number]
    return judge_case(ALL[name], case, answering(case, **wrong)).reason


def test_a_wrong_shape_says_both_shapes_and_what_a_dimension_means():
    said = reason("hierarchical.class_distances", 0, d=f32([[1, 2]]))
    assert said.startswith("The shape of your d is (1, 2); expected is (2, 2). ")
    assert "d is (P, P): a row and a column for every class." in said


@pytest.mark.parametrize("exercise", ALL.values(), ids=lambda exercise: exercise.name)
def test_every_exercise_can_say_what_its_dimensions_mean(exercise):
    assert exercise.target.shapes.endswith(".")


def test_a_wrong_dtype_says_both_dtypes_and_what_changes_one():
    said = reason("hard_cluster.triplets", 0, anchor=np.zeros((3, 2), np.int64))
    assert said == "The dtype of your anchor is int64; expected are floating-point numbers (see torch.Tensor.float)."
    said = reason("hierarchical.tree_level", 0, level=np.zeros(6, np.float32))
    assert said == "The dtype of your level is float32; expected are whole numbers (see torch.Tensor.long)."


@pytest.mark.parametrize(
    ("name", "number", "wrong", "said"),
    [
        (  # the table of the case: 4.5 26.5 / 26.5 12
            *("hierarchical.class_distances", 0, {"d": f32([[4.5, 20], [20, 12]])}),
            "Your d for the classes 0 (row) and 1 (column) is 20; expected is 26.5. 2 of 4 entries are wrong.",
        ),
        (
            *("hierarchical.class_distances", 1, {"d": f32([[12, 28], [28, 5]]), "s": f32([18, 7])}),
            "Your d for the classes 5 (row) and 5 (column) is 5; expected is 4. Your s differs, too.",
        ),
        (
            *("hierarchical.class_distances", 1, {"s": f32([18, 7])}),
            "Your s for class 5 is 7; expected is 6.",
        ),
        (
            *("hierarchical.class_distances", 1, {"classes": i64([5, -2])}),
            "Entry 0 of your classes is 5; expected is -2. 2 of 2 entries are wrong.",
        ),
        (
            *("hierarchical.tree_level", 0, {"level": i64([0, 1, 1, 1, 0, 2])}),
            "Your level for the pair 2, classes 0 and 2, is 1; expected is 2.",
        ),
        (
            *("hierarchical.tree_level", 2, {"level": i64([[0, 1], [2, 0]])}),
            "Your level for the pair (1, 0), classes 1 and 0, is 2; expected is 1.",
        ),
        (
            *("hierarchical.violate_margin", 2, {"margin": f32([1.0, 9, 1.9])}),
            "Your margin for triplet 1, its anchor of class 2, its negative of class 3, is 9; expected is 1.9.",
        ),
        (
            *("class_tree.margins", 1, {"margin": f32([[-1.5, 1], [2, 1.7]])}),
            "Your margin for the classes 0 (row) and 1 (column) is 1; expected is -1.2.",
        ),
        (
            *("hard_cluster.labels", 2, {"positive": f32([[5, 0], [6, 3], [2, 12]])}),
            "Your positive for class 40 (anchor (4, 3)) is (6, 3); expected is (1, 3).",
        ),
        (
            *("hard_cluster.training", 0, {"gradient": f32([[10], [10], [16], [-14], [-14], [0]])}),
            "Your gradient for row 5 of the features is (0); expected is (-8).",
        ),
        ("hard_cluster.loss", 2, {"loss": f32(26)}, "Your loss is 26; expected is 47."),
    ],
)
def test_a_wrong_value_says_which_class_pair_or_triplet(name, number, wrong, said):
    assert reason(name, number, **wrong) == said


@pytest.mark.parametrize("exercise", ALL.values(), ids=lambda exercise: exercise.name)
def test_every_output_of_every_case_can_be_described_when_it_is_wrong(exercise):
    for case in exercise.cases:
        for name, value in case.expected.items():
            wrong = {name: ~value if value.dtype == bool else value + 1}
            said = judge_case(exercise, case, answering(case, **wrong)).reason
            assert name in said
            assert "expected is" in said


SWAPPED = ("anchor", "negative", "positive")
TURNED = ("d", "s", "classes")


def returned(name: str, number: int, order: tuple[str, ...]) -> dict:
    """The right outputs, each in the place of the one that `order` names at its position."""
    exercise = ALL[name]
    case = exercise.cases[number]
    return answering(case, **{place: case.expected[what] for place, what in zip(exercise.target.outputs, order)})


@pytest.mark.parametrize(
    ("name", "order"), [("hard_cluster.triplets", SWAPPED), ("hierarchical.class_distances", TURNED)]
)
def test_right_outputs_in_another_order_are_recognised(name, order):
    exercise = ALL[name]
    verdict = judge_case(exercise, exercise.cases[0], returned(name, 0, order))
    assert verdict.mistake == "outputs_in_another_order"
    asked = ", ".join(exercise.target.outputs)
    assert verdict.reason == f"You return the right outputs as ({', '.join(order)}); expected is ({asked})."


def test_two_classes_that_are_each_others_negatives_are_not_mistaken_for_another_order():
    # Interleaved labels: anchors (1,0) (1,6), negatives (1,6) (1,0). Each wrong positive is the right one of the other
    # class: as a set of rows (negative, positive, anchor) is just what was expected.
    said = reason("hard_cluster.labels", 0, positive=f32([[3, 6], [3, 0]]))
    assert said == "Your positive for class 0 (anchor (1, 0)) is (3, 6); expected is (3, 0). 2 of 2 rows are wrong."


def test_a_wrong_gradient_of_right_outputs_is_no_other_order():
    assert reason("hard_cluster.training", 0, gradient=f32([[1]] * 6)).startswith("Your gradient for row 0")


def answered(name: str, target: object) -> Shown:
    exercise = ALL[name]
    answers = {c.name: answer(exercise.target, target, dict(c.inputs), c.gradient, c.before) for c in exercise.cases}
    return Shown(**vars(judge(exercise, exercise.cases, answers)))


def test_no_path_for_the_gradient_is_told_as_such():
    detached = answered("hard_cluster.loss", lambda alpha: lambda features, labels: torch.tensor(56.0))
    assert "No gradient flows back to the features, so loss.backward() would fail" in repr(detached)


def raised(name: str, number: int, **details: str) -> str:
    """What the case of that number says when the code raises."""
    return judge_case(ALL[name], ALL[name].cases[number], {"raised": details}).reason


def test_an_exception_says_which_line_raised_it_and_which_line_under_check_led_there():
    line, caller = "tree_level, line 3 of its cell: x[a]", "violate_margin, line 6 of its cell: tree_level(a, n)"
    said = raised("hierarchical.violate_margin", 0, type="IndexError", message="5", line=line, caller=caller)
    assert said == f"Your code raised IndexError: 5 (in {line}; called by {caller})"
    said = raised("hierarchical.violate_margin", 0, type="IndexError", message="5", line="f, line 2: ", caller=caller)
    assert said == f"Your code raised IndexError: 5 (in f, line 2; called by {caller})"
    said = raised("hierarchical.violate_margin", 0, type="IndexError", message="5", line=line, caller=["x"] * 10**6)
    assert said == f"Your code raised IndexError: 5 (in {line})"
    said = raised("hierarchical.violate_margin", 0, type="E", message="5", line=line, caller="a\x1b[31m" + "b" * 10**6)
    assert "\x1b" not in said
    assert len(said) < 2 * protocol.TEXT_LIMIT


def test_of_a_hidden_case_neither_line_is_quoted():
    case = replace(ALL["hierarchical.violate_margin"].cases[0], hidden=True)
    details = {"type": "IndexError", "message": "Boolean value of Tensor with more than one value", "caller": "f: 3"}
    said = judge_case(ALL["hierarchical.violate_margin"], case, {"raised": {**details, "line": "g: 4"}}).reason
    assert said == "Your code raised IndexError."


class Loss(torch.nn.Module):
    """The paper's cluster loss, but for what a subclass makes of the hinges and of the centroids' distances."""

    def __init__(self, alpha):
        super().__init__()
        self.alpha = alpha

    def forward(self, features, labels):
        classes, row = labels.unique(return_inverse=True)
        centroids = torch.stack([features[row == i].mean(0) for i in range(len(classes))])
        own = (features - centroids[row]).square().sum(1)
        intra = torch.stack([own[row == i].max() for i in range(len(classes))])
        return self.hinges(intra - self.nearest((centroids[:, None] - centroids).square().sum(2)) + self.alpha).sum()

    def nearest(self, apart):
        return apart.masked_fill(torch.eye(len(apart), dtype=torch.bool), torch.inf).amin(1)

    def hinges(self, terms):
        return terms.clamp(min=0)


class StacksNumbers(Loss):
    def hinges(self, terms):
        return torch.stack([max(term, 0.0) for term in terms])


class ComparesAll(Loss):
    def hinges(self, terms):
        return max(terms, 0.0)


class FillsInPlace(Loss):
    def nearest(self, apart):
        root = apart.clamp(min=1e-6).sqrt()
        root.fill_diagonal_(torch.inf)
        return root.amin(1).square()


class AsksNumpy(Loss):
    def hinges(self, terms):
        return torch.from_numpy(np.maximum(terms.numpy(), 0))


@pytest.mark.parametrize(
    ("loss", "sentence"),
    [
        (StacksNumbers, "but got float .*One of them is a plain number. .* torch.clamp\\(x, min=0\\) keeps a tensor"),
        (ComparesAll, "is ambiguous .*Python's max, min, if, and, or want one answer; entry by entry .* torch.clamp"),
        (
            FillsInPlace,
            "modified by an inplace operation.*was overwritten in place, as by fill_diagonal_.* masked_fill",
        ),
        (AsksNumpy, "Use tensor.detach.*NumPy keeps no gradient: stay with torch's functions"),
    ],
)
def test_what_torch_says_in_riddles_has_a_sentence_behind_it(loss, sentence):
    assert answered("hard_cluster.loss", Loss).passed
    assert re.search(sentence, repr(answered("hard_cluster.loss", loss)))


class Sampler:
    """A right sampler, whose labels may be a list."""

    def sample(self, features, labels):
        return self.sample_tensor(features, torch.as_tensor(labels))

    def sample_tensor(self, features, labels):
        classes, row = labels.unique(return_inverse=True)
        centroids = torch.stack([features[row == i].mean(0) for i in range(len(classes))])
        own = torch.stack([torch.where(row == i, 1, 0) for i in range(len(classes))])  # (P, B)
        positive = (own * (1 + (features - centroids[row]).square().sum(1))).argmax(1)
        apart = (centroids[:, None] - centroids).square().sum(2)
        apart = apart.masked_fill(torch.eye(len(apart), dtype=torch.bool), torch.inf)
        return centroids, features[positive], centroids[apart.argmin(1)]


def test_a_tensor_of_another_dtype_has_a_sentence_behind_what_torch_says_of_it():
    class Fills(Sampler):
        def sample_tensor(self, features, labels):
            anchor, positive, negative = super().sample_tensor(features, labels)
            rows = torch.arange(len(anchor))
            return torch.zeros(anchor.shape).index_add(0, rows, anchor), positive, negative

    with pytest.raises(RuntimeError) as torchs:
        Fills().sample(torch.arange(8, dtype=torch.float64).view(4, 2), [0, 0, 1, 1])
    assert behind(str(torchs.value)).endswith("new ones take dtype=features.dtype.")


A_TENSOR = torch.arange(6.0).view(2, 3)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (lambda: A_TENSOR[A_TENSOR], "What is used as an index is no row number"),
        (lambda: A_TENSOR[A_TENSOR.max(dim=1)], "returns a pair"),
        (lambda: A_TENSOR[torch.tensor([7])], "A label is no row number"),
        (lambda: A_TENSOR[7], "A label is no row number"),
        (lambda: A_TENSOR[:0].max(), "a label is looked for that no picture has"),
        (lambda: A_TENSOR[:0].argmax(dim=0), "a label is looked for that no picture has"),
        (lambda: torch.bincount(torch.tensor([-1, 2])), "Labels are names, which may be negative"),
        (lambda: torch.nn.functional.one_hot(torch.tensor([-1, 2])), "Labels are names, which may be negative"),
        (lambda: A_TENSOR.view(2, 2), "Classes may differ in size"),
        (lambda: torch.stack([A_TENSOR[:1], A_TENSOR]), "Classes may differ in size"),
        (lambda: A_TENSOR - A_TENSOR.mean(dim=1), "Two shapes do not fit each other"),
        (lambda: A_TENSOR @ A_TENSOR, "Two shapes do not fit each other"),
        (lambda: (A_TENSOR > 1).long() @ A_TENSOR.T, "A mask or a count takes the dtype of the features"),
        (lambda: (A_TENSOR > 1).mean(), "mean needs floating-point numbers"),
    ],
)
def test_what_indices_shapes_and_labels_raise_has_a_sentence_behind_it(wrong, sentence):
    with pytest.raises((RuntimeError, IndexError)) as torchs:
        wrong()
    assert sentence in behind(str(torchs.value))


def test_row_numbers_in_the_place_of_vectors_are_told_as_what_they_may_be():
    exercise = ALL["hard_cluster.triplets"]
    rows = answering(exercise.cases[0], positive=i64([2, 3, 8]), anchor=i64([0, 1, 2]), negative=i64([1, 0, 1]))
    said = judge_case(exercise, exercise.cases[0], rows).reason
    assert said.endswith("Yours are whole numbers: row numbers, where the vectors themselves are asked for?")


A_LIST = "The labels are a plain list here: torch.as_tensor(labels, device=features.device) makes a tensor of them"


class TakesTensors(Sampler):
    def sample(self, features, labels):
        return self.sample_tensor(features, labels)


@pytest.mark.parametrize("name", ["hard_cluster.triplets", "hard_cluster.labels", "hard_cluster.errors"])
def test_labels_in_a_list_are_told_as_what_they_are(name):
    # Of the first, "a labels tensor" passes and all others raise; the others have no case with a tensor.
    assert A_LIST in repr(answered(name, TakesTensors))
    assert A_LIST not in repr(answered(name, Sampler))


def test_a_list_that_raises_nothing_is_known_by_the_tensors_that_pass():
    class Compares(Sampler):
        def sample(self, features, labels):  # a list equals no number: each class is empty, its centroid is NaN
            classes = sorted({int(label) for label in labels})
            own = [features[labels == label] for label in classes]
            centroids = torch.stack([rows.mean(0) for rows in own])
            apart = (
                (centroids[:, None] - centroids)
                .square()
                .sum(-1)
                .masked_fill(torch.eye(len(classes), dtype=torch.bool), torch.inf)
                if centroids.ndim == 2
                else torch.zeros(3, 3)
            )
            positive = [
                rows[(rows - c).square().sum(-1).argmax()] if len(rows) else c for rows, c in zip(own, centroids)
            ]
            return centroids, torch.stack(positive), centroids[apart.argmin(1)]

    text = repr(answered("hard_cluster.triplets", Compares))
    assert "(1 of 5 cases" in text
    assert A_LIST in text


def test_what_tensors_raise_too_is_not_laid_on_the_list():
    class MakesLists(Sampler):
        def sample_tensor(self, features, labels):
            return super().sample_tensor(features, labels.tolist())

    class Fails(TakesTensors):
        def sample_tensor(self, features, labels):
            raise KeyError(3)

    class FailsOnce(Sampler):
        def sample(self, features, labels):
            if len(labels) == 12:  # a case whose labels are a list, as are others that pass
                raise AttributeError("'list' object has no attribute 'unique'")
            return super().sample(features, labels)

    for sampler in (MakesLists, Fails, FailsOnce):
        report = answered("hard_cluster.triplets", sampler)
        assert not report.passed
        assert A_LIST not in repr(report)
    assert A_LIST not in repr(answered("hard_cluster.labels", Fails))


def test_bad_input_that_is_refused_before_its_labels_are_used_does_not_speak_for_lists():
    class LooksAtTheShapeFirst(TakesTensors):
        def sample(self, features, labels):
            if features.ndim != 2:
                raise ValueError("features of another shape than (B, D)")
            return super().sample(features, labels)

    report = answered("hard_cluster.errors", LooksAtTheShapeFirst)
    assert report.passed_cases == 1
    assert A_LIST in repr(report)


def test_of_hidden_labels_nothing_is_told():
    exercise = ALL["hard_cluster.triplets"]
    hidden = tuple(replace(case, name=f"{case.name} again", hidden=True) for case in exercise.cases)
    answers = {case.name: answer(exercise.target, TakesTensors, case.inputs) for case in (*exercise.cases, *hidden)}
    report = judge(exercise, (*exercise.cases, *hidden), answers)
    told = [A_LIST in " ".join(sentences(verdict, report)) for verdict in report.verdicts]
    assert told == [*[True] * 4, False, *[False] * 5]  # the fifth is "a labels tensor", and passes


def level_of_nothing(class_a, class_b, alphabet_of):
    return torch.zeros_like(class_a)


def stub(class_a, class_b, alphabet_of):
    raise NotImplementedError("Return the level.")


def test_a_failed_check_ends_with_the_next_hint(capsys):
    name = "hierarchical.tree_level"
    for level in (1, 2, 3):
        last = repr(check(name, level_of_nothing)).splitlines()[-1]
        assert last == f'  Stuck? hint("{name}") gives hint {level} of 3.'
        hint(name)
        assert capsys.readouterr().out.startswith(f"Hint {level} of 3: ")
    assert repr(check(name, level_of_nothing)).endswith("gives hint 3 of 3 again.")
    hint(name)
    assert capsys.readouterr().out.startswith("Hint 3 of 3: ")


def test_a_hint_goes_on_from_the_level_that_was_asked_for(capsys):
    hint("hierarchical.loss", level=2)
    hint("hierarchical.loss")
    hint("hierarchical.gradients")
    assert [line[:12] for line in capsys.readouterr().out.splitlines()] == [
        "Hint 2 of 3:",
        "Hint 3 of 3:",
        "Hint 1 of 3:",
    ]


class Detaches(Sampler):
    def sample_tensor(self, features, labels):
        return tuple(rows.detach() for rows in super().sample_tensor(features, labels))


class Shifts(Sampler):
    def sample_tensor(self, features, labels):
        features += 0.5
        return super().sample_tensor(features, labels)


def hinted(capsys, name: str) -> str:
    hint(name)
    return capsys.readouterr().out


def test_a_hint_is_on_the_first_case_that_fails(capsys):
    name = "hard_cluster.training"
    gradients = next(case for case in ALL[name].cases if case.name == "gradients")
    report = check(name, Detaches)
    assert [verdict.passed for verdict in report.verdicts].count(False) == 1
    assert f'hint("{name}") gives hint 1 of 3.' in repr(report)
    assert hinted(capsys, name) == f"Hint 1 of 3: {gradients.hints[0]}\n"
    assert f'hint("{name}") gives hint 2 of 3.' in repr(check(name, Detaches))
    assert hinted(capsys, name) == f"Hint 2 of 3: {gradients.hints[1]}\n"


def test_where_no_case_passes_or_nothing_was_checked_the_hints_are_those_of_the_exercise(capsys):
    name = "hard_cluster.training"
    assert hinted(capsys, name) == f"Hint 1 of 3: {ALL[name].hints[0]}\n"
    assert check(name, Shifts).passed_cases == 0
    assert hinted(capsys, name) == f"Hint 2 of 3: {ALL[name].hints[1]}\n"


def test_a_case_without_hints_has_those_of_its_exercise(capsys):
    class WrongOnTwelve(Sampler):
        def sample_tensor(self, features, labels):
            anchor, positive, negative = super().sample_tensor(features, labels)
            return (anchor, positive, negative) if len(labels) != 12 else (anchor, positive, anchor)

    name = "hard_cluster.triplets"
    assert 0 < check(name, WrongOnTwelve).passed_cases < len(ALL[name].cases)
    assert hinted(capsys, name) == f"Hint 1 of 3: {ALL[name].hints[0]}\n"


def test_of_each_set_of_hints_the_level_is_remembered(capsys):
    name = "hard_cluster.training"
    assert "Hint 1" in hinted(capsys, name)  # of the exercise
    check(name, Detaches)
    assert "Hint 1" in hinted(capsys, name)  # of its case on gradients
    assert "Hint 2" in hinted(capsys, name)
    check(name, Shifts)
    assert "Hint 2" in hinted(capsys, name)  # of the exercise
    check(name, Detaches)
    assert "Hint 3" in hinted(capsys, name)


def test_neither_a_passed_check_nor_an_untouched_stub_offers_a_hint():
    assert "Stuck?" not in repr(check("hierarchical.tree_level", stub))
    right = lambda a, b, alphabet_of: 2 - (alphabet_of[a] == alphabet_of[b]).long() - (a == b).long()  # noqa: E731
    assert "Stuck?" not in repr(check("hierarchical.tree_level", right))


def test_a_later_part_sends_to_the_earlier_part_that_checks_the_same_code():
    class Sampler:
        def sample(self, features, labels):
            return features[:2], features[:2], features[:2]

    assert "Start with" not in repr(check("hard_cluster.labels", Sampler))
    check("hard_cluster.triplets", Sampler)
    start = "Start with hard_cluster.triplets, which checks the same code and is not there yet."
    said = repr(check("hard_cluster.labels", Sampler))
    assert said.splitlines()[1].strip() == start
    assert said.endswith('Stuck? hint("hard_cluster.triplets") gives hint 1 of 3.')


def test_a_part_that_may_call_a_wrong_one_sends_there_first():
    def violate_margin(features, labels, anchor_labels, negative_labels, alphabet_of, beta, levels):
        return torch.zeros(len(anchor_labels))

    assert "Start with" not in repr(check("hierarchical.violate_margin", violate_margin))
    check("hierarchical.tree_level", level_of_nothing)
    start = "Start with hierarchical.tree_level, which is not there yet: if this code calls that one, the fault may lie"
    assert start in repr(check("hierarchical.violate_margin", violate_margin))


def test_a_stub_that_finished_code_calls_is_named_and_the_code_is_not_called_unfinished():
    report = answered("hierarchical.tree_level", lambda *pair: stub(*pair))
    assert report.state is State.FAILED
    assert "Your code raised NotImplementedError: Return the level. (in stub, line" in repr(report)


def test_a_stub_says_where_it_still_raises():
    assert re.search(
        r"Not implemented yet \(stub, line \d+, raises NotImplementedError\)\. Return the level\.",
        repr(answered("hierarchical.tree_level", stub)),
    )


def test_bad_input_that_is_answered_with_nothing_was_accepted():
    exercise = ALL["hard_cluster.errors"]
    refusing = next(case for case in exercise.cases if case.raises)
    verdict = judge_case(exercise, refusing, {"malformed": "your code returns nothing"})
    assert verdict.reason.startswith("Expected: a ValueError that names the fault")


def test_a_call_that_cannot_be_made_says_how_the_code_is_called():
    class WithoutSelf:
        def sample(features, labels):
            pass

    said = repr(answered("hard_cluster.triplets", WithoutSelf))
    assert "takes 2 positional arguments but 3 were given" in said
    assert "(when called as HardClusterTripletsSampler().sample(features, labels))" in said
    assert "(when called as tree_level(class_a, class_b, alphabet_of))" in repr(answered("hierarchical.tree_level", 3))


def test_a_loss_without_forward_is_no_stub():
    class ClusterLoss(torch.nn.Module):
        def __init__(self, alpha):
            super().__init__()

        def foward(self, features, labels):
            return features.sum()

    report = answered("hard_cluster.loss", ClusterLoss)
    assert report.state is State.FAILED
    assert 'missing the required "forward" function' in repr(report)


def test_a_comma_too_many_is_told_as_such():
    said = repr(answered("hard_cluster.loss", lambda alpha: lambda features, labels: (features.sum(),)))
    assert "Your code returned a tuple; expected: loss (a comma after a value makes a tuple of it)." in said


def test_what_is_not_a_number_and_a_gradient_that_never_arrives_have_a_likely_cause():
    assert "NaN comes from 0/0" in reason("hard_cluster.loss", 0, loss=f32(np.nan))
    assert "It is 0 everywhere" in reason("hard_cluster.training", 0, gradient=f32([[0]] * 6))


def test_no_number_is_minus_zero():
    assert "is 0; expected" in reason("hard_cluster.loss", 0, loss=f32(-0.0))


def test_a_check_that_is_interrupted_has_not_passed():
    name = "hierarchical.tree_level"
    check(name, lambda a, b, alphabet_of: 2 - (alphabet_of[a] == alphabet_of[b]).long() - (a == b).long())
    assert ready(name)

    def waits(class_a, class_b, alphabet_of):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check(name, waits)
    assert not ready(name)


def test_what_the_judge_says_while_grading_offers_no_hint():
    report = answered("hierarchical.tree_level", level_of_nothing)
    assert not report.passed
    assert "hint(" not in repr(report) + report._repr_html_()


def test_a_wrong_row_number_is_told_with_the_triplet_it_belongs_to():
    expected = ALL["tutorial.all_triplets"].cases[0].expected  # labels 0 0 1 1: (0, 1, 2) and (0, 1, 3) and six more
    negative = np.where((expected["anchor"] == 0) & (expected["negative"] == 2), 0, expected["negative"])
    said = reason("tutorial.all_triplets", 0, negative=negative)
    assert said == "Your negative of the triplet with anchor 0 and positive 1 is 0; expected is 2."
    expected = ALL["tutorial.hard_triplets"].cases[0].expected
    said = reason("tutorial.hard_triplets", 0, anchor=expected["anchor"] + 1)
    assert said.startswith("Entry 0 of your anchor is 1; expected is 0. 6 of 6 entries are wrong.")
