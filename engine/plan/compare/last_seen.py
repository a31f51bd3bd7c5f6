"""What the last apply saw of the declared fields, and which of them are ignored."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from engine.plan.compare.normalize import Normalizer
from engine.plan.compare.response import read
from engine.schema.attribute import Attribute, Kind
from engine.schema.remote import RemoteObject
from engine.schema.resource_type import ResourceType
from engine.stack.model import Declaration
from engine.state.model import ResourceState
from engine.values.markers import ABSENT
from engine.values.paths import Path, get_path, parse_path, set_path
from engine.values.targets import Target
from engine.values.templates import resolve
from engine.values.tree import without


def ignored_in(declaration: Declaration | None) -> list[tuple[str, ...]]:
    """Paths of the fields that a declaration leaves alone once the object is made."""
    names = declaration.lifecycle.ignore_changes if declaration is not None else ()
    return [parse_path(name) for name in names]


def seen_leaves(
    normal: Normalizer,
    kind: ResourceType,
    prior: ResourceState,
    ignored: Iterable[tuple[str, ...]] = (),
) -> dict[str, Any]:
    """The declared leaves as the last apply saw them, without what Stripe returns once.

    Args:
        normal: What makes values comparable.
        kind: The resource type.
        prior: What the last apply declared and saw.
        ignored: Paths of fields that are left out as well.
    """
    seen = {
        # Of what others refer to, state keeps all that was returned.
        name: _whole(
            child,
            prior.declared[name],
            normal.pick(child, prior.declared[name], read(child, name, {name: value})),
        )
        for name, value in prior.attributes.items()
        if name in prior.declared and value is not None
        for child in (kind.root.fields[name],)
    }
    once = [tuple(map(str, path)) for path in kind.creation_only]
    return without(seen, [*once, *ignored])


def _whole(attribute: Attribute, declared: Any, seen: Any) -> Any:
    """What was seen, with neutral values where there was none, and state keeps none.

    Args:
        attribute: What it looks like.
        declared: What the last apply declared of it; of elements what any of them declared.
        seen: What state keeps of it.
    """
    if attribute.kind is Kind.LIST and attribute.element is not None:
        if not isinstance(seen, list) or not any(isinstance(entry, Mapping) for entry in seen):
            return seen
        entries = declared if isinstance(declared, list) else []
        anywhere = {
            name: value
            for entry in entries
            if isinstance(entry, Mapping)
            for name, value in entry.items()
        }
        return [_filled(attribute.element, anywhere, entry) for entry in seen]
    if isinstance(declared, Mapping) and isinstance(seen, Mapping):
        parts = {name: child for name, child, _ in attribute.parts(declared) if name in seen}
        return {
            name: _whole(parts[name], declared[name], value) if name in parts else value
            for name, value in seen.items()
        }
    return attribute.neutral if seen is None and _has_neutral(attribute) else seen


def _has_neutral(attribute: Attribute) -> bool:
    return attribute.neutral not in (ABSENT, None, [])


def _filled(attribute: Attribute, declared: Mapping[str, Any], seen: Any) -> Any:
    """An element, or what is in it, with the neutral values of what it does not have."""
    found = dict(seen) if isinstance(seen, Mapping) else {}
    for name, child, value in attribute.parts(declared):
        if isinstance(value, Mapping):
            inner = _filled(child, value, found.get(name))
            if inner:
                found[name] = inner
        elif name not in found and _has_neutral(child) and not child.twin:
            found[name] = child.neutral
    return found


def with_missing_expansions(
    kind: ResourceType,
    actual: RemoteObject,
    prior: ResourceState | None,
    as_of: Callable[[Target], Any],
) -> RemoteObject:
    """An object with the requested expansions that it lacks, as they were last declared.

    Stripe returns what `expand` names, null included. A server that leaves it out is no reason to
    replace a price.

    Args:
        kind: The resource type.
        actual: The object as it was returned.
        prior: What the last apply declared; None if it declared nothing.
        as_of: What the references of the last apply stood for.
    """
    if prior is None:
        return actual
    found: dict[str, Any] = {}
    for name in kind.expand:
        path: Path = parse_path(name)
        declared = get_path(prior.declared, path)
        outer = get_path(actual, path[:-1])
        if declared is not None and isinstance(outer, Mapping) and path[-1] not in outer:
            found = found or copy.deepcopy(dict(actual))
            set_path(found, path, resolve(declared, as_of))
    return found or actual
