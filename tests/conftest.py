"""Options of the whole run, and two watches over it: of what is asked, and of what is answered.

No request holds what Stripe has no word for, and no answer differs from Stripe's description.

Every request that the engine sends to any emulator of this process is held against the SDK's
TypedDicts, read anew and not through the catalog or the semantics table, so that a wrong row
cannot vouch for itself. What tests send by hand, right or wrong, is not looked at. Every answer of
any emulator of this process is held against the description, where the machine has it.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

import pytest
from hypothesis import settings

from engine.catalog.generator.description import named_file, read
from engine.catalog.generator.sdk import services
from engine.catalog.generator.shapes import ShapeReader
from engine.catalog.model import Shape
from engine.emulator.core import Emulator
from engine.emulator.requests.request_context import RequestContext
from engine.emulator.wire.messages import Request, Response, is_v2, nested
from engine.emulator.wire.multipart import MULTIPART_TYPE, parts_of
from engine.redaction import forget
from engine.schema.attribute import Kind
from engine.stripe.http.client import StripeHTTP
from tests.support.published import Answers, Published

# How long an example takes says nothing of the code: a busy machine is no failure.
settings.register_profile("engine", deadline=None)
settings.load_profile("engine")

Calls: TypeAlias = Mapping[str, tuple[tuple[re.Pattern[str], tuple[type, ...]], ...]]
"""Paths with the TypedDicts of what may be sent there, fewest placeholders first, by method."""

# What a header of the watch's own says, and what the engine's idempotency keys begin with: an
# engine in a process of its own is known by the latter.
_MARK = "x-sent-by"
_OURS = "engine-"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the long suites be run whole; without the options a selection runs with the tests."""
    parser.addoption(
        "--faults",
        choices=("short", "whole"),
        default="short",
        help="how much of tests/e2e/faults to try: a selection, or every fault at every point",
    )
    parser.addoption(
        "--stacks", type=int, default=25, help="how many random stacks tests/e2e/convergence tries"
    )
    parser.addoption("--first-seed", type=int, default=0, help="seed of the first random stack")


@pytest.fixture(autouse=True)
def _own_secrets() -> Iterator[None]:
    """What one test calls secret hides nothing in the next."""
    forget()
    yield
    forget()


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
class Watch:
    """What the engine sent and should not have.

    Attributes:
        offences: One a request, with the names.
        looked_at: How many requests of the engine's were looked at.
    """

    offences: list[str] = field(default_factory=list)
    looked_at: int = 0

    def look(self, request: Request) -> None:
        """Look at one request, if it is the engine's."""
        headers = request.headers
        if _MARK not in headers and not str(headers.get("idempotency-key", "")).startswith(_OURS):
            return
        self.looked_at += 1
        names = unknown_parameters(request.method, request.path, params_of(request))
        if names:
            self.offences.append(f"{request.method} {request.path}: {', '.join(names)}")

    def drain(self) -> list[str]:
        """What was found since the last time."""
        found, self.offences = self.offences, []
        return found


@pytest.fixture(scope="session")
def watch() -> Iterator[Watch]:
    """The watch, set up between the engine's client and every emulator of this process."""
    watch = Watch()
    send, handle = StripeHTTP._send, Emulator.handle

    def sending(
        self: StripeHTTP,
        method: str,
        path: str,
        params: Mapping[str, Any],
        options: Mapping[str, Any],
        *rest: Any,
    ) -> dict[str, Any]:
        return send(self, method, path, params, {**options, "headers": {_MARK: "engine"}}, *rest)

    def handling(self: Emulator, request: Request, *rest: Any) -> Response:
        watch.look(request)
        return handle(self, request, *rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(StripeHTTP, "_send", sending)
        patch.setattr(Emulator, "handle", handling)
        yield watch


@pytest.fixture(autouse=True)
def _only_what_the_sdk_knows(watch: Watch) -> Iterator[None]:
    """Fail whatever test made the engine send a parameter that the SDK does not have."""
    yield
    assert watch.drain() == []


@pytest.fixture(scope="session")
def answers() -> Iterator[Answers]:
    """The watch over every answer; it looks at none where no description is named."""
    named = named_file()
    answers = Answers(None if named is None else Published(read(named)))
    answer = Emulator._response

    def answering(
        self: Emulator, exchange: RequestContext, status: int, body: bytes, *rest: Any
    ) -> Response:
        answers.look(exchange.request, status, body)
        return answer(self, exchange, status, body, *rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Emulator, "_response", answering)
        yield answers


@pytest.fixture(autouse=True)
def _only_what_stripe_describes(answers: Answers) -> Iterator[None]:
    """Fail whatever test made an emulator answer what Stripe would not."""
    yield
    assert answers.drain() == []
