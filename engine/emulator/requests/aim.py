"""What a request asks for, and in whose account that is."""

from __future__ import annotations

from engine.emulator.accounts.account import OWN
from engine.emulator.accounts.connected import ACCOUNT, foreign_account, no_platform
from engine.emulator.accounts.keys import Caller
from engine.emulator.storage.repository import Repository
from engine.emulator.types.routes import Match, match
from engine.emulator.wire.messages import Request


def aim(request: Request, caller: Caller) -> tuple[Match, Caller]:
    """Find the operation of a request, and the caller in the account whose objects it is about.

    D: the id of a connected account in a URL says the same as a header. The account itself, its
    persons and its bank accounts are objects of the platform.

    Raises:
        StripeRefusal: Stripe has no such operation, or not for connected accounts.
    """
    if not caller.platform:
        return match(request.method, request.path), caller
    asks_itself = (request.method, request.path) == ("GET", OWN)
    path = f"/v1/accounts/{caller.connected}" if asks_itself else request.path
    found = match(request.method, path)
    account = _account_of(found)
    if account == caller.connected:
        return found, caller.own
    if account:
        raise no_platform()
    refuse = found.kind.behaviour.platforms_only.get(found.operation)
    if refuse is not None:
        raise refuse()
    return found, caller


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
