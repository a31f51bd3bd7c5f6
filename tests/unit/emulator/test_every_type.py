"""What holds for every type, from creation to end, according to the catalog.

Samples are in `samples.json`: `$name` is the id of another sample, `@name` a file; `after` names
what must be there, `update` values of fields that take no made-up one, `unlike` fields that are
not returned as they were sent.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from engine.catalog import loader
from engine.catalog.model import Shape
from engine.emulator.core import Emulator
from engine.emulator.shapes.derived import placeholders, response_shape
from engine.emulator.types.kinds import kinds
from engine.emulator.wire.messages import Request, Response
from engine.schema.attribute import Kind
from engine.schema.lifecycle import Removal, Verb

SAMPLES: Mapping[str, Mapping[str, Any]] = json.loads(
    (Path(__file__).parent / "samples.json").read_text(encoding="utf-8")
)
KEY = "Bearer sk_test_every"
OF_ANY_ACCOUNT = tuple(
    name
    for name, kind in kinds().items()
    if name != "account"
    and kind.parent_object != "account"
    and "create" not in kind.behaviour.platforms_only
)
BOUNDARY = "frontier"
TYPES = loader.managed()
CREATABLE = tuple(name for name in TYPES if "create" in loader.entry(name).operations)
UPDATABLE = tuple(name for name in TYPES if "update" in loader.entry(name).operations)
CHILDREN = tuple(name for name in TYPES if "parent" in SAMPLES.get(name, {}))


def pairs(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Parameters as a form has them."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from pairs(inner, f"{name}[{key}]" if name else key)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from pairs(inner, f"{name}[{index}]")
    else:
        text = str(value).lower() if isinstance(value, bool) else str(value)
        yield name, text


class Account:
    """An account on an emulator, whose objects are made by their samples."""

    def __init__(self, emulator: Emulator, connected: str = "") -> None:
        self.emulator = emulator
        self.connected = connected
        self._made: dict[str, dict[str, Any]] = {}

    def send(self, method: str, path: str, params: Mapping[str, Any] | None = None) -> Response:
        """Send a request in the way of its path."""
        headers = {"Authorization": KEY}
        if self.connected:
            headers["Stripe-Account"] = self.connected
        given = dict(pairs(params or {}))
        if method != "POST":
            query = "&".join(f"{name}={value}" for name, value in given.items())
            return self.emulator.handle(Request.to(method, f"{path}?{query}", headers))
        if path.startswith("/v2/"):
            headers["Content-Type"] = "application/json"
            body = json.dumps(params or {})
        elif any(value.startswith("@") for value in given.values()):
            headers["Content-Type"] = f'multipart/form-data; boundary="{BOUNDARY}"'
            body = multipart(given)
        else:
            body = "&".join(f"{name}={value}" for name, value in given.items())
        return self.emulator.handle(Request.to(method, path, headers, body))

    def make(self, sample: str) -> dict[str, Any]:
        """Make a sample's object, once, and what it needs."""
        if sample not in self._made:
            told = SAMPLES[sample]
            for needed in told.get("after", ()):
                self._made.setdefault(needed, self._create(needed.removeprefix("$")))
            self._made[sample] = self._create(sample)
        return self._made[sample]

    def _create(self, sample: str) -> dict[str, Any]:
        told, object = SAMPLES[sample], object_of(sample)
        if "seed" in told:
            key = KEY.partition(" ")[2]
            return self.emulator.seed(object, told["seed"], key=key, account=self.connected)
        operations = loader.entry(object).operations
        path = operations["create" if "create" in operations else "update"].path
        answer = self.send("POST", self.path(sample, path), self.filled(told["params"]))
        assert answer.status == 200, answer.body
        document: dict[str, Any] = answer.document
        return document

    def filled(self, value: Any) -> Any:
        """Put ids for the names of samples."""
        if isinstance(value, Mapping):
            return {name: self.filled(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.filled(inner) for inner in value]
        if isinstance(value, str) and value.startswith("$"):
            return self.make(value[1:])["id"]
        return value

    def path(self, sample: str, path: str, id: str | None = None) -> str:
        """Fill a path's placeholders: the parent's id, then the object's own."""
        ids = [self.filled(SAMPLES[sample]["parent"])] if "parent" in SAMPLES[sample] else []
        named = placeholders(path)
        if len(named) > len(ids):
            ids.append(self.make(sample)["id"] if id is None else id)
        for name, value in zip(named, ids, strict=True):
            path = path.replace(f"{{{name}}}", value)
        return path

    def call(
        self, sample: str, operation: str, params: Mapping[str, Any] | None = None
    ) -> Response:
        """Run an operation on a sample's object."""
        found = loader.entry(object_of(sample)).operations[operation]
        return self.send(found.method.upper(), self.path(sample, found.path), params)

    def read(self, sample: str) -> Response:
        """Read a sample's object, however it is found."""
        composite = loader.row(object_of(sample)).life.composite
        if composite is None:
            return self.call(sample, "retrieve")
        document = self.make(sample)
        params = {name: document[name] for name in ("name", "scope")}
        params["scope"] = {"type": document["scope"]["type"]}
        return self.call(sample, composite.read, params)


def object_of(sample: str) -> str:
    """The object name of a sample: variants of a type have a word more."""
    return sample if sample in TYPES else sample.rpartition(".")[0]


def multipart(given: Mapping[str, str]) -> str:
    """A form with a file in it."""
    parts = []
    for name, value in given.items():
        file = f'; filename="{value[1:]}"\r\nContent-Type: image/png' if value[0] == "@" else ""
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{file}'
        parts.append(f"{head}\r\n\r\n{'content' if file else value}\r\n")
    return "".join(parts) + f"--{BOUNDARY}--\r\n"


FORMS: Mapping[Kind, type | tuple[type, ...]] = {
    Kind.STRING: str,
    Kind.DECIMAL: str,
    Kind.INTEGER: int,
    Kind.NUMBER: (int, float),
    Kind.BOOLEAN: bool,
    Kind.LIST: list,
    Kind.MAP: dict,
    Kind.OBJECT: dict,
}


def misfits(value: Any, shape: Shape, path: str) -> Iterator[str]:
    """Where a response does not fit its shape."""
    if value is None:
        yield from () if shape.nullable else (f"{path} is null",)
    elif shape.kind in FORMS and not isinstance(value, FORMS[shape.kind]):
        yield f"{path} is {value!r}"
    elif shape.kind is Kind.OBJECT and (shape.fields or shape.reference not in TYPES):
        yield from (f"{path}.{name} is unknown" for name in sorted(set(value) - set(shape.fields)))
        for name, inner in shape.fields.items():
            if name in value:
                yield from misfits(value[name], inner, f"{path}.{name}")
            elif inner.required:
                yield f"{path}.{name} is missing"
    elif shape.element is not None:
        entries = value.items() if shape.kind is Kind.MAP else enumerate(value)
        for key, inner in entries:
            yield from misfits(inner, shape.element, f"{path}.{key}")


@pytest.fixture
def account(emulator: Emulator) -> Account:
    """An empty account."""
    return Account(emulator)


def test_every_type_has_a_sample() -> None:
    """None is left out of this suite."""
    assert set(TYPES) <= set(SAMPLES)


@pytest.mark.parametrize("name", TYPES)
def test_what_is_made_is_what_is_read_and_listed(account: Account, name: str) -> None:
    """A retrieve and the list return what the create returned."""
    made = dict(account.make(name))
    row = loader.row(name)
    for field in row.by_path("sensitive"):
        made.pop(field, None)
    read = account.read(name)
    assert read.status == 200, read.body
    assert read.document == made
    if "list" in loader.entry(name).operations:
        filters = account.filled(SAMPLES[name].get("filters", {}))
        page = account.call(name, "list", filters).document["data"]
        assert made in page


def without_ids(document: Mapping[str, Any]) -> str:
    """An object without what is another in each account: ids, and who made it."""
    text = json.dumps({**document, "application": None})
    return re.sub(r"\b(?=\w*[A-Z0-9])\w{8,}\b|\"\d+\"", "*", text)


def test_the_table_says_what_only_platforms_make() -> None:
    """What the emulator refuses to connected accounts is what plans keep from them."""
    refused = {name for name in TYPES if "create" in kinds()[name].behaviour.platforms_only}
    assert refused == {name for name in TYPES if loader.row(name).life.own_account_only}


@pytest.mark.parametrize("name", OF_ANY_ACCOUNT)
def test_a_connected_account_has_its_own(account: Account, name: str) -> None:
    """Made, read and listed there; the platform has none, and knows no id of it."""
    there = Account(account.emulator, account.make("account")["id"])
    made = dict(there.make(name))
    for field in loader.row(name).by_path("sensitive"):
        made.pop(field, None)
    assert there.read(name).document == made
    operations = loader.entry(name).operations
    if "list" in operations:
        filters = there.filled(SAMPLES[name].get("filters", {}))
        path = there.path(name, operations["list"].path)
        assert made in there.send("GET", path, filters).document["data"]
        page = account.send("GET", path, filters)
        # What the list is of is not there either.
        below = page.document.get("error", {}).get("code") == "resource_missing"
        assert below or page.document["data"] == []
    if "retrieve" in operations:
        path = there.path(name, operations["retrieve"].path)
        read = account.send("GET", path)
        assert read.status == (404 if "{" in operations["retrieve"].path else 200)
        assert read.document != made
    # Both were empty, so that both began with the same defaults.
    assert without_ids(there.make(name)) == without_ids(account.make(name))


@pytest.mark.parametrize("name", TYPES)
def test_answers_are_of_the_sdks_shape(account: Account, name: str) -> None:
    """Every field is known, of its type, and null or absent only where Stripe allows it."""
    document = account.make(name)
    shape = response_shape(loader.entry(name))
    assert list(misfits(document, shape, name)) == []


@pytest.mark.parametrize("name", TYPES)
def test_unknown_parameters_are_refused(account: Account, name: str) -> None:
    """By every operation that takes parameters."""
    account.make(name)
    operations = loader.entry(name).operations
    required = account.filled(SAMPLES[name].get("filters", {}))
    for operation in sorted({"create", "update", "list"} & set(operations)):
        given = {**(required if operation == "list" else {}), "frob": "1"}
        answer = account.call(name, operation, given)
        assert answer.status == 400, (operation, answer.body)
        assert "frob" in answer.document["error"]["message"]


@pytest.mark.parametrize("name", TYPES)
def test_missing_ids_are_404(account: Account, name: str) -> None:
    """Reads, updates and deletes of what is not there agree."""
    account.make(name)
    operations = loader.entry(name).operations
    for operation in sorted({"retrieve", "update", "delete"} & set(operations)):
        found = operations[operation]
        if not found.path.endswith("}"):
            continue
        path = account.path(name, found.path, "x")
        answer = account.send(found.method.upper(), path)
        expected = 403 if name == "account" else 404
        assert answer.status == expected, (operation, answer.body)


@pytest.mark.parametrize("name", CHILDREN)
def test_children_need_their_parent(account: Account, name: str) -> None:
    """Below what is not there is nothing."""
    operations = loader.entry(name).operations
    for operation in sorted({"create", "list", "retrieve"} & set(operations)):
        found = operations[operation]
        path = found.path
        for placeholder in placeholders(path):
            path = path.replace(f"{{{placeholder}}}", "x")
        params = account.filled(SAMPLES[name]["params"]) if operation == "create" else {}
        answer = account.send(found.method.upper(), path, params)
        assert answer.status in (403, 404), (operation, answer.body)


def new_value(name: str, field: str, shape: Shape, held: Any) -> Any:
    """Another value for a simple field; None if nothing simple fits."""
    told = SAMPLES[name].get("update", {})
    if field in told:
        return told[field]
    if field == "metadata":
        return {"a": "b"}
    if shape.kind is Kind.BOOLEAN:
        return not held
    if shape.kind is Kind.INTEGER:
        return 7
    if shape.kind is Kind.STRING and not shape.reference:
        return next((word for word in shape.values if word != held), "Another")
    return None


@pytest.mark.parametrize("name", UPDATABLE)
def test_simple_fields_change(account: Account, name: str) -> None:
    """Each is returned as it was sent, and everything else stays."""
    entry = loader.entry(name)
    document = account.make(name)
    row, checked = loader.row(name), 0
    for field, shape in entry.params("update").items():
        if field not in entry.response.fields or field in SAMPLES[name].get("unlike", ()):
            continue
        if row.at(field).reference and field not in SAMPLES[name].get("update", {}):
            continue
        value = account.filled(new_value(name, field, shape, document.get(field)))
        if value is None or (row.at(field).pattern and value == "Another"):
            continue
        answer = account.call(name, "update", {field: value})
        assert answer.status == 200, (field, answer.body)
        assert answer.document[field] == value, field
        assert account.read(name).document == answer.document
        checked += 1
    assert checked or not entry.params("update") or name in CHILDREN or row.life.singleton


def way_out(name: str) -> Removal | None:
    """How an object of a type ends; None if it never does."""
    ways = [one for one in loader.row(name).life.removals if one.verb is not Verb.KEEP]
    return ways[0] if ways else None


@pytest.mark.parametrize("name", TYPES)
def test_everything_ends_as_the_table_says(account: Account, name: str) -> None:
    """A delete leaves nothing, anything else what the table calls the end."""
    removal = way_out(name)
    if removal is None:
        return
    account.make(name)
    leaf = removal.unless_leaf
    if leaf is not None and account.make(name).get(leaf[0]) == leaf[1]:
        removal = loader.row(name).life.removals[1]
    composite = loader.row(name).life.composite
    if composite is not None:
        found = account.read(name).document
        params = {"name": found["name"], "scope": {"type": found["scope"]["type"]}}
        ended = account.call(name, composite.remove, params)
    elif removal.call:
        ended = account.call(name, removal.call, removal.params)
    elif removal.params:
        ended = account.call(name, "update", removal.params)
    else:
        ended = account.call(name, "delete")
    assert ended.status == 200, ended.body
    read = account.read(name)
    if removal.verb is Verb.DELETE:
        assert read.status in (403, 404) or read.document["deleted"] is True
        return
    assert read.status == 200
    assert is_over(name, removal, read.document), read.document
    if removal.call:
        again = account.call(name, removal.call, removal.params)
        assert again.status in (400, 404), again.body


def is_over(name: str, removal: Removal, document: Mapping[str, Any]) -> bool:
    """Whether an object has ended, or at least is not alive."""
    row = loader.row(name)
    if row.life.revival is not None:
        return any(document[leaf] != value for leaf, value in row.life.revival.live.items())
    if row.life.ending is None:
        return all(document[leaf] == value for leaf, value in removal.params.items())
    return any(
        document[leaf] in words or (words == (...,) and document[leaf] is not None)
        for ends in (row.life.ending.leaves, row.life.ending.finished)
        for leaf, words in ends.items()
    )
