"""What the file of another tool holds, once it is read."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import field
from typing import Any

from engine.frozen import frozen
from engine.operations.import_account.wanted import Wanted
from engine.schema.remote import RemoteObject

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


class LeftOut:
    """Collects what is not taken while a file is read."""

    def __init__(self) -> None:
        self._named: dict[str, list[str]] = {}
        self._counted: dict[str, Counter[str]] = {}

    def add(self, reason: str, name: str) -> None:
        """Name one thing that is not taken."""
        self._named.setdefault(reason, []).append(name)

    def is_other(self, mode: object, type: str, address: str, prefix: str) -> bool:
        """Whether a resource is a data source or another provider's, and note it."""
        if mode != "managed":
            self.add("it is only read there", address)
        elif not type.startswith(prefix):
            self._counted.setdefault("it is of another provider", Counter())[type] += 1
        else:
            return False
        return True

    def found(self) -> dict[str, tuple[str, ...]]:
        """The names by the reason, types of other providers with their counts."""
        counted = {
            reason: tuple(f"{count} {type}" for type, count in sorted(counts.items()))
            for reason, counts in self._counted.items()
        }
        return {**{reason: tuple(names) for reason, names in self._named.items()}, **counted}


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

    def only(self, types: Collection[str]) -> Origin:
        """The same with these types alone; with all if there are none."""
        if not types:
            return self
        objects = {key: one for key, one in self.wanted.objects.items() if key.type in types}
        declared = {at: one for at, one in self.wanted.declared.items() if at.type in types}
        wanted = dataclasses.replace(self.wanted, objects=objects, declared=declared)
        return dataclasses.replace(self, wanted=wanted)

    def gone(self, there: Mapping[str, Mapping[str, RemoteObject]]) -> list[str]:
        """What is to be imported and is not on the account any longer.

        Args:
            there: What was read from the account, by type and id.
        """
        gone = [
            f"{key.type}.{one.name} ({key.id})"
            for key, one in self.wanted.objects.items()
            if key.id not in there.get(key.type, {})
        ]
        return [f"Not on the account any longer: {_listed(gone)}"] if gone else []

    def lines(self) -> list[str]:
        """What a person should know before the import."""
        found = not_taken(self.left_out)
        renamed = [f"{theirs} -> {ours}" for ours, theirs in sorted(self.renamed.items())]
        if renamed:
            found.append(f"Other addresses here: {_listed(renamed)}")
        if secrets := sum(bool(one.secrets) for one in self.wanted.objects.values()):
            what = "a secret" if secrets == 1 else f"{secrets} secrets"
            found.append(
                f"It holds {what} in the clear: into the secret sink, and nowhere else. Remove the "
                "file when it is not needed any longer"
            )
        return [*found, *self.notes]


def not_taken(left_out: Mapping[str, tuple[str, ...]]) -> list[str]:
    """What is not taken of a file, a line for each reason."""
    return [f"Not taken, {reason}: {_listed(names)}" for reason, names in sorted(left_out.items())]


def _listed(names: tuple[str, ...] | list[str]) -> str:
    more = len(names) - _SHOWN
    # Names are another tool's, and may hold what a terminal acts on.
    text = ", ".join(name if name.isprintable() else ascii(name) for name in names[:_SHOWN])
    return f"{text} and {more} more" if more > 0 else text
