"""Taking over what is there already, and never making its twin."""

from __future__ import annotations

import textwrap

import pytest

from engine.errors import StackError
from tests.support.plans import actions
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
    from engine.stripe import FileLink, Price, Product, TaxRate

    adopt = Lifecycle(adopt=True)
    pro = Product("pro", name="Pro", lifecycle=adopt)
    Price("pro", product=pro, currency="usd", unit_amount=2000, lifecycle=adopt)
    FileLink("f", file="file_1", lifecycle=adopt)
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


# ── by what several may have ──────────────────────────────────────────────────────────────

HOOK_TYPE = "stripe_webhook_endpoint"
HOOKS = "/v1/webhook_endpoints"
HOOK = """
    from engine import Lifecycle
    from engine.stripe import WebhookEndpoint

    WebhookEndpoint(
        "h", url="https://a.example/h", enabled_events=["invoice.paid"],
        lifecycle=Lifecycle(adopt=True),
    )
"""
NESTED = """
    from engine import Lifecycle
    from engine.stripe import Feature, Price, Product, ProductFeature, ValueList, ValueListItem

    adopt = Lifecycle(adopt=True)
    pro = Product("pro", id="pro", name="Pro", lifecycle=adopt)
    seats = Feature("seats", name="Seats", lookup_key="seats", lifecycle=adopt)
    ProductFeature("pro-seats", product=pro, entitlement_feature=seats, lifecycle=adopt)
    blocked = ValueList("blocked", alias="blocked", name="Blocked", lifecycle=adopt)
    ValueListItem("x", value_list=blocked, value="x", lifecycle=adopt)
"""
READERS = """
    from engine import Lifecycle
    from engine.stripe import TerminalConfiguration

    TerminalConfiguration("{name}"{more}, offline={{"enabled": True}},
        lifecycle=Lifecycle(adopt=True))
"""


def hook(project: Project) -> str:
    """An endpoint that was made by hand; its id."""
    made = project.call("post", HOOKS, url="https://a.example/h", enabled_events=["invoice.paid"])
    return str(made["id"])


def test_an_endpoint_is_adopted_by_its_url(project: Project) -> None:
    """What it was made with stays unknown; its secret is named."""
    id = hook(project)
    project.write(HOOK)
    (change,) = project.plan().pending
    assert (change.action.value, change.id) == ("import", id)
    assert "its secret is not known here" in change.notes[0]
    project.apply()
    assert len(project.objects(HOOKS)) == 1
    assert not project.plan().has_changes


def test_of_two_endpoints_with_one_url_the_one_that_is_free_is_adopted(project: Project) -> None:
    """Two that are free are refused with their ids."""
    ids = [hook(project), hook(project)]
    project.write(HOOK)
    (refusal,) = project.plan().refusals
    assert all(id in refusal for id in ids)
    text = textwrap.dedent(HOOK).replace('"h",', '"first",').replace("adopt=True", "")
    taken = f'{text}from engine import import_\nimport_("{HOOK_TYPE}.first", "{ids[0]}")\n'
    project.write(taken)
    project.apply()
    project.write(text + textwrap.dedent(HOOK))
    project.apply()
    assert project.id(f"{HOOK_TYPE}.h") == ids[1]
    assert len(project.objects(HOOKS)) == 2


def test_what_another_stack_owns_is_not_adopted(project: Project) -> None:
    """The owner is named with the line that moves it."""
    project.write(HOOK.replace("adopt=True", ""), "other")
    project.apply()
    project.write(HOOK)
    report = project.report()
    (refusal,) = [text for plan in report.plans for text in plan.refusals]
    assert f"belongs to other:{HOOK_TYPE}.h, and an object has one owner" in refusal


def test_what_belongs_to_something_that_is_adopted_is_adopted_too(project: Project) -> None:
    """In one apply: what its key refers to is known once that is found."""
    project.call("post", "/v1/products", id="pro", name="Pro")
    seats = project.call("post", "/v1/entitlements/features", name="Seats", lookup_key="seats")
    project.call("post", "/v1/products/pro/features", entitlement_feature=seats["id"])
    blocked = project.call("post", "/v1/radar/value_lists", alias="blocked", name="Blocked")
    project.call("post", "/v1/radar/value_list_items", value_list=blocked["id"], value="x")
    project.write(NESTED)
    project.writes()
    assert set(actions(project.plan()).values()) == {"import"}
    project.apply()
    assert project.writes() == []
    assert not project.plan().has_changes


def test_the_default_of_readers_is_adopted_unless_a_name_is_declared(project: Project) -> None:
    """A name means the one that has it; where none has, one is made."""
    path = "/v1/terminal/configurations"
    named = project.call("post", path, name="Shop")
    project.write(READERS.format(name="shop", more=', name="Shop"'))
    project.apply()
    assert project.id("stripe_terminal_configuration.shop") == named["id"]
    project.write(READERS.format(name="new", more=', name="New"'))
    assert actions(project.plan())["stripe_terminal_configuration.new"] == "create"
