"""The provider port: what the engine asks of the service that holds the objects."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any, Final, Protocol

from engine.frozen import frozen
from engine.schema.lifecycle import Probe
from engine.schema.remote import RemoteObject
from engine.schema.resource_type import ResourceType


@frozen(kw_only=False)
class Account:
    """The account that a key belongs to.

    Attributes:
        id: `acct_...`; empty if the service does not return it.
        livemode: True for real money; None if the service does not return it.
        name: What people call it; empty if the service does not return it.
    """

    id: str
    livemode: bool | None
    name: str = field(default="", compare=False)


OUT_OF_REACH: Final = "account_invalid"
"""The code of a refusal because a connected account does not exist, or does not let the key's
account act on it: the service says the same of both."""


def unfenced() -> None:
    """Refuse nothing."""


@frozen(kw_only=False)
class RequestContext:
    """What a request carries in addition to its parameters.

    Attributes:
        idempotency_key: For writes; the same key never acts twice.
        account: Connected account to act on; empty for the key's own.
        fence: Raises if the run may no longer write; called directly before each try.
    """

    idempotency_key: str = ""
    account: str = ""
    fence: Callable[[], None] = field(default=unfenced, compare=False, repr=False)


@frozen
class Event:
    """Something that happened to an object, as the service remembers it.

    Attributes:
        id: `evt_...`.
        type: `product.updated`.
        at: When, in seconds since 1970.
        object: The object after that, or as it was last.
        before: The values that an update changed as they were, level by level.
        request: Id of the request of the API that did it; empty if none did: it was a person at
            the service's own pages, or the service itself.
    """

    id: str
    type: str
    at: int
    object: RemoteObject
    before: Mapping[str, Any] = field(default_factory=dict)
    request: str = ""


class Provider(Protocol):
    """Reads and writes remote objects.

    An implementation MUST raise only `engine.errors.ProviderError` and its subclasses for what
    the service or the network does; MUST retry what is safe to retry, with the same idempotency
    key; MUST call the fence of a write directly before each try, and send nothing if it raises;
    MUST be usable from several threads at once; MUST encode `CLEAR` as its wire format clears a
    field; MUST NOT change its arguments.
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
        """Seconds since 1970 by the service's clock in its last response; None before the first."""
        ...

    def account(self) -> Account:
        """Read the account that the key belongs to."""
        ...

    def missing_permission(self, kind: ResourceType, *, account: str = "") -> str | None:
        """Name the permission that the key lacks to write objects of a type.

        None if it has them all, or if that is unknown. An implementation MUST NOT change
        anything to find out.
        """
        ...

    def may_ask_to_write(self, kind: ResourceType) -> bool:
        """Whether `missing_permission` can find out if the key may write objects of a type."""
        ...

    def missing_read_permission(self, kind: ResourceType, *, account: str = "") -> str | None:
        """Name the permission that the key lacks to read objects of a type; None if it has it."""
        ...

    def default_version(self) -> str:
        """The API version of the account, for what names none; empty if it is not returned."""
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
            filters: Values for some of the type's list filters.
            account: Connected account they are on; empty for the key's own.
            since: Leave out objects created before then, in seconds since 1970, and read no page
                beyond; None reads all.
        """
        ...

    def pages(
        self, kind: ResourceType, filters: Mapping[str, Any], *, account: str = ""
    ) -> Iterator[Sequence[RemoteObject]]:
        """List the objects that match page by page, as `find` does, one request a page."""
        ...

    def first_pages(
        self,
        kind: ResourceType,
        filters: Mapping[str, Any],
        pages: int,
        *,
        expand: Sequence[str] = (),
        account: str = "",
    ) -> tuple[Sequence[RemoteObject], bool]:
        """List the newest objects that match, one request a page, and say whether there are more.

        Args:
            kind: Their type.
            filters: Values for some of the type's list filters.
            pages: Most pages to read; one at least.
            expand: The only fields to expand.
            account: Connected account they are on; empty for the key's own.
        """
        ...

    def events(self, types: Sequence[str], *, account: str = "") -> Iterator[Sequence[Event]]:
        """List events page by page, newest first, as far back as the service keeps them.

        No request is sent before a page is asked for.

        Args:
            types: Only events of these types.
            account: Connected account they happened on; empty for the key's own.
        """
        ...

    def exists(self, probe: Probe, id: str, *, account: str = "") -> bool:
        """Run a probe for the object with this id."""
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
        """Make one of the type's further calls on an object and return the response."""
        ...

    def delete(self, kind: ResourceType, id: str, context: RequestContext) -> None:
        """Delete an object; one that is already deleted is a success."""
        ...
