"""Reading objects of which it is known where they are."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Protocol, TypeAlias

from engine.operations.refresh.concurrent import at_once
from engine.ports.provider import Provider
from engine.schema.remote import RemoteObject
from engine.schema.resource_type import Schemas


class Connected(Protocol):
    """Whatever connects to Stripe on first use: a plan without questions needs no key."""

    @property
    def provider(self) -> Provider:
        """Where the objects are."""
        ...


Place: TypeAlias = tuple[str, str, str]
"""Where an object is: its type, the connected account it is on or nothing, its id."""


def read_all(
    session: Connected, schemas: Schemas, places: Iterable[Place]
) -> dict[Place, RemoteObject]:
    """Read objects of several types at once.

    Args:
        session: Connects to where the objects are, once something has to be read.
        schemas: Resource types by name.
        places: Where they are.

    Returns:
        The objects that exist, by the same.

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
