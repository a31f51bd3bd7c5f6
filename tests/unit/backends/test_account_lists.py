"""Lists of accounts as people and programs write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.backends.account_lists import rows_in_file, rows_of_program
from engine.errors import SettingsError

LINES = b"# our shops\nnorth\nsouth # since May\n\n  west  \n"
LISTED = ["north", "south", "west"]


@pytest.mark.parametrize(
    "raw",
    [
        LINES,
        LINES.replace(b"\n", b"\r\n"),
        b"\xef\xbb\xbf" + LINES,
        LINES.rstrip(b"\n"),
        b'["north", "south", "west"]',
        b'\xef\xbb\xbf  \r\n["north",\r\n "south", "west"]\r\n',
    ],
)
def test_a_list_is_read_as_editors_write_it(tmp_path: Path, raw: bytes) -> None:
    """With line ends of Windows, a mark at its beginning, comments, and without a last line end."""
    path = tmp_path / "shops.txt"
    path.write_bytes(raw)
    assert list(rows_in_file(path, "shops.txt", "shops")) == LISTED


@pytest.mark.parametrize(
    ("name", "raw", "message"),
    [
        ("a.txt", b"\xff\xfe\x00", "is no JSON in UTF-8"),
        ("a.txt", b'{"accounts": []}', "does not hold a list"),
        ("a.json", b"[1, 2", "is no JSON"),
        ("a.json", b"[" * 100_000, "is no JSON"),
        ("a.toml", b"[account]\nname = 'a'", "does not hold [[account]] tables"),
        ("a.toml", b"[[account]", "is no TOML"),
    ],
)
def test_what_is_no_list_is_refused(tmp_path: Path, name: str, raw: bytes, message: str) -> None:
    """By its name and its fleet."""
    (tmp_path / name).write_bytes(raw)
    with pytest.raises(SettingsError) as refused:
        rows_in_file(tmp_path / name, name, "shops")
    assert message in refused.value.message
    assert f"{name}, the accounts of fleet 'shops'" in refused.value.message


def test_a_program_that_writes_or_waits_without_end_is_stopped(tmp_path: Path) -> None:
    """Also what it started: nothing waits for it, and its output does not fill the memory."""
    with pytest.raises(SettingsError, match=r"did not end within 0\.2 seconds"):
        rows_of_program(["sh", "-c", "sleep 600 & wait"], tmp_path, "shops", timeout=0.2)
    with pytest.raises(SettingsError, match="has more than"):
        rows_of_program(["sh", "-c", "yes north"], tmp_path, "shops", timeout=600)
    with pytest.raises(SettingsError, match="cannot be run"):
        rows_of_program(["no-such-program"], tmp_path, "shops")
