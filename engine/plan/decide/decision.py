"""The decision about one resource: what its steps are built from, and what `describe` shows."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import field
from typing import Any

from engine.address import ResourceAddress
from engine.frozen import frozen
from engine.plan.compare.compare_fields import Comparison
from engine.plan.inputs.ownership import Owner
from engine.plan.model import Action, FieldChange, Reason
from engine.plan.refusal import Refusal
from engine.schema.lifecycle import Removal
from engine.schema.remote import RemoteObject
from engine.schema.resource_type import ResourceType
from engine.stack.model import Declaration
from engine.state.model import RemovalPolicy, ResourceState


@frozen
class Decision:
    """What happens to one resource, with all that its steps need.

    Attributes:
        address: The resource.
        kind: Its resource type.
        action: What happens to it; never MOVE, since a new address alone needs no step.
        reasons: Why, most important first.
        id: Stripe's id; empty before it exists.
        declared: Arguments as written, references as text; empty without a declaration.
        wanted: The same with references resolved, UNKNOWN where only the apply can tell.
        comparison: The object and the declaration as trees; None where nothing was compared.
        fields: Leaves that differ, by path; of a new object none, since all of them are new.
        update: Parameters of an update; empty if nothing is to be sent.
        revive_by: Name of the call that revives the object; empty if the update does.
        transfer: Parameters that take a natural key from its holder.
        actual: The object as it is; None if there is none.
        prior: What state records; None if nothing.
        removal_policy: What the author declares about removal.
        old_account: The account of the object that state records, empty for the key's own, if the
            declaration is on another one; None if it is not.
        removal: How the old object is removed; None where nothing is removed.
        create_first: Of a replacement: the new object is made before the old one is removed.
        superseded: Ids of objects that earlier replacements left to remove.
        companions: Ids of objects that Stripe made with it and that end with it, by the field of
            the object that holds them.
        instead: The revival of an ended object that takes the place of a new one; None if a new
            one is made.
        released_to: Who has the object from now on; None where it is not released to another stack.
        needs_room: Stripe takes a new object only once others are removed.
        unchanged: The fast check found nothing to do, in the state either.
        line: Where it is declared, `stacks/saas.py:12`; empty if it no longer is.
        notes: What a person should know, in addition to what the fields say.
        refusals: Why this must not be done, each with the way on.
    """

    address: ResourceAddress
    kind: ResourceType
    action: Action
    reasons: tuple[Reason, ...] = ()
    id: str = ""
    declared: Mapping[str, Any] = field(default_factory=dict)
    wanted: Mapping[str, Any] = field(default_factory=dict)
    comparison: Comparison | None = None
    fields: tuple[FieldChange, ...] = ()
    update: Mapping[str, Any] = field(default_factory=dict)
    revive_by: str = ""
    transfer: Mapping[str, Any] = field(default_factory=dict)
    actual: RemoteObject | None = None
    prior: ResourceState | None = None
    removal_policy: RemovalPolicy = field(default_factory=RemovalPolicy)
    old_account: str | None = None
    removal: Removal | None = None
    create_first: bool = False
    superseded: tuple[str, ...] = ()
    companions: Mapping[str, str] = field(default_factory=dict)
    instead: Decision | None = None
    released_to: Owner | None = None
    needs_room: bool = False
    unchanged: bool = False
    line: str = ""
    notes: tuple[str, ...] = ()
    refusals: tuple[Refusal, ...] = ()

    @property
    def makes(self) -> bool:
        """Whether a new object is made, so that its id is not known yet."""
        return self.action in (Action.CREATE, Action.REPLACE)

    @property
    def sends_update(self) -> bool:
        """Whether the object that exists is changed."""
        return self.action in (Action.UPDATE, Action.IMPORT, Action.REVIVE)

    @property
    def account(self) -> str:
        """The connected account of the object as it will be; empty for the key's own."""
        return self.removal_policy.account

    @property
    def actual_account(self) -> str:
        """The connected account of the object as it is; empty for the key's own."""
        return self.account if self.old_account is None else self.old_account

    def refused(self, *refusals: Refusal) -> Decision:
        """The same decision with more reasons why it must not be carried out."""
        placed = (refusal.at(self.address, self.line) for refusal in refusals)
        return dataclasses.replace(self, refusals=(*self.refusals, *placed))


def removal_policy_of(declaration: Declaration, kind: ResourceType) -> RemovalPolicy:
    """What a declaration says about removal."""
    lifecycle = declaration.lifecycle
    return RemovalPolicy(
        protect=kind.life.protect if lifecycle.protect is None else lifecycle.protect,
        keep=lifecycle.on_remove == "keep",
        account=lifecycle.account,
    )
