"""The file of an import that is being written."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine.errors import UntrustedStateError
from engine.state.codec import digest_of
from engine.state.model import ResourceState, State
from engine.state.pending_import import PendingImport, decode_import, encode_import

PLACE = "state/test/shop.import"
PENDING = PendingImport(
    state=State(
        stack="shop",
        environment="test",
        lineage="l",
        serial=1,
        account_id="acct_1",
        livemode=False,
        resources={
            "stripe_product.pro": ResourceState(
                type="stripe_product", id="prod_1", declared={"name": "Pro"}
            )
        },
        outputs={"product": "prod_1"},
    ),
    module='Product("pro", name="Pro")\n',
)


def changed(**fields: Any) -> bytes:
    """The file with other fields and a digest that is right for them."""
    document = {**json.loads(encode_import(PENDING)), **fields}
    return json.dumps({**document, "digest": digest_of(document)}).encode()


def test_it_is_read_as_it_was_written() -> None:
    """State and module, all of them."""
    assert decode_import(encode_import(PENDING), path=PLACE) == PENDING


def test_every_byte_counts() -> None:
    """An edit, and a file that was cut short."""
    raw = encode_import(PENDING)
    with pytest.raises(UntrustedStateError, match="not what this engine wrote"):
        decode_import(raw.replace(b"prod_1", b"prod_2"), path=PLACE)
    for length in range(0, len(raw) - 2, 97):
        with pytest.raises(UntrustedStateError, match="it is not whole"):
            decode_import(raw[:length], path=PLACE)


@pytest.mark.parametrize(
    "raw",
    [
        b"[]",
        b"{}",
        b"7",
        b"\xff",
        b"[" * 100_000,
        changed(more=1),
        changed(module=7),
    ],
)
def test_what_is_no_pending_import_is_refused(raw: bytes) -> None:
    """With the file, and the way on."""
    with pytest.raises(UntrustedStateError) as refused:
        decode_import(raw, path=PLACE)
    assert refused.value.file == PLACE
    assert str(refused.value.hint).startswith(f"delete {PLACE}")


def test_one_of_another_version_is_refused() -> None:
    """A newer engine may mean something else by the same fields."""
    with pytest.raises(UntrustedStateError, match="not what this engine wrote"):
        decode_import(changed(format_version=2), path=PLACE)


def test_an_object_without_an_id_is_refused() -> None:
    """A request about it would be one about all objects of its type."""
    document = json.loads(encode_import(PENDING))
    document["state"]["resources"]["stripe_product.pro"]["id"] = ""
    with pytest.raises(UntrustedStateError, match="without an id"):
        decode_import(changed(state=document["state"]), path=PLACE)
