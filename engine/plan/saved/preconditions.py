"""What a saved plan was made from, so that an apply can tell whether it still holds.

Of each object that the plan acts on or refers to, the leaves it decided by; of each object it
makes, who held its natural key; of each other stack it reads, the outputs. The same function looks
when the plan is made and when it is applied. What must not live here: what a plan depends on
(`bind`), and asking Stripe.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.address import ResourceAddress
from engine.plan.compare.liveness import is_gone
from engine.plan.compare.normalize import Normalizer, comparable, presentable
from engine.schema.remote import RemoteObject
from engine.schema.resource_type import ResourceType
from engine.values.paths import get_path, parse_path
from engine.values.secret import Sealed

_WHOLE = 60
"""Characters of a value that a message quotes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectSnapshot:
    """One object as it was read.

    Attributes:
        address: The resource or lookup.
        type: Its resource type.
        id: Stripe's id.
        account: Connected account it is on; empty for the key's own.
        shape: The fields that the plan compares or sends, their values left out; empty for an
            object that is only referred to.
        spent: Its declaration explains that it ended.
        there: It exists and has not ended for good.
        leaves: The fields of `shape`, as state would keep them.
        told: Further leaves of the answer that the plan decided by, under their dotted paths.
        probed: The answer to the question that decides how it can be removed; None if it was not
            asked.
    """

    address: ResourceAddress
    type: str
    id: str
    account: str = ""
    shape: Mapping[str, Any] = field(default_factory=dict)
    spent: bool = False
    there: bool = False
    leaves: Mapping[str, Any] = field(default_factory=dict)
    told: Mapping[str, Any] = field(default_factory=dict)
    probed: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyClaim:
    """A declared resource that has no object, and who holds its natural key.

    Attributes:
        address: The resource.
        type: Its resource type.
        arguments: Of its declaration, what finding a holder takes.
        adopt: The author says that an object with its key exists.
        account: Connected account it is on; empty for the key's own.
        holder: Id of the object that holds its key; empty if none does.
    """

    address: ResourceAddress
    type: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    adopt: bool = False
    account: str = ""
    holder: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preconditions:
    """What one stack's plan was made from, beside the lineage and serial of its state.

    Attributes:
        digest: Digest of the state; empty if there was none.
        reads: Stacks whose outputs the stack reads.
        outputs: Those outputs as the other states keep them, by the text of the reference; UNKNOWN
            for one that did not exist.
        seen: The objects it acts on or refers to.
        sought: The resources it makes or takes over.
    """

    digest: str = ""
    reads: tuple[str, ...] = ()
    outputs: Mapping[str, Any] = field(default_factory=dict)
    seen: tuple[ObjectSnapshot, ...] = ()
    sought: tuple[KeyClaim, ...] = ()


def snapshot(
    seen: ObjectSnapshot,
    kind: ResourceType,
    actual: RemoteObject | None,
    salt: str,
    *,
    probed: bool | None = None,
) -> ObjectSnapshot:
    """An object as it is: what was looked at before is looked at again.

    Args:
        seen: The object, with the shape of what is looked at, and in `told` the further paths.
        kind: Its type.
        actual: What Stripe answers; None if there is no such object.
        salt: For fingerprints of secrets.
        probed: The answer to the question about its removal.
    """
    if actual is None or (is_gone(kind, actual, {}) and not seen.spent):
        bare = dict.fromkeys(seen.told)
        return dataclasses.replace(seen, there=False, leaves={}, told=bare, probed=probed)
    return dataclasses.replace(
        seen,
        there=True,
        leaves=Normalizer(salt).pick(kind.root, seen.shape, actual),
        told={path: _told(kind, actual, path, salt) for path in seen.told},
        probed=probed,
    )


def describe_change(was: ObjectSnapshot, now: ObjectSnapshot) -> str:
    """Say how an object differs from what a plan saw; empty if it does not."""
    if was.there != now.there:
        what = "is gone from Stripe" if was.there else "exists on Stripe again"
        return f"{was.address} [{was.id}] {what} since the plan was made"
    leaves = {**_differing(was.told, now.told), **_differing(was.leaves, now.leaves)}
    if leaves:
        texts = ", ".join(_difference(path, *leaves[path]) for path in sorted(leaves))
        return f"{was.address} changed on Stripe since the plan was made: {texts}"
    if was.probed != now.probed:
        return f"{was.address}: how it can be removed changed since the plan was made"
    return ""


def describe_new_holder(was: KeyClaim, holder: str, kind: ResourceType) -> str:
    """Say that another object holds a natural key than when a plan was made; empty if not."""
    if was.holder == holder:
        return ""
    names = " or ".join(key.attribute for key in kind.life.natural_keys) or "place"
    return (
        f"{was.address}: its {names} was held by {was.holder or 'nothing'} when the plan was made, "
        f"and is held by {holder or 'nothing'} now"
    )


def _told(kind: ResourceType, actual: RemoteObject, dotted: str, salt: str) -> Any:
    path = parse_path(dotted)
    value, attribute = get_path(actual, path), kind.root.at(path)
    if attribute is None or value is None:
        return value
    if attribute.sensitive:
        return Sealed.of(value, salt)
    return presentable(comparable(attribute, value))


def _differing(was: Any, now: Any, path: str = "") -> dict[str, tuple[Any, Any]]:
    if was == now:
        return {}
    if not (isinstance(was, Mapping) and isinstance(now, Mapping)):
        return {path: (was, now)}
    found: dict[str, tuple[Any, Any]] = {}
    for name in {**was, **now}:
        inner = f"{path}.{name}" if path else str(name)
        found |= _differing(was.get(name), now.get(name), inner)
    return found


def _difference(path: str, was: Any, now: Any) -> str:
    sides = (was, now)
    if any(isinstance(side, (Mapping, list, Sealed)) for side in sides):
        return path
    return f"{path} {_quoted(was)} -> {_quoted(now)}"


def _quoted(value: Any) -> str:
    if value is None:
        return "(absent)"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _WHOLE else f"{text[:_WHOLE]}…"
