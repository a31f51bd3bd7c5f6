"""What every `engine.ports.journal.PendingImports` MUST do, one suite for all of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import StateError
from engine.ports.backend import StateBackend
from engine.state.pending_import import PendingImport
from tests.support.backends import a_state, hold, local_backend

PENDING = PendingImport(state=a_state(), module='"""Shop."""\n')

# ── 9. keeps an import that is being written ─────────────────────────────────────────────


def test_9_1_without_an_import_there_is_none(backend: StateBackend) -> None:
    """Ending one that is not there is no error."""
    assert backend.pending_imports("test") == ()
    assert backend.read_import("shop", "test") is None
    with hold(backend):
        backend.end_import("shop", "test")


def test_9_2_it_comes_back_as_it_was_stored_until_it_ends(backend: StateBackend) -> None:
    """In its own environment alone; it is no state."""
    with hold(backend):
        backend.begin_import(PENDING)
        assert backend.read_import("shop", "test") == PENDING
        assert backend.pending_imports("test") == ("shop",)
        assert backend.pending_imports("live") == ()
        assert backend.stacks("test") == ()
        backend.end_import("shop", "test")
        assert backend.pending_imports("test") == ()
        assert backend.read_import("shop", "test") is None


def test_9_3_one_that_cannot_be_read_is_an_error(
    tmp_path: Path,
) -> None:
    """It names the file."""
    backend = local_backend(tmp_path)
    (tmp_path / "state" / "test" / "shop.import").mkdir(parents=True)
    with pytest.raises(StateError, match=r"shop\.import"):
        backend.read_import("shop", "test")
