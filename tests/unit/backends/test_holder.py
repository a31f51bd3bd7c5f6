"""Who holds a lock, in a container too."""

from __future__ import annotations

import os
import re
import socket

import pytest

from engine.backends.holder import held, this_run
from engine.errors import LockHeldError


def test_this_process_names_itself() -> None:
    """User and host, process, start in UTC to the second, and an id of its own."""
    holder = this_run("destroy")
    assert holder.operation == "destroy"
    assert holder.who.endswith(f"@{socket.gethostname()}")
    assert holder.pid == os.getpid()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", holder.since)
    assert re.fullmatch(r"[0-9a-f]{8}", holder.id)
    assert this_run("destroy").id != holder.id


def test_a_user_without_a_name_is_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """Containers run as users that nobody has heard of."""

    def unknown() -> str:
        raise KeyError("getpwuid(): uid not found: 12345")

    monkeypatch.setattr("getpass.getuser", unknown)
    assert this_run("plan").who == f"{os.getuid()}@{socket.gethostname()}"


def test_a_refusal_without_a_name() -> None:
    """A holder that left no word is another run."""
    refusal = held("shop", "live", None)
    assert isinstance(refusal, LockHeldError)
    assert refusal.message == "live/shop is locked by another run"
