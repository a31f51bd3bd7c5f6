"""Finding what is wrong with `moved`, `removed` and `import_`, in a stack and between stacks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from engine.address import ResourceAddress
from engine.errors import Problem
from engine.schema.resource_type import Schemas
from engine.stack.checks.unresolvable import what_is_wrong
from engine.stack.model import Import, Location, Move, Stack
from engine.suggest import nearest
from engine.values.targets import OutputTarget
from engine.values.templates import targets_in


def refactoring_problems(stack: Stack, schemas: Schemas) -> Iterator[Problem]:
    """What is wrong with the refactorings of one stack."""
    for move in (*stack.moves, *stack.received):
        if not move.stack and move.old in stack.declarations:
            yield _found(
                move.location, f"moved: {move.old} is still declared", "remove one of them"
            )
        if move.new not in stack.declarations:
            near = nearest(move.new, tuple(stack.declarations))
            yield _found(
                move.location,
                f"moved: {move.new} is not declared",
                f"did you mean {near}?" if near else "",
            )
        if move.old.type != move.new.type:
            yield _found(move.location, f"moved: {move.old} and {move.new} are of different types")
    for release in stack.releases:
        if release.address in stack.declarations:
            yield _found(
                release.location,
                f"removed: {release.address} is still declared",
                "take out the declaration, or this line",
            )
    for wanted in stack.imports.values():
        yield from _import_id(wanted, stack, schemas)
        if wanted.address not in stack.declarations:
            yield _found(
                wanted.location,
                f"import_: {wanted.address} is not declared",
                f"declare {_face(wanted.address, schemas)}({wanted.address.name!r}, ...)",
            )


def _import_id(wanted: Import, stack: Stack, schemas: Schemas) -> Iterator[Problem]:
    """What is wrong with the id of an import: it has to be known before the apply."""
    if not isinstance(wanted.id, str) or not wanted.id:
        yield _found(
            wanted.location,
            f"import_: the id of {wanted.address} is no text",
            f'write import_("{wanted.address}", "ID")',
        )
    for target in targets_in(wanted.id):
        if isinstance(target, OutputTarget):
            continue
        if not target.address.lookup and target.address in stack.declarations:
            yield _found(
                wanted.location,
                f"import_: {target} is known only after apply, and an id to import before it",
                "write the id, or look the object up: "
                f"{_face(wanted.address, schemas)}.lookup(...).id",
            )
        elif wrong := what_is_wrong(target, stack, schemas):
            yield _found(wanted.location, f"import_: {wrong[0]}", wrong[1])


def moves_between(
    stacks: Sequence[Stack],
    modules: Collection[str],
    recorded: Callable[[], Mapping[str, Collection[str]]],
) -> Iterator[Problem]:
    """What is wrong with the moves from one stack to another.

    Args:
        stacks: The evaluated modules.
        modules: Names of all stacks that have a module.
        recorded: Gives the addresses that states record, by stack, of all environments.
    """
    by_name = {stack.name: stack for stack in stacks}
    receivers: dict[tuple[str, str], Move] = {}
    for stack in stacks:
        for move in stack.received:
            giver = by_name.get(move.stack)
            if giver is not None and move.old in giver.declarations:
                yield _found(
                    move.location,
                    f"moved: {move.stack}:{move.old} is still declared "
                    f"({giver.declarations[move.old].location})",
                    "an object is declared in one stack: remove one of the two declarations, or "
                    "this line",
                )
            first = receivers.setdefault((move.stack, move.old), move)
            if first is not move:
                yield _found(
                    move.location,
                    f"moved: {move.stack}:{move.old} moves to {first.new} already "
                    f"({first.location})",
                    "an object has one owner: remove one of the two lines",
                )
            if move.stack not in modules:
                yield from _unknown_giver(stack.name, move, modules, recorded())


def _unknown_giver(
    receiver: str, move: Move, modules: Collection[str], recorded: Mapping[str, Collection[str]]
) -> Iterator[Problem]:
    """A stack without a module and without a state, which looks like a slip.

    A move that was carried out leaves a giver without a module nothing, so that its name alone is
    no mistake: only where a stack of nearly that name records what is to be moved, or where nothing
    was ever applied.
    """
    if move.stack in recorded:
        return
    others = {name for name, addresses in recorded.items() if move.old in addresses}
    near = nearest(move.stack, sorted((others if recorded else set(modules)) - {receiver}))
    if near:
        message = f"moved: there is no stack {move.stack!r}"
        yield _found(move.location, message, f"did you mean {near!r}?")


def _found(location: Location, message: str, hint: str = "") -> Problem:
    return Problem(location.file, location.line, message, hint, "bad-refactoring")


def _face(address: ResourceAddress, schemas: Schemas) -> str:
    kind = schemas.get(address.type)
    return kind.face if kind is not None else address.type
