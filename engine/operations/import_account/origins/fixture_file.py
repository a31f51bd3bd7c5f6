"""What a fixture file of the Stripe CLI makes, as declarations.

A fixture is a request. Those that create an object of a managed type become declarations, and those
that change such an object afterwards go into it. A query for the response of an earlier fixture,
`${pro:id}`, becomes a reference.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from engine.address import ResourceAddress
from engine.errors import UsageError
from engine.frozen import frozen
from engine.operations.import_account.origins.documents import (
    as_list,
    as_map,
    parse_document,
    title,
)
from engine.operations.import_account.origins.fixture_values import typed, unfolded
from engine.operations.import_account.origins.names import logical_names
from engine.operations.import_account.origins.origin import Entry, LeftOut, not_taken
from engine.schema.resource_type import ResourceType, Schemas
from engine.values.templates import escaped
from engine.values.tree import map_scalars

_VERSION = 0
_QUERY = re.compile(r"\$\{(?P<name>[^|}:]+):(?P<path>[^|}]+)(?:\|(?P<default>[^}\n]*))?\}")
_ENVIRONMENT = ".env"
_PARENT = re.escape("{parent}")
_HOW = "stripe fixtures FILE has to take it: an object with `_meta` and `fixtures`"


@frozen
class Made:
    """An object that fixtures make.

    Attributes:
        fixture: Name of the fixture that creates it.
        kind: Its resource type.
        address: Its address here.
        arguments: What it is made with; references as text.
    """

    fixture: str
    kind: ResourceType
    address: ResourceAddress
    arguments: Mapping[str, Any]


def read_fixtures(
    content: bytes, name: str, schemas: Schemas, environ: Mapping[str, str]
) -> tuple[tuple[Made, ...], dict[str, tuple[str, ...]]]:
    """The objects that a fixture file makes, in its order, and what is not taken, by the reason.

    Args:
        content: The file.
        name: Its name, as it was given.
        schemas: The types that are managed.
        environ: Variables for `${.env:NAME}`.

    Raises:
        UsageError: if it is no fixture file, makes nothing that is managed, or needs a variable
            that is not set.
    """
    document = parse_document(content, name, wanted="a fixture file", how=_HOW)
    version = as_map(document.get("_meta")).get("template_version", _VERSION)
    if not isinstance(document.get("fixtures"), list):
        state = any(part in document for part in ("resources", "deployment", "values"))
        hint = "engine import --from-tfstate FILE reads it" if state else _HOW
        raise UsageError(f"{title(name)} is not a fixture file of the Stripe CLI", hint=hint)
    if version != _VERSION:
        raise UsageError(
            f"{title(name)} has template version {version}; {_VERSION} can be read", hint=_HOW
        )
    reader = _Reader(schemas, environ)
    requests = [as_map(request) for request in as_list(document["fixtures"])]
    reader.name(requests)
    for number, request in enumerate(requests):
        reader.take(number, request)
    left_out = reader.left_out.found()
    if not reader.made:
        raise UsageError(
            f"{title(name)} creates no object that could be imported",
            cause="\n".join(not_taken(left_out)) or None,
            hint="engine types lists the types that are managed",
        )
    return tuple(reader.made.values()), left_out


class _Reader:
    """Takes requests in the order of the file."""

    def __init__(self, schemas: Schemas, environ: Mapping[str, str]) -> None:
        self.made: dict[int, Made] = {}
        self.left_out = LeftOut()
        self._environ = environ
        self._paths = _Paths(schemas)
        self._names: dict[str, str] = {}
        self._latest: dict[str, int] = {}

    def name(self, requests: list[Mapping[str, Any]]) -> None:
        """Give each request that creates an object a logical name."""
        entries = []
        for number, request in enumerate(requests):
            place = self._paths.created_at(str(request.get("path", "")))
            if place is not None and _is_post(request):
                type, name = place[0].name, (_fixture(request),)
                entry = Entry(address=str(number), type=type, name=name, attributes={})
                entries.append((type, entry))
        self._names = logical_names(entries)

    def take(self, number: int, request: Mapping[str, Any]) -> None:
        """Make a declaration of a request, or change one, or note why not."""
        fixture, path = _fixture(request), str(request.get("path", ""))
        if not _is_post(request):
            self.left_out.add("it only reads or deletes", fixture)
            return
        if request.get("expected_error_type"):
            self.left_out.add("Stripe is to refuse it", fixture)
            return
        target = self._paths.changed_at(path, self._latest, self.made)
        place = self._paths.created_at(path)
        if target is None and place is None:
            self.left_out.add("it creates no object of a managed type", fixture)
            return
        try:
            params = self._params(request, fixture)
            if target is not None:
                self._change(target, params, fixture)
            elif place is not None:
                kind, parent = place
                if parent:
                    params[kind.parent] = self._resolved(parent, fixture)
                self._create(number, kind, params, fixture)
        except _NotTakenError as reason:
            self.left_out.add(str(reason), fixture)

    def _create(
        self, number: int, kind: ResourceType, params: dict[str, Any], fixture: str
    ) -> None:
        arguments = _merged({}, self._known(kind, params, fixture))
        address = ResourceAddress(f"{kind.name}.{self._names[str(number)]}")
        self.made[number] = Made(fixture=fixture, kind=kind, address=address, arguments=arguments)
        self._latest[fixture] = number

    def _change(self, target: int, params: dict[str, Any], fixture: str) -> None:
        made = self.made[target]
        changed = _merged(made.arguments, self._known(made.kind, params, fixture))
        self.made[target] = Made(
            fixture=made.fixture, kind=made.kind, address=made.address, arguments=changed
        )

    def _params(self, request: Mapping[str, Any], fixture: str) -> dict[str, Any]:
        resolved: dict[str, Any] = map_scalars(
            unfolded(as_map(request.get("params"))),
            lambda leaf: self._resolved(leaf, fixture) if isinstance(leaf, str) else leaf,
        )
        return resolved

    def _known(self, kind: ResourceType, params: Mapping[str, Any], fixture: str) -> dict[str, Any]:
        """Parameters as arguments, without those that the type does not have."""
        found: dict[str, Any] = {}
        for name, value in params.items():
            attribute = kind.root.fields.get(name)
            if value is None:
                continue
            if attribute is not None and attribute.declarable:
                found[name] = typed(attribute, value)
            elif name != "expand":
                instead = kind.instead.get(name)
                hint = f", write {instead}" if instead else ""
                self.left_out.add("it is no parameter here", f"{name} of {fixture}{hint}")
        return found

    def _resolved(self, text: str, fixture: str) -> str:
        """A text with its queries as references, or as what a variable or a default gives."""
        parts: list[str] = []
        end = 0
        for match in _QUERY.finditer(text):
            parts += (escaped(text[end : match.start()]), self._value(match, fixture))
            end = match.end()
        return "".join((*parts, escaped(text[end:])))

    def _value(self, match: re.Match[str], fixture: str) -> str:
        name, path, default = match["name"], match["path"], match["default"]
        if name == _ENVIRONMENT:
            value = self._environ.get(path) or default
            if not value:
                raise UsageError(
                    f"fixture {fixture} needs the environment variable {path}",
                    hint="set it, e.g. from the file that the Stripe CLI reads: "
                    "set -a; . ./.env; set +a",
                )
            return str(escaped(value))
        made = self.made.get(self._latest.get(name, -1))
        known = made is not None and made.kind.root.at(tuple(path.split("."))) is not None
        if made is not None and known:
            return f"${{{made.address}.{path}}}"
        if default:
            return str(escaped(default))
        raise _NotTakenError(f"it needs {name}:{path}, which is not taken")


class _Paths:
    """Which paths create and change objects of managed types."""

    def __init__(self, schemas: Schemas) -> None:
        self._kinds = [
            (re.compile(re.escape(kind.collection).replace(_PARENT, "(?P<parent>[^/]+)")), kind)
            for kind in schemas.values()
            if kind.collection and kind.creatable
        ]

    def created_at(self, path: str) -> tuple[ResourceType, str] | None:
        """The type of what a POST to a path creates, and the parent that the path names."""
        for pattern, kind in self._kinds:
            match = pattern.fullmatch("/" + path.strip("/"))
            if match is not None:
                return kind, match.groupdict().get("parent", "")
        return None

    def changed_at(
        self, path: str, latest: Mapping[str, int], made: Mapping[int, Made]
    ) -> int | None:
        """The number of the request whose object a POST to a path changes."""
        collection, _, id = path.rstrip("/").rpartition("/")
        query, place = _QUERY.fullmatch(id), self.created_at(collection)
        number = latest.get(query["name"]) if query and query["path"] == "id" else None
        if number is None or place is None or made[number].kind is not place[0]:
            return None
        return number


class _NotTakenError(Exception):
    """Why a fixture is not taken."""


def _is_post(request: Mapping[str, Any]) -> bool:
    return str(request.get("method", "")).lower() == "post"


def _fixture(request: Mapping[str, Any]) -> str:
    return str(request.get("name") or request.get("path") or "a fixture without a name")


def _merged(document: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """A declaration after an update of its object: objects merge, an empty text clears."""
    found = dict(document)
    for name, value in change.items():
        inner = found.get(name)
        if value == "":
            found.pop(name, None)
        elif isinstance(inner, Mapping) and isinstance(value, Mapping):
            found[name] = _merged(inner, value)
        else:
            found[name] = value
    return found
