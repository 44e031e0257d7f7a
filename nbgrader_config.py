"""nbgrader's settings: with this file in the working directory the plain nbgrader commands do the right thing."""

from pathlib import Path

from nbconvert.preprocessors import ClearMetadataPreprocessor
from nbgrader.preprocessors import (
    AssignLatePenalties,
    CheckCellMetadata,
    IgnorePattern,
    LimitOutput,
    SaveAutoGrades,
)

from grader.autograde.execute import AnsweringExecute
from grader.autograde.judge import FlagForReview, Judge

c = get_config()  # noqa: F821 (nbgrader defines it)

c.CourseDirectory.course_id = "metric-learning"
c.CourseDirectory.source_directory = "solutions/notebooks"
# The tracked notebooks/ hold the student versions with their outputs (see `make notebooks`); what
# `nbgrader generate_assignment` writes has none, and goes elsewhere.
c.CourseDirectory.release_directory = "release"
# The text masters lie beside the notebooks and hold the solutions.
masters = Path(c.CourseDirectory.source_directory).glob("*/*.py")
c.CourseDirectory.ignore = [
    ".ipynb_checkpoints",
    "*.pyc",
    "__pycache__",
    "feedback",
    "logs",
    "results.json",
    *{path.name for path in masters},
]

# Each stub has a sentence of its own after its solution region (see the masters).
c.ClearSolutions.code_stub = {"python": "# YOUR CODE HERE"}

# nbgrader's own list, with Execute replaced, the Judge after it and the flags after the scores.
c.Autograde.autograde_preprocessors = [
    AnsweringExecute,
    Judge,
    IgnorePattern,
    ClearMetadataPreprocessor,
    LimitOutput,
    SaveAutoGrades,
    FlagForReview,
    AssignLatePenalties,
    CheckCellMetadata,
]
