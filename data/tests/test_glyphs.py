import hashlib
import unicodedata

import cv2
import numpy as np
import pytest
from fontTools.ttLib import TTFont
from PIL import Image

import data
from data import folders, glyphs, strokes
from data.folders import BACKGROUND, EVALUATION, SIDE
from data.tests.conftest import FEW

LETTERS = [letter for letters_of in glyphs.ALPHABETS.values() for letters in letters_of.values() for letter in letters]
ONE = {BACKGROUND: {"Greek": "λξ"}}


def fingerprint(folder):
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.png")):
        digest.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def by_drawer(letter, seed=0):
    alphabets = {BACKGROUND: {"A": letter}}
    return [content for _, content in glyphs.drawings(alphabets, seed)]


def test_there_are_enough_alphabets_and_characters():
    assert sum(len(letters_of) for letters_of in glyphs.ALPHABETS.values()) >= 12
    assert len(LETTERS) >= 250
    background, evaluation = glyphs.ALPHABETS[BACKGROUND], glyphs.ALPHABETS[EVALUATION]
    assert not set(background) & set(evaluation)
    assert len("".join(background.values())) >= 3 * 64  # at least three batches of 64 classes an epoch


def test_the_font_has_every_character():
    covered = TTFont(strokes.font_file()).getBestCmap()
    assert [unicodedata.name(letter) for letter in LETTERS if ord(letter) not in covered] == []


def test_no_two_characters_look_alike():
    # every character written cleanly, 60 pixels long, blurred by 4 (about how far a drawer strays from the font);
    # 1 is the same picture. The closest pairs that are left are of the kind of p and q, b and d.
    def clean(letter):
        page = glyphs.ink(strokes.pen_path(letter).points * 60 + SIDE / 2, pen=2.6)
        return cv2.GaussianBlur(page.astype(np.float32), (0, 0), 4).ravel()

    pages = np.stack([clean(letter) for letter in LETTERS])  # [C, SIDE * SIDE]
    pages /= np.linalg.norm(pages, axis=1, keepdims=True)
    alike = np.triu(pages @ pages.T, k=1) > 0.94
    assert [(LETTERS[a], LETTERS[b]) for a, b in zip(*np.nonzero(alike), strict=True)] == []


def test_the_folder_is_laid_out_as_omniglot_is(rendered):
    paths = sorted(path.relative_to(rendered).as_posix() for path in rendered.rglob("*") if path.is_file())
    assert len(paths) == 14 * 20
    assert paths[0] == "images_background/Greek/character01/0001_01.png"
    assert paths[-1] == "images_evaluation/NKo/character02/0014_20.png"
    assert {path.split("/")[1] for path in paths} == {"Greek", "Hebrew", "Lao", "NKo"}


def test_drawings_are_black_ink_on_white_paper_in_one_bit(rendered):
    for path in rendered.rglob("*.png"):
        with Image.open(path) as picture:
            assert (picture.mode, picture.size, picture.format) == ("1", (105, 105), "PNG")
            paper = np.asarray(picture)
        assert 0.75 < paper.mean() < 0.995
        # nothing is cut off by the edge of the page
        assert np.concatenate([paper[0], paper[-1], paper[:, 0], paper[:, -1]]).all()


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path):
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        glyphs.render(tmp_path / name, seed=seed, alphabets=ONE)
    assert fingerprint(tmp_path / "a") == fingerprint(tmp_path / "b")
    assert fingerprint(tmp_path / "a") != fingerprint(tmp_path / "c")


def test_a_drawing_depends_on_no_other_character():
    # the same bytes whether a character is drawn alone or after others: alphabets can be added without new drawings
    assert by_drawer("ξ") == by_drawer("λξ")[20:]


def test_twenty_drawers_give_twenty_different_drawings():
    assert len(set(by_drawer("λ"))) == 20


def test_a_drawer_never_draws_the_same_twice(monkeypatch):
    path = strokes.pen_path("ξ")
    monkeypatch.setattr(strokes, "pen_path", lambda letter: path)  # two characters of one shape
    assert len(set(by_drawer("ab"))) == 40


def test_drawers_differ_more_than_one_drawer_does():
    drawers = glyphs.hire(seed=0)
    for trait in ("pen", "size", "stretch", "slant", "tilt", "bend", "haste", "jumps", "tremor"):
        assert len({getattr(drawer, trait) for drawer in drawers + glyphs.hire(seed=1)}) == 2 * glyphs.DRAWERS
    # two drawings of a drawer share more ink than two drawings by different ones: people have a hand of their own
    path = strokes.pen_path("ξ")
    pages = np.stack(
        [
            [glyphs.draw(path, drawer, np.random.default_rng(number)).ravel() for number in range(4)]
            for drawer in drawers
        ]
    ).astype(np.float32)  # [20, 4, SIDE * SIDE]
    pages = np.stack([[cv2.GaussianBlur(page.reshape(SIDE, SIDE), (0, 0), 3).ravel() for page in own] for own in pages])
    pages /= np.linalg.norm(pages, axis=2, keepdims=True)
    own = np.mean([drawer[0] @ drawer[1] for drawer in pages])
    others = np.mean([pages[a, 0] @ pages[b, 1] for a in range(20) for b in range(20) if a != b])
    assert own > others + 0.05


def test_drawing_leaves_the_global_random_state_alone():
    state = np.random.get_state()[1].copy()
    by_drawer("λ")
    assert (np.random.get_state()[1] == state).all()


def test_an_interrupted_run_leaves_nothing_that_is_taken_for_whole(tmp_path, monkeypatch):
    draw, drawn = glyphs.draw, []

    def interrupted(*args):
        drawn.append(args)
        if len(drawn) == 30:
            raise KeyboardInterrupt
        return draw(*args)

    monkeypatch.setattr(glyphs, "draw", interrupted)
    with pytest.raises(KeyboardInterrupt):
        glyphs.render(tmp_path / "glyphs", alphabets=ONE)
    assert list(tmp_path.iterdir()) == []


def test_the_command_draws_and_writes_a_sheet(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(glyphs, "ALPHABETS", FEW)
    glyphs.main(["--root", str(tmp_path), "--sheet", str(tmp_path / "sheet.png")])
    assert len(folders.index(tmp_path / "glyphs" / BACKGROUND).paths) == 180
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.height == 4 * 70  # four alphabets, 105 * 2 // 3 pixels each
    assert "drawn with seed 0" in capsys.readouterr().out


def test_the_command_fails_in_one_sentence(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    with pytest.raises(SystemExit) as stopped:
        glyphs.main(["--root", str(tmp_path / "file")])
    assert str(stopped.value.code).startswith("data.glyphs: ")
    assert "\n" not in stopped.value.code


@pytest.mark.slow
def test_the_whole_dataset_is_drawn(tmp_path):
    glyphs.render(tmp_path / "glyphs")
    loaded = data.load("glyphs", root=tmp_path)
    assert len(loaded.train.images) + len(loaded.valid.images) == 20 * len(LETTERS)
    assert loaded.train.labels.bincount().unique().tolist() == [20]
    assert int(loaded.valid.is_query.sum()) == 4 * len(loaded.valid.characters)
