"""Names for the stacks of an import: none that is in use, in whatever environment."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping

from engine.address import is_logical_name
from engine.errors import UsageError
from engine.operations.run.context import Context
from engine.stack.loader import stack_files

DEFAULT = "imported"


def names_in_use(context: Context) -> frozenset[str]:
    """Names of stacks with a module, a state, a journal, a pending import or a held lock."""
    backend = context.backend
    environments = {*backend.environments(), context.environment}
    return frozenset(
        {
            *stack_files(context.settings.stacks),
            *(name for one in environments for name in backend.stacks(one)),
            *(name for one in environments for name in backend.pending_imports(one)),
            *(lock.stack for lock in backend.held_locks()),
        }
    )


def free_names(wanted: Collection[str], used: Collection[str]) -> Mapping[str, str]:
    """Names that are not in use: the wanted ones, or those with a number."""
    found: dict[str, str] = {}
    for name in wanted:
        numbered = itertools.chain([name], (f"{name}_{number}" for number in itertools.count(2)))
        found[name] = next(one for one in numbered if one not in used)
    return found


def check_name(name: str) -> None:
    """Refuse a name that no stack can have.

    Raises:
        UsageError: if it is such a name.
    """
    if not is_logical_name(name):
        raise UsageError(
            f"{name!r} cannot name a stack", hint="stacks are named [a-z0-9][a-z0-9_-]*"
        )
