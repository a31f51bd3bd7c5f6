"""`engine completion`: the script with which a shell completes words, and where it looks for it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import click
from click.shell_completion import ShellComplete, get_completion_class

from engine.cli.command import EngineCommand
from engine.cli.invocation import Invocation, pass_invocation
from engine.errors import UsageError
from engine.views.view import Completion

SHELLS = ("bash", "zsh", "fish")
_VARIABLE = "_ENGINE_COMPLETE"


@click.command(cls=EngineCommand)
@click.argument("shell", required=False, type=click.Choice(SHELLS))
@click.option("--install", is_flag=True, help="Write it where the shell looks for it.")
@click.option("--uninstall", is_flag=True, help="Remove it from there.")
@pass_invocation
def completion(
    invocation: Invocation, *, shell: str | None, install: bool, uninstall: bool
) -> None:
    r"""Complete commands, stacks, addresses and types with the Tab key.

    Prints the script for a shell, or writes it with --install: into a file of its own, and into no
    file that is yours. Without SHELL it is the one of this login. bash needs to be 4.4 or newer,
    with bash-completion.

    \b
    Examples:
      engine completion --install
      engine completion zsh --install
      engine completion fish > ~/.config/fish/completions/engine.fish
      engine completion bash --uninstall
    """
    if install and uninstall:
        raise UsageError("--install and --uninstall exclude each other", hint="give one of them")
    shell = shell or _own_shell(os.environ)
    script = _script(shell)
    if not install and not uninstall:
        done = Completion(shell=shell, script=script, file=None, change="printed")
    else:
        file = place_of(shell, os.environ)
        change = _remove(file) if uninstall else _write(file, script)
        done = Completion(shell=shell, script=script, file=file, change=change)
    invocation.write_out(invocation.view.completion(done))


def _own_shell(environ: Mapping[str, str]) -> str:
    """The shell of the login.

    Raises:
        UsageError: if it is none that words are completed for.
    """
    name = Path(environ.get("SHELL", "")).name
    if name not in SHELLS:
        raise UsageError(
            f"SHELL names {name}, for which there is no completion" if name else "SHELL is not set",
            hint=f"name the shell: engine completion {'|'.join(SHELLS)}",
        )
    return name


def _script(shell: str) -> str:
    from engine.cli.root import engine

    known = get_completion_class(shell)
    if known is None:  # pragma: no cover - click has all of SHELLS
        raise UsageError(f"there is no completion for {shell}")
    # That of `ShellComplete`: bash's own runs bash first, to warn of old ones.
    return ShellComplete.source(known(engine, {}, "engine", _VARIABLE)).strip() + "\n"


def place_of(shell: str, environ: Mapping[str, str]) -> Path:
    """The file in which a shell looks for the completion of `engine`.

    Args:
        shell: Its name.
        environ: Environment variables, which may name other folders than the usual ones.
    """
    data = _folder(environ, "XDG_DATA_HOME", ".local/share")
    if shell == "bash":
        own = environ.get("BASH_COMPLETION_USER_DIR", "").split(":")[0]
        folder = Path(own) if own else data / "bash-completion"
        return folder / "completions" / "engine"
    if shell == "zsh":
        return data / "zsh" / "site-functions" / "_engine"
    return _folder(environ, "XDG_CONFIG_HOME", ".config") / "fish" / "completions" / "engine.fish"


def _folder(environ: Mapping[str, str], variable: str, usual: str) -> Path:
    """A folder of the XDG specification, which says to pass over a path that is relative."""
    given = environ.get(variable, "")
    if given and Path(given).is_absolute():
        return Path(given)
    try:
        return Path.home() / usual
    except RuntimeError as error:
        raise UsageError("there is no home folder", hint=f"set HOME, or {variable}") from error


def _write(file: Path, script: str) -> str:
    """Write the script, unless it is there.

    Raises:
        UsageError: if something else is there.
    """
    from engine.durable_files import write_durably

    there = _read(file)
    if there == script:
        return "unchanged"
    # A link stays one, as those that lead into a repository of settings.
    write_durably(file.resolve(), script.encode("utf-8"))
    return "written"


def _remove(file: Path) -> str:
    """Remove the script, if it is there.

    Raises:
        UsageError: if something else is there.
    """
    if _read(file) is None:
        return "absent"
    file.unlink()
    return "removed"


def _read(file: Path) -> str | None:
    """The script that is in a file; None if there is no file.

    Raises:
        UsageError: if something else is in it.
    """
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None
    if text and _VARIABLE not in text:
        raise UsageError(
            f"{file} is not a completion script of the engine, so it is left as it is",
            hint="move it away and run the command again",
        )
    return text
