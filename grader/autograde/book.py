"""A gradebook that is opened once, and saved once for each submission.

nbgrader opens its gradebook anew for every question and saves after every cell, which takes longer than the questions,
and leaves half of a submission in it when something fails in between.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from nbgrader.api import (
    Assignment,
    Base,
    BaseCell,
    Course,
    Grade,
    Gradebook,
    GradeCell,
    MissingEntry,
    Notebook,
    SolutionCell,
    SourceCell,
    TaskCell,
)
from sqlalchemy import create_engine, insert, select, update
from sqlalchemy.orm import Session, scoped_session, sessionmaker


class _Together(Session):
    def commit(self) -> None:
        self.flush()
        self.expire_all()

    def save(self) -> None:
        super().commit()


class Book(Gradebook):
    """A gradebook whose tables are there. What nbgrader commits in it is kept together until `save`."""

    def __init__(self, url: str, course_id: str = "") -> None:
        self.url, self.course_id, self.authenticator = url, course_id, None
        self.engine = create_engine(url)
        self.db = scoped_session(sessionmaker(bind=self.engine, class_=_Together, autoflush=False))

    def save(self) -> None:
        """Save what was entered, all of it or nothing."""
        self.db().save()

    def drop(self) -> None:
        """Forget what was entered and not saved; let go of the database until the next question."""
        self.db.remove()

    def close(self) -> None:
        """nbgrader does, after every question. See `opened`."""


def create(url: str, course_id: str) -> None:
    """Make what a gradebook lacks of tables, and the row of its course."""
    with Gradebook(url, course_id):
        pass


@contextmanager
def opened(book: Book) -> Iterator[Book]:
    """Inside of this, and in this thread, whatever nbgrader opens as a Gradebook of the book's address is the book."""
    open_anew, here = Gradebook.__init__, threading.get_ident()

    def open_(self: Gradebook, db_url: str, *arguments: Any, **more: Any) -> None:
        if db_url == book.url and threading.get_ident() == here:
            self.__class__, self.__dict__ = Book, book.__dict__
        else:
            open_anew(self, db_url, *arguments, **more)

    Gradebook.__init__ = open_
    try:
        yield book
    finally:
        Gradebook.__init__ = open_anew
        book.drop()
        book.engine.dispose()


def forget_scores(book: Gradebook, assignment: str, notebook: str, student: str) -> None:
    """Take back the automatic scores of an earlier grading, so that none outlives the work that it was given for. Manual
    scores and comments stay."""
    try:
        submission = book.find_submission_notebook(notebook, assignment, student)
    except MissingEntry:
        return  # nothing was handed in before
    forgotten = {"auto_score": None, "needs_manual_grade": True}
    book.db.execute(update(Grade).where(Grade.notebook_id == submission.id).values(forgotten))


def extract(book: Gradebook, assignment: str) -> bytes:
    """A gradebook, as a file of SQLite's, that holds the assignment as it was given out: no student, and no score.

    Raises:
        nbgrader.api.MissingEntry: there is no such assignment.
    """
    found = book.find_assignment(assignment)
    notebooks = [notebook.id for notebook in found.notebooks]
    cells = select(BaseCell.id).where(BaseCell.notebook_id.in_(notebooks))
    wanted = {
        Course: Course.id == found.course_id,
        Assignment: Assignment.id == found.id,
        Notebook: Notebook.id.in_(notebooks),
        SourceCell: SourceCell.notebook_id.in_(notebooks),
        BaseCell: BaseCell.notebook_id.in_(notebooks),
        **{kind: kind.__table__.c.id.in_(cells) for kind in (GradeCell, SolutionCell, TaskCell)},
    }
    with closing(sqlite3.connect(":memory:")) as connection:
        engine = create_engine("sqlite://", creator=lambda: connection)
        Base.metadata.create_all(engine)
        with engine.begin() as copy:
            for kind, condition in wanted.items():
                if rows := book.db.execute(select(kind.__table__).where(condition)).mappings().all():
                    copy.execute(insert(kind.__table__), [dict(row) for row in rows])
        return connection.serialize()
