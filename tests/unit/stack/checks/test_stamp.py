"""Metadata keeps a place for the ownership stamp."""

from __future__ import annotations

import dataclasses

import pytest

from engine.catalog import loader
from engine.stack.checks.stack import problems_of
from tests.support.stack_project import CIRCUMSTANCES, StackProject

UNSTAMPED = dataclasses.replace(CIRCUMSTANCES, stamped=False)


def declared(metadata: str, face: str = 'Product("a", name="A"') -> str:
    """A module with one resource."""
    return f"from engine.stripe import *\n{face},\n metadata={metadata})\n"


@pytest.mark.parametrize(
    ("text", "stamped", "unstamped"),
    [
        (
            declared("{f'k{at}': 'v' for at in range(50)}"),
            [
                ("3 too-long: stripe_product.a: metadata has 50 keys; with the engine's own key, "
                "'engine', that is one more than the 50 that Stripe takes"),
            ],
            [],
        ),
        (
            declared("{f'k{at}': 'v' for at in range(51)}"),
            ["3 too-long: stripe_product.a: metadata has 51 keys; Stripe takes 50"],
            ["3 too-long: stripe_product.a: metadata has 51 keys; Stripe takes 50"],
        ),
        (declared("{f'k{at}': 'v' for at in range(49)}"), [], []),
        (
            declared("{'engine': 'v8'}"),
            [
                ("3 reserved-key: stripe_product.a: metadata.engine is where the engine writes "
                "whose the object is"),
            ],
            [],
        ),
        (declared("{'Engine': 'v8', 'engines': '2'}"), [], []),
        # No stamp is on what is inside of another object.
        (
            declared("{}", 'PaymentLink("a", line_items=[{"price": "price_1", "quantity": 1}]')
            .replace("metadata={}", "payment_intent_data={'metadata': {'engine': 'v8'}}"),
            [],
            [],
        ),
    ],
)  # fmt: skip
def test_room_for_the_stamp(
    project: StackProject, text: str, stamped: list[str], unstamped: list[str]
) -> None:
    """With the stamp a key less is free, and its own key is taken; without it none of that."""
    stack = project.load(text)
    for circumstances, expected in ((CIRCUMSTANCES, stamped), (UNSTAMPED, unstamped)):
        problems = problems_of(stack, loader.schemas(), project.root, circumstances)
        told = [f"{one.line} {one.reference}: {one.message}" for one in problems]
        assert told == expected
