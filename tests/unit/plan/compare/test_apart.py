"""What sets objects apart, in a few words."""

from __future__ import annotations

from engine.plan.compare.apart import apart


def test_fields_that_differ_are_named() -> None:
    """Plain ones, a few of them, and when each was made."""
    found = apart(
        [
            {"id": "we_1", "status": "enabled", "url": "x", "created": 1_790_000_000},
            {"id": "we_2", "status": "disabled", "url": "x", "created": 1_790_000_060},
        ]
    )
    assert found == [
        "we_1 (status 'enabled', made 2026-09-21 14:13)",
        "we_2 (status 'disabled', made 2026-09-21 14:14)",
    ]


def test_what_has_no_value_and_no_date_is_an_id() -> None:
    """Newer types of Stripe have their dates as text."""
    found = apart(
        [
            {"id": "ed_1", "name": None, "created": "2026-09-21T14:13:20.000Z"},
            {"id": "ed_2", "name": "Bus"},
            {"id": "ed_3"},
        ]
    )
    assert found == ["ed_1 (made 2026-09-21 14:13)", "ed_2 (name 'Bus')", "ed_3"]


def test_many_are_cut_short() -> None:
    """A hundred lines help nobody."""
    assert apart([{"id": f"txr_{n}"} for n in range(7)])[-2:] == ["txr_4", "and 2 more"]
