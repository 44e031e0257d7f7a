import hashlib
import shutil
import stat
import zipfile

import pytest
import requests

import data
from data import dataset, downloads, folders, omniglot
from data.folders import BACKGROUND, EVALUATION, DataError
from data.tests.conftest import BreaksOff, Quiet, fails_with_one_sentence, litter


@pytest.fixture
def small(monkeypatch):
    """Omniglot shrunk to the size of the small glyph dataset: 9 and 5 characters."""
    monkeypatch.setattr(omniglot, "CHARACTERS", {BACKGROUND: 9, EVALUATION: 5})
    monkeypatch.setattr(downloads, "RETRIES", 0)


def pack(folder, archive, below=""):
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(folder.rglob("*.png")):
            packed.write(path, below + path.relative_to(folder.parent).as_posix())
    return archive


@pytest.fixture
def archives(tmp_path, rendered, small):
    """A folder with both archives, packed as the public ones are."""
    folder = tmp_path / "archives"
    folder.mkdir()
    for split in (BACKGROUND, EVALUATION):
        pack(rendered / split, folder / f"{split}.zip")
    return folder


def contents(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.png")}


# --- the public download, from a server of our own


@pytest.fixture
def serve(archives, server, monkeypatch):
    """serve(handler): serves the archives on this machine and has data.omniglot fetch them from there."""

    def start(handler=Quiet):
        url, asked = server(archives, handler)
        monkeypatch.setattr(omniglot, "URL", url)
        checksums = {path.name: hashlib.md5(path.read_bytes()).hexdigest() for path in sorted(archives.glob("*.zip"))}
        monkeypatch.setattr(omniglot, "ARCHIVES", {name: f"md5:{checksum}" for name, checksum in checksums.items()})
        return asked

    return start


def test_the_checksums_are_those_of_the_public_archives():
    assert omniglot.ARCHIVES == {
        "images_background.zip": "md5:68d2efa1b9178cc56df9314c21c6e718",
        "images_evaluation.zip": "md5:6b91aef0f799c5bb55b94e3f2daec811",
    }
    assert omniglot.URL == "https://github.com/brendenlake/omniglot/raw/master/python/"
    assert omniglot.CHARACTERS == {BACKGROUND: 964, EVALUATION: 659}


def test_a_download_becomes_the_dataset(tmp_path, rendered, serve, capsys):
    serve()
    omniglot.main(["--root", str(tmp_path / "root")])
    assert contents(tmp_path / "root" / "omniglot") == contents(rendered)
    captured = capsys.readouterr()
    assert "9 characters to train, 5 to validate" in captured.out
    assert "B/s" in captured.err  # progress of the download
    assert "checking omniglot: 100%" in captured.err
    assert len(data.load("omniglot", root=tmp_path / "root").train.images) == 180


def test_an_archive_that_arrived_is_not_fetched_again(tmp_path, serve, archives):
    evaluation = (archives / "images_evaluation.zip").read_bytes()
    asked = serve()
    (archives / "images_evaluation.zip").unlink()
    with pytest.raises(DataError, match="HTTP status 404"):
        omniglot.install(tmp_path / "root")
    (archives / "images_evaluation.zip").write_bytes(evaluation)
    omniglot.install(tmp_path / "root")
    assert asked == ["/images_background.zip", "/images_evaluation.zip", "/images_evaluation.zip"]


def test_an_omniglot_that_is_there_is_left_alone(tmp_path, serve):
    asked = serve()
    folder = omniglot.install(tmp_path / "root")
    made = folder.stat().st_ino
    assert omniglot.install(tmp_path / "root") == folder
    assert folder.stat().st_ino == made
    assert len(asked) == 2


def test_an_omniglot_that_lost_drawings_is_made_again(tmp_path, rendered, serve):
    serve()
    folder = omniglot.install(tmp_path / "root")
    next(folder.rglob("*.png")).unlink()
    omniglot.install(tmp_path / "root")
    assert contents(folder) == contents(rendered)


def fails_in_one_sentence(root, arguments, capfd):
    return fails_with_one_sentence(omniglot, root, arguments, capfd)


def test_a_wrong_checksum_is_said_in_one_sentence(tmp_path, serve, archives, capfd):
    serve()
    with (archives / "images_evaluation.zip").open("ab") as archive:
        archive.write(b"more")
    message = fails_in_one_sentence(tmp_path / "root", [], capfd)
    assert "images_evaluation.zip did not arrive whole" in message
    assert "--from" in message
    assert litter(tmp_path / "root" / "downloads") == ["images_background.zip"]


def test_a_download_that_breaks_off_is_said_in_one_sentence(tmp_path, serve, capfd):
    serve(BreaksOff)
    message = fails_in_one_sentence(tmp_path / "root", [], capfd)
    assert "images_background.zip could not be downloaded" in message
    assert litter(tmp_path / "root" / "downloads") == []


def test_no_network_is_said_in_one_sentence(tmp_path, small, monkeypatch, capfd):
    monkeypatch.setattr(omniglot, "URL", "http://127.0.0.1:9/")  # nobody listens there
    message = fails_in_one_sentence(tmp_path / "root", [], capfd)
    assert "could not be downloaded" in message
    assert "check the network" in message
    assert "--from" in message


def test_a_download_that_fails_once_is_tried_again(tmp_path, serve, monkeypatch, rendered):
    serve()
    monkeypatch.setattr(downloads, "RETRIES", 1)
    get, calls = requests.get, []

    def unsteady(*args, **kwargs):
        calls.append(args)
        if len(calls) == 1:
            raise requests.ConnectionError
        return get(*args, **kwargs)

    monkeypatch.setattr(requests, "get", unsteady)
    assert contents(omniglot.install(tmp_path / "root")) == contents(rendered)


# --- what people already have


def repacked(tmp_path, rendered):
    """The archives, packed anew with one folder more at the top."""
    folder = tmp_path / "repacked"
    folder.mkdir()
    return [pack(rendered / split, folder / f"{split}.zip", "omniglot-master/") for split in (BACKGROUND, EVALUATION)]


def one_archive(tmp_path, rendered):
    return [pack(rendered, tmp_path / "all.zip")]


def without_top_folder(tmp_path, rendered):
    archives = []
    for split in (BACKGROUND, EVALUATION):
        archives.append(tmp_path / f"{split}.zip")
        with zipfile.ZipFile(archives[-1], "w") as packed:
            for path in (rendered / split).rglob("*.png"):
                packed.write(path, path.relative_to(rendered / split).as_posix())
    return archives


def folder_of_archives(tmp_path, rendered):
    return [repacked(tmp_path, rendered)[0].parent]


def folder(tmp_path, rendered):
    return [shutil.copytree(rendered, tmp_path / "somewhere")]


def folder_above(tmp_path, rendered):
    shutil.copytree(rendered, tmp_path / "somewhere" / "python")
    return [tmp_path / "somewhere"]


def both_splits(tmp_path, rendered):
    return [shutil.copytree(rendered / split, tmp_path / "x" / split) for split in (BACKGROUND, EVALUATION)]


def with_the_litter_of_file_managers(tmp_path, rendered):
    (archive,) = one_archive(tmp_path, rendered)
    with zipfile.ZipFile(archive, "a") as packed:
        packed.writestr("__MACOSX/glyphs/images_background/Greek/character01/._0001_01.png", b"Mac")
        packed.writestr("glyphs/images_background/Greek/.DS_Store", b"Mac")
        packed.writestr("glyphs/README.md", b"Omniglot")
    return [archive]


@pytest.mark.parametrize(
    "have",
    [
        repacked,
        one_archive,
        without_top_folder,
        folder_of_archives,
        folder,
        folder_above,
        both_splits,
        with_the_litter_of_file_managers,
    ],
)
def test_what_people_have_is_taken_in_any_shape(tmp_path, rendered, small, have):
    omniglot.main(["--root", str(tmp_path / "root"), "--from", *map(str, have(tmp_path, rendered))])
    assert contents(tmp_path / "root" / "omniglot") == contents(rendered)
    assert litter(tmp_path / "root") == ["omniglot"]


def test_sources_replace_what_is_there(tmp_path, rendered, archives):
    (tmp_path / "root" / "omniglot" / "old").mkdir(parents=True)
    omniglot.install(tmp_path / "root", [archives])
    assert sorted(litter(tmp_path / "root" / "omniglot")) == [BACKGROUND, EVALUATION]


def test_a_path_that_is_not_there_is_said_in_one_sentence(tmp_path, small, capfd):
    message = fails_in_one_sentence(tmp_path / "root", ["--from", tmp_path / "nowhere"], capfd)
    assert "neither a folder nor an archive" in message


def test_a_folder_without_omniglot_is_said_in_one_sentence(tmp_path, small, capfd):
    (tmp_path / "empty").mkdir()
    message = fails_in_one_sentence(tmp_path / "root", ["--from", tmp_path / "empty"], capfd)
    assert "neither Omniglot's drawings nor images_background.zip" in message


def test_half_of_omniglot_is_refused(tmp_path, archives, capfd):
    message = fails_in_one_sentence(tmp_path / "root", ["--from", archives / "images_background.zip"], capfd)
    assert "images_evaluation has 0 characters instead of 5" in message


def test_a_missing_drawing_is_counted(tmp_path, rendered, small, capfd):
    have = shutil.copytree(rendered, tmp_path / "have")
    (have / BACKGROUND / "Greek" / "character02" / "0002_11.png").unlink()
    message = fails_in_one_sentence(tmp_path / "root", ["--from", have], capfd)
    assert "images_background/Greek/character02 has 19 drawings instead of 20" in message


def test_a_missing_character_is_counted(tmp_path, rendered, small, capfd):
    have = shutil.copytree(rendered, tmp_path / "have")
    shutil.rmtree(have / EVALUATION / "Lao" / "character02")
    message = fails_in_one_sentence(tmp_path / "root", ["--from", have], capfd)
    assert "images_evaluation has 4 characters instead of 5" in message


def test_a_drawing_that_is_none_is_named(tmp_path, rendered, small, capfd):
    have = shutil.copytree(rendered, tmp_path / "have")
    (have / BACKGROUND / "Greek" / "character02" / "0002_11.png").write_bytes(b"not a PNG")
    message = fails_in_one_sentence(tmp_path / "root", ["--from", have], capfd)
    assert f"In {have}: images_background/Greek/character02/0002_11.png cannot be read" in message


@pytest.mark.parametrize("keep", [0, 100, -100])
def test_a_truncated_archive_is_said_in_one_sentence(tmp_path, archives, capfd, keep):
    archive = archives / "images_background.zip"
    archive.write_bytes(archive.read_bytes()[:keep])
    message = fails_in_one_sentence(tmp_path / "root", ["--from", archives], capfd)
    assert "images_background.zip is not a whole zip archive" in message


@pytest.mark.parametrize("damage", [bytes(20), b"\xff" * 20])  # a wrong checksum; what zlib cannot unpack at all
def test_an_archive_with_damaged_content_is_said_in_one_sentence(tmp_path, archives, capfd, damage):
    archive = archives / "images_background.zip"
    content = bytearray(archive.read_bytes())
    begin = content.index(b".png") + len(b".png")  # the packed bytes of the first drawing follow its name
    content[begin : begin + 20] = damage
    archive.write_bytes(content)
    message = fails_in_one_sentence(tmp_path / "root", ["--from", archives], capfd)
    assert "is not a whole zip archive" in message


# --- archives that mean harm


def with_entry(archive, name, content=b"harm", mode=0o100644):
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    info.compress_type = zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(archive, "a") as packed:
        packed.writestr(info, content)


@pytest.mark.parametrize(
    "name",
    [
        "../evil.png",
        "/tmp/evil.png",
        "images_background/../../evil/character01/0001_01.png",
        "images_background/../character01/0001_01.png",
        "images_background/Greek/../../../character01/0001_01.png",
    ],
)
def test_no_path_leaves_the_folder(tmp_path, archives, capfd, name):
    with_entry(archives / "images_background.zip", name)
    message = fails_in_one_sentence(tmp_path / "root", ["--from", archives], capfd)
    assert "leaves the folder" in message
    assert not list(tmp_path.rglob("*evil*"))


@pytest.mark.parametrize(
    "name", ["images_background/A\\..\\..\\B/character01/0001_01.png", "images_background/C:x/character01/0001_01.png"]
)
def test_no_name_that_means_something_to_another_system_is_used(tmp_path, rendered, archives, name):
    with_entry(archives / "images_background.zip", name)
    folder = omniglot.install(tmp_path / "root", [archives])
    assert contents(folder) == contents(rendered)


def test_symbolic_links_are_refused(tmp_path, archives, capfd):
    link = "images_background/Greek/character99/0001_01.png"
    with_entry(archives / "images_background.zip", link, b"/etc/passwd", stat.S_IFLNK | 0o777)
    assert "symbolic link" in fails_in_one_sentence(tmp_path / "root", ["--from", archives], capfd)


def test_a_drawing_that_unpacks_to_too_much_is_refused(tmp_path, archives, capfd):
    # ten million zeros pack into ten thousand bytes
    with_entry(archives / "images_background.zip", "images_background/A/character01/0001_01.png", bytes(10_000_000))
    assert "too many for a drawing" in fails_in_one_sentence(tmp_path / "root", ["--from", archives], capfd)


def test_more_drawings_than_omniglot_has_are_refused(tmp_path, archives, capfd):
    for number in range(200):
        with_entry(archives / "images_evaluation.zip", f"images_evaluation/A/character01/0001_{number}.png")
    assert "more drawings than Omniglot" in fails_in_one_sentence(tmp_path / "root", ["--from", archives], capfd)


def test_too_many_entries_are_refused(tmp_path, archives, capfd, monkeypatch):
    monkeypatch.setattr(omniglot, "MOST_ENTRIES", 100)
    assert "has 180 entries" in fails_in_one_sentence(tmp_path / "root", ["--from", archives], capfd)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_drawing_that_is_there_twice_is_refused(tmp_path, archives, capfd):
    with_entry(archives / "images_background.zip", "images_background/Greek/character01/0001_01.png")
    assert "is there twice" in fails_in_one_sentence(tmp_path / "root", ["--from", archives], capfd)


def test_an_interrupted_run_changes_nothing(tmp_path, archives, monkeypatch):
    write_files = folders.write_files

    def interrupted(folder, files):
        write_files(folder, list(files)[:50])
        raise KeyboardInterrupt

    monkeypatch.setattr(folders, "write_files", interrupted)
    with pytest.raises(SystemExit, match="interrupted; nothing was changed"):
        omniglot.main(["--root", str(tmp_path / "root"), "--from", str(archives)])
    assert litter(tmp_path / "root") == []


# --- the real one


@pytest.mark.slow
def test_the_real_omniglot_is_taken_loaded_and_cached(tmp_path, real_archives, monkeypatch):
    omniglot.install(tmp_path, real_archives)
    loaded = data.load("omniglot", root=tmp_path)
    assert loaded.train.images.shape == (964 * 20, 32, 32)
    assert loaded.valid.images.shape == (659 * 20, 32, 32)
    assert (len(loaded.train.alphabets), len(loaded.valid.alphabets)) == (30, 20)
    assert int(loaded.valid.is_query.sum()) == 659 * 4
    monkeypatch.setattr(dataset, "_decode", None)
    again = data.load("omniglot", root=tmp_path)
    assert (again.valid.images == loaded.valid.images).all()
