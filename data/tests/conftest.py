"""What the tests of `data` share: small datasets, a server to download from, what a notebook would show."""

import functools
import http.server
import os
import shutil
import threading
from pathlib import Path

import pytest
import torch

from data import glyphs
from data.dataset import Split
from data.folders import BACKGROUND, EVALUATION
from data.omniglot import ARCHIVES

# 5 + 4 characters of two alphabets train, 3 + 2 of two others validate: 14 characters, 280 drawings
FEW = {
    BACKGROUND: {"Greek": "αβγδε", "Hebrew": "אבגד"},
    EVALUATION: {"Lao": "ກຂຄ", "NKo": "߂߃"},
}


@pytest.fixture(scope="session")
def rendered(tmp_path_factory) -> Path:
    """A folder with the small glyph dataset; tests must not change it."""
    folder = tmp_path_factory.mktemp("rendered") / "glyphs"
    glyphs.render(folder, alphabets=FEW)
    return folder


@pytest.fixture
def root(tmp_path, rendered, monkeypatch) -> Path:
    """A root folder of the test's own with a copy of the small glyph dataset, and what `data.root()` returns."""
    shutil.copytree(rendered, tmp_path / "root" / "glyphs")
    monkeypatch.setenv("METRIC_LEARNING_DATA", str(tmp_path / "root"))
    return tmp_path / "root"


@pytest.fixture(scope="session")
def real_archives() -> list[Path]:
    folder = os.environ.get("OMNIGLOT")
    if not folder:
        pytest.skip("the environment variable OMNIGLOT names no folder with Omniglot's archives")
    return [Path(folder) / name for name in ARCHIVES]


@pytest.fixture(scope="session")
def real_mnist() -> Path:
    folder = os.environ.get("MNIST")
    if not folder:
        pytest.skip("the environment variable MNIST names no folder with MNIST's four files")
    return Path(folder)


# --- a public server of our own


class Quiet(http.server.SimpleHTTPRequestHandler):
    asked = ()

    def do_GET(self):
        self.asked.append(self.path)
        super().do_GET()

    def log_message(self, *args):
        pass


class BreaksOff(Quiet):
    """Promises the whole file and sends half of it."""

    def copyfile(self, source, outputfile):
        content = source.read()
        outputfile.write(content[: len(content) // 2])


@pytest.fixture
def server():
    """server(folder, handler): serves a folder on this machine; its address, and the list of what is asked of it."""
    servers = []

    def start(folder: Path, handler: type[Quiet] = Quiet) -> tuple[str, list[str]]:
        asked = []
        handler = type("Handler", (handler,), {"asked": asked})
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(handler, directory=str(folder)))
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/", asked

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def litter(root: Path) -> list[str]:
    return [path.name for path in root.iterdir()] if root.exists() else []


def fails_with_one_sentence(command, root: Path, arguments: list, capfd) -> str:
    """Runs the command of data.omniglot or data.mnist, expects it to fail and leave nothing; what it said."""
    with pytest.raises(SystemExit) as stopped:
        command.main(["--root", str(root), *map(str, arguments)])
    message = stopped.value.code  # a string: Python prints it on stderr and exits with 1
    assert isinstance(message, str)
    assert message.startswith(f"{command.__name__}: ")
    assert "\n" not in message
    assert "Traceback" not in capfd.readouterr().err
    assert [name for name in litter(root) if name != "downloads"] == []
    return message


# --- what the tests of data.notebook share


@pytest.fixture
def shown(monkeypatch):
    """What a notebook would show: matplotlib's figures, each as it was at plt.show()."""
    import matplotlib.pyplot as plt

    figures = []
    monkeypatch.setattr(plt, "show", lambda: figures.append(plt.gcf()))
    yield figures
    plt.close("all")


@pytest.fixture
def tables(monkeypatch) -> list[str]:
    """The Markdown of the tables that a notebook would show."""
    from data.notebook import tables

    shown = []
    monkeypatch.setattr(tables, "display", lambda table: shown.append(table.data))
    return shown


@pytest.fixture
def letters() -> Split:
    """Nine characters of three alphabets, four drawings each, one of them a query; the ink of each class is another."""
    labels = torch.arange(9).repeat_interleave(4)  # [36]
    images = (20 * labels + 50).to(torch.uint8)[:, None, None].expand(-1, 32, 32).contiguous()  # [36, 32, 32]
    names = [f"{alphabet}/character{number:02}" for alphabet in ("Old_Greek", "Lao", "NKo") for number in (1, 2, 3)]
    is_query = torch.arange(36) % 4 == 0
    return Split(images, labels, names, ["Old_Greek", "Lao", "NKo"], torch.arange(9) // 3, [], is_query)
