"""What MkDocs calls while it builds the site, see `hooks` in mkdocs.yml."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

# MkDocs loads this file by its path, and `tools` is not installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tools.site import errors, types
from tools.site.console import session_html
from tools.site.inserts import with_inserts
from tools.site.markdown import with_deep_lists, with_site_links, with_titles
from tools.site.navigation import navigation
from tools.site.overview import PageLine, overview
from tools.site.pages import ROOT, borrowed
from tools.site.tables import LabelledTables

_FIRST = "index.md"


def on_config(config: MkDocsConfig) -> None:
    """Add what a configuration file cannot say: extensions of Markdown that are objects."""
    config.markdown_extensions.append(LabelledTables())
    fences = config.mdx_configs.setdefault("pymdownx.superfences", {})
    fences["custom_fences"] = [{"name": "console", "class": "highlight", "format": _session}]


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are not files of `docs/`, and list what is there."""
    for source, page in borrowed().items():
        if files.get_file_from_path(page) is None:
            files.append(File.generated(config, page, abs_src_path=str(ROOT / source)))
    files.append(File.generated(config, types.FIRST, content=types.types_page()))
    files.append(File.generated(config, errors.FIRST, content=errors.errors_page()))
    pages = {file.src_uri for file in files.documentation_pages()}
    config.nav = navigation(config.nav or [], pages)
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Write what Python-Markdown and people on the site need: links, titles, lists."""
    del config, files
    if page.file.src_uri == _FIRST:
        page.meta["hide"] = ["navigation"]
    if page.file.src_uri.startswith(types.FOLDER):
        markdown = types.with_fields(markdown)
    if page.file.src_uri.startswith(errors.FOLDER):
        markdown = errors.with_wrapped_messages(markdown)
    linked = with_site_links(markdown, page.file.src_uri)
    return with_deep_lists(with_titles(with_inserts(linked)))


def on_env(env: Any, config: MkDocsConfig, files: Files) -> None:
    """Write the overview of all pages, whose texts are known now."""
    del env
    path = Path(config.site_dir) / "llms.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    text = overview(config.site_name, config.site_description or "", _in_order(files))
    path.write_text(text, encoding="utf-8")


def _in_order(files: Files) -> Iterator[PageLine]:
    """The pages in the order of the navigation."""
    first = files.get_file_from_path(_FIRST)
    page = None if first is None else first.page
    while page is not None:
        part = page.ancestors[-1].title if page.ancestors else ""
        yield PageLine(part, str(page.title), page.url, page.markdown or "")
        page = page.next_page


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Name the dialog of the search, which the theme does not."""
    del page, config
    return output.replace('role="dialog"', 'role="dialog" aria-label="Search"')


def _session(source: str, *_: Any, **__: Any) -> str:
    """A block of a session, as the theme has other blocks of code."""
    return session_html(source)
