"""The public Python interface: plan, apply and states as functions that return records.

from engine.api import Project, apply, plan
"""

from __future__ import annotations

TYPE_CHECKING = False
# Type checkers take it for true; what is not used is not loaded.
if TYPE_CHECKING:
    from engine.api.applying import Applied, ApplyFailedError, StepOutcome, apply, destroy
    from engine.api.checking import Drift, DriftedField, DriftedResource, drift, validate
    from engine.api.events import Event, EventKind
    from engine.api.planning import Plan, load_plan, plan
    from engine.api.project import Project
    from engine.api.reading import Resource, State, outputs, reveal, states
    from engine.api.records import ByAddress, Change, FieldChange, OutputChange
    from engine.errors import EngineError, Problem
    from engine.plan.model import Action, FieldReason, Reason
    from engine.plan.refusal import Refusal
    from engine.policies.plan import SECRET, UNKNOWN

__all__ = [
    "SECRET",
    "UNKNOWN",
    "Action",
    "Applied",
    "ApplyFailedError",
    "ByAddress",
    "Change",
    "Drift",
    "DriftedField",
    "DriftedResource",
    "EngineError",
    "Event",
    "EventKind",
    "FieldChange",
    "FieldReason",
    "OutputChange",
    "Plan",
    "Problem",
    "Project",
    "Reason",
    "Refusal",
    "Resource",
    "State",
    "StepOutcome",
    "apply",
    "destroy",
    "drift",
    "load_plan",
    "outputs",
    "plan",
    "reveal",
    "states",
    "validate",
]

_HOMES = {
    "engine.api.applying": ("Applied", "ApplyFailedError", "StepOutcome", "apply", "destroy"),
    "engine.api.checking": ("Drift", "DriftedField", "DriftedResource", "drift", "validate"),
    "engine.api.events": ("Event", "EventKind"),
    "engine.api.planning": ("Plan", "load_plan", "plan"),
    "engine.api.project": ("Project",),
    "engine.api.records": ("ByAddress", "Change", "FieldChange", "OutputChange"),
    "engine.api.reading": ("Resource", "State", "outputs", "reveal", "states"),
    "engine.errors": ("EngineError", "Problem"),
    "engine.plan.model": ("Action", "FieldReason", "Reason"),
    "engine.plan.refusal": ("Refusal",),
    "engine.policies.plan": ("SECRET", "UNKNOWN"),
}


def __getattr__(name: str) -> object:
    import importlib

    for home, names in _HOMES.items():
        if name in names:
            return getattr(importlib.import_module(home), name)
    raise AttributeError(f"module 'engine.api' has no attribute {name!r}")
