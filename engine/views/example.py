"""A small, valid declaration of each type, made from the catalog.

No example is written by hand, since it would become outdated; a row gives the few values that
follow from nothing else.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from engine.schema.attribute import Attribute, Kind
from engine.schema.resource_type import ResourceType, Schemas
from engine.schema.rules import Rule, RuleKind
from engine.stack.checks.rules import places
from engine.values.markers import ABSENT
from engine.values.paths import Path, get_path, parse_path

_LOGICAL_NAME = "example"
_WORDS = (
    "Example",
    "https://example.com/",
    "usd",
    "US",
    "EXAMPLE",
    "txcd_10000000",
    "example@example.com",
    "123456789012",
)
_NUMBERS = {Kind.INTEGER: 1, Kind.NUMBER: 10, Kind.DECIMAL: 10, Kind.BOOLEAN: True}
_AMOUNT = 1000
_DEPTH = 6
_WIDTH = 88


class _Expression(str):
    """Python code that is written as it is."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def example_of(kind: ResourceType, schemas: Schemas) -> str:
    """Write a module that declares a resource of a type, and those that it must refer to."""
    writer = _Writer({other.object: other for other in schemas.values()})
    writer.declare(kind)
    return "\n".join([*writer.imports(), "", *writer.lines])


class _Writer:
    """Collects the declarations of one example, in the order of their references."""

    def __init__(self, kinds: Mapping[str, ResourceType]) -> None:
        self._kinds = kinds
        self._required: dict[str, dict[str, Any]] = {}
        self._left_alone: dict[str, list[str]] = {}
        self._declared: dict[str, ResourceType] = {}
        self.lines: list[str] = []

    def imports(self) -> list[str]:
        """The lines that come first, in the usual order."""
        kinds = list(self._declared.values())
        own = ["Lifecycle"] * bool(self._left_alone) + ["import_"] * any(map(_is_found, kinds))
        faces = ", ".join(sorted({kind.face for kind in kinds}))
        return [
            *(["from pathlib import Path", ""] if any(kind.content for kind in kinds) else []),
            *([f"from engine import {', '.join(own)}"] if own else []),
            f"from engine.stripe import {faces}",
        ]

    def declare(self, kind: ResourceType, name: str = _LOGICAL_NAME) -> str:
        """Add a declaration of a type; returns the variable that holds it."""
        variable = kind.object.rpartition(".")[2] if name == _LOGICAL_NAME else name
        if variable not in self._declared:
            self._declared[variable] = kind
            self._note_requirements(kind)
            for first in kind.life.follows:
                self.declare(self._kinds[first])
            arguments = _Arguments(kind, self._refer, self._required.get(kind.object, {})).build()
            if kind.object in self._left_alone:
                fields = _code(self._left_alone[kind.object])
                arguments["lifecycle"] = _Expression(f"Lifecycle(ignore_changes={fields})")
            self.lines += [_file_line(str(arguments[field])) for field in kind.content]
            self.lines += _call(variable, kind.face, name, arguments)
            if _is_found(kind):
                self.lines.append(f'import_("{kind.name}.{name}", "ID")  # made in the Dashboard')
        return variable

    def _note_requirements(self, kind: ResourceType) -> None:
        """Note what a type requires of the types that it refers to, and what it forbids them."""
        for rule in kind.rules:
            for reference in () if rule.when else rule.follow:
                named = kind.root.at(parse_path(reference))
                beyond = [
                    path.removeprefix(f"{reference}.")
                    for path in rule.fields
                    if path.startswith(f"{reference}.")
                ]
                if named is not None and rule.kind is RuleKind.REQUIRES:
                    required = self._required.setdefault(named.reference, {})
                    required.update(dict.fromkeys(beyond, rule.value))
                elif named is not None and rule.kind is RuleKind.FORBIDS and rule.value is ...:
                    self._left_alone[named.reference] = beyond

    def _refer(self, object_name: str, name: str = _LOGICAL_NAME) -> _Expression | str:
        kind = self._kinds.get(object_name)
        if kind is None:
            return f"{object_name.rpartition('.')[2]}_123"
        return _Expression(f"{self.declare(kind, name)}.id")


class _Arguments:
    """Fills in what a type requires, then what its rules require."""

    def __init__(
        self, kind: ResourceType, refer: Callable[..., str], required: Mapping[str, Any]
    ) -> None:
        self._kind = kind
        self._required = required
        self._refer = refer
        self._values: dict[str, Any] = {}

    def build(self) -> dict[str, Any]:
        for path, value in self._kind.examples.items():
            field = self._kind.root.at(parse_path(path))
            named = field is not None and field.reference
            self._set(
                parse_path(path), self._refer(named, value) if named else copy.deepcopy(value)
            )
        for name, field in self._kind.root.fields.items():
            if field.required and name not in self._values:
                self._values[name] = self._value(field)
        for path, value in self._required.items():
            self._set(parse_path(path), value)
        self._obey_all()
        for name, value in self._values.items():
            self._fill(self._kind.root.child(name), value)
        self._obey_all()
        return self._values

    def _obey_all(self) -> None:
        for _ in range(_DEPTH):
            before = repr(self._values)
            for rule in self._kind.rules:
                self._obey(rule)
            if repr(self._values) == before:
                break

    def _fill(self, field: Attribute | None, value: Any) -> None:
        """Give an object that needs no field its first field."""
        if field is None or not isinstance(value, (dict, list)):
            return
        if value == {} and field.kind is Kind.OBJECT:
            first = next(
                ((name, one) for name, one in field.fields.items() if one.declarable), None
            )
            value.update({first[0]: self._value(first[1])} if first is not None else {})
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            self._fill(field.child(key), inner)

    def _obey(self, rule: Rule) -> None:
        for place, element in places(self._values, parse_path(rule.each)):
            if element is not ABSENT:
                self._obey_at(rule, place)

    def _obey_at(self, rule: Rule, place: Path) -> None:
        fields = [(*place, *parse_path(path)[len(place) :]) for path in _own(rule, rule.fields)]
        when = [(*place, *parse_path(path)[len(place) :]) for path in _own(rule, rule.when)]
        if not all(map(self._holds, when, rule.when.values())):
            return
        if rule.kind in (RuleKind.ONE_OF, RuleKind.AT_LEAST_ONE):
            if not any(self._has(path) for path in fields):
                self._set(fields[0], ...)
        elif rule.kind is RuleKind.REQUIRES:
            for path in fields:
                if not self._has(path) or rule.value is not ...:
                    self._set(path, rule.value)
        elif rule.kind is RuleKind.OWN_KEY:
            own = str(get_path(self._values, parse_path(rule.value))).lower()
            for path in fields:
                if self._has(path) and not self._has((*path, own)):
                    self._set(path, {})
                    self._set((*path, own), ...)

    def _holds(self, path: Path, value: Any) -> bool:
        present = get_path(self._values, path, ABSENT)
        return present is not ABSENT if value is ... else bool(present == value)

    def _has(self, path: Path) -> bool:
        return get_path(self._values, path, ABSENT) is not ABSENT

    def _set(self, path: Path, value: Any) -> None:
        field = self._kind.root.at(path)
        if field is None:
            return
        holder: Any = self._values
        for part in path[:-1]:
            holder = holder.setdefault(part, {}) if isinstance(holder, dict) else holder[part]
        holder[path[-1]] = self._value(field) if value is ... else value

    def _value(self, field: Attribute) -> Any:
        if field.reference:
            return self._refer(field.reference)
        if field.kind is Kind.OBJECT:
            return {name: self._value(inner) for name, inner in field.needed.items()}
        if field.kind is Kind.LIST:
            return [self._value(field.element)] if field.element is not None else []
        return {"plan": "pro"} if field.kind is Kind.MAP else _scalar(field)


def _own(rule: Rule, paths: Iterable[str]) -> list[str]:
    """The paths that are not inside of a referred object, which has an example of its own."""
    beyond = tuple(f"{reference}." for reference in rule.follow)
    return [path for path in paths if not (beyond and path.startswith(beyond))]


def _is_found(kind: ResourceType) -> bool:
    """Whether no request creates such an object, so that it must exist already."""
    return not (kind.creatable or kind.life.singleton)


def _file_line(path: str) -> str:
    """Code that writes the file to send, so that the example can run."""
    name = path.rpartition("/")[2]
    return f'Path(__file__).with_name("{name}").write_text("%PDF-1.4")  # or a file of your own'


def _scalar(field: Attribute) -> Any:
    if field.values:
        return field.values[0]
    if field.currency:
        return "usd"
    if field.resolved and field.words:
        return next(iter(field.words))
    return _AMOUNT if field.money else _NUMBERS.get(field.kind) or _word(field)


def _word(field: Attribute) -> str:
    for word in _WORDS:
        long_enough = len(word) >= field.min_length
        short_enough = not field.max_length or len(word) <= field.max_length
        fits = not field.pattern or re.fullmatch(field.pattern, word)
        if long_enough and short_enough and fits:
            return word
    return "example"


def _call(variable: str, face: str, name: str, arguments: Mapping[str, Any]) -> list[str]:
    texts = [f'"{name}"', *(f"{name}={_code(value)}" for name, value in arguments.items())]
    line = f"{variable} = {face}({', '.join(texts)})"
    if len(line) <= _WIDTH:
        return [line]
    return [f"{variable} = {face}(", *(f"    {text}," for text in texts), ")"]


def _code(value: Any) -> str:
    if isinstance(value, _Expression):
        return str(value)
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, Mapping):
        return "{" + ", ".join(f'"{key}": {_code(inner)}' for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return f"[{', '.join(_code(inner) for inner in value)}]"
    return repr(value)
