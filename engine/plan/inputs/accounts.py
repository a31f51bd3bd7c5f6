"""The connected account of a declared resource: an id, or a reference to what the apply makes.

An account that cannot be resolved yet stays the text of its reference, which the apply resolves
before it sends anything. Nothing can be on such an account, so nothing is read there.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from typing import Any

from engine.errors import Problem, StackError
from engine.graph.build import ResourceGraph
from engine.stack.model import Declaration
from engine.values.markers import UNKNOWN
from engine.values.targets import Target
from engine.values.templates import has_reference, resolve

_ACCOUNT = re.compile(r"acct_[A-Za-z0-9]+")


def is_known(account: str) -> bool:
    """Whether an account exists, so that it is no reference to one that the apply makes."""
    return not has_reference(account)


def is_account_id(value: object) -> bool:
    """Whether a value is the id of an account."""
    return isinstance(value, str) and _ACCOUNT.fullmatch(value) is not None


def same_as_own(account: str, own: str) -> str:
    """An account; empty if it is the key's own.

    Args:
        account: Its id, or empty.
        own: The key's own account; empty if it is not known.
    """
    return "" if account == own else account


def on_account(
    declaration: Declaration, value_of: Callable[[Target], Any], own: str
) -> Declaration:
    """A declaration with its account resolved, as far as that is known.

    Args:
        declaration: The resource.
        value_of: The value that a reference names, UNKNOWN if it is known after the apply only.
        own: The key's own account; empty if it is not known.

    Raises:
        StackError: if what it refers to is no account.
    """
    written = declaration.lifecycle.account
    if not written:
        return declaration
    found = resolve(written, value_of)
    if found is UNKNOWN:
        return declaration
    if not is_account_id(found):
        raise StackError((_no_account(declaration, found),))
    lifecycle = dataclasses.replace(declaration.lifecycle, account=same_as_own(found, own))
    return dataclasses.replace(declaration, lifecycle=lifecycle)


def with_accounts(
    graph: ResourceGraph, value_of: Callable[[Target], Any], own: str
) -> ResourceGraph:
    """A graph whose declarations have their accounts resolved, as far as those are known.

    Args:
        graph: What is declared.
        value_of: As for `on_account`.
        own: As for `on_account`.

    Raises:
        StackError: if what one refers to is no account.
    """
    if not graph.accounts:
        return graph
    declared = graph.declarations
    resolved = {name: on_account(declared[name], value_of, own) for name in graph.accounts}
    stack = dataclasses.replace(graph.stack, declarations={**declared, **resolved})
    return dataclasses.replace(graph, stack=stack)


def _no_account(declaration: Declaration, found: object) -> Problem:
    location = declaration.location
    via = f" (from {location.via})" if location.via else ""
    shown = repr(found) if isinstance(found, str) else "no text"
    return Problem(
        location.file,
        location.line,
        f"{declaration.address}: lifecycle account is {declaration.lifecycle.account}, which is "
        f"{shown} and no account{via}",
        "it takes the id of a connected account, 'acct_...'",
        "bad-account",
    )
