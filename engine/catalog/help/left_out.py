"""What happens to a value on Stripe whose field is taken out of the code.

It says beforehand what a plan finds out by comparing (`engine.plan.compare.field_changes`); a test
holds the two together, over the fields of all types.
"""

from __future__ import annotations

import enum

from engine.schema.attribute import Attribute, Kind
from engine.schema.resource_type import ResourceType
from engine.values.markers import ABSENT
from engine.values.paths import Path, dotted


class LeftOut(enum.StrEnum):
    """What leaving a field out of the code does.

    Attributes:
        REFUSED: A declaration needs it.
        REPLACES: The object is replaced by one without it.
        CLEARED: An update empties it.
        DEFAULT: An update sets it to the value that means the same as none.
        STAYS: Nothing: Stripe has no way to empty it, and its value stays.
        GOES: The list is sent anew, and the element has no such value any more.
        BY_FIELD: What is in it is treated field by field.
        COMPUTED: It cannot be declared.
    """

    REFUSED = "refused"
    REPLACES = "replaces"
    CLEARED = "cleared"
    DEFAULT = "default"
    STAYS = "stays"
    GOES = "goes"
    BY_FIELD = "by-field"
    COMPUTED = "computed"


def left_out(kind: ResourceType, path: Path) -> LeftOut:
    """What leaving a field out does, where what is around it stays declared.

    Args:
        kind: The type.
        path: Of a field that it has; `*` for an element of a list or a map.
    """
    attribute = kind.root.at(path) or kind.root
    if not attribute.declarable:
        return LeftOut.COMPUTED
    if attribute.required:
        return LeftOut.REFUSED
    if attribute.immutable:
        return _of_immutable(kind, path, attribute)
    return LeftOut.GOES if _is_sent_whole(kind, path) else _of_changeable(path, attribute)


def _of_changeable(path: Path, attribute: Attribute) -> LeftOut:
    if attribute.clearable or path[-1] == "*" or _is_text_map(attribute):
        return LeftOut.CLEARED
    if attribute.kind in (Kind.OBJECT, Kind.MAP):
        return LeftOut.BY_FIELD
    if attribute.neutral not in (ABSENT, None, []):
        return LeftOut.DEFAULT
    return LeftOut.STAYS


def _of_immutable(kind: ResourceType, path: Path, attribute: Attribute) -> LeftOut:
    keys = kind.life.natural_keys
    # What Stripe chooses when no value is sent is no reason to create a new object.
    made_up = any(key.attribute == dotted(path) and key.unique for key in keys)
    # Nor is a value that no response shows, unless the field has a neutral value. What is in such a
    # field that stays declared is a change of it.
    write_only = next((where for where, one in kind.root.along(path) if one.write_only), None)
    unseen = write_only == path
    return (
        LeftOut.STAYS if made_up or (unseen and attribute.neutral is ABSENT) else LeftOut.REPLACES
    )


def _is_sent_whole(kind: ResourceType, path: Path) -> bool:
    """Whether a field is in an element of a list, which is sent as the code has it."""
    for _, around in kind.root.along(path[:-1]):
        if around.kind is Kind.LIST:
            return not around.handle or around.whole
    return False


def _is_text_map(attribute: Attribute) -> bool:
    element = attribute.element
    return attribute.kind is Kind.MAP and element is not None and element.kind is Kind.STRING
