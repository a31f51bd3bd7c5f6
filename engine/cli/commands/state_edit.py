"""`engine state mv` and `engine state rm`: edit states by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from engine.address import Place, parse_place
from engine.cli.command import EngineCommand
from engine.cli.completion import complete_addresses, complete_stacks
from engine.cli.invocation import Invocation, pass_invocation
from engine.cli.planning_options import lock_timeout_option, variable_options
from engine.cli.writing import answer, need_consent
from engine.errors import UsageError
from engine.suggest import nearest

if TYPE_CHECKING:
    from engine.address import ResourceAddress
    from engine.operations.run.context import Context
    from engine.operations.state_edit.move import MoveOptions
    from engine.ports.reports import Moved
    from engine.state.model import State

_FORMS = "engine state mv OLD NEW, STACK:ADDR OTHER:ADDR, STACK:ADDR... OTHER:, or OLD: NEW:"

stack_option = click.option(
    "--stack",
    metavar="STACK",
    help="The stack of addresses without one, where several have them.",
    shell_complete=complete_stacks,
)


@click.command("mv", cls=EngineCommand)
@click.argument("places", nargs=-1, metavar="SOURCE... TARGET", shell_complete=complete_addresses)
@stack_option
@click.option(
    "--with-children",
    is_flag=True,
    help="Move what belongs to them for good too: a product's prices, a coupon's codes.",
)
@click.option("--force", is_flag=True, help="Do not ask what the modules declare.")
@variable_options
@lock_timeout_option
@pass_invocation
def move(
    invocation: Invocation,
    places: tuple[str, ...],
    *,
    stack: str | None,
    with_children: bool,
    force: bool,
    lock_timeout: float,
) -> None:
    r"""Give resources another address, or another stack, in the state.

    Nothing is sent to Stripe. First move the declarations in the modules, then their resources
    here; the next plan is then without a change. moved(OLD, NEW) in the stack does the same,
    reviewed and in every environment.

    A resource of another stack is STACK:ADDR, and all of a stack is STACK:. An address that the
    modules do not declare as the new one, or declare as the old one still, is refused.

    \b
    Examples:
      engine state mv stripe_price.monthly stripe_price.pro-monthly
      engine state mv shop:stripe_coupon.sale discounts:stripe_coupon.spring
      engine state mv shop:stripe_coupon.sale shop:stripe_coupon.vip discounts:
      engine state mv shop:stripe_product.pro catalog: --with-children
      engine state mv billing: catalog:
    """
    from engine.operations.state_edit.move import MoveOptions

    *sources, target = _places(places)
    options = MoveOptions(children=with_children, force=force, lock_timeout=lock_timeout)
    if any(source.address is None for source in sources):
        _move_stack(invocation, sources, target, options)
        return
    addresses = [source.address for source in sources if source.address is not None]
    if target.address is not None and len(addresses) > 1:
        raise UsageError(
            "several resources keep their names, so the last word has to be a stack",
            hint=f"engine state mv {' '.join(places[:-1])} {target.stack or 'STACK'}:",
        )
    context = invocation.open(hook=invocation.progress())
    giver = _giver(context, sources, stack, target)
    moves = {address: target.address or address for address in addresses}
    if (target.stack or giver) == giver:
        _rename(invocation, context, giver, moves, options, to_stack=target.address is None)
    else:
        _move(invocation, context, giver, target.stack, moves, options)


def _places(words: Sequence[str]) -> list[Place]:
    if len(words) < 2:  # noqa: PLR2004 - a source and a target
        raise UsageError("state mv takes what is moved, and where to", hint=_FORMS)
    places = [parse_place(word) for word in words]
    for source in places[:-1]:
        if source.address is not None and source.address.lookup:
            raise UsageError(
                f"{source.address} is a lookup: it is read, and no state records it",
                hint="write the lookup in the module of the other stack too",
            )
    return places


def _move_stack(
    invocation: Invocation, sources: Sequence[Place], target: Place, options: MoveOptions
) -> None:
    from engine.operations.state_edit.rename import move_stack

    if len(sources) > 1 or target.address is not None:
        raise UsageError(
            "a whole stack moves alone, and to a stack",
            hint="engine state mv OLD: NEW:",
        )
    context = invocation.open(hook=invocation.progress())
    moved = move_stack(context, sources[0].stack, target.stack, options)
    if moved.renamed:
        place = context.backend.place(moved.receiver, context.environment)
        share = context.backend.how_to_share("both files")
        invocation.write_done(
            f"Stack {moved.giver} is now {moved.receiver}: {place}."
            + (f" {share}." if share else ""),
            invocation.view.moved(moved),
        )
    else:
        _show(invocation, context, moved)


def _rename(
    invocation: Invocation,
    context: Context,
    stack: str,
    moves: dict[ResourceAddress, ResourceAddress],
    options: MoveOptions,
    *,
    to_stack: bool,
) -> None:
    from engine.operations.state_edit.move import rename_resource

    ((old, new), *_) = moves.items()
    if to_stack:
        raise UsageError(f"{old} is in stack {stack} already", hint=_FORMS)
    if options.children:
        raise UsageError(
            "--with-children moves to another stack: within one nothing else gets a new name",
            hint=f"engine state mv {stack}:{old} OTHER: --with-children",
        )
    written = rename_resource(context, stack, old, new, options)
    invocation.write_done(
        f"Moved {old} to {new} in the state of {stack}.",
        invocation.view.resource(written, new),
    )


def _move(
    invocation: Invocation,
    context: Context,
    giver: str,
    receiver: str,
    moves: dict[ResourceAddress, ResourceAddress],
    options: MoveOptions,
) -> None:
    from engine.operations.state_edit.move import move_resources

    moved = move_resources(context, giver, receiver, moves, options)
    _show(invocation, context, moved)


def _show(invocation: Invocation, context: Context, moved: Moved) -> None:
    """Show what moved, and the next steps."""
    invocation.write_out(invocation.view.moved(moved))
    share = context.backend.how_to_share("both files")
    both = moved.receiver if moved.ended else f"{moved.giver} {moved.receiver}"
    invocation.write_note(
        f"engine plan {both} shows that nothing changes; engine apply {both} records what the "
        "stacks read of each other now." + (f" {share}." if share else "")
    )


@click.command("rm", cls=EngineCommand)
@click.argument(
    "places",
    nargs=-1,
    required=True,
    metavar="[STACK:]ADDR... | STACK:",
    shell_complete=complete_addresses,
)
@stack_option
@click.option("--yes", is_flag=True, help="Forget a whole stack without asking.")
@lock_timeout_option
@pass_invocation
def remove(
    invocation: Invocation,
    places: tuple[str, ...],
    *,
    stack: str | None,
    yes: bool,
    lock_timeout: float,
) -> None:
    r"""Take resources, or a whole stack, out of the states.

    Nothing is sent to Stripe, and the objects stay there. If a resource is still declared, the next
    plan creates it.
    removed(ADDRESS, keep=True) in the stack does the same, reviewed and in every environment.

    All of a stack is STACK:. It can be forgotten once it has no module, and its state file goes.

    \b
    Examples:
      engine state rm stripe_coupon.launch
      engine state rm shop:stripe_coupon.launch shop:stripe_coupon.vip
      engine state rm shop:
    """
    from engine.operations.state_edit.forget import forget_resources

    sources = [parse_place(word) for word in places]
    addresses = [source.address for source in sources if source.address is not None]
    if len(addresses) < len(sources):
        if len(sources) > 1:
            raise UsageError("a whole stack is forgotten alone", hint="engine state rm STACK:")
        _forget_stack(invocation, sources[0].stack, yes=yes, lock_timeout=lock_timeout)
        return
    context = invocation.open(hook=invocation.progress())
    name = _giver(context, sources, stack)
    written = forget_resources(context, name, addresses, lock_timeout=lock_timeout)
    invocation.write_done(
        "\n".join(
            f"Forgot {address} in the state of {written.stack}; it stays on Stripe."
            for address in addresses
        ),
        invocation.view.addresses(context.environment, (written,)),
    )


def _forget_stack(invocation: Invocation, stack: str, *, yes: bool, lock_timeout: float) -> None:
    from engine.operations.state_edit.forget import forget_stack

    need_consent(invocation, f"state rm {stack}:", yes=yes, look=f"engine state list {stack}")
    context = invocation.open(hook=invocation.progress())

    def approve(state: State) -> bool:
        if yes:
            return True
        invocation.write_out(invocation.view.addresses(context.environment, (state,)))
        question = (
            f"Forget stack {stack}? Its objects stay on Stripe, and nothing will manage them. Only "
            "'yes' is accepted: "
        )
        return answer(invocation, question) == "yes"

    forgotten = forget_stack(context, stack, approve, lock_timeout=lock_timeout)
    if forgotten is None:
        invocation.write_err("Nothing was changed.")
        return
    left = [
        f"Forgot {address} [{entry.id}]; it stays on Stripe."
        for address, entry in sorted(forgotten.resources.items())
    ]
    invocation.write_done(
        "\n".join([*left, f"Stack {stack} has no state any more."]),
        invocation.view.addresses(context.environment, (forgotten,)),
    )


# ── stacks of addresses ───────────────────────────────────────────────────────────────────


def _giver(
    context: Context, sources: Sequence[Place], stack: str | None, target: Place | None = None
) -> str:
    """The one stack that resources are in: as it is named, else the one that has them.

    A target that has one already was reached by an earlier run, so another stack is meant.
    """
    named = {source.stack or stack or "" for source in sources} - {""}
    aside = target.stack if target is not None else ""
    for source in sources:
        if not source.stack and not stack and source.address is not None:
            named.add(state_with(context, source.address, None, aside=aside).stack)
    if len(named) > 1:
        raise UsageError(
            f"these are in several stacks: {', '.join(sorted(named))}",
            hint="one command for each stack",
        )
    return named.pop()


def state_with(context: Context, address: str, stack: str | None, *, aside: str = "") -> State:
    """The one state that has a resource at an address.

    Args:
        context: The run's ports.
        address: The resource.
        stack: The stack whose state it has to be; None for any.
        aside: A stack whose state counts only if no other has it.

    Raises:
        UsageError: if none has it, or several have.
    """
    from engine.operations.show import states

    read = states(context, (stack,) if stack else ())
    having = [entry for entry in read if address in entry.resources]
    having = [entry for entry in having if entry.stack != aside] or having
    if len(having) == 1:
        return having[0]
    if having:
        stacks = [entry.stack for entry in having]
        raise UsageError(
            f"{address} is in several stacks: {', '.join(stacks)}",
            hint=f"say which: {stacks[0]}:{address}",
        )
    near = nearest(address, [known for entry in read for known in entry.resources])
    raise UsageError(
        f"{address} is not in the state",
        hint=f"did you mean {near}?" if near else "engine state list shows what is",
    )
