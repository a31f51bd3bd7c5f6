"""What a change does to an object in one line: `$20.00 -> $24.00 a month, +20 %`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.plan.model import Action, Change, Reason
from engine.schema.lifecycle import Verb
from engine.schema.resource_type import ResourceType
from engine.views import vocabulary
from engine.views.brief.differences import currencies_of, differences
from engine.views.brief.names import ObjectNames
from engine.views.brief.phrase import phrase
from engine.views.naming import leaves_that_tell

_ENDS = (Action.DELETE, Action.FORGET)
_MADE = (Action.CREATE, Action.READ)


def brief(change: Change, names: ObjectNames) -> str:
    """Say what happens to an object in one line, without its name and its action."""
    kind = names.schemas.get(change.type)
    if kind is None:
        return ""
    if change.action in _ENDS:
        what = ", ".join(_what(kind, change, change.before, names))
        return "; ".join(filter(None, [what, _end(change)]))
    if change.action in _MADE:
        return ", ".join(_what(kind, change, change.after, names))
    parts = [*differences(change, kind, names), *_old(change, kind)]
    if not parts and change.action is not Action.MOVE:
        parts = [*_what(kind, change, change.after, names)]
    if change.moved_from is not None:
        parts.append(f"was {change.moved_from}")
    return ", ".join(parts)


def _what(
    kind: ResourceType, change: Change, values: Mapping[str, Any], names: ObjectNames
) -> Iterator[str]:
    """What an object is: its phrase, or else the fields that people know it by."""
    words = phrase(kind, values, lists=True)
    if words:
        yield words
        yield from currencies_of(kind, values)
        return
    named = names.of(change)
    for leaf in leaves_that_tell(kind, values, closely=True):
        if leaf.text.strip('"') not in named:
            yield f"{leaf.name}: {leaf.text}"


def _end(change: Change) -> str:
    """What becomes of an object that is no longer managed."""
    if change.removal is not None and change.removal.verb is not Verb.KEEP:
        return vocabulary.ended(change.removal.verb)
    if Reason.MISSING in change.reasons or (
        change.action is Action.DELETE and change.removal is None
    ):
        return "gone from Stripe already"
    return "has ended already" if Reason.PAST in change.reasons else "stays on Stripe"


def _old(change: Change, kind: ResourceType) -> Iterator[str]:
    """What becomes of the object that another one replaces."""
    superseded = change.reasons == (Reason.SUPERSEDED,)
    if change.action is not Action.REPLACE and not superseded:
        return
    if superseded:
        yield f"the {kind.title} that it replaced is removed"
    elif change.removal is None:
        yield f"the old {kind.title} is gone already"
    elif change.removal.verb is Verb.KEEP:
        yield f"the old {kind.title} stays on Stripe"
    else:
        first = "" if change.create_first else " first"
        yield f"the old {kind.title} is {vocabulary.ended(change.removal.verb)}{first}"
