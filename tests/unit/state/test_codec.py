"""The state file: its bytes, and everything that is refused rather than believed."""

from __future__ import annotations

import dataclasses
import json
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.backends.state.git_advice import git_advice
from engine.errors import StateError
from engine.state.codec import decode, digest_of, encode
from engine.state.model import FORMAT_VERSION, RemovalPolicy, RemovedObject, ResourceState, State

# A slow machine is no failure.
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
PATH = "state/test/saas.json"
VERSION = "0.1.0"

STATE = State(
    stack="saas",
    environment="test",
    lineage="0123456789abcdef0123456789abcdef",
    serial=4,
    account_id="acct_1",
    livemode=False,
    api_version="2026-10-28.endive",
    engine_version=VERSION,
    outputs={"price": "price_1"},
    resources={
        "stripe_price.pro": ResourceState(
            type="stripe_price",
            id="price_1",
            declared={"product": "${stripe_product.pro.id}", "unit_amount": 2900},
            attributes={"product": "prod_1", "unit_amount": 2900, "nickname": "Größe €"},
            dependencies=("stripe_product.pro",),
            superseded=("price_0",),
            removal_policy=RemovalPolicy(protect=True, keep=True, account="acct_2"),
        ),
        "stripe_product.pro": ResourceState(
            type="stripe_product", id="prod_1", declared={"name": "Pro"}, attributes={"name": "Pro"}
        ),
    },
    removed={
        "stripe_price.old": RemovedObject(type="stripe_price", id="price_9", account="acct_2"),
        "stripe_price.older": RemovedObject(type="stripe_price", id="price_8"),
    },
)
RAW = encode(STATE, engine_version=VERSION)
READER = dataclasses.replace(STATE, reads={"catalogue": ("month", "prices.month"), "shop": ("x",)})
IMPORTED = READER.with_resource(
    "stripe_price.pro", dataclasses.replace(READER.resources["stripe_price.pro"], imported=True)
)
APPLIED = dataclasses.replace(IMPORTED, applied="sha256:" + "0123456789abcdef" * 4)
FORMER = dataclasses.replace(
    APPLIED.with_resource(
        "stripe_price.pro",
        dataclasses.replace(
            APPLIED.resources["stripe_price.pro"], former=("price_00", ":price_000")
        ),
    ),
    removed={
        **APPLIED.removed,
        "stripe_price.old": dataclasses.replace(
            APPLIED.removed["stripe_price.old"], former=("price_7",)
        ),
    },
)
FORMATS = Path(__file__).parent / "formats"
"""`STATE` as each format version ever wrote it, since format 3 with what its stack reads, `READER`,
since format 4 with an object that was not made from here, `IMPORTED`, since format 5 with what the
last complete apply declared, `APPLIED`, since format 6 with what resources replaced, `FORMER`; a
file here is never changed.
"""
FORMATS_WRITTEN = range(1, FORMAT_VERSION + 1)

LEAVES = st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8"))
DOCUMENTS = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=3)
    ),
    max_leaves=8,
)
NAMES = st.dictionaries(st.text(st.characters(codec="utf-8")), DOCUMENTS, max_size=3)


def changed(**parts: Any) -> bytes:
    """The file with fields changed and its digest made to fit again."""
    said = {**json.loads(RAW), **parts}
    document = {key: value for key, value in said.items() if value != "gone"}
    fitting = {} if "digest" in parts else {"digest": digest_of(document)}
    return json.dumps({**document, **fitting}, indent=2, sort_keys=True).encode()


def refused(raw: bytes) -> StateError:
    """The error that decoding ends in."""
    with pytest.raises(StateError) as caught:
        decode(raw, path=PATH, advice=git_advice(PATH))
    assert PATH in caught.value.message
    assert caught.value.hint
    return caught.value


def test_round_trip() -> None:
    """What is written reads back as the same state, and writes as the same bytes."""
    assert decode(RAW, path=PATH) == STATE
    assert encode(decode(RAW, path=PATH), engine_version=VERSION) == RAW


def test_round_trip_of_an_empty_state() -> None:
    """A state with nothing in it is a state too."""
    empty = State(stack="a", environment="b", lineage="c", engine_version=VERSION)
    assert decode(encode(empty, engine_version=VERSION), path=PATH) == empty


@PATIENT
@given(NAMES, NAMES, NAMES)
def test_round_trip_of_anything(
    outputs: dict[str, Any], declared: dict[str, Any], attributes: dict[str, Any]
) -> None:
    """Whatever JSON holds survives, line separators and other odd characters included."""
    entry = ResourceState(type="t", id="i", declared=declared, attributes=attributes)
    state = State(
        stack="a",
        environment="b",
        lineage="c",
        engine_version=VERSION,
        outputs=outputs,
        resources={"t.x": entry},
    )
    raw = encode(state, engine_version=VERSION)
    assert decode(raw, path=PATH) == state
    assert encode(decode(raw, path=PATH), engine_version=VERSION) == raw


def test_form_of_the_file() -> None:
    """Two spaces, sorted keys, one newline at the end, plain characters, the header's fields."""
    text = RAW.decode()
    document = json.loads(text)
    assert text == json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    assert "Größe €" in text
    assert set(document) == {
        "account",
        "api_version",
        "digest",
        "engine_version",
        "environment",
        "format_version",
        "lineage",
        "outputs",
        "removed",
        "resources",
        "serial",
        "stack",
    }
    assert document["account"] == {"id": "acct_1", "livemode": False}
    assert document["digest"].startswith("sha256:")


def test_what_is_not_said_is_not_written() -> None:
    """Resources without leftovers or lifecycle do not carry empty fields for them."""
    resources = json.loads(RAW)["resources"]
    assert set(resources["stripe_product.pro"]) == {
        "type",
        "id",
        "declared",
        "attributes",
        "dependencies",
    }
    assert resources["stripe_price.pro"]["lifecycle"] == {
        "protect": True,
        "keep": True,
        "account": "acct_2",
    }


def test_one_changed_field_changes_a_handful_of_lines() -> None:
    """A diff shows the field, the serial and the digest."""
    entry = STATE.resources["stripe_product.pro"]
    new = ResourceState(type=entry.type, id=entry.id, declared={"name": "Plus"}, attributes={})
    after = encode(STATE.with_resource("stripe_product.pro", new), engine_version=VERSION)
    assert len(set(after.splitlines()) - set(RAW.splitlines())) <= 4


def test_order_of_insertion_is_not_seen() -> None:
    """The same state put together in another order is the same bytes."""
    turned = State(
        **{
            **{one.name: getattr(STATE, one.name) for one in fields(STATE)},
            "resources": dict(reversed(list(STATE.resources.items()))),
        }
    )
    assert encode(turned, engine_version=VERSION) == RAW


def test_truncated_at_every_byte() -> None:
    """No beginning of a file passes for a file, the missing last newline aside."""
    for length in range(len(RAW) - 1):
        refused(RAW[:length])
    assert decode(RAW[:-1], path=PATH) == STATE


@pytest.mark.parametrize(
    ("version", "today", "state"),
    [
        (1, 2, STATE),
        (2, 2, STATE),
        (3, 3, READER),
        (4, 4, IMPORTED),
        (5, 5, APPLIED),
        (6, 6, FORMER),
    ],
)
def test_every_format_ever_written_is_read(version: int, today: int, state: State) -> None:
    """What an earlier engine wrote reads as the same state, and is written in today's format."""
    read = decode((FORMATS / f"{version}.json").read_bytes(), path=PATH)
    assert read == state
    assert encode(read, engine_version=VERSION) == (FORMATS / f"{today}.json").read_bytes()


def test_only_a_state_that_says_what_is_read_needs_the_third_format() -> None:
    """All others stay byte for byte, so that an earlier engine can read them."""
    assert encode(dataclasses.replace(READER, reads={}), engine_version=VERSION) == RAW
    assert json.loads(RAW)["format_version"] == 2
    document = json.loads(encode(READER, engine_version=VERSION))
    assert document["format_version"] == 3
    assert document["reads"] == {"catalogue": ["month", "prices.month"], "shop": ["x"]}


@pytest.mark.parametrize("removed", [False, True])
def test_only_a_state_with_former_objects_needs_the_newest_format(*, removed: bool) -> None:
    """An earlier engine would refuse the field, and be asked to be upgraded instead."""
    some = (
        dataclasses.replace(STATE, removed=FORMER.removed)
        if removed
        else dataclasses.replace(STATE, resources=FORMER.resources)
    )
    document = json.loads(encode(some, engine_version=VERSION))
    assert document["format_version"] == FORMAT_VERSION
    place, address = ("removed", "old") if removed else ("resources", "pro")
    former = document[place][f"stripe_price.{address}"]["former"]
    assert former == (["price_7"] if removed else ["price_00", ":price_000"])


def test_only_a_state_that_was_merged_says_so() -> None:
    """In the newest format."""
    plain = State(stack="saas", environment="test", lineage="a" * 32)
    assert b"merged" not in encode(plain, engine_version="1")
    merged = encode(dataclasses.replace(plain, merged=True), engine_version="1")
    assert json.loads(merged)["format_version"] == FORMAT_VERSION
    assert decode(merged, path="x").merged


def test_only_a_state_that_says_what_was_applied_needs_the_fifth_format() -> None:
    """An earlier engine would refuse the field, and be asked to be upgraded instead."""
    document = json.loads(encode(APPLIED, engine_version=VERSION))
    assert document["format_version"] == 5
    assert document["applied"] == APPLIED.applied
    assert "applied" not in json.loads(encode(IMPORTED, engine_version=VERSION))


def test_only_a_state_with_an_imported_object_needs_the_fourth_format() -> None:
    """An earlier engine would forget that nobody knows all of it, and replace it one day."""
    document = json.loads(encode(IMPORTED, engine_version=VERSION))
    assert document["format_version"] == 4
    assert document["resources"]["stripe_price.pro"]["imported"] is True
    assert "imported" not in document["resources"]["stripe_product.pro"]


@pytest.mark.parametrize(
    ("version", "other"),
    [(one, other) for one in FORMATS_WRITTEN for other in FORMATS_WRITTEN if one != other],
)
def test_a_format_is_held_to_its_own_digest(version: int, other: int) -> None:
    """An edited value is refused in each; a file cannot pass for one of another format."""
    raw = (FORMATS / f"{version}.json").read_bytes()
    assert "digest does not match" in refused(raw.replace(b'"Pro"', b'"Plus"')).message
    said = f'"format_version": {version}'.encode(), f'"format_version": {other}'.encode()
    assert "digest does not match" in refused(raw.replace(*said)).message


@pytest.mark.parametrize(
    "edit",
    [
        ('"id": "acct_1"', '"id": "acct_9"'),
        ('"livemode": false', '"livemode": true'),
        ('"lineage": "0', '"lineage": "1'),
        ('"serial": 4', '"serial": 5'),
        ('"stack": "saas"', '"stack": "shop"'),
        ('"environment": "test"', '"environment": "live"'),
        ('"api_version": "2026-10-28', '"api_version": "2025-10-28'),
        ('"engine_version": "0.1.0"', '"engine_version": "0.2.0"'),
    ],
)
def test_the_digest_covers_the_header(edit: tuple[str, str]) -> None:
    """Whose objects these are, and which state of them, is not to be edited either."""
    assert "digest does not match" in refused(RAW.decode().replace(*edit).encode()).message


@pytest.mark.parametrize("raw", [b"", b"\n", b" \n\t"])
def test_empty(raw: bytes) -> None:
    """An empty file is damage, not a state that never was."""
    assert "line 1: the state cannot be trusted: it is empty" in refused(raw).message


def test_newer_format() -> None:
    """A newer engine's file says so, and that nothing was changed."""
    error = refused(changed(format_version=FORMAT_VERSION + 1, engine_version="9.9"))
    assert "line 10: written by a newer engine (format 7, engine 9.9)" in error.message
    assert error.hint == "upgrade the engine; nothing was changed"


@pytest.mark.parametrize("version", ["gone", None, "1", 0, True, 1.0])
def test_no_format(version: Any) -> None:
    """Without a version that this engine knows a file is no state file."""
    assert "format_version" in refused(changed(format_version=version)).message


def test_edited_by_hand() -> None:
    """A changed value without its digest is refused, at the line of the digest."""
    error = refused(RAW.replace(b'"name": "Pro"', b'"name": "Plus"'))
    line = RAW[: RAW.index(b'"digest"')].count(b"\n") + 1
    assert f"{PATH}, line {line}: " in error.message
    assert "its digest does not match" in error.message
    assert f"git checkout -- {PATH}" in str(error.hint)


def test_missing_digest() -> None:
    """A digest that was taken out does not pass for one that fits."""
    assert "digest" in refused(changed(digest="gone")).message


@pytest.mark.parametrize("marker", ["<<<<<<< HEAD", "=======", ">>>>>>> theirs", "||||||| base"])
def test_merge_markers(marker: str) -> None:
    """An unresolved merge is named as such, with its line and both ways out."""
    lines = RAW.decode().split("\n")
    error = refused("\n".join([*lines[:7], marker, *lines[7:]]).encode())
    assert error.message == f"{PATH}, line 8: unresolved merge conflict"
    assert "--ours or --theirs" in str(error.hint)


def test_no_merge_marker_inside_a_value() -> None:
    """A value may hold what looks like a marker behind an odd line separator."""
    state = STATE.with_outputs({"note": "a\u2028======= b", "other": "c\x85<<<<<<< d"})
    raw = encode(state, engine_version=VERSION)
    assert decode(raw, path=PATH).outputs == state.outputs


def test_duplicate_keys() -> None:
    """A key that stands twice, as bad merges leave it, is refused at its last line."""
    lines = RAW.decode().split("\n")
    place = next(index for index, line in enumerate(lines) if '"unit_amount": 2900' in line)
    doubled = "\n".join([*lines[:place], lines[place] + ",", *lines[place:]])
    last = max(
        number for number, line in enumerate(doubled.split("\n"), 1) if '"unit_amount"' in line
    )
    error = refused(doubled.encode())
    assert f"line {last}: " in error.message
    assert "'unit_amount' is in it twice" in error.message


def test_byte_order_mark() -> None:
    """An editor's byte order mark is named."""
    assert "byte order mark" in refused(b"\xef\xbb\xbf" + RAW).message


def test_not_utf8() -> None:
    """Another encoding is refused at the line of its first odd byte."""
    raw = RAW.replace("Größe".encode(), "Größe".encode("latin-1"))
    line = RAW[: RAW.index("Größe".encode())].count(b"\n") + 1
    assert f"line {line}: the state cannot be trusted: it is not UTF-8" in refused(raw).message


def test_windows_line_ends() -> None:
    """A checkout that rewrote the line ends changed nothing that matters."""
    assert decode(RAW.replace(b"\n", b"\r\n"), path=PATH) == STATE


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1" * 5000])
def test_numbers_that_are_none(number: str) -> None:
    """What JSON does not know, and what is longer than any amount, is no number."""
    error = refused(RAW.replace(b'"serial": 4', f'"serial": {number}'.encode()))
    assert "an invalid number" in error.message


def test_a_number_that_is_none_is_not_written() -> None:
    """It could not be read back."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        encode(STATE.with_outputs({"n": float("nan")}), engine_version=VERSION)


@pytest.mark.parametrize("raw", [b"[]", b'"text"', b"12", b"null"])
def test_not_an_object(raw: bytes) -> None:
    """JSON that is no object is refused."""
    assert "not a JSON object" in refused(raw).message


def test_nested_without_end() -> None:
    """A file that nests deeper than any state is refused like any other damage."""
    refused(b'{"a":' * 100_000)


RESOURCE = {"type": "t", "id": "i", "declared": {}, "attributes": {}, "dependencies": []}


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"account": "gone"}, "line 1: .*the field 'account' is missing"),
        ({"account": "acct_1"}, "line 2: .*'account' is \"acct_1\""),
        ({"account": {"id": 1, "livemode": False}}, "line 3: .*'id' is 1"),
        ({"account": {"id": "acct_1", "livemode": "no"}}, "line 4: .*'livemode' is \"no\""),
        ({"account": {"id": "a", "livemode": None, "x": 1}}, "line 5: .*'x' is unknown"),
        ({"lineage": "gone"}, "'lineage' is missing"),
        ({"lineage": None}, "'lineage' is null"),
        ({"stack": 3}, "'stack' is 3"),
        ({"environment": ["test"]}, "'environment' is "),
        ({"serial": "4"}, "'serial' is \"4\""),
        ({"serial": True}, "'serial' is true"),
        ({"serial": None}, "'serial' is null"),
        ({"api_version": 2026}, "'api_version' is 2026"),
        ({"engine_version": "gone"}, "'engine_version' is missing"),
        ({"outputs": []}, r"'outputs' is \[\]"),
        ({"resources": "gone"}, "'resources' is missing"),
        ({"resources": {"t.x": 3}}, "'t.x' is 3"),
        ({"resources": {"t.x": {"type": "t"}}}, "the field 'id' is missing"),
        ({"resources": {"t.x": {**RESOURCE, "declared": 3}}}, "'declared' is 3"),
        ({"resources": {"t.x": {**RESOURCE, "dependencies": [3]}}}, "'dependencies' holds 3"),
        ({"resources": {"t.x": {**RESOURCE, "superseded": [{}]}}}, "'superseded' holds {}"),
        ({"resources": {"t.x": {**RESOURCE, "lifecycle": {"keep": 1}}}}, "'keep' is 1"),
        ({"resources": {"t.x": {**RESOURCE, "lifecycle": {"kept": True}}}}, "'kept' is unknown"),
        ({"removed": {"t.x": {"id": "price_1"}}}, "the field 'type' is missing"),
        ({"surprise": {}}, "the field 'surprise' is unknown to this engine"),
        ({"resources": {"t.x": {**RESOURCE, "id": ""}}}, "line 31: .*an id is empty"),
        ({"resources": {"t.x": {**RESOURCE, "superseded": ["i", ""]}}}, "an id is empty"),
        ({"resources": {"t.x": {**RESOURCE, "former": ["i", ""]}}}, "an id is empty"),
        ({"resources": {"t.x": {**RESOURCE, "former": "i"}}}, "'former' is \"i\""),
        ({"removed": {"t.x": {"id": "i", "type": "t", "former": [""]}}}, "an id is empty"),
        ({"removed": {"t.x": {"id": "", "type": "t"}}}, "an id is empty"),
    ],
)
def test_fields_missing_unknown_or_of_the_wrong_kind(parts: dict[str, Any], message: str) -> None:
    """A field that is not what it should be is refused at its line, though the digest fits."""
    assert re.search(message, refused(changed(**parts)).message)


def test_a_field_of_the_wrong_kind_is_named_with_its_line() -> None:
    """Deep inside a resource too."""
    raw = changed(resources={"t.x": {**RESOURCE, "lifecycle": {"keep": 1}}})
    line = raw[: raw.index(b'"keep"')].count(b"\n") + 1
    assert f"{PATH}, line {line}: " in refused(raw).message


def test_a_state_without_removed_objects() -> None:
    """`removed` may be absent."""
    raw = changed(removed="gone")
    assert decode(raw, path=PATH).removed == {}


@pytest.mark.parametrize(
    "content",
    [
        {"resources": {"t.x": ResourceState(type="t", id="")}},
        {"resources": {"t.x": ResourceState(type="t", id="i", superseded=("",))}},
        {"removed": {"t.x": RemovedObject(type="t", id="")}},
    ],
    ids=["a resource", "what it replaced", "what was archived"],
)
def test_nothing_without_an_id_is_written(content: dict[str, Any]) -> None:
    """A request about it would be one about all objects of its type."""
    with pytest.raises(StateError, match=r"cannot be written: t\.x has no id"):
        encode(State(stack="s", environment="e", lineage="l", **content), engine_version=VERSION)


@pytest.mark.parametrize(
    ("odd", "told"),
    [
        ("1e999", "an invalid number"),
        ('"\\ud800"', "a text that is not Unicode"),
        ('{"\\udfff": 1}', "a name that is not Unicode"),
        ("[" * 200 + "]" * 200, "nested deeper"),
    ],
)
def test_what_json_can_spell_and_no_state_holds(odd: str, told: str) -> None:
    """Refused with its line, before anything is made of it."""
    raw = '{\n  "format_version": 2,\n  "outputs": ' + odd + "\n}\n"
    with pytest.raises(StateError, match=rf"line 3: the state cannot .* {told}"):
        decode(raw.encode(), path="state/live/shop.json")
