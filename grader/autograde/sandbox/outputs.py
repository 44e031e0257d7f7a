"""What is taken from the outputs that a sandbox reports: text, pictures and answers, in nbformat's form.

Everything else is dropped, above all HTML, SVG, Markdown, LaTeX and JavaScript, which a feedback page would render.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_output

from grader import protocol
from grader.protocol import ANSWER_MIME

PICTURES = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}
ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
ANSWER_DEPTH = 12  # lists and mappings in each other; ours need six
NAME_LIMIT = 200  # characters of an exception's type


class MalformedOutput(ValueError):
    """What a sandbox reported has no form that one of ours would have."""


def readable(outputs: Any) -> list[NotebookNode]:
    """The outputs of one cell, as `kernel_runner` reported them.

    Raises:
        MalformedOutput: it is no list of such outputs.
    """
    if not isinstance(outputs, list):
        raise MalformedOutput
    return [taken for output in outputs if (taken := _readable(output)) is not None]


def _readable(output: Any) -> NotebookNode | None:
    if not isinstance(output, Mapping):
        raise MalformedOutput
    match output.get("output_type"):
        case "stream":
            parts = output.get("parts")
            if not isinstance(parts, list):
                raise MalformedOutput
            name = "stderr" if output.get("name") == "stderr" else "stdout"
            return new_output("stream", name=name, text=_text("".join(part for part in parts if isinstance(part, str))))
        case "display_data" | "execute_result":
            data = _bundle(output.get("data"))
            return new_output("display_data", data) if data else None
        case "error":
            traceback = output.get("traceback")
            return new_output(
                "error",
                ename=_text(output.get("ename"))[:NAME_LIMIT],
                evalue=_text(output.get("evalue")),
                traceback=[_text(line) for line in traceback] if isinstance(traceback, list) else [],
            )
    raise MalformedOutput


def _bundle(data: Any) -> dict[str, Any]:
    if not isinstance(data, Mapping):
        raise MalformedOutput
    if ANSWER_MIME in data:
        answer = data[ANSWER_MIME]  # hostile still: `grader.protocol.published` reads it
        return {ANSWER_MIME: answer if _is_shallow(answer, ANSWER_DEPTH) else None}
    taken = {kind: picture for kind in PICTURES if (picture := _picture(kind, data.get(kind))) is not None}
    if isinstance(data.get("text/plain"), str):
        taken["text/plain"] = _text(data["text/plain"])
    return taken


def _is_shallow(value: Any, depth: int) -> bool:
    """Is it nested at most so deep? What is deeper breaks the recursion of whoever reads it."""
    if not isinstance(value, dict | list):
        return True
    return depth > 0 and all(
        _is_shallow(item, depth - 1) for item in (value.values() if isinstance(value, dict) else value)
    )


def _picture(kind: str, data: Any) -> str | None:
    if not isinstance(data, str):
        return None
    try:
        raw = base64.b64decode(data.replace("\n", ""), validate=True)
    except (binascii.Error, ValueError):
        return None
    return base64.b64encode(raw).decode() if raw.startswith(PICTURES[kind]) else None


def _text(text: Any) -> str:
    """Without colours, and without what no file can hold; what is no text is none."""
    return ANSI.sub("", protocol.clean(text, len(text))).replace("\x1b", "") if isinstance(text, str) else ""
