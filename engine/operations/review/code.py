"""Whether the code of a commit declares what the states of the commit record."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from engine.errors import EngineError, StackError
from engine.frozen import frozen
from engine.graph.build import ResourceGraph
from engine.operations.run.context import Context
from engine.operations.validate import evaluate
from engine.plan.declared import OtherDeclaration, declared_digest, other_declarations
from engine.plan.reviewed.impossible import Finding, unfollowed
from engine.stack.loader import stack_files
from engine.state.model import State

Opener = Callable[[Path, str], Context]
"""Opens a project folder for an environment."""

_NAMED = 5
"""Resources that a message names; more are counted."""


@frozen
class Checked:
    """What the code says of one state.

    Attributes:
        findings: What is wrong.
        notes: What a reviewer should know.
        unchecked: Why it could not be compared; empty if it was.
    """

    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    unchecked: str = ""


class Code:
    """The stack modules of one side, evaluated for the environments of its states."""

    def __init__(self, root: Path, open_for: Opener) -> None:
        """Args: root: the project folder of the side; open_for: opens it for an environment."""
        self._root = root
        self._open_for = open_for
        self._contexts: dict[str, Context] = {}

    def check(self, before: State | None, after: State) -> Checked:
        """Compare the code of a stack with its state.

        Args:
            before: The earlier state.
            after: The state.
        """
        try:
            context = self._context(after.environment)
            if after.stack not in stack_files(context.settings.stacks):
                return Checked(notes=(f"there is no module stacks/{after.stack}.py",))
            graphs = evaluate(context, (after.stack,))
        except StackError as error:
            return Checked(unchecked=_first(error))
        except EngineError as error:
            return Checked(unchecked=error.message)
        graph = next(graph for graph in graphs if graph.stack.name == after.stack)
        return _compared(context, graph, before, after)

    def _context(self, environment: str) -> Context:
        if environment not in self._contexts:
            self._contexts[environment] = self._open_for(self._root, environment)
        return self._contexts[environment]


def _first(error: StackError) -> str:
    problem, *more = error.problems
    place = f"{problem.file}:{problem.line}: " if problem.line else f"{problem.file}: "
    return f"{place}{problem.message}" + (f" (and {len(more)} more)" if more else "")


def _compared(
    context: Context, graph: ResourceGraph, before: State | None, after: State
) -> Checked:
    others = other_declarations(graph, after)
    if not after.applied:
        return Checked(notes=tuple(_incomplete(others)))
    if after.applied != declared_digest(graph):
        if before is not None and before.applied == after.applied:
            return Checked(notes=tuple(_incomplete(others)))  # no apply was complete in between
        what = _listed(others) or "other lifecycles or outputs"
        if after.engine_version != context.engine_version:
            return Checked(
                unchecked=f"engine {after.engine_version} wrote it, and this is engine "
                f"{context.engine_version}"
            )
        guessed = _guessed(context, graph)
        if guessed:
            return Checked(
                unchecked=f"the code is another than was applied ({what}), or it was applied with "
                f"other values of its variables: {guessed}. Give them with --var NAME=VALUE"
            )
        finding = Finding(
            path=("applied",),
            message=f"the code is not what the last apply declared: {what}",
            hint="commit the code that was applied together with its state, or apply this code "
            "and commit the state",
            reference="review-code",
        )
        return Checked(findings=(finding,))
    return Checked(findings=tuple(_beyond(graph, before, after, others)))


def _incomplete(others: tuple[OtherDeclaration, ...]) -> Iterator[str]:
    if others:
        yield f"the code declares more or other than the state records: {_listed(others)}"


def _beyond(
    graph: ResourceGraph,
    before: State | None,
    after: State,
    others: tuple[OtherDeclaration, ...],
) -> Iterator[Finding]:
    """What cannot be in a state that says that all of its code was applied."""
    missing = [
        other
        for other in others
        if (other.address in graph.declarations) != (other.address in after.resources)
    ]
    if missing:
        yield Finding(
            path=("applied",),
            message="it says that all of this code was applied, and does not record that: "
            + _listed(tuple(missing)),
            hint="a resource was taken out of the file, or put into it; engine plan shows what is "
            "missing",
            reference="review-applied",
        )
    for address, finding in unfollowed(before, after) if before is not None else ():
        declaration = graph.declarations.get(address)
        if declaration is not None and not declaration.lifecycle.ignore_changes:
            yield finding


def _guessed(context: Context, graph: ResourceGraph) -> str:
    """The variables that have no given value, for which a default or nothing was used."""
    variables = context.settings.variables
    names = [name for name in graph.stack.variables if variables.find(name) is None]
    return ", ".join(sorted(names))


def _listed(others: tuple[OtherDeclaration, ...]) -> str:
    more = len(others) - _NAMED
    return ", ".join(map(str, others[:_NAMED])) + (f", and {more} more" if more > 0 else "")
