"""What verbs such as `archive` do to an object, derived from the enums of its response.

A verb sets a status (`archive` sets `archived`) and the time of the change (`status_transitions`),
and is refused if the object has that status already.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from engine.emulator.wire.errors import StripeRefusal

if TYPE_CHECKING:
    from engine.emulator.types.kinds import ObjectKind

RETRIEVE: Final = "retrieve"
LIST_INSIDE: Final = "list_inside"
ORDINARY: Final = frozenset({"create", RETRIEVE, "update", "delete", "list", LIST_INSIDE})
_STATUS: Mapping[str, str] = {
    "accept": "accepted",
    "activate": "active",
    "archive": "archived",
    "cancel": "canceled",
    "close": "closed",
    "deactivate": "inactive",
    "disable": "disabled",
    "enable": "enabled",
    "finalize_quote": "open",
    "pause": "paused",
    "reactivate": "active",
    "release": "released",
    "resume": "active",
    "unarchive": "active",
}
_MOMENTS: Mapping[str, str] = {
    "accept": "accepted_at",
    "cancel": "canceled_at",
    "deactivate": "deactivated_at",
    "finalize_quote": "finalized_at",
    "release": "released_at",
    "void_grant": "voided_at",
}
_UNDOES: Mapping[str, str] = {"activate": "deactivate", "reactivate": "deactivate"}
_TRANSITIONS: Final = "status_transitions"


def is_emulated(kind: ObjectKind, operation: str) -> bool:
    """Whether an operation is emulated."""
    if operation == "search":
        return bool(kind.behaviour.search_fields)
    if operation in ORDINARY or operation in kind.behaviour.verbs:
        return True
    return bool(_status_after(kind, operation)) or bool(_moment_of(kind, operation))


def apply_verb(kind: ObjectKind, verb: str, document: dict[str, Any], now: int) -> None:
    """Set the status of a verb, and the time.

    Raises:
        StripeRefusal: The object has that status already; the text is ours (?).
    """
    status = _status_after(kind, verb)
    if status:
        if document["status"] == status:
            raise StripeRefusal(f"This {kind.title} is already {status}.")
        document["status"] = status
    moment = _moment_of(kind, verb)
    if moment:
        _holder(document, moment)[moment] = now
    undone = _moment_of(kind, _UNDOES.get(verb, ""))
    if undone:
        _holder(document, undone)[undone] = None


def done(method: str, verb: str) -> str:
    """The word for what a verb did, as the types of events have it: `deactivated`."""
    if method == "delete":
        return "deleted"
    word = verb.partition("_")[0]
    return f"{word}d" if word.endswith("e") else f"{word}ed"


def _status_after(kind: ObjectKind, verb: str) -> str:
    word = _STATUS.get(verb, "")
    known = kind.fields.get("status")
    return word if known is not None and word in known.values else ""


def _moment_of(kind: ObjectKind, verb: str) -> str:
    moment = _MOMENTS.get(verb, "")
    transitions = kind.fields.get(_TRANSITIONS)
    within = transitions is not None and moment in transitions.fields
    return moment if within or moment in kind.fields else ""


def _holder(document: dict[str, Any], moment: str) -> dict[str, Any]:
    within: dict[str, Any] | None = document.get(_TRANSITIONS)
    return within if within is not None and moment in within else document
