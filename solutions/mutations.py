"""Wrong solutions by the hundred: one or two slips in a right one, each with a sentence made from its kind and its place.

A chapter's own are in the module beside it, CHAPTER_mutations.py: MUTATIONS, target -> slips, each an edit of the plain
solution or of another right one, most of them made by the kinds below. Of the slips of one place the commonest stands
first, and so does the place where most slips are made. Pairs of slips in two places follow by themselves, the commonest
first, MOST_PAIRS of them for a target.

What is right on all visible cases is left out, and so are pairs that answer all of them as a known mistake (MUTANTS) or a
single slip does.
"""

import ast
import importlib
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from importlib.util import find_spec
from itertools import combinations
from typing import Any

import numpy as np

from grader import assignments
from grader.answer import answer
from grader.judge import judge_case
from grader.model import Case, Exercise, Target
from solutions import mutants
from solutions.mutants import Mutant

MOST_PAIRS = 60
Mutations = Iterator[Mutant]

# Kinds -----------------------------------------------------------------------------------------------------------------


def slip(place: str, edits: Mapping[str, str], says: str) -> Mutant:
    """Whatever is of no kind. It is named by the first part of its sentence, which says what the code does."""
    return Mutant(re.split(r"[;.:?](?: |$)", says)[0], "", edits, faults=(says,), place=place)


def at(place: str, right: str, wrong: Mapping[str, str]) -> Mutations:
    """Other code in the place of what is right; code -> sentence."""
    return (slip(place, {right: code}, says) for code, says in wrong.items())


def edited(base: str, slips: Iterable[Mutant]) -> Mutations:
    """Slips in another right solution than the plain one."""
    return (replace(mutant, base=base) for mutant in slips)


def terms(text: str, words: Mapping[str, str]) -> Mutations:
    """A sum with a term left out, its sign turned, or taken twice. words: the code of a term -> what it is called."""
    signed = list(_terms(ast.parse(text, mode="eval").body, "+"))
    for i, (sign, term) in enumerate(signed):
        name = words[term]
        add, added = ("add", "added") if sign == "+" else ("subtract", "subtracted")
        other = {"+": "-", "-": "+"}[sign]
        for wrong, says in (
            ([], f"is not {added}." if i else "is left out."),
            ([(other, term)], f"is {'subtracted' if sign == '+' else 'added'}; {add} it."),
            ([(sign, term)] * 2, f"is {added} twice."),
        ):
            new = " ".join(f"{sign} {term}" for sign, term in [*signed[:i], *wrong, *signed[i + 1 :]])
            yield slip(name, {text: new.removeprefix("+ ")}, f"{_first(name)} {says}")


def _terms(node: ast.expr, sign: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
        right = "+" if isinstance(node.op, ast.Add) == (sign == "+") else "-"
        yield from _terms(node.left, sign)
        yield from _terms(node.right, right)
    else:
        yield sign, ast.unparse(node)


def squared(words: Mapping[str, str], together: str = "") -> Mutations:
    """Squared distances with another power, or a mean in place of the sum; one of them, or all of them `together`.

    words: code that ends in .square().sum(dim=...) -> what it is called.
    """
    for new, says in (
        (".norm({})", "not squared"),
        (".square().mean({})", "averaged over the coordinates; sum them"),
        (".abs().sum({})", "made of absolute differences; square them, then sum"),
        (".abs().sum({}).square()", "made of absolute differences, summed and then squared; square them, then sum"),
        (".sum({}).square()", "made of differences, summed and then squared; square them, then sum"),
        (".square().sum({}).square()", "squared twice"),
    ):
        edits = {}
        for text, name in words.items():
            head, dim = re.fullmatch(r"(.*)\.square\(\)\.sum\((dim=-?\d)\)", text).groups()
            edits[name] = {text: head + new.format(dim)}
        if together:
            everywhere = {old: new for edit in edits.values() for old, new in edit.items()}
            yield slip(together, everywhere, f"{_first(together)} are {says}.")
        for name, edit in edits.items():
            verb, alone = ("is", " (the other one is right)") if together else ("are", "")
            yield slip(name, edit, f"{_first(name)} {verb} {says}{alone}.")


def _first(name: str) -> str:
    """As the first words of a sentence; symbols stay as they are."""
    return re.sub("^the", "The", name)


def constant(text: str, argument: str, called: str, *values: float) -> Mutations:
    """Numbers in place of an argument."""
    for value in values:
        new = re.sub(rf"(?<![\w.])(self\.)?{argument}\b", str(value), text)
        says = f"{called} = {value} is used whatever is asked for; use the argument {argument}."
        yield slip(called, {text: new}, says)


def detached(words: Mapping[str, str]) -> Mutations:
    """Parts through which no gradient flows; code -> what it is called."""
    for text, name in words.items():
        yield slip("the gradient", {text: f"{text}.detach()"}, f"No gradient flows through {name}.")


# All of an assignment --------------------------------------------------------------------------------------------------


@cache
def of(assignment: str) -> tuple[Mutant, ...]:
    """All that are wrong on some visible case; of pairs those that do not look like something simpler."""
    known = [(mutant, behaviour(mutant)) for mutant in (*mutants.of(assignment), *singles(assignment))]
    slips = [mutant for mutant, how in known[len(mutants.of(assignment)) :] if any(how)]
    simple = {(mutant.target, how) for mutant, how in known}
    twice = [pair for pair in pairs(slips) if any(how := behaviour(pair)) and (pair.target, how) not in simple]
    return *slips, *twice


def singles(assignment: str) -> tuple[Mutant, ...]:
    """All of one slip, also those that do no harm or the same as another."""
    modules = (f"{chapter.__name__}_mutations" for chapter in mutants.chapters(assignment))
    named = (
        replace(mutant, name=f"{target}: {mutant.name}", target=target, assignment=assignment)
        for module in modules
        if find_spec(module)  # a chapter may do without
        for target, slips in importlib.import_module(module).MUTATIONS.items()
        for mutant in slips
    )
    count = Counter()
    return tuple(_numbered(mutant, count) for mutant in named)


def _numbered(mutant: Mutant, count: Counter) -> Mutant:
    """With a number behind its name, if it is not the first of that name."""
    count[mutant.name] += 1
    number = count[mutant.name]
    return mutant if number == 1 else replace(mutant, name=f"{mutant.name} ({number})")


def pairs(slips: Iterable[Mutant]) -> tuple[Mutant, ...]:
    """Of two slips each, in two places of one solution. How common a slip is falls with its number in its place, and more
    slowly with the number of that place."""
    ranked, places = [], {}
    for mutant in slips:
        of_base = places.setdefault((mutant.target, mutant.base), {})
        of_place = of_base.setdefault(mutant.place, [])
        of_place.append(mutant)
        ranked.append((len(of_place) * math.sqrt(list(of_base).index(mutant.place) + 1), mutant))
    found, count = [], Counter()
    for (_, one), (_, other) in sorted(combinations(ranked, 2), key=lambda pair: pair[0][0] * pair[1][0]):
        alike = (one.target, one.base) == (other.target, other.base) and one.place != other.place
        if alike and count[one.target] < MOST_PAIRS and (pair := _both(one, other)):
            found.append(pair)
            count[one.target] += 1
    return tuple(found)


def _both(one: Mutant, other: Mutant) -> Mutant | None:
    """A pair, unless one edit touches what the other one writes."""
    pair, reverse = (
        replace(
            one,
            name=f"{one.name}; {other.name.removeprefix(f'{one.target}: ')}",
            edits=edits,
            faults=one.faults + other.faults,
            place=f"{one.place} and {other.place}",
        )
        for edits in ({**one.edits, **other.edits}, {**other.edits, **one.edits})
    )
    try:
        return pair if pair.source == reverse.source else None
    except ValueError:
        return None


# What they answer ------------------------------------------------------------------------------------------------------


@cache
def exercises(assignment: str, target: str) -> tuple[Exercise, ...]:
    return tuple(each for each in assignments.exercises(assignment).values() if each.target.name == target)


def behaviour(mutant: Mutant) -> tuple[str, ...]:
    """What it answers to each visible case, up to its tolerance; nothing where that is right."""
    of_target = exercises(mutant.assignment, mutant.target)
    return tuple(_wrong(mutant, exercise, case) for exercise in of_target for case in exercise.cases)


@cache
def answered(student: Any, assignment: str, exercise: str, case: str) -> dict[str, Any]:
    """What an object answers to a visible case."""
    asked = assignments.exercises(assignment)[exercise]
    of_name = next(each for each in asked.cases if each.name == case)
    return unwatched(asked.target, student, of_name.inputs, of_name.gradient, of_name.before)


def unwatched(target: Target, *arguments: Any) -> dict[str, Any]:
    """`grader.answer.answer`, but which libraries are called is not watched: that takes most of the time."""
    return answer(replace(target, third_party=()), *arguments)


def _wrong(mutant: Mutant, exercise: Exercise, case: Case) -> str:
    case = replace(case, mistakes={})
    given = answered(mutant.object, mutant.assignment, exercise.name, case.name)
    verdict = judge_case(exercise, case, given)
    if verdict.passed:
        return ""
    if raised := given.get("raised"):
        return f"{raised['type']}: {raised['message']}"
    if verdict.given is None:
        return verdict.reason
    digits = round(-math.log10(case.tolerance))
    outputs = {name: (str(value.dtype), _rounded(value, digits)) for name, value in verdict.given.items()}
    if exercise.target.free_row_order and verdict.given.keys() == set(exercise.target.outputs):
        return str(sorted(zip(*(rows for _, rows in outputs.values()), strict=False)))
    return str(outputs)


def _rounded(value: np.ndarray, digits: int) -> list | str:
    if value.ndim:
        return [_rounded(row, digits) for row in value]
    return f"{round(float(value), digits) + 0.0:.{digits + 1}g}"
