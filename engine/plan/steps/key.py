"""What identifies a step within its plan."""

from __future__ import annotations

from typing import NamedTuple

from engine.address import ResourceAddress
from engine.plan.model import StepKind

_KINDS = tuple(StepKind)


class StepKey(NamedTuple):
    """One step of a plan; its text is the key in plans, plan files and journals.

    Keys are ordered by address, then as `StepKind` lists the kinds, then by detail: that is the
    order of steps where nothing else decides it.

    Attributes:
        address: The resource.
        rank: The place of the step's kind in `StepKind`.
        detail: What distinguishes it from others of its kind: the name of a CALL, the id of a
            superseded object that a REMOVE removes, what a DETACH releases, the resource of another
            stack that a RECORD brings; else empty.
    """

    address: ResourceAddress
    rank: int
    detail: str = ""

    @classmethod
    def of(cls, kind: StepKind, address: ResourceAddress, detail: str = "") -> StepKey:
        """The key of a step of some kind."""
        return cls(address, _KINDS.index(kind), detail)

    @property
    def kind(self) -> StepKind:
        """What the step does."""
        return _KINDS[self.rank]

    def __str__(self) -> str:
        """The text of the key: `create stripe_price.pro`."""
        if self.kind is StepKind.CALL:
            return f"{self.detail} {self.address}"
        return f"{self.kind} {self.address} {self.detail}".rstrip()
