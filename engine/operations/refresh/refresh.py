"""Read the objects that states record, and what else a plan needs."""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.graph.build import ResourceGraph
from engine.operations.refresh.concurrent import at_once
from engine.operations.refresh.lookups import look_up
from engine.operations.refresh.lost_accounts import read_recorded
from engine.operations.refresh.read import Connected, Place
from engine.operations.refresh.sought import Sought, seek
from engine.operations.run.context import Context
from engine.plan.compare.liveness import is_gone
from engine.plan.decide.references import ExpectedResource, KnownValues
from engine.plan.inputs.accounts import is_known, same_as_own, with_accounts
from engine.plan.inputs.observed import Observed
from engine.plan.inputs.options import PlanOptions
from engine.plan.inputs.ownership import Ownership
from engine.plan.inputs.selection import moved_state, selection
from engine.plan.inputs.transfers import Transfers
from engine.ports.provider import Provider
from engine.schema.remote import RemoteObject, id_of
from engine.schema.resource_type import ResourceType
from engine.state.model import ResourceState, State
from engine.values.paths import get_path
from engine.values.secret import Sealed
from engine.values.targets import AttributeTarget, Elsewhere
from engine.values.templates import resolve


def read_known(
    context: Context,
    session: Connected,
    stacks: Iterable[tuple[ResourceGraph, State]],
    options: PlanOptions,
) -> dict[Place, RemoteObject]:
    """Read the objects that the states of some stacks record.

    Objects of one type are read together for all stacks, since lists are of the whole account.

    Args:
        context: The run's ports.
        session: Connects to Stripe when something has to be read.
        stacks: What is declared, and the states.
        options: What the person asked for.

    Returns:
        The objects that exist, by place; empty if the options exclude a refresh.

    Raises:
        ProviderError: if Stripe refuses or cannot be reached.
    """
    if not options.refresh:
        return {}
    places: dict[Place, list[str]] = {}
    for graph, state in stacks:
        stack, known = graph.stack.name, _known(graph, moved_state(graph, state)[0], options)
        context.hook.refreshing(stack, len(known))
        for address, entry in known.items():
            places.setdefault(_place(entry), []).append(f"{stack}:{address}")
    return read_recorded(session, context.schemas, places)


def observe(
    context: Context,
    session: Connected,
    graph: ResourceGraph,
    state: State,
    options: PlanOptions,
    outputs: Mapping[Elsewhere, Any],
    read: Mapping[Place, RemoteObject],
    ownership: Ownership,
    transfers: Transfers,
) -> Observed:
    """Read what the plan of a stack needs in addition to the objects that its state records.

    Args:
        context: The run's ports.
        session: Connects to Stripe when something has to be read.
        graph: What is declared.
        state: The state of the last apply.
        options: What the person asked for.
        outputs: Outputs of other stacks.
        read: What `read_known` read.
        ownership: Who owns which object.
        transfers: What the stack gives and gets in this run.

    Raises:
        ProviderError: if Stripe refuses or cannot be reached.
        EngineError: if a lookup finds nothing, or more than one object.
    """
    state, _ = moved_state(graph, state)
    refresh = _Refresh(context, session, graph, state, options, outputs, read, ownership, transfers)
    return refresh.observe()


def _known(graph: ResourceGraph, state: State, options: PlanOptions) -> dict[str, ResourceState]:
    """The resources of a state to read, by address."""
    chosen = selection(graph, state, options)
    return {
        address: entry
        for address, entry in state.resources.items()
        if chosen is None or address in chosen
    }


def _place(entry: ResourceState) -> Place:
    return (entry.type, entry.removal_policy.account, entry.id)


@dataclass(slots=True)
class _Refresh:
    context: Context
    session: Connected
    graph: ResourceGraph
    state: State
    options: PlanOptions
    outputs: Mapping[Elsewhere, Any]
    read: Mapping[Place, RemoteObject]
    ownership: Ownership
    transfers: Transfers

    @property
    def provider(self) -> Provider:
        return self.session.provider

    def observe(self) -> Observed:
        lookups = {}
        if not self.options.destroy:
            lookups = look_up(self.session, self.graph, self.context.schemas)
        secrets = known_secrets(self.context, self.graph, self.state)
        if not self.options.refresh:
            return Observed(
                refreshed=False,
                account=self._own_account,
                ownership=self.ownership,
                transfers=self.transfers,
                lookups=lookups,
                outputs=self.outputs,
                secrets=secrets,
            )
        objects = self._objects()
        self._resolve_accounts(objects, lookups)
        free = () if self.options.destroy or self.options.refresh_only else self._free(objects)
        asked = [address for address in free if self._is_import(address)]
        ids = self._import_ids(asked, lookups)
        asked = [address for address in asked if isinstance(ids[address], str)]
        answers = at_once(
            [functools.partial(self._imported, address, ids[address]) for address in asked]
        )
        imports = {**dict.fromkeys(ids), **dict(zip(asked, answers, strict=True))}
        remembered = dict(self._remembered(free, imports))
        taken = {*imports, *remembered}
        sought = self._sought(free, taken, {**objects, **imports}, lookups)
        return Observed(
            account=self._own_account,
            objects=objects,
            imports=imports,
            import_ids=ids,
            remembered=remembered,
            holders={address: found[0] for address, found in sought.holders.items()},
            alike={address: found for address, found in sought.holders.items() if found[1:]},
            sought={str(claim.address): claim.arguments for claim in sought.claims},
            ownership=self.ownership,
            transfers=self.transfers,
            lookups=lookups,
            outputs=self.outputs,
            secrets=secrets,
        )

    @property
    def _own_account(self) -> str:
        account = self.session.account
        return (account.id if account is not None else "") or self.state.account_id

    def _resolve_accounts(
        self,
        objects: Mapping[str, RemoteObject | None],
        lookups: Mapping[str, RemoteObject],
    ) -> None:
        """Resolve the accounts that declarations name, as far as they exist."""
        known = KnownValues(self.context.schemas, self.outputs)
        for target in {target for some in self.graph.accounts.values() for target in some}:
            if isinstance(target, AttributeTarget):
                found = self._found(target.address, objects, lookups)
                if found is not None:
                    known.learn(target.address, found)
        self.graph = with_accounts(self.graph, known, self._own_account)

    def _found(
        self,
        address: str,
        objects: Mapping[str, RemoteObject | None],
        lookups: Mapping[str, RemoteObject],
    ) -> ExpectedResource | None:
        actual = lookups.get(address) or objects.get(address)
        if actual is not None:
            return ExpectedResource(attributes=actual)
        if address not in self.graph.stack.imports:
            return None
        id = self._import_ids([address], lookups)[address]
        return ExpectedResource(attributes={"id": id}, whole=False)

    def _sought(
        self,
        free: Iterable[str],
        taken: Collection[str],
        objects: Mapping[str, RemoteObject | None],
        lookups: Mapping[str, RemoteObject],
    ) -> Sought:
        """What has the natural keys of resources that have no object."""
        declarations = [
            self.graph.declarations[address] for address in free if address not in taken
        ]
        if not declarations:
            return Sought()
        known = KnownValues(self.context.schemas, self.outputs)
        for address, found in {**lookups, **objects}.items():
            if found is not None:
                known.learn(address, ExpectedResource(attributes=found))
        return seek(self.provider, self.context.schemas, declarations, known)

    def _kind(self, type_name: str) -> ResourceType:
        return self.context.schemas[type_name]

    def _objects(self) -> dict[str, RemoteObject | None]:
        seen: dict[str, RemoteObject | None] = {}
        for address, entry in _known(self.graph, self.state, self.options).items():
            actual = self.read.get(_place(entry))
            declaration = self.graph.declarations.get(address)
            declared = entry.declared if declaration is None else declaration.arguments
            gone = actual is None or is_gone(self._kind(entry.type), actual, declared)
            seen[address] = None if gone else actual
        return seen

    def _free(self, objects: Mapping[str, RemoteObject | None]) -> tuple[str, ...]:
        """Declared addresses in the plan that have no object on an account that exists."""
        chosen, moving = selection(self.graph, self.state, self.options), self._moving()
        return tuple(
            address
            for address in self.graph.declarations
            if (objects.get(address) is None or address in moving)
            and (chosen is None or address in chosen)
            and is_known(self._account(address))
        )

    def _moving(self) -> frozenset[str]:
        """Resources whose object is on another account than the declaration."""
        on_others = {address for address, entry in self.state.resources.items() if entry.account}
        return frozenset(
            address
            for address in {*on_others, *self.graph.accounts}
            if address in self.graph.declarations
            and (entry := self.state.at(address)) is not None
            and same_as_own(entry.account, self._own_account) != self._account(address)
        )

    def _account(self, address: str) -> str:
        return str(self.graph.declarations[address].lifecycle.account)

    def _is_import(self, address: str) -> bool:
        return address in self.graph.stack.imports and self.state.at(address) is None

    def _import_ids(
        self, addresses: Sequence[str], lookups: Mapping[str, RemoteObject]
    ) -> dict[str, Any]:
        """The ids of objects to import, UNKNOWN where one is known after the apply only."""
        known = KnownValues(self.context.schemas, self.outputs)
        for address, found in lookups.items():
            known.learn(address, ExpectedResource(attributes=found))
        imports = self.graph.stack.imports
        whole = {f"${{{address}.id}}": id_of(found) for address, found in lookups.items()}
        return {
            # Of a child the id of its parent is needed too, which the attribute `id` does not have.
            address: whole.get(imports[address].id) or resolve(imports[address].id, known)
            for address in addresses
        }

    def _imported(self, address: str, id: str) -> RemoteObject | None:
        kind = self._kind(self.graph.declarations[address].type)
        return self.provider.read(kind, id, account=self._account(address))

    def _remembered(
        self, free: tuple[str, ...], imports: Mapping[str, RemoteObject | None]
    ) -> Iterator[tuple[str, RemoteObject]]:
        wanted = {
            address: gone
            for address in free
            if address not in imports
            and (gone := self.state.removed.get(address)) is not None
            and same_as_own(gone.account, self._own_account) == self._account(address)
        }
        answers = at_once(
            [
                functools.partial(
                    self.provider.read, self._kind(gone.type), gone.id, account=gone.account
                )
                for gone in wanted.values()
            ]
        )
        for (address, gone), found in zip(wanted.items(), answers, strict=True):
            if found is not None and not is_gone(self._kind(gone.type), found, {}):
                yield address, found


def known_secrets(
    context: Context, graph: ResourceGraph, state: State
) -> dict[AttributeTarget, str]:
    """Secrets of a stack's objects that it refers to and that the secret sink returns."""
    found: dict[AttributeTarget, str] = {}
    for target in graph.named():
        if not isinstance(target, AttributeTarget) or target in found:
            continue
        entry = state.at(target.address)
        path = target.path
        if entry is None or not isinstance(get_path(entry.attributes, path), Sealed):
            continue
        secret = context.sink.load(graph.stack.name, str(target))
        if secret is not None:
            found[target] = secret
    return found
