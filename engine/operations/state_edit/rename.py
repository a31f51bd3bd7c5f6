"""`engine state mv OLD: NEW:`: a stack whose module was renamed, or became part of another one."""

from __future__ import annotations

import dataclasses

from engine.address import parse_address
from engine.errors import UsageError
from engine.operations.run.context import Context
from engine.operations.run.opening import open_session
from engine.operations.run.orphans import empty_graph
from engine.operations.run.session import Session
from engine.operations.state_edit.checks import Modules, check_finished, check_stored
from engine.operations.state_edit.move import MoveOptions, check_free, hand_over
from engine.operations.state_edit.secrets import MovingSecrets
from engine.plan.inputs.handover import Handover
from engine.ports.reports import Moved, MovedResource
from engine.stack.loader import stack_files
from engine.state.model import State
from engine.suggest import nearest


def move_stack(context: Context, old: str, new: str, options: MoveOptions) -> Moved:
    """Give all that a stack manages to another one; nothing is sent to Stripe.

    If the old stack has no module any more and the new one no state yet, the state gets the new
    name and keeps its lineage, so that the stamps of its objects stay valid. Otherwise the
    resources move, and the old state goes if its stack has no module. Either way the new state is
    written first: an interrupted run leaves both, and the same command finishes it.

    Args:
        context: The run's ports.
        old: The stack that has the resources.
        new: The stack that gets them.
        options: What the person asked for.

    Raises:
        UsageError: if `old` has no state or `new` no module; if an address is not declared in the
            new module, is declared in the old one still, or is taken.
        StackError: if a module cannot be evaluated.
        LockHeldError: if another run works on one of the stacks, or one has a held lock.
        GuardError: if the states are of different accounts.
        SecretSinkError: if a secret cannot be kept under the new name.
        StateError: if a state cannot be trusted or written.
    """
    files = stack_files(context.settings.stacks)
    if old == new:
        raise UsageError(f"{old}: is both the old and the new name")
    if old not in files and (finished := _finished(context, old, new)) is not None:
        return finished
    check_stored(context, old)
    if new not in files and old in files:
        raise UsageError(
            f"stacks/{old}.py still declares stack {old}",
            hint=f"rename the module first, to stacks/{new}.py",
        )
    if new not in files and not options.force:
        near = nearest(new, tuple(files))
        raise UsageError(
            f"there is no module stacks/{new}.py",
            hint=f"did you mean {near}:?" if near else f"put the renamed module at stacks/{new}.py",
        )
    modules = Modules(context, (old, new), force=options.force)
    check_finished(context, old, new)
    with open_session(
        context,
        (empty_graph(old), empty_graph(new)),
        operation="state mv",
        lock_timeout=options.lock_timeout,
    ) as run:
        source, target = run.states[old], run.loaded[new]
        modules.check_gone(old, source.resources, f"take it out of stacks/{old}.py first")
        modules.check_declared(new, source.resources)
        ends = old not in files
        if ends and (target is None or target.lineage == source.lineage):
            return _rename(run, source, target, new)
        addresses = map(parse_address, {**source.resources, **source.removed})
        moves = {address: address for address in addresses}
        check_free(source, run.states[new], moves)
        return hand_over(run, source, run.states[new], moves, modules, ends=ends)


def _finished(context: Context, old: str, new: str) -> Moved | None:
    """What is left of a run that was cut off behind its last write: secrets under the old names."""
    stored = context.backend.stacks(context.environment)
    ended = old not in stored and new in stored
    target = context.backend.read(new, context.environment) if ended else None
    if target is None:
        return None
    handover = Handover(
        giver=dataclasses.replace(target, stack=old),
        receiver=target,
        moves={address: address for address in target.resources},
        schemas=context.schemas,
    )
    left = MovingSecrets(context.sink, handover, outputs=True).forget()
    return (
        Moved(environment=context.environment, giver=old, receiver=new, ended=True)
        if left
        else None
    )


def _rename(run: Session, source: State, target: State | None, new: str) -> Moved:
    """Give a state another name; if it has that already, an earlier run was cut off there."""
    context = run.context
    renamed = dataclasses.replace(source, stack=new, serial=source.serial + 1)
    receiver = target or dataclasses.replace(renamed, resources={}, outputs={})
    handover = Handover(
        giver=source,
        receiver=receiver,
        moves={address: address for address in source.resources},
        schemas=context.schemas,
    )
    secrets = MovingSecrets(context.sink, handover, outputs=True)
    secrets.copy()
    if target is None:
        context.backend.write(renamed, expected=None)
    context.backend.remove(source)
    secrets.forget()
    return Moved(
        environment=context.environment,
        giver=source.stack,
        receiver=new,
        resources=tuple(
            MovedResource(
                type=entry.type,
                id=entry.id,
                account=entry.account,
                old=address,
                new=address,
                stamped=True,
                secret=secrets.kept.get(address, ""),
                secret_left=secrets.left.get(address, ""),
            )
            for address, entry in sorted(source.resources.items())
        ),
        ended=True,
        renamed=True,
    )
