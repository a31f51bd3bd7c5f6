"""An account as other tools leave it, and what each of them records of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.support.other_tools.states import (
    ANDREWBAXTER,
    FRANCKVERROT,
    LUKASARON,
    pulumi_export,
    pulumi_resource,
    tf_resource,
    tf_state,
)
from tests.support.project import Project

Made = Mapping[str, Mapping[str, Any]]
"""Objects as Stripe returned them when they were made, by what they are."""


def make_objects(project: Project) -> Made:
    """Make one object of each type that a provider knows, by plain requests."""

    def post(path: str, **params: Any) -> dict[str, Any]:
        return project.call("post", path, **params)

    product = post("/v1/products", name="Pro", metadata={"team": "growth"})
    feature = post("/v1/entitlements/features", name="SSO", lookup_key="sso")
    coupon = post("/v1/coupons", id="LAUNCH25", percent_off=25, duration="once", name="Launch")
    month = post(
        "/v1/prices",
        product=product["id"],
        currency="usd",
        unit_amount=2900,
        recurring={"interval": "month"},
        lookup_key="pro_month",
    )
    year = post(
        "/v1/prices",
        product=product["id"],
        currency="usd",
        unit_amount=29000,
        recurring={"interval": "year"},
    )
    meter = post(
        "/v1/billing/meters",
        display_name="Calls",
        event_name="calls",
        default_aggregation={"formula": "sum"},
    )
    tiers = [{"up_to": 100, "unit_amount": 0}, {"up_to": "inf", "unit_amount": 10}]
    customer = post("/v1/customers", name="Jenny", email="jenny@example.com")
    return {
        "product": product,
        "month": month,
        "year": year,
        "coupon": coupon,
        "feature": feature,
        "meter": meter,
        "customer": customer,
        "calls": post(
            "/v1/prices",
            product=product["id"],
            currency="usd",
            billing_scheme="tiered",
            tiers_mode="graduated",
            tiers=tiers,
            recurring={"interval": "month", "usage_type": "metered", "meter": meter["id"]},
        ),
        "code": post(
            "/v1/promotion_codes",
            code="LAUNCH",
            promotion={"type": "coupon", "coupon": coupon["id"]},
        ),
        "has": post(f"/v1/products/{product['id']}/features", entitlement_feature=feature["id"]),
        "vat": post("/v1/tax_rates", display_name="VAT", percentage=19, inclusive=False),
        "post": post(
            "/v1/shipping_rates",
            display_name="Post",
            type="fixed_amount",
            fixed_amount={"amount": 490, "currency": "usd"},
        ),
        "portal": post(
            "/v1/billing_portal/configurations",
            business_profile={"headline": "Your plan"},
            features={
                "invoice_history": {"enabled": True},
                "payment_method_update": {"enabled": True},
            },
        ),
        "hook": post(
            "/v1/webhook_endpoints",
            url="https://example.com/hook",
            enabled_events=["charge.succeeded", "charge.failed"],
            description="payments",
        ),
        "platform": post(
            "/v1/webhook_endpoints",
            url="https://example.com/platform",
            enabled_events=["account.updated"],
            connect=True,
        ),
        "link": post("/v1/payment_links", line_items=[{"price": month["id"], "quantity": 1}]),
        "vat_id": post(
            f"/v1/customers/{customer['id']}/tax_ids", type="eu_vat", value="DE123456789"
        ),
    }


def state_of_stripe(made: Made) -> dict[str, Any]:
    """What stripe/stripe records: attributes as Stripe has them."""
    hook = {**made["hook"], "connect": None}
    platform = {**made["platform"], "connect": True}
    return tf_state(
        tf_resource("stripe_product.pro", (None, made["product"])),
        tf_resource("stripe_price.plan", ("month", made["month"]), ("year", made["year"])),
        tf_resource("stripe_price.calls", (None, made["calls"])),
        tf_resource("stripe_coupon.launch", (None, made["coupon"])),
        tf_resource("stripe_promotion_code.launch", (None, made["code"])),
        tf_resource("stripe_entitlements_feature.sso", (None, made["feature"])),
        tf_resource(
            "stripe_product_feature.pro_sso",
            (None, {**made["has"], "product": made["product"]["id"]}),
        ),
        tf_resource("stripe_billing_meter.calls", (None, made["meter"])),
        tf_resource("stripe_tax_rate.vat", (None, made["vat"])),
        tf_resource("stripe_shipping_rate.post", (None, made["post"])),
        tf_resource("stripe_billing_portal_configuration.portal", (None, made["portal"])),
        tf_resource("module.site.stripe_webhook_endpoint.hook", (0, hook), (1, platform)),
        tf_resource("stripe_payment_link.buy", (None, made["link"])),
        tf_resource("stripe_customer.jenny", (None, made["customer"])),
        tf_resource(
            "stripe_tax_id.vat", (None, {**made["vat_id"], "customer": made["customer"]["id"]})
        ),
        tf_resource("aws_s3_bucket.site", (None, {"id": "site"}), provider="hashicorp/aws"),
        tf_resource("stripe_price.old", (None, made["month"]), mode="data"),
    )


def state_of_lukasaron(made: Made) -> dict[str, Any]:
    """What lukasaron/stripe records: objects as blocks, zeros for what was not set."""
    month, hook, platform = made["month"], made["hook"], made["platform"]

    def lukasaron(address: str, attributes: Mapping[str, Any]) -> dict[str, Any]:
        return tf_resource(address, (None, attributes), provider=LUKASARON)

    return tf_state(
        lukasaron(
            "stripe_product.pro",
            {
                "id": made["product"]["id"],
                "product_id": made["product"]["id"],
                "name": "Pro",
                "active": True,
                "package_dimensions": {},
                "unit_label": "",
            },
        ),
        lukasaron(
            "stripe_price.month",
            {
                "id": month["id"],
                "product": month["product"],
                "unit_amount": 2900,
                "unit_amount_decimal": 0,
                "recurring": [{"interval": "month", "interval_count": 1, "meter": ""}],
                "tiers": [],
                "transform_quantity": [],
            },
        ),
        lukasaron(
            "stripe_webhook_endpoint.hook",
            {
                "id": hook["id"],
                "url": hook["url"],
                "enabled_events": hook["enabled_events"],
                "connect": False,
                "disabled": False,
                "api_version": "",
                "secret": hook["secret"],
            },
        ),
        lukasaron(
            "stripe_webhook_endpoint.platform",
            {"id": platform["id"], "connect": True, "secret": ""},
        ),
        lukasaron("stripe_portal_configuration.portal", {"id": made["portal"]["id"]}),
        lukasaron("stripe_meter.calls", {"id": made["meter"]["id"]}),
        lukasaron("stripe_entitlements_feature.sso", {"id": made["feature"]["id"]}),
        lukasaron(
            "stripe_product_feature.pro_sso",
            {
                "id": made["has"]["id"],
                "product": made["product"]["id"],
                "entitlements_feature": made["feature"]["id"],
            },
        ),
        lukasaron("stripe_card.visa", {"id": "card_1", "customer": "cus_1"}),
    )


def state_of_franckverrot(made: Made) -> dict[str, Any]:
    """What franckverrot/stripe records."""

    def franckverrot(address: str, attributes: Mapping[str, Any]) -> dict[str, Any]:
        return tf_resource(address, (None, attributes), provider=FRANCKVERROT)

    hook = {"id": made["platform"]["id"], "connect": True, "secret": made["platform"]["secret"]}
    return tf_state(
        franckverrot("stripe_product.pro", {"id": made["product"]["id"], "product_id": ""}),
        franckverrot("stripe_price.month", {"id": made["month"]["id"]}),
        franckverrot("stripe_coupon.launch", {"id": "LAUNCH25", "code": "LAUNCH25"}),
        franckverrot("stripe_tax_rate.vat", {"id": made["vat"]["id"]}),
        franckverrot("stripe_webhook_endpoint.platform", hook),
        franckverrot("stripe_customer_portal.portal", {"id": made["portal"]["id"]}),
    )


def state_of_andrewbaxter(made: Made) -> dict[str, Any]:
    """What andrewbaxter/stripe records: nested attributes in one word, plurals at first."""

    def andrewbaxter(address: str, attributes: Mapping[str, Any]) -> dict[str, Any]:
        return tf_resource(address, (None, attributes), provider=ANDREWBAXTER)

    return tf_state(
        andrewbaxter("stripe_products.pro", {"id": made["product"]["id"], "name": "Pro"}),
        andrewbaxter(
            "stripe_price.month", {"id": made["month"]["id"], "recurring_interval": "month"}
        ),
        andrewbaxter(
            "stripe_webhook_endpoint.platform", {"id": made["platform"]["id"], "connect": True}
        ),
        andrewbaxter("stripe_shipping_rate.post", {"id": made["post"]["id"]}),
    )


def export_of_pulumi(made: Made) -> dict[str, Any]:
    """What Pulumi exports with `--show-secrets`."""
    mark = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
    secret = {**mark, "plaintext": json.dumps(made["hook"]["secret"])}
    return pulumi_export(
        pulumi_resource("product", "pro", made["product"]["id"], name="Pro"),
        pulumi_resource("price", "Pro Month", made["month"]["id"], unitAmount=2900),
        pulumi_resource("webhookEndpoint", "hook", made["hook"]["id"], secret=secret),
        pulumi_resource("webhookEndpoint", "platform", made["platform"]["id"], connect=True),
        pulumi_resource("portalConfiguration", "portal", made["portal"]["id"]),
    )
