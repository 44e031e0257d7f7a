"""Does the message of an error name a fault? In whatever words, but not in such as could be said of any input."""

import re

# Words that name no fault.
FILLERS = frozenset(
    re.findall(
        r"\w+",
        """a an the this that these those your you it its of for in on at to by with from and or not no
        is are was were be been has have had does do did can cannot could must should will would may please
        here there some something any all invalid valid bad good wrong right incorrect correct illegal improper
        broken malformed unsupported unexpected failed fails fail failure fault faulty problem issue
        error errors exception valueerror raise raised check checks checked input inputs value values
        argument arguments arg args parameter parameters data batch given got received passed provided""",
    )
)
# Messages of Python's and NumPy's own, which no student wrote: of unpacking a shape, of the max of nothing, of a NaN as a
# number, of shapes that do not fit.
NOT_WRITTEN = re.compile(
    r"values to unpack|empty sequence|iterable argument is empty|zero-size array|^cannot convert float|^operands could not"
)


def words(message: str) -> tuple[str, ...]:
    """The words of a message in whatever language, without its numbers."""
    return tuple(re.findall(r"[^\W\d_]+", message.lower()))


def names_a_fault(message: str) -> bool:
    """Is there a word in it that says something of the input, and did a student write it?"""
    return bool(set(words(message)) - FILLERS) and not NOT_WRITTEN.search(message)
