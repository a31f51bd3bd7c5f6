"""What every command is told: the folder, the environment, and how to speak.

What must not live here: any one command. Nothing heavy is imported at the top, since every
invocation pays for it.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from engine.errors import UsageError
from engine.project import project_around

if TYPE_CHECKING:
    from engine.operations.run.context import Context
    from engine.ports.hook import Hook
    from engine.views.progress.lines import LineProgress
    from engine.views.style import Style


@dataclass(slots=True)
class Invocation:
    """The shared options, as far as they have been read.

    Attributes:
        chdir: Project folder as typed; empty for the current one.
        environment: Environment name as typed; None if not given.
        json: Results are one JSON document.
        no_color: No decoration, whatever the streams are.
        verbose: Tell more.
        words: The command line as typed, without the program's name.
        variables: Names and values of `--var`, in order.
        variable_files: Those of `--var-file` as typed, in order.
    """

    chdir: str = ""
    environment: str | None = None
    json: bool = False
    no_color: bool = False
    verbose: bool = False
    words: tuple[str, ...] = ()
    variables: tuple[tuple[str, str], ...] = ()
    variable_files: tuple[str, ...] = ()

    @property
    def place(self) -> Path:
        """The folder that relative names on the command line start from."""
        return Path(self.chdir or ".")

    @property
    def root(self) -> Path:
        """The project folder: the one named with -C, else the nearest one around the person."""
        if self.chdir:
            return self.place
        return project_around(self.place)

    def path(self, name: str) -> Path:
        """The file that a name on the command line means."""
        return self.place / Path(name).expanduser()

    def style(self, stream: TextIO | None = None) -> Style:
        """How text for a stream is decorated; stdout if none is named."""
        from engine.views.style import Style, wants_colour

        stream = sys.stdout if stream is None else stream
        return Style(
            wants_colour(
                terminal=stream.isatty(), refused=self.no_color or self.json, environ=os.environ
            )
        )

    def say(self, text: str, *, end: str = "\n") -> None:
        """Write a result."""
        _write(sys.stdout, _shown(text) + end)

    def tell(self, text: str, *, end: str = "\n") -> None:
        """Write something beside the result: a diagnostic, a question, a next step."""
        _write(sys.stderr, _shown(text) + end)

    def answer(self, document: Mapping[str, Any]) -> None:
        """Write the one JSON document of a command."""
        from engine.views.style import inert

        plain = (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"
        # Hidden before it is encoded, so that it stays a document.
        text = json.dumps(_hidden(document), indent=2, ensure_ascii=plain)
        _write(sys.stdout, inert(text) + "\n")

    def hand_over(self, value: str) -> None:
        """Write the one value that was asked for by name, a secret too.

        Into a pipe or a file exactly the value; to a terminal, a line.
        """
        _write(sys.stdout, value + ("\n" if sys.stdout.isatty() else ""))

    def progress(self) -> LineProgress:
        """A hook that tells what happens while a command runs; silent with `--json`."""
        from engine.views.progress.lines import LineProgress, SilentProgress

        style = self.style(sys.stderr)
        if self.json:
            return SilentProgress(sys.stderr)
        if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
            return LineProgress(sys.stderr, style, verbose=self.verbose)
        from engine.views.progress.live import LiveProgress

        return LiveProgress(sys.stderr, style, verbose=self.verbose)

    def open(self, *, parallelism: int | None = None, hook: Hook | None = None) -> Context:
        """Wire the project in the folder.

        Raises:
            UsageError: if there is no such folder.
            SettingsError: for configuration that cannot be used.
        """
        from engine.bootstrap import open_project
        from engine.ports.hook import Hook as NoHook
        from engine.variables import variables_of

        files = [(name, self.path(name)) for name in self.variable_files]
        root = self.root
        if not root.is_dir():
            raise UsageError(
                f"there is no folder {self.chdir}", hint="-C takes the project's folder"
            )
        if root != self.place and not self.json:
            self.tell(f"Project folder: {root}")
        return open_project(
            root,
            environment=self.environment,
            variables=variables_of(os.environ, self.variables, files),
            parallelism=parallelism,
            hook=hook or NoHook(),
        )


def _hidden(result: Any) -> Any:
    from engine.redaction import hide

    return hide(result)


def _shown(text: str) -> str:
    from engine.views.style import visible

    return visible(str(_hidden(text)))


def _write(stream: TextIO, text: str) -> None:
    # Whether there are escape codes in it was decided before; click would decide again.
    click.echo(text, file=stream, nl=False, color=True)


pass_invocation = click.make_pass_decorator(Invocation, ensure=True)
"""Hand the command its `Invocation` as the first argument."""
