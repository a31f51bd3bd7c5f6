"""Choose the states and files to check, and read them."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path

from engine.durable_files import read_file
from engine.errors import Problem, StateError, UntrustedStateError, UsageError
from engine.operations.run.context import Context
from engine.operations.verify.checks import verify
from engine.operations.verify.owners import objects_recorded_twice
from engine.ports.reports import Verified
from engine.state.moved import MARKER, moved_to
from engine.suggest import nearest


def verify_states(
    context: Context,
    names: Sequence[str],
    files: Sequence[Path],
    environments: Sequence[str] = (),
) -> tuple[Verified, ...]:
    """Check the states of some stacks, and some files.

    Args:
        context: The run's ports.
        names: Stacks asked for; without names and files, all.
        files: State files anywhere; other files among them, also pointers, are ignored.
        environments: Environments of the stacks; none means all that have a state.

    Raises:
        UsageError: if a stack that was asked for has no state, or there is no such file.
        StateError: if a state cannot be read.
    """
    found = [
        _file(context, path) for path in files if "." not in path.stem and not _is_pointer(path)
    ]
    if not files or names:
        twice = objects_recorded_twice(context)
        found.extend(
            _stored(context, environment, stack, twice.get((environment, stack), ()))
            for environment, stack in _places(context, names, environments)
        )
        found.extend(_pending(context, names, environments))
    exposed = (
        Verified(file=problem.file, environment="", stack="", resources=0, problems=(problem,))
        for problem in context.backend.exposed()
    )
    return (*found, *exposed)


def _places(
    context: Context, names: Sequence[str], environments: Sequence[str]
) -> tuple[tuple[str, str], ...]:
    """Environment and stack of the states asked for."""
    backend = context.backend
    known = [
        (environment, stack)
        for environment in environments or backend.environments()
        for stack in backend.stacks(environment)
    ]
    stacks = sorted({stack for _, stack in known})
    for name in names:
        if name not in stacks:
            near = nearest(name, stacks)
            raise UsageError(
                f"stack {name!r} has no state",
                hint=f"did you mean {near!r}?" if near else "run engine apply first",
            )
    return tuple(place for place in known if not names or place[1] in names)


def _is_pointer(path: Path) -> bool:
    """Whether a file only says where a state is: one that was moved to another store."""
    with contextlib.suppress(OSError):
        return path.name == MARKER or bool(moved_to(read_file(path)))
    return False


def _file(context: Context, path: Path) -> Verified:
    if path.exists() and not path.is_file():
        raise UsageError(f"{path} is no file", hint="name a state file or a stack")
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read", cause=error.strerror, hint="name a state file or a stack"
        ) from error
    return verify(
        raw,
        file=str(path),
        environment=path.absolute().parent.name,
        stack=path.stem,
        schemas=context.schemas,
        advice=context.backend.advice(str(path)),
    )


def _stored(context: Context, environment: str, stack: str, twice: Sequence[Problem]) -> Verified:
    place = context.backend.place(stack, environment)
    found = verify(
        context.backend.stored(stack, environment) or b"",
        file=place,
        environment=environment,
        stack=stack,
        schemas=context.schemas,
        advice=context.backend.advice(place),
    )
    problems = found.problems or _place_problems(context, environment, stack)
    problems = (*problems, *twice, *_journal_problems(context, environment, stack))
    return dataclasses.replace(found, problems=problems)


def _place_problems(context: Context, environment: str, stack: str) -> tuple[Problem, ...]:
    """Why a state whose bytes are right is not what its store says that it has, as its serial."""
    try:
        context.backend.read(stack, environment)
    except StateError as error:
        place = context.backend.place(stack, environment)
        return (Problem(place, 0, error.message, error.hint or "", "state-place"),)
    return ()


def _pending(
    context: Context, names: Sequence[str], environments: Sequence[str]
) -> Iterator[Verified]:
    """The imports that were interrupted and cannot be finished."""
    backend, settings = context.backend, context.settings
    known = sorted({*backend.environments(), *settings.environments, context.environment})
    for environment in environments or known:
        for stack in backend.pending_imports(environment):
            try:
                if not names or stack in names:
                    backend.read_import(stack, environment)
            except UntrustedStateError as error:
                hint = str(error.hint)
                problem = Problem(error.file, error.line, error.why, hint, "pending-import")
                yield Verified(
                    file=error.file,
                    environment=environment,
                    stack=stack,
                    resources=0,
                    problems=(problem,),
                )


def _journal_problems(context: Context, environment: str, stack: str) -> tuple[Problem, ...]:
    """Why the journal of an unfinished run cannot be recovered."""
    try:
        context.backend.read_journal(stack, environment)
    except UntrustedStateError as error:
        return (Problem(error.file, error.line, error.why, str(error.hint), "state-journal"),)
    return ()
