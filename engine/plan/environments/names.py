"""What the ids of an environment stand for: the same reference has another id in each account."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from engine.schema.resource_type import Schemas
from engine.state.model import State

_ID = re.compile(r"[A-Za-z]+_[A-Za-z0-9_]+")
"""What looks like an id that Stripe made."""


@dataclass(slots=True)
class Names:
    """The resources that the ids of one environment name.

    Attributes:
        owners: Stack and address, by object name and id.
        unmanaged: What objects of no stack are, by object name and id: their natural keys.
        unknown: Ids that were asked for and that nothing is known of, with their object names.
    """

    owners: dict[tuple[str, str], tuple[str, str]]
    unmanaged: Mapping[tuple[str, str], str] = field(default_factory=dict)
    unknown: set[tuple[str, str]] = field(default_factory=set)
    _by_id: dict[str, tuple[str, str]] = field(init=False)

    def __post_init__(self) -> None:
        self._by_id = {id: owner for (_, id), owner in self.owners.items() if _ID.fullmatch(id)}

    @classmethod
    def of(cls, states: Iterable[State], schemas: Schemas) -> Names:
        """The names that all states of an environment give."""
        return cls(
            {
                (kind.object, kind.own_id(entry.id)): (state.stack, address)
                for state in states
                for address, entry in state.resources.items()
                if (kind := schemas.get(entry.type)) is not None
            }
        )

    def reference(self, object_name: str, id: str, stack: str) -> str | None:
        """An id as a reference of a stack writes it; None if nothing is known of it."""
        owner = self.owners.get((object_name, id))
        if owner is not None:
            return _written(owner, stack)
        known = self.unmanaged.get((object_name, id))
        if known is None:
            self.unknown.add((object_name, id))
        return known

    def text(self, text: str, stack: str) -> str:
        """A text with a reference in the place of each id that Stripe made for a resource."""

        def named(match: re.Match[str]) -> str:
            owner = self._by_id.get(match[0])
            return match[0] if owner is None else _written(owner, stack)

        return _ID.sub(named, text) if "_" in text else text


def _written(owner: tuple[str, str], stack: str) -> str:
    place = "" if owner[0] == stack else f"{owner[0]}:"
    return f"${{{place}{owner[1]}.id}}"
