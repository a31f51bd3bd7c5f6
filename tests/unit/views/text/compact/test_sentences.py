"""Sentences that say the same of different objects."""

from __future__ import annotations

import pytest

from engine.views.text.compact.sentences import alike, objects_in, sentences


@pytest.mark.parametrize(
    "sentence",
    [
        "stripe_price.a is protected",
        "shop:stripe_price.b-c is protected",
        "data.stripe_price.a is protected",
        "price_1s2oxZvJJX91rPu6 is protected",
    ],
)
def test_a_sentence_is_compared_without_its_objects(sentence: str) -> None:
    """Addresses with or without a stack, lookups, ids."""
    assert alike(sentence) == "… is protected"
    assert objects_in(sentence) == [sentence.partition(" ")[0]]


def test_a_place_is_no_object() -> None:
    """The same is said of two declarations, wherever they are."""
    assert alike("stripe_price.a (stacks/a.py:12)") == alike("stripe_price.b (stacks/b.py:1)")
    assert objects_in("stripe_price.a (stacks/a.py:12)") == ["stripe_price.a"]


def test_another_number_is_another_sentence() -> None:
    """It would be hidden."""
    texts = [f"stripe_price.p{n} falls by {n} %" for n in range(9)]
    assert list(sentences(texts, "")) == texts


def test_objects_that_all_have_in_common_are_not_named_again() -> None:
    """They are in the sentence that is written."""
    texts = [f"stripe_price.p{n} needs stripe_product.a" for n in range(4)]
    assert list(sentences(texts, "- ")) == [
        "- stripe_price.p0 needs stripe_product.a",
        "    The same of 3 more: stripe_price.p1, stripe_price.p2, stripe_price.p3",
    ]
