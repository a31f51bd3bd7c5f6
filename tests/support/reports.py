"""Whole reports, small and large, for tests of the formats that show them."""

from __future__ import annotations

import dataclasses
from typing import Any

from engine.address import parse_address
from engine.errors import GuardError, Problem, ProviderError
from engine.plan.impact import Impact, Use
from engine.plan.model import (
    Action,
    Change,
    Drift,
    FieldReason,
    OutputChange,
    Plan,
    PlanReport,
    Reason,
    StepKind,
)
from engine.plan.refusal import PlanRule, Refusal
from engine.ports.outcomes import ApplyReport, Outcome
from engine.ports.review.report import ReviewedStack, ReviewReport
from engine.schema.lifecycle import Removal, Verb
from engine.state.model import RemovalPolicy, ResourceState, State
from engine.values.markers import ABSENT, UNKNOWN
from tests.support import build

ARCHIVE = Removal(verb=Verb.ARCHIVE, params={"active": False})
DELETE = Removal(verb=Verb.DELETE)

HOSTILE = "</script><img src=//evil.example/x onerror=alert(1)>\u202eevil\u2028`|@all"
"""A name of an account that means harm."""


def replaced_price(name: str, before: int, after: int, **parts: Any) -> Change:
    """A monthly price that gets another amount."""
    recurring = {"interval": "month"}
    values: dict[str, Any] = {
        "id": f"price_{name}",
        "line": "stacks/saas.py:12",
        "reasons": (Reason.IMMUTABLE,),
        "before": {"unit_amount": before, "currency": "usd", "recurring": recurring},
        "after": {"unit_amount": after, "currency": "usd", "recurring": recurring},
        "fields": (
            build.field("unit_amount", before, after, forces_replacement=True, currency="usd"),
        ),
        "create_first": True,
        "removal": ARCHIVE,
        "dependencies": (f"stripe_product.{name.partition('_')[0]}",),
    }
    return build.change(f"stripe_price.{name}", Action.REPLACE, **{**values, **parts})


def new_product(name: str, title: str = "", **parts: Any) -> Change:
    """A product that is created."""
    after = {"name": title or name.capitalize(), "default_price": UNKNOWN}
    return build.change(
        f"stripe_product.{name}",
        Action.CREATE,
        **{
            "line": "stacks/saas.py:7",
            "reasons": (Reason.DECLARED,),
            "after": after,
            "fields": tuple(
                build.field(path, ABSENT, value, reason=FieldReason.SET)
                for path, value in after.items()
            ),
            **parts,
        },
    )


def updated_portal(name: str) -> Change:
    """A portal whose return address changes."""
    before, after = "https://example.com/account", "https://example.com/billing"
    return build.change(
        f"stripe_billing_portal_configuration.{name}",
        Action.UPDATE,
        id=f"bpc_{name}",
        line="stacks/portal.py:9",
        reasons=(Reason.CHANGED,),
        before={"default_return_url": before},
        after={"default_return_url": after},
        fields=(build.field("default_return_url", before, after),),
        notes=("customers who have the portal open keep the old address until they reload it",),
    )


def removed_coupon(name: str) -> Change:
    """A coupon that is no longer declared."""
    return build.change(
        f"stripe_coupon.{name}",
        Action.DELETE,
        id=name.upper(),
        reasons=(Reason.UNDECLARED,),
        before={"amount_off": 500, "currency": "usd", "duration": "once", "name": "Welcome"},
        removal=DELETE,
    )


def five_changes(**parts: Any) -> PlanReport:
    """A plan of two stacks with five changes, drift, outputs, a warning and what uses a price."""
    saas = build.plan(
        new_product("pro", "Pro"),
        replaced_price("pro_monthly", 2000, 2400),
        replaced_price("team_monthly", 9900, 7900, line="stacks/saas.py:31"),
        removed_coupon("welcome"),
        outputs=(OutputChange(name="pro_id", after=UNKNOWN),),
        drift=(
            Drift(
                address=parse_address("stripe_price.team_monthly"),
                type="stripe_price",
                id="price_team_monthly",
                fields=(build.field("nickname", "Team", "Team (old)"),),
            ),
        ),
        warnings=("stripe_coupon.welcome is named on the pricing page of the docs",),
    )
    portal = build.plan(updated_portal("portal"), stack="portal")
    impacts = (
        Impact(
            stack="saas",
            address=parse_address("stripe_price.pro_monthly"),
            id="price_pro_monthly",
            uses=(
                Use(
                    what="active subscriptions",
                    count=1000,
                    more=True,
                    note="they keep paying the old price",
                ),
            ),
        ),
    )
    about: dict[str, Any] = {"impacts": impacts, "impact_asked": True, **parts}
    return build.report(saas, portal, **about)


def many_changes(number: int = 1000) -> PlanReport:
    """A plan of five stacks with that many changes of all sorts."""
    makers = (
        lambda at: replaced_price(
            f"plan_{at}_monthly",
            1000 + at,
            1200 + at,
            dependencies=(f"stripe_product.product_{at + 1}",),
        ),
        lambda at: new_product(f"product_{at}", f"Product {at}"),
        lambda at: updated_portal(f"portal_{at}"),
        lambda at: removed_coupon(f"coupon_{at}"),
    )
    stacks: dict[str, list[Change]] = {}
    for at in range(number):
        stacks.setdefault(f"stack{at * 5 // number}", []).append(makers[at % len(makers)](at))
    return build.report(*(build.plan(*changes, stack=name) for name, changes in stacks.items()))


def refused() -> PlanReport:
    """A plan on a live account that rules refuse."""
    report = five_changes(livemode=True, environment="live", embedded=False)
    refusals = (
        Refusal(
            "stripe_price.team_monthly (stacks/saas.py:31) is protected: take "
            "lifecycle=Lifecycle(protect=True) out in a change of its own first",
            PlanRule.PROTECTED,
            address="stripe_price.team_monthly",
            line="stacks/saas.py:31",
        ),
        Refusal(
            "3 of 11 resources of stack saas would be removed or replaced, more than 30 %: "
            "engine plan --allow-mass-change if that is meant",
            PlanRule.MASS_CHANGE,
        ),
        Refusal(
            "a price is not cut by more than 20 % in one step, and this one is cut by 20.2 %",
            PlanRule.POLICY,
            address="stripe_price.team_monthly",
            line="stacks/saas.py:31",
            policy="no-price-cut",
        ),
    )
    first, *rest = report.plans
    return dataclasses.replace(report, plans=(dataclasses.replace(first, refusals=refusals), *rest))


def nothing() -> PlanReport:
    """A plan with nothing to do."""
    return build.report(build.plan(build.change("stripe_product.pro", Action.NO_OP)))


def hostile() -> PlanReport:
    """A plan whose every text means harm."""
    change = new_product(
        "evil",
        HOSTILE,
        notes=(HOSTILE,),
        line=f"stacks/{HOSTILE}.py:1",
        id=HOSTILE,
    )
    plan = build.plan(
        change,
        stack=HOSTILE,
        warnings=(HOSTILE,),
        refusals=(Refusal(HOSTILE, PlanRule.PROTECTED, address=HOSTILE, line=HOSTILE),),
        outputs=(OutputChange(name=HOSTILE, after=HOSTILE),),
    )
    return build.report(plan, environment=HOSTILE, account_id=HOSTILE, server=HOSTILE)


def failed_apply() -> ApplyReport:
    """An apply of which one operation failed and one was skipped because of it."""
    plan: Plan = five_changes().plans[0]
    create = build.step("stripe_product.pro", StepKind.CREATE)
    price = build.step("stripe_price.pro_monthly", StepKind.CREATE)
    remove = build.step("stripe_coupon.welcome", StepKind.REMOVE, removal=DELETE)
    team = build.step("stripe_price.team_monthly", StepKind.CREATE)
    error = ProviderError(
        "Stripe refused to create stripe_price.pro_monthly",
        cause="A price already uses that lookup key.",
        hint="transfer the key with transfer_lookup_key=True",
        status=400,
        code="resource_already_exists",
        request_id="req_1",
    )
    return build.applied(
        plan,
        build.result(create, Outcome.APPLIED, id="prod_1"),
        build.result(price, Outcome.FAILED, error=error),
        build.result(team, Outcome.SKIPPED, because=price.key),
        build.result(remove, Outcome.APPLIED),
        outputs={"pro_id": "prod_1", "token": "s"},
    )


def state() -> State:
    """A state with a product and two prices."""
    price = {"currency": "usd", "recurring": {"interval": "month"}, "product": "prod_1"}
    return State(
        stack="saas",
        environment="live",
        lineage="f" * 32,
        serial=12,
        account_id="acct_1",
        livemode=True,
        outputs={"pro_id": "prod_1", "prices": {"month": "price_1", "team": "price_2"}},
        resources={
            "stripe_product.pro": ResourceState(
                type="stripe_product",
                id="prod_1",
                declared={"name": "Pro"},
                attributes={"name": "Pro"},
            ),
            "stripe_price.pro_monthly": ResourceState(
                type="stripe_price",
                id="price_1",
                declared={**price, "product": "${stripe_product.pro.id}", "unit_amount": 2000},
                attributes={**price, "unit_amount": 2000},
                dependencies=("stripe_product.pro",),
                removal_policy=RemovalPolicy(protect=True),
            ),
            "stripe_price.team_monthly": ResourceState(
                type="stripe_price",
                id="price_2",
                declared={**price, "product": "${stripe_product.pro.id}", "unit_amount": 9900},
                attributes={**price, "unit_amount": 9900},
                dependencies=("stripe_product.pro",),
                superseded=("price_0",),
            ),
        },
    )


def refusal() -> GuardError:
    """An error that ends a command, with every part that one has."""
    return GuardError(
        "the plan is refused",
        cause="stripe_price.pro_monthly is protected",
        hint="take the protection out in a change of its own",
    )


def reviewed() -> ReviewReport:
    """What was applied between two commits of a live state, with something that is wrong."""
    plan = dataclasses.replace(five_changes().plans[0], environment="live", drift=())
    stack = ReviewedStack(
        file="state/live/saas.json",
        plan=plan,
        before=11,
        after=12,
        account_id="acct_1",
        livemode=True,
    )
    return ReviewReport(
        base="main",
        head="pricing",
        stacks=(stack,),
        findings=(Problem("state/live/saas.json", 3, "the serial goes down", hint="refresh it"),),
        unchecked=("the modules of pricing were not evaluated",),
    )
