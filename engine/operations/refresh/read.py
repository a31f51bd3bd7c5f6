"""Read objects by type, account and id."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Protocol, TypeAlias

from engine.operations.refresh.concurrent import at_once
from engine.ports.provider import Account, Provider
from engine.schema.remote import RemoteObject
from engine.schema.resource_type import Schemas


class Connected(Protocol):
    """Connects to Stripe on first use, so that a plan without reads needs no key."""

    @property
    def provider(self) -> Provider:
        """Where the objects are."""
        ...

    @property
    def account(self) -> Account | None:
        """The account of the key; None if it was not read."""
        ...


Place: TypeAlias = tuple[str, str, str]
"""Type, connected account (empty for the key's own) and id of an object."""


def read_all(
    session: Connected, schemas: Schemas, places: Iterable[Place]
) -> dict[Place, RemoteObject]:
    """Read objects of several types at once.

    Args:
        session: Connects to Stripe when something has to be read.
        schemas: Resource types by name.
        places: The objects.

    Returns:
        The objects that exist, by place.

    Raises:
        ProviderError: if Stripe refuses or cannot be reached.
    """
    groups: dict[tuple[str, str], list[str]] = {}
    for type_name, account, id in places:
        groups.setdefault((type_name, account), []).append(id)
    order = sorted(groups)
    answers = at_once(
        [
            functools.partial(
                session.provider.read_many, schemas[name], groups[name, account], account=account
            )
            for name, account in order
        ]
    )
    return {
        (*group, id): entry
        for group, found in zip(order, answers, strict=True)
        for id, entry in found.items()
    }
