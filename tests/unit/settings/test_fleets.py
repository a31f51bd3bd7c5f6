"""Fleets as the configuration names them: filters, and where the accounts come from."""

from __future__ import annotations

from typing import Any

import pytest

from engine.errors import SettingsError
from engine.settings.fleets import Fleet, fleets_of


def _fleet(**entry: Any) -> Fleet:
    table = {"shops": {"environment": "live", "accounts": "connected", **entry}}
    return fleets_of(table, ("live",))["shops"]


@pytest.mark.parametrize(
    ("text", "conditions"),
    [
        ("country != US", [("country", "US", False)]),
        (
            "metadata.tier = pro AND country = DE",
            [("metadata.tier", "pro", True), ("country", "DE", True)],
        ),
        (
            "business_profile.name = \"Smith and Sons\" and metadata.x = 'a = b'",
            [("business_profile.name", "Smith and Sons", True), ("metadata.x", "a = b", True)],
        ),
        ('country = ""', [("country", "", True)]),
    ],
)
def test_a_filter_is_its_conditions(text: str, conditions: list[tuple[str, str, bool]]) -> None:
    """A value in quotation marks is taken as it is."""
    found = _fleet(filter=text).filter
    assert [(".".join(one.path), one.value, one.equal) for one in found] == conditions


@pytest.mark.parametrize("text", ["", "and country = US", "country = US and currency", "country"])
def test_half_a_filter_is_refused(text: str) -> None:
    """It must not mean more accounts, or fewer, than its author thinks."""
    with pytest.raises(SettingsError, match="which is no condition"):
        _fleet(filter=text)


@pytest.mark.parametrize(
    ("value", "tier", "holds"),
    [
        ("pro", "pro", True),
        ("pro", "free", False),
        ("pro", None, False),
        ("", None, True),
        ("true", True, True),
        ("5", 5, True),
    ],
)
def test_a_field_is_compared_as_text(value: str, tier: Any, *, holds: bool) -> None:
    """One that the account does not have is empty."""
    (condition,) = _fleet(filter=f"metadata.tier = '{value}'").filter
    account = {"metadata": {"tier": tier}} if tier is not None else {"metadata": None}
    assert condition.holds(account) is holds


@pytest.mark.parametrize(
    ("accounts", "source"),
    [
        ("connected", "connected"),
        ("file: shops of may.toml", "shops of may.toml"),
        ("command:list-shops --token=x", "list-shops"),
        (["a"], "pyproject.toml"),
    ],
)
def test_where_the_accounts_come_from_is_said_without_arguments(accounts: Any, source: str) -> None:
    """One of a program's may be a token."""
    assert _fleet(accounts=accounts).source == source


def test_a_fleet_and_an_environment_have_different_names() -> None:
    """The states of both would be in one folder."""
    with pytest.raises(SettingsError, match="'live' names a fleet and an environment"):
        fleets_of({"live": {"environment": "live", "accounts": []}}, ("live",))
