"""The Python blocks of a page of the documentation."""

from __future__ import annotations

import re
from pathlib import Path

import engine

DOCS = Path(engine.__file__).parents[1] / "docs"
_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: str) -> list[str]:
    """The Python blocks of a page, in order."""
    return _BLOCK.findall((DOCS / page).read_text(encoding="utf-8"))
