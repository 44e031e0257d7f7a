"""What lies beside a notebook: of the student's files and the assignment's, which are one folder to it."""

import os

import pytest

from grader.autograde.sandbox.files import merge
from grader.limits import MB


@pytest.fixture
def merged(tmp_path):
    """`merged(students, masters)`, each path -> content: what came of both, and what was said."""

    def merged(students: dict[str, str], masters: dict[str, str], room: int = MB) -> tuple[dict[str, str], list[str]]:
        for folder, files in (("students", students), ("masters", masters)):
            for name, content in {**files, "x": folder}.items():
                path = tmp_path / folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(content)
        said = merge([tmp_path / "students", tmp_path / "masters"], tmp_path / "to", room)
        paths = [path for path in sorted((tmp_path / "to").rglob("*")) if path.is_file()]
        found = {str(path.relative_to(tmp_path / "to")): path.read_text() for path in paths}
        assert found.pop("x") == "masters"
        return found, said

    return merged


def test_files_of_both_are_there_and_of_one_name_the_assignments(merged):
    found, said = merged({"mine.py": "m", "sub/deep/mine.csv": "c"}, {"sub/picture.png": "p"})
    assert found == {"mine.py": "m", "sub/deep/mine.csv": "c", "sub/picture.png": "p"}
    assert said == []


def test_a_folder_gives_way_to_the_assignments_file(merged):
    found, said = merged(
        {"comparison.png/x.txt": "x", "comparison.png/y/z.txt": "z", "a.py": "a"}, {"comparison.png": "p"}
    )
    assert found == {"comparison.png": "p", "a.py": "a"}
    assert said == ["“comparison.png” was left out: the assignment has a file of this name."]


def test_a_file_gives_way_to_the_assignments_folder(merged):
    found, said = merged({"data/sub": "file"}, {"data/sub/table.csv": "t"})
    assert found == {"data/sub/table.csv": "t"}
    assert said == ["“data/sub” was left out: the assignment has a folder of this name."]


def test_what_has_no_room_is_left_out_and_the_assignments_comes_first(merged):
    found, said = merged({"a.bin": "a" * 9000, "b.txt": "b"}, {"m.bin": "m" * 9000}, room=6 * 4096)
    assert found == {"b.txt": "b", "m.bin": "m" * 9000}
    assert said == ["“a.bin” was left out: the grader has no room for it."]


def test_everybody_may_read_it_whatever_the_umask(merged, tmp_path):
    umask = os.umask(0o077)
    try:
        merged({"sub/a.py": "a"}, {"b.py": "b"})
    finally:
        os.umask(umask)
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "to").rglob("*")}
    assert modes == {"sub": 0o755, "a.py": 0o644, "b.py": 0o644, "x": 0o644}
    assert (tmp_path / "to").stat().st_mode & 0o777 == 0o755
