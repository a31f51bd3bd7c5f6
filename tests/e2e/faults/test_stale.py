"""A state that is older than the account, or lost: nothing that is there is made a second time.

The pass rule: every run is refused before its first write, says what it found and both ways on, and
each of the ways ends with every object exactly once.
"""

from __future__ import annotations

import dataclasses
import shutil
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.address import parse_address
from engine.emulator.testing import faults
from engine.errors import GuardError
from engine.operations.apply import apply_stacks
from engine.operations.plan import plan_stacks
from engine.operations.rebuild.rebuild import RebuildOptions, rebuild_states
from engine.operations.saved_plan.saved_plan import apply_saved, plan_to_save
from engine.operations.state_edit.forget import forget_resources
from engine.plan.inputs.options import PlanOptions
from engine.plan.refusal import PlanRule
from tests.support.faults.shop import Shop, Trying

FIRST = """
    from engine.stripe import Price, Product

    pro = Product("pro", name="Pro")
    Price("pro", product=pro.id, currency="usd", unit_amount=1000)
"""
MORE = f"""{FIRST}
    Product("plus", name="Plus")
    Price("plus", product=pro.id, currency="usd", unit_amount=2000)
"""
CHANGED = FIRST.replace("1000", "1500")


def _state(folder: Path) -> Path:
    return folder / "state" / "default" / "shop.json"


def _alive(shop: Shop) -> int:
    prices = [price for price in shop.listed("/v1/prices") if price["active"]]
    return len(shop.listed("/v1/products")) + len(prices)


def _refused(shop: Shop, folder: Path, *, refresh: bool = True) -> str:
    """Apply, expect a refusal, and that nothing was written."""
    context = shop.context(folder)
    before, stored = _alive(shop), _state(folder).exists() and _state(folder).read_bytes()
    with pytest.raises(GuardError) as raised:
        apply_stacks(context, (), PlanOptions(refresh=refresh), lambda _: True)
    assert raised.value.exit_code == 4
    assert (_alive(shop), _state(folder).exists() and _state(folder).read_bytes()) == (
        before,
        stored,
    )
    text = str(raised.value)
    assert "git pull" in text
    assert "engine state rebuild shop" in text
    return text


def _older(shop: Shop, folder: Path) -> bytes:
    """Take the state back to where it was before objects were made; returns the newer one."""
    shop.apply(folder)
    older = _state(folder).read_bytes()
    shop.write(folder, MORE)
    shop.apply(folder)
    newer = _state(folder).read_bytes()
    _state(folder).write_bytes(older)
    return newer


@pytest.mark.parametrize("refresh", [True, False])
def test_an_older_state_makes_nothing_twice(shop: Shop, trying: Trying, *, refresh: bool) -> None:
    """A checkout that nobody pulled: the newer state is the way on."""
    with trying("state is an older one"):
        folder = shop.fresh(FIRST)
        newer = _older(shop, folder)
        text = _refused(shop, folder, refresh=refresh)
        assert "stripe_product.plus" in text
        assert "stripe_price.plus" in text
        assert "rebuild shop --force" in text
        _state(folder).write_bytes(newer)
        assert not shop.plan(folder).has_changes
        assert _alive(shop) == 4


def test_an_older_state_can_be_made_again_from_the_account(shop: Shop, trying: Trying) -> None:
    """Where the newer one is lost."""
    with trying("state is an older one, and rebuilt"):
        folder = shop.fresh(FIRST)
        _older(shop, folder)
        _refused(shop, folder)
        rebuild_states(shop.context(folder), ("shop",), RebuildOptions(force=True))
        assert not shop.plan(folder).has_changes
        assert _alive(shop) == 4


def test_a_lost_state_makes_nothing_twice(shop: Shop, trying: Trying) -> None:
    """A new one has another lineage, and the objects say whose they are."""
    with trying("state is lost"):
        folder = shop.fresh(MORE)
        shop.apply(folder)
        lineage = shop.state(folder).lineage
        shutil.rmtree(folder / "state")
        text = _refused(shop, folder)
        assert f"of another state, lineage {lineage}" in text
        assert "and 1 more" in text
        assert "--force" not in text
        rebuild_states(shop.context(folder), (), RebuildOptions())
        assert not shop.plan(folder).has_changes
        assert _alive(shop) == 4


def test_a_lost_state_is_named_before_the_keys_that_its_objects_have(shop: Shop) -> None:
    """It is why they are taken, and its way on is the right one."""
    folder = shop.fresh(FIRST.replace("unit_amount", 'lookup_key="pro", unit_amount'))
    shop.apply(folder)
    shutil.rmtree(folder / "state")
    rules = [refusal.reference for refusal in shop.plan(folder).refusals]
    assert rules == [PlanRule.STATE_OLDER_THAN_ACCOUNT, PlanRule.KEY_TAKEN]


def test_a_replacement_by_an_older_state_makes_nothing_twice(shop: Shop, trying: Trying) -> None:
    """What the state knows was replaced already, by what it does not know."""
    with trying("state is an older one, and replaces"):
        folder = shop.fresh(FIRST)
        shop.apply(folder)
        older = _state(folder).read_bytes()
        shop.write(folder, CHANGED)
        shop.apply(folder)
        _state(folder).write_bytes(older)
        shop.write(folder, CHANGED.replace("1500", "1700"))
        assert "stripe_price.pro" in _refused(shop, folder)
        assert _alive(shop) == 2


def test_what_is_listed_under_another_object_is_looked_for_there(
    shop: Shop, trying: Trying
) -> None:
    """Where that is there already; a new one has nothing yet."""
    with trying("state is an older one, of children"):
        first = """
            from engine.stripe import Account, Person

            account = Account("shop", type="custom", country="US")
        """
        folder = shop.fresh(first)
        shop.apply(folder)
        older = _state(folder).read_bytes()
        more = f'{first}    Person("ann", account=account.id, first_name="Ann")\n'
        shop.write(folder, more)
        shop.apply(folder)
        made = len(shop.emulator.log)
        _state(folder).write_bytes(older)
        assert "stripe_person.ann" in _refused(shop, folder)
        assert not [entry for entry in list(shop.emulator.log)[made:] if entry.method == "POST"]


def test_a_list_that_stripe_refuses_shows_nothing(shop: Shop) -> None:
    """What the account may not do at all is told by the create."""
    folder = shop.fresh(FIRST)
    shop.emulator.faults.add(
        faults.error("Not set up.", status=400), method="GET", path="/v1/products"
    )
    assert shop.plan(folder).refusals == ()


def test_a_saved_plan_looks_again(shop: Shop, trying: Trying) -> None:
    """Between a plan and its apply somebody else may have applied, with another state file."""
    with trying("state is older by the time a saved plan is applied"):
        folder = shop.fresh(FIRST)
        shop.apply(folder)
        older = _state(folder).read_bytes()
        shop.write(folder, MORE)
        _, saved = plan_to_save(shop.context(folder), (), PlanOptions())
        shop.apply(folder)
        _state(folder).write_bytes(older)
        with pytest.raises(GuardError, match="a second time"):
            apply_saved(shop.context(folder), saved, lambda _: True)
        assert _alive(shop) == 4


# ── what is no sign of it ────────────────────────────────────────────────────────────────────


def _replaced_again(shop: Shop, folder: Path) -> None:
    for amount in ("1500", "1700"):
        shop.write(folder, FIRST.replace("1000", amount))
        shop.apply(folder)


def _made_anew(shop: Shop, folder: Path) -> None:
    """Everything goes, the state too; what is archived stays with its stamp."""
    shop.write(folder, "")
    shop.apply(folder, destroy=True)
    shutil.rmtree(folder / "state")
    shop.write(folder, FIRST)
    shop.apply(folder)


def _in_another_stack(shop: Shop, folder: Path) -> None:
    stack = folder / "stacks"
    (stack / "other.py").write_text((stack / "shop.py").read_text(), encoding="utf-8")
    shop.apply(folder)


def _in_another_environment(shop: Shop, folder: Path) -> None:
    own = folder / "state" / "default"
    own.rename(folder / "state" / "staging")
    shop.apply(folder)


def _moved_on(shop: Shop, folder: Path) -> None:
    """A resource gets another name, which its stamp does not say, and the old one is used anew."""
    text = FIRST.replace('Product("pro"', 'Product("max"')
    shop.write(
        folder,
        'from engine import moved\nmoved("stripe_product.pro", "stripe_product.max")\n'
        + textwrap.dedent(text),
    )
    shop.apply(folder)
    shop.write(folder, f'{text}    Product("pro", name="New")\n')
    shop.apply(folder)


@pytest.mark.parametrize(
    "then", [_replaced_again, _made_anew, _in_another_stack, _in_another_environment, _moved_on]
)
def test_what_is_meant_is_not_refused(shop: Shop, then: Callable[[Shop, Path], None]) -> None:
    """Archived objects, those of the project's other states, and those under an earlier name."""
    folder = shop.fresh(FIRST)
    shop.apply(folder)
    then(shop, folder)
    reports = plan_stacks(shop.context(folder), (), PlanOptions())
    assert not reports.has_changes


def test_what_the_state_let_go_of_is_not_made_again(shop: Shop) -> None:
    """Somebody forgot it and declares it again: an import takes it back."""
    folder = shop.fresh(FIRST)
    shop.apply(folder)
    forget_resources(shop.context(folder), "shop", (parse_address("stripe_price.pro"),))
    _refused(shop, folder)


def test_without_stamps_nobody_looks(shop: Shop) -> None:
    """Who has switched them off is asked for no page."""
    folder = shop.fresh(FIRST)
    (folder / "pyproject.toml").write_text("[tool.engine]\nownership-stamp = false\n")
    shop.emulator.log.clear()
    plan = shop.plan(folder)
    assert plan.refusals == ()
    assert [entry.path for entry in shop.emulator.log] == ["/v1/account"]
    stamped = shop.context(folder)
    stamped = dataclasses.replace(
        stamped, settings=dataclasses.replace(stamped.settings, ownership_stamp=True)
    )
    shop.emulator.log.clear()
    plan_stacks(stamped, (), PlanOptions())
    assert sorted(entry.path for entry in shop.emulator.log) == [
        "/v1/account", "/v1/prices", "/v1/products"
    ]  # fmt: skip
