"""What the text of a cell says, as far as it can be told without running or parsing it.

The texts are hostile, and Python's parser can be crashed: regular expressions look at them, in time that grows with the
length of a text and no faster.
"""

import re

# At the beginning of a line: a function, a class, or the names to which something is assigned.
DEFINED = re.compile(
    r"^(?:(?:async[ \t]+)?def|class)[ \t]+(\w+)|^((?:\w+[ \t]*,[ \t]*)*\w+)[ \t]*(?::[^=\n]*)?=(?!=)", re.MULTILINE
)
# The names that are imported from a module, and a name of which an attribute is assigned.
IMPORTED = re.compile(r"^from[ \t]+[\w.]+[ \t]+import[ \t]+(?:\(([^)]*)|(.*))", re.MULTILINE)
EXTENDED = re.compile(r"^(\w+)\.\w+[ \t]*=(?!=)", re.MULTILINE)

LONG_STRING = re.compile(r'("""|\'\'\')[\s\S]*?\1')
COMMENT = re.compile(r"#.*")
# Up to the next line that is indented no deeper, but for the bracket that ends a head of several lines.
BLOCK = re.compile(r"^(?:(?:async[ \t]+)?def|class)[ \t]+(\w+).*(?:\n[ \t)].*)*", re.MULTILINE)
FUNCTION = re.compile(r"^([ \t]*)(?:async[ \t]+)?def[ \t].*(?:\n\1[ \t)].*)*", re.MULTILINE)
STUB = "raise NotImplementedError"
RESULT = re.compile(r"(?:^|[:;=(])[ \t]*(?:return|yield)\b", re.MULTILINE)


def without_layout(text: str) -> str:
    """Without what editors change by themselves: line ends, blanks at the ends of lines, blank lines at both ends."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(line.rstrip() for line in lines).strip()


def without_formatting(code: str) -> str:
    """Without what formatters such as black change: blanks, commas, brackets, the kind of quotes."""
    return re.sub(r"[\s,()]+", "", code).replace("'", '"')


def definitions(source: str) -> set[str]:
    """The functions, classes and variables that a text defines, indented ones aside."""
    found = (match[1] or match[2] for match in DEFINED.finditer(source))
    return {name.strip() for names in found for name in names.split(",")}


def provides(source: str) -> set[str]:
    """The names that mean something else after a text than before: defined, imported from a module, or given an
    attribute. A function that is a stub still provides nothing."""
    imports = (match[1] or match[2] or "" for match in IMPORTED.finditer(COMMENT.sub("", source)))
    imported = {part.split()[-1] for names in imports for part in names.split(",") if part.strip()}
    return (definitions(source) | imported | set(EXTENDED.findall(source))) - stubs(source)


def stubs(source: str) -> set[str]:
    """The functions that do nothing in the end but raise NotImplementedError, and the classes that have such a method."""
    code = COMMENT.sub("", LONG_STRING.sub("", source))
    code = "\n".join(line for line in code.split("\n") if line.strip())
    blocks = (block for block in BLOCK.finditer(code) if STUB in block[0])
    return {block[1] for block in blocks if any(map(_is_stub, FUNCTION.finditer(block[0])))}


def _is_stub(function: re.Match[str]) -> bool:
    """Is the last statement of its body `raise NotImplementedError`, and nothing returned before?"""
    head, *lines = function[0].split("\n")
    body = [line for line in lines if not line.lstrip().startswith(")")]
    depth = min((_indentation(line) for line in body), default=0)
    last = next((line for line in reversed(body) if _indentation(line) == depth), head)
    return STUB in last and RESULT.search(function[0].rpartition(STUB)[0]) is None


def _indentation(line: str) -> int:
    return len(line) - len(line.lstrip())
