"""A shared store in memory: strict, safe from any thread, and with faults on demand."""

from __future__ import annotations

import dataclasses
import itertools
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from engine.backends.shared.store import Head, HeadChangedError, NameTakenError
from engine.errors import StateError

When: TypeAlias = Literal["before", "after"]
Fault: TypeAlias = Callable[["Call", When], None]

LAYOUT = "store.json"
_FORMAT = 1
_NAME = re.compile(r"[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*")


@dataclass(frozen=True)
class Call:
    """One request to the store.

    Attributes:
        number: How many came before it, from any client.
        what: Its method.
        name: Of the blob, or `ENV/STACK` of the head.
    """

    number: int
    what: str
    name: str

    @property
    def writes(self) -> bool:
        """Whether it may change something."""
        return self.what in {"swap", "create", "put", "remove"}


def _no_fault(call: Call, when: When) -> None:
    """Let every call through."""


@dataclass
class Shelf:
    """What the clients of one store share.

    Attributes:
        fault: Called before and after each call. What it raises is what the caller gets: after the
            call, that is a reply that was lost.
        calls: All calls, as they came.
        heads: Heads by environment and stack.
        blobs: Blobs by name.
    """

    fault: Fault = _no_fault
    calls: list[Call] = field(default_factory=list)
    heads: dict[tuple[str, str], Head] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    versions: Iterator[int] = field(default_factory=lambda: itertools.count(1))


class MemoryStore:
    """One client of a store that lives as long as its shelf."""

    address = "memory://shelf"

    def __init__(self, shelf: Shelf | None = None) -> None:
        self.shelf = shelf or Shelf()

    @contextmanager
    def _call(self, what: str, name: str) -> Iterator[None]:
        shelf = self.shelf
        if what not in {"prepare", "names", "places"} and not _NAME.fullmatch(name):
            raise AssertionError(f"{what}: {name!r} is no name")
        with shelf.lock:
            call = Call(len(shelf.calls), what, name)
            shelf.calls.append(call)
        shelf.fault(call, "before")
        with shelf.lock:
            yield
        shelf.fault(call, "after")

    def prepare(self) -> None:
        """Refuse a newer layout, and note this one."""
        with self._call("prepare", LAYOUT):
            raw = self.shelf.blobs.setdefault(
                LAYOUT, json.dumps({"format_version": _FORMAT}).encode()
            )
            if json.loads(raw)["format_version"] != _FORMAT:
                raise StateError(f"{self.address} was made by a newer engine", hint="upgrade it")

    def head(self, environment: str, stack: str) -> Head | None:
        """The head of a stack."""
        with self._call("head", f"{environment}/{stack}"):
            return self.shelf.heads.get((environment, stack))

    def swap(self, environment: str, stack: str, head: Head, *, expected: Head | None) -> Head:
        """Store a head in place of the expected one."""
        with self._call("swap", f"{environment}/{stack}"):
            there = self.shelf.heads.get((environment, stack))
            if (there and there.version) != (expected and expected.version):
                raise HeadChangedError(f"{environment}/{stack}")
            stored = dataclasses.replace(head, version=str(next(self.shelf.versions)))
            self.shelf.heads[environment, stack] = stored
        return stored

    def stacks(self, environment: str) -> tuple[str, ...]:
        """Names of the stacks that have a head."""
        with self._call("stacks", environment):
            return tuple(sorted(stack for where, stack in self.shelf.heads if where == environment))

    def places(self) -> tuple[tuple[str, str], ...]:
        """The environment and the stack of every head."""
        with self._call("places", ""):
            return tuple(sorted(self.shelf.heads))

    def create(self, name: str, content: bytes) -> None:
        """Keep a blob under a free name."""
        with self._call("create", name):
            if name in self.shelf.blobs:
                raise NameTakenError(name)
            self.shelf.blobs[name] = bytes(content)

    def put(self, name: str, content: bytes) -> None:
        """Keep a blob in place of any other."""
        with self._call("put", name):
            self.shelf.blobs[name] = bytes(content)

    def read(self, name: str) -> bytes | None:
        """The content of a blob."""
        with self._call("read", name):
            return self.shelf.blobs.get(name)

    def remove(self, name: str) -> None:
        """Remove a blob."""
        with self._call("remove", name):
            self.shelf.blobs.pop(name, None)

    def names(self, prefix: str) -> tuple[str, ...]:
        """The names of all blobs that begin so."""
        with self._call("names", prefix):
            return tuple(sorted(name for name in self.shelf.blobs if name.startswith(prefix)))
