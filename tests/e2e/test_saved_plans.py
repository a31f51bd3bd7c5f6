"""Saved plans, end to end: what is applied is what was saved, or nothing is."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from engine.address import parse_address
from engine.bootstrap.project import open_project
from engine.catalog import loader
from engine.emulator.core import Emulator
from engine.errors import GuardError, InterruptedRunError, StackError
from engine.operations.apply import apply_stacks
from engine.operations.run.context import Context
from engine.operations.saved_plan.saved_plan import apply_saved, plan_to_save
from engine.plan.inputs.options import PlanOptions
from engine.plan.model import PlanReport
from engine.plan.saved.file import SavedPlan, decode, encode
from engine.ports.hook import Hook
from engine.ports.outcomes import ApplyReport, RecoveredStep, StepResult
from tests.support.project import Project

STACKS = Path(__file__).parents[2] / "stacks"
AGAIN = "run engine plan -o again and apply what it writes; nothing was changed"

SHOP = """
    from engine import output
    from engine.stripe import Coupon, Price, Product

    pro = Product("pro", name="{name}")
    month = Price("month", product=pro, currency="usd", unit_amount={amount}, lookup_key="month",
                  recurring={{"interval": "month"}})
    Coupon("sale", percent_off=10, duration="once", name="{sale}")
    output("price", month.id)
"""
READER = """
    from engine import output, stack_output
    from engine.stripe import Product

    price = stack_output("shop", "price")
    Product("reader", name="Reader", metadata={"price": price})
    output("price", price)
"""


def shop(name: str = "Pro", amount: int = 2900, sale: str = "Sale") -> str:
    """The stack with some values."""
    return SHOP.format(name=name, amount=amount, sale=sale)


class Desk:
    """A project, its account, and plans that are saved and applied."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.approved: list[str] = []

    def context(self, environment: str = "local", *, hook: Hook | None = None) -> Context:
        """The wired ports: one operation at a time, and lineages that repeat."""
        opened = open_project(self.project.root, environment=environment, parallelism=1, hook=hook)
        lineages = (f"{number:032x}" for number in range(1, 100))
        return dataclasses.replace(
            opened, connect=self.project.connect, new_id=lambda: next(lineages)
        )

    def save(self, *names: str, **options: Any) -> bytes:
        """Plan, and give the bytes of the plan file."""
        _, saved = plan_to_save(self.context(), names, PlanOptions(**options))
        return encode(saved)

    def apply(self, raw: bytes, context: Context | None = None) -> ApplyReport:
        """Apply a plan file."""
        saved = decode(raw, loader.schemas(), path="shop.plan")
        report = apply_saved(context or self.context(), saved, self._approve)
        assert [str(failure.error) for failure in report.failures] == []
        return report

    def _approve(self, report: PlanReport) -> bool:
        self.approved += [plan.stack for plan in report.plans]
        return True

    def refused(self, raw: bytes, context: Context | None = None) -> GuardError:
        """Apply a plan file, and expect that it is refused and nothing is sent."""
        self.project.writes()
        with pytest.raises(GuardError) as caught:
            self.apply(raw, context)
        assert self.project.writes() == []
        return caught.value


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A project in front of an empty account."""
    with Emulator(seed=7) as emulator:
        yield Desk(Project(tmp_path / "project", emulator))


@pytest.fixture
def twins(tmp_path: Path) -> Iterator[tuple[Desk, Desk]]:
    """Two projects in front of two accounts that are alike."""
    with Emulator(seed=7) as one, Emulator(seed=7) as two:
        yield (
            Desk(Project(tmp_path / "one", one)),
            Desk(Project(tmp_path / "two", two)),
        )


@pytest.fixture
def applied(desk: Desk) -> Desk:
    """The shop was applied."""
    desk.project.write(shop())
    desk.project.apply()
    return desk


# ── what is applied is what was saved ─────────────────────────────────────────────────────


def saas(**changes: str) -> list[tuple[str, str]]:
    """The repository's own stacks, with texts changed."""
    found = []
    for name in ("portals", "saas"):
        text = (STACKS / f"{name}.py").read_text(encoding="utf-8")
        for old, new in changes.items():
            text = text.replace(old, new)
        found.append((name, text))
    return found


def story(desk: Desk) -> Any:
    """What was sent and what the states say, addresses for ids, lists in one order."""
    states = [json.loads(desk.project.state_text(name)) for name in ("portals", "saas")]
    names = {
        entry["id"]: address
        for state in states
        for address, entry in (*state["resources"].items(), *state["removed"].items())
    }
    for state in states:
        del state["digest"]
    return named([desk.project.writes(), states], names)


def named(value: Any, names: dict[str, str]) -> Any:
    """A document with names for its ids, old ones by the order in which they come up."""
    if isinstance(value, dict):
        # A secret that Stripe made up is another one on each account.
        hidden = {"$sensitive": "..."} if "$sensitive" in value else {}
        return hidden or {key: named(value[key], names) for key in sorted(value)}
    if isinstance(value, (list, tuple)):
        entries = [named(inner, names) for inner in value]
        return sorted(entries, key=repr) if isinstance(value, list) else entries
    if not isinstance(value, str):
        return value
    return re.sub(
        r"\b[a-z]+_[0-9A-Za-z]{12,}\b",
        lambda found: names.setdefault(found[0], f"#{len(names)}"),
        value,
    )


@pytest.mark.parametrize("before", [False, True], ids=["first", "later"])
def test_a_saved_plan_does_what_an_apply_would(twins: tuple[Desk, Desk], *, before: bool) -> None:
    """The same requests in the same order, and the same state byte for byte."""
    for desk in twins:
        if before:
            for name, text in saas():
                desk.project.write(text, name)
            apply_stacks(desk.context(), (), PlanOptions(), lambda _: True)
        for name, text in saas(**{"2900": "3400", "Manage your subscription": "Your plan"}):
            desk.project.write(text, name)
        desk.project.writes()
    plain, saved = twins
    apply_stacks(plain.context(), (), PlanOptions(), lambda _: True)
    report = saved.apply(saved.save())
    assert report.plan.saved
    told = [story(desk) for desk in twins]
    assert told[0] == told[1]
    assert "POST" in repr(told)
    assert not saved.project.report().has_changes


def test_the_plan_is_shown_before_it_is_applied(applied: Desk) -> None:
    """Whoever applies it has said yes by that, and still sees it."""
    applied.project.write(shop("Pro 2"))
    applied.apply(applied.save())
    assert applied.approved == ["shop"]


def test_what_the_code_says_by_then_does_not_count(applied: Desk) -> None:
    """The plan alone is obeyed, even if the module does not evaluate any more."""
    applied.project.write(shop("Pro 2"))
    raw = applied.save()
    applied.project.write("raise RuntimeError\n")
    applied.apply(raw)
    (product,) = applied.project.objects("/v1/products")
    assert product["name"] == "Pro 2"


def test_a_plan_without_changes_is_applied_to_no_effect(applied: Desk) -> None:
    """Nobody is asked and nothing is written."""
    before = applied.project.state_text()
    report = applied.apply(applied.save())
    assert (report.approved, report.results, report.writes) == (False, (), 0)
    assert applied.project.state_text() == before
    assert applied.approved == []


def test_a_destroy_is_saved_like_any_other(applied: Desk) -> None:
    """The product has a price, so it is archived."""
    applied.apply(applied.save(destroy=True))
    assert applied.project.state().resources == {}
    assert [entry["active"] for entry in applied.project.objects("/v1/products")] == [False]


def test_a_refresh_alone_is_saved_too(applied: Desk) -> None:
    """The state is brought up to what Stripe had when it was planned, if it has that still."""
    product = applied.project.id("stripe_product.pro")
    applied.project.call("post", f"/v1/products/{product}", name="By hand")
    raw = applied.save(refresh_only=True)
    applied.apply(raw)
    assert applied.project.state().resources["stripe_product.pro"].attributes["name"] == "By hand"
    applied.project.call("post", f"/v1/products/{product}", name="Once more")
    raw = applied.save(refresh_only=True)
    applied.project.call("post", f"/v1/products/{product}", name="And again")
    assert "name" in applied.refused(raw).message


def test_a_part_is_saved_as_that_part(applied: Desk) -> None:
    """The rest may move."""
    applied.project.write(shop("Pro 2", sale="Sale 2"))
    raw = applied.save(targets=(parse_address("stripe_coupon.sale"),))
    product = applied.project.id("stripe_product.pro")
    applied.project.call("post", f"/v1/products/{product}", name="By hand")
    applied.apply(raw)
    assert [entry["name"] for entry in applied.project.objects("/v1/coupons")] == ["Sale 2"]
    assert [entry["name"] for entry in applied.project.objects("/v1/products")] == ["By hand"]


def test_without_a_refresh_the_state_is_believed(applied: Desk) -> None:
    """What the person did not ask Stripe about is not asked later; whose account it is, is."""
    applied.project.write(shop("Pro 2"))
    raw = applied.save(refresh=False)
    product = applied.project.id("stripe_product.pro")
    applied.project.call("post", f"/v1/products/{product}", description="By hand")
    applied.apply(raw)
    assert applied.project.call("get", f"/v1/products/{product}")["name"] == "Pro 2"


def test_moves_are_carried_out(applied: Desk) -> None:
    """One after the other, as they were declared."""
    text = shop("Pro 2").replace('Product("pro"', 'Product("plan"')
    applied.project.write(
        text.replace("from engine import output", "from engine import moved, output")
        + '    moved("stripe_product.pro", "stripe_product.plan")\n'
    )
    before = applied.project.id("stripe_product.pro")
    applied.apply(applied.save())
    assert applied.project.id("stripe_product.plan") == before
    assert applied.project.state().resources["stripe_price.month"].dependencies == (
        "stripe_product.plan",
    )
    assert not applied.project.report().has_changes


def test_several_stacks_are_applied_in_the_order_of_their_outputs(desk: Desk) -> None:
    """An output that did not exist when it was planned is read once it does."""
    desk.project.write(shop())
    desk.project.write(READER, "reader")
    report = desk.apply(desk.save())
    assert [result.stack for result in report.results] == ["shop", "reader"]
    price = desk.project.id("stripe_price.month")
    assert desk.project.state("reader").outputs == {"price": price}
    assert not desk.project.report().has_changes
    report = desk.apply(desk.save(destroy=True))
    assert [result.stack for result in report.results] == ["reader", "shop"]


def test_a_stack_whose_source_failed_is_not_begun(desk: Desk) -> None:
    """As in an apply without a file."""
    desk.project.write(shop())
    desk.project.write(READER, "reader")
    saved = decode(desk.save(), loader.schemas(), path="shop.plan")
    desk.project.call("post", "/v1/products", name="Taken", id="taken")
    (first, second) = saved.stacks
    steps = tuple(
        dataclasses.replace(step, params={**step.params, "id": "taken"})
        if step.key == "create stripe_product.pro"
        else step
        for step in first.plan.steps
    )
    first = dataclasses.replace(first, plan=dataclasses.replace(first.plan, steps=steps))
    report = apply_saved(
        desk.context(), dataclasses.replace(saved, stacks=(first, second)), lambda _: True
    )
    assert [str(failure.step.address) for failure in report.failures] == ["stripe_product.pro"]
    assert [result.stack for result in report.results] == ["shop"]


# ── whom and what it was made for ─────────────────────────────────────────────────────────


def test_another_account_is_refused(applied: Desk, desk: Desk) -> None:
    """Also where the state does not know an account yet."""
    applied.project.write(shop("Pro 2"))
    raw = applied.save()
    other = dataclasses.replace(
        desk.context(), connect=lambda: desk.project.connect("sk_test_other")
    )
    assert "belongs to account acct_" in desk.refused(raw, other).message

    (desk.project.root / "state" / "local" / "shop.json").unlink()
    first = desk.save()
    assert re.fullmatch(
        r"the saved plan was made for account acct_\w+, but the key belongs to acct_\w+",
        desk.refused(first, other).message,
    )


def test_another_mode_is_refused(desk: Desk) -> None:
    """A plan that was tried in test mode is not one for live mode."""
    desk.project.write(shop())
    raw = desk.save(refresh=False)
    saved = decode(raw, loader.schemas(), path="shop.plan")
    assert saved.livemode is False
    live = dataclasses.replace(desk.context(), connect=lambda: desk.project.connect("sk_live_e2e"))
    anyone = encode(dataclasses.replace(saved, account_id=""))
    assert desk.refused(anyone, live).message == (
        "the saved plan was made for test mode, but the key is for live mode"
    )


def test_another_environment_is_refused(desk: Desk) -> None:
    """It is not chosen by the plan: who applies says which one is meant."""
    (desk.project.root / "pyproject.toml").write_text(
        "[tool.engine.environments.other]\nemulator = true\n", encoding="utf-8"
    )
    desk.project.write(shop())
    error = desk.refused(desk.save(), desk.context("other"))
    assert error.message == ("the saved plan is of environment 'local', and this run uses 'other'")
    assert error.hint == "add -e local if it is to be applied there; nothing was changed"


def test_another_engine_is_refused(desk: Desk) -> None:
    """It may carry out the same words in another way."""
    desk.project.write(shop())
    newer = dataclasses.replace(desk.context(), engine_version="99.0")
    error = desk.refused(desk.save(), newer)
    assert re.fullmatch(
        r"the saved plan was made by engine \S+, and this is engine 99\.0", error.message
    )
    assert error.hint == AGAIN


def test_a_plan_that_refuses_itself_is_not_applied_from_a_file(applied: Desk) -> None:
    """Saving it lifts no rule; it is shown all the same."""
    text = shop().replace("from engine import output", "from engine import Lifecycle, output")
    applied.project.write(
        text.replace('duration="once"', 'duration="once", lifecycle=Lifecycle(protect=True)')
    )
    applied.project.apply()
    error = applied.refused(applied.save(destroy=True))
    assert error.message.startswith("the plan is refused: stripe_coupon.sale is protected")
    assert applied.approved == ["shop"]


# ── the state it was made from ────────────────────────────────────────────────────────────


def test_a_state_that_went_on_is_refused(applied: Desk) -> None:
    """Both serials are named, and both lineages."""
    applied.project.write(shop("Pro 2"))
    raw = applied.save()
    before = applied.project.state()
    applied.project.write(shop("Pro 3"))
    applied.project.apply()
    error = applied.refused(raw)
    assert error.message == (
        f"local/shop: the saved plan was made from serial {before.serial} of lineage "
        f"{before.lineage}, and there is serial {before.serial + 1} of lineage {before.lineage} now"
    )
    assert (error.cause, error.hint) == (None, AGAIN)


def test_a_plan_is_applied_once(desk: Desk) -> None:
    """A first one, made when there was no state, too."""
    desk.project.write(shop())
    raw = desk.save()
    desk.apply(raw)
    state = desk.project.state()
    assert desk.refused(raw).message == (
        "local/shop: the saved plan was applied already, or another run did the same: serial "
        f"{state.serial} of the state has all that it would do"
    )


def test_a_state_that_is_gone_is_refused(applied: Desk) -> None:
    """Everything would be made a second time."""
    applied.project.write(shop("Pro 2"))
    raw = applied.save()
    (applied.project.root / "state" / "local" / "shop.json").unlink()
    assert applied.refused(raw).message.endswith(", and there is no state now")


def test_a_state_of_the_same_serial_and_another_content_is_refused(applied: Desk) -> None:
    """Two branches that were applied apart each take the serial one up."""
    applied.project.write(shop("Pro 2"))
    raw = applied.save()
    backend, state = applied.context().backend, applied.project.state()
    backend.write(dataclasses.replace(state, outputs={"price": "other"}), expected=state)
    assert "the state is another one than the saved plan was made from" in (
        applied.refused(raw).message
    )


def test_a_run_that_did_not_finish_is_taken_up_and_said_to_be_the_reason(desk: Desk) -> None:
    """What it did is recorded, so that the state is another one."""
    told: list[str] = []

    class Telling(Hook):
        def recovered(self, stack: str, since: str, findings: Sequence[RecoveredStep]) -> None:
            del since
            told.extend(f"{stack}: {finding.address}" for finding in findings)

    desk.project.write(shop())
    desk.project.apply()
    desk.project.write(shop("Pro 2"))
    raw = desk.save()
    serial = desk.project.state().serial

    class Dying(Hook):
        def step_finished(self, result: StepResult) -> None:
            del result
            raise KeyboardInterrupt

    with pytest.raises(InterruptedRunError):
        apply_stacks(desk.context(hook=Dying()), (), PlanOptions(), lambda _: True)
    error = desk.refused(raw, desk.context(hook=Telling()))
    assert "the saved plan was applied already, or another run did the same" in error.message
    assert error.cause == (
        "An earlier run had not finished. What it did was recorded just now, so the state is no "
        f"longer at serial {serial}."
    )
    assert told == ["shop: stripe_product.pro"]


# ── the objects it was made from ──────────────────────────────────────────────────────────


def rename(project: Project) -> None:
    """Change the product by hand."""
    project.call("post", f"/v1/products/{project.id('stripe_product.pro')}", name="By hand")


def delete(project: Project) -> None:
    """Delete the coupon by hand."""
    project.call("delete", f"/v1/coupons/{project.id('stripe_coupon.sale')}")


def archive(project: Project) -> None:
    """Archive the product by hand."""
    project.call("post", f"/v1/products/{project.id('stripe_product.pro')}", active=False)


def take_key(project: Project) -> None:
    """Make another price that takes the lookup key."""
    project.call(
        "post",
        "/v1/prices",
        product=project.id("stripe_product.pro"),
        currency="usd",
        unit_amount=1,
        lookup_key="month",
        transfer_lookup_key=True,
    )


@pytest.mark.parametrize(
    ("stack", "by_hand", "message"),
    [
        (
            shop("Pro 2"),
            rename,
            'stripe_product.pro changed on Stripe since the plan was made: name "Pro" -> "By hand"',
        ),
        (
            shop(sale="Sale 2"),
            delete,
            "stripe_coupon.sale [ID] is gone from Stripe since the plan was made",
        ),
        (
            shop("Pro 2"),
            archive,
            "stripe_product.pro changed on Stripe since the plan was made: active true -> false",
        ),
        (
            shop(amount=3900),
            archive,
            "stripe_product.pro changed on Stripe since the plan was made: active true -> false",
        ),
        (
            shop(amount=3900),
            take_key,
            "stripe_price.month changed on Stripe since the plan was made: lookup_key ...",
        ),
    ],
    ids=["changed", "deleted", "archived", "archived-and-referred-to", "key-taken"],
)
def test_an_object_that_moved_is_named(
    applied: Desk, stack: str, by_hand: Callable[[Project], None], message: str
) -> None:
    """What changed, and what to do: nothing is sent."""
    applied.project.write(stack)
    raw = applied.save()
    by_hand(applied.project)
    error = applied.refused(raw)
    text = re.sub(r"\[\w+\]", "[ID]", error.message)
    start, dots, _ = message.partition("...")
    assert text.startswith(f"the saved plan does not hold any more: {start}")
    assert dots or text.endswith(message)
    assert error.hint == AGAIN


def test_everything_that_moved_is_named_at_once(applied: Desk) -> None:
    """One after the other would be one plan after the other."""
    applied.project.write(shop("Pro 2", sale="Sale 2"))
    raw = applied.save()
    rename(applied.project)
    delete(applied.project)
    error = applied.refused(raw)
    assert "stripe_coupon.sale" in error.message
    assert error.cause is not None
    assert error.cause.startswith("stripe_product.pro changed")


def test_what_the_plan_does_not_touch_may_move(applied: Desk) -> None:
    """Also fields that nobody declared."""
    applied.project.write(shop(sale="Sale 2"))
    raw = applied.save()
    rename(applied.project)
    coupon = applied.project.id("stripe_coupon.sale")
    applied.project.call("post", f"/v1/coupons/{coupon}", metadata={"seen": "1"})
    applied.apply(raw)
    assert [entry["name"] for entry in applied.project.objects("/v1/coupons")] == ["Sale 2"]


def test_a_key_that_somebody_took_before_the_create(desk: Desk) -> None:
    """Stripe would refuse the create; half of the plan would be done by then."""
    desk.project.write(shop())
    raw = desk.save()
    product = desk.project.call("post", "/v1/products", name="Other")
    price = desk.project.call(
        "post",
        "/v1/prices",
        product=product["id"],
        currency="usd",
        unit_amount=1,
        lookup_key="month",
    )
    assert desk.refused(raw).message == (
        "the saved plan does not hold any more: stripe_price.month: its lookup_key was held by "
        f"nothing when the plan was made, and is held by {price['id']} now"
    )


def test_a_product_that_was_to_be_deleted_and_has_a_price_now(desk: Desk) -> None:
    """It can only be archived by now."""
    desk.project.write('from engine.stripe import Product\nProduct("pro", name="Pro")\n')
    desk.project.apply()
    product = desk.project.id("stripe_product.pro")
    desk.project.write("")
    raw = desk.save()
    desk.project.call("post", "/v1/prices", product=product, currency="usd", unit_amount=1)
    assert "how it can be removed changed" in desk.refused(raw).message
    desk.apply(desk.save())
    assert [entry["active"] for entry in desk.project.objects("/v1/products")] == [False]


IMPORTING = """
    from engine import import_
    from engine.stripe import Product

    pro = Product("pro", name="Pro")
    import_(pro, "{id}")
"""


def test_an_import_is_of_the_object_that_was_seen(desk: Desk) -> None:
    """It is read again before it is changed."""
    product = desk.project.call("post", "/v1/products", name="Theirs")
    desk.project.write(IMPORTING.format(id=product["id"]))
    raw = desk.save()
    desk.project.call("post", f"/v1/products/{product['id']}", name="Theirs, changed")
    assert 'name "Theirs" -> "Theirs, changed"' in desk.refused(raw).message
    desk.apply(desk.save())
    assert desk.project.id("stripe_product.pro") == product["id"]
    assert [entry["name"] for entry in desk.project.objects("/v1/products")] == ["Pro"]


LOOKING = """
    from engine.stripe import Price, Product

    old = Price.lookup(lookup_key="old")
    Product("pro", name="Pro", metadata={"old": old.id, "nickname": old["nickname"]})
"""


def test_a_lookup_is_read_again(desk: Desk) -> None:
    """What it finds by then is used if it is the same, and named if it is not."""
    product = desk.project.call("post", "/v1/products", name="Old")
    price = desk.project.call(
        "post",
        "/v1/prices",
        product=product["id"],
        currency="usd",
        unit_amount=1,
        lookup_key="old",
        nickname="first",
    )
    desk.project.write(LOOKING)
    raw = desk.save()
    desk.project.call("post", f"/v1/prices/{price['id']}", nickname="second")
    assert 'nickname "first" -> "second"' in desk.refused(raw).message
    desk.project.call("post", f"/v1/prices/{price['id']}", nickname="first")
    desk.apply(raw)
    made = desk.project.call("get", f"/v1/products/{desk.project.id('stripe_product.pro')}")
    assert made["metadata"]["old"] == price["id"]
    assert made["metadata"]["nickname"] == "first"


def test_an_output_of_a_stack_that_is_not_in_the_file(desk: Desk) -> None:
    """It is part of what the plan was made from."""
    desk.project.write(shop())
    desk.project.write(READER, "reader")
    desk.project.apply()
    desk.project.write(READER.replace('"Reader"', '"Reader 2"'), "reader")
    raw = desk.save("reader")
    # Nothing that the reader refers to ends, so that this stack can be applied by itself.
    desk.project.write(shop().replace("month.id", "pro.id"))
    desk.project.apply("shop")
    assert desk.refused(raw).message == (
        "the saved plan does not hold any more: output price of stack shop, which reader reads, is "
        "another than when the plan was made"
    )


def test_a_file_that_is_sent_is_the_file_that_was_planned(desk: Desk) -> None:
    """Its bytes are not in the plan, but their digest is."""
    logo = desk.project.root / "logo.png"
    logo.write_bytes(b"\x89PNG one")
    desk.project.write(
        'from engine.stripe import File\nFile("logo", purpose="business_logo", file="logo.png")\n'
    )
    raw = desk.save()
    message = (
        "the saved plan does not hold any more: the file that stripe_file.logo sends as file is "
        "another than when the plan was made"
    )
    logo.write_bytes(b"\x89PNG two")
    assert desk.refused(raw).message == message
    logo.unlink()
    assert desk.refused(raw).message == message
    logo.write_bytes(b"\x89PNG one")
    desk.apply(raw)
    assert [entry["size"] for entry in desk.project.objects("/v1/files")] == [8]


def test_objects_are_read_once_for_all(applied: Desk) -> None:
    """A plan that touches two objects of two types: whose account, and two reads."""
    applied.project.write(shop("Pro 2", sale="Sale 2"))
    report = applied.apply(applied.save())
    assert report.requests - report.writes == 3


# ── secrets ───────────────────────────────────────────────────────────────────────────────

SECRETIVE = """
    from engine import Sensitive, output, variable
    from engine.stripe import Product, WebhookEndpoint

    token = variable("token", "canary-one")
    Product("pro", name="Pro", metadata={"token": Sensitive(token), "url": Sensitive(f"x {token}")})
    hook = WebhookEndpoint("hook", url="https://example.com/hook", enabled_events=["charge.failed"])
    Product("copy", name="Copy", metadata={"secret": hook["secret"]})
    output("token", f"Bearer {token}", sensitive=True)
    output("secret", hook["secret"], sensitive=True)
"""


def test_secrets_are_not_in_the_file_and_reach_stripe(desk: Desk) -> None:
    """They come from the stack's declarations, and Stripe's own from the place for secrets."""
    desk.project.write(SECRETIVE)
    raw = desk.save()
    assert b"canary" not in raw
    desk.apply(raw)
    assert not desk.project.report().has_changes
    copy, pro = desk.project.objects("/v1/products")[::-1]
    if pro["name"] != "Pro":
        copy, pro = pro, copy
    assert {"canary-one", "x canary-one"} < set(pro["metadata"].values())
    secret = copy["metadata"]["secret"]
    assert secret.startswith("whsec_")
    text = SECRETIVE.replace('"Copy"', '"Copy 2"').replace("canary-one", "canary-two")
    desk.project.write(text)
    raw = desk.save()
    assert b"canary" not in raw
    assert secret.encode() not in raw
    desk.apply(raw)
    assert not desk.project.report().has_changes
    assert b"canary" not in desk.project.state_text().encode()


@pytest.mark.parametrize("kept", ["metadata", "output"])
def test_a_secret_that_is_declared_no_more_is_refused(desk: Desk, kept: str) -> None:
    """What it was is known to nobody, so it is not guessed."""
    desk.project.write(SECRETIVE)
    raw = desk.save()
    other = SECRETIVE.replace("canary-one", "canary-two")
    if kept == "metadata":
        other += '    output("old", "Bearer canary-one", sensitive=True)\n'
        wanted = "stripe_product.pro"
    else:
        other += (
            '    Product("old", name="Old", metadata={"a": Sensitive("canary-one"), '
            '"b": Sensitive("x canary-one")})\n'
        )
        wanted = "output token"
    desk.project.write(other)
    error = desk.refused(raw)
    assert error.message == (
        f"the saved plan sends a secret of {wanted} that stack shop does not declare any more"
    )
    assert "ENGINE_VAR_NAME" in str(error.hint)
    assert "canary" not in str(error)
    desk.project.write("raise RuntimeError\n")
    with pytest.raises(StackError):
        desk.apply(raw)


def test_a_secret_from_a_variable_is_given_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the environment, since no option can change a saved plan."""
    desk.project.write(SECRETIVE)
    monkeypatch.setenv("ENGINE_VAR_TOKEN", "canary-three")
    raw = desk.save()
    monkeypatch.delenv("ENGINE_VAR_TOKEN")
    desk.refused(raw)
    monkeypatch.setenv("ENGINE_VAR_TOKEN", "canary-three")
    desk.apply(raw)
    names = {entry["name"]: entry for entry in desk.project.objects("/v1/products")}
    assert "canary-three" in names["Pro"]["metadata"].values()


def test_saving_a_plan_asks_no_more_than_planning_does(applied: Desk) -> None:
    """But for whose account it is, where nothing was to be asked."""
    applied.project.write(shop("Pro 2"))
    plain = applied.project.report().requests
    saved: SavedPlan = decode(applied.save(), loader.schemas(), path="shop.plan")
    assert saved.requests == plain
    assert decode(applied.save(refresh=False), loader.schemas(), path="p").requests == 0
