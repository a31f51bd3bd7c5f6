"""What the file of another tool holds, once it is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from engine.frozen import frozen
from engine.operations.import_account.wanted import Wanted

_SHOWN = 10


@frozen
class Entry:
    """One resource as another tool records it.

    Attributes:
        address: As that tool writes it, e.g. `module.billing.stripe_price.plan["month"]`.
        type: Terraform's name of its type.
        name: What its logical name is made of, from the outside in: modules, name, instance.
        attributes: Its attributes, in Terraform's spelling.
        hidden: Names of those that the tool marks as sensitive.
    """

    address: str
    type: str
    name: tuple[str, ...]
    attributes: Mapping[str, Any]
    hidden: frozenset[str] = frozenset()

    def is_at(self, address: str) -> bool:
        """Whether it has this address in the other tool too, as far as that has addresses."""
        return address == f"{self.type}.{'.'.join(self.name)}"


@frozen
class Inventory:
    """What a file records.

    Attributes:
        entries: Resources of Stripe's types.
        left_out: What is not taken, as that tool writes it, by the reason.
        forget: The command with which that tool forgets one resource, for messages.
    """

    entries: tuple[Entry, ...]
    left_out: Mapping[str, tuple[str, ...]]
    forget: str


@frozen
class Origin:
    """What to import, and what to say about it.

    Attributes:
        wanted: The objects.
        renamed: How the other tool names what does not have the same address here, by the new one.
        left_out: What is not taken, as that tool writes it, by the reason.
        notes: Further lines for people.
        livemode: The mode that the file says its objects are in; None if it does not say.
    """

    wanted: Wanted
    renamed: Mapping[str, str] = field(default_factory=dict)
    left_out: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    livemode: bool | None = None

    def lines(self) -> list[str]:
        """What a person should know before the import."""
        found = [
            f"Not taken, {reason}: {_listed(names)}"
            for reason, names in sorted(self.left_out.items())
        ]
        renamed = [f"{theirs} -> {ours}" for ours, theirs in sorted(self.renamed.items())]
        if renamed:
            found.append(f"Other addresses here: {_listed(renamed)}")
        return [*found, *self.notes]


def _listed(names: tuple[str, ...] | list[str]) -> str:
    more = len(names) - _SHOWN
    text = ", ".join(names[:_SHOWN])
    return f"{text} and {more} more" if more > 0 else text
