"""`engine import --all`: what is on an account becomes stacks whose plans are empty."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.emulator.testing.fault_effects import Effect
from engine.emulator.testing.faults import error, permission_denied, server_error
from engine.errors import EngineError, GuardError, ProviderError, StateError, UsageError
from engine.operations.import_account.import_account import ImportOptions, import_account
from engine.ports.reports import AccountImport, WhyLeft
from tests.support.handmade.account import make_account
from tests.support.project import Project

MONTH = {"interval": "month"}


def imported(project: Project, **options: Any) -> AccountImport:
    """Import, and expect that nothing was written to Stripe and that every plan is empty."""
    project.writes()
    report = import_account(project.context(), ImportOptions(**options), lambda _: True)
    assert project.writes() == []
    assert empty(project)
    return report


def empty(project: Project) -> bool:
    """Whether the plans of all stacks are, with a refresh and without."""
    reports = [project.report(), project.report(refresh=False)]
    return not any(report.has_changes or report.refusals for report in reports)


def plan_and_price(project: Project, name: str = "Pro", **more: Any) -> tuple[str, str]:
    """Make a product and a price."""
    product = project.call("post", "/v1/products", name=name, **more)["id"]
    price = project.call(
        "post", "/v1/prices", product=product, currency="usd", unit_amount=900, recurring=MONTH
    )["id"]
    return product, price


def ids(report: AccountImport) -> set[str]:
    """The objects that were imported."""
    return {key.id for stack in report.stacks for key in stack.objects.values()}


def left(report: AccountImport) -> dict[tuple[str, WhyLeft], int]:
    """How many objects were left, by type and reason."""
    return {(one.type, one.why): one.count for one in report.left}


def module(project: Project, name: str = "imported") -> str:
    """The text of a module."""
    return (project.root / "stacks" / f"{name}.py").read_text(encoding="utf-8")


def test_what_no_module_can_hold_is_left_out(project: Project) -> None:
    """An app's secret is returned, and would have to be written into the code."""
    scope = {"type": "account"}
    project.call("post", "/v1/apps/secrets", name="key", payload="hush", scope=scope)
    report = import_account(
        project.context(), ImportOptions(types=("stripe_apps_secret",)), lambda _: True
    )
    assert left(report) == {("stripe_apps_secret", WhyLeft.UNDECLARABLE): 1}
    assert ids(report) == set()


# ── what is taken ────────────────────────────────────────────────────────────────────────


def test_an_account_that_was_made_by_hand_is_one_stack(project: Project) -> None:
    """Of all types: the plan is empty, and nothing was sent that could change something."""
    make_account(project)
    report = imported(project, inactive=True)
    assert [stack.name for stack in report.stacks] == ["imported"]
    assert report.written
    assert report.count > 270
    assert report.ignored == ()
    assert (report.unread, report.finished) == ((), ())
    state = project.state("imported")
    assert {entry.id for entry in state.resources.values()} == ids(report)
    assert all(entry.imported for entry in state.resources.values())
    assert (state.serial, state.account_id) == (1, report.account_id)


def test_the_same_account_in_stacks_by_area(project: Project) -> None:
    """They read each other's outputs, in an order without a circle."""
    make_account(project)
    report = imported(project, split=True)
    names = [stack.name for stack in report.stacks]
    assert {"catalog", "discounts", "tax", "portal", "payments", "webhooks"} <= {*names}
    assert names.index("catalog") < names.index("portal")
    assert set(project.state("portal").reads) >= {"catalog"}
    assert 'stack_output("catalog", "prices")' in module(project, "portal")
    catalog = project.state("catalog")
    [price, *_] = catalog.outputs["prices"].values()
    assert price in {entry.id for entry in catalog.resources.values()}


def test_once_more_there_is_nothing_left(project: Project) -> None:
    """Nothing is written, and the answer says what manages the objects."""
    plan_and_price(project)
    imported(project)
    before = {path: path.read_bytes() for path in project.root.rglob("*") if path.is_file()}
    report = imported(project)
    assert (report.stacks, report.written) == ((), False)
    assert left(report)["stripe_price", WhyLeft.OWNED] == 1
    assert {path: path.read_bytes() for path in before} == before


def test_only_what_is_new_goes_into_a_new_module(project: Project) -> None:
    """It refers to what an earlier stack has: by its output, or by its id with a remark."""
    product, _ = plan_and_price(project)
    imported(project)
    text = module(project)
    price = project.call(
        "post", "/v1/prices", product=product, currency="usd", unit_amount=9000, lookup_key="once"
    )["id"]
    report = imported(project)
    assert [stack.name for stack in report.stacks] == ["imported_2"]
    assert ids(report) == {price}
    assert module(project) == text
    assert product in module(project, "imported_2")
    assert "imported:stripe_product.pro" in module(project, "imported_2")


def test_an_output_of_a_stack_that_exists_is_referred_to(project: Project) -> None:
    """Where its value is the very id."""
    project.write(
        """
        from engine import output
        from engine.stripe import Product

        pro = Product("pro", name="Pro")
        output("products", {"pro": pro.id})
        """
    )
    project.apply()
    product = project.id("stripe_product.pro")
    project.call("post", "/v1/prices", product=product, currency="usd", unit_amount=100)
    imported(project)
    assert 'stack_output("shop", "products")' in module(project)
    assert product not in module(project)


def test_customers_come_only_by_name(project: Project) -> None:
    """Their type has to be named, and what they have is not configuration either."""
    customer = project.call("post", "/v1/customers", name="Ada")["id"]
    product, price = plan_and_price(project)
    assert ids(imported(project)) >= {product, price}
    assert ids(imported(project, types=("stripe_customer",))) == {customer}


def test_a_named_type_comes_with_what_it_refers_to(project: Project) -> None:
    """A price without its product would name an id."""
    product, price = plan_and_price(project)
    project.call("post", "/v1/coupons", id="SALE", percent_off=10)
    assert ids(imported(project, types=("stripe_price",))) == {product, price}


def test_children_come_with_their_parents(project: Project) -> None:
    """Where a feature exists; one list for each product."""
    product, _ = plan_and_price(project)
    feature = project.call("post", "/v1/entitlements/features", name="Export", lookup_key="export")
    link = project.call(
        "post", f"/v1/products/{product}/features", entitlement_feature=feature["id"]
    )
    assert f"{product}/{link['id']}" in ids(imported(project))


def test_children_are_not_asked_for_where_none_can_be(project: Project) -> None:
    """A thousand products without any feature are no thousand requests."""
    for number in range(30):
        plan_and_price(project, f"Plan {number}")
    asked = imported(project, types=("stripe_product", "stripe_product_feature")).requests
    assert asked < 10


def test_a_pattern_takes_what_is_called_so_with_what_that_needs(project: Project) -> None:
    """By name, nickname, key, code, URL and id."""
    product, _ = plan_and_price(project, "Basic")
    other, _ = plan_and_price(project, "Pro")
    price = project.call(
        "post", "/v1/prices", product=product, currency="usd", unit_amount=7, lookup_key="basic_7"
    )["id"]
    report = imported(project, match="basic_*")
    assert ids(report) == {product, price}
    assert other not in module(project)
    assert left(report)["stripe_price", WhyLeft.UNMATCHED] == 2


def test_a_pattern_is_no_prefix_of_ids(project: Project) -> None:
    """`pro*` is what is called so, in any case, and not everything with an id `prod_...`."""
    product, price = plan_and_price(project, "Pro")
    other, _ = plan_and_price(project, "Basic")
    report = imported(project, match="pro*", types=("stripe_product",))
    assert ids(report) == {product}
    assert ids(imported(project, match=f"{other[:12]}*", types=("stripe_product",))) == {other}
    assert price not in ids(report)


def test_archived_objects_stay_but_for_what_something_needs(project: Project) -> None:
    """A live price of an archived product brings it along."""
    product, price = plan_and_price(project, "Old")
    gone, archived = plan_and_price(project, "Gone")
    for path in (f"products/{product}", f"products/{gone}", f"prices/{archived}"):
        project.call("post", f"/v1/{path}", active=False)
    report = imported(project)
    assert {product, price} <= ids(report)
    assert not {gone, archived} & ids(report)
    assert left(report)["stripe_product", WhyLeft.ARCHIVED] == 1
    assert {gone, archived} <= ids(imported(project, inactive=True))


def test_what_has_ended_for_good_is_counted(project: Project) -> None:
    """An archived feature cannot come back, so nothing can declare it."""
    feature = project.call("post", "/v1/entitlements/features", name="Export", lookup_key="export")
    project.call("post", f"/v1/entitlements/features/{feature['id']}", active=False)
    report = imported(project, inactive=True)
    assert left(report)["stripe_entitlements_feature", WhyLeft.ENDED] == 1


def test_the_default_portal_is_taken_and_never_ended(project: Project) -> None:
    """It plans as empty, and a removal keeps it."""
    portal = project.call(
        "post",
        "/v1/billing_portal/configurations",
        features={"invoice_history": {"enabled": True}},
    )
    assert portal["is_default"]
    imported(project)
    (project.root / "stacks" / "imported.py").write_text("")
    report = project.apply("imported", allow_mass_change=True)
    assert report.is_whole
    again = project.call("get", f"/v1/billing_portal/configurations/{portal['id']}")
    assert again["active"]


def test_what_another_project_stamped_stays(project: Project) -> None:
    """Two projects would undo each other's changes."""
    plan_and_price(project, metadata={"engine": f"{'0' * 32}:stripe_product.pro"})
    report = imported(project)
    assert left(report)["stripe_product", WhyLeft.STAMPED] == 1
    assert {one for one in ids(report) if one.startswith("prod_")} == set()
    assert "a product that no stack manages" in module(project)


def test_what_this_project_released_can_be_taken(project: Project) -> None:
    """Its stamp is of a state that is there and no longer records it."""
    project.write(
        """
        from engine.stripe import Coupon, Product

        Product("pro", name="Pro")
        Coupon("c", id="C", percent_off=10)
        """
    )
    project.apply()
    product = project.id("stripe_product.pro")
    project.write(
        """
        from engine import removed
        from engine.stripe import Coupon

        Coupon("c", id="C", percent_off=10)
        removed("stripe_product.pro")
        """
    )
    project.apply()
    assert product in ids(imported(project))


def test_another_environment_of_the_account_may_manage_it(project: Project) -> None:
    """Its states are of this project too; they are of no concern for the embedded account."""
    plan_and_price(project)
    imported(project)
    (project.root / "state" / "local").rename(project.root / "state" / "other")
    # Its name is in use in another environment, where its module would mean its objects.
    (project.root / "stacks" / "imported.py").unlink()
    report = import_account(project.context(), ImportOptions(), lambda _: True)
    assert [stack.name for stack in report.stacks] == ["imported_2"]


@pytest.mark.parametrize(
    "refusal",
    [
        permission_denied("rak_webhook_read"),
        error("Your account is not set up to use Issuing.", status=400),
        error("Unrecognized request URL (GET: /v1/webhook_endpoints).", status=404),
    ],
    ids=["permission", "not set up", "no such path"],
)
def test_a_type_that_stripe_refuses_to_list_is_named(project: Project, refusal: Effect) -> None:
    """With the reason; the rest is imported. A type that was named has to be listed."""
    product, price = plan_and_price(project)
    project.emulator.faults.add(refusal, method="GET", path="/v1/webhook_endpoints", times=2)
    report = imported(project)
    assert [one.type for one in report.unread] == ["stripe_webhook_endpoint"]
    assert report.unread[0].reason
    assert {product, price} <= ids(report)
    with pytest.raises(ProviderError):
        imported(project, types=("stripe_webhook_endpoint",))


def test_an_account_that_stops_answering_ends_the_run(project: Project) -> None:
    """Half of an account is no account; nothing was written."""
    plan_and_price(project)
    project.emulator.faults.add(server_error(), method="GET", path="/v1/coupons", times=10)
    with pytest.raises(ProviderError):
        import_account(project.context(), ImportOptions(), lambda _: True)
    assert list((project.root / "stacks").iterdir()) == []


# ── what is written ──────────────────────────────────────────────────────────────────────


def test_a_module_that_exists_is_never_changed(project: Project) -> None:
    """Nor is one named in a state without a module."""
    project.write("'Mine.'\n", "catalog")
    plan_and_price(project)
    report = imported(project, split=True)
    assert "catalog_2" in [stack.name for stack in report.stacks]
    assert module(project, "catalog") == "'Mine.'\n"


def test_the_name_of_the_stack_can_be_chosen(project: Project) -> None:
    """One that no stack can have is refused before anything is read."""
    plan_and_price(project)
    assert [stack.name for stack in imported(project, stack="account").stacks] == ["account"]
    with pytest.raises(UsageError, match="cannot name a stack"):
        imported(project, stack="No/../such")


def test_a_no_writes_nothing(project: Project) -> None:
    """Not a file, not a folder."""
    plan_and_price(project)
    before = sorted(project.root.rglob("*"))
    report = import_account(project.context(), ImportOptions(), lambda _: False)
    assert report.stacks
    assert not report.written
    assert sorted(project.root.rglob("*")) == before


def test_a_secret_that_nobody_has_is_said_once(project: Project) -> None:
    """No plan changes anything because of it."""
    project.call("post", "/v1/webhook_endpoints", url="https://a.example.com", enabled_events=["*"])
    report = imported(project)
    assert [(one.path, one.secret) for one in report.unknown] == [("secret", True)]
    assert module(project).count("secret") == 1


def test_the_next_change_of_a_description_replaces_nothing(project: Project) -> None:
    """What is imported is changed in place, as if it had been made from here."""
    make_account(project)
    imported(project)
    for product in project.call("get", "/v1/products", limit=100)["data"]:
        project.call("post", f"/v1/products/{product['id']}", description="Edited by hand")
    actions = {change.action.value for change in project.plan("imported").pending}
    assert actions <= {"update"}


# ── what else may happen ─────────────────────────────────────────────────────────────────


def test_a_state_that_cannot_be_read_may_own_anything(project: Project) -> None:
    """So nothing is imported next to it."""
    plan_and_price(project)
    imported(project)
    (project.root / "state" / "local" / "imported.json").write_text("{")
    with pytest.raises(StateError):
        import_account(project.context(), ImportOptions(), lambda _: True)


def test_what_another_run_takes_meanwhile_is_not_taken_twice(project: Project) -> None:
    """The second of two imports at once writes nothing."""
    plan_and_price(project)

    def first(_: AccountImport) -> bool:
        imported(project)
        return True

    with pytest.raises(GuardError, match="taken by another run"):
        import_account(project.context(), ImportOptions(), first)
    assert sorted(path.name for path in (project.root / "stacks").iterdir()) == ["imported.py"]
    with pytest.raises(GuardError, match="taken by another run"):
        import_account(project.context(), ImportOptions(stack="mine"), _again(project))


def _again(project: Project) -> Any:
    """Import under another name what is asked about."""
    plan_and_price(project, "New")

    def approve(_: AccountImport) -> bool:
        imported(project, stack="theirs")
        return True

    return approve


def test_a_module_that_a_person_makes_meanwhile_is_theirs(project: Project) -> None:
    """It is not replaced, and no state is left that it does not declare."""
    plan_and_price(project)
    path = project.root / "stacks" / "imported.py"

    def make(_: AccountImport) -> bool:
        path.write_text("'Mine.'\n")
        return True

    with pytest.raises(EngineError):
        import_account(project.context(), ImportOptions(), make)
    assert path.read_text() == "'Mine.'\n"
    left = [path.name for path in (project.root / "state").rglob("imported.*")]
    assert left == ["imported.lock"]


def test_stacks_are_applied_to_an_empty_account(project: Project, tmp_path: Path) -> None:
    """They make an account that is imported as the same stacks."""
    plan_and_price(project)
    project.call("post", "/v1/coupons", id="SALE", percent_off=10)
    imported(project)
    other = Project(tmp_path / "other", project.emulator, key="sk_test_other")
    other.write(module(project), "imported")
    other.apply()
    assert empty(other)


def test_a_secret_in_clear_gets_into_no_file(project: Project) -> None:
    """A key of Stripe's in metadata: the object stays, and what refers to it names its id."""
    key = "sk_live_" + "a1B2" * 8
    product, price = plan_and_price(project, metadata={"key": key})
    report = imported(project)
    assert [one.key.id for one in report.refused] == [product]
    assert key not in report.refused[0].reason
    assert price in ids(report)
    files = [path for path in project.root.rglob("*") if path.is_file()]
    assert [path for path in files if key.encode() in path.read_bytes()] == []


def test_texts_of_every_kind_are_written_so_that_they_are_read_back(project: Project) -> None:
    """Quotes, line ends, other scripts, marks of direction, what looks like code."""
    texts = ["\"'", "back\\slash", "a\nb", "日本語", "💳", '"""', "\u202eabc", "import os", "{x}%s"]
    for text in texts:
        plan_and_price(project, text, description=text, metadata={text[:40]: text})
    report = imported(project)
    assert report.refused == ()
    declared = project.state("imported").resources.values()
    names = {entry.declared.get("name") for entry in declared if entry.type == "stripe_product"}
    assert names == {*texts}


def test_what_is_disabled_and_cannot_be_declared_so_stays(project: Project) -> None:
    """A meter has no parameter for it, so that an apply would revive it."""
    meter = project.call(
        "post",
        "/v1/billing/meters",
        display_name="Calls",
        event_name="calls",
        default_aggregation={"formula": "sum"},
    )["id"]
    project.call("post", f"/v1/billing/meters/{meter}/deactivate")
    report = imported(project, inactive=True)
    assert [(one.key.id, one.reason) for one in report.refused] == [
        (meter, "it is disabled, which no parameter declares: the next apply would revive it")
    ]


def test_one_call_for_each_object_means_the_same(project: Project) -> None:
    """Without loops and tables."""
    make_account(project)
    report = imported(project, plain=True)
    text = module(project)
    assert report.refused == ()
    assert "for " not in [line[:4] for line in text.splitlines()]
