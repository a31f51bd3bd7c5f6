"""Who the accounts of a run are: names, ids and patterns of the command line."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import SettingsError, UsageError
from engine.operations.fleet.members import former_members, members_of, select
from engine.ports.fleet.members import Member
from engine.settings.fleets import Fleet

FLEET = Fleet(name="shops", environment="local")
NAMES = st.lists(st.text("ab1-", min_size=1, max_size=4), min_size=1, max_size=8, unique=True)
WORDS = st.lists(st.text("ab1-*", min_size=1, max_size=4), max_size=3)


def _means(word: str, member: Member) -> bool:
    pattern = ".*".join(re.escape(part) for part in word.split("*"))
    return any(re.fullmatch(pattern, name) for name in (member.name, member.account))


@settings(max_examples=200, deadline=None)
@given(NAMES, WORDS, WORDS)
def test_the_accounts_of_a_run_are_those_that_are_named(
    names: list[str], only: list[str], without: list[str]
) -> None:
    """In the order of the fleet; a word that means none is refused, and so is a run of none."""
    members = [Member(name=name, account=f"acct_{name.replace('-', '')}") for name in names]
    wanted = [
        member
        for member in members
        if (not only or any(_means(word, member) for word in only))
        and not any(_means(word, member) for word in without)
    ]
    idle = [word for word in (*only, *without) if not any(_means(word, one) for one in members)]
    if idle or not wanted:
        with pytest.raises(UsageError, match="no account of fleet 'shops'"):
            select(FLEET, members, only, without)
    else:
        assert select(FLEET, members, only, without) == tuple(wanted)


def test_ids_and_classes_of_letters_are_patterns_too() -> None:
    """An id means the account whatever its name is."""
    members = [Member(name="acme", account="acct_1"), Member(name="globex", account="acct_2")]
    for word in ("acct_1", "acct_[1]", "a?me", "[ab]*e"):
        assert select(FLEET, members, [word], []) == (members[0],), word


def test_ten_thousand_accounts_are_a_list_like_any_other() -> None:
    """Each is checked against all others; what is there twice is named."""
    rows = [f"shop-{number}" for number in range(10_000)]
    assert len(members_of(FLEET, rows, "shops.txt")) == 10_000
    with pytest.raises(SettingsError) as refused:
        members_of(FLEET, [*rows, "shop-77", "SHOP-5"], "shops.txt")
    assert refused.value.cause == (
        "shop-77 is there twice\nshop-5 and SHOP-5 differ in nothing but capitals"
    )


def test_what_is_no_list_at_all_is_no_page_of_problems() -> None:
    """As when a program writes a page for browsers, or its log."""
    with pytest.raises(SettingsError) as refused:
        members_of(FLEET, [f"line {number}" for number in range(3000)], "from list.sh")
    lines = str(refused.value.cause).splitlines()
    assert refused.value.message.startswith("3,000 problems in the accounts of fleet 'shops'")
    assert (len(lines), lines[-1]) == (21, "and 2,980 more")


def test_accounts_that_left_are_those_that_still_have_something() -> None:
    """Also those of another fleet whose name begins in the same way are another fleet's."""
    stored = ("live", "shops-eu/a", "shops/a", "shops/b", "shops/c")
    found = former_members(FLEET, [Member(name="a")], stored, lambda name: name != "shops/c")
    assert found == ("b",)
