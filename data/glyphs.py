"""The dataset for whoever has no Omniglot: alphabets of a font, written by twenty made-up drawers.

    python -m data.glyphs                       # makes it; data.load() does the same on first use
    python -m data.glyphs --sheet glyphs.png    # and a picture of it

Needs no network and looks like Omniglot from outside: the same folders, files, sizes and colours. The same seed gives
the same bytes. A drawer has a pen, a slant, a size, a habit of bending lines and a hand that is more or less steady;
on top of these no two drawings are alike. What was drawn stays as it is: after a change in this file or in `strokes`,
run the command to draw it anew.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from tqdm.auto import tqdm

from data import command, folders, strokes
from data.folders import BACKGROUND, EVALUATION, SIDE
from data.strokes import PenPath

DRAWERS = 20
SHARPNESS = 3  # a drawing is made this many times larger, then shrunk

# Letters whose shape another one here already has are left out, as are those that differ only in a dot or a hook that a
# quick hand would lose: the classes must be classes. `tests/test_glyphs.py` holds every pair against each other.
ALPHABETS = {
    BACKGROUND: {
        "Arabic": "بجدرسصطعفقكلمنهوىءة",
        "Armenian": "աբգդեէըթժիլխծկղճմյնշչպջռվտրփքֆ",
        "Canadian_Aboriginal": "ᐁᐃᐅᐊᑎᑫᑭᑯᑲᒉᒋᒐᒣᒥᒧᒪᓀᓂᓄᓇᓭᓯᓱᓴᔦᔨᔪᔭ",
        "Cyrillic": "вджзийклмнтфцчшщыэюяђљњћ",
        "Georgian_Mkhedruli": "აბგდეზთიკლმნოჟრსტფქღყცძჭჯჰ",
        "Greek": "αβγδεζηθλμξπςτφχψω",
        "Hebrew": "אבגדהזחטכלמנסעפצקרשתםץף",
        "Latin": "abcdefghijklmnopqrstuvwxyz",
        "Tifinagh": "ⴰⴱⴲⴳⴵⴹⴻⴼⴽⴿⵀⵄⵅⵆⵉⵊⵌⵍⵎⵛⵞⵡⵢⵣ",
    },
    EVALUATION: {
        "Georgian_Nuskhuri": "ⴀⴁⴂⴃⴄⴅⴆⴇⴈⴉⴊⴋⴌⴎⴏⴐⴑⴒⴓⴔⴕⴖⴗⴘⴙⴛⴜⴝⴞⴟ",
        "IPA": "ɐɓɕɖɝɞɟɠɣɤɥɦɧɮɲɶɷɸɹɺʀʁʃʆʊʎʑʒʔʗʚʛʝʞʠʤʨ",
        "Lao": "ກຂຄງຈຊຍດຕຖທນບປຜຝພມຣລວສຫອຮ",
        "Lisu": "ꓕꓗꓘꓛꓠꓤꓬꓭꓯꓱꓷ",
        "NKo": "߂߃߄߅߆߇߉ߌߍߎߏߐߒߓߔߕߖߗߘߚߛߜߝߞߟߠߡߢߣߤߦ",
        "Old_Italic": "𐌀𐌁𐌃𐌄𐌅𐌇𐌊𐌋𐌌𐌍𐌎𐌐𐌑𐌒𐌓𐌔𐌖𐌙𐌚𐌛𐌜",
    },
}


@dataclass(frozen=True)
class Waves:
    """A smooth displacement of the plane: the mean of a few plane waves in random directions."""

    direction: np.ndarray  # float64 [n, 2], radians per unit of length
    phase: np.ndarray  # float64 [n, 2], one for each of x and y

    @classmethod
    def random(cls, rng: np.random.Generator, frequency: float, n: int = 6) -> "Waves":
        return cls(rng.normal(0, 2 * np.pi * frequency, (n, 2)), rng.uniform(0, 2 * np.pi, (n, 2)))

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """[m, 2] -> displacements [m, 2], each coordinate of order 1."""
        along = points @ self.direction.T  # [m, n]
        return np.sin(along[:, :, None] + self.phase).mean(axis=1) * np.sqrt(2 * len(self.phase))


@dataclass(frozen=True)
class Drawer:
    """What stays the same in everything one person writes. Lengths are shares of a character's longer side."""

    pen: float  # width of a line in pixels of the finished drawing
    size: float  # of a character, as a share of the page
    stretch: float  # width over height, times that of the font
    slant: float  # how far the top leans to the right per unit of height
    tilt: float  # of the whole character, radians
    place: np.ndarray  # [2], of the character on the page, as a share of it
    bend: float  # how far this person's own letter shapes lie from the font's
    habit: Waves  # and in which way
    haste: float  # how different two drawings of a character are
    jumps: float  # how far a stroke begins from where it should
    tremor: float  # unsteadiness of the hand

    @classmethod
    def random(cls, rng: np.random.Generator) -> "Drawer":
        return cls(
            pen=rng.uniform(2.0, 3.4),
            size=rng.uniform(0.46, 0.66),
            stretch=rng.lognormal(0, 0.13),
            slant=rng.normal(0.05, 0.17),
            tilt=rng.normal(0, 0.06),
            place=rng.normal(0, 0.035, 2),
            bend=rng.uniform(0.02, 0.045),
            habit=Waves.random(rng, 0.7),
            haste=rng.uniform(0.012, 0.04),
            jumps=rng.uniform(0.004, 0.022),
            tremor=rng.uniform(0.001, 0.006),
        )


def draw(path: PenPath, drawer: Drawer, rng: np.random.Generator) -> np.ndarray:
    """One drawing as bool [SIDE, SIDE], True where ink is; `rng` makes it differ from this drawer's other drawings."""
    points = _misplace_strokes(path, drawer.jumps, rng)  # [n, 2]
    points = points + drawer.bend * drawer.habit(points)
    points = points + drawer.haste * Waves.random(rng, 0.8)(points)
    points = points + drawer.tremor * Waves.random(rng, 3.0)(points)
    size = drawer.size * SIDE * rng.lognormal(0, 0.07)
    stretch = np.sqrt(drawer.stretch * rng.lognormal(0, 0.05))
    slant = drawer.slant + rng.normal(0, 0.04)
    tilt = drawer.tilt + rng.normal(0, 0.035)
    lean = np.array([[1, -slant], [0, 1]])  # y points down, so the top leans to the right
    turn = np.array([[np.cos(tilt), -np.sin(tilt)], [np.sin(tilt), np.cos(tilt)]])
    points = points @ (turn @ lean @ np.diag([stretch, 1 / stretch])).T * size
    points += SIDE * (0.5 + drawer.place + rng.normal(0, 0.025, 2))
    return ink(_on_page(points, margin=drawer.pen), drawer.pen)


def _misplace_strokes(path: PenPath, jumps: float, rng: np.random.Generator) -> np.ndarray:
    """Every stroke a little shifted, turned and stretched about its own middle: lines overshoot or fall short."""
    n_points = np.bincount(path.stroke)  # [S]
    middle = np.stack([np.bincount(path.stroke, path.points[:, axis]) / n_points for axis in (0, 1)], axis=1)  # [S, 2]
    shift = rng.normal(0, jumps, middle.shape)  # [S, 2]
    angle = rng.normal(0, 3 * jumps, len(middle))  # [S]
    scale = 1 + np.abs(rng.normal(0, 4 * jumps, len(middle)))  # [S]
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    turn = np.stack([cos, -sin, sin, cos], axis=1).reshape(-1, 2, 2)  # [S, 2, 2]
    offset = path.points - middle[path.stroke]  # [n, 2]
    return (middle + shift)[path.stroke] + np.einsum("nij,nj->ni", turn[path.stroke], offset)


def _on_page(points: np.ndarray, margin: float) -> np.ndarray:
    """Moves points in pixels that would run off the page back onto it, all together."""
    low, high = points.min(axis=0), points.max(axis=0)
    return points + np.maximum(margin - low, 0) - np.maximum(high - (SIDE - margin), 0)


def ink(points: np.ndarray, pen: float) -> np.ndarray:
    """A round pen of a width in pixels set down at every point: [n, 2] in pixels -> bool [SIDE, SIDE]."""
    import cv2

    page = np.zeros((SIDE * SHARPNESS, SIDE * SHARPNESS), dtype=np.uint8)
    columns, rows = np.clip(points * SHARPNESS, 0, SIDE * SHARPNESS - 1).astype(int).T
    page[rows, columns] = 255
    width = max(round(pen * SHARPNESS), 1)
    page = cv2.dilate(page, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width)))
    return cv2.resize(page, (SIDE, SIDE), interpolation=cv2.INTER_AREA) > 127


def hire(seed: int) -> list[Drawer]:
    return [Drawer.random(np.random.default_rng([seed, number])) for number in range(DRAWERS)]


def drawings(alphabets: dict[str, dict[str, str]], seed: int) -> Iterator[tuple[str, bytes]]:
    """(path in the dataset, PNG) of every drawing. One depends on the seed, its character and its drawer alone."""
    drawers = hire(seed)
    first = 1  # Omniglot's files begin with a number that counts all characters
    for split, letters_of in alphabets.items():
        for alphabet, letters in letters_of.items():
            for place, letter in enumerate(letters, start=1):
                path = strokes.pen_path(letter)
                for number, drawer in enumerate(drawers):
                    rng = np.random.default_rng([seed, number, ord(letter)])
                    name = f"{split}/{alphabet}/character{place:02}/{first:04}_{number + 1:02}.png"
                    yield name, _png(draw(path, drawer, rng))
                first += 1


def _png(drawing: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(~drawing).save(file, "png")  # bool: one bit per pixel, black where ink is
    return file.getvalue()


def render(folder: Path, seed: int = 0, alphabets: dict[str, dict[str, str]] | None = None) -> None:
    """Makes the dataset's folder, or replaces it; `folder` is whole or untouched at any time. All ALPHABETS if None."""
    alphabets = ALPHABETS if alphabets is None else alphabets
    total = sum(len(letters) for letters_of in alphabets.values() for letters in letters_of.values()) * DRAWERS
    with folders.building(folder) as unfinished:
        folders.write_files(unfinished, tqdm(drawings(alphabets, seed), total=total, desc="drawing glyphs"))


def sheet(folder: Path) -> Image.Image:
    """A picture of a dataset in Omniglot's layout: a row for every alphabet, four characters by five drawers each."""
    rows = [(split, alphabet) for split in (BACKGROUND, EVALUATION) for alphabet in sorted((folder / split).iterdir())]
    cell, margin = SIDE * 2 // 3, 150
    page = Image.new("L", (margin + 20 * cell, len(rows) * cell), 255)
    pen = ImageDraw.Draw(page)
    font = ImageFont.truetype(strokes.font_file(), 11, layout_engine=ImageFont.Layout.BASIC)
    for row, (split, alphabet) in enumerate(rows):
        caption = f"{alphabet.name.replace('_', ' ')}\n{'trains' if split == BACKGROUND else 'validates'}"
        pen.multiline_text((6, row * cell + 22), caption, fill=0, font=font)
        characters = sorted(alphabet.iterdir())
        for column in range(20):
            character = characters[column // 5 * len(characters) // 4]
            # other drawers in every row, so that the sheet shows all of them
            drawing = sorted(character.iterdir())[(column + row * 5) % DRAWERS]
            with Image.open(drawing) as picture:
                small = picture.convert("L").resize((cell, cell), Image.Resampling.BOX)
            page.paste(small, (margin + column * cell, row * cell))
    for line in range(len(rows) + 1):
        pen.line([(0, line * cell), (page.width, line * cell)], fill=200)
    for line in range(0, 21, 5):
        pen.line([(margin + line * cell, 0), (margin + line * cell, page.height)], fill=200)
    return page.quantize(16)


def main(arguments: list[str] | None = None) -> None:
    parser = command.parser("data.glyphs", "Draws the embedded dataset anew and puts it where data.load() finds it.")
    parser.add_argument("--seed", type=int, default=0, help="other seeds make other drawers (default: 0)")
    parser.add_argument("--sheet", type=Path, metavar="PATH", help="also write a picture of the dataset, a PNG, there")
    options = parser.parse_args(arguments)
    folder = (options.root or folders.root()) / "glyphs"
    with command.failing_in_one_sentence("data.glyphs"):
        render(folder, options.seed)
        if options.sheet:
            page = sheet(folder)
            folders.write_atomically(options.sheet, lambda file: page.save(file, "png", optimize=True))
    print(f"{folder}: drawn with seed {options.seed}.")


if __name__ == "__main__":
    main()
