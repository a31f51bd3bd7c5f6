"""Constants as a TypeScript module: one interface a stack, one object of it an environment."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from engine.ports.reports import StackConstants
from engine.views.constants.identifiers import camel, pascal, refuse_same
from engine.views.constants.shapes import Member, Shape, shapes_of, types_of
from engine.views.constants.words import MARK, about_stack

_TYPES = {"text": "string", "flag": "boolean", "whole": "number", "number": "number"}
_HEAD = f"""\
// {MARK}
/* eslint-disable */
"""


def text_of(stacks: Sequence[StackConstants]) -> str:
    """Write the constants of stacks.

    Raises:
        UsageError: for two of one name.
    """
    shapes = shapes_of(stacks, ())
    refuse_same(_names(shapes), "write a file for each of the two (--stack), or rename one")
    return "\n".join([_HEAD, *("\n".join(_lines(shape)) for shape in shapes)]) + "\n"


def _names(shapes: Sequence[Shape]) -> Iterator[tuple[str, str]]:
    for shape in shapes:
        owner = f"stack {shape.stack}"
        yield from (
            (name, owner) for name in (f"{camel(shape.stack)}Constants", pascal(shape.stack))
        )
        for one in shape.environments:
            yield camel(one.stack, one.environment), f"{owner} in environment {one.environment}"


def _lines(shape: Shape) -> Iterator[str]:
    type_name = f"{pascal(shape.stack)}Constants"
    environments = " | ".join(_text(one.environment) for one in shape.environments)
    yield f"/** The constants of stack {shape.stack} in one environment. */"
    yield f"export interface {type_name} {{"
    for member in shape.members:
        some = "?" if len(member.values) < len(shape.environments) else ""
        yield f"  /** {_doc(member.about)}. */"
        yield f"  readonly {member.name}{some}: {' | '.join(types_of(member, _type))};"
    yield from ("}", "")
    for one in shape.environments:
        yield f"/** {_doc(about_stack(one))}. */"
        yield f"export const {camel(one.stack, one.environment)} = {{"
        for member in shape.members:
            yield from _member(member, one.environment)
        yield from ("} as const;", "")
    yield f"export type {pascal(shape.stack)}Environment = {environments};"
    yield ""
    yield f"/** The constants of stack {shape.stack}, by environment. */"
    whole = f"Readonly<Record<{pascal(shape.stack)}Environment, {type_name}>>"
    yield f"export const {camel(shape.stack)}Constants: {whole} = {{"
    for one in shape.environments:
        yield f"  {_text(one.environment)}: {camel(one.stack, one.environment)},"
    yield from ("};", "")
    if shape.known:
        yield from _naming(shape)


def _member(member: Member, environment: str) -> Iterator[str]:
    if environment in member.values:
        yield f"  /** {_doc(member.about)}. */"
        yield f"  {member.name}: {_text(member.values[environment])},"


def _naming(shape: Shape) -> Iterator[str]:
    name = f"{pascal(shape.stack)}Name"
    known = f"{camel(shape.stack)}Names"
    yield f"export type {name} ="
    yield from (f"  | {_text(member)}" for member in shape.known[:-1])
    yield from (f"  | {_text(shape.known[-1])};", "")
    yield f"const {known}: ReadonlyMap<string, {name}> = new Map<string, {name}>(["
    yield from (f"  [{_text(id)}, {_text(member)}]," for id, member in shape.names.items())
    yield from ("]);", "")
    yield "/** The constant that has an id, or had it before its object was replaced. */"
    yield f"export function {camel(shape.stack)}NameOf(id: string): {name} | undefined {{"
    yield from (f"  return {known}.get(id);", "}", "")


def _type(kind: str, inner: Sequence[str]) -> str:
    if kind == "list":
        return f"ReadonlyArray<{' | '.join(inner) or 'unknown'}>"
    if kind == "map":
        return f"Readonly<Record<string, {' | '.join(inner) or 'unknown'}>>"
    return _TYPES.get(kind, "null")


def _text(value: Any) -> str:
    """A literal; JSON is one, with every sign that is no plain ASCII spelled out."""
    text = json.dumps(value, sort_keys=True)
    if isinstance(value, str):
        return text
    # As a key of a literal this one would set the prototype of the object.
    return text.replace('"__proto__": ', '["__proto__"]: ')


def _doc(text: str) -> str:
    """A text within a comment: it neither ends it nor begins a tag in it."""
    return text.replace("*/", "*\\/").replace("@", "\\@")
