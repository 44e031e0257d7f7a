"""What is read from the program that reports: records, up to a size and a time, and whatever else as the end of all."""

import os
import threading

import pytest

from grader.autograde.sandbox.channel import UNREADABLE, Channel, Stop
from grader.limits import KB, MB, Limits


class Over:
    """A limit of time."""

    def __init__(self, over: bool, starved: bool = False) -> None:
        self.is_over = lambda: over
        self.is_starved = lambda: starved


TIME = {"too late": Over(False)}


@pytest.fixture
def pipe():
    """A channel, and the file that the other end writes to."""
    read_end, write_end = os.pipe()
    with os.fdopen(read_end), os.fdopen(write_end, "wb", buffering=0) as file:
        yield Channel(read_end, Limits(answers=0, notebook_output=0)), file


def test_records_are_read_one_by_one(pipe):
    channel, file = pipe
    file.write(b'{"ready": true}\n{"cell": 1}\n{"ce')
    assert channel.record(TIME) == {"ready": True}
    assert channel.record(TIME) == {"cell": 1}
    file.write(b'll": 2}\n')
    assert channel.record(TIME) == {"cell": 2}
    file.close()
    with pytest.raises(EOFError):
        channel.record(TIME)


@pytest.mark.parametrize(
    "line", [b"[]", b"3", b"{", b"\xff", b"[" * 10_000, b'{"outputs": [' + b"[]," * 200_000 + b"[]]}"]
)
def test_what_is_no_record_is_the_end(pipe, line):
    channel, file = pipe
    writer = threading.Thread(target=file.write, args=[line + b"\n"])  # a pipe holds less than the longest
    writer.start()
    with pytest.raises(Stop, match=UNREADABLE):
        channel.record(TIME)
    writer.join()


@pytest.mark.parametrize("starved", [False, True])
def test_a_limit_that_is_over_is_the_end_even_while_something_comes(pipe, starved):
    channel, file = pipe
    file.write(b"x")
    with pytest.raises(Stop, match="too late") as caught:
        channel.record({"far": Over(False, starved=True), "too late": Over(True, starved)})
    assert caught.value.starved is starved


def test_more_than_may_come_is_the_end(pipe):
    channel, file = pipe
    channel.left = 4 * KB
    file.write(b"x" * 8 * KB)
    with pytest.raises(Stop, match="Output limit"):
        channel.record(TIME)
    assert Channel(0, Limits(answers=1, notebook_output=1)).left == 5 * MB + KB
