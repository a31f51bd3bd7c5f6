"""Verifying a state file: what the engine writes passes, and everything else is found at once."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from engine.backends.state.git_advice import git_advice
from engine.catalog import loader
from engine.errors import Problem
from engine.operations.verify.checks import verify
from engine.ports.reports import Verified
from engine.state.codec import canonical, digest_of, encode
from engine.state.model import RemovalPolicy, ResourceState, State
from engine.values.secret import Sealed

FILE = "state/live/shop.json"
SEAL = Sealed("0123456789abcdef")
KEY = "sk_live_" + "51Habcdefghijklmnop"

PRODUCT = ResourceState(
    type="stripe_product", id="prod_1", declared={"name": "Pro"}, attributes={"name": "Pro"}
)
PRICE = ResourceState(
    type="stripe_price",
    id="price_1",
    declared={"product": "${stripe_product.pro.id}", "currency": "usd"},
    attributes={"product": "prod_1", "currency": "usd"},
    dependencies=("stripe_product.pro",),
)
ENDPOINT = ResourceState(
    type="stripe_webhook_endpoint",
    id="we_1",
    declared={"url": "https://example.com", "enabled_events": ["*"]},
    attributes={"url": "https://example.com", "enabled_events": ["*"], "secret": SEAL},
)
SECRET = ResourceState(
    type="stripe_apps_secret",
    id="name=a",
    declared={"name": "a", "payload": SEAL},
    attributes={"name": "a"},
)
STATE = State(
    stack="shop",
    environment="live",
    lineage="0123456789abcdef0123456789abcdef",
    serial=4,
    engine_version="1",
    resources={
        "stripe_apps_secret.a": SECRET,
        "stripe_price.monthly": PRICE,
        "stripe_product.pro": PRODUCT,
        "stripe_webhook_endpoint.hook": ENDPOINT,
    },
)


def verified(raw: bytes) -> Verified:
    """What is found in these bytes."""
    return verify(
        raw,
        file=FILE,
        environment="live",
        stack="shop",
        schemas=loader.schemas(),
        advice=git_advice(FILE),
    )


def written(state: State) -> bytes:
    """The bytes of a state."""
    return encode(state, engine_version="1")


def resigned(raw: bytes, **fields: Any) -> bytes:
    """The file with fields changed, its digest made to fit and spelt as the engine spells it."""
    document = {**json.loads(raw), **fields}
    return canonical({**document, "digest": digest_of(document)})


def with_resource(address: str, **changes: Any) -> bytes:
    """The file with one resource changed, or copied from the price."""
    entry = dataclasses.replace(STATE.resources.get(address, PRICE), **changes)
    return written(STATE.with_resource(address, entry))


def only(raw: bytes) -> Problem:
    """The one thing that is wrong."""
    found = verified(raw).problems
    assert len(found) == 1, found
    assert found[0].file == FILE
    assert found[0].hint
    return found[0]


def line(raw: bytes, text: str) -> int:
    """The last line that holds a text."""
    lines = raw.decode().split("\n")
    return max(number for number, entry in enumerate(lines, start=1) if text in entry)


def test_what_the_engine_writes_passes() -> None:
    """Also resources with references, fingerprints and nothing declared."""
    found = verified(written(STATE))
    assert found == Verified(file=FILE, environment="live", stack="shop", resources=4, problems=())


def test_an_earlier_format_passes() -> None:
    """It is upgraded by the next write; until then nothing is wrong with it."""
    document = {**json.loads(written(STATE)), "format_version": 1}
    content = {name: document[name] for name in ("outputs", "resources", "removed")}
    assert verified(canonical({**document, "digest": digest_of(content)})).problems == ()


def test_an_object_may_exist_before_what_an_update_adds_to_it() -> None:
    """An apply that ended after the create leaves a dependency that is to come."""
    raw = with_resource(
        "stripe_product.pro",
        declared={"name": "Pro", "default_price": "${stripe_price.yearly.id}"},
        dependencies=("stripe_price.yearly",),
    )
    assert verified(raw).problems == ()


def test_damage_is_one_problem() -> None:
    """What cannot be read cannot be judged further."""
    raw = written(STATE)[:-40]
    found = only(raw)
    assert found.reference == "state-untrusted"
    assert "not whole JSON" in found.message
    assert "engine state rebuild shop" in found.hint
    assert verified(raw).resources == 0


def test_a_digest_that_does_not_fit() -> None:
    """At the digest's line; what else is wrong is found all the same."""
    raw = written(STATE).replace(b'"usd"', b'"eur"').replace(b'"stack": "shop"', b'"stack": "x"')
    found = {problem.reference: problem for problem in verified(raw).problems}
    assert set(found) == {"state-digest", "state-place"}
    assert found["state-digest"].line == line(raw, '"digest"')
    assert f"git checkout -- {FILE}" in found["state-digest"].hint
    assert found["state-place"].line == line(raw, '"stack"')


def test_a_field_of_the_wrong_kind_with_a_digest_that_does_not_fit() -> None:
    """Both are told."""
    raw = written(STATE).replace(b'"serial": 4', b'"serial": "4"')
    assert {problem.reference for problem in verified(raw).problems} == {
        "state-digest",
        "state-untrusted",
    }


@pytest.mark.parametrize(
    ("raw", "at", "message"),
    [
        (written(STATE).replace(b"\n", b"\r\n"), 1, "its line ends were rewritten"),
        (written(STATE)[:-1], written(STATE).count(b"\n"), "not spelt as the engine spells it"),
        (written(STATE) + b"\n", written(STATE).count(b"\n") + 1, "not spelt"),
        (json.dumps(json.loads(written(STATE)), indent=4).encode(), 2, "not spelt"),
        (
            resigned(
                written(STATE),
                resources={
                    "stripe_product.pro": {
                        "type": "stripe_product",
                        "id": "prod_1",
                        "declared": {},
                        "attributes": {},
                        "dependencies": [],
                        "superseded": [],
                    }
                },
            ),
            20,
            "not spelt",
        ),
    ],
)
def test_bytes_that_the_engine_would_not_write(raw: bytes, at: int, message: str) -> None:
    """Line ends, indents and empty fields mean the same, and still make diffs nobody can review."""
    found = only(raw)
    assert message in found.message
    assert (found.line, found.reference) == (at, "state-spelling")


def test_a_state_in_the_place_of_another() -> None:
    """Both halves of the place are told."""
    raw = written(dataclasses.replace(STATE, stack="store", environment="test"))
    messages = [problem.message for problem in verified(raw).problems]
    assert messages == [
        "it is the state of environment 'test', in the place of 'live'",
        "it is the state of stack 'store', in the place of 'shop'",
    ]


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("nonsense", "'nonsense' is no address of a stripe_price"),
        ("stripe_product.other", "'stripe_product.other' is no address of a stripe_price"),
        ("data.stripe_price.x", "'data.stripe_price.x' is no address of a stripe_price"),
    ],
)
def test_addresses_that_are_none(address: str, message: str) -> None:
    """An address names its type, and only what is managed is in a state."""
    raw = with_resource(address, id="price_9")
    assert only(raw).message == message
    assert only(raw).line == line(raw, f'"{address}": {{')


def test_a_type_that_does_not_exist() -> None:
    """It is named at the resource."""
    raw = with_resource("stripe_surprise.x", type="stripe_surprise", id="s_1")
    assert only(raw).message == "there is no resource type 'stripe_surprise'"


def test_one_object_under_two_addresses() -> None:
    """It would be removed under the one while the other still wants it."""
    raw = with_resource("stripe_price.yearly")
    found = only(raw)
    assert found.reference == "state-twice"
    assert found.message == (
        "stripe_price.yearly and stripe_price.monthly are the same object, price_1"
    )
    assert found.line == line(raw, '"id": "price_1"')


@pytest.mark.parametrize(
    ("former", "index"),
    [(("price_1",), 0), (("price_0", "price_2"), 1), (("price_0", "price_0"), 1)],
)
def test_a_former_object_is_listed_once(former: tuple[str, ...], index: int) -> None:
    """It is neither the current object, nor one that is still to be removed, nor twice there."""
    entry = dataclasses.replace(
        STATE.resources["stripe_price.monthly"], superseded=("price_2",), former=former
    )
    found = only(written(STATE.with_resource("stripe_price.monthly", entry)))
    assert found.reference == "state-twice"
    assert found.message == (
        f"stripe_price.monthly records {former[index]} as an object that it replaced, and once more"
    )
    fine = dataclasses.replace(entry, former=("price_0", ":price_0"))
    assert verified(written(STATE.with_resource("stripe_price.monthly", fine))).problems == ()


def test_equal_ids_on_two_accounts_are_two_objects() -> None:
    """Ids that authors choose, a coupon's, are each account's own."""
    raw = with_resource("stripe_price.yearly", removal_policy=RemovalPolicy(account="acct_2"))
    assert verified(raw).problems == ()


def test_a_dependency_that_is_not_there() -> None:
    """At the line of the dependency."""
    rest = {name: entry for name, entry in STATE.resources.items() if entry != PRODUCT}
    raw = written(dataclasses.replace(STATE, resources=rest))
    found = only(raw)
    assert found.message == (
        "stripe_price.monthly depends on stripe_product.pro, which is not in the state"
    )
    assert found.line == line(raw, '"stripe_product.pro"')


@pytest.mark.parametrize(
    ("address", "changes", "path"),
    [
        ("stripe_apps_secret.a", {"declared": {"name": "a", "payload": "hush"}}, "payload"),
        ("stripe_webhook_endpoint.hook", {"attributes": {"secret": "hush"}}, "secret"),
    ],
)
def test_a_secret_in_a_field_that_holds_one(
    address: str, changes: dict[str, Any], path: str
) -> None:
    """Whatever it looks like, it has to be a fingerprint."""
    raw = with_resource(address, **changes)
    found = only(raw)
    assert found.message == f"{path} of {address} is a secret and is here in clear"
    assert found.line == line(raw, '"hush"')
    assert "hush" not in str(found)


@pytest.mark.parametrize("payload", ["${stripe_webhook_endpoint.hook.secret}", "", SEAL])
def test_what_tells_no_secret(payload: Any) -> None:
    """A reference, nothing, and a fingerprint."""
    raw = with_resource("stripe_apps_secret.a", declared={"name": "a", "payload": payload})
    assert verified(raw).problems == ()


def test_a_whole_block_may_be_sealed() -> None:
    """An author may call more sensitive than Stripe does; lists are looked into too."""
    raw = with_resource(
        "stripe_product.pro",
        declared={"name": SEAL, "images": ["https://example.com"], "unheard_of": "x"},
    )
    assert verified(raw).problems == ()


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (KEY, "a key of Stripe is in the file in clear, sk_live_..."),
        ("rk_test_" + "a" * 24, "a key of Stripe is in the file in clear, rk_test_..."),
        ("whsec_" + "A1b2" * 8, "a webhook secret of Stripe is in the file in clear, whsec_..."),
    ],
)
def test_a_key_anywhere(text: str, what: str) -> None:
    """In a name, a description, an output; the finding does not repeat it."""
    raw = written(STATE.with_outputs({"note": f"use {text}"}))
    found = only(raw)
    assert found.message == what
    assert found.line == line(raw, '"note"')
    assert text not in str(found)


def test_a_key_in_a_damaged_file() -> None:
    """It leaks however little else of the file is whole."""
    found = verified(f"<<<<<<< HEAD\n{KEY}\n".encode()).problems
    assert [(problem.line, problem.reference) for problem in found] == [
        (1, "state-untrusted"),
        (2, "state-secret"),
    ]


def test_a_name_that_only_begins_like_a_key() -> None:
    """Logical names and lookup keys are no secrets."""
    assert (
        verified(written(STATE.with_outputs({"n": "sk_test_prices whsec_of_shop"}))).problems == ()
    )
