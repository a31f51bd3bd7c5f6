"""What the states of the project say of the objects of an account."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.frozen import frozen
from engine.operations.cross_checks.other_stacks import other_states
from engine.operations.cross_checks.owners import states_of_other_environments
from engine.operations.import_account.declare import Elsewhere
from engine.operations.run.session import Session
from engine.plan.inputs.ownership import ObjectKey, Owner, key_of
from engine.schema.resource_type import Schemas
from engine.stack.loader import stack_files
from engine.state.model import State
from engine.values.secret import Sealed
from engine.values.targets import OutputTarget
from engine.values.tree import scalars


@frozen
class Owned:
    """The objects of an account that the project has.

    Attributes:
        owners: The resource of each object, also of one that a replacement left or that a removal
            only archived.
        lineages: Lineages of the states.
        outputs: The text that refers to an id in an output, by stack and id.
        schemas: Resource types by name.
    """

    owners: Mapping[ObjectKey, Owner]
    lineages: frozenset[str]
    outputs: Mapping[tuple[str, str], str]
    schemas: Schemas

    def is_owned(self, key: ObjectKey) -> bool:
        """Whether a state of the project records an object."""
        return key in self.owners

    def owner(self, key: ObjectKey) -> str:
        """The resource that an object is; empty if no stack of the project has it."""
        return str(self.owners.get(key, ""))

    def elsewhere(self, type: str, id: str) -> Elsewhere:
        """What to write for the id of an object that is not imported."""
        owner = self.owners.get(ObjectKey(type, "", id))
        if owner is None:
            return Elsewhere(note=f"a {self.schemas[type].title} that no stack manages")
        text = "" if owner.environment else self.outputs.get((owner.stack, id), "")
        return Elsewhere(text=text, note=str(owner))


def read(session: Session) -> Owned:
    """Read the states of the project that are of the account.

    Raises:
        StateError: if one of the environment cannot be read: it may own anything.
    """
    context = session.context
    states = list(_own(session))
    with_module = stack_files(context.settings.stacks)
    outputs = {
        (state.stack, value): f"${{{OutputTarget(state.stack, str(path[0]), path[1:])}}}"
        for state in states
        if state.stack in with_module
        for path, value in scalars(state.outputs)
        if isinstance(value, str) and not isinstance(value, Sealed)
    }
    states.extend(states_of_other_environments(session))
    owners: dict[ObjectKey, Owner] = {}
    for state in states:
        place = "" if state.environment == context.environment else state.environment
        for key, address in _objects(state):
            owners[key] = Owner(state.stack, address, place)
    return Owned(
        owners=owners,
        lineages=frozenset(state.lineage for state in states),
        outputs=outputs,
        schemas=context.schemas,
    )


def _own(session: Session) -> Iterator[State]:
    context = session.context
    for name, state in other_states(session).items():
        found = state or context.backend.read(name, context.environment)
        if found is not None:
            yield found


def _objects(state: State) -> Iterator[tuple[ObjectKey, str]]:
    """What a state records, with the addresses."""
    for address, gone in state.removed.items():
        yield ObjectKey(gone.type, gone.account, gone.id), address
    for address, entry in state.resources.items():
        yield from ((ObjectKey(entry.type, *left), address) for left in entry.left)
        yield key_of(entry), address
