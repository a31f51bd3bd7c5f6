"""The stack modules of one command: each is evaluated once, when it is asked for.

A module that looks into an output of another stack needs the shape of it, so that the other module
is evaluated in between, also where that stack is not in the run.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from engine.errors import StateError
from engine.operations.run.context import Context
from engine.settings.model import Settings
from engine.stack.collector import FleetMember
from engine.stack.loader import load_stack, stack_files
from engine.stack.model import Stack
from engine.stack.shapes import Shapes


class Modules:
    """Evaluates the modules of a project."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._files = stack_files(context.settings.stacks)
        self._stacks: dict[str, Stack | None] = {}
        self._outputs: dict[str, Mapping[str, Any] | None] = {}
        self.shapes = Shapes(
            modules=self._files,
            stack_of=self._stack_of,
            recorded=self._recorded,
            schemas=context.schemas,
        )

    def stack(self, name: str) -> Stack:
        """Evaluate the module of a stack that has one."""
        stack = self._stacks.get(name)
        if stack is None:
            self._stacks[name] = None
            settings = self._context.settings
            stack = load_stack(
                self._files[name],
                root=settings.root,
                environment=self._context.environment,
                variables=settings.variables,
                fleet=_fleet_member(settings),
                environments=settings.environments,
                shape_of=self.shapes,
            )
            self._stacks[name] = stack
        return stack

    @property
    def evaluated(self) -> list[Stack]:
        """The stacks whose modules were evaluated, also those that another one looked into."""
        return [stack for stack in self._stacks.values() if stack is not None]

    def _stack_of(self, name: str) -> Stack | None:
        """The module of a stack; None while it is being evaluated."""
        return self._stacks[name] if name in self._stacks else self.stack(name)

    def _recorded(self, name: str) -> Mapping[str, Any] | None:
        if name not in self._outputs:
            self._outputs[name] = None
            # A damaged state is reported by the operations that need it.
            with contextlib.suppress(StateError):
                state = self._context.backend.read(name, self._context.environment)
                self._outputs[name] = None if state is None else state.outputs
        return self._outputs[name]


def _fleet_member(settings: Settings) -> FleetMember | None:
    if settings.fleet is None:
        return None
    return FleetMember(
        fleet=settings.fleet.name, name=settings.member, variables=settings.fleet_variables
    )
