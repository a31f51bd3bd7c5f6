"""For tests of stacks, of policies, and of applications that use what the stacks declare.

from engine.testing import EmulatedProject, Emulator, assert_creates
"""

from __future__ import annotations

TYPE_CHECKING = False
# Type checkers take it for true; what is not used is not loaded.
if TYPE_CHECKING:
    from engine.emulator.core import Emulator
    from engine.emulator.delivery.delivery import Delivery
    from engine.emulator.doors.server import EmulatorServer
    from engine.emulator.testing import faults
    from engine.policies.testing import change_of, plan_of
    from engine.testing.assertions import (
        assert_changes,
        assert_creates,
        assert_no_changes,
        assert_removes,
        assert_replaces,
        assert_updates,
    )
    from engine.testing.clients import API_KEY, client_of, global_client
    from engine.testing.clock import Clock
    from engine.testing.emulated import EmulatedProject
    from engine.testing.policies import policy_plan, refused_by
    from engine.testing.snapshots import snapshot_of
    from engine.testing.webhooks import Webhooks

__all__ = [
    "API_KEY",
    "Clock",
    "Delivery",
    "EmulatedProject",
    "Emulator",
    "EmulatorServer",
    "Webhooks",
    "assert_changes",
    "assert_creates",
    "assert_no_changes",
    "assert_removes",
    "assert_replaces",
    "assert_updates",
    "change_of",
    "client_of",
    "faults",
    "global_client",
    "plan_of",
    "policy_plan",
    "refused_by",
    "snapshot_of",
]

_HOMES = {
    "engine.emulator.core": ("Emulator",),
    "engine.emulator.delivery.delivery": ("Delivery",),
    "engine.emulator.doors.server": ("EmulatorServer",),
    "engine.emulator.testing.faults": ("faults",),
    "engine.policies.testing": ("change_of", "plan_of"),
    "engine.testing.assertions": (
        "assert_changes",
        "assert_creates",
        "assert_no_changes",
        "assert_removes",
        "assert_replaces",
        "assert_updates",
    ),
    "engine.testing.clients": ("API_KEY", "client_of", "global_client"),
    "engine.testing.clock": ("Clock",),
    "engine.testing.emulated": ("EmulatedProject",),
    "engine.testing.policies": ("policy_plan", "refused_by"),
    "engine.testing.snapshots": ("snapshot_of",),
    "engine.testing.webhooks": ("Webhooks",),
}


def __getattr__(name: str) -> object:
    import importlib

    for home, names in _HOMES.items():
        if name in names:
            module = importlib.import_module(home)
            return module if home.endswith(f".{name}") else getattr(module, name)
    raise AttributeError(f"module 'engine.testing' has no attribute {name!r}")
