"""What a plan does to the outputs of a stack, and what the stack reads of others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.frozen import frozen
from engine.plan.compare.normalize import Normalizer
from engine.plan.decide.references import KnownValues
from engine.plan.inputs.plan_inputs import PlanInputs
from engine.plan.model import OutputChange
from engine.plan.translate.recorded import kept_output
from engine.stack.model import OutputDeclaration
from engine.values.markers import ABSENT
from engine.values.secret import Sealed
from engine.values.templates import resolve, targets_in


@frozen
class PlannedOutputs:
    """The outputs as a plan has them.

    Attributes:
        changes: As `Plan.outputs`.
        wanted: As `Plan.wanted_outputs`.
        warnings: Why outputs have no value.
    """

    changes: tuple[OutputChange, ...] = ()
    wanted: Mapping[str, tuple[Any, bool]] | None = None
    warnings: tuple[str, ...] = ()


def plan_outputs(inputs: PlanInputs, known: KnownValues, *, whole: bool) -> PlannedOutputs:
    """Plan the outputs that the stack declares.

    Args:
        inputs: What the plan is made from.
        known: The values that references name.
        whole: The plan is about all resources; if not, outputs stay as they are.
    """
    outputs = {} if inputs.options.destroy else inputs.graph.stack.outputs
    lost = {
        name: why
        for name, output in outputs.items()
        if (why := next(filter(None, map(known.why_lost, targets_in(output.value))), ""))
    }
    warnings = tuple(f"output {name} has no value: {lost[name]}" for name in sorted(lost))
    if not whole:
        return PlannedOutputs(warnings=warnings)
    outputs = {name: output for name, output in outputs.items() if name not in lost}
    return PlannedOutputs(
        changes=tuple(
            _changes(outputs, inputs.state.outputs, known, Normalizer(inputs.state.lineage))
        ),
        wanted={output.name: (output.value, output.sensitive) for output in outputs.values()},
        warnings=warnings,
    )


def plan_reads(inputs: PlanInputs, *, whole: bool) -> Mapping[str, tuple[str, ...]]:
    """What state is to record of what the stack reads of other stacks.

    Args:
        inputs: What the plan is made from.
        whole: The plan is about all resources; if not, what was read stays read.
    """
    found: dict[str, set[str]] = {}
    for target in () if inputs.options.destroy else inputs.graph.read():
        found.setdefault(target.stack, set()).add(target.local)
    for stack, names in () if whole else inputs.state.reads.items():
        found.setdefault(stack, set()).update(names)
    return {stack: tuple(sorted(names)) for stack, names in sorted(found.items())}


def _changes(
    wanted: Mapping[str, OutputDeclaration],
    before: Mapping[str, Any],
    known: KnownValues,
    normal: Normalizer,
) -> Iterator[OutputChange]:
    """Compare the outputs that a stack declares with those that state holds, by name."""
    for name in sorted({*wanted, *before}):
        was = before.get(name, ABSENT)
        declared = wanted.get(name)
        if declared is None:
            yield OutputChange(name=name, before=was, sensitive=isinstance(was, Sealed))
            continue
        value = resolve(declared.value, known)
        after = kept_output(normal, value, sensitive=declared.sensitive)
        if after != was:
            secret = declared.sensitive or isinstance(after, Sealed) or isinstance(was, Sealed)
            yield OutputChange(name=name, before=was, after=after, sensitive=secret)
