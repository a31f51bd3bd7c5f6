"""Behaviours by object name; a type that is not listed has the defaults of `Behaviour`."""

from __future__ import annotations

from collections.abc import Mapping

from engine.emulator.behaviour.base import Behaviour
from engine.emulator.behaviour.billing import AlertBehaviour, CreditGrantBehaviour, MeterBehaviour
from engine.emulator.behaviour.connect import (
    AccountBehaviour,
    ExternalAccountBehaviour,
    PersonBehaviour,
)
from engine.emulator.behaviour.coupons import CouponBehaviour
from engine.emulator.behaviour.customers import (
    CustomerBehaviour,
    CustomerTaxIdBehaviour,
    TaxIdBehaviour,
    TestClockBehaviour,
)
from engine.emulator.behaviour.entitlements import (
    FeatureBehaviour,
    ProductFeatureBehaviour,
    TrialOfferBehaviour,
)
from engine.emulator.behaviour.event_destinations import EventDestinationBehaviour
from engine.emulator.behaviour.files import FileBehaviour, FileLinkBehaviour, SecretBehaviour
from engine.emulator.behaviour.issuing import CardBehaviour, CardholderBehaviour, DesignBehaviour
from engine.emulator.behaviour.payment_links import PaymentLinkBehaviour
from engine.emulator.behaviour.payment_methods import ConfigurationBehaviour, DomainBehaviour
from engine.emulator.behaviour.plans import PlanBehaviour
from engine.emulator.behaviour.portal import PortalBehaviour
from engine.emulator.behaviour.prices import PriceBehaviour
from engine.emulator.behaviour.products import ProductBehaviour
from engine.emulator.behaviour.promotion_codes import PromotionCodeBehaviour
from engine.emulator.behaviour.quotes import QuoteBehaviour
from engine.emulator.behaviour.radar import ValueListBehaviour, ValueListItemBehaviour
from engine.emulator.behaviour.rates import ShippingRateBehaviour, TaxRateBehaviour
from engine.emulator.behaviour.schedules import ScheduleBehaviour
from engine.emulator.behaviour.subscription_items import SubscriptionItemBehaviour
from engine.emulator.behaviour.subscriptions import SubscriptionBehaviour
from engine.emulator.behaviour.taxes import (
    BalanceSettingsBehaviour,
    RegistrationBehaviour,
    TaxSettingsBehaviour,
)
from engine.emulator.behaviour.terminal import (
    LocationBehaviour,
    ReaderBehaviour,
    TerminalConfigurationBehaviour,
)
from engine.emulator.behaviour.treasury import FeaturesBehaviour, FinancialAccountBehaviour
from engine.emulator.behaviour.webhooks import WebhookBehaviour

BEHAVIOURS: Mapping[str, Behaviour] = {
    "account": AccountBehaviour(),
    "account.external_account": ExternalAccountBehaviour(),
    "apps.secret": SecretBehaviour(),
    "balance_settings": BalanceSettingsBehaviour(),
    "billing.alert": AlertBehaviour(),
    "billing.credit_grant": CreditGrantBehaviour(),
    "billing.meter": MeterBehaviour(),
    "billing_portal.configuration": PortalBehaviour(),
    "coupon": CouponBehaviour(),
    "customer": CustomerBehaviour(),
    "customer.tax_id": CustomerTaxIdBehaviour(),
    "entitlements.feature": FeatureBehaviour(),
    "file": FileBehaviour(),
    "file_link": FileLinkBehaviour(),
    "issuing.card": CardBehaviour(),
    "issuing.cardholder": CardholderBehaviour(),
    "issuing.personalization_design": DesignBehaviour(),
    "payment_link": PaymentLinkBehaviour(),
    "payment_method_configuration": ConfigurationBehaviour(),
    "payment_method_domain": DomainBehaviour(),
    "person": PersonBehaviour(),
    "plan": PlanBehaviour(),
    "price": PriceBehaviour(),
    "product": ProductBehaviour(),
    "product_catalog.trial_offer": TrialOfferBehaviour(),
    "product_feature": ProductFeatureBehaviour(),
    "promotion_code": PromotionCodeBehaviour(),
    "quote": QuoteBehaviour(),
    "radar.value_list": ValueListBehaviour(),
    "radar.value_list_item": ValueListItemBehaviour(),
    "shipping_rate": ShippingRateBehaviour(),
    "subscription": SubscriptionBehaviour(),
    "subscription_item": SubscriptionItemBehaviour(),
    "subscription_schedule": ScheduleBehaviour(),
    "tax.registration": RegistrationBehaviour(),
    "tax.settings": TaxSettingsBehaviour(),
    "tax_id": TaxIdBehaviour(),
    "tax_rate": TaxRateBehaviour(),
    "terminal.configuration": TerminalConfigurationBehaviour(),
    "terminal.location": LocationBehaviour(),
    "terminal.reader": ReaderBehaviour(),
    "test_helpers.test_clock": TestClockBehaviour(),
    "treasury.financial_account": FinancialAccountBehaviour(),
    "treasury.financial_account_features": FeaturesBehaviour(),
    "v2.core.event_destination": EventDestinationBehaviour(),
    "webhook_endpoint": WebhookBehaviour(),
}
