"""What can be known of a field in addition to its shape: each semantic is declared here alone.

The attributes of a resource type and the fields of a row both inherit these. The merge of the two,
the quick comparison of unchanged resources, the pages of the types and the documentation read what
is declared with each. To add a semantic, add a field here and the code that uses it.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import field, fields
from types import MappingProxyType
from typing import Any

from engine.frozen import frozen
from engine.values.markers import ABSENT


class ListOrder(enum.StrEnum):
    """What the order of a list means."""

    ORDERED = "ordered"
    SET = "set"
    KEYED = "keyed"


@frozen
class Semantic:
    """What is known of one semantic itself.

    Attributes:
        literal: Values that are equal, character for character, are still equal with it. If not,
            declared, recorded and returned values have to be normalized before they are compared.
        remark: How the page of a type says it, `{value}` for its value; empty if it does not.
        inherited: All that is below the field has it too, so a page says it once, at the top.
    """

    literal: bool
    remark: str = ""
    inherited: bool = False


def _semantic(*, default: Any, literal: bool, remark: str = "", inherited: bool = False) -> Any:
    """Declare a semantic: a field of a data class that carries what is known of it."""
    about = {"semantic": Semantic(literal=literal, remark=remark, inherited=inherited)}
    if isinstance(default, MappingProxyType):  # which older Pythons take for mutable
        return field(default_factory=lambda: default, metadata=about)
    return field(default=default, metadata=about)


_NONE: Mapping[Any, Any] = MappingProxyType({})


@frozen(eq=False)
class Semantics:
    """All semantics of one field; what is not given is not so."""

    immutable: bool = _semantic(
        default=False, literal=True, remark="a change replaces", inherited=True
    )
    """A change forces replacement, e.g. the `currency` of a price."""

    frozen: tuple[Any, ...] = _semantic(default=(), literal=True)
    """Values from which it cannot change: leaving one forces replacement, e.g. `inclusive` in the
    `tax_behavior` of a price.
    """

    add_only: bool = _semantic(default=False, literal=True)
    """A map whose new keys are updates and whose changed entries force replacement, e.g. the
    `currency_options` of a coupon.
    """

    clearable: bool = _semantic(default=False, literal=True, remark="can be cleared")
    """An update takes an empty value for it."""

    neutral: Any = _semantic(default=ABSENT, literal=True)
    """The value that means the same as none, e.g. `True` in `active` of a price; ABSENT if there is
    no such value.
    """

    write_only: bool = _semantic(
        default=False, literal=False, remark="never returned by Stripe", inherited=True
    )
    """Requests take it and responses never hold it, e.g. `product_data` of a price."""

    implied: Any = _semantic(default=ABSENT, literal=True)
    """Of a write-only field, the value that it has wherever the response holds the object around
    it, e.g. `True` in `custom_unit_amount.enabled` of a price; ABSENT if that shows nothing.
    """

    generated: str = _semantic(default="", literal=True)
    """Regular expression of the values that Stripe generates where none is chosen, without being
    the same as none: `prod_` and 14 letters and digits in the `id` of a product; empty if it
    generates none.
    """

    copied: str = _semantic(default="", literal=True)
    """Where Stripe copies the value from if a create leaves it out: a dotted path in the response,
    from the object that holds this field, e.g. `created` for `effective_at` of a credit grant.
    """

    follows_from: str = _semantic(default="", literal=True)
    """Field next to it from which its value follows, wherever the response has a value there, so
    that only that one is declared, e.g. `promotion_code` next to `coupon` in a discount.
    """

    makes: str = _semantic(default="", literal=True)
    """Of a write-only object, the field next to it in which the response has the object that Stripe
    makes from it, for this one alone and archived, e.g. `price` next to `price_data`.
    """

    sensitive: bool = _semantic(default=False, literal=False, remark="sensitive")
    """Never shown and never stored, e.g. the `secret` of a webhook endpoint."""

    open_values: bool = _semantic(default=False, literal=True)
    """An enum that takes further values, e.g. an `api_version`."""

    words: Mapping[Any, Any] = _semantic(default=_NONE, literal=False)
    """Literals it takes in addition to its kind, each with what the response holds in its place,
    e.g. `inf` for null in `up_to` of a tier.
    """

    resolved: bool = _semantic(default=False, literal=False)
    """The response holds what its words came to, so that a declared word is equal to any value but
    none, e.g. `now` as a moment in `expires_at` of a file link.
    """

    reference: str = _semantic(default="", literal=True)
    """Object name that an id in it names, e.g. `tax_code`; empty if it is no id."""

    order: ListOrder = _semantic(default=ListOrder.ORDERED, literal=True)
    """Of a list, what its order means, e.g. nothing in `enabled_events` of a webhook endpoint."""

    key: str = _semantic(default="", literal=True, remark="elements align by {value}")
    """Of a keyed list, or of one with a handle, the field that aligns elements, e.g. `product` in
    the products of a portal; empty if their position does.
    """

    chooser: str = _semantic(default="", literal=True)
    """Of an object, the field whose value names the one of its objects that is set: to choose
    another removes the first, e.g. `type` next to `redirect` in `after_completion` of a payment
    link; empty if it has none.
    """

    handle: str = _semantic(default="", literal=True)
    """Of a list of objects, the field by which an update names an element that exists, filled in
    from the response, e.g. `id` in the items of a subscription; empty if an update sends the list
    as it is declared.
    """

    drop: Mapping[str, Any] = _semantic(default=_NONE, literal=True)
    """Of a list with a handle, what an update sends for an element to be removed, in addition to
    the handle, e.g. `deleted: True`; empty if elements cannot be removed.
    """

    whole: bool = _semantic(default=False, literal=True)
    """Of a list with a handle: an update sends all of an element, and what it leaves out is
    removed, e.g. the phases of a subscription schedule; otherwise it stays as it is.
    """

    source: str = _semantic(default="", literal=False)
    """Where the response holds the value, if not under the same name: a dotted path from the object
    that holds this field, e.g. `status` for `disabled` of a webhook endpoint.
    """

    source_words: Mapping[Any, Any] = _semantic(default=_NONE, literal=False)
    """Values in the response with the values that the parameter has for them, e.g. `enabled` for
    `disabled: False`.
    """

    currency: bool = _semantic(default=False, literal=True)
    """The code of a currency."""

    currency_keys: bool = _semantic(default=False, literal=True)
    """A map whose keys are codes of currencies, e.g. `currency_options` of a price."""

    fold_case: bool = _semantic(default=False, literal=True)
    """Upper and lower case mean the same, and Stripe stores lower case, e.g. a `currency`."""

    lowered: bool = _semantic(default=False, literal=False)
    """Stripe may store it in lower case, depending on data that the object does not show, e.g. the
    `value` of a value list's item. A response in lower case equals a declaration that did not
    change; a change of case alone is a change.
    """

    min_length: int = _semantic(default=0, literal=True)
    """Shortest length of a string or a list; 0 if any."""

    max_length: int = _semantic(default=0, literal=True)
    """Longest length of a string, a list or a map; 0 if unlimited."""

    pattern: str = _semantic(default="", literal=True)
    """Regular expression that the whole string, or each key of a map, has to match; empty if any
    does.
    """

    says: str = _semantic(default="", literal=True)
    """What the pattern asks for, in a sentence, with `{value}` for what was written."""

    least: int | None = _semantic(default=None, literal=True)
    """Smallest number it takes, 0 for an amount; None if it takes any."""

    above: int | None = _semantic(default=None, literal=True)
    """Number it has to be greater than; None if it takes any."""

    most: int | None = _semantic(default=None, literal=True)
    """Largest number it takes; None if it takes any."""

    money: str = _semantic(default="", literal=True, remark="minor units")
    """Path of the currency that an amount in minor units is in, e.g. `currency`, from the innermost
    object around the amount that has it; `*` for the key of the map that holds the amount; empty if
    it is no amount.
    """


SEMANTICS: Mapping[str, Semantic] = {
    declared.name: declared.metadata["semantic"] for declared in fields(Semantics)
}
"""What is known of each semantic, by its name."""
