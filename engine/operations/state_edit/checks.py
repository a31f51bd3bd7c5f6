"""What every edit of a state checks before it: unfinished runs, names, what modules declare."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping

from engine.errors import StackError, StateError, UsageError
from engine.operations.run.context import Context
from engine.operations.run.orphans import without_module
from engine.stack.loader import load_stack, stack_files
from engine.stack.model import Stack
from engine.state.model import State
from engine.suggest import nearest


def check_finished(context: Context, *stacks: str) -> None:
    """Refuse to work with a journal: its recovery may need what the stack declares.

    Raises:
        StateError: if a run of one of the stacks left one.
    """
    for stack in stacks:
        if context.backend.read_journal(stack, context.environment):
            destroy = "--destroy " if without_module(context, (stack,)) else ""
            raise StateError(
                f"an unfinished run of {context.environment}/{stack} left a journal",
                hint=f"run engine plan {destroy}{stack} first: it recovers what that run did",
            )


def check_stored(context: Context, stack: str) -> None:
    """Refuse the name of a stack that has no state.

    Raises:
        UsageError: if it has none.
    """
    stored = context.backend.stacks(context.environment)
    if stack in stored:
        return
    near = nearest(stack, stored)
    hint = f"did you mean {near}:?" if near else "engine state list shows what there is"
    if "/" in stack:
        hint = "-e NAME chooses the environment; a stack is written as its name and a colon"
    raise UsageError(f"stack {stack} has no state in environment {context.environment}", hint=hint)


def check_known(context: Context, stack: str) -> None:
    """Refuse the name of a stack that has neither a module nor a state.

    Raises:
        UsageError: if it has none, with the name that may be meant.
    """
    modules = stack_files(context.settings.stacks)
    known = sorted({*modules, *context.backend.stacks(context.environment)})
    if stack not in known:
        near = nearest(stack, known)
        raise UsageError(
            f"there is no stack {stack}: neither a module stacks/{stack}.py nor a state",
            hint=f"did you mean {near}:?" if near else f"write stacks/{stack}.py first",
        )


def not_recorded(context: Context, state: State, address: str) -> UsageError:
    """The error that a state has no such resource, with where one is that may be meant."""
    hint = "engine state list shows what is"
    places = {
        f"{other.stack}:{known}": known for other in readable(context) for known in other.resources
    }
    elsewhere = [place for place, known in places.items() if known == address]
    near = nearest(address, tuple(state.resources))
    if elsewhere:
        hint = f"it is in that of another stack: {elsewhere[0]}"
    elif near:
        hint = f"did you mean {near}?"
    elif place := nearest(f"{state.stack}:{address}", places):
        hint = f"did you mean {place}?"
    return UsageError(f"{address} is not in the state of {state.stack}", hint=hint)


def readable(context: Context) -> list[State]:
    """The states of the environment, without those that cannot be read."""
    found: list[State] = []
    for name in context.backend.stacks(context.environment):
        with contextlib.suppress(StateError):
            state = context.backend.read(name, context.environment)
            found += [state] if state is not None else []
    return found


class Modules:
    """What the modules declare, for an edit of the states.

    A person who forces the edit goes without them, so that a module that cannot be evaluated is no
    obstacle then.
    """

    def __init__(self, context: Context, names: Iterable[str], *, force: bool) -> None:
        """Evaluate the modules of some stacks, as far as there are any.

        Raises:
            StackError: if one cannot be evaluated, unless the edit is forced.
        """
        self.force = force
        self._stacks: dict[str, Stack] = {}
        settings = context.settings
        files = stack_files(settings.stacks)
        for name in names:
            if name not in files:
                continue
            stack = load_stack(
                files[name],
                root=settings.root,
                environment=context.environment,
                variables=settings.variables,
            )
            if not stack.problems:
                self._stacks[name] = stack
            elif not force:
                raise StackError(stack.problems)

    @property
    def stacks(self) -> Mapping[str, Stack]:
        """The stacks whose modules could be evaluated."""
        return self._stacks

    def check_declared(self, stack: str, addresses: Iterable[str]) -> None:
        """Refuse addresses that the module of a stack does not declare.

        Raises:
            UsageError: for the first, unless the edit is forced.
        """
        module = self._stacks.get(stack)
        known = module.declarations if module is not None else {}
        missing = next((address for address in addresses if address not in known), "")
        if not missing or self.force:
            return
        near = nearest(missing, tuple(known))
        lacking = f"stacks/{stack}.py does not declare {missing}"
        raise UsageError(
            lacking if module is not None else f"there is no module stacks/{stack}.py",
            cause="The next apply would remove the object, since nothing declares it there.",
            hint=(f"did you mean {near}? If not, " if near else "")
            + f"declare {missing} in stacks/{stack}.py first; --force moves it all the same",
        )

    def check_gone(self, stack: str, addresses: Iterable[str], hint: str) -> None:
        """Refuse addresses that the module of a stack still declares.

        Raises:
            UsageError: for the first, unless the edit is forced.
        """
        module = self._stacks.get(stack)
        known = module.declarations if module is not None else {}
        still = next((known[address] for address in addresses if address in known), None)
        if still is not None and not self.force:
            raise UsageError(
                f"{still.location} still declares {still.address}",
                cause=f"The next apply of {stack} would make it again.",
                hint=f"{hint}; --force moves it all the same",
            )
