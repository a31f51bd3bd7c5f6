"""What a stack declares, as a digest, and where a state records something else.

`engine promote` asks whether the code is what one environment last applied. The digest covers what
an apply acts on: arguments, lifecycles, outputs. Instructions that are over once they were followed
(`moved`, `removed`, `import_`) are not in it, nor lines and files. Of a secret it says only that
there is one: a value that differs between environments is no other code, and a digest in a
committed file must not help anybody guess it.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from engine.address import parse_address
from engine.frozen import frozen
from engine.graph.build import ResourceGraph
from engine.stack.model import DEFAULT_LIFECYCLE, Declaration, Lifecycle
from engine.state.model import ResourceState, State
from engine.values.secret import is_secret
from engine.values.tree import map_scalars

_SECRET = {"secret": True}


@frozen(kw_only=False)
class OtherDeclaration:
    """A resource of which a state records another declaration than the code has.

    Attributes:
        address: The resource.
        what: What is different, in words.
    """

    address: str
    what: str

    def __str__(self) -> str:
        return f"{self.address} {self.what}"


def declared_digest(graph: ResourceGraph) -> str:
    """The digest of what a stack declares."""
    stack = graph.stack
    document = {
        "resources": {
            address: _canonical(declaration) for address, declaration in stack.declarations.items()
        },
        "outputs": {
            name: [_plain(output.value), output.sensitive] for name, output in stack.outputs.items()
        },
    }
    text = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def other_declarations(graph: ResourceGraph, state: State) -> tuple[OtherDeclaration, ...]:
    """Where the arguments that a state records are not those that are declared, by address."""
    return tuple(_other_declarations(graph.declarations, state.resources))


def is_as_applied(graph: ResourceGraph, state: State) -> bool:
    """Whether a stack declares what the last complete apply declared.

    A state that records no digest is compared itself: it shows arguments, names of outputs and who
    is there, but no lifecycles.
    """
    if state.applied:
        return state.applied == declared_digest(graph)
    names = {name for name, output in graph.stack.outputs.items() if output.value is not None}
    return not other_declarations(graph, state) and names == set(state.outputs)


def _other_declarations(
    declared: Mapping[str, Declaration], recorded: Mapping[str, ResourceState]
) -> Iterator[OtherDeclaration]:
    for address in sorted({*declared, *recorded}, key=parse_address):
        if address not in recorded:
            yield OtherDeclaration(address, "was not applied")
        elif address not in declared:
            yield OtherDeclaration(address, "is not declared any more")
        elif _plain(declared[address].arguments) != _plain(recorded[address].declared):
            yield OtherDeclaration(address, "was applied with other arguments")


def _canonical(declaration: Declaration) -> list[Any]:
    return [_plain(declaration.arguments), _lifecycle(declaration.lifecycle)]


def _lifecycle(lifecycle: Lifecycle) -> dict[str, Any]:
    """What is not the default in a lifecycle, so that a new field of it changes no digest."""
    if lifecycle is DEFAULT_LIFECYCLE:
        return {}
    values = {field.name: getattr(lifecycle, field.name) for field in dataclasses.fields(lifecycle)}
    return {
        name: _plain(value)
        for name, value in values.items()
        if _plain(value) != _plain(getattr(DEFAULT_LIFECYCLE, name))
    }


def _plain(value: Any) -> Any:
    """A value in JSON's shapes, without nulls in mappings, with a mark for each secret."""
    return map_scalars(value, _scalar, nulls=False)


def _scalar(leaf: Any) -> Any:
    if is_secret(leaf):
        return _SECRET
    if isinstance(leaf, Decimal):
        return format(leaf, "f")
    if isinstance(leaf, str):
        return str.__str__(leaf)
    return leaf if leaf is None or isinstance(leaf, (bool, int, float)) else str(leaf)
