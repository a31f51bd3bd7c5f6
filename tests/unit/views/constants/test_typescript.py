"""Constants as a TypeScript module; that it compiles and what it holds is in tests/typing."""

from __future__ import annotations

import pytest

from engine.errors import UsageError
from engine.views.constants.typescript import text_of
from tests.support.constants import HOSTILE, output, price, stack


def test_a_stack_has_an_interface_and_an_environment_an_object() -> None:
    """What one environment lacks is optional."""
    text = text_of(
        [
            stack(price(value="price_live", former=("price_0",)), output("trial-days", 14)),
            stack(price(value="price_test"), environment="test"),
        ]
    )
    for part in (
        "  /** Pro monthly, $29.00 a month. */\n  readonly STRIPE_PRICE_PRO_MONTHLY: string;\n",
        "  readonly STRIPE_PRICE_PRO_MONTHLY_FORMER: ReadonlyArray<string>;\n",
        "  readonly trial_days?: number;\n",
        "export const saasLive = {\n",
        '  STRIPE_PRICE_PRO_MONTHLY: "price_live",\n',
        '  STRIPE_PRICE_PRO_MONTHLY_FORMER: ["price_0"],\n',
        "} as const;\n",
        'export type SaasEnvironment = "live" | "test";\n',
        "export const saasConstants: Readonly<Record<SaasEnvironment, SaasConstants>> = {\n",
        '  ["price_0", "STRIPE_PRICE_PRO_MONTHLY"],\n',
        "export function saasNameOf(id: string): SaasName | undefined {\n",
    ):
        assert part in text


def test_a_text_of_an_account_stays_in_its_comment() -> None:
    """It neither ends the comment nor begins a tag in it."""
    text = text_of([stack(price(label="*/ evil() /* @deprecated"))])
    assert "/** Pro monthly, '*\\/ evil() /* \\@deprecated', $29.00 a month. */" in text


def test_literals_are_plain_ascii() -> None:
    """A key that would set a prototype is a key like any other."""
    text = text_of([stack(output("x", {"__proto__": HOSTILE, "b": ['"__proto__": ']}))])
    assert text.isascii()
    assert '["__proto__"]: "*/ ' in text
    assert '["\\"__proto__\\": "]' in text


def test_names_that_would_be_the_same_are_refused() -> None:
    """Of stacks, and of a stack and an environment."""
    with pytest.raises(UsageError, match="stack a-b and stack a_b would both be"):
        text_of([stack(stack="a-b"), stack(stack="a_b")])
    with pytest.raises(UsageError, match="would both be aConstants"):
        text_of([stack(stack="a", environment="constants")])
