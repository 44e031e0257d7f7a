"""The fuzzer: what it draws holds what it says, what is broken is found, and what is found is shrunk, kept and told."""

import json
import re
import shutil
from pathlib import Path

import pytest

from grader import judge, protocol
from grader.autograde import staging
from grader.autograde.collect import ExtractAttempts
from grader.autograde.restore import restore
from solutions.research.fuzz import __main__ as fuzz
from solutions.research.fuzz import child, doors, recipes, search, seeds, whole
from solutions.research.fuzz.recipes import MUTATIONS, Recipe
from solutions.tools import course

LOSES = 1  # a number with which a solution is lost that points hang on
KIND_OF_STAGE = {stage: kind for kind, stages in search.STAGES.items() for stage in stages}


def recipe(*steps: tuple[str, int], seed: str = "right", kind: str = "folder") -> Recipe:
    return Recipe(kind, seed, steps)


def problems(*steps: tuple[str, int], **more: str) -> tuple[str, ...]:
    return search.attempt(recipe(*steps, **more)).problems


# Nothing is found -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MUTATIONS)
def test_each_mutation_is_taken_well(name):
    kind = KIND_OF_STAGE[MUTATIONS[name].stage]
    seed = "hierarchical.loss, right" if kind == "outputs" else "right"
    assert problems((name, 1), seed=seed, kind=kind) == ()


def test_sixty_submissions_and_outputs_are_taken_well(tmp_path):
    outcome = search.without_kernel(60, 0, tmp_path, lambda count: None)
    assert [(find.recipe, find.problem) for find in outcome.finds] == []
    assert outcome.examples == 60
    assert 10 < outcome.certain < 50


@pytest.mark.slow
@pytest.mark.skipif(bool(course.why_no_sandbox()), reason=f"no sandbox here: {course.why_no_sandbox()}")
def test_some_submissions_are_graded_well_beside_a_neighbour(tmp_path):
    drawn = {f"student{number}": each for number, each in enumerate(whole.draw(10, 0)[-4:])}  # the first are plain
    assert any(map(search.is_certain, drawn.values()))
    assert whole.Courses(tmp_path).grade(drawn, whole.NEIGHBOURS[:1]).problems == {}


# What is drawn --------------------------------------------------------------------------------------------------------


def test_the_same_seed_draws_the_same():
    assert whole.draw(20, 1) == whole.draw(20, 1) != whole.draw(20, 2)
    assert len(set(whole.draw(20, 1))) == 20


def test_a_recipe_makes_the_same_each_time_and_after_its_travel_as_json():
    for each in whole.draw(10, 3):
        again = recipes.from_json(recipes.to_json(each))
        assert again == each
        assert search.made(again).content == search.made(each).content
        assert search.made(again).archive == search.made(each).archive


def test_seeds_are_notebooks_of_known_worth():
    worth = {name: seed.worth for name, seed in seeds.seeds().items() if seed.plain}
    assert worth == {
        "right": 10,
        "gus_warns": 10,
        "half_done": 5,
        "cleo_own_centroid": 7,
        "eva_gradient_through_margin": 9,
    } | {"untouched": 0}
    assert len(seeds.seeds()) > 80
    most = {name: seed.most for name, seed in seeds.seeds().items()}
    assert most["skip_execution_tag"] == most["untouched"] == 0
    assert most["sleeps_in_the_middle"] == most["right_and_noisy"] == most["right"] == 10
    assert most["memory_hog_in_one_piece"] == 9


def test_what_hangs_on_a_solution_is_what_checks_it():
    assert seeds.points(seeds.hanging_on(["tree_level"])) == 1  # as the gallery has it: 9 are left
    assert seeds.points(seeds.hanging_on(["HardClusterTripletsSampler"])) == 4
    assert seeds.points(seeds.hanging_on([])) == 0


def test_of_what_touches_the_same_the_worth_is_not_known():
    right, gallery = seeds.seeds()["right"], seeds.seeds()["duplicated_graded_cells"]
    assert recipes.compatible(["stubs_again", "other_ids", "byte_order_mark"], right)
    assert not recipes.compatible(["stubs_again", "checks_elsewhere"], right)
    assert not recipes.compatible(["other_ids", "damaged_file"], right)
    assert not recipes.compatible(["stubs_again"], gallery)


# What is broken is found ----------------------------------------------------------------------------------------------


def raises(problem: Exception):
    def function(*arguments, **more):
        raise problem

    return function


def test_an_exception_is_found(monkeypatch):
    monkeypatch.setattr(staging, "copy", raises(KeyError("cells")))
    assert problems(("byte_order_mark", 0)) == ("KeyError in test_fuzz.py, function: 'cells'",)


def test_a_good_notebook_that_is_refused_is_found(monkeypatch):
    def refuse(*arguments):
        result = copy(*arguments)
        result.unreadable["homework3"] = "It is not liked."
        return result

    copy = staging.copy
    monkeypatch.setattr(staging, "copy", refuse)
    assert problems(("byte_order_mark", 0)) == ("refused: It is not liked.",)
    assert problems(("damaged_file", 0)) == ()


@pytest.mark.parametrize(
    ("archive", "says"),
    [
        ("theirs.zip", "the notebook was not collected: "),
        ("theirs.zip", "an archive was passed over without a word"),
        ("good.zip", "the neighbour's archive was not collected"),
    ],
)
def test_an_archive_that_is_not_collected_is_found(monkeypatch, archive, says):
    def lose(self, archives: str, extracted: str) -> None:
        extract(self, archives, extracted)
        shutil.rmtree(Path(extracted, archive))

    extract = ExtractAttempts.extract
    monkeypatch.setattr(ExtractAttempts, "extract", lose)
    assert says in problems(("byte_order_mark", 0), kind="archive")


def lossy(change):
    """`restore`, and then one more change."""

    def function(cells, masters, known):
        cells, notices = restore(cells, masters, known)
        return change(cells), notices

    return function


def test_lost_code_is_found(monkeypatch):
    without = lossy(lambda cells: [cell for cell in cells if "def distances" not in cell.source])
    monkeypatch.setattr(doors, "restore", without)
    (problem,) = problems(("byte_order_mark", 0))
    assert problem.startswith("other code will run: lost ['def distances")


def test_code_in_another_order_is_found(monkeypatch):
    monkeypatch.setattr(doors, "restore", lossy(lambda cells: cells[:1] + cells[2:40] + cells[1:2] + cells[40:]))
    assert "other code will run: in another order" in problems(("byte_order_mark", 0))


def test_a_stub_that_undoes_a_solution_is_found(monkeypatch):
    stub = next(cell for cell in seeds.student_version().cells if cell.id == "tree_level")
    bare = dict(stub, metadata={}, id="stub", outputs=[], execution_count=None)
    monkeypatch.setattr(doors, "restore", lossy(lambda cells: [*cells, type(cells[0])(bare)]))
    (problem,) = problems(("byte_order_mark", 0))
    assert problem.startswith("other code will run: lost [], new")


def test_metadata_that_are_taken_over_are_found(monkeypatch):
    def mark(cells):
        cells[3].metadata["grader"] = {"graded": True}
        return cells

    monkeypatch.setattr(doors, "restore", lossy(mark))
    assert problems(("byte_order_mark", 0)) == ("metadata or outputs of the student's were taken over",)


def test_points_for_wrong_answers_are_found(monkeypatch):
    monkeypatch.setattr(judge, "_differing", lambda *arguments: [])
    assert "1 points for answers that are worth 0" in problems(
        ("noise_beside_answers", 0), seed="hierarchical.tree_level, wrong", kind="outputs"
    )


def test_right_answers_that_are_refused_are_found(monkeypatch):
    monkeypatch.setattr(protocol, "published", raises(protocol.Unanswered("no")))
    assert problems(("noise_beside_answers", 0), seed="hierarchical.loss, right", kind="outputs") == (
        "right answers were refused: no",
    )


def test_a_sentence_that_no_terminal_should_show_is_found():
    assert doors._unprintable(["“é”", "a\x9bb"]) == ["a sentence of 3 characters: 'a\\x9bb'"]


def nothing() -> None:
    return None


def test_too_much_memory_is_found():
    def holding(megabytes: int) -> tuple[str, ...]:
        return child.run(nothing, lambda _: list(bytearray(megabytes * child.MB)[:0]), memory=100 * child.MB).problems

    assert holding(50) == ()
    assert re.fullmatch(r"held 9\d MB of memory", *holding(95))
    assert re.match("MemoryError in test_fuzz.py", *holding(200))


def endless(_: None) -> list[str]:
    while True:
        pass


def test_too_much_time_of_the_processor_is_found():
    assert child.run(nothing, endless, seconds=1).problems == ("took more than 1 seconds of the processor",)


def test_a_fault_of_the_fuzzers_own_is_none_of_the_graders():
    with pytest.raises(RuntimeError, match="KeyError: 'mine'"):
        child.run(raises(KeyError("mine")), lambda _: [])


@pytest.mark.parametrize(
    ("scores", "steps", "wrong"),
    [
        (seeds.ALL, [("byte_order_mark", 0)], ""),
        (
            seeds.ALL - {"hard_cluster-loss"},
            [("byte_order_mark", 0)],
            "9 points for work that is worth 10: ['hard_cluster-loss']",
        ),
        (seeds.ALL - {"hard_cluster-loss"}, [("damaged_file", 0)], ""),
        (seeds.ALL, [("a_solution_lost", LOSES)], "10 points for work that is worth"),
    ],
)
def test_points_of_single_cells_that_the_code_is_not_worth_are_found(scores, steps, wrong):
    given = {name: float(name in scores) for name in seeds.ALL}
    assert whole._wrong_score(search.made(recipe(*steps)), given).startswith(wrong)
    assert bool(whole._wrong_score(search.made(recipe(*steps)), given)) == bool(wrong)


@pytest.mark.parametrize(
    ("seed", "steps", "earned", "wrong"),
    [
        ("skip_execution_tag", [("byte_order_mark", 0)], 0, False),
        ("skip_execution_tag", [("damaged_file", 0)], 1, True),
        ("memory_hog_in_one_piece", [("byte_order_mark", 0)], 5, True),
        ("memory_hog_in_one_piece", [("damaged_file", 0)], 5, False),
        ("memory_hog_in_one_piece", [("damaged_file", 0)], 10, True),
    ],
)
def test_points_that_a_notebook_of_the_gallery_is_not_worth_are_found(seed, steps, earned, wrong):
    given = {name: float(number < earned) for number, name in enumerate(sorted(seeds.ALL))}
    assert bool(whole._wrong_score(search.made(recipe(*steps, seed=seed)), given)) == wrong


# What is told ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def disliked(monkeypatch):
    """A grader that cannot read notebooks with a byte order mark, and little else that is drawn."""
    few = {name: MUTATIONS[name] for name in ("other_ids", "byte_order_mark", "spaces_around", "noise_beside_answers")}
    monkeypatch.setattr(search, "MUTATIONS", few)

    def picky(submission: Path, *more):
        if any(path.read_bytes().startswith(b"\xef\xbb\xbf") for path in submission.iterdir()):
            raise KeyError("mark")
        return copy(submission, *more)

    copy = staging.copy
    monkeypatch.setattr(staging, "copy", picky)


def test_what_is_found_is_shrunk_kept_and_named(disliked, tmp_path, capsys):
    assert fuzz.main(["--examples", "20", "--whole", "0", "--finds", str(tmp_path / "finds")]) == 1
    (folder,) = (tmp_path / "finds").iterdir()
    found = json.loads((folder / "recipe.json").read_text())
    assert [name for name, _ in found["steps"]] == ["byte_order_mark"]
    assert str(folder) in capsys.readouterr().out
    assert "KeyError" in (folder / "problem.txt").read_text()
    assert fuzz.main(["--again", str(folder / "recipe.json")]) == 1
    assert "KeyError" in capsys.readouterr().out


def test_nothing_that_is_found_is_exit_code_0(tmp_path, capsys):
    assert fuzz.main(["--examples", "3", "--whole", "0", "--finds", str(tmp_path)]) == 0
    assert "3 examples without a kernel" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "recipe.json").write_text(recipes.to_json(recipe(("byte_order_mark", 0))))
    assert fuzz.main(["--again", str(tmp_path / "recipe.json")]) == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--again", "{folder}/nowhere"], "holds no recipe"),
        (["--again", "{folder}/text"], "holds no recipe"),
        (["--finds", "{folder}"], "holds finds of an earlier run"),
        (["--examples", "many"], "invalid int value"),
    ],
)
def test_a_call_that_cannot_be_is_exit_code_2(tmp_path, capsys, arguments, says):
    (tmp_path / "text").write_text('{"kind": "folder", "seed": "right", "steps": [["no_such_mutation", 1]]}')
    with pytest.raises(SystemExit) as exit:
        fuzz.main([argument.format(folder=tmp_path) for argument in arguments])
    assert exit.value.code == 2
    assert says in capsys.readouterr().err
