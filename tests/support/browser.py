"""Pages of ours in a browser, with what they ask for and complain of."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from engine.views.html.view import HtmlView
from engine.views.style import PLAIN
from engine.views.view import Page as ViewPage
from engine.views.view import ViewOptions

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

VIEW = HtmlView(ViewOptions(style=PLAIN))

ROWS = ".row:visible"
"""The rows that are shown."""


@dataclass
class Opened:
    """A page that was opened.

    Attributes:
        page: The page.
        requests: The addresses that it asked for, its own first.
        complaints: Messages on its console, and errors of its script.
    """

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@dataclass
class Pages:
    """Opens pages from disk.

    Attributes:
        browser: The browser.
        folder: Where the files are written.
        opened: Every page that was opened.
    """

    browser: Browser
    folder: Path
    opened: list[Opened]

    def open(
        self,
        shown: ViewPage,
        *,
        theme: Literal["light", "dark"] = "light",
        width: int = 1200,
        scripts: bool = True,
        **more: Any,
    ) -> Page:
        """Write a page of the view into a file and open that.

        Args:
            shown: What the view made.
            theme: What the person's system prefers.
            width: Of the window.
            scripts: Scripts run.
            more: Further options of the browser's context.
        """
        file = self.folder / f"page{len(self.opened)}.html"
        file.write_text(VIEW.written(shown), encoding="utf-8")
        context = self.browser.new_context(
            color_scheme=theme,
            viewport={"width": width, "height": 800},
            java_script_enabled=scripts,
            **more,
        )
        one = Opened(context.new_page())
        self.opened.append(one)
        one.page.on("request", lambda request: one.requests.append(request.url))
        one.page.on("console", lambda message: one.complaints.append(message.text))
        one.page.on("pageerror", lambda error: one.complaints.append(str(error)))
        one.page.goto(file.as_uri())
        return one.page
