"""What a state that is made again is made of."""

from __future__ import annotations

from typing import Any

import pytest

from engine.catalog import loader
from engine.operations.rebuild.match import Claimed, named_in, sort_out

PRICE = loader.resource_type("stripe_price")
ALERT = loader.resource_type("stripe_billing_alert")
LIVE: dict[str, Any] = {"id": "price_new", "active": True}
OLDER: dict[str, Any] = {"id": "price_old", "active": True}
ARCHIVED: dict[str, Any] = {"id": "price_gone", "active": False}


@pytest.mark.parametrize(
    ("objects", "expected"),
    [
        ([], Claimed()),
        ([LIVE], Claimed(current=LIVE)),
        ([LIVE, OLDER], Claimed(current=LIVE, superseded=("price_old",))),
        ([ARCHIVED, LIVE], Claimed(current=LIVE, former=("price_gone",))),
        (
            [ARCHIVED, {**ARCHIVED, "id": "price_older"}],
            Claimed(archived=ARCHIVED, former=("price_older",)),
        ),
    ],
)
def test_objects_of_one_resource_are_told_apart(
    objects: list[dict[str, Any]], expected: Claimed
) -> None:
    """The newest that is alive; others alive are left over; archived ones came before."""
    assert sort_out(PRICE, {}, objects) == expected


def test_what_is_declared_archived_is_alive() -> None:
    """An author may want a price that nobody can buy."""
    assert sort_out(PRICE, {"active": False}, [ARCHIVED]) == Claimed(current=ARCHIVED)


def test_what_is_gone_for_good_is_nothing() -> None:
    """Stripe still answers an archived alert and never brings it back."""
    assert sort_out(ALERT, {}, [{"id": "alrt_1", "status": "archived"}]) == Claimed()


def test_ids_that_an_object_names() -> None:
    """As text, as an expanded object, in lists and in nested objects; nothing else."""
    portal = loader.resource_type("stripe_billing_portal_configuration")
    answer = {
        "id": "bpc_1",
        "unheard_of": "x",
        "features": {
            "subscription_update": {"products": [{"product": "prod_1", "prices": ["price_1"]}]}
        },
    }
    assert named_in(portal.root, answer) == {("product", "prod_1"), ("price", "price_1")}
    assert named_in(PRICE.root, {"product": {"id": "prod_2"}}) == {("product", "prod_2")}
    assert named_in(PRICE.root, {"product": None, "currency": "usd", "tiers": None}) == set()
