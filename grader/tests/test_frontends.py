"""VS Code, Colab and the others run cells one by one in an IPython kernel, as JupyterLab does, and show a result in the
richest of its forms that they trust. So a report must not depend on the folder, on widgets, on other pages, or on HTML.
"""

import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser

import pytest
from jupyter_client.manager import start_new_kernel

STUB = """
class Sampler:
    def sample(self, features, labels):
        raise NotImplementedError("Return three tensors.")
"""
# The centroids are also their own nearest centroids: a wrong answer, and one that can be drawn.
WRONG = """
class Sampler:
    def sample(self, features, labels):
        labels = torch.as_tensor(labels)
        classes = [features[labels == label] for label in labels.unique()]
        anchors = [points.mean(dim=0) for points in classes]
        positives = [p[(p - a).square().sum(dim=1).argmax()] for p, a in zip(classes, anchors)]
        return torch.stack(anchors), torch.stack(positives), torch.stack(anchors)
"""
RIGHT = WRONG.replace(
    "return torch.stack(anchors), torch.stack(positives), torch.stack(anchors)",
    "anchors = torch.stack(anchors)\n"
    "        nearest = torch.cdist(anchors, anchors).fill_diagonal_(torch.inf).argmin(dim=1)\n"
    "        return anchors, torch.stack(positives), anchors[nearest]",
)
CHECK = 'check("hard_cluster.triplets", Sampler)'
LOADS = {
    "script",
    "link",
    "iframe",
    "object",
    "embed",
    "img",
    "image",
    "video",
    "audio",
    "form",
    "base",
    "meta",
    "style",
}

Run = Callable[[str], list[dict]]


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Iterator[Run]:
    """Runs a cell in a kernel whose folder is not the course's, and returns its outputs."""
    manager, client = start_new_kernel(cwd=str(tmp_path_factory.mktemp("elsewhere")))

    def run(cell: str) -> list[dict]:
        messages = []
        client.execute_interactive(cell, output_hook=messages.append, timeout=120)
        outputs = ("execute_result", "display_data", "stream", "error")
        return [message["content"] for message in messages if message["msg_type"] in outputs]

    try:
        assert run("import torch\nfrom grader import check") == []
        yield run
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


class Parts(HTMLParser):
    """What HTML consists of: its tags with their attributes, and the words outside of pictures that one sees unasked."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self._in_picture = self._folded = False
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list) -> None:
        self.tags.append((tag, dict(attributes)))
        self._in_picture |= tag == "svg"
        self._folded = tag == "details" or (self._folded and tag != "summary")

    def handle_endtag(self, tag: str) -> None:
        self._in_picture &= tag != "svg"
        self._folded = tag == "summary" or (self._folded and tag != "details")

    def handle_data(self, data: str) -> None:
        if not self._in_picture and not self._folded:
            self.words.append(data)


@pytest.mark.parametrize(
    ("sampler", "state"), [(STUB, "not implemented yet"), (WRONG, "not there yet"), (RIGHT, ": passed (")]
)
def test_a_report_comes_as_html_and_as_text_and_asks_for_nothing_else(run, sampler, state):
    assert run(sampler) == []
    (output,) = run(CHECK)
    assert set(output["data"]) == {"text/html", "text/plain"}
    html, text = output["data"]["text/html"], output["data"]["text/plain"]
    assert state in html
    assert state in text
    assert ("<svg" in html) == (sampler == WRONG)
    for tag, attributes in Parts(html).tags:
        assert tag not in LOADS
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            assert not re.search(r"url\((?!#)", value), (tag, value)
            if name.removeprefix("xlink:") in ("href", "src"):
                assert value.startswith("#"), (tag, value)


def test_the_text_says_all_that_the_html_says(run):
    run(WRONG)
    (output,) = run(CHECK)
    text = " ".join(output["data"]["text/plain"].split())
    words = [part.strip(" :✓✗") for part in Parts(output["data"]["text/html"]).words]
    assert len(words) > 10
    pictures = {"picture"}  # what they say stands in the sentences beside them; folded ones have this to press on
    assert {part for part in words if " ".join(part.split()) not in text} <= pictures


def test_a_check_that_runs_too_early_is_a_name_error_and_nothing_else(run):
    run("del Sampler")
    (output,) = run(CHECK)
    assert (output["ename"], output["evalue"]) == ("NameError", "name 'Sampler' is not defined")
    assert not any("grader" in line and CHECK not in line for line in output["traceback"])  # no frame of ours
    run(RIGHT)
    assert ": passed (" in run(CHECK)[0]["data"]["text/plain"]


def test_a_check_that_is_interrupted_shows_the_students_line_and_none_of_ours(run):
    run("class Slow:\n    def sample(self, features, labels):\n        raise KeyboardInterrupt")
    (output,) = run('check("hard_cluster.triplets", Slow)')
    assert output["ename"] == "KeyboardInterrupt"
    shown = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(output["traceback"]))
    assert "3         raise KeyboardInterrupt" in shown
    assert "The check was stopped in the case “three clusters”." in shown
    assert not re.search(r"(check|answer)\.py", shown), shown


def test_a_cell_that_runs_again_gives_the_same_report(run):
    run(WRONG)
    first, second = (run(CHECK)[0]["data"] for _ in range(2))
    assert first == second
