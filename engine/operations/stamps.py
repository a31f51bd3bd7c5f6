"""`engine state stamp`: write the ownership stamps that are missing or another resource's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from engine.address import parse_address
from engine.errors import UsageError
from engine.frozen import frozen
from engine.graph.build import ResourceGraph, build_graph
from engine.operations.apply import conclude
from engine.operations.cross_checks.owners import owners_in
from engine.operations.cross_checks.raw_state import places_by_lineage
from engine.operations.refresh.read import Place, read_all
from engine.operations.run.context import Context
from engine.operations.run.opening import session_of
from engine.operations.run.session import Session
from engine.operations.show import states
from engine.operations.validate import load_graphs
from engine.plan.compare.liveness import is_past
from engine.plan.inputs.options import PlanOptions
from engine.plan.inputs.ownership import Ownership, key_of
from engine.plan.inputs.stamp import read_stamp, stamp
from engine.plan.model import (
    Action,
    Change,
    FieldChange,
    FieldReason,
    Plan,
    PlanReport,
    Step,
    StepKind,
)
from engine.plan.steps.key import StepKey
from engine.plan.translate.params import stamp_params
from engine.ports.outcomes import ApplyReport
from engine.schema.remote import STAMP_KEY, STAMP_PATH, RemoteObject
from engine.schema.resource_type import Schemas
from engine.stack.loader import stack_files
from engine.stack.model import Stack
from engine.state.model import ResourceState, State
from engine.values.markers import ABSENT
from engine.values.paths import get_path


def plan_stamps(context: Context, names: Sequence[str], *, lock_timeout: float = 0.0) -> PlanReport:
    """Find the stamps that are missing or another resource's; nothing is written to Stripe.

    Args:
        context: The run's ports.
        names: Stacks asked for; none means every one that has a state.
        lock_timeout: Seconds to wait for another run.

    Returns:
        Plans that write these stamps and nothing else.

    Raises:
        UsageError: if stamps are switched off, or a stack has no state.
        LockHeldError: if another run works on one of them.
        StateError: if a state cannot be trusted.
        GuardError: if the key belongs to another account or mode.
        ProviderError: if Stripe refuses or cannot be reached.
    """
    names = _names(context, names)
    graph_of = _graph_of(context)
    with session_of(
        context, names, graph_of, operation="state stamp", lock_timeout=lock_timeout, reading=True
    ) as session:
        return _report(session)


def write_stamps(
    context: Context,
    names: Sequence[str],
    approve: Callable[[PlanReport], bool],
    *,
    lock_timeout: float = 0.0,
) -> ApplyReport:
    """Write the stamps that are missing or another resource's, and nothing else.

    Args:
        context: The run's ports.
        names: Stacks asked for; none means every one that has a state.
        approve: Called once with what will be written, if that is anything.
        lock_timeout: Seconds to wait for another run.

    Raises:
        UsageError: if stamps are switched off, or a stack has no state.
        LockHeldError: if another run works on one of them, or one has a held lock.
        StateError: if a state cannot be trusted, or a journal cannot be written.
        GuardError: if the key belongs to another account or mode.
        ProviderError: if Stripe refuses or cannot be reached while they are looked for.
    """
    names = _names(context, names)
    graph_of = _graph_of(context)
    with session_of(
        context, names, graph_of, operation="state stamp", lock_timeout=lock_timeout
    ) as session:
        reads: Mapping[str, tuple[str, ...]] = dict.fromkeys(names, ())
        return conclude(session, _report(session), reads, approve, PlanOptions(), None)


def _names(context: Context, names: Sequence[str]) -> tuple[str, ...]:
    if not context.settings.ownership_stamp:
        raise UsageError(
            "ownership stamps are switched off: ownership-stamp = false in [tool.engine]",
            hint="take that line out first; without stamps engine state rebuild finds objects by "
            "their natural keys",
        )
    return tuple(state.stack for state in states(context, names))


def _graph_of(context: Context) -> Callable[[str], ResourceGraph]:
    """What a stack declares, for the recovery of an unfinished run; nothing without a module."""

    def graph(name: str) -> ResourceGraph:
        if name in stack_files(context.settings.stacks):
            return next(one for one in load_graphs(context, (name,)) if one.stack.name == name)
        return build_graph(Stack(name=name, file=""), context.schemas)

    return graph


# ── what is to be written ─────────────────────────────────────────────────────────────────


def _report(session: Session) -> PlanReport:
    context = session.context
    account, environment = session.check_account(), context.settings.environment
    found = {name: _stampable(context, state) for name, state in session.states.items()}
    for name, entries in found.items():
        context.hook.refreshing(name, len(entries))
    places = [_place(entry) for entries in found.values() for entry in entries.values()]
    objects = read_all(session, context.schemas, places)
    stamps = _Stamps(
        schemas=context.schemas,
        objects=objects,
        ownership=owners_in(session),
        places=places_by_lineage(context),
    )
    plans = [
        stamps.plan(session.states[name], entries, session.recovery_warnings.get(name, ()))
        for name, entries in found.items()
    ]
    for plan in plans:
        context.hook.refreshed(plan.stack)
    return PlanReport(
        environment=environment.name,
        embedded=environment.emulator,
        account_id=account.id,
        livemode=account.livemode,
        plans=tuple(plans),
        requests=session.requests,
        server=environment.server,
        recovered=bool(session.recovery_warnings),
    )


def _stampable(context: Context, state: State) -> dict[str, ResourceState]:
    """The resources of a state whose objects can get a stamp at any time."""
    return {
        address: state.resources[address]
        for address in sorted(state.resources, key=parse_address)
        for kind in (context.schemas[state.resources[address].type],)
        if kind.has_metadata and kind.root.fields["metadata"].in_update
    }


def _place(entry: ResourceState) -> Place:
    return (entry.type, entry.removal_policy.account, entry.id)


@frozen
class _Stamps:
    """What is needed to say which stamps are to be written.

    Attributes:
        schemas: Resource types by name.
        objects: The objects as they are, by place.
        ownership: Who owns which object.
        places: The state of each lineage.
    """

    schemas: Schemas
    objects: Mapping[Place, RemoteObject]
    ownership: Ownership
    places: Mapping[str, str]

    def plan(
        self, state: State, entries: Mapping[str, ResourceState], warnings: Sequence[str]
    ) -> Plan:
        """A plan that writes the stamps of some resources of a state that are not right."""
        changes: list[Change] = []
        steps: list[Step] = []
        unstamped: list[str] = []
        for address, entry in entries.items():
            kind, actual = self.schemas[entry.type], self.objects.get(_place(entry))
            owner = stamp(state.lineage, address)
            # What is gone or has done its work changes no more; the next plan says what of it.
            if actual is None or is_past(kind, actual) or get_path(actual, STAMP_PATH) == owner:
                continue
            other = self.ownership.elsewhere(state.stack, key_of(entry))
            params = stamp_params(kind, {}, actual, owner)
            if other is not None:
                unstamped.append(f"{address} [{entry.id}] gets no stamp: {other} records it too")
            elif not params:
                unstamped.append(f"{address} [{entry.id}] gets no stamp: its metadata is full")
            else:
                changes.append(self._change(address, entry, actual, owner))
                steps.append(_step(address, entry, params))
        return Plan(
            stack=state.stack,
            environment=state.environment,
            lineage=state.lineage,
            serial=state.serial,
            changes=tuple(changes),
            steps=tuple(steps),
            warnings=(*warnings, *unstamped),
        )

    def _change(
        self, address: str, entry: ResourceState, actual: RemoteObject, owner: str
    ) -> Change:
        """A stamp as it is and as it should be, and whose it is now."""
        before, carried = get_path(actual, STAMP_PATH, ABSENT), read_stamp(actual)
        notes: tuple[str, ...] = ()
        if carried is not None:
            lineage, stamped = carried
            place = self.places.get(lineage)
            whose = f"{place}:{stamped}" if place else f"{stamped} in a state of another project"
            notes = (f"it carries the stamp of {whose}",)
        field = FieldChange(
            path=STAMP_PATH,
            before=before,
            after=owner,
            reason=FieldReason.SET if before is ABSENT else FieldReason.CHANGED,
        )
        return Change(
            address=parse_address(address),
            type=entry.type,
            action=Action.UPDATE,
            id=entry.id,
            before={} if before is ABSENT else {"metadata": {STAMP_KEY: before}},
            after={"metadata": {STAMP_KEY: owner}},
            fields=(field,),
            notes=notes,
        )


def _step(address: str, entry: ResourceState, params: Mapping[str, Any]) -> Step:
    """Write a stamp; the state has no part of it."""
    return Step(
        key=str(StepKey.of(StepKind.UPDATE, parse_address(address))),
        kind=StepKind.UPDATE,
        address=parse_address(address),
        type=entry.type,
        id=entry.id,
        params=params,
        account=entry.removal_policy.account,
    )
