"""Find out which states own which objects, once a run."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator

from engine.errors import StateError
from engine.operations.cross_checks.other_stacks import other_states
from engine.operations.run.session import Session
from engine.plan.inputs.ownership import Ownership, ownership_of
from engine.state.model import State

_ACCOUNT = re.compile(
    rb'^  "account": \{\n    "id": "(?P<id>[^"\n]*)",\n    "livemode": (?P<live>true|false|null)',
    re.MULTILINE,
)
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
    backend, own = session.context.backend, session.context.environment
    if session.context.settings.environment.emulator:
        return
    places = {
        (state.account_id, state.livemode) for state in session.states.values() if state.account_id
    }
    if session.account is not None and session.account.id:
        places.add((session.account.id, session.account.livemode))
    for environment in backend.environments() if places else ():
        for name in backend.stacks(environment) if environment != own else ():
            # Most are of another account, which the first lines show.
            with contextlib.suppress(StateError):
                header = _ACCOUNT.search(backend.stored(name, environment) or b"")
                if header and (header["id"].decode(), _MODES[header["live"]]) in places:
                    state = backend.read(name, environment)
                    if state is not None:
                        yield state
