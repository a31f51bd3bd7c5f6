"""`engine import`: record an object that exists, or write the code for a whole account."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING, Any

import click

from engine.address import parse_address
from engine.cli.command import EngineCommand
from engine.cli.command import options as together
from engine.cli.completion import complete_addresses
from engine.cli.import_sources import SourceFile, named_file, source_options
from engine.cli.invocation import Invocation, pass_invocation
from engine.cli.planning_options import lock_timeout_option, variable_options
from engine.cli.type_names import known_type
from engine.cli.writing import answer, yes_option
from engine.errors import InterruptedRunError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engine.address import ResourceAddress
    from engine.operations.import_ import Imported
    from engine.ports.reports import AccountImport

_YES = ("y", "yes")
_LONGEST = 4096
"""Bytes that no secret is longer than."""

_ACCOUNT = {
    "--type": "types",
    "--stack": "stack",
    "--split": "split",
    "--inactive": "inactive",
    "--match": "match",
    "--plain": "plain",
    "--yes": "yes",
}
"""The options of an import that writes files, by the names of their values."""
_NOT_OF_A_FILE = ("--all", "--inactive", "--match", "--secret-from-stdin")
"""What does not go with the file of another tool, which names its objects."""

_account_options = together(
    click.option("--all", "whole", is_flag=True, help="Import what no stack manages."),
    click.option(
        "--type",
        "types",
        multiple=True,
        metavar="TYPE",
        help="Import this type only; may be repeated. Customers, subscriptions and what else "
        "belongs to them are imported only so.",
    ),
    click.option("--stack", metavar="NAME", help="Write one stack of this name."),
    click.option("--split", is_flag=True, help="Write a stack for each area: catalog, tax, ..."),
    click.option("--inactive", is_flag=True, help="Import archived and disabled objects too."),
    click.option(
        "--match",
        metavar="GLOB",
        help="Import what has an id, name, nickname, lookup key, code, URL, domain or event name "
        "like this, with what it refers to.",
    ),
    click.option("--plain", is_flag=True, help="Write one call for each object: no loops."),
)


@click.command("import", cls=EngineCommand)
@click.argument("address", metavar="[ADDR", required=False, shell_complete=complete_addresses)
@click.argument("id", metavar="ID]", required=False)
@click.option(
    "--secret-from-stdin",
    is_flag=True,
    help="Read the object's secret, one line, and keep it where secrets are kept. For an object "
    "that is in the state already, ID can be left out.",
)
@_account_options
@source_options
@yes_option
@variable_options
@lock_timeout_option
@pass_invocation
def import_(
    invocation: Invocation,
    /,
    address: str | None,
    id: str | None,
    *,
    secret_from_stdin: bool,
    lock_timeout: float,
    **account: Any,
) -> int:
    r"""Import what exists on Stripe; nothing is written to Stripe.

    engine import ADDR ID reads one object and records it as a resource that a stack declares.
    engine plan shows where it differs from the declaration. Before the id of a child comes that of
    its parent: PARENT/ID. A webhook's signing secret, which Stripe returns only once, is in the
    Dashboard.

    engine import --all lists the account and writes the code and the state for all that is
    configuration and that no stack of the project manages. It makes sure that a plan of it is
    empty, shows what it would write, and asks. A file that exists is never changed.

    engine import --from-tfstate FILE and --from-fixtures FILE do the same for the objects that the
    file of another tool names.

    \b
    Examples:
      engine import stripe_product.pro prod_NWjs8kKbJWmuuc
      engine import stripe_product_feature.export prod_NWjs8kKbJWmuuc/prodft_1Mi3bAFr9qdy
      engine import stripe_webhook_endpoint.hook we_1Mr5jULkdIwHu7ix --secret-from-stdin < .secret
      engine import stripe_webhook_endpoint.hook --secret-from-stdin < .secret
      engine import --all
      engine import --all --split --inactive
      engine import --from-tfstate terraform.tfstate --stack billing
      engine import --all --type Product --type Price --match 'pro*' --stack pro
    """
    given = [name for name, field in _ACCOUNT.items() if account[field]]
    file = _file(account, address, secret=secret_from_stdin)
    if not account["whole"] and file is None:
        target = _one(address, id, given)
        return _import_one(
            invocation, target, id, secret=secret_from_stdin, lock_timeout=lock_timeout
        )
    if secret_from_stdin:
        raise UsageError(
            "--secret-from-stdin is of one object, and does not go with --all",
            hint="engine import ADDR --secret-from-stdin, once it is imported",
        )
    if address is not None:
        raise UsageError(
            f"engine import --all takes no address and no id: {address}",
            hint=f"engine import {address} {id or 'ID'} imports that object alone",
        )
    if account["stack"] is not None and account["split"]:
        raise UsageError(
            "--stack names one stack and --split writes several", hint="give one of the two"
        )
    return _import_account(invocation, account, file, lock_timeout=lock_timeout)


def _file(account: Mapping[str, Any], address: str | None, *, secret: bool) -> SourceFile | None:
    """The file of another tool; None if none is named."""
    values = (account["whole"], account["inactive"], account["match"], secret, address)
    names = (*_NOT_OF_A_FILE, address or "")
    against = [name for name, value in zip(names, values, strict=True) if value]
    return named_file(account["from_tfstate"], account["from_fixtures"], against)


def _one(address: str | None, id: str | None, given: list[str]) -> ResourceAddress:
    """The address of the one object to import, where there is no --all."""
    if given:
        raise UsageError(
            f"{given[0]} goes with --all",
            hint=f"engine import {address} {id or 'ID'}, or engine import --all"
            if address
            else "engine import --all imports what no stack manages",
        )
    if address is None:
        raise UsageError(
            "engine import needs an address and an id, or --all",
            hint="engine import ADDR ID imports one object, engine import --all what no stack "
            "manages",
        )
    return parse_address(address)


def _import_one(
    invocation: Invocation,
    target: ResourceAddress,
    id: str | None,
    *,
    secret: bool,
    lock_timeout: float,
) -> int:
    from engine.operations.import_ import import_object
    from engine.values.secret import Sensitive

    if id is None and not secret:
        raise UsageError(
            f"which object {target} is to be is missing", hint=f"engine import {target} ID"
        )
    context = invocation.open()
    known = Sensitive(_line_from_stdin(target)) if secret else None
    done = import_object(context, target, id or "", secret=known, lock_timeout=lock_timeout)
    sentence = f"Imported {target} as {done.id} into the state of {done.state.stack}."
    if done.known_before:
        sentence = f"The secret of {target} ({done.id}) is kept; the state has its fingerprint."
    invocation.write_done(sentence, invocation.view.resource(done.state, str(target)))
    for note in _notes(target, done):
        invocation.write_note(note)
    return 0


def _line_from_stdin(target: ResourceAddress) -> str:
    """Read a secret: one line, without its end. A terminal does not show it."""
    if sys.stdin.isatty():
        from getpass import getpass

        line = getpass(f"The secret of {target} (what you type is not shown): ")
    else:
        line = ""
        with contextlib.suppress(UnicodeDecodeError):
            line = sys.stdin.readline(_LONGEST)
    secret = line.strip()
    if not secret:
        raise UsageError(
            "--secret-from-stdin read nothing",
            hint=f"pass the secret as one line: engine import {target} --secret-from-stdin < FILE",
        )
    return secret


def _notes(target: ResourceAddress, done: Imported) -> Iterator[str]:
    """What a person should know, and do next."""
    supply = f"engine import {target} --secret-from-stdin"
    if done.kept_at:
        yield (
            f"Its secret is the one that was kept for {target} before ({done.kept_at}). If that is "
            f"another object's, run {supply}"
        )
    for path in done.unknown:
        yield (
            f"Its {path} is not known here: Stripe returns it only when the object is made. The "
            f"Dashboard shows it: if the stack needs it, run {supply}"
        )
    if done.known_before:
        yield "engine apply gives the outputs that name it their value."
    else:
        yield "engine plan shows whether it differs from its declaration."


def _import_account(
    invocation: Invocation,
    account: Mapping[str, Any],
    file: SourceFile | None,
    *,
    lock_timeout: float,
) -> int:
    from engine.operations.import_account.import_account import ImportOptions, import_account

    yes = bool(account["yes"])
    if not (yes or invocation.for_people):
        raise _needs_a_yes(f"--{invocation.format} asks no questions")
    options = ImportOptions(
        types=tuple(map(known_type, account["types"])),
        stack=account["stack"] or "",
        split=account["split"],
        inactive=account["inactive"],
        match=account["match"] or "",
        plain=account["plain"],
        source=file.read(invocation) if file is not None else None,
        lock_timeout=lock_timeout,
    )

    def approve(report: AccountImport) -> bool:
        progress.close()
        if invocation.for_people:
            invocation.write_out(invocation.view.account_import(report), end="\n\n")
        if not (yes or sys.stdin.isatty()):
            raise _needs_a_yes("there is no terminal to ask on")
        return yes or _answer(invocation, report)

    progress = invocation.progress()
    try:
        report = import_account(invocation.open(hook=progress), options, approve)
    except KeyboardInterrupt:
        raise InterruptedRunError(
            "interrupted; each stack is written whole or not at all",
            hint="engine import --all goes on with what is left",
        ) from None
    finally:
        progress.close()
    if report.stacks and not report.written:
        invocation.write_err("Import cancelled. Nothing was written.")
        return 1
    invocation.write_out(invocation.view.account_import(report))
    if report.written:
        shows = "what it creates" if report.new else "that nothing changes"
        invocation.write_note(f"engine plan shows {shows}.")
    return 0


def _needs_a_yes(why: str) -> UsageError:
    """The error of an import without a yes and a way to ask."""
    return UsageError(
        f"engine import --all needs a yes, and {why}",
        cause="Nothing was written.",
        hint="--yes writes the files without a question; they are new files, so that version "
        "control shows them and deleting them takes them back",
    )


def _answer(invocation: Invocation, report: AccountImport) -> bool:
    from engine.views.text.imports import import_question

    return answer(invocation, import_question(report)).lower() in _YES
