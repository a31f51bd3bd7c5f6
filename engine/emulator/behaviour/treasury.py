"""Treasury: financial accounts and their features."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from engine.emulator.behaviour.account_view import AccountView, Document, Frozen, Params
from engine.emulator.behaviour.base import Behaviour
from engine.emulator.wire.errors import StripeRefusal

_FEATURES = "treasury.financial_account_features"


class FinancialAccountBehaviour(Behaviour):
    """A financial account."""

    defaults: ClassVar[Mapping[str, Any]] = {"country": "US", "status": "open"}

    def creating(self, view: AccountView, params: Params, document: Document) -> None:
        """Open it with a balance of 0."""
        del view, params
        nothing = dict.fromkeys(document["supported_currencies"], 0)
        document["balance"] = {
            name: dict(nothing) for name in ("cash", "inbound_pending", "outbound_pending")
        }
        document.update(active_features=[], pending_features=[], restricted_features=[])
        document["status_details"] = {"closed": None}

    def created(self, view: AccountView, params: Params, document: Document) -> None:
        """Request the features in the parameters."""
        _request_features(view, params, document)

    def updating(self, view: AccountView, params: Params, before: Frozen, after: Document) -> None:
        """Refuse a change of a closed account (the text is ours, ?)."""
        if before["status"] == "closed":
            raise StripeRefusal("This financial account is closed and cannot be updated.")
        _request_features(view, params, after)

    def calling(self, view: AccountView, verb: str, params: Params, document: Document) -> None:
        """Set why it is closed."""
        del view, verb, params
        document["status_details"] = {"closed": {"reasons": ["other"]}}

    def showing(self, view: AccountView, document: Document) -> None:
        """List the features that are on."""
        features = view.repository.get(_FEATURES, document["id"]) or {}
        document["active_features"] = sorted(
            path for path, feature in _leaves(features, "") if feature["requested"]
        )


def _request_features(view: AccountView, params: Frozen, account: Frozen) -> None:
    if params.get("features") is not None:
        features = view.only_one(_FEATURES, account["id"])
        view.update(_FEATURES, features, params["features"])


class FeaturesBehaviour(Behaviour):
    """The features of a financial account."""

    def updating(self, view: AccountView, params: Params, before: Frozen, after: Document) -> None:
        """Activate the features that are requested."""
        del view, params, before
        for _, feature in _leaves(after, ""):
            feature["status"] = "active" if feature["requested"] else "restricted"
            feature["status_details"] = []


def _leaves(features: Frozen, prefix: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every feature, with its dotted name."""
    for name, inner in features.items():
        if not isinstance(inner, dict):
            continue
        if "requested" in inner:
            yield f"{prefix}{name}", inner
        else:
            yield from _leaves(inner, f"{prefix}{name}.")
