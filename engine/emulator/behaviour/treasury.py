"""Treasury: financial accounts and what they may do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from engine.emulator.behaviour.base import Behaviour
from engine.emulator.wire.errors import StripeRefusal

if TYPE_CHECKING:
    from engine.emulator.requests.call import Call

_FEATURES = "treasury.financial_account_features"


class FinancialAccountBehaviour(Behaviour):
    """A financial account."""

    defaults: ClassVar[Mapping[str, Any]] = {"country": "US", "status": "open"}

    def creating(self, call: Call, params: dict[str, Any], document: dict[str, Any]) -> None:
        """Open it, empty."""
        del call, params
        nothing = dict.fromkeys(document["supported_currencies"], 0)
        document["balance"] = {
            name: dict(nothing) for name in ("cash", "inbound_pending", "outbound_pending")
        }
        document.update(active_features=[], pending_features=[], restricted_features=[])
        document["status_details"] = {"closed": None}

    def created(self, call: Call, params: dict[str, Any], document: dict[str, Any]) -> None:
        """Ask for the features that came along."""
        _ask_for(call, params, document)

    def updating(
        self,
        call: Call,
        params: dict[str, Any],
        before: Mapping[str, Any],
        after: dict[str, Any],
    ) -> None:
        """Change an open account only (the text is ours, ?)."""
        if before["status"] == "closed":
            raise StripeRefusal("This financial account is closed and cannot be updated.")
        _ask_for(call, params, after)

    def calling(
        self, call: Call, verb: str, params: dict[str, Any], document: dict[str, Any]
    ) -> None:
        """Say who closed it."""
        del call, verb, params
        document["status_details"] = {"closed": {"reasons": ["other"]}}

    def shown(self, call: Call, document: dict[str, Any]) -> None:
        """List the features that are on."""
        features = call.tables.get(_FEATURES, document["id"]) or {}
        document["active_features"] = sorted(
            path for path, feature in _leaves(features, "") if feature["requested"]
        )


def _ask_for(call: Call, params: Mapping[str, Any], account: Mapping[str, Any]) -> None:
    if params.get("features") is not None:
        kind = call.kind(_FEATURES)
        call.update(kind, call.only_one(kind, account["id"]), params["features"])


class FeaturesBehaviour(Behaviour):
    """What a financial account may do."""

    def updating(
        self,
        call: Call,
        params: dict[str, Any],
        before: Mapping[str, Any],
        after: dict[str, Any],
    ) -> None:
        """Grant what is asked for."""
        del call, params, before
        for _, feature in _leaves(after, ""):
            feature["status"] = "active" if feature["requested"] else "restricted"
            feature["status_details"] = []


def _leaves(features: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every feature, with its dotted name."""
    for name, inner in features.items():
        if not isinstance(inner, dict):
            continue
        if "requested" in inner:
            yield f"{prefix}{name}", inner
        else:
            yield from _leaves(inner, f"{prefix}{name}.")
