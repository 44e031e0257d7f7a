"""What both notebooks settle first: how charts look, and which device trains."""

import warnings

import matplotlib.pyplot as plt
import torch


def prepare() -> None:
    """Small charts without a box around them, for the rest of the session, and no warning that helps nobody."""
    plt.rcParams.update({"figure.dpi": 80, "font.size": 11, "axes.spines.top": False, "axes.spines.right": False})
    # Catalyst 22.4 turns a loss into a number without detaching it; today's PyTorch frowns at that, harmlessly
    warnings.filterwarnings("ignore", message="Converting a tensor with requires_grad")


def choose_device(device: str) -> str:
    """ "cuda" or "cpu" for "auto", by whether PyTorch finds a GPU; others as they are.

    Raises:
        ValueError: "cuda" where there is none.
    """
    available = torch.cuda.is_available()
    if device == "cuda" and not available:
        raise ValueError('device = "cuda", but PyTorch finds no GPU here: take "auto" or "cpu".')
    return ("cuda" if available else "cpu") if device == "auto" else device
