"""What is taken from the outputs that a sandbox reports: text, pictures and answers, in nbformat's form.

Everything else is dropped, above all HTML, SVG, Markdown, LaTeX and JavaScript, which a feedback page would render.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any

from nbformat import NotebookNode

from grader import images, protocol
from grader.images import NotShown
from grader.protocol import ANSWER_MIME

# What a terminal obeys: colours and movements, and texts for its title bar.
ANSI = re.compile(r"(?:\x1b\[|\x9b)[0-9;?]*[A-Za-z]|\x1b\][^\x07\x1b\n]*(?:\x07|\x1b\\)")
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
            return _output("stream", name=name, text=_text("".join(part for part in parts if isinstance(part, str))))
        case "display_data" | "execute_result":
            data = _bundle(output.get("data"))
            return _output("display_data", data=NotebookNode(data), metadata=NotebookNode()) if data else None
        case "error":
            traceback = output.get("traceback")
            return _output(
                "error",
                ename=_text(output.get("ename"))[:NAME_LIMIT],
                evalue=_text(output.get("evalue")),
                traceback=[_text(line) for line in traceback] if isinstance(traceback, list) else [],
            )
    raise MalformedOutput


def _output(kind: str, **content: Any) -> NotebookNode:
    """What nbformat.v4.new_output makes, which validates each output; `work.grade` validates the notebook."""
    return NotebookNode(output_type=kind, **content)


def _bundle(data: Any) -> dict[str, Any]:
    if not isinstance(data, Mapping):
        raise MalformedOutput
    if ANSWER_MIME in data:
        answer = data[ANSWER_MIME]  # hostile still: `grader.protocol.published` reads it
        return {ANSWER_MIME: answer if _is_shallow(answer, ANSWER_DEPTH) else None}
    taken: dict[str, Any] = {"text/plain": _text(data["text/plain"])} if isinstance(data.get("text/plain"), str) else {}
    for kind in images.MAGIC:
        try:
            taken |= _picture(kind, data.get(kind))
        except NotShown as problem:
            taken["text/plain"] = f"[A picture is not shown here: it {problem}.]\n{taken.get('text/plain', '')}".strip()
    return taken


def _is_shallow(value: Any, depth: int) -> bool:
    """Is it nested at most so deep? What is deeper breaks the recursion of whoever reads it."""
    if not isinstance(value, dict | list):
        return True
    return depth > 0 and all(
        _is_shallow(item, depth - 1) for item in (value.values() if isinstance(value, dict) else value)
    )


def _picture(kind: str, data: Any) -> dict[str, str]:
    """
    Raises:
        NotShown
    """
    try:
        raw = base64.b64decode(data.replace("\n", ""), validate=True) if isinstance(data, str) else b""
    except (binascii.Error, ValueError):
        return {}
    if not raw.startswith(images.MAGIC[kind]):
        return {}
    return {images.kind(raw): base64.b64encode(raw).decode()}


def _text(text: Any) -> str:
    """As it looks on a terminal in the end, without colours; what is no text is none."""
    if not isinstance(text, str):
        return ""
    # Of a line that was written anew, as progress bars do, the last state is left.
    lines = (line.rstrip("\r").rpartition("\r")[2] for line in ANSI.sub("", text).split("\n"))
    return protocol.clean("\n".join(lines))
