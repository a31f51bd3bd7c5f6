"""The environments that this process is moving, of which it may use both places."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator


class Moving:
    """What every `StateMoves` has in common; safe to use from several threads."""

    def __init__(self) -> None:
        self._moving: list[str] = []

    @contextlib.contextmanager
    def moving(self, environment: str) -> Iterator[None]:
        """Use an environment whatever its pointer says."""
        self._moving.append(environment)
        try:
            yield
        finally:
            self._moving.remove(environment)
