"""From an object to the declaration that a person would write for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from engine.frozen import frozen
from engine.schema.remote import RemoteObject
from engine.schema.resource_type import ResourceType
from engine.values.paths import Path

Refer: TypeAlias = Callable[[str, str], str | None]
"""Returns the text of a reference, given the object name that an id names and the id; None to
write the id itself."""


@frozen
class Untold:
    """A parameter that Stripe takes and does not return.

    Attributes:
        path: Where it is declared.
        needed: A declaration is not valid without it, so that something has to stand there.
        secret: It is sensitive.
    """

    path: Path
    needed: bool
    secret: bool


@frozen
class Written:
    """An object as a declaration.

    Attributes:
        arguments: Stripe's parameters, without what Stripe filled in or computed.
        untold: What it may have been made with and does not tell.
    """

    arguments: Mapping[str, Any]
    untold: tuple[Untold, ...]


def written(kind: ResourceType, actual: RemoteObject, refer: Refer) -> Written:
    """The declaration of an object, such that a plan of it changes nothing.

    Args:
        kind: Its resource type.
        actual: The object, everything expandable expanded.
        refer: What is written for the ids of other objects.
    """
    raise NotImplementedError
