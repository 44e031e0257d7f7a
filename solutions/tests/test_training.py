"""What `train` of the notebook does when a training goes wrong.

The dataset is the glyphs, the batches are small; what a training learns is no matter here.
"""

import json
import math
import weakref
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

import data
from solutions.homework3.hard_cluster import HardClusterTripletsSampler
from solutions.research import compare
from solutions.tools import build, demo
from solutions.tools.session import session

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:FigureCanvasAgg is non-interactive"),
    pytest.mark.filterwarnings("ignore:__array__ implementation"),  # matplotlib, shown a tensor
    pytest.mark.filterwarnings("ignore:Converting a tensor with requires_grad"),  # as the notebook itself does
]
METHOD = "hard triplets"


@pytest.fixture
def notebook(tmp_path):
    """A session of the notebook with small batches."""

    def run(**settings) -> SimpleNamespace:
        return session(**{"epochs": 3, "P": 8, "K": 4, "logs": str(tmp_path / "logs"), "device": "cpu"} | settings)

    return run


class Criterion(torch.nn.Module):
    """The right loss, until the batch at which something happens; batches count from 1 over all epochs."""

    def __init__(self, homework, at: int = 0, happening=None) -> None:
        super().__init__()
        self.right = homework.TripletMarginLossWithSampler(0.3, homework.HardTripletsSampler())
        self.at, self.happening, self.batch = at, happening, 0

    def forward(self, features, labels):
        self.batch += 1
        loss = self.right(features, labels)
        return self.happening(loss) if self.batch == self.at else loss


def interrupt(_):
    raise KeyboardInterrupt


def test_an_interrupted_training_goes_on_to_the_same_end(notebook, capsys):
    whole = notebook()
    whole.train(METHOD, Criterion(whole))
    per_epoch = len(whole.loaders["train"])
    first = notebook()
    first.train(METHOD, Criterion(first, at=2 * per_epoch + 2, happening=interrupt))
    said = capsys.readouterr().out
    assert "hard triplets stopped: you interrupted it; `resume = True` goes on. Epochs 1 to 2 are kept in " in said
    assert first.trained[METHOD]["epochs"] == 2  # and the notebook goes on with the best network of these

    second = notebook(resume=True)
    second.train(METHOD, Criterion(second))
    ended, expected = second.trained[METHOD], whole.trained[METHOD]
    assert ended["history"] == expected["history"]
    assert [epoch["epoch"] for epoch in ended["history"]] == [1, 2, 3]
    assert ended["cmc"] == expected["cmc"]
    for given, right in zip(ended["model"].parameters(), expected["model"].parameters(), strict=True):
        assert torch.equal(given, right)


def test_an_interruption_before_the_first_validation_leaves_the_last_epoch(notebook):
    homework = notebook(epochs=10)  # validated once, after the tenth
    at = 3 * len(homework.loaders["train"]) + 1
    homework.train(METHOD, Criterion(homework, at=at, happening=interrupt))
    assert homework.trained[METHOD]["epochs"] == 3
    (path,) = Path(homework.logs).rglob("*.pth")
    for name, weights in torch.load(path)["model"].items():
        assert torch.equal(homework.trained[METHOD]["model"].state_dict()[name], weights)


def test_a_finished_training_is_not_repeated(notebook):
    first = notebook(epochs=1)
    first.train(METHOD, Criterion(first))
    second = notebook(epochs=1, resume=True)
    criterion = Criterion(second)
    second.train(METHOD, criterion)
    assert criterion.batch == 0
    assert second.trained[METHOD]["cmc"] == first.trained[METHOD]["cmc"]
    assert second.trained[METHOD]["seconds"] == first.trained[METHOD]["seconds"]


def test_without_resume_it_starts_anew(notebook):
    notebook(epochs=1).train(METHOD, Criterion(homework := notebook(epochs=1)))
    criterion = Criterion(homework)
    homework.train(METHOD, criterion)
    assert criterion.batch == len(homework.loaders["train"])


def test_a_checkpoint_of_other_settings_is_refused(notebook):
    first = notebook(epochs=1)
    first.train(METHOD, Criterion(first))
    second = notebook(epochs=1, resume=True, dropout=0.0)
    with pytest.raises(ValueError, match=r"of another training, with .*'dropout': 0\.2.*another folder for `logs`"):
        second.train(METHOD, Criterion(second))


def test_a_training_that_is_begun_anew_keeps_the_old_one_until_its_first_epoch_is_done(notebook):
    first = notebook(epochs=2)
    first.train(METHOD, Criterion(first))
    second = notebook(epochs=2)
    second.train(METHOD, Criterion(second, at=1, happening=interrupt))
    assert METHOD not in second.trained
    third = notebook(epochs=2, resume=True)
    third.train(METHOD, Criterion(third))
    assert third.trained[METHOD]["history"] == first.trained[METHOD]["history"]


def test_a_full_disk_keeps_the_epoch_before(notebook, capsys, monkeypatch):
    homework = notebook()
    save, saved = torch.save, []

    def fill(state, path):
        saved.append(state)
        save(state, path)
        if len(saved) == 2:
            raise RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos 64 vs 0")  # torch's own

    monkeypatch.setattr(torch, "save", fill)
    homework.train(METHOD, Criterion(homework))
    assert "cannot be written ([enforce fail" in capsys.readouterr().out
    assert homework.trained[METHOD]["epochs"] == 1
    assert [path.suffix for path in Path(homework.logs).rglob("*.p*")] == [".pth"]


def test_embeddings_that_a_sampler_refuses_stop_the_training_too(notebook, capsys):
    """Hard clusters raise ValueError for NaN before there is a loss."""
    homework = notebook(learning_rate=1e30)
    criterion = homework.TripletMarginLossWithSampler(0.3, HardClusterTripletsSampler())
    homework.train("hard cluster", criterion)
    said = capsys.readouterr().out
    assert "hard cluster stopped: in epoch 1, batch " in said
    assert "the embeddings are no numbers; a lower learning_rate" in said


def test_a_value_error_of_a_criterion_is_not_swallowed(notebook):
    homework = notebook()

    def fail(_):
        raise ValueError("margin must be positive")

    with pytest.raises(ValueError, match="margin must be positive"):
        homework.train(METHOD, Criterion(homework, at=1, happening=fail))


@pytest.mark.parametrize(("settings", "problem"), [({"epochs": 0}, "epochs = 0"), ({"device": "cuda"}, "no GPU here")])
def test_settings_that_cannot_be_are_refused(notebook, settings, problem, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ValueError, match=problem):
        notebook(**settings)


def test_a_loss_that_is_not_a_number_stops_and_keeps_the_last_good_epoch(notebook, capsys):
    homework = notebook()
    at = len(homework.loaders["train"]) + 3
    homework.train(METHOD, Criterion(homework, at=at, happening=lambda loss: loss * math.nan))
    said = capsys.readouterr().out
    assert "hard triplets stopped: the loss of epoch 2, batch 3 is nan; a lower learning_rate" in said
    assert "Epochs 1 to 1 are kept" in said
    record = homework.trained[METHOD]
    assert record["epochs"] == 1
    assert all(weights.isfinite().all() for weights in record["model"].parameters())
    state = torch.load(next(path for path in Path(homework.logs).rglob("*.pth")))
    assert state["epoch"] == 1


def test_weights_that_are_not_numbers_are_not_saved(notebook, capsys):
    """The last batch of an epoch has a finite loss and infinite gradients: the next loss would be too late."""
    homework = notebook()
    at = 2 * len(homework.loaders["train"])
    homework.train(METHOD, Criterion(homework, at=at, happening=lambda loss: (loss - loss.detach()).sqrt()))
    assert "after the last batch of epoch 2 some weights are no numbers" in capsys.readouterr().out
    assert homework.trained[METHOD]["epochs"] == 1


def test_too_little_memory_names_the_batch_that_fits(notebook, capsys):
    homework = notebook()

    class Greedy(Criterion):
        def forward(self, features, labels):
            if len(features) > 2 * homework.K:
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 1.00 GiB.")
            return super().forward(features, labels)

    homework.train(METHOD, Greedy(homework))
    said = capsys.readouterr().out
    assert "batches of P × K = 8 × 4 do not fit into the memory of cpu; P = 2 fits (batches of 8): set it" in said
    assert "No epoch was finished." in said
    assert METHOD not in homework.trained


def test_the_step_that_did_not_fit_is_forgotten_before_smaller_ones_are_tried(notebook):
    homework = notebook()
    alive = []

    class Greedy(Criterion):
        def forward(self, features, labels):
            if len(features) == homework.P * homework.K:
                self.failed = weakref.ref(features)
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 1.00 GiB.")
            alive.append(self.failed() is not None)
            return super().forward(features, labels)

    homework.train(METHOD, Greedy(homework))
    assert alive == [False]


def test_memory_that_no_batch_fits_into(notebook, capsys):
    homework = notebook()

    class Greedy(Criterion):
        def forward(self, features, labels):  # what PyTorch says on a CPU
            raise RuntimeError(
                "[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 bytes."
            )

    homework.train(METHOD, Greedy(homework))
    assert "not even P = 2 fits: take a smaller K than 4. No epoch was finished." in capsys.readouterr().out


def test_the_demo_shows_what_the_notebook_writes(notebook, tmp_path):
    homework = notebook(epochs=1, results=str(tmp_path / "results.json"), methods=[METHOD, "hard triplet"])
    homework.train(METHOD, Criterion(homework))
    cells = build.master_notebook(compare.MASTER).cells
    (writes,) = (cell.source for cell in cells if "write_results(results, " in cell.source)
    exec(writes, vars(homework))
    table = demo.results_table(json.loads((tmp_path / "results.json").read_text()))
    assert (table.title, table.row_count) == ("solved notebook, glyphs, 1 epochs", 1)


def test_other_errors_are_not_swallowed(notebook):
    homework = notebook()

    def fail(_):
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="mat1"):
        homework.train(METHOD, Criterion(homework, at=1, happening=fail))


def test_a_batch_larger_than_the_dataset_is_refused(notebook):
    pictures = len(data.load("glyphs").train.images)
    with pytest.raises(ValueError, match=rf"p=10 classes of k={pictures} .* the dataset has {pictures}"):
        notebook(P=10, K=pictures)
    with pytest.raises(ValueError, match="p=5000 classes a batch, but the labels hold only"):
        notebook(P=5000)


def test_cmc_ranks_embeddings_that_nearly_coincide_as_sums_of_differences_do(notebook):
    homework = notebook()
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(40).repeat(5)  # [200]
    is_query = torch.arange(200) < 40
    centres = 1e-5 * torch.randn(40, 64, generator=generator)
    features = 0.125 + centres[labels] + 1e-5 * torch.randn(200, 64, generator=generator)  # of length 1, 0.0001 apart
    queries, gallery = features[is_query].double(), features[~is_query].double()
    apart = (queries[:, None] - gallery).square().sum(dim=2)  # [40, 160]
    nearest = labels[~is_query][apart.argsort(dim=1)]
    expected = {k: (nearest[:, :k] == labels[is_query][:, None]).any(dim=1).float().mean().item() for k in (1, 5, 10)}
    assert homework.cmc(features, labels, is_query) == expected
