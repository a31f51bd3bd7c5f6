"""What two states of an environment show of what was applied between them."""

from __future__ import annotations

import dataclasses
from typing import Any

from engine.catalog import loader
from engine.plan.model import Action, Change, FieldChange, FieldReason, Plan, Reason
from engine.plan.reviewed.changes import Environment, applied_between
from engine.plan.reviewed.leaves import recorded_changes, recorded_leaves
from engine.schema.lifecycle import Verb
from engine.state.model import RemovalPolicy, RemovedObject, ResourceState, State
from engine.values.markers import ABSENT
from engine.values.secret import Sealed

SCHEMAS = loader.schemas()
PRICE = "stripe_price.pro"
AMOUNT = {"currency": "usd", "unit_amount": 2000}


def entry(kind: str = "stripe_price", id: str = "price_1", **parts: Any) -> ResourceState:
    """A resource that declares what Stripe returned."""
    declared = parts.pop("declared", AMOUNT)
    return ResourceState(
        type=kind,
        id=id,
        declared=declared,
        attributes=parts.pop("attributes", declared),
        **parts,
    )


def state(stack: str = "shop", serial: int = 1, **parts: Any) -> State:
    """A state; addresses are given with two underscores for the point."""
    resources = {
        name.replace("__", "."): parts.pop(name)
        for name in list(parts)
        if isinstance(parts[name], ResourceState)
    }
    return State(
        stack=stack,
        environment="test",
        lineage=parts.pop("lineage", "a" * 32),
        serial=serial,
        resources=resources,
        **parts,
    )


def plans(before: list[State], after: list[State]) -> tuple[Plan, ...]:
    """What was applied between two commits."""
    one, other = ({one.stack: one for one in side} for side in (before, after))
    return applied_between(Environment(one, other, SCHEMAS))


def change(before: State, after: State) -> Change:
    """The one change between two states of a stack."""
    (plan,) = plans([before], [after])
    (found,) = plan.changes
    return found


def test_states_that_are_equal_are_no_plan() -> None:
    """And what only the state keeps for itself is a plan without a change."""
    same = state(stripe_price__pro=entry())
    assert plans([same], [same]) == ()
    (plan,) = plans([same], [dataclasses.replace(same, serial=2)])
    assert (plan.changes, plan.outputs, plan.serial) == ((), (), 2)
    noted = state(stripe_price__pro=entry(dependencies=("stripe_product.a",)), serial=2)
    (plan,) = plans([same], [noted])
    assert plan.changes == ()


def test_a_new_resource_was_created_imported_or_revived() -> None:
    """By where its object was before: nowhere, not made from here, remembered as archived."""
    found = change(state(), state(stripe_price__pro=entry()))
    assert (found.action, found.id, found.before) == (Action.CREATE, "price_1", {})
    amount = next(field for field in found.fields if field.path == ("unit_amount",))
    assert (amount.before, amount.after, amount.currency) == (ABSENT, 2000, "usd")
    assert change(state(), state(stripe_price__pro=entry(imported=True))).action is Action.IMPORT
    gone = RemovedObject(type="stripe_price", id="price_1")
    found = change(state(removed={PRICE: gone}), state(stripe_price__pro=entry()))
    assert found.action is Action.REVIVE
    (plan,) = plans([], [state(stripe_price__pro=entry())])
    assert plan.changes[0].action is Action.CREATE


def test_a_type_that_this_engine_does_not_know_is_shown_by_its_leaves() -> None:
    """Without money."""
    one = entry("stripe_unknown", "un_1")
    found = change(state(), state(stripe_unknown__a=one))
    assert (found.action, found.fields, found.after) == (Action.CREATE, (), AMOUNT)
    other = entry("stripe_unknown", "un_1", declared={**AMOUNT, "unit_amount": 1})
    (leaf,) = change(state(stripe_unknown__a=one), state(stripe_unknown__a=other)).fields
    assert (leaf.path, leaf.currency) == (("unit_amount",), "")
    ended = change(state(stripe_unknown__a=one), state())
    assert (ended.action, ended.removal and ended.removal.verb) == (Action.DELETE, Verb.DELETE)


def test_an_update_is_shown_leaf_by_leaf() -> None:
    """What was set, changed and cleared, in path order, with money."""
    old = entry(declared={**AMOUNT, "nickname": "a", "tax_behavior": "exclusive"})
    new = entry(declared={**AMOUNT, "nickname": "b", "metadata": {"k": "v"}})
    found = change(state(stripe_price__pro=old), state(stripe_price__pro=new))
    assert (found.action, found.reasons) == (Action.UPDATE, (Reason.CHANGED,))
    assert [(leaf.path, leaf.before, leaf.after, leaf.reason) for leaf in found.fields] == [
        (("metadata", "k"), ABSENT, "v", FieldReason.SET),
        (("nickname",), "a", "b", FieldReason.CHANGED),
        (("tax_behavior",), "exclusive", ABSENT, FieldReason.CLEARED),
    ]


def test_what_changed_without_the_code_is_drift_that_a_refresh_recorded() -> None:
    """Unless it is a reference, which another object has now."""
    declared = {"nickname": "a", "product": "${stripe_product.p.id}"}
    old = entry(declared=declared, attributes={"nickname": "a", "product": "prod_1"})
    drifted = entry(declared=declared, attributes={"nickname": "b", "product": "prod_1"})
    found = change(state(stripe_price__pro=old), state(stripe_price__pro=drifted))
    assert found.reasons == (Reason.DRIFTED,)
    assert [leaf.reason for leaf in found.fields] == [FieldReason.DRIFT]
    followed = entry(declared=declared, attributes={"nickname": "a", "product": "prod_2"})
    found = change(state(stripe_price__pro=old), state(stripe_price__pro=followed))
    assert [leaf.reason for leaf in found.fields] == [FieldReason.REFERENCE]
    assert found.reasons == (Reason.CHANGED,)


def test_what_another_resource_refers_to_is_no_change() -> None:
    """A state keeps an attribute as long as something names it."""
    old = entry()
    new = entry(attributes={**AMOUNT, "type": "recurring"})
    (plan,) = plans([state(stripe_price__pro=old)], [state(stripe_price__pro=new, serial=2)])
    assert plan.changes == ()


def test_what_is_declared_about_removal_is_a_change() -> None:
    """A protection that goes is what a reviewer has to see."""
    old = entry(removal_policy=RemovalPolicy(protect=True))
    new = entry(removal_policy=RemovalPolicy(keep=True, account="acct_1"))
    fields = recorded_changes(SCHEMAS["stripe_price"], old, new)
    assert [(leaf.path, leaf.before, leaf.after) for leaf in fields] == [
        (("lifecycle", "protect"), True, False),
        (("lifecycle", "on_remove"), "remove", "keep"),
        (("lifecycle", "account"), ABSENT, "acct_1"),
    ]


def test_a_replacement_shows_both_ids_and_why() -> None:
    """With what became of the old object, as far as the state says."""
    old, new = entry(), entry(id="price_2", declared={**AMOUNT, "unit_amount": 2400})
    found = change(state(stripe_price__pro=old), state(stripe_price__pro=new))
    assert (found.action, found.id, found.reasons) == (
        Action.REPLACE,
        "price_2",
        (Reason.IMMUTABLE,),
    )
    assert found.fields[0] == FieldChange(
        path=("id",), before="price_1", after="price_2", reason=FieldReason.CHANGED
    )
    assert found.fields[1].forces_replacement
    assert (found.removal and found.removal.verb, found.notes) == (Verb.ARCHIVE, ())
    left = dataclasses.replace(new, superseded=("price_1",))
    found = change(state(stripe_price__pro=old), state(stripe_price__pro=left))
    assert (found.removal, found.notes) == (
        None,
        ("the old one, price_1, has still to be removed",),
    )
    kept = dataclasses.replace(old, removal_policy=RemovalPolicy(keep=True))
    found = change(state(stripe_price__pro=kept), state(stripe_price__pro=new))
    assert found.notes == ("the old one, price_1, stays on Stripe",)
    requested = change(state(stripe_price__pro=old), state(stripe_price__pro=entry(id="price_2")))
    assert (requested.reasons, len(requested.fields)) == ((), 1)
    assert requested.notes[0].startswith("nothing of its declaration changed")
    one, other = entry("stripe_product", "prod_1"), entry("stripe_product", "prod_2")
    found = change(state(stripe_product__p=one), state(stripe_product__p=other))
    assert found.removal is None  # deleted or archived: the state does not say
    known = dataclasses.replace(other, former=("prod_1",))
    found = change(state(stripe_product__p=one), state(stripe_product__p=known))
    assert (found.removal and found.removal.verb) is Verb.ARCHIVE
    chosen = (entry("stripe_product", id, declared={"id": id}) for id in ("a", "b"))
    found = change(state(stripe_product__p=next(chosen)), state(stripe_product__p=next(chosen)))
    assert [leaf.path for leaf in found.fields] == [("id",)]
    assert found.reasons == (Reason.IMMUTABLE,)
    unknown, another = entry("stripe_unknown", "a"), entry("stripe_unknown", "b")
    found = change(state(stripe_unknown__p=unknown), state(stripe_unknown__p=another))
    assert found.removal is None


def test_a_resource_that_is_gone_was_removed_as_far_as_the_state_says() -> None:
    """Archived if it is remembered; else deleted, or forgotten."""
    coupon = entry("stripe_coupon", "c", declared={"percent_off": 10})
    found = change(state(stripe_coupon__c=coupon), state())
    assert (found.action, found.reasons) == (Action.DELETE, (Reason.UNDECLARED,))
    assert (found.removal and found.removal.verb, found.after) == (Verb.DELETE, {})
    assert "forgotten" in found.notes[0]
    gone = {PRICE: RemovedObject(type="stripe_price", id="price_1")}
    found = change(state(stripe_price__pro=entry()), state(removed=gone))
    assert (found.removal and found.removal.verb, found.notes) == (Verb.ARCHIVE, ())
    found = change(state(stripe_price__pro=entry()), state())
    assert (found.action, found.reasons) == (Action.FORGET, (Reason.RELEASED,))
    assert found.notes == ("it stays on Stripe, unless it was deleted outside of the code",)
    kept = entry("stripe_coupon", "c", removal_policy=RemovalPolicy(keep=True))
    found = change(state(stripe_coupon__c=kept), state())
    assert (found.action, found.notes) == (Action.FORGET, ())
    quote = entry("stripe_quote", "qt_1", declared={})
    found = change(state(stripe_quote__q=quote), state())
    assert (found.removal and found.removal.verb) is Verb.CANCEL
    (plan,) = plans([state(stripe_quote__q=quote)], [])
    assert plan.changes == (found,)


def test_a_resource_that_is_elsewhere_was_moved() -> None:
    """Within its stack or to another one; what changed at once is an update."""
    found = change(state(stripe_price__a=entry()), state(stripe_price__b=entry()))
    assert (found.action, found.moved_from, found.reasons) == (
        Action.MOVE,
        "stripe_price.a",
        (Reason.MOVED,),
    )
    new = entry(declared={**AMOUNT, "nickname": "n"})
    giver, receiver = plans(
        [state(stripe_price__a=entry()), state("other")],
        [state(serial=2), state("other", stripe_price__a=new)],
    )[::-1]
    assert giver.changes == ()
    (found,) = receiver.changes
    assert (found.action, found.moved_from) == (Action.UPDATE, "shop:stripe_price.a")
    assert found.reasons == (Reason.MOVED, Reason.CHANGED)


def test_two_resources_that_change_places_are_moved() -> None:
    """And one that takes the address of another is not its replacement."""
    one, other = entry(id="price_1"), entry(id="price_2")
    (plan,) = plans(
        [state(stripe_price__a=one, stripe_price__b=other)],
        [state(stripe_price__a=other, stripe_price__b=one)],
    )
    assert [(found.action, found.moved_from) for found in plan.changes] == [
        (Action.MOVE, "stripe_price.b"),
        (Action.MOVE, "stripe_price.a"),
    ]
    (plan,) = plans(
        [state(stripe_price__a=one, stripe_price__b=other)], [state(stripe_price__a=other)]
    )
    assert [found.action for found in plan.changes] == [Action.FORGET, Action.MOVE]


def test_an_object_that_two_stacks_record_is_said() -> None:
    """A move that was cut off leaves both."""
    plan, _ = plans(
        [state(stripe_price__a=entry())],
        [state(stripe_price__a=entry(), serial=2), state("other", stripe_price__a=entry())],
    )
    (found,) = plan.changes
    assert (found.action, found.notes) == (Action.IMPORT, ("shop:stripe_price.a still records it",))


def test_outputs_that_differ_are_listed_and_secret_ones_are_not_shown() -> None:
    """By name."""
    before = state(outputs={"a": 1, "b": 2, "same": 3})
    after = state(outputs={"b": Sealed("f" * 16), "c": 4, "same": 3})
    (plan,) = plans([before], [after])
    assert [(one.name, one.before, one.after, one.sensitive) for one in plan.outputs] == [
        ("a", 1, ABSENT, False),
        ("b", 2, Sealed("f" * 16), True),
        ("c", ABSENT, 4, False),
    ]


def test_what_stripe_never_returns_is_shown_as_it_was_sent() -> None:
    """A secret as one, and fingerprints of two lineages are not compared."""
    kind = SCHEMAS["stripe_product"]
    old = entry(
        "stripe_product", declared={"default_price_data": {"unit_amount": 1}}, attributes={}
    )
    assert recorded_leaves(kind, old) == {("default_price_data", "unit_amount"): 1}
    assert recorded_leaves(None, old) == {}
    one = entry("stripe_webhook_endpoint", attributes={"secret": [Sealed("a" * 16)]})
    other = entry("stripe_webhook_endpoint", attributes={"secret": [Sealed("b" * 16)]})
    hook = SCHEMAS["stripe_webhook_endpoint"]
    (leaf,) = recorded_changes(hook, one, other)
    assert leaf.sensitive
    assert recorded_changes(hook, one, other, same_salt=False) == ()
    assert recorded_changes(hook, one, one) == ()


def test_elements_of_lists_are_in_their_order() -> None:
    """The tenth after the ninth."""
    tiers = [{"up_to": number, "unit_amount": 1} for number in range(11)]
    more = [{**tier, "unit_amount": 2} for tier in tiers]
    fields = recorded_changes(
        SCHEMAS["stripe_price"], entry(declared={"tiers": tiers}), entry(declared={"tiers": more})
    )
    assert [leaf.path[1] for leaf in fields] == list(range(11))
