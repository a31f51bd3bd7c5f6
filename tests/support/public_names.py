"""The public names of a module as a listing: signatures, attributes, and what each is."""

from __future__ import annotations

import dataclasses
import enum
import inspect
import types
from collections.abc import Iterator
from typing import Any

_WIDTH = 96


def listing(module: types.ModuleType, names: list[str]) -> str:
    """A heading, the signature and the first sentence for each name, functions first."""
    found = {name: getattr(module, name) for name in names}
    functions = {name: one for name, one in found.items() if inspect.isroutine(one)}
    classes = {name: one for name, one in found.items() if inspect.isclass(one)}
    rest = found.keys() - functions.keys() - classes.keys()
    parts = [_function(name, one) for name, one in functions.items()]
    parts += [_class(name, one) for name, one in classes.items()]
    parts += [f"### `{name}`\n\n{_value(found[name])}\n" for name in names if name in rest]
    return "\n" + "\n".join(parts) + "\n"


def _function(name: str, function: Any) -> str:
    return f"### `{name}`\n\n```text\n{_signature(name, function)}\n```\n\n{_sentence(function)}\n"


def _class(name: str, cls: Any) -> str:
    lines = [f"### `{name}`", "", _sentence(cls), ""]
    if issubclass(cls, enum.Enum):
        return "\n".join([*lines, ", ".join(f"`{member.value}`" for member in cls), ""])
    base = cls.__mro__[1].__name__
    if base not in {"object", "str", "Mapping", "Generic"}:
        lines += [f"It is a kind of `{base}`.", ""]
    calls = list(_calls(cls))
    if calls:
        lines += ["```text", *calls, "```", ""]
    types_of = {}
    if dataclasses.is_dataclass(cls):
        types_of = {field.name: str(field.type) for field in dataclasses.fields(cls)}
    attributes = [
        f"* `{attribute}{f': {types_of[attribute]}' if attribute in types_of else ''}`: {text}"
        for attribute, text in _attributes(cls)
    ]
    return "\n".join([*lines, *attributes, *([""] if attributes else [])])


def _calls(cls: Any) -> Iterator[str]:
    """The constructor where programs call it, properties and methods."""
    own = vars(cls)
    made = inspect.getdoc(own["__init__"]) if "__init__" in own else None
    if made and not (made.startswith("Made by") or dataclasses.is_dataclass(cls)):
        yield _signature(cls.__name__, own["__init__"])
    for name, member in own.items():
        if name.startswith("_") or "not part of the public" in (inspect.getdoc(member) or ""):
            continue
        if isinstance(member, property) and member.fget is not None:
            yield f"{name}: {member.fget.__annotations__['return']}"
        elif isinstance(member, classmethod) or inspect.isfunction(member):
            yield _signature(name, getattr(cls, name))


def _attributes(cls: Any) -> Iterator[tuple[str, str]]:
    """The attributes that a docstring lists, each with what it says."""
    _, _, listed = (inspect.getdoc(cls) or "").partition("Attributes:\n")
    found: list[list[str]] = []
    for line in listed.split("\n"):
        if line.startswith("        ") and found:
            found[-1].append(line.strip())
        elif line.startswith("    "):
            found.append([line.strip()])
    for lines in found:
        name, _, text = " ".join(lines).partition(": ")
        yield name, text


def _signature(name: str, function: Any) -> str:
    signature = inspect.signature(function)
    given = [one for one in signature.parameters.values() if one.name not in ("self", "cls")]
    parts: list[str] = []
    for one in given:
        starred = any(part.startswith("*") for part in parts)
        if one.kind is one.KEYWORD_ONLY and not starred:
            parts.append("*")
        parts.append(_parameter(one))
    made = function.__name__ == "__init__"
    returns = "" if made else f" -> {signature.return_annotation}"
    text = f"{name}({', '.join(parts)}){returns}"
    if len(text) <= _WIDTH:
        return text
    return "\n".join([f"{name}(", *(f"    {part}," for part in parts), f"){returns}"])


def _parameter(one: inspect.Parameter) -> str:
    star = "*" if one.kind is one.VAR_POSITIONAL else "**" if one.kind is one.VAR_KEYWORD else ""
    default = "" if one.default is one.empty else f" = {one.default!r}"
    return f"{star}{one.name}: {one.annotation}{default}"


def _sentence(one: Any) -> str:
    return " ".join((inspect.getdoc(one) or "").split("\n\n")[0].split())


def _value(one: Any) -> str:
    return f"A marker, `{one!r}`."
