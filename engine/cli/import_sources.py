"""The options of `engine import` that name the file of another tool."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import click

from engine.cli.command import options
from engine.cli.invocation import Invocation
from engine.errors import UsageError
from engine.frozen import frozen

if TYPE_CHECKING:
    from engine.operations.import_account.origins.source import Source

TFSTATE = "--from-tfstate"
FIXTURES = "--from-fixtures"

source_options: Callable[[Callable[..., object]], Callable[..., object]] = options(
    click.option(
        TFSTATE,
        metavar="FILE",
        help="Import what a Terraform or OpenTofu state, or a Pulumi export, records, under the "
        "same addresses; - reads it from the standard input.",
    ),
    click.option(
        FIXTURES,
        metavar="FILE",
        help="Import what a fixture file of the Stripe CLI makes, and declare what of it is not on "
        "the account.",
    ),
)


@frozen(kw_only=False)
class SourceFile:
    """The file of another tool, as it was named.

    Attributes:
        option: The option that names it.
        name: The file.
    """

    option: str
    name: str

    def read(self, invocation: Invocation) -> Source:
        """Read it.

        Raises:
            UsageError: if it cannot be read, or is another file.
        """
        from engine.catalog import loader
        from engine.operations.import_account.origins.documents import read_file
        from engine.operations.import_account.origins.source import FixtureFile, StateFile

        content, schemas = read_file(self.name, invocation.path(self.name)), loader.schemas()
        if self.option == TFSTATE:
            return StateFile(content, self.name, schemas)
        return FixtureFile(content, self.name, schemas, os.environ)


def named_file(
    tfstate: str | None, fixtures: str | None, others: Iterable[str]
) -> SourceFile | None:
    """The file that was named; None if there is none.

    Args:
        tfstate: That of `--from-tfstate`.
        fixtures: That of `--from-fixtures`.
        others: What else was given and does not go with a file.

    Raises:
        UsageError: if there are two, or something that does not go with one.
    """
    files = [
        SourceFile(option, name)
        for option, name in ((TFSTATE, tfstate), (FIXTURES, fixtures))
        if name is not None
    ]
    if not files:
        return None
    against = [*(file.option for file in files[1:]), *others]
    if against:
        raise UsageError(
            f"{files[0].option} imports what a file names: it does not go with {against[0]}",
            hint=f"engine import {files[0].option} {files[0].name}",
        )
    return files[0]
