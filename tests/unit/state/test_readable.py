"""A state file as lines to compare."""

from __future__ import annotations

import json

from engine.state.codec import encode
from engine.state.model import RemovedObject, ResourceState, State
from engine.state.readable import readable

STATE = State(
    stack="shop",
    environment="live",
    lineage="a" * 32,
    serial=5,
    account_id="acct_1",
    livemode=True,
    outputs={"ids": {"pro": "price_1"}},
    resources={
        "stripe_price.pro": ResourceState(
            type="stripe_price",
            id="price_1",
            declared={"product": "${stripe_product.pro.id}", "unit_amount": 2000, "tiers": []},
            attributes={"product": "prod_1", "unit_amount": 2000, "type": "one_time"},
            superseded=("price_0",),
        )
    },
    removed={"stripe_price.old": RemovedObject(type="stripe_price", id="price_9")},
    applied="sha256:1",
)


def test_one_line_for_each_leaf_and_none_for_what_only_follows() -> None:
    """Digests are left out; what is declared and returned alike is one line."""
    document = json.loads(encode(STATE, engine_version="1.0"))
    assert readable(document) == (
        'environment = "live"\n'
        'stack = "shop"\n'
        'account.id = "acct_1"\n'
        "account.livemode = true\n"
        f'lineage = "{"a" * 32}"\n'
        "serial = 5\n"
        'engine_version = "1.0"\n'
        "\n"
        'outputs.ids.pro = "price_1"\n'
        "\n"
        "removed stripe_price.old [price_9]\n"
        "\n"
        "stripe_price.pro [price_1]\n"
        '  product = "${stripe_product.pro.id}"  (declared)\n'
        '  product = "prod_1"  (returned)\n'
        "  tiers = []  (declared)\n"
        '  type = "one_time"  (returned)\n'
        "  unit_amount = 2000\n"
        "  dependencies = []\n"
        '  superseded = ["price_0"]\n'
    )


def test_any_document_can_be_shown() -> None:
    """It may be damaged."""
    assert readable({"resources": [], "removed": {"a": 3}, "outputs": None}) == (
        "\noutputs = null\n\nremoved a = 3\n\nresources = []\n"
    )
