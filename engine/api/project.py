"""The project that a call is about: a folder, an environment, and what a run is given."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from engine.api.events import OnEvent, hook_of
from engine.api.failures import readable_errors
from engine.bootstrap.connections import Connections
from engine.bootstrap.project import open_project
from engine.errors import UsageError
from engine.operations.run.context import Context
from engine.project import project_around
from engine.values.secret import Sensitive
from engine.variables import Given, Variables, variables_of


class Project:
    """A project folder, and how it is used.

    Nothing is read or opened before a function is called with it, and each call reads everything
    anew: the configuration, the stack modules, the states. Any number of threads may use one.

    Attributes:
        folder: The project folder, absolute.
        environment: Name of the environment; None for the one that the configuration chooses.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        *,
        environment: str | None = None,
        variables: Mapping[str, Any] | None = None,
        api_key: str | Sensitive | None = None,
        environ: Mapping[str, str] | None = None,
        parallelism: int | None = None,
    ) -> None:
        """Name a project.

        Args:
            folder: The folder that has `stacks/`; a relative one is in the folder that the process
                is in now.
            environment: Name of the environment, as `-e` takes it.
            variables: Values of variables by name, as `--var` takes them, or already typed.
            api_key: The API key, in the place of the one that the configuration names.
            environ: Environment variables to read in the place of the process's own.
            parallelism: Operations in flight at once; None for the default.
        """
        self.folder = Path(os.path.abspath(folder))  # noqa: PTH100 - links stay as they are
        self.environment = environment
        self._variables = dict(variables or {})
        self._api_key = Sensitive(api_key) if isinstance(api_key, str) else api_key
        self._environ = environ
        self._parallelism = parallelism

    @classmethod
    def around(cls, path: str | os.PathLike[str] = ".", **options: Any) -> Project:
        """The project that a folder is in, as the command line finds it.

        Args:
            path: The folder to begin with; the search goes upwards.
            options: As for `Project`.

        Raises:
            UsageError: if there is none.
        """
        folder = project_around(Path(os.path.abspath(path)))  # noqa: PTH100 - as above
        if not (folder / "stacks").is_dir() and not (folder / "pyproject.toml").is_file():
            raise UsageError(f"there is no project around {folder}", hint="engine init makes one")
        return cls(folder, **options)

    def __repr__(self) -> str:
        return f"Project({str(self.folder)!r}, environment={self.environment!r})"

    @contextlib.contextmanager
    def opened(self, on_event: OnEvent | None = None) -> Iterator[Context]:
        """The ports of the project, for one call; not part of the public interface."""
        with readable_errors(), contextlib.closing(self._connections()) as connections:
            yield self._open(connections, on_event)

    def _connections(self) -> Connections:
        return Connections()

    def _open(self, connections: Connections, on_event: OnEvent | None) -> Context:
        return open_project(
            self.folder,
            environment=self.environment,
            variables=self._given(),
            parallelism=self._parallelism,
            hook=hook_of(on_event),
            api_key=self._api_key,
            environ=self._environ,
            connections=connections,
        )

    def _given(self) -> Variables:
        environ = os.environ if self._environ is None else self._environ
        given = {
            name: Given(value, f"variables[{name!r}]") for name, value in self._variables.items()
        }
        return Variables(given=given, ambient=variables_of(environ).ambient)
