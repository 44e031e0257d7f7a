"""JSON from somebody whom nobody trusts: read only if it will be of bounded size in memory.

A list of lists takes three bytes for each as text and twenty times as much in memory, and a short text can be nested so
deep that whatever walks through it fails. So the structure is counted before anything is built, and what is not wanted can
be cut out as text. Both take time in proportion to the text and, besides what they return, no memory.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

MOST, DEEPEST = 10**6, 100

# Each of these begins where the last has ended and gives nothing back, so that no part of a text is looked at twice.
STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
STRUCTURE = re.compile(rb'(?:[^][{},:"]++|%b)*+([][{},:])' % STRING, re.DOTALL)
TOKEN = re.compile(rb'[^][{}"]*+(?:(?P<bracket>[][{}])|(?P<string>%b)(?P<key>\s*+:)?)' % STRING, re.DOTALL)
SCALAR = re.compile(rb'\s*+(?:%b|[^][{}",\s]++)' % STRING, re.DOTALL)
BRACKET = re.compile(rb'(?:[^][{}"]++|%b)*+([][{}])' % STRING, re.DOTALL)

Wanted = Mapping[str, "Wanted | bool"]


class TooComplex(ValueError):
    """JSON has too many values, or is nested too deep; the message says which, as a sentence that goes on after its name."""


def loads(text: bytes, most: int = MOST, deepest: int = DEEPEST) -> Any:
    """What a text in JSON and UTF-8 says, a byte order mark allowed.

    Raises:
        TooComplex: it has more than `most` values, keys included, or is nested deeper than `deepest`.
        ValueError: it is no JSON (json.JSONDecodeError), no UTF-8 (UnicodeDecodeError), or has an integer that is too long.
    """
    values, depth, position = 1, 0, 0
    while depth >= 0 and (match := STRUCTURE.match(text, position)):
        position = match.end()
        if match[1] in b"]}":
            depth -= 1
            continue
        values += 1
        depth += match[1] in b"[{"
        if values > most:
            raise TooComplex(f"has more than {most} values")
        if depth > deepest:
            raise TooComplex(f"is nested more than {deepest} deep")
    return json.loads(text.decode("utf-8-sig"))


def select(text: bytes, wanted: Wanted, most: int = MOST) -> bytes:
    """A text in JSON with 0 in place of each value that is not wanted; every line keeps its number.

    What is no JSON stays none, unless the fault lies in what is cut out.

    Args:
        wanted: the keys to be kept in an object, or in each object of a list, and what of their values: all (True), or
            again some keys. Keys are compared as they are written.

    Raises:
        TooComplex: it has more than `most` brackets (two for each list and object) and keys, those in what is kept as a
            whole or cut out not counted as keys.
    """
    return b"".join(_pieces(text, wanted, most))


def _pieces(text: bytes, wanted: Wanted, most: int) -> Iterator[bytes]:
    around: list[Wanted] = []  # what is wanted in the lists and objects that are open
    inside = wanted  # what is wanted in the next one
    kept = position = count = 0
    while match := TOKEN.match(text, position):
        position, count = match.end(), count + 1
        if match["bracket"] in (b"[", b"{"):
            around.append(inside)
        elif match["bracket"] and not around:
            break
        elif match["bracket"]:
            around.pop()
            inside = around[-1] if around else wanted
        elif match["key"] and around:
            of_value = around[-1].get(match["string"][1:-1].decode(errors="replace"), False)
            if isinstance(of_value, Mapping):
                inside = of_value
                continue
            start, (position, brackets) = position, _end(text, position, most)
            count += brackets
            if not of_value:
                yield text[kept:start]
                yield b"0" + b"\n" * text.count(b"\n", start, position)
                kept = position
        if count > most:
            raise TooComplex(f"has more than {most} lists, objects and keys")
    yield text[kept:position] if around else text[kept:]  # of what breaks off, the rest would be of no use


def _end(text: bytes, start: int, most: int) -> tuple[int, int]:
    """Where the value ends that begins at `start`, and the number of brackets in it; at most one more than `most` are
    looked at."""
    if scalar := SCALAR.match(text, start):
        return scalar.end(), 0
    position, depth, count = start, 0, 0
    while count <= most and (match := BRACKET.match(text, position)):
        position, count = match.end(), count + 1
        depth += 1 if match[1] in b"[{" else -1
        if depth <= 0:
            break
    return position, count
