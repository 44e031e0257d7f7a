"""Tries the sandbox out before anybody's work is at stake: runs a cell of ours as grading runs those of students."""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from grader.autograde.sandbox import files, runner
from grader.autograde.sandbox.bubblewrap import REMEDY, NoSandbox
from grader.limits import MB, Limits
from grader.protocol import ask

WORD = "ready"
# What every notebook needs: the packages, the questions, the files beside it, and the datasets that have been drawn.
CELL = f"""
import data, grader
from data.dataset import DRAWN
from grader.protocol import asked
asked("trial")
for name in DRAWN:
    if (data.root() / name).is_dir():
        data.load(name)
print(open("trial/{WORD}.txt").read(), end="")
"""
UNREADABLE = """\
Where root grades, notebooks run as another user, who must be able to read Python, its packages, `grader`, `data` and the
datasets: `umask 022` before these are made, or `chmod -R a+rX FOLDER` afterwards."""


def try_out(
    bwrap: Path, limits: Limits, readable: Sequence[str] = (), covered: Sequence[Path] = (), warm: bool = False
) -> None:
    """Run a cell in the sandbox as `runner.run` runs a notebook's; arguments as there.

    Raises:
        NoSandbox: it does not start, or the cell does not come to its end; with what was said.
    """
    with tempfile.TemporaryDirectory(prefix=f"grader-{os.getpid()}-") as name:
        folder = Path(name)
        (folder / "mine" / "trial").mkdir(parents=True)
        (folder / "mine" / "trial" / f"{WORD}.txt").write_text(WORD)
        files.merge([folder / "mine"], folder / "files", limits.scratch * MB)
        ask(folder / "questions.json", {"trial": ()})
        try:
            ran = runner.run(
                [(0, CELL)], folder / "questions.json", folder / "files", limits, bwrap, readable, covered, warm
            )
        except (OSError, runner.BrokenSandbox) as problem:
            said = str(problem).splitlines()[-1]
            raise NoSandbox(f"The sandbox ({bwrap}) does not start; it said: {said}\n{REMEDY}") from None
    put_out = [
        output.get("text") or f"{output.get('ename')}: {output.get('evalue')}" for output in ran.outputs.get(0, [])
    ]
    if put_out != [WORD]:
        said = ran.stopped or " ".join(put_out)
        raise NoSandbox(f"A first cell cannot run in the sandbox ({bwrap}): {said}\n{UNREADABLE}")
