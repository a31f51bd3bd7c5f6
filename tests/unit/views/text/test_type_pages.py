"""The pages in `docs/reference/types/` are what `engine types TYPE` prints.

`ENGINE_UPDATE=1 python -m pytest tests/unit/views/text/test_type_pages.py` writes them anew.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.catalog import loader
from engine.schema.resource_type import ResourceType
from engine.views.style import PLAIN
from engine.views.text.types import type_text
from tests.support.generated import updating

PAGES = Path(__file__).parents[4] / "docs" / "reference" / "types"


def _page(kind: ResourceType) -> str:
    return f"# {kind.face}\n\n```text\n{type_text(kind, loader.schemas(), PLAIN)}\n```\n"


@pytest.mark.parametrize("name", sorted(loader.schemas()))
def test_a_page_is_what_the_command_prints(name: str) -> None:
    """Every managed type has its page, and the page is true."""
    path = PAGES / f"{name}.md"
    page = _page(loader.resource_type(name))
    if updating():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == page


def test_no_page_is_left_over() -> None:
    """A type that is no longer managed has no page."""
    assert {path.stem for path in PAGES.glob("*.md")} == set(loader.schemas())
