"""What every `engine.ports.journal.JournalStore` MUST do, one suite for all of them."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.errors import StateError
from engine.ports.backend import StateBackend
from engine.ports.journal import JournalFile
from tests.support.backends import a_state, local_backend

# ── 7. keeps the journal of a run ─────────────────────────────────────────────────────────

RECORDS = tuple(b'{"record":%d,"text":"%b"}' % (n, b"x" * n) for n in range(6))


def begin(backend: StateBackend, *records: bytes, reserve: int = 0) -> JournalFile:
    """A journal of one stack."""
    return backend.begin_journal("shop", "test", records, reserve=reserve)


def test_7_1_without_a_run_there_is_no_journal(backend: StateBackend) -> None:
    """Ending one that is not there is no error."""
    assert backend.read_journal("shop", "test") is None
    backend.end_journal("shop", "test")
    assert backend.read_journal("shop", "test") is None


def test_7_2_records_come_back_as_they_were_added(backend: StateBackend) -> None:
    """In order, while it is open and after it was closed."""
    file = begin(backend, *RECORDS[:2])
    assert backend.read_journal("shop", "test") == RECORDS[:2]
    for number, record in enumerate(RECORDS[2:], start=3):
        file.append(record)
        file.sync()
        assert backend.read_journal("shop", "test") == RECORDS[:number]
    file.close()
    assert backend.read_journal("shop", "test") == RECORDS


def test_7_3_any_bytes_but_a_newline_are_a_record(backend: StateBackend) -> None:
    """UTF-8, what looks like a checksum, and what a line ends with elsewhere."""
    records = ("ß字\u2028".encode(), b"00000000 {}", b"{}\r", b"x" * 300_000, b"\xed\xa0\x80")
    file = begin(backend, b"{}")
    for record in records:
        file.append(record)
        file.sync()
    file.close()
    assert backend.read_journal("shop", "test") == (b"{}", *records)


def test_7_4_room_that_was_set_aside_is_no_record(backend: StateBackend) -> None:
    """However much it is, and however much of it was used."""
    file = begin(backend, RECORDS[0], reserve=100_000)
    assert backend.read_journal("shop", "test") == RECORDS[:1]
    file.append(RECORDS[1], reserve=200_000)
    file.sync()
    file.close()
    assert backend.read_journal("shop", "test") == RECORDS[:2]


def test_7_5_a_new_journal_takes_the_place_of_the_old(backend: StateBackend) -> None:
    """Longer or shorter, nothing of the old one shows through."""
    old = begin(backend, *RECORDS, reserve=10_000)
    old.close()
    new = begin(backend, RECORDS[5])
    new.append(RECORDS[4])
    new.sync()
    new.close()
    assert backend.read_journal("shop", "test") == (RECORDS[5], RECORDS[4])


def test_7_6_an_ended_journal_is_gone(backend: StateBackend) -> None:
    """And the next one begins from nothing."""
    begin(backend, *RECORDS).close()
    backend.end_journal("shop", "test")
    assert backend.read_journal("shop", "test") is None
    begin(backend, RECORDS[1]).close()
    assert backend.read_journal("shop", "test") == RECORDS[1:2]


def test_7_7_journals_are_of_one_stack_in_one_environment(backend: StateBackend) -> None:
    """Others, and the states beside them, are not touched."""
    backend.write(a_state(), expected=None)
    places = [("shop", "test"), ("shop", "live"), ("other", "test")]
    for number, (stack, environment) in enumerate(places):
        backend.begin_journal(stack, environment, RECORDS[number : number + 1], reserve=0).close()
    backend.end_journal("shop", "live")
    assert [backend.read_journal(*place) for place in places] == [
        RECORDS[0:1],
        None,
        RECORDS[2:3],
    ]
    assert backend.read("shop", "test") == a_state()
    assert backend.stacks("test") == ("shop",)


# What a file is, and memory is not: cut off in the middle, damaged, on a disk that is full.


def _journal(root: Path) -> Path:
    return root / "state" / "test" / "shop.journal"


def test_7_8_a_journal_is_there_for_the_next_process_and_for_nobody_else(tmp_path: Path) -> None:
    """Its parameters may be confidential: it is readable by its user alone."""
    begin(local_backend(tmp_path), *RECORDS).close()
    assert local_backend(tmp_path).read_journal("shop", "test") == RECORDS
    assert _journal(tmp_path).stat().st_mode & 0o777 == 0o600


def test_7_9_a_record_that_a_crash_tore_is_left_out(tmp_path: Path) -> None:
    """Torn at any byte, what was whole before it is read, and nothing more."""
    backend = local_backend(tmp_path)
    file = begin(backend, RECORDS[0], reserve=500)
    put_in_place = _journal(tmp_path).read_bytes().rindex(b"\n") + 1
    for record in RECORDS[1:3]:
        file.append(record)
        file.sync()
    file.close()
    whole = _journal(tmp_path).read_bytes()
    ends = [whole.index(record) + len(record) for record in RECORDS[:3]]
    for cut in range(put_in_place, len(whole) + 1):
        _journal(tmp_path).write_bytes(whole[:cut] + bytes(len(whole) - cut))
        expected = RECORDS[: sum(cut >= end for end in ends)]
        assert backend.read_journal("shop", "test") == expected


def test_7_9b_what_no_crash_can_do_is_refused(tmp_path: Path) -> None:
    """Cut short at any byte, or without the beginning that was put in place with it."""
    backend = local_backend(tmp_path)
    file = begin(backend, RECORDS[0], reserve=500)
    put_in_place = _journal(tmp_path).read_bytes().rindex(b"\n") + 1
    file.append(RECORDS[1])
    file.sync()
    file.close()
    whole = _journal(tmp_path).read_bytes()
    first = whole.index(b"\n")
    torn = [whole[:cut] + bytes(len(whole) - cut) for cut in range(first)]
    for content in [*torn, *(whole[:length] for length in range(len(whole)))]:
        _journal(tmp_path).write_bytes(content)
        with pytest.raises(StateError, match=r"shop\.journal, line \d: the journal") as raised:
            backend.read_journal("shop", "test")
        assert "engine state rebuild shop --force" in str(raised.value.hint)
    _journal(tmp_path).write_bytes(whole[:put_in_place] + bytes(len(whole) - put_in_place))
    assert backend.read_journal("shop", "test") == RECORDS[:1]


def test_7_10_damage_before_whole_records_is_refused(tmp_path: Path) -> None:
    """Any bit of any byte: it is noticed, and the line named, or it was the last record's."""
    backend = local_backend(tmp_path)
    file = begin(backend, *RECORDS[:2], reserve=100)
    file.append(RECORDS[2])
    file.append(RECORDS[3])
    file.sync()
    file.close()
    whole = _journal(tmp_path).read_bytes().rstrip(b"\0")
    last = whole.rindex(b"\n", 0, -1) + 1
    assert len(_journal(tmp_path).read_bytes()) > len(whole)
    for at in range(len(whole)):
        for bit in (0x01, 0x20, 0x80):
            damaged = bytearray(whole)
            damaged[at] ^= bit
            _journal(tmp_path).write_bytes(bytes(damaged) + bytes(100))
            if at >= last - 1:
                found = backend.read_journal("shop", "test")
                assert found is not None
                # The newline between the last two records belongs to both of them.
                assert found in (RECORDS[:4], RECORDS[:3], RECORDS[:2])
                continue
            with pytest.raises(
                StateError, match="journal of an unfinished run is damaged"
            ) as raised:
                backend.read_journal("shop", "test")
            line = whole[:at].count(b"\n") + 1
            assert f"state/test/shop.journal, line {line}:" in raised.value.message
            assert "backup" in str(raised.value.hint)


def test_7_11_a_record_that_could_not_be_written_leaves_those_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of it may be on the disk: it is wiped, and the next one is whole."""
    backend = local_backend(tmp_path)
    file = begin(backend, RECORDS[0], reserve=1000)
    real, asked = os.pwrite, []

    def half(handle: int, content: bytes, offset: int) -> int:
        asked.append(content)
        if len(asked) == 1:
            return real(handle, content[: len(content) // 2], offset)
        if len(asked) == 2:
            raise OSError(errno.EIO, "Input/output error")
        return real(handle, content, offset)

    monkeypatch.setattr(os, "pwrite", half)
    with pytest.raises(StateError, match=r"shop\.journal cannot be written") as raised:
        file.append(RECORDS[5])
    assert raised.value.cause == "Input/output error"
    assert backend.read_journal("shop", "test") == RECORDS[:1]
    file.append(RECORDS[1])
    file.append(RECORDS[2])
    file.sync()
    file.close()
    assert backend.read_journal("shop", "test") == RECORDS[:3]


def test_7_12_without_room_the_old_journal_is_intact(tmp_path: Path) -> None:
    """A reserve that no disk has is found out before anything is replaced, and leaves nothing."""
    backend = local_backend(tmp_path)
    begin(backend, *RECORDS[:2]).close()
    before = _journal(tmp_path).read_bytes()
    with pytest.raises(StateError, match=r"shop\.journal cannot be written"):
        begin(backend, RECORDS[5], reserve=1 << 62)
    assert _journal(tmp_path).read_bytes() == before
    assert [path.name for path in _journal(tmp_path).parent.iterdir()] == ["shop.journal"]


FULL = """
    import os, resource, sys
    from pathlib import Path
    from engine.backends.state.file_backend import FileBackend
    from engine.errors import StateError

    root, how = Path(sys.argv[1]), sys.argv[2]
    backend = FileBackend(root / "state", root / ".engine", engine_version="9.9.9")
    file = backend.begin_journal("shop", "test", (b"{}",), reserve=300_000)
    file.append(b"x" * 1000, reserve=400_000)
    # From here on not one byte more is to be had.
    if how == "quota":
        size = (root / "state" / "test" / "shop.journal").stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    else:
        with (root / "filler").open("wb", buffering=0) as filler:
            try:
                while True:
                    filler.write(bytes(4096))
            except OSError:
                pass
    for _ in range(390):
        file.append(b"y" * 1000)
    print("all that was promised", flush=True)
    try:
        while True:
            file.append(b"z" * 1000, reserve=1000)
    except StateError as error:
        print(error.cause, flush=True)
"""


@pytest.mark.parametrize("how", ["quota", "full disk"])
def test_7_13_what_is_set_aside_can_be_written_when_nothing_else_can(
    tmp_path: Path, how: str
) -> None:
    """Up to the last byte of the reserve; what is over it is an error, and all before it stays."""
    with _small_disk(tmp_path) if how == "full disk" else contextlib.nullcontext():
        found = subprocess.run(  # noqa: S603 - this very interpreter
            [sys.executable, "-c", textwrap.dedent(FULL), str(tmp_path), how],
            capture_output=True,
            text=True,
            check=True,
        )
        told, why = found.stdout.splitlines()
        assert told == "all that was promised"
        assert why == {"quota": "File too large", "full disk": "No space left on device"}[how]
        records = local_backend(tmp_path).read_journal("shop", "test")
        assert records is not None
        assert len(records) >= 392
        assert {len(record) for record in records[1:]} == {1000}


@contextlib.contextmanager
def _small_disk(folder: Path) -> Iterator[None]:
    """Two megabytes of a disk of its own."""
    mount, unmount = shutil.which("mount"), shutil.which("umount")
    if mount is None or unmount is None:
        pytest.skip("this system has no mount command")
    mounted = subprocess.run(  # noqa: S603 - the system's own command
        [mount, "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip(f"a small disk cannot be mounted: {mounted.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run([unmount, str(folder)], check=True)  # noqa: S603 - the system's own command
