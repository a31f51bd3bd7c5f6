"""What a person may ask of a plan or an apply, as the operations take it."""

from engine.plan.options import PlanOptions

__all__ = ["PlanOptions"]
