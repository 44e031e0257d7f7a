"""Pages of feedback, to the byte those that nbconvert makes, for a third of the time.

nbconvert colours the code and renders the text of each notebook, most of which is the same for all students; then it
parses the page, so that pictures without a description get one, and writes it out again. Here what a cell looks like is
kept for the next notebook; and in the place of coloured code, which is three quarters of a page's elements and no picture,
the parser finds an empty element.
"""

import re
import secrets
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

from jinja2 import pass_context
from nbconvert.exporters import HTMLExporter
from nbconvert.filters import Highlight2HTML

KEPT = 512  # cells
# Coloured code, of which we know what the parser makes: nothing but <span>s, and text in which all is escaped.
CODE = re.compile(
    r'<div class="(?P<classes>[\w .+#-]*)">'
    r'(?P<code><pre>(?:[^<>&]|&(?:amp|lt|gt|quot|#39);|<span class="[\w-]+">|</?span>)*+</pre>)</div>(?P<rest>\n*)'
)


class FeedbackPages(HTMLExporter):
    """For `c.GenerateFeedback.exporter_class`."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._left_out: dict[str, str] | None = None  # of a page, what stands in for code -> the code
        self._mark = ""  # by which students' own elements don't take part
        self._coloured = lru_cache(KEPT)(self._colour)
        self._rendered = lru_cache(KEPT)(partial(super().markdown2html, {}))
        super().__init__(*arguments, **options)

    def from_notebook_node(self, nb: Any, resources: Any = None, **more: Any) -> tuple[str, Any]:
        self._left_out, self._mark = {}, f"code-{secrets.token_hex(16)}"
        page, made = super().from_notebook_node(nb, resources, **more)
        pieces = re.split(f'(<{self._mark} a="\'" n="[0-9]+"></{self._mark}>)', page)
        if sorted(pieces[1::2]) == sorted(self._left_out) and page.count(self._mark) == 2 * len(self._left_out):
            return "".join(self._left_out.get(piece, piece) for piece in pieces), made
        # Some code is no element there: it lies in a comment or a script, for instance, that a student never closes.
        self._left_out = None
        return super().from_notebook_node(nb, resources, **more)

    def register_filter(self, name: str, jinja_filter: Any) -> Any:
        if isinstance(jinja_filter, Highlight2HTML):
            jinja_filter = self._leaving_out(jinja_filter)
        return super().register_filter(name, jinja_filter)

    def _leaving_out(self, highlight: Highlight2HTML) -> Callable[..., str]:
        def code(source: str, language: str | None = None, metadata: Any = None) -> str:
            if self._left_out is None or "magics_language" in (metadata or {}):
                return highlight(source, language, metadata)
            written, parsed, rest = self._coloured(highlight.pygments_lexer, source, language)
            if not parsed:
                return written
            # The parser puts attributes in order: what comes back in order was an element to it. It has quotes of both
            # kinds, as code may have: where one was left open before it, it is none.
            number = len(self._left_out)
            self._left_out[f'<{self._mark} a="\'" n="{number}"></{self._mark}>'] = parsed
            return f'<{self._mark} n="{number}" a="\'"></{self._mark}>{rest}'

        return code

    def _colour(self, lexer: str, source: str, language: str | None) -> tuple[str, str, str]:
        """What nbconvert makes of code; and what becomes of that on its way through the parser, with what follows it."""
        written = Highlight2HTML(pygments_lexer=lexer, parent=self)(source, language)
        parts = CODE.fullmatch(written)
        if not parts or written.count("<span") != written.count("</span>"):
            return written, "", ""
        parsed = f'<div class="{" ".join(parts["classes"].split())}">{parts["code"]}</div>'
        return written, parsed.replace("&quot;", '"').replace("&#39;", "'"), parts["rest"]

    @pass_context
    def markdown2html(self, context: Any, source: str) -> str:
        if self.embed_images or context.get("cell", {}).get("attachments"):
            return super().markdown2html(context, source)
        return self._rendered(source)
