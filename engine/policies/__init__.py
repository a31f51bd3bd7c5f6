"""Policies: what a team demands of every plan, in `stacks/_policies.py` and in pyproject.toml.

from engine.policies import Plan, policy
"""

from __future__ import annotations

TYPE_CHECKING = False
# Type checkers take it for true; what is not used is not loaded.
if TYPE_CHECKING:
    from engine.plan.amounts import Amount
    from engine.plan.impact import Impact, Use
    from engine.plan.model import Action
    from engine.policies.declare import policy
    from engine.policies.plan import (
        SECRET,
        UNKNOWN,
        AmountChange,
        Change,
        Environment,
        FieldChange,
        Finding,
        Plan,
    )

__all__ = [
    "SECRET",
    "UNKNOWN",
    "Action",
    "Amount",
    "AmountChange",
    "Change",
    "Environment",
    "FieldChange",
    "Finding",
    "Impact",
    "Plan",
    "Use",
    "policy",
]

_HOMES = {
    "Action": "engine.plan.model",
    "Amount": "engine.plan.amounts",
    "Impact": "engine.plan.impact",
    "Use": "engine.plan.impact",
    "policy": "engine.policies.declare",
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module 'engine.policies' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOMES.get(name, "engine.policies.plan")), name)
