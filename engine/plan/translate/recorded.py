"""What state keeps of a response."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from engine.graph.build import ResourceGraph
from engine.plan.compare.normalize import Normalizer
from engine.plan.compare.response import hidden, returned_field
from engine.schema.resource_type import ResourceType
from engine.state.model import ResourceState
from engine.values.markers import ABSENT, UNKNOWN
from engine.values.paths import Path, get_path, set_path
from engine.values.secret import Sealed, holds_secret
from engine.values.targets import AttributeTarget
from engine.values.tree import overlaid, without


def referred_attributes(
    graph: ResourceGraph, kinds: Mapping[str, ResourceType]
) -> dict[str, set[str]]:
    """Attributes that a stack refers to, by address, and ids of what Stripe made with an object.

    An id is known anyway, unless an object is addressed by the fields that name it.
    """
    found: dict[str, set[str]] = {}
    for target in graph.named():
        if not isinstance(target, AttributeTarget):
            continue
        kind = kinds.get(target.address.type)
        if target.attribute != "id" or (kind is not None and kind.life.composite is not None):
            found.setdefault(target.address, set()).add(target.path[0])
    for address, declaration in graph.declarations.items():
        kind = kinds.get(declaration.type)
        for brought in kind.life.companions if kind is not None else ():
            if brought.by in declaration.arguments:
                found.setdefault(address, set()).add(brought.at)
    return found


def attributes_of(
    normal: Normalizer,
    kind: ResourceType,
    declared: Mapping[str, Any],
    actual: Mapping[str, Any],
    referred: set[str] | tuple[str, ...],
    prior: ResourceState | None,
    *,
    whole: bool = True,
) -> dict[str, Any]:
    """What state keeps of a response: declared leaves, and what others refer to.

    Args:
        normal: What makes values comparable.
        kind: The resource type.
        declared: What is declared; where that is a fingerprint, one is kept of the response.
            References to secrets have to be resolved and sealed: their text would be kept open.
        actual: The object as Stripe returned it.
        referred: Attributes that others refer to.
        prior: What state recorded before, for secrets that are returned once.
        whole: It is a complete response: a field that it lacks is null. Otherwise it is what
            state kept of one.
    """
    found: dict[str, Any] = normal.pick(kind.root, declared, actual)
    for name in sorted(referred):
        value = returned_field(kind.root, actual, (name,), None if whole else UNKNOWN)
        # Null is kept too: it shows that Stripe has nothing there.
        if value is not UNKNOWN and not kind.root.fields[name].sensitive:
            secret = hidden(kind.root.fields[name], value, declared.get(name))
            found[name] = normal.seal(secret)
    return found if prior is None else with_returned_once(kind, found, prior.attributes)


def with_fingerprints(declared: Mapping[str, Any], seen: Mapping[str, Any]) -> dict[str, Any]:
    """A declaration with fingerprints for what referred to a secret when it was last applied."""
    found: dict[str, Any] = overlaid(
        declared, seen, lambda _, was: was if isinstance(was, Sealed) else ABSENT
    )
    return found


def as_accepted(
    normal: Normalizer,
    kind: ResourceType,
    prior: ResourceState,
    declared: Mapping[str, Any],
    actual: Mapping[str, Any],
    referred: set[str],
    paths: tuple[Path, ...],
    left: tuple[Path, ...],
) -> ResourceState:
    """The record of an object of which some leaves that drifted are declared as they are now.

    Args:
        normal: What makes values comparable.
        kind: The resource type.
        prior: What state recorded before.
        declared: What is declared now, sealed.
        actual: The object as Stripe returned it.
        referred: Attributes that others refer to.
        paths: The leaves that are declared as they are; lists as a whole.
        left: The leaves that still differ, which state keeps as it saw them.
    """
    known = copy.deepcopy(dict(prior.declared))
    for path in paths:
        known = _with(known, path, declared)
    fingerprints = with_fingerprints(known, prior.attributes)
    found = attributes_of(normal, kind, fingerprints, actual, referred, prior)
    for path in left:
        found = _with(found, path, prior.attributes)
    return replace(prior, declared=known, attributes=found)


def _with(document: dict[str, Any], path: Path, other: Mapping[str, Any]) -> dict[str, Any]:
    """A document with what another one has at a path, or without it if that has nothing there."""
    heads = (path[:length] for length in range(1, len(path) + 1))
    for head in heads:
        if get_path(other, head, ABSENT) is ABSENT:
            return without(document, [head])
    set_path(document, path, copy.deepcopy(get_path(other, path)))
    return document


def with_returned_once(
    kind: ResourceType, attributes: Mapping[str, Any], earlier: Mapping[str, Any]
) -> dict[str, Any]:
    """Attributes with the fingerprints of what Stripe returned once, at the create."""
    found = dict(attributes)
    for path in kind.creation_only:
        kept = get_path(earlier, path)
        if isinstance(kept, Sealed) and get_path(found, path) is None:
            # A copy: the response itself must not change.
            found[str(path[0])] = copy.deepcopy(found.get(str(path[0])))
            set_path(found, path, kept)
    return found


def kept_output(normal: Normalizer, value: Any, *, sensitive: bool) -> Any:
    """An output as state keeps it: a secret, or anything with one in it, as a fingerprint."""
    if value is UNKNOWN:
        return value
    # Sealed inside first: a fingerprint of the whole has to change with any secret in it.
    kept = normal.seal(value, nulls=True)
    if isinstance(kept, Sealed) or not (sensitive or holds_secret(kept)):
        return kept
    return normal.sealed(kept)
