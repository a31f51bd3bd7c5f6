"""What people would call the objects of one type, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from engine.frozen import frozen


@frozen(kw_only=False)
class Words:
    """A part of the phrase that says what an object is, e.g. `{percent_off} % off`.

    It is left out where the object has no value for one of its fields.

    Attributes:
        text: The words, with the dotted paths of fields in braces. An amount is written with its
            currency and interval, or with `{unit_amount:alone}` without the interval. With a noun,
            `{enabled_events:event}`, a number or the length of a list is written: `3 events`.
        when: Dotted paths with the value that each must have.
        zero: The words in the place of `text` where an amount in it is zero, e.g. `free`.
    """

    text: str
    when: Mapping[str, Any] = field(default_factory=dict)
    zero: str = ""


@frozen
class Naming:
    """From which of its fields a logical name is made, where no natural key gives one.

    All are dotted paths in the object as Stripe returns it. Where one holds the id of another
    object, its word is that object's name.

    Attributes:
        under: Field that refers to the object that it belongs to and is written below, e.g.
            `product` of a price.
        fields: Fields that name it, best first.
        with_fields: Fields whose words are part of a name that no key gave, e.g. the interval of a
            price.
        apart: Fields whose words set equal names apart, most telling first, e.g. the currency.
        phrase: What an object is in one line, with its money: `25 % off for 3 months`. Not for
            logical names.
        parts: The same of the elements of a list in it, by the path of the list.
    """

    under: str = ""
    fields: tuple[str, ...] = ("nickname", "name", "display_name", "title", "label", "description")
    with_fields: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()
    phrase: tuple[Words, ...] = ()
    parts: Mapping[str, tuple[Words, ...]] = field(default_factory=dict)
