"""What resources refer to in other stacks: outputs, followed to the resources behind them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.graph.build import ResourceGraph
from engine.stack.model import Stack
from engine.values.paths import get_path
from engine.values.targets import AttributeTarget, Elsewhere, OutputTarget, ResourceTarget
from engine.values.templates import targets_in


def read_by_resource(graph: ResourceGraph) -> dict[str, tuple[Elsewhere, ...]]:
    """What the resources of a stack read of others, in their order; resources that do."""
    if not graph.stack.reads_outputs_of:
        return {}
    found = {address: tuple(_read(graph, address)) for address in graph.declarations}
    return {address: targets for address, targets in found.items() if targets}


def _read(graph: ResourceGraph, address: str) -> Iterator[Elsewhere]:
    targets = (*(target for _, target in graph.targets[address]), *graph.accounts.get(address, ()))
    yield from (target for target in targets if isinstance(target, OutputTarget))
    yield from graph.declarations[address].waits_elsewhere


def resources_behind(target: Elsewhere, stacks: Mapping[str, Stack]) -> frozenset[str]:
    """The resources that another stack's output is made from, each as `shop:stripe_product.pro`.

    Args:
        target: What is read.
        stacks: Stacks by name, which do not read each other in a circle. What an output of any
            other stack is made from is not known.
    """
    if isinstance(target, ResourceTarget):
        return frozenset({str(target)})
    stack = stacks.get(target.stack)
    if stack is None or target.name not in stack.outputs:
        return frozenset()
    found: set[str] = set()
    for inner in targets_in(get_path(stack.outputs[target.name].value, target.path)):
        if isinstance(inner, OutputTarget):
            found |= resources_behind(inner, stacks)
        elif isinstance(inner, AttributeTarget) and not inner.address.lookup:
            found.add(f"{target.stack}:{inner.address}")
    return frozenset(found)


def dependencies_elsewhere(
    graph: ResourceGraph, stacks: Mapping[str, Stack]
) -> dict[str, frozenset[str]]:
    """The resources of other stacks that those of a stack refer to or come after, as far as known.

    Args:
        graph: The graph of the stack.
        stacks: As for `resources_behind`.
    """
    found = {
        address: frozenset[str]().union(*(resources_behind(target, stacks) for target in targets))
        for address, targets in read_by_resource(graph).items()
    }
    return {address: needs for address, needs in found.items() if needs}
