"""Finding what a state file must not hold, or cannot: keys in clear, and values JSON does not have.

Everything that a module declares goes into a file that a team commits. What a key looks like is in
`engine.redaction`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from engine.errors import Problem
from engine.redaction import described, keys_in
from engine.schema.attribute import Attribute
from engine.schema.resource_type import Schemas
from engine.stack.model import DEFAULT_LIFECYCLE, Lifecycle, Location, Stack
from engine.stack.source_lines import line_of, problem_at
from engine.values.paths import Path as LeafPath
from engine.values.paths import dotted
from engine.values.secret import Sensitive
from engine.values.tree import children

REFERENCE = "key-in-clear"
"""Stable identifier of these findings."""
HINT = (
    'give it from outside and wrap it, Sensitive(variable("NAME")), so that neither code nor state '
    "holds it; if anybody else has seen this, roll it in the Dashboard"
)
"""What to write instead, and what to do about what was written."""


def exposed(stack: Stack, schemas: Schemas, root: Path) -> Iterator[Problem]:
    """Yield every key and webhook secret in a stack that is not inside `Sensitive`.

    The messages name the place and never the value. A field of which the catalog knows that it
    holds a secret is sealed by the engine itself.

    Args:
        stack: The evaluated module.
        schemas: Resource types by name.
        root: Project folder, to find the exact line of an argument.
    """
    for location, name, document, attribute in _documents(stack, schemas):
        for path, kind, in_key in _keys_in(document, attribute):
            where = f"a key of {dotted(path) or 'it'}" if in_key else dotted(path)
            # The name itself may hold the key.
            shown = f"a name at {location}" if keys_in(name) else name
            message = f"{shown}: {where} holds {described(kind)} in clear, {kind}_..."
            yield problem_at(location, path, root, message, HINT, REFERENCE)


def keys_within(value: Any) -> Iterator[str]:
    """Yield what each key anywhere in a value is that no `Sensitive` is around."""
    return (kind for _, kind, _ in _keys_in([value], None))


def _documents(
    stack: Stack, schemas: Schemas
) -> Iterator[tuple[Location, str, Mapping[str, Any], Attribute | None]]:
    """All that is kept or sent, with where it is, what it is called, and what it looks like."""
    for declaration in stack.declarations.values():
        root, name = schemas[declaration.type].root, str(declaration.address)
        yield declaration.location, name, declaration.arguments, root
        yield declaration.location, name, {"name": declaration.address.name}, None
        if declaration.lifecycle is not DEFAULT_LIFECYCLE:
            yield declaration.location, name, {"lifecycle": _words(declaration.lifecycle)}, None
    for output in stack.outputs.values():
        value = None if output.sensitive else output.value
        document = {"name": output.name, "value": value}
        yield output.location, f"output {output.name!r}", document, None
    for lookup in stack.lookups.values():
        name = f"{schemas[lookup.address.type].face}.lookup"
        yield lookup.location, name, dict(lookup.criteria), None
    for wanted in stack.imports.values():
        yield wanted.location, f"import_ of {wanted.address}", {"id": wanted.id}, None


def _words(lifecycle: Lifecycle) -> Mapping[str, Any]:
    return {
        "account": lifecycle.account,
        "depends_on": [entry for entry in lifecycle.depends_on if isinstance(entry, str)],
        "ignore_changes": list(lifecycle.ignore_changes),
    }


def _keys_in(document: Any, attribute: Attribute | None) -> list[tuple[LeafPath, str, bool]]:
    """Where keys are, what they are, and whether a key of a mapping holds them."""
    found: list[tuple[LeafPath, str, bool]] = []
    _collect_keys(document, (), attribute, found)
    return found


def _collect_keys(
    value: Any,
    path: LeafPath,
    attribute: Attribute | None,
    found: list[tuple[LeafPath, str, bool]],
) -> None:
    # Every leaf of every declaration comes by here: no generators, and no call for a scalar.
    for name, inner in children(value):
        kinds = keys_in(name) if isinstance(name, str) else []
        found.extend([(path, kind, True) for kind in kinds])
        below = None if attribute is None else attribute.child(name)
        if isinstance(inner, Sensitive) or (below is not None and below.sensitive):
            continue
        place = path if kinds else (*path, name)  # the name would show the key
        if isinstance(inner, str):
            found.extend([(place, kind, False) for kind in keys_in(str.__str__(inner))])
        else:
            _collect_keys(inner, place, below, found)


def not_json(stack: Stack, root: Path) -> Iterator[Problem]:
    """Yield every part of an output that a state file cannot hold."""
    for output in stack.outputs.values():
        for path, text in _not_json(output.value, ("value",)):
            yield Problem(
                output.location.file,
                line_of(output.location, path, root),
                f"output {output.name!r}: {dotted(path)} cannot hold {text}",
                "outputs are kept in a JSON file: strings, numbers, booleans, lists, dicts",
                "wrong-type",
            )


def _not_json(value: object, path: LeafPath) -> Iterator[tuple[LeafPath, str]]:
    """What a state file cannot hold, with its path."""
    if isinstance(value, Sensitive):
        yield from _not_json(value.value, path)
    elif isinstance(value, (Mapping, list, tuple)):
        for key, inner in children(value):
            if isinstance(value, Mapping) and not isinstance(key, str):
                yield path, f"a dict with the key {key!r}"
            else:
                yield from _not_json(inner, (*path, key))
    elif isinstance(value, (float, Decimal)) and not math.isfinite(value):
        yield path, str(value)
    elif not isinstance(value, (str, int, float, Decimal, type(None))):
        yield path, f"a value of type {type(value).__name__}"
