"""Who holds a lock, as everybody is shown it."""

from __future__ import annotations

import dataclasses

from engine.ports.run_locks import LockOwner

HOLDER = LockOwner(
    id="1f0c9a2e",
    operation="apply",
    who="ada@desk",
    pid=42,
    since="2026-11-26T10:00:00+00:00",
)


def test_a_holder_says_who_what_where_and_since_when() -> None:
    """In one line, with the id that unlocks."""
    assert str(HOLDER) == "ada@desk (apply, pid 42, since 2026-11-26T10:00:00+00:00, lock 1f0c9a2e)"


def test_a_holder_in_ci_names_its_page() -> None:
    """So that whoever waits can look at it."""
    ours = dataclasses.replace(HOLDER, url="https://ci.example/1")
    assert str(ours).endswith(", lock 1f0c9a2e, https://ci.example/1)")


def test_a_holder_that_is_gone_says_so() -> None:
    """Its record is all that is left."""
    assert str(dataclasses.replace(HOLDER, gone=True)).endswith(", a process that is gone)")
