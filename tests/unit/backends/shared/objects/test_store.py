"""Heads and blobs in a bucket: on servers of three clouds, and on servers that are wrong."""

from __future__ import annotations

import contextlib
import multiprocessing
import sys
import traceback
import uuid

import pytest

from engine.backends.shared import settle
from engine.backends.shared.objects.head_json import encode_head
from engine.backends.shared.objects.store import ObjectStore, Patience
from engine.backends.shared.store import Head, HeadChangedError, NameTakenError
from engine.errors import (
    NewerStateError,
    SettingsError,
    StateError,
    StoreUnavailableError,
    UntrustedStateError,
)
from tests.support.fault_proxy import FAULTS, Fault, FaultProxy
from tests.support.object_servers import (
    S3_LOGIN,
    forgetful_server,
    fresh_bucket,
    refusing_server,
)

pytest.importorskip("obstore", reason="needs the extra `cloud`")

IMPATIENT = Patience(connect=1, silence=2, request=5, repeats=0, repeating=1)


@pytest.fixture(autouse=True)
def _login(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in S3_LOGIN.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(params=["s3", "gcs", "azure"])
def store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> ObjectStore:
    """A store in a bucket of its own."""
    address, login = fresh_bucket(request.param)
    for name, value in login.items():
        monkeypatch.setenv(name, value)
    return ObjectStore(address, patience=IMPATIENT)


def test_a_store_that_keeps_its_promises_is_taken(store: ObjectStore) -> None:
    """A store that keeps its promises is taken."""
    store.prepare()
    assert store.names("") == ("store.json",)
    store.prepare()


def test_of_two_swaps_one_is_refused(store: ObjectStore) -> None:
    """Of two swaps one is refused."""
    first = store.swap("live", "shop", Head(write_id="a"), expected=None)
    with pytest.raises(HeadChangedError):
        store.swap("live", "shop", Head(write_id="b"), expected=None)
    second = store.swap("live", "shop", Head(write_id="c", epoch=1), expected=first)
    with pytest.raises(HeadChangedError):
        store.swap("live", "shop", Head(write_id="d"), expected=first)
    found = store.head("live", "shop")
    assert found == Head(write_id="c", epoch=1)
    assert found is not None
    assert found.version == second.version != first.version


def test_a_head_that_was_removed_cannot_be_swapped(store: ObjectStore) -> None:
    """A head that was removed cannot be swapped."""
    first = store.swap("live", "shop", Head(write_id="a"), expected=None)
    store.remove("heads/live/shop.json")
    with pytest.raises(HeadChangedError):
        store.swap("live", "shop", Head(write_id="b"), expected=first)
    assert store.head("live", "shop") is None


def test_heads_are_listed_by_environment(store: ObjectStore) -> None:
    """Heads are listed by environment."""
    places = (("live", "a-b"), ("live", "shop"), ("shops/acct_1", "shop"))
    for environment, stack in places:
        store.swap(environment, stack, Head(write_id="a"), expected=None)
    assert store.stacks("live") == ("a-b", "shop")
    assert store.stacks("shops") == ()
    assert store.places() == places


def test_blobs_are_created_once(store: ObjectStore) -> None:
    """Blobs are created once."""
    store.create("states/live/shop/00000001-a.json", b"one")
    with pytest.raises(NameTakenError):
        store.create("states/live/shop/00000001-a.json", b"two")
    assert store.read("states/live/shop/00000001-a.json") == b"one"
    store.put("beats/live/shop", b"1")
    store.put("beats/live/shop", b"2")
    assert store.read("beats/live/shop") == b"2"
    assert store.read("beats/live/other") is None
    assert store.names("states/live/shop/000000") == ("states/live/shop/00000001-a.json",)
    store.remove("beats/live/shop")
    store.remove("beats/live/shop")
    assert store.names("beats/") == ()


def test_a_large_blob_is_created_once(store: ObjectStore) -> None:
    """A large blob is created once."""
    large = b"x" * (12 << 20)
    store.create("states/large", large)
    with pytest.raises(NameTakenError):
        store.create("states/large", b"")
    assert store.read("states/large") == large


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b'{"format_version": 1, "write_id": 1}', b"\xff", b"x" * 70000]
)
def test_a_head_that_we_did_not_write_is_refused(store: ObjectStore, content: bytes) -> None:
    """A head that we did not write is refused."""
    store.put("heads/live/shop.json", content)
    with pytest.raises(StateError, match=r"heads/live/shop\.json"):
        store.head("live", "shop")


def test_a_newer_layout_is_refused(store: ObjectStore) -> None:
    """A newer layout is refused."""
    newer = encode_head(Head(write_id="a")).replace(b'"format_version": 1', b'"format_version": 2')
    store.put("heads/live/shop.json", newer)
    with pytest.raises(NewerStateError, match="format 2"):
        store.head("live", "shop")
    store.put("store.json", b'{"format_version": 2}')
    with pytest.raises(NewerStateError, match="format 2"):
        store.prepare()


def test_a_note_that_is_none_is_refused(store: ObjectStore) -> None:
    """A note that is none is refused."""
    store.put("store.json", b"[]")
    with pytest.raises(UntrustedStateError, match=r"store\.json"):
        store.prepare()


def test_a_server_that_ignores_conditions_is_refused_by_what_it_lacks() -> None:
    """A server that ignores conditions is refused by what it lacks."""
    with forgetful_server() as url:
        store = ObjectStore(f"s3://acme/x?endpoint={url}", patience=IMPATIENT)
        with pytest.raises(StateError, match="accepts a second create of the same object"):
            store.prepare()
        assert store.read("store.json") is None


def test_a_note_from_elsewhere_does_not_replace_the_test() -> None:
    """A note from elsewhere does not replace the test."""
    with forgetful_server() as url:
        store = ObjectStore(f"s3://acme/x?endpoint={url}", patience=IMPATIENT)
        store.put("store.json", b'{"format_version": 1, "tested": "s3://acme/x"}')
        with pytest.raises(StateError, match="accepts a second create"):
            store.prepare()


def test_a_bucket_that_is_missing_is_named() -> None:
    """A bucket that is missing is named."""
    url = fresh_bucket("s3")[0].partition("?endpoint=")[2]
    store = ObjectStore(f"s3://missing-bucket?endpoint={url}", patience=IMPATIENT)
    with pytest.raises(StoreUnavailableError, match="there is no such bucket"):
        store.prepare()


@pytest.mark.parametrize(
    ("status", "code", "says"),
    [
        (403, "AccessDenied", "access was denied"),
        (403, "SignatureDoesNotMatch", "credentials are wrong"),
        (400, "AuthorizationHeaderMalformed", "in another region"),
        (503, "SlowDown", "an error of its own"),
    ],
)
def test_a_refusal_is_explained_without_a_secret(status: int, code: str, says: str) -> None:
    """A refusal is explained without a secret."""
    body = f"<Error><Code>{code}</Code><Message>CANARY X-Amz-Signature=CANARY</Message></Error>"
    with refusing_server(status, body) as url:
        store = ObjectStore(f"s3://acme/x?endpoint={url}", patience=IMPATIENT)
        with pytest.raises(StoreUnavailableError, match=says) as failed:
            store.create("states/a", b"")
    shown = "".join(traceback.format_exception(failed.value))
    assert "canary" not in shown.lower()


def test_a_conflict_is_a_write_that_may_have_arrived() -> None:
    """A conflict is a write that may have arrived."""
    body = "<Error><Code>ConditionalRequestConflict</Code></Error>"
    with refusing_server(409, body) as url:
        store = ObjectStore(f"s3://acme/x?endpoint={url}", patience=IMPATIENT)
        with pytest.raises(NameTakenError):
            store.create("states/a", b"")
        with pytest.raises(HeadChangedError):
            store.swap("live", "shop", Head(write_id="a"), expected=None)


def test_the_extra_is_named_where_the_library_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra is named where the library is missing."""
    monkeypatch.setitem(sys.modules, "obstore", None)
    with pytest.raises(SettingsError, match=r"stripe-stack-engine\[cloud\]"):
        ObjectStore("s3://acme/x").prepare()


def test_a_server_that_is_down_is_named() -> None:
    """A server that is down is named."""
    with refusing_server(500, "") as url:
        pass
    store = ObjectStore(f"s3://acme/x?endpoint={url}", patience=IMPATIENT)
    with pytest.raises(StoreUnavailableError, match="nothing answers"):
        store.read("states/a")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_write_whose_reply_is_lost_is_known_by_reading(store: ObjectStore, fault: Fault) -> None:
    """Whatever happens to a write, reading says whether it arrived, and nothing else changes."""
    where, _, url = store.address.partition(" at ")
    first = store.swap("live", "shop", Head(write_id="a"), expected=None)
    with FaultProxy(url) as proxy:
        faulty = ObjectStore(
            f"{where.partition(' ')[0]}?endpoint={proxy.address}", patience=IMPATIENT
        )
        proxy.fault = fault
        # Of an answer that is cut off, the store's "yes" may have arrived.
        cut = fault == "after: cut"
        failing = (StoreUnavailableError, HeadChangedError, NameTakenError)
        with contextlib.suppress(*failing) if cut else pytest.raises(failing):
            faulty.swap("live", "shop", Head(write_id="b"), expected=first)
        with contextlib.suppress(*failing) if cut else pytest.raises(failing):
            faulty.create("states/a", b"own")
        proxy.fault = None
        found = faulty.head("live", "shop")
        arrived = fault.startswith("after")
        assert found is not None
        assert found.write_id == ("b" if arrived else "a")
        assert faulty.read("states/a") == (b"own" if arrived else None)
        faulty.swap("live", "shop", Head(write_id="c"), expected=found)


@pytest.mark.parametrize("fault", ["before: 503", "after: 503", "after: drop"])
def test_what_the_library_repeats_is_stored_once(store: ObjectStore, fault: Fault) -> None:
    """A repeated write may be refused by its own first try; the content is its own all the same."""
    where, _, url = store.address.partition(" at ")
    with FaultProxy(url) as proxy:
        repeating = Patience(connect=1, silence=2, request=5, repeats=2, repeating=5)
        faulty = ObjectStore(
            f"{where.partition(' ')[0]}?endpoint={proxy.address}", patience=repeating
        )
        proxy.fault, proxy.times = fault, 1
        with contextlib.suppress(StoreUnavailableError, NameTakenError):
            faulty.create("states/a", b"own")
        assert proxy.times == 0
        assert faulty.read("states/a") == b"own"


def test_a_store_that_hangs_is_reported(store: ObjectStore) -> None:
    """A server that never answers is one that did not answer in time."""
    where, _, url = store.address.partition(" at ")
    with FaultProxy(url) as proxy:
        brief = Patience(connect=1, silence=0.2, request=1, repeats=0, repeating=1)
        faulty = ObjectStore(f"{where.partition(' ')[0]}?endpoint={proxy.address}", patience=brief)
        proxy.fault = "before: hang"
        with pytest.raises(StoreUnavailableError, match="did not answer in time"):
            faulty.head("live", "shop")


def _count(address: str, times: int) -> None:
    store = ObjectStore(address)
    done = 0
    while done < times:
        found = store.head("live", "shop")
        serial = 0 if found is None else found.serial
        head = Head(write_id=uuid.uuid4().hex, serial=serial + 1)
        try:
            settle.swap(store, "live", "shop", head, expected=found)
        except HeadChangedError:
            continue
        done += 1


def test_no_update_of_five_processes_is_lost(store: ObjectStore) -> None:
    """No update of five processes is lost."""
    context = multiprocessing.get_context("spawn")
    where, _, url = store.address.partition(" at ")
    address = f"{where.partition(' ')[0]}?endpoint={url}"
    processes = [context.Process(target=_count, args=(address, 12)) for _ in range(5)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 5
    found = store.head("live", "shop")
    assert found is not None
    assert found.serial == 60
