"""Texts and lists that are declared as empty where Stripe does not take an empty value.

`nickname=""` asks for no nickname, like leaving it out. Stripe takes an empty text only where that
clears something; anywhere else the request is refused. An empty list is an empty text in a request.
So both are removed from the declaration before it is checked. Where a text is required, and
in a list, it stays and is a finding.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from engine.schema.attribute import Attribute, Kind
from engine.schema.resource_type import Schemas
from engine.stack.model import Stack
from engine.values.tree import is_nested


def without_blanks(stack: Stack, schemas: Schemas) -> Stack:
    """The same stack without empty texts and lists that mean nothing to Stripe."""
    declarations = dict(stack.declarations)
    for text, declaration in stack.declarations.items():
        arguments = said(schemas[declaration.type].root, declaration.arguments)
        if arguments is not declaration.arguments:
            declarations[text] = dataclasses.replace(declaration, arguments=arguments)
    return dataclasses.replace(stack, declarations=declarations)


def is_blank(holder: Attribute, field: Attribute, value: Any) -> bool:
    """Whether a value asks for nothing.

    Args:
        holder: What the field is in.
        field: What the value is for.
        value: As declared.
    """
    if not isinstance(value, (str, list, tuple)) or value:
        return False
    text = field.kind is Kind.STRING and type(value) is str
    # What only a create can set has nothing to clear, and is made anew to be emptied.
    entries = field.kind is Kind.LIST and not isinstance(value, str) and not field.immutable
    return (
        (text or entries)
        # Of a map of texts, such as metadata, an empty one deletes an entry.
        and holder.kind is Kind.OBJECT
        and not field.clearable
        and not field.required
        and not field.min_length
    )


def said(attribute: Attribute, value: Any) -> Any:
    """A value without blanks; the value itself if it has none."""
    if not is_nested(value):
        return value
    if isinstance(value, Mapping):
        kept: dict[Any, Any] = {}
        same = True
        for name, inner in value.items():
            child = attribute.child(name)
            if child is not None and is_blank(attribute, child, inner):
                same = False
                continue
            kept[name] = inner if child is None else said(child, inner)
            same = same and kept[name] is inner
        return value if same else kept
    if isinstance(value, list) and attribute.element is not None:
        entries = [said(attribute.element, inner) for inner in value]
        same = all(one is other for one, other in zip(entries, value, strict=True))
        return value if same else entries
    return value
