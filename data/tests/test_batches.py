import math

import pytest
import torch
from catalyst import dl

from data.batches import BalanceBatchSampler, EvalBatches, TrainBatches, rotated
from data.dataset import Split


def split(counts, is_query=None) -> Split:
    """A picture of one grey for each sample; counts[c] samples of class c."""
    labels = torch.arange(len(counts)).repeat_interleave(torch.tensor(counts))
    images = torch.arange(len(labels), dtype=torch.uint8)[:, None, None].expand(-1, 32, 32).contiguous()
    names = [f"A/character{number:02}" for number in range(len(counts))]
    return Split(images, labels, names, ["A"], torch.zeros(len(counts), dtype=torch.long), [], is_query)


def test_every_batch_has_p_classes_and_k_different_samples_of_each():
    labels = torch.arange(10).repeat(7)  # interleaved
    for batch in BalanceBatchSampler(labels, p=3, k=4):
        assert len(set(batch)) == 12
        classes, counts = labels[batch].unique(return_counts=True)
        assert len(classes) == 3
        assert counts.tolist() == [4, 4, 4]


def test_samples_of_a_class_stand_together():
    labels = torch.arange(4).repeat(5)
    for batch in BalanceBatchSampler(labels, p=2, k=3):
        assert (labels[batch].view(2, 3) == labels[batch].view(2, 3)[:, :1]).all()


def test_an_epoch_goes_once_through_the_classes():
    labels = torch.arange(10).repeat_interleave(4)
    sampler = BalanceBatchSampler(labels, p=3, k=2)
    epoch = list(sampler)
    assert len(sampler) == len(epoch) == 3  # 10 // 3
    classes = [label for batch in epoch for label in labels[batch].unique().tolist()]
    assert len(set(classes)) == len(classes) == 9  # one class sits out


def test_every_class_and_every_sample_comes_up():
    labels = torch.arange(5).repeat_interleave(6)
    sampler = BalanceBatchSampler(labels, p=2, k=2)
    # a sample is missing from an epoch with probability 1 - 4/5 * 2/6 = 0.73; from 200 with 0.73 ** 200 < 1e-26
    seen = {index for _ in range(200) for batch in sampler for index in batch}
    assert seen == set(range(30))


def test_omniglot_gives_fifteen_batches_an_epoch():
    assert len(BalanceBatchSampler(torch.arange(964).repeat_interleave(20), p=64, k=16)) == 15


def test_a_class_with_fewer_than_k_samples_gives_all_of_them_and_some_again():
    labels = torch.tensor([0, 0, 0, 1, 1, 1, 1, 1, 1, 1])
    for seed in range(20):
        (batch,) = BalanceBatchSampler(labels, p=2, k=5, seed=seed)
        first = [index for index in batch if index < 3]
        assert len(first) == 5
        assert set(first) == {0, 1, 2}
        assert len({index for index in batch if index >= 3}) == 5


def test_labels_may_be_any_integers():
    labels = [7, -1, 7, -1, 1000, 1000]
    (batch,) = BalanceBatchSampler(labels, p=3, k=2)
    assert sorted(batch) == [0, 1, 2, 3, 4, 5]


def test_equal_seeds_give_equal_epochs_and_epochs_differ():
    labels = torch.arange(8).repeat_interleave(6)
    one, two, other = (BalanceBatchSampler(labels, p=4, k=3, seed=seed) for seed in (0, 0, 1))
    first, second = list(one), list(one)
    assert (first, second) == (list(two), list(two))
    assert first != second
    # seed + epoch would make the first epoch of seed 1 the second of seed 0
    assert list(other) not in (first, second)


def test_a_child_may_choose_the_classes_of_each_batch():
    class Chosen(BalanceBatchSampler):
        def choose_classes(self, generator):
            return torch.tensor([[3, 0], [3, 1]])  # class 3 twice in an epoch, class 2 never

    labels = torch.tensor([5, 6, 7, 9]).repeat_interleave(6)
    batches = list(Chosen(labels, p=2, k=4))
    assert [labels[batch].tolist() for batch in batches] == [[9] * 4 + [5] * 4, [9] * 4 + [6] * 4]
    assert all(len(set(batch)) == 8 for batch in batches)


def test_the_balanced_choice_is_a_permutation_cut_into_batches():
    sampler = BalanceBatchSampler(torch.arange(10).repeat(4), p=3, k=2)
    chosen = sampler.choose_classes(torch.Generator().manual_seed(0))
    assert chosen.flatten().tolist() == torch.randperm(10, generator=torch.Generator().manual_seed(0))[:9].tolist()
    assert chosen.shape == (3, 3)


def test_an_epoch_can_be_resumed():
    labels = torch.arange(8).repeat_interleave(6)
    whole, resumed = (BalanceBatchSampler(labels, p=4, k=3) for _ in range(2))
    epochs = [list(whole) for _ in range(3)]
    resumed.epoch = 2
    assert list(resumed) == epochs[2]


def test_the_global_random_state_is_neither_read_nor_changed():
    def epochs(global_seed):
        torch.manual_seed(global_seed)
        before = torch.random.get_rng_state()
        features = torch.cat([batch["features"] for batch in TrainBatches(split([5, 5, 5, 5]), p=2, k=2)])
        assert torch.equal(torch.random.get_rng_state(), before)
        return features

    assert torch.equal(epochs(1), epochs(2))


@pytest.mark.parametrize(
    ("labels", "p", "k", "message"),
    [
        ([0, 0, 1, 1], 1, 2, "at least 2"),
        ([0, 0, 1, 1], 2, 1, "at least 2"),
        ([0, 0, 1, 1], 3, 2, "p=3 classes a batch, but the labels hold only 2"),
        ([0, 0, 5], 2, 2, "Class 5 has a single sample"),
        ([0, 0, 1, 1, 1], 2, 3, "p=2 classes of k=3 make a batch of 6, but the dataset has 5 samples"),
        ([[0, 0], [1, 1]], 2, 2, "one list"),
        ([], 2, 2, "only 0"),
    ],
)
def test_what_cannot_form_triplets_is_a_value_error(labels, p, k, message):
    with pytest.raises(ValueError, match=message):
        BalanceBatchSampler(labels, p, k)


def test_the_sampler_works_in_a_torch_data_loader():
    values = torch.arange(12) * 10
    sampler = BalanceBatchSampler([0, 1, 2] * 4, p=3, k=2)
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(values), batch_sampler=sampler)
    ((batch,),) = loader
    assert batch.shape == (6,)


def test_training_batches_carry_pictures_with_their_labels():
    # picture i is all i / 255, so the feature names its sample; samples 0-3 are class 0, 4-7 class 1, 8-11 class 2
    loader = TrainBatches(split([4, 4, 4]), p=3, k=2, rotate=0)
    (batch,) = loader
    assert batch["features"].shape == (6, 1, 32, 32)
    assert batch["features"].dtype == torch.float32
    samples = (batch["features"][:, 0, 0, 0] * 255).round().long()
    assert torch.equal(samples // 4, batch["targets"])


def test_ink_becomes_one():
    pictures = split([2, 2])
    pictures.images.fill_(255)
    (batch,) = TrainBatches(pictures, p=2, k=2, rotate=0)
    assert (batch["features"] == 1).all()


def test_a_quarter_turn_is_counter_clockwise():
    picture = torch.rand(1, 1, 32, 32, generator=torch.Generator().manual_seed(0))
    turned = rotated(picture.repeat(4, 1, 1, 1), torch.tensor([0.0, 90.0, -90.0, 180.0]))
    for times, found in zip((0, 1, -1, 2), turned, strict=True):
        torch.testing.assert_close(found, torch.rot90(picture[0], times, dims=(1, 2)), atol=1e-4, rtol=0)


def test_paper_fills_the_corners_that_a_turn_uncovers():
    # a full page of ink turned by 30 degrees: the corner pixel comes from outside the page
    turned = rotated(torch.ones(1, 1, 32, 32), torch.tensor([30.0]))
    assert turned[0, 0, 0, 0] == 0
    assert turned[0, 0, 16, 16] == 1


def test_angles_are_uniform_between_the_bounds(monkeypatch):
    angles = []
    monkeypatch.setattr("data.batches.rotated", lambda features, degrees: angles.append(degrees) or features)
    loader = TrainBatches(split([4] * 20), p=20, k=4, rotate=30)
    for _ in range(50):
        list(loader)
    drawn = torch.cat(angles)  # 4000 of them
    assert drawn.abs().max() <= 30
    # uniform on (-30, 30): mean 0, standard deviation 60 / sqrt(12) = 17.3; both within 5 standard errors
    assert abs(drawn.mean()) < 5 * 17.3 / math.sqrt(4000)
    assert drawn.std() == pytest.approx(17.3, abs=0.7)
    assert not torch.equal(angles[0], angles[1])


def test_the_pictures_of_a_batch_turn_by_their_own_angles():
    pictures = split([2, 2])
    pictures.images.zero_()
    pictures.images[:, 2:4] = 255  # a bar
    (batch,) = TrainBatches(pictures, p=2, k=2)
    assert len({tuple(feature.flatten().tolist()) for feature in batch["features"]}) == 4


def test_training_batches_repeat_with_the_seed_and_change_with_the_epoch():
    one, two = (TrainBatches(split([5] * 6), p=3, k=2, seed=3) for _ in range(2))
    first, again, second = list(one), list(two), list(one)
    assert all(torch.equal(a["features"], b["features"]) for a, b in zip(first, again, strict=True))
    assert not all(torch.equal(a["features"], b["features"]) for a, b in zip(first, second, strict=True))


def test_a_batch_sampler_takes_the_place_of_p_k_and_seed():
    pictures = split([5] * 6)
    given = TrainBatches(pictures, batch_sampler=BalanceBatchSampler(pictures.labels, p=3, k=2, seed=3))
    made = TrainBatches(pictures, p=3, k=2, seed=3)
    assert given.batch_size == 6
    assert all(torch.equal(a["features"], b["features"]) for a, b in zip(given, made, strict=True))


def test_a_senseless_angle_or_size_is_a_value_error():
    with pytest.raises(ValueError, match="between 0 and 180"):
        TrainBatches(split([2, 2]), p=2, k=2, rotate=-1)
    with pytest.raises(ValueError, match="at least 1"):
        EvalBatches(split([2, 2]), batch_size=0)


def test_validation_goes_through_every_picture_once_in_order():
    is_query = torch.tensor([True, False, False, True, False])
    loader = EvalBatches(split([3, 2], is_query), batch_size=2)
    batches = list(loader)
    assert len(loader) == 3
    assert [len(batch["features"]) for batch in batches] == [2, 2, 1]
    features = torch.cat([batch["features"] for batch in batches])
    assert features.shape == (5, 1, 32, 32)
    assert (features[:, 0, 7, 9] * 255).round().tolist() == [0, 1, 2, 3, 4]  # as they are: not turned
    assert torch.cat([batch["targets"] for batch in batches]).tolist() == [0, 0, 0, 1, 1]
    assert torch.equal(torch.cat([batch["is_query"] for batch in batches]), is_query)


def test_a_split_without_queries_gives_batches_without_them():
    assert set(next(iter(EvalBatches(split([3, 2]), batch_size=2)))) == {"features", "targets"}


def test_batches_are_on_the_device_they_were_asked_for():
    # the meta device computes shapes only: enough to see that nothing is left on the CPU
    pictures = split([3, 3, 3], torch.zeros(9, dtype=torch.bool))
    for loader in (TrainBatches(pictures, p=2, k=2, device="meta"), EvalBatches(pictures, 4, device="meta")):
        for batch in loader:
            assert {values.device.type for values in batch.values()} == {"meta"}


def test_both_loaders_run_in_catalyst(tmp_path):
    # 7 classes; pictures of a class are one grey, so raw pixels rank perfectly: CMC@1 = 1. Without exact sample
    # counts the callback's storage keeps empty rows and the score is wrong.
    counts = [5] * 7
    is_query = (torch.arange(35) % 5) == 0
    pictures = split(counts, is_query)
    pictures.images[:] = (pictures.labels * 30 + 20).to(torch.uint8)[:, None, None]
    train, valid = TrainBatches(pictures, p=3, k=2, rotate=0), EvalBatches(pictures, batch_size=8)
    model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(1024, 1, bias=False))
    torch.nn.init.ones_(model[1].weight)
    runner = dl.SupervisedRunner(input_key="features", output_key="embeddings", target_key="targets")
    counted = []

    class Count(dl.Callback):
        def __init__(self):
            super().__init__(order=dl.CallbackOrder.external)

        def on_loader_end(self, runner):
            counted.append((runner.loader_key, runner.loader_batch_step, runner.loader_sample_len))

    runner.train(
        model=model,
        loaders={"train": train, "valid": valid},
        callbacks=[
            dl.ControlFlowCallbackWrapper(
                dl.CMCScoreCallback("embeddings", "targets", "is_query", topk=[1]), loaders="valid"
            ),
            Count(),
        ],
        num_epochs=2,
        logdir=str(tmp_path),
        engine=dl.CPUEngine(),
    )
    # 7 // 3 = 2 batches of 6; ceil(35 / 8) = 5 batches of 35 in all
    assert counted == [("train", 2, 12), ("valid", 5, 35)] * 2
    assert runner.loader_metrics["cmc01"] == 1.0
