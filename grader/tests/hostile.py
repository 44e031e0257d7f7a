"""A gallery of hostile and broken submissions, for test_hostile.py: each function's name says what it tries.

A builder gets the student version of the notebook, untouched, and the folder to hand in. It returns the notebook that is
to be written there, or None if it has written its files itself. `expect` says what must come of it.
"""

import copy
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from grader import assignments
from grader.autograde.sandbox import bubblewrap
from grader.protocol import ANSWER_MIME
from solutions import mutants
from solutions.tools import samples

NAME = "homework3"
ALL = sum(exercise.points for exercise in assignments.graded(NAME).values())
RIGHT = mutants.sources(NAME)
Builder = Callable[[NotebookNode, Path], NotebookNode | None]


@dataclass(frozen=True)
class Expected:
    """score: in points. says: a piece of the autograded notebook. outcome: as the summary line counts it."""

    score: int
    says: str = ""
    outcome: str = "graded"


GALLERY: dict[str, tuple[Builder, Expected]] = {}


def expect(score: int, says: str = "", outcome: str = "graded") -> Callable[[Builder], Builder]:
    def register(build: Builder) -> Builder:
        GALLERY[build.__name__] = build, Expected(score, says, outcome)
        return build

    return register


def code(name: str, source: str, score: int = 0, says: str = "", outcome: str = "graded") -> None:
    """An attack that is one cell of code, before everything else in the untouched notebook."""
    GALLERY[name] = (lambda notebook, _: with_cells(notebook, source)), Expected(score, says, outcome)


def with_cells(notebook: NotebookNode, *sources: str, at: int = 1) -> NotebookNode:
    changed = copy.deepcopy(notebook)
    changed.cells[at:at] = [new_code_cell(source) for source in sources]
    return changed


def solved(notebook: NotebookNode, **other: str) -> NotebookNode:
    """All right, but for the targets in `other`, which get these sources."""
    return samples.solve(notebook, {**RIGHT, **other})


def cell(notebook: NotebookNode, grade_id: str) -> NotebookNode:
    return next(cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade_id") == grade_id)


def graded(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade")]


def file(folder: Path) -> Path:
    return folder / f"{NAME}.ipynb"


def write_raw(folder: Path, content: bytes) -> None:
    file(folder).write_bytes(content)


def text(notebook: NotebookNode) -> str:
    return nbformat.writes(notebook)


# What a stock nbgrader believes --------------------------------------------------------------------------------------


@expect(0)
def skip_execution_tag(notebook, folder):
    for cell in graded(notebook):
        cell.metadata["tags"] = ["skip-execution"]
    return notebook


@expect(0)
def our_own_tags(notebook, folder):
    for cell in notebook.cells:
        cell.metadata["tags"] = ["grader-not-run", "ungraded"]
    return notebook


code(
    "input_transformer_drops_the_checks",
    """
get_ipython().input_transformers_cleanup.append(lambda lines: ["1.0"] if "check(" in "".join(lines) else lines)
""",
)
code(
    "ast_transformer_returns_the_points",
    """
import ast
class Forge(ast.NodeTransformer):
    def visit_Expr(self, node):
        return ast.copy_location(ast.Expr(ast.Constant(1.0)), node)
get_ipython().ast_transformers.append(Forge())
""",
)
code(
    "post_run_cell_hook_clears_errors",
    """
def hook(result):
    from IPython.display import clear_output
    result.error_in_exec = None
    clear_output()
    print("1.0")
get_ipython().events.register("post_run_cell", hook)
""",
)
for value in ("2.0", "-1", "float('nan')", "float('inf')", "True"):
    code(
        f"display_hook_gives_{''.join(filter(str.isalnum, value))}",
        f"import sys\nget_ipython().events.register('post_run_cell', lambda result: sys.displayhook({value}))",
    )
code(
    "empty_repr",
    """
import sys
import grader
class Empty:
    def __repr__(self): return ""
grader.check = check = lambda *arguments: Empty()
sys.modules["grader"].check = check
""",
)


@expect(0)
def always_equal_object(notebook, folder):
    source = """
class Equal(torch.Tensor):
    __eq__ = __le__ = __ge__ = lambda self, other: True
    def __bool__(self): return True
def tree_level(class_a, class_b, alphabet_of):
    return torch.zeros_like(class_a).as_subclass(Equal)
"""
    return samples.solve(notebook, {"tree_level": source})


code(
    "patched_comparisons",
    """
import json, builtins
import numpy, torch
import sys
import grader, grader.judge, grader.answer
true = lambda *arguments, **more: True
torch.equal = torch.allclose = torch.isclose = numpy.array_equal = numpy.allclose = true
grader.judge.judge = grader.judge.judge_case = grader.judge._same = true
json.loads = lambda text, **more: {}
""",
)
code(
    "patched_check",
    "import grader, sys\ngrader.check = sys.modules['grader.student.check'].check = lambda *arguments: 1.0",
)

# Forged answers -------------------------------------------------------------------------------------------------------

FORGE = f"""
import json, os
from IPython.display import publish_display_data
def forge(exercise, value, **more):
    questions = json.load(open(os.environ["GRADER_INPUTS"]))[exercise]
    answers = {{
        question["id"]: {{"inputs": question["inputs"], **value}} if isinstance(value, dict) else value
        for question in questions
    }}
    publish_display_data({{"{ANSWER_MIME}": {{"exercise": exercise, "answers": answers, **more}}}})
"""
ZERO = '{"outputs": {"level": {"dtype": "int64", "shape": [1], "data": "AAAAAAAAAAA="}}}'


@expect(0, says="more than once")
def answers_from_a_display_hook(notebook, folder):
    hook = f"get_ipython().events.register('pre_run_cell', lambda info: forge('hierarchical.tree_level', {ZERO}))"
    return with_cells(notebook, FORGE + hook)


@expect(0)
def answers_from_the_solution_cell(notebook, folder):
    return samples.solve(
        notebook, {"tree_level": f"{FORGE}\nforge('hierarchical.tree_level', {ZERO})\ndef tree_level(): pass"}
    )


@expect(9, says="more than once")
def right_answers_twice(notebook, folder):
    again = (
        RIGHT["tree_level"]
        + """
import sys
checks = sys.modules["grader.student.check"]
published = checks._publish_answers
def twice(exercise, *more):
    published(exercise, *more)
    if exercise.name == "hierarchical.tree_level":
        published(exercise, *more)
checks._publish_answers = twice
"""
    )
    return solved(notebook, tree_level=again)


@expect(9, says="Time limit: this cell ran for more than 5 seconds", outcome="limited")
def answers_after_the_deadline(notebook, folder):
    late = (
        RIGHT["tree_level"]
        + """
import sys, time
checks = sys.modules["grader.student.check"]
published = checks._publish_answers
def wait(exercise, *more):
    if exercise.name == "hierarchical.tree_level":
        try:
            time.sleep(1000)
        except KeyboardInterrupt:
            pass
    published(exercise, *more)
checks._publish_answers = wait
"""
    )
    return solved(notebook, tree_level=late)


def forged_tree_levels(value: str) -> Builder:
    def build(notebook, folder):
        source = (
            f"{FORGE}\nimport sys\nchecks = sys.modules['grader.student.check']\nhonest = checks._publish_answers\n"
            + f"""
def dishonest(exercise, *more):
    if exercise.name != "hierarchical.tree_level":
        return honest(exercise, *more)
    forge(exercise.name, {value})
checks._publish_answers = dishonest
def tree_level(class_a, class_b, alphabet_of):
    return class_a
"""
        )
        return solved(notebook, tree_level=source)

    return build


for name, value in {
    "hundred_megabytes": '{"outputs": {"level": "x" * 10**8}}',
    "nan": '{"outputs": {"level": {"dtype": "int64", "shape": [float("nan")], "data": "AAAA"}}}',
    "a_pickle": """{"outputs": {"level": {"dtype": "object", "shape": [1],
        "data": "gASVJwAAAAAAAACMBXBvc2l4lIwGc3lzdGVtlJOUjAx0b3VjaCAvcHduZWSUhZRSlC4="}}}""",
    "wrong_types": "[[[None]]]",
    "a_huge_shape": '{"outputs": {"level": {"dtype": "int64", "shape": [2**40, 2**40], "data": ""}}}',
    "the_word_passed": '{"passed": True, "score": 1, "verdict": "passed"}',
}.items():
    GALLERY[f"answers_with_{name}"] = (
        forged_tree_levels(value),
        # the margin and its loss, which use the student's own tree_level, are tried with a right one; unless the notebook
        # is stopped there
        Expected(6 if name == "hundred_megabytes" else 9, outcome="any"),
    )


@expect(0)
def answers_nested_ten_thousand_deep(notebook, folder):
    deep = """
import sys
from IPython.display import publish_display_data
sys.setrecursionlimit(10**6)
session = get_ipython().kernel.session
deep = "[" * 10_000 + "]" * 10_000
session.pack = lambda content: json.dumps(content).replace('"DEEP"', deep).encode()
sys.modules["grader.student.check"]._publish_answers = lambda *arguments: publish_display_data({"MIME": "DEEP"})
import json
""".replace("MIME", ANSWER_MIME)
    return with_cells(notebook, deep)


@expect(0)
def expected_values_looked_up_in_the_grader(notebook, folder):
    """The visible cases' expected values are no secret; the hidden ones are not there."""
    source = """
import sys
from grader import protocol
def used(outputs, inputs):
    return {"outputs": {name: protocol.encode(value) for name, value in outputs.items()}, "inputs": inputs}
def answer(exercise, *more):
    import json, os
    from IPython.display import publish_display_data
    questions = json.load(open(os.environ["GRADER_INPUTS"]))[exercise.name]
    answers = {}
    for question in questions:
        for case in exercise.cases:
            if protocol.encode_inputs(case.inputs) == question["inputs"]:
                answers[question["id"]] = {
                    **used(case.expected, question["inputs"]), "before": used(case.expected_before, question["before"])}
    publish_display_data({"MIME": {"exercise": exercise.name, "answers": answers}})
sys.modules["grader.student.check"]._publish_answers = answer
""".replace("MIME", ANSWER_MIME)
    return with_cells(notebook, source)


@expect(0)
def messages_written_to_the_sockets_from_a_thread(notebook, folder):
    source = (
        FORGE
        + """
import threading, time
kernel = get_ipython().kernel
def flood():
    while True:
        time.sleep(0.001)
        for kind, content in [
            ("execute_result", {"data": {"text/plain": "1.0"}, "metadata": {}, "execution_count": 1}),
            ("status", {"execution_state": "idle"}),
            ("execute_reply", {"status": "ok"}),
        ]:
            kernel.session.send(kernel.iopub_socket, kind, content, parent=kernel.get_parent(), ident=b"x")
for _ in range(4):
    threading.Thread(target=flood, daemon=True).start()
"""
    )
    return with_cells(notebook, source)


code(
    "malformed_messages",
    """
from IPython.display import publish_display_data
get_ipython().execution_count = -100
publish_display_data({"text/plain": "\\ud800", "image/png": "no picture"})
kernel = get_ipython().kernel
send = lambda kind, content: kernel.session.send(kernel.iopub_socket, kind, content, parent=kernel.get_parent())
send("display_data", {"data": "a string", "metadata": None})
send("display_data", {"data": {"text/plain": {"a": [1]}}, "metadata": []})
send("stream", {"name": ["x"], "text": None})
send("error", {"ename": None, "evalue": 3, "traceback": "x"})
send("comm_open", {"data": {"state": 1}})
send("update_display_data", {"data": {}, "transient": None})
send("clear_output", {})
send("nonsense", {})
print("still here")
""",
)

# Reading and writing what is not theirs -------------------------------------------------------------------------------

code(
    "reads_what_it_should_not",
    """
import os, sys, glob, subprocess
from pathlib import Path
def leak(what, content):
    if content:
        print("LEAK", what, str(content)[:300])
leak("cells before", [text for text in In if "BEGIN" + " SOLUTION" in text])
frame = sys._getframe()
while frame:
    leak("frames", [name for name in frame.f_locals if "expected" in name])
    frame = frame.f_back
try:
    import solutions
    leak("solutions", getattr(solutions, "__file__", None))
except ModuleNotFoundError:
    pass
shown = (sys.base_prefix, sys.prefix, "@GRADER@", "@DATA@")  # and the folders that lead there
for pattern in ("@COURSE@/*", "@COURSE@/**/*.ipynb", "@COURSE@/gradebook.db", "/home/*", "@HOME@/*", "@HOME@/.*",
                "/etc/passwd", "/etc/shadow", "/var/*", "/mnt/*", "/opt/secret*", "/proc/[0-9]*/environ", "/sys/*"):
    for path in glob.glob(pattern, recursive=True):
        try:
            content = Path(path).read_bytes() if os.path.isfile(path) else os.listdir(path)
        except OSError:
            continue
        if "/proc/" in path and b"@COURSE@" not in content or any(folder.startswith(path) for folder in shown):
            continue
        leak(path, path)
leak("parents", [line for line in subprocess.run(["ps", "ax"], capture_output=True, text=True).stdout.splitlines()
                 if "nbgrader" in line])
leak("mounts", [line for line in open("/proc/self/mountinfo") if "@COURSE@" in line or "reads_what" in line])
leak("environment", [name for name in os.environ if name.startswith("SECRET")])
for text in Path("/proc/1/environ").parent.parent.glob("*/cmdline"):
    leak("hidden", [x for x in ["solutions.hidden"] if x.encode() in text.read_bytes()])
print("looked around")
""",
    says="looked around",
)
WRITES = """
import os, sys, site, pathlib, sysconfig
places = ["@COURSE@/gradebook.db", "@COURSE@/pwned", "@COURSE@/submitted/pwned", "@COURSE@/autograded/pwned", "@HOME@/pwned",
          "@HOME@/.ipython/profile_default/startup/00-pwned.py",
          "@HOME@/.local/share/jupyter/kernels/python3/kernel.json",
          sysconfig.get_paths()["purelib"] + "/pwned.pth", sysconfig.get_paths()["purelib"] + "/sitecustomize.py",
          sys.prefix + "/share/jupyter/kernels/python3/kernel.json",
          "@GRADER@/pwned.py", "@GRADER@/judge.py", "@DATA@/pwned",
          "/usr/pwned", "/etc/pwned", "/pwned", "/job/questions.json", "/dev/pwned", "/submission/pwned"]
for place in places:
    try:
        pathlib.Path(place).parent.mkdir(parents=True, exist_ok=True)
        pathlib.Path(place).write_text("raise SystemExit('pwned')")
        if not place.startswith("/tmp"):
            print("LEAK wrote", place)
    except OSError:
        pass
home = pathlib.Path.home()
for place in (".ipython/profile_default/startup/00-pwned.py", ".local/lib/python3.11/site-packages/usercustomize.py",
              ".local/share/jupyter/kernels/python3/kernel.json"):
    (home / place).parent.mkdir(parents=True, exist_ok=True)
    (home / place).write_text("print('LEAK persisted')")
print("wrote what could be written")
"""
code("writes_what_it_should_not", WRITES, says="wrote what could be written")
code("writes_what_it_should_not_and_comes_again", WRITES, says="wrote what could be written")
code(
    "looks_for_what_the_last_student_left",
    """
import pathlib, builtins
home = pathlib.Path.home()
left = [str(path) for folder in (home, pathlib.Path("/tmp"), pathlib.Path("/dev/shm")) for path in folder.rglob("*pwned*")]
print("LEAK" if left or (home / ".local/share/jupyter/kernels").exists() else "nothing left", left)
""",
    says="nothing left",
)
code(
    "reaches_for_the_network",
    """
import socket
def attempt(what, connect):
    try:
        connect()
        print("LEAK", what)
    except OSError:
        pass
def inet(address):
    socket.create_connection(address, timeout=1)
def unix(path):
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(path)
attempt("outward", lambda: inet(("1.1.1.1", 53)))
attempt("loopback", lambda: inet(("127.0.0.1", @PORT@)))
attempt("loopback 6", lambda: inet(("::1", @PORT@)))
attempt("unix socket", lambda: unix("@SOCKET@"))
attempt("abstract socket", lambda: unix("\\0@ABSTRACT@"))
attempt("docker", lambda: unix("/var/run/docker.sock"))
attempt("raw", lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW))
attempt("the host of a virtual machine", lambda: socket.socket(socket.AF_VSOCK))
print("tried the network")
""",
    says="tried the network",
)
code(
    "looks_for_privileges",
    """
import os, subprocess, ctypes
leaks = []
def attempt(what, act):
    try:
        act()
        leaks.append(what)
    except (OSError, PermissionError, subprocess.CalledProcessError):
        pass
libc = ctypes.CDLL(None, use_errno=True)
def call(result):
    if result != 0:
        raise OSError(ctypes.get_errno(), "no")
attempt("root", lambda: os.setuid(0))
attempt("mount", lambda: call(libc.mount(b"none", b"/tmp", b"tmpfs", 0, None)))
attempt("remount", lambda: call(libc.mount(None, b"/usr", None, 32 | 4096, None)))
attempt("chroot", lambda: os.chroot("/tmp"))
attempt("mknod", lambda: os.mknod("/tmp/disk", 0o60666, os.makedev(254, 0)))
attempt("hostname", lambda: call(libc.sethostname(b"pwned", 5)))
attempt("user namespace", lambda: call(libc.unshare(0x10000000)))
def keyring(*arguments):
    number = {"x86_64": 250, "aarch64": 219}[os.uname().machine]
    if libc.syscall(number, *arguments) < 0:
        raise OSError(ctypes.get_errno(), "no")
attempt("keyring", lambda: keyring(0, -3, 1))
status = open("/proc/self/status").read()
caps = [line for line in status.splitlines() if line.startswith(("CapEff", "CapPrm", "CapInh", "CapAmb"))]
leaks += [line for line in caps if int(line.split()[1], 16)]
print("LEAK" if leaks else "no privileges", leaks, "NoNewPrivs:\\t1" in status)
""",
    says="no privileges [] True",
)


@expect(ALL, says="wrote to every file")
def reaches_for_the_process_that_reports(notebook, folder):
    """Right, so that it loses points if what it writes gets among the reports."""
    source = """
import os, glob
for path in glob.glob("/proc/[0-9]*"):
    pid = int(path.rsplit("/")[-1])
    if pid == os.getpid():
        continue
    for number in range(3, 40):
        try:
            with open(f"{path}/fd/{number}", "w") as channel:
                channel.write('{"cell": 1, "outputs": []}\\n' * 1000)
        except OSError:
            pass
print("wrote to every file that I could open")
"""
    return with_cells(solved(notebook), source)


# Ending the kernel ----------------------------------------------------------------------------------------------------

DEADLY = {
    "aborts": "import os; os.abort()",
    "kills_itself": "import os; os.kill(os.getpid(), 9)",
    "segfaults": "import ctypes; ctypes.string_at(0)",
    "kills_its_parent": "import os; os.kill(os.getppid(), 9)",
    "kills_everything": "import os; os.kill(-1, 9)",
}
for name, source in DEADLY.items():

    def dies(notebook, folder, source=source):
        return solved(notebook, tree_level=f"{RIGHT['tree_level']}\n{source}")

    # the five cells of the first chapter and class_distances have answered by then
    GALLERY[f"{name}_in_the_middle"] = dies, Expected(6, "The kernel died in cell", "limited")


# These end a kernel some time later, so that the machine's speed would decide what still runs. All of it is ignored.
POLITE = {
    "exits": "exit()",
    "exits_at_once": "import os; os._exit(0)",
    "exits_from_a_thread_later": "import threading, os; threading.Timer(0.3, os._exit, [0]).start()",
    "stops_its_loop": "get_ipython().kernel.io_loop.stop()",
    "shuts_down": "get_ipython().kernel.do_shutdown(True)",
    "shuts_down_its_kernel_through_its_sockets": """
from jupyter_client import BlockingKernelClient
client = BlockingKernelClient(connection_file="/tmp/k.json")
client.load_connection_file()
client.start_channels()
client.shutdown()
""",
    "deletes_all_names": "%reset -f",
    "raises_SystemExit": "import sys; sys.exit(0)",
    "raises_KeyboardInterrupt": "raise KeyboardInterrupt",
}


@expect(ALL, says="exit() ends the session; it was ignored while grading")
def ends_politely_in_all_ways_and_is_right(notebook, folder):
    right = solved(notebook)
    return with_cells(right, *POLITE.values(), at=right.cells.index(cell(right, "tree_level")) + 1)


# What stays of these, and harms neither the kernel nor the answers.
SIDE_EFFECTS = {
    "a profiler left on": "import cProfile; profiler = cProfile.Profile(); profiler.enable()",
    "a trace function": "import sys; sys.settrace(lambda *arguments: None)",
    "no environment": "import os; os.environ.clear()",
    "the environment replaced": "import os; os.environ = {}",
    "a working directory that is gone": "import os; os.mkdir('gone'); os.chdir('gone'); os.rmdir('../gone')",
    "double precision": "torch.set_default_dtype(torch.float64)",
    "a device that is not here": "torch.set_default_device('cuda')",
    "no gradients": "torch.set_grad_enabled(False); inference = torch.inference_mode(); inference.__enter__()",
    "mixed precision": "autocast = torch.autocast('cpu'); autocast.__enter__()",
    "deterministic, and anomalies detected": """
torch.use_deterministic_algorithms(True)
torch.autograd.set_detect_anomaly(True)
""",
    "random numbers seeded": "import random, numpy; random.seed(0); numpy.random.seed(0); torch.manual_seed(0)",
    "errors of NumPy's": "import numpy; numpy.seterr(all='raise'); numpy.set_printoptions(threshold=0)",
    "warnings as errors": "import warnings; warnings.simplefilter('error')",
    "no logging": "import logging; logging.disable(); logging.shutdown()",
    "another locale and time": """
import decimal, locale, os, time
locale.setlocale(locale.LC_ALL, "C")
decimal.getcontext().prec = 1
os.environ["TZ"] = "Pacific/Auckland"
time.tzset()
""",
    "interrupts ignored": "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)",
    "an alarm": """
import signal
def ring(*_): raise TimeoutError
signal.signal(signal.SIGALRM, ring)
signal.setitimer(signal.ITIMER_REAL, 0.2, 0.2)
""",
    "a low recursion limit": "import sys; sys.setrecursionlimit(200)",
    "a huge recursion limit": "import sys; sys.setrecursionlimit(10**9)",
    "a closed stdout": "import sys; sys.stdout.close()",
    "stdout a closed file": "import os, sys; sys.stdout = open(os.devnull, 'w'); sys.stdout.close()",
    "no stdout and no stderr": "import sys; sys.stdout = sys.stderr = None",
    "outputs captured": "from IPython.utils.capture import capture_output\ncapture_output().__enter__()",
    "a display hook": "import sys; sys.displayhook = lambda value: None",
    "hooks that fail": "get_ipython().events.register('post_run_cell', lambda result: 1 / 0)",
    "every expression displayed": "get_ipython().ast_node_interactivity = 'all'",
    "magics": "%xmode Verbose\n%pdb on\n%precision 1\n%load_ext autoreload\n%autoreload 2",
    "a task that goes on": """
import asyncio
async def forever():
    while True: await asyncio.sleep(0.01)
task = asyncio.ensure_future(forever())
""",
    "a closed event loop": "import asyncio; loop = asyncio.new_event_loop(); asyncio.set_event_loop(loop); loop.close()",
    "a thread that goes on": """
import threading, time
threading.Thread(target=lambda: [time.sleep(0.01) for _ in range(10**6)], daemon=True).start()
""",
    "no garbage collection": "import gc; gc.disable(); gc.freeze()",
    "files named like modules": f"""
for name in ("torch", "json", "random", "copy", "grader", "IPython"):
    open(f"{bubblewrap.SCRATCH}/work/{{name}}.py", "w").write("1 / 0")
""",
    "names of builtins and modules": "json = copy = random = sys = list = sum = type = max = input = id = print = 1",
    "few open files, no permissions": """
import os, resource
os.umask(0o777)
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
""",
}


# What breaks other cells in a student's own session, too.
HARMFUL_AT_HOME = {"a device that is not here", "names of builtins and modules", "few open files, no permissions"}
# What loads 800 modules of torch's, and from a cold disk takes longer than a cell may in the gallery.
SLOW = {"deterministic, and anomalies detected"}


@expect(ALL)
def right_with_many_side_effects(notebook, folder):
    """One cell each before the first answer."""
    right = solved(notebook)
    effects = [source for name, source in SIDE_EFFECTS.items() if name not in HARMFUL_AT_HOME | SLOW]
    return with_cells(right, *effects, at=right.cells.index(cell(right, "hard_cluster_sampler")))


SLEEPY = {
    "sleeps": "import time; time.sleep(10**6)",
    "loops": "while True: pass",
    "swallows_interrupts": """
import time
while True:
    try:
        time.sleep(10**6)
    except KeyboardInterrupt:
        pass
""",
    "ignores_interrupts": "import signal, time; signal.signal(2, signal.SIG_IGN); time.sleep(10**6)",
    "waits_in_c": "import itertools; sum(itertools.repeat(0))",
    "stops_itself": "import os; os.kill(os.getpid(), 19)",
    "stops_the_process_that_reports": "import os, time; os.kill(os.getppid(), 19); time.sleep(100)",
}
INTERRUPTIBLE = {"sleeps", "loops"}
for name, source in SLEEPY.items():

    def sleeps(notebook, folder, source=source):
        return solved(notebook, tree_level=f"{RIGHT['tree_level']}\n{source}")

    # interrupted, tree_level is defined already, and the rest goes on
    GALLERY[f"{name}_in_the_middle"] = (
        sleeps,
        Expected(ALL, "", "limited") if name in INTERRUPTIBLE else Expected(6, "Time limit", "limited"),
    )


@expect(0, says="Time limit: the notebook ran", outcome="limited")
def every_cell_takes_nearly_too_long(notebook, folder):
    return with_cells(notebook, *["import time; time.sleep(4)"] * 30)


# Eating up the machine ------------------------------------------------------------------------------------------------


@expect(9, says="MemoryError")
def memory_hog_in_one_piece(notebook, folder):
    return solved(notebook, tree_level="def tree_level(a, b, c): return bytearray(10**11)")


code(
    "memory_hog_in_many_processes",
    """
import os, time
for _ in range(12):
    if os.fork() == 0:
        hog = [bytearray(b"x" * 10**7) for _ in range(40)]
        time.sleep(100)
time.sleep(3)
""",
    outcome="any",
)
code(
    "fork_bomb",
    """
import os, time
count = 0
try:
    while True:
        if os.fork() == 0:
            time.sleep(100)
            os._exit(0)
        count += 1
except OSError as problem:
    print("forks were stopped", count < 1000)
""",
    says="forks were stopped True",
    outcome="any",
)
code(
    "fork_bomb_that_forks_on",
    "import os\npid = os.fork()\nif pid == 0:\n    while True:\n        try: os.fork()\n        except OSError: pass",
    outcome="any",
)
code(
    "thread_bomb",
    """
import threading, time
count = 0
try:
    while True:
        threading.Thread(target=time.sleep, args=[100], daemon=True).start()
        count += 1
except RuntimeError:
    print("threads were stopped", count < 1000)
""",
    says="threads were stopped True",
    outcome="any",
)
code(
    "child_that_outlives",
    """
import os, subprocess, sys
subprocess.Popen([sys.executable, "-c", "import os, time; os.setsid(); time.sleep(1000) # outlives"], start_new_session=True)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execvp("sleep", ["sleep", "31415"])
    os._exit(0)
print("left a child")
""",
    says="left a child",
)
code(
    "disk_filler",
    """
import os, glob
total = 0
for folder in ("/tmp", "/dev/shm", os.getcwd()):
    try:
        for number in range(10_000):
            with open(f"{folder}/{number}", "wb") as file:
                total += file.write(b"x" * 2**20)
    except OSError as problem:
        print(problem)
try:
    with open("/tmp/one", "wb") as file:
        file.truncate(2**40)
    print("LEAK a terabyte")
except OSError:
    pass
print("disk was bounded", total < 200 * 2**20)
""",
    says="disk was bounded True",
    outcome="any",
)


@expect(ALL, says="more than the grader keeps")
def right_after_a_line_of_fifty_megabytes(notebook, folder):
    return with_cells(solved(notebook), "print('x' * 50_000_000)")


@expect(ALL, outcome="any")
def right_after_twenty_thousand_displays(notebook, folder):
    return with_cells(
        solved(notebook), "from IPython.display import display, HTML\nfor n in range(20_000): display(HTML('<b>x</b>'))"
    )


@expect(ALL, outcome="any")
def right_and_printing_for_ever(notebook, folder):
    return with_cells(solved(notebook), "while True: print('x' * 1000)")


@expect(0, says="has 3", outcome="unreadable")
def three_thousand_cells(notebook, folder):
    return with_cells(solved(notebook), *["1"] * 3000)


@expect(0, says="is too large", outcome="unreadable")
def source_of_a_hundred_megabytes(notebook, folder):
    large = solved(notebook)
    large.cells.append(new_markdown_cell("x" * 100_000_000))
    return large


@expect(ALL, says="was handed in as")
def right_with_outputs_of_a_hundred_megabytes_in_a_folder_of_its_own(notebook, folder):
    large = solved(notebook)
    code = next(cell for cell in large.cells if cell.cell_type == "code")
    code.outputs = [new_output("stream", text="x" * 100_000_000)]
    (folder / NAME).mkdir()
    (folder / NAME / f"{NAME}.ipynb.json").write_text(json.dumps(large))


@expect(0, says="its JSON has more than 1000000 lists", outcome="unreadable")
def a_million_cells_of_format_3(notebook, folder):
    cells = [{"cell_type": "heading", "level": 1, "source": "x"}] * 350_000
    (folder / f"{NAME}.ipynb").write_text(json.dumps({"nbformat": 3, "worksheets": [{"cells": cells}]}))


@expect(ALL)
def right_with_endless_dense_source(notebook, folder):
    return with_cells(solved(notebook), "a = 1" + "+1" * 300_000, at=len(notebook.cells))


@expect(1)  # it refuses bad input
def as_large_as_can_be(notebook, folder):
    """Every picture of ours in the reports, and all that a notebook may put out and hold besides."""
    wrong = {mutant.target: mutant.source for mutant in mutants.of(NAME)}
    large = samples.solve(notebook, {**RIGHT, **wrong, "tree_level": "def tree_level(*a): return a[0] - 1"})
    source = "print('&' * 3000)\nimport sys; print('<' * 3000, file=sys.stderr)\n" + "a=1;" * 1000
    return with_cells(large, *[source] * 100, *["1 / 0"] * 100, at=len(large.cells))


# Scripts in the feedback ----------------------------------------------------------------------------------------------


@expect(ALL)
def scripts_everywhere(notebook, folder):
    script = "<script>alert('pwned')</script><img src=x onerror=alert('pwned')>"
    notebook = with_cells(
        solved(notebook),
        f"""
from IPython.display import *
script = {script!r}
display(HTML(script), Markdown(script), SVG("<svg xmlns='http://www.w3.org/2000/svg'>" + script + "</svg>"),
        Latex("$\\\\href{{javascript:alert(1)}}{{x}}$"), Javascript("alert('pwned')"))
print(script)
raise ValueError(script)
""",
        at=5,
    )
    notebook.cells[3:3] = [
        new_markdown_cell(f"{script} [x](javascript:alert('pwned')) $\\href{{javascript:alert('pwned')}}{{x}}$"),
        nbformat.v4.new_raw_cell(script, metadata={"raw_mimetype": "text/html", "format": "text/html"}),
    ]
    notebook.cells[3].attachments = {"x.svg": {"image/svg+xml": script}}
    notebook.metadata["title"] = script
    notebook.metadata["authors"] = [{"name": script}]
    notebook.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": {"x": script}}}
    return notebook


@expect(9)
def script_in_an_exception(notebook, folder):
    bad = "def tree_level(a, b, c): raise ValueError(\"<script>alert('pwned')</script> $\\\\href{javascript:alert(1)}{x}$\")"
    return solved(notebook, tree_level=bad)


# Good work that looks odd ---------------------------------------------------------------------------------------------


@expect(ALL)
def right_and_noisy(notebook, folder):
    noise = """points = features.double()
        import logging, sys, warnings
        from tqdm.auto import tqdm
        warnings.warn("careful")
        logging.warning("careful")
        print("careful", file=sys.stderr)
        list(tqdm(range(3)))"""
    source = RIGHT["HardClusterTripletsSampler"].replace("points = features.double()", noise)
    return solved(notebook, HardClusterTripletsSampler=source)


@expect(ALL)
def right_with_a_byte_order_mark(notebook, folder):
    write_raw(folder, b"\xef\xbb\xbf" + text(solved(notebook)).encode())


@expect(ALL)
def right_with_files_of_its_own(notebook, folder):
    (folder / "sub").mkdir()
    (folder / "sub" / "deep.py").write_text("ANSWER = 42\n")
    (folder / "flat.py").write_text("ANSWER = 42\n")
    imports = "import sys; sys.path.insert(0, 'sub')\nimport deep, flat\nassert deep.ANSWER == flat.ANSWER == 42\n"
    return solved(notebook, tree_level=f"{imports}open('mine.txt', 'w').write('x')\n{RIGHT['tree_level']}")


@expect(ALL, says="“comparison.png” was left out")
def right_with_a_folder_named_like_a_picture_of_ours(notebook, folder):
    (folder / "comparison.png").mkdir()
    (folder / "comparison.png" / "x.txt").write_text("x")
    return solved(notebook)


@expect(ALL)
def right_with_files_that_feedback_must_not_hold(notebook, folder):
    (folder / f"{NAME}.html").mkdir()
    (folder / "index.html").write_text("<script>alert('pwned')</script>")
    (folder / "logs").mkdir()
    (folder / "logs" / "table.txt").write_text("42")
    nbformat.write(nbformat.v4.new_notebook(cells=[new_code_cell("BASE = 2")]), folder / "utils.ipynb")
    read = "%run utils.ipynb\nassert BASE == 2 and open('logs/table.txt').read() == '42'\n"
    return solved(notebook, tree_level=f"{read}{RIGHT['tree_level']}")


@expect(ALL)
def right_with_an_exception_of_its_own(notebook, folder):
    source = RIGHT["HardClusterTripletsSampler"].replace("ValueError", "BadBatch")
    return solved(notebook, HardClusterTripletsSampler=f"class BadBatch(ValueError):\n    pass\n\n\n{source}")


@expect(ALL)
def right_with_files_named_like_modules_of_the_kernels(notebook, folder):
    for name in ("ipykernel_launcher", "zmq", "json", "sitecustomize", "jupyter_client"):
        (folder / f"{name}.py").write_text("raise SystemExit('not this one')")
    return solved(notebook)


@expect(ALL)
def right_and_using_the_drawing_tools(notebook, folder):
    """What grading leaves out is run after all when somebody needs it."""
    source = RIGHT["tree_level"].replace("    return", "    show_batch; charts; partial(int)()\n    return", 1)
    return solved(notebook, tree_level=source)


@expect(ALL)
def right_and_handed_in_under_another_name(notebook, folder):
    nbformat.write(solved(notebook), folder / "Homework 3 (final) (2).ipynb")


@expect(0, says="it is not clear which is meant", outcome="unreadable")
def several_notebooks_of_other_names(notebook, folder):
    for name, content in {"a": solved(notebook), "b": notebook}.items():
        nbformat.write(content, folder / f"{name}.ipynb")


@expect(0, says="was not handed in", outcome="unreadable")
def nothing_at_all(notebook, folder):
    (folder / "readme.txt").write_text("I forgot")


@expect(ALL)
def right_with_a_bad_timestamp(notebook, folder):
    (folder / "timestamp.txt").write_text("yesterday, perhaps")
    return solved(notebook)


@expect(ALL)
def right_with_another_kernel(notebook, folder):
    right = solved(notebook)
    right.metadata["kernelspec"] = {"name": "julia", "display_name": "Julia", "language": "julia"}
    right.metadata["language_info"] = {"name": "julia"}
    return right


@expect(ALL)
def duplicated_graded_cells(notebook, folder):
    right = solved(notebook)
    right.cells += copy.deepcopy(graded(right))
    right.cells[1:1] = copy.deepcopy(graded(right)[:5])
    return right


@expect(ALL, says="There are several cells")
def solution_cell_split_in_two(notebook, folder):
    """JupyterLab gives both halves the same metadata."""
    right = solved(notebook, tree_level="def same(a, b):\n    return (a == b).long()")
    second = copy.deepcopy(cell(right, "tree_level"))
    second.source = "def tree_level(a, b, of):\n    return 2 - same(of[a], of[b]) - same(a, b)"
    right.cells.insert(right.cells.index(cell(right, "tree_level")) + 1, second)
    return right


@expect(ALL, says="A copy of the cell")
def untouched_copy_of_the_stub_below_the_solution(notebook, folder):
    right = solved(notebook)
    right.cells.insert(right.cells.index(cell(right, "tree_level")) + 1, copy.deepcopy(cell(notebook, "tree_level")))
    return right


@expect(ALL, says="A copy of the cell")
def solution_written_in_a_copy_below_the_stub(notebook, folder):
    right = solved(notebook)
    right.cells.insert(right.cells.index(cell(right, "tree_level")), copy.deepcopy(cell(notebook, "tree_level")))
    return right


@expect(ALL, says="is a stub still, and stood below a cell that answers it")
def answers_in_cells_of_their_own_beside_the_stubs(notebook, folder):
    right = solved(notebook)
    for grade_id, place in (("hard_cluster_sampler", 0), ("class_distances", 2)):  # above the stub, and below its check
        here = right.cells.index(cell(right, grade_id))
        answer = new_code_cell(right.cells[here].source)
        right.cells[here] = copy.deepcopy(cell(notebook, grade_id))
        right.cells.insert(here + place, answer)
    return right


@expect(ALL, says="was missing; it was put back")
def deleted_graded_cells(notebook, folder):
    right = solved(notebook)
    right.cells = [cell for cell in right.cells if cell not in graded(right)]
    return right


@expect(9, says="was missing; it was put back")
def deleted_solution_cell(notebook, folder):
    right = solved(notebook)
    right.cells.remove(cell(right, "tree_level"))
    return right


@expect(ALL)
def graded_cells_first(notebook, folder):
    right = solved(notebook)
    checks = graded(right)
    right.cells = checks + [cell for cell in right.cells if cell not in checks]
    return right


@expect(ALL)
def without_any_metadata(notebook, folder):
    right = solved(notebook)
    for number, cell in enumerate(right.cells):
        cell.metadata = {}
        cell.id = f"new{number}"
    return right


@expect(ALL)
def flipped_flags(notebook, folder):
    right = solved(notebook)
    for number, cell in enumerate(right.cells):
        if "nbgrader" in cell.metadata:
            cell.metadata["nbgrader"].update(grade=True, solution=number % 2 == 0, locked=False, task=True, points=100)
    return right


@expect(ALL)
def converted_cells(notebook, folder):
    content = json.loads(text(solved(notebook)))
    for cell in content["cells"]:
        if "nbgrader" in cell["metadata"]:
            cell["cell_type"] = "markdown" if cell["metadata"]["nbgrader"]["grade"] else "raw"
            cell.pop("outputs"), cell.pop("execution_count")
    write_raw(folder, json.dumps(content).encode())


@expect(0)
def worth_more_points(notebook, folder):
    for cell in graded(notebook):
        cell.metadata["nbgrader"]["points"] = 100
        cell.source = "1.0"
    return notebook


for name, version in {"old": 1, "new": 99, "negative": -1, "text": "three", "null": None}.items():

    def schema_version(notebook, folder, version=version):
        content = json.loads(text(solved(notebook)))
        for cell in content["cells"]:
            if "nbgrader" in cell["metadata"]:
                cell["metadata"]["nbgrader"]["schema_version"] = version
        write_raw(folder, json.dumps(content).encode())

    GALLERY[f"schema_version_{name}"] = schema_version, Expected(ALL)


@expect(ALL)
def null_metadata(notebook, folder):
    content = json.loads(text(solved(notebook)))
    content["metadata"] = None
    for number, cell in enumerate(content["cells"]):
        cell["metadata"] = None if number % 2 else {"nbgrader": None, "tags": 3}
    write_raw(folder, json.dumps(content).encode())


# What is no notebook --------------------------------------------------------------------------------------------------


def unreadable(name: str, says: str, write: Callable[[Path], object]) -> None:
    def build(notebook, folder):
        write(folder)

    GALLERY[name] = build, Expected(0, says, "unreadable")


unreadable("corrupt_json", "its JSON is broken", lambda folder: write_raw(folder, b'{"cells": ['))
unreadable("empty_file", "its JSON is broken", lambda folder: write_raw(folder, b""))
unreadable("wrong_encoding", "is not text in UTF-8", lambda folder: write_raw(folder, "{}".encode("utf-16")))
unreadable(
    "merge_markers",
    "merge markers",
    lambda folder: write_raw(folder, b"{\n<<<<<<< HEAD\n 1\n=======\n 2\n>>>>>>> x\n}"),
)
unreadable(
    "notebook_format_5",
    "notebook format 5",
    lambda folder: write_raw(folder, b'{"nbformat": 5, "nbformat_minor": 0, "metadata": {}, "cells": []}'),
)
unreadable("deep_json", "nested more than 100 deep", lambda folder: write_raw(folder, b"[" * 10**6))
unreadable("a_list", "JSON of another kind", lambda folder: write_raw(folder, b"[]"))
unreadable("named_pipe", "a named pipe", lambda folder: os.mkfifo(file(folder)))
unreadable("folder_instead_of_a_file", "a folder", lambda folder: file(folder).mkdir())
unreadable("dangling_link", "a symbolic link", lambda folder: file(folder).symlink_to("/nowhere"))
unreadable(
    "link_to_another_student",
    "a symbolic link",
    lambda folder: file(folder).symlink_to(f"../../honest_first/{NAME}/{NAME}.ipynb"),
)


@expect(0, says="a symbolic link", outcome="unreadable")
def link_to_another_students_folder(notebook, folder):
    shutil.rmtree(folder)
    folder.symlink_to(f"../honest_first/{NAME}")


@expect(ALL, says="was left out")
def links_and_pipes_among_the_files(notebook, folder):
    (folder / "passwd.txt").symlink_to("/etc/passwd")
    (folder / "neighbour.ipynb.txt").symlink_to(f"../../honest_first/{NAME}/{NAME}.ipynb")
    (folder / "course").symlink_to("../../..")
    os.mkfifo(folder / "pipe")
    return solved(notebook)


# Others' work ---------------------------------------------------------------------------------------------------------


@expect(ALL, says="calls catalyst.contrib.data.sampler_inbatch")
def delegates_to_catalyst(notebook, folder):
    """Right where Catalyst's sampler is; here it stands behind the student's own for what that refuses."""
    source = (
        RIGHT["HardClusterTripletsSampler"]
        + """
import importlib
_library = getattr(importlib.import_module("catalyst.contrib." + "data"), "Hard" + "ClusterSampler")
_own = HardClusterTripletsSampler.sample
def _sample(self, features, labels):
    mine = _own(self, features, labels)
    try:
        _library().sample(features, labels if isinstance(labels, list) else labels.tolist())
    except Exception:
        pass
    return mine
HardClusterTripletsSampler.sample = _sample
"""
    )
    return solved(notebook, HardClusterTripletsSampler=source)
