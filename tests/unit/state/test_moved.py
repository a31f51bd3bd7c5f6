"""Files in place of states that were moved: found as such, and refused as states."""

from __future__ import annotations

import json

import pytest

from engine.errors import NewerStateError
from engine.state.codec import canonical, decode, encode
from engine.state.moved import encode_moved, moved_to
from tests.support.backends import a_state

ADDRESS = "s3://acme-billing/engine"
MOVED = encode_moved(ADDRESS, engine_version="1.2.3")


def test_it_names_the_new_place() -> None:
    """For this engine."""
    assert moved_to(MOVED) == ADDRESS


def test_an_engine_that_knows_nothing_of_it_refuses_it_and_shows_the_address() -> None:
    """It reads a state of a newer engine there; the setting to change is in the message."""
    with pytest.raises(NewerStateError) as caught:
        decode(MOVED, path="state/live/shop.json")
    assert 'write state = "s3://acme-billing/engine" in pyproject.toml' in str(caught.value)


@pytest.mark.parametrize(
    "raw",
    [
        encode(a_state(outputs={"moved": "s3://elsewhere"}), engine_version="1"),
        b"",
        b'{"moved": ',
        b'["moved"]',
        b'{"moved": "s3://elsewhere"}',
        canonical({**json.loads(MOVED), "moved": 1}),
        canonical({**json.loads(MOVED), "moved": "s3://a\u001b[31m"}),
        MOVED + b" " * 4096,
    ],
)
def test_anything_else_is_none(raw: bytes) -> None:
    """A state that has the word in it, and what is damaged."""
    assert moved_to(raw) == ""
