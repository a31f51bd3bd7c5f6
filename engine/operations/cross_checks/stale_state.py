"""Refuse plans that would create again what a newer state, now lost or not pulled, records.

A create without a natural key is not preceded by a search. But each object that the engine creates
carries its stamp, and lists return the newest objects first: one page of each type of which a plan
creates something shows whether an object with such a stamp exists. An object that moved may carry
the stamp of the stack it came from: then its fields show what it is.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from engine.errors import ProviderError, StateError
from engine.frozen import frozen
from engine.operations.cross_checks.other_stacks import other_states
from engine.operations.cross_checks.owners import made_for_another_name, owners_in
from engine.operations.cross_checks.raw_state import places_by_lineage, read_raw_state
from engine.operations.refresh.concurrent import at_once
from engine.operations.run.session import Session
from engine.plan.compare.likeness import is_like
from engine.plan.compare.liveness import is_gone, is_live, is_past
from engine.plan.inputs.accounts import is_known
from engine.plan.inputs.ownership import key_of, key_of_object
from engine.plan.inputs.stamp import read_stamp
from engine.plan.model import Action, Change, Plan, Step, StepKind
from engine.plan.refusal import PlanRule, Refusal
from engine.ports.provider import OUT_OF_REACH
from engine.schema.lifecycle import Verb
from engine.schema.remote import STAMP_KEY, RemoteObject, id_of
from engine.schema.resource_type import ResourceType
from engine.stack.loader import stack_files
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
        giver: The resource of another stack in its stamp; empty if it is none of this project.
    """

    address: str
    id: str
    lineage: str
    giver: str = ""


def refuse_stale(session: Session, plans: Sequence[Plan]) -> tuple[Plan, ...]:
    """Add to plans the refusals that need the account: they were made without it, or earlier."""
    stale = stale_refusals(session, plans)

    def refusals(plan: Plan) -> Iterator[Refusal]:
        yield from made_for_another_name(session, plan)
        yield from stale.get(plan.stack, ())
        yield from plan.refusals

    return tuple(dataclasses.replace(plan, refusals=tuple(refusals(plan))) for plan in plans)


def stale_refusals(session: Session, plans: Sequence[Plan]) -> dict[str, tuple[Refusal, ...]]:
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
    if not places:
        return {}
    pages = dict(
        zip(
            places,
            at_once([functools.partial(_newest, session, one) for one in places]),
            strict=True,
        )
    )
    strays = dict(_strays(session, plans, pages))
    lineages = places_by_lineage(context) if any(strays.values()) else {}
    return {
        plan.stack: tuple(_refusals(session, plan, unknown))
        for plan in plans
        if (unknown := tuple(_unknown(session, plan, made[plan.stack], strays, lineages)))
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
        if owners is not None and is_known(step.account):
            yield step.address, (step.type, step.account, owners)


def _owners(
    state: State, plan: Plan, kind: ResourceType, step: Step
) -> tuple[tuple[str, str], ...] | None:
    """Ids of the objects whose list it is; None if one of them does not exist yet."""
    names = [name for name in (kind.parent, *kind.list_needs) if name]
    ids = resolve({name: step.params.get(name) for name in names}, _ids_known(state, plan))
    if not all(isinstance(id, str) for id in ids.values()):
        return None
    return tuple(ids.items())


def _ids_known(state: State, plan: Plan) -> Callable[[Target], Any]:
    """The ids of the objects that exist; UNKNOWN for all else that references name."""

    def id_of_target(target: Target) -> Any:
        if not isinstance(target, AttributeTarget) or target.attribute != "id":
            return UNKNOWN
        found, entry = plan.lookups.get(target.address), state.at(target.address)
        if found is not None:
            return found["id"]
        return entry.id.rpartition("/")[2] if entry is not None else UNKNOWN

    return id_of_target


def _newest(session: Session, place: _Place) -> Sequence[RemoteObject]:
    """The newest objects of a type: a page, of those that are not archived where lists differ.

    A list that Stripe refuses counts as empty: the create will report the error. An account that
    cannot be reached is reported at once.
    """
    name, account, owners = place
    kind = session.context.schemas[name]
    filters = {**kind.lists[0], **dict(owners)}
    try:
        return next(session.provider.pages(kind, filters, account=account), ())
    except ProviderError as error:
        if error.status not in _REFUSED or error.code == OUT_OF_REACH:
            raise
        return ()


def _strays(
    session: Session, plans: Sequence[Plan], pages: Mapping[_Place, Sequence[RemoteObject]]
) -> Iterator[tuple[_Place, tuple[RemoteObject, ...]]]:
    """Live objects with a stamp that no state of the project records, nor does this run."""
    owners = owners_in(session)
    known = {(step.type, step.account, step.id) for plan in plans for step in plan.steps}
    for state in session.states.values():
        for entry in state.resources.values():
            known |= {key_of(entry), *((entry.type, *left) for left in entry.left)}
        known |= {(gone.type, gone.account, gone.id) for gone in state.removed.values()}
    damaged = frozenset(_ids_in_damaged(session))
    for place, page in pages.items():
        kind = session.context.schemas[place[0]]
        yield (
            place,
            tuple(
                entry
                for entry in page
                for key in (key_of_object(place[0], place[1], entry),)
                if read_stamp(entry) is not None
                # The removal of an object that has ended only forgets it.
                and not (is_gone(kind, entry, {}) or is_past(kind, entry))
                and is_live(kind, entry)
                and key not in known
                and key not in owners.owners
                and key not in owners.leaving
                and key.id not in damaged
            ),
        )


def _ids_in_damaged(session: Session) -> Iterator[str]:
    """Ids that states name which cannot be read."""
    for name, state in other_states(session).items():
        with contextlib.suppress(StateError):
            if state is None:
                yield from read_raw_state(session.context, name).ids.values()


def _unknown(
    session: Session,
    plan: Plan,
    made: Mapping[str, _Place],
    strays: Mapping[_Place, Sequence[RemoteObject]],
    lineages: Mapping[str, str],
) -> Iterator[_Unknown]:
    """Objects that seem to be what is to be made."""
    own = session.states[plan.stack].lineage
    names = {foreign: dict(_names(session, plan, foreign=foreign)) for foreign in (False, True)}
    for place, entries in strays.items():
        for entry in entries:
            lineage, stamped = read_stamp(entry) or ("", "")
            giver = "" if lineage == own else lineages.get(lineage, "")
            if giver in ("", plan.stack):
                foreign = not giver and lineage != own
                address, giver = names[foreign].get(stamped, stamped), ""
            else:
                address = _address_here(session, plan, made, place, entry, giver)
                giver = f"{giver}:{stamped}"
            if made.get(address) == place:
                yield _Unknown(address=address, id=id_of(entry), lineage=lineage, giver=giver)


def _address_here(
    session: Session,
    plan: Plan,
    made: Mapping[str, _Place],
    place: _Place,
    entry: RemoteObject,
    giver: str,
) -> str:
    """What a plan makes that an object seems to be which another stack has no longer; or empty.

    Its address says so if this stack has no state, and its fields say so anyway.
    """
    graphs = {graph.stack.name: graph for graph in session.graphs}
    _, stamped = read_stamp(entry) or ("", "")
    theirs = graphs.get(giver)
    if "/" in giver or (theirs is not None and stamped in theirs.declarations):
        return ""
    if session.loaded[plan.stack] is None and (
        theirs is not None or giver not in stack_files(session.context.settings.stacks)
    ):
        moves = graphs[plan.stack].stack.received if plan.stack in graphs else ()
        return next(
            (str(move.new) for move in moves if (move.stack, move.old) == (giver, stamped)), stamped
        )
    kind, known = session.context.schemas[place[0]], _ids_known(session.states[plan.stack], plan)
    for step in plan.steps:
        declared = step.record.declared if step.record is not None else {}
        made_here = step.kind is StepKind.CREATE and made.get(step.address) == place
        if made_here and is_like(kind, resolve(declared, known), entry):
            return step.address
    return ""


def _names(session: Session, plan: Plan, *, foreign: bool) -> Iterator[tuple[str, str]]:
    """The names that resources had when they were stamped: a move does not rewrite a stamp.

    Args:
        session: The session of the run.
        plan: The plan.
        foreign: The stamps are of a lineage that no state has: a stack that gave all it had away.
    """
    for graph in session.graphs:
        if graph.stack.name == plan.stack:
            received = graph.stack.received if foreign else ()
            yield from ((move.old, move.new) for move in (*graph.stack.moves, *received))


def _refusals(session: Session, plan: Plan, unknown: Sequence[_Unknown]) -> Iterator[Refusal]:
    """Why these must not be made, by whose stamps they carry, and the ways on."""
    lineage, advice = session.states[plan.stack].lineage, session.context.advice(plan.stack)
    force = " --force" if session.loaded[plan.stack] is not None else ""
    for moved in (False, True):
        some = sorted(
            (one for one in unknown if bool(one.giver) is moved), key=lambda one: one.address
        )
        if not some:
            continue
        named = ", ".join(f"{one.address} ({one.id})" for one in some[:_SHOWN])
        more = f", and {len(some) - _SHOWN:,} more" if len(some) > _SHOWN else ""
        others = sorted({one.lineage for one in some} - {lineage})
        stamps, last = "", "If another project made it, give yours another name"
        if moved:
            stamps = f", with the stamp of {some[0].giver}, which no state records any more"
            last = (
                f'If it is to be taken from now on, write import_("{some[0].address}", '
                f'"{some[0].id}"). If it is to stay next to the new one, take the key '
                f"{STAMP_KEY!r} out of its metadata"
            )
        elif others:
            stamps = f", with stamps of another state, lineage {' and '.join(others)}"
        yield Refusal(
            f"this plan would make a second time what is on the account: {named}{more}{stamps}. "
            f"The state of {plan.environment}/{plan.stack} does not know it, so it is older than "
            f"the account, or was lost. Take the newer state ({advice.newest}), or make it again "
            f"from the account (engine state rebuild {plan.stack}{force}). {last}",
            PlanRule.STATE_OLDER_THAN_ACCOUNT,
            address=some[0].address if len(some) == 1 else "",
        )
