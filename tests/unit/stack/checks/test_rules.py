"""What Stripe would refuse, by type: what is found, on which line, and what is as good as it.

The cases are in `tests/support/refusals.toml`.
"""

from __future__ import annotations

import re

import pytest

from engine.catalog import loader
from engine.stack.checks.rules import CheckContext
from engine.stack.checks.stack import problems_of
from tests.support.refusals import REFUSALS
from tests.support.stack_project import StackProject

HEAD = "from engine import Lifecycle, stack_output, stripe\n"
YEAR = 365 * 24 * 3600
NOW = 1_790_000_000
MOMENTS = {
    "FAR": NOW + 5 * YEAR + 1,
    "NEAR": NOW + 5 * YEAR,
    "SOON": NOW + 9,
    "LATER": NOW + 10,
}
TOGETHER = [name for name in REFUSALS if name.startswith("together: ")]


@pytest.mark.parametrize("name", REFUSALS)
def test_what_stripe_would_refuse_is_found(project: StackProject, name: str) -> None:
    """One finding with Stripe's text where that is known; with the good text there is none."""
    case = REFUSALS[name]
    (problem,) = project.check(HEAD + case.with_mistake(MOMENTS))
    assert problem.message.partition(": ")[2] == case.message
    assert project.check(HEAD + case.without_mistake(MOMENTS)) == ()


@pytest.mark.parametrize("name", TOGETHER)
def test_what_only_an_apply_can_tell_is_not_refused(project: StackProject, name: str) -> None:
    """Behind an output of another stack, or a lookup, there may be anything."""
    bad = HEAD + REFUSALS[name].with_mistake(MOMENTS)
    last = bad.rindex("\nstripe.") if "\nstripe." in bad else 0
    names = dict.fromkeys(re.findall(r"^(\w+) = stripe\.(\w+)", bad, re.MULTILINE))
    for unknown in ('stack_output("other", "id")', 'stripe.{0}.lookup(id="x_1").id'):
        told = bad[:last] + "".join(
            f"\n{variable} = {unknown.format(face)}" for variable, face in names
        )
        problems = project.check(HEAD + told.removeprefix(HEAD) + bad[last:])
        assert [problem for problem in problems if problem.reference == "stripe-rule"] == []


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("together: portal with one interval twice", "            other,"),
        ("together: quantity of a metered link in lines", '    {"price": metered, "quantity": 1},'),
    ],
)
def test_findings_are_on_the_line_of_the_mistake(
    project: StackProject, name: str, line: str
) -> None:
    """The element that is wrong, not the call."""
    bad = HEAD + REFUSALS[name].with_mistake(MOMENTS)
    (problem,) = project.check(bad)
    assert bad.split("\n")[problem.line - 1] == line


def test_an_item_s_own_rates_stand_in_for_the_subscription_s(project: StackProject) -> None:
    """What does not apply to an item does not contradict its price."""
    text = """
vat = stripe.TaxRate("vat", display_name="VAT", percentage=19, inclusive=True)
net = stripe.TaxRate("net", display_name="VAT", percentage=19, inclusive=False)
price = stripe.Price("net", product="prod_1", currency="usd", unit_amount=2,
                     recurring={"interval": "month"}, tax_behavior="exclusive")
stripe.Subscription("s", customer="cus_1", default_tax_rates=[vat],
                    items=[{"price": price, "tax_rates": [net]}])
"""
    assert project.check(HEAD + text) == ()


def test_a_reference_is_followed_into_a_secret(project: StackProject) -> None:
    """What is hidden from people is known to the rules."""
    text = """
from engine import Sensitive
old = stripe.Price("old", product="prod_1", currency="usd", unit_amount=2, active=False)
stripe.PaymentLink("l", line_items=[{"price": Sensitive(old.id), "quantity": 1}])
"""
    (problem,) = project.check(HEAD + text)
    assert problem.reference == "stripe-rule"


def test_a_field_that_is_left_alone_may_hold_anything(project: StackProject) -> None:
    """A price's `active` under `ignore_changes` is somebody else's."""
    text = """
old = stripe.Price("old", product="prod_1", currency="usd", unit_amount=2, active=False,
                   lifecycle=Lifecycle(ignore_changes=["active"]))
stripe.PaymentLink("l", line_items=[{"price": old, "quantity": 1}])
"""
    assert project.check(HEAD + text) == ()


def test_a_mistake_in_one_declaration_is_not_found_in_another_too(project: StackProject) -> None:
    """What is wrong with a price says nothing of the link that sells it."""
    text = """
price = stripe.Price("p", product="prod_1", currency="usd", unit_amount=2, recuring={})
stripe.PaymentLink("l", line_items=[{"price": price, "quantity": 1}],
                   subscription_data={"trial_period_days": 7})
"""
    (problem,) = project.check(HEAD + text)
    assert problem.reference == "unknown-parameter"


@pytest.mark.parametrize(
    "host",
    [
        *("localhost", "localhost:8080", "app.localhost", "127.0.0.1", "127.9.9.9", "[::1]:80"),
        *("10.0.0.1", "192.168.1.1", "172.16.0.1", "172.31.0.1", "169.254.1.1", "[fd00::1]"),
    ],
)
def test_webhooks_go_where_stripe_can_reach(project: StackProject, host: str) -> None:
    """Loopback and private addresses are refused."""
    text = f'stripe.WebhookEndpoint("w", url="http://{host}/hook", enabled_events=["*"])'
    (problem,) = project.check(HEAD + text)
    assert problem.reference == "bad-value"


@pytest.mark.parametrize(
    "host", ["localhost.example.com", "a.example", "172.32.0.1", "11.0.0.1", "127.example"]
)
def test_webhooks_go_to_public_addresses(project: StackProject, host: str) -> None:
    """What only looks like a private address is none."""
    text = f'stripe.WebhookEndpoint("w", url="https://{host}/hook", enabled_events=["*"])'
    assert project.check(HEAD + text) == ()


@pytest.mark.parametrize(("live", "found"), [(True, 2), (False, 0), (None, 0)])
def test_live_webhooks_are_encrypted(project: StackProject, live: bool | None, found: int) -> None:  # noqa: FBT001 - a row
    """Of endpoints and of event destinations; a sandbox takes plain http."""
    stack = project.load(
        HEAD
        + """
stripe.WebhookEndpoint("w", url="http://a.example/hook", enabled_events=["*"])
stripe.EventDestination("d", name="D", event_payload="thin", type="webhook_endpoint",
                        enabled_events=["v1.billing.meter.no_meter_found"],
                        webhook_endpoint={"url": "http://a.example/hook"})
"""
    )
    where = CheckContext(now=NOW, live=live)
    problems = problems_of(stack, loader.schemas(), project.root, where)
    assert [problem.message.partition(": ")[2] for problem in problems] == [
        "Invalid URL: An HTTPS URL is required in live mode."
    ] * found


@pytest.mark.parametrize(
    ("declaration", "finding"),
    [
        (
            """Price("p", product="prod_1", currency="usd", billing_scheme="tierd",
            tiers_mode="graduated", recurring={"interval": "month"},
            tiers=[{"up_to": "inf", "unit_amount": 1}])""",
            "stripe_price.p: billing_scheme cannot be 'tierd'",
        ),
        (
            'Coupon("c", percent_off=5, duration="repeatin", duration_in_months=3)',
            "stripe_coupon.c: duration cannot be 'repeatin'",
        ),
        (
            'PaymentLink("l", line_items=[{"price": "price_1", "quantiti": 1}])',
            "stripe_payment_link.l: unknown parameter line_items[0].quantiti",
        ),
        (
            'Price("p", product="prod_1", currency="usd", unit_amout=5)',
            "stripe_price.p: unknown parameter unit_amout",
        ),
    ],
)
def test_a_wrong_word_breaks_no_further_rule(
    project: StackProject, declaration: str, finding: str
) -> None:
    """What was meant may well be right: one mistake is one finding."""
    found = project.check(f"from engine.stripe import Coupon, PaymentLink, Price\n{declaration}\n")
    assert [problem.message for problem in found] == [finding]


def test_a_mistake_beside_a_wrong_word_is_found_too(project: StackProject) -> None:
    """Only what nobody can tell is left out of the rules."""
    found = project.check('from engine.stripe import Coupon\nCoupon("c", duration="onec")\n')
    assert len(found) == 2
