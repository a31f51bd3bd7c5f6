"""What uses the objects of a type, and how that is counted, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from types import MappingProxyType
from typing import Any

from engine.frozen import frozen


@frozen
class UsedBy:
    """One sort of objects that use another, and the list that shows them.

    Attributes:
        object: Their object name, e.g. `subscription`.
        words: What people call them, in the plural of one more letter: `active subscriptions`.
        filter: List filter that takes the id of what is used, dotted, e.g. `price`; empty if none
            does, so that the list is read once and compared with all objects of a plan.
        at: Of such a list: fields that hold ids of what is used, dotted, `*` for every element.
        variants: Further filters; what any of these lists shows is counted, e.g. active and
            archived prices.
        among: Leaves of an object that is counted, with their values, e.g. a `status`.
        when: Leaves of what is used, with the values of objects that can be used like this at all,
            e.g. the `type` of a recurring price; others cost no request.
        expand: Fields that the list holds only if they are expanded.
        through: What is used is used through these, e.g. a product through its prices.
        pages: Most pages that are read; where that does not reach the end, there are more.
        named: They are few and known by name, so that each is named; others are only counted.
        note: What it means for them that the object ends: `they keep paying the old price`.
    """

    object: str
    words: str
    filter: str = ""
    at: tuple[str, ...] = ()
    variants: tuple[Mapping[str, Any], ...] = (MappingProxyType({}),)
    among: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    when: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    expand: tuple[str, ...] = ()
    through: UsedBy | None = None
    pages: int = 1
    named: bool = False
    note: str = ""


@frozen
class OwnUse:
    """A field of an object itself that says how it is used: a number, a text or a list of texts.

    Attributes:
        at: The field, dotted, e.g. `times_redeemed`.
        words: What it counts or names, in the plural of one more letter: `redemptions`.
        note: What it means that the object ends.
    """

    at: str
    words: str
    note: str = ""


@frozen
class Usage:
    """What uses the objects of one type.

    Attributes:
        own: What an object itself says.
        by: What lists show.
        also: Fields that those who use an object see or depend on: a change of them is counted like
            an end.
        unlisted: What may use an object, and Stripe has no list of; empty if lists show all.
    """

    own: tuple[OwnUse, ...] = ()
    by: tuple[UsedBy, ...] = ()
    also: tuple[str, ...] = ()
    unlisted: str = ""


@frozen
class Subscribing:
    """How customers are subscribed to the objects of a type: what is agreed with each of them.

    Attributes:
        by: Object name of that agreement, e.g. `subscription`. It has `items`.
        named: The list filter of agreements, and the field of an item, that name the object, e.g.
            `price`.
    """

    by: str
    named: str
