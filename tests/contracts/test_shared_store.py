"""What every `engine.backends.shared.store.SharedStore` MUST do, one suite for all of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from engine.backends.shared.store import Head, HeadChangedError, NameTakenError, SharedStore
from engine.errors import StateError
from engine.ports.run_locks import LockOwner
from tests.support.stores import NEWER, STORES, Opened, make_newer

OWNER = LockOwner(
    id="1f0c9a2e",
    operation="apply",
    who="Zoë@büro",
    pid=4711,
    since="2026-11-30T06:00:00+00:00",
    host="büro",
    boot="b00t/pid:[1]",
    started="99",
    url="https://ci.example/job/1?a=b&c=ß",
    claim="fleet-7",
)
FULL = Head(
    write_id="w1",
    epoch=3,
    owner=OWNER,
    serial=41,
    state="states/live/saas/00000041-w1.json",
    entry="history/live/saas/00000041-w1.json",
    journal="journals/live/saas/j1/",
    moved="s3://elsewhere/engine",
)


@pytest.fixture(params=STORES)
def opened(request: pytest.FixtureRequest) -> Iterator[Opened]:
    """What opens clients of one empty store."""
    with STORES[request.param]() as made:
        made().prepare()
        yield made


@pytest.fixture
def store(opened: Opened) -> SharedStore:
    """One client."""
    return opened()


# ── heads ─────────────────────────────────────────────────────────────────────────────────


def test_1_1_a_stack_has_no_head_at_first(store: SharedStore) -> None:
    """And nothing is listed."""
    assert store.head("live", "saas") is None
    assert store.stacks("live") == ()
    assert store.places() == ()


def test_1_2_a_head_comes_back_whole(opened: Opened) -> None:
    """Every field, also those of its owner, for another client."""
    written = opened().swap("live", "saas", FULL, expected=None)
    assert written == FULL
    found = opened().head("live", "saas")
    assert found == FULL
    assert found is not None
    assert found.version == written.version != ""


def test_1_3_a_head_without_an_owner(store: SharedStore) -> None:
    """What is empty comes back empty."""
    store.swap("live", "saas", Head(write_id="w1"), expected=None)
    assert store.head("live", "saas") == Head(write_id="w1")


def test_1_4_a_first_head_is_stored_once(store: SharedStore) -> None:
    """A second that expects none is refused, and changes nothing."""
    store.swap("live", "saas", Head(write_id="w1"), expected=None)
    with pytest.raises(HeadChangedError):
        store.swap("live", "saas", Head(write_id="w2"), expected=None)
    assert store.head("live", "saas") == Head(write_id="w1")


def test_1_5_a_swap_takes_the_place_of_the_expected(store: SharedStore) -> None:
    """Of the one that a swap returned, and of one that was read."""
    first = store.swap("live", "saas", Head(write_id="w1"), expected=None)
    store.swap("live", "saas", Head(write_id="w2", epoch=1), expected=first)
    store.swap("live", "saas", Head(write_id="w3", epoch=2), expected=store.head("live", "saas"))
    assert store.head("live", "saas") == Head(write_id="w3", epoch=2)


def test_1_6_a_stale_swap_is_refused(store: SharedStore) -> None:
    """Also if the content was the same again in between."""
    first = store.swap("live", "saas", Head(write_id="w1"), expected=None)
    second = store.swap("live", "saas", Head(write_id="w2"), expected=first)
    with pytest.raises(HeadChangedError):
        store.swap("live", "saas", Head(write_id="w3"), expected=first)
    store.swap("live", "saas", Head(write_id="w1"), expected=second)
    with pytest.raises(HeadChangedError):
        store.swap("live", "saas", Head(write_id="w3"), expected=second)
    assert store.head("live", "saas") == Head(write_id="w1")


def test_1_7_a_head_that_is_gone_is_not_swapped(opened: Opened) -> None:
    """A version that another stack has, where there is no head."""
    head = opened().swap("live", "saas", Head(write_id="w1"), expected=None)
    with pytest.raises(HeadChangedError):
        opened().swap("live", "other", Head(write_id="w2"), expected=head)
    assert opened().head("live", "other") is None


def test_1_8_one_of_sixteen_wins(opened: Opened) -> None:
    """Round after round, each from a client of its own."""
    many = 16
    clients = [opened() for _ in range(many)]
    before: Head | None = None
    with ThreadPoolExecutor(many) as pool:
        for round_ in range(5):
            ready = Barrier(many)

            def swap(
                number: int, before: Head | None = before, ready: Barrier = ready, at: int = round_
            ) -> bool:
                mine = Head(write_id=f"r{at}n{number}", epoch=number)
                ready.wait()
                try:
                    clients[number].swap("live", "saas", mine, expected=before)
                except HeadChangedError:
                    # An SDK that tries again may be refused because of its own write.
                    there = clients[number].head("live", "saas")
                    return there is not None and there.write_id == mine.write_id
                return True

            won = [number for number, it in enumerate(pool.map(swap, range(many))) if it]
            assert len(won) == 1
            before = clients[0].head("live", "saas")
            assert before is not None
            assert before.write_id == f"r{round_}n{won[0]}"


def test_1_9_heads_are_of_one_stack_in_one_environment(store: SharedStore) -> None:
    """They are listed sorted, those of accounts of a fleet too."""
    places = [
        ("live", "saas"),
        ("live", "a_b-c"),
        ("test", "saas"),
        ("shops/acct_1AbC", "saas"),
        ("shops/acct_2", "other"),
    ]
    for number, (environment, stack) in enumerate(places):
        store.swap(environment, stack, Head(write_id=f"w{number}"), expected=None)
    for number, (environment, stack) in enumerate(places):
        assert store.head(environment, stack) == Head(write_id=f"w{number}")
    assert store.stacks("live") == ("a_b-c", "saas")
    assert store.stacks("shops/acct_1AbC") == ("saas",)
    assert store.stacks("shops") == ()
    assert store.stacks("liv") == ()
    assert store.places() == tuple(sorted(places))


# ── blobs ─────────────────────────────────────────────────────────────────────────────────


def test_2_1_a_blob_comes_back_as_it_was(opened: Opened) -> None:
    """Any bytes, none at all, and many."""
    for name, content in {
        "states/live/saas/1-a.json": bytes(range(256)),
        "states/live/saas/2-b.json": b"",
        "states/shops/acct_1AbC/saas/3-c.json": b"0123456789ab" * 1024 * 1024,
    }.items():
        opened().create(name, content)
        assert opened().read(name) == content


def test_2_2_what_is_not_there(store: SharedStore) -> None:
    """It is read as None, and removed without an error."""
    assert store.read("states/live/saas/1-a.json") is None
    store.remove("states/live/saas/1-a.json")
    assert store.names("") == store.names("store.json")


def test_2_3_a_taken_name_is_not_free(store: SharedStore) -> None:
    """Not even for the same content."""
    store.create("held/live.json", b"1")
    for content in (b"2", b"1", b""):
        with pytest.raises(NameTakenError):
            store.create("held/live.json", content)
    assert store.read("held/live.json") == b"1"


def test_2_4_one_of_sixteen_creates(opened: Opened) -> None:
    """The others are refused."""
    clients = [opened() for _ in range(16)]

    def create(number: int) -> bool:
        try:
            clients[number].create("held/live.json", b"%d" % number)
        except NameTakenError:
            return clients[number].read("held/live.json") == b"%d" % number
        return True

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(create, range(16))) == 1


def test_2_5_a_put_takes_any_place(store: SharedStore) -> None:
    """Of nothing, of what was put, and of what was created."""
    store.put("beats/live/saas", b"1")
    store.put("beats/live/saas", b"2")
    assert store.read("beats/live/saas") == b"2"
    store.create("beats/live/other", b"1")
    store.put("beats/live/other", b"")
    assert store.read("beats/live/other") == b""


def test_2_6_a_removed_name_is_free(store: SharedStore) -> None:
    """For another."""
    store.create("held/live.json", b"1")
    store.remove("held/live.json")
    assert store.read("held/live.json") is None
    store.create("held/live.json", b"2")
    assert store.read("held/live.json") == b"2"


def test_2_7_names_are_listed_by_their_beginning(store: SharedStore) -> None:
    """Sorted; the beginning need not end at a folder."""
    names = (
        "held/live.json",
        "held/live/saas.json",
        "held/live2/saas.json",
        "held/shops/acct_1AbC/saas.json",
        "states/live/saas/00000002-b.json",
        "states/live/saas/00000010-a.json",
    )
    for name in reversed(names):
        store.create(name, b"x")
    assert store.names("held/") == names[:4]
    assert store.names("held/live") == names[:3]
    assert store.names("held/live/") == names[1:2]
    assert store.names("states/live/saas/000000") == names[4:]
    assert store.names("nothing/") == ()


def test_2_8_heads_are_no_blobs_of_others(store: SharedStore) -> None:
    """What is listed for blobs is not changed by a head of the same name."""
    store.create("states/live/saas/1-a.json", b"x")
    store.swap("live", "saas", Head(write_id="w1"), expected=None)
    assert store.names("states/") == ("states/live/saas/1-a.json",)


def test_2_9_many_blobs_are_all_listed(store: SharedStore) -> None:
    """More than what a store sends in one page is for a store's own tests."""
    names = tuple(f"journals/live/saas/j1/{number:06d}" for number in range(30))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: store.create(name, b"x"), names))
    assert store.names("journals/live/saas/j1/") == names


# ── what it promises ──────────────────────────────────────────────────────────────────────


def test_3_1_preparing_twice_is_preparing_once(opened: Opened) -> None:
    """What is stored stays."""
    store = opened()
    head = store.swap("live", "saas", FULL, expected=None)
    store.prepare()
    opened().prepare()
    found = opened().head("live", "saas")
    assert found == FULL
    assert found is not None
    assert dataclasses.replace(found, version=head.version) == head


@pytest.mark.parametrize("name", STORES)
def test_3_2_a_newer_layout_is_refused(name: str) -> None:
    """An earlier engine would read it wrongly."""
    with STORES[name]() as made:
        made().prepare()
        NEWER.get(name, make_newer)(made())
        with pytest.raises(StateError, match=r"newer engine|this engine reads up to") as raised:
            made().prepare()
        assert raised.value.hint


def test_3_3_an_address_names_the_store(store: SharedStore) -> None:
    """Without a login."""
    assert "://" in store.address
    assert "@" not in store.address
