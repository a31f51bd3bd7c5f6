"""What one stack module declares, collected while the module is evaluated."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.errors import Problem, UsageError
from engine.frozen import frozen
from engine.stack.model import (
    Declaration,
    Import,
    Location,
    Lookup,
    Move,
    OutputDeclaration,
    Release,
    Stack,
)
from engine.values.markers import UNKNOWN
from engine.values.targets import AttributeTarget, Elsewhere, OutputTarget, Target
from engine.values.templates import targets_in
from engine.variables import Variables

# With the separator: a project in `engine-demo` is none of ours.
_PACKAGE = str(Path(__file__).resolve().parents[1]) + os.sep


@frozen
class FleetMember:
    """The account of a fleet that modules are evaluated for.

    Attributes:
        fleet: Name of the fleet.
        name: Its name in the fleet.
        variables: Values for `fleet_variable`, by name.
    """

    fleet: str
    name: str
    variables: Mapping[str, Any]


@dataclass(slots=True, kw_only=True)
class Collector:
    """What one module has declared so far.

    Attributes:
        name: Stack name.
        file: Path of the module as the author would type it.
        root: Project folder, to shorten paths.
        environment: Environment the module is evaluated for.
        variables: Values for `variable`, by name.
        fleet: The account of a fleet that it is evaluated for; None outside of a fleet.
        environments: The names of all environments that are configured.
        output_spellings: Names of outputs by their lower case, in which no two may be the same.
        shape_of: Returns the shape of another stack's output, as `OutputRef` asks for it.
    """

    name: str
    file: str
    root: Path
    environment: str
    variables: Variables
    fleet: FleetMember | None = None
    environments: Collection[str] = ()
    shape_of: Callable[[OutputTarget], Any] = lambda _: UNKNOWN
    declarations: dict[str, Declaration] = field(default_factory=dict)
    lookups: dict[str, Lookup] = field(default_factory=dict)
    outputs: dict[str, OutputDeclaration] = field(default_factory=dict)
    moves: list[Move] = field(default_factory=list)
    releases: list[Release] = field(default_factory=list)
    imports: list[Import] = field(default_factory=list)
    reads: dict[str, Location] = field(default_factory=dict)
    variables_read: dict[str, None] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    output_spellings: dict[str, str] = field(default_factory=dict)
    _shortened: dict[str, str] = field(default_factory=dict)

    def stack(self) -> Stack:
        """What was declared, as a value."""
        return Stack(
            name=self.name,
            file=self.file,
            declarations=dict(self.declarations),
            lookups=dict(self.lookups),
            outputs=dict(self.outputs),
            moves=tuple(move for move in self.moves if not move.stack),
            received=tuple(move for move in self.moves if move.stack),
            releases=tuple(self.releases),
            imports={
                wanted.address: wanted
                for wanted in self.imports
                if wanted.environment in ("", self.environment)
            },
            reads_outputs_of=dict(sorted(self._all_reads().items())),
            variables=tuple(self.variables_read),
            problems=tuple(self.problems),
        )

    def _all_reads(self) -> dict[str, Location]:
        """Where the stack first reads of each other one, also by text and in a lifecycle."""
        found = dict(self.reads)
        for location, target in self._named():
            if not isinstance(target, AttributeTarget):
                found.setdefault(target.stack, location)
        found.pop(self.name, None)  # a finding of its own
        return found

    def _named(self) -> Iterator[tuple[Location, Target | Elsewhere]]:
        """All that the stack refers to, with the place."""
        for declaration in self.declarations.values():
            for _, target in declaration.templates:
                if target is not None:
                    yield declaration.location, target
            yield from ((declaration.location, one) for one in declaration.waits_elsewhere)
        for output in self.outputs.values():
            yield from ((output.location, target) for target in targets_in(output.value))
        for wanted in self.imports:
            yield from ((wanted.location, target) for target in targets_in(wanted.id))

    def note(self, location: Location, message: str, *, hint: str = "", reference: str) -> None:
        """Record a finding."""
        self.problems.append(Problem(location.file, location.line, message, hint, reference))

    def shorten(self, file: str) -> str:
        """A path as the author would type it, from the project folder."""
        short = self._shortened.get(file)
        if short is None:
            short = file
            with contextlib.suppress(ValueError):
                short = str(Path(file).resolve().relative_to(self.root.resolve()))
            self._shortened[file] = short
        return short


_current: ContextVar[Collector | None] = ContextVar("engine_collector", default=None)


@contextlib.contextmanager
def collecting(collector: Collector) -> Iterator[Collector]:
    """Give what is declared inside the block to a collector."""
    token = _current.set(collector)
    try:
        yield collector
    finally:
        _current.reset(token)


def collecting_now() -> Collector | None:
    """The collector of the module that is being evaluated; None if none is."""
    return _current.get()


def current_collector() -> Collector:
    """The collector of the module that is being evaluated.

    Raises:
        UsageError: if none is: a declaration outside of a stack module.
    """
    found = collecting_now()
    if found is None:
        raise UsageError(
            "resources are declared in a stack module while the engine evaluates it",
            hint="put the module under stacks/ and run engine plan",
        )
    return found


def caller_location(collector: Collector) -> Location:
    """Where the author's own code is right now, and the stack module's line that led there."""
    frame = sys._getframe(1)  # noqa: SLF001 - the only way to a caller's line without a traceback
    lines: list[tuple[str, int]] = []
    while frame is not None:
        name = frame.f_code.co_filename
        if not name.startswith((_PACKAGE, "<frozen")):
            lines.append((collector.shorten(name), frame.f_lineno))
        if lines and lines[-1][0] == collector.file:
            break
        frame = frame.f_back  # type: ignore[assignment]
    if not lines:
        return Location(collector.file, 0)
    file, line = lines[0]
    module = next((entry for entry in lines if entry[0] == collector.file), None)
    via = f"{module[0]}:{module[1]}" if module is not None and module[0] != file else ""
    return Location(file, line, via)
