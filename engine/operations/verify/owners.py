"""Find objects that the states of several stacks record: each has one owner."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Iterator, Mapping

from engine.errors import Problem, StateError
from engine.operations.run.context import Context
from engine.plan.inputs.ownership import Owner, ownership_of, way_to_settle
from engine.state.codec import parse
from engine.state.model import State

Place = tuple[str, str]
"""Environment and stack."""


def objects_recorded_twice(context: Context) -> dict[Place, tuple[Problem, ...]]:
    """The problems of each state that records what another one of the account records too.

    States that cannot be read have problems of their own.
    """
    backend = context.backend
    states: dict[Place, State] = {}
    for environment in backend.environments():
        for stack in backend.stacks(environment):
            with contextlib.suppress(StateError):
                state = backend.read(stack, environment)
                if state is not None:
                    states[environment, stack] = state
    found: dict[Place, dict[tuple[str, str], tuple[Owner, ...]]] = {}
    for together in _accounts(states.values(), context.settings.embedded):
        for key, owners in ownership_of(together, "").duplicates():
            for owner in owners if len({(o.environment, o.stack) for o in owners}) > 1 else ():
                place = (owner.environment, owner.stack)
                found.setdefault(place, {})[owner.address, key.id] = tuple(sorted(owners))
    return {place: tuple(_problems(context, place, twice)) for place, twice in found.items()}


def _accounts(states: Iterable[State], embedded: Collection[str]) -> Iterator[list[State]]:
    """The states of each account: those of an environment, and those that name the same account.

    The embedded account of each environment is another one, although all have one id.
    """
    groups: dict[tuple[object, ...], list[State]] = {}
    for state in states:
        groups.setdefault((state.environment,), []).append(state)
        if state.account_id and state.environment not in embedded:
            groups.setdefault((state.account_id, state.livemode), []).append(state)
    yield from groups.values()


def _problems(
    context: Context, place: Place, twice: Mapping[tuple[str, str], tuple[Owner, ...]]
) -> Iterator[Problem]:
    environment, stack = place
    file = context.backend.place(stack, environment)
    document = parse(context.backend.stored(stack, environment) or b"", path=file)
    for (address, id), owners in twice.items():
        others = [str(owner) for owner in owners if owner != Owner(stack, address, environment)]
        yield Problem(
            file,
            document.line("resources", address, "id"),
            f"{address} and {' and '.join(others)} are the same object, {id}",
            way_to_settle(owners),
            "state-twice",
        )
