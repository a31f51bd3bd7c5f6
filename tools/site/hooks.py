"""What MkDocs calls while it builds the site, see `hooks` in mkdocs.yml."""

from __future__ import annotations

import sys
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

# MkDocs loads this file by its path, and `tools` is not installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tools.site.inserts import with_inserts
from tools.site.links import with_site_links
from tools.site.lists import with_deep_lists
from tools.site.navigation import navigation
from tools.site.pages import BORROWED, ROOT
from tools.site.types import types_page


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are not files of `docs/`, and list what is there."""
    for source, page in BORROWED.items():
        if files.get_file_from_path(page) is None:
            files.append(File.generated(config, page, abs_src_path=str(ROOT / source)))
    files.append(File.generated(config, "reference/types/index.md", content=types_page()))
    pages = {file.src_uri for file in files.documentation_pages()}
    config.nav = navigation(config.nav or [], pages)
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Make links to files links to pages, and write lists as Python-Markdown reads them."""
    del config, files
    return with_deep_lists(with_inserts(with_site_links(markdown, page.file.src_uri)))
