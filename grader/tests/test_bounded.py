"""Hostile JSON: counted before it is built, and cut as text; what is let through is what `json` makes of it."""

import contextlib
import json
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.bounded import DEEPEST, MOST, TooComplex, loads, select
from grader.limits import MB

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(["a", "b"]), inner),
)
STYLES = st.fixed_dictionaries({"ensure_ascii": st.booleans(), "indent": st.none() | st.just(1)})


def written(value, style) -> bytes:
    return json.dumps(value, **style).encode("utf-8", "surrogatepass")


def values(value) -> int:
    """The number of values, keys included."""
    if isinstance(value, dict):
        return 1 + sum(1 + values(inner) for inner in value.values())
    return 1 + sum(map(values, value)) if isinstance(value, list) else 1


def depth(value) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(depth, inner), default=0)


@settings(deadline=None)
@given(VALUES, STYLES)
def test_json_is_read_as_json_reads_it(value, style):
    assert loads(written(value, style)) == value


@settings(deadline=None)
@given(VALUES, STYLES)
def test_no_value_goes_uncounted(value, style):
    text = written(value, style)
    loads(text, deepest=depth(value))
    for bounds in ({"most": values(value) - 1}, {"deepest": depth(value) - 1}):
        if min(bounds.values()) >= 1:
            with pytest.raises(TooComplex):
                loads(text, **bounds)


@settings(deadline=None)
@given(VALUES, STYLES)
def test_hardly_more_is_counted_than_is_there(value, style):
    loads(written(value, style), most=2 * values(value))


def test_a_byte_order_mark_is_no_fault():
    assert loads(b"\xef\xbb\xbf[]") == []


LARGE = 2 * MB
HOSTILE = {
    "lists": b"[" + b"[]," * (LARGE // 3) + b"0]",
    "objects": b"[" + b"{}," * (LARGE // 3) + b"0]",
    "numbers": b"[" + b"1," * (LARGE // 2) + b"0]",
    "strings": b"[" + b'"",' * (LARGE // 3) + b"0]",
    "keys": b"{" + b'"":0,' * (LARGE // 5) + b'"":0}',
    "deep lists": b"[" * LARGE,
    "deep objects": b'{"a":' * (LARGE // 5),
    "commas": b"," * LARGE,
    "colons": b":" * LARGE,
    "closed": b"]" * LARGE,
    "a number": b"1" * LARGE,
    "numbers of many digits": b"[" + (b"1" * 5000 + b",") * (LARGE // 5000) + b"0]",
    "an endless string": b'"' * (LARGE + 1),
    "an endless string of quotes": b'"' + b'\\"' * (LARGE // 2),
    "an endless key": b'{"a' + b" " * LARGE,
    "space": b" " * LARGE,
    "no text": b'["' + b"\xff" * LARGE + b'"]',
    "nothing": b"",
}


def memory(function, *arguments, **more) -> int:
    """Bytes that a call needed at its height, whether or not it failed."""
    tracemalloc.start()
    with contextlib.suppress(ValueError):
        function(*arguments, **more)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_what_is_hostile_is_refused_before_it_is_built(text):
    with pytest.raises(ValueError):  # noqa: PT011 (of whatever kind)
        loads(text, most=1000)
    assert memory(loads, text, most=1000) < 3 * LARGE  # `json` itself is given a copy


@pytest.mark.parametrize("text", [b"[" * DEEPEST + b"]" * DEEPEST, b"[" + b"0," * (MOST - 10) + b"0]"])
def test_what_is_within_the_bounds_is_read(text):
    loads(text)


# Cutting


WANTED = {"a": True, "b": {"a": True, "b": {"a": True}}}


def selected(value, wanted):
    """The same, of what JSON says."""
    if wanted is True or not isinstance(value, list | dict):
        return value
    if isinstance(value, list):
        return [selected(inner, wanted) for inner in value]
    return {key: selected(inner, wanted[key]) if key in wanted else 0 for key, inner in value.items()}


@settings(deadline=None)
@given(VALUES, STYLES)
def test_what_is_not_wanted_is_0_and_all_else_is_as_it_was(value, style):
    text = written(value, style)
    cut = select(text, WANTED)
    assert loads(cut) == selected(value, WANTED)
    assert cut.count(b"\n") == text.count(b"\n")
    assert len(cut) <= len(text)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("around", [b"%b", b'{"a": %b, "c": 1}', b'{"c": %b, "a": 1}', b'{"b": [%b, {"c": 1}]}'])
def test_cutting_needs_no_memory_but_for_what_it_returns(text, around):
    text = around % text
    kept = 0
    with contextlib.suppress(TooComplex):
        kept = len(select(text, WANTED, most=1000))
    assert memory(select, text, WANTED, most=1000) < 2 * kept + MB // 4


def test_a_line_of_a_fault_is_told_as_it_stands_in_the_file():
    text = b'{"c": {\n"d": [\n]},\n"a":\n]}'
    with pytest.raises(json.JSONDecodeError) as fault:
        loads(select(text, WANTED))
    assert fault.value.lineno == 5


def test_of_what_breaks_off_nothing_is_kept_from_there():
    text = b'{"b": {"a": 1,\n"a": "' + b"x" * LARGE
    assert len(select(text, WANTED)) < 100
    with pytest.raises(json.JSONDecodeError) as fault:
        loads(select(text, WANTED))
    assert fault.value.lineno == 2


NO_JSON = [b"", b'"', b"]", b'{"c"', b'{"c":', b'{"c": [', b'{"a": 1}]', b'{"a": 1}"', b'{"a" 1}', b'{"a": }']


@pytest.mark.parametrize("text", NO_JSON)
def test_what_is_no_json_stays_none(text):
    with pytest.raises(json.JSONDecodeError):
        loads(select(text, WANTED))


@pytest.mark.parametrize("key", [b"a", b"c"])
def test_what_is_passed_over_is_counted_too(key):
    text = b'{"%b": [%b0]}' % (key, b"[]," * 100)
    select(text, WANTED, most=205)
    with pytest.raises(TooComplex):
        select(text, WANTED, most=204)
