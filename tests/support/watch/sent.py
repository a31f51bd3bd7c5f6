"""The requests of the engine, held against the TypedDicts of the SDK.

They are read anew and not through the catalog or the semantics table, so that a wrong row cannot
vouch for itself. What tests send by hand, right or wrong, is not looked at.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

import pytest

from engine.catalog.generator.sdk import services
from engine.catalog.generator.shapes import ShapeReader
from engine.catalog.model import Shape
from engine.emulator.testing.observers import Observer
from engine.emulator.wire.messages import Request, is_v2, nested
from engine.emulator.wire.multipart import MULTIPART_TYPE, parts_of
from engine.schema.attribute import Kind
from engine.stripe.http.inspection import Inspected

Calls: TypeAlias = Mapping[str, tuple[tuple[re.Pattern[str], tuple[type, ...]], ...]]
"""Paths with the TypedDicts of what may be sent there, fewest placeholders first, by method."""


# What a header of the watch's own says, and what the engine's idempotency keys begin with: an
# engine in a process of its own is known by the latter.
_MARK = "x-sent-by"


_OURS = "engine-"
_EMULATORS_OWN = "/emulator/"
"""Paths of the emulator that Stripe does not have."""


@cache
def sdk_calls() -> Calls:
    """Every call of the SDK's client."""
    found: dict[tuple[str, str], list[type]] = {}
    for service in services():
        for call in service.calls.values():
            given = found.setdefault((call.method.upper(), call.path), [])
            given.extend([] if call.params is None else [call.params])
    ordered = sorted(found.items(), key=lambda pair: pair[0][1].count("{"))
    return {
        method: tuple(
            (re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), tuple(params))
            for (verb, path), params in ordered
            if verb == method
        )
        for method in {verb for verb, _ in found}
    }


_ASKING = threading.Lock()
"""Requests come from several threads, and CPython 3.11 cannot parse in two of them at once."""


def _shape_of(params: type) -> Shape:
    with _ASKING:
        return _shape_read(params)


@cache
def _shape_read(params: type) -> Shape:
    return ShapeReader(frozenset()).parameters(params)


def unknown_parameters(method: str, path: str, params: Mapping[str, Any]) -> list[str]:
    """Names of parameters that no TypedDict of the SDK has for a call; of the call itself, if none.

    Args:
        method: Upper case.
        path: Without host and query.
        params: As decoded from the query and the body.
    """
    for pattern, classes in sdk_calls().get(method, ()):
        if pattern.fullmatch(path):
            told = [set(_unknown(params, _shape_of(given), "")) for given in classes]
            return sorted(set.intersection(*told) if told else params)
    return [f"{method} {path}"]


def _unknown(value: Any, shape: Shape, name: str) -> Iterator[str]:
    if isinstance(value, list):
        for inner in value:
            yield from _unknown(inner, shape.element or Shape(kind=Kind.ANY), f"{name}[]")
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            place = f"{name}[{key}]" if name else str(key)
            below = _below(shape, str(key))
            if below is None:
                yield place
            else:
                yield from _unknown(inner, below, place)


def _below(shape: Shape, key: str) -> Shape | None:
    """What a TypedDict says of a name in it; None if it has none."""
    if key in shape.fields:
        return shape.fields[key]
    if shape.kind is Kind.MAP or (shape.kind is Kind.LIST and key.isdecimal()):
        return shape.element
    open_ended = shape.kind is Kind.ANY and not shape.fields and shape.element is None
    return shape if open_ended else None


def params_of(request: Request) -> Mapping[str, Any]:
    """The parameters of a request that the SDK has sent."""
    pairs: list[Any] = list(parse_qsl(request.query, keep_blank_values=True))
    told = str(request.headers.get("content-type", ""))
    if is_v2(request.path):
        return {**nested(pairs), **(json.loads(request.body) if request.body else {})}
    if told.startswith(MULTIPART_TYPE):
        return nested(pairs + parts_of(told, request.body))
    return nested(pairs + parse_qsl(request.body.decode(), keep_blank_values=True))


@dataclass(slots=True)
class Watch(Observer):
    """What the engine sent and should not have.

    Attributes:
        offences: One a request, with the names.
        looked_at: How many requests of the engine's were looked at.
    """

    offences: list[str] = field(default_factory=list)
    looked_at: int = 0

    def received(self, request: Request) -> None:
        """Look at one request, if it is the engine's."""
        headers = request.headers
        if _MARK not in headers and not str(headers.get("idempotency-key", "")).startswith(_OURS):
            return
        self.looked_at += 1
        if request.path.startswith(_EMULATORS_OWN):
            return
        names = unknown_parameters(request.method, request.path, params_of(request))
        if names:
            self.offences.append(f"{request.method} {request.path}: {', '.join(names)}")

    def drain(self) -> list[str]:
        """What was found since the last time."""
        found, self.offences = self.offences, []
        return found


@contextmanager
def marked() -> Iterator[None]:
    """Mark the requests that the engine sends from this process."""
    send = Inspected.request

    def marking(
        self: Inspected, method: str, url: str, headers: Mapping[str, str], post_data: Any = None
    ) -> tuple[Any, int, Mapping[str, str]]:
        return send(self, method, url, {**headers, _MARK: "engine"}, post_data)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Inspected, "request", marking)
        yield
