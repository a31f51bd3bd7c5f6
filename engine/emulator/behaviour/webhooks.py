"""Webhook endpoints: public URLs, a limit, and a secret that is returned once."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from typing import ClassVar
from urllib.parse import urlsplit

from engine.emulator.accounts.keys import application_id
from engine.emulator.behaviour.account_view import AccountView, Document, Frozen, Params
from engine.emulator.behaviour.base import Behaviour
from engine.emulator.behaviour.recipient import SECRETS, Recipient, first_secret, secrets_of
from engine.emulator.wire import errors
from engine.emulator.wire.errors import StripeRefusal
from engine.emulator.wire.loopback import is_loopback

# D: the limit in each mode.
MOST_ENDPOINTS = 16
_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(\.[a-z]+)?")


def _not_here() -> StripeRefusal:
    """A connected account that makes an endpoint (R; the status is ours, ?)."""
    return StripeRefusal(
        "You are not permitted to configure webhook endpoints on a connected account. Did you "
        "mean to create a Connect webhook on your account instead?",
        status=403,
    )


class WebhookBehaviour(Behaviour):
    """A webhook endpoint."""

    platforms_only: ClassVar[Mapping[str, Callable[[], StripeRefusal]]] = {"create": _not_here}
    permission_name: ClassVar[str] = "webhook"
    receives_events: ClassVar[bool] = True

    def check_create(self, view: AccountView, params: Params) -> None:
        """Check the URL, and the version of the events."""
        check_url(view, params["url"])
        version = params.get("api_version")
        if version is not None and not _VERSION.fullmatch(version):
            raise errors.StripeRefusal(
                f"Invalid API version: {version}", param="api_version"
            )  # ? The text is ours.

    def check_update(self, view: AccountView, params: Params) -> None:
        """Check the URL."""
        if params.get("url") is not None:
            check_url(view, params["url"])

    def creating(self, view: AccountView, params: Params, document: Document) -> None:
        """Refuse more than the limit (L), and mark one for connected accounts (R)."""
        if params.get("connect"):
            document["application"] = application_id(view.caller.account)
        if view.repository.count("webhook_endpoint") >= MOST_ENDPOINTS:
            mode = "" if view.caller.livemode else "test "
            raise StripeRefusal(
                f"You have reached the maximum of {MOST_ENDPOINTS} {mode}webhook endpoints."
            )
        document[SECRETS] = first_secret(view.ids.webhook_secret())

    def creation_only(self, view: AccountView, document: Document) -> Frozen:
        """Return the signing secret."""
        return {"secret": secrets_of(document, view.now)[0]}

    def recipient(self, document: Frozen, now: int) -> Recipient:
        """What it is sent: events of its account, or of the connected ones (S)."""
        connect = document["application"] is not None
        return Recipient(
            id=document["id"],
            url=document["url"],
            secrets=secrets_of(document, now),
            enabled=document["status"] == "enabled",
            types=frozenset(document["enabled_events"]),
            api_version=document["api_version"] or "",
            from_own=not connect,
            from_connected=connect,
        )


def check_url(view: AccountView, url: str) -> None:
    """Refuse a URL that Stripe does not send events to.

    Raises:
        StripeRefusal: `url_invalid`.
    """
    parts = urlsplit(url)
    if view.caller.livemode and parts.scheme != "https":
        # D that live endpoints need https; the text is ours (?).
        raise StripeRefusal(
            "Invalid URL: An HTTPS URL is required in live mode.", code="url_invalid", param="url"
        )
    if view.local_endpoints and is_loopback(parts.hostname or ""):
        return
    if _is_private(parts.hostname or ""):
        # L that loopback and private networks are refused; the text is ours (?).
        raise StripeRefusal(
            "Invalid URL: URL must be publicly accessible.", code="url_invalid", param="url"
        )


_NETWORKS = tuple(
    ipaddress.ip_network(text)
    for text in (
        *("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"),
        *("::1/128", "fc00::/7", "fe80::/10"),
    )
)


def _is_private(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    # L: 0.0.0.0 was accepted.
    return any(address in network for network in _NETWORKS)
