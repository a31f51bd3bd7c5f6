"""What a state says that its stack reads of other stacks."""

from __future__ import annotations

from engine.state.model import State
from engine.values.targets import Elsewhere, OutputTarget, elsewhere
from engine.values.templates import targets_in


def reads_of(state: State) -> tuple[Elsewhere, ...]:
    """What a stack read of others at its last apply, in order.

    That is what the state says, and what its resources refer to: one that an apply left behind
    still has its references, and a state of an earlier engine says nothing else.
    """
    found = {
        elsewhere(f"{stack}{local}" if local[:1] == ":" else f"output.{stack}.{local}")
        for stack, names in state.reads.items()
        for local in names
    }
    declared = [entry.declared for entry in state.resources.values()]
    found.update(target for target in targets_in(declared) if isinstance(target, OutputTarget))
    return tuple(sorted(found, key=str))
