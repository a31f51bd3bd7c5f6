"""`engine validate`: evaluate and check stacks offline, and put them in order."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Mapping, Sequence
from typing import Any

from engine.errors import EngineError, GraphError, Problem, StackError, UsageError
from engine.graph.build import ResourceGraph, build_graph
from engine.graph.dag import topological_order
from engine.operations.modules import Modules
from engine.operations.run.context import Context
from engine.operations.run.orphans import (
    graph_of_state,
    orphans_of,
    refuse_without_module,
    without_module,
)
from engine.operations.run.pending_imports import finish_imports
from engine.plan.key_claims import claim_problems, default_problems
from engine.schema.rules import RuleKind
from engine.stack.authoring import NO_ACCOUNT
from engine.stack.checks.accounts import account_problems_between, foreign_account_problems
from engine.stack.checks.empty_values import without_blanks
from engine.stack.checks.outputs import output_problems
from engine.stack.checks.refactorings import moves_between
from engine.stack.checks.rules import CheckContext
from engine.stack.checks.stack import problems_of
from engine.stack.files_and_secrets import with_contents
from engine.stack.loader import mentioned_variables, select_stacks, stack_files
from engine.stack.model import Stack
from engine.stack.repeated import merged
from engine.suggest import nearest

NOT_EVALUATED = ("syntax-error", "exception", "no-module")
"""Problems after which nothing is known about what a stack declares."""


def validate_stacks(context: Context, names: Sequence[str]) -> tuple[Stack, ...]:
    """Evaluate and check stacks; no network call is made.

    Args:
        context: The run's ports.
        names: Stacks asked for; none means all.

    Raises:
        StackError: with every problem of every stack.
        UsageError: if there is no such stack.
    """
    wrong = context.policies.problems if context.policies is not None else ()
    try:
        graphs = load_graphs(context, names)
    except StackError as error:
        raise StackError((*error.problems, *wrong)) if wrong else error from None
    if wrong:
        raise StackError(wrong)
    return tuple(graph.stack for graph in graphs)


def load_graphs(
    context: Context, names: Sequence[str], *, recorded: bool = True
) -> tuple[ResourceGraph, ...]:
    """Evaluate, check and order stacks, once what an interrupted import left is finished.

    Args:
        context: The run's ports.
        names: Stacks asked for; none means all.
        recorded: As for `evaluate`.

    Raises:
        StackError: with every problem of every stack.
        UsageError: if there is no such stack, or a variable was given that none reads.
        StateError: if an interrupted import cannot be finished.
    """
    finish_imports(context)
    return evaluate(context, names, recorded=recorded)


def evaluate(
    context: Context, names: Sequence[str], *, recorded: bool = True
) -> tuple[ResourceGraph, ...]:
    """Evaluate, check and order stacks, each after those whose outputs it reads.

    Args:
        context: The run's ports.
        names: Stacks asked for; none means all.
        recorded: The states record every object of the declarations. If not, as in a rebuild, it
            is unknown which past moments Stripe has already accepted.

    Raises:
        StackError: with every problem of every stack.
        UsageError: if there is no such stack, or a variable was given that none reads.
    """
    settings = context.settings
    circumstances = CheckContext(
        now=int(context.clock()),
        live=settings.environment.livemode,
        stamped=settings.ownership_stamp,
        account=settings.environment.account,
    )
    _ = context.policies  # before any module runs, so that none has a part in them
    modules = Modules(context)
    stacks: list[Stack] = []
    graphs: dict[str, ResourceGraph] = {}
    problems: list[Problem] = []
    refuse_without_module(context, names)
    for name in select_stacks(settings.stacks, names):
        stack = modules.stack(name)
        if _lacks_values(stack):
            # Other rules would report the values in their place, so they are checked later.
            found = list(stack.problems)
        else:
            declared = _last_declared(context, stack) if recorded else None
            stack, found = _checked(context, stack, circumstances, declared)
            if not any(problem.reference in NOT_EVALUATED for problem in found):
                try:
                    graphs[stack.name] = build_graph(stack, context.schemas)
                except StackError as error:
                    found.extend(error.problems)
        stacks.append(stack)
        problems.extend(found)
    _check_variables(context, modules.evaluated)
    problems.extend(output_problems(stacks, modules.shapes, settings.root))
    known = tuple(stack_files(settings.stacks))
    problems.extend(moves_between(stacks, known, functools.partial(_recorded, context)))
    own = circumstances.account
    problems.extend(account_problems_between(stacks, context.schemas, settings.root, own))
    try:
        order = topological_order({stack.name: set(stack.reads_outputs_of) for stack in stacks})
    except GraphError as error:
        problems.append(cycle_problem(error, stacks))
    if problems:
        raise StackError(merged(problems))
    return tuple(graphs[name] for name in order)


def graphs_to_plan(
    context: Context, names: Sequence[str], *, destroy: bool
) -> tuple[ResourceGraph, ...]:
    """The stacks of a run, each after those whose outputs it reads.

    A stack without a module can be destroyed: it declares nothing. If no stack has a module and one
    has a state, the run has no stacks, and its report names that one.

    Args:
        context: The run's ports.
        names: Stacks asked for; none means all that have a module.
        destroy: Everything is removed.

    Raises:
        StackError: with every problem of every stack.
        StateError: if the state of a stack without a module cannot be trusted.
        UsageError: if there is no such stack, a variable was given that none reads, or the account
            left its fleet and not everything is removed.
    """
    finish_imports(context)
    if not names and not stack_files(context.settings.stacks) and orphans_of(context):
        return ()
    ended = without_module(context, names) if destroy else ()
    if context.settings.left_fleet():
        ended = _of_former_member(context, names, destroy=destroy)
    declared = [name for name in names if name not in ended]
    graphs = evaluate(context, declared) if declared or not ended else ()
    if not ended:
        return graphs
    both = {
        graph.stack.name: graph
        for graph in (*graphs, *(graph_of_state(context, name) for name in ended))
    }
    try:
        order = topological_order({name: {*of.stack.reads_outputs_of} for name, of in both.items()})
    except GraphError:
        order = tuple(both)  # a state says what was read once, which may go round in a circle
    return tuple(both[name] for name in order)


def _of_former_member(context: Context, names: Sequence[str], *, destroy: bool) -> tuple[str, ...]:
    """The stacks of an account that left its fleet: it gets nothing, and can lose what it has."""
    place = context.environment
    stored = context.backend.stacks(place)
    if not destroy or not stored:
        raise UsageError(
            f"{place} is no account of its fleet any more",
            hint=f"let the fleet list it again, or remove what it has: engine destroy -e {place}"
            if stored
            else f"it has no states: engine fleet {place.partition('/')[0]} lists the accounts",
        )
    return tuple(name for name in names or stored if name in stored)


def _checked(
    context: Context,
    stack: Stack,
    circumstances: CheckContext,
    declared: Mapping[str, Mapping[str, Any]] | None,
) -> tuple[Stack, list[Problem]]:
    """A stack with the contents of its files, and the problems of its declarations."""
    schemas, root = context.schemas, context.settings.root
    stack = without_blanks(stack, schemas)
    found = [
        *problems_of(stack, schemas, root, circumstances, declared),
        *claim_problems(stack, schemas, root),
        *default_problems(stack, schemas, root),
        *foreign_account_problems(stack, root, context.settings.environment.connected),
    ]
    stack, unreadable = with_contents(stack, schemas, root)
    return stack, [*found, *unreadable]


def _lacks_values(stack: Stack) -> bool:
    lacking = ("missing-variable", "wrong-variable", NO_ACCOUNT)
    return any(problem.reference in lacking for problem in stack.problems)


def _check_variables(context: Context, stacks: Sequence[Stack]) -> None:
    """Refuse variables that no stack reads: their values would have no effect.

    A name that any module mentions is accepted: the stack that reads it may not be in this run, or
    a condition may keep this run from reading it.
    """
    settings = context.settings
    unread = settings.variables.unread([name for stack in stacks for name in stack.variables])
    mentioned = mentioned_variables(settings.stacks) if unread else ()
    lines = []
    for name in unread:
        if name not in mentioned:
            known = sorted({*mentioned, *(name for stack in stacks for name in stack.variables)})
            near = nearest(name, known)
            lines.append(
                f"{settings.variables.given[name].source}: no stack reads a variable {name!r}"
                + (f"; did you mean {near!r}?" if near else "")
            )
    if lines:
        raise UsageError(
            lines[0],
            cause="\n".join(lines[1:]) or None,
            hint=f"the stacks read: {', '.join(known)}" if known else "the stacks read none",
        )


def _last_declared(context: Context, stack: Stack) -> Mapping[str, Mapping[str, Any]] | None:
    """What the last apply declared; None if no rule asks for it, or the state cannot be read.

    A damaged state is reported by the operations that need it.
    """
    types = {declaration.type for declaration in stack.declarations.values()} & set(context.schemas)
    rules = (rule for name in types for rule in context.schemas[name].rules)
    if not any(rule.kind is RuleKind.AHEAD for rule in rules):
        return None
    try:
        state = context.backend.read(stack.name, context.environment)
    except EngineError:
        return None
    held = {} if state is None else state.resources
    declared = {address: entry.declared for address, entry in held.items()}
    for move in stack.received:
        with contextlib.suppress(EngineError):
            giver = context.backend.read(move.stack, context.environment)
            entry = giver.at(move.old) if giver is not None else None
            if entry is not None:
                declared.setdefault(move.new, entry.declared)
    return declared


def _recorded(context: Context) -> Mapping[str, frozenset[str]]:
    """The addresses that states record, by stack, of all environments."""
    return context.once("recorded", lambda: _recorded_anywhere(context))


def _recorded_anywhere(context: Context) -> Mapping[str, frozenset[str]]:
    backend = context.backend
    found: dict[str, frozenset[str]] = {}
    for environment in context.environments():
        for name in backend.stacks(environment):
            with contextlib.suppress(EngineError):
                state = backend.read(name, environment)
                held = frozenset(state.resources if state is not None else ())
                found[name] = found.get(name, frozenset()) | held
    return found


def cycle_problem(error: GraphError, stacks: Sequence[Stack]) -> Problem:
    """The finding that stacks read each other's outputs, so that none can be the first."""
    first, second = error.cycle[:2]
    by_name = {stack.name: stack for stack in stacks}
    location = by_name[first].reads_outputs_of[second]
    message = f"stacks read each other's outputs: {' -> '.join(error.cycle)}"
    hint = "none of them can be applied first; move what they share into a stack of its own"
    return Problem(location.file, location.line, message, hint, "cycle")
