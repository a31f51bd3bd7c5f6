"""The part of a stack that a plan is about, and the state under the addresses of today."""

from __future__ import annotations

from engine.graph.build import ResourceGraph
from engine.graph.dag import closure, reversed_edges
from engine.plan.inputs.options import PlanOptions
from engine.state.model import State


def selection(graph: ResourceGraph, state: State, options: PlanOptions) -> frozenset[str] | None:
    """Addresses that `--target` and `--exclude` leave in the plan; None for all of them.

    Of a stack without a module nothing is planned but its destruction, and what others take.
    """
    if not graph.stack.file and not options.destroy:
        return frozenset()
    if not options.targets and not options.excludes:
        return None
    edges = {address: set(resource.dependencies) for address, resource in state.resources.items()}
    for address in graph.declarations:
        edges[address] = {*graph.edges[address], *graph.deferred[address]}
    chosen = frozenset(edges)
    if options.targets:
        along = reversed_edges(edges) if options.destroy else edges
        chosen = closure(options.targets, along)
    if options.excludes:
        along = edges if options.destroy else reversed_edges(edges)
        chosen -= closure(options.excludes, along)
    return chosen


def moved_state(graph: ResourceGraph, state: State) -> tuple[State, dict[str, str]]:
    """The state under the addresses that the stack uses now, and the moves, old to new."""
    moves: dict[str, str] = {}
    for move in graph.stack.moves:
        old, new = move.old, move.new
        if old in state.resources and new not in state.resources:
            state = state.with_move(old, new)
            moves[old] = new
    return state, moves
