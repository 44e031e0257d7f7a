"""Whatever was done to the cells of a notebook, the master's are back: each once, in order, with the student's work."""

from dataclasses import replace
from types import SimpleNamespace

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbconvert.filters import markdown2html
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell

from grader.autograde.restore import NOT_RUN, UNGRADED, masters_of, tag_ungraded
from grader.autograde.restore import restore as restore_with
from grader.autograde.texts import Texts
from grader.cells import Change, Master, Notice
from grader.tests.images import jpeg


def master(name: str, source: str, cell_type: str = "code", **flags) -> Master:
    plain = {"checksum": f"checksum of {name}", "locked": False, "grade": False, "solution": False, "task": False}
    return Master(name=name, cell_type=cell_type, source=source, **{**plain, "points": None, **flags})


GRADED = {"grade": True, "locked": True}
SETUP = master("setup", "import torch", locked=True)
SAMPLER = master("sampler", "class Sampler:\n    pass  # YOUR CODE HERE", solution=True)
SAMPLER_CHECK = master("sampler-check", "check(Sampler)", points=1.0, **GRADED)
LOSS = master("loss", "def loss(x):\n    pass  # YOUR CODE HERE", solution=True)
LOSS_CHECK = master("loss-check", "check(loss)", points=2.0, **GRADED)
ESSAY = master("essay", "<b>Why?</b>", "markdown", solution=True, grade=True, points=3.0)
MASTERS = [SETUP, SAMPLER, SAMPLER_CHECK, LOSS, LOSS_CHECK, ESSAY]
ORDER = ["setup", "sampler", "sampler-check", "loss", "loss-check", "essay"]
NEW = {"code": new_code_cell, "markdown": new_markdown_cell, "raw": new_raw_cell}


def restore(cells, masters, known=(), files=None, megabytes=1):
    written = any(master.is_answer or master.task for master in masters)
    return restore_with(cells, masters, Texts(known, written, files, megabytes))


def claiming(name, source="x", cell_type="code"):
    """A cell as it comes from `staging`: of its metadata nothing but a name is left."""
    return NEW[cell_type](source, metadata={"nbgrader": {"grade_id": name}})


def mine(source="x = 1", cell_type="code", **more):
    return NEW[cell_type](source, **more)


def submitted(**work):
    """The cells of the assignment by name, with some work done."""
    return {m.name: claiming(m.name, work.get(m.name, m.source), m.cell_type) for m in MASTERS}


def without(*names, **work):
    return [cell for name, cell in submitted(**work).items() if name not in names]


def name(cell):
    return cell.metadata.get("nbgrader", {}).get("grade_id")


def names(cells):
    return [name(cell) for cell in cells]


def restored(cells, masters=MASTERS):
    cells, notices = restore(cells, masters)
    nbformat.validate(new_notebook(cells=cells))
    return cells, notices


def named(cells, wanted):
    (cell,) = (cell for cell in cells if name(cell) == wanted)
    return cell


def missing(wanted):
    return f"The cell “{wanted}” was missing; it was put back."


# Nothing but work was done


def test_a_notebook_that_was_only_worked_on_keeps_its_form():
    cells, notices = restored(list(submitted(sampler="class Sampler: ...", essay="Because.").values()))
    assert notices == []
    assert names(cells) == [cell.id for cell in cells] == ORDER
    assert [cell.source for cell in cells] == [
        "import torch",
        "class Sampler: ...",
        "check(Sampler)",
        LOSS.source,
        "check(loss)",
        "    Because.",
    ]


def test_the_metadata_of_a_cell_are_the_masters():
    cells, _ = restored(list(submitted().values()))
    assert named(cells, "loss-check").metadata == {
        "nbgrader": {
            "schema_version": 3,
            "grade_id": "loss-check",
            "grade": True,
            "solution": False,
            "locked": True,
            "task": False,
            "cell_type": "code",
            "checksum": "checksum of loss-check",
            "points": 2.0,
        }
    }
    assert "points" not in named(cells, "loss").metadata.nbgrader
    assert "checksum" not in replace(LOSS, checksum=None).metadata["nbgrader"]


def test_zero_points_are_points():
    assert replace(LOSS_CHECK, points=0.0).metadata["nbgrader"]["points"] == 0.0


def test_cells_of_the_students_own_stay_where_they_are():
    cells = without()
    cells.insert(2, mine("helper = 1"))
    cells.append(mine("# done", "markdown"))
    cells, notices = restored(cells)
    assert notices == []
    assert names(cells) == ["setup", "sampler", None, "sampler-check", "loss", "loss-check", "essay", None]
    assert (cells[2].source, cells[2].cell_type) == ("helper = 1", "code")
    assert (cells[7].source, cells[7].cell_type) == ("    # done", "markdown")


def test_a_cell_of_the_students_own_keeps_nothing_but_its_text():
    tagged = mine("x", metadata={"tags": [NOT_RUN], "nbgrader": {"grade_id": "unknown", "points": 9}}, id="own")
    tagged.outputs = [nbformat.v4.new_output("stream", text="100")]
    (cell,), _ = restored([tagged], [])
    assert cell == {**mine("x"), "id": cell.id}
    assert cell.id != "own"


# Cells that were changed


@pytest.mark.parametrize(
    "flags",
    [
        {"grade": False},
        {"locked": False},
        {"solution": True},
        {"task": True},
        {"points": 100},
        {"checksum": "0"},
        {"schema_version": 2},
        {"cell_type": "markdown"},
    ],
    ids=str,
)
def test_flipped_flags_and_changed_points_come_back(flags):
    cells = without()
    cells[4].metadata["nbgrader"].update(flags)
    cells[4].metadata["tags"] = [NOT_RUN]
    cells, notices = restored(cells)
    assert notices == []
    assert cells[4].metadata == LOSS_CHECK.metadata


@pytest.mark.parametrize("wanted", ["setup", "sampler-check", "loss-check"])
def test_the_text_of_what_is_the_instructors_comes_back_and_other_code_in_it_is_run_before(wanted):
    cells, notices = restored(list(submitted(**{wanted: "print(100)"}).values()))
    assert notices == [str(Notice(Change.EXTENDED, wanted))]
    own = cells.pop(ORDER.index(wanted))
    assert (own.source, own.metadata) == ("print(100)", {})
    assert (names(cells), [cell.source for cell in cells]) == (ORDER, [m.source for m in MASTERS])


@pytest.mark.parametrize("text", ["", "# check(loss)", "check(\n    loss,\n)  # mine", '"""check(loss)"""'])
def test_a_check_without_other_code_in_it_only_comes_back(text):
    cells, notices = restored(list(submitted(**{"loss-check": text}).values()))
    assert (names(cells), notices) == (ORDER, [])


@pytest.mark.parametrize("cell_type", ["markdown", "raw"])
@pytest.mark.parametrize(("wanted", "source"), [("loss", "def loss(x): return x"), ("loss-check", "check(loss)")])
def test_a_code_cell_that_was_converted_is_code_again(wanted, source, cell_type):
    cells = submitted()
    cells[wanted] = claiming(wanted, source, cell_type)
    cells, notices = restored(list(cells.values()))
    assert notices == []
    assert (named(cells, wanted).cell_type, named(cells, wanted).source) == ("code", source)


@pytest.mark.parametrize("cell_type", ["code", "raw"])
def test_a_text_that_was_converted_is_text_again(cell_type):
    cells = submitted()
    cells["essay"] = claiming("essay", "Because <b>.", cell_type)
    essay = named(restored(list(cells.values()))[0], "essay")
    assert (essay.cell_type, essay.source) == ("markdown", "    Because <b>.")


# Cells that were deleted


@pytest.mark.parametrize("wanted", ORDER)
def test_a_deleted_cell_is_put_back_in_its_place(wanted):
    cells, notices = restored(without(wanted))
    assert names(cells) == ORDER
    assert notices == [missing(wanted)]
    assert named(cells, wanted).source == {m.name: m for m in MASTERS}[wanted].source


def test_all_cells_are_put_back_in_order():
    cells, notices = restored([])
    assert names(cells) == ORDER
    assert notices == [missing(wanted) for wanted in ORDER]


def test_cells_of_an_unreadable_notebook_without_masters_are_none():
    assert restore([], []) == ([], [])


def test_work_that_is_put_back_is_shown_and_not_run():
    cells, _ = restored([])
    assert {name(cell): cell.metadata.get("tags") for cell in cells} == {
        **dict.fromkeys(ORDER),
        "sampler": [NOT_RUN],
        "loss": [NOT_RUN],
    }


def test_a_deleted_graded_cell_comes_after_all_that_may_be_work_for_it():
    cells = without("sampler-check")
    cells[2:2] = [mine("more = 1"), mine("more = 2")]
    assert names(restored(cells)[0]) == ["setup", "sampler", None, None, "sampler-check", "loss", "loss-check", "essay"]


def test_a_deleted_last_graded_cell_comes_at_the_end():
    cells = [*without("loss-check", "essay"), mine()]
    assert names(restored(cells, MASTERS[:5])[0]) == [*ORDER[:4], None, "loss-check"]


def test_a_deleted_solution_comes_at_once_after_the_cell_before_it():
    cells = without("loss")
    cells[3:3] = [mine("x = 1")]
    assert names(restored(cells)[0]) == ["setup", "sampler", "sampler-check", "loss", None, "loss-check", "essay"]


def test_a_deleted_graded_cell_stays_behind_its_work_where_the_next_cell_is_before_it():
    cells = submitted()
    cells = [cells[wanted] for wanted in ("setup", "loss", "sampler", "loss-check", "essay")]
    cells, notices = restored(cells)
    assert names(cells) == ["setup", "loss", "sampler", "sampler-check", "loss-check", "essay"]
    assert notices == [missing("sampler-check")]


# Solutions without a name


@pytest.mark.parametrize(
    "source",
    [
        "def loss(x):\n    return x",
        "import torch\n\ndef loss(x): return x",
        "@cache\ndef   loss(x):\n    return x",
        "class loss: ...",
        "def helper(): ...\ndef loss(): ...",
        "def my_loss(x): ...\nloss = my_loss",
        "loss: object = lambda x: x",
        "loss, other = len, max",
        "async def loss(x): ...",
    ],
)
def test_a_solution_without_its_name_is_known_by_what_it_defines(source):
    cells = submitted()
    cells["loss"] = mine(source)
    cells, notices = restored(list(cells.values()))
    assert notices == []
    assert names(cells) == ORDER
    assert named(cells, "loss").source == source
    assert "tags" not in named(cells, "loss").metadata


@pytest.mark.parametrize(
    "cell",
    [
        mine("my_loss = loss"),
        mine("loss == 3"),
        mine("loss.weight = 3"),
        mine("loss(3)"),
        mine("class Other:\n    x = 1\n\n    def loss(x): ..."),
        mine("# def loss(x)"),
        mine("def loss(x): ...", "markdown"),
        mine("def loss(x): ...", "raw"),
    ],
)
def test_what_does_not_define_it_is_no_solution(cell):
    cells = submitted()
    cells["loss"] = cell
    cells, notices = restored(list(cells.values()))
    assert notices == [missing("loss")]
    assert named(cells, "loss").source == LOSS.source
    assert None in names(cells)


def test_a_cell_that_defines_it_is_the_students_own_where_the_solution_has_its_name():
    cells, notices = restored([*without(), mine("def loss(x): ...")])
    assert notices == []
    assert names(cells) == [*ORDER, None]


def test_the_first_cell_that_defines_it_is_the_solution():
    cells = without("loss")
    cells[3:3] = [mine("def loss(x): return 1"), mine("def loss(x): return 2")]
    cells, notices = restored(cells)
    assert notices == []
    assert names(cells) == [*ORDER[:4], None, *ORDER[4:]]
    assert named(cells, "loss").source == "def loss(x): return 1"


def test_one_cell_that_defines_two_solutions_is_the_first_of_them():
    both = mine("class Sampler: ...\ndef loss(x): ...")
    cells, notices = restored([both, *without("sampler", "loss")])
    assert named(cells, "sampler").source == both.source
    assert notices == [missing("loss"), *notices[1:]]


def test_a_cell_with_another_name_is_not_taken_for_what_it_defines():
    cells, notices = restored(without("loss", sampler="def loss(x): ..."))
    assert named(cells, "sampler").source == "def loss(x): ..."
    assert notices == [missing("loss")]


def test_a_solution_that_defines_nothing_is_not_guessed():
    free = master("free", "# YOUR CODE HERE", solution=True)
    assert restored([mine("def anything(): ...")], [free])[1] == [missing("free")]


def test_a_graded_cell_is_not_known_by_what_it_defines():
    graded = master("test", "def test(): ...", points=1.0, **GRADED)
    cells, notices = restored([mine("def test(): return 100")], [graded])
    assert names(cells) == [None, "test"]
    assert notices == [missing("test")]


def test_only_the_code_of_a_master_defines_something():
    assert SAMPLER.defines == {"Sampler"}
    assert master("two", "class A: ...\nx = 1\ndef b(): ...").defines == {"A", "x", "b"}
    assert master("text", "def b(): ...", "markdown").defines == set()


# Fixed texts without a name


@pytest.mark.parametrize("wanted", ["setup", "sampler-check", "loss-check"])
def test_a_graded_or_locked_cell_without_its_name_is_known_by_its_text(wanted):
    cells = submitted()
    cells[wanted] = mine(f"{cells[wanted].source}\n")
    cells, notices = restored(list(cells.values()))
    assert (names(cells), notices) == (ORDER, [])


def test_of_several_cells_with_the_text_of_a_lost_one_the_last_is_it_and_the_others_are_the_students():
    cells = without("loss-check")
    cells[3:3] = [mine(LOSS_CHECK.source)]
    cells[5:5] = [mine(LOSS_CHECK.source)]
    cells, notices = restored(cells)
    assert (names(cells), notices) == (["setup", "sampler", "sampler-check", None, "loss", "loss-check", "essay"], [])


def test_a_cell_with_the_text_of_one_that_has_its_name_is_the_students_own():
    cells, notices = restored([*without(), mine(LOSS_CHECK.source)])
    assert (names(cells), notices) == ([*ORDER, None], [])


@pytest.mark.parametrize("cell", [mine("check(loss)", "markdown"), mine("check(loss)  # mine"), mine("")])
def test_another_text_or_another_type_is_another_cell(cell):
    blank = replace(SETUP, name="blank", source="")
    _, notices = restored([*without("loss-check"), cell], [*MASTERS, blank])
    assert notices == [missing("loss-check"), missing("blank")]


# Cells that stand there twice


def test_of_several_solutions_the_first_is_the_solution_and_all_are_run():
    cells = without(loss="def loss(): return half()")
    cells[5:5] = [claiming("loss", "def half(): return 1"), claiming("loss", "<b>", "markdown")]
    cells, notices = restored(cells)
    assert notices == ["There are several cells “loss”. All are run, one after the other."]
    assert names(cells) == [*ORDER[:5], None, None, "essay"]
    assert named(cells, "loss").source == "def loss(): return half()"
    assert [(cell.cell_type, cell.source) for cell in cells[5:7]] == [
        ("code", "def half(): return 1"),
        ("markdown", "    <b>"),
    ]
    assert [cell.metadata for cell in cells[5:7]] == [{}, {}]


def test_of_several_graded_cells_the_last_counts_and_the_others_are_dropped():
    cells = without()
    cells[1:1] = [claiming("sampler-check", "check(Sampler)"), claiming("sampler-check", "check(Sampler)")]
    cells, notices = restored(cells)
    assert names(cells) == ORDER
    assert notices == ["A copy of the cell “sampler-check” was dropped."]


def test_the_last_of_several_graded_cells_counts_after_work_that_was_done_between_them():
    cells = without()
    cells[3:3] = [mine("work = 1"), claiming("sampler-check", "check(Sampler)")]
    assert names(restored(cells)[0]) == ["setup", "sampler", None, *ORDER[2:]]


def test_a_copy_of_a_graded_cell_in_which_other_code_was_written_is_run_and_is_not_the_one_that_counts():
    cells, notices = restored([*without(), claiming("loss-check", "loss = max\ncheck(loss)")])
    assert (names(cells), cells[-1].source) == ([*ORDER, None], "loss = max\ncheck(loss)")
    assert notices == ["There are several cells “loss-check”. All are run, one after the other."]


# Cells in another order


def test_a_graded_cell_before_its_work_is_moved_behind_it():
    cells = submitted()
    order = ("setup", "sampler-check", "loss-check", "loss", "sampler", "essay")
    cells, notices = restored([cells[wanted] for wanted in order])
    assert names(cells) == ["setup", "loss", "sampler", "loss-check", "sampler-check", "essay"]
    assert notices == [
        f"The graded cell “{wanted}” stood before the work that it checks; it was moved."
        for wanted in ("sampler-check", "loss-check")
    ]


def test_an_order_in_which_each_check_follows_its_work_is_kept():
    cells = submitted()
    order = ["essay", "sampler", "loss", "setup", "loss-check", "sampler-check"]
    cells, notices = restored([cells[wanted] for wanted in order])
    assert (names(cells), notices) == (order, [])


def test_a_check_before_its_work_is_moved_no_farther_than_behind_it():
    cells = submitted()
    cells = [cells["sampler-check"], cells["sampler"], mine(), cells["setup"], cells["loss"], cells["loss-check"]]
    assert names(restored(cells, MASTERS[:5])[0]) == ["sampler", "sampler-check", None, "setup", "loss", "loss-check"]


def test_only_graded_cells_are_moved():
    reading = master("reading", "plot()", locked=True)
    cells, notices = restored([claiming("reading", "plot()"), claiming("loss")], [LOSS, reading])
    assert (names(cells), notices) == (["reading", "loss"], [])


def test_an_answer_that_is_graded_itself_stays_where_it_is():
    cells = submitted()
    order = ["essay", *ORDER[:5]]
    assert names(restored([cells[wanted] for wanted in order])[0]) == order


# An answer outside of its cell

WRITE_LOSS = master("loss", "SCALE = 2\n\ndef loss(x):\n    raise NotImplementedError('Write it.')", solution=True)
WRITE_BOTH = master(
    "both", f"{WRITE_LOSS.source}\n\ndef more(x):\n    raise NotImplementedError('Write it.')", solution=True
)
ANSWERED = "def loss(x):\n    return x"
UNDONE = "The cell “loss” is a stub still, and stood below a cell that answers it; it was moved above that one."
TOO_EARLY = "The graded cell “loss-check” stood before the work that it checks; it was moved."


def around(*cells, stub=WRITE_LOSS):
    """The notebook of two cells with others; what it becomes, as the names of our cells and the texts of others."""
    cells, notices = restored(list(cells), [stub, LOSS_CHECK])
    return [name(cell) or cell.source for cell in cells], notices


STUB, CHECK = claiming("loss", WRITE_LOSS.source), claiming("loss-check", "check(loss)")
COMMENTED = claiming("loss", WRITE_LOSS.source.replace("raise", "# below!\n    raise").replace("loss(x)", "loss(x) "))
HALF_TRIED = claiming("loss", WRITE_LOSS.source.replace("raise", "y = x + 1\n    raise"))
DESCRIBED = claiming("loss", WRITE_LOSS.source.replace("raise", '"""Return what\nit is."""\n    raise'))


@pytest.mark.parametrize(
    "stub", [STUB, COMMENTED, HALF_TRIED, DESCRIBED], ids=["as given", "commented", "tried", "text"]
)
def test_a_stub_does_not_undo_the_answer_above_it(stub):
    assert around(mine(ANSWERED), stub, CHECK) == (["loss", ANSWERED, "loss-check"], [UNDONE])
    helper, rest = "class Helper: ...", "loss = Helper()"
    assert around(mine(helper), mine(rest), stub, CHECK) == ([helper, "loss", rest, "loss-check"], [UNDONE])


@pytest.mark.parametrize(
    "answer",
    [
        ANSWERED,
        "loss = abs",
        "class loss:\n    def __call__(self, x):\n        return x",
        "from answers import loss",
        "from answers import (\n    helper,\n    other as loss,\n)",
        "def mine(x):\n    return x\n\nloss.forward = mine",
    ],
)
def test_a_check_comes_behind_an_answer_below_it(answer):
    assert around(STUB, CHECK, mine("a"), mine(answer), mine("b")) == (
        ["loss", "a", answer, "loss-check", "b"],
        [TOO_EARLY],
    )


def test_of_several_answers_the_last_decides_as_it_did_in_the_students_session():
    first, last = "loss = abs", "loss = max"
    assert around(mine(first), STUB, CHECK, mine(last)) == (["loss", first, last, "loss-check"], [UNDONE, TOO_EARLY])


def test_an_answer_between_stub_and_check_changes_nothing():
    assert around(STUB, mine(ANSWERED), CHECK) == (["loss", ANSWERED, "loss-check"], [])


def test_an_answer_in_the_cell_of_another_solution_is_one():
    both = claiming("sampler", f"class Sampler: ...\n{ANSWERED}")
    cells, notices = restored([both, STUB, CHECK], [SAMPLER, WRITE_LOSS, LOSS_CHECK])
    assert (names(cells), notices) == (["loss", "sampler", "loss-check"], [UNDONE])
    cells, notices = restored([STUB, CHECK, both], [WRITE_LOSS, LOSS_CHECK, SAMPLER])
    assert (names(cells), notices) == (["loss", "sampler", "loss-check"], [TOO_EARLY])


def test_an_answer_in_the_check_cell_is_run_before_the_check():
    changed = f"{ANSWERED}\n\ncheck(loss)"
    notice = str(Notice(Change.EXTENDED, "loss-check"))
    assert around(STUB, claiming("loss-check", changed)) == (["loss", changed, "loss-check"], [notice])
    found = around(claiming("loss-check", changed), STUB)
    assert found == (["loss", changed, "loss-check"], [notice, UNDONE])
    work = claiming("loss", f"SCALE = 2\n{ANSWERED}")
    assert around(work, claiming("loss-check", changed)) == (["loss", changed, "loss-check"], [notice])
    assert around(STUB, claiming("loss-check", f"x = 1\n{changed}", "markdown")) == (["loss", "loss-check"], [])


def test_an_emptied_cell_leaves_the_answer_to_another():
    assert around(claiming("loss", ""), CHECK, mine(ANSWERED)) == (["loss", ANSWERED, "loss-check"], [TOO_EARLY])


def test_what_a_solution_lacks_besides_is_not_moved_for():
    """A cell that was worked on stays behind the constant that was moved out of it."""
    assert around(mine("SCALE = 3"), claiming("loss", ANSWERED), CHECK) == (["SCALE = 3", "loss", "loss-check"], [])


def test_a_cell_with_two_stubs_of_which_one_is_answered_elsewhere():
    stub = claiming("both", WRITE_BOTH.source.replace("raise NotImplementedError", "return max #", 1))
    answer = "def more(x):\n    return x"
    found, notices = around(mine(answer), stub, CHECK, stub=WRITE_BOTH)
    assert (found, len(notices)) == (["both", answer, "loss-check"], 1)
    found, notices = around(stub, CHECK, mine(answer), stub=WRITE_BOTH)
    assert (found, notices) == (["both", answer, "loss-check"], [TOO_EARLY])


@pytest.mark.parametrize(
    "other", ["def loss(x): return 1", "loss = None", "from answers import loss", WRITE_LOSS.source]
)
def test_another_definition_beside_work_in_its_place_changes_nothing(other):
    work = claiming("loss", f"SCALE = 2\n{ANSWERED}\n    raise NotImplementedError('Write it.')")
    assert around(mine(other), work, CHECK) == ([other, "loss", "loss-check"], [])
    assert around(work, CHECK, mine(other)) == (["loss", "loss-check", other], [])


WRITE_CLASS = master(
    "class", "class Loss:\n    def forward(self):\n        raise NotImplementedError('Write it.')", solution=True
)
CLASS_CHECK = master("class-check", "check(Loss)", points=1.0, **GRADED)
WORK_WITH_A_STUB = """class Loss:
    def forward(self):
        return 1

    def helper(self):
        raise NotImplementedError"""


def test_what_is_a_stub_is_what_the_master_has_as_one():
    work, check = claiming("class", WORK_WITH_A_STUB), claiming("class-check", "check(Loss)")
    draft, experiment = mine("class Loss: ..."), mine("Loss = None")
    cells, notices = restored([draft, work, check, experiment], [WRITE_CLASS, CLASS_CHECK])
    assert (names(cells), notices) == ([None, "class", "class-check", None], [])
    half = claiming("class", WORK_WITH_A_STUB.replace("return 1", "raise NotImplementedError"))
    cells, notices = restored([half, check, mine(WORK_WITH_A_STUB)], [WRITE_CLASS, CLASS_CHECK])
    assert (names(cells), len(notices)) == (["class", None, "class-check"], 1)


@pytest.mark.parametrize(
    "work",
    [
        f"try:\n    {ANSWERED.replace(chr(10), chr(10) + '    ')}\nfinally:\n    pass",
        "level_fn = loss = max",
        "globals()['loss'] = max",
        "for loss in [max]: pass",
        f"{WRITE_LOSS.source}\n\n\n{ANSWERED}",
        f"{WRITE_LOSS.source}\n\n\nloss = max",
    ],
)
def test_work_in_its_place_in_whatever_form_moves_nothing(work):
    draft, experiment = "def loss(x): ...", "def loss(x): return 0"
    found = around(mine(draft), claiming("loss", work), CHECK, mine(experiment))
    assert found == ([draft, "loss", "loss-check", experiment], [])


def test_a_check_moves_behind_the_answer_and_not_behind_what_is_written_after_other_exercises():
    other, other_check = claiming("class", WORK_WITH_A_STUB), claiming("class-check", "check(Loss)")
    experiment = mine("loss = None")
    cells = [STUB, CHECK, mine("loss = abs"), mine(ANSWERED), mine("x = 1"), other, other_check, mine(), experiment]
    cells, notices = restored(cells, [WRITE_LOSS, LOSS_CHECK, WRITE_CLASS, CLASS_CHECK])
    assert names(cells) == ["loss", None, None, "loss-check", None, "class", "class-check", None, None]
    assert notices == [TOO_EARLY]


@pytest.mark.parametrize(
    ("work", "order"),
    [
        (WORK_WITH_A_STUB, ["loss", "class", "class-check", None, "loss-check"]),
        (WORK_WITH_A_STUB.replace("return 1", "return loss(1)"), ["loss", "class", None, "class-check", "loss-check"]),
    ],
    ids=["does not need it", "needs it"],
)
def test_a_check_waits_for_another_answer_only_where_its_work_needs_it(work, order):
    cells = [STUB, CHECK, claiming("class", work), claiming("class-check", "check(Loss)"), mine(ANSWERED)]
    assert names(restored(cells, [WRITE_LOSS, LOSS_CHECK, WRITE_CLASS, CLASS_CHECK])[0]) == order


@pytest.mark.parametrize("cell_type", ["markdown", "raw"])
def test_text_is_no_answer(cell_type):
    found, notices = around(STUB, CHECK, mine(ANSWERED, cell_type))
    assert (found[:2], notices) == (["loss", "loss-check"], [])


def test_a_stub_of_which_nothing_but_its_text_is_left_does_not_undo_the_answer():
    for stub in (STUB, COMMENTED, HALF_TRIED):
        assert around(mine(ANSWERED), mine(stub.source), CHECK) == (["loss", ANSWERED, "loss-check"], [UNDONE])


# Claims


def test_a_cell_may_claim_its_name_by_its_id_alone():
    cells = [mine(m.source, m.cell_type, id=m.name) for m in MASTERS]
    cells, notices = restored(cells)
    assert (names(cells), notices) == (ORDER, [])


def test_a_name_in_the_metadata_goes_before_an_id():
    cells, notices = restored([new_code_cell("a", id="loss", metadata=claiming("sampler").metadata)], [SAMPLER, LOSS])
    assert named(cells, "sampler").source == "a"
    assert notices == [missing("loss")]


def test_an_unknown_name_in_the_metadata_leaves_the_id():
    cells, notices = restored([new_code_cell("a", id="loss", metadata=claiming("no such").metadata)], [LOSS])
    assert (names(cells), cells[0].source, notices) == (["loss"], "a", [])


def test_a_claim_of_an_unknown_name_is_no_claim():
    cells, notices = restored([*without(), claiming("bonus", "points = 100")])
    assert notices == []
    assert cells[6].metadata == {}
    assert cells[6].source == "points = 100"


def test_an_untouched_copy_of_the_stub_does_not_count_against_work_below_it():
    cells, _ = restored([claiming("loss", LOSS.source), claiming("loss", "def loss(): return 1")], [LOSS])
    assert named(cells, "loss").source == "def loss(): return 1"
    cells, _ = restored([claiming("loss", LOSS.source), claiming("loss", LOSS.source)], [LOSS])
    assert named(cells, "loss").source == LOSS.source


def test_a_claim_by_name_and_a_claim_by_id_are_two_cells_of_one_name():
    cells, notices = restored([claiming("loss", "1"), mine("2", id="loss")], [LOSS])
    assert named(cells, "loss").source == "1"
    assert notices == ["There are several cells “loss”. All are run, one after the other."]


def test_an_id_without_metadata_field_is_a_cell_of_an_older_format():
    old = mine("a")
    del old["id"]
    assert restored([old], [])[0][0].source == "a"


CELL = st.builds(
    lambda claim, id, source, cell_type: NEW[cell_type](
        source, metadata={"nbgrader": {"grade_id": claim}} if claim else {}, **({"id": id} if id else {})
    ),
    st.sampled_from([None, *ORDER, "unknown"]),
    st.sampled_from([None, None, None, *ORDER]),
    st.sampled_from(["x = 1", "def loss(x): ...", "class Sampler: ...", "<b>"]),
    st.sampled_from(list(NEW)),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(CELL, max_size=12))
def test_whatever_is_claimed_each_masters_cell_is_there_once_and_no_check_before_its_work(cells):
    cells, _ = restore(cells, MASTERS)
    order = [wanted for wanted in names(cells) if wanted is not None]
    assert sorted(order) == sorted(ORDER)
    assert len({cell.id for cell in cells}) == len(cells)
    for m in MASTERS:
        cell = named(cells, m.name)
        assert cell.cell_type == m.cell_type
        assert cell.metadata.nbgrader == m.metadata["nbgrader"]
        assert m.solution or cell.source == m.source
    assert order.index("sampler") < order.index("sampler-check")
    assert max(order.index("sampler"), order.index("loss")) < order.index("loss-check")


# What stands on a page


def shown(text) -> str:
    """A text of the student's, on the page."""
    (cell,), _ = restored([mine(text, "markdown")], [])
    return markdown2html(cell.source)


@pytest.mark.parametrize("cell_type", ["markdown", "raw"])
def test_what_is_not_code_is_shown_as_it_was_typed(cell_type):
    (cell,), _ = restored([mine("# <b>Why</b>\n\n$x$ [y](z)", cell_type)], [])
    assert cell.cell_type == "markdown"
    assert markdown2html(cell.source) == "<pre><code># &lt;b&gt;Why&lt;/b&gt;\n\n$x$ [y](z)</code></pre>\n"


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("<script>alert(1)</script>", "<script"),
        ("<SCRIPT src=x>", "<script"),
        ("<img src=x onerror=alert(1)>", "<img"),
        ("a <b onmouseover=alert(1)>b</b>", "<b"),
        ("x </div></body>", "</div"),
        ("<!-- hidden -->", "<!--"),
        ("<!DOCTYPE x>", "<!doctype"),
        ("<![CDATA[x]]>", "<![cdata"),
        ("<?php x ?>", "<?php"),
        ("<style>body {display: none}</style>", "<style"),
        ("\\<script>", "<script"),
        ("<<script>script>", "<script"),
        ("- <script>", "<script"),
        ("> <script>", "<script"),
        ("|<script>|\n|-|\n|<script>|", "<script"),
        ("# <script>", "<script"),
        ("[<script>](x)", "<script"),
        ('![x" onerror="alert(1)](x)', '" onerror="'),
        ('[x](y "z\\" onclick=\\"alert(1)")', '" onclick="'),
        ('``` "><script>\nx\n```', "<script"),
        ("```mermaid\n</pre><script>\n```", "<script"),
        ("$<script>$", "<script"),
        ("\\begin{x}<script>\\end{x}", "<script"),
    ],
)
def test_html_in_a_text_is_not_html_on_the_page(text, tag):
    assert tag not in shown(text).lower()


@pytest.mark.parametrize(
    "text",
    [
        "[x](javascript:alert(1))",
        "[x]\n\n[x]: javascript:alert(1)",
        "![x](https://a.b/seen.png)",
        "https://a.b",
        "$\\href{javascript:alert(1)}{x}$",
        "\n\n[x](y)",
        "\t[x](y)",
        "   \n[x](y)",
        "- a\n[x](y)",
        "1. a\n\n[x](y)",
        "```\n```\n[x](y)",
        "[x](y)\r[x](y)",
        "a\x0b[x](y)\x0c[x](y)\x1c\x85\u2028[x](y)",
        "\ufeff[x](y)",
        "\x00[x](y)",
        "$$\n\\href{a}{b}\n$$",
        "\\begin{equation}\n\\href{a}{b}\n\\end{equation}",
        "a\n: b\n[x](y)",
        "|a|\n|-|\n|[x](y)|",
    ],
    ids=ascii,
)
def test_links_pictures_and_formulas_in_a_text_stay_letters(text):
    page = shown(text)
    inside = page[page.index("<code>") : page.rindex("</code>")]
    assert "<a" not in page
    assert "<img" not in page
    for sign in ("$", "](", "href"):  # no formulas are sought in <code>
        assert page.count(sign) == inside.count(sign)
    assert page.count("<code>") == 1


def test_an_empty_text_is_empty():
    assert shown("") == ""


def test_a_text_of_the_masters_is_rendered_and_one_like_it_is_not():
    cells, _ = restore([mine("<b>x</b>", "markdown"), mine("<b>y</b>", "markdown")], [], {"<b>x</b>"})
    assert [cell.source for cell in cells] == ["<b>x</b>", "    <b>y</b>"]


PLOT, PROSE = "for a, b in data:\n    plot(a, {'of': b})", "# Plots\n\nOf  \n*data*."
FORMATTED = 'for a, b in data:\n    plot(\n        a,\n        {"of": b},\n    )'


def as_graded(change=lambda text: text, plot=PLOT):
    """The cells of a notebook in which each text was changed."""
    cells = [*submitted().values(), mine(plot), mine(PROSE, "markdown"), mine("mine = 1")]
    for cell in cells:
        cell.source = change(cell.source)
    cells, notices = restore(cells, MASTERS, {PROSE})
    assert notices == []
    tag_ungraded(cells, {PLOT})
    return [(cell.source.replace("\r", "").strip(), cell.metadata) for cell in cells]


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", "\r"),
        lambda text: f"{text}\n",
        lambda text: f"\n{text}\r\n\r\n",
        lambda text: text.replace("\n", " \t\n") + "  ",
    ],
    ids=["CRLF", "CR", "a line more", "lines more", "blanks"],
)
def test_an_editors_line_ends_and_blanks_change_nothing(change):
    graded = as_graded(change)
    as_given = as_graded()
    assert [metadata for _, metadata in graded] == [metadata for _, metadata in as_given]
    assert graded[-3:] == as_given[-3:]
    assert [text for text, _ in graded[-3:-1]] == [PLOT, PROSE]
    assert graded[-3][1] == {"tags": [UNGRADED]}


def test_an_ungraded_cell_may_be_formatted_and_one_with_another_text_is_the_students():
    assert as_graded(plot=FORMATTED) == as_graded()
    text, metadata = as_graded(plot=PLOT.replace("b}", "a}"))[-3]
    assert (text, metadata) == (PLOT.replace("b}", "a}"), {})


def test_text_and_cells_of_the_assignment_are_never_left_out():
    cells = [mine(PLOT, "markdown"), claiming("loss", PLOT), mine("")]
    cells, _ = restored(cells, [LOSS])
    tag_ungraded(cells, {PLOT, ""})
    assert not any("tags" in cell.metadata for cell in cells)


def test_long_lines_are_broken():
    """nbconvert's search for links to files takes time that grows with the square of a line's length."""
    (cell,), _ = restore([mine("[" * 2500, "markdown")], [])
    assert [len(line) for line in cell.source.splitlines()] == [1004, 1004, 504]


def test_an_answer_is_shown_as_typed_and_an_answer_that_was_not_given_is_the_masters():
    cells, _ = restored(list(submitted(essay="<b>Why?</b> <script>").values()))
    assert named(cells, "essay").source == "    <b>Why?</b> <script>"
    cells, _ = restored(list(submitted().values()))
    assert named(cells, "essay").source == "<b>Why?</b>"


QUESTION = replace(ESSAY, name="question", source="YOUR ANSWER HERE")
FREE = master("free", "# YOUR CODE HERE", solution=True, grade=True, points=1.0)
WAITS = "This cell is as it was given out; what stands below it may be the answer."


def sources(*cells, known=("## Next",), masters=(QUESTION, FREE)):
    return [cell.source for cell in restore(list(cells), list(masters), known)[0]]


def test_a_question_that_was_left_as_it_was_waits_for_a_person_where_a_text_stands_below_it():
    """nbgrader gives 0 to a question whose text is the master's, and says that there was no response."""
    question, free = claiming("question", f"{QUESTION.source}\n", "markdown"), claiming("free", FREE.source)
    below, prose = mine("Because.", "markdown"), mine("## Next", "markdown")
    untouched = [QUESTION.source, "## Next", FREE.source]
    assert sources(question, prose, free) == untouched
    assert sources(prose, question, free, masters=[QUESTION, FREE]) == ["## Next", QUESTION.source, FREE.source]
    waiting, *_ = sources(question, below, prose, free)
    assert waiting.startswith(f"{QUESTION.source}\n\n**From the grader:**")
    assert waiting.endswith(WAITS)
    assert sources(question, mine("1"), mine(" ", "markdown"), mine("So.", "raw"), free)[0] == waiting
    assert sources(question, mine("1"), mine(" ", "markdown"), free)[0] == QUESTION.source
    assert sources(question, prose, below, free)[0] == QUESTION.source
    assert sources(question, free, below)[1] == f"{FREE.source}\n\n# {WAITS}"
    assert sources(claiming("question", "So.", "markdown"), below, free)[0] == "    So."
    assert sources(claiming("loss", LOSS.source), below, masters=[LOSS])[0] == LOSS.source


def test_pictures_stand_behind_the_answers_to_which_they_belong(tmp_path):
    (tmp_path / "photo.jpg").write_bytes(jpeg(4, 3))
    answers = [claiming("question", "![](photo.jpg)", "markdown"), claiming("free", "a = '![](photo.jpg)'")]
    cells, _ = restore(
        [*answers, mine("![](photo.jpg)", "markdown"), mine("'![](photo.jpg)'")], [QUESTION, FREE], (), tmp_path
    )
    assert [("attachments" in cell, name(cell)) for cell in cells] == [
        (True, "question"),
        (False, "free"),
        (True, None),  # of the answer in code
        (True, None),
        (False, None),
    ]
    cells, _ = restore([mine("![](photo.jpg)", "markdown")], [LOSS], (), tmp_path)
    assert not any("attachments" in cell for cell in cells)


def test_code_is_kept_letter_by_letter():
    source = "a <b>c\n'\\href'\x0c\ud7ff"
    cells, _ = restored([mine(source), claiming("loss", source)], [LOSS])
    assert [cell.source for cell in cells] == [source, source]


# Out of the gradebook


def test_a_master_is_put_together_from_what_the_gradebook_has():
    def source_cell(name, cell_type="code", locked=False):
        return SimpleNamespace(name=name, cell_type=cell_type, source=f"s {name}", checksum="c", locked=locked)

    def scored(name, points):
        return SimpleNamespace(name=name, max_score=points)

    notebook = SimpleNamespace(
        source_cells=[source_cell("a"), source_cell("b", locked=True), source_cell("c", "markdown"), source_cell("d")],
        grade_cells=[scored("b", 0.0), scored("c", 2.0)],
        solution_cells=[SimpleNamespace(name="a"), SimpleNamespace(name="c")],
        task_cells=[scored("d", 5.0)],
    )
    assert list(masters_of(notebook)) == [
        Master("a", "code", "s a", "c", locked=False, grade=False, solution=True, task=False, points=None),
        Master("b", "code", "s b", "c", locked=True, grade=True, solution=False, task=False, points=0.0),
        Master("c", "markdown", "s c", "c", locked=False, grade=True, solution=True, task=False, points=2.0),
        Master("d", "code", "s d", "c", locked=False, grade=False, solution=False, task=True, points=5.0),
    ]
