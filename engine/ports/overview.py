"""The stacks of a project as records: their modules, their states, and who reads whom."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import field

from engine.errors import Problem
from engine.frozen import frozen
from engine.plan.orphan import Orphan
from engine.ports.held_locks import HeldLock
from engine.ports.run_locks import RunLock
from engine.state.model import State


@frozen
class StackState:
    """One stack in one environment.

    Attributes:
        environment: Environment name.
        serial: Serial of the state; 0 if it was never written, or cannot be read.
        objects: How many resources it records.
        archived: How many archived objects it remembers.
        outputs: Names of its outputs.
        account_id: The account that it belongs to; empty if that is not known.
        livemode: Real money; None if that is not known.
        held: A lock that a person put on it; None if there is none.
        run: The run that works on it now; None if there is none.
        unfinished: A run that ended left a journal.
        orphan: What there is to do about it, if it has no module and manages something.
        problem: Why it cannot be read; empty if it can.
    """

    environment: str
    serial: int = 0
    objects: int = 0
    archived: int = 0
    outputs: tuple[str, ...] = ()
    account_id: str = ""
    livemode: bool | None = None
    held: HeldLock | None = None
    run: RunLock | None = None
    unfinished: bool = False
    orphan: Orphan | None = None
    problem: str = ""

    def of(self, state: State) -> StackState:
        """The same, with what a state of the stack records."""
        return dataclasses.replace(
            self,
            serial=state.serial,
            objects=len(state.resources),
            archived=len(state.removed),
            outputs=tuple(sorted(state.outputs)),
            account_id=state.account_id,
            livemode=state.livemode,
        )


@frozen
class ListedStack:
    """One stack of a project.

    Attributes:
        name: Stack name.
        file: Its module, as the author would type it; empty if it has none.
        wave: Stacks of one wave do not read each other, and come after those of the waves before;
            1 is the first. 0 if it has no module, or the order is not known.
        reads: The outputs that it reads, by the stack whose they are.
        read_by: The stacks that read its outputs.
        outputs: Names of its outputs, as its module declares them.
        states: One for each environment in which it has a state or a lock, by environment.
        problems: What was found while its module was evaluated.
    """

    name: str
    file: str = ""
    wave: int = 0
    reads: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    read_by: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    states: tuple[StackState, ...] = ()
    problems: tuple[Problem, ...] = ()


@frozen
class Overview:
    """The stacks of a project.

    Attributes:
        environment: The environment that the modules were evaluated for.
        stacks: In the order of an apply, then those without a module.
        problems: Why the order is not known; empty if it is.
        unread: Why the held locks cannot be read; empty if they can.
    """

    environment: str
    stacks: tuple[ListedStack, ...]
    problems: tuple[Problem, ...] = ()
    unread: str = ""

    @property
    def waves(self) -> tuple[tuple[str, ...], ...]:
        """Names of the stacks that can be applied at the same time, wave after wave."""
        last = max((stack.wave for stack in self.stacks), default=0)
        return tuple(
            tuple(stack.name for stack in self.stacks if stack.wave == wave)
            for wave in range(1, last + 1)
        )
