"""Changes that many tests of the views show."""

from __future__ import annotations

import pytest

from engine.plan.model import (
    Action,
    Change,
    FieldReason,
    OutputChange,
    Reason,
)
from engine.schema.lifecycle import Removal, Verb
from engine.values.markers import ABSENT, UNKNOWN
from tests.support import build

ARCHIVE = Removal(verb=Verb.ARCHIVE, params={"active": False})


@pytest.fixture
def price_change() -> Change:
    """A price whose amount changes."""
    return build.change(
        "stripe_price.pro",
        Action.REPLACE,
        id="price_1",
        line="stacks/saas.py:12",
        reasons=(Reason.IMMUTABLE,),
        before={"unit_amount": 2900, "nickname": "old"},
        after={"unit_amount": 3400, "nickname": "new"},
        fields=(
            build.field("nickname", "old", "new"),
            build.field("unit_amount", 2900, 3400, forces_replacement=True, currency="usd"),
        ),
        create_first=True,
        removal=ARCHIVE,
    )


@pytest.fixture
def product_change() -> Change:
    """A product that is created."""
    return build.change(
        "stripe_product.pro",
        Action.CREATE,
        line="stacks/saas.py:7",
        reasons=(Reason.DECLARED,),
        after={"name": "Pro", "default_price": UNKNOWN},
        fields=(
            build.field("name", ABSENT, "Pro", reason=FieldReason.SET),
            build.field("default_price", ABSENT, UNKNOWN, reason=FieldReason.SET),
        ),
    )


@pytest.fixture
def id_output() -> OutputChange:
    """An output that only an apply can tell."""
    return OutputChange(name="pro_id", after=UNKNOWN)
