"""Journals as files: their lines, the room they set aside, and when they are on the disk."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from engine.backends.state import journal
from engine.backends.state.journal import content_of, framed, records_in
from engine.errors import StateError

STEP = 64 * 1024


class System:
    """Writes down what is asked of the operating system, and lets it happen, or not."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Args: monkeypatch: puts it between the module and the system."""
        self.calls: list[str] = []
        self.failing: dict[str, int] = {}
        for name in ("pwrite", "posix_fallocate", "fsync", "fdatasync"):
            monkeypatch.setattr(os, name, self._watched(name, getattr(os, name)))

    def _watched(self, name: str, call: Any) -> Any:
        def watched(*args: Any) -> Any:
            self.calls.append(name)
            if name in self.failing:
                raise OSError(self.failing[name], os.strerror(self.failing[name]))
            return call(*args)

        return watched


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a journal goes."""
    return tmp_path / "state" / "shop.journal"


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch) -> System:
    """A witness of writes, syncs and allocations."""
    return System(monkeypatch)


def begun(path: Path, *records: bytes, reserve: int = 0) -> journal.FileJournal:
    """A journal, open."""
    return journal.begin(path, records, shown="state/shop.journal", reserve=reserve)


# ── lines ────────────────────────────────────────────────────────────────────────────────────


def test_a_line_is_checksum_record_newline() -> None:
    """CRC-32 in eight hex digits: that of "123456789" is CBF43926 by its definition."""
    assert framed(b"123456789") == b"cbf43926 123456789\n"
    assert records_in(b"cbf43926 123456789\n", path="p") == (b"123456789",)


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\0" * 10_000, id="room alone"),
        pytest.param(b"\n\n\0\n", id="empty lines"),
        pytest.param(b"cbf43926 12345678", id="cut"),
        pytest.param(b"cbf43927 123456789\n", id="another checksum"),
        pytest.param(b"CBF43926 123456789\n", id="not as it is written"),
        pytest.param(b"cbf43926", id="a checksum alone"),
        pytest.param(b"\xef\xbb\xbfcbf43926 123456789\n", id="a byte order mark"),
        pytest.param(b"cbf43926 123456789\r\n", id="CRLF"),
    ],
)
def test_what_is_no_record_is_torn_behind_one_and_damage_in_its_place(raw: bytes) -> None:
    """A crash tears the last record; the first was there before the file had its name."""
    assert records_in(framed(b"{}") + raw, path="p") == (b"{}",)
    with pytest.raises(StateError, match=r"^state/live/shop\.journal, line 1: ") as raised:
        records_in(raw, path="state/live/shop.journal")
    assert "put in place whole, so no crash did this" in str(raised.value.cause)
    assert "engine state rebuild shop --force" in str(raised.value.hint)
    assert "delete state/live/shop.journal" in str(raised.value.hint)


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        pytest.param(b"", "It is empty.", id="empty"),
        pytest.param(bytes(100), "It holds nothing but NUL bytes.", id="zeros"),
        pytest.param(
            framed(b"{}").replace(b"\n", b"\r\n"), "line ends were rewritten (CRLF)", id="CRLF"
        ),
        pytest.param(b"garbage", "Its beginning is missing", id="garbage"),
        pytest.param(b"\xef\xbb\xbf" + framed(b"{}"), "Its beginning is missing", id="BOM"),
    ],
)
def test_the_refusal_tells_what_became_of_the_file(raw: bytes, told: str) -> None:
    """So that whoever reads it can undo it."""
    with pytest.raises(StateError) as raised:
        records_in(raw, path="p")
    assert told in str(raised.value.cause)


def test_a_journal_that_was_cut_short_is_refused(path: Path) -> None:
    """Its room was on the disk before it had its name: no crash makes it shorter than that."""
    file = begun(path, b"{}", reserve=1000)
    file.append(b"[1]")
    file.append(b"[2]")
    file.close()
    whole = path.read_bytes()
    assert records_in(whole, path="p") == (b"{}", b"[1]", b"[2]")
    for length in (len(whole) - 1, whole.index(b"[2]"), whole.index(b"{}") + 3):
        with pytest.raises(StateError, match="is damaged") as raised:
            records_in(whole[:length], path="p")
        assert f"cut short: it has {length} bytes, and was made with {len(whole)}" in str(
            raised.value.cause
        )


def test_a_record_that_was_taken_out_is_missed(path: Path) -> None:
    """All that is left is whole, and less than there was."""
    begun(path, b"{}", b"[1]", b"[2]").close()
    with pytest.raises(StateError, match="is damaged"):
        records_in(path.read_bytes().replace(framed(b"[1]"), b""), path="p")


def test_what_a_journal_began_with_is_not_torn(path: Path) -> None:
    """All of it was on the disk before the file had its name; what was added later may be torn."""
    file = begun(path, b"{}", b"[1]", reserve=100)
    file.append(b"[2]")
    file.close()
    whole = path.read_bytes()
    assert records_in(whole.replace(b"[2]", b"[3]"), path="p") == (b"{}", b"[1]")
    begun(path, b"{}", b"[1]").close()
    with pytest.raises(StateError, match="line 3: the journal of an unfinished run is damaged"):
        records_in(path.read_bytes().replace(b"[1]", b"[2]"), path="p")


def test_a_journal_of_an_earlier_engine_is_read() -> None:
    """It has no line that tells its length."""
    assert records_in(framed(b"{}") + framed(b"[1]"), path="p") == (b"{}", b"[1]")


def test_a_last_line_needs_no_newline() -> None:
    """The record is whole; only the end of its line was not written."""
    assert records_in(framed(b"{}") + framed(b"[]")[:-1], path="p") == (b"{}", b"[]")
    assert records_in(framed(b"{}") + framed(b"[]")[:-1] + bytes(9), path="p") == (b"{}", b"[]")


def test_nul_bytes_before_a_record_are_damage() -> None:
    """The next record goes where one was wiped, so nothing is wiped between two records."""
    with pytest.raises(StateError, match="line 2: the journal of an unfinished run is damaged"):
        records_in(framed(b"{}") + bytes(40) + framed(b"[]"), path="p")


def test_a_crash_tears_one_record() -> None:
    """Two lines that are none, at the end, are two."""
    assert records_in(framed(b"{}") + b"xx\n\0\n\0", path="p") == (b"{}",)
    with pytest.raises(StateError, match="line 2: the journal") as raised:
        records_in(framed(b"{}") + b"xx\nyy", path="p")
    assert "tears one record at most" in str(raised.value.cause)


def test_damage_is_named_by_its_first_line() -> None:
    """Two torn lines before a whole one: the first is the one to look at."""
    raw = framed(b"{}") + b"xx\nyy\n" + framed(b"[]")
    with pytest.raises(StateError, match=r"^state/x, line 2: ") as raised:
        records_in(raw, path="state/x")
    assert "no crash tore it" in str(raised.value.cause)
    assert "engine state rebuild" in str(raised.value.hint)


# ── on the disk ──────────────────────────────────────────────────────────────────────────────


def test_a_record_is_synced_before_append_returns(path: Path, system: System) -> None:
    """Room first, then the line, then the disk: a sync of data alone, as the length stays."""
    file = begun(path, b"{}", reserve=1000)
    system.calls.clear()
    file.append(b"[]")
    assert system.calls == ["pwrite", "fdatasync"]
    file.close()


def test_room_is_set_aside_in_steps_and_its_length_synced(path: Path, system: System) -> None:
    """A sync of data alone would lose a length that changed."""
    file = begun(path, b"{}")
    system.calls.clear()
    file.append(b"[]")
    assert system.calls == ["posix_fallocate", "fsync", "pwrite", "fdatasync"]
    system.calls.clear()
    for _ in range(100):
        file.append(b"[]", reserve=1000)
    assert "posix_fallocate" not in system.calls
    assert path.stat().st_size == len(content_of([b"{}"], reserve=0)) + STEP
    file.close()


def test_a_reserve_larger_than_a_step_is_set_aside_whole(path: Path) -> None:
    """At the beginning, and with any record."""
    file = begun(path, b"{}", reserve=3 * STEP)
    assert path.stat().st_size == len(content_of([b"{}"], reserve=0)) + 3 * STEP
    file.append(b"[]", reserve=5 * STEP)
    assert path.stat().st_size >= len(framed(b"{}")) + len(framed(b"[]")) + 5 * STEP
    file.close()


def test_what_was_set_aside_at_the_beginning_is_used(path: Path, system: System) -> None:
    """No record that fits into it allocates again."""
    file = begun(path, b"{}", reserve=1000)
    system.calls.clear()
    line = len(framed(b"x" * 91))
    for _ in range(1000 // line):
        file.append(b"x" * 91)
    assert "posix_fallocate" not in system.calls
    assert path.stat().st_size == len(content_of([b"{}"], reserve=0)) + 1000
    file.close()


def test_the_room_is_on_the_disk_before_a_journal_is_in_place(path: Path, system: System) -> None:
    """Written, allocated, synced; then renamed, then the folder synced."""
    path.parent.mkdir()
    begun(path, b"{}", reserve=10).close()
    assert system.calls == ["posix_fallocate", "fsync", "fsync"]


@pytest.mark.parametrize("call", ["posix_fallocate", "pwrite", "fdatasync"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS])
def test_what_the_system_refuses_is_an_error_of_the_state(
    path: Path, system: System, call: str, number: int
) -> None:
    """Its own words, and the way on; the journal is as it was, and goes on once it can."""
    file = begun(path, b"{}")
    system.failing[call] = number
    with pytest.raises(StateError, match=r"^state/shop\.journal cannot be written") as raised:
        file.append(b"[1]", reserve=STEP)
    assert raised.value.cause == os.strerror(number)
    assert "recovers what this one did" in str(raised.value.hint)
    system.failing.clear()
    file.append(b"[2]")
    file.close()
    assert records_in(path.read_bytes(), path="p") == (b"{}", b"[2]")


def test_a_line_that_could_not_be_wiped_is_written_over(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a line is on the disk and the disk refuses more: it is read as torn, then replaced."""
    file = begun(path, b"{}", reserve=1000)
    real = os.pwrite
    parts: list[int] = []

    def broken(handle: int, content: bytes, offset: int) -> int:
        parts.append(len(content))
        if len(parts) == 1:
            return real(handle, content[:15], offset)
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", broken)
        with pytest.raises(StateError):
            file.append(b'{"long":"record"}')
    assert records_in(path.read_bytes(), path="p") == (b"{}",)
    file.append(b"1")
    assert records_in(path.read_bytes(), path="p") == (b"{}", b"1")
    file.append(b"2")
    file.close()
    assert records_in(path.read_bytes(), path="p") == (b"{}", b"1", b"2")


def test_an_ended_journal_stays_ended(path: Path, system: System) -> None:
    """The folder is synced: the file does not come back with the power."""
    begun(path, b"{}").close()
    system.calls.clear()
    journal.end(path)
    assert system.calls == ["fsync"]
    assert not path.exists()
    journal.end(path)
    assert system.calls == ["fsync"]
