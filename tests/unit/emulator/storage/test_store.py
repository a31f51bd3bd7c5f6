"""Where objects are kept, in memory and in a file that several share."""

from __future__ import annotations

import contextlib
import gc
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.emulator.core import Emulator
from engine.emulator.storage.repository import Condition, FirstResponse, Repository
from engine.emulator.storage.store import MEMORY, Store
from engine.emulator.wire.messages import Request
from engine.errors import EmulatorError

SCOPE = "acct_1/test"


@pytest.fixture(params=["memory", "file"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A store of each kind."""
    made = Store(MEMORY if request.param == "memory" else tmp_path / "stripe.db")
    yield made
    made.close()


def put(store: Store, *ids: str, scope: str = SCOPE, **fields: Any) -> None:
    """Store products with these ids."""
    with store.transaction(scope, write=True) as tables:
        for id in ids:
            tables.insert("product", {"id": id, "object": "product", **fields})


def ids(store: Store, *conditions: Condition, **keywords: Any) -> list[str]:
    """Ids of the products that meet conditions."""
    with store.transaction(SCOPE, write=False) as tables:
        return [found["id"] for found in tables.select("product", conditions, **keywords)]


def test_objects_come_newest_first(store: Store) -> None:
    """The order is that of creation, backwards."""
    put(store, "a", "b", "c")
    assert ids(store) == ["c", "b", "a"]
    assert ids(store, limit=2) == ["c", "b"]


def test_a_page_continues_on_either_side(store: Store) -> None:
    """Positions cut the list at an object."""
    put(store, *"abcde")
    with store.transaction(SCOPE, write=False) as tables:
        middle = tables.position("product", "c")
    assert ids(store, older_than=middle, limit=1) == ["b"]
    assert ids(store, newer_than=middle, limit=1) == ["d"]
    assert ids(store, newer_than=middle) == ["e", "d"]


def test_an_exception_undoes_the_transaction(store: Store) -> None:
    """Nothing of a failed request stays."""

    def fail() -> None:
        with store.transaction(SCOPE, write=True) as tables:
            tables.insert("product", {"id": "a", "object": "product"})
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert ids(store) == []


def test_an_attempt_undoes_only_itself(store: Store) -> None:
    """What was written before an attempt stays when it fails."""

    def fail(tables: Repository) -> None:
        with tables.attempt():
            tables.insert("product", {"id": "b", "object": "product"})
            raise KeyError

    with store.transaction(SCOPE, write=True) as tables:
        tables.insert("product", {"id": "a", "object": "product"})
        with pytest.raises(KeyError):
            fail(tables)
    assert ids(store) == ["a"]


def test_scopes_do_not_see_each_other(store: Store) -> None:
    """Another account or mode has its own objects, also with the same ids."""
    put(store, "a")
    put(store, "a", "b", scope="acct_1/live")
    assert ids(store) == ["a"]
    with store.transaction(SCOPE, write=False) as tables:
        assert tables.get("product", "b") is None
        assert not tables.holds("product", "b")
        assert tables.holds("product", "b", "acct_1/live")
        assert tables.count("product") == 1


def test_conditions_look_into_objects(store: Store) -> None:
    """Fields are compared by path, case folded where asked."""
    put(store, "a", code="Summer", size={"height": 1})
    put(store, "b", code="WINTER", size={"height": 2})
    assert ids(store, Condition("code", "eq", "summer", folded=True)) == ["a"]
    assert ids(store, Condition("code", "eq", "summer")) == []
    assert ids(store, Condition("size.height", "gt", 1)) == ["b"]
    assert ids(store, Condition("id", "in", ["a", "b", "x"])) == ["b", "a"]
    assert ids(store, Condition("code", "eq", None)) == []


def test_an_index_changes_no_answer(store: Store) -> None:
    """Finding by an indexed field gives what finding without it gives."""
    put(store, "a", code="Summer")
    store.ensure_index("product", "code", folded=True)
    store.ensure_index("product", "code", folded=True)
    put(store, "b", code="summer")
    assert ids(store, Condition("code", "eq", "SUMMER", folded=True)) == ["b", "a"]


def steps(of: int, *conditions: Condition, **keywords: Any) -> int:
    """Steps of SQLite's machine for ten products out of so many, in the middle of the list."""
    taken = [0]

    def count() -> None:
        taken[0] += 1

    store = Store()
    store.ensure_index("product", "code")
    with store.transaction(SCOPE, write=True) as tables:
        for number in range(of):
            tables.insert("product", {"id": f"p{number}", "code": f"c{number}", "size": 1})
        middle = tables.position("product", f"p{of // 2}")
    assert store._shared is not None
    store._shared.set_progress_handler(count, 1)
    with store.transaction(SCOPE, write=False) as tables:
        places = {name: middle for name, wanted in keywords.items() if wanted}
        tables.select("product", conditions, limit=10, **places)
    store.close()
    return taken[0]


@pytest.mark.parametrize(
    ("conditions", "keywords"),
    [
        ([], {}),
        ([], {"older_than": True}),
        ([], {"newer_than": True}),
        ([Condition("size", "eq", 1)], {"older_than": True}),
        ([Condition("code", "eq", "c7")], {}),
        ([Condition("code", "in", ["c7", "c8"])], {}),
        ([Condition("id", "in", ["p7", "p8"])], {}),
    ],
)
def test_a_page_costs_the_same_in_a_large_account(
    conditions: list[Condition], keywords: dict[str, bool]
) -> None:
    """Ten times the objects, and not a tenth more work for a page of ten."""
    small, large = (steps(of, *conditions, **keywords) for of in (100, 1000))
    assert small > 0
    assert large <= small * 1.1 + 20


def test_putting_keeps_the_place(store: Store) -> None:
    """A new version of an object keeps its position, and a new object is the newest."""
    put(store, "a", "b")
    with store.transaction(SCOPE, write=True) as tables:
        for id in ("a", "c"):
            tables.put("product", {"id": id, "object": "product", "name": "new"})
    assert ids(store) == ["c", "b", "a"]
    assert ids(store, Condition("name", "eq", "new")) == ["c", "a"]


def test_objects_change_and_go(store: Store) -> None:
    """Replacing keeps the place in the order, removing frees the id."""
    put(store, "a", "b")
    with store.transaction(SCOPE, write=True) as tables:
        tables.replace("product", {"id": "a", "object": "product", "name": "new"})
        tables.remove("product", "b")
    with store.transaction(SCOPE, write=False) as tables:
        assert tables.get("product", "a") == {"id": "a", "object": "product", "name": "new"}
        assert tables.get("product", "b") is None


def test_first_answers_are_kept_by_scope_and_key(store: Store) -> None:
    """An idempotency key belongs to an account and a mode, until it is forgotten."""
    first = FirstResponse(
        endpoint="POST /v1/products",
        digest="d",
        status=200,
        body=b"{}",
        request_id="req_1",
        created=100,
    )
    with store.transaction(SCOPE, write=True) as tables:
        tables.remember("key", first)
    with store.transaction(SCOPE, write=False) as tables:
        assert tables.first_response("key") == first
    with store.transaction("acct_1/live", write=False) as tables:
        assert tables.first_response("key") is None
    store.forget(keys_before=100, events_before=0)
    with store.transaction(SCOPE, write=False) as tables:
        assert tables.first_response("key") is None


def test_a_scope_is_cleared_alone(store: Store) -> None:
    """Its objects go, and nothing of scopes that begin like it."""
    others = (f"{SCOPE}2", "acct_1/acct_2/test", "acct_1/live")
    for scope in (SCOPE, *others):
        put(store, "a", scope=scope)
    with store.transaction(others[0], write=True) as tables:
        tables.clear(SCOPE)
        assert [tables.holds("product", "a", scope) for scope in (SCOPE, *others)] == [
            False,
            True,
            True,
            True,
        ]


def test_clearing_forgets_everything(store: Store) -> None:
    """A cleared store is an empty one."""
    put(store, "a")
    store.clear()
    assert ids(store) == []


def test_many_threads_write_without_losing_anything(store: Store) -> None:
    """Transactions of several threads wait for each other."""

    def write(name: str) -> None:
        for number in range(20):
            put(store, f"{name}{number}")

    threads = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(ids(store))) == 80


def test_two_stores_share_a_file(tmp_path: Path) -> None:
    """What one writes the other reads, and a fresh one after both are closed."""
    one, two = Store(tmp_path / "s.db"), Store(tmp_path / "s.db")
    put(one, "a")
    put(two, "b")
    assert ids(one) == ids(two) == ["b", "a"]
    one.close()
    two.close()
    again = Store(tmp_path / "s.db")
    assert ids(again) == ["b", "a"]
    again.close()


def test_a_closed_store_says_so(store: Store) -> None:
    """Using a closed store is an error of the program."""
    store.close()
    with pytest.raises(RuntimeError, match="closed"):
        ids(store)


@contextlib.contextmanager
def pages_left(store: Store, count: int) -> Iterator[None]:
    """Let the store's idle connection find so many more pages on its disk."""
    (connection,) = store._idle
    (used,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {used + count}")
    try:
        yield
    finally:
        connection.execute("PRAGMA max_page_count = 1073741823")


def test_a_full_disk_is_an_answer_and_no_end(tmp_path: Path) -> None:
    """What did not fit was not done; once there is room, the same connection goes on."""
    store = Store(tmp_path / "stripe.db")
    put(store, "before")
    with pages_left(store, 0), pytest.raises(EmulatorError) as caught:
        put(store, *(f"big{number}" for number in range(100)), text="x" * 4000)
    assert "stripe.db cannot be used\ndatabase or disk is full\nHint: " in str(caught.value)
    put(store, "after")
    assert ids(store) == ["after", "before"]
    store.close()


@pytest.mark.parametrize("key", ["", "once"])
def test_what_did_not_fit_can_be_sent_again(tmp_path: Path, key: str) -> None:
    """The response names the cause, and the idempotency key stays free."""
    headers = {"Authorization": "Bearer sk_test_x", **({"Idempotency-Key": key} if key else {})}
    request = Request.to("POST", "/v1/products", headers, f"name=Pro&description={'x' * 39_000}")
    with Emulator(tmp_path / "stripe.db") as emulator:
        emulator.handle(Request.to("GET", "/v1/products", headers))
        with pages_left(emulator._store, 0):
            failed = emulator.handle(request)
        assert failed.status == 500
        assert failed.document["error"]["message"].endswith(": database or disk is full")
        again = emulator.handle(request)
        assert (again.status, "Idempotent-Replayed" in again.headers) == (200, False)


@pytest.mark.parametrize(
    "content", [b"not a database, and long enough to be read" * 200, bytes(5000)]
)
def test_a_damaged_file_is_refused_at_once(tmp_path: Path, content: bytes) -> None:
    """With its name, why, and the way on; it stays as it is."""
    file = tmp_path / "stripe.db"
    file.write_bytes(content)
    with pytest.raises(EmulatorError) as caught:
        Store(file)
    assert f"account file {file} cannot be used\nfile is not a database\n" in str(caught.value)
    assert file.read_bytes() == content


def test_a_file_that_is_damaged_later_is_an_answer(tmp_path: Path) -> None:
    """Refused in Stripe's form of a failure, not as a bug of the engine's."""
    file = tmp_path / "stripe.db"
    headers = {"Authorization": "Bearer sk_test_x"}
    with Emulator(file) as emulator:
        for journal in tmp_path.glob("stripe.db*"):
            journal.write_bytes(b"x" * journal.stat().st_size)
        answer = emulator.handle(Request.to("POST", "/v1/products", headers, "name=Pro"))
    assert answer.status == 500
    assert answer.document["error"]["type"] == "api_error"
    message = answer.document["error"]["message"]
    assert message.startswith(f"the emulator's account file {file} cannot be used: ")
    assert "\n" not in message


def test_an_object_that_is_damaged_is_an_answer(tmp_path: Path) -> None:
    """Whether it is read by its id or found in a list."""
    file = tmp_path / "stripe.db"
    headers = {"Authorization": "Bearer sk_test_x"}
    with Emulator(file) as emulator:
        emulator.handle(Request.to("POST", "/v1/products", headers, "id=pro&name=Pro"))
        with contextlib.closing(sqlite3.connect(file)) as connection, connection:
            connection.execute("UPDATE objects SET body = substr(body, 1, 20)")
        for path in ("/v1/products/pro", "/v1/products", "/v1/products?active=true"):
            error = emulator.handle(Request.to("GET", path, headers)).document["error"]
            assert error["type"] == "api_error"
            assert "cannot be used" in error["message"]


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    """Nor is what lies in a folder that is not there."""
    for place in (tmp_path, tmp_path / "missing" / "stripe.db"):
        with pytest.raises(EmulatorError, match="unable to open database file"):
            Store(place)


def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    """No table of the emulator's gets into it."""
    file = tmp_path / "app.db"
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE users (id INTEGER)")
    before = file.read_bytes()
    with pytest.raises(EmulatorError, match="it is a database of another program"):
        Store(file)
    assert file.read_bytes() == before


@pytest.mark.parametrize("where", [":memory:", "account.db"])
def test_a_store_that_is_forgotten_open_closes_its_connections(where: str, tmp_path: Path) -> None:
    """Python 3.13 and newer warn of each that is left."""
    store = Store(where if where == ":memory:" else tmp_path / where)
    [connection] = store._idle
    del store
    gc.collect()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        connection.execute("SELECT 1")
