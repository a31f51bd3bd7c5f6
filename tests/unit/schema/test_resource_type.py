"""What a resource type says about its objects."""

from __future__ import annotations

import pytest

from engine.catalog import loader


@pytest.mark.parametrize(
    ("type_name", "id", "own"),
    [
        ("stripe_product_feature", "prod_1/feat_2", "feat_2"),
        ("stripe_coupon", "spring/2026", "spring/2026"),
    ],
)
def test_others_refer_to_the_own_id(type_name: str, id: str, own: str) -> None:
    """A child is addressed with its parent; an id that an author chose may have a slash in it."""
    assert loader.resource_type(type_name).own_id(id) == own
