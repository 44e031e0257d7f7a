"""What the text of a cell says, as far as it can be told without running or parsing it.

The texts are hostile, and Python's parser can be crashed: regular expressions look at them, in time that grows with the
length of a text and no faster.
"""

import re
from collections.abc import Set

# A function or class, up to the next line that is indented no deeper, but for the bracket that ends a head of several
# lines; or what gives a name another meaning.
BLOCK = re.compile(
    r"^([ \t]*)(?:async[ \t]+)?(def|class)[ \t]+(\w+).*(?:\n\1[ \t)].*)*|^(\w+)(?:\.\w+)?[ \t]*=(?!=)", re.MULTILINE
)
# Outside of these, the functions and classes, and at the beginning of a statement the names to which something is assigned.
# (An indented one may be the argument of a call.)
DEFINED = re.compile(
    r"^[ \t]*(?:def|class)[ \t]+(\w+)"
    r"|(?:^|;[ \t]*)((?:\(?\w+\)?[ \t]*(?:,|=(?!=))[ \t]*)*\(?\w+\)?)[ \t]*(?::[^=;\n]*)?=(?!=)",
    re.MULTILINE,
)
# The names that are imported, and a name of which an attribute is assigned.
IMPORTED = re.compile(r"^[ \t]*(?:from[ \t]+[\w.]+[ \t]+)?import[ \t]+(?:\(([^)]*)|(.*))", re.MULTILINE)
EXTENDED = re.compile(r"^(\w+)\.\w+[ \t]*=(?!=)", re.MULTILINE)

COMMENT = re.compile(r'#.*|("""|\'\'\')[\s\S]*?\1')
FUNCTION = re.compile(r"^([ \t]*)(?:async[ \t]+)?def[ \t]+(\w+).*(?:\n\1[ \t)].*)*", re.MULTILINE)
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
    """The functions, classes and variables that a text defines, not those inside of a function or class."""
    found = (match[1] or match[2] for match in DEFINED.finditer(_outside(source)))
    return {name for names in found for name in re.findall(r"\w+", names)}


def provides(source: str, asked: Set[str] = frozenset()) -> set[str]:
    """The names that mean something else after a text than before: defined, imported, or given an attribute. What is
    `undone` still provides nothing."""
    imports = (match[1] or match[2] or "" for match in IMPORTED.finditer(_outside(source)))
    imported = {part.split()[-1].partition(".")[0] for names in imports for part in names.split(",") if part.strip()}
    return (definitions(source) | imported | set(EXTENDED.findall(source))) - undone(source, asked)


def undone(source: str, asked: Set[str]) -> set[str]:
    """The functions and classes of which something is a stub that was asked for, named as `stubs` does. (A class of the
    student's own may well have other methods that only raise.)"""
    return {name.partition(".")[0] for name in stubs(source) & asked}


def stubs(source: str) -> set[str]:
    """The functions that do nothing in the end but raise NotImplementedError; methods as "Class.method". Of what is
    defined several times the last counts."""
    blocks = {block[3] or block[4]: block for block in BLOCK.finditer(without_comments(source))}
    return {
        name if function[1] == block[1] else f"{name}.{function[2]}"
        for name, block in blocks.items()
        if STUB in block[0]
        for function in FUNCTION.finditer(block[0])
        if _is_stub(function)
    }


def words(source: str) -> set[str]:
    """All names that the code of a text mentions."""
    return set(re.findall(r"\w+", without_comments(source)))


def without_comments(source: str) -> str:
    """Without comments, long strings and blank lines."""
    return "\n".join(line for line in COMMENT.sub("", source).split("\n") if line.strip())


def _outside(source: str) -> str:
    """The code without the bodies of its functions and classes."""
    return BLOCK.sub(
        lambda block: f"{block[1]}{block[2]} {block[3]}" if block[3] else block[0], without_comments(source)
    )


def _is_stub(function: re.Match[str]) -> bool:
    """Is the last statement of its body `raise NotImplementedError`, and nothing returned before?"""
    head, *lines = function[0].split("\n")
    body = [line for line in lines if not line.lstrip().startswith(")")]
    depth = min((_indentation(line) for line in body), default=0)
    last = next((line for line in reversed(body) if _indentation(line) == depth), head)
    return STUB in last and RESULT.search(function[0].rpartition(STUB)[0]) is None


def _indentation(line: str) -> int:
    return len(line) - len(line.lstrip())
