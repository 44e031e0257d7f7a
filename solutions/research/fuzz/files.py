"""Mutations of a notebook's file, as text and as bytes, and of the folder in which it is handed in."""

import gzip
import json
import os
from random import Random

from solutions.research.fuzz.recipes import FILE, NAME, Work, mutation


def write(notebook: object, **layout: object) -> str:
    """JSON as Jupyter writes it; where it holds what UTF-8 cannot, in ASCII."""
    text = json.dumps(notebook, **{"indent": 1, "ensure_ascii": False, **layout})
    try:
        text.encode()
    except UnicodeEncodeError:
        text = json.dumps(notebook, **{"indent": 1, **layout, "ensure_ascii": True})
    return text + "\n"


# Text -----------------------------------------------------------------------------------------------------------------


@mutation("text", keeps="layout")
def other_layout(work: Work, rng: Random) -> str:
    layout = {"indent": rng.choice([None, 0, 1, 4, "\t"]), "ensure_ascii": rng.random() < 0.5}
    layout["separators"] = rng.choice([None, (",", ":"), (" , ", "\n:\n")])
    work.text = write(work.notebook, **layout)
    return str(layout)


@mutation("text", keeps="spaces")
def spaces_around(work: Work, rng: Random) -> None:
    spaces = "".join(rng.choices(" \t\r\n", k=rng.randint(1, 100)))
    work.text = spaces + work.text + spaces


@mutation("text", keeps="file-line-ends")
def file_line_ends_of_windows(work: Work, rng: Random) -> None:
    work.text = work.text.replace("\n", "\r\n")


@mutation("text", keeps="twice layout")
def keys_twice_and_the_last_counts(work: Work, rng: Random) -> str:
    key = rng.choice(['"nbformat":', '"cells":', '"source":', '"metadata":', '"cell_type":'])
    first = rng.choice(["null", "[]", "7", "{}"])
    work.text = work.text.replace(f"\n {key}", f"\n {key} {first}, {key}", 9)
    return f"{key} {first}"


@mutation("text")
def keys_twice_and_the_last_is_junk(work: Work, rng: Random) -> None:
    place = work.text.rfind("}")
    key = rng.choice(["nbformat", "cells", "metadata", "worksheets"])
    work.text = f'{work.text[:place]}, "{key}": {rng.choice(["null", "[]", "7", "{}", "[{}]"])}}}'


@mutation("text")
def text_in_the_way(work: Work, rng: Random) -> str:
    texts = [
        "// a comment\n",
        "<<<<<<< HEAD\n",
        ">>>>>>> x\n",
        "\x00",
        ",",
        "}",
        "]",
        "NaN",
        "9" * 10_000,
        "\ufeff",
        "'",
    ]
    texts += ["[" * 10**5, '{"a":' * 10**4, "\u2028", '"' + "x" * 10**6 + '"', "1e999999999", "-", "\\ud800", "\\u00"]
    text, place = rng.choice(texts), rng.randrange(len(work.text) + 1)
    work.text = work.text[:place] + text + work.text[place:]
    return f"{text[:20]!a}, {len(text)} characters, at {place}"


@mutation("text")
def other_json(work: Work, rng: Random) -> str:
    texts = [
        "",
        "[]",
        "{}",
        "null",
        '"x"',
        "0",
        "NaN",
        "[" * 10**6,
        '{"a":' * 10**5,
        "[0" + ",0" * 10**6 + "]",
        "{}\n{}",
    ]
    texts += ["[" * 100 + "]" * 100, "[" + "[]," * 10**6 + "0]", '{"nbformat": 4, "cells": {}}', "9" * 10**6]
    texts += ['{"nbformat": 3, "worksheets": [' + '{"cells": []},' * 10**5 + '{"cells": []}]}']
    texts += ['{"nbformat": 4, "cells": [' + "[]," * 5 * 10**6 + "0]}"]
    work.text = rng.choice(texts)
    return f"{work.text[:40]!a}, {len(work.text)} characters"


# Bytes ----------------------------------------------------------------------------------------------------------------


@mutation("bytes", keeps="mark")
def byte_order_mark(work: Work, rng: Random) -> None:
    work.content = b"\xef\xbb\xbf" + work.content


@mutation("bytes")
def other_encoding(work: Work, rng: Random) -> str:
    encoding = rng.choice(["utf-16", "utf-16-le", "utf-32", "latin-1", "cp1251", "utf-7", "cp500"])
    work.content = work.content.decode("utf-8", "replace").encode(encoding, "replace")
    return encoding


@mutation("bytes")
def packed(work: Work, rng: Random) -> None:
    work.content = gzip.compress(work.content, mtime=0)


def damage(content: bytes, rng: Random) -> tuple[bytes, str]:
    """Bits, spans and ends of a file; and what was done to it."""
    how = rng.choice(["bits", "cut short", "a span gone", "a span twice", "a span of zeros", "noise"])
    start = rng.randrange(len(content) + 1)
    end = min(len(content), start + rng.choice([1, 2, 10, 100, 10_000]))
    span = content[start:end]
    match how:
        case "bits":
            flipped = bytearray(content)
            for _ in range(rng.choice([1, 1, 2, 8, 64]) if content else 0):
                flipped[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
            return bytes(flipped), how
        case "cut short":
            return content[:start], f"{how} to {start}"
    other = {"a span gone": b"", "a span twice": span * 2, "a span of zeros": bytes(len(span))}
    middle = other.get(how, rng.randbytes(len(span)))
    return content[:start] + middle + content[end:], f"{how} at {start}, {len(span)} bytes"


@mutation("bytes")
def damaged_file(work: Work, rng: Random) -> str:
    work.content, how = damage(work.content, rng)
    return how


# The folder -----------------------------------------------------------------------------------------------------------

NAMES = ["Homework 3 (final) (2).ipynb", f"{NAME}-Copy1.ipynb", f"{NAME}.IPYNB", "домашка.ipynb", "a\u0301.ipynb"]
NAMES += [
    "-rf.ipynb",
    "$(x).ipynb",
    "\u202ea.ipynb",
    "x" * 200 + ".ipynb",
    "=1+1.ipynb",
    "a\nb.ipynb",
    "a\x1b[31m.ipynb",
]
NAMES += [f"{FILE}.json", f"{FILE}.txt", f"sub/{FILE}", f"{NAME}/{NAME}/{FILE}"]
ODD = [
    "a b",
    "é",
    "\x07",
    "\x9b",
    "\u202e",
    "a\nb",
    "a\r",
    "..x",
    "x" * 200,
    "-",
    "*",
    "con",
    "a\\b",
    "'\"",
    "=1",
    "%s{}",
]


@mutation("folder", keeps="name")
def other_name(work: Work, rng: Random) -> str:
    work.file = rng.choice(NAMES)
    return ascii(work.file)


@mutation("folder", keeps="files")
def files_beside(work: Work, rng: Random) -> str:
    names = [*(f"{name}.txt" for name in ODD), "data/MNIST/raw/t10k", "logs/table.txt", "model.pth", ".git/config"]
    work.others |= {name: rng.randbytes(rng.choice([0, 10, 1000])) for name in rng.sample(names, rng.randint(1, 6))}
    return ascii(list(work.others))


@mutation("folder", keeps="checkpoints")
def what_programs_leave(work: Work, rng: Random) -> None:
    checkpoint = f".ipynb_checkpoints/{NAME}-checkpoint.ipynb"
    work.others |= {checkpoint: b"{", f"._{FILE}": b"x", ".DS_Store": b"\x00", "__MACOSX/._x": b""}


@mutation("folder", keeps="master-files")
def files_called_like_the_masters(work: Work, rng: Random) -> str:
    names = ["comparison.png", f"{NAME}.html", f"{NAME}.py", "results.json", "questions.json", "grader", "torch"]
    for name in rng.sample(names, 3):
        work.others[rng.choice([name, f"{name}/x.txt"])] = b"x"
    return ascii(list(work.others))


@mutation("folder", keeps="timestamp")
def timestamps(work: Work, rng: Random) -> str:
    times = ["2026-05-03 23:30:07 UTC", "yesterday", "", "9999-99-99", "/etc/localtime", "2026", "\ud800", "1" * 900]
    texts = [*(text.encode("utf-8", "surrogatepass") for text in times), b"\xff", b"x" * 10**5]
    work.others["timestamp.txt"] = text = rng.choice(texts)
    return ascii(text[:30])


KINDS = {
    "a link": lambda path: path.symlink_to("/etc/passwd"),
    "a dangling link": lambda path: path.symlink_to("nowhere"),
    "a link to itself": lambda path: path.symlink_to(path.name),
    "a link to the neighbour": lambda path: path.symlink_to(f"../../aaa_first/{NAME}"),
    "a pipe": os.mkfifo,
    "a folder": lambda path: path.mkdir(),
    "no end": lambda path: path.symlink_to("/dev/zero"),
}


@mutation("folder", keeps="links")
def links_and_pipes(work: Work, rng: Random) -> str:
    chosen = rng.sample(sorted(KINDS), 2)
    work.others |= {name: KINDS[name] for name in chosen}
    return ", ".join(chosen)


@mutation("folder")
def the_notebook_is_none(work: Work, rng: Random) -> str:
    kind = rng.choice(sorted(KINDS))
    work.others[FILE] = KINDS[kind]
    work.file = rng.choice([FILE, "other.ipynb"])
    return kind


@mutation("folder")
def several_notebooks(work: Work, rng: Random) -> str:
    names = rng.sample([*NAMES, "a.ipynb", "b.ipynb"], rng.randint(1, 4))
    work.others |= dict.fromkeys(names, work.content)
    work.file = rng.choice([FILE, "c.ipynb", "a.ipynb"])
    return ascii(names)


@mutation("folder")
def many_files(work: Work, rng: Random) -> str:
    many, deep = rng.choice([(1100, 1), (3, 60), (50, 12)])
    work.others |= {"d/" * deep + f"{number}": b"x" for number in range(many)}
    return f"{many} files, {deep} folders deep"
