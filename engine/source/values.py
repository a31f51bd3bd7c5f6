"""Arguments as Python: references as variables, moments with their date, in a readable order."""

from __future__ import annotations

import datetime as dt
import keyword
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from typing import Any

from engine.address import ResourceAddress
from engine.schema.attribute import Attribute, Kind, is_moment
from engine.schema.resource_type import ResourceType, Schemas
from engine.source.model import WrittenResource
from engine.source.python.literals import Code, Text, literal
from engine.source.python.printer import Entry, Expression, Items, call, sequence, sole
from engine.values.paths import Path, parse_path
from engine.values.secret import Sensitive
from engine.values.targets import TEMPLATE, AttributeTarget, OutputTarget, Target, target_of
from engine.values.tree import children, is_nested

_EXACT = 1e15
"""Below it, whole numbers are the same with and without a fraction."""
_MOMENTS = range(500_000_000, 253_402_300_800)
"""From 1985, which is before all of Stripe, to the end of the year 9999; less is a count."""
_FIRST = ("type", "enabled", "product", "price", "key", "label", "value", "up_to", "minimum")
"""What people write first in a nested object, where it is there."""


class Scope:
    """What code at one place of a module can refer to.

    Attributes:
        schemas: Resource types by name.
        variables: Code that is the resource at an address, as far as it is defined there.
        outputs: Variables that are outputs of other stacks, by stack and name.
        words: What is used of `engine`.
        faces: What is used of `engine.stripe`.
    """

    def __init__(self, schemas: Schemas, outputs: Mapping[tuple[str, str], str]) -> None:
        self.schemas = schemas
        self.outputs = outputs
        self.variables: MutableMapping[ResourceAddress, str] = {}
        self.words: set[str] = set()
        self.faces: set[str] = set()

    def declaration(
        self,
        resource: WrittenResource,
        *,
        name: Text | None = None,
        arguments: Mapping[str, Any] | None = None,
    ) -> Items:
        """The call that declares a resource.

        Args:
            resource: The resource.
            name: Its logical name, if that is no literal.
            arguments: Its arguments, if code is in the place of some leaves.
        """
        kind = self.schemas[resource.address.type]
        self.faces.add(kind.face)
        given = resource.arguments if arguments is None else arguments
        entries = [Entry(value=Text((resource.address.name,)) if name is None else name)]
        entries += [
            self._entry(f"{argument}=", given[argument], kind.root, (argument,), resource.notes)
            for argument in _in_order(given, kind)
        ]
        if resource.lifecycle:
            entries.append(Entry(name="lifecycle=", value=self._lifecycle(resource.lifecycle)))
        return call(kind.face, entries)

    def output(self, name: str, value: Any) -> Items:
        """The call that offers a value."""
        self.words.add("output")
        # A flag without a name would say nothing.
        label = "value=" if isinstance(value, bool) else ""
        return call(
            "output", [Entry(value=Text((name,))), Entry(name=label, value=self.value(value))]
        )

    def value(
        self,
        value: Any,
        attribute: Attribute | None = None,
        path: Path = (),
        notes: Mapping[Path, str] | None = None,
    ) -> Expression:
        """Any value.

        Args:
            value: The value, references as text.
            attribute: What is known of the field that it is for.
            path: Where it is.
            notes: Comments by path.
        """
        if isinstance(value, Text):
            return value
        if isinstance(value, str):
            return self._text(value, attribute if len(path) == 1 else None)
        if isinstance(value, Sensitive):
            self.words.add("Sensitive")
            return call("Sensitive", [Entry(value=self.value(value.value))])
        if is_nested(value):
            return self._nested(value, attribute, path, notes)
        return number(value)

    def _nested(
        self,
        value: Any,
        attribute: Attribute | None,
        path: Path,
        notes: Mapping[Path, str] | None,
    ) -> Items:
        mapping = isinstance(value, Mapping)
        entries = tuple(
            self._entry(
                f"{literal(Text((str(key),)))}: " if mapping else "",
                inner,
                attribute,
                (*path, key),
                notes,
            )
            for key, inner in _in_usual_order(value, attribute)
        )
        opening, closing = "{}" if mapping else "[]"
        return Items(opening=opening, entries=entries, closing=closing)

    def _entry(
        self,
        before: str,
        value: Any,
        above: Attribute | None,
        path: Path,
        notes: Mapping[Path, str] | None,
    ) -> Entry:
        attribute = above.child(path[-1]) if above is not None else None
        remarks = [(notes or {}).get(path, ""), _date(path[-1], attribute, value)]
        return Entry(
            name=before,
            value=self.value(value, attribute, path, notes),
            note="; ".join(filter(None, remarks)),
        )

    def _lifecycle(self, lifecycle: Mapping[str, Any]) -> Items:
        self.words.add("Lifecycle")
        return call(
            "Lifecycle",
            [
                Entry(name=f"{name}=", value=self._of_lifecycle(value))
                for name, value in lifecycle.items()
            ],
        )

    def _of_lifecycle(self, value: Any) -> Expression:
        """What a lifecycle names: it takes resources as they are."""
        if isinstance(value, (list, tuple)):
            return sequence(self._of_lifecycle(one) for one in value)
        found = self.value(value)
        alone = sole(found)
        if alone is None or not alone.text.endswith(".id"):
            return found
        return Code(alone.text.removesuffix(".id"))

    def _text(self, text: str, attribute: Attribute | None) -> Expression:
        """A string, its references as code; a reference alone to what a field wants, as a whole."""
        whole = TEMPLATE.fullmatch(text)
        target = target_of(whole) if whole is not None else None
        if isinstance(target, AttributeTarget) and attribute is not None:
            variable = self.variables.get(target.address)
            kind = self.schemas[target.address.type] if variable is not None else None
            if (
                variable
                and kind
                and target.attribute == "id"
                and attribute.reference == kind.object
            ):
                return Code(variable)
        parts: list[str | Code] = []
        end = 0
        for match in TEMPLATE.finditer(text):
            target = target_of(match)
            code = self._code(target) if target is not None else None
            if code is not None:
                # Only a piece with brackets would be broken.
                instead = match[0] if "[" in code else ""
                parts += [text[end : match.start()], Code(code, instead)]
                end = match.end()
        parts.append(text[end:])
        found = Text(tuple(part for part in parts if part) or ("",))
        return found if _can_be_nested(found) else Text((text,))

    def _code(self, target: Target) -> str | None:
        """The code of a reference; None if it has to be text."""
        if isinstance(target, OutputTarget):
            return self.outputs[target.stack, target.name] + "".join(
                f"[{part}]" if isinstance(part, int) else f"[{literal(Text((part,)))}]"
                for part in target.path
            )
        variable = self.variables.get(target.address)
        if variable is None:
            return None
        name = target.attribute
        attribute = self.schemas[target.address.type].root.fields.get(name)
        plain = attribute is not None and attribute.in_response and name.isidentifier()
        if plain and not keyword.iskeyword(name):
            return f"{variable}.{name}"
        return f'{variable}["{name}"]'


def _in_usual_order(value: Any, attribute: Attribute | None) -> Iterable[tuple[Any, Any]]:
    """The parts of a nested value; those of an object as people would order them."""
    parts = children(value)
    if attribute is None or attribute.kind is not Kind.OBJECT:
        return parts
    return sorted(
        parts, key=lambda part: _FIRST.index(part[0]) if part[0] in _FIRST else len(_FIRST)
    )


def number(value: Any) -> Code:
    """A number, a flag or None; a whole number has no fraction.

    Raises:
        TypeError: if it is anything else.
    """
    if isinstance(value, float):
        whole = value.is_integer() and abs(value) < _EXACT
        return Code(repr(int(value) if whole else value).replace("e+", "e"))
    if value is None or isinstance(value, int):
        return Code(repr(value))
    message = f"{value!r} cannot be written as Python: {type(value).__name__} is no JSON"
    raise TypeError(message)


def _can_be_nested(text: Text) -> bool:
    """Whether the code in a string may be in an f-string, for every Python from 3.11 on."""
    codes = [part.text for part in text.parts if isinstance(part, Code)]
    return len(text.parts) == 1 or not any("\\" in code or "'" in code for code in codes)


def _date(name: str | int, attribute: Attribute | None, value: Any) -> str:
    """The date of a moment, which its number does not show."""
    if not isinstance(value, int) or attribute is None or not is_moment(str(name), attribute):
        return ""
    if value not in _MOMENTS:
        return ""
    moment = dt.datetime.fromtimestamp(value, dt.UTC)
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC".replace(":00 UTC", " UTC")


def _in_order(arguments: Mapping[str, Any], kind: ResourceType) -> Iterator[str]:
    """Names of arguments: what it belongs to, what it is called, what it must have, the rest."""
    under = parse_path(kind.naming.under)[:1]
    keys = [key.attribute for key in kind.life.natural_keys]
    names = {name: rank for rank, name in enumerate((*under, "id", *keys, *kind.naming.fields))}

    def rank(name: str) -> tuple[int, int]:
        attribute = kind.root.fields.get(name)
        if name in names:
            return 0, names[name]
        if name == "metadata":
            return 5, 0
        nested = isinstance(arguments[name], (Mapping, list, tuple))
        if attribute is not None and attribute.required and not nested:
            return 1, 0
        if attribute is not None and attribute.money:
            return 2, 0
        return (4, 0) if nested else (3, 0)

    yield from sorted(arguments, key=rank)
