"""The steps that carry out decisions, not in order yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.plan.compare.normalize import Normalizer
from engine.plan.decide.decision import Decision
from engine.plan.decide.references import is_certain
from engine.plan.inputs.plan_inputs import PlanInputs
from engine.plan.inputs.stamp import stamp
from engine.plan.model import Action, Step, StepKind
from engine.plan.steps.key import StepKey
from engine.plan.translate.params import create_params, settle_params, stamp_params
from engine.plan.translate.recorded import attributes_of, referred_attributes
from engine.schema.lifecycle import Verb
from engine.state.model import ResourceState
from engine.state.superseded import superseded_name, superseded_object, superseded_seen_from


@dataclass(slots=True, kw_only=True)
class StepGraph:
    """The steps of one plan while they are put together.

    Attributes:
        inputs: What the plan is made from.
        decisions: What happens to each resource.
        stamped: Objects get an ownership stamp: new ones, and others with the next update.
        steps: The steps, by key.
        after: Keys of the steps that each one waits for.
        of: Keys of each resource's steps, by address.
        referred: Attributes of each resource that something refers to, by address.
        taken: Keys of the steps that record resources of other stacks here, by address. All else of
            such a resource comes after it.
    """

    inputs: PlanInputs
    decisions: Mapping[str, Decision]
    stamped: bool
    steps: dict[StepKey, Step] = field(default_factory=dict)
    after: dict[StepKey, set[StepKey]] = field(default_factory=dict)
    of: dict[str, list[StepKey]] = field(default_factory=dict)
    referred: dict[str, set[str]] = field(default_factory=dict)
    taken: dict[str, StepKey] = field(default_factory=dict)

    def __post_init__(self) -> None:
        kinds = {decision.kind.name: decision.kind for decision in self.decisions.values()}
        self.referred = referred_attributes(self.inputs.graph, kinds)

    def add(self, decision: Decision) -> None:
        """Add the steps that carry out a decision."""
        action = decision.action
        self._take(decision)
        if decision.makes:
            self._make(decision)
        elif decision.sends_update:
            self._change(decision)
        elif action is Action.NO_OP:
            self._note(decision)
        elif action is Action.FORGET:
            other = str(decision.released_to or "")
            self.put(decision, StepKind.FORGET, id=decision.id, other=other)
        if action is Action.DELETE:
            self._remove(decision, decision.actual_account, decision.id)
        for old in decision.superseded:
            self._remove(decision, *superseded_object(old, decision.actual_account), leftover=True)

    def _take(self, decision: Decision) -> None:
        """Record a resource of another stack here, as it is recorded there."""
        source = self.inputs.observed.transfers.received.get(decision.address)
        if source is not None and decision.prior is not None:
            key = self.put(
                decision,
                StepKind.RECORD,
                detail=f"from {source}",
                id=decision.prior.id,
                record=decision.prior,
                other=str(source),
            )
            self.of[decision.address].remove(key)  # it waits for nothing
            self.taken[decision.address] = key

    def _make(self, decision: Decision) -> None:
        if decision.instead is not None:
            self._change(decision.instead)
        else:
            self._create(decision)
        for call in decision.kind.life.after_create:
            self._call(decision.instead or decision, call)
        removal = decision.removal
        if decision.action is Action.REPLACE and removal is not None:
            old = (decision.actual_account, decision.id)
            self._remove(decision, *old, leftover=decision.create_first)

    def _create(self, decision: Decision) -> None:
        superseded = ""
        removal = decision.removal
        ends = removal is not None and removal.verb is not Verb.KEEP
        if decision.action is Action.REPLACE and decision.create_first and ends:
            superseded = superseded_name(decision.actual_account, decision.id, decision.account)
        self.put(
            decision,
            StepKind.CREATE,
            params={
                **create_params(decision.kind, decision.declared, self._owner(decision)),
                **decision.transfer,
            },
            record=self._record(decision, superseded=superseded),
            supersedes=superseded,
        )
        settle = settle_params(decision.kind, decision.declared)
        if settle:
            self.put(decision, StepKind.SETTLE, params=settle, record=self._record(decision))

    def _change(self, decision: Decision) -> None:
        late = {
            name
            for name in decision.update
            if decision.kind.root.fields[name].update_only
            and not is_certain(decision.wanted.get(name))
        }
        now = {name: value for name, value in decision.update.items() if name not in late}
        if now and self.stamped and self.inputs.observed.refreshed:
            owner = self._owner(decision)
            now |= stamp_params(decision.kind, now, decision.actual or {}, owner)
        transfer = self._transfer(decision, now)
        if decision.revive_by:
            self._call(decision, decision.revive_by, id=decision.id)
        kind = StepKind.UPDATE if now else StepKind.RECORD
        record = self._record(decision)
        if now or not late:
            self.put(decision, kind, id=decision.id, params={**now, **transfer}, record=record)
        if late:
            self.put(
                decision,
                StepKind.SETTLE,
                id=decision.id,
                params={name: decision.update[name] for name in late},
                record=record,
            )

    def _owner(self, decision: Decision) -> str:
        """The ownership stamp of a resource; empty if objects get none."""
        return stamp(self.inputs.state.lineage, decision.address) if self.stamped else ""

    def _call(self, decision: Decision, name: str, id: str = "") -> None:
        record = self._record(decision)
        self.put(decision, StepKind.CALL, detail=name, id=id, call=name, record=record)

    def _transfer(self, decision: Decision, params: Mapping[str, Any]) -> dict[str, Any]:
        """Take a natural key that another resource of this state holds."""
        for key in decision.kind.life.natural_keys:
            value = decision.wanted.get(key.attribute) if key.attribute in params else None
            if not key.transfer or value in (None, ""):
                continue
            for address, entry in self.inputs.state.resources.items():
                here = address != decision.address and entry.account == decision.account
                if here and entry.attributes.get(key.attribute) == value:
                    return {key.transfer: True}
        return {}

    def _note(self, decision: Decision) -> None:
        """Only record what changed: a reference's spelling, the lifecycle, what is referred to."""
        if decision.unchanged and decision.address not in self.referred:
            return
        record = self._record(decision)
        if record != decision.prior:
            self.put(decision, StepKind.RECORD, id=decision.id, record=record)

    def _remove(self, decision: Decision, account: str, id: str, *, leftover: bool = False) -> None:
        # Of an object that an earlier run superseded nothing was read: the surest way is the last.
        ways = sorted(decision.kind.life.removals, key=lambda way: way.verb is not Verb.KEEP)
        removal = decision.removal or ways[-1]
        current = (account, id) == (decision.actual_account, decision.id)
        self.put(
            decision,
            StepKind.REMOVE,
            detail=superseded_name(account, id, decision.account) if leftover else "",
            id=id,
            account=account,
            removal=removal,
            params=decision.companions if current else {},
        )

    def put(self, decision: Decision, kind: StepKind, *, detail: str = "", **parts: Any) -> StepKey:
        """Add one step and return its key."""
        key = StepKey.of(kind, decision.address, detail)
        self.steps[key] = Step(
            key=str(key),
            kind=kind,
            address=decision.address,
            type=decision.kind.name,
            referred=tuple(sorted(self.referred.get(decision.address, ()))),
            **{"account": decision.account, **parts},
        )
        self.after[key] = set()
        self.of.setdefault(decision.address, []).append(key)
        return key

    def _record(self, decision: Decision, *, superseded: str = "") -> ResourceState:
        """What state is to record of a resource; a step's response adds id and attributes."""
        normal = Normalizer(self.inputs.state.lineage)
        was_on, is_on = decision.actual_account, decision.account
        prior = decision.prior
        earlier = superseded_seen_from(prior.superseded, was_on, is_on) if prior else ()
        attributes: dict[str, Any] = {}
        if decision.actual is not None:
            attributes = attributes_of(
                normal,
                decision.kind,
                normal.seal(decision.wanted),
                decision.actual,
                self.referred.get(decision.address, set()),
                decision.prior,
                whole=self.inputs.observed.refreshed,
            )
        return ResourceState(
            type=decision.kind.name,
            id=decision.id,
            declared=normal.seal(decision.declared),
            attributes=attributes,
            dependencies=self.inputs.graph.needs(decision.address),
            superseded=(*earlier, superseded) if superseded else earlier,
            removal_policy=decision.removal_policy,
            triggers=self.inputs.triggers(decision.address),
            imported=not decision.makes and (prior is None or prior.imported),
            former=superseded_seen_from(prior.former, was_on, is_on) if prior else (),
        )

    def keys(self, address: str, *kinds: StepKind) -> list[StepKey]:
        """Keys of a resource's steps of some kinds."""
        return [key for key in self.of.get(address, ()) if key.kind in kinds]
