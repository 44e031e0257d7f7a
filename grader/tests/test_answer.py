"""Running a student's object: whatever it does, an answer comes out, and it says what happened."""

import contextlib
import linecache
import re
import warnings

import numpy as np
import pytest
import torch
from torch.overrides import _get_current_function_mode_stack

from grader import assignments, protocol
from grader.answer import answer
from grader.model import f32, i64

GRADED = assignments.graded("homework3")
SAMPLER = GRADED["hard_cluster.triplets"].target
LOSS = GRADED["hard_cluster.loss"].target
MARGIN = GRADED["hierarchical.violate_margin"].target

INPUTS = {"features": f32([[0], [1], [5], [9], [10], [14]]), "labels": [0, 0, 0, 1, 1, 1]}


class Sampler:
    """The right answer to INPUTS, written for two classes of three."""

    def sample(self, features, labels):
        centroids = features.view(2, 3, 1).mean(1)
        return centroids, features[[2, 5]], centroids.flip(0)


def outputs(result: dict) -> dict[str, np.ndarray]:
    return {name: protocol.decode(value) for name, value in result["outputs"].items()}


def left(result: dict) -> tuple[list, list]:
    """The features and labels as they were after the call."""
    return protocol.decode(result["inputs"]["features"]["array"]).tolist(), result["inputs"]["labels"]


def test_outputs_and_gradient_come_back_as_arrays():
    given = outputs(answer(SAMPLER, Sampler, INPUTS, gradient=True))
    assert given["anchor"].tolist() == [[2], [11]]
    # Worked out by hand in grader/exercises/homework3/hard_cluster.py.
    assert given["gradient"].tolist() == [[10], [10], [16], [-14], [-14], [-8]]


def test_an_object_is_as_good_as_its_class():
    assert answer(SAMPLER, Sampler(), INPUTS) == answer(SAMPLER, Sampler, INPUTS)


def test_an_exception_comes_back_with_the_students_line(tmp_path, monkeypatch):
    # The innermost line outside of libraries: inner, not torch's, and not ours.
    (tmp_path / "student_work.py").write_text(
        "import torch\n\ndef inner(x):\n    return torch.stack(x)\n\nclass S:\n    def sample(self, f, labels):\n"
        "        return inner([])\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    import student_work

    raised = answer(SAMPLER, student_work.S, INPUTS)["raised"]
    assert raised["line"] == "inner, line 4: return torch.stack(x)"


HELPER = """def height(a):
    return [
        [][b] for b in a
    ]

class S:
    def sample(self, f, labels):
        rows = [0]
        return height(rows)
"""


def test_an_exception_in_a_function_that_another_one_called_comes_with_the_line_under_check(monkeypatch):
    file = "/tmp/ipykernel_1/2.py"
    monkeypatch.setitem(linecache.cache, file, (len(HELPER), None, HELPER.splitlines(keepends=True), file))
    names: dict = {}
    exec(compile(HELPER, file, "exec"), names)
    raised = answer(SAMPLER, names["S"], INPUTS)["raised"]
    assert raised["line"] == "height, line 3 of its cell: [][b] for b in a"  # not of "<listcomp>"
    assert raised["caller"] == "sample, line 9 of its cell: return height(rows)"


def test_a_comprehension_is_called_by_nobody():
    class Lists(Sampler):
        def sample(self, features, labels):
            return [[][label] for label in labels]

    raised = answer(SAMPLER, Lists, INPUTS)["raised"]
    assert raised["line"].startswith("sample, line ")
    assert raised["caller"] == ""


def test_the_lines_of_an_exception_are_bounded(monkeypatch):
    file, source = "/tmp/ipykernel_1/3.py", HELPER.replace("height(rows)", f"height(rows) # {'long ' * 1000}")
    monkeypatch.setitem(linecache.cache, file, (len(source), None, source.splitlines(keepends=True), file))
    names: dict = {}
    exec(compile(source, file, "exec"), names)
    assert len(answer(SAMPLER, names["S"], INPUTS)["raised"]["caller"]) == protocol.TEXT_LIMIT


@pytest.mark.parametrize("file", ["/tmp/ipykernel_4321/99.py", "<ipython-input-7-0a1b>", "<ipython-input-7>"])
def test_a_line_of_a_notebook_is_counted_in_its_cell(file, monkeypatch):
    source = "import statistics\n\nclass S:\n    def sample(self, f, labels):\n        return statistics.mean([])\n"
    monkeypatch.setitem(linecache.cache, file, (len(source), None, source.splitlines(keepends=True), file))
    names: dict = {}
    exec(compile(source, file, "exec"), names)
    raised = answer(SAMPLER, names["S"], INPUTS)["raised"]
    assert raised["line"] == "sample, line 5 of its cell: return statistics.mean([])"  # not the library's own line


def test_an_endless_recursion_ends_in_the_students_line():
    names: dict = {}
    source = "class S:\n    def sample(self, f, labels):\n        return self.sample(f, labels)\n"
    exec(compile(source, "/tmp/ipykernel_1/1.py", "exec"), names)
    raised = answer(SAMPLER, names["S"], INPUTS)["raised"]
    assert raised["type"] == "RecursionError"
    assert re.match("sample, line [23] of its cell", raised["line"])
    assert raised["caller"] == ""  # it called itself


def test_an_interrupt_by_the_student_is_not_swallowed():
    class Interrupted:
        def sample(self, features, labels):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        answer(SAMPLER, Interrupted, INPUTS)


@pytest.mark.parametrize("error", [SystemExit(3), NotImplementedError("write it"), ValueError("a" * 9999)])
def test_no_exception_escapes_and_messages_are_bounded(error):
    class Raises:
        def sample(self, features, labels):
            raise error

    raised = answer(SAMPLER, Raises, INPUTS)["raised"]
    assert raised["type"] == type(error).__name__
    assert len(raised["message"]) <= 500


def returning(value):
    class Returns:
        def sample(self, features, labels):
            return value

    return Returns


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (None, r"your code returns nothing: is a `return` missing\? Expected: 3 values \(anchor, positive, negative\)"),
        ((torch.ones(2, 1),) * 2, "your code returned 2 values; expected: 3 values"),
        ((torch.ones(2, 1),), "your code returned 1 value; expected: 3 values"),
        (torch.ones(3, 2, 1), "your code returned one tensor; expected: 3 values"),
        (
            ([1.0], [2.0], [3.0]),
            r"your anchor is a list; expected is a torch\.Tensor \(torch\.tensor makes one of numbers",
        ),
        (
            ([torch.ones(1)] * 2,) * 3,
            r"your anchor is a list; expected is a torch\.Tensor \(torch\.stack makes one of tensors",
        ),
        (
            (torch.ones(2, 1), np.ones((2, 1)), torch.ones(2, 1)),
            "your positive is an array of NumPy; .* keeps no gradient",
        ),
        (np.ones((3, 2)), r"your code returned an array of NumPy; expected: 3 values \(anchor"),
        (
            (torch.ones(2, 1), torch.ones(2, 2).max(dim=1), torch.ones(2, 1)),
            r"your positive is a pair \(values, indices\); .* \(take the one you need: \.values or \.indices\)",
        ),
        (
            (torch.ones(2, 1), True, torch.ones(2, 1)),
            "your positive is Python's True; .* ==, & and |, which give tensors",
        ),
        (
            (np.float32(1), None, None),
            r"your anchor is a number of NumPy; expected is a torch\.Tensor \(torch\.as_tensor makes one",
        ),
        ((torch.ones(2, 1).to_sparse(),) * 3, "your anchor is sparse; expected is a dense tensor"),
        ((torch.ones(2, 1), None, torch.ones(2, 1)), r"your positive is None; expected is a torch\.Tensor$"),
        ((torch.ones(2, 1), torch.ones(3, 1), torch.ones(2, 1)), r"one common shape \(P, D\)"),
        (
            (torch.ones(2, 1, device="meta"),) * 3,
            r"lies on the device meta; expected is that of the input, cpu .*device=f",
        ),
        ((torch.ones(2, 1, dtype=torch.bfloat16),) * 3, r"dtype torch\.bfloat16; expected is that of the input"),
    ],
)
def test_a_result_of_the_wrong_kind_has_its_own_sentence(value, sentence):
    assert re.search(sentence, answer(SAMPLER, returning(value), INPUTS)["malformed"])


def test_a_detached_result_has_no_gradient_and_says_so():
    detached = returning((torch.ones(2, 1),) * 3)
    assert "no gradient flows back" in answer(SAMPLER, detached, INPUTS, gradient=True)["malformed"]


@pytest.mark.parametrize("number", [0.0, 0])
def test_a_loss_that_is_pythons_zero_is_told_what_most_likely_made_it(number):
    given = answer(LOSS, lambda alpha: lambda features, labels: number, {**INPUTS, "alpha": 1.0})
    assert re.search(
        r"your loss is the plain number 0; .*max\(x, 0\) returns the number 0 .*torch\.clamp\(x, min=0\) keeps a tensor",
        given["malformed"],
    )


@pytest.mark.parametrize("number", [2.0, 2])
def test_a_loss_that_is_a_plain_number_is_told_what_cut_it_off(number):
    given = answer(LOSS, lambda alpha: lambda features, labels: number, {**INPUTS, "alpha": 1.0})
    assert re.search(
        r"your loss is a Python number; expected is a torch\.Tensor \(do without \.item", given["malformed"]
    )


def test_a_change_of_the_input_is_seen_even_where_it_breaks_the_way_back():
    class Careless(Sampler):
        def sample(self, features, labels):
            squares = features.square()  # needs the features as they are for its gradient
            features.mul_(2)
            return squares, squares, squares

    assert left(answer(SAMPLER, Careless, INPUTS, gradient=True))[0] == [[0], [2], [10], [18], [20], [28]]


def test_the_inputs_come_back_as_they_are_after_the_call():
    class Careless(Sampler):
        def sample(self, features, labels):
            features -= 1
            return super().sample(features, labels)

    assert left(answer(SAMPLER, Sampler, INPUTS)) == ([[0], [1], [5], [9], [10], [14]], [0, 0, 0, 1, 1, 1])
    assert left(answer(SAMPLER, Careless, INPUTS))[0] == [[-1], [0], [4], [8], [9], [13]]


def test_the_cases_own_inputs_stay_untouched():
    class Vandal(Sampler):
        def sample(self, features, labels):
            with torch.no_grad():
                features.zero_()
            return super().sample(features, labels)

    before = INPUTS["features"].copy()
    answer(SAMPLER, Vandal, INPUTS)
    np.testing.assert_array_equal(INPUTS["features"], before)


def test_the_gradient_of_a_margin_and_the_features_is_one_everywhere_where_the_margin_is_a_constant():
    inputs = {
        "features": f32([[1, 0], [0, 1]]),
        "labels": i64([0, 0]),
        "anchor_labels": i64([0]),
        "negative_labels": i64([0]),
        "alphabet_of": i64([0]),
        "beta": 0.1,
        "levels": 4,
    }

    def gradient(margin):
        return outputs(answer(MARGIN, lambda features, **rest: margin(features), inputs, gradient=True))[
            "gradient"
        ].tolist()

    assert gradient(lambda features: features.sum()[None]) == [[2, 2], [2, 2]]
    for constant in (
        lambda features: features.detach().sum()[None],
        torch.no_grad()(lambda features: features.sum()[None]),
    ):
        assert gradient(constant) == [[1, 1], [1, 1]]


def test_a_fault_outside_of_the_students_lines_shows_none_of_ours():
    raised = answer(SAMPLER, object, INPUTS)["raised"]  # it has no `sample`
    assert raised["type"] == "AttributeError"
    assert raised["line"] == ""


OTHER = {"features": f32([[3], [3], [6], [-1], [-1], [2]]), "labels": [7, 7, 7, 2, 2, 2]}  # centroids 4 and 0


class Counts(Sampler):
    seen = 0

    def sample(self, features, labels):
        self.seen += 1
        anchor, positive, negative = super().sample(features, labels)
        return anchor * self.seen, positive, negative


@pytest.mark.parametrize("student", [Counts, Counts()])
def test_one_object_answers_both_batches_that_before_first(student):
    given = answer(SAMPLER, student, INPUTS, before=OTHER)
    assert outputs(given["before"])["anchor"].tolist() == [[4], [0]]
    assert outputs(given)["anchor"].tolist() == [[2 * 2], [2 * 11]]
    assert left(given["before"])[1] == OTHER["labels"]
    assert left(given) == left(answer(SAMPLER, Sampler, INPUTS))
    assert "before" not in answer(SAMPLER, Sampler, INPUTS)


def test_what_was_answered_before_is_what_it_was_then():
    class OneBuffer(Sampler):
        def sample(self, features, labels):
            self.anchor = self.__dict__.get("anchor", torch.empty(2, 1))
            anchor, positive, negative = super().sample(features, labels)
            self.anchor.copy_(anchor.detach())
            return self.anchor, positive, negative

    assert outputs(answer(SAMPLER, OneBuffer, INPUTS, before=OTHER)["before"])["anchor"].tolist() == [[4], [0]]


def test_lists_are_handed_over_as_copies_and_changes_to_them_are_seen():
    class Sorts(Sampler):
        def sample(self, features, labels):
            labels.reverse()
            return super().sample(features, labels)

    assert left(answer(SAMPLER, Sorts, INPUTS))[1] == [1, 1, 1, 0, 0, 0]
    assert INPUTS["labels"] == [0, 0, 0, 1, 1, 1]


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_gradients_are_on_even_if_the_notebook_turned_them_off(mode):
    with mode():
        assert "outputs" in answer(SAMPLER, Sampler, INPUTS, gradient=True)


def double_precision(stack: contextlib.ExitStack) -> None:
    stack.callback(torch.set_default_dtype, torch.get_default_dtype())
    torch.set_default_dtype(torch.float64)


def mixed_precision(stack: contextlib.ExitStack) -> None:
    stack.enter_context(torch.autocast("cpu"))


def another_device(stack: contextlib.ExitStack) -> None:
    stack.enter_context(torch.device("meta"))


def warnings_as_errors(stack: contextlib.ExitStack) -> None:
    stack.enter_context(warnings.catch_warnings())
    warnings.simplefilter("error")


def settings() -> tuple:
    made = torch.ones(1)
    return made.dtype, made.device, torch.is_autocast_enabled("cpu"), warnings.filters[0][0]


@pytest.mark.filterwarnings("ignore:careful")
@pytest.mark.parametrize("change", [double_precision, mixed_precision, another_device, warnings_as_errors])
def test_an_answer_does_not_depend_on_the_settings_of_the_notebook_and_leaves_them(change):
    class Plain(Sampler):
        """Makes a tensor of its own, multiplies matrices, and warns."""

        def sample(self, features, labels):
            warnings.warn("careful", stacklevel=1)
            return super().sample(features @ torch.eye(1), labels)

    expected = answer(SAMPLER, Sampler, INPUTS, gradient=True)
    with contextlib.ExitStack() as stack:
        change(stack)
        before = settings()
        assert answer(SAMPLER, Plain, INPUTS, gradient=True) == expected
        assert settings() == before


def test_the_usual_device_is_not_set_once_more_since_every_operation_would_take_longer():
    class Looks(Sampler):
        def sample(self, features, labels):
            modes.append(_get_current_function_mode_stack())
            return super().sample(features, labels)

    modes = []
    answer(SAMPLER, Looks, INPUTS)
    assert modes == [[]]


def test_a_check_leaves_the_random_numbers_of_the_session_alone():
    class Seeds(Sampler):
        def sample(self, features, labels):
            torch.manual_seed(7)
            torch.rand(3)
            return super().sample(features, labels)

    before = torch.get_rng_state()
    answer(SAMPLER, Seeds, INPUTS)
    assert torch.equal(torch.get_rng_state(), before)


def test_on_the_batch_before_the_features_have_a_gradient_too():
    class Retains(Sampler):
        def sample(self, features, labels):
            features.retain_grad()
            return super().sample(features, labels)

    assert "outputs" in answer(SAMPLER, Retains, INPUTS, before=OTHER)


def test_a_list_of_labels_that_no_longer_holds_numbers_was_changed():
    class Fills(Sampler):
        def sample(self, features, labels):
            labels[0] = torch.tensor([0, 0])
            return super().sample(features, [0, *labels[1:]])

    assert left(answer(SAMPLER, Fills, INPUTS))[1] is None


def test_a_sampler_that_returns_bools_is_told_by_the_judge_not_by_torch():
    assert "outputs" in answer(SAMPLER, returning((torch.ones(2, 1, dtype=torch.bool),) * 3), INPUTS)


def test_what_cannot_be_encoded_or_described_is_an_exception_of_that_case():
    class Unprintable(Exception):
        def __str__(self):
            raise RuntimeError

    class Raises:
        def sample(self, features, labels):
            raise Unprintable

    assert answer(SAMPLER, Raises, INPUTS)["raised"]["type"] == "Unprintable"
