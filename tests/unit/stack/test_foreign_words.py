"""Words that the engine does not have: what was meant is said, and how it is written."""

from __future__ import annotations

import pytest

from engine.catalog import loader
from engine.schema.attribute import walk
from engine.stack.foreign_words import CLASSES, LIFECYCLE, class_meant
from tests.support.stack_project import StackProject

PRELUDE = """\
from engine import Lifecycle, output
from engine.stripe import *

pro = Product("pro", name="Pro")
terms = {"product": pro, "currency": "usd", "unit_amount": 2900}
"""


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        (
            'Price("a", lookup_key="k", transfer_lookup_key=True, **terms)',
            "stripe_price.a: unknown parameter transfer_lookup_key",
            "leave it out: the engine itself moves a lookup key from the old price to the new one",
        ),
        (
            'Price("a", interval="month", **terms)',
            "stripe_price.a: unknown parameter interval",
            'it is a part of recurring: recurring={"interval": ...}',
        ),
        (
            'Price("a", recurring={"interval": "month", "nickname": "x"}, **terms)',
            "stripe_price.a: unknown parameter recurring.nickname",
            "it is a parameter of its own, next to recurring: nickname=...",
        ),
        (
            'File("a", file="a.png", purpose="business_logo", file_link_data={"create": True})',
            "stripe_file.a: unknown parameter file_link_data",
            'declare the link by itself: FileLink("a-name", file=FILE.id)',
        ),
        (
            'TaxId("a", type="eu_vat", value="DE123456789", customer="cus_1")',
            "stripe_tax_id.a: unknown parameter customer",
            ("the tax id of a customer is a CustomerTaxId: "
            'CustomerTaxId("a-name", customer=..., type=..., value=...)'),
        ),
        (
            'PromotionCode("a", code="A", coupon="SALE")',
            "stripe_promotion_code.a: unknown parameter coupon",
            'it is a part of promotion: promotion={"coupon": ...}',
        ),
        (
            'Product("a", name="A", depends_on=[pro])',
            "stripe_product.a: unknown parameter depends_on",
            "it belongs to the lifecycle: lifecycle=Lifecycle(depends_on=...)",
        ),
        (
            'Product("a", name="A", prevent_destroy=True)',
            "stripe_product.a: unknown parameter prevent_destroy",
            LIFECYCLE["prevent_destroy"],
        ),
        (
            'Product("a", name="A", lifecycle=Lifecycle(prevent_destroy=True))',
            "TypeError: Lifecycle.__init__() got an unexpected keyword argument 'prevent_destroy'",
            LIFECYCLE["prevent_destroy"],
        ),
        (
            "Lifecycle(create_before_destroy=True)",
            ("TypeError: Lifecycle.__init__() got an unexpected keyword argument "
            "'create_before_destroy'"),
            LIFECYCLE["create_before_destroy"],
        ),
        (
            "Lifecycle(protekt=True)",
            "TypeError: Lifecycle.__init__() got an unexpected keyword argument 'protekt'",
            "did you mean 'protect'?",
        ),
        (
            "Lifecycle(colour=True)",
            "TypeError: Lifecycle.__init__() got an unexpected keyword argument 'colour'",
            ("Lifecycle takes: protect, depends_on, ignore_changes, replace_triggered_by, "
            "create_before_delete, on_remove, adopt, account"),
        ),
        (
            "output('a', pro.id, sensitve=True)",
            "TypeError: output() got an unexpected keyword argument 'sensitve'",
            "did you mean 'sensitive'?",
        ),
        (
            "(lambda: None)(a=1)",
            "TypeError: <lambda>() got an unexpected keyword argument 'a'",
            "the module stopped here, so nothing after this line was checked",
        ),
        (
            "variable('a', 'b')",
            "NameError: name 'variable' is not defined",
            "add: from engine import variable",
        ),
        (
            "output('a', prod.id)",
            "NameError: name 'prod' is not defined",
            "did you mean 'pro'?",
        ),
        (
            "Webhook('a')",
            "NameError: name 'Webhook' is not defined",
            "did you mean 'WebhookEndpoint'?",
        ),
        (
            'WebhookEndpoint("a", url="https://e.com/h", enabled_events=["customer.tax_id.*"])',
            "stripe_webhook_endpoint.a: enabled_events[0] cannot be 'customer.tax_id.*'",
            ('there is no pattern but "*", which means all; name them: '
            '"customer.tax_id.created", "customer.tax_id.deleted", "customer.tax_id.updated"'),
        ),
        (
            'WebhookEndpoint("a", url="https://e.com/h", enabled_events=["nothing.*"])',
            "stripe_webhook_endpoint.a: enabled_events[0] cannot be 'nothing.*'",
            'there is no pattern but "*", which means all',
        ),
        (
            'Product("a", name="A", url="example.com")',
            "stripe_product.a: url cannot be 'example.com'",
            "a URL begins with https:// or http:// and has no spaces in it",
        ),
        (
            'WebhookEndpoint("a", url="http://localhost:4242/hook", enabled_events=["*"])',
            "stripe_webhook_endpoint.a: url cannot be 'http://localhost:4242/hook'",
            ("Stripe has to reach it: a URL of a public host that begins with https:// or http://. "
            "For an application on your own machine run stripe listen --forward-to "
            "http://localhost:4242/hook instead"),
        ),
        (
            'Price("a", recurring={"interval": "month", "usage_type": "metered"}, **terms)',
            ("stripe_price.a: Starting with Stripe version `2025-03-31.basil`, metered prices must "
            "be backed by meters."),
            ('make a meter, meter = Meter("a-name", event_name=..., display_name=..., '
            'default_aggregation={"formula": "sum"}), and add "meter": meter.id to recurring'),
        ),
        (
            ('a, b = [Price(n, recurring={"interval": "month"}, **terms) for n in "ab"]\n'
            'PortalConfiguration("p", features={"payment_method_update": {"enabled": True},\n'
            '  "subscription_update": {"enabled": True, "default_allowed_updates": ["price"],\n'
            '    "products": [{"product": pro, "prices": [a, b]}]}})'),
            ("stripe_billing_portal_configuration.p: The product has multiple prices with the same "
            "`recurring[interval]`. Only one price for each interval is allowed."),
            ("stripe_price.a and stripe_price.b of stripe_product.pro have the same interval: "
            "leave one out, or give it a product of its own"),
        ),
        (
            'Price("a", product=pro, currency="usb", unit_amount=1)',
            "stripe_price.a: currency: there is no currency 'usb'",
            "did you mean 'usd'?",
        ),
        (
            'Price("a", currency_options={"eru": {"unit_amount": 1}}, **terms)',
            "stripe_price.a: currency_options.eru: there is no currency 'eru'",
            "did you mean 'eur'?",
        ),
        (
            'Price("a", product=pro, currency="zzz", unit_amount=1)',
            "stripe_price.a: currency: there is no currency 'zzz'",
            "a currency is its code in ISO 4217",
        ),
    ],
)  # fmt: skip
def test_what_was_meant(project: StackProject, text: str, message: str, hint: str) -> None:
    """The one finding says what is wrong, and the sentence below what to write instead."""
    (problem,) = project.check(PRELUDE + text)
    assert (problem.message, problem.hint) == (message, hint)


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        (
            "from engine import Product",
            "there is no 'Product' in engine",
            "write: from engine.stripe import Product",
        ),
        (
            "from engine.stripe import Portal",
            "there is no 'Portal' in engine.stripe",
            "did you mean 'PortalConfiguration'?",
        ),
        (
            "from engine.stripe import BillingMeter",
            "there is no 'BillingMeter' in engine.stripe",
            "did you mean 'Meter'?",
        ),
        (
            "from engine.stripe import Banana",
            "there is no 'Banana' in engine.stripe",
            "engine types lists all classes",
        ),
        (
            "from engine import Stack",
            "there is no 'Stack' in engine",
            ("engine has: Lifecycle, Sensitive, environment, fleet_variable, import_, moved, "
            "output, removed, stack_output, variable"),
        ),
        (
            "from engine import stripe\nstripe.BillingPortalConfiguration('a')",
            ("AttributeError: module 'engine.stripe' has no class 'BillingPortalConfiguration'; "
            "did you mean 'PortalConfiguration'?"),
            "the module stopped here, so nothing after this line was checked",
        ),
        (
            "import engine\nengine.Coupon('a', percent_off=5)",
            ("AttributeError: module 'engine' has no attribute 'Coupon'; write: from engine.stripe "
            "import Coupon"),
            "the module stopped here, so nothing after this line was checked",
        ),
        (
            "Product('pro', name='Pro')",
            "NameError: name 'Product' is not defined",
            "add: from engine.stripe import Product",
        ),
    ],
)  # fmt: skip
def test_a_name_that_was_not_imported(
    project: StackProject, text: str, message: str, hint: str
) -> None:
    """Where it is, or what it is called here."""
    (problem,) = project.check(text)
    assert (problem.message, problem.hint) == (message, hint)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("if pro.active:\n    pass", "it cannot be tested"),
        ("print(pro.id == 'prod_1')", "it cannot be compared"),
        ("print(pro.id in ['prod_1'])", "it cannot be compared"),
    ],
)
def test_a_module_cannot_look_at_a_reference(
    project: StackProject, text: str, message: str
) -> None:
    """It is decided by what only an apply can tell: the line and the reason are said."""
    (problem,) = project.check(PRELUDE + text)
    assert problem.line == PRELUDE.count("\n") + 1
    assert message in problem.message
    assert "is known only after apply" in problem.message


def test_everything_can_be_imported_at_once(project: StackProject) -> None:
    """A star brings all classes, and references still work as keys and members."""
    stack = project.load(
        PRELUDE
        + """
prices = {name: Price(name, **terms) for name in "ab"}
chosen = {price.id: name for name, price in prices.items()}
output("chosen", chosen)
output("first", chosen[prices["a"].id])
output("known", [prices["b"].id in [price.id for price in prices.values()]])
"""
    )
    assert stack.problems == ()
    assert stack.outputs["chosen"].value == {
        "${stripe_price.a.id}": "a",
        "${stripe_price.b.id}": "b",
    }
    assert stack.outputs["first"].value == "a"
    assert stack.outputs["known"].value == [True]


def test_the_table_names_what_there_is() -> None:
    """Each word stands for a class, and none of them is one itself."""
    faces = loader.faces()
    for word, face in CLASSES.items():
        assert face in faces
        assert word == word.lower()
        assert word not in {name.lower() for name in faces}


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("RadarValueList", "did you mean 'ValueList'?"),
        ("Registration", "did you mean 'TaxRegistration'?"),
        (
            "Configuration",
            (
                "did you mean 'PaymentMethodConfiguration' or 'PortalConfiguration' or "
                "'TerminalConfiguration'?"
            ),
        ),
        ("PromoCode", "did you mean 'PromotionCode'?"),
        ("Prodcut", "did you mean 'Product'?"),
        ("Zzzzzz", ""),
    ],
)
def test_classes_by_other_names(name: str, hint: str) -> None:
    """Stripe's own names for objects, what people call them, typos; nothing where nobody knows."""
    assert class_meant(name) == hint


def test_every_form_is_said_in_a_sentence() -> None:
    """Nobody is shown a regular expression."""
    for kind in loader.schemas().values():
        for path, attribute in walk(kind.root):
            assert bool(attribute.says) == bool(attribute.pattern), (kind.name, path)
