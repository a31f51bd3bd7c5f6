"""What the metadata of the engine says that it needs."""

from __future__ import annotations

import pytest

from engine.operations.doctor.requirements import is_in_range, numbers, requirements


@pytest.mark.parametrize(
    ("version", "range", "inside"),
    [
        ("16.1.0", "<17,>=16", True),
        ("16", ">=16.0.0", True),
        ("17.0.0", "<17,>=16", False),
        ("15.9.9", "<17,>=16", False),
        ("8.1.8", ">=8.1.8", True),
        ("8.1.7", ">=8.1.8", False),
        ("16.1.0b2", "==16.1.0", True),
        ("3.11", "!=3.11.0", False),
        ("2026.1", ">2025.12,<=2026.1", True),
        ("1.0", "", True),
        ("1.0", "~=9.0", True),
    ],
)
def test_versions_in_ranges(version: str, range: str, *, inside: bool) -> None:
    """By their numbers; a form that is not compared is no reason to warn."""
    assert is_in_range(version, range) is inside


def test_numbers_end_where_there_is_none() -> None:
    """Of a version that is a word nothing is known."""
    assert numbers("16.1.0b2") == (16, 1, 0)
    assert numbers("dev") == ()


def test_what_this_engine_needs() -> None:
    """As pyproject.toml says: the SDK in its range, and extras by their names."""
    found = {(one.extra, one.name): one for one in requirements()}
    sdk = found["", "stripe"]
    assert sdk.fits
    assert sdk.range
    assert ("cloud", "obstore") in found
    assert ("edit", "libcst") in found
    assert found["postgres", "psycopg"].extra == "postgres"  # a name with an extra of its own
