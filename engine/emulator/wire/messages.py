"""Requests and responses, and forms as nested documents."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import field
from itertools import pairwise
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, urlsplit

from engine.emulator.wire import errors
from engine.emulator.wire.multipart import MULTIPART_TYPE, Upload, parts_of
from engine.frozen import frozen

Form: TypeAlias = dict[str, Any]
"""Decoded parameters: strings, uploads, lists and further forms, by name; JSON in v2."""
Pairs: TypeAlias = list[tuple[str, str | Upload]]

_KEY_PARTS = re.compile(r"\[([^\[\]]*)\]")
FORM_TYPE = "application/x-www-form-urlencoded"
_V2 = "/v2/"
_DEEPEST = 100
_INDEX = re.compile(r"[0-9]{1,18}")
# Made once: `json.dumps` would make an encoder for every document.
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_READABLE = json.JSONEncoder(ensure_ascii=False, indent=2)
# S: every SDK says its version in it; the Stripe CLI, which prints what it gets, does not.
_SDK_HEADER = "X-Stripe-Client-User-Agent"
_SDK_MARK = "bindings_version"


class Headers(dict[str, str]):
    """Headers by lower-case name; lookups ignore case."""

    def __init__(self, given: Mapping[str, str] | Iterable[tuple[str, str]] = ()) -> None:
        pairs = given.items() if isinstance(given, Mapping) else given
        super().__init__({name.lower(): value for name, value in pairs})

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name.lower())

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and super().__contains__(name.lower())

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a header; case is ignored."""
        return super().get(name.lower(), default)


@frozen
class Request:
    """What a client sends.

    Attributes:
        method: Upper case.
        path: Without host and query.
        query: As in the URL, without the question mark.
        headers: By name.
        body: As sent.
    """

    method: str
    path: str
    query: str = ""
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""

    @classmethod
    def to(
        cls, method: str, url: str, headers: Mapping[str, str] | None = None, body: Any = None
    ) -> Request:
        """Build a request from a whole URL, or from a path with its query."""
        parts = urlsplit(url)
        raw = body.encode() if isinstance(body, str) else bytes(body or b"")
        return cls(
            method=method.upper(),
            path=parts.path,
            query=parts.query,
            headers=Headers(headers or {}),
            body=raw,
        )


@frozen
class Response:
    """What the client gets.

    Attributes:
        status: HTTP status.
        headers: By name, in Stripe's spelling.
        body: JSON.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        """The body, parsed."""
        return json.loads(self.body)


def is_v2(path: str) -> bool:
    """Whether a path belongs to v2."""
    return path.startswith(_V2)


def json_of(request: Request) -> Form:
    """Read the parameters of a v2 request, from its query and its JSON body.

    Raises:
        StripeRefusal: The body is not a JSON object.
    """
    form = nested(_parse(request.query))
    if not request.body:
        return form
    try:
        body = json.loads(request.body.decode(), parse_constant=_refuse_constant)
        # A lone surrogate is valid JSON, but cannot be encoded in a response.
        encode(body)
    # RFC 8259 9: a parser may limit the depth of nesting.
    except (ValueError, RecursionError):
        raise errors.not_json() from None
    if not isinstance(body, dict) or _is_deep(body):
        raise errors.not_json()
    return {**form, **body}


def _refuse_constant(word: str) -> None:
    """Refuse `NaN` and the infinities, which are not JSON."""
    raise ValueError(word)


def _is_deep(body: Any) -> bool:
    level = [body]
    for _ in range(_DEEPEST):
        level = [
            inner
            for one in level
            for inner in (one.values() if isinstance(one, dict) else one)
            if isinstance(inner, (dict, list))
        ]
        if not level:
            return False
    return True


def pairs_of(request: Request) -> Pairs:
    """Read the parameters of a request, from its query and its form, in the order sent.

    Raises:
        StripeRefusal: The body is not a form.
    """
    pairs = _parse(request.query)
    if request.body:
        content_type = str(request.headers.get("content-type", FORM_TYPE))
        kind = content_type.partition(";")[0].strip().lower()
        if kind == MULTIPART_TYPE:
            return pairs + parts_of(content_type, request.body)
        if kind != FORM_TYPE:
            raise errors.not_a_form()
        try:
            body = request.body.decode()
        except UnicodeDecodeError:
            raise errors.not_a_form() from None
        pairs += _parse(body)
    return pairs


def _parse(text: str) -> Pairs:
    try:
        return list(parse_qsl(text, keep_blank_values=True, errors="strict")) if text else []
    except UnicodeDecodeError:
        raise errors.not_a_form() from None


def nested(pairs: Iterable[tuple[str, str | Upload]]) -> Form:
    """Turn `a[b][0][c]=1` into nested documents.

    A list with explicit indexes becomes a document with the indexes as names: only a shape can
    tell it from a map whose keys are digits.

    Raises:
        StripeRefusal: A name is used both as a value and as a parent, or is nested too deep.
    """
    form: Form = {}
    for name, value in pairs:
        head, bracket, _ = name.partition("[")
        steps = [head, *_KEY_PARTS.findall(name[len(head) :])] if bracket and head else [name]
        if len(steps) > _DEEPEST:
            raise errors.not_a_form()  # ? the number is that of the Ruby form parser
        _place(form, steps, value)
    return form


def is_index(name: str) -> bool:
    """Whether a name is the index of an element of a list."""
    return _INDEX.fullmatch(name) is not None


def _place(form: Form, steps: list[str], value: str | Upload) -> None:
    here: Any = form
    for step, following in pairwise(steps):
        fresh: Any = [] if following == "" else {}
        here = _descend(here, step, fresh)
    last = steps[-1]
    if isinstance(here, list):
        here.append(value)
    elif isinstance(here.get(last), (dict, list)):
        raise _mixed(last, here[last], "String")
    else:
        here[last] = value


def _descend(here: Any, step: str, fresh: Any) -> Any:
    if isinstance(here, list):
        # `a[][b]`: a new element each time, as there is no index to join them by.
        here.append(fresh)
        return fresh
    found = here.setdefault(step, fresh)
    if type(found) is not type(fresh):
        raise _mixed(step, found, "Hash" if isinstance(fresh, dict) else "Array")
    return found


def _mixed(name: str, found: Any, wanted: str) -> errors.StripeRefusal:
    kind = "Hash" if isinstance(found, dict) else "Array" if isinstance(found, list) else "String"
    # The wording of the Ruby form parser that Stripe uses (?).
    return errors.StripeRefusal(f"expected {wanted} (got {kind}) for param `{name}'")


def build_response(
    status: int, document: Mapping[str, Any] | bytes, headers: Mapping[str, str]
) -> Response:
    """Build a response; a body that is already encoded is sent as it is."""
    body = document if isinstance(document, bytes) else encode(document)
    return Response(
        status=status, headers={"Content-Type": "application/json", **headers}, body=body
    )


def readable(response: Response, request: Request) -> Response:
    """The response over several lines, as Stripe sends it (L): shell scripts read it with grep.

    The SDKs parse it; they get it as it is, which is faster.
    """
    if _SDK_MARK in request.headers.get(_SDK_HEADER, ""):
        return response
    body = _READABLE.encode(response.document).encode()
    return Response(status=response.status, headers=response.headers, body=body)


def encode(document: Mapping[str, Any]) -> bytes:
    """Encode a document as JSON."""
    return _ENCODER.encode(document).encode()
