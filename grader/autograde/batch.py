"""`c.Autograde.exporter_class`: the door through which nbgrader's `autograde` comes to ours, see `grader.autograde.run`."""

from typing import Any

from nbconvert.exporters import NotebookExporter
from nbgrader.converters import Autograde

from grader.autograde import logs
from grader.autograde.run import Run


class BatchExporter(NotebookExporter):
    """Writes notebooks, as the exporter that it stands for does; and makes the converter that it is for a Run.

    nbgrader has settings for every step of a run but for the converter, which goes through the submissions: commands and
    formgrader make that themselves. Its first act is to make its exporter. There it becomes one of ours, which has the
    same data and overrides some methods.
    """

    def __init__(self, parent: Autograde, **kwargs: Any) -> None:
        super().__init__(parent=parent, **kwargs)
        logs.guard(parent.log)
        parent.__class__ = Run
