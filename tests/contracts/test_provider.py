"""What every `engine.ports.provider.Provider` MUST do, one suite for all of them."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from engine.catalog import loader
from engine.emulator.core import Emulator
from engine.emulator.doors.server import EmulatorServer
from engine.emulator.doors.transport import InProcessTransport
from engine.errors import LockLostError, ProviderError
from engine.ports.provider import Provider, RequestContext
from engine.schema.remote import id_of
from engine.stripe.http.client import ClientOptions, StripeHTTP
from engine.stripe.provider import StripeProvider
from engine.values.markers import CLEAR
from engine.values.secret import Sensitive
from tests.support.fakes.provider import FakeProvider

KEY = "sk_test_contract"
RESTRICTED = "rk_test_contract"
PRODUCT = loader.schemas()["stripe_product"]
NAMES = ("First", "Second", "Third")


@pytest.fixture(params=["stripe in process", "stripe over http", "fake"])
def provider(
    request: pytest.FixtureRequest, emulator: Emulator, server: EmulatorServer
) -> Provider:
    """A provider of an empty account."""
    if request.param == "fake":
        return FakeProvider()
    options = (
        ClientOptions(api_key=Sensitive(KEY), transport=InProcessTransport(emulator))
        if request.param == "stripe in process"
        else ClientOptions(api_key=Sensitive(KEY), api_base=server.url)
    )
    return StripeProvider(StripeHTTP(options), loader.schemas(), api_key=KEY)


def context(key: str, fence: Callable[[], None] = lambda: None) -> RequestContext:
    """What a write carries."""
    return RequestContext(idempotency_key=key, fence=fence)


def created(provider: Provider) -> list[str]:
    """The ids of some new products, oldest first."""
    return [id_of(provider.create(PRODUCT, {"name": name}, context(name))) for name in NAMES]


# ── 1. reads ──────────────────────────────────────────────────────────────────────────────


def test_1_1_what_was_created_is_read(provider: Provider) -> None:
    """By itself, and among others."""
    ids = created(provider)
    first = provider.read(PRODUCT, ids[0])
    assert first is not None
    assert (id_of(first), first["name"]) == (ids[0], "First")
    many = provider.read_many(PRODUCT, ids)
    assert {id: found["name"] for id, found in many.items()} == dict(zip(ids, NAMES, strict=True))


def test_1_2_what_does_not_exist_is_left_out(provider: Provider) -> None:
    """It is no error."""
    ids = created(provider)
    assert provider.read(PRODUCT, "prod_none") is None
    assert set(provider.read_many(PRODUCT, [ids[1], "prod_none"])) == {ids[1]}
    assert provider.read_many(PRODUCT, []) == {}


def test_1_3_lists_begin_with_the_newest(provider: Provider) -> None:
    """Page by page, and as a whole."""
    newest_first = created(provider)[::-1]
    assert [id_of(found) for found in provider.find(PRODUCT, {})] == newest_first
    assert [id_of(found) for found in provider.find(PRODUCT, {}, since=0)] == newest_first
    pages = provider.pages(PRODUCT, {})
    assert [id_of(found) for page in pages for found in page] == newest_first


def test_1_3a_the_first_pages_say_whether_there_are_more(provider: Provider) -> None:
    """A full last page is the end of the list."""
    for number in range(100):
        provider.create(PRODUCT, {"name": f"P {number}"}, context(str(number)))
    found, more = provider.first_pages(PRODUCT, {}, 1)
    assert (len(found), found[0]["name"], more) == (100, "P 99", False)
    provider.create(PRODUCT, {"name": "One more"}, context("more"))
    found, more = provider.first_pages(PRODUCT, {}, 1)
    assert (len(found), found[0]["name"], more) == (100, "One more", True)
    found, more = provider.first_pages(PRODUCT, {}, 3)
    assert (len(found), more) == (101, False)


def test_1_4_the_account_of_the_key(provider: Provider) -> None:
    """Its id and its mode; a secret key may write everything."""
    account = provider.account()
    assert account.id.startswith("acct_")
    assert account.livemode is False
    assert provider.missing_permission(PRODUCT) is None
    assert provider.missing_read_permission(PRODUCT) is None
    assert provider.may_ask_to_write(PRODUCT)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d\.\w+", provider.default_version())


# ── 2. writes ─────────────────────────────────────────────────────────────────────────────


def test_2_1_an_update_changes_what_it_names(provider: Provider) -> None:
    """The rest stays, and an empty update reads."""
    id = created(provider)[0]
    answer = provider.update(PRODUCT, id, {"description": "New"}, context("a"))
    assert (answer["name"], answer["description"]) == ("First", "New")
    assert provider.update(PRODUCT, id, {}, context("b"))["description"] == "New"


def test_2_2_clear_clears(provider: Provider) -> None:
    """A cleared field is null."""
    id = created(provider)[0]
    provider.update(PRODUCT, id, {"description": "New"}, context("a"))
    provider.update(PRODUCT, id, {"description": CLEAR}, context("b"))
    found = provider.read(PRODUCT, id)
    assert found is not None
    assert found["description"] is None


def test_2_3_the_same_key_acts_once(provider: Provider) -> None:
    """The second answer is the first one."""
    answers = [provider.create(PRODUCT, {"name": "First"}, context("same")) for _ in range(2)]
    assert answers[0] == answers[1]
    assert len(provider.find(PRODUCT, {})) == 1


def test_2_4_what_is_deleted_is_gone_and_stays_so(provider: Provider) -> None:
    """A second delete is a success."""
    ids = created(provider)
    for key in ("a", "b"):
        provider.delete(PRODUCT, ids[0], context(key))
        assert provider.read(PRODUCT, ids[0]) is None
    assert len(provider.find(PRODUCT, {})) == len(ids) - 1


def test_2_5_a_write_behind_a_fence_is_not_sent(provider: Provider) -> None:
    """The fence is called before each write, and what it raises comes out."""

    def fence() -> None:
        raise LockLostError("lost")

    id = created(provider)[0]
    before = (provider.requests, provider.writes)
    with pytest.raises(LockLostError):
        provider.create(PRODUCT, {"name": "Fourth"}, context("a", fence))
    with pytest.raises(LockLostError):
        provider.update(PRODUCT, id, {"name": "Fourth"}, context("b", fence))
    with pytest.raises(LockLostError):
        provider.delete(PRODUCT, id, context("c", fence))
    assert (provider.requests, provider.writes) == before
    assert len(provider.find(PRODUCT, {})) == len(NAMES)


def test_2_6_arguments_stay_as_they_are(provider: Provider) -> None:
    """Nested ones too."""
    params = {"name": "First", "metadata": {"a": "1"}, "marketing_features": [{"name": "x"}]}
    kept = copy.deepcopy(params)
    id = id_of(provider.create(PRODUCT, params, context("a")))
    change = {"description": CLEAR, "metadata": {"a": "2"}}
    provider.update(PRODUCT, id, change, context("b"))
    assert params == kept
    assert change == {"description": CLEAR, "metadata": {"a": "2"}}


def test_2_7_a_refusal_is_a_provider_error(provider: Provider) -> None:
    """Whatever refuses it."""
    with pytest.raises(ProviderError) as raised:
        provider.update(PRODUCT, "prod_none", {"name": "x"}, context("a"))
    assert raised.value.status == 404


def test_2_8_writes_are_counted(provider: Provider) -> None:
    """Reads are requests that change nothing."""
    created(provider)
    assert provider.writes == len(NAMES)
    provider.find(PRODUCT, {})
    assert provider.writes == len(NAMES)
    assert provider.requests >= provider.writes


def test_2_9_several_threads_use_one_provider(provider: Provider) -> None:
    """No write is lost."""

    def create(number: int) -> str:
        return id_of(provider.create(PRODUCT, {"name": f"P{number}"}, context(f"k{number}")))

    with ThreadPoolExecutor(max_workers=4) as pool:
        ids = set(pool.map(create, range(12)))
    assert len(ids) == 12
    assert {id_of(found) for found in provider.find(PRODUCT, {})} == ids


# ── 3. events ─────────────────────────────────────────────────────────────────────────────


def test_3_1_events_say_what_happened(provider: Provider) -> None:
    """Newest first: to which object, by which request, and what an update changed."""
    id = id_of(provider.create(PRODUCT, {"name": "Old"}, context("a")))
    provider.update(PRODUCT, id, {"name": "New"}, context("b"))
    provider.delete(PRODUCT, id, context("c"))
    types = ["product.created", "product.updated", "product.deleted"]
    found = [event for page in provider.events(types) for event in page]
    assert [event.type for event in found] == types[::-1]
    assert [id_of(event.object) for event in found] == [id] * 3
    _, updated, created = found
    assert (updated.object["name"], updated.before) == ("New", {"name": "Old"})
    assert (created.object["name"], created.before) == ("Old", {})
    assert len({event.request for event in found} - {""}) == 3
    assert len({event.id for event in found}) == 3
    assert all(event.at > 0 for event in found)


def test_3_2_only_events_of_the_types(provider: Provider) -> None:
    """Others are left out."""
    created(provider)
    assert [event for page in provider.events(["product.updated"]) for event in page] == []


def test_3_3_nothing_is_sent_before_a_page_is_asked_for(provider: Provider) -> None:
    """Who needs no page pays for none."""
    before = provider.requests
    provider.events(["product.created"])
    assert provider.requests == before


# ── asking what a key may do ──────────────────────────────────────────────────────────────


def test_asking_what_a_key_may_do_changes_nothing() -> None:
    """Of every type, persons of accounts that are not there included: nothing is lacking."""
    with Emulator() as emulator:
        options = ClientOptions(
            api_key=Sensitive(RESTRICTED), transport=InProcessTransport(emulator)
        )
        provider = StripeProvider(StripeHTTP(options), loader.schemas(), api_key=RESTRICTED)
        for kind in loader.schemas().values():
            assert provider.missing_permission(kind) is None
            assert provider.missing_read_permission(kind) is None
        writes = emulator.log.writes()
        assert writes
        assert {one.status for one in writes} <= {400, 403, 404}
        assert list(emulator.history) == []
