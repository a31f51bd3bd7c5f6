"""From the document of a state file to the state it stands for, field by field.

What must not live here: bytes, versions and digests (`codec`).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, TypeAlias, TypeVar

from engine.state.model import RemovalPolicy, RemovedObject, ResourceState, State
from engine.values.paths import Path
from engine.values.secret import sealed_from_json

_Kinds: TypeAlias = tuple[type, ...]
_Entry = TypeVar("_Entry", bound=ResourceState | RemovedObject)

_REQUIRED: Mapping[str, _Kinds] = {
    "format_version": (int,),
    "engine_version": (str,),
    "stack": (str,),
    "environment": (str,),
    "lineage": (str,),
    "serial": (int,),
    "digest": (str,),
    "account": (dict,),
    "api_version": (str,),
    "outputs": (dict,),
    "resources": (dict,),
}
_OPTIONAL: Mapping[str, _Kinds] = {"removed": (dict,)}
_ACCOUNT: Mapping[str, _Kinds] = {"id": (str,), "livemode": (bool, type(None))}
_RESOURCE: Mapping[str, _Kinds] = {
    "type": (str,),
    "id": (str,),
    "declared": (dict,),
    "attributes": (dict,),
    "dependencies": (list,),
}
_RESOURCE_OPTIONAL: Mapping[str, _Kinds] = {"superseded": (list,), "lifecycle": (dict,)}
_LIFECYCLE: Mapping[str, _Kinds] = {"protect": (bool,), "keep": (bool,), "account": (str,)}
_REMOVED: Mapping[str, _Kinds] = {"type": (str,), "id": (str,)}
_REMOVED_OPTIONAL: Mapping[str, _Kinds] = {"account": (str,)}


_DEEPEST = 100
"""Levels of nesting that no state and no plan has."""


class ShapeError(ValueError):
    """A field that is missing, unknown, or not what it should be.

    Attributes:
        path: Where it is, or what lacks it.
    """

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(why)
        self.path = path


def check_plain(document: Any, path: Path = ()) -> None:
    """Refuse what JSON can spell and no file of the engine holds.

    Raises:
        ShapeError: at a number that is none, a text that is no Unicode, or nesting without end.
    """
    if len(path) > _DEEPEST:
        raise ShapeError(path[:_DEEPEST], "it is nested deeper than anything the engine writes")
    if isinstance(document, float) and not math.isfinite(document):
        raise ShapeError(path, "it holds a number that is none: too large, or not a number")
    if isinstance(document, str) and not _is_text(document):
        raise ShapeError(path, "it holds a text that is not Unicode: half a surrogate pair")
    if isinstance(document, dict):
        for name, inner in document.items():
            if not _is_text(name):
                raise ShapeError(path, "it holds a name that is not Unicode: half a surrogate pair")
            check_plain(inner, (*path, name))
    elif isinstance(document, list):
        for index, inner in enumerate(document):
            check_plain(inner, (*path, index))


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def state_of(document: Mapping[str, Any]) -> State:
    """Read the state that a document stands for.

    Raises:
        ShapeError: at the first field that is not what it should be. One that is unknown counts:
            it would be lost with the next write.
    """
    _check(document, _REQUIRED, _OPTIONAL)
    account = document["account"]
    _check(account, _ACCOUNT, at=("account",))
    return State(
        stack=document["stack"],
        environment=document["environment"],
        lineage=document["lineage"],
        serial=document["serial"],
        account_id=account["id"],
        livemode=account["livemode"],
        api_version=document["api_version"],
        engine_version=document["engine_version"],
        outputs=sealed_from_json(document["outputs"]),
        resources={
            address: _identified(
                resource_of(resource, ("resources", address)), "resources", address
            )
            for address, resource in document["resources"].items()
        },
        removed={
            address: _identified(removed_of(gone, ("removed", address)), "removed", address)
            for address, gone in document.get("removed", {}).items()
        },
    )


def place_without_id(entry: ResourceState | RemovedObject) -> Path | None:
    """Where an entry of a state lacks an id; None if it has all of them.

    A request about an object without an id would be one about all objects of its type.
    """
    if not entry.id:
        return ("id",)
    left = entry.superseded if isinstance(entry, ResourceState) else ()
    return ("superseded", left.index("")) if "" in left else None


def _identified(entry: _Entry, *at: str) -> _Entry:
    missing = place_without_id(entry)
    if missing is not None:
        raise ShapeError((*at, *missing), "an id is empty")
    return entry


def resource_of(document: Any, at: Path = ()) -> ResourceState:
    """Read a resource as the file, and the journal of a run, hold it.

    Args:
        document: What `codec.resource_document` wrote.
        at: Where it stands, for errors.

    Raises:
        ShapeError: at the first field that is not what it should be.
    """
    _check(document, _RESOURCE, _RESOURCE_OPTIONAL, at=at)
    lifecycle = document.get("lifecycle", {})
    _check(lifecycle, {}, _LIFECYCLE, at=(*at, "lifecycle"))
    return ResourceState(
        type=document["type"],
        id=document["id"],
        declared=sealed_from_json(document["declared"]),
        attributes=sealed_from_json(document["attributes"]),
        dependencies=_texts(document["dependencies"], (*at, "dependencies")),
        superseded=_texts(document.get("superseded", []), (*at, "superseded")),
        removal_policy=RemovalPolicy(
            protect=lifecycle.get("protect", False),
            keep=lifecycle.get("keep", False),
            account=lifecycle.get("account", ""),
        ),
    )


def removed_of(document: Any, at: Path = ()) -> RemovedObject:
    """Read an archived object as the file, and the journal of a run, hold it.

    Args:
        document: What `codec.removed_document` wrote.
        at: Where it stands, for errors.

    Raises:
        ShapeError: at the first field that is not what it should be.
    """
    _check(document, _REMOVED, _REMOVED_OPTIONAL, at=at)
    return RemovedObject(
        type=document["type"], id=document["id"], account=document.get("account", "")
    )


def _texts(found: list[Any], at: Path) -> tuple[str, ...]:
    for index, entry in enumerate(found):
        if not isinstance(entry, str):
            raise ShapeError((*at, index), f"{at[-1]!r} holds {_shown(entry)}")
    return tuple(found)


def _check(
    document: Any,
    required: Mapping[str, _Kinds],
    optional: Mapping[str, _Kinds] | None = None,
    *,
    at: Path = (),
) -> None:
    if not isinstance(document, dict):
        raise ShapeError(at, f"{at[-1] if at else 'it'!r} is {_shown(document)}")
    known = {**required, **(optional or {})}
    for name in required:
        if name not in document:
            raise ShapeError(at, f"the field {name!r} is missing")
    for name, value in document.items():
        if name not in known:
            raise ShapeError((*at, name), f"the field {name!r} is unknown to this engine")
        if type(value) not in known[name]:
            raise ShapeError((*at, name), f"{name!r} is {_shown(value)}")


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)[:40]
