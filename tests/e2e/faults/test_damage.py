"""A state file that was damaged: refused with file, line and the way back, never planned from."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.emulator.core import Emulator
from engine.errors import StateError
from engine.state.codec import decode
from engine.state.model import FORMAT_VERSION, State
from tests.support.faults.shop import Trying
from tests.support.project import Project

STACK = """
    from engine import output
    from engine.stripe import Coupon, Price, Product

    pro = Product("pro", name="Größe €", metadata={"odd": "a\\x1fb"})
    Price("monthly", product=pro.id, currency="usd", unit_amount=2900, lookup_key="m")
    Coupon("launch", id="LAUNCH", percent_off=12.5, duration="once")
    output("pro_id", pro.id)
"""
STRIDE = 37
"""Of the single damages a short run tries one in so many; prime, so that each bit has its turn."""
PLANNED = 211
"""Of the single damages one in so many is planned from, not only read."""


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """A project that was applied."""
    with Emulator(seed=3) as emulator:
        project = Project(tmp_path / "project", emulator)
        project.write(STACK)
        project.apply()
        emulator.log.clear()
        yield project


def state_bytes(project: Project) -> bytes:
    """The bytes of the state file."""
    return (project.root / "state" / "local" / "shop.json").read_bytes()


def read_damaged(project: Project, raw: bytes) -> State | StateError:
    """What the engine makes of these bytes in the place of the state file."""
    (project.root / "state" / "local" / "shop.json").write_bytes(raw)
    try:
        return project.state()
    except StateError as error:
        return error


def assert_refused(error: StateError) -> None:
    """File, line and way back are named."""
    assert error.message.startswith("state/local/shop.json, line ")
    assert "git checkout --" in str(error.hint) or "upgrade the engine" in str(error.hint)


def assert_no_plan(project: Project) -> None:
    """Planning and applying stop before Stripe is asked anything."""
    for use in (project.report, project.try_apply):
        with pytest.raises(StateError):
            use()
    assert len(project.emulator.log) == 0


def assert_survived(project: Project, raw: bytes, damaged: bytes, turn: int) -> None:
    """These bytes are refused, or they mean what the undamaged ones mean."""
    found = read_damaged(project, damaged)
    if isinstance(found, StateError):
        assert_refused(found)
        if turn % PLANNED == 0:
            assert_no_plan(project)
        return
    # A blank more or less between two values, and the case of a digit in an escape: the same JSON.
    assert json.loads(damaged) == json.loads(raw)
    assert found == decode(raw, path="")


def _flips(raw: bytes) -> Iterator[tuple[str, bytes]]:
    for place, byte in enumerate(raw):
        for bit in range(8):
            yield "a bit flipped", raw[:place] + bytes([byte ^ 1 << bit]) + raw[place + 1 :]
        yield "a byte turned to 0xFF", raw[:place] + b"\xff" + raw[place + 1 :]
        yield "a byte turned to NUL", raw[:place] + b"\0" + raw[place + 1 :]
        yield "a byte lost", raw[:place] + raw[place + 1 :]
        yield "a byte doubled", raw[:place] + raw[place : place + 1] + raw[place:]


def test_every_byte_damaged(project: Project, trying: Trying, *, whole: bool) -> None:
    """Each bit of each byte flipped, each byte spoilt, lost or doubled: no damage goes unseen."""
    raw = state_bytes(project)
    for turn, (fault, damaged) in enumerate(_flips(raw)):
        if whole or turn % STRIDE == 0:
            with trying(f"state: {fault}"):
                assert_survived(project, raw, damaged, turn)


def test_every_truncation(project: Project, trying: Trying, *, whole: bool) -> None:
    """No beginning of a file passes for a file, the missing last newline aside."""
    raw = state_bytes(project)
    for length in range(0, len(raw) - 1, 1 if whole else STRIDE):
        with trying("state: cut short"):
            found = read_damaged(project, raw[:length])
            assert isinstance(found, StateError)
            assert_refused(found)
            if length % PLANNED == 0:
                assert_no_plan(project)


def test_every_truncation_filled_with_nuls(
    project: Project, trying: Trying, *, whole: bool
) -> None:
    """What a file system without its last blocks leaves: the right length, and zeros."""
    raw = state_bytes(project)
    for length in range(0, len(raw), 1 if whole else STRIDE):
        with trying("state: ends in NULs"):
            found = read_damaged(project, raw[:length] + b"\0" * (len(raw) - length))
            assert isinstance(found, StateError)
            assert_refused(found)


def _doubled_line(raw: bytes, start: str) -> bytes:
    lines = raw.decode().split("\n")
    place = next(index for index, line in enumerate(lines) if line.strip().startswith(start))
    return "\n".join([*lines[: place + 1], *lines[place:]]).encode()


def _with(**fields: Any) -> Callable[[bytes], bytes]:
    def edit(raw: bytes) -> bytes:
        return json.dumps({**json.loads(raw), **fields}, indent=2, sort_keys=True).encode() + b"\n"

    return edit


def _marked(marker: bytes) -> Callable[[bytes], bytes]:
    def edit(raw: bytes) -> bytes:
        lines = raw.split(b"\n")
        return b"\n".join([*lines[:9], marker, *lines[9:]])

    return edit


DAMAGES: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "begin of a conflict": (_marked(b"<<<<<<< HEAD"), "line 10: unresolved merge conflict"),
    "middle of a conflict": (_marked(b"======="), "line 10: unresolved merge conflict"),
    "end of a conflict": (_marked(b">>>>>>> theirs"), "line 10: unresolved merge conflict"),
    "base of a conflict": (_marked(b"||||||| base"), "line 10: unresolved merge conflict"),
    "conflict with Windows line ends": (
        lambda raw: _marked(b"=======")(raw).replace(b"\n", b"\r\n"),
        "line 10: unresolved merge conflict",
    ),
    "both sides of a merge": (
        lambda raw: _doubled_line(raw, '"serial"'),
        "'serial' is in it twice",
    ),
    "two digests": (lambda raw: _doubled_line(raw, '"digest"'), "'digest' is in it twice"),
    "a serial that git merged": (_with(serial=43), "digest does not match"),
    "another lineage": (_with(lineage="0" * 32), "digest does not match"),
    "another account": (
        _with(account={"id": "acct_2", "livemode": False}),
        "digest does not match",
    ),
    "live mode": (_with(account={"id": "acct_1", "livemode": True}), "digest does not match"),
    "another environment": (_with(environment="live"), "digest does not match"),
    "another stack": (_with(stack="store"), "digest does not match"),
    "no resources": (_with(resources={}), "digest does not match"),
    "an unknown field": (_with(note="by hand"), "digest does not match"),
    "an earlier format": (_with(format_version=1), "digest does not match"),
    "a later format": (_with(format_version=FORMAT_VERSION + 1), "written by a newer engine"),
    "no format": (_with(format_version=None), "no format_version"),
    "byte order mark": (lambda raw: b"\xef\xbb\xbf" + raw, "byte order mark"),
    "UTF-16": (lambda raw: raw.decode().encode("utf-16"), "not UTF-8"),
    "UTF-16 without a mark": (lambda raw: raw.decode().encode("utf-16-le"), "not UTF-8"),
    "Latin-1": (lambda raw: raw.decode().replace("€", "").encode("latin-1"), "not UTF-8"),
    "nothing": (lambda _: b"", "it is empty"),
    "blanks": (lambda _: b" \n\t\n", "it is empty"),
    "NULs": (lambda raw: b"\0" * len(raw), "not whole JSON"),
    "NULs behind it": (lambda raw: raw + b"\0" * 512, "not whole JSON"),
    "twice the file": (lambda raw: raw + raw, "not whole JSON"),
    "a page of HTML": (lambda _: b"<!doctype html><title>502</title>", "not whole JSON"),
    "a pointer of git-lfs": (
        lambda _: b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
        "not whole JSON",
    ),
    "another document": (lambda _: b"{}\n", "no format_version"),
    "a list": (lambda raw: b"[" + raw + b"]", "not a JSON object"),
}


@pytest.mark.parametrize("case", DAMAGES)
def test_a_damaged_state_never_yields_a_plan(project: Project, trying: Trying, case: str) -> None:
    """What editors, merges, disks and transfers do to a file is told apart and refused."""
    damage, message = DAMAGES[case]
    with trying("state: damaged as editors, merges and disks do"):
        damaged = damage(state_bytes(project))
        found = read_damaged(project, damaged)
        assert isinstance(found, StateError)
        assert_refused(found)
        assert message in found.message
        assert_no_plan(project)
        assert state_bytes(project) == damaged


SPELLINGS: dict[str, Callable[[bytes], bytes]] = {
    "Windows line ends": lambda raw: raw.replace(b"\n", b"\r\n"),
    "no newline at the end": lambda raw: raw.rstrip(b"\n"),
    "another indent": lambda raw: json.dumps(json.loads(raw), indent=4).encode(),
    "one line": lambda raw: json.dumps(json.loads(raw)).encode(),
    "another order": lambda raw: json.dumps(dict(reversed(json.loads(raw).items()))).encode(),
}


@pytest.mark.parametrize("case", SPELLINGS)
def test_another_spelling_is_the_same_state(project: Project, trying: Trying, case: str) -> None:
    """What changed nothing that JSON holds is believed, and plans as before."""
    with trying("state: written otherwise"):
        raw = state_bytes(project)
        assert read_damaged(project, SPELLINGS[case](raw)) == decode(raw, path="")
        assert not project.plan().has_changes
