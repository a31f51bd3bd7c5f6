"""What is not taken from the file of another tool, by the reason."""

from __future__ import annotations

from collections import Counter


class LeftOut:
    """Collects what is not taken while a file is read."""

    def __init__(self) -> None:
        self._named: dict[str, list[str]] = {}
        self._counted: dict[str, Counter[str]] = {}

    def add(self, reason: str, name: str) -> None:
        """Name one thing that is not taken."""
        self._named.setdefault(reason, []).append(name)

    def is_other(self, mode: object, type: str, address: str, prefix: str) -> bool:
        """Whether a resource is a data source or another provider's, and note it."""
        if mode != "managed":
            self.add("it is only read there", address)
        elif not type.startswith(prefix):
            self._counted.setdefault("it is of another provider", Counter())[type] += 1
        else:
            return False
        return True

    def found(self) -> dict[str, tuple[str, ...]]:
        """The names by the reason, types of other providers with their counts."""
        counted = {
            reason: tuple(f"{count} {type}" for type, count in sorted(counts.items()))
            for reason, counts in self._counted.items()
        }
        return {**{reason: tuple(names) for reason, names in self._named.items()}, **counted}
