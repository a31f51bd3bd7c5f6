"""States of several stacks that are lost: what moved between stacks is found again, and kept."""

from __future__ import annotations

import dataclasses
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from engine.emulator.core import Emulator
from engine.errors import GuardError, UsageError
from engine.operations.rebuild.rebuild import RebuildOptions, rebuild_states
from engine.ports.reports import LeftAlone, MatchedBy, Rebuilt
from engine.schema.remote import STAMP_KEY
from engine.state.model import State
from tests.support.build import as_rebuilt
from tests.support.project import Project

SHOP = """
    from engine.stripe import Coupon, Price, Product

    pro = Product("pro", name="Pro")
    Price("month", product=pro, currency="usd", unit_amount=1000)
"""
MOVING = """
    Coupon("c10", id="C10", percent_off=10, duration="once")
    Coupon("c5", percent_off=5, duration="once")
"""
OTHER = """
    from engine.stripe import Coupon, Product

    Product("own", name="Own")
"""
C10, C5 = "stripe_coupon.c10", "stripe_coupon.c5"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Project]:
    """Two stacks; the coupons of `shop` moved to `other`, and carry the stamp of `shop`."""
    with Emulator(seed=11) as emulator:
        project = Project(tmp_path / "project", emulator)
        project.write(SHOP + MOVING)
        project.write(OTHER, "other")
        project.apply()
        project.write(SHOP)
        project.write(OTHER + MOVING, "other")
        move(project, C10, C10)
        move(project, C5, C5)
        emulator.log.clear()
        assert not project.report().has_changes
        yield project


def move(project: Project, old: str, new: str) -> None:
    """Move a resource from the state of `shop` to that of `other`; nothing is stamped."""
    backend = project.context().backend
    giver, receiver = project.state(), project.state("other")
    entry = giver.resources[old]
    left = {name: one for name, one in giver.resources.items() if name != old}
    for state, before in (
        (receiver.with_resource(new, entry), receiver),
        (dataclasses.replace(giver, resources=left), giver),
    ):
        backend.write(dataclasses.replace(state, serial=before.serial + 1), expected=before)


def lose(project: Project, *names: str) -> dict[str, State]:
    """Delete states, and return what they were."""
    states = {name: project.state(name) for name in names}
    for name in names:
        (project.root / "state" / "local" / f"{name}.json").unlink()
    return states


def rebuild(project: Project, *runs: Sequence[str]) -> dict[str, Rebuilt]:
    """Rebuild states, in one or several runs; nothing may be sent."""
    project.writes()
    found = [
        one for names in runs for one in rebuild_states(project.context(), names, RebuildOptions())
    ]
    assert project.writes() == []
    return {one.state.stack: one for one in found}


def settled(project: Project, before: dict[str, State]) -> None:
    """Every state has the objects it had, and nothing is left to do."""
    for name, state in before.items():
        now = project.state(name).resources
        assert {address: entry.id for address, entry in now.items()} == {
            address: entry.id for address, entry in state.resources.items()
        }
    assert not project.report().has_changes
    project.apply()
    assert project.writes() == []


RUNS = {
    "shop": [("shop",)],
    "other": [("other",)],
    "shop, then other": [("shop",), ("other",)],
    "other, then shop": [("other",), ("shop",)],
    "both": [("shop", "other")],
    "all": [()],
}


@pytest.mark.parametrize("runs", RUNS.values(), ids=RUNS)
def test_what_moved_stays_where_it_is(shop: Project, runs: Sequence[Sequence[str]]) -> None:
    """Whichever state is lost, and in whatever order they are rebuilt."""
    names = sorted({name for names in runs for name in names} or {"shop", "other"})
    before = lose(shop, *names)
    rebuilt = rebuild(shop, *runs)
    for one in rebuilt.values():
        assert (one.missing, one.undeclared) == ((), ())
    if "other" in rebuilt:
        assert rebuilt["other"].traces[C5] is MatchedBy.FORMER_STAMP
    settled(shop, before)


@pytest.mark.parametrize("runs", RUNS.values(), ids=RUNS)
def test_what_moved_under_another_name(shop: Project, runs: Sequence[Sequence[str]]) -> None:
    """One is found by its key; of the other no state records which it is: it is left alone."""
    shop.write(OTHER + MOVING.replace('"c10"', '"ten"').replace('"c5"', '"five"'), "other")
    backend, other = shop.context().backend, shop.state("other")
    renamed = other.with_move(C10, "stripe_coupon.ten").with_move(C5, "stripe_coupon.five")
    backend.write(dataclasses.replace(renamed, serial=other.serial + 1), expected=other)
    assert not shop.report().has_changes
    names = sorted({name for names in runs for name in names} or {"shop", "other"})
    before = lose(shop, *names)
    rebuilt = rebuild(shop, *runs)
    assert all(one.undeclared == () for one in rebuilt.values())
    if "other" in rebuilt:
        assert rebuilt["other"].traces["stripe_coupon.ten"] is MatchedBy.KEY
    settled(shop, before)


@pytest.mark.parametrize("runs", RUNS.values(), ids=RUNS)
def test_what_the_code_says_moved(tmp_path: Path, runs: Sequence[Sequence[str]]) -> None:
    """`moved("shop:...")` is believed before the move was applied anywhere, and after it."""
    with Emulator(seed=11) as emulator:
        project = Project(tmp_path / "project", emulator)
        project.write(SHOP + MOVING)
        project.write(OTHER, "other")
        project.apply()
        project.write(SHOP)
        moves = """
    from engine import moved
    moved("shop:stripe_coupon.c10", "stripe_coupon.ten")
    moved("shop:stripe_coupon.c5", "stripe_coupon.five")
"""
        renamed = MOVING.replace('"c10"', '"ten"').replace('"c5"', '"five"')
        project.write(OTHER + renamed + moves, "other")
        project.apply()
        names = sorted({name for names in runs for name in names} or {"shop", "other"})
        before = lose(project, *names)
        rebuilt = rebuild(project, *runs)
        assert all(one.undeclared == () for one in rebuilt.values())
        if "other" in rebuilt:
            assert rebuilt["other"].traces["stripe_coupon.five"] is MatchedBy.FORMER_STAMP
        settled(project, before)


def test_a_stack_that_was_split_up(tmp_path: Path) -> None:
    """It has no module any more; all objects carry its stamp, and every state is lost."""
    with Emulator(seed=11) as emulator:
        project = Project(tmp_path / "project", emulator)
        project.write(SHOP + MOVING)
        project.apply()
        ids = {address: entry.id for address, entry in project.state().resources.items()}
        lose(project, "shop")
        (project.root / "stacks" / "shop.py").unlink()
        project.write(SHOP, "catalogue")
        project.write(
            "from engine.stripe import Coupon\n" + MOVING.replace("    ", ""), "discounts"
        )
        rebuilt = rebuild(project, ("discounts",), ("catalogue",))
        assert {
            address: entry.id
            for one in rebuilt.values()
            for address, entry in one.state.resources.items()
        } == ids
        assert not any(one.undeclared or one.missing for one in rebuilt.values())
        assert not project.report().has_changes
        lose(project, "catalogue", "discounts")
        assert {name: len(one.traces) for name, one in rebuild(project, ()).items()} == {
            "catalogue": 2,
            "discounts": 2,
        }
        assert not project.report().has_changes


# ── what another stack records, or may have ──────────────────────────────────────────────────


def test_what_another_state_records_is_not_taken(shop: Project) -> None:
    """By stamp, by key, or by the id in the old file; the owner is named."""
    shop.write(SHOP + MOVING)  # declared in both: the objects are still those of `other`
    before = lose(shop, "shop")["shop"]
    rebuilt = rebuild(shop, ("shop",))["shop"]
    assert rebuilt.missing == (C10, C5)
    assert rebuilt.taken[C10] == f"C10, which is other:{C10}"
    assert rebuilt.state.resources == as_rebuilt(before).resources
    shop.call("post", "/v1/coupons/C10", metadata={STAMP_KEY: ""})
    lose(shop, "shop")
    assert C10 in rebuild(shop, ("shop",))["shop"].missing


def test_what_a_damaged_state_names_is_not_taken(shop: Project) -> None:
    """It cannot be read, and still says which objects are its."""
    shop.write(SHOP + MOVING)
    path = shop.root / "state" / "local" / "other.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"Own"', '"Owm"'), encoding="utf-8")
    lose(shop, "shop")
    assert rebuild(shop, ("shop",))["shop"].missing == (C10, C5)


@pytest.mark.parametrize(
    ("declared", "may_be"),
    [
        pytest.param('Coupon("c5", percent_off=7, duration="once")', C5, id="its address"),
        pytest.param('Coupon("x", id="C10", percent_off=7, duration="once")', C10, id="its key"),
        pytest.param('Coupon("x", percent_off=5, duration="once")', C5, id="its fields"),
        pytest.param(
            'Coupon("x", id=own.id, percent_off=5, duration="once")', C5, id="fields that are known"
        ),
        pytest.param('import_(Coupon("x", percent_off=7, duration="once"), C5)', C5, id="its id"),
        pytest.param(
            'moved("shop:stripe_coupon.c5", Coupon("x", percent_off=7, duration="once"))',
            C5,
            id="its move",
        ),
        pytest.param('Coupon("x", percent_off=7, duration="once")', "", id="nothing"),
    ],
)
def test_what_may_be_another_stacks_is_left_alone(
    shop: Project, declared: str, may_be: str
) -> None:
    """Until that stack has found its own; what is left then is this stack's to remove."""
    other = shop.state("other")
    c5 = other.resources[C5].id
    text = f"""
    from engine import import_, moved
    from engine.stripe import Coupon, Product

    C5 = "{c5}"
    own = Product("own", name="Own")
    {declared}
    """
    shop.write(text, "other")
    left = {name: one for name, one in other.resources.items() if name not in (C10, C5)}
    changed = dataclasses.replace(other, resources=left, serial=other.serial + 1)
    shop.context().backend.write(changed, expected=other)
    lose(shop, "shop")
    rebuilt = rebuild(shop, ("shop",))["shop"]
    ids = {C10: "C10", C5: c5}
    alone = [address for address in ids if address == may_be]
    assert sorted(rebuilt.left, key=lambda one: one.address) == [
        LeftAlone(address=address, id=ids[address], stack="other") for address in alone
    ]
    assert rebuilt.undeclared == tuple(address for address in ids if address not in alone)


def test_what_was_left_alone_is_found_by_the_next_rebuild(shop: Project) -> None:
    """Once the other state is there, what it did not need is this stack's to remove."""
    lose(shop, "shop", "other")
    shop.write(OTHER + '    Coupon("new", percent_off=7, duration="once")\n', "other")
    rebuilt = rebuild(shop, ("shop",))["shop"]
    assert (rebuilt.undeclared, len(rebuilt.left)) == ((), 2)
    rebuild(shop, ("other",))
    again = rebuild_states(shop.context(), ("shop",), RebuildOptions(force=True))
    assert again[0].undeclared == (C10, C5)
    assert again[0].left == ()


def test_an_address_that_was_used_anew(shop: Project) -> None:
    """What moved away and what took its place carry one stamp: neither is a left-over."""
    shop.write(SHOP + '    Coupon("c5", percent_off=6, duration="once")\n')
    shop.apply()
    before = lose(shop, "shop", "other")
    with pytest.raises(UsageError, match=r"both declare stripe_coupon\.c5") as raised:
        rebuild(shop, ("shop",))
    assert f"--lineage {before['shop'].lineage}" in str(raised.value.hint)
    (rebuilt,) = rebuild_states(
        shop.context(), ("shop",), RebuildOptions(lineage=before["shop"].lineage)
    )
    assert rebuilt.state.resources[C5].superseded == ()
    assert sorted(one.address for one in rebuilt.left) == [C10, C5]
    rebuild(shop, ("other",))
    settled(shop, before)


def test_what_carries_a_stamp_that_nobody_knows_is_named(shop: Project) -> None:
    """All of `shop` is gone, module and state: its stamp may be of another project."""
    lose(shop, "shop", "other")
    (shop.root / "stacks" / "shop.py").unlink()
    shop.write(
        "from engine.stripe import Coupon\n" + MOVING.replace("    ", "").replace("c5", "five"),
        "other",
    )
    shop.call("delete", "/v1/coupons/C10")
    c5 = shop.objects("/v1/coupons")[0]["id"]
    with pytest.raises(UsageError, match="nothing on the account belongs") as raised:
        rebuild(shop, ("other",))
    assert f"stripe_coupon.five was not taken, though it fits: {c5}, with a stamp of" in str(
        raised.value.cause
    )
    assert "engine import ADDR ID" in str(raised.value.hint)


def test_a_stack_with_nothing_but_what_may_be_another_stacks(shop: Project) -> None:
    """The error says which stack comes first."""
    lose(shop, "shop", "other")
    shop.write("from engine.stripe import Coupon\n")
    for path in ("/v1/prices", "/v1/products"):
        for one in shop.objects(path):
            shop.call("post", f"{path}/{one['id']}", metadata={STAMP_KEY: ""})
    lineage = shop.call("get", "/v1/coupons/C10")["metadata"][STAMP_KEY].partition(":")[0]
    with pytest.raises(UsageError, match="nothing on the account belongs") as raised:
        rebuild_states(shop.context(), ("shop",), RebuildOptions(lineage=lineage))
    assert "stripe_coupon.c10 [C10] has its stamp, and may be of stack other: rebuild" in str(
        raised.value.cause
    )


def test_two_that_are_alike_are_told_apart_by_nobody(shop: Project) -> None:
    """Likeness counts where each has one match alone."""
    twin = '    Coupon("five", percent_off=5, duration="once")\n'
    shop.write(OTHER + MOVING.replace('"c5"', '"cinq"') + twin, "other")
    backend, other = shop.context().backend, shop.state("other")
    renamed = other.with_move(C5, "stripe_coupon.cinq")
    backend.write(dataclasses.replace(renamed, serial=other.serial + 1), expected=other)
    lose(shop, "other")
    rebuilt = rebuild(shop, ("other",))["other"]
    assert rebuilt.missing == ("stripe_coupon.cinq", "stripe_coupon.five")


# ── a plan before anything is rebuilt ────────────────────────────────────────────────────────


def refusals(project: Project, *names: str) -> str:
    """Why plans are refused."""
    return "\n".join(project.report(*names).refusals)


@pytest.mark.parametrize("names", [(), ("other",)])
def test_a_lost_state_of_the_receiver_makes_no_twin(shop: Project, names: Sequence[str]) -> None:
    """The stamps are those of another stack; the plan says so, and how to go on."""
    before = lose(shop, "other")
    text = refusals(shop, *names)
    assert f"stripe_coupon.c5 ({before['other'].resources[C5].id})" in text
    assert f"with the stamp of shop:{C10}, which no state records any more" in text
    assert "engine state rebuild other)" in text
    with pytest.raises(GuardError, match="a second time"):
        shop.apply(*names)
    assert shop.writes() == []
    rebuild(shop, ("other",))
    settled(shop, before)


def test_an_older_state_of_the_receiver_makes_no_twin(shop: Project) -> None:
    """It is there, and does not know what moved here: its fields show it, also under a new name."""
    backend, other = shop.context().backend, shop.state("other")
    older = {name: one for name, one in other.resources.items() if name not in (C10, C5)}
    changed = dataclasses.replace(other, resources=older, serial=other.serial + 1)
    backend.write(changed, expected=other)
    shop.write(OTHER + MOVING.replace('"c5"', '"five"'), "other")
    text = refusals(shop)
    assert "stripe_coupon.five (" in text
    assert "engine state rebuild other --force)" in text
    rebuild_states(shop.context(), ("other",), RebuildOptions(force=True))
    assert not shop.report().has_changes


KEPT = """
    from engine import removed
    from engine.stripe import Product

    removed("stripe_coupon.c5", keep=True)
    Product("pro", name="Pro")
"""


def test_what_was_kept_on_purpose_is_in_nobodys_way(tmp_path: Path) -> None:
    """Another stack may use its address for something else, and may take it or leave it."""
    with Emulator(seed=11) as emulator:
        project = Project(tmp_path / "project", emulator)
        project.write(
            "from engine.stripe import Coupon, Product\n"
            'Product("pro", name="Pro")\nCoupon("c5", percent_off=5, duration="once")\n'
        )
        project.write(OTHER, "other")
        project.apply()
        kept = project.id(C5)
        project.write(KEPT)
        project.apply()
        project.write(OTHER + '    Coupon("c5", percent_off=7, duration="once")\n', "other")
        assert not project.report().refusals
        alike = OTHER + '    Coupon("c5", percent_off=5, duration="once")\n'
        project.write(alike, "other")
        text = refusals(project)
        taking = f'import_("{C5}", "{kept}")'
        assert taking in text
        assert "take the key 'engine' out of its metadata" in text
        project.write(f"from engine import import_\n{taking}\n" + textwrap.dedent(alike), "other")
        assert not project.report().refusals
        project.write(alike, "other")
        project.call("post", f"/v1/coupons/{kept}", metadata={STAMP_KEY: ""})
        project.apply()
        assert len(project.objects("/v1/coupons")) == 2
        assert not project.report().has_changes


# ── connected accounts ───────────────────────────────────────────────────────────────────────

CONNECTED = """
    from engine import Lifecycle, output
    from engine.stripe import Account, Coupon, Price, Product

    seller = Account("seller", type="custom", country="US")
    there = Lifecycle(account=seller)
    pro = Product("pro", name="Pro", lifecycle=there)
    Price("month", product=pro, currency="usd", unit_amount=1000, lifecycle=there)
    Coupon("c10", id="C10", percent_off=10, duration="once", lifecycle=there)
    Coupon("own", id="C10", percent_off=20, duration="once")
    output("seller", seller.id)
"""
READING = """
    from engine import Lifecycle, stack_output
    from engine.stripe import Coupon

    there = Lifecycle(account=stack_output("shop", "seller"))
    Coupon("c5", percent_off=5, duration="once", lifecycle=there)
"""


def test_what_is_on_an_account_that_the_stack_declares(tmp_path: Path) -> None:
    """The account is found first, and what is on it then, also for the stack that reads its id."""
    with Emulator(seed=11) as emulator:
        project = Project(tmp_path / "project", emulator)
        project.write(CONNECTED)
        project.write(READING, "other")
        project.apply()
        assert not project.report().has_changes
        for runs in ([("shop",)], [("other",)], [()], [("shop",), ("other",)]):
            names = sorted({name for names in runs for name in names} or {"shop", "other"})
            before = lose(project, *names)
            rebuilt = rebuild(project, *runs)
            assert not any(one.missing or one.undeclared for one in rebuilt.values())
            for name, state in before.items():
                assert project.state(name).resources == as_rebuilt(state).resources
            settled(project, before)
        project.write(READING.replace("c5", "c6").replace("=5", "=6"), "other")
        lose(project, "other")
        gone = project.state().resources["stripe_account.seller"].id
        (rebuilt_state,) = rebuild_states(project.context(), ("shop",), RebuildOptions(force=True))
        assert rebuilt_state.undeclared == ()
        assert gone == project.state().resources["stripe_account.seller"].id


def test_what_a_stack_that_is_gone_gave_is_not_made_twice(tmp_path: Path) -> None:
    """No state has the lineage of its stamp any more; the line of the move says whose it is."""
    with Emulator(seed=11) as emulator:
        project = Project(tmp_path / "project", emulator)
        project.write(SHOP)
        project.apply()
        (project.root / "stacks" / "shop.py").unlink()
        head = "    from engine import moved\n"
        renamed = head + SHOP.lstrip("\n").replace('Product("pro"', 'Product("new"')
        moves = [("product.pro", "product.new"), ("price.month", "price.month")]
        lines = "".join(f'    moved("shop:stripe_{old}", "stripe_{new}")\n' for old, new in moves)
        project.write(renamed + lines, "other")
        project.apply()
        assert project.context().backend.stacks("local") == ("other",)
        (project.root / "state" / "local" / "other.json").unlink()
        with pytest.raises(GuardError, match=r"make a second time .*stripe_product\.new"):
            project.apply()
        rebuild_states(project.context(), ("other",), RebuildOptions())
        assert not project.report().has_changes
        assert len(project.objects("/v1/products")) == len(project.objects("/v1/prices")) == 1
