"""The ports and settings that every use case gets, frozen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from typing import TYPE_CHECKING

from engine.frozen import frozen
from engine.operations.run.once import Once
from engine.ports.backend import StateBackend
from engine.ports.hook import Hook
from engine.ports.provider import Provider
from engine.ports.secret_sink import SecretSink
from engine.schema.resource_type import Schemas
from engine.settings.model import Settings
from engine.state.advice import Advice

if TYPE_CHECKING:
    from engine.policies.declare import Policies


@frozen
class Context:
    """The ports and settings of one run.

    Attributes:
        settings: The settings.
        schemas: Resource types by name.
        open_backend: Opens the state backend, the same one at each call.
        open_sink: Opens what keeps secrets, the same one at each call.
        connect: Makes the provider; raises if there is no key. Called at most once in a run.
        hook: Notified of everything.
        api_version: Stripe API version the provider speaks.
        engine_version: Version of this engine.
        new_id: Makes random ids, for runs and lineages.
        clock: Returns the time, in Unix seconds.
        claim: Id of the larger run that this one is part of; empty if it is part of none.
        load_policies: Loads the policies of the project, the same ones at each call; None if it has
            none.
        once: What is true of the whole project, as it was when that was first asked for; the
            accounts of a fleet have it in common.
    """

    settings: Settings
    schemas: Schemas
    open_backend: Callable[[], StateBackend]
    open_sink: Callable[[], SecretSink]
    connect: Callable[[], Provider]
    hook: Hook
    api_version: str
    engine_version: str
    new_id: Callable[[], str]
    clock: Callable[[], float]
    load_policies: Callable[[], Policies | None]
    claim: str = ""
    once: Once = field(default_factory=Once)

    def environments(self) -> tuple[str, ...]:
        """The environments that had a state when this was first asked for, sorted."""
        return self.once("environments", self.backend.environments)

    @property
    def backend(self) -> StateBackend:
        """States, journals and locks."""
        return self.open_backend()

    @property
    def sink(self) -> SecretSink:
        """Keeps secrets."""
        return self.open_sink()

    @property
    def policies(self) -> Policies | None:
        """The policies of the project, loaded when they are first asked for; None if none."""
        return self.load_policies()

    def advice(self, stack: str) -> Advice:
        """What people can do about the stored state of a stack."""
        return self.backend.advice(self.backend.place(stack, self.environment))

    @property
    def environment(self) -> str:
        """Name of the run's environment."""
        return self.settings.environment.name
