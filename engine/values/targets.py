"""What a reference names, and how its text is spelled."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, TypeAlias

from engine.address import ADDRESS_PATTERN, NAME_PATTERN, ResourceAddress, parse_address
from engine.values.paths import parse_path

_ATTRIBUTE_PATTERN = r"[A-Za-z0-9_]+(?:\.[A-Za-z0-9_-]+)*"
# `$${...}` is a literal `${...}`; the first alternative keeps it from reading as a reference.
TEMPLATE: Final = re.compile(
    rf"\$(?P<literal>\$\{{)|\$\{{(?P<address>{ADDRESS_PATTERN})\.(?P<attribute>{_ATTRIBUTE_PATTERN})\}}"
    rf"|\$\{{output\.(?P<stack>{NAME_PATTERN})\.(?P<output>{NAME_PATTERN})\}}"
)
REFERENCE_PATTERN: Final = (
    rf"\$\{{(?:{ADDRESS_PATTERN}\.{_ATTRIBUTE_PATTERN}|output\.{NAME_PATTERN}\.{NAME_PATTERN})\}}"
)
ONE_REFERENCE: Final = re.compile(REFERENCE_PATTERN)


@dataclass(frozen=True, slots=True)
class AttributeTarget:
    """What a reference names: one attribute of one resource.

    Attributes:
        address: The resource.
        attribute: Dotted path inside its attributes.
    """

    address: ResourceAddress
    attribute: str

    @property
    def path(self) -> tuple[str, ...]:
        """The path in its parts."""
        return parse_path(self.attribute)

    def __str__(self) -> str:
        return f"{self.address}.{self.attribute}"


@dataclass(frozen=True, slots=True)
class OutputTarget:
    """What a reference names: an output of another stack.

    Attributes:
        stack: Name of that stack.
        name: Name of its output.
    """

    stack: str
    name: str

    def __str__(self) -> str:
        return f"output.{self.stack}.{self.name}"


Target: TypeAlias = AttributeTarget | OutputTarget


def target_of(match: re.Match[str]) -> Target | None:
    """The target that a match of `TEMPLATE` names; None if it is a literal."""
    if match["address"]:
        return AttributeTarget(parse_address(match["address"]), match["attribute"])
    if match["stack"]:
        return OutputTarget(match["stack"], match["output"])
    return None
