"""Coupons and promotion codes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import stripe

from tests.support.clock import Clock

Refused = Callable[..., stripe.StripeError]
DAY = 24 * 3600


@pytest.fixture
def coupon(client: stripe.StripeClient) -> str:
    """Id of a coupon of ten percent."""
    return client.v1.coupons.create({"percent_off": 10}).id


def code(coupon: str, **params: Any) -> dict[str, Any]:
    """Parameters of a promotion code for a coupon."""
    return {"promotion": {"type": "coupon", "coupon": coupon}, **params}


def test_a_new_coupon_is_filled_in(client: stripe.StripeClient) -> None:
    """Defaults, an id of eight characters, and nothing that must be expanded."""
    made = client.v1.coupons.create({"percent_off": 25.5}).to_dict()
    assert len(made.pop("id")) == 8
    assert made == {
        "object": "coupon",
        "amount_off": None,
        "created": 1_800_000_000,
        "currency": None,
        "duration": "once",
        "duration_in_months": None,
        "livemode": False,
        "max_redemptions": None,
        "metadata": {},
        "name": None,
        "percent_off": 25.5,
        "redeem_by": None,
        "times_redeemed": 0,
        "valid": True,
    }


@pytest.mark.parametrize(
    ("params", "message", "param"),
    [
        ({}, "Must provide percent_off or amount_off.", None),
        (
            {"percent_off": 1, "amount_off": 1},
            "Received both percent_off and amount_off parameters. Please pass in only one.",
            None,
        ),
        ({"amount_off": 1}, "You must pass currency when passing amount_off", "currency"),
        (
            {"percent_off": 0},
            "This value must be greater than 0 (it currently is '0.0').",
            "percent_off",
        ),
        (
            {"percent_off": 101},
            "This value must be less than or equal to 100 (it currently is '101.0').",
            "percent_off",
        ),
        (
            {"percent_off": 1, "currency_options": {"eur": {"amount_off": 1}}},
            "You may only specify one of these parameters: currency_options, percent_off.",
            "currency_options",
        ),
        (
            {"percent_off": 1, "duration": "repeating"},
            (
                "The duration_in_months param must be set when creating a coupon with a repeating "
                "duration"
            ),
            "duration",
        ),
        (
            {"percent_off": 1, "duration_in_months": 3},
            (
                "The duration_in_months param can only be set when creating a coupon with "
                "a repeating duration"
            ),
            "duration_in_months",
        ),
        (
            {"percent_off": 1, "redeem_by": 1_700_000_000},
            (
                "The parameter `redeem_by` expects a unix timestamp representing a date and "
                "time in the future. You specified the value `1700000000` which is in the past."
            ),
            "redeem_by",
        ),
        (
            {"percent_off": 1, "redeem_by": 1_800_000_000 + 6 * 365 * DAY},
            "Invalid timestamp: can be no more than five years in the future.",
            "redeem_by",
        ),
        (
            {"percent_off": 1, "applies_to": {"products": ["prod_x"]}},
            "No such product: 'prod_x'",
            "applies_to[products][0]",
        ),
        (
            {"percent_off": 1, "name": "n" * 41},
            f"Invalid string: {'n' * 10}...{'n' * 10}; must be at most 40 characters",
            "name",
        ),
    ],
)
def test_contradicting_coupons_are_refused(
    client: stripe.StripeClient,
    refused: Refused,
    params: dict[str, Any],
    message: str,
    param: str | None,
) -> None:
    """One discount, one duration, an end within five years."""
    error = refused(client.v1.coupons.create, params)
    assert (error.user_message, error.param) == (message, param)  # type: ignore[attr-defined]


def test_a_coupon_id_may_be_chosen_once(client: stripe.StripeClient, refused: Refused) -> None:
    """A taken id is refused with a code and no param."""
    assert client.v1.coupons.create({"id": "TEN", "percent_off": 10}).id == "TEN"
    error = refused(client.v1.coupons.create, {"id": "TEN", "percent_off": 20})
    assert (error.user_message, error.code) == (
        "Coupon already exists.",
        "resource_already_exists",
    )


def test_currencies_of_a_coupon_are_added_only(
    client: stripe.StripeClient, refused: Refused
) -> None:
    """A new currency is accepted, the same amount again too, another amount is refused."""
    id = client.v1.coupons.create({"amount_off": 500, "currency": "usd"}).id
    update = client.v1.coupons.update
    after = update(
        id, {"currency_options": {"eur": {"amount_off": 400}}, "expand": ["currency_options"]}
    ).to_dict()
    assert after["currency_options"] == {"eur": {"amount_off": 400}, "usd": {"amount_off": 500}}
    update(id, {"currency_options": {"eur": {"amount_off": 400}}})
    changed = refused(update, id, {"currency_options": {"eur": {"amount_off": 300}}})
    assert changed.param == "currency_options[eur][amount_off]"  # type: ignore[attr-defined]
    own = refused(update, id, {"currency_options": {"usd": {"amount_off": 500}}})
    assert own.param == "currency_options[usd]"  # type: ignore[attr-defined]


@pytest.mark.parametrize("param", ["percent_off", "duration", "redeem_by", "id", "applies_to"])
def test_what_makes_a_coupon_is_unknown_to_updates(
    client: stripe.StripeClient, coupon: str, refused: Refused, param: str
) -> None:
    """Only name, metadata and currencies change."""
    error = refused(client.v1.coupons.update, coupon, {param: "1"})
    assert error.user_message == f"Received unknown parameter: {param}"


def test_products_of_a_coupon_are_told_when_expanded(
    client: stripe.StripeClient, product: str
) -> None:
    """`applies_to` is absent otherwise."""
    id = client.v1.coupons.create({"percent_off": 1, "applies_to": {"products": [product]}}).id
    assert "applies_to" not in client.v1.coupons.retrieve(id).to_dict()
    expanded = client.v1.coupons.retrieve(id, {"expand": ["applies_to"]}).to_dict()
    assert expanded["applies_to"] == {"products": [product]}


def test_a_coupon_ends_with_time(client: stripe.StripeClient, clock: Clock[int]) -> None:
    """`valid` depends on the time."""
    id = client.v1.coupons.create({"percent_off": 1, "redeem_by": clock.now + DAY}).id
    assert client.v1.coupons.retrieve(id).valid is True
    clock.now += DAY
    assert client.v1.coupons.retrieve(id).valid is False


def test_deleting_a_coupon_leaves_its_codes_unusable(
    client: stripe.StripeClient, coupon: str, refused: Refused
) -> None:
    """The codes stay, inactive, and cannot come back."""
    id = client.v1.promotion_codes.create(code(coupon)).id  # type: ignore[arg-type]
    gone = client.v1.coupons.delete(coupon)
    assert gone.to_dict() == {"id": coupon, "object": "coupon", "deleted": True}
    error = refused(client.v1.coupons.retrieve, coupon)
    assert (error.http_status, error.user_message) == (404, f"No such coupon: '{coupon}'")
    left = client.v1.promotion_codes.retrieve(id, {"expand": ["promotion.coupon"]}).to_dict()
    assert left["active"] is False
    # S: an expanded coupon is never a deleted one.
    assert left["promotion"]["coupon"] == coupon
    assert refused(client.v1.promotion_codes.update, id, {"active": True}).http_status == 400


def test_a_code_is_made_up_if_none_is_sent(client: stripe.StripeClient, coupon: str) -> None:
    """Eight capitals and digits."""
    made = client.v1.promotion_codes.create(code(coupon)).to_dict()  # type: ignore[arg-type]
    assert len(made["code"]) == 8
    assert made["code"].isalnum()
    assert made["code"] == made["code"].upper()
    assert made["promotion"] == {"coupon": coupon, "type": "coupon"}
    assert made["restrictions"] == {
        "first_time_transaction": False,
        "minimum_amount": None,
        "minimum_amount_currency": None,
    }


def test_a_code_is_unique_among_active_ones(
    client: stripe.StripeClient, coupon: str, refused: Refused
) -> None:
    """Codes that differ in case only are equal; the code of an inactive one is free."""
    create, update = client.v1.promotion_codes.create, client.v1.promotion_codes.update
    first = create(code(coupon, code="Summer")).id  # type: ignore[arg-type]
    error = refused(create, code(coupon, code="SUMMER"))
    assert error.user_message == ("An active promotion code with `code: SUMMER` already exists.")
    assert (error.code, error.param) == (None, None)  # type: ignore[attr-defined]
    assert create(code(coupon, code="summer", active=False)).active is False  # type: ignore[arg-type]
    update(first, {"active": False})
    second = create(code(coupon, code="SUMMER")).id  # type: ignore[arg-type]
    assert refused(update, first, {"active": True}).user_message == (
        "An active promotion code with `code: Summer` already exists."
    )
    update(second, {"active": False})
    assert update(first, {"active": True}).active is True


@pytest.mark.parametrize(
    ("params", "message", "param"),
    [
        (
            {"promotion": {"type": "coupon"}},
            "You must pass promotion.coupon when passing promotion",
            "promotion.coupon",
        ),
        ({"coupon": "x"}, "Received unknown parameter: coupon", "coupon"),
        (
            {"promotion": {"type": "coupon", "coupon": "x"}},
            "No such coupon: 'x'",
            "promotion[coupon]",
        ),
        (
            {"code": "has spaces!"},
            (
                "This value must match the regex pattern. (/\\A[a-zA-Z0-9\\-_]+\\z/ does not "
                "match for the value has spaces!)."
            ),
            "code",
        ),
        (
            {"expires_at": 1},
            (
                "The parameter `expires_at` expects a unix timestamp representing a date and "
                "time in the future. You specified the value `1` which is in the past."
            ),
            "expires_at",
        ),
        (
            {"restrictions": {"minimum_amount": 100}},
            "Missing required param: restrictions[minimum_amount_currency].",
            "restrictions[minimum_amount_currency]",
        ),
        (
            {"restrictions": {"minimum_amount": 0, "minimum_amount_currency": "usd"}},
            "This value must be greater than or equal to 1 (it currently is '0').",
            "restrictions[minimum_amount]",
        ),
        ({"customer": "nobody"}, "No such customer: 'nobody'", "customer"),
        ({"max_redemptions": 200}, None, "max_redemptions"),
        ({"expires_at": 1_800_000_000 + 20 * DAY}, None, "expires_at"),
    ],
)
def test_promotion_codes_keep_to_their_coupon(
    client: stripe.StripeClient,
    refused: Refused,
    params: dict[str, Any],
    message: str | None,
    param: str,
) -> None:
    """Malformed codes, and codes beyond the coupon's own limits, are refused."""
    coupon = client.v1.coupons.create(
        {"percent_off": 1, "max_redemptions": 100, "redeem_by": 1_800_000_000 + 10 * DAY}
    ).id
    error = refused(client.v1.promotion_codes.create, {**code(coupon), **params})
    assert error.param == param  # type: ignore[attr-defined]
    assert message is None or error.user_message == message


def test_restrictions_take_currencies(
    client: stripe.StripeClient, coupon: str, refused: Refused
) -> None:
    """Options are returned when expanded, with the currency of the minimum among them."""
    minimum = {"minimum_amount": 1000, "minimum_amount_currency": "USD"}
    id = client.v1.promotion_codes.create(code(coupon, restrictions=minimum)).id  # type: ignore[arg-type]
    update = client.v1.promotion_codes.update
    after = update(
        id,
        {
            "restrictions": {"currency_options": {"eur": {"minimum_amount": 900}}},
            "expand": ["restrictions.currency_options"],
        },
    )
    options = after.restrictions.currency_options
    assert options is not None
    assert {name: options[name]["minimum_amount"] for name in ("eur", "usd")} == {
        "eur": 900,
        "usd": 1000,
    }
    assert (
        "currency_options" not in client.v1.promotion_codes.retrieve(id).to_dict()["restrictions"]
    )
    own = refused(
        update, id, {"restrictions": {"currency_options": {"usd": {"minimum_amount": 1}}}}
    )
    assert own.param == "restrictions[currency_options][usd]"  # type: ignore[attr-defined]
    frozen = refused(update, id, {"restrictions": {"minimum_amount": 1}})
    assert frozen.user_message == "Received unknown parameter: restrictions[minimum_amount]"


def test_a_code_ends_with_time(client: stripe.StripeClient, coupon: str, clock: Clock[int]) -> None:
    """An expired code is inactive and its code is free."""
    made = client.v1.promotion_codes.create(code(coupon, code="X", expires_at=clock.now + DAY))  # type: ignore[arg-type]
    assert len(client.v1.promotion_codes.list({"active": True}).data) == 1
    clock.now += DAY
    assert client.v1.promotion_codes.retrieve(made.id).active is False
    assert client.v1.promotion_codes.list({"active": True}).data == []
    assert [one.id for one in client.v1.promotion_codes.list({"active": False}).data] == [made.id]
    assert client.v1.promotion_codes.create(code(coupon, code="X")).active is True  # type: ignore[arg-type]


def test_a_missing_code_is_told_in_two_words(client: stripe.StripeClient, refused: Refused) -> None:
    """The text has a space in the type."""
    error = refused(client.v1.promotion_codes.retrieve, "promo_x")
    assert error.user_message == "No such promotion code: 'promo_x'"
    assert error.param == "promotion_code"  # type: ignore[attr-defined]


def test_codes_follow_the_end_of_their_coupon(
    client: stripe.StripeClient, clock: Clock[int], refused: Refused
) -> None:
    """A code is active only while its coupon is valid, and cannot come back after that."""
    coupon = client.v1.coupons.create({"percent_off": 1, "redeem_by": clock.now + DAY}).id
    id = client.v1.promotion_codes.create(code(coupon)).id  # type: ignore[arg-type]
    clock.now += DAY
    assert client.v1.promotion_codes.retrieve(id).active is False
    client.v1.promotion_codes.update(id, {"active": False})
    error = refused(client.v1.promotion_codes.update, id, {"active": True})
    assert error.param == "active"  # type: ignore[attr-defined]
    assert str(error.user_message).endswith("its coupon is no longer valid.")


def test_an_expired_code_cannot_come_back(
    client: stripe.StripeClient, coupon: str, clock: Clock[int], refused: Refused
) -> None:
    """The code's own end counts too."""
    made = client.v1.promotion_codes.create(code(coupon, expires_at=clock.now + DAY))  # type: ignore[arg-type]
    client.v1.promotion_codes.update(made.id, {"active": False})
    clock.now += DAY
    error = refused(client.v1.promotion_codes.update, made.id, {"active": True})
    assert str(error.user_message).endswith("it has expired.")


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"percent_off": 1, "max_redemptions": 0}, "max_redemptions"),
        ({"amount_off": 0, "currency": "usd"}, "amount_off"),
        ({"percent_off": 1, "currency": "usd"}, "currency"),
        (
            {"amount_off": 1, "currency": "usd", "currency_options": {"usd": {"amount_off": 1}}},
            "currency_options[usd]",
        ),
        (
            {"amount_off": 1, "currency": "usd", "currency_options": {"eur": {"amount_off": 0}}},
            "currency_options[eur][amount_off]",
        ),
    ],
)
def test_amounts_of_coupons_have_bounds(
    client: stripe.StripeClient, refused: Refused, params: dict[str, Any], param: str
) -> None:
    """Amounts are positive, in one currency each, and a percentage has none."""
    assert refused(client.v1.coupons.create, params).param == param  # type: ignore[attr-defined]


def test_a_percentage_takes_no_currencies_later(
    client: stripe.StripeClient, coupon: str, refused: Refused
) -> None:
    """An update cannot give it amounts."""
    options = {"currency_options": {"eur": {"amount_off": 1}}}
    error = refused(client.v1.coupons.update, coupon, options)
    assert error.param == "currency_options"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"customer": "cus_1", "customer_account": "acct_1"}, "customer"),
        ({"max_redemptions": 0}, "max_redemptions"),
        (
            {"restrictions": {"minimum_amount_currency": "usd"}},
            "restrictions[minimum_amount]",
        ),
    ],
)
def test_promotion_codes_have_bounds(
    client: stripe.StripeClient,
    coupon: str,
    refused: Refused,
    params: dict[str, Any],
    param: str,
) -> None:
    """One customer, some redemptions, a minimum with its currency."""
    error = refused(client.v1.promotion_codes.create, code(coupon, **params))
    assert error.param == param  # type: ignore[attr-defined]


def test_a_redemption_is_counted_where_a_customer_gets_the_discount(
    client: stripe.StripeClient, coupon: str
) -> None:
    """S: the number of times that it was applied. What is sent again is not applied again."""
    made = client.v1.promotion_codes.create(code(coupon))  # type: ignore[arg-type]
    product = client.v1.products.create({"name": "Pro"}).id
    price = client.v1.prices.create(
        {
            "product": product,
            "currency": "usd",
            "unit_amount": 100,
            "recurring": {"interval": "month"},
        }
    ).id
    customer = client.v1.customers.create({"name": "Someone"}).id

    def counts() -> tuple[int, int]:
        codes = client.v1.promotion_codes.retrieve(made.id)
        return client.v1.coupons.retrieve(coupon).times_redeemed, codes.times_redeemed

    subscription = client.v1.subscriptions.create(
        {
            "customer": customer,
            "items": [{"price": price}],
            "collection_method": "send_invoice",
            "days_until_due": 30,
            "discounts": [{"promotion_code": made.id}],
        }
    ).id
    assert counts() == (1, 1)
    again: Any = {"discounts": [{"promotion_code": made.id}]}
    client.v1.subscriptions.update(subscription, again)
    assert counts() == (1, 1)
    client.v1.subscriptions.update(subscription, {"discounts": [{"coupon": coupon}]})
    assert counts() == (2, 1)
    client.v1.quotes.create({"customer": customer, "discounts": [{"coupon": coupon}]})
    assert counts() == (2, 1)
