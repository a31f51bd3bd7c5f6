"""The provider port: what the engine asks of the service that holds the objects."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from engine.schema.lifecycle import Probe
from engine.schema.remote import RemoteObject
from engine.schema.resource_type import ResourceType


@dataclass(frozen=True, slots=True)
class Account:
    """Whom a key speaks for.

    Attributes:
        id: `acct_...`; empty if the service does not tell.
        livemode: True for real money; None if the service does not tell.
    """

    id: str
    livemode: bool | None


def unfenced() -> None:
    """Let everything through."""


@dataclass(frozen=True, slots=True)
class RequestContext:
    """What a request carries beside its parameters.

    Attributes:
        idempotency_key: For writes; the same key never acts twice.
        account: Connected account to act on; empty for the key's own.
        fence: Raises if a write may not be sent any more; asked right before each try.
    """

    idempotency_key: str = ""
    account: str = ""
    fence: Callable[[], None] = field(default=unfenced, compare=False, repr=False)


class Provider(Protocol):
    """Reads and writes remote objects.

    An implementation MUST raise only `engine.errors.ProviderError` and its kin for whatever the
    service or the network does; MUST retry what is safe to retry, with the same idempotency key;
    MUST ask the fence of a write right before each try of it, and send nothing if that raises;
    MUST be usable from several threads at once; MUST encode `CLEAR` the way its wire clears a
    field; MUST NOT change what it is given.
    """

    @property
    def requests(self) -> int:
        """How many requests were sent so far, retries included."""
        ...

    @property
    def writes(self) -> int:
        """How many of them could change something."""
        ...

    def now(self) -> int | None:
        """Seconds since 1970 by the service's own clock, as it last told; None if it has not."""
        ...

    def account(self) -> Account:
        """Tell whom the key speaks for."""
        ...

    def missing_permission(self, kind: ResourceType, *, account: str = "") -> str | None:
        """Name the permission that the key lacks to write objects of a type.

        None says that it may, or that it cannot be told. An implementation MUST NOT change
        anything to find out.
        """
        ...

    def read(self, kind: ResourceType, id: str, *, account: str = "") -> RemoteObject | None:
        """Read one object, everything expandable expanded; None if it does not exist."""
        ...

    def read_many(
        self, kind: ResourceType, ids: Sequence[str], *, account: str = ""
    ) -> Mapping[str, RemoteObject]:
        """Read the objects among `ids` that exist, in as few requests as the service allows."""
        ...

    def find(
        self,
        kind: ResourceType,
        filters: Mapping[str, Any],
        *,
        account: str = "",
        since: int | None = None,
    ) -> Sequence[RemoteObject]:
        """List the objects that match, everything expandable expanded, newest first.

        Args:
            kind: Their type.
            filters: Those of the type's list filters that narrow the search down.
            account: Connected account they are on; empty for the key's own.
            since: Leave out what was created before then, seconds since 1970, and read no further
                than to there; None reads all.
        """
        ...

    def pages(
        self, kind: ResourceType, filters: Mapping[str, Any], *, account: str = ""
    ) -> Iterator[Sequence[RemoteObject]]:
        """List the objects that match page by page, as `find` does, one request a page."""
        ...

    def exists(self, probe: Probe, id: str, *, account: str = "") -> bool:
        """Answer a probe about the object with this id."""
        ...

    def create(
        self, kind: ResourceType, params: Mapping[str, Any], context: RequestContext
    ) -> RemoteObject:
        """Create an object and return it, expanded."""
        ...

    def update(
        self, kind: ResourceType, id: str, params: Mapping[str, Any], context: RequestContext
    ) -> RemoteObject:
        """Change an object and return it, expanded; an empty update reads it."""
        ...

    def call(
        self,
        kind: ResourceType,
        id: str,
        name: str,
        params: Mapping[str, Any],
        context: RequestContext,
    ) -> RemoteObject:
        """Make one of the type's further calls on an object and return what it answers."""
        ...

    def delete(self, kind: ResourceType, id: str, context: RequestContext) -> None:
        """Delete an object; one that is already gone is a success."""
        ...
