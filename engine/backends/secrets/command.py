"""The `command` secret sink: the user's program gets each secret on its standard input."""

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
    """Passes secrets to a program, without a shell and never among its arguments.

    `ENGINE_SECRET_NAME`, `ENGINE_SECRET_STACK` and `ENGINE_SECRET_ENVIRONMENT` name the secret. The
    program gets no key of Stripe and no terminal, so that a Ctrl-C for the run does not end it
    before the secret is kept.
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
        """Remember both programs; neither is looked for yet.

        Args:
            words: The program that keeps a secret, and its arguments.
            read: The program that writes a secret to its standard output; empty if there is none.
            root: Folder they run in, from which relative paths to them start.
            environment: Name of the environment.
            key_variable: Variable with the API key, which they do not get.
        """
        self._words = tuple(words)
        self._read = tuple(read)
        self._root = root
        self._environment = environment
        self._key_variable = key_variable
        self._taken: dict[tuple[str, str], str] = {}

    def check(self, stack: str = "", names: Sequence[str] = ()) -> None:
        """Find both programs; whether they will succeed is unknown."""
        del stack, names
        for words in filter(None, (self._words, self._read)):
            self._find(words[0])

    def store(self, stack: str, name: str, value: str) -> None:
        """Pass a secret to the program; exit code 0 means that it is kept."""
        remember(value)
        self._run(self._words, stack, name, value)
        self._taken[stack, name] = value

    def load(self, stack: str, name: str) -> str | None:
        """Return a secret of this run, or what the reading program writes.

        One newline at the end is removed. An empty output means that there is no secret.
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
        """Forget the secret; the program, which can only store, keeps it."""
        self._taken.pop((stack, name), None)

    def where(self, stack: str, name: str) -> str:
        """The program, and the name that it got."""
        return f"{self._words[0]} was given it as {self._environment}/{stack} {name}"

    def _find(self, program: str) -> str:
        """The path of a program.

        Raises:
            SecretSinkError: if it is not there, or not executable.
        """
        # `which` looks for a path from the current folder, and the project's may be another.
        wanted = str(self._root.resolve() / program) if os.sep in program else program
        found = shutil.which(wanted)
        if found is None:
            raise SecretSinkError(
                f"secrets cannot be passed to {program}",
                cause="There is no such program, or it cannot be executed.",
                hint="install it, or correct `secrets` in pyproject.toml; nothing with a secret is "
                "created until then",
            )
        return found

    def _run(self, words: Sequence[str], stack: str, name: str, value: str) -> bytes:
        try:
            done = subprocess.run(  # noqa: S603 - the words are the configuration's, and no shell reads them
                [self._find(words[0]), *words[1:]],
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
            hint="correct that and run the command again; for a day Stripe returns a new object's "
            "secret once more",
        )

    def _variables(self, stack: str, name: str) -> dict[str, str]:
        """This process's variables without keys and stack variables, and the name of the secret."""
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
    """What a program wrote about its failure, without the secret."""
    # Cut after the secret is out: half of one would not be found.
    text = without(stderr.decode("utf-8", "replace"), (value,)).strip()
    return text[-_MOST_SHOWN:] or None
