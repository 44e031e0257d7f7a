"""What the text of a cell says: what it defines, what is a stub still, and what makes no difference."""

import time

import pytest

from grader.sources import definitions, provides, stubs, undone, without_formatting, without_layout

RAISE = "raise NotImplementedError('return something')"


@pytest.mark.parametrize(
    "source",
    [
        f"def f(x): {RAISE}",
        f"def f(x):\n    {RAISE}",
        f"def f(x):\n    {RAISE}\n\n\nx = 1",
        f"async def f(x):\n\t{RAISE}",
        f"def f(x):\n    '''Text\nthat says:\n    return it.'''\n    # return\n\n    {RAISE}  # return",
        f"def f(x):\n    y = x + 1\n    {RAISE}",
        "def f(\n    x,\n    y,\n) -> int:\n    raise NotImplementedError(\n        'Write'\n        'it.'\n    )\nx = 1",
        f"class f:\n    def g(self):\n        return 1\n\n    def h(self):\n        {RAISE}\n\n    z = 1",
        "class f(Base):\n    def g(self):\n        raise NotImplementedError",
        f"if True:\n    def f(x):\n        {RAISE}\n    x = 1",
        f"try:\n    class f:\n        def g(self):\n            {RAISE}\nfinally:\n    pass",
    ],
)
def test_what_ends_in_raising_is_a_stub_and_provides_nothing_if_it_was_asked_for(source):
    (stub,) = stubs(source)
    assert stub in ("f", "f.g", "f.h")
    assert "f" in definitions(source)
    assert undone(source, {stub, "g"}) == {"f"}
    assert "f" not in provides(source, {stub, "g"})
    assert undone(source, {"g", "f.other"}) == set()
    assert "f" in provides(source, {"g", "f.other"})


@pytest.mark.parametrize(
    "source",
    [
        f"def f(x):\n    return x\n    {RAISE}",
        f"def f(x):\n    if x: return x\n    {RAISE}",
        f"def f(x):\n    yield x\n    {RAISE}",
        f"def f(x):\n    if x is None:\n        {RAISE}\n    return x",
        f"def f(x):\n    if x is None:\n        {RAISE}\n    x += 1",
        f"def f(x):\n    x += 1\n    if x is None:\n        {RAISE}",
        f"def f(x):\n    return x  # {RAISE}",
        f"def f(x):\n    # {RAISE}\n    pass",
        f'def f(x):\n    """{RAISE}"""',
        "def f(x):\n    raise ValueError",
        f"def f(x):\n    return x\n{RAISE}",
        f"def f(x):\n    return x\n\nif not f:\n    {RAISE}",
    ],
)
def test_what_returns_something_or_may_end_otherwise_is_no_stub(source):
    assert stubs(source) == set()
    assert provides(source) == {"f"}


def test_a_text_may_hold_a_stub_beside_work():
    source = f"def f(x):\n    return x\n\ndef g(x):\n    {RAISE}\n\nh = 1"
    assert (stubs(source), provides(source, {"f", "g"})) == ({"g"}, {"f", "h"})


@pytest.mark.parametrize("again", ["def f(x):\n    return x", "f = max", "f.forward = max"])
def test_of_several_definitions_the_last_counts(again):
    stub = f"def f(x):\n    {RAISE}"
    assert stubs(f"{stub}\n\n{again}") == set()
    assert stubs(f"{again}\n\n{stub}") == {"f"}


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("a = f = g", {"a", "f"}),
        ("(f) = g", {"f"}),
        ("(a, f) = g", {"a", "f"}),
        ("x = 1; f = g", {"x", "f"}),
        ("f = a == b", {"f"}),
        (
            "try:\n    def f(x):\n        y = 1\n\n        def g(): ...\nexcept E:\n    class h:\n        def k(): ...",
            {"f", "h"},
        ),
        ("class f:\n    x = 1\n\n    def g(self): ...\n\n    def h(self): ...", {"f"}),
        ("run(\n    f=3,\n)", set()),
        ('# """\nf = 1\n# """', {"f"}),
        ('"""\nf = 1\n"""', set()),
    ],
)
def test_definitions_are_those_outside_of_functions_and_classes(source, names):
    assert definitions(source) == names


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("from a.b import c", {"c"}),
        ("from .a import b as c, d", {"c", "d"}),
        ("from a import (\n    b,  # (one)\n    c as d,\n)\ne = 1", {"b", "d", "e"}),
        ("a.b = 1", {"a"}),
        ("import a", {"a"}),
        ("import a.b, c as d", {"a", "d"}),
        ("try:\n    from a import b\nexcept E: pass", {"b"}),
        ("def f():\n    x = 1\n\n    from a import b", {"f"}),
        ("a.b == 1", set()),
        ("a.b", set()),
    ],
)
def test_what_is_imported_or_given_an_attribute_is_provided(source, names):
    assert provides(source) == names


@pytest.mark.parametrize("text", ["a\r\n\r\n  b\r\n", "a\r\r  b", "\n\na  \n\t\n  b \t\n\n", "a\n\n  b"])
def test_line_ends_and_blanks_at_the_ends_are_layout(text):
    assert without_layout(text) == "a\n\n  b"


def test_what_a_formatter_changes_is_formatting():
    given = "for a, b in pairs: show(a, {'x': f(b)})"
    formatted = 'for a, b in pairs:\n    show(\n        a,\n        {"x": f(b)},\n    )\n'
    assert without_formatting(formatted) == without_formatting(given)
    assert without_formatting(given) != without_formatting(given.replace("b)", "c)"))


@pytest.mark.parametrize(
    "text",
    [
        "a," * 500_000,
        "a,\n" * 300_000,
        "a" * 10**6,
        "a:" + "=" * 10**6,
        "a: " * 300_000,
        "def\n" * 300_000,
        "a " * 10**6,
        "def f():\n" * 100_000,
        f"def f():\n    {RAISE}\n" * 30_000,
        "class A:\n" + f"    def f():\n        {RAISE}\n" * 30_000,
        "def f():\n" + " return\n" * 100_000 + f" {RAISE}",
        "def f(): x" + ":" * 10**6 + RAISE,
        "def f():\n x" + ":" * 10**5 + " " * 10**5 + RAISE,
        "".join(f"{' ' * (depth % 500)}def f():\n" for depth in range(5000)) + RAISE,
        "from a import (" * 60_000,
        "from a import b" + " " * 10**6,
        "\"\"\"'''" * 100_000,
        "#" * 10**6,
        "a." * 500_000,
        "a" + " " * 10**6 + "b",
        "a=" * 500_000,
        ";a: b" * 200_000,
        "(a)," * 300_000,
        ";" * 10**6,
        "import " * 100_000,
        "".join(f"{' ' * (depth % 500)}class A:\n" for depth in range(5000)),
    ],
    ids=lambda text: ascii(text[:20]),
)
def test_what_a_hostile_text_says_is_found_in_no_time(text):
    """Of the processor's: in time that grew with the square of the length, it would be minutes."""
    started = time.process_time()
    provides(text)
    without_layout(text)
    without_formatting(text)
    assert time.process_time() - started < 10
