"""Look at each subscription again, directly before it is moved.

`Rechecking` is a provider between the executor and Stripe: an update of a subscription is sent only
if it is what it was when the file was made.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from engine.errors import ProviderError
from engine.plan.subscribers.amounts import period_amount
from engine.plan.subscribers.judge import Terms, holds, judge
from engine.plan.subscribers.moves import Moves, Proration, Row, Skip
from engine.plan.subscribers.subscriber import Subscriber, items_in
from engine.ports.provider import Provider, RequestContext
from engine.schema.remote import RemoteObject
from engine.schema.resource_type import ResourceType

THERE = "there"
"""Where a subscription is on the new price already."""
CHANGED = "changed_meanwhile"
"""The code of a refusal that is ours: nothing was sent."""
_PRECONDITION = 412
_GONE = "it does not exist any more"


class Look:
    """What subscriptions have to be to be moved, and in which currencies they were seen."""

    def __init__(
        self, moves: Moves, named: str, prices: Mapping[str, RemoteObject], managed: frozenset[str]
    ) -> None:
        """Args: named: the field of an item with its price. prices: those of the moves, by id."""
        self._moves = moves
        self._named = named
        self._ids = [price.id for price in moves.prices]
        self._prices = prices
        self.currencies: dict[str, str] = {}
        sources: dict[int, dict[str, RemoteObject]] = {}
        for row in moves.rows:
            id = self._ids[row.old]
            sources.setdefault(row.new, {})[id] = prices[id]
        self._terms = {
            new: Terms(
                old=old,
                new=prices[self._ids[new]],
                named=named,
                new_cycle=moves.new_cycle,
                prorated=moves.proration is not Proration.NONE,
                managed=managed,
            )
            for new, old in sources.items()
        }

    def why_not(self, row: Row, found: RemoteObject | None) -> str:
        """Why a subscription is left alone; empty if it is to be moved."""
        if found is None:
            return _GONE
        self.currencies[row.id] = found["currency"]
        on = {entry["id"]: price for price, entry in items_in(found, self._named)}
        if on.get(row.item) == self._ids[row.new]:
            return THERE
        judged = judge(found, self._terms[row.new])
        if isinstance(judged, Skip):
            return judged.value
        if self._moves.undoes:  # who leaves for the new price gets the old one back all the same
            row = row._replace(canceling=judged.canceling)
        return "" if holds(row, judged, self._ids) else _difference(row, judged, self._ids)

    def amounts(self, row: Row) -> tuple[str, Any, Any]:
        """The currency of a subscription, and what it pays each period before and after."""
        currency = self.currencies.get(row.id, "")
        old, new = (self._prices[self._ids[place]] for place in (row.old, row.new))
        return (
            currency,
            period_amount(old, currency, row.quantity),
            period_amount(new, currency, row.quantity),
        )


def _difference(row: Row, now: Subscriber, ids: list[str]) -> str:
    sides = (
        ("price", ids[row.old], now.on),
        ("item", row.item, now.item),
        ("quantity", row.quantity, now.quantity),
        ("status", row.status, now.status),
        ("paid by invoice", row.invoiced, now.invoiced),
        ("to be canceled", row.canceling, now.canceling),
    )
    return ", ".join(
        f"{name} {_word(before)} -> {_word(after)}"
        for name, before, after in sides
        if before != after
    )


def _word(value: object) -> object:
    return ("no", "yes")[value] if isinstance(value, bool) else value


class Rechecking:
    """A provider that reads a subscription before it updates it, and leaves it if it changed."""

    def __init__(self, provider: Provider, look: Look, rows: Mapping[str, Row]) -> None:
        """Args: rows: the moves, by subscription."""
        self._provider = provider
        self._look = look
        self._rows = rows
        self.recovering = False

    def as_provider(self) -> Provider:
        """It, as what the executor takes: all but the update is the provider's own."""
        return cast("Provider", self)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._provider, name)

    def update(
        self, kind: ResourceType, id: str, params: Mapping[str, Any], context: RequestContext
    ) -> RemoteObject:
        """Move a subscription, if it is what it was.

        Raises:
            ProviderError: with the code `CHANGED` if it is not; nothing was sent.
        """
        found = self._provider.read(kind, id, account=context.account)
        why = self._look.why_not(self._rows[id], found)
        if why == THERE and self.recovering and found is not None:
            return found  # the run that was interrupted has moved it
        if why:
            raise ProviderError(why, status=_PRECONDITION, code=CHANGED)
        return self._provider.update(kind, id, params, context)
