"""What a customer may use, and at what trial price."""

from __future__ import annotations

from collections.abc import Mapping

from engine.catalog.rows import Field, Row
from engine.catalog.semantics.shared import (
    ACTIVE_AGAIN,
    ARCHIVE,
    COUNT,
    DEACTIVATE,
    DELETE,
    METADATA,
)
from engine.catalog.semantics.shared_rules import active_only
from engine.schema.lifecycle import Ending, Life, NaturalKey
from engine.schema.naming import Naming
from engine.schema.rules import Rule, RuleKind

FEATURE = Row(
    face="Feature",
    title="feature",
    stack="catalog",
    id_prefix="feat_",
    life=Life(
        removals=(ARCHIVE,),
        # R: an archived feature can be neither edited nor brought back.
        ending=Ending(
            leaves={"active": (False,)}, explained_by=("active",), finished={"active": (False,)}
        ),
        natural_keys=(
            NaturalKey(
                attribute="lookup_key",
                filter="lookup_key",
                # D: the list leaves archived ones out unless it is asked for them.
                variants=({"archived": False}, {"archived": True}),
            ),
        ),
    ),
    fields={
        **METADATA,
        "active": Field(neutral=True),
    },
)

PRODUCT_FEATURE = Row(
    face="ProductFeature",
    title="product feature",
    stack="catalog",
    id_prefix="prodft_",
    naming=Naming(under="product", fields=("entitlement_feature",)),
    life=Life(
        removals=(DELETE,),
        natural_keys=(
            NaturalKey(attribute="entitlement_feature", scan=True, with_fields=("product",)),
        ),
    ),
    fields={
        "entitlement_feature": Field(reference="entitlements.feature"),
    },
    # D.
    rules=(
        active_only("entitlement_feature", "An archived feature cannot be attached to a product."),
    ),
)

TRIAL_OFFER = Row(
    face="TrialOffer",
    title="trial offer",
    stack="catalog",
    id_prefix="to_",
    life=Life(
        removals=(DEACTIVATE,),
        revival=ACTIVE_AGAIN,
        # It takes no metadata: what it is called, at its price, is how it is found again.
        natural_keys=(
            NaturalKey(attribute="nickname", scan=True, with_fields=("price",), unique=False),
        ),
    ),
    fields={
        "active": Field(neutral=True),
        "duration.relative.iterations": COUNT,
    },
    rules=(
        active_only("price"),
        Rule(
            kind=RuleKind.REQUIRES,
            when={"duration.type": "relative"},
            fields=("duration.relative",),
            message='A duration of type "relative" says how many iterations.',
        ),
    ),
)

ROWS: Mapping[str, Row] = {
    "entitlements.feature": FEATURE,
    "product_catalog.trial_offer": TRIAL_OFFER,
    "product_feature": PRODUCT_FEATURE,
}
"""Rows of this area, by object name."""
