"""What a declaration claims with a natural key."""

from __future__ import annotations

from typing import Any

import pytest

from engine.catalog import loader
from engine.plan.compare.natural_keys import Claim, claim_of
from engine.values.markers import UNKNOWN


@pytest.mark.parametrize(
    ("feature", "product", "claim"),
    [
        ("feat_1", "prod_1", Claim(("feat_1", "prod_1"))),
        ("feat_1", UNKNOWN, None),
        (UNKNOWN, "prod_1", None),
        (None, "prod_1", None),
    ],
)
def test_a_key_of_two_fields(feature: Any, product: Any, claim: Claim | None) -> None:
    """A product has a feature once; what is claimed is not known before both of them are."""
    kind = loader.by_object("product_feature")
    (key,) = kind.life.natural_keys
    assert claim_of(kind, key, {"entitlement_feature": feature, "product": product}) == claim
