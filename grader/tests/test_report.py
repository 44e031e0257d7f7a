"""`grader report` on a made-up course: what is counted, what is said where something is missing, and what is escaped."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from nbgrader.api import Gradebook

from grader import assignments, cli, messages
from grader.autograde.record import ExerciseRecord
from grader.instructor import report
from grader.instructor.report import Bar, histogram
from grader.instructor.results import NoResults, gather
from grader.model import State
from grader.tests.gradebooks import NAME, keep, make_gradebook, make_record

LEVEL, TRIPLETS = "hierarchical.tree_level", "hard_cluster.triplets"
PASSED, FAILED, NOT_DONE = State.PASSED, State.FAILED, State.NOT_DONE
EVIL = "<script>alert(1)</script>"

# student -> scores of the tree level, the triplets and the essay, which counts 2 points and is graded by hand
SCORES = {"ada": (1, 1, 2), "ben": (1, 0, None), "cleo": (0, 0, 1)}


@pytest.fixture
def course(tmp_path, monkeypatch):
    """Three students, graded. The tree level has a visible and a hidden case here, the triplets have a visible one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nbgrader_config.py").write_text("")  # else nbgrader says that there is none
    make_gradebook(tmp_path, SCORES)
    levels = {
        "ada": [("two alphabets", False, PASSED, None), ("random pairs (hidden)", True, PASSED, None)],
        "ben": [("two alphabets", False, PASSED, None), ("random pairs (hidden)", True, PASSED, None)],
        "cleo": [
            ("two alphabets", False, FAILED, "alphabets_ignored"),
            ("random pairs (hidden)", True, FAILED, "alphabets_ignored"),
        ],
    }
    triplets = {
        "ada": [("three clusters", False, PASSED, None)],
        "ben": [("three clusters", False, NOT_DONE, None)],
        "cleo": [("three clusters", False, FAILED, "own_centroid_not_excluded")],
    }
    for student, seconds in {"ada": 4.0, "ben": 5.5, "cleo": 66.0}.items():
        keep(tmp_path, student, make_record({LEVEL: levels[student], TRIPLETS: triplets[student]}, seconds=seconds))
    return tmp_path


def rewrite(course, student, **more):
    """Replace a student's record."""
    path = course / "autograded" / student / NAME / f"{NAME}.ipynb"
    path.unlink()
    path.parent.rmdir()
    keep(course, student, make_record(**more))


def text_of(page: str) -> str:
    """What one reads on a page, with single spaces."""
    return re.sub(r"\s+", " ", re.sub(r"<style>.*?</style>|<[^>]*>", " ", page, flags=re.DOTALL))


# What is counted


def test_scores_are_the_gradebooks_with_manual_ones_and_penalties(course):
    with Gradebook("sqlite:///gradebook.db", "") as gradebook:
        gradebook.find_grade("hard_cluster-triplets", NAME, NAME, "ben").manual_score = 0.5
        gradebook.find_submission_notebook(NAME, NAME, "ben").late_submission_penalty = 0.25
        gradebook.find_submission_notebook(NAME, NAME, "cleo").late_submission_penalty = 9
        gradebook.db.commit()
    results = gather(NAME)
    assert results.points == 1 + 1 + 2
    # ada 1 + 1 + 2; ben 1 + 0.5 + nothing yet − 0.25; cleo 0 + 0 + 1 − 9, but never below 0
    assert {submission.student: submission.score for submission in results.submissions} == {
        "ada": 4.0,
        "ben": 1.25,
        "cleo": 0.0,
    }


def test_the_summary_counts_who_handed_in_who_was_graded_and_what_waits(course):
    (course / "submitted" / "dan" / NAME).mkdir(parents=True)
    with Gradebook("sqlite:///gradebook.db", "") as gradebook:
        gradebook.add_student("eva")
    results = gather(NAME)
    assert results.waiting == ("dan",)
    assert results.absent == ("eva",)
    # 4, 1 and 1 points: mean 2, median 1; ben's essay waits
    text = text_of(report.page(results))
    assert "4 handed in 3 graded 1 not graded 1 to review 2 mean, of 4 1 median" in text
    assert "Handed in and not graded yet: dan." in text
    assert "Nothing was handed in by eva." in text


def test_a_submission_whose_grading_broke_off_waits(course):
    with Gradebook("sqlite:///gradebook.db", "") as gradebook:
        for grade in gradebook.find_submission_notebook(NAME, NAME, "cleo").grades:
            grade.auto_score = None
        gradebook.db.commit()
    results = gather(NAME)
    assert [submission.student for submission in results.submissions] == ["ada", "ben"]
    assert results.waiting == ("cleo",)


def test_parts_and_cases_stand_in_the_order_of_the_notebook_with_their_pass_rates(course):
    level, triplets, essay = report.parts(gather(NAME))
    assert (level.part.cell, level.full, level.n) == ("hierarchical-tree_level", 2, 3)
    assert (triplets.part.cell, triplets.full, triplets.n) == ("hard_cluster-triplets", 1, 3)
    assert (essay.part.title, essay.full, essay.n, essay.cases) == ("essay", 1, 3, ())
    assert [(case.name, case.hidden, case.passed, case.n) for case in level.cases] == [
        ("two alphabets", False, 2, 3),
        ("random pairs", True, 2, 3),
    ]
    (three_clusters,) = triplets.cases
    assert three_clusters.counts == {PASSED: 1, FAILED: 1, NOT_DONE: 1}
    assert three_clusters.teaches.startswith("The anchor is its class's centroid")


def test_a_case_that_is_no_more_is_shown_after_the_others(course):
    cases = [("of last year", False, FAILED, None), ("two alphabets", False, PASSED, None)]
    rewrite(course, "ada", results={LEVEL: cases})
    level, _, _ = report.parts(gather(NAME))
    assert [(case.name, case.passed, case.n) for case in level.cases] == [
        ("two alphabets", 2, 3),
        ("random pairs", 1, 2),
        ("of last year", 0, 1),
    ]


def test_a_mistake_counts_once_for_a_student_and_the_commonest_comes_first(course):
    # cleo made one of them in two cases
    found = report.mistakes(gather(NAME))
    assert [(mistake.name, mistake.students) for mistake in found] == [
        ("alphabets_ignored", ("cleo",)),
        ("own_centroid_not_excluded", ("cleo",)),
    ]
    rewrite(course, "ben", results={TRIPLETS: [("three clusters", False, FAILED, "own_centroid_not_excluded")]})
    found = report.mistakes(gather(NAME))
    assert [(mistake.name, mistake.students) for mistake in found] == [
        ("own_centroid_not_excluded", ("ben", "cleo")),
        ("alphabets_ignored", ("cleo",)),
    ]
    assert found[0].sentence == messages.mistake(assignments.graded(NAME)[TRIPLETS], "own_centroid_not_excluded")


def test_mistakes_that_an_exercise_cannot_tell_apart_are_counted_as_one(course):
    both = ("level_counted_from_root", "alphabets_ignored")
    told = [messages.mistake(assignments.graded(NAME)[LEVEL], name) for name in both]
    rewrite(course, "ada", results={LEVEL: [("two alphabets", False, FAILED, None)]}, mistakes={LEVEL: both})
    rewrite(course, "cleo", results={LEVEL: [("two alphabets", False, FAILED, None)]}, mistakes={LEVEL: both})
    (found,) = report.mistakes(gather(NAME))
    assert found.students == ("ada", "cleo")
    assert found.name == "level_counted_from_root or alphabets_ignored"
    assert found.sentence == f"Either: {told[0]} Or: {told[1]}"


def test_of_many_students_a_few_are_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_gradebook(tmp_path, {f"s{number}": (0, 0, 0) for number in range(8)})
    for number in range(8):
        keep(tmp_path, f"s{number}", make_record({LEVEL: [("two alphabets", False, FAILED, "alphabets_ignored")]}))
    text = text_of(report.page(gather(NAME)))
    assert "s0, s1, s2, s3, s4 and 3 more" in text
    assert "8 of 8" in text


def test_every_kind_of_flag_names_the_student_and_the_reason(course):
    rewrite(
        course,
        "ada",
        outcome="limited",
        why="The kernel died in cell 9.",
        exercises=(
            ExerciseRecord(LEVEL, (), (), grader_failed=True),
            ExerciseRecord(TRIPLETS, (), ("oml",), grader_failed=False),
        ),
    )
    broken = "The notebook homework3.ipynb is not a notebook."
    rewrite(course, "cleo", outcome="unreadable", why=broken, seconds=None, notices=("x was left out.", broken))
    results = gather(NAME)
    assert report.flags(results.submissions) == {
        "Waits for your review": [("ben", "essay")],
        "Calls a library that does the work": [("ada", f"{TRIPLETS}: oml")],
        "The grader failed": [("ada", LEVEL)],
        "Stopped by a limit": [("ada", "The kernel died in cell 9.")],
        "Could not be read": [("cleo", broken)],
        "Put right, or left out": [("cleo", "x was left out.")],  # and not the reason once more
    }
    # the unreadable one did not run: ada's 4 and ben's 5.5 seconds are left
    assert "The slowest: ben (5.5 s), ada (4 s)." in text_of(report.page(results))


def test_the_slowest_are_named_with_their_seconds(course):
    text = text_of(report.page(gather(NAME)))
    assert "the median is 5.5 s" in text
    assert "The slowest: cleo (66 s), ben (5.5 s), ada (4 s)." in text


@pytest.mark.parametrize(
    ("values", "up_to", "bars"),
    [
        ([], 10, []),
        ([0, 0], 0, [Bar(0, 1, 2)]),
        ([0, 1, 2.5], 3, [Bar(n / 2, n / 2 + 0.5, n in (0, 2, 5)) for n in range(7)]),
        ([9, 50, 100], 0, [Bar(10 * n, 10 * n + 10, n in (0, 5, 10)) for n in range(11)]),
        ([12], 10, [Bar(2 * n, 2 * n + 2, n == 6) for n in range(7)]),  # extra credit: more than all points
    ],
)
def test_a_histogram_has_round_bars_from_zero_that_hold_every_value(values, up_to, bars):
    assert histogram(values, up_to) == bars


def test_full_marks_have_a_bar_of_their_own_and_tenths_lie_in_theirs():
    assert [bar.count for bar in histogram([10, 9.5, 9], 10)] == [0] * 9 + [2, 1]
    tenths = histogram([number / 10 for number in range(11)])
    assert [bar.count for bar in tenths] == [1] * 11


# What is missing


def test_a_lost_damaged_or_older_notebook_costs_its_cases_and_is_named(course):
    files = {student: course / "autograded" / student / NAME / f"{NAME}.ipynb" for student in SCORES}
    files["ada"].unlink()
    files["ben"].write_text("{")
    files["cleo"].write_text('{"metadata": {"grader": {"graded": true}}}')
    results = gather(NAME)
    assert [submission.lacks for submission in results.submissions] == [
        (f"autograded/ada/{NAME}/{NAME}.ipynb is missing.",),
        (f"autograded/ben/{NAME}/{NAME}.ipynb is damaged: it is no notebook.",),
        (f"autograded/cleo/{NAME}/{NAME}.ipynb was graded before records were kept.",),
    ]
    text = text_of(report.page(results))
    assert "lacks 3 notebooks; nbgrader autograde homework3 --force grades again." in text
    assert "None was recognised." in text
    assert "No times are known." in text
    assert "3 graded" in text


def run(capsys, *arguments) -> tuple[int, str, str]:
    code = cli.main(["report", *map(str, arguments)])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_the_command_writes_one_page_and_says_where(course, capsys):
    (course / "autograded" / "ada" / NAME / f"{NAME}.ipynb").unlink()
    before = sorted(course.iterdir())
    code, out, err = run(capsys, NAME)
    assert (code, err) == (0, "")
    assert out == "report-homework3.html: 3 graded, 0 not graded yet, 1 without a record.\n"
    assert sorted(course.iterdir()) == sorted([*before, course / "report-homework3.html"])
    assert run(capsys, NAME, "--out", course / "autograded" / "page.html")[0] == 0
    assert (course / "autograded" / "page.html").read_text() == (course / "report-homework3.html").read_text()


def refused(capsys, *arguments) -> str:
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    return err


def test_without_a_gradebook_there_is_a_sentence_and_no_gradebook_afterwards(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nbgrader_config.py").write_text("")
    assert "There is no gradebook" in refused(capsys, NAME)
    assert [path.name for path in tmp_path.iterdir()] == ["nbgrader_config.py"]


def test_what_is_no_gradebook_is_a_sentence(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nbgrader_config.py").write_text("")
    (tmp_path / "gradebook.db").write_bytes(b"no database, and long enough to be asked for its header" * 100)
    assert "cannot be read: file is not a database." in refused(capsys, NAME)


def test_an_unknown_assignment_is_refused_with_those_there_are(course, capsys):
    assert "has no assignment homework4; it has homework3." in refused(capsys, "homework4")
    assert "has no assignment ../x+y; it has homework3." in refused(capsys, "../x+y")


def test_nothing_graded_yet_is_a_sentence_and_no_page(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nbgrader_config.py").write_text("")
    make_gradebook(tmp_path, {"ada": (None, None, None)})
    assert "Nothing of homework3 has been graded yet: nbgrader autograde homework3" in refused(capsys, NAME)
    assert not list(tmp_path.glob("*.html"))


def test_a_page_that_cannot_be_written_leaves_the_old_one_and_nothing_half_written(course, capsys, monkeypatch):
    assert "No such file or directory" in refused(capsys, NAME, "--out", course / "nowhere" / "page.html")
    page = course / "page.html"
    page.write_text("the old one")
    before = sorted(course.iterdir())

    def full(path, target):
        raise OSError("No space left on device")

    monkeypatch.setattr("data.folders.os.replace", full)
    assert "No space left" in refused(capsys, NAME, "--out", page)
    assert page.read_text() == "the old one"
    assert sorted(course.iterdir()) == before


def test_the_folders_and_the_gradebook_are_those_of_the_courses_settings(course, capsys):
    (course / "autograded").rename(course / "elsewhere")
    (course / "gradebook.db").rename(course / "grades.db")
    (course / "nbgrader_config.py").write_text(
        "c = get_config()\n"
        'c.CourseDirectory.autograded_directory = "elsewhere"\n'
        f'c.CourseDirectory.db_url = "sqlite:///{course / "grades.db"}"\n'
    )
    assert run(capsys, NAME)[1] == "report-homework3.html: 3 graded, 0 not graded yet, 0 without a record.\n"


# What a page may hold


class Tags(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attributes}


def test_names_and_words_of_students_stay_letters(course):
    results = gather(NAME)
    hostile = replace(
        results.submissions[0],
        student=EVIL,
        records={
            NAME: make_record(
                {LEVEL: [(EVIL, False, FAILED, EVIL)], EVIL: [("x", True, FAILED, None)]},
                why=f'"><img src=x onerror=alert(1)>{EVIL}',
                outcome="limited",
                notices=(EVIL,),
            )
        },
        lacks=(EVIL,),
    )
    page = report.page(replace(results, submissions=(hostile,), waiting=(EVIL,), absent=(EVIL,)))
    honest, attacked = Tags(report.page(results)), Tags(page)
    assert attacked.tags - honest.tags <= {"br"}
    assert attacked.attributes <= honest.attributes
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 8


def test_a_name_cannot_turn_the_line_it_stands_in_and_is_seen_whole(course):
    results = gather(NAME)
    hostile = replace(results.submissions[0], student="eva\u202e01\r\x9b", lacks=("eva\u2066 …",))
    page = report.page(replace(results, submissions=(hostile,), waiting=("<b>\x07", "بهاره", "م\u200d")))
    assert "eva\\u202e01\\r\\x9b" in page
    assert "eva\\u2066 …" in page
    assert "&lt;b&gt;\\x07, بهاره, م\u200d" in page
    assert not re.search(r"[\x07\r\x9b\u202e\u2066]", page)


def test_the_page_needs_no_network_and_runs_nothing(course):
    page = report.page(gather(NAME))
    assert not re.search(r"https?:|//|url\(|@import|src=|href=", page)
    assert "script" not in Tags(page).tags
    assert "default-src 'none'; style-src 'unsafe-inline'" in page


def test_what_cannot_be_reported_on_is_one_exception(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NoResults):
        report.write(NAME, tmp_path / "page.html")


def test_a_secret_half_that_is_missing_is_not_taken_for_a_machine_without_solutions(course, monkeypatch):
    def missing(assignment, seed):
        raise ModuleNotFoundError("No module named 'solutions.homework3.new'", name="solutions.homework3.new")

    monkeypatch.setattr(report, "graded_cases", missing)
    with pytest.raises(ModuleNotFoundError, match="homework3"):
        report.page(gather(NAME))
