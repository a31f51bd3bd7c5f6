"""`engine diff`: the objects of the same stacks in two environments, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from engine.errors import UsageError
from engine.operations.cross_checks.other_stacks import other_states
from engine.operations.refresh.lost_accounts import read_recorded
from engine.operations.refresh.read import Place, read_all
from engine.operations.run.context import Context
from engine.operations.run.guards import check_usable
from engine.operations.run.session import Session
from engine.plan.compare.natural_keys import describe_key
from engine.plan.environments.compare import InEnvironment, compared
from engine.plan.environments.hints import with_hints
from engine.plan.environments.model import Compared, EnvironmentsDifference, StackDifference
from engine.plan.environments.names import Names
from engine.schema.lifecycle import NaturalKey
from engine.schema.remote import RemoteObject
from engine.schema.resource_type import ResourceType, Schemas
from engine.state.model import State
from engine.suggest import nearest


def diff_environments(
    first: Context, second: Context, names: Sequence[str], *, refresh: bool, everything: bool
) -> EnvironmentsDifference:
    """Compare the objects of stacks in two environments. Nothing is evaluated or written.

    Args:
        first: The ports of one environment.
        second: Those of the other.
        names: Stacks asked for; none means all that either has a state of.
        refresh: Read the objects from Stripe; otherwise compare what the states record.
        everything: Fields that no stack declares count too.

    Raises:
        UsageError: if both are one environment, or neither has a state of a stack.
        SettingsError: if one of them has no key.
        StateError: if the state of one of the stacks cannot be trusted.
        GuardError: if a key belongs to another account or mode.
        ProviderError: if Stripe refuses or cannot be reached.
    """
    if first.environment == second.environment:
        raise UsageError(
            f"both environments are {first.environment}",
            hint="name two, as in engine diff test live",
        )
    places = tuple(_Environment.opened(context, refresh=refresh) for context in (first, second))
    stacks = _chosen(places, names)
    for place in places:
        place.read(stacks, refresh=refresh)
    found = _differences(places, stacks)
    if refresh:
        for place in places:
            place.look_up_unknown()
        found = _differences(places, stacks)
    return EnvironmentsDifference(
        environments=(places[0].compared(), places[1].compared()),
        stacks=with_hints(
            found,
            (places[0].recorded, places[1].recorded),
            (first.environment, second.environment),
            first.schemas,
        ),
        refreshed=refresh,
        everything=everything,
        requests=sum(place.session.requests for place in places),
    )


@dataclass(slots=True)
class _Environment:
    """One environment as it is compared.

    Attributes:
        session: Its ports and states.
        known: All its states, by stack; None for one that cannot be read.
        names: What its ids name.
        objects: Its objects, by place; None if Stripe is not read.
    """

    session: Session
    known: Mapping[str, State | None]
    names: Names
    objects: Mapping[Place, RemoteObject] | None = field(default=None)

    @classmethod
    def opened(cls, context: Context, *, refresh: bool) -> _Environment:
        """Check the key, and read all states.

        No lock is taken: nothing is written, and a run in progress must not keep people from
        comparing.
        """
        if refresh:
            check_usable(context.settings.environment)
        session = Session(context)
        known = other_states(session)
        states = [state for state in known.values() if state is not None]
        return cls(session, known, Names.of(states, context.schemas))

    @property
    def schemas(self) -> Schemas:
        return self.session.context.schemas

    def read(self, stacks: Sequence[str], *, refresh: bool) -> None:
        """Read the states of some stacks, and their objects."""
        session, context = self.session, self.session.context
        for name in stacks:
            state = self.known.get(name)
            if state is None and name in self.known:
                state = context.backend.read(name, context.environment)  # with what is wrong
            if state is not None:
                session.states[name] = state
        if not refresh:
            return
        session.check_account()
        places: dict[Place, list[str]] = {}
        for name, state in session.states.items():
            context.hook.refreshing(name, len(state.resources))
            for address, entry in state.resources.items():
                place = (entry.type, entry.account, entry.id)
                places.setdefault(place, []).append(f"{name}:{address}")
        self.objects = read_recorded(session, self.schemas, places)
        for name in session.states:
            context.hook.refreshed(name)

    def stack(self, name: str) -> InEnvironment:
        """A stack in this environment."""
        state = self.session.states.get(name)
        read: dict[str, RemoteObject] | None = None
        if self.objects is not None:
            read = {
                address: self.objects[place]
                for address, entry in (state.resources.items() if state is not None else ())
                if (place := (entry.type, entry.account, entry.id)) in self.objects
            }
        return InEnvironment(state=state, names=self.names, read=read)

    @property
    def recorded(self) -> Mapping[str, State]:
        """All its states that can be read, by stack."""
        return {name: state for name, state in self.known.items() if state is not None}

    def is_unfinished(self, name: str) -> bool:
        """Whether a run of a stack has not finished."""
        context = self.session.context
        return bool(context.backend.read_journal(name, context.environment))

    def look_up_unknown(self) -> None:
        """Find out the natural keys of the objects of no stack that fields name."""
        kinds = {kind.object: kind for kind in self.schemas.values()}
        asked = {
            (kinds[name].name, "", id): (name, id)
            for name, id in sorted(self.names.unknown)
            if name in kinds and _keys_of(kinds[name]) and not kinds[name].parent
        }
        keys: dict[tuple[str, str], str] = {}
        for place, found in read_all(self.session, self.schemas, asked).items():
            kind = self.schemas[place[0]]
            texts = (describe_key(key, found) for key in _keys_of(kind))
            text = next(filter(None, texts), "")
            if text:
                keys[asked[place]] = f"the {kind.title} of no stack with {text}"
        self.names.unmanaged = keys
        self.names.unknown.clear()

    def compared(self) -> Compared:
        """What it is, for the report."""
        environment, account = self.session.context.settings.environment, self.session.account
        pinned = next((one for one in self.session.states.values() if one.account_id), None)
        return Compared(
            environment=environment.name,
            embedded=environment.emulator,
            account_id=account.id if account else (pinned.account_id if pinned else ""),
            livemode=account.livemode if account else (pinned.livemode if pinned else None),
            server=environment.server,
        )


def _keys_of(kind: ResourceType) -> tuple[NaturalKey, ...]:
    """The natural keys of a type but for ids, which name nothing on another account."""
    return tuple(key for key in kind.life.natural_keys if key.attribute != "id")


def _chosen(places: Sequence[_Environment], names: Sequence[str]) -> tuple[str, ...]:
    """The stacks to compare.

    Raises:
        UsageError: if neither environment has a state of one that was asked for.
    """
    known = sorted({name for place in places for name in place.known})
    for name in names:
        if name not in known:
            here, there = (place.session.context.environment for place in places)
            near = nearest(name, known)
            raise UsageError(
                f"neither {here} nor {there} has a state of stack {name}",
                hint=f"did you mean {near}?" if near else f"engine apply -e {here} {name}",
            )
    return tuple(dict.fromkeys(names)) or tuple(known)


def _differences(
    places: Sequence[_Environment], stacks: Sequence[str]
) -> tuple[StackDifference, ...]:
    first, second = places
    return tuple(_difference(first, second, name) for name in stacks)


def _difference(first: _Environment, second: _Environment, name: str) -> StackDifference:
    here, there = first.stack(name), second.stack(name)
    return StackDifference(
        stack=name,
        recorded=(here.state is not None, there.state is not None),
        resources=compared(name, first.schemas, here, there),
        compared=len({*here.resources, *there.resources}),
        unfinished=(first.is_unfinished(name), second.is_unfinished(name)),
    )
