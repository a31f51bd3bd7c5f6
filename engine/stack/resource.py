"""The base of all authoring classes: a declaration whose attributes are references."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import re
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from engine.address import ResourceAddress, address, is_logical_name
from engine.stack.collector import Collector, caller_location, current_collector
from engine.stack.model import DEFAULT_LIFECYCLE, Declaration, Lifecycle, Location, Lookup
from engine.values.reference import OutputRef, Ref
from engine.values.secret import Sensitive


class Resource:
    """A declared object. Its attributes are references to what Stripe will answer.

    The one positional argument is the logical name, everything else is Stripe's own parameter in
    Stripe's own spelling, and `lifecycle` is the one keyword of ours.
    """

    TYPE: ClassVar[str] = ""

    __slots__ = ("_address",)
    _address: ResourceAddress

    def __init__(self, *name: Any, lifecycle: Lifecycle | None = None, **arguments: Any) -> None:
        collector = current_collector()
        location = caller_location(collector)
        where = address(self.TYPE, _logical_name(type(self).__name__, name, collector, location))
        self._address = where
        declared = collector.declarations.get(str(where))
        if declared is not None:
            collector.note(
                location,
                f"{where} is declared twice; the first is at {declared.location}",
                hint="give one of them another name",
                reference="duplicate-name",
            )
            return
        if lifecycle is not None and not isinstance(lifecycle, Lifecycle):
            collector.note(
                location,
                f"{where}: lifecycle takes a Lifecycle, not {lifecycle!r}",
                hint="write lifecycle=Lifecycle(protect=True)",
                reference="wrong-type",
            )
            lifecycle = None
        collector.declarations[str(where)] = Declaration(
            address=where,
            arguments={key: as_argument(value) for key, value in arguments.items()},
            lifecycle=_as_text(lifecycle, collector.name)
            if lifecycle is not None
            else DEFAULT_LIFECYCLE,
            location=location,
        )

    @classmethod
    def lookup(cls, *, lifecycle: Lifecycle | None = None, **filters: Any) -> Self:
        """Read an object that is not managed, found by its id or by list filters.

        Of the lifecycle, the account says where it is.
        """
        collector = current_collector()
        criteria = {key: as_argument(value) for key, value in filters.items()}
        account = _account_of_lookup(cls.__name__, lifecycle, collector)
        place = {**criteria, "on": account} if account else criteria
        text = "-".join(f"{key}-{value}" for key, value in sorted(place.items()))
        name = re.sub(r"[^a-z0-9_-]+", "-", text.lower()).strip("-_") or "any"
        where = address(cls.TYPE, name, lookup=True)
        taken = collector.lookups.get(str(where))
        if taken is not None and (taken.criteria, taken.account) != (criteria, account):
            # They may differ in what a name cannot hold, `Pro` and `pro`.
            own = hashlib.sha256(repr(sorted(place.items())).encode()).hexdigest()[:8]
            where = address(cls.TYPE, f"{name}-{own}", lookup=True)
        collector.lookups.setdefault(
            str(where),
            Lookup(
                address=where,
                criteria=criteria,
                location=caller_location(collector),
                account=account,
            ),
        )
        handle = object.__new__(cls)
        handle._address = where
        return handle

    def __getattr__(self, attribute: str) -> Ref:
        """Refer to one of the object's attributes, such as its `id`."""
        if attribute.startswith("_"):
            raise AttributeError(attribute)
        return Ref.to(self._address, attribute)

    def __getitem__(self, path: str) -> Ref:
        """Refer to a nested attribute by its dotted path: `price["recurring.interval"]`."""
        return Ref.to(self._address, path)

    def __repr__(self) -> str:
        return f"<{self._address}>"

    def __str__(self) -> str:
        message = (
            f"{self._address} was put into text as a whole; name the attribute you mean, "
            f'such as f"{{{self._address.name.replace("-", "_")}.id}}"'
        )
        raise TypeError(message)


def _account_of_lookup(face: str, lifecycle: Lifecycle | None, collector: Collector) -> Any:
    """The account that a lookup names; whatever else its lifecycle says is a finding."""
    if lifecycle is None:
        return ""
    given = isinstance(lifecycle, Lifecycle)
    if not given or dataclasses.replace(lifecycle, account="") != DEFAULT_LIFECYCLE:
        collector.note(
            caller_location(collector),
            f"{face}.lookup: of a lifecycle, a lookup takes the account only",
            hint='write lifecycle=Lifecycle(account="acct_...")',
            reference="wrong-type",
        )
    return (as_argument(lifecycle.account) or "") if given else ""


def _logical_name(
    face: str, given: tuple[Any, ...], collector: Collector, location: Location
) -> str:
    """The name of a declaration; a bad one is recorded as a finding and replaced by a valid one."""
    if len(given) == 1 and isinstance(given[0], str) and is_logical_name(given[0]):
        return given[0]
    if len(given) == 1:
        collector.note(
            location,
            f"{given[0]!r} cannot name a resource",
            hint=f"names match [a-z0-9][a-z0-9_-]*{suggest_name(given[0])}",
            reference="bad-name",
        )
    else:
        collector.note(
            location,
            f"{face} takes one argument without a keyword, its logical name; "
            + (f"here are {len(given)}" if given else "it is missing"),
            hint=f'write {face}("{name_like(given[0]) if given else "a-name"}", ...)',
            reference="bad-name",
        )
    return (name_like(given[0]) if given else "") or f"unnamed-{location.line}"


def name_like(name: object) -> str:
    """The valid name that is most like a bad one; empty if nothing of it could be one."""
    return re.sub(r"[^a-z0-9_-]+", "-", str(name).lower()).strip("-_")


def suggest_name(name: object) -> str:
    """A hint with a name that would be accepted; empty if nothing of it could be one."""
    made = name_like(name)
    return f"; {made!r} would do" if made else ""


def _reference_or_text(value: Resource | str) -> str:
    """A reference as the text it is from here on, which the engine may compare."""
    if isinstance(value, Resource):
        return str(Ref.to(value._address, "id"))  # noqa: SLF001 - the two are one piece
    return str.__str__(value)


def _as_text(lifecycle: Lifecycle, stack: str) -> Lifecycle:
    """The lifecycle as declared in a stack, with resources and references as text."""
    return dataclasses.replace(
        lifecycle,
        depends_on=_named(lifecycle.depends_on, stack),
        replace_triggered_by=_named(lifecycle.replace_triggered_by, stack),
        ignore_changes=_several(lifecycle.ignore_changes),
        account=as_argument(lifecycle.account) or "",
    )


def _named(value: Any, stack: str) -> Any:
    """What a lifecycle names: an output as a whole, a resource of its own stack by its address."""
    entries = value if isinstance(value, (list, tuple)) else [value]
    return entries and [
        _reference_or_text(entry).removeprefix(f"{stack}:")
        if isinstance(entry, (Resource, str))
        else as_argument(entry)
        for entry in entries
    ]


def _several(value: Any) -> Any:
    """What a lifecycle lists, also where its author named one thing without a list."""
    if not isinstance(value, (list, tuple)):
        return [as_argument(value)]
    return value and as_argument(value)


def _key(key: Any) -> Any:
    return _reference_or_text(key) if isinstance(key, (Resource, str)) else key


def as_argument(value: Any) -> Any:
    """What an author passed, as a document: references as text, moments as Unix seconds."""
    if isinstance(value, (Resource, str)):
        return value.opened() if isinstance(value, OutputRef) else _reference_or_text(value)
    if isinstance(value, Sensitive):
        return Sensitive(as_argument(value.value))
    if isinstance(value, Mapping):
        return {_key(key): as_argument(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_argument(inner) for inner in value]
    if isinstance(value, dt.datetime):
        moment = value if value.tzinfo else value.replace(tzinfo=dt.UTC)
        return int(moment.timestamp())
    return value
