"""Finish what an import that was killed left: its state, and its module.

The pending import holds both, so that each can be written once more, and is removed last. The state
is written first: a module without a state would make every object a second time.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable
from pathlib import Path

from engine.durable_files import create_durably, make_folder, sweep
from engine.errors import EngineError, StateError
from engine.operations.run.context import Context
from engine.plan.inputs.ownership import key_of
from engine.ports.run_locks import LockOwner
from engine.state.pending_import import PendingImport


def finish_imports(context: Context) -> tuple[str, ...]:
    """Write the stacks whose import was interrupted, under their locks.

    Args:
        context: The run's ports.

    Returns:
        Their names.

    Raises:
        LockHeldError: if one of them is being imported right now.
        StateError: if something has taken the place of what it would write.
        EngineError: if something cannot be written.
    """
    backend, environment = context.backend, context.environment
    finished: list[str] = []
    for name in backend.pending_imports(environment):
        with backend.lock(
            name, environment, operation="import", timeout=0.0, on_wait=_waiting(context, name)
        ):
            pending = backend.read_import(name, environment)
            if pending is not None:
                finish_import(context, pending)
                finished.append(name)
    return tuple(finished)


def _waiting(context: Context, name: str) -> Callable[[LockOwner | None], None]:
    return lambda owner: context.hook.waiting_for_lock(name, str(owner or "another run"))


def finish_import(context: Context, pending: PendingImport) -> None:
    """Write the state and the module of a pending import that are not there yet, and remove it.

    The lock of its stack has to be held.

    Raises:
        StateError: if something has taken the place of what it would write.
        EngineError: if something cannot be written.
    """
    backend, state = context.backend, pending.state
    place, module = f"stacks/{state.stack}.py", context.settings.stacks / f"{state.stack}.py"
    stored, text = backend.read(state.stack, state.environment), _text(module)
    if stored is not None and stored.lineage != state.lineage:
        raise _in_the_way(context, pending, backend.place(state.stack, state.environment))
    if text is not None and text != pending.module:
        raise _in_the_way(context, pending, place, recorded=stored is not None)
    if stored is None:
        _refuse_owned(context, pending)
        backend.write(state, expected=None)
    if not _create(module, pending.module) and text is None:
        # A person made one at this very moment, and it does not declare what the state records.
        if stored is None:
            backend.remove(state)
        raise _in_the_way(context, pending, place, recorded=stored is not None)
    backend.end_import(state.stack, state.environment)


def check_modules_writable(context: Context) -> None:
    """Find out, before anything is written, whether a module can be.

    Raises:
        EngineError: if not.
    """
    folder = context.settings.stacks
    try:
        make_folder(folder)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise EngineError(
            f"{folder.name}/ cannot be written",
            cause=error.strerror,
            hint="make room, or make the folder writable, and run the command again; nothing was "
            "written",
        ) from error


def _create(module: Path, text: str) -> bool:
    """Write a module, unless there is a file of that name; whether it was written."""
    try:
        created = create_durably(module, text.encode())
    except OSError as error:
        raise EngineError(
            f"{module.parent.name}/{module.name} cannot be written",
            cause=error.strerror,
            hint="make room, or make the folder writable, and run the command again: it goes on "
            "from here",
        ) from error
    sweep(module)
    return created


def _text(module: Path) -> str | None:
    """The text of a module; None if there is none."""
    with contextlib.suppress(FileNotFoundError):
        return module.read_bytes().decode("utf-8", "replace")
    return None


def _in_the_way(
    context: Context, pending: PendingImport, what: str, *, recorded: bool = False
) -> StateError:
    """That the import cannot be finished.

    Args:
        context: The run's ports.
        pending: The import.
        what: What is not as it would have to be.
        recorded: Its state was written.
    """
    state = pending.state
    place = context.backend.place(state.stack, state.environment)
    pending_file = f"{place.removesuffix('.json')}.import"
    way = f"delete {pending_file} to give the import up"
    if recorded:
        way = (
            f"if {what} is the imported module with your changes, delete {pending_file}; if not, "
            f"delete {pending_file} and {place}, which records what it does not declare"
        )
    return StateError(
        f"an import of stack {state.stack} was interrupted, and {what} is not what it writes",
        cause="It only read the account, so nothing on Stripe depends on it.",
        hint=f"{way}; then engine import --all imports what no stack manages",
    )


def _refuse_owned(context: Context, pending: PendingImport) -> None:
    """Refuse to record what another stack of the environment has taken in the meantime."""
    backend, state = context.backend, pending.state
    wanted = {key_of(entry) for entry in state.resources.values()}
    for name in backend.stacks(state.environment):
        other = backend.read(name, state.environment)
        for address, entry in other.resources.items() if other is not None else ():
            if key_of(entry) in wanted:
                raise _in_the_way(context, pending, f"{name}:{address} [{entry.id}]")
