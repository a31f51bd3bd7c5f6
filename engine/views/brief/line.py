"""What a change does to an object in one line: `$20.00 -> $24.00 a month, +20 %`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from engine.plan.model import Action, Change, Reason
from engine.schema.lifecycle import Verb
from engine.schema.resource_type import ResourceType
from engine.views import vocabulary
from engine.views.brief.differences import currencies_of, differences
from engine.views.brief.names import ObjectNames
from engine.views.brief.phrase import phrase
from engine.views.naming import leaves_that_tell

ENDS = (Action.DELETE, Action.FORGET)
"""Actions after which nothing manages the object."""
_MADE = (Action.CREATE, Action.READ)


class Brief(NamedTuple):
    """One line in its two parts.

    Attributes:
        what: What an object is, or what becomes of it: `$20.00 -> $24.00 a month, +20 %`.
        end: What becomes of the object that ends: `the old price is archived`; may be empty.
    """

    what: str
    end: str = ""


def brief(change: Change, names: ObjectNames) -> Brief:
    """Say what happens to an object in one line, without its name and its action."""
    kind = names.schemas.get(change.type)
    if kind is None:
        return Brief("")
    left = _left(change, kind, names)
    if change.action in ENDS:
        return Brief(", ".join([*_what(kind, change, change.before, names), *left]), _end(change))
    if change.action in _MADE:
        return Brief(", ".join(_what(kind, change, change.after, names)))
    parts, end = [*differences(change, kind, names), *left], _old(change, kind)
    if not parts and not end and change.action is not Action.MOVE:
        parts = [*_what(kind, change, change.after, names)]
    if change.moved_from is not None:
        parts.append(f"was {change.moved_from}")
    return Brief(", ".join(parts), end)


def _left(change: Change, kind: ResourceType, names: ObjectNames) -> Iterator[str]:
    """The objects that it replaced earlier and that are removed only now, by their ids."""
    left = [id for id in names.removed.get(change.address, ()) if id != change.id]
    if left:
        noun, is_ = (kind.title, "is") if len(left) == 1 else (f"{kind.title}s", "are")
        yield f"the {noun} that it replaced {is_} removed [{', '.join(left)}]"


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


def _old(change: Change, kind: ResourceType) -> str:
    """What becomes of the object that another one replaces; empty if there is none."""
    if change.action is not Action.REPLACE:
        return ""
    if change.removal is None:
        return f"the old {kind.title} is gone already"
    if change.removal.verb is Verb.KEEP:
        return f"the old {kind.title} stays on Stripe"
    first = "" if change.create_first else " first"
    return f"the old {kind.title} is {vocabulary.ended(change.removal.verb)}{first}"
