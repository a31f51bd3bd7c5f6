"""`engine upgrade`: another API version next to this one, for what the stacks declare.

Nothing is changed: neither on Stripe nor in a state. An unfinished run is left as it is, and then
there is no plan, since a plan would finish it first.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterator

from engine.address import parse_address
from engine.errors import EngineError, ProblemsError
from engine.frozen import frozen
from engine.graph.build import ResourceGraph
from engine.operations.plan import plan_stacks
from engine.operations.run.context import Context
from engine.operations.upgrade.declared import type_difference
from engine.operations.validate import evaluate
from engine.plan.inputs.options import PlanOptions
from engine.ports.provider import Provider
from engine.ports.upkeep.upgrade import PinnedEndpoint, Release, TypeDifference, UpgradeReport
from engine.schema.remote import id_of
from engine.schema.resource_type import ResourceType, Schemas
from engine.stack.model import Declaration
from engine.state.model import State

_VERSION = "api_version"
"""How the fields end that pin the API version of the events that an endpoint gets."""
_PAGES = 1


@frozen
class Side:
    """One of the two versions.

    Attributes:
        release: The release of the SDK.
        schemas: The types as it has them.
        context: The ports of a run that speaks its version.
    """

    release: Release
    schemas: Schemas
    context: Context


def upgrade(before: Side, after: Side, *, refresh: bool) -> UpgradeReport:
    """Compare two versions for what the stacks declare, and plan with the second one.

    Args:
        before: The version that the stacks are valid in.
        after: The other one.
        refresh: Ask Stripe, for the plan and the endpoints.

    Raises:
        StackError: if the stacks have problems as they are.
        StateError: if a state cannot be trusted.
    """
    context, graphs = before.context, _evaluated(before, after)
    states = tuple(_states(context))
    types = tuple(_types(before.schemas, after.schemas, graphs))
    report = UpgradeReport(
        environment=context.environment,
        before=before.release,
        after=after.release,
        states=tuple((state.stack, state.api_version) for state in states),
        types=types,
    )
    report = _with_plan(report, after, refresh=refresh)
    return _with_endpoints(report, after, states, refresh=refresh)


def _evaluated(before: Side, after: Side) -> tuple[ResourceGraph, ...]:
    """The stacks, which are valid in one of the versions at least."""
    try:
        return evaluate(before.context, ())
    except ProblemsError as error:
        try:
            return evaluate(after.context, ())
        except ProblemsError:
            raise error from None


def _states(context: Context) -> Iterator[State]:
    for name in context.backend.stacks(context.environment):
        state = context.backend.read(name, context.environment)
        if state is not None:
            yield state


def _types(
    before: Schemas, after: Schemas, graphs: tuple[ResourceGraph, ...]
) -> Iterator[TypeDifference]:
    declared: dict[str, list[Declaration]] = defaultdict(list)
    for graph in graphs:
        for declaration in graph.stack.declarations.values():
            declared[declaration.type].append(declaration)
    for name, declarations in sorted(declared.items()):
        found = type_difference(before[name], after.get(name), declarations)
        if found is not None:
            yield found


# ── the next plan ─────────────────────────────────────────────────────────────────────────


def _with_plan(report: UpgradeReport, after: Side, *, refresh: bool) -> UpgradeReport:
    context = after.context
    unfinished = _unfinished(context)
    gone = ", ".join(one.type for one in report.types if one.vanishes)
    if unfinished or gone:
        why = (
            f"a run on {unfinished} has not finished: engine plan finishes it first"
            if unfinished
            else f"there is no {gone} any more"
        )
        return dataclasses.replace(report, why_no_plan=why)
    try:
        evaluate(context, ())
        plan = plan_stacks(context, (), PlanOptions(refresh=refresh))
    except ProblemsError as error:
        return dataclasses.replace(
            report, problems=error.problems, why_no_plan="the stacks have to be changed first"
        )
    except EngineError as error:
        return dataclasses.replace(report, why_no_plan=error.message)
    # Its notes are what this report is about.
    plan = dataclasses.replace(plan, notes=())
    return dataclasses.replace(report, plan=plan, requests=plan.requests)


def _unfinished(context: Context) -> str:
    """The stacks that a run, or an import, has not finished; empty if there are none."""
    backend, environment = context.backend, context.environment
    names = {
        name for name in backend.stacks(environment) if backend.read_journal(name, environment)
    }
    return ", ".join(sorted({*names, *backend.pending_imports(environment)}))


# ── endpoints ─────────────────────────────────────────────────────────────────────────────


def _with_endpoints(
    report: UpgradeReport, after: Side, states: tuple[State, ...], *, refresh: bool
) -> UpgradeReport:
    """The endpoints that get events of another version: of the account, or else of the states."""
    found, unread, requests = list(_recorded(after, states)), ["they were not asked for"], 0
    if refresh:
        unread = []
        try:
            provider = after.context.connect()
        except EngineError as error:
            unread.append(error.message)
        else:
            found, unread = _on_account(after, provider, found)
            requests = provider.requests
    target = after.release.api_version
    others = (one for one in found if one.version and one.version != target)
    return dataclasses.replace(
        report,
        endpoints=tuple(sorted(others, key=lambda one: (one.version, one.type, one.id))),
        endpoints_unread="; ".join(unread),
        requests=report.requests + requests,
    )


def _pinning(schemas: Schemas) -> Iterator[tuple[ResourceType, str]]:
    """The types whose objects pin a version, each with the field that does."""
    for kind in schemas.values():
        for name, field in kind.root.fields.items():
            if name.endswith(_VERSION) and field.in_create and not kind.lookup_needs:
                yield kind, name


def _recorded(after: Side, states: tuple[State, ...]) -> Iterator[PinnedEndpoint]:
    fields = {kind.name: name for kind, name in _pinning(after.schemas)}
    for state in states:
        for address, record in state.resources.items():
            if record.type in fields:
                version = record.attributes.get(fields[record.type])
                yield PinnedEndpoint(
                    type=record.type,
                    id=record.id,
                    version=str(version or ""),
                    address=f"{state.stack}:{parse_address(address)}",
                )


def _on_account(
    after: Side, provider: Provider, recorded: list[PinnedEndpoint]
) -> tuple[list[PinnedEndpoint], list[str]]:
    """The endpoints of the account, and why those of some types are not known.

    Of a type that cannot be listed, those that states record are known.
    """
    found: list[PinnedEndpoint] = []
    unread: list[str] = []
    known = {(one.type, one.id): one.address for one in recorded}
    for kind, name in _pinning(after.schemas):
        try:
            listed = provider.first_pages(kind, {}, _PAGES)[0]
        except EngineError as error:
            found += [one for one in recorded if one.type == kind.name]
            unread.append(f"{kind.name}: {error.message}")
            continue
        found += [
            PinnedEndpoint(
                type=kind.name,
                id=id_of(entry),
                version=str(entry.get(name) or ""),
                address=known.get((kind.name, id_of(entry)), ""),
            )
            for entry in listed
        ]
    return found, unread
