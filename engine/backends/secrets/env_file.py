"""The `env-file` secret sink: a dotenv file that applications read, never committed."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from engine.backends.gitignore import private_folder, would_be_committed
from engine.durable_files import PRIVATE_FILE, make_folder, write_durably
from engine.errors import SecretSinkError
from engine.frozen import frozen
from engine.redaction import remember

_MARK = "# engine: "
"""Begins the comment above a line of the engine's; the rest names the secret in that line."""
# A value in quotes may contain lines that look like assignments.
_ENTRY = re.compile(
    r"""
    (?P<lead>[ \t]*(?:export[ \t]+)?)(?P<name>[A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*
    (?P<value>'[^']*'|"(?:\\.|[^"\\])*"|[^\n]*)[^\n]*(?:\n|\Z)
    |[^\n]*(?:\n|\Z)
    """,
    re.VERBOSE | re.DOTALL,
)
_BARE = re.compile(r"[A-Za-z0-9_./:@%+=,-]+")
_ESCAPED = re.compile(r"[\\\"$`]")


@frozen
class _Entry:
    """A piece of the file: an assignment, or one line of anything else.

    Attributes:
        text: As it is in the file, newline included.
        lead: What is before the variable's name.
        name: The variable; empty if it is no assignment.
        value: Its value as written; empty if it is no assignment.
        holds: The secret that the comment above it names; empty if there is none.
    """

    text: str
    lead: str = ""
    name: str = ""
    value: str = ""
    holds: str = ""


class EnvFileSink:
    """Keeps secrets as variables of a dotenv file; all other lines stay as they are.

    A comment above each of its lines names the secret in that line. The line is found again by that
    comment and not by the variable's name, so a variable may be renamed by hand, and a line that
    the engine did not write is never overwritten.
    """

    def __init__(self, path: Path, *, private: Path, environment: str) -> None:
        """Remember the paths; nothing is opened yet.

        Args:
            path: The dotenv file.
            private: The project's private folder, where a new file is written before it replaces
                the old one.
            environment: Name of the environment.
        """
        self._named = path
        self._private = private
        self._environment = environment

    @property
    def _path(self) -> Path:
        # A link stays one: what it points to is replaced.
        return self._named.resolve()

    def check(self, stack: str = "", names: Sequence[str] = ()) -> None:
        """Refuse a file that git would commit, that cannot be written, or whose names are taken."""
        self._refuse_committed()
        with self._guarded():
            self._refuse_taken(self._entries(), stack, names)
            with tempfile.NamedTemporaryFile(dir=self._path.parent, prefix=".probe"):
                self._staging()

    def store(self, stack: str, name: str, value: str) -> None:
        """Keep a secret: in its own line if there is one, else at the end."""
        remember(value)
        if "\0" in value:
            raise SecretSinkError(f"no dotenv file can hold the secret {name}: it has a NUL in it")
        with self._guarded():
            entries = self._entries()
            self._refuse_taken(entries, stack, (name,))
            content = self._written(entries, stack, name, value)
            write_durably(
                self._path,
                content.encode("utf-8", "surrogateescape"),
                mode=PRIVATE_FILE,
                staging=self._staging(),
            )

    def load(self, stack: str, name: str) -> str | None:
        """Read a secret back."""
        wanted = self._secret(stack, name)
        with self._guarded(create=False):
            found = [entry for entry in self._entries() if entry.holds == wanted]
        if not found:
            return None
        value = _unquoted(found[-1].value)
        remember(value)
        return value

    def remove(self, stack: str, name: str) -> None:
        """Take out the line of a secret, and the comment above it."""
        wanted = self._secret(stack, name)
        with self._guarded(create=False):
            entries = self._entries()
            kept = [
                entry.text
                for entry in entries
                if entry.holds != wanted and entry.text.strip() != f"{_MARK}{wanted}"
            ]
            if len(kept) < len(entries):
                write_durably(
                    self._path,
                    "".join(kept).encode("utf-8", "surrogateescape"),
                    mode=PRIVATE_FILE,
                    staging=self._staging(),
                )

    def where(self, stack: str, name: str) -> str:
        """The file and the variable."""
        return f"{self._named}, variable {variable_name(stack, name)}"

    # ── the file ──────────────────────────────────────────────────────────────────────────

    def _secret(self, stack: str, name: str) -> str:
        return f"{self._environment}/{stack} {name}"

    def _entries(self) -> list[_Entry]:
        try:
            text = self._path.read_bytes().decode("utf-8", "surrogateescape")
        except FileNotFoundError:
            return []
        entries: list[_Entry] = []
        for match in _ENTRY.finditer(text):
            if not match[0]:
                continue
            above = entries[-1].text.strip() if entries else ""
            holds = above.removeprefix(_MARK) if above.startswith(_MARK) else ""
            entries.append(
                _Entry(text=match[0])
                if match["name"] is None
                else _Entry(
                    text=match[0],
                    lead=match["lead"],
                    name=match["name"],
                    value=match["value"],
                    holds=holds,
                )
            )
        return entries

    def _written(self, entries: Sequence[_Entry], stack: str, name: str, value: str) -> str:
        wanted = self._secret(stack, name)
        parts = [
            f"{entry.lead}{entry.name}={_quoted(value)}\n" if entry.holds == wanted else entry.text
            for entry in entries
        ]
        if not any(entry.holds == wanted for entry in entries):
            if parts and not parts[-1].endswith("\n"):
                parts.append("\n")
            parts.append(f"{_MARK}{wanted}\n{variable_name(stack, name)}={_quoted(value)}\n")
        return "".join(parts)

    def _refuse_taken(self, entries: Sequence[_Entry], stack: str, names: Sequence[str]) -> None:
        """Refuse a variable that another line of the file, or another of these names, has."""
        owners: dict[str, str] = {}
        for name in names:
            wanted = self._secret(stack, name)
            own = [entry.name for entry in entries if entry.holds == wanted]
            for variable in own or [variable_name(stack, name)]:
                held = [entry.holds for entry in entries if entry.name == variable]
                others = [holds or "a line of yours" for holds in held if holds != wanted]
                if owners.setdefault(variable, wanted) != wanted:
                    others.append(owners[variable])
                if others:
                    raise SecretSinkError(
                        f"{self._named} cannot take the secret {wanted}",
                        cause=f"Its variable {variable} is that of {others[0]}.",
                        hint="rename one of the two, or give this environment a file of its own; "
                        f"the engine writes only a line with {_MARK}{wanted} above it",
                    )

    def _staging(self) -> Path | None:
        """Where a new file is written first, so that git never sees a leftover of it."""
        folder = private_folder(self._private, "secrets")
        same = folder.stat().st_dev == self._path.parent.stat().st_dev
        return folder if same else None

    @contextlib.contextmanager
    def _guarded(self, *, create: bool = True) -> Iterator[None]:
        """Keep other runs out while the file is read and replaced, and translate errors.

        The folder is locked, not the file, which is replaced.
        """
        try:
            folder = self._path.parent
            if create:
                make_folder(folder)
            elif not folder.is_dir():
                yield
                return
            handle = os.open(folder, os.O_RDONLY)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX)
                yield
            finally:
                os.close(handle)
        except OSError as error:
            raise SecretSinkError(
                f"secrets cannot be kept in {self._named}",
                cause=error.strerror,
                hint="make the file and its folder writable for you; nothing with a secret is "
                "created until then",
            ) from error

    def _refuse_committed(self) -> None:
        if would_be_committed(self._path):
            raise SecretSinkError(
                f"{self._named} would be committed, with secrets in it",
                cause="It is inside a git repository that does not ignore it.",
                hint=f"add {self._path.name} to .gitignore, and git rm --cached it if it is "
                "tracked; nothing with a secret is created until then",
            )


def variable_name(stack: str, name: str) -> str:
    """The variable for a secret: `SHOP_WEBHOOK_ENDPOINT_EVENTS_SECRET`.

    Args:
        stack: Stack name.
        name: Name of the secret, `stripe_webhook_endpoint.events.secret`.
    """
    text = re.sub(r"[^A-Z0-9]", "_", f"{stack}_{name.removeprefix('stripe_')}".upper())
    return f"_{text}" if text[0].isdigit() else text


def _quoted(value: str) -> str:
    """Write a value so that a POSIX shell and dotenv readers read the same."""
    if _BARE.fullmatch(value):
        return value
    if "'" not in value:
        return f"'{value}'"
    escaped = _ESCAPED.sub(lambda match: f"\\{match[0]}", value)
    return f'"{escaped}"'


def _unquoted(text: str) -> str:
    if text.startswith("'"):
        return text[1:-1]
    if text.startswith('"'):
        return re.sub(r"\\([\\\"$`])", r"\1", text[1:-1])
    return text.partition(" #")[0].strip()
