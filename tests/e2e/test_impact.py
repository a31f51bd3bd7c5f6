"""What uses an object: counted on the account, in few requests, whatever cannot be counted."""

from __future__ import annotations

from typing import Any

import pytest

from engine.address import parse_address
from engine.catalog import loader
from engine.catalog.semantics.usage import USAGE
from engine.emulator.doors.transport import InProcessTransport
from engine.operations.impact import lists
from engine.operations.impact.touched import Touched
from engine.plan.impact import Impact, Use
from engine.plan.model import PlanReport
from engine.stripe.http.client import ClientOptions, StripeHTTP
from engine.values.secret import Sensitive
from tests.support.project import Project

PRICE = """
    from engine.stripe import PaymentLink, PortalConfiguration, Price, Product

    pro = Product("pro", name="{name}")
    month = Price("month", product=pro, currency="usd", unit_amount={amount},
                  recurring={{"interval": "month"}}, lookup_key="month")
"""
NAMED = """
    link = PaymentLink("buy", line_items=[{"price": month, "quantity": 1}])
    portal = PortalConfiguration("portal", features={
        "payment_method_update": {"enabled": True},
        "subscription_update": {
            "enabled": True, "default_allowed_updates": ["price"],
            "products": [{"product": pro, "prices": [month]}],
        },
    })
"""
BEFORE = PRICE.format(name="Pro", amount=2000)
CHANGED = PRICE.format(name="Pro", amount=2400)
ADDRESS = "stripe_price.month"
KEEP = "still billed at the old price"
DEACTIVATED = "Stripe deactivates those that still sell it"


def subscribe(project: Project, price: str, count: int = 1, **params: Any) -> list[str]:
    """Subscriptions on a price, of one customer."""
    customer = project.call("post", "/v1/customers", name="Someone")["id"]
    given = {"items": [{"price": price}], "days_until_due": 30, **params}
    made = (
        project.call(
            "post",
            "/v1/subscriptions",
            customer=customer,
            collection_method="send_invoice",
            **given,
        )
        for _ in range(count)
    )
    return [found["id"] for found in made]


def link_to(project: Project, price: str) -> str:
    """A payment link that no stack manages."""
    items = [{"price": price, "quantity": 1}]
    return str(project.call("post", "/v1/payment_links", line_items=items)["id"])


def impact_in(report: PlanReport, address: str = ADDRESS) -> Impact:
    """What uses one object of a plan."""
    [found] = [one for one in report.impacts if one.address == address]
    return found


def impact_of(project: Project, address: str = ADDRESS, **options: Any) -> Impact:
    """The same, asked for."""
    return impact_in(project.report(impact=True, **options), address)


def test_what_uses_a_replaced_price_is_counted_and_named(project: Project) -> None:
    """Subscriptions that go on, and what names it now, managed or not; in five requests."""
    project.write(BEFORE + NAMED)
    project.apply()
    price = project.id(ADDRESS)
    subscribe(project, price, 3)
    subscribe(project, price, trial_period_days=7)
    [ended] = subscribe(project, price)
    project.call("delete", f"/v1/subscriptions/{ended}")
    other = link_to(project, price)
    project.call("post", f"/v1/payment_links/{link_to(project, price)}", active=False)
    project.write(CHANGED + NAMED)
    plain = project.report()
    asked = project.report(impact=True)
    assert (plain.impacts, plain.impact_asked, asked.impact_asked) == ((), False, True)
    assert asked.requests == plain.requests + 5
    assert impact_in(asked) == Impact(
        stack="shop",
        address=impact_in(asked).address,
        id=price,
        uses=(
            Use(what="active subscriptions", count=4, note=KEEP),
            Use(
                what="payment links",
                count=2,
                where=("stripe_payment_link.buy",),
                unmanaged=(other,),
                note=DEACTIVATED,
            ),
            Use(
                what="customer portals",
                count=1,
                where=("stripe_billing_portal_configuration.portal",),
                note="this plan changes it too",
            ),
        ),
    )


def test_nothing_is_counted_for_what_neither_ends_nor_changes_for_others(project: Project) -> None:
    """A nickname is nothing that a subscriber sees; a product's name is."""
    project.write(BEFORE)
    project.apply()
    subscribe(project, project.id(ADDRESS), 2)
    project.write(BEFORE.replace('lookup_key="month"', 'lookup_key="month", nickname="M"'))
    report = project.report(impact=True)
    assert (report.has_changes, report.impacts, report.impact_asked) == (True, (), True)
    project.write(PRICE.format(name="Pro 2", amount=2000))
    report = project.report(impact=True)
    product = impact_in(report, "stripe_product.pro")
    assert product.uses == (Use(what="active subscriptions", count=2),)
    assert [one.address for one in report.impacts] == ["stripe_product.pro"]


def test_a_price_that_is_archived_by_its_declaration_ends_too(project: Project) -> None:
    """Another word for the same."""
    project.write(BEFORE)
    project.apply()
    subscribe(project, project.id(ADDRESS))
    project.write(BEFORE.replace('lookup_key="month"', 'lookup_key="month", active=False'))
    assert impact_of(project).uses == (Use(what="active subscriptions", count=1, note=KEEP),)


def test_counting_stops_and_says_that_there_are_more(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full page and a following one that is not asked for; a full last page is the number."""
    project.write(BEFORE)
    project.apply()
    price = project.id(ADDRESS)
    subscribe(project, price, 100)
    project.write(CHANGED)
    monkeypatch.setattr(lists, "MOST_PAGES", 1)
    assert impact_of(project).uses == (Use(what="active subscriptions", count=100, note=KEEP),)
    subscribe(project, price)
    more = Use(what="active subscriptions", count=100, more=True, note=KEEP)
    assert impact_of(project).uses == (more,)
    monkeypatch.undo()
    assert impact_of(project).uses == (Use(what="active subscriptions", count=101, note=KEEP),)


def test_a_link_beyond_the_pages_read_is_not_denied(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list has no filter: none among the newest is not none."""
    project.write(BEFORE)
    project.apply()
    link_to(project, project.id(ADDRESS))
    other = project.call("post", "/v1/products", name="Other")["id"]
    once = project.call("post", "/v1/prices", product=other, currency="usd", unit_amount=100)["id"]
    for _ in range(100):
        link_to(project, once)
    project.write(CHANGED)
    assert [use.what for use in impact_of(project).uses] == ["payment links"]
    monkeypatch.setattr(lists, "MOST_PAGES", 1)
    beyond = impact_of(project)
    assert beyond.uses == ()
    assert beyond.unread == ("payment links (none is among the newest 100, and there are more)")


def test_many_objects_share_the_lists_that_no_filter_narrows(project: Project) -> None:
    """One list of subscriptions for each price, and one of everything else for all of them."""
    many = """
        from engine.stripe import Price, Product

        pro = Product("pro", name="Pro")
        for number in range(8):
            Price(f"p{{number}}", product=pro, currency="usd", unit_amount={} + number,
                  recurring={{"interval": "month"}}, nickname=f"P {{number}}")
        Price("once", product=pro, currency="usd", unit_amount={}, nickname="Once")
    """
    project.write(many.format(100, 100))
    project.apply()
    project.write(many.format(200, 200))
    plain = project.report().requests
    report = project.report(impact=True)
    assert len(report.impacts) == 9
    assert report.requests == plain + 8 + 4
    assert {(one.uses, one.unread) for one in report.impacts} == {((), "")}


def test_there_is_an_end_to_the_lists_that_are_read(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes after it is said not to be counted, and is not taken for unused."""
    monkeypatch.setattr(lists, "MOST_LISTS", 1)
    two = """
        from engine.stripe import Coupon

        Coupon("a", id="A", percent_off={}, duration="once")
        Coupon("b", id="B", percent_off={}, duration="once")
    """
    project.write(two.format(10, 10))
    project.apply()
    project.write(two.format(20, 20))
    first, second = project.report(impact=True).impacts
    assert (first.unread, second.unread) == (
        "",
        "active promotion codes (more than 1 lists of them would have to be read)",
    )


def test_a_coupon_counts_its_redemptions_and_its_codes(project: Project) -> None:
    """The redemptions are in what was read for the plan; the codes are one request."""
    project.write("""
        from engine.stripe import Coupon
        Coupon("ten", id="C10", percent_off=10, duration="forever")
    """)
    project.apply()
    product = project.call("post", "/v1/products", name="Pro")["id"]
    price = project.call(
        "post",
        "/v1/prices",
        product=product,
        currency="usd",
        unit_amount=100,
        recurring={"interval": "month"},
    )["id"]
    subscribe(project, price, 2, discounts=[{"coupon": "C10"}])
    promotion = {"type": "coupon", "coupon": "C10"}
    code = project.call("post", "/v1/promotion_codes", promotion=promotion, code="SPRING")["id"]
    gone = project.call("post", "/v1/promotion_codes", promotion=promotion, code="OLD")["id"]
    project.call("post", f"/v1/promotion_codes/{gone}", active=False)
    project.write("")
    plain = project.report(allow_mass_change=True).requests
    report = project.report(impact=True)
    assert report.requests == plain + 1
    assert impact_in(report, "stripe_coupon.ten").uses == (
        Use(what="redemptions", count=2, note="who has it keeps it"),
        Use(
            what="active promotion codes",
            count=1,
            unmanaged=(code,),
            note="nothing can be redeemed with them",
        ),
    )


def test_an_endpoint_names_its_application_and_its_events_without_a_request(
    project: Project,
) -> None:
    """They are in the object."""
    text = """
        from engine.stripe import WebhookEndpoint
        WebhookEndpoint("app", url="https://shop.example/hook",
                        enabled_events=["invoice.paid", "customer.created"{}])
    """
    project.write(text.format(""))
    project.apply()
    project.write(text.format(', "charge.failed"'))
    report = project.report(impact=True)
    assert report.requests == project.report().requests
    assert [use.note for use in impact_in(report, "stripe_webhook_endpoint.app").uses] == ["", ""]
    project.write("")
    assert impact_of(project, "stripe_webhook_endpoint.app").uses == (
        Use(
            what="URLs",
            count=1,
            where=("https://shop.example/hook",),
            note="its application gets no events from then on",
        ),
        Use(what="event types", count=2, where=("invoice.paid", "customer.created")),
    )


def test_a_url_that_is_a_secret_is_counted_and_not_shown(project: Project) -> None:
    """Neither what is a secret now, nor what was one at the last apply."""
    hidden = "https://shop.example/hook-4711"
    text = """
        from engine import Sensitive
        from engine.stripe import WebhookEndpoint
        WebhookEndpoint("app", url={}, enabled_events=["invoice.paid"])
    """
    project.write(text.format(f'Sensitive("{hidden}")'))
    project.apply()
    project.write("")
    gone = impact_of(project, "stripe_webhook_endpoint.app")
    assert [(use.what, use.count, use.where) for use in gone.uses] == [
        ("URLs", 1, ()),
        ("event types", 1, ("invoice.paid",)),
    ]
    project.write(text.format('"https://shop.example/plain"'))
    project.apply()
    project.write(text.format(f'Sensitive("{hidden}")'))
    changed = impact_of(project, "stripe_webhook_endpoint.app")
    assert [use.where for use in changed.uses] == [(), ("invoice.paid",)]


def test_a_key_that_may_not_list_something_is_no_reason_to_fail(project: Project) -> None:
    """What it may not list is named with Stripe's reason; the rest is counted."""
    project.key = "rk_test_shop"
    project.write(BEFORE + NAMED)
    project.apply()
    subscribe(project, project.id(ADDRESS), 2)
    granted = ("product_write", "plan_write", "payment_link_write", "quote_read")
    portal = "billing_portal_configuration_write"
    project.emulator.restrict("rk_test_shop", {*granted, portal})
    project.write(CHANGED + NAMED)
    found = impact_of(project)
    assert [use.what for use in found.uses] == ["payment links", "customer portals"]
    assert found.unread == (
        "active subscriptions (the key lacks the permission subscription_read); "
        "subscription schedules (the key lacks the permission subscription_schedule_read)"
    )


def test_without_a_refresh_the_states_alone_are_asked(project: Project) -> None:
    """Nothing is sent, and nothing is taken for unused."""
    project.write(BEFORE)
    project.apply()
    project.write(CHANGED)
    report = project.report(impact=True, refresh=False)
    assert (report.requests, report.impact_asked) == (0, True)
    assert impact_in(report).uses == ()
    assert impact_in(report).unread == (
        "active subscriptions, payment links, customer portals, subscription schedules, "
        "open quotes (Stripe was not asked (--no-refresh))"
    )


def test_resources_of_other_stacks_are_named_with_their_stack(project: Project) -> None:
    """From their states, without a request."""
    project.write(
        """
        from engine import output
        from engine.stripe import Coupon
        output("ten", Coupon("ten", id="{}", percent_off=10, duration="once").id)
    """.format("C10")
    )
    project.write(
        """
        from engine import stack_output
        from engine.stripe import PromotionCode
        PromotionCode("spring", code="SPRING", promotion={
            "type": "coupon", "coupon": stack_output("shop", "ten")})
        """,
        "codes",
    )
    project.apply()
    project.write(
        """
        from engine import output
        from engine.stripe import Coupon
        output("ten", Coupon("ten", id="{}", percent_off=10, duration="once").id)
    """.format("C11")
    )
    asked = impact_of(project, "stripe_coupon.ten")
    assert [(use.what, use.where) for use in asked.uses] == [
        ("active promotion codes", ("codes:stripe_promotion_code.spring",))
    ]
    states = impact_of(project, "stripe_coupon.ten", refresh=False)
    assert states.uses == (
        Use(what="resources", count=1, where=("codes:stripe_promotion_code.spring",)),
    )


def test_what_the_plan_removes_itself_loses_nothing(project: Project) -> None:
    """A link that goes with its price does not; the default portal stays, as Stripe keeps it."""
    project.write(BEFORE + NAMED)
    project.apply()
    project.write("")
    assert impact_of(project).uses == (
        Use(
            what="customer portals",
            count=1,
            where=("stripe_billing_portal_configuration.portal",),
        ),
    )


def test_a_connected_account_is_asked_on_its_own(project: Project) -> None:
    """What is on the platform does not use what is there."""
    text = """
        from engine import Lifecycle
        from engine.stripe import Account, Price, Product

        shop = Account("shop", type="custom", country="US", lifecycle=Lifecycle(protect=False))
        on = Lifecycle(account=shop)
        pro = Product("pro", name="Pro", lifecycle=on)
        month = Price("month", product=pro, currency="usd", unit_amount={},
                      recurring={{"interval": "month"}}, lookup_key="month", lifecycle=on)
    """
    project.write(text.format(2000))
    project.apply()
    http = StripeHTTP(
        ClientOptions(
            api_key=Sensitive(project.key), transport=InProcessTransport(project.emulator)
        )
    )
    account = project.id("stripe_account.shop")

    def made(path: str, **params: Any) -> str:
        found = http.post(path, params, idempotency_key="", account=account)
        return str(found["id"])

    made(
        "/v1/subscriptions",
        customer=made("/v1/customers", name="Theirs"),
        items=[{"price": project.id(ADDRESS)}],
        collection_method="send_invoice",
        days_until_due=30,
    )
    project.write(text.format(2400))
    assert impact_of(project).uses == (Use(what="active subscriptions", count=1, note=KEEP),)


@pytest.mark.parametrize("used", USAGE)
def test_every_list_of_the_table_is_one_that_stripe_answers(project: Project, used: str) -> None:
    """A filter that is unknown, or of another form, would be refused: then nothing is counted."""
    kind = loader.by_object(used)
    one = Touched(
        stack="shop",
        address=parse_address(f"{kind.name}.one"),
        kind=kind,
        id="none",
        account="",
        ends=True,
        usage=USAGE[used],
        found=None,
    )
    asked = lists.Lists(project.connect(), loader.schemas())
    asked.read_for([one])
    unread = {asked.count(by, "", "none").unread for by in USAGE[used].by}
    # L: a filter takes the id of an object that exists.
    assert {why for why in unread if not why.startswith("No such ")} <= {""}


def test_prices_on_a_meter_and_who_pays_them(project: Project) -> None:
    """Active prices are named, subscriptions counted through archived ones too."""
    project.write("""
        from engine.stripe import Meter
        Meter("calls", display_name="Calls", event_name="calls", default_aggregation={
            "formula": "sum"})
    """)
    project.apply()
    meter = project.id("stripe_billing_meter.calls")
    product = project.call("post", "/v1/products", name="API")["id"]
    metered = {"interval": "month", "usage_type": "metered", "meter": meter}
    price, other = (
        project.call(
            "post",
            "/v1/prices",
            product=product,
            currency="usd",
            unit_amount=1,
            recurring=recurring,
        )["id"]
        for recurring in (metered, {"interval": "month"})
    )
    subscribe(project, price)
    subscribe(project, other)
    project.write("")
    found = impact_of(project, "stripe_billing_meter.calls")
    assert [(use.what, use.count, use.unmanaged) for use in found.uses] == [
        ("prices", 1, (price,)),
        ("active subscriptions", 1, ()),
    ]


def test_a_product_counts_through_its_prices(project: Project) -> None:
    """Each subscription once, whichever of the prices it is on; and coupons that are limited."""
    project.write(BEFORE)
    project.apply()
    product, price = project.id("stripe_product.pro"), project.id(ADDRESS)
    year = project.call(
        "post",
        "/v1/prices",
        product=product,
        currency="usd",
        unit_amount=9000,
        recurring={"interval": "year"},
    )["id"]
    subscribe(project, price, 2)
    subscribe(project, year)
    project.call("post", f"/v1/prices/{year}", active=False)
    limited = {"percent_off": 10, "applies_to": {"products": [product]}}
    coupon = project.call("post", "/v1/coupons", id="PRO10", **limited)["id"]
    project.write("")
    assert impact_of(project, "stripe_product.pro").uses == (
        Use(what="active subscriptions", count=3, note=KEEP),
        Use(what="coupons", count=1, unmanaged=(coupon,)),
    )
