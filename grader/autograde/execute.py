"""Runs a submitted notebook with a file of questions at hand, so that its check cells answer instead of judging."""

import secrets
import tempfile
from pathlib import Path
from typing import Any

from nbclient.exceptions import DeadKernelError
from nbgrader.preprocessors import Execute
from traitlets import Integer, default

from grader.questions import ask, graded_cases
from grader.run import kernel_environment


class AnsweringExecute(Execute):
    """nbgrader's Execute, with the questions in the kernel's environment.

    The cases that were asked, and the ids under which, are left in `resources` for the Judge ("grader_cases" and
    "grader_ids"): they never leave this process. A kernel that dies leaves its reason there, too ("grader_stopped").
    """

    seed = Integer(
        None,
        allow_none=True,
        help="Seed of the hidden cases; None draws a new one for each notebook, so that inputs which leak from one "
        "run are of no use in the next. With a fixed seed they would be: use one to reproduce a grade, not to grade.",
    ).tag(config=True)

    @default("timeout")
    def _timeout(self) -> int:
        return 120

    def preprocess(self, nb: Any, resources: Any, **kwargs: Any) -> tuple[Any, Any]:
        seed = secrets.randbits(32) if self.seed is None else self.seed
        self.log.info("Hidden cases of seed %d", seed)
        resources["grader_cases"] = cases = graded_cases(seed)
        with tempfile.TemporaryDirectory(prefix="grader-") as folder:
            self.questions = Path(folder, "questions.json")
            resources["grader_ids"] = ask(self.questions, cases)
            try:
                return super().preprocess(nb, resources, **kwargs)
            except DeadKernelError:
                # The cells that answered before keep their points.
                resources["grader_stopped"] = "The kernel died before this cell had answered."
                self.log.warning("The kernel died; what it had not answered by then scores 0")
                return nb, resources

    def start_new_kernel(self, **kwargs: Any) -> None:
        super().start_new_kernel(env=kernel_environment(self.questions), **kwargs)
