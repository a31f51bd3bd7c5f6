"""Finding what is wrong with the accounts that declarations name, and with references across them.

Accounts are compared as they are written. An id and a reference may be the same account, so they
are not taken to differ.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.catalog.loader import type_name
from engine.errors import Problem
from engine.schema.resource_type import Schemas
from engine.stack.model import Declaration, Lookup, Stack
from engine.stack.source_lines import problem_of
from engine.values.paths import Path as LeafPath
from engine.values.paths import dotted, get_path
from engine.values.targets import AttributeTarget, OutputTarget
from engine.values.templates import has_reference, is_reference, targets_in

_ACCOUNT = re.compile(r"acct_[A-Za-z0-9]+")
_NOT_NESTED = (
    "a connected account has no connected accounts; leave this stack out of the fleet's stacks"
)
_BY_ID = 'write lifecycle=Lifecycle(account="acct_..."): lookups are read before anything is made'


def account_problems(stack: Stack, schemas: Schemas, root: Path, own: str) -> Iterator[Problem]:
    """Yield accounts that are none, or that cannot have an object, and references across accounts.

    Args:
        stack: The evaluated module.
        schemas: Resource types by name.
        root: Project folder, to find the exact line of an argument.
        own: The key's own account; empty if that is not known.
    """
    named = [entry for entry in stack.declarations.values() if entry.lifecycle.account]
    for declaration in named:
        kind = schemas[declaration.type]
        wrong = _what_is_wrong(declaration, schemas)
        if wrong is not None:
            yield problem_of(declaration, ("lifecycle",), root, *wrong, "bad-account")
        elif kind.life.own_account_only and declaration.lifecycle.account != own:
            message = f"a connected account cannot have a {kind.title}"
            yield problem_of(
                declaration,
                ("lifecycle",),
                root,
                message,
                kind.life.own_account_only,
                "not-on-account",
            )
    looked_up = [lookup for lookup in stack.lookups.values() if lookup.account]
    for lookup in looked_up:
        if not isinstance(lookup.account, str) or not _ACCOUNT.fullmatch(lookup.account):
            message = f"lookup on {lookup.account!r}: it takes an account that exists"
            yield problem_of(lookup, ("lifecycle",), root, message, _BY_ID, "bad-account")
    for declaration in stack.declarations.values() if named or looked_up else ():
        yield from _references(declaration, stack, schemas, root, own)


def account_problems_between(
    stacks: Sequence[Stack], schemas: Schemas, root: Path, own: str
) -> Iterator[Problem]:
    """Yield references across accounts by way of an output of another stack.

    Args:
        stacks: The evaluated modules.
        schemas: Resource types by name.
        root: Project folder.
        own: The key's own account; empty if that is not known.
    """
    by_name = {stack.name: stack for stack in stacks}
    for stack in stacks:
        for declaration in stack.declarations.values() if stack.reads_outputs_of else ():
            for path, target in declaration.references:
                if isinstance(target, OutputTarget):
                    yield from _by_output(declaration, path, target, by_name, schemas, root, own)


def _what_is_wrong(declaration: Declaration, schemas: Schemas) -> tuple[str, str] | None:
    """Why what a lifecycle names cannot be an account, with a hint; None if it can."""
    account = declaration.lifecycle.account
    hint = (
        "it takes the id of a connected account, 'acct_...', an Account that is declared, or a "
        "reference to the id of one"
    )
    if not isinstance(account, str):
        return f"lifecycle account cannot be {account!r}", hint
    if _ACCOUNT.fullmatch(account):
        return None
    target = next(targets_in(account), None)
    if not is_reference(account) or target is None:
        return f"lifecycle account cannot be {account!r}", hint
    if isinstance(target, AttributeTarget) and not _is_account(target, schemas):
        return f"lifecycle account is {target}, which is no account", hint
    return None


def foreign_account_problems(stack: Stack, root: Path, connected: str) -> Iterator[Problem]:
    """Yield what names an account, where every request is for a connected account.

    Args:
        stack: The evaluated module.
        root: Project folder, to find the exact line of an argument.
        connected: The connected account; empty if requests are for the key's own.
    """
    if not connected:
        return
    entries: list[Declaration | Lookup] = [*stack.declarations.values(), *stack.lookups.values()]
    for entry in entries:
        found = entry.lifecycle.account if isinstance(entry, Declaration) else entry.account
        if found and found != connected:
            message = f"it is on account {found}, and this run is for {connected} alone"
            yield problem_of(entry, ("lifecycle",), root, message, _NOT_NESTED, "bad-account")


def _is_account(target: AttributeTarget, schemas: Schemas) -> bool:
    """Whether an attribute holds the id of an account; one that does not exist is no matter."""
    kind = schemas.get(target.address.type)
    if kind is None or target.attribute == "id":
        return kind is None or kind.life.is_account
    attribute = kind.root.at(target.path)
    other = schemas.get(type_name(attribute.reference)) if attribute is not None else None
    return attribute is None or (other is not None and other.life.is_account)


def _references(
    declaration: Declaration, stack: Stack, schemas: Schemas, root: Path, own: str
) -> Iterator[Problem]:
    for path, target in declaration.references:
        if not isinstance(target, AttributeTarget) or target.attribute != "id":
            continue
        theirs = _account_at(stack, str(target.address))
        if theirs is None or not _needs_same(schemas, declaration, path, target.address.type):
            continue
        mine = declaration.lifecycle.account
        if _differ(mine, theirs, own):
            yield _across(declaration, path, root, str(target.address), mine, theirs)


def _account_at(stack: Stack, address: str) -> Any:
    """The account of what is declared or looked up at an address; None if nothing is."""
    declaration, lookup = stack.declarations.get(address), stack.lookups.get(address)
    if declaration is not None:
        return declaration.lifecycle.account
    return None if lookup is None else lookup.account


def _by_output(
    declaration: Declaration,
    path: LeafPath,
    target: OutputTarget,
    stacks: Mapping[str, Stack],
    schemas: Schemas,
    root: Path,
    own: str,
) -> Iterator[Problem]:
    source = stacks.get(target.stack)
    output = source.outputs.get(target.name) if source is not None else None
    value = get_path(output.value, target.path) if output is not None else None
    named = next(targets_in(value), None)
    if source is None or not is_reference(value):
        return
    if not isinstance(named, AttributeTarget) or named.attribute != "id":
        return
    other = source.declarations.get(str(named.address))
    if other is None or not _needs_same(schemas, declaration, path, named.address.type):
        return
    mine, theirs = declaration.lifecycle.account, other.lifecycle.account
    # References of two stacks are spelled differently, so only what is absent or an id compares.
    spelled = not mine or not theirs or not (has_reference(mine) or has_reference(theirs))
    if spelled and _differ(mine, theirs, own):
        yield _across(declaration, path, root, f"{source.name}:{other.address}", mine, theirs)


def _needs_same(schemas: Schemas, declaration: Declaration, path: LeafPath, named: str) -> bool:
    """Whether a field takes an object of its own account only."""
    attribute = schemas[declaration.type].root.at(path)
    if attribute is None or not attribute.reference:
        return False  # text, such as metadata
    life = schemas[named].life
    whole = is_reference(get_path(declaration.arguments, path))
    return whole and not (life.is_account or life.named_across_accounts)


def _differ(mine: Any, theirs: Any, own: str) -> bool:
    """Whether two accounts are certainly two; what is no text is a finding already."""
    if not isinstance(mine, str) or not isinstance(theirs, str):
        return False
    mine, theirs = ("" if account == own else account for account in (mine, theirs))
    if mine == theirs:
        return False
    return not mine or not theirs or has_reference(mine) == has_reference(theirs)


def _across(
    declaration: Declaration, path: LeafPath, root: Path, other: str, mine: str, theirs: str
) -> Problem:
    message = (
        f"{dotted(path)} names {other}, which is on {_shown(theirs)}, and this is on "
        f"{_shown(mine)}: an account sees its own objects alone"
    )
    hint = f"put both on one account, or declare one like {other} on {_shown(mine)}"
    if other.startswith("data."):
        hint = f"look it up on {_shown(mine)}: lookup(..., lifecycle=Lifecycle(account=...))"
    return problem_of(declaration, path, root, message, hint, "across-accounts")


def _shown(account: str) -> str:
    if not account:
        return "the key's own account"
    target = next(targets_in(account), None)
    return f"account {account if target is None else target}"
