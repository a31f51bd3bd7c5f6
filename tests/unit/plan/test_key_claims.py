"""Two declarations for one object: found offline, also where a part of the key is a reference."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.catalog import loader
from engine.plan.key_claims import claim_problems, default_problems
from engine.stack.loader import load_stack
from engine.variables import Variables

PRELUDE = """\
from engine import Lifecycle, stack_output
from engine.stripe import *

pro = Product("pro", name="Pro")
seats = Feature("seats", name="Seats", lookup_key="seats")
sale = Coupon("sale", percent_off=5)
ann, bob = Customer("ann", name="Ann"), Customer("bob", name="Bob")


def price(name, **more):
    return Price(name, product=pro, currency="usd", unit_amount=1, **more)


def code(name, text, **more):
    return PromotionCode(name, code=text, promotion={"type": "coupon", "coupon": sale}, **more)


shop = Account("shop", type="custom", country="US")


def bank(name, currency="usd", account=shop, **more):
    external = {"object": "bank_account", "country": "US", "currency": currency,
                "account_number": "000123456789"}
    return BankAccount(name, account=account, external_account=external, **more)


def items(kind, *values):
    blocked = ValueList("blocked", alias="blocked", name="Blocked", **kind)
    return [
        ValueListItem(f"item-{at}", value_list=blocked, value=value)
        for at, value in enumerate(values)
    ]


def registered(name, country, **options):
    return TaxRegistration(
        name, country=country, active_from="now", country_options={country.lower(): options}
    )


def local(name, city):
    return registered(
        name,
        "US",
        state="IL",
        type="local_amusement_tax",
        local_amusement_tax={"jurisdiction": city},
    )


"""
FIRST = PRELUDE.count("\n") + 1


def found(tmp_path: Path, text: str) -> list[str]:
    """What is found, as `line: message`, lines counted from the text's first."""
    folder = tmp_path / "stacks"
    folder.mkdir()
    path = folder / "shop.py"
    path.write_text(PRELUDE + text, encoding="utf-8")
    stack = load_stack(path, root=tmp_path, environment="test", variables=Variables())
    assert not stack.problems, stack.problems
    return [
        f"{one.line - FIRST + 1}: {one.message} | {one.hint}"
        for check in (claim_problems, default_problems)
        for one in check(stack, loader.schemas(), tmp_path)
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            (
                'one = {"product": pro, "currency": "usd", "unit_amount": 1}\n'
                'Price("a", lookup_key="k", **one)\nPrice("b",\n lookup_key="k", **one)'
            ),
            (
                f"4: stripe_price.b: lookup_key 'k' is also what stripe_price.a (stacks/shop.py:"
                f"{FIRST + 1}) claims"
            ),
        ),
        (
            'items({}, "Joe", "joe")',
            "value 'joe', value_list '${stripe_radar_value_list.blocked.id}' is also what",
        ),
        (
            'items({"item_type": "case_sensitive_string"}, "joe", "joe")',
            "value 'joe'",
        ),
        # Of another stack's list nobody knows whether case counts.
        (
            (
                'theirs = stack_output("fraud", "list")\n'
                'for at, value in enumerate(("Joe", "joe")):\n'
                '    ValueListItem(f"i-{at}", value_list=theirs, value=value)'
            ),
            "value 'joe'",
        ),
        (
            (
                'ProductFeature("a", product=pro, entitlement_feature=seats)\n'
                'ProductFeature("b", product=pro.id, entitlement_feature=seats.id)'
            ),
            "2: stripe_product_feature.b: entitlement_feature '${stripe_entitlements_feature.seats",
        ),
        ('code("a", "SALE")\ncode("b", "sale")', "code 'sale' is also what"),
        ('code("a", "SALE")\ncode("b", "sale", customer=ann)', "code 'sale', customer '${"),
        ('code("a", "S", customer=ann)\ncode("b", "S", customer=ann)', "code 'S', customer '${"),
        (
            'registered("a", "DE", type="oss_union")\nregistered("b", "DE", type="oss_union")',
            "stripe_tax_registration.b: country 'DE', type 'oss_union' is also what",
        ),
        (
            'local("a", "06613")\nlocal("b", "06613")',
            (
                "country 'US', type 'local_amusement_tax', country_options.us.state 'IL', "
                "jurisdiction '06613' is also what"
            ),
        ),
        (
            'TaxSettings("a")\nTaxSettings("b")',
            (
                "2: stripe_tax_settings.b: an account has one tax settings, which "
                "stripe_tax_settings.a "
                "(stacks/shop.py:"
            ),
        ),
        (
            'Product("x", name="X", id="pro")\nProduct("y", name="Y", id="pro")',
            "id 'pro' is also what stripe_product.x",
        ),
    ],
)
def test_two_for_one(tmp_path: Path, text: str, expected: str) -> None:
    """The later is named with its line, the earlier with its place, and what they share."""
    (problem,) = found(tmp_path, text)
    assert expected in problem


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            ('ShippingRate("h", display_name="Ground",\n lifecycle=Lifecycle(adopt=True))'),
            (
                "2: stripe_shipping_rate.h: adopt=True: only its id distinguishes one shipping "
                'rate from another | import_("stripe_shipping_rate.h", '
                "ShippingRate.lookup(display_name=...).id) takes the one that is found; "
                'import_("stripe_shipping_rate.h", "shr_...") names the object by its id'
            ),
        ),
        (
            'price("a", lifecycle=Lifecycle(adopt=True))',
            (
                "stripe_price.a: adopt=True: a price is found by its lookup_key, which is not "
                'declared | declare lookup_key; or import_("stripe_price.a", "price_...") names '
                "the object by its id"
            ),
        ),
        (
            (
                'for name in ("a", "b"):\n'
                "    PortalConfiguration(name, features={}, lifecycle=Lifecycle(adopt=True))"
            ),
            (
                "2: stripe_billing_portal_configuration.b: an account has one default customer "
                "portal configuration, which stripe_billing_portal_configuration.a (stacks/shop.py:"
            ),
        ),
    ],
)
def test_adopting_what_cannot_be_found(tmp_path: Path, text: str, expected: str) -> None:
    """It would make a second object without a word: the way on is the object's id."""
    (problem,) = found(tmp_path, text)
    assert expected in problem


@pytest.mark.parametrize(
    "text",
    [
        'bank("a", default_for_currency=False)',
        'bank("a", default_for_currency=False)\nbank("b", "eur", default_for_currency=True)',
        'bank("a", default_for_currency=False)\nbank("b")',
    ],
)
def test_the_first_of_its_like_is_the_default(tmp_path: Path, text: str) -> None:
    """It cannot be unset: one of those with the same account and currency has to be it."""
    (problem,) = found(tmp_path, text)
    assert (
        "stripe_account_external_account.a: default_for_currency=False, but none with the same "
        "account and external_account.currency is declared with default_for_currency=True"
    ) in problem


@pytest.mark.parametrize(
    "text",
    [
        'price("a", lookup_key="k", lifecycle=Lifecycle(adopt=True))',
        (
            'ValueListItem("a", value_list=ValueList("l", alias="l", name="L"), value="v", '
            "lifecycle=Lifecycle(adopt=True))"
        ),
        (
            'PortalConfiguration("a", features={}, lifecycle=Lifecycle(adopt=True))\n'
            'PortalConfiguration("b", features={})'
        ),
        'TaxSettings("a", lifecycle=Lifecycle(adopt=True))',
        'bank("a", default_for_currency=False)\nbank("b", default_for_currency=True)',
        'bank("a", account="acct_1", default_for_currency=False)',
        'bank("a")\nbank("b")',
        'price("a", lookup_key="k")\nprice("b", lookup_key="K")\nprice("c")\nprice("d")',
        'price("a", lookup_key="k")\nprice("b", lookup_key="k", lifecycle=Lifecycle(account="a"))',
        'items({"item_type": "case_sensitive_string"}, "Joe", "joe")',
        'items({"item_type": "customer_id"}, "cus_A", "cus_a")',
        'code("a", "S", customer=ann)\ncode("b", "S", customer=bob)',
        'code("a", "S", active=False)\ncode("b", "S")',
        'registered("a", "DE", type="standard")\nregistered("b", "DE", type="oss_union")',
        'local("a", "06613")\nlocal("b", "02154")',
        (
            'registered("a", "CA", type="simplified")\n'
            'registered("b", "CA", type="province_standard", province_standard={"province": "qc"})'
        ),
        (
            'ValueListItem("a", value_list="rsl_1", value="a")\n'
            'ValueListItem("b", value_list="rsl_2", value="a")'
        ),
    ],
)
def test_two_that_stripe_lets_live_side_by_side(tmp_path: Path, text: str) -> None:
    """A key is as fine as Stripe's: another type, place, customer, account or case is another."""
    assert found(tmp_path, text) == []
