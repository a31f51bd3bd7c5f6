"""The catalog of a small software company: plans, an add-on, discounts, taxes, shipping."""

from typing import Literal, NamedTuple

from engine import Lifecycle, environment, output, variable
from engine.stripe import (
    Coupon,
    PortalConfiguration,
    Price,
    Product,
    PromotionCode,
    ShippingRate,
    TaxRate,
    WebhookEndpoint,
)

SITE = variable("site", "https://saas.example.com")
MONTHS_PAID_OF_A_YEAR = 10


class Plan(NamedTuple):
    """Monthly amounts in minor units (euro prices are set, not converted), and what is in it."""

    usd: int
    eur: int
    features: list[str]


PLANS = {
    "starter": Plan(900, 800, ["1 project", "Community support"]),
    "team": Plan(2900, 2700, ["20 projects", "Email support"]),
    "business": Plan(9900, 8900, ["No limits", "Phone support"]),
}


def plan_price(
    product: Product, plan: str, interval: Literal["month", "year"], months: int
) -> Price:
    """A plan's price for one interval, in both currencies."""
    amounts = PLANS[plan]
    return Price(
        f"{plan}-{interval}ly",
        product=product,
        nickname=f"{plan.title()}, {interval}ly",
        currency="usd",
        unit_amount=amounts.usd * months,
        currency_options={"eur": {"unit_amount": amounts.eur * months}},
        recurring={"interval": interval},
        tax_behavior="exclusive",
        lookup_key=f"{plan}_{interval}ly",
    )


products: dict[str, Product] = {}
prices: dict[str, list[Price]] = {}
for plan, terms in PLANS.items():
    products[plan] = Product(
        plan,
        id=f"saas_{plan}",
        name=f"SaaS {plan.title()}",
        description=f"The {plan} plan: {', '.join(terms.features).lower()}.",
        marketing_features=[{"name": feature} for feature in terms.features],
        metadata={"plan": plan, "environment": environment},
        tax_code="txcd_10103001",
        url=f"{SITE}/plans/{plan}",
    )
    prices[plan] = [
        plan_price(products[plan], plan, "month", 1),
        plan_price(products[plan], plan, "year", MONTHS_PAID_OF_A_YEAR),
    ]

# Seats beyond the plan: the more, the cheaper each.
seats = Product("seats", name="Extra seats", unit_label="seat")
Price(
    "seats-monthly",
    product=seats,
    currency="usd",
    billing_scheme="tiered",
    tiers_mode="graduated",
    tiers=[
        {"up_to": 10, "unit_amount": 800},
        {"up_to": 100, "unit_amount": 600},
        {"up_to": "inf", "unit_amount_decimal": "412.5"},
    ],
    recurring={"interval": "month"},
    tax_behavior="exclusive",
    lookup_key="seats_monthly",
)

onboarding = Product("onboarding", name="Onboarding workshop")
Price(
    "onboarding",
    product=onboarding,
    currency="usd",
    unit_amount=49900,
    tax_behavior="exclusive",
    lookup_key="onboarding",
)

launch = Coupon(
    "launch",
    id="LAUNCH25",
    name="Launch offer",
    percent_off=25,
    duration="repeating",
    duration_in_months=3,
    applies_to={"products": [product.id for product in products.values()]},
)
for partner in ("northwind", "contoso"):
    PromotionCode(
        f"launch-{partner}",
        promotion={"type": "coupon", "coupon": launch.id},
        code=f"LAUNCH-{partner.upper()}",
        max_redemptions=500,
        metadata={"partner": partner},
    )

TaxRate(
    "vat-de",
    display_name="VAT",
    description="German value added tax",
    country="DE",
    jurisdiction="DE",
    percentage=19,
    inclusive=False,
    tax_type="vat",
)

ShippingRate(
    "welcome-kit",
    display_name="Welcome kit by post",
    type="fixed_amount",
    fixed_amount={"amount": 1200, "currency": "usd"},
    delivery_estimate={
        "minimum": {"unit": "business_day", "value": 3},
        "maximum": {"unit": "business_day", "value": 7},
    },
    tax_behavior="exclusive",
)

hook = WebhookEndpoint(
    "billing-events",
    url=f"{SITE}/webhooks/stripe",
    description="Subscriptions and invoices, for the billing service",
    enabled_events=[
        "customer.subscription.created",
        "customer.subscription.deleted",
        "customer.subscription.updated",
        "invoice.paid",
        "invoice.payment_failed",
    ],
    lifecycle=Lifecycle(protect=environment == "live"),
)

portal = PortalConfiguration(
    "portal",
    business_profile={
        "headline": "Your SaaS subscription",
        "privacy_policy_url": f"{SITE}/privacy",
        "terms_of_service_url": f"{SITE}/terms",
    },
    default_return_url=f"{SITE}/account",
    features={
        "customer_update": {"enabled": True, "allowed_updates": ["email", "address", "tax_id"]},
        "invoice_history": {"enabled": True},
        "payment_method_update": {"enabled": True},
        "subscription_cancel": {"enabled": True, "mode": "at_period_end"},
        "subscription_update": {
            "enabled": True,
            "default_allowed_updates": ["price", "promotion_code"],
            "proration_behavior": "create_prorations",
            "products": [
                {"product": products[plan].id, "prices": [price.id for price in prices[plan]]}
                for plan in PLANS
            ],
        },
    },
)

output("portal_id", portal.id)
output(
    "price_ids",
    {plan: {"month": prices[plan][0].id, "year": prices[plan][1].id} for plan in PLANS},
)
output("webhook_secret", hook.secret, sensitive=True)
