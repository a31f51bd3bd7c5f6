"""Taking over what is there already, and never making its twin."""

from __future__ import annotations

import pytest

from engine.errors import StackError
from tests.support.project import Project

PORTALS = "/v1/billing_portal/configurations"
PORTAL = """
    from engine import Lifecycle
    from engine.stripe import PortalConfiguration

    PortalConfiguration(
        "default",
        business_profile={{"headline": "{headline}"}},
        features={{"invoice_history": {{"enabled": True}}}},
        lifecycle=Lifecycle(adopt=True),
    )
"""
NOTHING_TO_ADOPT_BY = """
    from engine import Lifecycle
    from engine.stripe import Price, Product, TaxRate, WebhookEndpoint

    adopt = Lifecycle(adopt=True)
    pro = Product("pro", name="Pro", lifecycle=adopt)
    Price("pro", product=pro, currency="usd", unit_amount=2000, lifecycle=adopt)
    WebhookEndpoint("h", url="https://x.example.com/h", enabled_events=["*"], lifecycle=adopt)
    TaxRate("vat", display_name="VAT", percentage=20, inclusive=True, lifecycle=adopt)
"""
CODES = """
    from engine.stripe import Coupon, Customer, PromotionCode

    sale = Coupon("sale", percent_off=5)
    promotion = {"type": "coupon", "coupon": sale}
    for name in ("ann", "bob"):
        customer = Customer(name, name=name)
        PromotionCode(name, code="WELCOME", promotion=promotion, customer=customer)
"""
REGISTRATIONS = """
    from engine import Lifecycle
    from engine.stripe import TaxRegistration, TaxSettings

    settings = TaxSettings(
        "tax",
        head_office={"address": {"country": "DE", "city": "Berlin", "postal_code": "10115"}},
        defaults={"tax_behavior": "inclusive"},
    )
    for type in ("standard", "oss_union"):
        TaxRegistration(
            type.replace("_", "-"),
            country="DE",
            active_from="now",
            country_options={"de": {"type": type}},
            lifecycle=Lifecycle(depends_on=[settings]),
        )
    for city in ("06613", "02154"):
        TaxRegistration(
            f"resort-{city}",
            country="US",
            active_from="now",
            country_options={
                "us": {"state": "IL", "type": "parking_tax", "parking_tax": {"jurisdiction": city}}
            },
            lifecycle=Lifecycle(depends_on=[settings]),
        )
"""


def test_the_default_portal_is_taken_over(project: Project) -> None:
    """It is updated in place, kept at the end, and no second configuration is made."""
    features = {"features": {"customer_update": {"enabled": False}}}
    default = project.call("post", PORTALS, **features)
    other = project.call("post", PORTALS, **features)
    assert (default["is_default"], other["is_default"]) == (True, False)
    for headline in ("Billing", "Your billing"):
        project.write(PORTAL.format(headline=headline))
        project.apply()
        assert project.plan().pending == ()
        found = project.call("get", f"{PORTALS}/{default['id']}")
        assert found["business_profile"]["headline"] == headline
    project.apply(destroy=True)
    ids = {entry["id"]: entry["active"] for entry in project.call("get", PORTALS)["data"]}
    assert ids == {default["id"]: True, other["id"]: True}


def test_without_a_default_portal_one_is_made(project: Project) -> None:
    """There is nothing to take over: the first one becomes the default."""
    project.write(PORTAL.format(headline="Billing"))
    project.apply()
    (portal,) = project.call("get", PORTALS)["data"]
    assert portal["is_default"] is True
    assert project.plan().pending == ()


def test_adopting_what_nothing_finds_is_refused(project: Project) -> None:
    """Each is named with its line, and the way on is its id."""
    project.write(NOTHING_TO_ADOPT_BY)
    with pytest.raises(StackError) as caught:
        project.plan()
    problems = caught.value.problems
    assert [problem.line for problem in problems] == [6, 7, 8, 9]
    assert {problem.reference for problem in problems} == {"nothing-to-adopt-by"}
    assert all("import_(" in problem.hint for problem in problems)


@pytest.mark.parametrize("text", [CODES, REGISTRATIONS])
def test_a_key_is_as_fine_as_stripes(project: Project, text: str) -> None:
    """Two customers have one code, a country its standard scheme and the Union's."""
    project.write(text)
    project.apply()
    assert project.plan().pending == ()
