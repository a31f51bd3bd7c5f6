"""Refusing to make again what a newer state knows: a stale or lost state tells nothing of it.

What has no natural key is not looked for before it is made. But everything that an engine makes
carries its stamp, and what was made last stands at the head of a list: one page of each type that
a plan makes something of shows it. What must not live here: what becomes of the objects.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.operations.earlier import ids_of_others, other_lineages
from engine.operations.session import Session
from engine.operations.together import at_once
from engine.plan.life import is_gone, is_live
from engine.plan.model import Action, Change, Plan, Step, StepKind
from engine.plan.request import read_stamp
from engine.provider.base import Provider, RemoteObject, id_of
from engine.provider.life import Verb
from engine.provider.schema import ResourceType

_SHOWN = 3
"""Most objects that a refusal names."""

_Place = tuple[str, str]
"""A type, and the connected account that its objects are on or nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unknown:
    """An object that seems to be a resource's that a plan makes.

    Attributes:
        address: The resource.
        id: The object.
        lineage: What its stamp says.
    """

    address: str
    id: str
    lineage: str


def refuse_stale(opened: Session, plans: Sequence[Plan]) -> tuple[Plan, ...]:
    """Refuse plans that would make what is on the account already.

    Costs one request for each type that something is made of. What has a natural key is looked at
    too: the key may be what has changed since.

    Args:
        opened: The session that holds their states.
        plans: What would be done.

    Raises:
        ProviderError: if Stripe refuses or cannot be reached.
    """
    context = opened.context
    if not context.settings.ownership_stamp:
        return tuple(plans)
    made = {plan.stack: tuple(_made(opened, plan)) for plan in plans}
    places = sorted({_place(step) for steps in made.values() for step in steps})
    questions = [
        functools.partial(_newest, opened.provider, context.schemas[name], account)
        for name, account in places
    ]
    pages = dict(zip(places, at_once(questions), strict=True))
    return tuple(
        _with_refusal(opened, plan, tuple(_unknown(opened, plan, made[plan.stack], pages)))
        for plan in plans
    )


def _made(opened: Session, plan: Plan) -> Iterator[Step]:
    """Steps that make what could be there already."""
    changes: Mapping[str, Change] = {str(change.address): change for change in plan.changes}
    for step in plan.steps:
        kind, change = opened.context.schemas[step.type], changes.get(str(step.address))
        listed = kind.has_metadata and kind.collection and not (kind.parent or kind.list_needs)
        if step.kind is StepKind.CREATE and listed and change is not None:
            stays = any(way.verb is Verb.KEEP for way in kind.removals)
            entry = opened.states[plan.stack].at(step.address)
            kept = stays or (entry is not None and entry.keeping.keep)
            # What such a replacement leaves behind is live, with this stamp, and known to nobody.
            if not (change.action is Action.REPLACE and kept):
                yield step


def _place(step: Step) -> _Place:
    return (step.type, step.account)


def _newest(provider: Provider, kind: ResourceType, account: str) -> Sequence[RemoteObject]:
    """The newest objects of a type: a page, of those that are not archived where lists differ."""
    return next(provider.pages(kind, kind.lists[0], account=account), ())


def _unknown(
    opened: Session,
    plan: Plan,
    steps: Iterable[Step],
    pages: Mapping[_Place, Sequence[RemoteObject]],
) -> Iterator[_Unknown]:
    """Objects with the stamp of what is to be made, that no state of the project knows."""
    state, schemas = opened.states[plan.stack], opened.context.schemas
    known = {entry.id for entry in state.resources.values()}
    known.update(id for entry in state.resources.values() for id in entry.superseded)
    known.update(gone.id for gone in state.removed.values())
    names = dict(_names(opened, plan))
    wanted = {(_place(step), str(step.address)) for step in steps}
    found: list[_Unknown] = []
    for place, page in pages.items():
        for entry in page:
            stamp, kind = read_stamp(entry), schemas[place[0]]
            if stamp is None or id_of(entry) in known:
                continue
            address = names.get(stamp[1], stamp[1])
            ended = is_gone(kind, entry, {}) or not is_live(kind, entry)
            if (place, address) in wanted and not ended:
                found.append(_Unknown(address=address, id=id_of(entry), lineage=stamp[0]))
    if found:
        others = other_lineages(opened.context, plan.stack) - {state.lineage}
        theirs = ids_of_others(opened.context, plan.stack)
        yield from (one for one in found if one.lineage not in others and one.id not in theirs)


def _names(opened: Session, plan: Plan) -> Iterator[tuple[str, str]]:
    """The names that resources had when they were stamped: a move does not rewrite a stamp."""
    for graph in opened.graphs:
        if graph.stack.name == plan.stack:
            yield from ((str(move.old), str(move.new)) for move in graph.stack.moves)


def _with_refusal(opened: Session, plan: Plan, unknown: Sequence[_Unknown]) -> Plan:
    if not unknown:
        return plan
    state = opened.states[plan.stack]
    named = "; ".join(
        f"{one.id} says that it is {one.address}"
        + ("" if one.lineage == state.lineage else f" of another state, lineage {one.lineage}")
        for one in unknown[:_SHOWN]
    )
    more = f"; and {len(unknown) - _SHOWN:,} more" if len(unknown) > _SHOWN else ""
    again = f"engine state rebuild {plan.stack}" + (
        " --force" if opened.loaded[plan.stack] is not None else ""
    )
    refusal = (
        f"the account has what this plan would make a second time: {named}{more}. The state of "
        f"{plan.environment}/{plan.stack} is older than that, or was lost. Take the newer one (git "
        f"pull), or make it again from the account ({again}). If another project made it, give "
        "yours another name"
    )
    return dataclasses.replace(plan, refusals=(*plan.refusals, refusal))
