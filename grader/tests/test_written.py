"""Questions that are answered in writing and graded by hand, through nbgrader's own commands, with pictures of answers."""

import base64
import copy
import io
import re

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.api import Gradebook
from PIL import Image

pytest.importorskip("solutions", reason="a scratch course is made with the instructor's tools")

from solutions.tools import course

pytestmark = pytest.mark.slow
NAME = "essay"
CELL = {"schema_version": 3, "grade": True, "solution": True, "locked": False, "task": False, "points": 2}
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}


def picture(colour: str, kind: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (60, 40), colour).save(file, kind)
    return file.getvalue()


FIGURE, PASTED, PHOTO = picture("red", "PNG"), picture("green", "PNG"), picture("blue", "JPEG")


def text(source: str, grade_id: str = "", **pasted: bytes):
    metadata = {"nbgrader": {**CELL, "grade_id": grade_id}} if grade_id else {}
    attachments = {f"{name}.png": {"image/png": base64.b64encode(data).decode()} for name, data in pasted.items()}
    return new_markdown_cell(source, metadata=metadata, **({"attachments": attachments} if pasted else {}))


MASTER = new_notebook(
    metadata=KERNEL,
    cells=[
        text("# Trees\n\n![](attachment:figure.png)", figure=FIGURE),
        text("Why?", "why"),
        text("Draw it.", "draw"),
        new_code_cell("# YOUR CODE HERE", metadata={"nbgrader": {**CELL, "grade_id": "free"}}),
    ],
)


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """The course after ann, who answered, and ben, who did not, were graded; ann by hand, too, and then again."""
    folder = tmp_path_factory.mktemp("written") / "course"
    course.create(folder)
    given_out = course.assign(folder, NAME, MASTER)
    course.submit(folder, "ben", NAME, given_out)
    answered = copy.deepcopy(given_out)
    _, why, draw, free = answered.cells
    answered.cells[1] = text("<script>alert(1)</script> ![](attachment:sketch.png)", sketch=PASTED)
    answered.cells[1].update(id=why.id, metadata=why.metadata)
    draw.source, free.source = "See ![my photo](photo.jpg) and ![](other.jpg).", "answer = 'so'\nprint(answer)"
    course.submit(folder, "ann", NAME, answered)
    (folder / "submitted" / "ann" / NAME / "photo.jpg").write_bytes(PHOTO)
    course.nbgrader(folder, "autograde", NAME)
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
        grade = gradebook.find_grade("why", NAME, NAME, "ann")
        grade.manual_score, grade.needs_manual_grade = 1.5, False
        gradebook.find_comment("why", NAME, NAME, "ann").manual_comment = "Nearly."
        gradebook.db.commit()
    course.nbgrader(folder, "autograde", NAME, "--student", "ann", "--force")
    course.nbgrader(folder, "generate_feedback", NAME)
    return folder


def grades(folder, student: str) -> dict[str, tuple]:
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
        book = gradebook.find_submission_notebook(NAME, NAME, student)
        return {grade.name: (grade.auto_score, grade.manual_score, grade.needs_manual_grade) for grade in book.grades}


def page(folder, student: str) -> str:
    return (folder / "feedback" / student / NAME / f"{NAME}.html").read_text()


def pictures(page: str) -> list[bytes]:
    return [
        base64.b64decode(data) for data in re.findall('<img alt="[^"]*" src="data:image/[a-z]+;base64,([^"]*)"', page)
    ]


def test_answers_wait_for_a_person_whose_score_outlives_another_grading(graded):
    waits = (None, None, True)
    assert grades(graded, "ann") == {"why": (None, 1.5, True), "draw": waits, "free": waits}
    assert "Nearly." in page(graded, "ann")


def test_what_was_not_answered_gets_nothing_and_says_so(graded):
    assert grades(graded, "ben") == dict.fromkeys(["why", "draw", "free"], (0, None, False))
    assert page(graded, "ben").count("No response.") == 3


def test_pictures_are_on_the_page_and_hostile_texts_are_letters(graded):
    found = page(graded, "ann")
    assert pictures(found) == [FIGURE, PASTED, PHOTO]
    assert "other.jpg” is not shown here: it was not handed in." in found
    assert "<script>alert" not in found
    assert pictures(page(graded, "ben")) == [FIGURE]
