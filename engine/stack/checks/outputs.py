"""What is wrong with the outputs that stacks read of each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from engine.errors import Problem
from engine.stack.model import Location, References, Stack
from engine.stack.shapes import Shapes
from engine.stack.source_lines import line_of, problem_at
from engine.suggest import nearest
from engine.values.markers import ABSENT, UNKNOWN
from engine.values.paths import dotted
from engine.values.targets import Elsewhere, OutputTarget, ResourceTarget
from engine.values.templates import targets_with_paths

_SHOWN = 10
"""Most names that a hint lists."""


def output_problems(stacks: Sequence[Stack], shapes: Shapes, root: Path) -> Iterator[Problem]:
    """Yield what is wrong with each output that stacks read.

    Args:
        stacks: The evaluated modules.
        shapes: Knows the outputs of all stacks there are.
        root: Project folder, to find the exact line of an argument.
    """
    for stack in (one for one in stacks if one.reads_outputs_of):
        yield from _unknown_stacks(stack, shapes)
        for location, name, references in (*references_of(stack), *_ids_to_import(stack)):
            for path, target in references:
                wrong = _wrong(target, shapes) if isinstance(target, OutputTarget) else None
                if wrong is not None:
                    message, hint = wrong
                    message = f"{name}: {dotted(path)}: {message}"
                    yield problem_at(location, path, root, message, hint, "dangling-ref")
        yield from _lifecycles(stack, shapes, root)


def _lifecycles(stack: Stack, shapes: Shapes, root: Path) -> Iterator[Problem]:
    """What lifecycles name of other stacks and those do not have."""
    for declaration in stack.declarations.values():
        for target in declaration.waits_elsewhere:
            wrong = _wrong(target, shapes)
            if wrong is not None:
                message, hint = wrong
                yield Problem(
                    declaration.location.file,
                    line_of(declaration.location, ("lifecycle",), root),
                    f"{declaration.address}: lifecycle: {message}",
                    hint,
                    "dangling-ref",
                )


def _undeclared(target: ResourceTarget, shapes: Shapes) -> tuple[str, str] | None:
    """Why there is no such resource in another stack; None if there is, or that is not known."""
    known = shapes.declared(target.stack)
    if known is None or target.address in known:
        return None
    return f"stack {target.stack!r} does not declare {target.address}", _meant(
        target.address, tuple(known)
    )


def references_of(stack: Stack) -> Iterator[tuple[Location, str, References]]:
    """Every reference of a stack, with the place and the name of its document."""
    for declaration in stack.declarations.values():
        yield declaration.location, str(declaration.address), declaration.references
        if declaration.lifecycle.account:
            account = {"lifecycle": {"account": declaration.lifecycle.account}}
            found = tuple(targets_with_paths(account))
            yield declaration.location, str(declaration.address), found
    for output in stack.outputs.values():
        found = tuple(targets_with_paths({"value": output.value}))
        yield output.location, f"output {output.name!r}", found


def _ids_to_import(stack: Stack) -> Iterator[tuple[Location, str, References]]:
    for wanted in stack.imports.values():
        found = tuple(targets_with_paths({"id": wanted.id}))
        yield wanted.location, f"import_ of {wanted.address}", found


def _unknown_stacks(stack: Stack, shapes: Shapes) -> Iterator[Problem]:
    for name, location in stack.reads_outputs_of.items():
        if not shapes.exists(name):
            known = tuple(shapes.modules)
            near = nearest(name, known)
            yield Problem(
                location.file,
                location.line,
                f"{_reader(stack, name)} names the stack {name!r}, which does not exist",
                f"did you mean {near!r}?" if near else f"stacks: {', '.join(known)}",
                "dangling-ref",
            )


def _reader(stack: Stack, name: str) -> str:
    """What names another stack: a lifecycle alone, or an output that is read."""
    waits = (one for each in stack.declarations.values() for one in each.waits_elsewhere)
    by_address = any(isinstance(one, ResourceTarget) and one.stack == name for one in waits)
    return "lifecycle" if by_address else "stack_output"


def _wrong(target: Elsewhere, shapes: Shapes) -> tuple[str, str] | None:
    """Why something cannot be read, with a hint; None if it can, or that is not known."""
    if isinstance(target, ResourceTarget):
        return _undeclared(target, shapes)
    if not shapes.exists(target.stack):
        return None  # a finding of the stack's name already
    whole = OutputTarget(target.stack, target.name)
    if shapes(whole) is ABSENT:
        names = shapes.names(target.stack)
        return f"stack {target.stack!r} has no output {target.name!r}", _meant(target.name, names)
    for depth, part in enumerate(target.path):
        place = OutputTarget(target.stack, target.name, target.path[:depth])
        wrong = _wrong_part(shapes(place), part)
        if wrong is not None:
            message, hint = wrong
            return f"output {place.local!r} of stack {target.stack!r} {message}", hint
    return None


def _wrong_part(shape: object, part: str | int) -> tuple[str, str] | None:
    """Why there is nothing at a key or a number of a value with some shape."""
    if isinstance(shape, Mapping):
        return None if part in shape else (f"has no key {part!r}", _meant(str(part), tuple(shape)))
    if isinstance(shape, list):
        within = isinstance(part, int) and part < len(shape)
        return None if within else (f"has {len(shape)} entries, and none at {part!r}", "")
    known = shape not in (UNKNOWN, ABSENT)
    return ("is no map and no list", "use it as it is") if known else None


def _meant(word: str, known: Sequence[str]) -> str:
    near = nearest(word, known)
    if near:
        return f"did you mean {near!r}?"
    more = f" and {len(known) - _SHOWN} more" if len(known) > _SHOWN else ""
    return f"it has: {', '.join(known[:_SHOWN])}{more}" if known else ""
