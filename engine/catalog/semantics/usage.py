"""What uses what on an account, and which list of Stripe's counts it.

It is a table of its own, by object name, since one plan in many asks for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from engine.schema.usage import OwnUse, Subscribing, Usage, UsedBy

_MANY: Final = 10
"""Pages of a list whose number is worth them: what is beyond a thousand is `1,000+`."""
_PORTAL_PRODUCTS: Final = "features.subscription_update.products"

# ── who uses ──────────────────────────────────────────────────────────────────────────────

# D: subscriptions stay on an archived price or product until they are canceled.
_SUBSCRIPTIONS = UsedBy(
    object="subscription",
    words="active subscriptions",
    filter="price",
    # S: what has not ended; the list leaves out canceled ones by itself.
    among={"status": ("active", "incomplete", "past_due", "paused", "trialing", "unpaid")},
    pages=_MANY,
    note="still billed at the old price",
)
# D: archiving deactivates the links that sell it.
_LINKS = UsedBy(
    object="payment_link",
    words="payment links",
    at=("line_items.data.*.price.id", "optional_items.*.price"),
    variants=({"active": True},),
    expand=("line_items",),
    pages=_MANY,
    named=True,
    note="Stripe deactivates those that still sell it",
)
_PORTALS = UsedBy(
    object="billing_portal.configuration",
    words="customer portals",
    at=(f"{_PORTAL_PRODUCTS}.*.prices.*",),
    variants=({"active": True},),
    expand=(_PORTAL_PRODUCTS,),
    named=True,
)
_SCHEDULES = UsedBy(
    object="subscription_schedule",
    words="subscription schedules",
    at=("phases.*.items.*.price",),
    among={"status": ("active", "not_started")},
    pages=_MANY,
)
_QUOTES = UsedBy(
    object="quote",
    words="open quotes",
    at=("line_items.data.*.price.id",),
    variants=({"status": "open"},),
    expand=("line_items",),
    pages=_MANY,
)
_COUPONS = UsedBy(
    object="coupon",
    words="coupons",
    at=("applies_to.products.*",),
    expand=("applies_to",),
    pages=_MANY,
    named=True,
)
_PRICES = UsedBy(
    object="price", words="prices", filter="product", variants=({"active": True}, {"active": False})
)
_METERED = replace(_PRICES, filter="recurring.meter", variants=({"active": True},))


def _if_recurring(*uses: UsedBy) -> tuple[UsedBy, ...]:
    """Nothing of it can name a price that is paid once."""
    return tuple(replace(use, when={"type": ("recurring",)}) for use in uses)


_EVENT_TYPES = OwnUse(at="enabled_events", words="event types")
_NO_EVENTS = "its application gets no events from then on"

# ── what is used ──────────────────────────────────────────────────────────────────────────

USAGE: Mapping[str, Usage] = {
    "billing.meter": Usage(
        # S: a deactivated meter takes no events.
        by=(
            replace(_METERED, named=True, note="no usage can be reported for them"),
            replace(_SUBSCRIPTIONS, through=_METERED, note="their usage is not counted"),
        ),
    ),
    "billing_portal.configuration": Usage(
        own=(OwnUse(at="login_page.url", words="login pages", note="it stops working"),),
    ),
    "coupon": Usage(
        # D: who has applied it keeps it. S: a code is active only while its coupon is valid.
        own=(OwnUse(at="times_redeemed", words="redemptions", note="who has it keeps it"),),
        by=(
            UsedBy(
                object="promotion_code",
                words="active promotion codes",
                filter="coupon",
                variants=({"active": True},),
                named=True,
                note="nothing can be redeemed with them",
            ),
        ),
    ),
    "customer": Usage(
        # D: deleting a customer cancels them at once.
        by=(replace(_SUBSCRIPTIONS, filter="customer", note="they are canceled at once"),),
    ),
    "entitlements.feature": Usage(unlisted="products with this feature"),
    "issuing.cardholder": Usage(
        by=(
            UsedBy(
                object="issuing.card",
                words="active cards",
                filter="cardholder",
                variants=({"status": "active"},),
            ),
        ),
    ),
    "payment_link": Usage(
        # S: customers who visit it are shown that it has been deactivated.
        own=(OwnUse(at="url", words="URLs", note="who opens it sees that it is deactivated"),),
        also=("line_items",),
    ),
    "plan": Usage(by=(replace(_SUBSCRIPTIONS, filter="plan"),)),
    "price": Usage(
        by=(
            *_if_recurring(_SUBSCRIPTIONS),
            _LINKS,
            *_if_recurring(_PORTALS, _SCHEDULES),
            _QUOTES,
        ),
        also=("currency_options",),
    ),
    "product": Usage(
        by=(
            replace(_SUBSCRIPTIONS, through=_PRICES),
            replace(_LINKS, at=("line_items.data.*.price.product",)),
            replace(_PORTALS, at=(f"{_PORTAL_PRODUCTS}.*.product",)),
            replace(_QUOTES, at=("line_items.data.*.price.product",)),
            _COUPONS,
        ),
        # D: customers see them on invoices, receipts and statements.
        also=("name", "statement_descriptor", "unit_label"),
    ),
    "promotion_code": Usage(own=(OwnUse(at="times_redeemed", words="redemptions"),)),
    "shipping_rate": Usage(
        by=(replace(_LINKS, at=("shipping_options.*.shipping_rate",), expand=(), note=""),),
    ),
    "tax_rate": Usage(unlisted="subscriptions and invoices with this tax rate"),
    "terminal.location": Usage(
        by=(UsedBy(object="terminal.reader", words="readers", filter="location", named=True),),
    ),
    "test_helpers.test_clock": Usage(
        by=(
            UsedBy(
                object="customer",
                words="customers",
                filter="test_clock",
                note="they are deleted with it",
            ),
        ),
    ),
    "v2.core.event_destination": Usage(
        own=(OwnUse(at="webhook_endpoint.url", words="URLs", note=_NO_EVENTS), _EVENT_TYPES),
        also=("enabled_events", "webhook_endpoint"),
    ),
    "webhook_endpoint": Usage(
        own=(OwnUse(at="url", words="URLs", note=_NO_EVENTS), _EVENT_TYPES),
        also=("disabled", "enabled_events", "url"),
    ),
}
"""What uses the objects of the types that something can use, by object name."""

SUBSCRIBED: Mapping[str, Subscribing] = {"price": Subscribing(by="subscription", named="price")}
"""How customers are subscribed to the objects of the types where they can be, by object name."""
