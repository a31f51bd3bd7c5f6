"""What became of moves of subscribers as text: what failed, why, and the command that goes on."""

from __future__ import annotations

from engine.errors import StateError
from engine.plan.subscribers.moves import Moves, Proration, Row
from engine.plan.subscribers.outcome import Became, Moved, MovesReport
from engine.views.style import PLAIN
from engine.views.text.subscribers.outcome import failure_text

MOVES = Moves(
    engine_version="0.1.0",
    environment="live",
    embedded=False,
    account_id="acct_1",
    livemode=True,
    type="stripe_price",
    prices=(),
    proration=Proration.NONE,
)


def test_a_full_disk_is_named() -> None:
    """The file alone does not say what to do about it."""
    full = StateError("a.journal cannot be written", cause="No space left on device")
    ended = (
        Moved(Row("sub_1", "si_1", 0, 1, 1, "active"), Became.FAILED, full.message),
        Moved(Row("sub_2", "si_2", 0, 1, 1, "active"), Became.NOT_BEGUN),
    )
    report = MovesReport(name="moves_1", moves=MOVES, ended=ended, unsaved=full)
    assert failure_text(report, "engine apply -e live move.plan", PLAIN).splitlines() == [
        (
            "Error: what was done could not be written down: a.journal cannot be written: "
            "No space left on device"
        ),
        "Error: 1 move failed",
        "  sub_1: a.journal cannot be written",
        "Error: 1 move not begun, since the run was stopped",
        "Hint: engine apply -e live move.plan goes on with what is left; what was moved stays so.",
    ]
