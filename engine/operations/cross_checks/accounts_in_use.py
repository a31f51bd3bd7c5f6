"""Refuse plans that end a connected account while resources stay on it.

Stripe deletes an account together with all that is on it, so that what is declared there would be
lost without a line in any plan.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.operations.cross_checks.other_stacks import other_states
from engine.operations.run.session import Session
from engine.plan.model import Action, Change, Plan
from engine.plan.refusal import PlanRule, Refusal

_SHOWN = 3
_GOES = (Action.DELETE, Action.FORGET)


def accounts_in_use(session: Session, plans: Sequence[Plan], plan: Plan) -> Iterator[Refusal]:
    """Why a plan cannot end accounts: resources of some stack are on them after this run.

    Args:
        session: The session that holds the states of the run.
        plans: Every plan of the run.
        plan: The plan.
    """
    schemas = session.context.schemas
    for ending in plan.pending:
        is_account = schemas[ending.type].life.is_account
        if is_account and ending.removal is not None and ending.id:
            staying = sorted(_staying(session, plans, ending.id))
            if staying:
                more = f" and {len(staying) - _SHOWN} more" if staying[_SHOWN:] else ""
                yield Refusal(
                    f"{ending.address} would be removed with all that is on it, and "
                    f"{', '.join(staying[:_SHOWN])}{more} would still be on account {ending.id}. "
                    "Remove those first, or declare them on another account",
                    PlanRule.ACCOUNT_IN_USE,
                    address=ending.address,
                    line=ending.line,
                )


def _staying(session: Session, plans: Sequence[Plan], account: str) -> Iterator[str]:
    """Resources that are on an account after the run, or that the run makes there."""
    changes = {plan.stack: {str(one.address): one for one in plan.changes} for plan in plans}
    for stack, some in changes.items():
        yield from (f"{stack}:{one.address}" for one in some.values() if _is_on(one, account))
    for stack, state in {**other_states(session), **session.states}.items():
        planned = changes.get(stack, {})
        for address, entry in state.resources.items() if state is not None else ():
            if address not in planned and entry.account == account:
                yield f"{stack}:{address}"


def _is_on(change: Change, account: str) -> bool:
    return change.account == account and change.action not in _GOES
