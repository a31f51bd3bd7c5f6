"""What an import that a file names has to do in addition: keep its secrets, know its account."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
from collections.abc import Mapping

from engine.address import parse_address
from engine.apply.secrets import secret_name
from engine.errors import NotFoundError, StateError
from engine.operations.import_account.origins.origin import Origin
from engine.operations.import_account.wanted import Wanted
from engine.operations.run.context import Context
from engine.plan.inputs.ownership import key_of
from engine.ports.provider import Account
from engine.schema.remote import RemoteObject
from engine.stack.loader import stack_files
from engine.state.model import State
from engine.values.paths import set_path
from engine.values.secret import Sealed, Sensitive

_MODES = {True: "live mode", False: "test mode"}


def refuse_strangers(
    origin: Origin, found: Mapping[str, Mapping[str, RemoteObject]], account: Account | None
) -> None:
    """Refuse a file all of whose objects are on another account, or in the other mode.

    Raises:
        NotFoundError: if the account has none of them.
    """
    wanted = origin.wanted.objects
    if not wanted or any(key.id in found.get(key.type, {}) for key in wanted):
        return
    here = _described(account) if account is not None else ""
    theirs = f"; they are in {_MODES[origin.livemode]}" if origin.livemode is not None else ""
    some = next(iter(wanted)).id
    raise NotFoundError(
        f"none of the {len(wanted)} objects that {origin.wanted.origin} names, such as {some}, is "
        f"on this account{here}{theirs}",
        hint="choose the environment with the key of their account and mode: engine import -e NAME",
    )


def declared_already(context: Context, wanted: Wanted) -> list[str]:
    """Say which modules declare these addresses for another environment already.

    A module serves all environments: a second one with the same resources would make them twice.
    """
    addresses = {f"{key.type}.{one.name}" for key, one in wanted.objects.items()}
    addresses |= {str(address) for address in wanted.declared}
    modules = stack_files(context.settings.stacks)
    found: list[str] = []
    for environment in context.backend.environments():
        for name in (
            context.backend.stacks(environment) if environment != context.environment else ()
        ):
            state = None
            with contextlib.suppress(StateError):
                state = context.backend.read(name, environment) if name in modules else None
            same = addresses.intersection(state.resources) if state is not None else ()
            if same:
                found.append(
                    f"stacks/{name}.py declares {len(same)} of these addresses, such as "
                    f"{min(same)}, and environment {environment} has them: a second module would "
                    f"create them there again. engine import -e {context.environment} ADDR ID "
                    "records an object under the address that is declared"
                )
    return found


def keep_secrets(context: Context, state: State, wanted: Wanted) -> State:
    """Keep the secrets that another tool knows, and return the state with their fingerprints.

    Raises:
        SecretSinkError: if one cannot be kept.
    """
    secrets: dict[str, Sensitive] = {}
    for address, entry in tuple(state.resources.items()):
        known = wanted.objects.get(key_of(entry))
        if known is None or not known.secrets:
            continue
        attributes = copy.deepcopy(dict(entry.attributes))
        for path, secret in known.secrets.items():
            secrets[secret_name(parse_address(address), path)] = secret
            set_path(attributes, path, Sealed.of(secret.value, state.lineage))
        record = dataclasses.replace(entry, attributes=attributes)
        state = state.with_resource(address, record)
    if secrets:
        context.sink.check(state.stack, tuple(secrets))
    for name, secret in secrets.items():
        context.sink.store(state.stack, name, secret.value)
    return state


def _described(account: Account) -> str:
    mode = "" if account.livemode is None else _MODES[account.livemode]
    return f" ({', '.join(filter(None, (account.id, mode)))})"
