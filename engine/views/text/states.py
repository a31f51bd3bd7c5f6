"""States as text: the resources of a stack, and its outputs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

from engine.plan.compare.field_changes import currency_of
from engine.schema.resource_type import Schemas
from engine.state.model import ResourceState, State
from engine.values.paths import dotted, get_path
from engine.values.tree import leaves
from engine.views import vocabulary
from engine.views.fields import SENSITIVE, show
from engine.views.plural import counted
from engine.views.style import Style, on_a_line

if TYPE_CHECKING:
    from engine.ports.reports import ConstantsFile, Moved, Rebuilt


def states_text(states: Sequence[State], schemas: Schemas, style: Style) -> str:
    """Write whole states, one after another."""
    return "\n\n".join(block for state in states for block in _state_blocks(state, schemas, style))


def resource_text(address: str, resource: ResourceState, schemas: Schemas, style: Style) -> str:
    """Write one resource: its id, its leaves, and what it refers to."""
    on = vocabulary.on_account(resource.account)
    lines = [f"{style.paint(address, 'bold')} [{resource.id}]{on}"]
    rows = list(resource_rows(resource, schemas, style))
    width = max((len(name) for name, _ in rows), default=0) + 1
    lines += [f"  {name + ':':<{width}} {text}" for name, text in rows]
    lines += [f"  ({text})" for text in resource_remarks(resource)]
    return "\n".join(lines)


def resource_remarks(resource: ResourceState) -> Iterator[str]:
    """What is to be known of a resource besides its leaves."""
    if resource.removal_policy.protect:
        yield "protected"
    if resource.removal_policy.keep:
        yield "stays on Stripe when removed"
    for objects, end in ((resource.left, "still to be removed"), (resource.archived, "archived")):
        for account, id in objects:
            on = vocabulary.on_account(account) if account != resource.account else ""
            yield f"replaced {id}{on}, which is {end}"


def output_values(state: State, hidden: Collection[str] = ()) -> list[str]:
    """Write the outputs of a state, one per line, with sensitive ones hidden.

    Args:
        state: The state.
        hidden: Names to hide in addition to those that are sensitive in the state.
    """
    width = max((len(name) for name in state.outputs), default=0)
    return [f"{name:<{width}} = {text}" for name, text in output_texts(state, hidden)]


def output_texts(state: State, hidden: Collection[str] = ()) -> list[tuple[str, str]]:
    """The same as names and values."""
    return [
        (name, SENSITIVE if name in hidden else show(value))
        for name, value in sorted(state.outputs.items())
    ]


def outputs_text(states: Sequence[State], style: Style) -> str:
    """Write the outputs of some stacks, under the stack's name where there are several."""
    several = len(states) > 1
    blocks = []
    for state in states:
        lines = output_values(state)
        if several and lines:
            lines = [style.paint(state.stack, "bold"), *(f"  {line}" for line in lines)]
        if lines:
            blocks.append("\n".join(lines))
    return "\n\n".join(blocks) or "No outputs."


def constants_text(files: Sequence[ConstantsFile]) -> str:
    """Say which files of constants were written."""
    return "\n".join(
        f"{'Wrote ' if file.changed else ''}{file.file}{'' if file.changed else ' is fresh'}: "
        f"{counted(file.constants, 'constant')}."
        for file in files
    )


def addresses_text(states: Sequence[State]) -> str:
    """List addresses, with the stack before them where there are several stacks."""
    return "\n".join(
        f"{address if len(states) == 1 else f'{state.stack} {address}'}"
        f"{vocabulary.on_account(state.resources[address].account)}"
        for state in states
        for address in sorted(state.resources)
    )


def moved_text(moved: Moved) -> str:
    """Say what moved from one stack to another, and what that leaves to be done."""
    giver, receiver = moved.giver, moved.receiver
    lines = [f"{address} is in the state of {receiver} already." for address in moved.already]
    for entry in moved.resources:
        if entry.new in moved.already:
            continue
        account = f" on {entry.account}" if entry.account else ""
        other = f" as {entry.new}" if entry.new != entry.old else ""
        lines.append(f"Moved {entry.old} [{entry.id}]{account} from {giver} to {receiver}{other}.")
        if entry.secret:
            lines.append(f"  its secret is now here: {entry.secret}")
        if entry.secret_left:
            lines.append(f"  its secret cannot be read here, and stays: {entry.secret_left}")
        if entry.sent_again:
            lines.append("  it declares a secret that is not known here: the next plan sends it")
    if moved.ended:
        lines.append(f"Stack {giver} has no state any more.")
    stale = sum(not entry.stamped for entry in moved.resources)
    if stale:
        lines.append(
            f"Nothing was sent to Stripe. {counted(stale, 'object')} "
            f"{'keeps' if stale == 1 else 'keep'} the stamp of {giver} until the next update; "
            f"engine state stamp {receiver} writes the new one at once."
        )
    return "\n".join(lines)


def rebuilt_text(rebuilds: Sequence[Rebuilt], style: Style) -> str:
    """Say from which objects states were rebuilt."""
    if not rebuilds:
        return "Every state can be read: nothing to rebuild."
    return "\n\n".join("\n".join(_rebuilt_lines(entry, style)) for entry in rebuilds)


def _rebuilt_lines(rebuilt: Rebuilt, style: Style) -> Iterator[str]:
    state = rebuilt.state
    yield f"Rebuilt. {state_line(state, style)}, lineage {state.lineage}."
    if rebuilt.aside:
        yield f"What was stored before is in {rebuilt.aside}."
    for address, trace in sorted(rebuilt.traces.items()):
        record = state.at(address)
        gone = state.removed.get(address)
        id = record.id if record is not None else gone.id if gone is not None else ""
        note = "" if record is not None else ", archived"
        yield f"  {address} [{id}] by its {trace}{note}"
        for old in record.superseded if record is not None else ():
            yield f"    it replaced {old}, which is still to be removed"
    for title, addresses in (
        ("No longer declared; the next apply removes them:", rebuilt.undeclared),
        ("Not found; the next apply creates them:", rebuilt.missing),
    ):
        if addresses:
            yield title
        for address in addresses:
            record = state.at(address)
            id = f" [{record.id}]" if record is not None else ""
            taken = rebuilt.taken.get(address)
            note = f" (not taken, though it fits: {taken})" if taken else ""
            yield f"  {address}{id}{note}"
    if rebuilt.undeclared and rebuilt.missing:
        yield (
            "If two of these are one thing under two names, declare moved(OLD, NEW) "
            "before you apply."
        )
    yield from _left_lines(rebuilt)
    for reason in rebuilt.unread:
        yield f"Not searched: {reason}"


def _left_lines(rebuilt: Rebuilt) -> Iterator[str]:
    if rebuilt.left:
        stacks = ", ".join(sorted({one.stack for one in rebuilt.left}))
        yield "Left alone, since another stack may have them:"
        for one in rebuilt.left:
            yield f"  {one.address} [{one.id}], which stack {one.stack} may declare now"
        yield (
            f"Rebuild or apply {stacks}; then engine state rebuild {rebuilt.state.stack} --force "
            "finds what is left."
        )


def _state_blocks(state: State, schemas: Schemas, style: Style) -> Iterator[str]:
    yield state_line(state, style)
    if not state.resources:
        yield "Nothing has been applied." if not state.serial else "It has no resources."
    for address, resource in sorted(state.resources.items()):
        yield resource_text(address, resource, schemas, style)
    if state.outputs:
        lines = [style.paint("Outputs:", "bold")]
        yield "\n".join([*lines, *(f"  {line}" for line in output_values(state))])


def state_line(state: State, style: Style) -> str:
    """Say whose state it is, and how much it records."""
    parts = [
        f"{style.paint(f'Stack {state.stack}', 'bold')} in environment {state.environment}",
        f"serial {state.serial}",
        counted(len(state.resources), "resource"),
    ]
    if state.account_id:
        parts.append(f"account {state.account_id}")
    if state.livemode is not None:
        parts.append("LIVE MODE" if state.livemode else "test mode")
    return ", ".join(parts)


def resource_rows(
    resource: ResourceState, schemas: Schemas, style: Style
) -> Iterator[tuple[str, str]]:
    """The leaves of a resource, by path."""
    kind = schemas.get(resource.type)
    for path, value in leaves(resource.attributes):
        attribute = kind.root.at(path) if kind is not None else None
        currency = (
            currency_of(attribute, path, resource.declared, resource.attributes)
            if attribute is not None
            else ""
        )
        text = show(value, currency)
        written = get_path(resource.declared, path)
        if isinstance(written, str) and "${" in written:
            text += style.paint(f"  {on_a_line(written)}", "dim")
        yield dotted(path), text
