"""What every command gets: the folder, the environment, and how to write results."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from engine.errors import UsageError
from engine.project import project_around
from engine.redaction import hide
from engine.views.formats import TEXT, report_view_of, view_of
from engine.views.style import WIDTH, Style, visible, wants_colour

if TYPE_CHECKING:
    from engine.operations.doctor.patient import Surroundings
    from engine.operations.run.context import Context
    from engine.operations.upgrade.upgrade import Side
    from engine.plan.model import PlanReport
    from engine.ports.backend import Store
    from engine.ports.hook import Hook
    from engine.ports.review.repository import Repository
    from engine.variables import Variables
    from engine.views.progress.lines import LineProgress
    from engine.views.view import Page, ReportView, View, ViewOptions


_NARROWEST = 40
_EXPLAINED = 5
"""References that the line below an error names."""


@dataclass(slots=True)
class Invocation:
    """The shared options, as far as they have been read.

    Attributes:
        chdir: Project folder as typed; empty for the current one.
        environment: Environment name as typed; None if not given.
        format: The format of results, a name among `FORMATS`.
        no_color: No decoration, even at a terminal.
        verbose: Show more.
        compact: Show a line for each change of a plan.
        words: The command line as typed, without the name of the program.
        variables: Names and values of `--var`, in order.
        variable_files: Those of `--var-file` as typed, in order.
        parallelism: Operations in flight at once; None for the default.
        read: Reasons for refusals that people have read where errors are written, too.
    """

    chdir: str = ""
    environment: str | None = None
    format: str = TEXT
    no_color: bool = False
    verbose: bool = False
    compact: bool = False
    words: tuple[str, ...] = ()
    variables: tuple[tuple[str, str], ...] = ()
    variable_files: tuple[str, ...] = ()
    parallelism: int | None = None
    read: tuple[str, ...] = ()

    @property
    def place(self) -> Path:
        """The folder that relative names on the command line start from."""
        return Path(self.chdir or ".")

    @property
    def root(self) -> Path:
        """The project folder: the one named with -C, else the nearest one upwards from here."""
        if self.chdir:
            return self.place
        return project_around(self.place)

    def path(self, name: str) -> Path:
        """The file that a name on the command line means."""
        return self.place / Path(name).expanduser()

    @property
    def for_people(self) -> bool:
        """Whether a person reads the results."""
        return report_view_of(self.format).for_people

    @property
    def view(self) -> View:
        """The view that makes pages of what a command returns."""
        return view_of(self.format)(self._view_options())

    @property
    def report_view(self) -> ReportView:
        """The view of a command that takes `--format`."""
        return report_view_of(self.format)(self._view_options())

    def _view_options(self) -> ViewOptions:
        from engine.views.view import ViewOptions

        encoding = (sys.stdout.encoding or "").lower().replace("-", "")
        return ViewOptions(
            style=self.style(),
            verbose=self.verbose,
            compact=self.compact,
            ascii=encoding != "utf8",
            columns=_columns(),
        )

    def style(self, stream: TextIO | None = None) -> Style:
        """How text for a stream is decorated; stdout if none is named."""
        stream = sys.stdout if stream is None else stream
        refused = self.no_color or not self.for_people
        return Style(wants_colour(terminal=stream.isatty(), refused=refused, environ=os.environ))

    def write_out(self, page: Page, *, end: str = "\n") -> None:
        """Write a page of the view to stdout, unless it is empty."""
        if page:
            _write(sys.stdout, self.report_view.written(page) + end)

    def write_plan(self, report: PlanReport, *, end: str = "\n") -> None:
        """Write a plan to stdout; an error there does not repeat why it is refused."""
        self.write_out(self.report_view.plan(report), end=end)
        if self.for_people and _one_place():
            self.read = report.refusals

    def write_done(self, sentence: str, page: Page) -> None:
        """Write what was done: for people a sentence, else a page of the view."""
        self.write_out(sentence if self.for_people else page)

    def write_err(self, text: str, *, end: str = "\n") -> None:
        """Write a diagnostic or a question to stderr, whatever the format is."""
        _write(sys.stderr, visible(str(hide(text))) + end)

    def write_note(self, text: str) -> None:
        """Write a next step to stderr, for people."""
        if self.for_people:
            self.write_err(text)

    def write_where_explained(self, references: Sequence[str]) -> None:
        """Write to a terminal how to read more of errors; a log gets no such line."""
        if not references or not self.for_people or not sys.stderr.isatty():
            return
        first, *more = references
        named = f"engine explain {first} says more"
        if more:
            shown = [*references[:_EXPLAINED], *(["…"] if references[_EXPLAINED:] else [])]
            named = f"engine explain REFERENCE says more of each: {', '.join(shown)}"
        self.write_err(self.style(sys.stderr).paint(f"\n{named}", "dim"))

    def write_value(self, value: str) -> None:
        """Write a value that the person asked for by name, also a secret.

        A pipe or a file gets exactly the value; a terminal gets a line.
        """
        _write(sys.stdout, value + ("\n" if sys.stdout.isatty() else ""))

    def progress(self) -> LineProgress:
        """A hook that shows the work of a command; silent if the format is not for people."""
        from engine.views.progress.lines import LineProgress, SilentProgress

        if not self.for_people:
            return SilentProgress(sys.stderr)
        style = self.style(sys.stderr)
        if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
            return LineProgress(sys.stderr, style, verbose=self.verbose)
        from engine.views.progress.live import LiveProgress

        return LiveProgress(sys.stderr, style, verbose=self.verbose)

    @contextlib.contextmanager
    def opened(self) -> Iterator[Context]:
        """Wire the project, and show progress until the work is done."""
        with self.opened_side_by_side(self.environment) as (context,):
            yield context

    @contextlib.contextmanager
    def opened_side_by_side(self, *environments: str | None) -> Iterator[tuple[Context, ...]]:
        """Wire the project once for each of several environments, with one progress for all."""
        progress = self.progress()
        try:
            root, variables = self._project(), self._variables
            yield tuple(self._open(root, name, variables, progress) for name in environments)
        finally:
            progress.close()

    @contextlib.contextmanager
    def opened_from(
        self, source: str, flags: Sequence[tuple[str, str]], files: Sequence[str]
    ) -> Iterator[tuple[Context, Context]]:
        """Wire the project for its environment, behind one with variables of its own.

        Args:
            source: The name of that other environment.
            flags: Names and values of variables for it, in order.
            files: Files of variables for it as typed, in order.
        """
        progress = self.progress()
        try:
            root = self._project()
            yield (
                self._open(root, source, self._values(flags, files), progress),
                self._open(root, self.environment, self._variables, progress),
            )
        finally:
            progress.close()

    def open(self, *, hook: Hook | None = None) -> Context:
        """Wire the project in the folder.

        Raises:
            UsageError: if there is no such folder.
            SettingsError: for configuration that cannot be used.
        """
        return self._open(self._project(), self.environment, self._variables, hook)

    @contextlib.contextmanager
    def opening_fleet(self) -> Iterator[tuple[Path, dict[str, Any]]]:
        """What the accounts of a fleet have in common, with progress until the work is done."""
        progress = self.progress()
        try:
            yield (
                self._project(),
                {
                    "variables": self._variables,
                    "parallelism": self.parallelism,
                    "hook": progress,
                },
            )
        finally:
            progress.close()

    @contextlib.contextmanager
    def examined(self, *, offline: bool, fleet: str) -> Iterator[Surroundings]:
        """What a check of the project opens it with, with progress until it is done."""
        from engine.bootstrap.doctor import surroundings

        progress = self.progress()
        try:
            yield surroundings(
                self._project(),
                environment=self.environment,
                fleet=fleet,
                variables=self._variables,
                hook=progress,
                offline=offline,
            )
        finally:
            progress.close()

    @contextlib.contextmanager
    def opened_upgrade(self, newer: str | None, older: str | None) -> Iterator[tuple[Side, Side]]:
        """Wire the project for two releases of the SDK, by their folders as typed."""
        from engine.bootstrap.upgrade import open_upgrade

        progress = self.progress()
        try:
            yield open_upgrade(
                self._project(),
                environment=self.environment,
                variables=self._variables,
                hook=progress,
                newer=None if newer is None else self.path(newer),
                older=None if older is None else self.path(older),
            )
        finally:
            progress.close()

    def open_folder(self, root: Path, environment: str) -> Context:
        """Wire a project folder for an environment, with the variables that were given."""
        return self._open(root, environment, self._variables, None)

    def stores(self) -> tuple[Store, ...]:
        """The stores of the project; that of the environment alone if one was typed."""
        from engine.bootstrap.stores import stores

        return stores(self._project(), self.environment)

    def repository(self) -> Repository:
        """The repository that the project is in."""
        from engine.bootstrap.project import open_repository

        return open_repository(self.root)

    def _project(self) -> Path:
        root = self.root
        if not root.is_dir():
            raise UsageError(
                f"there is no folder {self.chdir}", hint="-C takes the project's folder"
            )
        if root != self.place:
            self.write_note(f"Project folder: {root}")
        return root

    @property
    def _variables(self) -> Variables:
        return self._values(self.variables, self.variable_files)

    @property
    def typed_variables(self) -> Variables:
        """Values for the stacks' variables, from the command line and the environment."""
        return self._variables

    def _values(self, flags: Sequence[tuple[str, str]], files: Sequence[str]) -> Variables:
        from engine.variables import variables_of

        return variables_of(os.environ, flags, [(name, self.path(name)) for name in files])

    def _open(
        self, root: Path, environment: str | None, variables: Variables, hook: Hook | None
    ) -> Context:
        from engine.bootstrap.project import open_project

        return open_project(
            root,
            environment=environment,
            variables=variables,
            parallelism=self.parallelism,
            hook=hook,
        )


def _columns() -> int:
    """Columns of a line on stdout: those of the terminal, where it is a narrow one."""
    if not sys.stdout.isatty():
        return WIDTH
    return max(_NARROWEST, min(WIDTH, shutil.get_terminal_size((WIDTH, 0)).columns))


def _one_place() -> bool:
    """Whether stdout and stderr are read together: a terminal, or a log of both."""
    if sys.stdout is sys.stderr:
        return True
    try:
        return os.path.samestat(os.fstat(sys.stdout.fileno()), os.fstat(sys.stderr.fileno()))
    except (OSError, ValueError):
        return False


def _write(stream: TextIO, text: str) -> None:
    # The text has escape codes or not; click must not decide that again.
    click.echo(text, file=stream, nl=False, color=True)


pass_invocation = click.make_pass_decorator(Invocation, ensure=True)
"""Pass the command its `Invocation` as the first argument."""
