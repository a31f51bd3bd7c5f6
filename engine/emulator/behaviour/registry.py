"""Which type behaves how; a type that stands here nowhere is an ordinary one."""

from __future__ import annotations

from collections.abc import Mapping

from engine.emulator.behaviour.base import Behaviour
from engine.emulator.behaviour.coupons import CouponBehaviour
from engine.emulator.behaviour.portal import PortalBehaviour
from engine.emulator.behaviour.prices import PriceBehaviour
from engine.emulator.behaviour.products import ProductBehaviour
from engine.emulator.behaviour.promotion_codes import PromotionCodeBehaviour
from engine.emulator.behaviour.rates import ShippingRateBehaviour, TaxRateBehaviour
from engine.emulator.behaviour.webhooks import WebhookBehaviour

BEHAVIOURS: Mapping[str, Behaviour] = {
    "billing_portal.configuration": PortalBehaviour(),
    "coupon": CouponBehaviour(),
    "price": PriceBehaviour(),
    "product": ProductBehaviour(),
    "promotion_code": PromotionCodeBehaviour(),
    "shipping_rate": ShippingRateBehaviour(),
    "tax_rate": TaxRateBehaviour(),
    "webhook_endpoint": WebhookBehaviour(),
}
