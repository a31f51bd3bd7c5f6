"""What was read from Stripe before planning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.schema.remote import RemoteObject
from engine.values.targets import AttributeTarget, OutputTarget


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What a refresh saw; keys are address texts.

    Attributes:
        refreshed: Stripe was asked; False plans from state alone.
        objects: Objects of managed resources; None for one that is gone.
        imports: Objects that the stack imports; None for one that does not exist.
        remembered: Objects that an earlier run archived under an address declared again.
        holders: Objects that hold the natural key of a declared resource that is not managed.
        owners: Resources of other stacks, `ADDRESS of stack NAME`, by the id of their object; of
            those objects that are among `holders`.
        lookups: Objects that the stack reads.
        probes: Answers to the question that decides how a resource can be removed.
        counts: How many objects there are of a type that Stripe caps, by type name and connected
            account; without those that nobody had to count.
        outputs: Outputs of other stacks.
        secrets: Secrets that are kept on this machine and referred to, by target.
    """

    refreshed: bool = True
    objects: Mapping[str, RemoteObject | None] = field(default_factory=dict)
    imports: Mapping[str, RemoteObject | None] = field(default_factory=dict)
    remembered: Mapping[str, RemoteObject] = field(default_factory=dict)
    holders: Mapping[str, RemoteObject] = field(default_factory=dict)
    owners: Mapping[str, str] = field(default_factory=dict)
    lookups: Mapping[str, RemoteObject] = field(default_factory=dict)
    probes: Mapping[str, bool] = field(default_factory=dict)
    counts: Mapping[tuple[str, str], int] = field(default_factory=dict)
    outputs: Mapping[OutputTarget, Any] = field(default_factory=dict)
    secrets: Mapping[AttributeTarget, str] = field(default_factory=dict, repr=False)
