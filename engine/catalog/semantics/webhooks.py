"""Where Stripe sends its events."""

from __future__ import annotations

from collections.abc import Mapping

from engine.catalog.rows import Field, Row
from engine.catalog.semantics.shared import DELETE, METADATA
from engine.catalog.semantics.shared_rules import only_when
from engine.schema.field_semantics import ListOrder
from engine.schema.lifecycle import Life, NaturalKey, Revival
from engine.schema.naming import Naming, Words
from engine.schema.rules import Rule, RuleKind

# L: loopback addresses are refused, since Stripe could never reach them; nor could it private ones.
REACHABLE = Field(
    # The name of a host has no case, and may end with a dot.
    pattern=r"https?://(?i:(?!(?:[^/?#]*@)?(?:(?:[^/?#@]*\.)?localhost\.?|(?:127|10)(?:\.\d+){3}"
    r"|(?:192\.168|169\.254|172\.(?:1[6-9]|2\d|3[01]))(?:\.\d+){2})(?:[:/?#]|$)"
    r"|\[::1\]|\[f[cde]))\S+",
    says="Stripe has to reach it: a URL of a public host that begins with https:// or http://. For "
    "an application on your own machine run stripe listen --forward-to {value} instead",
)

SIGNING_SECRET = Field(
    sensitive=True,
    pattern=r"whsec_[A-Za-z0-9+/=_-]{8,}",
    says="a signing secret begins with whsec_",
)


def _encrypted(field: str) -> Rule:
    """Check that events of live mode go to https (D)."""
    return Rule(
        kind=RuleKind.MATCHES,
        live=True,
        fields=(field,),
        value=r"https://\S+",
        message="Invalid URL: An HTTPS URL is required in live mode.",
    )


WEBHOOK_ENDPOINT = Row(
    face="WebhookEndpoint",
    title="webhook endpoint",
    stack="webhooks",
    id_prefix="we_",
    naming=Naming(fields=("url", "description"), phrase=(Words("{enabled_events:event}"),)),
    life=Life(
        # S: secret, signing_secret.
        loses="its signing secret",
        removals=(DELETE,),
        # L: two endpoints may have one URL.
        natural_keys=(NaturalKey(attribute="url", scan=True, unique=False),),
        # L: "You have reached the maximum of 16 test webhook endpoints."
        cap=16,
        # Stripe disables an endpoint that keeps failing; that is drift worth seeing.
        revival=Revival(live={"status": "enabled"}, params={"disabled": False}),
        # R: "You are not permitted to configure webhook endpoints on a connected account. Did you
        # mean to create a Connect webhook on your account instead?"
        own_account_only="declare it without lifecycle account and with connect=True: it gets the "
        "events of all connected accounts",
    ),
    fields={
        **METADATA,
        # L: Stripe knows newer versions than any release of the SDK.
        "api_version": Field(open_values=True),
        # The response holds only whether an application owns it.
        "connect": Field(neutral=False, write_only=True),
        "disabled": Field(
            neutral=False, source="status", source_words={"enabled": False, "disabled": True}
        ),
        "enabled_events": Field(order=ListOrder.SET, min_length=1),
        "secret": SIGNING_SECRET,
        "url": REACHABLE,
    },
    rules=(_encrypted("url"),),
)

EVENT_DESTINATION = Row(
    face="EventDestination",
    title="event destination",
    stack="webhooks",
    id_prefix="ed_",
    naming=Naming(
        fields=("name", "webhook_endpoint.url"),
        phrase=(Words("{enabled_events:event}"), Words("to {webhook_endpoint.url}")),
    ),
    life=Life(
        # S: secret, signing_secret.
        loses="its signing secret",
        removals=(DELETE,),
        natural_keys=(
            NaturalKey(attribute="webhook_endpoint.url", scan=True, unique=False),
            NaturalKey(attribute="name", scan=True, unique=False),
        ),
        # Stripe disables a destination that keeps failing; that is drift worth seeing.
        revival=Revival(live={"status": "enabled"}, params={}, call="enable"),
    ),
    include=("webhook_endpoint.url",),
    include_once=("webhook_endpoint.signing_secret",),
    fields={
        **METADATA,
        "amazon_eventbridge.aws_account_id": Field(pattern=r"\d{12}", says="it has twelve digits"),
        # L: the region is never returned.
        "amazon_eventbridge.aws_region": Field(write_only=True),
        "enabled_events": Field(order=ListOrder.SET, min_length=1),
        "events_from": Field(neutral=["@self"], order=ListOrder.SET),
        "webhook_endpoint.signing_secret": SIGNING_SECRET,
        "webhook_endpoint.url": REACHABLE,
    },
    rules=(
        _encrypted("webhook_endpoint.url"),
        *only_when("type", "amazon_eventbridge", "amazon_eventbridge"),
        *only_when("type", "azure_event_grid", "azure_event_grid"),
        *only_when("type", "webhook_endpoint", "webhook_endpoint"),
        # L: thin events have no version.
        Rule(
            kind=RuleKind.REQUIRES,
            when={"snapshot_api_version": ...},
            fields=("event_payload",),
            value="snapshot",
            message='snapshot_api_version goes with event_payload="snapshot" only.',
        ),
    ),
)

ROWS: Mapping[str, Row] = {
    "v2.core.event_destination": EVENT_DESTINATION,
    "webhook_endpoint": WEBHOOK_ENDPOINT,
}
"""Rows of this area, by object name."""
