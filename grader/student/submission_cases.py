"""The tests behind `pytest --submission NOTEBOOK` (see pytest_plugin): one for each visible case."""

import pytest

from grader import assignments, show
from grader.model import Report
from grader.student.run import NotANotebook, run

CASES = [
    pytest.param(
        name, case.name, id=f"{name}-{case.name}".replace(" ", "_"), marks=getattr(pytest.mark, name.split(".")[0])
    )
    for assignment in assignments.with_points()
    for name, exercise in assignments.graded(assignment).items()
    for case in exercise.cases
]


@pytest.fixture(scope="session")
def reports(request: pytest.FixtureRequest) -> dict[str, Report]:
    try:
        return run(request.config.getoption("--submission")).reports
    except NotANotebook as problem:
        pytest.exit(str(problem), returncode=2)


@pytest.mark.parametrize(("exercise", "case"), CASES)
def test_case(reports: dict[str, Report], exercise: str, case: str) -> None:
    if exercise not in reports:
        pytest.skip(f"the notebook has nothing of the chapter of {exercise}")
    report = reports[exercise]
    verdict = next(verdict for verdict in report.verdicts if verdict.case.name == case)
    if not verdict.passed:
        pytest.fail("\n".join([*show.diagnosed(report), *show.sentences(verdict, report)]), pytrace=False)
