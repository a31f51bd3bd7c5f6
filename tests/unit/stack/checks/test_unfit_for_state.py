"""Keys and webhook secrets outside of `Sensitive`: found wherever they are, and never repeated."""

from __future__ import annotations

import pytest

from tests.support.stack_project import StackProject

BODY = "4eC39HqLyjWDarjtT1zdp7dc"
KEY = "sk_live_" + BODY
HOOK = "whsec_" + "A1b2" * 8
PRELUDE = """\
from engine import Lifecycle, Sensitive, import_, output, variable
from engine.stripe import AppsSecret, Price, Product

pro = Product("pro", name="Pro")
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            f"Product('a', name='A', metadata={{'k': {KEY!r}}})",
            "stripe_product.a: metadata.k holds a key of Stripe in clear, sk_live_...",
        ),
        (
            f"Product('a', name='A', metadata={{{KEY!r}: 'v'}})",
            "stripe_product.a: a key of metadata holds a key of Stripe in clear, sk_live_...",
        ),
        (
            f"Product('a', name='A', description=f'{{pro.id}} {HOOK}')",
            "stripe_product.a: description holds a webhook secret of Stripe in clear, whsec_...",
        ),
        (
            f"Product('a', name='A', images=['https://e.com/1', 'https://e.com/?k={KEY}'])",
            "stripe_product.a: images[1] holds a key of Stripe in clear, sk_live_...",
        ),
        (
            f"Product('sk_test_{BODY.lower()}', name='A')",
            "a name at stacks/shop.py:5: name holds a key of Stripe in clear, sk_test_...",
        ),
        (
            f"output('k', {{'a': [{KEY!r}]}})",
            "output 'k': value.a[0] holds a key of Stripe in clear, sk_live_...",
        ),
        (
            f"Price.lookup(lookup_key='rk_test_{BODY}')",
            "Price.lookup: lookup_key holds a key of Stripe in clear, rk_test_...",
        ),
        (
            f"import_(pro, 'rk_live_{BODY}')",
            "import_ of stripe_product.pro: id holds a key of Stripe in clear, rk_live_...",
        ),
        (
            f"Product('a', name='A', lifecycle=Lifecycle(account='sk_org_live_{BODY}'))",
            "stripe_product.a: lifecycle.account holds a key of Stripe in clear, sk_org_live_...",
        ),
        (
            f"variable('key', {KEY!r})",
            "the default of variable 'key' holds a key of Stripe in clear, sk_live_...",
        ),
        (
            f"variable('keys', {{'a': ['b', {HOOK!r}]}})",
            "the default of variable 'keys' holds a webhook secret of Stripe in clear, whsec_...",
        ),
    ],
)  # fmt: skip
def test_a_key_in_clear_is_refused(project: StackProject, text: str, expected: str) -> None:
    """The finding names field and line and not the value; the hint says what to write."""
    (problem,) = [one for one in project.check(PRELUDE + text) if one.reference == "key-in-clear"]
    assert (problem.line, problem.message) == (5, expected)
    assert "roll it in the Dashboard" in problem.hint
    assert BODY not in f"{problem}"


@pytest.mark.parametrize(
    "text",
    [
        f"Product('a', name='A', metadata={{'k': Sensitive({KEY!r})}})",
        f"Product('a', name='A', metadata=Sensitive({{'k': {KEY!r}}}))",
        f"output('k', {KEY!r}, sensitive=True)",
        f"output('k', Sensitive({KEY!r}))",
        f"AppsSecret('a', name='a', scope={{'type': 'account'}}, payload={KEY!r})",
        "Product('a', name='A', description='keys look like sk_test_... or sk_test_YOUR_KEY')",
        "Product('sk_test_prices', name='whsec_', metadata={'sk_live_price': 'rk_live_'})",
        f"Product('a', name='A', metadata={{'k': 'pk_live_{BODY}'}})",
        "variable('key', 'sk_test_...')",
        f"variable('key', Sensitive({KEY!r}))",
    ],
)
def test_what_is_wrapped_or_only_begins_like_a_key_is_not(project: StackProject, text: str) -> None:
    """A finding is never about a word, a publishable key or what the engine seals itself."""
    assert project.lines(PRELUDE + text) == []
