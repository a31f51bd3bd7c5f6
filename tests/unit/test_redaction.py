"""What is taken out of whatever is written."""

from __future__ import annotations

import base64
import html
import json
from urllib.parse import quote, quote_plus, urlencode

import pytest

from engine.redaction import forget, hide, looks_secret, redact, remember, without
from engine.values.reference import Ref
from engine.values.secret import Sensitive
from engine.values.templates import resolve

ODD = "p@ss/w\u00f6rd & \"more\" 'of' <it> \\ $x+y"
"""A secret that every format spells in a way of its own."""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("key sk_live_51Habc is wrong", "key sk_live_(redacted) is wrong"),
        ("sk_test_4eC39HqLyjWDarjtT1zdp7dc", "sk_test_(redacted)"),
        ("rk_live_abc, rk_test_x_y", "rk_live_(redacted), rk_test_(redacted)"),
        ("sk_org_4eC39 and ek_test_1", "sk_org_(redacted) and ek_test_(redacted)"),
        (
            "Invalid API Key provided: sk_test_****1234",
            "Invalid API Key provided: sk_test_(redacted)",
        ),
        ("secret=whsec_abc;", "secret=whsec_(redacted);"),
        ("sk_abcdefghijklmnop1234", "sk_(redacted)"),
        ("KEY_sk_live_x", "KEY_sk_live_(redacted)"),
        ("stripe_price.sk_plan", "stripe_price.sk_plan"),
        ("pk_live_51Habc", "pk_live_51Habc"),
        ("task_1 and risk_test_x, disk_live_x", "task_1 and risk_test_x, disk_live_x"),
    ],
)
def test_what_looks_like_a_key_goes(text: str, expected: str) -> None:
    """What only begins like one stays, and a publishable key is no secret."""
    assert redact(text) == expected
    assert looks_secret(text) is (text != expected)


@pytest.mark.parametrize(
    "spelt",
    [
        ODD,
        json.dumps(ODD),
        json.dumps(ODD, ensure_ascii=False),
        repr(ODD),
        ascii(ODD),
        quote(ODD),
        quote(ODD, safe=""),
        quote_plus(ODD),
        urlencode({"payload": ODD}),
        html.escape(ODD),
        base64.b64encode(ODD.encode()).decode(),
        base64.urlsafe_b64encode(f"{ODD}:".encode()).decode(),
    ],
)
def test_a_known_value_goes_however_it_is_spelt(spelt: str) -> None:
    """Plain, in JSON, in Python, in a URL or a form, in HTML, in Base64."""
    remember(ODD)
    shown = redact(f"before {spelt} after")
    assert "(sensitive)" in shown
    assert shown.startswith("before ")
    assert shown.endswith(" after")
    assert not any(part in shown for part in (spelt, "more", "rd", "cEBzcy"))


def test_making_a_value_sensitive_makes_it_known() -> None:
    """Nested scalars too, numbers too; a reference becomes known with what it stands for."""
    Sensitive({"deep": ["inner-one", 48151623, None, True]})
    wrapped = Sensitive(Ref("${stripe_webhook_endpoint.hook.secret}"))
    assert redact("inner-one 48151623 None True") == "(sensitive) (sensitive) None True"
    text = "${stripe_webhook_endpoint.hook.secret} is resolved-to-this"
    assert redact(text) == text
    resolve(wrapped, lambda _: "resolved-to-this")
    assert redact("is resolved-to-this") == "is (sensitive)"


def test_short_values_are_whole_words_and_the_shortest_hide_nothing() -> None:
    """A PIN goes without taking every number with it."""
    remember(["1234", "ab"])
    assert redact("pin 1234, price_12345, ab") == "pin (sensitive), price_12345, ab"


def test_the_longest_value_goes_first() -> None:
    """A secret that is part of another leaves nothing of that one behind."""
    remember(["long-secret", "long-secret-and-more"])
    assert redact("long-secret-and-more long-secret") == "(sensitive) (sensitive)"


def test_a_known_key_says_of_which_kind_it_was() -> None:
    """So that a person sees which one is meant."""
    remember("sk_live_51Habc")
    assert redact("sk_live_51Habc") == "sk_live_(redacted)"
    assert hide("sk_live_51Habc") == "sk_live_(redacted)"


def test_lines_of_a_text_go_alone_too() -> None:
    """A traceback or a log shows a private key line by line."""
    remember("-----BEGIN KEY-----\n  MIIEvQIBADANBg\nx\n")
    assert redact("  | MIIEvQIBADANBg") == "  | (sensitive)"
    assert redact("x y") == "x y"


def test_a_result_is_hidden_leaf_by_leaf() -> None:
    """Keys and values of documents; short values and numbers are left to the views."""
    remember(["a-long-secret", "1234"])
    document = {"a-long-secret": ["x a-long-secret", 1234, "1234", None]}
    assert hide(document) == {"(sensitive)": ["x (sensitive)", 1234, "1234", None]}
    assert hide("a-long-secret 1234") == "(sensitive) 1234"


def test_results_keep_what_only_looks_like_a_key() -> None:
    """A result is ours: the example key in a hint is no secret."""
    remember("something-else")
    assert hide("export STRIPE_API_KEY=sk_test_x") == "export STRIPE_API_KEY=sk_test_x"


def test_without_knows_no_shortest_value() -> None:
    """In an error about a value even a single letter of it is too much."""
    assert without("bad x1 in sk_live_2", ["x1", ""]) == "bad (sensitive) in sk_live_(redacted)"


def test_a_new_run_knows_nothing() -> None:
    """What was secret in one run is ordinary text in the next."""
    remember("open-sesame")
    forget()
    assert redact("open-sesame") == "open-sesame"
    assert hide("open-sesame") == "open-sesame"
