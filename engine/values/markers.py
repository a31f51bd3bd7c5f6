"""Markers: what is in the place of a value that is unknown, cleared or absent."""

from __future__ import annotations

import enum
from typing import Final


class Marker(enum.Enum):
    """What is in the place of a value that is not there."""

    UNKNOWN = "(known after apply)"
    CLEAR = "(cleared)"
    ABSENT = "(absent)"

    def __repr__(self) -> str:
        return self.name

    def __deepcopy__(self, memo: object) -> Marker:
        return self


UNKNOWN: Final = Marker.UNKNOWN
"""A value that is known after the apply only."""
CLEAR: Final = Marker.CLEAR
"""The request to make a field empty; each provider has its own way to send that."""
ABSENT: Final = Marker.ABSENT
"""No value at all, where None would be one."""
