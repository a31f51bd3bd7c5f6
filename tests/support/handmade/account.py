"""About three hundred objects of every type that is configuration, made without the engine.

What a real account has after some years: plans in several currencies, tiers, equal names, archived
generations, metadata of other tools, the default portal, webhooks whose secret nobody has kept.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.support.project import Project

Post = Callable[..., dict[str, Any]]
SITE = "https://shop.example.com"
_EU = ("DE", "FR", "NL", "ES", "IT", "AT")


def make_account(project: Project) -> None:
    """Make the account.

    Args:
        project: Its account is still empty.
    """

    def post(path: str, **params: Any) -> dict[str, Any]:
        return project.call("post", path, **params)

    _taxes(post)
    features = _features(post)
    meters = _meters(post)
    plans = _plans(post, features)
    _usage(post, meters)
    _old_generations(post)
    _equal_names(post)
    _odd_prices(post)
    _discounts(post, plans)
    shipping = _shipping(post)
    _payment_links(post, plans, shipping)
    _portals(post, plans)
    _webhooks(post)
    _payments(post)
    _radar(post)
    _terminal(post)
    _rest(post, meters)


def _taxes(post: Post) -> None:
    post(
        "/v1/tax/settings",
        defaults={"tax_behavior": "exclusive", "tax_code": "txcd_10103001"},
        head_office={"address": {"country": "DE", "city": "Berlin", "postal_code": "10115"}},
    )
    for country in _EU[:3]:
        standard = {"type": "standard", "standard": {"place_of_supply_scheme": "standard"}}
        post(
            "/v1/tax/registrations",
            active_from="now",
            country=country,
            country_options={country.lower(): standard},
        )
    for country, percent in zip(_EU, (19, 20, 21, 21, 22, 20), strict=True):
        post(
            "/v1/tax_rates",
            display_name="VAT",
            percentage=percent,
            inclusive=False,
            country=country,
            jurisdiction=country,
            tax_type="vat",
        )
    old = post("/v1/tax_rates", display_name="VAT", percentage="16.0", inclusive=False)
    post(f"/v1/tax_rates/{old['id']}", active=False)
    post("/v1/tax_rates", display_name="Sales tax", percentage="8.875", inclusive=True, state="NY")


def _features(post: Post) -> list[str]:
    return [
        post("/v1/entitlements/features", name=name, lookup_key=key)["id"]
        for name, key in (
            ("Exports", "exports"),
            ("Single sign-on", "sso"),
            ("Audit log", "audit-log"),
            ("Priority support", "priority_support"),
        )
    ]


def _meters(post: Post) -> list[str]:
    found = []
    for event, formula in (("api_requests", "sum"), ("tokens", "sum"), ("seats", "last")):
        meter = post(
            "/v1/billing/meters",
            display_name=event.replace("_", " ").title(),
            event_name=event,
            default_aggregation={"formula": formula},
            customer_mapping={"type": "by_id", "event_payload_key": "stripe_customer_id"},
            value_settings={"event_payload_key": "value"},
        )
        found.append(meter["id"])
    gone = post(
        "/v1/billing/meters",
        display_name="Old requests",
        event_name="requests_v1",
        default_aggregation={"formula": "count"},
    )
    post(f"/v1/billing/meters/{gone['id']}/deactivate")
    return found


def _plans(post: Post, features: list[str]) -> dict[str, dict[str, str]]:
    """Twelve plans: monthly and yearly, the first with lookup keys and in three currencies."""
    found: dict[str, dict[str, str]] = {}
    names = ("Starter", "Pro", "Team", "Business", "Scale", "Enterprise")
    for number, name in enumerate(names):
        key = name.lower()
        product = post(
            "/v1/products",
            name=name,
            description=f"Everything in {name}, for growing teams",
            url=f"{SITE}/plans/{key}",
            images=[f"{SITE}/img/{key}.png"],
            tax_code="txcd_10103001",
            marketing_features=[{"name": "Unlimited projects"}, {"name": f"{number + 1} TB"}],
            metadata={"tier": str(number), "crm_id": f"0061t00000{number:04}"},
            **({"id": f"plan_{key}"} if number % 2 else {}),
        )["id"]
        amount = 900 * (number + 1)
        prices = {}
        for interval, factor in (("month", 1), ("year", 10)):
            prices[interval] = post(
                "/v1/prices",
                product=product,
                currency="usd",
                unit_amount=amount * factor,
                recurring={"interval": interval},
                lookup_key=f"{key}_{interval}ly",
                nickname=f"{name} {interval}ly",
                tax_behavior="exclusive",
                currency_options={
                    "eur": {"unit_amount": amount * factor - 100, "tax_behavior": "exclusive"},
                    "gbp": {"unit_amount": amount * factor - 200, "tax_behavior": "exclusive"},
                },
            )["id"]
        post(f"/v1/products/{product}", default_price=prices["month"])
        for feature in features[: 1 + number % 4]:
            post(f"/v1/products/{product}/features", entitlement_feature=feature)
        found[key] = {"product": product, **prices}
    for number in range(18):
        product = post("/v1/products", name=f"Add-on {number + 1}", unit_label="seat")["id"]
        for currency in ("usd", "eur"):
            for interval in ("month", "year"):
                post(
                    "/v1/prices",
                    product=product,
                    currency=currency,
                    unit_amount=(number + 1) * (100 if interval == "month" else 1000),
                    recurring={"interval": interval},
                )
    return found


def _usage(post: Post, meters: list[str]) -> None:
    """Tiers of both modes, amounts below a cent, packages of a thousand."""
    product = post("/v1/products", name="Usage", statement_descriptor="SHOP USAGE")["id"]
    metered = {"interval": "month", "usage_type": "metered"}
    for mode, nickname in (("graduated", "Requests"), ("volume", "Requests by volume")):
        post(
            "/v1/prices",
            product=product,
            currency="usd",
            nickname=nickname,
            billing_scheme="tiered",
            tiers_mode=mode,
            tiers=[
                {"up_to": 1000, "unit_amount": 0},
                {"up_to": 100000, "unit_amount_decimal": "0.25", "flat_amount": 500},
                {"up_to": "inf", "unit_amount_decimal": "0.1"},
            ],
            recurring={**metered, "meter": meters[0]},
        )
    post(
        "/v1/prices",
        product=product,
        currency="usd",
        unit_amount_decimal="0.0005",
        recurring={**metered, "meter": meters[1]},
    )
    post(
        "/v1/prices",
        product=product,
        currency="usd",
        unit_amount=100,
        transform_quantity={"divide_by": 1000, "round": "up"},
        recurring={"interval": "month"},
    )


def _old_generations(post: Post) -> None:
    """What was sold once: archived prices of a live product, and products archived as a whole."""
    product = post("/v1/products", name="Legacy")["id"]
    for amount in (500, 700, 900, 1100):
        old = post(
            "/v1/prices",
            product=product,
            currency="usd",
            unit_amount=amount,
            recurring={"interval": "month"},
        )["id"]
        post(f"/v1/prices/{old}", active=False)
    post(
        "/v1/prices",
        product=product,
        currency="usd",
        unit_amount=1300,
        recurring={"interval": "month", "interval_count": 3},
    )
    for year in range(2016, 2022):
        product = post("/v1/products", name=f"Conference {year}", metadata={"year": str(year)})[
            "id"
        ]
        post("/v1/prices", product=product, currency="usd", unit_amount=year)
        post(f"/v1/products/{product}", active=False)


def _equal_names(post: Post) -> None:
    """Three products of one name with equal prices, names without letters, names of Python."""
    for number in range(3):
        product = post("/v1/products", name="Gift card", metadata={"batch": str(number)})["id"]
        for _ in range(2):
            post("/v1/prices", product=product, currency="usd", unit_amount=5000)
    for name in ("价格", "🎁", "class", "print", "Import", "  Ünïcödé “quoted” \\ {x}  ", "1st"):
        product = post("/v1/products", name=name)["id"]
        post("/v1/prices", product=product, currency="jpy", unit_amount=500)
    post(
        "/v1/products",
        name="Words",
        description='She said "it\'s ${free}" \\n — really\nin two lines\t{and} a tab',
        metadata={"json": '{"a": [1, "b"]}', "a key with blanks": "x", "x.y": "$${z}"},
    )


def _odd_prices(post: Post) -> None:
    product = post("/v1/products", name="Donation", shippable=False)["id"]
    post(
        "/v1/prices",
        product=product,
        currency="eur",
        custom_unit_amount={"enabled": True, "minimum": 500, "maximum": 100000, "preset": 2000},
    )
    post("/v1/prices", product=product, currency="usd", unit_amount=0)
    box = post(
        "/v1/products",
        name="Box",
        shippable=True,
        package_dimensions={"height": 10, "length": 20.5, "width": 5, "weight": 16},
    )["id"]
    post("/v1/prices", product=box, currency="usd", unit_amount=2500, tax_behavior="inclusive")
    post(
        "/v1/plans",
        id="gold-2014",
        product=product,
        amount=1999,
        currency="usd",
        interval="month",
        nickname="Gold",
    )


def _discounts(post: Post, plans: dict[str, dict[str, str]]) -> None:
    for percent in (5, 10, 15, 20, 25, 50, 100):
        post("/v1/coupons", id=f"OFF{percent}", percent_off=percent, duration="once")
    generated = post("/v1/coupons", percent_off="12.5", duration="repeating", duration_in_months=3)[
        "id"
    ]
    post(
        "/v1/coupons",
        id="welcome",
        name="Welcome",
        amount_off=500,
        currency="usd",
        duration="forever",
        currency_options={"eur": {"amount_off": 400}},
        max_redemptions=1000,
        metadata={"campaign": "welcome"},
    )
    post(
        "/v1/coupons",
        id="pro-only",
        percent_off=30,
        duration="once",
        redeem_by=1_900_000_000,
        applies_to={"products": [plans["pro"]["product"]]},
    )
    for number in range(10):
        post(
            "/v1/promotion_codes",
            promotion={"type": "coupon", "coupon": "welcome"},
            code=f"WELCOME{number}",
            max_redemptions=10 + number,
        )
    post(
        "/v1/promotion_codes",
        promotion={"type": "coupon", "coupon": generated},
        code="FIRST-ORDER",
        restrictions={
            "first_time_transaction": True,
            "minimum_amount": 1000,
            "minimum_amount_currency": "usd",
        },
    )
    old = post("/v1/promotion_codes", promotion={"type": "coupon", "coupon": "OFF5"}, code="OLD")
    post(f"/v1/promotion_codes/{old['id']}", active=False)


def _shipping(post: Post) -> list[str]:
    found = [
        post(
            "/v1/shipping_rates",
            display_name=name,
            type="fixed_amount",
            fixed_amount={
                "amount": amount,
                "currency": "usd",
                "currency_options": {"eur": {"amount": amount}},
            },
            tax_behavior="exclusive",
            delivery_estimate={
                "minimum": {"unit": "business_day", "value": days},
                "maximum": {"unit": "business_day", "value": days + 2},
            },
        )["id"]
        for name, amount, days in (("Standard", 500, 5), ("Express", 1500, 1))
    ]
    old = post(
        "/v1/shipping_rates",
        display_name="Standard",
        type="fixed_amount",
        fixed_amount={"amount": 400, "currency": "usd"},
    )
    post(f"/v1/shipping_rates/{old['id']}", active=False)
    return found


def _payment_links(post: Post, plans: dict[str, dict[str, str]], shipping: list[str]) -> None:
    for key, plan in plans.items():
        post(
            "/v1/payment_links",
            line_items=[{"price": plan["month"], "quantity": 1}],
            after_completion={"type": "redirect", "redirect": {"url": f"{SITE}/thanks/{key}"}},
            allow_promotion_codes=True,
            metadata={"page": key},
        )
    product = post(
        "/v1/products",
        name="T-shirt",
        shippable=True,
        default_price_data={
            "currency": "usd",
            "unit_amount": 2500,
        },
    )
    post(
        "/v1/payment_links",
        line_items=[
            {
                "price": product["default_price"],
                "quantity": 1,
                "adjustable_quantity": {"enabled": True, "minimum": 1, "maximum": 10},
            }
        ],
        shipping_address_collection={"allowed_countries": ["US", "CA", "DE"]},
        shipping_options=[{"shipping_rate": rate} for rate in shipping],
        phone_number_collection={"enabled": True},
        custom_fields=[
            {
                "key": "size",
                "label": {"type": "custom", "custom": "Size"},
                "type": "dropdown",
                "dropdown": {
                    "options": [{"label": "Small", "value": "s"}, {"label": "Large", "value": "l"}]
                },
            }
        ],
    )
    old = post("/v1/payment_links", line_items=[{"price": plans["pro"]["year"], "quantity": 1}])
    post(f"/v1/payment_links/{old['id']}", active=False)


def _portals(post: Post, plans: dict[str, dict[str, str]]) -> None:
    """The first is the default one."""
    cancel = {
        "enabled": True,
        "mode": "at_period_end",
        "cancellation_reason": {"enabled": True, "options": ["too_expensive", "unused", "other"]},
    }
    post(
        "/v1/billing_portal/configurations",
        business_profile={
            "headline": "Shop partners with Stripe",
            "privacy_policy_url": f"{SITE}/privacy",
            "terms_of_service_url": f"{SITE}/terms",
        },
        default_return_url=f"{SITE}/account",
        features={
            "invoice_history": {"enabled": True},
            "payment_method_update": {"enabled": True},
            "customer_update": {"enabled": True, "allowed_updates": ["email", "tax_id", "address"]},
            "subscription_cancel": cancel,
            "subscription_update": {
                "enabled": True,
                "default_allowed_updates": ["price", "quantity", "promotion_code"],
                "proration_behavior": "create_prorations",
                "products": [
                    {"product": plan["product"], "prices": [plan["month"], plan["year"]]}
                    for plan in plans.values()
                ],
            },
        },
        login_page={"enabled": True},
    )
    post(
        "/v1/billing_portal/configurations",
        name="Invoices only",
        features={"invoice_history": {"enabled": True}},
        metadata={"for": "resellers"},
    )
    old = post(
        "/v1/billing_portal/configurations",
        features={"payment_method_update": {"enabled": True}},
    )
    post(f"/v1/billing_portal/configurations/{old['id']}", active=False)


def _webhooks(post: Post) -> None:
    """Nobody has kept their secrets; one is disabled, one is for connected accounts."""
    events = ["invoice.paid", "invoice.payment_failed", "customer.subscription.deleted"]
    post("/v1/webhook_endpoints", url=f"{SITE}/hooks/billing", enabled_events=events)
    post("/v1/webhook_endpoints", url=f"{SITE}/hooks/all", enabled_events=["*"], description="All")
    post(
        "/v1/webhook_endpoints",
        url=f"{SITE}/hooks/connect",
        enabled_events=["account.updated"],
        connect=True,
        api_version="2024-06-20",
    )
    off = post(
        "/v1/webhook_endpoints",
        url="https://old.example.net/stripe",
        enabled_events=["charge.succeeded"],
        metadata={"owner": "data team"},
    )
    post(f"/v1/webhook_endpoints/{off['id']}", disabled=True)


def _payments(post: Post) -> None:
    for domain in ("shop.example.com", "checkout.example.com"):
        post("/v1/payment_method_domains", domain_name=domain)
    off = post("/v1/payment_method_domains", domain_name="old.example.com")
    post(f"/v1/payment_method_domains/{off['id']}", enabled=False)
    post("/v1/apple_pay/domains", domain_name="pay.example.com")
    post(
        "/v1/payment_method_configurations",
        name="Subscriptions",
        card={"display_preference": {"preference": "on"}},
        sepa_debit={"display_preference": {"preference": "on"}},
        klarna={"display_preference": {"preference": "off"}},
    )


def _radar(post: Post) -> None:
    for alias, kind, values in (
        ("blocked_emails", "email", [f"bad{number}@example.org" for number in range(24)]),
        ("trusted_countries", "country", ["DE", "FR", "US"]),
        ("bins", "card_bin", ["424242", "555555"]),
    ):
        held = post(
            "/v1/radar/value_lists",
            alias=alias,
            name=alias.replace("_", " ").capitalize(),
            item_type=kind,
        )["id"]
        for value in values:
            post("/v1/radar/value_list_items", value_list=held, value=value)


def _terminal(post: Post) -> None:
    kiosk = post(
        "/v1/terminal/configurations",
        name="Kiosk",
        tipping={"usd": {"percentages": [10, 15, 20], "smart_tip_threshold": 1000}},
        offline={"enabled": True},
    )["id"]
    for town in ("New York", "Boston"):
        post(
            "/v1/terminal/locations",
            display_name=f"Shop {town}",
            address={
                "line1": "1 Main Street",
                "city": town,
                "state": "NY" if town == "New York" else "MA",
                "country": "US",
                "postal_code": "10001",
            },
            configuration_overrides=kiosk,
        )


def _rest(post: Post, meters: list[str]) -> None:
    for title, gte in (("Half", 500), ("All", 1000)):
        post(
            "/v1/billing/alerts",
            title=title,
            alert_type="usage_threshold",
            usage_threshold={"gte": gte, "meter": meters[0], "recurrence": "one_time"},
        )
    post("/v1/billing/feedback_options", description="It was too slow")
    post(
        "/v1/tax/locations",
        type="performance",
        address={
            "line1": "2 Park Avenue",
            "city": "New York",
            "state": "NY",
            "country": "US",
            "postal_code": "10016",
        },
    )
    post(
        "/v1/tax_ids",
        type="eu_vat",
        value="DE123456789",
    )
