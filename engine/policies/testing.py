"""For tests of policies: plans made by hand, with no account, no key and no state.

def test_half_price() -> None:
    half = change_of(
        "stripe_price.pro",
        before={"currency": "usd", "unit_amount": 2000, "recurring": {"interval": "month"}},
        after={"currency": "usd", "unit_amount": 1000, "recurring": {"interval": "month"}},
    )
    assert refused_by(no_deep_cuts, plan_of(half)) == ["unit_amount falls by 50%"]
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from engine.address import parse_address
from engine.catalog import loader
from engine.plan.impact import Impact
from engine.plan.inputs.options import PlanOptions
from engine.plan.model import Action, Change, FieldChange, FieldReason, Plan, PlanReport
from engine.policies import plan as typed
from engine.policies.evaluate import findings_of
from engine.schema.attribute import Attribute
from engine.values.markers import ABSENT
from engine.values.paths import get_path
from engine.values.tree import leaves

_EXAMPLE_STACK = "shop"


def change_of(
    address: str,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    action: Action | None = None,
    id: str = "",
    line: str = "",
    dependencies: Sequence[str] = (),
) -> Change:
    """What a plan does to one resource.

    Args:
        address: The resource, `stripe_price.pro`.
        before: Its values as Stripe has them; None before it exists.
        after: Its values as they will be; None if it is removed. `UNKNOWN` where only the apply
            knows.
        action: What happens to it; by itself what the values ask for: a create, a removal, an
            update, or a replacement where Stripe cannot change a field.
        id: Stripe's id.
        line: Where it is declared, `stacks/shop.py:12`.
        dependencies: Addresses that it refers to.

    Raises:
        UsageError: if that is no address.
    """
    parsed = parse_address(address)
    kind = loader.schemas()[parsed.type]
    was, will_be = dict(before or {}), dict(after or {})
    fields = tuple(_fields(kind.root, was, will_be)) if before and after else ()
    if action is None:
        forced = any(field.forces_replacement for field in fields)
        changed = Action.REPLACE if forced else Action.UPDATE if fields else Action.NO_OP
        action = changed if before and after else Action.DELETE if before else Action.CREATE
    ends = action in (Action.DELETE, Action.REPLACE) and kind.life.removals
    return Change(
        address=parsed,
        type=parsed.type,
        action=action,
        id=id,
        before=was,
        after=will_be,
        fields=fields,
        removal=kind.life.removals[0] if ends else None,
        line=line,
        dependencies=tuple(dependencies),
    )


def _fields(root: Attribute, before: Mapping[str, Any], after: Mapping[str, Any]) -> Any:
    for path in dict.fromkeys(path for side in (before, after) for path, _ in leaves(side)):
        was, will_be = (get_path(side, path, ABSENT) for side in (before, after))
        if was != will_be:
            top = root.at(path[:1])
            yield FieldChange(
                path=path,
                before=was,
                after=will_be,
                reason=FieldReason.CHANGED,
                forces_replacement=top is not None and top.immutable,
            )


def plan_of(
    *changes: Change,
    environment: str = "test",
    live: bool = False,
    stack: str = _EXAMPLE_STACK,
    account: str = "acct_1",
    destroy: bool = False,
    impacts: Sequence[Impact] = (),
) -> typed.Plan:
    """A plan as policies are given it.

    Args:
        changes: What it does.
        environment: The name of the environment.
        live: It is for real money.
        stack: The stack of the changes.
        account: The account.
        destroy: Everything is to be removed.
        impacts: What uses the objects.
    """
    report = PlanReport(
        environment=environment,
        embedded=False,
        account_id=account,
        livemode=live,
        plans=(Plan(stack=stack, environment=environment, lineage="", serial=1, changes=changes),),
        requests=0,
        options=PlanOptions(destroy=destroy),
    )
    return typed.Plan(report, loader.schemas(), live=live, impacts=lambda: impacts)


def refused_by(policy: Callable[[Any], Any], plan: typed.Plan) -> list[str]:
    """What a policy has against a plan, each as its message.

    Raises:
        NonsenseError: if the policy returns something else, or makes a finding that it does not
            yield. A plan would be refused for that.
    """
    return [finding.message for finding in findings_of(policy, plan)]
