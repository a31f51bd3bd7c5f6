"""The SDK's services, as the SDK itself calls them.

Each method of each service is called once with a requestor that records the request and sends
nothing, so paths and verbs are what the SDK really sends, not what its source looks like.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Any, NoReturn, get_args, get_origin
from urllib.parse import unquote

import stripe

from engine.frozen import frozen

SDK_VERSION: str = stripe.VERSION
API_VERSION: str = stripe.api_version


@frozen
class Call:
    """What one service method sends.

    Attributes:
        method: HTTP method, lower case.
        path: With placeholders in braces.
        base: Which of Stripe's hosts.
        params: TypedDict of the parameters; None if it takes none.
        returns: The annotated response, evaluated; None if it cannot be.
        returns_name: The annotated response as the SDK spells it.
    """

    method: str
    path: str
    base: str
    params: type | None
    returns: Any
    returns_name: str


@frozen
class Service:
    """One service of the SDK's client.

    Attributes:
        name: Path in the client, `v1.billing_portal.configurations`.
        calls: Its methods by name.
    """

    name: str
    calls: Mapping[str, Call]


class _RequestSeenError(Exception):
    def __init__(self, method: str, path: str, base: str) -> None:
        super().__init__(method, path)
        self.method = method
        self.path = path
        self.base = base


class _RecordingRequestor:
    """Takes the place of the SDK's HTTP machinery."""

    def request(
        self, method: str, url: str, *_: object, base_address: str, **__: object
    ) -> NoReturn:
        raise _RequestSeenError(method, unquote(url), base_address)

    request_stream = request


@cache
def namespace(module: str) -> Mapping[str, Any]:
    """Names as one SDK module sees them, those it imports for type checkers included.

    The SDK imports most classes under `if TYPE_CHECKING`, so evaluating its annotations needs
    the imports that never happen at run time.
    """
    guarded = {
        name: getattr(import_module(source), original)
        for name, (source, original) in _type_checking_imports(module).items()
    }
    return {**guarded, **vars(sys.modules[module])}


def _type_checking_imports(module: str) -> Mapping[str, tuple[str, str]]:
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    guarded = [
        node
        for node in tree.body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    ]
    return {
        alias.asname or alias.name: (node.module, alias.name)
        for block in guarded
        for node in ast.walk(block)
        if isinstance(node, ast.ImportFrom) and node.module is not None
        for alias in node.names
    }


def evaluate(annotation: str, names: Mapping[str, Any]) -> Any:
    """Evaluate an annotation of the SDK's own source."""
    # The text comes from the installed SDK's source, which is imported and run anyway.
    return eval(annotation, {}, names)  # noqa: S307


def services() -> Iterator[Service]:
    """Yield every service of the SDK's client that has methods, parents first."""
    requestor = _RecordingRequestor()
    for version, root in (("v1", stripe.V1Services), ("v2", stripe.V2Services)):
        yield from _below(version, root(requestor))


def _below(name: str, service: Any) -> Iterator[Service]:
    calls = {
        method: _call(service, method)
        for method, function in vars(type(service)).items()
        if inspect.isfunction(function)
        and not method.startswith("_")
        and not inspect.iscoroutinefunction(function)
    }
    if calls:
        yield Service(name=name, calls=calls)
    children = getattr(sys.modules[type(service).__module__], "_subservices", {})
    for child in sorted(children):
        yield from _below(f"{name}.{child}", getattr(service, child))


def _call(service: Any, name: str) -> Call:
    method = getattr(service, name)
    signature = inspect.signature(method)
    names = namespace(type(service).__module__)
    placeholders: list[str] = []
    params: type | None = None
    keywords: dict[str, Any] = {}
    for parameter in signature.parameters.values():
        if parameter.name == "params":
            params = _params_class(parameter.annotation, names)
            keywords["params"] = {}
        elif parameter.name != "options":
            placeholders.append(f"{{{parameter.name}}}")
    try:
        method(*placeholders, **keywords)
    except _RequestSeenError as seen:
        return Call(
            method=seen.method,
            path=seen.path,
            base=seen.base,
            params=params,
            returns=evaluate(signature.return_annotation, names),
            returns_name=signature.return_annotation,
        )
    raise RuntimeError(f"{type(service).__name__}.{name} made no request")


def _params_class(annotation: Any, names: Mapping[str, Any]) -> type:
    """The TypedDict in `Optional["XParams"]` or `"XParams"`."""
    if get_origin(annotation) is not None:
        annotation = next(given for given in get_args(annotation) if given is not type(None))
    name = annotation if isinstance(annotation, str) else annotation.__forward_arg__
    found = evaluate(name, names)
    if not isinstance(found, type):
        raise TypeError(f"{name} is no class")
    return found
