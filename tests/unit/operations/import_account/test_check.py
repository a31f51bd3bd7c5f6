"""The check of what an import writes: it names each leaf that a plan would change."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from engine.emulator.core import Emulator
from engine.errors import EngineError
from engine.operations.import_account.check import check
from engine.operations.import_account.declare import DeclaredStack, Declarer, Elsewhere
from engine.operations.run.session import Session
from engine.plan.inputs.ownership import ObjectKey
from engine.schema.remote import RemoteObject
from tests.support.project import NOW, Project

PRODUCT: Mapping[str, Any] = {
    "id": "prod_1",
    "object": "product",
    "active": True,
    "name": "Pro",
    "created": NOW,
    "metadata": {},
}
COUPON: Mapping[str, Any] = {
    "id": "SALE",
    "object": "coupon",
    "duration": "once",
    "percent_off": 10,
    "created": NOW,
    "metadata": {},
}
KEY = ObjectKey("stripe_product", "", "prod_1")
COUPON_KEY = ObjectKey("stripe_coupon", "", "SALE")


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """A run in a project without stacks."""
    opened = Session(Project(tmp_path / "project", Emulator(seed=3)).context())
    opened.check_account()
    return opened


def declarer(session: Session, **more: Any) -> Declarer:
    """Declares everything in one stack."""
    return Declarer(
        schemas=session.context.schemas,
        stack_of=lambda _: "new",
        elsewhere=lambda _, __: Elsewhere(),
        now=NOW,
        **more,
    )


def declared(
    session: Session, objects: Mapping[ObjectKey, RemoteObject], **more: Any
) -> DeclaredStack:
    """The one stack for some objects."""
    [stack] = declarer(session, **more).declare(objects)
    return stack


def with_objects(stack: DeclaredStack, **changes: Mapping[str, Any]) -> DeclaredStack:
    """A stack whose objects differ from what was declared of them, by their ids."""
    objects = {
        address: (key, {**entry, **changes.get(key.id, {})})
        for address, (key, entry) in stack.objects.items()
    }
    return dataclasses.replace(stack, objects=objects)


def test_what_agrees_has_a_state_and_nothing_to_say(session: Session) -> None:
    """The state has every resource with its id."""
    found = check(session, [declared(session, {KEY: PRODUCT, COUPON_KEY: COUPON})], plain=False)
    assert (found.differing, found.refused) == ((), ())
    [state] = found.states
    assert {entry.id for entry in state.resources.values()} == {"prod_1", "SALE"}
    assert session.provider.writes == 0


def test_each_leaf_that_a_plan_would_change_is_named(session: Session) -> None:
    """With what the code says and what Stripe has."""
    stack = with_objects(declared(session, {KEY: PRODUCT}), prod_1={"name": "Other"})
    leaves = {leaf.path: leaf for key, leaf in check(session, [stack], plain=False).differing}
    assert {*leaves} == {"name"}
    assert (leaves["name"].code, leaves["name"].actual) == ("Pro", "Other")
    assert (leaves["name"].stack, leaves["name"].address) == ("new", "stripe_product.prod-1")


def test_a_leaf_that_is_left_as_it_is_no_plan_changes(session: Session) -> None:
    """It stands under `ignore_changes`, with a comment that says why."""
    ignored = {KEY: {"name": "a plan would change 'Other'"}}
    stack = declared(session, {KEY: PRODUCT}, ignored=ignored)
    found = check(session, [with_objects(stack, prod_1={"name": "Other"})], plain=False)
    assert (found.differing, found.refused) == ((), ())
    assert 'Lifecycle(ignore_changes=["name"])' in found.texts["new"]
    assert "# name is left as it is: a plan would change 'Other'." in found.texts["new"]


def test_only_the_object_whose_declaration_is_refused_is_named(session: Session) -> None:
    """Not one whose name begins like its, nor all that a loop declares."""
    others = {
        ObjectKey("stripe_coupon", "", id): {**COUPON, "id": id, "percent_off": percent}
        for id, percent in (("SALE-A", 10), ("SALE-B", 20), ("SALE-C", 500), ("SALE-D", 40))
    }
    found = check(session, [declared(session, {COUPON_KEY: COUPON, **others})], plain=False)
    assert [one.key.id for one in found.refused] == ["SALE-C"]
    assert "percent_off" in found.refused[0].reason
    assert not found.refused[0].reason.startswith("stripe_coupon")
    assert found.states == ()


def test_a_text_without_one_of_the_objects_is_a_bug(session: Session) -> None:
    """It is found before anything is written."""
    stack = declared(session, {KEY: PRODUCT, COUPON_KEY: COUPON})
    module = dataclasses.replace(stack.module, resources=stack.module.resources[:1])
    with pytest.raises(EngineError, match="this is a bug in engine"):
        check(session, [dataclasses.replace(stack, module=module)], plain=False)
