"""What other programs read, and what a notebook settles before it trains."""

import json
from importlib.metadata import version

import pytest
import torch

from data.notebook.results import numbers_of, write_results
from data.notebook.settings import choose_device


def record(*scores: float | None) -> dict:
    """A training with a validation where there is a score."""
    history = [
        {"epoch": epoch, "loss": 0.5} | ({} if score is None else {"cmc01": score, "cmc05": 2 * score})
        for epoch, score in enumerate(scores, start=1)
    ]
    return {"model": None, "cmc": {1: 0.5, 5: 1.0}, "history": history, "epochs": len(scores), "seconds": 1.5}


def test_the_last_cmc_is_that_of_the_last_validation(tmp_path):
    numbers = numbers_of({"mine": record(0.5, 0.25, None), "interrupted": record(None)})
    assert numbers["mine"]["cmc_last_epoch"] == {1: 0.25, 5: 0.5}
    assert numbers["interrupted"]["cmc_last_epoch"] is None
    assert list(numbers["mine"]) == ["cmc", "cmc_last_epoch", "seconds", "epochs", "history"]  # and no network


def test_the_file_says_what_was_run_where_and_what_came_of_it(tmp_path):
    path = tmp_path / "results.json"
    write_results(path, {"seed": 3}, "cpu", methods=numbers_of({"mine": record(0.5)}), seconds=2)
    written = json.loads(path.read_text())
    assert list(written) == ["settings", "device", "versions", "methods", "seconds"]
    assert (written["settings"], written["device"], written["seconds"]) == ({"seed": 3}, "cpu", 2)
    assert written["versions"]["torch"] == version("torch")
    assert written["methods"]["mine"]["cmc"] == {"1": 0.5, "5": 1.0}


@pytest.mark.parametrize(
    ("asked", "available", "chosen"),
    [("auto", True, "cuda"), ("auto", False, "cpu"), ("cpu", True, "cpu"), ("cuda", True, "cuda")],
)
def test_a_gpu_is_taken_if_there_is_one(monkeypatch, asked, available, chosen):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: available)
    assert choose_device(asked) == chosen


def test_a_gpu_that_is_not_there_is_a_sentence(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ValueError, match="no GPU here"):
        choose_device("cuda")
