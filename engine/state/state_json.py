"""States, and the resources in them, as JSON: what state files and journals hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.records import Record, ShapeError
from engine.state.model import RemovalPolicy, RemovedObject, ResourceState, State
from engine.values.paths import Path

RESOURCE = Record(
    ResourceState,
    Record(RemovalPolicy),
    keys={"removal_policy": "lifecycle"},
    required=("declared", "attributes", "dependencies"),
)
REMOVED = Record(RemovedObject)
STATE = Record(
    State,
    RESOURCE,
    REMOVED,
    keys={"account_id": "account.id", "livemode": "account.livemode"},
    whole=True,
    optional=("reads", "applied", "merged"),
)


def state_of(document: Mapping[str, Any]) -> State:
    """Read the fields of a state file but for its format version and digest.

    Raises:
        ShapeError: at the first field that is not what it should be. One that is unknown counts:
            it would be lost with the next write.
    """
    fields = {name: value for name, value in document.items() if name not in _OF_THE_FILE}
    state = STATE.read({"removed": {}, **fields})  # a file may lack the field
    lacking = place_without_id(state)
    if lacking is not None:
        raise ShapeError(lacking, "an id is empty")
    return state


_OF_THE_FILE = ("format_version", "digest")


def place_without_id(state: State) -> Path | None:
    """Where a state lacks an id; None if it has all of them.

    A request about an object without an id would be one about all objects of its type.
    """
    return next(_places_without_id(state), None)


def _places_without_id(state: State) -> Iterator[Path]:
    for address, resource in state.resources.items():
        if not resource.id:
            yield "resources", address, "id"
        if "" in resource.superseded:
            yield "resources", address, "superseded", resource.superseded.index("")
        if "" in resource.former:
            yield "resources", address, "former", resource.former.index("")
    for address, gone in state.removed.items():
        if not gone.id:
            yield "removed", address, "id"
        if "" in gone.former:
            yield "removed", address, "former", gone.former.index("")
