"""Parts of documents that are made from the code.

`ENGINE_UPDATE=1` (`nox -s regenerate`) writes them; without it they are compared.
"""

from __future__ import annotations

import os
from pathlib import Path


def updating() -> bool:
    """Whether documents are written anew instead of compared."""
    return bool(os.environ.get("ENGINE_UPDATE"))


def section(document: Path, name: str, *, wanted: str) -> str:
    """The text of a document between `<!-- generated: NAME -->` and `<!-- end: NAME -->`.

    Args:
        document: A Markdown file.
        name: Which section.
        wanted: What is to be there: written first where documents are written anew.
    """
    text = document.read_text(encoding="utf-8")
    begin, end = f"<!-- generated: {name} -->\n", f"<!-- end: {name} -->"
    before, _, rest = text.partition(begin)
    present, _, after = rest.partition(end)
    if updating() and present != wanted:
        document.write_text(f"{before}{begin}{wanted}{end}{after}", encoding="utf-8")
        present = wanted
    return present
