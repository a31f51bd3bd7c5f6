"""Billing periods: calendar months, and days of 24 hours."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime, timedelta

_MONTHS = {"month": 1, "year": 12}
_DAYS = {"day": 1, "week": 7}


def after(start: int, interval: str, count: int = 1) -> int:
    """The time some intervals after another time, in seconds since 1970.

    A month that is too short ends the period on its last day: one month after January 31 is
    February 28.
    """
    moment = datetime.fromtimestamp(start, UTC)
    if interval in _DAYS:
        return int((moment + timedelta(days=_DAYS[interval] * count)).timestamp())
    months = moment.month - 1 + _MONTHS[interval] * count
    year, month = moment.year + months // 12, months % 12 + 1
    day = min(moment.day, calendar.monthrange(year, month)[1])
    return int(moment.replace(year=year, month=month, day=day).timestamp())
