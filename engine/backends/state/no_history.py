"""What has no earlier versions of states: files that nothing but the engine keeps."""

from __future__ import annotations

from collections.abc import Iterator

from engine.errors import StateError
from engine.ports.history import Version
from engine.state.model import State


class NoHistory:
    """Says that nothing keeps earlier versions; implements `VersionContents`."""

    def history(self, stack: str, environment: str, *, limit: int) -> tuple[Version, ...]:
        """There are none to list."""
        del limit
        raise _nothing(stack, environment)

    def version(self, stack: str, environment: str, serial: int) -> State | None:
        """There is none to read."""
        del serial
        raise _nothing(stack, environment)

    def versions(self, stack: str, environment: str, after: int) -> Iterator[tuple[Version, bytes]]:
        """There is none to take."""
        del stack, environment, after
        return iter(())


def _nothing(stack: str, environment: str) -> StateError:
    return StateError(
        f"nothing keeps earlier states of {environment}/{stack}",
        hint="commit state files: git init, then git add state",
    )
