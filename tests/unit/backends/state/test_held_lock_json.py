"""Held locks as values, and as the bytes of their files."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine.backends.state.git_advice import git_advice
from engine.backends.state.held_lock_json import decode_held, encode_held
from engine.errors import StateError
from engine.ports.held_locks import HeldLock

LOCK = HeldLock(
    id="1f0c9a2e",
    environment="live",
    stack="portals",
    who="ada@desk",
    since="2026-11-26T10:00:00+00:00",
    reason="launch freeze",
)
PATH = "state/live/portals.lock.json"


def _read(raw: bytes, environment: str = "live", stack: str = "portals") -> HeldLock:
    return decode_held(
        raw, path=PATH, environment=environment, stack=stack, advice=git_advice(PATH)
    )


def _changed(**changes: Any) -> bytes:
    document = {**json.loads(encode_held(LOCK)), **changes}
    return json.dumps({name: value for name, value in document.items() if value != ...}).encode()


def test_what_is_read_is_what_was_written() -> None:
    """Every field comes back, with the file's path for people."""
    found = _read(encode_held(LOCK))
    assert found == LOCK
    assert found.file == PATH


def test_the_bytes_of_a_held_lock() -> None:
    """Sorted, indented, and the same in every engine."""
    assert encode_held(LOCK).decode() == (
        '{\n  "environment": "live",\n  "format_version": 1,\n  "id": "1f0c9a2e",\n'
        '  "reason": "launch freeze",\n  "since": "2026-11-26T10:00:00+00:00",\n'
        '  "stack": "portals",\n  "who": "ada@desk"\n}\n'
    )


def test_it_says_who_since_when_and_why() -> None:
    """In one line."""
    assert str(LOCK) == (
        "live/portals is locked by ada@desk since 2026-11-26T10:00:00+00:00: launch freeze"
    )


def test_a_lock_covers_its_stack_and_no_other() -> None:
    """In its own environment."""
    assert LOCK.covers("live", "portals")
    assert not LOCK.covers("live", "prices")
    assert not LOCK.covers("test", "portals")


def test_a_lock_without_a_stack_covers_the_environment() -> None:
    """Every stack of it, and no other environment."""
    whole = _read(_changed(stack=""), stack="")
    assert whole.place == "live"
    assert whole.covers("live", "anything")
    assert not whole.covers("test", "anything")


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "it is not whole JSON"),
        (b"<<<<<<< HEAD\n", "it is not whole JSON"),
        (b"\xff", "it is not whole JSON"),
        (b"[" * 100_000, "it is not whole JSON"),
        (b"[]", "it is not a JSON object"),
        (b"{}", "its format_version is null"),
        (_changed(format_version=2), "its format_version is 2"),
        (_changed(who=...), "the field 'who' is missing"),
        (_changed(reason=""), "'reason' is no line of text"),
        (_changed(reason="a\nb"), "'reason' is no line of text"),
        (_changed(since=5), "'since' is 5"),
        (_changed(environment="test"), "it is a lock of test/portals"),
        (_changed(stack="prices"), "it is a lock of live/prices"),
        (_changed(stack=""), "it is a lock of live"),
    ],
)
def test_damage_is_never_taken_for_no_lock(raw: bytes, why: str) -> None:
    """The file, what is wrong with it, and both ways on."""
    with pytest.raises(StateError) as raised:
        _read(raw)
    assert raised.value.message == f"{PATH} is a held lock that cannot be read: {why}"
    assert f"git checkout -- {PATH}" in str(raised.value.hint)
    assert "engine lock live/portals --release" in str(raised.value.hint)
