"""The `command` secret sink: a program of the user's takes each secret on its standard input."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from engine.errors import SecretSinkError
from engine.redaction import looks_secret, remember, without

_MOST_SHOWN = 500
"""Characters of a failed program's standard error that a message quotes."""


class CommandSink:
    """Hands secrets to a program: no shell, never among its arguments.

    The program learns what the secret is from `ENGINE_SECRET_NAME`, `ENGINE_SECRET_STACK` and
    `ENGINE_SECRET_ENVIRONMENT`. It gets no key of Stripe's and no terminal: it could not ask
    anything, and a Ctrl-C meant for the run does not end it with a secret in its hands.
    """

    def __init__(
        self,
        words: Sequence[str],
        *,
        read: Sequence[str] = (),
        root: Path,
        environment: str,
        key_variable: str = "",
    ) -> None:
        """Know both programs; neither is looked for yet.

        Args:
            words: The program that takes a secret, and its arguments.
            read: The one that writes a secret to its standard output; empty if there is none.
            root: Folder they run in, and that a path to them starts from.
            environment: Name of the environment.
            key_variable: Variable that holds the API key, to be kept from them.
        """
        self._words = tuple(words)
        self._read = tuple(read)
        self._root = root
        self._environment = environment
        self._key_variable = key_variable
        self._taken: dict[tuple[str, str], str] = {}

    def check(self, stack: str = "", names: Sequence[str] = ()) -> None:
        """Find both programs; whether they will succeed, only they know."""
        del stack, names
        for words in filter(None, (self._words, self._read)):
            self._found(words[0])

    def store(self, stack: str, name: str, value: str) -> None:
        """Give the program a secret; its exit code 0 means that it is kept."""
        remember(value)
        self._run(self._words, stack, name, value)
        self._taken[stack, name] = value

    def load(self, stack: str, name: str) -> str | None:
        """Read a secret back: one of this run's, or what the reading program writes.

        One newline at the end is the program's own. Nothing at all means that there is none.
        """
        if (stack, name) in self._taken:
            return self._taken[stack, name]
        if not self._read:
            return None
        written = self._run(self._read, stack, name, "")
        try:
            value = written.decode()
        except UnicodeDecodeError:
            raise SecretSinkError(f"{self._read[0]} wrote a secret that is not UTF-8") from None
        value = value.removesuffix("\n").removesuffix("\r")
        remember(value)
        return value or None

    def remove(self, stack: str, name: str) -> None:
        """Forget what this run gave the program, which keeps it: it only takes secrets."""
        self._taken.pop((stack, name), None)

    def where(self, stack: str, name: str) -> str:
        """Say what the program was told of it."""
        return f"{self._words[0]} was given it as {self._environment}/{stack} {name}"

    def _found(self, program: str) -> str:
        """Where a program is, as it would be run.

        Raises:
            SecretSinkError: if it is not there, or not executable.
        """
        # `which` looks for a path from the current folder, and the project's may be another.
        wanted = str(self._root.resolve() / program) if os.sep in program else program
        found = shutil.which(wanted)
        if found is None:
            raise SecretSinkError(
                f"secrets cannot be handed to {program}",
                cause="There is no such program, or it cannot be executed.",
                hint="install it, or correct `secrets` in pyproject.toml; nothing with a secret is "
                "created until then",
            )
        return found

    def _run(self, words: Sequence[str], stack: str, name: str, value: str) -> bytes:
        try:
            done = subprocess.run(  # noqa: S603 - the words are the configuration's, and no shell reads them
                [self._found(words[0]), *words[1:]],
                input=value.encode("utf-8", "surrogateescape"),
                capture_output=True,
                check=False,
                cwd=self._root,
                env=self._variables(stack, name),
                start_new_session=True,
            )
        except OSError as error:
            raise SecretSinkError(f"{words[0]} could not be run", cause=error.strerror) from None
        if done.returncode == 0:
            return done.stdout
        raise SecretSinkError(
            f"{words[0]} {_ended(done.returncode)}; it was run for the secret "
            f"{self._environment}/{stack} {name}",
            cause=_quoted(done.stderr, value),
            hint="put it right and run the command again; for a day Stripe tells a new object's "
            "secret once more",
        )

    def _variables(self, stack: str, name: str) -> dict[str, str]:
        """This process's variables but for keys and what stacks read, and what the secret is."""
        kept = {
            variable: text
            for variable, text in os.environ.items()
            if not variable.startswith(("STRIPE_", "ENGINE_VAR_"))
            and variable != self._key_variable
            and not looks_secret(text)
        }
        return kept | {
            "ENGINE_SECRET_NAME": name,
            "ENGINE_SECRET_STACK": stack,
            "ENGINE_SECRET_ENVIRONMENT": self._environment,
        }


def _ended(code: int) -> str:
    return f"failed with exit code {code}" if code > 0 else f"was ended by signal {-code}"


def _quoted(stderr: bytes, value: str) -> str | None:
    """What a program complained of, without the secret that it may have repeated."""
    # Cut after the secret is out: half of one would not be found.
    text = without(stderr.decode("utf-8", "replace"), (value,)).strip()
    return text[-_MOST_SHOWN:] or None
