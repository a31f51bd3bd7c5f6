"""The secret sink: where the secrets that Stripe returns are kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class SecretSink(Protocol):
    """The only place where secrets are kept.

    An implementation MUST make a secret durable before `store` returns, MUST keep it readable for
    the user alone, and MUST raise `SecretSinkError` rather than lose one.
    """

    def check(self, stack: str = "", names: Sequence[str] = ()) -> None:
        """Find out, before an object with a secret is created, whether its secret can be kept.

        Args:
            stack: Stack of the secrets to come; empty to ask only whether the sink works.
            names: Their names.

        Raises:
            SecretSinkError: if not.
        """
        ...

    def store(self, stack: str, name: str, value: str) -> None:
        """Keep a secret under a stack and a name; it replaces an earlier one."""
        ...

    def load(self, stack: str, name: str) -> str | None:
        """Read a secret back; None if there is none."""
        ...

    def remove(self, stack: str, name: str) -> None:
        """Remove the secret of an object that has ended; one that is not there is a success.

        A sink that can only store secrets keeps it.

        Raises:
            SecretSinkError: if it is still there.
        """
        ...

    def where(self, stack: str, name: str) -> str:
        """Say in a few words where a secret is kept, for people who cannot read it back here."""
        ...
