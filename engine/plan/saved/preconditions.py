"""Preconditions of a saved plan: what must be unchanged when it is applied.

Of each object that the plan acts on or refers to, the leaves that decided the plan; of each object
it creates, the holder of its natural key; of each other stack that it reads, the outputs. One
function takes the snapshot of an object, both when the plan is made and when it is applied.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import field
from typing import Any

from engine.address import ResourceAddress
from engine.frozen import frozen
from engine.plan.compare.liveness import is_gone
from engine.plan.compare.normalize import Normalizer, comparable, presentable
from engine.schema.remote import RemoteObject
from engine.schema.resource_type import ResourceType
from engine.values.paths import get_path, parse_path
from engine.values.secret import Sealed

_WHOLE = 60
"""Characters of a value that a message quotes."""


@frozen
class ObjectSnapshot:
    """One object as it was read.

    Attributes:
        address: The resource or lookup.
        type: Its resource type.
        id: Stripe's id.
        account: Connected account it is on; empty for the key's own.
        shape: The fields that the plan compares or sends, without their values; empty for an
            object that is only referred to.
        ended_as_declared: Its declaration says why it has ended.
        exists: It exists and has not ended for good.
        leaves: The fields of `shape`, as state would keep them.
        further_leaves: Further leaves of the response that decided the plan, by dotted path.
        probed: The answer to the question that decides how it can be removed; None if it was not
            asked.
    """

    address: ResourceAddress
    type: str
    id: str
    account: str = ""
    shape: Mapping[str, Any] = field(default_factory=dict)
    ended_as_declared: bool = False
    exists: bool = False
    leaves: Mapping[str, Any] = field(default_factory=dict)
    further_leaves: Mapping[str, Any] = field(default_factory=dict)
    probed: bool | None = None


@frozen
class KeyClaim:
    """A declared resource that has no object, and the holder of its natural key.

    Attributes:
        address: The resource.
        type: Its resource type.
        arguments: The arguments of its declaration that the search for a holder needs.
        adopt: The declaration says that an object with its key exists.
        account: Connected account it is on; empty for the key's own.
        holder: Id of the object that holds its key; empty if none does.
    """

    address: ResourceAddress
    type: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    adopt: bool = False
    account: str = ""
    holder: str = ""


@frozen
class Preconditions:
    """What one stack's plan was made from, in addition to the lineage and serial of its state.

    Attributes:
        digest: Digest of the state; empty if there was none.
        reads: Stacks whose outputs the stack reads.
        outputs: Those outputs as the other states keep them, by the text of the reference; UNKNOWN
            for one that did not exist.
        objects: The objects that it acts on or refers to.
        claims: The resources that it creates or adopts.
    """

    digest: str = ""
    reads: tuple[str, ...] = ()
    outputs: Mapping[str, Any] = field(default_factory=dict)
    objects: tuple[ObjectSnapshot, ...] = ()
    claims: tuple[KeyClaim, ...] = ()


def snapshot(
    earlier: ObjectSnapshot,
    kind: ResourceType,
    actual: RemoteObject | None,
    salt: str,
    *,
    probed: bool | None = None,
) -> ObjectSnapshot:
    """Take a new snapshot of an object: the same fields, as they are now.

    Args:
        earlier: An earlier snapshot, or one without values that has the shape and, in
            `further_leaves`, the paths.
        kind: Its type.
        actual: The object as Stripe returns it; None if there is no such object.
        salt: For fingerprints of secrets.
        probed: The answer to the question about its removal.
    """
    if actual is None or (is_gone(kind, actual, {}) and not earlier.ended_as_declared):
        return dataclasses.replace(
            earlier,
            exists=False,
            leaves={},
            further_leaves=dict.fromkeys(earlier.further_leaves),
            probed=probed,
        )
    return dataclasses.replace(
        earlier,
        exists=True,
        leaves=Normalizer(salt).pick(kind.root, earlier.shape, actual),
        further_leaves={path: _leaf(kind, actual, path, salt) for path in earlier.further_leaves},
        probed=probed,
    )


def describe_change(was: ObjectSnapshot, now: ObjectSnapshot) -> str:
    """How an object differs from its earlier snapshot, in words; empty if it does not."""
    if was.exists != now.exists:
        what = "is gone from Stripe" if was.exists else "exists on Stripe again"
        return f"{was.address} [{was.id}] {what} since the plan was made"
    leaves = {
        **_differing(was.further_leaves, now.further_leaves),
        **_differing(was.leaves, now.leaves),
    }
    if leaves:
        texts = ", ".join(_difference(path, *leaves[path]) for path in sorted(leaves))
        return f"{was.address} changed on Stripe since the plan was made: {texts}"
    if was.probed != now.probed:
        return f"{was.address}: how it can be removed changed since the plan was made"
    return ""


def describe_new_holder(was: KeyClaim, holder: str, kind: ResourceType) -> str:
    """That another object holds a natural key than when a plan was made, in words; empty if not."""
    if was.holder == holder:
        return ""
    names = " or ".join(key.attribute for key in kind.life.natural_keys) or "place"
    return (
        f"{was.address}: its {names} was held by {was.holder or 'nothing'} when the plan was made, "
        f"and is held by {holder or 'nothing'} now"
    )


def _leaf(kind: ResourceType, actual: RemoteObject, dotted: str, salt: str) -> Any:
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
