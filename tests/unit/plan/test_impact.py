"""What uses an object, as a record."""

from __future__ import annotations

from engine.plan.impact import Use


def test_a_number_says_that_it_is_a_lower_bound() -> None:
    """Counting stops where a larger number would not change anybody's mind."""
    assert Use(what="active subscriptions", count=12).number == "12"
    assert Use(what="active subscriptions", count=1000, more=True).number == "1,000+"
