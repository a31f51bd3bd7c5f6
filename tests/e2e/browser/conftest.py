"""A browser without a window, and pages of ours opened in it from disk."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.browser import Opened, Pages

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The Chromium of the system."""
    api = pytest.importorskip(
        "playwright.sync_api", reason="no playwright: pip install 'stripe-stack-engine[browser]'"
    )
    if CHROMIUM is None:
        pytest.skip("no chromium on the PATH: apt-get install chromium")
    with api.sync_playwright() as playwright:
        # Its sandbox does not start for root, as whom CI runs; it opens our own files alone.
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def pages(browser: Browser, tmp_path: Path) -> Iterator[Pages]:
    """Opens pages, and expects of each that it asked for nothing and complained of nothing."""
    opened: list[Opened] = []
    yield Pages(browser, tmp_path, opened)
    for one in opened:
        assert one.requests == [one.page.url.partition("#")[0]]
        assert one.complaints == []
        one.page.context.close()
