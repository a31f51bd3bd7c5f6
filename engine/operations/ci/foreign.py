"""Planning what a fork proposes: its jobs get no key, so Stripe is not asked."""

from __future__ import annotations

import dataclasses

from engine.errors import EngineError, SettingsError, StoreUnavailableError
from engine.operations.run.context import Context
from engine.ports.ci.code_host import ChangeRequest
from engine.ports.provider import Provider
from engine.settings.model import Environment
from engine.values.secret import Sensitive

NOTE = (
    "> This change comes from a fork, whose jobs get no key: what Stripe has was not asked, and "
    "the plan cannot be applied."
)


def without_key(context: Context) -> Context:
    """The ports of a run that plans from the states alone, for an environment without a key."""
    environment = context.settings.environment
    # Its form says the mode; it opens nothing, and nothing is sent with it.
    key = Sensitive(f"sk_{'live' if environment.live else 'test'}_fork")
    settings = dataclasses.replace(
        context.settings, environment=dataclasses.replace(environment, api_key=key)
    )
    return dataclasses.replace(context, settings=settings, connect=_refuse)


def refuse_fleet(change: ChangeRequest | None, environment: Environment) -> None:
    """Refuse the plan of a fleet in a job of a fork: it has to ask Stripe.

    Raises:
        SettingsError: if this is one.
    """
    if change is not None and change.foreign and not environment.emulator:
        _refuse()


def without_store(error: EngineError) -> EngineError:
    """An error of a job that may get no access to the store with the states."""
    if not isinstance(error, StoreUnavailableError):
        return error
    return error.with_hint(
        "jobs of a fork get no access to the store with the states; a member of the repository can "
        "plan it: push the branch to the repository itself"
    )


def _refuse() -> Provider:
    raise SettingsError(
        "this plan needs to read from Stripe, and jobs of a fork get no key",
        hint="a member of the repository can plan it: push the branch to the repository itself",
    )
