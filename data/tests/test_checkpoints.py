"""A training that stops keeps what it has, and one that goes on ends as if nothing had happened."""

import math
import resource
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from catalyst import dl
from catalyst.utils import set_global_seed
from torch import Tensor, nn

from data.batches import EvalBatches, TrainBatches
from data.notebook.callbacks import BlockwiseCMC, Progress, Quiet
from data.notebook.checkpoints import Checkpoint

pytestmark = pytest.mark.filterwarnings("ignore:Converting a tensor with requires_grad")
SETTINGS = {"dropout": 0.2}
PER_EPOCH = 3  # batches: 9 classes by 3


class Criterion(nn.Module):
    """Pulls all embeddings to one point, until the batch at which something happens; counted from 1 over all epochs."""

    def __init__(self, at: int = 0, happening=None) -> None:
        super().__init__()
        self.at, self.happening, self.batch = at, happening, 0

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        self.batch += 1
        loss = features.square().mean()
        return self.happening(loss) if self.batch == self.at else loss


def interrupt(_):
    raise KeyboardInterrupt


@pytest.fixture
def train(letters, tmp_path, capsys):
    """train(...): three epochs of a small network, or two and whatever the criterion does. Its model and checkpoint."""

    def run(path: Path, criterion: Criterion, resume=False, settings=SETTINGS, scores=(0.1, 0.3, 0.2)):
        set_global_seed(0)
        model = nn.Sequential(nn.Flatten(), nn.Linear(32 * 32, 32), nn.Dropout(0.2))
        optimizer = torch.optim.Adam(model.parameters())
        progress = Progress("small", epochs=3)
        checkpoint = Checkpoint(path, progress, settings, resume)
        loss = dl.CriterionCallback(input_key="embeddings", target_key="targets", metric_key="loss")
        cmc = BlockwiseCMC(lambda *_: {1: scores[len(progress.history)]}, topk=[1])
        score = dl.LoaderMetricCallback(cmc, ["embeddings", "is_query"], ["targets"])
        ran = SimpleNamespace(model=model, checkpoint=checkpoint, progress=progress)
        with progress.bar:
            dl.SupervisedRunner(
                input_key="features", output_key="embeddings", target_key="targets", loss_key="loss"
            ).train(
                engine=dl.CPUEngine(),
                model=model,
                criterion=criterion,
                optimizer=optimizer,
                scheduler=torch.optim.lr_scheduler.MultiStepLR(optimizer, milestones=[2]),
                loaders={"train": TrainBatches(letters, p=3, k=4), "valid": EvalBatches(letters)},
                num_epochs=3,
                seed=0,
                loggers={"quiet": Quiet()},
                callbacks=[
                    dl.ControlFlowCallbackWrapper(loss, loaders="train"),
                    dl.ControlFlowCallbackWrapper(score, loaders="valid"),
                    dl.SchedulerCallback(mode="epoch"),
                    progress,
                    checkpoint,
                ],
            )
        return ran

    return run


def test_an_interrupted_training_goes_on_to_the_same_end(train, tmp_path, capsys):
    path = tmp_path / "small.pth"
    whole = train(tmp_path / "whole.pth", Criterion())
    with pytest.raises(KeyboardInterrupt):
        train(path, Criterion(at=2 * PER_EPOCH + 2, happening=interrupt))
    assert torch.load(path)["epoch"] == 2
    criterion = Criterion()
    ended = train(path, criterion, resume=True)
    assert f"{path}: epochs 1 to 2 of an earlier training are not repeated." in capsys.readouterr().out
    assert criterion.batch == PER_EPOCH
    assert ended.progress.history == whole.progress.history
    assert [epoch["epoch"] for epoch in ended.progress.history] == [1, 2, 3]
    for given, right in zip(ended.model.parameters(), whole.model.parameters(), strict=True):
        assert torch.equal(given, right)


def test_the_file_holds_the_best_epoch_and_the_last(train, tmp_path):
    path = tmp_path / "small.pth"
    ran = train(path, Criterion(), scores=(0.1, 0.3, 0.2))
    state = torch.load(path)
    assert (state["epoch"], state["best"]["epoch"], state["best"]["cmc01"]) == (3, 2, 0.3)
    assert state["settings"] == SETTINGS
    assert state["history"] == ran.progress.history
    assert torch.equal(state["model"]["1.weight"], ran.model[1].weight)
    assert not torch.equal(state["best"]["weights"]["1.weight"], ran.model[1].weight)
    assert (ran.checkpoint.done, ran.checkpoint.seconds) == (3, state["seconds"])


def test_of_equally_good_epochs_the_last_is_the_best(train, tmp_path):
    assert train(tmp_path / "small.pth", Criterion(), scores=(0.2, 0.2, 0.2)).checkpoint.best["epoch"] == 3


def test_a_file_of_other_settings_is_refused_and_left_alone(train, tmp_path):
    path = tmp_path / "small.pth"
    train(path, Criterion())
    before = path.read_bytes()
    with pytest.raises(ValueError, match=r"of another training, with .*'dropout': 0\.2.*another folder for `logs`"):
        train(path, Criterion(), resume=True, settings={"dropout": 0.0})
    assert path.read_bytes() == before


def test_a_training_begun_anew_leaves_the_old_file_until_its_first_epoch_is_done(train, tmp_path):
    path = tmp_path / "small.pth"
    train(path, Criterion())
    before = path.read_bytes()
    with pytest.raises(KeyboardInterrupt):
        train(path, Criterion(at=1, happening=interrupt))
    assert path.read_bytes() == before


def test_a_full_disk_keeps_the_epoch_before(train, tmp_path):
    """From then on no file may grow beyond 50 KB, a tenth of what a checkpoint takes."""
    path = tmp_path / "small.pth"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(loss: Tensor) -> Tensor:
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
        return loss

    try:
        with pytest.raises(OSError, match=r"small\.pth cannot be written \("):
            train(path, Criterion(at=2 * PER_EPOCH, happening=fill))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert torch.load(path)["epoch"] == 1
    assert list(tmp_path.iterdir()) == [path]


def test_a_loss_that_is_not_a_number_stops_before_it_is_saved(train, tmp_path):
    path = tmp_path / "small.pth"
    with pytest.raises(FloatingPointError, match="the loss of epoch 2, batch 2 is nan"):
        train(path, Criterion(at=PER_EPOCH + 2, happening=lambda loss: loss * math.nan))
    assert torch.load(path)["epoch"] == 1


def test_weights_that_are_not_numbers_are_not_saved(train, tmp_path):
    """The last batch of an epoch has a finite loss and infinite gradients: the next loss would be too late."""
    path = tmp_path / "small.pth"
    with pytest.raises(FloatingPointError, match="after the last batch of epoch 2 some weights are no numbers"):
        train(path, Criterion(at=2 * PER_EPOCH, happening=lambda loss: (loss - loss.detach()).sqrt()))
    assert torch.load(path)["epoch"] == 1
