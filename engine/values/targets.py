"""What a reference names, and how its text is spelled."""

from __future__ import annotations

import json
import re
from typing import Final, TypeAlias

from engine.address import (
    ADDRESS_PATTERN,
    NAME_PATTERN,
    OUTPUT_PATTERN,
    ResourceAddress,
    parse_address,
)
from engine.frozen import frozen
from engine.values.paths import Path, parse_path

_ATTRIBUTE_PATTERN = r"[A-Za-z0-9_]+(?:\.[A-Za-z0-9_-]+)*"
_SIMPLE_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
# One part of the path in an output: `.month`, `["per month"]` as in JSON, `[0]`.
_JSON_TEXT = r"\"(?:[^\"\\\x00-\x1f]|\\(?:[\"\\/bfnrt]|u[0-9a-fA-F]{4}))*\""
_PART_PATTERN = rf"(?:\.{_SIMPLE_KEY.pattern}|\[\d+\]|\[{_JSON_TEXT}\])"
_PART = re.compile(_PART_PATTERN)
# `$${...}` is a literal `${...}`; the first alternative keeps it from reading as a reference.
TEMPLATE: Final = re.compile(
    rf"\$(?P<literal>\$\{{)|\$\{{(?P<address>{ADDRESS_PATTERN})\.(?P<attribute>{_ATTRIBUTE_PATTERN})\}}"
    rf"|\$\{{output\.(?P<stack>{NAME_PATTERN})\.(?P<output>{OUTPUT_PATTERN})"
    rf"(?P<path>{_PART_PATTERN}*)\}}"
)
REFERENCE_PATTERN: Final = (
    rf"\$\{{(?:{ADDRESS_PATTERN}\.{_ATTRIBUTE_PATTERN}"
    rf"|output\.{NAME_PATTERN}\.{OUTPUT_PATTERN}{_PART_PATTERN}*)\}}"
)
ONE_REFERENCE: Final = re.compile(REFERENCE_PATTERN)


@frozen(kw_only=False)
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


@frozen(kw_only=False)
class OutputTarget:
    """What a reference names: an output of another stack, or what is inside of one.

    Attributes:
        stack: Name of that stack.
        name: Name of its output.
        path: Where in the output; empty for all of it.
    """

    stack: str
    name: str
    path: Path = ()

    @property
    def local(self) -> str:
        """How its stack names it: `month`, `prices.month`."""
        return self.name + "".join(map(_spelled, self.path))

    def __str__(self) -> str:
        return f"output.{self.stack}.{self.local}"


@frozen(kw_only=False)
class ResourceTarget:
    """What a lifecycle names: a resource of another stack.

    Attributes:
        stack: Name of that stack.
        address: Its resource.
    """

    stack: str
    address: ResourceAddress

    @property
    def local(self) -> str:
        """How its stack names it, `:stripe_price.month`; no output begins with a colon."""
        return f":{self.address}"

    def __str__(self) -> str:
        return f"{self.stack}:{self.address}"


Elsewhere: TypeAlias = OutputTarget | ResourceTarget
"""What a stack reads of another one."""


def _spelled(part: str | int) -> str:
    if isinstance(part, int):
        return f"[{part}]"
    plain = _SIMPLE_KEY.fullmatch(part)
    return f".{part}" if plain else f"[{json.dumps(part, ensure_ascii=False)}]"


Target: TypeAlias = AttributeTarget | OutputTarget


def target_of(match: re.Match[str]) -> Target | None:
    """The target that a match of `TEMPLATE` names; None if it is a literal."""
    if match["address"]:
        return AttributeTarget(parse_address(match["address"]), match["attribute"])
    if match["stack"]:
        return OutputTarget(match["stack"], match["output"], _path_of(match["path"]))
    return None


def output_target(text: str) -> OutputTarget:
    """The target that was printed as a text.

    Raises:
        ValueError: if it is no output.
    """
    match = TEMPLATE.fullmatch(f"${{{text}}}")
    target = target_of(match) if match is not None else None
    if not isinstance(target, OutputTarget):
        raise ValueError(text)  # noqa: TRY004 - the text is wrong, not its type
    return target


_RESOURCE = re.compile(rf"({NAME_PATTERN}):({ADDRESS_PATTERN})")


def resource_target(text: str) -> ResourceTarget | None:
    """The resource of another stack that a text names, `shop:stripe_price.pro`; else None."""
    match = _RESOURCE.fullmatch(text)
    return ResourceTarget(match[1], parse_address(match[2])) if match is not None else None


def elsewhere(text: str) -> Elsewhere:
    """What a stack reads of another one, as it was printed.

    Raises:
        ValueError: if it is neither an output nor a resource.
    """
    return resource_target(text) or output_target(text)


def _path_of(text: str) -> Path:
    parts = _PART.findall(text)
    return tuple(part[1:] if part[0] == "." else json.loads(part)[0] for part in parts)
