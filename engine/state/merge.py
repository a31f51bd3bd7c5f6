"""Merging two states of a stack that were both written after a third one, resource by resource.

What one side alone changed is taken from it. What both changed is merged as far as that is certain;
the rest is a conflict, since each side's ids are of objects that exist. What a merge makes was
never seen on Stripe, so the merged state says that the next plan has to read all of it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from engine.frozen import frozen
from engine.state.model import RemovedObject, ResourceState, State
from engine.values.markers import ABSENT, Marker

_KEEP = (
    "keep one side's, and bring the other's object under another address: engine import ADDR {id}"
)


@frozen(kw_only=False)
class Conflict:
    """What both sides changed in different ways.

    Attributes:
        what: An address, an output, or a field of the state.
        why: What each side did.
        hint: What to do; empty if the message says it.
    """

    what: str
    why: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.what}: {self.why}" + (f"\n    {self.hint}" if self.hint else "")


@frozen
class Merged:
    """What became of a merge.

    Attributes:
        state: The merged state; None if there are conflicts.
        conflicts: What has to be decided by a person.
    """

    state: State | None
    conflicts: tuple[Conflict, ...] = ()


def merge(base: State | None, ours: State, theirs: State) -> Merged:
    """Merge two states of one stack.

    Args:
        base: The state that both were written after; None if there was none.
        ours: One of them.
        theirs: The other one.
    """
    unrelated = tuple(_unrelated(ours, theirs))
    if unrelated:
        return Merged(state=None, conflicts=unrelated)
    work = _Merge(base or dataclasses.replace(ours, outputs={}, resources={}, removed={}, reads={}))
    state = work.merged(ours, theirs)
    conflicts = tuple(work.conflicts)
    return Merged(state=None if conflicts else state, conflicts=conflicts)


def _unrelated(ours: State, theirs: State) -> Iterator[Conflict]:
    """Why two states are not of the same stack, environment and account."""
    sides = {
        "stack": (ours.stack, theirs.stack),
        "environment": (ours.environment, theirs.environment),
        "lineage": (ours.lineage, theirs.lineage),
        "account": (ours.account_id, theirs.account_id),
        "mode": (ours.livemode, theirs.livemode),
    }
    unknown = {"account": "", "mode": None}
    for name, (one, other) in sides.items():
        if one != other and unknown.get(name, ABSENT) not in (one, other):
            yield Conflict(
                name,
                f"ours is {one}, theirs is {other}: they manage different objects",
                "take one side whole; engine import brings what only the other one has",
            )


class _Both(Exception):  # noqa: N818 - no error: both sides changed something
    """Both sides changed something, in different ways."""


def _choose(base: Any, ours: Any, theirs: Any) -> Any:
    """What one side alone changed, or both in the same way.

    Raises:
        _Both: if both changed it otherwise.
    """
    if theirs in (ours, base):
        return ours
    if base == ours:
        return theirs
    raise _Both


class _Merge:
    """One merge, and the conflicts that it meets."""

    def __init__(self, base: State) -> None:
        self._base = base
        self.conflicts: list[Conflict] = []

    def merged(self, ours: State, theirs: State) -> State:
        """The merged state; only of use if there is no conflict."""
        base = self._base
        resources = self._resources(base.resources, ours.resources, theirs.resources)
        removed = self._removed(base.removed, ours.removed, theirs.removed)
        state = dataclasses.replace(
            ours,
            serial=max(ours.serial, theirs.serial) + 1,
            account_id=ours.account_id or theirs.account_id,
            livemode=theirs.livemode if ours.livemode is None else ours.livemode,
            api_version=max(ours.api_version, theirs.api_version),
            engine_version=max(ours.engine_version, theirs.engine_version),
            outputs=self._outputs(base.outputs, ours.outputs, theirs.outputs),
            resources=resources,
            removed={name: gone for name, gone in removed.items() if name not in resources},
            reads=_reads(base.reads, ours.reads, theirs.reads),
            applied="",
            merged=True,
        )
        self.conflicts.extend(_inconsistent(state))
        return state

    def _resources(
        self,
        base: Mapping[str, ResourceState],
        ours: Mapping[str, ResourceState],
        theirs: Mapping[str, ResourceState],
    ) -> dict[str, ResourceState]:
        found: dict[str, ResourceState] = {}
        for address in sorted({*ours, *theirs}):
            sides = (base.get(address), ours.get(address), theirs.get(address))
            try:
                entry = _choose(*sides)
            except _Both:
                entry = self._resource(address, *sides)
            if entry is not None:
                found[address] = entry
        return found

    def _resource(
        self,
        address: str,
        base: ResourceState | None,
        ours: ResourceState | None,
        theirs: ResourceState | None,
    ) -> ResourceState | None:
        """A resource that both sides changed."""
        if ours is None or theirs is None:
            changed, by, other = (ours, "ours", "theirs") if ours else (theirs, "theirs", "ours")
            assert changed is not None  # noqa: S101 - both removed it otherwise, and that is one way
            self._conflict(
                address,
                f"{by} changed it ({changed.id}), {other} removed it",
                f"see on Stripe whether {changed.id} still exists, and take one side",
            )
            return changed
        if (ours.type, ours.account, ours.id) != (theirs.type, theirs.account, theirs.id):
            did = "created" if base is None else "have another object in"
            self._conflict(
                address,
                f"both sides {did} it: ours {ours.id}, theirs {theirs.id}",
                _KEEP.format(id=f"{ours.id} or {theirs.id}"),
            )
            return ours
        return self._same_object(address, base, ours, theirs)

    def _same_object(
        self, address: str, base: ResourceState | None, ours: ResourceState, theirs: ResourceState
    ) -> ResourceState:
        """An object that both sides changed: what was declared of it has to agree."""
        if base is None:
            base = ResourceState(type=ours.type, id=ours.id, imported=True)
        declared = self._declared(address, base, ours, theirs)
        try:
            policy = _choose(base.removal_policy, ours.removal_policy, theirs.removal_policy)
            triggers = _by_key(base.triggers, ours.triggers, theirs.triggers)
        except _Both:
            self._conflict(address, f"both sides changed the lifecycle of {ours.id}")
            return ours
        return dataclasses.replace(
            ours,
            declared=declared,
            # What Stripe has now is read with the next plan.
            attributes={**theirs.attributes, **ours.attributes},
            dependencies=tuple(sorted({*ours.dependencies, *theirs.dependencies})),
            superseded=_in_either(base.superseded, ours.superseded, theirs.superseded),
            former=_in_either(base.former, ours.former, theirs.former),
            removal_policy=policy,
            triggers=triggers,
            imported=ours.imported and theirs.imported,
        )

    def _declared(
        self, address: str, base: ResourceState, ours: ResourceState, theirs: ResourceState
    ) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name in sorted({*ours.declared, *theirs.declared}):
            sides = (entry.declared.get(name, ABSENT) for entry in (base, ours, theirs))
            try:
                value = _choose(*sides)
            except _Both:
                self._conflict(address, f"both sides changed {name} of {ours.id}")
                value = ours.declared.get(name, ABSENT)
            if not isinstance(value, Marker):
                found[name] = value
        return found

    def _removed(
        self,
        base: Mapping[str, RemovedObject],
        ours: Mapping[str, RemovedObject],
        theirs: Mapping[str, RemovedObject],
    ) -> dict[str, RemovedObject]:
        found: dict[str, RemovedObject] = {}
        for address in sorted({*ours, *theirs}):
            one, other = ours.get(address), theirs.get(address)
            try:
                gone = _choose(base.get(address), one, other)
            except _Both:
                # One of two archived objects is remembered, or the one that was not revived.
                gone = one or other
            if gone is not None:
                found[address] = gone
        return found

    def _outputs(
        self, base: Mapping[str, Any], ours: Mapping[str, Any], theirs: Mapping[str, Any]
    ) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name in sorted({*ours, *theirs}):
            try:
                value = _choose(*(side.get(name, ABSENT) for side in (base, ours, theirs)))
            except _Both:
                self._conflict(f"output {name}", "both sides changed it")
                value = ABSENT
            if not isinstance(value, Marker):
                found[name] = value
        return found

    def _conflict(self, what: str, why: str, hint: str = "") -> None:
        self.conflicts.append(Conflict(what, why, hint))


def _by_key(
    base: Mapping[str, Any], ours: Mapping[str, Any], theirs: Mapping[str, Any]
) -> dict[str, Any]:
    """The entries of a mapping, each from the side that changed it.

    Raises:
        _Both: if both changed one in different ways.
    """
    chosen = {
        name: _choose(*(side.get(name, ABSENT) for side in (base, ours, theirs)))
        for name in sorted({*ours, *theirs})
    }
    return {name: value for name, value in chosen.items() if not isinstance(value, Marker)}


def _in_either(base: Iterable[str], ours: Iterable[str], theirs: Iterable[str]) -> tuple[str, ...]:
    """The names that either side added, and those that neither took away; ours first."""
    kept = set(base), set(ours), set(theirs)
    return tuple(
        name
        for name in dict.fromkeys((*ours, *theirs))
        if name not in kept[0] or (name in kept[1] and name in kept[2])
    )


def _reads(
    base: Mapping[str, tuple[str, ...]],
    ours: Mapping[str, tuple[str, ...]],
    theirs: Mapping[str, tuple[str, ...]],
) -> dict[str, tuple[str, ...]]:
    """What either side reads: what is read too much only keeps what is read from being ended."""
    found: dict[str, tuple[str, ...]] = {}
    for stack in sorted({*ours, *theirs}):
        sides = (side.get(stack, ()) for side in (base, ours, theirs))
        try:
            names = _choose(*sides)
        except _Both:
            names = tuple(sorted({*ours.get(stack, ()), *theirs.get(stack, ())}))
        if names:
            found[stack] = names
    return found


def _inconsistent(state: State) -> Iterator[Conflict]:
    """What does not fit together although each side did."""
    owners: dict[tuple[str, str, str], str] = {}
    for address, entry in state.resources.items():
        first = owners.setdefault((entry.type, entry.account, entry.id), address)
        if first != address:
            yield Conflict(
                address,
                f"it is {entry.id}, and so is {first}: each side moved it elsewhere",
                "take one side, and engine state mv from there",
            )
        for need in entry.dependencies:
            if need not in state.resources:
                yield Conflict(address, f"it depends on {need}, which the other side removed")
