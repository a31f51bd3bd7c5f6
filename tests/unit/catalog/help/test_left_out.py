"""What the help says of a field that is taken out of the code is what a plan does."""

from __future__ import annotations

from typing import Any

import pytest

from engine.catalog import loader
from engine.catalog.help.left_out import LeftOut, left_out
from engine.plan.compare.compare_fields import Comparison
from engine.plan.compare.field_changes import field_changes
from engine.plan.model import FieldReason
from engine.schema.attribute import Attribute, Kind, walk
from engine.values.markers import ABSENT
from engine.values.paths import Path, parse_path, set_path

COMPOUND = (Kind.OBJECT, Kind.LIST, Kind.MAP)


def _what_a_plan_does(name: str, path: Path, attribute: Attribute) -> LeftOut:
    """The plan where the field had a value, and is no longer declared, while the rest is."""
    kind = loader.resource_type(name)
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    set_path(before, path, 7 if attribute.kind is not Kind.STRING else "seven")
    set_path(after, path, 0)
    inner = after
    for part in path[:-1]:
        inner = inner[str(part)]
    del inner[str(path[-1])]
    (change,) = field_changes(kind, Comparison(before, after), after, before, before, frozenset())
    if change.forces_replacement:
        return LeftOut.REPLACES
    if change.reason is FieldReason.STAYS:
        return LeftOut.STAYS
    return LeftOut.CLEARED if change.after is ABSENT else LeftOut.DEFAULT


@pytest.mark.parametrize("name", sorted(loader.schemas()))
def test_it_is_what_a_plan_does(name: str) -> None:
    """Over all leaves of all types that are in no list or map."""
    kind = loader.resource_type(name)
    fields = [
        (path, field)
        for path, field in walk(kind.root)
        if field.declarable and not field.required and "*" not in path
    ]
    leaves = [(path, field) for path, field in fields if field.kind not in COMPOUND]
    said = {path: left_out(kind, path) for path, _ in leaves}
    assert said == {path: _what_a_plan_does(name, path, field) for path, field in leaves}


@pytest.mark.parametrize(
    ("type_name", "field", "expected"),
    [
        ("stripe_price", "currency", LeftOut.REFUSED),
        ("stripe_price", "unit_amount", LeftOut.REPLACES),
        ("stripe_price", "recurring", LeftOut.REPLACES),
        ("stripe_price", "active", LeftOut.DEFAULT),
        ("stripe_price", "nickname", LeftOut.STAYS),
        ("stripe_price", "lookup_key", LeftOut.STAYS),
        ("stripe_price", "product_data", LeftOut.STAYS),
        ("stripe_price", "metadata", LeftOut.CLEARED),
        ("stripe_price", "metadata.*", LeftOut.CLEARED),
        ("stripe_price", "currency_options", LeftOut.CLEARED),
        ("stripe_price", "created", LeftOut.COMPUTED),
        ("stripe_product", "description", LeftOut.CLEARED),
        (
            "stripe_billing_portal_configuration",
            "features.subscription_update.products.*.adjustable_quantity",
            LeftOut.GOES,
        ),
        ("stripe_billing_portal_configuration", "business_profile", LeftOut.BY_FIELD),
        ("stripe_price", "product_data.name", LeftOut.REFUSED),
        ("stripe_price", "product_data.unit_label", LeftOut.REPLACES),
        # An update leaves the items of a subscription as they are, but for what it mentions.
        ("stripe_subscription", "items.*.quantity", LeftOut.DEFAULT),
    ],
)
def test_the_effects(type_name: str, field: str, expected: LeftOut) -> None:
    """One of each, and of the lists that are sent whole or element by element."""
    assert left_out(loader.resource_type(type_name), parse_path(field)) is expected
