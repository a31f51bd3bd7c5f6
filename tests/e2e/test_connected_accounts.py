"""Connected accounts: what is on one is made there, moves with it, and is never made twice."""

from __future__ import annotations

from typing import Any

import pytest

from engine.address import parse_address
from engine.emulator.doors.transport import InProcessTransport
from engine.emulator.testing.faults import dropped, error
from engine.errors import EngineError, NotFoundError, PermissionDeniedError
from engine.operations.import_ import import_object
from engine.operations.rebuild.rebuild import RebuildOptions, rebuild_states
from engine.stripe.http.client import ClientOptions, StripeHTTP
from engine.values.secret import Sensitive
from tests.support.plans import actions, change_of, leaves
from tests.support.project import Project

SHOP = """
    from engine import Lifecycle, output
    from engine.stripe import Account, Coupon, Price, Product

    here = Account("here", type="custom", country="US", lifecycle=Lifecycle(protect=False))
    there = Account("there", type="custom", country="US", lifecycle=Lifecycle(protect=False))
    on = Lifecycle(account={on})
    pro = Product("pro", name="Pro", lifecycle=on)
    month = Price("month", product=pro, currency="usd", unit_amount=1000, lookup_key="month",
                  recurring={{"interval": "month"}}, lifecycle=on)
    ten = Coupon("ten", id="C10", percent_off=10, duration="once", lifecycle=on)
    output("month", month.id)
"""
ON_IT = ("stripe_product.pro", "stripe_price.month", "stripe_coupon.ten")


def on(project: Project, account: str) -> dict[str, Any]:
    """What is on an account: names of products, keys of active prices, ids of coupons."""
    http = StripeHTTP(
        ClientOptions(
            api_key=Sensitive(project.key), transport=InProcessTransport(project.emulator)
        )
    )

    def listed(path: str, **params: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = http.get(path, params, account=account)["data"]
        return found

    return {
        "products": [found["name"] for found in listed("/v1/products", active=True)],
        "prices": [found["lookup_key"] for found in listed("/v1/prices", active=True)],
        "coupons": [found["id"] for found in listed("/v1/coupons")],
    }


ALL = {"products": ["Pro"], "prices": ["month"], "coupons": ["C10"]}
NONE: dict[str, list[str]] = {"products": [], "prices": [], "coupons": []}


@pytest.fixture
def shop(project: Project) -> Project:
    """A shop with two connected accounts, all on the first of them."""
    project.write(SHOP.format(on="here"))
    project.apply()
    project.writes()
    return project


def test_an_account_and_what_is_on_it_are_made_in_one_apply(shop: Project) -> None:
    """The account first, then what is on it; afterwards there is nothing to do."""
    account = shop.id("stripe_account.here")
    assert on(shop, account) == ALL
    assert on(shop, "") == NONE
    state = shop.state()
    assert {address: state.resources[address].account for address in ON_IT} == dict.fromkeys(
        ON_IT, account
    )
    assert shop.plan().has_changes is False
    assert shop.plan(refresh=False).has_changes is False


@pytest.mark.parametrize("text", ["here.id", '"ID"', 'Account.lookup(id="ID")'])
def test_an_account_by_another_spelling_is_the_same(shop: Project, text: str) -> None:
    """A resource, its id, a lookup of it."""
    text = text.replace("ID", shop.id("stripe_account.here"))
    shop.write(SHOP.format(on=text))
    assert actions(shop.plan()) == {}
    shop.apply()
    assert shop.writes() == []


def test_another_account_is_another_object(shop: Project) -> None:
    """The new ones first, then the old ones are removed; keys of two accounts do not clash."""
    here, there = shop.id("stripe_account.here"), shop.id("stripe_account.there")
    shop.write(SHOP.format(on="there"))
    plan = shop.plan()
    assert actions(plan) == dict.fromkeys(ON_IT, "replace")
    coupon = change_of(plan, "stripe_coupon.ten")
    assert leaves(coupon)["lifecycle.account"] == (here, there)
    assert coupon.create_first
    shop.apply()
    assert on(shop, there) == ALL
    assert on(shop, here) == NONE
    assert shop.plan().has_changes is False
    assert [found.superseded for found in shop.state().resources.values()] == [()] * 5


@pytest.mark.parametrize(("before", "after"), [("here", '""'), ('""', "here")])
def test_from_and_to_the_own_account(project: Project, before: str, after: str) -> None:
    """The key's own account is one like any other."""
    project.write(SHOP.format(on=before))
    project.apply()
    here = project.id("stripe_account.here")
    project.write(SHOP.format(on=after))
    project.apply()
    assert on(project, here) == (ALL if after == "here" else NONE)
    assert on(project, "") == (NONE if after == "here" else ALL)
    assert project.plan().has_changes is False


def test_a_removal_that_fails_is_made_up_for_where_the_object_is(shop: Project) -> None:
    """State names the account that the resource has left."""
    here, there = shop.id("stripe_account.here"), shop.id("stripe_account.there")
    shop.write(SHOP.format(on="there"))
    shop.emulator.faults.add(error("no", status=402), method="DELETE", path="/v1/coupons/C10")
    report = shop.try_apply()
    assert len(report.failures) == 1
    entry = shop.state().resources["stripe_coupon.ten"]
    assert (entry.account, entry.left) == (there, ((here, "C10"),))
    shop.emulator.faults.clear()
    shop.apply()
    assert on(shop, here)["coupons"] == []
    assert on(shop, there)["coupons"] == ["C10"]
    assert shop.plan().has_changes is False


def test_an_account_that_was_deleted_takes_its_objects_along(shop: Project) -> None:
    """The plan shows all of it, and the apply makes it again on the new account."""
    shop.call("delete", f"/v1/accounts/{shop.id('stripe_account.here')}")
    plan = shop.plan()
    assert {str(drift.address) for drift in plan.drift if drift.gone} == {
        "stripe_account.here",
        *ON_IT,
    }
    assert actions(plan) == dict.fromkeys(("stripe_account.here", *ON_IT), "create")
    shop.apply()
    assert on(shop, shop.id("stripe_account.here")) == ALL
    assert shop.plan().has_changes is False


def test_a_destroy_after_its_deletion_only_forgets(shop: Project) -> None:
    """Nothing is left to remove on it."""
    shop.call("delete", f"/v1/accounts/{shop.id('stripe_account.here')}")
    shop.apply(destroy=True)
    assert shop.state().resources == {}


def test_a_destroy_removes_what_is_on_an_account_before_it(shop: Project) -> None:
    """Stripe knows nothing of an account that is gone."""
    here = shop.id("stripe_account.here")
    shop.apply(destroy=True)
    paths = [path for _, path, _ in shop.writes()]
    assert paths.index(f"/v1/accounts/{here}") > max(
        number for number, path in enumerate(paths) if not path.startswith("/v1/accounts")
    )
    assert shop.state().resources == {}


def test_an_account_out_of_reach_says_what_is_on_it_and_how_to_forget_it(project: Project) -> None:
    """Of an account that no stack declares nobody knows whether it is gone, or disconnected."""
    account = project.call("post", "/v1/accounts", type="custom", country="US")["id"]
    project.write(
        f"""
        from engine import Lifecycle
        from engine.stripe import Coupon, Product
        Product("pro", name="Pro", lifecycle=Lifecycle(account="{account}"))
        Coupon("ten", id="C10", percent_off=10, lifecycle=Lifecycle(account="{account}"))
        Product("own", name="Own")
        """
    )
    project.apply()
    project.call("delete", f"/v1/accounts/{account}")
    with pytest.raises(PermissionDeniedError) as caught:
        project.plan()
    assert caught.value.message.startswith(
        f"account {account}, on which the state records shop:stripe_coupon.ten, "
        "shop:stripe_product.pro, is out of reach: The provided key"
    )
    assert str(caught.value.hint).endswith(
        "engine state rm shop:stripe_coupon.ten shop:stripe_product.pro"
    )


def test_an_account_that_does_not_exist_is_refused_by_the_plan(project: Project) -> None:
    """Before anything is sent."""
    project.write(
        """
        from engine import Lifecycle
        from engine.stripe import Product
        Product("pro", name="Pro", lifecycle=Lifecycle(account="acct_nobody"))
        """
    )
    with pytest.raises(PermissionDeniedError) as caught:
        project.apply()
    assert "does not have access to account 'acct_nobody'" in caught.value.message
    assert "check the account's id" in str(caught.value.hint)
    assert project.writes() == []


# ── lost states, imports, saved plans, killed runs ────────────────────────────────────────────


def test_a_lost_state_is_found_again_on_each_account(shop: Project) -> None:
    """The account by its stamp, then what is on it."""
    shop.write(SHOP.format(on="here") + '    Coupon("own", id="C10", percent_off=10)\n')
    shop.apply()
    before = shop.state().resources
    (shop.root / "state" / "local" / "shop.json").unlink()
    [rebuilt] = rebuild_states(shop.context(), (), RebuildOptions())
    assert rebuilt.missing == ()
    after = shop.state().resources
    assert {name: (entry.account, entry.id) for name, entry in after.items()} == {
        name: (entry.account, entry.id) for name, entry in before.items()
    }
    assert shop.plan().has_changes is False


def test_a_lost_state_with_an_account_that_is_not_there(shop: Project) -> None:
    """What would be on it is not found, and nothing is asked about a reference."""
    shop.call("delete", f"/v1/accounts/{shop.id('stripe_account.here')}")
    (shop.root / "state" / "local" / "shop.json").unlink()
    [rebuilt] = rebuild_states(shop.context(), (), RebuildOptions())
    assert set(rebuilt.missing) == {"stripe_account.here", *ON_IT}
    shop.apply()
    assert on(shop, shop.id("stripe_account.here")) == ALL


def test_an_import_is_of_the_account_of_the_declaration(shop: Project) -> None:
    """By `engine import`, and by `import_` in the stack."""
    here = shop.id("stripe_account.here")
    own = shop.call("post", "/v1/products", name="Other")["id"]
    http = shop.connect()._http  # type: ignore[attr-defined]
    made = [
        http.post("/v1/products", {"name": name}, idempotency_key="", account=here)["id"]
        for name in ("One", "Two")
    ]
    shop.write(
        SHOP.format(on="here").replace(
            "import Lifecycle, output", "import Lifecycle, import_, output"
        )
        + '    Product("one", name="One", lifecycle=on)\n'
        + '    Product("two", name="Two", lifecycle=on)\n'
        + f'    import_("stripe_product.two", "{made[1]}")\n'
    )
    with pytest.raises(NotFoundError, match=f"there is no product '{own}' on account {here}"):
        import_object(shop.context(), parse_address("stripe_product.one"), own)
    import_object(shop.context(), parse_address("stripe_product.one"), made[0])
    assert shop.state().resources["stripe_product.one"].account == here
    assert actions(shop.plan()) == {"stripe_product.two": "import"}
    shop.apply()
    assert shop.state().resources["stripe_product.two"].account == here
    assert shop.plan().has_changes is False


@pytest.mark.parametrize("executed", [True, False])
def test_a_create_whose_answer_is_lost_is_found_out_on_its_account(
    project: Project,
    executed: bool,  # noqa: FBT001 - a column of the table
) -> None:
    """The journal has the account and not the reference; nothing is made twice."""
    project.write(SHOP.format(on="here"))
    project.emulator.faults.add(
        dropped(executed=executed), method="POST", path="/v1/coupons", times=None
    )
    report = project.try_apply()
    assert [str(failure.step.address) for failure in report.failures] == ["stripe_coupon.ten"]
    journal = (project.root / "state" / "local" / "shop.journal").read_text(encoding="utf-8")
    assert "${stripe_account" not in journal
    project.emulator.faults.clear()
    project.apply()
    here = project.id("stripe_account.here")
    assert on(project, here) == ALL
    assert on(project, "") == NONE
    assert project.plan().has_changes is False


def test_a_move_that_is_killed_goes_on(shop: Project) -> None:
    """The new coupon has the id of the old one: each is told from the other by its account."""
    here, there = shop.id("stripe_account.here"), shop.id("stripe_account.there")
    shop.write(SHOP.format(on="there"))
    shop.emulator.faults.add(dropped(executed=True), method="POST", path="/v1/coupons", times=None)
    assert len(shop.try_apply().failures) == 1
    shop.emulator.faults.clear()
    shop.apply()
    assert on(shop, there) == ALL
    assert on(shop, here) == NONE
    assert shop.plan().has_changes is False


def test_what_is_protected_does_not_change_its_account(shop: Project) -> None:
    """Moving removes the old object."""
    shop.write(SHOP.format(on="here").replace("percent_off=10", "percent_off=10"))
    protected = SHOP.replace("account={on}", "account={on}, protect=True")
    shop.write(protected.format(on="here"))
    shop.apply()
    shop.write(protected.format(on="there"))
    plan = shop.plan()
    assert len(plan.refusals) == len(ON_IT)
    assert "stripe_coupon.ten is protected and would be replaced" in plan.refusals[0]


def test_what_is_on_an_account_by_an_output_of_another_stack(project: Project) -> None:
    """The platform's stack makes the account in the same run; a new account is followed."""
    platform = """
        from engine import Lifecycle, output
        from engine.stripe import Account
        shop = Account("{name}", type="custom", country="US", lifecycle=Lifecycle(protect=False))
        output("account", shop.id)
    """
    project.write(platform.format(name="one"), "platform")
    project.write(
        """
        from engine import Lifecycle, stack_output
        from engine.stripe import Coupon
        Coupon("ten", id="C10", percent_off=10,
               lifecycle=Lifecycle(account=stack_output("platform", "account")))
        """
    )
    project.apply()
    one = project.state("platform").outputs["account"]
    assert project.state().resources["stripe_coupon.ten"].account == one
    assert on(project, one)["coupons"] == ["C10"]
    assert [plan.has_changes for plan in project.report().plans] == [False, False]
    project.write(platform.format(name="two"), "platform")
    project.apply()
    two = project.state("platform").outputs["account"]
    assert two != one
    assert on(project, two)["coupons"] == ["C10"]
    assert [plan.has_changes for plan in project.report().plans] == [False, False]


MARKET = """
    from engine import Lifecycle
    from engine.stripe import Account, Coupon
    {account}
    Coupon("ten", id="C10", percent_off=10, lifecycle=Lifecycle(account={on}))
"""
MADE = 'a = Account("a", type="custom", country="US", lifecycle=Lifecycle(protect=False))'


def test_an_account_does_not_end_under_what_is_declared_on_it(project: Project) -> None:
    """Stripe deletes it with all that is on it, which no plan would show."""
    project.write(MARKET.format(account=MADE, on="a"))
    project.apply()
    account = project.id("stripe_account.a")
    project.write(MARKET.format(account="", on=f'"{account}"'))
    [refusal] = project.plan().refusals
    assert refusal == (
        "stripe_account.a would be removed with all that is on it, and shop:stripe_coupon.ten "
        f"would still be on account {account}. Remove those first, or declare them on another "
        "account"
    )


def test_an_account_does_not_end_under_another_stack(project: Project) -> None:
    """In this run or not: what is on it goes first."""
    project.write(MARKET.format(account=MADE, on="a"))
    project.apply()
    account = project.id("stripe_account.a")
    project.write(
        f"""
        from engine import Lifecycle
        from engine.stripe import Product
        Product("tea", name="Tea", lifecycle=Lifecycle(account="{account}"))
        """,
        "other",
    )
    project.apply()
    project.write("", "shop")
    for names in (("shop",), ()):
        refusals = [text for plan in project.report(*names).plans for text in plan.refusals]
        assert len(refusals) == 1
        assert "other:stripe_product.tea would still be on account" in refusals[0]
    project.write("", "other")
    project.apply("other")
    project.apply("shop")
    assert project.state("shop").resources == {}


def test_a_key_moves_to_where_another_resource_frees_it(project: Project) -> None:
    """The coupon of that id on the new account is removed first."""
    two = MADE + '\n    b = Account("b", type="custom", country="US")'
    both = (
        MARKET + '    Coupon("other", id="C10", percent_off=10, lifecycle=Lifecycle(account=b))\n'
    )
    project.write(both.format(account=two, on="a"))
    project.apply()
    project.write(MARKET.format(account=two, on="b"))
    project.apply()
    assert on(project, project.id("stripe_account.a"))["coupons"] == []
    assert on(project, project.id("stripe_account.b"))["coupons"] == ["C10"]
    assert project.plan().has_changes is False


def test_lookups_on_an_account(shop: Project) -> None:
    """By key, by id and by filters; what is not there is named with the account."""
    here, there = shop.id("stripe_account.here"), shop.id("stripe_account.there")
    product = shop.id("stripe_product.pro")
    shop.write(
        f"""
        from engine import Lifecycle, output
        from engine.stripe import Coupon, Price, Product
        on = Lifecycle(account="{here}")
        output("key", Price.lookup(lookup_key="month", lifecycle=on).unit_amount)
        output("id", Product.lookup(id="{product}", lifecycle=on).name)
        output("filter", Price.lookup(product="{product}", type="recurring", lifecycle=on).id)
        Price("more", product=Product.lookup(id="{product}", lifecycle=on), currency="usd",
              unit_amount=7, lifecycle=on)
        """,
        "reader",
    )
    shop.apply("reader")
    outputs = shop.state("reader").outputs
    assert outputs == {"key": 1000, "id": "Pro", "filter": shop.id("stripe_price.month")}
    assert shop.plan("reader").has_changes is False
    shop.write(
        f"""
        from engine import Lifecycle, output
        from engine.stripe import Price
        output("key", Price.lookup(lookup_key="month", lifecycle=Lifecycle(account="{there}")).id)
        """,
        "reader",
    )
    with pytest.raises(EngineError, match=f"finds nothing on account {there}"):
        shop.plan("reader")


def test_what_was_left_on_an_account_that_is_gone_is_forgotten(shop: Project) -> None:
    """Stripe removed it together with the account; the next apply does not fail over it."""
    here, there = shop.id("stripe_account.here"), shop.id("stripe_account.there")
    shop.write(SHOP.format(on="there"))
    shop.emulator.faults.add(error("no", status=402), method="DELETE", path="/v1/coupons/C10")
    assert len(shop.try_apply().failures) == 1
    shop.call("delete", f"/v1/accounts/{here}")
    shop.apply()
    entry = shop.state().resources["stripe_coupon.ten"]
    assert (entry.account, entry.left) == (there, ())
    assert shop.plan().has_changes is False
