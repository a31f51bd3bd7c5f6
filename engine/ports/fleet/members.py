"""A fleet: the same stacks on many accounts, each with a state of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from engine.frozen import frozen


@frozen
class Member:
    """One account of a fleet.

    Attributes:
        name: How states and messages call it: the id of the account, or a name of its own. The
            environment of its states is `FLEET/NAME`.
        account: Its id, `acct_...`; empty if its key decides.
        key: Name of the environment variable with its own key; empty if it is a connected account
            that the platform's key acts for.
        variables: Values of the fleet's variables for it; none of them a secret.
        vouched: Stripe has just listed it among the connected accounts.
    """

    name: str
    account: str = ""
    key: str = ""
    variables: Mapping[str, Any] = field(default_factory=dict)
    vouched: bool = False


def environment_of(fleet: str, member: str) -> str:
    """The environment that the states of a member are kept in."""
    return f"{fleet}/{member}"
