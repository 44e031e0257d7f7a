"""The kernel that answers: what a cell ends, breaks or leaves behind does not reach the next one.

All of it runs in the sandbox, a kernel for each test, started afresh or forked.
"""

from collections.abc import Callable, Iterator

import pytest

pytest.importorskip("solutions", reason="the cells are those of the gallery")

from grader import assignments
from grader.autograde.sandbox import bubblewrap, files, runner
from grader.autograde.sandbox import warm as zygotes
from grader.judge import judge
from grader.limits import Limits
from grader.protocol import ask, published
from grader.tests.hostile import POLITE, RIGHT, SIDE_EFFECTS
from solutions.tools import course

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(course.why_no_sandbox()), reason=f"no sandbox here: {course.why_no_sandbox()}"),
]
NAME = "hierarchical.tree_level"
EXERCISE = assignments.graded("homework3")[NAME]
START = f"import torch\nfrom grader import check\n{RIGHT['tree_level']}"
CHECK = f'check("{NAME}", tree_level)'


@pytest.fixture(scope="module", autouse=True)
def stop() -> Iterator[None]:
    yield
    zygotes.stop()


@pytest.fixture(params=["cold", "warm"])
def run(request, tmp_path) -> Callable[..., tuple[runner.Ran, list[bool]]]:
    """What became of the cells, and of each `CHECK` among them whether it passed."""

    def run(*cells: str) -> tuple[runner.Ran, list[bool]]:
        ids = ask(tmp_path / "questions.json", assignments.visible_cases("homework3"))
        cells = list(enumerate([START, *cells]))
        files.merge([], tmp_path / "files", room=0)
        ran = runner.run(
            cells,
            tmp_path / "questions.json",
            tmp_path / "files",
            Limits(),
            bubblewrap.find_bwrap(),
            warm=request.param == "warm",
        )
        assert ran.stopped is None
        answers = [published({"outputs": ran.outputs[number]}, NAME, ids) for number, cell in cells if cell == CHECK]
        return ran, [judge(EXERCISE, EXERCISE.cases, answer).passed for answer in answers]

    return run


def printed(ran: runner.Ran, number: int) -> str:
    return "".join(output.get("text", "") for output in ran.outputs[number])


def test_what_politely_ends_a_session_is_ignored_and_says_so_in_its_own_cell(run):
    ends = [
        *("exit()", "quit()", "exit", "def leave(): exit()\nleave()", "get_ipython().ask_exit()"),
        "import threading, os\nthread = threading.Thread(target=os._exit, args=[0])\nthread.start(); thread.join()",
        "import os; os._exit(3)",
        "import IPython; IPython.Application.instance().kernel.do_shutdown(True)",
        "get_ipython().kernel.io_loop.stop()",
        "import asyncio; asyncio.get_running_loop().stop()",
        *("%reset -f", "%reset", "%reset -sf", "%reset_selective -f kept", "get_ipython().reset()"),
    ]
    ran, _ = run("kept = 'kept'", *ends, "print(kept)")
    for number, end in enumerate(ends, start=2):
        assert "it was ignored while grading" in printed(ran, number), end
    assert printed(ran, len(ends) + 2) == "kept\n"


def test_a_fork_of_the_kernel_ends_as_ever(run):
    forks = """
import multiprocessing, os
child = os.fork()
if child == 0:
    os._exit(3)
process = multiprocessing.get_context("fork").Process(target=print, args=["a child"])
process.start(); process.join()
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), process.exitcode)
"""
    ran, _ = run(forks)
    assert printed(ran, 1).splitlines()[-1] == "3 0"


def test_an_answer_comes_after_each_end_and_each_side_effect(run):
    effects = {**POLITE, **SIDE_EFFECTS}
    ran, passed = run(*(cell for effect in effects.values() for cell in (effect, CHECK)))
    assert [effect for effect, right in zip(effects, passed, strict=True) if not right] == []
    assert ran.late == set()
