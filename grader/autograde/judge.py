"""Judges the answers of a notebook that was just executed, in nbgrader's own process, outside of the student's."""

from typing import Any

from nbformat.v4 import new_output
from nbgrader import utils
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor

from grader import show
from grader.autograde import record
from grader.autograde.staging import MARK
from grader.check import ANSWER_MIME
from grader.exercises import EXERCISES, Exercise
from grader.judge import Report, Verdict, judge
from grader.questions import Unanswered, published


class Judge(NbGraderPreprocessor):
    """Replaces the outputs of each graded cell by its report and its score.

    nbgrader reads a score from the first result of a cell, so the report goes first; the student's own prints and
    warnings follow it and cost nothing. A failure of the grader itself costs nothing either: the cell is left for
    the instructor (see FlagForReview), and the log says why. What was judged is also kept as data, in the notebook's
    metadata (see `record`), with which the notebook counts as graded to the end.
    """

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        resources["grader_flags"], resources["grader_reports"] = {}, {}
        nb, resources = super().preprocess(nb, resources)
        nb.metadata[MARK] = record.to_metadata(_record(nb.metadata[MARK]["notices"], resources))
        return nb, resources

    def preprocess_cell(self, cell: Any, resources: Any, cell_index: int) -> tuple[Any, Any]:
        exercise = _exercise(cell)
        if exercise is None:
            if cell.cell_type == "code":  # answers count nowhere else, and are not to be kept
                cell.outputs = [output for output in cell.outputs if ANSWER_MIME not in output.get("data", {})]
            return cell, resources
        prints = [output for output in cell.outputs if output.output_type == "stream"]
        grade_id = cell.metadata.nbgrader.grade_id
        try:
            report = _report(exercise, cell, resources, cell_index)
            resources["grader_reports"][exercise.name] = report
            result = new_output(
                "execute_result",
                {"text/plain": str(report.score), "text/html": show.html(report)},
                execution_count=cell.execution_count,
            )
            if report.peers:
                self.log.warning("%s calls %s: flagged for your review", exercise.name, ", ".join(report.peers))
                resources["grader_flags"][grade_id] = "scored"
        except Exception:
            self.log.exception("The grader failed on %s; the cell is left for manual grading", exercise.name)
            resources["grader_flags"][grade_id] = "unscored"
            resources["grader_reports"][exercise.name] = None
            sentence = "The grader failed on this cell. It costs no points; the instructor will grade it by hand."
            result = new_output("execute_result", {"text/plain": "0", "text/html": f"<strong>{sentence}</strong>"})
        cell.outputs = [result, *prints]
        return cell, resources


class FlagForReview(NbGraderPreprocessor):
    """Marks the cells in `resources["grader_flags"]` as needing manual grading; the "unscored" ones lose their score.

    After SaveAutoGrades.
    """

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        if resources["grader_flags"]:
            names = resources["nbgrader"]
            with Gradebook(names["db_url"]) as gradebook:
                for grade_id, flag in resources["grader_flags"].items():
                    grade = gradebook.find_grade(grade_id, names["notebook"], names["assignment"], names["student"])
                    grade.needs_manual_grade = True
                    if flag == "unscored":
                        grade.auto_score = None
                gradebook.db.commit()
        return nb, resources


def _exercise(cell: Any) -> Exercise | None:
    """The exercise that a graded code cell checks; its name is the cell's grade_id with a dot for the hyphen."""
    if not utils.is_grade(cell) or cell.cell_type != "code":
        return None
    return EXERCISES.get(cell.metadata.nbgrader.get("grade_id", "").replace("-", "."))


def _report(exercise: Exercise, cell: Any, resources: Any, cell_index: int) -> Report:
    cases = resources["grader_cases"][exercise.name]
    reason = resources["grader_reasons"].get(cell_index)
    try:
        if reason is not None:
            raise Unanswered(reason)
        return judge(exercise, cases, published(cell, exercise.name, resources["grader_ids"]))
    except Unanswered as problem:
        return Report(exercise, tuple(Verdict(case, False, str(problem)) for case in cases))


def _record(notices: list[str], resources: Any) -> record.Record:
    seconds, why = resources["grader_seconds"], resources["grader_why"]
    return record.Record(
        outcome=resources["grader_outcome"],
        why=None if why is None else record.short([why])[0],
        seconds=None if seconds is None else round(seconds, 2),
        seed=resources["grader_seed"],
        notices=tuple(notices),
        exercises=tuple(record.of_exercise(name, report) for name, report in resources["grader_reports"].items()),
    )
