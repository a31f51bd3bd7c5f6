"""`engine output --format`: constants for applications, printed, written or checked."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.cli.invocation import Invocation
from engine.errors import EngineError, SettingsError, StaleConstantsError, UsageError
from engine.frozen import frozen
from engine.suggest import nearest
from engine.views.formats import TEXT

if TYPE_CHECKING:
    from engine.operations.run.context import Context

_KEYS: Mapping[str, type] = {"file": str, "format": str, "environments": list, "stacks": list}
_TABLE = "[[tool.engine.constants]]"
_LONGEST = 80
_COMMENTS = ("#", "//", "/*", '"""')


@frozen
class Wanted:
    """Which constants are wanted, and where.

    Attributes:
        shown: The file, as messages name it; empty for stdout.
        path: The file; None for stdout.
        format: The format.
        environments: Names of environments; none means each with a state.
        stacks: Names of stacks; none means all.
        revealed: Outputs whose secrets are wanted.
    """

    shown: str
    path: Path | None
    format: str
    environments: tuple[str, ...] = ()
    stacks: tuple[str, ...] = ()
    revealed: tuple[str, ...] = ()


@frozen
class Typed:
    """The options about constants, as they are typed.

    Attributes:
        format: The format; None if it is not given.
        out: The file; None if it is not given.
        environments: Names of environments, separated by commas.
        write: Write the files that pyproject.toml names.
        check: Compare the file or files; write nothing.
        force: Write over files that were not written from here.
    """

    format: str | None
    out: str | None
    environments: str
    write: bool
    check: bool
    force: bool

    @property
    def asks(self) -> bool:
        """Whether constants are asked for."""
        other = self.out or self.environments or self.write or self.check or self.force
        return bool(other) or self.format not in (None, TEXT)


def run(
    invocation: Invocation, typed: Typed, stacks: tuple[str, ...], revealed: tuple[str, ...]
) -> None:
    """Print, write or check constants.

    Args:
        invocation: The command line.
        typed: Its options about constants.
        stacks: Names of stacks; none means all.
        revealed: Outputs whose secrets are wanted.

    Raises:
        UsageError: if options contradict each other, or there are no such constants.
        StaleConstantsError: if a file is not what would be written now.
        ConstantsFileError: if a file cannot be written.
    """
    _refuse_contradictions(typed, stacks, revealed)
    configured = typed.format is typed.out is None
    if configured and invocation.environment:
        raise UsageError(
            "-e does not choose what is in the files that pyproject.toml names",
            hint=f"write environments = [...] in their {_TABLE}",
        )
    if "--json" not in invocation.words:
        invocation.format = TEXT  # --format is that of the constants
    from engine.ports.reports import ConstantsFile

    context = invocation.open()
    every = (
        _configured(context)
        if configured
        else (_named(invocation, context, typed, stacks, revealed),)
    )
    texts = [_text(context, one) for one in every]
    if typed.check:
        _check(invocation, every, texts, configured=configured)
    done = []
    for one, made in zip(every, texts, strict=True):
        if one.path is None:
            invocation.write_value(made.text)
            continue
        private = context.settings.private if one.revealed else None
        changed = not typed.check and _write(one, made.text, private, force=typed.force)
        done.append(ConstantsFile(file=one.shown, constants=made.count, changed=changed))
    if done:
        invocation.write_out(invocation.view.constants(done))
    hidden = sorted({name for one in texts for name in one.hidden})
    if hidden and not typed.check:
        invocation.write_note(
            f"Left out, since they are secret: {', '.join(hidden)}. --reveal NAME writes one into "
            "a dotenv or JSON file that git ignores."
        )


def _refuse_contradictions(
    typed: Typed, stacks: tuple[str, ...], revealed: tuple[str, ...]
) -> None:
    if typed.check and typed.write:
        raise UsageError("--check and --write do not go together", hint="choose one of them")
    if typed.check and typed.format and not typed.out:
        raise UsageError("--check compares a file", hint="name it: engine output --check -o FILE")
    if typed.format == TEXT:
        raise UsageError(
            "--format text is for people, and no file of constants",
            hint="choose dotenv, json, python or typescript",
        )
    of_one = bool(typed.environments or stacks or revealed)
    if typed.format is typed.out is None:
        if of_one or not (typed.check or typed.write):
            raise UsageError(
                "without a format or a file it is not known which constants are wanted",
                hint="add --format FORMAT or -o FILE; --write alone writes those of pyproject.toml",
            )
    elif typed.write:
        raise UsageError(
            "--write writes the files that pyproject.toml names",
            hint="leave it out: -o FILE writes FILE",
        )


def _named(
    invocation: Invocation,
    context: Context,
    typed: Typed,
    stacks: tuple[str, ...],
    revealed: tuple[str, ...],
) -> Wanted:
    """The constants that the command line names: without more, of its environment."""
    names = [name.strip() for name in typed.environments.split(",") if name.strip()]
    format = format_for(typed.format, typed.out or "")
    from engine.views.constants.formats import FORMATS

    if revealed and not FORMATS[format].secrets:
        raise UsageError(
            f"a {format} file is part of a program, and holds no secret",
            hint="write secrets with --format dotenv or --format json",
        )
    if revealed and names not in ([], [context.environment]):
        raise UsageError(
            "secrets can be read of one environment at a time", hint="name it with -e NAME"
        )
    return Wanted(
        shown=typed.out or "",
        path=None if typed.out is None else invocation.path(typed.out),
        format=format,
        environments=tuple(names) or (context.environment,),
        stacks=stacks,
        revealed=revealed,
    )


@frozen
class Made:
    """The text for a file.

    Attributes:
        text: It.
        count: How many constants it holds.
        hidden: Outputs that are left out since they are secret.
    """

    text: str
    count: int
    hidden: tuple[str, ...]


def _text(context: Context, one: Wanted) -> Made:
    from engine.operations.constants import constants_of
    from engine.views.constants.formats import FORMATS, constants_text

    stacks = constants_of(context, one.environments, one.stacks, one.revealed)
    format = FORMATS[one.format]
    environments = {stack.environment for stack in stacks}
    if len(environments) > 1 and not format.several:
        raise UsageError(
            f"a {one.format} file is of one environment, not of {', '.join(sorted(environments))}",
            hint="write one for each: --environments NAME, or environments in pyproject.toml",
        )
    return Made(
        text=constants_text(one.format, stacks),
        count=len({(of.stack, constant.name) for of in stacks for constant in of.constants}),
        hidden=tuple(name for of in stacks for name in of.hidden),
    )


def _write(one: Wanted, text: str, private: Path | None, *, force: bool) -> bool:
    from engine.backends.constants_files import write_constants
    from engine.views.constants.formats import is_ours

    return one.path is not None and write_constants(
        one.path,
        text,
        shown=one.shown,
        is_ours=lambda present: is_ours(one.format, present),
        private=private,
        force=force,
    )


# ── checking ──────────────────────────────────────────────────────────────────────────────


def _check(
    invocation: Invocation, every: Sequence[Wanted], texts: Sequence[Made], *, configured: bool
) -> None:
    stale = _stale(every, texts)
    if stale:
        names = ", ".join(stale)
        verb = "is" if len(stale) == 1 else "are"
        again = ["--write" if word == "--check" else word for word in invocation.words]
        words = [word for word in again if word != "--write" or configured]
        raise StaleConstantsError(
            f"{names} {verb} not what engine output would write now",
            cause=next(iter(stale.values())),
            hint=f"{shlex.join(['engine', *words])} writes it; then see what of the application "
            "used the old names",
        )


def note_stale(invocation: Invocation, context: Context) -> None:
    """Say after an apply which files of constants are stale; only those that pyproject.toml names.

    What is wrong with the files or the states, `engine output --check` says.
    """
    if not context.settings.constants:
        return
    with contextlib.suppress(EngineError):
        every = _configured(context)
        stale = _stale(every, [_text(context, one) for one in every])
        if stale:
            words = ["engine", *(["-C", invocation.chdir] if invocation.chdir else [])]
            invocation.write_note(
                f"\nStale now: {', '.join(stale)}. To write it anew: {shlex.join(words)} output "
                "--write"
            )


def _stale(every: Sequence[Wanted], texts: Sequence[Made]) -> dict[str, str]:
    """The files that are not what would be written now, each with the first difference."""
    from engine.backends.constants_files import read_constants

    stale: dict[str, str] = {}
    for one, made in zip(every, texts, strict=True):
        present = None if one.path is None else read_constants(one.path, shown=one.shown)
        if present != made.text:
            stale[one.shown] = _difference(present, made.text, secret=bool(one.revealed))
    return stale


def _difference(present: str | None, text: str, *, secret: bool) -> str:
    """The first line that differs, in words."""
    if present is None:
        return "It does not exist."
    there, here = present.split("\n"), text.split("\n")
    pairs = zip([*there, *[""] * len(here)], [*here, *[""] * len(there)], strict=False)
    differing = [(number, pair) for number, pair in enumerate(pairs, start=1) if pair[0] != pair[1]]
    # The comment above a constant changes with it; the constant itself says more. So it does of a
    # long line, such as a list of all names, that differs where it is not shown.
    values = (
        (number, (old, new))
        for number, (old, new) in differing
        if not old.lstrip().startswith(_COMMENTS) and _quoted(old) != _quoted(new)
    )
    number, (old, new) = next(values, differing[0])
    if secret:
        return f"Line {number} differs."
    return f"Line {number} is {_quoted(old)}, and would be {_quoted(new)}."


def _quoted(line: str) -> str:
    short = line.strip() if len(line) <= _LONGEST else f"{line.strip()[:_LONGEST]}..."
    return f"'{short}'" if short else "empty"


# ── pyproject.toml ────────────────────────────────────────────────────────────────────────


def _configured(context: Context) -> tuple[Wanted, ...]:
    """The files that pyproject.toml names.

    Raises:
        SettingsError: if an entry cannot be used.
        UsageError: if there are none.
    """
    entries = context.settings.constants
    if not entries:
        raise UsageError(
            "nothing says which file holds constants",
            hint=f'name one, engine output -o FILE; or add {_TABLE} with file = "FILE" to '
            "pyproject.toml",
        )
    every = tuple(_entry(context, entry) for entry in entries)
    for one in every:
        if sum(other.path == one.path for other in every) > 1:
            raise SettingsError(f"{_TABLE} names {one.shown} twice", hint="take one of the two out")
    return every


def _entry(context: Context, entry: Any) -> Wanted:
    if not isinstance(entry, Mapping):
        raise SettingsError(
            f"{_TABLE}: an entry is a table", hint='write file = "app/ids.py" in it'
        )
    for key, value in entry.items():
        if key not in _KEYS:
            near = nearest(key, _KEYS)
            known = f"did you mean {near!r}?" if near else f"known: {', '.join(_KEYS)}"
            raise SettingsError(f"{_TABLE} has no key {key!r}", hint=known)
        texts = value if isinstance(value, list) else [value]
        if not isinstance(value, _KEYS[key]) or not all(isinstance(text, str) for text in texts):
            what = "a list of names" if _KEYS[key] is list else "a string"
            raise SettingsError(f"{_TABLE}: {key} takes {what}")
    file = entry.get("file", "")
    if not file:
        raise SettingsError(f"{_TABLE} names no file", hint='write file = "app/ids.py" in it')
    return Wanted(
        shown=file,
        path=context.settings.root / file,
        format=format_for(entry.get("format"), file, f"{_TABLE}: "),
        environments=tuple(entry.get("environments", ())),
        stacks=tuple(entry.get("stacks", ())),
    )


def format_for(given: str | None, file: str, where: str = "") -> str:
    """The format of a file: the one that is given, else the one that its name shows.

    Raises:
        SettingsError: if there is none of that name.
        UsageError: if neither says it.
    """
    from engine.views.constants.formats import FORMATS, format_of_file

    name = given or format_of_file(file)
    if name in FORMATS:
        return name
    known = ", ".join(FORMATS)
    if given:
        raise SettingsError(
            f"{where}there is no format {given!r} of constants", hint=f"known: {known}"
        )
    raise UsageError(f"{where}the name {file} does not show a format", hint=f"say which: {known}")
