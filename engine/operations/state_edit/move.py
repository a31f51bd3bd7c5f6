"""`engine state mv`: give resources to another stack, or another address; nothing is sent."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from engine.address import ResourceAddress, parse_address
from engine.errors import GuardError, UsageError
from engine.frozen import frozen
from engine.operations.run.context import Context
from engine.operations.run.opening import open_session
from engine.operations.run.orphans import empty_graph
from engine.operations.run.session import Session
from engine.operations.state_edit.checks import (
    Modules,
    check_finished,
    check_known,
    check_stored,
    not_recorded,
)
from engine.operations.state_edit.children import with_children
from engine.operations.state_edit.secrets import MovingSecrets, known_secrets
from engine.plan.inputs.handover import Handover
from engine.plan.inputs.ownership import key_of
from engine.ports.reports import Moved, MovedResource
from engine.state.model import State

_OPERATION = "state mv"


@frozen
class MoveOptions:
    """The options of `engine state mv`.

    Attributes:
        children: Resources that belong to those that move, for good, move too.
        force: What the modules declare does not matter.
        lock_timeout: Seconds to wait for another run.
    """

    children: bool = False
    force: bool = False
    lock_timeout: float = 0.0


def rename_resource(
    context: Context,
    stack: str,
    old: ResourceAddress,
    new: ResourceAddress,
    options: MoveOptions,
) -> State:
    """Give a resource another address in the state of its stack.

    Args:
        context: The run's ports.
        stack: The stack whose state has it.
        old: Its address.
        new: The address it gets.
        options: What the person asked for.

    Returns:
        The state as written.

    Raises:
        UsageError: if it is not in the state, or the new address is taken, of another type or not
            declared.
        StackError: if the module cannot be evaluated.
        LockHeldError: if another run works on the stack.
        StateError: if the state cannot be trusted or written.
    """
    modules = Modules(context, (stack,), force=options.force)
    check_stored(context, stack)
    check_finished(context, stack)
    with open_session(
        context, (empty_graph(stack),), operation=_OPERATION, lock_timeout=options.lock_timeout
    ) as run:
        state = run.states[stack]
        if state.at(old) is None:
            raise not_recorded(context, state, old)
        check_types(context, {old: new})
        if (there := state.at(new)) is not None:
            raise UsageError(
                f"{new} is {there.id} already",
                hint=f"release that one first: engine state rm {new}",
            )
        modules.check_declared(stack, (new,))
        modules.check_gone(stack, (old,), f"rename it to {new.name} there")
        handover = Handover(giver=state, receiver=state, moves={old: new}, schemas=context.schemas)
        secrets = MovingSecrets(context.sink, handover)
        secrets.copy()
        written = run.save(state.with_move(old, new))
        secrets.forget()
        return written


def move_resources(
    context: Context,
    giver: str,
    receiver: str,
    moves: Mapping[ResourceAddress, ResourceAddress],
    options: MoveOptions,
) -> Moved:
    """Give resources of one stack to another stack.

    The receiver's state is written first. A run that ends between the two writes leaves both with a
    record of the same objects, and the same command finishes it.

    Args:
        context: The run's ports.
        giver: The stack that has them.
        receiver: The stack that gets them.
        moves: The addresses they get there, by the addresses they have.
        options: What the person asked for.

    Raises:
        UsageError: if one is not in the giver's state; if its new address is taken, of another type
            or not declared; or if the giver's module declares it still.
        StackError: if a module cannot be evaluated.
        LockHeldError: if another run works on one of the stacks, or one has a held lock.
        GuardError: if the states are of different accounts.
        SecretSinkError: if a secret cannot be kept under its new name.
        StateError: if a state cannot be trusted or written.
    """
    both = (giver, receiver)
    modules = Modules(context, both, force=options.force)
    check_stored(context, giver)
    check_known(context, receiver)
    check_finished(context, *both)
    with open_session(
        context,
        tuple(map(empty_graph, both)),
        operation=_OPERATION,
        lock_timeout=options.lock_timeout,
    ) as run:
        source, target = run.states[giver], run.states[receiver]
        if options.children:
            all_of_them = with_children(source, context.schemas, tuple(moves))
            moves = {**{(at := parse_address(old)): at for old in all_of_them}, **moves}
        for old, new in moves.items():
            if source.at(old) is None and target.at(new) is None:
                raise not_recorded(context, source, old)
        check_types(context, moves)
        check_free(source, target, moves)
        left = [old for old in moves if source.at(old) is not None]
        modules.check_declared(receiver, [moves[old] for old in left])
        modules.check_gone(giver, left, f"take it out of stacks/{giver}.py first")
        return hand_over(run, source, target, moves, modules)


def hand_over(
    run: Session,
    source: State,
    target: State,
    moves: Mapping[ResourceAddress, ResourceAddress],
    modules: Modules,
    *,
    ends: bool = False,
) -> Moved:
    """Write the states of both stacks, and let the secrets follow.

    Args:
        run: The session that holds both states.
        source: The state of the giver.
        target: The state of the receiver.
        moves: The new addresses, by the old ones.
        modules: What the modules declare.
        ends: The giver has no module: its outputs move too, and its state goes.
    """
    context = run.context
    stacks = tuple(modules.stacks.values())
    handover = Handover(
        giver=source,
        receiver=target,
        moves={str(old): str(new) for old, new in moves.items()},
        schemas=context.schemas,
        secrets=known_secrets(context.sink, source, context.schemas, stacks),
    )
    if not modules.force:
        _check_comparable(handover)
    secrets = MovingSecrets(context.sink, handover, outputs=ends)
    secrets.copy()
    after = handover.receiver_after()
    if ends:
        outputs = {**handover.outputs(), **after.outputs}
        after = dataclasses.replace(after, outputs=outputs, reads=handover.reads())
    run.save(after)
    if ends:
        context.backend.remove(source)
    else:
        run.save(handover.giver_after())
    secrets.forget()
    return Moved(
        environment=context.environment,
        giver=source.stack,
        receiver=target.stack,
        resources=tuple(_moved(context, handover, secrets)),
        already=tuple(new for old, new in moves.items() if target.at(new) is not None),
        ended=ends,
    )


def _moved(context: Context, handover: Handover, secrets: MovingSecrets) -> list[MovedResource]:
    unknown = handover.unknown()
    return [
        MovedResource(
            type=entry.type,
            id=entry.id,
            account=entry.account,
            old=old,
            new=new,
            stamped=not context.settings.ownership_stamp
            or not context.schemas[entry.type].has_metadata,
            secret=secrets.kept.get(new, ""),
            secret_left=secrets.left.get(new, ""),
            sent_again=new in unknown,
        )
        for old, new in sorted(handover.moves.items(), key=lambda pair: parse_address(pair[1]))
        if (entry := handover.giver.at(old)) is not None
    ]


def _check_comparable(handover: Handover) -> None:
    """Refuse secrets that the next plan could not compare with those that were sent.

    Raises:
        UsageError: for the first.
    """
    for new in handover.unknown():
        raise UsageError(
            f"{new} has a secret that cannot be compared with the one that was sent",
            cause="It was changed in the code meanwhile, or it cannot be read here: the next plan "
            "would send it again, or replace the object.",
            hint="apply the change before the move, or move where the secret sink and the "
            "variables are; --force moves it all the same",
        )


# ── checks ────────────────────────────────────────────────────────────────────────────────


def check_types(context: Context, moves: Mapping[ResourceAddress, ResourceAddress]) -> None:
    """Refuse new addresses that are not of the type of the old ones.

    Raises:
        UsageError: for the first.
    """
    for old, new in moves.items():
        if old.type != new.type or new.lookup:
            raise UsageError(
                f"{new} is no address for a {context.schemas[old.type].title}",
                hint=f"an object keeps its type: {old.type}.{new.name}",
            )


def check_free(
    source: State, target: State, moves: Mapping[ResourceAddress, ResourceAddress]
) -> None:
    """Refuse what the receiver cannot take: another object is there, or it has this one already.

    Raises:
        UsageError: for the first.
        GuardError: if the states are of different accounts.
    """
    pins = {(state.account_id, state.livemode) for state in (source, target) if state.account_id}
    if len(pins) > 1:
        raise GuardError(
            f"the states of {source.stack} and {target.stack} are of different accounts: "
            f"{source.account_id} and {target.account_id}",
            hint="an object stays on its account; nothing was changed",
        )
    recorded = {key_of(entry): address for address, entry in target.resources.items()}
    for old, new in moves.items():
        entry, there = source.at(old), target.at(new)
        if entry is None:
            continue
        if there is not None and key_of(there) != key_of(entry):
            raise UsageError(
                f"{new} is {there.id} in the state of {target.stack} already, not {entry.id}",
                hint="give it another address there, or forget one of the two: engine state rm "
                f"{target.stack}:{new}, engine state rm {source.stack}:{old}",
            )
        other = recorded.get(key_of(entry), new)
        if other != new:
            raise UsageError(
                f"{entry.id} is {other} in the state of {target.stack} already",
                hint=f"to keep it there: engine state rm {source.stack}:{old}",
            )
