"""nbgrader's settings that do nothing here, because the steps of grading that they are for are not taken."""

from nbconvert.preprocessors import ClearMetadataPreprocessor
from nbgrader.converters import Autograde
from nbgrader.converters.base import NbGraderException
from nbgrader.preprocessors import ClearOutput, DeduplicateIds, Execute, IgnorePattern, LimitOutput, OverwriteCells

ALWAYS = "what it is for is always done"
INSTEAD = {
    Execute: "c.Limits.seconds_per_cell, c.Limits.seconds_per_notebook and c.SandboxedExecute take its place",
    LimitOutput: "c.Limits.cell_output and c.Limits.notebook_output take its place",
    IgnorePattern: "what a cell prints costs nothing",
    OverwriteCells: ALWAYS,
    DeduplicateIds: ALWAYS,
    ClearOutput: ALWAYS,
    ClearMetadataPreprocessor: ALWAYS,
}


def check(run: Autograde) -> None:
    """Name in the log what has no effect.

    Raises:
        NbGraderException: --no-execute, without which nothing can be scored.
    """
    steps = [*run.sanitize_preprocessors, *run.autograde_preprocessors]
    used = {parent.__name__ for step in steps for parent in step.mro()}
    for unused, instead in INSTEAD.items():
        for section in (parent.__name__ for parent in unused.mro() if parent.__name__ not in used):
            options = dict(run.config.get(section, {}))
            if section == "Execute" and options.get("enabled") in (False, "False"):
                reason = "--no-execute (c.Execute.enabled) is not for notebooks whose scores come from running them"
                run.log.error("Nothing was graded: %s.", reason)
                raise NbGraderException(reason)
            for option in options:
                run.log.warning("c.%s.%s has no effect here: %s", section, option, instead)
