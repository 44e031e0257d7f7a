import builtins
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from filelock import FileLock
from PIL import Image

import data
from data import dataset, folders, glyphs
from data.folders import BACKGROUND, EVALUATION, DataError
from data.tests.conftest import FEW


def refuse(*args, **kwargs):
    raise AssertionError("this should not have been called")


def test_loading_gives_tensors_names_and_alphabets(root):
    loaded = data.load("glyphs")
    train, valid = loaded.train, loaded.valid
    assert loaded.name == "glyphs"
    # 5 + 4 characters, 20 drawings each: 180; 3 + 2: 100
    assert train.images.shape == (180, 32, 32)
    assert valid.images.shape == (100, 32, 32)
    assert train.images.dtype == torch.uint8
    assert train.labels.dtype == torch.int64
    assert torch.equal(train.labels, torch.arange(9).repeat_interleave(20))
    assert train.alphabets == ["Greek", "Hebrew"]
    assert train.alphabet_of.tolist() == [0, 0, 0, 0, 0, 1, 1, 1, 1]
    assert train.characters[5] == "Hebrew/character01"
    assert len(train.paths) == 180
    assert train.paths[100].parts[-3:-1] == ("Hebrew", "character01")


def test_pictures_are_ink_on_paper(root):
    images = data.load().train.images.float() / 255
    # a drawing covers a few percent of its page; white paper mistaken for ink would cover nearly all of it
    assert 0.01 < images.mean() < 0.25
    assert images.amax(dim=(1, 2)).min() > 0.4  # no drawing fades away when it shrinks
    assert images[:, 0, 0].max() == 0


def test_pictures_shrink_by_area_in_place(root):
    # ink on the left half of 105 columns; 105 / 32 = 3.28 of them make one: the 16 left ones of 32 are ink.
    # column 16 covers 52.5 .. 55.78; the half is 0 .. 51, so it is paper, and column 15 is 49.2 .. 52.5: mostly ink
    path = next((root / "glyphs" / BACKGROUND / "Greek" / "character01").iterdir())
    paper = np.ones((105, 105), dtype=bool)
    paper[:, :52] = False
    Image.fromarray(paper).save(path)
    train = data.load().train
    picture = train.images[train.paths.index(path)]
    assert (picture[:, :15] == 255).all()
    assert (picture[:, 16:] == 0).all()
    assert (picture[:, 15] > 128).all()


def test_shrinking_averages_what_a_pixel_covers(root):
    # a chessboard of single pixels is half ink everywhere: 127 give or take the odd pixel in 3.28 x 3.28
    path = next((root / "glyphs" / BACKGROUND / "Greek" / "character01").iterdir())
    Image.fromarray(np.indices((105, 105)).sum(axis=0) % 2 == 0).save(path)
    train = data.load().train
    picture = train.images[train.paths.index(path)]
    assert picture.min() > 100
    assert picture.max() < 155


def test_a_fifth_of_each_class_are_queries_rounded_up():
    # ceil(20 / 5) = 4, ceil(15 / 5) = 3, ceil(6 / 5) = 2, ceil(2 / 5) = 1
    sizes = {0: (20, 4), 1: (15, 3), 2: (6, 2), 3: (2, 1)}
    labels = torch.cat([torch.full((size,), label) for label, (size, _) in sizes.items()])
    labels = labels[torch.randperm(len(labels), generator=torch.Generator().manual_seed(0))]
    is_query = dataset.choose_queries(labels)
    assert is_query.dtype == torch.bool
    assert {label: int(is_query[labels == label].sum()) for label in sizes} == {
        label: queries for label, (_, queries) in sizes.items()
    }


def test_queries_are_the_same_every_time_and_differ_with_the_seed(root):
    first, second = data.load(), data.load()
    assert first.train.is_query is None
    assert torch.equal(first.valid.is_query, second.valid.is_query)
    assert first.valid.is_query.sum() == 5 * 4
    other = dataset.choose_queries(first.valid.labels, seed=1)
    assert not torch.equal(first.valid.is_query, other)


def test_a_class_without_a_gallery_is_refused():
    with pytest.raises(DataError, match="too few"):
        dataset.choose_queries(torch.tensor([0, 0, 1]))


def test_the_second_load_reads_the_cache(root, monkeypatch):
    first = data.load()
    monkeypatch.setattr(dataset, "_decode", refuse)
    second = data.load()
    assert torch.equal(first.train.images, second.train.images)
    assert torch.equal(first.valid.images, second.valid.images)


def replace_a_drawing(root):
    character = root / "glyphs" / BACKGROUND / "Greek" / "character01"
    drawings = sorted(character.iterdir())
    shutil.copy(root / "glyphs" / EVALUATION / "Lao" / "character01" / "0010_01.png", drawings[0])


def remove_a_drawing(root):
    sorted((root / "glyphs" / BACKGROUND / "Greek" / "character01").iterdir())[0].unlink()


def add_a_drawing(root):
    character = root / "glyphs" / BACKGROUND / "Greek" / "character01"
    shutil.copy(sorted(character.iterdir())[0], character / "0001_21.png")


def swap_two_characters(root):
    alphabet = root / "glyphs" / EVALUATION / "Lao"
    (alphabet / "character01").rename(alphabet / "x")
    (alphabet / "character02").rename(alphabet / "character01")
    (alphabet / "x").rename(alphabet / "character02")


@pytest.mark.parametrize("change", [replace_a_drawing, remove_a_drawing, add_a_drawing, swap_two_characters])
def test_the_cache_is_made_anew_when_the_dataset_changes(root, change):
    data.load()
    change(root)
    cached = data.load()
    (root / "glyphs-32.npz").unlink()
    fresh = data.load()
    assert torch.equal(cached.train.images, fresh.train.images)
    assert torch.equal(cached.valid.images, fresh.valid.images)
    assert len(cached.train.images) == len(cached.train.paths)


def cut(path):
    path.write_bytes(path.read_bytes()[:5000])


def empty(path):
    path.write_bytes(b"")


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 255
    path.write_bytes(content)


def pickled(path):
    with np.load(path) as stored:
        key = stored["key"].item()
    np.savez(path, key=key, train=np.array([{}], dtype=object), valid=np.array([{}], dtype=object))


class Harm:
    def __reduce__(self):
        return (exec, ("import builtins; builtins.harmed = True",))


def harmful(path):
    with np.load(path) as stored:
        key = stored["key"].item()
    np.savez(path, key=key, train=np.array([Harm()], dtype=object), valid=np.zeros(1))


def test_nothing_in_a_cache_is_ever_run(root):
    data.load()
    harmful(root / "glyphs-32.npz")
    data.load()
    assert not hasattr(builtins, "harmed")


def other_shape(path):
    with np.load(path) as stored:
        arrays = dict(stored)
    np.savez(path, **{**arrays, "train": arrays["train"][:, :16]})


def other_dtype(path):
    with np.load(path) as stored:
        arrays = dict(stored)
    np.savez(path, **{**arrays, "train": arrays["train"].astype(np.float32)})


def bare_array(path):
    with path.open("wb") as file:
        np.save(file, np.zeros(3))


@pytest.mark.parametrize("damage", [cut, empty, flip, pickled, other_shape, other_dtype, bare_array])
def test_a_damaged_cache_is_made_anew(root, damage):
    first = data.load()
    cache = root / "glyphs-32.npz"
    damage(cache)
    damaged = cache.read_bytes()
    second = data.load()
    assert torch.equal(first.train.images, second.train.images)
    assert cache.read_bytes() != damaged


def test_a_dataset_in_a_folder_that_cannot_be_written_still_loads(root, monkeypatch):
    def no_space(target, write):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(folders, "write_atomically", no_space)
    with pytest.warns(UserWarning, match="No space left on device"):
        assert len(data.load().train.images) == 180


def test_a_damaged_drawing_is_named_while_loading(root):
    path = root / "glyphs" / EVALUATION / "NKo" / "character02" / "0014_07.png"
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(DataError, match=r"NKo/character02/0014_07\.png cannot be read"):
        data.load()
    assert not (root / "glyphs-32.npz").exists()


def test_glyphs_are_drawn_when_they_are_not_there(tmp_path, monkeypatch):
    monkeypatch.setattr(glyphs, "ALPHABETS", FEW)
    loaded = data.load("glyphs", root=tmp_path / "new" / "root")
    assert len(loaded.train.images) == 180
    monkeypatch.setattr(glyphs, "render", refuse)
    data.load("glyphs", root=tmp_path / "new" / "root")


def test_of_two_that_start_together_one_draws_and_the_other_waits(tmp_path, rendered, monkeypatch):
    monkeypatch.setattr(glyphs, "render", refuse)
    with ThreadPoolExecutor(1) as pool:
        with FileLock(tmp_path / ".glyphs.lock"):  # somebody is drawing
            other = pool.submit(data.load, "glyphs", tmp_path)
            with pytest.raises(TimeoutError):
                other.result(timeout=0.3)
            shutil.copytree(rendered, tmp_path / "glyphs")
        assert len(other.result(timeout=30).train.images) == 180


def test_a_root_that_cannot_be_written_is_an_error_with_a_remedy(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(DataError, match="METRIC_LEARNING_DATA"):
        data.load("glyphs", root=tmp_path / "file" / "root")


def test_omniglot_that_is_not_there_says_how_to_get_it(tmp_path):
    with pytest.raises(DataError, match=r"python -m data\.omniglot.*--from"):
        data.load("omniglot", root=tmp_path)


def test_omniglot_that_is_not_whole_is_refused(root):
    (root / "glyphs").rename(root / "omniglot")
    with pytest.raises(DataError, match="images_background has 9 characters instead of 964"):
        data.load("omniglot")


def test_an_unknown_dataset_is_a_value_error():
    with pytest.raises(ValueError, match='"letters": choose "glyphs", "omniglot", "digits" or "mnist"'):
        data.load("letters")


def test_importing_data_brings_nothing_heavy_but_torch():
    heavy = ["albumentations", "catalyst", "cv2", "matplotlib", "pooch", "requests", "scipy"]
    code = f"import data, data.batches, sys; print([name for name in {heavy} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"
