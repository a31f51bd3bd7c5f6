"""What a plan consists of. A reason explains a change and never decides one."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import field
from typing import Any

from engine.address import ResourceAddress
from engine.frozen import frozen
from engine.plan.impact import Impact
from engine.plan.inputs.options import PlanOptions
from engine.plan.orphan import Orphan
from engine.plan.refusal import PolicyFinding, Refusal
from engine.plan.rename import Rename
from engine.schema.lifecycle import Removal
from engine.state.model import ResourceState
from engine.values.markers import ABSENT
from engine.values.paths import Path

ACCOUNT_PATH: Path = ("lifecycle", "account")
"""The path of the account among the leaves that differ."""


class Action(enum.StrEnum):
    """What happens to one resource."""

    NO_OP = "no-op"
    CREATE = "create"
    READ = "read"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    IMPORT = "import"
    REVIVE = "revive"
    MOVE = "move"
    FORGET = "forget"


class Reason(enum.StrEnum):
    """Why a resource changes."""

    DECLARED = "declared"
    """It is declared and does not exist yet."""
    CHANGED = "changed"
    """The declaration changed."""
    DRIFTED = "drifted"
    """It was changed outside of the code."""
    MISSING = "missing"
    """It was deleted outside of the code."""
    ENDED = "ended"
    """It was archived or disabled outside of the code."""
    UNDECLARED = "undeclared"
    """Its declaration is gone."""
    DESTROYED = "destroyed"
    """The person asked for everything to be removed."""
    IMMUTABLE = "immutable"
    """A field changed that Stripe cannot change in place."""
    DEPENDENCY = "dependency"
    """Something it refers to is replaced."""
    REMADE = "remade"
    """Something it refers to was deleted outside of the code and is made again."""
    OUTPUT = "output"
    """An output of another stack that it reads has another value, or no longer has one."""
    DIFFERS = "differs"
    """Stripe has had another value since the last apply: it may not keep what is sent."""
    TRIGGERED = "triggered"
    """Something named in its replace_triggered_by changes."""
    REQUESTED = "requested"
    """The person asked for it to be replaced."""
    SUPERSEDED = "superseded"
    """An earlier replacement left the old object to be removed."""
    REMEMBERED = "remembered"
    """It was removed earlier and still exists on Stripe."""
    ADOPTED = "adopted"
    """It exists on Stripe, and the declaration brings it under management."""
    IMPORTED = "imported"
    """The stack asks for it to be imported."""
    MOVED = "moved"
    """It was declared under another name."""
    RELEASED = "released"
    """The stack asks for it to be forgotten, not removed."""
    PAST = "past"
    """It has ended on Stripe, so that nothing is left to remove."""
    DETACHED = "detached"
    """It has to stop referring to an object that is removed."""


class FieldReason(enum.StrEnum):
    """Why one field changes."""

    SET = "set"
    CHANGED = "changed"
    DRIFT = "drift"
    REFERENCE = "reference"
    """The declaration is the same, and what it refers to is or will be another object."""
    DIFFERS = "differs"
    """The declaration is the same, and Stripe has had another value since the last apply."""
    CLEARED = "cleared"
    STAYS = "stays"
    """It was declared, is no longer, and Stripe cannot clear it."""
    GOES = "goes"
    """It was declared, is no longer, and is cleared by something else that the plan changes."""


@frozen
class FieldChange:
    """One leaf that differs.

    Attributes:
        path: Where it is in the declaration.
        before: What Stripe has; ABSENT if it has nothing there.
        after: What is wanted; UNKNOWN if it is known after the apply only, ABSENT if nothing.
        reason: Why.
        forces_replacement: Stripe cannot change it in place.
        sensitive: Neither side may be shown.
        currency: Lower-case currency both sides are amounts in; empty if they are no amounts.
    """

    path: Path
    before: Any
    after: Any
    reason: FieldReason
    forces_replacement: bool = False
    sensitive: bool = False
    currency: str = ""


@frozen
class Change:
    """What a plan does to one resource.

    Attributes:
        address: The resource.
        type: Its resource type.
        action: What happens.
        reasons: Why, most important first.
        id: Stripe's id; empty before it exists.
        before: Declared leaves as Stripe has them; empty before it exists. Of a removal, what
            people know the object by, too.
        after: The same as they will be, UNKNOWN where they are known after the apply only; empty
            for removals.
        fields: Leaves that differ, by path.
        create_first: Of a replacement: the new object is made before the old one is removed.
        removal: How the old object is removed; None where nothing is removed.
        notes: What a person should know before saying yes.
        moved_from: The address it had, `shop:stripe_price.pro` in another stack; None if it did
            not move.
        line: Where it is declared, `stacks/saas.py:12`; empty if it no longer is.
        account: Connected account the object is on, or will be; empty for the key's own, a
            reference if the apply makes the account.
        dependencies: Addresses it refers to or comes after, sorted; those of another stack of the
            run as `shop:stripe_product.pro`. Of what is no longer declared, those that state
            records.
    """

    address: ResourceAddress
    type: str
    action: Action
    reasons: tuple[Reason, ...] = ()
    id: str = ""
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    fields: tuple[FieldChange, ...] = ()
    create_first: bool = False
    removal: Removal | None = None
    notes: tuple[str, ...] = ()
    moved_from: str | None = None
    line: str = ""
    account: str = ""
    dependencies: tuple[str, ...] = ()


@frozen
class Drift:
    """How one object on Stripe differs from what the last apply saw.

    Attributes:
        address: The resource.
        type: Its resource type.
        id: Stripe's id.
        gone: It no longer exists.
        ended: It exists, archived or disabled.
        fields: Declared leaves that differ: `before` is what the last apply saw, `after` what
            Stripe has now.
        account: Connected account it is on; empty for the key's own.
    """

    address: ResourceAddress
    type: str
    id: str
    gone: bool = False
    ended: bool = False
    fields: tuple[FieldChange, ...] = ()
    account: str = ""


class StepKind(enum.StrEnum):
    """What one step does."""

    CREATE = "create"
    UPDATE = "update"
    SETTLE = "settle"
    """The update that completes a create: fields that create has no parameter for."""
    REMOVE = "remove"
    CALL = "call"
    """One of the type's further calls, such as `validate` or `reactivate`."""
    DETACH = "detach"
    """The update of another object, so that it no longer refers to one that is removed."""
    RECORD = "record"
    """State only; nothing is sent."""
    FORGET = "forget"
    """State only: the resource is dropped from it."""


@frozen
class Step:
    """One step of an apply.

    Attributes:
        key: Unique within the plan and stable: `create stripe_price.pro`.
        kind: What it does.
        address: The resource.
        type: Its resource type.
        id: Object it acts on; empty if the resource's own current id.
        params: Parameters, references unresolved; CLEAR where a field is emptied.
        removal: How a REMOVE removes.
        call: Name of the call that a CALL makes.
        record: What state records of the resource once the step is done, its id and attributes
            filled in from the response; None if nothing.
        after: Keys of the steps that have to be done first.
        supersedes: Of a CREATE that replaces: the object that is removed afterwards, as state names
            it among those that are superseded.
        referred: Attributes that others refer to, so that state keeps them.
        account: Connected account to act on; empty for the key's own, a reference if the apply
            makes the account.
        other: Of a RECORD the resource of another stack that comes here with all that is recorded
            of it, of a FORGET the one that has the object from now on: `shop:stripe_price.pro`.
    """

    key: str
    kind: StepKind
    address: ResourceAddress
    type: str
    id: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    removal: Removal | None = None
    call: str = ""
    record: ResourceState | None = None
    after: tuple[str, ...] = ()
    supersedes: str = ""
    referred: tuple[str, ...] = ()
    account: str = ""
    other: str = ""


@frozen
class OutputChange:
    """How one output changes.

    Attributes:
        name: Its name.
        before: Value in state; ABSENT if there is none.
        after: Value wanted; UNKNOWN if it is known after the apply only, ABSENT if it is removed.
        sensitive: Neither side may be shown.
    """

    name: str
    before: Any = ABSENT
    after: Any = ABSENT
    sensitive: bool = False


@frozen
class Plan:
    """What an apply of one stack would do; apply obeys it and nothing else.

    Attributes:
        stack: Stack name.
        environment: Environment name.
        lineage: Lineage of the state it was made from.
        serial: Serial of that state.
        changes: One for each resource, unchanged ones included, in address order.
        drift: What changed on Stripe since the last apply, in address order.
        outputs: Outputs that change, by name.
        wanted_outputs: Every output as the stack declares it, references unresolved, by name, with
            whether it is sensitive; None leaves the outputs as they are.
        steps: Steps in the order they would run one at a time.
        reads: What state is to record of what the stack reads of others, as `State.reads`.
        declared: Digest of what the stack declares, which state is to record when all steps are
            done; empty if the plan leaves something out, or the modules were not asked.
        moves: State addresses that are renamed first, old to new.
        lookups: Objects that were read and that steps and outputs may refer to, by address.
        refresh_only: Brings the state up to what Stripe has, and sends nothing.
        warnings: What a person should know about the plan as a whole.
        refusals: Rules that forbid this plan, each with the way on; an apply stops at them.
    """

    stack: str
    environment: str
    lineage: str
    serial: int
    changes: tuple[Change, ...] = ()
    drift: tuple[Drift, ...] = ()
    outputs: tuple[OutputChange, ...] = ()
    wanted_outputs: Mapping[str, tuple[Any, bool]] | None = None
    reads: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    declared: str = ""
    moves: Mapping[str, str] = field(default_factory=dict)
    lookups: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    refresh_only: bool = False
    warnings: tuple[str, ...] = ()
    refusals: tuple[Refusal, ...] = ()

    @property
    def has_changes(self) -> bool:
        """Whether an apply would do anything that a person has to approve.

        A change of the record alone (a reference's spelling, a lifecycle) is nothing to approve.
        """
        return bool(
            self.pending
            or self.outputs
            or self.moves
            or (self.refresh_only and self.steps)
            or any(step.kind is not StepKind.RECORD for step in self.steps)
        )

    @property
    def pending(self) -> tuple[Change, ...]:
        """The changes that do something."""
        return tuple(change for change in self.changes if change.action is not Action.NO_OP)

    def count(self, *actions: Action) -> int:
        """How many resources undergo one of these actions."""
        return sum(1 for change in self.changes if change.action in actions)


@frozen
class PlanReport:
    """The plans of one run, and the account that they are for.

    Attributes:
        environment: Environment name.
        embedded: The environment is the embedded emulator.
        account_id: The account of the key; empty if it was not asked for, or is not returned.
        livemode: The account is in live mode; None if it was not asked for.
        plans: One for each stack, in the order they are applied.
        requests: Calls made to Stripe so far.
        saved: They are kept in a file, or come from one, so that a person could review them.
        server: Address of the server; empty for the embedded emulator and for Stripe itself.
        options: What the person asked for.
        renames: Removals and creations that are most likely one object under another address.
        orphans: Stacks of the environment that have a state and no module, and are not planned.
        recovered: An unfinished run was recovered before planning, which may have written.
        impacts: What uses the objects that the plans end or change, in the order of the changes.
        policies: What policies have against the plans: mandatory ones refuse, others are warnings.
        impact_asked: It was asked for: of what `impacts` does not have, nothing is known that could
            use it.
        notes: What a person should know of the run, and what asks for nothing.
    """

    environment: str
    embedded: bool
    account_id: str
    livemode: bool | None
    plans: tuple[Plan, ...]
    requests: int
    saved: bool = False
    server: str = ""
    options: PlanOptions = field(default_factory=PlanOptions)
    renames: tuple[Rename, ...] = ()
    orphans: tuple[Orphan, ...] = ()
    recovered: bool = False
    impacts: tuple[Impact, ...] = ()
    impact_asked: bool = False
    policies: tuple[PolicyFinding, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def has_changes(self) -> bool:
        """Whether any plan has something to do."""
        return any(plan.has_changes for plan in self.plans)

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        """Every rule that forbids these plans, each with the way on."""
        return tuple(refusal for _, refusal in self.refused)

    @property
    def refused(self) -> tuple[tuple[str, Refusal], ...]:
        """The same, each with the stack whose plan it forbids."""
        return tuple((plan.stack, refusal) for plan in self.plans for refusal in plan.refusals)


def summary(plan: Plan) -> dict[str, int]:
    """Count a plan's resources by action, every action named, `no-op` too."""
    return {action.value: plan.count(action) for action in Action}
