"""The comparison runs what is missing and nothing else, says what failed and why, and reports the right numbers."""

import json
import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import papermill
import pytest
from matplotlib.colors import to_hex
from tqdm import tqdm

from data import glyphs
from data.folders import BACKGROUND, EVALUATION
from solutions.research import compare, compare_report
from solutions.tools import build

METHODS = list(compare.METHODS)
NO_CELLS = nbformat.v4.new_notebook()
SETTINGS = {"dataset": "glyphs", "epochs": 2, "seed": 0, "P": 8, "dropout": 0.2}


def summary(method: str, seed: int = 0, cmc: float = 0.5, epochs: int = 2) -> dict:
    """What the notebook writes at its end, with made-up numbers."""
    history = [{"epoch": epoch, "loss": 0.3 / epoch, "within": 0.1, "between": cmc} for epoch in range(1, epochs + 1)]
    history[-1] |= {"cmc01": cmc, "cmc05": cmc, "cmc10": cmc}
    result = {"cmc": {"1": cmc, "5": 0.75, "10": 1.0}, "cmc_last_epoch": {"1": cmc / 2, "5": 0.5, "10": 0.5}}
    return {
        "settings": {**SETTINGS, "seed": seed},
        "device": "cpu",
        "versions": {"torch": "2.13.0"},
        "baselines": {
            "raw pixels, 16 × 16": {"1": 0.25, "5": 0.5, "10": 0.625},
            "untrained network": {"1": 0.1 + 0.1 * seed, "5": 0.5, "10": 0.5},
        },
        "methods": {method: {**result, "seconds": 10 + seed, "epochs": epochs, "history": history}},
    }


def keep(out: Path, protocol: str, method: str, seed: int, cmc: float) -> None:
    """A finished run, as compare leaves it."""
    numbers = summary(method, seed, cmc)
    run = {"protocol": protocol, "method": method, "seed": seed, "date": "2030-01-01", "commit": "abc"}
    run |= numbers | numbers.pop("methods")[method]
    path = out / compare.slug(protocol) / f"{compare.slug(method)}-seed{seed}" / "results.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(run))


def report(out: Path) -> str:
    compare_report.write(out, list(compare.PROTOCOLS), METHODS)
    return (out / "table.md").read_text()


# --- the report


def test_the_table_has_means_and_sample_deviations(tmp_path):
    # mean (.4 + .5 + .6) / 3 = .5, deviation √((.01 + 0 + .01) / 2) = .1; the last epochs have half of that
    for seed, cmc in enumerate([0.4, 0.5, 0.6]):
        keep(tmp_path, "homework", "hard triplets", seed, cmc)
    keep(tmp_path, "homework", "hard cluster", 0, 0.25)
    table = report(tmp_path)
    assert "| **hard triplets** | .500 ± .100 | .750 ± .000 | 1.000 ± .000 | .250 ± .050 | 11 | 3 |" in table
    assert "| **hard cluster** | .250 | .750 | 1.000 | .125 | 10 | 1 |" in table  # one seed has no deviation


def test_baselines_that_do_not_depend_on_the_seed_have_no_deviation(tmp_path):
    for seed in range(3):  # .1, .2, .3
        for method in ("hard triplets", "hard cluster"):
            keep(tmp_path, "homework", method, seed, 0.5)
    table = report(tmp_path)
    assert "| raw pixels, 16 × 16 | .250 | .500 | .625 |" in table
    assert "| untrained network | .200 ± .100 | .500 | .500 |" in table


def test_protocols_and_methods_stand_in_their_order_and_unknown_ones_last(tmp_path):
    keep(tmp_path, "a, dropout=0", "hard triplets", 0, 0.5)
    for method in ("a method of old", "hard cluster", "hard triplets"):
        keep(tmp_path, "no dropout, margin 0.1", method, 0, 0.5)
    keep(tmp_path, "homework", "hard triplets", 0, 0.5)
    bold = [line.split("**")[1] for line in report(tmp_path).splitlines() if "**" in line]
    block = ["hard triplets", "hard cluster", "a method of old"]
    assert bold == ["homework", "hard triplets", "no dropout, margin 0.1", *block, "a, dropout=0", "hard triplets"]


def test_a_sentence_says_what_was_done(tmp_path):
    keep(tmp_path, "homework", "hard triplets", 0, 0.5)
    keep(tmp_path, "homework", "hard triplets", 2, 0.5)
    table = report(tmp_path)
    for part in ("glyphs, 2 epochs, seeds 0, 2, P = 8, dropout = 0.2; on cpu with torch 2.13.0; 2030-01-01", "abc"):
        assert part in table


def test_the_report_is_all_of_the_finished_runs_and_leaves_nothing_half_written(tmp_path):
    assert compare_report.write(tmp_path, [], []) is None
    assert list(tmp_path.iterdir()) == []
    keep(tmp_path, "homework", "hard triplets", 0, 0.5)
    report(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"homework", "results.json", "table.md", "comparison.png"}
    (run,) = json.loads((tmp_path / "results.json").read_text())["runs"]
    assert (run["cmc"]["1"], len(run["history"])) == (0.5, 2)
    assert (tmp_path / "comparison.png").read_bytes().startswith(b"\x89PNG")


def panels(out: Path) -> list:
    return compare_report.figure(compare_report.collect(out, list(compare.PROTOCOLS), METHODS), METHODS).axes


def test_the_picture_shows_mean_and_deviation(tmp_path):
    for seed, cmc in enumerate([0.4, 0.5, 0.6]):
        keep(tmp_path, "homework", "hard triplets", seed, cmc)
    dots, score, loss, pairs = panels(tmp_path)
    (bar,) = dots.containers
    assert bar[0].get_xdata() == pytest.approx([0.5])
    assert bar[2][0].get_segments()[0][:, 0] == pytest.approx([0.4, 0.6])
    assert score.lines[0].get_xydata().ravel() == pytest.approx([2, 0.5])  # validated in the second epoch alone
    assert loss.lines[0].get_ydata() == pytest.approx([0.3, 0.15])
    assert [line.get_ydata()[0] for line in pairs.lines[:2]] == pytest.approx([0.5, 0.1])  # between, within
    between, within = (band.get_datalim(pairs.transData) for band in pairs.collections)
    assert (between.ymin, between.ymax) == pytest.approx((0.4, 0.6))
    assert within.ymin == pytest.approx(within.ymax)


def test_one_seed_has_no_error_bar(tmp_path):
    keep(tmp_path, "homework", "hard triplets", 0, 0.5)
    assert not panels(tmp_path)[0].containers[0].has_xerr


def test_a_method_keeps_its_colour_where_another_is_missing(tmp_path):
    for method in ("hard triplets", "hard cluster"):
        keep(tmp_path, "homework", method, 0, 0.5)
    keep(tmp_path, "no dropout, margin 0.1", "hard cluster", 0, 0.5)
    loss, loss_without = panels(tmp_path)[2::4]
    colours = [to_hex(line.get_color()) for line in loss.lines]
    assert colours[0] != colours[1]
    assert to_hex(loss_without.lines[0].get_color()) == colours[1]
    assert len(set(compare_report.COLOURS)) >= len(METHODS)


# --- what is to be run


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--methods", "soft triplets"], "invalid choice: 'soft triplets' (choose from 'hard triplets', "),
        (["--protocols", "best"], "invalid choice: 'best' (choose from 'homework', 'no dropout, margin 0.1')"),
        (["--epochs", "0"], "--epochs: at least 1"),
        (["--set", "droput=0"], "no setting 'droput' (choose from P, K, dropout, learning_rate, margin"),
        (["--set", "seed=3"], "no setting 'seed'"),
        (["--set", "dropout=none"], "'none' in 'dropout=none' is no Python literal"),
        (["--set", "dropout"], "'' in 'dropout' is no Python literal"),
    ],
)
def test_wrong_arguments_are_refused_with_the_choices(arguments, sentence, capsys):
    with pytest.raises(SystemExit, match="2"):
        compare.main(arguments)
    assert sentence in capsys.readouterr().err


def test_a_missing_gpu_is_said_at_once(monkeypatch, capsys):
    monkeypatch.setattr(compare.torch.cuda, "is_available", lambda: False)
    with pytest.raises(SystemExit, match="2"):
        compare.main(["--device", "cuda"])
    assert "no GPU" in capsys.readouterr().err


def planned(tmp_path, *arguments: str) -> list[compare.Run]:
    return compare.plan(compare.parse(["--out", str(tmp_path), *arguments]))


def test_every_method_is_run_with_a_seed_before_the_next_seed(tmp_path):
    runs = planned(tmp_path, "--methods", "hard cluster", "hard triplets", "--seeds", "3", "1", "3")
    assert [(run.method, run.seed) for run in runs] == [
        ("hard cluster", 3),
        ("hard triplets", 3),
        ("hard cluster", 1),
        ("hard triplets", 1),
    ]


def test_a_run_has_all_settings_of_the_notebook_and_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setitem(compare.PROTOCOLS, "no dropout, margin 0.1", {"dropout": 0.0, "margin": 0.1})
    runs = planned(
        tmp_path, "--protocols", "homework", "no dropout, margin 0.1", "--set", "dropout=0.5", "--set", "P=8", "K=4"
    )
    assert len({run.folder for run in runs}) == len(runs) == 2 * len(METHODS) * 3
    assert {run.protocol for run in runs} == {
        f"{name}, dropout=0.5, P=8, K=4" for name in ("homework", "no dropout, margin 0.1")
    }
    parameters = runs[0].parameters
    assert set(parameters) == set(compare.notebook_defaults(build.master_notebook(compare.MASTER)))
    expected = {
        "dataset": "omniglot",
        "epochs": 300,
        "methods": ["hard triplets"],
        "dropout": 0.5,
        "margin": 0.3,
        "P": 8,
    }
    assert {name: parameters[name] for name in expected} == expected
    assert parameters["resume"] is True
    # the protocol goes before the notebook's own, --set before both
    assert {(run.parameters["dropout"], run.parameters["margin"]) for run in runs} == {(0.5, 0.3), (0.5, 0.1)}


def test_protocols_change_only_settings_that_the_notebook_has():
    settable = set(compare.notebook_defaults(build.master_notebook(compare.MASTER))) - compare.OWN_OPTIONS
    assert compare.PROTOCOLS["homework"] == {}
    for changes in compare.PROTOCOLS.values():
        assert set(changes) <= settable


def test_other_settings_need_another_folder(tmp_path):
    planned(tmp_path, "--epochs", "2")
    planned(tmp_path, "--epochs", "2", "--methods", "hard cluster", "--seeds", "7", "--device", "cpu")
    planned(tmp_path, "--epochs", "3", "--set", "dropout=0")
    with pytest.raises(compare.Refused, match=r"epochs = 2, not 3\): take another --out"):
        planned(tmp_path, "--epochs", "3")


def test_more_methods_change_one_cell_of_a_copy():
    def sources(notebook) -> list[str]:
        return [cell.source for cell in notebook.cells]

    master = sources(build.master_notebook(compare.MASTER))
    assert sources(compare.solved_notebook("hard triplets")) == master
    changed = sources(compare.solved_notebook("PML batch hard"))
    ((before, after),) = [(old, new) for old, new in zip(master, changed, strict=True) if old != new]
    assert before == '# train("mine", MyLoss())'
    assert after.endswith(
        'if wanted("PML batch hard"):\n    train("PML batch hard", third_party.pml_batch_hard(margin))'
    )


@pytest.mark.parametrize("method", [method for method in METHODS if compare.METHODS[method]])
def test_the_criteria_can_be_built(method):
    criteria = {}
    names = {"wanted": lambda name: name == method, "train": criteria.__setitem__, "margin": 0.3}
    try:
        exec(compare.more_methods(method), names)
    except ImportError as problem:
        pytest.skip(str(problem))
    assert hasattr(criteria[method], "forward")


# --- running, with a notebook that only pretends to train


@pytest.fixture
def notebook(monkeypatch):
    """Takes the notebook's place: writes made-up results, or does what `behaviour` says for a method. Records runs."""

    def pretend(source, output, parameters, cwd, **options):
        (method,) = parameters["methods"]
        pretend.ran.append((method, parameters["seed"]))
        act = pretend.behaviour.get(method)
        made = act(Path(cwd)) if act else summary(method, parameters["seed"], epochs=parameters["epochs"])
        if isinstance(made, nbformat.NotebookNode):
            return made
        Path(cwd, parameters["results"]).write_text(json.dumps(made))
        return NO_CELLS

    pretend.ran, pretend.behaviour = [], {}
    monkeypatch.setattr(papermill, "execute_notebook", pretend)
    monkeypatch.setattr(compare.data, "load", lambda dataset: None)
    return pretend


TWO = ["hard triplets", "hard cluster"]


def run(tmp_path, *arguments: str) -> int:
    return compare.main(["--data", "glyphs", "--epochs", "2", "--seeds", "0", "--out", str(tmp_path), *arguments])


def test_a_finished_run_is_not_run_again(tmp_path, notebook):
    assert run(tmp_path, "--methods", "hard triplets") == 0
    assert run(tmp_path, "--methods", *TWO) == 0
    assert run(tmp_path, "--methods", *TWO) == 0
    assert notebook.ran == [("hard triplets", 0), ("hard cluster", 0)]
    kept = json.loads((tmp_path / "homework" / "hard-triplets-seed0" / "results.json").read_text())
    assert {"protocol", "method", "seed", "settings", "device", "versions", "baselines", "date", "commit"} <= set(kept)
    assert kept["cmc"]["1"] == 0.5
    assert "| **hard cluster** | .500 |" in (tmp_path / "table.md").read_text()


def test_the_report_can_be_made_without_running_anything(tmp_path, notebook):
    run(tmp_path, "--methods", "hard triplets")
    (tmp_path / "table.md").unlink()
    assert compare.main(["--out", str(tmp_path), "--no-training"]) == 0  # no matter with which settings it was trained
    assert (tmp_path / "table.md").exists()
    assert len(notebook.ran) == 1


def test_other_settings_are_refused_before_anything_runs(tmp_path, notebook, capsys):
    run(tmp_path, "--methods", "hard triplets")
    assert run(tmp_path, "--methods", *TWO, "--epochs", "3") == 1
    assert "take another --out" in capsys.readouterr().err
    assert len(notebook.ran) == 1


def stopped(folder: Path) -> nbformat.NotebookNode:
    line = "epoch 1\nhard triplets stopped: the loss is nan. Epoch 1 is kept.\n"
    (folder / "trained.json").write_text(json.dumps(summary("hard triplets", epochs=1)))
    output = nbformat.v4.new_output("stream", name="stdout", text=line)
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("train()", outputs=[output])])


def broken(folder: Path) -> None:
    raise papermill.PapermillExecutionError(0, 1, "", "ValueError", "a bad value", [])


def dead(folder: Path) -> None:
    raise RuntimeError("Kernel died")


@pytest.mark.parametrize(
    ("behaviour", "sentence"),
    [
        (stopped, "failed. hard triplets stopped: the loss is nan. Epoch 1 is kept. To start it anew, delete "),
        (broken, "failed. ValueError: a bad value To start it anew, delete "),
        (dead, "failed. Kernel died To start it anew, delete "),
        (lambda folder: NO_CELLS, "failed. The notebook did not train it. To start it anew, delete "),
    ],
)
def test_a_failed_run_is_named_the_others_go_on_and_it_is_tried_again(tmp_path, notebook, capsys, behaviour, sentence):
    notebook.behaviour["hard triplets"] = behaviour
    assert run(tmp_path, "--methods", *TWO) == 1
    error = capsys.readouterr().err
    assert f"homework, hard triplets, seed 0: {sentence}" in error
    assert "1 of 2 runs failed" in error
    assert "hard triplets" not in (tmp_path / "table.md").read_text()
    notebook.behaviour.clear()
    assert run(tmp_path, "--methods", *TWO) == 0
    assert notebook.ran == [("hard triplets", 0), ("hard cluster", 0), ("hard triplets", 0)]


def test_the_results_of_a_failed_attempt_are_not_taken_for_those_of_the_next(tmp_path, notebook):
    folder = tmp_path / "homework" / "hard-triplets-seed0"
    folder.mkdir(parents=True)
    (folder / "trained.json").write_text(json.dumps(summary("hard triplets")))
    notebook.behaviour["hard triplets"] = lambda folder: NO_CELLS
    assert run(tmp_path, "--methods", "hard triplets") == 1


def test_ctrl_c_keeps_what_is_finished(tmp_path, notebook, capsys):
    def interrupt(folder: Path) -> None:
        raise KeyboardInterrupt

    notebook.behaviour["hard cluster"] = interrupt
    assert run(tmp_path, "--methods", *TWO) == 130
    assert "Interrupted. Nothing is lost" in capsys.readouterr().err
    assert "hard triplets" in (tmp_path / "table.md").read_text()
    notebook.behaviour.clear()
    assert run(tmp_path, "--methods", *TWO) == 0
    assert notebook.ran == [("hard triplets", 0), ("hard cluster", 0), ("hard cluster", 0)]


def test_a_missing_peer_is_said_before_anything_runs(tmp_path, notebook, monkeypatch, capsys):
    from solutions.research import third_party

    def missing(margin):
        raise ImportError("pytorch_metric_learning is not installed.")

    monkeypatch.setattr(third_party, "pml_batch_hard", missing)
    assert run(tmp_path, "--methods", "hard triplets", "PML batch hard") == 1
    assert capsys.readouterr().err == "pytorch_metric_learning is not installed.\n"
    assert notebook.ran == []
    assert run(tmp_path, "--methods", "hard triplets") == 0  # who does not ask for it does not need it


def test_a_missing_dataset_is_said_before_anything_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("METRIC_LEARNING_DATA", str(tmp_path))
    monkeypatch.setattr(papermill, "execute_notebook", None)
    assert compare.main(["--out", str(tmp_path / "out"), "--methods", "hard triplets"]) == 1
    assert "python -m data.omniglot" in capsys.readouterr().err


def test_a_relative_data_folder_is_the_same_in_the_notebooks_folder(tmp_path, notebook, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("METRIC_LEARNING_DATA", "datasets")
    run(tmp_path, "--methods", "hard triplets")
    assert os.environ["METRIC_LEARNING_DATA"] == str(tmp_path / "datasets")


def test_the_bar_follows_the_notebooks_own():
    with tqdm(total=20, initial=10, disable=True) as bar:
        moved = []
        bar.update = lambda epochs: moved.append(epochs) or setattr(bar, "n", bar.n + epochs)
        watch = compare.EpochWatch(bar, epochs=10)
        for text in ("hard triplets:  10%|█ | 1/10 [00:01<00:09]", "3/4 [", "\r 4/10 [00:04\r 5/10 [00:05", "4/10 ["):
            watch.emit(logging.LogRecord("papermill", logging.INFO, "", 0, text, None, None))
        assert (moved, bar.n) == ([1, 3, 1, 0], 15)


# --- running the notebook itself


@pytest.fixture(scope="session")
def few_glyphs(tmp_path_factory) -> Path:
    """A data root with few characters, of as many alphabets as the notebook's pictures need."""
    root = tmp_path_factory.mktemp("data")
    train = {"Latin": "abcd", "Greek": "αβγδ", "Hebrew": "אבגד", "Cyrillic": "бвгд"}
    glyphs.render(root / "glyphs", alphabets={BACKGROUND: train, EVALUATION: {"Lao": "ກຂຄງ", "NKo": "߂߃߄߅"}})
    return root


def command(out: Path, root: Path, epochs: int, *methods: str) -> subprocess.Popen:
    """The comparison as a person starts it, from a folder of no importance."""
    options = ["--data", "glyphs", "--epochs", str(epochs), "--seeds", "0", "--device", "cpu", "--out", str(out)]
    return subprocess.Popen(
        [sys.executable, "-m", "solutions.research.compare", *options, "--set", "P=4", "K=4", "--methods", *methods],
        cwd=root,
        env={**os.environ, "METRIC_LEARNING_DATA": str(root)},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # tests in the background ignore it
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow
def test_the_notebook_trains_and_a_second_call_runs_nothing(tmp_path, few_glyphs):
    methods = ["hard cluster", "all triplets"]  # one that the notebook has, one that is put in
    first = command(tmp_path, few_glyphs, 2, *methods)
    printed, error = first.communicate()
    assert first.returncode == 0, error
    assert printed.count("CMC@1") == 2
    assert set(error.split("\r")[-1].split()) >= {"2/2", "4/4"}  # runs, epochs; and the kernels said nothing after that
    assert "WARN" not in error
    table = (tmp_path / "table.md").read_text()
    assert all(f"| **{method}** |" in table for method in methods)
    (folder,) = tmp_path.glob("*/all-triplets-seed0")
    assert {path.name for path in folder.iterdir()} == {"homework3.ipynb", "logs", "results.json"}
    assert len(json.loads((folder / "results.json").read_text())["history"]) == 2

    second = command(tmp_path, few_glyphs, 2, *methods)
    assert second.communicate() == (f"2 runs, 2 of them finished already, in {tmp_path}\n", "")
    assert second.returncode == 0


@pytest.mark.slow
def test_an_interrupted_run_leaves_no_kernel_and_goes_on_from_its_last_epoch(tmp_path, few_glyphs):
    import torch

    process = command(tmp_path, few_glyphs, 40, "hard triplets")
    while process.poll() is None and not list(tmp_path.glob("*/*/logs/*/*.pth")):
        time.sleep(0.1)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    process.send_signal(signal.SIGINT)
    _, error = process.communicate()
    assert process.returncode == 130
    assert error.endswith("Interrupted. Nothing is lost: the same command goes on from the last epoch.\n")
    assert "Traceback" not in error
    assert children
    assert not any(Path("/proc", child).exists() for child in children)
    (checkpoint,) = tmp_path.glob("*/*/logs/*/*.pth")
    before = torch.load(checkpoint)
    assert before["epoch"] < 40

    again = command(tmp_path, few_glyphs, 40, "hard triplets")
    _, error = again.communicate()
    assert again.returncode == 0, error
    (path,) = tmp_path.glob("*/*/results.json")
    history = json.loads(path.read_text())["history"]
    assert [epoch["epoch"] for epoch in history] == list(range(1, 41))
    assert history[: before["epoch"]] == before["history"]
