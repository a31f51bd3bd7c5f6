"""Evaluating stacks and finding everything wrong with them, offline."""

from __future__ import annotations

from collections.abc import Sequence

from engine.errors import Problem, StackError
from engine.graph.build import ResourceGraph, build_graph
from engine.graph.dag import topological_order
from engine.operations.context import Context
from engine.stack.loader import load_stack, select_stacks, stack_files
from engine.stack.model import Stack
from engine.stack.validate import problems_of


def validate_stacks(context: Context, names: Sequence[str]) -> tuple[Stack, ...]:
    """Evaluate and check stacks; no network call is made.

    Args:
        context: The run's ports.
        names: Stacks asked for; none means all.

    Raises:
        StackError: with every problem of every stack.
        UsageError: if there is no such stack.
    """
    return tuple(graph.stack for graph in load_graphs(context, names))


def load_graphs(context: Context, names: Sequence[str]) -> tuple[ResourceGraph, ...]:
    """Evaluate, check and order stacks, each after those whose outputs it reads.

    Raises:
        StackError: with every problem of every stack.
        UsageError: if there is no such stack.
    """
    settings = context.settings
    stacks: list[Stack] = []
    graphs: dict[str, ResourceGraph] = {}
    problems: list[Problem] = []
    for path in select_stacks(settings.stacks, names).values():
        stack = load_stack(
            path,
            root=settings.root,
            environment=context.environment,
            variables=settings.variables,
        )
        stacks.append(stack)
        found = [
            *problems_of(stack, context.schemas, settings.root),
            *_unknown_stacks(stack, context),
        ]
        problems.extend(found)
        if not any(problem.reference in ("syntax-error", "exception") for problem in found):
            try:
                graphs[stack.name] = build_graph(stack, context.schemas)
            except StackError as error:
                problems.extend(error.problems)
    if problems:
        raise StackError(tuple(dict.fromkeys(problems)))
    order = topological_order({stack.name: set(stack.reads_outputs_of) for stack in stacks})
    return tuple(graphs[name] for name in order)


def _unknown_stacks(stack: Stack, context: Context) -> list[Problem]:
    known = stack_files(context.settings.stacks)
    return [
        Problem(
            stack.file,
            0,
            f"stack_output names the stack {name!r}, which does not exist",
            f"stacks: {', '.join(known)}",
            "dangling-ref",
        )
        for name in stack.reads_outputs_of
        if name not in known
    ]
