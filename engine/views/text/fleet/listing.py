"""The fleets of a project, and the accounts of one, as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.ports.fleet.listing import ListedFleet, ListedMember
from engine.settings.fleets import CONNECTED, Fleet
from engine.views.fleet.parts import accounts
from engine.views.style import Style, on_a_line
from engine.views.text.overview import state_facts


def fleets_text(fleets: Sequence[ListedFleet], style: Style) -> str:
    """List fleets; of one whose accounts were read, a line for each account.

    Args:
        fleets: The fleets.
        style: Decoration.
    """
    blocks = ["\n".join(_lines(fleet, style)) for fleet in fleets]
    return "\n\n".join(blocks) or "No fleets."


def _lines(listed: ListedFleet, style: Style) -> Iterator[str]:
    fleet, members = listed.fleet, listed.members
    current = [one for one in members or () if not one.former]
    count = accounts(len(current)) if members is not None else "the accounts"
    yield style.paint(
        f"Fleet {fleet.name} on {fleet.environment}: {count} {_origin(fleet)}", "bold"
    )
    yield f"  {'; '.join(_settings(fleet))}"
    if listed.held is not None:
        yield f"  {listed.held}"
    if members:
        yield ""
    width = max((len(on_a_line(one.member.name)) for one in members or ()), default=0)
    for one in members or ():
        name = f"{on_a_line(one.member.name):<{width}}"
        yield f"  {name}  {'; '.join(_facts(one, style))}"


def _origin(fleet: Fleet) -> str:
    """Where a fleet's accounts come from."""
    if fleet.accounts != CONNECTED:
        return f"from {on_a_line(fleet.source)}"
    conditions = " and ".join(
        f"{'.'.join(one.path)} {'=' if one.equal else '!='} {on_a_line(one.value)}"
        for one in fleet.filter
    )
    return f"that are connected, with {conditions}" if conditions else "that are connected"


def _settings(fleet: Fleet) -> Iterator[str]:
    yield f"stacks: {', '.join(fleet.stacks)}" if fleet.stacks else "all stacks"
    if fleet.canary:
        yield f"canary: {accounts(fleet.canary)}"
    if fleet.max_failures:
        yield f"stops after {fleet.max_failures:,} failed"


def _facts(listed: ListedMember, style: Style) -> Iterator[str]:
    """What there is to know of an account."""
    member = listed.member
    if listed.former:
        yield style.paint("not in the fleet any more", "yellow")
    if member.account not in ("", member.name):
        yield f"account {member.account}"
    if listed.key_is_set is not None:
        yield f"key in {member.key}" + ("" if listed.key_is_set else ", which is not set")
    for name, value in member.variables.items():
        yield f"{name} = {on_a_line(str(value))}"
    if listed.held is not None:
        yield f"locked by {listed.held.who} since {listed.held.since}: {listed.held.reason}"
    for name, state in listed.states.items():
        yield f"{name}: {', '.join(state_facts(state, style))}"
    if not listed.states:
        yield "no state"
