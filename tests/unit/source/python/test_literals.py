"""How wide texts are, as the formatter counts it."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.source.python.literals import width
from tests.support.written import ruff

LONGEST = 88
"""Columns of a line, as ruff has them without settings."""


@pytest.mark.parametrize(
    ("text", "columns"),
    [("é", 1), ("e\u0301", 1), ("日", 2), ("👩\u200d💻", 4), ("a \u200d b", 4)],
)
def test_a_text_takes_the_columns_that_a_formatter_counts(
    tmp_path: Path, text: str, columns: int
) -> None:
    """A mark takes none; a picture that is joined to another one takes its own."""
    assert width(text) == columns
    around = 'f("", 1)'
    fits = f'f("{"a" * (LONGEST - len(around) - columns)}{text}", 1)\n'
    module = tmp_path / "module.py"
    module.write_text(fits, encoding="utf-8")
    assert ruff("format", "--isolated", "--check", folder=tmp_path) == ""
    module.write_text(fits.replace("a", "aa", 1), encoding="utf-8")
    assert ruff("format", "--isolated", "--check", folder=tmp_path) != ""
