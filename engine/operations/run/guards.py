"""Guards that refuse a run before its first write; those of a plan alone are `plan.checks`."""

from __future__ import annotations

import re
from collections.abc import Iterable

from engine.errors import GuardError, LockHeldError, SettingsError
from engine.operations.run.context import Context
from engine.plan.inputs.accounts import is_known
from engine.plan.model import PlanReport, Step, StepKind
from engine.ports.provider import Account, Provider
from engine.schema.lifecycle import Verb
from engine.schema.resource_type import Schemas
from engine.settings.model import EMBEDDED, UNNAMED, Environment, is_live
from engine.state.model import State

_KEY = re.compile(r"(?:sk|rk)_(?:test|live|org)_[A-Za-z0-9_]+")
_QUOTES = ("'", '"', "`")
_MISTAKEN = {
    "pk_": "a publishable key (pk_...): it is for browsers, and can neither read nor write this",
    "whsec_": "the secret of a webhook endpoint (whsec_...), not an API key",
    "ek_": "an ephemeral key (ek_...): it is for one customer, and can neither read nor write this",
    "env:": "the name of a variable (env:...), which belongs into api-key in pyproject.toml",
}
_TEST = re.compile(r"[a-z]+_(?:org_)?test_")
_SILENT = (StepKind.RECORD, StepKind.FORGET)


# ── held locks ────────────────────────────────────────────────────────────────────────────


def refuse_held(context: Context, stacks: Iterable[str]) -> None:
    """Refuse a run that would write to a stack with a held lock.

    Raises:
        LockHeldError: with the owner, since when, why, and how to continue.
        StateError: if a held lock cannot be read.
    """
    refuse_held_at(context, context.settings.environment.lock_places, stacks)


def refuse_held_at(context: Context, places: Iterable[str], stacks: Iterable[str]) -> None:
    """Refuse a run that would write to stacks with a held lock in some environments.

    Raises:
        LockHeldError: with the owner, since when, why, and how to continue.
        StateError: if a held lock cannot be read.
    """
    names = tuple(stacks)
    locks = [
        lock
        for place in places
        for lock in context.backend.held_locks(place)
        if any(lock.covers(place, stack) for stack in names)
    ]
    if locks:
        first, *others = locks
        ways = " && ".join(f"engine lock {lock.place} --release" for lock in locks)
        raise LockHeldError(
            str(first),
            cause="\n".join(map(str, others)) or None,
            hint=f"when that is over: {ways}; nothing was changed",
        )


# ── the key ───────────────────────────────────────────────────────────────────────────────


def check_usable(environment: Environment) -> None:
    """Check that an environment has a key, and one of its mode, before anything is sent.

    Raises:
        SettingsError: if it has none, or one that is no key.
        GuardError: if the key is for another mode than the environment.
    """
    if not environment.emulator and not environment.api_key_source:
        raise SettingsError(
            f"{environment.name} is no account of its fleet any more, so its key is not known",
            hint="let the fleet list it again, with its key; nothing was sent",
        )
    if not environment.emulator and environment.api_key is None:
        raise SettingsError(
            f"environment {environment.name!r} has no API key",
            cause=f"{environment.api_key_source} is not set.",
            hint=f"export {environment.api_key_source}=sk_..."
            + ("" if environment.platform else f", or use the embedded emulator: -e {EMBEDDED}"),
        )
    check_key(environment)
    check_mode(environment)


def check_key(environment: Environment) -> None:
    """Refuse a value that cannot be a secret key of Stripe, before anything is sent.

    The message never contains the value, which may be another secret. The form matters also
    because the mode is read from it.

    Raises:
        SettingsError: with what the value looks like, and where to find keys.
    """
    if environment.api_key is None or _KEY.fullmatch(key := str(environment.api_key.value)):
        return
    what = next(
        (words for start, words in _MISTAKEN.items() if key.lstrip("'\"").startswith(start)),
        "no secret key of Stripe: those begin with sk_test_, rk_test_, sk_live_ or rk_live_, and "
        "have letters, digits and _ only",
    )
    if key[:1] in _QUOTES or key[-1:] in _QUOTES:
        what = "in quotation marks, which are part of the value here"
    raise SettingsError(
        f"the key in {environment.api_key_source} is {what}",
        hint="copy a secret or a restricted key from the Dashboard, under Developers, API keys, or "
        f"use the embedded emulator: -e {EMBEDDED}; nothing was sent",
    )


def check_mode(environment: Environment) -> None:
    """Check that the mode of a key is the one of its environment.

    Raises:
        GuardError: if a live key is in an environment that is not live, or a test key in one
            that is.
    """
    if environment.api_key is None:
        return
    key, source = str(environment.api_key.value), environment.api_key_source
    if environment.live and _TEST.match(key):
        raise GuardError(
            f"environment {environment.name!r} is live, but the key in {source} is a test key",
            hint=f"set {source} to a live key, or take live = true out of "
            f"[tool.engine.environments.{environment.configured}]; nothing was changed",
        )
    if environment.live or not is_live(key):
        return
    if environment.configured == UNNAMED:
        way = (
            "declare the environment and name it with -e live: [tool.engine.environments.live] "
            f'with api-key = "env:{source}" and live = true'
        )
    else:
        table = f"[tool.engine.environments.{environment.configured}]"
        way = f"if it is meant, write live = true in {table}"
    raise GuardError(
        f"the key in {source} is a live key, and environment {environment.name!r} does not say "
        "that it is live",
        hint=f"{way}; nothing was changed",
    )


def check_pinned(state: State, account: Account, source: str) -> None:
    """Check that a key belongs to the account and mode that a state is pinned to.

    Args:
        state: The state.
        account: The key's account.
        source: The variable with the key.

    Raises:
        GuardError: if it does not, or Stripe does not return the account.
    """
    place = f"{state.environment}/{state.stack}"
    if state.account_id and not account.id:
        raise GuardError(
            f"the state of {place} belongs to account {state.account_id}, and Stripe does not "
            "return the account of the key",
            hint=f"give the key in {source} the permission to read its account; nothing was "
            "changed",
        )
    if state.account_id and state.account_id != account.id:
        raise GuardError(
            f"the state of {place} belongs to account "
            f"{state.account_id}, but the key belongs to {account.id}",
            hint=f"set {source} to a key of {state.account_id}, or choose another environment "
            "with -e; nothing was changed",
        )
    if (
        state.livemode is not None
        and account.livemode is not None
        and state.livemode != account.livemode
    ):
        modes = {True: "live mode", False: "test mode"}
        raise GuardError(
            f"the state of {place} is of {modes[state.livemode]}, "
            f"but the key is for {modes[account.livemode]}",
            hint="use a key of the same mode, or choose another environment with -e; nothing was "
            "changed",
        )


def check_permissions(
    provider: Provider, schemas: Schemas, report: PlanReport, environment: Environment
) -> None:
    """Check, before the first write, that the key may write every type that the plans write.

    Raises:
        GuardError: with every missing permission that Stripe names.
        ProviderError: if Stripe cannot be reached.
    """
    steps = [step for plan in report.plans for step in plan.steps if _writes(step)]
    missing: dict[str, list[str]] = {}
    for type_name, account in dict.fromkeys((step.type, step.account) for step in steps):
        if not is_known(account):
            continue  # the apply makes the account: Stripe does not know it yet
        permission = provider.missing_permission(schemas[type_name], account=account)
        if permission is not None:
            place = f"{type_name} on {account}" if account else type_name
            missing.setdefault(permission, []).append(place)
    if missing:
        wanted = [f"{name}, for {', '.join(types)}" for name, types in missing.items()]
        raise GuardError(
            f"the restricted key in {environment.api_key_source} may not do all of this: "
            f"{len(missing)} permission{'s are' if len(missing) > 1 else ' is'} missing",
            cause="\n".join(wanted),
            hint="give the key these permissions in the Dashboard, under API keys, and run the "
            "command again; nothing was changed",
        )


def _writes(step: Step) -> bool:
    if step.kind is StepKind.REMOVE:
        return step.removal is not None and step.removal.verb is not Verb.KEEP
    return step.kind not in _SILENT
