"""Submissions that do as they are told in the process that grades them, for tests of workers."""

import json
import os
import signal
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets.config import Config

from grader.autograde.folders import Given
from grader.autograde.work import Course, Work

NAME = "errand"


class Odd(Exception):
    """Of what some hold, nothing can travel."""


class Obey(NbGraderPreprocessor):
    """The only step of grading."""

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        for order, argument in nb.metadata.items():
            getattr(self, order)(argument)
        nb.metadata = {"process": os.getpid()}
        return nb, resources

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def fail(self, why: str) -> None:
        raise ValueError(why)

    def recurse(self, depth: int) -> None:
        self.recurse(depth + 1)

    def fail_oddly(self, why: str) -> None:
        raise Odd(why, threading.Lock())

    def note(self, file: str) -> None:
        with open(file, "a") as notes:
            notes.write(f"{os.getpid()}\n")

    def die(self, order: Any) -> None:
        """order: a file of notes, and how many times it kills its process."""
        file, times = order
        self.note(file)
        if len(Path(file).read_text().splitlines()) <= times:
            os.kill(os.getpid(), signal.SIGKILL)


class Unpickled:
    """Notes each time that it is."""

    def __init__(self, file: str) -> None:
        self.file = file

    def __reduce__(self) -> tuple:
        return _note, (self.file,)


def _note(file: str) -> "Unpickled":
    Obey().note(file)
    return Unpickled(file)


def course(**more: Any) -> Course:
    return Course("week1", Config(**more), b"", {NAME: Given()}, {}, [], [Obey])


def work(student: str, **orders: Any) -> Work:
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": orders, "cells": []}
    return Work(student, {NAME: json.dumps(notebook).encode()})


class Class:
    """Of students who wait to be asked for their work. taken: how many were."""

    def __init__(self, works: Iterable[Work]) -> None:
        self.works, self.taken = works, 0

    def __iter__(self) -> Iterator[Work]:
        for each in self.works:
            self.taken += 1
            yield each


class Fatal(NbGraderPreprocessor):
    """Work that says so kills the process that grades it."""

    def preprocess_cell(self, cell: Any, resources: Any, index: int) -> tuple[Any, Any]:
        if "kill the grader" in cell.source:
            os.kill(os.getpid(), signal.SIGKILL)
        return cell, resources
