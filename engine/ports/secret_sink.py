"""What an apply asks of its surroundings, beside the provider."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeAlias

from engine.state.model import State
from engine.values.targets import OutputTarget

Save: TypeAlias = Callable[[State], State]
"""Makes a state durable and returns it as it was written."""

OutputsOf: TypeAlias = Callable[[OutputTarget], Any]
"""Reads another stack's output, UNKNOWN if there is none."""


class SecretSink(Protocol):
    """The place for secrets: they reach it and nothing else.

    An implementation MUST make a secret durable before `store` returns, MUST let nobody but the
    user read it, and MUST raise `SecretSinkError` rather than lose one.
    """

    def check(self, stack: str = "", names: Sequence[str] = ()) -> None:
        """Find out, before an object with a secret is created, whether it can be taken.

        Args:
            stack: Whose secrets are to come; empty to ask only whether the place works.
            names: Their names.

        Raises:
            SecretSinkError: if not.
        """
        ...

    def store(self, stack: str, name: str, value: str) -> None:
        """Keep a secret under a stack and a name, in place of an earlier one."""
        ...

    def load(self, stack: str, name: str) -> str | None:
        """Read a secret back; None if there is none."""
        ...

    def remove(self, stack: str, name: str) -> None:
        """Let go of a secret of what is there no longer; one that is not there is a success.

        A place that only takes secrets keeps it.

        Raises:
            SecretSinkError: if it is still there.
        """
        ...

    def where(self, stack: str, name: str) -> str:
        """Say in a few words where a secret is kept, for whoever cannot read it back here."""
        ...
