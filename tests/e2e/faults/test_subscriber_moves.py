"""Moves of subscribers that are interrupted at every request, and tried by two at once.

The pass rule of each: applied again, the file is carried out whole, each subscription was changed
once, and the list that undoes the moves names all of them.
"""

from __future__ import annotations

import dataclasses
import itertools
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from engine.backends.http.address import parse_server
from engine.backends.http.backend import HttpBackend
from engine.backends.http.client import Client
from engine.backends.shared.backend import SharedBackend
from engine.catalog import loader
from engine.emulator.core import Emulator
from engine.emulator.doors.transport import InProcessTransport
from engine.errors import LockHeldError, StatesMovedError
from engine.operations.run.context import Context
from engine.operations.state_keep.migrate import migrate_states
from engine.operations.state_keep.places import Place
from engine.operations.subscribers.apply_moves import apply_moves
from engine.operations.subscribers.plan_moves import Wanted, plan_moves
from engine.plan.subscribers.file import encode_moves, id_of_moves
from engine.plan.subscribers.moves import Moves, Proration
from engine.plan.subscribers.outcome import Became, MovesReport
from engine.ports.backend import StateBackend
from engine.stripe.http.client import ClientOptions, StripeHTTP
from engine.stripe.provider import StripeProvider
from engine.values.secret import Sensitive
from engine.version import VERSION
from engine.views.style import PLAIN
from engine.views.text.subscribers.outcome import failure_text
from tests.support.faults.machines import KilledError
from tests.support.faults.shop import Trying
from tests.support.project import KEY, Project
from tests.support.state_server import StateServer
from tests.support.stores import STORES
from tests.support.subscribers import SHOP

SUBSCRIBERS = 3
OK = 200
STRIDE = 3
"""Every third point, unless all are asked for."""
_MOVE = "/v1/subscriptions/"


class Account:
    """A shop whose price went up, with subscribers on the old one, and who asks what of it."""

    def __init__(self, root: Path, emulator: Emulator) -> None:
        self.project = Project(root, emulator)
        self.project.write(SHOP.format(amount=2900))
        self.project.apply()
        self.old = self._price()
        customers = [self._make("customers", name="Ada") for _ in range(SUBSCRIBERS)]
        for customer in customers:
            items = {"items": [{"price": self.old}], "days_until_due": 30}
            by_invoice = {"collection_method": "send_invoice", **items}
            self._make("subscriptions", customer=customer["id"], **by_invoice)
        self.project.write(SHOP.format(amount=3400))
        self.project.apply()
        self.new = self._price()
        self.undo: Moves | None = None
        self.open_backend: Callable[[], StateBackend] | None = None
        self.trouble: Callable[[int, str, str], None] = lambda *_: None
        self._points = itertools.count()
        wanted = Wanted(
            old="monthly",
            new="monthly",
            proration=Proration.NONE,
            new_cycle=False,
            statuses=("active",),
        )
        self.moves = plan_moves(self.context(), wanted)
        emulator.log.clear()

    def _price(self) -> str:
        return self.project.context().backend.read("shop", "local").at("stripe_price.monthly").id  # type: ignore[union-attr] # it is there

    def _make(self, path: str, **params: Any) -> dict[str, Any]:
        return self.project.call("post", f"/v1/{path}", **params)

    def begin(self, trouble: Callable[[int, str, str], None]) -> None:
        """Let something happen at the points of the next run."""
        self.trouble, self._points = trouble, itertools.count()

    def point(self, when: str, what: str) -> None:
        """A point: before a request, or after it."""
        self.trouble(next(self._points), when, what)

    def context(self, parallelism: int = 1) -> Context:
        """The ports of one run."""
        opened = self.project.context()
        settings = dataclasses.replace(opened.settings, parallelism=parallelism)
        run = dataclasses.replace(opened, settings=settings, connect=self._connect)
        if self.open_backend is None:
            return run
        backend = self.open_backend()
        return dataclasses.replace(run, open_backend=lambda: backend)

    def _connect(self) -> StripeProvider:
        options = ClientOptions(
            api_key=Sensitive(KEY),
            transport=_Transport(self, self.project.emulator),
            retries=0,
            sleep=lambda _: None,
        )
        http = StripeHTTP(options)
        return StripeProvider(http, loader.schemas(), api_key=KEY, root=self.project.root)

    def apply(self, parallelism: int = 1) -> MovesReport:
        """Apply the file."""
        return self._apply(self.moves, self.undo, parallelism)

    def go_back(self) -> MovesReport:
        """Apply the list that undoes the moves."""
        assert self.undo is not None
        return self._apply(self.undo, None)

    def _apply(self, moves: Moves, earlier: Moves | None, parallelism: int = 1) -> MovesReport:
        name = id_of_moves(encode_moves(moves))
        context = self.context(parallelism)
        return apply_moves(context, name, moves, lambda _: True, self._keep, earlier=earlier)

    def _keep(self, undo: Moves) -> None:
        self.undo = undo

    def moved(self) -> Sequence[str]:
        """The subscriptions that were changed, as often as they were."""
        done = (entry for entry in self.project.emulator.log.writes() if entry.status == OK)
        paths = [entry.path for entry in done if not entry.replayed]
        return sorted(path.removeprefix(_MOVE) for path in paths if path.startswith(_MOVE))

    def prices(self) -> list[str]:
        """The price of each subscription."""
        found = self.project.call("get", "/v1/subscriptions", limit=100)
        return [one["items"]["data"][0]["price"]["id"] for one in found["data"]]


class _Transport(InProcessTransport):
    """The way of a run to Stripe, with a point before and after each request."""

    def __init__(self, account: Account, emulator: Emulator) -> None:
        super().__init__(emulator)
        self._account = account

    def request(self, method: str, url: str, *rest: Any, **options: Any) -> Any:
        """Answer one request."""
        what = f"{method.upper()} {url}"
        self._account.point("before", what)
        answer = super().request(method, url, *rest, **options)
        self._account.point("after", what)
        return answer


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Account]:
    """A shop with subscribers, and a plan of their moves."""
    with Emulator(seed=7) as emulator:
        yield Account(tmp_path / "project", emulator)


def _check(account: Account, report: MovesReport) -> None:
    """All were moved, each once, and all can be brought back."""
    assert account.moved() == [row.id for row in account.moves.rows]
    assert report.count(Became.MOVED) == SUBSCRIBERS
    assert account.prices() == [account.new] * SUBSCRIBERS
    assert account.undo is not None
    assert [row.id for row in account.undo.rows] == [row.id for row in account.moves.rows]
    backend = account.context().backend
    assert not backend.read_journal(report.name, "local")


def _killed_at(account: Account, at: int, apply: Callable[[], MovesReport] | None = None) -> bool:
    """Apply, and kill the run at a point; False if it has no such point."""

    def kill(number: int, _: str, __: str) -> None:
        if number == at:
            raise KilledError

    account.begin(kill)
    try:
        (apply or account.apply)()
    except KilledError:
        return True
    return False


def test_killed_at_every_request_it_goes_on(tmp_path: Path, trying: Trying, *, whole: bool) -> None:
    """The next apply of the file finds out what was done, and does the rest, each once."""
    for at in itertools.count(0, 1 if whole else STRIDE):
        with Emulator(seed=7) as emulator:
            account = Account(tmp_path / f"project-{at}", emulator)
            if not _killed_at(account, at):
                break
            with trying("kill -9 while subscribers are moved"):
                account.begin(lambda *_: None)
                _check(account, account.apply())
    assert at > 10


def test_killed_at_every_request_of_the_way_back(
    tmp_path: Path, trying: Trying, *, whole: bool
) -> None:
    """The archived price is active only for as long as that takes."""
    for at in itertools.count(1, 1 if whole else STRIDE):
        with Emulator(seed=7) as emulator:
            account = Account(tmp_path / f"project-{at}", emulator)
            account.apply()
            emulator.log.clear()
            if not _killed_at(account, at, account.go_back):
                break
            with trying("kill -9 while subscribers are moved back"):
                account.begin(lambda *_: None)
                report = account.go_back()
                assert report.is_whole
                assert account.prices() == [account.old] * SUBSCRIBERS
                assert account.moved() == [row.id for row in account.moves.rows]
                price = account.project.call("get", f"/v1/prices/{account.old}")
                assert price["active"] is False
    assert at > 10


def test_killed_again_and_again(account: Account, trying: Trying) -> None:
    """Each run gets a little further; none of what was done is lost."""
    with trying("kill -9 while subscribers are moved, again and again"):
        for at in (9, 13, 15, 17):
            _killed_at(account, at)
        account.begin(lambda *_: None)
        _check(account, account.apply())


def test_an_answer_that_is_lost_is_asked_for_again(account: Account) -> None:
    """With the same key, so that the move is made once."""
    account.begin(_drop_first_answer())
    report = account.apply()
    assert (report.count(Became.FAILED), report.count(Became.MOVED)) == (1, SUBSCRIBERS - 1)
    account.begin(lambda *_: None)
    _check(account, account.apply())


def test_the_way_back_says_what_a_lost_answer_hides(account: Account) -> None:
    """It may have been moved, and is not in the list; another apply finds out, and then it is."""
    account.begin(_drop_first_answer())
    report = account.apply()
    [lost] = [one.row.id for one in report.ended if one.became is Became.FAILED]
    account.begin(lambda *_: None)
    back = account.go_back()
    assert (back.unsure, back.is_whole) == ((lost,), False)
    assert account.prices().count(account.new) == 1
    assert f"whose answer was lost: {lost}" in failure_text(back, "engine apply it", PLAIN)
    account.apply()
    assert account.undo is not None
    assert len(account.undo.rows) == SUBSCRIBERS
    assert account.go_back().is_whole
    assert account.prices() == [account.old] * SUBSCRIBERS
    assert account.context().backend.moves.kept("local") == ("shop",)


def _is_move(what: str) -> bool:
    return what.startswith("POST ") and _MOVE in what


def _drop_first_answer() -> Callable[[int, str, str], None]:
    dropped = threading.Event()

    def drop(_: int, when: str, what: str) -> None:
        if when == "after" and _is_move(what) and not dropped.is_set():
            dropped.set()
            raise ConnectionError(what)

    return drop


def test_a_failure_stops_none_of_the_others(account: Account) -> None:
    """It is listed, and tried again by the next apply of the file."""
    failing = account.moves.rows[1].id

    def fail(_: int, when: str, what: str) -> None:
        if when == "before" and _is_move(what) and what.endswith(failing):
            raise ConnectionError(what)

    account.begin(fail)
    report = account.apply(parallelism=4)
    assert [one.row.id for one in report.ended if one.became is Became.FAILED] == [failing]
    assert (report.count(Became.MOVED), report.is_whole) == (SUBSCRIBERS - 1, False)
    account.begin(lambda *_: None)
    _check(account, account.apply())


def test_stopped_once_it_lists_what_is_left(account: Account) -> None:
    """What is in flight is recorded, and the next apply goes on."""

    def stop(_: int, when: str, what: str) -> None:
        if when == "after" and _is_move(what):
            os.kill(os.getpid(), signal.SIGINT)

    account.begin(stop)
    report = account.apply()
    assert (report.interrupted, report.count(Became.MOVED)) == (True, 1)
    assert report.count(Became.NOT_BEGUN) == SUBSCRIBERS - 1
    assert account.undo is not None
    assert len(account.undo.rows) == 1
    account.begin(lambda *_: None)
    _check(account, account.apply())


@pytest.mark.parametrize("kind", ["memory", "http"])
@pytest.mark.parametrize("at", [10, 13, 14, 17])
def test_another_machine_goes_on(account: Account, kind: str, at: int) -> None:
    """It has the file and the store, and nothing else of the machine that was killed."""
    with _store(kind) as opened:
        account.open_backend = opened
        assert _killed_at(account, at)
        account.begin(lambda *_: None)
        _check(account, account.apply())


def test_the_states_move_to_another_store_in_between(account: Account) -> None:
    """What the run that was killed did moves with them, and the file goes on from there."""
    assert _killed_at(account, 13)
    account.begin(lambda *_: None)
    with _store("memory") as opened:
        source = Place(setting="file", backend=account.context().backend)
        target = Place(setting="memory://team", backend=opened())
        migrated = migrate_states(account.context(), source, target, lambda _: True)
        kept = [one.stack for one in migrated.environments[0].stacks if one.moves_record]
        assert kept == [id_of_moves(encode_moves(account.moves))]
        with pytest.raises(StatesMovedError):
            account.apply()
        account.open_backend = opened
        _check(account, account.apply())


@contextmanager
def _store(kind: str) -> Iterator[Callable[[], StateBackend]]:
    """A store that machines share: each call is the client of another machine."""
    if kind == "memory":
        with STORES[kind]() as opened:
            yield lambda: SharedBackend(opened(), engine_version=VERSION)
        return
    pytest.importorskip("httpx", reason="needs the extra `http`")
    server = StateServer(gitlab=False)
    address = parse_server(f"{server.address}/engine")
    try:
        yield lambda: HttpBackend(Client(address, ("user", "word")), engine_version=VERSION)
    finally:
        server.close()


def test_two_runs_at_once_are_one(account: Account) -> None:
    """The second one is refused while the first one works, and has nothing to do after it."""
    refused: list[LockHeldError] = []

    def try_too(_: int, when: str, what: str) -> None:
        if when == "before" and what.startswith("POST") and not refused:
            with pytest.raises(LockHeldError) as caught:
                account.apply()
            refused.append(caught.value)

    account.begin(try_too)
    _check(account, account.apply())
    assert refused
    account.begin(lambda *_: None)
    _check(account, account.apply())
