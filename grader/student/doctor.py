"""Has this machine what the course needs? Behind `grader doctor`: one line per finding, and beneath it what helps.

Students need Python, the packages, Jupyter's kernel and data; instructors besides a sandbox to grade in.
"""

import os
import platform
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from grader.files import ROOT
from grader.student.hiding import OURS, hiding

MOST_NAMED = 5  # packages in one line
REINSTALL = "rm -f .venv/.ready && make setup          (conda: conda env update --file environment.yml)"


@dataclass(frozen=True)
class Finding:
    """good: True, False, or None for what is worth knowing and no fault. remedy: lines on what to do."""

    good: bool | None
    what: str
    remedy: str = ""


def findings() -> Iterator[Finding]:
    if (ROOT / "pyproject.toml").is_file():
        yield python()
        yield packages(ROOT / "requirements.lock")
    else:
        yield Finding(
            False,
            f"the course is not installed in its place: there is no pyproject.toml in {ROOT}",
            "python -m pip install --no-deps --no-build-isolation --editable FOLDER_OF_THE_COURSE",
        )
    yield kernel()
    yield gpu()
    yield from datasets()
    yield from folders()
    if getattr(find_spec("solutions"), "origin", None) is None:  # a folder that happens to be called so has none
        yield Finding(None, "grading: for the instructor's machine; there are no solutions here, nor need there be")
        return
    yield Finding(True, "solutions: installed, so the hidden cases are at hand")
    try:
        yield from _sandbox()
    except ModuleNotFoundError as problem:
        yield Finding(False, f"sandbox: cannot be looked for without the package {problem.name}", REINSTALL)


def python() -> Finding:
    from packaging.specifiers import SpecifierSet

    what = f"Python {platform.python_version()} in {sys.prefix}, {platform.system()} {platform.release()}"
    supported = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    if platform.python_version() in SpecifierSet(supported):
        return Finding(True, what)
    return Finding(False, f"{what}; the course needs {supported}", "PYTHON=/path/to/python make setup")


def packages(lock: Path) -> Finding:
    """Are the packages those of the lock, as far as they are for this system?"""
    from packaging.requirements import Requirement

    lines = [line for line in lock.read_text().splitlines() if line and not line.startswith("#")]
    required = [pin for pin in map(Requirement, lines) if pin.marker is None or pin.marker.evaluate()]
    differing = [problem for pin in required if (problem := _difference(pin))]
    if not differing:
        return Finding(True, f"packages: all {len(required)} of {lock.name}, in its versions")
    more = f" and {len(differing) - MOST_NAMED} more" if len(differing) > MOST_NAMED else ""
    named = ", ".join(differing[:MOST_NAMED])
    return Finding(
        False, f"packages: {len(differing)} of {len(required)} are not as in {lock.name}: {named}{more}", REINSTALL
    )


def _difference(pin) -> str | None:
    try:
        installed = version(pin.name)
    except PackageNotFoundError:
        return f"{pin.name} is missing"
    if pin.specifier.contains(installed, prereleases=True):  # 2.13.0+cpu is a 2.13.0
        return None
    return f"{pin.name} is {installed} instead of {str(pin.specifier).removeprefix('==')}"


def kernel() -> Finding:
    """Does the kernel that notebooks name start this Python, and not another with other packages?"""
    try:
        from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

        program = KernelSpecManager().get_kernel_spec("python3").argv[0]
    except ModuleNotFoundError as problem:
        return Finding(False, f"kernel: cannot be looked for without the package {problem.name}", REINSTALL)
    except NoSuchKernel:
        return Finding(False, "kernel: Jupyter knows no python3", REINSTALL)
    except Exception as problem:  # whatever a damaged kernel.json makes of jupyter_client
        return Finding(False, f"kernel: what Jupyter knows of python3 cannot be read ({problem})", REINSTALL)
    # For bare names like these jupyter_client starts its own Python. Links are not followed: in every environment,
    # python is a link to the one Python that made it.
    ours = re.fullmatch(r"python(3(\.\d+)?)?", program) or os.path.dirname(program) == os.path.dirname(sys.executable)
    if ours and find_spec("ipykernel") is None:
        return Finding(False, "kernel: the package ipykernel is missing", REINSTALL)
    if ours:
        return Finding(True, "kernel: python3 starts this Python")
    return Finding(
        False,
        f"kernel: python3 starts {program}, which is another Python than this",
        f"{sys.executable} -m ipykernel install --sys-prefix --name python3",
    )


def gpu() -> Finding:
    try:
        import torch
    except ImportError as problem:
        return Finding(False, f"GPU: torch cannot be imported: {problem}", REINSTALL)
    if torch.cuda.is_available():
        return Finding(True, f"GPU: {torch.cuda.get_device_name()}")
    return Finding(
        None, "GPU: none that torch can use; the CPU will do for the quick look that notebooks take as they are"
    )


def datasets() -> Iterator[Finding]:
    try:
        from data import REMEDIES, root
    except ImportError as problem:
        yield Finding(False, f"data: cannot be imported: {problem}", REINSTALL)
        return
    for name, remedy in REMEDIES.items():
        if (root() / name).is_dir():
            yield Finding(True, f"data: {name} in {root() / name}")
        else:
            yield Finding(None, f"data: no {name} in {root()}", remedy)


def folders() -> Iterator[Finding]:
    """What lies beside the notebooks of the course, and in the working directory, and hides a module from a notebook there.

    What hides one of Python's, or a library's, is no fault as long as no cell needs it.
    """
    places = {folder.resolve() for folder in (Path(), *(ROOT / "notebooks").glob("*/"))}
    hidden = {sentence: name in OURS for folder in sorted(places) for name, sentence in hiding(folder)}
    for sentence, ours in hidden.items():
        yield Finding(False if ours else None, f"notebooks: {sentence}")
    if not hidden:
        yield Finding(True, "notebooks: nothing beside them hides a module from them")


def _sandbox() -> Iterator[Finding]:
    from grader.autograde.sandbox import bubblewrap, cgroup, trial
    from grader.limits import Limits

    limits = Limits()
    try:
        bwrap = bubblewrap.find_bwrap()
        yield Finding(True, f"bubblewrap: {bwrap}")
        trial.try_out(bwrap, limits)
    except bubblewrap.NoSandbox as problem:
        what, _, remedy = str(problem).partition("\n")
        yield Finding(False, what, remedy)
        return
    yield Finding(True, "a notebook runs in the sandbox")
    group = cgroup.find(limits)
    if group is None:
        yield Finding(
            None,
            "no control groups: memory is limited for each process of a notebook, not for all together, and who has "
            "many processes has more of the CPU",
            "Where systemd runs, log in as a user with a session of its own (loginctl enable-linger), or grade as root.",
        )
    else:
        group.close()
        yield Finding(True, f"memory and processes are limited by {group.name}")
