"""What a state says that its stack reads of other stacks."""

from __future__ import annotations

from engine.state.model import State
from engine.values.targets import OutputTarget, output_target
from engine.values.templates import targets_in


def reads_of(state: State) -> tuple[OutputTarget, ...]:
    """The outputs of other stacks that a stack read at its last apply, in order."""
    found = {
        output_target(f"output.{stack}.{local}")
        for stack, names in state.reads.items()
        for local in names
    }
    declared = [entry.declared for entry in state.resources.values()]
    found.update(target for target in targets_in(declared) if isinstance(target, OutputTarget))
    return tuple(sorted(found, key=str))
