"""What is a secret by its type or its declaration is one wherever an answer repeats it."""

from __future__ import annotations

from typing import Any

import pytest

from engine.catalog import loader
from engine.plan.compare.response import hidden, read_attribute
from engine.values.markers import UNKNOWN
from engine.values.secret import Sealed, Sensitive

PRODUCT = loader.by_object("product").root
TERMINAL = loader.by_object("terminal.configuration").root
PAYMENT_METHODS = loader.by_object("payment_method_configuration").root
ACCOUNT = loader.by_object("account").root
SEAL = Sealed("0123456789abcdef")
HUSH = Sensitive("hush")


@pytest.mark.parametrize(
    ("declared", "path", "expected"),
    [
        ({}, "description", "Text"),
        ({"description": HUSH}, "description", Sensitive("Text")),
        ({"description": SEAL}, "description", Sensitive("Text")),
        ({"metadata": {"k": HUSH}}, "metadata.k", Sensitive("v")),
        ({"metadata": {"k": HUSH}}, "metadata.o", "w"),
        ({"metadata": {"k": SEAL}}, "metadata", {"k": Sensitive("v"), "o": "w"}),
        ({"metadata": HUSH}, "metadata.o", Sensitive("w")),
        ({"metadata": HUSH}, "nothing", None),
        ({"images": [HUSH, "b"]}, "images", Sensitive(["a", "b"])),
        ({"images": ["a", "b"]}, "images", ["a", "b"]),
    ],
)
def test_what_a_reference_reads(declared: dict[str, Any], path: str, expected: Any) -> None:
    """A secret leaf is a secret, so is what is inside of one; the rest is plain."""
    answer = {"description": "Text", "metadata": {"k": "v", "o": "w"}, "images": ["a", "b"]}
    assert read_attribute(PRODUCT, answer, tuple(path.split(".")), None, declared) == expected


def test_a_type_has_secrets_of_its_own() -> None:
    """Whoever declared them, and how."""
    answer = {"wifi": {"type": "personal_psk", "personal_psk": {"ssid": "net", "password": "p"}}}
    secret = Sensitive("p")
    path = ("wifi", "personal_psk", "password")
    assert read_attribute(TERMINAL, answer, path, None) == secret
    assert read_attribute(TERMINAL, answer, path[:2], None) == {"ssid": "net", "password": secret}
    assert read_attribute(TERMINAL, answer, (*path[:2], "ssid"), None) == "net"


def test_what_is_no_value_is_left_as_it_is() -> None:
    """Null, what is not known, fingerprints, and what is wrapped already."""
    field = PRODUCT.fields["description"]
    for value in (None, UNKNOWN, SEAL, HUSH):
        assert hidden(field, value, HUSH) == value
    assert read_attribute(PRODUCT, {"description": SEAL}, ("description",), None) == SEAL


def test_a_secret_under_another_name_hides_the_whole() -> None:
    """Of a block that tells a parameter under another name nobody can say which leaf it is."""
    field = PAYMENT_METHODS.fields["card"]
    answer = {"display_preference": {"value": "on"}}
    declared = {"display_preference": {"preference": HUSH}}
    shown = {"display_preference": Sensitive({"value": "on"})}
    assert hidden(field, answer, declared) == shown
    assert hidden(field, answer, {"display_preference": {"preference": "on"}}) == answer


def test_what_is_never_told_hides_nothing() -> None:
    """A write-only secret is not in the answer, under any name."""
    answer = {"first_name": "Jane", "made_up": {"by": "Stripe"}}
    assert hidden(ACCOUNT.fields["individual"], answer, {"id_number": HUSH}) == answer


def test_a_page_in_the_place_of_a_list_is_hidden_whole() -> None:
    """Its shape is not that of the parameter, so that no leaf can be told from another."""
    field = loader.by_object("subscription").root.fields["items"]
    page = {"object": "list", "data": [{"metadata": {"k": "v"}}]}
    assert hidden(field, page, [{"metadata": {"k": HUSH}}]) == Sensitive(page)
    assert hidden(field, page, [{"metadata": {"k": "v"}}]) == page
