"""`GET /v1/events` and `GET /v1/events/{id}`: what happened to objects, newest first.

`/emulator/events`, which no client of Stripe asks for, is the same with what became of each event
at its endpoints: `deliveries`, each with its `endpoint`, `url`, `state`, `reason` and `attempts`.
`POST /emulator/events/{id}/resend` sends an event once more, to all endpoints or to `endpoint`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, Final

from engine.catalog import loader
from engine.emulator.params.older_forms import expand_now, show_then
from engine.emulator.params.parser import ParamParser
from engine.emulator.requests.call import Call
from engine.emulator.requests.request_context import RequestContext
from engine.emulator.requests.responses import kept_then, limit_of, render
from engine.emulator.storage.deliveries import deliveries_of, shown, still_pending
from engine.emulator.storage.events import EVENT, KIND, LIFE, add_events, drop_surplus
from engine.emulator.storage.repository import Condition, Document
from engine.emulator.types.kinds import older_forms
from engine.emulator.wire import errors
from engine.emulator.wire.messages import Form

_PATH: Final = "/v1/events"
_OWN_PATH: Final = "/emulator/events"
_RESEND: Final = "/resend"
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
    """Whether a request reads events, or sends one once more."""
    if path_and_resent(method, path)[1]:
        return True
    return method == "GET" and any(
        path == one or path.startswith(f"{one}/") for one in (_PATH, _OWN_PATH)
    )


def path_and_resent(method: str, path: str) -> tuple[str, str]:
    """The path of what a request about events returns, and the event that it sends once more."""
    if method != "POST" or not path.startswith(f"{_OWN_PATH}/") or not path.endswith(_RESEND):
        return path, ""
    event = path.removesuffix(_RESEND)
    return event, event.removeprefix(f"{_OWN_PATH}/")


def events(call: Call, path: str, form: Form) -> dict[str, Any]:
    """The event that a path names, or a page of events.

    Raises:
        StripeRefusal: There is none of the id, or a parameter is not one of a list of events.
    """
    own = path.startswith(_OWN_PATH)
    collection = _OWN_PATH if own else _PATH
    if path != collection:
        id = path.removeprefix(f"{collection}/")
        return _shown(call, required_event(call, id, "id", in_path=True), own=own)
    given = {name: value for name, value in form.items() if name != "expand"}
    params = ParamParser(unlisted=frozenset({"type"})).parse(
        given, loader.entry(EVENT).params("list")
    )
    page, has_more = _page(call, params)
    shown = [_shown(call, document, own=own) for document in page]
    return {"object": "list", "data": shown, "has_more": has_more, "url": collection}


def _page(call: Call, params: Mapping[str, Any]) -> tuple[list[Document], bool]:
    after, before = params.get("starting_after"), params.get("ending_before")
    if after is not None and before is not None:
        raise errors.both_cursors()
    limit, delivered = limit_of(params.get("limit")), params.get("delivery_success")
    kind: str = params.get("type") or ""
    group = kind.removesuffix("*") if kind.endswith(_ANY) else ""
    found = call.repository.select(
        EVENT,
        _conditions(call, params, "" if group else kind),
        older_than=_position(call, after, "starting_after"),
        newer_than=_position(call, before, "ending_before"),
        limit=limit + 1 if not group and delivered is None else -1,
    )
    found = [
        document
        for document in found
        if document["type"].startswith(group) and delivered in {None, still_pending(document) == 0}
    ]
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
    required_event(call, cursor, param)
    return call.repository.position(EVENT, cursor)


def required_event(call: Call, id: str, param: str, *, in_path: bool = False) -> Document:
    """The event of an id, as it is stored.

    Raises:
        StripeRefusal: There is none, or none any more.
    """
    found = call.repository.get(EVENT, id)
    if found is None or found["created"] <= call.now - LIFE:
        # L for the word: Stripe calls an event a notification there.
        raise errors.resource_missing("notification", id, param=param, in_path=in_path)
    return found


def _shown(call: Call, event: Document, *, own: bool) -> dict[str, Any]:
    deliveries = {"deliveries": deliveries_of(event)} if own else {}
    return {**event_response(call, event), **deliveries}


def event_response(call: Call, event: Document, version: str = "") -> dict[str, Any]:
    """A stored event as Stripe returns it; the document itself is changed.

    Args:
        call: In the account of the event.
        event: The event.
        version: API version that its object is to be in; empty for the one that it was kept in.
    """
    object, data = event.pop(KIND), event["data"]
    forms = older_forms(version) if version else {}
    if object:
        expand: list[str] = []
        for form in forms.get(object, ()):
            expand = expand_now(expand, form, of_list=False)
        data["object"] = render(call, call.kind(object), data["object"], tuple(expand))
    if version:
        event["api_version"] = version  # D
        show_then(data["object"], forms, partial(kept_then, call))
    return shown(event)
