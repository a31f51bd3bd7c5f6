"""Objects that cannot be declared: records of what happened, and objects of a moment."""

from __future__ import annotations

from collections.abc import Mapping

_MOVES_MONEY = "it moves money once, and an apply that is repeated must not"
_IS_A_RECORD = "it is a record of what happened, which Stripe writes"
_IS_A_MOMENT = "it lives for one visit of one customer; the application makes it"

OCCURRENCES: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "application_fee",
            "charge",
            "climate.order",
            "credit_note",
            "customer_balance_transaction",
            "fee_refund",
            "invoice",
            "invoiceitem",
            "payment_intent",
            "payout",
            "refund",
            "topup",
            "transfer",
            "transfer_reversal",
            "treasury.credit_reversal",
            "treasury.debit_reversal",
            "treasury.inbound_transfer",
            "treasury.outbound_payment",
            "treasury.outbound_transfer",
            "v2.money_management.inbound_transfer",
            "v2.money_management.outbound_payment",
            "v2.money_management.payout_intent",
        ),
        _MOVES_MONEY,
    ),
    **dict.fromkeys(
        (
            "balance",
            "balance_transaction",
            "customer_cash_balance_transaction",
            "dispute",
            "event",
            "invoice_payment",
            "issuing.authorization",
            "issuing.dispute",
            "issuing.transaction",
            "mandate",
            "payment_attempt_record",
            "payment_record",
            "radar.early_fraud_warning",
            "reporting.report_run",
            "review",
            "scheduled_query_run",
            "tax.calculation",
            "tax.transaction",
            "treasury.received_credit",
            "treasury.received_debit",
            "treasury.transaction",
            "treasury.transaction_entry",
            "v2.commerce.product_catalog_import",
            "v2.core.event",
            "v2.money_management.adjustment",
            "v2.money_management.received_credit",
            "v2.money_management.transaction",
            "v2.money_management.transaction_entry",
        ),
        _IS_A_RECORD,
    ),
    **dict.fromkeys(
        (
            "checkout.session",
            "confirmation_token",
            "financial_connections.session",
            "forwarding.request",
            "identity.verification_report",
            "identity.verification_session",
            "payment_method",
            "setup_intent",
            "source",
            "three_d_secure.authentication",
            "token",
            "v2.core.account_person_token",
            "v2.core.account_token",
            "v2.money_management.outbound_setup_intent",
        ),
        _IS_A_MOMENT,
    ),
}
"""Object names, and why there is no authoring class for them."""
