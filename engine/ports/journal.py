"""The journal of one run, open for appending."""

from __future__ import annotations

from typing import Protocol


class JournalFile(Protocol):
    """The open journal of one run: records are added to its end and nothing else.

    An implementation MUST make a record durable before `append` returns; MUST tell a whole record
    from one that a crash tore; and MUST see to it that, once `append` has returned, `reserve` more
    bytes can be appended even if the disk is full then.
    """

    def append(self, record: bytes, *, reserve: int = 0) -> None:
        """Add a record, JSON on one line.

        Args:
            record: Its bytes, without a newline.
            reserve: So many bytes more will fit afterwards.

        Raises:
            StateError: if it cannot be written; the journal is as it was before.
        """
        ...

    def close(self) -> None:
        """Write no more; the journal stays."""
        ...
