"""Addresses: how a resource is named in plans, state and on the command line.

What must not live here: anything about what the resource is.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from engine.errors import UsageError

NAME_PATTERN = r"[a-z0-9][a-z0-9_-]*"
TYPE_PATTERN = r"stripe_[a-z0-9_]+"
# A lookup is an object that is read, never managed: `data.stripe_price.NAME`.
LOOKUP_PREFIX = "data."
ADDRESS_PATTERN = rf"(?:data\.)?{TYPE_PATTERN}\.{NAME_PATTERN}"

_ADDRESS = re.compile(rf"(data\.)?({TYPE_PATTERN})\.({NAME_PATTERN})")
_NAME = re.compile(NAME_PATTERN)


@dataclass(frozen=True, slots=True, order=True)
class ResourceAddress:
    """`stripe_price.pro-monthly`: a resource type and a logical name.

    Ordered by type, then name, lookups last: the order of every listing and tie.

    Attributes:
        lookup: True for an object that is only read.
        type: Terraform's spelling, `stripe_billing_portal_configuration`.
        name: The author's logical name.
    """

    lookup: bool
    type: str
    name: str

    def __str__(self) -> str:
        return f"{LOOKUP_PREFIX if self.lookup else ''}{self.type}.{self.name}"


def address(type_name: str, name: str, *, lookup: bool = False) -> ResourceAddress:
    """Make the address of `name` among the resources of `type_name`."""
    return ResourceAddress(lookup, type_name, name)


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
    return ResourceAddress(match[1] is not None, match[2], match[3])


def is_logical_name(text: str) -> bool:
    """Say whether `text` can name a resource, an output or a stack."""
    return _NAME.fullmatch(text) is not None
