"""`engine state restore STACK@41`: store what an earlier state says under a new serial."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from engine.errors import StateError, UsageError
from engine.frozen import frozen
from engine.operations.cross_checks.transfers import with_givers
from engine.operations.plan import plan_session
from engine.operations.run.context import Context
from engine.operations.run.opening import open_session
from engine.operations.state_edit.checks import check_finished, check_stored
from engine.operations.state_keep.versions import version_of
from engine.operations.validate import graphs_to_plan
from engine.plan.inputs.options import PlanOptions
from engine.plan.inputs.ownership import key_of
from engine.plan.model import PlanReport
from engine.state.model import State


@frozen
class Restoring:
    """What a person is asked about.

    Attributes:
        version: The earlier state.
        newest: The state that is stored.
        unrecorded: Objects that the stored state records and the earlier one does not know.
        plan: What the next plan would do.
    """

    version: State
    newest: State
    unrecorded: tuple[str, ...]
    plan: PlanReport


def restore_state(
    context: Context,
    stack: str,
    serial: int,
    approve: Callable[[Restoring], bool],
    *,
    forget: bool = False,
    lock_timeout: float = 0.0,
) -> State | None:
    """Store an earlier state again, as a new serial. Stripe is read, and not changed.

    Args:
        context: The run's ports.
        stack: The stack.
        serial: Of the earlier state.
        approve: Asks a person, who is shown the plan.
        forget: Also if it does not know objects that the stored state records.
        lock_timeout: Seconds to wait for another run.

    Returns:
        The state as written; None if the person did not agree.

    Raises:
        UsageError: if there is no such state, it is the newest, or objects would be forgotten.
        StateError: if a run or an import is unfinished, or the lineage is another.
        LockHeldError: if another run works on the stack, or a person locked it.
    """
    _check_finished(context, stack)
    options = PlanOptions()
    graphs = with_givers(context, graphs_to_plan(context, (stack,), destroy=False), options)
    with open_session(
        context, graphs, operation="state restore", lock_timeout=lock_timeout
    ) as session:
        newest = session.loaded[stack]
        if newest is None or stack in session.recovered:
            raise StateError(
                f"the state of {context.environment}/{stack} changed meanwhile",
                hint=f"run engine state history {stack} and begin again; nothing was restored",
            )
        version = version_of(context, stack, serial)
        _check(version, newest)
        unrecorded = _unrecorded(version, newest, forget=forget)
        restored = dataclasses.replace(version, serial=newest.serial, applied="")
        session.states[stack] = restored
        restoring = Restoring(
            version=version,
            newest=newest,
            unrecorded=unrecorded,
            plan=plan_session(session, options),
        )
        return session.save(restored) if approve(restoring) else None


def _check_finished(context: Context, stack: str) -> None:
    """Refuse a stack that has no state, or a run or an import that has not finished.

    Raises:
        UsageError: if it has no state.
        StateError: if something is unfinished.
    """
    check_stored(context, stack)
    check_finished(context, stack)
    if context.backend.read_import(stack, context.environment) is not None:
        raise StateError(
            f"an import of {context.environment}/{stack} was interrupted",
            hint=f"run engine plan {stack} first: it finishes the import",
        )


def _check(version: State, newest: State) -> None:
    """Refuse a state that is no earlier one of the same lineage and account.

    Raises:
        UsageError: if it is the newest one.
        StateError: if it is of another lineage or account.
    """
    place = f"{newest.environment}/{newest.stack}"
    if version.serial == newest.serial:
        raise UsageError(
            f"serial {version.serial} is the newest state of {place}: nothing to restore",
            hint=f"engine state history {newest.stack} shows the earlier ones",
        )
    for what, old, new in (
        ("lineage", version.lineage, newest.lineage),
        ("account", version.account_id, newest.account_id),
        ("mode", version.livemode, newest.livemode),
    ):
        if old and new and old != new:
            raise StateError(
                f"serial {version.serial} of {place} is of {what} {old}, and the stored state of "
                f"{new}",
                hint="they manage different objects; nothing was restored",
            )


def _unrecorded(version: State, newest: State, *, forget: bool) -> tuple[str, ...]:
    """Objects of the stored state that the earlier one does not know.

    Raises:
        UsageError: if there are any, unless they may be forgotten.
    """
    known = {key_of(entry) for entry in version.resources.values()}
    found = tuple(
        f"{address} [{entry.id}]"
        for address, entry in sorted(newest.resources.items())
        if key_of(entry) not in known
    )
    if found and not forget:
        raise UsageError(
            f"serial {version.serial} of {version.stack} does not know {', '.join(found)}",
            cause="The stored state records them. Restored, no state would, and they would "
            "stay on Stripe without an owner until they are imported or rebuilt.",
            hint=f"engine state show {version.stack}@{version.serial} shows what it knows; "
            "--forget restores it all the same",
        )
    return found
