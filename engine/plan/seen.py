"""What the last apply saw of what is declared, and what of it is of no interest.

What must not live here: how it is compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from engine.plan.normal import pick, read
from engine.provider.schema import ResourceType
from engine.stack.model import Declaration
from engine.state.model import ResourceState


def ignored_in(declaration: Declaration | None) -> list[tuple[str, ...]]:
    """Paths of the fields that a declaration leaves alone once the object is made."""
    names = declaration.lifecycle.ignore_changes if declaration is not None else ()
    return [tuple(name.split(".")) for name in names]


def seen_leaves(
    kind: ResourceType, prior: ResourceState, salt: str, ignored: Iterable[tuple[str, ...]] = ()
) -> dict[str, Any]:
    """The declared leaves as the last apply saw them, without what Stripe tells only once.

    Args:
        kind: The resource type.
        prior: What the last apply declared and saw.
        salt: For fingerprints of secrets.
        ignored: Paths of fields that are left out as well.
    """
    seen = {
        # Of what is referred to state keeps all that was answered.
        name: pick(child, prior.declared[name], read(child, name, {name: value}), salt)
        for name, value in prior.attributes.items()
        if name in prior.declared and value is not None
        for child in (kind.root.fields[name],)
    }
    once = [tuple(map(str, path)) for path in kind.told_once]
    return without(seen, [*once, *ignored])


def without(document: Mapping[str, Any], paths: list[tuple[str, ...]]) -> dict[str, Any]:
    """A document without what is at some paths."""
    found = dict(document)
    for path in paths:
        if len(path) == 1:
            found.pop(path[0], None)
        elif isinstance(found.get(path[0]), Mapping):
            found[path[0]] = without(found[path[0]], [path[1:]])
    return found
