"""Accounts, the people behind them, and where their money is."""

from __future__ import annotations

from collections.abc import Mapping

from engine.catalog.rows import Field, Row
from engine.catalog.semantics.shared import (
    COUNT,
    COUNTRY,
    CURRENCY_KEY,
    DELETE,
    METADATA,
    URL,
    below,
)
from engine.schema.attribute import Kind
from engine.schema.field_semantics import ListOrder
from engine.schema.lifecycle import Ending, Inheritance, Life, NaturalKey, Removal, Verb
from engine.schema.naming import Naming
from engine.schema.rules import Rule, RuleKind

# S: the response says only whether they were given.
_NEVER_RETURNED = dict.fromkeys(
    ("id_number", "id_number_secondary", "ssn_last_4"), Field(write_only=True, sensitive=True)
)

_COLOUR = Field(
    pattern=r"#[0-9A-Fa-f]{6}",
    says='a colour is # with six hexadecimal digits, such as "#0055ff"',
)

_NO = Field(neutral=False)
_OF_PERSONS = {
    "political_exposure": Field(neutral="none"),
    **below(
        "relationship",
        dict.fromkeys(
            (
                "authorizer",
                "director",
                "executive",
                "legal_guardian",
                "owner",
                "representative",
            ),
            _NO,
        ),
    ),
}

ACCOUNT = Row(
    face="Account",
    title="account",
    stack="accounts",
    on_request=True,
    id_prefix="acct_",
    naming=Naming(fields=("business_profile.name", "company.name", "email"), apart=("country",)),
    life=Life(
        # D: all of that is of one account.
        loses="its onboarding, its balance and its external accounts",
        # D: test accounts at any time, live ones at a zero balance and if the platform is liable.
        removals=(DELETE,),
        protect=True,
        is_account=True,
        # R: only a platform makes accounts.
        own_account_only="declare it without lifecycle account: your platform makes it",
    ),
    fields={
        **METADATA,
        **below("individual", _NEVER_RETURNED),
        "individual.political_exposure": Field(neutral="none"),
        **below("individual.relationship", dict.fromkeys(("director", "executive", "owner"), _NO)),
        # It is spent at once.
        "account_token": Field(ignored=True),
        "business_profile.annual_revenue.amount": Field(
            money="business_profile.annual_revenue.currency"
        ),
        "business_profile.monthly_estimated_revenue.amount": Field(
            money="business_profile.monthly_estimated_revenue.currency"
        ),
        "business_profile.support_url": URL,
        # D: the response holds the progress of what was requested.
        "capabilities.*": Field(
            source_words={
                "active": {"requested": True},
                "pending": {"requested": True},
                "inactive": {"requested": True},
                "unrequested": {"requested": False},
            }
        ),
        "capabilities.*.requested": Field(neutral=False),
        # S: the response says only whether they were given.
        "company.registration_number": Field(write_only=True),
        "company.tax_id": Field(write_only=True, sensitive=True),
        "company.vat_id": Field(write_only=True, sensitive=True),
        "country": COUNTRY,
        "documents": Field(write_only=True),
        "documents.*.files.*": Field(reference="file"),
        "documents.*.signer.person": Field(reference="person"),
        "external_account": Field(
            ignored=True,
            instead=(
                "declare the bank account by itself: "
                'BankAccount("a-name", account=ACCOUNT.id, external_account={...})'
            ),
        ),
        "settings.branding.primary_color": _COLOUR,
        "settings.branding.secondary_color": _COLOUR,
        "settings.card_payments.decline_on.avs_failure": _NO,
        "settings.card_payments.decline_on.cvc_failure": _NO,
        "settings.payouts.schedule.delay_days": Field(resolved=True),
        "settings.paypay_payments.additional_files.*": Field(reference="file"),
        "settings.paypay_payments.site.in_development.password": Field(
            write_only=True, sensitive=True
        ),
        "settings.paypay_payments.site.restricted.payment_flow_file": Field(reference="file"),
        "type": Field(generated="standard"),
    },
    rules=(
        Rule(
            kind=RuleKind.AT_MOST_ONE,
            fields=("type", "controller"),
            message="Give type or controller, not both.",
        ),
    ),
)

PERSON = Row(
    face="Person",
    title="person",
    stack="accounts",
    on_request=True,
    id_prefix="person_",
    naming=Naming(under="account", fields=("first_name", "email"), apart=("last_name",)),
    life=Life(
        # D: each is verified anew.
        loses="its verification",
        removals=(DELETE,),
    ),
    fields={
        **METADATA,
        **_NEVER_RETURNED,
        "address.country": COUNTRY,
        "documents": Field(write_only=True),
        "documents.*.files.*": Field(reference="file"),
        "person_token": Field(ignored=True),
        **_OF_PERSONS,
    },
)

# S: of cards alone.
_OF_CARDS = dict.fromkeys(
    (
        "address_city",
        "address_country",
        "address_line1",
        "address_line2",
        "address_state",
        "address_zip",
        "exp_month",
        "exp_year",
        "name",
    ),
    Field(ignored=True),
)

BANK_ACCOUNT = Row(
    face="BankAccount",
    title="bank account",
    stack="accounts",
    on_request=True,
    id_prefix="ba_",
    naming=Naming(under="account", fields=("bank_name",), apart=("currency", "last4")),
    life=Life(
        # D: refused for the default of a currency that has another.
        removals=(
            Removal(verb=Verb.DELETE, unless_leaf=("default_for_currency", True)),
            Removal(
                verb=Verb.DELETE,
                note="it is the default of its currency: Stripe refuses while that has another, "
                "which has to be the default first",
            ),
        ),
        inherits=(
            Inheritance(
                field="default_for_currency",
                among={"account": "account", "external_account.currency": "currency"},
            ),
        ),
    ),
    fields={
        **METADATA,
        **_OF_CARDS,
        "default_for_currency": Field(
            neutral=False, excused="each currency keeps a default, so the first cannot be unset"
        ),
        "documents": Field(write_only=True),
        "documents.bank_account_ownership_verification.files.*": Field(reference="file"),
        # D: numbers of the documentation, which sandboxes take.
        "external_account": Field(
            kind=Kind.OBJECT,
            write_only=True,
            example={
                "object": "bank_account",
                "country": "US",
                "currency": "usd",
                "account_number": "000123456789",
                "routing_number": "110000000",
            },
        ),
        "external_account.account_number": Field(sensitive=True),
        # The description has another form of it, and so no currency in it.
        "external_account.currency": Field(fold_case=True),
        "external_account.cvc": Field(sensitive=True),
        "external_account.number": Field(sensitive=True),
        # The SDK's union of a card, a bank account and a token has lost a word.
        "external_account.object": Field(open_values=True),
        "external_account.token": Field(sensitive=True),
        # D: a list of external accounts holds cards too.
        "object": Field(open_values=True),
    },
)

_TRANSFERS = "payments.payouts.automatic_transfer_rules_by_currency.*.*"

BALANCE_SETTINGS = Row(
    face="BalanceSettings",
    title="balance settings",
    stack="payments",
    id_prefix="",
    life=Life(
        removals=(Removal(verb=Verb.KEEP, note="an account always has balance settings"),),
        singleton=True,
    ),
    fields={
        "payments.payouts.automatic_transfer_rules_by_currency": CURRENCY_KEY,
        f"{_TRANSFERS}.transfer_up_to_amount": COUNT | Field(money="*"),
        "payments.payouts.minimum_balance_by_currency": CURRENCY_KEY,
        "payments.payouts.minimum_balance_by_currency.*": Field(money="*"),
        "payments.payouts.schedule.monthly_payout_days": Field(order=ListOrder.SET),
        "payments.payouts.schedule.weekly_payout_days": Field(order=ListOrder.SET),
    },
    rules=(
        Rule(
            kind=RuleKind.REQUIRES,
            each=_TRANSFERS,
            when={f"{_TRANSFERS}.type": "transfer_up_to_amount"},
            fields=(f"{_TRANSFERS}.transfer_up_to_amount",),
            message='type="transfer_up_to_amount" needs transfer_up_to_amount.',
        ),
        Rule(
            kind=RuleKind.FORBIDS,
            each=_TRANSFERS,
            when={f"{_TRANSFERS}.type": "transfer_all"},
            fields=(f"{_TRANSFERS}.transfer_up_to_amount",),
            message='transfer_up_to_amount goes with type="transfer_up_to_amount" only.',
        ),
        Rule(
            kind=RuleKind.REQUIRES,
            when={"payments.payouts.schedule.weekly_payout_days": ...},
            fields=("payments.payouts.schedule.interval",),
            value="weekly",
            message='weekly_payout_days goes with interval="weekly" only.',
        ),
        Rule(
            kind=RuleKind.REQUIRES,
            when={"payments.payouts.schedule.monthly_payout_days": ...},
            fields=("payments.payouts.schedule.interval",),
            value="monthly",
            message='monthly_payout_days goes with interval="monthly" only.',
        ),
    ),
)

FINANCIAL_ACCOUNT = Row(
    face="FinancialAccount",
    title="financial account",
    stack="treasury",
    on_request=True,
    id_prefix="fa_",
    life=Life(
        # D: both are of one account.
        loses="its balance and its account numbers",
        # D: only at a zero balance.
        removals=(Removal(verb=Verb.CLOSE, call="close"),),
        ending=Ending(leaves={"status": ("closed",)}),
        natural_keys=(NaturalKey(attribute="nickname", scan=True, unique=False),),
        protect=True,
    ),
    fields={
        **METADATA,
        # R: no response in the documentation holds `features`; they have an object of their own.
        "features": Field(write_only=True),
        "forwarding_settings": Field(write_only=True),
        "forwarding_settings.financial_account": Field(reference="treasury.financial_account"),
        "forwarding_settings.payment_method": Field(reference="payment_method"),
        "platform_restrictions.inbound_flows": Field(neutral="unrestricted"),
        "platform_restrictions.outbound_flows": Field(neutral="unrestricted"),
        "supported_currencies": Field(order=ListOrder.SET),
    },
)

FINANCIAL_ACCOUNT_FEATURES = Row(
    face="FinancialAccountFeatures",
    title="financial account's features",
    stack="treasury",
    on_request=True,
    id_prefix="",
    naming=Naming(under="financial_account"),
    life=Life(
        removals=(Removal(verb=Verb.KEEP, note="a financial account always has its features"),),
        singleton=True,
    ),
    fields={
        "*.*.requested": Field(neutral=False),
        "*.requested": Field(neutral=False),
    },
    rules=(
        Rule(
            kind=RuleKind.FORBIDS,
            follow=("financial_account",),
            fields=("financial_account.features",),
            message="Its account declares its features itself: the two would undo each other.",
            hint=(
                "declare them there, or give that one "
                'lifecycle=Lifecycle(ignore_changes=["features"])'
            ),
        ),
    ),
)

ROWS: Mapping[str, Row] = {
    "account": ACCOUNT,
    "account.external_account": BANK_ACCOUNT,
    "balance_settings": BALANCE_SETTINGS,
    "person": PERSON,
    "treasury.financial_account": FINANCIAL_ACCOUNT,
    "treasury.financial_account_features": FINANCIAL_ACCOUNT_FEATURES,
}
"""Rows of this area, by object name."""
