"""Whose an answer is: what is not Stripe's answer to what was asked is no answer at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from engine.apply.send import is_uncertain
from engine.catalog import loader
from engine.errors import ForeignAnswerError, NotFoundError, ProviderError
from engine.ports.provider import RequestContext
from engine.schema.lifecycle import Probe
from engine.schema.resource_type import ResourceType
from engine.stripe.provider import StripeProvider
from tests.support.fakes.stripe_script import Answer, Door, refusal


def kind(name: str) -> ResourceType:
    """A resource type."""
    return loader.schemas()[name]


PRODUCT, ENDPOINT = kind("stripe_product"), kind("stripe_webhook_endpoint")
SECRET, SETTINGS = kind("stripe_apps_secret"), kind("stripe_tax_settings")
FEATURE, DESTINATION = kind("stripe_product_feature"), kind("stripe_v2_core_event_destination")
METER = kind("stripe_billing_meter")
KEY = RequestContext(idempotency_key="k")
GOOD = {"id": "prod_1", "object": "product", "livemode": False}
NAMED = "name=token&scope.type=account"

FOREIGN: dict[str, Any] = {
    "nothing in it": {},
    "no id": {"object": "product", "livemode": False},
    "an empty id": {**GOOD, "id": ""},
    "an id that is no text": {**GOOD, "id": 7},
    "another type": {**GOOD, "object": "price"},
    "no type": {"id": "prod_1", "livemode": False},
    "a type that is no text": {**GOOD, "object": ["product"]},
    "another mode": {**GOOD, "livemode": True},
    "a mode that is none": {**GOOD, "livemode": "false"},
    "a list": {"object": "list", "data": [], "has_more": False},
}


def spoken(*answers: Any, key: str = "sk_test_x", retries: int = 0) -> StripeProvider:
    """A provider over a script."""
    return StripeProvider(
        Door(*answers, retries=retries, key=key).http, loader.schemas(), api_key=key
    )


@pytest.mark.parametrize("body", FOREIGN.values(), ids=FOREIGN)
def test_no_write_takes_somebody_elses_answer(body: Any) -> None:
    """What was asked may have been done: nobody knows, so it is found out later."""
    asked: list[Callable[[StripeProvider], object]] = [
        lambda speaks: speaks.create(PRODUCT, {"name": "Pro"}, KEY),
        lambda speaks: speaks.update(PRODUCT, "prod_1", {"name": "Pro"}, KEY),
        lambda speaks: speaks.delete(PRODUCT, "prod_1", KEY),
    ]
    for ask in asked:
        with pytest.raises(ForeignAnswerError) as raised:
            ask(spoken(Answer(body=body)))
        assert is_uncertain(raised.value)
        assert "/v1/products" in raised.value.message
        assert "STRIPE_API_BASE" in str(raised.value.hint)


@pytest.mark.parametrize("body", FOREIGN.values(), ids=FOREIGN)
def test_no_read_takes_somebody_elses_answer(body: Any) -> None:
    """Least of all for the news that an object is gone, or that it is another one."""
    for found in (body, {**body, "deleted": True}):
        with pytest.raises(ForeignAnswerError):
            spoken(Answer(body=found)).read(PRODUCT, "prod_1")
        with pytest.raises(ForeignAnswerError):
            spoken(Answer(body=found)).read_many(PRODUCT, ["prod_1"])


def test_another_object_is_not_the_one_that_was_asked_for() -> None:
    """By its id, which the author may have chosen."""
    other = Answer(body={**GOOD, "id": "prod_2"})
    asked: list[Callable[[StripeProvider], object]] = [
        lambda speaks: speaks.read(PRODUCT, "prod_1"),
        lambda speaks: speaks.create(PRODUCT, {"id": "prod_1", "name": "Pro"}, KEY),
        lambda speaks: speaks.update(PRODUCT, "prod_1", {"name": "Pro"}, KEY),
        lambda speaks: speaks.delete(PRODUCT, "prod_1", KEY),
    ]
    for ask in asked:
        with pytest.raises(ForeignAnswerError, match="It is about 'prod_2', not 'prod_1'"):
            ask(spoken(other))


@pytest.mark.parametrize(
    ("key", "livemode", "taken"),
    [
        ("sk_test_x", False, True),
        ("sk_test_x", True, False),
        ("rk_test_x", True, False),
        ("sk_live_x", True, True),
        ("sk_live_x", False, False),
        ("rk_live_x", False, False),
        ("sk_org_test_x", True, False),
        ("sk_org_x", False, True),
        ("sk_org_x", True, True),
    ],
)
def test_the_mode_is_the_keys(*, key: str, livemode: bool, taken: bool) -> None:
    """A key that does not tell its mode vouches for both."""
    speaks = spoken(Answer(body={**GOOD, "livemode": livemode}), key=key)
    if taken:
        assert speaks.read(PRODUCT, "prod_1") is not None
        return
    with pytest.raises(ForeignAnswerError, match="mode, and the key is one of"):
        speaks.read(PRODUCT, "prod_1")


def test_what_has_no_id_of_its_own_is_known_otherwise() -> None:
    """What there is one of by its type, a child by its own id, a secret by what names it."""
    settings = {"object": "tax.settings", "livemode": False}
    assert spoken(Answer(body=settings)).read(SETTINGS, "tax.settings") is not None
    with pytest.raises(ForeignAnswerError):
        spoken(Answer(body={})).read(SETTINGS, "tax.settings")
    feature = {"id": "prodft_1", "object": "product_feature", "livemode": False}
    assert spoken(Answer(body=feature)).read(FEATURE, "prod_1/prodft_1") is not None
    with pytest.raises(ForeignAnswerError):
        spoken(Answer(body=feature)).read(FEATURE, "prod_1/prodft_2")
    secret = {"object": "apps.secret", "name": "token", "scope": {"type": "account"}}
    assert spoken(Answer(body=secret)).read(SECRET, NAMED) is not None
    with pytest.raises(ForeignAnswerError):
        spoken(Answer(body={**secret, "name": "other"})).read(SECRET, NAMED)
    with pytest.raises(ForeignAnswerError):
        spoken(Answer(body={"object": "apps.secret"})).create(SECRET, {}, KEY)


def test_an_external_account_may_be_a_card() -> None:
    """Stripe lists both together, and says of each what it is."""
    page = {
        "object": "list",
        "has_more": False,
        "data": [{"id": "ba_1", "object": "bank_account"}, {"id": "card_1", "object": "card"}],
    }
    found = spoken(Answer(body=page)).find(
        kind("stripe_account_external_account"), {"account": "acct_1"}
    )
    assert len(found) == 2


def test_a_tax_id_of_a_customer_is_called_a_tax_id() -> None:
    """The word in an answer is Stripe's, not the catalog's name of the type."""
    body = {"id": "txi_1", "object": "tax_id", "livemode": False}
    speaks = spoken(Answer(body=body))
    assert speaks.read(kind("stripe_customer_tax_id"), "cus_1/txi_1") is not None


def test_a_further_call_answers_with_its_object() -> None:
    """As an update does."""
    with pytest.raises(ForeignAnswerError):
        spoken(Answer(body={})).call(METER, "mtr_1", "deactivate", {}, KEY)


@pytest.mark.parametrize(
    ("body", "fits"),
    [
        ({"id": "ed_1"}, True),
        ({"id": "ed_1", "object": "v2.core.event_destination"}, True),
        ({"id": "ed_2"}, False),
        ({"id": "ed_1", "object": "product"}, False),
        ({"id": "ed_1", "deleted": False}, False),
    ],
)
def test_v2_names_what_it_deleted_by_id(body: Any, *, fits: bool) -> None:
    """And need not say of what type it was."""
    speaks = spoken(Answer(body=body))
    if fits:
        speaks.delete(DESTINATION, "ed_1", KEY)
        return
    with pytest.raises(ForeignAnswerError):
        speaks.delete(DESTINATION, "ed_1", KEY)


# ── lists ─────────────────────────────────────────────────────────────────────────────────


def listed(*entries: Any, **more: Any) -> dict[str, Any]:
    """A page of v1."""
    return {"object": "list", "data": list(entries), "has_more": False, **more}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"data": []},
        {"object": "list"},
        listed(None),
        listed("prod_1"),
        listed({"object": "product"}),
        listed({**GOOD, "object": "price"}),
        listed({**GOOD, "livemode": True}),
        listed(has_more=True),
    ],
    ids=[
        "nothing in it",
        "not called a list",
        "no objects",
        "null for an object",
        "an id for an object",
        "an object without id",
        "another type",
        "another mode",
        "more behind an empty page",
    ],
)
def test_no_list_is_made_up(body: Any) -> None:
    """An account that seems empty would be filled a second time."""
    with pytest.raises(ForeignAnswerError):
        spoken(Answer(body=body)).find(PRODUCT, {})
    probe = Probe(object="product", filter="ids", variants=({},))
    with pytest.raises(ForeignAnswerError):
        spoken(Answer(body=body)).exists(probe, "prod_1")


def test_a_list_that_goes_round_has_an_end() -> None:
    """Whether it stays on its page or comes back to an earlier one."""
    first, second = (listed({**GOOD, "id": id}, has_more=True) for id in ("prod_1", "prod_2"))
    with pytest.raises(ForeignAnswerError, match="one that was read before"):
        spoken(Answer(body=first)).find(PRODUCT, {})
    pages = [Answer(body=page) for page in (first, second, first)]
    with pytest.raises(ForeignAnswerError, match="one that was read before"):
        spoken(*pages).find(PRODUCT, {})


@pytest.mark.parametrize("following", ["/v2/core/event_destinations?page=a", "/v2/x", 7])
def test_a_list_of_v2_that_goes_round_has_an_end(following: Any) -> None:
    """Its pages are named by tokens."""
    body = {"data": [], "next_page_url": following}
    with pytest.raises(ForeignAnswerError):
        spoken(Answer(body=body)).find(DESTINATION, {})


# ── ids, and what is not there ────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("of", "id"), [(ENDPOINT, ""), (FEATURE, "prod_1/"), (FEATURE, "/x")])
def test_nothing_is_asked_about_an_object_without_id(of: ResourceType, id: str) -> None:
    """`DELETE /v1/webhook_endpoints/` would be about all of them."""
    client = Door()
    speaks = StripeProvider(client.http, loader.schemas(), api_key="sk_test_x")
    with pytest.raises(ProviderError, match="without an id"):
        speaks.delete(of, id, KEY)
    with pytest.raises(ProviderError, match="without an id"):
        speaks.read(of, id)
    assert client.sent == []


def test_a_path_that_a_server_does_not_know_is_no_news_of_an_object() -> None:
    """An address with one part too many would have everything made again."""
    unknown = refusal(404, message="Unrecognized request URL (GET: /x/v1/products/prod_1).")
    with pytest.raises(NotFoundError):
        spoken(unknown).read(PRODUCT, "prod_1")
    with pytest.raises(NotFoundError):
        spoken(unknown).delete(PRODUCT, "prod_1", KEY)


@pytest.mark.parametrize("body", [{}, {"object": "account"}, {"id": "acct_1", "object": "product"}])
def test_an_account_is_named_by_one(body: Any) -> None:
    """Whom the key speaks for is not taken from anything else."""
    with pytest.raises(ForeignAnswerError):
        spoken(Answer(body=body)).account()
