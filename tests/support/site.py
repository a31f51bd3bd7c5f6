"""The site of the documentation, built once, and served on this machine."""

from __future__ import annotations

import functools
import http.server
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path

import filelock
import pytest

from tests.support.pages import ROOT


def built(factory: pytest.TempPathFactory) -> Path:
    """The folder of the built site; the first worker that asks for it builds it for all."""
    pytest.importorskip("mkdocs", reason="no MkDocs: pip install 'stripe-stack-engine[docs]'")
    shared = factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        shared = shared.parent
    folder = shared / "site"
    with filelock.FileLock(shared / "site.lock"):
        if not (folder / "sitemap.xml").exists():
            _build(folder)
    return folder


def _build(folder: Path) -> None:
    ended = subprocess.run(  # noqa: S603 - of this very environment
        [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir", str(folder)],
        cwd=ROOT,
        env={"NO_MKDOCS_2_WARNING": "1", "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


class _Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files without a word."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder at a port that the system chooses; its address."""
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


class Links(HTMLParser):
    """What a page refers to, and the places in it that can be referred to.

    Attributes:
        links: Addresses of links.
        loaded: Addresses of what the page loads.
        anchors: Ids of its elements.
    """

    def __init__(self, page: Path) -> None:
        """Args: page: a file."""
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.anchors: set[str] = set()
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note one element."""
        given = {name: value or "" for name, value in attrs}
        self.anchors.update(filter(None, (given.get("id"), given.get("name"))))
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag in ("link", "script", "img", "iframe", "source"):
            self.loaded += [given[name] for name in ("href", "src") if name in given]
