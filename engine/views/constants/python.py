"""Constants as a typed Python module: one class a stack, one object of it an environment."""

from __future__ import annotations

import keyword
import math
from collections.abc import Iterator, Sequence
from typing import Any

from engine.ports.reports import StackConstants
from engine.views.constants.identifiers import pascal, refuse_same, upper
from engine.views.constants.shapes import Member, Shape, shapes_of, types_of
from engine.views.constants.words import MARK, about_stack

_TYPES = {"text": "str", "flag": "bool", "whole": "int", "number": "float", "null": "None"}
_RESERVED = frozenset({*keyword.kwlist, *_TYPES.values(), "object", "tuple", "Mapping"})
"""What a field of a class cannot be called: words of Python, and the names of its own types."""
_HEAD = f'''\
# {MARK}
# fmt: off
# ruff: noqa
"""Ids on Stripe, and outputs of stacks, for each environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal
'''


def text_of(stacks: Sequence[StackConstants]) -> str:
    """Write the constants of stacks.

    Raises:
        UsageError: for two of one name.
    """
    shapes = shapes_of(stacks, _RESERVED)
    refuse_same(_names(shapes), "write a file for each of the two (--stack), or rename one")
    return "\n".join([_HEAD, *("\n".join(_lines(shape)) for shape in shapes)])


def _names(shapes: Sequence[Shape]) -> Iterator[tuple[str, str]]:
    for shape in shapes:
        owner = f"stack {shape.stack}"
        for name in (f"{pascal(shape.stack)}Constants", upper(shape.stack), _function(shape)):
            yield name, owner
        for one in shape.environments:
            yield upper(one.stack, one.environment), f"{owner} in environment {one.environment}"


def _function(shape: Shape) -> str:
    return f"get_{upper(shape.stack).lower().lstrip('_')}"


def _lines(shape: Shape) -> Iterator[str]:
    made = pascal(shape.stack)
    whole = upper(shape.stack)
    environments = ", ".join(_text(one.environment) for one in shape.environments)
    yield ""
    yield f"{made}Environment = Literal[{environments}]"
    if shape.known:
        yield f"{made}Name = Literal[{', '.join(map(_text, shape.known))}]"
    yield from ("", "", "@dataclass(frozen=True, kw_only=True)", f"class {made}Constants:")
    yield f'    """The constants of stack {shape.stack} in one environment."""'
    for member in shape.members:
        yield ""
        yield from _field(member, shape)
    for one in shape.environments:
        yield from ("", "", f"{upper(one.stack, one.environment)}: Final = {made}Constants(")
        for member in shape.members:
            if one.environment in member.values:
                yield f"    {member.name}={_value(member.values[one.environment])},"
        yield ")"
        yield f'"""{_doc(about_stack(one))}."""'
    yield from ("", f"{whole}: Final[Mapping[{made}Environment, {made}Constants]] = {{")
    for one in shape.environments:
        yield f"    {_text(one.environment)}: {upper(one.stack, one.environment)},"
    yield from ("}", f'"""The constants of stack {shape.stack}, by environment."""')
    yield from _choosing(shape, made)
    if shape.known:
        yield from _naming(shape, made)


def _field(member: Member, shape: Shape) -> Iterator[str]:
    text = " | ".join(types_of(member, _type))
    if len(member.values) < len(shape.environments):
        yield f"    {member.name}: {text} | None = None"
    else:
        yield f"    {member.name}: {text}"
    yield f'    """{_doc(member.about)}."""'


def _choosing(shape: Shape, made: str) -> Iterator[str]:
    yield from (
        "",
        "",
        f"def {_function(shape)}(environment: str) -> {made}Constants:",
        f'    """The constants of stack {shape.stack} in an environment; KeyError if none are."""',
        f"    for name, constants in {upper(shape.stack)}.items():",
        "        if name == environment:",
        "            return constants",
        "    raise KeyError(environment)",
    )


def _naming(shape: Shape, made: str) -> Iterator[str]:
    names = f"_{upper(shape.stack).lstrip('_')}_NAMES"
    yield from ("", "", f"{names}: Final[Mapping[str, {made}Name]] = {{")
    for id, name in shape.names.items():
        yield f"    {_text(id)}: {_text(name)},"
    yield from (
        "}",
        "",
        "",
        f"def name_in_{_function(shape).removeprefix('get_')}(id: str) -> {made}Name | None:",
        '    """The constant that has an id, or had it before its object was replaced."""',
        f"    return {names}.get(id)",
        "",
    )


def _type(kind: str, inner: Sequence[str]) -> str:
    if kind == "list":
        return f"tuple[{' | '.join(inner) or 'object'}, ...]"
    return f"Mapping[str, {' | '.join(inner) or 'object'}]" if kind == "map" else _TYPES[kind]


def _value(value: Any) -> str:
    if isinstance(value, dict):
        pairs = (f"{_text(name)}: {_value(inner)}" for name, inner in sorted(value.items()))
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, (list, tuple)):
        return f"({', '.join(map(_value, value))}{',' * (len(value) == 1)})"
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")'
    return _text(value) if isinstance(value, str) else repr(value)


def _text(text: str) -> str:
    """A literal in which every sign that is no plain ASCII is spelled out."""
    made = ascii(text)
    return f'"{made[1:-1]}"' if made[0] == "'" and '"' not in made and "\\'" not in made else made


def _doc(text: str) -> str:
    """A text within a docstring."""
    return text.replace("\\", "\\\\").replace('"', '\\"')
