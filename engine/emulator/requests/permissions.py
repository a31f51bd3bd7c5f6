"""What restricted keys may do; a key without permissions set here may do everything."""

from __future__ import annotations

from collections.abc import Collection

from engine.emulator.accounts.keys import Caller, caller_of
from engine.emulator.types.kinds import ObjectKind
from engine.emulator.types.routes import Match
from engine.emulator.wire import errors

_READ, _WRITE = "read", "write"


class Permissions:
    """The permissions of restricted keys."""

    def __init__(self) -> None:
        self._granted: dict[Caller, frozenset[str]] = {}

    def restrict(self, key: str, permissions: Collection[str]) -> None:
        """Let a restricted key do this and nothing else.

        Args:
            key: The key, `rk_test_...`.
            permissions: Names as in Stripe's refusals, `plan_write`; writing implies
                reading (D).

        Raises:
            ValueError: The key is not a restricted one: any other may do everything.
        """
        caller = caller_of(f"Bearer {key}")
        if not caller.restricted:
            raise ValueError("only a restricted key, rk_..., can be restricted")
        self._granted[caller] = frozenset(permissions)

    def clear(self) -> None:
        """Let every key do everything again."""
        self._granted.clear()

    def check(self, caller: Caller, method: str, match: Match) -> None:
        """Refuse a request that the key may not send.

        Raises:
            StripeRefusal: 403, naming the permission (L).
        """
        title = match.kind.row.title.capitalize()
        self._require(caller, _READ if method == "GET" else _WRITE, _name(match.kind), title)

    def check_events(self, caller: Caller) -> None:
        """Refuse to show events to a key that may not read them.

        Raises:
            StripeRefusal: 403, naming the permission (?).
        """
        self._require(caller, _READ, "event", "Event")

    def _require(self, caller: Caller, access: str, name: str, title: str) -> None:
        granted = self._granted.get(caller.own)
        if granted is None:
            return
        if not granted.intersection((f"{name}_{access}", f"{name}_{_WRITE}")):
            wanted = f"{title}s {access.capitalize()}"
            raise errors.more_permissions(caller.shown, caller.account, wanted, f"{name}_{access}")


def _name(kind: ObjectKind) -> str:
    # L for the types that have a permission name; the object name of the others is a guess (?).
    return kind.behaviour.permission_name or kind.object.replace(".", "_")
