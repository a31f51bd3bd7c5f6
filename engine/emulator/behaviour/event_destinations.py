"""Event destinations, a type of v2."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from engine.emulator.behaviour.account_view import AccountView, Document, Frozen, Params
from engine.emulator.behaviour.base import Behaviour
from engine.emulator.behaviour.recipient import SECRETS, Recipient, first_secret, secrets_of
from engine.emulator.behaviour.webhooks import MOST_ENDPOINTS, check_url
from engine.emulator.wire import errors
from engine.emulator.wire.errors import StripeRefusal

_OBJECT = "v2.core.event_destination"
_RECEIVERS = ("amazon_eventbridge", "azure_event_grid", "webhook_endpoint")
_URL = "webhook_endpoint.url"


class EventDestinationBehaviour(Behaviour):
    """A receiver of events."""

    title: ClassVar[str] = "event destination"
    verbs: ClassVar[frozenset[str]] = frozenset({"ping"})
    defaults: ClassVar[Mapping[str, Any]] = {"status": "enabled"}
    receives_events: ClassVar[bool] = True

    def check_create(self, view: AccountView, params: Params) -> None:
        """Require the one receiver of its type, and no version for thin events (L)."""
        named = [name for name in _RECEIVERS if params.get(name) is not None]
        if params["type"] not in named:
            raise errors.missing_field(params["type"])
        if len(named) > 1:
            other = next(name for name in named if name != params["type"])
            raise errors.invalid_field(other, f"cannot be set when type is {params['type']}")
        if params.get("snapshot_api_version") and params["event_payload"] != "snapshot":
            raise errors.invalid_field(
                "snapshot_api_version", "can only be set when event_payload is snapshot"
            )
        if not params["enabled_events"]:
            raise errors.invalid_field("enabled_events", "cannot be empty")
        _check_url(view, params)

    def check_update(self, view: AccountView, params: Params) -> None:
        """Check the URL."""
        _check_url(view, params)

    def creating(self, view: AccountView, params: Params, document: Document) -> None:
        """Refuse more than the limit (D), and fill in the receiver's own fields."""
        if view.repository.count(_OBJECT) >= MOST_ENDPOINTS:
            raise StripeRefusal(
                f"You have reached the maximum of {MOST_ENDPOINTS} event destinations.",
                code="event_destination_limit_reached",
            )
        if document["events_from"] is None:
            document["events_from"] = ["@self"]
        if params["event_payload"] == "snapshot" and document["snapshot_api_version"] is None:
            document["snapshot_api_version"] = view.version.partition(";")[0]
        bridge, grid = document["amazon_eventbridge"], document["azure_event_grid"]
        if bridge is not None:
            region = params["amazon_eventbridge"]["aws_region"]
            bridge["aws_event_source_arn"] = (
                f"arn:aws:events:{region}::event-source/aws.partner/stripe.com/{document['id']}"
            )
            bridge["aws_event_source_status"] = "pending"
        if grid is not None:
            grid["azure_partner_topic_name"] = document["id"]
            grid["azure_partner_topic_status"] = "never_activated"
        if document["type"] == "webhook_endpoint":
            document[SECRETS] = first_secret(view.ids.webhook_secret())

    def creation_only(self, view: AccountView, document: Document) -> Frozen:
        """Return the signing secret of a webhook endpoint."""
        secrets = secrets_of(document, view.now)
        return {"webhook_endpoint.signing_secret": secrets[0]} if secrets else {}

    def recipient(self, document: Frozen, now: int) -> Recipient | None:
        """What it is sent: snapshot events, as a webhook endpoint; thin ones are not emulated."""
        endpoint = document["webhook_endpoint"]
        if endpoint is None or document["event_payload"] != "snapshot":
            return None
        events_from = document["events_from"] or ()
        return Recipient(
            id=document["id"],
            url=endpoint["url"],
            secrets=secrets_of(document, now),
            enabled=document["status"] == "enabled",
            types=frozenset(document["enabled_events"]),
            api_version=document["snapshot_api_version"] or "",
            from_own="@self" in events_from,
            from_connected="@accounts" in events_from,
        )

    def updating(self, view: AccountView, params: Params, before: Frozen, after: Document) -> None:
        """Refuse settings of another kind of receiver."""
        del view, after
        if params.get("webhook_endpoint") is not None and before["webhook_endpoint"] is None:
            raise errors.invalid_field("webhook_endpoint", f"cannot be set on a {before['type']}")

    def calling(self, view: AccountView, verb: str, params: Params, document: Document) -> None:
        """Set the reason why it is disabled."""
        del view, params
        if verb == "disable":
            document["status_details"] = {"disabled": {"reason": "user"}}
        elif verb == "enable":
            document["status_details"] = None

    def called(self, view: AccountView, verb: str, document: Document) -> Frozen | None:
        """Return the event that a ping sends."""
        if verb != "ping":
            return None
        return {
            "id": view.ids.object_id("evt_test_", self.id_form, view.caller.account),
            "object": "v2.core.event",
            "type": "v2.core.event_destination.ping",
            "created": document["updated"],
            "livemode": document["livemode"],
            "context": None,
            "reason": None,
            "related_object": {
                "id": document["id"],
                "type": _OBJECT,
                "url": f"/v2/core/event_destinations/{document['id']}",
            },
        }


def _check_url(view: AccountView, params: Frozen) -> None:
    endpoint = params.get("webhook_endpoint")
    if endpoint is None:
        return
    try:
        check_url(view, endpoint["url"])
    except StripeRefusal as refusal:
        raise errors.invalid_field(_URL, refusal.message) from None
