"""Constants as a JSON document."""

from __future__ import annotations

import json

from engine.views.constants.document import text_of
from tests.support.constants import HOSTILE, output, price, stack
from tests.support.documents import misfits


def test_a_document_has_everything_by_environment_and_stack() -> None:
    """Plain values by their names, what they are apart; sorted, and plain ASCII."""
    text = text_of(
        [
            stack(
                price(value="price_2", former=("price_1",), account="acct_2"),
                output("prices", {"b": HOSTILE, "a": 1}),
            ),
            stack(output("x", None), environment="test", livemode=None, account_id=""),
        ]
    )
    assert text.isascii()
    assert text.endswith("}\n")
    document = json.loads(text)
    assert text == json.dumps(document, indent=2, sort_keys=True) + "\n"
    assert misfits("constants", document) == []
    assert document["environments"] == {
        "live": {
            "saas": {
                "account": {"id": "acct_1", "livemode": True},
                "constants": {
                    "STRIPE_PRICE_PRO_MONTHLY": "price_2",
                    "prices": {"a": 1, "b": HOSTILE},
                },
                "about": {
                    "STRIPE_PRICE_PRO_MONTHLY": "Pro monthly, $29.00 a month, on account acct_2"
                },
                "former": {"STRIPE_PRICE_PRO_MONTHLY": ["price_1"]},
                "accounts": {"STRIPE_PRICE_PRO_MONTHLY": "acct_2"},
                "names": {
                    "price_1": "STRIPE_PRICE_PRO_MONTHLY",
                    "price_2": "STRIPE_PRICE_PRO_MONTHLY",
                },
            }
        },
        "test": {
            "saas": {
                "account": {"id": None, "livemode": None},
                "constants": {"x": None},
                "about": {},
                "former": {},
                "accounts": {},
                "names": {},
            }
        },
    }
