"""Find out which states own which objects, once a run."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from engine.errors import StateError
from engine.operations.cross_checks.other_stacks import other_states
from engine.operations.run.context import Context
from engine.operations.run.session import Session
from engine.plan.inputs.accounts import is_account_id
from engine.plan.inputs.ownership import Ownership, ownership_of
from engine.plan.model import Action, Plan
from engine.plan.refusal import PlanRule, Refusal
from engine.state.model import State

_ACCOUNT = re.compile(
    rb'^  "account": \{\n    "id": "(?P<id>[^"\n]*)",\n    "livemode": (?P<live>true|false|null)',
    re.MULTILINE,
)
_Place = tuple[str, bool | None]
"""An account, and whether it is in live mode."""
_MODES = {b"true": True, b"false": False, b"null": None}


def owners_in(session: Session) -> Ownership:
    """Who owns the objects of the account: as the states say when the run begins.

    States that cannot be read are left out: they are no reason to refuse the plans of other stacks.
    """
    if session.ownership is None:
        others = (state for state in other_states(session).values() if state is not None)
        states = (*session.states.values(), *others, *states_of_other_environments(session))
        session.ownership = ownership_of(states, session.context.environment)
    return session.ownership


def states_of_other_environments(session: Session) -> Iterator[State]:
    """States of other environments whose objects are on the same account, in the same mode.

    The embedded account of each environment is another one, although all have one id.
    """
    if session.context.settings.environment.emulator:
        return
    places = {
        (state.account_id, state.livemode) for state in session.states.values() if state.account_id
    }
    if session.account is not None and session.account.id:
        places.add((session.account.id, session.account.livemode))
    for environment, name in stored_on(session.context, places) if places else ():
        with contextlib.suppress(StateError):
            state = session.context.backend.read(name, environment)
            if state is not None:
                yield state


def made_for_another_name(session: Session, plan: Plan) -> Iterator[Refusal]:
    """Why a stack cannot be made on an account: it is there already, under another environment.

    So it is for an account that is in two fleets, has got another name in its fleet, or is the
    platform of its fleet. Environments that are no fleet's share an account if the team wants it.

    Args:
        session: The session.
        plan: The plan of a stack.
    """
    context = session.context
    state, account = session.states[plan.stack], session.account
    new = any(change.action is Action.CREATE for change in plan.changes)
    if state.resources or not new or account is None or not account.id:
        return
    if context.settings.environment.emulator:
        return
    for environment, stack in stored_on(context, {(account.id, account.livemode)}):
        is_members = context.settings.fleet is not None or "/" in environment
        if stack != plan.stack or not is_members:
            continue
        with contextlib.suppress(StateError):
            other = context.backend.read(stack, environment)
            if other is not None and other.resources:
                yield Refusal(
                    f"account {account.id} has stack {stack} already, as {environment}, and this "
                    f"plan would make it again, as {context.environment}. If the account was "
                    "renamed, give it its name back; else let one of the two leave it out",
                    PlanRule.MADE_AGAIN,
                )


def stored_on(context: Context, places: Collection[_Place]) -> Iterator[tuple[str, str]]:
    """States of other environments whose objects are on some accounts: environment and stack."""
    stored = context.once("accounts", lambda: _accounts(context))
    for place in places:
        yield from stored.get(place, ())
    # Accounts of a fleet that are named by their ids are not read to find out whose they are:
    # there may be thousands, and none of them is another one's.
    named = {account for account, _ in places}
    for environment in _others(context):
        if environment.partition("/")[2] in named:
            for name in context.backend.stacks(environment):
                if _account_of(context, environment, name) in places:
                    yield environment, name


def _accounts(context: Context) -> Mapping[_Place, Sequence[tuple[str, str]]]:
    """Those states by account and mode, but for those that are named by an account."""
    found: dict[_Place, list[tuple[str, str]]] = {}
    for environment in _others(context):
        if not is_account_id(environment.partition("/")[2]):
            for name in context.backend.stacks(environment):
                place = _account_of(context, environment, name)
                if place is not None:
                    found.setdefault(place, []).append((environment, name))
    return found


def _others(context: Context) -> Iterator[str]:
    return (name for name in context.environments() if name != context.environment)


def _account_of(context: Context, environment: str, stack: str) -> _Place | None:
    """The account and mode of a state, which its first lines show."""
    with contextlib.suppress(StateError):
        header = _ACCOUNT.search(context.backend.stored(stack, environment) or b"")
        if header:
            return header["id"].decode(), _MODES[header["live"]]
    return None
