"""`engine subscribers OLD --to NEW -o FILE`, `engine apply FILE`, and the way back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from engine.emulator.core import Emulator
from engine.emulator.doors.server import EmulatorServer
from engine.errors import ProviderError
from engine.operations.subscribers.recheck import Rechecking
from tests.support.command_line import Engine, Terminal, Write
from tests.support.subscribers import SHOP, Account

ADDRESS = "stripe_price.monthly"
PLAN = ("subscribers", "monthly", "--to", "monthly", "--proration", "none", "-o", "move.plan")


@pytest.fixture
def old(root: Path, engine: Engine, write: Write) -> str:
    """The id of a price that was replaced; three customers are on it, with 1, 2 and 3."""
    write("shop", SHOP.format(amount=2900))
    assert engine("apply", "--yes").code == 0
    before = price_id(engine)
    for quantity in (1, 2, 3):
        Account(root).subscribe({"price": before, "quantity": quantity})
    write("shop", SHOP.format(amount=3400))
    assert engine("apply", "--yes").code == 0
    return before


@pytest.fixture
def account(root: Path, old: str) -> Account:
    """The account that they are on."""
    del old
    return Account(root)


def price_id(engine: Engine) -> str:
    """The price that the resource has now."""
    found: str = json.loads(engine("state", "show", ADDRESS, "--json").out)["id"]
    return found


def rows(root: Path, name: str = "move.plan") -> Sequence[list[Any]]:
    """The lines of a file about subscriptions that move, and that are skipped."""
    lines = (root / name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines[1:]]


def on(account: Account, root: Path) -> list[tuple[str, int | None]]:
    """The price and the quantity of each subscription of the file."""
    return [account.items(row[0])[0] for row in rows(root)]


def test_they_move_once_and_back(engine: Engine, root: Path, account: Account, old: str) -> None:
    """With their quantities; a second apply finds nothing to do, and the way back is a plan too."""
    new = price_id(engine)
    planned = engine(*PLAN)
    assert planned.code == 0
    assert f"To {ADDRESS} [{new}], $34.00 a month\n  from {ADDRESS} [{old}]" in planned.out
    assert "3 subscriptions in usd, quantity 6: $174.00 a month -> $204.00 a month" in planned.out
    assert "(+$30.00), before discounts and taxes" in planned.out
    assert planned.out.endswith("Moves: 3 to move, 0 to skip.\n")
    assert "engine apply move.plan" in planned.err
    assert engine("show", "move.plan").out == planned.out
    applied = engine("apply", "move.plan")
    assert (applied.code, ": 3 moved.\n" in applied.out) == (0, True)
    assert sorted(on(account, root)) == [(new, 1), (new, 2), (new, 3)]
    assert "engine apply move.undo.plan" in applied.err
    again = json.loads(engine("apply", "move.plan", "--json").out)
    assert (again["summary"]["moved"], again["writes"]) == (3, 0)
    assert all(one["by_earlier_run"] for one in again["moves"])
    back = engine("apply", "move.undo.plan")
    assert (back.code, ": 3 moved.\n" in back.out) == (0, True)
    assert sorted(on(account, root)) == [(old, 1), (old, 2), (old, 3)]
    shown = json.loads(engine("subscribers", "monthly", "--json").out)
    assert [(one["id"], one["active"], one["subscriptions"]) for one in shown["prices"]] == [
        (new, True, 0),
        (old, False, 3),
    ]
    assert not list((root / "state").rglob("*.journal"))


def test_a_price_that_a_person_made_active_again_stays_so(
    engine: Engine, account: Account, old: str
) -> None:
    """The way back archives only what it made active itself."""
    assert engine(*PLAN).code == 0
    assert engine("apply", "move.plan").code == 0
    account.change("stripe_price", old, active=True)
    assert engine("apply", "move.undo.plan").code == 0
    found: Any = account.provider.read(account.schemas["stripe_price"], old)
    assert found["active"] is True


def test_what_changed_meanwhile_is_left_alone(
    engine: Engine, root: Path, account: Account, old: str
) -> None:
    """It is named, with what changed; the others move, and only they move back."""
    new = price_id(engine)
    assert engine(*PLAN).code == 0
    first, second, third = (row[0] for row in rows(root))
    items = {row[0]: row[1] for row in rows(root)}
    account.change("stripe_subscription", first, items=[{"id": items[first], "quantity": 9}])
    account.call("stripe_subscription", second, "cancel")
    applied = engine("apply", "move.plan")
    assert applied.code == 0
    assert ": 1 moved, 2 left alone." in applied.out
    assert f"  {first}: quantity " in applied.out
    assert f"  {second}: it is on neither price any more" in applied.out
    assert account.items(first) == [(old, 9)]
    assert account.items(third)[0][0] == new
    assert [row[0] for row in rows(root, "move.undo.plan")] == [third]


def test_who_moved_by_himself_is_not_moved_back(
    engine: Engine, root: Path, account: Account
) -> None:
    """What another client did is not of these moves."""
    new = price_id(engine)
    assert engine(*PLAN).code == 0
    first, *others = rows(root)
    item = {"id": first[1], "price": new}
    account.change("stripe_subscription", first[0], items=[item], proration_behavior="none")
    applied = engine("apply", "move.plan")
    assert (applied.code, f"not by these moves: {first[0]}" in applied.out) == (0, True)
    assert [row[0] for row in rows(root, "move.undo.plan")] == [row[0] for row in others]


def test_what_cannot_be_moved_is_skipped_by_name(
    engine: Engine, root: Path, account: Account, old: str, write: Write
) -> None:
    """Schedules, further items of the new price, and what a stack declares."""
    new = price_id(engine)
    [scheduled] = account.subscribe(old_price(account, old))
    account.make("stripe_subscription_schedule", from_subscription=scheduled)
    [both] = account.subscribe(old, new)
    [owned] = account.subscribe(old)
    account.change("stripe_price", old, active=False)
    write(
        "customers",
        f"""
        from engine import import_
        from engine.stripe import Subscription

        Subscription("vip", customer="{customer_of(account, owned)}", items=[{{"price": "{old}"}}],
                     collection_method="send_invoice", days_until_due=30)
        import_("stripe_subscription.vip", "{owned}")
        """,
    )
    assert engine("apply", "customers", "--yes").code == 0
    planned = engine(*PLAN)
    assert (
        f"1 declared by a stack, which would put it back: change it there: {owned}" in planned.out
    )
    assert f"change that: {scheduled}" in planned.out
    assert f"1 on the new price already, with one of its items: {both}" in planned.out
    assert planned.out.endswith("Moves: 3 to move, 3 to skip.\n")
    assert sorted(row[1] for row in rows(root)[3:]) == ["has-new-price", "managed", "scheduled"]


def old_price(account: Account, old: str) -> str:
    """The old price, which can be subscribed to again for a while."""
    account.change("stripe_price", old, active=True)
    return old


def customer_of(account: Account, subscription: str) -> str:
    """The customer of a subscription."""
    found: Any = account.provider.read(account.schemas["stripe_subscription"], subscription)
    return str(found["customer"])


@pytest.mark.parametrize(
    ("words", "moved", "left"),
    [
        (["--limit", "2"], 2, {"limit": 1}),
        (["--sample", "1"], 1, {"limit": 2}),
        (["--status", "trialing"], 0, {"status": 3}),
        (["--status", "active, trialing"], 3, {}),
        (["--created-before", "2000-01-01"], 0, {"created": 3}),
        (["--created-before", "2100-01-01T00:00:00+02:00"], 3, {}),
        (["--currency", "EUR"], 0, {"currency": 3}),
        (["--metadata", "tier=gold"], 0, {"metadata": 3}),
    ],
)
def test_whom_to_move_can_be_said(
    engine: Engine, root: Path, old: str, words: list[str], moved: int, left: dict[str, int]
) -> None:
    """What was not asked for is counted; a file without a move is not written."""
    del old
    found = json.loads(engine(*PLAN, *words, "--json").out)
    assert (len(found["moves"]), found["left_out"], found["skipped"]) == (moved, left, [])
    assert (root / "move.plan").exists() is bool(moved)


def test_the_same_ones_are_chosen_again(engine: Engine, root: Path, account: Account) -> None:
    """A file is the same bytes, whatever the order of the list; ids can be left out."""
    assert engine(*PLAN, "--sample", "2").code == 0
    first = (root / "move.plan").read_bytes()
    assert engine(*PLAN, "--sample", "2").code == 0
    assert (root / "move.plan").read_bytes() == first
    out = rows(root)[0][0]
    account.change("stripe_subscription", out, metadata={"tier": "gold"})
    excluded = json.loads(engine(*PLAN, "--exclude", out, "--json").out)
    assert (excluded["left_out"], len(excluded["moves"])) == ({"excluded": 1}, 2)
    gold = engine(*PLAN, "--metadata", "tier=gold")
    assert gold.out.endswith("Moves: 1 to move, 0 to skip.\n")
    assert b"gold" not in (root / "move.plan").read_bytes()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["subscribers", "monthly", "--proration", "none"], "no price to move them to is named"),
        (["subscribers", "monthly", "--to", "monthly"], "--proration is missing"),
        (["subscribers", "monthly", "--to", "monthly", "--proration", "none"], "add -o move.plan"),
        ([*PLAN, "--at", "period-end"], "would put every subscription into a schedule"),
        ([*PLAN, "--status", "canceled"], "no subscription in it can be moved"),
        ([*PLAN, "--created-before", "soon"], "is no date"),
        ([*PLAN, "--metadata", "tier"], "KEY=VALUE"),
        (["apply", "--confirm-moves", "3"], "and none is named"),
        (["apply", "move.plan", "--target", ADDRESS], "--target and a plan file"),
    ],
)
def test_what_has_to_be_said_otherwise(
    engine: Engine, old: str, words: list[str], says: str
) -> None:
    """Each with the way on, and before anything is sent."""
    del old
    if words[0] == "apply":
        assert engine(*PLAN).code == 0
    ended = engine(*words)
    assert (ended.code, says in ended.err) == (1, True), ended.err


def test_prices_that_nobody_can_move_to(engine: Engine, account: Account, old: str) -> None:
    """An archived one, the same one, one that is not there."""
    archived = engine("subscribers", "monthly", "--to", old, *PLAN[4:])
    assert (archived.code, f"{old} is archived" in archived.err) == (1, True)
    new = price_id(engine)
    same = engine("subscribers", new, "--to", new, *PLAN[4:])
    assert (same.code, "are one price" in same.err) == (1, True)
    assert engine("subscribers", "monthly", "--to", "price_1nosuch", *PLAN[4:]).code == 1
    product = account.make("stripe_product", name="Year")["id"]
    year = account.make(
        "stripe_price",
        product=product,
        currency="usd",
        unit_amount=30000,
        recurring={"interval": "year"},
    )["id"]
    to_year = ("subscribers", old, "--to", year, "-o", "move.plan", "--proration")
    refused = engine(*to_year, "none")
    assert refused.out.endswith("Moves: 0 to move, 3 to skip.\n")
    assert "3 for which a new billing period would begin at once" in refused.out
    twice = engine(*to_year, "none", "--allow-interval-change")
    assert (twice.code, "customers would pay twice" in twice.err) == (1, True)
    allowed = engine(*to_year, "always_invoice", "--allow-interval-change")
    assert "A new billing period begins at once" in allowed.out
    assert "The new price is of another product" in allowed.out
    assert "$174.00 a month -> $1,800.00 a year" in allowed.out
    assert "in all $174.00 -> $150.00 a month (-$24.00)" in allowed.out
    assert engine("apply", "move.plan").code == 0


def test_a_file_that_was_edited_or_archived_under_is_refused(
    engine: Engine, root: Path, account: Account, old: str
) -> None:
    """Nothing is sent."""
    del old
    assert engine(*PLAN).code == 0
    good = (root / "move.plan").read_text(encoding="utf-8")
    (root / "move.plan").write_text(good.replace(',"active"', ',"trialing"'), encoding="utf-8")
    edited = engine("apply", "move.plan")
    assert (edited.code, "its digest does not match" in edited.err) == (1, True)
    assert engine("show", "move.plan").code == 1
    (root / "move.plan").write_text(good, encoding="utf-8")
    account.change("stripe_price", price_id(engine), active=False)
    archived = engine("apply", "move.plan")
    assert (archived.code, "was archived since the moves were planned" in archived.err) == (4, True)
    (root / "move.undo.plan").write_text(good, encoding="utf-8")
    taken = engine("apply", "move.plan")
    assert (taken.code, "does not undo these moves" in taken.err) == (1, True)


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Subscriptions whose moves Stripe refuses, such as for a payment that fails."""
    refused: set[str] = set()
    move = Rechecking.update

    def update(provider: Any, kind: Any, id: str, params: Any, context: Any) -> Any:
        if id in refused:
            raise ProviderError("Your card was declined.", status=402, code="card_declined")
        return move(provider, kind, id, params, context)

    monkeypatch.setattr(Rechecking, "update", update)
    return refused


def journals(root: Path) -> list[str]:
    """The records that are kept with the states."""
    return sorted(path.stem for path in (root / "state").rglob("*.journal"))


def test_a_part_that_failed_is_done_on_another_machine(
    engine: Engine, root: Path, old: str, failing: set[str]
) -> None:
    """It has the states and the plan, and not what the first one wrote for the way back."""
    del old
    assert engine(*PLAN).code == 0
    first, *others = (row[0] for row in rows(root))
    failing.add(first)
    part = engine("apply", "move.plan")
    assert (part.code, ": 2 moved, 1 failed." in part.out) == (1, True)
    assert f"{first}: Your card was declined." in part.err
    assert [row[0] for row in rows(root, "move.undo.plan")] == others
    [kept] = journals(root)
    assert kept in part.out
    [record] = (root / "state").rglob("*.journal")
    assert record.stat().st_size < 4096  # the room for more is given back
    whole = record.read_bytes()
    record.write_bytes(whole.replace(b'"done"', b'"d0ne"', 1))
    damaged = engine("apply", "move.plan")
    assert (damaged.code, f"{record.name} is damaged" in damaged.err) == (1, True)
    assert "remove it and apply the same file again" in damaged.err
    assert engine("doctor", "--offline").code == 0
    record.write_bytes(whole)
    assert kept in engine("doctor", "--offline").out
    (root / "move.undo.plan").unlink()
    failing.clear()
    rest = engine("apply", "move.plan")
    assert (rest.code, ": 3 moved (2 of them by an earlier run)." in rest.out) == (0, True)
    assert [row[0] for row in rows(root, "move.undo.plan")] == [first, *others]
    assert journals(root) == []


def test_a_part_that_failed_is_brought_back(
    engine: Engine, root: Path, old: str, failing: set[str]
) -> None:
    """Then the record of it has ended too, so that nothing is left behind."""
    del old
    assert engine(*PLAN).code == 0
    failing.add(rows(root)[0][0])
    assert engine("apply", "move.plan").code == 1
    failing.clear()
    assert engine("apply", "move.undo.plan").code == 0
    assert journals(root) == []


def test_the_way_back_that_cannot_be_written_is_written_later(
    engine: Engine, root: Path, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was moved is recorded with the states until it is; lost after that, a note says so."""
    new = price_id(engine)
    assert engine(*PLAN).code == 0

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("engine.backends.result_files.write_durably", full)
        ended = engine("apply", "move.plan")
    assert ended.code == 1
    assert "3 of the moves of move.plan are carried out" in ended.err
    assert "No space left on device" in ended.err
    assert "run the same command again" in ended.err
    assert {price for price, _ in on(account, root)} == {new}
    again = engine("apply", "move.plan")
    assert (again.code, "(3 of them by an earlier run)" in again.out) == (0, True)
    assert len(rows(root, "move.undo.plan")) == 3
    (root / "move.undo.plan").unlink()
    lost = engine("apply", "move.plan")
    assert (lost.code, ": 0 moved, 3 on the new price already." in lost.out) == (0, True)
    assert "they are in the move.undo.plan that it wrote" in lost.err
    assert not (root / "move.undo.plan").exists()


def test_it_is_bound_to_its_environment(engine: Engine, root: Path, old: str) -> None:
    """Another environment, and another account under the same name, are refused."""
    del old
    assert engine(*PLAN).code == 0
    (root / "pyproject.toml").write_text("[tool.engine.environments.other]\nemulator = true\n")
    other = engine("apply", "-e", "other", "move.plan")
    assert (other.code, "are of environment 'local'" in other.err) == (4, True)
    (root / ".engine" / "emulator" / "local.db").unlink()
    fresh = engine("apply", "move.plan")
    assert (fresh.code, "on this account" in fresh.err) == (1, True), fresh.err


def test_what_is_not_moved_stays(engine: Engine, account: Account) -> None:
    """The tax rates and discounts of an item, its further items, and another currency."""
    rate = account.make("stripe_tax_rate", display_name="VAT", percentage=19, inclusive=False)["id"]
    ten = account.make("stripe_coupon", percent_off=10, duration="forever")["id"]
    product = account.make("stripe_product", name="Wide")["id"]
    month, euros = {"interval": "month"}, {"eur": {"unit_amount": 900}}
    wide = {"currency": "usd", "product": product, "recurring": month, "currency_options": euros}
    first = account.make("stripe_price", unit_amount=1000, **wide)["id"]
    second = account.make("stripe_price", unit_amount=1200, **wide)["id"]
    item = {
        "price": first,
        "quantity": 4,
        "tax_rates": [rate],
        "discounts": [{"coupon": ten}],
        "metadata": {"seat": "x"},
    }
    [id] = account.subscribe(item, price_id(engine), currency="usd")
    [abroad] = account.subscribe(first, currency="eur")
    planned = engine("subscribers", first, "--to", second, *PLAN[4:])
    assert planned.out.endswith("Moves: 2 to move, 0 to skip.\n")
    assert "1 subscription in eur, quantity 1: €9.00 a month -> €9.00 a month" in planned.out
    assert engine("apply", "move.plan").code == 0
    found: Any = account.provider.read(account.schemas["stripe_subscription"], id)
    moved = next(one for one in found["items"]["data"] if one["price"]["id"] == second)
    assert (moved["quantity"], moved["metadata"]) == (4, {"seat": "x"})
    assert [one["id"] for one in moved["tax_rates"]] == [rate]
    assert len(moved["discounts"]) == 1
    assert len(found["items"]["data"]) == 2
    assert account.items(abroad) == [(second, 1)]


def test_metered_usage_moves_without_a_quantity(engine: Engine, account: Account) -> None:
    """To another metered price, and to no other."""
    meter = account.make(
        "stripe_billing_meter",
        display_name="Calls",
        event_name="calls",
        default_aggregation={"formula": "sum"},
    )["id"]
    product = account.make("stripe_product", name="Calls")["id"]
    by_use = {"interval": "month", "usage_type": "metered", "meter": meter}
    given = {"currency": "usd", "product": product, "recurring": by_use}
    first, second = (
        account.make("stripe_price", unit_amount=amount, **given)["id"] for amount in (1, 2)
    )
    [id] = account.subscribe(first)
    lost = engine("subscribers", first, "--to", second, *PLAN[4:])
    assert "1 by usage, of which that since the period began would not be billed" in lost.out
    prorated = ("--proration", "create_prorations", "-o", "move.plan")
    planned = engine("subscribers", first, "--to", second, *prorated)
    assert "USD by usage, every month" in planned.out
    assert "not known from the price -> not known from the price" in planned.out
    assert engine("apply", "move.plan").code == 0
    assert account.items(id)[0][0] == second
    fixed = engine("subscribers", second, "--to", "monthly", *PLAN[4:])
    assert "1 where one price is metered and the other is not" in fixed.out


def test_a_price_that_costs_something_else_by_now_is_refused(
    engine: Engine, account: Account, root: Path
) -> None:
    """D: the amount in another currency can be changed, and what was reviewed is then not true."""
    product = account.make("stripe_product", name="Wide")["id"]
    wide = {"currency": "usd", "product": product, "recurring": {"interval": "month"}}
    euros = {"eur": {"unit_amount": 900}}
    first, second = (
        account.make("stripe_price", unit_amount=1000, currency_options=euros, **wide)["id"]
        for _ in range(2)
    )
    [id] = account.subscribe(first, currency="eur")
    assert engine("subscribers", first, "--to", second, *PLAN[4:]).code == 0
    account.change("stripe_price", second, currency_options={"eur": {"unit_amount": 90000}})
    refused = engine("apply", "move.plan")
    assert (refused.code, f"what {second} costs was changed" in refused.err) == (4, True)
    assert account.items(id) == [(first, 1)]
    assert not (root / "move.undo.plan").exists()


def test_who_cancels_meanwhile_is_left_alone(
    engine: Engine, root: Path, account: Account, old: str
) -> None:
    """Who had done so before is moved, and counted; both can be brought back as they are then."""
    new = price_id(engine)
    found: Any = json.loads(engine("subscribers", "monthly", "--json").out)
    assert found["prices"][1]["subscriptions"] == 3
    assert engine(*PLAN).code == 0
    first, second, third = (row[0] for row in rows(root))
    account.change("stripe_subscription", first, cancel_at_period_end=True)
    planned = engine(*PLAN)
    assert "of them 1 to be canceled, at the end of the period or at a date" in planned.out
    account.change("stripe_subscription", second, cancel_at_period_end=True)
    applied = engine("apply", "move.plan")
    assert f"  {second}: to be canceled no -> yes" in applied.out
    assert [account.items(one)[0][0] for one in (first, second, third)] == [new, old, new]
    account.change("stripe_subscription", third, cancel_at_period_end=True)
    assert ": 2 moved.\n" in engine("apply", "move.undo.plan").out


def test_a_held_lock_keeps_it_away(engine: Engine, root: Path, old: str) -> None:
    """Also one of the stack whose price it is."""
    del old
    assert engine(*PLAN).code == 0
    assert engine("lock", "local/shop", "--reason", "a sale").code == 0
    held = engine("apply", "move.plan")
    assert (held.code, "a sale" in held.err) == (3, True)
    assert not (root / "move.undo.plan").exists()


def test_each_format_shows_it(engine: Engine, old: str) -> None:
    """A comment, a page and a document; what was done as well."""
    del old
    assert "**Moves" in engine(*PLAN, "--format", "markdown").out
    assert "<!doctype html>" in engine("show", "move.plan", "--format", "html").out
    document = json.loads(engine("show", "move.plan", "--json").out)
    assert [one["before"] for one in document["money"]] == ["17400"]
    assert "3 moved" in engine("apply", "move.plan", "--format", "markdown").out
    assert "3 moved" in engine("apply", "move.plan", "--format", "html").out
    assert "Subscribers" in engine("subscribers", "monthly", "--format", "html").out
    assert "```text" in engine("subscribers", "monthly", "--format", "markdown").out


LIVE = """
[tool.engine.environments.live]
api-key = "env:SHOP_LIVE_KEY"
live = true
"""


@pytest.fixture
def live(
    root: Path, engine: Engine, write: Write, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """A live account: two subscribers on a price that was replaced, and a plan of their moves."""
    (root / "pyproject.toml").write_text(LIVE, encoding="utf-8")
    with Emulator(seed=3) as emulator, EmulatorServer(emulator) as server:
        monkeypatch.setenv("STRIPE_API_BASE", server.url)
        monkeypatch.setenv("SHOP_LIVE_KEY", "sk_live_shop")
        write("shop", SHOP.format(amount=2900))
        assert engine("apply", "-e", "live", "--yes").code == 0
        found = json.loads(engine("state", "show", "-e", "live", ADDRESS, "--json").out)
        Account(root, "live").subscribe(found["id"], number=2)
        write("shop", SHOP.format(amount=3400))
        named = ("--confirm-removal", ADDRESS)
        assert engine("apply", "-e", "live", "--yes", *named).code == 0
        assert engine(*PLAN, "-e", "live").code == 0
        yield


def test_on_a_live_account_the_number_is_typed(live: None, engine: Engine) -> None:
    """Off a terminal it is refused with the option to add; another number is refused too."""
    del live
    refused = engine("apply", "-e", "live", "move.plan")
    assert (refused.code, "add --confirm-moves 2" in refused.err) == (4, True)
    other = engine("apply", "-e", "live", "move.plan", "--confirm-moves", "3")
    assert (other.code, "move.plan has 2" in other.err) == (4, True)
    done = engine("apply", "-e", "live", "move.plan", "--confirm-moves", "2")
    assert (done.code, ": 2 moved." in done.out) == (0, True)
    assert done.err.endswith(": engine apply -e live move.undo.plan\n")


@pytest.mark.parametrize(("typed", "code"), [(b"2\n", 0), (b"yes\n", 1)])
def test_at_a_terminal_it_is_asked_for(
    live: None, terminal: Terminal, typed: bytes, code: int
) -> None:
    """Nothing but the number is a yes."""
    del live
    ended, screen = terminal(["apply", "-e", "live", "move.plan"], typed, questions=[b"to go on: "])
    assert ended == code, screen
    assert "This moves 2 subscriptions in " in screen
    assert ". Type 2 to go on: " in screen
    assert ("Apply cancelled. Nothing was changed." in screen) is bool(code)
