"""The tests behind `pytest --submission NOTEBOOK` (see pytest_plugin): one for each visible case."""

import pytest

from grader import show
from grader.exercises import EXERCISES
from grader.judge import Report
from grader.run import NotANotebook, run

CASES = [
    pytest.param(
        name, case.name, id=f"{name}-{case.name}".replace(" ", "_"), marks=getattr(pytest.mark, name.split(".")[0])
    )
    for name, exercise in EXERCISES.items()
    for case in exercise.cases
]


@pytest.fixture(scope="session")
def reports(request: pytest.FixtureRequest) -> dict[str, Report | str]:
    try:
        return run(request.config.getoption("--submission")).reports
    except NotANotebook as problem:
        pytest.exit(str(problem), returncode=2)


@pytest.mark.parametrize(("exercise", "case"), CASES)
def test_case(reports: dict[str, Report | str], exercise: str, case: str) -> None:
    if exercise not in reports:
        pytest.skip(f"the notebook has nothing of the chapter of {exercise}")
    report = reports[exercise]
    if isinstance(report, str):
        pytest.fail(report, pytrace=False)
    verdict = next(verdict for verdict in report.verdicts if verdict.case.name == case)
    if not verdict.passed:
        pytest.fail("\n".join(show.sentences(verdict)), pytrace=False)
