"""A session: the states, locks and journals of one run, and how states are saved."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.address import ResourceAddress
from engine.apply.journal import Journal, Run, first_record, objects_of, room_for
from engine.apply.secrets import part_of_secret
from engine.errors import GuardError, StateError
from engine.graph.build import ResourceGraph
from engine.operations.run.context import Context
from engine.operations.run.guards import check_key, check_pinned
from engine.plan.decide.references import is_certain
from engine.plan.impact import Impact
from engine.plan.inputs.observed import Observed
from engine.plan.inputs.ownership import Ownership
from engine.plan.inputs.transfers import Transfers
from engine.plan.model import Action, Plan, Reason, Step
from engine.ports.provider import Account, Provider
from engine.ports.run_locks import Hold
from engine.stack.model import OutputDeclaration
from engine.state.model import State
from engine.values.markers import ABSENT, UNKNOWN
from engine.values.paths import get_path
from engine.values.secret import Sealed
from engine.values.targets import Elsewhere, OutputTarget, ResourceTarget
from engine.values.templates import targets_with_paths


@dataclass(slots=True)
class Session:
    """What one run works with.

    Attributes:
        context: The run's ports.
        graphs: The stacks, in order; none where a saved plan is applied.
        loaded: States as they are stored now, by stack; None for one that was never written.
        states: States as the run sees them, by stack.
        recovered: Serials that states had before an unfinished run was recovered, by stack.
        planned: Outputs that the plans of this run change, by stack.
        changed: Resources that the plans of this run change, by stack.
        remade: Outputs that are ids of objects that the plans of this run make anew.
        observed: What was read for the plan, by stack.
        journals: Journals that are being written, by stack.
        recovery_warnings: What people should know about runs that had not finished, by stack.
        holds: The run locks, by stack.
        others: States of the environment that are not part of the run, by stack; None for one that
            cannot be read. None until they are read.
        ownership: Who owns which object; None until it is known.
        transfers: What the stacks of the run give to each other, by stack.
        prior: States as plans are made from them: with what comes from other stacks.
        impacts: What uses the objects that the plans of this run end or change, by stack and
            address, as far as it was counted; None where nothing is known that could use one.
    """

    context: Context
    graphs: tuple[ResourceGraph, ...] = ()
    loaded: dict[str, State | None] = field(default_factory=dict)
    states: dict[str, State] = field(default_factory=dict)
    recovered: dict[str, int] = field(default_factory=dict)
    planned: dict[str, dict[str, Any]] = field(default_factory=dict)
    changed: dict[str, frozenset[str]] = field(default_factory=dict)
    remade: set[Elsewhere] = field(default_factory=set)
    observed: dict[str, Observed] = field(default_factory=dict)
    journals: dict[str, Journal] = field(default_factory=dict)
    recovery_warnings: dict[str, tuple[str, ...]] = field(default_factory=dict)
    holds: dict[str, Hold] = field(default_factory=dict)
    others: dict[str, State | None] | None = None
    ownership: Ownership | None = None
    transfers: dict[str, Transfers] = field(default_factory=dict)
    prior: dict[str, State] = field(default_factory=dict)
    impacts: dict[tuple[str, ResourceAddress], Impact | None] = field(default_factory=dict)
    _provider: Provider | None = None
    _account: Account | None = None

    @property
    def provider(self) -> Provider:
        """Stripe, connected on first use."""
        if self._provider is None:
            check_key(self.context.settings.environment)
            self._provider = self.context.connect()
        return self._provider

    @property
    def account(self) -> Account | None:
        """The account that the key belongs to; None until it was read."""
        return self._account

    @property
    def requests(self) -> int:
        """Calls made so far."""
        return self._provider.requests if self._provider is not None else 0

    @property
    def writes(self) -> int:
        """How many of them could change something."""
        return self._provider.writes if self._provider is not None else 0

    def anew(self) -> Session:
        """A session of the same key that has read no state yet."""
        return Session(self.context, _provider=self._provider, _account=self._account)

    def check_account(self) -> Account:
        """Read the account of the key, and check it against the configuration and the states.

        Raises:
            GuardError: if it is not the one that they name.
            ProviderError: if Stripe refuses or cannot be reached.
        """
        if self._account is None:
            self._account = self.provider.account()
        account = self._account
        environment = self.context.settings.environment
        if environment.account and account.id != environment.account:
            raise GuardError(
                f"the key of environment {environment.name!r} belongs to "
                f"{account.id or 'an account that Stripe does not return'}, "
                f"not to {environment.account}",
                hint=f"set {environment.api_key_source} to a key of {environment.account}; "
                "nothing was changed",
            )
        for state in self.states.values():
            check_pinned(state, account, environment.api_key_source)
        return account

    def save(self, state: State) -> State:
        """Write a state with the next serial, and remove the journal of the run.

        Raises:
            StateError: if it cannot be written; the journal then stays.
            LockLostError: if another run has the lock, and so the journal.
        """
        self.holds[state.stack].check()
        before = self.loaded[state.stack]
        if before is not None and state.applied == before.applied:
            # What something else than a complete apply changed is not what that declared.
            same = state.same_declarations(before)
            state = state if same else dataclasses.replace(state, applied="")
        written = before if before is not None and state.same_content(before) else None
        if written is None and (before or state.resources or state.outputs or state.removed):
            written = self._write(state)
        self._end_journal(state.stack)
        return written or state

    def _write(self, state: State) -> State:
        before = self.loaded[state.stack]
        written = dataclasses.replace(
            state,
            serial=0 if before is None else before.serial,
            engine_version=self.context.engine_version,
            api_version=self.context.api_version,
            **self._pin(state),
        )
        written = dataclasses.replace(written, serial=written.serial + 1)
        self.context.backend.write(written, expected=before)
        self.loaded[state.stack] = written
        self.states[state.stack] = written
        return written

    def begin(self, stack: str, run: str, steps: Sequence[Step]) -> Journal:
        """Open the journal of a run, with room for all its steps.

        A first state is written before anything is created. So its lineage, which is in the
        ownership stamps of the new objects, survives a crash.

        Args:
            stack: Stack name.
            run: Random id of the run.
            steps: Its steps.

        Raises:
            StateError: if there is no room for the state or the journal; nothing was sent.
        """
        if self.loaded[stack] is None:
            self._write(self.states[stack])
        state, environment = self.states[stack], self.context.environment
        header = Run(
            id=run,
            stack=stack,
            environment=environment,
            lineage=state.lineage,
            serial=state.serial,
            objects=objects_of(state),
            account_id=self._account.id if self._account else "",
            livemode=self._account.livemode if self._account else None,
            since=dt.datetime.fromtimestamp(self.context.clock(), dt.UTC).isoformat(
                timespec="seconds"
            ),
        )
        file = self.context.backend.begin_journal(
            stack,
            environment,
            (first_record(header),),
            reserve=room_for(steps, state.lineage),
        )
        self.journals[stack] = Journal(header, file)
        return self.journals[stack]

    def _end_journal(self, stack: str) -> None:
        """Remove a journal, or keep the steps whose outcome is unknown."""
        journal = self.journals.pop(stack, None)
        if journal is None:
            return
        journal.file.close()
        backend, environment = self.context.backend, self.context.environment
        if not journal.open:
            # Its results are in the state, by which a journal that remains is recognised.
            with contextlib.suppress(StateError):
                backend.end_journal(stack, environment)
            return
        state = self.states[stack]
        run = dataclasses.replace(journal.run, serial=state.serial, objects=objects_of(state))
        left = (first_record(run), *journal.open.values())
        with contextlib.suppress(StateError):
            backend.begin_journal(stack, environment, left, reserve=0).close()

    def _pin(self, state: State) -> dict[str, Any]:
        account = self._account
        if account is None:
            return {}
        return {
            "account_id": account.id or state.account_id,
            "livemode": account.livemode if account.livemode is not None else state.livemode,
        }

    def expect(self, plan: Plan, outputs: Mapping[str, OutputDeclaration]) -> None:
        """Remember how a plan changes outputs, for the stacks that are planned after it.

        A secret that changes is known only after the apply.

        Args:
            plan: The plan.
            outputs: The outputs that its stack declares.
        """
        made = {
            change.address
            for change in plan.changes
            if change.action is Action.REPLACE or Reason.MISSING in change.reasons
        }
        for output in outputs.values():
            for path, target in targets_with_paths(output.value):
                if target in self.remade or getattr(target, "address", "") in made:
                    self.remade.add(OutputTarget(plan.stack, output.name, path))
        self.changed[plan.stack] = frozenset(change.address for change in plan.pending)
        self.planned[plan.stack] = {
            change.name: UNKNOWN
            if change.after is ABSENT or isinstance(change.after, Sealed)
            else change.after
            for change in plan.outputs
        }

    def kept_output(self, target: Elsewhere) -> Any:
        """Another stack's output in its state, or the id of a resource; UNKNOWN if it has none.

        Of a secret it is the fingerprint of the whole output.
        """
        state = self.states.get(target.stack) or (self.others or {}).get(target.stack)
        if state is None:
            state = self.context.backend.read(target.stack, self.context.environment)
        if isinstance(target, ResourceTarget):
            entry = None if state is None else state.at(target.address)
            return UNKNOWN if entry is None else entry.id
        value = UNKNOWN if state is None else state.outputs.get(target.name, UNKNOWN)
        return value if isinstance(value, Sealed) else get_path(value, target.path, UNKNOWN)

    def output_of(self, target: Elsewhere) -> Any:
        """The same, with the secret itself; UNKNOWN if it cannot be read."""
        value = self.kept_output(target)
        if isinstance(value, Sealed) and isinstance(target, OutputTarget):
            secret = self.context.sink.load(target.stack, f"output.{target.name}")
            return UNKNOWN if secret is None else part_of_secret(secret, target.path)
        return value

    def outputs_read_by(self, graph: ResourceGraph) -> dict[Elsewhere, Any]:
        """What a stack reads of others, as it is after this run."""
        targets = (*graph.read(), *graph.read_once())
        return {target: self._output_to_come(target) for target in targets}

    def remade_for(self, outputs: Mapping[Elsewhere, Any]) -> frozenset[Elsewhere]:
        """Of what a stack reads, the ids of objects that are made anew under the same one."""
        return frozenset(
            target for target in outputs if target in self.remade and outputs[target] is not UNKNOWN
        )

    def changing_for(self, outputs: Mapping[Elsewhere, Any]) -> frozenset[Elsewhere]:
        """Of what a stack reads, what this run changes and what is not known before the apply."""
        return frozenset(target for target in outputs if self._changes(target, outputs[target]))

    def _changes(self, target: Elsewhere, value: Any) -> bool:
        if isinstance(target, ResourceTarget):
            return target.address in self.changed.get(target.stack, ())
        changed = target.name in self.planned.get(target.stack, {})
        return (changed and not is_certain(value)) or target in self.remade

    def _output_to_come(self, target: Elsewhere) -> Any:
        if isinstance(target, ResourceTarget):
            return self.kept_output(target)
        changed = self.planned.get(target.stack, {})
        if target.name in changed:
            return get_path(changed[target.name], target.path, UNKNOWN)
        return self.output_of(target)
