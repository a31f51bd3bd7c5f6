"""What the states of the project know of those who use an object: names, and who refers to it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import TypeAlias

from engine.operations.cross_checks.other_stacks import other_states
from engine.operations.impact.touched import Touched
from engine.operations.run.session import Session
from engine.plan.inputs.ownership import ObjectKey, key_of
from engine.values.tree import scalars

Resource: TypeAlias = tuple[str, str]
"""A stack, and the address of a resource in it."""


class Names:
    """The resources of all states of the environment, by what they are and what they refer to."""

    def __init__(self, session: Session, objects: Iterable[Touched]) -> None:
        """Look through the states once.

        Args:
            session: The session.
            objects: The objects whose users are sought.
        """
        states = (*session.states.values(), *other_states(session).values())
        self._schemas = session.context.schemas
        self._states = tuple(state for state in states if state is not None)
        self._owners: dict[ObjectKey, Resource] = {
            key_of(entry): (state.stack, address)
            for state in self._states
            for address, entry in state.resources.items()
        }
        self._referrers: dict[tuple[str, str, str], dict[Resource, None]] = {}
        for key, resource in self._references({(one.account, one.id) for one in objects}):
            self._referrers.setdefault(key, {})[resource] = None

    def owner(self, key: ObjectKey) -> Resource | None:
        """The resource that an object is; None if no state records it."""
        return self._owners.get(key)

    def elsewhere(self, used: Touched) -> tuple[Resource, ...]:
        """The resources of other stacks that refer to an object."""
        found = self._referrers.get((used.kind.object, used.account, used.id), {})
        return tuple(resource for resource in found if resource[0] != used.stack)

    def _references(
        self, wanted: Collection[tuple[str, str]]
    ) -> Iterator[tuple[tuple[str, str, str], Resource]]:
        """Yield the objects among some that resources refer to, each with the resource."""
        for state in self._states:
            for address, entry in state.resources.items():
                account = entry.removal_policy.account
                for path, value in scalars(entry.attributes):
                    if not isinstance(value, str) or (account, value) not in wanted:
                        continue
                    kind = self._schemas.get(entry.type)
                    attribute = kind.root.at(path) if kind is not None else None
                    if attribute is not None and attribute.reference:
                        yield (attribute.reference, account, value), (state.stack, address)


def shown(resource: Resource, stack: str) -> str:
    """A resource as a stack sees it: `shop:stripe_price.pro` if it is another's."""
    return resource[1] if resource[0] == stack else ":".join(resource)
