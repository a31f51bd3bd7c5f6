"""What was read from Stripe before planning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from engine.frozen import frozen
from engine.plan.inputs.ownership import Ownership
from engine.plan.inputs.transfers import Transfers
from engine.schema.remote import RemoteObject
from engine.values.targets import AttributeTarget, Elsewhere


@frozen
class Observed:
    """What a refresh saw; keys are address texts.

    Attributes:
        refreshed: Stripe was asked; False where the plan is made from state alone.
        account: The key's own account; empty if it is not known.
        objects: Objects of managed resources; None for one that no longer exists.
        imports: Objects that the stack imports; None for one that does not exist.
        import_ids: The ids of these, references resolved; UNKNOWN for one that has no value yet.
        remembered: Objects that an earlier run archived under an address that is declared again.
        holders: Objects that have the natural key of a declared resource that is not managed.
        alike: All of them, where several have a key that is not unique.
        sought: The arguments they were sought with, references resolved as far as what they name
            exists.
        ownership: Who owns which object.
        transfers: What the stack gives to others and gets from them in this run.
        lookups: Objects that the stack reads.
        probes: Answers to the question that decides how a resource can be removed.
        counts: How many objects there are of a type that Stripe caps, by type name and connected
            account, where the plan depends on it.
        outputs: What the stack reads of others: outputs, and the ids of resources.
        changing: Those of them that are another one after this run.
        remade: Those of them that are the id of an object that this run makes anew under it.
        secrets: Secrets in the secret sink that references name, by target.
    """

    refreshed: bool = True
    account: str = ""
    objects: Mapping[str, RemoteObject | None] = field(default_factory=dict)
    imports: Mapping[str, RemoteObject | None] = field(default_factory=dict)
    import_ids: Mapping[str, Any] = field(default_factory=dict)
    remembered: Mapping[str, RemoteObject] = field(default_factory=dict)
    holders: Mapping[str, RemoteObject] = field(default_factory=dict)
    alike: Mapping[str, tuple[RemoteObject, ...]] = field(default_factory=dict)
    sought: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    ownership: Ownership = field(default_factory=Ownership)
    transfers: Transfers = field(default_factory=Transfers)
    lookups: Mapping[str, RemoteObject] = field(default_factory=dict)
    probes: Mapping[str, bool] = field(default_factory=dict)
    counts: Mapping[tuple[str, str], int] = field(default_factory=dict)
    outputs: Mapping[Elsewhere, Any] = field(default_factory=dict)
    changing: frozenset[Elsewhere] = frozenset()
    remade: frozenset[Elsewhere] = frozenset()
    secrets: Mapping[AttributeTarget, str] = field(default_factory=dict, repr=False)
