"""Where Stripe sends its events."""

from __future__ import annotations

from collections.abc import Mapping

from engine.catalog.rows import Alias, Limit, Row
from engine.catalog.semantics.shared import DELETE, METADATA
from engine.provider.schema import Revival

WEBHOOK_ENDPOINT = Row(
    face="WebhookEndpoint",
    title="webhook endpoint",
    id_prefix="we_",
    removals=(DELETE,),
    # Stripe disables an endpoint that keeps failing; that is drift worth seeing.
    revival=Revival(live={"status": "enabled"}, params={"disabled": False}),
    sensitive=("secret",),
    # The answer tells only whether an application owns it.
    write_only=("connect",),
    sets=("enabled_events",),
    aliases={"disabled": Alias(source="status", words={"enabled": False, "disabled": True})},
    neutral={"disabled": False, "connect": False},
    limits={
        **METADATA,
        "enabled_events": Limit(min=1),
        # L: loopback addresses are refused, since Stripe could never reach them.
        "url": Limit(pattern=r"https?://(?!localhost\b|127\.|\[::1\])\S+"),
    },
    # L: Stripe knows newer versions than any release of the SDK.
    unlisted=("api_version",),
)

ROWS: Mapping[str, Row] = {
    "webhook_endpoint": WEBHOOK_ENDPOINT,
}
"""Rows of this area, by object name."""
