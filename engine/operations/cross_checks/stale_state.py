"""Refuse plans that would create again what a newer state, now lost or not pulled, records.

A create without a natural key is not preceded by a search. But each object that the engine creates
carries its stamp, and lists return the newest objects first: one page of each type of which a plan
creates something shows whether an object with such a stamp exists.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from engine.errors import ProviderError
from engine.frozen import frozen
from engine.operations.cross_checks.raw_state import ids_of_others, other_lineages
from engine.operations.refresh.concurrent import at_once
from engine.operations.run.session import Session
from engine.plan.compare.liveness import is_gone, is_live, is_past
from engine.plan.inputs.stamp import read_stamp
from engine.plan.model import Action, Change, Plan, Step, StepKind
from engine.schema.lifecycle import Verb
from engine.schema.remote import RemoteObject, id_of
from engine.schema.resource_type import ResourceType
from engine.state.model import State
from engine.values.markers import UNKNOWN
from engine.values.targets import AttributeTarget, Target
from engine.values.templates import resolve

_SHOWN = 3
"""Most objects that a refusal names."""
_REFUSED = (400, 403, 404)

_Place = tuple[str, str, tuple[tuple[str, str], ...]]
"""A type, the connected account that its objects are on or nothing, and whose list they are in."""


@frozen
class _Unknown:
    """An object that seems to belong to a resource that a plan creates.

    Attributes:
        address: The resource.
        id: The object.
        lineage: The lineage in its stamp.
    """

    address: str
    id: str
    lineage: str


def refuse_stale(session: Session, plans: Sequence[Plan]) -> tuple[Plan, ...]:
    """Add to plans the refusals of `stale_refusals`."""
    stale = stale_refusals(session, plans)
    return tuple(
        dataclasses.replace(plan, refusals=(*plan.refusals, *stale.get(plan.stack, ())))
        for plan in plans
    )


def stale_refusals(session: Session, plans: Sequence[Plan]) -> dict[str, tuple[str, ...]]:
    """Refusals of plans that would create what is on the account already, by stack.

    Costs one request for each type of which something is created. Types with natural keys are read
    too, since the key may have changed.

    Args:
        session: The session with their states.
        plans: The plans.

    Raises:
        ProviderError: if Stripe refuses or cannot be reached.
    """
    context = session.context
    if not context.settings.ownership_stamp:
        return {}
    made = {plan.stack: dict(_made(session, plan)) for plan in plans}
    places = sorted({place for steps in made.values() for place in steps.values()})
    pages = dict(
        zip(
            places,
            at_once([functools.partial(_newest, session, one) for one in places]),
            strict=True,
        )
    )
    return {
        plan.stack: (_refusal(session, plan, unknown),)
        for plan in plans
        if (unknown := tuple(_unknown(session, plan, made[plan.stack], pages)))
    }


def _made(session: Session, plan: Plan) -> Iterator[tuple[str, _Place]]:
    """Addresses of new objects, each with the list that would show an existing object."""
    changes: Mapping[str, Change] = {change.address: change for change in plan.changes}
    for step in plan.steps:
        kind, change = session.context.schemas[step.type], changes.get(step.address)
        if step.kind is not StepKind.CREATE or change is None:
            continue
        if not (kind.has_metadata and kind.collection):
            continue
        stays = any(way.verb is Verb.KEEP for way in kind.life.removals)
        entry = session.states[plan.stack].at(step.address)
        kept = stays or (entry is not None and entry.removal_policy.keep)
        # Such a replacement leaves a live object with this stamp that no state records.
        if change.action is Action.REPLACE and kept:
            continue
        owners = _owners(session.states[plan.stack], plan, kind, step)
        if owners is not None:
            yield step.address, (step.type, step.account, owners)


def _owners(
    state: State, plan: Plan, kind: ResourceType, step: Step
) -> tuple[tuple[str, str], ...] | None:
    """Ids of the objects whose list it is; None if one of them does not exist yet."""

    def id_of_target(target: Target) -> Any:
        if not isinstance(target, AttributeTarget) or target.attribute != "id":
            return UNKNOWN
        found, entry = plan.lookups.get(target.address), state.at(target.address)
        if found is not None:
            return found["id"]
        return entry.id.rpartition("/")[2] if entry is not None else UNKNOWN

    names = [name for name in (kind.parent, *kind.list_needs) if name]
    ids = {name: resolve(step.params.get(name), id_of_target) for name in names}
    if not all(isinstance(id, str) for id in ids.values()):
        return None
    return tuple(ids.items())


def _newest(session: Session, place: _Place) -> Sequence[RemoteObject]:
    """The newest objects of a type: a page, of those that are not archived where lists differ.

    A list that Stripe refuses counts as empty: the create will report the error.
    """
    name, account, owners = place
    kind = session.context.schemas[name]
    filters = {**kind.lists[0], **dict(owners)}
    try:
        return next(session.provider.pages(kind, filters, account=account), ())
    except ProviderError as error:
        if error.status not in _REFUSED:
            raise
        return ()


def _unknown(
    session: Session,
    plan: Plan,
    made: Mapping[str, _Place],
    pages: Mapping[_Place, Sequence[RemoteObject]],
) -> Iterator[_Unknown]:
    """Objects with the stamp of what is to be made, that no state of the project knows."""
    state, schemas = session.states[plan.stack], session.context.schemas
    known = {entry.id for entry in state.resources.values()}
    known.update(id for entry in state.resources.values() for id in entry.superseded)
    known.update(gone.id for gone in state.removed.values())
    names = dict(_names(session, plan))
    found: list[_Unknown] = []
    for place, page in pages.items():
        for entry in page:
            stamp, kind = read_stamp(entry), schemas[place[0]]
            if stamp is None or id_of(entry) in known:
                continue
            address = names.get(stamp[1], stamp[1])
            # The removal of an object that has ended only forgets it.
            ended = is_gone(kind, entry, {}) or is_past(kind, entry) or not is_live(kind, entry)
            if made.get(address) == place and not ended:
                found.append(_Unknown(address=address, id=id_of(entry), lineage=stamp[0]))
    if found:
        others = other_lineages(session.context, plan.stack) - {state.lineage}
        theirs = ids_of_others(session.context, plan.stack)
        yield from (one for one in found if one.lineage not in others and one.id not in theirs)


def _names(session: Session, plan: Plan) -> Iterator[tuple[str, str]]:
    """The names that resources had when they were stamped: a move does not rewrite a stamp."""
    for graph in session.graphs:
        if graph.stack.name == plan.stack:
            yield from ((move.old, move.new) for move in graph.stack.moves)


def _refusal(session: Session, plan: Plan, unknown: Sequence[_Unknown]) -> str:
    lineage, advice = session.states[plan.stack].lineage, session.context.advice(plan.stack)
    named = ", ".join(f"{one.address} ({one.id})" for one in unknown[:_SHOWN])
    more = f", and {len(unknown) - _SHOWN:,} more" if len(unknown) > _SHOWN else ""
    others = sorted({one.lineage for one in unknown} - {lineage})
    stamps = f", with stamps of another state, lineage {' and '.join(others)}" if others else ""
    force = " --force" if session.loaded[plan.stack] is not None else ""
    return (
        f"this plan would make a second time what is on the account: {named}{more}{stamps}. "
        f"The state of {plan.environment}/{plan.stack} does not know it, so it is older than the "
        f"account, or was lost. Take the newer state ({advice.newest}), or make it again from the "
        f"account (engine state rebuild {plan.stack}{force}). If another project made it, give "
        "yours another name"
    )
