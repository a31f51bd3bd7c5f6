"""The options of a plan or an apply."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.address import ResourceAddress
from engine.frozen import frozen

FLAGS = {
    "refresh": "--no-refresh",
    "refresh_only": "--refresh-only",
    "destroy": "--destroy",
    "allow_mass_change": "--allow-mass-change",
    "targets": "--target",
    "excludes": "--exclude",
    "replace": "--replace",
    "impact": "--impact",
}
"""The options that decide what a plan is, by their field: as they are typed."""


@frozen
class PlanOptions:
    """The options of plan, apply and destroy.

    Attributes:
        refresh: Read what Stripe has before planning.
        refresh_only: Only refresh the state.
        destroy: Plan the removal of everything.
        targets: Only these and what they depend on; empty for all.
        excludes: All but these and what depends on them.
        replace: Replace these, although nothing else demands it.
        lock_timeout: Seconds to wait for another run.
        allow_mass_change: Allow to remove or replace a large share of a stack.
        confirmed_removals: What a live account may lose: resources whose removal, or replacement
            if they lose something by it, the person has named.
        impact: Count what uses the objects that the plan ends or changes.
    """

    refresh: bool = True
    refresh_only: bool = False
    destroy: bool = False
    targets: tuple[ResourceAddress, ...] = ()
    excludes: tuple[ResourceAddress, ...] = ()
    replace: tuple[ResourceAddress, ...] = ()
    lock_timeout: float = 0.0
    allow_mass_change: bool = False
    confirmed_removals: tuple[ResourceAddress, ...] = ()
    impact: bool = False

    def given(self) -> Iterator[tuple[str, Any]]:
        """Yield the options of `FLAGS` that are not as without any, as typed, with their values."""
        for name, flag in FLAGS.items():
            value = getattr(self, name)
            if value != getattr(_NONE, name):
                yield flag, value


_NONE = PlanOptions()
