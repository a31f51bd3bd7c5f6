"""Derive the entries of the catalog from the SDK: one for each service whose objects can be read.

A type's name in the catalog is its object name. Where a service returns objects of several types,
or objects that belong to another service, the name is the service's own path in the singular:
`customer.tax_id` in addition to `tax_id`, `account.external_account`.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from engine.catalog.generator.sdk import Call, Service, services
from engine.catalog.generator.shapes import ShapeReader, object_name, response_classes
from engine.catalog.model import Entry, Operation, Shape

_SUMMARY_LENGTH = 200


def entries() -> list[Entry]:
    """Derive every entry from the installed SDK, sorted by object name."""
    readable = [service for service in services() if _is_readable(service)]
    known = frozenset(name for service in readable for name in _objects(service))
    reader = ShapeReader(known)
    found = [_entry(name, service, reader) for name, service in _named(readable)]
    return sorted(found, key=lambda entry: entry.object)


def _is_readable(service: Service) -> bool:
    return "retrieve" in service.calls or {"create", "list"} <= set(service.calls)


def _response(service: Service) -> Any:
    return service.calls["retrieve" if "retrieve" in service.calls else "create"].returns


def _objects(service: Service) -> list[str]:
    return [object_name(given) for given in response_classes(_response(service))]


def _named(readable: Iterable[Service]) -> Iterable[tuple[str, Service]]:
    """Give each service the name of its type; an object belongs to the one nearest the root."""
    taken: set[str] = set()
    for service in sorted(readable, key=lambda one: (one.name.count("."), one.name)):
        objects = _objects(service)
        name = objects[0]
        if len(objects) > 1 or name in taken:
            name = ".".join(part.removesuffix("s") for part in service.name.split(".")[1:])
        if not name or name in taken:
            raise RuntimeError(f"{service.name} has no name of its own: {name!r}")
        taken.add(name)
        yield name, service


def _entry(name: str, service: Service, reader: ShapeReader) -> Entry:
    return Entry(
        object=name,
        service=service.name,
        operations={verb: _operation(verb, call, reader) for verb, call in service.calls.items()},
        response=reader.response(_response(service)),
        summary=_summary(response_classes(_response(service))),
    )


def _operation(verb: str, call: Call, reader: ShapeReader) -> Operation:
    params = None if call.params is None else reader.parameters(call.params)
    return Operation(
        method=call.method,
        path=call.path,
        params=None if params is None else _without_directives(verb, params),
        base=call.base,
        returns=call.returns_name,
    )


def _without_directives(verb: str, params: Shape) -> Shape:
    """Drop parameters that change the response and not the object."""
    dropped = {"expand", "include"} if verb in ("create", "update") else {"expand"}
    kept = {name: shape for name, shape in params.fields.items() if name not in dropped}
    return replace(params, fields=kept)


def _summary(classes: list[type]) -> str:
    """The first sentence of an object's description, as plain text."""
    if len(classes) > 1:
        return ""
    documented = inspect.cleandoc(classes[0].__doc__ or "").partition("\n\n")[0]
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", documented).replace("\n", " ").strip()
    sentence = re.split(r"(?<=[.!?])\s", plain, maxsplit=1)[0]
    return sentence if len(sentence) <= _SUMMARY_LENGTH else ""
