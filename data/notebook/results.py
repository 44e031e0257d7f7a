"""The numbers of a run, in a file for other programs."""

import json
import platform
from importlib.metadata import version
from pathlib import Path

import torch

from data.folders import write_atomically


def write_results(path: str | Path, settings: dict, device: str, **numbers) -> None:
    """Write JSON: the settings, what the run was made on, and its numbers under the names that they are given by.

    settings: all that the numbers depend on. device: "cuda" or "cpu".
    """
    packages = {name: version(name) for name in ("torch", "catalyst", "accelerate", "numpy")}
    summary = {
        "settings": settings,
        "device": torch.cuda.get_device_name() if device == "cuda" else "cpu",
        "versions": {"python": platform.python_version(), **packages},
        **numbers,
    }
    text = json.dumps(summary, indent=2) + "\n"
    write_atomically(Path(path), lambda file: file.write(text.encode()))


def numbers_of(trained: dict[str, dict]) -> dict[str, dict]:
    """method -> "cmc" of its best epoch, "cmc_last_epoch", "seconds", "epochs" and "history" (see `data.notebook`).

    "cmc_last_epoch" is None where a training was interrupted before its first validation.
    """
    return {
        method: {
            "cmc": record["cmc"],
            "cmc_last_epoch": _last_cmc(record),
            **{name: record[name] for name in ("seconds", "epochs", "history")},
        }
        for method, record in trained.items()
    }


def _last_cmc(record: dict) -> dict[int, float] | None:
    validated = [epoch for epoch in record["history"] if "cmc01" in epoch]
    return {k: validated[-1][f"cmc{k:02d}"] for k in record["cmc"]} if validated else None
