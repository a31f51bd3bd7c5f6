"""Rules by which a plan, or a live account, refuses."""

from __future__ import annotations

import dataclasses

import pytest

from engine.address import parse_address
from engine.catalog import loader
from engine.plan.checks import refusals_of, refused, removals_to_confirm, unconfirmed
from engine.plan.decide.decision import Decision
from engine.plan.inputs.options import PlanOptions
from engine.plan.model import Action, Change, Plan
from engine.plan.refusal import PlanRule, Refusal
from engine.state.model import RemovalPolicy, ResourceState, State, new_state

SCHEMAS = loader.schemas()
PRICE, COUPON = "stripe_price", "stripe_coupon"


def _change(type: str, action: Action, name: str = "a") -> Change:
    return Change(address=parse_address(f"{type}.{name}"), type=type, action=action)


def _decision(action: Action, name: str) -> Decision:
    address = parse_address(f"{PRICE}.{name}")
    return Decision(address=address, kind=SCHEMAS[PRICE], action=action)


def _plan(*changes: Change) -> Plan:
    return Plan(stack="s", environment="live", lineage="l", serial=1, changes=changes)


def _state(count: int) -> State:
    entry = ResourceState(type=PRICE, id="price_1")
    resources = {f"{PRICE}.p{number}": entry for number in range(count)}
    return dataclasses.replace(new_state("s", "live"), resources=resources)


# ── what a live account would lose ────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("type", "action", "asked"),
    [
        (PRICE, Action.DELETE, True),
        (PRICE, Action.REPLACE, True),
        ("stripe_plan", Action.REPLACE, True),
        (COUPON, Action.DELETE, True),
        (COUPON, Action.REPLACE, True),
        ("stripe_payment_link", Action.REPLACE, True),
        ("stripe_webhook_endpoint", Action.REPLACE, True),
        ("stripe_shipping_rate", Action.REPLACE, False),
        (PRICE, Action.CREATE, False),
        (PRICE, Action.UPDATE, False),
        (PRICE, Action.FORGET, False),
        (PRICE, Action.REVIVE, False),
        (PRICE, Action.MOVE, False),
        (PRICE, Action.NO_OP, False),
    ],
)
def test_removals_and_replacements_that_lose_something_have_to_be_named(
    type: str, action: Action, *, asked: bool
) -> None:
    """A link its URL, an endpoint its secret, a price its subscriptions; a rate nothing."""
    change = _change(type, action)
    found = removals_to_confirm([_plan(change)], SCHEMAS)
    assert found == ((change.address,) if asked else ())


def test_they_come_in_address_order_over_all_plans() -> None:
    """The same input asks in the same order."""
    first = _plan(_change(PRICE, Action.DELETE, "b"))
    second = _plan(_change(COUPON, Action.DELETE), _change(PRICE, Action.REPLACE, "a"))
    found = removals_to_confirm([first, second], SCHEMAS)
    assert [str(address) for address in found] == [f"{COUPON}.a", f"{PRICE}.a", f"{PRICE}.b"]


def test_what_was_named_is_not_asked_about_again() -> None:
    """Only what is left is; a name that nothing is lost under is no mistake."""
    plan = _plan(_change(PRICE, Action.DELETE, "a"), _change(PRICE, Action.DELETE, "b"))
    named = [parse_address(f"{PRICE}.a"), parse_address(f"{PRICE}.gone-before")]
    assert removals_to_confirm([plan], SCHEMAS, named) == (parse_address(f"{PRICE}.b"),)


def test_the_refusal_names_them_and_the_way_on() -> None:
    """As options that can be copied, or as the whole command line."""
    addresses = (parse_address(f"{PRICE}.a"), parse_address(f"{PRICE}.b"))
    error = unconfirmed(addresses, "live")
    assert error.exit_code == 4
    assert error.message == (
        "environment 'live' is live, and 2 resources would be removed or replaced without "
        "being named"
    )
    assert error.cause == f"{PRICE}.a\n{PRICE}.b"
    assert error.hint == (
        f"if that is meant: --yes --confirm-removal {PRICE}.a --confirm-removal {PRICE}.b; "
        "nothing was changed"
    )
    one = unconfirmed(addresses[:1], "live", "engine apply --yes")
    assert "and 1 resource would be" in one.message
    assert one.hint == "if that is meant: engine apply --yes; nothing was changed"


# ── a large share of a stack ──────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("existing", "ending", "refused"),
    [
        (9, 9, False),
        (10, 3, False),
        (10, 4, True),
        (13, 3, False),
        (13, 4, True),
        (20, 6, False),
        (20, 7, True),
        (90, 27, False),
        (90, 28, True),
        (110, 33, False),
        (1000, 300, False),
        (1000, 301, True),
    ],
)
def test_more_than_thirty_percent_of_ten_or_more_is_refused(
    existing: int, ending: int, *, refused: bool
) -> None:
    """Exactly thirty is not more, at any size."""
    decisions = [_decision(Action.DELETE, f"p{number}") for number in range(ending)]
    found = refusals_of(decisions, _state(existing), PlanOptions())
    assert bool(found) is refused
    if refused:
        assert found == (
            (
                f"{ending} of {existing} resources would be removed or replaced, more than 30%. If "
                "that is meant, add --allow-mass-change"
            ),
        )


@pytest.mark.parametrize(
    ("action", "refused"),
    [
        (Action.DELETE, True),
        (Action.REPLACE, True),
        (Action.UPDATE, False),
        (Action.FORGET, False),
        (Action.CREATE, False),
        (Action.MOVE, False),
    ],
)
def test_only_what_ends_counts(action: Action, *, refused: bool) -> None:
    """Updates of a whole stack are everyday work."""
    decisions = [_decision(action, f"p{number}") for number in range(10)]
    assert bool(refusals_of(decisions, _state(10), PlanOptions())) is refused


@pytest.mark.parametrize("options", [{"destroy": True}, {"allow_mass_change": True}])
def test_whoever_asks_for_it_gets_it(options: dict[str, bool]) -> None:
    """Destroying, and saying so, lift the rule."""
    decisions = [_decision(Action.DELETE, f"p{number}") for number in range(10)]
    assert refusals_of(decisions, _state(10), PlanOptions(**options)) == ()  # type: ignore[arg-type]


def test_a_refused_plan_says_why_and_what_did_not_happen() -> None:
    """The first rule is the message, the others follow; the exit code is that of a guard."""
    a, b = (Refusal(f"{name} is protected", PlanRule.PROTECTED) for name in "ab")
    error = refused([("shop", a), ("other", b)], "nothing was changed")
    assert error.message == "the plan is refused: a is protected"
    assert (error.cause, error.hint) == ("b is protected", "nothing was changed")
    assert error.refused == (("shop", a), ("other", b))
    assert refused([("shop", a)], "nothing was changed").cause is None


def test_a_refusal_says_what_it_is_about() -> None:
    """The resource and the line where it is declared, if it is about one."""
    policy = RemovalPolicy(protect=True)
    decisions = [
        dataclasses.replace(
            _decision(Action.REPLACE, f"p{number}"), removal_policy=policy, line=f"s.py:{number}"
        )
        for number in range(4)
    ]
    *protected, mass = refusals_of(decisions, _state(10), PlanOptions())
    assert [(one.reference, one.address, one.line) for one in protected] == [
        ("protected", f"{PRICE}.p{number}", f"s.py:{number}") for number in range(4)
    ]
    assert (mass.reference, mass.address, mass.line) == ("mass-change", "", "")
