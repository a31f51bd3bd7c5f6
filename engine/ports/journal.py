"""What runs have not finished: the journals of applies, and imports that are being written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from engine.state.pending_import import PendingImport


class JournalFile(Protocol):
    """The open journal of one run: records are added to its end and nothing else.

    An implementation MUST make all records durable, in order, before `sync` returns; MUST
    distinguish a whole record from one that a crash tore; and MUST ensure that, once `sync` has
    returned, the `reserve` of the last `append` can be appended even if the disk is full then. A
    store that is far away keeps many records in one request.
    """

    def append(self, record: bytes, *, reserve: int = 0) -> None:
        """Add a record, JSON on one line.

        Args:
            record: Its bytes, without a newline.
            reserve: Bytes that can still be appended afterwards.

        Raises:
            StateError: if it cannot be written; the journal is as it was before.
        """
        ...

    def sync(self) -> None:
        """Make everything that was appended survive the end of this machine.

        Raises:
            StateError: if it cannot be written: what was appended since the last `sync` may or may
                not be there.
        """
        ...

    def close(self) -> None:
        """Close it; the journal itself is kept."""
        ...


class JournalStore(Protocol):
    """Keeps at most one journal for each stack and environment: that of a run in progress.

    An implementation MUST put a new journal in place whole or not at all, and MUST return every
    record that `append` made durable, in order.
    """

    def read_journal(self, stack: str, environment: str) -> tuple[bytes, ...] | None:
        """Read the journal that an unfinished run left; None if there is none.

        A last record that a crash tore is left out.

        Raises:
            StateError: if a record is damaged that others follow.
        """
        ...

    def begin_journal(
        self, stack: str, environment: str, records: Sequence[bytes], *, reserve: int
    ) -> JournalFile:
        """Begin a journal with some records, in place of one that is there.

        Args:
            stack: Stack name.
            environment: Environment name.
            records: What it begins with.
            reserve: Bytes that can be appended to them.

        Raises:
            StateError: if there is no room for it; one that was there is intact.
        """
        ...

    def end_journal(self, stack: str, environment: str) -> None:
        """Remove the journal: the state has all that it recorded.

        Raises:
            StateError: if it cannot be removed.
        """
        ...


class PendingImports(Protocol):
    """Keeps one pending import for each stack and environment.

    An implementation MUST make `begin_import` durable before it returns, and MUST never leave half
    of one.
    """

    def pending_imports(self, environment: str) -> tuple[str, ...]:
        """Names of the stacks with a pending import in an environment, sorted."""
        ...

    def begin_import(self, pending: PendingImport) -> None:
        """Store a pending import.

        Raises:
            StateError: if it cannot be stored; nothing was.
        """
        ...

    def read_import(self, stack: str, environment: str) -> PendingImport | None:
        """Read a pending import; None if there is none.

        Raises:
            StateError: if it cannot be read or trusted.
        """
        ...

    def end_import(self, stack: str, environment: str) -> None:
        """Remove a pending import; one that is not there is a success.

        Raises:
            StateError: if it cannot be removed.
        """
        ...
