"""A session: lock, load, check the account, save, unlock. Every use case that plans runs in one."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from engine.errors import GuardError, SettingsError
from engine.graph.build import ResourceGraph
from engine.operations.context import Context
from engine.operations.guards import check_mode, check_pinned, refuse_held
from engine.plan.normal import is_sealed
from engine.provider.base import Account, Provider
from engine.settings import EMBEDDED
from engine.state.backend import Hold, Holder
from engine.state.model import State, new_state
from engine.values import UNKNOWN, OutputTarget, Sensitive, targets_in


@dataclass(slots=True)
class Session:
    """What one run holds while it is at work.

    Attributes:
        context: The run's ports.
        graphs: The stacks, in order.
        loaded: States as they are stored now, by stack; None for one never written.
        states: States as the run sees them, by stack.
        holds: The run locks, by stack.
    """

    context: Context
    graphs: tuple[ResourceGraph, ...]
    loaded: dict[str, State | None] = field(default_factory=dict)
    states: dict[str, State] = field(default_factory=dict)
    holds: dict[str, Hold] = field(default_factory=dict)
    bumped: set[str] = field(default_factory=set)
    _provider: Provider | None = None
    _account: Account | None = None

    @property
    def provider(self) -> Provider:
        """Stripe, connected on first use."""
        if self._provider is None:
            self._provider = self.context.connect()
        return self._provider

    @property
    def account(self) -> Account | None:
        """Whom the key speaks for; None until somebody asked."""
        return self._account

    @property
    def requests(self) -> int:
        """Calls made so far."""
        return self._provider.requests if self._provider is not None else 0

    @property
    def writes(self) -> int:
        """How many of them could change something."""
        return self._provider.writes if self._provider is not None else 0

    def check_account(self) -> Account:
        """Ask whom the key speaks for, and hold it against configuration and states.

        Raises:
            GuardError: if it is not whom they name.
            ProviderError: if Stripe refuses or cannot be reached.
        """
        if self._account is None:
            self._account = self.provider.account()
        account = self._account
        environment = self.context.settings.environment
        if environment.account and account.id != environment.account:
            raise GuardError(
                f"the key of environment {environment.name!r} answers for "
                f"{account.id or 'an account that Stripe does not tell'}, "
                f"not for {environment.account}",
                hint=f"set {environment.api_key_source} to a key of {environment.account}; "
                "nothing was changed",
            )
        for state in self.states.values():
            check_pinned(state, account, environment.api_key_source)
        return account

    def save(self, state: State) -> State:
        """Make a state durable, its serial one up from what the run began with.

        Raises:
            StateError: if it cannot be written.
        """
        before = self.loaded[state.stack]
        if before is not None and state.same_content(before):
            return before
        if before is None and not (state.resources or state.outputs or state.removed):
            return state
        return self._write(state)

    def _write(self, state: State) -> State:
        before = self.loaded[state.stack]
        serial = state.serial if state.stack in self.bumped else state.serial + 1
        written = dataclasses.replace(
            state,
            serial=serial,
            engine_version=self.context.engine_version,
            api_version=self.context.api_version,
            **self._pin(state),
        )
        self.context.backend.write(written, expected=before)
        self.loaded[state.stack] = written
        self.bumped.add(state.stack)
        self.states[state.stack] = written
        return written

    def begin(self, stack: str) -> None:
        """Write a first state down before anything is created.

        Its lineage then outlives a crash: what carries it in its ownership stamp is known as ours.

        Raises:
            StateError: if it cannot be written.
        """
        if self.loaded[stack] is None:
            self._write(self.states[stack])

    def _pin(self, state: State) -> dict[str, Any]:
        account = self._account
        if account is None:
            return {}
        return {
            "account_id": account.id or state.account_id,
            "livemode": account.livemode if account.livemode is not None else state.livemode,
        }

    def output_of(self, target: OutputTarget) -> Any:
        """Another stack's output, UNKNOWN if there is none yet."""
        state = self.states.get(target.stack) or self.context.backend.read(
            target.stack, self.context.environment
        )
        if state is None or target.name not in state.outputs:
            return UNKNOWN
        value = state.outputs[target.name]
        if is_sealed(value):
            secret = self.context.sink.load(target.stack, f"output.{target.name}")
            return UNKNOWN if secret is None else Sensitive(secret)
        return value

    def outputs_read_by(self, graph: ResourceGraph) -> dict[OutputTarget, Any]:
        """The outputs of other stacks that a stack refers to."""
        sources = [entry.arguments for entry in graph.declarations.values()]
        outputs = [entry.value for entry in graph.stack.outputs.values()]
        return {
            target: self.output_of(target)
            for target in targets_in([sources, outputs])
            if isinstance(target, OutputTarget)
        }


@contextlib.contextmanager
def session(
    context: Context,
    graphs: tuple[ResourceGraph, ...],
    *,
    operation: str,
    lock_timeout: float,
    reading: bool = False,
) -> Iterator[Session]:
    """Lock and load the states of some stacks, in stack order, and unlock at the end.

    Args:
        context: The run's ports.
        graphs: The stacks.
        operation: What for; shown to whoever waits for the locks.
        lock_timeout: Seconds to wait for another run.
        reading: Neither state nor service is written, so that held locks do not matter.

    Raises:
        LockHeldError: if another run works on one of them, or somebody holds a lock on one.
        GuardError: if the key is for another mode than the environment.
        StateError: if a state cannot be trusted.
    """
    environment = context.settings.environment
    if not environment.emulator and environment.api_key is None:
        raise SettingsError(
            f"environment {environment.name!r} has no API key",
            cause=f"{environment.api_key_source} is not set.",
            hint=f"export {environment.api_key_source}=sk_..., or use the embedded emulator: "
            f"-e {EMBEDDED}",
        )
    check_mode(environment)
    names = sorted(graph.stack.name for graph in graphs)
    if not reading:
        refuse_held(context, names)
    with contextlib.ExitStack() as locks:
        opened = Session(context, graphs)
        for name in names:
            opened.holds[name] = locks.enter_context(
                context.backend.lock(
                    name,
                    environment.name,
                    operation=operation,
                    timeout=lock_timeout,
                    on_wait=_telling(context, name),
                )
            )
        for graph in graphs:
            name = graph.stack.name
            stored = context.backend.read(name, environment.name)
            opened.loaded[name] = stored
            opened.states[name] = stored or new_state(name, environment.name, context.new_id())
        yield opened


def _telling(context: Context, stack: str) -> Any:
    def tell(holder: Holder | None) -> None:
        context.hook.waiting_for_lock(stack, str(holder or "another run"))

    return tell
