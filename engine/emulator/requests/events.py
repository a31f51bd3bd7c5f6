"""`GET /v1/events` and `GET /v1/events/{id}`: what happened to objects, newest first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from engine.catalog import loader
from engine.emulator.params.parser import ParamParser
from engine.emulator.requests.call import Call
from engine.emulator.requests.request_context import RequestContext
from engine.emulator.requests.responses import limit_of, render
from engine.emulator.storage.deliveries import shown
from engine.emulator.storage.events import EVENT, KIND, LIFE, add_events, drop_surplus
from engine.emulator.storage.repository import Condition, Document
from engine.emulator.wire import errors
from engine.emulator.wire.messages import Form

_PATH: Final = "/v1/events"
_MOST_TYPES: Final = 20
_ANY = ".*"
_BATCH: Final = 1000
"""After so many events those that are too many are removed."""


class EventLog:
    """Keeps the events of the requests to one emulator."""

    def __init__(self) -> None:
        self._count = 0

    def add(
        self,
        call: Call,
        context: RequestContext,
        recipients: Callable[[str], Iterable[tuple[str, str]]],
    ) -> list[str]:
        """Keep the events of what a request did, within its transaction.

        Args:
            call: The request.
            context: What is known of it.
            recipients: Returns ids and URLs of those that an event of a type is to be sent to.

        Returns:
            Ids of the events.
        """
        before = self._count
        added = add_events(
            call.repository,
            call.changes,
            now=call.now,
            version=call.version,
            request_id=context.id,
            request=context.as_events_name_it,
            livemode=call.caller.livemode,
            account=call.caller.connected,
            recipients=recipients,
        )
        self._count += len(added)
        if before // _BATCH != self._count // _BATCH:
            drop_surplus(call.repository)
        return added


def is_about_events(method: str, path: str) -> bool:
    """Whether a request reads events."""
    return method == "GET" and (path == _PATH or path.startswith(f"{_PATH}/"))


def events(call: Call, path: str, form: Form) -> dict[str, Any]:
    """The event that a path names, or a page of events.

    Raises:
        StripeRefusal: There is none of the id, or a parameter is not one of a list of events.
    """
    if path != _PATH:
        id = path.removeprefix(f"{_PATH}/")
        return event_response(call, _required(call, id, "id", in_path=True))
    given = {name: value for name, value in form.items() if name != "expand"}
    params = ParamParser(unlisted=frozenset({"type"})).parse(
        given, loader.entry(EVENT).params("list")
    )
    page, has_more = _page(call, params)
    shown = [event_response(call, document) for document in page]
    return {"object": "list", "data": shown, "has_more": has_more, "url": _PATH}


def _page(call: Call, params: Mapping[str, Any]) -> tuple[list[Document], bool]:
    after, before = params.get("starting_after"), params.get("ending_before")
    if after is not None and before is not None:
        raise errors.both_cursors()
    limit = limit_of(params.get("limit"))
    kind: str = params.get("type") or ""
    group = kind.removesuffix("*") if kind.endswith(_ANY) else ""
    found = call.repository.select(
        EVENT,
        _conditions(call, params, "" if group else kind),
        older_than=_position(call, after, "starting_after"),
        newer_than=_position(call, before, "ending_before"),
        limit=-1 if group else limit + 1,
    )
    found = [document for document in found if document["type"].startswith(group)]
    page = found[-limit:] if before is not None else found[:limit]
    return page, len(found) > limit


def _conditions(call: Call, params: Mapping[str, Any], type: str) -> list[Condition]:
    """What the filters ask for.

    Raises:
        StripeRefusal: There are too many types, or both kinds of filters for them (D).
    """
    types = params.get("types")
    if types is not None and params.get("type"):
        raise errors.exclusive(("type", "types"))
    if types is not None and len(types) > _MOST_TYPES:
        raise errors.StripeRefusal(  # D for the number, ? for the text
            f"You may only filter by up to {_MOST_TYPES} types", param="types"
        )
    found = [Condition("created", "gt", call.now - LIFE)]
    found += [Condition("type", "eq", type)] if type else []
    found += [Condition("type", "in", types)] if types else []
    created = params.get("created")
    bounds = created if isinstance(created, dict) else {} if created is None else {"eq": created}
    return found + [Condition("created", operator, bound) for operator, bound in bounds.items()]


def _position(call: Call, cursor: str | None, param: str) -> int | None:
    if cursor is None:
        return None
    _required(call, cursor, param)
    return call.repository.position(EVENT, cursor)


def _required(call: Call, id: str, param: str, *, in_path: bool = False) -> Document:
    found = call.repository.get(EVENT, id)
    if found is None or found["created"] <= call.now - LIFE:
        # L for the word: Stripe calls an event a notification there.
        raise errors.resource_missing("notification", id, param=param, in_path=in_path)
    return found


def event_response(call: Call, event: Document) -> dict[str, Any]:
    """A stored event as Stripe returns it; the document itself is changed."""
    kind = call.kind(event.pop(KIND))
    event["data"]["object"] = render(call, kind, event["data"]["object"], ())
    return shown(event)
