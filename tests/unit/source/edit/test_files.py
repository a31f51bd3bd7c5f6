"""Files of modules: read and replaced byte for byte."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from engine.source.edit.files import SourceFile, line_length


def test_a_file_is_replaced_with_its_mode(tmp_path: Path) -> None:
    """Nothing else is left in the folder."""
    path = tmp_path / "shop.py"
    path.write_bytes(b"a = 1\r\n")
    path.chmod(0o600)
    file = SourceFile.read(path)
    assert (file.text, file.encoding) == ("a = 1\r\n", "utf-8")
    file.replace(b"a = 2\r\n")
    assert path.read_bytes() == b"a = 2\r\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_is_followed(tmp_path: Path) -> None:
    """The file behind it is replaced."""
    real, link = tmp_path / "real.py", tmp_path / "shop.py"
    real.write_bytes(b"a = 1\n")
    link.symlink_to(real)
    SourceFile.read(link).replace(b"a = 2\n")
    assert link.is_symlink()
    assert real.read_bytes() == b"a = 2\n"


def test_a_byte_order_mark_stays(tmp_path: Path) -> None:
    """It is part of the encoding."""
    path = tmp_path / "shop.py"
    path.write_bytes(b"\xef\xbb\xbfa = 1\n")
    file = SourceFile.read(path)
    assert file.text == "a = 1\n"
    assert file.text.encode(file.encoding) == file.content


def test_a_change_is_noticed(tmp_path: Path) -> None:
    """By another program, or if the file is gone."""
    path = tmp_path / "shop.py"
    path.write_bytes(b"a = 1\n")
    file = SourceFile.read(path)
    assert file.is_as_read
    path.write_bytes(b"a = 2\n")
    assert not file.is_as_read
    path.unlink()
    assert not file.is_as_read


def test_what_cannot_be_replaced_stays(tmp_path: Path) -> None:
    """And leaves nothing behind."""
    path = tmp_path / "shop.py"
    path.write_bytes(b"a = 1\n")
    file = SourceFile.read(path)
    path.unlink()
    path.mkdir()
    with pytest.raises(OSError, match="directory"):
        file.replace(b"a = 2\n")
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, 88),
        ({"pyproject.toml": "[tool.ruff]\nline-length = 100\n"}, 100),
        ({"pyproject.toml": "[tool.black]\nline-length = 79\n"}, 79),
        (
            {"pyproject.toml": "[tool.ruff]\nline-length = 100\n", "ruff.toml": "line-length=120"},
            120,
        ),
        ({"pyproject.toml": "[tool"}, 88),
    ],
)
def test_how_long_lines_may_be(tmp_path: Path, files: dict[str, str], expected: int) -> None:
    """As the formatter's configuration says."""
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert line_length(tmp_path) == expected
