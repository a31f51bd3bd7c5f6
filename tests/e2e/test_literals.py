"""Text that looks like a reference, empty lists and sets of objects settle with one apply."""

from __future__ import annotations

from tests.support.plans import change_of, leaves
from tests.support.project import Project

LITERALS = """
    from engine import Sensitive, output, stack_output
    from engine.stripe import Customer, Feature, Meter, Price, Product

    p = Product("a", name="Cost $${{x}}", description="$$${{x}}{more}",
                metadata={{"t": "$${{a.b}}", "s": Sensitive("$${{s}}")}},
                default_price_data={{"currency": "usd", "unit_amount": 5,
                                    "metadata": {{"w": "$${{w}}"}}}})
    Price("b", product=p, currency="usd", unit_amount=6, nickname=f"{{p.name}} $${{{{n}}}}",
          lookup_key="key-$${{k}}")
    Feature("f", name="F $${{f}}", lookup_key="feature-$${{f}}")
    Meter("m", display_name="M $${{m}}", event_name="event-$${{m}}",
          default_aggregation={{"formula": "sum"}})
    output("name", p.name)
    output("text", f"$${{{{o}}}} {{p.name}}")
"""

FOLLOWS = """
    from engine import stack_output
    from engine.stripe import Product

    Product("c", name=stack_output("shop", "text"), metadata={"of": stack_output("shop", "name")})
"""

DESTINATION = """
    from engine.stripe import EventDestination

    EventDestination("d", name="D", type="webhook_endpoint", event_payload="thin", events_from=[],
                     enabled_events=["v1.billing.meter.error_report_triggered"],
                     webhook_endpoint={"url": "https://example.com/hook"})
"""

GRANT = """
    from engine.stripe import CreditGrant, Customer, Meter, Price, Product

    c = Customer("c", email="c@example.com")
    m = Meter("r", display_name="R", event_name="r", default_aggregation={{"formula": "sum"}})
    p = Product("r", name="R")
    prices = [
        Price(f"r{{n}}", product=p, currency="usd", unit_amount=n,
              recurring={{"interval": "month", "usage_type": "metered", "meter": m}})
        for n in (1, 2, 3)
    ]
    CreditGrant("g", customer=c, name="G", category="paid",
                amount={{"type": "monetary", "monetary": {{"currency": "usd", "value": 500}}}},
                applicability_config={{"scope": {{"prices": [{{"id": x}} for x in {prices}]}}}})
"""


def test_literals_settle(project: Project) -> None:
    """A literal reaches Stripe without its second dollar, and is no change from then on."""
    project.write(LITERALS.format(more=""))
    project.write(FOLLOWS, "zfollows")
    project.apply()
    made = project.call("get", f"/v1/products/{project.id('stripe_product.a')}")
    assert made["name"] == "Cost ${x}"
    assert made["description"] == "$${x}"
    assert {made["metadata"][name] for name in "ts"} == {"${a.b}", "${s}"}
    assert project.state().outputs == {"name": "Cost ${x}", "text": "${o} Cost ${x}"}
    assert [plan.has_changes for plan in project.report().plans] == [False, False]
    assert [plan.has_changes for plan in project.report(refresh=False).plans] == [False, False]


def test_a_changed_literal(project: Project) -> None:
    """A change of a text with literals is shown as it will be, made once, and settled."""
    project.write(LITERALS.format(more=""))
    project.apply()
    project.write(LITERALS.format(more="!"))
    change = change_of(project.plan(), "stripe_product.a")
    assert leaves(change) == {"description": ("$${x}", "$${x}!")}
    project.apply()
    assert not project.plan().has_changes


def test_text_of_stripe_that_looks_like_a_reference(project: Project) -> None:
    """What Stripe has beside a changed leaf is sent back as it is, whatever it looks like."""
    portal = """
        from engine.stripe import PortalConfiguration

        PortalConfiguration("p", features={{"invoice_history": {{"enabled": True}}}},
                            business_profile={{{profile}}})
    """
    project.write(portal.format(profile='"headline": "A"'))
    project.apply()
    path = (
        f"/v1/billing_portal/configurations/{project.id('stripe_billing_portal_configuration.p')}"
    )
    text = "${stripe_product.none.id}"
    project.call("post", path, business_profile={"headline": text})
    plan = project.plan()
    assert plan.drift[0].fields[0].after == text
    project.apply()
    assert not project.plan().has_changes


def test_an_empty_list_of_what_cannot_change(project: Project) -> None:
    """An empty list that only a create could set says nothing: what Stripe fills in stays."""
    project.write(DESTINATION)
    project.apply()
    assert not project.plan().has_changes
    project.writes()
    project.apply()
    assert project.writes() == []


def test_the_order_of_a_set_of_objects(project: Project) -> None:
    """Prices of a grant are a set: their order is no change, in the code and on Stripe."""
    project.write(GRANT.format(prices="prices"))
    project.apply()
    assert not project.plan().has_changes
    project.write(GRANT.format(prices="reversed(prices)"))
    assert not project.plan().has_changes
    assert not project.plan(refresh=False).has_changes
