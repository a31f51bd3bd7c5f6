"""What is written as a stack module: resources and outputs, before they are Python."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from types import MappingProxyType
from typing import Any

from engine.address import ResourceAddress
from engine.frozen import frozen
from engine.values.paths import Path

_NOTHING: Mapping[Any, Any] = MappingProxyType({})


@frozen
class WrittenResource:
    """One resource that is to be written.

    Attributes:
        address: Type and logical name.
        arguments: Stripe's parameters; references as text, `${stripe_product.pro.id}`.
        lifecycle: Keywords of its `Lifecycle`; empty for none.
        remarks: Lines of the comment above it.
        notes: A comment for an argument, by its path.
    """

    address: ResourceAddress
    arguments: Mapping[str, Any]
    lifecycle: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    remarks: tuple[str, ...] = ()
    notes: Mapping[Path, str] = field(default_factory=lambda: _NOTHING)


@frozen
class WrittenModule:
    """One stack module that is to be written.

    Attributes:
        name: Name of the stack.
        docstring: Its first line.
        resources: What it declares, in any order: the writer groups and orders them.
        outputs: What it offers, by name; references as text.
    """

    name: str
    docstring: str
    resources: tuple[WrittenResource, ...]
    outputs: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
