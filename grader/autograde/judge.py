"""Judges the answers of a notebook that was just executed, in nbgrader's own process, outside of the student's."""

from dataclasses import replace
from html import escape
from typing import Any

from nbformat.v4 import new_output
from nbgrader import utils
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor

from grader import assignments, show
from grader.autograde import grading, record
from grader.autograde.grading import Flag, Grading
from grader.judge import judge
from grader.model import Exercise, Report, State
from grader.protocol import ANSWER_MIME, Unanswered, published

REVIEW = "It costs no points; the instructor will grade it by hand."


class Judge(NbGraderPreprocessor):
    """Replaces the outputs of each cell that checks an exercise of the assignment by its report and its score.

    nbgrader reads a score from the first result of a cell, so the report goes first; the student's own prints and
    warnings follow it and cost nothing. The points are those of the cell, which are the instructor's to change. A
    failure of the grader itself costs nothing either: the cell is left for the instructor (see FlagForReview), and the
    log says why; so are all cells of a notebook that could not be read. What was judged is also kept as data, in the
    notebook's metadata (see `record`), with which the notebook counts as graded to the end.
    """

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        nb, resources = super().preprocess(nb, resources)
        if not grading.of(resources).failed:  # the next run is to grade it again
            nb.metadata[record.MARK] = record.to_metadata(_record(nb.metadata[record.MARK]["notices"], resources))
        return nb, resources

    def preprocess_cell(self, cell: Any, resources: Any, cell_index: int) -> tuple[Any, Any]:
        exercise, at_hand = _exercise(cell, resources["nbgrader"]["assignment"]), grading.of(resources)
        not_run = exercise is None and cell_index in at_hand.reasons and cell.get("execution_count") is None
        if utils.is_grade(cell) and (at_hand.unreadable is not None or not_run):
            # Of a cell without outputs nbgrader would think that its tests passed.
            at_hand.flags[cell.metadata.nbgrader["grade_id"]] = Flag.UNSCORED
        if exercise is None:
            if cell.cell_type == "code":  # answers count nowhere else, and are not to be kept
                cell.outputs = [output for output in cell.outputs if ANSWER_MIME not in output.get("data", {})]
            return cell, resources
        if at_hand.unreadable is not None:
            cell.outputs = [_unscored(f"{at_hand.unreadable} {REVIEW}")]
            return cell, resources
        prints = [output for output in cell.outputs if output.output_type == "stream"]
        try:
            report = _report(exercise, cell, at_hand, cell_index)
            at_hand.reports[exercise.name] = report
            result = new_output(
                "execute_result",
                {"text/plain": str(report.score), "text/html": show.html(report)},
                execution_count=cell.execution_count,
            )
            if report.third_party:
                self.log.warning("%s calls %s: flagged for your review", exercise.name, ", ".join(report.third_party))
                at_hand.flags[exercise.grade_id] = Flag.SCORED
        except Exception:
            self.log.exception("The grader failed on %s; the cell is left for manual grading", exercise.name)
            at_hand.flags[exercise.grade_id] = Flag.UNSCORED
            at_hand.reports[exercise.name] = None
            result = _unscored(f"The grader failed on this cell. {REVIEW}")
        cell.outputs = [result, *prints]
        return cell, resources


class FlagForReview(NbGraderPreprocessor):
    """Marks the cells that the Judge flagged as needing manual grading; the unscored ones lose their score.

    After SaveAutoGrades.
    """

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        if flags := grading.of(resources).flags:
            names = resources["nbgrader"]
            with Gradebook(names["db_url"]) as gradebook:
                for grade_id, flag in flags.items():
                    grade = gradebook.find_grade(grade_id, names["notebook"], names["assignment"], names["student"])
                    grade.needs_manual_grade = True
                    if flag is Flag.UNSCORED:
                        grade.auto_score = None
                gradebook.db.commit()
        return nb, resources


def _exercise(cell: Any, assignment: str) -> Exercise | None:
    """The exercise of the assignment that a graded code cell checks."""
    if not utils.is_grade(cell) or cell.cell_type != "code":
        return None
    return assignments.by_cell(assignment).get(cell.metadata.nbgrader.get("grade_id"))


def _unscored(sentence: str) -> Any:
    html = f"<strong>{escape(sentence)}</strong>"
    return new_output("execute_result", {"text/plain": "0", "text/html": html})


def _points(cell: Any) -> float:
    points = float(cell.metadata.nbgrader["points"])
    return int(points) if points.is_integer() else points  # 1, as others write it, not 1.0


def _report(exercise: Exercise, cell: Any, at_hand: Grading, cell_index: int) -> Report:
    exercise = replace(exercise, points=_points(cell))
    cases = at_hand.cases[exercise.name]
    reason = at_hand.reasons.get(cell_index)
    try:
        if reason is not None:
            raise Unanswered(reason)
        return judge(exercise, cases, published(cell, exercise.name, at_hand.ids))
    except Unanswered as problem:
        return Report.without_answers(exercise, cases, State.FAILED, str(problem))


def _record(notices: list[str], resources: Any) -> record.Record:
    at_hand = grading.of(resources)
    return record.Record(
        outcome=at_hand.outcome,
        why=None if at_hand.why is None else record.short([at_hand.why])[0],
        seconds=None if at_hand.seconds is None else round(at_hand.seconds, 2),
        seed=at_hand.seed,
        notices=tuple(notices),
        exercises=tuple(record.of_exercise(name, report) for name, report in at_hand.reports.items()),
    )
