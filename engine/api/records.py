"""What a plan consists of, for programs: changes by address, without any secret."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field
from typing import Any, Generic, TypeVar

from engine.errors import UsageError
from engine.frozen import frozen
from engine.plan.model import Action, FieldReason, Reason
from engine.plan.model import Change as Planned
from engine.plan.model import FieldChange as PlannedField
from engine.plan.model import OutputChange as PlannedOutput
from engine.policies.plan import SECRET, shown
from engine.redaction import hide
from engine.schema.attribute import Attribute
from engine.schema.resource_type import Schemas
from engine.suggest import nearest
from engine.values.markers import ABSENT
from engine.values.paths import Path, dotted

_T = TypeVar("_T")


class UnknownAddressError(UsageError, KeyError):
    """There is no record of an address, in a mapping of records."""

    __str__ = UsageError.__str__


class ByAddress(Mapping[str, _T], Generic[_T]):
    """Records by the address of their resource, in the order of the stacks and addresses.

    A key is an address, `stripe_price.pro`, or, where several stacks have that, the stack's name
    before it, `shop:stripe_price.pro`, which finds it always.
    """

    def __init__(
        self,
        entries: Iterable[tuple[str, str, Callable[[], _T]]],
        what: str,
        among: ByAddress[Any] | None = None,
    ) -> None:
        """Made by the functions of this interface.

        Args:
            entries: Stack, address, and what makes the record when it is first asked for.
            what: What having no record means, for messages: `does not change`.
            among: All that there could be a record of; None if these are all.
        """
        self._among = among
        self._make = {f"{stack}:{address}": make for stack, address, make in entries}
        self._what = what
        self._made: dict[str, _T] = {}
        full: dict[str, list[str]] = {}
        for name in self._make:
            full.setdefault(name.partition(":")[2], []).append(name)
        self._full = {
            key: name
            for short, names in full.items()
            for name in names
            for key in ([short] if len(names) == 1 else [name])
        }

    def __getitem__(self, address: str) -> _T:
        """The record of an address.

        Raises:
            UsageError: if there is none; it is a `KeyError` too.
        """
        full = self._full.get(address, address)
        if full not in self._make:
            raise self.unknown(address)
        if full not in self._made:
            self._made[full] = self._make[full]()
        return self._made[full]

    def __iter__(self) -> Iterator[str]:
        return iter(self._full)

    def __len__(self) -> int:
        return len(self._make)

    def __contains__(self, address: object) -> bool:
        return address in self._full or address in self._make

    def __repr__(self) -> str:
        return f"<{', '.join(self) or 'none'}>"

    def unknown(self, address: str) -> UnknownAddressError:
        """The error for an address that has no record; not part of the public interface."""
        if self._among is not None and address not in self._among:
            return self._among.unknown(address)
        several = [name for name in self._make if name.partition(":")[2] == address]
        if several:
            return UnknownAddressError(
                f"several stacks have {address}", hint=f"say which: {' or '.join(several)}"
            )
        near = nearest(address, tuple(self._full))
        known = ", ".join(self) or "there are none"
        return UnknownAddressError(
            f"{address} {self._what}", hint=f"did you mean {near}?" if near else f"known: {known}"
        )


@frozen
class FieldChange:
    """One field that differs.

    Attributes:
        path: Where it is, `recurring.interval`.
        before: What Stripe has; None if nothing.
        after: What is wanted; None if nothing, `UNKNOWN` if only the apply knows.
        reason: Why.
        forces_replacement: Stripe cannot change it in place.
    """

    path: str
    before: Any
    after: Any
    reason: FieldReason
    forces_replacement: bool = False


@frozen
class Change:
    """What a plan does to one resource.

    No value is a secret: `SECRET` is in the place of one. `UNKNOWN` is in the place of what only
    the apply knows.

    Attributes:
        stack: Its stack.
        address: The resource, `stripe_price.pro`.
        type: Its resource type, `stripe_price`.
        name: Its name in the code.
        action: What happens to it.
        reasons: Why, the most important one first.
        id: Stripe's id; empty before it exists.
        before: Its declared values as Stripe has them; empty before it exists.
        after: The same as they will be; empty if it is removed.
        paths: The fields that differ, by path; of a new resource, all that are declared.
        create_first: Of a replacement: the new object is made before the old one is removed.
        removal: How the old object ends: `archive`, `delete`, ...; empty if none does.
        moved_from: The address that it had; empty if it did not move.
        notes: What a person should know before saying yes.
        location: Where it is declared, `stacks/saas.py:12`; empty if it no longer is.
        account: Connected account that it is on; empty for the key's own.
        dependencies: Addresses that it refers to or comes after.
    """

    stack: str
    address: str
    type: str
    name: str
    action: Action
    reasons: tuple[Reason, ...] = ()
    id: str = ""
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    paths: Mapping[str, FieldChange] = field(default_factory=dict)
    create_first: bool = False
    removal: str = ""
    moved_from: str = ""
    notes: tuple[str, ...] = ()
    location: str = ""
    account: str = ""
    dependencies: tuple[str, ...] = ()


@frozen
class OutputChange:
    """How one output changes.

    Attributes:
        name: Its name.
        before: The value in the state; None if there is none.
        after: The value that is wanted; None if it is removed, `UNKNOWN` if only the apply knows.
    """

    name: str
    before: Any
    after: Any


def shown_value(
    value: Any, attribute: Attribute | None = None, secret: frozenset[Path] = frozenset()
) -> Any:
    """A nested value for programs: plain, a copy, and without what this process knows is secret.

    Args:
        value: The value.
        attribute: What is known of it.
        secret: Paths below it that are secret, too.
    """
    return hide(shown(value, attribute, secret))


def change_of(stack: str, planned: Planned, schemas: Schemas) -> Change:
    """The record of a change."""
    root = schemas[planned.type].root
    secret = frozenset(one.path for one in planned.fields if one.sensitive)
    return Change(
        stack=stack,
        address=str(planned.address),
        type=planned.type,
        name=planned.address.name,
        action=planned.action,
        reasons=planned.reasons,
        id=planned.id,
        before=shown_value(planned.before, root, secret),
        after=shown_value(planned.after, root, secret),
        paths={dotted(one.path): _field(one, root) for one in planned.fields},
        create_first=planned.create_first,
        removal=planned.removal.verb.value if planned.removal is not None else "",
        moved_from=planned.moved_from or "",
        notes=tuple(map(hide, planned.notes)),
        location=planned.line,
        account=planned.account,
        dependencies=tuple(map(str, planned.dependencies)),
    )


def _field(one: PlannedField, root: Attribute) -> FieldChange:
    before, after = (
        _side(value, root.at(one.path), sensitive=one.sensitive)
        for value in (one.before, one.after)
    )
    return FieldChange(
        path=dotted(one.path),
        before=before,
        after=after,
        reason=one.reason,
        forces_replacement=one.forces_replacement,
    )


def output_of(planned: PlannedOutput) -> OutputChange:
    """The record of a change of an output."""
    before, after = (
        _side(value, None, sensitive=planned.sensitive) for value in (planned.before, planned.after)
    )
    return OutputChange(name=planned.name, before=before, after=after)


def _side(value: Any, attribute: Attribute | None, *, sensitive: bool) -> Any:
    """One side of a change; a secret is masked, but its absence is shown."""
    if sensitive and value is not ABSENT:
        return SECRET
    return shown_value(value, attribute)
