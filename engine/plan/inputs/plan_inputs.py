"""What one plan is made from, and what that tells of one address.

What must not live here: what is decided about it (`declared`, `undeclared`).
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.graph.build import ResourceGraph
from engine.plan.inputs.observed import Observed
from engine.plan.inputs.options import PlanOptions
from engine.plan.inputs.stamp import stamp
from engine.plan.model import Reason
from engine.schema.remote import ADDRESSED, STAMP_KEY, RemoteObject, id_of
from engine.schema.resource_type import ResourceType, Schemas
from engine.state.model import ResourceState, State
from engine.values.paths import get_path


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanInputs:
    """Everything that a plan of one stack depends on.

    Attributes:
        graph: What is declared, in order.
        state: What the last apply declared and saw, moves carried out.
        observed: What Stripe has.
        schemas: Resource types by name.
        options: What the person asked for.
    """

    graph: ResourceGraph
    state: State
    observed: Observed
    schemas: Schemas
    options: PlanOptions

    def actual(self, address: str, prior: ResourceState) -> RemoteObject | None:
        """The object of a resource that state knows: as it was read, else as state saw it."""
        if self.observed.refreshed and address in self.observed.objects:
            return self.observed.objects[address]
        kind = self.schemas[prior.type]
        own = prior.id.rpartition("/")[2] if kind.parent else prior.id
        return {"id": own, ADDRESSED: prior.id, **prior.attributes}

    def taken(self, address: str) -> tuple[Reason, RemoteObject] | None:
        """An object that state does not know and that becomes this resource's."""
        wanted = self.observed.imports.get(address)
        if wanted is not None:
            return Reason.IMPORTED, wanted
        remembered = self.observed.remembered.get(address)
        if remembered is not None:
            return Reason.REMEMBERED, remembered
        holder = self.observed.holders.get(address)
        lifecycle = self.graph.declarations[address].lifecycle
        owner = stamp(self.state.lineage, address)
        single = self.schemas[self.graph.declarations[address].type].life.singleton
        if (
            holder is not None
            and self.owner(address, holder) is None
            and (single or id_of(holder) not in self.observed.owners)
            and (single or lifecycle.adopt or get_path(holder, ("metadata", STAMP_KEY)) == owner)
        ):
            return Reason.ADOPTED, holder
        return None

    def owner(self, address: str, found: RemoteObject) -> str | None:
        """Another resource of this state that an object belongs to; None if there is none."""
        type_name = self.graph.declarations[address].type
        for other, entry in self.state.resources.items():
            if other != address and entry.type == type_name and entry.id == id_of(found):
                return other
        return None

    def probed(self, address: str, kind: ResourceType) -> bool:
        """Whether what rules out the best way to remove an object is there."""
        if address in self.observed.probes:
            return self.observed.probes[address]
        probe = next(
            (entry.unless for entry in kind.life.removals if entry.unless is not None), None
        )
        if probe is None:
            return False
        return any(
            address in entry.dependencies and self.schemas[entry.type].object == probe.object
            for entry in self.state.resources.values()
        )
