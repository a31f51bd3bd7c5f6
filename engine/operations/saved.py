"""Saved plans: making one, and applying exactly it, or refusing.

What must not live here: how a plan file is written (`plan.planfile`), and where it is.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterator, Sequence

from engine.apply.events import ApplyReport
from engine.errors import GuardError
from engine.graph.build import ResourceGraph
from engine.operations.apply import conclude
from engine.operations.context import Context
from engine.operations.holders import find_holders
from engine.operations.plan import plan_session
from engine.operations.refresh import read_all
from engine.operations.session import Session, session, session_of
from engine.operations.unfinished import secrets_of
from engine.operations.validate import load_graphs
from engine.plan.basis import Seen, bind, look, what_moved, who_moved
from engine.plan.codec import has_sealed, with_secrets
from engine.plan.document import wanted_with_secrets
from engine.plan.model import Plan, PlanReport
from engine.plan.options import PlanOptions
from engine.plan.planfile import SavedPlan, SavedStack
from engine.provider.base import Account, RemoteObject, id_of
from engine.provider.schema import ResourceType
from engine.state.codec import state_digest
from engine.state.model import new_state
from engine.values import OutputTarget

_AGAIN = "run engine plan -o again and apply what it writes; nothing was changed"
_MODES = {True: "live mode", False: "test mode", None: "a mode that Stripe does not tell"}


# ── making one ────────────────────────────────────────────────────────────────────────────


def plan_to_save(
    context: Context, names: Sequence[str], options: PlanOptions
) -> tuple[PlanReport, SavedPlan]:
    """Plan stacks, and write down what the plans were made from.

    Args:
        context: The run's ports.
        names: Stacks asked for; none means all.
        options: What the person asked for.

    Raises:
        EngineError: whatever keeps a plan from being made.
    """
    graphs = load_graphs(context, names)
    with session(context, graphs, operation="plan", lock_timeout=options.lock_timeout) as opened:
        report = dataclasses.replace(plan_session(opened, options), saved=True)
        by_name = {graph.stack.name: graph for graph in graphs}
        # Without a refresh nobody has asked yet whom the plan will be carried out for.
        account = opened.check_account()
        saved = SavedPlan(
            engine_version=context.engine_version,
            environment=report.environment,
            embedded=report.embedded,
            account_id=account.id,
            livemode=account.livemode,
            options=options,
            stacks=tuple(_bound(opened, plan, by_name[plan.stack]) for plan in report.plans),
            requests=report.requests,
        )
        return report, saved


def _bound(opened: Session, plan: Plan, graph: ResourceGraph) -> SavedStack:
    observed = opened.observed[plan.stack]
    outputs = {str(target): opened.kept_output(target) for target in observed.outputs}
    state, schemas = opened.states[plan.stack], opened.context.schemas
    basis = bind(plan, graph, state, observed, schemas, outputs)
    return SavedStack(plan=plan, basis=basis)


# ── applying one ──────────────────────────────────────────────────────────────────────────


def apply_saved(
    context: Context,
    saved: SavedPlan,
    approve: Callable[[PlanReport], bool],
    *,
    lock_timeout: float = 0.0,
) -> ApplyReport:
    """Carry out a saved plan, exactly it, or refuse.

    Args:
        context: The run's ports.
        saved: The plan.
        approve: Shown the plan, under the lock, once it is known that it still holds.
        lock_timeout: Seconds to wait for another run.

    Returns:
        What was planned and what became of it; failed operations are in there, not raised.

    Raises:
        GuardError: if it was made for another environment, account, mode or engine; if a state,
            an output or an object that it was made from has moved; if a secret in it is not known
            any more; or if a rule refuses it.
        LockHeldError: if another run works on one of the stacks.
        StateError: if a state cannot be trusted, or cannot be written.
        StackError: if a secret is needed, and the stack that declares it has problems.
        ProviderError: if Stripe refuses or cannot be reached.
    """
    _check_origin(context, saved)
    graph_of = functools.cache(lambda name: load_graphs(context, (name,))[0])
    names = [stack.plan.stack for stack in saved.stacks]
    with session_of(
        context, names, graph_of, operation="apply", lock_timeout=lock_timeout
    ) as opened:
        account = opened.check_account()
        _check_account(saved, account)
        for stack in saved.stacks:
            _check_state(opened, stack)
        plans = tuple(_filled(_still(opened, stack), graph_of) for stack in saved.stacks)
        report = dataclasses.replace(
            saved.report(),
            account_id=account.id,
            livemode=account.livemode,
            plans=plans,
            requests=opened.requests,
        )
        reads = {stack.plan.stack: stack.basis.reads for stack in saved.stacks}
        return conclude(opened, report, reads, approve)


def _check_origin(context: Context, saved: SavedPlan) -> None:
    if saved.environment != context.environment:
        raise GuardError(
            f"the saved plan is of environment {saved.environment!r}, and this run speaks to "
            f"{context.environment!r}",
            hint=f"add -e {saved.environment} if it is to be applied there; nothing was changed",
        )
    if saved.engine_version != context.engine_version:
        raise GuardError(
            f"the saved plan was made by engine {saved.engine_version}, and this is engine "
            f"{context.engine_version}",
            hint=_AGAIN,
        )


def _check_account(saved: SavedPlan, account: Account) -> None:
    if saved.account_id and account.id and saved.account_id != account.id:
        raise GuardError(
            f"the saved plan was made for account {saved.account_id}, but the key answers for "
            f"{account.id}",
            hint=f"use a key of {saved.account_id}; nothing was changed",
        )
    if None not in (saved.livemode, account.livemode) and saved.livemode != account.livemode:
        raise GuardError(
            f"the saved plan was made for {_MODES[saved.livemode]}, but the key is for "
            f"{_MODES[account.livemode]}",
            hint=f"use a key for {_MODES[saved.livemode]}; nothing was changed",
        )


def _check_state(opened: Session, stack: SavedStack) -> None:
    """Hold a plan against the state; a stack that had none begins with the plan's lineage."""
    plan, digest = stack.plan, stack.basis.digest
    stored = opened.loaded[plan.stack]
    where = f"{plan.environment}/{plan.stack}"
    made_from = f"serial {plan.serial} of lineage {plan.lineage}" if digest else "no state"
    if stored is None and not digest:
        opened.states[plan.stack] = new_state(plan.stack, plan.environment, plan.lineage)
        return
    is_now = f"serial {stored.serial} of lineage {stored.lineage}" if stored else "no state"
    if (
        stored is None
        or not digest
        or (plan.lineage, plan.serial)
        != (
            stored.lineage,
            stored.serial,
        )
    ):
        raise _stale(
            opened,
            plan,
            f"{where}: the saved plan was made from {made_from}, and there is {is_now} now",
        )
    if digest != state_digest(stored):
        raise _stale(
            opened,
            plan,
            f"{where}: the state is another one than the saved plan was made from, although both "
            f"are {made_from}",
        )


def _stale(opened: Session, plan: Plan, message: str) -> GuardError:
    before = opened.recovered.get(plan.stack)
    cause = (
        None
        if before is None
        else "An earlier run had not finished. What it did was recorded just now, which took the "
        f"state from serial {before} on."
    )
    return GuardError(message, cause=cause, hint=_AGAIN)


# ── whether it still holds ────────────────────────────────────────────────────────────────


def _still(opened: Session, stack: SavedStack) -> Plan:
    """A plan that nothing has moved away from, with the objects it looks up as they are.

    Raises:
        GuardError: naming everything that moved.
    """
    plan, basis = stack.plan, stack.basis
    moved = list(_moved_outputs(opened, stack))
    actual = _read(opened, stack)
    for was in basis.seen:
        kind = opened.context.schemas[was.type]
        found = actual.get((was.type, was.account, was.id))
        probed = _probed(opened, kind, was)
        moved.append(what_moved(was, look(was, kind, found, plan.lineage, probed=probed)))
    if basis.sought:
        holders = find_holders(opened.provider, opened.context.schemas, basis.sought)
        for sought in basis.sought:
            holder = holders.get(str(sought.address))
            kind = opened.context.schemas[sought.type]
            moved.append(who_moved(sought, id_of(holder) if holder is not None else "", kind))
    first, *others = [text for text in moved if text] or [""]
    if first:
        raise GuardError(
            f"the saved plan does not hold any more: {first}",
            cause="\n".join(others) or None,
            hint=_AGAIN,
        )
    lookups = {
        str(was.address): actual[was.type, was.account, was.id]
        for was in basis.seen
        if was.address.lookup
    }
    return dataclasses.replace(plan, lookups=lookups)


def _read(opened: Session, stack: SavedStack) -> dict[tuple[str, str, str], RemoteObject]:
    places = dict.fromkeys((was.type, was.account, was.id) for was in stack.basis.seen)
    if places:
        opened.context.hook.refreshing(stack.plan.stack, len(places))
    return read_all(opened, opened.context.schemas, places)


def _probed(opened: Session, kind: ResourceType, was: Seen) -> bool | None:
    probe = next((way.unless for way in kind.removals if way.unless is not None), None)
    if was.probed is None or probe is None:
        return None
    return opened.provider.exists(probe, was.id, account=was.account)


def _moved_outputs(opened: Session, stack: SavedStack) -> Iterator[str]:
    for text, was in stack.basis.outputs.items():
        _, name, output = text.split(".")
        if opened.kept_output(OutputTarget(name, output)) != was:
            yield (
                f"output {output} of stack {name}, which {stack.plan.stack} reads, is another than "
                "when the plan was made"
            )


# ── its secrets ───────────────────────────────────────────────────────────────────────────


def _filled(plan: Plan, graph_of: Callable[[str], ResourceGraph]) -> Plan:
    """A plan with the secrets that its stack declares in place of their fingerprints.

    Raises:
        GuardError: if one is not declared any more.
    """
    wanted = plan.wanted_outputs or {}
    if not has_sealed(
        [[step.params for step in plan.steps], [value for value, _ in wanted.values()]]
    ):
        return plan
    secrets = secrets_of(graph_of(plan.stack), plan.lineage)
    steps = tuple(
        dataclasses.replace(step, params=with_secrets(step.params, secrets)) for step in plan.steps
    )
    outputs = wanted_with_secrets(plan.wanted_outputs, secrets)
    unknown = [str(step.address) for step in steps if has_sealed(step.params)]
    unknown += [
        f"output {name}" for name, (value, _) in (outputs or {}).items() if has_sealed(value)
    ]
    if unknown:
        raise GuardError(
            f"the saved plan sends a secret of {unknown[0]} that stack {plan.stack} does not "
            "declare any more",
            cause="Secrets are not kept in plan files: they are read from the stack again, and "
            "known by their fingerprints.",
            hint="set the variables that it comes from as they were when the plan was made "
            f"(ENGINE_VAR_NAME), or {_AGAIN}",
        )
    return dataclasses.replace(plan, steps=steps, wanted_outputs=outputs)
