"""Checks of the stacks: whether they can be evaluated, and what they declare."""

from __future__ import annotations

from collections.abc import Iterator

from engine.errors import EngineError, ProblemsError
from engine.operations.doctor.patient import Patient
from engine.plan.inputs.accounts import is_known
from engine.ports.upkeep.diagnosis import Finding, of_error, ok, problem
from engine.schema.resource_type import ResourceType

_SHOWN = 3


def stacks(patient: Patient) -> Iterator[Finding]:
    """Whether the stacks load and are valid."""
    patient.context.needed()
    try:
        graphs = patient.graphs.get()
    except ProblemsError as error:
        for one in error.problems[:_SHOWN]:
            yield problem(one.finding, one.hint)
        if len(error.problems) > _SHOWN:
            yield problem(
                f"and {len(error.problems) - _SHOWN} more problems in the stacks", "engine validate"
            )
        return
    except EngineError as error:
        yield of_error(error)
        return
    declared = sum(len(graph.stack.declarations) for graph in graphs)
    names = ", ".join(graph.stack.name for graph in graphs)
    yield ok(f"valid, with {declared} declared resources: {names}")


def declared_types(
    patient: Patient, *, lookups: bool = False
) -> dict[tuple[str, str], ResourceType]:
    """The types that the stacks declare, by account and name; "" is the key's own account.

    An account that the apply makes has nothing that could be asked about yet.

    Args:
        patient: The project.
        lookups: Also those of which an object is only read.

    Raises:
        NotCheckedError: if the stacks have mistakes.
    """
    schemas = patient.context.needed().schemas
    stacks = [graph.stack for graph in patient.graphs.needed()]
    found = {
        (str(declaration.lifecycle.account or ""), declaration.type)
        for stack in stacks
        for declaration in stack.declarations.values()
    }
    if lookups:
        found |= {
            (str(lookup.account or ""), lookup.address.type)
            for stack in stacks
            for lookup in stack.lookups.values()
        }
    return {(account, name): schemas[name] for account, name in sorted(found) if is_known(account)}
