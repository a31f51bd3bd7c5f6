"""What `engine emulator serve` prepares: applied stacks, and a file for the application."""

from __future__ import annotations

import functools
import secrets
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from engine.address import parse_address
from engine.cli.invocation import Invocation
from engine.cli.writing import conclude
from engine.errors import ConstantsFileError, UsageError

if TYPE_CHECKING:
    from engine.emulator.core import Emulator
    from engine.operations.run.context import Context


@contextmanager
def applied(
    invocation: Invocation, emulator: Emulator, stacks: Sequence[str]
) -> Iterator[Context | None]:
    """Apply stacks to an emulator, with their states in a temporary folder; None without any.

    Raises:
        UsageError: Something of them failed; what, was shown.
    """
    if not stacks:
        yield None
        return
    from engine.bootstrap.emulated_stacks import open_emulated
    from engine.operations.apply import apply_stacks
    from engine.plan.inputs.options import PlanOptions

    with ExitStack() as ending:
        folder = Path(ending.enter_context(TemporaryDirectory(prefix="engine-emulator-")))
        progress = invocation.progress()
        try:
            context = open_emulated(
                invocation.root,
                emulator,
                folder,
                environment=invocation.environment,
                variables=invocation.typed_variables,
                hook=progress,
            )
            report = apply_stacks(context, stacks, PlanOptions(), lambda _: True)
        finally:
            progress.close()
        if not report.is_whole:
            conclude(invocation, report, "Apply")
            raise UsageError(
                "the stacks could not be applied, so nothing is served",
                hint="engine apply -e local shows the same on the embedded account",
            )
        yield context


def check_env_file(invocation: Invocation, name: str) -> None:
    """Check that a file can be written for an application, before anything is done for it.

    Raises:
        ConstantsFileError: Git would commit it, or it is another file.
    """
    from engine.backends.constants_files import check_constants
    from engine.views.constants.formats import is_ours

    check_constants(
        invocation.path(name),
        shown=name,
        is_ours=functools.partial(is_ours, "dotenv"),
        secret=True,
        force=None,
    )


def write_env_file(
    invocation: Invocation, name: str, context: Context | None, variables: dict[str, str]
) -> None:
    """Write what an application needs: address, key, ids, outputs and signing secrets.

    Args:
        invocation: The command line.
        name: The file as typed.
        context: The project whose stacks were applied; None if none were.
        variables: The variables of the server.

    Raises:
        ConstantsFileError: Git would commit it, it is another file, or an output has the name of
            a variable of the server.
    """
    from engine.backends.constants_files import write_constants
    from engine.operations.constants import constants_of
    from engine.views.constants.formats import constants_text, is_ours

    text = constants_text("dotenv", ())
    if context is not None:
        found = constants_of(context, (context.environment,), (), _secret_outputs(context))
        text = constants_text("dotenv", found)
        variables = {**variables, **_signing_secrets(context)}
    lines = "".join(f"{line}\n" for line in _further_lines(text, variables))
    write_constants(
        invocation.path(name),
        f"{text}\n{lines}",
        shown=name,
        is_ours=functools.partial(is_ours, "dotenv"),
        private=invocation.root / ".engine",
        force=None,
    )


def _further_lines(text: str, variables: dict[str, str]) -> Iterator[str]:
    """The lines of variables that a text of the same form does not have yet.

    Raises:
        ConstantsFileError: It gives one of them another value; of two, programs read either.
    """
    there = text.splitlines()
    for name, value in variables.items():
        line = f"{name}={value}"
        if not value or line in there:
            continue
        if any(one.startswith(f"{name}=") for one in there):
            raise ConstantsFileError(
                f"a stack has an output {name}, which names something else in this file",
                hint="give the output another name",
            )
        yield line


def new_secret() -> str:
    """A signing secret for a listener."""
    return f"whsec_{secrets.token_hex(16)}"


def _states(context: Context) -> Iterator[Any]:
    from engine.operations.show import states

    yield from states(context, ())


def _secret_outputs(context: Context) -> tuple[str, ...]:
    from engine.values.secret import holds_secret

    return tuple(
        name
        for state in _states(context)
        for name, value in state.outputs.items()
        if holds_secret(value)
    )


def _signing_secrets(context: Context) -> dict[str, str]:
    """Secrets that only creations returned, by variable; `STRIPE_WEBHOOK_SECRET` if it is one."""
    from engine.apply.secrets import secret_names
    from engine.operations.constants import constant_name

    found: dict[str, str] = {}
    for state in _states(context):
        for address, entry in state.resources.items():
            for secret in secret_names(
                context.schemas[entry.type], parse_address(address)
            ).values():
                value = context.sink.load(state.stack, secret)
                if value is not None:
                    found[constant_name(secret)] = value
    one = next(iter(found.values())) if len(found) == 1 else ""
    return {**found, "STRIPE_WEBHOOK_SECRET": one} if one else found
