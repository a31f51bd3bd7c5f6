"""What is examined: a project whose parts are opened when a check first needs them.

A part that cannot be opened is the finding of one check, and the reason why others are not made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from engine.errors import EngineError, StackError
from engine.frozen import frozen
from engine.graph.build import ResourceGraph
from engine.operations.run.context import Context
from engine.operations.run.guards import check_usable
from engine.operations.validate import evaluate
from engine.ports.backend import StateBackend
from engine.ports.provider import Account, Provider
from engine.ports.upkeep.diagnosis import Finding
from engine.settings.model import Settings

_Value = TypeVar("_Value")


class NotCheckedError(Exception):
    """A check cannot be made; the text says why."""


class GitChecks(Protocol):
    """Checks of a repository."""

    def repository(self) -> Iterable[Finding]:
        """Whether the project is in one."""

    def committed(self, stacks: Sequence[str]) -> Iterable[Finding]:
        """Whether the states of stacks are in the last commit, as they are."""

    def merging(self) -> Iterable[Finding]:
        """Whether states are merged by resource."""


@frozen
class Surroundings:
    """What the project's parts are opened with.

    Attributes:
        root: The project folder.
        load: Reads the settings.
        open: Wires the ports that settings describe.
        git: Opens the checks of the repository that the project is in.
        members: The settings of the accounts of the fleet; None if no fleet is examined.
        members_ask: Who they are is asked of Stripe.
        offline: Nothing may be asked of Stripe.
        catalog_sdk: Version of the SDK that the catalog is made from.
    """

    root: Path
    load: Callable[[], Settings]
    open: Callable[[Settings], Context]
    git: Callable[[Settings], GitChecks]
    members: Callable[[Context], Sequence[Settings]] | None
    members_ask: bool
    offline: bool
    catalog_sdk: str


@dataclass(slots=True)
class _Part(Generic[_Value]):
    """A part that is opened once; an error is raised again at each use."""

    open: Callable[[], _Value]
    why_not: str
    _found: list[_Value] = field(default_factory=list)
    _failed: EngineError | None = None

    @property
    def opened(self) -> Sequence[_Value]:
        """The part, if it was opened."""
        return tuple(self._found)

    def get(self) -> _Value:
        """The part.

        Raises:
            EngineError: if it cannot be opened.
        """
        if self._failed is not None:
            raise self._failed
        if not self._found:
            try:
                self._found.append(self.open())
            except EngineError as error:
                self._failed = error
                raise
        return self._found[0]

    def needed(self) -> _Value:
        """The part, for a check of something else.

        Raises:
            NotCheckedError: if it cannot be opened.
        """
        try:
            return self.get()
        except EngineError as error:
            raise NotCheckedError(self.why_not) from error


class Patient:
    """A project.

    Attributes:
        around: What its parts are opened with.
        settings: Its settings.
        context: Its ports.
        provider: Stripe, once the key was found to be usable; nothing is sent yet.
        account: The account of the key, as Stripe returns it.
        graphs: Its stacks.
        git: The checks of its repository.
        backend: Its states, once it was found that they can be written and locked.
    """

    def __init__(self, around: Surroundings) -> None:
        """Open nothing yet."""
        self.around = around
        self.settings = _Part(around.load, "the configuration cannot be used")
        self.context = _Part(self._open, "the configuration cannot be used")
        self.provider = _Part(self._connect, "there is no key that can be used")
        self.account = _Part(self._ask, "Stripe did not return the account")
        self.graphs = _Part(self._evaluate, "the stacks cannot be evaluated")
        self.git = _Part(self._open_git, "the configuration cannot be used")
        self.backend = _Part(self._store, "the states cannot be used")

    def _open(self) -> Context:
        return self.around.open(self.settings.needed())

    def _connect(self) -> Provider:
        context = self.context.needed()
        check_usable(context.settings.environment)
        return context.connect()

    def _ask(self) -> Account:
        return self.asked().account()

    def _evaluate(self) -> tuple[ResourceGraph, ...]:
        context = self.context.needed()
        wrong = context.policies.problems if context.policies is not None else ()
        graphs = evaluate(context, ())
        if wrong:
            raise StackError(wrong)
        return graphs

    def _open_git(self) -> GitChecks:
        return self.around.git(self.settings.needed())

    def _store(self) -> StateBackend:
        context = self.context.needed()
        context.backend.check_works(context.environment)
        return context.backend

    def asked(self) -> Provider:
        """Stripe, for a check that asks it.

        Raises:
            NotCheckedError: if it may not be asked, or there is no key to ask it with.
        """
        if self.around.offline:
            raise NotCheckedError("not asked, because of --offline")
        if self.settings.needed().environment.emulator:
            self.need_project()
        return self.provider.needed()

    def need_project(self) -> None:
        """Go on only in a project: elsewhere nothing may be made, such as an embedded account.

        Raises:
            NotCheckedError: if this is none.
        """
        if not self.settings.needed().stacks.is_dir():
            raise NotCheckedError("there is no project here")

    def answering(self) -> Provider:
        """Stripe, once it returned the account: what does not answer is not asked again.

        Raises:
            NotCheckedError: as `asked`, or if it did not answer.
        """
        self.asked()
        self.account.needed()
        return self.provider.needed()

    @property
    def environment(self) -> str:
        """Name of the environment; empty if it is not known."""
        try:
            return self.settings.get().environment.name
        except EngineError:
            return ""

    @property
    def requests(self) -> int:
        """How many requests were sent."""
        return sum(provider.requests for provider in self.provider.opened)
