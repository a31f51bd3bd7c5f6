"""`engine state mv` between stacks: what moved is the same object, and the next plan is empty."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import pytest

from engine.address import parse_address
from engine.emulator.testing.faults import server_error
from engine.errors import EngineError, UsageError
from engine.operations.state_edit.move import MoveOptions, move_resources
from engine.operations.state_edit.rename import move_stack
from engine.ports.reports import Moved
from tests.support.project import Project

SAAS = (Path(__file__).parents[2] / "stacks" / "saas.py").read_text(encoding="utf-8")
BEGIN, LAUNCH, TAX, HOOK, OUTPUTS = (
    SAAS.index(text)
    for text in ("SITE = ", "launch = ", "TaxRate(\n", "hook = ", 'output("portal_id"')
)
CATALOGUE = (
    SAAS[:LAUNCH]
    + SAAS[TAX:HOOK]
    + """
for plan in PLANS:
    output(f"product-{plan}", products[plan].id)
    for price, interval in zip(prices[plan], ("month", "year")):
        output(f"price-{plan}-{interval}", price.id)
"""
)
ELSEWHERE = """
from engine import stack_output

class Elsewhere:
    def __init__(self, name):
        self.id = stack_output("catalogue", name)

PLANS = ("starter", "team", "business")
products = {plan: Elsewhere(f"product-{plan}") for plan in PLANS}
prices = {
    plan: [Elsewhere(f"price-{plan}-{interval}") for interval in ("month", "year")]
    for plan in PLANS
}
SITE = variable("site", "https://saas.example.com")
"""
DISCOUNTS = SAAS[:BEGIN] + ELSEWHERE + SAAS[LAUNCH:TAX]
PORTAL = SAAS[:BEGIN] + ELSEWHERE + SAAS[HOOK:OUTPUTS] + 'output("hook", hook.secret)\n'


def move(project: Project, giver: str, receiver: str, *addresses: str, **options: Any) -> Moved:
    """Move resources to another stack, names kept."""
    moves = {parse_address(address): parse_address(address) for address in addresses}
    return move_resources(project.context(), giver, receiver, moves, MoveOptions(**options))


def write(project: Project, **modules: str) -> None:
    """Write modules, and remove those of no text."""
    for name, text in modules.items():
        project.write(text, name)
        if not text:
            (project.root / "stacks" / f"{name}.py").unlink()


def secrets(project: Project) -> dict[str, str]:
    """What the sink has, by stack and name."""
    folder = project.root / ".engine" / "secrets" / "local"
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*.*")}


def converged(project: Project) -> None:
    """Nothing changes but stamps and outputs, nothing was sent, and every object has one owner."""
    assert project.writes() == []
    report = project.report()
    assert report.refusals == ()
    assert [str(change.address) for plan in report.plans for change in plan.pending] == []
    project.apply()
    assert [entry for entry in project.writes() if not _is_stamp(entry)] == []
    assert not project.report().has_changes
    backend = project.context().backend
    ids = [
        (entry.type, entry.removal_policy.account, entry.id)
        for name in backend.stacks("local")
        for entry in project.state(name).resources.values()
    ]
    assert len(ids) == len(set(ids))


def _is_stamp(entry: tuple[str, str, dict[str, Any]]) -> bool:
    return set(entry[2]) == {"metadata"} and set(entry[2]["metadata"]) == {"engine"}


def test_a_stack_is_split_into_three_without_one_write(project: Project) -> None:
    """Catalogue, discounts and portal; the webhook's secret is where it was, under its new name."""
    write(project, saas=SAAS)
    project.apply()
    [told] = [text for name, text in secrets(project).items() if name.endswith("events.secret")]
    before = project.state("saas")
    project.writes()
    write(project, saas="", catalogue=CATALOGUE, discounts=DISCOUNTS, portal=PORTAL)
    move(project, "saas", "portal", *_of(before, "portal", "webhook"))
    move(project, "saas", "discounts", "stripe_coupon.launch", children=True)
    moved = move_stack(project.context(), "saas", "catalogue", MoveOptions())
    assert moved.renamed
    converged(project)
    split = [project.state(name) for name in ("catalogue", "discounts", "portal")]
    assert {at: entry.id for state in split for at, entry in state.resources.items()} == {
        at: entry.id for at, entry in before.resources.items()
    }
    assert [len(state.resources) for state in split] == [15, 3, 2]
    assert secrets(project) == {
        "portal/stripe_webhook_endpoint.billing-events.secret": told,
        "portal/output.hook": told,
    }
    assert "saas" not in project.context().backend.stacks("local")
    write(project, catalogue=CATALOGUE.replace("Plan(2900, 2700", "Plan(3100, 2900"))
    project.apply()
    sent = [
        ("archive" if params.get("active") == "false" else path.split("/")[2])
        for _, path, params in project.writes()
    ]
    assert sent == ["prices", "prices", "billing_portal", "archive", "archive"]
    assert not project.report().has_changes


def _of(state: Any, *words: str) -> list[str]:
    return [address for address in state.resources if any(word in address for word in words)]


SHOP = """
    from engine import Lifecycle
    from engine.stripe import *

    pro = Product("pro", name="Pro")
    month = Price("month", product=pro, currency="usd", unit_amount=1000,
                  recurring={"interval": "month"})
    seat = Feature("seat", name="Seat", lookup_key="seat")
    ProductFeature("pro-seat", product=pro, entitlement_feature=seat)
    PaymentLink("buy", line_items=[{"price": month, "quantity": 1}])
    Coupon("c10", id="C10", percent_off=10, duration="once")
"""


def test_the_children_of_a_product_come_along(project: Project) -> None:
    """Prices, their links and the product's features; its feature is nobody's child."""
    write(project, shop=SHOP)
    project.apply()
    project.writes()
    text = textwrap.dedent(SHOP)
    feature = text[text.index("seat = ") : text.index("ProductFeature")]
    coupon = text[text.index("Coupon(") :]
    head = "from engine import output, stack_output\nfrom engine.stripe import *\n"
    write(
        project,
        shop=f'{head}{feature}{coupon}output("seat", seat.id)\n',
        other=head
        + text[text.index("pro = ") : text.index("seat = ")]
        + text[text.index("ProductFeature") : text.index("Coupon(")].replace(
            "entitlement_feature=seat", 'entitlement_feature=stack_output("shop", "seat")'
        ),
    )
    moved = move(project, "shop", "other", "stripe_product.pro", children=True)
    assert [entry.new for entry in moved.resources] == [
        "stripe_payment_link.buy",
        "stripe_price.month",
        "stripe_product.pro",
        "stripe_product_feature.pro-seat",
    ]
    assert [entry.stamped for entry in moved.resources] == [False, False, False, True]
    other = project.state("other")
    assert other.resources["stripe_price.month"].declared["product"] == "${stripe_product.pro.id}"
    feature_id = project.state("shop").resources["stripe_entitlements_feature.seat"].id
    child = other.resources["stripe_product_feature.pro-seat"]
    assert child.declared["entitlement_feature"] == feature_id
    assert child.dependencies == ("stripe_product.pro",)
    converged(project)


def test_a_coupon_with_a_chosen_id_moves_there_and_back(project: Project) -> None:
    """Under another name; Stripe hears nothing of it, and deletes nothing afterwards."""
    text = "from engine.stripe import Coupon\n"
    coupon = 'Coupon("{}", id="C10", percent_off=10, duration="once")\n'
    write(project, shop=text + coupon.format("c10"), other=text)
    project.apply()
    project.writes()
    write(project, shop=text, other=text + coupon.format("ten"))
    old, new = parse_address("stripe_coupon.c10"), parse_address("stripe_coupon.ten")
    move_resources(project.context(), "shop", "other", {old: new}, MoveOptions())
    converged(project)
    write(project, shop=text + coupon.format("c10"), other=text)
    move_resources(project.context(), "other", "shop", {new: old}, MoveOptions())
    converged(project)
    assert [found["id"] for found in project.objects("/v1/coupons")] == ["C10"]


def test_what_another_stack_reads_is_followed_from_its_new_stack(project: Project) -> None:
    """A portal and a link keep the price that moved from one producer to another."""
    catalogue = """
        from engine import output
        from engine.stripe import Price, Product
        p = Product("pro", name="Pro", id="pro")
        output("product", p.id)
    """
    price = """
        month = Price("month", product=%s, currency="usd", unit_amount=1000,
                      recurring={"interval": "month"})
        output("month", month.id)
    """
    reader = """
        from engine import stack_output
        from engine.stripe import PaymentLink, PortalConfiguration
        month = stack_output("%s", "month")
        PortalConfiguration("portal", features={
            "payment_method_update": {"enabled": True},
            "subscription_update": {"enabled": True, "default_allowed_updates": ["price"],
                "products": [{"product": stack_output("catalogue", "product"),
                              "prices": [month]}]}})
        PaymentLink("buy", line_items=[{"price": month, "quantity": 1}])
    """
    write(project, catalogue=catalogue + price % "p", portal=reader % "catalogue", prices="pass\n")
    project.apply()
    project.writes()
    head = """
        from engine import output, stack_output
        from engine.stripe import Price
    """
    prices = head + price % 'stack_output("catalogue", "product")'
    write(project, catalogue=catalogue, prices=prices, portal=reader % "prices")
    move(project, "catalogue", "prices", "stripe_price.month")
    converged(project)


HOOKS = """
    from engine import Sensitive, output
    from engine.stripe import Product, TerminalConfiguration, WebhookEndpoint

    hook = WebhookEndpoint("h", url="https://a.example.com/h", enabled_events=["*"])
    Product("bearer", name="Bearer", metadata={"token": hook.secret, "b": f"Bearer {hook.secret}"})
    TerminalConfiguration("t", name="T", reader_security={"admin_menu_passcode": Sensitive("%s")})
    output("secret", hook.secret)
"""


def test_secrets_are_neither_rotated_nor_sent_again(project: Project) -> None:
    """What Stripe returned once, what refers to it, and what is declared in the open."""
    write(project, shop=HOOKS % "123456", other="pass\n")
    project.apply()
    kept = secrets(project)
    project.writes()
    write(project, shop="pass\n", other=HOOKS % "123456")
    every = tuple(project.state("shop").resources)
    moved = move(project, "shop", "other", *every)
    assert [entry.new for entry in moved.resources if entry.sent_again] == []
    assert [bool(entry.secret) for entry in moved.resources] == [False, False, True]
    converged(project)
    assert not project.report(refresh=False).has_changes
    assert set(secrets(project).values()) == set(kept.values())
    assert {name.partition("/")[0] for name in secrets(project)} == {"other"}


def test_a_secret_that_changed_meanwhile_is_a_change(project: Project) -> None:
    """Never taken for unchanged; a move is to be without a change, so it has to be forced."""
    write(project, shop=HOOKS % "123456", other="pass\n")
    project.apply()
    write(project, shop="pass\n", other=HOOKS % "654321")
    every = tuple(project.state("shop").resources)
    with pytest.raises(UsageError, match=r"stripe_terminal_configuration\.t has a secret"):
        move(project, "shop", "other", *every)
    moved = move(project, "shop", "other", *every, force=True)
    assert [entry.new for entry in moved.resources if entry.sent_again] == [
        "stripe_terminal_configuration.t"
    ]
    pending = [str(change.address) for plan in project.report().plans for change in plan.pending]
    assert pending == ["stripe_terminal_configuration.t"]


def test_a_webhook_leaves_what_refers_to_its_secret(project: Project) -> None:
    """What stays behind keeps the value; once it is an output of the other stack, it is read there.

    A new output that is secret is known only after the apply that records it.
    """
    text = textwrap.dedent(HOOKS % "123456")
    at = text.index("Product(")
    until = text.index("TerminalConfiguration(")
    write(project, shop=text, other="pass\n")
    project.apply()
    project.writes()
    left = 'secret = stack_output("hooks", "secret")\n'
    left += text[at:until].replace("hook.secret", "secret")
    write(
        project,
        other="",
        shop=f"from engine import stack_output\nfrom engine.stripe import Product\n{left}",
        hooks=text[:at] + text[until:],
    )
    rest = ("stripe_webhook_endpoint.h", "stripe_terminal_configuration.t")
    move(project, "shop", "hooks", *rest)
    [product] = project.state("shop").resources.values()
    assert product.dependencies == ()
    project.apply("hooks")
    converged(project)


def test_an_object_on_a_connected_account_stays_there(project: Project) -> None:
    """Its account moves along with it."""
    account = project.call("post", "/v1/accounts", type="custom", country="US")["id"]
    text = f"""
        from engine import Lifecycle
        from engine.stripe import Price, Product
        on = Lifecycle(account="{account}")
        p = Product("a", name="A", lifecycle=on)
        Price("a", product=p, currency="usd", unit_amount=100, lifecycle=on)
    """
    write(project, shop=text, other="pass\n")
    project.apply()
    project.writes()
    write(project, shop="pass\n", other=text)
    moved = move(project, "shop", "other", "stripe_product.a", children=True)
    assert [entry.account for entry in moved.resources] == [account, account]
    converged(project)


def test_what_is_on_an_account_belongs_to_it(project: Project) -> None:
    """An account that the stack makes takes along what is on it."""
    text = """
        from engine import Lifecycle
        from engine.stripe import Account, Coupon, Product
        a = Account("a", type="custom", country="US",
                    capabilities={"transfers": {"requested": True}})
        Product("on-it", name="A", lifecycle=Lifecycle(account=a))
        %s
    """
    coupon = 'Coupon("own", id="OWN", percent_off=10)'
    write(project, shop=text % coupon, other="pass\n")
    project.apply()
    project.writes()
    write(project, shop=f"from engine.stripe import Coupon\n{coupon}\n", other=text % "")
    moved = move(project, "shop", "other", "stripe_account.a", children=True)
    assert [entry.new for entry in moved.resources] == ["stripe_account.a", "stripe_product.on-it"]
    assert project.state("other").resources["stripe_product.on-it"].dependencies == (
        "stripe_account.a",
    )
    converged(project)


def test_a_stack_becomes_part_of_another(project: Project) -> None:
    """Addresses that are free move, with the outputs; the old state goes with its module."""
    coupon = 'from engine.stripe import Coupon\nCoupon("{0}", id="{0}", percent_off=10)\n'
    output = 'from engine import output\noutput("x", "1")\n'
    write(project, shop=coupon.format("a") + output, other=coupon.format("b"))
    project.apply()
    project.writes()
    write(project, shop="", other=coupon.format("a") + coupon.format("b") + output)
    moved = move_stack(project.context(), "shop", "other", MoveOptions())
    assert (moved.ended, moved.renamed) == (True, False)
    assert project.context().backend.stacks("local") == ("other",)
    converged(project)


def test_an_address_that_is_taken_moves_nothing(project: Project) -> None:
    """Of two coupons with one name neither state changes."""
    coupon = 'from engine.stripe import Coupon\nCoupon("c", id="{}", percent_off=10)\n'
    write(project, shop=coupon.format("A"), other=coupon.format("B"))
    project.apply()
    texts = [project.state_text(name) for name in ("shop", "other")]
    write(project, shop="")
    with pytest.raises(UsageError, match=r"stripe_coupon\.c is B in the state of other already"):
        move_stack(project.context(), "shop", "other", MoveOptions())
    write(project, shop="pass\n")
    with pytest.raises(UsageError, match="already, not A"):
        move(project, "shop", "other", "stripe_coupon.c")
    assert [project.state_text(name) for name in ("shop", "other")] == texts


def test_states_of_two_accounts_give_each_other_nothing(project: Project) -> None:
    """An object stays on its account."""
    coupon = 'from engine.stripe import Coupon\nCoupon("{0}", id="{0}", percent_off=10)\n'
    write(project, shop=coupon.format("a"))
    project.apply()
    write(project, shop="pass\n", other=coupon.format("b"))
    project.key = "sk_test_another"
    project.apply("other")
    write(project, other=coupon.format("a"))
    with pytest.raises(EngineError, match="are of different accounts"):
        move(project, "shop", "other", "stripe_coupon.a")


PRICED = """
    from engine.stripe import Price, Product
    p = Product("pro", name="Pro", id="pro")
    Price("month", product=p, currency="usd", unit_amount={}, recurring={{"interval": "month"}})
"""


def test_what_a_replacement_left_behind_is_ended_by_the_receiver(project: Project) -> None:
    """The old price could not be archived; it moves along with the new one."""
    write(project, shop=PRICED.format(1000), other="pass\n")
    project.apply()
    [old] = project.objects("/v1/prices")
    write(project, shop=PRICED.format(1200))
    where = f"/v1/prices/{old['id']}"
    project.emulator.faults.add(server_error(), method="POST", path=where, times=3)
    assert project.try_apply().failures
    project.emulator.faults.clear()
    project.report()  # recovers what is not certain
    assert project.state().resources["stripe_price.month"].superseded == (old["id"],)
    write(project, shop="pass\n", other=PRICED.format(1200))
    move(project, "shop", "other", "stripe_product.pro", children=True)
    project.apply()
    assert {found["unit_amount"]: found["active"] for found in project.objects("/v1/prices")} == {
        1000: False,
        1200: True,
    }
    assert not project.report().has_changes


def test_what_was_archived_is_revived_by_the_stack_that_has_it_now(project: Project) -> None:
    """A price that is declared again in the merged stack is the old one."""
    write(project, shop=PRICED.format(1000), other="from engine.stripe import Coupon\n")
    project.apply()
    [price] = project.objects("/v1/prices")
    until = PRICED.index("    Price(")
    write(project, shop=PRICED[:until])
    project.apply()
    assert not project.objects("/v1/prices")[0]["active"]
    coupon = 'Coupon("own", id="OWN", percent_off=10)\n'
    write(project, other=f"from engine.stripe import Coupon\n{coupon}")
    project.apply()
    write(
        project,
        shop="",
        other=textwrap.dedent(PRICED.format(1000)) + f"from engine.stripe import Coupon\n{coupon}",
    )
    move_stack(project.context(), "shop", "other", MoveOptions())
    project.apply()
    assert [(found["id"], found["active"]) for found in project.objects("/v1/prices")] == [
        (price["id"], True)
    ]
