"""What a request asks for, and in whose account that is."""

from __future__ import annotations

from dataclasses import dataclass

from engine.emulator.accounts.account import OWN
from engine.emulator.accounts.connected import ACCOUNT, foreign_account, no_platform
from engine.emulator.accounts.keys import Caller
from engine.emulator.storage.repository import Repository
from engine.emulator.types.routes import Match, match
from engine.emulator.wire.messages import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """What a request asks for, and whose objects that is about.

    Attributes:
        match: The operation.
        caller: The caller, in the account whose objects it is about.
        related: The caller in the account that this one is connected to, or that the path names.
    """

    match: Match
    caller: Caller
    related: Caller


def aim(request: Request, caller: Caller) -> Aim:
    """Find the operation of a request, and the accounts that it is about.

    D: the id of a connected account in a URL says the same as a header. The account itself, its
    persons and its bank accounts are objects of the platform.

    Raises:
        StripeRefusal: Stripe has no such operation, or not for connected accounts.
    """
    asks_itself = caller.platform and (request.method, request.path) == ("GET", OWN)
    path = f"/v1/accounts/{caller.account}" if asks_itself else request.path
    found = match(request.method, path)
    own, account = caller.own, _account_of(found)
    if account:
        if caller.platform and account != caller.account:
            raise no_platform()
        return Aim(match=found, caller=own, related=own.within(account))
    refuse = found.kind.behaviour.platforms_only.get(found.operation)
    if caller.platform and refuse is not None:
        raise refuse()
    return Aim(match=found, caller=caller, related=own)


def require_connected(caller: Caller, repository: Repository) -> None:
    """Refuse an account that is not connected to the key's own.

    Raises:
        StripeRefusal: 403.
    """
    connected = caller.connected
    if caller.platform and not repository.holds(ACCOUNT, connected, caller.own.scope):
        raise foreign_account(caller, connected)


def _account_of(found: Match) -> str:
    """Id of the account that a path names; empty if it names none."""
    if found.kind.object == ACCOUNT:
        return found.id
    return found.parent if found.kind.parent_object == ACCOUNT else ""
