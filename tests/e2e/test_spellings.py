"""One value spelled in another way: nothing changes, and nothing is refused."""

from __future__ import annotations

from tests.support.project import Project

TEXTS = """
    from engine.stripe import Coupon, Price, Product, TaxRate, WebhookEndpoint

    V = {value!r}
    p = Product("b", name="B", description=V, statement_descriptor=V, unit_label=V)
    Price("b", product=p, currency="usd", unit_amount=5, nickname=V)
    Coupon("c", percent_off=5, duration="once", name=V)
    TaxRate("t", display_name="T", percentage=5, inclusive=True, description=V, jurisdiction=V)
    WebhookEndpoint(
        "w", url="https://x.example.com/h", enabled_events=["charge.failed"], description=V
    )
"""


def test_texts_that_become_empty_are_cleared_or_stay(project: Project) -> None:
    """Cleared where Stripe takes an empty text, and told to stay anywhere else."""
    project.write(TEXTS.format(value="word"))
    project.apply()
    project.write(TEXTS.format(value=""))
    changes = {
        f"{change.address.type}.{field.path[0]}": field.reason.value
        for change in project.plan().changes
        for field in change.fields
    }
    cleared = {"stripe_product.description", "stripe_product.unit_label"}
    cleared |= {"stripe_webhook_endpoint.description"}
    stays = {"stripe_product.statement_descriptor", "stripe_price.nickname", "stripe_coupon.name"}
    stays |= {"stripe_tax_rate.description", "stripe_tax_rate.jurisdiction"}
    assert {name for name, reason in changes.items() if reason == "stays"} == stays
    assert {name for name, reason in changes.items() if reason != "stays"} == cleared
    project.apply()
    assert not project.plan().has_changes
    project.writes()
    project.write(TEXTS.format(value=None))
    assert not project.plan().has_changes


def test_texts_that_were_never_there_are_not_sent(project: Project) -> None:
    """A create has nothing to clear."""
    project.write(TEXTS.format(value=""))
    project.apply()
    assert not [name for _, _, params in project.writes() for name in params if params[name] == ""]
    assert not project.plan().has_changes


CURRENCIES = """
    from engine.stripe import Cardholder, Coupon, PaymentLink, Price, Product, ShippingRate

    C = {code!r}
    Product("p", name="P", default_price_data={{"currency": C, "unit_amount": 500}})
    price = Price("q", product=Product("q", name="Q"), currency=C, unit_amount=500)
    Coupon("c", amount_off=100, currency=C)
    ShippingRate("s", display_name="S", fixed_amount={{"amount": 5, "currency": C}})
    PaymentLink("l", line_items=[
        {{"price_data": {{"currency": C, "unit_amount": 5, "product_data": {{"name": "L"}}}},
          "quantity": 1}},
    ])
    Cardholder(
        "h", name="Ann Lee", type="individual",
        billing={{"address": {{"line1": "1 St", "city": "A", "country": "US",
                               "postal_code": "1"}}}},
        spending_controls={{
            "spending_limits": [{{"amount": 100, "interval": "daily"}}],
            "spending_limits_currency": C,
        }},
    )
"""


def test_currencies_in_upper_case_converge(project: Project) -> None:
    """Stripe keeps lower case, wherever the currency is."""
    project.write(CURRENCIES.format(code="USD"))
    project.apply()
    assert not project.plan().has_changes
    assert not project.plan(refresh=False).has_changes
