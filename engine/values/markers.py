"""Values that stand for the absence of one."""

from __future__ import annotations

import enum
from typing import Final


class Marker(enum.Enum):
    """Values that stand for the absence of one."""

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
"""The request to make a field empty; each provider knows how that is said on its wire."""
ABSENT: Final = Marker.ABSENT
"""No value at all, where None would be one."""
