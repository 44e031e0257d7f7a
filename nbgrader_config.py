"""nbgrader's settings: with this file in the working directory the plain nbgrader commands do the right thing."""

from pathlib import Path

from nbgrader.preprocessors import AssignLatePenalties, OverwriteKernelspec, SaveAutoGrades

from grader.autograde import logs, run
from grader.autograde.collect import EXTRACTED, ExtractAttempts
from grader.autograde.execute import SandboxedExecute
from grader.autograde.judge import FlagForReview, Judge
from grader.autograde.restore import Restore
from grader.autograde.truncate import TruncateFeedback
from grader.instructor.export import ExportGrades
from grader.instructor.feedback import FeedbackPages

c = get_config()  # noqa: F821 (nbgrader defines it)
logs.guard()  # names of folders and files are the students'

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

# Grading: clean copies of the submissions; their cells as in the master; a kernel in the sandbox; scores from the Judge.
# Steps before SaveAutoGrades run where a submission is graded, on a copy of the gradebook that holds the assignment alone.
run.take_over()
c.Autograde.sanitize_preprocessors = [Restore, OverwriteKernelspec]
c.Autograde.autograde_preprocessors = [
    SandboxedExecute,
    Judge,
    SaveAutoGrades,
    FlagForReview,
    AssignLatePenalties,
    TruncateFeedback,
]

# The pages that nbconvert makes, for a third of the time.
c.GenerateFeedback.exporter_class = FeedbackPages

# `grader submit` packs STUDENT_attempt_TIME/NOTEBOOK.ipynb; the zip file around it may be renamed on its way. Whatever is
# called otherwise is not collected: the student's id becomes the name of a folder.
c.ZipCollectApp.extractor_plugin = ExtractAttempts
c.FileNameCollectorPlugin.named_regexp = EXTRACTED

# grades.csv, in which no name is a formula.
c.ExportApp.plugin_class = ExportGrades

# Processes that grade: for `nbgrader autograde` none but its own, for `grader autograde` one a core, unless it says here.
# c.Run.workers = 4
# A gradebook in PostgreSQL in the place of gradebook.db.
# c.CourseDirectory.db_url = "postgresql+psycopg2://USER:PASSWORD@HOST/DATABASE"
# A Python of its own for each notebook in the place of a fork.
# c.SandboxedExecute.warm = False

# What a submission may use; see grader/limits.py for all of them.
# c.Limits.seconds_per_cell = 60
# c.Limits.seconds_per_notebook = 600
# c.Limits.memory = 4096  # MB
