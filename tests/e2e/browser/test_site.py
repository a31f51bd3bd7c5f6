"""The site of the documentation in Chromium: two widths, two themes, nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

import pytest

from tests.support.site import built, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

SHOWN = (
    "",
    "start/ten-minutes/",
    "how-to/share-state/",
    "concepts/plan/",
    "coming-from/terraform/",
    "reference/command-line/",
    "reference/configuration/",
    "reference/json/",
    "reference/errors/",
    "reference/types/",
    "reference/types/stripe_price/",
    "contributing/decisions/",
)
"""A page of each kind."""
LOOKS: tuple[tuple[Literal["light", "dark"], int], ...] = (
    ("light", 390),
    ("dark", 390),
    ("light", 1280),
    ("dark", 1280),
)


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the site is served."""
    with served(built(tmp_path_factory)) as address:
        yield address


@pytest.fixture
def complaints() -> list[str]:
    """What the console says, and what pages ask of other machines."""
    return []


@pytest.fixture(params=LOOKS, ids=lambda look: f"{look[0]}-{look[1]}")
def page(
    request: pytest.FixtureRequest, browser: Browser, address: str, complaints: list[str]
) -> Iterator[Page]:
    """A window of one width, on a system that prefers one theme."""
    theme, width = request.param
    context = browser.new_context(
        color_scheme=theme, viewport={"width": width, "height": 900}, base_url=address
    )
    with _Watched(context, address, complaints) as page:
        yield page


class _Watched:
    """A page that notes what it asks for and what it complains of."""

    def __init__(self, context: BrowserContext, address: str, complaints: list[str]) -> None:
        self._context = context
        self._own = (address, "data:", "blob:")
        self._complaints = complaints

    def __enter__(self) -> Page:
        page = self._context.new_page()
        page.on("console", lambda message: self._complaints.append(message.text))
        page.on("pageerror", lambda error: self._complaints.append(str(error)))
        page.on("request", lambda request: self._note(request.url))
        return page

    def __exit__(self, *_: object) -> None:
        self._context.close()

    def _note(self, url: str) -> None:
        if not url.startswith(self._own):
            self._complaints.append(f"asks for {url}")


def test_pages_fit_and_keep_quiet(page: Page, complaints: list[str]) -> None:
    """No page is wider than the window, complains, or asks another machine for anything."""
    for path in SHOWN:
        page.goto(path or "/")
        width = page.evaluate("document.documentElement.scrollWidth")
        size = page.viewport_size
        assert size is not None
        assert width <= size["width"], path
    assert complaints == []


@pytest.mark.parametrize("page", [LOOKS[1], LOOKS[2]], indirect=True, ids=["dark", "light"])
def test_axe_finds_nothing_serious(page: Page) -> None:
    """Contrast, names, roles, what the keyboard reaches."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="no axe").Axe()
    found = []
    for path in ("", "concepts/plan/", "reference/configuration/", "reference/types/stripe_price/"):
        page.goto(path or "/")
        found += [
            (path, one["id"], [node["html"][:160] for node in one["nodes"][:3]])
            for one in axe.run(page).response["violations"]
            if one["impact"] in ("serious", "critical")
        ]
    assert found == []


@pytest.mark.parametrize("page", [LOOKS[0], LOOKS[2]], indirect=True, ids=["narrow", "wide"])
def test_search_finds_a_page(page: Page, complaints: list[str]) -> None:
    """A word of a page leads to it."""
    page.goto("/")
    page.keyboard.press("/")
    page.get_by_role("textbox", name="Search").fill("webhook secret")
    result = page.locator(".md-search-result__link", has_text="Rotate a webhook secret").first
    result.click()
    page.wait_for_url("**/how-to/rotate-a-webhook-secret/**")
    assert complaints == []


def test_what_is_copied_is_what_one_types(browser: Browser, address: str) -> None:
    """Of a session, neither the prompts nor what was printed."""
    allowed = ["clipboard-read", "clipboard-write"]
    context = browser.new_context(base_url=address, permissions=allowed)
    page = context.new_page()
    page.goto("how-to/drift/")
    block = page.locator(".highlight", has_text="$ engine apply --yes").first
    block.hover()
    block.locator("button").first.click()
    assert page.evaluate("navigator.clipboard.readText()") == "engine apply --yes"
    context.close()
