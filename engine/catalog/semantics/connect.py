"""Accounts, the people behind them, and where their money is."""

from __future__ import annotations

from collections.abc import Mapping

from engine.catalog.rows import Alias, Limit, Row
from engine.catalog.semantics.shared import COUNT, COUNTRY, CURRENCY_KEY, DELETE, METADATA, URL
from engine.schema.attribute import Kind
from engine.schema.lifecycle import Ending, Inheritance, Life, Removal, Verb
from engine.schema.rules import Rule, RuleKind

_NEVER_TOLD = ("id_number", "id_number_secondary", "ssn_last_4")

_COLOUR = Limit(
    pattern=r"#[0-9A-Fa-f]{6}",
    says='a colour is # with six hexadecimal digits, such as "#0055ff"',
)

ACCOUNT = Row(
    face="Account",
    title="account",
    id_prefix="acct_",
    life=Life(
        # D: test accounts at any time, live ones at a zero balance and if the platform is liable.
        removals=(DELETE,),
        protect=True,
    ),
    references={
        "documents.*.files.*": "file",
        "documents.*.signer.person": "person",
        "settings.paypay_payments.additional_files.*": "file",
        "settings.paypay_payments.site.restricted.payment_flow_file": "file",
    },
    # S: the answer says only whether they were given.
    write_only=(
        "company.registration_number",
        "company.tax_id",
        "company.vat_id",
        "documents",
        *(f"individual.{name}" for name in _NEVER_TOLD),
        "settings.paypay_payments.site.in_development.password",
    ),
    sensitive=(
        "company.tax_id",
        "company.vat_id",
        *(f"individual.{name}" for name in _NEVER_TOLD),
        "settings.paypay_payments.site.in_development.password",
    ),
    # A token is spent at once; a bank account is declared as its own.
    ignored=("account_token", "external_account"),
    instead={
        "external_account": (
            "declare the bank account by itself: "
            'BankAccount("a-name", account=ACCOUNT.id, external_account={...})'
        ),
    },
    # D: what was asked for is told as how far it got.
    aliases={
        "capabilities.*": Alias(
            words={
                "active": {"requested": True},
                "pending": {"requested": True},
                "inactive": {"requested": True},
                "unrequested": {"requested": False},
            }
        ),
    },
    resolved=("settings.payouts.schedule.delay_days",),
    neutral={"capabilities.*.requested": False},
    limits={
        **METADATA,
        "country": COUNTRY,
        "business_profile.support_url": URL,
        "settings.branding.primary_color": _COLOUR,
        "settings.branding.secondary_color": _COLOUR,
    },
    money={
        "business_profile.annual_revenue.amount": "business_profile.annual_revenue.currency",
        "business_profile.monthly_estimated_revenue.amount": (
            "business_profile.monthly_estimated_revenue.currency"
        ),
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
    id_prefix="person_",
    life=Life(
        removals=(DELETE,),
    ),
    references={"documents.*.files.*": "file"},
    write_only=("documents", *_NEVER_TOLD),
    sensitive=_NEVER_TOLD,
    ignored=("person_token",),
    neutral={
        "political_exposure": "none",
        "relationship.authorizer": False,
        "relationship.director": False,
        "relationship.executive": False,
        "relationship.legal_guardian": False,
        "relationship.owner": False,
        "relationship.representative": False,
    },
    limits={**METADATA, "address.country": COUNTRY},
)

BANK_ACCOUNT = Row(
    face="BankAccount",
    title="bank account",
    id_prefix="ba_",
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
                beside={"account": "account", "external_account.currency": "currency"},
            ),
        ),
    ),
    forms={"external_account": Kind.OBJECT},
    references={
        "documents.bank_account_ownership_verification.files.*": "file",
    },
    write_only=("documents", "external_account"),
    # S: of cards alone.
    ignored=(
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
    sensitive=(
        "external_account.account_number",
        "external_account.cvc",
        "external_account.number",
        "external_account.token",
    ),
    # The description has another form of it, and so no currency in it.
    fold_case=("external_account.currency",),
    # The SDK's union of a card, a bank account and a token has lost a word.
    # D: a list of external accounts holds cards too.
    unlisted=("external_account.object", "object"),
    neutral={"default_for_currency": False},
    # D: numbers of the documentation, which sandboxes take.
    examples={
        "external_account": {
            "object": "bank_account",
            "country": "US",
            "currency": "usd",
            "account_number": "000123456789",
            "routing_number": "110000000",
        },
    },
    excused={"default_for_currency": "each currency keeps a default, so the first cannot be unset"},
    limits=METADATA,
)

_TRANSFERS = "payments.payouts.automatic_transfer_rules_by_currency.*.*"

BALANCE_SETTINGS = Row(
    face="BalanceSettings",
    title="balance settings",
    id_prefix="",
    life=Life(
        removals=(Removal(verb=Verb.KEEP, note="an account always has balance settings"),),
        singleton=True,
    ),
    sets=(
        "payments.payouts.schedule.monthly_payout_days",
        "payments.payouts.schedule.weekly_payout_days",
    ),
    limits={
        "payments.payouts.automatic_transfer_rules_by_currency": CURRENCY_KEY,
        "payments.payouts.minimum_balance_by_currency": CURRENCY_KEY,
    },
    bounds={f"{_TRANSFERS}.transfer_up_to_amount": COUNT},
    money={"payments.payouts.minimum_balance_by_currency.*": "*"},
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
    id_prefix="fa_",
    life=Life(
        # D: only at a zero balance.
        removals=(Removal(verb=Verb.CLOSE, call="close"),),
        ending=Ending(leaves={"status": ("closed",)}),
        protect=True,
    ),
    references={
        "forwarding_settings.financial_account": "treasury.financial_account",
        "forwarding_settings.payment_method": "payment_method",
    },
    # R: no answer in the documentation holds `features`; they have an object of their own.
    write_only=("features", "forwarding_settings"),
    sets=("supported_currencies",),
    neutral={
        "platform_restrictions.inbound_flows": "unrestricted",
        "platform_restrictions.outbound_flows": "unrestricted",
    },
    limits=METADATA,
)

FINANCIAL_ACCOUNT_FEATURES = Row(
    face="FinancialAccountFeatures",
    title="financial account's features",
    id_prefix="",
    life=Life(
        removals=(Removal(verb=Verb.KEEP, note="a financial account always has its features"),),
        singleton=True,
    ),
    neutral={"*.requested": False, "*.*.requested": False},
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
