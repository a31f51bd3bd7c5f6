"""Assertions about plans; one that fails says what is planned instead, as the plan's own text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn

from engine.api import Action, Change, Plan
from engine.suggest import nearest

_DONE = {
    Action.CREATE: "created",
    Action.UPDATE: "updated in place",
    Action.REPLACE: "replaced",
    Action.DELETE: "removed",
    Action.IMPORT: "imported",
    Action.REVIVE: "revived",
    Action.READ: "read",
    Action.MOVE: "moved",
    Action.FORGET: "forgotten",
    Action.NO_OP: "left as it is",
}


def assert_no_changes(plan: Plan) -> None:
    """Assert that an apply would change nothing, outputs included."""
    __tracebackhide__ = True
    if plan.has_changes or plan.refusals:
        _fail(plan, "the plan is not empty")


def assert_creates(plan: Plan, *addresses: str) -> None:
    """Assert that each of these resources is created."""
    __tracebackhide__ = True
    _assert_action(plan, Action.CREATE, addresses)


def assert_updates(plan: Plan, *addresses: str) -> None:
    """Assert that each of these resources is updated in place."""
    __tracebackhide__ = True
    _assert_action(plan, Action.UPDATE, addresses)


def assert_replaces(plan: Plan, *addresses: str) -> None:
    """Assert that a new object takes the place of each of these."""
    __tracebackhide__ = True
    _assert_action(plan, Action.REPLACE, addresses)


def assert_removes(plan: Plan, *addresses: str) -> None:
    """Assert that each of these is removed: deleted, archived, or as its type allows."""
    __tracebackhide__ = True
    _assert_action(plan, Action.DELETE, addresses)


def assert_changes(plan: Plan, actions: Mapping[str, str]) -> None:
    """Assert that exactly these resources change, and how.

    Args:
        plan: The plan.
        actions: The action of each change by address: `{"stripe_price.pro": "replace"}`.
    """
    __tracebackhide__ = True
    unknown = sorted({*actions.values()} - {action.value for action in Action})
    if unknown:
        known = ", ".join(action.value for action in Action)
        raise AssertionError(f"{unknown[0]!r} is no action; the actions are {known}")
    lines = [_wrong(plan, address, Action(action)) for address, action in actions.items()]
    lines += [
        f"{address} is {_what(change)}, and is not among what is expected"
        for address, change in plan.changes.items()
        if address not in actions and f"{change.stack}:{address}" not in actions
    ]
    if any(lines):
        _fail(plan, *filter(None, lines))


def _assert_action(plan: Plan, action: Action, addresses: tuple[str, ...]) -> None:
    __tracebackhide__ = True
    if not addresses:
        raise AssertionError(
            "no address is named; assert_changes(plan, {}) asserts that nothing changes"
        )
    lines = [_wrong(plan, address, action) for address in addresses]
    if any(lines):
        _fail(plan, *filter(None, lines))


def _wrong(plan: Plan, address: str, action: Action) -> str:
    """What is planned for a resource instead of an action; empty if it is that."""
    change = plan.resources.get(address)
    if change is None:
        near = nearest(address, tuple(plan.resources))
        hint = f"; did you mean {near}?" if near else ""
        several = [key for key in plan.resources if key.endswith(f":{address}")]
        hint = f"; several stacks have it: {', '.join(several)}" if several else hint
        return f"{address} is not {_DONE[action]}: it is not in the plan{hint}"
    if change.action is action:
        return ""
    return f"{address} is not {_DONE[action]}: it is {_what(change)}"


def _what(change: Change) -> str:
    reasons = ", ".join(change.reasons)
    return _DONE[change.action] + (f" ({reasons})" if reasons else "")


def _fail(plan: Plan, *lines: str) -> NoReturn:
    __tracebackhide__ = True
    raise AssertionError("\n".join([*lines, "", plan.text()]))
