"""Takes mutated submissions through nbgrader's zip_collect, autograde and generate_feedback, beside honest neighbours."""

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from hypothesis import Phase, given

from grader.autograde import record
from grader.autograde.grading import Outcome
from solutions.research.fuzz import doors, search
from solutions.research.fuzz.recipes import FILE, NAME, Recipe, Work
from solutions.research.fuzz.search import Find
from solutions.research.fuzz.seeds import ALL, points
from solutions.tools import build, course, samples

BATCH = 25
NEIGHBOURS = ("aaa_first", "student0012x", "zzz_last")  # in the order of grading, and between the others
SETTINGS = "c.Limits.memory = 2048\nc.Limits.scratch = 64"
PAGE = 1_000_000  # bytes of feedback
# What no log should hold: control characters but tabs and line breaks, colours aside, and marks of direction.
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@dataclass
class Result:
    """certain: of how many it is known what they are worth. refused: those that were not graded, with a reason."""

    submissions: int = 0
    certain: int = 0
    refused: int = 0
    finds: list[Find] = field(default_factory=list)

    @property
    def summary(self) -> str:
        return (
            f"{self.submissions} submissions through nbgrader autograde, of {self.certain} of which it is known what they "
            f"are worth: {self.refused} were refused with a reason, {len(self.finds)} finds."
        )


@dataclass
class Batch:
    """What came of one batch. problems: student -> what is wrong, in a sentence; "" for all of them together."""

    problems: dict[str, str] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)


def graded(submissions: int, seed: int, finds: Path, progress: Callable[[int], object]) -> Result:
    """Hand in and grade so many, in batches. What is found is written to the folder `finds`."""
    result, drawn = Result(), draw(submissions, seed)
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        courses = Courses(Path(folder))
        for start in range(0, len(drawn), BATCH):
            recipes = {f"student{number:04}": recipe for number, recipe in enumerate(drawn[start : start + BATCH])}
            batch = courses.grade(recipes)
            result.submissions += len(recipes)
            result.certain += sum(map(search.is_certain, recipes.values()))
            result.refused += len(batch.refused - batch.problems.keys())
            for student, problem in batch.problems.items():
                recipe = courses.shrunk(recipes[student], problem)
                result.finds.append(search.keep(recipe, problem, finds / "whole", len(result.finds) + 1))
            progress(len(recipes))
    return result


def draw(submissions: int, seed: int) -> list[Recipe]:
    """So many recipes of a seed, all different."""
    found: dict[Recipe, None] = {}

    @search.drawing(seed, 3 * submissions, Phase.generate)
    @given(search.recipes(("folder", "archive"), lambda each: each.calm))
    def collect(recipe: Recipe) -> None:
        found[recipe] = None

    collect()
    return list(found)[:submissions]


class Courses:
    """Course folders, each a copy of one in which nothing was handed in."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.empty, self.number = folder, folder / "empty", 0
        course.create(self.empty)
        course.add_settings(self.empty, SETTINGS)
        master = build.master_notebook(course.MASTERS / NAME / f"{NAME}.py")
        self.student_version = course.assign(self.empty, NAME, master)

    def grade(self, recipes: Mapping[str, Recipe], neighbours: Collection[str] = NEIGHBOURS) -> Batch:
        """Hand in, collect, grade, give feedback; where all of it fails, by halves, to find out whose fault it is."""
        self.number += 1
        folder = self.folder / str(self.number)
        shutil.copytree(self.empty, folder)
        for student in neighbours:
            course.submit(folder, student, NAME, samples.reference(self.student_version))
        try:
            batch = _graded(folder, recipes, neighbours)
        except course.CommandFailed as problem:
            batch = Batch({"": str(problem)[-500:]})
        shutil.rmtree(folder)
        if "" not in batch.problems:
            return batch
        if len(recipes) == 1:
            return replace(batch, problems=dict.fromkeys(recipes, batch.problems[""]))
        students = list(recipes)
        halves = (students[: len(students) // 2], students[len(students) // 2 :])
        first, second = (self.grade({each: recipes[each] for each in half}, neighbours) for half in halves)
        return Batch(first.problems | second.problems, first.refused | second.refused)

    def shrunk(self, recipe: Recipe, problem: str) -> Recipe:
        """With as few of its steps as show the same problem."""
        for step in recipe.steps:
            smaller = replace(recipe, steps=tuple(other for other in recipe.steps if other is not step))
            again = self.grade({"student": smaller}, NEIGHBOURS[:1]).problems.get("student", "")
            if again and search.kind_of(again) == search.kind_of(problem):
                recipe = smaller
        return recipe


def _graded(folder: Path, recipes: Mapping[str, Recipe], neighbours: Collection[str]) -> Batch:
    works = {student: search.made(recipe, student) for student, recipe in recipes.items()}
    archives = {student for student, recipe in recipes.items() if recipe.kind == "archive"}
    waiting = folder / "downloaded" / NAME / "archive"
    for student, work in works.items():
        if student in archives:
            waiting.mkdir(parents=True, exist_ok=True)
            (waiting / f"{student}.zip").write_bytes(work.archive)
        else:
            doors.fill(work, folder / "submitted" / student / NAME)
    log = course.nbgrader(folder, "zip_collect", NAME) if archives else ""
    before = digest(folder / "submitted")
    log += course.nbgrader(folder, "autograde", NAME) + course.nbgrader(folder, "generate_feedback", NAME)
    batch, scores = Batch(), course.scores(folder, NAME)
    for student, work in works.items():
        if student in archives and not (folder / "submitted" / student).exists():
            batch.refused.add(student)
            said = next((line for line in log.splitlines() if f"{student}.zip" in line), "")
            problem = f"the archive was not collected: {said[:300]}" if work.certain or not said else ""
        else:
            refused, problem = _result(folder, work, scores.get(student, {}))
            batch.refused |= {student} if refused else set()
        if problem:
            batch.problems[student] = problem
    if problem := _together(
        before, digest(folder / "submitted"), {each: scores.get(each, {}) for each in neighbours}, log
    ):
        batch.problems[""] = problem
    return batch


def _together(before: dict, after: dict, neighbours: Mapping[str, Mapping[str, float]], log: str) -> str:
    """What is wrong with what all share: what was handed in, the neighbours' points, the log."""
    if before != after:
        return f"what was handed in was changed: {sorted(before.items() ^ after.items())[0][0]}"
    if lost := [student for student, scores in neighbours.items() if sum(scores.values()) != points(ALL)]:
        return f"neighbours lost points: {lost}"
    if "Traceback" in log:
        return f"a traceback in the log: {log[log.rindex('Traceback') :][-300:]}"
    if mark := CONTROLS.search(log):
        return f"a control character in the log: {log[max(0, mark.start() - 80) : mark.end() + 20]!a}"
    return ""


def _result(folder: Path, work: Work, scores: Mapping[str, float]) -> tuple[bool, str]:
    """Was a submission refused, and what is wrong with what became of it?"""
    page = folder / "feedback" / work.student / NAME / f"{NAME}.html"
    try:
        kept = record.read(folder / "autograded" / work.student / NAME / FILE)
    except record.NoRecord as problem:
        return False, f"the graded notebook {problem}"
    if not page.exists() or page.stat().st_size > PAGE:
        return False, "there is no feedback page of a sane size"
    if set(scores) != ALL:
        return False, f"the gradebook has scores of {sorted(scores)}"
    if kept.outcome is Outcome.UNREADABLE:
        return True, f"refused: {kept.why}" if work.certain or not kept.why or sum(scores.values()) else ""
    return False, _wrong_score(work, scores)


def _wrong_score(work: Work, scores: Mapping[str, float]) -> str:
    total = sum(scores.values())
    if work.seed.lost is None:
        right = total == work.seed.worth if work.certain else 0 <= total <= work.seed.most
        return "" if right else f"{total:g} points for work that is worth {work.seed.worth}, at most {work.seed.most}"
    earned, worth = {name for name, score in scores.items() if score}, ALL - work.seed.lost - work.lost
    if points(earned) == total and (earned == worth if work.certain else earned <= worth):
        return ""
    return f"{total:g} points for work that is worth {points(worth)}: {sorted(earned ^ worth)}"


def digest(folder: Path) -> dict[str, object]:
    """Path -> what is there, without following links and without opening what is no file."""
    found: dict[str, object] = {}
    for path in folder.rglob("*"):
        if path.is_symlink():
            found[str(path)] = os.readlink(path)
        else:
            found[str(path)] = path.read_bytes() if path.is_file() else path.lstat().st_mode
    return found
