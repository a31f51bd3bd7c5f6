"""Plan-time checks that rows of several areas share, as functions of where they apply.

`L` marks texts seen in live responses; the rest is in our words.
"""

from __future__ import annotations

from engine.schema.rules import Rule, RuleKind
from engine.values.markers import ABSENT

_YEAR = 365 * 24 * 3600
FIVE_YEARS = 5 * _YEAR
# R, D: three years of each interval.
_LONGEST = {
    "day": ("daily", 1095),
    "week": ("weekly", 156),
    "month": ("monthly", 36),
    "year": ("yearly", 3),
}
INACTIVE = "The price specified is inactive. This field only accepts active prices."

ONE_CUSTOMER = Rule(
    kind=RuleKind.AT_MOST_ONE,
    fields=("customer", "customer_account"),
    message="Give customer or customer_account, not both.",
)


def other_currencies(currency: str, options: str) -> Rule:
    """Check that a map by currency leaves out the currency that is next to it."""
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


def within_five_years(*fields: str) -> Rule:
    """Check that moments are not further ahead than Stripe takes."""
    return Rule(
        kind=RuleKind.WITHIN,
        fields=fields,
        value=FIVE_YEARS,
        # L: of promotion codes and registrations.
        message="Invalid timestamp: can be no more than five years in the future.",
    )


def ahead(*fields: str) -> Rule:
    """Check that moments are yet to come, which Stripe demands whenever they are sent."""
    return Rule(
        kind=RuleKind.AHEAD,
        fields=fields,
        # L: of coupons, promotion codes and registrations.
        message="{field} expects a date and time in the future, and this one is in the past.",
    )


def longest_intervals(where: str) -> tuple[Rule, ...]:
    """Checks that a recurrence is no longer than three years; empty for the declaration itself."""
    dot = f"{where}." if where else ""
    return tuple(
        Rule(
            kind=RuleKind.AT_MOST,
            each=where,
            when={f"{dot}interval": interval},
            fields=(f"{dot}interval_count",),
            value=most,
            message=f"The interval_count for {adverb} prices can't be greater than {most}",
        )
        for interval, (adverb, most) in _LONGEST.items()
    )


def one_amount(where: str, *further: str) -> Rule:
    """Check that what makes a price says one amount."""
    return Rule(
        kind=RuleKind.ONE_OF,
        each=where,
        fields=tuple(
            f"{where}.{name}" for name in ("unit_amount", "unit_amount_decimal", *further)
        ),
        message="Prices require an `unit_amount` or `unit_amount_decimal` parameter to be set.",
        hint=f"give exactly one of {', '.join(('unit_amount', 'unit_amount_decimal', *further))}",
    )


def chosen_amount(where: str) -> tuple[Rule, Rule]:
    """Checks of an amount that the customer chooses."""
    return (
        Rule(
            kind=RuleKind.REQUIRES,
            each=where,
            fields=(f"{where}.enabled",),
            value=True,
            message="custom_unit_amount.enabled must be true.",
        ),
        Rule(
            kind=RuleKind.RISING,
            each=where,
            fields=tuple(f"{where}.{name}" for name in ("minimum", "preset", "maximum")),
            value=0,
            message="custom_unit_amount rises: minimum, preset, maximum.",
        ),
    )


def rising_tiers(where: str) -> tuple[Rule, ...]:
    """Checks of tiers: rising bounds, the last one open, an amount each in one spelling."""
    each = f"{where}.*"
    amounts = [f"{each}.{name}" for name in ("unit_amount", "unit_amount_decimal")]
    flat = [f"{each}.{name}" for name in ("flat_amount", "flat_amount_decimal")]
    return (
        Rule(
            kind=RuleKind.LAST_ELEMENT,
            fields=(where,),
            value=("up_to", "inf"),
            message="The last tier has no upper bound.",
            hint='end the list with a tier of "up_to": "inf"',
        ),
        Rule(
            kind=RuleKind.RISING_ELEMENTS,
            fields=(where,),
            value="up_to",
            message="Each tier's up_to is above that of the tier before it.",
        ),
        Rule(
            kind=RuleKind.AT_LEAST_ONE,
            each=each,
            fields=(*amounts, *flat),
            message="Each tier has a unit amount, a flat amount or both.",
        ),
        *(
            Rule(
                kind=RuleKind.AT_MOST_ONE,
                each=each,
                fields=tuple(fields),
                message="You may only specify one of these parameters: "
                f"{', '.join(name.rpartition('.')[2] for name in fields)}.",
            )
            for fields in (amounts, flat)
        ),
    )


def one_discount(*lists: str) -> tuple[Rule, ...]:
    """Checks that each discount of some lists is made from one thing."""
    return tuple(
        Rule(
            kind=RuleKind.AT_MOST_ONE,
            each=f"{where}.*",
            fields=(f"{where}.*.coupon", f"{where}.*.promotion_code"),
            message="You may only specify one of these parameters: coupon, promotion_code.",
        )
        for where in lists
    )


def one_price(each: str, *further: str) -> Rule:
    """Check that an item has a price, or what a price is made from."""
    names = ("price", "price_data", *further)
    return Rule(
        kind=RuleKind.ONE_OF,
        each=each,
        fields=tuple(f"{each}.{name}" if each else name for name in names),
        message=f"An item has exactly one of {', '.join(names)}.",
    )


def recurring_only(price: str) -> Rule:
    """Check that a price is one of subscriptions."""
    return Rule(
        kind=RuleKind.REQUIRES,
        each=price,
        follow=(price,),
        fields=(f"{price}.recurring",),
        # L.
        message=(
            "The price specified is set to `type=one_time` but this field only accepts prices "
            "with `type=recurring`."
        ),
    )


def active_only(reference: str, message: str = INACTIVE) -> Rule:
    """Check that what is named is not declared as archived."""
    return Rule(
        kind=RuleKind.FORBIDS,
        follow=(reference,),
        fields=(f"{reference}.active",),
        value=False,
        message=message,
    )


def unmetered_quantity(each: str) -> Rule:
    """Check that what a meter counts is given no quantity."""
    dot = f"{each}." if each else ""
    remove = " Remove quantity from `{place}`" if each else ""
    return Rule(
        kind=RuleKind.FORBIDS,
        each=each,
        follow=(f"{dot}price",),
        when={f"{dot}price.recurring.usage_type": "metered"},
        fields=(f"{dot}quantity",),
        # L.
        message=f"Quantity should not be specified where usage_type is `metered`.{remove}",
    )


def licensed_quantity(each: str) -> tuple[Rule, Rule]:
    """Checks that what no meter counts is given a quantity."""
    one_time, licensed = (
        Rule(
            kind=RuleKind.REQUIRES,
            each=each,
            follow=(f"{each}.price",),
            when=when,
            fields=(f"{each}.quantity",),
            # L.
            message="Quantity is required. Add `quantity` to `{place}`",
        )
        for when in (
            {f"{each}.price.currency": ..., f"{each}.price.recurring": ABSENT},
            {f"{each}.price.recurring.usage_type": "licensed"},
        )
    )
    return one_time, licensed


def taxes_agree(each: str, rates: str, *, unless: str = "") -> tuple[Rule, Rule]:
    """Checks that a price and the tax rates on it are both inclusive, or both exclusive.

    Args:
        each: The items.
        rates: The rates on them.
        unless: Rates of an item's own, which take the place of these.
    """
    dot = f"{each}." if each else ""
    price, priced = f"{dot}price", f"{dot}price_data"
    inclusive, exclusive = (
        Rule(
            kind=RuleKind.FORBIDS,
            each=each,
            follow=(price, f"{rates}.*"),
            when={f"{rates}.*.inclusive": included, **({unless: ABSENT} if unless else {})},
            fields=(f"{price}.tax_behavior", f"{priced}.tax_behavior"),
            value=other,
            # L.
            message=(
                "One or more prices has a `tax_behavior` that conflicts with the tax rates that "
                "apply to the corresponding line item."
            ),
            hint=f'the rates are inclusive={included}: give the price tax_behavior="{behavior}"',
        )
        for included, behavior, other in (
            (True, "inclusive", "exclusive"),
            (False, "exclusive", "inclusive"),
        )
    )
    return inclusive, exclusive


def one_currency(items: str, *, named: str = "", each: str = "") -> Rule:
    """Check that what is sold together is sold in one currency.

    Args:
        items: The items, each with a price or what a price is made from.
        named: Field that says which currency; empty if only the prices do.
        each: What sells them; empty for the declaration itself.
    """
    return Rule(
        kind=RuleKind.ONE_CURRENCY,
        each=each,
        follow=(f"{items}.price",),
        fields=(f"{items}.price", f"{items}.price_data"),
        value=named or ...,
        message="The price specified does not support the expected currency.",
        hint="sell all of it in one currency: a price has its own, and those of currency_options",
    )
