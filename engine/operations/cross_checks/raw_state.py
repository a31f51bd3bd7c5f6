"""Read lineage, serial and ids from the bytes of a stored state, also of a damaged one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import Any

from engine.errors import NewerStateError, StateError
from engine.frozen import frozen
from engine.operations.run.context import Context
from engine.state.codec import parse
from engine.state.model import State

_LINEAGE = re.compile(rb'^  "lineage": "([^"\n]+)"', re.MULTILINE)
_SERIAL = re.compile(rb'^  "serial": (\d{1,9})\b', re.MULTILINE)


@frozen
class RawState:
    """What the bytes of a stored state say, valid or not.

    Attributes:
        state: The state, if it can be read.
        lineage: Its lineage; empty if the bytes hold none, or two.
        serial: The highest serial in the bytes.
        ids: Ids by address, if the bytes are JSON.
        account_id: Its account, if the bytes are JSON; empty if not.
        livemode: Its mode, if the bytes are JSON.
    """

    state: State | None = None
    lineage: str = ""
    serial: int = 0
    ids: Mapping[str, str] = field(default_factory=dict)
    account_id: str = ""
    livemode: bool | None = None


def read_raw_state(context: Context, stack: str) -> RawState:
    """Read what is stored of a stack, valid or not.

    Raises:
        NewerStateError: if a newer engine wrote it, so that it is not damaged.
        StateError: if its bytes cannot be read.
    """
    backend, environment = context.backend, context.environment
    raw = backend.stored(stack, environment) or b""
    state = None
    try:
        state = backend.read(stack, environment)
    except NewerStateError:
        raise
    except StateError:
        fields = _fields(raw)
        if fields and (fields.get("stack"), fields.get("environment")) != (stack, environment):
            return RawState()  # of another stack, whose ids are not ours
    fields, lineages = _fields(raw), _lineages_in(raw)
    account = fields.get("account")
    account = account if isinstance(account, dict) else {}
    livemode = account.get("livemode")
    return RawState(
        state=state,
        lineage=next(iter(lineages)) if len(lineages) == 1 else "",
        serial=max((int(text) for text in _SERIAL.findall(raw)), default=0),
        ids=dict(_ids(fields.get("resources"))),
        account_id=str(account.get("id") or ""),
        livemode=livemode if isinstance(livemode, bool) else None,
    )


def _lineages_in(raw: bytes) -> frozenset[str]:
    return frozenset(text.decode("utf-8", "replace") for text in _LINEAGE.findall(raw))


def _fields(raw: bytes) -> Mapping[str, Any]:
    """The fields of a state, valid or not; empty if the bytes are not JSON."""
    try:
        return parse(raw, path="").fields
    except StateError:
        return {}


def _ids(resources: Any) -> dict[str, str]:
    entries = resources.items() if isinstance(resources, dict) else ()
    return {
        address: entry["id"]
        for address, entry in entries
        if isinstance(entry, dict) and isinstance(entry.get("id"), str) and entry["id"]
    }


def places_by_lineage(context: Context) -> dict[str, str]:
    """Which state of the project, valid or not, has each lineage.

    Its stack's name, with the environment where that is another: `shop`, `live/shop`.
    """
    own, found = context.environment, dict[str, str]()
    everywhere = context.once("lineages", lambda: _lineages(context, context.environments()))
    # What another account of a fleet read of the own states may be older than they are.
    for environment, name, lineage in (*everywhere, *_lineages(context, (own,))):
        if environment == own:
            found[lineage] = name
        else:
            found.setdefault(lineage, f"{environment}/{name}")
    return found


def _lineages(context: Context, environments: Iterable[str]) -> tuple[tuple[str, str, str], ...]:
    """Environment, stack and lineage of each state of some environments."""
    return tuple(
        (environment, name, lineage)
        for environment in environments
        for name in context.backend.stacks(environment)
        for lineage in _lineages_in(context.backend.stored(name, environment) or b"")
    )
