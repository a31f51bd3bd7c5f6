"""Earlier states of a stack: how each was written is in its document, what it held outside of it.

GitLab keeps each write of a document. On other servers a state that another one takes the place of
is put aside under a name of its own; the names are used again, so that the last ones are there.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib

from engine.backends.http.documents import KEPT_ASIDE, Kept, StackDocument, name_of
from engine.backends.http.store import DocumentStore
from engine.errors import StateError
from engine.ports.history import Version
from engine.state.model import State

LISTED = 100


def with_state(before: StackDocument, state: State, raw: bytes) -> StackDocument:
    """A document with another state, which the next write of it stores."""
    owner = before.owner
    entry = Kept(
        serial=state.serial,
        write=before.serial + 1,
        digest=_digest(raw.decode()),
        resources=len(state.resources),
        since=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        who=owner.who if owner is not None else "",
        operation=owner.operation if owner is not None else "",
        url=owner.url if owner is not None else "",
    )
    others = tuple(kept for kept in before.versions if kept.serial != state.serial)
    return dataclasses.replace(before, state=raw.decode(), versions=(*others, entry)[-LISTED:])


def put_aside(store: DocumentStore, before: StackDocument) -> None:
    """Keep the state of a document that another one takes the place of, if the server does not.

    What is kept there is no part of any decision: if it cannot be written, the run goes on.
    """
    if before.state and before.versions:
        alone = dataclasses.replace(
            before, owner=None, journal=(), pending="", versions=(), replaced=()
        )
        store.put_aside(alone, before.versions[-1].serial % KEPT_ASIDE)


def versions(document: StackDocument, limit: int, store: DocumentStore) -> tuple[Version, ...]:
    """What people see of the states that were stored, the newest first."""
    newest = document.versions[-1] if document.state and document.versions else None
    return tuple(
        Version(
            serial=kept.serial,
            who=kept.who,
            since=kept.since,
            operation=kept.operation,
            url=kept.url,
            resources=kept.resources,
            place=store.place(name_of(document.stack, document.environment))
            if kept is newest
            else store.earlier_place(document, kept.write, kept.serial % KEPT_ASIDE),
        )
        for kept in reversed(document.versions[-limit:] if limit > 0 else ())
    )


def text_of(store: DocumentStore, document: StackDocument, serial: int) -> str | None:
    """The text of the state with a serial; None if none was stored with it.

    Raises:
        StateError: if one was, and the server has it no more.
    """
    kept = next((kept for kept in document.versions if kept.serial == serial), None)
    if kept is None:
        return None
    if _digest(document.state) == kept.digest:
        return document.state
    found = store.earlier(document, kept.write, serial % KEPT_ASIDE)
    if found is None or _digest(found.state) != kept.digest:
        raise StateError(
            f"serial {serial} of {document.environment}/{document.stack} was stored at "
            f"{kept.since}, and the server has it no more",
            cause=f"A server without versions keeps the last {KEPT_ASIDE} states.",
            hint=f"engine state history {document.stack} lists them; take an older one from a "
            "backup of the server",
        )
    return found.state


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
