"""Parameters that are refused before anything happens, in Stripe's own words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from engine.catalog import loader
from engine.emulator.core import Emulator
from engine.emulator.wire.messages import Request, Response

AUTHORIZED = {"Authorization": "Bearer sk_test_alpha"}
Post = Callable[[str, str], dict[str, Any]]


@pytest.fixture
def send(emulator: Emulator) -> Callable[..., Response]:
    """Send a raw request."""

    def run(method: str, url: str, form: str = "", **headers: str) -> Response:
        sent = {**AUTHORIZED, **{name.replace("_", "-"): value for name, value in headers.items()}}
        return emulator.handle(Request.to(method, url, sent, form))

    return run


@pytest.fixture
def refusal(send: Callable[..., Response]) -> Post:
    """Send a form that is refused with 400, and return the error without its log URL."""

    def run(path: str, form: str) -> dict[str, Any]:
        response = send("POST", path, form)
        assert response.status == 400
        error: dict[str, Any] = response.document["error"]
        assert error.pop("type") == "invalid_request_error"
        assert error.pop("request_log_url").startswith(
            "https://dashboard.stripe.com/test/logs/req_"
        )
        if "code" in error:
            code = error["code"].replace("_", "-")
            assert error.pop("doc_url") == f"https://stripe.com/docs/error-codes/{code}"
        return error

    return run


@pytest.mark.parametrize(
    ("path", "form", "error"),
    [
        (
            "/v1/products",
            "name=a&frob=1",
            {
                "code": "parameter_unknown",
                "message": "Received unknown parameter: frob",
                "param": "frob",
            },
        ),
        (
            "/v1/products",
            "name=a&package_dimensions[depth]=1&frob=1",
            {
                "code": "parameter_unknown",
                "message": "Received unknown parameters: package_dimensions[depth], frob",
                "param": "package_dimensions[depth]",
            },
        ),
        (
            "/v1/prices",
            "currency=usd&tiers[0][x]=1",
            {
                "code": "parameter_unknown",
                "message": "Received unknown parameter: tiers[0][x]",
                "param": "tiers[0][x]",
            },
        ),
        (
            "/v1/prices",
            "currency=usd&currency_options[eur][x]=1",
            {
                "code": "parameter_unknown",
                "message": "Received unknown parameter: currency_options[eur][x]",
                "param": "currency_options[eur][x]",
            },
        ),
        (
            "/v1/products",
            "active=true",
            {
                "code": "parameter_missing",
                "message": "Missing required param: name.",
                "param": "name",
            },
        ),
        (
            "/v1/prices",
            "currency=usd&recurring[interval_count]=1",
            {
                "code": "parameter_missing",
                "message": "Missing required param: recurring[interval].",
                "param": "recurring[interval]",
            },
        ),
        (
            "/v1/products",
            "name=",
            {
                "code": "parameter_invalid_empty",
                "message": (
                    "You passed an empty string for 'name'. We assume empty values are an attempt "
                    "to unset a parameter; however 'name' cannot be unset. You should remove "
                    "'name' from your request or supply a non-empty value."
                ),
                "param": "name",
            },
        ),
        (
            "/v1/prices",
            "currency=usd&unit_amount=abc",
            {
                "code": "parameter_invalid_integer",
                "message": "Invalid integer: abc",
                "param": "unit_amount",
            },
        ),
        (
            "/v1/prices",
            "currency=usd&unit_amount=10.5",
            {
                "code": "parameter_invalid_integer",
                "message": "Invalid integer: 10.5",
                "param": "unit_amount",
            },
        ),
        (
            "/v1/prices",
            "currency=usd&unit_amount=-1",
            {
                "code": "parameter_invalid_integer",
                "message": "Invalid non-negative integer",
                "param": "unit_amount",
            },
        ),
        (
            "/v1/products",
            "name=a&active=yes",
            {"message": "Invalid boolean: yes", "param": "active"},
        ),
        ("/v1/products", "name=a&images=b", {"message": "Invalid array", "param": "images"}),
        (
            "/v1/quotes",
            "customer=cus_none&discounts[0]=%20",
            {
                "code": "resource_missing",
                "message": "No such customer: 'cus_none'",
                "param": "customer",
            },
        ),
        ("/v1/products", "name=a&images[²]=b", {"message": "Invalid array", "param": "images"}),
        ("/v1/products", "name=a&expand[²]=b", {"message": "Invalid array", "param": "expand"}),
        (
            "/v1/prices",
            "currency=usd&recurring=month",
            {"message": "Invalid object", "param": "recurring"},
        ),
        (
            "/v1/products",
            "name[a]=b",
            {"message": 'Invalid string: {"a"=>"b"}', "param": "name"},
        ),
        (
            "/v1/prices",
            "currency=usd&recurring[interval]=decade",
            {
                "message": (
                    "Invalid recurring[interval]: must be one of day, month, week, or year"
                ),
                "param": "recurring[interval]",
            },
        ),
        (
            "/v1/prices",
            "currency=usd&billing_scheme=flat",
            {
                "message": "Invalid billing_scheme: must be one of per_unit or tiered",
                "param": "billing_scheme",
            },
        ),
        (
            "/v1/prices",
            "currency=usd&unit_amount_decimal=1.1234567890123",
            {
                "message": (
                    "Invalid decimal: 0.11234567890123e1; must contain at most 12 decimal places."
                ),
                "param": "unit_amount_decimal",
            },
        ),
        (
            "/v1/prices",
            "currency=usd&unit_amount_decimal=-1",
            {
                "message": (
                    "This value must be greater than or equal to 0 (it currently is '-0.1e1')."
                ),
                "param": "unit_amount_decimal",
            },
        ),
        (
            "/v1/tax_rates",
            "display_name=a&inclusive=true&percentage=many",
            {"message": "Invalid decimal: many", "param": "percentage"},
        ),
        (
            "/v1/products",
            "name=a&url=example.com",
            {
                "code": "url_invalid",
                "message": "Invalid URL: An explicit scheme (such as https) must be provided.",
                "param": "url",
            },
        ),
        (
            "/v1/products",
            "name=a&images[0]=https://",
            {"code": "url_invalid", "message": "Not a valid URL", "param": "images[0]"},
        ),
        (
            "/v1/products",
            "name=a&unit_label=abcdefghijklmnop",
            {
                "message": "Invalid string: abcdefghijklmnop; must be at most 12 characters",
                "param": "unit_label",
            },
        ),
        (
            "/v1/products",
            "name=a&tax_code=food",
            {
                "code": "resource_missing",
                "message": "No such tax code: 'food'",
                "param": "tax_code",
            },
        ),
    ],
)
def test_malformed_parameters_are_refused_in_stripes_words(
    refusal: Post, path: str, form: str, error: dict[str, Any]
) -> None:
    """Each malformed parameter has its text, code and param."""
    assert refusal(path, form) == error


def test_long_strings_are_shown_from_both_ends(refusal: Post) -> None:
    """The text of a too long string does not repeat the whole of it."""
    error = refusal("/v1/products", f"name=a&unit_label={'x' * 10}{'y' * 20}{'z' * 10}")
    assert error["message"] == (
        f"Invalid string: {'x' * 10}...{'z' * 10}; must be at most 12 characters"
    )


def test_strings_end_somewhere(refusal: Post) -> None:
    """5,000 characters fit by default."""
    error = refusal("/v1/products", f"name={'x' * 5001}")
    assert error["message"].endswith("; must be at most 5000 characters")


def test_at_most_eight_images(refusal: Post) -> None:
    """A ninth image is refused."""
    images = "&".join(f"images[{n}]=https://example.com/{n}.png" for n in range(9))
    assert refusal("/v1/products", f"name=a&{images}")["param"] == "images"


@pytest.mark.parametrize(
    ("form", "message"),
    [
        (
            f"metadata[{'k' * 41}]=v",
            (
                "Metadata keys can have up to 40 characters, but you passed in a key that is 41 "
                f"characters. Invalid key: {'k' * 41}"
            ),
        ),
        (
            f"metadata[k]={'v' * 501}",
            (
                "Metadata values can have up to 500 characters, but you passed in a value that "
                f"is 501 characters. Invalid value: {'v' * 501}"
            ),
        ),
        (
            "&".join(f"metadata[k{n}]=v" for n in range(51)),
            "Metadata can have up to 50 keys, but you've set 51.",
        ),
    ],
)
def test_metadata_has_bounds(refusal: Post, form: str, message: str) -> None:
    """Keys, values and their number are bounded."""
    assert refusal("/v1/products", f"name=a&{form}") == {"message": message, "param": "metadata"}


def test_metadata_is_counted_after_merging(send: Callable[..., Response]) -> None:
    """An update that brings the total over fifty keys is refused, one that swaps keys is not."""
    first = "&".join(f"metadata[k{n}]=v" for n in range(50))
    id = send("POST", "/v1/products", f"name=a&{first}").document["id"]
    over = send("POST", f"/v1/products/{id}", "metadata[one]=more")
    assert over.document["error"]["message"] == (
        "Metadata can have up to 50 keys, but you've set 51."
    )
    swapped = send("POST", f"/v1/products/{id}", "metadata[one]=more&metadata[k0]=")
    assert swapped.status == 200
    assert len(swapped.document["metadata"]) == 50


def test_an_unknown_currency_is_told_all_known_ones(refusal: Post) -> None:
    """The text lists the currencies, dollars first."""
    error = refusal("/v1/prices", "currency=xxx&unit_amount=1")
    assert error["param"] == "currency"
    assert error["message"].startswith(
        "Invalid currency: xxx. Stripe currently supports these currencies: usd, aed, afn, "
    )


def test_currencies_fold_as_values_and_not_as_keys(send: Callable[..., Response]) -> None:
    """Upper case is lowered on create and refused in the keys of maps."""
    product = send("POST", "/v1/products", "name=a").document["id"]
    form = f"product={product}&unit_amount=1"
    assert send("POST", "/v1/prices", f"{form}&currency=USD").document["currency"] == "usd"
    options = "currency_options[EUR][unit_amount]=1"
    assert send("POST", "/v1/prices", f"{form}&currency=usd&{options}").status == 400


def test_blanks_around_strings_go(send: Callable[..., Response]) -> None:
    """Strings are stripped, and one of blanks only counts as empty."""
    made = send("POST", "/v1/products", "name=%20Pro%20&description=%20%00").document
    assert (made["name"], made["description"]) == ("Pro", None)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/frobs"),
        ("GET", "/v1/products/"),
        ("PUT", "/v1/products"),
        ("DELETE", "/v1/products"),
        ("DELETE", "/v1/prices/price_1"),
        ("GET", "/"),
        ("GET", "/v1/products/prod_1/frobs"),
    ],
)
def test_unknown_urls_are_unrecognized(
    send: Callable[..., Response], method: str, path: str
) -> None:
    """What Stripe does not have is refused in its words."""
    response = send(method, path)
    assert response.status == 404
    assert response.document["error"]["message"] == (
        f"Unrecognized request URL ({method}: {path}). If you are trying to list objects, remove "
        "the trailing slash. If you are trying to retrieve an object, make sure you passed a valid "
        "(non-empty) identifier in your code. Please see https://stripe.com/docs or we can help at "
        "https://support.stripe.com/."
    )


def test_one_version_is_spoken(send: Callable[..., Response]) -> None:
    """Any is accepted, and every response names the emulator's own."""
    old = send("GET", "/v1/products", Stripe_Version="2024-06-20")
    assert old.status == 200
    assert old.headers["Stripe-Version"] == loader.api_version()
    assert send("GET", "/v1/products").headers["Stripe-Version"] == loader.api_version()
    bad = send("GET", "/v1/products", Stripe_Version="latest")
    assert bad.document["error"]["message"] == "Invalid Stripe API version: latest"


@pytest.mark.parametrize("asked", ["2024-06-20", "2024-06-20; some_beta=v1"])
def test_a_parameter_of_another_version_is_refused_with_both(
    send: Callable[..., Response], asked: str
) -> None:
    """The refusal names the version, which is the likely mistake."""
    spoken = loader.api_version()
    error = send("POST", "/v1/products", "name=a&attributes=size", Stripe_Version=asked).document[
        "error"
    ]
    assert (error["code"], error["param"]) == ("parameter_unknown", "attributes")
    assert error["message"] == (
        f"Received unknown parameter: attributes. This emulator of Stripe speaks API version "
        f"{spoken} only, and the request asks for 2024-06-20: use the parameters of {spoken}."
    )


def test_a_parameter_of_no_version_is_refused_as_stripe_does(
    send: Callable[..., Response],
) -> None:
    """If the request names the emulator's version, or none."""
    for headers in ({}, {"Stripe_Version": loader.api_version()}):
        error = send("POST", "/v1/products", "name=Pro&frob=1", **headers).document["error"]
        assert error["message"] == "Received unknown parameter: frob"


def test_answers_carry_stripes_headers(send: Callable[..., Response]) -> None:
    """A request id always, JSON always."""
    response = send("GET", "/v1/products")
    assert response.headers["Request-Id"].startswith("req_")
    assert response.headers["Content-Type"] == "application/json"


def test_live_errors_link_to_the_live_log(emulator: Emulator) -> None:
    """The URL of the log has no `test` in live mode."""
    request = Request.to("GET", "/v1/frobs", {"Authorization": "Bearer sk_live_alpha"})
    error = emulator.handle(request).document["error"]
    assert error["request_log_url"].startswith("https://dashboard.stripe.com/logs/req_")


@pytest.mark.parametrize(
    ("sent", "meant"), [("true", True), ("True", True), ("false", False), ("False", False)]
)
def test_booleans_come_in_two_spellings(emulator: Emulator, sent: str, *, meant: bool) -> None:
    """Python's own too, which Stripe's SDK for Python sent until its version 8 (R)."""
    request = Request.to(
        "POST", "/v1/products", {"Authorization": "Bearer sk_test_a"}, f"name=a&shippable={sent}"
    )
    assert emulator.handle(request).document["shippable"] is meant


def test_a_range_of_times_is_no_list(send: Callable[..., Response]) -> None:
    """Neither a number nor bounds."""
    error = send("GET", "/v1/prices?created[][a]=1").document["error"]
    assert error["param"] == "created"
    assert error["message"].startswith("Invalid integer")


def test_blank_elements_of_lists_count_as_not_sent(send: Callable[..., Response]) -> None:
    """As blank values do (R)."""
    images = "images[0]=%20&images[1]=https://example.com/a.png"
    made = send("POST", "/v1/products", f"name=a&{images}").document
    assert made["images"] == ["https://example.com/a.png"]
