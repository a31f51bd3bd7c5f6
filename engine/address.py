"""Addresses: how a resource is named in plans, in state and on the command line."""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

from engine.errors import UsageError

NAME_PATTERN = r"[a-z0-9][a-z0-9_-]*"
# Applications know values by names of their own, `STRIPE_PRICE_PRO_MONTHLY`.
OUTPUT_PATTERN = r"[A-Za-z0-9][A-Za-z0-9_-]*"
TYPE_PATTERN = r"stripe_[a-z0-9_]+"
# A lookup is an object that is read, never managed: `data.stripe_price.NAME`.
LOOKUP_PREFIX = "data."
ADDRESS_PATTERN = rf"(?:data\.)?{TYPE_PATTERN}\.{NAME_PATTERN}"

_ADDRESS = re.compile(rf"(data\.)?({TYPE_PATTERN})\.({NAME_PATTERN})")
_NAME = re.compile(NAME_PATTERN)
_MEMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_OUTPUT = re.compile(OUTPUT_PATTERN)


class ResourceAddress(str):
    """`stripe_price.pro-monthly`: a resource type and a logical name.

    It is its text, so that it finds what is kept under that text. Made by `address` and
    `parse_address`. Ordered by type, then name, lookups last: the order of every listing and tie.
    """

    __slots__ = ()

    @property
    def lookup(self) -> bool:
        """Whether its object is only read."""
        return self.startswith(LOOKUP_PREFIX)

    @property
    def type(self) -> str:
        """The resource type in Terraform's spelling, `stripe_billing_portal_configuration`."""
        return self.removeprefix(LOOKUP_PREFIX).partition(".")[0]

    @property
    def name(self) -> str:
        """The author's logical name."""
        return self.rpartition(".")[2]

    def __lt__(self, other: str) -> bool:
        # What sorting asks, for every pair: so without making two keys.
        ours, theirs = self.startswith(LOOKUP_PREFIX), other.startswith(LOOKUP_PREFIX)
        return str.__lt__(self, other) if ours is theirs else theirs

    def __le__(self, other: str) -> bool:
        return _order(self) <= _order(other)

    def __gt__(self, other: str) -> bool:
        return _order(self) > _order(other)

    def __ge__(self, other: str) -> bool:
        return _order(self) >= _order(other)


def _order(text: str) -> tuple[bool, str]:
    return text.startswith(LOOKUP_PREFIX), str(text)


def address(type_name: str, name: str, *, lookup: bool = False) -> ResourceAddress:
    """Make the address of `name` among the resources of `type_name`."""
    return ResourceAddress(f"{LOOKUP_PREFIX if lookup else ''}{type_name}.{name}")


@functools.lru_cache(maxsize=1 << 16)
def parse_address(text: str) -> ResourceAddress:
    """Read an address as a person types it.

    Raises:
        UsageError: if it is not `TYPE.NAME` in the spelling above.
    """
    match = _ADDRESS.fullmatch(text)
    if match is None:
        raise UsageError(
            f"{text!r} is not an address",
            hint="an address is TYPE.NAME, such as stripe_price.pro-monthly",
        )
    return ResourceAddress(text)


class Place(NamedTuple):
    """What a person names of the states: a resource, perhaps with its stack, or a whole stack.

    Attributes:
        stack: The stack; empty if it is not named.
        address: The resource; None for all of the stack.
    """

    stack: str
    address: ResourceAddress | None


def parse_place(text: str) -> Place:
    """Read `ADDR`, `STACK:ADDR` or `STACK:` as a person types it.

    Raises:
        UsageError: if it is none of them.
    """
    stack, colon, rest = text.rpartition(":")
    if colon and not stack:
        raise UsageError(f"{text!r} names no stack", hint="write STACK:ADDR, or STACK: for all")
    if colon and not rest:
        return Place(stack, None)
    try:
        address = parse_address(rest)
    except UsageError as error:
        if colon or not is_logical_name(text):
            raise
        raise error.with_hint(
            f"a resource is TYPE.NAME; a stack has a colon behind its name, {text}:"
        ) from None
    return Place(stack, address)


def is_logical_name(text: str) -> bool:
    """Whether `text` can name a resource, a stack or an environment."""
    return _NAME.fullmatch(text) is not None


def is_environment_name(text: str) -> bool:
    """Whether `text` can name an environment: a logical name, or `FLEET/ACCOUNT` of a fleet."""
    fleet, slash, member = text.partition("/")
    return is_logical_name(fleet) and (not slash or _MEMBER.fullmatch(member) is not None)


def is_output_name(text: str) -> bool:
    """Whether `text` can name an output."""
    return _OUTPUT.fullmatch(text) is not None
