"""The list of stacks, where a command cannot easily bring about what it shows."""

from __future__ import annotations

from engine.ports.overview import ListedStack, Overview, StackState
from engine.ports.run_locks import LockOwner, RunLock
from engine.views.json.overview import overview_document
from engine.views.style import PLAIN
from engine.views.text.overview import overview_text

RUN = RunLock(
    environment="live",
    stack="shop",
    owner=LockOwner(
        id="1f0c9a2e", operation="apply", who="ci@host", pid=7, since="2026-11-29T10:00:00+00:00"
    ),
)


def test_a_run_at_work_in_live_mode() -> None:
    """Its owner is named, and the mode stands out."""
    state = StackState(
        environment="live", serial=3, objects=1, account_id="acct_1", livemode=True, run=RUN
    )
    stack = ListedStack(name="shop", file="stacks/shop.py", wave=1, states=(state,))
    overview = Overview(environment="live", stacks=(stack,))
    assert overview_text(overview, PLAIN) == (
        "shop  stacks/shop.py\n"
        "  wave 1\n"
        "  live  serial 3, 1 resource, account acct_1, LIVE MODE, a run works on it: ci@host "
        "(apply, pid 7, since 2026-11-29T10:00:00+00:00, lock 1f0c9a2e)"
    )
    [entry] = overview_document(overview)["stacks"]
    assert entry["states"][0]["run"]["id"] == "1f0c9a2e"
    assert overview_document(overview)["waves"] == [["shop"]]
