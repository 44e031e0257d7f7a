"""Judges the answers of a notebook that was just executed, in nbgrader's own process, outside of the student's."""

from typing import Any

from nbformat.v4 import new_output
from nbgrader import utils
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor

from grader import show, wire
from grader.exercises import EXERCISES, Exercise
from grader.judge import Report, Verdict, judge
from grader.questions import Unanswered, published

PRINTS_LIMIT = 20_000  # characters of a graded cell's prints that reach the feedback


class Judge(NbGraderPreprocessor):
    """Replaces the outputs of each graded cell by its report and its score.

    nbgrader reads a score from the first result of a cell, so the report goes first; the student's own prints and
    warnings follow it and cost nothing. A failure of the grader itself costs nothing either: the cell is left for
    the instructor (see FlagForReview), and the log says why.
    """

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        resources["grader_flags"] = []
        return super().preprocess(nb, resources)

    def preprocess_cell(self, cell: Any, resources: Any, cell_index: int) -> tuple[Any, Any]:
        exercise = _exercise(cell)
        if exercise is None:
            return cell, resources
        prints = _bounded([output for output in cell.outputs if output.output_type == "stream"])
        try:
            report = _report(exercise, cell, resources)
            result = new_output(
                "execute_result",
                {"text/plain": str(report.score), "text/html": show.html(report)},
                execution_count=cell.execution_count,
            )
        except Exception:
            self.log.exception("The grader failed on %s; the cell is left for manual grading", exercise.name)
            resources["grader_flags"].append(cell.metadata.nbgrader.grade_id)
            sentence = "The grader failed on this cell. It costs no points; the instructor will grade it by hand."
            result = new_output("execute_result", {"text/plain": "0", "text/html": f"<strong>{sentence}</strong>"})
        cell.outputs = [result, *prints]
        return cell, resources


class FlagForReview(NbGraderPreprocessor):
    """Marks the cells in `resources["grader_flags"]` as needing manual grading, without a score. After SaveAutoGrades."""

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        if resources["grader_flags"]:
            names = resources["nbgrader"]
            with Gradebook(names["db_url"]) as gradebook:
                for grade_id in resources["grader_flags"]:
                    grade = gradebook.find_grade(grade_id, names["notebook"], names["assignment"], names["student"])
                    grade.auto_score = None
                    grade.needs_manual_grade = True
                gradebook.db.commit()
        return nb, resources


def _bounded(streams: list[Any]) -> list[Any]:
    """What a student's code printed, cut to PRINTS_LIMIT characters in all."""
    left = PRINTS_LIMIT
    for stream in streams:
        cut = len(stream.text) - left
        stream.text = wire.clean(stream.text, left) + (f"\n… {cut} more characters were cut\n" if cut > 0 else "")
        left = max(0, -cut)
    return streams


def _exercise(cell: Any) -> Exercise | None:
    """The exercise that a graded code cell checks; its name is the cell's grade_id with a dot for the hyphen."""
    if not utils.is_grade(cell) or cell.cell_type != "code":
        return None
    return EXERCISES.get(cell.metadata.nbgrader.get("grade_id", "").replace("-", "."))


def _report(exercise: Exercise, cell: Any, resources: Any) -> Report:
    cases = resources["grader_cases"][exercise.name]
    try:
        return judge(exercise, cases, published(cell, exercise.name, resources["grader_ids"]))
    except Unanswered as problem:
        reason = resources.get("grader_stopped", str(problem))
        return Report(exercise, tuple(Verdict(case, False, reason) for case in cases))
