"""What a stack reads of others, as its state has it."""

from __future__ import annotations

from engine.operations.run.reads import reads_of
from engine.state.model import ResourceState, State

STATE = State(
    stack="portal",
    environment="test",
    lineage="f" * 32,
    resources={
        "stripe_product.x": ResourceState(
            type="stripe_product",
            id="prod_1",
            declared={
                "name": "${stripe_price.own.nickname} ${output.catalogue.name}",
                "metadata": {"a": "${output.catalogue.prices.month}"},
            },
        )
    },
    reads={
        "catalogue": (":stripe_price.month", 'prices["per week"][0]'),
        "zz": (":stripe_plan.p",),
    },
)


def test_what_is_recorded_and_what_is_referred_to_is_read() -> None:
    """Outputs, places in them, and resources that a lifecycle names."""
    assert [str(target) for target in reads_of(STATE)] == [
        "catalogue:stripe_price.month",
        "output.catalogue.name",
        "output.catalogue.prices.month",
        'output.catalogue.prices["per week"][0]',
        "zz:stripe_plan.p",
    ]
