"""Count what uses the objects that plans end or change.

What cannot be counted is named with the reason: a plan is never refused for it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from engine.catalog.loader import type_name
from engine.frozen import frozen
from engine.operations.impact.lists import Counted, Lists, asked_about
from engine.operations.impact.states import Names, Resource, shown
from engine.operations.impact.touched import Touched, ends_by, touched_by
from engine.operations.run.session import Session
from engine.plan.impact import Impact, Use
from engine.plan.inputs.ownership import ObjectKey
from engine.plan.model import Action, Change, Plan
from engine.schema.resource_type import Schemas
from engine.schema.usage import Usage, UsedBy
from engine.values.paths import get_path, parse_path
from engine.values.tree import scalars

_NOT_ASKED = "Stripe was not asked (--no-refresh)"
_NOT_READ = "it was not read"
_NAMED = 10
"""Ids of one sort that are kept; more are only counted."""


def impacts_of(
    session: Session,
    plans: Sequence[Plan],
    *,
    refresh: bool = True,
    ended_only: bool = False,
) -> tuple[Impact, ...]:
    """Count what uses the objects that plans end, or change for those who use them.

    What was counted is kept by the session, so that it is asked for once.

    Args:
        session: The session that has made the plans.
        plans: All of its plans.
        refresh: Ask Stripe; without it only what the states know is counted.
        ended_only: Count for objects that end, and not for those that only change.

    Returns:
        The impacts, in the order of the changes.
    """
    objects = [one for one in touched_by(session, plans) if one.ends or not ended_only]
    new = [one for one in objects if (one.stack, one.address) not in session.impacts]
    if new:
        lists = Lists(session.provider, session.context.schemas) if refresh else None
        if lists is not None:
            lists.read_for(new)
        removed = frozenset(_removed(plans, session.context.schemas))
        changes: dict[Resource, Change] = {
            (plan.stack, one.address): one for plan in plans for one in plan.pending
        }
        count = _Count(lists, Names(session, new), removed, changes)
        session.impacts.update({(one.stack, one.address): count.of(one) for one in new})
    found = (session.impacts[one.stack, one.address] for one in objects)
    return tuple(impact for impact in found if impact is not None)


def _removed(plans: Sequence[Plan], schemas: Schemas) -> Iterator[Resource]:
    """The resources that plans remove: they lose nothing by what else the plans end."""
    for plan in plans:
        for change in plan.pending:
            if change.action is Action.DELETE and ends_by(change, schemas[change.type]):
                yield plan.stack, change.address


@frozen(kw_only=False)
class _Count:
    """What impacts are made from.

    Attributes:
        lists: The lists; None if Stripe was not asked.
        names: What the states know.
        removed: What the plans remove.
        changes: What they do to each resource that they change.
    """

    lists: Lists | None
    names: Names
    removed: Collection[Resource]
    changes: Mapping[Resource, Change]

    def of(self, used: Touched) -> Impact | None:
        """What uses one object; None if nothing is known that could."""
        unread: dict[str, str] = {}
        uses = [*self._own(used, unread), *self._listed(used, unread)]
        named = {name for use in uses for name in use.where}
        others = [
            name
            for resource in self.names.elsewhere(used)
            if resource not in self.removed and (name := shown(resource, used.stack)) not in named
        ]
        if others:
            uses.append(Use(what="resources", count=len(others), where=tuple(sorted(others))))
        if used.usage.unlisted and used.ends:
            unread[used.usage.unlisted] = "Stripe has no list of them"
        if not uses and used.usage == Usage():
            return None
        return Impact(
            stack=used.stack,
            address=used.address,
            id=used.id,
            uses=tuple(uses),
            unread=_reasons(unread),
        )

    def _own(self, used: Touched, unread: dict[str, str]) -> Iterator[Use]:
        for own in used.usage.own:
            if used.found is None:
                unread[own.words] = _NOT_ASKED if self.lists is None else _NOT_READ
                continue
            path = parse_path(own.at)
            value = get_path(used.found, path)
            note = own.note if used.ends else ""
            if isinstance(value, int) and value:
                yield Use(what=own.words, count=value, note=note)
            elif value:
                texts = (value,) if isinstance(value, str) else tuple(map(str, value))
                hidden = any(secret[: len(path)] == path for secret in used.hidden)
                where = () if hidden else texts
                yield Use(what=own.words, count=len(texts), where=where, note=note)

    def _listed(self, used: Touched, unread: dict[str, str]) -> Iterator[Use]:
        for by in asked_about(used):
            if self.lists is None:
                unread[by.words] = _NOT_ASKED
                continue
            counted = self.lists.count(by, used.account, used.id)
            if counted.unread:
                unread[by.words] = counted.unread
            use = self._use(used, by, counted)
            if use.count:
                yield use

    def _use(self, used: Touched, by: UsedBy, counted: Counted) -> Use:
        """Those that one list shows; what the plans remove themselves is left out."""
        type = type_name(by.object)
        owners = {id: self.names.owner(ObjectKey(type, used.account, id)) for id in counted.objects}
        staying = {id: owner for id, owner in owners.items() if owner not in self.removed}
        note = by.note if used.ends else ""
        if not counted.more and all(self._follows(owner, used) for owner in staying.values()):
            note = f"this plan changes {'it' if len(staying) == 1 else 'them'} too"
        return Use(
            what=by.words,
            count=len(staying),
            more=counted.more,
            where=tuple(sorted(shown(owner, used.stack) for owner in staying.values() if owner))
            if by.named
            else (),
            unmanaged=tuple(id for id, owner in staying.items() if not owner)[:_NAMED]
            if by.named
            else (),
            note=note,
        )

    def _follows(self, owner: Resource | None, used: Touched) -> bool:
        """Whether the plans make a resource name another object in the place of one."""
        change = self.changes.get(owner) if owner is not None else None
        return change is not None and any(
            value == used.id for field in change.fields for _, value in scalars(field.before)
        )


def _reasons(unread: Mapping[str, str]) -> str:
    """What was not counted, each reason once."""
    by_reason: dict[str, list[str]] = {}
    for words, reason in unread.items():
        by_reason.setdefault(" ".join(reason.split()).rstrip("."), []).append(words)
    return "; ".join(f"{', '.join(words)} ({reason})" for reason, words in by_reason.items())
