"""What people configure: objects as plain requests make them, and one change of each.

The table covers every kind of configuration that the acceptance tests of Stripe's own Terraform
provider have, with values of our own, and what the types have in addition to that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.catalog import loader
from engine.schema.resource_type import ResourceType
from engine.values.targets import AttributeTarget
from engine.values.templates import resolve
from tests.support.project import Project

PRODUCT = ("product", "pro", {"name": "Pro"})
MONTHLY = {"currency": "usd", "unit_amount": 2900, "recurring": {"interval": "month"}}
PRICE = ("price", "monthly", {"product": "${stripe_product.pro.id}", **MONTHLY})
METER = (
    "billing.meter",
    "calls",
    {
        "display_name": "Calls",
        "event_name": "api_calls",
        "default_aggregation": {"formula": "sum"},
        "value_settings": {"event_payload_key": "calls"},
    },
)
COUPON = ("coupon", "quarter", {"percent_off": 25, "duration": "forever"})
FEATURE = ("entitlements.feature", "sso", {"name": "SSO", "lookup_key": "sso"})
OFFICE = (
    "tax.settings",
    "office",
    {
        "defaults": {"tax_behavior": "exclusive"},
        "head_office": {
            "address": {
                "line1": "1 Main Street",
                "city": "Springfield",
                "state": "IL",
                "postal_code": "62701",
                "country": "US",
            }
        },
    },
)
ADDRESS = {"line1": "1 Main Street", "city": "Springfield", "state": "IL", "country": "US"}
READER_CONFIGURATION = (
    "terminal.configuration",
    "tills",
    {"name": "Tills", "reboot_window": {"start_hour": 3, "end_hour": 4}},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """One object.

    Attributes:
        object: Object name of its type.
        params: What the request carries, with references to what comes before.
        before: What it refers to: object name, logical name and parameters of each.
        change: What is declared in another way afterwards; nothing if no update takes anything.
    """

    object: str
    params: Mapping[str, Any]
    before: tuple[tuple[str, str, Mapping[str, Any]], ...] = ()
    change: Mapping[str, Any] = field(default_factory=lambda: {"metadata": {"changed": "yes"}})

    def make(self, project: Project) -> list[tuple[str, str, str]]:
        """Send the requests; type, logical name and id of each object."""
        ids: dict[str, str] = {}
        made: list[tuple[str, str, str]] = []
        for object_name, name, params in (*self.before, (self.object, "subject", self.params)):
            kind = loader.by_object(object_name)
            sent = resolve(dict(params), lambda target: _id(ids, target))
            path = kind.item if kind.life.singleton else kind.collection
            found = project.call("post", path.format(parent=sent.pop(kind.parent, "")), **sent)
            id = found.get("id", kind.object)
            ids[f"{kind.name}.{name}"] = id
            made.append((kind.name, name, f"{_parent(kind, params, ids)}{id}"))
        return made


def _id(ids: Mapping[str, str], target: Any) -> str:
    assert isinstance(target, AttributeTarget)
    return ids[str(target.address)]


def _parent(kind: ResourceType, params: Mapping[str, Any], ids: Mapping[str, str]) -> str:
    """How a child's id begins."""
    if not kind.parent:
        return ""
    return f"{resolve(params[kind.parent], lambda target: _id(ids, target))}/"


_PRODUCTS = {
    "product": Configuration(
        object="product",
        params={
            "name": "Pro",
            "description": "For teams",
            "tax_code": "txcd_10103001",
            "metadata": {"plan": "pro"},
        },
        change={"description": "For large teams"},
    ),
    "product, archived": Configuration(
        object="product",
        params={"name": "Old", "active": False},
        change={"name": "Older"},
    ),
    "product with images": Configuration(
        object="product",
        params={
            "name": "Mug",
            "images": ["https://shop.example/mug.png"],
            "url": "https://shop.example/mug",
        },
        change={"images": ["https://shop.example/cup.png"]},
    ),
    "product with marketing features": Configuration(
        object="product",
        params={
            "name": "Team",
            "marketing_features": [{"name": "Support by phone"}, {"name": "Reports"}],
            "unit_label": "seat",
        },
        change={"marketing_features": [{"name": "Reports"}]},
    ),
    "product that is shipped": Configuration(
        object="product",
        params={
            "name": "Mug",
            "type": "good",
            "shippable": True,
            "package_dimensions": {"height": 4.25, "length": 8.5, "weight": 16, "width": 2.75},
        },
        change={"name": "Cup"},
    ),
    "product with a statement descriptor": Configuration(
        object="product",
        params={"name": "Pro", "statement_descriptor": "PRO PLAN"},
        change={"statement_descriptor": "PRO"},
    ),
    "product with a chosen id": Configuration(
        object="product", params={"id": "pro", "name": "Pro"}, change={"name": "Professional"}
    ),
    "feature": Configuration(
        object="entitlements.feature",
        params={"name": "Single sign-on", "lookup_key": "sso", "metadata": {"team": "auth"}},
        change={"name": "SSO"},
    ),
    "feature of a product": Configuration(
        object="product_feature",
        params={
            "product": "${stripe_product.pro.id}",
            "entitlement_feature": "${stripe_entitlements_feature.sso.id}",
        },
        before=(PRODUCT, FEATURE),
        change={},
    ),
    "shipping rate": Configuration(
        object="shipping_rate",
        params={
            "display_name": "Ground",
            "fixed_amount": {"amount": 500, "currency": "usd"},
            "delivery_estimate": {
                "minimum": {"unit": "business_day", "value": 3},
                "maximum": {"unit": "business_day", "value": 5},
            },
        },
        change={"active": False},
    ),
    "shipping rate with taxes": Configuration(
        object="shipping_rate",
        params={
            "display_name": "Express",
            "fixed_amount": {
                "amount": 1500,
                "currency": "usd",
                "currency_options": {"eur": {"amount": 1400}},
            },
            "tax_behavior": "exclusive",
            "tax_code": "txcd_92010001",
            "metadata": {"carrier": "a"},
        },
    ),
}

_PRICES = {
    "price": Configuration(
        object="price",
        params=PRICE[2],
        before=(PRODUCT,),
        change={"nickname": "Monthly"},
    ),
    "price that is paid once": Configuration(
        object="price",
        params={"product": "${stripe_product.pro.id}", "currency": "usd", "unit_amount": 4900},
        before=(PRODUCT,),
    ),
    "price in parts of a cent": Configuration(
        object="price",
        params={
            "product": "${stripe_product.pro.id}",
            "currency": "usd",
            "unit_amount_decimal": "0.125",
            "recurring": {"interval": "month"},
        },
        before=(PRODUCT,),
    ),
    "price with decimals that are whole": Configuration(
        object="price",
        params={
            "product": "${stripe_product.pro.id}",
            "currency": "usd",
            "unit_amount": 1500,
            "recurring": {"interval": "year"},
            "lookup_key": "pro_yearly",
            "nickname": "Yearly",
        },
        before=(PRODUCT,),
        change={"nickname": "Every year"},
    ),
    "price in tiers": Configuration(
        object="price",
        params={
            "product": "${stripe_product.pro.id}",
            "currency": "usd",
            "billing_scheme": "tiered",
            "tiers_mode": "graduated",
            "recurring": {"interval": "month"},
            "tiers": [
                {"up_to": 10, "unit_amount_decimal": "900.5"},
                {"up_to": "inf", "flat_amount": 150, "unit_amount": 0},
            ],
            "currency_options": {
                "eur": {
                    "tiers": [
                        {"up_to": 10, "unit_amount": 800},
                        {"up_to": "inf", "flat_amount": 125},
                    ]
                }
            },
        },
        before=(PRODUCT,),
    ),
    "price of packages": Configuration(
        object="price",
        params={
            "product": "${stripe_product.pro.id}",
            "currency": "usd",
            "unit_amount": 99,
            "transform_quantity": {"divide_by": 100, "round": "up"},
            "recurring": {"interval": "month"},
        },
        before=(PRODUCT,),
    ),
    "price of what is counted": Configuration(
        object="price",
        params={
            "product": "${stripe_product.pro.id}",
            "currency": "usd",
            "unit_amount": 3,
            "recurring": {
                "interval": "month",
                "usage_type": "metered",
                "meter": "${stripe_billing_meter.calls.id}",
            },
        },
        before=(PRODUCT, METER),
    ),
    "price that customers choose": Configuration(
        object="price",
        params={
            "product": "${stripe_product.pro.id}",
            "currency": "usd",
            "custom_unit_amount": {"enabled": True, "minimum": 500, "preset": 1000},
        },
        before=(PRODUCT,),
    ),
    "plan": Configuration(
        object="plan",
        params={
            "product": "${stripe_product.pro.id}",
            "currency": "usd",
            "amount": 1500,
            "interval": "month",
        },
        before=(PRODUCT,),
        change={"nickname": "Monthly"},
    ),
    "plan every third week": Configuration(
        object="plan",
        params={
            "id": "weekly",
            "product": "${stripe_product.pro.id}",
            "currency": "usd",
            "amount": 500,
            "interval": "week",
            "interval_count": 3,
            "trial_period_days": 14,
        },
        before=(PRODUCT,),
        change={"trial_period_days": 7},
    ),
    "meter": Configuration(
        object="billing.meter",
        params=METER[2],
        change={"display_name": "API calls"},
    ),
    "meter that counts": Configuration(
        object="billing.meter",
        params={
            "display_name": "Logins",
            "event_name": "logins",
            "default_aggregation": {"formula": "count"},
        },
        change={"display_name": "Sign-ins"},
    ),
    "alert": Configuration(
        object="billing.alert",
        params={
            "alert_type": "usage_threshold",
            "title": "Many calls",
            "usage_threshold": {
                "gte": 250,
                "meter": "${stripe_billing_meter.calls.id}",
                "recurrence": "one_time",
            },
        },
        before=(METER,),
        change={},
    ),
}

_DISCOUNTS = {
    "coupon": Configuration(
        object="coupon",
        params={"percent_off": 12.5, "name": "Spring"},
        change={"name": "Summer"},
    ),
    "coupon of an amount": Configuration(
        object="coupon",
        params={
            "id": "SPRING25",
            "amount_off": 500,
            "currency": "usd",
            "currency_options": {"eur": {"amount_off": 450}},
            "duration": "forever",
        },
        change={"name": "Summer"},
    ),
    "coupon for some months": Configuration(
        object="coupon",
        params={
            "percent_off": 15,
            "duration": "repeating",
            "duration_in_months": 3,
            "max_redemptions": 5,
        },
        change={"name": "Summer"},
    ),
    "coupon for a product": Configuration(
        object="coupon",
        params={"percent_off": 10, "applies_to": {"products": ["${stripe_product.pro.id}"]}},
        before=(PRODUCT,),
        change={"name": "Summer"},
    ),
    "promotion code": Configuration(
        object="promotion_code",
        params={
            "code": "QUARTER",
            "promotion": {"type": "coupon", "coupon": "${stripe_coupon.quarter.id}"},
        },
        before=(COUPON,),
    ),
    "promotion code with restrictions": Configuration(
        object="promotion_code",
        params={
            "code": "FIRST",
            "max_redemptions": 10,
            "promotion": {"type": "coupon", "coupon": "${stripe_coupon.quarter.id}"},
            "restrictions": {
                "first_time_transaction": True,
                "minimum_amount": 2000,
                "minimum_amount_currency": "usd",
                "currency_options": {"eur": {"minimum_amount": 1900}},
            },
        },
        before=(COUPON,),
    ),
}

_PAYMENTS = {
    "payment link": Configuration(
        object="payment_link",
        params={"line_items": [{"price": "${stripe_price.monthly.id}", "quantity": 1}]},
        before=(PRODUCT, PRICE),
    ),
    "payment link with much": Configuration(
        object="payment_link",
        params={
            "line_items": [
                {
                    "price": "${stripe_price.monthly.id}",
                    "quantity": 2,
                    "adjustable_quantity": {"enabled": True, "minimum": 1, "maximum": 10},
                }
            ],
            "inactive_message": "Sold out",
            "allow_promotion_codes": True,
            "billing_address_collection": "required",
            "payment_method_collection": "if_required",
            "automatic_tax": {"enabled": True},
            "after_completion": {
                "type": "redirect",
                "redirect": {"url": "https://shop.example/thanks"},
            },
            "custom_fields": [
                {"key": "size", "label": {"type": "custom", "custom": "Size"}, "type": "text"}
            ],
            "subscription_data": {"trial_period_days": 14},
            "tax_id_collection": {"enabled": True},
        },
        before=(PRODUCT, PRICE),
        change={"inactive_message": "Gone"},
    ),
    "payment method configuration": Configuration(
        object="payment_method_configuration",
        params={
            "name": "Web",
            "card": {"display_preference": {"preference": "on"}},
            "apple_pay": {"display_preference": {"preference": "off"}},
        },
        change={"name": "Shop"},
    ),
    "payment method domain": Configuration(
        object="payment_method_domain",
        params={"domain_name": "shop.example"},
        change={"enabled": False},
    ),
    "apple pay domain": Configuration(
        object="apple_pay_domain", params={"domain_name": "shop.example"}, change={}
    ),
    "portal": Configuration(
        object="billing_portal.configuration",
        params={
            "name": "Portal",
            "default_return_url": "https://shop.example/account",
            "business_profile": {
                "headline": "Your plan",
                "privacy_policy_url": "https://shop.example/privacy",
                "terms_of_service_url": "https://shop.example/terms",
            },
            "features": {
                "customer_update": {"enabled": True, "allowed_updates": ["email", "tax_id"]},
                "invoice_history": {"enabled": True},
                "payment_method_update": {"enabled": True},
            },
        },
        change={"default_return_url": "https://shop.example/me"},
    ),
    "portal with a login page": Configuration(
        object="billing_portal.configuration",
        params={
            "login_page": {"enabled": True},
            "features": {
                "subscription_cancel": {
                    "enabled": True,
                    "mode": "immediately",
                    "proration_behavior": "create_prorations",
                    "cancellation_reason": {
                        "enabled": True,
                        "options": ["missing_features", "too_expensive"],
                    },
                },
            },
        },
        change={"name": "Login"},
    ),
    "portal for updates": Configuration(
        object="billing_portal.configuration",
        params={
            "features": {
                "payment_method_update": {"enabled": True},
                "subscription_update": {
                    "enabled": True,
                    "default_allowed_updates": ["price"],
                    "products": [
                        {
                            "product": "${stripe_product.pro.id}",
                            "prices": ["${stripe_price.monthly.id}"],
                        }
                    ],
                },
            },
        },
        before=(PRODUCT, PRICE),
        change={"name": "Updates"},
    ),
    "portal with nothing": Configuration(
        object="billing_portal.configuration",
        params={"features": {"customer_update": {"enabled": False}}},
        change={"name": "Empty"},
    ),
}

_OTHERS = {
    "tax rate": Configuration(
        object="tax_rate",
        params={"display_name": "VAT", "inclusive": True, "percentage": 19},
        change={"display_name": "USt"},
    ),
    "tax rate of a state": Configuration(
        object="tax_rate",
        params={
            "display_name": "Sales tax",
            "description": "NY sales tax",
            "country": "US",
            "state": "NY",
            "jurisdiction": "New York",
            "inclusive": False,
            "percentage": 4.5,
            "tax_type": "sales_tax",
            "metadata": {"by": "hand"},
        },
        change={"description": "Sales tax of New York"},
    ),
    "tax registration": Configuration(
        object="tax.registration",
        params={
            "country": "CA",
            "active_from": 1_899_000_000,
            "country_options": {"ca": {"type": "simplified"}},
        },
        before=(OFFICE,),
        change={"expires_at": 1_940_000_000},
    ),
    "tax registration that is active": Configuration(
        object="tax.registration",
        params={
            "country": "US",
            "active_from": "now",
            "country_options": {"us": {"state": "CA", "type": "state_sales_tax"}},
        },
        before=(OFFICE,),
        change={"expires_at": 1_940_000_000},
    ),
    "tax id": Configuration(
        object="tax_id", params={"type": "eu_vat", "value": "DE123456789"}, change={}
    ),
    "terminal configuration": Configuration(
        object="terminal.configuration",
        params={
            "name": "Bar",
            "offline": {"enabled": True},
            "reboot_window": {"start_hour": 5, "end_hour": 6},
            "tipping": {
                "usd": {
                    "fixed_amounts": [100, 200, 300],
                    "percentages": [15, 20, 25],
                    "smart_tip_threshold": 2000,
                }
            },
        },
        change={"name": "Restaurant"},
    ),
    "terminal location": Configuration(
        object="terminal.location",
        params={
            "display_name": "Shop",
            "phone": "+15555550143",
            "configuration_overrides": "${stripe_terminal_configuration.tills.id}",
            "address": {**ADDRESS, "postal_code": "62701"},
        },
        before=(READER_CONFIGURATION,),
        change={"display_name": "Store"},
    ),
    "value list": Configuration(
        object="radar.value_list",
        params={"alias": "blocked", "name": "Blocked", "item_type": "email"},
        change={"name": "Refused"},
    ),
    "value list of plain text": Configuration(
        object="radar.value_list",
        params={"alias": "words", "name": "Words"},
        change={"name": "More words"},
    ),
    "value of a list": Configuration(
        object="radar.value_list_item",
        params={"value": "spam", "value_list": "${stripe_radar_value_list.words.id}"},
        before=(("radar.value_list", "words", {"alias": "words", "name": "Words"}),),
        change={},
    ),
    "reader": Configuration(
        object="terminal.reader",
        params={
            "registration_code": "simulated-wpe",
            "label": "Till",
            "location": "${stripe_terminal_location.shop.id}",
        },
        before=(
            (
                "terminal.location",
                "shop",
                {"display_name": "Shop", "address": {**ADDRESS, "postal_code": "62701"}},
            ),
        ),
        change={"label": "Bar"},
    ),
    "place of performance": Configuration(
        object="tax.location",
        params={
            "type": "performance",
            "description": "The hall",
            "address": {**ADDRESS, "postal_code": "62701"},
        },
        change={},
    ),
    "feedback option": Configuration(
        object="billing.feedback_option",
        params={"description": "Moved away"},
        change={"description": "Moved"},
    ),
    "card design": Configuration(
        object="issuing.personalization_design",
        params={"name": "Blue", "physical_bundle": "ics_one"},
        change={"name": "Green"},
    ),
    "trial offer": Configuration(
        object="product_catalog.trial_offer",
        params={
            "duration": {"type": "relative", "relative": {"iterations": 2}},
            "end_behavior": {"transition": {"price": "${stripe_price.monthly.id}"}},
            "price": "${stripe_price.monthly.id}",
        },
        before=(PRODUCT, PRICE),
        change={"active": False},
    ),
    "webhook": Configuration(
        object="webhook_endpoint",
        params={
            "url": "https://shop.example/hooks",
            "enabled_events": ["invoice.paid", "invoice.created"],
            "description": "Shop",
        },
        change={"description": "The shop"},
    ),
    "webhook for everything": Configuration(
        object="webhook_endpoint",
        params={
            "url": "https://shop.example/all",
            "enabled_events": ["*"],
            "api_version": "2025-03-31.basil",
            "metadata": {"team": "ops"},
        },
        change={"url": "https://shop.example/everything"},
    ),
    "event destination": Configuration(
        object="v2.core.event_destination",
        params={
            "name": "Shop",
            "type": "webhook_endpoint",
            "event_payload": "thin",
            "enabled_events": ["v1.billing.meter.error_report_triggered"],
            "webhook_endpoint": {"url": "https://shop.example/thin"},
        },
        change={"description": "The shop"},
    ),
    "customer": Configuration(
        object="customer",
        params={
            "name": "Ada",
            "email": "ada@shop.example",
            "description": "A tester",
            "address": {**ADDRESS, "postal_code": "62701"},
            "invoice_settings": {"footer": "Thank you"},
            "tax_exempt": "exempt",
        },
        change={"description": "Another tester"},
    ),
}

CONFIGURATIONS: Mapping[str, Configuration] = {
    **_PRODUCTS,
    **_PRICES,
    **_DISCOUNTS,
    **_PAYMENTS,
    **_OTHERS,
}
"""All of it, by what it is called in tests."""
