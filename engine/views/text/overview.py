"""The stacks of a project, the locks on them, and where their states are and move to, as text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from engine.redaction import redact
from engine.views.plural import counted
from engine.views.style import Style, printable

if TYPE_CHECKING:
    from engine.ports.held_locks import HeldLock
    from engine.ports.history import Version
    from engine.ports.moves import MigratingEnvironment, MigratingStack, Migration
    from engine.ports.overview import ListedStack, Overview, StackState
    from engine.ports.run_locks import RunLock


_FEW = 3
"""Accounts of a fleet that are listed one by one."""


def overview_text(overview: Overview, style: Style) -> str:
    """List stacks, one after the other, in the order of an apply.

    Args:
        overview: The stacks.
        style: Decoration.
    """
    blocks = ["\n".join(_stack_lines(stack, style)) for stack in overview.stacks]
    if overview.unread:
        mark = style.paint("Warning:", "yellow", "bold")
        blocks.append(f"{mark} the held locks cannot be read: {printable(overview.unread)}")
    return redact("\n\n".join(blocks)) if blocks else "No stacks."


def _stack_lines(stack: ListedStack, style: Style) -> Iterator[str]:
    yield f"{style.paint(stack.name, 'bold')}  {stack.file or 'no module'}"
    if stack.wave:
        yield f"  wave {stack.wave}"
    for name, outputs in stack.reads.items():
        yield f"  reads {name}: {', '.join(outputs)}" if outputs else f"  reads {name}"
    if stack.read_by:
        yield f"  is read by {', '.join(stack.read_by)}"
    if stack.outputs:
        yield f"  outputs: {', '.join(stack.outputs)}"
    if stack.problems:
        count = counted(len(stack.problems), "problem")
        yield f"  {count}, which engine validate {stack.name} lists"
    if not stack.states:
        yield "  no state"
    yield from _state_lines(stack, style)


def _state_lines(stack: ListedStack, style: Style) -> Iterator[str]:
    """A line for each environment, but one for accounts of a fleet, of which there may be many."""
    usual = [state for state in stack.states if _is_usual(state)]
    fleets = Counter(_fleet(state) for state in usual) if len(usual) > _FEW else Counter[str]()
    shown = [state for state in stack.states if not (fleets and _is_usual(state))]
    width = max((len(name) for name in (*fleets, *(one.environment for one in shown))), default=0)
    for fleet, count in fleets.items():
        accounts = counted(count, "account")
        yield f"  {fleet:<{width}}  {accounts}, which engine fleet {fleet} lists"
    for state in shown:
        yield f"  {state.environment:<{width}}  {', '.join(state_facts(state, style))}"
        if state.orphan is not None:
            yield from (f"  {'':<{width}}  {line}" for line in state.orphan.lines)
        elif not stack.file:
            forget = f"engine state rm {stack.name}: -e {state.environment}"
            yield f"  {'':<{width}}  it manages nothing; to remove its state: {forget}"


def _fleet(state: StackState) -> str:
    """The fleet whose account an environment is; empty if it is none."""
    fleet, slash, _ = state.environment.partition("/")
    return fleet if slash else ""


def _is_usual(state: StackState) -> bool:
    """Whether it is of an account of a fleet, and there is nothing special about it."""
    odd = state.problem or state.held or state.run or state.unfinished or state.orphan
    return bool(_fleet(state)) and not odd


def state_facts(state: StackState, style: Style) -> Iterator[str]:
    """What there is to know of a stack in one environment."""
    if state.problem:
        yield f"cannot be read: {printable(state.problem)}"
    elif not state.serial:
        yield "no state"
    else:
        yield f"serial {state.serial}"
        yield counted(state.objects, "resource")
    if state.archived:
        yield f"{counted(state.archived, 'archived object')} remembered"
    if state.account_id:
        yield f"account {state.account_id}"
    if state.livemode is not None:
        yield style.paint("LIVE MODE", "bold", "red") if state.livemode else "test mode"
    if state.held is not None:
        yield f"locked by {state.held.who} since {state.held.since}: {state.held.reason}"
    if state.run is not None:
        yield f"a run works on it: {state.run.owner}"
    if state.unfinished:
        yield "a run has not finished"


def locks_text(held: Sequence[HeldLock], runs: Sequence[RunLock]) -> str:
    """List all locks, one per line, each with the store that it is in."""
    lines = [
        f"{lock} (lock {lock.id}{_within(lock.store)}, held until engine lock {lock.place} "
        "--release)"
        for lock in held
    ]
    lines += [
        f"{run.environment}/{run.stack} is locked by {run.owner}{_within(run.store)}"
        for run in runs
    ]
    return redact("\n".join(lines)) if lines else "Nothing is locked."


def _within(store: str) -> str:
    return f" in {printable(store)}" if store else ""


_TITLES = ("serial", "when", "who", "operation", "resources", "where")


def versions_text(environment: str, stack: str, versions: Sequence[Version]) -> str:
    """Write a line for each version, the newest first."""
    del environment, stack
    rows = [_TITLES, *(_row(version) for version in versions)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(_TITLES))]
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def _row(version: Version) -> tuple[str, ...]:
    return (
        str(version.serial),
        version.since,
        version.who,
        version.operation,
        str(version.resources),
        version.url or version.place,
    )


_COLUMNS = ("stack", "serial", "resources", "")
_SHOWN = 20
_FILES = "file"


def migration_text(migration: Migration) -> str:
    """Say what moves, or what has moved and what is left to a person."""
    own = [one for one in migration.environments if one.environment == migration.environment]
    members = [one for one in migration.environments if one.environment != migration.environment]
    lines = list(_moved(migration) if migration.approved else _moving(migration, own, members))
    return "\n".join(lines)


def _moving(
    migration: Migration,
    own: Sequence[MigratingEnvironment],
    members: Sequence[MigratingEnvironment],
) -> Iterator[str]:
    source, target = _named(migration.source), _named(migration.target)
    yield f"The states of {migration.environment} move from {source} to {target}."
    if any(one.begun for one in migration.environments):
        yield "An earlier migration was interrupted; this one finishes it."
    for one in own:
        if one.moved:
            yield f"Those of {one.environment} have moved already."
        if one.stacks:
            yield ""
            yield from _table(one.stacks)
    if members:
        yield ""
        yield f"{counted(len(members), 'account')} of its fleets:"
        yield from (f"  {_member(one)}" for one in members[:_SHOWN])
        if len(members) > _SHOWN:
            yield f"  and {len(members) - _SHOWN:,} more"
    locks = [lock for one in migration.environments for lock in one.held_locks]
    if locks:
        yield ""
        yield from (f"The lock moves too: {lock}" for lock in locks[:_SHOWN])


def _table(stacks: Sequence[MigratingStack]) -> Iterator[str]:
    rows = [_COLUMNS, *(_cells(one) for one in stacks)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(_COLUMNS))]
    for row in rows:
        cells = (text.ljust(width) for text, width in zip(row, widths, strict=True))
        yield f"  {'  '.join(cells)}".rstrip()


def _cells(one: MigratingStack) -> tuple[str, ...]:
    notes = []
    if one.there:
        notes.append("is there already")
    if one.replaces:
        notes.append(f"replaces serial {one.replaces}")
    if one.pending_import:
        notes.append("with an import that was interrupted")
    if one.moves_record:
        return one.stack, "-", "-", "what was done of a plan of moves"
    serial = str(one.serial) if one.serial else "-"
    return one.stack, serial, str(one.resources), ", ".join(notes)


def _member(one: MigratingEnvironment) -> str:
    if one.moved:
        return f"{one.environment}: has moved already"
    return f"{one.environment}: {counted(len(one.stacks), 'stack')}"


def _moved(migration: Migration) -> Iterator[str]:
    source, target = _named(migration.source), _named(migration.target)
    stacks = [stack for one in migration.environments for stack in one.stacks]
    if not stacks and all(one.moved for one in migration.environments):
        yield f"The states of {migration.environment} are in {target}; {source} points there."
        return
    versions = sum(stack.versions or 0 for stack in stacks)
    left = "The old place points there."
    yield f"Moved {counted(len(stacks), 'stack')} of {migration.environment} to {target}."
    yield f"Each state was read back and compared. {left}"
    if versions:
        yield f"{counted(versions, 'earlier version')} moved with them."
    elif migration.target == _FILES:
        yield f"Earlier versions stay in {source}; of files they are the commits from now on."
    else:
        yield "Only the newest states moved: there were no earlier versions to take."


def setting_text(migration: Migration) -> str:
    """What a person has to write into pyproject.toml; empty if it says so already."""
    setting = migration.setting
    if setting.right:
        return ""
    line = f"line {setting.line} of pyproject.toml" if setting.line else "pyproject.toml"
    return f'write state = "{setting.value}" into {line}, {setting.table}'


def _named(address: str) -> str:
    return "the folder state" if address == _FILES else address
