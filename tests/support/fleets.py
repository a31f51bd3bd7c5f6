"""Fleets with plans and ends of all kinds."""

from __future__ import annotations

from collections.abc import Sequence

from engine.plan.model import Action, Change, PlanReport, Reason
from engine.ports.fleet.members import Member
from engine.ports.fleet.reports import FleetGroup, FleetPlan, FleetReport
from engine.ports.fleet.tasks import Failure, MemberOutcome, MemberResult
from engine.schema.lifecycle import Removal, Verb
from tests.support import build

NO_KEY = Failure(
    reference="api-key",
    message="the key of {} is not accepted",
    cause="Stripe answered 401.",
    hint="set the variable again",
)


def members(first: int, count: int) -> tuple[Member, ...]:
    """Members `acct_FIRST` and so on."""
    names = (f"acct_{number}" for number in range(first, first + count))
    return tuple(Member(name=name, account=name) for name in names)


def dearer(amount: int = 2400) -> Change:
    """A monthly price of 20 dollars that becomes another one."""
    price = {"currency": "usd", "recurring": {"interval": "month"}}
    return build.change(
        "stripe_price.pro-monthly",
        Action.REPLACE,
        id="price_1",
        reasons=(Reason.IMMUTABLE,),
        before={**price, "unit_amount": 2000},
        after={**price, "unit_amount": amount},
        fields=(build.field("unit_amount", 2000, amount, forces_replacement=True, currency="usd"),),
        create_first=True,
        removal=Removal(verb=Verb.ARCHIVE, params={"active": False}),
    )


def renamed() -> Change:
    """A product with another name."""
    return build.change(
        "stripe_product.pro",
        Action.UPDATE,
        id="prod_1",
        reasons=(Reason.CHANGED,),
        before={"name": "Pro"},
        after={"name": "Pro plan"},
        fields=(build.field("name", "Pro", "Pro plan"),),
    )


def report(*changes: Change) -> PlanReport:
    """The plans of one account."""
    return build.report(build.plan(*changes))


def failed(
    accounts: Sequence[Member], outcome: MemberOutcome = MemberOutcome.FAILED
) -> tuple[MemberResult, ...]:
    """Accounts that failed, each for the same reason, with its own name in it."""
    return tuple(
        MemberResult(
            member=member,
            outcome=outcome,
            failure=Failure(
                reference=NO_KEY.reference,
                message=NO_KEY.message.format(member.name),
                cause=NO_KEY.cause,
                hint=NO_KEY.hint,
            ),
        )
        for member in accounts
    )


def fleet(unchanged: int = 0, *groups: FleetGroup, bad: int = 0, requests: int = 0) -> FleetPlan:
    """A plan of the fleet `shops`."""
    return FleetPlan(
        fleet="shops",
        environment="live",
        stacks=("saas",),
        groups=groups,
        unchanged=members(10_000, unchanged),
        failed=failed(members(90_000, bad)),
        requests=requests,
    )


def group(key: str, accounts: Sequence[Member], *changes: Change) -> FleetGroup:
    """Accounts with one plan."""
    return FleetGroup(key=key, plan=report(*changes), members=tuple(accounts))


def large() -> FleetPlan:
    """2,000 accounts: most without changes, two plans, and failures."""
    return fleet(
        1912,
        group("a", members(1, 60), dearer()),
        group("b", members(100, 20), renamed()),
        group("c", members(200, 5), dearer(2600)),
        bad=3,
        requests=6005,
    )


PLANS = {
    "large": large(),
    "unchanged": fleet(2000, requests=6000),
    "one": fleet(0, group("a", members(1, 1), dearer())),
    "failed": fleet(bad=2000),
}
REPORTS = {
    "canary": FleetReport(
        plan=PLANS["large"],
        results=(
            *failed(members(1, 1)),
            MemberResult(member=Member(name="acct_2"), outcome=MemberOutcome.APPLIED, done=2),
            *(
                MemberResult(member=member, outcome=MemberOutcome.SKIPPED)
                for member in members(3, 83)
            ),
        ),
        stopped="a canary failed",
        resume="engine apply --fleet shops --resume",
        requests=12,
    ),
    "done": FleetReport(
        plan=PLANS["one"],
        results=(
            MemberResult(member=Member(name="acct_1"), outcome=MemberOutcome.APPLIED, done=2),
        ),
        requests=5,
    ),
}
