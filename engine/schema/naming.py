"""What people would call the objects of one type, as data."""

from __future__ import annotations

from engine.frozen import frozen


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
    """

    under: str = ""
    fields: tuple[str, ...] = ("nickname", "name", "display_name", "title", "label", "description")
    with_fields: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()
