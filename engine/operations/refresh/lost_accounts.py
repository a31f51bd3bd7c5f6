"""Reading what states record where Stripe gives no access to some of the connected accounts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.errors import PermissionDeniedError
from engine.operations.refresh.read import Connected, Place, read_all
from engine.ports.provider import OUT_OF_REACH
from engine.schema.remote import RemoteObject
from engine.schema.resource_type import Schemas


def read_recorded(
    session: Connected, schemas: Schemas, places: Mapping[Place, Sequence[str]]
) -> dict[Place, RemoteObject]:
    """Read the objects that states record.

    If an account is among them and is gone, so is what was on it.

    Args:
        session: Connects to Stripe when something has to be read.
        schemas: Resource types by name.
        places: The objects, each with the resources that record it.

    Raises:
        PermissionDeniedError: if another account cannot be reached, with what is recorded on it.
        ProviderError: if Stripe refuses or cannot be reached.
    """
    try:
        return read_all(session, schemas, places)
    except PermissionDeniedError as error:
        if error.code != OUT_OF_REACH:
            raise
    found: dict[Place, RemoteObject] = {}
    lost: dict[str, PermissionDeniedError] = {}
    for account in sorted({account for _, account, _ in places}):
        try:
            found |= read_all(session, schemas, [place for place in places if place[1] == account])
        except PermissionDeniedError as error:
            if error.code != OUT_OF_REACH:
                raise
            lost[account] = error
    gone = {
        id
        for type_name, account, id in places
        if schemas[type_name].life.is_account and (type_name, account, id) not in found
    }
    for account in [account for account in lost if account not in gone]:
        raise _out_of_reach(account, lost[account], places)
    return found


def _out_of_reach(
    account: str, error: PermissionDeniedError, places: Mapping[Place, Sequence[str]]
) -> PermissionDeniedError:
    names = sorted(name for place, some in places.items() if place[1] == account for name in some)
    return PermissionDeniedError(
        f"account {account}, on which the state records {', '.join(names)}, is out of reach: "
        f"{error.message}",
        status=error.status,
        code=error.code,
        request_id=error.request_id,
        hint="if it was disconnected, connect it again; if it is gone for good, forget what was "
        f"on it: engine state rm {' '.join(names)}",
    )
