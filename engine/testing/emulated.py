"""A project whose every environment is an emulator that the test holds."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import os
import shutil
import sys
import textwrap
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, Self

from engine import api
from engine.api.events import OnEvent, hook_of
from engine.bootstrap.connections import Connections
from engine.bootstrap.project import open_settings
from engine.emulator.core import Emulator
from engine.emulator.doors.transport import InProcessTransport
from engine.errors import UsageError
from engine.operations.constants import constants_of
from engine.operations.run.context import Context
from engine.settings.load import load_settings
from engine.settings.model import EMBEDDED
from engine.views.constants.formats import constants_text

_NOT_COPIED = frozenset({".engine", ".git", "state", "stacks", "pyproject.toml"})
_numbers = itertools.count(1)


class EmulatedProject(api.Project):
    """A project folder and an emulator, which answers whatever environment is configured.

    No API key is read, states are files of the folder, and secrets are kept below it. The functions
    of `engine.api` take it as any other project.

    Attributes:
        folder: The project folder, absolute.
        environment: Name of the environment, which stacks see.
        emulator: What answers.
        variables: Values of variables by name, which a test may change.
    """

    environment: str

    def __init__(
        self,
        folder: str | os.PathLike[str],
        emulator: Emulator,
        *,
        environment: str = EMBEDDED,
        variables: Mapping[str, Any] | None = None,
        clock: Callable[[], float] | None = None,
    ) -> None:
        """Use a folder, which is made if it is not there.

        Args:
            folder: The project folder, or the one to begin a project in.
            emulator: What answers; the caller closes it.
            environment: Name of the environment.
            variables: Values of variables by name.
            clock: What the engine takes for the time; the system's if not given.
        """
        super().__init__(
            folder, environment=environment, variables=variables, environ={}, parallelism=1
        )
        self.emulator = emulator
        self.variables: dict[str, Any] = self._variables
        self._clock = clock
        (self.folder / "stacks").mkdir(parents=True, exist_ok=True)

    @classmethod
    def copy_of(
        cls,
        project: str | os.PathLike[str],
        folder: str | os.PathLike[str],
        *args: Any,
        **options: Any,
    ) -> Self:
        """A copy of a project that begins without states: its stacks can be changed by a test.

        `stacks/` and `pyproject.toml` are copied, and everything else is linked.

        Args:
            project: The project folder.
            folder: The folder to make.
            args: As for `EmulatedProject`.
            options: As for `EmulatedProject`.

        Raises:
            UsageError: if there is no project.
        """
        source, target = Path(project).absolute(), Path(folder)
        if not (source / "stacks").is_dir():
            raise UsageError(
                f"{source} is no project: it has no folder stacks",
                hint="name the folder of a project",
            )
        target.mkdir(parents=True, exist_ok=True)
        shutil.copytree(
            source / "stacks", target / "stacks", ignore=shutil.ignore_patterns("__pycache__")
        )
        if (source / "pyproject.toml").is_file():
            shutil.copyfile(source / "pyproject.toml", target / "pyproject.toml")
        for entry in source.iterdir():
            if entry.name not in _NOT_COPIED and not target.is_relative_to(entry):
                with contextlib.suppress(OSError):  # links need a permission on Windows
                    (target / entry.name).symlink_to(entry, target_is_directory=entry.is_dir())
        return cls(target, *args, **options)

    def __repr__(self) -> str:
        return f"EmulatedProject({str(self.folder)!r}, environment={self.environment!r})"

    # ── its stacks ────────────────────────────────────────────────────────────────────────

    def write(self, stack: str, text: str) -> Path:
        """Write a stack module, or another module for them: `_prices`.

        Args:
            stack: Name of the stack.
            text: The module; what all its lines are indented by is left out.
        """
        path = self.folder / "stacks" / f"{stack}.py"
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return path

    def edit(self, stack: str, old: str, new: str) -> None:
        """Change a text in a stack module.

        Raises:
            UsageError: if it is not there exactly once.
        """
        path = self.folder / "stacks" / f"{stack}.py"
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        if text.count(old) != 1:
            raise UsageError(
                f"{old!r} is {text.count(old)} times in {path}",
                hint="name a text that is there once",
            )
        path.write_text(text.replace(old, new), encoding="utf-8")

    # ── what is done with it ──────────────────────────────────────────────────────────────

    def plan(self, stacks: Collection[str] = (), **options: Any) -> api.Plan:
        """Plan stacks; as `engine.api.plan`."""
        return api.plan(self, stacks, **options)

    def apply(self, stacks: Collection[str] = (), **options: Any) -> api.Applied:
        """Plan stacks and apply the plan; options are those of `engine.api.plan`."""
        return api.apply(self.plan(stacks, **options))

    def id_of(self, address: str) -> str:
        """The id of a resource, as the last apply recorded it.

        Raises:
            UsageError: if no stack has it, or several have.
        """
        found = {
            name: state.resources[address].id
            for name, state in api.states(self).items()
            if address in state.resources
        }
        rest = address.rpartition(":")[2]
        if len(found) != 1:
            raise UsageError(
                f"{'several stacks have' if found else 'no state has'} {rest}",
                hint=f"say which: {next(iter(found))}:{rest}" if found else "apply it first",
            )
        return next(iter(found.values()))

    def outputs(self, stack: str | None = None) -> dict[str, Any]:
        """The outputs by name; as `engine.api.outputs`."""
        return api.outputs(self, stack)

    def reveal(self, name: str, stack: str | None = None) -> str:
        """The secret of an output or a webhook endpoint; as `engine.api.reveal`."""
        return api.reveal(self, name, stack)

    def constants(self, format: str = "python", *, reveal: Collection[str] = ()) -> str:
        """What `engine output --format` writes for applications.

        Args:
            format: `python`, `json`, `dotenv` or `typescript`.
            reveal: Names of outputs whose secrets are wanted.
        """
        with self.opened() as context:
            found = constants_of(context, (self.environment,), (), tuple(reveal))
            return constants_text(format, found)

    def constants_module(self) -> ModuleType:
        """The module that `engine output --format python` writes, imported."""
        module = ModuleType(f"engine_constants_{next(_numbers)}")
        code = compile(self.constants("python"), module.__name__, "exec")
        sys.modules[module.__name__] = module  # dataclasses look there
        try:
            exec(code, vars(module))  # noqa: S102 - what was just written from here
        finally:
            del sys.modules[module.__name__]
        return module

    def _connections(self) -> Connections:
        return Connections(embedded=InProcessTransport(self.emulator))

    def _open(self, connections: Connections, on_event: OnEvent | None) -> Context:
        settings = load_settings(
            self.folder,
            environment=self.environment,
            variables=self._given(),
            parallelism=self._parallelism,
            environ={},
            emulated=True,
        )
        if settings.fleet is not None:
            raise UsageError(
                f"{self.environment} is an account of a fleet, and those are not emulated",
                hint=f"test with environment={settings.fleet.environment!r} and variables",
            )
        context = open_settings(settings, hook_of(on_event), connections=connections)
        return context if self._clock is None else dataclasses.replace(context, clock=self._clock)
