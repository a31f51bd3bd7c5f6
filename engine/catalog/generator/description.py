"""Stripe's published API description, as far as the catalog needs it.

It is read from a file that is not part of the project.
"""

from __future__ import annotations

import json
import keyword
import os
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

Schema: TypeAlias = Mapping[str, Any]
"""One schema of the description, as it is written there."""

VARIABLE = "ENGINE_STRIPE_DESCRIPTION"
"""Environment variable that names the file: spec3.json, or a wheel that holds it."""

HOW_TO_GET_IT = (
    "to read it, run `pip download --no-deps --python-version 3.14 --only-binary=:all: "
    f"seahaven-stripe-world==0.3.0` and set {VARIABLE} to the path of the downloaded file"
)

_FILE = "spec3.json"
_PLACEHOLDER = re.compile(r"\{\w+\}")
_FORM = ("application/x-www-form-urlencoded", "multipart/form-data")


class DescriptionError(Exception):
    """The named file does not hold the description."""


@dataclass(frozen=True, slots=True)
class Place:
    """One place in a request or a response: all forms that a value may have there.

    Attributes:
        description: The description that the place is in.
        nodes: The schemas of the value, as they are written.
    """

    description: Description
    nodes: tuple[Schema, ...]

    @property
    def forms(self) -> list[Schema]:
        """The schemas with references and alternatives resolved."""
        return [form for node in self.nodes for form in self.description.forms(node)]

    @property
    def objects(self) -> list[Schema]:
        """The forms that have named fields."""
        return [form for form in self.forms if "properties" in form]

    @property
    def nullable(self) -> bool:
        """Whether null may be here."""
        return any(self._is_nullable(node) for node in self.nodes)

    @property
    def max_length(self) -> int:
        """Longest text that is taken here; 0 if the description does not limit it."""
        return max((form.get("maxLength", 0) for form in self.forms), default=0)

    @property
    def currency(self) -> bool:
        """Whether a text here is a currency's code."""
        return any(form.get("format") == "currency" for form in self.forms)

    def requires(self, name: str) -> bool:
        """Whether an object here always has a field, by the SDK's name for it."""
        return all(_wire_name(name) in form.get("required", ()) for form in self.objects)

    def field(self, name: str) -> Place | None:
        """The place of a field of an object here, by the SDK's name for it; None if unknown."""
        return self._below(form["properties"].get(_wire_name(name)) for form in self.objects)

    def element(self) -> Place | None:
        """The place of an element of a list or map here; None if there is none."""
        return self._below(
            form.get("items") or form.get("additionalProperties") for form in self.forms
        )

    def _below(self, nodes: Iterator[Any]) -> Place | None:
        found = tuple(node for node in nodes if isinstance(node, Mapping))
        return Place(self.description, found) if found else None

    def _is_nullable(self, node: Schema) -> bool:
        inner = [*node.get("anyOf", ()), *self.description.referred(node)]
        return bool(node.get("nullable")) or any(self._is_nullable(one) for one in inner)


class Description:
    """The whole description.

    Attributes:
        version: The API version that it describes.
    """

    def __init__(self, content: Mapping[str, Any]) -> None:
        """Take a description as it was decoded from JSON."""
        self.version: str = content["info"]["version"]
        self._schemas: Mapping[str, Schema] = content["components"]["schemas"]
        self._paths: Mapping[str, Mapping[str, Any]] = {
            _PLACEHOLDER.sub("{}", path): calls for path, calls in content["paths"].items()
        }

    def params(self, method: str, path: str) -> Place | None:
        """What a call takes; None if the description does not have the call.

        Args:
            method: Lower case.
            path: With placeholders, of whatever names.
        """
        call = self._call(method, path)
        if call is None:
            return None
        bodies = call.get("requestBody", {}).get("content", {})
        query = {
            one["name"]: one["schema"] for one in call.get("parameters", ()) if one["in"] == "query"
        }
        nodes = [bodies[form]["schema"] for form in _FORM if form in bodies]
        return Place(self, (*nodes, {"properties": query}))

    def response(self, method: str, path: str) -> Place | None:
        """The object that a call returns; None if the description does not have the call.

        An object that was deleted is another form of the same response, and is left out.
        """
        call = self._call(method, path)
        if call is None:
            return None
        schema = call["responses"]["200"]["content"]["application/json"]["schema"]
        return Place(self, tuple(form for form in self.forms(schema) if not _is_deleted(form)))

    def responses(self) -> Iterator[tuple[str, str, Schema]]:
        """Every call: its method, its path, and the schema of its response; bare paths first."""
        for path, calls in sorted(self._paths.items(), key=lambda pair: pair[0].count("{")):
            for method, call in calls.items():
                content = call["responses"]["200"]["content"]
                yield method, path, content.get("application/json", {}).get("schema", {})

    def forms(self, node: Schema) -> Iterator[Schema]:
        """The schemas of a node: what it refers to, and each of its alternatives."""
        inner = [*node.get("anyOf", ()), *self.referred(node)]
        for one in inner:
            yield from self.forms(one)
        if not inner:
            yield node

    def referred(self, node: Schema) -> list[Schema]:
        """The schema that a node refers to, if it refers to one."""
        name = node.get("$ref", "").rpartition("/")[2]
        return [self._schemas[name]] if name else []

    def _call(self, method: str, path: str) -> Mapping[str, Any] | None:
        found: Mapping[str, Any] | None = self._paths.get(_PLACEHOLDER.sub("{}", path), {}).get(
            method
        )
        return found


def _is_deleted(form: Schema) -> bool:
    return "deleted" in form.get("required", ())


def _wire_name(name: str) -> str:
    """The SDK writes `in_` for what is `in` on the wire."""
    bare = name.removesuffix("_")
    return bare if keyword.iskeyword(bare) else name


def named_file() -> Path | None:
    """The file that the environment names; None if it names none."""
    named = os.environ.get(VARIABLE, "")
    return Path(named) if named else None


@cache
def read(path: Path) -> Description:
    """Read the description from `spec3.json`, or from a wheel that holds it.

    Raises:
        DescriptionError: It is not there, or not what it should be.
    """
    try:
        return Description(json.loads(_content(path)))
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise DescriptionError(
            f"{path} does not hold Stripe's description ({error}): {HOW_TO_GET_IT}"
        ) from error


def _content(path: Path) -> bytes:
    if not zipfile.is_zipfile(path):
        return path.read_bytes()
    with zipfile.ZipFile(path) as wheel:
        name = next((one for one in wheel.namelist() if Path(one).name == _FILE), _FILE)
        return wheel.read(name)
