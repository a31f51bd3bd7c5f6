"""Why a reference cannot be resolved: it names nothing, or a secret that is not known.

State keeps only a fingerprint of a secret that the code declares, so no reference can read it. A
secret that Stripe returns is kept in the sink, and can be referred to.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.schema.attribute import Attribute
from engine.schema.resource_type import ResourceType, Schemas
from engine.stack.model import Declaration, Stack
from engine.suggest import nearest
from engine.values.secret import Sensitive
from engine.values.targets import AttributeTarget
from engine.values.tree import children


def what_is_wrong(
    target: AttributeTarget, stack: Stack, schemas: Schemas
) -> tuple[str, str] | None:
    """Why a reference cannot be followed, with a hint; None if it can.

    Args:
        target: What it names.
        stack: The stack it is in.
        schemas: Resource types by name.
    """
    text = str(target.address)
    known = stack.lookups if target.address.lookup else stack.declarations
    if text not in known:
        near = nearest(text, tuple(known))
        return f"{text} is not declared", f"did you mean {near}?" if near else ""
    kind = schemas[target.address.type]
    name = target.path[0]
    if name not in kind.root.fields:
        near = nearest(name, tuple(kind.root.fields))
        return f"{text} has no attribute {name!r}", f"did you mean {near!r}?" if near else ""
    declaration = stack.declarations.get(text)
    if declaration is not None and _reads_secret(target, declaration, kind):
        return (
            f"{target} is a secret that the code declares, and state keeps no secret",
            "use the value itself in place of the reference, in Sensitive(...)",
        )
    return None


def _reads_secret(target: AttributeTarget, declaration: Declaration, kind: ResourceType) -> bool:
    """Whether what a reference names is, holds, or is inside of, a secret that is declared."""
    node: Attribute | None = kind.root
    value: Any = declaration.arguments
    for part in target.path:
        node = node.child(part) if node is not None else None
        value = value.get(part) if isinstance(value, Mapping) else None
        if value is None or _is_secret(node, value):
            return value is not None
    return _holds_secret(node, value)


def _is_secret(node: Attribute | None, value: Any) -> bool:
    return isinstance(value, Sensitive) or (node is not None and node.sensitive)


def _holds_secret(node: Attribute | None, value: Any) -> bool:
    if value is None or _is_secret(node, value):
        return value is not None
    return any(
        _holds_secret(node.child(name) if node is not None else None, inner)
        for name, inner in children(value)
    )
