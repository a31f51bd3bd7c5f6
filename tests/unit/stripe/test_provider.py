"""The provider port, for Stripe: which requests are made, and how few."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from engine.catalog import loader
from engine.emulator.core import Emulator
from engine.emulator.doors.transport import InProcessTransport
from engine.errors import (
    AuthenticationError,
    NotFoundError,
    PermissionDeniedError,
)
from engine.ports.provider import Account, RequestContext
from engine.schema.lifecycle import Probe
from engine.schema.remote import id_of
from engine.schema.resource_type import ResourceType
from engine.stripe.http.client import ClientOptions, StripeHTTP
from engine.stripe.provider import StripeProvider
from engine.values.markers import CLEAR
from engine.values.secret import Sensitive
from tests.support.fakes.stripe_script import Answer, Door, Scripted, refusal


def kind(name: str) -> ResourceType:
    """A resource type."""
    return loader.schemas()[name]


KEY = "sk_test_unit"
PRODUCT, PRICE, COUPON = kind("stripe_product"), kind("stripe_price"), kind("stripe_coupon")
FEATURE, PRODUCT_FEATURE = kind("stripe_entitlements_feature"), kind("stripe_product_feature")


def context(key: str = "key") -> RequestContext:
    """What a write carries."""
    return RequestContext(idempotency_key=key)


class Account1:
    """An account on a fresh emulator, and providers that speak to it."""

    def __init__(self, emulator: Emulator) -> None:
        """Args: emulator: holds the account."""
        self.emulator = emulator

    def provider(self, key: str = KEY) -> StripeProvider:
        """A provider."""
        options = ClientOptions(
            api_key=Sensitive(key),
            transport=InProcessTransport(self.emulator),
            sleep=lambda _: None,
        )
        return StripeProvider(StripeHTTP(options), loader.schemas(), api_key=key)

    def products(self, count: int) -> list[str]:
        """Make products and return their ids, oldest first."""
        provider = self.provider()
        ids = [
            provider.create(PRODUCT, {"name": f"P{number}"}, context(f"k{number}"))["id"]
            for number in range(count)
        ]
        self.emulator.log.clear()
        return ids

    def coupons(self, count: int) -> list[str]:
        """Make coupons and return their ids, oldest first."""
        return self.emulator.seed_many(
            "coupon", ({"percent_off": 10, "duration": "once"} for _ in range(count)), key=KEY
        )

    def prices(self, count: int, active: Callable[[int], bool]) -> list[str]:
        """Make prices of the last product and return their ids, oldest first."""
        product = self.provider().find(PRODUCT, {})[0]["id"]
        self.emulator.log.clear()
        common = {"product": product, "currency": "usd", "unit_amount": 100}
        many = ({**common, "active": active(number)} for number in range(count))
        return self.emulator.seed_many("price", many, key=KEY)

    def asked(self) -> list[str]:
        """Paths that were read since."""
        return [entry.path for entry in self.emulator.log]


@pytest.fixture
def account() -> Iterator[Account1]:
    """An account on a fresh emulator."""
    with Emulator(seed=5) as emulator:
        yield Account1(emulator)


# ── read_many ─────────────────────────────────────────────────────────────────────────────


def test_nothing_is_asked_for_nothing(account: Account1) -> None:
    """No ids, no request."""
    assert account.provider().read_many(PRODUCT, []) == {}
    assert account.asked() == []


def test_a_single_object_is_read_by_itself(account: Account1) -> None:
    """A page would be no cheaper."""
    (id,) = account.products(1)
    assert list(account.provider().read_many(PRODUCT, [id])) == [id]
    assert account.asked() == [f"/v1/products/{id}"]


def test_many_objects_come_in_one_page(account: Account1) -> None:
    """A hundred for one request."""
    ids = account.products(100)
    assert set(account.provider().read_many(PRODUCT, ids)) == set(ids)
    assert account.asked() == ["/v1/products"]


def test_pages_are_read_while_they_are_the_cheaper_way(account: Account1) -> None:
    """Four of ours down to the far end of 250: the third page has the last of them."""
    ids = account.coupons(250)
    wanted = [ids[0], ids[1], ids[120], ids[240]]
    found = account.provider().read_many(COUPON, wanted)
    assert set(found) == set(wanted)
    assert account.asked() == ["/v1/coupons"] * 3


def test_two_among_very_many_cost_at_most_twice_the_cheapest_way(account: Account1) -> None:
    """One page is tried, then each is read by itself: three requests where two were the least."""
    ids = account.coupons(250)
    wanted = ids[:2]
    assert set(account.provider().read_many(COUPON, wanted)) == set(wanted)
    assert sorted(account.asked()) == sorted(["/v1/coupons", *(f"/v1/coupons/{i}" for i in wanted)])


def test_only_what_pages_did_not_show_is_read_by_itself(account: Account1) -> None:
    """What a page has brought is not asked for again."""
    ids = account.coupons(150)
    assert set(account.provider().read_many(COUPON, [ids[0], ids[149]])) == {ids[0], ids[149]}
    assert account.asked() == ["/v1/coupons", f"/v1/coupons/{ids[0]}"]


def test_what_stripe_finds_by_ids_is_asked_for_by_them(account: Account1) -> None:
    """A hundred in a request, however many others there are; the last one is read by itself."""
    ids = account.products(450)
    wanted = ids[:201]
    assert set(account.provider().read_many(PRODUCT, wanted)) == set(wanted)
    assert sorted(account.asked()) == ["/v1/products", "/v1/products", f"/v1/products/{ids[200]}"]


def test_what_a_list_leaves_out_is_found_in_the_other(account: Account1) -> None:
    """The list of prices shows active ones; the archived ones come in a page of their own."""
    account.products(1)
    ids = account.prices(60, active=lambda number: number % 2 == 0)
    found = account.provider().read_many(PRICE, ids)
    assert {id: found[id]["active"] for id in ids} == {
        id: number % 2 == 0 for number, id in enumerate(ids)
    }
    assert account.asked() == ["/v1/prices", "/v1/prices"]


def test_children_are_listed_under_their_parents(account: Account1) -> None:
    """A page for each parent of several; the only child of one is read by itself."""
    provider = account.provider()
    parents = account.products(2)
    ids = []
    for number in range(5):
        feature = provider.create(
            FEATURE, {"name": f"F{number}", "lookup_key": f"f{number}"}, context(f"f{number}")
        )
        params = {"product": parents[number // 4], "entitlement_feature": feature["id"]}
        ids.append(id_of(provider.create(PRODUCT_FEATURE, params, context(f"a{number}"))))
    account.emulator.log.clear()
    assert set(provider.read_many(PRODUCT_FEATURE, ids)) == set(ids)
    own = ids[4].partition("/")[2]
    assert sorted(account.asked()) == sorted(
        [f"/v1/products/{parents[0]}/features", f"/v1/products/{parents[1]}/features/{own}"]
    )


def test_what_does_not_exist_is_left_out(account: Account1) -> None:
    """An id that is gone is asked for by itself, and not in the answer."""
    ids = account.products(3)
    found = account.provider().read_many(PRODUCT, [*ids, "prod_gone"])
    assert set(found) == set(ids)
    assert account.asked() == ["/v1/products", "/v1/products/prod_gone"]


def test_an_id_that_is_given_twice_is_read_once(account: Account1) -> None:
    """Superseded objects may name an id again."""
    (id,) = account.products(1)
    assert list(account.provider().read_many(PRODUCT, [id, id])) == [id]
    assert account.asked() == [f"/v1/products/{id}"]


def test_archived_objects_are_read_like_others(account: Account1) -> None:
    """A list without filters holds them too."""
    ids = account.products(2)
    account.provider().update(PRODUCT, ids[0], {"active": False}, context())
    found = account.provider().read_many(PRODUCT, ids)
    assert [found[id]["active"] for id in ids] == [False, True]


def test_what_has_to_be_asked_for_is_asked_for(account: Account1) -> None:
    """Alone, in a page, and in the answers to writes: hidden fields are expanded."""
    provider = account.provider()
    options = {"eur": {"unit_amount": 90}}
    made = [
        provider.create(
            PRICE,
            {
                "currency": "usd",
                "unit_amount": 100,
                "product_data": {"name": "P"},
                "currency_options": options,
            },
            context(f"p{number}"),
        )
        for number in range(2)
    ]
    ids = [entry["id"] for entry in made]
    alone = provider.read(PRICE, ids[0])
    assert alone is not None
    paged = provider.read_many(PRICE, ids)
    changed = provider.update(PRICE, ids[0], {"nickname": "n"}, context("u"))
    for entry in (*made, alone, *paged.values(), changed):
        assert entry["currency_options"]["eur"]["unit_amount"] == 90


# ── one object ────────────────────────────────────────────────────────────────────────────


def test_an_object_that_does_not_exist_is_none(account: Account1) -> None:
    """404 is an answer, not an error."""
    assert account.provider().read(PRODUCT, "prod_gone") is None


def test_a_deleted_object_is_none() -> None:
    """Stripe answers for some types with a shell that says so."""
    client = Door(Answer(body={"id": "x", "object": "product", "deleted": True}))
    provider = StripeProvider(client.http, loader.schemas(), api_key="sk_test_x")
    assert provider.read(PRODUCT, "x") is None


def test_an_object_of_the_other_mode_is_never_taken_for_gone(account: Account1) -> None:
    """It would be made a second time: reading and deleting it are refused instead."""
    live = account.provider("sk_live_unit")
    id = live.create(PRODUCT, {"name": "Live"}, context())["id"]
    test = account.provider("sk_test_unit")
    for use in (
        lambda: test.read(PRODUCT, id),
        lambda: test.read_many(PRODUCT, [id, "prod_other"]),
        lambda: test.delete(PRODUCT, id, context()),
    ):
        with pytest.raises(NotFoundError, match="a similar object exists in live mode"):
            use()
    assert live.read(PRODUCT, id) is not None


def test_deleting_what_is_gone_is_a_success(account: Account1) -> None:
    """The wish is fulfilled."""
    (id,) = account.products(1)
    provider = account.provider()
    provider.delete(PRODUCT, id, context())
    provider.delete(PRODUCT, id, context())
    assert provider.read(PRODUCT, id) is None


def test_an_update_of_nothing_reads(account: Account1) -> None:
    """No write is made, and an object that is gone is an error."""
    (id,) = account.products(1)
    provider = account.provider()
    assert provider.update(PRODUCT, id, {}, context())["id"] == id
    assert provider.writes == 0
    with pytest.raises(NotFoundError, match="No such product"):
        provider.update(PRODUCT, "prod_gone", {}, context())


def test_a_cleared_field_is_empty_on_stripe(account: Account1) -> None:
    """CLEAR travels as Stripe's empty string, for metadata keys too."""
    provider = account.provider()
    given = {"name": "P", "description": "d", "metadata": {"a": "1", "b": "2"}}
    id = provider.create(PRODUCT, given, context("c"))["id"]
    changes = {"description": CLEAR, "metadata": {"a": CLEAR}}
    after = provider.update(PRODUCT, id, changes, context("u"))
    assert (after["description"], after["metadata"]) == (None, {"b": "2"})


def test_a_write_that_is_repeated_acts_once(account: Account1) -> None:
    """The same key gives the same object."""
    provider = account.provider()
    first = provider.create(PRODUCT, {"name": "P"}, context("same"))
    second = provider.create(PRODUCT, {"name": "P"}, context("same"))
    assert first["id"] == second["id"]
    assert len(provider.find(PRODUCT, {})) == 1


@pytest.mark.parametrize(
    ("id", "path"),
    [
        ("A/B", "/v1/coupons/A%2FB"),
        ("50% off?", "/v1/coupons/50%25%20off%3F"),
        ("../products/x", "/v1/coupons/..%2Fproducts%2Fx"),
        ("été", "/v1/coupons/%C3%A9t%C3%A9"),
    ],
)
def test_ids_that_people_chose_stay_one_part_of_the_path(id: str, path: str) -> None:
    """No id reaches into another path, or into the query."""
    client = Door(Answer(body={"id": id, "object": "coupon"}))
    provider = StripeProvider(client.http, loader.schemas(), api_key="sk_test_x")
    provider.read(COUPON, id)
    provider.update(COUPON, id, {"name": "n"}, context())
    provider.delete(COUPON, id, context())
    assert [sent.path for sent in client.sent] == [path] * 3


# ── lists and probes ──────────────────────────────────────────────────────────────────────


def test_a_search_reads_every_page(account: Account1) -> None:
    """Newest first, over pages of a hundred."""
    ids = account.products(230)
    found = account.provider().find(PRODUCT, {})
    assert [entry["id"] for entry in found] == ids[::-1]
    assert len(account.asked()) == 3


def test_a_search_takes_filters(account: Account1) -> None:
    """They go along with every page."""
    ids = account.products(3)
    account.provider().update(PRODUCT, ids[1], {"active": False}, context())
    found = account.provider().find(PRODUCT, {"active": False})
    assert [entry["id"] for entry in found] == [ids[1]]


def test_a_search_goes_back_no_further_than_asked() -> None:
    """What is older is left out, and no page is read that holds nothing else."""
    now = 1_000_000
    with Emulator(seed=5, clock=lambda: now) as emulator:
        account = Account1(emulator)
        account.products(150)
        now += 2 * 86400
        new = account.products(60)[::-1]
        provider = account.provider()
        assert [entry["id"] for entry in provider.find(PRODUCT, {}, since=now)] == new
        assert len(account.asked()) == 1
        assert len(provider.find(PRODUCT, {}, since=1_000_000)) == 210
        assert provider.find(PRODUCT, {}, since=now + 1) == []


PRICES_OF = Probe(object="price", filter="product", variants=({"active": True}, {"active": False}))


def test_a_probe_asks_until_the_answer_is_yes(account: Account1) -> None:
    """One object is enough, and every variant is asked before the answer is no."""
    id, lonely = account.products(2)
    provider = account.provider()
    price = provider.create(
        PRICE, {"currency": "usd", "unit_amount": 1, "product": id}, context("p")
    )
    account.emulator.log.clear()
    assert provider.exists(PRICES_OF, id)
    assert len(account.asked()) == 1
    provider.update(PRICE, price["id"], {"active": False}, context("a"))
    account.emulator.log.clear()
    assert provider.exists(PRICES_OF, id)
    assert len(account.asked()) == 2
    assert not provider.exists(PRICES_OF, lonely)
    assert [entry.params.get("limit") for entry in account.emulator.log] == ["1"] * 4


# ── whose key it is ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("key", "livemode"),
    [("sk_test_u", False), ("rk_test_u", False), ("sk_live_u", True), ("rk_live_u", True)],
)
def test_every_key_tells_its_account_and_mode(
    account: Account1, key: str, *, livemode: bool
) -> None:
    """A restricted one may not ask, and is told the account with the refusal."""
    told = account.provider(key).account()
    assert told.id.startswith("acct_1")
    assert told.livemode is livemode
    assert told.id == account.provider("sk_test_u").account().id


@pytest.mark.parametrize(
    ("text", "id"),
    [
        (
            (
                "Permission denied. The provided key 'rk_live_***' does not have the required "
                "permissions for this endpoint on account 'acct_1A'. Enabling \"X\" ('x') "
                "permissions on this key would allow this request to continue."
            ),
            "acct_1A",
        ),
        (
            (
                "The provided key 'rk_live_***' does not have the required permissions for this "
                "endpoint on account 'acct_1B'. Having the 'rak_x' permission would allow this "
                "request to continue."
            ),
            "acct_1B",
        ),
        (
            (
                "This is a restricted API key, but the required permissions are not available for "
                "use by restricted keys."
            ),
            "",
        ),
    ],
)
def test_the_account_in_a_refusal(text: str, id: str) -> None:
    """Both wordings that Stripe has used, and the one that names none."""
    client = Door(refusal(403, message=text))
    provider = StripeProvider(client.http, loader.schemas(), api_key="rk_live_x")
    assert provider.account() == Account(id, livemode=True)


def test_a_server_without_accounts_tells_none() -> None:
    """A Stripe-compatible server may not know this path."""
    client = Door(refusal(404))
    provider = StripeProvider(client.http, loader.schemas(), api_key="sk_test_x")
    assert provider.account() == Account("", livemode=False)


def test_the_version_of_the_account_is_that_of_a_request_without_one() -> None:
    """Every other request names the version that it is told to name."""
    answers = Answer(200, {"object": "account", "id": "acct_1"}, {"Stripe-Version": "2020-01-01"})
    client = Door(answers)
    provider = StripeProvider(client.http, loader.schemas(), api_key="sk_test_x")
    assert provider.default_version() == "2020-01-01"
    (sent,) = client.sent
    assert "Stripe-Version" not in sent.headers
    refused = Door(refusal(403, {"Stripe-Version": "2021-01-01"}, message="no"))
    provider = StripeProvider(refused.http, loader.schemas(), api_key="rk_test_x")
    assert provider.default_version() == "2021-01-01"
    nameless = Door(Answer(200, {"object": "account", "id": "acct_1"}))
    assert nameless.http.default_version() == ""


def test_requests_name_the_version_of_the_catalog_and_not_of_the_sdk() -> None:
    """A newer SDK must not change what Stripe answers."""
    script = Scripted([Answer(200, {"object": "account", "id": "acct_1"})])
    options = ClientOptions(api_key=Sensitive(KEY), transport=script, api_version="2022-02-02.test")
    StripeHTTP(options).get("/v1/account", {})
    assert script.sent[0].headers["Stripe-Version"] == "2022-02-02.test"


@pytest.mark.parametrize(
    ("account", "name"),
    [
        ({"settings": {"dashboard": {"display_name": "Shop"}}, "business_profile": None}, "Shop"),
        ({"settings": None, "business_profile": {"name": "Shop Ltd"}}, "Shop Ltd"),
        ({"settings": {"dashboard": {"display_name": None}}}, ""),
        ({"business_profile": {"name": 7}}, ""),
    ],
)
def test_the_name_of_an_account(account: dict[str, object], name: str) -> None:
    """What the Dashboard shows, or else what the business is called."""
    client = Door(Answer(200, {"object": "account", "id": "acct_1", **account}))
    provider = StripeProvider(client.http, loader.schemas(), api_key="sk_test_x")
    assert provider.account().name == name


def test_a_read_permission_that_is_missing_is_named() -> None:
    """Stripe names it in the answer to a read of one object."""
    text = "Enabling \"Prices Read\" ('plan_read') permissions on this key would allow it."
    client = Door(refusal(403, message=text, code="more_permissions_required"))
    provider = StripeProvider(client.http, loader.schemas(), api_key="rk_test_x")
    assert provider.missing_read_permission(PRICE) == "Prices Read (plan_read)"
    (sent,) = client.sent
    assert sent.method == "get"
    assert sent.path == "/v1/prices"
    assert sent.url.endswith("limit=1")


def test_a_secret_key_lacks_nothing_and_is_not_asked() -> None:
    """Nothing is sent for it."""
    client = Door(refusal(403, message="no"))
    provider = StripeProvider(client.http, loader.schemas(), api_key="sk_test_x")
    assert provider.missing_permission(PRICE) is None
    assert client.sent == []


def test_a_permission_that_is_missing_is_named() -> None:
    """By Stripe, in the answer to a write that could change nothing."""
    text = (
        "Permission denied. Enabling \"Prices Write\" ('plan_write') permissions on this key "
        "would allow this request to continue."
    )
    client = Door(refusal(403, message=text, code="more_permissions_required"))
    provider = StripeProvider(client.http, loader.schemas(), api_key="rk_test_x")
    assert provider.missing_permission(PRICE, account="acct_2") == "Prices Write (plan_write)"
    (sent,) = client.sent
    assert (sent.method, sent.body) == ("post", "")
    assert sent.path.startswith("/v1/prices/engine-")
    assert sent.headers["Stripe-Account"] == "acct_2"


@pytest.mark.parametrize("status", [400, 404])
def test_no_such_object_is_a_permission(status: int) -> None:
    """Stripe looked for it, so the key may write; deletions are asked about in the same way."""
    client = Door(refusal(status))
    provider = StripeProvider(client.http, loader.schemas(), api_key="rk_test_x")
    assert provider.missing_permission(PRICE) is None
    feature = loader.resource_type("stripe_product_feature")
    assert provider.missing_permission(feature) is None
    assert [sent.method for sent in client.sent] == ["post", "delete"]


def test_other_answers_are_no_permission() -> None:
    """A key that expired, and an account that is not ours, are what they are."""
    provider = StripeProvider(Door(refusal(401)).http, loader.schemas(), api_key="rk_test_x")
    with pytest.raises(AuthenticationError):
        provider.missing_permission(PRICE)
    foreign = Door(refusal(403, code="account_invalid"))
    provider = StripeProvider(foreign.http, loader.schemas(), api_key="rk_test_x")
    with pytest.raises(PermissionDeniedError):
        provider.missing_permission(PRICE, account="acct_2")


def test_other_refusals_are_the_callers() -> None:
    """403 on an object is no account's affair."""
    client = Door(refusal(403, message="on account 'acct_1'"))
    provider = StripeProvider(client.http, loader.schemas(), api_key="rk_test_x")
    with pytest.raises(PermissionDeniedError):
        provider.read(PRODUCT, "x")


def test_a_connected_account_goes_with_every_request() -> None:
    """Reading, listing, probing and writing."""
    found, gone = (
        {"id": "x", "object": "product"},
        {"id": "x", "object": "product", "deleted": True},
    )
    page = {"object": "list", "data": [], "has_more": False}
    bodies = [found, page, found, page, page, page, found, found, found, gone]
    client = Door(*(Answer(body=body) for body in bodies))
    provider = StripeProvider(client.http, loader.schemas(), api_key="sk_test_x")
    carried = RequestContext(idempotency_key="k", account="acct_2")
    provider.read(PRODUCT, "x", account="acct_2")
    provider.find(PRODUCT, {}, account="acct_2")
    provider.read_many(PRODUCT, ["x"], account="acct_2")
    provider.find(PRODUCT, {}, account="acct_2")
    provider.exists(PRICES_OF, "x", account="acct_2")
    provider.create(PRODUCT, {"name": "n"}, carried)
    provider.update(PRODUCT, "x", {"name": "n"}, carried)
    provider.update(PRODUCT, "x", {}, carried)
    provider.delete(PRODUCT, "x", carried)
    assert len(client.sent) == len(bodies)
    assert {sent.headers.get("Stripe-Account") for sent in client.sent} == {"acct_2"}


def test_the_time_is_stripes_or_this_machines() -> None:
    """What Stripe's answers tell counts; before any of them this machine's has to do."""
    told = 1_795_687_200
    with Emulator(clock=lambda: told) as emulator:
        provider = Account1(emulator).provider()
        earliest = int(time.time())
        assert earliest <= provider.now() <= int(time.time())
        provider.account()
        assert provider.now() == told
