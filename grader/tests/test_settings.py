"""A setting of nbgrader's that does nothing here says so in one line, with what to set instead."""

import logging

import pytest
from nbgrader.converters import Autograde
from nbgrader.converters.base import NbGraderException
from nbgrader.preprocessors import IgnorePattern, OverwriteKernelspec
from traitlets.config import Config

from grader.autograde import settings
from grader.autograde.execute import SandboxedExecute


@pytest.fixture
def warned(caplog):
    def check(config: dict, *more) -> list[str]:
        run = Autograde(
            config=Config(config),
            sanitize_preprocessors=[OverwriteKernelspec],
            autograde_preprocessors=[SandboxedExecute, *more],
        )
        settings.check(run)
        return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]

    return check


@pytest.mark.parametrize(
    ("section", "option", "instead"),
    [
        ("ExecutePreprocessor", "timeout", "c.Limits.seconds_per_cell"),
        ("Execute", "timeout", "c.Limits.seconds_per_cell"),
        ("NotebookClient", "kernel_name", "c.SandboxedExecute"),
        ("LimitOutput", "max_lines", "c.Limits.cell_output"),
        ("IgnorePattern", "pattern", "costs nothing"),
        ("OverwriteCells", "enabled", "always done"),
        ("DeduplicateIds", "enabled", "always done"),
        ("ClearOutput", "enabled", "always done"),
        ("ClearMetadataPreprocessor", "clear_cell_metadata", "always done"),
    ],
)
def test_it_is_named_with_what_to_set_instead(warned, section, option, instead):
    (line,) = warned({section: {option: 1}})
    assert line.startswith(f"c.{section}.{option} has no effect here: ")
    assert instead in line


def test_what_has_an_effect_is_not_named(warned):
    used = {"SandboxedExecute": {"seed": 1}, "OverwriteKernelspec": {"enabled": True}, "Limits": {"memory": 1}}
    assert warned({**used, "Preprocessor": {"enabled": True}, "Exporter": {}}) == []


def test_nor_is_a_step_that_the_instructor_added(warned):
    assert warned({"IgnorePattern": {"pattern": "x"}}, IgnorePattern) == []


@pytest.mark.parametrize("value", [False, "False"])  # from the flag, or from --Execute.enabled=False
def test_grading_without_running_is_refused(warned, value, caplog):
    with pytest.raises(NbGraderException, match="--no-execute"):
        warned({"Execute": {"enabled": value}})
    assert "Nothing was graded" in caplog.text
