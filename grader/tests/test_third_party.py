"""A call into a library that does the work is seen, by whatever name it was imported."""

import cProfile
import sys
from types import ModuleType

import pytest

from grader import third_party
from grader.exercises import LIBRARIES


def module(name: str, source: str = "def work(*arguments): return arguments") -> ModuleType:
    """A module that stands for one of a library, without the library."""
    made = ModuleType(name)
    exec(source, made.__dict__)
    return made


@pytest.mark.parametrize(
    ("name", "library"),
    [
        ("oml", "oml"),
        ("oml.losses.triplet", "oml"),
        ("pytorch_metric_learning", "pytorch_metric_learning"),
        ("pytorch_metric_learning.miners", "pytorch_metric_learning"),
        ("catalyst.contrib.losses", "catalyst.contrib.losses"),
        ("catalyst.contrib.losses.triplet", "catalyst.contrib.losses"),
        ("catalyst.contrib.data.sampler_inbatch", "catalyst.contrib.data.sampler_inbatch"),
    ],
)
def test_a_module_of_a_library_is_known(name, library):
    assert third_party.library(name, LIBRARIES) == library


@pytest.mark.parametrize(
    "name",
    [
        "omlet",
        "my.oml",
        "OML",
        "pytorch_metric_learning_too",
        "catalyst",
        "catalyst.contrib",
        "catalyst.contrib.losses_",
        "catalyst.contrib.data.sampler",
        "torch.nn",
        "__main__",
        "",
        None,
        3,
        ["oml"],
    ],
)
def test_any_other_module_is_not(name):
    assert third_party.library(name, LIBRARIES) is None


@pytest.mark.parametrize("name", LIBRARIES)
def test_a_call_is_seen_under_any_name(name):
    renamed = {"mine": module(f"{name}.deep").work}
    with third_party.watch(LIBRARIES) as called:
        renamed["mine"](1)
    assert called == {name}


def test_a_call_from_within_other_code_is_seen():
    helper = module("student", "def helper(work): return [work(n) for n in range(2)]").helper
    with third_party.watch(LIBRARIES) as called:
        helper(module("oml").work)
    assert called == {"oml"}


def test_a_method_a_constructor_and_a_generator_are_calls():
    source = "class Loss:\n    def __init__(self): pass\ndef pairs(): yield 1"
    for use in (lambda library: library.Loss(), lambda library: next(library.pairs())):
        library = module("oml", source)
        with third_party.watch(LIBRARIES) as called:
            use(library)
        assert called == {"oml"}


def test_several_libraries_are_all_named():
    with third_party.watch(LIBRARIES) as called:
        module("oml").work()
        module("pytorch_metric_learning.losses").work()
    assert called == {"oml", "pytorch_metric_learning"}


def test_what_is_only_at_hand_or_called_elsewhere_is_not_reported():
    library = module("oml")
    library.work()
    with third_party.watch(LIBRARIES) as called:
        assert library.work
        module("torch").work()
        len("a call of a builtin")
    library.work()
    assert called == set()


def test_without_libraries_nothing_is_watched():
    before = sys.getprofile()
    with third_party.watch(()) as called:
        assert sys.getprofile() is before
        module("oml").work()
    assert called == set()


def test_a_call_from_before_is_not_reported_when_it_returns():
    watch = third_party.watch(LIBRARIES)
    called = module("oml", "def start(watch): return watch.__enter__()").start(watch)
    watch.__exit__(None, None, None)
    assert called == set()


@pytest.mark.parametrize("name", [None, 3, ["oml"]])
def test_a_module_that_hides_its_name_does_no_harm(name):
    anonymous = module("oml")
    anonymous.__dict__["__name__"] = name
    with third_party.watch(LIBRARIES) as called:
        anonymous.work()
    assert called == set()


def test_code_without_a_module_name_does_no_harm():
    names: dict = {}
    exec("def work(): return 1", names)
    with third_party.watch(LIBRARIES) as called:
        assert names["work"]() == 1
    assert called == set()


def test_watching_ends_with_an_error_and_leaves_the_profiler_that_was_there():
    def profiler(*_):
        pass

    before = sys.getprofile()
    sys.setprofile(profiler)
    try:
        with pytest.raises(ZeroDivisionError), third_party.watch(LIBRARIES):
            1 / 0  # noqa: B018
        assert sys.getprofile() is profiler
    finally:
        sys.setprofile(before)


def test_a_profiler_written_in_c_goes_on_afterwards():
    profiler = cProfile.Profile()
    profiler.enable()
    try:
        with third_party.watch(LIBRARIES) as called:
            module("oml").work()
        sorted([3, 1])
    finally:
        profiler.disable()
    assert called == {"oml"}
    assert any("sorted" in str(entry.code) for entry in profiler.getstats())


def test_each_watch_starts_afresh():
    with third_party.watch(LIBRARIES):
        module("oml").work()
    with third_party.watch(LIBRARIES) as called:
        pass
    assert called == set()
