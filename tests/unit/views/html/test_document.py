"""The file around a page loads nothing, and no text of a record can change what it is."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from html.parser import HTMLParser

import htpy as h
import pytest

from engine.redaction import forget, remember
from engine.views.html import parts
from engine.views.html.view import HtmlView
from engine.views.style import PLAIN
from engine.views.view import ViewOptions
from tests.support import reports

VIEW = HtmlView(ViewOptions(style=PLAIN))
VOID = {"meta", "input", "br"}
LOADING = {"src", "srcset", "data", "poster", "action", "formaction", "background", "style", "ping"}


class Parsed(HTMLParser):
    """A document as a browser reads it, with its elements and what is wrong with their order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text: dict[str, str] = {}
        self.wrong: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element begins."""
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """An element ends."""
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data: str) -> None:
        """A text is in every element that is open."""
        for tag in self.open:
            if tag != "title" or "svg" not in self.open:
                self.text[tag] = self.text.get(tag, "") + data


def every_page() -> Iterator[tuple[str, str]]:
    """Every page as it is written, by its name."""
    yield "plan", VIEW.written(VIEW.plan(reports.five_changes()))
    yield "refused", VIEW.written(VIEW.plan(reports.refused()))
    yield "nothing", VIEW.written(VIEW.plan(reports.nothing()))
    yield "hostile", VIEW.written(VIEW.plan(reports.hostile()))
    yield "applied", VIEW.written(VIEW.applied(reports.failed_apply(), "Apply"))
    yield "state", VIEW.written(VIEW.states("live", [reports.state()]))
    yield "reviewed", VIEW.written(VIEW.reviewed(reports.reviewed()))
    yield "error", VIEW.written(VIEW.error(reports.refusal()))


PAGES = dict(every_page())


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_well_formed(name: str) -> None:
    """Each element that begins ends, in order, and each name is there once."""
    parsed = Parsed(PAGES[name])
    assert parsed.wrong == []
    assert parsed.open == []
    names = [about["id"] for _, about in parsed.elements if "id" in about]
    assert sorted(set(names), key=str) == sorted(names, key=str)
    assert dict(parsed.elements)["html"]["lang"] == "en"


@pytest.mark.parametrize("name", PAGES)
def test_a_page_loads_nothing(name: str) -> None:
    """No element names anything outside of the file, nor may it by its policy."""
    parsed = Parsed(PAGES[name])
    for tag, about in parsed.elements:
        assert tag not in {"link", "img", "iframe", "object", "embed", "base", "form"}
        assert not LOADING & about.keys(), (tag, about)
        assert not [key for key in about if key.startswith("on")]
        assert (about.get("href") or "#").startswith("#")
    policy = next(
        about["content"]
        for _, about in parsed.elements
        if about.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy is not None
    assert policy.startswith("default-src 'none'; ")
    for tag in ("style", "script"):
        digest = base64.b64encode(hashlib.sha256(parsed.text[tag].encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
        assert not re.search(
            r"url\(|@import|https?:|//\w|fetch|XMLHttp|innerHTML", parsed.text[tag]
        )


def test_text_that_means_harm_is_shown_as_text() -> None:
    """A name cannot begin an element, end the script, or turn the text around."""
    parsed = Parsed(PAGES["hostile"])
    assert [tag for tag, _ in parsed.elements].count("script") == 1
    assert "img" not in [tag for tag, _ in parsed.elements]
    assert "\u202e" not in PAGES["hostile"]
    assert "\u2028" not in PAGES["hostile"]
    shown = reports.HOSTILE.replace("\u202e", "\\u202e").replace("\u2028", "\\u2028")
    assert parsed.text["h1"] == f"Plan for {shown}"


@pytest.mark.parametrize("secret", ["plain-secret-1", "quo\"ted-'secret'<2>", "am&persand-3"])
def test_a_known_secret_is_hidden_in_whatever_spelling(secret: str) -> None:
    """As text, as a value in quotes, in an attribute, and in the title."""
    remember(secret)
    try:
        body = h.p(title=secret)[secret, " ", repr(secret), " ", f'"{secret}"']
        text = VIEW.written(parts.page(secret, body))
    finally:
        forget()
    assert secret not in text
    assert "secret" not in text.replace("plain-secret", "")
    assert "(sensitive)" in text


def test_a_stream_that_takes_ascii_only_gets_references() -> None:
    """A browser reads the same."""
    view = HtmlView(ViewOptions(style=PLAIN, ascii=True))
    text = view.written(parts.page("Café", h.p["naïve → 日本"]))
    assert text.isascii()
    parsed = Parsed(text)
    assert parsed.text["title"] == "Café"
    assert parsed.text["p"] == "naïve → 日本"


def test_the_script_is_small() -> None:
    """It is read by people too."""
    assert len(PAGES["plan"].partition("<script>")[2].splitlines()) < 300


def test_a_thousand_changes_are_a_file_that_can_be_sent() -> None:
    """With the graph of all of them."""
    assert len(VIEW.written(VIEW.plan(reports.many_changes())).encode()) < 2_000_000
