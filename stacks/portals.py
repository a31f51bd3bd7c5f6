"""Customer portals: three configurations, from the plainest to the full one."""

from engine import output
from engine.stripe import PortalConfiguration, Price, Product

basic = PortalConfiguration(
    "basic-portal",
    business_profile={
        "headline": "Manage your subscription",
        "privacy_policy_url": "https://example.com/privacy",
        "terms_of_service_url": "https://example.com/terms",
    },
    features={
        "invoice_history": {"enabled": True},
        "payment_method_update": {"enabled": True},
    },
)

# Stripe lets customers switch plans only among products and prices that the portal names,
# so this stack declares the plan that its second portal offers.
pro = Product("pro", name="Pro")
pro_monthly = Price(
    "pro-monthly",
    product=pro.id,
    currency="usd",
    unit_amount=2900,
    recurring={"interval": "month"},
    lookup_key="pro_monthly",
)
pro_yearly = Price(
    "pro-yearly",
    product=pro.id,
    currency="usd",
    unit_amount=29000,
    recurring={"interval": "year"},
    lookup_key="pro_yearly",
)

subscription = PortalConfiguration(
    "subscription-portal",
    default_return_url="https://example.com/account",
    features={
        "payment_method_update": {"enabled": True},
        "subscription_cancel": {
            "enabled": True,
            "mode": "at_period_end",
            "proration_behavior": "none",
        },
        "subscription_update": {
            "enabled": True,
            "default_allowed_updates": ["price", "quantity"],
            "proration_behavior": "create_prorations",
            "products": [{"product": pro.id, "prices": [pro_monthly.id, pro_yearly.id]}],
        },
    },
)

full = PortalConfiguration(
    "full-portal",
    business_profile={
        "headline": "Manage your Acme Corp subscription",
        "privacy_policy_url": "https://acme.com/privacy",
        "terms_of_service_url": "https://acme.com/terms",
    },
    default_return_url="https://acme.com/dashboard",
    features={
        "customer_update": {
            "enabled": True,
            "allowed_updates": ["email", "address", "shipping", "phone", "tax_id"],
        },
        "invoice_history": {"enabled": True},
        "payment_method_update": {"enabled": True},
        "subscription_cancel": {
            "enabled": True,
            "mode": "immediately",
            "cancellation_reason": {
                "enabled": True,
                "options": ["too_expensive", "missing_features", "switched_service"],
            },
        },
    },
)

output("basic_portal_id", basic.id)
output("subscription_portal_id", subscription.id)
output("full_portal_id", full.id)
