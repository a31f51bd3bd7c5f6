"""Choose the objects whose users are counted: those that a plan ends, or changes for others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.address import ResourceAddress
from engine.catalog.loader import usage
from engine.frozen import frozen
from engine.operations.run.session import Session
from engine.plan.model import Action, Change, Plan, Reason
from engine.schema.lifecycle import Verb
from engine.schema.remote import RemoteObject, id_of
from engine.schema.resource_type import ResourceType
from engine.schema.usage import Usage
from engine.state.model import ResourceState
from engine.values.paths import Path, parse_path
from engine.values.secret import is_secret
from engine.values.tree import scalars


@frozen
class Touched:
    """One object that a plan ends or changes.

    Attributes:
        stack: The stack that manages it.
        address: The resource.
        kind: Its type.
        id: Stripe's id.
        account: Connected account it is on; empty for the key's own.
        ends: It ends, or another one takes its place.
        usage: What can use it.
        found: It, as it was read; None if it was not.
        hidden: Paths of what may not be shown of it: what is declared as a secret, now or before.
    """

    stack: str
    address: ResourceAddress
    kind: ResourceType
    id: str
    account: str
    ends: bool
    usage: Usage
    found: RemoteObject | None
    hidden: frozenset[Path] = frozenset()


def touched_by(session: Session, plans: Sequence[Plan]) -> Iterator[Touched]:
    """Yield the objects that plans end or change for those who use them, in the plans' order."""
    for plan in plans:
        prior, observed = session.prior[plan.stack], session.observed[plan.stack]
        for change in plan.pending:
            kind = session.context.schemas[change.type]
            known = usage(kind.object)
            ends = ends_by(change, kind)
            if not change.id or not (ends or (known is not None and _changes(change, known))):
                continue
            entry = prior.at(change.address)
            read = observed.objects.get(change.address)
            yield Touched(
                stack=plan.stack,
                address=change.address,
                kind=kind,
                id=change.id,
                account=entry.removal_policy.account if entry is not None else change.account,
                ends=ends,
                usage=known or Usage(),
                hidden=frozenset(_hidden(change, entry)),
                # What an earlier replacement left is another object under the same address.
                found=read if read is not None and id_of(read) == change.id else None,
            )


def _hidden(change: Change, entry: ResourceState | None) -> Iterator[Path]:
    """Yield the paths of leaves that are secrets in the declaration or in the state."""
    yield from (field.path for field in change.fields if field.sensitive)
    if entry is not None:
        recorded = (entry.declared, entry.attributes)
        yield from (path for side in recorded for path, value in scalars(side) if is_secret(value))


def ends_by(change: Change, kind: ResourceType) -> bool:
    """Whether an object ends: removed, replaced, or archived by what is declared of it."""
    if change.action in (Action.DELETE, Action.REPLACE):
        removed = change.removal is not None and change.removal.verb is not Verb.KEEP
        return removed and Reason.MISSING not in change.reasons
    after = {entry.path: entry.after for entry in change.fields}
    return change.action is Action.UPDATE and any(
        removal.params
        and all(after.get((name,)) == value for name, value in removal.params.items())
        for removal in kind.life.removals
    )


def _changes(change: Change, known: Usage) -> bool:
    """Whether an update changes what those who use an object see of it."""
    also = {parse_path(path) for path in known.also}
    return change.action is Action.UPDATE and any(
        entry.path[: len(path)] == path for entry in change.fields for path in also
    )
