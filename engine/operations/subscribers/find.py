"""Find the prices that a person means: by address, by name or by id, those of the past too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.catalog.loader import subscribing
from engine.errors import UsageError
from engine.frozen import frozen
from engine.operations.run.context import Context
from engine.operations.show import states
from engine.schema.resource_type import ResourceType, Schemas
from engine.schema.usage import Subscribing
from engine.state.model import State
from engine.state.superseded import superseded_object
from engine.suggest import nearest


@frozen
class Named:
    """One object that customers can be subscribed to.

    Attributes:
        type: Its resource type.
        id: Its id.
        account: Connected account it is on; empty for the key's own.
        stack: The stack that has, or had, its resource; empty if none has.
        address: The resource; empty if there is none.
        current: It is the object that the resource has now.
    """

    type: str
    id: str
    account: str = ""
    stack: str = ""
    address: str = ""
    current: bool = False

    @property
    def place(self) -> str:
        """`STACK:ADDRESS`, which is one resource in all of the environment."""
        return f"{self.stack}:{self.address}"


def subscribed_type(kind: ResourceType) -> Subscribing:
    """How customers are subscribed to a type that `named_by` found."""
    found = subscribing(kind.object)
    if found is None:
        raise UsageError(f"customers cannot be subscribed to a {kind.title}")
    return found


def named_by(context: Context, word: str) -> tuple[Named, ...]:
    """Find what a person names: a resource with all that it replaced, or one object by its id.

    Args:
        context: The run's ports.
        word: `ADDRESS`, `STACK:ADDRESS`, the logical name, or the id.

    Returns:
        The objects, the current one first, then those that it replaced, newest first.

    Raises:
        UsageError: if it names none, or several resources.
        StateError: if a state cannot be trusted.
    """
    known = [one for state in states(context, ()) for one in _recorded(state, context.schemas)]
    by_id = [one for one in known if one.id == word]
    if by_id:
        return (by_id[0],)
    found = [one for one in known if word in (one.place, one.address, _name(one))]
    places = tuple(dict.fromkeys(one.place for one in found))
    if len(places) > 1:
        raise UsageError(
            f"{word!r} is in several stacks: {', '.join(places)}", hint="write one of these"
        )
    if found:
        return tuple(found)
    kinds = _kinds(context.schemas)
    for kind in kinds:
        if word.startswith(kind.id_prefix):
            return (Named(type=kind.name, id=word),)
    raise _unknown(context, word, known, kinds)


def _kinds(schemas: Schemas) -> Sequence[ResourceType]:
    return [kind for kind in schemas.values() if subscribing(kind.object) is not None]


def _name(one: Named) -> str:
    return one.address.rpartition(".")[2]


def _unknown(
    context: Context, word: str, known: Sequence[Named], kinds: Sequence[ResourceType]
) -> UsageError:
    titles = " or ".join(kind.title for kind in kinds)
    near = nearest(word, {name for one in known for name in (one.address, _name(one))})
    ways = " or ".join(f"an id, {kind.id_prefix}..." for kind in kinds)
    return UsageError(
        f"{word!r} is no {titles} that a state of environment {context.environment!r} records",
        hint=f"did you mean {near!r}?" if near else f"name the resource, or give {ways}",
    )


def _recorded(state: State, schemas: Schemas) -> Iterator[Named]:
    """All objects that a state has, or had, and that customers can be subscribed to."""
    for address, entry in state.resources.items():
        if subscribing(schemas[entry.type].object) is not None:
            former = tuple(dict.fromkeys((*entry.left, *entry.archived)))
            objects = ((entry.account, entry.id), *former)
            yield from _generations(state, address, entry.type, objects, current=True)
    for address, gone in state.removed.items():
        if address not in state.resources and subscribing(schemas[gone.type].object) is not None:
            objects = (
                (gone.account, gone.id),
                *(superseded_object(name, gone.account) for name in gone.former),
            )
            yield from _generations(state, address, gone.type, objects, current=False)


def _generations(
    state: State, address: str, type: str, objects: Sequence[tuple[str, str]], *, current: bool
) -> Iterator[Named]:
    for number, (account, id) in enumerate(objects):
        yield Named(
            type=type,
            id=id,
            account=account,
            stack=state.stack,
            address=address,
            current=current and number == 0,
        )
