import gzip
import hashlib
import math
import shutil
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
import torch

import data
from data import downloads, idx, mnist
from data.folders import DataError
from data.tests.conftest import BreaksOff, Quiet, fails_with_one_sentence, litter

TRAIN_IMAGES, TRAIN_LABELS, VALID_IMAGES, VALID_LABELS = mnist.FILES

# 30 pictures train and 20 validate: labels 0, 1, ..., 9, 0, 1, ...; in picture number n every pixel is n
SMALL = {
    name: (np.arange(n, dtype=np.uint8)[:, None, None].repeat(28, 1).repeat(28, 2), np.arange(n, dtype=np.uint8) % 10)
    for name, n in ((idx.TRAIN, 30), (idx.VALID, 20))
}


@pytest.fixture
def plain(tmp_path, monkeypatch):
    """A folder with MNIST shrunk to 30 and 20 pictures, unpacked, which data.mnist takes for the real one."""
    folder = tmp_path / "plain"
    folder.mkdir()
    for split, (images, labels) in SMALL.items():
        idx.write_split(folder, split, images, labels)
    for name, n in ((TRAIN_IMAGES, 30), (TRAIN_LABELS, 30), (VALID_IMAGES, 20), (VALID_LABELS, 20)):
        sha256 = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        file = replace(mnist.FILES[name], sha256=sha256, shape=(n, *mnist.FILES[name].shape[1:]))
        monkeypatch.setitem(mnist.FILES, name, file)
    return folder


@pytest.fixture
def packed(tmp_path, plain):
    """The same as it is published: NAME.gz."""
    folder = tmp_path / "packed"
    folder.mkdir()
    for path in plain.iterdir():
        (folder / f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
    return folder


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def fails_in_one_sentence(root, arguments, capfd):
    return fails_with_one_sentence(mnist, root, arguments, capfd)


# --- the public download, from servers of our own


@pytest.fixture
def serve(packed, server, monkeypatch):
    """serve(handler, ...): each serves the packed files, and data.mnist asks them in this order."""

    def start(*handlers):
        monkeypatch.setattr(downloads, "RETRIES", 0)
        for name, file in mnist.FILES.items():
            md5 = hashlib.md5((packed / f"{name}.gz").read_bytes()).hexdigest()
            monkeypatch.setitem(mnist.FILES, name, replace(file, md5=md5))
        homes, asked = zip(*(server(packed, handler) for handler in handlers), strict=True)
        monkeypatch.setattr(mnist, "HOMES", homes)
        return asked

    return start


def test_the_checksums_are_those_of_the_published_files():
    assert {name: file.md5 for name, file in mnist.FILES.items()} == {
        "train-images-idx3-ubyte": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
        "train-labels-idx1-ubyte": "d53e105ee54ea40749a09fcbcd1e9432",
        "t10k-images-idx3-ubyte": "9fb629c4189551a2d022fa330f9573f3",
        "t10k-labels-idx1-ubyte": "ec29112dd5afa0611ce80d1b7f02629c",
    }
    assert [file.shape for file in mnist.FILES.values()] == [(60_000, 28, 28), (60_000,), (10_000, 28, 28), (10_000,)]
    assert all(home.startswith("https://") and home.endswith("/mnist/") for home in mnist.HOMES)


def test_a_download_becomes_the_dataset(tmp_path, plain, serve, capsys):
    (asked,) = serve(Quiet)
    mnist.main(["--root", str(tmp_path / "root")])
    assert contents(tmp_path / "root" / "mnist") == contents(plain)
    captured = capsys.readouterr()
    assert "30 digits to train, 20 to validate" in captured.out
    assert "B/s" in captured.err  # progress of the download
    assert "checking mnist: 100%" in captured.err
    assert len(asked) == 4


def test_an_mnist_that_is_there_is_left_alone(tmp_path, serve):
    (asked,) = serve(Quiet)
    folder = mnist.install(tmp_path / "root")
    made = folder.stat().st_ino
    assert mnist.install(tmp_path / "root") == folder
    assert folder.stat().st_ino == made
    assert len(asked) == 4


def test_a_file_that_arrived_is_not_fetched_again(tmp_path, packed, serve):
    (asked,) = serve(Quiet)
    labels = (packed / f"{VALID_LABELS}.gz").read_bytes()
    (packed / f"{VALID_LABELS}.gz").unlink()
    with pytest.raises(DataError, match="HTTP status 404"):
        mnist.install(tmp_path / "root")
    (packed / f"{VALID_LABELS}.gz").write_bytes(labels)
    mnist.install(tmp_path / "root")
    names = (TRAIN_IMAGES, TRAIN_LABELS, VALID_IMAGES, VALID_LABELS, VALID_LABELS)
    assert asked == [f"/{name}.gz" for name in names]


def test_what_one_home_cannot_give_is_asked_of_the_next(tmp_path, plain, serve):
    broken, whole = serve(BreaksOff, Quiet)
    assert contents(mnist.install(tmp_path / "root")) == contents(plain)
    assert broken == whole == [f"/{name}.gz" for name in mnist.FILES]


def test_a_dataset_that_was_damaged_is_made_again(tmp_path, plain, serve):
    serve(Quiet)
    folder = mnist.install(tmp_path / "root")
    content = bytearray((folder / TRAIN_IMAGES).read_bytes())
    content[-1] ^= 1
    (folder / TRAIN_IMAGES).write_bytes(content)
    mnist.install(tmp_path / "root")
    assert contents(folder) == contents(plain)


def test_a_wrong_checksum_is_said_in_one_sentence(tmp_path, packed, serve, capfd):
    serve(Quiet, Quiet)
    with (packed / f"{TRAIN_LABELS}.gz").open("ab") as file:
        file.write(b"more")
    message = fails_in_one_sentence(tmp_path / "root", [], capfd)
    assert f"{TRAIN_LABELS}.gz did not arrive whole" in message
    assert "--from" in message
    assert litter(tmp_path / "root" / "downloads") == [f"{TRAIN_IMAGES}.gz"]


def test_a_download_that_breaks_off_leaves_nothing(tmp_path, serve, capfd):
    serve(BreaksOff, BreaksOff)
    message = fails_in_one_sentence(tmp_path / "root", [], capfd)
    assert f"{TRAIN_IMAGES}.gz could not be downloaded" in message
    assert litter(tmp_path / "root" / "downloads") == []


def test_an_interrupted_download_leaves_nothing(tmp_path, serve, monkeypatch):
    import pooch

    serve(Quiet)

    class Interrupted(pooch.HTTPDownloader):
        def __call__(self, *args, **kwargs):
            super().__call__(*args, **kwargs)
            raise KeyboardInterrupt

    monkeypatch.setattr(pooch, "HTTPDownloader", Interrupted)
    with pytest.raises(SystemExit, match="interrupted; nothing was changed"):
        mnist.main(["--root", str(tmp_path / "root")])
    assert litter(tmp_path / "root") == ["downloads"]
    assert litter(tmp_path / "root" / "downloads") == []


def test_no_network_is_said_in_one_sentence(tmp_path, plain, monkeypatch, capfd):
    monkeypatch.setattr(downloads, "RETRIES", 0)
    monkeypatch.setattr(mnist, "HOMES", ["http://127.0.0.1:9/"])  # nobody listens there
    message = fails_in_one_sentence(tmp_path / "root", [], capfd)
    assert "could not be downloaded" in message
    assert "check the network" in message
    assert "--from" in message


def test_a_full_disk_while_downloading_is_said_in_one_sentence(tmp_path, serve, monkeypatch, capfd):
    import pooch

    serve(Quiet)

    class Full(pooch.HTTPDownloader):
        def __call__(self, *args, **kwargs):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(pooch, "HTTPDownloader", Full)
    message = fails_in_one_sentence(tmp_path / "root", [], capfd)
    assert "downloads could not be written (No space left on device): make room there" in message


def test_a_full_disk_while_unpacking_is_said_in_one_sentence(tmp_path, packed, monkeypatch, capfd):
    written = []

    def full(path, content):
        written.append(path)
        if len(written) == 3:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    message = fails_in_one_sentence(tmp_path / "root", ["--from", packed], capfd)
    assert "mnist could not be written (No space left on device): make room there" in message


# --- what people already have


def as_published(packed):
    return packed


def packed_anew(packed):
    for path in packed.iterdir():
        path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()), compresslevel=1, mtime=1))
    return packed


def in_two_gzip_members(packed):
    for path in packed.iterdir():
        content = gzip.decompress(path.read_bytes())
        path.write_bytes(gzip.compress(content[:20]) + gzip.compress(content[20:]))
    return packed


def unpacked(packed):
    return packed.with_name("plain")


def unpacked_under_the_name_of_the_packed(packed):
    for path in packed.iterdir():
        path.write_bytes(gzip.decompress(path.read_bytes()))
    return packed


def packed_without_the_ending(packed):
    for path in packed.iterdir():
        path.rename(path.with_suffix(""))
    return packed


def with_a_dot_before_idx(packed):
    for path in packed.iterdir():
        path.rename(path.with_name(path.name.replace("-idx", ".idx")))
    return packed


def unpacked_with_a_dot_before_idx(packed):
    return with_a_dot_before_idx(unpacked(packed))


def in_a_folder_below(packed):
    shutil.move(packed, packed.parent / "MNIST" / "raw")
    return packed.parent / "MNIST"


@pytest.mark.parametrize(
    "have",
    [
        as_published,
        packed_anew,
        in_two_gzip_members,
        unpacked,
        unpacked_under_the_name_of_the_packed,
        packed_without_the_ending,
        with_a_dot_before_idx,
        unpacked_with_a_dot_before_idx,
        in_a_folder_below,
    ],
)
def test_what_people_have_is_taken_in_any_shape(tmp_path, plain, packed, have):
    expected = contents(plain)
    mnist.main(["--root", str(tmp_path / "root"), "--from", str(have(packed))])
    assert contents(tmp_path / "root" / "mnist") == expected
    assert litter(tmp_path / "root") == ["mnist"]


def test_a_source_replaces_what_is_there(tmp_path, plain):
    (tmp_path / "root" / "mnist" / "old").mkdir(parents=True)
    mnist.install(tmp_path / "root", plain)
    assert contents(tmp_path / "root" / "mnist") == contents(plain)


def test_the_folder_of_the_dataset_itself_can_be_the_source(tmp_path, plain, packed):
    shutil.copytree(packed, tmp_path / "root" / "mnist")  # packed files that somebody put there by hand
    mnist.install(tmp_path / "root", tmp_path / "root" / "mnist")
    assert contents(tmp_path / "root" / "mnist") == contents(plain)


def test_a_folder_that_is_not_there_is_said_in_one_sentence(tmp_path, plain, capfd):
    message = fails_in_one_sentence(tmp_path / "root", ["--from", tmp_path / "nowhere"], capfd)
    assert f"no {TRAIN_IMAGES}.gz in the folder {tmp_path / 'nowhere'}" in message


def test_a_missing_file_is_named(tmp_path, packed, capfd):
    (packed / f"{VALID_LABELS}.gz").unlink()
    message = fails_in_one_sentence(tmp_path / "root", ["--from", packed], capfd)
    assert f"There is no {VALID_LABELS}.gz in the folder {packed}" in message


@pytest.mark.parametrize("keep", [2, 11, 30, -1, -8])
def test_a_truncated_gzip_file_is_named(tmp_path, packed, capfd, keep):
    path = packed / f"{TRAIN_IMAGES}.gz"
    path.write_bytes(path.read_bytes()[:keep])
    message = fails_in_one_sentence(tmp_path / "root", ["--from", packed], capfd)
    assert f"{path} is not a whole gzip file" in message


@pytest.mark.parametrize("at", [3, 20, -8])  # a method nobody knows; what zlib cannot unpack; a wrong checksum
def test_a_damaged_gzip_file_is_named(tmp_path, packed, capfd, at):
    path = packed / f"{TRAIN_IMAGES}.gz"
    content = bytearray(path.read_bytes())
    content[at] ^= 0xFF
    path.write_bytes(content)
    message = fails_in_one_sentence(tmp_path / "root", ["--from", packed], capfd)
    assert f"{path} is not a whole gzip file" in message


def test_images_in_place_of_labels_are_known_by_their_magic_number(tmp_path, plain, capfd):
    shutil.copy(plain / TRAIN_IMAGES, plain / TRAIN_LABELS)
    message = fails_in_one_sentence(tmp_path / "root", ["--from", plain], capfd)
    assert f"is not {TRAIN_LABELS}: it begins with the bytes 00000803, not 00000801" in message


def test_an_empty_file_is_named(tmp_path, plain, capfd):
    (plain / TRAIN_LABELS).write_bytes(b"")
    assert f"is not {TRAIN_LABELS}" in fails_in_one_sentence(tmp_path / "root", ["--from", plain], capfd)


def pictures_of_another_shape(content):
    return idx.header(30, 14, 56) + content[16:]


def validation_in_place_of_training(content):
    return idx.header(20, 28, 28) + content[16 : 16 + 20 * 28 * 28]


def shorter(content):
    return content[:-1]


def longer(content):
    return content + b"\0"


@pytest.mark.parametrize("change", [pictures_of_another_shape, validation_in_place_of_training, shorter, longer])
def test_another_shape_is_refused(tmp_path, plain, capfd, change):
    path = plain / TRAIN_IMAGES
    path.write_bytes(change(path.read_bytes()))
    message = fails_in_one_sentence(tmp_path / "root", ["--from", plain], capfd)
    assert f"{path} is not MNIST's {TRAIN_IMAGES}: it does not hold 30 x 28 x 28 bytes" in message


def test_another_dataset_with_the_same_names_is_refused(tmp_path, plain, capfd):
    idx.write_split(plain, idx.TRAIN, 255 - SMALL[idx.TRAIN][0], SMALL[idx.TRAIN][1])
    message = fails_in_one_sentence(tmp_path / "root", ["--from", plain], capfd)
    assert "the right size but other content" in message
    assert "Fashion-MNIST" in message


def test_a_file_that_unpacks_to_too_much_is_not_unpacked(tmp_path, packed):
    # a hundred million zeros pack into a hundred thousand bytes; the file may have 30 * 28 * 28 = 23,520
    path = packed / f"{TRAIN_IMAGES}.gz"
    path.write_bytes(gzip.compress(idx.header(30, 28, 28) + bytes(100_000_000), compresslevel=1))
    tracemalloc.start()
    with pytest.raises(DataError, match="no more and no less"):
        mnist.install(tmp_path / "root", packed)
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()


def test_an_interrupted_run_changes_nothing(tmp_path, plain, monkeypatch):
    read = mnist.read

    def interrupted(path, name):
        if name == VALID_IMAGES:
            raise KeyboardInterrupt
        return read(path, name)

    monkeypatch.setattr(mnist, "read", interrupted)
    with pytest.raises(SystemExit, match="interrupted; nothing was changed"):
        mnist.main(["--root", str(tmp_path / "root"), "--from", str(plain)])
    assert litter(tmp_path / "root") == []


# --- loading


def test_loading_gives_tensors(tmp_path, plain):
    mnist.install(tmp_path, plain)
    loaded = data.load("mnist", root=tmp_path)
    assert loaded.name == "mnist"
    for split, n in ((loaded.train, 30), (loaded.valid, 20)):
        assert split.images.shape == (n, 28, 28)
        assert split.images.dtype == torch.uint8
        assert torch.equal(split.images[:, 5, 7], torch.arange(n, dtype=torch.uint8))  # picture n is all n
        assert torch.equal(split.labels, torch.arange(n) % 10)  # long
        assert split.characters == list("0123456789")
        assert split.alphabet_of.tolist() == [0] * 10
        assert split.paths == []
    # two pictures of each digit validate: ceil(2 / 5) = 1 is a query
    assert loaded.valid.labels[loaded.valid.is_query].sort().values.tolist() == list(range(10))


def test_mnist_that_is_not_there_says_how_to_get_it_and_what_stands_in(tmp_path):
    with pytest.raises(DataError, match=r'python -m data\.mnist.*--from FOLDER.*load "digits"'):
        data.load("mnist", root=tmp_path)


@pytest.mark.parametrize("name", mnist.FILES)
def test_a_file_that_is_missing_or_damaged_is_named_while_loading(tmp_path, plain, name):
    folder = mnist.install(tmp_path, plain)
    content = (folder / name).read_bytes()
    for damaged in (content[:-1], content + b"\0", content[:3], b"", b"\1" + content[1:]):
        (folder / name).write_bytes(damaged)
        with pytest.raises(DataError, match=f"{name} is damaged"):
            data.load("mnist", root=tmp_path)
    (folder / name).unlink()
    with pytest.raises(DataError, match=rf"{name} cannot be read \(No such file"):
        data.load("mnist", root=tmp_path)


@pytest.mark.parametrize("labels", [np.arange(29, dtype=np.uint8) % 10, np.arange(30, dtype=np.uint8) % 11])
def test_labels_that_do_not_fit_the_pictures_are_refused(tmp_path, plain, labels):
    folder = mnist.install(tmp_path, plain)
    idx.write_split(folder, idx.TRAIN, SMALL[idx.TRAIN][0], labels)
    with pytest.raises(DataError, match="does not hold a digit for each of 30 pictures"):
        data.load("mnist", root=tmp_path)


# --- the real one


@pytest.mark.slow
def test_the_real_mnist_is_taken_and_loaded(tmp_path, real_mnist):
    folder = mnist.install(tmp_path, real_mnist)
    assert mnist.is_whole(folder)
    assert sum(path.stat().st_size for path in folder.iterdir()) == sum(
        len(idx.header(*file.shape)) + math.prod(file.shape) for file in mnist.FILES.values()
    )
    loaded = data.load("mnist", root=tmp_path)
    assert loaded.train.images.shape == (60_000, 28, 28)
    # as MNIST's authors counted them
    assert loaded.train.labels.bincount().tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert loaded.valid.labels.bincount().tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert loaded.train.labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    # the mean that everybody normalises by: .1307
    assert loaded.train.images.float().mean().item() / 255 == pytest.approx(0.1307, abs=1e-4)
    # a fifth of each digit, rounded up: 196 + 227 + 207 + 202 + 197 + 179 + 192 + 206 + 195 + 202
    assert int(loaded.valid.is_query.sum()) == 2003
