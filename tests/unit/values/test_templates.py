"""References inside nested values: where they are found, what becomes of them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.address import parse_address
from engine.values.markers import UNKNOWN
from engine.values.paths import dotted
from engine.values.reference import OutputRef, Ref
from engine.values.secret import Sensitive
from engine.values.targets import AttributeTarget, OutputTarget, Target
from engine.values.templates import (
    escaped,
    resolve,
    rewritten,
    stray_references,
    targets_in,
    targets_with_paths,
    unescaped,
)

PRO = Ref.to(parse_address("stripe_product.pro"), "id")
INTERVAL = Ref.to(parse_address("stripe_price.m"), "recurring.interval")
LOOKED_UP = Ref.to(parse_address("data.stripe_coupon.c"), "id")
OUTPUT = OutputRef(OutputTarget("catalogue", "pro_id"), lambda _: "")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_characters="$")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def known(values: dict[str, Any]) -> Any:
    """A lookup in a table of texts."""

    def lookup(target: Target) -> Any:
        return values[str(target)]

    return lookup


@pytest.mark.parametrize(
    ("ref", "target"),
    [
        (PRO, AttributeTarget(parse_address("stripe_product.pro"), "id")),
        (INTERVAL, AttributeTarget(parse_address("stripe_price.m"), "recurring.interval")),
        (LOOKED_UP, AttributeTarget(parse_address("data.stripe_coupon.c"), "id")),
        (OUTPUT, OutputTarget("catalogue", "pro_id")),
    ],
    ids=["id", "nested", "lookup", "output"],
)
def test_a_reference_is_found_by_its_text(ref: Ref, target: Target) -> None:
    """Alone, and inside a longer text."""
    assert list(targets_in(ref)) == [target]
    assert list(targets_in(f"before {ref} after")) == [target]
    assert f"${{{target}}}" == str(ref)


def test_references_are_found_anywhere_in_reading_order() -> None:
    """In dicts, lists, tuples, texts and secrets, each with its path."""
    document = {
        "product": PRO,
        "items": [{"price": f"{INTERVAL}-{LOOKED_UP}"}, ("x", OUTPUT)],
        "secret": Sensitive({"inner": PRO}),
        "none": None,
        "number": 3,
    }
    found = [(dotted(path), str(target)) for path, target in targets_with_paths(document)]
    assert found == [
        ("product", "stripe_product.pro.id"),
        ("items[0].price", "stripe_price.m.recurring.interval"),
        ("items[0].price", "data.stripe_coupon.c.id"),
        ("items[1][1]", "output.catalogue.pro_id"),
        ("secret.inner", "stripe_product.pro.id"),
    ]


@pytest.mark.parametrize(
    "text",
    ["${}", "${stripe_product.pro}", "$stripe_product.pro.id", "${product.pro.id}", "$${x.y.z}"],
)
def test_other_text_is_no_reference(text: str) -> None:
    """What only looks like one is text, and stays as it is."""
    assert list(targets_in(text)) == []


@pytest.mark.parametrize(
    ("text", "stray"),
    [
        ("plain", []),
        (f"{PRO} and {OUTPUT}", []),
        ("$${x}", []),
        ("costs $5 {now}", []),
        ("${stripe_product.pro}", ["${stripe_product.pro}"]),
        ("a ${b} c ${d", ["${b}", "${d"]),
        (f"${PRO}", ["$${stripe_product.pro.id}"]),
        (Sensitive("${b}"), ["(sensitive)"]),
    ],
)
def test_what_looks_like_a_reference_and_is_none(text: object, stray: list[str]) -> None:
    """A torn reference, and one that a dollar sign before it escapes."""
    assert [found for _, found in stray_references(text)] == stray


def test_a_reference_in_a_key_is_stray() -> None:
    """Keys are never resolved."""
    assert list(stray_references({"metadata": [{str(PRO): "x"}]})) == [
        (("metadata", 0, str(PRO)), str(PRO))
    ]


def test_a_text_that_is_one_reference_becomes_the_value() -> None:
    """Of whatever type it is."""
    for value in (3, ["a"], {"b": 1}, None, True, "x"):
        assert resolve({"a": [PRO]}, known({"stripe_product.pro.id": value})) == {"a": [value]}


def test_a_reference_inside_a_text_becomes_its_text() -> None:
    """Booleans in JSON's spelling, nothing for None."""
    lookup = known(
        {
            "stripe_product.pro.id": "prod_1",
            "stripe_price.m.recurring.interval": True,
            "output.catalogue.pro_id": None,
            "data.stripe_coupon.c.id": 5,
        }
    )
    text = f"<{PRO}|{INTERVAL}|{OUTPUT}|{LOOKED_UP}>"
    assert resolve(text, lookup) == "<prod_1|true||5>"


def test_one_unknown_part_makes_all_of_a_text_unknown() -> None:
    """And nothing beside that text."""
    lookup = known({"stripe_product.pro.id": UNKNOWN, "output.catalogue.pro_id": "x"})
    document = {"a": f"{OUTPUT}-{PRO}", "b": OUTPUT, "c": PRO, "d": Sensitive(PRO)}
    found = resolve(document, lookup)
    assert found == {"a": UNKNOWN, "b": "x", "c": UNKNOWN, "d": UNKNOWN}


def test_one_secret_part_makes_all_of_a_text_secret() -> None:
    """A text with a secret in it is as secret as that."""
    lookup = known({"stripe_product.pro.id": Sensitive("s3"), "output.catalogue.pro_id": "x"})
    assert resolve(f"{OUTPUT}:{PRO}", lookup) == Sensitive("x:s3")
    assert resolve(PRO, lookup) == Sensitive("s3")
    assert resolve(Sensitive(OUTPUT), lookup) == Sensitive("x")


def test_an_escape_stands_for_its_plain_text() -> None:
    """`$${` is how a text says `${`."""
    lookup = known({"stripe_product.pro.id": "prod_1"})
    assert resolve("$${x}", lookup) == "${x}"
    assert resolve(f"$${{x}} {PRO}", lookup) == "${x} prod_1"


def test_what_is_resolved_is_a_new_structure() -> None:
    """The given one is untouched."""
    document = {"a": [PRO, {"b": PRO}]}
    resolve(document, known({"stripe_product.pro.id": "prod_1"}))
    assert document == {"a": [PRO, {"b": PRO}]}


@given(JSON)
def test_a_document_without_references_stays_as_it_is(document: Any) -> None:
    """Whatever is in it."""
    assert resolve(document, known({})) == document
    assert list(targets_in(document)) == []


def test_escaped_text_resolves_to_itself() -> None:
    """Text of Stripe's that looks like a reference or a literal comes through as it is."""
    text = {"a": ["${stripe_product.pro.id}", "$${x}", "$$${y}", 7]}
    assert resolve(escaped(text), lambda _: "other") == text


def test_unescaped_keeps_references() -> None:
    """Literals lose their second dollar; references stay written out."""
    assert unescaped(["$${x}", "${stripe_product.pro.id}!"]) == [
        "${x}",
        "${stripe_product.pro.id}!",
    ]


def test_references_are_rewritten_in_a_text_that_stays_a_declaration() -> None:
    """One becomes another, one its value; literals stay, and so does what a value has of them."""
    other = AttributeTarget(parse_address("stripe_product.max"), "id")
    change = known(
        {
            "stripe_product.pro.id": other,
            "stripe_price.m.recurring.interval": "${month",
            "output.catalogue.pro_id": Sensitive("whsec_${"),
        }
    )
    before = {"a": [PRO, 1, None], "b": f"$${{x}} {PRO} every {INTERVAL}", "c": str(INTERVAL)}
    assert rewritten(before, change) == {
        "a": ["${stripe_product.max.id}", 1, None],
        "b": "$${x} ${stripe_product.max.id} every $${month",
        "c": "$${month",
    }
    assert rewritten(str(OUTPUT), change) == Sensitive("whsec_$${")
    assert rewritten(f"Bearer {OUTPUT}", change) == Sensitive("Bearer whsec_$${")


def test_a_text_of_which_a_part_cannot_be_rewritten_is_unknown() -> None:
    """All of the leaf, and no other one."""
    found = rewritten({"a": f"x {PRO}", "b": "$${"}, lambda _: UNKNOWN)
    assert found == {"a": UNKNOWN, "b": "$${"}
