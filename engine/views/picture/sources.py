"""Pictures of what is declared, and of what a plan does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.address import ResourceAddress, parse_address
from engine.graph.across import read_by_resource, resources_behind
from engine.graph.build import ResourceGraph
from engine.plan.model import Change, PlanReport
from engine.state.model import State
from engine.values.targets import AttributeTarget, Elsewhere, ResourceTarget
from engine.views.picture.model import Edge, EdgeKind, Node, NodeKind, Picture, picture_of
from engine.views.vocabulary import symbol


def of_graphs(graphs: Iterable[ResourceGraph]) -> Picture:
    """What stacks declare, and what they look up or read of stacks that are not among them."""
    by_stack = {graph.stack.name: graph for graph in graphs}
    stacks = {name: graph.stack for name, graph in by_stack.items()}
    nodes: dict[str, Node] = {}
    edges: list[Edge] = []
    for graph in by_stack.values():
        own = [_node(graph.stack.name, parse_address(address)) for address in graph.order]
        nodes |= {node.key: node for node in own}
        for node in own:
            for need, kind in _needs(graph, node.address):
                found = _node(graph.stack.name, need)
                nodes.setdefault(found.key, found)
                edges.append(Edge(node.key, found.key, kind))
        for address, targets in read_by_resource(graph).items():
            for target in targets:
                outside = _outside(target) if target.stack not in stacks else None
                if outside is not None:
                    nodes.setdefault(outside.key, outside)
                behind = resources_behind(target, stacks) if outside is None else {outside.key}
                source, kind = f"{graph.stack.name}:{address}", _kind_of(target)
                edges += (Edge(source, key, kind) for key in behind)
    return picture_of(nodes.values(), edges)


def _needs(graph: ResourceGraph, address: str) -> Iterator[tuple[ResourceAddress, EdgeKind]]:
    """What a resource comes after in its own stack, objects that are looked up included."""
    targets = (*(target for _, target in graph.targets[address]), *graph.accounts.get(address, ()))
    named = {target.address: None for target in targets if isinstance(target, AttributeTarget)}
    for need in named:
        yield need, EdgeKind.REFERENCE
    for other in graph.needs(address):
        if other not in named:
            yield parse_address(other), EdgeKind.DEPENDS_ON


def _node(stack: str, address: ResourceAddress) -> Node:
    kind = NodeKind.LOOKUP if address.lookup else NodeKind.RESOURCE
    return Node(address=address, stack=stack, label=address.name, type=address.type, kind=kind)


def _kind_of(target: Elsewhere) -> EdgeKind:
    return EdgeKind.DEPENDS_ON if isinstance(target, ResourceTarget) else EdgeKind.OUTPUT


def _outside(target: Elsewhere) -> Node:
    """What is read of a stack that is not in the picture."""
    if isinstance(target, ResourceTarget):
        return _node(target.stack, target.address)
    return Node(
        address=f"output.{target.name}",
        stack=target.stack,
        label=target.name,
        type="",
        kind=NodeKind.OUTPUT,
    )


def of_report(report: PlanReport) -> Picture:
    """What a plan does to each resource, those without a change included."""
    nodes: list[Node] = []
    edges: list[Edge] = []
    for plan in report.plans:
        for change in plan.changes:
            node = _node_of(plan.stack, change)
            nodes.append(node)
            for need in change.dependencies:
                elsewhere = ":" in need
                target = need if elsewhere else f"{plan.stack}:{need}"
                kind = EdgeKind.OUTPUT if elsewhere else EdgeKind.REFERENCE
                edges.append(Edge(node.key, target, kind))
    return picture_of(nodes, edges)


def _node_of(stack: str, change: Change) -> Node:
    return Node(
        address=change.address,
        stack=stack,
        label=change.address.name,
        type=change.type,
        action=change.action,
        symbol=symbol(change).strip(),
    )


def of_states(states: Iterable[State]) -> Picture:
    """What states record, and what that refers to."""
    nodes: list[Node] = []
    edges: list[Edge] = []
    for state in states:
        for address, resource in sorted(state.resources.items()):
            node = _node(state.stack, parse_address(address))
            nodes.append(node)
            edges += (Edge(node.key, f"{state.stack}:{need}") for need in resource.dependencies)
    return picture_of(nodes, edges)
