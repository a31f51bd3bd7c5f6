"""The life of a stack, end to end, against the emulator."""

from __future__ import annotations

import re
from pathlib import Path

from engine.values.markers import ABSENT
from tests.support.plans import actions, change_of, leaves
from tests.support.project import Project

PORTAL = """
    from engine.stripe import PortalConfiguration

    # Stripe makes the first configuration of an account its default, for good.
    PortalConfiguration("aaa-default", features={{"invoice_history": {{"enabled": True}}}})
    PortalConfiguration(
        "portal",
        business_profile={{{profile}}},
        features={{"invoice_history": {{"enabled": True}}}},
    )
"""
HEADLINE = '"headline": "Manage your subscription", "privacy_policy_url": "https://a.example/p"'

SHOP = """
    from engine import output
    from engine.stripe import PortalConfiguration, Price, Product

    pro = Product("pro", name="Pro")
    monthly = Price(
        "monthly",
        product=pro,
        currency="usd",
        unit_amount={amount},
        recurring={{"interval": "month"}},
        lookup_key="pro_monthly",
    )
    PortalConfiguration(
        "portal",
        features={{
            "payment_method_update": {{"enabled": True}},
            "subscription_update": {{
                "enabled": True,
                "default_allowed_updates": ["price"],
                "products": [{{"product": pro.id, "prices": [monthly.id]}}],
            }},
        }},
    )
    output("price", monthly.id)
"""


def test_straight_after_an_apply_the_plan_is_empty(project: Project) -> None:
    """The repository's own stacks converge in one apply, and a second one writes nothing."""
    stacks = Path(__file__).parents[2] / "stacks"
    for name in ("portals", "saas"):
        project.write((stacks / f"{name}.py").read_text(encoding="utf-8"), name)
    project.apply()
    assert [plan.has_changes for plan in project.report().plans] == [False, False]
    project.writes()
    again = project.apply()
    assert again.writes == 0
    assert project.writes() == []


def test_a_changed_headline_is_one_leaf_and_one_small_request(project: Project) -> None:
    """An update names one leaf and carries nothing else."""
    project.write(PORTAL.format(profile=HEADLINE))
    project.apply()
    project.writes()
    project.write(PORTAL.format(profile=HEADLINE.replace("Manage", "Change")))
    plan = project.plan()
    assert actions(plan) == {"stripe_billing_portal_configuration.portal": "update"}
    change = change_of(plan, "stripe_billing_portal_configuration.portal")
    assert leaves(change) == {
        "business_profile.headline": ("Manage your subscription", "Change your subscription")
    }
    project.apply()
    [(method, _, params)] = project.writes()
    assert method == "POST"
    assert params == {"business_profile": {"headline": "Change your subscription"}}
    assert not project.plan().has_changes


def test_a_headline_taken_out_of_the_code_is_cleared(project: Project) -> None:
    """What was declared and is no more is emptied on Stripe, and the plan says so."""
    project.write(PORTAL.format(profile=HEADLINE))
    project.apply()
    project.writes()
    project.write(PORTAL.format(profile='"privacy_policy_url": "https://a.example/p"'))
    change = change_of(project.plan(), "stripe_billing_portal_configuration.portal")
    [field] = change.fields
    assert (field.reason.value, field.before, field.after) == (
        "cleared",
        "Manage your subscription",
        ABSENT,
    )
    project.apply()
    [(_, path, params)] = project.writes()
    assert params == {"business_profile": {"headline": ""}}
    assert project.call("get", path)["business_profile"]["headline"] is None
    assert not project.plan().has_changes


def test_a_changed_amount_replaces_the_price_without_a_gap(project: Project) -> None:
    """New price with the key first, then the portal, then the old one is archived."""
    project.write(SHOP.format(amount=2900))
    project.apply()
    old = project.id("stripe_price.monthly")
    project.writes()
    project.write(SHOP.format(amount=3400))
    plan = project.plan()
    assert actions(plan) == {
        "stripe_billing_portal_configuration.portal": "update",
        "stripe_price.monthly": "replace",
    }
    change = change_of(plan, "stripe_price.monthly")
    assert [field.path for field in change.fields if field.forces_replacement] == [("unit_amount",)]
    assert change.create_first
    assert change.removal is not None
    assert change.removal.verb.value == "archive"
    project.apply()
    new = project.id("stripe_price.monthly")
    create, repoint, archive = project.writes()
    assert create[1] == "/v1/prices"
    assert create[2]["transfer_lookup_key"] == "true"
    assert create[2]["unit_amount"] == "3400"
    assert repoint[2]["features"]["subscription_update"]["products"][0]["prices"] == [new]
    assert archive[1:] == (f"/v1/prices/{old}", {"active": "false"})
    found = {price["id"]: price for price in project.objects("/v1/prices")}
    assert (found[new]["lookup_key"], found[new]["active"]) == ("pro_monthly", True)
    assert (found[old]["lookup_key"], found[old]["active"]) == (None, False)
    assert not project.plan().has_changes
    assert project.state().outputs["price"] == new


def test_a_price_keeps_the_ids_of_those_it_replaced(project: Project) -> None:
    """Their customers still pay by them: in this run, in a later one, removed in between."""
    ids = []
    for amount in (1900, 2400, 2900):
        project.write(SHOP.format(amount=amount))
        project.apply()
        ids.append(project.id("stripe_price.monthly"))
    price = project.state().resources["stripe_price.monthly"]
    assert price.former == (ids[1], ids[0])
    assert price.superseded == ()
    assert not project.plan().has_changes
    project.write("")
    project.apply()
    assert project.state().removed["stripe_price.monthly"].former == (ids[1], ids[0])
    project.write(SHOP.format(amount=3400))
    project.apply()
    assert project.state().resources["stripe_price.monthly"].former == tuple(reversed(ids))


def test_a_replaced_default_price_is_repointed_before_it_is_archived(project: Project) -> None:
    """Stripe refuses to archive a product's default price, so the product lets go first."""
    project.write(SHOP.format(amount=2900))
    project.apply()
    product, old = project.id("stripe_product.pro"), project.id("stripe_price.monthly")
    project.call("post", f"/v1/products/{product}", default_price=old)
    project.write(SHOP.format(amount=3400))
    project.apply()
    new = project.id("stripe_price.monthly")
    assert project.call("get", f"/v1/products/{product}")["default_price"] == new
    assert project.call("get", f"/v1/prices/{old}")["active"] is False
    assert not project.plan().has_changes


def test_removal_does_what_the_type_allows_and_says_so(project: Project) -> None:
    """A product with prices is archived, one without is deleted, a coupon is deleted."""
    project.write(
        """
        from engine.stripe import Coupon, Price, Product

        used = Product("used", name="Used")
        Price("price", product=used, currency="usd", unit_amount=100)
        Product("unused", name="Unused")
        Coupon("gone", id="GONE", percent_off=10)
        """
    )
    project.apply()
    ids = {address: entry.id for address, entry in project.state().resources.items()}
    project.write("")
    plan = project.plan()
    removals = {
        str(change.address): change.removal.verb.value
        for change in plan.pending
        if change.removal is not None
    }
    assert removals == {
        "stripe_coupon.gone": "delete",
        "stripe_price.price": "archive",
        "stripe_product.unused": "delete",
        "stripe_product.used": "archive",
    }
    assert change_of(plan, "stripe_product.used").notes
    project.apply()
    assert project.call("get", f"/v1/products/{ids['stripe_product.used']}")["active"] is False
    assert project.objects("/v1/coupons") == []
    assert [entry["id"] for entry in project.objects("/v1/products")] == [
        ids["stripe_product.used"]
    ]
    assert not project.plan().has_changes


def test_what_was_archived_comes_back_and_has_no_twin(project: Project) -> None:
    """A declaration that returns revives the object it had."""
    project.write(SHOP.format(amount=2900))
    project.apply()
    before = {address: entry.id for address, entry in project.state().resources.items()}
    project.write("")
    project.apply()
    project.write(SHOP.format(amount=2900))
    plan = project.plan()
    assert set(actions(plan).values()) == {"revive"}
    project.apply()
    after = {address: entry.id for address, entry in project.state().resources.items()}
    assert after == before
    assert len(project.objects("/v1/products")) == 1
    assert len(project.objects("/v1/prices")) == 1
    assert not project.plan().has_changes


def test_an_object_edited_by_hand_is_drift_and_is_put_back(project: Project) -> None:
    """The plan shows what changed outside of the code; the apply undoes it."""
    project.write(PORTAL.format(profile=HEADLINE))
    project.apply()
    portal = project.id("stripe_billing_portal_configuration.portal")
    path = f"/v1/billing_portal/configurations/{portal}"
    project.call("post", path, business_profile={"headline": "By hand"})
    plan = project.plan()
    [drift] = plan.drift
    assert [(field.before, field.after) for field in drift.fields] == [
        ("Manage your subscription", "By hand")
    ]
    change = change_of(plan, "stripe_billing_portal_configuration.portal")
    assert [reason.value for reason in change.reasons] == ["drifted"]
    project.apply()
    headline = project.call("get", path)["business_profile"]["headline"]
    assert headline == "Manage your subscription"
    assert not project.plan().has_changes


def test_a_field_nobody_declared_may_hold_anything(project: Project) -> None:
    """Foreign metadata and undeclared fields are neither drift nor touched."""
    project.write('from engine.stripe import Product\nProduct("p", name="P", metadata={"a": "1"})')
    project.apply()
    path = f"/v1/products/{project.id('stripe_product.p')}"
    project.call("post", path, description="By hand", metadata={"theirs": "2"})
    assert not project.plan().has_changes
    assert project.plan().drift == ()
    project.write('from engine.stripe import Product\nProduct("p", name="Q")')
    project.apply()
    found = project.call("get", path)
    assert (found["name"], found["description"]) == ("Q", "By hand")
    assert "a" not in found["metadata"]
    assert found["metadata"]["theirs"] == "2"


def test_an_object_deleted_by_hand_is_drift_and_is_made_again(project: Project) -> None:
    """Nothing crashes on an object that is gone: it is shown and re-created."""
    project.write(
        """
        from engine.stripe import Coupon, PromotionCode, WebhookEndpoint

        coupon = Coupon("c", percent_off=10)
        WebhookEndpoint("hook", url="https://a.example/hook", enabled_events=["invoice.paid"])
        """
    )
    project.apply()
    for address, path in (
        ("stripe_coupon.c", "coupons"),
        ("stripe_webhook_endpoint.hook", "webhook_endpoints"),
    ):
        project.call("delete", f"/v1/{path}/{project.id(address)}")
    plan = project.plan()
    assert [(str(drift.address), drift.gone) for drift in plan.drift] == [
        ("stripe_coupon.c", True),
        ("stripe_webhook_endpoint.hook", True),
    ]
    assert set(actions(plan).values()) == {"create"}
    project.apply()
    assert len(project.objects("/v1/coupons")) == 1
    assert not project.plan().has_changes


def test_an_object_archived_by_hand_is_revived(project: Project) -> None:
    """An archived price that is declared is not what the code says."""
    project.write(SHOP.format(amount=2900))
    project.apply()
    price = project.id("stripe_price.monthly")
    project.call("post", f"/v1/prices/{price}", active=False)
    plan = project.plan()
    assert [(str(drift.address), drift.ended) for drift in plan.drift] == [
        ("stripe_price.monthly", True)
    ]
    assert actions(plan) == {"stripe_price.monthly": "revive"}
    project.apply()
    assert project.call("get", f"/v1/prices/{price}")["active"] is True
    assert project.id("stripe_price.monthly") == price
    assert not project.plan().has_changes


def test_a_replaced_coupon_takes_its_codes_along(project: Project) -> None:
    """A coupon that keeps its id goes first; its codes are free again when they return."""
    text = """
        from engine.stripe import Coupon, PromotionCode

        coupon = Coupon("c", id="SAVE", percent_off={percent})
        PromotionCode("p", promotion={{"type": "coupon", "coupon": coupon.id}}, code="SAVE-NOW")
        """
    project.write(text.format(percent=10))
    project.apply()
    project.write(text.format(percent=20))
    project.apply()
    assert project.call("get", "/v1/coupons/SAVE")["percent_off"] == 20
    codes = project.objects("/v1/promotion_codes", code="SAVE-NOW", active=True)
    assert len(codes) == 1
    assert codes[0]["promotion"]["coupon"] == "SAVE"
    assert not project.plan().has_changes


def test_destroy_removes_everything_and_names_what_stays(project: Project) -> None:
    """Dependents go first, and the default portal is kept with a note."""
    project.write(SHOP.format(amount=2900))
    project.apply()
    plan = project.plan(destroy=True)
    portal = change_of(plan, "stripe_billing_portal_configuration.portal")
    assert portal.removal is not None
    assert portal.removal.verb.value == "keep"
    assert portal.notes
    project.apply(destroy=True)
    assert project.state().resources == {}
    assert project.state().outputs == {}
    assert [price["active"] for price in project.objects("/v1/prices")] == [False]
    assert [product["active"] for product in project.objects("/v1/products")] == [False]
    assert not project.plan(destroy=True).has_changes


def test_a_webhook_secret_is_in_the_sink_and_nowhere_else(project: Project) -> None:
    """State holds a fingerprint; the secret is in one file that only the user can read."""
    project.write(
        """
        from engine import output
        from engine.stripe import WebhookEndpoint

        hook = WebhookEndpoint("h", url="https://a.example/h", enabled_events=["invoice.paid"])
        output("whsec", hook.secret)
        """
    )
    project.apply()
    kept = [path for path in (project.root / ".engine").rglob("*") if path.is_file()]
    with_secret = [path for path in kept if b"whsec_" in path.read_bytes()]
    assert sorted(path.name for path in with_secret) == [
        "output.whsec",
        "stripe_webhook_endpoint.h.secret",
    ]
    assert {path.stat().st_mode & 0o777 for path in with_secret} == {0o600}
    assert {path.parent.stat().st_mode & 0o777 for path in with_secret} == {0o700}
    assert "whsec_" not in project.state_text()
    assert not project.plan().has_changes


def test_state_differs_between_two_folders_only_in_lineage_and_ids(
    project: Project, tmp_path: Path
) -> None:
    """The same stack in another folder and account makes the same file but for what is random."""
    project.write(SHOP.format(amount=2900))
    project.apply()
    first = project.state_text()
    other = type(project)(tmp_path / "other", type(project.emulator)(seed=8), "")
    other.write(SHOP.format(amount=2900))
    other.apply()
    second = other.state_text()
    assert _without_chance(first) == _without_chance(second)


def _without_chance(text: str) -> str:
    text = re.sub(r"\b(bpc|price|prod|acct)_[A-Za-z0-9]+\b(?=\")", r"\1", text)
    return re.sub(r'"(lineage|digest)": "[^"]+"', r'"\1": ""', text)


def test_changing_one_field_changes_a_handful_of_lines_of_state(project: Project) -> None:
    """A reviewer sees the field, the serial and the digests."""
    project.write(PORTAL.format(profile=HEADLINE))
    project.apply()
    before = project.state_text().splitlines()
    project.write(PORTAL.format(profile=HEADLINE.replace("Manage", "Change")))
    project.apply()
    after = project.state_text().splitlines()
    assert len(before) == len(after)
    changed = [line for old, line in zip(before, after, strict=True) if old != line]
    assert len(changed) == 5  # declared, attributes, applied, serial, digest


def test_a_failure_skips_what_depends_on_it_and_nothing_else(project: Project) -> None:
    """Independent branches finish, state records them, and the next apply completes the rest."""
    from engine.emulator.testing.faults import server_error  # noqa: PLC0415

    project.write(SHOP.format(amount=2900) + '    Product("other", name="Other")\n')
    project.emulator.faults.add(server_error(), method="POST", path="/v1/prices", times=None)
    report = project.try_apply()
    outcomes = {
        str(result.step.address): result.outcome.value for result in report.results[0].results
    }
    assert outcomes == {
        "stripe_billing_portal_configuration.portal": "skipped",
        "stripe_price.monthly": "failed",
        "stripe_product.other": "applied",
        "stripe_product.pro": "applied",
    }
    assert set(project.state().resources) == {"stripe_product.other", "stripe_product.pro"}
    project.emulator.faults.clear()
    project.apply()
    assert len(project.objects("/v1/products")) == 2
    assert not project.plan().has_changes


def test_targets_take_their_dependencies_along(project: Project) -> None:
    """`--target` plans a resource and what it refers to; `--exclude` leaves one out."""
    project.write(SHOP.format(amount=2900))
    plan = project.plan(targets=["stripe_price.monthly"])
    assert set(actions(plan)) == {"stripe_price.monthly", "stripe_product.pro"}
    assert plan.warnings
    plan = project.plan(excludes=["stripe_price.monthly"])
    assert set(actions(plan)) == {"stripe_product.pro"}


def test_a_replacement_can_be_asked_for(project: Project) -> None:
    """`--replace` makes a new object although nothing changed."""
    project.write(SHOP.format(amount=2900))
    project.apply()
    old = project.id("stripe_price.monthly")
    plan = project.plan(replace=["stripe_price.monthly"])
    change = change_of(plan, "stripe_price.monthly")
    assert [reason.value for reason in change.reasons] == ["requested"]
    project.apply(replace=["stripe_price.monthly"])
    assert project.id("stripe_price.monthly") != old
    assert not project.plan().has_changes


def test_refresh_only_writes_down_what_is_there(project: Project) -> None:
    """The state follows Stripe, and nothing is sent."""
    project.write(PORTAL.format(profile=HEADLINE))
    project.apply()
    portal = project.id("stripe_billing_portal_configuration.portal")
    path = f"/v1/billing_portal/configurations/{portal}"
    project.call("post", path, business_profile={"headline": "By hand"})
    project.writes()
    report = project.apply(refresh_only=True)
    assert report.writes == 0
    kept = project.state().resources["stripe_billing_portal_configuration.portal"].attributes
    assert kept["business_profile"]["headline"] == "By hand"
    assert project.plan(refresh_only=True).drift == ()


def test_without_refresh_nothing_is_asked(project: Project) -> None:
    """`--no-refresh` plans from state alone."""
    project.write(SHOP.format(amount=2900))
    project.apply()
    project.emulator.log.clear()
    assert not project.plan(refresh=False).has_changes
    assert len(project.emulator.log) == 0


def test_an_existing_object_is_imported_without_being_touched(project: Project) -> None:
    """An import that fits the declaration sends nothing."""
    made = project.call("post", "/v1/products", name="Pro", description="By hand")
    project.write(
        f"""
        from engine import import_
        from engine.stripe import Product

        import_(Product("pro", name="Pro"), "{made["id"]}")
        """
    )
    project.writes()
    assert actions(project.plan()) == {"stripe_product.pro": "import"}
    project.apply()
    assert project.writes() == []
    assert project.id("stripe_product.pro") == made["id"]
    assert not project.plan().has_changes


def test_a_moved_resource_is_renamed_and_not_replaced(project: Project) -> None:
    """`moved` changes the address in state and nothing on Stripe."""
    project.write('from engine.stripe import Product\nProduct("old", name="P")')
    project.apply()
    made = project.id("stripe_product.old")
    project.writes()
    project.write(
        """
        from engine import moved
        from engine.stripe import Product

        moved("stripe_product.old", Product("new", name="P"))
        """
    )
    assert actions(project.plan()) == {"stripe_product.new": "move"}
    project.apply()
    assert project.writes() == []
    assert project.id("stripe_product.new") == made
    assert not project.plan().has_changes


def test_one_stack_reads_the_outputs_of_another(project: Project) -> None:
    """The stack that hands out a value is applied before the one that reads it."""
    project.write(
        """
        from engine import output
        from engine.stripe import Product

        output("pro_id", Product("pro", name="Pro").id)
        """,
        "zz_catalogue",
    )
    project.write(
        """
        from engine import stack_output
        from engine.stripe import Price

        Price("p", product=stack_output("zz_catalogue", "pro_id"), currency="usd", unit_amount=1)
        """,
        "aa_prices",
    )
    project.apply()
    [price] = project.objects("/v1/prices")
    [product] = project.objects("/v1/products")
    assert price["product"] == product["id"]
    assert [plan.has_changes for plan in project.report().plans] == [False, False]


def test_a_lookup_reads_what_is_not_managed(project: Project) -> None:
    """An object found by its lookup key can be referred to, and is never changed."""
    product = project.call("post", "/v1/products", name="By hand")
    price = project.call(
        "post",
        "/v1/prices",
        product=product["id"],
        currency="usd",
        unit_amount=500,
        lookup_key="by_hand",
    )
    project.write(
        """
        from engine import output
        from engine.stripe import Price

        output("price", Price.lookup(lookup_key="by_hand").id)
        """
    )
    project.apply()
    assert project.state().outputs == {"price": price["id"]}


def test_a_taken_natural_key_is_refused_before_the_first_write(project: Project) -> None:
    """A coupon id that somebody else holds is found while planning, with the way on."""
    project.call("post", "/v1/coupons", id="TAKEN", percent_off=5)
    project.writes()
    text = 'from engine import Lifecycle\nfrom engine.stripe import Coupon\nCoupon("c", {})'
    project.write(text.format('id="TAKEN", percent_off=5'))
    [refusal] = project.plan().refusals
    assert "TAKEN" in refusal
    assert "adopt=True" in refusal
    assert project.writes() == []
    project.write(text.format('id="TAKEN", percent_off=5, lifecycle=Lifecycle(adopt=True)'))
    project.apply()
    assert not project.plan().has_changes


def test_a_protected_resource_is_neither_replaced_nor_removed(project: Project) -> None:
    """`protect` refuses the plan, also after the declaration is gone."""
    text = SHOP.replace("lookup_key=", "lifecycle=Lifecycle(protect=True), lookup_key=").replace(
        "import output", "import Lifecycle, output"
    )
    project.write(text.format(amount=2900))
    project.apply()
    project.write(text.format(amount=3400))
    assert "stripe_price.monthly is protected" in project.plan().refusals[0]
    project.write("")
    assert "stripe_price.monthly is protected" in project.plan().refusals[0]
    assert "stripe_price.monthly is protected" in project.plan(destroy=True).refusals[0]


def test_a_failed_stack_stops_only_those_that_read_its_outputs(project: Project) -> None:
    """Independent stacks are finished; one that reads what was not made is not begun."""
    from engine.emulator.testing.faults import server_error  # noqa: PLC0415

    project.write(
        """
        from engine import output
        from engine.stripe import Coupon

        output("coupon", Coupon("c", percent_off=10).id)
        """,
        "aa_first",
    )
    project.write(
        """
        from engine import stack_output
        from engine.stripe import PromotionCode

        made = stack_output("aa_first", "coupon")
        PromotionCode("p", promotion={"type": "coupon", "coupon": made})
        """,
        "bb_reader",
    )
    project.write('from engine.stripe import Product\nProduct("p", name="P")', "cc_alone")
    project.emulator.faults.add(server_error(), method="POST", path="/v1/coupons", times=None)
    report = project.try_apply()
    assert [(result.stack, len(result.failures)) for result in report.results] == [
        ("aa_first", 1),
        ("cc_alone", 0),
    ]
    assert len(project.objects("/v1/products")) == 1


def test_a_secret_inside_text_converges_and_stays_hidden(project: Project) -> None:
    """An output made around a webhook's secret is sealed, and equal the next time."""
    project.write(
        """
        from engine import output
        from engine.stripe import WebhookEndpoint

        hook = WebhookEndpoint("h", url="https://a.example/h", enabled_events=["invoice.paid"])
        output("env", f"STRIPE_WEBHOOK_SECRET={hook.secret}")
        """
    )
    project.apply()
    assert "whsec_" not in project.state_text()
    assert not project.plan().has_changes


def test_what_lets_go_of_a_removed_price_is_in_the_plan(project: Project) -> None:
    """The plan shows every object that the apply will touch."""
    project.write(SHOP.format(amount=2900))
    project.apply()
    product, price = project.id("stripe_product.pro"), project.id("stripe_price.monthly")
    project.call("post", f"/v1/products/{product}", default_price=price)
    project.write(SHOP.format(amount=3400))
    plan = project.plan()
    assert actions(plan)["stripe_product.pro"] == "update"
    change = change_of(plan, "stripe_product.pro")
    assert [reason.value for reason in change.reasons] == ["detached"]
    assert [field.path for field in change.fields] == [("default_price",)]


def test_import_reads_and_records_and_writes_nothing(project: Project) -> None:
    """`engine import` takes an object over; the next plan says where it differs."""
    from engine.address import parse_address  # noqa: PLC0415
    from engine.operations.import_ import import_object  # noqa: PLC0415

    hook = project.call(
        "post", "/v1/webhook_endpoints", url="https://a.example/h", enabled_events=["invoice.paid"]
    )
    project.writes()
    text = """
        from engine.stripe import WebhookEndpoint

        WebhookEndpoint("h", url="https://a.example/h", enabled_events=["{event}"], connect=True)
        """
    project.write(text.format(event="invoice.paid"))
    address = parse_address("stripe_webhook_endpoint.h")
    import_object(project.context(), address, hook["id"])
    assert project.writes() == []
    assert not project.plan().has_changes
    project.write(text.format(event="invoice.created"))
    plan = project.plan()
    assert actions(plan) == {"stripe_webhook_endpoint.h": "update"}
    assert list(leaves(change_of(plan, "stripe_webhook_endpoint.h"))) == ["enabled_events"]


def test_a_product_may_name_its_own_price(project: Project) -> None:
    """The loop of a product and its default price is broken into create, create, update."""
    text = """
        from engine.stripe import Price, Product

        pro = Product("pro", name="Pro", default_price="${{stripe_price.monthly.id}}")
        Price("monthly", product=pro, currency="usd", unit_amount={amount})
        """
    project.write(text.format(amount=2900))
    project.apply()
    product, first = project.id("stripe_product.pro"), project.id("stripe_price.monthly")
    assert project.call("get", f"/v1/products/{product}")["default_price"] == first
    assert not project.plan().has_changes
    project.write(text.format(amount=3400))
    project.apply()
    second = project.id("stripe_price.monthly")
    assert project.call("get", f"/v1/products/{product}")["default_price"] == second
    assert project.call("get", f"/v1/prices/{first}")["active"] is False
    assert not project.plan().has_changes
    project.write("")
    project.apply()
    assert project.call("get", f"/v1/prices/{second}")["active"] is False
    assert project.call("get", f"/v1/products/{product}")["active"] is False


QUOTE = """
    from engine.stripe import Customer, Price, Product, Quote

    c = Customer("c", email="c@example.com")
    p = Price("p", product=Product("p", name="P"), currency="usd", unit_amount=500)
    Product("behind", name="Behind")
    {quote}
"""
DEAL = 'Quote("q", customer=c, header="{}", line_items=[{{"price": p, "quantity": 1}}])'


def test_what_has_done_its_work(project: Project) -> None:
    """An accepted quote cannot change: a difference is told, and removal lets go of it."""
    project.write(QUOTE.format(quote=DEAL.format("First")))
    project.apply()
    path = f"/v1/quotes/{project.id('stripe_quote.q')}"
    project.call("post", f"{path}/finalize")
    project.call("post", f"{path}/accept")
    assert not project.plan().warnings
    project.write(QUOTE.format(quote=DEAL.format("Second")))
    for _ in range(2):
        (warning,) = project.plan().warnings
        assert "it has ended (status is accepted)" in warning
        assert "the code differs in header" in warning
        project.apply()
    project.writes()
    project.write(QUOTE.format(quote=""))
    assert actions(project.plan()) == {"stripe_quote.q": "forget"}
    project.apply()
    assert project.writes() == []
    assert not project.plan().has_changes
