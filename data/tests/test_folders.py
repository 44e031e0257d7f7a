import numpy as np
import pytest
from PIL import Image

import data
from data import folders
from data.folders import DataError


def contents(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_root_is_the_environment_variable_or_a_folder_in_the_package(monkeypatch, tmp_path):
    monkeypatch.setenv("METRIC_LEARNING_DATA", str(tmp_path))
    assert data.root() == tmp_path
    monkeypatch.delenv("METRIC_LEARNING_DATA")
    assert data.root().parts[-2:] == ("data", "cache")


def test_an_interrupted_build_leaves_what_was_there_and_no_litter(tmp_path):
    target = tmp_path / "set"
    with folders.building(target) as unfinished:
        (unfinished / "a").write_text("first")

    def interrupted():
        with folders.building(target) as unfinished:
            (unfinished / "a").write_text("second")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert contents(tmp_path) == {"set/a": b"first"}


def test_nothing_has_the_final_name_while_a_build_goes_on(tmp_path):
    with folders.building(tmp_path / "set") as unfinished:
        (unfinished / "a").write_text("first")
        assert not (tmp_path / "set").exists()
    assert contents(tmp_path) == {"set/a": b"first"}


def test_a_build_replaces_the_old_folder_whole(tmp_path):
    for name in ("a", "b"):
        with folders.building(tmp_path / "set") as unfinished:
            (unfinished / name).write_text(name)
    assert contents(tmp_path) == {"set/b": b"b"}


def test_an_interrupted_write_leaves_the_old_file_and_no_litter(tmp_path):
    target = tmp_path / "file"
    folders.write_atomically(target, lambda file: file.write(b"first"))

    def interrupted(file):
        file.write(b"sec")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        folders.write_atomically(target, interrupted)
    assert contents(tmp_path) == {"file": b"first"}


def test_who_reads_a_file_while_it_is_rewritten_reads_the_old_one_whole(tmp_path):
    target = tmp_path / "file"
    folders.write_atomically(target, lambda file: file.write(b"first"))
    with target.open("rb") as reader:
        folders.write_atomically(target, lambda file: file.write(b"second"))
        assert reader.read() == b"first"
    assert target.read_bytes() == b"second"


def test_the_index_lists_characters_with_their_alphabets_in_sorted_order(tmp_path):
    # two alphabets of 2 and 1 characters: classes 0 and 1 belong to alphabet 0, class 2 to alphabet 1
    folders.write_files(
        tmp_path,
        [
            ("Zulu/character01/0003_01.png", b""),
            ("Alpha/character02/0002_01.png", b""),
            ("Alpha/character01/0001_02.png", b""),
            ("Alpha/character01/0001_01.png", b""),
            ("Alpha/character01/.DS_Store", b""),
            ("Alpha/character01/Thumbs.db", b""),
            (".git/character01/0001_01.png", b""),
        ],
    )
    index = folders.index(tmp_path)
    assert index.alphabets == ["Alpha", "Zulu"]
    assert index.characters == ["Alpha/character01", "Alpha/character02", "Zulu/character01"]
    assert index.alphabet_of == [0, 0, 1]
    assert index.labels == [0, 0, 1, 2]
    assert [path.name for path in index.paths] == ["0001_01.png", "0001_02.png", "0002_01.png", "0003_01.png"]


def test_an_empty_folder_is_not_a_split(tmp_path):
    with pytest.raises(DataError, match="holds no drawings"):
        folders.index(tmp_path)
    with pytest.raises(DataError, match="no folder"):
        folders.index(tmp_path / "nowhere")


def test_ink_is_255_and_paper_0(tmp_path):
    paper = np.ones((105, 105), dtype=bool)
    paper[10, 20] = False  # black on white, as Omniglot stores it
    Image.fromarray(paper).save(tmp_path / "dot.png")
    ink = folders.read_ink(tmp_path / "dot.png")
    assert ink.dtype == np.uint8
    assert ink[10, 20] == 255
    assert ink.sum() == 255


def test_a_drawing_of_another_size_is_named(tmp_path):
    Image.new("1", (105, 104)).save(tmp_path / "low.png")
    with pytest.raises(DataError, match=r"low\.png is 105 x 104 pixels"):
        folders.read_ink(tmp_path / "low.png")


@pytest.mark.parametrize("damage", [lambda png: png[:-30], lambda png: b"", lambda png: b"GIF" + png[3:]])
def test_a_damaged_drawing_is_named(tmp_path, damage):
    Image.fromarray(np.eye(105, dtype=bool)).save(tmp_path / "eye.png")
    (tmp_path / "eye.png").write_bytes(damage((tmp_path / "eye.png").read_bytes()))
    with pytest.raises(DataError, match=r"eye\.png cannot be read"):
        folders.read_ink(tmp_path / "eye.png")
