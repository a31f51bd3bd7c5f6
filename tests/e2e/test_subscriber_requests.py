"""What is sent to Stripe to move subscribers: the parameters that its documentation asks for (D).

An item without its quantity would get 1, one without its id would be a second one, and an update
that charges leaves the subscription past due unless it is to fail as a whole.
"""

from __future__ import annotations

from typing import Any

import pytest

from engine.operations.subscribers.apply_moves import apply_moves
from engine.operations.subscribers.plan_moves import Wanted, plan_moves
from engine.plan.subscribers.moves import Moves, Proration
from tests.support.project import Project
from tests.support.subscribers import SHOP

AT_ONCE = {"payment_behavior": "error_if_incomplete", "off_session": "true"}


@pytest.fixture
def old(project: Project) -> str:
    """A price that was replaced; one customer is charged for 3 of it, one is sent an invoice."""
    project.write(SHOP.format(amount=2900))
    project.apply()
    before = project.id("stripe_price.monthly")
    items = [{"price": before, "quantity": 3}]
    card = project.call("post", "/v1/customers", name="Ada", source="tok_visa")["id"]
    project.call("post", "/v1/subscriptions", customer=card, items=items)
    post = project.call("post", "/v1/customers", name="Ben")["id"]
    by_invoice = {"collection_method": "send_invoice", "days_until_due": 30}
    project.call("post", "/v1/subscriptions", customer=post, items=items, **by_invoice)
    project.write(SHOP.format(amount=3400))
    project.apply()
    return before


def planned(project: Project, old: str, proration: Proration) -> Moves:
    """The moves of both."""
    wanted = Wanted(
        old=old, new="monthly", proration=proration, new_cycle=False, statuses=("active",)
    )
    return plan_moves(project.context(), wanted)


@pytest.mark.parametrize("proration", list(Proration))
def test_what_is_sent(project: Project, old: str, proration: Proration) -> None:
    """For each of them, and nothing else; who is charged at once is charged whole or not moved."""
    moves = planned(project, old, proration)
    log = project.emulator.log
    log.clear()
    report = apply_moves(
        project.context(), "moves_0123456789ab", moves, lambda _: True, lambda _: None
    )
    assert report.is_whole
    sent: dict[str, dict[str, Any]] = {
        entry.path.rpartition("/")[2]: {
            name: value for name, value in entry.params.items() if name != "expand"
        }
        for entry in log.writes()
    }
    assert sent == {
        row.id: {
            "items": {
                "0": {
                    "id": row.item,
                    "price": project.id("stripe_price.monthly"),
                    "quantity": "3",
                }
            },
            "proration_behavior": proration.value,
            **(AT_ONCE if proration is Proration.ALWAYS_INVOICE and not row.invoiced else {}),
        }
        for row in moves.rows
    }
