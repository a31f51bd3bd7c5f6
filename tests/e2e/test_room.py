"""What a plan asks once it is known what it does: room for what it makes, how what it ends can end.

And what has ended and still holds the key of what it makes.
"""

from __future__ import annotations

from typing import Any

from engine.emulator.testing.faults import server_error
from engine.operations.apply import apply_stacks
from engine.plan.inputs.options import PlanOptions
from tests.support.plans import change_of
from tests.support.project import Project

MOST = 16
HOOK = """
    from engine.stripe import WebhookEndpoint

    for name in {names}:
        WebhookEndpoint(
            name, url=f"https://example.com/{{name}}", enabled_events=["price.created"],
            api_version="{version}",
        )
"""
OLD, NEW = "2024-06-20", "2025-03-31.basil"


def foreign(project: Project, count: int) -> None:
    """Endpoints that somebody made by hand."""
    for number in range(count):
        url = f"https://example.com/foreign/{number}"
        project.call("post", "/v1/webhook_endpoints", url=url, enabled_events=["price.created"])


def asked(project: Project) -> list[tuple[str, str]]:
    """Methods and paths since the last time."""
    found = [(entry.method, entry.path) for entry in project.emulator.log]
    project.emulator.log.clear()
    return found


def test_an_endpoint_at_the_cap_is_replaced_the_other_way_round(project: Project) -> None:
    """With sixteen there the old one goes first; the plan says so, and then there is no change."""
    project.write(HOOK.format(names=["ours"], version=OLD))
    foreign(project, MOST - 1)
    project.apply()
    project.write(HOOK.format(names=["ours"], version=NEW))
    change = change_of(project.plan(), "stripe_webhook_endpoint.ours")
    assert not change.create_first
    assert f"holds {MOST} webhook endpoints" in change.notes[0]
    project.writes()
    project.apply()
    assert [method for method, _, _ in project.writes()] == ["DELETE", "POST"]
    assert not project.plan().has_changes
    assert len(project.objects("/v1/webhook_endpoints")) == MOST


def test_an_endpoint_below_the_cap_is_replaced_without_a_gap(project: Project) -> None:
    """With room for both the new one comes first."""
    project.write(HOOK.format(names=["ours"], version=OLD))
    foreign(project, MOST - 2)
    project.apply()
    project.write(HOOK.format(names=["ours"], version=NEW))
    project.writes()
    project.apply()
    assert [method for method, _, _ in project.writes()] == ["POST", "DELETE"]
    assert not project.plan().has_changes


def test_more_endpoints_than_fit_are_refused(project: Project) -> None:
    """The refusal says how many there are, how many there may be, and nothing is sent."""
    foreign(project, MOST - 1)
    project.write(HOOK.format(names=["one", "two"], version=OLD))
    project.writes()
    [refusal] = project.plan().refusals
    assert "makes 2 and deletes 0" in refusal
    assert f"holds {MOST - 1} webhook endpoints: Stripe lets an account hold {MOST}." in refusal
    assert project.writes() == []


def test_what_goes_makes_room_for_what_comes(project: Project) -> None:
    """At the cap a renamed endpoint is made after the old one is gone."""
    project.write(HOOK.format(names=["one"], version=OLD))
    foreign(project, MOST - 1)
    project.apply()
    project.write(HOOK.format(names=["another"], version=OLD))
    project.apply()
    assert not project.plan().has_changes


def test_endpoints_are_counted_only_if_one_is_made(project: Project) -> None:
    """A plan without changes, and one that only updates, reads its object and nothing else.

    Who makes one also looks at the newest ones, for one that an older state does not know.
    """
    project.write(HOOK.format(names=["ours"], version=OLD))
    project.apply()
    id = project.id("stripe_webhook_endpoint.ours")
    own = [("GET", "/v1/account"), ("GET", f"/v1/webhook_endpoints/{id}")]
    asked(project)
    assert not project.plan().has_changes
    assert asked(project) == own
    project.write(
        HOOK.format(names=["ours"], version=OLD).replace("price.created", "price.deleted")
    )
    assert project.plan().has_changes
    assert asked(project) == own
    project.write(HOOK.format(names=["ours"], version=NEW))
    assert project.plan().has_changes
    assert asked(project) == [*own, *[("GET", "/v1/webhook_endpoints")] * 2]


def test_who_is_overtaken_at_the_cap_is_told_and_falls_back(project: Project) -> None:
    """Somebody takes the last place after the plan: Stripe's own text, and the next plan copes."""
    project.write(HOOK.format(names=["ours"], version=OLD))
    foreign(project, MOST - 2)
    project.apply()
    project.write(HOOK.format(names=["ours"], version=NEW))

    def overtaken(_: Any) -> bool:
        url = "https://example.com/overtaker"
        project.call("post", "/v1/webhook_endpoints", url=url, enabled_events=["price.created"])
        return True

    report = apply_stacks(project.context(), (), PlanOptions(), overtaken)
    [failure] = report.failures
    assert f"You have reached the maximum of {MOST} test webhook endpoints." in str(failure.error)
    change = change_of(project.plan(), "stripe_webhook_endpoint.ours")
    assert (change.create_first, len(change.notes)) == (False, 1)
    project.apply()
    assert not project.plan().has_changes


def test_a_product_replaced_for_something_else_is_archived_with_its_prices(
    project: Project,
) -> None:
    """Stripe deletes no product with a price, so the plan asks, whatever forces the replacement."""
    text = """
        from engine import Lifecycle
        from engine.stripe import Coupon, Product

        off = Coupon("off", percent_off={off}, duration="once")
        Product("pro", name="Pro", lifecycle=Lifecycle(replace_triggered_by=[off]))
    """
    project.write(text.format(off=10))
    project.apply()
    product = project.id("stripe_product.pro")
    project.call("post", "/v1/prices", product=product, currency="usd", unit_amount=100)
    project.write(text.format(off=20))
    changes = {str(change.address): change for change in project.plan().pending}
    removal = changes["stripe_product.pro"].removal
    assert removal is not None
    assert (removal.verb, removal.note) == (
        "archive",
        "Stripe deletes a product only while it has no price",
    )
    project.apply()
    assert not project.plan().has_changes
    assert project.call("get", f"/v1/products/{product}")["active"] is False


def test_the_default_bank_account_is_replaced_beside_another(project: Project) -> None:
    """Stripe keeps a default while its currency has another, so that the successor takes over."""
    text = """
        from engine.stripe import Account, BankAccount

        acme = Account("acme", country="US", type="custom")
        for name, number in (("main", "{number}"), ("other", "000111111116")):
            BankAccount(
                name, account=acme,
                external_account={{
                    "object": "bank_account", "country": "US", "currency": "usd",
                    "account_number": number, "routing_number": "110000000",
                }},
            )
    """
    project.write(text.format(number="000123456789"))
    project.apply()
    account = project.id("stripe_account.acme")
    before = project.id("stripe_account_external_account.main").rpartition("/")[2]
    path = f"/v1/accounts/{account}/external_accounts"
    project.call("post", f"{path}/{before}", default_for_currency=True)
    project.write(text.format(number="000222222227"))
    project.apply()
    assert not project.plan().has_changes
    defaults = {entry["id"]: entry["default_for_currency"] for entry in project.objects(path)}
    after = project.id("stripe_account_external_account.main").rpartition("/")[2]
    assert (defaults[after], len(defaults)) == (True, 2)


DOMAIN = """
    from engine.stripe import PaymentMethodDomain

    PaymentMethodDomain("shop", domain_name="{name}.example.com")
"""
DOMAINS = "/v1/payment_method_domains"


def declare_domain(project: Project, name: str) -> None:
    """Declare the one domain under some name."""
    project.write(DOMAIN.format(name=name))


def enabled(project: Project) -> dict[str, bool]:
    """Which domains are enabled, by the first part of their names."""
    found = project.objects(DOMAINS)
    return {entry["domain_name"].partition(".")[0]: entry["enabled"] for entry in found}


def test_a_domain_that_is_declared_again_is_enabled_again(project: Project) -> None:
    """From one domain to another and back: the first one comes back, and no third is made."""
    for name in ("one", "two", "one", "two"):
        declare_domain(project, name)
        project.apply()
        assert not project.plan().has_changes
    assert enabled(project) == {"one": False, "two": True}


def test_a_domain_comes_back_after_a_run_that_stopped_half_way(project: Project) -> None:
    """The second domain is disabled and the first not yet enabled: the next run goes on."""
    for name in ("one", "two"):
        declare_domain(project, name)
        project.apply()
    first = next(entry["id"] for entry in project.objects(DOMAINS, enabled=False))
    declare_domain(project, "one")
    # As often as the client tries again, and once more.
    project.emulator.faults.add(server_error(), method="POST", path=f"{DOMAINS}/{first}", times=3)
    assert len(project.try_apply().failures) == 1
    assert enabled(project) == {"one": False, "two": False}
    project.apply()
    assert not project.plan().has_changes
    assert enabled(project) == {"one": True, "two": False}
