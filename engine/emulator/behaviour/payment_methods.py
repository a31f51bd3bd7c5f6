"""Payment method configurations, and the domains that show payment methods."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from engine.emulator.behaviour.account_view import AccountView, Document, Frozen, Params, TypeView
from engine.emulator.behaviour.base import Behaviour
from engine.emulator.wire.errors import StripeRefusal

_OBJECT = "payment_method_configuration"
# ? The methods of a new account depend on its country; these are on in most.
_ON_BY_DEFAULT = frozenset({"apple_pay", "card", "google_pay", "link"})
# D: this wallet is shown once the domain is validated.
_WALLETS = ("amazon_pay", "apple_pay", "google_pay", "klarna", "link", "paypal")
_NOT_VALIDATED = "apple_pay"


class ConfigurationBehaviour(Behaviour):
    """Which payment methods are offered."""

    defaults: ClassVar[Mapping[str, Any]] = {"name": "Untitled"}

    def creating(self, view: AccountView, params: Params, document: Document) -> None:
        """Set the value of every method; only Stripe makes a default configuration."""
        del params
        if document["parent"] is None:
            document["application"] = None  # S: only children have one
        document["is_default"] = bool(document.get("is_default"))
        _set_methods(view, document)

    def updating(self, view: AccountView, params: Params, before: Frozen, after: Document) -> None:
        """Refuse to deactivate the default (D; the text is ours, ?)."""
        del params
        if before["is_default"] and not after["active"]:
            raise StripeRefusal(
                "You cannot set `active: false` on your default payment method configuration.",
                param="active",
            )
        _set_methods(view, after)

    def showing(self, view: AccountView, document: Document) -> None:
        """Set the values that the parent decides."""
        _set_methods(view, document)


def _set_methods(view: AccountView, document: Document) -> None:
    """Set each method's value by its preference; with `none` the parent decides (D)."""
    parent = view.named(_OBJECT, document["parent"]) if document["parent"] else None
    for name in _methods(view.kind(_OBJECT)):
        method = document.get(name) or {}
        shown = method.get("display_preference") or {}
        preference = shown.get("preference") or "none"
        above = (parent or {}).get(name) or {}
        left_to = (above.get("display_preference") or {}).get("value")
        value = preference if preference != "none" else left_to
        value = value or ("on" if name in _ON_BY_DEFAULT else "off")
        document[name] = {
            "available": value == "on",
            "display_preference": {
                "overridable": None if parent is None else True,
                "preference": preference,
                "value": value,
            },
        }


def _methods(kind: TypeView) -> list[str]:
    return [
        name for name, shape in kind.response.fields.items() if "display_preference" in shape.fields
    ]


class DomainBehaviour(Behaviour):
    """A domain that shows payment methods."""

    indexed: ClassVar[Mapping[str, bool]] = {"domain_name": True}
    filters_ignoring_case: ClassVar[frozenset[str]] = frozenset({"domain_name"})
    verbs: ClassVar[frozenset[str]] = frozenset({"validate"})

    def creating(self, view: AccountView, params: Params, document: Document) -> None:
        """Refuse a domain that exists, a disabled one too (R; the text is ours, ?)."""
        for other in view.find(
            "payment_method_domain", "domain_name", params["domain_name"], folded=True
        ):
            raise StripeRefusal(
                f"A payment method domain (`{other['id']}`) already exists for "
                f"`{document['domain_name']}`.",
                code="resource_already_exists",
                param="domain_name",
            )
        _set_wallets(document)

    def calling(self, view: AccountView, verb: str, params: Params, document: Document) -> None:
        """Activate every wallet."""
        del view, verb, params
        document["_validated"] = True
        _set_wallets(document)


def _set_wallets(document: Document) -> None:
    for name in _WALLETS:
        active = name != _NOT_VALIDATED or document.get("_validated")
        document[name] = {
            "status": "active" if active else "inactive",
            "status_details": None if active else {"error_message": "Not validated yet."},
        }
