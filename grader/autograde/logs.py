"""Shows what cannot be printed, in log and terminal, as escapes: names and messages in it come from students.

A carriage return, an escape sequence or a mark that turns the direction of writing could make a line say something
else than it does. Line breaks stay: nbgrader indents what follows one.
"""

import logging

from traitlets.config import Application

FORMATTER = logging.Formatter()


def escaped(text: str) -> str:
    return "".join(
        letter if letter.isprintable() or letter in "\n\t" else letter.encode("unicode_escape").decode()
        for letter in text
    )


def _escape(record: logging.LogRecord) -> bool:
    record.msg, record.args = escaped(record.getMessage()), None
    if record.exc_info and not record.exc_text:
        record.exc_text = FORMATTER.formatException(record.exc_info)
    if record.exc_text:
        record.exc_text = escaped(record.exc_text)
    return True


def guard(log: logging.Logger | logging.LoggerAdapter | None = None) -> None:
    """Have all that goes into a logger escaped; by default, into that of the program that runs, such as nbgrader."""
    if log is None:
        if not Application.initialized():
            return
        log = Application.instance().log
    getattr(log, "logger", log).addFilter(_escape)  # once: it is the same function each time
