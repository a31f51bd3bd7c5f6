"""What rows of several areas have in common: ways to end, and bounds."""

from __future__ import annotations

from engine.catalog.rows import Limit
from engine.provider.schema import Removal, Revival, Rule, RuleKind, Verb

ARCHIVE = Removal(verb=Verb.ARCHIVE, params={"active": False})
DEACTIVATE = Removal(verb=Verb.DEACTIVATE, params={"active": False})
DELETE = Removal(verb=Verb.DELETE)
ACTIVE_AGAIN = Revival(live={"active": True}, params={"active": True})

CURRENCY = Limit(min=3, max=3, pattern=r"[A-Za-z]{3}")
CURRENCY_KEY = Limit(min=3, max=3, pattern=r"[a-z]{3}")
# D: metadata holds 50 keys, of 40 characters without brackets, with values of 500.
METADATA_KEYS = Limit(max=50, pattern=r"[^\[\]]{1,40}")
METADATA_VALUE = Limit(max=500)
METADATA = {"metadata": METADATA_KEYS, "metadata.*": METADATA_VALUE}
URL = Limit(pattern=r"https?://\S+")
COUNTRY = Limit(pattern=r"[A-Z]{2}")

ONE_CUSTOMER = Rule(
    kind=RuleKind.AT_MOST_ONE,
    fields=("customer", "customer_account"),
    message="Give customer or customer_account, not both.",
)


def other_currencies(currency: str, options: str) -> Rule:
    """Check that a map by currency leaves out the currency that stands beside it."""
    return Rule(
        kind=RuleKind.OTHER_KEYS,
        fields=(options,),
        value=currency,
        # L: the text of prices; the others are refused alike (D).
        message="You are specifying a currency option that matches the top-level currency.",
        hint=f"{options} is for other currencies: leave this one out",
    )


def only_when(field: str, word: str, arm: str) -> tuple[Rule, Rule]:
    """Checks that a block is declared exactly when a field says so."""
    return (
        Rule(
            kind=RuleKind.REQUIRES,
            when={field: word},
            fields=(arm,),
            message=f'{field}="{word}" needs {arm}.',
        ),
        Rule(
            kind=RuleKind.REQUIRES,
            when={arm: ...},
            fields=(field,),
            value=word,
            message=f'{arm} goes with {field}="{word}" only.',
        ),
    )


def liable(where: str) -> Rule:
    """Check that what is on another account's behalf names it."""
    return Rule(
        kind=RuleKind.REQUIRES,
        when={f"{where}.type": "account"},
        fields=(f"{where}.account",),
        message=f'{where}.type="account" names the account.',
    )
