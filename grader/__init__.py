"""The autograder. A notebook needs four names: `check`, `hint`, `ready` and `progress`.

They are looked up when they are asked for: nobody else who imports a module of the grader loads what talks to students. At
the top lies the engine, which knows no subject:

model        what an exercise, a case, a verdict and a report are
assignments  which exercises there are; hidden: the cases that students do not see
protocol     the channel into a student's kernel and out of it
kernel       the kernel in which a notebook answers
answer       in it: runs the student's object on a case's inputs
judge        outside: compares; with matching, messages, refusal, diagnosis, formatting, third_party
stand_ins    in the kernel: right earlier parts in place of the student's own
show         reports as text and HTML; drawing: what their pictures are made of
notebooks    reads a notebook that nobody trusts; cells: which of its cells is which
limits       what a submission may use; files: where the project lies, and archives
cli          the command `grader`

`exercises` holds what students may read of each exercise; `student`, `autograde` and `instructor` what each of them uses.
"""

__all__ = ["check", "hint", "progress", "ready"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from grader.student import check

    return getattr(check, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
