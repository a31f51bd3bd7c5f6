"""The decision about one resource, before it is ordered with the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.plan.compare.field_changes import new_fields
from engine.plan.compare.normalize import presentable
from engine.plan.model import Action, Change, Reason
from engine.schema.remote import RemoteObject
from engine.schema.resource_type import ResourceType
from engine.stack.model import Declaration
from engine.state.model import RemovalPolicy, ResourceState


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What happens to one resource, with all that its operations need.

    Attributes:
        change: What a person is shown.
        kind: The resource type.
        declared: Arguments as written, references as text; empty without a declaration.
        wanted: The same with references resolved, UNKNOWN where that cannot be told.
        update: Parameters of an update; empty if nothing is to be sent.
        revive_by: Name of the call that brings the object back; empty if the update does.
        transfer: Parameters that take a natural key from its holder.
        actual: The object as it is; None if there is none.
        prior: What state says; None if nothing.
        removal_policy: What the author says about removal.
        removals: Ids of objects that go, beside the change's own.
        brought: Ids of objects that Stripe made with it and that end with it, by the field of the
            object that holds them.
        instead: What brings an object back that takes the place of a new one; None if one is made.
        needs_room: Stripe takes a new object only once others are gone.
        untouched: A glance told that there is nothing to do, in the state either.
        refusals: Why this must not be done, each with the way on.
    """

    change: Change
    kind: ResourceType
    declared: Mapping[str, Any] = field(default_factory=dict)
    wanted: Mapping[str, Any] = field(default_factory=dict)
    update: Mapping[str, Any] = field(default_factory=dict)
    revive_by: str = ""
    transfer: Mapping[str, Any] = field(default_factory=dict)
    actual: RemoteObject | None = None
    prior: ResourceState | None = None
    removal_policy: RemovalPolicy = field(default_factory=RemovalPolicy)
    removals: tuple[str, ...] = ()
    brought: Mapping[str, str] = field(default_factory=dict)
    instead: Decision | None = None
    needs_room: bool = False
    untouched: bool = False
    refusals: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        """Text of the address."""
        return str(self.change.address)

    @property
    def makes(self) -> bool:
        """Whether a new object is made, so that its id is not known yet."""
        return self.change.action in (Action.CREATE, Action.REPLACE)

    @property
    def sends_update(self) -> bool:
        """Whether the object that is there is changed."""
        return self.change.action in (Action.UPDATE, Action.IMPORT, Action.REVIVE)


def removal_policy_of(declaration: Declaration, kind: ResourceType) -> RemovalPolicy:
    """What a declaration says about removal."""
    lifecycle = declaration.lifecycle
    return RemovalPolicy(
        protect=kind.life.protect if lifecycle.protect is None else lifecycle.protect,
        keep=lifecycle.on_remove == "keep",
        account=lifecycle.account,
    )


def decide_new(
    declaration: Declaration,
    kind: ResourceType,
    wanted: Mapping[str, Any],
    *,
    reason: Reason,
    prior: ResourceState | None,
    transfer: Mapping[str, Any],
    notes: tuple[str, ...] = (),
) -> Decision:
    """A resource that has no object yet, or has one no longer."""
    change = Change(
        address=declaration.address,
        type=kind.name,
        action=Action.CREATE,
        reasons=(reason,),
        after=presentable(wanted),
        fields=new_fields(kind, wanted, declaration.arguments),
        notes=notes,
        line=str(declaration.location),
    )
    return Decision(
        change=change,
        kind=kind,
        declared=declaration.arguments,
        wanted=wanted,
        transfer=transfer,
        prior=prior,
        removal_policy=removal_policy_of(declaration, kind),
        removals=prior.superseded if prior is not None else (),
    )
