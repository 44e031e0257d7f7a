"""Compares methods over seeds by running the solved notebook itself: `python -m solutions.research.compare`.

    OUT/PROTOCOL/settings.json          what all of the protocol's runs are trained with
    OUT/PROTOCOL/METHOD-seedN/          one run: its notebook, its checkpoint in logs/ and, once finished, results.json
    OUT/results.json  table.md  comparison.png      the report, made anew after every run

A finished run is kept, an interrupted one goes on from its last epoch, a failed one is tried again the next time.
"""

import argparse
import ast
import json
import logging
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import torch
from nbformat import NotebookNode
from tqdm import tqdm

import data
from solutions.research import compare_report, third_party
from solutions.tools import build, course

MASTER = course.MASTERS / "homework3" / "homework3.py"

# How to train: the notebook's own settings, and what differs from them.
PROTOCOLS = {"homework": {}, "no dropout, margin 0.1": {"dropout": 0.0, "margin": 0.1}}

# The criterion of each method, for the notebook's cell "more-methods"; None where the notebook has it already.
METHODS = {
    "hard triplets": None,
    "hard cluster": None,
    "hierarchical": None,
    "all triplets": None,
    "hierarchical (paper)": None,
    "PML batch hard": "third_party.pml_batch_hard(margin)",
    "OML hard triplets": "third_party.oml_hard_triplets(margin)",
}
IMPORTS = "from solutions.research import third_party\n"

# What the command line says, or this program decides, and --set must not.
PER_RUN = {"methods", "seed", "device", "resume", "logs", "results"}
OWN_OPTIONS = PER_RUN | {"dataset", "epochs"}


class Refused(Exception):
    """The comparison cannot be made as asked; the message says why and what now."""


class RunFailed(Exception):
    """One run did not come to its end; the message says why."""


@dataclass(frozen=True)
class Run:
    protocol: str
    method: str
    seed: int
    folder: Path
    parameters: dict  # all of the notebook's

    def __str__(self) -> str:
        return f"{self.protocol}, {self.method}, seed {self.seed}"

    @property
    def finished(self) -> bool:
        return (self.folder / "results.json").exists()


def main(arguments: list[str] | None = None) -> int:
    options = parse(arguments)
    try:
        compare_report.write(options.out, list(PROTOCOLS), list(METHODS))
        if options.no_training:
            return 0
        runs = plan(options)
        unfinished = [run for run in runs if not run.finished]
        if unfinished:
            prepare(unfinished)
        print(f"{len(runs)} runs, {len(runs) - len(unfinished)} of them finished already, in {options.out}")
        failed = train(unfinished, options.out)
    except (Refused, data.DataError, ImportError) as problem:
        print(problem, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted. Nothing is lost: the same command goes on from the last epoch.", file=sys.stderr)
        return 130
    if failed:
        print(f"{failed} of {len(unfinished)} runs failed; the same command tries them again.", file=sys.stderr)
    return 1 if failed else 0


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m solutions.research.compare", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS), metavar="METHOD")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2], metavar="SEED")
    parser.add_argument("--epochs", type=int, default=300)
    parser.add_argument("--data", choices=["omniglot", "glyphs"], default="omniglot")
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto")
    parser.add_argument("--protocols", nargs="+", choices=PROTOCOLS, default=["homework"], metavar="PROTOCOL")
    set_help = "change a setting of the notebook; the runs become a protocol of their own"
    parser.add_argument("--set", nargs="+", action="extend", default=[], metavar="NAME=VALUE", help=set_help)
    parser.add_argument("--out", type=Path, default=course.ROOT / "comparison")
    parser.add_argument("--no-training", action="store_true", help="only make the report of the finished runs anew")
    options = parser.parse_args(arguments)
    if options.epochs < 1:
        parser.error("argument --epochs: at least 1")
    if options.device == "cuda" and not torch.cuda.is_available():
        parser.error("argument --device: torch finds no GPU here")
    options.defaults = notebook_defaults(build.master_notebook(MASTER))
    settable = [name for name in options.defaults if name not in OWN_OPTIONS]
    options.overrides = {}
    for assignment in options.set:
        name, _, value = assignment.partition("=")
        if name not in settable:
            parser.error(f"argument --set: no setting {name!r} (choose from {', '.join(settable)})")
        try:
            options.overrides[name] = ast.literal_eval(value)
        except (ValueError, SyntaxError):
            parser.error(f"argument --set: {value!r} in {assignment!r} is no Python literal")
    options.out = options.out.resolve()  # papermill changes the working directory while it runs a notebook
    return options


def tagged(notebook: NotebookNode, tag: str) -> NotebookNode:
    (cell,) = (cell for cell in notebook.cells if tag in cell.metadata.get("tags", []))
    return cell


def notebook_defaults(notebook: NotebookNode) -> dict:
    """The names and values of the notebook's parameters cell."""
    body = ast.parse(tagged(notebook, "parameters").source).body
    return {statement.targets[0].id: ast.literal_eval(statement.value) for statement in body}


def plan(options: argparse.Namespace) -> list[Run]:
    """All runs, seed by seed, so that a comparison that is cut short has all methods of its first seeds.

    Raises:
        Refused: a folder holds runs that were trained with other settings.
    """
    runs = []
    for protocol in dict.fromkeys(options.protocols):
        name = ", ".join([protocol, *(f"{key}={value}" for key, value in options.overrides.items())])
        folder = options.out / slug(name)
        own = {"dataset": options.data, "epochs": options.epochs, "device": options.device}
        parameters = options.defaults | PROTOCOLS[protocol] | options.overrides | own
        require_same_settings(folder, {key: value for key, value in parameters.items() if key not in PER_RUN})
        for method in dict.fromkeys(options.methods):
            for seed in dict.fromkeys(options.seeds):
                one = {"methods": [method], "seed": seed, "resume": True, "logs": "logs", "results": "trained.json"}
                runs.append(Run(name, method, seed, folder / f"{slug(method)}-seed{seed}", parameters | one))
    return sorted(runs, key=lambda run: options.seeds.index(run.seed))


def slug(name: str) -> str:
    """A name of ours as a folder's."""
    return re.sub(r"[^\w.=+-]+", "-", name).strip("-")


def require_same_settings(folder: Path, settings: dict) -> None:
    path = folder / "settings.json"
    if path.exists():
        before = json.loads(path.read_text())
        differing = [
            f"{name} = {before.get(name)!r}, not {settings.get(name)!r}"
            for name in before | settings
            if before.get(name) != settings.get(name)
        ]
        if differing:
            raise Refused(f"{folder} holds runs with other settings ({'; '.join(differing)}): take another --out.")
    folder.mkdir(parents=True, exist_ok=True)
    compare_report.write_text(path, json.dumps(settings, indent=2) + "\n")


def prepare(runs: list[Run]) -> None:
    """Find out what is missing before hours of training, not after. The problem's own sentence is raised."""
    if "METRIC_LEARNING_DATA" in os.environ:  # the kernels work in other folders, where a relative path leads elsewhere
        os.environ["METRIC_LEARNING_DATA"] = str(data.root().resolve())
    data.load(runs[0].parameters["dataset"])
    for method in {run.method for run in runs if METHODS[run.method]}:
        eval(METHODS[method], {"third_party": third_party, "margin": 0.3})  # who lacks a library learns it now


def more_methods(method: str) -> str:
    """The notebook's cell for further methods, when it is to train one that METHODS has a criterion for."""
    return f'{IMPORTS}\nif wanted("{method}"):\n    train("{method}", {METHODS[method]})'


def solved_notebook(method: str) -> NotebookNode:
    notebook = build.master_notebook(MASTER)  # its solution cells call the reference solutions
    if METHODS[method]:
        tagged(notebook, "more-methods").source = more_methods(method)
    return notebook


def train(runs: list[Run], out: Path) -> int:
    """Run what is not finished, one after the other; how many failed."""
    failed = 0
    total = sum(run.parameters["epochs"] for run in runs)
    # average speed, since methods differ in theirs; into a log file goes a line a minute
    interval = 1 if sys.stderr.isatty() else 60
    with tqdm(total=total, unit="epoch", smoothing=0, mininterval=interval, disable=not runs) as bar:
        for number, run in enumerate(runs, start=1):
            bar.set_description(f"{number}/{len(runs)} {run}")
            expected = bar.n + run.parameters["epochs"]
            try:
                execute(run, bar)
            except RunFailed as problem:
                failed += 1
                bar.total -= expected - bar.n
                bar.write(f"{run}: failed. {problem} To start it anew, delete {run.folder}.", file=sys.stderr)
            else:
                bar.update(expected - bar.n)
                result = json.loads((run.folder / "results.json").read_text())
                bar.write(f"{run}: CMC@1 {result['cmc']['1']:.3f} after {result['seconds']:.0f} s of training")
                compare_report.write(out, list(PROTOCOLS), list(METHODS))
    return failed


class EpochWatch(logging.Handler):
    """Moves our progress bar as the notebook's own moves, which papermill logs with all that a cell prints."""

    def __init__(self, bar: tqdm, epochs: int) -> None:
        super().__init__()
        self.bar, self.start, self.pattern = bar, bar.n, re.compile(rf"(\d+)/{epochs} \[")

    def emit(self, record: logging.LogRecord) -> None:
        for epoch in self.pattern.findall(record.getMessage()):
            self.bar.update(max(self.start + int(epoch) - self.bar.n, 0))


def execute(run: Run, bar: tqdm) -> None:
    """One run from its notebook to its results.json, which is written last.

    Raises:
        RunFailed: the notebook broke off, or trained fewer epochs than it should have.
    """
    import papermill

    run.folder.mkdir(parents=True, exist_ok=True)
    trained, kept = run.folder / "trained.json", run.folder / "results.json"
    trained.unlink(missing_ok=True)  # of an attempt that failed
    logger = logging.getLogger("papermill")
    watch = EpochWatch(bar, run.parameters["epochs"])
    logger.addHandler(watch)
    logger.setLevel(logging.INFO)
    logger.propagate = False  # the terminal shows our bar and nothing else
    try:
        notebook = papermill.execute_notebook(
            solved_notebook(run.method),
            run.folder / "homework3.ipynb",
            run.parameters,
            cwd=run.folder,
            kernel_name="python3",
            progress_bar=False,
            log_output=True,
            extra_arguments=["--log-level=ERROR"],  # the kernel warns on our terminal about its own connection
            coalesce_streams=True,  # of a progress bar's states only the last is stored
            shutdown_kernel="immediate",  # after Ctrl-C, do not wait for a busy kernel; checkpoints are written in one step
        )
    except papermill.exceptions.PapermillExecutionError as problem:
        raise RunFailed(f"{problem.ename}: {problem.evalue}") from None
    except RuntimeError as problem:  # nbclient's: the kernel died, or did not start
        raise RunFailed(str(problem)) from None
    except KeyboardInterrupt:
        logging.getLogger("asyncio").disabled = True  # now and then the cell broken off complains that its kernel died
        raise
    finally:
        logger.removeHandler(watch)
    summary = json.loads(trained.read_text()) if trained.exists() else {"methods": {}}
    result = summary.pop("methods").get(run.method)
    if result is None or result["epochs"] < run.parameters["epochs"]:
        raise RunFailed(why_stopped(notebook, run.method))
    identity = {"protocol": run.protocol, "method": run.method, "seed": run.seed}
    identity |= {"date": date.today().isoformat(), "commit": commit()}
    compare_report.write_text(kept, json.dumps(identity | summary | result, indent=1) + "\n")
    trained.unlink()


def why_stopped(notebook: NotebookNode, method: str) -> str:
    """The notebook's own line about a training that stopped early."""
    printed = "".join(
        output.text
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output.output_type == "stream" and output.name == "stdout"
    )
    line = re.search(rf"^{re.escape(method)} stopped: .*", printed, re.MULTILINE)
    return line[0] if line else "The notebook did not train it."


def commit() -> str | None:
    """The repository's commit, marked if it has been changed since; None without git."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=10", "--exclude=*"]
    try:
        return subprocess.run(command, cwd=course.ROOT, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


if __name__ == "__main__":
    sys.exit(main())
